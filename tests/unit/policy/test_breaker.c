/*
 * test_breaker.c - which ends of a change blame the connection, and a breaker's states; the share
 * of true positives below which a playbook is not worth it.
 */
#include "fixture.h"

#include "base/limits.h"
#include "policy/breaker.h"
#include "policy/quality.h"

enum { PROBE = 1000000 };

static const struct breaker_rule rule = {.failures = 2, .probe_us = PROBE};

static void who_is_to_blame(void **state)
{
    static const struct {
        enum quell_code code;
        int status;
        bool connection;
    } ends[] = {
        {QUELL_UNAVAILABLE, 0, true},     {QUELL_TIMED_OUT, 0, true}, {QUELL_THROTTLED, 429, true},
        {QUELL_UNKNOWN_OUTCOME, 0, true}, {QUELL_IO, 0, true},        {QUELL_DENIED, 0, true},
        {QUELL_DENIED, 401, true},        {QUELL_DENIED, 403, false}, {QUELL_OK, 200, false},
        {QUELL_INVALID, 400, false},      {QUELL_INVALID, 500, true}, {QUELL_NOT_FOUND, 404, false},
        {QUELL_CONFLICT, 409, false},     {QUELL_LIMIT, 0, false},    {QUELL_REFUSED, 499, false},
        {QUELL_REFUSED, 503, true},
    };
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(ends) / sizeof(*ends); i++)
        if (breaker_blames_connection(ends[i].code, ends[i].status) != ends[i].connection)
            fail_msg("code %d, status %d", ends[i].code, ends[i].status);
}

static void it_opens_and_closes(void **state)
{
    struct arena *arena = arena_new(0);
    struct breaker_state breaker = {0};

    (void)state;
    assert_int_equal(breaker_ended(&breaker, &rule, false, 0), BREAKER_SAME);
    assert_true(quell_is_null(breaker_value(arena, &breaker)));
    assert_int_equal(breaker_ended(&breaker, &rule, true, 0), BREAKER_COUNTED);
    assert_int_equal(breaker_ended(&breaker, &rule, false, 0), BREAKER_COUNTED);
    assert_int_equal(breaker_ended(&breaker, &rule, true, 0), BREAKER_COUNTED);
    breaker_take(&breaker, &rule, 0); /* closed: no probe */
    assert_int_equal(breaker.probe_until_us, 0);
    assert_true(breaker_lets(&breaker, 0));
    assert_int_equal(breaker_ended(&breaker, &rule, true, 10), BREAKER_OPENED);
    assert_true(breaker_is_open(&breaker));
    breaker = breaker_read(breaker_value(arena, &breaker)); /* as it is kept */
    assert_int_equal(breaker_due_us(&breaker), 10 + PROBE);
    assert_false(breaker_lets(&breaker, 10 + PROBE - 1));
    assert_int_equal(breaker_ended(&breaker, &rule, true, 20), BREAKER_COUNTED); /* a late one */
    assert_int_equal(breaker_due_us(&breaker), 10 + PROBE);
    assert_true(breaker_lets(&breaker, 10 + PROBE));
    breaker_take(&breaker, &rule, 10 + PROBE);
    assert_false(breaker_lets(&breaker, 10 + PROBE)); /* one at a time */
    assert_int_equal(breaker_due_us(&breaker), 10 + 2 * PROBE);
    assert_int_equal(breaker_ended(&breaker, &rule, true, 3 * PROBE), BREAKER_OPENED);
    assert_int_equal(breaker_due_us(&breaker), 5 * PROBE); /* for twice as long */
    breaker_take(&breaker, &rule, 5 * PROBE);
    assert_int_equal(breaker_ended(&breaker, &rule, false, 5 * PROBE), BREAKER_CLOSED);
    assert_false(breaker_is_open(&breaker));
    assert_true(breaker_lets(&breaker, 5 * PROBE));
    arena_free(arena);
}

static void it_is_open_for_a_time(void **state)
{
    const int64_t most = (int64_t)LIMIT_BREAKER_OPEN_S * 1000000;
    struct breaker_state breaker = {.failures = 9, .opened = 62, .probe_until_us = 1};
    struct breaker_rule never = {.failures = 0, .probe_us = PROBE};
    struct breaker_rule long_one = {.failures = 1, .probe_us = 2 * most};

    (void)state;
    assert_int_equal(breaker_ended(&breaker, &rule, true, 0), BREAKER_OPENED);
    assert_int_equal(breaker_due_us(&breaker), most);
    breaker = (struct breaker_state){0};
    assert_int_equal(breaker_ended(&breaker, &long_one, true, 0), BREAKER_OPENED);
    assert_int_equal(breaker_due_us(&breaker), most);
    breaker = (struct breaker_state){.failures = 99};
    assert_int_equal(breaker_ended(&breaker, &never, true, 0), BREAKER_COUNTED);
    assert_false(breaker_is_open(&breaker));
}

/* ---- quality -----------------------------------------------------------------------------------
 */

static void verdicts_of_people(void **state)
{
    static const struct playbook_quality quality = {.over = 4, .min_precision = 0.5};
    struct arena *arena = arena_new(0);
    double precision = -1;

    (void)state;
    assert_int_equal(policy_verdict_of(QUELL_STR("true-positive")), 'T');
    assert_int_equal(policy_verdict_of(QUELL_STR("benign-positive")), 'B');
    assert_int_equal(policy_verdict_of(QUELL_STR("false-positive")), 'F');
    assert_int_equal(policy_verdict_of(QUELL_STR("undetermined")), 0);
    assert_text(policy_verdicts_add(arena, &quality, QUELL_STR("TBF"), 'T'), "TBFT");
    assert_text(policy_verdicts_add(arena, &quality, QUELL_STR("TBFT"), 'F'), "BFTF");
    assert_false(policy_quality_breached(&quality, QUELL_STR(""), &precision));
    assert_true(precision == 1);
    assert_false(policy_quality_breached(&quality, QUELL_STR("FFF"), &precision)); /* too few */
    assert_true(precision == 0);
    assert_false(policy_quality_breached(&quality, QUELL_STR("TFTB"), &precision));
    assert_true(precision == 0.5);
    assert_true(policy_quality_breached(&quality, QUELL_STR("TFFB"), &precision));
    assert_true(precision == 0.25);
    arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(who_is_to_blame),
        cmocka_unit_test(it_opens_and_closes),
        cmocka_unit_test(it_is_open_for_a_time),
        cmocka_unit_test(verdicts_of_people),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
