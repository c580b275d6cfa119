/*
 * apply_call.c - events of runs that are called. The table in apply.c names these.
 */
#include "base/str.h"
#include "run/state.h"
#include "value/value.h"

enum quell_code apply_child_called(struct run *run, struct instance *instance,
                                   const struct event *event, struct quell_error *err)
{
    (void)run;
    if (instance->step->kind != STEP_CALL || instance->phase != PHASE_STARTED)
        return event_misfit(event, "it is no call that begins", err);
    instance->phase = PHASE_CHILD;
    instance->input = quell_get(event->data, "inputs");
    instance->child_pins = quell_get(event->data, "pins");
    return QUELL_OK;
}

enum quell_code apply_child_started(struct run *run, struct instance *instance,
                                    const struct event *event, struct quell_error *err)
{
    struct map_builder output = {.arena = run->arena};

    if (instance->phase != PHASE_CHILD || instance->child.len)
        return event_misfit(event, "the step waits for no run to start", err);
    instance->child = quell_get_str(event->data, "run");
    if (!instance->step->detach)
        return QUELL_OK;
    map_add(&output, "run", quell_get(event->data, "run")); /* unknown in a plan */
    instance->phase = PHASE_ANSWERED;
    instance->status = STEP_SUCCEEDED;
    instance->output = map_made(&output);
    return QUELL_OK;
}

enum quell_code apply_child_cancelling(struct run *run, struct instance *instance,
                                       const struct event *event, struct quell_error *err)
{
    (void)run;
    if (instance->phase != PHASE_CHILD || instance->child_cancelling)
        return event_misfit(event, "the step waits for no run, or it ends already", err);
    instance->child_cancelling = true;
    return QUELL_OK;
}

enum quell_code apply_child_ended(struct run *run, struct instance *instance,
                                  const struct event *event, struct quell_error *err)
{
    struct quell_str status = quell_get_str(event->data, "status");

    if (instance->phase != PHASE_CHILD)
        return event_misfit(event, "the step waits for no run", err);
    instance->phase = PHASE_ANSWERED;
    instance->status = str_is(status, "succeeded")   ? STEP_SUCCEEDED
                       : str_is(status, "cancelled") ? STEP_CANCELLED
                                                     : STEP_FAILED;
    instance->unsettled = run->mode == RUN_PLAN && quell_get_bool(event->data, "simulated", false);
    instance->output = quell_get(event->data, "outputs");
    instance->error = quell_get(event->data, "error");
    if (instance->status == STEP_SUCCEEDED && quell_is_null(instance->output))
        instance->output = quell_map(NULL, 0);
    return QUELL_OK;
}
