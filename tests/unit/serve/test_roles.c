/*
 * test_roles.c - the tables of roles and rights, each role at each route, and who is who: the
 * control socket, tokens and their scopes.
 */
#include "fixture.h"

#include <pwd.h>
#include <string.h>

#include "serve/identity.h"
#include "serve/route.h"

static void every_role_and_right_says_what_it_is(void **state)
{
    uint32_t given = 0;
    size_t rights = 0, count = 0;

    (void)state;
    for (; right_rows[rights].name; rights++)
        assert_true(strlen(right_rows[rights].doc) > 10);
    assert_int_equal(rights, RIGHTS);
    for (const struct role *role = roles; role->name; role++, count++) {
        assert_true(strlen(role->doc) > 5);
        assert_ptr_equal(role_find(quell_str_of(role->name)), role);
        assert_int_not_equal(role->rights, 0);
        given |= role->rights;
    }
    assert_int_equal(count, 6);
    assert_int_equal(given, ((uint64_t)1 << RIGHTS) - 1);
    assert_null(role_find(QUELL_STR("Admin")));
    assert_null(role_find(QUELL_STR("")));
}

/* Who only looks changes nothing, and what is let go again needs more than stopping it. */
static void rights_are_apart(void **state)
{
    uint32_t looks = ((uint32_t)1 << RIGHT_READ_RUNS) | ((uint32_t)1 << RIGHT_READ_AUDIT) |
                     ((uint32_t)1 << RIGHT_READ_METRICS);
    const char *lookers[] = {"viewer", "auditor"};
    const char *tokenless[] = {"viewer", "analyst", "approver", "author", "auditor"};

    (void)state;
    for (size_t i = 0; i < 2; i++)
        assert_int_equal(role_find(quell_str_of(lookers[i]))->rights & ~looks, 0);
    for (size_t i = 0; i < 5; i++)
        assert_int_equal(role_find(quell_str_of(tokenless[i]))->rights >> RIGHT_MANAGE_TOKENS & 1,
                         0);
    /* A release may be an approval (`policy.approve`). */
    for (const struct role *role = roles; role->name; role++)
        assert_true((role->rights >> RIGHT_DECIDE & 1) || !(role->rights >> RIGHT_RELEASE & 1));
    assert_int_equal(role_find(QUELL_STR("analyst"))->rights >> RIGHT_DECIDE & 1, 0);
    assert_int_equal(role_find(QUELL_STR("analyst"))->rights >> RIGHT_RESUME & 1, 0);
    assert_int_equal(role_find(QUELL_STR("author"))->rights >> RIGHT_DECIDE & 1, 0);
}

static void nobody_may_nothing(void **state)
{
    struct identity nobody = {.how = IDENTITY_NONE, .rights = UINT32_MAX};
    struct quell_value names[] = {quell_text("viewer"), quell_text("auditor"), quell_text("root")};

    (void)state;
    for (int right = 0; right < RIGHTS; right++)
        assert_false(identity_may(&nobody, (enum right)right));
    assert_int_equal(roles_rights(quell_list(names, 3)),
                     role_find(QUELL_STR("viewer"))->rights |
                         role_find(QUELL_STR("auditor"))->rights);
    assert_int_equal(roles_rights(quell_null()), 0);
}

static void the_socket_is_the_user_of_the_operating_system(void **state)
{
    struct arena *arena = arena_new(0);
    struct exchange exchange = {.arena = arena};
    const struct passwd *root = getpwuid(0);

    (void)state;
    exchange.identity = identity_of_socket(arena, 0);
    assert_int_equal(exchange.identity.how, IDENTITY_LOCAL);
    if (root)
        assert_true(str_is(exchange.identity.name, root->pw_name));
    assert_true(identity_may(&exchange.identity, RIGHT_MANAGE_TOKENS));
    assert_true(str_is(identity_speaker(&exchange, QUELL_STR("ana")), "ana"));
    assert_true(str_is(identity_of_socket(arena, 4000000123u).name, "uid-4000000123"));
    /* Elsewhere nobody speaks for somebody else. */
    exchange.identity = (struct identity){.how = IDENTITY_TOKEN, .name = QUELL_STR("ben")};
    assert_true(str_is(identity_speaker(&exchange, QUELL_STR("ana")), "ben"));
    exchange.identity.how = IDENTITY_SESSION;
    assert_true(str_is(identity_speaker(&exchange, QUELL_STR("ana")), "ben"));
    arena_free(arena);
}

/* ---- roles x routes ----------------------------------------------------------------------------
 */

static const char config[] = "{\"listen\": \"127.0.0.1:0\", \"users\": {\"ana\": {\"roles\": "
                             "[\"viewer\", \"approver\"]}}}";

/* One token for each role, called like it, and some that are not good for everything. */
static void start(struct fake *fake)
{
    fake_start(fake, config, NULL);
    fake->tokens = fake_json(
        fake, "{\"viewer\": {\"name\": \"t\", \"roles\": [\"viewer\"]},"
              "\"analyst\": {\"name\": \"t\", \"roles\": [\"analyst\"]},"
              "\"approver\": {\"name\": \"t\", \"roles\": [\"approver\"]},"
              "\"author\": {\"name\": \"t\", \"roles\": [\"author\"]},"
              "\"admin\": {\"name\": \"t\", \"roles\": [\"admin\"]},"
              "\"auditor\": {\"name\": \"t\", \"roles\": [\"auditor\"]},"
              "\"one\": {\"name\": \"t\", \"roles\": [\"admin\"], \"playbooks\": [\"p\"]},"
              "\"of-ana\": {\"name\": \"t\", \"roles\": [\"admin\"], \"user\": \"ana\"},"
              "\"of-eve\": {\"name\": \"t\", \"roles\": [\"admin\"], \"user\": \"eve\"},"
              "\"nothing\": {\"name\": \"t\", \"roles\": [\"root\"]}}");
}

/* The status of a request; `token` NULL = none. */
static int attempt(struct fake *fake, const char *method, struct quell_str path, const char *field,
                   const char *token, struct quell_str body, struct quell_str *got)
{
    struct client client;
    struct quell_str head, answer;
    int status;

    client_open(&client, fake);
    status = client_ask(
        &client,
        arena_format(fake->arena,
                     "%s %.*s HTTP/1.1\r\nHost: a\r\n%s%s%sContent-Type: application/json\r\n"
                     "Content-Length: %zu\r\n\r\n%.*s",
                     method, QUELL_ARG(path), token ? field : "", token ? token : "",
                     token ? "\r\n" : "", body.len, QUELL_ARG(body)),
        &head, &answer);
    if (status == 401)
        assert_true(str_find(head, QUELL_STR("\r\nWWW-Authenticate: Bearer"), 0) != SIZE_MAX);
    if (got)
        *got = arena_str(fake->arena, answer);
    client_close(&client);
    return status;
}

#define BEARER "Authorization: Bearer "

/* A path that fits the pattern. */
static struct quell_str path_of(struct fake *fake, const struct route *route)
{
    const char *open = strchr(route->path, '{'), *shut = strchr(route->path, '}');

    if (!open)
        return quell_str_of(route->path);
    return arena_format(fake->arena, "%.*sx%s", (int)(open - route->path), route->path, shut + 1);
}

static void every_cell_of_roles_and_routes(void **state)
{
    struct fake fake;
    size_t right_cells = 0, wrong_cells = 0;

    (void)state;
    start(&fake);
    for (const struct route *route = routes; route->method; route++) {
        enum right right = route_right(route->permission);
        struct quell_str path = path_of(&fake, route);
        struct quell_str body = route->body_max ? QUELL_STR("{}") : QUELL_STR("");

        if (right == RIGHTS)
            continue;
        assert_int_equal(attempt(&fake, route->method, path, "", NULL, body, NULL), 401);
        for (const struct role *role = roles; role->name; role++) {
            int status = attempt(&fake, route->method, path, BEARER, role->name, body, NULL);
            bool may = (role->rights >> right & 1) != 0;

            if (may == (status == 401 || status == 403))
                fail_msg("%s %s as %s: %d", route->method, route->path, role->name, status);
            *(may ? &right_cells : &wrong_cells) += 1;
        }
        /* Rights of unknown roles are none. */
        assert_int_equal(attempt(&fake, route->method, path, BEARER, "nothing", body, NULL), 403);
    }
    printf("figures: %zu right and %zu wrong cells\ncases: %zu\n", right_cells, wrong_cells,
           right_cells + wrong_cells);
    assert_true(right_cells >= 30 && wrong_cells >= 30);
    fake_stop(&fake);
}

static void a_token_speaks_for_itself_or_for_its_user(void **state)
{
    const struct quell_str decide = QUELL_STR("/api/v1/runs/7f3a/decide");
    const struct quell_str body = QUELL_STR("{\"agrees\":true,\"by\":\"ben\"}");
    struct quell_str got;
    struct fake fake;

    (void)state;
    start(&fake);
    assert_int_equal(attempt(&fake, "POST", decide, BEARER, "approver", body, NULL), 200);
    assert_true(str_is(fake.decided, "7f3a  1 token:t   ")); /* not ben */
    assert_int_equal(attempt(&fake, "POST", decide, BEARER, "of-ana", body, NULL), 200);
    assert_true(str_is(fake.decided, "7f3a  1 ana   "));
    /* What its user may not do, it may not either. */
    assert_int_equal(
        attempt(&fake, "GET", QUELL_STR("/api/v1/tokens"), BEARER, "of-ana", QUELL_STR(""), NULL),
        403);
    assert_true(str_is(fake.audited, "ana refused /api/v1/tokens"));
    assert_int_equal(attempt(&fake, "POST", decide, BEARER, "of-eve", body, NULL), 401);
    assert_int_equal(
        attempt(&fake, "GET", QUELL_STR("/api/v1/me"), BEARER, "of-ana", QUELL_STR(""), &got), 200);
    assert_true(str_starts(got, QUELL_STR("{\"name\":\"ana\",\"how\":\"token\",\"rights\":[")));
    assert_true(str_find(got, QUELL_STR("DECIDE"), 0) != SIZE_MAX);
    assert_true(str_find(got, QUELL_STR("MANAGE_TOKENS"), 0) == SIZE_MAX);
    assert_int_equal(attempt(&fake, "GET", QUELL_STR("/api/v1/me"), "", NULL, QUELL_STR(""), &got),
                     401);
    fake_stop(&fake);
}

static void a_token_is_sent_in_its_field_only(void **state)
{
    static const char *const wrong[] = {
        "Authorization: Basic ",   "Authorization: bearer  wrong ",
        "Authorization: ",         "Authorization: Bearer admin\r\nAuthorization: Bearer ",
        "Authorization: Bearer\t",
    };
    struct fake fake;
    struct quell_str runs = QUELL_STR("/api/v1/runs"), none = QUELL_STR(""), got;

    (void)state;
    start(&fake);
    assert_int_equal(attempt(&fake, "GET", runs, "authorization: bEARER ", "admin", none, NULL),
                     200);
    for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++)
        if (attempt(&fake, "GET", runs, wrong[i], "admin", none, NULL) != 401)
            fail_msg("%s", wrong[i]);
    assert_int_equal(attempt(&fake, "GET", QUELL_STR("/api/v1/runs?access_token=admin&token=admin"),
                             "X-Token: ", "admin", none, &got),
                     401);
    assert_true(str_find(got, QUELL_STR("admin"), 0) == SIZE_MAX);
    /* A wrong one is not told back. */
    assert_int_equal(attempt(&fake, "GET", runs, BEARER, "canary-4711", none, &got), 401);
    assert_true(str_find(got, QUELL_STR("canary"), 0) == SIZE_MAX);
    fake_stop(&fake);
}

static void many_wrong_proofs_are_answered_shortly_and_harm_no_right_one(void **state)
{
    struct quell_str runs = QUELL_STR("/api/v1/runs"), none = QUELL_STR("");
    struct fake fake;
    int status = 0;

    (void)state;
    start(&fake);
    for (int i = 0; i < 100 && status != 429; i++)
        status = attempt(&fake, "GET", runs, BEARER, "wrong", none, NULL);
    assert_int_equal(status, 429);
    assert_int_equal(attempt(&fake, "GET", runs, BEARER, "viewer", none, NULL), 200);
    fake_stop(&fake);
}

static void a_scope_narrows_a_token_to_playbooks(void **state)
{
    static const struct {
        const char *method, *path, *body;
        int status;
    } cases[] = {
        {"GET", "/api/v1/runs", "", 200}, /* those of its playbook */
        {"GET", "/api/v1/runs?playbook=p", "", 200},
        {"GET", "/api/v1/runs?playbook=other", "", 403},
        {"POST", "/api/v1/runs", "{\"playbook\":\"p\"}", 200},
        {"POST", "/api/v1/runs", "{\"playbook\":\"other\"}", 403},
        {"GET", "/api/v1/runs/of-p", "", 200},
        {"GET", "/api/v1/runs/of-other", "", 403},
        {"GET", "/api/v1/runs/of-p/why", "", 200},
        {"GET", "/api/v1/runs/of-other/why", "", 403},
        {"POST", "/api/v1/runs/of-p/cancel", "{}", 200},
        {"POST", "/api/v1/runs/of-other/cancel", "{}", 403},
        {"POST", "/api/v1/runs/of-p/undo", "{}", 200},
        {"GET", "/api/v1/runs/of-p/undo", "", 200},
        {"POST", "/api/v1/runs/of-other/undo", "{}", 403},
        {"POST", "/api/v1/runs/of-other/decide", "{\"agrees\":true}", 403},
        {"GET", "/api/v1/approvals", "", 200},
        {"GET", "/api/v1/me", "", 200},
        /* What is about everything is not for it, though its role is. */
        {"GET", "/api/v1/tokens", "", 403},
        {"POST", "/api/v1/tokens", "{\"name\":\"x\",\"roles\":\"admin\"}", 403},
    };
    struct fake fake;
    struct quell_str got;

    (void)state;
    start(&fake);
    fake.shown = fake_json(&fake, "{\"of-p\": {\"playbook\": \"p\"},"
                                  "\"of-other\": {\"playbook\": \"other\"}}");
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        int status = attempt(&fake, cases[i].method, quell_str_of(cases[i].path), BEARER, "one",
                             quell_str_of(cases[i].body), &got);

        if (status != cases[i].status)
            fail_msg("%s %s: %d %.*s", cases[i].method, cases[i].path, status, QUELL_ARG(got));
    }
    fake_stop(&fake);
}

/* What a run of its playbook waits for may be a run of another one, of which it is told nothing. */
static void a_scope_hides_what_runs_of_others_wait_for(void **state)
{
    static const char shown[] =
        "{\"of-p\": {\"playbook\": \"p\", \"because\": [{\"what\": \"run\", \"child\":"
        " {\"playbook\": \"p\", \"because\": [{\"text\": \"seen-71\"}, {\"child\":"
        " {\"playbook\": \"other\", \"because\": [{\"text\": \"hidden-72\"}]}}]}},"
        " {\"child\": {\"playbook\": \"other\", \"because\": [{\"text\": \"hidden-73\"}]}}]},"
        " \"of-other\": {\"playbook\": \"other\", \"because\": [{\"text\": \"hidden-74\"}]}}";
    struct quell_str of_p = QUELL_STR("/api/v1/runs/of-p/why"), none = QUELL_STR(""), got;
    struct fake fake;

    (void)state;
    start(&fake);
    fake.shown = fake_json(&fake, shown);
    assert_int_equal(attempt(&fake, "GET", of_p, BEARER, "one", none, &got), 200);
    assert_true(str_find(got, QUELL_STR("seen-71"), 0) != SIZE_MAX);
    assert_true(str_find(got, QUELL_STR("hidden"), 0) == SIZE_MAX);
    assert_int_equal(
        attempt(&fake, "GET", QUELL_STR("/api/v1/runs/of-other/why"), BEARER, "one", none, &got),
        403);
    assert_true(str_find(got, QUELL_STR("hidden"), 0) == SIZE_MAX);
    /* An incident is about everything: not even that it is there is told. */
    assert_int_equal(
        attempt(&fake, "GET", QUELL_STR("/api/v1/runs/an-incident/why"), BEARER, "one", none, NULL),
        404);
    assert_int_equal(attempt(&fake, "GET", of_p, BEARER, "viewer", none, &got), 200);
    assert_true(str_find(got, QUELL_STR("hidden-72"), 0) != SIZE_MAX);
    assert_true(str_find(got, QUELL_STR("hidden-73"), 0) != SIZE_MAX);
    fake_stop(&fake);
}

static void tokens_are_made_and_revoked(void **state)
{
    struct quell_str tokens = QUELL_STR("/api/v1/tokens"), got;
    struct fake fake;

    (void)state;
    start(&fake);
    assert_int_equal(attempt(&fake, "POST", tokens, BEARER, "admin",
                             QUELL_STR("{\"name\":\"ci\",\"roles\":\"viewer\",\"user\":\"ana\","
                                       "\"by\":\"eve\"}"),
                             &got),
                     200);
    assert_true(str_is(fake.made, "ci ana token:t"));
    assert_true(str_starts(got, QUELL_STR("{\"token\":\"tttt")));
    assert_int_equal(attempt(&fake, "POST", tokens, BEARER, "admin",
                             QUELL_STR("{\"name\":\"ci\",\"roles\":[\"boss\"]}"), NULL),
                     400);
    assert_int_equal(attempt(&fake, "POST", tokens, BEARER, "admin",
                             QUELL_STR("{\"name\":\"ci\",\"roles\":[\"viewer\"],"
                                       "\"lifetime_s\":-1}"),
                             NULL),
                     400);
    assert_int_equal(attempt(&fake, "POST", QUELL_STR("/api/v1/tokens/ci/revoke"), BEARER, "admin",
                             QUELL_STR("{}"), NULL),
                     200);
    assert_true(str_is(fake.revoked, "ci token:t"));
    fake_stop(&fake);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_role_and_right_says_what_it_is),
        cmocka_unit_test(rights_are_apart),
        cmocka_unit_test(nobody_may_nothing),
        cmocka_unit_test(the_socket_is_the_user_of_the_operating_system),
        cmocka_unit_test(every_cell_of_roles_and_routes),
        cmocka_unit_test(a_token_speaks_for_itself_or_for_its_user),
        cmocka_unit_test(a_token_is_sent_in_its_field_only),
        cmocka_unit_test(many_wrong_proofs_are_answered_shortly_and_harm_no_right_one),
        cmocka_unit_test(a_scope_narrows_a_token_to_playbooks),
        cmocka_unit_test(a_scope_hides_what_runs_of_others_wait_for),
        cmocka_unit_test(tokens_are_made_and_revoked),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
