/*
 * apply_wait.c - what the events of a `wait` step do to a run.
 */
#include "run/state.h"

#include "value/value.h"

enum quell_code apply_wait_started(struct run *run, struct instance *instance,
                                   const struct event *event, struct quell_error *err)
{
    if (instance->step->kind != STEP_WAIT || instance->phase != PHASE_STARTED)
        return event_misfit(event, "it is no wait step that has begun", err);
    instance->phase = PHASE_WAITING;
    run->listening += instance->step->wait->event != NULL;
    instance->until_us = event_time(quell_get(event->data, "until"), INT64_MAX);
    instance->late = quell_get_bool(event->data, "late", false);
    return QUELL_OK;
}

enum quell_code apply_event_came(struct run *run, struct instance *instance,
                                 const struct event *event, struct quell_error *err)
{
    if (instance->phase != PHASE_WAITING || instance->step->wait->event == NULL)
        return event_misfit(event, "the step does not wait for an event", err);
    run->listening--;
    instance->phase = PHASE_ANSWERED;
    instance->status = STEP_SUCCEEDED;
    instance->output = quell_get(event->data, "event");
    return QUELL_OK;
}

enum quell_code apply_wait_over(struct run *run, struct instance *instance,
                                const struct event *event, struct quell_error *err)
{
    (void)event;
    (void)err;
    run->listening -= instance->step->wait->event != NULL;
    instance->phase = PHASE_ANSWERED;
    instance->status =
        instance->late || instance->step->wait->event ? STEP_TIMED_OUT : STEP_SUCCEEDED;
    return QUELL_OK;
}
