/*
 * test_states.c - the range behaves as the services do: machine actions move by the clock,
 * duplicates are answered as the real service answers them, bodies are case-sensitive, tokens have
 * an audience and an end.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/str.h"
#include "peer.h"

#define DEVICE "1e5bc9d7e413ddd7902c2932e418702b84d0cc07"
#define ISOLATE "/api/machines/" DEVICE "/isolate"
#define RELEASE "/api/machines/" DEVICE "/unisolate"
#define FULL "{\"Comment\":\"c [quell:run-1/contain]\",\"IsolationType\":\"Full\"}"
#define COMMENT_ONLY "{\"Comment\":\"c [quell:run-1/release]\"}"
#define INCIDENT                                                                                   \
    "/subscriptions/s/resourceGroups/g/providers/Microsoft.OperationalInsights/workspaces/w/"      \
    "providers/Microsoft.SecurityInsights/Incidents/i"
#define VERSION "?api-version=2025-09-01"

static int start(void **state)
{
    *state = peer_start(QUELL_RANGE, (const char *const[]){"--page-size", "2", NULL});
    return 0;
}

static int stop(void **state)
{
    peer_stop(*state);
    return 0;
}

static int reset(void **state)
{
    return peer_post(*state, "/_range/reset", "{}").status == 200 ? 0 : -1;
}

static void expect_code(struct peer_answer answer, int status, const char *code)
{
    struct quell_str got = quell_get_str(quell_get(answer.json, "error"), "code");
    if (answer.status != status || !str_is(got, code))
        fail_msg("%d %.*s instead of %d %s", answer.status, QUELL_ARG(answer.body), status, code);
}

/* Starts one and gives its path. */
static const char *start_action(struct peer *peer, const char *path, const char *body)
{
    struct peer_answer answer = peer_post(peer, path, body);
    struct quell_str id = quell_get_str(answer.json, "id");
    assert_int_equal(answer.status, 201);
    return arena_format(peer_arena(peer), "/api/machineactions/%.*s", QUELL_ARG(id)).data;
}

static void expect_status(struct peer *peer, const char *action, const char *status)
{
    struct quell_str got = quell_get_str(peer_get(peer, action).json, "status");
    if (!str_is(got, status))
        fail_msg("%.*s instead of %s", QUELL_ARG(got), status);
}

static bool isolated(struct peer *peer)
{
    struct quell_value machines = quell_get(peer_get(peer, "/_range/state").json, "machines");
    assert_int_equal(quell_count(machines), 1);
    return quell_get_bool(quell_at(machines, 0), "isolated", false);
}

static void actions_move_by_the_clock(void **state)
{
    const char *action = start_action(*state, ISOLATE, FULL);
    expect_status(*state, action, "Pending");
    peer_advance(*state, 1999);
    expect_status(*state, action, "Pending");
    peer_advance(*state, 1);
    expect_status(*state, action, "InProgress");
    assert_false(isolated(*state));
    peer_advance(*state, 2000);
    expect_status(*state, action, "Succeeded");
    assert_true(isolated(*state));
    action = start_action(*state, RELEASE, COMMENT_ONLY);
    peer_advance(*state, 4000);
    expect_status(*state, action, "Succeeded");
    assert_false(isolated(*state));
}

static void actions_can_end_badly(void **state)
{
    const char *action;
    peer_fault(*state, "{\"where\":\"isolate\",\"what\":\"failed\"}");
    action = start_action(*state, ISOLATE, FULL);
    peer_advance(*state, 4000);
    expect_status(*state, action, "Failed");
    peer_fault(*state, "{\"where\":\"isolate\",\"what\":\"timed-out\"}");
    action = start_action(*state, ISOLATE, FULL);
    peer_advance(*state, 4000);
    expect_status(*state, action, "TimeOut");
    assert_false(isolated(*state));
    expect_status(*state, start_action(*state, ISOLATE, FULL), "Pending");
}

static void a_duplicate_in_flight_is_refused(void **state)
{
    const char *action = start_action(*state, ISOLATE, FULL);
    struct peer_answer answer;
    expect_code(peer_post(*state, ISOLATE, FULL), 400, "ActiveRequestAlreadyExists");
    peer_fault(*state, "{\"where\":\"isolate\",\"what\":\"return-pending\"}");
    answer = peer_post(*state, ISOLATE, FULL);
    assert_int_equal(answer.status, 201);
    assert_true(str_ends(quell_str_of(action), quell_get_str(answer.json, "id")));
    assert_int_equal(peer_effects(*state, "isolate"), 1);
}

static void a_duplicate_of_a_held_isolation_sticks(void **state)
{
    const char *second;
    (void)start_action(*state, ISOLATE, FULL);
    peer_advance(*state, 4000);
    second = start_action(*state, ISOLATE, FULL);
    peer_advance(*state, 3600000);
    expect_status(*state, second, "Pending");
    (void)start_action(*state, RELEASE, COMMENT_ONLY);
    peer_advance(*state, 4000);
    assert_false(isolated(*state));
    peer_advance(*state, 1000);
    expect_status(*state, second, "Succeeded");
    assert_true(isolated(*state)); /* what was reported of the real service */
    assert_int_equal(peer_effects(*state, "isolate"), 2);
    assert_int_equal(quell_count(quell_get(peer_get(*state, "/_range/effects").json, "duplicates")),
                     1);
}

static void cancelling_ends_what_runs(void **state)
{
    const char *action = start_action(*state, ISOLATE, FULL);
    const char *cancel = arena_format(peer_arena(*state), "%s/cancel", action).data;
    expect_code(peer_post(*state, cancel, "{}"), 400, "InvalidRequestBody");
    assert_int_equal(peer_post(*state, cancel, COMMENT_ONLY).status, 200);
    peer_advance(*state, 4000);
    expect_status(*state, action, "Cancelled");
    expect_code(peer_post(*state, cancel, COMMENT_ONLY), 400, "BadRequest");
    assert_false(isolated(*state));
}

static void bodies_are_case_sensitive(void **state)
{
    expect_code(peer_post(*state, ISOLATE, "{\"comment\":\"c\",\"IsolationType\":\"Full\"}"), 400,
                "InvalidRequestBody");
    expect_code(peer_post(*state, ISOLATE, "{\"Comment\":\"c\",\"isolationType\":\"Full\"}"), 400,
                "InvalidRequestBody");
    expect_code(peer_post(*state, ISOLATE, "{\"Comment\":\"c\",\"IsolationType\":\"full\"}"), 400,
                "InvalidInput");
    expect_code(peer_post(*state, ISOLATE, "{\"Comment\":\"c\"}"), 400, "MissingRequiredParameter");
    expect_code(peer_post(*state, ISOLATE, "{\"IsolationType\":\"Full\"}"), 400,
                "MissingRequiredParameter");
    expect_code(peer_post(*state, ISOLATE, "no json"), 400, "InvalidRequestBody");
    assert_int_equal(peer_effects(*state, "isolate"), 0);
}

static void machines_can_be_set_up(void **state)
{
    struct peer_answer answer;
    assert_int_equal(
        peer_post(*state, "/_range/machine", "{\"id\":\"phone-1\",\"osPlatform\":\"iOS\"}").status,
        200);
    expect_code(peer_post(*state, "/api/machines/phone-1/isolate", FULL), 400,
                "OsPlatformNotSupported");
    expect_code(peer_post(*state, "/api/machines/unknown-7/isolate", FULL), 404,
                "ResourceNotFound");
    answer =
        peer_get(*state, "/api/machines?$filter=computerDnsName%20eq%20'pc-9.contoso.example'");
    assert_int_equal(quell_count(quell_get(answer.json, "value")), 1);
    answer = peer_get(*state, "/api/machines?$filter=computerDnsName%20eq%20'unknown-9'");
    assert_int_equal(quell_count(quell_get(answer.json, "value")), 0);
}

static size_t list_count(struct peer *peer, const char *query)
{
    const char *path = arena_format(peer_arena(peer), "/api/machineactions?%s", query).data;
    struct peer_answer answer = peer_get(peer, path);
    assert_int_equal(answer.status, 200);
    return quell_count(quell_get(answer.json, "value"));
}

static void lists_are_filtered_and_paged(void **state)
{
    struct peer_answer answer;
    struct quell_str link;
    size_t at;
    (void)start_action(*state, ISOLATE, FULL);
    peer_advance(*state, 4000);
    (void)start_action(*state, RELEASE, COMMENT_ONLY);
    peer_advance(*state, 4000);
    (void)start_action(*state, "/api/machines/other/isolate", FULL);
    assert_int_equal(list_count(*state, "$filter=type%20eq%20'Unisolate'"), 1);
    assert_int_equal(list_count(*state,
                                "$filter=machineId%20eq%20'" DEVICE "'%20and%20(type%20eq%20"
                                "'Isolate'%20or%20type%20eq%20'Unisolate')"),
                     2);
    assert_int_equal(
        list_count(*state, "$filter=machineId%20eq%20'" DEVICE "'%20and%20type%20eq%20'Isolate'"),
        1);
    assert_int_equal(list_count(*state, "$filter=status%20ne%20'Succeeded'"), 1);
    assert_int_equal(list_count(*state, "$filter=contains(requestorComment,'run-1/contain')"), 2);
    assert_int_equal(list_count(*state, "$top=1"), 1);
    answer = peer_get(*state, "/api/machineactions?$orderby=creationDateTimeUtc%20desc");
    assert_true(quell_text_is(quell_get(quell_at(quell_get(answer.json, "value"), 1), "type"),
                              "Unisolate"));
    link = quell_get_str(answer.json, "@odata.nextLink");
    at = str_find(link, QUELL_STR("/api/"), 0);
    assert_true(at != SIZE_MAX);
    answer = peer_get(*state, arena_str(peer_arena(*state), str_slice(link, at, link.len)).data);
    assert_int_equal(quell_count(quell_get(answer.json, "value")), 1);
    assert_true(quell_is_null(quell_get(answer.json, "@odata.nextLink")));
    expect_code(peer_get(*state, "/api/machineactions?$filter=type%20eq"), 400, "ODataError");
    expect_code(peer_get(*state, "/api/machineactions?$top=0"), 400, "ODataError");
}

static const char *sign_in(struct peer *peer, const char *scope)
{
    const char *form = arena_format(peer_arena(peer),
                                    "grant_type=client_credentials&client_id=11111111-1111-1111-"
                                    "1111-111111111111&client_secret=range-secret&scope=%s",
                                    scope)
                           .data;
    struct peer_request request = {.method = "POST",
                                   .path = "/t/oauth2/v2.0/token",
                                   .type = "application/x-www-form-urlencoded",
                                   .body = form};
    struct quell_str token = quell_get_str(peer_ask(peer, &request).json, "access_token");
    assert_true(token.len > 0);
    return arena_str(peer_arena(peer), token).data;
}

static int visit(struct peer *peer, const char *token)
{
    struct peer_request request = {.method = "GET", .path = "/api/machines", .token = token};
    return peer_ask(peer, &request).status;
}

static void tokens_have_an_audience_and_an_end(void **state)
{
    const char *good = sign_in(*state, "https://api.securitycenter.microsoft.com/.default");
    const char *other = sign_in(*state, "https://management.azure.com/.default");
    assert_int_equal(visit(*state, good), 200);
    assert_int_equal(visit(*state, other), 401);
    assert_int_equal(visit(*state, NULL), 401);
    peer_advance(*state, 3598 * 1000);
    assert_int_equal(visit(*state, good), 200);
    peer_advance(*state, 1000);
    assert_int_equal(visit(*state, good), 401);
    assert_int_equal(quell_get_int(peer_get(*state, "/_range/state").json, "tokens_issued", 0), 2);
}

static void comments_are_put_at_their_id(void **state)
{
    const char *path = INCIDENT "/comments/4bb36b7b-26ff-4d1c-9cbe-0d8ab3da0014" VERSION;
    struct peer_answer answer;
    assert_int_equal(peer_put(*state, path, "{\"properties\":{\"message\":\"one\"}}").status, 201);
    assert_int_equal(peer_put(*state, path, "{\"properties\":{\"message\":\"two\"}}").status, 200);
    answer = peer_get(*state, INCIDENT "/comments" VERSION);
    assert_int_equal(quell_count(quell_get(answer.json, "value")), 1);
    answer = peer_get(*state, INCIDENT VERSION);
    assert_int_equal(
        quell_get_int(quell_get(quell_get(answer.json, "properties"), "additionalData"),
                      "commentsCount", 0),
        1);
    assert_int_equal(peer_effects(*state, "comment"), 1);
    assert_int_equal(peer_effects(*state, "comment-update"), 1);
    expect_code(peer_put(*state, INCIDENT "/comments/no-guid" VERSION,
                         "{\"properties\":{\"message\":\"x\"}}"),
                400, "BadRequest");
    expect_code(peer_get(*state, INCIDENT "/comments?api-version=2019-01-01"), 400,
                "InvalidApiVersionParameter");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(actions_move_by_the_clock, reset),
        cmocka_unit_test_setup(actions_can_end_badly, reset),
        cmocka_unit_test_setup(a_duplicate_in_flight_is_refused, reset),
        cmocka_unit_test_setup(a_duplicate_of_a_held_isolation_sticks, reset),
        cmocka_unit_test_setup(cancelling_ends_what_runs, reset),
        cmocka_unit_test_setup(bodies_are_case_sensitive, reset),
        cmocka_unit_test_setup(machines_can_be_set_up, reset),
        cmocka_unit_test_setup(lists_are_filtered_and_paged, reset),
        cmocka_unit_test_setup(tokens_have_an_audience_and_an_end, reset),
        cmocka_unit_test_setup(comments_are_put_at_their_id, reset),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
