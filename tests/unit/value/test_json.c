/*
 * JSON in and out: numbers that lose nothing, texts, limits, and what is said where.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <math.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/limits.h"
#include "base/str.h"
#include "value/json.h"
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

static struct quell_value read_str(struct quell_str text)
{
    struct quell_value value = quell_null();
    struct quell_error err;
    if (json_read(arena, text, 0, &value, NULL, &err))
        fail_msg("%.*s: %s", QUELL_ARG(text), err.message);
    return value;
}

static struct quell_value parsed(const char *text)
{
    return read_str(quell_str_of(text));
}

/* Whatever number comes in goes out with the same signs. */
static void numbers_lose_nothing(void **state)
{
    static const struct {
        const char *text;
        enum quell_type type;
    } rows[] = {
        {"0", QUELL_INT},
        {"-0", QUELL_DOUBLE},
        {"7", QUELL_INT},
        {"-7", QUELL_INT},
        {"999999999999999999", QUELL_INT},
        {"9223372036854775807", QUELL_INT},
        {"-9223372036854775808", QUELL_INT},
        {"9223372036854775808", QUELL_DOUBLE},
        {"-9223372036854775809", QUELL_DOUBLE},
        {"18446744073709551616", QUELL_DOUBLE},
        {"12345678901234567", QUELL_INT},
        {"0.1", QUELL_DOUBLE},
        {"1.0", QUELL_DOUBLE},
        {"1E2", QUELL_DOUBLE},
        {"1e+02", QUELL_DOUBLE},
        {"-1.5e-7", QUELL_DOUBLE},
        {"1e400", QUELL_DOUBLE},
        {"0.10000000000000000000000000000000000001", QUELL_DOUBLE},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct quell_value value = parsed(rows[i].text);
        assert_int_equal(value.type, rows[i].type);
        assert_string_equal(json_text(arena, value, JSON_COMPACT).data, rows[i].text);
    }
    assert_true(parsed("-9223372036854775808").as.integer == INT64_MIN);
    assert_true(parsed("9223372036854775807").as.integer == INT64_MAX);
}

static void texts_are_unescaped(void **state)
{
    static const struct {
        const char *json, *text;
        size_t len;
    } rows[] = {
        {"\"\"", "", 0},
        {"\"plain text that is longer than one word\"", "plain text that is longer than one word",
         39},
        {"\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"", "\"\\/\b\f\n\r\t", 8},
        {"\"a\\u0000b\"", "a\0b", 3},
        {"\"\\u00e9\\u20AC\"", "\xC3\xA9\xE2\x82\xAC", 5},
        {"\"\\uD83D\\uDE00 and more text behind it\"", "\xF0\x9F\x98\x80 and more text behind it",
         28},
        {"\"é漢😀\"", "é漢😀", 9},
        {"\"\\uFFFF\\uFFFE\"", "\xEF\xBF\xBF\xEF\xBF\xBE", 6},
        {"\"\x7F\"", "\x7F", 1},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct quell_value value = parsed(rows[i].json);
        assert_int_equal(value.type, QUELL_STRING);
        assert_int_equal(value.len, rows[i].len);
        assert_memory_equal(value.as.text, rows[i].text, rows[i].len);
        assert_true(value_equal(value, read_str(json_text(arena, value, JSON_COMPACT))));
    }
}

/* A special sign at each place of a run that is read eight bytes at a time. */
static void special_signs_are_seen_wherever_they_stand(void **state)
{
    static const char *const specials[] = {"\\n", "é", "\\u0041", "\\\"", "\x7F"};
    static const char *const meanings[] = {"\n", "é", "A", "\"", "\x7F"};
    for (size_t s = 0; s < 5; s++) {
        for (size_t at = 0; at < 40; at++) {
            struct quell_str json = arena_format(
                arena, "\"%.*s%s%.*s\"", (int)at, "0123456789012345678901234567890123456789",
                specials[s], (int)(40 - at), "abcdefghijklmnopqrstuvwxyzabcdefghijklmnop");
            struct quell_str expected = arena_format(
                arena, "%.*s%s%.*s", (int)at, "0123456789012345678901234567890123456789",
                meanings[s], (int)(40 - at), "abcdefghijklmnopqrstuvwxyzabcdefghijklmnop");
            assert_true(quell_str_equal(quell_str(read_str(json)), expected));
        }
    }
    struct quell_value value;
    for (size_t at = 0; at < 40; at++) {
        char bad[44];
        memset(bad, 'a', sizeof(bad));
        bad[0] = bad[42] = '"';
        bad[1 + at] = '\n';
        struct json_place place;
        assert_int_equal(json_read(arena, (struct quell_str){bad, 43}, 0, &value, &place, NULL),
                         QUELL_INVALID);
        assert_int_equal(place.offset, 1 + at);
    }
}

static void faults_name_their_place(void **state)
{
    static const struct {
        const char *text;
        size_t line, column, offset;
        const char *message;
    } rows[] = {
        {"", 1, 1, 0, "the document is empty"},
        {" \n\t ", 2, 3, 4, "the document is empty"},
        {"\xEF\xBB\xBF{}", 1, 1, 0,
         "the document begins with a byte order mark; send it without one"},
        {"{\"a\": 1,\n \"b\": }", 2, 7, 15, "`}` stands where a value is expected"},
        {"{\"é\": tru}", 1, 7, 7, "`t` stands where a value is expected"},
        {"[1, 2", 1, 6, 5, "the document ends where `,` or `]` is expected"},
        {"[1 2]", 1, 4, 3, "`2` stands where `,` or `]` is expected"},
        {"[1,]", 1, 4, 3, "`]` stands where another item behind the comma is expected"},
        {"{\"a\":1,}", 1, 8, 7, "`}` stands where another item behind the comma is expected"},
        {"{a:1}", 1, 2, 1, "`a` stands where a key in double quotes is expected"},
        {"{\"a\" 1}", 1, 6, 5, "`1` stands where `:` behind the key is expected"},
        {"['a']", 1, 2, 1, "`'` stands where a value is expected; texts stand in double quotes"},
        {"[1] // x", 1, 5, 4,
         "`/` stands where nothing more behind the value is expected; JSON has no comments"},
        {"{} {}", 1, 4, 3, "`{` stands where nothing more behind the value is expected"},
        {"[True]", 1, 2, 1, "`T` stands where a value is expected; write true"},
        {"[NaN]", 1, 2, 1, "`N` stands where a value is expected; JSON has no number for it"},
        {"[+1]", 1, 2, 1, "`+` stands where a value is expected; a number has no plus sign"},
        {"[.5]", 1, 2, 1, "`.` stands where a value is expected; a number begins with a digit"},
        {"[01]", 1, 2, 1, "a number has no leading zero"},
        {"[-]", 1, 3, 2, "`]` stands where a digit behind the minus is expected"},
        {"[1.]", 1, 4, 3, "`]` stands where a digit behind the decimal point is expected"},
        {"[1e+]", 1, 5, 4, "`]` stands where a digit of the exponent is expected"},
        {"\"ab", 1, 1, 0, "this text has no closing quote"},
        {"\"a\nb\"", 1, 3, 2, "U+000A inside a text must be written as an escape, \\u000a"},
        {"\"a\\xb\"", 1, 3, 2, "this backslash begins no escape; write it twice"},
        {"\"\\u12\"", 1, 2, 1, "`\\u` wants four hexadecimal digits"},
        {"\"\\ud800\"", 1, 2, 1, "`\\ud800` is half of a surrogate pair"},
        {"\"\\udc00\\ud800\"", 1, 2, 1, "`\\udc00` is half of a surrogate pair"},
        {"\"\\ud800\\u0041\"", 1, 2, 1, "`\\ud800` is half of a surrogate pair"},
        {"\"\xC0\x80\"", 1, 2, 1, "this is no valid UTF-8 (byte 0xC0)"},
        {"\"é\xED\xA0\x80\"", 1, 3, 3, "this is no valid UTF-8 (byte 0xED)"},
        {"[\xFF]", 1, 2, 1, "this is no valid UTF-8 (byte 0xFF)"},
        {"[\x01]", 1, 2, 1, "U+0001 stands where a value is expected"},
        {"{\"a\": {\"b\":1, \"c\":2, \"b\":3}}", 1, 22, 21, "the key `b` stands twice in this map"},
        {"{\"a\":1,\n\"\\u0061\":2}", 2, 1, 8, "the key `a` stands twice in this map"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct quell_value value = quell_int(42);
        struct json_place place = {0, 0, 0};
        struct quell_error err;
        assert_int_equal(json_read(arena, quell_str_of(rows[i].text), 0, &value, &place, &err),
                         QUELL_INVALID);
        struct quell_str expected = arena_format(arena, "line %zu, column %zu: %s", rows[i].line,
                                                 rows[i].column, rows[i].message);
        assert_string_equal(err.message, expected.data);
        assert_int_equal(place.offset, rows[i].offset);
        assert_int_equal(place.line, rows[i].line);
        assert_int_equal(place.column, rows[i].column);
        assert_int_equal(value.as.integer, 42); /* outputs are untouched */
    }
}

static struct quell_str nested(size_t depth)
{
    char *text = arena_alloc(arena, 2 * depth + 1);
    memset(text, '[', depth);
    memset(text + depth, ']', depth);
    return (struct quell_str){text, 2 * depth};
}

static void limits_are_errors(void **state)
{
    struct quell_value value;
    struct json_place place;
    struct quell_error err;
    (void)read_str(nested(LIMIT_DEPTH));
    assert_int_equal(json_read(arena, nested(LIMIT_DEPTH + 1), 0, &value, &place, &err),
                     QUELL_LIMIT);
    assert_string_equal(err.message, "line 1, column 65: lists and maps are nested deeper than 64");
    assert_int_equal(json_read(arena, nested(400000), 0, &value, &place, &err), QUELL_LIMIT);
    assert_int_equal(json_read_own(arena, nested(LIMIT_OWN_DEPTH), &value, &err), QUELL_OK);
    assert_int_equal(json_read_own(arena, nested(LIMIT_OWN_DEPTH + 1), &value, &err), QUELL_LIMIT);

    assert_int_equal(json_read(arena, QUELL_STR("[1,2]"), 4, &value, &place, &err), QUELL_LIMIT);
    assert_string_equal(err.message, "line 1, column 1: the document has 5 bytes, 4 are allowed");
    assert_int_equal(json_read(arena, QUELL_STR("[1,2]"), 5, &value, &place, &err), QUELL_OK);
    char *large = arena_alloc(arena, LIMIT_DOCUMENT_BYTES + 1);
    memset(large, ' ', LIMIT_DOCUMENT_BYTES + 1);
    large[0] = '1';
    struct quell_str text = {large, LIMIT_DOCUMENT_BYTES + 1};
    assert_int_equal(json_read(arena, text, 0, &value, &place, &err), QUELL_LIMIT);
    text.len--;
    assert_int_equal(json_read(arena, text, 0, &value, &place, &err), QUELL_OK);

    struct quell_str key = arena_format(arena, "{\"%0*d\":1}", LIMIT_KEY_BYTES, 0);
    (void)read_str(key);
    key = arena_format(arena, "{\"a\":{\"%0*d\":1}}", LIMIT_KEY_BYTES + 1, 0);
    assert_int_equal(json_read(arena, key, 0, &value, &place, &err), QUELL_LIMIT);
    assert_string_equal(err.message, "line 1, column 7: a key is longer than 256 bytes");

    /* An arena that may not hold what the text would become. */
    struct arena *small = arena_new(10000);
    struct buf buf = {0};
    buf_add_char(&buf, '[');
    for (int i = 0; i < 1000; i++)
        buf_add_text(&buf, "[1,2,3],");
    buf_add_text(&buf, "0]");
    assert_int_equal(json_read(small, buf_str(&buf), 0, &value, &place, &err), QUELL_LIMIT);
    buf_free(&buf);
    arena_free(small);
}

/* 100,000 keys, each followed by a lookup; then one of them twice. */
static void large_maps_are_read_and_checked(void **state)
{
    enum { KEYS = 100000 };
    struct buf buf = {0};
    struct quell_value value, found;
    struct quell_error err;
    buf_add_char(&buf, '{');
    for (int i = 0; i < KEYS; i++)
        buf_add_format(&buf, "%s\"k%d\":%d", i ? "," : "", i * 7919, i);
    buf_add_char(&buf, '}');
    size_t size_max = 4 * LIMIT_DOCUMENT_BYTES;
    assert_int_equal(json_read(arena, buf_str(&buf), size_max, &value, NULL, &err), QUELL_OK);
    for (int i = 0; i < KEYS; i += 10) {
        assert_true(value_find(value, arena_format(arena, "k%d", i * 7919), &found));
        assert_int_equal(found.as.integer, i);
    }
    buf.len--;
    buf_add_text(&buf, ",\"k7919\":0,\"k0\":0}");
    struct json_place place;
    assert_int_equal(json_read(arena, buf_str(&buf), size_max, &value, &place, &err),
                     QUELL_INVALID);
    assert_non_null(strstr(err.message, "the key `k7919` stands twice"));
    assert_int_equal(place.offset, buf.len - 17);
    buf_free(&buf);
}

static void what_json_has_no_form_for(void **state)
{
    struct map_builder map = {.arena = arena};
    struct quell_value some = quell_int(1);
    struct quell_value optional = quell_list(&some, 1);
    optional.type = QUELL_OPTIONAL;
    map_add(&map, "uint", value_uint(UINT64_MAX));
    map_add(&map, "one", value_double(1.0));
    map_add(&map, "tenth", value_double(0.1));
    map_add(&map, "third", value_double(1.0 / 3.0));
    map_add(&map, "huge", value_double(1e300));
    map_add(&map, "nan", value_double(NAN));
    map_add(&map, "infinity", value_double(-HUGE_VAL));
    map_add(&map, "bytes", value_bytes(QUELL_STR("\xFF\x00z")));
    map_add(&map, "time", value_time(1795515630, 120000000));
    map_add(&map, "duration", value_duration(5, 0));
    map_add(&map, "some", optional);
    optional.len = 0;
    map_add(&map, "none", optional);
    map_add(&map, "unknown", quell_unknown(QUELL_STR("known after `a`")));
    struct quell_value type = quell_text("map");
    type.type = QUELL_TYPE;
    map_add(&map, "type", type);
    map_add_key(&map, quell_bool(true), quell_null());
    map_add_key(&map, quell_int(-5), quell_null());
    map_add_key(&map, value_uint(5), quell_null());
    assert_string_equal(
        json_text(arena, map_made(&map), JSON_COMPACT).data,
        "{\"uint\":18446744073709551615,\"one\":1.0,\"tenth\":0.1,\"third\":0.3333333333333333,"
        "\"huge\":1e+300,\"nan\":null,\"infinity\":null,\"bytes\":\"/wB6\","
        "\"time\":\"2026-11-24T10:20:30.12Z\",\"duration\":\"5s\",\"some\":1,\"none\":null,"
        "\"unknown\":{\"unknown\":\"known after `a`\"},\"type\":\"map\",\"true\":null,"
        "\"-5\":null,\"5\":null}");
    char bytes[200];
    memset(bytes, 0, sizeof(bytes)); /* several pieces of base64, and padding at the end only */
    struct quell_str text =
        json_text(arena, value_bytes((struct quell_str){bytes, sizeof(bytes)}), JSON_COMPACT);
    assert_int_equal(text.len, 2 + 268);
    assert_true(str_ends(text, QUELL_STR("AAA=\"")));
}

static void secrets_show_on_the_wire_only(void **state)
{
    struct map_builder map = {.arena = arena};
    map_add(&map, "token", value_secret(quell_text("hunter2")));
    map_add(&map, "number", value_secret(quell_int(7)));
    map_add(&map, "map", value_secret(parsed("{\"a\":[1]}")));
    struct quell_value value = map_made(&map);
    assert_string_equal(json_text(arena, value, JSON_COMPACT).data,
                        "{\"token\":\"***\",\"number\":\"***\",\"map\":\"***\"}");
    assert_null(strstr(json_text(arena, value, JSON_PRETTY).data, "hunter2"));
    assert_string_equal(json_text(arena, value, JSON_SECRETS).data,
                        "{\"token\":\"hunter2\",\"number\":7,\"map\":{\"a\":[1]}}");
}

static void pretty_has_one_thing_a_line(void **state)
{
    assert_string_equal(
        json_text(arena, parsed("{\"a\":[1,[],{}],\"b\":{\"c\":null}}"), JSON_PRETTY).data,
        "{\n  \"a\": [\n    1,\n    [],\n    {}\n  ],\n  \"b\": {\n    \"c\": null\n  }\n}");
    assert_string_equal(json_text(arena, parsed("1"), JSON_PRETTY).data, "1");
}

static void texts_are_escaped(void **state)
{
    struct buf buf = {0};
    json_write_string(&buf, (struct quell_str){"a\"b\\c\n\r\t\b\f\x01\x1f\x7f\0é😀", 20});
    assert_string_equal(buf.data, "\"a\\\"b\\\\c\\n\\r\\t\\b\\f\\u0001\\u001f\x7f\\u0000é😀\"");
    buf_reset(&buf);
    /* What is no UTF-8 is replaced: the document stays valid. */
    json_write_string(&buf, QUELL_STR("a\xFFz\xE2\x82"));
    assert_string_equal(buf.data, "\"a\xEF\xBF\xBDz\xEF\xBF\xBD\xEF\xBF\xBD\"");
    buf_free(&buf);
}

static void what_is_too_deep_is_not_written(void **state)
{
    struct quell_value value = quell_null();
    struct buf buf = {0};
    for (int i = 0; i < 100000; i++)
        value = quell_list(arena_copy(arena, &value, sizeof(value)), 1);
    json_write(&buf, value, JSON_COMPACT);
    assert_true(buf_over(&buf));
    buf_free(&buf);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_lose_nothing),
        cmocka_unit_test(texts_are_unescaped),
        cmocka_unit_test(special_signs_are_seen_wherever_they_stand),
        cmocka_unit_test(faults_name_their_place),
        cmocka_unit_test(limits_are_errors),
        cmocka_unit_test(large_maps_are_read_and_checked),
        cmocka_unit_test(what_json_has_no_form_for),
        cmocka_unit_test(secrets_show_on_the_wire_only),
        cmocka_unit_test(pretty_has_one_thing_a_line),
        cmocka_unit_test(texts_are_escaped),
        cmocka_unit_test(what_is_too_deep_is_not_written),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
