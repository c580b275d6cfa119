/*
 * when_duration.c - durations as text: `1h30m` in, `5400s` and `1m 3s` out.
 */
#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>

#include "base/arena.h"
#include "base/str.h"
#include "base/when.h"

__extension__ typedef unsigned __int128 wide; /* a year in nanoseconds times a long fraction */

enum { NANOS_S = 1000000000 };
/* Seconds of 10,000 years: what CEL's durations (protobuf's) may hold. */
static const uint64_t seconds_max = 315576000000;

static const struct unit {
    const char *name;
    uint64_t nanos;
} units[] = {
    {"d", 86400000000000}, {"h", 3600000000000}, {"m", 60000000000},
    {"s", 1000000000},     {"ms", 1000000},      {"us", 1000},
    {"\xC2\xB5s", 1000},   {"\xCE\xBCs", 1000},  {"ns", 1},
};

static bool is_digit(struct quell_str text, size_t at)
{
    return at < text.len && text.data[at] >= '0' && text.data[at] <= '9';
}

static const struct unit *unit_of(struct quell_str name)
{
    for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++)
        if (str_is(name, units[i].name))
            return &units[i];
    return NULL;
}

/* One `1.5h` from *at on, added to *total in nanoseconds. */
static bool add_term(struct quell_str text, size_t *at, wide *total)
{
    enum { FRACTION_DIGITS = 15 }; /* 10^15 times a day in nanoseconds fits; further ones are cut */
    const wide limit = (wide)seconds_max * NANOS_S;
    wide whole = 0, part = 0, scale = 1;
    size_t start = *at, digits = 0;

    for (; is_digit(text, *at); ++*at, digits++) {
        whole = whole * 10 + (unsigned)(text.data[*at] - '0');
        if (whole > limit)
            return false;
    }
    if (*at < text.len && text.data[*at] == '.') {
        ++*at;
        for (int kept = 0; is_digit(text, *at); ++*at, digits++) {
            if (kept++ == FRACTION_DIGITS)
                continue;
            part = part * 10 + (unsigned)(text.data[*at] - '0');
            scale *= 10;
        }
    }
    if (digits == 0)
        return false;
    start = *at;
    while (*at < text.len && !is_digit(text, *at) && text.data[*at] != '.')
        ++*at;
    const struct unit *unit = unit_of(str_slice(text, start, *at));
    if (!unit)
        return false;
    *total += whole * unit->nanos + part * unit->nanos / scale;
    return *total <= limit;
}

bool when_parse_duration(struct quell_str text, struct when *duration)
{
    bool minus = text.len && text.data[0] == '-';
    size_t at = minus || (text.len && text.data[0] == '+') ? 1 : 0;
    wide total = 0;

    if (at == text.len)
        return false;
    if (!str_is(str_slice(text, at, text.len), "0")) /* nothing is nothing in every unit */
        while (at < text.len)
            if (!add_term(text, &at, &total))
                return false;
    int64_t seconds = (int64_t)(total / NANOS_S);
    uint32_t nanos = (uint32_t)(total % NANOS_S);
    if (minus) {
        seconds = -seconds - (nanos ? 1 : 0);
        nanos = nanos ? NANOS_S - nanos : 0;
    }
    *duration = (struct when){seconds, nanos};
    return true;
}

size_t when_write_duration(struct when duration, char out[WHEN_TEXT])
{
    const char *sign = duration.seconds < 0 ? "-" : "";
    int64_t seconds = duration.seconds;
    uint32_t nanos = duration.nanos;
    if (seconds < 0 && nanos) {
        seconds++;
        nanos = NANOS_S - nanos;
    }
    /* Through unsigned: the smallest int64 has no positive. */
    uint64_t size = seconds < 0 ? 0 - (uint64_t)seconds : (uint64_t)seconds;
    if (nanos == 0)
        return (size_t)snprintf(out, WHEN_TEXT, "%s%" PRIu64 "s", sign, size);
    int digits = 9;
    for (; nanos % 10 == 0; nanos /= 10)
        digits--;
    return (size_t)snprintf(out, WHEN_TEXT, "%s%" PRIu64 ".%0*" PRIu32 "s", sign, size, digits,
                            nanos);
}

struct quell_str when_format_duration(struct arena *arena, struct when duration)
{
    char text[WHEN_TEXT];
    size_t len = when_write_duration(duration, text);
    return arena_str(arena, (struct quell_str){text, len});
}

struct quell_str when_format_human(struct arena *arena, int64_t duration_us)
{
    const char *sign = duration_us < 0 ? "-" : "";
    uint64_t us = duration_us < 0 ? 0 - (uint64_t)duration_us : (uint64_t)duration_us;
    uint64_t seconds = us / 1000000;

    if (us == 0)
        return arena_format(arena, "0ms");
    if (us < 1000)
        return arena_format(arena, "%s%" PRIu64 "us", sign, us);
    if (seconds == 0)
        return arena_format(arena, "%s%" PRIu64 "ms", sign, us / 1000);
    if (seconds < 10 && us % 1000000 >= 100000)
        return arena_format(arena, "%s%" PRIu64 ".%" PRIu64 "s", sign, seconds, us / 100000 % 10);
    /* The largest unit and the one below it say enough to a person. */
    static const struct {
        const char *name, *below;
        uint64_t seconds, below_seconds;
    } rows[] = {{"d", "h", 86400, 3600}, {"h", "m", 3600, 60}, {"m", "s", 60, 1}};
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        if (seconds < rows[i].seconds)
            continue;
        uint64_t rest = seconds % rows[i].seconds / rows[i].below_seconds;
        uint64_t whole = seconds / rows[i].seconds;
        if (rest == 0)
            return arena_format(arena, "%s%" PRIu64 "%s", sign, whole, rows[i].name);
        return arena_format(arena, "%s%" PRIu64 "%s %" PRIu64 "%s", sign, whole, rows[i].name, rest,
                            rows[i].below);
    }
    return arena_format(arena, "%s%" PRIu64 "s", sign, seconds);
}
