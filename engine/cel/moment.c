/*
 * moment.c - timestamps and durations: sums and differences that stay within CEL's ranges.
 */
#include "cel/moment.h"

#include "value/value.h"

enum { SECOND_NS = 1000000000 };

/* 0001-01-01T00:00:00Z and 9999-12-31T23:59:59Z. */
static const int64_t time_min = -62135596800, time_max = 253402300799;

bool moment_time_fits(int64_t seconds)
{
    return seconds >= time_min && seconds <= time_max;
}

bool moment_nanos(struct quell_value duration, int64_t *nanos)
{
    int64_t seconds = duration.as.integer, part = duration.len, whole;
    if (seconds < 0 && part) { /* so that the least duration does not overflow on the way */
        seconds++;
        part -= SECOND_NS;
    }
    return !__builtin_mul_overflow(seconds, (int64_t)SECOND_NS, &whole) &&
           !__builtin_add_overflow(whole, part, nanos);
}

struct quell_value moment_duration(int64_t nanos)
{
    int64_t seconds = nanos / SECOND_NS, part = nanos % SECOND_NS;
    if (part < 0) {
        seconds--;
        part += SECOND_NS;
    }
    return value_duration(seconds, (uint32_t)part);
}

static enum quell_code outside(struct evaluation *e, const struct node *node, const char *what)
{
    return evaluation_fail(e, node, "the result is outside the range of %s", what);
}

static enum quell_code add_durations(struct evaluation *e, const struct node *node,
                                     struct quell_value a, int64_t b, struct quell_value *made)
{
    int64_t nanos, sum;
    if (!moment_nanos(a, &nanos) || __builtin_add_overflow(nanos, b, &sum))
        return outside(e, node, "durations");
    *made = moment_duration(sum);
    return QUELL_OK;
}

enum quell_code moment_add(struct evaluation *e, const struct node *node, struct quell_value to,
                           struct quell_value duration, bool minus, struct quell_value *made)
{
    struct quell_value step;
    int64_t nanos, seconds, part;
    if (!moment_nanos(duration, &nanos) || (minus && nanos == INT64_MIN))
        return outside(e, node, "durations");
    if (minus)
        nanos = -nanos;
    if (to.type == QUELL_DURATION)
        return add_durations(e, node, to, nanos, made);
    step = moment_duration(nanos);
    part = (int64_t)to.len + step.len;
    seconds = to.as.integer + step.as.integer + part / SECOND_NS;
    if (!moment_time_fits(to.as.integer) || !moment_time_fits(seconds))
        return outside(e, node, "timestamps (the years 1 to 9999)");
    *made = value_time(seconds, (uint32_t)(part % SECOND_NS));
    return QUELL_OK;
}

enum quell_code moment_between(struct evaluation *e, const struct node *node,
                               struct quell_value until, struct quell_value since,
                               struct quell_value *made)
{
    int64_t seconds, nanos;
    if (__builtin_sub_overflow(until.as.integer, since.as.integer, &seconds) ||
        __builtin_mul_overflow(seconds, (int64_t)SECOND_NS, &nanos) ||
        __builtin_add_overflow(nanos, (int64_t)until.len - since.len, &nanos))
        return outside(e, node, "durations (292 years)");
    *made = moment_duration(nanos);
    return QUELL_OK;
}
