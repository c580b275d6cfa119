/*
 * str.h - slices of text: comparing, cutting, numbers, "did you mean". All ASCII-only folding here;
 * Unicode folding is match's affair.
 */
#ifndef BASE_STR_H
#define BASE_STR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <quell/value.h>

bool str_is(struct quell_str text, const char *literal); /* equal to a NUL-terminated text */
bool str_starts(struct quell_str text, struct quell_str prefix);
bool str_ends(struct quell_str text, struct quell_str suffix);
bool str_equal_fold(struct quell_str a, struct quell_str b); /* ASCII letters without case */
int str_compare(struct quell_str a, struct quell_str b);     /* bytewise, like memcmp then length */
/* The index of the first occurrence at or after `from`, or SIZE_MAX. An empty needle is at `from`.
 */
size_t str_find(struct quell_str text, struct quell_str needle, size_t from);
struct quell_str str_slice(struct quell_str text, size_t from, size_t to); /* clipped to the text */
struct quell_str str_trim(struct quell_str text); /* ASCII blanks at both ends */
/* Cuts `text` at the first `separator`: *head before it, *tail behind it; false when absent (then
 * *head is all and *tail empty). */
bool str_cut(struct quell_str text, char separator, struct quell_str *head, struct quell_str *tail);
bool str_to_int(struct quell_str text, int64_t *number); /* whole text, decimal, optional minus */
bool str_equal_secret(struct quell_str a, struct quell_str b); /* constant time in the content */
uint64_t str_hash(struct quell_str text); /* FNV-1a; not for untrusted collision resistance */

/* The candidate nearest to `wrong` (edit distance <= 1/3 of its length, at most 3), or an empty
 * slice. Candidates are borrowed. */
struct quell_str str_nearest(struct quell_str wrong, const struct quell_str *candidates,
                             size_t count);

#endif
