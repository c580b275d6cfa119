/*
 * usage.c - what the runs of a playbook touched within an hour and a day, and how many of them
 * started: marks, written in the commit of the call or the start that they count.
 */
#include "core/starts.h"

#include "base/error.h"
#include "base/str.h"
#include "loop/log.h"
#include "policy/limits.h"
#include "value/value.h"

#define SCOPE "limit"
enum { KEEP_S = 86400 + 60 }; /* a count is of a whole minute */

static struct quell_value read_counts(struct quell *engine, struct arena *arena,
                                      struct quell_str key)
{
    struct quell_value counts;
    struct quell_error err;

    if (mark_read(engine, arena, SCOPE, key, &counts, &err) == QUELL_OK)
        return counts;
    log_line(LOG_LEVEL_ERROR, "limits of %.*s cannot be read: %s", QUELL_ARG(key), err.message);
    return quell_unknown(QUELL_STR("it cannot be read"));
}

/* What cannot be read is taken for used up. */
static void count(struct quell *engine, const struct playbook *playbook, struct quell_str what,
                  unsigned *hour, unsigned *day)
{
    struct arena *arena = arena_new(0);
    struct quell_value counts = read_counts(engine, arena, mark_key(arena, playbook->id, what));

    if (quell_is(counts, QUELL_UNKNOWN))
        *hour = *day = LIMIT_NONE / 2;
    else
        policy_count(counts, loop_now_us(engine->loop), hour, day);
    arena_free(arena);
}

static void take(struct quell *engine, const struct playbook *playbook, struct quell_str what,
                 unsigned more)
{
    struct arena *arena = arena_new(0);
    struct quell_str key = mark_key(arena, playbook->id, what);
    struct quell_value counts = read_counts(engine, arena, key);
    int64_t now = loop_now_us(engine->loop);

    mark_write(engine, SCOPE, key, now + (int64_t)KEEP_S * 1000000,
               policy_count_more(arena, counts, now, more));
    arena_free(arena);
}

static void count_targets(void *user, const struct playbook *playbook, struct quell_str kind,
                          unsigned *hour, unsigned *day)
{
    count(user, playbook, kind, hour, day);
}

static void take_targets(void *user, const struct playbook *playbook, struct quell_str kind,
                         unsigned more)
{
    take(user, playbook, kind, more);
}

/* ---- what the workspace's policy remembers -----------------------------------------------------
 */

#define POLICY_SCOPE "policy"

static struct quell_value recall(void *user, struct arena *arena, struct quell_str key)
{
    struct quell_value body;
    struct quell_error err;

    if (mark_read(user, arena, POLICY_SCOPE, key, &body, &err) == QUELL_OK)
        return body;
    log_line(LOG_LEVEL_ERROR, "what was touched cannot be read: %s", err.message);
    return quell_unknown(QUELL_STR("it cannot be read"));
}

static void remember(void *user, struct quell_str key, struct quell_value body, int64_t keep_us)
{
    struct quell *engine = user;

    mark_write(engine, POLICY_SCOPE, key, loop_now_us(engine->loop) + keep_us, body);
}

struct policy_memory memory_of(struct quell *engine)
{
    return (struct policy_memory){recall, remember, engine};
}

struct run_usage usage_of(struct quell *engine)
{
    return (struct run_usage){count_targets, take_targets, engine};
}

/* ---- runs --------------------------------------------------------------------------------------
 */

bool usage_allows_run(struct quell *engine, const struct playbook *playbook, struct quell_str *why)
{
    const struct playbook_limits *limits = &playbook->start.limits;
    unsigned hour, day;

    if (limits->runs_hour == LIMIT_NONE && limits->runs_day == LIMIT_NONE)
        return true;
    count(engine, playbook, QUELL_STR("runs"), &hour, &day);
    if (hour >= limits->runs_hour)
        *why = QUELL_STR("limit.runs.hour");
    else if (day >= limits->runs_day)
        *why = QUELL_STR("limit.runs.day");
    else
        return true;
    return false;
}

void usage_take_run(struct quell *engine, const struct playbook *playbook)
{
    const struct playbook_limits *limits = &playbook->start.limits;

    if (limits->runs_hour != LIMIT_NONE || limits->runs_day != LIMIT_NONE)
        take(engine, playbook, QUELL_STR("runs"), 1);
}
