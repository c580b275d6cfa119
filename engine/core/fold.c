/*
 * fold.c - runs that only wait, folded out of memory, and woken again from their journals.
 *
 * One timer serves all of them. It goes by a time that never goes back, though the clock may be set
 * back, and looks once a minute, in case the clock was set forward or the machine slept.
 */
#include "core/fold.h"

#include <assert.h>
#include <string.h>

#include "base/error.h"
#include "base/limits.h"
#include "base/memory.h"
#include "base/str.h"
#include "loop/log.h"
#include "value/json.h"
#include "value/value.h"

enum { LOOK_MS = 60000, WAKE_AT_ONCE = 64, AGAIN_MS = 1000 };

/* ---- the heap and the index --------------------------------------------------------------------
 */

static void put(struct folds *folds, size_t place, struct folded *folded)
{
    folds->heap[place] = folded;
    folded->place = place;
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

static struct folded **bucket_of(const struct folds *folds, struct quell_str id)
{
    return &folds->buckets[str_hash(id) % folds->bucket_count];
}

static void widen(struct folds *folds)
{
    size_t i, cap = folds->cap ? folds->cap * 2 : 64;

    folds->heap = memory_resize(folds->heap, cap * sizeof(*folds->heap));
    memory_free(folds->buckets);
    folds->buckets = memory_new(cap * sizeof(*folds->buckets));
    folds->bucket_count = folds->cap = cap;
    for (i = 0; i < folds->count; i++) {
        struct folded **bucket = bucket_of(folds, quell_str_of(folds->heap[i]->id));
        folds->heap[i]->next = *bucket;
        *bucket = folds->heap[i];
    }
}

static struct folded *add(struct folds *folds, struct quell_str id, int64_t due_us)
{
    struct folded *folded = memory_new(sizeof(*folded)), **bucket;

    assert(id.len < sizeof(folded->id));
    if (folds->count == folds->cap)
        widen(folds);
    memcpy(folded->id, id.data, id.len);
    folded->due_us = due_us;
    bucket = bucket_of(folds, id);
    folded->next = *bucket;
    *bucket = folded;
    folds->heap[folds->count++] = folded;
    sift_up(folds, folds->count - 1);
    return folded;
}

static struct folded *find(const struct folds *folds, struct quell_str id)
{
    struct folded *folded;

    if (folds == NULL || folds->count == 0)
        return NULL;
    for (folded = *bucket_of(folds, id); folded; folded = folded->next)
        if (str_is(id, folded->id))
            return folded;
    return NULL;
}

static void drop(struct folds *folds, struct folded *folded)
{
    struct folded **at = bucket_of(folds, quell_str_of(folded->id));
    size_t place = folded->place;

    while (*at != folded)
        at = &(*at)->next;
    *at = folded->next;
    folds->count--;
    if (place < folds->count) {
        put(folds, place, folds->heap[folds->count]);
        sift_down(folds, place);
        sift_up(folds, folds->heap[place]->place);
    }
    folds->listeners -= folded->listening != NULL;
    loaded_release(folded->loaded);
    arena_free(folded->arena);
    memory_free(folded);
}

/* ---- time --------------------------------------------------------------------------------------
 */

/* The clock's time, but it goes on though the clock is set back. */
static int64_t look_at_clock(struct quell *engine)
{
    struct folds *folds = engine->folds;
    int64_t monotonic = loop_monotonic_us(engine->loop), now = loop_now_us(engine->loop);

    if (folds->now_us && now < folds->now_us + (monotonic - folds->monotonic_us))
        now = folds->now_us + (monotonic - folds->monotonic_us);
    folds->now_us = now;
    folds->monotonic_us = monotonic;
    return now;
}

static void on_due(void *user);

static void arm(struct quell *engine)
{
    struct folds *folds = engine->folds;
    int64_t left_ms;

    loop_cancel(folds->timer);
    folds->timer = NULL;
    if (folds->count == 0 || folds->heap[0]->due_us == INT64_MAX || engine->broken)
        return;
    left_ms = (folds->heap[0]->due_us - look_at_clock(engine)) / 1000 + 1;
    folds->timer = loop_after(engine->loop,
                              left_ms < 0         ? 0
                              : left_ms < LOOK_MS ? left_ms
                                                  : LOOK_MS,
                              on_due, engine);
}

/* ---- folding -----------------------------------------------------------------------------------
 */

static struct folds *folds_of(struct quell *engine)
{
    if (engine->folds == NULL)
        engine->folds = memory_new(sizeof(*engine->folds));
    return engine->folds;
}

static const struct step *step_at(const struct playbook *playbook, struct quell_str path)
{
    size_t i, from = path.len;
    struct quell_str id;

    while (from > 0 && path.data[from - 1] != '.')
        from--;
    id = str_slice(path, from, path.len);
    for (i = 0; i < playbook->step_count; i++)
        if (quell_str_equal(playbook->all[i]->id, id))
            return playbook->all[i];
    return NULL;
}

static bool is_event(struct quell_value wait)
{
    return quell_text_is(quell_get(wait, "what"), "event");
}

/* Which steps listen for events; the playbook is kept for their conditions. */
static void listen(struct folds *folds, struct folded *folded, struct loaded *loaded,
                   struct quell_value waits)
{
    size_t i, count = 0, all = quell_count(waits);

    folded->arena = arena_new(0);
    folded->listening = arena_array(folded->arena, const struct step *, all + 1);
    folded->paths = arena_array(folded->arena, struct quell_str, all + 1);
    for (i = 0; i < all; i++) {
        struct quell_str path = quell_get_str(quell_at(waits, i), "step");
        const struct step *step = step_at(loaded->playbook, path);
        if (!is_event(quell_at(waits, i)) || step == NULL || step->wait == NULL)
            continue;
        folded->listening[count] = step;
        folded->paths[count++] = arena_str(folded->arena, path);
    }
    folded->loaded = loaded_hold(loaded);
    folds->listeners++;
}

static bool any_event(struct quell_value waits)
{
    size_t i;

    for (i = 0; i < quell_count(waits); i++)
        if (is_event(quell_at(waits, i)))
            return true;
    return false;
}

void active_fold(struct active *active)
{
    struct quell *engine = active->engine;
    struct folds *folds = folds_of(engine);
    struct arena *arena;
    struct quell_value waits;
    struct folded *folded;
    int64_t due = active->timer ? active->timer_due_us : INT64_MAX;

    if (active->calls || active->commits || active->deciding || engine->broken || engine->drain ||
        !run_idle(active->run) || due - active_now_us(active) < (int64_t)LIMIT_FOLD_S * 1000000)
        return;
    arena = arena_new(0);
    waits = active_waits(arena, active->run);
    if (quell_count(waits) > 0) {
        folded = add(folds, run_id(active->run), due);
        if (any_event(waits))
            listen(folds, folded, active->loaded, waits);
        active_free(active);
        arm(engine);
    }
    arena_free(arena);
}

enum quell_code fold_row(struct quell *engine, const struct store_run *row, struct quell_error *err)
{
    struct folds *folds = folds_of(engine);
    struct arena *arena = arena_new(0);
    struct quell_value waits;
    struct loaded *loaded = NULL;
    struct folded *folded;
    enum quell_code code;

    code = json_read(arena, row->waits, 0, &waits, NULL, err);
    if (code == QUELL_OK && any_event(waits))
        code = journal_playbook(engine, row, &loaded, err);
    if (code == QUELL_OK) {
        folded = add(folds, row->id, row->due_us ? row->due_us : INT64_MAX);
        if (loaded)
            listen(folds, folded, loaded, waits);
        loaded_release(loaded);
        if (folded->place == 0)
            arm(engine);
    }
    arena_free(arena);
    return code;
}

/* ---- waking ------------------------------------------------------------------------------------
 */

/* It was not told of the end of a run that it called: it could not be read then. */
static void wait_no_more(struct active *active)
{
    turn_begin(active->engine);
    if (children_settle(active))
        advance(active);
    turn_end(active->engine);
}

static enum quell_code unfold(struct quell *engine, struct folded *folded, struct active **active,
                              struct quell_error *err)
{
    struct arena *arena = arena_new(0);
    struct quell_str id = quell_str_of(folded->id);
    struct store_run row;
    enum quell_code code = engine->reader->kind->run(engine->reader, arena, id, &row, err);

    if (code == QUELL_OK)
        code = active_from_journal(engine, &row, active, err);
    if (code == QUELL_OK) {
        active_arm(*active, run_updated_us((*active)->run));
        drop(engine->folds, folded);
        wait_no_more(*active);
    }
    arena_free(arena);
    return code;
}

struct active *active_wake(struct quell *engine, struct quell_str run, struct quell_error *err)
{
    struct active *active = active_find(engine, run);
    struct folded *folded = active ? NULL : find(engine->folds, run);

    if (folded == NULL) {
        if (active == NULL)
            (void)error_set(err, QUELL_CONFLICT, "run %.*s is not under way", QUELL_ARG(run));
        return active;
    }
    if (unfold(engine, folded, &active, err))
        return NULL;
    arm(engine);
    return active;
}

/* A run that cannot be built again now is looked at later: its playbook or the store may be back.
 */
static void wake_due(struct quell *engine, struct folded *folded, int64_t now_us)
{
    struct folds *folds = engine->folds;
    struct active *active;
    struct quell_error err = {0};

    if (unfold(engine, folded, &active, &err)) {
        log_line(LOG_LEVEL_ERROR, "run=%s cannot be woken: %s", folded->id, err.message);
        folded->due_us = now_us + (int64_t)LOOK_MS * 1000;
        sift_down(folds, folded->place);
        return;
    }
    active->reached_us = now_us;
    advance(active);
}

void fold_look_again(struct quell *engine, struct quell_str run)
{
    struct folded *folded = find(engine->folds, run);

    if (folded == NULL)
        return;
    folded->due_us = look_at_clock(engine) + (int64_t)LOOK_MS * 1000;
    sift_up(engine->folds, folded->place);
    sift_down(engine->folds, folded->place);
    arm(engine);
}

static void on_due(void *user)
{
    struct quell *engine = user;
    struct folds *folds = engine->folds;
    int64_t now = look_at_clock(engine);
    size_t count;

    folds->timer = NULL;
    turn_begin(engine);
    for (count = 0; count < WAKE_AT_ONCE && folds->count && folds->heap[0]->due_us <= now &&
                    engine->active_count < LIMIT_RUNS_ACTIVE && !engine->broken && !engine->drain;
         count++)
        wake_due(engine, folds->heap[0], now);
    turn_end(engine);
    if (engine->drain)
        return;                                                      /* the next open wakes them */
    if (count == 0 && folds->count && folds->heap[0]->due_us <= now) /* no room now */
        folds->timer = loop_after(engine->loop, AGAIN_MS, on_due, engine);
    else
        arm(engine);
}

/* ---- the end -----------------------------------------------------------------------------------
 */

size_t fold_count(const struct quell *engine)
{
    return engine->folds ? engine->folds->count : 0;
}

void folds_free(struct folds *folds)
{
    if (folds == NULL)
        return;
    loop_cancel(folds->timer);
    while (folds->count)
        drop(folds, folds->heap[folds->count - 1]);
    memory_free(folds->heap);
    memory_free(folds->buckets);
    memory_free(folds);
}
