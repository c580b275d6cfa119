/*
 * step_block.c - `steps`: a group of steps, with `else` when it has `if`. In a plan an unknown
 * condition takes both branches.
 */
#include "run/state.h"

enum flow step_advance_BLOCK(struct decision *decision, struct instance *instance)
{
    struct quell_value error = quell_null();
    enum flow flow = FLOW_DONE;

    if (instance->body_count)
        flow = frame_advance(decision, instance->bodies, &error);
    if (flow == FLOW_DONE && instance->otherwise)
        flow = frame_advance(decision, instance->otherwise, &error);
    if (flow == FLOW_WAITING)
        return flow;
    if (flow == FLOW_FAILED)
        return step_failed(decision, instance,
                           quell_text_is(quell_get(error, "code"), "timed-out") ? STEP_TIMED_OUT
                                                                                : STEP_FAILED,
                           error);
    if (flow == FLOW_DONE)
        return step_succeeded(decision, instance);
    emit_ended(decision, instance, STEP_SUCCEEDED, quell_null());
    return flow;
}
