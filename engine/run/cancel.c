/*
 * cancel.c - ending what is under way before it is done: after a branch failed, or when the whole
 * run is cancelled.
 *
 * Nothing new begins. What has changed nothing yet is broken off and `cancelled`: a call that was
 * not sent or only reads, a wait of any kind. A change that is on its way comes to its
 * end, and an outcome that nobody knows waits for a person, as always.
 */
#include "run/state.h"
#include "run/undo.h"

/* Ends an answered call as its answer says. */
static bool close_answered(struct decision *decision, struct instance *instance)
{
    if (instance->status == STEP_UNKNOWN) {
        emit_held(decision, instance);
        return false;
    }
    emit_ended(decision, instance, instance->status,
               instance->status == STEP_SUCCEEDED ? quell_null() : instance->error);
    return true;
}

/* Whether everything inside a group has ended. */
static bool close_inside(struct decision *decision, struct instance *instance,
                         struct quell_value why)
{
    bool all = true;
    size_t i;

    for (i = 0; i < instance->body_count; i++)
        if (!frame_cancel(decision, &instance->bodies[i], why))
            all = false;
    if (instance->otherwise && !frame_cancel(decision, instance->otherwise, why))
        all = false;
    return all;
}

static bool cancel(struct decision *decision, struct instance *instance, struct quell_value why)
{
    bool closed = true;

    switch (instance->phase) { /* unreachable: there is no other phase */
    case PHASE_IDLE:
    case PHASE_ENDED:
        return true;
    case PHASE_HELD:
        closed = instance->limited; /* nothing was sent */
        break;
    case PHASE_ANSWERED:
        return close_answered(decision, instance);
    case PHASE_CHILD:
        child_cancel(decision, instance, "its caller was cancelled");
        return false;
    case PHASE_CALLING:
        closed = !instance->in_flight && !instance->sent_change;
        break;
    case PHASE_CATCHING:
        closed = frame_cancel(decision, instance->catcher, why);
        break;
    case PHASE_UNDOING: /* what is being taken back is taken back */
        return undo_advance(decision, instance) != FLOW_WAITING;
    case PHASE_STARTED:
    case PHASE_RETRYING:
        if (instance->in_doubt)
            emit_held(decision, instance);
        closed = !instance->in_doubt && close_inside(decision, instance, why);
        break;
    case PHASE_WAITING:
    case PHASE_ASKING:
        break;
    }
    if (closed)
        emit_ended(decision, instance, STEP_CANCELLED, why);
    return closed;
}

bool run_wants(const struct run *run, struct quell_str path)
{
    return !run_is_cancelling(run) || run->finishing ||
           undo_takes_back(run_instance(run, path)->frame);
}

bool frame_cancel(struct decision *decision, struct frame *frame, struct quell_value why)
{
    bool all = true;
    size_t i;

    if (frame->instances == NULL)
        return true;
    for (i = 0; i < frame->steps->count && !decision->full; i++)
        if (!cancel(decision, &frame->instances[i], why))
            all = false;
    return all && !decision->full;
}
