/*
 * actions.c - Defender's machine actions: accepted, worked on, ended - by the range's clock.
 *
 * What it copies of the real service's behaviour (msapi page, section 3): bodies are
 * case-sensitive; an action is Pending first; a second one of the same type while the first runs is
 * refused; a second isolation of a device that is isolated sticks in Pending and takes hold after
 * the release.
 */
#include "services.h"

#include <string.h>

#include "base/arena.h"
#include "base/str.h"
#include "value/value.h"

#define CONTEXT "https://api.security.microsoft.com/api/$metadata#MachineActions"

static const struct kind {
    const char *word; /* last segment of the path */
    const char *type, *effect, *door;
    const char *keys[4];   /* of the body; no others */
    const char *scopes[4]; /* what IsolationType may be; none = it has no scope */
} kinds[] = {
    {.word = "isolate",
     .type = "Isolate",
     .effect = "isolate",
     .door = "isolate",
     .keys = {"Comment", "IsolationType", "ExternalId"},
     .scopes = {"Full", "Selective", "UnManagedDevice"}},
    {.word = "unisolate",
     .type = "Unisolate",
     .effect = "release",
     .door = "release",
     .keys = {"Comment", "ExternalId"}},
};

static const struct kind *kind_of(const struct visit *visit)
{
    size_t i, last = sizeof(kinds) / sizeof(kinds[0]) - 1;
    for (i = 0; i < last; i++) {
        struct quell_str ending = arena_format(visit->arena, "/%s", kinds[i].word);
        struct quell_str path = visit->request->path;
        if (path.len >= ending.len &&
            str_equal_fold(str_slice(path, path.len - ending.len, path.len), ending))
            return &kinds[i];
    }
    return &kinds[last];
}

static bool is_type(const struct machine_action *action, const char *type)
{
    return str_is(action->type, type);
}

static int64_t ends_us(const struct range *range, const struct machine_action *action)
{
    if (action->stuck)
        return action->freed_us;
    return action->at_us + range->options->work_ms * 1000;
}

const char *action_status(const struct range *range, const struct machine_action *action,
                          int64_t now_us)
{
    if (action->cancelled_us > 0)
        return "Cancelled";
    if (action->stuck)
        return action->freed_us > 0 && now_us >= action->freed_us ? action->end : "Pending";
    if (now_us >= ends_us(range, action))
        return action->end;
    if (now_us >= action->at_us + range->options->pending_ms * 1000)
        return "InProgress";
    return "Pending";
}

static bool is_final(const char *status)
{
    return strcmp(status, "Pending") != 0 && strcmp(status, "InProgress") != 0;
}

/* The last Isolate or Unisolate that succeeded decides; a freed duplicate ends after the release
 * that freed it. */
bool machine_isolated(const struct range *range, struct quell_str machine)
{
    const struct machine_action *action;
    int64_t now_us = range_now_us(range), newest_us = -1;
    bool isolated = false;
    for (action = range->actions; action; action = action->next) {
        if (!quell_str_equal(action->machine, machine) ||
            strcmp(action_status(range, action, now_us), "Succeeded") != 0)
            continue;
        if (ends_us(range, action) < newest_us)
            continue;
        newest_us = ends_us(range, action);
        isolated = is_type(action, "Isolate");
    }
    return isolated;
}

/* The running action of a type on a machine, or NULL. */
static struct machine_action *running(const struct range *range, struct quell_str machine,
                                      const char *type)
{
    struct machine_action *action;
    int64_t now_us = range_now_us(range);
    for (action = range->actions; action; action = action->next) {
        if (quell_str_equal(action->machine, machine) && is_type(action, type) &&
            !is_final(action_status(range, action, now_us)))
            return action;
    }
    return NULL;
}

/* A release lets stuck duplicates go: they take hold one second after it has ended. */
static void free_stuck(struct range *range, const struct machine_action *release)
{
    struct machine_action *action;
    for (action = range->actions; action; action = action->next) {
        if (action->stuck && action->freed_us == 0 &&
            quell_str_equal(action->machine, release->machine))
            action->freed_us = ends_us(range, release) + 1000000;
    }
}

struct quell_value action_value(const struct range *range, struct arena *arena,
                                const struct machine_action *action, bool listed)
{
    struct map_builder map = {.arena = arena};
    int64_t now_us = range_now_us(range), changed_us = action->at_us;
    const char *status = action_status(range, action, now_us);
    if (action->cancelled_us > 0)
        changed_us = action->cancelled_us;
    else if (is_final(status))
        changed_us = ends_us(range, action);
    else if (strcmp(status, "InProgress") == 0)
        changed_us += range->options->pending_ms * 1000;
    if (!listed)
        map_add(&map, "@odata.context", quell_text(CONTEXT "/$entity"));
    map_add(&map, "id", quell_string(action->id));
    map_add(&map, "type", quell_string(action->type));
    map_add(&map, "scope", action->scope.len > 0 ? quell_string(action->scope) : quell_null());
    map_add(&map, "requestor", quell_text("quell practice range"));
    map_add(&map, "requestorComment", quell_string(action->comment));
    map_add(&map, "status", quell_text(status));
    map_add(&map, "machineId", quell_string(action->machine));
    map_add(&map, "computerDnsName", quell_string(action->computer));
    map_add(&map, "creationDateTimeUtc", quell_string(range_time(arena, action->at_us)));
    /* The real list spells this member otherwise than the single answer does. */
    map_add(&map, listed ? "lastUpdateTimeUtc" : "lastUpdateDateTimeUtc",
            quell_string(range_time(arena, changed_us)));
    if (action->cancelled_us > 0) {
        map_add(&map, "cancellationRequestor", quell_text("quell practice range"));
        map_add(&map, "cancellationComment", quell_string(action->cancel_comment));
        map_add(&map, "cancellationDateTimeUtc",
                quell_string(range_time(arena, action->cancelled_us)));
    }
    map_add(&map, "externalID",
            action->external_id.len > 0 ? quell_string(action->external_id) : quell_null());
    map_add(&map, "relatedFileInfo", quell_null());
    return map_made(&map);
}

static bool one_of(struct quell_str text, const char *const *words)
{
    size_t i;
    for (i = 0; words[i]; i++) {
        if (str_is(text, words[i]))
            return true;
    }
    return false;
}

/* The body's own faults; answers and tells when there is one. */
static bool refuse_body(struct visit *visit, const struct kind *kind)
{
    struct quell_str scope = quell_get_str(visit->json, "IsolationType");
    if (!quell_is(visit->json, QUELL_MAP) || !only_keys(visit->json, kind->keys)) {
        answer_error(visit, SERVICE_DEFENDER, 400, "InvalidRequestBody",
                     "Request body is incorrect");
        return true;
    }
    if (quell_get_str(visit->json, "Comment").len == 0) {
        answer_error(visit, SERVICE_DEFENDER, 400, "MissingRequiredParameter",
                     "Parameter Comment is missing");
        return true;
    }
    if (kind->scopes[0] && scope.len == 0) {
        answer_error(visit, SERVICE_DEFENDER, 400, "MissingRequiredParameter",
                     "Parameter IsolationType is missing");
        return true;
    }
    if (kind->scopes[0] && !one_of(scope, kind->scopes)) {
        answer_error(visit, SERVICE_DEFENDER, 400, "InvalidInput", "IsolationType %.*s is unknown",
                     QUELL_ARG(scope));
        return true;
    }
    return false;
}

/* Machines that cannot be isolated. */
static bool refuse_machine(struct visit *visit, const struct machine *machine)
{
    struct quell_str platform;
    if (!machine) {
        answer_error(visit, SERVICE_DEFENDER, 404, "ResourceNotFound", "Machine %.*s was not found",
                     QUELL_ARG(visit->captures[0]));
        return true;
    }
    platform = quell_get_str(machine->record, "osPlatform");
    if (str_is(platform, "iOS") || str_is(platform, "Android")) {
        answer_error(visit, SERVICE_DEFENDER, 400, "OsPlatformNotSupported",
                     "OS Platform %.*s isn't supported for this action.", QUELL_ARG(platform));
        return true;
    }
    return false;
}

static bool answer_duplicate(struct visit *visit, const struct kind *kind,
                             const struct machine_action *pending)
{
    struct range *range = visit->range;
    if (!pending)
        return false;
    range->refused_duplicates++;
    if (faults_take(range->faults, kind->door, true).kind == FAULT_ADOPT)
        answer_json(visit, 201, action_value(range, visit->arena, pending, false));
    else
        answer_error(visit, SERVICE_DEFENDER, 400, "ActiveRequestAlreadyExists",
                     "Action is already in progress");
    return true;
}

static const char *end_of(struct range *range, const struct kind *kind)
{
    struct fault fault = faults_take(range->faults, kind->door, true);
    if (fault.kind == FAULT_FAILED)
        return "Failed";
    return fault.kind == FAULT_TIMED_OUT ? "TimeOut" : "Succeeded";
}

static struct machine_action *add_action(struct visit *visit, const struct kind *kind,
                                         const struct machine *machine)
{
    struct range *range = visit->range;
    struct arena *arena = range->state;
    struct machine_action *action = arena_one(arena, struct machine_action);
    struct machine_action **last = &range->actions;
    action->id = range_make_id(range, arena, "action");
    action->machine = quell_get_str(machine->record, "id");
    action->computer = quell_get_str(machine->record, "computerDnsName");
    action->type = quell_str_of(kind->type);
    action->scope = arena_str(arena, quell_get_str(visit->json, "IsolationType"));
    action->comment = arena_str(arena, quell_get_str(visit->json, "Comment"));
    action->external_id = arena_str(arena, quell_get_str(visit->json, "ExternalId"));
    action->end = end_of(range, kind);
    action->at_us = range_now_us(range);
    action->stuck = strcmp(kind->type, "Isolate") == 0 && machine_isolated(range, action->machine);
    while (*last)
        last = &(*last)->next;
    *last = action;
    if (strcmp(kind->type, "Unisolate") == 0)
        free_stuck(range, action);
    return action;
}

void action_start(struct visit *visit)
{
    const struct kind *kind = kind_of(visit);
    const struct machine *machine = machine_get(visit->range, visit->captures[0]);
    const struct machine_action *action;
    struct quell_str marker;
    if (refuse_machine(visit, machine) || refuse_body(visit, kind))
        return;
    if (answer_duplicate(visit, kind,
                         running(visit->range, quell_get_str(machine->record, "id"), kind->type)))
        return;
    action = add_action(visit, kind, machine);
    marker = effects_marker(action->comment);
    effects_add(visit->range, &(struct effect){.kind = kind->effect,
                                               .target = action->machine,
                                               .key = marker.len > 0 ? marker : action->comment,
                                               .marker = action->comment});
    answer_json(visit, 201, action_value(visit->range, visit->arena, action, false));
}

static struct machine_action *find_action(struct visit *visit)
{
    struct machine_action *action;
    for (action = visit->range->actions; action; action = action->next) {
        if (str_equal_fold(action->id, visit->captures[0]))
            return action;
    }
    answer_error(visit, SERVICE_DEFENDER, 404, "ResourceNotFound",
                 "Machine action %.*s was not found", QUELL_ARG(visit->captures[0]));
    return NULL;
}

void action_get(struct visit *visit)
{
    const struct machine_action *action = find_action(visit);
    if (action)
        answer_json(visit, 200, action_value(visit->range, visit->arena, action, false));
}

void action_list(struct visit *visit)
{
    struct list_builder list = {.arena = visit->arena};
    const struct machine_action *action;
    for (action = visit->range->actions; action; action = action->next)
        list_add(&list, action_value(visit->range, visit->arena, action, true));
    answer_page(visit, CONTEXT, list_made(&list));
}

void action_cancel(struct visit *visit)
{
    static const char *const keys[] = {"Comment", NULL};
    struct range *range = visit->range;
    struct machine_action *action = find_action(visit);
    struct quell_str comment = quell_get_str(visit->json, "Comment");
    if (!action)
        return;
    if (!only_keys(visit->json, keys) || comment.len == 0) {
        answer_error(visit, SERVICE_DEFENDER, 400, "InvalidRequestBody",
                     "Request body is incorrect");
        return;
    }
    if (is_final(action_status(range, action, range_now_us(range)))) {
        answer_error(visit, SERVICE_DEFENDER, 400, "BadRequest",
                     "The machine action has ended and cannot be cancelled");
        return;
    }
    action->cancelled_us = range_now_us(range);
    action->cancel_comment = arena_str(range->state, comment);
    effects_add(range, &(struct effect){.kind = "cancel",
                                        .target = action->machine,
                                        .key = action->id,
                                        .marker = action->cancel_comment});
    answer_json(visit, 200, action_value(range, visit->arena, action, false));
}
