/*
 * parse.c - taking one HTTP/1.1 request off the front of a text, and reading queries and forms.
 */
#include "parse.h"

#include "base/arena.h"
#include "base/buf.h"
#include "base/str.h"

static bool take_line(struct quell_str *rest, struct quell_str *line)
{
    size_t end = str_find(*rest, QUELL_STR("\r\n"), 0);
    if (end == SIZE_MAX)
        return false;
    *line = str_slice(*rest, 0, end);
    *rest = str_slice(*rest, end + 2, rest->len);
    return true;
}

static bool parse_start(struct quell_str line, struct http_request *request)
{
    struct quell_str rest, version;
    if (!str_cut(line, ' ', &request->method, &rest))
        return false;
    if (!str_cut(rest, ' ', &request->target, &version))
        return false;
    if (!str_is(version, "HTTP/1.1") && !str_is(version, "HTTP/1.0"))
        return false;
    if (request->target.len == 0 || request->target.data[0] != '/')
        return false;
    (void)str_cut(request->target, '?', &request->path, &request->query); /* often no query */
    return request->method.len > 0;
}

static bool parse_headers(struct quell_str head, struct http_request *request)
{
    struct quell_str line;
    if (!take_line(&head, &line) || !parse_start(line, request))
        return false;
    while (take_line(&head, &line)) {
        struct http_header *header = &request->headers[request->header_count];
        if (request->header_count == HTTP_HEADERS_MAX)
            return false;
        if (!str_cut(line, ':', &header->name, &header->value))
            return false;
        if (header->name.len == 0 || str_trim(header->name).len != header->name.len)
            return false;
        header->value = str_trim(header->value);
        request->header_count++;
    }
    return true;
}

static bool hex_digit(char c, unsigned *digit)
{
    if (c >= '0' && c <= '9')
        *digit = (unsigned)(c - '0');
    else if (c >= 'a' && c <= 'f')
        *digit = (unsigned)(c - 'a') + 10;
    else if (c >= 'A' && c <= 'F')
        *digit = (unsigned)(c - 'A') + 10;
    else
        return false;
    return true;
}

static bool parse_hex(struct quell_str text, size_t max, size_t *number)
{
    size_t i, made = 0;
    for (i = 0; i < text.len; i++) {
        unsigned digit;
        if (!hex_digit(text.data[i], &digit))
            return false;
        made = made * 16 + digit;
        if (made > max)
            return false;
    }
    *number = made;
    return text.len > 0;
}

/* Chunks behind the head; `rest` is what has come so far. */
static enum parse_state parse_chunks(struct quell_str rest, size_t body_max,
                                     struct http_request *request, size_t *used)
{
    struct buf body = {.size_max = body_max + 1};
    size_t before = rest.len;
    enum parse_state state = PARSE_BODY;
    struct quell_str line, size_text, extension;
    while (take_line(&rest, &line)) {
        size_t size;
        (void)str_cut(line, ';', &size_text, &extension); /* extensions mean nothing here */
        if (!parse_hex(str_trim(size_text), body_max, &size)) {
            state = PARSE_BAD;
            break;
        }
        if (size == 0) { /* trailers are read over */
            while (take_line(&rest, &line) && line.len > 0)
                continue;
            state = line.len == 0 ? PARSE_DONE : PARSE_BODY;
            break;
        }
        if (rest.len < size + 2)
            break;
        buf_add(&body, rest.data, size);
        rest = str_slice(rest, size + 2, rest.len);
        if (buf_over(&body)) {
            state = PARSE_LARGE;
            break;
        }
    }
    if (state == PARSE_DONE) {
        request->body = arena_str(request->arena, buf_str(&body));
        *used += before - rest.len;
    }
    buf_free(&body);
    return state;
}

static enum parse_state parse_body(struct quell_str rest, size_t body_max,
                                   struct http_request *request, size_t *used)
{
    struct quell_str length = http_header(request, "content-length");
    struct quell_str coding = http_header(request, "transfer-encoding");
    int64_t size = 0;
    if (coding.len > 0) {
        if (!str_equal_fold(coding, QUELL_STR("chunked")) || length.len > 0)
            return PARSE_BAD;
        return parse_chunks(rest, body_max, request, used);
    }
    if (length.len > 0 && (!str_to_int(length, &size) || size < 0))
        return PARSE_BAD;
    if ((size_t)size > body_max)
        return PARSE_LARGE;
    if (rest.len < (size_t)size)
        return PARSE_BODY;
    request->body = arena_str(request->arena, str_slice(rest, 0, (size_t)size));
    *used += (size_t)size;
    return PARSE_DONE;
}

enum parse_state parse_request(struct quell_str text, size_t head_max, size_t body_max,
                               struct http_request *request, size_t *used)
{
    size_t end = str_find(text, QUELL_STR("\r\n\r\n"), 0);
    struct quell_str head;
    if (end == SIZE_MAX)
        return text.len > head_max ? PARSE_LARGE : PARSE_MORE;
    /* The first of the two line ends belongs to the last header. */
    head = arena_str(request->arena, str_slice(text, 0, end + 2));
    if (!parse_headers(head, request))
        return PARSE_BAD;
    *used = end + 4;
    return parse_body(str_slice(text, end + 4, text.len), body_max, request, used);
}

struct quell_str http_header(const struct http_request *request, const char *name)
{
    size_t i;
    for (i = 0; i < request->header_count; i++) {
        if (str_equal_fold(request->headers[i].name, quell_str_of(name)))
            return request->headers[i].value;
    }
    return (struct quell_str){"", 0};
}

struct quell_str http_unescape(struct arena *arena, struct quell_str text, bool form)
{
    char *out = arena_alloc(arena, text.len + 1);
    size_t i, len = 0;
    for (i = 0; i < text.len; i++) {
        unsigned high, low;
        char c = text.data[i];
        if (c == '+' && form) {
            c = ' ';
        } else if (c == '%') {
            if (i + 2 >= text.len || !hex_digit(text.data[i + 1], &high) ||
                !hex_digit(text.data[i + 2], &low))
                return text;
            c = (char)(high * 16 + low);
            i += 2;
        }
        out[len++] = c;
    }
    return (struct quell_str){out, len};
}

bool http_parameter(struct arena *arena, struct quell_str query, const char *key,
                    struct quell_str *value)
{
    struct quell_str pair, name, text;
    while (query.len > 0) {
        (void)str_cut(query, '&', &pair, &query); /* the last one has no & */
        (void)str_cut(pair, '=', &name, &text);   /* a name alone has an empty value */
        if (!quell_str_equal(http_unescape(arena, name, true), quell_str_of(key)))
            continue;
        *value = http_unescape(arena, text, true);
        return true;
    }
    return false;
}
