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
#include "value/value.h"

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

/* Bytes that are no UTF-8 stand for themselves. */
static void bytes_are_compared(void **state)
{
    struct arena *arena = arena_new(0);

    (void)state;
    assert_true(spelling_same_name(arena, QUELL_STR("DC\xff\x01"), QUELL_STR("dc\xff")));
    assert_false(spelling_same_name(arena, QUELL_STR("dc\xff"), QUELL_STR("dc\xfe")));
    assert_false(spelling_same_name(arena, QUELL_STR("dc\xff"), QUELL_STR("dc")));
    arena_free(arena);
}

/* In counts, what has no text is one and the same. */
static void keys_of_targets(void **state)
{
    static const char *const rows[][3] = {
        {"same", "[\"device\", \"D-1\"]", "[\"device\", \"d-1 \"]"},
        {"other", "[\"device\", \"d-1\"]", "[\"user\", \"d-1\"]"},
        {"other", "[\"device\", \"d-1\"]", "[\"device\", \"d-2\"]"},
        {"same", "[\"device\", 7]", "[\"device\", null]"},
        {"other", "[\"device\", 7]", "[\"device\", \"7\"]"},
    };
    struct arena *arena = arena_new(0);
    struct quell_str keys[2];
    size_t i, k;

    (void)state;
    for (i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        for (k = 0; k < 2; k++) {
            struct map_builder map = {.arena = arena};
            struct quell_value pair;
            struct quell_error err;
            assert_int_equal(json_read(arena, quell_str_of(rows[i][k + 1]), 0, &pair, NULL, &err),
                             QUELL_OK);
            map_add(&map, "kind", quell_at(pair, 0));
            map_add(&map, "value", quell_at(pair, 1));
            keys[k] = policy_key_of(arena, map_made(&map));
            assert_int_equal(keys[k].len, 20);
        }
        if (quell_str_equal(keys[0], keys[1]) != (strcmp(rows[i][0], "same") == 0))
            fail_msg("%s %s", rows[i][1], rows[i][2]);
    }
    arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(spellings_are_compared),
        cmocka_unit_test(bytes_are_compared),
        cmocka_unit_test(keys_of_targets),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
