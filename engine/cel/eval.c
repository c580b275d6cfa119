/*
 * eval.c - walks the tree of an expression. One function for each kind of node, in the table at the
 * end; every visit costs one step of the budget.
 *
 * Operators are in operate.c, functions and macros in fn_*.c.
 */
#include "cel/evaluation.h"

#include <string.h>

#include "base/limits.h"
#include "cel/encode.h"
#include "cel/overload.h"
#include "cel/regex.h"
#include "cel/text.h"
#include "value/value.h"

/* ---- names, fields, indexes ---------------------------------------------------------------- */

static enum quell_code visit_literal(struct evaluation *e, const struct node *node,
                                     struct quell_value *value)
{
    (void)e;
    *value = node->value;
    return QUELL_OK;
}

static enum quell_code visit_name(struct evaluation *e, const struct node *node,
                                  struct quell_value *value)
{
    if (e->options && name_find(e, node, value))
        return QUELL_OK;
    for (const struct cel_scope *scope = e->scope; scope; scope = scope->outer) {
        if (value_find(scope->vars, node->name, value))
            return QUELL_OK;
    }
    if (!quell_is(node->value, QUELL_TYPE))
        return evaluation_undefined(e, node);
    *value = node->value;
    return QUELL_OK;
}

static enum quell_code visit_local(struct evaluation *e, const struct node *node,
                                   struct quell_value *value)
{
    *value = e->slots[node->slot];
    return QUELL_OK;
}

/* The item of a list; *found is false when there is none. */
static enum quell_code item(struct evaluation *e, const struct node *node, struct quell_value list,
                            struct quell_value key, bool *found, struct quell_value *value)
{
    double real = value_real(key);
    if (!quell_is(key, QUELL_INT) && !quell_is(key, QUELL_UINT) && !quell_is(key, QUELL_DOUBLE))
        return evaluation_fail(e, node, "a list is indexed by an int, not by %s",
                               type_with_article(key));
    *found = real >= 0 && real < (double)list.len;
    if (!*found)
        return QUELL_OK;
    if ((double)(size_t)real < real)
        return evaluation_fail(e, node, "a list has no item between two others");
    *value = list.as.items[(size_t)real];
    return QUELL_OK;
}

static enum quell_code no_field(struct evaluation *e, const struct node *node,
                                struct quell_value of)
{
    const struct function_row *row;
    (void)evaluation_fail(e, node, "%s has no field `%.*s`", type_with_article(of),
                          QUELL_ARG(node->name));
    if (function_find(node->name, METHOD, &row, 1))
        return evaluation_help(e, "it is a function: %s", function_signature(row));
    if (of.type == QUELL_NULL)
        return evaluation_help(e, "where this may be null, write `.?%.*s`", QUELL_ARG(node->name));
    return QUELL_INVALID;
}

/* A search through a large map without an index: literals, and keys that are no strings. */
static enum quell_code search(struct evaluation *e, const struct node *node, struct quell_value map)
{
    enum { SMALL = 32, PAIRS_A_STEP = 16 };
    if (map.flags & QUELL_INDEXED || map.len <= SMALL)
        return QUELL_OK;
    return evaluation_charge(e, node, map.len / PAIRS_A_STEP);
}

/* What stands at a key of a known container. */
enum quell_code evaluation_lookup(struct evaluation *e, const struct node *node,
                                  struct quell_value of, struct quell_value key, bool *found,
                                  struct quell_value *value)
{
    enum quell_code code = QUELL_OK;
    struct quell_value got = quell_null();
    if (of.type == QUELL_MAP && key.type == QUELL_STRING)
        *found = value_find(of, quell_str(key), &got);
    else if (of.type == QUELL_MAP)
        *found = value_find_key(of, key, &got);
    else if (of.type == QUELL_LIST && node->kind == NODE_INDEX)
        code = item(e, node, of, key, found, &got);
    else if (node->kind == NODE_INDEX)
        return evaluation_fail(e, node, "%s cannot be indexed", type_with_article(of));
    else
        return no_field(e, node, of);
    if (!code && of.type == QUELL_MAP)
        code = search(e, node, of);
    if (!code && *found) {
        got.flags |= of.flags & QUELL_MASKED;
        *value = got;
    }
    return code;
}

static enum quell_code absent(struct evaluation *e, const struct node *node, struct quell_value of,
                              struct quell_value key)
{
    if (!quell_is(of, QUELL_LIST))
        return evaluation_missing(e, node, of, key);
    return evaluation_fail(e, node, "there is no item %.*s: the list has %u",
                           QUELL_ARG(evaluation_show(e, key)), (unsigned)of.len);
}

/* `a.b`, `a[b]`, `a.?b`, `a[?b]`: behind an optional everything is optional. */
static enum quell_code access(struct evaluation *e, const struct node *node, struct quell_value of,
                              struct quell_value key, struct quell_value *value)
{
    bool optional = node->optional || of.type == QUELL_OPTIONAL;
    bool found = false;
    struct quell_value got;
    enum quell_code code;
    if (of.type == QUELL_OPTIONAL && of.len)
        of = evaluation_held(of);
    if (of.type == QUELL_UNKNOWN || key.type == QUELL_UNKNOWN) {
        *value = of.type == QUELL_UNKNOWN ? of : key;
        return QUELL_OK;
    }
    if (of.type == QUELL_OPTIONAL || (of.type == QUELL_NULL && node->optional)) {
        *value = (struct quell_value){.type = QUELL_OPTIONAL};
        return QUELL_OK;
    }
    code = evaluation_lookup(e, node, of, key, &found, &got);
    if (code)
        return code;
    if (!found && !optional)
        return absent(e, node, of, key);
    if (found && optional)
        return evaluation_optional(e, node, got, value);
    *value = found ? got : (struct quell_value){.type = QUELL_OPTIONAL};
    return QUELL_OK;
}

static enum quell_code visit_select(struct evaluation *e, const struct node *node,
                                    struct quell_value *value)
{
    struct quell_value of;
    enum quell_code code;
    if (e->options && name_find(e, node, value))
        return QUELL_OK;
    code = evaluation_value(e, node->kids[0], &of);
    return code ? code : access(e, node, of, node->value, value);
}

static enum quell_code visit_index(struct evaluation *e, const struct node *node,
                                   struct quell_value *value)
{
    struct quell_value of, key;
    enum quell_code code = evaluation_value(e, node->kids[0], &of);
    if (!code)
        code = evaluation_value(e, node->kids[1], &key);
    return code ? code : access(e, node, of, key, value);
}

/* ---- literals of lists and maps ------------------------------------------------------------ */

/* An optional entry's value: *present is false for none. */
static enum quell_code unwrap(struct evaluation *e, const struct node *node,
                              struct quell_value *value, bool *present)
{
    if (value->type == QUELL_UNKNOWN)
        return QUELL_OK;
    if (value->type != QUELL_OPTIONAL)
        return evaluation_fail(e, node, "`?` wants an optional here, not %s",
                               type_with_article(*value));
    *present = value->len > 0;
    if (*present)
        *value = evaluation_held(*value);
    return QUELL_OK;
}

static enum quell_code visit_list(struct evaluation *e, const struct node *node,
                                  struct quell_value *value)
{
    struct quell_value *items = evaluation_take(e, node, node->count * sizeof(*items));
    size_t count = 0;
    if (!items)
        return QUELL_LIMIT;
    for (size_t i = 0; i < node->count; i++) {
        const struct node *kid = node->kids[i];
        bool present = true;
        enum quell_code code = evaluation_value(e, kid, &items[count]);
        if (!code && kid->entry)
            code = unwrap(e, kid, &items[count], &present);
        if (code)
            return code;
        count += present;
    }
    *value = quell_list(items, count);
    return QUELL_OK;
}

static enum quell_code check_key(struct evaluation *e, const struct node *node,
                                 struct quell_value key, struct quell_value map)
{
    struct quell_value found;
    if (key.type != QUELL_STRING && key.type != QUELL_INT && key.type != QUELL_UINT &&
        key.type != QUELL_BOOL)
        return evaluation_fail(e, node, "%s cannot be the key of a map", type_with_article(key));
    if (value_find_key(map, key, &found))
        return evaluation_fail(e, node, "the key `%.*s` is in this map already",
                               QUELL_ARG(evaluation_show(e, key)));
    return evaluation_charge(e, node, quell_count(map) / 4); /* the search above */
}

static enum quell_code visit_map(struct evaluation *e, const struct node *node,
                                 struct quell_value *value)
{
    struct quell_pair *pairs = evaluation_take(e, node, node->count / 2 * sizeof(*pairs));
    size_t count = 0;
    if (!pairs)
        return QUELL_LIMIT;
    for (size_t i = 0; i < node->count; i += 2) {
        const struct node *key = node->kids[i];
        struct quell_pair *pair = &pairs[count];
        bool present = true;
        enum quell_code code = evaluation_value(e, key, &pair->key);
        if (!code && pair->key.type == QUELL_UNKNOWN) {
            *value = pair->key;
            return QUELL_OK;
        }
        if (!code)
            code = check_key(e, key, pair->key, quell_map(pairs, count));
        if (!code)
            code = evaluation_value(e, node->kids[i + 1], &pair->value);
        if (!code && key->entry)
            code = unwrap(e, node->kids[i + 1], &pair->value, &present);
        if (code)
            return code;
        count += present;
    }
    *value = quell_map(pairs, count);
    return QUELL_OK;
}

/* ---- logic --------------------------------------------------------------------------------- */

static enum quell_code not_bool(struct evaluation *e, const struct node *node,
                                struct quell_value value)
{
    return evaluation_fail_at(e, node->whole, "this must be a bool, not %s",
                              type_with_article(value));
}

void verdict_begin(struct verdict *verdict, bool deciding)
{
    verdict->deciding = deciding;
    verdict->decided = false;
    verdict->code = QUELL_OK;
    verdict->unknown = quell_null();
}

bool verdict_ask(struct evaluation *e, struct verdict *verdict, const struct node *condition)
{
    struct quell_value value;
    enum quell_code code = evaluation_value(e, condition, &value);
    if (!code && value.type == QUELL_BOOL) {
        verdict->decided = value.as.boolean == verdict->deciding;
        return verdict->decided;
    }
    if (!code && value.type == QUELL_UNKNOWN) {
        if (!quell_is(verdict->unknown, QUELL_UNKNOWN))
            verdict->unknown = value;
        return false;
    }
    if (!code)
        code = not_bool(e, condition, value);
    if (!verdict->code || code == QUELL_LIMIT) {
        verdict->code = code;
        verdict->trouble = e->trouble;
    }
    return code == QUELL_LIMIT; /* a budget that is used up is never absorbed */
}

enum quell_code verdict_give(struct evaluation *e, const struct verdict *verdict,
                             struct quell_value *result)
{
    if (verdict->code == QUELL_LIMIT ||
        (verdict->code && !verdict->decided && !quell_is(verdict->unknown, QUELL_UNKNOWN))) {
        e->trouble = verdict->trouble;
        return verdict->code;
    }
    if (!verdict->decided && quell_is(verdict->unknown, QUELL_UNKNOWN))
        *result = verdict->unknown;
    else
        *result = quell_bool(verdict->decided == verdict->deciding);
    return QUELL_OK;
}

static enum quell_code visit_logical(struct evaluation *e, const struct node *node,
                                     struct quell_value *value)
{
    struct verdict verdict;
    verdict_begin(&verdict, node->kind == NODE_OR);
    for (size_t i = 0; i < node->count && !verdict_ask(e, &verdict, node->kids[i]); i++)
        ;
    return verdict_give(e, &verdict, value);
}

static enum quell_code visit_not(struct evaluation *e, const struct node *node,
                                 struct quell_value *value)
{
    struct quell_value kid;
    enum quell_code code = evaluation_value(e, node->kids[0], &kid);
    if (code)
        return code;
    if (kid.type != QUELL_BOOL && kid.type != QUELL_UNKNOWN)
        return not_bool(e, node->kids[0], kid);
    *value = kid.type == QUELL_BOOL ? quell_bool(!kid.as.boolean) : kid;
    return QUELL_OK;
}

static enum quell_code visit_condition(struct evaluation *e, const struct node *node,
                                       struct quell_value *value)
{
    struct quell_value condition;
    enum quell_code code = evaluation_value(e, node->kids[0], &condition);
    if (code)
        return code;
    if (condition.type == QUELL_UNKNOWN) {
        *value = condition;
        return QUELL_OK;
    }
    if (condition.type != QUELL_BOOL)
        return not_bool(e, node->kids[0], condition);
    return evaluation_value(e, node->kids[condition.as.boolean ? 1 : 2], value);
}

/* ---- operators and calls ------------------------------------------------------------------- */

/* Evaluates all kids: an error in any of them is certain, so it counts more than an unknown. */
static enum quell_code kids(struct evaluation *e, const struct node *node,
                            struct quell_value *values)
{
    for (size_t i = 0; i < node->count; i++) {
        enum quell_code code = evaluation_value(e, node->kids[i], &values[i]);
        if (code)
            return code;
    }
    return QUELL_OK;
}

static enum quell_code visit_negate(struct evaluation *e, const struct node *node,
                                    struct quell_value *value)
{
    struct quell_value kid;
    enum quell_code code = evaluation_value(e, node->kids[0], &kid);
    if (code)
        return code;
    if (kid.type != QUELL_UNKNOWN)
        return operate_negate(e, node, kid, value);
    *value = kid;
    return QUELL_OK;
}

static enum quell_code visit_binary(struct evaluation *e, const struct node *node,
                                    struct quell_value *value)
{
    struct quell_value pair[2];
    enum quell_code code = kids(e, node, pair);
    if (code)
        return code;
    if (pair[0].type != QUELL_UNKNOWN && pair[1].type != QUELL_UNKNOWN)
        return operate(e, node, pair[0], pair[1], value);
    *value = pair[0].type == QUELL_UNKNOWN ? pair[0] : pair[1];
    return QUELL_OK;
}

static enum quell_code visit_call(struct evaluation *e, const struct node *node,
                                  struct quell_value *value)
{
    struct quell_value few[FUNCTION_ARGUMENTS];
    struct quell_value *arguments = few;
    enum quell_code code;
    if (!node->row_count)
        return evaluation_fail(e, node, "`%.*s` is not a function", QUELL_ARG(node->name));
    if (node->count > FUNCTION_ARGUMENTS)
        arguments = evaluation_take(e, node, node->count * sizeof(*arguments));
    if (!arguments)
        return QUELL_LIMIT;
    code = kids(e, node, arguments);
    return code ? code : overload_call(e, node, arguments, value);
}

static enum quell_code visit_macro(struct evaluation *e, const struct node *node,
                                   struct quell_value *value)
{
    return node->rows[0]->macro(e, node, value);
}

/* ---- the whole ----------------------------------------------------------------------------- */

static enum quell_code (*const visits[NODE_KINDS])(struct evaluation *, const struct node *,
                                                   struct quell_value *) = {
    [NODE_LITERAL] = visit_literal,
    [NODE_NAME] = visit_name,
    [NODE_LOCAL] = visit_local,
    [NODE_SELECT] = visit_select,
    [NODE_INDEX] = visit_index,
    [NODE_LIST] = visit_list,
    [NODE_MAP] = visit_map,
    [NODE_AND] = visit_logical,
    [NODE_OR] = visit_logical,
    [NODE_NOT] = visit_not,
    [NODE_NEGATE] = visit_negate,
    [NODE_BINARY] = visit_binary,
    [NODE_CONDITION] = visit_condition,
    [NODE_CALL] = visit_call,
    [NODE_MACRO] = visit_macro,
    [NODE_ENCODE] = encode_visit,
};

enum quell_code evaluation_value(struct evaluation *e, const struct node *node,
                                 struct quell_value *value)
{
    if (e->steps == 0)
        return evaluation_charge(e, node, 1);
    e->steps--;
    return visits[node->kind](e, node, value);
}

void evaluation_bind(struct evaluation *e, size_t slot, struct quell_value value)
{
    e->slots[slot] = value;
}

/* What was made here, not borrowed, must not be larger than what can be kept. */
static enum quell_code check_result(struct evaluation *e, const struct node *root, size_t used,
                                    struct quell_value value)
{
    size_t left = LIMIT_CEL_RESULT_BYTES;
    if (arena_used(e->arena) == used || text_fits(value, &left))
        return QUELL_OK;
    return evaluation_limit(e, root, "the result is larger than %d KiB or nested too deep",
                            LIMIT_CEL_RESULT_BYTES / 1024);
}

enum quell_code cel_eval(const struct cel *expr, const struct cel_scope *scope, struct arena *arena,
                         struct quell_value *value, struct cel_fault *fault)
{
    struct evaluation e; /* its slots are set before they are read */
    struct quell_value made;
    size_t used = arena_used(arena);
    enum quell_code code;
    e.scope = scope;
    e.options = expr->options.dotted || expr->options.container.len ? &expr->options : NULL;
    e.arena = arena;
    e.arena_max = used + LIMIT_CEL_ARENA_BYTES;
    e.steps = LIMIT_CEL_STEPS;
    e.regex_memory = NULL;
    e.regex = NULL;
    e.trouble.missing = false;
    code = evaluation_value(&e, expr->root, &made);
    if (!code)
        code = check_result(&e, expr->root, used, made);
    regex_memory_free(e.regex_memory);
    if (code) {
        evaluation_describe(&e);
        *fault = e.trouble.fault;
        return code;
    }
    *value = made;
    return QUELL_OK;
}
