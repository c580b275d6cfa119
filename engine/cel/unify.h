/*
 * unify.h - type variables of one check: what they stand for, and whether one type may stand where
 * another is wanted.
 *
 * After the rules of cel-go's checker (common/types, checker/types.go, Apache-2.0), with two of our
 * own: a variable that meets `dyn` becomes `dyn`, and what may be null may be joined with null.
 */
#ifndef CEL_UNIFY_H
#define CEL_UNIFY_H

#include "cel/type.h"

struct unifier {
    struct arena *arena;
    const struct cel_type **bound; /* by number; NULL = still free */
    size_t count, cap;
    struct binding_undo {
        size_t number;
        const struct cel_type *was;
    } * undo; /* what changed, so that a failed attempt leaves nothing behind */
    size_t undo_count, undo_cap;
    unsigned depth;
    size_t work; /* done; above LIMIT_CEL_TYPE_STEPS every type is dyn and fits */
};

const struct cel_type *unify_fresh(struct unifier *unifier);
/* Each parameter `A` of a signature as a variable of its own: fresh[number]. */
const struct cel_type *unify_instantiate(struct unifier *unifier, const struct cel_type *type,
                                         const struct cel_type *const *fresh);
/* What is known of a type by now; variables that are still free stay, or become dyn. */
const struct cel_type *unify_known(struct unifier *unifier, const struct cel_type *type, bool dyn);
/* The same, but only its outermost part. */
const struct cel_type *unify_head(const struct unifier *unifier, const struct cel_type *type);

/* Whether `given` may stand where `wanted` is asked for; binds variables when it may, and changes
 * nothing when not. */
bool unify_assign(struct unifier *unifier, const struct cel_type *given,
                  const struct cel_type *wanted);
/* The type of values of which some are of one type and some of the other, or NULL. */
const struct cel_type *unify_join(struct unifier *unifier, const struct cel_type *a,
                                  const struct cel_type *b);
/* Forgets what was bound since `undo_count` was `to`. */
void unify_take_back(struct unifier *unifier, size_t to);
/* Makes every free variable in it dyn. */
void unify_loosen(struct unifier *unifier, const struct cel_type *type);

#endif
