/*
 * tagged.h - values with their types written beside them, so that JSON loses nothing: the form of
 * CEL's conformance cases.
 *
 *   {"t": "null"}                {"t": "bool", "v": true}      {"t": "string", "v": "text"}
 *   {"t": "int", "v": "42"}      {"t": "uint", "v": "42"}      {"t": "double", "v": "1.5"}
 *   {"t": "bytes", "b64": "AA=="}                              {"t": "type", "v": "int"}
 *   {"t": "list", "v": [...]}    {"t": "map", "v": [[key, value], ...]}
 *   {"t": "timestamp", "seconds": 0, "nanos": 0}, "duration" the same
 *   {"t": "optional", "v": []}, with its value in the list when it has one
 *   {"t": "ip", "v": "10.0.0.1"} {"t": "cidr", "v": "10.0.0.0/8"}
 */
#ifndef CEL_TAGGED_H
#define CEL_TAGGED_H

#include <stdbool.h>

#include <quell/value.h>

struct arena;

/* False when it is not in this form. Texts are borrowed. */
bool tagged_read(struct arena *arena, struct quell_value tag, struct quell_value *value);
/* An unknown is written as null. */
struct quell_value tagged_write(struct arena *arena, struct quell_value value);

#endif
