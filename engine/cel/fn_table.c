/*
 * fn_table.c - lists as tables of HTML and Markdown. Their rows are in fn_markup.def.
 *
 * What stands in a cell comes from alerts and answers: every text is escaped for its language.
 */
#include "base/buf.h"
#include "base/escape.h"
#include "base/limits.h"
#include "base/str.h"
#include "cel/evaluation.h"
#include "cel/text.h"
#include "value/value.h"

enum { COLUMNS_MAX = 64 }; /* wider tables nobody reads */

struct column {
    struct quell_str title;
    struct quell_str key; /* dots go deeper; empty = the item itself */
};

struct columns {
    struct column items[COLUMNS_MAX];
    size_t count;
};

/* The marks of a language around the parts of a table. */
struct language {
    const char *begin, *head_cell, *head_end, *row, *cell, *cell_end, *row_end, *end;
    void (*escape)(struct buf *out, struct quell_str text);
    bool lines; /* rows are separated by a line end, and cells hold none */
};

static const struct language html = {
    .begin = "<table><thead><tr>",
    .head_cell = "<th>",
    .head_end = "</th>",
    .row = "<tr>",
    .cell = "<td>",
    .cell_end = "</td>",
    .row_end = "</tr>",
    .end = "</tbody></table>",
    .escape = escape_html,
};
static const struct language markdown = {
    .begin = "|",
    .head_cell = " ",
    .head_end = " |",
    .row = "\n|",
    .cell = " ",
    .cell_end = " |",
    .row_end = "",
    .end = "",
    .escape = escape_markdown_inside,
    .lines = true,
};

/* ---- columns ------------------------------------------------------------------------------- */

static enum quell_code add_column(struct evaluation *e, const struct node *node,
                                  struct columns *columns, struct quell_str title,
                                  struct quell_str key)
{
    if (columns->count == COLUMNS_MAX)
        return evaluation_limit(e, node, "a table has %d columns at most", COLUMNS_MAX);
    columns->items[columns->count++] = (struct column){title, key};
    return QUELL_OK;
}

static bool has_column(const struct columns *columns, struct quell_str key)
{
    for (size_t i = 0; i < columns->count; i++) {
        if (quell_str_equal(columns->items[i].key, key))
            return true;
    }
    return false;
}

/* The keys of the items, in the order in which they first appear; one column `value` when they have
 * none. */
static enum quell_code guess_columns(struct evaluation *e, const struct node *node,
                                     struct quell_value list, struct columns *columns)
{
    enum quell_code code = QUELL_OK;
    for (size_t i = 0; !code && i < list.len; i++) {
        struct quell_value item = list.as.items[i];
        code = evaluation_charge(e, node, 1 + quell_count(item) * columns->count / 4);
        for (size_t k = 0; !code && item.type == QUELL_MAP && k < item.len; k++) {
            struct quell_str key = cel_to_text(e->arena, item.as.pairs[k].key);
            if (!has_column(columns, key))
                code = add_column(e, node, columns, key, key);
        }
        if (!code && item.type != QUELL_MAP && !has_column(columns, QUELL_STR("")))
            code = add_column(e, node, columns, QUELL_STR("value"), QUELL_STR(""));
    }
    return code;
}

static enum quell_code read_columns(struct evaluation *e, const struct node *node,
                                    struct quell_value given, struct columns *columns)
{
    enum quell_code code = QUELL_OK;
    for (size_t i = 0; !code && i < given.len; i++) {
        bool map = given.type == QUELL_MAP;
        struct quell_value title = map ? given.as.pairs[i].key : given.as.items[i];
        struct quell_value key = map ? given.as.pairs[i].value : title;
        if (title.type != QUELL_STRING || key.type != QUELL_STRING)
            return evaluation_fail(e, node, "the columns of a table are texts");
        code = add_column(e, node, columns, quell_str(title), quell_str(key));
    }
    return code;
}

/* ---- cells --------------------------------------------------------------------------------- */

/* A key as it stands wins over one that goes deeper: keys may have dots. */
static struct quell_value cell_value(struct quell_value item, struct quell_str key)
{
    struct quell_str name, rest = key;
    struct quell_value found;
    if (item.type != QUELL_MAP)
        return key.len ? quell_null() : item;
    if (value_find(item, key, &found))
        return found;
    while (rest.len && item.type == QUELL_MAP) {
        (void)str_cut(rest, '.', &name, &rest); /* the last name has no dot */
        if (!value_find(item, name, &found))
            return quell_null();
        item = found;
    }
    return rest.len ? quell_null() : item;
}

/* A text or number as it reads; a list of those joined with commas; else JSON. */
static struct quell_str cell_text(struct evaluation *e, struct quell_value value)
{
    struct buf out = {.size_max = LIMIT_CEL_TEXT_BYTES};
    struct quell_str text;
    bool plain = value.type == QUELL_LIST;
    for (size_t i = 0; plain && i < value.len; i++)
        plain = value.as.items[i].type != QUELL_LIST && value.as.items[i].type != QUELL_MAP;
    if (!plain)
        return cel_to_text(e->arena, value);
    for (size_t i = 0; i < value.len; i++) {
        if (i)
            buf_add_text(&out, ", ");
        buf_add_str(&out, cel_to_text(e->arena, value.as.items[i]));
    }
    text = arena_str(e->arena, buf_str(&out));
    buf_free(&out);
    return text;
}

static void write_cell(struct buf *out, const struct language *language, struct quell_str text)
{
    struct quell_str line, rest = text;
    bool more = language->lines;
    if (!language->lines)
        language->escape(out, text);
    while (more) {
        more = str_cut(rest, '\n', &line, &rest);
        language->escape(out, str_trim(line));
        if (more)
            buf_add_text(out, "<br>");
    }
}

static void write_head(struct buf *out, const struct language *language,
                       const struct columns *columns)
{
    buf_add_text(out, language->begin);
    for (size_t i = 0; i < columns->count; i++) {
        buf_add_text(out, language->head_cell);
        write_cell(out, language, columns->items[i].title);
        buf_add_text(out, language->head_end);
    }
    if (!language->lines) {
        buf_add_text(out, "</tr></thead><tbody>");
        return;
    }
    buf_add_text(out, "\n|");
    for (size_t i = 0; i < columns->count; i++)
        buf_add_text(out, " --- |");
}

static enum quell_code write_row(struct evaluation *e, const struct node *node, struct buf *out,
                                 const struct language *language, const struct columns *columns,
                                 struct quell_value item)
{
    enum quell_code code = evaluation_charge(e, node, columns->count);
    buf_add_text(out, language->row);
    for (size_t i = 0; !code && i < columns->count; i++) {
        struct quell_value value = cell_value(item, columns->items[i].key);
        if (!evaluation_take(e, node, 0)) /* what the texts of the cells took */
            return QUELL_LIMIT;
        buf_add_text(out, language->cell);
        write_cell(out, language, cell_text(e, value));
        buf_add_text(out, language->cell_end);
    }
    buf_add_text(out, language->row_end);
    return code;
}

static enum quell_code write_table(struct evaluation *e, const struct node *node, struct buf *out,
                                   const struct language *language, const struct columns *columns,
                                   struct quell_value list)
{
    enum quell_code code = QUELL_OK;
    write_head(out, language, columns);
    for (size_t i = 0; !code && i < list.len && !buf_over(out); i++)
        code = write_row(e, node, out, language, columns, list.as.items[i]);
    buf_add_text(out, language->end);
    return code;
}

static enum quell_code table(struct evaluation *e, const struct node *node,
                             const struct language *language, const struct quell_value *arguments,
                             struct quell_value *made)
{
    struct buf out = {.size_max = EVALUATION_BUILT};
    struct columns columns = {.count = 0};
    size_t left = LIMIT_CEL_RESULT_BYTES;
    enum quell_code code;
    if (!text_fits(arguments[0], &left))
        return evaluation_limit(e, node, "this list is too large or too deep for a table");
    *made = quell_null();
    text_unknown(arguments[0], made);
    if (node->count == 2)
        text_unknown(arguments[1], made);
    if (made->type == QUELL_UNKNOWN)
        return QUELL_OK;
    code = node->count == 2 ? read_columns(e, node, arguments[1], &columns)
                            : guess_columns(e, node, arguments[0], &columns);
    if (!code && columns.count == 0)
        return evaluation_text(e, node, QUELL_STR(""), made); /* no rows, no keys: no table */
    if (!code)
        code = write_table(e, node, &out, language, &columns, arguments[0]);
    if (!code)
        code = evaluation_built(e, node, &out, made);
    buf_free(&out);
    if (!code)
        *made = value_masked_as(*made, arguments[0]);
    return code;
}

enum quell_code cel_html_table(struct evaluation *e, const struct node *node,
                               const struct quell_value *arguments, struct quell_value *made)
{
    return table(e, node, &html, arguments, made);
}

enum quell_code cel_markdown_table(struct evaluation *e, const struct node *node,
                                   const struct quell_value *arguments, struct quell_value *made)
{
    return table(e, node, &markdown, arguments, made);
}
