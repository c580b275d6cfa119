/*
 * cooldown.c - the same target again: what a run of a playbook has disrupted, another run of it
 * does not disrupt within the time, unless a person releases it. Against playbooks that start each
 * other, and alerts that come back because of what was done about them.
 */
#include "policy/internal.h"

#include "base/arena.h"
#include "base/digest.h"
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

/* One for each target: what is remembered of one does not make others dear. The target by its
 * digest, for some are as long as they like. */
static struct quell_str memory_key(struct arena *arena, const struct policy_cooldown *cooldown,
                                   const struct policy_call *call, struct quell_value target)
{
    uint8_t digest[DIGEST_SHA256];

    digest_sha256(policy_key_of(arena, target), digest);
    return arena_format(arena, "cooldown %.*s %.*s %.*s", QUELL_ARG(call->playbook),
                        QUELL_ARG(cooldown->kind),
                        QUELL_ARG(digest_hex(arena, digest, sizeof(digest))));
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

/* Whether the target is too early, or nobody knows; that is held then. */
static bool judge(struct arena *arena, const struct policy_cooldown *cooldown,
                  const struct policy_call *call, struct quell_value target,
                  struct list_builder *verdicts)
{
    struct quell_value entry =
        call->memory->recall(call->memory->user, arena, memory_key(arena, cooldown, call, target));
    struct quell_str run = quell_str(quell_at(entry, 1));

    if (quell_is(entry, QUELL_UNKNOWN)) {
        hold(arena, cooldown, QUELL_STR("what was disrupted before cannot be read"), verdicts);
        return true;
    }
    if (!is_young(cooldown, entry, call->now_us) || quell_str_equal(run, call->run))
        return false;
    hold(arena, cooldown,
         arena_format(
             arena,
             "%.*s was disrupted %.*s ago by run %.*s of this playbook; the cooldown is %.*s",
             QUELL_ARG(policy_named(arena, target)),
             QUELL_ARG(when_format_human(arena, call->now_us - quell_at(entry, 0).as.integer)),
             QUELL_ARG(run), QUELL_ARG(when_format_human(arena, cooldown->for_us))),
         verdicts);
    return true;
}

void policy_judge_cooldowns(struct arena *arena, const struct policy *policy,
                            const struct policy_call *call, struct list_builder *verdicts)
{
    size_t i, k;

    for (i = 0; asks(call) && i < policy->cooldown_count; i++) {
        const struct policy_cooldown *cooldown = &policy->cooldowns[i];
        bool held = false; /* the first target that is too early says it */
        for (k = 0; k < quell_count(call->targets) && !held; k++) {
            struct quell_value target = quell_at(call->targets, k);
            held = concerns(cooldown, target) && judge(arena, cooldown, call, target, verdicts);
        }
    }
}

/* ---- remembering -------------------------------------------------------------------------------
 */

static struct quell_value entry_of(struct arena *arena, const struct policy_call *call)
{
    struct list_builder entry = {.arena = arena};

    list_add(&entry, quell_int(call->now_us));
    list_add(&entry, quell_string(call->run));
    return list_made(&entry);
}

void policy_take_cooldowns(struct arena *arena, const struct policy *policy,
                           const struct policy_call *call)
{
    size_t i, k;

    for (i = 0; asks(call) && i < policy->cooldown_count; i++) {
        const struct policy_cooldown *cooldown = &policy->cooldowns[i];
        for (k = 0; k < quell_count(call->targets); k++) {
            struct quell_value target = quell_at(call->targets, k);
            if (concerns(cooldown, target))
                call->memory->remember(call->memory->user,
                                       memory_key(arena, cooldown, call, target),
                                       entry_of(arena, call), cooldown->for_us);
        }
    }
}
