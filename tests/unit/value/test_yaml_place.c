/*
 * Where a piece of a scalar's value stands in the source, for every style of writing it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/str.h"
#include "value/yaml.h"

/* The value of `k` contains `piece`; its source is `source`, the nth time that this stands there.
 */
struct row {
    const char *text, *piece, *source;
    size_t nth;
};

static const struct row rows[] = {
    {"k: plain ${{ a.b }} text", "a.b", "a.b", 1},
    {"k: é漢 ${{ a }}", "a", "a", 1},
    {"k: é漢😀x", "漢", "漢", 1},
    {"k: 'it''s ''a'''", "s", "s", 1},
    {"k: 'it''s ''a'''", "'s", "''s", 1},
    {"k: 'it''s ''a'''", "a", "a", 1},
    {"k: \"\\u00e9\\t\\\"x\\\" y\"", "é", "\\u00e9", 1},
    {"k: \"\\u00e9\\t\\\"x\\\" y\"", "\"x\"", "\\\"x\\\"", 1},
    {"k: \"\\u00e9\\t\\\"x\\\" y\"", "y", "y", 1},
    {"k: \"\\U0001F600 \\x41z\"", "z", "z", 1},
    {"k: \"\\U0001F600 \\x41z\"", "A", "\\x41", 1},
    {"k: \"\\N\\_\\L\\P\\0\\a\\e z\"", "z", "z", 1},
    {"k: \"one \\\n    two\"", "two", "two", 1},
    {"k: \"one\\\n\n\n    two\"", "two", "two", 1},
    {"k: \"one\n\n\n  two\"", "two", "two", 1},
    {"k: one\n  two\n\n  three", "two", "two", 1},
    {"k: one\n  two\n\n  three", "three", "three", 1},
    {"k: 'one  \n   two'", "two", "two", 1},
    {"k: 'one  \r\n   two'", "two", "two", 1},
    {"k: |\n  one\n  two\n", "two", "two", 1},
    {"k: |\r\n  one\r\n  two\r\n", "two", "two", 1},
    {"k: |  # comment\n\n\n    one\n      two\n    three\n", "two", "two", 1},
    {"k: |  # comment\n\n\n    one\n      two\n    three\n", "three", "three", 1},
    {"k: |2\n    one\n  two\n", "one", "one", 1},
    {"k: |2\n    one\n  two\n", "two", "two", 1},
    {"k: |1+\n   one\n two\n\n", "two", "two", 1},
    {"k: |-\n  é漢 ${{ a }}\n\n  ${{ b }}\n", "b", "b", 1},
    {"k: >\n  one\n  two\n\n  three\n", "two", "two", 1},
    {"k: >\n  one\n  two\n\n  three\n", "three", "three", 1},
    {"k: >\n  one\n    two\n  three\n\n\n  four\n", "two", "two", 1},
    {"k: >\n  one\n    two\n  three\n\n\n  four\n", "three", "three", 1},
    {"k: >\n  one\n    two\n  three\n\n\n  four\n", "four", "four", 1},
};

static size_t nth(struct quell_str text, struct quell_str needle, size_t from, size_t count)
{
    size_t at = str_find(text, needle, from);
    while (--count && at != SIZE_MAX)
        at = str_find(text, needle, at + 1);
    return at;
}

static void check(struct arena *arena, struct quell_str text, const struct row *row)
{
    struct diag_list diags;
    diag_init(&diags, arena, QUELL_STR("t.yaml"), text);
    const struct yaml_node *root = yaml_read(arena, &diags);
    assert_non_null(root);
    const struct yaml_node *node = yaml_get(root, "k");
    struct quell_str piece = quell_str_of(row->piece), source = quell_str_of(row->source);
    size_t from = str_find(quell_str(node->value), piece, 0);
    assert_true(from != SIZE_MAX);
    struct place place = yaml_place_inside(text, node, from, piece.len);
    size_t expected = nth(text, source, node->place.offset + (node->style != YAML_PLAIN), row->nth);
    if (place.offset != expected || place.len != source.len)
        fail_msg("%s: `%s`: %u+%u, not %zu", row->text, row->piece, place.offset, place.len,
                 expected);
}

static void pieces_stand_where_they_were_written(void **state)
{
    struct arena *arena = arena_new(0);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct quell_str text = quell_str_of(rows[i].text);
        check(arena, text, &rows[i]);
        check(arena, arena_format(arena, "# é漢😀\n%s", rows[i].text), &rows[i]);
    }
    arena_free(arena);
}

static void edges_of_a_value(void **state)
{
    struct arena *arena = arena_new(0);
    struct diag_list diags;
    struct quell_str text = QUELL_STR("a: 'xy'\nb: ''\nc: [1]\nd:\ne: xy\n");
    diag_init(&diags, arena, QUELL_STR("t.yaml"), text);
    const struct yaml_node *root = yaml_read(arena, &diags);
    const struct yaml_node *node = yaml_get(root, "a");
    struct place place = yaml_place_inside(text, node, 0, 2);
    assert_true(place.offset == 4 && place.len == 2);
    place = yaml_place_inside(text, node, 1, 0); /* between two signs */
    assert_true(place.offset == 5 && place.len == 0);
    place = yaml_place_inside(text, node, 2, 1); /* behind the last one: before the quote */
    assert_true(place.offset == 6 && place.len == 0);
    place = yaml_place_inside(text, node, 0, 99);
    assert_true(place.offset == 4 && place.len == 2);
    place = yaml_place_inside(text, yaml_get(root, "b"), 0, 1);
    assert_true(place.offset == 12 && place.len == 0);
    node = yaml_get(root, "c"); /* a list: the whole of it */
    place = yaml_place_inside(text, node, 0, 1);
    assert_true(place.offset == node->place.offset && place.len == node->place.len);
    node = yaml_get(root, "d");
    place = yaml_place_inside(text, node, 0, 1);
    assert_true(place.offset == node->place.offset && place.len == 0);
    node = yaml_get(root, "e");
    place = yaml_place_inside(text, node, 2, 5);
    assert_true(place.offset == node->place.offset + 2 && place.len == 0);
    arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pieces_stand_where_they_were_written),
        cmocka_unit_test(edges_of_a_value),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
