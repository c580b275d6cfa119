/*
 * regex.h - the regular expressions of matches() and regex.*: RE2's language, run by PCRE2 within
 * limits.
 */
#ifndef CEL_REGEX_H
#define CEL_REGEX_H

#include <stdbool.h>

#include <quell/error.h>
#include <quell/value.h>

#include "base/diag.h"

struct arena;
struct cel_fault;
struct cel_regex; /* compiled, immutable, in an arena */

/* Compiles a pattern. What RE2 does not know is a fault at `place`. Without `captures` groups are
 * only brackets, which is faster. */
enum quell_code regex_compile(struct arena *arena, struct quell_str pattern, struct place place,
                              bool captures, const struct cel_regex **regex,
                              struct cel_fault *fault) QUELL_MUST_CHECK;
size_t regex_groups(const struct cel_regex *regex); /* that capture; 0 without `captures` */

/* Working memory of matching, kept from call to call. Starts as NULL; freed with the door below. */
struct regex_memory;
void regex_memory_free(struct regex_memory *memory); /* NULL is allowed */

enum { REGEX_GROUPS = 10 }; /* the whole match, and \1 to \9: as many as can be spelt */

struct regex_match {
    struct {
        size_t from, to; /* bytes of the text; SIZE_MAX for a group that took no part */
    } groups[REGEX_GROUPS];
};

/* Searches a text of valid UTF-8 from `from` on. `*work` is how many steps of the matcher it may
 * take; what it may have taken is taken off. QUELL_LIMIT when they do not suffice: nothing is known
 * then. */
enum quell_code regex_locate(const struct cel_regex *regex, struct quell_str text, size_t from,
                             struct regex_memory **memory, size_t *work, bool *found,
                             struct regex_match *match) QUELL_MUST_CHECK;

#endif
