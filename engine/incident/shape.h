/*
 * shape.h - the shape all incidents have: conforming a value to the field table; internal to
 * incident/.
 */
#ifndef INCIDENT_SHAPE_H
#define INCIDENT_SHAPE_H

#include <quell/connector.h>
#include <quell/error.h>
#include <quell/value.h>

struct arena;

extern const char *const severity_words[], *const status_words[]; /* ascending, NULL-ended */
extern const struct quell_field entity_fields[];

/* Conforms `map` to incident_fields: a copy with every key of the table in its order; what is
 * missing is null, or an empty list or object; enums get their canonical spelling (unknown words
 * pass), texts of times become times, numbers become text where text is wanted. Keys the table does
 * not know, other types and lists above their limits: QUELL_INVALID or QUELL_LIMIT with the path.
 */
enum quell_code shape_conform(struct arena *arena, struct quell_value map,
                              struct quell_value *conformed,
                              struct quell_error *err) QUELL_MUST_CHECK;

#endif
