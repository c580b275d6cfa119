/*
 * node.h - a parsed expression: a tree of nodes, immutable once cel_parse() has returned it.
 */
#ifndef CEL_NODE_H
#define CEL_NODE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <quell/value.h>

#include "base/diag.h"
#include "cel/cel.h"

struct cel_regex;
struct function_row;

enum node_kind {
    NODE_LITERAL,   /* value */
    NODE_NAME,      /* a free name; value is the type it names when no variable is called so */
    NODE_LOCAL,     /* a macro's variable, in a slot of the evaluation */
    NODE_SELECT,    /* kids[0].name */
    NODE_INDEX,     /* kids[0][kids[1]] */
    NODE_LIST,      /* kids are the items */
    NODE_MAP,       /* kids are key, value, key, value ... */
    NODE_AND,       /* two kids or more */
    NODE_OR,        /* two kids or more */
    NODE_NOT,       /* !kids[0] */
    NODE_NEGATE,    /* -kids[0] */
    NODE_BINARY,    /* kids[0] op kids[1] */
    NODE_CONDITION, /* kids[0] ? kids[1] : kids[2] */
    NODE_CALL,      /* rows; kids are the arguments, a method's receiver first. No rows: nobody
                       knows the function (struct cel_options) */
    NODE_MACRO,     /* rows[0]; kids as in a call, but evaluated by the macro */
    NODE_ENCODE,    /* kids[0], encoded for markup: operation is the enum cel_sink; never parsed,
                       but put in by encode.c */
    NODE_KINDS
};

enum operation {
    OPERATION_ADD,
    OPERATION_SUBTRACT,
    OPERATION_MULTIPLY,
    OPERATION_DIVIDE,
    OPERATION_MODULO,
    OPERATION_LESS,
    OPERATION_LESS_EQUAL,
    OPERATION_GREATER,
    OPERATION_GREATER_EQUAL,
    OPERATION_EQUAL,
    OPERATION_NOT_EQUAL,
    OPERATION_IN,
    OPERATIONS
};

struct node {
    uint8_t kind;      /* enum node_kind */
    uint8_t operation; /* NODE_BINARY: enum operation */
    bool optional;     /* `.?name`, `[?key]` */
    bool entry;        /* an optional entry of a list or map literal: `[?x]`, `{?k: v}` (its key) */
    bool rooted;       /* NODE_NAME: `.name`, never a macro's variable */
    bool method;       /* CALL, MACRO: kids[0] is the receiver */
    uint16_t depth;    /* of the tree below, itself included */
    uint16_t slots;    /* slots that its macros' variables need */
    uint16_t slot;     /* NODE_LOCAL, and a NODE_MACRO's first variable */
    uint16_t count;    /* kids */
    struct place place;       /* where a fault of this node is shown: its operator or name */
    struct place whole;       /* all of it */
    struct quell_str name;    /* NAME, LOCAL, SELECT, CALL, MACRO */
    struct quell_value value; /* LITERAL; the type a NAME may stand for */
    const struct function_row *const *rows; /* CALL, MACRO */
    size_t row_count;
    const struct cel_fault *fault; /* CALL without rows: why there is no such function */
    const struct cel_regex *regex; /* a call with a literal pattern, compiled, else NULL */
    struct node *kids[];
};

struct cel {
    struct quell_str text;
    struct cel_options options;
    const struct node *root;
};

/* The name that a chain of plain selects spells (`optional.of`), written into `out`; false when it
 * is no such chain or longer than `size`. */
bool node_spell(const struct node *node, char *out, size_t size, size_t *len);

#endif
