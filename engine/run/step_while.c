/*
 * step_while.c - `while`: its steps again and again as long as the condition holds. Each iteration
 * is a body of its own; the condition sees the steps of the last one. A condition that still holds
 * after `max` iterations fails the step. A plan that cannot know it looks at two iterations and
 * then supposes that `max` is reached, or not.
 */
#include "run/state.h"
#include "value/value.h"

/* Whether there is another iteration; a plan may have to ask, then *asked. */
static enum quell_code goes_on(struct decision *decision, struct instance *instance, bool *more,
                               bool *asked, struct quell_value *error)
{
    struct run *run = decision->run;
    struct quell_value holds;
    enum quell_code code = scope_eval_again(run, instance, &holds, error);
    bool last = instance->body_count == instance->step->max;

    if (code)
        return code;
    if (may_be_unknown(run, holds)) {
        int answer = plan_goes_on(decision, instance);
        *asked = answer == PLAN_ASKED;
        holds = quell_bool(answer == 1);
        last = last || instance->body_count >= RUN_PLAN_ITERATIONS;
    }
    if (!quell_is(holds, QUELL_BOOL)) {
        *error = scope_error(run, "invalid", "`while` gave a %s, not true or false",
                             value_type_name(holds));
        return QUELL_INVALID;
    }
    if (holds.as.boolean && last) {
        *error = scope_error(run, "limit", "`while` still holds after %u iterations, its `max`",
                             instance->step->max);
        return QUELL_LIMIT;
    }
    *more = holds.as.boolean;
    return QUELL_OK;
}

/* What follows an iteration that is over: another one, the end, or a question. */
static enum flow begin_next(struct decision *decision, struct instance *instance)
{
    struct map_builder data = {.arena = decision->run->arena};
    struct quell_value error = quell_null();
    bool more = false, asked = false;

    if (goes_on(decision, instance, &more, &asked, &error))
        return step_failed(decision, instance, STEP_FAILED, error);
    if (asked)
        return FLOW_WAITING;
    if (!more)
        return step_succeeded(decision, instance);
    map_add(&data, "index", quell_int((int64_t)instance->body_count));
    emit(decision, EVENT_ITERATION_STARTED, instance->path, map_made(&data));
    return FLOW_WAITING;
}

enum flow step_advance_WHILE(struct decision *decision, struct instance *instance)
{
    struct quell_value error = quell_null();

    for (;;) {
        size_t before = instance->body_count;
        enum flow flow = FLOW_DONE;

        if (before)
            flow = frame_advance(decision, &instance->bodies[before - 1], &error);
        if (decision->full)
            return FLOW_WAITING;
        if (flow != FLOW_DONE)
            return group_ended(decision, instance, flow, error);
        flow = begin_next(decision, instance);
        if (instance->body_count == before)
            return flow;
    }
}
