/*
 * test_check.c - conditions on one value, outside of a trigger.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/str.h"
#include "match/match.h"
#include "value/json.h"
#include "value/value.h"
#include "value/yaml.h"

static enum match_verdict ask(const char *yaml, const char *json)
{
    struct arena *arena = arena_new(0);
    struct diag_list diags;
    const struct yaml_node *node;
    struct match_check *check;
    struct quell_value value;
    struct quell_error err;
    enum match_verdict verdict;

    diag_init(&diags, arena, QUELL_STR("t"), quell_str_of(yaml));
    node = yaml_read(arena, &diags);
    assert_non_null(node);
    assert_true(match_is_check(node));
    check = match_check_load(arena, node, &diags);
    assert_non_null(check);
    assert_int_equal(json_read(arena, quell_str_of(json), 0, &value, NULL, &err), QUELL_OK);
    verdict = match_check_test(check, value);
    match_check_free(check);
    arena_free(arena);
    return verdict;
}

static void operators_ask_of_any_value(void **state)
{
    assert_int_equal(ask("{ regex: 'isol\\w+ done' }", "\"Isolation done\""), MATCH_YES);
    assert_int_equal(ask("{ regex: '^done' }", "\"Isolation done\""), MATCH_NO);
    assert_int_equal(ask("{ any-of: [1, 2] }", "2"), MATCH_YES);
    assert_int_equal(ask("{ at-least: 3 }", "2.5"), MATCH_NO);
    assert_int_equal(ask("{ contains: b }", "[\"abc\", \"x\"]"), MATCH_YES);
    assert_int_equal(ask("{ all-in: [a, b] }", "[\"a\", \"x\"]"), MATCH_NO);
    assert_int_equal(ask("{ exists: false }", "null"), MATCH_YES);
    assert_int_equal(ask("{ empty: true }", "[]"), MATCH_YES);
    assert_int_equal(ask("{ contains: A, case: sensitive }", "\"abc\""), MATCH_NO);
    assert_int_equal(ask("{ not: { contains: x } }", "\"abc\""), MATCH_YES);
    assert_int_equal(ask("{ not: x }", "null"), MATCH_UNDETERMINED);
}

static void a_map_of_other_keys_is_no_check(void **state)
{
    struct arena *arena = arena_new(0);
    struct diag_list diags;
    const char *const texts[] = {"{ device_id: d }", "{ regex: a, id: d }", "{}", "[regex]",
                                 "regex"};

    for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
        diag_init(&diags, arena, QUELL_STR("t"), quell_str_of(texts[i]));
        assert_false(match_is_check(yaml_read(arena, &diags)));
    }
    arena_free(arena);
}

static void a_fault_has_its_place(void **state)
{
    struct arena *arena = arena_new(0);
    struct diag_list diags;

    diag_init(&diags, arena, QUELL_STR("t"), QUELL_STR("{ regex: '(' }"));
    assert_null(match_check_load(arena, yaml_read(arena, &diags), &diags));
    assert_int_equal(diags.errors, 1);
    assert_string_equal(diags.items[0].code, "QL204");
    assert_true(diags.items[0].place.offset >= 9);
    arena_free(arena);
}

static void it_reads_as_people_write_it(void **state)
{
    struct arena *arena = arena_new(0);
    struct diag_list diags;
    struct match_check *check;

    diag_init(&diags, arena, QUELL_STR("t"), QUELL_STR("{ starts-with: Impossible }"));
    check = match_check_load(arena, yaml_read(arena, &diags), &diags);
    assert_non_null(check);
    assert_true(str_starts(match_check_text(check), QUELL_STR("starts-with")));
    match_check_free(check);
    arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(operators_ask_of_any_value),
        cmocka_unit_test(a_map_of_other_keys_is_no_check),
        cmocka_unit_test(a_fault_has_its_place),
        cmocka_unit_test(it_reads_as_people_write_it),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
