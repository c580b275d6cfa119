/*
 * diag_render.c - one diagnostic as people read it: head, place, the author's own line with carets
 * below it, note and help.
 *
 * Everything shown may be foreign: control characters and the ones that turn the direction of text
 * are replaced, so that a file cannot drive the terminal or hide what it says.
 */
#include <stdio.h>

#include "base/buf.h"
#include "base/diag.h"
#include "base/str.h"
#include "base/utf8.h"

enum {
    GUTTER_MIN = 2,    /* digits of a line number */
    LINE_WIDTH = 120,  /* columns; longer source lines are cut to a window */
    WINDOW_WIDTH = 96, /* columns of the window */
    WINDOW_BEFORE = 32 /* columns of it in front of the place */
};

struct pen {
    struct buf *out;
    struct diag_style style;
    int gutter;
    const char *hue; /* of the severity */
};

static const char reset[] = "\x1b[0m";
static const char bold[] = "\x1b[1m";
static const char blue[] = "\x1b[1;34m";

/* ---- pieces ---------------------------------------------------------------------------------- */

static void add_colored(struct pen *pen, const char *color, struct quell_str text)
{
    if (pen->style.color)
        buf_add_text(pen->out, color);
    buf_add_str(pen->out, text);
    if (pen->style.color)
        buf_add_text(pen->out, reset);
}

static bool is_dangerous(uint32_t point)
{
    return (point < 0x20 && point != '\t') || (point >= 0x7F && point < 0xA0) ||
           (point >= 0x200E && point <= 0x200F) || (point >= 0x2028 && point <= 0x202E) ||
           (point >= 0x2066 && point <= 0x2069);
}

/* One sign of `text` at `at` as it is shown; returns how many bytes it stands for. */
static size_t shown(struct quell_str text, size_t at, bool ascii, struct quell_str *sign)
{
    uint32_t point = 0;
    size_t len = utf8_read(text, at, &point);
    *sign = str_slice(text, at, at + len);
    if (len == 0 || is_dangerous(point))
        *sign = ascii ? QUELL_STR("?") : QUELL_STR("\xEF\xBF\xBD");
    return len ? len : 1;
}

static void add_clean(struct pen *pen, struct quell_str text)
{
    for (size_t at = 0; at < text.len;) {
        struct quell_str sign;
        at += shown(text, at, pen->style.ascii, &sign);
        buf_add_str(pen->out, sign);
    }
}

static size_t sign_width(struct quell_str text, size_t at, size_t *len)
{
    struct quell_str sign;
    *len = shown(text, at, false, &sign);
    return text.data[at] == '\t' ? 1 : utf8_width(sign);
}

static size_t width(struct quell_str text, size_t from, size_t to)
{
    size_t sum = 0, len;
    for (size_t at = from; at < to && at < text.len; at += len)
        sum += sign_width(text, at, &len);
    return sum;
}

/* The offset that lies `columns` behind `from`, or the end of the text. */
static size_t behind(struct quell_str text, size_t from, size_t columns)
{
    size_t sum = 0, at = from, len;
    while (at < text.len) {
        sum += sign_width(text, at, &len);
        if (sum > columns)
            break;
        at += len;
    }
    return at;
}

static void add_gutter(struct pen *pen, size_t line)
{
    char text[32];
    int len = line ? snprintf(text, sizeof(text), "%*zu", pen->gutter, line)
                   : snprintf(text, sizeof(text), "%*s", pen->gutter, "");
    if (pen->style.color)
        buf_add_text(pen->out, blue);
    buf_add(pen->out, text, (size_t)len);
    buf_add_text(pen->out, pen->style.ascii ? "|" : "\xE2\x94\x82");
    if (pen->style.color)
        buf_add_text(pen->out, reset);
}

/* ---- parts ----------------------------------------------------------------------------------- */

static void add_head(struct pen *pen, const struct diag *diag)
{
    static const char *const words[] = {
        [SEVERITY_ERROR] = "error", [SEVERITY_WARNING] = "warning", [SEVERITY_NOTE] = "note"};
    if (pen->style.color)
        buf_add_text(pen->out, pen->hue);
    buf_add_format(pen->out, "%s[%s]", words[diag->severity], diag->code);
    if (pen->style.color)
        buf_add_format(pen->out, "%s%s", reset, bold);
    buf_add_text(pen->out, ": ");
    add_clean(pen, diag->message);
    if (pen->style.color)
        buf_add_text(pen->out, reset);
    buf_add_char(pen->out, '\n');
}

static void add_where(struct pen *pen, struct quell_str file, struct diag_position position)
{
    char text[32];
    int len = snprintf(text, sizeof(text), "%*s%s", pen->gutter, "",
                       pen->style.ascii ? "-->" : "\xE2\x94\x8C\xE2\x94\x80");
    add_colored(pen, blue, (struct quell_str){text, (size_t)len});
    buf_add_char(pen->out, ' ');
    add_clean(pen, file);
    buf_add_format(pen->out, ":%zu:%zu\n", position.line, position.column);
}

/* What of the line is shown, and what of it is underlined; offsets within the line. */
struct view {
    struct quell_str line;
    size_t from, to;
    size_t mark_from, mark_to;
};

static struct view view_of(struct quell_str text, struct place place)
{
    size_t at = place.offset < text.len ? place.offset : text.len;
    size_t start = at, end = at;
    while (start > 0 && text.data[start - 1] != '\n')
        start--;
    while (end < text.len && text.data[end] != '\n')
        end++;
    if (end > start && text.data[end - 1] == '\r')
        end--;
    struct view view = {.line = str_slice(text, start, end)};
    view.to = view.line.len;
    view.mark_from = at - start < view.line.len ? at - start : view.line.len;
    view.mark_to =
        place.len < view.line.len - view.mark_from ? view.mark_from + place.len : view.line.len;
    if (width(view.line, 0, view.line.len) > LINE_WIDTH) {
        size_t before = width(view.line, 0, view.mark_from);
        if (before > WINDOW_BEFORE)
            view.from = behind(view.line, 0, before - WINDOW_BEFORE);
        view.to = behind(view.line, view.from, WINDOW_WIDTH);
        if (view.mark_to > view.to)
            view.mark_to = view.to;
    }
    return view;
}

static void add_source(struct pen *pen, const struct view *view, size_t line)
{
    const char *cut = pen->style.ascii ? "..." : "\xE2\x80\xA6";
    add_gutter(pen, line);
    buf_add_char(pen->out, ' ');
    if (view->from > 0)
        buf_add_text(pen->out, cut);
    add_clean(pen, str_slice(view->line, view->from, view->to));
    if (view->to < view->line.len)
        buf_add_text(pen->out, cut);
    buf_add_char(pen->out, '\n');
}

/* Blanks as wide as what stands above them; tabs stay tabs, whatever the terminal makes of them. */
static void add_indent(struct pen *pen, const struct view *view)
{
    if (view->from > 0)
        buf_add_text(pen->out, pen->style.ascii ? "   " : " ");
    size_t len;
    for (size_t at = view->from; at < view->mark_from; at += len) {
        size_t columns = sign_width(view->line, at, &len);
        if (view->line.data[at] == '\t')
            buf_add_char(pen->out, '\t');
        else
            for (size_t i = 0; i < columns; i++)
                buf_add_char(pen->out, ' ');
    }
}

static void add_carets(struct pen *pen, const struct view *view, struct quell_str label)
{
    add_gutter(pen, 0);
    buf_add_char(pen->out, ' ');
    add_indent(pen, view);
    if (pen->style.color)
        buf_add_text(pen->out, pen->hue);
    size_t carets = width(view->line, view->mark_from, view->mark_to);
    for (size_t i = 0; i < (carets ? carets : 1); i++)
        buf_add_char(pen->out, '^');
    if (label.len) {
        buf_add_char(pen->out, ' ');
        add_clean(pen, label);
    }
    if (pen->style.color)
        buf_add_text(pen->out, reset);
    buf_add_char(pen->out, '\n');
}

static const char *fix_mark(const struct diag *diag)
{
    if (diag->fix.kind == FIX_NONE)
        return "";
    return diag->fix.kind == FIX_SAFE ? "  [fix]" : "  [fix, unsafe]";
}

/* `mark` stands behind the first line of the text. */
static void add_remark(struct pen *pen, const char *name, struct quell_str text, const char *mark)
{
    if (text.len == 0)
        return;
    char head[32];
    int len = snprintf(head, sizeof(head), "%*s = %s: ", pen->gutter - 1, "", name);
    if (pen->style.color)
        buf_add_text(pen->out, bold);
    buf_add(pen->out, head, (size_t)len);
    if (pen->style.color)
        buf_add_text(pen->out, reset);
    /* Further lines of a text stand below its first one. */
    struct quell_str line, rest = text;
    bool more = true;
    for (bool first = true; more; first = false) {
        more = str_cut(rest, '\n', &line, &rest);
        if (!first)
            buf_add_format(pen->out, "%*s", len, "");
        add_clean(pen, line);
        if (first)
            buf_add_text(pen->out, mark);
        buf_add_char(pen->out, '\n');
    }
}

void diag_render(struct buf *out, const struct diag_list *list, const struct diag *diag,
                 struct diag_style style)
{
    static const char *const hues[] = {[SEVERITY_ERROR] = "\x1b[1;31m",
                                       [SEVERITY_WARNING] = "\x1b[1;33m",
                                       [SEVERITY_NOTE] = "\x1b[1;36m"};
    struct pen pen = {.out = out, .style = style, .hue = hues[diag->severity]};
    struct diag_position position = diag_position(list->text, diag->place.offset);
    struct view view = view_of(list->text, diag->place);
    pen.gutter = snprintf(NULL, 0, "%zu", position.line);
    if (pen.gutter < GUTTER_MIN)
        pen.gutter = GUTTER_MIN;

    add_head(&pen, diag);
    add_where(&pen, list->file, position);
    add_gutter(&pen, 0);
    buf_add_char(out, '\n');
    add_source(&pen, &view, position.line);
    add_carets(&pen, &view, diag->label);
    if (diag->note.len == 0 && diag->help.len == 0)
        return;
    add_gutter(&pen, 0);
    buf_add_char(out, '\n');
    add_remark(&pen, "note", diag->note, "");
    add_remark(&pen, "help", diag->help, fix_mark(diag));
}

void diag_render_spot(struct buf *out, const struct diag_spot *spot, size_t greatest_line,
                      struct diag_style style)
{
    struct diag_position position = diag_position(spot->text, spot->place.offset);
    struct view view = view_of(spot->text, spot->place);
    struct pen pen = {.out = out, .style = style, .hue = "\x1b[1;31m"};

    pen.gutter =
        snprintf(NULL, 0, "%zu", greatest_line > position.line ? greatest_line : position.line);
    if (pen.gutter < GUTTER_MIN)
        pen.gutter = GUTTER_MIN;
    add_where(&pen, spot->file, position);
    add_source(&pen, &view, position.line);
    add_carets(&pen, &view, spot->label);
}

void diag_render_text(struct buf *out, struct quell_str text, struct diag_style style)
{
    struct pen pen = {.out = out, .style = style};

    add_clean(&pen, text);
}
