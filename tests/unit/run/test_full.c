/*
 * test_full.c - a run of its full size where something is held: it ends all the same, unless
 * somebody has to say what became of a call.
 */
#include "fixture.h"
#include "full.h"

#define ISOLATE(indent, id, device)                                                                \
    indent "- id: " id "\n" indent "  uses: test.isolate\n" indent "  with: { device_id: " device  \
           " }\n"

static void answer(struct teller *teller, const char *path)
{
    outside(teller, EVENT_CALL_ENDED, quell_str_of(path), next_answer(teller, quell_str_of(path)));
}

/* Nothing was sent of what a limit holds. */
static void what_a_limit_holds_keeps_no_full_run(void **state)
{
    struct fixture fixture;
    struct teller *teller = &fixture.teller;

    (void)state;
    open_fixture(&fixture,
                 ISOLATE("  ", "a", "d1")
                     ISOLATE("  ", "b", "d2") "limits: { device: { run: 1 } }\n",
                 "{\"a\":[" OK "]}");
    start(teller);
    (void)decide(teller);
    answer(teller, "a");
    (void)decide(teller);
    assert_string_equal(run_state(teller->run), "held");
    teller->run->seq = LIMIT_RUN_EVENTS;
    (void)decide(teller);
    assert_string_equal(run_state(teller->run), "failed");
    assert_true(quell_text_is(quell_get(run_error(teller->run), "code"), "limit"));
    close_fixture(&fixture);
}

static void what_nobody_knows_keeps_it(void **state)
{
    struct fixture fixture;
    struct teller *teller = &fixture.teller;

    (void)state;
    open_fixture(&fixture, ISOLATE("  ", "a", "d1"), "{\"a\":[" LOST "]}");
    start(teller);
    (void)decide(teller);
    answer(teller, "a");
    (void)decide(teller);
    teller->run->seq = LIMIT_RUN_EVENTS;
    (void)decide(teller);
    assert_string_equal(run_state(teller->run), "held");
    close_fixture(&fixture);
}

/* ---- the window opens in a run that fills up ---------------------------------------------------
 */

static bool keeps(void *user, const struct run *run, const struct step *step, struct quell_str path)
{
    (void)run;
    return *(bool *)user && str_is(step->id, "b");
}

/* There was room for the retry beside it only: the call that was held is not judged anew. */
static void a_window_that_opens_too_late_opens_nothing(void **state)
{
    bool closed = true;
    struct run_gate gate = {keeps, &closed};
    struct run_world world = {
        .config = quell_map(NULL, 0), .lists = quell_map(NULL, 0), .gate = &gate};
    struct fixture fixture;
    struct teller *teller = &fixture.teller;
    struct map_builder held = {.arena = NULL};

    (void)state;
    open_fixture(
        &fixture,
        ISOLATE("  ", "first",
                "d1") "  - id: p\n    parallel:\n"
                      "      one:\n        - id: a\n          uses: test.look\n"
                      "          with: { device_id: d1 }\n          retry: { max: 1, first: 1m }\n"
                      "      two:\n" ISOLATE("        ", "b",
                                             "d2") "limits: { device: { run: 1 } }\n",
        "{\"first\":[" OK "],\"p.one.a\":[" THROTTLED "," OK "]}");
    run_set_world(teller->run, &world);
    start(teller);
    (void)decide(teller);
    answer(teller, "first");
    (void)decide(teller);
    held.arena = teller->arena;
    map_add(&held, "limit", quell_bool(true));
    map_add(&held, "until", value_time_us(teller->now_us + 60 * INT64_C(1000000)));
    outside(teller, EVENT_RUN_HELD, QUELL_STR("p.two.b"), map_made(&held));
    closed = false;
    answer(teller, "p.one.a");
    (void)decide(teller);
    teller->now_us += 60 * INT64_C(1000000);
    teller->run->seq = LIMIT_RUN_EVENTS - 2;
    assert_int_equal(decide(teller), 2);
    answer(teller, "p.one.a");
    go_on(teller);
    told(&fixture, "first calls test.isolate {\"device_id\":\"d1\"}\n"
                   "first succeeded\n"
                   "p.one.a calls test.look {\"device_id\":\"d1\"}\n"
                   "p.two.b held\n"
                   "p.one.a waits 60s\n"
                   "p.one.a calls test.look {\"device_id\":\"d1\"}\n"
                   "run failed\n");
    close_fixture(&fixture);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_a_limit_holds_keeps_no_full_run),
        cmocka_unit_test(what_nobody_knows_keeps_it),
        cmocka_unit_test(a_window_that_opens_too_late_opens_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
