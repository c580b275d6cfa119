/*
 * undo_child.c - taking back what a called run changed: this run says so, who dispatches has that
 * run taken back as one of its own, and says here how it ended.
 */
#include "base/str.h"
#include "run/undo.h"
#include "value/value.h"

enum flow undo_child(struct decision *decision, struct instance *target)
{
    struct map_builder data = {.arena = decision->run->arena};

    if (target->child_undo == CHILD_TO_UNDO) {
        map_add(&data, "run", quell_string(target->child));
        emit(decision, EVENT_CHILD_UNDOING, target->path, map_made(&data));
    }
    return target->child_undo == CHILD_LEFT ? FLOW_FAILED
           : target->child_undo == CHILD_UNDONE || target->child_undo == CHILD_UNCHANGED
               ? FLOW_DONE
               : FLOW_WAITING;
}

enum quell_code apply_child_undoing(struct run *run, struct instance *instance,
                                    const struct event *event, struct quell_error *err)
{
    (void)run;
    if (instance->child_undo != CHILD_TO_UNDO)
        return event_misfit(event, "its called run is not to be taken back", err);
    instance->child_undo = CHILD_UNDOING;
    return QUELL_OK;
}

enum quell_code apply_child_undone(struct run *run, struct instance *instance,
                                   const struct event *event, struct quell_error *err)
{
    struct quell_str status = quell_get_str(event->data, "status");

    (void)run;
    if (instance->child_undo != CHILD_UNDOING)
        return event_misfit(event, "its called run is not being taken back", err);
    instance->child_undo = str_is(status, "undone")      ? CHILD_UNDONE
                           : str_is(status, "unchanged") ? CHILD_UNCHANGED
                                                         : CHILD_LEFT;
    return QUELL_OK;
}

bool run_undoes_child(const struct run *run, struct quell_str path, struct quell_str *child)
{
    const struct instance *instance = run_instance(run, path);

    if (instance == NULL || instance->child_undo != CHILD_UNDOING)
        return false;
    *child = instance->child;
    return true;
}

struct visit {
    void (*each)(struct quell_str path, struct quell_str child, void *user);
    void *user;
};

static void look_at(const struct instance *instance, void *user)
{
    const struct visit *visit = user;

    if (instance->child_undo == CHILD_UNDOING)
        visit->each(instance->path, instance->child, visit->user);
}

void run_each_undone_child(const struct run *run,
                           void (*each)(struct quell_str path, struct quell_str child, void *user),
                           void *user)
{
    struct visit visit = {each, user};

    run_each_instance(run, look_at, &visit);
}
