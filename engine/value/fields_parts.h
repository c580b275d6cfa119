/*
 * fields_parts.h - what checking a value and checking a document's node share; for the files of
 * this folder only.
 */
#ifndef VALUE_FIELDS_PARTS_H
#define VALUE_FIELDS_PARTS_H

#include "value/fields.h"

/* The row of one item of a list, or of one value of a map. */
struct quell_field fields_item(const struct quell_field *field);

/* Checks a value that is no list, map or object row against its row: *checked is the value after
 * coercion, or the answer says what is wrong (an empty answer: nothing). Texts live in `arena`. */
struct quell_str fields_leaf(struct arena *arena, const struct quell_field *field,
                             struct quell_value value, struct quell_value *checked);
/* What is wrong with the size of a text or list; empty: nothing. */
struct quell_str fields_size(struct arena *arena, const struct quell_field *field,
                             struct quell_value value);
/* "a list of string is expected, this is an int" */
struct quell_str fields_wrong_type(struct arena *arena, const struct quell_field *field,
                                   struct quell_value value);
/* "; did you mean `x`?" or nothing. */
struct quell_str fields_did_you_mean(struct arena *arena, struct quell_str nearest);
struct quell_str fields_nearest_word(const char *const *words, struct quell_str wrong);
/* The default of a row; null when it has none. */
struct quell_value fields_fallback(struct arena *arena, const struct quell_field *field);

#endif
