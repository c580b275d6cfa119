/*
 * fold.h - text without regard to case: Unicode's simple case folding for Latin, Greek, Cyrillic,
 * Armenian and the fullwidth letters (the scripts of host, user and product names). Other scripts
 * with case are compared as they are. No normalisation: a precomposed letter and the same one with
 * a combining mark differ. The same pairs as PCRE2's caseless matching in these scripts.
 */
#ifndef MATCH_FOLD_H
#define MATCH_FOLD_H

#include <stdbool.h>
#include <stdint.h>

#include <quell/value.h>

uint32_t fold_code_point(uint32_t code_point);
bool fold_equal(struct quell_str a, struct quell_str b);
bool fold_starts(struct quell_str text, struct quell_str prefix);
bool fold_ends(struct quell_str text, struct quell_str suffix);
bool fold_contains(struct quell_str text, struct quell_str part);

#endif
