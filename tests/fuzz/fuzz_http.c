/*
 * fuzz_http.c - the request reader on any bytes: however they are cut, the result is the same, and
 * what is accepted keeps the promises of its header.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "serve/http_parse.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define BODY_MAX 512

static const struct http_limits small = {.line_bytes = 120, .head_bytes = 400, .fields = 8};

/* What a run of the reader came to: every request in order, then how it ended. */
struct outcome {
    enum http_state state;
    int status;
    size_t requests;
    size_t used; /* by whole requests */
    uint64_t hash;
};

static void require(bool promise)
{
    if (!promise)
        abort();
}

static bool harmless(struct quell_str text)
{
    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = (unsigned char)text.data[i];

        if ((c < ' ' && c != '\t') || c == 0x7f)
            return false;
    }
    return true;
}

static uint64_t mix(uint64_t hash, struct quell_str text)
{
    return hash * 31 + str_hash(text) + text.len;
}

static uint64_t check_request(const struct http_request *request, uint64_t hash)
{
    size_t hosts = 0, lengths = 0, codings = 0;

    require(http_is_token(request->method));
    require(request->path.len > 0 && (request->path.data[0] == '/' || str_is(request->path, "*")));
    require(harmless(request->path) && harmless(request->query));
    require(request->field_count <= small.fields && request->body.len <= BODY_MAX);
    require(request->chunked || request->body.len == request->content_length);
    hash = mix(mix(mix(mix(hash, request->method), request->path), request->query), request->body);
    for (size_t i = 0; i < request->field_count; i++) {
        const struct http_field *field = &request->fields[i];

        require(http_is_token(field->name) && harmless(field->value));
        hosts += str_is(field->name, "host");
        lengths += str_is(field->name, "content-length");
        codings += str_is(field->name, "transfer-encoding");
        hash = mix(mix(hash, field->name), field->value);
    }
    require(hosts == 1 || (hosts == 0 && request->minor == 0));
    require(lengths + codings <= 1);
    return hash * 2 + request->keep_alive;
}

/* `step` bytes at a time; 0 = cut by the data itself. */
static struct outcome run(const uint8_t *data, size_t size, size_t step)
{
    struct outcome outcome = {.state = HTTP_HEAD};
    struct http_parser parser;
    size_t at = 0;

    http_parser_init(&parser, &small);
    while (at < size && parser.state != HTTP_FAILED) {
        size_t len = step ? step : (size_t)data[at] % 7 + 1;
        struct quell_str piece;

        if (len > size - at)
            len = size - at;
        piece = (struct quell_str){(const char *)data + at, len};
        at += http_feed(&parser, piece);
        if (parser.state == HTTP_BODY && parser.body_max == 0)
            http_allow_body(&parser, BODY_MAX);
        if (parser.state == HTTP_COMPLETE) {
            struct http_request request = http_take(&parser);

            outcome.hash = check_request(&request, outcome.hash);
            outcome.requests++;
            outcome.used = at;
            http_request_free(&request);
        }
    }
    outcome.state = parser.state;
    outcome.status = parser.state == HTTP_FAILED ? parser.status : 0;
    http_parser_free(&parser);
    return outcome;
}

static bool equal(const struct outcome *a, const struct outcome *b)
{
    return a->state == b->state && a->status == b->status && a->requests == b->requests &&
           a->used == b->used && a->hash == b->hash;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct outcome whole = run(data, size, size ? size : 1);
    struct outcome bytes = run(data, size, 1);
    struct outcome pieces = run(data, size, 0);

    require(equal(&whole, &bytes) && equal(&whole, &pieces));
    return 0;
}
