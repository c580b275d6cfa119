/*
 * test_start.c - the rules of dedupe and throttle on what was remembered, at their edges.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/arena.h"
#include "policy/start.h"
#include "value/value.h"

enum { HOUR = 3600 };
#define US(seconds) ((int64_t)(seconds)*1000000)

static const struct playbook_dedupe day = {.within_us = US(HOUR)};

static void dedupe_counts_from_the_first(void **state)
{
    struct arena *arena = arena_new(0);
    struct policy_verdict first = policy_dedupe(arena, &day, quell_null(), US(100)), next;
    struct quell_value mark = value_with(arena, first.mark, QUELL_STR("run"), quell_text("r-1"));

    (void)state;
    assert_int_equal(first.start, POLICY_STARTS);
    assert_int_equal(first.until_us, US(100 + HOUR));
    next = policy_dedupe(arena, &day, mark, US(100));
    assert_int_equal(next.start, POLICY_LINKED);
    assert_true(quell_str_equal(next.run, QUELL_STR("r-1")));
    next = policy_dedupe(arena, &day, next.mark, US(100 + HOUR) - 1);
    assert_int_equal(next.start, POLICY_LINKED);
    assert_int_equal(quell_get_int(next.mark, "count", 0), 2);
    assert_int_equal(next.until_us, US(100 + HOUR));
    next = policy_dedupe(arena, &day, next.mark, US(100 + HOUR));
    assert_int_equal(next.start, POLICY_STARTS);
    assert_int_equal(quell_get_int(next.mark, "count", -1), 0);
    arena_free(arena);
}

/* A clock that is set back by more than the window does not keep a key for ever. */
static void a_clock_set_back(void **state)
{
    struct arena *arena = arena_new(0);
    struct policy_verdict first = policy_dedupe(arena, &day, quell_null(), US(3 * HOUR));

    (void)state;
    assert_int_equal(policy_dedupe(arena, &day, first.mark, US(3 * HOUR - 60)).start,
                     POLICY_LINKED);
    assert_int_equal(policy_dedupe(arena, &day, first.mark, US(HOUR)).start, POLICY_STARTS);
    arena_free(arena);
}

static void damaged_marks_start(void **state)
{
    static const struct playbook_throttle rule = {
        .kind = THROTTLE_AT_LEAST, .within_us = US(HOUR), .count = 2};
    struct arena *arena = arena_new(0);
    struct map_builder map = {.arena = arena};

    (void)state;
    map_add(&map, "times", quell_text("x"));
    assert_int_equal(policy_dedupe(arena, &day, quell_text("x"), US(1)).start, POLICY_STARTS);
    assert_int_equal(policy_throttle(arena, &rule, map_made(&map), US(1)).start, POLICY_COUNTED);
    arena_free(arena);
}

static void at_least_forgets_the_old(void **state)
{
    static const struct playbook_throttle rule = {
        .kind = THROTTLE_AT_LEAST, .within_us = US(HOUR), .count = 3};
    struct arena *arena = arena_new(0);
    struct policy_verdict one = policy_throttle(arena, &rule, quell_null(), US(0) + 1), two, three;

    (void)state;
    two = policy_throttle(arena, &rule, one.mark, US(HOUR));
    assert_int_equal(two.start, POLICY_COUNTED);
    assert_int_equal(quell_count(quell_get(two.mark, "times")), 2);
    three = policy_throttle(arena, &rule, two.mark, US(HOUR) + 1); /* the first is an hour old */
    assert_int_equal(three.start, POLICY_COUNTED);
    assert_int_equal(quell_count(quell_get(three.mark, "times")), 2);
    three = policy_throttle(arena, &rule, two.mark, US(HOUR));
    assert_int_equal(three.start, POLICY_STARTS);
    assert_true(quell_is_null(three.mark));
    arena_free(arena);
}

/* Times that are none, and times of a clock that was set back, are not counted. */
static void at_least_counts_times(void **state)
{
    static const struct playbook_throttle rule = {
        .kind = THROTTLE_AT_LEAST, .within_us = US(HOUR), .count = 3};
    struct arena *arena = arena_new(0);
    struct quell_value times[] = {quell_text("x"), quell_int(US(5)), quell_int(US(7))};
    struct map_builder map = {.arena = arena};
    struct policy_verdict found;

    (void)state;
    map_add(&map, "times", quell_list(times, 3));
    found = policy_throttle(arena, &rule, map_made(&map), US(6));
    assert_int_equal(found.start, POLICY_COUNTED);
    assert_true(quell_str_equal(found.detail, QUELL_STR("at-least: 2 of 3 within 1h")));
    found = policy_throttle(arena, &rule, found.mark, US(7));
    assert_int_equal(found.start, POLICY_STARTS);
    arena_free(arena);
}

static void once_within_links(void **state)
{
    static const struct playbook_throttle rule = {.kind = THROTTLE_ONCE_WITHIN,
                                                  .within_us = US(HOUR)};
    struct arena *arena = arena_new(0);
    struct policy_verdict first = policy_throttle(arena, &rule, quell_null(), US(5)), next;

    (void)state;
    assert_int_equal(first.start, POLICY_STARTS);
    next = policy_throttle(arena, &rule, first.mark, US(5 + HOUR) - 1);
    assert_int_equal(next.start, POLICY_LINKED);
    assert_true(quell_str_equal(next.detail, QUELL_STR("once-within: more within 1h, 1 so far")));
    assert_int_equal(policy_throttle(arena, &rule, next.mark, US(5 + HOUR)).start, POLICY_STARTS);
    arena_free(arena);
}

static void without_a_rule_all_start(void **state)
{
    static const struct playbook_throttle none = {.kind = THROTTLE_NONE};
    struct arena *arena = arena_new(0);
    struct policy_verdict found = policy_throttle(arena, &none, quell_null(), US(5));

    (void)state;
    assert_int_equal(found.start, POLICY_STARTS);
    assert_true(quell_is_null(found.mark));
    arena_free(arena);
}

static void once_after_waits(void **state)
{
    static const struct playbook_throttle rule = {.kind = THROTTLE_ONCE_AFTER,
                                                  .within_us = US(HOUR)};
    struct arena *arena = arena_new(0);
    struct policy_verdict first = policy_throttle(arena, &rule, quell_null(), US(5));

    (void)state;
    assert_int_equal(first.start, POLICY_WAITS);
    assert_int_equal(first.until_us, US(5 + HOUR));
    assert_int_equal(policy_throttle(arena, &rule, first.mark, US(6)).start, POLICY_LINKED);
    assert_int_equal(policy_throttle(arena, &rule, first.mark, US(5 + HOUR)).start, POLICY_WAITS);
    arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(dedupe_counts_from_the_first), cmocka_unit_test(a_clock_set_back),
        cmocka_unit_test(damaged_marks_start),          cmocka_unit_test(at_least_forgets_the_old),
        cmocka_unit_test(at_least_counts_times),        cmocka_unit_test(once_within_links),
        cmocka_unit_test(without_a_rule_all_start),     cmocka_unit_test(once_after_waits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
