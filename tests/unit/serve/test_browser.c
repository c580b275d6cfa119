/*
 * test_browser.c - people in browsers: sessions and how they end, cookies, forms, where a page goes
 * on to, and that no other site can use a session.
 */
#include "fixture.h"

#include <string.h>

#include "base/limits.h"
#include "serve/form.h"
#include "serve/page.h"
#include "serve/service.h"
#include "serve/session.h"

/* ---- the table of sessions ---------------------------------------------------------------------
 */

static const struct session_person ana = {.name = {"ana", 3}, .user = true, .roles = {"", 0}};

static bool there(struct sessions *sessions, const char *id)
{
    struct arena *arena = arena_new(0);
    struct session_person person;
    struct quell_str csrf;
    bool found = session_find(sessions, arena, quell_str_of(id), &person, &csrf);

    if (found) {
        assert_true(str_is(person.name, "ana"));
        assert_int_equal(csrf.len, SESSION_ID_CHARS);
        assert_false(str_is(csrf, id));
    }
    arena_free(arena);
    return found;
}

static void pass(struct loop *loop, int64_t us)
{
    loop_advance(loop, loop_monotonic_us(loop) + us);
}

static void a_session_ends_by_idling_by_age_and_by_word(void **state)
{
    struct loop *loop = loop_new_virtual(0, 7);
    struct sessions *sessions = sessions_new(loop);
    char id[SESSION_ID_CHARS + 1], other[SESSION_ID_CHARS + 1];

    (void)state;
    session_begin(sessions, &ana, id);
    session_begin(sessions, &ana, other);
    assert_string_not_equal(id, other);
    assert_int_equal(strlen(id), SESSION_ID_CHARS);
    assert_int_equal(strspn(id, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"),
                     SESSION_ID_CHARS);
    assert_true(there(sessions, id));
    assert_false(there(sessions, ""));
    assert_false(there(sessions, "x"));
    pass(loop, ((int64_t)LIMIT_SESSION_IDLE_S - 1) * 1000000);
    assert_true(there(sessions, id)); /* used: its hour begins anew */
    pass(loop, 2000000);
    assert_true(there(sessions, id));
    assert_false(there(sessions, other));
    for (int i = 0; i < LIMIT_SESSION_S / LIMIT_SESSION_IDLE_S; i++) {
        pass(loop, ((int64_t)LIMIT_SESSION_IDLE_S - 2) * 1000000);
        (void)there(sessions, id);
    }
    assert_false(there(sessions, id)); /* though it was never idle */
    session_begin(sessions, &ana, id);
    session_end(sessions, quell_str_of(id));
    assert_false(there(sessions, id));
    assert_int_equal(sessions_count(sessions), 0);
    sessions_free(sessions);
    loop_free(loop);
}

static void sessions_have_a_limit(void **state)
{
    struct loop *loop = loop_new_virtual(0, 7);
    struct sessions *sessions = sessions_new(loop);
    char first[SESSION_ID_CHARS + 1], second[SESSION_ID_CHARS + 1], id[SESSION_ID_CHARS + 1];

    (void)state;
    session_begin(sessions, &ana, first);
    session_begin(sessions, &ana, second);
    pass(loop, 1000000);
    assert_true(there(sessions, first)); /* now the second one is the longest unused */
    for (int i = 2; i < LIMIT_SESSIONS; i++)
        session_begin(sessions, &ana, id);
    assert_int_equal(sessions_count(sessions), LIMIT_SESSIONS);
    session_begin(sessions, &ana, id);
    assert_int_equal(sessions_count(sessions), LIMIT_SESSIONS);
    assert_true(there(sessions, first));
    assert_true(there(sessions, id));
    assert_false(there(sessions, second));
    sessions_free(sessions);
    loop_free(loop);
}

/* ---- forms, cookies, paths ---------------------------------------------------------------------
 */

static void forms_are_read_strictly(void **state)
{
    static const struct {
        const char *text, *value; /* of `a`; NULL = none */
    } cases[] = {
        {"a=1", "1"},
        {"b=2&a=x+y%26%3D", "x y&="},
        {"a=", ""},
        {"a", ""},
        {"a=%c3%a4", "\xc3\xa4"},
        {"a=line%0D%0Atwo", "line\r\ntwo"},
        {"a=1&a=2", NULL}, /* which one counts would be a guess */
        {"aa=1", NULL},
        {"", NULL},
        {"a=%", NULL},
        {"a=%4", NULL},
        {"a=%zz", NULL},
        {"a=%00", NULL},
        {"a=%1b", NULL},
        {"a=%ff", NULL},
        {"%61=1", NULL}, /* names need no escapes */
    };
    struct arena *arena = arena_new(0);

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        struct quell_str value = {"", 0};
        bool found = form_get(arena, quell_str_of(cases[i].text), "a", &value);

        if (found != (cases[i].value != NULL) || (found && !str_is(value, cases[i].value)))
            fail_msg("%s: %d %.*s", cases[i].text, found, QUELL_ARG(value));
    }
    arena_free(arena);
}

static void a_page_goes_on_to_our_own_paths_only(void **state)
{
    static const struct {
        const char *wanted;
        bool taken;
    } cases[] = {
        {"/approvals/0198", true},
        {"/a?b=c&d=%2f%2fe", true},
        {"/", false}, /* there is no such page */
        {"", false},
        {"//evil.example", false},
        {"///evil.example", false},
        {"/\\evil.example", false},
        {"\\\\evil.example", false},
        {"https://evil.example/", false},
        {"https:evil.example", false},
        {"javascript:alert(1)", false},
        {"/a\r\nSet-Cookie: x", false},
        {"/a\"><script>", false},
        {"/a b", false},
        {"/\tevil", false},
        {"/a#b", false},
        {"evil.example", false},
        {"/auth/logout", false},
        {"/auth/login?next=/", false},
        {"/\xd0\xb0", false},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        struct quell_str got = page_next(quell_str_of(cases[i].wanted));

        if (!str_is(got, cases[i].taken ? cases[i].wanted : "/approvals"))
            fail_msg("%s: %.*s", cases[i].wanted, QUELL_ARG(got));
    }
}

/* ---- on exchanges ------------------------------------------------------------------------------
 */

static const char config[] = "{\"listen\": \"127.0.0.1:0\", \"url\": \"http://q.example/\", "
                             "\"users\": {\"ana\": {\"roles\": [\"approver\"]}}}";

/* `fields` end with their line end. */
static int request(struct fake *fake, const char *method, const char *path, const char *id,
                   const char *fields, const char *body)
{
    struct client client;
    struct quell_str head, got;
    int status;

    client_open(&client, fake);
    status = client_ask(&client,
                        arena_format(fake->arena,
                                     "%s %s HTTP/1.1\r\nHost: a\r\nCookie: x=1; quell=%s; y=2\r\n%s"
                                     "Content-Length: %zu\r\n\r\n%s",
                                     method, path, id, fields, strlen(body), body),
                        &head, &got);
    assert_true(str_find(head, QUELL_STR("\r\nX-Content-Type-Options: nosniff\r\n"), 0) !=
                SIZE_MAX);
    assert_true(str_find(head, QUELL_STR("\r\nCache-Control: no-store\r\n"), 0) != SIZE_MAX);
    assert_true(str_find(head, QUELL_STR("Access-Control"), 0) == SIZE_MAX);
    client_close(&client);
    return status;
}

#define DECIDE "/api/v1/runs/7f3a/decide"
#define ORIGIN "Origin: http://q.example\r\n"
#define SITE "Sec-Fetch-Site: same-origin\r\n"
#define JSON "Content-Type: application/json\r\n"

static void a_session_speaks_as_its_person_and_needs_its_page(void **state)
{
    static const char *const refused[] = {
        "",     /* from nowhere */
        ORIGIN, /* without the page's token */
        "Origin: http://evil.example\r\n" SITE "X-CSRF-Token: %s\r\n",
        "Origin: null\r\nX-CSRF-Token: %s\r\n",
        "Origin: https://q.example\r\nX-CSRF-Token: %s\r\n",
        "Origin: http://q.example.evil.example\r\nX-CSRF-Token: %s\r\n",
        ORIGIN "Sec-Fetch-Site: same-site\r\nX-CSRF-Token: %s\r\n",
        ORIGIN "Sec-Fetch-Site: cross-site\r\nX-CSRF-Token: %s\r\n",
        ORIGIN "Sec-Fetch-Site: none\r\nX-CSRF-Token: %s\r\n",
        ORIGIN ORIGIN "X-CSRF-Token: %s\r\n",
        "X-CSRF-Token: %s\r\n",
        ORIGIN SITE "X-CSRF-Token: wrong%s\r\n",
    };
    char id[SESSION_ID_CHARS + 1];
    struct session_person person;
    struct quell_str csrf;
    struct fake fake;

    (void)state;
    fake_start(&fake, config, NULL);
    session_begin(fake.service->sessions, &ana, id);
    assert_true(session_find(fake.service->sessions, fake.arena, quell_str_of(id), &person, &csrf));
    assert_int_equal(request(&fake, "GET", "/api/v1/runs", id, "", ""), 200);
    assert_int_equal(request(&fake, "GET", "/api/v1/runs", "wrong", "", ""), 401);
    assert_int_equal(request(&fake, "GET", "/api/v1/tokens", id, "", ""), 403); /* no admin */
    for (size_t i = 0; i < sizeof(refused) / sizeof(*refused); i++) {
        const char *at = strstr(refused[i], "%s");
        int to = at ? (int)(at - refused[i]) : 0;
        const char *fields = at ? arena_format(fake.arena, "%.*s%.*s%s" JSON, to, refused[i],
                                               QUELL_ARG(csrf), at + 2)
                                      .data
                                : arena_format(fake.arena, "%s" JSON, refused[i]).data;

        if (request(&fake, "POST", DECIDE, id, fields, "{\"agrees\":true}") != 403)
            fail_msg("%s", fields);
    }
    assert_int_equal(fake.decided.len, 0);
    assert_int_equal(
        request(&fake, "POST", DECIDE, id,
                arena_format(fake.arena, ORIGIN SITE JSON "X-CSRF-Token: %.*s\r\n", QUELL_ARG(csrf))
                    .data,
                "{\"agrees\":true,\"by\":\"ben\"}"),
        200);
    assert_true(str_is(fake.decided, "7f3a  1 ana   "));
    /* A form carries the token in its body; that this route wants JSON is another matter. */
    assert_int_equal(request(&fake, "POST", DECIDE, id,
                             ORIGIN "Content-Type: application/x-www-form-urlencoded\r\n",
                             arena_format(fake.arena, "csrf=%.*s", QUELL_ARG(csrf)).data),
                     400);
    /* Two cookies of the name: whose it is would be a guess. */
    assert_int_equal(request(&fake, "GET", "/api/v1/runs",
                             arena_format(fake.arena, "x; quell=%s", id).data, "", ""),
                     401);
    /* Who is not in quell.yaml any more is nobody. */
    fake.config = fake_json(&fake, "{\"listen\": \"127.0.0.1:0\"}");
    assert_int_equal(request(&fake, "GET", "/api/v1/runs", id, "", ""), 401);
    fake.config = fake_json(&fake, config);
    assert_int_equal(request(&fake, "GET", "/api/v1/runs", id, "", ""), 401);
    fake_stop(&fake);
}

static void roles_of_the_providers_groups_count(void **state)
{
    const struct session_person guest = {.name = {"g-1", 3}, .roles = {"viewer author", 13}};
    char id[SESSION_ID_CHARS + 1];
    struct fake fake;

    (void)state;
    fake_start(&fake, config, NULL);
    session_begin(fake.service->sessions, &guest, id);
    assert_int_equal(request(&fake, "GET", "/api/v1/runs", id, "", ""), 200);
    assert_int_equal(request(&fake, "GET", "/api/v1/tokens", id, "", ""), 403);
    fake_stop(&fake);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_session_ends_by_idling_by_age_and_by_word),
        cmocka_unit_test(sessions_have_a_limit),
        cmocka_unit_test(forms_are_read_strictly),
        cmocka_unit_test(a_page_goes_on_to_our_own_paths_only),
        cmocka_unit_test(a_session_speaks_as_its_person_and_needs_its_page),
        cmocka_unit_test(roles_of_the_providers_groups_count),
    };

    return cmocka_run_group_tests_name("browser", tests, NULL, NULL);
}
