/*
 * call.c - the life of one call: turns in order, each with its own memory; sleeping; the deadline;
 * what a lost answer means. It sends nothing itself (call_send.c) and journals nothing (the
 * caller does, in its events).
 */
#include "connector/call.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/id.h"
#include "base/limits.h"
#include "base/memory.h"
#include "connector/call_parts.h"
#include "connector/signin.h"
#include "connector/sink.h"
#include "loop/curl.h"
#include "loop/loop.h"
#include "value/fields.h"
#include "value/value.h"

/* ---- host ------------------------------------------------------------------------------------*/

struct call_host *call_host_new(struct loop *loop)
{
    struct call_host *host = memory_new(sizeof(*host));

    host->loop = loop;
    host->pool = curl_pool_new(loop);
    host->tokens = signin_cache_new(host->pool);
    host->backoff_ms = 1000;
    return host;
}

void call_host_free(struct call_host *host)
{
    if (!host)
        return;
    signin_cache_free(host->tokens);
    curl_pool_free(host->pool);
    memory_free(host);
}

void call_host_set_backoff(struct call_host *host, int64_t first_ms)
{
    host->backoff_ms = first_ms;
}

/* ---- ending ----------------------------------------------------------------------------------*/

/* Nothing that was started comes back. */
static void quiet(struct call *call)
{
    loop_cancel(call->timer);
    loop_cancel(call->deadline);
    curl_cancel(call->transfer);
    signin_cancel(call->wait);
    call->timer = NULL;
    call->deadline = NULL;
    call->transfer = NULL;
    call->wait = NULL;
}

static void release(struct call *call)
{
    quiet(call);
    sending_drop(call);
    arena_free(call->wish.state_arena);
    arena_free(call->state_arena);
    arena_free(call->turn_arena);
    if (call->connection)
        connections_free(call->connection->owner);
    arena_free(call->arena);
    memory_free(call);
}

void call_enter(struct call *call)
{
    call->entered++;
}

bool call_leave(struct call *call)
{
    if (--call->entered == 0 && call->freed) {
        release(call);
        return false;
    }
    return !call->freed;
}

void call_free(struct call *call)
{
    if (!call)
        return;
    if (call->entered == 0) {
        release(call);
        return;
    }
    call->freed = true;
    quiet(call);
}

static void end(struct call *call, const struct call_outcome *outcome)
{
    if (call->phase == CALL_ENDED || call->freed)
        return;
    call->phase = CALL_ENDED;
    quiet(call);
    call_enter(call);
    call->events.ended(call, outcome, call->user);
    (void)call_leave(call);
}

void call_fail_with(struct call *call, const struct quell_error *err)
{
    struct call_outcome outcome = {.output = quell_null(), .error = *err};
    bool repeatable = call->action->repeat == QUELL_PURE || call->action->repeat == QUELL_KEYED;

    if (call->in_doubt && quell_looks_first(call->action) && err->code != QUELL_UNKNOWN_OUTCOME)
        (void)error_set(&outcome.error, QUELL_UNKNOWN_OUTCOME,
                        "the answer was lost, and looking for the outcome failed: %s",
                        err->message);
    /* Nobody has to decide about what can be repeated without harm. */
    if (outcome.error.code == QUELL_UNKNOWN_OUTCOME && repeatable)
        outcome.error.code = QUELL_UNAVAILABLE;
    outcome.code = outcome.error.code;
    end(call, &outcome);
}

void call_fail(struct call *call, enum quell_code code, int status, const char *format, ...)
{
    struct quell_error err = {.code = code, .status = status};
    va_list list;

    va_start(list, format);
    (void)vsnprintf(err.message, sizeof(err.message), format, list);
    va_end(list);
    call_fail_with(call, &err);
}

static void finish(struct call *call)
{
    struct call_outcome outcome = {.code = QUELL_OK, .output = call->wish.output};
    struct quell_error cause = {0};
    enum quell_code code = QUELL_OK;

    if (call->action->outputs)
        code = fields_check(call->arena, call->action->outputs, call->wish.output, &outcome.output,
                            &cause);
    if (code)
        call_fail(call, QUELL_INVALID, 0, "the action's output does not fit its table: %s",
                  cause.message);
    else
        end(call, &outcome);
}

/* ---- turns -----------------------------------------------------------------------------------*/

/* One turn; afterwards nothing of its memory is left but the wish. */
static void run_turn(struct call *call, const struct quell_reply *reply)
{
    quell_turn_fn *turn = call->settling ? call->action->settle : call->action->turn;
    enum quell_turn said;

    call->phase = CALL_TURNING;
    call->wish = (struct wish){.state = quell_null(), .output = quell_null()};
    call->turn_arena = arena_new(0);
    call->view.now_us = loop_now_us(call->host->loop);
    call->turns++;
    said = turn(&call->view, reply);
    call->view.resumed = false;
    arena_free(call->turn_arena);
    call->turn_arena = NULL;
    if (!call->wish.said || call->wish.turn != said) {
        call->wish.turn = QUELL_FAILED;
        (void)error_set(&call->wish.error, QUELL_INVALID,
                        "the action's turn did not say what happens next");
    }
    if (call->wish.refused)
        call->wish.turn = QUELL_FAILED;
    if (!call->wish.state_arena)
        return;
    arena_free(call->state_arena);
    call->state_arena = call->wish.state_arena;
    call->wish.state_arena = NULL;
    call->view.state = call->wish.state;
}

/* A settle that found out for certain, in either way, ends the doubt. */
static bool settled_as_not_done(struct call *call)
{
    return call->settling && call->wish.turn == QUELL_FAILED && !call->wish.refused &&
           call->wish.error.code == QUELL_NOT_FOUND;
}

/* Whether the action knows that what it sent came to nothing: it found that, or the far side
 * refused it. A look that failed tells nothing. */
static bool knows(const struct call *call)
{
    enum quell_code code = call->wish.error.code;

    if (call->wish.refuses)
        return call->sending.job.changes;
    return code == QUELL_REFUSED || code == QUELL_CONFLICT || code == QUELL_NOT_FOUND;
}

static void fail_as_wished(struct call *call)
{
    if (knows(call))
        call->in_doubt = false;
    if (call->settling)
        call_fail(call, QUELL_UNKNOWN_OUTCOME, call->wish.error.status,
                  "the answer was lost, and looking for the outcome failed: %s",
                  call->wish.error.message);
    else
        call_fail_with(call, &call->wish.error);
}

/* It looked, and wants to send again: it did not happen. */
static bool is_not_found(const struct call *call)
{
    return call->wish.changes && call->in_doubt && quell_looks_first(call->action);
}

/* Its time is over, and it is here only because there was time left to look. */
static bool is_late(const struct call *call)
{
    return call->deadline && loop_monotonic_us(call->host->loop) >= call->due_us;
}

static bool is_wanted(struct call *call)
{
    return call->lost <= LIMIT_SEND_RETRIES && !is_late(call) &&
           (!call->events.wanted || call->events.wanted(call, call->user));
}

static void give_up(struct call *call)
{
    call->in_doubt = false;
    call_fail(call, is_late(call) ? QUELL_TIMED_OUT : QUELL_UNAVAILABLE, 0,
              "the answer was lost%s, and it did not happen",
              call->lost > LIMIT_SEND_RETRIES ? " again and again" : "");
}

bool call_gives_up(struct call *call)
{
    bool unwanted = is_not_found(call) && !is_wanted(call);

    if (unwanted)
        give_up(call);
    return unwanted;
}

static void act(struct call *call)
{
    switch (call->wish.turn) {
    case QUELL_FAILED:
        fail_as_wished(call);
        return;
    case QUELL_FINISHED:
        finish(call);
        return;
    case QUELL_SENDING:
        if (call_gives_up(call))
            return;
        call->sending.job.changes = call->wish.changes;
        if (!call_may_send(call)) {
            call_halt(call);
            return;
        }
        call->phase = CALL_WANTS_SEND;
        call->events.sending(call, call->view.state, call->wish.changes, call->user);
        return;
    case QUELL_SLEEPING:
        call->phase = CALL_WANTS_SLEEP;
        call->awake_us = call->wish.awake_us;
        call->events.sleeping(call, call->view.state, call->wish.until_us, call->user);
        return;
    }
}

/* It did not happen: as at the start, unless that was so too often, or nobody wants it any more. */
static void start_anew(struct call *call)
{
    call->settling = false;
    call->in_doubt = false;
    call->view.state = quell_null();
    if (!is_wanted(call)) {
        give_up(call);
        return;
    }
    run_turn(call, NULL);
    act(call);
}

void call_turn(struct call *call, const struct quell_reply *reply)
{
    call_enter(call);
    if (call->turns >= LIMIT_CALL_TURNS) {
        call_fail(call, QUELL_LIMIT, 0, "the call took more than %d turns", LIMIT_CALL_TURNS);
    } else {
        run_turn(call, reply);
        if (!settled_as_not_done(call))
            act(call);
        else
            start_anew(call);
    }
    (void)call_leave(call);
}

/* ---- halted ----------------------------------------------------------------------------------*/

bool call_may_send(struct call *call)
{
    return !call->events.may_send ||
           call->events.may_send(call, call->sending.job.changes, call->user);
}

void call_halt(struct call *call)
{
    loop_cancel(call->timer);
    curl_cancel(call->transfer);
    signin_cancel(call->wait);
    call->timer = NULL;
    call->transfer = NULL;
    call->wait = NULL;
    call->sending.paced = false;
    call->phase = CALL_HALTED;
    call_enter(call);
    call->events.sending(call, call->view.state, false, call->user); /* nobody proceeds */
    (void)call_leave(call);
}

void call_look_again(struct call *call)
{
    bool waits = call->phase == CALL_WANTS_SEND || call->phase == CALL_SENDING;

    if (waits && !(call->transfer && curl_begun(call->transfer)) && !call_may_send(call))
        call_halt(call);
}

bool call_is_halted(const struct call *call)
{
    return call->phase == CALL_HALTED;
}

void call_go_on(struct call *call)
{
    if (call->phase != CALL_HALTED || !call_may_send(call))
        return;
    call_enter(call);
    if (!call_gives_up(call)) {
        call->phase = CALL_WANTS_SEND;
        call->events.sending(call, call->view.state, call->sending.job.changes, call->user);
    }
    (void)call_leave(call);
}

/* ---- lost answers ----------------------------------------------------------------------------*/

static void look(void *user)
{
    struct call *call = user;
    struct quell_reply reply = {.code = QUELL_UNKNOWN_OUTCOME,
                                .json = quell_null(),
                                .headers = quell_map(NULL, 0),
                                .message = QUELL_STR("the answer was lost")};

    call->timer = NULL;
    call->settling = call->action->settle != NULL;
    call_turn(call, call->settling ? NULL : &reply);
}

/* The far side may still be at work on what we sent, so looking waits a little. */
void call_settle(struct call *call, const char *why)
{
    call->lost++;
    if (call->action->repeat != QUELL_VERIFIABLE) {
        call_fail(call, QUELL_UNKNOWN_OUTCOME, 0,
                  "sent, and the answer was lost (%s): it is not known whether it took effect",
                  why);
        return;
    }
    call->in_doubt = true;
    call->phase = CALL_LOSING; /* nothing to halt: that would tell that nothing is on its way */
    call->timer = loop_after(call->host->loop, sending_backoff_ms(call, call->lost), look, call);
}

/* ---- time ------------------------------------------------------------------------------------*/

static void slept(void *user)
{
    struct call *call = user;

    call->timer = NULL;
    call_turn(call, NULL);
}

/* Journals and deadlines tell the time of day. What is left is worked out once, for a clock that is
 * set meanwhile must neither hold a call up nor end it. */
static int64_t monotonic_of(const struct call *call, int64_t wall_us)
{
    const struct loop *loop = call->host->loop;

    return loop_monotonic_us(loop) + (wall_us - loop_now_us(loop));
}

static int64_t ms_until(const struct call *call, int64_t monotonic_us)
{
    int64_t left_us = monotonic_us - loop_monotonic_us(call->host->loop);

    return left_us > 0 ? left_us / 1000 + 1 : 0;
}

static void fall_asleep(struct call *call)
{
    call->phase = CALL_SLEEPING;
    call->timer = loop_after(call->host->loop, ms_until(call, call->awake_us), slept, call);
}

static void deadline_passed(void *user)
{
    struct call *call = user;
    bool doubt = sending_in_doubt(call) || call->in_doubt;
    bool decided_by_people =
        call->action->repeat == QUELL_ONCE || call->action->repeat == QUELL_VERIFIABLE;

    call->deadline = NULL;
    call_enter(call);
    if (doubt && decided_by_people)
        call_fail(call, QUELL_UNKNOWN_OUTCOME, 0,
                  "the deadline passed before the answer came: it is not known whether it took "
                  "effect");
    else
        call_fail(call, QUELL_TIMED_OUT, 0, "the deadline of the call passed%s",
                  call->phase == CALL_HALTED ? " while it was halted: nothing was sent" : "");
    (void)call_leave(call);
}

static void arm_deadline(struct call *call, const struct call_request *request)
{
    int64_t soonest_us = loop_monotonic_us(call->host->loop) + (int64_t)LIMIT_REQUEST_MS * 1000;

    if (request->deadline_us == 0)
        return;
    call->deadline_us = call->due_us = monotonic_of(call, request->deadline_us);
    /* Time that we were down does not keep us from finding out what happened. */
    if (request->in_flight && call->action->repeat == QUELL_VERIFIABLE &&
        call->deadline_us < soonest_us)
        call->deadline_us = soonest_us;
    call->deadline =
        loop_after(call->host->loop, ms_until(call, call->deadline_us), deadline_passed, call);
}

/* ---- starting --------------------------------------------------------------------------------*/

static void make_view(struct call *call, const struct call_request *request)
{
    struct arena *arena = call->arena;
    struct id uuid = id_v5(request->key);

    call->view = (struct quell_call){
        .host = &call_host_functions,
        .id = arena_format(arena, "%.*s/%.*s/%u", QUELL_ARG(request->run), QUELL_ARG(request->step),
                           request->attempt),
        .key = arena_str(arena, request->key),
        .uuid = arena_str(arena, id_str(&uuid)),
        .run = arena_str(arena, request->run),
        .step = arena_str(arena, request->step),
        .input = value_copy(arena, request->input),
        .settings = call->connection ? call->connection->settings : quell_map(NULL, 0),
        .state = quell_null(),
        .resumed = request->resumed,
        .engine = call,
        .action = request->action,
    };
    if (request->resumed) {
        call->state_arena = arena_new(0);
        call->view.state = value_copy(call->state_arena, request->state);
    }
}

static void take_up(struct call *call, const struct call_request *request)
{
    bool lost = request->resumed && request->in_flight;
    struct quell_error err = {0};

    call->settling = lost && call->action->repeat == QUELL_VERIFIABLE && call->action->settle;
    call->in_doubt = lost;
    if (!call->connection) {
        call_fail(call, QUELL_INVALID, 0, "no connection of connector %s is configured",
                  request->connector->name);
    } else if (sink_check_inputs(call->arena, call->action->inputs, call->view.input, &err)) {
        call_fail_with(call, &err);
    } else if (request->resumed && request->sleep_until_us > 0) {
        call->awake_us = monotonic_of(call, request->sleep_until_us);
        fall_asleep(call);
    } else if (lost && call->action->repeat == QUELL_ONCE) {
        call_fail(call, QUELL_UNKNOWN_OUTCOME, 0,
                  "the engine ended while this was being sent: it is not known whether it took "
                  "effect");
    } else {
        call_turn(call, NULL);
    }
}

struct call *call_start(struct call_host *host, const struct call_request *request,
                        const struct call_events *events, void *user)
{
    struct call *call = memory_new(sizeof(*call));

    call->host = host;
    call->events = *events;
    call->user = user;
    call->action = request->action;
    call->connection = request->connection;
    if (call->connection)
        (void)connections_hold(call->connection->owner);
    call->arena = arena_new(0);
    make_view(call, request);
    arm_deadline(call, request);
    call_enter(call);
    take_up(call, request);
    return call_leave(call) ? call : NULL;
}

void call_proceed(struct call *call)
{
    if (call->phase == CALL_WANTS_SEND)
        sending_go(call);
    else if (call->phase == CALL_WANTS_SLEEP)
        fall_asleep(call);
}

bool call_in_doubt(const struct call *call)
{
    return call->settling || (call->in_doubt && call->action->repeat == QUELL_VERIFIABLE);
}

bool call_in_the_air(const struct call *call)
{
    return call->phase == CALL_SENDING && sending_in_doubt(call);
}

bool call_is_unsent(const struct call *call)
{
    return (call->phase == CALL_WANTS_SEND || call->phase == CALL_SENDING ||
            call->phase == CALL_HALTED) &&
           !sending_in_doubt(call) && !call->in_doubt;
}

void *call_user(const struct call *call)
{
    return call->user;
}
