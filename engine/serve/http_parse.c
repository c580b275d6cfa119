/*
 * http_parse.c - from bytes to lines and bodies: the driving half of the request reader.
 *
 * What a line means is http_head.c's affair, chunked coding http_body.c's.
 */
#include "serve/http_parse.h"

#include "base/limits.h"
#include "base/memory.h"
#include "base/str.h"

const struct http_limits http_limits_default = {
    .line_bytes = LIMIT_HTTP_LINE_BYTES,
    .head_bytes = LIMIT_HTTP_HEAD_BYTES,
    .fields = LIMIT_HTTP_HEADERS,
};

void http_request_free(struct http_request *request)
{
    memory_free(request->fields);
    buf_free(&request->head_bytes);
    buf_free(&request->body_bytes);
    *request = (struct http_request){.fields = NULL};
}

bool http_request_field(const struct http_request *request, const char *name,
                        struct quell_str *value)
{
    const struct http_field *found = NULL;

    for (size_t i = 0; i < request->field_count; i++) {
        if (!str_is(request->fields[i].name, name))
            continue;
        if (found)
            return false;
        found = &request->fields[i];
    }
    if (!found)
        return false;
    *value = found->value;
    return true;
}

bool http_request_has(const struct http_request *request, const char *name)
{
    for (size_t i = 0; i < request->field_count; i++) {
        if (str_is(request->fields[i].name, name))
            return true;
    }
    return false;
}

static void reset(struct http_parser *parser)
{
    const struct http_limits *limits = parser->limits;
    struct buf trailer = parser->trailer;

    buf_reset(&trailer);
    *parser = (struct http_parser){.limits = limits, .state = HTTP_HEAD, .trailer = trailer};
    /* Two bytes more than the limit may be held for the CRLF that shows the line's end. */
    parser->request.head_bytes.size_max = limits->head_bytes + 2;
    parser->trailer.size_max = limits->line_bytes + 2;
}

void http_parser_init(struct http_parser *parser, const struct http_limits *limits)
{
    *parser = (struct http_parser){.limits = limits};
    reset(parser);
}

void http_parser_free(struct http_parser *parser)
{
    http_request_free(&parser->request);
    buf_free(&parser->trailer);
}

void http_fail(struct http_parser *parser, int status, const char *reason)
{
    parser->state = HTTP_FAILED;
    parser->status = status;
    parser->reason = reason;
}

bool http_idle(const struct http_parser *parser)
{
    return parser->state == HTTP_HEAD && parser->request.head_bytes.len == 0;
}

struct http_request http_take(struct http_parser *parser)
{
    struct http_request request = parser->request;

    request.body = buf_str(&request.body_bytes);
    parser->request = (struct http_request){.fields = NULL};
    reset(parser);
    return request;
}

void http_allow_body(struct http_parser *parser, size_t body_max)
{
    parser->body_max = body_max;
    parser->request.body_bytes.size_max = body_max ? body_max : 1;
    if (parser->request.content_length > body_max)
        http_fail(parser, 413, "the body is larger than this route takes");
}

/* A whole line of the head, without its CRLF. */
static void take_line(struct http_parser *parser, struct quell_str line)
{
    size_t colon;

    if (parser->lines == 0 && line.len == 0) {
        if (parser->blank_skipped) {
            http_fail(parser, 400, "the request line is missing");
            return;
        }
        parser->blank_skipped = true;
        buf_reset(&parser->request.head_bytes);
        parser->line_start = 0;
        return;
    }
    if (line.len == 0) {
        http_read_head(parser);
        return;
    }
    if (parser->lines == 0) {
        http_read_request_line(parser, line);
    } else if (parser->lines > parser->limits->fields) {
        http_fail(parser, 431, "there are too many header fields");
    } else if (!http_field_line_valid(line, &colon)) {
        http_fail(parser, 400, "a header field is malformed");
    }
    parser->lines++;
    parser->line_start = parser->request.head_bytes.len;
}

/* Takes bytes up to and with the next LF into the head; returns how many. */
static size_t feed_line(struct http_parser *parser, struct quell_str data)
{
    struct buf *head = &parser->request.head_bytes;
    const char *lf = memchr(data.data, '\n', data.len);
    size_t take = lf ? (size_t)(lf - data.data) + 1 : data.len;
    size_t room = head->size_max - head->len;
    struct quell_str line;

    buf_add(head, data.data, take < room ? take : room);
    line = str_slice(buf_str(head), parser->line_start, head->len);
    /* A line that is not complete may still end in the CR of its CRLF. */
    if (line.len > parser->limits->line_bytes + (lf && take <= room ? 2 : 1)) {
        http_fail(parser, parser->lines ? 431 : 414, "a line of the head is too long");
        return take;
    }
    if (take > room || head->len > parser->limits->head_bytes) {
        http_fail(parser, 431, "the head is too large");
        return take;
    }
    if (!lf)
        return take;
    if (line.len < 2 || line.data[line.len - 2] != '\r') {
        http_fail(parser, 400, "a line ends without CR");
        return take;
    }
    take_line(parser, str_slice(line, 0, line.len - 2));
    return take;
}

static size_t feed_head(struct http_parser *parser, struct quell_str data)
{
    size_t used = 0;

    while (used < data.len && parser->state == HTTP_HEAD)
        used += feed_line(parser, str_slice(data, used, data.len));
    return used;
}

static size_t feed_length(struct http_parser *parser, struct quell_str data)
{
    size_t take = data.len;

    if (take > parser->body_left)
        take = (size_t)parser->body_left;
    buf_add(&parser->request.body_bytes, data.data, take);
    parser->body_left -= take;
    if (parser->body_left == 0)
        parser->state = HTTP_COMPLETE;
    return take;
}

size_t http_feed(struct http_parser *parser, struct quell_str data)
{
    switch (parser->state) {
    case HTTP_HEAD:
        return feed_head(parser, data);
    case HTTP_BODY:
        return parser->request.chunked ? http_feed_chunked(parser, data)
                                       : feed_length(parser, data);
    case HTTP_COMPLETE:
    case HTTP_FAILED:
        return 0;
    }
    return 0;
}
