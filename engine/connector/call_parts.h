/*
 * call_parts.h - what call.c (the life), request.c and call_send.c (one request) and host.c (the
 * functions a connector sees) share. Private to them.
 */
#ifndef CONNECTOR_CALL_PARTS_H
#define CONNECTOR_CALL_PARTS_H

#include "connector/call.h"
#include "connector/connection_parts.h"

struct arena;
struct curl_pool;
struct curl_transfer;
struct loop;
struct loop_timer;
struct signin_cache;
struct signin_wait;

struct call_host {
    struct loop *loop;
    struct curl_pool *pool;
    struct signin_cache *tokens;
    int64_t backoff_ms;
};

/* What the last turn asked for. */
struct wish {
    enum quell_turn turn;
    bool said;    /* one of send, later, done, fail, refuse was called */
    bool refused; /* a value could not be made safe: `error` says why, and nothing else counts */
    bool refuses; /* it failed with the reply as it is: host->refuse() */
    bool changes;
    int64_t until_us, awake_us; /* sleeps until then: by the wall clock, and the monotonic one */
    struct arena *state_arena;  /* owns state */
    struct quell_value state;
    struct quell_value output; /* in the call's arena */
    struct quell_error error;
};

/* The request that the last turn handed over, and its tries. */
struct sending {
    struct arena *arena; /* owns the request */
    struct curl_job job; /* all but the sign-in */
    struct quell_header *headers;
    size_t header_count; /* job.headers has AUTH_HEADERS places more, for the sign-in */
    bool credentials;    /* the request goes to the connection's own origin */
    unsigned tries;
    bool token_renewed;
    bool paced;             /* it has its place among the connection's requests, and was counted */
    bool unaffordable;      /* a further try would have been too many for the connection */
    struct quell_str token; /* the one it was sent with; in `arena` */
    int64_t started_us;
};

enum call_phase {
    CALL_TURNING,
    CALL_WANTS_SEND,  /* journaling; call_proceed sends */
    CALL_WANTS_SLEEP, /* journaling; call_proceed arms the timer */
    CALL_SENDING,     /* signing in, sending, or between two tries */
    CALL_LOSING,      /* a change's answer was lost; it looks in a moment */
    CALL_SLEEPING,
    CALL_HALTED, /* it may not send; call_go_on announces it anew */
    CALL_ENDED,
};

struct call {
    struct call_host *host;
    struct call_events events;
    void *user;
    const struct quell_action *action;
    struct connection *connection; /* its set is held */
    struct arena *arena;           /* ids, input: as long as the call */
    struct arena *turn_arena;      /* of the running turn, freed before anything else happens */
    struct arena *state_arena;     /* owns view.state */
    struct quell_call view;        /* what the connector sees */
    struct wish wish;
    struct sending sending;
    enum call_phase phase;
    bool settling; /* settle() has the turns, not turn() */
    bool in_doubt; /* the answer to a change is lost and not settled yet */
    unsigned lost; /* answers to changes lost so far */
    unsigned turns;
    unsigned entered;              /* how deep we are in functions that may call out */
    bool freed;                    /* call_free was called in there */
    int64_t deadline_us, awake_us; /* monotonic: who sets the clock moves neither; 0 = none */
    int64_t due_us;                /* the same; nothing is made anew behind it, only looked for */
    struct loop_timer *timer, *deadline;
    struct curl_transfer *transfer;
    struct signin_wait *wait;
};

extern const struct quell_host call_host_functions; /* host.c */

/* ---- call.c ---- */
/* Around everything that may call out: the call is freed by the last leave when it was asked for.
 */
void call_enter(struct call *call);
bool call_leave(struct call *call); /* false: the call is gone */
/* The next turn with this reply (NULL: none), and what it asks for. */
void call_turn(struct call *call, const struct quell_reply *reply);
void call_fail(struct call *call, enum quell_code code, int status, const char *format, ...)
    QUELL_PRINTF(4, 5);
void call_fail_with(struct call *call, const struct quell_error *err);
/* Whether the request that the last turn handed over may leave now. */
bool call_may_send(struct call *call);
/* What was looked for and not found is not to be made anew: then the call has ended. */
bool call_gives_up(struct call *call);
/* It may not: waits where it stands, and nothing is on its way. */
void call_halt(struct call *call);
/* The answer to a change is lost, and it may not simply be sent again. */
void call_settle(struct call *call, const char *why);

/* ---- request.c ---- */
/* Builds the job in sending.arena. QUELL_INVALID for what must not be sent. */
enum quell_code sending_prepare(struct call *call, const struct quell_request *request,
                                struct quell_error *err) QUELL_MUST_CHECK;

/* ---- call_send.c ---- */
void sending_go(struct call *call); /* signs in if need be, sends, retries; ends in call_turn */
void sending_drop(struct call *call);
/* A change may be on its way. */
bool sending_in_doubt(const struct call *call);
/* The wait before try number `tries` (from 1), in ms: exponential, with jitter. */
int64_t sending_backoff_ms(const struct call *call, unsigned tries);

#endif
