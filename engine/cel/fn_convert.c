/*
 * fn_convert.c - conversions between types: exact, or an error. Their rows are in fn_convert.def.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "base/utf8.h"
#include "base/when.h"
#include "cel/cel.h"
#include "cel/function.h"
#include "cel/moment.h"
#include "cel/text.h"
#include "value/value.h"

static enum quell_code not_a(struct evaluation *e, const struct node *node,
                             struct quell_value value, const char *type)
{
    return evaluation_fail(e, node, "`%.*s` is not %s", QUELL_ARG(evaluation_show(e, value)), type);
}

static enum quell_code too_large(struct evaluation *e, const struct node *node,
                                 struct quell_value value, const char *type)
{
    return evaluation_fail(e, node, "%.*s is outside the range of %s",
                           QUELL_ARG(evaluation_show(e, value)), type);
}

/* ---- numbers ------------------------------------------------------------------------------- */

enum quell_code cel_convert_int(struct evaluation *e, const struct node *node,
                                const struct quell_value *arguments, struct quell_value *made)
{
    struct quell_value value = arguments[0];
    int64_t number;
    if (value.type == QUELL_STRING) {
        if (!str_to_int(quell_str(value), &number))
            return not_a(e, node, value, "an int");
        *made = quell_int(number);
        return QUELL_OK;
    }
    if (value.type == QUELL_DOUBLE) {
        double real = value_real(value); /* both ends are out: they may have been rounded to */
        if (!(real > -9223372036854775808.0 && real < 9223372036854775808.0))
            return too_large(e, node, value, "int");
        *made = quell_int((int64_t)real);
        return QUELL_OK;
    }
    if (value.type == QUELL_UINT && value.as.natural > INT64_MAX)
        return too_large(e, node, value, "int");
    *made = quell_int(value.as.integer);
    return QUELL_OK;
}

static bool natural_of(struct quell_str text, uint64_t *number)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < text.len; i++) {
        uint64_t digit = (uint64_t)(unsigned char)text.data[i] - '0';
        if (digit > 9 || sum > (UINT64_MAX - digit) / 10)
            return false;
        sum = sum * 10 + digit;
    }
    *number = sum;
    return text.len > 0;
}

enum quell_code cel_convert_uint(struct evaluation *e, const struct node *node,
                                 const struct quell_value *arguments, struct quell_value *made)
{
    struct quell_value value = arguments[0];
    uint64_t number = value.as.natural;
    if (value.type == QUELL_STRING && !natural_of(quell_str(value), &number))
        return not_a(e, node, value, "a uint");
    if (value.type == QUELL_INT && value.as.integer < 0)
        return too_large(e, node, value, "uint");
    if (value.type == QUELL_DOUBLE) {
        double real = value_real(value);
        if (!(real >= 0 && real < 18446744073709551616.0))
            return too_large(e, node, value, "uint");
        number = (uint64_t)real;
    }
    *made = value_uint(number);
    return QUELL_OK;
}

/* Decimal text, NaN and the infinities; no hexadecimal, no blanks. */
static bool real_of(struct quell_str text, double *real)
{
    char copy[400]; /* the longest exact decimal form that makes sense is below 330 digits */
    char *end;
    size_t sign = text.len && (text.data[0] == '-' || text.data[0] == '+');
    struct quell_str word = str_slice(text, sign, text.len);
    if (!text.len || text.len >= sizeof(copy))
        return false;
    memcpy(copy, text.data, text.len);
    copy[text.len] = '\0';
    if (strspn(copy, "0123456789+-.eE") != text.len && !str_is(word, "NaN") &&
        !str_is(word, "Infinity") && !str_is(word, "Inf"))
        return false;
    *real = strtod(copy, &end);
    return end == copy + text.len;
}

enum quell_code cel_convert_double(struct evaluation *e, const struct node *node,
                                   const struct quell_value *arguments, struct quell_value *made)
{
    double real = 0;
    if (arguments[0].type == QUELL_DOUBLE) {
        *made = arguments[0];
        return QUELL_OK;
    }
    if (arguments[0].type != QUELL_STRING)
        real = value_real(arguments[0]);
    else if (!real_of(quell_str(arguments[0]), &real))
        return not_a(e, node, arguments[0], "a double");
    *made = value_double(real);
    return QUELL_OK;
}

/* ---- texts, bytes, bools ------------------------------------------------------------------- */

enum quell_code cel_convert_string(struct evaluation *e, const struct node *node,
                                   const struct quell_value *arguments, struct quell_value *made)
{
    struct quell_value value = arguments[0];
    if (value.type == QUELL_BYTES && utf8_valid(quell_str(value)) != value.len)
        return evaluation_fail(e, node, "these bytes are not valid UTF-8");
    if (!evaluation_take(e, node, 0)) /* the text of a number is short */
        return QUELL_LIMIT;
    *made =
        value.type == QUELL_STRING ? value : quell_string(cel_to_text(evaluation_arena(e), value));
    return QUELL_OK;
}

enum quell_code cel_convert_bytes(struct evaluation *e, const struct node *node,
                                  const struct quell_value *arguments, struct quell_value *made)
{
    (void)e;
    (void)node;
    *made = value_bytes(quell_str(arguments[0]));
    return QUELL_OK;
}

enum quell_code cel_convert_bool(struct evaluation *e, const struct node *node,
                                 const struct quell_value *arguments, struct quell_value *made)
{
    static const struct {
        const char *text;
        bool value;
    } words[] = {{"true", true},   {"True", true}, {"TRUE", true},   {"t", true},
                 {"T", true},      {"1", true},    {"false", false}, {"False", false},
                 {"FALSE", false}, {"f", false},   {"F", false},     {"0", false}};
    if (arguments[0].type == QUELL_BOOL) {
        *made = arguments[0];
        return QUELL_OK;
    }
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        if (str_is(quell_str(arguments[0]), words[i].text)) {
            *made = quell_bool(words[i].value);
            return QUELL_OK;
        }
    }
    return not_a(e, node, arguments[0], "a bool");
}

/* ---- times --------------------------------------------------------------------------------- */

enum quell_code cel_convert_timestamp(struct evaluation *e, const struct node *node,
                                      const struct quell_value *arguments, struct quell_value *made)
{
    struct when time = {.seconds = arguments[0].as.integer, .nanos = 0};
    if (arguments[0].type == QUELL_TIME) {
        *made = arguments[0];
        return QUELL_OK;
    }
    if (arguments[0].type == QUELL_STRING && !when_parse_time(quell_str(arguments[0]), &time)) {
        (void)not_a(e, node, arguments[0], "a timestamp");
        return evaluation_help(e, "write it like 2026-05-31T22:30:00Z (RFC 3339)");
    }
    if (!moment_time_fits(time.seconds))
        return too_large(e, node, arguments[0], "timestamps (the years 1 to 9999)");
    *made = value_time(time.seconds, time.nanos);
    return QUELL_OK;
}

enum quell_code cel_convert_duration(struct evaluation *e, const struct node *node,
                                     const struct quell_value *arguments, struct quell_value *made)
{
    struct when span = {.seconds = arguments[0].as.integer, .nanos = 0};
    int64_t nanos;
    if (arguments[0].type == QUELL_DURATION) {
        *made = arguments[0];
        return QUELL_OK;
    }
    if (arguments[0].type == QUELL_STRING && !when_parse_duration(quell_str(arguments[0]), &span)) {
        (void)not_a(e, node, arguments[0], "a duration");
        return evaluation_help(e, "write it like 90s, 1h30m, 250ms or 7d");
    }
    *made = value_duration(span.seconds, span.nanos);
    if (!moment_nanos(*made, &nanos))
        return too_large(e, node, arguments[0], "durations (292 years)");
    return QUELL_OK;
}

/* ---- types --------------------------------------------------------------------------------- */

enum quell_code cel_convert_type(struct evaluation *e, const struct node *node,
                                 const struct quell_value *arguments, struct quell_value *made)
{
    static const char *const names[] = {
        [QUELL_NULL] = "null_type",
        [QUELL_BOOL] = "bool",
        [QUELL_INT] = "int",
        [QUELL_UINT] = "uint",
        [QUELL_DOUBLE] = "double",
        [QUELL_STRING] = "string",
        [QUELL_BYTES] = "bytes",
        [QUELL_LIST] = "list",
        [QUELL_MAP] = "map",
        [QUELL_TIME] = "google.protobuf.Timestamp",
        [QUELL_DURATION] = "google.protobuf.Duration",
        [QUELL_OPTIONAL] = "optional_type",
        [QUELL_TYPE] = "type",
        [QUELL_IP] = "net.IP",
        [QUELL_CIDR] = "net.CIDR",
    };
    (void)e;
    (void)node;
    *made = quell_text(names[arguments[0].type]);
    made->type = QUELL_TYPE;
    return QUELL_OK;
}

enum quell_code cel_convert_dyn(struct evaluation *e, const struct node *node,
                                const struct quell_value *arguments, struct quell_value *made)
{
    (void)e;
    (void)node;
    *made = arguments[0];
    return QUELL_OK;
}
