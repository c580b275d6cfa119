/*
 * regex.h - the regular expressions of matches(): RE2's language, run by PCRE2 within limits.
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

/* Compiles a pattern. What RE2 does not know is a fault at `place`. */
enum quell_code regex_compile(struct arena *arena, struct quell_str pattern, struct place place,
                              const struct cel_regex **regex,
                              struct cel_fault *fault) QUELL_MUST_CHECK;

/* Working memory of matching, kept from call to call. Starts as NULL; freed with the door below. */
struct regex_memory;
void regex_memory_free(struct regex_memory *memory); /* NULL is allowed */

/* Searches. `*work` is how many steps of the matcher it may take; what it may have taken is taken
 * off. QUELL_LIMIT when they do not suffice: nothing is known then. QUELL_INVALID when the text is
 * not UTF-8. */
enum quell_code regex_search(const struct cel_regex *regex, struct quell_str text,
                             struct regex_memory **memory, size_t *work,
                             bool *found) QUELL_MUST_CHECK;

#endif
