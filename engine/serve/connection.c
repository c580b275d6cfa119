/*
 * connection.c - the life of one connection: bytes in, requests to the application, answers out in
 * order, and an end that the client understands.
 *
 * A connection reads while it may: up to LIMIT_HTTP_PIPELINE requests are served at once, and none
 * is begun while the client leaves its answers unread. A request that has begun is read to its end
 * or its deadline.
 */
#include "serve/connection.h"

#include <sys/socket.h>

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/bufferevent_ssl.h>
#include <event2/event.h>
#include <openssl/ssl.h>

#include "base/arena.h"
#include "base/limits.h"
#include "base/memory.h"
#include "loop/log.h"
#include "loop/loop.h"
#include "serve/tls.h"

static void set_deadline(int64_t *deadline_us, int64_t ms)
{
    *deadline_us = clock_monotonic_us() + ms * 1000;
}

static void enter(struct connection *connection, enum phase phase)
{
    const struct server_deadlines *ms = &connection->server->deadlines;

    connection->phase = phase;
    switch (phase) {
    case PHASE_FRESH:
    case PHASE_HEAD:
        set_deadline(&connection->read_deadline_us, ms->head_ms);
        return;
    case PHASE_IDLE:
        set_deadline(&connection->read_deadline_us, ms->idle_ms);
        return;
    case PHASE_BODY:
        set_deadline(&connection->read_deadline_us, ms->body_ms);
        return;
    case PHASE_LINGER:
        set_deadline(&connection->read_deadline_us, ms->linger_ms);
        return;
    case PHASE_NONE:
        connection->read_deadline_us = 0;
        return;
    }
}

/* ---- exchanges ---------------------------------------------------------------------------------
 */

static struct pending *add_pending(struct connection *connection)
{
    struct pending *pending = server_pending(connection->server);

    pending->connection = connection;
    pending->exchange.peer = connection->peer;
    if (connection->last)
        connection->last->next = pending;
    else
        connection->first = pending;
    connection->last = pending;
    connection->count++;
    return pending;
}

static void remove_first(struct connection *connection)
{
    struct pending *pending = connection->first;

    connection->first = pending->next;
    if (!connection->first)
        connection->last = NULL;
    connection->count--;
    server_release(connection->server, pending);
}

/* The request leaves the parser: from now on it lives in the exchange. */
static void keep_request(struct connection *connection, struct pending *pending)
{
    pending->request = http_take(&connection->parser);
    pending->exchange.request = &pending->request;
    connection->reading = NULL;
    connection->continue_due = false;
}

/* What a connection waits for behind this request. */
static enum phase next_phase(const struct connection *connection,
                             const struct http_request *request)
{
    bool more = request->keep_alive && !connection->unread && !connection->server->draining;

    return more ? PHASE_IDLE : PHASE_NONE;
}

/* The head is here: the application says what it thinks. */
static void begin(struct connection *connection)
{
    struct server_application *application = &connection->server->application;
    struct pending *pending = add_pending(connection);

    connection->reading = pending;
    pending->exchange.request = &connection->parser.request;
    application->begin(&pending->exchange, application->user);
    if (pending->answered) {
        connection->unread = connection->parser.state == HTTP_BODY;
        enter(connection, next_phase(connection, &connection->parser.request));
        keep_request(connection, pending);
        return;
    }
    if (connection->parser.state == HTTP_BODY) {
        http_allow_body(&connection->parser, pending->exchange.body_max);
        connection->continue_due = connection->parser.request.expects_continue;
        enter(connection, PHASE_BODY);
    }
}

/* The whole request is here. */
static void complete(struct connection *connection)
{
    struct server_application *application = &connection->server->application;
    struct pending *pending = connection->reading;

    keep_request(connection, pending);
    enter(connection, next_phase(connection, &pending->request));
    application->handle(&pending->exchange, application->user);
}

/* What came is no request (or came too slowly): it is answered, and nothing more is read. */
static void refuse(struct connection *connection, int status, const char *reason)
{
    struct pending *pending = connection->reading;

    if (!pending) {
        pending = add_pending(connection);
        connection->reading = pending;
    }
    keep_request(connection, pending);
    if (!pending->request.method.data)
        pending->exchange.request = NULL;
    connection->unread = true;
    enter(connection, PHASE_NONE);
    exchange_problem(&pending->exchange, status, reason);
}

/* ---- reading -----------------------------------------------------------------------------------
 */

static size_t input_len(const struct connection *connection)
{
    return evbuffer_get_length(bufferevent_get_input(connection->stream));
}

static size_t output_len(const struct connection *connection)
{
    return evbuffer_get_length(bufferevent_get_output(connection->stream));
}

static bool may_read(const struct connection *connection)
{
    if (connection->phase == PHASE_NONE || connection->phase == PHASE_LINGER)
        return false;
    if (!http_idle(&connection->parser))
        return true;
    return connection->count < LIMIT_HTTP_PIPELINE &&
           output_len(connection) < LIMIT_HTTP_OUTPUT_BYTES;
}

/* Acts on what the parser has found. */
static void progress(struct connection *connection)
{
    struct http_parser *parser = &connection->parser;

    if ((parser->state == HTTP_BODY || parser->state == HTTP_COMPLETE) && !connection->reading)
        begin(connection);
    if (parser->state == HTTP_COMPLETE && connection->reading)
        complete(connection);
    if (parser->state == HTTP_FAILED) {
        connection->server->counters.malformed++;
        refuse(connection, parser->status, parser->reason);
    }
}

/* Feeds the parser what has arrived, as far as it may be read now. */
static void consume(struct connection *connection)
{
    struct evbuffer *input = bufferevent_get_input(connection->stream);
    struct evbuffer_iovec piece;

    while (may_read(connection) && evbuffer_peek(input, -1, NULL, &piece, 1) > 0 &&
           piece.iov_len > 0) {
        struct quell_str data = {piece.iov_base, piece.iov_len};

        if (http_idle(&connection->parser))
            enter(connection, PHASE_HEAD);
        /* Draining cannot fail: no more is taken than the piece has. */
        (void)evbuffer_drain(input, http_feed(&connection->parser, data));
        progress(connection);
    }
}

/* The client will send nothing more: a request that it has begun cannot become whole. */
static void end_input(struct connection *connection)
{
    if (!connection->eof || input_len(connection) > 0 || !may_read(connection))
        return;
    if (http_idle(&connection->parser))
        enter(connection, PHASE_NONE);
    else
        refuse(connection, 400, "the request ended early");
}

/* ---- writing and closing -----------------------------------------------------------------------
 */

static void write_answers(struct connection *connection)
{
    struct server_application *application = &connection->server->application;

    while (connection->first && connection->first->answered) {
        struct pending *pending = connection->first;

        answer_write(connection, pending, connection->phase == PHASE_NONE && !pending->next);
        if (application->answered)
            application->answered(pending->exchange.route, pending->answer.status,
                                  application->user);
        remove_first(connection);
        if (!connection->first && connection->phase == PHASE_IDLE)
            enter(connection, PHASE_IDLE); /* the time begins now */
    }
    if (connection->continue_due && connection->first == connection->reading) {
        answer_write_continue(connection);
        connection->continue_due = false;
    }
    if (output_len(connection) > 0 && connection->write_deadline_us == 0)
        set_deadline(&connection->write_deadline_us, connection->server->deadlines.write_ms);
}

static void listen_to(struct connection *connection, bool on)
{
    bool is_on = bufferevent_get_enabled(connection->stream) & EV_READ;

    if (on && !is_on)
        (void)bufferevent_enable(connection->stream, EV_READ); /* a failure shows at the deadline */
    if (!on && is_on)
        (void)bufferevent_disable(connection->stream, EV_READ);
}

/* Everything is answered and written. */
static void close_gently(struct connection *connection)
{
    if (connection->session)
        tls_goodbye(connection->session);
    if (connection->eof || (!connection->unread && input_len(connection) == 0)) {
        connection_close(connection);
        return;
    }
    /* Closing now would reset the connection under an answer that the client has not read yet. */
    (void)shutdown(bufferevent_getfd(connection->stream), SHUT_WR); /* it may be gone already */
    enter(connection, PHASE_LINGER);
    (void)evbuffer_drain(bufferevent_get_input(connection->stream), input_len(connection));
    listen_to(connection, true);
}

/* Goes on as far as possible; may free the connection. */
void connection_flush(struct connection *connection)
{
    bool read;

    connection->busy = true;
    do {
        consume(connection);
        end_input(connection);
        write_answers(connection);
    } while (may_read(connection) && input_len(connection) > 0);
    connection->busy = false;
    /* While a request is served the client is still listened to: it may have gone. */
    read = may_read(connection) || (connection->phase == PHASE_NONE && connection->first);
    listen_to(connection, read && !connection->eof);
    if (connection->phase == PHASE_NONE && !connection->first && output_len(connection) == 0)
        close_gently(connection);
}

void connection_finish(struct connection *connection)
{
    int64_t grace_us = connection->server->deadlines.linger_ms * 1000;
    int64_t latest_us = clock_monotonic_us() + grace_us;

    if (connection->phase == PHASE_IDLE) {
        enter(connection, PHASE_NONE);
        connection_flush(connection);
        return;
    }
    /* A new connection's first request may be on its way. */
    if (connection->phase == PHASE_FRESH && connection->read_deadline_us > latest_us)
        connection->read_deadline_us = latest_us;
}

void connection_expire(struct connection *connection, int64_t now_us)
{
    bool write_late = connection->write_deadline_us > 0 && now_us >= connection->write_deadline_us;
    bool read_late = connection->read_deadline_us > 0 && now_us >= connection->read_deadline_us;

    if (connection->phase == PHASE_IDLE && connection->count > 0)
        read_late = false; /* it is we who are being waited for */
    if (!write_late && !read_late)
        return;
    if (!write_late && (connection->phase == PHASE_HEAD || connection->phase == PHASE_BODY)) {
        connection->server->counters.deadlines++;
        connection->busy = true;
        refuse(connection, 408, "the request did not arrive in time");
        connection->busy = false;
        connection_flush(connection);
        return;
    }
    if (write_late)
        connection->server->counters.deadlines++;
    connection_close(connection);
}

/* ---- events ------------------------------------------------------------------------------------
 */

static void on_read(struct bufferevent *stream, void *user)
{
    struct connection *connection = user;

    if (connection->phase == PHASE_NONE || connection->phase == PHASE_LINGER) {
        connection->unread = true;
        (void)evbuffer_drain(bufferevent_get_input(stream), input_len(connection));
        return;
    }
    connection_flush(connection);
}

static void on_written(struct bufferevent *stream, void *user)
{
    struct connection *connection = user;

    (void)stream;
    connection->write_deadline_us = 0;
    if (connection->phase != PHASE_LINGER)
        connection_flush(connection);
}

static void on_event(struct bufferevent *stream, short what, void *user)
{
    struct connection *connection = user;

    (void)stream;
    if (what & BEV_EVENT_CONNECTED) {
        connection->established = true;
        return;
    }
    if (!connection->established)
        connection->server->counters.handshakes_failed++;
    if (what & BEV_EVENT_EOF && connection->established && connection->phase != PHASE_LINGER) {
        connection->eof = true;
        connection_flush(connection);
        return;
    }
    connection_close(connection);
}

static struct bufferevent *open_stream(struct server *server, const struct listener *listener,
                                       int fd, struct ssl_st **session)
{
    struct event_base *base = loop_base(server->loop);
    int options = BEV_OPT_CLOSE_ON_FREE | BEV_OPT_DEFER_CALLBACKS;

    if (!listener->secure)
        return bufferevent_socket_new(base, fd, options);
    *session = server->tls ? tls_session(server->tls) : NULL;
    if (!*session)
        return NULL;
    return bufferevent_openssl_socket_new(base, fd, *session, BUFFEREVENT_SSL_ACCEPTING, options);
}

struct connection *connection_new(struct server *server, const struct listener *listener, int fd,
                                  const struct peer *peer)
{
    struct ssl_st *session = NULL;
    struct bufferevent *stream = open_stream(server, listener, fd, &session);
    struct connection *connection;

    if (!stream) {
        SSL_free(session);
        return NULL;
    }
    connection = memory_new(sizeof(*connection));
    connection->server = server;
    connection->stream = stream;
    connection->session = session;
    connection->established = session == NULL;
    connection->peer = *peer;
    http_parser_init(&connection->parser, server->limits);
    enter(connection, PHASE_FRESH);
    bufferevent_setcb(stream, on_read, on_written, on_event, connection);
    bufferevent_setwatermark(stream, EV_READ, 0, LIMIT_HTTP_OUTPUT_BYTES);
    (void)bufferevent_enable(stream, EV_READ | EV_WRITE); /* a failure shows at the deadline */
    return connection;
}

static void orphan_all(struct connection *connection)
{
    struct pending *pending = connection->first;

    while (pending) {
        struct pending *next = pending->next;

        /* The application holds those whose `handle` was called and which are not answered. */
        if (pending->answered || pending == connection->reading)
            server_release(connection->server, pending);
        else
            server_orphan(connection->server, pending);
        pending = next;
    }
}

void connection_close(struct connection *connection)
{
    struct server *server = connection->server;

    orphan_all(connection);
    http_parser_free(&connection->parser);
    bufferevent_free(connection->stream);
    server_forget(server, connection);
    memory_free(connection);
}
