/*
 * world.c - the engine under a virtual clock on a store that outlives it, and the far side, which
 * does as the dice say.
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
#include "value/value.h"

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
    quell_watch(sim->engine, sim_see, sim);
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

void sim_write_playbook(struct sim *sim, unsigned nth)
{
    struct buf text = {.size_max = 1 << 20};

    sim_playbook(sim, nth, &text);
    write_file(sim->files[nth], buf_str(&text));
    sim_tell(sim, "# p%u\n%.*s", nth, QUELL_ARG(buf_str(&text)));
    buf_free(&text);
}

static void write_files(struct sim *sim)
{
    static const char *const missed[] = {
        [SIM_MISSED_SKIP] = "skip", [SIM_MISSED_ONCE] = "run-once", [SIM_MISSED_ALL] = "run-all"};
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
        sim_write_playbook(sim, i);
        sim->playbooks[i] = sim->files[i];
    }
    sim->playbooks[SIM_PLAYBOOKS] = sim->tick;
    buf_reset(&text);
    sim->missed = sim_roll(sim, 3);
    buf_add_format(&text,
                   "quell: 1\nplaybook: tick\non: { schedule: { every: %dh, on-missed: %s } }\n"
                   "steps: [{ set: { a: 1 } }]\n",
                   SIM_TICK_H, missed[sim->missed]);
    write_file(sim->tick, buf_str(&text));
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
    (void)snprintf(sim->tick, sizeof(sim->tick), "%s/tick.yaml", sim->folder);
    write_files(sim);
    sim->stand_in = (struct stand_in){.answer = answer, .schedules = true, .user = sim};
    sim->loop = loop_new_virtual(SIM_START_US, sim->story->seed);
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

void sim_pass(struct sim *sim, int64_t us)
{
    loop_advance(sim->loop, loop_monotonic_us(sim->loop) + us);
    loop_settle(sim->loop);
}

void sim_die(struct sim *sim, int64_t us)
{
    sim->story->counts[SIM_DEATHS]++;
    sim->engine->broken = true; /* no orderly end: no checkpoint, nothing more is journaled */
    quell_close(sim->engine);
    sim->engine = NULL;
    if (sim->story->broken == BREAK_JOURNAL)
        forget_an_event(sim);
    if (us > 0 && sim->down_count < SIM_DOWNS) {
        sim->downs[sim->down_count].from_us = loop_now_us(sim->loop);
        sim_pass(sim, us);
        sim->downs[sim->down_count++].to_us = loop_now_us(sim->loop);
    }
    open_engine(sim);
}

void sim_end(struct sim *sim)
{
    static const char *const names[] = {"s.db",     "s.db-wal",         "s.db-shm",   "s.db.lock",
                                        "s.db.key", "s.db.checkpoints", "quell.yaml", "p0.yaml",
                                        "p1.yaml",  "p2.yaml",          "tick.yaml",  "halt"};
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
