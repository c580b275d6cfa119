/*
 * cron.c - see cron.h.
 */
#include "playbook/cron.h"

#include "base/str.h"
#include "base/when.h"
#include "base/zone.h"

enum { MINUTE_S = 60, DAY_S = 86400, DAYS_AHEAD = 8 * 366 }; /* 29 February 2096 to 2104 */

/* ---- reading -----------------------------------------------------------------------------------
 */

static const char *const month_names[] = {"jan", "feb", "mar", "apr", "may", "jun", "jul",
                                          "aug", "sep", "oct", "nov", "dec", NULL};
static const char *const day_names[] = {"sun", "mon", "tue", "wed", "thu", "fri", "sat", NULL};

static const struct field {
    const char *name;
    int low, high;
    const char *const *names; /* of low, low + 1 ... */
} fields[] = {
    {"minute", 0, 59, NULL},          {"hour", 0, 23, NULL},
    {"day of month", 1, 31, NULL},    {"month", 1, 12, month_names},
    {"day of week", 0, 7, day_names},
};
enum { FIELDS = sizeof(fields) / sizeof(fields[0]) };

struct reading {
    const char *fault;
    size_t at; /* where the text being read begins */
};

static bool read_one(struct quell_str text, const struct field *field, int *number)
{
    int64_t found;
    int i;
    for (i = 0; field->names && field->names[i]; i++)
        if (str_equal_fold(text, quell_str_of(field->names[i]))) {
            *number = field->low + i;
            return true;
        }
    if (text.len == 0 || text.data[0] == '-' || !str_to_int(text, &found) || found < field->low ||
        found > field->high)
        return false;
    *number = (int)found;
    return true;
}

/* `*`, `a`, `a-b`, each but the second with `/n`. */
static bool read_part(struct quell_str text, const struct field *field, uint64_t *bits,
                      struct reading *reading)
{
    struct quell_str range, step_text, from_text, to_text;
    bool stepped = str_cut(text, '/', &range, &step_text), is_range;
    int from = field->low, to = field->high, i;
    int64_t step = 1;
    if (stepped && (!str_to_int(step_text, &step) || step < 1 || step > field->high)) {
        reading->fault = "a step is a number from 1 on";
        return false;
    }
    is_range = str_cut(range, '-', &from_text, &to_text);
    if (!str_is(range, "*")) {
        if (!read_one(from_text, field, &from) || (is_range && !read_one(to_text, field, &to))) {
            reading->fault = "this is no value of the field";
            return false;
        }
        if (!is_range && stepped) {
            reading->fault = "a step stands behind `*` or a range";
            return false;
        }
        if (!is_range)
            to = from;
        if (to < from) {
            reading->fault = "the range ends before it begins";
            return false;
        }
    }
    for (i = from; i <= to; i += (int)step)
        *bits |= UINT64_C(1) << i;
    return true;
}

static bool read_field(struct quell_str text, const struct field *field, uint64_t *bits,
                       struct reading *reading)
{
    struct quell_str part, rest = text;
    *bits = 0;
    do {
        bool more = str_cut(rest, ',', &part, &rest);
        if (!read_part(part, field, bits, reading))
            return false;
        reading->at += part.len + more;
        if (!more)
            break;
    } while (true);
    return true;
}

static struct quell_str expand(struct quell_str text)
{
    static const char *const usual[][2] = {{"@hourly", "0 * * * *"},   {"@daily", "0 0 * * *"},
                                           {"@midnight", "0 0 * * *"}, {"@weekly", "0 0 * * 0"},
                                           {"@monthly", "0 0 1 * *"},  {"@yearly", "0 0 1 1 *"},
                                           {"@annually", "0 0 1 1 *"}};
    size_t i;
    for (i = 0; i < sizeof(usual) / sizeof(usual[0]); i++)
        if (str_equal_fold(text, quell_str_of(usual[i][0])))
            return quell_str_of(usual[i][1]);
    return text;
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

bool cron_read(struct quell_str text, struct cron *cron, const char **fault, size_t *at)
{
    struct quell_str whole = expand(str_trim(text));
    struct reading reading = {NULL, 0};
    uint64_t bits[FIELDS];
    char first[FIELDS];
    size_t count = 0, pos = 0, end;
    for (;; count++, pos = end) {
        while (pos < whole.len && is_blank(whole.data[pos]))
            pos++;
        if (pos == whole.len || count == FIELDS)
            break;
        for (end = pos; end < whole.len && !is_blank(whole.data[end]);)
            end++;
        reading.at = pos;
        first[count] = whole.data[pos];
        if (!read_field(str_slice(whole, pos, end), &fields[count], &bits[count], &reading)) {
            *fault = reading.fault;
            *at = reading.at < text.len ? reading.at : 0;
            return false;
        }
    }
    if (count != FIELDS || pos != whole.len) {
        *fault =
            "a cron expression has five fields: minute, hour, day of month, month, day of week";
        *at = 0;
        return false;
    }
    *cron = (struct cron){.minutes = bits[0],
                          .hours = (uint32_t)bits[1],
                          .days = (uint32_t)bits[2],
                          .months = (uint32_t)bits[3],
                          .weekdays = (uint8_t)((bits[4] | bits[4] >> 7) & 0x7f),
                          .any_hour = bits[1] == 0xffffff && first[1] == '*',
                          .any_day = first[2] == '*',
                          .any_weekday = first[4] == '*'};
    return true;
}

/* ---- local time --------------------------------------------------------------------------------
 */

static int64_t offset_at(const struct zone_row *zone, int64_t at_s)
{
    return zone ? zone_offset(zone, at_s) : 0;
}

/* The moment at which clocks show the local time for the first time, or, where they never do, at
 * which they skip it. */
static int64_t moment_of(const struct zone_row *zone, int64_t local_s)
{
    int64_t before = offset_at(zone, local_s - DAY_S), after = offset_at(zone, local_s + DAY_S);
    int64_t low, high;
    if (offset_at(zone, local_s - before) == before)
        return local_s - before;
    if (offset_at(zone, local_s - after) == after)
        return local_s - after;
    low = local_s - after; /* before the change ... */
    high = local_s - before;
    while (high - low > 1) { /* ... and behind it */
        int64_t middle = low + (high - low) / 2;
        if (offset_at(zone, middle) == before)
            low = middle;
        else
            high = middle;
    }
    return high;
}

static bool fits_day(const struct cron *cron, int64_t day)
{
    struct when_parts parts = when_split((struct when){day * DAY_S, 0}, 0);
    bool in_month = cron->days >> parts.day & 1, in_week = cron->weekdays >> parts.day_of_week & 1;
    if (!(cron->months >> parts.month & 1))
        return false;
    return cron->any_day || cron->any_weekday ? in_month && in_week : in_month || in_week;
}

/* The first time of a local day after `after_s`, or INT64_MAX. */
static int64_t in_day(const struct cron *cron, const struct zone_row *zone, int64_t day,
                      int64_t after_s)
{
    int64_t hour, minute, at;
    for (hour = 0; hour < 24; hour++) {
        if (!(cron->hours >> hour & 1))
            continue;
        for (minute = 0; minute < 60; minute++) {
            if (!(cron->minutes >> minute & 1))
                continue;
            at = moment_of(zone, day * DAY_S + hour * 3600 + minute * MINUTE_S);
            if (at > after_s)
                return at;
        }
    }
    return INT64_MAX;
}

/* The same for every hour that passes, shown by clocks once, twice or never. */
static int64_t in_day_elapsed(const struct cron *cron, const struct zone_row *zone, int64_t day,
                              int64_t after_s)
{
    int64_t begin = moment_of(zone, day * DAY_S), end = moment_of(zone, (day + 1) * DAY_S);
    int64_t at = after_s >= begin ? after_s - after_s % MINUTE_S + MINUTE_S : begin;
    for (; at < end; at += MINUTE_S) {
        int64_t local = at + offset_at(zone, at);
        if (cron->minutes >> (local % 3600 / MINUTE_S) & 1 && at > after_s)
            return at;
    }
    return INT64_MAX;
}

int64_t cron_next(const struct cron *cron, const struct zone_row *zone, int64_t after_s)
{
    int64_t local = after_s + offset_at(zone, after_s), day = local / DAY_S - 1, last, at;
    for (last = day + DAYS_AHEAD; day < last; day++) {
        if (!fits_day(cron, day))
            continue;
        at = cron->any_hour ? in_day_elapsed(cron, zone, day, after_s)
                            : in_day(cron, zone, day, after_s);
        if (at != INT64_MAX)
            return at;
    }
    return INT64_MAX;
}
