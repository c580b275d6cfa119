/*
 * stage.h - a call on a stage: a real call host, a connection that leads to a scripted peer on
 * loopback, and a caller that writes down what the call tells it.
 */
#ifndef UNIT_CONNECTOR_STAGE_H
#define UNIT_CONNECTOR_STAGE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "../peer.h"
#include "base/arena.h"
#include "base/str.h"
#include "connector/call.h"
#include "connector/connection.h"
#include "connector/registry.h"
#include "value/json.h"
#include "value/value.h"

struct stage {
    struct loop *loop;
    struct call_host *host;
    struct registry *registry;
    struct connections *connections;
    struct arena *arena; /* of what is kept until the end */
    struct peer *peer;
    bool hold;             /* the caller does not proceed by itself */
    bool halted;           /* no change may be sent ... */
    bool unwanted;         /* what was lost and not found is not made again */
    size_t until_requests; /* ... once the peer has seen so many requests; 0 = at once */
    size_t running;
};

/* What a call told. */
struct told {
    struct stage *stage;
    struct call *call;
    char log[512]; /* s = sending a read, S = sending a change, l = sleeping, e = ended */
    struct quell_str state;
    int64_t until_us;
    bool ended;
    size_t answers;
    enum quell_code code;
    struct quell_error error;
    struct quell_value output;
};

static void stage_note(struct told *told, char c)
{
    size_t len = strlen(told->log);

    if (len + 1 < sizeof(told->log))
        told->log[len] = c;
}

static void stage_sending(struct call *call, struct quell_value state, bool changes, void *user)
{
    struct told *told = user;

    stage_note(told, changes ? 'S' : 's');
    told->state = json_text(told->stage->arena, state, JSON_COMPACT);
    if (!told->stage->hold)
        call_proceed(call);
}

static void stage_sleeping(struct call *call, struct quell_value state, int64_t until_us,
                           void *user)
{
    struct told *told = user;

    stage_note(told, 'l');
    told->state = json_text(told->stage->arena, state, JSON_COMPACT);
    told->until_us = until_us;
    if (!told->stage->hold)
        call_proceed(call);
}

static void stage_ended(struct call *call, const struct call_outcome *outcome, void *user)
{
    struct told *told = user;

    assert_false(told->ended);
    stage_note(told, 'e');
    told->ended = true;
    told->code = outcome->code;
    told->error = outcome->error;
    told->output = value_copy(told->stage->arena, outcome->output);
    told->call = NULL;
    told->stage->running--;
    call_free(call);
}

static void stage_answered(struct call *call, int status, int64_t took_us, void *user)
{
    struct told *told = user;

    (void)call;
    assert_true(status > 0 && took_us >= 0);
    told->answers++;
}

static bool stage_may_send(struct call *call, bool changes, void *user)
{
    const struct stage *stage = ((struct told *)user)->stage;

    (void)call;
    return !changes || !stage->halted ||
           (stage->peer && stage->peer->count < stage->until_requests);
}

static bool stage_wanted(struct call *call, void *user)
{
    (void)call;
    return !((struct told *)user)->stage->unwanted;
}

static const struct call_events stage_events = {.sending = stage_sending,
                                                .sleeping = stage_sleeping,
                                                .ended = stage_ended,
                                                .answered = stage_answered,
                                                .may_send = stage_may_send,
                                                .wanted = stage_wanted};

static int stage_set_up_on(void **state, struct loop *loop)
{
    struct stage *stage = calloc(1, sizeof(*stage));
    const char *folder = QUELL_BINARY_DIR "/tests/connector/good";
    struct quell_error err = {0};

    assert_non_null(stage);
    stage->loop = loop;
    stage->host = call_host_new(stage->loop);
    stage->arena = arena_new(0);
    call_host_set_backoff(stage->host, 1);
    if (registry_new(&folder, 1, &stage->registry, &err))
        fail_msg("%s", err.message);
    *state = stage;
    return 0;
}

static int stage_set_up(void **state)
{
    return stage_set_up_on(state, loop_new());
}

static int stage_tear_down(void **state)
{
    struct stage *stage = *state;

    connections_free(stage->connections);
    registry_release(stage->registry);
    call_host_free(stage->host);
    if (stage->peer)
        peer_free(stage->peer);
    loop_free(stage->loop);
    arena_free(stage->arena);
    free(stage);
    return 0;
}

static struct quell_value stage_json(struct stage *stage, const char *text)
{
    struct quell_value value = quell_null();
    struct quell_error err = {0};

    if (json_read(stage->arena, quell_str_of(text), 1 << 20, &value, NULL, &err))
        fail_msg("%s in %s", err.message, text);
    return value;
}

/* Connections as JSON; %u stands for the peer's port, up to three times. */
static void stage_connect(struct stage *stage, const char *json)
{
    char text[2048];
    unsigned port = stage->peer ? stage->peer->port : 0;
    struct quell_error err = {0};

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
#pragma GCC diagnostic ignored "-Wformat-security"
    (void)snprintf(text, sizeof(text), json, port, port, port);
#pragma GCC diagnostic pop
    connections_free(stage->connections);
    stage->connections = NULL;
    if (connections_new(stage->registry, stage_json(stage, text), &stage->connections, &err))
        fail_msg("%s", err.message);
}

/* The connection of this name, of the http connector when it is the connector's own name. */
static struct connection *stage_connection(struct stage *stage, const char *name)
{
    const struct quell_connector *const *list = registry_connectors(stage->registry);

    for (; *list; list++) {
        struct connection *found = connections_find(stage->connections, *list, quell_str_of(name));
        if (found)
            return found;
    }
    return NULL;
}

static inline struct call_request stage_request(struct stage *stage,
                                                const struct quell_action *action,
                                                const char *connection, const char *input)
{
    struct call_request request = {.action = action,
                                   .connection = stage_connection(stage, connection),
                                   .run = QUELL_STR("0197b0b7-5a3c-7000-8000-000000000001"),
                                   .step = QUELL_STR("contain[0].isolate"),
                                   .key = QUELL_STR("key-1"),
                                   .attempt = 1,
                                   .state = quell_null()};

    request.connector = connection_connector(request.connection);
    request.input = stage_json(stage, input);
    return request;
}

static inline void stage_start(struct stage *stage, struct told *told,
                               const struct call_request *request)
{
    struct call *call;

    *told = (struct told){.stage = stage, .output = quell_null()};
    stage->running++;
    call = call_start(stage->host, request, &stage_events, told);
    if (!told->ended)
        told->call = call;
    else
        assert_null(call);
}

/* One call to its end. */
static inline void stage_run(struct stage *stage, struct told *told,
                             const struct call_request *request)
{
    stage_start(stage, told, request);
    peer_wait(stage->loop, &told->ended);
}

static inline const struct quell_action *stage_action(struct stage *stage, const char *name)
{
    const struct quell_action *action = registry_action(stage->registry, quell_str_of(name), NULL);

    assert_non_null(action);
    return action;
}

#endif
