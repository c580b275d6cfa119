/*
 * moves.c - senders and people, who do as the dice say: incidents, decisions, halts, new texts of
 * playbooks, deaths, and time that goes by.
 */
#include "sim.h"

#include "base/str.h"
#include "value/json.h"
#include "value/value.h"

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

/* While something is halted its file is looked at twice a second: little time goes by then. */
static void pass(struct sim *sim)
{
    int64_t us =
        sim_roll(sim, 2) ? sim_roll(sim, 60) * MINUTE_US : sim_roll(sim, 12) * 60 * MINUTE_US;

    if (sim->halt.what)
        us %= 5 * MINUTE_US;
    sim_tell(sim, "pass %lld s\n", (long long)(us / SECOND_US));
    sim_pass(sim, us);
}

static void halt(struct sim *sim)
{
    static const struct quell_halt halts[] = {
        {.what = "everything"},
        {.what = "everything", .reads = true},
        {.what = "connector", .name = {"defender", 8}},
        {.what = "connector", .name = {"email", 5}},
        {.what = "playbook", .name = {"p0", 2}},
    };
    struct quell_error err = {0};

    sim->halt = halts[sim_roll(sim, sizeof(halts) / sizeof(*halts))];
    sim->halt.by = QUELL_STR("ana");
    sim->story->counts[SIM_HALTS]++;
    sim_tell(sim, "halt %s %.*s\n", sim->halt.what, QUELL_ARG(sim->halt.name));
    if (sim->story->broken != BREAK_HALT && quell_halt(sim->engine, &sim->halt, told, NULL, &err))
        (void)sim_fails(sim, "halt: %s", err.message);
    loop_settle(sim->loop);
}

static void resume(struct sim *sim)
{
    struct quell_halt all = {.what = "everything", .by = QUELL_STR("ben")};
    struct quell_error err = {0};

    sim_tell(sim, "resume\n");
    sim->halt.what = NULL;
    if (quell_resume(sim->engine, &all, &err))
        (void)sim_fails(sim, "resume: %s", err.message);
    loop_settle(sim->loop);
}

/* Another text of the same playbook; runs that are under way keep theirs. */
static void rewrite(struct sim *sim)
{
    unsigned nth = sim_roll(sim, SIM_PLAYBOOKS);
    struct quell_error err = {0};

    sim->texts++;
    sim->story->counts[SIM_RELOADS]++;
    sim_write_playbook(sim, nth);
    if (quell_reload(sim->engine, &err))
        (void)sim_fails(sim, "playbook p%u is not loaded again: %s", nth, err.message);
    loop_settle(sim->loop);
}

static void die(struct sim *sim)
{
    int64_t us = sim_roll(sim, 3) ? 0 : (int64_t)sim_roll(sim, 14 * 60) * MINUTE_US;

    sim_tell(sim, "die, and come back after %lld s\n", (long long)(us / SECOND_US));
    sim_die(sim, us);
}

void sim_move(struct sim *sim)
{
    unsigned what = sim_roll(sim, 15);

    if (what < 4)
        submit(sim);
    else if (what < 7)
        pass(sim);
    else if (what < 9)
        decide_some(sim, false);
    else if (what < 11)
        meddle(sim);
    else if (what < 12)
        rewrite(sim);
    else if (what < 13 && sim->halt.what)
        resume(sim);
    else if (what < 13)
        halt(sim);
    else
        die(sim);
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
    if (sim->halt.what)
        resume(sim);
    for (i = 0; i < 60 && sim->story->violation == NULL; i++) {
        decide_some(sim, true);
        let_go(sim);
        sim_pass(sim, 6 * 60 * MINUTE_US);
        if (quell_active(sim->engine) == 0 && i > 2) /* what was done for a time is over */
            return;
    }
}
