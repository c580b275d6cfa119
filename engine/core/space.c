/*
 * space.c - room on the disk: before it is full nothing new is taken in, so that what comes back
 * from calls that are on their way still finds its place. When others fill it to its end, commits
 * wait for space in the writer, and nothing is acknowledged and nothing leaves meanwhile: both
 * follow from a commit. As soon as there is space again, all goes on by itself.
 */
#include "core/core.h"

#include <inttypes.h>

#include "base/error.h"
#include "base/limits.h"
#include "base/str.h"
#include "loop/file.h"
#include "loop/log.h"

static void measure(struct quell *engine)
{
    struct arena *arena = arena_new(0);
    struct quell_str path = arena_str(arena, store_path(quell_store_url(engine)));
    uint64_t all;

    engine->space.kept = 0;
    if (path.len && file_space(path.data, &engine->space.left, &all)) {
        engine->space.kept = all / LIMIT_SPACE_SHARE;
        if (engine->space.kept > LIMIT_SPACE_KEPT)
            engine->space.kept = LIMIT_SPACE_KEPT;
    }
    arena_free(arena);
}

static void look(struct quell *engine)
{
    bool was_short = engine->space.left < engine->space.kept, is_short;

    measure(engine);
    is_short = engine->space.left < engine->space.kept;
    if (is_short && !was_short)
        log_line(LOG_LEVEL_ERROR,
                 "the disk of the store is nearly full, %" PRIu64
                 " KiB are left: nothing new is taken in until there is space",
                 engine->space.left >> 10);
    if (was_short && !is_short)
        log_line(LOG_LEVEL_INFO, "there is space on the disk again");
}

#define FULL                                                                                       \
    "the disk of the store is full: nothing is taken in, and nothing is sent, until there is "     \
    "space"

/* Senders have time-outs of their own, and a connection each: they are told to come again. What
 * they sent is not taken back, and a delivery that comes again gets the answer of the first. */
static void answer_late(void *user)
{
    struct quell *engine = user;
    struct submission *submission;
    struct quell_error err = {0};

    engine->space.timer = NULL;
    (void)error_set(&err, QUELL_UNAVAILABLE, FULL);
    for (submission = engine->pending; submission; submission = submission->next) {
        struct waiter *waiter = submission->waiters;

        submission->waiters = NULL;
        for (; waiter; waiter = waiter->next)
            waiter->done(QUELL_UNAVAILABLE, QUELL_STR(""), waiter->repeated, &err, waiter->user);
    }
}

static void on_full(bool full, void *user)
{
    struct quell *engine = user;

    loop_cancel(engine->space.timer);
    engine->space.timer = NULL;
    if (full) {
        engine->counters.store_full++;
        engine->space.timer = loop_after(engine->loop, LIMIT_FULL_ANSWER_MS, answer_late, engine);
        log_line(LOG_LEVEL_ERROR, FULL);
    } else {
        log_line(LOG_LEVEL_INFO, "there is space on the disk again: what waited for it is written");
    }
}

void space_open(struct quell *engine)
{
    writer_watch_full(engine->writer, on_full, engine);
}

void space_close(struct quell *engine)
{
    loop_cancel(engine->space.timer);
    engine->space.timer = NULL;
}

/* Beside a serving engine only the disk itself can be asked. */
bool space_is_full(struct quell *engine)
{
    if (engine->writer)
        return writer_full(engine->writer);
    measure(engine);
    return engine->space.kept > 0 && engine->space.left < LIMIT_SPACE_COMMIT;
}

struct quell_str space_text(struct quell *engine, struct arena *arena)
{
    if (space_is_full(engine))
        return arena_format(arena, FULL "; %zu commits wait", engine->committing);
    if (engine->writer)
        look(engine); /* who asks may be the only one who has asked for hours */
    if (engine->space.left < engine->space.kept)
        return arena_format(arena, "nearly full: %" PRIu64 " KiB are left",
                            engine->space.left >> 10);
    return QUELL_STR("");
}

enum quell_code space_left(struct quell *engine, struct quell_error *err)
{
    int64_t now_us = loop_monotonic_us(engine->loop);

    if (engine->writer && writer_full(engine->writer))
        return error_set(err, QUELL_UNAVAILABLE, FULL);
    if (engine->space.looked_us == 0 ||
        now_us - engine->space.looked_us >= (int64_t)LIMIT_SPACE_LOOK_MS * 1000) {
        engine->space.looked_us = now_us ? now_us : 1;
        look(engine);
    }
    if (engine->space.left >= engine->space.kept)
        return QUELL_OK;
    return error_set(err, QUELL_UNAVAILABLE,
                     "the disk of the store is nearly full: %" PRIu64
                     " KiB are left, and they are kept for runs that are under way",
                     engine->space.left >> 10);
}
