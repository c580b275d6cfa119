/*
 * far.c - the far side, linked in the place of libcurl's pool (--wrap): requests take time, get
 * lost on either way, are refused, throttled, answered late or not at all. It counts what it did.
 */
#include "wire.h"

#include <stdio.h>
#include <string.h>

#include "base/memory.h"
#include "base/str.h"
#include "loop/curl.h"
#include "loop/loop.h"
#include "value/value.h"

struct curl_pool {
    struct loop *loop;
    struct curl_transfer *transfers;
};

struct curl_transfer {
    struct curl_pool *pool;
    struct curl_transfer *next;
    struct arena *arena;
    struct loop_timer *timer;
    curl_done_fn *done;
    void *user;
    bool (*may_leave)(void *user);
    void *may_leave_user;
    struct quell_str action, what, key;
    bool changes, begun;
    int64_t timeout_ms;
    struct curl_answer answer;
};

struct curl_pool *__wrap_curl_pool_new(struct loop *loop);
void __wrap_curl_pool_free(struct curl_pool *pool);
struct curl_transfer *__wrap_curl_start(struct curl_pool *pool, const struct curl_job *job,
                                        curl_done_fn *done, void *user);
void __wrap_curl_cancel(struct curl_transfer *transfer);
bool __wrap_curl_begun(const struct curl_transfer *transfer);

/* ---- what it remembers -------------------------------------------------------------------------
 */

struct wire_effect *wire_find(struct wire *wire, struct quell_str what)
{
    size_t i;

    for (i = 0; i < wire->effect_count; i++)
        if (quell_str_equal(wire->effects[i].what, what))
            return &wire->effects[i];
    return NULL;
}

static struct wire_effect *effect_of(struct wire *wire, const struct curl_transfer *transfer)
{
    struct wire_effect *effect = wire_find(wire, transfer->what);

    if (effect)
        return effect;
    if (wire->effect_count == WIRE_EFFECTS) {
        (void)wire_fails(wire, "more effects than the table holds");
        return &wire->effects[0];
    }
    effect = &wire->effects[wire->effect_count++];
    effect->what = arena_str(wire->arena, transfer->what);
    effect->action = arena_str(wire->arena, transfer->action);
    return effect;
}

/* A key that was seen changes nothing again. */
static void take_effect(struct wire *wire, struct curl_transfer *transfer)
{
    struct wire_effect *effect;
    bool known;

    if (!transfer->changes)
        return;
    effect = effect_of(wire, transfer);
    known = str_is(transfer->action, "keyed") && effect->effects > 0 &&
            quell_str_equal(transfer->key, effect->key) && wire->story->broken != BREAK_KEYS;
    if (effect->effects == 0)
        effect->key = arena_str(wire->arena, transfer->key);
    effect->effects += !known;
    wire_tell(wire, "  %.*s of %.*s took effect\n", QUELL_ARG(transfer->action),
              QUELL_ARG(transfer->what));
}

/* ---- one request -------------------------------------------------------------------------------
 */

static void drop(struct curl_transfer *transfer)
{
    struct curl_transfer **at = &transfer->pool->transfers;

    while (*at != transfer)
        at = &(*at)->next;
    *at = transfer->next;
    loop_cancel(transfer->timer);
    arena_free(transfer->arena);
    memory_free(transfer);
}

static void come_back(void *user)
{
    struct curl_transfer *transfer = user;

    transfer->timer = NULL;
    if (wire_now->dying)
        return; /* the pool's end drops it */
    transfer->done(&transfer->answer, transfer->user);
    drop(transfer);
}

static void answer_in(struct curl_transfer *transfer, int64_t ms)
{
    transfer->timer = loop_after(transfer->pool->loop, ms, come_back, transfer);
}

static void answers(struct curl_transfer *transfer, int status)
{
    transfer->answer.status = status;
    transfer->answer.body = QUELL_STR("{}");
    answer_in(transfer, 1 + wire_roll(wire_now, 3000));
}

static void throttles(struct curl_transfer *transfer)
{
    transfer->answer.retry_after_ms = (int64_t)wire_roll(wire_now, 90) * 1000;
    answers(transfer, wire_roll(wire_now, 2) ? 429 : 503);
}

static void loses(struct curl_transfer *transfer, enum quell_code code)
{
    transfer->answer.code = code;
    transfer->answer.message = QUELL_STR("no answer came");
    answer_in(transfer,
              wire_roll(wire_now, 3) ? 1 + wire_roll(wire_now, 5000) : transfer->timeout_ms);
}

/* Whoever looks is told what is so. */
static void is_looked_at(struct curl_transfer *transfer)
{
    const struct wire_effect *effect = wire_find(wire_now, transfer->what);
    bool happened = effect && effect->effects > 0 && wire_now->story->broken != BREAK_LOOKS;

    answers(transfer, happened ? 200 : 404);
}

static void stumble(struct curl_transfer *transfer, unsigned how)
{
    struct wire *wire = wire_now;

    switch (how) {
    case 0:
        throttles(transfer);
        return;
    case 1:
        loses(transfer, QUELL_UNKNOWN_OUTCOME); /* on the way there */
        return;
    case 2:
        take_effect(wire, transfer);
        loses(transfer, QUELL_UNKNOWN_OUTCOME); /* on the way back */
        return;
    case 3:
        answers(transfer, 504); /* nobody knows */
        return;
    case 4:
        take_effect(wire, transfer);
        answers(transfer, 502);
        return;
    case 5:
        answers(transfer, 409); /* it says no */
        return;
    case 6:
        wire_die(wire);
        return;
    case 7:
        take_effect(wire, transfer);
        wire_die(wire);
        return;
    default:
        transfer->begun = false;
        loses(transfer, QUELL_UNAVAILABLE); /* no connection: nothing was sent */
        return;
    }
}

static void arrive(void *user)
{
    struct curl_transfer *transfer = user;
    struct wire *wire = wire_now;

    transfer->timer = NULL;
    if (wire->dying)
        return;
    if (transfer->may_leave && !transfer->may_leave(transfer->may_leave_user)) {
        transfer->answer.stopped = true;
        transfer->answer.code = QUELL_UNAVAILABLE;
        answer_in(transfer, 0);
        return;
    }
    transfer->begun = true;
    wire->story->counts[WIRE_REQUESTS]++;
    wire_tell(wire, "  %.*s of %.*s arrives\n", QUELL_ARG(transfer->action),
              QUELL_ARG(transfer->what));
    if (transfer->changes && wire->halted)
        (void)wire_fails(wire, "%.*s of %.*s left while everything is halted",
                         QUELL_ARG(transfer->action), QUELL_ARG(transfer->what));
    if (transfer->changes)
        effect_of(wire, transfer)->requests++;
    if (!wire->calm && wire_roll(wire, 3) == 0) {
        stumble(transfer, wire_roll(wire, 9));
    } else if (str_is(transfer->action, "look")) {
        is_looked_at(transfer);
    } else {
        take_effect(wire, transfer);
        answers(transfer, 200);
    }
}

/* ---- in the place of curl.c --------------------------------------------------------------------
 */

struct curl_pool *__wrap_curl_pool_new(struct loop *loop)
{
    struct curl_pool *pool = memory_new(sizeof(*pool));

    pool->loop = loop;
    return pool;
}

void __wrap_curl_pool_free(struct curl_pool *pool)
{
    if (pool == NULL)
        return;
    while (pool->transfers)
        drop(pool->transfers);
    memory_free(pool);
}

struct curl_transfer *__wrap_curl_start(struct curl_pool *pool, const struct curl_job *job,
                                        curl_done_fn *done, void *user)
{
    struct curl_transfer *transfer = memory_new(sizeof(*transfer));
    size_t i, slash = job->url.len;

    transfer->pool = pool;
    transfer->arena = arena_new(0);
    transfer->next = pool->transfers;
    pool->transfers = transfer;
    transfer->done = done;
    transfer->user = user;
    transfer->may_leave = job->may_leave;
    transfer->may_leave_user = job->may_leave_user;
    transfer->changes = job->changes;
    transfer->timeout_ms = job->timeout_ms ? job->timeout_ms : 30000;
    while (slash > 0 && job->url.data[slash - 1] != '/')
        slash--;
    transfer->action = arena_str(transfer->arena, str_slice(job->url, slash, job->url.len));
    for (i = 0; i < job->header_count; i++)
        if (strcmp(job->headers[i].name, "X-What") == 0)
            transfer->what = arena_str(transfer->arena, job->headers[i].value);
        else if (strcmp(job->headers[i].name, "X-Key") == 0)
            transfer->key = arena_str(transfer->arena, job->headers[i].value);
    transfer->answer.headers = quell_map(NULL, 0);
    transfer->timer = loop_after(pool->loop, wire_roll(wire_now, 1500), arrive, transfer);
    return transfer;
}

void __wrap_curl_cancel(struct curl_transfer *transfer)
{
    if (transfer)
        drop(transfer);
}

bool __wrap_curl_begun(const struct curl_transfer *transfer)
{
    return transfer->begun;
}
