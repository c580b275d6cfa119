/*
 * yaml_place.c - where a byte of a scalar's value stands in the source.
 *
 * A walker reads the scalar as YAML does and says of each piece how many bytes of value it makes
 * and which bytes of source it is. It decodes nothing: only the counts matter.
 */
#include "base/str.h"
#include "base/utf8.h"
#include "value/yaml_parts.h"

struct piece {
    size_t from, to;    /* in the source */
    size_t value_bytes; /* in the value */
};

struct walker {
    struct quell_str text;
    size_t at, end;
    enum yaml_style style;
    /* Of literal and folded scalars: */
    size_t indent;
    bool fresh;          /* at the start of a line */
    bool above_indented; /* this line begins with blanks of its own */
    bool begun;          /* a line with text has been seen: breaks above it are never folded */
};

static char peek(const struct walker *in, size_t ahead)
{
    return in->at + ahead < in->end ? in->text.data[in->at + ahead] : '\0';
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

static size_t break_len(const struct walker *in, size_t at)
{
    if (at >= in->end)
        return 0;
    if (in->text.data[at] == '\n')
        return 1;
    if (in->text.data[at] != '\r')
        return 0;
    return at + 1 < in->end && in->text.data[at + 1] == '\n' ? 2 : 1;
}

/* ---- plain and quoted ------------------------------------------------------------------------ */

/* Blanks, then line breaks and blanks: the fold of a plain or quoted scalar. Returns how many line
 * breaks there are, 0 when the blanks are no fold; *to is behind it. */
static size_t fold(const struct walker *in, size_t at, size_t *to)
{
    size_t breaks = 0;
    for (;;) {
        while (at < in->end && is_blank(in->text.data[at]))
            at++;
        size_t len = break_len(in, at);
        if (len == 0)
            break;
        at += len;
        breaks++;
    }
    *to = at;
    return breaks;
}

static size_t escape_value_bytes(const struct walker *in, size_t digits)
{
    uint32_t point = 0;
    char bytes[4];
    for (size_t i = 0; i < digits; i++) {
        char c = peek(in, 2 + i);
        uint32_t digit = c <= '9' ? (uint32_t)(c - '0') : (uint32_t)((c | 0x20) - 'a' + 10);
        point = point << 4 | (digit & 15);
    }
    return utf8_write(point, bytes);
}

static struct piece escape(struct walker *in)
{
    char c = peek(in, 1);
    struct piece piece = {in->at, in->at + 2, 1};
    size_t digits = c == 'x' ? 2 : c == 'u' ? 4 : c == 'U' ? 8 : 0;
    size_t len = break_len(in, in->at + 1);
    if (len) { /* an escaped line break joins without a blank; further ones are kept */
        size_t breaks = fold(in, in->at + 1 + len, &piece.to);
        piece.value_bytes = breaks;
    } else if (digits) {
        piece.to += digits;
        piece.value_bytes = escape_value_bytes(in, digits);
    } else if (c == 'N' || c == '_') {
        piece.value_bytes = 2; /* U+0085, U+00A0 */
    } else if (c == 'L' || c == 'P') {
        piece.value_bytes = 3; /* U+2028, U+2029 */
    }
    return piece;
}

static struct piece flow_piece(struct walker *in)
{
    struct piece piece = {in->at, in->at + 1, 1};
    if (is_blank(peek(in, 0)) || break_len(in, in->at)) {
        size_t to, breaks = fold(in, in->at, &to);
        if (breaks) {
            piece.to = to;
            piece.value_bytes = breaks == 1 ? 1 : breaks - 1;
        }
        return piece;
    }
    if (in->style == YAML_DOUBLE && peek(in, 0) == '\\')
        return escape(in);
    if (in->style == YAML_SINGLE && peek(in, 0) == '\'')
        piece.to++; /* two quotes for one */
    return piece;
}

/* ---- literal and folded ---------------------------------------------------------------------- */

static size_t blanks_at(const struct walker *in, size_t at)
{
    size_t count = 0;
    while (at + count < in->end && in->text.data[at + count] == ' ')
        count++;
    return count;
}

/* Blanks at the start of the value's first line that has text. */
static size_t value_blanks(struct quell_str value)
{
    size_t blanks = 0;
    for (size_t at = 0; at < value.len && (value.data[at] == ' ' || value.data[at] == '\n'); at++)
        blanks = value.data[at] == ' ' ? blanks + 1 : 0;
    return blanks;
}

/* Skips the head (`|2-`, a comment) and finds the indentation: what the first line with text has in
 * the source but not in the value. */
static void enter_block(struct walker *in, struct quell_str value)
{
    while (in->at < in->end && !break_len(in, in->at))
        in->at++;
    in->at += break_len(in, in->at);

    size_t at = in->at, blanks = blanks_at(in, at);
    for (size_t len = break_len(in, at + blanks); len; len = break_len(in, at + blanks)) {
        at += blanks + len;
        blanks = blanks_at(in, at);
    }
    size_t kept = value_blanks(value);
    in->indent = blanks > kept ? blanks - kept : 0;
    in->fresh = true;
}

/* A line break of a folded scalar and the empty lines behind it: one blank, or all but one break,
 * unless a line beside them is indented further. */
static struct piece folded_break(struct walker *in)
{
    struct piece piece = {in->at, in->at, 0};
    size_t breaks = 0, at = in->at, next = in->at;
    for (size_t len = break_len(in, at); len; len = break_len(in, at)) {
        breaks++;
        next = at + len;
        at = next + blanks_at(in, next);
    }
    size_t blanks = at - next;
    bool below_indented = blanks > in->indent || (at < in->end && in->text.data[at] == '\t');
    bool kept = !in->begun || in->above_indented || below_indented || at >= in->end;
    piece.to = next;
    piece.value_bytes = kept ? breaks : breaks == 1 ? 1 : breaks - 1;
    return piece;
}

static struct piece block_piece(struct walker *in)
{
    if (in->fresh) {
        size_t blanks = blanks_at(in, in->at);
        in->at += blanks < in->indent ? blanks : in->indent;
        in->fresh = false;
        in->above_indented = is_blank(peek(in, 0));
    }
    struct piece piece = {in->at, in->at + 1, 1};
    size_t len = break_len(in, in->at);
    in->begun |= len == 0;
    if (len) {
        piece.to = in->at + len;
        in->fresh = true;
        if (in->style == YAML_FOLDED)
            piece = folded_break(in);
    }
    return piece;
}

/* ---- the walk -------------------------------------------------------------------------------- */

static void enter(struct walker *in, struct quell_str value)
{
    switch (in->style) {
    case YAML_SINGLE:
    case YAML_DOUBLE:
        in->at++;
        in->end--;
        break;
    case YAML_LITERAL:
    case YAML_FOLDED:
        enter_block(in, value);
        break;
    case YAML_PLAIN:
    case YAML_BLOCK:
    case YAML_FLOW:
        break;
    }
}

static struct piece next_piece(struct walker *in)
{
    struct piece piece =
        in->style == YAML_LITERAL || in->style == YAML_FOLDED ? block_piece(in) : flow_piece(in);
    in->at = piece.to;
    return piece;
}

struct place yaml_place_inside(struct quell_str text, const struct yaml_node *scalar, size_t from,
                               size_t len)
{
    struct walker in = {.text = text,
                        .at = scalar->place.offset,
                        .end = (size_t)scalar->place.offset + scalar->place.len,
                        .style = scalar->style};
    if (in.end > text.len || scalar->value.type == QUELL_LIST || scalar->value.type == QUELL_MAP)
        return scalar->place;
    if (scalar->place.len < 2 && scalar->style != YAML_PLAIN)
        return scalar->place;
    enter(&in, quell_str(scalar->value));

    size_t value_at = 0, start = SIZE_MAX, end = in.end;
    while (in.at < in.end) {
        struct piece piece = next_piece(&in);
        if (start == SIZE_MAX && value_at + piece.value_bytes > from)
            start = piece.from;
        value_at += piece.value_bytes;
        if (start != SIZE_MAX && value_at >= from + len) {
            end = piece.to;
            break;
        }
    }
    if (start == SIZE_MAX) /* the end of the value */
        return (struct place){(uint32_t)in.end, 0};
    if (len == 0)
        end = start;
    return (struct place){(uint32_t)start, (uint32_t)(end - start)};
}
