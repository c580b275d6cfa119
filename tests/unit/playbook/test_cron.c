/*
 * test_cron.c - cron expressions: what is read, what is refused, and when they are due, also where
 * clocks change.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/str.h"
#include "base/when.h"
#include "base/zone.h"
#include "playbook/cron.h"

/* The expression, the zone, a time, and the next ones after it. */
static const struct {
    const char *cron, *zone, *after, *next;
} cases[] = {
    {"* * * * *", "UTC", "2026-05-04T10:00:00Z", "2026-05-04T10:01:00Z 2026-05-04T10:02:00Z"},
    {"*/15 * * * *", "UTC", "2026-05-04T10:50:30Z", "2026-05-04T11:00:00Z 2026-05-04T11:15:00Z"},
    {"17 */4 * * *", "UTC", "2026-05-04T20:17:00Z", "2026-05-05T00:17:00Z 2026-05-05T04:17:00Z"},
    {"0 9-17/4,23 * * MON-FRI", "UTC", "2026-05-08T17:00:00Z",
     "2026-05-08T23:00:00Z 2026-05-11T09:00:00Z"},
    {"0 0 1 JAN *", "UTC", "2026-05-04T10:00:00Z", "2027-01-01T00:00:00Z 2028-01-01T00:00:00Z"},
    {"@weekly", "UTC", "2026-05-04T10:00:00Z", "2026-05-10T00:00:00Z 2026-05-17T00:00:00Z"},
    {"0 0 * * 7", "UTC", "2026-05-04T10:00:00Z", "2026-05-10T00:00:00Z"},
    {"0 0 29 2 *", "UTC", "2026-05-04T10:00:00Z", "2028-02-29T00:00:00Z 2032-02-29T00:00:00Z"},
    /* Both day fields restricted: one of them is enough. One that begins with `*`: both. */
    {"0 0 13 * FRI", "UTC", "2026-05-04T10:00:00Z", "2026-05-08T00:00:00Z 2026-05-13T00:00:00Z"},
    {"0 0 */2 * FRI", "UTC", "2026-05-04T10:00:00Z", "2026-05-15T00:00:00Z 2026-05-29T00:00:00Z"},
    {"30 2 * * *", "Europe/Helsinki", "2026-05-04T10:00:00Z", "2026-05-04T23:30:00Z"},
    /* Helsinki sets its clocks from 03:00 to 04:00 on 29 March 2026, at 01:00Z. */
    {"30 3 * * *", "Europe/Helsinki", "2026-03-28T02:00:00Z",
     "2026-03-29T01:00:00Z 2026-03-30T00:30:00Z"},
    {"0,30 3 * * *", "Europe/Helsinki", "2026-03-28T02:00:00Z",
     "2026-03-29T01:00:00Z 2026-03-30T00:00:00Z"},
    {"30 * * * *", "Europe/Helsinki", "2026-03-28T23:45:00Z",
     "2026-03-29T00:30:00Z 2026-03-29T01:30:00Z 2026-03-29T02:30:00Z"},
    /* And from 04:00 back to 03:00 on 25 October, at 01:00Z. */
    {"30 3 * * *", "Europe/Helsinki", "2026-10-24T10:00:00Z",
     "2026-10-25T00:30:00Z 2026-10-26T01:30:00Z"},
    {"30 * * * *", "Europe/Helsinki", "2026-10-24T23:45:00Z",
     "2026-10-25T00:30:00Z 2026-10-25T01:30:00Z 2026-10-25T02:30:00Z"},
    /* Half an hour only: Lord Howe Island, 4 October 2026, 02:00 to 02:30 at 15:30Z. */
    {"15 2 * * *", "Australia/Lord_Howe", "2026-10-03T00:00:00Z",
     "2026-10-03T15:30:00Z 2026-10-04T15:15:00Z"},
};

static void assert_next(const struct cron *cron, const struct zone_row *zone, size_t i)
{
    struct arena *arena = arena_new(0);
    struct quell_str rest = quell_str_of(cases[i].next), one;
    struct when after;
    int64_t at;

    assert_true(when_parse_time(quell_str_of(cases[i].after), &after));
    at = after.seconds;
    while (rest.len) {
        struct quell_str text;
        (void)str_cut(rest, ' ', &one, &rest);
        at = cron_next(cron, zone, at);
        text = when_format_time(arena, (struct when){at, 0});
        if (!quell_str_equal(text, one))
            fail_msg("%s: %.*s, not %.*s", cases[i].cron, QUELL_ARG(text), QUELL_ARG(one));
    }
    arena_free(arena);
}

static void test_next(void **state)
{
    struct cron cron;
    const char *fault;
    size_t i, at;

    (void)state;
    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const struct zone_row *zone = zone_find(quell_str_of(cases[i].zone));
        if (!cron_read(quell_str_of(cases[i].cron), &cron, &fault, &at))
            fail_msg("%s: %s", cases[i].cron, fault);
        assert_next(&cron, zone, i);
    }
}

static void test_refused(void **state)
{
    static const struct {
        const char *cron, *fault;
        size_t at;
    } bad[] = {
        {"", "five fields", 0},
        {"* * * *", "five fields", 0},
        {"* * * * * *", "five fields", 0},
        {"60 * * * *", "no value", 0},
        {"0 24 * * *", "no value", 2},
        {"0 0 0 * *", "no value", 4},
        {"0 0 * 13 *", "no value", 6},
        {"0 0 * * 8", "no value", 8},
        {"0 0 * * MOM", "no value", 8},
        {"5-1 * * * *", "ends before", 0},
        {"*/0 * * * *", "a step is", 0},
        {"5/15 * * * *", "behind `*`", 0},
        {"0 0 L * *", "no value", 4},
        {"-1 * * * *", "no value", 0},
        {"1,,2 * * * *", "no value", 2},
        {"@reboot", "no value", 0},
    };
    struct cron cron;
    const char *fault;
    size_t i, at;

    (void)state;
    for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        if (cron_read(quell_str_of(bad[i].cron), &cron, &fault, &at))
            fail_msg("%s is read", bad[i].cron);
        if (!strstr(fault, bad[i].fault) || at != bad[i].at)
            fail_msg("%s: %s at %zu", bad[i].cron, fault, at);
    }
}

static void test_never(void **state)
{
    struct cron cron;
    const char *fault;
    size_t at;

    (void)state;
    assert_true(cron_read(QUELL_STR("0 0 30 2 *"), &cron, &fault, &at));
    assert_true(cron_next(&cron, NULL, 0) == INT64_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_next), cmocka_unit_test(test_refused),
                                       cmocka_unit_test(test_never)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
