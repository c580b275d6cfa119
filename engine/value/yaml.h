/*
 * yaml.h - YAML 1.2 core schema from libyaml's events, with the place of every node.
 *
 * A document is a tree of nodes; each knows where it stands in the text (bytes) and its value.
 * Resolving is ours: only `null ~ true false`, integers and floats of the core schema are not text
 * (`on`, `no`, `yes`, `012x` are text; `0123` is the integer 123). Anchors, aliases, merge keys,
 * tags, duplicate keys, tabs for indentation and multi-documents are errors with a place.
 */
#ifndef VALUE_YAML_H
#define VALUE_YAML_H

#include <stdbool.h>

#include <quell/value.h>

#include "base/diag.h"

struct arena;

enum yaml_style {
    YAML_PLAIN,
    YAML_SINGLE,
    YAML_DOUBLE,
    YAML_LITERAL,
    YAML_FOLDED,
    YAML_BLOCK,
    YAML_FLOW
};

struct yaml_pair;

struct yaml_node {
    struct quell_value value; /* the whole subtree */
    struct place place;       /* of a scalar: with its quotes; of a collection: first key to end */
    enum yaml_style style;
    size_t count;                  /* items or pairs */
    const struct yaml_node *items; /* when value is a list */
    const struct yaml_pair *pairs; /* when value is a map, in order */
};

struct yaml_pair {
    struct yaml_node key; /* always text */
    struct yaml_node node;
};

/* Reads one document (an empty one gives a null node). Faults become diagnostics QL001 to QL0xx in
 * `diags` (whose text is what is read); NULL is returned when there was an error. The tree lives in
 * `arena`. */
const struct yaml_node *yaml_read(struct arena *arena, struct diag_list *diags);

/* The node at a key, or NULL. */
const struct yaml_node *yaml_get(const struct yaml_node *map, const char *key);
const struct yaml_pair *yaml_find(const struct yaml_node *map, struct quell_str key);

/* The place in the source of bytes [from, from+len) of a scalar's *value* - the way an expression
 * inside a quoted or folded scalar is pointed at. Exact for plain, single- and double-quoted and
 * literal scalars; for folded ones the nearest place. */
struct place yaml_place_inside(struct quell_str text, const struct yaml_node *scalar, size_t from,
                               size_t len);

#endif
