/*
 * fold_heap.c - the folded runs by the time they are due and by their ids, and the memory of both.
 */
#include "core/fold.h"

#include <assert.h>
#include <string.h>

#include "base/memory.h"
#include "base/str.h"

enum { SLAB_RUNS = 256, HEAP_FIRST = 64 };

struct slab {
    struct slab *next;
    struct folded runs[SLAB_RUNS];
};

/* ---- memory ------------------------------------------------------------------------------------
 */

static struct folded *take(struct folds *folds)
{
    struct folded *taken;
    size_t i;

    if (folds->free == NULL) {
        struct slab *slab = memory_new(sizeof(*slab));
        slab->next = folds->slabs;
        folds->slabs = slab;
        folds->bytes += sizeof(*slab);
        for (i = SLAB_RUNS; i-- > 0;) {
            slab->runs[i].next = folds->free;
            folds->free = &slab->runs[i];
        }
    }
    taken = folds->free;
    folds->free = taken->next;
    *taken = (struct folded){.place = 0};
    return taken;
}

/* With the last run all is given back: a morning's flood is not kept for years. */
static void give_all(struct folds *folds)
{
    while (folds->slabs) {
        struct slab *slab = folds->slabs;
        folds->slabs = slab->next;
        folds->bytes -= sizeof(*slab);
        memory_free(slab);
    }
    folds->free = NULL;
    folds->bytes -= folds->cap * (sizeof(*folds->heap) + sizeof(*folds->buckets));
    memory_free(folds->heap);
    memory_free(folds->buckets);
    folds->heap = folds->buckets = NULL;
    folds->cap = 0;
}

/* ---- the index ---------------------------------------------------------------------------------
 */

struct quell_str folded_id(const struct folded *folded)
{
    return (struct quell_str){folded->id, strnlen(folded->id, sizeof(folded->id))};
}

static struct folded **bucket_of(const struct folds *folds, struct quell_str id)
{
    return &folds->buckets[str_hash(id) % folds->cap];
}

static void enter(struct folds *folds, struct folded *folded)
{
    struct folded **bucket = bucket_of(folds, folded_id(folded));

    folded->next = *bucket;
    *bucket = folded;
}

static void widen(struct folds *folds)
{
    size_t i, cap = folds->cap ? folds->cap * 2 : HEAP_FIRST;

    folds->heap = memory_resize(folds->heap, cap * sizeof(*folds->heap));
    memory_free(folds->buckets);
    folds->buckets = memory_new(cap * sizeof(*folds->buckets));
    folds->bytes += (cap - folds->cap) * (sizeof(*folds->heap) + sizeof(*folds->buckets));
    folds->cap = cap;
    for (i = 0; i < folds->count; i++)
        enter(folds, folds->heap[i]);
}

struct folded *folds_find(const struct folds *folds, struct quell_str id)
{
    struct folded *folded;

    if (folds == NULL || folds->count == 0)
        return NULL;
    for (folded = *bucket_of(folds, id); folded; folded = folded->next)
        if (quell_str_equal(id, folded_id(folded)))
            return folded;
    return NULL;
}

/* ---- the heap ----------------------------------------------------------------------------------
 */

static void put(struct folds *folds, size_t place, struct folded *folded)
{
    folds->heap[place] = folded;
    folded->place = (uint32_t)place;
}

static void sift_up(struct folds *folds, size_t place)
{
    struct folded *moved = folds->heap[place];

    while (place > 0 && folds->heap[(place - 1) / 2]->due_us > moved->due_us) {
        put(folds, place, folds->heap[(place - 1) / 2]);
        place = (place - 1) / 2;
    }
    put(folds, place, moved);
}

static void sift_down(struct folds *folds, size_t place)
{
    struct folded *moved = folds->heap[place];

    for (;;) {
        size_t child = 2 * place + 1;
        if (child + 1 < folds->count && folds->heap[child + 1]->due_us < folds->heap[child]->due_us)
            child++;
        if (child >= folds->count || folds->heap[child]->due_us >= moved->due_us)
            break;
        put(folds, place, folds->heap[child]);
        place = child;
    }
    put(folds, place, moved);
}

void folds_moved(struct folds *folds, struct folded *folded)
{
    sift_down(folds, folded->place);
    sift_up(folds, folded->place);
}

void folds_all_moved(struct folds *folds)
{
    size_t i;

    for (i = folds->count / 2; i-- > 0;)
        sift_down(folds, i);
}

struct folded *folds_add(struct folds *folds, struct quell_str id, int64_t due_us)
{
    struct folded *folded;

    assert(id.len <= sizeof(folded->id) && folds->count < UINT32_MAX);
    if (folds->count == folds->cap)
        widen(folds);
    folded = take(folds);
    memcpy(folded->id, id.data, id.len);
    folded->due_us = due_us;
    enter(folds, folded);
    put(folds, folds->count++, folded);
    sift_up(folds, folded->place);
    return folded;
}

void folds_drop(struct folds *folds, struct folded *folded)
{
    struct folded **at = bucket_of(folds, folded_id(folded));
    size_t place = folded->place;

    while (*at != folded)
        at = &(*at)->next;
    *at = folded->next;
    folds->count--;
    if (place < folds->count) {
        put(folds, place, folds->heap[folds->count]);
        folds_moved(folds, folds->heap[place]);
    }
    listening_release(folds, folded->listening);
    folded->next = folds->free;
    folds->free = folded;
    if (folds->count == 0)
        give_all(folds);
}
