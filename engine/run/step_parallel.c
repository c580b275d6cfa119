/*
 * step_parallel.c - `parallel`: named branches that run at the same time; the step ends when all of
 * them have. A branch that fails lets, unless `fail-fast: false`, no new step begin in the others:
 * what changes nothing is broken off, and a change that is on its way comes to its end.
 */
#include "base/str.h"
#include "run/state.h"
#include "value/value.h"

/* The error with which a branch has failed before; what was cancelled only followed. */
static bool failed_before(const struct frame *branch, struct quell_value *error)
{
    size_t i;

    for (i = 0; i < branch->steps->count; i++) {
        const struct instance *instance = &branch->instances[i];
        if (instance->phase != PHASE_ENDED || instance->status == STEP_CANCELLED ||
            flow_of_ended(instance) != FLOW_FAILED)
            continue;
        *error = instance->error;
        return true;
    }
    return false;
}

static struct quell_value why_cancelled(struct run *run, const struct instance *instance,
                                        size_t failed)
{
    return scope_error(run, "cancelled", "the branch `%.*s` of `%.*s` failed",
                       QUELL_ARG(instance->step->lanes[failed].name), QUELL_ARG(instance->path));
}

/* Ends all branches but the failed one; false while one of them has to be waited for. */
static bool end_others(struct decision *decision, struct instance *instance, size_t failed)
{
    struct quell_value why = why_cancelled(decision->run, instance, failed);
    bool all = true;
    size_t i;

    for (i = 0; i < instance->body_count; i++)
        if (i != failed && !frame_cancel(decision, &instance->bodies[i], why))
            all = false;
    return all;
}

struct branches {
    enum flow worst;
    size_t busy, failed; /* how many wait; the first that failed, or how many there are */
    struct quell_value error;
};

static void advance_branch(struct decision *decision, struct instance *instance, size_t index,
                           struct branches *branches)
{
    struct frame *branch = &instance->bodies[index];
    struct quell_value error = quell_null();
    enum flow flow;

    if (!frame_begun(branch) && decision->run->stopping)
        return; /* another branch stopped the run before this one began */
    flow = frame_advance(decision, branch, &error);
    if (flow == FLOW_WAITING)
        branches->busy++;
    if (flow == FLOW_FAILED && branches->failed == instance->body_count) {
        branches->failed = index;
        branches->error = error;
    }
    if (flow == FLOW_FAILED || (flow == FLOW_STOPPED && branches->worst == FLOW_DONE))
        branches->worst = flow;
}

enum flow step_advance_PARALLEL(struct decision *decision, struct instance *instance)
{
    struct branches branches = {FLOW_DONE, 0, instance->body_count, quell_null()};
    bool fast = instance->step->fail_fast;
    size_t i;

    for (i = 0; fast && i < instance->body_count && branches.failed == instance->body_count; i++)
        if (failed_before(&instance->bodies[i], &branches.error))
            branches.failed = i;
    for (i = 0; i < instance->body_count; i++) {
        if (fast && branches.failed < instance->body_count)
            break;
        advance_branch(decision, instance, i, &branches);
        if (decision->full)
            return FLOW_WAITING;
    }
    if (fast && branches.failed < instance->body_count) {
        if (!end_others(decision, instance, branches.failed))
            return FLOW_WAITING;
        return group_ended(decision, instance, FLOW_FAILED, branches.error);
    }
    if (branches.busy)
        return FLOW_WAITING;
    return group_ended(decision, instance, branches.worst, branches.error);
}
