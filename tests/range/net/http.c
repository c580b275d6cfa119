/*
 * http.c - the range's HTTP server: connections, reading requests, writing answers.
 *
 * One request at a time per connection. Anything it does not understand is answered with 400 and
 * the connection closed: its clients are ours, so there is nothing to be lenient about.
 */
#include "http.h"

#include <arpa/inet.h>
#include <errno.h>
#include <string.h>

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/listener.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/error.h"
#include "base/memory.h"
#include "base/str.h"
#include "loop/loop.h"
#include "listen.h"
#include "parse.h"

enum { HEAD_MAX = 64 * 1024, BODY_MAX = 8 * 1024 * 1024 };

struct http_server {
    struct loop *loop;
    struct evconnlistener *listener;
    void (*handle)(const struct http_request *request, struct http_answer *answer, void *user);
    void *user;
    struct connection *connections;
};

struct connection {
    struct http_server *server;
    struct connection *next, *previous;
    struct bufferevent *stream;
    struct arena *arena; /* of the request that is being answered */
    struct http_request request;
    struct http_answer answer;
    struct loop_timer *timer; /* of a slow answer */
    bool answering;           /* no request is read until the answer is on its way */
    bool closing;             /* close when all is sent */
    bool continued;           /* 100 Continue was sent for this request */
};

static void close_connection(struct connection *connection)
{
    struct http_server *server = connection->server;
    if (connection->previous)
        connection->previous->next = connection->next;
    else
        server->connections = connection->next;
    if (connection->next)
        connection->next->previous = connection->previous;
    loop_cancel(connection->timer);
    bufferevent_free(connection->stream);
    arena_free(connection->arena);
    memory_free(connection);
}

static const char *reason(int status)
{
    static const struct {
        int status;
        const char *text;
    } reasons[] = {
        {200, "OK"},           {201, "Created"},           {202, "Accepted"},
        {204, "No Content"},   {400, "Bad Request"},       {401, "Unauthorized"},
        {403, "Forbidden"},    {404, "Not Found"},         {405, "Method Not Allowed"},
        {409, "Conflict"},     {413, "Content Too Large"}, {429, "Too Many Requests"},
        {500, "Server Error"}, {503, "Unavailable"},
    };
    size_t i;
    for (i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++) {
        if (reasons[i].status == status)
            return reasons[i].text;
    }
    return "Status";
}

static void write_answer(struct connection *connection)
{
    struct evbuffer *out = bufferevent_get_output(connection->stream);
    const struct http_answer *answer = &connection->answer;
    struct quell_str body = answer->body;
    size_t i;
    evbuffer_add_printf(out, "HTTP/1.1 %d %s\r\n", answer->status, reason(answer->status));
    for (i = 0; i < answer->header_count; i++)
        evbuffer_add_printf(out, "%.*s: %.*s\r\n", QUELL_ARG(answer->headers[i].name),
                            QUELL_ARG(answer->headers[i].value));
    if (answer->content_type && body.len > 0)
        evbuffer_add_printf(out, "Content-Type: %s\r\n", answer->content_type);
    if (connection->closing)
        evbuffer_add_printf(out, "Connection: close\r\n");
    if (answer->status != 204)
        evbuffer_add_printf(out, "Content-Length: %zu\r\n", body.len);
    evbuffer_add(out, "\r\n", 2);
    if (answer->trick == HTTP_TRUNCATE)
        body.len /= 2;
    if (body.len > 0 && !str_is(connection->request.method, "HEAD"))
        evbuffer_add(out, body.data, body.len);
}

static void read_requests(struct connection *connection);

/* Sends what the handler decided and goes on with the next request. The connection may be gone
 * afterwards. */
static void send_answer(struct connection *connection)
{
    static const char garbage[] = "\x16\x03\x01\x02 not http at all\r\n\r\n";
    enum http_trick trick = connection->answer.trick;
    if (trick == HTTP_DROP) {
        close_connection(connection);
        return;
    }
    if (trick != HTTP_HONEST)
        connection->closing = true;
    if (trick == HTTP_GARBAGE)
        (void)bufferevent_write(connection->stream, garbage, sizeof(garbage) - 1);
    else
        write_answer(connection);
    connection->answering = false;
    connection->continued = false;
}

static void waited(void *user)
{
    struct connection *connection = user;
    connection->timer = NULL;
    send_answer(connection);
    read_requests(connection);
}

static void refuse(struct connection *connection, int status)
{
    memset(&connection->answer, 0, sizeof(connection->answer));
    connection->answer.status = status;
    connection->closing = true;
    write_answer(connection);
}

static void answer_request(struct connection *connection)
{
    struct http_server *server = connection->server;
    memset(&connection->answer, 0, sizeof(connection->answer));
    connection->answering = true;
    if (str_equal_fold(http_header(&connection->request, "connection"), QUELL_STR("close")))
        connection->closing = true;
    server->handle(&connection->request, &connection->answer, server->user);
    if (connection->answer.delay_ms > 0)
        connection->timer =
            loop_after(server->loop, connection->answer.delay_ms, waited, connection);
}

/* curl asks before it sends a large body. */
static void maybe_continue(struct connection *connection)
{
    struct quell_str expect = http_header(&connection->request, "expect");
    if (connection->continued || !str_equal_fold(expect, QUELL_STR("100-continue")))
        return;
    connection->continued = true;
    (void)bufferevent_write(connection->stream, "HTTP/1.1 100 Continue\r\n\r\n", 25);
}

/* Tries to take one whole request off the input. */
static enum parse_state take_request(struct connection *connection)
{
    struct evbuffer *in = bufferevent_get_input(connection->stream);
    size_t len = evbuffer_get_length(in);
    struct quell_str text = {(const char *)evbuffer_pullup(in, -1), len};
    size_t used = 0;
    enum parse_state state;
    if (len == 0)
        return PARSE_MORE;
    arena_reset(connection->arena);
    memset(&connection->request, 0, sizeof(connection->request));
    connection->request.arena = connection->arena;
    state = parse_request(text, HEAD_MAX, BODY_MAX, &connection->request, &used);
    if (state == PARSE_BODY) {
        maybe_continue(connection);
        return PARSE_MORE;
    }
    if (state == PARSE_DONE)
        (void)evbuffer_drain(in, used);
    return state;
}

static void read_requests(struct connection *connection)
{
    while (!connection->answering && !connection->closing) {
        enum parse_state state = take_request(connection);
        if (state == PARSE_MORE)
            return;
        if (state == PARSE_BAD || state == PARSE_LARGE) {
            refuse(connection, state == PARSE_BAD ? 400 : 413);
            return;
        }
        answer_request(connection);
        if (connection->timer)
            return;
        if (connection->answer.trick == HTTP_DROP) {
            send_answer(connection); /* frees it */
            return;
        }
        send_answer(connection);
    }
}

static void on_read(struct bufferevent *stream, void *user)
{
    (void)stream;
    read_requests(user);
}

static void on_written(struct bufferevent *stream, void *user)
{
    struct connection *connection = user;
    if (connection->closing && evbuffer_get_length(bufferevent_get_output(stream)) == 0)
        close_connection(connection);
}

static void on_event(struct bufferevent *stream, short what, void *user)
{
    (void)stream;
    if (what & (BEV_EVENT_EOF | BEV_EVENT_ERROR))
        close_connection(user);
}

static void on_accept(struct evconnlistener *listener, evutil_socket_t fd, struct sockaddr *from,
                      int len, void *user)
{
    struct http_server *server = user;
    struct connection *connection = memory_new(sizeof(*connection));
    (void)listener;
    (void)from;
    (void)len;
    connection->server = server;
    connection->arena = arena_new(0);
    connection->stream = bufferevent_socket_new(loop_base(server->loop), fd, BEV_OPT_CLOSE_ON_FREE);
    connection->next = server->connections;
    if (server->connections)
        server->connections->previous = connection;
    server->connections = connection;
    bufferevent_setcb(connection->stream, on_read, on_written, on_event, connection);
    (void)bufferevent_enable(connection->stream, EV_READ | EV_WRITE);
}

struct http_server *http_server_new(struct loop *loop, int64_t wanted, int64_t *port,
                                    void (*handle)(const struct http_request *request,
                                                   struct http_answer *answer, void *user),
                                    void *user, struct quell_error *err)
{
    struct http_server *server = memory_new(sizeof(*server));
    server->loop = loop;
    server->handle = handle;
    server->user = user;
    server->listener = listen_loopback(loop, wanted, port, on_accept, server, err);
    if (server->listener)
        return server;
    memory_free(server);
    return NULL;
}

void http_server_free(struct http_server *server)
{
    if (!server)
        return;
    while (server->connections)
        close_connection(server->connections);
    evconnlistener_free(server->listener);
    memory_free(server);
}

void http_answer_header(struct http_answer *answer, const char *name, struct quell_str value)
{
    struct http_header header = {quell_str_of(name), value};
    if (answer->header_count < HTTP_ANSWER_HEADERS_MAX)
        answer->headers[answer->header_count++] = header;
}
