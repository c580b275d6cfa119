/*
 * test_signin.c - proofs of who we are: fetched once, renewed once, sent to one origin, never
 * shown.
 */
#include "stage.h"

#define SECRET "s3cr3t&with=marks"
#define ENTRA                                                                                      \
    "{\"http\":{\"url\":\"http://127.0.0.1:%u/api\",\"token_url\":\"http://127.0.0.1:%u/token\","  \
    "\"egress\":\"loopback\",\"auth\":{\"kind\":\"client-secret\",\"client_id\":\"app\","          \
    "\"scope\":\"https://api.example/"                                                             \
    ".default\",\"client_secret\":{\"env\":\"QUELL_TEST_SECRET\"}}}}"
#define OK "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi"

/* A token endpoint and an API in one. */
struct entra {
    size_t tokens;        /* given out */
    int64_t life_s;       /* expires_in */
    size_t refuse_first;  /* of the first API requests: 401 */
    const char *extra;    /* members of the token's answer; NULL = none */
    const char *failure;  /* the token endpoint's answer instead of a token; NULL = none */
    size_t failures_left; /* how often */
    char answer[512];
};

static const char *say(struct peer *peer, size_t nth, const char *request)
{
    struct entra *entra = peer->user;
    char json[256];

    (void)nth;
    if (strncmp(request, "POST /token ", 12) != 0) {
        if (entra->refuse_first == 0)
            return OK;
        entra->refuse_first--;
        return "HTTP/1.1 401 x\r\nContent-Length: 0\r\n\r\n";
    }
    if (entra->failure && entra->failures_left > 0) {
        entra->failures_left--;
        return entra->failure;
    }
    entra->tokens++;
    (void)snprintf(json, sizeof(json),
                   "{\"token_type\":\"Bearer\",\"expires_in\":%lld,\"access_token\":\"tok-%zu\"%s}",
                   (long long)entra->life_s, entra->tokens, entra->extra ? entra->extra : "");
    (void)snprintf(entra->answer, sizeof(entra->answer),
                   "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: "
                   "%zu\r\n\r\n%s",
                   strlen(json), json);
    return entra->answer;
}

static size_t requests_with(struct stage *stage, const char *text)
{
    size_t count = 0;

    for (size_t i = 0; i < stage->peer->count; i++)
        count += strstr(stage->peer->requests[i], text) != NULL;
    return count;
}

static void open_stage(struct stage *stage, struct entra *entra, const char *connections)
{
    assert_int_equal(setenv("QUELL_TEST_SECRET", SECRET "\n", 1), 0);
    stage->peer = peer_new(stage->loop, say, entra);
    stage_connect(stage, connections);
}

static struct call_request get(struct stage *stage, const char *input)
{
    return stage_request(stage, stage_action(stage, "http.get"), "http", input);
}

static void a_token_is_fetched_once_for_all(void **state)
{
    struct stage *stage = *state;
    struct entra entra = {.life_s = 3600};
    struct told told[5];
    struct call_request request;

    open_stage(stage, &entra, ENTRA);
    request = get(stage, "{\"url\":\"/x\"}");
    for (size_t i = 0; i < 5; i++)
        stage_start(stage, &told[i], &request);
    while (stage->running > 0)
        loop_once(stage->loop, -1);
    for (size_t i = 0; i < 5; i++)
        assert_int_equal(told[i].code, QUELL_OK);
    stage_run(stage, &told[0], &request);
    assert_int_equal(entra.tokens, 1);
    assert_int_equal(requests_with(stage, "Authorization: Bearer tok-1\r\n"), 6);
    assert_non_null(strstr(stage->peer->requests[0],
                           "\r\n\r\ngrant_type=client_credentials&client_id=app&scope=https%3A%2F%"
                           "2Fapi.example%2F.default&client_secret=s3cr3t%26with%3Dmarks"));
    assert_non_null(
        strstr(stage->peer->requests[0], "Content-Type: application/x-www-form-urlencoded\r\n"));
}

static void a_refused_token_is_renewed_once(void **state)
{
    struct stage *stage = *state;
    struct entra entra = {.life_s = 3600, .refuse_first = 1};
    struct call_request request;
    struct told told;

    open_stage(stage, &entra, ENTRA);
    request = get(stage, "{\"url\":\"/x\"}");
    stage_run(stage, &told, &request);
    assert_int_equal(told.code, QUELL_OK);
    assert_int_equal(entra.tokens, 2);
    assert_string_equal(told.log, "se");
    entra.refuse_first = 100;
    stage_run(stage, &told, &request);
    assert_int_equal(told.code, QUELL_DENIED);
    assert_int_equal(told.error.status, 401);
    assert_int_equal(entra.tokens, 3);
}

/* A token that is due for renewal is used, and replaced in the background. */
static void a_token_is_renewed_ahead(void **state)
{
    struct stage *stage = *state;
    struct entra entra = {.life_s = 3600, .extra = ",\"refresh_in\":0"};
    struct call_request request;
    int64_t due_us;
    struct told told;

    open_stage(stage, &entra, ENTRA);
    request = get(stage, "{\"url\":\"/x\"}");
    stage_run(stage, &told, &request);
    due_us = clock_now_us() + 1000000; /* the soonest there is */
    entra.extra = "";
    while (clock_now_us() < due_us)
        loop_once(stage->loop, (due_us - clock_now_us()) / 1000 + 1);
    assert_int_equal(entra.tokens, 1);
    stage_run(stage, &told, &request);
    assert_int_equal(requests_with(stage, "Bearer tok-1"), 2);
    while (entra.tokens < 2 || requests_with(stage, "Bearer tok-2") < 1)
        stage_run(stage, &told, &request);
    assert_int_equal(told.code, QUELL_OK);
    assert_int_equal(entra.tokens, 2);
}

/* An endpoint that gives out nothing but short-lived tokens is not asked in a circle. */
static void a_short_lived_token_is_used(void **state)
{
    struct stage *stage = *state;
    struct entra entra = {.life_s = 0};
    struct call_request request;
    struct told told;

    open_stage(stage, &entra, ENTRA);
    request = get(stage, "{\"url\":\"/x\"}");
    stage_run(stage, &told, &request);
    assert_int_equal(told.code, QUELL_OK);
    assert_int_equal(entra.tokens, 1);
}

static const char *failure(char *text, size_t size, int status, const char *json)
{
    (void)snprintf(text, size,
                   "HTTP/1.1 %d x\r\nContent-Type: application/json\r\nContent-Length: "
                   "%zu\r\n\r\n%s",
                   status, strlen(json), json);
    return text;
}

static void entras_refusals_are_told(void **state)
{
    struct stage *stage = *state;
    static const struct {
        int status;
        const char *json;
        enum quell_code code;
        const char *word;
    } rows[] = {
        {401,
         "{\"error\":\"invalid_client\",\"error_description\":\"AADSTS7000222: The provided client "
         "secret keys are expired. Trace ID: 1 Correlation ID: 2\",\"error_codes\":[7000222]}",
         QUELL_DENIED, "the client secret has expired"},
        {400,
         "{\"error\":\"unauthorized_client\",\"error_description\":\"AADSTS700016: Application was "
         "not found\",\"error_codes\":[700016]}",
         QUELL_DENIED, "not known in this tenant"},
        {400, "{\"error\":\"temporarily_unavailable\"}", QUELL_UNAVAILABLE, "not possible now"},
        {400, "{\"error\":\"x\",\"error_codes\":[90033]}", QUELL_UNAVAILABLE, "not possible now"},
        {500, "{}", QUELL_UNAVAILABLE, "not possible now"},
        {200, "{\"token\":\"x\"}", QUELL_REFUSED, "no access_token"},
        {401, "no json at all", QUELL_DENIED, "sign-in refused"},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct entra entra = {.life_s = 3600, .failures_left = 1000};
        struct call_request request;
        struct told told;
        char text[1024];
        entra.failure = failure(text, sizeof(text), rows[i].status, rows[i].json);
        if (stage->peer)
            peer_free(stage->peer);
        open_stage(stage, &entra, ENTRA);
        request = get(stage, "{\"url\":\"/x\"}");
        stage_run(stage, &told, &request);
        assert_int_equal(told.code, rows[i].code);
        if (!strstr(told.error.message, rows[i].word))
            fail_msg("%s: %s", rows[i].json, told.error.message);
        assert_null(strstr(told.error.message, "Trace ID"));
        assert_null(strstr(told.error.message, "s3cr3t"));
        assert_int_equal(requests_with(stage, "GET /api"), 0);
    }
}

static void a_sign_in_is_tried_again(void **state)
{
    struct stage *stage = *state;
    struct entra entra = {.life_s = 3600, .failures_left = 3};
    struct call_request request;
    struct told told;
    char text[512];

    entra.failure = failure(text, sizeof(text), 503, "{}");
    open_stage(stage, &entra, ENTRA);
    request = get(stage, "{\"url\":\"/x\"}");
    stage_run(stage, &told, &request);
    assert_int_equal(told.code, QUELL_OK);
    assert_int_equal(requests_with(stage, "POST /token"), 4);
}

static void a_missing_secret_is_denied_without_a_request(void **state)
{
    struct stage *stage = *state;
    struct entra entra = {.life_s = 3600};
    struct call_request request;
    struct told told;

    open_stage(stage, &entra, ENTRA);
    assert_int_equal(unsetenv("QUELL_TEST_SECRET"), 0);
    request = get(stage, "{\"url\":\"/x\"}");
    stage_run(stage, &told, &request);
    assert_int_equal(told.code, QUELL_DENIED);
    assert_non_null(strstr(told.error.message, "QUELL_TEST_SECRET"));
    assert_int_equal(stage->peer->accepted, 0);
}

/* ---- other kinds -----------------------------------------------------------------------------*/

#define CONNECTION(auth)                                                                           \
    "{\"http\":{\"url\":\"http://127.0.0.1:%u/api\",\"egress\":\"loopback\",\"auth\":" auth "}}"

static void each_kind_sends_its_header(void **state)
{
    struct stage *stage = *state;
    static const struct {
        const char *connections, *line;
    } rows[] = {
        {CONNECTION("{\"kind\":\"bearer\",\"token\":{\"env\":\"QUELL_TEST_SECRET\"}}"),
         "Authorization: Bearer " SECRET "\r\n"},
        {CONNECTION("{\"kind\":\"basic\",\"username\":\"u\",\"password\":{\"env\":\"QUELL_TEST_"
                    "SECRET\"}}"),
         "Authorization: Basic dTpzM2NyM3Qmd2l0aD1tYXJrcw==\r\n"},
        {CONNECTION("{\"kind\":\"header\",\"name\":\"X-Key\",\"value\":{\"env\":\"QUELL_TEST_"
                    "SECRET\"}}"),
         "X-Key: " SECRET "\r\n"},
        {CONNECTION("{\"kind\":\"none\"}"), "GET /api/x HTTP/1.1\r\n"},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct entra entra = {.life_s = 3600};
        struct call_request request;
        struct told told;
        if (stage->peer)
            peer_free(stage->peer);
        open_stage(stage, &entra, rows[i].connections);
        request = get(stage, "{\"url\":\"/x\"}");
        stage_run(stage, &told, &request);
        assert_int_equal(told.code, QUELL_OK);
        assert_int_equal(requests_with(stage, rows[i].line), 1);
    }
}

/* The proof goes to the connection's origin, however the request names it, and nowhere else. */
static void a_secret_is_bound_to_its_origin(void **state)
{
    struct stage *stage = *state;
    struct entra entra = {.life_s = 3600}, other_api = {.life_s = 3600};
    struct peer *other;
    struct call_request request;
    struct told told;
    char input[128];

    open_stage(stage, &entra,
               CONNECTION("{\"kind\":\"bearer\",\"token\":{\"env\":\"QUELL_TEST_SECRET\"}}"));
    other = peer_new(stage->loop, say, &other_api);
    (void)snprintf(input, sizeof(input), "{\"url\":\"http://127.0.0.1:%u/x\"}", other->port);
    request = get(stage, input);
    stage_run(stage, &told, &request);
    assert_int_equal(told.code, QUELL_OK);
    assert_null(strstr(other->requests[0], "Authorization"));
    assert_null(strstr(other->requests[0], "s3cr3t"));
    (void)snprintf(input, sizeof(input), "{\"url\":\"http://localhost:%u/x\"}", stage->peer->port);
    request = get(stage, input);
    stage_run(stage, &told, &request); /* another name is another origin */
    assert_int_equal(requests_with(stage, "Authorization"), 0);
    (void)snprintf(input, sizeof(input), "{\"url\":\"HTTP://127.0.0.1:%u/x\"}", stage->peer->port);
    request = get(stage, input);
    stage_run(stage, &told, &request);
    assert_int_equal(requests_with(stage, "Authorization: Bearer " SECRET), 1);
    peer_free(other);
}

static void an_action_cannot_replace_the_proof(void **state)
{
    struct stage *stage = *state;
    struct entra entra = {.life_s = 3600};
    static const char *const inputs[] = {
        "{\"url\":\"/x\",\"headers\":{\"authorization\":\"mine\"}}",
        "{\"url\":\"/x\",\"headers\":{\"Host\":\"evil\"}}",
        "{\"url\":\"/x\",\"headers\":{\"Content-Length\":\"1\"}}",
        "{\"url\":\"/x\",\"headers\":{\"Transfer-Encoding\":\"chunked\"}}",
    };
    struct told told;

    open_stage(stage, &entra,
               CONNECTION("{\"kind\":\"bearer\",\"token\":{\"env\":\"QUELL_TEST_SECRET\"}}"));
    for (size_t i = 0; i < sizeof(inputs) / sizeof(inputs[0]); i++) {
        struct call_request request = get(stage, inputs[i]);
        stage_run(stage, &told, &request);
        assert_int_equal(told.code, QUELL_INVALID);
    }
    assert_int_equal(stage->peer->accepted, 0);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, stage_set_up, stage_tear_down)
    const struct CMUnitTest tests[] = {
        TEST(a_token_is_fetched_once_for_all),
        TEST(a_refused_token_is_renewed_once),
        TEST(a_token_is_renewed_ahead),
        TEST(a_short_lived_token_is_used),
        TEST(entras_refusals_are_told),
        TEST(a_sign_in_is_tried_again),
        TEST(a_missing_secret_is_denied_without_a_request),
        TEST(each_kind_sends_its_header),
        TEST(a_secret_is_bound_to_its_origin),
        TEST(an_action_cannot_replace_the_proof),
    };

    return cmocka_run_group_tests_name("connector.signin", tests, NULL, NULL);
}
