/*
 * test_approvals.c - the pages of questions to people: whatever text is in a question is text on
 * the page; a decision is posted by a form of ours, about what the page showed, by whom the session
 * or token proves; nothing else decides anything.
 */
#include "fixture.h"

#include <string.h>

#include "serve/markup.h"
#include "serve/service.h"
#include "serve/session.h"

static const char config[] = "{\"listen\": \"127.0.0.1:0\", \"url\": \"http://q.example/\", "
                             "\"users\": {\"ana\": {\"roles\": "
                             "[\"approver\"]}, \"vera\": {\"roles\": [\"viewer\"]}}}";

#define DIGEST "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define OTHER "1123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
/* With a text of a stranger's wherever there may be one. */
#define QUESTION(text)                                                                             \
    "{\"run\": \"7f3a\", \"step\": \"" text "\", \"what\": \"approval\", \"playbook\": \"" text    \
    "\", \"title\": \"" text "\", \"started_by\": \"" text "\", \"message\": \"" text              \
    "\", \"of\": [\"" text "\"], \"digest\": \"" DIGEST                                            \
    "\", \"round\": 2, \"count\": 2, \"given\": [{\"by\": \"" text "\"}], \"show\": {\"" text      \
    "\": \"" text "\"}, \"plan\": {\"calls\": [{\"action\": \"" text                               \
    "\", \"effect\": \"disrupts\", \"undo\": \"cannot be taken back\", \"targets\": [{\"kind\": "  \
    "\"device\", \"value\": \"" text "\"}], \"with\": {\"" text "\": \"" text                      \
    "\"}}]}, \"about\": {\"title\": \"" text "\", \"entities\": {\"devices\": [{\"name\": \"" text \
    "\"}]}}, \"history\": [{\"kind\": \"approval_asked\", \"round\": 1, \"digest\": \"" OTHER      \
    "\", \"plan\": {\"calls\": [{\"action\": \"old.action\", \"with\": {\"" text                   \
    "\": \"what it was\"}}]}}, {\"kind\": \"approval_denied\", \"by\": \"" text                    \
    "\", \"reason\": \"" text "\"}], \"notified\": [{\"tellings\": [{\"to\": \"" text              \
    "\", \"via\": \"" text "\", \"state\": \"failed\", \"error\": \"" text "\"}]}]}"
#define FORM(text)                                                                                 \
    "{\"run\": \"7f3a\", \"step\": \"a\", \"what\": \"form\", \"form\": [{\"name\": \"verdict\", " \
    "\"type\": \"enum\", \"of\": [\"phish\", \"" text "\"], \"required\": true, \"description\": " \
    "\"" text "\"}, {\"name\": \"hosts\", \"type\": \"list\", \"default\": [\"" text               \
    "\"]}, {\"name\": \"sure\", \"type\": \"bool\", \"default\": true}, {\"name\": \"score\", "    \
    "\"type\": \"int\", \"default\": 3}, {\"name\": \"note\", \"type\": \"text\", \"default\": "   \
    "\"" text "\"}]}"

struct visitor {
    struct fake fake;
    char id[SESSION_ID_CHARS + 1];
    struct quell_str csrf;
};

static void arrive(struct visitor *visitor, const char *name, const char *question)
{
    struct session_person person = {.name = quell_str_of(name), .user = true};

    fake_start(&visitor->fake, config, NULL);
    visitor->fake.asked = fake_json(&visitor->fake, question);
    session_begin(visitor->fake.service->sessions, &person, visitor->id);
    assert_true(session_find(visitor->fake.service->sessions, visitor->fake.arena,
                             quell_str_of(visitor->id), &person, &visitor->csrf));
}

static int ask(struct visitor *visitor, const char *method, const char *path, const char *fields,
               const char *body, struct quell_str *head, struct quell_str *got)
{
    struct client client;
    struct quell_str one, two;
    int status;

    client_open(&client, &visitor->fake);
    status = client_ask(&client,
                        arena_format(visitor->fake.arena,
                                     "%s %s HTTP/1.1\r\nHost: a\r\nCookie: quell=%s\r\n%s"
                                     "Content-Length: %zu\r\n\r\n%s",
                                     method, path, visitor->id, fields, strlen(body), body),
                        &one, &two);
    if (head)
        *head = arena_str(visitor->fake.arena, one);
    if (got)
        *got = arena_str(visitor->fake.arena, two);
    client_close(&client);
    return status;
}

static bool has(struct quell_str text, const char *part)
{
    return str_find(text, quell_str_of(part), 0) != SIZE_MAX;
}

#define ORIGIN "Origin: http://q.example\r\nSec-Fetch-Site: same-origin\r\n"
#define FORMS "Content-Type: application/x-www-form-urlencoded\r\n"

/* ---- texts -------------------------------------------------------------------------------------
 */

/* Each would do something if it got out of its place; none of it may be there as it is. */
#define HOSTILE(text)                                                                              \
    {                                                                                              \
        QUESTION(text), FORM(text)                                                                 \
    }
static const char *const hostile[][2] = {
    HOSTILE("<script>alert(1)</script>"),
    HOSTILE("</textarea><script>x</script>"),
    HOSTILE("'><img src=x onerror=x>"),
    HOSTILE("\\\" onfocus=x autofocus x=\\\""),
    HOSTILE("&lt;b&gt;&#60;script&#62;"),
    HOSTILE("--><script>"),
    HOSTILE("]]><svg onload=x>"),
    HOSTILE("javascript:alert(1)<"),
    HOSTILE("{{7*7}}${7*7}<%= 7 %>"),
    HOSTILE("a\\u202egpj.exe<"),
    HOSTILE("a\\u2066b\\u200bc\\u00add<"),
    HOSTILE("\\u0000\\u0008\\u001b[2J<"),
    HOSTILE("<meta http-equiv=refresh content=0>"),
    HOSTILE("<form action=//evil.example>"),
    HOSTILE("<base href=//evil.example>"),
};

static const char *const parts[] = {"<script",
                                    "<img",
                                    "<svg",
                                    "<meta http",
                                    "<form action=//",
                                    "<base",
                                    "\" onfocus",
                                    "\xe2\x80\xae",
                                    "\xe2\x81\xa6",
                                    "\xe2\x80\x8b",
                                    "\x1b",
                                    "\xc2\xad",
                                    "&lt;b&gt;",
                                    "<%"};

static void every_text_is_text(void **state)
{
    static const char *const paths[] = {"/approvals", "/approvals/7f3a?step=a"};
    struct visitor visitor;
    size_t pages = 0;

    (void)state;
    arrive(&visitor, "ana", QUESTION("x"));
    for (size_t i = 0; i < sizeof(hostile) / sizeof(*hostile); i++) {
        for (size_t k = 0; k < 4; k++, pages++) {
            struct quell_str head, page;

            visitor.fake.asked = fake_json(&visitor.fake, hostile[i][k / 2]);
            assert_int_equal(ask(&visitor, "GET", paths[k % 2], "", "", &head, &page), 200);
            assert_true(
                has(head, "Content-Security-Policy: default-src 'none'; style-src 'self';"));
            assert_true(has(head, "frame-ancestors 'none'"));
            assert_true(has(head, "form-action 'self'"));
            assert_true(has(page, "</html>"));
            for (size_t p = 0; p < sizeof(parts) / sizeof(*parts); p++)
                if (has(page, parts[p]))
                    fail_msg("case %zu, page %zu: %s", i, k, parts[p]);
        }
    }
    printf("%zu pages with hostile texts\n", pages);
    fake_stop(&visitor.fake);
}

static void a_page_shows_what_is_decided(void **state)
{
    static const char *const there[] = {
        "What is done when it is approved",
        "old-name",
        "cannot be taken back",
        "of <bdi>2</bdi>",
        "Evidence",
        "The incident",
        "device",
        "What happened",
        "name=\"digest\" value=\"" DIGEST "\"",
        "name=\"round\" value=\"2\"",
        "<label for=\"reason\"",
        "name=\"csrf\"",
    };
    struct visitor visitor;
    struct quell_str page;

    (void)state;
    arrive(&visitor, "ana", QUESTION("old-name"));
    assert_int_equal(ask(&visitor, "GET", "/approvals/7f3a?step=old-name", "", "", NULL, &page),
                     200);
    for (size_t i = 0; i < sizeof(there) / sizeof(*there); i++)
        if (!has(page, there[i]))
            fail_msg("%s", there[i]);
    assert_false(has(page, "<script"));
    assert_false(has(page, " style="));
    visitor.fake.asked = quell_null();
    assert_int_equal(ask(&visitor, "GET", "/approvals/7f3a", "", "", NULL, NULL), 404);
    fake_stop(&visitor.fake);
}

static void who_may_only_read_gets_no_buttons(void **state)
{
    struct visitor visitor;
    struct quell_str page;

    (void)state;
    arrive(&visitor, "vera", QUESTION("x"));
    assert_int_equal(ask(&visitor, "GET", "/approvals/7f3a?step=x", "", "", NULL, &page), 200);
    assert_false(has(page, "<form"));
    assert_true(has(page, "right DECIDE"));
    assert_int_equal(ask(&visitor, "POST", "/approvals/7f3a/decide", ORIGIN FORMS, "", NULL, NULL),
                     403);
    assert_int_equal(visitor.fake.decided.len, 0);
    fake_stop(&visitor.fake);
}

/* ---- decisions ---------------------------------------------------------------------------------
 */

#define GOOD "step=a.b%5b0%5d&digest=" DIGEST "&round=2&decision=agree&reason=because+of+it"
#define DECIDE "/approvals/7f3a/decide"

/* In `fields` and `body`, `%s` is the session's CSRF token. */
static const struct {
    const char *what, *method, *path, *fields, *body;
    int status;
} refused[] = {
    {"a GET", "GET", DECIDE "?" GOOD, "", "", 405},
    {"a GET of the page", "GET", "/approvals/7f3a?" GOOD, "", "", 200},
    {"a PUT", "PUT", DECIDE, ORIGIN FORMS, GOOD "&csrf=%s", 405},
    {"no CSRF token", "POST", DECIDE, ORIGIN FORMS, GOOD, 403},
    {"a wrong one", "POST", DECIDE, ORIGIN FORMS, GOOD "&csrf=x%s", 403},
    {"two of them", "POST", DECIDE, ORIGIN FORMS, GOOD "&csrf=%s&csrf=x", 403},
    {"another origin", "POST", DECIDE, "Origin: http://evil.example\r\n" FORMS, GOOD "&csrf=%s",
     403},
    {"no origin", "POST", DECIDE, FORMS, GOOD "&csrf=%s", 403},
    {"another site", "POST", DECIDE, "Sec-Fetch-Site: cross-site\r\n" FORMS, GOOD "&csrf=%s", 403},
    {"text/plain", "POST", DECIDE, ORIGIN "Content-Type: text/plain\r\n", GOOD "&csrf=%s", 403},
    {"JSON", "POST", DECIDE, ORIGIN "Content-Type: application/json\r\nX-CSRF-Token: %s\r\n", "{}",
     400},
    {"no digest", "POST", DECIDE, ORIGIN FORMS, "step=a&round=2&decision=agree&csrf=%s", 400},
    {"a short one", "POST", DECIDE, ORIGIN FORMS,
     "step=a&digest=012345678901&round=2&decision=agree&csrf=%s", 400},
    {"two digests", "POST", DECIDE, ORIGIN FORMS, GOOD "&csrf=%s&digest=" DIGEST, 400},
    {"no round", "POST", DECIDE, ORIGIN FORMS, "step=a&digest=" DIGEST "&decision=agree&csrf=%s",
     400},
    {"round 0", "POST", DECIDE, ORIGIN FORMS,
     "step=a&digest=" DIGEST "&round=0&decision=agree&csrf=%s", 400},
    {"no decision", "POST", DECIDE, ORIGIN FORMS, "step=a&digest=" DIGEST "&round=2&csrf=%s", 400},
    {"another word", "POST", DECIDE, ORIGIN FORMS,
     "step=a&digest=" DIGEST "&round=2&decision=yes&csrf=%s", 400},
    {"no step", "POST", DECIDE, ORIGIN FORMS, "digest=" DIGEST "&round=2&decision=agree&csrf=%s",
     400},
};

static const char *filled(struct visitor *visitor, const char *text)
{
    const char *at = strstr(text, "%s");

    if (!at)
        return text;
    return arena_format(visitor->fake.arena, "%.*s%.*s%s", (int)(at - text), text,
                        QUELL_ARG(visitor->csrf), at + 2)
        .data;
}

static void nothing_else_decides(void **state)
{
    struct visitor visitor;

    (void)state;
    arrive(&visitor, "ana", QUESTION("a"));
    for (size_t i = 0; i < sizeof(refused) / sizeof(*refused); i++) {
        int status =
            ask(&visitor, refused[i].method, refused[i].path, filled(&visitor, refused[i].fields),
                filled(&visitor, refused[i].body), NULL, NULL);

        if (status != refused[i].status || visitor.fake.decided.len)
            fail_msg("%s: %d %.*s", refused[i].what, status, QUELL_ARG(visitor.fake.decided));
    }
    printf("cases: %zu\n", sizeof(refused) / sizeof(*refused));
    fake_stop(&visitor.fake);
}

static void a_good_one_is_taken_and_leads_back(void **state)
{
    struct visitor visitor;
    struct quell_str head, page;

    (void)state;
    arrive(&visitor, "ana", QUESTION("a.b[0]"));
    assert_int_equal(ask(&visitor, "POST", DECIDE, ORIGIN FORMS,
                         filled(&visitor, GOOD "&by=eve&csrf=%s"), &head, NULL),
                     303);
    assert_true(has(head, "\r\nLocation: /approvals/7f3a?step=a.b%5B0%5D\r\n"));
    assert_true(str_is(visitor.fake.decided, "7f3a a.b[0] 1 ana " DIGEST " because of it "));
    visitor.fake.resolve_code = QUELL_CONFLICT; /* the engine looks at the digest once more */
    assert_int_equal(ask(&visitor, "POST", DECIDE, ORIGIN FORMS,
                         filled(&visitor, "step=a&digest=" OTHER "&round=1&decision=deny&csrf=%s"),
                         NULL, &page),
                     409);
    assert_true(has(page, "What has changed since you looked"));
    assert_true(has(page, "<del><bdi>what it was</bdi></del>"));
    visitor.fake.resolve_code = QUELL_DENIED;
    assert_int_equal(
        ask(&visitor, "POST", DECIDE, ORIGIN FORMS, filled(&visitor, GOOD "&csrf=%s"), NULL, &page),
        403);
    assert_true(has(page, "not by this person"));
    fake_stop(&visitor.fake);
}

static void a_form_is_filled_in(void **state)
{
    struct visitor visitor;

    (void)state;
    arrive(&visitor, "ana", FORM("clean"));
    assert_int_equal(ask(&visitor, "POST", "/approvals/7f3a/answer", ORIGIN FORMS,
                         filled(&visitor, "step=a&field.verdict=clean&field.hosts=a%0D%0A%0D%0Ab+c&"
                                          "field.sure=false&field.score=7&field.note=&csrf=%s"),
                         NULL, NULL),
                     303);
    assert_true(str_is(visitor.fake.decided,
                       "7f3a a 0 ana   {\"verdict\":\"clean\",\"hosts\":[\"a\",\"b c\"],\"sure\":"
                       "false,\"score\":7}"));
    visitor.fake.decided = QUELL_STR("");
    assert_int_equal(ask(&visitor, "POST", "/approvals/7f3a/answer", ORIGIN FORMS,
                         filled(&visitor, "step=a&field.score=seven&csrf=%s"), NULL, NULL),
                     400);
    assert_int_equal(visitor.fake.decided.len, 0);
    fake_stop(&visitor.fake);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_text_is_text),
        cmocka_unit_test(a_page_shows_what_is_decided),
        cmocka_unit_test(who_may_only_read_gets_no_buttons),
        cmocka_unit_test(nothing_else_decides),
        cmocka_unit_test(a_good_one_is_taken_and_leads_back),
        cmocka_unit_test(a_form_is_filled_in),
    };

    return cmocka_run_group_tests_name("approvals", tests, NULL, NULL);
}
