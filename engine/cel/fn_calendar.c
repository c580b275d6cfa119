/*
 * fn_calendar.c - times as people write them. Their rows are in fn_calendar.def.
 *
 * There is no `now`: what a run knows of the time stands in its events, so that a replay gives the
 * same. The conversions are those of strftime, in English on every machine.
 */
#include <inttypes.h>
#include <string.h>

#include "base/buf.h"
#include "base/str.h"
#include "base/when.h"
#include "cel/function.h"
#include "cel/moment.h"
#include "value/value.h"

static const char *const months[] = {"January",   "February", "March",    "April",
                                     "May",       "June",     "July",     "August",
                                     "September", "October",  "November", "December"};
static const char *const weekdays[] = {"Sunday",   "Monday", "Tuesday", "Wednesday",
                                       "Thursday", "Friday", "Saturday"};

/* A time, in parts of its zone. */
struct local {
    struct when time;
    struct when_parts parts;
    int32_t offset;
};

/* The zone that stands as argument `index`, UTC when it is not there. */
static enum quell_code localize(struct evaluation *e, const struct node *node,
                                const struct quell_value *arguments, size_t index, struct when time,
                                struct local *local)
{
    *local = (struct local){.time = time};
    if (node->count > index && !moment_offset(quell_str(arguments[index]), time, &local->offset))
        return moment_no_zone(e, node, arguments[index]);
    local->parts = when_split(time, local->offset);
    return QUELL_OK;
}

static struct when when_of(struct quell_value time)
{
    return (struct when){.seconds = time.as.integer, .nanos = time.len};
}

/* The time of parts in a zone. A local time that a change of clocks left out or doubled is read
 * with the offset from before the change. */
static bool delocalize(struct quell_str zone, const struct when_parts *parts, struct when *time)
{
    int32_t offset = 0;
    struct when guess;
    if (!when_join(parts, 0, &guess))
        return false;
    *time = guess;
    if (zone.len == 0)
        return true;
    if (!moment_offset(zone, (struct when){.seconds = guess.seconds - 86400}, &offset) ||
        !when_join(parts, offset, &guess))
        return false;
    *time = guess;
    /* The offset of the day before does not hold any more when it leads to another one. */
    return moment_offset(zone, guess, &offset) && when_join(parts, offset, time);
}

enum quell_code cel_time_add(struct evaluation *e, const struct node *node,
                             const struct quell_value *arguments, struct quell_value *made)
{
    struct quell_value span = arguments[1];
    struct when duration;
    if (span.type == QUELL_STRING) {
        if (!when_parse_duration(quell_str(span), &duration))
            return evaluation_fail(e, node, "`%.*s` is no duration like '90s', '1h30m' or '-7d'",
                                   QUELL_ARG(evaluation_show(e, span)));
        span = value_duration(duration.seconds, duration.nanos);
    }
    return moment_add(e, node, arguments[0], span, false, made);
}

/* ---- truncating ---------------------------------------------------------------------------- */

enum unit {
    UNIT_SECOND,
    UNIT_MINUTE,
    UNIT_HOUR,
    UNIT_DAY,
    UNIT_WEEK,
    UNIT_MONTH,
    UNIT_YEAR,
    UNITS
};
static const char *const units[UNITS] = {
    [UNIT_SECOND] = "second", [UNIT_MINUTE] = "minute", [UNIT_HOUR] = "hour", [UNIT_DAY] = "day",
    [UNIT_WEEK] = "week",     [UNIT_MONTH] = "month",   [UNIT_YEAR] = "year",
};

static void cut(struct when_parts *parts, enum unit unit)
{
    if (unit >= UNIT_MINUTE)
        parts->second = 0;
    if (unit >= UNIT_HOUR)
        parts->minute = 0;
    if (unit >= UNIT_DAY)
        parts->hour = 0;
    if (unit >= UNIT_MONTH)
        parts->day = 1;
    if (unit == UNIT_YEAR)
        parts->month = 1;
}

enum quell_code cel_time_truncate(struct evaluation *e, const struct node *node,
                                  const struct quell_value *arguments, struct quell_value *made)
{
    struct quell_str zone = node->count == 3 ? quell_str(arguments[2]) : QUELL_STR("");
    struct when time = when_of(arguments[0]);
    struct local local;
    enum unit unit = 0;
    enum quell_code code = localize(e, node, arguments, 2, time, &local);
    while (unit < UNITS && !str_is(quell_str(arguments[1]), units[unit]))
        unit++;
    if (code)
        return code;
    if (unit == UNITS)
        return evaluation_fail(e, node,
                               "`%.*s` is none of second, minute, hour, day, week, month, year",
                               QUELL_ARG(evaluation_show(e, arguments[1])));
    if (unit == UNIT_WEEK) {
        int since_monday = (local.parts.day_of_week + 6) % 7;
        local.parts = when_split(
            (struct when){.seconds = time.seconds - (int64_t)since_monday * 86400}, local.offset);
    }
    cut(&local.parts, unit);
    time.nanos = 0;
    if (unit <= UNIT_MINUTE) /* zones differ by whole minutes since 1972 */
        time.seconds -= unit == UNIT_MINUTE ? when_split(time, local.offset).second : 0;
    else if (!delocalize(zone, &local.parts, &time))
        return evaluation_fail(e, node, "this time is before the year 1");
    *made = value_time(time.seconds, 0);
    return QUELL_OK;
}

/* ---- formatting ---------------------------------------------------------------------------- */

static void write_offset(struct buf *out, int32_t offset)
{
    int32_t minutes = (offset < 0 ? -offset : offset) / 60;
    buf_add_format(out, "%c%02d%02d", offset < 0 ? '-' : '+', (int)(minutes / 60),
                   (int)(minutes % 60));
}

/* Writes what `%letter` stands for; false for an unknown letter. */
static bool write_part(struct buf *out, char letter, const struct local *local)
{
    const struct when_parts *parts = &local->parts;
    int twelve = parts->hour % 12 ? parts->hour % 12 : 12;
    switch (letter) {
    case 'Y':
        return buf_add_format(out, "%04d", parts->year), true;
    case 'm':
        return buf_add_format(out, "%02d", parts->month), true;
    case 'd':
        return buf_add_format(out, "%02d", parts->day), true;
    case 'e':
        return buf_add_format(out, "%d", parts->day), true;
    case 'H':
        return buf_add_format(out, "%02d", parts->hour), true;
    case 'I':
        return buf_add_format(out, "%02d", twelve), true;
    case 'p':
        return buf_add_text(out, parts->hour < 12 ? "AM" : "PM"), true;
    case 'M':
        return buf_add_format(out, "%02d", parts->minute), true;
    case 'S':
        return buf_add_format(out, "%02d", parts->second), true;
    case 'f':
        return buf_add_format(out, "%03u", local->time.nanos / 1000000), true;
    case 'j':
        return buf_add_format(out, "%03d", parts->day_of_year + 1), true;
    case 'a':
        return buf_add(out, weekdays[parts->day_of_week], 3), true;
    case 'A':
        return buf_add_text(out, weekdays[parts->day_of_week]), true;
    case 'b':
        return buf_add(out, months[parts->month - 1], 3), true;
    case 'B':
        return buf_add_text(out, months[parts->month - 1]), true;
    case 'z':
        return write_offset(out, local->offset), true;
    case 's':
        return buf_add_format(out, "%" PRId64, local->time.seconds), true;
    case '%':
        return buf_add_char(out, '%'), true;
    default:
        return false;
    }
}

/* What conversions of several parts stand for. */
static const char *longer(char letter)
{
    return letter == 'F' ? "%Y-%m-%d" : letter == 'T' ? "%H:%M:%S" : NULL;
}

static bool write_time(struct buf *out, struct quell_str format, const struct local *local)
{
    for (size_t i = 0; i < format.len; i++) {
        char letter = i + 1 < format.len ? format.data[i + 1] : '\0';
        if (format.data[i] != '%') {
            buf_add_char(out, format.data[i]);
            continue;
        }
        i++;
        if (longer(letter) ? !write_time(out, quell_str_of(longer(letter)), local)
                           : !write_part(out, letter, local))
            return false;
    }
    return true;
}

static enum quell_code bad_format(struct evaluation *e, const struct node *node)
{
    (void)evaluation_fail(e, node, "this format has a `%%` before something that it does not know");
    return evaluation_help(e,
                           "known are %%Y %%m %%d %%e %%H %%I %%p %%M %%S %%f %%j %%a %%A %%b %%B "
                           "%%z %%s %%F %%T and %%%%");
}

enum quell_code cel_time_format(struct evaluation *e, const struct node *node,
                                const struct quell_value *arguments, struct quell_value *made)
{
    struct buf out = {.size_max = EVALUATION_BUILT};
    struct local local;
    enum quell_code code = localize(e, node, arguments, 2, when_of(arguments[0]), &local);
    if (code)
        return code;
    if (!write_time(&out, quell_str(arguments[1]), &local)) {
        buf_free(&out);
        return bad_format(e, node);
    }
    return evaluation_built(e, node, &out, made);
}

/* ---- parsing ------------------------------------------------------------------------------- */

struct reading {
    struct quell_str text;
    size_t at;
    struct when_parts parts;
    int64_t seconds; /* of %s */
    int32_t offset;
    uint32_t nanos;
    bool has_seconds, has_offset, afternoon, twelve;
};

/* Digits, `most` at most and `least` at least. */
static bool read_digits(struct reading *r, size_t least, size_t most, int64_t *number)
{
    size_t from = r->at;
    *number = 0;
    while (r->at < r->text.len && r->at - from < most && r->text.data[r->at] >= '0' &&
           r->text.data[r->at] <= '9')
        *number = *number * 10 + (r->text.data[r->at++] - '0');
    return r->at - from >= least;
}

static bool read_int(struct reading *r, size_t least, size_t most, int *number)
{
    int64_t read;
    bool good = read_digits(r, least, most, &read);
    *number = (int)read;
    return good;
}

/* One of the names, whole or by its first three letters; the case does not matter. */
static bool read_name(struct reading *r, const char *const *names, int count, int *index)
{
    struct quell_str rest = str_slice(r->text, r->at, r->text.len);
    for (int i = 0; i < count; i++) {
        size_t len = strlen(names[i]);
        for (size_t k = 0; k < 2; k++, len = 3) {
            if (rest.len < len ||
                !str_equal_fold(str_slice(rest, 0, len), (struct quell_str){names[i], len}))
                continue;
            r->at += len;
            *index = i;
            return true;
        }
    }
    return false;
}

/* `+0200`, `+02:00`, `Z`. */
static bool read_offset(struct reading *r)
{
    int hours, minutes;
    bool minus = r->at < r->text.len && r->text.data[r->at] == '-';
    r->has_offset = true;
    if (r->at < r->text.len && (r->text.data[r->at] | 0x20) == 'z') {
        r->at++;
        return true;
    }
    if (r->at >= r->text.len || (!minus && r->text.data[r->at] != '+'))
        return false;
    r->at++;
    if (!read_int(r, 2, 2, &hours))
        return false;
    r->at += r->at < r->text.len && r->text.data[r->at] == ':';
    if (!read_int(r, 2, 2, &minutes) || hours > 23 || minutes > 59)
        return false;
    r->offset = (hours * 60 + minutes) * (minus ? -60 : 60);
    return true;
}

static bool read_half(struct reading *r)
{
    static const char *const halves[] = {"AM", "PM"};
    for (int i = 0; i < 2; i++) {
        if (str_equal_fold(str_slice(r->text, r->at, r->at + 2), quell_str_of(halves[i]))) {
            r->at += 2;
            r->afternoon = i == 1;
            r->twelve = true;
            return true;
        }
    }
    return false;
}

static bool read_fraction(struct reading *r)
{
    size_t from = r->at;
    int64_t number;
    if (!read_digits(r, 1, 9, &number))
        return false;
    for (size_t digits = r->at - from; digits < 9; digits++)
        number *= 10;
    r->nanos = (uint32_t)number;
    return true;
}

/* Reads what `%letter` stands for; *known is false for a letter that cannot be read. */
static bool read_part(struct reading *r, char letter, bool *known)
{
    int ignored;
    bool good;
    switch (letter) {
    case 'Y':
        return read_int(r, 4, 4, &r->parts.year);
    case 'm':
        return read_int(r, 1, 2, &r->parts.month);
    case 'd':
    case 'e':
        return read_int(r, 1, 2, &r->parts.day);
    case 'H':
    case 'I':
        return read_int(r, 1, 2, &r->parts.hour);
    case 'M':
        return read_int(r, 2, 2, &r->parts.minute);
    case 'S':
        return read_int(r, 2, 2, &r->parts.second);
    case 'f':
        return read_fraction(r);
    case 'p':
        return read_half(r);
    case 'a':
    case 'A':
        return read_name(r, weekdays, 7, &ignored);
    case 'b':
    case 'B':
        good = read_name(r, months, 12, &r->parts.month);
        r->parts.month++;
        return good;
    case 'z':
        return read_offset(r);
    case 's':
        r->has_seconds = true;
        return read_digits(r, 1, 12, &r->seconds);
    case '%':
        return r->at < r->text.len && r->text.data[r->at++] == '%';
    default:
        *known = false;
        return false;
    }
}

static bool read_time(struct reading *r, struct quell_str format, bool *known)
{
    for (size_t i = 0; i < format.len; i++) {
        char letter = i + 1 < format.len ? format.data[i + 1] : '\0';
        if (format.data[i] != '%') {
            if (r->at >= r->text.len || r->text.data[r->at++] != format.data[i])
                return false;
            continue;
        }
        i++;
        if (longer(letter) ? !read_time(r, quell_str_of(longer(letter)), known)
                           : !read_part(r, letter, known))
            return false;
    }
    return true;
}

/* What was read, as a time. */
static bool settle(struct reading *r, struct quell_str zone, struct when *time)
{
    bool good;
    if (r->has_seconds) {
        *time = (struct when){.seconds = r->seconds};
        return moment_time_fits(r->seconds);
    }
    if (r->twelve && (r->parts.hour < 1 || r->parts.hour > 12))
        return false;
    if (r->twelve)
        r->parts.hour = r->parts.hour % 12 + (r->afternoon ? 12 : 0);
    good =
        r->has_offset ? when_join(&r->parts, r->offset, time) : delocalize(zone, &r->parts, time);
    time->nanos = r->nanos;
    return good;
}

enum quell_code cel_time_parse(struct evaluation *e, const struct node *node,
                               const struct quell_value *arguments, struct quell_value *made)
{
    struct quell_str zone = node->count == 3 ? quell_str(arguments[2]) : QUELL_STR("");
    struct reading r = {.text = quell_str(arguments[0]),
                        .parts = {.year = 1970, .month = 1, .day = 1}};
    struct when time = {0};
    int32_t offset;
    bool known = true, good;
    enum quell_code code = evaluation_charge(e, node, arguments[0].len / 16);
    if (code)
        return code;
    if (!moment_offset(zone, time, &offset))
        return moment_no_zone(e, node, arguments[2]);
    good = read_time(&r, quell_str(arguments[1]), &known) && r.at == r.text.len;
    if (!known)
        return bad_format(e, node);
    if (!good || !settle(&r, zone, &time))
        return evaluation_fail(e, node, "`%.*s` is no time that is written as `%.*s`",
                               QUELL_ARG(evaluation_show(e, arguments[0])),
                               QUELL_ARG(evaluation_show(e, arguments[1])));
    *made = value_time(time.seconds, time.nanos);
    return QUELL_OK;
}
