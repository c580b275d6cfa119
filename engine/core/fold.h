/*
 * fold.h - runs that only wait, folded out of memory: what is left of each is its id, when it goes
 * on by itself, and the events it listens for. A timer, an answer of a person, an event or a cancel
 * wakes it. Shared by fold.c and arrive.c.
 */
#ifndef CORE_FOLD_H
#define CORE_FOLD_H

#include "core/core.h"

struct folded {
    char id[37];
    int64_t due_us;        /* INT64_MAX = not by itself */
    size_t place;          /* in the heap */
    struct folded *next;   /* of its bucket */
    struct loaded *loaded; /* held for the triggers it listens by; NULL when it listens to none */
    const struct step **listening; /* NULL-ended, with their paths */
    struct quell_str *paths;
    struct arena *arena; /* of these two, or NULL */
};

struct folds {
    struct folded **heap; /* the earliest due first */
    size_t count, cap;
    struct folded **buckets;
    size_t bucket_count, listeners;
    struct loop_timer *timer;
    int64_t now_us, monotonic_us; /* when it was looked last */
};

/* A folded run that could not be woken is woken a little later. */
void fold_look_again(struct quell *engine, struct quell_str run);

#endif
