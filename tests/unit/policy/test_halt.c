/*
 * test_halt.c - the kill switch's text: what it stops, what is not understood, how it is edited.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/str.h"
#include "policy/halt.h"

#define DEFENDER "{\"what\": \"connector\", \"name\": \"defender\"}\n"
#define PLAYBOOK "{\"what\": \"playbook\", \"name\": \"p\", \"by\": \"ana\", \"reason\": \"x\"}\n"

static const struct halt_subject subjects[] = {
    {{"p", 1}, {"defender", 8}, {"", 0}, true},  {{"q", 1}, {"defender", 8}, {"d2", 2}, true},
    {{"p", 1}, {"sentinel", 8}, {"", 0}, true},  {{"q", 1}, {"sentinel", 8}, {"d2", 2}, true},
    {{"p", 1}, {"defender", 8}, {"", 0}, false}, {{"", 0}, {"", 0}, {"", 0}, true},
};

enum { SUBJECTS = sizeof(subjects) / sizeof(*subjects) };

/* A letter for each subject: `x` it is stopped. */
static const struct {
    const char *text, *stopped;
} rows[] = {
    {"", "xxxx.x"},
    {"\n\n", "xxxx.x"},
    {"stop!", "xxxx.x"},
    {"[]", "xxxx.x"},
    {"{}", "xxxx.x"},
    {"{\"what\": \"conector\", \"name\": \"defender\"}", "xxxx.x"},
    {"{\"what\": \"connector\"}", "xxxx.x"},
    {"{\"what\": \"connector\", \"name\": 7}", "xxxx.x"},
    {"{\"what\": \"connector\", \"name\": \"defen", "xxxx.x"},
    {"{\"what\": \"everything\"}", "xxxx.x"},
    {"{\"what\": \"everything\", \"reads\": true}", "xxxxxx"},
    {DEFENDER, "xx...."},
    {DEFENDER "halted by hand", "xxxx.x"},
    {"{\"what\": \"connector\", \"name\": \"d2\"}", ".x.x.."},
    {"{\"what\": \"connector\", \"name\": \"defender\", \"reads\": true}", "xx..x."},
    {PLAYBOOK, "x.x..."},
    {DEFENDER PLAYBOOK, "xxx..."},
    {"\xff\xfe\n", "xxxx.x"},
};

static void what_is_stopped(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        struct arena *arena = arena_new(0);
        struct halt_rules rules = halt_read(arena, quell_str_of(rows[i].text));
        for (size_t k = 0; k < SUBJECTS; k++)
            if ((halt_stops(&rules, &subjects[k]) != NULL) != (rows[i].stopped[k] == 'x'))
                fail_msg("`%s`, subject %zu", rows[i].text, k);
        arena_free(arena);
    }
}

static void nothing_stops_nothing(void **state)
{
    struct halt_rules none = {NULL, 0};

    (void)state;
    for (size_t k = 0; k < SUBJECTS; k++)
        assert_null(halt_stops(&none, &subjects[k]));
}

static void a_line_is_read_as_it_was_written(void **state)
{
    struct arena *arena = arena_new(0);
    const struct halt_rule rule = {.what = HALT_CONNECTOR,
                                   .name = QUELL_STR("a \"b\"\nc"),
                                   .reads = true,
                                   .by = QUELL_STR("ana"),
                                   .at = QUELL_STR("2026-01-01T00:00:00Z"),
                                   .reason = QUELL_STR("two\nlines")};
    struct halt_rules rules = halt_read(arena, halt_line(arena, &rule));

    (void)state;
    assert_int_equal(rules.count, 1);
    assert_true(halt_same(&rules.items[0], &rule));
    assert_true(quell_str_equal(rules.items[0].reason, rule.reason));
    assert_true(quell_str_equal(rules.items[0].by, rule.by));
    assert_true(quell_str_equal(rules.items[0].at, rule.at));
    arena_free(arena);
}

static void what_is_taken_out(void **state)
{
    struct arena *arena = arena_new(0);
    struct quell_str text = QUELL_STR(DEFENDER PLAYBOOK);

    (void)state;
    assert_true(str_is(halt_without(arena, text, HALT_CONNECTOR, QUELL_STR("defender")), PLAYBOOK));
    assert_true(str_is(halt_without(arena, text, HALT_PLAYBOOK, QUELL_STR("p")), DEFENDER));
    assert_true(
        str_is(halt_without(arena, text, HALT_PLAYBOOK, QUELL_STR("defender")), DEFENDER PLAYBOOK));
    assert_int_equal(halt_without(arena, text, HALT_EVERYTHING, QUELL_STR("")).len, 0);
    /* What a person wrote halts everything, and only `everything` takes it out. */
    assert_true(
        str_is(halt_without(arena, QUELL_STR("stop"), HALT_PLAYBOOK, QUELL_STR("p")), "stop\n"));
    /* Empty lines go. */
    assert_true(str_is(
        halt_without(arena, QUELL_STR("\n" DEFENDER " \n" PLAYBOOK), HALT_PLAYBOOK, QUELL_STR("p")),
        DEFENDER));
    arena_free(arena);
}

static void rules_that_are_the_same(void **state)
{
    static const struct halt_rule a = {HALT_PLAYBOOK, {"p", 1}, false, {"", 0}, {"", 0}, {"", 0}};
    struct halt_rule b = a;

    (void)state;
    b.by = QUELL_STR("ana");
    b.reason = QUELL_STR("x");
    assert_true(halt_same(&a, &b)); /* whoever says it, and why */
    b.reads = true;
    assert_false(halt_same(&a, &b));
    b = a;
    b.what = HALT_CONNECTOR;
    assert_false(halt_same(&a, &b));
    b = a;
    b.name = QUELL_STR("q");
    assert_false(halt_same(&a, &b));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_stopped),
        cmocka_unit_test(nothing_stops_nothing),
        cmocka_unit_test(a_line_is_read_as_it_was_written),
        cmocka_unit_test(what_is_taken_out),
        cmocka_unit_test(rules_that_are_the_same),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
