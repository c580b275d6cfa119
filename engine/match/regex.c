/*
 * regex.c - PCRE2 with limits: compile once, test often, never run away.
 *
 * Who writes a pattern is trusted (a playbook's author); who writes the subject is not. So each
 * test is bounded: the subject's size, PCRE2's match, depth and heap limits. Reaching a limit is
 * told apart from "no match". Patterns that need more than the JIT's stack are tried once more by
 * PCRE2's interpreter, which has limits of its own. One thread uses a regex at a time: its match
 * data is reused.
 */
#include "match/regex.h"

#include <stdint.h>

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include "base/error.h"
#include "base/limits.h"
#include "base/memory.h"
#include "base/str.h"

struct regex {
    pcre2_general_context *memory;
    pcre2_code *code;
    pcre2_match_context *limits;
    pcre2_match_data *data;
    size_t subject_max; /* bytes */
};

static void *give(PCRE2_SIZE size, void *user)
{
    (void)user; /* base/memory.h has no state */
    return memory_new(size);
}

static void take_back(void *memory, void *user)
{
    (void)user;
    memory_free(memory);
}

static void set_limits(struct regex *regex)
{
    regex->limits = pcre2_match_context_create(regex->memory);
    (void)pcre2_set_match_limit(regex->limits, LIMIT_REGEX_MATCH); /* these three never fail */
    (void)pcre2_set_depth_limit(regex->limits, LIMIT_REGEX_DEPTH);
    (void)pcre2_set_heap_limit(regex->limits, LIMIT_REGEX_HEAP_KIB);
}

/* Lookaround and back references switch off the shortcuts that keep an unsuccessful search linear,
 * and what they read is not counted by the match limit: only the subject's size bounds them. */
static size_t subject_max_of(const pcre2_code *code, struct quell_str pattern)
{
    static const char *const marks[] = {"(?=", "(?!", "(?<=", "(?<!", "(*"};
    uint32_t references = 0;
    size_t i;

    (void)pcre2_pattern_info(code, PCRE2_INFO_BACKREFMAX, &references); /* 0 when it fails */
    for (i = 0; i < sizeof marks / sizeof marks[0]; i++)
        references += str_find(pattern, quell_str_of(marks[i]), 0) != SIZE_MAX;
    return references > 0 ? LIMIT_REGEX_LOOK_BYTES : LIMIT_MATCH_FIELD_BYTES;
}

static enum quell_code refuse(int number, size_t at, size_t *offset, struct quell_error *err)
{
    PCRE2_UCHAR text[200];
    if (pcre2_get_error_message(number, text, sizeof text) < 0)
        text[0] = '\0';
    *offset = at;
    return error_set(err, QUELL_INVALID, "%s", (const char *)text);
}

enum quell_code regex_new(struct quell_str pattern, bool caseless, struct regex **regex,
                          size_t *offset, struct quell_error *err)
{
    uint32_t options = PCRE2_UTF | PCRE2_MATCH_INVALID_UTF | PCRE2_NEVER_BACKSLASH_C |
                       (caseless ? PCRE2_CASELESS : 0U);
    int number = 0;
    PCRE2_SIZE at = 0;
    struct regex *made;

    if (pattern.len > LIMIT_REGEX_PATTERN_BYTES) {
        *offset = LIMIT_REGEX_PATTERN_BYTES;
        return error_set(err, QUELL_LIMIT, "the pattern is longer than %d bytes",
                         LIMIT_REGEX_PATTERN_BYTES);
    }
    made = memory_new(sizeof *made);
    made->memory = pcre2_general_context_create(give, take_back, NULL);
    pcre2_compile_context *compile = pcre2_compile_context_create(made->memory);
    made->code = pcre2_compile((PCRE2_SPTR)(pattern.data ? pattern.data : ""), pattern.len, options,
                               &number, &at, compile);
    pcre2_compile_context_free(compile);
    if (!made->code) {
        regex_free(made);
        return refuse(number, at, offset, err);
    }
    /* Without a JIT the interpreter does the same work, slower, under the same limits. */
    (void)pcre2_jit_compile(made->code, PCRE2_JIT_COMPLETE);
    set_limits(made);
    made->subject_max = subject_max_of(made->code, pattern);
    made->data = pcre2_match_data_create(1, made->memory);
    *regex = made;
    return QUELL_OK;
}

void regex_free(struct regex *regex)
{
    if (!regex)
        return;
    pcre2_match_data_free(regex->data);
    pcre2_match_context_free(regex->limits);
    pcre2_code_free(regex->code);
    pcre2_general_context_free(regex->memory);
    memory_free(regex);
}

enum regex_result regex_test(const struct regex *regex, struct quell_str subject)
{
    PCRE2_SPTR text = (PCRE2_SPTR)(subject.data ? subject.data : "");
    int found;

    if (subject.len > regex->subject_max)
        return REGEX_LIMIT;
    found = pcre2_match(regex->code, text, subject.len, 0, 0, regex->data, regex->limits);
    if (found == PCRE2_ERROR_JIT_STACKLIMIT)
        found = pcre2_match(regex->code, text, subject.len, 0, PCRE2_NO_JIT, regex->data,
                            regex->limits);
    if (found >= 0) /* 0: more groups than the match data holds, which is a match all the same */
        return REGEX_YES;
    return found == PCRE2_ERROR_NOMATCH ? REGEX_NO : REGEX_LIMIT;
}

size_t regex_subject_max(const struct regex *regex)
{
    return regex->subject_max;
}

bool regex_jit(void)
{
    /* PCRE2_CONFIG_JIT only says that it was built in; a hardened service may not map memory as
     * executable, and then compiling is what fails. */
    int number;
    PCRE2_SIZE at;
    pcre2_code *code = pcre2_compile((PCRE2_SPTR) "a", 1, 0, &number, &at, NULL);
    bool works = code && pcre2_jit_compile(code, PCRE2_JIT_COMPLETE) == 0;
    pcre2_code_free(code);
    return works;
}
