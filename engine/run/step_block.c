/*
 * step_block.c - `steps`: a group of steps, with `else` when it has `if`.
 */
#include "run/state.h"
#include "run/undo.h"

enum flow step_advance_BLOCK(struct decision *decision, struct instance *instance)
{
    struct quell_value error = quell_null();
    enum flow flow = FLOW_DONE;

    if (instance->step->undoes_run)
        return undo_begin(decision, instance, decision->run->error);
    if (instance->body_count)
        flow = frame_advance(decision, instance->bodies, &error);
    if (flow == FLOW_DONE && instance->otherwise)
        flow = frame_advance(decision, instance->otherwise, &error);
    return group_ended(decision, instance, flow, error);
}
