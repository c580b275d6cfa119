/*
 * error.h - filling a struct quell_error in one line: `return error_set(err, QUELL_LIMIT, "...")`.
 */
#ifndef BASE_ERROR_H
#define BASE_ERROR_H

#include <quell/error.h>
#include <quell/value.h>

/* Fills *err (NULL is allowed) and returns `code`, so that callers can `return error_set(...)`. */
enum quell_code error_set(struct quell_error *err, enum quell_code code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* The code of a word, or QUELL_OK when it is none. */
enum quell_code error_code_of(struct quell_str word);

#endif
