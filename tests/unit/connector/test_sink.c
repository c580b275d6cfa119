/*
 * test_sink.c - each encoder by a table, and all of them on bytes that mean something somewhere.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/str.h"
#include "connector/sink.h"

static const struct {
    const char *sink, *text, *escaped; /* NULL: refused */
} rows[] = {
    {"path", "a b/c?d#e%2f.~-_", "a%20b%2Fc%3Fd%23e%252f.~-_"},
    {"path", "..", NULL},
    {"path", ".", NULL},
    {"path", "", NULL},
    {"path", "...", "..."},
    {"query", "a&b=c+d \r\n;", "a%26b%3Dc%2Bd%20%0D%0A%3B"},
    {"query", "", ""},
    {"query", "\xC3\xA9", "%C3%A9"},
    {"header", "plain \xC3\xA9", "plain \xC3\xA9"},
    {"header", "a\r\nX: b", NULL},
    {"header", "a\nb", NULL},
    {"header", "a\rb", NULL},
    {"header", "a\x7f", NULL},
    {"html", "<a href=\"x\">&'", "&lt;a href=&quot;x&quot;&gt;&amp;&#39;"},
    {"markdown", "[x](http://y) *b* <i> `c` !z", "\\[x\\](http://y) \\*b\\* &lt;i\\> \\`c\\` \\!z"},
    {"markdown", "# h\n- l\n1. n", "\\# h\n\\- l\n1\\. n"},
    {"markdown", "ws-1.lan + 192.0.2.1", "ws-1.lan + 192.0.2.1"},
    {"url", "https://x.example/a?b=c", "https://x.example/a?b=c"},
    {"url", "http://x.example:8080", "http://x.example:8080"},
    {"url", "javascript:alert(1)", NULL},
    {"url", "https://user@x.example/", NULL},
    {"url", "https://x.example/a b", NULL},
    {"url", "https://x.example/\r\n", NULL},
    {"url", "smtp://x.example/", NULL},
    {"url", "/relative", NULL},
    {"kql", "a\"b'c\\d\ne\tf", "a\\\"b\\'c\\\\d\\ne\\tf"},
    {"kql", "x\x01", "x\\u0001"},
    {"json", "a\"b\\c\n\xC3\xA9", "a\\\"b\\\\c\\u000a\xC3\xA9"},
    {"json", "\xff", NULL},
    {"mail-address", "Name <a@b.example>", "Name <a@b.example>"},
    {"mail-address", "a@b.example\r\nBcc: c@d.example", NULL},
    {"mail-address", "a@b.example, c@d.example", NULL},
    {"nonsense", "x", NULL},
};

static void sinks_encode_or_refuse(void **state)
{
    struct arena *arena = arena_new(0);

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct quell_str escaped = {"untouched", 9};
        struct quell_error err = {0};
        enum quell_code code =
            sink_escape(arena, rows[i].sink, quell_str_of(rows[i].text), &escaped, &err);
        if (!rows[i].escaped) {
            assert_int_equal(code, QUELL_INVALID);
            assert_true(str_is(escaped, "untouched"));
            continue;
        }
        if (code || !str_is(escaped, rows[i].escaped))
            fail_msg("%s of `%s` is `%.*s`", rows[i].sink, rows[i].text, QUELL_ARG(escaped));
    }
    arena_free(arena);
}

/* No byte gets through that could end the value. */
static void no_byte_ends_a_value(void **state)
{
    static const struct {
        const char *sink, *ends;
    } ends[] = {{"path", "/?#\r\n \\"},
                {"query", "&=#\r\n +"},
                {"html", "<>\"'"},
                {"kql", "\n\r"},
                {"json", "\n\r"}};
    struct arena *arena = arena_new(0);

    (void)state;
    for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
        for (int byte = 0; byte < 256; byte++) {
            char text[3] = {'a', (char)byte, 'b'};
            struct quell_str escaped;
            struct quell_error err;
            if (sink_escape(arena, ends[i].sink, (struct quell_str){text, 3}, &escaped, &err))
                continue;
            for (const char *c = ends[i].ends; *c; c++)
                assert_null(memchr(escaped.data, *c, escaped.len));
        }
    }
    arena_free(arena);
}

static void inputs_are_checked_before_an_action_sees_them(void **state)
{
    static const struct quell_field table[] = {
        {.name = "to", .type = QUELL_FIELD_LIST, .of = QUELL_FIELD_STRING, .sink = "mail-address"},
        {.name = "subject", .type = QUELL_FIELD_STRING, .sink = "header"},
        {.name = "name", .type = QUELL_FIELD_STRING, .sink = "path"},
        {0},
    };
    struct arena *arena = arena_new(0);
    struct quell_value list[2] = {quell_text("a@b.example"), quell_text("c@d.example")};
    struct quell_pair pairs[3] = {{quell_text("to"), quell_list(list, 2)},
                                  {quell_text("subject"), quell_text("s")},
                                  {quell_text("name"), quell_text("a/b\n")}};
    struct quell_error err = {0};

    (void)state;
    assert_int_equal(sink_check_inputs(arena, table, quell_map(pairs, 3), &err), QUELL_OK);
    list[1] = quell_text("c@d.example\n");
    assert_int_equal(sink_check_inputs(arena, table, quell_map(pairs, 3), &err), QUELL_INVALID);
    assert_non_null(strstr(err.message, "`to`"));
    list[1] = quell_text("c@d.example");
    pairs[1].value = quell_string(QUELL_STR("a\0b"));
    assert_int_equal(sink_check_inputs(arena, table, quell_map(pairs, 3), &err), QUELL_INVALID);
    assert_non_null(strstr(err.message, "`subject`"));
    arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sinks_encode_or_refuse),
        cmocka_unit_test(no_byte_ends_a_value),
        cmocka_unit_test(inputs_are_checked_before_an_action_sees_them),
    };

    return cmocka_run_group_tests_name("connector.sink", tests, NULL, NULL);
}
