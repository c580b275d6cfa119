/*
 * test_spelling.c - one thing under many spellings: tests/unit/policy/spellings.txt, a line each.
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
#include "policy/workspace.h"
#include "value/json.h"

static bool same(struct arena *arena, struct quell_str what, struct quell_str a, struct quell_str b)
{
    if (str_is(what, "id"))
        return spelling_same_id(arena, a, b);
    if (str_is(what, "name"))
        return spelling_same_name(arena, a, b);
    assert_true(str_is(what, "account"));
    return spelling_same_account(arena, a, b);
}

static struct quell_str text(struct quell_value list, size_t at)
{
    return quell_str(quell_at(list, at));
}

static void spellings_are_compared(void **state)
{
    struct arena *arena = arena_new(0);
    FILE *file = fopen(QUELL_SOURCE_DIR "/tests/unit/policy/spellings.txt", "re");
    char line[512];
    size_t count = 0, number = 0;

    (void)state;
    assert_non_null(file);
    while (fgets(line, sizeof(line), file)) {
        struct quell_value row;
        struct quell_error err;
        bool expected, other;
        number++;
        if (line[0] == '#' || line[0] == '\n')
            continue;
        if (json_read(arena, quell_str_of(line), 0, &row, NULL, &err))
            fail_msg("line %zu: %s", number, err.message);
        expected = str_is(text(row, 1), "same");
        assert_true(expected || str_is(text(row, 1), "other"));
        other = same(arena, text(row, 0), text(row, 2), text(row, 3));
        if (other != expected || same(arena, text(row, 0), text(row, 3), text(row, 2)) != expected)
            fail_msg("line %zu: %s", number, line);
        count++;
    }
    assert_int_equal(fclose(file), 0);
    assert_true(count >= 50);
    arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(spellings_are_compared)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
