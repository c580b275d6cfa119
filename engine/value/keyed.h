/*
 * keyed.h - masked values in digests: told apart under a key, and never told.
 *
 * A digest over the masked form is the same for two secrets; one over the secrets themselves lets
 * whoever sees it try guesses. HMAC-SHA256 under a random key does neither.
 */
#ifndef VALUE_KEYED_H
#define VALUE_KEYED_H

#include <quell/value.h>

struct arena;

enum { KEYED_KEY = 32 }; /* random bytes of a key, which is kept as hex */

/* A copy with a text in the place of each masked value: `***` and its HMAC. With an empty key, or
 * nothing masked in it, the value itself: its JSON has the masks. Lives in `arena`. */
struct quell_value value_keyed(struct arena *arena, struct quell_str key, struct quell_value value);
/* The masked values in it, and nothing else of it, as one hex text; empty with an empty key, or
 * when there are none. */
struct quell_str value_keyed_print(struct arena *arena, struct quell_str key,
                                   struct quell_value value);

#endif
