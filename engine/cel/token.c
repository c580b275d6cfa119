/*
 * token.c - the CEL lexer. It decides where a token ends; what a number or a text is worth is
 * literal.c's affair.
 */
#include "cel/token.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "base/str.h"
#include "base/utf8.h"
#include "cel/fault.h"

struct quell_str token_text(const struct lexer *lexer, struct token token)
{
    return str_slice(lexer->text, token.place.offset, (size_t)token.place.offset + token.place.len);
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

static bool is_hex(char c)
{
    return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

static char at(const struct lexer *lexer, size_t index)
{
    return index < lexer->text.len ? lexer->text.data[index] : '\0';
}

static void skip_blanks(struct lexer *lexer)
{
    while (lexer->at < lexer->text.len) {
        char c = lexer->text.data[lexer->at];
        if (c == '/' && at(lexer, lexer->at + 1) == '/') {
            const char *rest = lexer->text.data + lexer->at;
            const char *end = memchr(rest, '\n', lexer->text.len - lexer->at);
            lexer->at = end ? (size_t)(end - lexer->text.data) : lexer->text.len;
        } else if (c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f') {
            lexer->at++;
        } else {
            return;
        }
    }
}

static struct place place_from(size_t from, size_t to)
{
    return (struct place){(uint32_t)from, (uint32_t)(to - from)};
}

/* A token of the text from lexer->at to `end`. */
static enum quell_code finish(struct lexer *lexer, enum token_kind kind, size_t end,
                              struct token *token)
{
    token->kind = kind;
    token->place = place_from(lexer->at, end);
    lexer->at = end;
    return QUELL_OK;
}

static size_t digits(const struct lexer *lexer, size_t from)
{
    while (is_digit(at(lexer, from)))
        from++;
    return from;
}

static enum quell_code number(struct lexer *lexer, struct token *token, struct cel_fault *fault)
{
    enum token_kind kind = TOKEN_INT;
    size_t end = lexer->at;
    if (at(lexer, end) == '0' && (at(lexer, end + 1) == 'x' || at(lexer, end + 1) == 'X') &&
        is_hex(at(lexer, end + 2))) {
        end += 2;
        while (is_hex(at(lexer, end)))
            end++;
    } else {
        size_t exponent;
        end = digits(lexer, end);
        if (at(lexer, end) == '.' && is_digit(at(lexer, end + 1))) {
            kind = TOKEN_DOUBLE;
            end = digits(lexer, end + 1);
        }
        exponent = end + 1;
        if (at(lexer, exponent) == '+' || at(lexer, exponent) == '-')
            exponent++;
        if ((at(lexer, end) == 'e' || at(lexer, end) == 'E') && is_digit(at(lexer, exponent))) {
            kind = TOKEN_DOUBLE;
            end = digits(lexer, exponent);
        }
    }
    if (kind == TOKEN_INT && (at(lexer, end) == 'u' || at(lexer, end) == 'U')) {
        kind = TOKEN_UINT;
        end++;
    }
    if (is_letter(at(lexer, end))) {
        while (is_letter(at(lexer, end)) || is_digit(at(lexer, end)))
            end++;
        return fault_set(fault, place_from(lexer->at, end), QUELL_INVALID,
                         "`%.*s` is neither a number nor a name", (int)(end - lexer->at),
                         lexer->text.data + lexer->at);
    }
    return finish(lexer, kind, end, token);
}

/* Finds the end of a text whose quotes begin at `quote`; prefixes stand between lexer->at and it.
 */
static enum quell_code text(struct lexer *lexer, size_t quote, bool raw, bool bytes,
                            struct token *token, struct cel_fault *fault)
{
    char mark = at(lexer, quote);
    bool triple = at(lexer, quote + 1) == mark && at(lexer, quote + 2) == mark;
    size_t i = quote + (triple ? 3 : 1);
    for (; i < lexer->text.len; i++) {
        char c = lexer->text.data[i];
        if (c == '\\' && !raw) {
            i++;
        } else if (!triple && (c == '\n' || c == '\r')) {
            break;
        } else if (c == mark && !triple) {
            return finish(lexer, bytes ? TOKEN_BYTES : TOKEN_STRING, i + 1, token);
        } else if (c == mark && at(lexer, i + 1) == mark && at(lexer, i + 2) == mark) {
            return finish(lexer, bytes ? TOKEN_BYTES : TOKEN_STRING, i + 3, token);
        }
    }
    (void)fault_set(fault, place_from(lexer->at, quote + (triple ? 3 : 1)), QUELL_INVALID,
                    "this text is never closed");
    return fault_help(fault, QUELL_INVALID, "write %.*s behind its end", triple ? 3 : 1,
                      mark == '"' ? "\"\"\"" : "'''");
}

static enum quell_code name(struct lexer *lexer, struct token *token, struct cel_fault *fault)
{
    size_t end = lexer->at;
    size_t prefix = end;
    bool bytes = at(lexer, prefix) == 'b' || at(lexer, prefix) == 'B';
    bool raw;
    prefix += bytes;
    raw = at(lexer, prefix) == 'r' || at(lexer, prefix) == 'R';
    prefix += raw;
    if ((bytes || raw) && (at(lexer, prefix) == '\'' || at(lexer, prefix) == '"'))
        return text(lexer, prefix, raw, bytes, token, fault);
    while (is_letter(at(lexer, end)) || is_digit(at(lexer, end)))
        end++;
    return finish(lexer, TOKEN_NAME, end, token);
}

static enum quell_code quoted(struct lexer *lexer, struct token *token, struct cel_fault *fault)
{
    size_t end = lexer->at + 1;
    while (is_letter(at(lexer, end)) || is_digit(at(lexer, end)) ||
           (end < lexer->text.len && strchr("._-/ ", at(lexer, end))))
        end++;
    if (at(lexer, end) == '`' && end > lexer->at + 1)
        return finish(lexer, TOKEN_QUOTED, end + 1, token);
    return fault_set(fault, place_from(lexer->at, end), QUELL_INVALID,
                     "a name in backquotes holds letters, digits, `_ . - /` and blanks, and ends "
                     "with a backquote");
}

/* Longer marks first, so that `<=` is not read as `<`. */
static const struct {
    char text[3];
    enum token_kind kind;
} marks[] = {
    {"<=", TOKEN_LESS_EQUAL}, {">=", TOKEN_GREATER_EQUAL},
    {"==", TOKEN_EQUAL},      {"!=", TOKEN_NOT_EQUAL},
    {"&&", TOKEN_AND},        {"||", TOKEN_OR},
    {"(", TOKEN_OPEN},        {")", TOKEN_CLOSE},
    {"[", TOKEN_OPEN_LIST},   {"]", TOKEN_CLOSE_LIST},
    {"{", TOKEN_OPEN_MAP},    {"}", TOKEN_CLOSE_MAP},
    {".", TOKEN_DOT},         {",", TOKEN_COMMA},
    {"?", TOKEN_QUESTION},    {":", TOKEN_COLON},
    {"!", TOKEN_NOT},         {"-", TOKEN_MINUS},
    {"+", TOKEN_PLUS},        {"*", TOKEN_TIMES},
    {"/", TOKEN_DIVIDE},      {"%", TOKEN_MODULO},
    {"<", TOKEN_LESS},        {">", TOKEN_GREATER},
};

/* What authors who come from other languages write, and what it is called here. */
static const struct {
    char wrong[3];
    char right[3];
} foreign[] = {{"=", "=="}, {"&", "&&"}, {"|", "||"}};

/* `title | upper` of template languages. */
static bool is_filter(const struct lexer *lexer)
{
    static const char *const filters[] = {"upper",   "lower", "length",  "default", "join",
                                          "first",   "last",  "replace", "tojson",  "json",
                                          "to_json", "trim",  "split",   "count",   "title"};
    struct quell_str behind = str_trim(str_slice(lexer->text, lexer->at + 1, lexer->text.len));
    for (size_t i = 0; i < sizeof(filters) / sizeof(filters[0]); i++) {
        struct quell_str name = quell_str_of(filters[i]);
        if (str_starts(behind, name) &&
            (behind.len == name.len || !is_letter(behind.data[name.len])))
            return true;
    }
    return false;
}

static enum quell_code stranger(const struct lexer *lexer, struct cel_fault *fault)
{
    uint32_t code_point;
    size_t len = utf8_read(lexer->text, lexer->at, &code_point);
    struct place place = place_from(lexer->at, lexer->at + (len ? len : 1));
    (void)fault_set(fault, place, QUELL_INVALID, "`%.*s` cannot stand here", (int)place.len,
                    lexer->text.data + lexer->at);
    if (at(lexer, lexer->at) == '|' && is_filter(lexer))
        return fault_help(fault, QUELL_INVALID,
                          "there are no filters; a function is called on a value: `x.trim()`");
    for (size_t i = 0; i < sizeof(foreign) / sizeof(foreign[0]); i++) {
        if (at(lexer, lexer->at) == foreign[i].wrong[0])
            return fault_help(fault, QUELL_INVALID, "did you mean `%s`?", foreign[i].right);
    }
    return QUELL_INVALID;
}

enum quell_code token_next(struct lexer *lexer, struct token *token, struct cel_fault *fault)
{
    char c;
    skip_blanks(lexer);
    if (lexer->at >= lexer->text.len)
        return finish(lexer, TOKEN_END, lexer->text.len, token);
    c = lexer->text.data[lexer->at];
    if (is_letter(c))
        return name(lexer, token, fault);
    if (is_digit(c) || (c == '.' && is_digit(at(lexer, lexer->at + 1))))
        return number(lexer, token, fault);
    if (c == '"' || c == '\'')
        return text(lexer, lexer->at, false, false, token, fault);
    if (c == '`')
        return quoted(lexer, token, fault);
    for (size_t i = 0; i < sizeof(marks) / sizeof(marks[0]); i++) {
        size_t len = marks[i].text[1] ? 2 : 1;
        if (c == marks[i].text[0] && (len == 1 || at(lexer, lexer->at + 1) == marks[i].text[1]))
            return finish(lexer, marks[i].kind, lexer->at + len, token);
    }
    return stranger(lexer, fault);
}
