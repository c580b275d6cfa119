/*
 * Slices, UTF-8 and errors.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/error.h"
#include "base/str.h"
#include "base/utf8.h"

static void slices_are_compared_and_cut(void **state)
{
    struct quell_str text = QUELL_STR("key=value=more"), head, tail;
    assert_true(str_is(text, "key=value=more"));
    assert_false(str_is(text, "key=value=mor"));
    assert_true(str_starts(text, QUELL_STR("key")) && str_starts(text, QUELL_STR("")));
    assert_false(str_starts(QUELL_STR("ke"), QUELL_STR("key")));
    assert_true(str_ends(text, QUELL_STR("more")) && str_ends(text, QUELL_STR("")));
    assert_false(str_ends(QUELL_STR("re"), QUELL_STR("more")));
    assert_true(str_cut(text, '=', &head, &tail));
    assert_true(str_is(head, "key") && str_is(tail, "value=more"));
    assert_false(str_cut(QUELL_STR("none"), '=', &head, &tail));
    assert_true(str_is(head, "none") && tail.len == 0);
    assert_false(str_cut((struct quell_str){NULL, 0}, '=', &head, &tail));
    assert_true(str_is(str_trim(QUELL_STR(" \t a b\r\n ")), "a b"));
    assert_int_equal(str_trim(QUELL_STR(" \n ")).len, 0);
    assert_true(str_is(str_slice(text, 4, 9), "value"));
    assert_true(str_is(str_slice(text, 10, 99), "more"));
    assert_int_equal(str_slice(text, 99, 100).len, 0);
    assert_int_equal(str_slice(text, 9, 4).len, 0);
    assert_int_equal(str_find(text, QUELL_STR("="), 0), 3);
    assert_int_equal(str_find(text, QUELL_STR("="), 4), 9);
    assert_int_equal(str_find(text, QUELL_STR("="), 10), SIZE_MAX);
    assert_int_equal(str_find(text, QUELL_STR(""), 14), 14);
    assert_int_equal(str_find(text, QUELL_STR(""), 15), SIZE_MAX);
    assert_int_equal(str_find(text, QUELL_STR("e"), 14), SIZE_MAX);
    assert_true(str_equal_fold(QUELL_STR("Ab-Z"), QUELL_STR("aB-z")));
    assert_false(str_equal_fold(QUELL_STR("[ab"), QUELL_STR("{ab"))); /* 0x20 apart, no letters */
    assert_true(str_compare(QUELL_STR("a"), QUELL_STR("ab")) < 0);
    assert_true(str_compare(QUELL_STR("b"), QUELL_STR("ab")) > 0);
    assert_true(str_compare(QUELL_STR("\xFF"), QUELL_STR("a")) > 0); /* bytes are unsigned */
    assert_int_equal(str_compare(QUELL_STR(""), (struct quell_str){NULL, 0}), 0);
    assert_true(str_equal_secret(QUELL_STR("s3cret"), QUELL_STR("s3cret")));
    assert_false(str_equal_secret(QUELL_STR("s3cret"), QUELL_STR("s3creT")));
    assert_false(str_equal_secret(QUELL_STR("s3cret"), QUELL_STR("s3cre")));
    /* FNV-1a's published values. */
    assert_true(str_hash(QUELL_STR("")) == 0xcbf29ce484222325u);
    assert_true(str_hash(QUELL_STR("a")) == 0xaf63dc4c8601ec8cu);
    assert_true(str_hash(QUELL_STR("foobar")) == 0x85944171f73967e8u);
}

static void numbers_are_read_whole(void **state)
{
    static const struct {
        const char *text;
        int64_t number;
    } rows[] = {{"0", 0},
                {"-0", 0},
                {"007", 7},
                {"-12", -12},
                {"9223372036854775807", INT64_MAX},
                {"-9223372036854775808", INT64_MIN}};
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        int64_t number = 42;
        assert_true(str_to_int(quell_str_of(rows[i].text), &number));
        assert_true(number == rows[i].number);
    }
    static const char *const wrong[] = {"",
                                        "-",
                                        "+1",
                                        " 1",
                                        "1 ",
                                        "1.0",
                                        "0x1",
                                        "--1",
                                        "1e3",
                                        "9223372036854775808",
                                        "-9223372036854775809",
                                        "99999999999999999999999"};
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        int64_t number = 42;
        assert_false(str_to_int(quell_str_of(wrong[i]), &number));
        assert_int_equal(number, 42);
    }
}

static void misspelt_names_find_their_neighbour(void **state)
{
    const struct quell_str names[] = {QUELL_STR("isolate-device"),
                                      QUELL_STR("release-device"),
                                      QUELL_STR("get-device"),
                                      QUELL_STR("timeout"),
                                      QUELL_STR("if"),
                                      QUELL_STR("on-error"),
                                      QUELL_STR("uses")};
    static const char *const rows[][2] = {
        {"isolat-device", "isolate-device"},
        {"isloate-device", "isolate-device"},
        {"Isolate_Device", "isolate-device"},
        {"realease-device", "release-device"},
        {"timout", "timeout"},
        {"tmieout", "timeout"},
        {"IF", "if"},
        {"on_error", "on-error"},
        {"usse", "uses"},
        {"of", ""},
        {"isolation", ""},
        {"", ""},
        {"completely-else", ""},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct quell_str found = str_nearest(quell_str_of(rows[i][0]), names, 7);
        if (!str_is(found, rows[i][1]))
            fail_msg("%s: %.*s", rows[i][0], QUELL_ARG(found));
    }
    char long_name[500];
    memset(long_name, 'a', sizeof(long_name));
    assert_int_equal(str_nearest((struct quell_str){long_name, 500}, names, 7).len, 0);
}

/* The edges of RFC 3629's table, and one beyond each. */
static void utf8_is_read_as_defined(void **state)
{
    static const struct {
        const char *bytes;
        size_t len; /* 0: invalid */
        uint32_t point;
    } rows[] = {
        {"\x7F", 1, 0x7F},
        {"\xC2\x80", 2, 0x80},
        {"\xDF\xBF", 2, 0x7FF},
        {"\xE0\xA0\x80", 3, 0x800},
        {"\xED\x9F\xBF", 3, 0xD7FF},
        {"\xEE\x80\x80", 3, 0xE000},
        {"\xEF\xBF\xBF", 3, 0xFFFF},
        {"\xF0\x90\x80\x80", 4, 0x10000},
        {"\xF4\x8F\xBF\xBF", 4, 0x10FFFF},
        {"\x80", 0, 0},
        {"\xBF", 0, 0},
        {"\xC0\x80", 0, 0},
        {"\xC1\xBF", 0, 0},
        {"\xC2", 0, 0},
        {"\xC2\x41", 0, 0},
        {"\xC2\xC0", 0, 0},
        {"\xE0\x9F\xBF", 0, 0},
        {"\xE2\x82", 0, 0},
        {"\xED\xA0\x80", 0, 0},
        {"\xED\xBF\xBF", 0, 0},
        {"\xF0\x8F\xBF\xBF", 0, 0},
        {"\xF0\x90\x80", 0, 0},
        {"\xF4\x90\x80\x80", 0, 0},
        {"\xF5\x80\x80\x80", 0, 0},
        {"\xFE", 0, 0},
        {"\xFF", 0, 0},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct quell_str text = quell_str_of(rows[i].bytes);
        uint32_t point = 0;
        assert_int_equal(utf8_read(text, 0, &point), rows[i].len);
        assert_int_equal(utf8_valid(text), rows[i].len ? text.len : 0);
        if (rows[i].len) {
            char out[4];
            assert_int_equal(point, rows[i].point);
            assert_int_equal(utf8_write(point, out), rows[i].len);
            assert_memory_equal(out, rows[i].bytes, rows[i].len);
        }
    }
    uint32_t point;
    char out[4];
    assert_int_equal(utf8_read(QUELL_STR("a"), 1, &point), 0);
    assert_int_equal(utf8_write(0xD800, out), 0);
    assert_int_equal(utf8_write(0xDFFF, out), 0);
    assert_int_equal(utf8_write(0x110000, out), 0);
}

static void every_code_point_comes_back(void **state)
{
    for (uint32_t point = 0; point <= 0x110000; point++) {
        char out[4];
        uint32_t again = 0;
        size_t len = utf8_write(point, out);
        bool exists = point <= 0x10FFFF && (point < 0xD800 || point > 0xDFFF);
        if ((len > 0) != exists)
            fail_msg("U+%04X", (unsigned)point);
        if (exists && (utf8_read((struct quell_str){out, len}, 0, &again) != len || again != point))
            fail_msg("U+%04X read as U+%04X", (unsigned)point, (unsigned)again);
    }
}

/* Wherever an invalid byte stands, also behind runs that are read eight bytes at a time. */
static void the_first_invalid_byte_is_found(void **state)
{
    char text[64];
    for (size_t at = 0; at < sizeof(text); at++) {
        memset(text, 'a', sizeof(text));
        text[at] = '\xFF';
        assert_int_equal(utf8_valid((struct quell_str){text, sizeof(text)}), at);
    }
    assert_int_equal(utf8_valid((struct quell_str){NULL, 0}), 0);
}

static void code_points_are_counted(void **state)
{
    struct quell_str text = QUELL_STR("a\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80z");
    assert_int_equal(utf8_count(text), 5);
    static const size_t offsets[] = {0, 1, 3, 6, 10, 11, SIZE_MAX};
    for (size_t i = 0; i < sizeof(offsets) / sizeof(offsets[0]); i++)
        assert_int_equal(utf8_offset(text, i), offsets[i]);
}

static void widths_are_those_of_a_terminal(void **state)
{
    static const struct {
        const char *text;
        size_t width;
    } rows[] = {
        {"", 0},
        {"plain", 5},
        {"\xC3\xA9", 1},                 /* é */
        {"e\xCC\x81", 1},                /* e and a combining acute */
        {"\xE6\xBC\xA2\xE5\xAD\x97", 4}, /* two han */
        {"\xED\x95\x9C", 2},             /* a hangul syllable */
        {"\xEF\xBC\xA1", 2},             /* a full-width A */
        {"\xEF\xBD\xB1", 1},             /* a half-width katakana */
        {"\xF0\x9F\x98\x80", 2},         /* an emoji */
        {"\xE2\x80\x8B", 0},             /* zero width space */
        {"\xE2\x94\x82", 1},             /* box drawing */
        {"\xF0\xA0\x80\x80", 2},         /* plane 2 */
        {"\xFF", 1},                     /* an invalid byte is shown as one sign */
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        assert_int_equal(utf8_width(quell_str_of(rows[i].text)), rows[i].width);
}

static void errors_are_one_line(void **state)
{
    struct quell_error err = {.status = 404, .retry_after_ms = 5};
    assert_int_equal(error_set(&err, QUELL_LIMIT, "%d of\n%s\x1b[31m", 3, "four"), QUELL_LIMIT);
    assert_int_equal(err.code, QUELL_LIMIT);
    assert_string_equal(err.message, "3 of four [31m");
    assert_true(err.status == 0 && err.retry_after_ms == 0);
    assert_int_equal(error_set(NULL, QUELL_IO, "nobody"), QUELL_IO);
    /* An error may be wrapped in itself. */
    (void)error_set(&err, QUELL_INVALID, "outer: %s", err.message);
    assert_string_equal(err.message, "outer: 3 of four [31m");
}

/* A message that is too long is cut between code points. */
static void errors_are_cut_between_signs(void **state)
{
    char text[1200];
    for (size_t shift = 0; shift < 4; shift++) {
        struct quell_error err;
        size_t at = shift;
        memset(text, 'a', shift);
        while (at + 4 < sizeof(text)) {
            memcpy(text + at, "\xF0\x9F\x98\x80", 4);
            at += 4;
        }
        text[at] = '\0';
        (void)error_set(&err, QUELL_IO, "%s", text);
        struct quell_str message = quell_str_of(err.message);
        assert_int_equal(utf8_valid(message), message.len);
        assert_true(message.len > sizeof(err.message) - 6);
    }
}

static void codes_have_words(void **state)
{
    for (int code = QUELL_OK; code <= QUELL_IO; code++) {
        const char *word = quell_code_name((enum quell_code)code);
        assert_int_equal(error_code_of(quell_str_of(word)), code);
    }
    assert_string_equal(quell_code_name(QUELL_UNKNOWN_OUTCOME), "unknown-outcome");
    assert_string_equal(quell_code_name((enum quell_code)99), "invalid");
    assert_int_equal(error_code_of(QUELL_STR("nonsense")), QUELL_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(slices_are_compared_and_cut),
        cmocka_unit_test(numbers_are_read_whole),
        cmocka_unit_test(misspelt_names_find_their_neighbour),
        cmocka_unit_test(utf8_is_read_as_defined),
        cmocka_unit_test(every_code_point_comes_back),
        cmocka_unit_test(the_first_invalid_byte_is_found),
        cmocka_unit_test(code_points_are_counted),
        cmocka_unit_test(widths_are_those_of_a_terminal),
        cmocka_unit_test(errors_are_one_line),
        cmocka_unit_test(errors_are_cut_between_signs),
        cmocka_unit_test(codes_have_words),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
