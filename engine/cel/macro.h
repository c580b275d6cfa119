/*
 * macro.h - what the loops of fn_macro.c and fn_transform.c share.
 */
#ifndef CEL_MACRO_H
#define CEL_MACRO_H

#include "cel/evaluation.h"

/* The list or map that a loop runs over, or an unknown. */
enum quell_code macro_range(struct evaluation *e, const struct node *node,
                            struct quell_value *range) QUELL_MUST_CHECK;

/* Binds the variables of the macro to the item at `index`: the item, or the key of a map, when
 * there is one; position or key, and item or value, when there are two. */
void macro_bind(struct evaluation *e, const struct node *node, struct quell_value range,
                size_t index);

/* The position in a list, the key in a map. */
struct quell_value macro_key(struct quell_value range, size_t index);

/* A condition that must be known to go on: true, false, or unknown. */
enum quell_code macro_condition(struct evaluation *e, const struct node *node,
                                struct quell_value *value) QUELL_MUST_CHECK;

#endif
