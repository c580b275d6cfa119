/*
 * regex.h - PCRE2 with limits: a pattern is compiled once (JIT) and tested often, by one thread at
 * a time.
 */
#ifndef MATCH_REGEX_H
#define MATCH_REGEX_H

#include <stdbool.h>
#include <stddef.h>

#include <quell/error.h>
#include <quell/value.h>

struct regex;

enum regex_flag {
    REGEX_CASELESS = 1,  /* i */
    REGEX_MULTILINE = 2, /* m: `^` and `$` at every line */
    REGEX_DOTALL = 4,    /* s: `.` takes line ends, too */
    REGEX_EXTENDED = 8,  /* x: blanks and comments in the pattern */
};

/* Compiles (UTF, MATCH_INVALID_UTF, JIT when there is one). `flags` are or-ed. On failure *offset
 * is the byte in the pattern and err->message PCRE2's word for it. */
enum quell_code regex_new(struct quell_str pattern, unsigned flags, struct regex **regex,
                          size_t *offset, struct quell_error *err) QUELL_MUST_CHECK;
void regex_free(struct regex *regex);

enum regex_result { REGEX_NO, REGEX_YES, REGEX_LIMIT };
/* REGEX_LIMIT: a match, depth or heap limit, or a subject above regex_subject_max. */
enum regex_result regex_test(const struct regex *regex, struct quell_str subject);

struct arena;

/* A group of the pattern that took part in a match. */
struct regex_group {
    struct quell_str name; /* or empty */
    unsigned number;       /* 0 = the whole match */
    struct quell_str text; /* a part of the subject */
};
struct regex_find {
    struct regex_group *groups; /* in `arena` */
    size_t count;
    const char *why; /* for REGEX_LIMIT: which limit, for people; static */
};
/* The same as regex_test, and what each group took. */
enum regex_result regex_find(const struct regex *regex, struct quell_str subject,
                             struct arena *arena, struct regex_find *find);

/* LIMIT_MATCH_FIELD_BYTES, or LIMIT_REGEX_LOOK_BYTES for a pattern with lookaround or back
 * references. */
size_t regex_subject_max(const struct regex *regex);
bool regex_jit(void); /* whether PCRE2's JIT works here */

#endif
