/*
 * overload.h - looking up rows of the function tables, for the parser.
 */
#ifndef CEL_OVERLOAD_H
#define CEL_OVERLOAD_H

#include <stdbool.h>
#include <stddef.h>

#include "cel/function.h"

/* Up to `max` rows of a name in a form; returns how many. */
size_t function_find(struct quell_str name, enum function_form form,
                     const struct function_row **rows, size_t max);
/* Whether a row takes so many arguments, a receiver included. */
bool function_takes(const struct function_row *row, size_t count);
/* The nearest name of a row in this form, or empty. */
struct quell_str function_nearest(struct quell_str wrong, enum function_form form);
/* Whether its second argument is a pattern; *captures: whether the groups in it matter. */
bool regex_function(const struct function_row *row, bool *captures);
/* As people read it: "string.contains(string) -> bool". */
const char *function_signature(const struct function_row *row);

#endif
