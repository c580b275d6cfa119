/*
 * caps.c - how much may be touched: by a run and those it calls, by all runs of a playbook, by all
 * of the workspace, within an hour and a day. What counts is different targets, whatever their
 * spelling: one that was touched within the span is not counted again.
 */
#include "policy/internal.h"

#include "base/arena.h"
#include "base/str.h"
#include "playbook/start.h"

enum {
    HOUR_MINUTES = 60,
    DAY_MINUTES = 1440,
    KEEP_S = 86400 + 60
}; /* a count is of whole minutes */

static int64_t minute_of(int64_t now_us)
{
    return now_us / 60000000;
}

static bool counts_kind(const struct policy_cap *cap, const struct policy_call *call,
                        struct quell_value target)
{
    if (str_is(cap->kind, "disrupts"))
        return call->action->effect == QUELL_DISRUPTS;
    return quell_str_equal(cap->kind, quell_get_str(target, "kind"));
}

static bool concerns(const struct policy_cap *cap, const struct policy_call *call)
{
    return call->action->effect != QUELL_READS &&
           (cap->playbook.len == 0 || quell_str_equal(cap->playbook, call->playbook));
}

/* A disrupting call that names no target counts as one that nobody knows. */
static struct quell_value targets_of(struct arena *arena, const struct policy_call *call)
{
    struct list_builder list = {.arena = arena};
    struct map_builder map = {.arena = arena};
    if (quell_count(call->targets) || call->action->effect != QUELL_DISRUPTS)
        return call->targets;
    map_add(&map, "kind", quell_text("unknown"));
    map_add(&map, "value", quell_null());
    list_add(&list, map_made(&map));
    return list_made(&list);
}

/* The different targets that the cap counts, as keys. */
static struct quell_value keys_of(struct arena *arena, const struct policy_cap *cap,
                                  const struct policy_call *call, bool new_to_run)
{
    struct quell_value targets = targets_of(arena, call);
    struct map_builder keys = {.arena = arena};
    size_t i;
    for (i = 0; i < quell_count(targets); i++) {
        struct quell_value target = quell_at(targets, i);
        if (!counts_kind(cap, call, target))
            continue;
        if (new_to_run && call->touched &&
            call->touched(call->user, target, str_is(cap->kind, "disrupts")))
            continue;
        map_put(&keys, policy_key_of(arena, target), quell_int(0));
    }
    return map_made(&keys);
}

static struct quell_str memory_key(struct arena *arena, const struct policy_cap *cap)
{
    return arena_format(arena, "%.*s %.*s",
                        QUELL_ARG(cap->playbook.len ? cap->playbook : QUELL_STR("*")),
                        QUELL_ARG(cap->kind));
}

/* How many are remembered within the span, and how many of `keys` are not among them. */
static void count(struct quell_value memory, struct quell_value keys, int64_t since,
                  unsigned *before, unsigned *more)
{
    size_t i;
    *before = 0;
    *more = (unsigned)quell_count(keys);
    for (i = 0; i < quell_count(memory); i++) {
        const struct quell_pair *pair = &memory.as.pairs[i];
        struct quell_value found;
        if (!quell_is(pair->value, QUELL_INT) || pair->value.as.integer <= since)
            continue;
        ++*before;
        *more -= value_find(keys, quell_str(pair->key), &found);
    }
}

/* ---- judging -----------------------------------------------------------------------------------
 */

static void over(struct arena *arena, const struct policy_cap *cap, const char *span,
                 struct quell_str message, struct list_builder *verdicts)
{
    struct quell_value verdict = policy_verdict(
        arena, "held", arena_format(arena, "policy.%.*s.%s", QUELL_ARG(cap->kind), span), message);
    if (cap->hard)
        verdict = value_with(arena, verdict, QUELL_STR("hard"), quell_bool(true));
    list_add(verdicts, verdict);
}

static struct quell_str whose(struct arena *arena, const struct policy_cap *cap)
{
    return cap->playbook.len ? arena_format(arena, "playbook `%.*s`", QUELL_ARG(cap->playbook))
                             : QUELL_STR("the workspace");
}

static void judge_figure(struct arena *arena, const struct policy_cap *cap, const char *span,
                         unsigned before, unsigned more, unsigned limit,
                         struct list_builder *verdicts)
{
    if (limit == LIMIT_NONE || more == 0 || before + more <= limit)
        return;
    over(arena, cap, span,
         arena_format(arena, "%.*s may touch %u (%.*s) a %s: %u before this call, %u by it",
                      QUELL_ARG(whose(arena, cap)), limit, QUELL_ARG(cap->kind), span, before,
                      more),
         verdicts);
}

static int64_t fleet_of(const struct policy *policy, struct quell_str kind)
{
    size_t i;
    for (i = 0; i < policy->size_count; i++)
        if (quell_str_equal(policy->sizes[i].kind, kind))
            return policy->sizes[i].count;
    return -1;
}

static void judge_percent(struct arena *arena, const struct policy *policy,
                          const struct policy_cap *cap, unsigned before, unsigned more,
                          struct list_builder *verdicts)
{
    int64_t fleet = fleet_of(policy, cap->kind);
    if (more == 0 || cap->percent < 0)
        return;
    if (fleet >= 0 && (double)(before + more) * 100 <= cap->percent * (double)fleet)
        return;
    if (fleet < 0)
        over(arena, cap, "percent",
             arena_format(arena,
                          "%g per cent of %.*s is the cap, and `fleet` does not say how "
                          "many there are",
                          cap->percent, QUELL_ARG(cap->kind)),
             verdicts);
    else
        over(arena, cap, "percent",
             arena_format(arena,
                          "%.*s may touch %g per cent of %lld (%.*s) a day: %u before this "
                          "call, %u by it",
                          QUELL_ARG(whose(arena, cap)), cap->percent, (long long)fleet,
                          QUELL_ARG(cap->kind), before, more),
             verdicts);
}

static bool asks_memory(const struct policy_cap *cap)
{
    return cap->hour != LIMIT_NONE || cap->day != LIMIT_NONE || cap->percent >= 0;
}

static void judge_cap(struct arena *arena, const struct policy *policy,
                      const struct policy_cap *cap, const struct policy_call *call,
                      struct list_builder *verdicts)
{
    struct quell_value keys = keys_of(arena, cap, call, true), memory;
    unsigned before = call->in_run ? call->in_run(call->user, cap->kind) : 0, more;
    unsigned own;
    int64_t now = minute_of(call->now_us);
    judge_figure(arena, cap, "run", before, (unsigned)quell_count(keys), cap->run, verdicts);
    keys = keys_of(arena, cap, call, false);
    if (!asks_memory(cap) || call->memory == NULL || quell_count(keys) == 0)
        return;
    memory = call->memory->recall(call->memory->user, arena, memory_key(arena, cap));
    if (quell_is(memory, QUELL_UNKNOWN)) {
        over(arena, cap, "unread", QUELL_STR("what was touched before cannot be read"), verdicts);
        return;
    }
    own = call->guessing ? before : 0; /* a plan's own calls are nowhere remembered */
    count(memory, keys, now - HOUR_MINUTES, &before, &more);
    judge_figure(arena, cap, "hour", before + own, more, cap->hour, verdicts);
    count(memory, keys, now - DAY_MINUTES, &before, &more);
    before += own;
    judge_figure(arena, cap, "day", before, more, cap->day, verdicts);
    judge_percent(arena, policy, cap, before, more, verdicts);
}

void policy_judge_caps(struct arena *arena, const struct policy *policy,
                       const struct policy_call *call, struct list_builder *verdicts)
{
    size_t i;
    for (i = 0; i < policy->cap_count; i++)
        if (concerns(&policy->caps[i], call))
            judge_cap(arena, policy, &policy->caps[i], call, verdicts);
}

static void add_span(struct arena *arena, struct map_builder *map, const char *span,
                     struct quell_value memory, int64_t since, unsigned limit)
{
    struct map_builder figures = {.arena = arena};
    unsigned before, more;
    count(memory, quell_map(NULL, 0), since, &before, &more);
    map_add(&figures, "used", quell_is(memory, QUELL_UNKNOWN) ? memory : quell_int(before));
    map_add(&figures, "of", limit == LIMIT_NONE ? quell_null() : quell_int(limit));
    map_add(map, span, map_made(&figures));
}

struct quell_value policy_figures(struct arena *arena, const struct policy *policy,
                                  const struct policy_memory *memory, int64_t now_us)
{
    struct list_builder list = {.arena = arena};
    int64_t now = minute_of(now_us);
    size_t i;
    for (i = 0; memory && i < policy->cap_count; i++) {
        const struct policy_cap *cap = &policy->caps[i];
        struct map_builder map = {.arena = arena};
        struct quell_value known;
        if (!asks_memory(cap))
            continue;
        known = memory->recall(memory->user, arena, memory_key(arena, cap));
        map_add(&map, "kind", quell_string(cap->kind));
        map_add(&map, "playbook", cap->playbook.len ? quell_string(cap->playbook) : quell_null());
        add_span(arena, &map, "hour", known, now - HOUR_MINUTES, cap->hour);
        add_span(arena, &map, "day", known, now - DAY_MINUTES, cap->day);
        list_add(&list, map_made(&map));
    }
    return list_made(&list);
}

/* ---- counting ----------------------------------------------------------------------------------
 */

/* With these touched now, and without those of more than a day ago. */
static struct quell_value with_keys(struct arena *arena, struct quell_value memory,
                                    struct quell_value keys, int64_t now)
{
    struct map_builder map = {.arena = arena};
    struct quell_value found;
    size_t i;
    for (i = 0; i < quell_count(memory); i++) {
        const struct quell_pair *pair = &memory.as.pairs[i];
        if (quell_is(pair->value, QUELL_INT) && pair->value.as.integer > now - DAY_MINUTES &&
            !value_find(keys, quell_str(pair->key), &found))
            map_add_key(&map, pair->key, pair->value);
    }
    for (i = 0; i < quell_count(keys); i++)
        map_add_key(&map, keys.as.pairs[i].key, quell_int(now));
    return map_made(&map);
}

void policy_take(struct arena *arena, const struct policy *policy, const struct policy_call *call)
{
    size_t i;
    policy_take_cooldowns(arena, policy, call);
    for (i = 0; call->memory && i < policy->cap_count; i++) {
        const struct policy_cap *cap = &policy->caps[i];
        struct quell_value keys, memory;
        struct quell_str key;
        if (!concerns(cap, call) || !asks_memory(cap))
            continue;
        keys = keys_of(arena, cap, call, false);
        if (quell_count(keys) == 0)
            continue;
        key = memory_key(arena, cap);
        memory = call->memory->recall(call->memory->user, arena, key);
        call->memory->remember(call->memory->user, key,
                               with_keys(arena, memory, keys, minute_of(call->now_us)),
                               (int64_t)KEEP_S * 1000000);
    }
}
