/*
 * window.c - maintenance windows: whether one denies now, and until when.
 */
#include "policy/internal.h"

#include "base/str.h"

static const char *const days[] = {"Sunday",   "Monday", "Tuesday", "Wednesday",
                                   "Thursday", "Friday", "Saturday"};
enum { DAYS = 7, MINUTES = 1440 };

/* ---- reading -----------------------------------------------------------------------------------
 */

/* By its name, or the first three letters of it. */
static bool read_day(struct quell_str text, int *day)
{
    for (*day = 0; *day < DAYS; (*day)++) {
        struct quell_str name = quell_str_of(days[*day]);
        if (str_equal_fold(text, name) || str_equal_fold(text, str_slice(name, 0, 3)))
            return true;
    }
    return false;
}

/* `Mon`, `Mon-Fri`, `Mon,Wed`, `daily`: a bit for each day. */
static bool read_days(struct quell_str text, unsigned *mask)
{
    struct quell_str part, first, last;
    int from, to;
    bool more = true;
    *mask = 0;
    if (str_equal_fold(text, QUELL_STR("daily"))) {
        *mask = 0x7f;
        return true;
    }
    while (more) {
        more = str_cut(text, ',', &part, &text);
        if (!str_cut(part, '-', &first, &last))
            last = first;
        if (!read_day(first, &from) || !read_day(last, &to))
            return false;
        for (;; from = (from + 1) % DAYS) {
            *mask |= 1u << from;
            if (from == to)
                break;
        }
    }
    return true;
}

static bool read_time(struct quell_str text, int *minutes)
{
    struct quell_str hour, minute;
    int64_t hours, rest;
    if (!str_cut(text, ':', &hour, &minute) || hour.len != 2 || minute.len != 2 ||
        !str_to_int(hour, &hours) || !str_to_int(minute, &rest))
        return false;
    *minutes = (int)(hours * 60 + rest);
    return hours >= 0 && rest >= 0 && rest < 60 && *minutes <= MINUTES;
}

/* At this time of these days, below twice a day; from midnight at the end of a day on it is one of
 * the next. */
static struct cron at_time(unsigned mask, int minutes)
{
    if (minutes >= MINUTES) {
        minutes -= MINUTES;
        mask = ((mask << 1) | (mask >> (DAYS - 1))) & 0x7f;
    }
    return (struct cron){.minutes = UINT64_C(1) << (minutes % 60),
                         .hours = UINT32_C(1) << (minutes / 60),
                         .days = 0xfffffffe,
                         .months = 0x1ffe,
                         .weekdays = (uint8_t)mask,
                         .any_day = true};
}

/* `Fri 18:00`, an end of `Fri 18:00 - Mon 08:00` */
static bool read_point(struct quell_str text, struct cron *cron)
{
    struct quell_str day, time;
    unsigned mask;
    int minutes;
    if (!str_cut(str_trim(text), ' ', &day, &time) || !read_days(day, &mask) ||
        !read_time(str_trim(time), &minutes))
        return false;
    *cron = at_time(mask, minutes);
    return true;
}

bool policy_span_read(struct quell_str text, struct policy_span *span)
{
    struct quell_str day, time, first, last;
    size_t dash;
    unsigned mask;
    int begin, end;
    text = str_trim(text);
    dash = str_find(text, QUELL_STR(" - "), 0);
    if (dash != SIZE_MAX)
        return read_point(str_slice(text, 0, dash), &span->from) &&
               read_point(str_slice(text, dash + 3, text.len), &span->to);
    if (!str_cut(text, ' ', &day, &time)) /* whole days */
        time = QUELL_STR("00:00-24:00");
    if (!read_days(day, &mask) || !str_cut(str_trim(time), '-', &first, &last) ||
        !read_time(first, &begin) || !read_time(last, &end))
        return false;
    if (end <= begin) /* over midnight */
        end += MINUTES;
    if (end == 2 * MINUTES) /* from midnight on, and that is the next day's beginning */
        return false;
    span->from = at_time(mask, begin);
    span->to = at_time(mask, end);
    return true;
}

/* ---- now ---------------------------------------------------------------------------------------
 */

/* Inside when it ends before it begins again. */
static bool in_span(const struct policy_window *window, const struct policy_span *span, int64_t now,
                    int64_t *until)
{
    int64_t end = cron_next(&span->to, window->zone, now);
    if (end > cron_next(&span->from, window->zone, now))
        return false;
    *until = end;
    return true;
}

static bool in_cron(const struct policy_window *window, int64_t now, int64_t *until)
{
    int64_t begin = cron_next(window->cron, window->zone, now - window->for_s);
    if (begin > now)
        return false;
    *until = begin + window->for_s;
    return true;
}

static bool inside(const struct policy_window *window, int64_t now, int64_t *until)
{
    bool found = window->cron && in_cron(window, now, until);
    int64_t end;
    size_t i;
    for (i = 0; i < window->span_count; i++)
        if (in_span(window, &window->spans[i], now, &end)) {
            *until = found && *until > end ? *until : end;
            found = true;
        }
    return found;
}

/* When it begins next. */
static int64_t begins(const struct policy_window *window, int64_t now)
{
    int64_t first = window->cron ? cron_next(window->cron, window->zone, now) : INT64_MAX, next;
    size_t i;
    for (i = 0; i < window->span_count; i++) {
        next = cron_next(&window->spans[i].from, window->zone, now);
        first = next < first ? next : first;
    }
    return first;
}

bool policy_window_denies(const struct policy_window *window, int64_t now_us, int64_t *until_us)
{
    int64_t now = now_us / 1000000, until = 0;
    bool in = inside(window, now, &until);
    if (in == window->allow_only)
        return false;
    if (window->allow_only)
        until = begins(window, now);
    *until_us = until == INT64_MAX ? INT64_MAX : until * 1000000;
    return true;
}
