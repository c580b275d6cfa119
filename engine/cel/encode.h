/*
 * encode.h - texts that end in markup; see encode.c. For the evaluator and the templates.
 */
#ifndef CEL_ENCODE_H
#define CEL_ENCODE_H

#include "cel/evaluation.h"

/* The expression, encoding for the sink what it gives of data; itself when that is CEL_PLAIN. It is
 * only for cel_eval(): checkers look at the one that was written. In `arena`, which holds both. */
const struct cel *encode_expression(struct arena *arena, enum cel_sink sink,
                                    const struct cel *expr);
/* NODE_ENCODE: the kid's text, or with `entry` each text of its list. What is no text stays. */
enum quell_code encode_visit(struct evaluation *e, const struct node *node,
                             struct quell_value *value) QUELL_MUST_CHECK;
/* Of a sink that is not CEL_PLAIN, in `arena`: a text, and all texts inside a list or map. */
struct quell_str encode_str(struct arena *arena, enum cel_sink sink, struct quell_str text);
struct quell_value encode_inside(struct arena *arena, enum cel_sink sink, struct quell_value value);

#endif
