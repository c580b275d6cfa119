/*
 * fn_list.c - functions on lists, and size() of lists and maps. Their rows are in fn_list.def.
 *
 * Items are shared, never copied. Work that grows with the list pays for itself.
 */
#include "cel/evaluation.h"

#include <string.h>

#include "base/limits.h"
#include "value/value.h"

enum quell_code cel_list_size(struct evaluation *e, const struct node *node,
                              const struct quell_value *arguments, struct quell_value *made)
{
    (void)e;
    (void)node;
    *made = quell_int((int64_t)quell_count(arguments[0]));
    return QUELL_OK;
}

/* The item at `index` as an optional, none behind the end. */
static enum quell_code at(struct evaluation *e, const struct node *node, struct quell_value list,
                          size_t index, struct quell_value *made)
{
    if (index < list.len)
        return evaluation_optional(e, node, list.as.items[index], made);
    *made = (struct quell_value){.type = QUELL_OPTIONAL};
    return QUELL_OK;
}

enum quell_code cel_list_first(struct evaluation *e, const struct node *node,
                               const struct quell_value *arguments, struct quell_value *made)
{
    return at(e, node, arguments[0], 0, made);
}

enum quell_code cel_list_last(struct evaluation *e, const struct node *node,
                              const struct quell_value *arguments, struct quell_value *made)
{
    return at(e, node, arguments[0], (size_t)arguments[0].len - 1, made);
}

enum quell_code cel_list_slice(struct evaluation *e, const struct node *node,
                               const struct quell_value *arguments, struct quell_value *made)
{
    int64_t from = arguments[1].as.integer, to = arguments[2].as.integer;
    if (from < 0 || to < from || to > (int64_t)arguments[0].len)
        return evaluation_fail(e, node, "there are no items %lld to %lld: the list has %u",
                               (long long)from, (long long)to, (unsigned)arguments[0].len);
    *made = quell_list(arguments[0].as.items + from, (size_t)(to - from));
    return QUELL_OK;
}

enum quell_code cel_list_reverse(struct evaluation *e, const struct node *node,
                                 const struct quell_value *arguments, struct quell_value *made)
{
    size_t count = arguments[0].len;
    struct quell_value *items = evaluation_take(e, node, count * sizeof(*items));
    if (!items)
        return QUELL_LIMIT;
    for (size_t i = 0; i < count; i++)
        items[i] = arguments[0].as.items[count - 1 - i];
    *made = quell_list(items, count);
    return evaluation_charge(e, node, count / 4);
}

/* Whether `item` equals one of the first `count`; unknown when it may. */
static enum quell_code is_among(struct evaluation *e, const struct node *node,
                                struct quell_value item, const struct quell_value *items,
                                size_t count, struct quell_value *answer)
{
    struct quell_value equal, doubt = quell_bool(false);
    enum quell_code code = evaluation_charge(e, node, count / 8);
    for (size_t i = 0; !code && i < count; i++) {
        code = operate_equal(e, node, item, items[i], &equal);
        if (!code && equal.type == QUELL_UNKNOWN)
            doubt = equal;
        if (!code && equal.type == QUELL_BOOL && equal.as.boolean) {
            *answer = equal;
            return QUELL_OK;
        }
    }
    *answer = doubt;
    return code;
}

enum quell_code cel_list_distinct(struct evaluation *e, const struct node *node,
                                  const struct quell_value *arguments, struct quell_value *made)
{
    struct quell_value list = arguments[0];
    struct quell_value *items = evaluation_take(e, node, list.len * sizeof(*items));
    size_t count = 0;
    if (!items)
        return QUELL_LIMIT;
    for (size_t i = 0; i < list.len; i++) {
        enum quell_code code = is_among(e, node, list.as.items[i], items, count, made);
        if (code || made->type == QUELL_UNKNOWN)
            return code;
        if (!made->as.boolean)
            items[count++] = list.as.items[i];
    }
    *made = quell_list(items, count);
    return QUELL_OK;
}

/* ---- flatten ------------------------------------------------------------------------------- */

/* Counts the items `depth` levels down. Lists may share inner lists, so that there can be far more
 * items than memory: false when `left` visits do not suffice. */
static bool flat_count(struct quell_value list, int64_t depth, size_t *left, size_t *count)
{
    for (size_t i = 0; i < list.len; i++) {
        struct quell_value item = list.as.items[i];
        if (*left == 0)
            return false;
        (*left)--;
        if (item.type != QUELL_LIST || depth == 0)
            (*count)++;
        else if (!flat_count(item, depth - 1, left, count))
            return false;
    }
    return true;
}

static struct quell_value *flat_copy(struct quell_value list, int64_t depth,
                                     struct quell_value *out)
{
    for (size_t i = 0; i < list.len; i++) {
        struct quell_value item = list.as.items[i];
        item.flags |= list.flags & QUELL_SECRET;
        if (item.type == QUELL_LIST && depth > 0)
            out = flat_copy(item, depth - 1, out);
        else
            *out++ = item;
    }
    return out;
}

enum quell_code cel_list_flatten(struct evaluation *e, const struct node *node,
                                 const struct quell_value *arguments, struct quell_value *made)
{
    int64_t depth = node->count == 2 ? arguments[1].as.integer : 1;
    size_t count = 0, left = LIMIT_CEL_STEPS;
    struct quell_value *items;
    enum quell_code code;
    if (depth < 0)
        return evaluation_fail(e, node, "a list cannot be flattened a negative number of levels");
    (void)flat_count(arguments[0], depth, &left, &count); /* the charge says when it was too much */
    code = evaluation_charge(e, node, (LIMIT_CEL_STEPS - left) / (left ? 4 : 1));
    if (code)
        return code;
    items = evaluation_take(e, node, count * sizeof(*items));
    if (!items)
        return QUELL_LIMIT;
    (void)flat_copy(arguments[0], depth, items); /* its end is items + count */
    *made = quell_list(items, count);
    return QUELL_OK;
}

/* ---- sort ---------------------------------------------------------------------------------- */

/* All items must compare with the first one; *made is the first unknown one. */
static enum quell_code sortable(struct evaluation *e, const struct node *node,
                                struct quell_value list, struct quell_value *made)
{
    int order;
    for (size_t i = 0; i < list.len; i++) {
        struct quell_value item = list.as.items[i], first = list.as.items[0];
        if (item.type == QUELL_UNKNOWN) {
            *made = item;
            return QUELL_OK;
        }
        if (item.type != first.type || !value_compare(item, first, &order))
            return evaluation_fail(e, node, "`%.*s` cannot put %s and %s in order",
                                   QUELL_ARG(node->name), type_with_article(first),
                                   type_with_article(item));
    }
    return QUELL_OK;
}

/* Merges two sorted halves, [from, middle) and [middle, to), into `out`. */
static void merge(const struct quell_value *items, size_t from, size_t middle, size_t to,
                  struct quell_value *out)
{
    size_t left = from, right = middle;
    for (size_t i = from; i < to; i++) {
        int order = 0;
        if (left < middle && right < to)
            (void)value_compare(items[left], items[right], &order); /* sortable() saw to it */
        if (right >= to || (left < middle && order <= 0))
            out[i] = items[left++];
        else
            out[i] = items[right++];
    }
}

enum quell_code cel_list_sort(struct evaluation *e, const struct node *node,
                              const struct quell_value *arguments, struct quell_value *made)
{
    size_t count = arguments[0].len;
    struct quell_value *items, *other;
    enum quell_code code;
    *made = quell_null();
    code = sortable(e, node, arguments[0], made);
    if (code || made->type == QUELL_UNKNOWN)
        return code;
    items = evaluation_take(e, node, count * sizeof(*items));
    other = items ? evaluation_take(e, node, count * sizeof(*other)) : NULL;
    if (!other)
        return QUELL_LIMIT;
    if (count)
        memcpy(items, arguments[0].as.items, count * sizeof(*items));
    for (size_t width = 1; width < count; width *= 2) {
        struct quell_value *swap = items;
        for (size_t from = 0; from < count; from += 2 * width) {
            size_t middle = from + width < count ? from + width : count;
            merge(items, from, middle, middle + width < count ? middle + width : count, other);
        }
        items = other;
        other = swap;
        code = evaluation_charge(e, node, count);
        if (code)
            return code;
    }
    *made = quell_list(items, count);
    return QUELL_OK;
}
