/*
 * Times and durations as text: the calendar's corners, fractions, offsets, ranges.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/str.h"
#include "base/when.h"

static struct arena *arena;

static int setup(void **state)
{
    (void)state;
    arena = arena_new(0);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    arena_free(arena);
    return 0;
}

static void times_are_read_and_written(void **state)
{
    static const struct {
        const char *text;
        int64_t seconds;
        uint32_t nanos;
        const char *again; /* NULL: the text itself */
    } rows[] = {
        {"1970-01-01T00:00:00Z", 0, 0, NULL},
        {"1969-12-31T23:59:59Z", -1, 0, NULL},
        {"0001-01-01T00:00:00Z", -62135596800, 0, NULL},
        {"9999-12-31T23:59:59.999999999Z", 253402300799, 999999999, NULL},
        {"2000-02-29T12:00:00Z", 951825600, 0, NULL},
        {"2024-02-29T23:59:59.5Z", 1709251199, 500000000, NULL},
        {"1900-02-28T00:00:00Z", -2203977600, 0, NULL},
        {"2026-11-24T10:20:30.120Z", 1795515630, 120000000, "2026-11-24T10:20:30.12Z"},
        {"2026-11-24T10:20:30.1234567899Z", 1795515630, 123456789,
         "2026-11-24T10:20:30.123456789Z"},
        {"2026-11-24t10:20:30z", 1795515630, 0, "2026-11-24T10:20:30Z"},
        {"2026-11-24T12:20:30+02:00", 1795515630, 0, "2026-11-24T10:20:30Z"},
        {"2026-11-24T01:50:30-08:30", 1795515630, 0, "2026-11-24T10:20:30Z"},
        {"2026-11-24T10:20:30-00:00", 1795515630, 0, "2026-11-24T10:20:30Z"},
        {"2026-11-24T10:20:30.000Z", 1795515630, 0, "2026-11-24T10:20:30Z"},
        {"2016-12-31T23:59:60Z", 1483228800, 0, "2017-01-01T00:00:00Z"},
        {"1990-12-31T15:59:60-08:00", 662688000, 0, "1991-01-01T00:00:00Z"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct when when = {-7, 7};
        assert_true(when_parse_time(quell_str_of(rows[i].text), &when));
        assert_int_equal(when.seconds, rows[i].seconds);
        assert_int_equal(when.nanos, rows[i].nanos);
        assert_string_equal(when_format_time(arena, when).data,
                            rows[i].again ? rows[i].again : rows[i].text);
    }
}

static void what_is_no_time_is_refused(void **state)
{
    static const char *const rows[] = {
        "",
        "2026",
        "2026-11-24",
        "2026-11-24T10:20:30",
        "2026-11-24 10:20:30Z",
        "2026-11-24T10:20Z",
        "2026-11-24T10:20:30.Z",
        "2026-11-24T10:20:30,5Z",
        "2026-11-24T10:20:30ZZ",
        " 2026-11-24T10:20:30Z",
        "2026-11-24T10:20:30+0200",
        "2026-11-24T10:20:30+24:00",
        "2026-11-24T10:20:30+02:60",
        "2026-11-24T24:00:00Z",
        "2026-11-24T10:60:00Z",
        "2026-11-24T10:20:61Z",
        "2026-11-24T10:20:60Z",
        "2026-11-24T23:59:60Z",
        "2026-13-01T00:00:00Z",
        "2026-00-01T00:00:00Z",
        "2026-02-29T00:00:00Z",
        "1900-02-29T00:00:00Z",
        "2026-04-31T00:00:00Z",
        "2026-01-00T00:00:00Z",
        "0000-12-31T23:59:59Z",
        "0001-01-01T00:00:00+00:01",
        "9999-12-31T23:59:59-00:01",
        "9999-12-31T23:59:60Z",
        "+2026-11-24T10:20:30Z",
        "12026-11-24T10:20:30Z",
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct when when = {-7, 7};
        if (when_parse_time(quell_str_of(rows[i]), &when))
            fail_msg("accepted: %s", rows[i]);
        assert_true(when.seconds == -7 && when.nanos == 7);
    }
    struct when when;
    assert_false(when_parse_time(QUELL_STR("2026-11-24T10:20:30\0"), &when));
}

/* Every day of 801 years, counted by the naive rule. */
static void days_follow_each_other(void **state)
{
    static const int lengths[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    int year = 1599, month = 1, day = 1, of_year = 0;
    struct when when;
    assert_true(when_parse_time(QUELL_STR("1599-01-01T13:14:15Z"), &when));
    int of_week = 5; /* a Friday */

    while (year < 2400) {
        struct when_parts parts = when_split(when, 0);
        assert_int_equal(parts.year, year);
        assert_int_equal(parts.month, month);
        assert_int_equal(parts.day, day);
        assert_int_equal(parts.day_of_year, of_year);
        assert_int_equal(parts.day_of_week, of_week);
        assert_true(parts.hour == 13 && parts.minute == 14 && parts.second == 15);
        bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
        int length = month == 2 && leap ? 29 : lengths[month - 1];
        when.seconds += 86400;
        of_week = (of_week + 1) % 7;
        of_year++;
        if (++day > length) {
            day = 1;
            month++;
        }
        if (month > 12) {
            month = 1;
            of_year = 0;
            year++;
        }
    }
}

static void offsets_move_the_parts(void **state)
{
    struct when when;
    assert_true(when_parse_time(QUELL_STR("2009-02-13T23:31:30Z"), &when));
    struct when_parts parts = when_split(when, 11 * 3600);
    assert_true(parts.day == 14 && parts.hour == 10 && parts.day_of_week == 6);
    assert_true(when_parse_time(QUELL_STR("0001-01-01T00:00:00Z"), &when));
    parts = when_split(when, -3600);
    assert_true(parts.year == 0 && parts.month == 12 && parts.day == 31 && parts.hour == 23);

    static const struct {
        const char *text;
        int32_t seconds;
    } rows[] = {{"+02:00", 7200}, {"-08:30", -30600}, {"UTC", 0},   {"Z", 0},
                {"", 0},          {"02:00", 7200},    {"-00:00", 0}};
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        int32_t seconds = -1;
        assert_true(when_parse_offset(quell_str_of(rows[i].text), &seconds));
        assert_int_equal(seconds, rows[i].seconds);
    }
    static const char *const wrong[] = {"Europe/Berlin", "+2:00", "+02", "+02:00x", "utc ", "+"};
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        int32_t seconds = -1;
        assert_false(when_parse_offset(quell_str_of(wrong[i]), &seconds));
        assert_int_equal(seconds, -1);
    }
}

static void durations_are_read_and_written(void **state)
{
    static const struct {
        const char *text;
        int64_t seconds;
        uint32_t nanos;
        const char *again;
    } rows[] = {
        {"90s", 90, 0, "90s"},
        {"1h30m", 5400, 0, "5400s"},
        {"1.5h", 5400, 0, "5400s"},
        {"250ms", 0, 250000000, "0.25s"},
        {"-3s", -3, 0, "-3s"},
        {"+3s", 3, 0, "3s"},
        {"30d", 2592000, 0, "2592000s"},
        {"-1.5s", -2, 500000000, "-1.5s"},
        {"-1ns", -1, 999999999, "-0.000000001s"},
        {"1us", 0, 1000, "0.000001s"},
        {"1\xC2\xB5s", 0, 1000, "0.000001s"},
        {"0", 0, 0, "0s"},
        {"0s", 0, 0, "0s"},
        {"-0s", 0, 0, "0s"},
        {".5s", 0, 500000000, "0.5s"},
        {"1.s", 1, 0, "1s"},
        {"1m1m", 120, 0, "120s"},
        {"0.0000000000009h", 0, 3, "0.000000003s"},
        {"0.3333333333333333333333333333s", 0, 333333333, "0.333333333s"},
        {"315576000000s", 315576000000, 0, "315576000000s"},
        {"-315576000000s", -315576000000, 0, "-315576000000s"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct when when = {-7, 7};
        assert_true(when_parse_duration(quell_str_of(rows[i].text), &when));
        assert_int_equal(when.seconds, rows[i].seconds);
        assert_int_equal(when.nanos, rows[i].nanos);
        assert_string_equal(when_format_duration(arena, when).data, rows[i].again);
    }
    static const char *const wrong[] = {
        "",
        "s",
        "-",
        "+",
        "1",
        "1x",
        "1h30",
        "1 h",
        "1s ",
        " 1s",
        ".s",
        "1..5s",
        "--1s",
        "1S",
        "315576000000.000000001s",
        "99999999999999999999999999999999999999999999999999999h",
        "1e3s",
        "-0x1s",
        "PT5M",
    };
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        struct when when = {-7, 7};
        if (when_parse_duration(quell_str_of(wrong[i]), &when))
            fail_msg("accepted: %s", wrong[i]);
        assert_true(when.seconds == -7 && when.nanos == 7);
    }
}

static void durations_for_people(void **state)
{
    static const struct {
        int64_t us;
        const char *text;
    } rows[] = {{0, "0ms"},
                {200, "200us"},
                {340000, "340ms"},
                {1600000, "1.6s"},
                {2000000, "2s"},
                {42900000, "42s"},
                {63000000, "1m 3s"},
                {120000000, "2m"},
                {7500000000, "2h 5m"},
                {273600000000, "3d 4h"},
                {-63000000, "-1m 3s"},
                {INT64_MIN, "-106751991d 4h"}};
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        assert_string_equal(when_format_human(arena, rows[i].us).data, rows[i].text);
}

static void microseconds(void **state)
{
    struct when when = when_from_us(-1);
    assert_true(when.seconds == -1 && when.nanos == 999999000);
    assert_int_equal(when_to_us(when), -1);
    assert_int_equal(when_to_us(when_from_us(INT64_MAX)), INT64_MAX);
    assert_int_equal(when_to_us((struct when){INT64_MAX, 0}), INT64_MAX);
    assert_int_equal(when_to_us((struct when){INT64_MIN, 0}), INT64_MIN);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(times_are_read_and_written),
        cmocka_unit_test(what_is_no_time_is_refused),
        cmocka_unit_test(days_follow_each_other),
        cmocka_unit_test(offsets_move_the_parts),
        cmocka_unit_test(durations_are_read_and_written),
        cmocka_unit_test(durations_for_people),
        cmocka_unit_test(microseconds),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
