/*
 * step_switch.c - `switch`: the steps of the first case that holds, or those of `else`. When no
 * case holds the step is skipped; an error in a case fails it, and no later case is looked at.
 */
#include "run/state.h"
#include "value/value.h"

/* Finds the case; `lane_count` when none holds. */
static enum quell_code choose(struct decision *decision, const struct instance *instance,
                              size_t *chosen, struct quell_value *error)
{
    struct run *run = decision->run;
    const struct step *step = instance->step;
    size_t i;

    for (i = 0; i < step->lane_count; i++) {
        struct quell_value holds = quell_bool(true);
        enum quell_code code = QUELL_OK;

        if (step->lanes[i].when.expr)
            code = scope_eval(run, instance->frame, &step->lanes[i].when, &holds, error);
        if (code)
            return code;
        if (!quell_is(holds, QUELL_BOOL)) {
            *error = scope_error(run, "invalid", "`when` of case %zu gave a %s, not true or false",
                                 i + 1, value_type_name(holds));
            return QUELL_INVALID;
        }
        if (holds.as.boolean)
            break;
    }
    *chosen = i;
    return QUELL_OK;
}

enum flow step_advance_SWITCH(struct decision *decision, struct instance *instance)
{
    struct quell_value error = quell_null();
    struct map_builder data = {.arena = decision->run->arena};
    size_t chosen;

    if (instance->bodies == NULL) {
        if (choose(decision, instance, &chosen, &error))
            return step_failed(decision, instance, STEP_FAILED, error);
        if (chosen == instance->step->lane_count) {
            emit_ended(decision, instance, STEP_SKIPPED, quell_null());
            return FLOW_DONE;
        }
        map_add(&data, "case", quell_int((int64_t)chosen));
        emit(decision, EVENT_CASE_CHOSEN, instance->path, map_made(&data));
        if (decision->full)
            return FLOW_WAITING;
    }
    return group_ended(decision, instance, frame_advance(decision, instance->bodies, &error),
                       error);
}
