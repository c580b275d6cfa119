/*
 * map_index.h - the hash index behind the pairs of a large map; for the files of this folder only.
 *
 * The index is an array of slots sorted by (hash, key): a search is binary. It is no table with
 * chains because the keys are foreign: whoever can compute collisions (here nothing is random)
 * makes a table quadratic, but never a sorted array.
 */
#ifndef VALUE_MAP_INDEX_H
#define VALUE_MAP_INDEX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <quell/value.h>

struct arena;

struct map_slot {
    uint32_t hash, at;
};

enum { MAP_INDEX_LEAST = 33 }; /* pairs; below it a linear search is as fast */

/* A map of `count` pairs, copied into `arena` with an index when it is large and all its keys are
 * strings. When two keys are equal, *duplicate (if not NULL) is the position of a later one of
 * them, else SIZE_MAX. */
struct quell_value map_index_make(struct arena *arena, const struct quell_pair *pairs, size_t count,
                                  size_t *duplicate);

/* The pair at a string key, or NULL; `map` must be QUELL_INDEXED. */
const struct quell_pair *map_index_find(struct quell_value map, struct quell_str key);

#endif
