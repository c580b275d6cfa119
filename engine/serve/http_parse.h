/*
 * http_parse.h - a strict, incremental reader of HTTP/1.1 requests (RFC 9112, RFC 9110).
 *
 * Pure: bytes in, a request or a status out; no socket, no clock. How the bytes were cut into
 * pieces never changes the result (tests/fuzz/fuzz_http.c holds it to that). What the RFCs let a
 * server be lenient about is refused here: lenience is where smuggling lives.
 */
#ifndef SERVE_HTTP_PARSE_H
#define SERVE_HTTP_PARSE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <quell/value.h>

#include "base/buf.h"

struct http_limits {
    size_t line_bytes; /* request line or one field line, without its CRLF */
    size_t head_bytes; /* request line and all fields */
    size_t fields;     /* field lines of a head; as many again in trailers */
};

/* The limits of base/limits.h. */
extern const struct http_limits http_limits_default;

struct http_field {
    struct quell_str name;  /* lower case */
    struct quell_str value; /* without blanks around it */
};

/* One request. Owns its bytes; all slices point into them, so the struct may be moved. */
struct http_request {
    struct quell_str method; /* as sent */
    struct quell_str path;   /* begins with `/` (or is `*`); not decoded; never has a query */
    struct quell_str query;  /* behind the `?`, or empty */
    struct http_field *fields;
    size_t field_count;
    struct quell_str body; /* set when the request is complete */
    unsigned minor;        /* HTTP/1.`minor`: 0 or 1 */
    bool keep_alive;
    bool expects_continue; /* wants `100 Continue` before it sends the body */
    bool chunked;
    uint64_t content_length; /* 0 when chunked */
    struct buf head_bytes, body_bytes;
};

void http_request_free(struct http_request *request);
/* The value of a field that must not be repeated: false when absent or there more than once. */
bool http_request_field(const struct http_request *request, const char *name,
                        struct quell_str *value);
/* True when there is at least one field of that name. */
bool http_request_has(const struct http_request *request, const char *name);

enum http_state {
    HTTP_HEAD,     /* reading the request line and fields */
    HTTP_BODY,     /* the head is complete, a body follows */
    HTTP_COMPLETE, /* the request is whole; http_take() fetches it */
    HTTP_FAILED,   /* `status` and `reason` say why; nothing more is read */
};

/* Where inside a chunked body the reader stands. */
enum http_chunk {
    CHUNK_SIZE,
    CHUNK_EXTENSION,
    CHUNK_SIZE_LF,
    CHUNK_DATA,
    CHUNK_DATA_CR,
    CHUNK_DATA_LF,
    CHUNK_TRAILER,
};

struct http_parser {
    const struct http_limits *limits;
    enum http_state state;
    struct http_request request;
    size_t line_start;      /* of the line being read, in request.head_bytes */
    size_t lines;           /* complete lines of the head */
    bool blank_skipped;     /* one empty line before the request line is allowed */
    size_t body_max;        /* see http_allow_body */
    uint64_t body_left;     /* of Content-Length, or of the present chunk */
    enum http_chunk chunk;  /* when chunked */
    unsigned chunk_digits;  /* hex digits of the present chunk's size */
    size_t extension_bytes; /* of all chunk extensions so far */
    struct buf trailer;     /* the present trailer line; checked, then dropped */
    size_t trailer_bytes, trailers;
    int status;         /* HTTP_FAILED: the answer's status */
    const char *reason; /* HTTP_FAILED: one static sentence */
};

/* `limits` is borrowed. Start anew for each connection. */
void http_parser_init(struct http_parser *parser, const struct http_limits *limits);
void http_parser_free(struct http_parser *parser);

/* Reads from `data` and returns how many bytes were used. Stops behind a head (state HTTP_BODY or
 * HTTP_COMPLETE), behind a request, and at a fault. No body is accepted before http_allow_body. */
size_t http_feed(struct http_parser *parser, struct quell_str data);
/* In state HTTP_BODY: how large the body may be, in bytes. A longer Content-Length fails at once
 * with 413. */
void http_allow_body(struct http_parser *parser, size_t body_max);
/* In state HTTP_COMPLETE (or HTTP_BODY, for a request that is refused unread): moves the request
 * out; the parser is then ready for the next one. The caller frees it. */
struct http_request http_take(struct http_parser *parser);
/* True while nothing of a next request has been read. */
bool http_idle(const struct http_parser *parser);

/* For http_head.c and http_body.c. */
void http_fail(struct http_parser *parser, int status, const char *reason);
size_t http_feed_chunked(struct http_parser *parser, struct quell_str data);
/* Checks one field line without its CRLF: `name:value`, nothing folded, no control bytes; *colon is
 * the length of the name. */
bool http_field_line_valid(struct quell_str line, size_t *colon);
/* Reads a complete, line-checked head into the request: its fields, host, framing, connection. */
void http_read_head(struct http_parser *parser);
/* Checks the request line and remembers what it says. */
void http_read_request_line(struct http_parser *parser, struct quell_str line);
bool http_is_token(struct quell_str text);

#endif
