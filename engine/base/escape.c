/*
 * escape.c - the encoders that CEL's functions and the sinks of connectors share.
 */
#include "base/escape.h"

#include <string.h>

#include "base/buf.h"

void escape_html(struct buf *out, struct quell_str text)
{
    for (size_t i = 0; i < text.len; i++) {
        switch (text.data[i]) {
        case '&':
            buf_add_text(out, "&amp;");
            break;
        case '<':
            buf_add_text(out, "&lt;");
            break;
        case '>':
            buf_add_text(out, "&gt;");
            break;
        case '"':
            buf_add_text(out, "&quot;");
            break;
        case '\'':
            buf_add_text(out, "&#39;");
            break;
        default:
            buf_add_char(out, text.data[i]);
        }
    }
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* Whether a mark at `at` could begin a list, a heading or a rule: before it stand only blanks, or,
 * for those of numbered lists, digits behind blanks. */
static bool begins_block(struct quell_str text, size_t at)
{
    bool numbered = text.data[at] == '.' || text.data[at] == ')';
    size_t from = at;

    while (numbered && from > 0 && is_digit(text.data[from - 1]))
        from--;
    if (numbered && from == at)
        return false;
    while (from > 0 && (text.data[from - 1] == ' ' || text.data[from - 1] == '\t'))
        from--;
    return from == 0 || text.data[from - 1] == '\n' || text.data[from - 1] == '\r';
}

static void escape_marks(struct buf *out, struct quell_str text, bool blocks)
{
    for (size_t i = 0; i < text.len; i++) {
        char c = text.data[i];
        if (c == '<')
            buf_add_text(out, "&lt;");
        else if (c == '&')
            buf_add_text(out, "&amp;");
        else if (c != '\0' && (strchr("\\`*_{}[]#!|~>", c) ||
                               (blocks && strchr("+-.)=", c) && begins_block(text, i))))
            buf_add_format(out, "\\%c", c);
        else
            buf_add_char(out, c);
    }
}

void escape_markdown(struct buf *out, struct quell_str text)
{
    escape_marks(out, text, true);
}

void escape_markdown_inside(struct buf *out, struct quell_str text)
{
    escape_marks(out, text, false);
}

static bool is_unreserved(char c) /* RFC 3986 2.3 */
{
    return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' ||
           c == '.' || c == '_' || c == '~';
}

void escape_percent(struct buf *out, struct quell_str text)
{
    for (size_t i = 0; i < text.len; i++) {
        if (is_unreserved(text.data[i]))
            buf_add_char(out, text.data[i]);
        else
            buf_add_format(out, "%%%02X", (unsigned)(unsigned char)text.data[i]);
    }
}
