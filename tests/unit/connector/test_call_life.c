/*
 * test_call_life.c - a call in time: deadline, sleep, taking up after a crash, freeing, and actions
 * that do what they must not.
 */
#include "acts.h"

/* ---- time ------------------------------------------------------------------------------------*/

static void run_to_deadline(struct stage *stage, struct told *told,
                            const struct quell_action *action, const char *const *answers,
                            const char *input)
{
    struct call_request request;

    if (stage->peer)
        peer_free(stage->peer);
    stage->peer = peer_new(stage->loop, say_list, (void *)(uintptr_t)answers);
    stage_connect(stage, CONNECTION);
    request = stage_request(stage, action, "http", input);
    request.deadline_us = clock_now_us() + 60000;
    stage_run(stage, told, &request);
}

static void the_deadline_ends_a_call(void **state)
{
    struct stage *stage = *state;
    static const char *const silent[] = {"", NULL};
    struct told told;

    run_to_deadline(stage, &told, &reading, silent, "{}");
    assert_int_equal(told.code, QUELL_TIMED_OUT);
    run_to_deadline(stage, &told, &keyed, silent, "{}");
    assert_int_equal(told.code, QUELL_TIMED_OUT);
    run_to_deadline(stage, &told, &looking, silent, "{}");
    assert_int_equal(told.code, QUELL_UNKNOWN_OUTCOME);
    run_to_deadline(stage, &told, &once, silent, "{}");
    assert_int_equal(told.code, QUELL_UNKNOWN_OUTCOME);
    run_to_deadline(stage, &told, &settling, silent, "{}");
    assert_int_equal(told.code, QUELL_UNKNOWN_OUTCOME);
    run_to_deadline(stage, &told, &sleeping, silent, "{\"ms\":600000}");
    assert_int_equal(told.code, QUELL_TIMED_OUT);
    assert_string_equal(told.log, "le");
}

static void sleeping_is_journaled_and_counted(void **state)
{
    struct stage *stage = *state;
    struct call_request request;
    struct told told;

    stage_connect(stage, "{}");
    request = stage_request(stage, &sleeping, "http", "{\"turns\":3}");
    stage_run(stage, &told, &request);
    assert_string_equal(told.log, "llle");
    assert_int_equal(told.code, QUELL_OK);
    request = stage_request(stage, &sleeping, "http", "{\"turns\":100000}");
    stage_run(stage, &told, &request);
    assert_int_equal(told.code, QUELL_LIMIT);
}

/* ---- a clock that is set
 * -----------------------------------------------------------------------*/

static int set_up_virtual(void **state)
{
    return stage_set_up_on(state, loop_new_virtual(INT64_C(1777888800000000), 1));
}

/* While the sleep is journaled, and once more while it sleeps. */
static void a_clock_that_is_set_changes_no_sleep(void **state)
{
    struct stage *stage = *state;
    static const int hours[] = {-5, 5, 0};

    stage_connect(stage, "{}");
    for (size_t i = 0; i < sizeof(hours) / sizeof(hours[0]); i++) {
        int64_t by_us = hours[i] * INT64_C(3600000000), begun_us = loop_monotonic_us(stage->loop);
        struct call_request request =
            stage_request(stage, &sleeping, "http", "{\"turns\":1,\"ms\":60000}");
        struct told told;

        stage->hold = true;
        request.deadline_us = loop_now_us(stage->loop) + INT64_C(90000000);
        stage_start(stage, &told, &request);
        assert_int_equal(told.until_us, loop_now_us(stage->loop) + INT64_C(60000000));
        loop_jump(stage->loop, by_us);
        call_proceed(told.call);
        loop_advance(stage->loop, begun_us + INT64_C(59000000));
        assert_string_equal(told.log, "l");
        loop_jump(stage->loop, by_us);
        loop_advance(stage->loop, begun_us + INT64_C(61000000));
        assert_string_equal(told.log, "le");
        assert_int_equal(told.code, QUELL_OK);
    }
}

/* ---- after a crash ---------------------------------------------------------------------------*/

static void takes_up_after_a_crash(void **state)
{
    struct stage *stage = *state;
    static const char *const answers[] = {OK, NULL};
    static const struct {
        const struct quell_action *action;
        bool in_flight;
        enum quell_code code;
        const char *log, *phase;
        size_t requests;
    } rows[] = {
        {&once, true, QUELL_UNKNOWN_OUTCOME, "e", "", 0},
        {&once, false, QUELL_OK, "Se", "sent", 1},
        {&keyed, true, QUELL_OK, "Se", "sent", 1},
        {&reading, false, QUELL_OK, "se", "sent", 1},
        {&settling, true, QUELL_OK, "se", "settled", 1},
        {&looking, true, QUELL_OK, "Se", "sent", 1},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct call_request request;
        struct told told;
        if (stage->peer)
            peer_free(stage->peer);
        stage->peer = peer_new(stage->loop, say_list, (void *)(uintptr_t)answers);
        stage_connect(stage, CONNECTION);
        request = stage_request(stage, rows[i].action, "http", "{}");
        request.resumed = true;
        request.in_flight = rows[i].in_flight;
        request.state = stage_json(stage, "{\"phase\":\"sent\"}");
        stage_run(stage, &told, &request);
        assert_int_equal(told.code, rows[i].code);
        assert_string_equal(told.log, rows[i].log);
        assert_true(str_is(quell_get_str(told.output, "phase"), rows[i].phase));
        assert_int_equal(stage->peer->count, rows[i].requests);
    }
}

static void sleeps_the_rest_after_a_crash(void **state)
{
    struct stage *stage = *state;
    struct call_request request;
    struct told told;

    stage_connect(stage, "{}");
    request = stage_request(stage, &sleeping, "http", "{\"turns\":1}");
    request.resumed = true;
    request.state = stage_json(stage, "{\"turns\":1}");
    request.sleep_until_us = clock_now_us() + 20000;
    stage_start(stage, &told, &request);
    assert_string_equal(told.log, "");
    peer_wait(stage->loop, &told.ended);
    assert_true(clock_now_us() >= request.sleep_until_us);
    assert_string_equal(told.log, "e");
}

/* ---- what must not happen --------------------------------------------------------------------*/

static void faults_of_an_action_end_the_call(void **state)
{
    struct stage *stage = *state;
    static const struct {
        const char *what;
        enum quell_code code;
    } rows[] = {{"nothing", QUELL_INVALID},
                {"another", QUELL_INVALID},
                {"contradicts", QUELL_INVALID},
                {"escape", QUELL_INVALID},
                {"big", QUELL_LIMIT}};
    struct told told;

    stage_connect(stage, "{}");
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char input[64];
        struct call_request request;
        (void)snprintf(input, sizeof(input), "{\"path\":\"%s\"}", rows[i].what);
        request = stage_request(stage, &odd, "http", input);
        stage_run(stage, &told, &request);
        assert_int_equal(told.code, rows[i].code);
        assert_string_equal(told.log, "e");
    }
}

static void outputs_are_utf8(void **state)
{
    struct stage *stage = *state;
    struct call_request request;
    struct told told;

    stage_connect(stage, "{}");
    request = stage_request(stage, &odd, "http", "{\"path\":\"latin\"}");
    stage_run(stage, &told, &request);
    assert_int_equal(told.code, QUELL_OK);
    assert_true(str_is(quell_get_str(told.output, "phase"), "a\xEF\xBF\xBD z"));
}

static void hostile_paths_and_inputs_do_not_leave(void **state)
{
    struct stage *stage = *state;
    static const char *const answers[] = {OK, NULL};
    static const char *const inputs_json[] = {
        "{\"path\":\"/a/../b\"}",
        "{\"path\":\"/a/%2e%2e/b\"}",
        "{\"path\":\"/./b\"}",
        "{\"path\":\"/a/.%2E\"}",
        "{\"path\":\"/a b\"}",
        "{\"path\":\"/a\\r\\nX: y\"}",
        "{\"path\":\"/a#b\"}",
        "{\"path\":\"/a\\\\b\"}",
        "{\"path\":\"http://evil.example/\"}",
        "{\"path\":\"//evil.example/\"}",
        "{\"path\":\"@evil.example/\"}",
        "{\"path\":\".evil.example/\"}",
        "{\"line\":\"a\\r\\nb\"}",
        "{\"line\":\"a\\u0000b\"}",
    };
    struct told told;

    stage->peer = peer_new(stage->loop, say_list, (void *)(uintptr_t)answers);
    stage_connect(stage, CONNECTION);
    for (size_t i = 0; i < sizeof(inputs_json) / sizeof(inputs_json[0]); i++) {
        struct call_request request = stage_request(stage, &once, "http", inputs_json[i]);
        stage_run(stage, &told, &request);
        if (i == 9) { /* two slashes are a path of the same host */
            assert_int_equal(told.code, QUELL_OK);
            continue;
        }
        if (told.code != QUELL_INVALID)
            fail_msg("%s: %d", inputs_json[i], told.code);
        assert_string_equal(told.log, "e");
    }
    assert_int_equal(stage->peer->count, 1);
    assert_non_null(strstr(stage->peer->requests[0], "POST /base//evil.example/ HTTP"));
}

static void a_call_without_a_connection_ends(void **state)
{
    struct stage *stage = *state;
    struct call_request request;
    struct told told;

    stage_connect(stage, "{}");
    request = stage_request(stage, &once, "http", "{}");
    request.connection = NULL;
    stage_run(stage, &told, &request);
    assert_int_equal(told.code, QUELL_INVALID);
    assert_non_null(strstr(told.error.message, "connector http"));
}

/* Freed while journaling, in flight, asleep, and with the set of connections gone before it. */
static void a_call_may_be_freed_at_any_time(void **state)
{
    struct stage *stage = *state;
    static const char *const silent[] = {"", NULL};
    struct call_request request;
    struct told told;

    stage->peer = peer_new(stage->loop, say_list, (void *)(uintptr_t)silent);
    stage_connect(stage, CONNECTION);
    stage->hold = true;
    request = stage_request(stage, &once, "http", "{}");
    stage_start(stage, &told, &request);
    call_free(told.call);
    stage->hold = false;
    stage_start(stage, &told, &request);
    while (stage->peer->count == 0)
        loop_once(stage->loop, -1);
    connections_free(stage->connections);
    stage->connections = NULL;
    call_free(told.call);
    stage_connect(stage, CONNECTION);
    request = stage_request(stage, &sleeping, "http", "{\"ms\":600000}");
    stage_start(stage, &told, &request);
    call_free(told.call);
    for (size_t i = 0; i < 5; i++)
        loop_once(stage->loop, 0);
    assert_false(told.ended);
}

/* ---- from outside the tree -------------------------------------------------------------------*/

static const char *say_greeting(struct peer *peer, size_t nth, const char *request)
{
    (void)peer;
    (void)nth;
    (void)request;
    return "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 21\r\n\r\n"
           "{\"greeting\": \"hello\"}";
}

static void a_connector_from_a_shared_object_runs(void **state)
{
    struct stage *stage = *state;
    struct call_request request;
    struct told told;

    stage->peer = peer_new(stage->loop, say_greeting, NULL);
    stage_connect(stage,
                  "{\"example\":{\"url\":\"http://127.0.0.1:%u\",\"egress\":[\"127.0.0.0/8\"]}}");
    request =
        stage_request(stage, stage_action(stage, "example.greet"), "example", "{\"name\":\"a/b\"}");
    stage_run(stage, &told, &request);
    assert_int_equal(told.code, QUELL_OK);
    assert_true(str_is(quell_get_str(told.output, "greeting"), "hello"));
    assert_string_equal(told.log, "lse");
    assert_non_null(strstr(stage->peer->requests[0], "GET /greet/a%2Fb HTTP"));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, stage_set_up, stage_tear_down)
    const struct CMUnitTest tests[] = {
        TEST(the_deadline_ends_a_call),
        TEST(sleeping_is_journaled_and_counted),
        TEST(takes_up_after_a_crash),
        TEST(sleeps_the_rest_after_a_crash),
        cmocka_unit_test_setup_teardown(a_clock_that_is_set_changes_no_sleep, set_up_virtual,
                                        stage_tear_down),
        TEST(faults_of_an_action_end_the_call),
        TEST(outputs_are_utf8),
        TEST(hostile_paths_and_inputs_do_not_leave),
        TEST(a_call_without_a_connection_ends),
        TEST(a_call_may_be_freed_at_any_time),
        TEST(a_connector_from_a_shared_object_runs),
    };

    return cmocka_run_group_tests_name("connector.call_life", tests, NULL, NULL);
}
