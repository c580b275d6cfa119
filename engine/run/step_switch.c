/*
 * step_switch.c - `switch`: the steps of the first case that holds, or those of `else`. When no
 * case holds the step is skipped; an error in a case fails it, and no later case is looked at.
 */
#include "run/state.h"
#include "value/value.h"

/* Whether a case holds; a plan that cannot know it may have to ask, then *asked. */
static enum quell_code holds(struct decision *decision, struct instance *instance, size_t lane,
                             bool *held, bool *asked, struct quell_value *error)
{
    struct run *run = decision->run;
    const struct playbook_text *when = &instance->step->lanes[lane].when;
    struct quell_value value = quell_bool(true);
    enum quell_code code = QUELL_OK;

    if (when->expr)
        code = scope_eval(run, instance->frame, when, &value, error);
    if (code)
        return code;
    if (may_be_unknown(run, value)) {
        struct quell_str what = arena_format(run->arena, "when %zu", lane + 1);
        int answer = plan_condition(decision, instance, what.data, when);
        *asked = answer == PLAN_ASKED;
        *held = answer == 1;
        return QUELL_OK;
    }
    if (!quell_is(value, QUELL_BOOL)) {
        *error = scope_error(run, "invalid", "`when` of case %zu gave a %s, not true or false",
                             lane + 1, value_type_name(value));
        return QUELL_INVALID;
    }
    *held = value.as.boolean;
    return QUELL_OK;
}

/* Finds the case and says it; the step is skipped when none holds. */
static enum flow choose(struct decision *decision, struct instance *instance)
{
    struct map_builder data = {.arena = decision->run->arena};
    struct quell_value error = quell_null();
    bool held = false, asked = false;
    size_t i;

    for (i = 0; i < instance->step->lane_count && !held; i++) {
        if (holds(decision, instance, i, &held, &asked, &error))
            return step_failed(decision, instance, STEP_FAILED, error);
        if (asked)
            return FLOW_WAITING;
    }
    if (!held) {
        emit_ended(decision, instance, STEP_SKIPPED, quell_null());
        return FLOW_DONE;
    }
    map_add(&data, "case", quell_int((int64_t)i - 1));
    emit(decision, EVENT_CASE_CHOSEN, instance->path, map_made(&data));
    return FLOW_WAITING;
}

enum flow step_advance_SWITCH(struct decision *decision, struct instance *instance)
{
    struct quell_value error = quell_null();
    enum flow flow;

    if (instance->bodies == NULL) {
        flow = choose(decision, instance);
        if (instance->bodies == NULL)
            return flow;
    }
    flow = frame_advance(decision, instance->bodies, &error);
    return group_ended(decision, instance, flow, error);
}
