/*
 * links.c - a picture as nodes and edges, for those who lay out themselves: DOT (Graphviz),
 * Mermaid, and JSON for programs.
 */
#include "base/arena.h"
#include "base/buf.h"
#include "base/str.h"
#include "cel/cel.h"
#include "graph/graph.h"
#include "playbook/playbook.h"
#include "value/value.h"

/* ---- from the tree to edges ---------------------------------------------------------------------
 */

struct node {
    const struct graph_item *item; /* NULL: the start or the end of a part */
    struct quell_str id, label;
    size_t part, loop; /* loop: the node list's number of the loop around it, or NO_LOOP */
};
struct edge {
    size_t from, to;
    struct quell_str label;
    bool back; /* to the next round of a loop */
};
#define NO_LOOP SIZE_MAX

/* An edge that is begun: where it goes is not known yet. */
struct tail {
    size_t from;
    struct quell_str label;
};
struct tails {
    struct tail *items;
    size_t count, cap;
};

struct links {
    struct arena *arena;
    struct node *nodes;
    size_t node_count, node_cap;
    struct edge *edges;
    size_t edge_count, edge_cap;
    const struct graph_item **loops; /* as they are met; `loop` of a node counts them */
    size_t loop_count, loop_cap;
    size_t part, loop;
};

#define GROW(arena, items, count, cap)                                                             \
    do {                                                                                           \
        if ((count) == (cap)) {                                                                    \
            size_t wider = (cap) ? (cap)*2 : 16;                                                   \
            (items) =                                                                              \
                arena_grow(arena, items, (cap) * sizeof(*(items)), wider * sizeof(*(items)));      \
            (cap) = wider;                                                                         \
        }                                                                                          \
    } while (0)

static void add_tail(struct links *links, struct tails *tails, struct tail tail)
{
    GROW(links->arena, tails->items, tails->count, tails->cap);
    tails->items[tails->count++] = tail;
}

static size_t add_node(struct links *links, const struct graph_item *item, const char *name,
                       struct quell_str label)
{
    GROW(links->arena, links->nodes, links->node_count, links->node_cap);
    links->nodes[links->node_count] = (struct node){
        .item = item,
        .id = item ? arena_format(links->arena, "%c%u", item->kind == GRAPH_FORK ? 'f' : 'n',
                                  item->step->number)
                   : arena_format(links->arena, "%s%zu", name, links->part),
        .label = label,
        .part = links->part,
        .loop = links->loop,
    };
    return links->node_count++;
}

static void add_edge(struct links *links, struct edge edge)
{
    GROW(links->arena, links->edges, links->edge_count, links->edge_cap);
    links->edges[links->edge_count++] = edge;
}

static void lead(struct links *links, const struct tails *tails, size_t to, bool back)
{
    size_t i;

    for (i = 0; i < tails->count; i++)
        add_edge(links, (struct edge){tails->items[i].from, to,
                                      back && !tails->items[i].label.len ? QUELL_STR("next")
                                                                         : tails->items[i].label,
                                      back});
}

static struct tails walk(struct links *links, const struct graph_item *item, struct tails tails);

/* A fork that is asked for by name is a node, so that what comes from several sides is asked once.
 */
static struct tails walk_fork(struct links *links, const struct graph_item *item,
                              struct tails tails)
{
    struct tails after = {0};
    size_t i, k;

    if (item->label.len) {
        size_t node = add_node(links, item, NULL, item->label);
        lead(links, &tails, node, false);
        tails = (struct tails){0};
        add_tail(links, &tails, (struct tail){node, QUELL_STR("")});
    }

    for (i = 0; i < item->count; i++) {
        struct tails into = {0}, out;
        for (k = 0; k < tails.count; k++) {
            struct tail tail = tails.items[k];
            if (item->items[i].branch.len)
                tail.label = tail.label.len
                                 ? arena_format(links->arena, "%.*s, %.*s", QUELL_ARG(tail.label),
                                                QUELL_ARG(item->items[i].branch))
                                 : item->items[i].branch;
            add_tail(links, &into, tail);
        }
        out = walk(links, &item->items[i], into);
        for (k = 0; k < out.count; k++)
            add_tail(links, &after, out.items[k]);
    }
    return after;
}

static struct tails walk_loop(struct links *links, const struct graph_item *item,
                              struct tails tails)
{
    size_t around = links->loop, first_edge = links->edge_count, first = links->node_count;
    struct tails after;

    GROW(links->arena, links->loops, links->loop_count, links->loop_cap);
    links->loops[links->loop_count] = item;
    links->loop = links->loop_count++;
    after = walk(links, &item->items[0], tails);
    if (links->node_count > first && links->edge_count > first_edge)
        lead(links, &after, links->edges[first_edge].to, true);
    links->loop = around;
    return after;
}

/* Adds what the item is and how it is reached; returns how it is left. */
static struct tails walk(struct links *links, const struct graph_item *item, struct tails tails)
{
    struct tails after = {0};
    size_t node, i;

    switch (item->kind) {
    case GRAPH_BOX:
        node = add_node(links, item, NULL, item->label);
        lead(links, &tails, node, false);
        if (!item->ends)
            add_tail(links, &after, (struct tail){node, QUELL_STR("")});
        return after;
    case GRAPH_SEQUENCE:
        for (i = 0; i < item->count; i++)
            tails = walk(links, &item->items[i], tails);
        return tails;
    case GRAPH_FORK:
        return walk_fork(links, item, tails);
    case GRAPH_LOOP:
        return walk_loop(links, item, tails);
    }
    return after;
}

static void collect(struct arena *arena, const struct graph *graph, struct links *links)
{
    *links = (struct links){.arena = arena, .loop = NO_LOOP};
    for (links->part = 0; links->part < graph->count; links->part++) {
        struct tails tails = {0};
        struct quell_str title = graph->parts[links->part].title;
        add_tail(
            links, &tails,
            (struct tail){add_node(links, NULL, "start", title.len ? title : QUELL_STR("start")),
                          QUELL_STR("")});
        tails = walk(links, &graph->parts[links->part].root, tails);
        if (tails.count)
            lead(links, &tails, add_node(links, NULL, "end", QUELL_STR("end")), false);
    }
}

/* ---- DOT ---------------------------------------------------------------------------------------
 */

/* DOT and Mermaid: a text in double quotes. */
static void add_quoted(struct buf *out, struct quell_str text, const char *quote)
{
    size_t i;

    buf_add_char(out, '"');
    for (i = 0; i < text.len; i++) {
        char c = text.data[i];
        if (c == '"')
            buf_add_text(out, quote);
        else if (c == '\\')
            buf_add_text(out, "\\\\");
        else
            buf_add_char(out, (unsigned char)c < ' ' ? ' ' : c);
    }
    buf_add_char(out, '"');
}

static void add_label(struct arena *arena, struct buf *out, const struct node *node,
                      const char *quote)
{
    const char *mark = node->item && node->item->mark ? node->item->mark : "";

    add_quoted(out,
               mark[0] ? arena_format(arena, "%s %.*s", mark, QUELL_ARG(node->label)) : node->label,
               quote);
}

static bool is_fork(const struct node *node)
{
    return node->item && node->item->kind == GRAPH_FORK;
}

static const char *dot_shape(const struct node *node)
{
    if (!node->item)
        return ", shape=plaintext];\n";
    return is_fork(node) ? ", shape=diamond, style=solid];\n" : "];\n";
}

void graph_dot(struct arena *arena, const struct graph *graph, struct buf *out)
{
    struct links links;
    size_t i;

    collect(arena, graph, &links);
    buf_add_text(out, "digraph ");
    add_quoted(out, graph->playbook->id, "\\\"");
    buf_add_text(out, " {\n  node [shape=box, style=rounded, fontname=monospace];\n"
                      "  edge [fontname=monospace];\n");
    for (i = 0; i < links.node_count; i++) {
        const struct node *node = &links.nodes[i];
        buf_add_format(out, "  %.*s [label=", QUELL_ARG(node->id));
        add_label(arena, out, node, "\\\"");
        buf_add_text(out, dot_shape(node));
    }
    for (i = 0; i < links.edge_count; i++) {
        const struct edge *edge = &links.edges[i];
        buf_add_format(out, "  %.*s -> %.*s", QUELL_ARG(links.nodes[edge->from].id),
                       QUELL_ARG(links.nodes[edge->to].id));
        if (edge->label.len) {
            buf_add_text(out, " [label=");
            add_quoted(out, edge->label, "\\\"");
            buf_add_text(out, edge->back ? ", style=dashed]" : "]");
        }
        buf_add_text(out, ";\n");
    }
    buf_add_text(out, "}\n");
}

/* ---- Mermaid -----------------------------------------------------------------------------------
 */

void graph_mermaid(struct arena *arena, const struct graph *graph, struct buf *out)
{
    struct links links;
    size_t i;

    collect(arena, graph, &links);
    buf_add_text(out, "flowchart TD\n");
    for (i = 0; i < links.node_count; i++) {
        const struct node *node = &links.nodes[i];
        buf_add_format(out, "  %.*s%s", QUELL_ARG(node->id),
                       is_fork(node) ? "{"
                       : node->item  ? "["
                                     : "([");
        add_label(arena, out, node, "#quot;");
        buf_add_text(out, is_fork(node) ? "}\n" : node->item ? "]\n" : "])\n");
    }
    for (i = 0; i < links.edge_count; i++) {
        const struct edge *edge = &links.edges[i];
        buf_add_format(out, "  %.*s %s", QUELL_ARG(links.nodes[edge->from].id),
                       edge->back ? "-.->" : "-->");
        if (edge->label.len) {
            buf_add_char(out, '|');
            add_quoted(out, edge->label, "#quot;");
            buf_add_char(out, '|');
        }
        buf_add_format(out, " %.*s\n", QUELL_ARG(links.nodes[edge->to].id));
    }
}

/* ---- JSON --------------------------------------------------------------------------------------
 */

static const char *const effects[] = {"reads", "notes", "changes", "disrupts"};

static struct quell_value node_value(struct arena *arena, const struct graph *graph,
                                     const struct node *node)
{
    struct map_builder map = {.arena = arena};
    const struct graph_item *item = node->item;
    const struct step *step = item ? item->step : NULL;

    map_add(&map, "id", quell_string(node->id));
    map_add(&map, "part", quell_string(graph->parts[node->part].title));
    map_add(&map, "kind", quell_text(!item ? "end" : is_fork(node) ? "fork" : "step"));
    map_add(&map, "label", quell_string(node->label));
    if (step) {
        map_add(&map, "step", quell_string(step->id_given ? step->id : QUELL_STR("")));
        map_add(&map, "name", quell_string(step->name));
        map_add(&map, "action", step->uses.len ? quell_string(step->uses) : quell_null());
        map_add(&map, "effect",
                step->action ? quell_text(effects[step->action->effect]) : quell_null());
        map_add(&map, "condition",
                step->condition.expr ? quell_string(cel_source(step->condition.expr))
                                     : quell_null());
        map_add(&map, "x", quell_int((int64_t)item->x));
        map_add(&map, "y", quell_int((int64_t)item->y));
        map_add(&map, "width", quell_int((int64_t)item->width));
        map_add(&map, "height", quell_int((int64_t)item->height));
    }
    map_add(&map, "loop", node->loop == NO_LOOP ? quell_null() : quell_int((int64_t)node->loop));
    return map_made(&map);
}

static struct quell_value loop_value(struct arena *arena, const struct graph_item *item)
{
    struct map_builder map = {.arena = arena};

    map_add(&map, "label", quell_string(item->label));
    map_add(&map, "x", quell_int((int64_t)item->x));
    map_add(&map, "y", quell_int((int64_t)item->y));
    map_add(&map, "width", quell_int((int64_t)item->width));
    map_add(&map, "height", quell_int((int64_t)item->height));
    return map_made(&map);
}

static struct quell_value edge_value(const struct links *links, const struct edge *edge)
{
    struct map_builder map = {.arena = links->arena};

    map_add(&map, "from", quell_string(links->nodes[edge->from].id));
    map_add(&map, "to", quell_string(links->nodes[edge->to].id));
    map_add(&map, "label", quell_string(edge->label));
    map_add(&map, "back", quell_bool(edge->back));
    return map_made(&map);
}

struct quell_value graph_json(struct arena *arena, const struct graph *graph)
{
    struct links links;
    struct map_builder map = {.arena = arena};
    struct list_builder nodes = {.arena = arena}, edges = {.arena = arena},
                        loops = {.arena = arena};
    size_t i;

    collect(arena, graph, &links);
    for (i = 0; i < links.node_count; i++)
        list_add(&nodes, node_value(arena, graph, &links.nodes[i]));
    for (i = 0; i < links.edge_count; i++)
        list_add(&edges, edge_value(&links, &links.edges[i]));
    for (i = 0; i < links.loop_count; i++)
        list_add(&loops, loop_value(arena, links.loops[i]));
    map_add(&map, "playbook", quell_string(graph->playbook->id));
    map_add(&map, "name", quell_string(graph->playbook->name));
    map_add(&map, "width", quell_int((int64_t)graph->width));
    map_add(&map, "height", quell_int((int64_t)graph->height));
    map_add(&map, "nodes", list_made(&nodes));
    map_add(&map, "edges", list_made(&edges));
    map_add(&map, "loops", list_made(&loops));
    return map_made(&map);
}
