/*
 * fn_math.c - the extension `math`. Its rows are in fn_math.def.
 */
#include <math.h>

#include "cel/evaluation.h"
#include "value/value.h"

/* ---- greatest and least -------------------------------------------------------------------- */

/* The first of the numbers that no other is before: `sign` > 0 looks for the largest. */
static enum quell_code extreme(struct evaluation *e, const struct node *node,
                               const struct quell_value *numbers, size_t count, int sign,
                               struct quell_value *made)
{
    enum quell_code code = evaluation_charge(e, node, count / 8);
    if (code)
        return code;
    *made = numbers[0];
    for (size_t i = 0; i < count; i++) {
        int order = 0;
        if (numbers[i].type == QUELL_UNKNOWN) {
            *made = numbers[i];
            return QUELL_OK;
        }
        if (numbers[i].type != QUELL_INT && numbers[i].type != QUELL_UINT &&
            numbers[i].type != QUELL_DOUBLE)
            return evaluation_fail(e, node, "item %zu of the list is %s, not a number", i,
                                   type_with_article(numbers[i]));
        if (value_compare(numbers[i], *made, &order) && order * sign > 0)
            *made = numbers[i];
    }
    return QUELL_OK;
}

static enum quell_code extreme_of(struct evaluation *e, const struct node *node,
                                  struct quell_value list, int sign, struct quell_value *made)
{
    if (!list.len)
        return evaluation_fail(e, node, "this list is empty");
    return extreme(e, node, list.as.items, list.len, sign, made);
}

enum quell_code cel_math_greatest(struct evaluation *e, const struct node *node,
                                  const struct quell_value *arguments, struct quell_value *made)
{
    return extreme(e, node, arguments, node->count, 1, made);
}

enum quell_code cel_math_greatest_of(struct evaluation *e, const struct node *node,
                                     const struct quell_value *arguments, struct quell_value *made)
{
    return extreme_of(e, node, arguments[0], 1, made);
}

enum quell_code cel_math_least(struct evaluation *e, const struct node *node,
                               const struct quell_value *arguments, struct quell_value *made)
{
    return extreme(e, node, arguments, node->count, -1, made);
}

enum quell_code cel_math_least_of(struct evaluation *e, const struct node *node,
                                  const struct quell_value *arguments, struct quell_value *made)
{
    return extreme_of(e, node, arguments[0], -1, made);
}

/* ---- doubles ------------------------------------------------------------------------------- */

/* A function of one double that cannot fail. */
#define OF_REAL(name, type, expression)                                                            \
    enum quell_code name(struct evaluation *e, const struct node *node,                            \
                         const struct quell_value *arguments, struct quell_value *made)            \
    {                                                                                              \
        double real = value_real(arguments[0]);                                                    \
        (void)e;                                                                                   \
        (void)node;                                                                                \
        *made = type(expression);                                                                  \
        return QUELL_OK;                                                                           \
    }
OF_REAL(cel_math_ceil, value_double, ceil(real))
OF_REAL(cel_math_floor, value_double, floor(real))
OF_REAL(cel_math_round, value_double, round(real))
OF_REAL(cel_math_trunc, value_double, trunc(real))
OF_REAL(cel_math_sqrt, value_double, sqrt(real))
OF_REAL(cel_math_is_nan, quell_bool, isnan(real))
OF_REAL(cel_math_is_inf, quell_bool, isinf(real))
OF_REAL(cel_math_is_finite, quell_bool, isfinite(real))
#undef OF_REAL

/* ---- signs --------------------------------------------------------------------------------- */

enum quell_code cel_math_abs(struct evaluation *e, const struct node *node,
                             const struct quell_value *arguments, struct quell_value *made)
{
    *made = arguments[0];
    if (made->type == QUELL_DOUBLE)
        *made = value_double(fabs(value_real(*made)));
    else if (made->type == QUELL_INT && made->as.integer < 0)
        return operate_negate(e, node, *made, made);
    return QUELL_OK;
}

enum quell_code cel_math_sign(struct evaluation *e, const struct node *node,
                              const struct quell_value *arguments, struct quell_value *made)
{
    double real = value_real(arguments[0]);
    int sign = (real > 0) - (real < 0);
    (void)e;
    (void)node;
    if (arguments[0].type == QUELL_DOUBLE)
        *made = value_double(sign == 0 ? real : sign); /* keeps NaN and -0.0 */
    else if (arguments[0].type == QUELL_INT)
        *made = quell_int(sign);
    else
        *made = value_uint(sign > 0);
    return QUELL_OK;
}

/* ---- bits ---------------------------------------------------------------------------------- */

/* An int's bits are those of its two's complement. */
static enum quell_code bits(struct quell_value like, uint64_t natural, struct quell_value *made)
{
    *made = like.type == QUELL_INT ? quell_int((int64_t)natural) : value_uint(natural);
    return QUELL_OK;
}

#define OF_BITS(name, expression)                                                                  \
    enum quell_code name(struct evaluation *e, const struct node *node,                            \
                         const struct quell_value *arguments, struct quell_value *made)            \
    {                                                                                              \
        (void)e;                                                                                   \
        (void)node;                                                                                \
        return bits(arguments[0], expression, made);                                               \
    }
OF_BITS(cel_math_bit_and, arguments[0].as.natural &arguments[1].as.natural)
OF_BITS(cel_math_bit_or, arguments[0].as.natural | arguments[1].as.natural)
OF_BITS(cel_math_bit_xor, arguments[0].as.natural ^ arguments[1].as.natural)
OF_BITS(cel_math_bit_not, ~arguments[0].as.natural)
#undef OF_BITS

static enum quell_code shift(struct evaluation *e, const struct node *node,
                             const struct quell_value *arguments, bool left,
                             struct quell_value *made)
{
    int64_t places = arguments[1].as.integer;
    uint64_t natural = arguments[0].as.natural;
    if (places < 0)
        return evaluation_fail(e, node, "bits cannot be moved by %lld places", (long long)places);
    if (places > 63)
        natural = 0;
    else
        natural = left ? natural << places : natural >> places;
    return bits(arguments[0], natural, made);
}

enum quell_code cel_math_shift_left(struct evaluation *e, const struct node *node,
                                    const struct quell_value *arguments, struct quell_value *made)
{
    return shift(e, node, arguments, true, made);
}

enum quell_code cel_math_shift_right(struct evaluation *e, const struct node *node,
                                     const struct quell_value *arguments, struct quell_value *made)
{
    return shift(e, node, arguments, false, made);
}
