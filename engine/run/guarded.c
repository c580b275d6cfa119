/*
 * guarded.c - the workspace's policy where a call is about to be made, or people are about to be
 * asked: what of the run it is told. The rules are policy/'s.
 */
#include <assert.h>

#include "base/str.h"
#include "policy/workspace.h"
#include "run/state.h"
#include "value/value.h"

enum { TREE_KEEP_S = 400 * 86400 }; /* as long as journals are kept: a call may wait for long */

/* ---- the runs of a call ------------------------------------------------------------------------
 * A run and those that it calls are one for caps: what they touched is remembered under the
 * outermost run's id, {kind: {target: 1}}. Of a run alone its own journal says it. */

static bool calls_others(const struct playbook *playbook)
{
    size_t i;

    for (i = 0; i < playbook->step_count; i++)
        if (playbook->all[i]->kind == STEP_CALL)
            return true;
    return false;
}

static bool in_tree(const struct run *run)
{
    return run->world.memory && run->mode == RUN_LIVE &&
           (run->parent.run.len || calls_others(run->playbook));
}

static struct quell_str root_of(const struct run *run)
{
    return run->parent.root.len  ? run->parent.root
           : run->parent.run.len ? run->parent.run
                                 : run->id;
}

static struct quell_str tree_key(struct run *run)
{
    return arena_format(run->arena, "tree %.*s", QUELL_ARG(root_of(run)));
}

static struct quell_value tree_of(struct run *run)
{
    const struct policy_memory *memory = run->world.memory;

    return in_tree(run) ? memory->recall(memory->user, run->arena, tree_key(run)) : quell_null();
}

/* ---- what the run has touched ------------------------------------------------------------------
 */

struct guard {
    struct run *run;
    struct arena *arena; /* of this judging */
    struct quell_value tree;
};

static bool touched(const void *user, struct quell_value target, bool disrupts)
{
    const struct guard *guard = user;
    struct quell_str kind = disrupts ? QUELL_STR("disrupts") : quell_get_str(target, "kind");
    struct quell_str key = policy_key_of(guard->arena, target);
    const struct touched *each;
    struct quell_value found;

    for (each = guard->run->touched; each; each = each->next)
        if ((!disrupts || each->disrupted) &&
            quell_str_equal(policy_key_of(guard->arena, each->target), key))
            return true;
    return quell_find(guard->tree, kind, &found) && quell_find(found, key, &found);
}

static unsigned in_run(const void *user, struct quell_str kind)
{
    const struct guard *guard = user;
    bool disrupts = str_is(kind, "disrupts");
    const struct touched *each;
    struct quell_value found = quell_null();
    unsigned count = 0;

    if (quell_is(guard->tree, QUELL_UNKNOWN))
        return LIMIT_NONE / 2; /* what cannot be read is taken for used up */
    if (in_tree(guard->run)) {
        (void)quell_find(guard->tree, kind, &found); /* null: none yet */
        return (unsigned)quell_count(found);
    }
    for (each = guard->run->touched; each; each = each->next)
        count +=
            disrupts ? each->disrupted : quell_str_equal(quell_get_str(each->target, "kind"), kind);
    return count;
}

unsigned guarded_in_tree(struct run *run, struct quell_str kind)
{
    struct guard guard = {run, run->arena, tree_of(run)};

    return in_tree(run) ? in_run(&guard, kind) : 0;
}

/* ---- the call ----------------------------------------------------------------------------------
 */

struct lookups {
    struct list_builder list;
};

static void find_lookup(const struct instance *instance, void *user)
{
    struct lookups *lookups = user;
    const struct quell_action *action = instance->step->action;
    struct quell_value one;

    if (instance->step->kind != STEP_USES || action->effect != QUELL_READS ||
        instance->status != STEP_SUCCEEDED)
        return;
    one = policy_lookup(lookups->list.arena, action, instance->input, instance->output);
    if (!quell_is_null(one))
        list_add(&lookups->list, one);
}

/* People agreed to the step, or to one around it. */
static bool is_approved(const struct instance *instance)
{
    const struct frame *frame;

    if (instance->granted)
        return true;
    for (frame = instance->frame; frame; frame = frame->outer)
        if (frame->owner && frame->owner->granted)
            return true;
    return false;
}

static struct policy_call call_of(const struct guard *guard, const struct ahead *ahead)
{
    struct run *run = guard->run;
    struct lookups lookups = {.list = {.arena = guard->arena}};

    run_each_instance(run, find_lookup, &lookups);
    return (struct policy_call){
        .playbook = run->playbook->id,
        .uses = ahead->step->uses,
        .run = root_of(run),
        .action = ahead->step->action,
        .targets = ahead->targets,
        .incident = run->incident,
        .lookups = list_made(&lookups.list),
        .now_us = ahead->now_us,
        .approved = ahead->asking || is_approved(ahead->instance),
        .guessing = run->mode == RUN_PLAN,
        .early = ahead->early,
        .memory = run->world.memory,
        .touched = touched,
        .in_run = in_run,
        .user = guard,
    };
}

struct quell_value guarded_judge(struct run *run, const struct ahead *ahead)
{
    struct guard guard = {.run = run};
    struct policy_call call;
    struct quell_value verdicts;

    if (run->world.policy == NULL || ahead->step->action->effect == QUELL_READS)
        return quell_list(NULL, 0);
    guard.arena = arena_new(0); /* much is made that nobody keeps */
    guard.tree = tree_of(run);
    call = call_of(&guard, ahead);
    verdicts = value_copy(run->arena, policy_judge(guard.arena, run->world.policy, &call));
    arena_free(guard.arena);
    return verdicts;
}

/* ---- counting ----------------------------------------------------------------------------------
 */

static void add_to_kind(struct map_builder *tree, struct quell_str kind, struct quell_str key)
{
    struct quell_value keys = quell_map(NULL, 0);

    (void)quell_find(map_made(tree), kind, &keys); /* absent: the first of its kind */
    map_put(tree, kind, value_with(tree->arena, keys, key, quell_int(1)));
}

static void take_in_tree(const struct guard *guard, const struct ahead *ahead)
{
    const struct policy_memory *memory = guard->run->world.memory;
    struct map_builder tree = {.arena = guard->arena};
    size_t i, count = quell_count(ahead->targets);

    if (!in_tree(guard->run))
        return;
    for (i = 0; i < quell_count(guard->tree); i++)
        map_add_key(&tree, guard->tree.as.pairs[i].key, guard->tree.as.pairs[i].value);
    for (i = 0; i < count; i++) {
        struct quell_value target = quell_at(ahead->targets, i);
        struct quell_str key = policy_key_of(guard->arena, target);
        add_to_kind(&tree, quell_get_str(target, "kind"), key);
        if (ahead->step->action->effect == QUELL_DISRUPTS)
            add_to_kind(&tree, QUELL_STR("disrupts"), key);
    }
    memory->remember(memory->user, tree_key(guard->run), map_made(&tree),
                     (int64_t)TREE_KEEP_S * 1000000);
}

void guarded_take(struct run *run, const struct ahead *ahead)
{
    struct guard guard = {.run = run};
    struct policy_call call;

    if (run->world.memory == NULL || run->mode != RUN_LIVE)
        return;
    assert(run->world.policy && ahead->step->action->effect != QUELL_READS);
    guard.arena = arena_new(0);
    guard.tree = tree_of(run);
    call = call_of(&guard, ahead);
    policy_take(guard.arena, run->world.policy, &call);
    take_in_tree(&guard, ahead);
    arena_free(guard.arena);
}
