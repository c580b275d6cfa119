/*
 * acts.h - actions for tests of calls, one for each class of repetition, and a peer that answers
 * from a list.
 */
#ifndef UNIT_CONNECTOR_ACTS_H
#define UNIT_CONNECTOR_ACTS_H

#include "stage.h"

#include "base/limits.h"

#define CONNECTION "{\"http\":{\"url\":\"http://127.0.0.1:%u/base\",\"egress\":\"loopback\"}}"
#define OK                                                                                         \
    "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 8\r\n\r\n{\"a\": 1}"
#define EMPTY(status) "HTTP/1.1 " status " x\r\nContent-Length: 0\r\n\r\n"

/* ---- actions of this test --------------------------------------------------------------------*/

/* Sends one request and gives out its status; after a lost answer it looks by a GET, sends it once
 * more when that is answered 404, and follows it when that is answered 202. A change that is
 * answered 206 was taken, and is out of sight. */
static enum quell_turn send_turn(struct quell_call *call, const struct quell_reply *reply)
{
    const struct quell_host *host = call->host;
    struct quell_request request = {.protocol = QUELL_HTTP, .method = "POST", .changes = true};
    struct quell_value phase = quell_get(call->state, "phase");

    request.path = quell_get_str(call->input, "path");
    if (request.path.len == 0)
        request.path = QUELL_STR("/do");
    if (call->action->effect == QUELL_READS) {
        request.method = "GET";
        request.changes = false;
    }
    if (reply && reply->status == 202 && quell_text_is(phase, "looking")) {
        host->found(call);
        request.method = "GET";
        request.changes = false;
        return host->send(call, &request, host->map(call, "phase", quell_text("following"), NULL));
    }
    if (reply && reply->status == 206)
        host->lost(call);
    if ((reply && (reply->code == QUELL_UNKNOWN_OUTCOME || reply->status == 206)) ||
        quell_text_is(phase, "lost")) {
        request.method = "GET";
        request.changes = false;
        return host->send(call, &request, host->map(call, "phase", quell_text("looking"), NULL));
    }
    if (!reply || (reply->status == 404 && quell_text_is(phase, "looking")))
        return host->send(call, &request, host->map(call, "phase", quell_text("sent"), NULL));
    if (reply->code || reply->status >= 300)
        return host->refuse(call, reply);
    return host->done(call, host->map(call, "status", quell_int(reply->status), "phase", phase,
                                      "resumed", quell_bool(call->resumed), NULL));
}

static enum quell_turn settle_turn(struct quell_call *call, const struct quell_reply *reply)
{
    const struct quell_host *host = call->host;
    struct quell_request request = {
        .protocol = QUELL_HTTP, .method = "GET", .path = QUELL_STR("/settle"), .changes = true};

    if (!reply)
        return host->send(call, &request, host->map(call, "phase", quell_text("settling"), NULL));
    if (!reply->code && reply->status == 404) /* cmocka has a macro of the name */
        return (host->fail)(call, QUELL_NOT_FOUND, 404, "it did not happen");
    if (reply->code || reply->status != 200)
        return host->refuse(call, reply);
    return host->done(
        call, host->map(call, "status", quell_int(200), "phase", quell_text("settled"), NULL));
}

static enum quell_turn sleep_turn(struct quell_call *call, const struct quell_reply *reply)
{
    int64_t turns = quell_get_int(call->state, "turns", 0);

    (void)reply;
    if (turns == quell_get_int(call->input, "turns", 1))
        return call->host->done(call, call->host->map(call, "status", quell_int(turns), NULL));
    return call->host->later(call, quell_get_int(call->input, "ms", 0),
                             call->host->map(call, "turns", quell_int(turns + 1), NULL));
}

static enum quell_turn odd_turn(struct quell_call *call, const struct quell_reply *reply)
{
    struct quell_str what = quell_get_str(call->input, "path");
    const struct quell_host *host = call->host;
    char *big;

    (void)reply;
    if (str_is(what, "nothing"))
        return QUELL_FINISHED;
    if (str_is(what, "another"))
        return host->done(call, host->map(call, "status", quell_text("no number"), NULL));
    if (str_is(what, "contradicts")) {
        (void)host->done(call, host->map(call, "status", quell_int(1), NULL));
        return QUELL_SLEEPING;
    }
    if (str_is(what, "latin")) {
        return host->done(call, host->map(call, "phase", quell_string(QUELL_STR("a\xff z")), NULL));
    }
    if (str_is(what, "escape")) {
        (void)host->escape(call, "header", QUELL_STR("a\r\nb"));
        return host->done(call, host->map(call, "status", quell_int(1), NULL));
    }
    big = host->alloc(call, LIMIT_STATE_BYTES + 1);
    memset(big, 'x', LIMIT_STATE_BYTES);
    return host->later(call, 0, host->map(call, "a", quell_text(big), NULL));
}

static const struct quell_field inputs[] = {
    {.name = "path", .type = QUELL_FIELD_STRING, .doc = "Path."},
    {.name = "turns", .type = QUELL_FIELD_INT, .doc = "Turns."},
    {.name = "ms", .type = QUELL_FIELD_INT, .doc = "Wait."},
    {.name = "line", .type = QUELL_FIELD_STRING, .sink = "header", .doc = "A header."},
    {0},
};
static const struct quell_field outputs[] = {
    {.name = "status", .type = QUELL_FIELD_INT, .doc = "Status."},
    {.name = "phase", .type = QUELL_FIELD_STRING, .doc = "Phase."},
    {.name = "resumed", .type = QUELL_FIELD_BOOL, .doc = "Resumed."},
    {0},
};

#define ACTION(name_, effect_, repeat_, turn_, settle_)                                            \
    {                                                                                              \
        .name = (name_), .effect = (effect_), .repeat = (repeat_), .inputs = inputs,               \
        .outputs = outputs, .turn = (turn_), .settle = (settle_)                                   \
    }
static const struct quell_action reading = ACTION("r", QUELL_READS, QUELL_PURE, send_turn, NULL);
static const struct quell_action keyed = ACTION("k", QUELL_CHANGES, QUELL_KEYED, send_turn, NULL);
static const struct quell_action once = ACTION("o", QUELL_CHANGES, QUELL_ONCE, send_turn, NULL);
static const struct quell_action looking =
    ACTION("v", QUELL_CHANGES, QUELL_VERIFIABLE, send_turn, NULL);
static const struct quell_action settling =
    ACTION("s", QUELL_CHANGES, QUELL_VERIFIABLE, send_turn, settle_turn);
static const struct quell_action sleeping = ACTION("l", QUELL_READS, QUELL_PURE, sleep_turn, NULL);
static const struct quell_action odd = ACTION("x", QUELL_READS, QUELL_PURE, odd_turn, NULL);

/* ---- scripts ---------------------------------------------------------------------------------*/

/* Answers from a list; the last one again and again. */
static inline const char *say_list(struct peer *peer, size_t nth, const char *request)
{
    const char *const *answers = peer->user;

    (void)request;
    for (size_t i = 0; i < nth && answers[1]; i++)
        answers++;
    return strcmp(answers[0], "lose") == 0 ? NULL : answers[0];
}

static inline void run_answers(struct stage *stage, struct told *told,
                               const struct quell_action *action, const char *const *answers)
{
    struct call_request request;

    if (stage->peer)
        peer_free(stage->peer);
    stage->peer = peer_new(stage->loop, say_list, (void *)(uintptr_t)answers);
    stage_connect(stage, CONNECTION);
    request = stage_request(stage, action, "http", "{}");
    stage_run(stage, told, &request);
}

#define RUN(action, ...)                                                                           \
    run_answers(stage, &told, &(action), (const char *const[]){__VA_ARGS__, NULL})

#endif
