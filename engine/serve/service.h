/*
 * service.h - the inside of the front end: what routes, webhooks, health and control share.
 */
#ifndef SERVE_SERVICE_H
#define SERVE_SERVICE_H

#include <netinet/in.h>

#include "serve/auth.h"
#include "serve/failures.h"
#include "serve/oidc.h"
#include "serve/rate.h"
#include "serve/serve.h"
#include "serve/server.h"

struct arena;
struct buf;
struct route;
struct sessions;

enum { SERVE_LISTENERS = 8 }; /* addresses of `listen` */

/* ---- setup: the configuration of the front end, replaced as a whole ----------------------------
 */

enum delivery_outcome {
    DELIVERY_ACCEPTED,
    DELIVERY_REPEATED,
    DELIVERY_DENIED,
    DELIVERY_INVALID,
    DELIVERY_LIMITED,
    DELIVERY_OVER_RATE,
    DELIVERY_FAILED,
    DELIVERY_OUTCOMES,
};

struct cidr;

struct hook {
    struct quell_str name, source;
    struct auth auth;
    struct quell_str playbook; /* it is that of playbooks; one of them. Else empty */
    const struct cidr *from;   /* who may send; none = anyone */
    size_t from_count;
    struct quell_str rate_text; /* of `rate`, as it was written */
    struct rate rate;
    struct rate_use rate_use;
    uint64_t counts[DELIVERY_OUTCOMES];
};

struct setup {
    struct arena *arena; /* owns all texts */
    struct sockaddr_storage listen[SERVE_LISTENERS];
    size_t listen_count;
    struct quell_str certificate, key; /* empty = no TLS */
    struct quell_str origin;           /* of `url`: "https://quell.example", or empty */
    bool https;                        /* browsers reach us by TLS, maybe a proxy's */
    bool signs_in;                     /* there is an OpenID provider: */
    struct oidc_settings oidc;
    struct tls *tls;
    struct hook *hooks; /* by name */
    size_t hook_count;
};

/* Reads the configuration's `listen` (or takes the one given), `tls`, `hooks`, `senders` and
 * `routes` (what playbooks listen to); with `load` also the secrets and certificates, else *setup
 * is only a proof that they would check. Keeps nothing of `config`. */
enum quell_code setup_new(struct quell_value config, const char *listen, bool load,
                          struct setup **setup, struct quell_error *err) QUELL_MUST_CHECK;
void setup_free(struct setup *setup); /* wipes the secrets; NULL is allowed */
struct hook *setup_hook(struct setup *setup, struct quell_str name);
/* True when both listen on the same addresses in the same way. */
bool setup_same_place(const struct setup *a, const struct setup *b);

/* ---- the service -------------------------------------------------------------------------------
 */

struct service {
    struct loop *loop;
    struct serve_engine engine;
    struct server *server;
    struct setup *setup;
    char *listen;       /* instead of the configuration's, or NULL; owned */
    uint64_t *answers;  /* route.c: counts by route and status */
    int64_t refusals_s; /* the second in which `refusals` lines were logged */
    unsigned refusals;
    uint64_t reloads, reloads_failed;
    struct failures failures; /* proofs that were wrong */
    struct sessions *sessions;
    struct oidc *oidc;
};

/* webhook.c. The first is the permission check of a hook's route: true, or it has answered. */
bool webhook_permits(struct exchange *exchange);
void webhook_take(struct exchange *exchange);

/* health.c */
void health_live(struct exchange *exchange);
void health_ready(struct exchange *exchange);
void health_metrics(struct exchange *exchange);

/* control.c */
void control_resolve(struct exchange *exchange);
void control_cancel(struct exchange *exchange);
void control_undo(struct exchange *exchange);
void control_undo_plan(struct exchange *exchange);
void control_release(struct exchange *exchange);
void control_start(struct exchange *exchange);
void control_decide(struct exchange *exchange);
void control_answer(struct exchange *exchange);
void control_approvals(struct exchange *exchange);
void control_question(struct exchange *exchange); /* approvals.c */
void control_runs(struct exchange *exchange);
void control_show(struct exchange *exchange);
void control_why(struct exchange *exchange);

/* approvals.c, style.c: pages */
void approvals_list(struct exchange *exchange);
void approvals_show(struct exchange *exchange);
void approvals_decide(struct exchange *exchange);
void approvals_answer(struct exchange *exchange);
void style_get(struct exchange *exchange);
void style_icon(struct exchange *exchange);

/* access.c */
void access_me(struct exchange *exchange);
void access_tokens(struct exchange *exchange);
void access_token_create(struct exchange *exchange);
void access_token_revoke(struct exchange *exchange);
/* QUELL_INVALID when a name of the list is no role's. */
enum quell_code roles_check(struct quell_value names, struct quell_error *err) QUELL_MUST_CHECK;

/* bearer.c: who the token of the request is, if there is one. False: it has answered. */
bool bearer_identify(struct exchange *exchange);

/* scope.c: whether an identity is good for a playbook (empty: for none in particular, which only
 * one that is good for all is), and for a route; the latter answers when not. */
bool scope_has(const struct identity *identity, struct quell_str playbook);
void scope_refuse(struct exchange *exchange);
bool scope_permits(struct exchange *exchange, const struct route *route);

/* The body of a request, checked by a table of fields; false: it was answered. */
bool service_body(struct exchange *exchange, const struct quell_field *fields,
                  struct quell_value *said);
/* Answers 200 with a value as JSON. */
void service_value(struct exchange *exchange, struct quell_value value);

/* control_prune.c */
void control_prune(struct exchange *exchange);

/* control_halt.c */
void control_held(struct exchange *exchange); /* control.c */
void control_halt(struct exchange *exchange);
void control_resume(struct exchange *exchange);

/* Answers with the problem that a code of the engine is, Retry-After included. */
void service_problem(struct exchange *exchange, enum quell_code code,
                     const struct quell_error *err);
/* True when the request came from this machine and not through a proxy on it. */
bool service_is_near(const struct exchange *exchange);
/* True when the content type is JSON in UTF-8 and not compressed; else it has answered 415. */
bool service_takes_json(struct exchange *exchange);
/* The same, or NDJSON. */
bool service_takes_lines(struct exchange *exchange);
bool service_is_lines(const struct exchange *exchange); /* the body is NDJSON */

#endif
