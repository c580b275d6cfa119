/*
 * dispatch.c - from decisions to calls, and from outcomes back to events.
 *
 * advance() is the engine's whole story: decide, journal, dispatch. Calls begin inside the turn
 * that scheduled them, so that the intent and the first request's state are one commit; the request
 * itself leaves when that commit is on disk (commit.c).
 */
#include "core/children.h"
#include "core/gate.h"
#include "core/nothing.h"

#include "base/error.h"
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
    active_index_add(engine, active);
    return active;
}

void active_call_drop(struct active_call *call)
{
    struct active_call **at = &call->active->calls;

    while (*at != call)
        at = &(*at)->next;
    *at = call->next;
    call_free(call->call);
    loop_cancel(call->timer);
    memory_free(call->answer);
    memory_free(call);
}

void active_free(struct active *active)
{
    struct quell *engine = active->engine;

    while (active->calls)
        active_call_drop(active->calls);
    loop_cancel(active->timer);
    if (active->before)
        active->before->next = active->next;
    else
        engine->active = active->next;
    if (active->next)
        active->next->before = active->before;
    engine->active_count--;
    active_index_drop(engine, active);
    run_free(active->run);
    loaded_release(active->loaded);
    generation_release(active->generation);
    memory_free(active);
}

void active_retire(struct active *active)
{
    if (active->commits > 0 || active->calls)
        return;
    if (run_ended(active->run) && !run_idle(active->run))
        active_free(active);
    else
        active_fold(active);
}

/* ---- time --------------------------------------------------------------------------------------
 */

/* A clock that is set back does not make a run wait until it has caught up. */
int64_t active_now_us(const struct active *active)
{
    int64_t now = loop_now_us(active->engine->loop), last = run_updated_us(active->run);

    if (now < last)
        now = last;
    return now < active->reached_us ? active->reached_us : now;
}

/* How far the run's time is ahead of the clock, which calls go by. */
static int64_t ahead_us(const struct active *active)
{
    int64_t ahead = active_now_us(active) - loop_now_us(active->engine->loop);

    return ahead > 0 ? ahead : 0;
}

static void on_timer(void *user)
{
    struct active *active = user;
    struct quell *engine = active->engine;

    active->timer = NULL;
    active->reached_us = active->timer_due_us;
    active->timer_due_us = INT64_MAX;
    turn_begin(engine);
    advance(active);
    turn_end(engine);
}

/* `asked_us` is when run_decide was last asked: a time before it that changed nothing (a held run's
 * deadline) is not asked about again, a time behind it is, though it may have passed by now. */
void active_arm(struct active *active, int64_t asked_us)
{
    int64_t due = run_due(active->run), left_us;

    if (due == active->timer_due_us)
        return;
    loop_cancel(active->timer);
    active->timer = NULL;
    active->timer_due_us = due;
    if (due == INT64_MAX || due <= asked_us)
        return;
    left_us = due - active_now_us(active);
    active->timer =
        loop_after(active->engine->loop, left_us > 0 ? left_us / 1000 + 1 : 0, on_timer, active);
}

/* ---- decide ------------------------------------------------------------------------------------
 */

static void count_end(struct quell *engine, const struct run *run)
{
    struct quell_str state = quell_str_of(run_state(run));

    engine->counters.runs_succeeded += str_is(state, "succeeded");
    engine->counters.runs_cancelled += str_is(state, "cancelled");
    engine->counters.runs_failed += str_is(state, "failed");
}

/* A step that was cancelled has no call any more: what was not sent is broken off. */
static void drop_call(struct active *active, const struct event *event)
{
    struct active_call *call, *next;
    struct run_call still;

    if (event->kind != EVENT_STEP_ENDED)
        return;
    for (call = active->calls; call; call = next) {
        next = call->next;
        if (quell_str_equal(call->path, event->path) && !call->ended && !call->starting &&
            !run_find_call(active->run, event->path, &still))
            active_call_drop(call);
    }
}

/* What follows outside from an event that was decided. */
static void dispatch(struct active *active, const struct event *event)
{
    struct run_call call;

    if (event->kind == EVENT_CALL_SCHEDULED && run_find_call(active->run, event->path, &call)) {
        own_intended(active, &call);
        dispatch_call(active, &call);
    }
    if (event->kind == EVENT_CHILD_CALLED)
        child_begin(active, event->path);
    if (event->kind == EVENT_CHILD_CANCELLING)
        child_cancelling(active, event->path, event->data);
    if (event->kind == EVENT_CHILD_UNDOING)
        child_undoing(active, event->path);
    if (event->kind == EVENT_RUN_HELD ||
        (event->kind == EVENT_RUN_ENDED && !run_was_reopened(active->run)))
        react(active, event);
    notify_asked(active, event);
}

void advance(struct active *active)
{
    struct quell *engine = active->engine;
    struct run_events events;
    const char *kept = active->kept;
    int64_t asked_us;

    if (engine->broken)
        return;
    active->deciding = true;
    run_set_policy(active->run, engine->generation->policy);
    do {
        size_t i;

        asked_us = active_now_us(active);
        active->kept = NULL;
        engine->asking = active;
        events = run_decide(active->run, asked_us);
        engine->asking = NULL;
        for (i = 0; i < events.count; i++)
            say_decided(active, &events.items[i]);
        for (i = 0; i < events.count; i++)
            drop_call(active, &events.items[i]);
        for (i = 0; i < events.count; i++)
            dispatch(active, &events.items[i]);
        if (events.count && run_ended(active->run) && !run_was_reopened(active->run))
            count_end(engine, active->run);
    } while (events.count && !run_ended(active->run));
    active->deciding = false;
    active_arm(active, asked_us);
    if (active->kept && active->kept != kept)
        commit_touch(active); /* its row says so */
    start_advanced(active);
    if (events.count && run_ended(active->run)) {
        child_ended(active);
        child_undone(active);
    }
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

void say_outcome(struct active *active, struct quell_str path, const struct call_outcome *result,
                 bool simulated)
{
    struct quell *engine = active->engine;
    struct commit *commit = turn_commit(engine);
    struct map_builder map = {.arena = commit->arena};
    struct quell_error err = {0};
    struct run_call call;

    engine->counters.calls++;
    if (!simulated && run_find_call(active->run, path, &call)) {
        breaker_note(active, &call, result);
        own_ended(active, &call, result->code);
    }
    if (result->code == QUELL_OK) {
        map_add(&map, "outcome", quell_text("succeeded"));
        map_add(&map, "output", run_masked(active->run, path, result->output));
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

static void on_ended(struct call *call, const struct call_outcome *result, void *user)
{
    struct active_call *mine = user;
    struct active *active = mine->active;
    struct quell *engine = active->engine;
    struct quell_str path = mine->path;

    (void)call;
    turn_begin(engine);
    say_outcome(active, path, result, false);
    if (mine->starting)
        mine->ended = true; /* dispatch_call() drops it, and the decision under way goes on */
    else
        active_call_drop(mine);
    if (!active->deciding)
        advance(active);
    turn_end(engine);
}

/* Journals what a call is about to do; `what` is an event's own key beside the state. `in_flight`:
 * a change may be on its way from here on. */
static enum quell_code say_of_call(struct active_call *mine, enum event_kind kind,
                                   struct quell_value state, bool in_flight,
                                   struct quell_value until)
{
    struct map_builder map = {.arena = turn_commit(mine->active->engine)->arena};
    struct quell_error err = {0};
    enum quell_code code;

    map_add(&map, "state", state);
    map_add(&map, "changes", quell_bool(in_flight));
    if (!quell_is_null(until))
        map_add(&map, "until", until);
    code = say(mine->active, kind, mine->path, map_made(&map), &err);
    if (code)
        log_line(LOG_LEVEL_ERROR, "run=%.*s %s", QUELL_ARG(run_id(mine->active->run)), err.message);
    return code;
}

void active_call_rest(struct active_call *mine)
{
    struct run_call call;

    if (call_is_unsent(mine->call) && run_find_call(mine->active->run, mine->path, &call) &&
        call.in_flight) /* a failure is logged, and the doubt stays */
        (void)say_of_call(mine, EVENT_CALL_SENDING, call.state, false, quell_null());
    active_call_drop(mine);
}

/* The run has no room for what a call is about to do, so it cannot go on. What it sent before may
 * have taken effect: then a person looks. */
static void no_room(struct active_call *mine)
{
    struct call_outcome result = {.code = QUELL_LIMIT, .output = quell_null()};
    struct run_call call;

    if (run_find_call(mine->active->run, mine->path, &call) && call.has_state &&
        call.action->effect != QUELL_READS)
        result.code = QUELL_UNKNOWN_OUTCOME;
    (void)error_set(&result.error, result.code,
                    "the run has no room for more events: the call was left where it stood");
    on_ended(mine->call, &result, mine);
}

/* What is announced leaves when the announcement is on disk; in a drain nothing does. */
static void announce(struct active_call *mine, enum event_kind kind, struct quell_value state,
                     bool in_flight, struct quell_value until)
{
    struct quell *engine = mine->active->engine;

    turn_begin(engine);
    if (run_full(mine->active->run))
        no_room(mine);
    else if (say_of_call(mine, kind, state, in_flight, until) == QUELL_OK && !engine->drain)
        commit_proceed(mine);
    turn_end(engine);
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
    bool leaves = changes && !mine->active->engine->drain;

    announce(mine, EVENT_CALL_SENDING, state, leaves || call_in_doubt(call), quell_null());
}
#endif

static void on_sleeping(struct call *call, struct quell_value state, int64_t until_us, void *user)
{
    struct active_call *mine = user;

    announce(mine, EVENT_CALL_SLEEPING, state, call_in_doubt(call),
             value_time_us(until_us + ahead_us(mine->active)));
}

static void on_answered(struct call *call, int status, int64_t took_us, void *user)
{
    struct active_call *mine = user;

    (void)call;
    (void)status;
    (void)took_us;
    mine->active->engine->counters.requests++;
}

static bool on_may_send(struct call *call, bool changes, void *user)
{
    const struct active_call *mine = user;

    (void)call;
    return gate_lets(mine->active->engine, mine, changes);
}

/* A cancelled run finds out what became of what it sent, and does not do it after all. */
static bool on_wanted(struct call *call, void *user)
{
    const struct active_call *mine = user;

    (void)call;
    return run_wants(mine->active->run, mine->path);
}

static const struct call_events call_events = {on_sending,  on_sleeping, on_ended,
                                               on_answered, on_may_send, on_wanted};

/* ---- dispatch ----------------------------------------------------------------------------------
 */

/* A shadow run records what it would do: nothing that changes anything is sent. */
static bool shadowed(struct active *active, const struct run_call *call)
{
    struct call_outcome result = {0};

    if (run_mode(active->run) != RUN_SHADOW || call->action->effect == QUELL_READS)
        return false;
    result.output = simulate_output(turn_commit(active->engine)->arena, call->action, call->input,
                                    QUELL_STR("not sent: shadow"), true);
    say_outcome(active, call->path, &result, true);
    return true;
}

/* Without its connection a call cannot be made; one whose request may have left is not over. */
static void end_unconnected(struct active *active, const struct run_call *call)
{
    const struct step *step = call->step;
    bool lost = call->in_flight && call->action->repeat != QUELL_PURE;
    struct call_outcome result = {.code = lost ? QUELL_UNKNOWN_OUTCOME : QUELL_INVALID};

    (void)error_set(
        &result.error, result.code,
        "no connection `%.*s` is configured%s: add it under `connections:` in "
        "quell.yaml",
        QUELL_ARG(call->connection.len ? call->connection : quell_str_of(step->connector->name)),
        lost ? ", and a request was on its way" : "");
    say_outcome(active, call->path, &result, false);
}

void dispatch_call(struct active *active, const struct run_call *call)
{
    struct quell *engine = active->engine;
    const struct step *step = call->step;
    struct connection *connection;
    struct active_call *mine;
    int64_t ahead = ahead_us(active);

    if (engine->drain || shadowed(active, call) || stand_in_call(active, call))
        return; /* what is scheduled in a drain is begun by the next open */
    connection =
        connections_find(active->generation->connections, step->connector, call->connection);
    if (connection == NULL) {
        end_unconnected(active, call);
        return;
    }
    mine = memory_new(sizeof(*mine));
    mine->active = active;
    mine->path = call->path;
    mine->step = step;
    mine->starting = true;
    mine->next = active->calls;
    active->calls = mine;
    mine->call = call_start(
        engine->calls,
        &(struct call_request){
            .connector = step->connector,
            .action = call->action,
            .connection = connection,
            .run = run_id(active->run),
            .step = call->path,
            .key = call->key,
            .attempt = call->attempt,
            .input = call->input,
            .deadline_us = call->deadline_us == INT64_MAX ? 0 : call->deadline_us - ahead,
            .resumed = call->has_state,
            .state = call->state,
            .in_flight = call->in_flight,
            .sleep_until_us = call->sleep_until_us ? call->sleep_until_us - ahead : 0,
        },
        &call_events, mine);
    mine->starting = false;
    if (mine->ended)
        active_call_drop(mine);
}
