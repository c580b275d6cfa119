/*
 * unify.c - see unify.h.
 */
#include "cel/unify.h"

#include "base/arena.h"
#include "base/limits.h"

const struct cel_type *unify_fresh(struct unifier *unifier)
{
    struct cel_type *made = arena_one(unifier->arena, struct cel_type);
    if (unifier->count == unifier->cap) {
        size_t cap = unifier->cap ? unifier->cap * 2 : 16;
        unifier->bound =
            arena_grow(unifier->arena, unifier->bound, unifier->cap * sizeof(*unifier->bound),
                       cap * sizeof(*unifier->bound));
        unifier->cap = cap;
    }
    made->kind = CEL_VARIABLE;
    made->number = (uint32_t)unifier->count++;
    return made;
}

/* Pays for a look at one type; false when all is spent. Types that hold themselves twice, level by
 * level, would otherwise grow without a bound. */
static bool pay(struct unifier *unifier)
{
    return ++unifier->work <= LIMIT_CEL_TYPE_STEPS;
}

static void bind(struct unifier *unifier, const struct cel_type *variable,
                 const struct cel_type *type)
{
    if (unifier->undo_count == unifier->undo_cap) {
        size_t cap = unifier->undo_cap ? unifier->undo_cap * 2 : 16;
        unifier->undo =
            arena_grow(unifier->arena, unifier->undo, unifier->undo_cap * sizeof(*unifier->undo),
                       cap * sizeof(*unifier->undo));
        unifier->undo_cap = cap;
    }
    unifier->undo[unifier->undo_count++] =
        (struct binding_undo){variable->number, unifier->bound[variable->number]};
    unifier->bound[variable->number] = type;
}

void unify_take_back(struct unifier *unifier, size_t to)
{
    while (unifier->undo_count > to) {
        const struct binding_undo *undo = &unifier->undo[--unifier->undo_count];
        unifier->bound[undo->number] = undo->was;
    }
}

/* ---- what is known -----------------------------------------------------------------------------
 */

const struct cel_type *unify_head(const struct unifier *unifier, const struct cel_type *type)
{
    while (type->kind == CEL_VARIABLE && unifier->bound[type->number])
        type = unifier->bound[type->number];
    return type;
}

/* A copy with other parts; the same type when none is other. */
static const struct cel_type *with_parts(struct unifier *unifier, const struct cel_type *type,
                                         const struct cel_type *const *parts)
{
    struct cel_type *made;
    bool same = true;
    for (size_t i = 0; i < type->count; i++)
        same = same && parts[i] == type->of[i];
    if (same)
        return type;
    made = arena_copy(unifier->arena, type, sizeof(*type));
    made->of = parts;
    return made;
}

const struct cel_type *unify_known(struct unifier *unifier, const struct cel_type *type, bool dyn)
{
    const struct cel_type **parts;
    type = unify_head(unifier, type);
    if (type->kind == CEL_VARIABLE)
        return dyn ? &cel_dyn : type;
    if (!type->count)
        return type;
    if (!pay(unifier))
        return &cel_dyn;
    parts = arena_array(unifier->arena, const struct cel_type *, type->count);
    for (size_t i = 0; i < type->count; i++)
        parts[i] = unify_known(unifier, type->of[i], dyn);
    return with_parts(unifier, type, parts);
}

const struct cel_type *unify_instantiate(struct unifier *unifier, const struct cel_type *type,
                                         const struct cel_type *const *fresh)
{
    const struct cel_type **parts;
    if (type->kind == CEL_PARAMETER)
        return fresh[type->number];
    if (!type->count)
        return type;
    parts = arena_array(unifier->arena, const struct cel_type *, type->count);
    for (size_t i = 0; i < type->count; i++)
        parts[i] = unify_instantiate(unifier, type->of[i], fresh);
    return with_parts(unifier, type, parts);
}

void unify_loosen(struct unifier *unifier, const struct cel_type *type)
{
    type = unify_head(unifier, type);
    if (type->kind == CEL_VARIABLE)
        bind(unifier, type, &cel_dyn);
    for (size_t i = 0; i < type->count && pay(unifier); i++)
        unify_loosen(unifier, type->of[i]);
}

static bool occurs(struct unifier *unifier, const struct cel_type *variable,
                   const struct cel_type *type)
{
    type = unify_head(unifier, type);
    if (type->kind == CEL_VARIABLE)
        return type->number == variable->number;
    for (size_t i = 0; i < type->count && pay(unifier); i++) {
        if (occurs(unifier, variable, type->of[i]))
            return true;
    }
    return false;
}

/* ---- the more general one ----------------------------------------------------------------------
 */

/* Whether `a` says no more than `b`. */
static bool is_looser(struct unifier *unifier, const struct cel_type *a, const struct cel_type *b)
{
    a = unify_head(unifier, a);
    b = unify_head(unifier, b);
    if (a->kind == CEL_DYN || a->kind == CEL_VARIABLE)
        return true;
    if (b->kind == CEL_DYN || b->kind == CEL_VARIABLE || a->kind != b->kind || a->count != b->count)
        return false;
    if (a->kind == CEL_TYPE)
        return true;
    if (a->kind == CEL_STRING)
        return !a->words || a->words == b->words;
    if (a->kind == CEL_OBJECT)
        return cel_type_equal(a, b);
    for (size_t i = 0; i < a->count && pay(unifier); i++) {
        if (!is_looser(unifier, a->of[i], b->of[i]))
            return false;
    }
    return true;
}

/* Of two types of which one may stand for the other. */
static const struct cel_type *general(struct unifier *unifier, const struct cel_type *a,
                                      const struct cel_type *b)
{
    const struct cel_type *made;
    a = unify_head(unifier, a);
    b = unify_head(unifier, b);
    if (a->kind == CEL_NULL || b->kind == CEL_NULL)
        return cel_type_nullable(unifier->arena, a->kind == CEL_NULL ? b : a);
    if (a->kind == CEL_STRING && b->kind == CEL_STRING && a->words != b->words)
        made = &cel_string;
    else if (a->kind == CEL_OBJECT && b->kind == CEL_OBJECT && !cel_type_equal(a, b))
        made = cel_type_map(unifier->arena, &cel_string, &cel_dyn);
    else if (a->kind == CEL_OBJECT && b->kind == CEL_MAP)
        made = cel_type_map(unifier->arena, &cel_string, &cel_dyn);
    else
        made = is_looser(unifier, a, b) ? a : b;
    return a->nullable || b->nullable ? cel_type_nullable(unifier->arena, made) : made;
}

/* ---- assigning ---------------------------------------------------------------------------------
 */

static bool assign(struct unifier *unifier, const struct cel_type *given,
                   const struct cel_type *wanted);

/* A variable meets a type: the first one it meets it becomes; later ones may widen it. `turned`
 * says that the variable was what was given. */
static bool assign_variable(struct unifier *unifier, const struct cel_type *variable,
                            const struct cel_type *type)
{
    const struct cel_type *is = unifier->bound[variable->number], *wide;
    if (type->kind == CEL_VARIABLE && type->number == variable->number)
        return true;
    if (!is) {
        if (occurs(unifier, variable, type))
            return false;
        bind(unifier, variable, type);
        return true;
    }
    if (is->kind == CEL_VARIABLE)
        return assign(unifier, type, is);
    if (!assign(unifier, type, is) && type->kind != CEL_NULL)
        return false;
    wide = general(unifier, type, is);
    if (wide != is && !occurs(unifier, variable, wide))
        bind(unifier, variable, wide);
    return true;
}

static bool assign_parts(struct unifier *unifier, const struct cel_type *given,
                         const struct cel_type *wanted)
{
    if (given->count != wanted->count)
        return false;
    for (size_t i = 0; i < given->count; i++) {
        if (!assign(unifier, given->of[i], wanted->of[i]))
            return false;
    }
    return true;
}

/* What may be null without being said to be. */
static bool takes_null(const struct cel_type *type)
{
    return type->nullable || type->kind == CEL_NULL || type->kind == CEL_OPAQUE ||
           type->kind == CEL_OPTIONAL || type->kind == CEL_OBJECT || type->kind == CEL_TIMESTAMP ||
           type->kind == CEL_DURATION;
}

/* An object is a map of texts to anything. */
static bool assign_object(struct unifier *unifier, const struct cel_type *object,
                          const struct cel_type *other)
{
    if (other->kind == CEL_OBJECT)
        return true;
    return other->kind == CEL_MAP && assign(unifier, &cel_string, other->of[0]) &&
           assign(unifier, &cel_dyn, other->of[1]) && object->kind == CEL_OBJECT;
}

static bool assign_heads(struct unifier *unifier, const struct cel_type *given,
                         const struct cel_type *wanted)
{
    if (given->kind == CEL_DYN || wanted->kind == CEL_DYN) {
        unify_loosen(unifier, given);
        unify_loosen(unifier, wanted);
        return true;
    }
    if (given->kind == CEL_PARAMETER || wanted->kind == CEL_PARAMETER)
        return true; /* of a declaration that nothing has made definite */
    if (given->kind == CEL_NULL || wanted->kind == CEL_NULL)
        return takes_null(given->kind == CEL_NULL ? wanted : given);
    if (given->kind == CEL_OBJECT)
        return assign_object(unifier, given, wanted);
    if (wanted->kind == CEL_OBJECT)
        return assign_object(unifier, wanted, given);
    if (given->kind != wanted->kind)
        return false;
    if (given->kind == CEL_TYPE)
        return true;
    if (given->kind == CEL_OPAQUE && !quell_str_equal(given->name, wanted->name))
        return false;
    return assign_parts(unifier, given, wanted);
}

static bool assign(struct unifier *unifier, const struct cel_type *given,
                   const struct cel_type *wanted)
{
    bool fits;
    if (unifier->depth >= LIMIT_CEL_DEPTH || !pay(unifier))
        return true; /* too large to be judged */
    unifier->depth++;
    if (wanted->kind == CEL_VARIABLE)
        fits = assign_variable(unifier, wanted, given);
    else if (given->kind == CEL_VARIABLE)
        fits = assign_variable(unifier, given, wanted);
    else
        fits = assign_heads(unifier, given, wanted);
    unifier->depth--;
    return fits;
}

bool unify_assign(struct unifier *unifier, const struct cel_type *given,
                  const struct cel_type *wanted)
{
    size_t before = unifier->undo_count;
    if (wanted->kind == CEL_UNION) {
        for (size_t i = 0; i < wanted->count; i++) {
            if (unify_assign(unifier, given, wanted->of[i]))
                return true;
        }
        return false;
    }
    if (assign(unifier, given, wanted))
        return true;
    unify_take_back(unifier, before);
    return false;
}

const struct cel_type *unify_join(struct unifier *unifier, const struct cel_type *a,
                                  const struct cel_type *b)
{
    const struct cel_type *head_a = unify_head(unifier, a), *head_b = unify_head(unifier, b);
    if (head_a->kind == CEL_NULL && head_b->kind != CEL_NULL)
        return cel_type_nullable(unifier->arena, b);
    if (head_b->kind == CEL_NULL && head_a->kind != CEL_NULL)
        return cel_type_nullable(unifier->arena, a);
    return unify_assign(unifier, a, b) ? general(unifier, a, b) : NULL;
}
