/*
 * test_answers.c - the range's answers have the shapes of the API documents.
 *
 * answers.json holds, for each operation and status the range serves, the schema and the members
 * of the example, taken from the OpenAPI documents of Defender for Endpoint, Sentinel 2025-09-01
 * and Entra's token endpoint. An answer may not have a member that the API does not have.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/limits.h"
#include "base/str.h"
#include "loop/file.h"
#include "peer.h"
#include "shape.h"
#include "value/json.h"
#include "value/value.h"

#define DEVICE "1e5bc9d7e413ddd7902c2932e418702b84d0cc07"
#define INCIDENTS                                                                                  \
    "/subscriptions/d0cfe6b2-9ac0-4464-9919-dccaee2e48c0/resourceGroups/myRg/providers/"           \
    "Microsoft.OperationalInsights/workspaces/myWorkspace/providers/"                              \
    "Microsoft.SecurityInsights/incidents/"
#define INCIDENT INCIDENTS "73e01a99-5cd7-4139-a149-9f2736ff2ab5"
#define VERSION "?api-version=2025-09-01"
#define COMMENT INCIDENT "/comments/4bb36b7b-26ff-4d1c-9cbe-0d8ab3da0014" VERSION
#define ISOLATE "/api/machines/" DEVICE "/isolate"
#define FULL "{\"Comment\":\"c [quell:r/s]\",\"IsolationType\":\"Full\"}"

struct fixture {
    struct peer *peer;
    struct quell_value shapes;
};

static int start(void **state)
{
    static struct fixture fixture;
    struct quell_str text;
    struct quell_error err;
    fixture.peer = peer_start(QUELL_RANGE, NULL);
    assert_int_equal(
        file_read(peer_arena(fixture.peer), ANSWERS, LIMIT_DOCUMENT_BYTES, &text, &err), QUELL_OK);
    assert_int_equal(json_read(peer_arena(fixture.peer), text, LIMIT_DOCUMENT_BYTES,
                               &fixture.shapes, NULL, &err),
                     QUELL_OK);
    *state = &fixture;
    return 0;
}

static int stop(void **state)
{
    peer_stop(((struct fixture *)*state)->peer);
    return 0;
}

/* `name` is the operation; with the status it is the row of answers.json. */
static struct quell_value expect(const struct fixture *fixture, struct peer_answer answer,
                                 const char *name, int status)
{
    struct arena *arena = peer_arena(fixture->peer);
    struct quell_str row = arena_format(arena, "%s %d", name, status), fault;
    struct quell_value shape = quell_null();

    if (answer.status != status)
        fail_msg("%s: %d instead of %d: %.*s", name, answer.status, status, QUELL_ARG(answer.body));
    assert_true(quell_find(fixture->shapes, row, &shape));
    fault =
        shape_check(arena, quell_get(shape, "schema"), quell_get(shape, "members"), answer.json);
    if (fault.len > 0)
        fail_msg("%.*s: %.*s in %.*s", QUELL_ARG(row), QUELL_ARG(fault), QUELL_ARG(answer.body));
    return answer.json;
}

static struct peer_answer token(const struct fixture *fixture, const char *form)
{
    struct peer_request request = {.method = "POST",
                                   .path = "/contoso/oauth2/v2.0/token",
                                   .type = "application/x-www-form-urlencoded",
                                   .body = form};
    return peer_ask(fixture->peer, &request);
}

#define CLIENT "client_id=11111111-1111-1111-1111-111111111111"
#define GRANT "grant_type=client_credentials&"
#define DEFENDER_SCOPE "&scope=https%3A%2F%2Fapi.securitycenter.microsoft.com%2F.default"

static void expect_oauth(const struct fixture *fixture, const char *form, int status,
                         const char *error, int64_t code)
{
    struct quell_value json = expect(fixture, token(fixture, form), "token", status);
    assert_true(quell_text_is(quell_get(json, "error"), error));
    assert_int_equal(quell_at(quell_get(json, "error_codes"), 0).as.integer, code);
}

static void tokens_have_their_shape(void **state)
{
    const struct fixture *fixture = *state;
    struct quell_value json =
        expect(fixture, token(fixture, GRANT CLIENT "&client_secret=range-secret" DEFENDER_SCOPE),
               "token", 200);
    assert_int_equal(quell_get_int(json, "expires_in", 0), 3599);
    expect_oauth(fixture, GRANT CLIENT "&client_secret=wrong" DEFENDER_SCOPE, 401, "invalid_client",
                 7000215);
    expect_oauth(fixture, GRANT "client_id=x&client_secret=range-secret" DEFENDER_SCOPE, 400,
                 "unauthorized_client", 700016);
    expect_oauth(fixture, GRANT CLIENT "&client_secret=range-secret&scope=everything", 400,
                 "invalid_scope", 70011);
    expect_oauth(fixture, GRANT "client_secret=range-secret" DEFENDER_SCOPE, 400, "invalid_request",
                 900144);
    peer_fault(fixture->peer, "{\"where\":\"token\",\"what\":429,\"retry_after\":3}");
    expect_oauth(fixture, GRANT CLIENT, 429, "temporarily_unavailable", 90055);
    peer_fault(fixture->peer, "{\"where\":\"token\",\"what\":503}");
    expect_oauth(fixture, GRANT CLIENT, 503, "temporarily_unavailable", 90033);
}

static void machines_have_their_shape(void **state)
{
    const struct fixture *fixture = *state;
    struct peer_request stranger = {
        .method = "GET", .path = "/api/machines/" DEVICE, .token = "wrong"};
    struct quell_value json =
        expect(fixture, peer_get(fixture->peer, "/api/machines/" DEVICE), "machine", 200);
    assert_true(quell_text_is(quell_get(json, "id"), DEVICE));
    (void)expect(fixture, peer_get(fixture->peer, "/api/machines/unknown-1"), "machine", 404);
    (void)expect(fixture, peer_ask(fixture->peer, &stranger), "machine", 401);
    (void)expect(fixture, peer_get(fixture->peer, "/api/machines"), "machines", 200);
    (void)expect(fixture, peer_get(fixture->peer, "/api/machines?$filter=no%20filter"), "machines",
                 400);
}

static void actions_have_their_shape(void **state)
{
    const struct fixture *fixture = *state;
    struct peer *peer = fixture->peer;
    struct quell_value json = expect(fixture, peer_post(peer, ISOLATE, FULL), "isolate", 201);
    struct quell_str id = quell_get_str(json, "id");
    const char *path =
        arena_format(peer_arena(peer), "/api/machineactions/%.*s", QUELL_ARG(id)).data;
    const char *cancel = arena_format(peer_arena(peer), "%s/cancel", path).data;
    (void)expect(fixture, peer_post(peer, ISOLATE, FULL), "isolate", 400);
    (void)expect(fixture,
                 peer_post(peer, "/api/machines/" DEVICE "/unisolate", "{\"Comment\":\"c\"}"),
                 "release", 201);
    (void)expect(fixture, peer_get(peer, path), "action", 200);
    (void)expect(fixture, peer_get(peer, "/api/machineactions/none"), "action", 404);
    (void)expect(fixture, peer_get(peer, "/api/machineactions"), "actions", 200);
    (void)expect(fixture, peer_post(peer, cancel, "{\"Comment\":\"c\"}"), "cancel", 200);
    (void)expect(fixture, peer_get(peer, "/api/machineactions"), "actions", 200);
    peer_fault(peer, "{\"where\":\"isolate\",\"what\":429,\"retry_after\":30}");
    (void)expect(fixture, peer_post(peer, ISOLATE, FULL), "isolate", 429);
    peer_fault(peer, "{\"where\":\"isolate\",\"what\":500}");
    (void)expect(fixture, peer_post(peer, ISOLATE, FULL), "isolate", 500);
}

static void incidents_have_their_shape(void **state)
{
    const struct fixture *fixture = *state;
    struct peer *peer = fixture->peer;
    struct peer_request stranger = {.method = "GET", .path = INCIDENT VERSION, .token = "wrong"};
    (void)expect(fixture, peer_get(peer, INCIDENT VERSION), "incident", 200);
    (void)expect(fixture, peer_get(peer, INCIDENT), "incident", 400);
    (void)expect(fixture, peer_get(peer, INCIDENTS "unknown-1" VERSION), "incident", 404);
    (void)expect(fixture, peer_ask(peer, &stranger), "incident", 401);
}

static void comments_have_their_shape(void **state)
{
    const struct fixture *fixture = *state;
    struct peer *peer = fixture->peer;
    const char *good = "{\"properties\":{\"message\":\"seen\"}}";
    (void)expect(fixture, peer_put(peer, COMMENT, good), "comment", 201);
    (void)expect(fixture, peer_put(peer, COMMENT, good), "comment", 200);
    (void)expect(fixture, peer_put(peer, COMMENT, "{\"properties\":{}}"), "comment", 400);
    (void)expect(fixture, peer_get(peer, INCIDENT "/comments" VERSION), "comments", 200);
    peer_fault(peer, "{\"where\":\"comment\",\"what\":429,\"retry_after\":17}");
    (void)expect(fixture, peer_put(peer, COMMENT, good), "comment", 429);
    peer_fault(peer, "{\"where\":\"comment\",\"what\":503}");
    (void)expect(fixture, peer_put(peer, COMMENT, good), "comment", 503);
}

/* The checker itself must be able to say no. */
static void wrong_shapes_are_found(void **state)
{
    static const struct {
        const char *value;
        const char *fault;
    } rows[] = {
        {"{\"a\":\"x\",\"n\":1}", ""},
        {"{\"a\":\"x\",\"n\":null}", ""},
        {"{\"n\":1}", "answer: a required member is missing"},
        {"{\"a\":\"y\",\"n\":1}", "answer.a: not one of the allowed words"},
        {"{\"a\":1,\"n\":1}", "answer.a: wrong type"},
        {"{\"a\":null,\"n\":1}", "answer.a: null"},
        {"{\"a\":\"x\"}", "answer.n: the API's example has it, the answer has not"},
        {"{\"a\":\"x\",\"n\":1,\"b\":1}", "answer.b: the API has no such member"},
        {"{\"a\":\"x\",\"n\":1,\"t\":\"noon\"}", "answer.t: no date-time"},
        {"{\"a\":\"x\",\"n\":1,\"l\":[\"1\",\"123\"]}", "answer.l[1]: too long"},
    };
    static const char schema[] =
        "{\"type\":\"object\",\"required\":[\"a\"],\"properties\":{"
        "\"a\":{\"type\":\"string\",\"enum\":[\"x\"]},"
        "\"n\":{\"type\":\"integer\",\"nullable\":true},"
        "\"t\":{\"type\":\"string\",\"format\":\"date-time\"},"
        "\"l\":{\"type\":\"array\",\"items\":{\"type\":\"string\",\"maxLength\":2}}}}";
    struct arena *arena = peer_arena(((const struct fixture *)*state)->peer);
    struct quell_value shape, members, value;
    struct quell_error err;
    size_t i;
    assert_int_equal(json_read(arena, quell_str_of(schema), 10000, &shape, NULL, &err), QUELL_OK);
    assert_int_equal(
        json_read(arena, QUELL_STR("{\"a\":null,\"n\":null}"), 1000, &members, NULL, &err),
        QUELL_OK);
    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct quell_str fault;
        assert_int_equal(json_read(arena, quell_str_of(rows[i].value), 1000, &value, NULL, &err),
                         QUELL_OK);
        fault = shape_check(arena, shape, members, value);
        if (!str_is(fault, rows[i].fault))
            fail_msg("%s: `%.*s`", rows[i].value, QUELL_ARG(fault));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(wrong_shapes_are_found),     cmocka_unit_test(tokens_have_their_shape),
        cmocka_unit_test(machines_have_their_shape),  cmocka_unit_test(actions_have_their_shape),
        cmocka_unit_test(incidents_have_their_shape), cmocka_unit_test(comments_have_their_shape),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
