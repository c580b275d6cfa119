/*
 * fixture.h - an engine on files of its own: configuration, one playbook, a SQLite store; and
 * journals that end in the middle, as a crash leaves them.
 */
#ifndef UNIT_CORE_FIXTURE_H
#define UNIT_CORE_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "../unprotected.h"
#include "base/str.h"
#include "core/core.h"
#include "journal/event.h"
#include "loop/log.h"
#include "value/value.h"

#define UNUSED __attribute__((unused))
#define RUN_ID "01890a5d-ac96-774b-bcce-b302099a8057"

struct engine_place {
    char folder[32], config[64], playbook[64], store[64];
    const char *playbooks[2];
    struct loop *loop;
};

static UNUSED void place_write(const char *path, const char *text)
{
    FILE *file = fopen(path, "we");

    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

static UNUSED void place_make(struct engine_place *place, const char *config, const char *playbook)
{
    (void)snprintf(place->folder, sizeof(place->folder), "/tmp/quell-core-XXXXXX");
    assert_non_null(mkdtemp(place->folder));
    (void)snprintf(place->config, sizeof(place->config), "%s/quell.yaml", place->folder);
    (void)snprintf(place->playbook, sizeof(place->playbook), "%s/p.yaml", place->folder);
    (void)snprintf(place->store, sizeof(place->store), "sqlite:%s/quell.db", place->folder);
    place_write(place->config, config);
    place_write(place->playbook, playbook);
    place->playbooks[0] = place->playbook;
    place->playbooks[1] = NULL;
    place->loop = loop_new();
    log_set(LOG_LEVEL_ERROR, 0);
}

static UNUSED void place_remove(struct engine_place *place)
{
    static const char *const names[] = {
        "quell.yaml",   "p.yaml",        "quell.db",     "quell.db-wal",
        "quell.db-shm", "quell.db.lock", "quell.db.key", "quell.db.checkpoints"};
    char path[96];

    loop_free(place->loop);
    for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
        (void)snprintf(path, sizeof(path), "%s/%s", place->folder, names[i]);
        (void)unlink(path); /* some are not there */
    }
    assert_int_equal(rmdir(place->folder), 0);
}

static UNUSED struct quell *place_open(struct engine_place *place, enum quell_purpose purpose)
{
    struct quell_options options = {.purpose = purpose,
                                    .config = place->config,
                                    .store = place->store,
                                    .playbooks = place->playbooks,
                                    .loop = place->loop};
    struct quell *engine = NULL;
    struct quell_error err = {0};

    if (quell_open(&options, &engine, &err))
        fail_msg("%s", err.message);
    return engine;
}

/* ---- journals that end in the middle -----------------------------------------------------------
 */

struct half {
    struct arena *arena;
    struct store_event rows[32];
    size_t count;
};

static UNUSED void half_add(struct half *half, const struct event *event)
{
    assert_true(half->count < sizeof(half->rows) / sizeof(*half->rows));
    half->rows[half->count++] = (struct store_event){.run = QUELL_STR(RUN_ID),
                                                     .seq = event->seq,
                                                     .at_us = event->at_us,
                                                     .kind = quell_str_of(event_name(event->kind)),
                                                     .body = event_write(half->arena, event)};
}

static UNUSED void half_store(struct engine_place *place, const struct half *half,
                              const struct playbook *playbook)
{
    struct store_run row = {.id = QUELL_STR(RUN_ID),
                            .playbook = playbook->id,
                            .revision = {playbook->revision, 64},
                            .state = QUELL_STR("running"),
                            .mode = QUELL_STR("live"),
                            .started_us = 1,
                            .updated_us = 1,
                            .last_seq = half->count};
    struct store_revision revision = {.revision = row.revision,
                                      .playbook = playbook->id,
                                      .file = playbook->file,
                                      .text = playbook->text};
    struct store_batch batch = {.revisions = &revision,
                                .revision_count = 1,
                                .runs = &row,
                                .run_count = 1,
                                .events = half->rows,
                                .event_count = half->count};
    const struct store_batch *batches[] = {&batch};
    struct store *store;
    struct quell_error err = {0};

    if (store_open(quell_str_of(place->store), STORE_WRITE, &store, &err) ||
        store->kind->commit(store, batches, 1, &err))
        fail_msg("%s", err.message);
    store_close(store);
}

/* The journal of a run of the place's playbook that was started by hand: its first decision, and
 * behind it what `more` adds (NULL: nothing). Nothing of it was dispatched. */
static UNUSED void half_make(struct engine_place *place,
                             void (*more)(struct half *half, struct run *run))
{
    struct quell *engine = place_open(place, QUELL_FOR_AUTHORING);
    const struct playbook *playbook = engine->generation->playbooks[0]->playbook;
    struct half half = {.arena = arena_new(0)};
    struct run *run = run_new(playbook, QUELL_STR(RUN_ID));
    struct event started = {.seq = 1, .at_us = clock_now_us(), .kind = EVENT_RUN_STARTED};
    struct run_events decided;
    struct quell_error err = {0};

    started.data = run_start_data(half.arena, playbook, quell_null(), quell_map(NULL, 0), RUN_LIVE,
                                  QUELL_STR("test"));
    if (run_apply(run, &started, &err))
        fail_msg("%s", err.message);
    half_add(&half, &started);
    decided = run_decide(run, started.at_us);
    for (size_t i = 0; i < decided.count; i++)
        half_add(&half, &decided.items[i]);
    if (more)
        more(&half, run);
    half_store(place, &half, playbook);
    run_free(run);
    arena_free(half.arena);
    quell_close(engine);
}

/* ---- what happens ------------------------------------------------------------------------------
 */

struct watch {
    const char *kind, *path; /* counted: events of this kind at this path (NULL = any) */
    size_t count;
};

static UNUSED void watch_event(struct quell_str run, struct quell_value event, void *user)
{
    struct watch *watch = user;

    (void)run;
    watch->count += quell_text_is(quell_get(event, "kind"), watch->kind) &&
                    (!watch->path || quell_text_is(quell_get(event, "path"), watch->path));
}

/* Turns the loop until the watch has seen one; a test that hangs is ended by ctest. */
static UNUSED void watch_wait(struct engine_place *place, const struct watch *watch)
{
    while (watch->count == 0)
        loop_once(place->loop, -1);
}

static UNUSED bool run_is(struct quell *engine, const char *state)
{
    struct quell_runs_options all = {.limit = 1};
    struct quell_document runs = {.memory = NULL};
    struct quell_error err = {0};
    bool is;

    if (quell_runs(engine, &all, &runs, &err))
        fail_msg("%s", err.message);
    is = quell_text_is(quell_get(quell_at(runs.value, 0), "state"), state);
    quell_document_free(&runs);
    return is;
}

#endif
