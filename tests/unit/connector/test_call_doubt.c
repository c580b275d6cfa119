/*
 * test_call_doubt.c - actions that look by themselves what became of a change whose answer was
 * lost: what they find, what they cannot find out, and what is not made after all.
 */
#include "acts.h"

static void a_look_that_fails_leaves_it_unknown(void **state)
{
    struct stage *stage = *state;
    struct told told;

    RUN(looking, "lose", EMPTY("403"));
    assert_int_equal(told.code, QUELL_UNKNOWN_OUTCOME);
    assert_non_null(strstr(told.error.message, "looking for the outcome failed"));
    RUN(looking, EMPTY("408"), EMPTY("403")); /* it may have taken its time */
    assert_int_equal(told.code, QUELL_UNKNOWN_OUTCOME);
    assert_int_equal(stage->peer->count, 2);
    RUN(looking, EMPTY("403"));
    assert_int_equal(told.code, QUELL_DENIED);
}

/* Not found, it was sent again, and that was refused: nothing is in doubt. */
static void what_was_not_found_and_is_refused_is_known(void **state)
{
    struct stage *stage = *state;
    struct told told;

    RUN(looking, "lose", EMPTY("404"), EMPTY("403"));
    assert_int_equal(told.code, QUELL_DENIED);
    assert_int_equal(stage->peer->count, 3);
}

static void what_was_found_is_followed_like_any_other(void **state)
{
    struct stage *stage = *state;
    struct told told;

    RUN(looking, "lose", EMPTY("202"), EMPTY("403"));
    assert_int_equal(told.code, QUELL_DENIED);
    assert_string_equal(told.log, "Ssse");
}

static void what_is_out_of_sight_is_in_doubt_until_it_is_found(void **state)
{
    struct stage *stage = *state;
    struct told told;

    RUN(looking, EMPTY("206"), EMPTY("403"));
    assert_int_equal(told.code, QUELL_UNKNOWN_OUTCOME);
    RUN(looking, EMPTY("206"), EMPTY("202"), EMPTY("403"));
    assert_int_equal(told.code, QUELL_DENIED);
}

static void take_up_late(struct stage *stage, struct told *told, const struct quell_action *action,
                         const char *const *answers)
{
    struct call_request request;

    if (stage->peer)
        peer_free(stage->peer);
    stage->peer = peer_new(stage->loop, say_list, (void *)(uintptr_t)answers);
    stage_connect(stage, CONNECTION);
    request = stage_request(stage, action, "http", "{}");
    request.resumed = request.in_flight = true;
    request.state = stage_json(stage, "{\"phase\":\"lost\"}");
    request.deadline_us = clock_now_us() - 1000000;
    stage_run(stage, told, &request);
}

/* Taken up with a change perhaps on its way, long after its deadline: there is time to look. */
static void a_late_look_is_a_look(void **state)
{
    static const char *const answers[] = {OK, NULL};
    struct told told;

    take_up_late(*state, &told, &looking, answers);
    assert_int_equal(told.code, QUELL_OK);
    assert_string_equal(told.log, "se");
}

/* ... and for nothing else: who finds nothing does not make it so late. */
static void what_is_not_found_is_not_made_when_its_time_is_over(void **state)
{
    struct stage *stage = *state;
    static const struct quell_action *const actions[] = {&looking, &settling};
    static const char *const answers[] = {EMPTY("404"), OK, NULL};
    struct told told;
    size_t i;

    for (i = 0; i < 2; i++) {
        take_up_late(stage, &told, actions[i], answers);
        assert_int_equal(told.code, QUELL_TIMED_OUT);
        assert_int_equal(stage->peer->count, 1);
        assert_non_null(strstr(told.error.message, "it did not happen"));
    }
}

static void what_is_not_wanted_any_more_is_not_made_after_all(void **state)
{
    struct stage *stage = *state;
    static const char *const answers[] = {"lose", EMPTY("404"), OK, NULL};
    struct call_request request;
    struct told told;

    stage->peer = peer_new(stage->loop, say_list, (void *)(uintptr_t)answers);
    stage_connect(stage, CONNECTION);
    stage->unwanted = true;
    request = stage_request(stage, &looking, "http", "{}");
    stage_run(stage, &told, &request);
    assert_int_equal(told.code, QUELL_UNAVAILABLE);
    assert_int_equal(stage->peer->count, 2);
    assert_non_null(strstr(told.error.message, "it did not happen"));
    RUN(settling, "lose", EMPTY("404"), OK);
    assert_int_equal(told.code, QUELL_UNAVAILABLE);
    assert_int_equal(stage->peer->count, 2);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, stage_set_up, stage_tear_down)
    const struct CMUnitTest tests[] = {
        TEST(a_look_that_fails_leaves_it_unknown),
        TEST(what_was_not_found_and_is_refused_is_known),
        TEST(what_was_found_is_followed_like_any_other),
        TEST(what_is_out_of_sight_is_in_doubt_until_it_is_found),
        TEST(a_late_look_is_a_look),
        TEST(what_is_not_found_is_not_made_when_its_time_is_over),
        TEST(what_is_not_wanted_any_more_is_not_made_after_all),
    };

    return cmocka_run_group_tests_name("connector.call.doubt", tests, NULL, NULL);
}
