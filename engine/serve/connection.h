/*
 * connection.h - the inside of the server: what server.c, connection.c and answer.c share.
 */
#ifndef SERVE_CONNECTION_H
#define SERVE_CONNECTION_H

#include "serve/server.h"

struct bufferevent;
struct evconnlistener;
struct loop_timer;
struct ssl_st;

struct listener {
    struct listener *next;
    struct server *server;
    struct evconnlistener *socket; /* NULL when it no longer listens */
    bool secure, local;
    char *path;               /* of a Unix socket; owned */
    struct loop_timer *pause; /* descriptors have run out: accepting again later */
    char url[136];
    int port;
};

/* An exchange with what the server needs to know of it. `exchange` is first: the two pointers are
 * one. */
struct pending {
    struct exchange exchange;
    struct pending *next;          /* of the connection, of the orphans, or of the spare ones */
    struct connection *connection; /* NULL: the client has gone */
    struct server *orphan_of;      /* the client has gone, the server has not */
    struct http_request request;   /* once it is complete or refused */
    struct answer answer;          /* copied into the exchange's arena */
    bool answered;
};

/* What a connection is waiting for from its client. */
enum phase {
    PHASE_FRESH, /* nothing has come yet */
    PHASE_IDLE,  /* the next request may come */
    PHASE_HEAD,
    PHASE_BODY,
    PHASE_NONE,   /* nothing more is read */
    PHASE_LINGER, /* answered and half closed; what still comes is thrown away */
};

struct connection {
    struct connection *next, *previous; /* of the server */
    struct server *server;
    struct bufferevent *stream;
    struct ssl_st *session; /* borrowed from the stream; NULL = no TLS */
    struct http_parser parser;
    struct pending *first, *last; /* requests not answered yet, in order */
    size_t count;                 /* of them */
    struct pending *reading;      /* the one whose body is being read; also in the list */
    bool continue_due;            /* `reading` waits for 100 Continue */
    bool busy;                    /* inside connection_flush(): answers are written at its end */
    bool established;             /* the TLS handshake is done, or there is none */
    bool unread;                  /* the client may be sending what is not read any more */
    bool eof;                     /* the client sends nothing more */
    enum phase phase;
    int64_t read_deadline_us, write_deadline_us; /* monotonic; 0 = none */
    struct peer peer;
};

struct server {
    struct loop *loop;
    struct server_application application;
    struct server_deadlines deadlines;
    const struct http_limits *limits;
    size_t connections_max;
    struct tls *tls; /* borrowed */
    struct listener *listeners;
    struct connection *connections;
    struct pending *orphans; /* the application will answer, but the client has gone */
    struct pending *spare;   /* for reuse, with their arenas */
    size_t spare_count;
    struct loop_timer *sweep; /* looks for passed deadlines while there are connections */
    struct server_counters counters;
    bool draining;
    struct loop_timer *drain_timer;
    void (*drained)(void *user);
    void *drained_user;
    int64_t date_s; /* the second that `date` says */
    char date[32];
};

/* connection.c */
struct connection *connection_new(struct server *server, const struct listener *listener, int fd,
                                  const struct peer *peer);
void connection_close(struct connection *connection); /* at once; its exchanges are orphaned */
/* Ends or answers what has waited longer than its deadline. */
void connection_expire(struct connection *connection, int64_t now_us);
/* Reads no further request; closes when all is answered. */
void connection_finish(struct connection *connection);
/* Writes the answers that are due and goes on reading. */
void connection_flush(struct connection *connection);

/* answer.c */
void answer_write(struct connection *connection, const struct pending *pending, bool last);
void answer_write_continue(struct connection *connection);

/* server.c */
void server_forget(struct server *server, struct connection *connection);
struct pending *server_pending(struct server *server);
void server_release(struct server *server, struct pending *pending);
void server_orphan(struct server *server, struct pending *pending);
/* An orphan was answered: it is freed. */
void server_bury(struct pending *pending);

#endif
