/*
 * pace.c - rates, pauses and the budget of retries of one connection.
 */
#include "connector/pace.h"

#include "base/arena.h"
#include "base/limits.h"

/* The times of the last requests of an action, for one of its rates: a ring of `count`, so that in
 * no window of so many seconds more than that leave. */
struct pace_log {
    struct pace_log *next;
    const struct quell_action *action;
    const struct quell_rate *rate;
    int64_t *times_us;
    unsigned count, at;
};

enum { TENTHS = 10, GAIN = 2 /* of a success: a fifth of a retry */ };

/* ---- rates -------------------------------------------------------------------------------------
 */

static struct pace_log *log_of(struct pace *pace, struct arena *arena,
                               const struct quell_action *action, const struct quell_rate *rate)
{
    struct pace_log *found;

    for (found = pace->logs; found; found = found->next)
        if (found->action == action && found->rate == rate)
            return found;
    found = arena_one(arena, struct pace_log);
    *found =
        (struct pace_log){.next = pace->logs,
                          .action = action,
                          .rate = rate,
                          .count = rate->count < LIMIT_RATE_COUNT ? rate->count : LIMIT_RATE_COUNT};
    found->times_us = arena_array(arena, int64_t, found->count);
    for (unsigned i = 0; i < found->count; i++)
        found->times_us[i] = INT64_MIN / 2;
    pace->logs = found;
    return found;
}

int64_t pace_reserve(struct pace *pace, struct arena *arena, const struct quell_action *action,
                     int64_t now_us)
{
    const struct quell_rate *rate;
    int64_t when_us = now_us;

    if (pace_is_paused(pace, now_us)) {
        if (pace->slot_us < pace->paused_until_us)
            pace->slot_us = pace->paused_until_us;
        when_us = pace->slot_us;
        pace->slot_us += (int64_t)LIMIT_PAUSE_APART_MS * 1000;
    }
    for (rate = action->rates; rate && rate->count; rate++) {
        struct pace_log *log = log_of(pace, arena, action, rate);
        int64_t soonest_us = log->times_us[log->at] + (int64_t)rate->seconds * 1000000;

        if (when_us < soonest_us)
            when_us = soonest_us;
    }
    for (rate = action->rates; rate && rate->count; rate++) {
        struct pace_log *log = log_of(pace, arena, action, rate);

        log->times_us[log->at] = when_us;
        log->at = (log->at + 1) % log->count;
    }
    return when_us;
}

/* ---- pauses ------------------------------------------------------------------------------------
 */

bool pace_is_paused(const struct pace *pace, int64_t now_us)
{
    return now_us < pace->paused_until_us;
}

void pace_pause(struct pace *pace, int64_t until_us)
{
    if (until_us > pace->paused_until_us) {
        pace->paused_until_us = until_us;
        pace->slot_us = until_us; /* those who have a slot ask anew */
    }
}

/* ---- retries -----------------------------------------------------------------------------------
 */

bool pace_take_retry(struct pace *pace, int64_t now_us)
{
    int64_t apart_us = (int64_t)LIMIT_RETRY_REFILL_S * 1000000 / TENTHS, gained;

    if (pace->refilled_us == 0)
        pace->refilled_us = now_us;
    gained = (now_us - pace->refilled_us) / apart_us;
    pace->refilled_us += gained * apart_us;
    pace->spent -= gained < (int64_t)pace->spent ? (unsigned)gained : pace->spent;
    if (pace->spent + TENTHS > LIMIT_RETRY_SAVED * TENTHS)
        return false;
    pace->spent += TENTHS;
    return true;
}

void pace_succeeded(struct pace *pace)
{
    pace->spent -= pace->spent < GAIN ? pace->spent : GAIN;
}
