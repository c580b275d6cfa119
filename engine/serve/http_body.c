/*
 * http_body.c - chunked transfer coding (RFC 9112 section 7.1): decoded as it arrives.
 *
 * Chunk extensions are checked for harmless bytes, counted and dropped; trailers are checked like
 * header fields, counted and dropped.
 */
#include "serve/http_parse.h"

#include "base/str.h"

#define CHUNK_DIGITS 8           /* hex digits of a size: 4 GiB, far above any body taken here */
#define EXTENSION_BYTES_MAX 1024 /* of all chunks of a body together; nobody sends any */

static int hex_value(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

/* The size is complete; what follows it is said by `c`. */
static void end_of_size(struct http_parser *parser, char c)
{
    if (parser->chunk_digits == 0)
        http_fail(parser, 400, "a chunk's size is malformed");
    else if (parser->request.body_bytes.len + parser->body_left > parser->body_max)
        http_fail(parser, 413, "the body is larger than this route takes");
    else if (c == '\r')
        parser->chunk = CHUNK_SIZE_LF;
    else if (c == ';')
        parser->chunk = CHUNK_EXTENSION;
    else
        http_fail(parser, 400, "a chunk's size is malformed");
}

static void size_byte(struct http_parser *parser, char c)
{
    int digit = hex_value(c);

    if (digit < 0) {
        end_of_size(parser, c);
        return;
    }
    if (parser->chunk_digits == CHUNK_DIGITS) {
        http_fail(parser, 413, "a chunk's size is larger than anything served here");
        return;
    }
    parser->body_left = parser->body_left * 16 + (unsigned)digit;
    parser->chunk_digits++;
}

static void extension_byte(struct http_parser *parser, char c)
{
    unsigned char byte = (unsigned char)c;

    if (c == '\r') {
        parser->chunk = CHUNK_SIZE_LF;
        return;
    }
    parser->extension_bytes++;
    if ((byte < ' ' && c != '\t') || byte == 0x7f)
        http_fail(parser, 400, "a chunk extension has a control byte");
    else if (parser->extension_bytes > EXTENSION_BYTES_MAX)
        http_fail(parser, 400, "the chunk extensions are too long");
}

static void size_line_ended(struct http_parser *parser, char c)
{
    if (c != '\n') {
        http_fail(parser, 400, "a chunk's size line has a bare CR");
        return;
    }
    parser->chunk = parser->body_left ? CHUNK_DATA : CHUNK_TRAILER;
}

static void data_ended(struct http_parser *parser, char c)
{
    if (c != (parser->chunk == CHUNK_DATA_CR ? '\r' : '\n')) {
        http_fail(parser, 400, "a chunk is longer than its size says");
        return;
    }
    if (parser->chunk == CHUNK_DATA_CR) {
        parser->chunk = CHUNK_DATA_LF;
        return;
    }
    parser->chunk = CHUNK_SIZE;
    parser->chunk_digits = 0;
}

static void trailer_line(struct http_parser *parser)
{
    struct quell_str line = buf_str(&parser->trailer);
    size_t colon;

    if (line.len < 2 || line.data[line.len - 2] != '\r') {
        http_fail(parser, 400, "a trailer line ends without CR");
        return;
    }
    if (line.len == 2) {
        parser->state = HTTP_COMPLETE;
        return;
    }
    if (++parser->trailers > parser->limits->fields)
        http_fail(parser, 431, "there are too many trailer fields");
    else if (!http_field_line_valid(str_slice(line, 0, line.len - 2), &colon))
        http_fail(parser, 400, "a trailer field is malformed");
    buf_reset(&parser->trailer);
}

static void trailer_byte(struct http_parser *parser, char c)
{
    parser->trailer_bytes++;
    buf_add_char(&parser->trailer, c);
    if (buf_over(&parser->trailer) || parser->trailer_bytes > parser->limits->head_bytes)
        http_fail(parser, 431, "the trailer is too large");
    else if (c == '\n')
        trailer_line(parser);
}

static size_t chunk_data(struct http_parser *parser, struct quell_str data)
{
    size_t take = data.len;

    if (take > parser->body_left)
        take = (size_t)parser->body_left;
    buf_add(&parser->request.body_bytes, data.data, take);
    parser->body_left -= take;
    if (parser->body_left == 0)
        parser->chunk = CHUNK_DATA_CR;
    return take;
}

static void framing_byte(struct http_parser *parser, char c)
{
    switch (parser->chunk) {
    case CHUNK_SIZE:
        size_byte(parser, c);
        return;
    case CHUNK_EXTENSION:
        extension_byte(parser, c);
        return;
    case CHUNK_SIZE_LF:
        size_line_ended(parser, c);
        return;
    case CHUNK_DATA_CR:
    case CHUNK_DATA_LF:
        data_ended(parser, c);
        return;
    case CHUNK_TRAILER:
        trailer_byte(parser, c);
        return;
    case CHUNK_DATA: /* taken in bulk by chunk_data */
        return;
    }
}

size_t http_feed_chunked(struct http_parser *parser, struct quell_str data)
{
    size_t used = 0;

    while (used < data.len && parser->state == HTTP_BODY) {
        if (parser->chunk == CHUNK_DATA)
            used += chunk_data(parser, str_slice(data, used, data.len));
        else
            framing_byte(parser, data.data[used++]);
    }
    return used;
}
