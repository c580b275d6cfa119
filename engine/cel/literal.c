/*
 * literal.c - numbers, texts and bytes as CEL writes them: hexadecimal, escapes, raw and
 * triple-quoted forms.
 */
#include "cel/literal.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/str.h"
#include "base/utf8.h"
#include "cel/fault.h"
#include "value/value.h"

static int digit_of(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

/* ---- numbers ------------------------------------------------------------------------------- */

static bool natural(struct quell_str text, uint64_t *number)
{
    uint64_t base = 10, sum = 0;
    size_t i = 0;
    if (text.len > 2 && (text.data[1] == 'x' || text.data[1] == 'X')) {
        base = 16;
        i = 2;
    }
    for (; i < text.len; i++) {
        uint64_t digit = (uint64_t)digit_of(text.data[i]);
        if (sum > (UINT64_MAX - digit) / base)
            return false;
        sum = sum * base + digit;
    }
    *number = sum;
    return true;
}

static enum quell_code real(const struct lexer *lexer, struct token token, bool minus,
                            struct quell_value *value, struct cel_fault *fault)
{
    struct quell_str text = token_text(lexer, token);
    char copy[400]; /* the longest exact decimal form that makes sense is below 330 digits */
    double number;
    if (text.len >= sizeof(copy))
        return fault_set(fault, token.place, QUELL_INVALID, "this number is too long");
    memcpy(copy, text.data, text.len);
    copy[text.len] = '\0';
    number = strtod(copy, NULL);
    if (isinf(number))
        return fault_set(fault, token.place, QUELL_INVALID,
                         "this number is outside the range of double");
    *value = value_double(minus ? -number : number);
    return QUELL_OK;
}

enum quell_code literal_number(const struct lexer *lexer, struct token token, bool minus,
                               struct quell_value *value, struct cel_fault *fault)
{
    struct quell_str text = token_text(lexer, token);
    uint64_t number;
    if (token.kind == TOKEN_DOUBLE)
        return real(lexer, token, minus, value, fault);
    text.len -= token.kind == TOKEN_UINT;
    if (!natural(text, &number))
        return fault_set(fault, token.place, QUELL_INVALID,
                         "this number is outside the range of %s",
                         token.kind == TOKEN_UINT ? "uint" : "int");
    if (token.kind == TOKEN_UINT) {
        *value = value_uint(number);
        return QUELL_OK;
    }
    if (number > (uint64_t)INT64_MAX + minus)
        return fault_set(fault, token.place, QUELL_INVALID,
                         "this number is outside the range of int");
    *value = quell_int((int64_t)(minus ? 0 - number : number));
    return QUELL_OK;
}

/* ---- texts --------------------------------------------------------------------------------- */

/* Decoding one literal: `at` runs over its inside, `out` grows. */
struct decoding {
    struct quell_str text;
    size_t at, end, origin; /* origin: what must be added to make a place */
    bool bytes;
    char *out;
    size_t len;
    struct cel_fault *fault;
};

static enum quell_code bad_escape(const struct decoding *d, size_t from, size_t len,
                                  const char *what)
{
    struct place place = {(uint32_t)(d->origin + from), (uint32_t)len};
    (void)fault_set(d->fault, place, QUELL_INVALID, "%s", what);
    return fault_help(d->fault, QUELL_INVALID,
                      "write `\\\\` for a backslash, or a raw text: r'...'");
}

static enum quell_code put(struct decoding *d, uint32_t code_point, bool byte, size_t from)
{
    size_t written;
    if (byte && d->bytes) {
        d->out[d->len++] = (char)(unsigned char)code_point;
        return QUELL_OK;
    }
    written = utf8_write(code_point, d->out + d->len);
    if (!written)
        return bad_escape(d, from, d->at - from, "this escape is not a Unicode code point");
    d->len += written;
    return QUELL_OK;
}

/* \xHH \uHHHH \UHHHHHHHH \ooo: `count` digits of `base` from d->at. */
static enum quell_code numeric_escape(struct decoding *d, size_t from, int count, int base)
{
    uint32_t number = 0;
    for (int i = 0; i < count; i++, d->at++) {
        int digit = d->at < d->end ? digit_of(d->text.data[d->at]) : -1;
        if (digit < 0 || digit >= base)
            return bad_escape(d, from, d->at - from, "this escape needs more digits");
        number = number * (uint32_t)base + (uint32_t)digit;
    }
    return put(d, number, count <= 3, from);
}

static enum quell_code escape(struct decoding *d)
{
    static const char plain[] = "abfnrtv\\'\"`?";
    static const char meaning[] = "\a\b\f\n\r\t\v\\'\"`?";
    size_t from = d->at;
    char c = from + 1 < d->end ? d->text.data[from + 1] : '\0';
    const char *found = c ? strchr(plain, c) : NULL;
    d->at += 2;
    if (found) {
        d->out[d->len++] = meaning[found - plain];
        return QUELL_OK;
    }
    if (c == 'x' || c == 'X')
        return numeric_escape(d, from, 2, 16);
    if (c == 'u' && !d->bytes)
        return numeric_escape(d, from, 4, 16);
    if (c == 'U' && !d->bytes)
        return numeric_escape(d, from, 8, 16);
    if (c >= '0' && c <= '3') {
        d->at--;
        return numeric_escape(d, from, 3, 8);
    }
    if ((unsigned char)c >= 0x80)
        return bad_escape(d, from, 1, "this is not an escape");
    return bad_escape(d, from, 2,
                      d->bytes ? "this is not an escape of bytes" : "this is not an escape");
}

static enum quell_code decode(struct decoding *d, bool raw)
{
    while (d->at < d->end) {
        char c = d->text.data[d->at];
        if (c == '\\' && !raw) {
            enum quell_code code = escape(d);
            if (code)
                return code;
        } else if (c == '\r') { /* line ends are one newline, whoever saved the file */
            d->at += d->at + 1 < d->end && d->text.data[d->at + 1] == '\n' ? 2 : 1;
            d->out[d->len++] = '\n';
        } else {
            d->out[d->len++] = c;
            d->at++;
        }
    }
    return QUELL_OK;
}

enum quell_code literal_text(struct arena *arena, const struct lexer *lexer, struct token token,
                             struct quell_value *value, struct cel_fault *fault)
{
    struct quell_str text = token_text(lexer, token);
    size_t quote = 0, marks;
    bool raw = false;
    struct quell_str inside;
    struct decoding d;
    for (; text.data[quote] != '\'' && text.data[quote] != '"'; quote++)
        raw = raw || text.data[quote] == 'r' || text.data[quote] == 'R';
    marks = text.len - quote >= 6 && text.data[quote + 1] == text.data[quote] &&
                    text.data[quote + 2] == text.data[quote]
                ? 3
                : 1;
    inside = str_slice(text, quote + marks, text.len - marks);
    if ((!raw && memchr(inside.data, '\\', inside.len)) || memchr(inside.data, '\r', inside.len)) {
        enum quell_code code;
        d = (struct decoding){.text = text,
                              .at = quote + marks,
                              .end = text.len - marks,
                              .origin = token.place.offset,
                              .bytes = token.kind == TOKEN_BYTES,
                              .out = arena_alloc(arena, inside.len + 4),
                              .fault = fault};
        code = decode(&d, raw);
        if (code)
            return code;
        inside = (struct quell_str){d.out, d.len};
    }
    *value = token.kind == TOKEN_BYTES ? value_bytes(inside) : quell_string(inside);
    return QUELL_OK;
}
