/*
 * text.h - values as text, for conversions and templates.
 */
#ifndef CEL_TEXT_H
#define CEL_TEXT_H

#include <stdbool.h>

#include <quell/value.h>

struct arena;

/* An int, uint or double: doubles with the fewest digits that read back as the same number. */
struct quell_str text_of_number(struct arena *arena, struct quell_value number);

/* Whether a value can be written out: about `*left` bytes at most (which are taken off), and not
 * nested too deep to be read again. Lists may share inner lists, so that a value of a few KiB can
 * be as large as the sky when it is written. */
bool text_fits(struct quell_value value, size_t *left);

/* The first unknown in a value, itself included, unless *unknown is one already. */
void text_unknown(struct quell_value value, struct quell_value *unknown);

#endif
