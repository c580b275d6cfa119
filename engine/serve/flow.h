/*
 * flow.h - sign-ins under way: what was sent to the provider, kept for the browser that began it.
 */
#ifndef SERVE_FLOW_H
#define SERVE_FLOW_H

#include <stdbool.h>
#include <stdint.h>

#include <quell/value.h>

#include "serve/session.h"

struct arena;
struct flows;

struct flow {
    char state[SESSION_ID_CHARS + 1], nonce[SESSION_ID_CHARS + 1];
    char verifier[SESSION_ID_CHARS + 1]; /* PKCE (RFC 7636): 43 characters are its least */
    int64_t begun_s;                     /* by the wall clock */
    struct quell_str next;               /* where to go on to */
};

struct flows *flows_new(struct loop *loop);
void flows_free(struct flows *flows); /* NULL is allowed */
/* Begins one; `id` is the text of the browser's cookie. The flow is valid until the next call. */
const struct flow *flow_begin(struct flows *flows, struct quell_str next,
                              char id[SESSION_ID_CHARS + 1]);
/* Ends the one of a cookie, whatever comes of it: it counts once. False: there is none. `next`
 * lives in `arena`. */
bool flow_take(struct flows *flows, struct arena *arena, struct quell_str id, struct flow *flow);

#endif
