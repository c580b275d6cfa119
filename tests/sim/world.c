/*
 * world.c - the engine under a virtual clock on a store that outlives it; the far side, people and
 * senders, who do as the dice say.
 */
#include "sim.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sqlite3.h>

#include "base/error.h"
#include "base/str.h"
#include "loop/log.h"
#include "value/json.h"
#include "value/value.h"

#define SECOND_US ((int64_t)1000000)
#define MINUTE_US (60 * SECOND_US)
#define START_US ((int64_t)1777888800 * SECOND_US) /* some morning */

/* ---- the far side ------------------------------------------------------------------------------
 */

static void fail_as(struct stand_in_answer *given, enum quell_code code, const char *text)
{
    given->outcome.code = code;
    given->outcome.output = quell_null();
    (void)error_set(&given->outcome.error, code, "%s", text);
}

static void answer(struct active *active, const struct run_call *call,
                   struct stand_in_answer *given, void *user)
{
    struct sim *sim = user; /* what is given lives in its arena until it comes */
    unsigned sides = sim->calm ? 0 : sim_roll(sim, 20);

    (void)active;
    if (sim->story->broken == BREAK_DICE)
        sides = (unsigned)rand() % 20; /* NOLINT: what a control must find out */
    given->outcome.output =
        simulate_output(sim->arena, call->action, call->input, QUELL_STR("simulated"), true);
    if (sides >= 11 && sides < 15)
        given->after_us = (1 + sim_roll(sim, 7200)) * SECOND_US;
    if (sides == 15 || sides == 16)
        fail_as(given, QUELL_UNAVAILABLE, "not now");
    if (sides == 17)
        fail_as(given, QUELL_NOT_FOUND, "not here");
    if (sides == 18 && call->action->effect != QUELL_READS)
        fail_as(given, QUELL_UNKNOWN_OUTCOME, "no answer came");
    if (sides == 19)
        given->after_us = 100 * 60 * MINUTE_US; /* beyond whatever the step waits for */
}

/* ---- beginning, death, end ---------------------------------------------------------------------
 */

static void open_engine(struct sim *sim)
{
    struct quell_options options = {.purpose = QUELL_FOR_RUNNING,
                                    .config = sim->config,
                                    .playbooks = sim->playbooks,
                                    .loop = sim->loop,
                                    .store = sim->store};
    struct quell_error err = {0};

    if (engine_open_as(&options, &sim->stand_in, &sim->engine, &err)) {
        sim->engine = NULL;
        (void)sim_fails(sim, "it does not open: %s", err.message);
        return;
    }
    loop_settle(sim->loop);
}

static void write_file(const char *path, struct quell_str text)
{
    FILE *file = fopen(path, "we");

    if (file == NULL || fwrite(text.data, 1, text.len, file) != text.len || fclose(file) != 0) {
        perror(path);
        exit(2);
    }
}

static void write_files(struct sim *sim)
{
    struct buf text = {.size_max = 1 << 20};
    unsigned i;

    buf_add_format(&text, "connectors: []\nhalt_file: halt\ngroups: { soc: [ana, ben] }\n");
    if (sim->story->broken != BREAK_POLICY)
        buf_add_format(&text,
                       "policy:\n  caps: { device: { run: %d, day: %d, hard: true } }\n"
                       "  protect: [{ name: vip, why: x, names: 'vip*' }]\n",
                       SIM_RUN_CAP, SIM_DAY_CAP);
    else
        buf_add_format(&text, "policy: { caps: { disrupts: { hour: 1000, day: 1000 } } }\n");
    write_file(sim->config, buf_str(&text));
    for (i = 0; i < SIM_PLAYBOOKS; i++) {
        buf_reset(&text);
        sim_playbook(sim, i, &text);
        write_file(sim->files[i], buf_str(&text));
        sim_tell(sim, "# %s\n%.*s", sim->files[i], QUELL_ARG(buf_str(&text)));
        sim->playbooks[i] = sim->files[i];
    }
    buf_free(&text);
}

void sim_begin(struct sim *sim)
{
    const char *base = access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp";
    unsigned i;

    log_set(LOG_LEVEL_ERROR, 0);
    (void)snprintf(sim->folder, sizeof(sim->folder), "%s/quell-sim-XXXXXX", base);
    if (mkdtemp(sim->folder) == NULL) {
        perror(sim->folder);
        exit(2);
    }
    (void)snprintf(sim->config, sizeof(sim->config), "%s/quell.yaml", sim->folder);
    sim->on_disk = sim->story->broken == BREAK_JOURNAL ||
                   (sim->story->seed + sim->story->again) % SIM_DISK_EACH == 0;
    if (sim->on_disk)
        (void)snprintf(sim->store, sizeof(sim->store), "sqlite:%s/s.db", sim->folder);
    else
        (void)snprintf(sim->store, sizeof(sim->store), "memory:");
    sim->story->counts[SIM_ON_DISK] = sim->on_disk;
    for (i = 0; i < SIM_PLAYBOOKS; i++)
        (void)snprintf(sim->files[i], sizeof(sim->files[i]), "%s/p%u.yaml", sim->folder, i);
    write_files(sim);
    sim->stand_in = (struct stand_in){.answer = answer, .user = sim};
    sim->loop = loop_new_virtual(START_US, sim->story->seed);
    open_engine(sim);
}

/* A control: the newest event of some run is gone, as if the disk had not kept it. */
static void forget_an_event(struct sim *sim)
{
    sqlite3 *db;

    if (sqlite3_open(sim->store + strlen("sqlite:"), &db) == SQLITE_OK)
        (void)sqlite3_exec(db, "DELETE FROM event WHERE place = (SELECT max(place) FROM event)",
                           NULL, NULL, NULL);
    (void)sqlite3_close(db);
}

void sim_die(struct sim *sim)
{
    sim->story->counts[SIM_DEATHS]++;
    sim->engine->broken = true; /* no orderly end: no checkpoint, nothing more is journaled */
    quell_close(sim->engine);
    sim->engine = NULL;
    if (sim->story->broken == BREAK_JOURNAL)
        forget_an_event(sim);
    open_engine(sim);
}

void sim_end(struct sim *sim)
{
    static const char *const names[] = {"s.db",     "s.db-wal",         "s.db-shm",   "s.db.lock",
                                        "s.db.key", "s.db.checkpoints", "quell.yaml", "p0.yaml",
                                        "p1.yaml",  "p2.yaml",          "halt"};
    char path[128];
    size_t i;

    if (sim->engine)
        sim->story->counts[SIM_RUNS] = (unsigned)sim->engine->counters.runs_started;
    quell_close(sim->engine);
    kept_forget();
    loop_free(sim->loop);
    for (i = 0; i < sizeof(names) / sizeof(*names); i++) {
        (void)snprintf(path, sizeof(path), "%s/%s", sim->folder, names[i]);
        (void)unlink(path); /* some are not there */
    }
    (void)rmdir(sim->folder);
}

/* ---- senders -----------------------------------------------------------------------------------
 */

static void submitted(enum quell_code code, struct quell_str text, bool repeated,
                      const struct quell_error *err, void *user)
{
    struct sim *sim = user;
    struct quell_value told;
    struct acknowledged *made;
    struct quell_error ignored;

    (void)repeated;
    (void)err;
    if (code || json_read(sim->arena, text, 0, &told, NULL, &ignored))
        return;
    if (sim->acknowledged_count == sim->acknowledged_cap) {
        size_t cap = sim->acknowledged_cap ? sim->acknowledged_cap * 2 : 16;
        sim->acknowledged = arena_grow(sim->arena, sim->acknowledged,
                                       sim->acknowledged_cap * sizeof(*sim->acknowledged),
                                       cap * sizeof(*sim->acknowledged));
        sim->acknowledged_cap = cap;
    }
    made = &sim->acknowledged[sim->acknowledged_count++];
    *made = (struct acknowledged){.incident = quell_get_str(told, "incident"),
                                  .runs = quell_get(told, "runs"),
                                  .not_started = quell_get(told, "not_started")};
}

static void submit(struct sim *sim)
{
    static const char *const severities[] = {"low", "medium", "high", "critical"};
    struct quell_submission submission = {.hook = QUELL_STR("sim")};
    struct quell_error err = {0};
    struct quell_str devices = QUELL_STR("");
    unsigned id = sim_roll(sim, 6), count = 1 + sim_roll(sim, 4), i;

    for (i = 0; i < count; i++) {
        unsigned device = sim_roll(sim, SIM_DEVICES);
        devices = arena_format(sim->arena, "%.*s%s{\"id\": \"d%u\", \"name\": \"%s%u\"}",
                               QUELL_ARG(devices), i ? ", " : "", device, device % 4 ? "ws" : "VIP",
                               device);
    }
    submission.body = arena_format(
        sim->arena,
        "{\"source\": \"siem\", \"source_id\": \"%u\", \"title\": \"T%u\", \"severity\": \"%s\", "
        "\"status\": \"%s\", \"entities\": {\"devices\": [%.*s]}}",
        id, sim->incidents, severities[sim_roll(sim, 4)], sim_roll(sim, 6) ? "new" : "closed",
        QUELL_ARG(devices));
    /* A sender that heard nothing sends it again: the same delivery. */
    if (sim->incidents == 0 || sim_roll(sim, 5))
        sim->incidents++;
    submission.delivery = arena_format(sim->arena, "delivery-%u", sim->incidents);
    sim_tell(sim, "submit %.*s as %.*s\n", QUELL_ARG(submission.body),
             QUELL_ARG(submission.delivery));
    if (quell_submit(sim->engine, &submission, submitted, sim, &err))
        (void)sim_fails(sim, "an incident is refused: %s", err.message);
    loop_settle(sim->loop);
}

/* ---- people ------------------------------------------------------------------------------------
 */

static void told(enum quell_code code, const struct quell_error *err, void *user)
{
    (void)code; /* what was refused is no part of the story */
    (void)err;
    (void)user;
}

static void decide(struct sim *sim, struct quell_value asked)
{
    struct quell_decision decision = {.run = quell_get_str(asked, "run"),
                                      .step = quell_get_str(asked, "step"),
                                      .by = sim_roll(sim, 2) ? QUELL_STR("ana") : QUELL_STR("ben"),
                                      .agrees = sim_roll(sim, 3) > 0};
    struct quell_error err = {0};

    if (quell_text_is(quell_get(asked, "what"), "form"))
        decision.answers = QUELL_STR("{\"real\": true}");
    (void)!quell_decide(sim->engine, &decision, told, NULL, &err);
    sim_tell(sim, "decide %.*s %.*s: %s\n", QUELL_ARG(decision.run), QUELL_ARG(decision.step),
             err.message[0] ? err.message : "done");
    loop_settle(sim->loop);
}

static void decide_some(struct sim *sim, bool all)
{
    struct quell_document document = {0};
    struct quell_error err = {0};
    size_t i, count;

    if (quell_approvals(sim->engine, &document, &err)) {
        (void)sim_fails(sim, "approvals: %s", err.message);
        return;
    }
    count = quell_count(document.value);
    for (i = 0; i < count; i++)
        if (all || sim_roll(sim, 2))
            decide(sim, quell_at(document.value, i));
    quell_document_free(&document);
}

/* One of the newest runs; empty: there is none. */
static struct quell_str some_run(struct sim *sim)
{
    struct quell_runs_options options = {.limit = 20};
    struct quell_document document = {0};
    struct quell_error err = {0};
    struct quell_str run = QUELL_STR("");

    if (quell_runs(sim->engine, &options, &document, &err))
        return run;
    if (quell_count(document.value))
        run =
            arena_str(sim->arena,
                      quell_get_str(quell_at(document.value,
                                             sim_roll(sim, (unsigned)quell_count(document.value))),
                                    "run"));
    quell_document_free(&document);
    return run;
}

static void meddle(struct sim *sim)
{
    struct quell_str run = some_run(sim), none = QUELL_STR(""), ana = QUELL_STR("ana");
    struct quell_undo_options undo = {.run = run, .by = ana};
    struct quell_error err = {0};
    unsigned what = sim_roll(sim, 4);
    char id[37];

    if (run.len == 0)
        return;
    if (what == 0)
        (void)!quell_cancel(sim->engine, run, ana, none, told, NULL, &err);
    else if (what == 1)
        (void)!quell_release(sim->engine, run, none, sim_roll(sim, 2), ana, none, told, NULL, &err);
    else if (what == 2)
        (void)!quell_resolve(sim->engine, run, none, sim_roll(sim, 2), ana, told, NULL, &err);
    else
        (void)!quell_undo(sim->engine, &undo, id, told, NULL, &err);
    sim_tell(sim, "meddle %u with %.*s: %s\n", what, QUELL_ARG(run),
             err.message[0] ? err.message : "done");
    loop_settle(sim->loop);
}

/* ---- moves -------------------------------------------------------------------------------------
 */

static void pass(struct sim *sim, int64_t us)
{
    loop_advance(sim->loop, loop_monotonic_us(sim->loop) + us);
    loop_settle(sim->loop);
}

void sim_move(struct sim *sim)
{
    unsigned what = sim_roll(sim, 12);
    int64_t us;

    if (what < 4) {
        submit(sim);
    } else if (what < 7) {
        us = sim_roll(sim, 2) ? sim_roll(sim, 60) * MINUTE_US : sim_roll(sim, 12) * 60 * MINUTE_US;
        sim_tell(sim, "pass %lld s\n", (long long)(us / SECOND_US));
        pass(sim, us);
    } else if (what < 9) {
        decide_some(sim, false);
    } else if (what < 10) {
        meddle(sim);
    } else {
        sim_tell(sim, "die\n");
        sim_die(sim);
    }
}

/* A held run: each step that waits for a person is resolved, or refused what a limit holds. */
static void let_one_go(struct sim *sim, struct quell_value row)
{
    struct quell_str run = quell_get_str(row, "run"), ana = QUELL_STR("ana");
    struct quell_value waits = quell_get(row, "waits");
    struct quell_error err = {0};
    size_t i;

    for (i = 0; i < quell_count(waits); i++) {
        struct quell_str step = quell_get_str(quell_at(waits, i), "step");
        if (!quell_text_is(quell_get(quell_at(waits, i), "what"), "person"))
            continue;
        (void)!quell_resolve(sim->engine, run, step, true, ana, told, NULL, &err);
        (void)!quell_release(sim->engine, run, step, false, ana, QUELL_STR(""), told, NULL, &err);
        loop_settle(sim->loop);
    }
    (void)!quell_release(sim->engine, run, QUELL_STR(""), false, ana, QUELL_STR(""), told, NULL,
                         &err);
    loop_settle(sim->loop);
}

static void let_go(struct sim *sim)
{
    struct quell_runs_options options = {.state = QUELL_STR("held"), .limit = 1000};
    struct quell_document document = {0};
    struct quell_error err = {0};
    size_t i;

    if (quell_runs(sim->engine, &options, &document, &err))
        return;
    for (i = 0; i < quell_count(document.value); i++)
        let_one_go(sim, quell_at(document.value, i));
    quell_document_free(&document);
}

void sim_come_to_rest(struct sim *sim)
{
    int i;

    sim->calm = true;
    for (i = 0; i < 60 && sim->story->violation == NULL; i++) {
        decide_some(sim, true);
        let_go(sim);
        pass(sim, 6 * 60 * MINUTE_US);
        if (quell_active(sim->engine) == 0)
            return;
    }
}
