/*
 * cron.h - when a schedule is due: cron expressions, read once, asked for the next time.
 *
 * Five fields - minute, hour, day of month, month, day of week - with names (JAN, MON), lists,
 * ranges and steps; 0 and 7 are Sunday; `@hourly @daily @weekly @monthly @yearly` stand for the
 * usual ones. As in Vixie's cron, when both day fields are restricted (do not begin with `*`), one
 * of them must fit; else both. Times are of a zone. Where clocks are set forward, a time that does
 * not exist is due at the moment of the change; where they are set back, a time that comes twice is
 * due the first time. An expression whose hour is `*` goes by every hour that passes instead.
 */
#ifndef PLAYBOOK_CRON_H
#define PLAYBOOK_CRON_H

#include <stdbool.h>
#include <stdint.h>

#include <quell/value.h>

struct zone_row;

struct cron {
    uint64_t minutes;
    uint32_t hours, days, months; /* bit n: n; days and months count from 1 */
    uint8_t weekdays;             /* bit 0: Sunday */
    bool any_hour, any_day, any_weekday;
};

/* False: *fault is one sentence, *at the byte where it begins. */
bool cron_read(struct quell_str text, struct cron *cron, const char **fault, size_t *at);
/* The first time after `after_s` (seconds since 1970); INT64_MAX: there is none within 8 years.
 * `zone` NULL is UTC. */
int64_t cron_next(const struct cron *cron, const struct zone_row *zone, int64_t after_s);

#endif
