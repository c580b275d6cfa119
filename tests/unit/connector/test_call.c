/*
 * test_call.c - the requests of a call: what is sent again and what never, and what a lost answer
 * means for each class of repetition.
 */
#include "acts.h"

/* ---- sending ---------------------------------------------------------------------------------*/

static void nothing_leaves_before_it_is_journaled(void **state)
{
    struct stage *stage = *state;
    static const char *const answers[] = {OK, NULL};
    struct call_request request;
    struct told told;

    stage->peer = peer_new(stage->loop, say_list, (void *)(uintptr_t)answers);
    stage_connect(stage, CONNECTION);
    stage->hold = true;
    request = stage_request(stage, &once, "http", "{}");
    stage_start(stage, &told, &request);
    assert_string_equal(told.log, "S");
    assert_true(str_is(told.state, "{\"phase\":\"sent\"}"));
    for (size_t i = 0; i < 20; i++)
        loop_once(stage->loop, 0);
    assert_int_equal(stage->peer->accepted, 0);
    call_proceed(told.call);
    peer_wait(stage->loop, &told.ended);
    assert_string_equal(told.log, "Se");
    assert_int_equal(told.code, QUELL_OK);
    assert_int_equal(told.answers, 1);
    assert_non_null(strstr(stage->peer->requests[0], "POST /base/do HTTP/1.1\r\n"));
    assert_non_null(strstr(stage->peer->requests[0], "User-Agent: quell/"));
}

static void throttled_requests_are_sent_again(void **state)
{
    struct stage *stage = *state;
    struct told told;

    RUN(once, "HTTP/1.1 429 x\r\nretry-after-ms: 2\r\nContent-Length: 0\r\n\r\n", EMPTY("503"), OK);
    assert_int_equal(told.code, QUELL_OK);
    assert_int_equal(stage->peer->count, 3);
    assert_string_equal(told.log, "SsSsSe"); /* while it waits nothing is in flight */
    RUN(once, EMPTY("429"));
    assert_int_equal(told.code, QUELL_THROTTLED);
    assert_int_equal(told.error.status, 429);
    assert_int_equal(stage->peer->count, 1 + LIMIT_SEND_RETRIES);
    RUN(once, "HTTP/1.1 429 x\r\nRetry-After: 7200\r\nContent-Length: 0\r\n\r\n");
    assert_int_equal(told.code, QUELL_THROTTLED);
    assert_int_equal(told.error.retry_after_ms, 7200000);
    assert_int_equal(stage->peer->count, 1);
}

/* A wait that would pass the deadline is not begun. */
static void waits_are_bounded_by_the_deadline(void **state)
{
    struct stage *stage = *state;
    static const char *const answers[] = {
        "HTTP/1.1 429 x\r\nRetry-After: 600\r\nContent-Length: 0\r\n\r\n", NULL};
    struct call_request request;
    struct told told;

    stage->peer = peer_new(stage->loop, say_list, (void *)(uintptr_t)answers);
    stage_connect(stage, CONNECTION);
    request = stage_request(stage, &reading, "http", "{}");
    request.deadline_us = clock_now_us() + 60 * 1000000;
    stage_run(stage, &told, &request);
    assert_int_equal(told.code, QUELL_THROTTLED);
}

static void faults_of_the_server_are_asked_again_only_where_harmless(void **state)
{
    struct stage *stage = *state;
    struct told told;

    RUN(reading, EMPTY("500"), EMPTY("502"), OK);
    assert_int_equal(told.code, QUELL_OK);
    RUN(reading, EMPTY("500"));
    assert_int_equal(told.code, QUELL_UNAVAILABLE);
    assert_int_equal(stage->peer->count, 1 + LIMIT_SEND_RETRIES);
    RUN(reading, EMPTY("501"));
    assert_int_equal(stage->peer->count, 1);
    RUN(keyed, EMPTY("500"), OK);
    assert_int_equal(told.code, QUELL_OK);
    RUN(once, EMPTY("500"), OK);
    assert_int_equal(told.code, QUELL_REFUSED);
    assert_int_equal(stage->peer->count, 1);
    RUN(settling, EMPTY("500"), OK); /* looks */
    assert_true(str_is(quell_get_str(told.output, "phase"), "settled"));
    assert_int_equal(stage->peer->count, 2);
    RUN(settling, EMPTY("501"), OK);
    assert_int_equal(told.code, QUELL_REFUSED);
    assert_int_equal(stage->peer->count, 1);
}

static void refusals_say_what_the_service_said(void **state)
{
    struct stage *stage = *state;
    struct told told;
    static const struct {
        const char *status;
        enum quell_code code;
    } rows[] = {{"400", QUELL_REFUSED},   {"401", QUELL_DENIED},   {"403", QUELL_DENIED},
                {"404", QUELL_NOT_FOUND}, {"409", QUELL_CONFLICT}, {"412", QUELL_CONFLICT},
                {"410", QUELL_NOT_FOUND}, {"422", QUELL_REFUSED}};

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char answer[512];
        (void)snprintf(
            answer, sizeof(answer),
            "HTTP/1.1 %s x\r\nContent-Type: application/json\r\nContent-Length: "
            "54\r\n\r\n{\"error\":{\"code\":\"BadThing\",\"message\":\"it \\u000a is\"}}",
            rows[i].status);
        RUN(once, answer);
        assert_int_equal(told.code, rows[i].code);
        assert_int_equal(told.error.status, (int)strtol(rows[i].status, NULL, 10));
        assert_non_null(strstr(told.error.message, "BadThing: it   is"));
    }
}

/* ---- lost answers ----------------------------------------------------------------------------*/

static void a_lost_answer_is_repeated_where_harmless(void **state)
{
    struct stage *stage = *state;
    struct told told;

    RUN(reading, "lose", "lose", OK);
    assert_int_equal(told.code, QUELL_OK);
    RUN(keyed, "lose", OK);
    assert_int_equal(told.code, QUELL_OK);
    assert_int_equal(stage->peer->count, 2);
    assert_string_equal(told.log, "Se");
    RUN(keyed, "lose");
    assert_int_equal(told.code, QUELL_UNAVAILABLE); /* nobody must decide about it */
    assert_int_equal(stage->peer->count, 1 + LIMIT_SEND_RETRIES);
}

static void a_lost_answer_to_a_once_action_is_unknown(void **state)
{
    struct stage *stage = *state;
    struct told told;

    RUN(once, "lose", OK);
    assert_int_equal(told.code, QUELL_UNKNOWN_OUTCOME);
    assert_int_equal(stage->peer->count, 1);
    RUN(once, EMPTY("502"), OK);
    assert_int_equal(told.code, QUELL_UNKNOWN_OUTCOME);
    assert_int_equal(stage->peer->count, 1);
    RUN(once, "!HTTP/1.1 201 x\r\nContent-Length: 9\r\n\r\n{", OK); /* cut off */
    assert_int_equal(told.code, QUELL_UNKNOWN_OUTCOME);
    assert_int_equal(stage->peer->count, 1);
}

static void a_lost_answer_is_settled(void **state)
{
    struct stage *stage = *state;
    struct told told;

    RUN(settling, "lose", OK);
    assert_int_equal(told.code, QUELL_OK);
    assert_true(str_is(quell_get_str(told.output, "phase"), "settled"));
    assert_string_equal(told.log, "Sse"); /* settle only reads, whatever it claims */
    RUN(settling, "lose", EMPTY("404"), OK);
    assert_int_equal(told.code, QUELL_OK);
    assert_true(str_is(quell_get_str(told.output, "phase"), "sent"));
    assert_string_equal(told.log, "SsSe");
    RUN(settling, "lose", EMPTY("403"), OK);
    assert_int_equal(told.code, QUELL_UNKNOWN_OUTCOME);
    assert_int_equal(stage->peer->count, 2);
    RUN(looking, "lose", OK);
    assert_int_equal(told.code, QUELL_OK);
    assert_true(str_is(quell_get_str(told.output, "phase"), "looking"));
    assert_string_equal(told.log, "Sse");
}

static const char *lose_changes(struct peer *peer, size_t nth, const char *request)
{
    (void)peer;
    (void)nth;
    return strncmp(request, "POST", 4) == 0 ? NULL : EMPTY("404");
}

static void run_losing(struct stage *stage, struct told *told, const struct quell_action *action)
{
    struct call_request request;

    if (stage->peer)
        peer_free(stage->peer);
    stage->peer = peer_new(stage->loop, lose_changes, NULL);
    stage_connect(stage, CONNECTION);
    request = stage_request(stage, action, "http", "{}");
    stage_run(stage, told, &request);
}

/* It never happened, again and again: at some time that is the answer. */
static void losing_has_an_end(void **state)
{
    struct stage *stage = *state;
    struct told told;

    run_losing(stage, &told, &settling);
    assert_int_equal(told.code, QUELL_UNAVAILABLE);
    assert_int_equal(stage->peer->count, 2 * (LIMIT_SEND_RETRIES + 1));
    run_losing(stage, &told, &looking);
    assert_int_equal(told.code, QUELL_UNAVAILABLE);
    assert_int_equal(stage->peer->count, 2 * (LIMIT_SEND_RETRIES + 1)); /* the last one is a look */
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, stage_set_up, stage_tear_down)
    const struct CMUnitTest tests[] = {
        TEST(nothing_leaves_before_it_is_journaled),
        TEST(throttled_requests_are_sent_again),
        TEST(waits_are_bounded_by_the_deadline),
        TEST(faults_of_the_server_are_asked_again_only_where_harmless),
        TEST(refusals_say_what_the_service_said),
        TEST(a_lost_answer_is_repeated_where_harmless),
        TEST(a_lost_answer_to_a_once_action_is_unknown),
        TEST(a_lost_answer_is_settled),
        TEST(losing_has_an_end),
    };

    return cmocka_run_group_tests_name("connector.call", tests, NULL, NULL);
}
