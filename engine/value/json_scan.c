/*
 * json_scan.c - texts and numbers of JSON, and the sentences about what is wrong.
 */
#include "value/json_scan.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/str.h"
#include "base/utf8.h"
#include "value/value.h"

/* ---- faults ---------------------------------------------------------------------------------- */

__attribute__((format(printf, 4, 0))) static bool
fail(struct json_scan *scan, enum quell_code code, const char *at, const char *format, va_list args)
{
    (void)vsnprintf(scan->fault, sizeof(scan->fault), format, args); /* a cut sentence will do */
    scan->code = code;
    scan->fault_at = (size_t)(at - scan->start);
    return false;
}

bool json_scan_fail(struct json_scan *scan, const char *at, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    (void)fail(scan, QUELL_INVALID, at, format, args);
    va_end(args);
    return false;
}

bool json_scan_limit(struct json_scan *scan, const char *at, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    (void)fail(scan, QUELL_LIMIT, at, format, args);
    va_end(args);
    return false;
}

bool json_scan_duplicate(struct json_scan *scan, struct quell_str key)
{
    /* The key's text begins behind its quote, whether it was unescaped or not. */
    int shown = key.len < 64 ? (int)key.len : 64;
    return json_scan_fail(scan, key.data - 1, "the key `%.*s` stands twice in this map", shown,
                          key.data);
}

static const char *advice(const struct json_scan *scan, const char *at)
{
    static const struct {
        const char *begin, *text;
    } rows[] = {
        {"'", "; texts stand in double quotes"},
        {"/", "; JSON has no comments"},
        {"#", "; JSON has no comments"},
        {"True", "; write true"},
        {"False", "; write false"},
        {"None", "; write null"},
        {"undefined", "; write null"},
        {"NaN", "; JSON has no number for it"},
        {"nan", "; JSON has no number for it"},
        {"Inf", "; JSON has no number for it"},
        {"inf", "; JSON has no number for it"},
        {"+", "; a number has no plus sign"},
        {".", "; a number begins with a digit"},
        {"\xEF\xBB\xBF", "; this is a byte order mark"},
    };
    struct quell_str rest = {at, (size_t)(scan->end - at)};
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        if (str_starts(rest, quell_str_of(rows[i].begin)))
            return rows[i].text;
    return "";
}

bool json_scan_refuse(struct json_scan *scan, const char *at, const char *expected)
{
    struct quell_str rest = {at, (size_t)(scan->end - at)};
    uint32_t code_point = 0;
    size_t len = utf8_read(rest, 0, &code_point);

    if (rest.len == 0)
        return json_scan_fail(scan, at, "the document ends where %s is expected", expected);
    if (len == 0)
        return json_scan_fail(scan, at, "this is no valid UTF-8 (byte 0x%02X)", (unsigned char)*at);
    if (code_point <= 0x20 || (code_point >= 0x7F && code_point < 0xA0))
        return json_scan_fail(scan, at, "U+%04X stands where %s is expected", (unsigned)code_point,
                              expected);
    return json_scan_fail(scan, at, "`%.*s` stands where %s is expected%s", (int)len, at, expected,
                          advice(scan, at));
}

/* ---- texts ----------------------------------------------------------------------------------- */

/* Whether one of eight bytes ends a plain run: a quote, a backslash, a control character, or a byte
 * beyond ASCII. Each term has the high bit of a byte set when that byte is the one looked for; a
 * borrow may set one too many above it, which only ends the run early. */
static bool word_is_special(uint64_t word)
{
    const uint64_t ones = 0x0101010101010101u, highs = 0x8080808080808080u;
    uint64_t quote = (word ^ ones * '"') - ones;
    uint64_t backslash = (word ^ ones * '\\') - ones;
    uint64_t control = word - ones * 0x20;
    return ((quote | backslash | control | word) & highs) != 0;
}

const char *json_plain_run(const char *at, const char *end)
{
    while (end - at >= 8) {
        uint64_t word;
        memcpy(&word, at, 8);
        if (word_is_special(word))
            break;
        at += 8;
    }
    while (at < end && (unsigned char)*at >= 0x20 && (unsigned char)*at < 0x80 && *at != '"' &&
           *at != '\\')
        at++;
    return at;
}

/* Four hexadecimal digits; false when there are fewer. */
static bool hex4(const char *at, uint32_t *number)
{
    uint32_t sum = 0;
    for (int i = 0; i < 4; i++) {
        char c = at[i];
        uint32_t digit;
        if (c >= '0' && c <= '9')
            digit = (uint32_t)(c - '0');
        else if (c >= 'a' && c <= 'f')
            digit = (uint32_t)(c - 'a' + 10);
        else if (c >= 'A' && c <= 'F')
            digit = (uint32_t)(c - 'A' + 10);
        else
            return false; /* the NUL at the end of the copy as well */
        sum = sum << 4 | digit;
    }
    *number = sum;
    return true;
}

/* `\uXXXX` at `at`, or two of them that are a surrogate pair. Returns how many bytes were read, 0
 * with a fault. */
static size_t unicode_escape(struct json_scan *scan, const char *at, uint32_t *code_point)
{
    uint32_t first, second;
    if (!hex4(at + 2, &first)) {
        (void)json_scan_fail(scan, at, "`\\u` wants four hexadecimal digits");
        return 0;
    }
    if (first < 0xD800 || first > 0xDFFF) {
        *code_point = first;
        return 6;
    }
    if (first <= 0xDBFF && at[6] == '\\' && at[7] == 'u' && hex4(at + 8, &second) &&
        second >= 0xDC00 && second <= 0xDFFF) {
        *code_point = 0x10000 + ((first - 0xD800) << 10) + (second - 0xDC00);
        return 12;
    }
    (void)json_scan_fail(scan, at, "`\\u%.4s` is half of a surrogate pair", at + 2);
    return 0;
}

/* One escape at `at` (a backslash): writes what it means to *to. Returns bytes read, 0 = fault. */
static size_t escape(struct json_scan *scan, const char *at, char **to)
{
    static const char meanings[][2] = {{'"', '"'},  {'\\', '\\'}, {'/', '/'},  {'b', '\b'},
                                       {'f', '\f'}, {'n', '\n'},  {'r', '\r'}, {'t', '\t'}};
    if (at[1] == 'u') {
        uint32_t code_point;
        size_t len = unicode_escape(scan, at, &code_point);
        if (len) /* at most four bytes, where at least six were read */
            *to += utf8_write(code_point, *to);
        return len;
    }
    for (size_t i = 0; i < sizeof(meanings) / sizeof(meanings[0]); i++) {
        if (at[1] == meanings[i][0]) {
            *(*to)++ = meanings[i][1];
            return 2;
        }
    }
    (void)json_scan_fail(scan, at, "this backslash begins no escape; write it twice");
    return 0;
}

static bool refuse_in_text(struct json_scan *scan, const char *at, const char *quote)
{
    unsigned char byte = (unsigned char)*at;
    if (at == scan->end)
        return json_scan_fail(scan, quote, "this text has no closing quote");
    if (byte < 0x20)
        return json_scan_fail(
            scan, at, "U+%04X inside a text must be written as an escape, \\u%04x", byte, byte);
    return json_scan_fail(scan, at, "this is no valid UTF-8 (byte 0x%02X)", byte);
}

bool json_scan_string(struct json_scan *scan, struct quell_value *value)
{
    char *quote = scan->at, *text = quote + 1, *to = text;
    const char *at = text;

    for (;;) {
        const char *run = at;
        at = json_plain_run(at, scan->end);
        if (to != run)
            memmove(to, run, (size_t)(at - run));
        to += at - run;
        if (*at == '"')
            break;
        if (*at == '\\') {
            size_t len = escape(scan, at, &to);
            if (len == 0)
                return false;
            at += len;
            continue;
        }
        struct quell_str rest = {at, (size_t)(scan->end - at)};
        uint32_t code_point;
        size_t len = (unsigned char)*at < 0x80 ? 0 : utf8_read(rest, 0, &code_point);
        if (len == 0)
            return refuse_in_text(scan, at, quote);
        memmove(to, at, len);
        to += len;
        at += len;
    }
    *value = quell_string((struct quell_str){text, (size_t)(to - text)});
    scan->at = text + (at - text) + 1;
    return true;
}

/* ---- numbers --------------------------------------------------------------------------------- */

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static const char *digits(const char *at)
{
    while (is_digit(*at))
        at++;
    return at;
}

bool json_scan_number(struct json_scan *scan, struct quell_value *value)
{
    const char *start = scan->at;
    const char *whole = start + (*start == '-');
    const char *at = digits(whole);
    bool is_whole = true;

    if (at == whole)
        return json_scan_refuse(scan, at, "a digit behind the minus");
    if (*whole == '0' && at > whole + 1)
        return json_scan_fail(scan, whole, "a number has no leading zero");
    if (*at == '.') {
        is_whole = false;
        at = digits(at + 1);
        if (!is_digit(at[-1]))
            return json_scan_refuse(scan, at, "a digit behind the decimal point");
    }
    if (*at == 'e' || *at == 'E') {
        is_whole = false;
        at += at[1] == '+' || at[1] == '-' ? 2 : 1;
        if (!is_digit(*at))
            return json_scan_refuse(scan, at, "a digit of the exponent");
        at = digits(at);
    }
    scan->at += at - start;

    struct quell_str text = {start, (size_t)(at - start)};
    int64_t integer;
    bool minus_zero = whole > start && *whole == '0'; /* an int would lose its sign */
    if (is_whole && !minus_zero && str_to_int(text, &integer))
        *value = quell_int(integer);
    else
        *value = value_verbatim(text);
    return true;
}
