/*
 * test_http_parse.c - the request reader as a table: what it takes, what it refuses and how; each
 * row whole, byte by byte and cut in two at every place.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "base/memory.h"
#include "base/str.h"
#include "serve/http_parse.h"

#define BODY_MAX 64

static const struct http_limits small = {.line_bytes = 100, .head_bytes = 300, .fields = 6};

struct row {
    const char *name;
    struct quell_str bytes;
    int status;       /* 0 = a whole request */
    const char *body; /* of a whole request */
};

#define BYTES(literal)                                                                             \
    {                                                                                              \
        literal, sizeof(literal) - 1                                                               \
    }
#define HOST "Host: a\r\n"
#define CHUNKED "POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n"
#define LONG10 "aaaaaaaaaa"
#define LONG90 LONG10 LONG10 LONG10 LONG10 LONG10 LONG10 LONG10 LONG10 LONG10

static const struct row rows[] = {
    /* request lines */
    {"plain", BYTES("GET / HTTP/1.1\r\n" HOST "\r\n"), 0, ""},
    {"http/1.0 without host", BYTES("GET / HTTP/1.0\r\n\r\n"), 0, ""},
    {"one empty line before", BYTES("\r\nGET / HTTP/1.1\r\n" HOST "\r\n"), 0, ""},
    {"two empty lines before", BYTES("\r\n\r\nGET / HTTP/1.1\r\n" HOST "\r\n"), 400, NULL},
    {"unknown method", BYTES("FOO / HTTP/1.1\r\n" HOST "\r\n"), 0, ""},
    {"method with a bracket", BYTES("G(T / HTTP/1.1\r\n" HOST "\r\n"), 400, NULL},
    {"endless method", BYTES("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAA / HTTP/1.1\r\n" HOST "\r\n"), 501,
     NULL},
    {"no method", BYTES(" / HTTP/1.1\r\n" HOST "\r\n"), 400, NULL},
    {"two blanks", BYTES("GET  / HTTP/1.1\r\n" HOST "\r\n"), 400, NULL},
    {"blank in the target", BYTES("GET /a b HTTP/1.1\r\n" HOST "\r\n"), 400, NULL},
    {"tab as separator", BYTES("GET\t/ HTTP/1.1\r\n" HOST "\r\n"), 400, NULL},
    {"http/0.9", BYTES("GET /\r\n\r\n"), 400, NULL},
    {"http/1.2", BYTES("GET / HTTP/1.2\r\n" HOST "\r\n"), 505, NULL},
    {"http/2.0", BYTES("GET / HTTP/2.0\r\n" HOST "\r\n"), 505, NULL},
    {"http/1.10", BYTES("GET / HTTP/1.10\r\n" HOST "\r\n"), 400, NULL},
    {"http in lower case", BYTES("GET / http/1.1\r\n" HOST "\r\n"), 400, NULL},
    {"blank behind the version", BYTES("GET / HTTP/1.1 \r\n" HOST "\r\n"), 400, NULL},
    {"h2 preface", BYTES("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"), 505, NULL},
    {"tls hello", BYTES("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n"), 400, NULL},
    {"raw byte in the target", BYTES("GET /\xff HTTP/1.1\r\n" HOST "\r\n"), 400, NULL},
    {"fragment in the target", BYTES("GET /#a HTTP/1.1\r\n" HOST "\r\n"), 400, NULL},
    {"backslash in the target", BYTES("GET /\\ HTTP/1.1\r\n" HOST "\r\n"), 400, NULL},
    {"percent", BYTES("GET /%41%2f HTTP/1.1\r\n" HOST "\r\n"), 0, ""},
    {"half a percent", BYTES("GET /%4 HTTP/1.1\r\n" HOST "\r\n"), 400, NULL},
    {"percent and no hex", BYTES("GET /%zz HTTP/1.1\r\n" HOST "\r\n"), 400, NULL},
    {"relative target", BYTES("GET a HTTP/1.1\r\n" HOST "\r\n"), 400, NULL},
    {"absolute target", BYTES("GET http://a:80/b HTTP/1.1\r\n" HOST "\r\n"), 0, ""},
    {"absolute target with a user", BYTES("GET http://u@a/ HTTP/1.1\r\n" HOST "\r\n"), 400, NULL},
    {"absolute target, other scheme", BYTES("GET ftp://a/ HTTP/1.1\r\n" HOST "\r\n"), 400, NULL},
    {"connect", BYTES("CONNECT a:80 HTTP/1.1\r\n" HOST "\r\n"), 400, NULL},
    {"asterisk", BYTES("OPTIONS * HTTP/1.1\r\n" HOST "\r\n"), 0, ""},
    {"asterisk of get", BYTES("GET * HTTP/1.1\r\n" HOST "\r\n"), 400, NULL},
    {"long target", BYTES("GET /" LONG90 LONG90 " HTTP/1.1\r\n" HOST "\r\n"), 414, NULL},

    /* fields */
    {"no host", BYTES("GET / HTTP/1.1\r\n\r\n"), 400, NULL},
    {"two hosts", BYTES("GET / HTTP/1.1\r\n" HOST HOST "\r\n"), 400, NULL},
    {"two hosts in 1.0", BYTES("GET / HTTP/1.0\r\n" HOST HOST "\r\n"), 400, NULL},
    {"empty host", BYTES("GET / HTTP/1.1\r\nHost:\r\n\r\n"), 400, NULL},
    {"host with a list", BYTES("GET / HTTP/1.1\r\nHost: a, b\r\n\r\n"), 400, NULL},
    {"host with a path", BYTES("GET / HTTP/1.1\r\nHost: a/b\r\n\r\n"), 400, NULL},
    {"host with a user", BYTES("GET / HTTP/1.1\r\nHost: u@a\r\n\r\n"), 400, NULL},
    {"host with a port", BYTES("GET / HTTP/1.1\r\nHost: a.b:7070\r\n\r\n"), 0, ""},
    {"host with a huge port", BYTES("GET / HTTP/1.1\r\nHost: a:70700\r\n\r\n"), 400, NULL},
    {"ipv6 host", BYTES("GET / HTTP/1.1\r\nHost: [::1]:7070\r\n\r\n"), 0, ""},
    {"ipv6 host, open", BYTES("GET / HTTP/1.1\r\nHost: [::1\r\n\r\n"), 400, NULL},
    {"blank before the colon", BYTES("GET / HTTP/1.1\r\n" HOST "A : b\r\n\r\n"), 400, NULL},
    {"no colon", BYTES("GET / HTTP/1.1\r\n" HOST "A b\r\n\r\n"), 400, NULL},
    {"no name", BYTES("GET / HTTP/1.1\r\n" HOST ": b\r\n\r\n"), 400, NULL},
    {"blank in a name", BYTES("GET / HTTP/1.1\r\n" HOST "A b: c\r\n\r\n"), 400, NULL},
    {"obs-fold", BYTES("GET / HTTP/1.1\r\n" HOST "A: b\r\n c\r\n\r\n"), 400, NULL},
    {"fold before the first field", BYTES("GET / HTTP/1.1\r\n A: b\r\n" HOST "\r\n"), 400, NULL},
    {"nul in a value", BYTES("GET / HTTP/1.1\r\n" HOST "A: b\0c\r\n\r\n"), 400, NULL},
    {"bare cr in a value", BYTES("GET / HTTP/1.1\r\n" HOST "A: b\rc\r\n\r\n"), 400, NULL},
    {"bare lf in a head", BYTES("GET / HTTP/1.1\r\n" HOST "A: b\nC: d\r\n\r\n"), 400, NULL},
    {"bare lf everywhere", BYTES("GET / HTTP/1.1\nHost: a\n\n"), 400, NULL},
    {"cr cr lf", BYTES("GET / HTTP/1.1\r\n" HOST "A: b\r\r\n\r\n"), 400, NULL},
    {"delete byte", BYTES("GET / HTTP/1.1\r\n" HOST "A: b\x7f\r\n\r\n"), 400, NULL},
    {"latin-1 in a value", BYTES("GET / HTTP/1.1\r\n" HOST "A: \xe4\r\n\r\n"), 0, ""},
    {"latin-1 in a name", BYTES("GET / HTTP/1.1\r\n" HOST "\xe4: b\r\n\r\n"), 400, NULL},
    {"empty value", BYTES("GET / HTTP/1.1\r\n" HOST "A:\r\n\r\n"), 0, ""},
    {"six fields", BYTES("GET / HTTP/1.1\r\n" HOST "B:\r\nB:\r\nB:\r\nB:\r\nB:\r\n\r\n"), 0, ""},
    {"seven fields", BYTES("GET / HTTP/1.1\r\n" HOST "B:\r\nB:\r\nB:\r\nB:\r\nB:\r\nB:\r\n\r\n"),
     431, NULL},
    {"long field", BYTES("GET / HTTP/1.1\r\n" HOST "A: " LONG90 LONG90 "\r\n\r\n"), 431, NULL},
    {"field of just the limit", BYTES("GET / HTTP/1.1\r\n" HOST "A23456789:" LONG90 "\r\n\r\n"), 0,
     ""},
    {"field one longer", BYTES("GET / HTTP/1.1\r\n" HOST "A23456789: " LONG90 "\r\n\r\n"), 431,
     NULL},
    {"large head",
     BYTES("GET / HTTP/1.1\r\n" HOST "A: " LONG90 "\r\nA: " LONG90 "\r\nA: " LONG90 "\r\n\r\n"),
     431, NULL},
    {"expect", BYTES("POST / HTTP/1.1\r\n" HOST "Expect: 100-Continue\r\n\r\n"), 0, ""},
    {"expect more", BYTES("POST / HTTP/1.1\r\n" HOST "Expect: tea\r\n\r\n"), 417, NULL},

    /* framing */
    {"length", BYTES("POST / HTTP/1.1\r\n" HOST "Content-Length: 5\r\n\r\nhello"), 0, "hello"},
    {"length 0", BYTES("POST / HTTP/1.1\r\n" HOST "Content-Length: 0\r\n\r\n"), 0, ""},
    {"length twice, equal",
     BYTES("POST / HTTP/1.1\r\n" HOST "Content-Length: 5\r\nContent-Length: 5\r\n\r\nhello"), 400,
     NULL},
    {"length twice, other",
     BYTES("POST / HTTP/1.1\r\n" HOST "Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello"), 400,
     NULL},
    {"length as a list", BYTES("POST / HTTP/1.1\r\n" HOST "Content-Length: 5, 5\r\n\r\nhello"), 400,
     NULL},
    {"length +7", BYTES("POST / HTTP/1.1\r\n" HOST "Content-Length: +7\r\n\r\n1234567"), 400, NULL},
    {"length -1", BYTES("POST / HTTP/1.1\r\n" HOST "Content-Length: -1\r\n\r\n"), 400, NULL},
    {"length 0x5", BYTES("POST / HTTP/1.1\r\n" HOST "Content-Length: 0x5\r\n\r\nhello"), 400, NULL},
    {"length empty", BYTES("POST / HTTP/1.1\r\n" HOST "Content-Length:\r\n\r\nhello"), 400, NULL},
    {"length above the limit", BYTES("POST / HTTP/1.1\r\n" HOST "Content-Length: 65\r\n\r\n"), 413,
     NULL},
    {"length above 2^64",
     BYTES("POST / HTTP/1.1\r\n" HOST "Content-Length: 18446744073709551621\r\n\r\nhello"), 413,
     NULL},
    {"te and cl",
     BYTES("POST / HTTP/1.1\r\n" HOST
           "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
     400, NULL},
    {"te with a blank before the colon",
     BYTES("POST / HTTP/1.1\r\n" HOST "Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n"), 400, NULL},
    {"te gzip, chunked",
     BYTES("POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n"), 501,
     NULL},
    {"te xchunked and cl",
     BYTES("POST / HTTP/1.1\r\n" HOST
           "Transfer-Encoding: xchunked\r\nContent-Length: 5\r\n\r\nhello"),
     501, NULL},
    {"te twice",
     BYTES("POST / HTTP/1.1\r\n" HOST
           "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
     400, NULL},
    {"te with a vertical tab",
     BYTES("POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: \vchunked\r\n\r\n0\r\n\r\n"), 400, NULL},
    {"te in 1.0", BYTES("POST / HTTP/1.0\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
     400, NULL},
    {"te in capitals",
     BYTES("POST / HTTP/1.1\r\n" HOST "TRANSFER-ENCODING: CHUNKED\r\n\r\n0\r\n\r\n"), 0, ""},

    /* chunks */
    {"chunks", BYTES(CHUNKED "5\r\nhello\r\n3\r\nyou\r\n0\r\n\r\n"), 0, "helloyou"},
    {"chunk in hex", BYTES(CHUNKED "00A\r\n0123456789\r\n0\r\n\r\n"), 0, "0123456789"},
    {"chunk extension", BYTES(CHUNKED "5;a=\"b\"\r\nhello\r\n0\r\n\r\n"), 0, "hello"},
    {"chunk extension with lf", BYTES(CHUNKED "5;a\nb\r\nhello\r\n0\r\n\r\n"), 400, NULL},
    {"chunk size with lf only", BYTES(CHUNKED "5\nhello\r\n0\r\n\r\n"), 400, NULL},
    {"chunk size with blank", BYTES(CHUNKED "5 \r\nhello\r\n0\r\n\r\n"), 400, NULL},
    {"chunk size negative", BYTES(CHUNKED "-5\r\nhello\r\n0\r\n\r\n"), 400, NULL},
    {"chunk size with plus", BYTES(CHUNKED "+5\r\nhello\r\n0\r\n\r\n"), 400, NULL},
    {"chunk size 0x5", BYTES(CHUNKED "0x5\r\nhello\r\n0\r\n\r\n"), 400, NULL},
    {"chunk size missing", BYTES(CHUNKED "\r\nhello\r\n0\r\n\r\n"), 400, NULL},
    {"chunk overflow", BYTES(CHUNKED "10000000000000005\r\nhello\r\n0\r\n\r\n"), 413, NULL},
    {"chunk above the limit", BYTES(CHUNKED "41\r\n"), 413, NULL},
    {"chunks above the limit together", BYTES(CHUNKED "1\r\na\r\n40\r\n"), 413, NULL},
    {"chunk longer than its size", BYTES(CHUNKED "4\r\nhello\r\n0\r\n\r\n"), 400, NULL},
    {"chunk shorter than its size", BYTES(CHUNKED "6\r\nhello\r\n0\r\n\r\n"), 400, NULL},
    {"trailer", BYTES(CHUNKED "0\r\nA: b\r\nContent-Length: 7\r\n\r\n"), 0, ""},
    {"trailer without colon", BYTES(CHUNKED "0\r\nA\r\n\r\n"), 400, NULL},
    {"trailer with lf", BYTES(CHUNKED "0\r\nA: b\n\r\n"), 400, NULL},
    {"seven trailers", BYTES(CHUNKED "0\r\nA:\r\nA:\r\nA:\r\nA:\r\nA:\r\nA:\r\nA:\r\n\r\n"), 431,
     NULL},
    {"long trailer", BYTES(CHUNKED "0\r\nA: " LONG90 LONG90 "\r\n\r\n"), 431, NULL},
};

/* Feeds pieces until the request is whole or refused; returns how much was used. */
static size_t feed(struct http_parser *parser, struct quell_str bytes, size_t first, size_t step)
{
    size_t used = 0;

    while (used < bytes.len) {
        size_t end = used < first ? first : used + step;
        size_t before = used;

        while (used < end && used < bytes.len) {
            size_t took = http_feed(parser, str_slice(bytes, used, end));

            used += took;
            if (parser->state == HTTP_BODY && parser->body_max == 0)
                http_allow_body(parser, BODY_MAX);
            if (parser->state == HTTP_COMPLETE || parser->state == HTTP_FAILED)
                return used;
            assert_true(took > 0);
        }
        assert_true(used > before);
    }
    return used;
}

static void check(const struct row *row, size_t first, size_t step)
{
    struct http_parser parser;
    struct http_request request;
    size_t used;

    http_parser_init(&parser, &small);
    used = feed(&parser, row->bytes, first, step);
    if (row->status == 0) {
        if (parser.state != HTTP_COMPLETE)
            fail_msg("%s (cut %zu, %zu): %d %s", row->name, first, step, parser.status,
                     parser.reason ? parser.reason : "not complete");
        assert_int_equal(used, row->bytes.len);
        request = http_take(&parser);
        if (!str_is(request.body, row->body))
            fail_msg("%s: the body is %.*s", row->name, QUELL_ARG(request.body));
        http_request_free(&request);
        assert_true(http_idle(&parser));
    } else if (parser.state != HTTP_FAILED || parser.status != row->status) {
        fail_msg("%s (cut %zu, %zu): state %d, status %d instead of %d", row->name, first, step,
                 (int)parser.state, parser.status, row->status);
    }
    http_parser_free(&parser);
}

static void the_table_holds_however_the_bytes_are_cut(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        check(&rows[i], 0, rows[i].bytes.len);
        check(&rows[i], 0, 1);
        for (size_t cut = 1; cut < rows[i].bytes.len; cut++)
            check(&rows[i], cut, rows[i].bytes.len);
    }
}

static void a_request_is_read_into_its_parts(void **state)
{
    struct quell_str bytes =
        QUELL_STR("POST /hooks/a?b=c&d HTTP/1.1\r\nHOST: a\r\nX-One:  two \t\r\n"
                  "Connection: foo, Close\r\nContent-Length: 2\r\n\r\nhi");
    struct http_parser parser;
    struct http_request request;
    struct quell_str value;

    (void)state;
    http_parser_init(&parser, &small);
    (void)feed(&parser, bytes, 0, bytes.len);
    assert_int_equal(parser.state, HTTP_COMPLETE);
    request = http_take(&parser);
    assert_true(str_is(request.method, "POST"));
    assert_true(str_is(request.path, "/hooks/a"));
    assert_true(str_is(request.query, "b=c&d"));
    assert_int_equal(request.minor, 1);
    assert_int_equal(request.field_count, 4);
    assert_true(str_is(request.fields[1].name, "x-one"));
    assert_true(http_request_field(&request, "x-one", &value));
    assert_true(str_is(value, "two"));
    assert_false(request.keep_alive);
    assert_true(str_is(request.body, "hi"));
    http_request_free(&request);
    http_parser_free(&parser);
}

static void requests_behind_each_other_stay_apart(void **state)
{
    struct quell_str bytes = QUELL_STR("POST /1 HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\nx"
                                       "GET /2 HTTP/1.1\r\nHost: a\r\n\r\n"
                                       "GET /3 HTTP/1.1\r\nHost: a\r\n\r\n");
    static const char *const paths[] = {"/1", "/2", "/3"};
    struct http_parser parser;
    size_t used = 0;

    (void)state;
    http_parser_init(&parser, &small);
    for (size_t i = 0; i < 3; i++) {
        struct http_request request;

        used += feed(&parser, str_slice(bytes, used, bytes.len), 0, bytes.len);
        assert_int_equal(parser.state, HTTP_COMPLETE);
        request = http_take(&parser);
        assert_true(str_is(request.path, paths[i]));
        http_request_free(&request);
    }
    assert_int_equal(used, bytes.len);
    http_parser_free(&parser);
}

static void a_field_that_is_repeated_has_no_value(void **state)
{
    struct quell_str bytes = QUELL_STR("GET / HTTP/1.1\r\nHost: a\r\nA: 1\r\nA: 1\r\n\r\n");
    struct http_parser parser;
    struct quell_str value;

    (void)state;
    http_parser_init(&parser, &small);
    (void)feed(&parser, bytes, 0, bytes.len);
    assert_true(http_request_has(&parser.request, "a"));
    assert_false(http_request_field(&parser.request, "a", &value));
    assert_false(http_request_has(&parser.request, "b"));
    http_parser_free(&parser);
}

static void chunk_extensions_have_a_limit_over_all_chunks(void **state)
{
    struct http_parser parser;
    struct quell_str head = QUELL_STR(CHUNKED), chunk = QUELL_STR("1;" LONG90 "\r\na\r\n");

    (void)state;
    http_parser_init(&parser, &http_limits_default);
    (void)feed(&parser, head, 0, head.len);
    for (int i = 0; i < 20 && parser.state == HTTP_BODY; i++)
        (void)feed(&parser, chunk, 0, chunk.len);
    assert_int_equal(parser.state, HTTP_FAILED);
    assert_int_equal(parser.status, 400);
    http_parser_free(&parser);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_table_holds_however_the_bytes_are_cut),
        cmocka_unit_test(a_request_is_read_into_its_parts),
        cmocka_unit_test(requests_behind_each_other_stay_apart),
        cmocka_unit_test(a_field_that_is_repeated_has_no_value),
        cmocka_unit_test(chunk_extensions_have_a_limit_over_all_chunks),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
