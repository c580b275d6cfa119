/*
 * draw.c - from the layout to lines, frames and texts.
 */
#include "graph/draw.h"

#include "base/str.h"
#include "base/utf8.h"

static size_t column_of(const struct graph_item *item)
{
    return item->x + item->stem;
}

static size_t bottom_of(const struct graph_item *item)
{
    return item->y + item->height - 1;
}

static void draw(const struct graph_item *item, const struct brush *brush);

static void draw_sequence(const struct graph_item *item, const struct brush *brush)
{
    size_t i;

    if (item->count == 0)
        brush->line(brush->user, column_of(item), item->y, column_of(item), bottom_of(item));
    for (i = 0; i < item->count; i++) {
        const struct graph_item *one = &item->items[i];
        draw(one, brush);
        if (i + 1 < item->count && !one->ends)
            brush->line(brush->user, column_of(one), bottom_of(one), column_of(one),
                        bottom_of(one) + 2);
    }
}

static void reach(size_t column, size_t *from, size_t *to)
{
    *from = column < *from ? column : *from;
    *to = column > *to ? column : *to;
}

static void draw_fork(const struct graph_item *item, const struct brush *brush)
{
    size_t column = column_of(item), bottom = bottom_of(item);
    size_t from = column, to = column, joined_from = column, joined_to = column, i;

    for (i = 0; i < item->count; i++) {
        const struct graph_item *one = &item->items[i];
        size_t stem = column_of(one);
        reach(stem, &from, &to);
        brush->line(brush->user, stem, item->y, stem, one->y);
        brush->text(brush->user, stem + 2, item->y + 1, one->branch, true);
        draw(one, brush);
        if (one->ends)
            continue;
        reach(stem, &joined_from, &joined_to);
        brush->line(brush->user, stem, bottom_of(one), stem, bottom);
    }
    brush->line(brush->user, from, item->y, to, item->y);
    if (!item->ends)
        brush->line(brush->user, joined_from, bottom, joined_to, bottom);
}

static void draw(const struct graph_item *item, const struct brush *brush)
{
    size_t column = column_of(item), bottom = bottom_of(item), x;

    switch (item->kind) {
    case GRAPH_SEQUENCE:
        draw_sequence(item, brush);
        break;
    case GRAPH_FORK:
        draw_fork(item, brush);
        break;
    case GRAPH_BOX:
        brush->frame(brush->user, item);
        x = item->x + 2;
        if (item->mark[0]) {
            brush->text(brush->user, x, item->y + 1, quell_str_of(item->mark), false);
            x += 2;
        }
        brush->text(brush->user, x, item->y + 1, item->label, false);
        break;
    case GRAPH_LOOP:
        brush->line(brush->user, column, item->y, column, item->items[0].y);
        draw(&item->items[0], brush);
        if (!item->items[0].ends)
            brush->line(brush->user, column, bottom_of(&item->items[0]), column, bottom);
        brush->frame(brush->user, item);
        brush->text(brush->user, item->x + 2, item->y, QUELL_STR(" "), true);
        brush->text(brush->user, item->x + 3, item->y, item->label, true);
        brush->text(brush->user, item->x + 3 + utf8_width(item->label), item->y, QUELL_STR(" "),
                    true);
        break;
    }
}

void graph_draw(const struct graph *graph, const struct brush *brush)
{
    size_t i;

    for (i = 0; i < graph->count; i++) {
        const struct graph_part *part = &graph->parts[i];
        brush->text(brush->user, 0, part->y, part->title, true);
        draw(&part->root, brush);
    }
}
