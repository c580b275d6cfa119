/*
 * encode.c - expressions whose value goes into HTML or Markdown: what comes from data is encoded
 * there; what the author wrote, and what a function made as such markup, stays as it is.
 *
 *     'Device ' + x.name                    the literal stays, the name is encoded
 *     x.bad ? '**no**' : x.s                so does the branch that is taken
 *     x.rows.map(r, '- ' + r).join('\\n')   and each part of a list that is joined
 *     markdown.table(x.rows)                is Markdown already
 *
 * It goes by how the expression is written, never by what a value looks like: once, when it is
 * parsed, NODE_ENCODE is put around each part that is data.
 */
#include "cel/encode.h"

#include <string.h>

#include "base/buf.h"
#include "base/escape.h"
#include "base/str.h"
#include "value/value.h"

enum { MAKERS = 3 };
static const struct {
    const char *name;
    void (*escape)(struct buf *out, struct quell_str text);
    const char *makers[MAKERS]; /* functions whose result is such markup */
} sinks[CEL_SINKS] = {
    [CEL_HTML] = {"html", escape_html, {"html.escape", "html.table", "html.raw"}},
    [CEL_MARKDOWN] = {"markdown",
                      escape_markdown,
                      {"markdown.escape", "markdown.table", "markdown.raw"}},
};

enum cel_sink cel_sink_of(const char *name)
{
    int i;

    for (i = CEL_PLAIN + 1; name && i < CEL_SINKS; i++)
        if (strcmp(sinks[i].name, name) == 0)
            return (enum cel_sink)i;
    return CEL_PLAIN;
}

/* ---- the tree ----------------------------------------------------------------------------------
 */

struct encoding {
    struct arena *arena;
    enum cel_sink sink;
};

static struct node *encoded(const struct encoding *in, struct node *node);

/* With other kids. */
static struct node *copy(const struct encoding *in, const struct node *node)
{
    return arena_copy(in->arena, node, sizeof(*node) + node->count * sizeof(node->kids[0]));
}

static struct node *around(const struct encoding *in, struct node *node, bool items)
{
    struct node *made = arena_alloc(in->arena, sizeof(*made) + sizeof(made->kids[0]));

    *made = (struct node){.kind = NODE_ENCODE,
                          .operation = (uint8_t)in->sink,
                          .entry = items,
                          .count = 1,
                          .place = node->place,
                          .whole = node->whole};
    made->kids[0] = node;
    return made;
}

static struct node *with_encoded(const struct encoding *in, const struct node *node, size_t first)
{
    struct node *made = copy(in, node);
    size_t i;

    for (i = first; i < node->count; i++)
        made->kids[i] = encoded(in, node->kids[i]);
    return made;
}

static bool calls(const struct node *node, const char *name)
{
    return (node->kind == NODE_CALL || node->kind == NODE_MACRO) && node->row_count &&
           str_is(node->rows[0]->name, name);
}

static bool is_made(const struct encoding *in, const struct node *node)
{
    size_t i;

    for (i = 0; i < MAKERS; i++)
        if (calls(node, sinks[in->sink].makers[i]))
            return true;
    return false;
}

static bool is_text(const struct node *node)
{
    return node->kind == NODE_LITERAL && quell_is(node->value, QUELL_STRING);
}

/* A sum that has a text among its parts: then all its parts are texts, or it is a fault. */
static bool is_text_sum(const struct encoding *in, const struct node *node)
{
    size_t i;

    if (node->kind != NODE_BINARY || node->operation != OPERATION_ADD)
        return false;
    for (i = 0; i < node->count; i++)
        if (is_text(node->kids[i]) || is_made(in, node->kids[i]) || is_text_sum(in, node->kids[i]))
            return true;
    return false;
}

static bool is_plain_list(const struct node *node)
{
    size_t i;

    for (i = 0; node->kind == NODE_LIST && i < node->count; i++)
        if (node->kids[i]->entry)
            return false;
    return node->kind == NODE_LIST;
}

/* What is joined: the items of a list. */
static struct node *encoded_items(const struct encoding *in, struct node *node)
{
    if (is_plain_list(node))
        return with_encoded(in, node, 0);
    if (node->method && (calls(node, "map") || calls(node, "transformList")))
        return with_encoded(in, node, node->count - 1U);
    return around(in, node, true);
}

static struct node *encoded_join(const struct encoding *in, struct node *node)
{
    struct node *made = with_encoded(in, node, 1);

    made->kids[0] = encoded_items(in, node->kids[0]);
    return made;
}

static struct node *encoded(const struct encoding *in, struct node *node)
{
    if (is_text(node) || is_made(in, node))
        return node;
    if (node->kind == NODE_CONDITION)
        return with_encoded(in, node, 1);
    if (calls(node, "cel.bind"))
        return with_encoded(in, node, node->count - 1U);
    if (node->method && calls(node, "join"))
        return encoded_join(in, node);
    return is_text_sum(in, node) ? with_encoded(in, node, 0) : around(in, node, false);
}

const struct cel *encode_expression(struct arena *arena, enum cel_sink sink, const struct cel *expr)
{
    struct encoding in = {arena, sink};
    struct cel *made;

    if (sink == CEL_PLAIN)
        return expr;
    made = arena_copy(arena, expr, sizeof(*expr));
    made->root = encoded(&in, (struct node *)expr->root); /* kids are copied, never changed */
    return made;
}

/* ---- evaluating --------------------------------------------------------------------------------
 */

static enum quell_code encode_text(struct evaluation *e, const struct node *node,
                                   struct quell_value *value)
{
    struct buf out = {.size_max = EVALUATION_BUILT};
    struct quell_value made;
    enum quell_code code;

    if (!quell_is(*value, QUELL_STRING))
        return QUELL_OK;
    sinks[node->operation].escape(&out, quell_str(*value));
    code = evaluation_built(e, node, &out, &made);
    if (code)
        return code;
    made.flags |= value->flags & QUELL_MASKED;
    *value = made;
    return QUELL_OK;
}

static enum quell_code encode_items(struct evaluation *e, const struct node *node,
                                    struct quell_value *list)
{
    size_t i, count = quell_count(*list);
    struct quell_value *items = evaluation_take(e, node, count * sizeof(*items));
    struct quell_value made;
    enum quell_code code = QUELL_OK;

    if (!items)
        return QUELL_LIMIT;
    for (i = 0; i < count && !code; i++) {
        items[i] = quell_at(*list, i);
        code = encode_text(e, node, &items[i]);
    }
    made = quell_list(items, count);
    made.flags |= list->flags & QUELL_MASKED;
    if (!code)
        *list = made;
    return code;
}

enum quell_code encode_visit(struct evaluation *e, const struct node *node,
                             struct quell_value *value)
{
    enum quell_code code = evaluation_value(e, node->kids[0], value);

    if (code)
        return code;
    if (node->entry && quell_is(*value, QUELL_LIST))
        return encode_items(e, node, value);
    return encode_text(e, node, value);
}

/* ---- values ------------------------------------------------------------------------------------
 */

struct quell_str encode_str(struct arena *arena, enum cel_sink sink, struct quell_str text)
{
    struct buf out = {0};

    sinks[sink].escape(&out, text);
    text = arena_str(arena, buf_str(&out));
    buf_free(&out);
    return text;
}

struct quell_value encode_inside(struct arena *arena, enum cel_sink sink, struct quell_value value)
{
    struct list_builder list = {.arena = arena};
    struct map_builder map = {.arena = arena};
    struct quell_value made = value;
    size_t i;

    if (quell_is(value, QUELL_STRING)) {
        made = quell_string(encode_str(arena, sink, quell_str(value)));
    } else if (quell_is(value, QUELL_LIST)) {
        for (i = 0; i < quell_count(value); i++)
            list_add(&list, encode_inside(arena, sink, quell_at(value, i)));
        made = list_made(&list);
    } else if (quell_is(value, QUELL_MAP)) {
        for (i = 0; i < quell_count(value); i++)
            map_add_key(&map, value.as.pairs[i].key,
                        encode_inside(arena, sink, value.as.pairs[i].value));
        made = map_made(&map);
    }
    made.flags |= value.flags & QUELL_MASKED;
    return made;
}
