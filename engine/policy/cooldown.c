/*
 * cooldown.c - the same target again: what a run of a playbook has disrupted, another run of it
 * does not disrupt within the time, unless a person releases it. Against playbooks that start each
 * other, and alerts that come back because of what was done about them.
 */
#include "policy/internal.h"

#include "base/arena.h"
#include "base/str.h"
#include "base/when.h"

static bool concerns(const struct policy_cooldown *cooldown, struct quell_value target)
{
    return str_is(cooldown->kind, "disrupts") ||
           quell_str_equal(cooldown->kind, quell_get_str(target, "kind"));
}

static bool asks(const struct policy_call *call)
{
    return call->action->effect == QUELL_DISRUPTS && call->memory && call->playbook.len > 0;
}

static struct quell_str memory_key(struct arena *arena, const struct policy_cooldown *cooldown,
                                   const struct policy_call *call)
{
    return arena_format(arena, "cooldown %.*s %.*s", QUELL_ARG(call->playbook),
                        QUELL_ARG(cooldown->kind));
}

/* What is remembered of a target: [when, by which run]. */
static bool is_young(const struct policy_cooldown *cooldown, struct quell_value entry,
                     int64_t now_us)
{
    struct quell_value at = quell_at(entry, 0);

    return quell_is(at, QUELL_INT) && at.as.integer > now_us - cooldown->for_us;
}

/* ---- judging -----------------------------------------------------------------------------------
 */

static void hold(struct arena *arena, const struct policy_cooldown *cooldown,
                 struct quell_str message, struct list_builder *verdicts)
{
    list_add(verdicts,
             policy_verdict(arena, "held",
                            arena_format(arena, "policy.cooldown.%.*s", QUELL_ARG(cooldown->kind)),
                            message));
}

/* The first target that is too early says it. */
static void judge(struct arena *arena, const struct policy_cooldown *cooldown,
                  const struct policy_call *call, struct quell_value memory,
                  struct list_builder *verdicts)
{
    size_t i;

    for (i = 0; i < quell_count(call->targets); i++) {
        struct quell_value target = quell_at(call->targets, i), entry;
        struct quell_str run;

        if (!concerns(cooldown, target) ||
            !quell_find(memory, policy_key_of(arena, target), &entry))
            continue;
        run = quell_str(quell_at(entry, 1));
        if (!is_young(cooldown, entry, call->now_us) || quell_str_equal(run, call->run))
            continue;
        hold(arena, cooldown,
             arena_format(
                 arena,
                 "%.*s was disrupted %.*s ago by run %.*s of this playbook; the cooldown "
                 "is %.*s",
                 QUELL_ARG(policy_named(arena, target)),
                 QUELL_ARG(when_format_human(arena, call->now_us - quell_at(entry, 0).as.integer)),
                 QUELL_ARG(run), QUELL_ARG(when_format_human(arena, cooldown->for_us))),
             verdicts);
        return;
    }
}

void policy_judge_cooldowns(struct arena *arena, const struct policy *policy,
                            const struct policy_call *call, struct list_builder *verdicts)
{
    size_t i;

    for (i = 0; asks(call) && i < policy->cooldown_count; i++) {
        const struct policy_cooldown *cooldown = &policy->cooldowns[i];
        struct quell_value memory =
            call->memory->recall(call->memory->user, arena, memory_key(arena, cooldown, call));
        if (quell_is(memory, QUELL_UNKNOWN))
            hold(arena, cooldown, QUELL_STR("what was disrupted before cannot be read"), verdicts);
        else
            judge(arena, cooldown, call, memory, verdicts);
    }
}

/* ---- remembering -------------------------------------------------------------------------------
 */

static struct quell_value with_targets(struct arena *arena, const struct policy_cooldown *cooldown,
                                       const struct policy_call *call, struct quell_value memory)
{
    struct map_builder map = {.arena = arena};
    struct list_builder entry = {.arena = arena};
    size_t i;

    for (i = 0; i < quell_count(memory); i++)
        if (is_young(cooldown, memory.as.pairs[i].value, call->now_us))
            map_add_key(&map, memory.as.pairs[i].key, memory.as.pairs[i].value);
    list_add(&entry, quell_int(call->now_us));
    list_add(&entry, quell_string(call->run));
    for (i = 0; i < quell_count(call->targets); i++)
        if (concerns(cooldown, quell_at(call->targets, i)))
            map_put(&map, policy_key_of(arena, quell_at(call->targets, i)), list_made(&entry));
    return map_made(&map);
}

void policy_take_cooldowns(struct arena *arena, const struct policy *policy,
                           const struct policy_call *call)
{
    size_t i, k;

    for (i = 0; asks(call) && i < policy->cooldown_count; i++) {
        const struct policy_cooldown *cooldown = &policy->cooldowns[i];
        struct quell_str key = memory_key(arena, cooldown, call);
        bool any = false;

        for (k = 0; k < quell_count(call->targets); k++)
            any = any || concerns(cooldown, quell_at(call->targets, k));
        if (any)
            call->memory->remember(
                call->memory->user, key,
                with_targets(arena, cooldown, call,
                             call->memory->recall(call->memory->user, arena, key)),
                cooldown->for_us);
    }
}
