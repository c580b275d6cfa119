/*
 * http_head.c - what a request's head says: request line, fields, host, framing, connection.
 *
 * Two passes: each line is checked when it is complete, and when the empty line arrives the checked
 * lines are cut into fields and read together. Nothing is repaired, nothing is guessed.
 */
#include "serve/http_parse.h"

#include "base/memory.h"
#include "base/str.h"

#define METHOD_BYTES 24  /* the longest registered method, UPDATEREDIRECTREF, has 17 */
#define LENGTH_DIGITS 18 /* of Content-Length: fits a uint64_t; more cannot be served anyway */
#define PORT_DIGITS 5    /* of a host's port */
#define PORT_LARGEST 65535

/* Classes of bytes. */
enum {
    TOKEN = 1,  /* tchar, RFC 9110 section 5.6.2 */
    TARGET = 2, /* pchar, `/`, `?`, RFC 3986; `%` needs two hex digits behind it */
    HOST = 4,   /* of a reg-name or an IPv4 address; no percent-encoding: nobody needs it */
    VALUE = 8,  /* field-vchar, blank, tab, RFC 9110 section 5.5 */
    HEX = 16,
    DIGIT = 32,
};

#define RUN1(from, classes) [from] = (classes)
#define RUN2(from, classes) RUN1(from, classes), RUN1((from) + 1, classes)
#define RUN8(from, classes)                                                                        \
    RUN2(from, classes), RUN2((from) + 2, classes), RUN2((from) + 4, classes),                     \
        RUN2((from) + 6, classes)
#define RUN16(from, classes) RUN8(from, classes), RUN8((from) + 8, classes)
#define RUN64(from, classes)                                                                       \
    RUN16(from, classes), RUN16((from) + 16, classes), RUN16((from) + 32, classes),                \
        RUN16((from) + 48, classes)
#define RUN20(from, classes)                                                                       \
    RUN16(from, classes), RUN2((from) + 16, classes), RUN2((from) + 18, classes)
#define RUN6(from, classes)                                                                        \
    RUN2(from, classes), RUN2((from) + 2, classes), RUN2((from) + 4, classes)

#define NAME (TOKEN | TARGET | HOST | VALUE) /* letters, digits, unreserved marks */
#define MARK (TOKEN | TARGET | VALUE)

static const uint8_t classes_of[256] = {
    ['\t'] = VALUE,
    [' '] = VALUE,
    ['!'] = MARK,
    ['"'] = VALUE,
    ['#'] = TOKEN | VALUE,
    ['$'] = MARK,
    ['%'] = MARK,
    ['&'] = MARK,
    ['\''] = MARK,
    ['('] = TARGET | VALUE,
    [')'] = TARGET | VALUE,
    ['*'] = MARK,
    ['+'] = MARK,
    [','] = TARGET | VALUE,
    ['-'] = NAME,
    ['.'] = NAME,
    ['/'] = TARGET | VALUE,
    RUN8('0', NAME | HEX | DIGIT),
    RUN2('8', NAME | HEX | DIGIT),
    [':'] = TARGET | VALUE,
    [';'] = TARGET | VALUE,
    ['<'] = VALUE,
    ['='] = TARGET | VALUE,
    ['>'] = VALUE,
    ['?'] = TARGET | VALUE,
    ['@'] = TARGET | VALUE,
    RUN6('A', NAME | HEX),
    RUN20('G', NAME),
    ['['] = VALUE,
    ['\\'] = VALUE,
    [']'] = VALUE,
    ['^'] = TOKEN | VALUE,
    ['_'] = NAME,
    ['`'] = TOKEN | VALUE,
    RUN6('a', NAME | HEX),
    RUN20('g', NAME),
    ['{'] = VALUE,
    ['|'] = TOKEN | VALUE,
    ['}'] = VALUE,
    ['~'] = NAME,
    RUN64(0x80, VALUE),
    RUN64(0xc0, VALUE),
};

static bool all_of(struct quell_str text, unsigned classes)
{
    for (size_t i = 0; i < text.len; i++) {
        if (!(classes_of[(unsigned char)text.data[i]] & classes))
            return false;
    }
    return true;
}

bool http_is_token(struct quell_str text)
{
    return text.len > 0 && all_of(text, TOKEN);
}

bool http_field_line_valid(struct quell_str line, size_t *colon)
{
    const char *found = memchr(line.data, ':', line.len);

    if (!found)
        return false;
    *colon = (size_t)(found - line.data);
    /* A blank before the colon or at the line's start (obs-fold) is no token either. */
    return http_is_token(str_slice(line, 0, *colon)) &&
           all_of(str_slice(line, *colon + 1, line.len), VALUE);
}

/* ---- the request line --------------------------------------------------------------------------
 */

static bool percent_valid(struct quell_str text)
{
    for (size_t i = 0; i < text.len; i++) {
        if (text.data[i] == '%' &&
            (text.len - i < 3 || !all_of(str_slice(text, i + 1, i + 3), HEX)))
            return false;
    }
    return true;
}

/* uri-host [ ":" port ], without user information. */
static bool host_valid(struct quell_str host)
{
    size_t end = 0;
    struct quell_str port;

    if (host.len > 0 && host.data[0] == '[') {
        end = str_find(host, QUELL_STR("]"), 0);
        if (end == SIZE_MAX || strspn(host.data + 1, "0123456789abcdefABCDEF:.") != end - 1 ||
            str_find(str_slice(host, 0, end), QUELL_STR(":"), 0) == SIZE_MAX)
            return false;
        end++;
    } else {
        end = str_find(host, QUELL_STR(":"), 0);
        if (end == SIZE_MAX)
            end = host.len;
        if (end == 0 || !all_of(str_slice(host, 0, end), HOST))
            return false;
    }
    if (end == host.len)
        return true;
    port = str_slice(host, end + 1, host.len);
    if (host.data[end] != ':' || port.len > PORT_DIGITS || !all_of(port, DIGIT))
        return false;
    int64_t number = 0;
    return port.len == 0 || (str_to_int(port, &number) && number <= PORT_LARGEST);
}

/* origin-form, absolute-form of http and https, asterisk-form of OPTIONS; CONNECT's has no use. */
static bool target_valid(struct quell_str method, struct quell_str target, struct quell_str *path)
{
    size_t at;

    if (!all_of(target, TARGET) || !percent_valid(target) || target.len == 0)
        return false;
    *path = target;
    if (target.data[0] == '/')
        return true;
    if (str_is(target, "*"))
        return str_is(method, "OPTIONS");
    at = str_find(target, QUELL_STR("://"), 0);
    if (at == SIZE_MAX || !(str_equal_fold(str_slice(target, 0, at), QUELL_STR("http")) ||
                            str_equal_fold(str_slice(target, 0, at), QUELL_STR("https"))))
        return false;
    target = str_slice(target, at + 3, target.len);
    at = str_find(target, QUELL_STR("/"), 0);
    if (at == SIZE_MAX) /* `http://host` alone: clients send the slash */
        return false;
    *path = str_slice(target, at, target.len);
    return host_valid(str_slice(target, 0, at));
}

static bool version_form(struct quell_str version)
{
    return version.len == 8 && str_starts(version, QUELL_STR("HTTP/")) &&
           all_of(str_slice(version, 5, 6), DIGIT) && version.data[6] == '.' &&
           all_of(str_slice(version, 7, 8), DIGIT);
}

/* Cuts and checks a request line; 0, or the status of what is wrong. */
static int split_request_line(struct quell_str line, struct http_request *request,
                              const char **reason)
{
    struct quell_str method, rest, target, version;

    *reason = "the request line is malformed";
    if (!str_cut(line, ' ', &method, &rest) || !str_cut(rest, ' ', &target, &version) ||
        !http_is_token(method) || !version_form(version))
        return 400;
    *reason = "this version of HTTP is not spoken here";
    if (!str_is(version, "HTTP/1.1") && !str_is(version, "HTTP/1.0"))
        return 505;
    *reason = "the method is unknown";
    if (method.len > METHOD_BYTES)
        return 501;
    *reason = "the request target is malformed";
    if (!target_valid(method, target, &request->path))
        return 400;
    request->method = method;
    request->minor = (unsigned)(version.data[7] - '0');
    (void)str_cut(request->path, '?', &request->path, &request->query); /* no query: it is empty */
    return 0;
}

void http_read_request_line(struct http_parser *parser, struct quell_str line)
{
    struct http_request scratch = {.fields = NULL}; /* slices would move with the buffer */
    const char *reason;
    int status = split_request_line(line, &scratch, &reason);

    if (status)
        http_fail(parser, status, reason);
}

/* ---- the fields together -----------------------------------------------------------------------
 */

static void lower(char *text, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        if (text[i] >= 'A' && text[i] <= 'Z')
            text[i] = (char)(text[i] - 'A' + 'a');
    }
}

/* The next line at *at, without its CRLF; the head is known to be made of whole lines. */
static struct quell_str next_line(struct quell_str head, size_t *at)
{
    const char *lf = memchr(head.data + *at, '\n', head.len - *at);
    size_t end = (size_t)(lf - head.data);
    struct quell_str line = str_slice(head, *at, end - 1);

    *at = end + 1;
    return line;
}

static void cut_fields(struct http_request *request, size_t at, size_t count)
{
    struct quell_str head = buf_str(&request->head_bytes);

    request->fields = count ? memory_new(count * sizeof(*request->fields)) : NULL;
    for (size_t i = 0; i < count; i++) {
        size_t start = at;
        struct quell_str line = next_line(head, &at);
        const char *colon = memchr(line.data, ':', line.len);
        size_t name = (size_t)(colon - line.data);

        lower(request->head_bytes.data + start, name);
        request->fields[i].name = str_slice(line, 0, name);
        request->fields[i].value = str_trim(str_slice(line, name + 1, line.len));
    }
    request->field_count = count;
}

static size_t count_fields(const struct http_request *request, const char *name)
{
    size_t count = 0;

    for (size_t i = 0; i < request->field_count; i++) {
        if (str_is(request->fields[i].name, name))
            count++;
    }
    return count;
}

static const char *check_host(const struct http_request *request)
{
    struct quell_str host;
    size_t count = count_fields(request, "host");

    if (count == 0)
        return request->minor == 0 ? NULL : "the Host field is missing";
    if (!http_request_field(request, "host", &host))
        return "there is more than one Host field";
    return host_valid(host) ? NULL : "the Host field is malformed";
}

/* Transfer-Encoding: `chunked` and nothing else. 0, or a status. */
static int read_coding(struct http_request *request, const char **reason)
{
    struct quell_str coding;
    size_t count = count_fields(request, "transfer-encoding");

    if (count == 0)
        return 0;
    *reason = "Transfer-Encoding is repeated or empty, or in HTTP/1.0";
    if (count > 1 || request->minor == 0 ||
        !http_request_field(request, "transfer-encoding", &coding) || coding.len == 0)
        return 400;
    *reason = "the only transfer coding understood here is `chunked`";
    if (!str_equal_fold(coding, QUELL_STR("chunked")))
        return 501;
    *reason = "Transfer-Encoding and Content-Length exclude each other";
    if (http_request_has(request, "content-length"))
        return 400;
    request->chunked = true;
    return 0;
}

static int read_length(struct http_request *request, const char **reason)
{
    struct quell_str length;
    int64_t number = 0;
    size_t count = count_fields(request, "content-length");

    if (count == 0)
        return 0;
    *reason = "Content-Length is not one decimal number";
    if (!http_request_field(request, "content-length", &length) || length.len == 0 ||
        !all_of(length, DIGIT))
        return 400;
    *reason = "the body is larger than anything served here";
    if (length.len > LENGTH_DIGITS || !str_to_int(length, &number))
        return 413;
    request->content_length = (uint64_t)number;
    return 0;
}

static int read_expect(struct http_request *request, const char **reason)
{
    struct quell_str expect;

    if (!http_request_has(request, "expect") || request->minor == 0)
        return 0;
    *reason = "the only expectation met here is `100-continue`";
    if (!http_request_field(request, "expect", &expect) ||
        !str_equal_fold(expect, QUELL_STR("100-continue")))
        return 417;
    request->expects_continue = true;
    return 0;
}

/* True when the comma-separated list holds the option. */
static bool list_has(struct quell_str list, struct quell_str option)
{
    while (list.len > 0) {
        struct quell_str item, rest;

        (void)str_cut(list, ',', &item, &rest); /* the last item has no comma */
        if (str_equal_fold(str_trim(item), option))
            return true;
        list = rest;
    }
    return false;
}

static void read_connection(struct http_request *request)
{
    request->keep_alive = request->minor == 1;
    for (size_t i = 0; i < request->field_count; i++) {
        if (str_is(request->fields[i].name, "connection") &&
            list_has(request->fields[i].value, QUELL_STR("close")))
            request->keep_alive = false;
    }
}

void http_read_head(struct http_parser *parser)
{
    struct http_request *request = &parser->request;
    const char *reason = NULL;
    size_t at = 0;
    int status;

    /* The line was checked when it was complete; now its slices stay where they are. */
    status = split_request_line(next_line(buf_str(&request->head_bytes), &at), request, &reason);
    if (!status) {
        cut_fields(request, at, parser->lines - 1);
        reason = check_host(request);
        status = reason ? 400 : read_coding(request, &reason);
    }
    if (!status)
        status = read_length(request, &reason);
    if (!status)
        status = read_expect(request, &reason);
    if (status) {
        http_fail(parser, status, reason);
        return;
    }
    read_connection(request);
    parser->body_left = request->content_length;
    parser->chunk = CHUNK_SIZE;
    parser->state = request->chunked || request->content_length ? HTTP_BODY : HTTP_COMPLETE;
}
