/*
 * test_window.c - maintenance windows: how they are written, when they deny, and until when. The
 * 5th of January 2026 is a Monday.
 */
#include "fixture.h"

#include "policy/internal.h"

/* ---- reading -----------------------------------------------------------------------------------
 */

static void what_is_no_time_of_the_week(void **state)
{
    static const char *const texts[] = {
        "",
        "Mo",
        "Xyz",
        "Monkey",
        "Thur",
        "Mon,",
        "Mon-",
        "-Mon",
        "Mon-Xyz",
        "Xyz 08:00-18:00",
        "Mon 08:00",
        "Mon 8:00-18:00",
        "Mon 08-18:00",
        "Mon 08:0-18:00",
        "Mon 08:00-18",
        "Mon xx:00-18:00",
        "Mon 08:xx-18:00",
        "Mon 08:60-18:00",
        "Mon 08:-5-18:00",
        "Mon 08:00-18:-5",
        "Mon 08:00--1:00",
        "Mon 25:00-18:00",
        "Mon 08:00-24:01",
        "Mon 24:00-24:00",
        "Fri - Mon 08:00",
        "Fri 18:00 - Mon",
        "Xyz 18:00 - Mon 08:00",
        "Fri 18:00 - Xyz 08:00",
        "Fri 1800 - Mon 08:00",
        "Fri 18:00 - Mon 0800",
    };
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
        struct policy_span span;
        if (policy_span_read(quell_str_of(texts[i]), &span))
            fail_msg("read: `%s`", texts[i]);
    }
}

/* ---- now ---------------------------------------------------------------------------------------
 */

static const struct {
    const char *window, *now;
    const char *until; /* NULL: it does not deny; "": nobody knows until when */
} rows[] = {
    {"weekly: Mon-Fri 08:00-18:00", "2026-01-05T07:59:59Z", NULL},
    {"weekly: Mon-Fri 08:00-18:00", "2026-01-05T08:00:00Z", "2026-01-05T18:00:00Z"},
    {"weekly: ' mon-FRI  08:00-18:00 '", "2026-01-09T17:59:59Z", "2026-01-09T18:00:00Z"},
    {"weekly: Monday-Friday 08:00-18:00", "2026-01-09T18:00:00Z", NULL},
    {"weekly: Mon-Fri 08:00-18:00", "2026-01-10T12:00:00Z", NULL},
    {"weekly: 'Mon,Wed 08:00-18:00'", "2026-01-06T12:00:00Z", NULL},
    {"weekly: 'Mon,Wed 08:00-18:00'", "2026-01-07T12:00:00Z", "2026-01-07T18:00:00Z"},
    {"weekly: daily 02:05-04:10", "2026-01-10T04:09:59Z", "2026-01-10T04:10:00Z"},
    {"weekly: daily 02:05-04:10", "2026-01-10T02:04:59Z", NULL},
    /* Over midnight, over the end of the week, and whole days. */
    {"weekly: Fri-Mon 22:00-06:00", "2026-01-06T05:59:59Z", "2026-01-06T06:00:00Z"},
    {"weekly: Fri-Mon 22:00-06:00", "2026-01-09T05:00:00Z", NULL},
    {"weekly: Sat 22:00-06:00", "2026-01-11T01:00:00Z", "2026-01-11T06:00:00Z"},
    {"weekly: Mon 24:00-02:00", "2026-01-06T01:00:00Z", "2026-01-06T02:00:00Z"},
    {"weekly: Sat 18:00-24:00", "2026-01-10T23:59:59Z", "2026-01-11T00:00:00Z"},
    {"weekly: Sat", "2026-01-10T12:00:00Z", "2026-01-11T00:00:00Z"},
    {"weekly: Sat", "2026-01-11T00:00:00Z", NULL},
    {"weekly: daily", "2026-01-10T12:00:00Z", "2026-01-11T00:00:00Z"},
    {"weekly: Sat 08:00-18:00", "2026-01-31T09:00:00Z", "2026-01-31T18:00:00Z"},
    {"weekly: Thu 08:00-18:00", "2026-12-31T09:00:00Z", "2026-12-31T18:00:00Z"},
    {"weekly: Fri 18:00 - Mon 08:00", "2026-01-11T12:00:00Z", "2026-01-12T08:00:00Z"},
    {"weekly: Fri  18:00  -  Mon  08:00", "2026-01-12T08:00:00Z", NULL},
    {"weekly: Fri 24:00 - Sun 24:00", "2026-01-09T23:59:59Z", NULL},
    {"weekly: Fri 24:00 - Sun 24:00", "2026-01-11T23:00:00Z", "2026-01-12T00:00:00Z"},
    /* Several: until the last one ends. */
    {"weekly: [Mon 08:00-12:00, Mon 10:00-14:00]", "2026-01-05T11:00:00Z", "2026-01-05T14:00:00Z"},
    {"weekly: [Mon 10:00-14:00, Mon 08:00-12:00]", "2026-01-05T11:00:00Z", "2026-01-05T14:00:00Z"},
    {"weekly: Mon 08:00-12:00, cron: '0 11 * * *', for: 2h", "2026-01-05T11:30:00Z",
     "2026-01-05T13:00:00Z"},
    {"weekly: Mon 08:00-12:00, cron: '0 11 * * *', for: 2h", "2026-01-05T09:00:00Z",
     "2026-01-05T12:00:00Z"},
    {"cron: '0 22 * * *', for: 90m", "2026-01-05T21:59:59Z", NULL},
    {"cron: '0 22 * * *', for: 90m", "2026-01-05T22:00:00Z", "2026-01-05T23:30:00Z"},
    {"cron: '0 22 * * *', for: 90m", "2026-01-05T23:30:00Z", NULL},
    /* In a zone: 08:00 in Helsinki is 06:00 in winter. */
    {"zone: Europe/Helsinki, weekly: Mon 08:00-18:00", "2026-01-05T06:00:00Z",
     "2026-01-05T16:00:00Z"},
    {"zone: UTC, weekly: Mon 08:00-18:00", "2026-01-05T06:00:00Z", NULL},
    /* Outside of it is what is denied, until the first one begins. */
    {"allow-only: disrupts, weekly: Mon-Fri 08:00-18:00", "2026-01-05T09:00:00Z", NULL},
    {"allow-only: disrupts, weekly: Mon-Fri 08:00-18:00", "2026-01-10T09:00:00Z",
     "2026-01-12T08:00:00Z"},
    {"allow-only: disrupts, weekly: [Wed, Tue, Thu]", "2026-01-05T09:00:00Z",
     "2026-01-06T00:00:00Z"},
    {"allow-only: disrupts, weekly: Wed, cron: '0 22 * * *', for: 1h", "2026-01-05T09:00:00Z",
     "2026-01-05T22:00:00Z"},
    {"allow-only: disrupts, cron: '0 0 30 2 *', for: 1h", "2026-01-05T09:00:00Z", ""},
};

static void when_a_window_denies(void **state)
{
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        struct arena *arena = arena_new(0);
        struct policy *policy =
            load(arena, arena_format(arena, "windows: [{ name: w, %s }]", rows[i].window).data);
        int64_t until = -1, wanted = -1;
        bool denies = policy_window_denies(&policy->windows[0], us_of(rows[i].now), &until);
        if (rows[i].until)
            wanted = rows[i].until[0] ? us_of(rows[i].until) : INT64_MAX;
        if (denies != (rows[i].until != NULL) || until != wanted)
            fail_msg("{ %s } at %s: %d, until %.*s", rows[i].window, rows[i].now, denies,
                     QUELL_ARG(when_format_time(arena, when_from_us(until))));
        policy_free(policy);
        arena_free(arena);
    }
}

/* ---- what it says to a call --------------------------------------------------------------------
 */

static struct quell_value judged(struct arena *arena, const struct policy *policy,
                                 enum quell_effect effect, const char *now)
{
    struct quell_action action = {.name = "a", .effect = effect};
    struct policy_call call = {
        .action = &action,
        .targets = json(arena, "[{\"kind\": \"url\", \"value\": \"https://x.example/\"}]"),
        .now_us = us_of(now)};

    return policy_judge(arena, policy, &call);
}

static void what_a_window_says(void **state)
{
    struct arena *arena = arena_new(0);
    struct policy *policy =
        load(arena, "windows:\n"
                    "  - { name: night, weekly: daily 20:00-06:00 }\n"
                    "  - { name: frozen, weekly: Sat, deny: changes }\n"
                    "  - { name: never, cron: '0 0 30 2 *', for: 1h, allow-only: changes }\n");
    struct quell_value all = judged(arena, policy, QUELL_DISRUPTS, "2026-01-10T21:00:00Z"), one;

    (void)state;
    assert_text(reasons(arena, all),
                "policy.window.night policy.window.frozen policy.window.never");
    one = quell_at(all, 0);
    assert_text(quell_get_str(one, "verdict"), "held");
    assert_text(quell_get_str(one, "message"),
                "it is inside of the window `night`: held until 2026-01-11T06:00:00Z");
    assert_true(value_equal(quell_get(one, "until"), value_time_us(us_of("2026-01-11T06:00:00Z"))));
    one = quell_at(all, 2);
    assert_text(quell_get_str(one, "message"),
                "it is outside of the window `never`: held until a person releases it");
    assert_true(quell_is_null(quell_get(one, "until")));
    all = judged(arena, policy, QUELL_CHANGES, "2026-01-10T21:00:00Z"); /* disrupts nothing */
    assert_text(reasons(arena, all), "policy.window.frozen policy.window.never");
    all = judged(arena, policy, QUELL_NOTES, "2026-01-10T21:00:00Z");
    assert_int_equal(quell_count(all), 0);
    all = judged(arena, policy, QUELL_READS, "2026-01-10T21:00:00Z");
    assert_int_equal(quell_count(all), 0);
    policy_free(policy);
    arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_no_time_of_the_week),
        cmocka_unit_test(when_a_window_denies),
        cmocka_unit_test(what_a_window_says),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
