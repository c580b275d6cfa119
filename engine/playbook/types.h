/*
 * types.h - the types of a playbook's expressions, while it is loaded.
 *
 * type_expression() is called for every expression where it stands; what it finds out is kept for
 * those who ask later: what a var is, what an item of a loop is, whether an input may be given it.
 */
#ifndef PLAYBOOK_TYPES_H
#define PLAYBOOK_TYPES_H

#include "cel/check.h"
#include "playbook/bind.h"

/* One expression and its type. */
struct typed {
    const struct cel *expr;
    const struct yaml_node *scalar; /* in which it stands */
    size_t offset;                  /* of its text in the scalar's value */
    const struct cel_type *type;
};

struct typing {
    struct cel_library *library;
    struct typed *items; /* in the order in which they were loaded */
    size_t count, cap;
    const struct cel_type *incident;
};

/* The loader's, made at the first use. */
struct typing *typing_of(struct loader *loader);

/* ---- type_env.c: what the roots of expressions are ---------------------------------------------
 */

/* The environment of an expression at a place; `scope` must live as long as it. */
struct type_scope {
    struct loader *loader;
    struct here here;
};
struct cel_environment type_environment(struct type_scope *scope);

/* ---- type_check.c: what is wrong ---------------------------------------------------------------
 */

/* Finds out the type of an expression that has been bound; says what is wrong in it, unless it has
 * been said of the same place. */
void type_expression(const struct binding *binding);
/* An expression, or NULL, that stands alone under a key: whether it is what the key takes, and
 * whether it decides anything. */
void type_keyword(struct loader *loader, struct here here, const struct yaml_pair *pair,
                  const struct cel *expr);
/* The type of an expression that has been loaded, dyn when it is not known. */
const struct cel_type *type_of_expression(struct loader *loader, const struct cel *expr);
/* The type of a value with ${{ }} in it that has been loaded. */
const struct cel_type *type_of_node(struct loader *loader, const struct yaml_node *node);

/* ---- type_with.c, type_switch.c ----------------------------------------------------------------
 */

/* What is given to the inputs of an action, as far as it is no constant; and to one field. */
void type_inputs(struct loader *loader, const struct yaml_node *with,
                 const struct quell_field *inputs);
void type_value(struct loader *loader, const struct yaml_node *node,
                const struct quell_field *field);
/* Whether the cases of a `switch` without `else` over one enum are all there are. */
void type_switch(struct loader *loader, size_t index, const struct yaml_pair *pair,
                 const struct step *step);

#endif
