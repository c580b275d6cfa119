/*
 * compare.c - equality and order of values, as CEL defines them: numbers by their value across
 * types, never by way of a lossy conversion.
 */
#include <math.h>

#include "base/str.h"
#include "value/value.h"

/* A number without its clothes. Every int is as it is; a natural above the ints is a uint. */
struct number {
    enum { NUMBER_INT, NUMBER_UINT, NUMBER_REAL } kind;
    int64_t integer;
    uint64_t natural;
    double real;
};

static bool is_number(struct quell_value value)
{
    return value.type == QUELL_INT || value.type == QUELL_UINT || value.type == QUELL_DOUBLE;
}

/* A natural number up to 2^64 - 1 in plain digits. */
static bool natural_of_text(struct quell_str text, uint64_t *natural)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < text.len; i++) {
        if (text.data[i] < '0' || text.data[i] > '9' || __builtin_mul_overflow(sum, 10, &sum) ||
            __builtin_add_overflow(sum, (uint64_t)(text.data[i] - '0'), &sum))
            return false;
    }
    *natural = sum;
    return text.len > 0;
}

static struct number of_natural(uint64_t natural)
{
    if (natural <= INT64_MAX)
        return (struct number){.kind = NUMBER_INT, .integer = (int64_t)natural};
    return (struct number){.kind = NUMBER_UINT, .natural = natural};
}

static struct number number_of(struct quell_value value)
{
    uint64_t natural;
    if (value.type == QUELL_INT)
        return (struct number){.kind = NUMBER_INT, .integer = value.as.integer};
    if (value.type == QUELL_UINT)
        return of_natural(value.as.natural);
    if (value.flags & QUELL_VERBATIM && natural_of_text(quell_str(value), &natural))
        return of_natural(natural);
    return (struct number){.kind = NUMBER_REAL, .real = value_real(value)};
}

/* The order of a whole number (sign and size) and a real that is no NaN. */
static int order_whole_real(struct number whole, double real)
{
    if (whole.kind == NUMBER_UINT) {
        if (real >= 0x1p64)
            return -1;
        if (real < 0x1p63)
            return 1;
        uint64_t cut = (uint64_t)real; /* no fraction is left at this size */
        return (whole.natural > cut) - (whole.natural < cut);
    }
    if (real >= 0x1p63)
        return -1;
    if (real < -0x1p63)
        return 1;
    int64_t cut = (int64_t)real;
    if (whole.integer != cut)
        return whole.integer < cut ? -1 : 1;
    double fraction = real - (double)cut;
    return (fraction < 0) - (fraction > 0);
}

/* false when one of them is a NaN. */
static bool order_numbers(struct number a, struct number b, int *order)
{
    if ((a.kind == NUMBER_REAL && isnan(a.real)) || (b.kind == NUMBER_REAL && isnan(b.real)))
        return false;
    if (a.kind == NUMBER_REAL && b.kind == NUMBER_REAL)
        *order = (a.real > b.real) - (a.real < b.real);
    else if (b.kind == NUMBER_REAL)
        *order = order_whole_real(a, b.real);
    else if (a.kind == NUMBER_REAL)
        *order = -order_whole_real(b, a.real);
    else if (a.kind != b.kind)
        *order = a.kind == NUMBER_UINT ? 1 : -1;
    else if (a.kind == NUMBER_UINT)
        *order = (a.natural > b.natural) - (a.natural < b.natural);
    else
        *order = (a.integer > b.integer) - (a.integer < b.integer);
    return true;
}

static bool equal_lists(struct quell_value a, struct quell_value b)
{
    if (a.len != b.len)
        return false;
    for (uint32_t i = 0; i < a.len; i++)
        if (!value_equal(a.as.items[i], b.as.items[i]))
            return false;
    return true;
}

static bool equal_maps(struct quell_value a, struct quell_value b)
{
    if (a.len != b.len)
        return false;
    for (uint32_t i = 0; i < a.len; i++) {
        struct quell_value other;
        if (!value_find_key(b, a.as.pairs[i].key, &other) ||
            !value_equal(a.as.pairs[i].value, other))
            return false;
    }
    return true;
}

bool value_equal(struct quell_value a, struct quell_value b)
{
    if (is_number(a) && is_number(b)) {
        int order;
        return order_numbers(number_of(a), number_of(b), &order) && order == 0;
    }
    if (a.type != b.type)
        return false;
    switch ((enum quell_type)a.type) {
    case QUELL_NULL:
        return true;
    case QUELL_BOOL:
        return a.as.boolean == b.as.boolean;
    case QUELL_INT:
    case QUELL_UINT:
    case QUELL_DOUBLE:
        return false; /* compared above */
    case QUELL_STRING:
    case QUELL_BYTES:
    case QUELL_TYPE:
    case QUELL_UNKNOWN:
    case QUELL_IP:
    case QUELL_CIDR:
        return quell_str_equal(quell_str(a), quell_str(b));
    case QUELL_LIST:
    case QUELL_OPTIONAL:
        return equal_lists(a, b);
    case QUELL_MAP:
        return equal_maps(a, b);
    case QUELL_TIME:
    case QUELL_DURATION:
        return a.as.integer == b.as.integer && a.len == b.len;
    }
    return false;
}

bool value_compare(struct quell_value a, struct quell_value b, int *order)
{
    if (is_number(a) && is_number(b))
        return order_numbers(number_of(a), number_of(b), order);
    if (a.type != b.type)
        return false;
    switch ((enum quell_type)a.type) {
    case QUELL_BOOL:
        *order = (int)a.as.boolean - (int)b.as.boolean;
        return true;
    case QUELL_STRING:
    case QUELL_BYTES:
        *order = str_compare(quell_str(a), quell_str(b));
        return true;
    case QUELL_TIME:
    case QUELL_DURATION:
        *order = (a.as.integer > b.as.integer) - (a.as.integer < b.as.integer);
        if (*order == 0)
            *order = (a.len > b.len) - (a.len < b.len);
        return true;
    case QUELL_NULL:
    case QUELL_INT:
    case QUELL_UINT:
    case QUELL_DOUBLE:
    case QUELL_LIST:
    case QUELL_MAP:
    case QUELL_OPTIONAL:
    case QUELL_TYPE:
    case QUELL_UNKNOWN:
    case QUELL_IP:
    case QUELL_CIDR:
        break;
    }
    return false;
}
