/*
 * call.h - the life of one call: turns, sign-in, transport retries, deadline, lost answers.
 *
 * The caller journals: before a request leaves, `sending` hands over the state, and the request
 * goes only when call_proceed() says that it is on disk. The first turn runs inside call_start(),
 * so the intent and the first state can be one commit. Between turns all memory of the connector is
 * freed.
 *
 *   call_start -> on.sending(state) ... call_proceed -> HTTP -> turn -> on.sending | on.sleeping |
 *   on.ended
 *
 * A request that was throttled, or that did not get out of the house, is sent again without a new
 * `sending`: it is the same request, and its state is on disk. One that nobody could look for
 * (`once`) must not seem to be in flight while it waits for that: it is announced as no change when
 * it begins to wait, and anew before it leaves.
 *
 * A call that may not send now (on.may_send: a kill switch) is *halted*: it waits where it stands,
 * announced as no change, until call_go_on(); its deadline goes on. What is on the wire already is
 * waited for. That is asked before each turn's request is announced, before signing in, and at the
 * last moment before the request leaves a connection.
 */
#ifndef CONNECTOR_CALL_H
#define CONNECTOR_CALL_H

#include <stdbool.h>
#include <stdint.h>

#include <quell/connector.h>
#include <quell/error.h>

struct call;
struct call_host; /* curl pool, token cache, clock: shared by all calls of an engine */
struct loop;
struct connection;

struct call_host *call_host_new(struct loop *loop);
void call_host_free(struct call_host *host); /* calls must be gone */
/* The first wait between transport retries, in ms (default 1000; it doubles). For tests. */
void call_host_set_backoff(struct call_host *host, int64_t first_ms);

struct call_outcome {
    enum quell_code code; /* QUELL_OK: output. QUELL_UNKNOWN_OUTCOME: the answer to a change was
                             lost that must not be repeated, and nobody could look for it. Else
                             failed. */
    struct quell_value output; /* borrowed; checked against `outputs` */
    struct quell_error error;
};

struct call_events {
    /* A request described by `state` (borrowed) is ready; `changes` tells whether it may change the
     * far side. Journal it, then call_proceed(). */
    void (*sending)(struct call *call, struct quell_value state, bool changes, void *user);
    /* The call wants to sleep until `until_us`; journal it, then call_proceed() (which arms the
     * timer). */
    void (*sleeping)(struct call *call, struct quell_value state, int64_t until_us, void *user);
    /* The end; the call may be freed inside. */
    void (*ended)(struct call *call, const struct call_outcome *outcome, void *user);
    /* A request was answered; for metrics. May be NULL. */
    void (*answered)(struct call *call, int status, int64_t took_us, void *user);
    /* Whether a request may leave now; `changes`: it may change the far side. NULL: always. */
    bool (*may_send)(struct call *call, bool changes, void *user);
    /* Whether a change that was sent, and was looked for and not found, is still to be made: false
     * ends the call with QUELL_UNAVAILABLE. NULL: always. */
    bool (*wanted)(struct call *call, void *user);
};

struct call_request {
    const struct quell_connector *connector;
    const struct quell_action *action;
    struct connection *connection;
    struct quell_str run, step, key; /* copied */
    unsigned attempt;
    struct quell_value input; /* already checked by fields_check; copied */
    int64_t deadline_us; /* wall clock; 0 = none. Reaching it ends with QUELL_TIMED_OUT, or with
                            QUELL_UNKNOWN_OUTCOME when what became of a change is not known */
    /* Taken up again after a crash, or after an attempt whose outcome is not known: */
    bool resumed;             /* there was a journaled state */
    struct quell_value state; /* the last journaled one, or null */
    bool in_flight;         /* the last journaled state was a `sending` with changes = true, or was
                               journaled while call_in_doubt() */
    int64_t sleep_until_us; /* the last journaled state was a `sleeping`; else 0 */
};

/* Starts (or takes up) a call; `events` are called on the loop, the first one possibly before this
 * returns. NULL when the call ended and was freed inside. What a resumed call does: sleeping ->
 * waits for the rest, then turn(); in flight and `once` -> ended with QUELL_UNKNOWN_OUTCOME; in
 * flight and pure or keyed -> turn() with the state; verifiable -> settle() when there is one, else
 * turn() with the state. The connection's set is held until the call is freed. */
struct call *call_start(struct call_host *host, const struct call_request *request,
                        const struct call_events *events, void *user);
void call_proceed(struct call *call);
/* While settle(), or the action itself, looks: a change was sent before, and it is not known yet
 * whether it took effect. A read or a sleep that is journaled meanwhile must not hide that:
 * in_flight stays true. */
bool call_in_doubt(const struct call *call);
/* A change has begun to leave, and its answer is waited for. */
bool call_in_the_air(const struct call *call);
/* Nothing of the request that was announced last has taken effect: it has not begun to leave, or it
 * was told to come back later. */
bool call_is_unsent(const struct call *call);
/* What may not be sent any more and has not begun to leave - it signs in, waits for a connection or
 * for a further try - is halted now. May end the call. */
void call_look_again(struct call *call);
bool call_is_halted(const struct call *call);
/* One that is halted announces its request anew. May end the call. */
void call_go_on(struct call *call);
/* Ends it without a callback and frees it; also to be called after `ended`. */
void call_free(struct call *call);
void *call_user(const struct call *call);

#endif
