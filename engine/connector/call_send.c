/*
 * call_send.c - one request of a call: signed, sent, sent again while that is safe, and its reply.
 * The rule of retries is `judge`; what a lost answer means is call.c's affair.
 */
#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/limits.h"
#include "base/memory.h"
#include "base/str.h"
#include "connector/call_parts.h"
#include "connector/signin.h"
#include "loop/curl.h"
#include "loop/loop.h"
#include "loop/secret.h"
#include "value/json.h"
#include "value/value.h"

/* ---- trying, and trying again ----------------------------------------------------------------*/

int64_t sending_backoff_ms(const struct call *call, unsigned tries)
{
    int64_t most_ms = call->host->backoff_ms << (tries > 1 ? tries - 1 : 0);
    uint32_t dice;

    loop_random(call->host->loop, &dice, sizeof(dice));
    return most_ms / 2 + (int64_t)(dice % (uint64_t)(most_ms / 2 + 1));
}

static void start_timer(struct call *call, int64_t ms);

/* Of one that nobody can look for the journal knows whether it waits or may be on its way. */
static bool is_announced_anew(const struct call *call)
{
    return call->sending.job.changes && call->action->repeat == QUELL_ONCE;
}

static void wait_for(struct call *call, int64_t ms)
{
    start_timer(call, ms);
    if (is_announced_anew(call)) /* nobody proceeds: it neither wants to send nor to sleep */
        call->events.sending(call, call->view.state, false, call->user);
}

/* What was told to come back later pauses the connection; what failed is paid. */
static bool may_try_again(struct call *call, int64_t asked_ms, bool throttled)
{
    int64_t now_us = loop_monotonic_us(call->host->loop);

    if (!throttled) {
        call->sending.unaffordable = !pace_take_retry(&call->connection->pace, now_us);
        return !call->sending.unaffordable;
    }
    if (asked_ms > 0)
        pace_pause(&call->connection->pace, now_us + asked_ms * 1000);
    return true;
}

/* False when there is no use in waiting: too often, too long, or beyond the deadline. */
static bool try_later(struct call *call, int64_t asked_ms, bool throttled)
{
    int64_t wait_ms;

    if (call->sending.tries >= LIMIT_SEND_RETRIES || asked_ms > LIMIT_RETRY_AFTER_MS ||
        !may_try_again(call, asked_ms, throttled))
        return false;
    call->sending.tries++;
    call->sending.paced = false;
    wait_ms = sending_backoff_ms(call, call->sending.tries);
    if (asked_ms > 0)
        wait_ms = asked_ms + wait_ms / 10; /* those who were told the same do not come together */
    if (call->deadline && loop_monotonic_us(call->host->loop) + wait_ms * 1000 >= call->deadline_us)
        return false;
    wait_for(call, wait_ms);
    return true;
}

/* Whether it may leave now; else it waits for its place. */
static bool is_in_time(struct call *call)
{
    struct connection *connection = call->connection;
    int64_t now_us = loop_monotonic_us(call->host->loop), when_us;

    if (call->sending.paced && !pace_is_paused(&connection->pace, now_us))
        return true;
    when_us = pace_reserve(&connection->pace, connection->arena, call->action, now_us);
    call->sending.paced = true;
    if (when_us <= now_us)
        return true;
    wait_for(call, (when_us - now_us) / 1000 + 1);
    return false;
}

enum verdict {
    VERDICT_DELIVER, /* the action judges */
    VERDICT_AGAIN,   /* it did no harm: later again */
    VERDICT_RENEW,   /* the token was refused */
    VERDICT_LOST,    /* a change may have been made */
};

static bool is_fault(int status)
{
    return status >= 500 && status != 501 && status != 505;
}

static enum verdict judge_answered(const struct call *call, int status)
{
    bool changes = call->sending.job.changes;
    bool repeatable =
        !changes || call->action->repeat == QUELL_PURE || call->action->repeat == QUELL_KEYED;
    bool can_look = call->action->repeat == QUELL_VERIFIABLE;

    if (!call->sending.job.method) /* mail: 4xx is "not now", and nothing is delivered */
        return status >= 400 && status < 500 ? VERDICT_AGAIN : VERDICT_DELIVER;
    if (status == 429 || status == 503)
        return VERDICT_AGAIN;
    if (status == 401 && call->sending.token.len > 0 && !call->sending.token_renewed)
        return VERDICT_RENEW;
    if (repeatable && (status == 408 || is_fault(status)))
        return VERDICT_AGAIN;
    /* A gateway was answered by nobody: what is behind it may have done it. Who can look looks
     * after any fault. */
    if (!repeatable &&
        (status == 502 || status == 504 || (can_look && (status == 408 || is_fault(status)))))
        return VERDICT_LOST;
    return VERDICT_DELIVER;
}

static enum verdict judge(const struct call *call, const struct curl_answer *answer)
{
    bool repeatable = !call->sending.job.changes || call->action->repeat == QUELL_PURE ||
                      call->action->repeat == QUELL_KEYED;

    switch (answer->code) {
    case QUELL_OK:
        return judge_answered(call, answer->status);
    case QUELL_UNAVAILABLE:
    case QUELL_TIMED_OUT:
        return VERDICT_AGAIN;
    case QUELL_UNKNOWN_OUTCOME:
        return repeatable ? VERDICT_AGAIN : VERDICT_LOST;
    case QUELL_LIMIT:
        return repeatable ? VERDICT_DELIVER : VERDICT_LOST;
    case QUELL_INVALID:
    case QUELL_NOT_FOUND:
    case QUELL_CONFLICT:
    case QUELL_DENIED:
    case QUELL_REFUSED:
    case QUELL_THROTTLED:
    case QUELL_IO:
        return VERDICT_DELIVER;
    }
    return VERDICT_DELIVER;
}

/* ---- replies ---------------------------------------------------------------------------------*/

static struct quell_value read_json(struct arena *arena, const struct curl_answer *answer)
{
    struct quell_str type = quell_get_str(answer->headers, "content-type");
    struct quell_value json = quell_null();
    struct quell_error unread;
    bool marked = str_find(type, QUELL_STR("json"), 0) != SIZE_MAX;
    bool bare = type.len == 0 && answer->body.len > 0 &&
                (answer->body.data[0] == '{' || answer->body.data[0] == '[');

    if (!marked && !bare)
        return json;
    if (json_read(arena, answer->body, LIMIT_REPLY_BYTES, &json, NULL, &unread))
        return quell_null(); /* the action sees the body and says what it misses */
    return json;
}

/* What the action is told when trying again was given up. */
static enum quell_code code_of(const struct curl_answer *answer, enum verdict verdict)
{
    if (verdict != VERDICT_AGAIN)
        return answer->code;
    if (answer->code == QUELL_UNKNOWN_OUTCOME)
        return QUELL_UNAVAILABLE; /* repeatable, so nobody must decide about it */
    if (answer->code == QUELL_OK && (answer->status == 429 || answer->status == 503))
        return QUELL_THROTTLED;
    return answer->code;
}

static void deliver(struct call *call, const struct curl_answer *answer, enum verdict verdict)
{
    struct arena *arena = arena_new(0);
    struct quell_reply reply = {.code = code_of(answer, verdict),
                                .status = answer->status,
                                .json = read_json(arena, answer),
                                .body = answer->body,
                                .headers = answer->headers,
                                .message = answer->message};

    if (call->sending.job.changes && answer->status > 0 && answer->status < 400)
        call->in_doubt = false; /* it takes the place of what was lost and not found */
    if (reply.code && reply.message.len == 0)
        reply.message = arena_format(arena, "answered %d%s", answer->status,
                                     call->sending.unaffordable
                                         ? ", and its connection has failed too often to try again"
                                         : " to the end");
    call_turn(call, &reply);
    arena_free(arena);
}

static bool is_throttled(const struct curl_answer *answer)
{
    return answer->code == QUELL_OK && (answer->status == 429 || answer->retry_after_ms > 0);
}

static void answered(const struct curl_answer *answer, void *user)
{
    struct call *call = user;
    enum verdict verdict = judge(call, answer);

    call->transfer = NULL; /* freed behind us */
    call_enter(call);
    if (answer->status > 0 && call->events.answered)
        call->events.answered(call, answer->status, clock_monotonic_us() - call->sending.started_us,
                              call->user);
    if (call->freed) {
        (void)call_leave(call);
        return;
    }
    if (answer->code == QUELL_OK && answer->status < 400)
        pace_succeeded(&call->connection->pace);
    if (answer->stopped) { /* halted, or it waits for its place behind a pause */
        sending_go(call);
    } else if (verdict == VERDICT_RENEW) {
        signin_drop(call->host->tokens, call->connection, call->sending.token);
        call->sending.token_renewed = true;
        call->sending.paced = false;
        sending_go(call);
    } else if (verdict == VERDICT_LOST) {
        call_settle(call, answer->code ? "no answer came" : "the server is at fault");
    } else if (verdict == VERDICT_DELIVER ||
               !try_later(call, answer->retry_after_ms, is_throttled(answer))) {
        deliver(call, answer, verdict);
    }
    (void)call_leave(call);
}

/* ---- signing in and sending ------------------------------------------------------------------*/

static void fail_before(struct call *call, const struct quell_error *err)
{
    struct curl_answer none = {.code = err->code,
                               .status = 0,
                               .headers = quell_map(NULL, 0),
                               .message = quell_str_of(err->message)};
    bool again = err->code == QUELL_UNAVAILABLE || err->code == QUELL_THROTTLED ||
                 err->code == QUELL_TIMED_OUT;

    if (!again || !try_later(call, err->retry_after_ms, err->code == QUELL_THROTTLED))
        deliver(call, &none, VERDICT_DELIVER);
}

static void signed_in(const struct quell_error *err, void *user)
{
    struct call *call = user;

    call->wait = NULL;
    call_enter(call);
    if (err->code)
        fail_before(call, err);
    else
        sending_go(call);
    (void)call_leave(call);
}

/* The mail server's user and password. */
static enum quell_code add_login(const struct connection *connection, struct secret *password,
                                 struct curl_job *job, struct quell_error *err)
{
    enum quell_code code;

    if (strcmp(connection->auth->name, "none") == 0)
        return QUELL_OK;
    if (strcmp(connection->auth->name, "basic") != 0)
        return error_set(err, QUELL_INVALID, "mail is sent with auth `basic` or `none`");
    code = secret_read(quell_get(connection->auth_settings, "password"), password, err);
    if (code)
        return code;
    job->username = quell_get_str(connection->auth_settings, "username");
    job->password = secret_text(password);
    return QUELL_OK;
}

/* The headers that say who we are, behind the request's own; `arena` is wiped by its lifetime. */
static enum quell_code add_proof(struct call *call, struct arena *arena, struct curl_job *job,
                                 struct quell_error *err)
{
    struct quell_header *place = &call->sending.headers[call->sending.header_count];
    const struct auth_kind *auth = call->connection->auth;
    enum quell_code code = QUELL_OK;

    memset(place, 0, sizeof(*place) * AUTH_HEADERS);
    job->header_count = call->sending.header_count;
    if (!call->sending.credentials)
        return QUELL_OK;
    if (auth->signs_in) {
        place->name = "Authorization";
        place->value = arena_format(arena, "Bearer %.*s", QUELL_ARG(call->sending.token));
    } else if (auth->header) {
        code = auth->header(arena, call->connection->auth_settings, place, err);
    } else if (auth->sign) {
        code =
            auth->sign(arena, call->connection->auth_settings,
                       &(struct signed_request){.id = call->view.uuid,
                                                .body = job->body,
                                                .now_s = loop_now_us(call->host->loop) / 1000000},
                       place, err);
    }
    for (size_t i = 0; !code && i < AUTH_HEADERS && place[i].name; i++)
        job->header_count++;
    return code;
}

/* At the last moment, behind any wait for a connection. */
static bool may_leave(void *user)
{
    struct call *call = user;

    return call_may_send(call) &&
           !pace_is_paused(&call->connection->pace, loop_monotonic_us(call->host->loop));
}

static void start(struct call *call)
{
    struct arena *arena = arena_new(0);
    struct curl_job job = call->sending.job;
    struct secret password = {0};
    struct quell_error err = {0};
    enum quell_code code = job.method ? add_proof(call, arena, &job, &err)
                                      : add_login(call->connection, &password, &job, &err);

    if (code) {
        fail_before(call, &err);
    } else {
        call->sending.started_us = clock_monotonic_us();
        job.may_leave = may_leave;
        job.may_leave_user = call;
        call->transfer = curl_start(call->host->pool, &job, answered, call);
        for (size_t i = call->sending.header_count; i < job.header_count; i++) {
            struct quell_header *proof = &call->sending.headers[i];
            memory_wipe((void *)(uintptr_t)proof->value.data, proof->value.len);
            *proof = (struct quell_header){0};
        }
    }
    secret_wipe(&password);
    arena_free(arena);
}

void sending_go(struct call *call)
{
    struct connection *connection = call->connection;
    struct quell_error err = {0};
    struct quell_str token;

    call->phase = CALL_SENDING;
    call_enter(call);
    if (call_gives_up(call)) {
        ; /* nobody wanted it any more when it had waited */
    } else if (!call_may_send(call)) {
        call_halt(call);
    } else if (!is_in_time(call)) {
        ; /* it comes again */
    } else if (!call->sending.credentials || !connection->auth->signs_in ||
               !call->sending.job.method) {
        start(call);
    } else if (signin_token(call->host->tokens, connection, &token)) {
        call->sending.token = arena_str(call->sending.arena, token);
        start(call);
    } else if (signin_start(call->host->tokens, connection, signed_in, call, &call->wait, &err)) {
        fail_before(call, &err);
    }
    (void)call_leave(call);
}

static void try_again(void *user)
{
    struct call *call = user;

    call->timer = NULL;
    if (!is_announced_anew(call)) {
        sending_go(call);
        return;
    }
    if (!call_may_send(call)) {
        call_halt(call);
        return;
    }
    call->phase = CALL_WANTS_SEND;
    call_enter(call);
    call->events.sending(call, call->view.state, true, call->user);
    (void)call_leave(call);
}

static void start_timer(struct call *call, int64_t ms)
{
    call->timer = loop_after(call->host->loop, ms, try_again, call);
}

bool sending_in_doubt(const struct call *call)
{
    return call->transfer && call->sending.job.changes && curl_begun(call->transfer);
}

void sending_drop(struct call *call)
{
    memory_wipe((void *)(uintptr_t)call->sending.token.data, call->sending.token.len);
    arena_free(call->sending.arena);
    call->sending = (struct sending){0};
}
