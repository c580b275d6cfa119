/*
 * recover.c - after a stop of any kind: every run that had not ended is folded from its journal,
 * its open calls are taken up where their journaled state stands, and it goes on.
 */
#include "core/children.h"

#include "base/error.h"
#include "base/memory.h"
#include "base/str.h"
#include "loop/log.h"
#include "value/value.h"

struct replay {
    struct run *run;
    struct arena *scratch;
    enum quell_code code;
    struct quell_error *err;
};

static bool apply_row(const struct store_event *row, void *user)
{
    struct replay *replay = user;
    struct event event;

    arena_reset(replay->scratch);
    replay->code = event_read(replay->scratch, row->body, &event, replay->err);
    if (replay->code == QUELL_OK)
        replay->code = run_apply(replay->run, &event, replay->err);
    return replay->code == QUELL_OK;
}

enum quell_code journal_read_run(struct quell *engine, const struct store_run *row,
                                 struct run **run, struct loaded **loaded, struct quell_error *err)
{
    struct replay replay = {.err = err};
    enum quell_code code = journal_playbook(engine, row, loaded, err);

    if (code)
        return code;
    replay.run = run_new((*loaded)->playbook, row->id);
    replay.scratch = arena_new(0);
    code = engine->reader->kind->events(engine->reader, row->id, 0, apply_row, &replay, err);
    if (code == QUELL_OK)
        code = replay.code;
    arena_free(replay.scratch);
    if (code) {
        run_free(replay.run);
        loaded_release(*loaded);
        return code;
    }
    *run = replay.run;
    return QUELL_OK;
}

static void take_up_call(const struct run_call *call, void *user)
{
    dispatch_call(user, call);
}

/* Its playbook or its connector cannot be loaded: it is shown as held until an open that can. */
static void leave_held(struct quell *engine, const struct store_run *row,
                       const struct quell_error *err)
{
    struct store_run held = *row;

    engine->counters.unrecovered++;
    log_line(LOG_LEVEL_ERROR, "run=%.*s cannot be taken up and is held: %s", QUELL_ARG(row->id),
             err->message);
    held.state = QUELL_STR("held");
    held.waits = QUELL_STR(""); /* it is built again, and its row made right, at that open */
    commit_row(turn_commit(engine), &held);
}

enum quell_code active_from_journal(struct quell *engine, const struct store_run *row,
                                    struct active **made, struct quell_error *err)
{
    struct run_world world = generation_world(engine->generation);
    struct active *active;
    struct loaded *loaded;
    struct run *run;
    enum quell_code code = journal_read_run(engine, row, &run, &loaded, err);

    if (code)
        return code;
    starts_set_world(engine, &world);
    run_set_world(run, &world);
    active = active_new(engine, engine->generation, loaded, run);
    loaded_release(loaded); /* the run holds it now */
    active->incident_id = incident_version(run_incident(run));
    active->title = quell_get_str(run_incident(run), "title");
    *made = active;
    return QUELL_OK;
}

static void take_up(struct quell *engine, const struct store_run *row)
{
    struct quell_error err = {0};
    struct active *active = NULL;

    if (active_from_journal(engine, row, &active, &err)) {
        leave_held(engine, row, &err);
        return;
    }
    engine->counters.recovered++;
    /* A call that ends inside must not decide yet: what follows from it would be scheduled in the
     * very run that is being walked, and be taken up a second time. */
    active->deciding = true;
    run_each_call(active->run, take_up_call, active);
    children_take_up(active);
    active->deciding = false;
    advance(active);
    if (!quell_str_equal(row->state, quell_str_of(run_state(active->run))))
        commit_touch(active); /* it was held because nobody could read it */
}

/* One that only waits is left in its journal until it is woken. */
static void leave_folded(struct quell *engine, const struct store_run *row)
{
    struct quell_error err = {0};

    if (fold_row(engine, row, &err))
        leave_held(engine, row, &err);
    else
        engine->counters.recovered++;
}

struct found {
    struct quell *engine;
    struct arena *arena;
    struct store_run *rows;
    size_t count, cap;
};

/* Of the rows, only those of runs with something under way are kept: the others may be many. */
static bool collect(const struct store_run *row, void *user)
{
    struct found *found = user;
    struct store_run *mine;

    if (row->waits.len && !str_is(row->state, "halted")) { /* that waits for no event of its own */
        leave_folded(found->engine, row);
        return true;
    }
    if (found->count == found->cap) {
        size_t cap = found->cap ? found->cap * 2 : 64;
        found->rows = arena_grow(found->arena, found->rows, found->cap * sizeof(*found->rows),
                                 cap * sizeof(*found->rows));
        found->cap = cap;
    }
    mine = &found->rows[found->count++];
    *mine = *row;
    mine->id = arena_str(found->arena, row->id);
    mine->playbook = arena_str(found->arena, row->playbook);
    mine->revision = arena_str(found->arena, row->revision);
    mine->incident = arena_str(found->arena, row->incident);
    mine->title = arena_str(found->arena, row->title);
    mine->state = arena_str(found->arena, row->state);
    mine->mode = arena_str(found->arena, row->mode);
    mine->waits = arena_str(found->arena, row->waits);
    return true;
}

enum quell_code recover(struct quell *engine, struct quell_error *err)
{
    struct found found = {.engine = engine, .arena = arena_new(0)};
    struct store_query query = {.active = true, .limit = SIZE_MAX}; /* no run is forgotten */
    enum quell_code code;
    size_t i;

    turn_begin(engine);
    code = engine->reader->kind->runs(engine->reader, &query, collect, &found, err);
    for (i = 0; i < found.count && code == QUELL_OK; i++)
        take_up(engine, &found.rows[found.count - 1 - i]); /* the oldest first */
    turn_end(engine);
    arena_free(found.arena);
    if (code)
        return code;
    if (engine->counters.recovered)
        log_line(LOG_LEVEL_INFO, "took up %llu runs",
                 (unsigned long long)engine->counters.recovered);
    return QUELL_OK;
}
