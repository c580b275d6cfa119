/*
 * start.c - see start.h.
 */
#include "policy/start.h"

#include "base/arena.h"
#include "base/when.h"
#include "value/value.h"

/* A clock that was set back does not make a window longer than it is. */
static bool inside(struct quell_value mark, int64_t within_us, int64_t now_us)
{
    int64_t at = quell_get_int(mark, "at", 0);
    return quell_is(mark, QUELL_MAP) && now_us < at + within_us && now_us >= at - within_us;
}

static struct quell_value mark_new(struct arena *arena, int64_t at_us, int64_t count)
{
    struct map_builder map = {.arena = arena};
    map_add(&map, "at", quell_int(at_us));
    map_add(&map, "count", quell_int(count));
    return map_made(&map);
}

/* One more event of the key came while its run stands for it. */
static struct policy_verdict linked(struct arena *arena, struct quell_value mark, int64_t within_us,
                                    const char *word)
{
    int64_t count = quell_get_int(mark, "count", 0) + 1;
    return (struct policy_verdict){
        .start = POLICY_LINKED,
        .mark = value_with(arena, mark, QUELL_STR("count"), quell_int(count)),
        .until_us = quell_get_int(mark, "at", 0) + within_us,
        .run = quell_get_str(mark, "run"),
        .detail = arena_format(arena, "%s within %.*s, %lld so far", word,
                               QUELL_ARG(when_format_human(arena, within_us)), (long long)count)};
}

struct policy_verdict policy_dedupe(struct arena *arena, const struct playbook_dedupe *rule,
                                    struct quell_value mark, int64_t now_us)
{
    if (inside(mark, rule->within_us, now_us))
        return linked(arena, mark, rule->within_us, "the same key again");
    return (struct policy_verdict){.start = POLICY_STARTS,
                                   .mark = mark_new(arena, now_us, 0),
                                   .until_us = now_us + rule->within_us};
}

/* ---- throttle ----------------------------------------------------------------------------------
 */

static struct policy_verdict once_within(struct arena *arena, const struct playbook_throttle *rule,
                                         struct quell_value mark, int64_t now_us)
{
    if (inside(mark, rule->within_us, now_us))
        return linked(arena, mark, rule->within_us, "once-within: more");
    return (struct policy_verdict){.start = POLICY_STARTS,
                                   .mark = mark_new(arena, now_us, 0),
                                   .until_us = now_us + rule->within_us};
}

/* The first event opens a window; the run begins at its end and stands for all that came in it. */
static struct policy_verdict once_after(struct arena *arena, const struct playbook_throttle *rule,
                                        struct quell_value mark, int64_t now_us)
{
    if (inside(mark, rule->within_us, now_us))
        return linked(arena, mark, rule->within_us, "once-after: more");
    return (struct policy_verdict){.start = POLICY_WAITS,
                                   .mark = mark_new(arena, now_us, 0),
                                   .until_us = now_us + rule->within_us};
}

static struct policy_verdict at_least(struct arena *arena, const struct playbook_throttle *rule,
                                      struct quell_value mark, int64_t now_us)
{
    struct quell_value times = quell_get(mark, "times");
    struct list_builder kept = {.arena = arena};
    struct map_builder map = {.arena = arena};
    size_t i;
    for (i = 0; i < quell_count(times); i++) {
        struct quell_value time = quell_at(times, i);
        if (quell_is(time, QUELL_INT) && time.as.integer > now_us - rule->within_us &&
            time.as.integer <= now_us)
            list_add(&kept, time);
    }
    list_add(&kept, quell_int(now_us));
    if (kept.count >= rule->count)
        return (struct policy_verdict){.start = POLICY_STARTS, .mark = quell_null()};
    map_add(&map, "times", list_made(&kept));
    return (struct policy_verdict){
        .start = POLICY_COUNTED,
        .mark = map_made(&map),
        .until_us = now_us + rule->within_us,
        .detail = arena_format(arena, "at-least: %zu of %u within %.*s", kept.count, rule->count,
                               QUELL_ARG(when_format_human(arena, rule->within_us)))};
}

struct policy_verdict policy_throttle(struct arena *arena, const struct playbook_throttle *rule,
                                      struct quell_value mark, int64_t now_us)
{
    switch (rule->kind) { /* unreachable: a kind that has no case */
    case THROTTLE_ONCE_WITHIN:
        return once_within(arena, rule, mark, now_us);
    case THROTTLE_ONCE_AFTER:
        return once_after(arena, rule, mark, now_us);
    case THROTTLE_AT_LEAST:
        return at_least(arena, rule, mark, now_us);
    case THROTTLE_NONE:
        break;
    }
    return (struct policy_verdict){.start = POLICY_STARTS, .mark = quell_null()};
}
