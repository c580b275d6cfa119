/*
 * peer.h - a practice range of one's own, for tests in C: start it, talk to it, end it.
 */
#ifndef RANGE_PEER_H
#define RANGE_PEER_H

#include <stdint.h>

#include <quell/value.h>

struct arena;
struct peer;

/* An answer, in the peer's arena. */
struct peer_answer {
    int curl;   /* CURLcode: 0 = an answer came */
    int status; /* HTTP or SMTP */
    struct quell_str body, head;
    struct quell_value json; /* null when the body is none */
};

/* Starts PROGRAM with NULL-ended options and waits for its line; ends the test when it cannot. */
struct peer *peer_start(const char *program, const char *const *options);
void peer_stop(struct peer *peer); /* and waits for its end */
struct arena *peer_arena(struct peer *peer);
struct quell_value peer_told(const struct peer *peer); /* the line it printed */

struct peer_request {
    const char *method, *path; /* path with its query, escaped */
    const char *token;         /* NULL = no Authorization header */
    const char *type;          /* Content-Type; NULL = application/json */
    const char *header;        /* one more header; NULL = none */
    const char *body;          /* NULL = none */
};
struct peer_answer peer_ask(struct peer *peer, const struct peer_request *request);

/* The shorthands that most tests need. */
struct peer_answer peer_get(struct peer *peer, const char *path);
struct peer_answer peer_post(struct peer *peer, const char *path, const char *body);
struct peer_answer peer_put(struct peer *peer, const char *path, const char *body);
void peer_advance(struct peer *peer, int64_t ms); /* its clock */
void peer_fault(struct peer *peer, const char *order);
/* How many effects of a kind it has logged. */
int64_t peer_effects(struct peer *peer, const char *kind);

/* Sends a letter (CRLF text); user NULL = no AUTH; tls = STARTTLS is demanded. */
struct peer_answer peer_mail(struct peer *peer, const char *letter, const char *user,
                             const char *password, bool tls);

#endif
