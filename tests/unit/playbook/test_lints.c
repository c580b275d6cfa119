/*
 * test_lints.c - every row of lints.def: its bad example earns the diagnostic and no other error,
 * its good example loads without a word.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/str.h"
#include "fixture.h"

#define HEAD "quell: 1\nplaybook: example\non: { manual: }\n"

static struct quell_str complete(struct arena *arena, const char *example)
{
    struct quell_str text = quell_str_of(example);
    if (str_starts(text, QUELL_STR("quell:")))
        return text;
    return arena_format(arena, "%s%s%s", HEAD, example[0] == '-' ? "steps:\n" : "", example);
}

/* As a workspace's policy would have it. */
static bool is_strict(const void *user, struct quell_str playbook, struct quell_str action)
{
    (void)user;
    (void)action;
    return str_is(playbook, "strict");
}

/* Loads the first playbook of an example, and checks it as a set with the one behind it. */
static struct playbook *load_set(struct arena *arena, const char *example, struct diag_list *diags)
{
    struct playbook_member members[2] = {{NULL, diags}};
    struct diag_list others;
    struct quell_str text = quell_str_of(example);
    size_t cut = str_find(text, QUELL_STR("===\n"), 0);
    struct playbook *made, *other = NULL;
    if (cut != SIZE_MAX) {
        other = fixture_load(arena, str_slice(text, cut + 4, text.len), &others);
        assert_non_null(other);
        members[1] = (struct playbook_member){other, &others};
        text = str_slice(text, 0, cut);
    }
    made = fixture_load(arena, complete(arena, arena_str(arena, text).data), diags);
    members[0].playbook = made;
    playbook_check_set(members, other ? 2 : 1);
    if (made)
        playbook_check_approvals(made, is_strict, NULL, diags);
    playbook_free(other);
    return made;
}

static size_t count_code(const struct diag_list *diags, const char *code)
{
    size_t i, count = 0;
    for (i = 0; i < diags->count; i++)
        count += strcmp(diags->items[i].code, code) == 0;
    return count;
}

static void show(const struct diag_list *diags, const char *code)
{
    size_t i;
    for (i = 0; i < diags->count; i++)
        fprintf(stderr, "%s: %s %.*s\n%.*s\n", code, diags->items[i].code,
                QUELL_ARG(diags->items[i].message), QUELL_ARG(diags->text));
}

static void test_examples(void **state)
{
    size_t i, count;
    const struct playbook_lint *lint = playbook_lints(&count);
    (void)state;
    assert_true(count > 10);
    for (i = 0; i < count; i++, lint++) {
        struct arena *arena = arena_new(0);
        struct diag_list bad, good;
        struct playbook *made = load_set(arena, lint->bad, &bad);
        bool as_said = count_code(&bad, lint->code) == 1 && bad.count == 1 &&
                       bad.items[0].severity == lint->severity &&
                       (bad.errors > 0) == (lint->severity == SEVERITY_ERROR);
        playbook_free(made);
        made = load_set(arena, lint->good, &good);
        if (!as_said || good.count || !made) {
            show(&bad, lint->code);
            show(&good, lint->code);
        }
        assert_true(as_said);
        assert_int_equal(good.count, 0);
        assert_non_null(made);
        playbook_free(made);
        arena_free(arena);
    }
}

/* What is marked as fixed takes the diagnostic away, and brings no error. */
static void test_fixes(void **state)
{
    size_t i, count, edits, fixed = 0;
    const struct playbook_lint *lint = playbook_lints(&count);
    (void)state;
    for (i = 0; i < count; i++, lint++) {
        struct arena *arena = arena_new(0);
        struct diag_list bad, good;
        struct playbook *made = fixture_load(arena, complete(arena, lint->bad), &bad);
        struct quell_str better = diag_fixed(&bad, true, &edits);
        playbook_free(made);
        if (edits) {
            made = fixture_load(arena, better, &good);
            if (good.errors || count_code(&good, lint->code))
                show(&good, lint->code);
            assert_int_equal(good.errors, 0);
            assert_int_equal(count_code(&good, lint->code), 0);
            playbook_free(made);
            fixed++;
        }
        arena_free(arena);
    }
    assert_true(fixed > 10);
}

static void test_codes_are_unique(void **state)
{
    size_t i, k, count;
    const struct playbook_lint *lints = playbook_lints(&count);
    (void)state;
    for (i = 0; i < count; i++)
        for (k = 0; k < i; k++)
            assert_string_not_equal(lints[i].code, lints[k].code);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_examples),
                                       cmocka_unit_test(test_fixes),
                                       cmocka_unit_test(test_codes_are_unique)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
