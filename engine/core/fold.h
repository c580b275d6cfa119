/*
 * fold.h - runs that only wait, folded out of memory: what is left of each is its id, when it goes
 * on by itself, and the steps that listen for events. A timer, an answer of a person, an event or a
 * cancel wakes it. Shared by fold.c, fold_heap.c, listening.c and arrive.c.
 */
#ifndef CORE_FOLD_H
#define CORE_FOLD_H

#include "core/core.h"

/* The steps of a playbook that folded runs listen by: one for all runs that stand at the same
 * steps. */
struct listening {
    struct listening *next;
    size_t refs, count;
    struct loaded *loaded;
    bool fits;                  /* some step's condition holds for what just arrived */
    const struct step *steps[]; /* `count` */
};

/* 72 bytes, and about 24 in the heap and the index; LIMIT_FOLDED_BYTES is the promise. */
struct folded {
    int64_t due_us;              /* in the time of the folds; INT64_MAX = not by itself */
    int64_t behind_us;           /* the time of the folds less the run's own */
    struct listening *listening; /* or NULL */
    struct folded *next;         /* of its bucket, or free */
    uint32_t place;              /* in the heap */
    char id[36];                 /* filled up with zeros */
};

struct slab; /* many of them in one piece: an allocation each would cost more than its run */

struct folds {
    struct folded **heap; /* the earliest due first */
    size_t count, cap;
    struct folded **buckets; /* `cap` of them */
    struct slab *slabs;
    struct folded *free;
    struct listening *listenings;
    size_t bytes; /* of all the above */
    struct loop_timer *timer;
    int64_t now_us, monotonic_us; /* their time, and when it was looked last */
    int64_t lag_us;               /* the clock was behind it by this, see look_at_clock() */
};

/* ---- fold_heap.c: the heap, the index and their memory ------------------------------------------
 */
struct folded *folds_add(struct folds *folds, struct quell_str id, int64_t due_us);
struct folded *folds_find(const struct folds *folds, struct quell_str id); /* or NULL */
void folds_drop(struct folds *folds, struct folded *folded);
void folds_moved(struct folds *folds, struct folded *folded); /* its due_us was changed */
void folds_all_moved(struct folds *folds);
struct quell_str folded_id(const struct folded *folded);

/* ---- listening.c --------------------------------------------------------------------------------
 */
/* What a run with these waits, [{step, what ...}], listens by; NULL when for no event. */
struct listening *listening_of(struct folds *folds, struct loaded *loaded,
                               struct quell_value waits);
bool waits_for_event(struct quell_value waits);
void listening_release(struct folds *folds, struct listening *listening); /* NULL is allowed */

/* ---- fold.c -------------------------------------------------------------------------------------
 */
/* A folded run that could not be woken is woken a little later. */
void fold_look_again(struct quell *engine, struct quell_str run);

#endif
