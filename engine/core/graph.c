/*
 * graph.c - the picture of a playbook, in the format that is asked for.
 */
#include <string.h>

#include <quell/author.h>

#include "base/buf.h"
#include "base/error.h"
#include "core/core.h"
#include "graph/graph.h"
#include "value/value.h"

static enum quell_code text(struct arena *arena, const struct graph *graph, struct buf *out,
                            struct quell_error *err)
{
    return graph_text(arena, graph, false, out, err);
}

static enum quell_code ascii(struct arena *arena, const struct graph *graph, struct buf *out,
                             struct quell_error *err)
{
    return graph_text(arena, graph, true, out, err);
}

static enum quell_code svg(struct arena *arena, const struct graph *graph, struct buf *out,
                           struct quell_error *err)
{
    (void)arena;
    (void)err;
    graph_svg(graph, out);
    return QUELL_OK;
}

static enum quell_code dot(struct arena *arena, const struct graph *graph, struct buf *out,
                           struct quell_error *err)
{
    (void)err;
    graph_dot(arena, graph, out);
    return QUELL_OK;
}

static enum quell_code mermaid(struct arena *arena, const struct graph *graph, struct buf *out,
                               struct quell_error *err)
{
    (void)err;
    graph_mermaid(arena, graph, out);
    return QUELL_OK;
}

static const struct {
    const char *name;
    enum quell_code (*draw)(struct arena *arena, const struct graph *graph, struct buf *out,
                            struct quell_error *err);
} formats[] = {{"text", text}, {"ascii", ascii}, {"svg", svg}, {"dot", dot}, {"mermaid", mermaid}};

static enum quell_code draw(struct arena *arena, const struct graph *graph, const char *format,
                            struct quell_value *made, struct quell_error *err)
{
    struct buf out = {0};
    enum quell_code code;
    size_t i;

    if (strcmp(format, "json") == 0) {
        *made = graph_json(arena, graph);
        return QUELL_OK;
    }
    for (i = 0; i < sizeof(formats) / sizeof(formats[0]); i++) {
        if (strcmp(format, formats[i].name) != 0)
            continue;
        code = formats[i].draw(arena, graph, &out, err);
        *made = value_copy_str(arena, buf_str(&out));
        buf_free(&out);
        return code;
    }
    return error_set(err, QUELL_INVALID,
                     "`%s` is no format of a picture: text, ascii, svg, dot, mermaid or json",
                     format);
}

enum quell_code quell_graph(struct quell *engine, const char *playbook, const char *format,
                            struct quell_document *document, struct quell_error *err)
{
    struct quell_document made;
    struct arena *arena;
    struct loaded *loaded;
    struct graph graph;
    enum quell_code code = playbook_by_name(engine, playbook, &loaded, err);

    if (code)
        return code;
    arena = document_begin(&made);
    graph_make(arena, loaded->playbook, &graph);
    code = draw(arena, &graph, format, &made.value, err);
    if (code == QUELL_OK) /* labels borrow the playbook */
        made.value = value_copy(arena, made.value);
    loaded_release(loaded);
    if (code)
        arena_free(arena);
    else
        *document = made;
    return code;
}
