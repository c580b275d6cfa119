/*
 * fn_time.c - the parts of timestamps and durations. Their rows are in fn_time.def.
 */
#include "base/when.h"
#include "base/zone.h"
#include "cel/function.h"
#include "cel/moment.h"

enum { MILLISECOND_NS = 1000000 };

bool moment_offset(struct quell_str zone, struct when time, int32_t *offset)
{
    const struct zone_row *row;
    if (when_parse_offset(zone, offset))
        return true;
    row = zone_find(zone);
    if (row)
        *offset = zone_offset(row, time.seconds);
    return row;
}

enum quell_code moment_no_zone(struct evaluation *e, const struct node *node,
                               struct quell_value zone)
{
    (void)evaluation_fail(e, node, "`%.*s` is no time zone", QUELL_ARG(evaluation_show(e, zone)));
    return evaluation_help(e, "write a name like 'Europe/Helsinki', an offset like '-08:30', or "
                              "'UTC'");
}

/* The parts of a timestamp in the zone of the second argument, UTC without one. */
static enum quell_code split(struct evaluation *e, const struct node *node,
                             const struct quell_value *arguments, struct when_parts *parts)
{
    struct when time = {.seconds = arguments[0].as.integer, .nanos = arguments[0].len};
    int32_t offset = 0;
    if (node->count == 2 && !moment_offset(quell_str(arguments[1]), time, &offset))
        return moment_no_zone(e, node, arguments[1]);
    *parts = when_split(time, offset);
    return QUELL_OK;
}

/* One getter for each part. */
#define GETTER(name, expression)                                                                   \
    enum quell_code name(struct evaluation *e, const struct node *node,                            \
                         const struct quell_value *arguments, struct quell_value *made)            \
    {                                                                                              \
        struct when_parts parts;                                                                   \
        enum quell_code code = split(e, node, arguments, &parts);                                  \
        if (!code)                                                                                 \
            *made = quell_int(expression);                                                         \
        return code;                                                                               \
    }
GETTER(cel_time_full_year, parts.year)
GETTER(cel_time_month, parts.month - 1)
GETTER(cel_time_date, parts.day)
GETTER(cel_time_day_of_month, parts.day - 1)
GETTER(cel_time_day_of_week, parts.day_of_week)
GETTER(cel_time_day_of_year, parts.day_of_year)
GETTER(cel_time_hours, parts.hour)
GETTER(cel_time_minutes, parts.minute)
GETTER(cel_time_seconds, parts.second)
GETTER(cel_time_milliseconds, arguments[0].len / MILLISECOND_NS)
#undef GETTER

/* A duration's whole seconds, towards zero, and what is left, with the same sign. */
static int64_t whole_seconds(struct quell_value duration)
{
    return duration.as.integer + (duration.as.integer < 0 && duration.len > 0);
}

enum quell_code cel_duration_hours(struct evaluation *e, const struct node *node,
                                   const struct quell_value *arguments, struct quell_value *made)
{
    (void)e;
    (void)node;
    *made = quell_int(whole_seconds(arguments[0]) / 3600);
    return QUELL_OK;
}

enum quell_code cel_duration_minutes(struct evaluation *e, const struct node *node,
                                     const struct quell_value *arguments, struct quell_value *made)
{
    (void)e;
    (void)node;
    *made = quell_int(whole_seconds(arguments[0]) / 60);
    return QUELL_OK;
}

enum quell_code cel_duration_seconds(struct evaluation *e, const struct node *node,
                                     const struct quell_value *arguments, struct quell_value *made)
{
    (void)e;
    (void)node;
    *made = quell_int(whole_seconds(arguments[0]));
    return QUELL_OK;
}

enum quell_code cel_duration_milliseconds(struct evaluation *e, const struct node *node,
                                          const struct quell_value *arguments,
                                          struct quell_value *made)
{
    int64_t nanos = arguments[0].len;
    (void)e;
    (void)node;
    if (arguments[0].as.integer < 0 && nanos > 0)
        nanos -= 1000 * MILLISECOND_NS;
    *made = quell_int(nanos / MILLISECOND_NS);
    return QUELL_OK;
}
