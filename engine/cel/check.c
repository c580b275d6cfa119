/*
 * check.c - the checker's walk over the tree of an expression: names, fields, indexes, literals,
 * logic. Functions and macros are in check_call.c, operators in check_operator.c.
 *
 * The rules are those of CEL's own checker (github.com/google/cel-spec, doc/langdef.md, "Gradual
 * Type Checking"); what a mixed list or map holds is dyn.
 */
#include "cel/checking.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/arena.h"
#include "base/str.h"
#include "cel/fault.h"
#include "cel/overload.h"

/* ---- problems ----------------------------------------------------------------------------------
 */

struct cel_problem *check_say(struct checking *c, enum cel_problem_kind kind, struct place place,
                              const char *format, ...)
{
    struct cel_problem *problem;
    char message[sizeof(problem->fault.message)];
    va_list arguments;
    if (c->problem_count == LIMIT_DIAGS) {
        c->problem_count--; /* nobody reads so many: the last one is overwritten */
    } else if (c->problem_count == c->problem_cap) {
        size_t cap = c->problem_cap ? c->problem_cap * 2 : 4;
        c->problems = arena_grow(c->arena, c->problems, c->problem_cap * sizeof(*c->problems),
                                 cap * sizeof(*c->problems));
        c->problem_cap = cap;
    }
    problem = &c->problems[c->problem_count++];
    problem->kind = kind;
    va_start(arguments, format);
    (void)vsnprintf(message, sizeof(message), format, arguments); /* cut by design */
    va_end(arguments);
    (void)fault_set(&problem->fault, place, QUELL_INVALID, "%s", message);
    return problem;
}

void check_help(struct checking *c, const char *format, ...)
{
    struct cel_fault *fault = &c->problems[c->problem_count - 1].fault;
    char help[sizeof(fault->help)];
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(help, sizeof(help), format, arguments); /* cut by design */
    va_end(arguments);
    (void)fault_help(fault, QUELL_INVALID, "%s", help);
}

struct quell_str check_show(struct checking *c, const struct cel_type *type)
{
    type = unify_head(&c->unifier, type);
    if (type->kind == CEL_OBJECT)
        return QUELL_STR("map");
    return cel_type_text(c->arena, unify_known(&c->unifier, type, true));
}

/* What an author wrote, or the type of it when that is long. */
static struct quell_str spelt(struct checking *c, const struct node *node,
                              const struct cel_type *type)
{
    struct quell_str text =
        str_slice(c->text, node->whole.offset, (size_t)node->whole.offset + node->whole.len);
    return text.len && text.len <= 40 ? text : check_show(c, type);
}

/* ---- names -------------------------------------------------------------------------------------
 */

/* The type whose name stands there as a value. */
static const struct cel_type *named_type(struct checking *c, struct quell_value value)
{
    const struct cel_type *type = cel_type_read(c->arena, quell_str(value));
    if (!type || type->kind == CEL_OPAQUE)
        type = &cel_dyn;
    return cel_type_of(c->arena, CEL_TYPE, type);
}

/* Of a name as it stands in the container, or in what holds it: x.y.name, x.name, name. */
static const struct cel_type *find_variable(struct checking *c, struct quell_str name, bool rooted)
{
    const struct cel_environment *environment = c->environment;
    struct quell_str space = c->options->container;
    while (environment->variable && space.len && !rooted) {
        const struct cel_type *found = environment->variable(
            arena_format(c->arena, "%.*s.%.*s", QUELL_ARG(space), QUELL_ARG(name)),
            environment->user);
        if (found)
            return found;
        while (space.len && space.data[--space.len] != '.')
            ;
    }
    return environment->variable ? environment->variable(name, environment->user) : NULL;
}

static const struct cel_type *check_name(struct checking *c, const struct node *node)
{
    const struct cel_type *type = find_variable(c, node->name, node->rooted);
    if (type)
        return type;
    if (quell_is(node->value, QUELL_TYPE))
        return named_type(c, node->value);
    (void)check_say(c, CEL_UNDECLARED, node->place, "there is no `%.*s` here",
                    QUELL_ARG(node->name));
    return &cel_dyn;
}

/* ---- literals ----------------------------------------------------------------------------------
 */

static const struct cel_type *join(struct checking *c, const struct cel_type *so_far,
                                   const struct cel_type *next)
{
    const struct cel_type *joined = so_far ? unify_join(&c->unifier, so_far, next) : next;
    if (!joined || (so_far && joined->nullable && !unify_assign(&c->unifier, so_far, next)))
        return &cel_dyn; /* as CEL has it, also for null among what is never null */
    return joined;
}

static const struct cel_type *value_type(struct checking *c, struct quell_value value)
{
    const struct cel_type *item = NULL;
    switch ((enum quell_type)value.type) {
    case QUELL_NULL:
        return &cel_null;
    case QUELL_BOOL:
        return &cel_bool;
    case QUELL_INT:
        return &cel_int;
    case QUELL_UINT:
        return &cel_uint;
    case QUELL_DOUBLE:
        return &cel_double;
    case QUELL_STRING:
        return &cel_string;
    case QUELL_BYTES:
        return &cel_bytes;
    case QUELL_TIME:
        return &cel_timestamp;
    case QUELL_DURATION:
        return &cel_duration;
    case QUELL_TYPE:
        return named_type(c, value);
    case QUELL_LIST:
        for (size_t i = 0; i < value.len; i++)
            item = join(c, item, value_type(c, value.as.items[i]));
        return cel_type_of(c->arena, CEL_LIST, item ? item : unify_fresh(&c->unifier));
    case QUELL_MAP:
    case QUELL_OPTIONAL:
    case QUELL_UNKNOWN:
    case QUELL_IP:
    case QUELL_CIDR:
        break; /* no literal is one */
    }
    return &cel_dyn;
}

/* The type of an entry: of what an optional one, `[?x]`, may hold. */
static const struct cel_type *entry_type(struct checking *c, const struct node *node, bool optional)
{
    const struct cel_type *type = check_node(c, node);
    bool was = false;
    if (!optional)
        return type;
    type = check_unwrap(c, type, &was);
    if (was || type->kind == CEL_DYN)
        return type;
    (void)check_say(c, CEL_MISMATCH, node->whole, "`?` wants an optional here, not `%.*s`",
                    QUELL_ARG(check_show(c, type)));
    check_help(c, "leave out the `?`, or write `.?field` in it");
    return type;
}

static const struct cel_type *check_list(struct checking *c, const struct node *node)
{
    const struct cel_type *item = NULL;
    for (size_t i = 0; i < node->count; i++)
        item = join(c, item, entry_type(c, node->kids[i], node->kids[i]->entry));
    return cel_type_of(c->arena, CEL_LIST, item ? item : unify_fresh(&c->unifier));
}

/* What can be a key: all else would be an error when it is evaluated. */
static const struct cel_type *key_type(struct checking *c, const struct node *node)
{
    const struct cel_type *type = unify_head(&c->unifier, check_node(c, node));
    switch (type->kind) {
    case CEL_DYN:
    case CEL_VARIABLE:
    case CEL_PARAMETER:
    case CEL_BOOL:
    case CEL_INT:
    case CEL_UINT:
    case CEL_STRING:
        return type;
    case CEL_NULL:
    case CEL_DOUBLE:
    case CEL_BYTES:
    case CEL_TIMESTAMP:
    case CEL_DURATION:
    case CEL_LIST:
    case CEL_MAP:
    case CEL_OPTIONAL:
    case CEL_TYPE:
    case CEL_OPAQUE:
    case CEL_OBJECT:
    case CEL_UNION:
    case CEL_KINDS:
        break;
    }
    (void)check_say(c, CEL_MISMATCH, node->whole, "`%.*s` cannot be the key of a map",
                    QUELL_ARG(check_show(c, type)));
    check_help(c, "a key is a string, an int, a uint or a bool");
    return &cel_dyn;
}

static const struct cel_type *check_map(struct checking *c, const struct node *node)
{
    const struct cel_type *key = NULL, *value = NULL;
    for (size_t i = 0; i < node->count; i += 2) {
        key = join(c, key, key_type(c, node->kids[i]));
        value = join(c, value, entry_type(c, node->kids[i + 1], node->kids[i]->entry));
    }
    return cel_type_map(c->arena, key ? key : unify_fresh(&c->unifier),
                        value ? value : unify_fresh(&c->unifier));
}

/* ---- fields and indexes ------------------------------------------------------------------------
 */

const struct cel_type *check_unwrap(struct checking *c, const struct cel_type *type, bool *optional)
{
    type = unify_head(&c->unifier, type);
    *optional = type->kind == CEL_OPTIONAL;
    return *optional ? unify_head(&c->unifier, type->of[0]) : type;
}

static const struct cel_type *no_field(struct checking *c, const struct node *node,
                                       const struct cel_type *of, struct quell_str name,
                                       struct place place)
{
    struct quell_str nearest = cel_type_nearest(c->arena, of, name);
    (void)check_say(c, CEL_NO_FIELD, place, "`%.*s` has no field `%.*s`",
                    QUELL_ARG(spelt(c, node->kids[0], of)), QUELL_ARG(name));
    if (nearest.len)
        check_help(c, "did you mean `%.*s`?", QUELL_ARG(nearest));
    return &cel_dyn;
}

static const struct cel_type *member(struct checking *c, const struct node *node,
                                     const struct cel_type *of, struct quell_str name,
                                     struct place place)
{
    const struct cel_type *found = cel_type_member(c->arena, of, name);
    return found ? found : no_field(c, node, of, name, place);
}

/* A value that has no fields at all. */
static const struct cel_type *fieldless(struct checking *c, const struct node *node,
                                        const struct cel_type *of)
{
    const struct function_row *row;
    (void)check_say(c, CEL_MISMATCH, node->place, "`%.*s` is of type `%.*s`, which has no fields",
                    QUELL_ARG(spelt(c, node->kids[0], of)), QUELL_ARG(check_show(c, of)));
    if (function_find(node->name, METHOD, &row, 1))
        check_help(c, "it is a function: %s", function_signature(row));
    else if (of->kind == CEL_LIST)
        check_help(c,
                   "for the field of every item write `.map(x, x.%.*s)`, for that of the first "
                   "`[0].%.*s`",
                   QUELL_ARG(node->name), QUELL_ARG(node->name));
    return &cel_dyn;
}

static const struct cel_type *field_of(struct checking *c, const struct node *node,
                                       const struct cel_type *of)
{
    switch (of->kind) {
    case CEL_MAP:
        return of->of[1];
    case CEL_OBJECT:
        return member(c, node, of, node->name, node->place);
    case CEL_VARIABLE:
        unify_loosen(&c->unifier, of);
        return &cel_dyn;
    case CEL_DYN:
    case CEL_PARAMETER:
    case CEL_NULL: /* only `.?` may be asked of it, and gives none */
        return &cel_dyn;
    case CEL_BOOL:
    case CEL_INT:
    case CEL_UINT:
    case CEL_DOUBLE:
    case CEL_STRING:
    case CEL_BYTES:
    case CEL_TIMESTAMP:
    case CEL_DURATION:
    case CEL_LIST:
    case CEL_OPTIONAL:
    case CEL_TYPE:
    case CEL_OPAQUE:
    case CEL_UNION:
    case CEL_KINDS:
        break;
    }
    return fieldless(c, node, of);
}

static const struct cel_type *optional_of(struct checking *c, const struct cel_type *type, bool is)
{
    return is ? cel_type_of(c->arena, CEL_OPTIONAL, type) : type;
}

static const struct cel_type *check_select(struct checking *c, const struct node *node)
{
    char spelling[NAME_MAX_BYTES];
    struct quell_str name;
    bool optional;
    const struct cel_type *of;
    if (c->options->dotted && name_spell(node, &name, spelling)) {
        of = find_variable(c, name, name_is_rooted(node));
        if (of)
            return of;
    }
    of = check_unwrap(c, check_node(c, node->kids[0]), &optional);
    return optional_of(c, field_of(c, node, of), optional || node->optional);
}

static const struct cel_type *wrong_index(struct checking *c, const struct node *node,
                                          const struct cel_type *of, const struct cel_type *key)
{
    struct quell_str type = check_show(c, of);
    if (of->kind != CEL_LIST && of->kind != CEL_MAP && of->kind != CEL_OBJECT) {
        (void)check_say(c, CEL_MISMATCH, node->place,
                        "`%.*s` is of type `%.*s`, which has no items",
                        QUELL_ARG(spelt(c, node->kids[0], of)), QUELL_ARG(type));
        return &cel_dyn;
    }
    (void)check_say(c, CEL_MISMATCH, node->place, "a `%.*s` is not indexed by `%.*s`",
                    QUELL_ARG(type), QUELL_ARG(check_show(c, key)));
    check_help(c, of->kind == CEL_LIST ? "an item of a list has a number, from 0"
                                       : "the keys of this map are of another type");
    return &cel_dyn;
}

static const struct cel_type *item_of(struct checking *c, const struct node *node,
                                      const struct cel_type *of, const struct cel_type *key)
{
    const struct node *index = node->kids[1];
    if (of->kind == CEL_DYN || of->kind == CEL_PARAMETER)
        return &cel_dyn;
    if (of->kind == CEL_VARIABLE) {
        unify_loosen(&c->unifier, of);
        return &cel_dyn;
    }
    if (of->kind == CEL_LIST && unify_assign(&c->unifier, key, &cel_int))
        return of->of[0];
    if (of->kind == CEL_MAP && unify_assign(&c->unifier, key, of->of[0]))
        return of->of[1];
    if (of->kind == CEL_OBJECT && index->kind == NODE_LITERAL &&
        quell_is(index->value, QUELL_STRING))
        return member(c, node, of, quell_str(index->value), index->whole);
    if (of->kind == CEL_OBJECT && unify_assign(&c->unifier, key, &cel_string))
        return &cel_dyn;
    return wrong_index(c, node, of, key);
}

static const struct cel_type *check_index(struct checking *c, const struct node *node)
{
    bool optional;
    const struct cel_type *of = check_unwrap(c, check_node(c, node->kids[0]), &optional);
    const struct cel_type *key = check_node(c, node->kids[1]);
    return optional_of(c, item_of(c, node, of, key), optional || node->optional);
}

/* ---- logic -------------------------------------------------------------------------------------
 */

void check_condition(struct checking *c, const struct node *node)
{
    const struct cel_type *type = check_node(c, node);
    if (unify_assign(&c->unifier, type, &cel_bool))
        return;
    (void)check_say(c, CEL_MISMATCH, node->whole, "this must be a bool, not `%.*s`",
                    QUELL_ARG(check_show(c, type)));
    type = unify_head(&c->unifier, type);
    if (type->kind == CEL_OPTIONAL)
        check_help(c, "ask `.hasValue()`, or give what holds without it: `.orValue(false)`");
    else if (type->kind == CEL_LIST || type->kind == CEL_MAP)
        check_help(c, "whether there is anything in it: `size(...) > 0`");
    else if (type->kind == CEL_STRING)
        check_help(c, "whether there is a text: `... != ''`");
}

static const struct cel_type *check_logical(struct checking *c, const struct node *node)
{
    for (size_t i = 0; i < node->count; i++)
        check_condition(c, node->kids[i]);
    return &cel_bool;
}

static const struct cel_type *check_choice(struct checking *c, const struct node *node)
{
    const struct cel_type *yes, *no, *joined;
    check_condition(c, node->kids[0]);
    yes = check_node(c, node->kids[1]);
    no = check_node(c, node->kids[2]);
    joined = unify_join(&c->unifier, yes, no);
    if (joined)
        return joined;
    (void)check_say(c, CEL_MISMATCH, node->kids[2]->whole,
                    "this is of type `%.*s`, and what stands before `:` of type `%.*s`",
                    QUELL_ARG(check_show(c, no)), QUELL_ARG(check_show(c, yes)));
    check_help(c, "give both the same type; `dyn(...)` around one says that any will do");
    return &cel_dyn;
}

/* ---- the whole ---------------------------------------------------------------------------------
 */

const struct cel_type *check_node(struct checking *c, const struct node *node)
{
    switch ((enum node_kind)node->kind) {
    case NODE_LITERAL:
        return value_type(c, node->value);
    case NODE_NAME:
        return check_name(c, node);
    case NODE_LOCAL:
        return c->slots[node->slot];
    case NODE_SELECT:
        return check_select(c, node);
    case NODE_INDEX:
        return check_index(c, node);
    case NODE_LIST:
        return check_list(c, node);
    case NODE_MAP:
        return check_map(c, node);
    case NODE_AND:
    case NODE_OR:
    case NODE_NOT:
        return check_logical(c, node);
    case NODE_NEGATE:
        return check_negate(c, node);
    case NODE_BINARY:
        return check_binary(c, node);
    case NODE_CONDITION:
        return check_choice(c, node);
    case NODE_CALL:
        return check_call(c, node);
    case NODE_MACRO:
        return check_macro(c, node);
    case NODE_ENCODE:
    case NODE_KINDS:
        break;
    }
    return &cel_dyn;
}

/* They come nearly in the order of their places already. */
static void sort(struct cel_problem *problems, size_t count)
{
    for (size_t i = 1; i < count; i++) {
        struct cel_problem problem = problems[i];
        size_t at = i;
        for (; at && problems[at - 1].fault.place.offset > problem.fault.place.offset; at--)
            problems[at] = problems[at - 1];
        problems[at] = problem;
    }
}

const struct cel_type *cel_check(const struct cel *expr, const struct cel_environment *environment,
                                 struct arena *arena, struct cel_problems *problems)
{
    struct checking c; /* its slots are set before they are read */
    const struct cel_type *type;
    c.environment = environment;
    c.arena = arena;
    c.text = expr->text;
    c.options = &expr->options;
    c.unifier = (struct unifier){.arena = arena};
    c.problems = NULL;
    c.problem_count = c.problem_cap = 0;
    c.never_null = NULL;
    c.never_null_count = c.never_null_cap = 0;
    type = unify_known(&c.unifier, check_node(&c, expr->root), true);
    if (environment->condition && !c.problem_count)
        check_constant(&c, expr->root);
    sort(c.problems, c.problem_count);
    *problems = (struct cel_problems){c.problems, c.problem_count};
    return type;
}

bool cel_type_fits(struct arena *arena, const struct cel_type *given, const struct cel_type *wanted)
{
    struct unifier unifier = {.arena = arena};
    return unify_assign(&unifier, given, wanted);
}
