/*
 * retention.c - old runs are forgotten: those that ended before a time, their events, incidents
 * that no run is about any more, and old refusals and audit rows. Never a run that has not ended,
 * nor what such a one needs. In small transactions, between which others commit.
 */
#include "core/core.h"

#include "base/error.h"
#include "base/limits.h"
#include "base/memory.h"
#include "journal/event.h"
#include "loop/log.h"
#include "value/value.h"

struct pruning {
    struct quell *engine;
    struct arena *arena;
    struct quell_prune_options options;
    int64_t before_us;
    struct quell_str *ids; /* runs, then incidents */
    size_t count, cap, at, needed;
    bool incidents, aged;
    struct store_forget what; /* of the transaction under way */
    struct store_forgotten did;
    struct quell_pruned *pruned;
    quell_done_fn *done;
    void *user;
};

enum { RUNS_AT_ONCE = 100 };

/* ---- what goes ---------------------------------------------------------------------------------
 */

static bool keep_id(struct quell_str id, bool is_run, void *user)
{
    struct pruning *p = user;

    (void)is_run; /* only one kind was asked for */
    if (p->count == p->cap) {
        size_t cap = p->cap ? p->cap * 2 : 256;
        p->ids = arena_grow(p->arena, p->ids, p->cap * sizeof(*p->ids), cap * sizeof(*p->ids));
        p->cap = cap;
    }
    p->ids[p->count++] = arena_str(p->arena, id);
    return true;
}

struct beginning {
    struct arena *arena;
    struct quell_str parent;
    bool read;
};

static bool first_event(const struct store_event *row, void *user)
{
    struct beginning *beginning = user;
    struct quell_error ignored;
    struct event event;

    if (event_read(beginning->arena, row->body, &event, &ignored) == QUELL_OK) {
        beginning->parent = quell_get_str(quell_get(event.data, "parent"), "run");
        beginning->read = true;
    }
    return false;
}

/* A run whose caller has not ended, or has something due, is needed by it; so is one that cannot be
 * read. */
static bool is_needed(struct pruning *p, struct quell_str run)
{
    struct store *reader = p->engine->reader;
    struct beginning beginning = {.arena = arena_new(0)};
    struct store_run parent;
    struct quell_error ignored;
    bool needed =
        reader->kind->events(reader, run, 0, first_event, &beginning, &ignored) || !beginning.read;

    if (!needed && beginning.parent.len)
        needed = reader->kind->run(reader, beginning.arena, beginning.parent, &parent, &ignored) ==
                     QUELL_OK &&
                 (parent.ended_us == 0 || parent.due_us > 0);
    arena_free(beginning.arena);
    return needed;
}

static enum quell_code find_runs(struct pruning *p, struct quell_error *err)
{
    struct store *reader = p->engine->reader;
    enum quell_code code = reader->kind->old(reader, p->before_us, 0, keep_id, p, err);
    size_t i, kept = 0;

    for (i = 0; !code && i < p->count; i++) {
        if (is_needed(p, p->ids[i]))
            p->needed++;
        else
            p->ids[kept++] = p->ids[i];
    }
    p->count = kept;
    return code;
}

/* ---- a look only -------------------------------------------------------------------------------
 */

struct aged {
    int64_t before_us;
    uint64_t count;
};

static bool count_refusal(const struct store_refusal *refusal, void *user)
{
    struct aged *aged = user;

    aged->count += refusal->at_us < aged->before_us;
    return true;
}

static bool count_audit(const struct store_audit *audit, void *user)
{
    struct aged *aged = user;

    aged->count += audit->at_us < aged->before_us;
    return true;
}

static enum quell_code count_all(struct pruning *p, struct quell_error *err)
{
    struct store *reader = p->engine->reader;
    struct store_refusal_query refusals = {.limit = SIZE_MAX};
    struct store_audit_query audits = {.limit = SIZE_MAX};
    struct aged of_refusals = {.before_us = p->before_us}, of_audits = of_refusals;
    struct store_run row;
    enum quell_code code = QUELL_OK;
    size_t i;

    for (i = 0; !code && i < p->count; i++) {
        struct arena *arena = arena_new(0);
        code = reader->kind->run(reader, arena, p->ids[i], &row, err);
        if (!code)
            p->pruned->events += row.last_seq;
        arena_free(arena);
    }
    p->pruned->runs = p->count;
    p->count = 0;
    if (!code)
        code = reader->kind->old(reader, 0, p->before_us, keep_id, p, err);
    p->pruned->incidents = p->count;
    if (!code)
        code = reader->kind->refusals(reader, &refusals, count_refusal, &of_refusals, err);
    if (!code)
        code = reader->kind->audits(reader, &audits, count_audit, &of_audits, err);
    p->pruned->refusals = of_refusals.count;
    p->pruned->audits = of_audits.count;
    return code;
}

/* ---- taking out --------------------------------------------------------------------------------
 */

static void add_up(struct quell_pruned *to, const struct store_forgotten *did)
{
    to->runs += did->runs;
    to->events += did->events;
    to->incidents += did->incidents;
    to->refusals += did->refusals;
    to->audits += did->audits;
}

static void go_on(struct pruning *p);

static void free_all(struct pruning *p)
{
    arena_free(p->arena);
    memory_free(p);
}

static void on_written(enum quell_code code, const struct quell_error *err, void *user)
{
    struct pruning *p = user;

    if (code == QUELL_OK)
        checkpoint_now(p->engine);
    if (p->done)
        p->done(code, err, p->user);
    free_all(p);
}

static void give_up(struct pruning *p, enum quell_code code, const struct quell_error *err)
{
    log_line(LOG_LEVEL_WARNING, "old runs are kept: %s", err->message);
    if (p->done)
        p->done(code, err, p->user);
    free_all(p);
}

/* All is taken out: that is written down, and then told. */
static void write_down(struct pruning *p)
{
    struct quell *engine = p->engine;
    struct map_builder map = {0};
    struct commit *commit;

    turn_begin(engine);
    commit = turn_commit(engine);
    map.arena = commit->arena;
    map_add(&map, "before", value_time_us(p->before_us));
    map_add(&map, "runs", quell_int((int64_t)p->pruned->runs));
    map_add(&map, "events", quell_int((int64_t)p->pruned->events));
    map_add(&map, "incidents", quell_int((int64_t)p->pruned->incidents));
    map_add(&map, "refusals", quell_int((int64_t)p->pruned->refusals));
    map_add(&map, "audit_rows", quell_int((int64_t)p->pruned->audits));
    map_add(&map, "kept", quell_int((int64_t)p->pruned->kept));
    commit_audit(commit, p->options.by, "pruned", QUELL_STR(""), map_made(&map));
    commit_tell(commit, on_written, p);
    turn_end(engine);
}

/* On the writer's thread. */
static enum quell_code forget_some(struct store *store, void *with, struct quell_error *err)
{
    struct pruning *p = with;

    return store->kind->forget(store, &p->what, &p->did, err);
}

static void on_forgotten(enum quell_code code, const struct quell_error *err, void *user)
{
    struct pruning *p = user;

    if (code) {
        give_up(p, code, err);
        return;
    }
    add_up(p->pruned, &p->did);
    if (!p->did.more && !p->aged)
        p->at += p->incidents ? p->what.incident_count : p->what.run_count;
    else if (!p->did.more)
        p->at = SIZE_MAX;
    go_on(p);
}

/* The next transaction; false: there is nothing more. */
static bool next_step(struct pruning *p, struct quell_error *err)
{
    p->what = (struct store_forget){.limit = LIMIT_FORGET_ROWS};
    if (p->aged)
        return p->at != SIZE_MAX;
    if (p->at >= p->count && !p->incidents) {
        struct store *reader = p->engine->reader;

        p->incidents = true;
        p->at = p->count = 0;
        if (reader->kind->old(reader, 0, p->before_us, keep_id, p, err))
            p->count = 0; /* they go at the next time */
    }
    if (p->at >= p->count) {
        p->aged = true;
        p->at = 0;
    }
    return true;
}

static void go_on(struct pruning *p)
{
    struct quell_error err = {0};
    size_t left;

    if (!next_step(p, &err)) {
        write_down(p);
        return;
    }
    left = p->count - p->at < RUNS_AT_ONCE ? p->count - p->at : RUNS_AT_ONCE;
    if (p->aged) {
        p->what.refusals_us = p->what.audits_us = p->before_us;
    } else if (p->incidents) {
        p->what.incidents = &p->ids[p->at];
        p->what.incident_count = left;
    } else {
        p->what.runs = &p->ids[p->at];
        p->what.run_count = left;
    }
    if (writer_call(p->engine->writer, forget_some, p, on_forgotten, p, &err))
        give_up(p, err.code, &err);
}

enum quell_code quell_prune(struct quell *engine, const struct quell_prune_options *options,
                            struct quell_pruned *pruned, quell_done_fn *done, void *user,
                            struct quell_error *err)
{
    struct pruning *p;
    enum quell_code code;

    if (options->older_than_us < INT64_C(86400) * 1000000)
        return error_set(err, QUELL_INVALID, "what is younger than a day is not forgotten");
    if (engine->writer == NULL && !options->dry_run)
        return error_set(err, QUELL_INVALID, "the store was opened for reading");
    p = memory_new(sizeof(*p));
    p->engine = engine;
    p->arena = arena_new(0);
    p->options = *options;
    p->options.by = arena_str(p->arena, options->by);
    p->before_us = loop_now_us(engine->loop) - options->older_than_us;
    p->pruned = pruned;
    p->done = done;
    p->user = user;
    *pruned = (struct quell_pruned){.before_us = p->before_us};
    code = find_runs(p, err);
    pruned->kept = p->needed;
    if (!code && options->dry_run)
        code = count_all(p, err);
    if (code || options->dry_run) {
        free_all(p);
        if (code == QUELL_OK && done)
            done(QUELL_OK, NULL, user);
        return code;
    }
    checkpoint_now(engine);
    go_on(p);
    return QUELL_OK;
}

/* ---- from time to time -------------------------------------------------------------------------
 */

enum { RETENTION_EVERY_MS = 86400 * 1000, RETENTION_FIRST_MS = 3600 * 1000 };

struct retention {
    struct quell *engine;
    struct loop_timer *timer;
    struct quell_pruned pruned;
    bool under_way;
};

static void on_pruned(enum quell_code code, const struct quell_error *err, void *user)
{
    struct retention *retention = user;
    const struct quell_pruned *did = &retention->pruned;

    retention->under_way = false;
    if (code == QUELL_OK)
        log_line(LOG_LEVEL_INFO, "forgotten: %llu runs, %llu events, %llu incidents",
                 (unsigned long long)did->runs, (unsigned long long)did->events,
                 (unsigned long long)did->incidents);
    (void)err; /* it was logged */
}

/* The configuration may be another one by now. */
static void on_time(void *user)
{
    struct retention *retention = user;
    struct quell *engine = retention->engine;
    struct quell_value given = quell_get(engine->generation->config, "retention");
    struct quell_value older = quell_get(given, "older_than");
    struct quell_prune_options options = {.by = QUELL_STR("quell")};
    struct quell_error err = {0};

    retention->timer = loop_after(engine->loop, RETENTION_EVERY_MS, on_time, retention);
    if (!quell_is(older, QUELL_DURATION) || retention->under_way || engine->broken || engine->drain)
        return;
    options.older_than_us = older.as.integer * 1000000;
    retention->under_way = true;
    if (quell_prune(engine, &options, &retention->pruned, on_pruned, retention, &err)) {
        retention->under_way = false;
        log_line(LOG_LEVEL_WARNING, "old runs are kept: %s", err.message);
    }
}

void retention_open(struct quell *engine)
{
    if (engine->reader->kind->verify == NULL) /* a store that does not persist */
        return;
    engine->retention = memory_new(sizeof(*engine->retention));
    engine->retention->engine = engine;
    engine->retention->timer =
        loop_after(engine->loop, RETENTION_FIRST_MS, on_time, engine->retention);
}

void retention_free(struct quell *engine)
{
    if (engine->retention == NULL)
        return;
    loop_cancel(engine->retention->timer);
    memory_free(engine->retention);
    engine->retention = NULL;
}
