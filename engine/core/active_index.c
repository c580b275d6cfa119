/*
 * active_index.c - the runs in memory by their ids: thousands are in flight when a far side is
 * slow, and each end of a run that was called looks for its caller.
 */
#include "core/core.h"

#include "base/memory.h"
#include "base/str.h"

enum { BUCKETS_FIRST = 64 }; /* doubled whenever there are as many runs: one a bucket, mostly */

static struct active **bucket_of(const struct quell *engine, struct quell_str id)
{
    return &engine->active_buckets[str_hash(id) & (engine->active_cap - 1)];
}

static void enter(struct quell *engine, struct active *active)
{
    struct active **bucket = bucket_of(engine, run_id(active->run));

    active->same = *bucket;
    *bucket = active;
}

static void widen(struct quell *engine)
{
    struct active *active;

    memory_free(engine->active_buckets);
    engine->active_cap = engine->active_cap ? engine->active_cap * 2 : BUCKETS_FIRST;
    engine->active_buckets = memory_new(engine->active_cap * sizeof(*engine->active_buckets));
    for (active = engine->active; active; active = active->next)
        enter(engine, active);
}

void active_index_add(struct quell *engine, struct active *active)
{
    if (engine->active_count > engine->active_cap)
        widen(engine); /* it is in the list already */
    else
        enter(engine, active);
}

void active_index_drop(struct quell *engine, struct active *active)
{
    struct active **at = bucket_of(engine, run_id(active->run));

    while (*at != active)
        at = &(*at)->same;
    *at = active->same;
    if (engine->active_count > 0 || engine->active_cap == BUCKETS_FIRST)
        return;
    memory_free(engine->active_buckets); /* a morning's flood is not kept for years */
    engine->active_buckets = NULL;
    engine->active_cap = 0;
}

struct active *active_find(struct quell *engine, struct quell_str run)
{
    struct active *active = engine->active_cap ? *bucket_of(engine, run) : NULL;

    while (active && !quell_str_equal(run_id(active->run), run))
        active = active->same;
    return active;
}
