/*
 * dispatch.c - from decisions to calls, and from outcomes back to events.
 *
 * advance() is the engine's whole story: decide, journal, dispatch. Calls begin inside the turn
 * that scheduled them, so that the intent and the first request's state are one commit; the request
 * itself leaves when that commit is on disk (commit.c).
 */
#include "core/core.h"

#include <stdio.h>

#include "base/limits.h"
#include "base/memory.h"
#include "base/str.h"
#include "loop/log.h"
#include "value/value.h"

/* ---- runs in memory ----------------------------------------------------------------------------
 */

struct active *active_new(struct quell *engine, struct generation *generation,
                          struct loaded *loaded, struct run *run)
{
    struct active *active = memory_new(sizeof(*active));

    active->engine = engine;
    active->run = run;
    active->generation = generation_hold(generation);
    active->loaded = loaded_hold(loaded);
    active->timer_due_us = INT64_MAX;
    active->next = engine->active;
    if (engine->active)
        engine->active->before = active;
    engine->active = active;
    engine->active_count++;
    return active;
}

static void call_drop(struct active_call *call)
{
    struct active_call **at = &call->active->calls;

    while (*at != call)
        at = &(*at)->next;
    *at = call->next;
    call_free(call->call);
    memory_free(call);
}

void active_free(struct active *active)
{
    struct quell *engine = active->engine;

    while (active->calls)
        call_drop(active->calls);
    loop_cancel(active->timer);
    if (active->before)
        active->before->next = active->next;
    else
        engine->active = active->next;
    if (active->next)
        active->next->before = active->before;
    engine->active_count--;
    run_free(active->run);
    loaded_release(active->loaded);
    generation_release(active->generation);
    memory_free(active);
}

void active_retire(struct active *active)
{
    if (run_ended(active->run) && active->commits == 0 && active->calls == NULL)
        active_free(active);
}

struct active *active_find(struct quell *engine, struct quell_str run)
{
    struct active *active;

    for (active = engine->active; active; active = active->next)
        if (quell_str_equal(run_id(active->run), run))
            return active;
    return NULL;
}

/* ---- timers ------------------------------------------------------------------------------------
 */

static void on_timer(void *user)
{
    struct active *active = user;
    struct quell *engine = active->engine;

    active->timer = NULL;
    active->timer_due_us = INT64_MAX;
    turn_begin(engine);
    advance(active);
    turn_end(engine);
}

static void arm_timer(struct active *active)
{
    int64_t now = clock_now_us(), due = run_due(active->run);

    if (due == active->timer_due_us)
        return;
    loop_cancel(active->timer);
    active->timer = NULL;
    active->timer_due_us = due;
    /* A time that has passed and changed nothing (a held run's deadline) is not asked again. */
    if (due == INT64_MAX || due < now)
        return;
    active->timer = loop_after(active->engine->loop, (due - now) / 1000 + 1, on_timer, active);
}

/* ---- decide ------------------------------------------------------------------------------------
 */

static void count_end(struct quell *engine, const struct run *run)
{
    if (str_is(quell_str_of(run_state(run)), "succeeded"))
        engine->counters.runs_succeeded++;
    else
        engine->counters.runs_failed++;
}

void advance(struct active *active)
{
    struct quell *engine = active->engine;
    struct run_events events;

    if (engine->broken)
        return;
    active->deciding = true;
    do {
        struct run_call call;
        size_t i;

        events = run_decide(active->run, clock_now_us());
        for (i = 0; i < events.count; i++)
            say_decided(active, &events.items[i]);
        for (i = 0; i < events.count; i++)
            if (events.items[i].kind == EVENT_CALL_SCHEDULED &&
                run_find_call(active->run, events.items[i].path, &call))
                dispatch_call(active, &call);
        if (events.count && run_ended(active->run))
            count_end(engine, active->run);
    } while (events.count && !run_ended(active->run));
    active->deciding = false;
    arm_timer(active);
}

/* ---- outcomes ----------------------------------------------------------------------------------
 */

static struct quell_value error_value(struct arena *arena, const struct quell_error *err)
{
    struct map_builder map = {.arena = arena};

    map_add(&map, "code", quell_text(quell_code_name(err->code)));
    if (err->status)
        map_add(&map, "status", quell_int(err->status));
    if (err->retry_after_ms)
        map_add(&map, "retry_after_ms", quell_int(err->retry_after_ms));
    map_add(&map, "message", value_copy_str(arena, quell_str_of(err->message)));
    return map_made(&map);
}

/* Journals the end of a call and lets the run go on. */
static void outcome(struct active *active, struct quell_str path, const struct call_outcome *result,
                    bool simulated)
{
    struct quell *engine = active->engine;
    struct commit *commit = turn_commit(engine);
    struct map_builder map = {.arena = commit->arena};
    struct quell_error err = {0};

    engine->counters.calls++;
    if (result->code == QUELL_OK) {
        map_add(&map, "outcome", quell_text("succeeded"));
        map_add(&map, "output", result->output);
    } else {
        bool unknown = result->code == QUELL_UNKNOWN_OUTCOME;
        engine->counters.calls_failed += !unknown;
        engine->counters.calls_unknown += unknown;
        map_add(&map, "outcome", quell_text(unknown ? "unknown" : "failed"));
        map_add(&map, "error", error_value(commit->arena, &result->error));
    }
    if (simulated)
        map_add(&map, "simulated", quell_bool(true));
    if (say(active, EVENT_CALL_ENDED, path, map_made(&map), &err))
        log_line(LOG_LEVEL_ERROR, "run=%.*s %s", QUELL_ARG(run_id(active->run)), err.message);
}

/* `in_flight`: a change may be on its way from here on. */
static bool say_sending(struct active_call *mine, struct quell_value state, bool in_flight)
{
    struct map_builder map = {.arena = turn_commit(mine->active->engine)->arena};
    struct quell_error err = {0};

    map_add(&map, "state", state);
    map_add(&map, "changes", quell_bool(in_flight));
    if (say(mine->active, EVENT_CALL_SENDING, mine->path, map_made(&map), &err) == QUELL_OK)
        return true;
    log_line(LOG_LEVEL_ERROR, "run=%.*s %s", QUELL_ARG(run_id(mine->active->run)), err.message);
    return false;
}

void active_call_rest(struct active_call *mine)
{
    struct run_call call;

    if (call_is_unsent(mine->call) && run_find_call(mine->active->run, mine->path, &call) &&
        call.in_flight)
        (void)say_sending(mine, call.state, false); /* the log has it, and the doubt stays */
    call_drop(mine);
}

#ifdef QUELL_TEST_NO_INTENT
/* The negative control of tests/crash: an engine that keeps no intents and does not wait for the
 * disk must be found out there. No real build defines this. */
static void send_at_once(void *call)
{
    call_proceed(call);
}

static void on_sending(struct call *call, struct quell_value state, bool changes, void *user)
{
    struct active_call *mine = user;

    (void)state;
    (void)changes;
    loop_defer(mine->active->engine->loop, send_at_once, call);
}
#else
static void on_sending(struct call *call, struct quell_value state, bool changes, void *user)
{
    struct active_call *mine = user;
    struct quell *engine = mine->active->engine;
    bool leaves = !engine->drain;

    turn_begin(engine);
    if (say_sending(mine, state, (changes && leaves) || call_in_doubt(call)) && leaves)
        commit_proceed(mine);
    turn_end(engine);
}
#endif

static void on_sleeping(struct call *call, struct quell_value state, int64_t until_us, void *user)
{
    struct active_call *mine = user;
    struct quell *engine = mine->active->engine;
    struct map_builder map = {0};
    struct quell_error err = {0};

    turn_begin(engine);
    map.arena = turn_commit(engine)->arena;
    map_add(&map, "state", state);
    map_add(&map, "until", value_time_us(until_us));
    if (call_in_doubt(call))
        map_add(&map, "changes", quell_bool(true));
    if (say(mine->active, EVENT_CALL_SLEEPING, mine->path, map_made(&map), &err))
        log_line(LOG_LEVEL_ERROR, "run=%.*s %s", QUELL_ARG(run_id(mine->active->run)), err.message);
    else
        commit_proceed(mine);
    turn_end(engine);
}

static void on_ended(struct call *call, const struct call_outcome *result, void *user)
{
    struct active_call *mine = user;
    struct active *active = mine->active;
    struct quell *engine = active->engine;
    struct quell_str path = mine->path;

    (void)call;
    turn_begin(engine);
    outcome(active, path, result, false);
    if (mine->starting)
        mine->ended = true; /* dispatch_call() drops it, and the decision under way goes on */
    else
        call_drop(mine);
    if (!active->deciding)
        advance(active);
    turn_end(engine);
}

static void on_answered(struct call *call, int status, int64_t took_us, void *user)
{
    struct active_call *mine = user;

    (void)call;
    (void)status;
    (void)took_us;
    mine->active->engine->counters.requests++;
}

static const struct call_events call_events = {on_sending, on_sleeping, on_ended, on_answered};

/* ---- dispatch ----------------------------------------------------------------------------------
 */

static void end_at_once(struct active *active, const struct run_call *call,
                        const struct call_outcome *result, bool simulated)
{
    outcome(active, call->path, result, simulated);
}

/* A shadow run records what it would do: nothing that changes anything is sent. */
static bool shadowed(struct active *active, const struct run_call *call)
{
    struct call_outcome result = {0};

    if (run_mode(active->run) != RUN_SHADOW || call->step->action->effect == QUELL_READS)
        return false;
    result.output = simulate_output(turn_commit(active->engine)->arena, call->step->action,
                                    call->input, QUELL_STR("not sent: shadow"), true);
    end_at_once(active, call, &result, true);
    return true;
}

void dispatch_call(struct active *active, const struct run_call *call)
{
    struct quell *engine = active->engine;
    const struct step *step = call->step;
    struct connection *connection;
    struct active_call *mine;

    if (engine->drain || shadowed(active, call))
        return; /* what is scheduled in a drain is begun by the next open */
    connection =
        connections_find(active->generation->connections, step->connector, call->connection);
    if (connection == NULL) {
        struct call_outcome result = {.code = QUELL_INVALID};
        result.error.code = QUELL_INVALID;
        (void)snprintf(result.error.message, sizeof(result.error.message),
                       "no connection `%.*s` is configured: add it under `connections:` in "
                       "quell.yaml",
                       QUELL_ARG(call->connection.len ? call->connection
                                                      : quell_str_of(step->connector->name)));
        end_at_once(active, call, &result, false);
        return;
    }
    mine = memory_new(sizeof(*mine));
    mine->active = active;
    mine->path = call->path;
    mine->starting = true;
    mine->next = active->calls;
    active->calls = mine;
    mine->call =
        call_start(engine->calls,
                   &(struct call_request){
                       .connector = step->connector,
                       .action = step->action,
                       .connection = connection,
                       .run = run_id(active->run),
                       .step = call->path,
                       .key = call->key,
                       .attempt = call->attempt,
                       .input = call->input,
                       .deadline_us = call->deadline_us == INT64_MAX ? 0 : call->deadline_us,
                       .resumed = call->has_state,
                       .state = call->state,
                       .in_flight = call->in_flight,
                       .sleep_until_us = call->sleep_until_us,
                   },
                   &call_events, mine);
    mine->starting = false;
    if (mine->ended)
        call_drop(mine);
}
