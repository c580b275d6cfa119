/*
 * rate.c - the rate of a hook, kept as one time: when all of it would be there again (GCRA).
 */
#include "serve/rate.h"

#include "base/error.h"
#include "base/limits.h"
#include "base/str.h"

#define TELL_US (INT64_C(60) * 1000000) /* a flood is one row a minute, not one a request */

static const struct {
    const char *name;
    int64_t seconds;
} spans[] = {{"s", 1}, {"min", 60}, {"h", 3600}};

enum { SPANS = sizeof(spans) / sizeof(spans[0]) };

enum quell_code rate_read(struct quell_str text, struct rate *rate, struct quell_error *err)
{
    struct quell_str count, span;
    int64_t number;
    size_t i = 0;

    if (text.len == 0) {
        *rate = (struct rate){.count = 0};
        return QUELL_OK;
    }
    if (!str_cut(text, '/', &count, &span) || !str_to_int(str_trim(count), &number) || number < 1 ||
        number > LIMIT_HOOK_RATE)
        i = SPANS;
    while (i < SPANS && !str_is(str_trim(span), spans[i].name))
        i++;
    if (i == SPANS)
        return error_set(err, QUELL_INVALID,
                         "`rate`: `%.*s` is no number from 1 to %d and a time, such as 10/s, "
                         "600/min or 5000/h",
                         QUELL_ARG(text), LIMIT_HOOK_RATE);
    *rate = (struct rate){.count = number, .span_us = spans[i].seconds * 1000000};
    return QUELL_OK;
}

bool rate_take(const struct rate *rate, struct rate_use *use, int64_t now_us, int64_t *wait_us)
{
    int64_t each_us, full_us;

    if (rate->count == 0)
        return true;
    each_us = rate->span_us / rate->count;
    if (use->full_us > now_us + rate->span_us) /* used under another rate, before a reload */
        use->full_us = now_us + rate->span_us;
    full_us = (use->full_us > now_us ? use->full_us : now_us) + each_us;
    if (full_us - now_us > rate->span_us) {
        *wait_us = full_us - now_us - rate->span_us;
        return false;
    }
    use->full_us = full_us;
    return true;
}

bool rate_refused(struct rate_use *use, int64_t now_us, uint64_t *refused)
{
    use->refused++;
    if (use->told_us > 0 && now_us - use->told_us < TELL_US)
        return false;
    *refused = use->refused;
    use->refused = 0;
    use->told_us = now_us;
    return true;
}
