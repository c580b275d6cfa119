/*
 * fold.c - runs that only wait, folded out of memory, and woken again from their journals.
 *
 * One timer serves all of them. It goes by a time that never goes back, though the clock may be set
 * back, and looks once a minute, in case the clock was set forward or the machine slept. A run has
 * a time of its own, which is the clock's but never before its last event: what it waits for comes
 * after the time that was left when it was folded, or when the clock says so, if that is earlier.
 */
#include "core/fold.h"

#include "base/error.h"
#include "base/limits.h"
#include "base/memory.h"
#include "base/str.h"
#include "core/children.h"
#include "core/gate.h"
#include "loop/log.h"
#include "value/json.h"
#include "value/value.h"

enum { LOOK_MS = 60000, WAKE_AT_ONCE = 64, AGAIN_MS = 1000, JUMP_US = 1000000 };

/* ---- time --------------------------------------------------------------------------------------
 */

/* The clock has caught up with the time of the folds: a run that was folded while it was behind is
 * due when the clock says so, though less time went by than was left. */
static void catch_up(struct folds *folds, int64_t lag_us)
{
    size_t i;

    for (i = 0; i < folds->count; i++) {
        struct folded *folded = folds->heap[i];
        int64_t early = folded->behind_us - lag_us;

        if (early <= 0)
            continue;
        folded->behind_us -= early;
        if (folded->due_us != INT64_MAX)
            folded->due_us -= early;
    }
    folds_all_moved(folds);
    folds->lag_us = lag_us;
}

/* The clock's time, but it goes on though the clock is set back. */
static int64_t look_at_clock(struct quell *engine)
{
    struct folds *folds = engine->folds;
    int64_t monotonic = loop_monotonic_us(engine->loop), clock = loop_now_us(engine->loop);
    int64_t now = clock, lag;

    if (folds->now_us && now < folds->now_us + (monotonic - folds->monotonic_us))
        now = folds->now_us + (monotonic - folds->monotonic_us);
    folds->now_us = now;
    folds->monotonic_us = monotonic;
    lag = now - clock;
    if (lag > folds->lag_us)
        folds->lag_us = lag;
    else if (folds->lag_us - lag > JUMP_US || (lag == 0 && folds->lag_us > 0))
        catch_up(folds, lag);
    return now;
}

static void on_due(void *user);

/* From now until then in whole milliseconds, rounded up: a timer does not come early. */
static int64_t left_ms(int64_t due_us, int64_t now_us)
{
    int64_t left = due_us <= now_us ? 0 : (due_us - now_us) / 1000 + 1;

    return left < LOOK_MS ? left : LOOK_MS;
}

static void arm(struct quell *engine)
{
    struct folds *folds = engine->folds;

    loop_cancel(folds->timer);
    folds->timer = NULL;
    if (folds->count == 0 || folds->heap[0]->due_us == INT64_MAX || engine->broken)
        return;
    folds->timer = loop_after(engine->loop, left_ms(folds->heap[0]->due_us, look_at_clock(engine)),
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

/* `run_now_us` is the run's own time, `due_us` is in it. */
static struct folded *fold(struct quell *engine, struct quell_str id, int64_t run_now_us,
                           int64_t due_us)
{
    int64_t behind = look_at_clock(engine) - run_now_us;
    struct folded *folded =
        folds_add(engine->folds, id, due_us == INT64_MAX ? due_us : due_us + behind);

    folded->behind_us = behind;
    return folded;
}

void active_fold(struct active *active)
{
    struct quell *engine = active->engine;
    struct folds *folds = folds_of(engine);
    struct arena *arena;
    struct quell_value waits;
    struct folded *folded;
    int64_t due = active->timer ? active->timer_due_us : INT64_MAX, now = active_now_us(active);

    if (active->calls || active->commits || active->deciding || engine->broken || engine->drain ||
        gate_keeps(active) || !run_idle(active->run) || due - now < (int64_t)LIMIT_FOLD_S * 1000000)
        return;
    arena = arena_new(0);
    waits = active_waits(arena, active->run);
    if (quell_count(waits) > 0) {
        folded = fold(engine, run_id(active->run), now, due);
        if (waits_for_event(waits))
            folded->listening = listening_of(folds, active->loaded, waits);
        active_free(active);
        if (folded->place == 0)
            arm(engine);
    }
    arena_free(arena);
}

static bool waits_for_run(struct quell_value waits)
{
    size_t i;

    for (i = 0; i < quell_count(waits); i++)
        if (quell_text_is(quell_get(quell_at(waits, i), "what"), "run"))
            return true;
    return false;
}

enum quell_code fold_row(struct quell *engine, const struct store_run *row, struct quell_error *err)
{
    struct folds *folds = folds_of(engine);
    struct arena *arena = arena_new(0);
    struct quell_value waits;
    struct loaded *loaded = NULL;
    struct folded *folded;
    int64_t now = loop_now_us(engine->loop);
    enum quell_code code;

    code = json_read(arena, row->waits, 0, &waits, NULL, err);
    if (code == QUELL_OK && waits_for_event(waits))
        code = journal_playbook(engine, row, &loaded, err);
    if (code == QUELL_OK) {
        int64_t due = row->due_us ? row->due_us : INT64_MAX;

        /* The run that it waits for may have ended while it could not be read: it looks itself. */
        folded = fold(engine, row->id, row->updated_us > now ? row->updated_us : now,
                      waits_for_run(waits) ? now : due);
        if (loaded)
            folded->listening = listening_of(folds, loaded, waits);
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
    struct quell_str id = folded_id(folded);
    struct store_run row;
    enum quell_code code = engine->reader->kind->run(engine->reader, arena, id, &row, err);

    if (code == QUELL_OK)
        code = active_from_journal(engine, &row, active, err);
    if (code == QUELL_OK) {
        (*active)->reached_us = look_at_clock(engine) - folded->behind_us;
        active_arm(*active, run_updated_us((*active)->run));
        folds_drop(engine->folds, folded);
        wait_no_more(*active);
    }
    arena_free(arena);
    return code;
}

struct active *active_wake(struct quell *engine, struct quell_str run, struct quell_error *err)
{
    struct active *active = active_find(engine, run);
    struct folded *folded = active ? NULL : folds_find(engine->folds, run);

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
        log_line(LOG_LEVEL_ERROR, "run=%.*s cannot be woken: %s", QUELL_ARG(folded_id(folded)),
                 err.message);
        folded->due_us = now_us + (int64_t)LOOK_MS * 1000;
        folds_moved(folds, folded);
        return;
    }
    advance(active);
}

void fold_look_again(struct quell *engine, struct quell_str run)
{
    struct folded *folded = folds_find(engine->folds, run);

    if (folded == NULL)
        return;
    folded->due_us = look_at_clock(engine) + (int64_t)LOOK_MS * 1000;
    folds_moved(engine->folds, folded);
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

size_t fold_bytes(const struct quell *engine)
{
    return engine->folds ? sizeof(*engine->folds) + engine->folds->bytes : 0;
}

void folds_free(struct folds *folds)
{
    if (folds == NULL)
        return;
    loop_cancel(folds->timer);
    while (folds->count)
        folds_drop(folds, folds->heap[folds->count - 1]);
    memory_free(folds);
}
