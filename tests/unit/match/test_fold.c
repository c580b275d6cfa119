/*
 * test_fold.c - text without regard to case, held against PCRE2's caseless matching, code point by
 * code point, in the blocks that fold.h promises.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "base/utf8.h"
#include "match/fold.h"
#include "match/regex.h"

static struct quell_str text_of(uint32_t code_point, char out[4])
{
    return (struct quell_str){out, utf8_write(code_point, out)};
}

/* The caseless pattern of one code point. */
static struct regex *pattern_of(uint32_t code_point)
{
    char pattern[32];
    struct regex *regex = NULL;
    struct quell_error err;
    size_t offset;

    (void)snprintf(pattern, sizeof pattern, "^\\x{%x}$", (unsigned)code_point);
    assert_int_equal(regex_new(quell_str_of(pattern), REGEX_CASELESS, &regex, &offset, &err),
                     QUELL_OK);
    return regex;
}

static void a_folded_letter_is_the_same_letter_to_pcre2(void **state)
{
    char subject[4];

    (void)state;
    for (uint32_t c = 1; c < 0x30000; c++) {
        uint32_t folded = fold_code_point(c);
        assert_int_equal(fold_code_point(folded), folded);
        if (folded == c)
            continue;
        struct regex *regex = pattern_of(c);
        if (regex_test(regex, text_of(folded, subject)) != REGEX_YES) {
            print_error("U+%04X folds to U+%04X, PCRE2 disagrees\n", (unsigned)c, (unsigned)folded);
            fail();
        }
        regex_free(regex);
    }
}

/* The other way round: in the promised blocks nothing that PCRE2 pairs is left out. */
static void in_the_promised_blocks_no_pair_is_missing(void **state)
{
    static const struct {
        uint32_t first, last;
    } blocks[] = {{0x0020, 0x017F}, {0x0384, 0x03CE}, {0x0400, 0x052F}, {0x0531, 0x0586},
                  {0x1E00, 0x1E95}, {0x1EA0, 0x1EFF}, {0xFF21, 0xFF5A}};
    char subject[4];

    (void)state;
    for (size_t i = 0; i < sizeof blocks / sizeof blocks[0]; i++) {
        for (uint32_t a = blocks[i].first; a <= blocks[i].last; a++) {
            struct regex *regex = pattern_of(a);
            for (uint32_t b = blocks[i].first; b <= blocks[i].last; b++) {
                bool theirs = regex_test(regex, text_of(b, subject)) == REGEX_YES;
                bool ours = fold_code_point(a) == fold_code_point(b);
                if (theirs != ours)
                    print_error("U+%04X and U+%04X: PCRE2 says %d\n", (unsigned)a, (unsigned)b,
                                theirs);
                assert_int_equal(theirs, ours);
            }
            regex_free(regex);
        }
    }
}

static void comparing(void **state)
{
    (void)state;
    assert_true(fold_equal(QUELL_STR("Microsoft SENTINEL"), QUELL_STR("microsoft sentinel")));
    assert_false(fold_equal(QUELL_STR("abc"), QUELL_STR("abcd")));
    assert_false(fold_equal(QUELL_STR("abcd"), QUELL_STR("abc")));
    assert_true(fold_equal(QUELL_STR(""), QUELL_STR("")));
    assert_true(fold_equal((struct quell_str){NULL, 0}, QUELL_STR("")));
    assert_true(fold_equal(QUELL_STR("M\xC3\x9CLLER"), QUELL_STR("m\xC3\xBCller")));
    /* The kelvin sign is three bytes, its folding one. */
    assert_true(fold_equal(QUELL_STR("\xE2\x84\xAAill"), QUELL_STR("KILL")));
    assert_true(fold_equal(QUELL_STR("KILL"), QUELL_STR("\xE2\x84\xAAill")));
    assert_true(fold_starts(QUELL_STR("\xE2\x84\xAAill chain"), QUELL_STR("kill")));
    assert_true(fold_ends(QUELL_STR("over\xE2\x84\xAAill"), QUELL_STR("KILL")));
    assert_true(fold_contains(QUELL_STR("over\xE2\x84\xAAill chain"), QUELL_STR("kill C")));
    assert_false(fold_starts(QUELL_STR("ab"), QUELL_STR("abc")));
    assert_false(fold_ends(QUELL_STR("bc"), QUELL_STR("abc")));
    assert_true(fold_ends(QUELL_STR("abc"), QUELL_STR("ABC")));
    assert_true(fold_contains(QUELL_STR("aaab"), QUELL_STR("AAB")));
    assert_false(fold_contains(QUELL_STR("aaa"), QUELL_STR("aaab")));
    assert_true(fold_contains(QUELL_STR("x"), QUELL_STR("")));
}

static void invalid_bytes_equal_only_themselves(void **state)
{
    (void)state;
    assert_true(fold_equal(QUELL_STR("\xFF"), QUELL_STR("\xFF")));
    assert_false(fold_equal(QUELL_STR("\xFF"), QUELL_STR("\xFE")));
    assert_false(fold_equal(QUELL_STR("\xC3"), QUELL_STR("\xC3\xA4")));
    assert_true(fold_contains(QUELL_STR("a\xC3"), QUELL_STR("\xC3")));
    assert_false(fold_ends(QUELL_STR("\x80\x80"), QUELL_STR("a")));
    assert_true(fold_ends(QUELL_STR("\x80\x80"), QUELL_STR("")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_folded_letter_is_the_same_letter_to_pcre2),
        cmocka_unit_test(in_the_promised_blocks_no_pair_is_missing),
        cmocka_unit_test(comparing),
        cmocka_unit_test(invalid_bytes_equal_only_themselves),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
