/*
 * check.c - what must hold whatever the dice said. All of it is read back from the store, as
 * another process would.
 */
#include "sim.h"

#include <stdio.h>

#include "base/digest.h"
#include "base/error.h"
#include "base/str.h"
#include "value/json.h"
#include "value/value.h"

enum { TOUCHES = 4096, DAY_S = 24 * 3600 - 60 }; /* a cap of a day counts by minutes */

/* Each isolation that was about to be sent, of all runs. */
struct touches {
    struct {
        int64_t at_us, device;
        bool first; /* attempt: a further one is not judged, but counts from then on */
    } items[TOUCHES];
    size_t count;
};

struct reading {
    struct sim *sim;
    struct touches *touches;
    struct arena *arena;
    struct store_run row;
    uint64_t seq;
    unsigned touched[SIM_DEVICES];
    int64_t text;                      /* the text that its calls are of; -1: none said it yet */
    struct list_builder undone, looks; /* looks: calls of an undo that only read, by their paths */
    bool at_the_end;                   /* all runs have ended */
    bool limited; /* it was held by a limit: what the others had used up stands in no journal */
    struct buf *bytes;
};

/* ---- each run ----------------------------------------------------------------------------------
 */

static void note_touch(struct reading *reading, const struct event *event, int64_t device)
{
    struct touches *touches = reading->touches;

    if (touches->count == TOUCHES) {
        (void)sim_fails(reading->sim, "more isolations than the table holds");
        return;
    }
    touches->items[touches->count].at_us = event->at_us;
    touches->items[touches->count].device = device;
    touches->items[touches->count++].first = quell_get_int(event->data, "attempt", 1) == 1;
}

static void look_at_call(struct reading *reading, const struct event *event)
{
    struct quell_value targets = quell_get(event->data, "targets");
    struct sim *sim = reading->sim;
    unsigned i, count = 0;
    int64_t device;

    if (!str_is(quell_get_str(event->data, "action"), "defender.isolate-device") ||
        !str_to_int(str_slice(quell_get_str(quell_at(targets, 0), "value"), 1, 9), &device))
        return;
    reading->touched[device % SIM_DEVICES]++;
    note_touch(reading, event, device);
    if (device % 4 == 0)
        (void)sim_fails(sim, "protected device %lld was touched", (long long)device);
    for (i = 0; i < SIM_DEVICES; i++)
        count += reading->touched[i] > 0;
    if (count > SIM_RUN_CAP)
        (void)sim_fails(sim, "run %.*s has touched %u devices", QUELL_ARG(reading->row.id), count);
}

/* A playbook that was loaded again does not reach into a run that is under way. */
static void look_at_text(struct reading *reading, const struct event *event)
{
    static const char *const keys[] = {"url", "subject", "message", "comment"};
    struct quell_value input = quell_get(event->data, "input");
    size_t i, at;
    int64_t text;

    for (i = 0; i < sizeof(keys) / sizeof(*keys); i++) {
        struct quell_str said = quell_get_str(input, keys[i]);
        at = str_find(said, QUELL_STR("-text"), 0);
        if (at == SIZE_MAX || !str_to_int(str_slice(said, at + 5, said.len), &text))
            continue;
        if (reading->text >= 0 && reading->text != text)
            (void)sim_fails(reading->sim, "run %.*s is of text %lld and of text %lld",
                            QUELL_ARG(reading->row.id), (long long)reading->text, (long long)text);
        reading->text = text;
    }
}

/* What was taken back is not taken back again: behind its path stands `.undo`, and what number of
 * try it is. */
static void look_at_undo(struct reading *reading, const struct event *event)
{
    size_t i, at = str_find(event->path, QUELL_STR(".undo"), 0);
    struct quell_str step = str_slice(event->path, 0, at == SIZE_MAX ? 0 : at);

    if (at == SIZE_MAX)
        return;
    if (event->kind == EVENT_CALL_SCHEDULED) {
        if (quell_text_is(quell_get(event->data, "effect"), "reads"))
            list_add(&reading->looks, quell_string(event->path));
        return;
    }
    if (!quell_text_is(quell_get(event->data, "outcome"), "succeeded"))
        return;
    for (i = 0; i < reading->looks.count; i++)
        if (quell_str_equal(quell_str(reading->looks.items[i]), event->path))
            return; /* how things are is looked at before anything is taken back */
    for (i = 0; i < reading->undone.count; i++)
        if (quell_str_equal(quell_str(reading->undone.items[i]), step))
            (void)sim_fails(reading->sim, "run %.*s: %.*s was taken back twice",
                            QUELL_ARG(reading->row.id), QUELL_ARG(step));
    list_add(&reading->undone, quell_string(step));
}

static bool look_at_event(const struct store_event *row, void *user)
{
    struct reading *reading = user;
    struct quell_error err = {0};
    struct event event;

    if (row->seq != ++reading->seq)
        return sim_fails(reading->sim, "run %.*s: event %llu stands where %llu should be",
                         QUELL_ARG(row->run), (unsigned long long)row->seq,
                         (unsigned long long)reading->seq);
    if (event_read(reading->arena, row->body, &event, &err))
        return sim_fails(reading->sim, "run %.*s: %s", QUELL_ARG(row->run), err.message);
    if (event.kind == EVENT_CALL_SCHEDULED) {
        look_at_call(reading, &event);
        look_at_text(reading, &event);
    }
    if (event.kind == EVENT_CALL_SCHEDULED || event.kind == EVENT_CALL_ENDED)
        look_at_undo(reading, &event);
    if (event.kind == EVENT_RUN_HELD && quell_get_bool(event.data, "limit", false))
        reading->limited = true;
    return true;
}

static void tell_difference(struct reading *reading, struct quell_value replay)
{
    struct quell_value steps = quell_get(replay, "steps"), step = quell_null();
    size_t i;

    for (i = 0; i < quell_count(steps) && quell_is_null(step); i++)
        if (!quell_text_is(quell_get(quell_at(steps, i), "verdict"), "same"))
            step = quell_at(steps, i);
    (void)sim_fails(reading->sim, "run %.*s is told otherwise, %.*s and not %.*s, unfit %.*s: %.*s",
                    QUELL_ARG(reading->row.id),
                    QUELL_ARG(quell_get_str(quell_get(replay, "now"), "state")),
                    QUELL_ARG(quell_get_str(quell_get(replay, "then"), "state")),
                    QUELL_ARG(json_text(reading->arena, quell_get(replay, "unfit"), JSON_COMPACT)),
                    QUELL_ARG(json_text(reading->arena, step, JSON_COMPACT)));
}

/* By its own text a run comes out the same: recovery and undo rest on it. */
static void look_at_replay(struct reading *reading)
{
    struct quell_replay_options options = {.run = reading->row.id};
    struct quell_document document = {0};
    struct quell_error err = {0};
    char name[8];

    if (reading->sim->story->broken == BREAK_REPLAY) { /* by the text of now */
        (void)snprintf(name, sizeof(name), "%.*s", QUELL_ARG(reading->row.playbook));
        options.playbook = name;
    }
    if (quell_replay(reading->sim->engine, &options, &document, &err)) {
        (void)sim_fails(reading->sim, "run %.*s cannot be replayed: %s", QUELL_ARG(reading->row.id),
                        err.message);
        return;
    }
    if (!quell_get_bool(document.value, "same", false))
        tell_difference(reading, document.value);
    quell_document_free(&document);
}

static void look_at_fold(struct reading *reading)
{
    struct sim *sim = reading->sim;
    struct quell_error err = {0};
    struct loaded *loaded;
    struct run *run;

    if (journal_read_run(sim->engine, &reading->row, &run, &loaded, &err)) {
        (void)sim_fails(sim, "run %.*s cannot be folded: %s", QUELL_ARG(reading->row.id),
                        err.message);
        return;
    }
    if (run_seq(run) != reading->row.last_seq)
        (void)sim_fails(sim, "run %.*s: the row is at event %llu, the journal at %llu",
                        QUELL_ARG(reading->row.id), (unsigned long long)reading->row.last_seq,
                        (unsigned long long)run_seq(run));
    /* A breaker or a halt keeps back what the journal alone does not tell. */
    if (!str_is(reading->row.state, run_state(run)) && !str_is(reading->row.state, "halted"))
        (void)sim_fails(sim, "run %.*s: the row says %.*s, the journal %s",
                        QUELL_ARG(reading->row.id), QUELL_ARG(reading->row.state), run_state(run));
    run_free(run);
    loaded_release(loaded);
}

static bool look_at_run(const struct store_run *row, void *user)
{
    struct reading *all = user, reading = {.sim = all->sim,
                                           .touches = all->touches,
                                           .arena = all->arena,
                                           .row = *row,
                                           .text = -1,
                                           .undone = {.arena = all->arena},
                                           .looks = {.arena = all->arena}};
    struct store *store = all->sim->engine->reader;
    struct quell_error err = {0};

    if (store->kind->events(store, row->id, 0, look_at_event, &reading, &err))
        return sim_fails(all->sim, "%s", err.message);
    look_at_fold(&reading);
    if (all->at_the_end && row->ended_us && !reading.limited)
        look_at_replay(&reading);
    if (all->at_the_end && row->ended_us == 0)
        (void)sim_fails(all->sim, "run %.*s of %.*s is stuck: %.*s, waits %.*s", QUELL_ARG(row->id),
                        QUELL_ARG(row->playbook), QUELL_ARG(row->state), QUELL_ARG(row->waits));
    if (all->at_the_end && row->due_us && row->due_us <= loop_now_us(all->sim->loop))
        (void)sim_fails(all->sim, "run %.*s is late: it was due", QUELL_ARG(row->id));
    return all->sim->story->violation == NULL;
}

/* ---- what was acknowledged ---------------------------------------------------------------------
 */

static bool any_refusal(const struct store_refusal *refusal, void *user)
{
    (void)refusal;
    *(bool *)user = true;
    return false;
}

static void look_at_acknowledged(struct sim *sim, struct arena *arena,
                                 const struct acknowledged *told)
{
    struct store *store = sim->engine->reader;
    struct store_run run;
    struct quell_error err = {0};
    size_t i;

    for (i = 0; i < quell_count(told->runs); i++)
        if (store->kind->run(store, arena, quell_get_str(quell_at(told->runs, i), "run"), &run,
                             &err))
            (void)sim_fails(sim, "an acknowledged run is lost: %s", err.message);
    for (i = 0; i < quell_count(told->not_started); i++) {
        struct quell_value one = quell_at(told->not_started, i);
        struct store_refusal_query query = {.playbook = quell_get_str(one, "playbook"),
                                            .reason = quell_get_str(one, "reason")};
        bool found = false;
        if (store->kind->refusals(store, &query, any_refusal, &found, &err) || !found)
            (void)sim_fails(sim, "what was not started is not written down: %.*s",
                            QUELL_ARG(query.reason));
    }
}

/* Over all runs, deaths and playbooks: the workspace's hard cap of a day. */
static void look_at_days(struct sim *sim, const struct touches *touches)
{
    size_t i, k;

    for (i = 0; i < touches->count; i++) {
        bool seen[SIM_DEVICES] = {false};
        int64_t to_us = touches->items[i].at_us;
        unsigned count = 0;
        for (k = 0; k < touches->count; k++) {
            int64_t ago_us = to_us - touches->items[k].at_us;
            if (ago_us < 0 || ago_us > (int64_t)DAY_S * 1000000)
                continue;
            count += !seen[touches->items[k].device % SIM_DEVICES];
            seen[touches->items[k].device % SIM_DEVICES] = true;
        }
        if (touches->items[i].first && count > SIM_DAY_CAP)
            (void)sim_fails(sim, "%u devices were touched in a day, and %d may be", count,
                            SIM_DAY_CAP);
    }
}

static bool check(struct sim *sim, bool at_the_end)
{
    struct store_query query = {.limit = SIZE_MAX};
    struct reading all = {.sim = sim, .arena = arena_new(0), .at_the_end = at_the_end};
    struct quell_error err = {0};
    size_t i;

    all.touches = arena_one(all.arena, struct touches);
    if (sim->engine->reader->kind->runs(sim->engine->reader, &query, look_at_run, &all, &err))
        (void)sim_fails(sim, "%s", err.message);
    look_at_days(sim, all.touches);
    for (i = 0; i < sim->acknowledged_count && sim->story->violation == NULL; i++)
        look_at_acknowledged(sim, all.arena, &sim->acknowledged[i]);
    arena_free(all.arena);
    if (at_the_end && sim->story->violation == NULL)
        sim_check_ticks(sim);
    return sim->story->violation == NULL;
}

bool sim_check(struct sim *sim)
{
    return check(sim, false);
}

bool sim_check_end(struct sim *sim)
{
    return check(sim, true);
}

/* ---- the digest --------------------------------------------------------------------------------
 */

static bool add_bytes(const struct store_event *row, void *user)
{
    struct reading *reading = user;

    buf_add_format(reading->bytes, "%llu ", (unsigned long long)row->seq);
    buf_add_str(reading->bytes, row->body);
    return true;
}

static bool add_run(const struct store_run *row, void *user)
{
    struct reading *reading = user;
    struct store *store = reading->sim->engine->reader;

    buf_add_format(reading->bytes, "\n%.*s %.*s %.*s %lld ", QUELL_ARG(row->id),
                   QUELL_ARG(row->state), QUELL_ARG(row->waits), (long long)row->due_us);
    return store->kind->events(store, row->id, 0, add_bytes, reading, NULL) == QUELL_OK;
}

struct quell_str sim_digest(struct sim *sim)
{
    struct buf bytes = {.size_max = 1 << 28};
    struct reading reading = {.sim = sim, .bytes = &bytes};
    struct store_query query = {.limit = SIZE_MAX};
    uint8_t digest[DIGEST_SHA256];

    (void)!sim->engine->reader->kind->runs(sim->engine->reader, &query, add_run, &reading, NULL);
    digest_sha256(buf_str(&bytes), digest);
    buf_free(&bytes);
    return digest_hex(sim->arena, digest, sizeof(digest));
}
