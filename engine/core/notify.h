/*
 * notify.h - people are told that a run asks them something: shared by notify.c (the life of a
 * notice), notify_people.c (who is told, and how) and notify_text.c (what they read).
 *
 * A notice is one question (the event that asked it) and the tellings it needs. It is a mark of the
 * transaction in which the run asked, so it is neither lost nor made twice; when all of its
 * tellings have come to an end, what became of them is kept as a mark of another scope. A telling
 * never changes the run.
 */
#ifndef CORE_NOTIFY_H
#define CORE_NOTIFY_H

#include "core/core.h"

/* ---- one telling -------------------------------------------------------------------------------
 */

struct notice;

struct telling {
    struct notice *notice;
    struct quell_str via;   /* "email", or "webhook:NAME" */
    struct quell_str to;    /* an address; of a webhook its name; or empty: nobody could be found */
    struct quell_str state; /* due sending sent failed unknown */
    struct quell_str error; /* why it is not sent, or empty */
    unsigned tries;
    int64_t at_us;     /* when its state changed last; of one that is due: when it is tried */
    struct call *call; /* under way, or NULL */
    const struct quell_connector *connector; /* of the call */
    bool starting;                           /* call_start() has not returned */
    uint64_t announced; /* counts what was announced: an older commit does not let it go */
    struct loop_timer *timer;
};

struct notice {
    struct notice *next;
    struct quell *engine;
    struct arena *arena;
    struct quell_str key;        /* of its mark */
    struct quell_value question; /* notify_question(), without what is secret */
    struct telling *tellings;
    size_t count;
};

/* ---- notify_told.c -----------------------------------------------------------------------------
 */

/* Scopes of marks: of notices with something still to do, and of what became of the others. */
#define NOTICE_OPEN "notice"
#define NOTICE_TOLD "notified"
/* The mark's key: of the event that asked. */
struct quell_str notice_key(struct arena *arena, struct quell_str run, uint64_t seq);

/* ---- notify_people.c ---------------------------------------------------------------------------
 */

/* Fills tellings and count: one for each address and each webhook. */
void notice_address(struct notice *notice, struct quell_value of, struct quell_value via);
/* Whether people can be told by that way, which a step's `via` names. */
bool notify_knows(const struct generation *generation, struct quell_str way);
/* Fields of `notify` in quell.yaml. */
extern const struct quell_field notify_fields[];
/* `connections`, with one for each of `notify: webhooks`. */
struct quell_value notify_connections(struct arena *arena, struct quell_value config);
/* The connection of a telling in the configuration of now; NULL and why there is none. */
struct connection *telling_connection(const struct telling *telling,
                                      const struct quell_connector **connector,
                                      struct quell_error *err);

/* ---- notify_halt.c -----------------------------------------------------------------------------
 */

bool telling_may_send(const struct telling *telling, bool changes);

/* ---- notify_text.c -----------------------------------------------------------------------------
 */

/* What is asked, as a map: {type, run, step, what, playbook, incident, title, started_by, url} and
 * what the event has. Secrets are masked. */
struct quell_value notify_question(struct arena *arena, const struct active *active,
                                   const struct event *event);
/* The inputs of email.send, or of webhook.send. */
struct quell_value notify_mail(struct arena *arena, struct quell_value question,
                               struct quell_str to);
struct quell_value notify_payload(struct arena *arena, struct quell_value question);

#endif
