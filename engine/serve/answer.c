/*
 * answer.c - answers: status lines, fields, problem documents (RFC 9457).
 */
#include "serve/connection.h"

#include <stdio.h>

#include <event2/buffer.h>
#include <event2/bufferevent.h>

#include "base/arena.h"
#include "base/when.h"
#include "loop/loop.h"
#include "value/json.h"
#include "value/value.h"

#define HEAD_BYTES 8192 /* of an answer; ours have about 400, the way to a provider 2,000 more */

static const struct {
    int status;
    const char *phrase;
} phrases[] = {
    {200, "OK"},
    {202, "Accepted"},
    {204, "No Content"},
    {303, "See Other"},
    {400, "Bad Request"},
    {401, "Unauthorized"},
    {403, "Forbidden"},
    {404, "Not Found"},
    {405, "Method Not Allowed"},
    {408, "Request Timeout"},
    {409, "Conflict"},
    {413, "Content Too Large"},
    {414, "URI Too Long"},
    {415, "Unsupported Media Type"},
    {417, "Expectation Failed"},
    {422, "Unprocessable Content"},
    {429, "Too Many Requests"},
    {431, "Request Header Fields Too Large"},
    {500, "Internal Server Error"},
    {501, "Not Implemented"},
    {502, "Bad Gateway"},
    {503, "Service Unavailable"},
    {504, "Gateway Timeout"},
    {505, "HTTP Version Not Supported"},
};

const char *status_phrase(int status)
{
    for (size_t i = 0; i < sizeof(phrases) / sizeof(phrases[0]); i++) {
        if (phrases[i].status == status)
            return phrases[i].phrase;
    }
    return "";
}

/* ---- making one --------------------------------------------------------------------------------
 */

void exchange_answer(struct exchange *exchange, const struct answer *answer)
{
    struct pending *pending = (struct pending *)exchange;
    struct connection *connection = pending->connection;

    if (!connection) { /* the client has gone: nobody to tell */
        server_bury(pending);
        return;
    }
    pending->answer = *answer;
    pending->answer.body = arena_str(exchange->arena, answer->body);
    for (size_t i = 0; i < ANSWER_FIELDS; i++) {
        pending->answer.fields[i].value =
            arena_str(exchange->arena, pending->answer.fields[i].value);
    }
    pending->answered = true;
    if (!connection->busy)
        connection_flush(connection);
}

void exchange_problem_with(struct exchange *exchange, int status, const char *detail,
                           const char *field, struct quell_str value)
{
    struct map_builder problem = {.arena = exchange->arena};
    struct answer answer = {.status = status, .type = "application/problem+json"};

    map_add(&problem, "type", quell_text("about:blank"));
    map_add(&problem, "title", quell_text(status_phrase(status)));
    map_add(&problem, "status", quell_int(status));
    map_add(&problem, "detail", quell_text(detail));
    answer.body = json_text(exchange->arena, map_made(&problem), JSON_COMPACT);
    answer.fields[0] = (struct answer_field){field, value};
    exchange_answer(exchange, &answer);
}

void exchange_problem(struct exchange *exchange, int status, const char *detail)
{
    exchange_problem_with(exchange, status, detail, NULL, QUELL_STR(""));
}

/* ---- writing it --------------------------------------------------------------------------------
 */

/* IMF-fixdate, made once a second. */
static const char *date(struct server *server)
{
    static const char *const days[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
    static const char *const months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                         "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    int64_t now_us = clock_now_us();
    struct when_parts at;

    if (now_us / 1000000 == server->date_s)
        return server->date;
    server->date_s = now_us / 1000000;
    at = when_split(when_from_us(now_us), 0);
    (void)snprintf(server->date, sizeof(server->date), "%s, %02d %s %04d %02d:%02d:%02d GMT",
                   days[at.day_of_week], at.day, months[at.month - 1], at.year, at.hour, at.minute,
                   at.second);
    return server->date;
}

/* Adds a formatted piece to a head that has `used` bytes; returns the new count. A piece that does
 * not fit is a fault of ours and left out whole. */
__attribute__((format(printf, 3, 4))) static size_t piece(char *head, size_t used,
                                                          const char *format, ...)
{
    va_list args;
    int len;

    va_start(args, format);
    len = vsnprintf(head + used, HEAD_BYTES - used, format, args);
    va_end(args);
    return len > 0 && (size_t)len < HEAD_BYTES - used ? used + (size_t)len : used;
}

void answer_write(struct connection *connection, const struct pending *pending, bool last)
{
    struct evbuffer *output = bufferevent_get_output(connection->stream);
    const struct answer *answer = &pending->answer;
    const struct http_request *request = pending->exchange.request;
    char head[HEAD_BYTES];
    size_t used = 0;

    /* No answer of ours is kept, guessed at, told of elsewhere or read by another site. */
    used = piece(head, used,
                 "HTTP/1.1 %d %s\r\nDate: %s\r\nCache-Control: no-store\r\n"
                 "X-Content-Type-Options: nosniff\r\nReferrer-Policy: no-referrer\r\n"
                 "Cross-Origin-Resource-Policy: same-origin\r\n",
                 answer->status, status_phrase(answer->status), date(connection->server));
    if (connection->peer.tls)
        used = piece(head, used, "Strict-Transport-Security: max-age=31536000\r\n");
    if (answer->type)
        used = piece(head, used, "Content-Type: %s\r\n", answer->type);
    if (answer->status != 204)
        used = piece(head, used, "Content-Length: %zu\r\n", answer->body.len);
    for (size_t i = 0; i < ANSWER_FIELDS && answer->fields[i].name; i++) {
        used = piece(head, used, "%s: %.*s\r\n", answer->fields[i].name,
                     QUELL_ARG(answer->fields[i].value));
    }
    if (last)
        used = piece(head, used, "Connection: close\r\n");
    used = piece(head, used, "\r\n");
    (void)evbuffer_add(output, head, used); /* out of memory shows as a broken stream */
    if (!(request && quell_str_equal(request->method, QUELL_STR("HEAD"))))
        (void)evbuffer_add(output, answer->body.data, answer->body.len);
}

void answer_write_continue(struct connection *connection)
{
    static const char interim[] = "HTTP/1.1 100 Continue\r\n\r\n";

    (void)evbuffer_add(bufferevent_get_output(connection->stream), interim, sizeof(interim) - 1);
}
