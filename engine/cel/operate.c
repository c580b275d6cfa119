/*
 * operate.c - the operators of CEL on known values: arithmetic that never wraps, comparing across
 * the types of numbers, equality, `in`.
 */
#include "cel/evaluation.h"

#include <math.h>
#include <string.h>

#include "base/limits.h"
#include "cel/moment.h"
#include "value/value.h"

static const char *const signs[OPERATIONS] = {
    [OPERATION_ADD] = "+",         [OPERATION_SUBTRACT] = "-",   [OPERATION_MULTIPLY] = "*",
    [OPERATION_DIVIDE] = "/",      [OPERATION_MODULO] = "%",     [OPERATION_LESS] = "<",
    [OPERATION_LESS_EQUAL] = "<=", [OPERATION_GREATER] = ">",    [OPERATION_GREATER_EQUAL] = ">=",
    [OPERATION_EQUAL] = "==",      [OPERATION_NOT_EQUAL] = "!=", [OPERATION_IN] = "in",
};

static bool is_number(struct quell_value value)
{
    return value.type == QUELL_INT || value.type == QUELL_UINT || value.type == QUELL_DOUBLE;
}

static bool one_has(struct quell_value a, struct quell_value b, enum quell_type type)
{
    return quell_is(a, type) || quell_is(b, type);
}

/* Two types that the operator does not know together. */
static enum quell_code mismatch(struct evaluation *e, const struct node *node, struct quell_value a,
                                struct quell_value b)
{
    (void)evaluation_fail(e, node, "`%s` does not work on %s and %s", signs[node->operation],
                          type_with_article(a), type_with_article(b));
    if (node->operation == OPERATION_ADD && (a.type == QUELL_STRING || b.type == QUELL_STRING) &&
        !(one_has(a, b, QUELL_NULL) || one_has(a, b, QUELL_LIST) || one_has(a, b, QUELL_MAP)))
        return evaluation_help(e, "make a text of the other one with string()");
    if (is_number(a) && is_number(b) && a.type != b.type)
        return evaluation_help(e, "make them the same type with int(), uint() or double()");
    return QUELL_INVALID;
}

static enum quell_code overflow(struct evaluation *e, const struct node *node, const char *type)
{
    return evaluation_fail(e, node, "the result is outside the range of %s", type);
}

/* ---- arithmetic ---------------------------------------------------------------------------- */

/* The five operations on each type of integer; true when the result does not fit. `b` is not 0
 * where it divides. */
static bool int_overflows(uint8_t operation, int64_t a, int64_t b, int64_t *made)
{
    if (operation == OPERATION_ADD)
        return __builtin_add_overflow(a, b, made);
    if (operation == OPERATION_SUBTRACT)
        return __builtin_sub_overflow(a, b, made);
    if (operation == OPERATION_MULTIPLY)
        return __builtin_mul_overflow(a, b, made);
    if (a == INT64_MIN && b == -1)
        return true;
    *made = operation == OPERATION_DIVIDE ? a / b : a % b;
    return false;
}

static bool uint_overflows(uint8_t operation, uint64_t a, uint64_t b, uint64_t *made)
{
    if (operation == OPERATION_ADD)
        return __builtin_add_overflow(a, b, made);
    if (operation == OPERATION_SUBTRACT)
        return __builtin_sub_overflow(a, b, made);
    if (operation == OPERATION_MULTIPLY)
        return __builtin_mul_overflow(a, b, made);
    *made = operation == OPERATION_DIVIDE ? a / b : a % b;
    return false;
}

static enum quell_code integers(struct evaluation *e, const struct node *node, struct quell_value a,
                                struct quell_value b, struct quell_value *result)
{
    bool divides = node->operation == OPERATION_DIVIDE || node->operation == OPERATION_MODULO;
    if (divides && b.as.natural == 0)
        return evaluation_fail(e, node, "division by zero");
    if (a.type == QUELL_INT) {
        int64_t made;
        if (int_overflows(node->operation, a.as.integer, b.as.integer, &made))
            return overflow(e, node, "int");
        *result = quell_int(made);
    } else {
        uint64_t made;
        if (uint_overflows(node->operation, a.as.natural, b.as.natural, &made))
            return overflow(e, node, "uint");
        *result = value_uint(made);
    }
    return QUELL_OK;
}

static enum quell_code reals(struct evaluation *e, const struct node *node, struct quell_value a,
                             struct quell_value b, struct quell_value *result)
{
    double left = value_real(a), right = value_real(b);
    if (node->operation == OPERATION_ADD)
        *result = value_double(left + right);
    else if (node->operation == OPERATION_SUBTRACT)
        *result = value_double(left - right);
    else if (node->operation == OPERATION_MULTIPLY)
        *result = value_double(left * right);
    else if (node->operation == OPERATION_DIVIDE)
        *result = value_double(left / right); /* IEEE 754: by zero gives an infinity or NaN */
    else
        return mismatch(e, node, a, b);
    return QUELL_OK;
}

static enum quell_code arithmetic(struct evaluation *e, const struct node *node,
                                  struct quell_value a, struct quell_value b,
                                  struct quell_value *result)
{
    enum quell_code code;
    if (a.type != b.type || !is_number(a))
        return mismatch(e, node, a, b);
    code = a.type == QUELL_DOUBLE ? reals(e, node, a, b, result) : integers(e, node, a, b, result);
    if (!code)
        result->flags |= (a.flags | b.flags) & QUELL_MASKED;
    return code;
}

static enum quell_code join_texts(struct evaluation *e, const struct node *node,
                                  struct quell_value a, struct quell_value b,
                                  struct quell_value *result)
{
    size_t len = (size_t)a.len + b.len;
    char *text;
    if (len > LIMIT_CEL_TEXT_BYTES)
        return evaluation_limit(e, node, "this text would be longer than %d KiB",
                                LIMIT_CEL_TEXT_BYTES / 1024);
    text = evaluation_take(e, node, len);
    if (!text)
        return QUELL_LIMIT;
    memcpy(text, a.as.text, a.len);
    memcpy(text + a.len, b.as.text, b.len);
    *result = a;
    result->flags |= b.flags & QUELL_MASKED;
    result->len = (uint32_t)len;
    result->as.text = text;
    return QUELL_OK;
}

static enum quell_code join_lists(struct evaluation *e, const struct node *node,
                                  struct quell_value a, struct quell_value b,
                                  struct quell_value *result)
{
    size_t count = (size_t)a.len + b.len;
    struct quell_value *items = evaluation_take(e, node, count * sizeof(*items));
    if (!items)
        return QUELL_LIMIT;
    if (a.len)
        memcpy(items, a.as.items, a.len * sizeof(*items));
    if (b.len)
        memcpy(items + a.len, b.as.items, b.len * sizeof(*items));
    *result = quell_list(items, count);
    result->flags |= (a.flags | b.flags) & QUELL_MASKED;
    return QUELL_OK;
}

static enum quell_code add(struct evaluation *e, const struct node *node, struct quell_value a,
                           struct quell_value b, struct quell_value *result)
{
    if (a.type == b.type && (a.type == QUELL_STRING || a.type == QUELL_BYTES))
        return join_texts(e, node, a, b, result);
    if (a.type == QUELL_LIST && b.type == QUELL_LIST)
        return join_lists(e, node, a, b, result);
    if (a.type == QUELL_DURATION && (b.type == QUELL_DURATION || b.type == QUELL_TIME))
        return moment_add(e, node, b, a, false, result);
    if (a.type == QUELL_TIME && b.type == QUELL_DURATION)
        return moment_add(e, node, a, b, false, result);
    return arithmetic(e, node, a, b, result);
}

static enum quell_code subtract(struct evaluation *e, const struct node *node, struct quell_value a,
                                struct quell_value b, struct quell_value *result)
{
    if ((a.type == QUELL_DURATION || a.type == QUELL_TIME) && b.type == QUELL_DURATION)
        return moment_add(e, node, a, b, true, result);
    if (a.type == QUELL_TIME && b.type == QUELL_TIME)
        return moment_between(e, node, a, b, result);
    return arithmetic(e, node, a, b, result);
}

enum quell_code operate_negate(struct evaluation *e, const struct node *node,
                               struct quell_value value, struct quell_value *result)
{
    if (value.type == QUELL_INT && value.as.integer == INT64_MIN)
        return overflow(e, node, "int");
    if (value.type == QUELL_INT)
        *result = quell_int(-value.as.integer);
    else if (value.type == QUELL_DOUBLE)
        *result = value_double(-value_real(value));
    else
        return evaluation_fail(e, node, "`-` does not work on %s", type_with_article(value));
    result->flags |= value.flags & QUELL_MASKED;
    return QUELL_OK;
}

/* ---- comparing ----------------------------------------------------------------------------- */

static bool order_holds(const struct node *node, int order)
{
    if (node->operation == OPERATION_LESS)
        return order < 0;
    if (node->operation == OPERATION_LESS_EQUAL)
        return order <= 0;
    if (node->operation == OPERATION_GREATER)
        return order > 0;
    return order >= 0;
}

static enum quell_code compare(struct evaluation *e, const struct node *node, struct quell_value a,
                               struct quell_value b, struct quell_value *result)
{
    int order = 0;
    if (a.type == QUELL_INT && b.type == QUELL_INT) {
        order = (a.as.integer > b.as.integer) - (a.as.integer < b.as.integer);
    } else if (is_number(a) && is_number(b) && (a.type == QUELL_DOUBLE || b.type == QUELL_DOUBLE)) {
        /* In the precision of doubles, as CEL has it; NaN is in no order with anything. */
        double left = value_real(a), right = value_real(b);
        *result = quell_bool(!isnan(left) && !isnan(right) &&
                             order_holds(node, (left > right) - (left < right)));
        return QUELL_OK;
    } else if (!value_compare(a, b, &order)) {
        return mismatch(e, node, a, b);
    }
    *result = quell_bool(order_holds(node, order));
    return QUELL_OK;
}

/* What looking at a text or list costs: less than visits, but lists may share inner lists, so that
 * each must cost something. */
static size_t cost(struct quell_value value)
{
    if (value.type == QUELL_STRING || value.type == QUELL_BYTES)
        return value.len / 512;
    if (value.type == QUELL_LIST || value.type == QUELL_MAP || value.type == QUELL_OPTIONAL)
        return 1 + value.len / 8;
    return 0;
}

/* Collects the equality of parts: one that differs decides, an unknown one stays in doubt. */
static bool differs(struct quell_value part, struct quell_value *whole)
{
    if (part.type == QUELL_UNKNOWN && whole->type != QUELL_UNKNOWN)
        *whole = part;
    return part.type == QUELL_BOOL && !part.as.boolean;
}

static enum quell_code equal_lists(struct evaluation *e, const struct node *node,
                                   struct quell_value a, struct quell_value b,
                                   struct quell_value *result)
{
    struct quell_value whole = quell_bool(true);
    for (size_t i = 0; i < a.len; i++) {
        struct quell_value part;
        enum quell_code code = operate_equal(e, node, a.as.items[i], b.as.items[i], &part);
        if (code)
            return code;
        if (differs(part, &whole)) {
            *result = part;
            return QUELL_OK;
        }
    }
    *result = whole;
    return QUELL_OK;
}

static enum quell_code equal_maps(struct evaluation *e, const struct node *node,
                                  struct quell_value a, struct quell_value b,
                                  struct quell_value *result)
{
    struct quell_value whole = quell_bool(true);
    size_t searched = b.flags & QUELL_INDEXED ? 0 : b.len / 16; /* for each key of the other one */
    for (size_t i = 0; i < a.len; i++) {
        struct quell_value part = quell_bool(false), other;
        enum quell_code code = evaluation_charge(e, node, searched);
        if (code)
            return code;
        if (value_find_key(b, a.as.pairs[i].key, &other))
            code = operate_equal(e, node, a.as.pairs[i].value, other, &part);
        if (code)
            return code;
        if (differs(part, &whole)) {
            *result = part;
            return QUELL_OK;
        }
    }
    *result = whole;
    return QUELL_OK;
}

enum quell_code operate_equal(struct evaluation *e, const struct node *node, struct quell_value a,
                              struct quell_value b, struct quell_value *result)
{
    enum quell_code code = evaluation_charge(e, node, cost(a));
    if (code)
        return code;
    if (a.type == QUELL_UNKNOWN || b.type == QUELL_UNKNOWN) {
        *result = a.type == QUELL_UNKNOWN ? a : b;
        return QUELL_OK;
    }
    *result = quell_bool(false);
    if (a.type != b.type && !(is_number(a) && is_number(b)))
        return QUELL_OK;
    if (a.type == QUELL_LIST || a.type == QUELL_OPTIONAL)
        return a.len == b.len ? equal_lists(e, node, a, b, result) : QUELL_OK;
    if (a.type == QUELL_MAP)
        return a.len == b.len ? equal_maps(e, node, a, b, result) : QUELL_OK;
    *result = quell_bool(value_equal(a, b));
    return QUELL_OK;
}

static enum quell_code equal(struct evaluation *e, const struct node *node, struct quell_value a,
                             struct quell_value b, struct quell_value *result)
{
    enum quell_code code = operate_equal(e, node, a, b, result);
    if (!code && result->type == QUELL_BOOL && node->operation == OPERATION_NOT_EQUAL)
        *result = quell_bool(!result->as.boolean);
    return code;
}

static enum quell_code in_list(struct evaluation *e, const struct node *node,
                               struct quell_value wanted, struct quell_value list,
                               struct quell_value *result)
{
    struct quell_value whole = quell_bool(false);
    enum quell_code code = evaluation_charge(e, node, cost(list));
    for (size_t i = 0; !code && i < list.len; i++) {
        struct quell_value part;
        code = operate_equal(e, node, wanted, list.as.items[i], &part);
        if (!code && part.type == QUELL_BOOL && part.as.boolean) {
            *result = part;
            return QUELL_OK;
        }
        if (!code)
            (void)differs(part, &whole); /* keeps an unknown */
    }
    if (!code)
        *result = whole;
    return code;
}

static enum quell_code in(struct evaluation *e, const struct node *node, struct quell_value a,
                          struct quell_value b, struct quell_value *result)
{
    struct quell_value found;
    if (b.type == QUELL_LIST)
        return in_list(e, node, a, b, result);
    if (b.type != QUELL_MAP) {
        (void)evaluation_fail(e, node, "`in` looks in lists and maps, not in %s",
                              type_with_article(b));
        return b.type == QUELL_STRING ? evaluation_help(e, "write text.contains(part)")
                                      : QUELL_INVALID;
    }
    *result = quell_bool(value_find_key(b, a, &found));
    return evaluation_charge(e, node, cost(b));
}

static enum quell_code (*const operations[OPERATIONS])(struct evaluation *, const struct node *,
                                                       struct quell_value, struct quell_value,
                                                       struct quell_value *) = {
    [OPERATION_ADD] = add,
    [OPERATION_SUBTRACT] = subtract,
    [OPERATION_MULTIPLY] = arithmetic,
    [OPERATION_DIVIDE] = arithmetic,
    [OPERATION_MODULO] = arithmetic,
    [OPERATION_LESS] = compare,
    [OPERATION_LESS_EQUAL] = compare,
    [OPERATION_GREATER] = compare,
    [OPERATION_GREATER_EQUAL] = compare,
    [OPERATION_EQUAL] = equal,
    [OPERATION_NOT_EQUAL] = equal,
    [OPERATION_IN] = in,
};

enum quell_code operate(struct evaluation *e, const struct node *node, struct quell_value left,
                        struct quell_value right, struct quell_value *result)
{
    return operations[node->operation](e, node, left, right, result);
}
