/*
 * undo.c - taking back what a step, or a whole run, has done: each change that really happened, the
 * newest first, by its own undo steps or by the call that its action's manifest names. Each of
 * these is a step with a call of its own, journaled as any other.
 *
 * A change that cannot be taken back does not keep the others from it. Which ones were is said when
 * it is over; the step fails all the same.
 */
#include "base/error.h"
#include "base/str.h"
#include "run/undo.h"
#include "value/fields.h"
#include "value/value.h"

/* ---- what there is to take back ----------------------------------------------------------------
 */

static void collect_frame(struct undo_list *list, const struct frame *frame);

void undo_list_add(struct undo_list *list, struct instance *instance)
{
    if (list->count == list->cap) {
        size_t cap = list->cap ? list->cap * 2 : 16;
        list->items = arena_grow(list->arena, list->items, list->cap * sizeof(*list->items),
                                 cap * sizeof(*list->items));
        list->cap = cap;
    }
    list->items[list->count++] = instance;
}

bool undo_takes_back(const struct frame *frame)
{
    for (; frame; frame = frame->outer)
        if (frame->undoes)
            return true;
    return false;
}

static bool any_denied(const struct frame *frame);

static bool is_denied(const struct instance *instance)
{
    bool denied = instance->status == STEP_DENIED;
    size_t i;

    for (i = 0; i < instance->body_count; i++)
        denied |= any_denied(&instance->bodies[i]);
    return denied || any_denied(instance->otherwise) || any_denied(instance->catcher);
}

/* A denial is an answer, and the list goes on; but nothing was taken back. */
static bool any_denied(const struct frame *frame)
{
    size_t i;

    for (i = 0; frame && i < frame->steps->count; i++)
        if (is_denied(&frame->instances[i]))
            return true;
    return false;
}

enum undo_result undo_result(const struct instance *target)
{
    bool left_alone = false;
    size_t i;

    if (target->child_undo != CHILD_KEPT)
        return target->child_undo == CHILD_UNDONE      ? UNDO_DONE
               : target->child_undo == CHILD_UNCHANGED ? UNDO_LEFT_ALONE
               : target->child_undo == CHILD_LEFT      ? UNDO_FAILED
                                                       : UNDO_UNDERWAY;
    if (target->undo == NULL)
        return UNDO_NOT_BEGUN;
    for (i = 0; i < target->undo->steps->count; i++) {
        const struct instance *instance = &target->undo->instances[i];
        if (instance->phase == PHASE_ENDED && flow_of_ended(instance) == FLOW_FAILED)
            return UNDO_FAILED;
        if (instance->phase != PHASE_ENDED)
            return UNDO_UNDERWAY;
        left_alone = instance->step->inverse && instance->status == STEP_SKIPPED;
    }
    return any_denied(target->undo) ? UNDO_FAILED : left_alone ? UNDO_LEFT_ALONE : UNDO_DONE;
}

/* Nobody has begun to take it back; or that came to nothing, and is to be tried anew. */
static bool is_open(const struct undo_list *list, const struct instance *instance)
{
    enum undo_result result = undo_result(instance);

    return result == UNDO_NOT_BEGUN || (list->again && result != UNDO_DONE);
}

bool undo_has_happened(const struct instance *instance)
{
    return !instance->shadowed && (instance->status == STEP_SUCCEEDED || instance->looking);
}

/* A step with an undo of its own answers for what is inside it, and one that called a run for what
 * that has changed, however it ended. */
static bool answers(const struct undo_list *list, const struct instance *instance)
{
    return (undo_has_happened(instance) && instance->step->undo_steps.count) ||
           (instance->child.len && !list->pretends);
}

static void collect(struct undo_list *list, struct instance *instance)
{
    size_t i;

    if (!is_open(list, instance) || instance->step->never_undone)
        return;
    if (answers(list, instance)) {
        undo_list_add(list, instance);
        return;
    }
    for (i = 0; i < instance->body_count; i++)
        collect_frame(list, &instance->bodies[i]);
    collect_frame(list, instance->otherwise);
    collect_frame(list, instance->catcher);
}

static void collect_frame(struct undo_list *list, const struct frame *frame)
{
    size_t i;

    for (i = 0; frame && frame->instances && i < frame->steps->count; i++)
        collect(list, &frame->instances[i]);
}

static bool holds(const struct undo_list *list, const struct instance *instance)
{
    size_t i;

    for (i = 0; i < list->count; i++)
        if (list->items[i] == instance)
            return true;
    return false;
}

/* What happened and nothing takes back: neither an undo of its own, nor one of a step around; and
 * what was tried before, and was not taken back. `open`: what is to be taken back. */
static void collect_left(struct undo_list *list, const struct undo_list *open,
                         struct instance *instance);

static void collect_left_in(struct undo_list *list, const struct undo_list *open,
                            const struct frame *frame)
{
    size_t i;

    for (i = 0; frame && frame->instances && i < frame->steps->count; i++)
        collect_left(list, open, &frame->instances[i]);
}

static void collect_left(struct undo_list *list, const struct undo_list *open,
                         struct instance *instance)
{
    bool changes =
        instance->step->kind == STEP_USES && instance->step->action->effect >= QUELL_CHANGES;
    enum undo_result result = undo_result(instance);
    size_t i;

    if (holds(open, instance))
        return;
    if (result == UNDO_FAILED || result == UNDO_UNDERWAY)
        undo_list_add(list, instance);
    if (instance->undo)
        return;
    if (changes && undo_has_happened(instance))
        undo_list_add(list, instance);
    for (i = 0; i < instance->body_count; i++)
        collect_left_in(list, open, &instance->bodies[i]);
    collect_left_in(list, open, instance->otherwise);
    collect_left_in(list, open, instance->catcher);
}

static void collect_left_of(struct undo_list *list, const struct undo_list *open,
                            const struct run *run, const struct instance *instance)
{
    size_t i;

    if (instance->step->undoes_run)
        collect_left_in(list, open, &run->root);
    for (i = 0; i < instance->body_count; i++)
        collect_left_in(list, open, &instance->bodies[i]);
    collect_left_in(list, open, instance->otherwise);
}

/* Steps mostly end in the order of the program: turned round, few have to move. */
void undo_sort(struct undo_list *list)
{
    size_t i, k;

    for (i = 0; i < list->count / 2; i++) {
        struct instance *first = list->items[i];
        list->items[i] = list->items[list->count - 1 - i];
        list->items[list->count - 1 - i] = first;
    }
    for (i = 1; i < list->count; i++) {
        struct instance *moved = list->items[i];
        for (k = i; k > 0 && list->items[k - 1]->ended_seq < moved->ended_seq; k--)
            list->items[k] = list->items[k - 1];
        list->items[k] = moved;
    }
}

struct undo_list undo_find(struct run *run, const struct instance *instance)
{
    struct undo_list list = {.arena = run->arena, .pretends = run->mode != RUN_LIVE};
    size_t i;

    if (instance->step->undoes_run) {
        collect_frame(&list, &run->root);
    } else {
        if (answers(&list, instance) && !instance->step->never_undone)
            undo_list_add(&list, (struct instance *)instance); /* its own call did not fail */
        for (i = 0; i < instance->body_count; i++)
            collect_frame(&list, &instance->bodies[i]);
        collect_frame(&list, instance->otherwise);
    }
    undo_sort(&list);
    return list;
}

bool undo_concerns(struct run *run, const struct instance *instance)
{
    struct undo_list open = undo_find(run, instance), left = {.arena = run->arena};

    collect_left_of(&left, &open, run, instance);
    return open.count + left.count > 0;
}

bool undo_has_any(struct run *run)
{
    struct undo_list list = {.arena = run->arena, .pretends = run->mode != RUN_LIVE};

    collect_frame(&list, &run->root);
    return list.count > 0;
}

struct undo_list undo_find_all(struct run *run, bool again, struct undo_list *nothing)
{
    struct undo_list list = {
        .arena = run->arena, .again = again, .pretends = run->mode != RUN_LIVE};
    struct frame *const frames[] = {&run->root, &run->on_failure, &run->finally};
    size_t i;

    for (i = 0; i < sizeof(frames) / sizeof(*frames); i++)
        collect_frame(&list, frames[i]);
    for (i = 0; nothing && i < sizeof(frames) / sizeof(*frames); i++)
        collect_left_in(nothing, &list, frames[i]);
    undo_sort(&list);
    return list;
}

/* ---- events ------------------------------------------------------------------------------------
 */

struct quell_value undo_paths(struct run *run, const struct undo_list *list)
{
    struct list_builder paths = {.arena = run->arena};
    size_t i;

    for (i = 0; i < list->count; i++)
        list_add(&paths, quell_string(list->items[i]->path));
    return list_made(&paths);
}

bool undo_may_open(const struct instance *target)
{
    enum undo_result result = undo_result(target);

    return (target->step->undo_steps.count || target->child.len) && result != UNDO_DONE;
}

/* The undo steps stand where the step stands, and see what it saw, but its deadlines are over. */
void undo_open(struct run *run, struct instance *target, int64_t at_us)
{
    struct quell_str path = arena_format(run->arena, "%.*s.undo", QUELL_ARG(target->path));

    if (target->step->undo_steps.count == 0) {
        target->child_undo = CHILD_TO_UNDO;
        return;
    }
    if (target->undo_tries++)
        path = arena_format(run->arena, "%.*s[%u]", QUELL_ARG(path), target->undo_tries);
    target->undo = arena_one(run->arena, struct frame);
    target->undo->undoes = target;
    target->undo->due_us = time_after(
        at_us, (int64_t)(run->taking_back ? LIMIT_UNDO_ASKED_S : LIMIT_UNDO_S) * 1000000);
    frame_open(run, target->undo, &target->step->undo_steps, target->frame, NULL, path);
}

enum quell_code apply_undo_started(struct run *run, struct instance *instance,
                                   const struct event *event, struct quell_error *err)
{
    struct quell_value paths = quell_get(event->data, "steps");
    struct undo_list list = {.arena = run->arena};
    size_t i;

    if (instance->phase == PHASE_ENDED || instance->phase == PHASE_UNDOING)
        return event_misfit(event, "the step has ended, or is being taken back", err);
    for (i = 0; i < quell_count(paths); i++) {
        struct instance *target = run_instance(run, quell_str(quell_at(paths, i)));
        if (target == NULL || !undo_may_open(target))
            return event_misfit(event, "a step in it cannot be taken back", err);
        undo_list_add(&list, target);
    }
    instance->phase = PHASE_UNDOING;
    instance->error = quell_get(event->data, "error");
    instance->undoing = list;
    for (i = 0; i < list.count; i++)
        undo_open(run, list.items[i], event->at_us);
    return QUELL_OK;
}

enum quell_code apply_run_undoing(struct run *run, struct instance *instance,
                                  const struct event *event, struct quell_error *err)
{
    (void)instance;
    if (run->undoing || run->failing || run->finishing || run->playbook->undo_steps.count == 0)
        return event_misfit(event, "the run cannot be taken back now", err);
    run->undoing = true;
    run->stopping = false; /* a failure beats the stop of another item */
    run->error = quell_get(event->data, "error");
    frame_open(run, &run->rollback, &run->playbook->undo_steps, NULL, NULL, QUELL_STR(""));
    run->rollback.due_us =
        time_after(event->at_us, run->playbook->undo_window_us + (int64_t)LIMIT_UNDO_S * 1000000);
    return QUELL_OK;
}

/* ---- taking back -------------------------------------------------------------------------------
 */

struct undo_parts undo_parts(struct run *run, const struct undo_list *list)
{
    struct undo_parts parts = {{.arena = run->arena}, {.arena = run->arena}, {.arena = run->arena}};
    size_t i;

    for (i = 0; i < list->count; i++) {
        enum undo_result result = undo_result(list->items[i]);
        undo_list_add(result == UNDO_DONE         ? &parts.undone
                      : result == UNDO_LEFT_ALONE ? &parts.alone
                                                  : &parts.left,
                      list->items[i]);
    }
    return parts;
}

/* What became of it, beside how the step itself ended. */
static void end(struct decision *decision, struct instance *instance)
{
    struct run *run = decision->run;
    const struct undo_list *open = &instance->undoing;
    struct undo_parts parts = undo_parts(run, open);
    struct map_builder map = {.arena = run->arena};
    bool run_itself = instance->step->undoes_run;
    enum step_status failed_as = quell_text_is(quell_get(instance->error, "code"), "timed-out")
                                     ? STEP_TIMED_OUT
                                     : STEP_FAILED;
    enum step_status status;

    collect_left_of(&parts.left, open, run, instance);
    status = !run_itself ? failed_as : parts.left.count ? STEP_FAILED : STEP_SUCCEEDED;
    map_add(&map, "status", quell_text(step_status_name(status)));
    if (!run_itself)
        map_add(&map, "error", instance->error);
    else if (parts.left.count)
        map_add(&map, "error",
                scope_error(run, "failed", "%zu of %zu changes could not be taken back",
                            parts.left.count,
                            parts.left.count + parts.alone.count + parts.undone.count));
    map_add(&map, "undone", undo_paths(run, &parts.undone));
    if (parts.alone.count)
        map_add(&map, "left_alone", undo_paths(run, &parts.alone));
    map_add(&map, "not_undone", undo_paths(run, &parts.left));
    emit(decision, EVENT_STEP_ENDED, instance->path, map_made(&map));
}

enum flow undo_one(struct decision *decision, struct instance *target)
{
    struct quell_value error = quell_null();

    return target->step->undo_steps.count ? frame_advance(decision, target->undo, &error)
                                          : undo_child(decision, target);
}

enum flow undo_advance(struct decision *decision, struct instance *instance)
{
    size_t i;

    for (i = 0; i < instance->undoing.count; i++)
        if (undo_one(decision, instance->undoing.items[i]) == FLOW_WAITING)
            return FLOW_WAITING;
    end(decision, instance);
    return instance->phase == PHASE_ENDED ? flow_of_ended(instance) : FLOW_WAITING;
}

enum flow undo_begin(struct decision *decision, struct instance *instance, struct quell_value error)
{
    struct run *run = decision->run;
    struct map_builder map = {.arena = run->arena};
    struct undo_list list = undo_find(run, instance);

    map_add(&map, "steps", undo_paths(run, &list));
    map_add(&map, "error", error);
    emit(decision, EVENT_UNDO_STARTED, instance->path, map_made(&map));
    return decision->full ? FLOW_WAITING : undo_advance(decision, instance);
}

/* The whole run, after it has failed; true when there is nothing more to take back. */
bool undo_run(struct decision *decision, struct quell_value error)
{
    struct run *run = decision->run;
    struct map_builder map = {.arena = run->arena};
    struct quell_value ignored = quell_null();

    if (run->playbook->undo == UNDO_NEVER)
        return true;
    if (!run->undoing) {
        if (!undo_has_any(run))
            return true;
        map_add(&map, "error", error);
        emit(decision, EVENT_RUN_UNDOING, QUELL_STR(""), map_made(&map));
    }
    return !decision->full && frame_advance(decision, &run->rollback, &ignored) != FLOW_WAITING;
}
