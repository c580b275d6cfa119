/*
 * server.h - the HTTP/1.1 server: listeners, connections, exchanges. It knows no route.
 *
 * Everything has a deadline and a limit: see base/limits.h. All on the loop's thread. An
 * application (route.c) gets each request as an exchange and answers it once, now or later;
 * pipelined answers leave in the order of their requests.
 */
#ifndef SERVE_SERVER_H
#define SERVE_SERVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <quell/error.h>
#include <quell/value.h>

#include "serve/http_parse.h"
#include "serve/identity.h"

struct arena;
struct loop;
struct server;
struct sockaddr;
struct tls;

/* ---- one request and its answer ----------------------------------------------------------------
 */

struct peer {
    bool local;    /* came over the Unix socket */
    bool loopback; /* came from 127/8 or ::1, or is local */
    bool tls;
    uint32_t uid;  /* of a local peer */
    char text[56]; /* "192.0.2.1:4711", "unix" */
};

/* A request being served. The server owns it; it lives until it is answered. */
struct exchange {
    const struct http_request *request; /* in `begin` the body is not there yet */
    struct arena *arena;                /* of this exchange */
    struct peer peer;
    size_t body_max; /* `begin` says how large a body it takes; 0 = none */
    /* For the application; zero before `begin`. */
    void *service; /* NULL again when the server has been freed before the answer */
    const void *route;
    struct identity identity;   /* who speaks; settled by `begin` */
    struct quell_str parameter; /* the variable part of the path */
    struct quell_str note;      /* what a handler keeps for its answer, in `arena` */
};

#define ANSWER_FIELDS 6

struct answer_field {
    const char *name; /* NULL ends the list early */
    struct quell_str value;
};

/* What is sent back. Everything is copied. */
struct answer {
    int status;
    const char *type; /* of the body; NULL = no body */
    struct quell_str body;
    struct answer_field fields[ANSWER_FIELDS];
};

/* Answers an exchange; it must not be touched afterwards, but within `begin`, until that returns.
 * If the client has gone meanwhile, nothing happens. */
void exchange_answer(struct exchange *exchange, const struct answer *answer);
/* Answers with a problem document (RFC 9457); `detail` is one sentence for people. */
void exchange_problem(struct exchange *exchange, int status, const char *detail);
/* The same with one more field, for 401, 405, 429. */
void exchange_problem_with(struct exchange *exchange, int status, const char *detail,
                           const char *field, struct quell_str value);
/* The reason phrase of a status we send; "" for any other. */
const char *status_phrase(int status);

struct server_application {
    /* The head is here. Sets body_max, or answers at once (the body is then not read). */
    void (*begin)(struct exchange *exchange, void *user);
    /* The whole request is here; answer it once. Not called when `begin` answered. */
    void (*handle)(struct exchange *exchange, void *user);
    /* Every answer, for counting; `route` as `begin` left it (NULL: none was found). May be NULL.
     */
    void (*answered)(const void *route, int status, void *user);
    void *user;
};

/* ---- the server --------------------------------------------------------------------------------
 */

/* Milliseconds; 0 = the limit of base/limits.h. */
struct server_deadlines {
    int64_t head_ms, body_ms, idle_ms, write_ms, linger_ms;
};

struct server_options {
    struct loop *loop;
    struct server_application application;
    struct server_deadlines deadlines;
    const struct http_limits *limits; /* NULL = http_limits_default; borrowed */
    size_t connections_max;           /* 0 = LIMIT_HTTP_CONNECTIONS */
};

struct server_counters {
    uint64_t accepted, refused, evicted; /* connections */
    uint64_t deadlines;                  /* connections ended by one of ours */
    uint64_t malformed;                  /* requests that the parser refused */
    uint64_t handshakes_failed;
    uint64_t open; /* now */
};

struct server *server_new(const struct server_options *options);
/* Closes everything at once; exchanges that are not answered yet may still be, to no effect. */
void server_free(struct server *server);

/* Listens on a TCP address; port 0 takes a free one. With `secure`, TLS by server_set_tls. Errors:
 * QUELL_CONFLICT (in use), QUELL_DENIED, QUELL_IO. */
enum quell_code server_listen_tcp(struct server *server, const struct sockaddr *address,
                                  bool secure, struct quell_error *err) QUELL_MUST_CHECK;
/* Listens on a Unix socket, mode 0600; a socket that is already there is replaced. Only processes
 * of our own user and root are heard. */
enum quell_code server_listen_unix(struct server *server, const char *path,
                                   struct quell_error *err) QUELL_MUST_CHECK;
/* Certificates for connections accepted from now on; borrowed until the next call. */
void server_set_tls(struct server *server, struct tls *tls);

/* The n-th listener: its URL with the real port ("http://127.0.0.1:7070", "unix:/path"), and port;
 * NULL when there are no more. */
const char *server_url(const struct server *server, size_t n, int *port);

/* Stops listening, answers what is in flight, closes; `drained` is called once, later, when the
 * last connection has gone or after `most_ms`. */
void server_drain(struct server *server, int64_t most_ms, void (*drained)(void *user), void *user);
bool server_draining(const struct server *server);

struct server_counters server_count(const struct server *server);

#endif
