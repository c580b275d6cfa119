/*
 * text.c - how a value reads when it becomes text.
 */
#include "cel/text.h"

#include <float.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/digest.h"
#include "base/limits.h"
#include "base/utf8.h"
#include "base/when.h"
#include "cel/cel.h"
#include "value/json.h"
#include "value/value.h"

enum { DIGITS_MAX = 17 }; /* enough for every double (IEEE 754) */

/* The decimal digits of a finite number without trailing zeros: 0.d1d2d3... * 10^point. */
struct digits {
    char text[DIGITS_MAX + 1];
    int count;
    int point;
};

static struct digits shortest(double real)
{
    struct digits digits = {.count = 0};
    char text[40];
    /* Fifteen digits always survive in a normal number; the tiniest ones have fewer. */
    for (int precision = real < DBL_MIN ? 1 : 15; precision <= DIGITS_MAX; precision++) {
        (void)snprintf(text, sizeof(text), "%.*e", precision - 1, real);
        if (precision == DIGITS_MAX ||
            memcmp(&(double){strtod(text, NULL)}, &real, sizeof(real)) == 0)
            break;
    }
    for (const char *c = text; *c != 'e'; c++) {
        if (*c >= '0' && *c <= '9')
            digits.text[digits.count++] = *c;
    }
    digits.point = (int)strtol(strchr(text, 'e') + 1, NULL, 10) + 1;
    while (digits.count > 1 && digits.text[digits.count - 1] == '0')
        digits.count--;
    return digits;
}

/* As JavaScript and JSON writers do: an exponent only below 1e-6 and from 1e21 on. */
static struct quell_str text_of_double(struct arena *arena, double real)
{
    static const char zeros[] = "000000000000000000000";
    const char *sign = signbit(real) ? "-" : "";
    struct digits d;
    if (isnan(real))
        return QUELL_STR("NaN");
    if (isinf(real))
        return signbit(real) ? QUELL_STR("-Infinity") : QUELL_STR("Infinity");
    d = shortest(fabs(real));
    if (d.text[0] == '0')
        return arena_format(arena, "%s0", sign);
    if (d.point > 21 || d.point <= -6)
        return arena_format(arena, "%s%c%s%.*se%+d", sign, d.text[0], d.count > 1 ? "." : "",
                            d.count - 1, d.text + 1, d.point - 1);
    if (d.point <= 0)
        return arena_format(arena, "%s0.%.*s%.*s", sign, -d.point, zeros, d.count, d.text);
    if (d.point >= d.count)
        return arena_format(arena, "%s%.*s%.*s", sign, d.count, d.text, d.point - d.count, zeros);
    return arena_format(arena, "%s%.*s.%.*s", sign, d.point, d.text, d.count - d.point,
                        d.text + d.point);
}

struct quell_str text_of_number(struct arena *arena, struct quell_value number)
{
    if (number.type == QUELL_INT)
        return arena_format(arena, "%" PRId64, number.as.integer);
    if (number.type == QUELL_UINT)
        return arena_format(arena, "%" PRIu64, number.as.natural);
    if (number.flags & QUELL_VERBATIM)
        return quell_str(number);
    return text_of_double(arena, value_real(number));
}

static struct when when_of(struct quell_value value)
{
    return (struct when){.seconds = value.as.integer, .nanos = value.len};
}

struct quell_str cel_to_text(struct arena *arena, struct quell_value value)
{
    switch ((enum quell_type)value.type) {
    case QUELL_NULL:
        return QUELL_STR("");
    case QUELL_BOOL:
        return value.as.boolean ? QUELL_STR("true") : QUELL_STR("false");
    case QUELL_INT:
    case QUELL_UINT:
    case QUELL_DOUBLE:
        return text_of_number(arena, value);
    case QUELL_STRING:
    case QUELL_TYPE:
    case QUELL_IP:
    case QUELL_CIDR:
        return quell_str(value);
    case QUELL_BYTES:
        if (utf8_valid(quell_str(value)) == value.len)
            return quell_str(value);
        return digest_base64(arena, quell_str(value));
    case QUELL_TIME:
        return when_format_time(arena, when_of(value));
    case QUELL_DURATION:
        return when_format_duration(arena, when_of(value));
    case QUELL_OPTIONAL:
        return value.len ? cel_to_text(arena, value.as.items[0]) : QUELL_STR("");
    case QUELL_LIST:
    case QUELL_MAP:
        return json_text(arena, value, (enum json_style)(JSON_COMPACT | JSON_SECRETS));
    case QUELL_UNKNOWN:
        return QUELL_STR("?");
    }
    return QUELL_STR("");
}

/* ---- how large, how known ------------------------------------------------------------------ */

/* A result must fit into an event with the rest of it. */
enum { RESULT_DEPTH = LIMIT_DEPTH - 16 };

static bool fits(struct quell_value value, unsigned depth, size_t *left)
{
    size_t size = value.type == QUELL_STRING || value.type == QUELL_BYTES ? value.len : 8;
    if (size >= *left || depth > RESULT_DEPTH)
        return false;
    *left -= size;
    if (value.type == QUELL_OPTIONAL)
        return value.len == 0 || fits(value.as.items[0], depth + 1, left);
    for (size_t i = 0; i < quell_count(value); i++) {
        if (value.type == QUELL_MAP && !fits(value.as.pairs[i].key, depth + 1, left))
            return false;
        if (!fits(value.type == QUELL_MAP ? value.as.pairs[i].value : value.as.items[i], depth + 1,
                  left))
            return false;
    }
    return true;
}

bool text_fits(struct quell_value value, size_t *left)
{
    return fits(value, 0, left);
}

void text_unknown(struct quell_value value, struct quell_value *unknown)
{
    if (unknown->type == QUELL_UNKNOWN)
        return;
    if (value.type == QUELL_UNKNOWN)
        *unknown = value;
    if (value.type == QUELL_OPTIONAL && value.len)
        text_unknown(value.as.items[0], unknown);
    for (size_t i = 0; i < quell_count(value); i++)
        text_unknown(value.type == QUELL_MAP ? value.as.pairs[i].value : value.as.items[i],
                     unknown);
}
