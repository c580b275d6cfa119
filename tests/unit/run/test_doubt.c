/*
 * test_doubt.c - calls of actions that look before they send, when nobody knows what became of an
 * attempt: the next one finds it out, and what cannot find it out leaves it open for a person.
 */
#include "fixture.h"
#include "tell.h"

#define GONE "{\"outcome\":\"failed\",\"error\":{\"code\":\"unavailable\",\"message\":\"down\"}}"
#define SEVER "  - id: a\n    uses: test.sever\n    with: { device_id: d1 }\n"
#define AGAIN SEVER "    retry: { max: 2, first: 1m }\n"

static const struct story doubts[] = {
    {"the next attempt finds out", AGAIN, "{\"a\":[" LOST "," OK "]}",
     "a calls test.sever {\"device_id\":\"d1\"}\n"
     "a waits 60s\n"
     "a calls test.sever {\"device_id\":\"d1\"}\n"
     "a succeeded\n"
     "run succeeded\n"},
    {"without another attempt it waits for a person", SEVER, "{\"a\":[" LOST ",\"happened\"]}",
     "a calls test.sever {\"device_id\":\"d1\"}\n"
     "a held\n"
     "a resolved true\n"
     "a succeeded\n"
     "run succeeded\n"},
    {"so it does where a look of its own has found nothing out: another attempt would not, either",
     "  - id: a\n    uses: test.seal\n    with: { device_id: d1 }\n"
     "    retry: { max: 2, first: 1m, on: [unknown-outcome, network] }\n",
     "{\"a\":[" LOST ",\"happened\"]}",
     "a calls test.seal {\"device_id\":\"d1\"}\n"
     "a held\n"
     "a resolved true\n"
     "a succeeded\n"
     "run succeeded\n"},
    {"so it does when the attempts are used up", AGAIN,
     "{\"a\":[" LOST "," LOST "," LOST ",\"did-not\"," OK "]}",
     "a calls test.sever {\"device_id\":\"d1\"}\n"
     "a waits 60s\n"
     "a calls test.sever {\"device_id\":\"d1\"}\n"
     "a waits 60s\n"
     "a calls test.sever {\"device_id\":\"d1\"}\n"
     "a held\n"
     "a resolved false\n"
     "a calls test.sever {\"device_id\":\"d1\"}\n"
     "a succeeded\n"
     "run succeeded\n"},
    {"one that looked ends the doubt", AGAIN, "{\"a\":[" LOST "," REFUSED "]}",
     "a calls test.sever {\"device_id\":\"d1\"}\n"
     "a waits 60s\n"
     "a calls test.sever {\"device_id\":\"d1\"}\n"
     "a failed refused\n"
     "run failed\n"},
    {"nothing is in doubt where nothing was sent", AGAIN, "{\"a\":[" GONE "," GONE "," GONE "]}",
     "a calls test.sever {\"device_id\":\"d1\"}\n"
     "a waits 60s\n"
     "a calls test.sever {\"device_id\":\"d1\"}\n"
     "a waits 60s\n"
     "a calls test.sever {\"device_id\":\"d1\"}\n"
     "a failed unavailable\n"
     "run failed\n"},
    {"on-error does not take it for a failure", SEVER "    on-error: continue\n",
     "{\"a\":[" LOST ",\"happened\"]}",
     "a calls test.sever {\"device_id\":\"d1\"}\n"
     "a held\n"
     "a resolved true\n"
     "a succeeded\n"
     "run succeeded\n"},
    {"there is no time for another attempt", AGAIN "    timeout: 30s\n",
     "{\"a\":[" LOST ",\"happened\"]}",
     "a calls test.sever {\"device_id\":\"d1\"}\n"
     "a held\n"
     "a resolved true\n"
     "a succeeded\n"
     "run succeeded\n"},
    {"a branch fails while another waits for its next attempt",
     "  - id: p\n    parallel:\n      one:\n        - id: a\n          uses: test.sever\n"
     "          with: { device_id: d1 }\n          retry: { max: 1, first: 20m, cap: 20m }\n"
     "      two:\n        - id: b\n          wait: 10m\n        - fail: no\n",
     "{\"p.one.a\":[" LOST ",\"happened\"]}",
     "p.one.a calls test.sever {\"device_id\":\"d1\"}\n"
     "p.two.b waits 600s\n"
     "p.one.a waits 1200s\n"
     "p.two.b succeeded\n"
     "- failed failed\n"
     "p.one.a held\n"
     "p.one.a resolved true\n"
     "p.one.a succeeded\n"
     "p failed failed\n"
     "run failed\n"},
    {"... and while that attempt is made",
     "  - id: p\n    parallel:\n      one:\n        - id: a\n          uses: test.sever\n"
     "          with: { device_id: d1 }\n          retry: { max: 1, first: 1m }\n"
     "      two:\n        - id: b\n          wait: 1m\n        - fail: no\n",
     "{\"p.one.a\":[" LOST "," LOST ",\"happened\"]}",
     "p.one.a calls test.sever {\"device_id\":\"d1\"}\n"
     "p.two.b waits 60s\n"
     "p.one.a waits 60s\n"
     "p.one.a calls test.sever {\"device_id\":\"d1\"}\n"
     "p.two.b succeeded\n"
     "- failed failed\n"
     "p.one.a held\n"
     "p.one.a resolved true\n"
     "p.one.a succeeded\n"
     "p failed failed\n"
     "run failed\n"},
};

static void doubts_are_told(void **state)
{
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(doubts) / sizeof(*doubts); i++)
        tell(&doubts[i], false);
}

/* Nobody asked until the time for it was over: it is not made, and the doubt stays. */
static void an_attempt_that_comes_too_late_leaves_it_open(void **state)
{
    struct fixture fixture;
    struct teller *teller = &fixture.teller;

    (void)state;
    open_fixture(&fixture, AGAIN "    timeout: 30m\n", "{\"a\":[" LOST ",\"happened\"]}");
    start(teller);
    (void)decide(teller);
    outside(teller, EVENT_CALL_ENDED, QUELL_STR("a"), next_answer(teller, QUELL_STR("a")));
    (void)decide(teller);
    teller->now_us += 40 * INT64_C(60000000);
    go_on(teller);
    told(&fixture, "a calls test.sever {\"device_id\":\"d1\"}\n"
                   "a waits 60s\n"
                   "a held\n"
                   "a resolved true\n"
                   "a succeeded\n"
                   "run succeeded\n");
    close_fixture(&fixture);
}

/* ---- the next attempt -------------------------------------------------------------------------
 */

static struct run_call second_call(struct fixture *fixture, const char *step, const char *answers)
{
    struct teller *teller = &fixture->teller;
    struct map_builder map = {.arena = NULL};
    struct run_call call;

    open_fixture(fixture, step, answers);
    start(teller);
    (void)decide(teller);
    map.arena = teller->arena;
    map_add(&map, "state", quell_text("posted"));
    map_add(&map, "changes", quell_bool(true));
    outside(teller, EVENT_CALL_SENDING, QUELL_STR("a"), map_made(&map));
    outside(teller, EVENT_CALL_ENDED, QUELL_STR("a"), next_answer(teller, QUELL_STR("a")));
    while (!run_find_call(teller->run, QUELL_STR("a"), &call))
        if (decide(teller) == 0)
            assert_true(happen(teller));
    assert_true(call.attempt > 1);
    return call;
}

/* It goes on where the last one was lost, so its action knows that something may be there. */
static void the_next_attempt_looks_for_the_last_one(void **state)
{
    struct fixture fixture;
    struct run_call call = second_call(&fixture, AGAIN, "{\"a\":[" LOST "]}");

    (void)state;
    assert_true(call.has_state && call.in_flight);
    assert_true(quell_text_is(call.state, "posted"));
    close_fixture(&fixture);
    call = second_call(&fixture, SEVER, "{\"a\":[" LOST ",\"did-not\"]}");
    assert_true(call.has_state && call.in_flight);
    close_fixture(&fixture);
}

static void one_of_which_all_is_known_begins_anew(void **state)
{
    struct fixture fixture;
    struct run_call call = second_call(&fixture, AGAIN, "{\"a\":[" GONE "]}");

    (void)state;
    assert_false(call.has_state || call.in_flight);
    close_fixture(&fixture);
    call = second_call(&fixture, "  - id: a\n    uses: test.isolate\n    with: { device_id: d1 }\n",
                       "{\"a\":[" LOST ",\"did-not\"]}");
    assert_false(call.has_state || call.in_flight);
    close_fixture(&fixture);
}

/* It happened, a person says: what `poll` looks at is a call of its own. */
static void a_look_behind_the_call_goes_on_from_nowhere(void **state)
{
    struct fixture fixture;
    struct run_call call = second_call(
        &fixture, SEVER "    poll: { until: \"output.id == 'x'\", every: 1m, timeout: 10m }\n",
        "{\"a\":[" LOST ",\"happened\"]}");

    (void)state;
    assert_true(str_is(quell_str_of(call.action->name), "look"));
    assert_false(call.has_state || call.in_flight);
    close_fixture(&fixture);
}

static bool keep_back(void *user, const struct run *run, const struct step *step,
                      struct quell_str path)
{
    (void)run;
    (void)step;
    (void)path;
    return *(const bool *)user;
}

/* A halt or a breaker keeps the next attempt back: who cancels the run meanwhile, or fails beside
 * it, does not end the doubt. */
static void an_attempt_that_is_kept_back_leaves_it_open(void **state)
{
    bool kept = false;
    struct run_gate gate = {keep_back, &kept};
    struct run_world world = {
        .config = quell_map(NULL, 0), .lists = quell_map(NULL, 0), .gate = &gate};
    struct fixture fixture;
    struct teller *teller = &fixture.teller;

    (void)state;
    open_fixture(&fixture, AGAIN, "{\"a\":[" LOST ",\"happened\"]}");
    run_set_world(teller->run, &world);
    start(teller);
    (void)decide(teller);
    assert_true(happen(teller));
    (void)decide(teller);
    kept = true;
    teller->now_us = run_due(teller->run);
    (void)decide(teller);
    outside(teller, EVENT_RUN_CANCELLING, QUELL_STR(""),
            run_cancel_data(teller->arena, QUELL_STR("ann"), QUELL_STR("enough")));
    go_on(teller);
    told(&fixture, "a calls test.sever {\"device_id\":\"d1\"}\n"
                   "a waits 60s\n"
                   "run is cancelled by ann: enough\n"
                   "a held\n"
                   "a resolved true\n"
                   "a succeeded\n"
                   "run cancelled\n");
    close_fixture(&fixture);
}

/* ---- damaged journals --------------------------------------------------------------------------
 */

static void say_with(struct teller *teller, enum event_kind kind, const char *key,
                     const char *value)
{
    struct map_builder map = {.arena = teller->arena};

    map_add(&map, key, quell_text(value));
    outside(teller, kind, QUELL_STR("a"), map_made(&map));
}

/* An attempt with an unknown outcome, though nobody had agreed to it: people are asked now. */
static void ask_behind_a_doubt(struct teller *teller)
{
    start(teller);
    say_with(teller, EVENT_STEP_STARTED, "id", "a");
    say_with(teller, EVENT_CALL_SCHEDULED, "key", "k");
    say_with(teller, EVENT_CALL_ENDED, "outcome", "unknown");
    say_with(teller, EVENT_RETRY_WAITING, "error", "lost");
    say_with(teller, EVENT_TIMER_FIRED, "due", "");
    (void)decide(teller);
}

static void a_doubt_that_people_are_asked_behind_ends_with_their_answer(void **state)
{
    struct fixture fixture;
    struct teller *teller = &fixture.teller;

    (void)state;
    open_fixture(&fixture, SEVER "    approve: { by: ann, within: 5m }\n    on-error: fail\n",
                 "{}");
    ask_behind_a_doubt(teller);
    teller->now_us = run_due(teller->run);
    (void)decide(teller);
    assert_string_equal(run_state(teller->run), "failed");
    close_fixture(&fixture);
}

/* ---- what is still to be made ------------------------------------------------------------------
 */

static void cancel_now(struct teller *teller)
{
    outside(teller, EVENT_RUN_CANCELLING, QUELL_STR(""),
            run_cancel_data(teller->arena, QUELL_STR("ann"), QUELL_STR("enough")));
    (void)decide(teller);
}

/* It is not made after all, if nobody found it. */
static void a_cancelled_run_does_not_want_what_it_has_sent(void **state)
{
    struct fixture fixture;
    struct teller *teller = &fixture.teller;

    (void)state;
    open_fixture(&fixture, SEVER, "{\"a\":[\"sends\"]}");
    start(teller);
    (void)decide(teller);
    assert_true(happen(teller));
    assert_true(run_wants(teller->run, QUELL_STR("a")));
    cancel_now(teller);
    assert_false(run_wants(teller->run, QUELL_STR("a")));
    close_fixture(&fixture);
}

static void a_cancelled_run_wants_what_tidies(void **state)
{
    struct fixture fixture;
    struct teller *teller = &fixture.teller;

    (void)state;
    open_fixture(&fixture,
                 "  - id: w\n    wait: 10m\nfinally:\n  - id: a\n    uses: test.sever\n"
                 "    with: { device_id: d1 }\n",
                 "{}");
    start(teller);
    (void)decide(teller);
    cancel_now(teller);
    assert_true(run_wants(teller->run, QUELL_STR("finally.a")));
    close_fixture(&fixture);
}

/* Who cancels the run meanwhile, or takes a cancelled one back later. */
static void a_cancelled_run_wants_what_takes_back(void **state)
{
    struct fixture fixture;
    struct teller *teller = &fixture.teller;

    (void)state;
    open_fixture(&fixture,
                 "  - id: x\n    on-error: undo\n    steps:\n      - id: b\n"
                 "        uses: test.block\n        with: { device_id: d1 }\n      - fail: no\n",
                 "{\"x.b\":[" OK "]}");
    start(teller);
    (void)decide(teller);
    assert_true(happen(teller));
    (void)decide(teller);
    cancel_now(teller);
    assert_true(run_is_cancelling(teller->run));
    assert_true(run_wants(teller->run, QUELL_STR("x.b.undo.unblock")));
    close_fixture(&fixture);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(doubts_are_told),
        cmocka_unit_test(the_next_attempt_looks_for_the_last_one),
        cmocka_unit_test(one_of_which_all_is_known_begins_anew),
        cmocka_unit_test(a_look_behind_the_call_goes_on_from_nowhere),
        cmocka_unit_test(an_attempt_that_is_kept_back_leaves_it_open),
        cmocka_unit_test(an_attempt_that_comes_too_late_leaves_it_open),
        cmocka_unit_test(a_doubt_that_people_are_asked_behind_ends_with_their_answer),
        cmocka_unit_test(a_cancelled_run_does_not_want_what_it_has_sent),
        cmocka_unit_test(a_cancelled_run_wants_what_tidies),
        cmocka_unit_test(a_cancelled_run_wants_what_takes_back),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
