/*
 * shelf.c - rows in the order of their keys. Does not own or lock anything.
 */
#include "store/shelf.h"

#include <string.h>

#include "base/memory.h"
#include "base/str.h"

static int key_compare(const struct shelf_key *a, const struct shelf_key *b)
{
    int order = str_compare(a->first, b->first);

    if (order == 0)
        order = str_compare(a->second, b->second);
    if (order == 0)
        order = (a->number > b->number) - (a->number < b->number);
    return order;
}

size_t shelf_place(const struct shelf *shelf, const struct shelf_key *key)
{
    size_t low = 0, high = shelf->count;

    /* Ids are in time order, so new rows mostly belong at the end. */
    if (high > 0 && key_compare(shelf->rows[high - 1], key) < 0)
        return high;
    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (key_compare(shelf->rows[middle], key) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

bool shelf_at(const struct shelf *shelf, size_t place, const struct shelf_key *key)
{
    return place < shelf->count && key_compare(shelf->rows[place], key) == 0;
}

void *shelf_find(const struct shelf *shelf, const struct shelf_key *key)
{
    size_t place = shelf_place(shelf, key);

    return shelf_at(shelf, place, key) ? shelf->rows[place] : NULL;
}

void shelf_insert(struct shelf *shelf, size_t place, struct shelf_key *row)
{
    if (shelf->count == shelf->cap) {
        shelf->cap = shelf->cap ? shelf->cap * 2 : 8;
        shelf->rows = memory_resize(shelf->rows, shelf->cap * sizeof *shelf->rows);
    }
    memmove(&shelf->rows[place + 1], &shelf->rows[place],
            (shelf->count - place) * sizeof *shelf->rows);
    shelf->rows[place] = row;
    shelf->count++;
}

void shelf_remove(struct shelf *shelf, size_t place)
{
    shelf->count--;
    memmove(&shelf->rows[place], &shelf->rows[place + 1],
            (shelf->count - place) * sizeof *shelf->rows);
}

void shelf_free(struct shelf *shelf)
{
    memory_free(shelf->rows);
}
