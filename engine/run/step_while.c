/*
 * step_while.c - `while`: its steps again and again as long as the condition holds. Each iteration
 * is a body of its own; the condition sees the steps of the last one. A condition that still holds
 * after `max` iterations fails the step.
 */
#include "run/state.h"
#include "value/value.h"

/* Whether there is another iteration. */
static enum quell_code goes_on(struct decision *decision, const struct instance *instance,
                               bool *more, struct quell_value *error)
{
    struct run *run = decision->run;
    struct quell_value holds;
    enum quell_code code = scope_eval_again(run, instance, &holds, error);

    if (code)
        return code;
    if (!quell_is(holds, QUELL_BOOL)) {
        *error = scope_error(run, "invalid", "`while` gave a %s, not true or false",
                             value_type_name(holds));
        return QUELL_INVALID;
    }
    if (holds.as.boolean && instance->body_count == instance->step->max) {
        *error = scope_error(run, "limit", "`while` still holds after %u iterations, its `max`",
                             instance->step->max);
        return QUELL_LIMIT;
    }
    *more = holds.as.boolean;
    return QUELL_OK;
}

enum flow step_advance_WHILE(struct decision *decision, struct instance *instance)
{
    struct run *run = decision->run;
    struct quell_value error = quell_null();
    bool more = true;

    while (more) {
        struct map_builder data = {.arena = run->arena};
        enum flow flow = FLOW_DONE;

        if (instance->body_count)
            flow = frame_advance(decision, &instance->bodies[instance->body_count - 1], &error);
        if (decision->full)
            return FLOW_WAITING;
        if (flow != FLOW_DONE)
            return group_ended(decision, instance, flow, error);
        if (goes_on(decision, instance, &more, &error))
            return step_failed(decision, instance, STEP_FAILED, error);
        if (!more)
            break;
        map_add(&data, "index", quell_int((int64_t)instance->body_count));
        emit(decision, EVENT_ITERATION_STARTED, instance->path, map_made(&data));
        if (decision->full)
            return FLOW_WAITING;
    }
    return step_succeeded(decision, instance);
}
