/*
 * test_call_halt.c - a call that may not send: it is stopped at every place where something leaves,
 * keeps its state, is announced as nothing on its way, and goes on when it may.
 */
#include "acts.h"

static const char *const good[] = {OK, NULL};

static void stand(struct stage *stage, const char *const *answers)
{
    if (stage->peer)
        peer_free(stage->peer);
    stage->peer = peer_new(stage->loop, say_list, (void *)(uintptr_t)answers);
    stage_connect(stage, CONNECTION);
}

static void turn_loop(struct stage *stage, int64_t ms)
{
    int64_t until = clock_monotonic_us() + ms * 1000;

    while (clock_monotonic_us() < until)
        loop_once(stage->loop, 5);
}

static void start(struct stage *stage, struct told *told, const struct quell_action *action)
{
    struct call_request request = stage_request(stage, action, "http", "{}");

    stage_start(stage, told, &request);
}

static void before_the_first_request(void **state)
{
    const struct quell_action *const actions[] = {&keyed, &once, &looking, &settling};
    struct stage *stage = *state;
    struct told told;

    for (size_t i = 0; i < sizeof(actions) / sizeof(*actions); i++) {
        stand(stage, good);
        stage->halted = true;
        start(stage, &told, actions[i]);
        assert_string_equal(told.log, "s"); /* its state, and nothing on its way */
        assert_non_null(told.call);
        assert_true(call_is_halted(told.call));
        assert_true(call_is_unsent(told.call));
        loop_once(stage->loop, 0);
        assert_int_equal(stage->peer->accepted, 0);
        call_go_on(told.call); /* it still may not */
        assert_string_equal(told.log, "s");
        stage->halted = false;
        call_go_on(told.call);
        peer_wait(stage->loop, &told.ended);
        assert_string_equal(told.log, "sSe");
        assert_int_equal(told.code, QUELL_OK);
        assert_int_equal(stage->peer->count, 1);
    }
}

static void reads_go_on(void **state)
{
    struct stage *stage = *state;
    struct told told;

    stand(stage, good);
    stage->halted = true;
    start(stage, &told, &reading);
    peer_wait(stage->loop, &told.ended);
    assert_int_equal(told.code, QUELL_OK);
}

/* The announcement is on its way to the disk when it is halted. */
static void between_the_announcement_and_the_send(void **state)
{
    struct stage *stage = *state;
    struct told told;

    stand(stage, good);
    stage->hold = true;
    start(stage, &told, &once);
    assert_string_equal(told.log, "S");
    stage->halted = true;
    stage->hold = false;
    call_proceed(told.call); /* nobody looked again: it asks by itself */
    assert_string_equal(told.log, "Ss");
    assert_true(call_is_halted(told.call));
    call_proceed(told.call); /* of the announcement that it is halted */
    assert_int_equal(stage->peer->count, 0);
    stage->halted = false;
    call_go_on(told.call);
    peer_wait(stage->loop, &told.ended);
    assert_string_equal(told.log, "SsSe");
}

/* Told to come back later, and halted meanwhile. */
static void between_two_tries(void **state)
{
    static const char *const busy[] = {EMPTY("503"), OK, NULL};
    const struct quell_action *const actions[] = {&keyed, &once};
    struct stage *stage = *state;
    struct told told;

    for (size_t i = 0; i < 2; i++) {
        stand(stage, busy);
        stage->halted = true;
        stage->until_requests = 1;
        start(stage, &told, actions[i]);
        while (!call_is_halted(told.call))
            loop_once(stage->loop, -1);
        assert_int_equal(stage->peer->count, 1);
        stage->halted = false;
        call_go_on(told.call);
        peer_wait(stage->loop, &told.ended);
        assert_int_equal(told.code, QUELL_OK);
        assert_int_equal(stage->peer->count, 2);
        stage->until_requests = 0;
    }
}

/* A change that was looked for and not found waits to be made anew: halted, or told to come later.
 * The run is cancelled meanwhile. */
static void what_waits_to_be_made_anew_is_asked_for_once_more(void **state)
{
    static const char *const answers[] = {"lose", EMPTY("404"), EMPTY("503"), OK, NULL};
    struct stage *stage = *state;
    struct told told;
    size_t i;

    for (i = 0; i < 2; i++) {
        stand(stage, answers);
        stage->halted = i == 0;
        stage->until_requests = 2;
        stage->unwanted = false;
        start(stage, &told, &looking);
        while (i == 0 ? !call_is_halted(told.call) : stage->peer->count < 3)
            loop_once(stage->loop, -1);
        stage->unwanted = true;
        stage->halted = false;
        call_go_on(told.call);
        peer_wait(stage->loop, &told.ended);
        assert_int_equal(told.code, QUELL_UNAVAILABLE);
        assert_int_equal(stage->peer->count, 2 + i);
    }
}

/* What is on the wire is not torn: its answer counts. */
static void what_left_comes_home(void **state)
{
    struct stage *stage = *state;
    struct told told;

    stand(stage, good);
    start(stage, &told, &once);
    while (!call_in_the_air(told.call))
        loop_once(stage->loop, -1);
    stage->halted = true;
    call_look_again(told.call);
    assert_false(call_is_halted(told.call));
    peer_wait(stage->loop, &told.ended);
    assert_int_equal(told.code, QUELL_OK);
}

/* Its answer was lost, and nobody has looked yet: it is not told that nothing is on its way. */
static void a_doubt_is_kept(void **state)
{
    static const char *const lost[] = {"lose", OK, NULL};
    struct stage *stage = *state;
    struct told told;

    stand(stage, lost);
    call_host_set_backoff(stage->host, 100);
    start(stage, &told, &settling);
    while (!call_in_the_air(told.call))
        loop_once(stage->loop, -1);
    while (call_in_the_air(told.call))
        loop_once(stage->loop, -1);
    stage->halted = true;
    call_look_again(told.call);
    assert_string_equal(told.log, "S");
    assert_false(call_is_halted(told.call));
    stage->halted = false;
    peer_wait(stage->loop, &told.ended);
    assert_int_equal(told.code, QUELL_OK);
    assert_true(str_is(quell_get_str(told.output, "phase"), "settled"));
}

static void the_deadline_goes_on(void **state)
{
    struct stage *stage = *state;
    struct call_request request;
    struct told told;

    stand(stage, good);
    stage->halted = true;
    request = stage_request(stage, &once, "http", "{}");
    request.deadline_us = clock_now_us() + 30000;
    stage_start(stage, &told, &request);
    peer_wait(stage->loop, &told.ended);
    assert_int_equal(told.code, QUELL_TIMED_OUT); /* not unknown: nothing was sent */
    assert_non_null(strstr(told.error.message, "halted"));
    assert_int_equal(stage->peer->accepted, 0);
}

enum { MANY = 1000, SOME = 40 };

/* Most wait inside of libcurl for a connection: each asks at the last moment. */
static void a_thousand_that_queue(void **state)
{
    struct stage *stage = *state;
    struct told *told = calloc(MANY, sizeof(*told));
    size_t i, halted = 0, ended = 0, sent;

    assert_non_null(told);
    stand(stage, good);
    stage->halted = true;
    stage->until_requests = SOME;
    for (i = 0; i < MANY; i++)
        start(stage, &told[i], i % 2 ? &once : &keyed);
    while (halted + ended < MANY) { /* no one looks again: prereq stops them */
        loop_once(stage->loop, -1);
        for (i = halted = ended = 0; i < MANY; i++) {
            halted += told[i].call && call_is_halted(told[i].call);
            ended += told[i].ended;
        }
    }
    sent = stage->peer->count;
    assert_int_equal(sent, ended);
    assert_in_range(sent, SOME, SOME + LIMIT_HOST_CONNECTIONS);
    turn_loop(stage, 30);
    assert_int_equal(stage->peer->count, sent);
    stage->halted = false;
    for (i = 0; i < MANY; i++)
        if (told[i].call)
            call_go_on(told[i].call);
    while (stage->running)
        loop_once(stage->loop, -1);
    assert_int_equal(stage->peer->count, MANY);
    for (i = 0; i < MANY; i++)
        assert_int_equal(told[i].code, QUELL_OK);
    free(told);
}

/* Told at once, those that queue do not wait for their turn to be stopped. */
static void those_that_queue_are_told(void **state)
{
    static const char *const silent[] = {"", NULL};
    struct stage *stage = *state;
    struct told told[LIMIT_HOST_CONNECTIONS + 10];
    size_t i, count = sizeof(told) / sizeof(*told), halted = 0;

    stand(stage, silent);
    for (i = 0; i < count; i++)
        start(stage, &told[i], &keyed);
    while (stage->peer->count < LIMIT_HOST_CONNECTIONS)
        loop_once(stage->loop, -1);
    stage->halted = true;
    for (i = 0; i < count; i++)
        call_look_again(told[i].call);
    for (i = 0; i < count; i++)
        halted += call_is_halted(told[i].call);
    assert_int_equal(halted, 10);
    for (i = 0; i < count; i++)
        call_free(told[i].call);
    assert_int_equal(stage->peer->count, LIMIT_HOST_CONNECTIONS);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, stage_set_up, stage_tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(before_the_first_request),
        TEST(reads_go_on),
        TEST(between_the_announcement_and_the_send),
        TEST(between_two_tries),
        TEST(what_waits_to_be_made_anew_is_asked_for_once_more),
        TEST(what_left_comes_home),
        TEST(a_doubt_is_kept),
        TEST(the_deadline_goes_on),
        TEST(a_thousand_that_queue),
        TEST(those_that_queue_are_told),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
