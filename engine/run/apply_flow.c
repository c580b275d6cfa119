/*
 * apply_flow.c - events of steps that choose, repeat or run at the same time, and of the run's
 * course around its steps. The table in apply.c names these.
 */
#include "base/limits.h"
#include "run/state.h"
#include "value/value.h"

/* ---- the run -----------------------------------------------------------------------------------
 */

enum quell_code apply_vars_computed(struct run *run, struct instance *instance,
                                    const struct event *event, struct quell_error *err)
{
    struct quell_value vars = quell_get(event->data, "vars");

    (void)instance;
    if (run->vars_known)
        return event_misfit(event, "the vars are computed already", err);
    if (!quell_is(vars, QUELL_MAP))
        return event_misfit(event, "its vars are no map", err);
    run->vars_known = true;
    run->vars = vars;
    return QUELL_OK;
}

enum quell_code apply_run_cancelling(struct run *run, struct instance *instance,
                                     const struct event *event, struct quell_error *err)
{
    (void)instance;
    if (run->cancelling || run->finishing || (run->taking_back && run->reopened))
        return event_misfit(event, "the run ends already", err);
    run->cancelling = true;
    run->stopping = false;
    run->queued = run->queued_why = QUELL_STR(""); /* it waits for nothing any more */
    run->cancel = quell_get(event->data, "error");
    return QUELL_OK;
}

enum quell_code apply_run_finishing(struct run *run, struct instance *instance,
                                    const struct event *event, struct quell_error *err)
{
    (void)instance;
    if (run->finishing)
        return event_misfit(event, "finally has begun already", err);
    run->finishing = true;
    run->stopping = false; /* of the main steps, not of these */
    run->queued = run->queued_why = QUELL_STR("");
    run->ending = event->data;
    run->due_us = event->at_us + (int64_t)LIMIT_FINALLY_S * 1000000;
    frame_open(run, &run->finally, &run->playbook->finally, NULL, NULL, QUELL_STR("finally"));
    return QUELL_OK;
}

/* ---- steps -------------------------------------------------------------------------------------
 */

/* The branches of a `parallel` begin together. */
void apply_branches(struct run *run, struct instance *instance)
{
    const struct step *step = instance->step;
    size_t i;

    instance->bodies = arena_array(run->arena, struct frame, step->lane_count);
    instance->body_count = step->lane_count;
    for (i = 0; i < step->lane_count; i++)
        frame_open(run, &instance->bodies[i], &step->lanes[i].steps, instance->frame, instance,
                   arena_format(run->arena, "%.*s.%.*s", QUELL_ARG(instance->path),
                                QUELL_ARG(step->lanes[i].name)));
}

enum quell_code apply_case_chosen(struct run *run, struct instance *instance,
                                  const struct event *event, struct quell_error *err)
{
    const struct step *step = instance->step;
    int64_t chosen = quell_get_int(event->data, "case", -1);

    if (step->kind != STEP_SWITCH || instance->phase != PHASE_STARTED || instance->bodies)
        return event_misfit(event, "it is no switch that begins", err);
    if (chosen < 0 || (size_t)chosen >= step->lane_count)
        return event_misfit(event, "there is no such case", err);
    instance->chosen = (size_t)chosen;
    instance->bodies = arena_one(run->arena, struct frame);
    instance->body_count = 1;
    frame_open(run, instance->bodies, &step->lanes[chosen].steps, instance->frame, instance,
               arena_format(run->arena, "%.*s.%.*s", QUELL_ARG(instance->path),
                            QUELL_ARG(step->lanes[chosen].name)));
    return QUELL_OK;
}

enum quell_code apply_iteration_started(struct run *run, struct instance *instance,
                                        const struct event *event, struct quell_error *err)
{
    const struct step *step = instance->step;
    int64_t index = quell_get_int(event->data, "index", -1);
    struct frame *body;

    if (step->kind != STEP_WHILE || instance->phase != PHASE_STARTED)
        return event_misfit(event, "it is no while that has begun", err);
    if (index < 0 || (size_t)index != instance->body_count || index >= step->max)
        return event_misfit(event, "it is not the next iteration", err);
    body = &instance->bodies[instance->body_count++];
    body->index = (size_t)index;
    body->loops = true;
    body->vars = quell_map(NULL, 0);
    body->before = index ? body - 1 : NULL;
    frame_open(run, body, &step->steps, instance->frame, instance,
               arena_format(run->arena, "%.*s[%lld]", QUELL_ARG(instance->path), (long long)index));
    return QUELL_OK;
}
