/*
 * Field paths: what is one, what it reaches.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/limits.h"
#include "value/json.h"
#include "value/path.h"
#include "value/value.h"

static struct arena *arena;

static int setup(void **state)
{
    arena = arena_new(0);
    return 0;
}

static int teardown(void **state)
{
    arena_free(arena);
    return 0;
}

static struct quell_value parsed(const char *text)
{
    struct quell_value value = quell_null();
    struct quell_error err;
    if (json_read(arena, quell_str_of(text), 0, &value, NULL, &err))
        fail_msg("%s", err.message);
    return value;
}

static bool collect(struct quell_value found, void *user)
{
    struct buf *out = user;
    if (out->len)
        buf_add_char(out, ' ');
    json_write(out, found, JSON_COMPACT);
    return true;
}

static void paths_reach_what_they_say(void **state)
{
    struct quell_value root =
        parsed("{\"title\":\"t\",\"none\":null,\"empty\":[],\"tags\":[\"a\",\"b\"],"
               "\"alerts\":[{\"title\":\"x\",\"n\":[1,2]},{\"n\":[3]},{\"title\":\"y\"},7],"
               "\"entities\":{\"devices\":[{\"name\":\"d0\",\"a.b\":1},{\"name\":\"d1\"}]},"
               "\"nested\":[[{\"k\":1}],[{\"k\":2},{\"k\":3}]],\"a-b_1\":{\"2\":\"two\"}}");
    static const char *const rows[][2] = {
        {"title", "\"t\""},
        {"none", "null"},
        {"missing", ""},
        {"title.more", ""},
        {"tags", "[\"a\",\"b\"]"},
        {"tags[]", "\"a\" \"b\""},
        {"tags[1]", "\"b\""},
        {"tags[2]", ""},
        {"title[0]", ""},
        {"title[]", ""},
        {"empty", "[]"},
        {"empty[]", ""},
        {"empty.x", ""},
        {"alerts.title", "\"x\" \"y\""},
        {"alerts[].title", "\"x\" \"y\""},
        {"alerts[2].title", "\"y\""},
        {"alerts[1].title", ""},
        {"alerts.n", "[1,2] [3]"},
        {"alerts.n[]", "1 2 3"},
        {"alerts.n[0]", "1 3"},
        {"entities.devices[0].name", "\"d0\""},
        {"entities.devices.name", "\"d0\" \"d1\""},
        {"entities.devices[\"a.b\"]", "1"},
        {"['entities'][\"devices\"][1]['name']", "\"d1\""},
        {"nested.k", "1 2 3"},
        {"nested[1].k", "2 3"},
        {"nested[1][0]", "{\"k\":2}"},
        {"a-b_1.2", "\"two\""},
        {"[\"\"]", ""},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct path path;
        struct quell_error err;
        struct buf out = {0};
        if (path_parse(arena, quell_str_of(rows[i][0]), &path, &err))
            fail_msg("%s", err.message);
        size_t reached = path_walk(&path, root, collect, &out);
        buf_add_text(&out, "");
        if (strcmp(out.data, rows[i][1]) != 0)
            fail_msg("%s: %s", rows[i][0], out.data);
        assert_int_equal(reached == 0, rows[i][1][0] == '\0');
        assert_string_equal(path.text.data, rows[i][0]);
        buf_free(&out);
    }
}

static void what_is_no_path_is_refused(void **state)
{
    static const char *const rows[][2] = {
        {"", "character 1: a name is expected"},
        {".a", "character 1: a name is expected"},
        {"a.", "character 3: a name is expected"},
        {"a..b", "character 3: a name is expected"},
        {"a b", "character 2: `.` or `[` is expected"},
        {"a[", "character 3: a position, a quoted name or `]` is expected"},
        {"a[x]", "character 3: a position, a quoted name or `]` is expected"},
        {"a[-1]", "character 3: a position, a quoted name or `]` is expected"},
        {"a[1", "character 4: `]` is expected"},
        {"a[1}", "character 4: `]` is expected"},
        {"a[\"x]", "character 6: the closing quote is missing"},
        {"a[0]b", "character 5: `.` or `[` is expected"},
        {"a[99999999999]", "a position, a quoted name or `]` is expected"},
        {"é", "character 1: a name is expected"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct path path = {.count = 42};
        struct quell_error err;
        assert_int_equal(path_parse(arena, quell_str_of(rows[i][0]), &path, &err), QUELL_INVALID);
        if (!strstr(err.message, rows[i][1]))
            fail_msg("%s: %s", rows[i][0], err.message);
        assert_int_equal(path.count, 42);
    }
    char deep[2 * LIMIT_DEPTH + 2];
    for (size_t i = 0; i < sizeof(deep); i++)
        deep[i] = i % 2 ? '.' : 'a';
    struct path path;
    struct quell_error err;
    assert_int_equal(path_parse(arena, (struct quell_str){deep, 2 * LIMIT_DEPTH - 1}, &path, &err),
                     QUELL_OK);
    assert_int_equal(path_parse(arena, (struct quell_str){deep, 2 * LIMIT_DEPTH + 1}, &path, &err),
                     QUELL_LIMIT);
}

static bool count_to_three(struct quell_value found, void *user)
{
    return ++*(int *)user < 3;
}

static bool count(struct quell_value found, void *user)
{
    ++*(int *)user;
    return true;
}

static void walks_end(void **state)
{
    struct list_builder list = {.arena = arena};
    for (int i = 0; i < 3 * LIMIT_MATCH_ELEMENTS; i++)
        list_add(&list, quell_int(i));
    struct path path;
    struct quell_error err;
    int seen = 0;
    assert_int_equal(path_parse(arena, QUELL_STR("[]"), &path, &err), QUELL_OK);
    assert_int_equal(path_walk(&path, list_made(&list), count_to_three, &seen), 3);
    assert_int_equal(seen, 3);
    seen = 0;
    assert_int_equal(path_walk(&path, list_made(&list), count, &seen), LIMIT_MATCH_ELEMENTS);
    assert_int_equal(seen, LIMIT_MATCH_ELEMENTS);
}

static void the_unknown_is_reached(void **state)
{
    struct quell_value unknown = quell_unknown(QUELL_STR("later"));
    struct map_builder map = {.arena = arena};
    map_add(&map, "step", unknown);
    struct path path;
    struct quell_error err;
    struct buf out = {0};
    assert_int_equal(path_parse(arena, QUELL_STR("step.output[0].x"), &path, &err), QUELL_OK);
    assert_int_equal(path_walk(&path, map_made(&map), collect, &out), 1);
    assert_string_equal(out.data, "{\"unknown\":\"later\"}");
    buf_free(&out);
}

static void names_are_followed_with_and_without_case(void **state)
{
    struct quell_value root =
        parsed("{\"Properties\":{\"Title\":\"exact\",\"title\":\"lower\",\"x\":[{\"y\":1}]}}");
    assert_true(quell_text_is(path_get_fold(root, "properties.title"), "lower"));
    assert_true(quell_text_is(path_get_fold(root, "PROPERTIES.TITLE"), "exact"));
    assert_true(quell_is_null(path_get(root, "properties.title")));
    assert_true(quell_text_is(path_get(root, "Properties.Title"), "exact"));
    assert_true(quell_is_null(path_get(root, "Properties.x.y")));
    assert_true(quell_is_null(path_get_fold(root, "")));
    assert_true(quell_is_null(path_get_fold(quell_int(1), "a")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(paths_reach_what_they_say),
        cmocka_unit_test(what_is_no_path_is_refused),
        cmocka_unit_test(walks_end),
        cmocka_unit_test(the_unknown_is_reached),
        cmocka_unit_test(names_are_followed_with_and_without_case),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
