/*
 * step_set.c - `set`: gives names to values, inside a loop for that item only. A name is set once.
 */
#include "run/state.h"
#include "value/value.h"

static bool set_before(const struct run *run, const struct frame *frame, struct quell_value vars,
                       struct quell_str *name)
{
    size_t i;

    for (i = 0; i < quell_count(vars); i++) {
        *name = quell_str(vars.as.pairs[i].key);
        if (scope_has_var(run, frame, *name))
            return true;
    }
    return false;
}

enum flow step_advance_SET(struct decision *decision, struct instance *instance)
{
    struct run *run = decision->run;
    struct quell_value vars, error = quell_null();
    struct map_builder data = {.arena = run->arena};
    struct quell_str name;

    if (instance->phase == PHASE_ANSWERED) { /* a journal that was cut between the two events */
        emit_ended(decision, instance, STEP_SUCCEEDED, quell_null());
        return FLOW_DONE;
    }
    if (scope_eval_tree(run, instance->frame, instance->step->set, instance->step->with_place,
                        &vars, &error))
        return step_failed(decision, instance, STEP_FAILED, error);
    if (set_before(run, instance->frame, vars, &name))
        return step_failed(
            decision, instance, STEP_FAILED,
            scope_error(run, "invalid", "`vars.%.*s` is set already", QUELL_ARG(name)));
    map_add(&data, "vars", vars);
    emit(decision, EVENT_VARS_SET, instance->path, map_made(&data));
    emit_ended(decision, instance, STEP_SUCCEEDED, quell_null());
    return FLOW_DONE;
}
