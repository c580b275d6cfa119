/*
 * draw.h - the lines, frames and texts of a picture, for whoever puts them on paper.
 */
#ifndef GRAPH_DRAW_H
#define GRAPH_DRAW_H

#include "graph/graph.h"

/* Coordinates are cells. A line is horizontal or vertical and has both its ends. */
struct brush {
    void (*line)(void *user, size_t x1, size_t y1, size_t x2, size_t y2);
    void (*frame)(void *user, const struct graph_item *item); /* of a box or loop */
    void (*text)(void *user, size_t x, size_t y, struct quell_str text, bool dim);
    void *user;
};
void graph_draw(const struct graph *graph, const struct brush *brush);

#endif
