/*
 * tag.h - values that JSON has no form for, as maps of one pair ({"$time": "..."}) and back.
 *
 * Inside of journal/ only. Nothing here looks at events.
 */
#ifndef JOURNAL_TAG_H
#define JOURNAL_TAG_H

#include <quell/error.h>
#include <quell/value.h>

struct arena;

/* A value of nulls, bools, ints, verbatim numbers, strings, lists and maps with string keys, no
 * deeper than LIMIT_OWN_DEPTH, that says all of `value` but its secrets. `depth` is how many levels
 * of JSON stand around it. Shares what needs no tag with `value`. */
struct quell_value tag_encode(struct arena *arena, struct quell_value value, size_t depth);
/* The inverse. QUELL_INVALID for an unknown tag or a malformed one. */
enum quell_code tag_decode(struct arena *arena, struct quell_value tagged,
                           struct quell_value *value, struct quell_error *err) QUELL_MUST_CHECK;
/* tag_decode(tag_encode(value)), without the way there and back. */
struct quell_value tag_mask(struct arena *arena, struct quell_value value);

#endif
