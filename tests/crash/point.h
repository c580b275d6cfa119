/*
 * point.h - crash points: a call of a thread at which the program dies, and the lists of them that
 * the shim's log gives.
 */
#ifndef CRASH_POINT_H
#define CRASH_POINT_H

#include <stdbool.h>
#include <stddef.h>

#include "when.h"

enum { POINT_TEXT = 80 };

struct point {
    char thread[8], call[20]; /* as the shim names them */
    unsigned long nth;        /* from 1 */
    char when[16];            /* what happens there: a word of when.h */
};

/* How often each thread made each call. */
struct counts {
    struct count {
        char thread[8], call[20];
        unsigned long most;
    } items[64];
    size_t count;
};

/* Reads a log of the shim; ends the program when there is none. */
struct counts counts_read(const char *path);
/* What every one of them has: the numbers differ by a few, because a commit may hold more or fewer
 * events. */
void counts_narrow(struct counts *counts, const struct counts *other);

/* Whether a log has the call of a point. */
bool counts_have(const char *path, const struct point *point);

/* All points of the counts for what a mode does, added to a list. */
struct point_list {
    struct point *items; /* memory_free() */
    size_t count, size;
};
void points_add(const struct counts *counts, enum mode mode, struct point_list *list);
/* Keeps at most so many of `count`, spread evenly: which ones, as numbers in order. 0 = all. The
 * caller frees the array. */
size_t *points_choose(size_t count, size_t most, size_t *chosen);
/* "writer/pwrite/12/after", and back. */
void point_text(const struct point *point, char text[POINT_TEXT]);
bool point_read(const char *text, struct point *point);

#endif
