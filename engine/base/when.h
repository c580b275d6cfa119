/*
 * when.h - points in time and durations as text: RFC 3339 and `1h30m`.
 *
 * Range of times: 0001-01-01T00:00:00Z to 9999-12-31T23:59:59.999999999Z, as CEL has it.
 */
#ifndef BASE_WHEN_H
#define BASE_WHEN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <quell/value.h>

struct arena;

struct when {
    int64_t seconds; /* since 1970-01-01T00:00:00Z */
    uint32_t nanos;  /* 0 .. 999,999,999 */
};

struct when_parts {                             /* of a time in UTC */
    int year, month, day, hour, minute, second; /* month and day count from 1 */
    int day_of_week;                            /* 0 = Sunday */
    int day_of_year;                            /* 0 = 1 January */
};

/* RFC 3339, any number of fraction digits (cut behind nine); the offset is applied. */
bool when_parse_time(struct quell_str text, struct when *time);
/* `2026-01-02T03:04:05.123Z`: no trailing zeros in the fraction. */
struct quell_str when_format_time(struct arena *arena, struct when time);
enum { WHEN_TEXT = 48 }; /* bytes of the longest text below, with its NUL */
/* The same without an arena; return the length. */
size_t when_write_time(struct when time, char out[WHEN_TEXT]);
size_t when_write_duration(struct when duration, char out[WHEN_TEXT]);
/* CEL and playbook durations: `90s`, `1h30m`, `1.5h`, `250ms`, `-3s`, and `30d` (days of 24 h). */
bool when_parse_duration(struct quell_str text, struct when *duration);
struct quell_str when_format_duration(struct arena *arena,
                                      struct when duration);                  /* CEL's: `5400s` */
struct quell_str when_format_human(struct arena *arena, int64_t duration_us); /* `1m 3s`, `340ms` */
struct when_parts when_split(struct when time, int32_t offset_seconds);
/* The time of year, month, day, hour, minute and second (days of week and year are not looked at);
 * false when there is no such day or time, or it is out of range. */
bool when_join(const struct when_parts *parts, int32_t offset_seconds, struct when *time);
struct when when_from_us(int64_t us);
int64_t when_to_us(struct when when); /* saturates */
/* Minutes east of UTC from `+02:00`, `-08:30`, `UTC`, `Z` or empty; names of places: false. */
bool when_parse_offset(struct quell_str text, int32_t *offset_seconds);

#endif
