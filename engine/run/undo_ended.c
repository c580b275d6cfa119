/*
 * undo_ended.c - a run that has ended is taken back: because a person asks for it, or because the
 * time is over for which a step's change was meant. The run is at work again until that is done,
 * and its calls pass the limits, the policy and the journal as all its others did. A run that is
 * still under way when such a time is over begins nothing else meanwhile.
 *
 * It is `undone` afterwards when something was taken back and nothing that can be is left; else it
 * is what it was. Either way its last event says what became of each.
 */
#include "base/error.h"
#include "base/str.h"
#include "policy/approval.h"
#include "run/undo.h"
#include "value/fields.h"
#include "value/value.h"

/* ---- what there is -----------------------------------------------------------------------------
 */

/* The call among them, or in the lists inside them, that changes most; the first of such. */
static void find_changing(const struct step_list *steps, const struct step **found)
{
    size_t i, k;

    for (i = 0; i < steps->count; i++) {
        const struct step *step = steps->items[i];
        if (step->action &&
            step->action->effect > (*found ? (*found)->action->effect : QUELL_READS))
            *found = step;
        find_changing(&step->steps, found);
        find_changing(&step->otherwise, found);
        find_changing(&step->on_error_steps, found);
        for (k = 0; k < step->lane_count; k++)
            find_changing(&step->lanes[k].steps, found);
    }
}

static enum run_change_is change_is(const struct run *run, const struct instance *instance)
{
    switch (undo_result(instance)) { /* unreachable: there is no other result */
    case UNDO_NOT_BEGUN:
        return CHANGE_OPEN;
    case UNDO_DONE:
        return CHANGE_UNDONE;
    case UNDO_LEFT_ALONE:
        return CHANGE_LEFT_ALONE;
    case UNDO_FAILED:
        return CHANGE_FAILED;
    case UNDO_UNDERWAY:
        break;
    }
    return run->ended ? CHANGE_FAILED : CHANGE_OPEN;
}

static void tell_change(struct run *run, struct instance *instance, enum run_change_is is,
                        void (*each)(const struct run_change *change, void *user), void *user)
{
    struct run_change change = {.path = instance->path,
                                .step = instance->step,
                                .child = instance->step->undo_steps.count ? QUELL_STR("")
                                                                          : instance->child,
                                .is = is,
                                .input = instance->input,
                                .undo_with = quell_null()};
    struct quell_value error;

    if (is != CHANGE_STAYS)
        find_changing(&instance->step->undo_steps, &change.undo);
    if (change.undo && change.undo->inverse &&
        undo_arguments(run, change.undo, instance, &change.undo_with, &error))
        change.undo_with = quell_null();
    each(&change, user);
}

struct undone_search {
    struct undo_list *list;
};

static void find_undone(const struct instance *instance, void *user)
{
    struct undone_search *search = user;

    if (undo_result(instance) == UNDO_DONE)
        undo_list_add(search->list, (struct instance *)instance);
}

void run_each_change(struct run *run, void (*each)(const struct run_change *change, void *user),
                     void *user)
{
    struct undo_list stay = {.arena = run->arena}, undone = {.arena = run->arena};
    struct undo_list open = undo_find_all(run, true, &stay);
    struct undone_search search = {&undone};
    size_t i;

    run_each_instance(run, find_undone, &search);
    for (i = 0; i < open.count; i++)
        tell_change(run, open.items[i], change_is(run, open.items[i]), each, user);
    for (i = 0; i < undone.count; i++)
        tell_change(run, undone.items[i], change_is(run, undone.items[i]), each, user);
    for (i = 0; i < stay.count; i++)
        tell_change(run, stay.items[i], CHANGE_STAYS, each, user);
}

/* ---- who may, and until when -------------------------------------------------------------------
 */

enum quell_code run_may_undo(const struct run *run, struct quell_str who, struct quell_value groups,
                             int64_t now_us, struct quell_error *err)
{
    const struct playbook *playbook = run->playbook;
    enum quell_code code = policy_may_answer(playbook->undo_by, groups, who, err);

    if (code)
        return error_set(err, code,
                         "`%.*s` may not undo runs of playbook `%.*s`: see its `undo: "
                         "{ by }`",
                         QUELL_ARG(who), QUELL_ARG(playbook->id));
    if (playbook->undo_window_given && run->closed_us &&
        now_us > time_after(run->closed_us, playbook->undo_window_us))
        return error_set(err, QUELL_CONFLICT,
                         "the time in which run %.*s may be undone is over: see `undo: { window }` "
                         "of playbook `%.*s`",
                         QUELL_ARG(run->id), QUELL_ARG(playbook->id));
    return QUELL_OK;
}

/* ---- asking ------------------------------------------------------------------------------------
 */

/* The step itself, by path or id, or something inside it. */
static bool means(struct quell_str step, struct quell_str path, struct quell_str id)
{
    return step.len == 0 || quell_str_equal(id, step) ||
           (str_starts(path, step) &&
            (path.len == step.len || path.data[step.len] == '.' || path.data[step.len] == '['));
}

static bool is_meant(const struct instance *instance, struct quell_str step)
{
    return means(step, instance->path, instance->step->id);
}

bool run_change_meant(const struct run_change *change, struct quell_str step)
{
    return means(step, change->path, change->step->id);
}

struct meant_search {
    struct quell_str step;
    bool found;
};

static void find_meant(const struct instance *instance, void *user)
{
    struct meant_search *search = user;

    search->found |= instance->phase != PHASE_IDLE && is_meant(instance, search->step);
}

/* Who mistypes a step must not believe that it is undone. */
enum quell_code run_undo_knows(const struct run *run, struct quell_str step,
                               struct quell_error *err)
{
    struct meant_search search = {step, step.len == 0};

    run_each_instance(run, find_meant, &search);
    return search.found ? QUELL_OK
                        : error_set(err, QUELL_NOT_FOUND, "run %.*s has begun no step `%.*s`",
                                    QUELL_ARG(run->id), QUELL_ARG(step));
}

static struct undo_list meant_of(struct run *run, struct quell_str step)
{
    struct undo_list all = undo_find_all(run, true, NULL), list = {.arena = run->arena};
    size_t i;

    for (i = 0; i < all.count; i++)
        if (is_meant(all.items[i], step))
            undo_list_add(&list, all.items[i]);
    return list;
}

static enum quell_code nothing_left(struct run *run, struct quell_str step, struct quell_error *err)
{
    struct undo_list undone = {.arena = run->arena};
    struct undone_search search = {&undone};
    size_t i;
    bool any = false;

    run_each_instance(run, find_undone, &search);
    for (i = 0; i < undone.count; i++)
        any |= is_meant(undone.items[i], step);
    return error_set(err, QUELL_CONFLICT, "%s%.*s%srun %.*s %s", step.len ? "step " : "",
                     QUELL_ARG(step), step.len ? " of " : "", QUELL_ARG(run->id),
                     any                       ? "is undone already"
                     : run->mode == RUN_SHADOW ? "was a shadow run: it changed nothing"
                                               : "changed nothing that can be undone");
}

enum quell_code run_undo_data(struct run *run, struct arena *arena, struct quell_str step,
                              struct quell_str by, struct quell_str reason,
                              struct quell_value *data, struct quell_error *err)
{
    struct map_builder map = {.arena = arena};
    struct undo_list list;
    enum quell_code code = run_undo_knows(run, step, err);

    if (code)
        return code;
    if (run->taking_back && run->reopened)
        return error_set(err, QUELL_CONFLICT, "run %.*s is being undone already",
                         QUELL_ARG(run->id));
    if (!run->ended)
        return error_set(err, QUELL_CONFLICT,
                         "run %.*s has not ended: end it first, with `quell cancel %.*s`",
                         QUELL_ARG(run->id), QUELL_ARG(run->id));
    if (run_full(run))
        return error_set(err, QUELL_CONFLICT, "run %.*s has no room for more events",
                         QUELL_ARG(run->id));
    list = meant_of(run, step);
    if (list.count == 0)
        return nothing_left(run, step, err);
    map_add(&map, "by", value_copy_str(arena, by));
    if (reason.len)
        map_add(&map, "reason", value_copy_str(arena, reason));
    map_add(&map, "steps", value_copy(arena, undo_paths(run, &list)));
    *data = map_made(&map);
    return QUELL_OK;
}

enum quell_code apply_undo_asked(struct run *run, struct instance *instance,
                                 const struct event *event, struct quell_error *err)
{
    struct quell_value paths = quell_get(event->data, "steps");
    struct undo_list list = {.arena = run->arena};
    size_t i;

    bool due = quell_get_bool(event->data, "due", false);

    (void)instance;
    if (run->taking_back || (!run->ended && !due))
        return event_misfit(event, "the run has not ended, or is being taken back", err);
    for (i = 0; i < quell_count(paths); i++) {
        struct instance *target = run_instance(run, quell_str(quell_at(paths, i)));
        if (target == NULL || !undo_may_open(target))
            return event_misfit(event, "a step in it cannot be taken back", err);
        undo_list_add(&list, target);
    }
    run->taking_back = true;
    run->taking_due = due;
    run->reopened = run->ended;
    if (run->ended)
        run->closed = run->ending;
    run->ended = false;
    run->ended_us = 0;
    run->taking = list;
    for (i = 0; i < list.count; i++)
        undo_open(run, list.items[i], event->at_us);
    return QUELL_OK;
}

enum quell_code apply_undo_ended(struct run *run, struct instance *instance,
                                 const struct event *event, struct quell_error *err)
{
    (void)instance;
    if (!run->taking_back || run->reopened)
        return event_misfit(event, "nothing is being taken back beside the run", err);
    run->taking_back = false;
    return QUELL_OK;
}

bool run_was_reopened(const struct run *run)
{
    return !quell_is_null(run->closed);
}

bool run_taking_back(const struct run *run)
{
    return run->taking_back;
}

/* ---- when its time is over ---------------------------------------------------------------------
 */

/* A step around it has an undo of its own, by which this was, or is just being, taken back, too.
 * What has not come to its end when the run has will not. */
static bool is_undone_around(const struct run *run, const struct instance *instance)
{
    const struct frame *frame;

    for (frame = instance->frame; frame; frame = frame->outer) {
        enum undo_result result = frame->owner ? undo_result(frame->owner) : UNDO_NOT_BEGUN;
        if (result == UNDO_DONE || (result == UNDO_UNDERWAY && !run->ended))
            return true;
    }
    return false;
}

int64_t undo_due(const struct run *run, const struct instance *instance)
{
    int64_t for_us = instance->step->for_us;

    if (for_us == 0 || run->mode != RUN_LIVE || instance->phase != PHASE_ENDED ||
        !undo_has_happened(instance) || undo_result(instance) != UNDO_NOT_BEGUN ||
        is_undone_around(run, instance) || run_full(run))
        return INT64_MAX;
    return time_after(instance->ended_us, for_us);
}

struct due_search {
    const struct run *run;
    int64_t first_us;
};

static void find_due(const struct instance *instance, void *user)
{
    struct due_search *search = user;
    int64_t due = undo_due(search->run, instance);

    if (due < search->first_us)
        search->first_us = due;
}

int64_t undo_due_first(const struct run *run)
{
    struct due_search search = {run, INT64_MAX};

    run_each_instance(run, find_due, &search);
    return search.first_us;
}

struct due_list {
    struct decision *decision;
    struct undo_list list;
};

static void collect_due(const struct instance *instance, void *user)
{
    struct due_list *due = user;

    if (has_come(due->decision, undo_due(due->decision->run, instance)))
        undo_list_add(&due->list, (struct instance *)instance);
}

bool undo_is_due(const struct decision *decision)
{
    return !decision->run->taking_back && !decision->full &&
           has_come(decision, undo_due_first(decision->run));
}

void undo_when_due(struct decision *decision)
{
    struct run *run = decision->run;
    struct due_list due = {decision, {.arena = run->arena}};
    struct map_builder map = {.arena = run->arena};
    int64_t late_us;

    if (!undo_is_due(decision))
        return;
    late_us = decision->now_us - undo_due_first(run);
    run_each_instance(run, collect_due, &due);
    undo_sort(&due.list);
    map_add(&map, "due", quell_bool(true));
    map_add(&map, "steps", undo_paths(run, &due.list));
    map_add(&map, "late_s", quell_int(late_us / 1000000));
    emit(decision, EVENT_UNDO_ASKED, QUELL_STR(""), map_made(&map));
}

/* ---- taking back -------------------------------------------------------------------------------
 */

static void add_paths(struct map_builder *map, struct run *run, const char *key,
                      const struct undo_list *list)
{
    if (list->count)
        map_add(map, key, undo_paths(run, list));
}

/* Whether the run is `undone`: not when it only was over in time, as it was meant. */
static bool is_undone(struct run *run, size_t undone)
{
    struct undo_list all = undo_find_all(run, true, NULL);
    size_t i;

    for (i = 0; i < all.count; i++)
        if (undo_result(all.items[i]) != UNDO_LEFT_ALONE)
            return false;
    return undone > 0 && !run->taking_due;
}

/* What it ends with now: as before, but for what was taken back and what was not. */
static struct quell_value ending(struct run *run)
{
    struct undo_parts parts = undo_parts(run, &run->taking);
    struct map_builder map = {.arena = run->arena};
    bool all = is_undone(run, parts.undone.count);
    size_t i;

    for (i = 0; run->reopened && i < quell_count(run->closed); i++) {
        const struct quell_pair *pair = &run->closed.as.pairs[i];
        struct quell_str key = quell_str(pair->key);
        if (!str_is(key, "undone") && !str_is(key, "left_alone") && !str_is(key, "not_undone") &&
            !(str_is(key, "status") && all))
            map_add_key(&map, pair->key, pair->value);
    }
    if (all)
        map_add(&map, "status", quell_text("undone"));
    add_paths(&map, run, "undone", &parts.undone);
    add_paths(&map, run, "left_alone", &parts.alone);
    add_paths(&map, run, "not_undone", &parts.left);
    return map_made(&map);
}

/* One after the other: what was done last is taken back first. What cannot be taken back does not
 * keep the others from it. */
void undo_ended_advance(struct decision *decision)
{
    struct run *run = decision->run;
    size_t i;

    for (i = 0; i < run->taking.count; i++)
        if (undo_one(decision, run->taking.items[i]) == FLOW_WAITING)
            return;
    emit(decision, run->reopened ? EVENT_RUN_ENDED : EVENT_UNDO_ENDED, QUELL_STR(""), ending(run));
}
