/*
 * graph.h - the picture of a playbook. The language has no goto, so every playbook is a tree of
 * sequences, forks and loops; laying it out needs no search: sizes come up from the leaves, places
 * go down from the root. Text, SVG, DOT, Mermaid and JSON are drawn from this one layout.
 */
#ifndef GRAPH_GRAPH_H
#define GRAPH_GRAPH_H

#include <stdbool.h>
#include <stddef.h>

#include <quell/error.h>
#include <quell/value.h>

struct arena;
struct buf;
struct playbook;
struct step;

enum graph_kind {
    GRAPH_BOX,      /* one step */
    GRAPH_SEQUENCE, /* one below the other; may be empty */
    GRAPH_FORK,     /* one beside the other, of which one or all are taken */
    GRAPH_LOOP,     /* a frame around what is repeated */
};

struct graph_item {
    enum graph_kind kind;
    const struct step *step;  /* of a box or loop */
    const char *mark;         /* of a box: what the step does, or "" */
    struct quell_str label;   /* of a box or loop; of a fork what it is: "if", "switch" ... */
    struct quell_str branch;  /* what leads here when it stands in a fork; may be empty */
    bool ends;                /* the run ends in it: nothing follows */
    struct graph_item *items; /* of the others */
    size_t count;
    /* The layout, in cells of a text: `x`, `y` from the left and the top of the picture, `stem` the
     * column behind `x` where the line comes in and goes out. */
    size_t x, y, width, height, stem;
    size_t slot; /* in a fork: its width with the name of the branch */
};

/* The program, and what runs when it has failed or at its end in any case. */
struct graph_part {
    struct quell_str title; /* empty for the program itself */
    struct graph_item root; /* a sequence */
    size_t y;               /* of the title's line */
};
struct graph {
    const struct playbook *playbook;
    struct graph_part parts[3];
    size_t count;
    size_t width, height;
};

/* Lives in `arena`; borrows the playbook. */
void graph_make(struct arena *arena, const struct playbook *playbook, struct graph *graph);

/* The marks of boxes, as plans have them: reads, changes, disrupts, asks. */
extern const char graph_mark_read[], graph_mark_note[], graph_mark_change[], graph_mark_disrupt[],
    graph_mark_ask[];

/* Draw it. Text has UTF-8 box drawing, or ASCII. QUELL_LIMIT: a text wider or higher than
 * LIMIT_GRAPH_CELLS allows. */
enum quell_code graph_text(struct arena *arena, const struct graph *graph, bool ascii,
                           struct buf *out, struct quell_error *err) QUELL_MUST_CHECK;
void graph_svg(const struct graph *graph, struct buf *out);
void graph_dot(struct arena *arena, const struct graph *graph, struct buf *out);
void graph_mermaid(struct arena *arena, const struct graph *graph, struct buf *out);
/* {playbook, name, width, height, nodes: [...], edges: [...], loops: [...]}, as
 * quell_graph() has it; forks, `start` and `end` are nodes, too. */
struct quell_value graph_json(struct arena *arena, const struct graph *graph);

#endif
