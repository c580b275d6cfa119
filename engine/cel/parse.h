/*
 * parse.h - what the parts of the parser share.
 */
#ifndef CEL_PARSE_H
#define CEL_PARSE_H

#include <stdbool.h>
#include <stddef.h>

#include "cel/cel.h"
#include "cel/node.h"
#include "cel/token.h"

struct parser {
    struct arena *arena;
    const struct cel_options *options;
    struct lexer lexer;
    struct token token;   /* the next one, not taken yet */
    size_t end;           /* where the token before it ended */
    unsigned depth;       /* of brackets and conditions that are open */
    enum quell_code code; /* of the fault, once a function gave NULL */
    struct cel_fault *fault;
};

struct node_list {
    struct node **items;
    size_t count, cap;
};

void node_list_add(struct parser *p, struct node_list *list, struct node *node);

/* A node with its kids; `place` is where its faults are shown. All makers give NULL after a fault.
 */
struct node *node_make(struct parser *p, enum node_kind kind, struct place place,
                       struct node *const *kids, size_t count);

/* Sets the fault and gives NULL. */
struct node *parse_fail(struct parser *p, struct place place, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
struct node *parse_too_deep(struct parser *p, struct place place, unsigned max);
struct node *parse_help(struct parser *p, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* A call: finds out whether it is a macro, a function, a method. `target` is NULL for f(x). */
struct node *parse_call(struct parser *p, struct node *target, struct token name,
                        const struct node_list *arguments);

#endif
