/*
 * test_log.c - the log's lines: level, form, and that nothing hostile reaches a terminal.
 */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/str.h"
#include "loop/log.h"

/* What one call wrote to standard error. */
static char written[70000];

static int divert(int *saved)
{
    int ends[2];

    assert_int_equal(pipe(ends), 0);
    *saved = dup(STDERR_FILENO);
    assert_true(*saved >= 0);
    assert_true(dup2(ends[1], STDERR_FILENO) >= 0);
    assert_int_equal(close(ends[1]), 0);
    return ends[0];
}

static void restore(int saved, int from)
{
    ssize_t got;

    assert_true(dup2(saved, STDERR_FILENO) >= 0);
    assert_int_equal(close(saved), 0);
    got = read(from, written, sizeof written - 1); /* the pipe's writer is gone: this is all */
    assert_true(got >= 0);
    written[got] = '\0';
    assert_int_equal(close(from), 0);
}

static void say(enum log_level level, const char *text)
{
    int saved, from = divert(&saved);

    log_line(level, "%s", text);
    restore(saved, from);
}

static void test_text_line(void **state)
{
    (void)state;
    log_set(LOG_LEVEL_INFO, 0);
    say(LOG_LEVEL_WARNING, "store=sqlite slow");
    /* 2026-01-02T03:04:05.678Z warning store=sqlite slow */
    assert_string_equal(written + 24, " warning store=sqlite slow\n");
    assert_int_equal(written[4], '-');
    assert_int_equal(written[10], 'T');
    assert_int_equal(written[23], 'Z');
    say(LOG_LEVEL_INFO, "x");
    assert_string_equal(written + 24, " info    x\n");
}

static void test_levels(void **state)
{
    (void)state;
    log_set(LOG_LEVEL_WARNING, 0);
    say(LOG_LEVEL_INFO, "no");
    assert_string_equal(written, "");
    say(LOG_LEVEL_WARNING, "yes");
    assert_string_not_equal(written, "");
    log_set(LOG_LEVEL_DEBUG, 0);
    say(LOG_LEVEL_DEBUG, "yes");
    assert_string_not_equal(written, "");
}

static void test_json_line(void **state)
{
    (void)state;
    log_set(LOG_LEVEL_INFO, 1);
    say(LOG_LEVEL_ERROR, "a \"quoted\" \\ line\nbreak");
    assert_memory_equal(written, "{\"time\":\"2", 10);
    assert_string_equal(
        strstr(written, "\",\"level\""),
        "\",\"level\":\"error\",\"message\":\"a \\\"quoted\\\" \\\\ line\\\\x0abreak\"}\n");
    log_set(LOG_LEVEL_INFO, 0);
}

static void check_escape(const char *text, const char *expected)
{
    struct buf out = {0};

    log_escape(&out, text);
    assert_true(str_is(buf_str(&out), expected));
    buf_free(&out);
}

static void test_hostile_text_is_escaped(void **state)
{
    (void)state;
    check_escape("plain", "plain");
    check_escape("gr\xc3\xbc\xc3\x9f \xe2\x82\xac \xf0\x9f\x98\x80",
                 "gr\xc3\xbc\xc3\x9f \xe2\x82\xac \xf0\x9f\x98\x80");
    check_escape("a\r\nb\tc", "a\\x0d\\x0ab\\x09c");
    check_escape("\x1b[31mred", "\\x1b[31mred");
    check_escape("\x7f\xc2\x9b", "\\x7f\\x9b"); /* DEL and the one-byte CSI */
    check_escape("\xff\xc0\x80\xed\xa0\x80", "\\xff\\xc0\\x80\\xed\\xa0\\x80");
    check_escape("\xc3", "\\xc3");
    check_escape("exe\xe2\x80\xaegpj.", "exe\\u202egpj."); /* right-to-left override */
    check_escape("\xe2\x81\xa6x\xe2\x81\xa9", "\\u2066x\\u2069");
    check_escape("\xe2\x80\xa8", "\\u2028");
}

static void test_long_lines_are_cut(void **state)
{
    static char text[10000];

    (void)state;
    memset(text, 'x', sizeof text - 1);
    say(LOG_LEVEL_ERROR, text);
    assert_int_equal(strlen(written), strlen("2026-01-02T03:04:05.678Z error   ") + 4095 + 4);
    assert_string_equal(written + strlen(written) - 5, "x...\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_text_line),          cmocka_unit_test(test_levels),
        cmocka_unit_test(test_json_line),          cmocka_unit_test(test_hostile_text_is_escaped),
        cmocka_unit_test(test_long_lines_are_cut),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
