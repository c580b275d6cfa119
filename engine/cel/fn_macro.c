/*
 * fn_macro.c - the macros of CEL: has(), cel.bind(), and the loops over lists and maps. Their rows
 * are in fn_macro.def.
 *
 * A loop of one variable runs over items, or over the keys of a map; one of two over positions and
 * items, or over keys and values.
 *
 * A range that is unknown makes the result unknown. all() and exists() absorb errors as `&&` and
 * `||` do; the others do not.
 */
#include "cel/macro.h"

static struct quell_value item_of(struct quell_value range, size_t index)
{
    struct quell_value item =
        range.type == QUELL_LIST ? range.as.items[index] : range.as.pairs[index].key;
    item.flags |= range.flags & QUELL_MASKED;
    return item;
}

/* The second variable's item, and what stands before it. */
static struct quell_value value_of(struct quell_value range, size_t index)
{
    struct quell_value item =
        range.type == QUELL_LIST ? range.as.items[index] : range.as.pairs[index].value;
    item.flags |= range.flags & QUELL_MASKED;
    return item;
}

struct quell_value macro_key(struct quell_value range, size_t index)
{
    return range.type == QUELL_LIST ? quell_int((int64_t)index) : item_of(range, index);
}

void macro_bind(struct evaluation *e, const struct node *node, struct quell_value range,
                size_t index)
{
    if (node->rows[0]->variables < 2) {
        evaluation_bind(e, node->slot, item_of(range, index));
        return;
    }
    evaluation_bind(e, node->slot, macro_key(range, index));
    evaluation_bind(e, (size_t)node->slot + 1, value_of(range, index));
}

enum quell_code macro_range(struct evaluation *e, const struct node *node,
                            struct quell_value *range)
{
    const struct node *kid = node->kids[0];
    enum quell_code code = evaluation_value(e, kid, range);
    if (code || range->type == QUELL_LIST || range->type == QUELL_MAP ||
        range->type == QUELL_UNKNOWN)
        return code;
    return evaluation_fail(e, node, "`%.*s` runs over a list or a map, not over %s",
                           QUELL_ARG(node->name), type_with_article(*range));
}

enum quell_code macro_condition(struct evaluation *e, const struct node *node,
                                struct quell_value *value)
{
    enum quell_code code = evaluation_value(e, node, value);
    if (code || value->type == QUELL_BOOL || value->type == QUELL_UNKNOWN)
        return code;
    return evaluation_fail_at(e, node->whole, "this must be a bool, not %s",
                              type_with_article(*value));
}

static enum quell_code quantify(struct evaluation *e, const struct node *node, bool deciding,
                                struct quell_value *made)
{
    struct verdict verdict;
    struct quell_value range;
    enum quell_code code = macro_range(e, node, &range);
    if (code)
        return code;
    if (range.type == QUELL_UNKNOWN) {
        *made = range;
        return QUELL_OK;
    }
    verdict_begin(&verdict, deciding);
    for (size_t i = 0; i < range.len; i++) {
        macro_bind(e, node, range, i);
        if (verdict_ask(e, &verdict, node->kids[1]))
            break;
    }
    return verdict_give(e, &verdict, made);
}

enum quell_code cel_macro_all(struct evaluation *e, const struct node *node,
                              struct quell_value *made)
{
    return quantify(e, node, false, made);
}

enum quell_code cel_macro_exists(struct evaluation *e, const struct node *node,
                                 struct quell_value *made)
{
    return quantify(e, node, true, made);
}

enum quell_code cel_macro_exists_one(struct evaluation *e, const struct node *node,
                                     struct quell_value *made)
{
    size_t held = 0;
    struct quell_value range;
    enum quell_code code = macro_range(e, node, &range);
    if (code)
        return code;
    *made = range;
    if (range.type == QUELL_UNKNOWN)
        return QUELL_OK;
    for (size_t i = 0; i < range.len; i++) {
        macro_bind(e, node, range, i);
        code = macro_condition(e, node->kids[1], made);
        if (code || made->type == QUELL_UNKNOWN)
            return code;
        held += made->as.boolean;
    }
    *made = quell_bool(held == 1);
    return QUELL_OK;
}

/* A loop that makes a list: of the items for which `when` holds (NULL: all), each as `then` makes
 * it (NULL: as it is). */
static enum quell_code collect(struct evaluation *e, const struct node *node,
                               const struct node *when, const struct node *then,
                               struct quell_value *made)
{
    struct quell_value range, *items;
    size_t count = 0;
    enum quell_code code = macro_range(e, node, &range);
    if (code)
        return code;
    *made = range;
    if (range.type == QUELL_UNKNOWN)
        return QUELL_OK;
    items = evaluation_take(e, node, range.len * sizeof(*items));
    if (!items)
        return QUELL_LIMIT;
    for (size_t i = 0; i < range.len; i++) {
        struct quell_value holds = quell_bool(true);
        items[count] = item_of(range, i);
        macro_bind(e, node, range, i);
        if (when)
            code = macro_condition(e, when, &holds);
        if (!code && holds.type == QUELL_UNKNOWN) {
            *made = holds;
            return QUELL_OK;
        }
        if (!code && then && holds.as.boolean)
            code = evaluation_value(e, then, &items[count]);
        if (code)
            return code;
        count += holds.as.boolean;
    }
    *made = quell_list(items, count);
    return QUELL_OK;
}

enum quell_code cel_macro_filter(struct evaluation *e, const struct node *node,
                                 struct quell_value *made)
{
    return collect(e, node, node->kids[1], NULL, made);
}

enum quell_code cel_macro_map(struct evaluation *e, const struct node *node,
                              struct quell_value *made)
{
    const struct node *when = node->count == 3 ? node->kids[1] : NULL;
    return collect(e, node, when, node->kids[node->count - 1], made);
}

enum quell_code cel_macro_bind(struct evaluation *e, const struct node *node,
                               struct quell_value *made)
{
    struct quell_value value;
    enum quell_code code = evaluation_value(e, node->kids[0], &value);
    if (code)
        return code;
    evaluation_bind(e, node->slot, value);
    return evaluation_value(e, node->kids[1], made);
}

enum quell_code cel_macro_has(struct evaluation *e, const struct node *node,
                              struct quell_value *made)
{
    const struct node *field = node->kids[0];
    struct quell_value of, found_value;
    bool found = false;
    enum quell_code code = evaluation_value(e, field->kids[0], &of);
    if (code)
        return code;
    if (of.type == QUELL_OPTIONAL && of.len)
        of = evaluation_held(of);
    if (of.type == QUELL_UNKNOWN) {
        *made = of;
        return QUELL_OK;
    }
    if (of.type != QUELL_OPTIONAL && of.type != QUELL_NULL) /* those have no field at all */
        code = evaluation_lookup(e, field, of, field->value, &found, &found_value);
    if (!code)
        *made = quell_bool(found);
    return code;
}
