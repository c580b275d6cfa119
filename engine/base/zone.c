/*
 * zone.c - what a time zone's offset from UTC is at a point in time: RFC 8536's table of
 * transitions, and behind its last one the rule in the footer (POSIX's TZ, with RFC 8536's hours
 * from -167 to 167).
 *
 * The data is our own (base/zones.cmake), so it is asserted, not checked.
 */
#include "base/zone.h"

#include <assert.h>
#include <string.h>

#include "base/str.h"
#include "base/when.h"

enum { DAY_S = 86400, HEADER = 44, TIME_SIZE = 8, TYPE_SIZE = 6 };

const struct zone_row *zone_find(struct quell_str name)
{
    size_t from = 0, to = zone_count;
    while (from < to) {
        size_t middle = from + (to - from) / 2;
        int order = str_compare(name, quell_str_of(zone_rows[middle].name));
        if (order == 0)
            return &zone_rows[middle];
        if (order < 0)
            to = middle;
        else
            from = middle + 1;
    }
    return NULL;
}

/* ---- the table ----------------------------------------------------------------------------- */

static uint32_t read_32(const unsigned char *at)
{
    return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

static int64_t read_64(const unsigned char *at)
{
    return (int64_t)((uint64_t)read_32(at) << 32 | read_32(at + 4));
}

/* The parts of a zone's data. */
struct table {
    const unsigned char *times; /* ascending, 8 bytes each */
    const unsigned char *kinds; /* of the time behind each, an index into the types */
    const unsigned char *types; /* 6 bytes each, the offset first */
    size_t count;               /* of times */
    struct quell_str rule;      /* may be empty */
};

static struct table open_table(const struct zone_row *zone)
{
    const unsigned char *data = zone_bytes + zone->offset;
    size_t isutc = read_32(data + 20), isstd = read_32(data + 24), leaps = read_32(data + 28);
    size_t times = read_32(data + 32), types = read_32(data + 36), letters = read_32(data + 40);
    struct table table = {.times = data + HEADER, .count = times};
    size_t footer;
    table.kinds = table.times + times * TIME_SIZE;
    table.types = table.kinds + times;
    footer =
        HEADER + times * (TIME_SIZE + 1) + types * TYPE_SIZE + letters + leaps * 12 + isstd + isutc;
    assert(types > 0 && footer + 2 <= zone->len && data[footer] == '\n');
    table.rule = (struct quell_str){(const char *)data + footer + 1, zone->len - footer - 2};
    return table;
}

/* How many transitions are at or before the time. */
static size_t passed(const struct table *table, int64_t seconds)
{
    size_t from = 0, to = table->count;
    while (from < to) {
        size_t middle = from + (to - from) / 2;
        if (read_64(table->times + middle * TIME_SIZE) <= seconds)
            from = middle + 1;
        else
            to = middle;
    }
    return from;
}

/* ---- the rule: `CET-1CEST,M3.5.0,M10.5.0/3` ------------------------------------------------ */

struct reader {
    struct quell_str text;
    size_t at;
};

static char peek(const struct reader *in)
{
    return in->at < in->text.len ? in->text.data[in->at] : '\0';
}

static bool take(struct reader *in, char c)
{
    bool found = peek(in) == c;
    in->at += found;
    return found;
}

static int32_t number(struct reader *in)
{
    int32_t sum = 0;
    while (peek(in) >= '0' && peek(in) <= '9')
        sum = sum * 10 + (in->text.data[in->at++] - '0');
    return sum;
}

/* `CEST` or `<+03>`. */
static void skip_name(struct reader *in)
{
    bool quoted = take(in, '<');
    while (peek(in) &&
           (quoted ? peek(in) != '>' : (peek(in) | 32) >= 'a' && (peek(in) | 32) <= 'z'))
        in->at++;
    if (quoted)
        in->at++;
}

/* [-]hours[:minutes[:seconds]], in seconds. */
static int32_t clock_time(struct reader *in)
{
    int32_t sign = take(in, '-') ? -1 : 1, sum;
    (void)take(in, '+');
    sum = number(in) * 3600;
    if (take(in, ':'))
        sum += number(in) * 60;
    if (take(in, ':'))
        sum += number(in);
    return sign * sum;
}

static bool is_leap(int year)
{
    return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

/* The day of the year, from 0, on which the month begins. */
static int32_t month_begins(int year, int32_t month)
{
    static const int16_t days[] = {0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334, 365};
    return days[month - 1] + (month > 2 && is_leap(year));
}

/* `M10.5.0`: the fifth, which may be the last, Sunday of October; a day of the year, from 0. */
static int32_t day_of_month_rule(struct reader *in, int year, int first_weekday)
{
    int32_t month = number(in), week, weekday, day, end;
    (void)take(in, '.');
    week = number(in);
    (void)take(in, '.');
    weekday = number(in);
    day = month_begins(year, month);
    day += (weekday - (first_weekday + day) % 7 + 7) % 7 + (week - 1) * 7;
    end = month == 12 ? 365 + is_leap(year) : month_begins(year, month + 1);
    return day < end ? day : day - 7;
}

/* When a change is in the year, in seconds since its first midnight, by the clock before it. */
static int32_t change(struct reader *in, int year, int first_weekday)
{
    int32_t day;
    (void)take(in, ',');
    if (take(in, 'M')) {
        day = day_of_month_rule(in, year, first_weekday);
    } else if (take(in, 'J')) { /* 1 to 365, the 29th of February is never counted */
        day = number(in);
        day -= !(is_leap(year) && day >= 60);
    } else {
        day = number(in);
    }
    return day * DAY_S + (take(in, '/') ? clock_time(in) : 2 * 3600);
}

static int32_t rule_offset(struct quell_str rule, int64_t seconds)
{
    struct reader in = {rule, 0};
    int32_t standard, summer, begins, ends, now;
    struct when_parts parts;
    int first_weekday;
    skip_name(&in);
    standard = -clock_time(&in);
    if (!peek(&in))
        return standard;
    skip_name(&in);
    summer = peek(&in) == ',' ? standard + 3600 : -clock_time(&in);
    /* In which year we are is decided by standard time; no rule changes near the end of a year. */
    parts = when_split((struct when){.seconds = seconds}, standard);
    first_weekday = (parts.day_of_week - parts.day_of_year % 7 + 7) % 7;
    begins = change(&in, parts.year, first_weekday);
    ends = change(&in, parts.year, first_weekday) - (summer - standard);
    now = parts.day_of_year * DAY_S + parts.hour * 3600 + parts.minute * 60 + parts.second;
    if (begins < ends)
        return now >= begins && now < ends ? summer : standard;
    return now >= ends && now < begins ? standard : summer; /* the southern half */
}

int32_t zone_offset(const struct zone_row *zone, int64_t seconds)
{
    struct table table = open_table(zone);
    size_t before = passed(&table, seconds);
    size_t kind = before ? table.kinds[before - 1] : 0;
    if (before == table.count && table.rule.len)
        return rule_offset(table.rule, seconds);
    return (int32_t)read_32(table.types + kind * TYPE_SIZE);
}
