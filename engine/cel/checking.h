/*
 * checking.h - the state of one check, for its parts: check.c walks the tree, check_call.c resolves
 * functions and macros, check_operator.c the operators.
 */
#ifndef CEL_CHECKING_H
#define CEL_CHECKING_H

#include "cel/check.h"
#include "cel/evaluation.h"
#include "cel/node.h"
#include "cel/unify.h"

struct checking {
    const struct cel_environment *environment;
    struct arena *arena;
    const struct cel_options *options; /* of the expression */
    struct quell_str text;             /* all of it */
    struct unifier unifier;
    struct cel_problem *problems;
    size_t problem_count, problem_cap;
    const struct node **never_null; /* compared with null, but never null */
    size_t never_null_count, never_null_cap;
    const struct cel_type *slots[EVALUATION_SLOTS]; /* of macros' variables */
};

/* The type of a node; its problems are added. */
const struct cel_type *check_node(struct checking *c, const struct node *node);
const struct cel_type *check_call(struct checking *c, const struct node *node);
const struct cel_type *check_macro(struct checking *c, const struct node *node);
const struct cel_type *check_binary(struct checking *c, const struct node *node);
const struct cel_type *check_negate(struct checking *c, const struct node *node);

/* constant.c: says when a condition without problems, or a part of it, is always or never true. */
void check_constant(struct checking *c, const struct node *node);
/* Notes that a comparison with null is decided: its other side is never null. */
void check_never_null(struct checking *c, const struct node *node);

/* Checks a condition: it must be a bool. */
void check_condition(struct checking *c, const struct node *node);
/* The type of what is left when an optional around it is taken off; *optional says whether one was.
 */
const struct cel_type *check_unwrap(struct checking *c, const struct cel_type *type,
                                    bool *optional);

/* Adds a problem and gives it, so that its note can be set. */
struct cel_problem *check_say(struct checking *c, enum cel_problem_kind kind, struct place place,
                              const char *format, ...) __attribute__((format(printf, 4, 5)));
/* Sets the help of the last problem. */
void check_help(struct checking *c, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* A type as messages name it: what is known of it, an enum as a string. */
struct quell_str check_show(struct checking *c, const struct cel_type *type);

/* What the signatures that take these arguments give: one type, dyn when they give different ones,
 * NULL when none takes them. */
const struct cel_type *check_overloads(struct checking *c, const struct cel_signature *signatures,
                                       size_t signature_count, const struct cel_type *const *given,
                                       size_t count);

/* The signatures of an operator, as many as *count. */
struct operator_signatures {
    const struct cel_signature *items;
    size_t count;
};
struct operator_signatures check_operator(struct checking *c, enum operation operation);

struct cel_library {
    struct arena *arena;
    struct cel_signature *rows; /* in the order of function_rows(); `result` NULL: not read yet */
    struct operator_signatures operators[OPERATIONS];
};

#endif
