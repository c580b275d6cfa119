/*
 * test_diff.c - differences of texts: as `diff -u` shows them, and `patch` can apply them.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/diff.h"
#include "base/limits.h"

static void check(const char *before, const char *after, const char *wanted)
{
    struct arena *arena = arena_new(0);
    struct buf out = {0};
    diff_unified(arena, &out, "f", quell_str_of(before), quell_str_of(after));
    buf_add_char(&out, '\0');
    assert_string_equal(out.data, wanted);
    buf_free(&out);
    arena_free(arena);
}

static void changes_are_shown_with_three_lines_around(void **state)
{
    (void)state;
    check("a\n", "a\n", "");
    check("", "a\n", "--- f\n+++ f\n@@ -0,0 +1,1 @@\n+a\n");
    check("a\n", "", "--- f\n+++ f\n@@ -1,1 +0,0 @@\n-a\n");
    check("1\n2\n3\n4\n5\n6\n7\n8\n9\n", "1\n2\n3\n4\nfive\n6\n7\n8\n9\n",
          "--- f\n+++ f\n@@ -2,7 +2,7 @@\n 2\n 3\n 4\n-5\n+five\n 6\n 7\n 8\n");
    check("x\n1\n2\n3\n4\n5\n6\n7\ny\n", "1\n2\n3\n4\n5\n6\n7\n",
          "--- f\n+++ f\n@@ -1,4 +1,3 @@\n-x\n 1\n 2\n 3\n@@ -6,4 +5,3 @@\n 5\n 6\n 7\n-y\n");
    check("x\n1\n2\n3\n4\n5\n6\ny\n", "1\n2\n3\n4\n5\n6\n",
          "--- f\n+++ f\n@@ -1,8 +1,6 @@\n-x\n 1\n 2\n 3\n 4\n 5\n 6\n-y\n");
}

/* Takes the lines of the one side out of a diff of two whole texts (every line is shown). */
static void side(const char *diff, char sign, struct buf *out)
{
    for (const char *line = diff; *line; line = strchr(line, '\n') + 1)
        if (strncmp(line, "---", 3) != 0 && strncmp(line, "+++", 3) != 0 && *line != '@' &&
            (*line == ' ' || *line == sign))
            buf_add(out, line + 1, (size_t)(strchr(line, '\n') - line));
}

static void random_text(struct buf *out, unsigned *seed, int lines)
{
    for (int i = 0; i < lines; i++) {
        *seed = *seed * 1103515245 + 12345;
        buf_add_format(out, "%c\n", 'a' + (int)(*seed >> 16) % 4);
    }
}

/* With few lines each, all of them stand in the hunks when both texts are short: both sides of the
 * diff are then the texts themselves. */
static void both_sides_can_be_read_back(void **state)
{
    unsigned seed = 7;
    (void)state;
    for (int round = 0; round < 2000; round++) {
        struct arena *arena = arena_new(0);
        struct buf a = {0}, b = {0}, diff = {0}, left = {0}, right = {0};
        random_text(&a, &seed, round % 5);
        random_text(&b, &seed, round / 5 % 5);
        buf_add(&a, "", 0);
        diff_unified(arena, &diff, "f", buf_str(&a), buf_str(&b));
        if (diff.len) {
            side(diff.data, '-', &left);
            side(diff.data, '+', &right);
            assert_true(quell_str_equal(buf_str(&left), buf_str(&a)));
            assert_true(quell_str_equal(buf_str(&right), buf_str(&b)));
        } else {
            assert_true(quell_str_equal(buf_str(&a), buf_str(&b)));
        }
        buf_free(&a);
        buf_free(&b);
        buf_free(&diff);
        buf_free(&left);
        buf_free(&right);
        arena_free(arena);
    }
}

static void texts_that_share_nothing_are_one_change(void **state)
{
    struct arena *arena = arena_new(0);
    struct buf a = {0}, b = {0}, diff = {0};
    (void)state;
    for (int i = 0; i < LIMIT_DIFF_EDITS; i++) {
        buf_add_format(&a, "a%d\n", i);
        buf_add_format(&b, "b%d\n", i);
    }
    diff_unified(arena, &diff, "f", buf_str(&a), buf_str(&b));
    assert_non_null(strstr(diff.data, "-a0\n"));
    assert_non_null(strstr(diff.data, "+b1999\n"));
    buf_free(&a);
    buf_free(&b);
    buf_free(&diff);
    arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(changes_are_shown_with_three_lines_around),
        cmocka_unit_test(both_sides_can_be_read_back),
        cmocka_unit_test(texts_that_share_nothing_are_one_change),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
