/*
 * text.c - a picture in characters: box drawing, or ASCII where a terminal knows no better.
 *
 * A cell holds either a character or the directions in which lines leave it; what lines meet is
 * decided when all are drawn.
 */
#include "base/arena.h"
#include "base/buf.h"
#include "base/error.h"
#include "base/limits.h"
#include "base/utf8.h"
#include "graph/draw.h"

enum { UP = 1, DOWN = 2, LEFT = 4, RIGHT = 8 };

struct canvas {
    size_t width, height;
    uint8_t *lines;       /* directions */
    uint32_t *characters; /* code points; 0 = none; COVERED = the second half of a wide one */
    bool ascii;
};

#define COVERED UINT32_MAX

static size_t cell(const struct canvas *canvas, size_t x, size_t y)
{
    return y * canvas->width + x;
}

static void line(void *user, size_t x1, size_t y1, size_t x2, size_t y2)
{
    struct canvas *canvas = user;

    for (size_t y = y1; y < y2; y++) {
        canvas->lines[cell(canvas, x1, y)] |= DOWN;
        canvas->lines[cell(canvas, x1, y + 1)] |= UP;
    }
    for (size_t x = x1; x < x2; x++) {
        canvas->lines[cell(canvas, x, y1)] |= RIGHT;
        canvas->lines[cell(canvas, x + 1, y1)] |= LEFT;
    }
}

static void frame(void *user, const struct graph_item *item)
{
    size_t right = item->x + item->width - 1, bottom = item->y + item->height - 1;

    line(user, item->x, item->y, right, item->y);
    line(user, item->x, bottom, right, bottom);
    line(user, item->x, item->y, item->x, bottom);
    line(user, right, item->y, right, bottom);
}

static void text(void *user, size_t x, size_t y, struct quell_str words, bool dim)
{
    struct canvas *canvas = user;
    uint32_t point;
    size_t len;

    (void)dim;
    for (size_t at = 0; (len = utf8_read(words, at, &point)) > 0; at += len) {
        size_t columns = utf8_width((struct quell_str){words.data + at, len});
        if (columns == 0 || x + columns > canvas->width)
            continue;
        canvas->characters[cell(canvas, x, y)] = point < ' ' ? '?' : point;
        if (columns == 2)
            canvas->characters[cell(canvas, x + 1, y)] = COVERED;
        x += columns;
    }
}

/* By directions: up 1, down 2, left 4, right 8. */
static const char *const strokes[16] = {" ",
                                        "\xE2\x94\x82",
                                        "\xE2\x94\x82",
                                        "\xE2\x94\x82",
                                        "\xE2\x94\x80",
                                        "\xE2\x94\x98",
                                        "\xE2\x94\x90",
                                        "\xE2\x94\xA4",
                                        "\xE2\x94\x80",
                                        "\xE2\x94\x94",
                                        "\xE2\x94\x8C",
                                        "\xE2\x94\x9C",
                                        "\xE2\x94\x80",
                                        "\xE2\x94\xB4",
                                        "\xE2\x94\xAC",
                                        "\xE2\x94\xBC"};
static const char ascii_strokes[16] = {' ', '|', '|', '|', '-', '+', '+', '+',
                                       '-', '+', '+', '+', '-', '+', '+', '+'};

static void write_row(const struct canvas *canvas, size_t y, struct buf *out)
{
    size_t end = canvas->width;

    while (end > 0 && !canvas->characters[cell(canvas, end - 1, y)] &&
           !canvas->lines[cell(canvas, end - 1, y)])
        end--;
    for (size_t x = 0; x < end; x++) {
        uint32_t point = canvas->characters[cell(canvas, x, y)];
        uint8_t lines = canvas->lines[cell(canvas, x, y)];
        char bytes[4];
        if (point == COVERED)
            continue;
        if (canvas->ascii && point == 0x25CF) /* the mark of a read */
            point = '*';
        if (point)
            buf_add(out, bytes, utf8_write(point, bytes));
        else if (canvas->ascii)
            buf_add_char(out, ascii_strokes[lines]);
        else
            buf_add_text(out, strokes[lines]);
    }
    buf_add_char(out, '\n');
}

enum quell_code graph_text(struct arena *arena, const struct graph *graph, bool ascii,
                           struct buf *out, struct quell_error *err)
{
    struct canvas canvas = {.width = graph->width + 1, .height = graph->height, .ascii = ascii};
    struct brush brush = {line, frame, text, &canvas};
    size_t cells = canvas.width * canvas.height;

    if (cells > LIMIT_GRAPH_CELLS)
        return error_set(err, QUELL_LIMIT,
                         "a picture of %zu columns and %zu lines is no text any "
                         "more: take svg, dot or mermaid",
                         canvas.width, canvas.height);
    canvas.lines = arena_array(arena, uint8_t, cells);
    canvas.characters = arena_array(arena, uint32_t, cells);
    graph_draw(graph, &brush);
    for (size_t y = 0; y < canvas.height; y++)
        write_row(&canvas, y, out);
    return QUELL_OK;
}
