/*
 * step_set.c - `set`: gives names to values, inside a loop for that item only. The loader sees to
 * it that no two steps give the same name; what is taken back once more gives its own again.
 */
#include "run/state.h"
#include "value/value.h"

enum flow step_advance_SET(struct decision *decision, struct instance *instance)
{
    struct run *run = decision->run;
    struct quell_value vars, error = quell_null();
    struct map_builder data = {.arena = run->arena};

    if (instance->phase == PHASE_ANSWERED) { /* a journal that was cut between the two events */
        emit_ended(decision, instance, STEP_SUCCEEDED, quell_null());
        return FLOW_DONE;
    }
    if (scope_eval_tree(run, instance->frame, instance->step->set, instance->step->with_place,
                        &vars, &error))
        return step_failed(decision, instance, STEP_FAILED, error);
    map_add(&data, "vars", vars);
    emit(decision, EVENT_VARS_SET, instance->path, map_made(&data));
    emit_ended(decision, instance, STEP_SUCCEEDED, quell_null());
    return FLOW_DONE;
}
