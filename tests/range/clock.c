/*
 * clock.c - the range's own time, its ids, and forgetting everything.
 *
 * The clock stands still until it is told to move, so that tests need no sleeping; with
 * --auto-advance it follows real time in steps. It never asks what the engine's clock says.
 */
#include "range.h"

#include "base/arena.h"
#include "base/id.h"
#include "base/when.h"
#include "loop/loop.h"

void range_clock_start(struct range *range)
{
    struct range_clock *clock = &range->clock;
    struct when when;
    clock->start_us = clock_now_us();
    if (range->options->now && when_parse_time(quell_str_of(range->options->now), &when))
        clock->start_us = when_to_us(when);
    clock->moved_us = 0;
    clock->started_us = clock_monotonic_us();
    clock->step_us = range->options->auto_advance_ms * 1000;
}

int64_t range_now_us(const struct range *range)
{
    const struct range_clock *clock = &range->clock;
    int64_t now_us = clock->start_us + clock->moved_us;
    if (clock->step_us > 0) {
        int64_t gone_us = clock_monotonic_us() - clock->started_us;
        now_us += gone_us - gone_us % clock->step_us;
    }
    return now_us;
}

void range_clock_advance(struct range *range, int64_t us)
{
    range->clock.moved_us += us;
}

struct quell_str range_time(struct arena *arena, int64_t us)
{
    struct when when = when_from_us(us);
    struct when_parts parts = when_split(when, 0);
    return arena_format(arena, "%04d-%02d-%02dT%02d:%02d:%02d.%07uZ", parts.year, parts.month,
                        parts.day, parts.hour, parts.minute, parts.second, when.nanos / 100);
}

struct quell_str range_now(const struct range *range, struct arena *arena)
{
    return range_time(arena, range_now_us(range));
}

struct quell_str range_make_id(struct range *range, struct arena *arena, const char *kind)
{
    struct quell_str name =
        arena_format(arena, "range/%s/%lld", kind, (long long)++range->ids_given);
    struct id id = id_v5(name);
    return arena_str(arena, id_str(&id));
}

void range_reset(struct range *range)
{
    range->machines = NULL;
    range->actions = NULL;
    range->incidents = NULL;
    range->mails = NULL;
    range->tokens = NULL;
    range->tokens_issued = 0;
    range->requests = 0;
    range->refused_duplicates = 0;
    arena_reset(range->state);
}
