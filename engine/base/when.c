/*
 * when.c - calendar arithmetic and times as text. Durations are in when_duration.c.
 *
 * The calendar is the proleptic Gregorian one. Years are counted from 1 March inside, so that the
 * leap day is the last of its year and no month needs a special case.
 */
#include "base/when.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/arena.h"

enum {
    DAY_S = 86400,
    DAYS_OF_400_YEARS = 146097,
    DAYS_TO_1970 = 719468, /* from 0000-03-01 to 1970-01-01 */
};
static const int64_t first_second = -62135596800; /* 0001-01-01T00:00:00Z */
static const int64_t last_second = 253402300799;  /* 9999-12-31T23:59:59Z */

static bool is_leap(int64_t year)
{
    return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

static int days_in_month(int64_t year, int month)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    return month == 2 && is_leap(year) ? 29 : days[month - 1];
}

static int64_t floor_div(int64_t a, int64_t b)
{
    return a / b - (a % b < 0);
}

/* Days before the month that is `n` months behind March. */
static int days_before(int n)
{
    return (153 * n + 2) / 5;
}

/* Days since 1970-01-01. */
static int64_t days_of(int64_t year, int month, int day)
{
    int64_t march_year = year - (month < 3);
    int march_month = (month + 9) % 12;
    return march_year * 365 + floor_div(march_year, 4) - floor_div(march_year, 100) +
           floor_div(march_year, 400) + days_before(march_month) + day - 1 - DAYS_TO_1970;
}

struct when_parts when_split(struct when time, int32_t offset_seconds)
{
    int64_t seconds = time.seconds + offset_seconds;
    int64_t days = floor_div(seconds, DAY_S);
    int of_day = (int)(seconds - days * DAY_S);
    int64_t since = days + DAYS_TO_1970;
    int64_t cycle = floor_div(since, DAYS_OF_400_YEARS);
    int64_t day = since - cycle * DAYS_OF_400_YEARS;
    /* Days of a cycle without its leap days, divided by the length of a common year. */
    int64_t year = (day - day / 1460 + day / 36524 - day / (DAYS_OF_400_YEARS - 1)) / 365;
    int day_of_march_year = (int)(day - (year * 365 + year / 4 - year / 100));
    int march_month = (5 * day_of_march_year + 2) / 153;
    int month = march_month < 10 ? march_month + 3 : march_month - 9;
    year += cycle * 400 + (month < 3);

    struct when_parts parts = {
        .year = (int)year,
        .month = month,
        .day = day_of_march_year - days_before(march_month) + 1,
        .hour = of_day / 3600,
        .minute = of_day / 60 % 60,
        .second = of_day % 60,
        .day_of_week = (int)((days % 7 + 11) % 7), /* 1970-01-01 was a Thursday */
        .day_of_year = (int)(days - days_of(year, 1, 1)),
    };
    return parts;
}

bool when_join(const struct when_parts *parts, int32_t offset_seconds, struct when *time)
{
    int64_t seconds;
    if (parts->year < 1 || parts->year > 9999 || parts->month < 1 || parts->month > 12 ||
        parts->day < 1 || parts->day > days_in_month(parts->year, parts->month) ||
        parts->hour < 0 || parts->hour > 23 || parts->minute < 0 || parts->minute > 59 ||
        parts->second < 0 || parts->second > 59)
        return false;
    seconds = days_of(parts->year, parts->month, parts->day) * DAY_S + parts->hour * 3600 +
              parts->minute * 60 + parts->second - offset_seconds;
    if (seconds < first_second || seconds > last_second)
        return false;
    *time = (struct when){.seconds = seconds};
    return true;
}

/* ---- text ------------------------------------------------------------------------------------ */

struct reader {
    struct quell_str text;
    size_t at;
    bool failed;
};

static char peek(const struct reader *in)
{
    return in->at < in->text.len ? in->text.data[in->at] : '\0';
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static void want(struct reader *in, char upper, char lower)
{
    char c = peek(in);
    if (in->at == in->text.len || (c != upper && c != lower))
        in->failed = true;
    else
        in->at++;
}

static int digits(struct reader *in, int count, int low, int high)
{
    int sum = 0;
    for (int i = 0; i < count; i++) {
        if (!is_digit(peek(in))) {
            in->failed = true;
            return low;
        }
        sum = sum * 10 + (in->text.data[in->at++] - '0');
    }
    if (sum < low || sum > high) {
        in->failed = true;
        return low;
    }
    return sum;
}

static uint32_t fraction(struct reader *in)
{
    uint32_t nanos = 0, unit = 100000000;
    if (peek(in) != '.')
        return 0;
    in->at++;
    if (!is_digit(peek(in)))
        in->failed = true;
    for (; is_digit(peek(in)); in->at++) {
        nanos += (uint32_t)(peek(in) - '0') * unit;
        unit /= 10;
    }
    return nanos;
}

/* `Z` or `+hh:mm`, in seconds. */
static int32_t offset(struct reader *in)
{
    char c = peek(in);
    if (c != '+' && c != '-') {
        want(in, 'Z', 'z');
        return 0;
    }
    in->at++;
    int hours = digits(in, 2, 0, 23);
    want(in, ':', ':');
    int minutes = digits(in, 2, 0, 59);
    int32_t seconds = hours * 3600 + minutes * 60;
    return c == '-' ? -seconds : seconds;
}

bool when_parse_time(struct quell_str text, struct when *time)
{
    struct reader in = {.text = text};
    int year = digits(&in, 4, 0, 9999);
    want(&in, '-', '-');
    int month = digits(&in, 2, 1, 12);
    want(&in, '-', '-');
    int day = digits(&in, 2, 1, days_in_month(year, month));
    want(&in, 'T', 't');
    int hour = digits(&in, 2, 0, 23);
    want(&in, ':', ':');
    int minute = digits(&in, 2, 0, 59);
    want(&in, ':', ':');
    int second = digits(&in, 2, 0, 60);
    uint32_t nanos = fraction(&in);
    int32_t east = offset(&in);
    if (in.failed || in.at != text.len)
        return false;

    int64_t seconds = days_of(year, month, day) * DAY_S + hour * 3600 + minute * 60 + second - east;
    /* A leap second stands at the end of a UTC month only; it counts as the second behind it. */
    if (second == 60) {
        struct when_parts next = when_split((struct when){seconds, 0}, 0);
        if (next.day != 1 || next.hour != 0 || next.minute != 0)
            return false;
    }
    if (seconds < first_second || seconds > last_second)
        return false;
    *time = (struct when){seconds, nanos};
    return true;
}

size_t when_write_time(struct when time, char out[WHEN_TEXT])
{
    struct when_parts at = when_split(time, 0);
    int len = snprintf(out, WHEN_TEXT, "%04d-%02d-%02dT%02d:%02d:%02d.%09" PRIu32, at.year,
                       at.month, at.day, at.hour, at.minute, at.second, time.nanos);
    size_t end = (size_t)len;
    while (out[end - 1] == '0')
        end--;
    if (out[end - 1] == '.')
        end--;
    out[end] = 'Z';
    out[end + 1] = '\0';
    return end + 1;
}

struct quell_str when_format_time(struct arena *arena, struct when time)
{
    char text[WHEN_TEXT];
    size_t len = when_write_time(time, text);
    return arena_str(arena, (struct quell_str){text, len});
}

bool when_parse_offset(struct quell_str text, int32_t *offset_seconds)
{
    struct reader in = {.text = text};
    int32_t east = 0;
    if (text.len && !quell_str_equal(text, QUELL_STR("UTC"))) {
        /* CEL's definition allows a number without a sign: it is east. */
        if (is_digit(peek(&in))) {
            int hours = digits(&in, 2, 0, 23);
            want(&in, ':', ':');
            east = hours * 3600 + digits(&in, 2, 0, 59) * 60;
        } else {
            east = offset(&in);
        }
        if (in.failed || in.at != text.len)
            return false;
    }
    *offset_seconds = east;
    return true;
}

struct when when_from_us(int64_t us)
{
    int64_t seconds = floor_div(us, 1000000);
    return (struct when){seconds, (uint32_t)(us - seconds * 1000000) * 1000};
}

int64_t when_to_us(struct when when)
{
    int64_t us;
    if (__builtin_mul_overflow(when.seconds, 1000000, &us) ||
        __builtin_add_overflow(us, when.nanos / 1000, &us))
        return when.seconds < 0 ? INT64_MIN : INT64_MAX;
    return us;
}
