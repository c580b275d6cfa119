/*
 * yaml_fault.c - what is said when a text is no YAML. libyaml's sentences are for its programmers;
 * they only serve as keys of a table here. Each row says what is true in an author's words, where,
 * and what to write instead - above all for the traps that expressions fall into without quotes.
 */
#include <string.h>

#include "base/str.h"
#include "base/utf8.h"
#include "value/yaml_parts.h"

/* A fault with what stands around it. */
struct scene {
    struct diag_list *diags;
    struct quell_str text;
    size_t at, context_at;
    size_t line_from, line_to; /* the line that holds `at` */
    struct place key, value;   /* of that line, as `key: value`; len 0 when there is none */
};

typedef void tell_fn(const struct scene *scene);

/* ---- looking around -------------------------------------------------------------------------- */

static struct quell_str slice(const struct scene *scene, struct place place)
{
    return str_slice(scene->text, place.offset, (size_t)place.offset + place.len);
}

static char char_at(const struct scene *scene, size_t at)
{
    return at < scene->text.len ? scene->text.data[at] : '\0';
}

static struct place place_from(const struct scene *scene, size_t from, size_t to)
{
    return yaml_place_of(scene->text, from, to);
}

static struct place one_char(const struct scene *scene, size_t at)
{
    uint32_t point;
    size_t len = utf8_read(scene->text, at, &point);
    return (struct place){(uint32_t)at, (uint32_t)len};
}

static bool is_colon(const struct scene *scene, size_t at)
{
    return char_at(scene, at) == ':' &&
           (at + 1 >= scene->line_to || char_at(scene, at + 1) == ' ' ||
            char_at(scene, at + 1) == '\t');
}

/* Cuts the line into indentation, `- ` signs, key and value. */
static void split_line(struct scene *scene)
{
    size_t at = scene->line_from;
    while (at < scene->line_to && (char_at(scene, at) == ' ' || char_at(scene, at) == '\t' ||
                                   (char_at(scene, at) == '-' && char_at(scene, at + 1) == ' ')))
        at++;
    size_t key = at;
    while (at < scene->line_to && !is_colon(scene, at))
        at++;
    if (at == scene->line_to) {
        scene->value = place_from(scene, key, scene->line_to);
        return;
    }
    scene->key = place_from(scene, key, at);
    at++;
    while (at < scene->line_to && (char_at(scene, at) == ' ' || char_at(scene, at) == '\t'))
        at++;
    scene->value = place_from(scene, at, scene->line_to);
}

static bool has_expression(struct quell_str text)
{
    return str_find(text, QUELL_STR("${{"), 0) != SIZE_MAX;
}

static struct diag *error_at(const struct scene *scene, const char *code, struct place place,
                             const char *message)
{
    return diag_add(scene->diags, code, SEVERITY_ERROR, place, "%s", message);
}

static void quote_value(const struct scene *scene, struct diag *diag)
{
    yaml_advise_quotes(scene->diags, diag, scene->value);
}

/* ---- unquoted texts -------------------------------------------------------------------------- */

/* `title: foo: bar`, `a: ${{ x ? 1 : 2 }}`, and a line that is indented into the text above it. */
static void tell_colon(const struct scene *scene)
{
    size_t key_end = (size_t)scene->key.offset + scene->key.len;
    if (scene->key.len && scene->at <= key_end) {
        struct diag *diag = error_at(scene, "QL001", scene->key,
                                     "the indentation of this line does not fit the one above");
        diag->label = QUELL_STR("read as the next line of the text above");
        diag->help = QUELL_STR("align the key with its neighbours; a key that holds a map has "
                               "nothing behind its `:`");
        return;
    }
    struct diag *diag = error_at(scene, "QL001", one_char(scene, scene->at),
                                 has_expression(slice(scene, scene->value))
                                     ? "an expression that contains `: ` must stand in quotes"
                                     : "an unquoted text may not contain `: `");
    diag->label = QUELL_STR("this would begin a map");
    quote_value(scene, diag);
}

static void tell_first_char(const struct scene *scene)
{
    struct diag *diag = diag_add(scene->diags, "QL001", SEVERITY_ERROR, one_char(scene, scene->at),
                                 "an unquoted text may not begin with `%.*s`",
                                 QUELL_ARG(slice(scene, one_char(scene, scene->at))));
    quote_value(scene, diag);
}

static void tell_alias(const struct scene *scene)
{
    /* The fault is behind the sign. */
    size_t sign = scene->at ? scene->at - 1 : 0;
    struct diag *diag = diag_add(scene->diags, "QL003", SEVERITY_ERROR, one_char(scene, sign),
                                 "an unquoted text may not begin with `%c`", char_at(scene, sign));
    diag->label = char_at(scene, sign) == '*' ? QUELL_STR("an unquoted `*` begins an alias")
                                              : QUELL_STR("an unquoted `&` begins an anchor");
    quote_value(scene, diag);
}

static void tell_tag(const struct scene *scene)
{
    size_t from = scene->at;
    while (from > scene->line_from && char_at(scene, from) != '!')
        from--;
    struct diag *diag =
        error_at(scene, "QL004", one_char(scene, from), "an unquoted text may not begin with `!`");
    diag->label = QUELL_STR("an unquoted `!` begins a tag, and tags are not allowed");
    quote_value(scene, diag);
}

static void tell_question(const struct scene *scene)
{
    struct diag *diag = error_at(scene, "QL001", one_char(scene, scene->at),
                                 "an unquoted text may not begin with `? `");
    quote_value(scene, diag);
}

/* ---- quoted texts ---------------------------------------------------------------------------- */

static void tell_no_quote(const struct scene *scene)
{
    struct place place =
        place_from(scene, scene->context_at, yaml_line_end(scene->text, scene->context_at));
    struct diag *diag = error_at(scene, "QL001", place, "this text has no closing quote");
    diag->help = diag_format(scene->diags, "end it with `%c`", char_at(scene, scene->context_at));
}

static void tell_escape(const struct scene *scene)
{
    size_t len = 1 + one_char(scene, scene->at + 1).len;
    struct place place = {(uint32_t)scene->at, (uint32_t)len};
    struct diag *diag =
        diag_add(scene->diags, "QL001", SEVERITY_ERROR, place,
                 "`%.*s` is no escape of a text in double quotes", QUELL_ARG(slice(scene, place)));
    diag->help = QUELL_STR("write the text in single quotes, where a backslash is a backslash, or "
                           "write the backslash twice");
}

static void tell_escape_code(const struct scene *scene)
{
    size_t from = scene->at;
    while (from > scene->line_from && char_at(scene, from) != '\\')
        from--;
    struct diag *diag = error_at(scene, "QL001", place_from(scene, from, from + 2),
                                 "this escape names no character");
    diag->help =
        QUELL_STR("`\\x`, `\\u` and `\\U` are followed by 2, 4 or 8 hexadecimal digits; in "
                  "single quotes a backslash is a backslash");
}

static void tell_document_in_text(const struct scene *scene)
{
    struct diag *diag = error_at(scene, "QL001", place_from(scene, scene->at, scene->line_to),
                                 "a document ends inside of a quoted text");
    diag->help = QUELL_STR("close the quote before this line, or indent the line");
}

/* ---- block maps and lists -------------------------------------------------------------------- */

/* Where the text behind a closing quote begins when the line's value is `'a' in b`, else 0. */
static size_t behind_quote(const struct scene *scene)
{
    char quote = char_at(scene, scene->value.offset);
    if (scene->value.len == 0 || (quote != '"' && quote != '\''))
        return 0;
    size_t end = (size_t)scene->value.offset + scene->value.len;
    return scene->at > scene->value.offset + 1u && scene->at < end ? scene->at : 0;
}

static void tell_behind_quote(const struct scene *scene, size_t from)
{
    struct diag *diag = error_at(scene, "QL001", place_from(scene, from, scene->line_to),
                                 "nothing may stand behind the closing quote");
    diag->label = QUELL_STR("the value begins with a quote, so it ends at the next one");
    struct quell_str value = slice(scene, scene->value);
    if (value.len > 2 && value.data[0] == '\'' && value.data[value.len - 1] == '\'' &&
        memchr(value.data, '"', value.len) == NULL && from < scene->text.len &&
        char_at(scene, from) != ' ' && memchr(value.data, '\\', value.len) == NULL)
        diag->help = diag_format(scene->diags, "put it in double quotes: `\"%.*s\"`",
                                 QUELL_ARG(str_slice(value, 1, value.len - 1)));
    else
        quote_value(scene, diag);
}

static void tell_no_key(const struct scene *scene)
{
    struct diag *diag =
        error_at(scene, "QL001", one_char(scene, scene->at), "the key is missing before `:`");
    diag->help = QUELL_STR("write `key: value`");
}

static void tell_key(const struct scene *scene)
{
    size_t behind = behind_quote(scene);
    if (behind) {
        tell_behind_quote(scene, behind);
        return;
    }
    char c = char_at(scene, scene->at);
    struct diag *diag;
    if (c == ':') {
        tell_no_key(scene);
    } else if (c == '-') {
        diag = error_at(scene, "QL001", place_from(scene, scene->at, scene->line_to),
                        "a list item stands where a key is expected");
        diag->help = QUELL_STR("indent the list below the key it belongs to");
    } else if (c == '}' || c == ']') {
        diag = error_at(scene, "QL001", one_char(scene, scene->at), "this bracket closes nothing");
        diag->help = QUELL_STR("take it away, or put the value in quotes");
    } else {
        diag = error_at(scene, "QL001", place_from(scene, scene->at, scene->line_to),
                        "the indentation of this line fits no line above");
        diag->help = QUELL_STR("align it with the keys of the map it belongs to");
    }
}

static void tell_item(const struct scene *scene)
{
    struct diag *diag = error_at(scene, "QL001", place_from(scene, scene->at, scene->line_to),
                                 "this line stands among list items but is none");
    diag->help = QUELL_STR("begin it with `- `, or indent it below the item it belongs to");
}

static void tell_item_behind_key(const struct scene *scene)
{
    struct diag *diag = error_at(scene, "QL001", one_char(scene, scene->at),
                                 "a list item may not stand behind a key");
    diag->help = QUELL_STR("begin the list on the next line, or write `[a, b]`");
}

static void tell_no_colon(const struct scene *scene)
{
    size_t from = scene->context_at;
    struct place place = place_from(scene, from, yaml_line_end(scene->text, from));
    struct diag *diag = error_at(scene, "QL001", place, "a key without its `:`");
    diag->help = QUELL_STR("write `key: value`; a text of several lines begins with `|`");
}

static void tell_block_head(const struct scene *scene)
{
    struct diag *diag = error_at(scene, "QL001", place_from(scene, scene->at, scene->line_to),
                                 "the text begins on the line below `|` or `>`");
    diag->help = QUELL_STR("move it to the next line, or put the value in quotes");
}

/* ---- flow maps and lists --------------------------------------------------------------------- */

/* The `${{ ... }}` in whose beginning a flow map stumbled; len 0 when it was no expression. */
static struct place expression_around(const struct scene *scene)
{
    size_t from = scene->at;
    if (char_at(scene, from) != '{' || from == 0 || char_at(scene, from - 1) != '$' ||
        char_at(scene, from + 1) != '{')
        return (struct place){0, 0};
    size_t end = str_find(scene->text, QUELL_STR("}}"), from);
    if (end == SIZE_MAX || end > scene->line_to)
        return place_from(scene, from - 1, scene->line_to);
    return place_from(scene, from - 1, end + 2);
}

static bool is_at(const struct scene *scene, size_t at, const char *text)
{
    return str_starts(str_slice(scene->text, at, scene->line_to), quell_str_of(text));
}

/* The item of a flow map or list that an expression stands in, with the text around it: quotes in
 * the middle of a text are but letters of it. */
static struct place item_around(const struct scene *scene, struct place expression)
{
    size_t from = expression.offset, to = from + expression.len, end;
    while (from > scene->line_from && !strchr(",[{", char_at(scene, from - 1)) &&
           !is_colon(scene, from - 1))
        from--;
    while (from < expression.offset && char_at(scene, from) == ' ')
        from++;
    while (to < scene->line_to && !strchr(",]}", char_at(scene, to))) {
        end = is_at(scene, to, "${{") ? str_find(scene->text, QUELL_STR("}}"), to) : SIZE_MAX;
        to = end < scene->line_to ? end + 2 : to + 1;
    }
    return place_from(scene, from, to);
}

static void tell_flow(const struct scene *scene, const char *message)
{
    struct place expression = expression_around(scene);
    char c = char_at(scene, scene->at);
    struct diag *diag;
    if (expression.len) {
        diag = error_at(scene, "QL001", expression,
                        "an expression inside of `{ }` or `[ ]` must stand in quotes");
        diag->label = QUELL_STR("its brackets are read as those of the map or list");
        yaml_advise_quotes(scene->diags, diag, item_around(scene, expression));
        return;
    }
    if (c == '[' || c == '{') {
        diag = error_at(scene, "QL001", one_char(scene, scene->at),
                        "an unquoted text inside of `{ }` or `[ ]` may not contain brackets");
        diag->help = QUELL_STR("put the text in quotes, or write one key a line");
        return;
    }
    diag = error_at(scene, "QL001", one_char(scene, scene->at), message);
    size_t line = diag_position(scene->text, scene->context_at).line;
    diag->note =
        diag_format(scene->diags, "the bracket that is open here stands on line %zu", line);
    diag->help = QUELL_STR("close it, or put a comma between the items");
}

static void tell_flow_map(const struct scene *scene)
{
    tell_flow(scene, "`,` or `}` is expected here");
}

static void tell_flow_list(const struct scene *scene)
{
    tell_flow(scene, "`,` or `]` is expected here");
}

static void tell_no_value(const struct scene *scene)
{
    if (char_at(scene, scene->at) == ':') {
        tell_no_key(scene);
        return;
    }
    struct diag *diag =
        error_at(scene, "QL001", one_char(scene, scene->at), "a value is missing here");
    diag->help = QUELL_STR("write a value, or `''` for an empty text");
}

/* ---- documents ------------------------------------------------------------------------------- */

static void tell_behind_document(const struct scene *scene)
{
    struct diag *diag = error_at(scene, "QL001", place_from(scene, scene->at, scene->line_to),
                                 "this stands behind the end of the document");
    diag->help = QUELL_STR("a document is one map: align this line with its first key");
}

static void tell_directive(const struct scene *scene)
{
    struct diag *diag =
        error_at(scene, "QL001", place_from(scene, scene->line_from, scene->line_to),
                 "a line that begins with `%` is a directive, and this one is not known");
    diag->help = QUELL_STR("take the line away; the language is YAML 1.2 without being said");
}

static void tell_any(const struct scene *scene)
{
    struct diag *diag = error_at(scene, "QL001", place_from(scene, scene->at, scene->line_to),
                                 "this is no valid YAML");
    diag->help = QUELL_STR("when a text is meant, put it in quotes");
}

/* The tab in the indentation of the fault's line or of the ones it was read from; or SIZE_MAX. */
static size_t indenting_tab(const struct scene *scene, bool said)
{
    size_t from = scene->line_from;
    for (size_t at = from; at < scene->line_to; at++) {
        if (char_at(scene, at) == '\t')
            return at;
        if (char_at(scene, at) != ' ')
            break;
    }
    return said ? scene->at : SIZE_MAX;
}

static void tell_tab(const struct scene *scene, size_t at)
{
    size_t end = at;
    while (end < scene->line_to && char_at(scene, end) == '\t')
        end++;
    struct place place = {(uint32_t)at, (uint32_t)(end - at)};
    struct diag *diag = error_at(scene, "QL005", place, "a tab may not indent a line");
    diag->help = QUELL_STR("write blanks: two for each level");
    diag_set_fix(diag, place, diag_format(scene->diags, "%*s", (int)(2 * place.len), ""), true);
}

/* A fault is told by the first row whose texts begin libyaml's. */
static const struct {
    const char *context, *problem; /* NULL: any */
    tell_fn *tell;
} rows[] = {
    {NULL, "mapping values are not allowed", tell_colon},
    {NULL, "mapping keys are not allowed", tell_question},
    {NULL, "block sequence entries are not allowed", tell_item_behind_key},
    {NULL, "could not find expected ':'", tell_no_colon},
    {NULL, "found character that cannot start any token", tell_first_char},
    {"while scanning an alias", NULL, tell_alias},
    {"while scanning an anchor", NULL, tell_alias},
    {"while scanning a tag", NULL, tell_tag},
    {"while parsing a tag", NULL, tell_tag},
    {NULL, "found undefined tag handle", tell_tag},
    {"while scanning a quoted scalar", "found unexpected end of stream", tell_no_quote},
    {"while scanning a quoted scalar", "found unexpected document indicator",
     tell_document_in_text},
    {NULL, "found unknown escape character", tell_escape},
    {NULL, "did not find expected hexdecimal number", tell_escape_code},
    {NULL, "found invalid Unicode character escape code", tell_escape_code},
    {"while parsing a block mapping", NULL, tell_key},
    {"while parsing a block collection", NULL, tell_item},
    {"while scanning a block scalar", NULL, tell_block_head},
    {"while parsing a flow mapping", "did not find expected ','", tell_flow_map},
    {"while parsing a flow sequence", "did not find expected ','", tell_flow_list},
    {NULL, "did not find expected node content", tell_no_value},
    {"while scanning a directive", NULL, tell_directive},
    {"while scanning a %", NULL, tell_directive},
    {NULL, "found incompatible YAML document", tell_directive},
    {NULL, "found duplicate %", tell_directive},
    {NULL, "did not find expected <document start>", tell_behind_document},
};

static bool begins(const char *text, const char *with)
{
    return !with || (text && strncmp(text, with, strlen(with)) == 0);
}

void yaml_fault_tell(struct diag_list *diags, const struct yaml_fault *fault)
{
    struct scene scene = {
        .diags = diags,
        .text = diags->text,
        .at = fault->at,
        .context_at = fault->context_at,
        .line_from = yaml_line_start(diags->text, fault->at),
        .line_to = yaml_line_end(diags->text, fault->at),
    };
    split_line(&scene);
    bool said = fault->problem && strstr(fault->problem, "tab character");
    size_t tab = indenting_tab(&scene, said);
    if (tab != SIZE_MAX) {
        tell_tab(&scene, tab);
        return;
    }
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        if (begins(fault->context, rows[i].context) && begins(fault->problem, rows[i].problem)) {
            rows[i].tell(&scene);
            return;
        }
    }
    tell_any(&scene);
}
