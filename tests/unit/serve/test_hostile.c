/*
 * test_hostile.c - what must not get through: each row is sent to the real server over a real
 * socket; the statuses that come back, and whether the server closes, are the row's outcome.
 *
 * The first group are the hostile cases that other servers failed (docs/dependencies.md).
 */
#include "fixture.h"

#include "base/limits.h"

#define HOST "Host: a\r\n"
#define JSON "Content-Type: application/json\r\n"
#define POST "POST /hooks/open HTTP/1.1\r\n" HOST JSON
#define GET "GET /livez HTTP/1.1\r\n" HOST
#define TWO "Content-Length: 2\r\n\r\n{}"
#define BYTES(literal)                                                                             \
    {                                                                                              \
        literal, sizeof(literal) - 1                                                               \
    }

struct row {
    const char *name;
    struct quell_str before;
    const char *unit; /* sent `times` times between the two; NULL = not */
    size_t times;
    struct quell_str after;
    bool drip;          /* `unit` is sent byte by byte, a turn each, until the server closes */
    const char *expect; /* statuses in order, and "close" when the server has closed */
};

#define PLAIN(name, bytes, expect)                                                                 \
    {                                                                                              \
        name, BYTES(bytes), NULL, 0, {"", 0}, false, expect                                        \
    }

static const struct row rows[] = {
    /* smuggling and framing */
    PLAIN("transfer-encoding and content-length",
          POST "Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "400 close"),
    PLAIN("two content-lengths", POST "Content-Length: 2\r\nContent-Length: 3\r\n\r\n{} ",
          "400 close"),
    PLAIN("two equal content-lengths", POST "Content-Length: 2\r\nContent-Length: 2\r\n\r\n{}",
          "400 close"),
    PLAIN("content-length +7", POST "Content-Length: +7\r\n\r\n{     }", "400 close"),
    PLAIN("content-length -7", POST "Content-Length: -7\r\n\r\n{     }", "400 close"),
    PLAIN("blank before the colon of transfer-encoding",
          POST "Transfer-Encoding : chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n", "400 close"),
    PLAIN("transfer-encoding gzip, chunked",
          POST "Transfer-Encoding: gzip, chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n", "501 close"),
    PLAIN("transfer-encoding xchunked and content-length",
          POST "Transfer-Encoding: xchunked\r\nContent-Length: 2\r\n\r\n{}", "501 close"),
    PLAIN("obs-fold", POST "A: b\r\n c\r\n" TWO, "400 close"),
    PLAIN("nul in a value", POST "A: b\0c\r\n" TWO, "400 close"),
    PLAIN("blank in a header name", POST "A b: c\r\n" TWO, "400 close"),
    PLAIN("bare cr in a value", POST "A: b\rc\r\n" TWO, "400 close"),
    PLAIN("bare lf line ends",
          "POST /hooks/open HTTP/1.1\nHost: a\nContent-Type: application/json\n"
          "Content-Length: 2\n\n{}",
          "400 close"),
    PLAIN("one bare lf", POST "A: b\nContent-Length: 2\r\n\r\n{}", "400 close"),
    PLAIN("no host", "POST /hooks/open HTTP/1.1\r\n" JSON TWO, "400 close"),
    PLAIN("two hosts", POST HOST TWO, "400 close"),
    PLAIN("http/1.2", "POST /hooks/open HTTP/1.2\r\n" HOST JSON TWO, "505 close"),
    PLAIN("http/2.0", "POST /hooks/open HTTP/2.0\r\n" HOST JSON TWO, "505 close"),
    PLAIN("trace", "TRACE /hooks/open HTTP/1.1\r\n" HOST "\r\n", "405"),
    PLAIN("foo", "FOO /hooks/open HTTP/1.1\r\n" HOST "\r\n", "405"),
    PLAIN("foo with a body", "FOO /hooks/open HTTP/1.1\r\n" HOST JSON TWO, "405 close"),
    PLAIN("get of a hook", "GET /hooks/open HTTP/1.1\r\n" HOST "\r\n", "405"),
    PLAIN("connect", "CONNECT a:80 HTTP/1.1\r\n" HOST "\r\n", "400 close"),
    PLAIN("body above 1 MiB by content-length", POST "Content-Length: 1048577\r\n\r\n",
          "413 close"),
    PLAIN("content-length above 2^64", POST "Content-Length: 99999999999999999999\r\n\r\n",
          "413 close"),
    {"64 KB header", BYTES(POST "A: "), "bbbbbbbb", 8192, BYTES("\r\n" TWO), false, "431 close"},
    {"5000 headers", BYTES(POST), "A: b\r\n", 5000, BYTES(TWO), false, "431 close"},
    {"64 KB target", BYTES("GET /"), "aaaaaaaa", 8192, BYTES(" HTTP/1.1\r\n" HOST "\r\n"), false,
     "414 close"},
    {"64 KB method", BYTES("G"), "EEEEEEEE", 8192, BYTES(" / HTTP/1.1\r\n" HOST "\r\n"), false,
     "414 close"},

    /* chunks */
    PLAIN("chunked", POST "Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n", "202"),
    PLAIN("chunked with a trailer",
          POST "Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\nHost: b\r\n\r\n", "202"),
    PLAIN("chunk size overflow",
          POST "Transfer-Encoding: chunked\r\n\r\n10000000000000002\r\n{}\r\n0\r\n\r\n",
          "413 close"),
    PLAIN("chunk size of 2 GiB", POST "Transfer-Encoding: chunked\r\n\r\n7fffffff\r\n{}",
          "413 close"),
    PLAIN("chunk size negative", POST "Transfer-Encoding: chunked\r\n\r\n-2\r\n{}\r\n0\r\n\r\n",
          "400 close"),
    {"huge chunk extension", BYTES(POST "Transfer-Encoding: chunked\r\n\r\n2;a="), "bbbbbbbb", 8192,
     BYTES("\r\n{}\r\n0\r\n\r\n"), false, "400 close"},
    {"body above 1 MiB by chunks", BYTES(POST "Transfer-Encoding: chunked\r\n\r\n"),
     "8\r\n        \r\n", 131080, BYTES("0\r\n\r\n"), false, "413 close"},
    {"5000 trailers", BYTES(POST "Transfer-Encoding: chunked\r\n\r\n0\r\n"), "A: b\r\n", 5000,
     BYTES("\r\n"), false, "431 close"},
    PLAIN("chunk data without its end", POST "Transfer-Encoding: chunked\r\n\r\n2\r\n{}XX0\r\n\r\n",
          "400 close"),
    PLAIN("body on a get", "GET /livez HTTP/1.1\r\n" HOST "Content-Length: 2\r\n\r\n{}",
          "413 close"),
    PLAIN("a request inside a body that is refused",
          "POST /nothing HTTP/1.1\r\n" HOST
          "Content-Length: 44\r\n\r\nGET /livez HTTP/1.1\r\nHost: a\r\nX: yyyyyyy\r\n\r\n",
          "404 close"),

    /* what is well formed must work, however it comes */
    PLAIN("expect 100-continue", POST "Expect: 100-continue\r\nContent-Length: 2\r\n\r\n", "100"),
    PLAIN("expect tea", POST "Expect: tea\r\n" TWO, "417 close"),
    PLAIN("expect 100-continue of what is refused",
          POST "Expect: 100-continue\r\nContent-Length: 1048577\r\n\r\n", "413 close"),
    PLAIN("three requests in one piece", POST TWO POST TWO GET "\r\n", "202 202 200"),
    PLAIN("a bad request behind a good one", POST TWO "BAD\r\n\r\n", "202 400 close"),
    PLAIN("behind connection: close nothing is read", GET "Connection: close\r\n\r\n" GET "\r\n",
          "200 close"),
    PLAIN("http/1.0", "GET /livez HTTP/1.0\r\n\r\n", "200 close"),
    PLAIN("head", "HEAD /livez HTTP/1.1\r\n" HOST "Connection: close\r\n\r\n", NULL),
    PLAIN("no content type", "POST /hooks/open HTTP/1.1\r\n" HOST TWO, "415 close"),
    PLAIN("a form",
          "POST /hooks/open HTTP/1.1\r\n" HOST
          "Content-Type: application/x-www-form-urlencoded\r\n" TWO,
          "415 close"),
    PLAIN("gzip", POST "Content-Encoding: gzip\r\n" TWO, "415 close"),
    PLAIN("a page in a browser", POST "Origin: http://evil.test\r\n" TWO, "403 close"),
    PLAIN("a proxy on this machine", POST "X-Forwarded-For: 203.0.113.9\r\n" TWO, "403 close"),
    PLAIN("dots in a path", "POST /hooks/../hooks/open HTTP/1.1\r\n" HOST JSON TWO, "404 close"),
    PLAIN("an encoded path", "POST /hooks/%6fpen HTTP/1.1\r\n" HOST JSON TWO, "404 close"),
    PLAIN("a path with one more segment", "POST /hooks/open/ HTTP/1.1\r\n" HOST JSON TWO,
          "404 close"),
    PLAIN("a tls hello", "\x16\x03\x01\x00\xa5\x01\x00\x00\xa1\x03\x03 garbage \r\n\r\n",
          "400 close"),

    /* slowness: deadlines are absolute, bytes that drip in do not move them */
    {"slow-loris head", BYTES(POST "A: "), "b", 0, {"", 0}, true, "408 close"},
    {"slow-loris head, many fields", BYTES(POST), "A: b\r\n", 0, {"", 0}, true, "408 close"},
    {"slow body", BYTES(POST "Content-Length: 500000\r\n\r\n"), " ", 0, {"", 0}, true, "408 close"},
    {"slow chunks",
     BYTES(POST "Transfer-Encoding: chunked\r\n\r\n"),
     "1\r\n \r\n",
     0,
     {"", 0},
     true,
     "408 close"},
    {"slow trailers",
     BYTES(POST "Transfer-Encoding: chunked\r\n\r\n0\r\n"),
     "A: b\r\n",
     0,
     {"", 0},
     true,
     "408 close"},
    {"a connection that says nothing", {"", 0}, "", 0, {"", 0}, true, "close"},
    {"a head that stops", BYTES("POST /ho"), "", 0, {"", 0}, true, "408 close"},
};

static const char config[] = "{\"listen\": \"127.0.0.1:0\", \"hooks\": {\"open\": {\"auth\": "
                             "\"none\"}}}";

#define DRIP_US 2000 /* between two bytes: fifty of them within a deadline */

static void drip(struct client *client, const char *unit)
{
    int64_t until_us = clock_monotonic_us() + PATIENCE_US;
    size_t len = strlen(unit);

    for (size_t i = 0; !client->closed; i++) {
        int64_t next_us = clock_monotonic_us() + DRIP_US;

        if (len > 0)
            client_send(client, (struct quell_str){unit + i % len, 1});
        while (!client->closed && clock_monotonic_us() < next_us)
            client_turn(client);
        assert_true(next_us < until_us);
    }
}

/* The server must close where the row says so, and go on serving where it does not. */
static void check_end(const struct row *row, struct client *client, const char *expect)
{
    char story[256];
    struct quell_str head, body;
    size_t answers = 0;

    for (const char *at = expect; *at; at++)
        answers += (at == expect || at[-1] == ' ') && *at >= '0' && *at <= '9';
    if (strstr(expect, "close"))
        client_wait_close(client);
    else
        client_wait(client, answers);
    if (strcmp(client_story(client, story, sizeof(story)), expect) != 0)
        fail_msg("%s: %s instead of %s", row->name, story, expect);
    if (strcmp(expect, "100") == 0)
        assert_int_equal(client_ask(client, QUELL_STR("{}"), &head, &body), 202);
    if (!strstr(expect, "close"))
        assert_int_equal(client_ask(client, QUELL_STR(GET "\r\n"), &head, &body), 200);
}

static void send_row(const struct row *row, struct client *client)
{
    struct buf all = {.size_max = 1 << 23};

    buf_add_str(&all, row->before);
    for (size_t i = 0; i < row->times; i++)
        buf_add_text(&all, row->unit);
    buf_add_str(&all, row->after);
    client_send(client, buf_str(&all));
    buf_free(&all);
}

static void run_row(const struct row *row, struct fake *fake)
{
    struct client client;

    client_open(&client, fake);
    send_row(row, &client);
    if (row->drip)
        drip(&client, row->unit);
    if (row->expect)
        check_end(row, &client, row->expect);
    client_close(&client);
}

/* How many incidents the row brings in. */
static size_t accepts(const struct row *row)
{
    size_t count = row->expect && strcmp(row->expect, "100") == 0;

    for (const char *at = row->expect; at && (at = strstr(at, "202")); at++)
        count++;
    return count;
}

static void every_hostile_row_ends_as_it_must(void **state)
{
    /* Short deadlines for slow rows only: a busy machine must not make others slow. */
    struct serve_options hasty = {.deadlines = {.head_ms = 100, .body_ms = 100}};
    size_t accepted = 0;
    struct fake patient, quick;

    fake_start(&patient, config, NULL);
    fake_start(&quick, config, &hasty);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        run_row(&rows[i], rows[i].drip ? &quick : &patient);
        accepted += accepts(&rows[i]);
    }
    printf("cases: %zu\n", sizeof(rows) / sizeof(rows[0]));
    assert_int_equal(patient.submissions, accepted); /* nothing else got through */
    assert_int_equal(quick.submissions, 0);
    fake_stop(&patient);
    fake_stop(&quick);
}

static void head_is_answered_without_a_body(void **state)
{
    struct fake fake;
    struct client client;
    struct quell_str got;

    fake_start(&fake, config, NULL);
    client_open(&client, &fake);
    client_send(&client, QUELL_STR("HEAD /livez HTTP/1.1\r\n" HOST "Connection: close\r\n\r\n"));
    client_wait_close(&client);
    got = buf_str(&client.got);
    assert_true(str_starts(got, QUELL_STR("HTTP/1.1 200 OK\r\n")));
    assert_true(str_find(got, QUELL_STR("Content-Length: 3\r\n"), 0) != SIZE_MAX);
    assert_true(str_ends(got, QUELL_STR("\r\n\r\n")));
    client_close(&client);
    fake_stop(&fake);
}

static void a_405_names_the_methods_and_a_problem_is_json(void **state)
{
    struct fake fake;
    struct client client;
    struct quell_str head, body;
    struct quell_value problem;

    fake_start(&fake, config, NULL);
    client_open(&client, &fake);
    assert_int_equal(
        client_ask(&client, QUELL_STR("DELETE /livez HTTP/1.1\r\n" HOST "\r\n"), &head, &body),
        405);
    assert_true(str_find(head, QUELL_STR("\r\nAllow: GET, HEAD\r\n"), 0) != SIZE_MAX);
    assert_true(str_find(head, QUELL_STR("\r\nContent-Type: application/problem+json\r\n"), 0) !=
                SIZE_MAX);
    problem = fake_json(&fake, arena_str(fake.arena, body).data);
    assert_int_equal(quell_get_int(problem, "status", 0), 405);
    assert_true(quell_text_is(quell_get(problem, "title"), "Method Not Allowed"));
    client_close(&client);
    fake_stop(&fake);
}

/* ---- limits on connections and on what is in flight --------------------------------------------
 */

static void at_the_limit_an_idle_connection_makes_room_and_else_503(void **state)
{
    struct serve_options options = {.connections_max = 2};
    struct fake fake;
    struct client idle, busy, more, last;
    struct quell_str head, body;
    char story[64];

    fake_start(&fake, config, &options);
    fake.mode = FAKE_HOLDS;
    client_open(&idle, &fake);
    assert_int_equal(client_ask(&idle, QUELL_STR(GET "\r\n"), &head, &body), 200);
    client_open(&busy, &fake);
    client_send(&busy, QUELL_STR(POST TWO));
    while (fake.held_count == 0)
        client_turn(&busy);
    client_open(&more, &fake); /* takes the place of the idle one */
    client_send(&more, QUELL_STR(POST TWO));
    client_wait_close(&idle);
    while (fake.held_count == 1)
        client_turn(&more);
    client_open(&last, &fake);
    client_wait_close(&last);
    assert_string_equal(client_story(&last, story, sizeof(story)), "503 close");
    fake_release(&fake);
    client_wait(&busy, 1);
    client_wait(&more, 1);
    assert_string_equal(client_story(&busy, story, sizeof(story)), "202");
    assert_string_equal(client_story(&more, story, sizeof(story)), "202");
    client_close(&idle);
    client_close(&busy);
    client_close(&more);
    client_close(&last);
    fake_stop(&fake);
}

static void pipelined_requests_are_read_ahead_up_to_the_limit(void **state)
{
    struct fake fake;
    struct client client;
    char story[512];
    size_t total = LIMIT_HTTP_PIPELINE * 2 + 3;

    fake_start(&fake, config, NULL);
    fake.mode = FAKE_HOLDS;
    client_open(&client, &fake);
    for (size_t i = 0; i < total; i++)
        client_send(&client, QUELL_STR(POST TWO));
    while (fake.held_count < LIMIT_HTTP_PIPELINE)
        client_turn(&client);
    for (int i = 0; i < 20; i++)
        client_turn(&client);
    assert_int_equal(fake.held_count, LIMIT_HTTP_PIPELINE); /* and not one more */
    while (count_answers(&client) < total) {
        fake_release(&fake);
        client_turn(&client);
    }
    assert_int_equal(fake.submissions, total);
    assert_null(strstr(client_story(&client, story, sizeof(story)), "4"));
    client_close(&client);
    fake_stop(&fake);
}

static void answers_keep_the_order_of_their_requests(void **state)
{
    struct fake fake;
    struct client client;
    char story[64];

    fake_start(&fake, config, NULL);
    fake.mode = FAKE_HOLDS;
    client_open(&client, &fake);
    client_send(&client, QUELL_STR(POST TWO GET "\r\n" POST TWO));
    while (fake.held_count < 2)
        client_turn(&client);
    for (int i = 0; i < 20; i++)
        client_turn(&client);
    assert_int_equal(client.got.len, 0); /* the GET is answered, but waits for the first POST */
    fake_release(&fake);
    client_wait(&client, 3);
    assert_string_equal(client_story(&client, story, sizeof(story)), "202 200 202");
    client_close(&client);
    fake_stop(&fake);
}

static void a_client_that_reads_nothing_stops_being_served_and_is_cut(void **state)
{
    struct serve_options options = {.deadlines = {.write_ms = 200}};
    struct fake fake;
    struct client client;
    int64_t until_us = clock_monotonic_us() + PATIENCE_US;
    struct buf many = {.size_max = 1 << 20};
    int small = 2048;

    fake_start(&fake, config, &options);
    client_open(&client, &fake);
    (void)setsockopt(client.fd, SOL_SOCKET, SO_RCVBUF, &small, sizeof(small));
    for (int i = 0; i < 200; i++)
        buf_add_text(&many, GET "\r\n");
    while (server_count(serve_server(fake.service)).deadlines == 0) {
        (void)send(client.fd, many.data, many.len, MSG_NOSIGNAL);
        loop_once(fake.loop, 0);
        assert_true(clock_monotonic_us() < until_us);
    }
    client_close(&client);
    buf_free(&many);
    fake_stop(&fake);
}

/* ---- clients that go ---------------------------------------------------------------------------
 */

static void a_client_that_has_gone_before_the_answer_does_no_harm(void **state)
{
    struct fake fake;
    struct client client;

    fake_start(&fake, config, NULL);
    fake.mode = FAKE_HOLDS;
    client_open(&client, &fake);
    client_send(&client, QUELL_STR(POST TWO));
    while (fake.held_count == 0)
        client_turn(&client);
    client_close(&client);
    for (int i = 0; i < 10; i++)
        loop_once(fake.loop, TURN_MS);
    fake_release(&fake); /* to nobody */
    assert_int_equal(fake.submissions, 1);
    fake_stop(&fake);
}

static void the_engine_may_answer_after_the_server_has_ended(void **state)
{
    struct fake fake;
    struct client client;

    fake_start(&fake, config, NULL);
    fake.mode = FAKE_HOLDS;
    client_open(&client, &fake);
    client_send(&client, QUELL_STR(POST TWO));
    while (fake.held_count == 0)
        client_turn(&client);
    serve_stop(fake.service);
    fake.service = NULL;
    fake_release(&fake);
    client_close(&client);
    fake_stop(&fake);
}

static void a_half_closed_client_still_gets_its_answer(void **state)
{
    struct fake fake;
    struct client client;
    char story[64];

    fake_start(&fake, config, NULL);
    client_open(&client, &fake);
    client_send(&client, QUELL_STR(POST TWO));
    assert_int_equal(shutdown(client.fd, SHUT_WR), 0);
    client_wait_close(&client);
    assert_string_equal(client_story(&client, story, sizeof(story)), "202 close");
    client_close(&client);
    fake_stop(&fake);
}

/* ---- drain -------------------------------------------------------------------------------------
 */

static void note(void *user)
{
    *(bool *)user = true;
}

static void a_drain_finishes_what_is_in_flight_and_closes(void **state)
{
    struct fake fake;
    struct client busy, half, idle, late = {.fd = -1};
    struct quell_str head, body;
    struct sockaddr_in address = {.sin_family = AF_INET};
    bool drained = false;
    char story[64];
    int fd;

    fake_start(&fake, config, NULL);
    fake.mode = FAKE_HOLDS;
    address.sin_port = htons((uint16_t)fake_port(&fake));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    client_open(&busy, &fake);
    client_open(&half, &fake);
    client_open(&idle, &fake);
    client_send(&busy, QUELL_STR(POST TWO));
    client_send(&half, QUELL_STR(POST "Content-Length: 2\r\n\r\n{"));
    assert_int_equal(client_ask(&idle, QUELL_STR(GET "\r\n"), &head, &body), 200);
    while (fake.held_count == 0)
        client_turn(&busy);
    client_open(&late, &fake); /* in the kernel's queue: it was let in */
    client_send(&late, QUELL_STR(GET "\r\n"));

    server_drain(serve_server(fake.service), 10000, note, &drained);
    fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof(address)), -1);
    (void)close(fd);
    client_wait_close(&idle);
    client_wait_close(&late);
    assert_string_equal(client_story(&late, story, sizeof(story)), "200 close");
    assert_false(drained);
    client_send(&half, QUELL_STR("}"));
    while (fake.held_count == 1)
        client_turn(&half);
    fake_release(&fake);
    client_wait_close(&busy);
    client_wait_close(&half);
    assert_string_equal(client_story(&busy, story, sizeof(story)), "202 close");
    assert_string_equal(client_story(&half, story, sizeof(story)), "202 close");
    assert_true(str_find(buf_str(&busy.got), QUELL_STR("Connection: close"), 0) != SIZE_MAX);
    while (!drained)
        loop_once(fake.loop, TURN_MS);
    client_close(&busy);
    client_close(&half);
    client_close(&idle);
    client_close(&late);
    fake_stop(&fake);
}

static void a_drain_ends_at_its_time_even_with_work_in_flight(void **state)
{
    struct fake fake;
    struct client busy;
    bool drained = false;

    fake_start(&fake, config, NULL);
    fake.mode = FAKE_HOLDS;
    client_open(&busy, &fake);
    client_send(&busy, QUELL_STR(POST TWO));
    while (fake.held_count == 0)
        client_turn(&busy);
    server_drain(serve_server(fake.service), 50, note, &drained);
    while (!drained)
        client_turn(&busy);
    client_wait_close(&busy);
    client_close(&busy);
    fake_stop(&fake);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_hostile_row_ends_as_it_must),
        cmocka_unit_test(head_is_answered_without_a_body),
        cmocka_unit_test(a_405_names_the_methods_and_a_problem_is_json),
        cmocka_unit_test(at_the_limit_an_idle_connection_makes_room_and_else_503),
        cmocka_unit_test(pipelined_requests_are_read_ahead_up_to_the_limit),
        cmocka_unit_test(answers_keep_the_order_of_their_requests),
        cmocka_unit_test(a_client_that_reads_nothing_stops_being_served_and_is_cut),
        cmocka_unit_test(a_client_that_has_gone_before_the_answer_does_no_harm),
        cmocka_unit_test(the_engine_may_answer_after_the_server_has_ended),
        cmocka_unit_test(a_half_closed_client_still_gets_its_answer),
        cmocka_unit_test(a_drain_finishes_what_is_in_flight_and_closes),
        cmocka_unit_test(a_drain_ends_at_its_time_even_with_work_in_flight),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
