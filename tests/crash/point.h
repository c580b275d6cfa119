/*
 * point.h - crash points: a call of a thread at which the program dies, and the lists of them that
 * the shim's log gives.
 */
#ifndef CRASH_POINT_H
#define CRASH_POINT_H

#include <stdbool.h>
#include <stddef.h>

struct point {
    char thread[8], call[12]; /* as the shim names them */
    unsigned long nth;        /* from 1 */
    bool before;              /* the call is not made any more */
};

/* How often each thread made each call. */
struct counts {
    struct count {
        char thread[8], call[12];
        unsigned long most;
    } items[40];
    size_t count;
};

/* Reads a log of the shim; ends the program when there is none. */
struct counts counts_read(const char *path);
/* What every one of them has: the numbers differ by a few, because a commit may hold more or fewer
 * events. */
void counts_narrow(struct counts *counts, const struct counts *other);

/* Whether a log has the call of a point. */
bool counts_have(const char *path, const struct point *point);

/* All points of the counts, before and after, in an array that the caller frees; with `most` > 0
 * at most so many, spread evenly over each thread and call. *all is how many there are. */
struct point *points_make(const struct counts *counts, size_t most, size_t *count, size_t *all);
/* "writer/pwrite/12/after", and back. */
void point_text(const struct point *point, char text[48]);
bool point_read(const char *text, struct point *point);

#endif
