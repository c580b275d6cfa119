/*
 * judge.c - what stands against a call: what is protected, approvals that must be there, windows,
 * cooldowns, caps; the worst first.
 */
#include "policy/internal.h"

#include "base/arena.h"
#include "base/str.h"
#include "base/when.h"
#include "policy/approval.h"

struct quell_value policy_verdict(struct arena *arena, const char *verdict, struct quell_str reason,
                                  struct quell_str message)
{
    struct map_builder map = {.arena = arena};
    map_add(&map, "verdict", quell_text(verdict));
    map_add(&map, "reason", quell_string(reason));
    map_add(&map, "message", quell_string(message));
    return map_made(&map);
}

/* ---- what is protected -------------------------------------------------------------------------
 */

struct quell_str policy_named(struct arena *arena, struct quell_value target)
{
    struct quell_value value = quell_get(target, "value");
    return arena_format(
        arena, "%.*s `%.*s`", QUELL_ARG(quell_get_str(target, "kind")),
        QUELL_ARG(quell_is(value, QUELL_STRING) ? quell_str(value) : QUELL_STR("?")));
}

static bool rule_concerns(const struct policy_rule *rule, const struct policy_call *call,
                          struct quell_str kind)
{
    enum quell_effect least = rule->changes ? QUELL_CHANGES : QUELL_DISRUPTS;
    bool account = str_is(rule->kind, "user") && str_is(kind, "mailbox");
    return call->action->effect >= least &&
           (rule->kind.len == 0 || kind.len == 0 || account || quell_str_equal(rule->kind, kind));
}

static bool is_protected(struct arena *arena, const struct policy *policy,
                         const struct policy_call *call, struct quell_value target,
                         struct quell_value facts, struct list_builder *verdicts)
{
    struct quell_str by;
    size_t i;
    for (i = 0; i < policy->rule_count; i++) {
        const struct policy_rule *rule = &policy->rules[i];
        if (!rule_concerns(rule, call, quell_get_str(target, "kind")) ||
            !policy_rule_matches(arena, rule, facts, &by))
            continue;
        list_add(verdicts,
                 policy_verdict(arena, "refused",
                                arena_format(arena, "policy.protected.%.*s", QUELL_ARG(rule->name)),
                                arena_format(arena, "%.*s is protected (%.*s%s%.*s): %.*s",
                                             QUELL_ARG(policy_named(arena, target)),
                                             QUELL_ARG(rule->name), by.len ? ", by " : "",
                                             QUELL_ARG(by), QUELL_ARG(rule->why))));
        return true;
    }
    return false;
}

/* What is not known may be protected. */
static void tell_unresolved(struct arena *arena, const struct policy_call *call,
                            struct quell_str what, bool comes, struct list_builder *verdicts)
{
    bool waits = comes || call->early;
    list_add(verdicts,
             policy_verdict(arena, waits ? "unknown" : "refused", QUELL_STR("policy.unresolved"),
                            waits ? arena_format(arena,
                                                 "whether %.*s is protected is judged when "
                                                 "it is known",
                                                 QUELL_ARG(what))
                                  : arena_format(arena,
                                                 "%.*s may be protected: neither the "
                                                 "incident nor a read of this run says what it is",
                                                 QUELL_ARG(what))));
}

/* Where everything is switched off that could protect such a target, nobody has to know it. */
static bool may_be_protected(const struct policy *policy, const struct policy_call *call,
                             struct quell_str kind)
{
    size_t i;
    for (i = 0; i < policy->rule_count; i++)
        if (policy->rules[i].off.len == 0 && rule_concerns(&policy->rules[i], call, kind))
            return true;
    return false;
}

static void judge_target(struct arena *arena, const struct policy *policy,
                         const struct policy_call *call, struct quell_value target,
                         struct list_builder *verdicts)
{
    struct quell_value facts = policy_facts(arena, target, call->incident, call->lookups);
    bool comes = call->guessing && quell_get_bool(facts, "unknown", false);
    if (is_protected(arena, policy, call, target, facts, verdicts) ||
        call->action->effect != QUELL_DISRUPTS ||
        !may_be_protected(policy, call, quell_get_str(target, "kind")))
        return;
    if (comes || !quell_get_bool(facts, "resolved", false))
        tell_unresolved(arena, call, policy_named(arena, target), comes, verdicts);
}

static void judge_protected(struct arena *arena, const struct policy *policy,
                            const struct policy_call *call, struct list_builder *verdicts)
{
    size_t i, count = quell_count(call->targets);
    for (i = 0; i < count; i++)
        judge_target(arena, policy, call, quell_at(call->targets, i), verdicts);
    if (count == 0 && call->action->effect == QUELL_DISRUPTS &&
        may_be_protected(policy, call, QUELL_STR("")))
        tell_unresolved(arena, call, QUELL_STR("what this call disrupts"), false, verdicts);
}

/* ---- approvals and windows ---------------------------------------------------------------------
 */

bool policy_requires_approval(const struct policy *policy, struct quell_str playbook,
                              struct quell_str action)
{
    size_t i;
    for (i = 0; i < quell_count(policy->except); i++) {
        struct quell_str one = quell_str(quell_at(policy->except, i));
        if (quell_str_equal(one, playbook) || quell_str_equal(one, action))
            return false;
    }
    return policy->require_approve;
}

static void judge_approval(struct arena *arena, const struct policy *policy,
                           const struct policy_call *call, struct list_builder *verdicts)
{
    if (call->action->effect == QUELL_DISRUPTS && !call->approved &&
        policy_requires_approval(policy, call->playbook, call->uses))
        list_add(verdicts, policy_verdict(arena, "held", QUELL_STR("policy.approve"),
                                          QUELL_STR("the workspace wants an approval of each "
                                                    "disrupting call, and nobody agreed to "
                                                    "this one")));
}

static void judge_window(struct arena *arena, const struct policy_window *window,
                         const struct policy_call *call, struct list_builder *verdicts)
{
    struct quell_value verdict;
    struct quell_str until = QUELL_STR("a person releases it");
    int64_t until_us;
    if (call->action->effect < window->effect ||
        !policy_window_denies(window, call->now_us, &until_us))
        return;
    if (until_us != INT64_MAX)
        until = when_format_time(arena, when_from_us(until_us));
    verdict = policy_verdict(
        arena, "held", arena_format(arena, "policy.window.%.*s", QUELL_ARG(window->name)),
        arena_format(arena, "%s the window `%.*s`: held until %.*s",
                     window->allow_only ? "it is outside of" : "it is inside of",
                     QUELL_ARG(window->name), QUELL_ARG(until)));
    if (until_us != INT64_MAX)
        verdict = value_with(arena, verdict, QUELL_STR("until"), value_time_us(until_us));
    list_add(verdicts, verdict);
}

/* ---- all of it ---------------------------------------------------------------------------------
 */

enum quell_code policy_may_release(const struct policy *policy, struct quell_str starter,
                                   struct quell_value groups, struct quell_str who,
                                   struct quell_error *err)
{
    struct approval_rule rule = {.count = 1, .four_eyes = policy->four_eyes, .starter = starter};
    enum quell_code code = policy_may_answer(policy->release_by, groups, who, err);

    return code ? code : policy_may_agree(&rule, quell_list(NULL, 0), who, err);
}

/* Refusals are said by judge_protected, first; a hard cap stands before what can be released. */
static struct quell_value sorted(struct arena *arena, const struct list_builder *found)
{
    struct list_builder list = {.arena = arena};
    int round;
    size_t i;
    for (round = 0; round < 4; round++)
        for (i = 0; i < found->count; i++) {
            struct quell_value one = found->items[i];
            struct quell_str verdict = quell_get_str(one, "verdict");
            int rank = str_is(verdict, "refused")           ? 0
                       : quell_get_bool(one, "hard", false) ? 1
                       : str_is(verdict, "held")            ? 2
                                                            : 3;
            if (rank == round)
                list_add(&list, one);
        }
    return list_made(&list);
}

struct quell_value policy_judge(struct arena *arena, const struct policy *policy,
                                const struct policy_call *call)
{
    struct list_builder found = {.arena = arena};
    size_t i;
    if (call->action->effect == QUELL_READS)
        return quell_list(NULL, 0);
    judge_protected(arena, policy, call, &found);
    judge_approval(arena, policy, call, &found);
    for (i = 0; i < policy->window_count; i++)
        judge_window(arena, &policy->windows[i], call, &found);
    policy_judge_cooldowns(arena, policy, call, &found);
    policy_judge_caps(arena, policy, call, &found);
    return sorted(arena, &found);
}

const char *policy_revision(const struct policy *policy)
{
    return policy->revision;
}

bool policy_is_given(const struct policy *policy)
{
    return policy->given;
}
