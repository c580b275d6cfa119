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

#include "base/arena.h"
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

static uint32_t options_of(unsigned flags)
{
    return (flags & REGEX_CASELESS ? PCRE2_CASELESS : 0U) |
           (flags & REGEX_MULTILINE ? PCRE2_MULTILINE : 0U) |
           (flags & REGEX_DOTALL ? PCRE2_DOTALL : 0U) |
           (flags & REGEX_EXTENDED ? PCRE2_EXTENDED : 0U);
}

enum quell_code regex_new(struct quell_str pattern, unsigned flags, struct regex **regex,
                          size_t *offset, struct quell_error *err)
{
    uint32_t options =
        PCRE2_UTF | PCRE2_MATCH_INVALID_UTF | PCRE2_NEVER_BACKSLASH_C | options_of(flags);
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

/* PCRE2's answer: how many groups took part (0 when there is no room for them), or an error. */
static int search(const struct regex *regex, struct quell_str subject, pcre2_match_data *data)
{
    PCRE2_SPTR text = (PCRE2_SPTR)(subject.data ? subject.data : "");
    int found = pcre2_match(regex->code, text, subject.len, 0, 0, data, regex->limits);

    if (found == PCRE2_ERROR_JIT_STACKLIMIT)
        found = pcre2_match(regex->code, text, subject.len, 0, PCRE2_NO_JIT, data, regex->limits);
    return found;
}

static enum regex_result result_of(int found)
{
    if (found >= 0)
        return REGEX_YES;
    return found == PCRE2_ERROR_NOMATCH ? REGEX_NO : REGEX_LIMIT;
}

enum regex_result regex_test(const struct regex *regex, struct quell_str subject)
{
    if (subject.len > regex->subject_max)
        return REGEX_LIMIT;
    return result_of(search(regex, subject, regex->data));
}

/* ---- groups ------------------------------------------------------------------------------------
 */

static const char *limit_of(int found)
{
    switch (found) {
    case PCRE2_ERROR_MATCHLIMIT:
        return "the match limit was reached: this pattern backtracks too much on this text";
    case PCRE2_ERROR_DEPTHLIMIT:
        return "the depth limit was reached: this pattern backtracks too deep on this text";
    case PCRE2_ERROR_HEAPLIMIT:
    case PCRE2_ERROR_NOMEMORY:
        return "the memory limit was reached";
    default:
        return "the matcher gave up";
    }
}

/* The name of a group, out of PCRE2's table: rows of a number in two bytes and a name. */
static struct quell_str name_of(const struct regex *regex, struct arena *arena, unsigned number)
{
    uint32_t count = 0, size = 0, i;
    PCRE2_SPTR row = NULL;

    (void)pcre2_pattern_info(regex->code, PCRE2_INFO_NAMECOUNT, &count); /* these never fail */
    (void)pcre2_pattern_info(regex->code, PCRE2_INFO_NAMEENTRYSIZE, &size);
    (void)pcre2_pattern_info(regex->code, PCRE2_INFO_NAMETABLE, &row);
    for (i = 0; i < count; i++, row += size) {
        if ((unsigned)(row[0] << 8 | row[1]) == number)
            return arena_str(arena, quell_str_of((const char *)row + 2));
    }
    return QUELL_STR("");
}

static void take_groups(const struct regex *regex, struct quell_str subject, struct arena *arena,
                        const pcre2_match_data *data, size_t count, struct regex_find *find)
{
    const PCRE2_SIZE *bounds = pcre2_get_ovector_pointer((pcre2_match_data *)(uintptr_t)data);
    size_t i;

    find->groups = arena_array(arena, struct regex_group, count);
    for (i = 0; i < count; i++) {
        if (bounds[2 * i] == PCRE2_UNSET || bounds[2 * i] > bounds[2 * i + 1])
            continue; /* it took no part; \K in a lookahead can turn the whole match round */
        find->groups[find->count++] = (struct regex_group){
            .name = name_of(regex, arena, (unsigned)i),
            .number = (unsigned)i,
            .text = str_slice(subject, bounds[2 * i], bounds[2 * i + 1]),
        };
    }
}

enum regex_result regex_find(const struct regex *regex, struct quell_str subject,
                             struct arena *arena, struct regex_find *find)
{
    pcre2_match_data *data;
    int found;

    *find = (struct regex_find){0};
    if (subject.len > regex->subject_max) {
        find->why = regex->subject_max == LIMIT_REGEX_LOOK_BYTES
                        ? "the text is too long for a pattern with lookaround or back references"
                        : "the text is too long";
        return REGEX_LIMIT;
    }
    data = pcre2_match_data_create_from_pattern(regex->code, regex->memory);
    found = search(regex, subject, data);
    if (found > 0)
        take_groups(regex, subject, arena, data, (size_t)found, find);
    if (result_of(found) == REGEX_LIMIT)
        find->why = limit_of(found);
    pcre2_match_data_free(data);
    return result_of(found);
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
