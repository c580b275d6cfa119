/*
 * fn_markup.c - texts for HTML and Markdown, and what a person reads of HTML. Their rows are in
 * fn_markup.def; tables are in fn_table.c.
 */
#include <string.h>

#include "base/buf.h"
#include "base/escape.h"
#include "base/limits.h"
#include "base/str.h"
#include "base/utf8.h"
#include "cel/evaluation.h"

enum quell_code cel_html_escape(struct evaluation *e, const struct node *node,
                                const struct quell_value *arguments, struct quell_value *made)
{
    struct buf out = {.size_max = EVALUATION_BUILT};
    escape_html(&out, quell_str(arguments[0]));
    return evaluation_built(e, node, &out, made);
}

enum quell_code cel_markdown_escape(struct evaluation *e, const struct node *node,
                                    const struct quell_value *arguments, struct quell_value *made)
{
    struct buf out = {.size_max = EVALUATION_BUILT};
    escape_markdown(&out, quell_str(arguments[0]));
    return evaluation_built(e, node, &out, made);
}

/* What the author says of a text is looked at when the expression is evaluated for a sink. */
enum quell_code cel_markup_raw(struct evaluation *e, const struct node *node,
                               const struct quell_value *arguments, struct quell_value *made)
{
    (void)e;
    (void)node;
    *made = arguments[0];
    return QUELL_OK;
}

/* ---- html.strip ---------------------------------------------------------------------------- */

/* Text on its way out: blanks are held back until something follows them. */
struct prose {
    struct buf out;
    bool blank, line;
};

static void add(struct prose *prose, const char *bytes, size_t len)
{
    if (prose->out.len && prose->line)
        buf_add_char(&prose->out, '\n');
    else if (prose->out.len && prose->blank)
        buf_add_char(&prose->out, ' ');
    prose->blank = prose->line = false;
    buf_add(&prose->out, bytes, len);
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f';
}

/* The references that mails have; all others stay as they are. HTML Living Standard 13.5. */
static const struct {
    const char *name;
    uint32_t code_point;
} references[] = {
    {"amp", '&'},       {"lt", '<'},       {"gt", '>'},       {"quot", '"'},     {"apos", '\''},
    {"nbsp", ' '},      {"copy", 0xa9},    {"reg", 0xae},     {"trade", 0x2122}, {"euro", 0x20ac},
    {"hellip", 0x2026}, {"ndash", 0x2013}, {"mdash", 0x2014}, {"lsquo", 0x2018}, {"rsquo", 0x2019},
    {"ldquo", 0x201c},  {"rdquo", 0x201d}, {"laquo", 0xab},   {"raquo", 0xbb},   {"bull", 0x2022},
    {"middot", 0xb7},   {"auml", 0xe4},    {"ouml", 0xf6},    {"uuml", 0xfc},    {"Auml", 0xc4},
    {"Ouml", 0xd6},     {"Uuml", 0xdc},    {"szlig", 0xdf},   {"eacute", 0xe9},  {"egrave", 0xe8},
    {"agrave", 0xe0},   {"ccedil", 0xe7},  {"zwnj", 0x200c},  {"shy", 0xad},     {"times", 0xd7},
    {"deg", 0xb0},
};

/* `#65` or `#x41`; 0 when it names no character. */
static uint32_t numbered(struct quell_str name)
{
    bool hex = name.len > 1 && (name.data[1] | 0x20) == 'x';
    uint32_t sum = 0;
    if (name.len <= 1U + hex || name.len > 9)
        return 0;
    for (size_t i = 1U + hex; i < name.len; i++) {
        char c = name.data[i], low = (char)(c | 0x20);
        uint32_t digit = c >= '0' && c <= '9'              ? (uint32_t)(c - '0')
                         : hex && low >= 'a' && low <= 'f' ? (uint32_t)(low - 'a' + 10)
                                                           : 16;
        if (digit == 16)
            return 0;
        sum = sum * (hex ? 16 : 10) + digit;
    }
    return sum;
}

/* Writes the reference at `at` (an `&`) and returns its length; 0 when there is none. */
static size_t reference(struct prose *prose, struct quell_str text, size_t at)
{
    struct quell_str name = str_slice(text, at + 1, at + 12);
    uint32_t code_point = 0;
    char bytes[4];
    size_t len;
    if (!str_cut(name, ';', &name, &(struct quell_str){0}) || name.len == 0)
        return 0;
    if (name.data[0] == '#')
        code_point = numbered(name);
    for (size_t i = 0; !code_point && i < sizeof(references) / sizeof(references[0]); i++) {
        if (str_is(name, references[i].name))
            code_point = references[i].code_point;
    }
    len = code_point ? utf8_write(code_point, bytes) : 0;
    if (len == 0)
        return 0;
    if (code_point <= ' ')
        prose->blank = true;
    else
        add(prose, bytes, len);
    return name.len + 2;
}

static const char *const blocks[] = {
    "p",       "div",    "br",     "tr",    "li", "ul", "ol",  "table",      "h1",
    "h2",      "h3",     "h4",     "h5",    "h6", "hr", "pre", "blockquote", "section",
    "article", "header", "footer", "title", "dt", "dd", NULL};
static const char *const cells[] = {"td", "th", "img", "option", NULL};
static const char *const hidden[] = {"script", "style", "head", "noscript", "template", NULL};

static bool is_one_of(struct quell_str name, const char *const *words)
{
    for (; *words; words++) {
        if (str_equal_fold(name, quell_str_of(*words)))
            return true;
    }
    return false;
}

/* The end of the tag at `at` (a `<`), behind its `>`: quotes may hold one. */
static size_t tag_end(struct quell_str text, size_t at)
{
    char quote = 0;
    for (; at < text.len; at++) {
        char c = text.data[at];
        if (quote ? c == quote : c == '"' || c == '\'')
            quote = quote ? 0 : c;
        else if (!quote && c == '>')
            return at + 1;
    }
    return text.len;
}

static struct quell_str tag_name(struct quell_str text, size_t at)
{
    size_t from = at + 1 + (at + 1 < text.len && text.data[at + 1] == '/'), to = from;
    while (to < text.len && ((text.data[to] >= '0' && text.data[to] <= '9') ||
                             ((text.data[to] | 0x20) >= 'a' && (text.data[to] | 0x20) <= 'z')))
        to++;
    return str_slice(text, from, to);
}

/* Where the element that begins at `at` and is not shown ends. One that is never closed hides all
 * that follows, as browsers have it for scripts. */
static size_t hidden_end(struct quell_str text, struct quell_str name, size_t at)
{
    while ((at = str_find(text, QUELL_STR("</"), at)) != SIZE_MAX) {
        if (str_equal_fold(tag_name(text, at), name))
            return tag_end(text, at);
        at += 2;
    }
    return text.len;
}

/* Takes the tag, comment or declaration at `at`; returns where it ends, `at` when it is none. */
static size_t skip_tag(struct prose *prose, struct quell_str text, size_t at)
{
    struct quell_str name = tag_name(text, at);
    char next = at + 1 < text.len ? text.data[at + 1] : ' ';
    size_t end;
    if (str_starts(str_slice(text, at, text.len), QUELL_STR("<!--"))) {
        end = str_find(text, QUELL_STR("-->"), at + 4);
        return end == SIZE_MAX ? text.len : end + 3;
    }
    if (next == '!' || next == '?')
        return tag_end(text, at);
    if (name.len == 0)
        return at;
    prose->line |= is_one_of(name, blocks);
    prose->blank |= is_one_of(name, cells);
    end = tag_end(text, at);
    return next != '/' && is_one_of(name, hidden) ? hidden_end(text, name, end) : end;
}

enum quell_code cel_html_strip(struct evaluation *e, const struct node *node,
                               const struct quell_value *arguments, struct quell_value *made)
{
    struct quell_str text = quell_str(arguments[0]);
    struct prose prose = {.out = {.size_max = EVALUATION_BUILT}};
    enum quell_code code = evaluation_charge(e, node, text.len / 16);
    if (code)
        return code;
    for (size_t at = 0; at < text.len;) {
        size_t from = at;
        if (text.data[at] == '<')
            at = skip_tag(&prose, text, at);
        else if (text.data[at] == '&')
            at += reference(&prose, text, at);
        else if (is_blank(text.data[at]))
            prose.blank = ++at;
        if (at == from)
            add(&prose, text.data + at++, 1);
    }
    return evaluation_built(e, node, &prose.out, made);
}
