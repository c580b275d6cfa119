/*
 * fn_list.c - functions on lists, and size() of lists and maps. Their rows are in fn_list.def;
 * those that compare items are in fn_order.c.
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
        item.flags |= list.flags & QUELL_MASKED;
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

/* ---- sum --------------------------------------------------------------------------------- */

/* False when the sum is beyond the numbers of its type. */
static bool add_number(struct quell_value *sum, struct quell_value item)
{
    uint8_t secret = (sum->flags | item.flags) & QUELL_MASKED;
    if (item.type == QUELL_DOUBLE)
        *sum = value_double(sum->as.real + item.as.real);
    else if (item.type == QUELL_UINT
                 ? __builtin_add_overflow(sum->as.natural, item.as.natural, &sum->as.natural)
                 : __builtin_add_overflow(sum->as.integer, item.as.integer, &sum->as.integer))
        return false;
    sum->flags |= secret;
    return true;
}

enum quell_code cel_list_sum(struct evaluation *e, const struct node *node,
                             const struct quell_value *arguments, struct quell_value *made)
{
    struct quell_value list = arguments[0], sum = quell_int(0);
    for (size_t i = 0; i < list.len; i++) {
        struct quell_value item = list.as.items[i];
        if (item.type == QUELL_UNKNOWN) {
            *made = item;
            return QUELL_OK;
        }
        if (!(T_NUMBER & 1u << item.type))
            return evaluation_fail(e, node, "`sum` adds numbers, not %s", type_with_article(item));
        if (i && item.type != sum.type) {
            (void)evaluation_fail(e, node, "`sum` does not add %s and %s", type_with_article(sum),
                                  type_with_article(item));
            return evaluation_help(e, "make them one type: `.map(n, double(n)).sum()`");
        }
        if (!i)
            sum = item;
        else if (!add_number(&sum, item))
            return evaluation_fail(e, node, "the sum is too large");
    }
    *made = sum;
    return evaluation_charge(e, node, list.len / 4);
}

/* ---- range ------------------------------------------------------------------------------- */

enum quell_code cel_list_range(struct evaluation *e, const struct node *node,
                               const struct quell_value *arguments, struct quell_value *made)
{
    int64_t count = arguments[0].as.integer > 0 ? arguments[0].as.integer : 0;
    struct quell_value *items;
    if (count > LIMIT_CEL_ARENA_BYTES)
        return evaluation_limit(e, node, "a list of %lld items is too long", (long long)count);
    items = evaluation_take(e, node, (size_t)count * sizeof(*items));
    if (!items)
        return QUELL_LIMIT;
    for (int64_t i = 0; i < count; i++)
        items[i] = quell_int(i);
    *made = quell_list(items, (size_t)count);
    return evaluation_charge(e, node, (size_t)count / 4);
}
