/*
 * fn_order.c - functions on lists that compare their items: sort(), sortBy(), distinct(), groupBy()
 * and those on sets. Their rows are in fn_list.def.
 *
 * A list with an unknown in it that decides makes the result unknown.
 */
#include "cel/evaluation.h"

#include <string.h>

#include "value/value.h"

/* Comparing with so many items costs a step. */
enum { ITEMS_A_STEP = 16 };

/* ---- sorting ------------------------------------------------------------------------------- */

/* An item and what it is sorted by. */
struct entry {
    struct quell_value key;
    size_t at; /* where the item was */
};

/* All keys must compare with the first one; *unknown is the first that is unknown. */
static enum quell_code sortable(struct evaluation *e, const struct node *node,
                                const struct entry *entries, size_t count,
                                struct quell_value *unknown)
{
    int order;
    for (size_t i = 0; i < count; i++) {
        struct quell_value key = entries[i].key, first = entries[0].key;
        if (key.type == QUELL_UNKNOWN) {
            *unknown = key;
            return QUELL_OK;
        }
        if (key.type != first.type || !value_compare(key, first, &order))
            return evaluation_fail(e, node, "`%.*s` cannot put %s and %s in order",
                                   QUELL_ARG(node->name), type_with_article(first),
                                   type_with_article(key));
    }
    return QUELL_OK;
}

/* Merges two sorted halves, [from, middle) and [middle, to), into `out`. */
static void merge(const struct entry *entries, size_t from, size_t middle, size_t to,
                  struct entry *out)
{
    size_t left = from, right = middle;
    for (size_t i = from; i < to; i++) {
        int order = 0;
        if (left < middle && right < to)
            (void)value_compare(entries[left].key, entries[right].key, &order); /* sortable() */
        if (right >= to || (left < middle && order <= 0))
            out[i] = entries[left++];
        else
            out[i] = entries[right++];
    }
}

/* Sorts by the keys; equal ones stay in their order. *sorted is one of two arrays. */
static enum quell_code sort(struct evaluation *e, const struct node *node, struct entry *entries,
                            size_t count, struct entry **sorted)
{
    struct entry *other = evaluation_take(e, node, count * sizeof(*other));
    if (!other)
        return QUELL_LIMIT;
    for (size_t width = 1; width < count; width *= 2) {
        struct entry *swap = entries;
        enum quell_code code = evaluation_charge(e, node, count);
        if (code)
            return code;
        for (size_t from = 0; from < count; from += 2 * width) {
            size_t middle = from + width < count ? from + width : count;
            merge(entries, from, middle, middle + width < count ? middle + width : count, other);
        }
        entries = other;
        other = swap;
    }
    *sorted = entries;
    return QUELL_OK;
}

/* Sorts a list by keys of its items, which stand in `entries`. */
static enum quell_code sort_list(struct evaluation *e, const struct node *node,
                                 struct quell_value list, struct entry *entries,
                                 struct quell_value *made)
{
    struct quell_value *items, unknown = quell_null();
    enum quell_code code = sortable(e, node, entries, list.len, &unknown);
    if (!code && unknown.type == QUELL_UNKNOWN) {
        *made = unknown;
        return QUELL_OK;
    }
    if (!code)
        code = sort(e, node, entries, list.len, &entries);
    if (code)
        return code;
    items = evaluation_take(e, node, list.len * sizeof(*items));
    if (!items)
        return QUELL_LIMIT;
    for (size_t i = 0; i < list.len; i++)
        items[i] = list.as.items[entries[i].at];
    *made = quell_list(items, list.len);
    return QUELL_OK;
}

/* The items of a list as their own keys. */
static struct entry *entries_of(struct evaluation *e, const struct node *node,
                                struct quell_value list)
{
    struct entry *entries = evaluation_take(e, node, list.len * sizeof(*entries));
    for (size_t i = 0; entries && i < list.len; i++)
        entries[i] = (struct entry){list.as.items[i], i};
    return entries;
}

enum quell_code cel_list_sort(struct evaluation *e, const struct node *node,
                              const struct quell_value *arguments, struct quell_value *made)
{
    struct entry *entries = entries_of(e, node, arguments[0]);
    return entries ? sort_list(e, node, arguments[0], entries, made) : QUELL_LIMIT;
}

/* ---- by what becomes of the items ---------------------------------------------------------- */

/* The list that a macro runs over, and the key of each item; *made is the answer when the list is
 * unknown, and *entries is NULL then. */
static enum quell_code keys_of(struct evaluation *e, const struct node *node,
                               struct quell_value *list, struct entry **entries,
                               struct quell_value *made)
{
    enum quell_code code = evaluation_value(e, node->kids[0], list);
    *entries = NULL;
    *made = *list;
    if (code || list->type == QUELL_UNKNOWN)
        return code;
    if (list->type != QUELL_LIST)
        return evaluation_fail(e, node, "`%.*s` runs over a list, not over %s",
                               QUELL_ARG(node->name), type_with_article(*list));
    *entries = evaluation_take(e, node, list->len * sizeof(**entries));
    if (!*entries)
        return QUELL_LIMIT;
    for (size_t i = 0; !code && i < list->len; i++) {
        struct quell_value item = list->as.items[i];
        item.flags |= list->flags & QUELL_MASKED;
        evaluation_bind(e, node->slot, item);
        (*entries)[i].at = i;
        code = evaluation_value(e, node->kids[1], &(*entries)[i].key);
    }
    return code;
}

enum quell_code cel_list_sort_by(struct evaluation *e, const struct node *node,
                                 struct quell_value *made)
{
    struct quell_value list;
    struct entry *entries;
    enum quell_code code = keys_of(e, node, &list, &entries, made);
    if (code || !entries)
        return code;
    code = sort_list(e, node, list, entries, made);
    if (!code && made->type == QUELL_LIST)
        made->flags |= list.flags & QUELL_MASKED;
    return code;
}

static bool can_be_key(struct quell_value key)
{
    return key.type == QUELL_STRING || key.type == QUELL_INT || key.type == QUELL_UINT ||
           key.type == QUELL_BOOL;
}

/* Numbers the groups in the order in which they begin: entries[i].at becomes the number of the
 * group of item i, pairs[n].value the count of its items. */
static enum quell_code number_groups(struct evaluation *e, const struct node *node,
                                     struct entry *entries, size_t count, struct quell_pair *pairs,
                                     size_t *groups)
{
    for (size_t i = 0; i < count; i++) {
        size_t group = 0;
        enum quell_code code = evaluation_charge(e, node, 1 + *groups / ITEMS_A_STEP);
        if (code)
            return code;
        if (!can_be_key(entries[i].key))
            return evaluation_fail(e, node, "%s cannot be the key of a group",
                                   type_with_article(entries[i].key));
        while (group < *groups && !value_equal(pairs[group].key, entries[i].key))
            group++;
        if (group == *groups) {
            pairs[group] = (struct quell_pair){entries[i].key, quell_int(0)};
            (*groups)++;
        }
        pairs[group].value.as.integer++;
        entries[i].at = group;
    }
    return QUELL_OK;
}

/* Deals the items out to their groups. */
static void fill_groups(struct quell_value list, const struct entry *entries,
                        struct quell_pair *pairs, size_t groups, struct quell_value *items)
{
    size_t used = 0;
    for (size_t group = 0; group < groups; group++) {
        size_t count = (size_t)pairs[group].value.as.integer;
        pairs[group].value = quell_list(items + used, 0);
        used += count;
    }
    for (size_t i = 0; i < list.len; i++) {
        struct quell_value *group = &pairs[entries[i].at].value;
        items[(size_t)(group->as.items - items) + group->len++] = list.as.items[i];
    }
}

enum quell_code cel_list_group_by(struct evaluation *e, const struct node *node,
                                  struct quell_value *made)
{
    struct quell_value list, *items;
    struct quell_pair *pairs;
    struct entry *entries;
    size_t groups = 0;
    enum quell_code code = keys_of(e, node, &list, &entries, made);
    if (code || !entries)
        return code;
    for (size_t i = 0; i < list.len; i++) {
        if (entries[i].key.type == QUELL_UNKNOWN) {
            *made = entries[i].key;
            return QUELL_OK;
        }
    }
    pairs = evaluation_take(e, node, list.len * sizeof(*pairs));
    items = pairs ? evaluation_take(e, node, list.len * sizeof(*items)) : NULL;
    if (!items)
        return QUELL_LIMIT;
    code = number_groups(e, node, entries, list.len, pairs, &groups);
    if (code)
        return code;
    fill_groups(list, entries, pairs, groups, items);
    code = evaluation_map(e, node, pairs, groups, made);
    if (!code)
        made->flags |= list.flags & QUELL_MASKED;
    return code;
}

/* ---- what is among what -------------------------------------------------------------------- */

/* Whether `item` equals one of the first `count`; unknown when it may. */
static enum quell_code is_among(struct evaluation *e, const struct node *node,
                                struct quell_value item, const struct quell_value *items,
                                size_t count, struct quell_value *answer)
{
    struct quell_value equal, doubt = quell_bool(false);
    enum quell_code code = evaluation_charge(e, node, count / ITEMS_A_STEP);
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

/* Items of one type that can be sorted are compared with their neighbours only. */
static enum quell_code distinct_sorted(struct evaluation *e, const struct node *node,
                                       struct quell_value list, struct quell_value *made)
{
    struct entry *entries = entries_of(e, node, list);
    bool *repeats = entries ? evaluation_take(e, node, list.len * sizeof(*repeats)) : NULL;
    struct quell_value *items =
        repeats ? evaluation_take(e, node, list.len * sizeof(*items)) : NULL;
    size_t count = 0;
    enum quell_code code;
    if (!items)
        return QUELL_LIMIT;
    code = sort(e, node, entries, list.len, &entries);
    for (size_t i = 0; !code && i < list.len; i++)
        repeats[entries[i].at] = i > 0 && value_equal(entries[i - 1].key, entries[i].key);
    for (size_t i = 0; !code && i < list.len; i++) {
        if (!repeats[i])
            items[count++] = list.as.items[i];
    }
    if (!code)
        *made = quell_list(items, count);
    return code;
}

static bool all_of_one_order(struct quell_value list)
{
    uint8_t type = list.as.items[0].type;
    if (type != QUELL_STRING && type != QUELL_INT && type != QUELL_UINT && type != QUELL_TIME)
        return false;
    for (size_t i = 0; i < list.len; i++) {
        if (list.as.items[i].type != type)
            return false;
    }
    return true;
}

enum quell_code cel_list_distinct(struct evaluation *e, const struct node *node,
                                  const struct quell_value *arguments, struct quell_value *made)
{
    struct quell_value list = arguments[0], *items;
    size_t count = 0;
    if (list.len > ITEMS_A_STEP && all_of_one_order(list))
        return distinct_sorted(e, node, list, made);
    items = evaluation_take(e, node, list.len * sizeof(*items));
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

/* Whether all items of `part` (or, for `any`, one of them) are among those of `whole`. */
static enum quell_code among(struct evaluation *e, const struct node *node,
                             struct quell_value whole, struct quell_value part, bool any,
                             struct quell_value *made)
{
    struct quell_value answer = quell_bool(!any);
    for (size_t i = 0; i < part.len; i++) {
        struct quell_value one;
        enum quell_code code = is_among(e, node, part.as.items[i], whole.as.items, whole.len, &one);
        if (code)
            return code;
        if (one.type == QUELL_BOOL && one.as.boolean == any) {
            *made = one;
            return QUELL_OK;
        }
        if (one.type == QUELL_UNKNOWN)
            answer = one;
    }
    *made = answer;
    return QUELL_OK;
}

enum quell_code cel_sets_contains(struct evaluation *e, const struct node *node,
                                  const struct quell_value *arguments, struct quell_value *made)
{
    return among(e, node, arguments[0], arguments[1], false, made);
}

enum quell_code cel_sets_intersects(struct evaluation *e, const struct node *node,
                                    const struct quell_value *arguments, struct quell_value *made)
{
    return among(e, node, arguments[0], arguments[1], true, made);
}

enum quell_code cel_sets_equivalent(struct evaluation *e, const struct node *node,
                                    const struct quell_value *arguments, struct quell_value *made)
{
    struct quell_value back;
    enum quell_code code = among(e, node, arguments[0], arguments[1], false, made);
    if (code || (made->type == QUELL_BOOL && !made->as.boolean))
        return code;
    code = among(e, node, arguments[1], arguments[0], false, &back);
    if (!code && (made->type == QUELL_BOOL || (back.type == QUELL_BOOL && !back.as.boolean)))
        *made = back;
    return code;
}
