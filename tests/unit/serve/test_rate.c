/*
 * test_rate.c - the rate of a hook by the clock: so many at once, then as they come back.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/str.h"
#include "serve/rate.h"

#define SECOND INT64_C(1000000)

static void what_may_be_written(void **state)
{
    static const struct {
        const char *text;
        int64_t count, span_us; /* count -1: refused */
    } rows[] = {
        {"", 0, 0},
        {"1/s", 1, SECOND},
        {"600/min", 600, 60 * SECOND},
        {"5000 / h", 5000, 3600 * SECOND},
        {"1000000/s", 1000000, SECOND},
        {"1000001/s", -1, 0},
        {"0/s", -1, 0},
        {"-1/s", -1, 0},
        {"1.5/s", -1, 0},
        {"10", -1, 0},
        {"10/", -1, 0},
        {"/s", -1, 0},
        {"10/m", -1, 0},
        {"10/s/s", -1, 0},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        struct rate rate = {.count = -1};
        struct quell_error err;
        enum quell_code code = rate_read(quell_str_of(rows[i].text), &rate, &err);

        if (code != (rows[i].count < 0 ? QUELL_INVALID : QUELL_OK) || rate.count != rows[i].count ||
            (rate.count > 0 && rate.span_us != rows[i].span_us))
            fail_msg("`%s`: %d, %lld", rows[i].text, (int)code, (long long)rate.count);
    }
}

static void all_of_it_at_once_then_one_by_one(void **state)
{
    struct rate rate = {.count = 6, .span_us = 60 * SECOND};
    struct rate_use use = {.full_us = 0};
    int64_t now = 5 * SECOND, wait = 0;

    (void)state;
    for (int i = 0; i < 6; i++)
        assert_true(rate_take(&rate, &use, now, &wait));
    assert_false(rate_take(&rate, &use, now, &wait));
    assert_int_equal(wait, 10 * SECOND);
    now += wait - 1;
    assert_false(rate_take(&rate, &use, now, &wait)); /* being refused costs nothing */
    assert_int_equal(wait, 1);
    now += wait;
    assert_true(rate_take(&rate, &use, now, &wait));
    assert_false(rate_take(&rate, &use, now, &wait));
    now += 3600 * SECOND; /* what is not used does not pile up */
    for (int i = 0; i < 6; i++)
        assert_true(rate_take(&rate, &use, now, &wait));
    assert_false(rate_take(&rate, &use, now, &wait));
}

/* What was used of a rate for hours does not outlast one for minutes that a reload brings. */
static void another_rate_begins_within_its_own_time(void **state)
{
    struct rate hours = {.count = 4, .span_us = 3600 * SECOND},
                minutes = {.count = 6, .span_us = 60 * SECOND};
    struct rate_use use = {.full_us = 0};
    int64_t now = 5 * SECOND, wait = 0;

    (void)state;
    for (int i = 0; i < 4; i++)
        assert_true(rate_take(&hours, &use, now, &wait));
    assert_false(rate_take(&minutes, &use, now, &wait));
    assert_int_equal(wait, 10 * SECOND);
    assert_true(rate_take(&minutes, &use, now + wait, &wait));
}

static void without_a_rate_there_is_no_limit(void **state)
{
    struct rate rate = {.count = 0};
    struct rate_use use = {.full_us = 0};
    int64_t wait;

    (void)state;
    for (int i = 0; i < 10000; i++)
        assert_true(rate_take(&rate, &use, SECOND, &wait));
}

static void refusals_are_told_once_a_minute(void **state)
{
    struct rate_use use = {.full_us = 0};
    uint64_t refused = 0;

    (void)state;
    assert_true(rate_refused(&use, SECOND, &refused));
    assert_int_equal(refused, 1);
    for (int i = 0; i < 600; i++)
        assert_false(rate_refused(&use, SECOND + i * SECOND / 10, &refused));
    assert_true(rate_refused(&use, 61 * SECOND, &refused));
    assert_int_equal(refused, 601);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_may_be_written),
        cmocka_unit_test(all_of_it_at_once_then_one_by_one),
        cmocka_unit_test(another_rate_begins_within_its_own_time),
        cmocka_unit_test(without_a_rate_there_is_no_limit),
        cmocka_unit_test(refusals_are_told_once_a_minute),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
