/*
 * http.h - a small HTTP/1.1 server on bufferevents, loopback only, that can misbehave on demand.
 *
 * It reads requests with Content-Length or chunked bodies, keeps connections alive, and answers
 * each request before it reads the next. It is written apart from engine/serve on purpose.
 */
#ifndef RANGE_HTTP_H
#define RANGE_HTTP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <quell/error.h>
#include <quell/value.h>

struct arena;
struct http_server;
struct loop;

struct http_header {
    struct quell_str name, value;
};

enum { HTTP_HEADERS_MAX = 100, HTTP_ANSWER_HEADERS_MAX = 6 };

/* One request; everything is borrowed until the handler returns. */
struct http_request {
    struct arena *arena;
    struct quell_str method, target, path, query; /* path and query as they came, still escaped */
    struct http_header headers[HTTP_HEADERS_MAX];
    size_t header_count;
    struct quell_str body;
};

enum http_trick {
    HTTP_HONEST,
    HTTP_DROP,     /* close without an answer */
    HTTP_TRUNCATE, /* promise the whole body, send half of it, close */
    HTTP_GARBAGE,  /* send bytes that are no HTTP, close */
};

struct http_answer {
    int status;
    const char *content_type;
    struct quell_str body; /* in the request's arena */
    struct http_header headers[HTTP_ANSWER_HEADERS_MAX];
    size_t header_count;
    enum http_trick trick;
    int64_t delay_ms; /* of real time, before the answer */
};

/* Listens on 127.0.0.1; `*port` is what was bound. */
struct http_server *http_server_new(struct loop *loop, int64_t wanted, int64_t *port,
                                    void (*handle)(const struct http_request *request,
                                                   struct http_answer *answer, void *user),
                                    void *user, struct quell_error *err);
void http_server_free(struct http_server *server);

/* The first header of that name, without case; empty when absent. */
struct quell_str http_header(const struct http_request *request, const char *name);
/* Text with %XX undone (and `+` for a blank when `form`); the input again when it is malformed. */
struct quell_str http_unescape(struct arena *arena, struct quell_str text, bool form);
/* The decoded value of a key in a query or form text; false when absent. */
bool http_parameter(struct arena *arena, struct quell_str query, const char *key,
                    struct quell_str *value);
void http_answer_header(struct http_answer *answer, const char *name, struct quell_str value);

#endif
