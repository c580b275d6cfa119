/*
 * test_curl_mail.c - mail out against a tiny SMTP responder on the test's own loop: what is said,
 * what the message looks like, and what each way of ending means.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "../peer.h"
#include "base/arena.h"
#include "base/buf.h"
#include "base/str.h"
#include "loop/curl.h"
#include "value/value.h"

/* Answers by the first word; `data` stands for the dot. NULL: the usual one. "": hangs up. */
struct answers {
    const char *greeting, *ehlo, *mail, *rcpt, *data, *dot, *auth;
};

struct server {
    struct evconnlistener *listener;
    struct loop *loop;
    struct answers answers;
    unsigned port;
    struct bufferevent *event;
    bool in_data, in_auth, said_quit;
    struct buf talk; /* all command lines */
    struct buf text; /* the message */
    size_t accepted;
};

static void reply(struct server *server, const char *text, const char *usual)
{
    const char *said = text ? text : usual;

    if (said[0] == '\0') {
        bufferevent_free(server->event);
        server->event = NULL;
        return;
    }
    evbuffer_add_printf(bufferevent_get_output(server->event), "%s\r\n", said);
}

static bool begins(const char *line, const char *word)
{
    return strncmp(line, word, strlen(word)) == 0;
}

static void handle(struct server *server, const char *line)
{
    const struct answers *answers = &server->answers;

    if (server->in_data) {
        server->in_data = strcmp(line, ".") != 0;
        if (server->in_data)
            buf_add_format(&server->text, "%s\r\n", line);
        else
            reply(server, answers->dot, "250 taken");
        return;
    }
    buf_add_format(&server->talk, "%s\n", line);
    if (server->in_auth || begins(line, "AUTH")) {
        server->in_auth = !server->in_auth && !strchr(line + 5, ' ');
        reply(server, answers->auth, server->in_auth ? "334 " : "235 welcome");
    } else if (begins(line, "EHLO")) {
        reply(server, answers->ehlo, "250-here\r\n250-AUTH PLAIN\r\n250 8BITMIME");
    } else if (begins(line, "MAIL")) {
        reply(server, answers->mail, "250 fine");
    } else if (begins(line, "RCPT")) {
        reply(server, answers->rcpt, "250 fine");
    } else if (begins(line, "DATA")) {
        server->in_data = true;
        reply(server, answers->data, "354 go on");
        if (answers->data)
            server->in_data = begins(answers->data, "354");
    } else {
        server->said_quit = server->said_quit || begins(line, "QUIT");
        reply(server, NULL, "500 what?");
    }
}

static void readable(struct bufferevent *event, void *user)
{
    struct server *server = user;
    char *line;

    while (server->event && (line = evbuffer_readln(bufferevent_get_input(event), NULL,
                                                    EVBUFFER_EOL_CRLF_STRICT)) != NULL) {
        handle(server, line);
        free(line);
    }
}

static void gone(struct bufferevent *event, short what, void *user)
{
    struct server *server = user;

    if (what & (BEV_EVENT_EOF | BEV_EVENT_ERROR)) {
        bufferevent_free(event);
        server->event = NULL;
    }
}

static void accepted(struct evconnlistener *listener, evutil_socket_t fd, struct sockaddr *address,
                     int len, void *user)
{
    struct server *server = user;

    (void)listener;
    (void)address;
    (void)len;
    server->accepted++;
    if (server->event)
        bufferevent_free(server->event);
    server->in_data = false;
    server->event = bufferevent_socket_new(loop_base(server->loop), fd, BEV_OPT_CLOSE_ON_FREE);
    bufferevent_setcb(server->event, readable, NULL, gone, server);
    bufferevent_enable(server->event, EV_READ | EV_WRITE);
    reply(server, server->answers.greeting, "220 here");
}

struct world {
    struct loop *loop;
    struct curl_pool *pool;
    struct arena *arena;
    struct server server;
    char url[64];
    bool done;
    struct curl_answer answer;
};

static int set_up(void **state)
{
    struct world *world = calloc(1, sizeof(*world));
    struct sockaddr_in address = {.sin_family = AF_INET};
    socklen_t len = sizeof(address);

    world->loop = loop_new();
    world->pool = curl_pool_new(world->loop);
    world->arena = arena_new(0);
    world->server.loop = world->loop;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    world->server.listener = evconnlistener_new_bind(loop_base(world->loop), accepted,
                                                     &world->server, LEV_OPT_CLOSE_ON_FREE, 4,
                                                     (struct sockaddr *)&address, sizeof(address));
    assert_non_null(world->server.listener);
    assert_int_equal(getsockname(evconnlistener_get_fd(world->server.listener),
                                 (struct sockaddr *)&address, &len),
                     0);
    world->server.port = ntohs(address.sin_port);
    (void)snprintf(world->url, sizeof(world->url), "smtp://127.0.0.1:%u", world->server.port);
    *state = world;
    return 0;
}

static int tear_down(void **state)
{
    struct world *world = *state;

    curl_pool_free(world->pool);
    if (world->server.event)
        bufferevent_free(world->server.event);
    evconnlistener_free(world->server.listener);
    buf_free(&world->server.talk);
    buf_free(&world->server.text);
    loop_free(world->loop);
    arena_free(world->arena);
    free(world);
    return 0;
}

static void taken(const struct curl_answer *answer, void *user)
{
    struct world *world = user;

    world->done = true;
    world->answer = *answer;
    world->answer.message = arena_str(world->arena, answer->message);
}

static struct quell_value addresses(struct world *world, const char *a, const char *b)
{
    struct list_builder list = {.arena = world->arena};

    if (a)
        list_add(&list, quell_text(a));
    if (b)
        list_add(&list, quell_text(b));
    return list_made(&list);
}

static struct quell_mail plain_mail(struct world *world)
{
    return (struct quell_mail){.from = QUELL_STR("quell@contoso.example"),
                               .to = addresses(world, "soc@contoso.example", NULL),
                               .cc = quell_null(),
                               .bcc = quell_null(),
                               .subject = QUELL_STR("hello"),
                               .text = QUELL_STR("text"),
                               .message_id = QUELL_STR("run.step@contoso.example")};
}

static struct curl_job job_of(struct world *world, const struct quell_mail *mail)
{
    return (struct curl_job){.url = quell_str_of(world->url),
                             .mail = mail,
                             .tls_none = true,
                             .egress = CURL_EGRESS_LOOPBACK};
}

static void run(struct world *world, const struct curl_job *job)
{
    world->done = false;
    buf_reset(&world->server.talk);
    buf_reset(&world->server.text);
    (void)curl_start(world->pool, job, taken, world);
    peer_wait(world->loop, &world->done);
}

static void send_plain(struct world *world)
{
    struct quell_mail mail = plain_mail(world);
    struct curl_job job = job_of(world, &mail);

    run(world, &job);
}

static const char *said(const struct buf *buf)
{
    return buf->data ? buf->data : "";
}

#define assert_has(buf, text)                                                                      \
    do {                                                                                           \
        if (!strstr(said(buf), text))                                                              \
            fail_msg("`%s` is not in:\n%s", text, said(buf));                                      \
    } while (0)

/* ---- what is sent ----------------------------------------------------------------------------*/

static void sends_headers_and_parts(void **state)
{
    struct world *world = *state;
    struct quell_header header = {"X-Quell-Run", QUELL_STR("abc")};
    struct quell_mail mail = plain_mail(world);
    struct curl_job job = job_of(world, &mail);

    mail.from = QUELL_STR("quell <quell@contoso.example>");
    mail.to = addresses(world, "soc@contoso.example", "J\xC3\xBCrgen <j@contoso.example>");
    mail.cc = addresses(world, "c@contoso.example", NULL);
    mail.bcc = addresses(world, "hidden@contoso.example", NULL);
    mail.subject = QUELL_STR("Ger\xC3\xA4t isoliert");
    mail.text = QUELL_STR("one\ntwo\r\n.\r\nthree\xE2\x82\xAC");
    mail.html = QUELL_STR("<b>one</b>");
    mail.headers = &header;
    mail.header_count = 1;
    run(world, &job);
    assert_int_equal(world->answer.code, QUELL_OK);
    assert_int_equal(world->answer.status, 250);
    assert_true(str_is(world->answer.message, "250 taken"));
    assert_has(&world->server.talk, "MAIL FROM:<quell@contoso.example>");
    assert_has(&world->server.talk, "RCPT TO:<soc@contoso.example>\n");
    assert_has(&world->server.talk, "RCPT TO:<j@contoso.example>\n");
    assert_has(&world->server.talk, "RCPT TO:<c@contoso.example>\n");
    assert_has(&world->server.talk, "RCPT TO:<hidden@contoso.example>\n");
    assert_has(&world->server.text, "From: quell <quell@contoso.example>\r\n");
    assert_has(&world->server.text, "To: soc@contoso.example,\r\n =?utf-8?B?SsO8cmdlbg==?= "
                                    "<j@contoso.example>\r\n");
    assert_has(&world->server.text, "Cc: c@contoso.example\r\n");
    assert_has(&world->server.text, "Subject: =?utf-8?B?R2Vyw6R0IGlzb2xpZXJ0?=\r\n");
    assert_has(&world->server.text, "Message-ID: <run.step@contoso.example>\r\n");
    assert_has(&world->server.text, "\r\nDate: ");
    assert_has(&world->server.text, " +0000\r\n");
    assert_has(&world->server.text, "X-Quell-Run: abc\r\n");
    assert_has(&world->server.text, "MIME-Version: 1.0\r\n");
    assert_has(&world->server.text, "Content-Type: multipart/alternative; boundary=\"=_");
    assert_has(&world->server.text, "Content-Type: text/plain; charset=utf-8\r\n");
    assert_has(&world->server.text, "Content-Type: text/html; charset=utf-8\r\n");
    assert_has(&world->server.text, "one\r\ntwo\r\n=2E\r\nthree=E2=82=AC\r\n");
    assert_null(strstr(said(&world->server.text), "hidden"));
    assert_null(strstr(said(&world->server.text), "Bcc"));
}

/* A mail takes one connection. The server's answer to the QUIT is not waited for: it is on our own
 * loop, so waiting would never end. */
static void says_goodbye_without_waiting(void **state)
{
    struct world *world = *state;

    send_plain(world);
    send_plain(world);
    assert_int_equal(world->server.accepted, 2);
    while (world->server.event)
        loop_once(world->loop, -1);
    assert_true(world->server.said_quit);
    assert_int_equal(curl_active(world->pool), 0);
}

static void signs_in(void **state)
{
    struct world *world = *state;
    struct quell_mail mail = plain_mail(world);
    struct curl_job job = job_of(world, &mail);

    job.username = QUELL_STR("user");
    job.password = QUELL_STR("secret");
    run(world, &job);
    assert_int_equal(world->answer.code, QUELL_OK);
    assert_has(&world->server.talk, "AUTH PLAIN");
    assert_has(&world->server.talk, "AHVzZXIAc2VjcmV0"); /* \0user\0secret */
}

/* ---- what the ends mean ----------------------------------------------------------------------*/

static void ends_are_told_apart(void **state)
{
    struct world *world = *state;
    static const struct {
        struct answers answers;
        enum quell_code code;
        int status;
    } rows[] = {
        {{0}, QUELL_OK, 250},
        {{.mail = "451 later"}, QUELL_OK, 451},
        {{.mail = "550 no"}, QUELL_OK, 550},
        {{.rcpt = "550 nobody"}, QUELL_OK, 550},
        {{.rcpt = "450 later"}, QUELL_OK, 450},
        {{.data = "452 full"}, QUELL_OK, 452},
        {{.dot = "554 spam"}, QUELL_OK, 554},
        {{.dot = "451 later"}, QUELL_OK, 451},
        {{.dot = ""}, QUELL_UNKNOWN_OUTCOME, 0},
        {{.mail = ""}, QUELL_UNAVAILABLE, 0},
        {{.rcpt = ""}, QUELL_UNAVAILABLE, 0},
        {{.data = ""}, QUELL_UNAVAILABLE, 0},
        {{.data = "250 but no mail"}, QUELL_UNAVAILABLE, 0},
        {{.mail = "nonsense"}, QUELL_UNAVAILABLE, 0},
        {{.greeting = ""}, QUELL_UNAVAILABLE, 0},
        {{.greeting = "421 busy"}, QUELL_OK, 421},
        {{.greeting = "554 no"}, QUELL_OK, 554},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        world->server.answers = rows[i].answers;
        send_plain(world);
        if (world->answer.code != rows[i].code || world->answer.status != rows[i].status)
            fail_msg("row %zu: code %d, status %d, %.*s", i, world->answer.code,
                     world->answer.status, QUELL_ARG(world->answer.message));
    }
}

static void a_silent_server_is_judged_by_how_far_it_came(void **state)
{
    struct world *world = *state;
    struct quell_mail mail = plain_mail(world);
    struct curl_job job = job_of(world, &mail);

    job.timeout_ms = 50;
    world->server.answers.dot = "250-never ends";
    run(world, &job);
    assert_int_equal(world->answer.code, QUELL_UNKNOWN_OUTCOME);
    world->server.answers = (struct answers){.mail = "250-never ends"};
    run(world, &job);
    assert_int_equal(world->answer.code, QUELL_TIMED_OUT);
}

static void a_wrong_password_is_told(void **state)
{
    struct world *world = *state;
    struct quell_mail mail = plain_mail(world);
    struct curl_job job = job_of(world, &mail);

    job.username = QUELL_STR("user");
    job.password = QUELL_STR("secret");
    world->server.answers.auth = "535 wrong";
    run(world, &job);
    assert_int_equal(world->answer.code, QUELL_OK);
    assert_int_equal(world->answer.status, 535);
    assert_null(strstr(said(&world->server.talk), "MAIL FROM"));
}

/* A server without STARTTLS gets neither the mail nor the password. */
static void tls_is_demanded(void **state)
{
    struct world *world = *state;
    struct quell_mail mail = plain_mail(world);
    struct curl_job job = job_of(world, &mail);

    job.tls_none = false;
    job.username = QUELL_STR("user");
    job.password = QUELL_STR("secret");
    run(world, &job);
    assert_int_equal(world->answer.code, QUELL_DENIED);
    assert_null(strstr(said(&world->server.talk), "AUTH"));
    assert_null(strstr(said(&world->server.talk), "MAIL"));
}

static void a_mail_needs_the_right_to_loopback(void **state)
{
    struct world *world = *state;
    struct quell_mail mail = plain_mail(world);
    struct curl_job job = job_of(world, &mail);

    job.egress = 0;
    run(world, &job);
    assert_int_equal(world->answer.code, QUELL_DENIED);
    assert_int_equal(world->server.accepted, 0);
}

/* ---- what never leaves -----------------------------------------------------------------------*/

static void hostile_texts_add_nothing(void **state)
{
    struct world *world = *state;
    static const char *const wrong[] = {
        "a@b.example>\r\nRCPT TO:<evil@x.example",
        "a@b.example\r\nRCPT TO:<evil@x.example>",
        "a@b.example\n",
        "a b@c.example",
        "a@b@c.example",
        "@b.example",
        "a@",
        "a@-b.example",
        "a@b..example",
        ".a@b.example",
        "a.@b.example",
        "a@[127.0.0.1]",
        "\"a b\"@c.example",
        "<a@b.example",
        "a@b.example>",
        "",
        "a@b.example SIZE=1",
        "x\r\n <a@b.example>",
        "a@b\xC3\xBC.example",
    };
    struct quell_header header = {"X-A", QUELL_STR("v\r\nBcc: evil@x.example")};
    struct quell_mail mail = plain_mail(world);
    struct curl_job job = job_of(world, &mail);

    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        mail.to = addresses(world, wrong[i], NULL);
        run(world, &job);
        if (world->answer.code != QUELL_INVALID)
            fail_msg("taken as an address: %s", wrong[i]);
    }
    mail = plain_mail(world);
    mail.message_id = QUELL_STR("a@b>\r\nX: y");
    run(world, &job);
    assert_int_equal(world->answer.code, QUELL_INVALID);
    mail = plain_mail(world);
    mail.to = quell_null();
    run(world, &job);
    assert_int_equal(world->answer.code, QUELL_INVALID);
    assert_int_equal(world->server.accepted, 0);
    mail = plain_mail(world);
    mail.subject = QUELL_STR("a\r\nBcc: evil@x.example\r\n\r\nbody");
    mail.text = QUELL_STR("x\n.\nMAIL FROM:<evil@x.example>\n\r.\r\n");
    mail.headers = &header;
    mail.header_count = 1;
    run(world, &job);
    assert_int_equal(world->answer.code, QUELL_OK);
    assert_null(strstr(said(&world->server.text), "\nBcc"));
    assert_null(strstr(said(&world->server.talk), "evil"));
    header.name = "Bcc";
    run(world, &job);
    assert_int_equal(world->answer.code, QUELL_INVALID);
    header.name = "X: y\r\nBcc";
    run(world, &job);
    assert_int_equal(world->answer.code, QUELL_INVALID);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(sends_headers_and_parts),
        TEST(says_goodbye_without_waiting),
        TEST(signs_in),
        TEST(ends_are_told_apart),
        TEST(a_silent_server_is_judged_by_how_far_it_came),
        TEST(a_wrong_password_is_told),
        TEST(tls_is_demanded),
        TEST(a_mail_needs_the_right_to_loopback),
        TEST(hostile_texts_add_nothing),
    };

    return cmocka_run_group_tests_name("loop.curl_mail", tests, NULL, NULL);
}
