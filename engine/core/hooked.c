/*
 * hooked.c - the playbooks' own webhooks, `on: webhook`: which there are, and from the body of a
 * request to what the playbooks of its path hear of.
 *
 * A body is one JSON object, or one a line. All of it is read before any of it counts, and all of
 * it is one commit: a body with a line that is wrong is refused whole.
 */
#include "core/core.h"

#include "base/error.h"
#include "base/limits.h"
#include "base/str.h"
#include "value/json.h"
#include "value/value.h"

/* ---- which there are ---------------------------------------------------------------------------
 */

struct quell_value hook_routes(struct arena *arena, const struct generation *generation)
{
    struct list_builder routes = {.arena = arena};
    size_t i;

    for (i = 0; i < generation->playbook_count; i++) {
        const struct playbook *playbook = generation->playbooks[i]->playbook;
        const struct playbook_hook *hook = playbook->start.hook;
        struct map_builder route = {.arena = arena};

        if (hook == NULL)
            continue;
        map_add(&route, "name", quell_string(hook->name));
        map_add(&route, "kind", quell_string(hook->kind));
        map_add(&route, "sender", quell_string(hook->sender));
        map_add(&route, "from", hook->from);
        map_add(&route, "playbook", quell_string(playbook->id));
        list_add(&routes, map_made(&route));
    }
    return list_made(&routes);
}

/* The first playbook's; all of one path say the same. */
static const struct playbook_hook *find_hook(const struct generation *generation,
                                             struct quell_str name)
{
    size_t i;

    for (i = 0; i < generation->playbook_count; i++) {
        const struct playbook_hook *hook = generation->playbooks[i]->playbook->start.hook;
        if (hook && quell_str_equal(hook->name, name))
            return hook;
    }
    return NULL;
}

/* ---- reading -----------------------------------------------------------------------------------
 */

struct reading {
    struct quell *engine;
    const struct quell_submission *given;
    const struct playbook_hook *hook;
    struct submission *submission;
    struct quell_str own; /* the payload's own id of the delivery */
};

static enum quell_code read_one(struct reading *reading, struct quell_str text,
                                struct quell_error *err)
{
    struct submission *submission = reading->submission;
    struct incoming *arrival = &submission->arrivals[submission->arrival_count++];
    struct arena *arena = submission->arena;
    enum quell_code code;

    code = body_fault(json_read(arena, text, LIMIT_DOCUMENT_BYTES, &arrival->body, NULL, err));
    if (code)
        return code;
    if (!quell_is(arrival->body, QUELL_MAP))
        return error_set(err, QUELL_INVALID, "an event is a JSON object; this is of type %s",
                         value_type_name(arrival->body));
    arrival->hook = reading->hook->name;
    if (reading->hook->as == HOOK_EVENT)
        return QUELL_OK;
    return engine_receive(reading->engine, arena, QUELL_STR(""), text, &arrival->incident,
                          &arrival->type, &reading->own, err);
}

/* The next line that is not blank, or empty at the end; *number counts all of them. */
static struct quell_str next_line(struct quell_str *rest, size_t *number)
{
    struct quell_str line = QUELL_STR("");

    while (rest->len && line.len == 0) {
        (void)str_cut(*rest, '\n', &line, rest); /* the last one may have none behind it */
        line = str_trim(line);
        ++*number;
    }
    return line;
}

static enum quell_code read_lines(struct reading *reading, struct quell_error *err)
{
    struct submission *submission = reading->submission;
    struct quell_str rest = reading->given->body, line;
    struct quell_error cause = {0};
    size_t number = 0;
    enum quell_code code;

    submission->lines = true;
    submission->arrivals = arena_array(submission->arena, struct incoming, LIMIT_HOOK_LINES);
    while ((line = next_line(&rest, &number)).len) {
        if (submission->arrival_count == LIMIT_HOOK_LINES)
            return error_set(err, QUELL_INVALID, "more than %d lines: send several bodies",
                             LIMIT_HOOK_LINES);
        code = read_one(reading, line, &cause);
        submission->arrivals[submission->arrival_count - 1].line = number;
        if (code)
            return error_set(err, code, "line %zu: %s", number, cause.message);
    }
    if (submission->arrival_count == 0)
        return error_set(err, QUELL_INVALID, "the body has no line");
    if (reading->engine->active_count + submission->arrival_count > LIMIT_RUNS_ACTIVE)
        return error_set(err, QUELL_LIMIT, "%zu runs are under way", reading->engine->active_count);
    return QUELL_OK;
}

enum quell_code hook_receive(struct quell *engine, const struct quell_submission *given,
                             struct submission *submission, struct quell_str *own,
                             struct quell_error *err)
{
    struct reading reading = {engine, given, find_hook(engine->generation, given->hook), submission,
                              QUELL_STR("")};
    enum quell_code code;

    if (reading.hook == NULL)
        return error_set(err, QUELL_NOT_FOUND, "no playbook listens to /hooks/%.*s",
                         QUELL_ARG(given->hook));
    if (given->lines) /* only the delivery's id tells a repetition: a body is taken whole */
        return read_lines(&reading, err);
    submission->arrivals = arena_one(submission->arena, struct incoming);
    code = read_one(&reading, given->body, err);
    *own = reading.own;
    return code;
}
