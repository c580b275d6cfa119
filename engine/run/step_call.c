/*
 * step_call.c - `call`: another playbook, as a run of its own. This run says what it gives; who
 * dispatches starts the other one and says how it ended. When the step's time is up, or this run is
 * cancelled, the other one is to end, too, and is waited for.
 */
#include "run/state.h"

#include "base/str.h"
#include "value/value.h"

/* A step that was agreed to has a time of its own, but those around it hold all the same. */
int64_t child_due(const struct run *run, const struct instance *instance)
{
    int64_t around = frame_due(run, instance->frame);

    return instance->due_us < around ? instance->due_us : around;
}

void child_cancel(struct decision *decision, const struct instance *instance, const char *reason)
{
    struct map_builder data = {.arena = decision->run->arena};

    if (instance->child_cancelling)
        return;
    map_add(&data, "reason", quell_text(reason));
    emit(decision, EVENT_CHILD_CANCELLING, instance->path, map_made(&data));
}

static enum flow start(struct decision *decision, struct instance *instance)
{
    struct run *run = decision->run;
    const struct step *step = instance->step;
    struct quell_value given = quell_map(NULL, 0), error = quell_null(), pins;
    struct map_builder data = {.arena = run->arena};

    if (decision->now_us >= child_due(run, instance))
        return step_failed(decision, instance, STEP_TIMED_OUT,
                           scope_error(run, "timed-out", "the time was up before the call"));
    if (step->with &&
        scope_eval_tree(run, instance->frame, step->with, step->with_place, &given, &error))
        return step_failed(decision, instance, STEP_FAILED, error);
    if (!called_allowed(run, instance, given, &pins, &error))
        return step_failed(decision, instance, STEP_FAILED, error);
    map_add(&data, "playbook", quell_string(step->calls));
    map_add(&data, "inputs", given);
    map_add(&data, "detach", quell_bool(step->detach));
    if (!quell_is_null(pins))
        map_add(&data, "pins", pins);
    emit(decision, EVENT_CHILD_CALLED, instance->path, map_made(&data));
    return FLOW_WAITING;
}

static enum flow after_end(struct decision *decision, struct instance *instance)
{
    struct quell_value error;

    if (plan_outcome(decision, instance) == PLAN_ASKED)
        return FLOW_WAITING;
    error = instance->error;
    if (instance->status == STEP_SUCCEEDED)
        return step_succeeded(decision, instance);
    if (instance->child_cancelling) { /* not by a person: the step's own time was up */
        error =
            scope_error(decision->run, "timed-out", "the time was up; the run of `%.*s` was ended",
                        QUELL_ARG(instance->step->calls));
        return step_failed(decision, instance, STEP_TIMED_OUT, error);
    }
    return step_failed(decision, instance, instance->status, error);
}

enum flow step_advance_CALL(struct decision *decision, struct instance *instance)
{
    if (instance->phase == PHASE_STARTED)
        return start(decision, instance);
    if (instance->phase == PHASE_ANSWERED)
        return after_end(decision, instance);
    if (instance->child.len && has_come(decision, child_due(decision->run, instance)))
        child_cancel(decision, instance, "the time of its caller was up");
    return FLOW_WAITING;
}
