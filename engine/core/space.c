/*
 * space.c - room on the disk: before it is full nothing new is taken in, so that what comes back
 * from calls that are on their way still finds its place. As soon as there is space again, intake
 * goes on by itself.
 */
#include "core/core.h"

#include <inttypes.h>

#include "base/error.h"
#include "base/limits.h"
#include "base/str.h"
#include "loop/file.h"
#include "loop/log.h"

static void look(struct quell *engine)
{
    struct arena *arena = arena_new(0);
    struct quell_str path = arena_str(arena, store_path(quell_store_url(engine)));
    bool was_short = engine->space.left < engine->space.kept, is_short;
    uint64_t all;

    engine->space.kept = 0;
    if (path.len && file_space(path.data, &engine->space.left, &all)) {
        engine->space.kept = all / LIMIT_SPACE_SHARE;
        if (engine->space.kept > LIMIT_SPACE_KEPT)
            engine->space.kept = LIMIT_SPACE_KEPT;
    }
    is_short = engine->space.left < engine->space.kept;
    if (is_short && !was_short)
        log_line(LOG_LEVEL_ERROR,
                 "the disk of the store is nearly full, %" PRIu64
                 " KiB are left: nothing new is taken in until there is space",
                 engine->space.left >> 10);
    if (was_short && !is_short)
        log_line(LOG_LEVEL_INFO, "there is space on the disk again");
    arena_free(arena);
}

enum quell_code space_left(struct quell *engine, struct quell_error *err)
{
    int64_t now_us = loop_monotonic_us(engine->loop);

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
