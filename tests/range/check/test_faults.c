/*
 * test_faults.c - what goes wrong on demand, and what the oracle says about it: a lost answer is an
 * effect when the order said "after", and its line is on disk by then.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <curl/curl.h>

#include "base/arena.h"
#include "base/limits.h"
#include "base/str.h"
#include "loop/file.h"
#include "peer.h"

struct fixture {
    struct peer *peer;
    char folder[64], effects[96];
};

static void start_range(struct fixture *fixture)
{
    const char *const options[] = {"--effects", fixture->effects, "--smtp-tls", NULL};
    fixture->peer = peer_start(QUELL_RANGE, options);
}

static int start(void **state)
{
    static struct fixture fixture;
    (void)snprintf(fixture.folder, sizeof(fixture.folder), "/tmp/quell-range-test-XXXXXX");
    assert_non_null(mkdtemp(fixture.folder));
    (void)snprintf(fixture.effects, sizeof(fixture.effects), "%s/effects.jsonl", fixture.folder);
    start_range(&fixture);
    *state = &fixture;
    return 0;
}

static int stop(void **state)
{
    struct fixture *fixture = *state;
    peer_stop(fixture->peer);
    (void)unlink(fixture->effects);
    assert_int_equal(rmdir(fixture->folder), 0); /* the certificate went with the range */
    return 0;
}

static int reset(void **state)
{
    struct fixture *fixture = *state;
    return peer_post(fixture->peer, "/_range/reset", "{}").status == 200 ? 0 : -1;
}

static size_t lines_on_disk(const struct fixture *fixture)
{
    struct quell_str text, line;
    struct quell_error err;
    size_t count = 0;
    assert_int_equal(
        file_read(peer_arena(fixture->peer), fixture->effects, LIMIT_DOCUMENT_BYTES, &text, &err),
        QUELL_OK);
    while (str_cut(text, '\n', &line, &text))
        count++;
    assert_int_equal(text.len, 0);
    return count;
}

static struct peer_answer act(const struct fixture *fixture, const char *fault)
{
    struct peer_request request = {.method = "POST",
                                   .path = "/act/now",
                                   .header = "Idempotency-Key: key-1",
                                   .body = "{\"a\":1}"};
    if (fault)
        peer_fault(fixture->peer, fault);
    return peer_ask(fixture->peer, &request);
}

static void what_is_ordered_goes_wrong(void **state)
{
    static const struct {
        const char *fault;
        int curl, status;
        size_t effects;
    } rows[] = {
        {NULL, CURLE_OK, 200, 1},
        {"{\"where\":\"act\",\"what\":429,\"retry_after\":7}", CURLE_OK, 429, 0},
        {"{\"where\":\"act\",\"what\":\"503\"}", CURLE_OK, 503, 0},
        {"{\"where\":\"*\",\"what\":500}", CURLE_OK, 500, 0},
        {"{\"where\":\"act\",\"what\":401}", CURLE_OK, 401, 0},
        {"{\"where\":\"act\",\"what\":\"lost-before\"}", CURLE_GOT_NOTHING, 0, 0},
        {"{\"where\":\"act\",\"what\":\"lost-after\"}", CURLE_GOT_NOTHING, 0, 1},
        {"{\"where\":\"act\",\"what\":\"truncated\"}", CURLE_PARTIAL_FILE, 200, 1},
        {"{\"where\":\"act\",\"what\":\"garbage\"}", CURLE_UNSUPPORTED_PROTOCOL, 0, 1},
        {"{\"where\":\"act\",\"what\":\"html\"}", CURLE_OK, 200, 1},
        {"{\"where\":\"act\",\"what\":\"slow\",\"delay_ms\":50}", CURLE_OK, 200, 1},
        {"{\"where\":\"isolate\",\"what\":500}", CURLE_OK, 200, 1},
        {"{\"where\":\"act\",\"what\":500,\"skip\":1}", CURLE_OK, 200, 1},
    };
    struct fixture *fixture = *state;
    size_t i;
    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct peer_answer answer;
        assert_int_equal(reset(state), 0);
        answer = act(fixture, rows[i].fault);
        if (answer.curl != rows[i].curl || answer.status != rows[i].status)
            fail_msg("%s: curl %d, status %d", rows[i].fault, answer.curl, answer.status);
        assert_int_equal(lines_on_disk(fixture), rows[i].effects);
        if (answer.status == 429)
            assert_true(str_find(answer.head, QUELL_STR("Retry-After: 7\r\n"), 0) != SIZE_MAX);
    }
}

static void faults_are_used_up(void **state)
{
    struct fixture *fixture = *state;
    assert_int_equal(act(fixture, "{\"where\":\"act\",\"what\":503,\"times\":2}").status, 503);
    assert_int_equal(act(fixture, NULL).status, 503);
    assert_int_equal(act(fixture, NULL).status, 200);
    assert_int_equal(peer_post(fixture->peer, "/_range/fault", "{\"where\":\"nowhere\"}").status,
                     400);
    assert_int_equal(
        peer_post(fixture->peer, "/_range/fault", "{\"where\":\"act\",\"what\":\"odd\"}").status,
        400);
}

static void effects_outlive_the_range(void **state)
{
    struct fixture *fixture = *state;
    struct quell_value json, first;
    assert_int_equal(act(fixture, NULL).status, 200);
    peer_stop(fixture->peer);
    start_range(fixture);
    assert_int_equal(act(fixture, NULL).status, 200);
    json = peer_get(fixture->peer, "/_range/effects").json;
    assert_int_equal(quell_get_int(json, "count", 0), 2);
    first = quell_at(quell_get(json, "duplicates"), 0);
    assert_true(quell_text_is(quell_get(first, "target"), "POST /act/now"));
    assert_true(quell_text_is(quell_get(first, "key"), "key-1"));
    assert_int_equal(quell_get_int(first, "count", 0), 2);
}

static void markers_name_run_and_step(void **state)
{
    struct fixture *fixture = *state;
    struct quell_value effect;
    (void)peer_post(fixture->peer, "/api/machines/d1/isolate",
                    "{\"Comment\":\"for us [quell:run-1/contain[0].isolate]\","
                    "\"IsolationType\":\"Full\"}");
    effect = quell_at(quell_get(peer_get(fixture->peer, "/_range/effects").json, "effects"), 0);
    assert_true(quell_text_is(quell_get(effect, "run"), "run-1"));
    assert_true(quell_text_is(quell_get(effect, "step"), "contain[0].isolate"));
    assert_true(quell_text_is(quell_get(effect, "key"), "run-1/contain[0].isolate"));
}

static const char letter[] =
    "From: a@quell.example\r\nTo: b@far.example\r\nSubject: =?utf-8?B?R3LDvMOfZQ==?=\r\n"
    " =?utf-8?Q?_an_alle?=\r\nMessage-ID: <run.step@quell.example>\r\nMIME-Version: 1.0\r\n"
    "Content-Type: multipart/alternative; boundary=\"b1\"\r\n\r\npreamble\r\n--b1\r\n"
    "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n"
    "\r\nf=C3=BCr =\r\nalle\r\n.dot\r\n--b1\r\nContent-Type: text/html\r\n"
    "Content-Transfer-Encoding: base64\r\n\r\nPGI+aGk8L2I+\r\n--b1--\r\n";

static void mails_are_kept_and_read(void **state)
{
    struct fixture *fixture = *state;
    struct quell_value mail, effect;
    assert_int_equal(peer_mail(fixture->peer, letter, "quell", "range-password", true).curl, 0);
    mail = quell_at(quell_get(peer_get(fixture->peer, "/_range/mails").json, "mails"), 0);
    assert_true(quell_text_is(quell_get(mail, "from"), "a@quell.example"));
    assert_true(quell_text_is(quell_at(quell_get(mail, "to"), 0), "b@far.example"));
    assert_true(quell_text_is(quell_get(mail, "subject"), "Gr\xC3\xBC\xC3\x9F\x65 an alle"));
    assert_true(quell_text_is(quell_get(mail, "text"), "f\xC3\xBCr alle\r\n.dot"));
    assert_true(quell_text_is(quell_get(mail, "html"), "<b>hi</b>"));
    assert_true(quell_text_is(quell_get(mail, "raw"), letter));
    assert_true(quell_text_is(quell_get(mail, "user"), "quell"));
    assert_true(quell_get_bool(mail, "tls", false));
    assert_false(quell_get_bool(mail, "bare_line_end", true));
    effect = quell_at(quell_get(peer_get(fixture->peer, "/_range/effects").json, "effects"), 0);
    assert_true(quell_text_is(quell_get(effect, "kind"), "mail"));
    assert_true(quell_text_is(quell_get(effect, "key"), "run.step@quell.example"));
    assert_int_equal(lines_on_disk(fixture), 1);
}

static void smuggling_is_seen(void **state)
{
    struct fixture *fixture = *state;
    struct quell_value mails;
    assert_int_equal(peer_mail(fixture->peer,
                               "Subject: x\r\n\r\none\n.\nMAIL FROM:<e@evil.example>\n", NULL, NULL,
                               false)
                         .curl,
                     0);
    mails = quell_get(peer_get(fixture->peer, "/_range/mails").json, "mails");
    assert_int_equal(quell_count(mails), 1);
    assert_true(quell_get_bool(quell_at(mails, 0), "bare_line_end", false));
}

static void mails_go_wrong_as_ordered(void **state)
{
    static const struct {
        const char *fault, *password;
        int curl, status;
        size_t effects;
    } rows[] = {
        {NULL, "range-password", CURLE_OK, 250, 1},
        {NULL, "wrong", CURLE_LOGIN_DENIED, 535, 0},
        {"{\"where\":\"mail\",\"what\":451}", "range-password", CURLE_WEIRD_SERVER_REPLY, 451, 0},
        {"{\"where\":\"mail\",\"what\":554}", "range-password", CURLE_WEIRD_SERVER_REPLY, 554, 0},
        {"{\"where\":\"mail\",\"what\":\"lost-before\"}", "range-password", CURLE_RECV_ERROR, 354,
         0},
        {"{\"where\":\"mail\",\"what\":\"lost-after\"}", "range-password", CURLE_RECV_ERROR, 354,
         1},
        {"{\"where\":\"mail\",\"what\":\"slow\",\"delay_ms\":50}", "range-password", CURLE_OK, 250,
         1},
    };
    struct fixture *fixture = *state;
    size_t i;
    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct peer_answer answer;
        assert_int_equal(reset(state), 0);
        if (rows[i].fault)
            peer_fault(fixture->peer, rows[i].fault);
        answer = peer_mail(fixture->peer, letter, "quell", rows[i].password, false);
        if (answer.curl != rows[i].curl || answer.status != rows[i].status)
            fail_msg("%s: curl %d, status %d", rows[i].fault, answer.curl, answer.status);
        assert_int_equal(lines_on_disk(fixture), rows[i].effects);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(what_is_ordered_goes_wrong, reset),
        cmocka_unit_test_setup(faults_are_used_up, reset),
        cmocka_unit_test_setup(effects_outlive_the_range, reset),
        cmocka_unit_test_setup(markers_name_run_and_step, reset),
        cmocka_unit_test_setup(mails_are_kept_and_read, reset),
        cmocka_unit_test_setup(smuggling_is_seen, reset),
        cmocka_unit_test_setup(mails_go_wrong_as_ordered, reset),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
