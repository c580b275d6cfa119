/*
 * checkpoints.c - the chain of the store is signed: every few minutes while it grows, before rows
 * are forgotten, and at an orderly end. Signing and writing happen on the writer's thread.
 */
#include "core/core.h"

#include <string.h>

#include "base/digest.h"
#include "base/error.h"
#include "base/memory.h"
#include "loop/log.h"
#include "store/signer.h"
#include "value/value.h"

struct checkpoints {
    struct quell *engine;
    struct arena *arena;
    struct signer *signer;
    const char *file;
    struct loop_timer *timer;
    int64_t every_ms;
    bool log;
    uint64_t signed_seq; /* the writer's thread only: the chain's end at the last one */
};

struct signing {
    struct checkpoints *checkpoints;
    int64_t at_us;
};

struct quell_str checkpoint_key_path(struct quell *engine, struct arena *arena)
{
    struct quell_str store = store_path(quell_store_url(engine));
    struct quell_value audit = quell_get(engine->generation->config, "audit");
    struct quell_str named = quell_get_str(quell_get(audit, "key"), "file");

    if (named.len)
        return quell_str_of(generation_path(engine->generation, arena, named));
    return store.len ? arena_format(arena, "%.*s.key", QUELL_ARG(store)) : QUELL_STR("");
}

struct quell_str checkpoint_file_path(struct quell *engine, struct arena *arena)
{
    struct quell_str store = store_path(quell_store_url(engine));
    struct quell_value audit = quell_get(engine->generation->config, "audit");
    struct quell_str named = quell_get_str(audit, "checkpoints");

    if (named.len)
        return quell_str_of(generation_path(engine->generation, arena, named));
    return store.len ? arena_format(arena, "%.*s.checkpoints", QUELL_ARG(store)) : QUELL_STR("");
}

/* ---- one checkpoint ----------------------------------------------------------------------------
 */

/* On the writer's thread. */
static enum quell_code sign(struct store *store, void *with, struct quell_error *err)
{
    const struct signing *signing = with;
    struct checkpoints *checkpoints = signing->checkpoints;
    struct store_checkpoint checkpoint = {.at_us = signing->at_us};
    enum quell_code code = store->kind->chain_end(store, &checkpoint, err);

    if (code || checkpoint.seq == checkpoints->signed_seq)
        return code;
    checkpoint.number++;
    signer_sign(checkpoints->signer, &checkpoint);
    code = store->kind->put_checkpoint(store, &checkpoint, err);
    if (code)
        return code;
    checkpoints->signed_seq = checkpoint.seq;
    if (checkpoints->log) {
        struct arena *arena = arena_new(0);
        log_line(LOG_LEVEL_INFO, "checkpoint %.*s", QUELL_ARG(checkpoint_line(arena, &checkpoint)));
        arena_free(arena);
    }
    return checkpoint_append(checkpoints->file, &checkpoint, err);
}

static void on_signed(enum quell_code code, const struct quell_error *err, void *user)
{
    memory_free(user);
    if (code) /* a store that failed says so at its next commit */
        log_line(LOG_LEVEL_WARNING, "no checkpoint: %s", err->message);
}

void checkpoint_now(struct quell *engine)
{
    struct signing *signing;
    struct quell_error err = {0};

    if (engine->checkpoints == NULL)
        return;
    signing = memory_new(sizeof(*signing));
    *signing = (struct signing){engine->checkpoints, loop_now_us(engine->loop)};
    if (writer_call(engine->writer, sign, signing, on_signed, signing, &err))
        on_signed(err.code, &err, signing);
}

static void arm(struct checkpoints *checkpoints);

static void on_time(void *user)
{
    struct checkpoints *checkpoints = user;

    checkpoints->timer = NULL;
    checkpoint_now(checkpoints->engine);
    arm(checkpoints);
}

static void arm(struct checkpoints *checkpoints)
{
    checkpoints->timer =
        loop_after(checkpoints->engine->loop, checkpoints->every_ms, on_time, checkpoints);
}

/* ---- opening -----------------------------------------------------------------------------------
 */

/* The last line of the file: a store that does not have it is older than it should be. */
static void check_last(struct quell *engine, const struct checkpoints *checkpoints)
{
    struct store_checkpoint last = {0}, end = {0};
    struct quell_error err = {0};

    if (!checkpoint_last(checkpoints->file, &last) ||
        engine->reader->kind->chain_end(engine->reader, &end, &err) || last.seq <= end.seq)
        return;
    log_line(LOG_LEVEL_ERROR,
             "the store ends at link %llu, and %s has a checkpoint of link %llu: an older copy was "
             "put in its place, or its end is missing: `quell audit verify` tells more",
             (unsigned long long)end.seq, checkpoints->file, (unsigned long long)last.seq);
}

enum quell_code checkpoints_open(struct quell *engine, struct quell_error *err)
{
    struct checkpoints *checkpoints;
    struct quell_value audit = quell_get(engine->generation->config, "audit");
    int64_t every_us = INT64_C(600) * 1000000;
    struct quell_value every = quell_get(audit, "checkpoint_every");
    enum quell_code code;

    if (engine->reader->kind->put_checkpoint == NULL)
        return QUELL_OK;
    if (quell_is(every, QUELL_DURATION))
        every_us = every.as.integer * 1000000;
    if (every_us < INT64_C(1000000))
        return error_set(err, QUELL_INVALID, "`audit.checkpoint_every` is one second at least");
    checkpoints = memory_new(sizeof(*checkpoints));
    checkpoints->engine = engine;
    checkpoints->arena = arena_new(0);
    engine->checkpoints = checkpoints;
    checkpoints->every_ms = every_us / 1000;
    checkpoints->log = quell_get_bool(audit, "log", false);
    checkpoints->file = checkpoint_file_path(engine, checkpoints->arena).data;
    code = signer_open(checkpoint_key_path(engine, checkpoints->arena).data, true,
                       &checkpoints->signer, err);
    if (code)
        return code;
    check_last(engine, checkpoints);
    arm(checkpoints);
    return QUELL_OK;
}

void checkpoints_free(struct quell *engine)
{
    struct checkpoints *checkpoints = engine->checkpoints;

    if (checkpoints == NULL)
        return;
    loop_cancel(checkpoints->timer);
    signer_close(checkpoints->signer);
    arena_free(checkpoints->arena);
    memory_free(checkpoints);
    engine->checkpoints = NULL;
}
