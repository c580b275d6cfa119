/*
 * fn_format.c - format() and strings.quote(). Their rows are in fn_format.def.
 *
 * A text grows in a buffer with the limit of all texts; each value in it costs a step, because
 * lists may share inner lists.
 */
#include <math.h>
#include <string.h>

#include "base/buf.h"
#include "base/limits.h"
#include "base/str.h"
#include "base/utf8.h"
#include "cel/cel.h"
#include "cel/evaluation.h"
#include "cel/text.h"
#include "value/value.h"

enum {
    PRECISION = 6,
    PRECISION_MAX = 1000, /* digits; a double has at most 767 that matter */
    BYTES_A_STEP = 64,
    SCALAR_BYTES = 64, /* of the text of a number or time, at most */
};

/* One clause. What was seen of all values is kept beside the text: a secret among them makes it
 * secret, an unknown makes it unknown. */
struct clause {
    struct evaluation *e;
    const struct node *node;
    char letter;
    int precision;
    struct buf out;
    uint8_t secret;
    struct quell_value unknown; /* null: none */
};

/* False when there is nothing to show of the value. */
static bool is_known(struct clause *clause, struct quell_value value)
{
    clause->secret |= value.flags & QUELL_MASKED;
    if (value.type != QUELL_UNKNOWN)
        return true;
    if (clause->unknown.type != QUELL_UNKNOWN)
        clause->unknown = value;
    return false;
}

static enum quell_code wrong_type(struct clause *clause, struct quell_value value,
                                  const char *wanted)
{
    return evaluation_fail(clause->e, clause->node, "%%%c wants %s, not %s", clause->letter, wanted,
                           type_with_article(value));
}

/* ---- %s ------------------------------------------------------------------------------------ */

static enum quell_code add_text(struct clause *clause, struct quell_value value);

static enum quell_code add_list(struct clause *clause, struct quell_value list)
{
    enum quell_code code = QUELL_OK;
    buf_add_char(&clause->out, '[');
    for (size_t i = 0; !code && i < list.len; i++) {
        buf_add_text(&clause->out, i ? ", " : "");
        code = add_text(clause, list.as.items[i]);
    }
    buf_add_char(&clause->out, ']');
    return code;
}

/* The order in which the pairs are shown: by the texts of their keys. */
static enum quell_code order_pairs(struct clause *clause, struct quell_value map,
                                   struct quell_pair **pairs)
{
    struct quell_pair *sorted = evaluation_take(clause->e, clause->node, map.len * sizeof(*sorted));
    enum quell_code code = evaluation_charge(clause->e, clause->node, map.len);
    if (!sorted || code)
        return QUELL_LIMIT;
    for (size_t i = 0; i < map.len; i++) {
        struct quell_value key = map.as.pairs[i].key;
        size_t at = i;
        (void)is_known(clause, key); /* it always is, but may be secret */
        key = quell_string(cel_to_text(evaluation_arena(clause->e), key));
        code = evaluation_charge(clause->e, clause->node, 1 + i / 16);
        if (code)
            return code;
        for (; at && str_compare(quell_str(sorted[at - 1].key), quell_str(key)) > 0; at--)
            sorted[at] = sorted[at - 1];
        sorted[at] = (struct quell_pair){key, map.as.pairs[i].value};
    }
    *pairs = sorted;
    return QUELL_OK;
}

static enum quell_code add_map(struct clause *clause, struct quell_value map)
{
    struct quell_pair *pairs;
    enum quell_code code = order_pairs(clause, map, &pairs);
    if (code)
        return code;
    buf_add_char(&clause->out, '{');
    for (size_t i = 0; !code && i < map.len; i++) {
        buf_add_text(&clause->out, i ? ", " : "");
        buf_add_str(&clause->out, quell_str(pairs[i].key));
        buf_add_text(&clause->out, ": ");
        code = add_text(clause, pairs[i].value);
    }
    buf_add_char(&clause->out, '}');
    return code;
}

/* What is not UTF-8 in bytes becomes U+FFFD. */
static void add_bytes(struct buf *out, struct quell_str bytes)
{
    while (bytes.len) {
        size_t valid = utf8_valid(bytes);
        buf_add_str(out, str_slice(bytes, 0, valid));
        if (valid < bytes.len)
            buf_add_text(out, "\xef\xbf\xbd");
        bytes = str_slice(bytes, valid + 1, bytes.len);
    }
}

static enum quell_code add_text(struct clause *clause, struct quell_value value)
{
    enum quell_code code =
        evaluation_charge(clause->e, clause->node, 1 + quell_str(value).len / BYTES_A_STEP);
    if (!code)
        code = evaluation_room(clause->e, clause->node, SCALAR_BYTES);
    if (code || !is_known(clause, value))
        return code;
    if (value.type == QUELL_LIST)
        return add_list(clause, value);
    if (value.type == QUELL_MAP)
        return add_map(clause, value);
    if (value.type == QUELL_OPTIONAL && value.len)
        return add_text(clause, value.as.items[0]);
    if (value.type == QUELL_BYTES)
        add_bytes(&clause->out, quell_str(value));
    else if (value.type == QUELL_NULL)
        buf_add_text(&clause->out, "null");
    else
        buf_add_str(&clause->out, cel_to_text(evaluation_arena(clause->e), value));
    return QUELL_OK;
}

/* ---- numbers ------------------------------------------------------------------------------- */

static bool is_number(struct quell_value value)
{
    return value.type == QUELL_INT || value.type == QUELL_UINT || value.type == QUELL_DOUBLE;
}

static enum quell_code add_decimal(struct clause *clause, struct quell_value value)
{
    if (!is_number(value))
        return wrong_type(clause, value, "a number");
    buf_add_str(&clause->out, text_of_number(evaluation_arena(clause->e), value));
    return evaluation_room(clause->e, clause->node, 0);
}

static enum quell_code add_real(struct clause *clause, struct quell_value value)
{
    double real = value_real(value);
    if (!is_number(value))
        return wrong_type(clause, value, "a number");
    if (isnan(real) || isinf(real))
        return add_decimal(clause, value_double(real));
    if (clause->letter == 'f')
        buf_add_format(&clause->out, "%.*f", clause->precision, real);
    else
        buf_add_format(&clause->out, "%.*e", clause->precision, real);
    return QUELL_OK;
}

/* A whole number in a base that is a power of two. */
static void add_power(struct buf *out, struct quell_value value, unsigned bits, const char *digits)
{
    char text[64];
    size_t at = sizeof(text);
    uint64_t natural = value.as.natural;
    if (value.type == QUELL_INT && value.as.integer < 0) {
        buf_add_char(out, '-');
        natural = 0 - natural;
    }
    do {
        text[--at] = digits[natural & ((1u << bits) - 1)];
        natural >>= bits;
    } while (natural);
    buf_add(out, text + at, sizeof(text) - at);
}

static enum quell_code add_binary(struct clause *clause, struct quell_value value)
{
    if (value.type == QUELL_BOOL)
        value = quell_int(value.as.boolean);
    if (value.type != QUELL_INT && value.type != QUELL_UINT)
        return wrong_type(clause, value, "a whole number or a bool");
    add_power(&clause->out, value, 1, "01");
    return QUELL_OK;
}

static enum quell_code add_octal(struct clause *clause, struct quell_value value)
{
    if (value.type != QUELL_INT && value.type != QUELL_UINT)
        return wrong_type(clause, value, "a whole number");
    add_power(&clause->out, value, 3, "01234567");
    return QUELL_OK;
}

static enum quell_code add_hex(struct clause *clause, struct quell_value value)
{
    const char *digits = clause->letter == 'x' ? "0123456789abcdef" : "0123456789ABCDEF";
    struct quell_str bytes = quell_str(value);
    if (value.type == QUELL_INT || value.type == QUELL_UINT) {
        add_power(&clause->out, value, 4, digits);
        return QUELL_OK;
    }
    if (value.type != QUELL_STRING && value.type != QUELL_BYTES)
        return wrong_type(clause, value, "a whole number, a string or bytes");
    for (size_t i = 0; i < bytes.len; i++) {
        unsigned char byte = (unsigned char)bytes.data[i];
        buf_add_char(&clause->out, digits[byte >> 4]);
        buf_add_char(&clause->out, digits[byte & 15]);
    }
    return evaluation_charge(clause->e, clause->node, bytes.len / BYTES_A_STEP);
}

/* ---- the template -------------------------------------------------------------------------- */

static const struct {
    char letter;
    bool precise; /* a precision may stand before it */
    enum quell_code (*add)(struct clause *clause, struct quell_value value);
} clauses[] = {
    {'s', false, add_text}, {'d', false, add_decimal}, {'f', true, add_real},
    {'e', true, add_real},  {'b', false, add_binary},  {'o', false, add_octal},
    {'x', false, add_hex},  {'X', false, add_hex},
};

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* `.3` behind the percent sign; -1 when there is none, -2 when it is too large. */
static int read_precision(struct quell_str text, size_t *at)
{
    int precision = 0;
    if (*at >= text.len || text.data[*at] != '.')
        return -1;
    for ((*at)++; *at < text.len && is_digit(text.data[*at]); (*at)++) {
        precision = precision * 10 + (text.data[*at] - '0');
        if (precision > PRECISION_MAX)
            return -2;
    }
    return precision;
}

/* The clause behind a percent sign at *at; *used items of the list have been taken. */
static enum quell_code add_clause(struct clause *clause, struct quell_str text, size_t *at,
                                  struct quell_value list, size_t *used)
{
    size_t i = 0, from = *at;
    int precision = read_precision(text, at);
    clause->letter = *at < text.len ? text.data[*at] : '\0';
    clause->precision = precision < 0 ? PRECISION : precision;
    if (precision == -2)
        return evaluation_fail(clause->e, clause->node, "a precision is at most %d", PRECISION_MAX);
    while (i < sizeof(clauses) / sizeof(clauses[0]) && clauses[i].letter != clause->letter)
        i++;
    if (i == sizeof(clauses) / sizeof(clauses[0]) || (precision >= 0 && !clauses[i].precise)) {
        struct quell_str shown = str_slice(text, from, *at + 1);
        shown.len = utf8_valid(shown);
        (void)evaluation_fail(clause->e, clause->node, "`%%%.*s` is no clause of format()",
                              QUELL_ARG(shown));
        return evaluation_help(clause->e, "%%s %%d %%f %%e %%b %%o %%x, and %%%% for the sign");
    }
    (*at)++;
    if (*used >= list.len)
        return evaluation_fail(clause->e, clause->node,
                               "there is no value for clause %zu: the "
                               "list has %u",
                               *used + 1, (unsigned)list.len);
    list = list.as.items[(*used)++];
    return is_known(clause, list) ? clauses[i].add(clause, list) : QUELL_OK;
}

static enum quell_code fill(struct clause *clause, struct quell_str text, struct quell_value list)
{
    enum quell_code code = evaluation_charge(clause->e, clause->node, text.len / BYTES_A_STEP);
    size_t at = 0, used = 0;
    while (!code && at < text.len) {
        size_t sign = str_find(text, QUELL_STR("%"), at);
        buf_add_str(&clause->out, str_slice(text, at, sign));
        if (sign == SIZE_MAX)
            break;
        at = sign + 1;
        if (at < text.len && text.data[at] == '%') {
            buf_add_char(&clause->out, '%');
            at++;
        } else {
            code = add_clause(clause, text, &at, list, &used);
        }
    }
    return code;
}

enum quell_code cel_format(struct evaluation *e, const struct node *node,
                           const struct quell_value *arguments, struct quell_value *made)
{
    struct clause clause = {.e = e, .node = node, .out = {.size_max = LIMIT_CEL_TEXT_BYTES}};
    enum quell_code code = fill(&clause, quell_str(arguments[0]), arguments[1]);
    if (!code && clause.unknown.type != QUELL_UNKNOWN) {
        code = evaluation_built(e, node, &clause.out, made);
        if (!code)
            made->flags |= clause.secret;
        return code;
    }
    buf_free(&clause.out);
    if (!code)
        *made = clause.unknown;
    return code;
}

enum quell_code cel_quote(struct evaluation *e, const struct node *node,
                          const struct quell_value *arguments, struct quell_value *made)
{
    static const char special[] = "\a\b\f\n\r\t\v\\\"", letters[] = "abfnrtv\\\"";
    struct buf out = {.size_max = LIMIT_CEL_TEXT_BYTES};
    struct quell_str text = quell_str(arguments[0]);
    buf_add_char(&out, '"');
    for (size_t i = 0; i < text.len; i++) {
        const char *found = text.data[i] ? strchr(special, text.data[i]) : NULL;
        if (found)
            buf_add_char(&out, '\\');
        buf_add_char(&out, found ? letters[found - special] : text.data[i]);
    }
    buf_add_char(&out, '"');
    return evaluation_built(e, node, &out, made);
}
