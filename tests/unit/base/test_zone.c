/*
 * Time zones: every one at thousands of moments says what the C library says that reads the
 * system's own files of the same database.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "base/str.h"
#include "base/when.h"
#include "base/zone.h"

static void names_are_found(void **state)
{
    (void)state;
    assert_true(zone_count > 400);
    for (size_t i = 0; i < zone_count; i++) {
        assert_ptr_equal(zone_find(quell_str_of(zone_rows[i].name)), &zone_rows[i]);
        if (i)
            assert_true(strcmp(zone_rows[i - 1].name, zone_rows[i].name) < 0);
    }
    assert_null(zone_find(QUELL_STR("")));
    assert_null(zone_find(QUELL_STR("Europe")));
    assert_null(zone_find(QUELL_STR("europe/helsinki")));
    assert_null(zone_find(QUELL_STR("Europe/Helsinki/")));
    assert_null(zone_find(QUELL_STR("../../etc/passwd")));
}

static void known_moments(void **state)
{
    static const struct {
        const char *zone, *time;
        int32_t offset;
    } rows[] = {
        {"Europe/Helsinki", "2026-03-29T00:59:59Z", 7200},
        {"Europe/Helsinki", "2026-03-29T01:00:00Z", 10800},
        {"Europe/Helsinki", "2026-10-25T00:59:59Z", 10800},
        {"Europe/Helsinki", "2026-10-25T01:00:00Z", 7200},
        {"Europe/Helsinki", "2100-07-01T00:00:00Z", 10800},
        {"Europe/Helsinki", "1870-01-01T00:00:00Z", 5989}, /* by the sun */
        {"America/New_York", "2026-03-08T06:59:59Z", -18000},
        {"America/New_York", "2026-03-08T07:00:00Z", -14400},
        {"Australia/Sydney", "2026-01-01T00:00:00Z", 39600},
        {"Australia/Sydney", "2026-07-01T00:00:00Z", 36000},
        {"Asia/Kathmandu", "2026-07-01T00:00:00Z", 20700},
        {"Etc/GMT+5", "2026-07-01T00:00:00Z", -18000},
        {"UTC", "9999-12-31T23:59:59Z", 0},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct when time;
        assert_true(when_parse_time(quell_str_of(rows[i].time), &time));
        assert_int_equal(zone_offset(zone_find(quell_str_of(rows[i].zone)), time.seconds),
                         rows[i].offset);
    }
}

/* A fixed series of numbers, so that a failure can be repeated. */
static uint64_t next(uint64_t *seed)
{
    *seed = *seed * 6364136223846793005u + 1442695040888963407u;
    return *seed >> 20;
}

static void as_the_c_library(void **state)
{
    enum { MOMENTS = 2000 };
    uint64_t seed = 1;
    size_t zones = 0;
    for (size_t i = 0; i < zone_count; i++) {
        char path[128];
        FILE *file;
        (void)snprintf(path, sizeof(path), "/usr/share/zoneinfo/%s", zone_rows[i].name);
        file = fopen(path, "rb");
        if (!file)
            continue; /* the C library would take it as UTC */
        (void)fclose(file);
        zones++;
        assert_int_equal(setenv("TZ", zone_rows[i].name, 1), 0);
        tzset();
        for (int k = 0; k < MOMENTS; k++) {
            /* The years 1850 to 2150, and often near the turns of a year. */
            time_t time = (time_t)(next(&seed) % 9467085600u) - 3786825600;
            struct tm tm;
            if (k % 4 == 0)
                time = time / 31556952 * 31556952 + (time_t)(next(&seed) % 259200) - 86400;
            assert_non_null(localtime_r(&time, &tm));
            if (zone_offset(&zone_rows[i], time) != tm.tm_gmtoff)
                fail_msg("%s at %lld: %d, not %ld", zone_rows[i].name, (long long)time,
                         (int)zone_offset(&zone_rows[i], time), tm.tm_gmtoff);
        }
    }
    print_message("%zu zones at %d moments each\n", zones, MOMENTS);
    if (!zones)
        skip();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_are_found),
        cmocka_unit_test(known_moments),
        cmocka_unit_test(as_the_c_library),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
