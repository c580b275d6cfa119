/*
 * diff.c - the shortest edit between two lists of lines (E. Myers, An O(ND) Difference Algorithm
 * and Its Variations, 1986): for each number of edits, how far each diagonal reaches.
 */
#include "base/diff.h"

#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/limits.h"
#include "base/str.h"

enum { AROUND = 3 }; /* lines shown beside a change */

struct lines {
    struct quell_str *items;
    size_t count;
};

static struct lines split(struct arena *arena, struct quell_str text)
{
    struct lines lines = {0};
    struct quell_str rest = text;
    size_t i, count = 1;

    for (i = 0; i < text.len; i++)
        count += text.data[i] == '\n';
    lines.items = arena_array(arena, struct quell_str, count);
    while (rest.len)
        (void)str_cut(rest, '\n', &lines.items[lines.count++],
                      &rest); /* the last may have no end */
    return lines;
}

struct edit {
    const struct lines *a, *b;
    char *kept_a, *kept_b; /* 1: the line is in both */
};

static bool equal(const struct edit *edit, long x, long y)
{
    return quell_str_equal(edit->a->items[x], edit->b->items[y]);
}

/* Walks back from the end through the reaches of each round, and marks the lines that are kept. */
static void mark(struct edit *edit, long *const *rounds, long edits)
{
    long x = (long)edit->a->count, y = (long)edit->b->count;

    for (long d = edits; d >= 0; d--) {
        const long *reach = rounds[d] + d + 1; /* of the round before, by diagonal */
        long k = x - y;
        long before = d == 0                                               ? 0
                      : k == -d || (k != d && reach[k - 1] < reach[k + 1]) ? k + 1
                                                                           : k - 1;
        long from_x = d == 0 ? 0 : reach[before], from_y = d == 0 ? 0 : from_x - before;
        while (x > from_x && y > from_y) {
            edit->kept_a[--x] = 1;
            edit->kept_b[--y] = 1;
        }
        x = from_x;
        y = from_y;
    }
}

static void shortest(struct arena *arena, struct edit *edit)
{
    long n = (long)edit->a->count, m = (long)edit->b->count, most = n + m;
    long **rounds;
    long *reach;

    if (most > LIMIT_DIFF_EDITS)
        most = LIMIT_DIFF_EDITS;
    rounds = arena_array(arena, long *, (size_t)most + 1);
    reach = arena_array(arena, long, 2 * (size_t)most + 3);
    reach += most + 1;
    for (long d = 0; d <= most; d++) {
        rounds[d] = arena_array(arena, long, 2 * (size_t)d + 3);
        memcpy(rounds[d], reach - d - 1, (2 * (size_t)d + 3) * sizeof(*reach));
        for (long k = -d; k <= d; k += 2) {
            long x = k == -d || (k != d && reach[k - 1] < reach[k + 1]) ? reach[k + 1]
                                                                        : reach[k - 1] + 1;
            long y = x - k;
            while (x < n && y < m && y >= 0 && equal(edit, x, y)) {
                x++;
                y++;
            }
            reach[k] = x;
            if (x >= n && y >= m) {
                mark(edit, rounds, d);
                return;
            }
        }
    }
}

static void write(struct buf *out, char sign, struct quell_str line)
{
    buf_add_char(out, sign);
    buf_add_str(out, line);
    buf_add_char(out, '\n');
}

/* One hunk: lines [a, a_end) of the one text and [b, b_end) of the other. */
static void write_hunk(struct buf *out, const struct edit *edit, size_t a, size_t a_end, size_t b,
                       size_t b_end)
{
    buf_add_format(out, "@@ -%zu,%zu +%zu,%zu @@\n", a + (a_end > a), a_end - a, b + (b_end > b),
                   b_end - b);
    while (a < a_end || b < b_end) {
        if (a < a_end && !edit->kept_a[a])
            write(out, '-', edit->a->items[a++]);
        else if (b < b_end && !edit->kept_b[b])
            write(out, '+', edit->b->items[b++]);
        else {
            write(out, ' ', edit->a->items[a++]);
            b++;
        }
    }
}

/* Goes on from (a, b) to behind the change there; lines of both texts are kept in step. */
static void pass_change(const struct edit *edit, size_t *a, size_t *b)
{
    while (*a < edit->a->count && !edit->kept_a[*a])
        (*a)++;
    while (*b < edit->b->count && !edit->kept_b[*b])
        (*b)++;
}

static bool at_change(const struct edit *edit, size_t a, size_t b)
{
    return (a < edit->a->count && !edit->kept_a[a]) || (b < edit->b->count && !edit->kept_b[b]);
}

/* The end of the hunk whose change begins at (a, b): changes with few lines between share one. */
static void hunk_end(const struct edit *edit, size_t *a, size_t *b)
{
    size_t kept = 0, x = *a, y = *b;

    while (at_change(edit, x, y) || (x < edit->a->count && y < edit->b->count)) {
        if (at_change(edit, x, y)) {
            pass_change(edit, &x, &y);
            *a = x;
            *b = y;
            kept = 0;
        } else if (++kept > 2 * AROUND) {
            return;
        } else {
            x++;
            y++;
        }
    }
}

void diff_unified(struct arena *arena, struct buf *out, const char *name, struct quell_str before,
                  struct quell_str after)
{
    struct lines lines_a = split(arena, before), lines_b = split(arena, after);
    struct edit edit = {.a = &lines_a, .b = &lines_b};
    size_t a = 0, b = 0;

    if (quell_str_equal(before, after))
        return;
    edit.kept_a = arena_array(arena, char, lines_a.count + 1);
    edit.kept_b = arena_array(arena, char, lines_b.count + 1);
    shortest(arena, &edit);
    buf_add_format(out, "--- %s\n+++ %s\n", name, name);
    while (a < lines_a.count || b < lines_b.count) {
        size_t from_a = a, from_b = b, end_a, end_b, lead;
        if (!at_change(&edit, a, b)) {
            a++;
            b++;
            continue;
        }
        hunk_end(&edit, &a, &b);
        lead = from_a < AROUND ? from_a : AROUND;
        end_a = a + AROUND < lines_a.count ? a + AROUND : lines_a.count;
        end_b = b + (end_a - a);
        write_hunk(out, &edit, from_a - lead, end_a, from_b - lead, end_b);
    }
}
