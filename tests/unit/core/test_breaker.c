/*
 * test_breaker.c - what fails in a row is stopped, one is tried after a time, and success lets the
 * others go on; what the state outlives; and the rule by itself, as rows.
 */
#include "virtual.h"

#include "base/limits.h"
#include "policy/breaker.h"

#define POLICY UNPROTECTED_AND("caps: { disrupts: { hour: 1000, day: 1000 } }, ")
#define CONFIG "connectors: []\nbreaker: { failures: 3, probe: 1m }\n" POLICY
#define HEAD(id) "quell: 1\nplaybook: " id "\non: { incident: }\n"
#define ISOLATE                                                                                    \
    "steps:\n  - id: a\n    uses: defender.isolate-device\n"                                       \
    "    with: { device_id: x, comment: x }\n"

static void submit(struct virtual *v)
{
    virtual_submit(v, "{\"title\": \"T\"}");
}

static size_t calls(const struct virtual *v)
{
    return virtual_count(v, "call_scheduled", NULL);
}

/* ---- the rule ----------------------------------------------------------------------------------
 */

/* f: one fails, s: succeeds, t: a change asks and is let (or `x`: is not), number: minutes go by.
 */
static const struct {
    const char *story;
    bool open;
} rows[] = {
    {"fft", false},        {"ffsfft", false},  {"fffx", true},    {"fff1t", true},
    {"fff1tx", true},      {"fff1tst", false}, {"fff1tfx", true}, {"fff1tf1x", true},
    {"fff1tf2t", true},    {"fffs", false},    {"fffff1t", true}, {"fff1tf2tf4t", true},
    {"fff1t1t", true}, /* a probe that was lost on its way does not count for ever */
    {"fff1tf2tf3x", true},
};

static void the_rule(void **state)
{
    const struct breaker_rule rule = {3, 60000000};

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        struct breaker_state breaker = {0};
        int64_t now = 1000000;
        for (const char *at = rows[i].story; *at; at++) {
            if (*at == 'f' || *at == 's')
                (void)breaker_ended(&breaker, &rule, *at == 'f', now);
            else if (*at == 't' || *at == 'x') {
                if (breaker_lets(&breaker, now) != (*at == 't'))
                    fail_msg("%s at %zu", rows[i].story, (size_t)(at - rows[i].story));
                if (*at == 't')
                    breaker_take(&breaker, &rule, now);
            } else
                now += (int64_t)(*at - '0') * 60000000;
        }
        if (breaker_is_open(&breaker) != rows[i].open)
            fail_msg("%s ends otherwise", rows[i].story);
    }
}

static void it_is_never_open_for_longer(void **state)
{
    const struct breaker_rule rule = {1, 60000000};
    struct breaker_state breaker = {0};
    int64_t now = 1;

    (void)state;
    for (int i = 0; i < 40; i++) {
        (void)breaker_ended(&breaker, &rule, true, now);
        assert_true(breaker_due_us(&breaker) - now <= (int64_t)LIMIT_BREAKER_OPEN_S * 1000000);
        now = breaker_due_us(&breaker);
        breaker_take(&breaker, &rule, now);
    }
    assert_int_equal(breaker_due_us(&breaker) - now, (int64_t)LIMIT_BREAKER_OPEN_S * 1000000);
}

static void who_is_to_blame(void **state)
{
    (void)state;
    assert_true(breaker_blames_connection(QUELL_UNAVAILABLE, 0));
    assert_true(breaker_blames_connection(QUELL_UNKNOWN_OUTCOME, 0));
    assert_true(breaker_blames_connection(QUELL_REFUSED, 500));
    assert_true(breaker_blames_connection(QUELL_DENIED, 401));
    assert_false(breaker_blames_connection(QUELL_DENIED, 403)); /* of this target */
    assert_false(breaker_blames_connection(QUELL_NOT_FOUND, 404));
    assert_false(breaker_blames_connection(QUELL_OK, 200));
}

/* ---- in an engine ------------------------------------------------------------------------------
 */

static void a_connection_that_is_down(void **state)
{
    struct virtual v;

    (void)state;
    virtual_open(&v, CONFIG, (const char *const[]){HEAD("p") ISOLATE, HEAD("q") ISOLATE, NULL});
    virtual_fail(&v, "defender.isolate-device", QUELL_UNAVAILABLE);
    submit(&v);
    submit(&v); /* p, q, p: it is open, and q's second one waits */
    assert_int_equal(calls(&v), 3);
    virtual_state(&v, 3, "halted");
    submit(&v);
    assert_int_equal(calls(&v), 3);
    virtual_pass(&v, "61s");
    assert_int_equal(calls(&v), 4); /* one probe, of the oldest */
    virtual_state(&v, 3, "failed");
    virtual_pass(&v, "61s");
    assert_int_equal(calls(&v), 4); /* twice as long */
    virtual_answer(&v, "defender.isolate-device", QUELL_STR("{}"));
    virtual_pass(&v, "61s");
    assert_int_equal(calls(&v), 6); /* the probe, and then the last one */
    virtual_state(&v, 4, "succeeded");
    virtual_state(&v, 5, "succeeded");
    virtual_close(&v);
}

/* The connection answers: only the playbook is wrong. */
static void a_playbook_that_is_wrong(void **state)
{
    struct virtual v;

    (void)state;
    virtual_open(&v, CONFIG, (const char *const[]){HEAD("p") ISOLATE, NULL});
    virtual_fail(&v, "defender.isolate-device", QUELL_NOT_FOUND);
    submit(&v);
    submit(&v);
    submit(&v);
    submit(&v);
    assert_int_equal(calls(&v), 3);
    virtual_state(&v, 3, "halted");
    virtual_close(&v);
}

static void it_can_be_switched_off(void **state)
{
    struct virtual v;
    size_t i;

    (void)state;
    virtual_open(&v, "connectors: []\nbreaker: { failures: 0 }\n" POLICY,
                 (const char *const[]){HEAD("p") ISOLATE, NULL});
    virtual_fail(&v, "defender.isolate-device", QUELL_UNAVAILABLE);
    for (i = 0; i < 20; i++)
        submit(&v);
    assert_int_equal(calls(&v), 20);
    virtual_close(&v);
}

static void a_person_closes_it(void **state)
{
    struct quell_halt defender = {
        .what = "connector", .name = QUELL_STR("defender"), .by = QUELL_STR("ana")};
    struct quell_halt p = {.what = "playbook", .name = QUELL_STR("p"), .by = QUELL_STR("ana")};
    struct quell_error err = {0};
    struct virtual v;

    (void)state;
    virtual_open(&v, CONFIG, (const char *const[]){HEAD("p") ISOLATE, NULL});
    virtual_fail(&v, "defender.isolate-device", QUELL_UNAVAILABLE);
    submit(&v);
    submit(&v);
    submit(&v);
    virtual_answer(&v, "defender.isolate-device", QUELL_STR("{}"));
    submit(&v);
    virtual_state(&v, 3, "halted");
    assert_int_equal(quell_resume(v.engine, &defender, &err), QUELL_OK);
    virtual_pass(&v, "1s");
    virtual_state(&v, 3, "halted"); /* the playbook's is open as well */
    assert_int_equal(quell_resume(v.engine, &p, &err), QUELL_OK);
    virtual_pass(&v, "1s");
    virtual_state(&v, 3, "succeeded");
    virtual_close(&v);
}

static void the_state_is_a_mark(void **state)
{
    struct arena *arena = arena_new(0);
    struct breaker_state breaker = {.failures = 4, .opened = 2, .open_until_us = 77}, again;

    (void)state;
    again = breaker_read(breaker_value(arena, &breaker));
    assert_int_equal(again.failures, 4);
    assert_int_equal(again.opened, 2);
    assert_int_equal(again.open_until_us, 77);
    breaker = (struct breaker_state){0};
    assert_true(quell_is_null(breaker_value(arena, &breaker)));
    arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_rule),
        cmocka_unit_test(it_is_never_open_for_longer),
        cmocka_unit_test(who_is_to_blame),
        cmocka_unit_test(a_connection_that_is_down),
        cmocka_unit_test(a_playbook_that_is_wrong),
        cmocka_unit_test(it_can_be_switched_off),
        cmocka_unit_test(a_person_closes_it),
        cmocka_unit_test(the_state_is_a_mark),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
