/*
 * svg.c - a picture for documents and tickets: one file, no script, readable on light and dark.
 */
#include "base/buf.h"
#include "base/escape.h"
#include "graph/draw.h"
#include "playbook/playbook.h"

/* A cell of the layout in pixels: what a monospaced font of 14 pixels needs. */
enum { CELL_X = 9, CELL_Y = 18, MARGIN = 12 };

static size_t px(size_t x)
{
    return MARGIN + x * CELL_X + CELL_X / 2;
}

static size_t py(size_t y)
{
    return MARGIN + y * CELL_Y + CELL_Y / 2;
}

static void line(void *user, size_t x1, size_t y1, size_t x2, size_t y2)
{
    if (x1 != x2 || y1 != y2)
        buf_add_format(user, "<path d=\"M%zu %zuL%zu %zu\"/>\n", px(x1), py(y1), px(x2), py(y2));
}

/* What a reader sees when the mouse rests on a step. */
static void add_title(struct buf *out, const struct step *step)
{
    buf_add_text(out, "<title>");
    escape_html(out, step->name.len ? step->name : step->id);
    if (step->uses.len) {
        buf_add_text(out, ": ");
        escape_html(out, step->uses);
    }
    buf_add_text(out, "</title>");
}

static void frame(void *user, const struct graph_item *item)
{
    static const struct {
        const char *mark, *class;
    } classes[] = {{graph_mark_read, "read"},
                   {graph_mark_note, "note"},
                   {graph_mark_change, "change"},
                   {graph_mark_disrupt, "disrupt"},
                   {graph_mark_ask, "ask"}};
    struct buf *out = user;
    const char *class = item->kind == GRAPH_LOOP ? "loop" : "step";
    size_t i;

    for (i = 0; item->mark && i < sizeof(classes) / sizeof(classes[0]); i++) {
        if (item->mark == classes[i].mark)
            class = classes[i].class;
    }
    buf_add_format(
        out, "<rect class=\"%s\" x=\"%zu\" y=\"%zu\" width=\"%zu\" height=\"%zu\" rx=\"5\">", class,
        px(item->x), py(item->y), (item->width - 1) * CELL_X, (item->height - 1) * CELL_Y);
    if (item->step)
        add_title(out, item->step);
    buf_add_text(out, "</rect>\n");
}

static void text(void *user, size_t x, size_t y, struct quell_str words, bool dim)
{
    struct buf *out = user;

    if (words.len == 0)
        return;
    buf_add_format(out, "<text%s x=\"%zu\" y=\"%zu\">", dim ? " class=\"dim\"" : "",
                   MARGIN + x * CELL_X, py(y) + 5);
    escape_html(out, words);
    buf_add_text(out, "</text>\n");
}

static const char style[] =
    "<style>svg{color-scheme:light dark;background:Canvas}"
    "text{font:14px ui-monospace,monospace;fill:CanvasText}.dim{fill:GrayText}"
    "path{stroke:GrayText;fill:none}rect{stroke:CanvasText;fill:Canvas}"
    ".loop{fill:none;stroke-dasharray:5 4}.read{stroke:#2b7de9}.note{stroke:#5a8f3c}"
    ".change{stroke:#b7791f;stroke-width:2}.disrupt{stroke:#c53030;stroke-width:2}"
    ".ask{stroke:#8250df;stroke-width:2}</style>\n";

void graph_svg(const struct graph *graph, struct buf *out)
{
    struct brush brush = {line, frame, text, out};
    struct quell_str name = graph->playbook->name.len ? graph->playbook->name : graph->playbook->id;

    buf_add_format(
        out,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %zu %zu\" width=\"%zu\" "
        "height=\"%zu\" role=\"img\">\n<title>",
        graph->width * CELL_X + 2 * MARGIN, graph->height * CELL_Y + 2 * MARGIN,
        graph->width * CELL_X + 2 * MARGIN, graph->height * CELL_Y + 2 * MARGIN);
    escape_html(out, name);
    buf_add_text(out, "</title>\n");
    buf_add_text(out, style);
    graph_draw(graph, &brush);
    buf_add_text(out, "</svg>\n");
}
