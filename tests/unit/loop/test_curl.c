/*
 * test_curl.c - HTTP out: what is sent, what an absence of an answer means, and what never leaves.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "../peer.h"
#include "base/arena.h"
#include "base/str.h"
#include "loop/curl.h"
#include "value/value.h"

struct world {
    struct loop *loop;
    struct curl_pool *pool;
    struct arena *arena;
    struct peer *peer;
    bool done;
    struct curl_answer answer; /* texts copied into arena */
};

static void taken(const struct curl_answer *answer, void *user)
{
    struct world *world = user;

    assert_false(world->done); /* once */
    world->done = true;
    world->answer = *answer;
    world->answer.body = arena_str(world->arena, answer->body);
    world->answer.message = arena_str(world->arena, answer->message);
    world->answer.headers = value_copy(world->arena, answer->headers);
}

static int set_up(void **state)
{
    struct world *world = calloc(1, sizeof(*world));

    world->loop = loop_new();
    world->pool = curl_pool_new(world->loop);
    world->arena = arena_new(0);
    *state = world;
    return 0;
}

static int tear_down(void **state)
{
    struct world *world = *state;

    curl_pool_free(world->pool);
    if (world->peer)
        peer_free(world->peer);
    loop_free(world->loop);
    arena_free(world->arena);
    free(world);
    return 0;
}

static void run(struct world *world, const struct curl_job *job)
{
    world->done = false;
    (void)curl_start(world->pool, job, taken, world);
    assert_false(world->done); /* later, never at once */
    peer_wait(world->loop, &world->done);
    assert_int_equal(curl_active(world->pool), 0);
}

static void get(struct world *world, const char *url)
{
    struct curl_job job = {
        .method = "GET", .url = quell_str_of(url), .egress = CURL_EGRESS_LOOPBACK};

    run(world, &job);
}

static const char *say_ok(struct peer *peer, size_t nth, const char *request)
{
    (void)peer;
    (void)nth;
    (void)request;
    return "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nX-One: a\r\nX-ONE: b\r\n\r\nhi";
}

static void sends_and_reads(void **state)
{
    struct world *world = *state;
    struct quell_header headers[] = {{"X-Mark", QUELL_STR("yes")}, {"X-Empty", QUELL_STR("")}};
    struct curl_job job = {.method = "POST",
                           .changes = true,
                           .headers = headers,
                           .header_count = 2,
                           .body = QUELL_STR("{\"a\":1}"),
                           .egress = CURL_EGRESS_LOOPBACK};

    world->peer = peer_new(world->loop, say_ok, NULL);
    job.url = quell_str_of(peer_url(world->peer, "/x/../y?q=1"));
    run(world, &job);
    assert_int_equal(world->answer.code, QUELL_OK);
    assert_int_equal(world->answer.status, 200);
    assert_true(str_is(world->answer.body, "hi"));
    assert_true(str_is(quell_get_str(world->answer.headers, "x-one"), "a, b"));
    assert_non_null(strstr(world->peer->requests[0], "POST /x/../y?q=1 HTTP/1.1\r\n"));
    assert_non_null(strstr(world->peer->requests[0], "X-Mark: yes\r\n"));
    assert_non_null(strstr(world->peer->requests[0], "X-Empty:\r\n"));
    assert_null(strstr(world->peer->requests[0], "Expect"));
    assert_non_null(strstr(world->peer->requests[0], "\r\n\r\n{\"a\":1}"));
}

static const char *say_redirect(struct peer *peer, size_t nth, const char *request)
{
    (void)peer;
    (void)nth;
    (void)request;
    return "HTTP/1.1 302 Found\r\nContent-Length: 0\r\nLocation: /elsewhere\r\nRetry-After: "
           "7\r\n\r\n";
}

static void follows_no_redirect(void **state)
{
    struct world *world = *state;

    world->peer = peer_new(world->loop, say_redirect, NULL);
    get(world, peer_url(world->peer, "/"));
    assert_int_equal(world->answer.status, 302);
    assert_int_equal(world->answer.retry_after_ms, 7000);
    assert_int_equal(world->peer->count, 1);
}

/* Keeps the connection after the first request, then closes it on every further one. */
static const char *say_once_then_hang_up(struct peer *peer, size_t nth, const char *request)
{
    return nth == 0 ? say_ok(peer, nth, request) : NULL;
}

/* libcurl sends a request again by itself when a kept connection turns out dead. A change must not
 * be sent twice, so it goes over a connection of its own. */
static void a_change_leaves_once(void **state)
{
    struct world *world = *state;
    struct curl_job job = {.method = "POST", .changes = true, .egress = CURL_EGRESS_LOOPBACK};

    world->peer = peer_new(world->loop, say_once_then_hang_up, NULL);
    job.url = quell_str_of(peer_url(world->peer, "/"));
    get(world, peer_url(world->peer, "/")); /* leaves a kept connection behind */
    assert_int_equal(world->answer.code, QUELL_OK);
    run(world, &job);
    assert_int_equal(world->answer.code, QUELL_UNKNOWN_OUTCOME);
    assert_int_equal(world->peer->count, 2);
}

static void nothing_sent_is_unavailable(void **state)
{
    struct world *world = *state;
    char url[64];

    world->peer = peer_new(world->loop, say_ok, NULL);
    (void)snprintf(url, sizeof(url), "%s", peer_url(world->peer, "/"));
    evconnlistener_free(world->peer->listener); /* nobody listens there any more */
    world->peer->listener = NULL;
    get(world, url);
    assert_int_equal(world->answer.code, QUELL_UNAVAILABLE);
    get(world, "https://quell.invalid/");
    assert_int_equal(world->answer.code, QUELL_UNAVAILABLE);
    world->peer->listener =
        evconnlistener_new_bind(loop_base(world->loop), NULL, NULL, LEV_OPT_CLOSE_ON_FREE, 1,
                                (struct sockaddr *)&(struct sockaddr_in){.sin_family = AF_INET},
                                sizeof(struct sockaddr_in));
}

static const char *say_nothing(struct peer *peer, size_t nth, const char *request)
{
    (void)peer;
    (void)nth;
    (void)request;
    return "";
}

static void a_silent_peer_is_an_unknown_outcome(void **state)
{
    struct world *world = *state;
    struct curl_job job = {.method = "POST", .egress = CURL_EGRESS_LOOPBACK, .timeout_ms = 50};

    world->peer = peer_new(world->loop, say_nothing, NULL);
    job.url = quell_str_of(peer_url(world->peer, "/"));
    run(world, &job);
    assert_int_equal(world->answer.code, QUELL_UNKNOWN_OUTCOME);
}

static const char *say_half(struct peer *peer, size_t nth, const char *request)
{
    (void)peer;
    (void)nth;
    (void)request;
    return "!HTTP/1.1 201 Created\r\nContent-Length: 100\r\n\r\nhalf";
}

static void a_cut_answer_is_an_unknown_outcome(void **state)
{
    struct world *world = *state;

    world->peer = peer_new(world->loop, say_half, NULL);
    get(world, peer_url(world->peer, "/"));
    assert_int_equal(world->answer.code, QUELL_UNKNOWN_OUTCOME);
    assert_int_equal(world->answer.status, 201);
}

static const char *say_too_much(struct peer *peer, size_t nth, const char *request)
{
    static char *text;
    size_t size = 9 * 1024 * 1024;

    (void)peer;
    (void)nth;
    (void)request;
    free(text);
    text = malloc(size + 1);
    memset(text, 'x', size);
    memcpy(text, "HTTP/1.1 200 OK\r\n\r\n", 19);
    text[size] = '\0';
    return text;
}

static void an_answer_has_a_limit(void **state)
{
    struct world *world = *state;

    world->peer = peer_new(world->loop, say_too_much, NULL);
    get(world, peer_url(world->peer, "/"));
    assert_int_equal(world->answer.code, QUELL_LIMIT);
}

/* What must never reach a wire. */
static void refuses_line_breaks(void **state)
{
    struct world *world = *state;
    const struct {
        const char *name;
        struct quell_str value;
    } hostile[] = {
        {"X-A", QUELL_STR("a\r\nX-B: b")}, {"X-A", QUELL_STR("a\nb")}, {"X-A", QUELL_STR("a\rb")},
        {"X-A", QUELL_STR("a\0b")},        {"X A", QUELL_STR("a")},    {"X:A", QUELL_STR("a")},
        {"X\r\nY", QUELL_STR("a")},        {"", QUELL_STR("a")},
    };
    static const char *const urls[] = {"/a\r\nHost: b", "/a b\n"};

    world->peer = peer_new(world->loop, say_ok, NULL);
    for (size_t i = 0; i < sizeof(hostile) / sizeof(hostile[0]); i++) {
        struct quell_header header = {hostile[i].name, hostile[i].value};
        struct curl_job job = {.method = "GET",
                               .url = quell_str_of(peer_url(world->peer, "/")),
                               .headers = &header,
                               .header_count = 1,
                               .egress = CURL_EGRESS_LOOPBACK};
        run(world, &job);
        assert_int_equal(world->answer.code, QUELL_INVALID);
    }
    for (size_t i = 0; i < sizeof(urls) / sizeof(urls[0]); i++) {
        get(world, peer_url(world->peer, urls[i]));
        assert_int_equal(world->answer.code, QUELL_INVALID);
    }
    get(world, "http://user:pass@127.0.0.1/");
    assert_int_equal(world->answer.code, QUELL_INVALID);
    get(world, "file:///etc/passwd");
    assert_int_equal(world->answer.code, QUELL_INVALID);
    get(world, "gopher://127.0.0.1/");
    assert_int_equal(world->answer.code, QUELL_INVALID);
    assert_int_equal(world->peer->accepted, 0);
}

/* Every way of spelling this machine, without the right to reach it: nothing connects. */
static void no_spelling_gets_round_egress(void **state)
{
    struct world *world = *state;
    static const char *const hosts[] = {
        "127.0.0.1",
        "127.1",
        "127.0.1",
        "2130706433",
        "0x7f000001",
        "0x7f.0.0.1",
        "0177.0.0.1",
        "017700000001",
        "127.000.000.001",
        "127.255.255.254",
        "0",
        "0.0.0.0",
        "0x0",
        "localhost",
        "LOCALHOST",
        "localhost.",
        "[::1]",
        "[::]",
        "[0:0:0:0:0:0:0:1]",
        "[::ffff:127.0.0.1]",
        "[::ffff:7f00:1]",
        "[::127.0.0.1]",
        "[64:ff9b::7f00:1]",
        "[2002:7f00:1::]",
        "10.0.0.1",
        "172.16.0.1",
        "192.168.1.1",
        "169.254.169.254",
        "0xa9fea9fe",
        "2852039166",
        "[fe80::1]",
        "[fd00::1]",
        "[ff02::1]",
        "224.0.0.1",
        "255.255.255.255",
        "100.64.0.1",
        "192.0.2.1",
        "[2001:db8::1]",
        "[::ffff:10.0.0.1]",
        "198.18.0.1",
    };

    world->peer = peer_new(world->loop, say_ok, NULL);
    for (size_t i = 0; i < sizeof(hosts) / sizeof(hosts[0]); i++) {
        char url[128];
        struct curl_job job = {.method = "GET", .timeout_ms = 2000};
        (void)snprintf(url, sizeof(url), "http://%s:%u/", hosts[i], world->peer->port);
        job.url = quell_str_of(url);
        run(world, &job);
        if (world->answer.code != QUELL_DENIED && world->answer.code != QUELL_INVALID &&
            world->answer.code != QUELL_UNAVAILABLE)
            fail_msg("%s: code %d", hosts[i], world->answer.code);
        assert_int_equal(world->answer.status, 0);
    }
    assert_int_equal(world->peer->accepted, 0);
}

/* A kept connection was opened under another job's policy. */
static void a_kept_connection_is_judged_again(void **state)
{
    struct world *world = *state;
    struct curl_job job = {.method = "GET"};

    world->peer = peer_new(world->loop, say_ok, NULL);
    job.url = quell_str_of(peer_url(world->peer, "/"));
    get(world, peer_url(world->peer, "/"));
    assert_int_equal(world->answer.code, QUELL_OK);
    run(world, &job);
    assert_int_equal(world->answer.code, QUELL_DENIED);
    assert_int_equal(world->peer->count, 1);
}

static void plain_text_stays_on_loopback(void **state)
{
    struct world *world = *state;
    struct curl_cidr cidr;
    struct curl_job job = {.method = "GET",
                           .url = QUELL_STR("http://192.0.2.7/"),
                           .cidrs = &cidr,
                           .cidr_count = 1,
                           .timeout_ms = 500};

    assert_true(curl_cidr_parse(QUELL_STR("192.0.2.0/24"), &cidr));
    run(world, &job);
    assert_int_equal(world->answer.code, QUELL_DENIED);
    assert_true(str_find(world->answer.message, QUELL_STR("TLS"), 0) != SIZE_MAX);
}

static void a_proxy_of_the_environment_is_ignored(void **state)
{
    struct world *world = *state;

    assert_int_equal(setenv("http_proxy", "http://192.0.2.1:1/", 1), 0);
    assert_int_equal(setenv("all_proxy", "http://192.0.2.1:1/", 1), 0);
    world->peer = peer_new(world->loop, say_ok, NULL);
    get(world, peer_url(world->peer, "/"));
    assert_int_equal(world->answer.code, QUELL_OK);
    (void)unsetenv("http_proxy");
    (void)unsetenv("all_proxy");
}

static void a_cancelled_transfer_is_silent(void **state)
{
    struct world *world = *state;
    struct curl_job job = {.method = "POST", .changes = true, .egress = CURL_EGRESS_LOOPBACK};
    struct curl_transfer *transfer;

    world->peer = peer_new(world->loop, say_nothing, NULL);
    job.url = quell_str_of(peer_url(world->peer, "/"));
    transfer = curl_start(world->pool, &job, taken, world);
    assert_false(curl_begun(transfer));
    while (world->peer->count == 0)
        loop_once(world->loop, -1);
    assert_true(curl_begun(transfer));
    curl_cancel(transfer);
    assert_int_equal(curl_active(world->pool), 0);
    job.url = QUELL_STR("nonsense");
    curl_cancel(curl_start(world->pool, &job, taken, world));
    loop_once(world->loop, 0);
    assert_false(world->done);
}

static void reads_every_form_of_retry_after(void **state)
{
    static const struct {
        const char *name, *text;
        int64_t ms;
    } rows[] = {
        {"retry-after", "3", 3000},
        {"retry-after", "0", 0},
        {"retry-after", "-3", 0},
        {"retry-after", "Thu, 01 Jan 1970 00:01:40 GMT", 90000},
        {"retry-after", "Thu, 01 Jan 1970 00:00:05 GMT", 0},
        {"retry-after", "soon", 0},
        {"retry-after-ms", "250", 250},
        {"x-ms-retry-after-ms", "125", 125},
        {"x-other", "9", 0},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct quell_pair pair = {quell_text(rows[i].name), quell_text(rows[i].text)};
        assert_int_equal(curl_retry_after_ms(quell_map(&pair, 1), 10 * 1000000), rows[i].ms);
    }
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(sends_and_reads),
        TEST(follows_no_redirect),
        TEST(a_change_leaves_once),
        TEST(nothing_sent_is_unavailable),
        TEST(a_silent_peer_is_an_unknown_outcome),
        TEST(a_cut_answer_is_an_unknown_outcome),
        TEST(an_answer_has_a_limit),
        TEST(refuses_line_breaks),
        TEST(no_spelling_gets_round_egress),
        TEST(a_kept_connection_is_judged_again),
        TEST(plain_text_stays_on_loopback),
        TEST(a_proxy_of_the_environment_is_ignored),
        TEST(a_cancelled_transfer_is_silent),
        cmocka_unit_test(reads_every_form_of_retry_after),
    };

    return cmocka_run_group_tests_name("loop.curl", tests, NULL, NULL);
}
