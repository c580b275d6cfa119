/*
 * diff.h - what is different between two texts, line by line, as `diff -u` shows it.
 */
#ifndef BASE_DIFF_H
#define BASE_DIFF_H

#include <quell/value.h>

struct arena;
struct buf;

/* Appends a unified diff with three lines around each change, and nothing when the texts are equal.
 * The shortest one (Myers 1986) up to LIMIT_DIFF_EDITS edits; beyond, one change of all that
 * differs.
 */
void diff_unified(struct arena *arena, struct buf *out, const char *name, struct quell_str before,
                  struct quell_str after);

#endif
