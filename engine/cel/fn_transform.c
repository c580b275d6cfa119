/*
 * fn_transform.c - the loops that make maps: transformMap() and transformMapEntry(). Their rows are
 * in fn_macro.def.
 */
#include "cel/macro.h"

#include <string.h>

#include "value/value.h"

/* Comparing a key with so many others costs a step. */
enum { KEYS_A_STEP = 16 };

struct pairs {
    struct quell_pair *items;
    size_t count, cap;
};

static enum quell_code add(struct evaluation *e, const struct node *node, struct pairs *pairs,
                           struct quell_value key, struct quell_value value)
{
    if (pairs->count == pairs->cap) {
        size_t cap = pairs->cap ? pairs->cap * 2 : 8;
        struct quell_pair *items = evaluation_take(e, node, cap * sizeof(*items));
        if (!items)
            return QUELL_LIMIT;
        if (pairs->count)
            memcpy(items, pairs->items, pairs->count * sizeof(*items));
        pairs->items = items;
        pairs->cap = cap;
    }
    pairs->items[pairs->count++] = (struct quell_pair){key, value};
    return QUELL_OK;
}

/* Adds the pairs of a map; no key may be there already. */
static enum quell_code add_all(struct evaluation *e, const struct node *node, struct pairs *pairs,
                               struct quell_value map)
{
    struct quell_value found;
    enum quell_code code = QUELL_OK;
    if (map.type != QUELL_MAP)
        return evaluation_fail_at(e, node->kids[node->count - 1]->whole,
                                  "this must be a map, not %s", type_with_article(map));
    for (size_t i = 0; !code && i < map.len; i++) {
        struct quell_pair pair = map.as.pairs[i];
        pair.value.flags |= map.flags & QUELL_MASKED;
        code = evaluation_charge(e, node, 1 + pairs->count / KEYS_A_STEP);
        if (!code && value_find_key(quell_map(pairs->items, pairs->count), pair.key, &found))
            return evaluation_fail(e, node, "two items give the key `%.*s`",
                                   QUELL_ARG(evaluation_show(e, pair.key)));
        if (!code)
            code = add(e, node, pairs, pair.key, pair.value);
    }
    return code;
}

/* One item: nothing when the condition is false; *made is an unknown that ends it. */
static enum quell_code transform(struct evaluation *e, const struct node *node,
                                 struct quell_value key, bool entries, struct pairs *pairs,
                                 struct quell_value *made)
{
    struct quell_value body = quell_bool(true);
    enum quell_code code = QUELL_OK;
    if (node->count == 3)
        code = macro_condition(e, node->kids[1], &body);
    if (!code && body.type == QUELL_BOOL && !body.as.boolean)
        return QUELL_OK;
    if (!code && body.type == QUELL_BOOL)
        code = evaluation_value(e, node->kids[node->count - 1], &body);
    else if (!code)
        *made = body;
    if (code || made->type == QUELL_UNKNOWN)
        return code;
    if (!entries)
        return add(e, node, pairs, key, body);
    if (body.type != QUELL_UNKNOWN)
        return add_all(e, node, pairs, body);
    *made = body;
    return QUELL_OK;
}

static enum quell_code run(struct evaluation *e, const struct node *node, bool entries,
                           struct quell_value *made)
{
    struct pairs pairs = {.count = 0};
    struct quell_value range;
    enum quell_code code = macro_range(e, node, &range);
    if (code)
        return code;
    *made = range;
    for (size_t i = 0; made->type != QUELL_UNKNOWN && i < range.len; i++) {
        macro_bind(e, node, range, i);
        code = transform(e, node, macro_key(range, i), entries, &pairs, made);
        if (code)
            return code;
    }
    if (made->type == QUELL_UNKNOWN)
        return QUELL_OK;
    return evaluation_map(e, node, pairs.items, pairs.count, made);
}

enum quell_code cel_macro_transform_map(struct evaluation *e, const struct node *node,
                                        struct quell_value *made)
{
    return run(e, node, false, made);
}

enum quell_code cel_macro_transform_map_entry(struct evaluation *e, const struct node *node,
                                              struct quell_value *made)
{
    return run(e, node, true, made);
}
