/*
 * test_regex.c - PCRE2 behind its limits: what runs away is told apart from what does not match.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/limits.h"
#include "base/memory.h"
#include "match/regex.h"

static enum regex_result run(const char *pattern, bool caseless, struct quell_str subject)
{
    struct regex *regex = NULL;
    struct quell_error err;
    size_t offset;
    enum regex_result result;

    assert_int_equal(
        regex_new(quell_str_of(pattern), caseless ? REGEX_CASELESS : 0, &regex, &offset, &err),
        QUELL_OK);
    result = regex_test(regex, subject);
    regex_free(regex);
    return result;
}

static void matches(void **state)
{
    (void)state;
    assert_int_equal(run("\\bmalware\\b", true, QUELL_STR("Malware on host")), REGEX_YES);
    assert_int_equal(run("\\bmalware\\b", false, QUELL_STR("Malware on host")), REGEX_NO);
    assert_int_equal(run("(?i)\\bmalware\\b", false, QUELL_STR("Malware on host")), REGEX_YES);
    assert_int_equal(run("(?-i)malware", true, QUELL_STR("Malware")), REGEX_NO);
    assert_int_equal(run("^$", false, QUELL_STR("")), REGEX_YES);
    assert_int_equal(run("^$", false, (struct quell_str){NULL, 0}), REGEX_YES);
    assert_int_equal(run("(a)(b)(c)", false, QUELL_STR("abc")), REGEX_YES);
    assert_int_equal(run("(?<!un)safe", false, QUELL_STR("unsafe")), REGEX_NO);
    assert_int_equal(run("^.{3}$", false, QUELL_STR("\xC3\xA4\xC3\xB6\xC3\xBC")), REGEX_YES);
    assert_int_equal(run("\xC3\x84", true, QUELL_STR("\xC3\xA4")), REGEX_YES);
}

static void a_subject_may_hold_nul_and_invalid_bytes(void **state)
{
    (void)state;
    assert_int_equal(run("b$", false, (struct quell_str){"a\0b", 3}), REGEX_YES);
    assert_int_equal(run("evil", false, QUELL_STR("\xFF\xFE evil \xC3")), REGEX_YES);
    assert_int_equal(run("good", false, QUELL_STR("\xFF\xFE evil \xC3")), REGEX_NO);
    /* An invalid byte is matched by nothing, not even by a dot. */
    assert_int_equal(run("^.$", false, QUELL_STR("\xFF")), REGEX_NO);
}

static void a_runaway_pattern_meets_a_limit(void **state)
{
    static const char *const patterns[] = {"^(a+)+$", "^(a|aa)+$", "^(([a-z])+.)+[A-Z]$"};
    char subject[64];

    (void)state;
    memset(subject, 'a', sizeof subject);
    subject[63] = '!';
    for (size_t i = 0; i < sizeof patterns / sizeof patterns[0]; i++)
        assert_int_equal(run(patterns[i], false, (struct quell_str){subject, sizeof subject}),
                         REGEX_LIMIT);
}

/* What is deeper than the JIT's stack is tried by the interpreter, whose limits then count. */
static void a_deep_recursion_is_no_crash(void **state)
{
    size_t len = LIMIT_MATCH_FIELD_BYTES;
    char *subject = memory_new(len);
    enum regex_result result;

    (void)state;
    memset(subject, 'a', len);
    result = run("^(?:(a)|b)*+c?(?=z)", false, (struct quell_str){subject, len});
    assert_int_not_equal(result, REGEX_YES);
    result = run("^(\\((?1)*\\)|a)*$", false, (struct quell_str){subject, len});
    assert_int_not_equal(result, REGEX_NO);
    memset(subject, '(', len);
    result = run("(\\((?1)*\\))", false, (struct quell_str){subject, len});
    assert_int_not_equal(result, REGEX_YES);
    memory_free(subject);
}

static void a_subject_above_the_cap_is_a_limit(void **state)
{
    size_t len = LIMIT_MATCH_FIELD_BYTES + 1;
    char *subject = memory_new(len);

    (void)state;
    memset(subject, 'a', len);
    assert_int_equal(run("a", false, (struct quell_str){subject, len}), REGEX_LIMIT);
    assert_int_equal(run("a", false, (struct quell_str){subject, len - 1}), REGEX_YES);
    memory_free(subject);
}

static void a_bad_pattern_says_where(void **state)
{
    static const struct {
        const char *pattern;
        size_t offset;
    } bad[] = {{"a(b", 3}, {"[z-a]", 3}, {"(?<n>a)(?<n>b)", 12}, {"\\C", 2}, {"a)", 1}};

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct regex *regex = NULL;
        struct quell_error err = {0};
        size_t offset = 0;
        enum quell_code code =
            regex_new(quell_str_of(bad[i].pattern), REGEX_CASELESS, &regex, &offset, &err);
        assert_int_equal(code, QUELL_INVALID);
        assert_null(regex);
        assert_int_equal(offset, bad[i].offset);
        assert_true(strlen(err.message) > 5);
    }
}

static void a_long_pattern_is_refused(void **state)
{
    char *text = memory_new(LIMIT_REGEX_PATTERN_BYTES + 1);
    struct regex *regex = NULL;
    struct quell_error err;
    size_t offset;

    (void)state;
    memset(text, 'a', LIMIT_REGEX_PATTERN_BYTES + 1);
    assert_int_equal(regex_new((struct quell_str){text, LIMIT_REGEX_PATTERN_BYTES + 1}, 0, &regex,
                               &offset, &err),
                     QUELL_LIMIT);
    memory_free(text);
    regex_free(NULL);
}

static void the_jit_can_be_asked(void **state)
{
    (void)state;
    assert_int_equal(regex_jit(), regex_jit()); /* either answer is right; it must not fail */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(matches),
        cmocka_unit_test(a_subject_may_hold_nul_and_invalid_bytes),
        cmocka_unit_test(a_runaway_pattern_meets_a_limit),
        cmocka_unit_test(a_deep_recursion_is_no_crash),
        cmocka_unit_test(a_subject_above_the_cap_is_a_limit),
        cmocka_unit_test(a_bad_pattern_says_where),
        cmocka_unit_test(a_long_pattern_is_refused),
        cmocka_unit_test(the_jit_can_be_asked),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
