/*
 * bind.h - what bind.c and bind_steps.c share.
 */
#ifndef PLAYBOOK_BIND_H
#define PLAYBOOK_BIND_H

#include "playbook/load.h"

/* One expression and where it stands. */
struct binding {
    struct loader *loader;
    struct here here;
    const struct cel *expr;
    const struct yaml_node *scalar;
    size_t offset;       /* of the expression's text inside the scalar's value */
    size_t said, errors; /* diagnostics and errors there were before it was looked at */
};

/* A place inside the expression, in the file. */
struct place bind_place(const struct binding *binding, struct place inside);
/* Sets the diagnostic's help to `nearest`, unless it is empty. */
void bind_suggest(const struct binding *binding, struct diag *diag, struct quell_str nearest);
/* Checks path names from `from` on against a table; `owner` is what people call the table's owner.
 * Gives the diagnostic it added, or NULL. */
struct diag *bind_fields(const struct binding *binding, const struct cel_reference *ref,
                         const struct quell_field *table, size_t from, struct quell_str owner);

/* Whether `here` is in the `while` around the step, or is its condition: what the step gave or set
 * in the iteration before is there, until it does so anew. */
bool bind_comes_again(const struct binding *binding, size_t step);

/* Whether the step stands in another branch of the same `parallel`; says so. */
bool bind_race(const struct binding *binding, const struct cel_reference *ref, size_t step);

/* References to `steps`. */
void bind_steps(const struct binding *binding, const struct cel_reference *ref);

#endif
