/*
 * yaml_resolve.c - what an unquoted text means: YAML 1.2's core schema, nothing of 1.1 (`on`, `no`
 * and `yes` are text).
 */
#include <math.h>
#include <stdlib.h>

#include "base/str.h"
#include "value/value.h"
#include "value/yaml_parts.h"

static bool is_one_of(struct quell_str text, const char *const *words)
{
    for (; *words; words++)
        if (str_is(text, *words))
            return true;
    return false;
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static size_t digits_end(struct quell_str text, size_t at)
{
    while (at < text.len && is_digit(text.data[at]))
        at++;
    return at;
}

static bool is_decimal(struct quell_str text)
{
    size_t at = text.len && (text.data[0] == '-' || text.data[0] == '+') ? 1 : 0;
    return at < text.len && digits_end(text, at) == text.len;
}

/* [-+]? ( \. [0-9]+ | [0-9]+ ( \. [0-9]* )? ) ( [eE] [-+]? [0-9]+ )? */
static bool is_float(struct quell_str text)
{
    size_t at = text.len && (text.data[0] == '-' || text.data[0] == '+') ? 1 : 0;
    size_t whole = at;
    at = digits_end(text, at);
    bool has_whole = at > whole;
    if (at < text.len && text.data[at] == '.') {
        size_t part = at + 1;
        at = digits_end(text, part);
        if (!has_whole && at == part)
            return false;
    } else if (!has_whole) {
        return false;
    }
    if (at == text.len)
        return true;
    if (text.data[at] != 'e' && text.data[at] != 'E')
        return false;
    at++;
    if (at < text.len && (text.data[at] == '-' || text.data[at] == '+'))
        at++;
    return at < text.len && digits_end(text, at) == text.len;
}

/* Whether a number of the core schema is one of JSON as well, so that it may keep its text. */
static bool is_json_number(struct quell_str text)
{
    size_t whole = text.data[0] == '-' ? 1 : 0;
    if (text.data[0] == '+' || digits_end(text, whole) == whole)
        return false;
    if (text.data[whole] == '0' && whole + 1 < text.len && is_digit(text.data[whole + 1]))
        return false;
    size_t dot = str_find(text, QUELL_STR("."), 0);
    return dot == SIZE_MAX || digits_end(text, dot + 1) > dot + 1;
}

static struct quell_value number(struct quell_str text)
{
    int64_t integer;
    bool plus = text.data[0] == '+';
    if (is_decimal(text) && str_to_int(str_slice(text, plus ? 1 : 0, text.len), &integer))
        return quell_int(integer);
    if (is_json_number(text))
        return value_verbatim(text);
    return value_double(strtod(text.data, NULL)); /* NUL-terminated by contract */
}

/* `0x1F` and `0o17`. */
static bool based(struct quell_str text, struct quell_value *value)
{
    uint64_t sum = 0, base = text.data[1] == 'x' ? 16 : 8;
    if (text.len < 3 || text.data[0] != '0' || (text.data[1] != 'x' && text.data[1] != 'o'))
        return false;
    for (size_t i = 2; i < text.len; i++) {
        char c = text.data[i];
        uint64_t digit = is_digit(c)            ? (uint64_t)(c - '0')
                         : c >= 'a' && c <= 'f' ? (uint64_t)(c - 'a') + 10
                         : c >= 'A' && c <= 'F' ? (uint64_t)(c - 'A') + 10
                                                : 16;
        if (digit >= base || __builtin_mul_overflow(sum, base, &sum) ||
            __builtin_add_overflow(sum, digit, &sum))
            return false;
    }
    *value = sum <= INT64_MAX ? quell_int((int64_t)sum) : value_uint(sum);
    return true;
}

struct quell_value yaml_resolve(struct quell_str text)
{
    static const char *const nulls[] = {"", "~", "null", "Null", "NULL", NULL};
    static const char *const trues[] = {"true", "True", "TRUE", NULL};
    static const char *const falses[] = {"false", "False", "FALSE", NULL};
    static const char *const infinities[] = {".inf",  ".Inf",  ".INF", "+.inf",
                                             "+.Inf", "+.INF", NULL};
    static const char *const minus_infinities[] = {"-.inf", "-.Inf", "-.INF", NULL};
    static const char *const nans[] = {".nan", ".NaN", ".NAN", NULL};
    struct quell_value value;

    if (is_one_of(text, nulls))
        return quell_null();
    if (is_one_of(text, trues))
        return quell_bool(true);
    if (is_one_of(text, falses))
        return quell_bool(false);
    if (is_decimal(text) || is_float(text))
        return number(text);
    if (based(text, &value))
        return value;
    if (is_one_of(text, infinities))
        return value_double(HUGE_VAL);
    if (is_one_of(text, minus_infinities))
        return value_double(-HUGE_VAL);
    if (is_one_of(text, nans))
        return value_double(NAN);
    return quell_string(text);
}
