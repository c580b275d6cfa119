/*
 * trial.c - the story of one point. The sender is a good one: it sends the same delivery again
 * until it is answered with 202, and once more afterwards.
 */
#include "trial.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/arena.h"
#include "value/value.h"
#include "workload.h"

/* ---- sending and looking ---------------------------------------------------------------------*/

static bool same_runs(struct quell_value a, struct quell_value b)
{
    return quell_count(a) == quell_count(b) && value_equal(a, b);
}

/* The sample's incident; each of several has an id of its own: the sample's with another end. */
static const char *body_of(const struct story *story, unsigned number)
{
    static const char id[] = "3a6b1f2e9c01";
    struct quell_str copy = arena_format(story->arena, "%s", story->ground->body);
    char *at = (char *)(uintptr_t)copy.data; /* our own, a moment old */

    for (at = strstr(at, id); at; at = strstr(at, id)) {
        at += sizeof(id) - 2;
        *at = (char)('1' + number);
    }
    return copy.data;
}

/* Sends one until it is accepted. */
static bool deliver(struct story *story, unsigned number, const char *body)
{
    const char *header = arena_format(story->arena, "webhook-id: msg_crash_%u", number).data;
    struct quell_value *promised = &story->promised[number];

    for (;;) {
        struct answer answer =
            server_ask(&story->server, story->arena, "/hooks/sentinel", header, body);
        struct quell_value runs = quell_get(answer.json, "runs");

        if (answer.status == 202 && quell_is_null(*promised)) {
            *promised = runs;
            return true;
        }
        if (answer.status == 202) {
            if (!same_runs(*promised, runs))
                FINDING(story, duplicated, "the same delivery was promised other runs");
            return true;
        }
        if (server_ended(&story->server, LOOK_MS) || now_ms() > story->deadline_ms)
            return false;
    }
}

bool story_deliver(struct story *story)
{
    for (unsigned i = 0; i < story->trial->workload->deliveries; i++) {
        if (!deliver(story, i, body_of(story, i)))
            return false;
    }
    return true;
}

static bool waits_for(struct quell_value run, const char *what)
{
    struct quell_value waits = quell_get(run, "waits");

    for (size_t i = 0; i < quell_count(waits); i++) {
        if (quell_text_is(quell_get(quell_at(waits, i), "what"), what))
            return true;
    }
    return false;
}

bool story_is_to_be_undone(const struct story *story, struct quell_value run)
{
    const char *undone = story->trial->workload->undone;

    return undone && quell_text_is(quell_get(run, "playbook"), undone) &&
           quell_text_is(quell_get(run, "state"), "succeeded");
}

/* One that has ended is not at rest while something of it is still to be taken back. A held one may
 * still be at work in another branch: it rests when nothing is left but to ask a person, or to wait
 * for a run of its own that is held: to its end, or until it is taken back. */
static bool is_at_rest(const struct story *story, struct quell_value run, bool held)
{
    static const char *const states[] = {"succeeded", "failed", "cancelled", "undone"};

    for (size_t i = 0; i < sizeof(states) / sizeof(*states); i++) {
        if (quell_text_is(quell_get(run, "state"), states[i]))
            return !story_is_to_be_undone(story, run) && !waits_for(run, "undo");
    }
    if (held && quell_text_is(quell_get(run, "state"), "waiting") &&
        quell_count(quell_get(run, "waits")) == 0)
        return true;
    return waits_for(run, "person") || (held && waits_for(run, "run"));
}

static bool are_at_rest(const struct story *story, struct quell_value runs)
{
    bool held = story_any_held(runs);

    for (size_t i = 0; i < quell_count(runs); i++) {
        if (!is_at_rest(story, quell_at(runs, i), held))
            return false;
    }
    return quell_count(runs) > 0;
}

bool story_rest(struct story *story, struct quell_value *runs)
{
    for (;;) {
        struct answer answer = server_ask(&story->server, story->arena, "/api/v1/runs", NULL, NULL);

        *runs = answer.json;
        if (answer.status == 200 && are_at_rest(story, answer.json))
            return true;
        if (answer.status == 200)
            story_attend(story, answer.json);
        if (server_ended(&story->server, LOOK_MS) || now_ms() > story->deadline_ms)
            return false;
    }
}

/* ---- the server that has the point -----------------------------------------------------------*/

static bool breaks(const struct trial *trial, const struct point *point)
{
    return mode_fails(trial->mode) && point && point == trial->point;
}

static void live(struct story *story, const struct point *point)
{
    const struct trial *trial = story->trial;
    bool broken = breaks(trial, point), rests;
    struct quell_value runs;

    story->deadline_ms =
        now_ms() + (broken && trial->mode == MODE_ERRORS ? BROKEN_MS : INJECTED_MS);
    if (!server_start(&story->server, &story->plan, point, story->deadline_ms))
        return;
    if (point && trial->mode == MODE_FENCE)
        story_fence(story);
    rests = !story->server.ended && story_deliver(story) && story_rest(story, &runs);
    if (!rests && trial->mode == MODE_CLOCK && !story->server.ended)
        FINDING(story, stuck, "a run has not ended while the clock was set");
    if (!rests && trial->mode == MODE_SPACE && *story->server.url)
        FINDING(story, stuck, "a server that has listened does not wait until there is room");
    story->deadline_ms = broken ? now_ms() + REST_MS : story->deadline_ms;
    if (!server_ended(&story->server, 0) && !server_stop(&story->server, story->deadline_ms))
        FINDING(story, stuck, "the server that has the point does not end");
}

static bool ended_by(const struct server *server, int number)
{
    return server->status != -1 && WIFSIGNALED(server->status) &&
           WTERMSIG(server->status) == number;
}

/* SIGTERM before it is listened to ends the server, too. */
static void check_end(struct story *story)
{
    struct trial *trial = story->trial;
    int status = story->server.status;
    bool dies = trial->point && (trial->mode == MODE_KILL || trial->mode == MODE_POWER);
    bool by_signal = dies && ended_by(&story->server, trial->signal);

    if (trial->mode != MODE_FENCE)
        trial->reached = by_signal;
    if (trial->point && (!dies || trial->signal != SIGKILL) && trial->mode != MODE_FENCE)
        trial->reached = counts_have(story->ground->calls, trial->point);
    /* Calls that fail may end it, in order: with a code of its own. */
    if (breaks(trial, trial->point) && status != -1 &&
        (WIFEXITED(status) || ended_by(&story->server, SIGTERM)))
        return;
    if (status != 0 && !by_signal)
        FINDING(story, stuck, "the server that has the point ended with status %d", status);
}

/* False when it was not there that the first one died. */
static bool die_first(struct story *story)
{
    if (!story->trial->first)
        return true;
    story->plan.signal = SIGKILL;
    live(story, story->trial->first);
    (void)unlink(story->ground->calls); /* those of the next one are asked for */
    return server_was_killed(&story->server);
}

static void lose_power(struct story *story)
{
    struct trial *trial = story->trial;

    if (trial->mode != MODE_POWER || !trial->point || !trial->reached)
        return;
    if (!power_lose(story->ground->trace, story->ground->store, when_seed(trial->point->when),
                    &trial->loss))
        FINDING(story, corrupt, "the trace cannot be read");
}

/* ---- the server that takes up ----------------------------------------------------------------*/

/* Of two points one is resolved while nobody serves. Of branches side by side a second one may be
 * held when the first is not any more. */
static void resolve_held(struct story *story, struct quell_value runs)
{
    bool away = story->trial->point && story->trial->point->nth % 2;

    for (unsigned round = 0; story_any_held(runs) && round < ROUNDS_MAX; round++) {
        if (away && !server_stop(&story->server, now_ms() + REST_MS))
            FINDING(story, stuck, "a server with held runs does not end");
        story_resolve(story, runs);
        story->deadline_ms = now_ms() + REST_MS;
        if (away && !server_start(&story->server, &story->plan, NULL, story->deadline_ms)) {
            FINDING(story, stuck, "the server does not start after a run was resolved");
            return;
        }
        if (!story_rest(story, &runs)) {
            FINDING(story, stuck, "a run that was resolved does not end");
            return;
        }
    }
    if (story_any_held(runs))
        FINDING(story, stuck, "a run is held however often it is resolved");
}

static void name_restless(struct story *story, struct quell_value runs)
{
    for (size_t i = 0; i < quell_count(runs); i++) {
        struct quell_value run = quell_at(runs, i);

        if (!is_at_rest(story, run, false))
            FINDING(story, stuck, "run %.*s of %.*s is %.*s", QUELL_ARG(quell_get_str(run, "run")),
                    QUELL_ARG(quell_get_str(run, "playbook")),
                    QUELL_ARG(quell_get_str(run, "state")));
    }
    if (quell_count(runs) == 0)
        FINDING(story, lost, "there is no run");
}

static void take_up(struct story *story)
{
    struct quell_value runs = quell_null();

    story->deadline_ms = now_ms() + REST_MS;
    story->plan.calls = story->plan.trace = NULL;
    if (!server_start(&story->server, &story->plan, NULL, story->deadline_ms)) {
        FINDING(story, stuck, "the last server does not start");
        return;
    }
    if (!story_deliver(story))
        FINDING(story, stuck, "the last server accepts nothing");
    else if (!story_rest(story, &runs))
        name_restless(story, runs);
    else if (story_any_held(runs))
        resolve_held(story, runs);
    if (!server_stop(&story->server, now_ms() + REST_MS))
        FINDING(story, stuck, "the last server does not end");
    else if (story->server.status != 0)
        FINDING(story, stuck, "the last server ended with status %d", story->server.status);
}

/* The chain of the journal's rows holds, and so do the checkpoints that were signed over it. */
static void verify(struct story *story)
{
    static const char *const words[] = {"audit", "verify", NULL};
    int status;

    if (story->trial->mode != MODE_POWER && !mode_fails(story->trial->mode))
        return;
    status = server_command(&story->plan, words);
    if (status != 0)
        FINDING(story, corrupt, "`quell audit verify` ends with status %d", status);
}

static struct server_plan plan_of(const struct ground *ground, const struct trial *trial)
{
    struct timespec now = {0};

    (void)clock_gettime(CLOCK_REALTIME, &now); /* cannot fail */
    return (struct server_plan){.program = ground->program,
                                .shim = ground->shim,
                                .config = ground->config,
                                .log = ground->log,
                                .calls = ground->calls,
                                .folder = ground->store,
                                .trace = trial->mode == MODE_POWER ? ground->trace : NULL,
                                .kinds = mode_fails(trial->mode),
                                .epoch_ns = (int64_t)now.tv_sec * 1000000000 + now.tv_nsec,
                                .speed = ground->speed,
                                .signal = trial->signal};
}

void trial_run(const struct ground *ground, struct trial *trial)
{
    struct arena *arena = arena_new(0);
    unsigned deliveries = trial->workload->deliveries;
    struct story story = {.ground = ground, .trial = trial, .arena = arena};

    story.promised = arena_alloc(arena, deliveries * sizeof(*story.promised));
    for (unsigned i = 0; i < deliveries; i++)
        story.promised[i] = quell_null();
    story.plan = plan_of(ground, trial);
    ground_refresh(ground, trial->workload);
    if (die_first(&story)) {
        story.plan.signal = trial->mode == MODE_FENCE ? SIGSTOP : trial->signal;
        live(&story, trial->point);
        check_end(&story);
        lose_power(&story);
    }
    take_up(&story);
    verify(&story);
    oracle_compare(ground->range, ground->database, trial->workload,
                   quell_list(story.promised, deliveries), &trial->findings);
    if (trial->point && when_may_fail(trial->mode, trial->point->call, trial->point->when))
        trial->findings.failed = 0;
    arena_free(arena);
}
