/*
 * check_call.c - calls of functions and macros: which signatures take the arguments, and what they
 * give.
 *
 * A macro's variables have the types that its signature gives them, `(list(A) | map(A, B)).map(x:
 * A, C)`, so that a new macro needs nothing here.
 */
#include "cel/checking.h"

#include "base/arena.h"
#include "base/str.h"
#include "cel/overload.h"

struct cel_library *cel_library_new(struct arena *arena)
{
    struct cel_library *library = arena_one(arena, struct cel_library);
    size_t count;
    (void)function_rows(&count);
    library->arena = arena;
    library->rows = arena_array(arena, struct cel_signature, count);
    return library;
}

/* Of a row of the function tables; one that cannot be read (the tests see to it that there is none)
 * takes and gives anything. */
static const struct cel_signature *signature_of(struct checking *c, const struct function_row *row)
{
    static const struct cel_type *const anything[] = {&cel_dyn};
    static const struct cel_signature loose = {
        .more = true, .count = 1, .parameters = anything, .result = &cel_dyn};
    struct cel_library *library = c->environment->library;
    size_t count;
    struct cel_signature *known = &library->rows[row - function_rows(&count)];
    if (!known->result && !cel_signature_read(library->arena, row->name,
                                              quell_str_of(function_signature(row)), known))
        *known = loose;
    return known;
}

/* ---- overloads ---------------------------------------------------------------------------------
 */

enum { LETTERS_MAX = 8 };

/* A fresh variable for each letter of the signature. */
static void refresh(struct checking *c, const struct cel_signature *signature,
                    const struct cel_type **fresh)
{
    for (size_t i = 0; i < signature->letters; i++)
        fresh[i] = unify_fresh(&c->unifier);
}

static const struct cel_type *parameter_at(const struct cel_signature *signature, size_t index)
{
    return signature->parameters[index < signature->count ? index : signature->count - 1];
}

static bool takes_count(const struct cel_signature *signature, size_t count)
{
    if (signature->more)
        return count + 1 >= signature->count;
    return count == signature->count;
}

/* What one signature gives for these arguments, or NULL; then nothing is changed. */
static const struct cel_type *try(struct checking *c, const struct cel_signature *signature,
                                  const struct cel_type *const *given, size_t count)
{
    const struct cel_type *fresh[LETTERS_MAX];
    size_t before = c->unifier.undo_count;
    if (!takes_count(signature, count))
        return NULL;
    refresh(c, signature, fresh);
    for (size_t i = 0; i < count; i++) {
        const struct cel_type *wanted = parameter_at(signature, i);
        wanted = unify_instantiate(&c->unifier, wanted, fresh);
        if (!unify_assign(&c->unifier, given[i], wanted)) {
            unify_take_back(&c->unifier, before);
            return NULL;
        }
    }
    return unify_known(&c->unifier, unify_instantiate(&c->unifier, signature->result, fresh),
                       false);
}

/* One overload more fits: what is given is one of both. */
static const struct cel_type *either(const struct cel_type *so_far, const struct cel_type *next)
{
    if (!so_far || !next)
        return so_far ? so_far : next;
    return cel_type_equal(so_far, next) ? so_far : &cel_dyn;
}

const struct cel_type *check_overloads(struct checking *c, const struct cel_signature *signatures,
                                       size_t signature_count, const struct cel_type *const *given,
                                       size_t count)
{
    const struct cel_type *result = NULL;
    for (size_t i = 0; i < signature_count; i++)
        result = either(result, try(c, &signatures[i], given, count));
    return result;
}

/* ---- functions ---------------------------------------------------------------------------------
 */

/* The functions that only the caller of the check knows. */
static const struct cel_type *declared(struct checking *c, const struct node *node,
                                       const struct cel_type *const *given, bool *known)
{
    const struct cel_environment *environment = c->environment;
    const struct cel_type *result = NULL;
    for (size_t i = 0; i < environment->function_count; i++) {
        const struct cel_declaration *declaration = &environment->functions[i];
        if (!quell_str_equal(declaration->name, node->name) ||
            declaration->signature.method != node->method)
            continue;
        *known = true;
        result = either(result, try(c, &declaration->signature, given, node->count));
    }
    return result;
}

/* "int, list(string)" */
static struct quell_str show_all(struct checking *c, const struct cel_type *const *types,
                                 size_t from, size_t count)
{
    struct quell_str text = {"", 0};
    for (size_t i = from; i < count; i++)
        text = arena_format(c->arena, "%.*s%s%.*s", QUELL_ARG(text), i > from ? ", " : "",
                            QUELL_ARG(check_show(c, types[i])));
    return text;
}

static void say_takes(struct checking *c, const struct node *node)
{
    struct quell_str takes = {"", 0};
    for (size_t i = 0; i < node->row_count; i++)
        takes = arena_format(c->arena, "%.*s%s%s", QUELL_ARG(takes), i ? ", " : "",
                             function_signature(node->rows[i]));
    if (takes.len)
        check_help(c, "%.*s", QUELL_ARG(takes));
}

static const struct cel_type *no_overload(struct checking *c, const struct node *node,
                                          const struct cel_type *const *given)
{
    struct quell_str arguments = show_all(c, given, node->method, node->count);
    if (!node->method)
        (void)check_say(c, CEL_MISMATCH, node->place, "`%.*s` does not take (%.*s)",
                        QUELL_ARG(node->name), QUELL_ARG(arguments));
    else
        (void)check_say(c, CEL_MISMATCH, node->place, "`%.*s` has no function `%.*s(%.*s)`",
                        QUELL_ARG(check_show(c, given[0])), QUELL_ARG(node->name),
                        QUELL_ARG(arguments));
    say_takes(c, node);
    if (node->method && unify_head(&c->unifier, given[0])->kind == CEL_OPTIONAL)
        check_help(c, "say what it is when there is none: `.orValue(...).%.*s(...)`",
                   QUELL_ARG(node->name));
    return &cel_dyn;
}

/* A function that no table has: what the parser would have said. */
static const struct cel_type *unknown(struct checking *c, const struct node *node)
{
    struct cel_problem *problem = check_say(c, CEL_NO_FUNCTION, node->place, "%s", "");
    if (node->fault)
        problem->fault = *node->fault;
    return &cel_dyn;
}

/* `math.greatst(1)`: that there is no `math` need not be said as well. */
static bool is_space(struct checking *c, const struct node *node)
{
    const struct node *root;
    size_t before = c->problem_count;
    if (!node->fault || !node->method)
        return false;
    for (root = node->kids[0]; root->kind == NODE_SELECT;)
        root = root->kids[0];
    if (root->kind != NODE_NAME)
        return false;
    (void)check_node(c, node->kids[0]);
    if (c->problem_count == before || c->problems[before].kind != CEL_UNDECLARED)
        before = c->problem_count;
    c->problem_count = before;
    return true;
}

const struct cel_type *check_call(struct checking *c, const struct node *node)
{
    const struct cel_type **given = arena_array(c->arena, const struct cel_type *, node->count);
    const struct cel_type *result;
    bool known = node->row_count > 0, space = is_space(c, node);
    for (size_t i = 0; i < node->count; i++)
        given[i] = space && !i ? &cel_dyn : check_node(c, node->kids[i]);
    result = declared(c, node, given, &known);
    for (size_t i = 0; i < node->row_count; i++)
        result = either(result, try(c, signature_of(c, node->rows[i]), given, node->count));
    if (result)
        return result;
    return known ? no_overload(c, node, given) : unknown(c, node);
}

/* ---- macros ------------------------------------------------------------------------------------
 */

static const struct cel_type *check_has(struct checking *c, const struct node *node)
{
    (void)check_node(c, node->kids[0]);
    return &cel_bool;
}

static void wrong_receiver(struct checking *c, const struct node *node, const struct cel_type *type)
{
    struct quell_str shown = check_show(c, type);
    type = unify_head(&c->unifier, type);
    if (node->rows[0]->variables && type->kind != CEL_LIST && type->kind != CEL_MAP)
        (void)check_say(c, CEL_MISMATCH, node->kids[0]->whole, "`%.*s` does not run over `%.*s`",
                        QUELL_ARG(node->name), QUELL_ARG(shown));
    else
        (void)check_say(c, CEL_MISMATCH, node->place, "`%.*s` has no function `%.*s`",
                        QUELL_ARG(shown), QUELL_ARG(node->name));
    if (type->kind == CEL_OPTIONAL)
        check_help(c, "say what it is when there is none: `.orValue([])` before it");
    else
        check_help(c, "%s", function_signature(node->rows[0]));
}

/* An argument that a macro evaluates itself. */
static void check_argument(struct checking *c, const struct node *node, size_t kid,
                           const struct cel_type *wanted)
{
    const struct cel_type *given;
    if (wanted == &cel_bool) {
        check_condition(c, node->kids[kid]);
        return;
    }
    given = check_node(c, node->kids[kid]);
    if (unify_assign(&c->unifier, given, wanted))
        return;
    (void)check_say(c, CEL_MISMATCH, node->kids[kid]->whole,
                    "this is of type `%.*s`, but `%.*s` wants `%.*s` here",
                    QUELL_ARG(check_show(c, given)), QUELL_ARG(node->name),
                    QUELL_ARG(check_show(c, wanted)));
}

/* The type of a name that a macro binds. What the receiver leaves open is, of two names over a
 * list, the position. */
static const struct cel_type *name_type(struct checking *c, const struct node *node,
                                        const struct cel_type *wanted,
                                        const struct cel_type *receiver)
{
    const struct cel_type *known = unify_head(&c->unifier, wanted);
    if (!receiver || known->kind != CEL_VARIABLE || node->rows[0]->variables != 2)
        return wanted;
    receiver = unify_head(&c->unifier, receiver);
    if (receiver->kind != CEL_LIST)
        unify_loosen(&c->unifier, wanted);
    else if (!unify_assign(&c->unifier, &cel_int, wanted))
        return &cel_dyn; /* cannot be: it is free */
    return wanted;
}

/* The arguments of the node, in the order of the signature: a receiver, names (which are no kids),
 * the others. Names get their types before what stands behind them is looked at. */
const struct cel_type *check_macro(struct checking *c, const struct node *node)
{
    const struct function_row *row = node->rows[0];
    const struct cel_signature *signature = signature_of(c, row);
    const struct cel_type *fresh[LETTERS_MAX], *wanted, *given = NULL;
    size_t kid = 0, at = 0;
    if (row->shape == MACRO_SELECTION)
        return check_has(c, node);
    refresh(c, signature, fresh);
    if (signature->method) {
        given = check_node(c, node->kids[kid++]);
        wanted = unify_instantiate(&c->unifier, parameter_at(signature, at++), fresh);
        if (!unify_assign(&c->unifier, given, wanted)) {
            wrong_receiver(c, node, given);
            for (size_t i = 0; i < signature->letters; i++)
                unify_loosen(&c->unifier, fresh[i]);
        }
    }
    for (size_t i = 0; i < row->variables; i++) {
        wanted = &cel_dyn;
        if (at < (size_t)signature->method + signature->variables)
            wanted = unify_instantiate(&c->unifier, parameter_at(signature, at++), fresh);
        c->slots[node->slot + i] = i ? wanted : name_type(c, node, wanted, given);
    }
    for (; kid < node->count; kid++)
        check_argument(c, node, kid,
                       unify_instantiate(&c->unifier, parameter_at(signature, at++), fresh));
    return unify_known(&c->unifier, unify_instantiate(&c->unifier, signature->result, fresh),
                       false);
}
