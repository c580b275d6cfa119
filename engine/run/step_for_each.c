/*
 * step_for_each.c - `for-each`: its steps once for each item, `concurrency` items at a time.
 *
 * More items than `max` is a failure before the first one is touched. When an item fails no new one
 * begins; those under way come to their end first.
 */
#include "base/str.h"
#include "run/state.h"
#include "value/value.h"

/* What became of one item. */
static const char *status_of(const struct frame *body)
{
    const char *status = "succeeded";
    size_t i;

    if (!frame_begun(body))
        return "not-run";
    for (i = 0; i < body->steps->count; i++) {
        const struct instance *instance = &body->instances[i];
        if (instance->phase != PHASE_ENDED)
            return "failed"; /* what stood behind a failed step never began */
        if (instance->status != STEP_SUCCEEDED && instance->status != STEP_SKIPPED &&
            !instance->caught)
            status = step_status_name(instance->status);
    }
    return status;
}

bool step_repeats(const struct step *step)
{
    return step->kind == STEP_FOR_EACH || step->kind == STEP_WHILE;
}

/* plan: whether an item went as it did because of what was supposed inside it. Its paths differ in
 * nothing but this, and need not be told apart when whoever reads the output cannot know it. */
static bool is_guessed(const struct instance *instance)
{
    size_t i;

    for (i = 0; i < instance->body_count; i++)
        if (instance->bodies[i].guessed)
            return true;
    return false;
}

struct quell_value loop_output(struct run *run, const struct instance *instance)
{
    struct list_builder list = {.arena = run->arena};
    bool guessed = is_guessed(instance);
    struct quell_value why =
        quell_unknown(arena_format(run->arena, "known after %.*s", QUELL_ARG(instance->path)));
    size_t i;

    if (quell_is(instance->items, QUELL_UNKNOWN))
        return instance->items;
    for (i = 0; i < instance->body_count; i++) {
        const struct frame *body = &instance->bodies[i];
        struct map_builder map = {.arena = run->arena};

        if (instance->step->kind == STEP_FOR_EACH)
            map_add(&map, "item", body->item);
        map_add(&map, "index", quell_int((int64_t)i));
        map_add(&map, "status", guessed ? why : quell_text(status_of(body)));
        map_add(&map, "steps", guessed ? why : scope_steps(run->arena, body));
        map_add(&map, "vars", guessed ? why : body->vars);
        list_add(&list, map_made(&map));
    }
    return list_made(&list);
}

/* Knows the items, or fails the step; a plan may have to ask whether there are any. */
static enum quell_code start(struct decision *decision, struct instance *instance,
                             struct quell_value *error)
{
    static const char *const lengths[] = {"has items", "is empty", NULL};
    struct run *run = decision->run;
    const struct step *step = instance->step;
    struct map_builder data = {.arena = run->arena};
    struct quell_value items;
    enum quell_code code;

    code = scope_eval(run, instance->frame, &step->items, &items, error);
    if (code)
        return code;
    if (may_be_unknown(run, items)) {
        int answer = plan_choice_of(decision, instance, "items", &step->items, lengths);
        if (answer == PLAN_ASKED)
            return QUELL_OK;
        if (answer == 1)
            items = quell_list(NULL, 0);
    }
    if (!quell_is(items, QUELL_LIST) && !may_be_unknown(run, items)) {
        *error =
            scope_error(run, "invalid", "`for-each` gave a %s, not a list", value_type_name(items));
        return QUELL_INVALID;
    }
    if (quell_count(items) > step->max) {
        *error = scope_error(run, "limit", "%zu items, and `max` is %u: nothing was begun",
                             quell_count(items), step->max);
        return QUELL_LIMIT;
    }
    map_add(&data, "items", items);
    emit(decision, EVENT_LOOP_STARTED, instance->path, map_made(&data));
    return QUELL_OK;
}

enum flow step_advance_FOR_EACH(struct decision *decision, struct instance *instance)
{
    struct quell_value error = quell_null();
    enum flow worst = FLOW_DONE;
    size_t i, busy = 0;

    if (instance->bodies == NULL && start(decision, instance, &error))
        return step_failed(decision, instance, STEP_FAILED, error);
    if (decision->full || instance->bodies == NULL)
        return FLOW_WAITING;
    for (i = 0; i < instance->body_count; i++) {
        struct frame *body = &instance->bodies[i];
        struct quell_value body_error = quell_null();
        enum flow flow;

        if (!frame_begun(body) && (worst != FLOW_DONE || busy >= instance->step->concurrency))
            break;
        flow = frame_advance(decision, body, &body_error);
        if (decision->full)
            return FLOW_WAITING;
        if (flow == FLOW_WAITING)
            busy++;
        if (flow == FLOW_FAILED && worst != FLOW_FAILED)
            error = body_error;
        if (flow == FLOW_FAILED || (flow == FLOW_STOPPED && worst == FLOW_DONE))
            worst = flow;
    }
    if (busy)
        return FLOW_WAITING;
    return group_ended(decision, instance, worst, error);
}
