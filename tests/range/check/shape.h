/*
 * shape.h - does an answer have the shape that an API document gives it?
 */
#ifndef RANGE_SHAPE_H
#define RANGE_SHAPE_H

#include <stdbool.h>

#include <quell/value.h>

struct arena;

/* Checks a value against a schema (type nullable enum format maxLength required properties items;
 * a member that the schema does not name is a fault) and that it has the members of an example.
 * Returns an empty text, or what is wrong and where. */
struct quell_str shape_check(struct arena *arena, struct quell_value schema,
                             struct quell_value members, struct quell_value value);

#endif
