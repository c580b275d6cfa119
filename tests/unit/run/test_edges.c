/*
 * The interpreter where stories rarely lead: time that is up while a run waits, arguments that may
 * not be computed twice, actions that may not be sent twice, values that nobody knows, and a run of
 * its full size.
 */
#include "fixture.h"

static void sends(struct teller *teller, const char *path)
{
    struct map_builder map = {.arena = teller->arena};

    map_add(&map, "state", quell_map(NULL, 0));
    map_add(&map, "changes", quell_bool(true));
    outside(teller, EVENT_CALL_SENDING, quell_str_of(path), map_made(&map));
}

static void answer(struct teller *teller, const char *path)
{
    outside(teller, EVENT_CALL_ENDED, quell_str_of(path), next_answer(teller, quell_str_of(path)));
}

static void set_list(struct teller *teller, struct quell_value value)
{
    struct map_builder map = {.arena = teller->arena};
    struct run_world world = {.config = quell_map(NULL, 0)};

    map_add(&map, "x", value);
    world.lists = map_made(&map);
    run_set_world(teller->run, &world);
}

/* A step whose arguments were computed once is called with these again, whatever changed since. */
static void a_retry_asks_the_same(void **state)
{
    struct fixture fixture;

    (void)state;
    open_fixture(&fixture,
                 "  - id: a\n    uses: test.look\n    with: { device_id: \"${{ lists.x }}\" }\n"
                 "    retry: { max: 1, first: 1s }\n",
                 "{\"a\":[" THROTTLED "," OK "]}");
    set_list(&fixture.teller, quell_text("d1"));
    start(&fixture.teller);
    (void)decide(&fixture.teller);
    answer(&fixture.teller, "a");
    set_list(&fixture.teller, quell_text("d2"));
    go_on(&fixture.teller);
    told(&fixture, "a calls test.look {\"device_id\":\"d1\"}\n"
                   "a waits 1s\n"
                   "a calls test.look {\"device_id\":\"d1\"}\n"
                   "a succeeded\n"
                   "run succeeded\n");
    close_fixture(&fixture);
}

/* A person answers when the time is long up: nothing is begun then. */
static void a_late_word_begins_nothing(void **state)
{
    struct fixture fixture;

    (void)state;
    open_fixture(&fixture,
                 "  - id: a\n    uses: test.isolate\n    with: { device_id: d1 }\n"
                 "    timeout: 1m\n",
                 "{\"a\":[" LOST ",\"did-not\"]}");
    start(&fixture.teller);
    (void)decide(&fixture.teller);
    answer(&fixture.teller, "a");
    (void)decide(&fixture.teller);
    fixture.teller.now_us += 120 * INT64_C(1000000);
    go_on(&fixture.teller);
    told(&fixture, "a calls test.isolate {\"device_id\":\"d1\"}\n"
                   "a held\n"
                   "a resolved false\n"
                   "a timed-out timed-out\n"
                   "run failed\n");
    close_fixture(&fixture);
}

#define BROKEN                                                                                     \
    "{\"outcome\":\"failed\",\"error\":{\"code\":\"refused\",\"status\":500,\"message\":\"\"}}"

/* A server error says nothing about what was done: `once` is not sent again for it. */
static void once_is_not_tried_again(void **state)
{
    struct fixture fixture;

    (void)state;
    open_fixture(&fixture,
                 "  - id: a\n    uses: test.isolate\n    with: { device_id: d1 }\n"
                 "    retry: { max: 3 }\n",
                 "{\"a\":[" BROKEN "]}");
    start(&fixture.teller);
    (void)decide(&fixture.teller);
    sends(&fixture.teller, "a");
    answer(&fixture.teller, "a");
    go_on(&fixture.teller);
    told(&fixture, "a calls test.isolate {\"device_id\":\"d1\"}\n"
                   "a failed refused\n"
                   "run failed\n");
    close_fixture(&fixture);
}

static void once_that_was_turned_away_is(void **state)
{
    struct fixture fixture;

    (void)state;
    open_fixture(&fixture,
                 "  - id: a\n    uses: test.isolate\n    with: { device_id: d1 }\n"
                 "    retry: { max: 3, first: 1s }\n",
                 "{\"a\":[" THROTTLED "," OK "]}");
    start(&fixture.teller);
    (void)decide(&fixture.teller);
    sends(&fixture.teller, "a");
    answer(&fixture.teller, "a");
    go_on(&fixture.teller);
    told(&fixture, "a calls test.isolate {\"device_id\":\"d1\"}\n"
                   "a waits 1s\n"
                   "a calls test.isolate {\"device_id\":\"d1\"}\n"
                   "a succeeded\n"
                   "run succeeded\n");
    close_fixture(&fixture);
}

/* Only a plan may not know: live, what is not known is an error and takes no branch. */
static void live_runs_know(void **state)
{
    static const char *const steps[] = {
        "  - id: a\n    if: lists.x == 'd'\n    uses: test.isolate\n"
        "    with: { device_id: d1 }\n",
        "  - id: a\n    uses: test.isolate\n    with: { device_id: \"${{ lists.x }}\" }\n",
        "  - id: a\n    for-each: lists.x\n    as: d\n    max: 3\n    steps:\n"
        "      - uses: test.isolate\n        with: { device_id: d1 }\n",
    };
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(steps) / sizeof(*steps); i++) {
        struct fixture fixture;
        open_fixture(&fixture, steps[i], "{}");
        set_list(&fixture.teller, quell_unknown(QUELL_STR("not known")));
        start(&fixture.teller);
        go_on(&fixture.teller);
        told(&fixture, "a failed invalid\nrun failed\n");
        close_fixture(&fixture);
    }
}

/* Times beyond the calendar are its end, not a sum that went round. */
static void long_times_do_not_wrap(void **state)
{
    struct fixture fixture;
    struct run_call call;

    (void)state;
    open_fixture(&fixture,
                 "  - id: a\n    timeout: 106751d\n    uses: test.look\n"
                 "    with: { device_id: d1 }\n"
                 "    retry: { max: 9, first: 106751d, cap: 106751d }\n",
                 "{\"a\":[" THROTTLED "]}");
    start(&fixture.teller);
    (void)decide(&fixture.teller);
    assert_true(run_find_call(fixture.teller.run, QUELL_STR("a"), &call));
    assert_int_equal(call.deadline_us, 3601 * INT64_C(1000000)); /* the run's */
    go_on(&fixture.teller);
    told(&fixture, "a calls test.look {\"device_id\":\"d1\"}\n"
                   "a failed throttled\n"
                   "run failed\n");
    close_fixture(&fixture);
}

static void answers_that_say_when_do_not_wrap(void **state)
{
    struct fixture fixture;

    (void)state;
    open_fixture(&fixture,
                 "  - id: a\n    uses: test.look\n    with: { device_id: d1 }\n"
                 "    retry: { max: 2, first: 1s }\n",
                 "{\"a\":[{\"outcome\":\"failed\",\"error\":{\"code\":\"throttled\","
                 "\"retry_after_ms\":9223372036854775807}}]}");
    start(&fixture.teller);
    go_on(&fixture.teller);
    told(&fixture, "a calls test.look {\"device_id\":\"d1\"}\n"
                   "a failed throttled\n"
                   "run failed\n");
    close_fixture(&fixture);
}

/* ---- a run of its full size ------------------------------------------------------------------ */

static void find_error(const struct run *run, const struct event *event, struct quell_value *error)
{
    (void)run;
    if (event->kind == EVENT_RUN_ENDED)
        *error = quell_get(event->data, "error");
}

/* Ends as an event of its own, that a replay takes too. */
static void a_full_run_says_that_it_ends(void **state)
{
    struct fixture fixture;
    struct quell_value error = quell_null();
    struct run_events events;
    size_t i, ends = 0;

    (void)state;
    open_fixture(&fixture,
                 "  - id: outer\n    for-each: \"lists.x\"\n    as: o\n    max: 1000\n    steps:\n"
                 "      - for-each: \"lists.x\"\n        as: i\n        max: 1000\n"
                 "        steps:\n          - if: \"false\"\n            stop: {}\n",
                 "{}");
    {
        struct list_builder list = {.arena = fixture.teller.arena};
        for (i = 0; i < 400; i++)
            list_add(&list, quell_int(1));
        set_list(&fixture.teller, list_made(&list));
    }
    start(&fixture.teller);
    while (!run_ended(fixture.teller.run)) {
        events = run_decide(fixture.teller.run, fixture.teller.now_us);
        assert_true(events.count > 0);
        for (i = 0; i < events.count; i++) {
            ends += events.items[i].kind == EVENT_RUN_ENDED;
            find_error(fixture.teller.run, &events.items[i], &error);
        }
    }
    assert_int_equal(ends, 1);
    assert_true(quell_text_is(quell_get(error, "code"), "limit"));
    assert_string_equal(run_state(fixture.teller.run), "failed");
    assert_true(run_seq(fixture.teller.run) >= 1000); /* by events or by memory */
    close_fixture(&fixture);
}

/* Fills a run through the state of a call that sleeps on and on. */
static void fill(struct teller *teller, const char *path)
{
    struct map_builder map = {.arena = teller->arena};
    char *big = arena_alloc(teller->arena, 1 << 20);
    int i;

    memset(big, 'x', 1 << 20);
    map_add(&map, "state", quell_string((struct quell_str){big, 1 << 20}));
    for (i = 0; i < 70; i++)
        outside(teller, EVENT_CALL_SLEEPING, quell_str_of(path), map_made(&map));
}

/* Its open calls come to their end first, and an unknown outcome still waits for a person. */
static void a_full_run_loses_no_outcome(void **state)
{
    struct fixture fixture;

    (void)state;
    open_fixture(&fixture,
                 "  - id: each\n    for-each: \"['d1', 'd2']\"\n    as: d\n    max: 2\n"
                 "    concurrency: 2\n    steps:\n"
                 "      - id: a\n        uses: test.isolate\n"
                 "        with: { device_id: \"${{ d }}\" }\n"
                 "  - id: b\n    uses: test.look\n    with: { device_id: d1 }\n",
                 "{\"each[0].a\":[" OK "],\"each[1].a\":[" LOST ",\"did-not\"]}");
    start(&fixture.teller);
    (void)decide(&fixture.teller);
    assert_false(run_full(fixture.teller.run));
    fill(&fixture.teller, "each[1].a");
    assert_true(run_full(fixture.teller.run));
    answer(&fixture.teller, "each[0].a");
    assert_int_equal(decide(&fixture.teller), 0);
    answer(&fixture.teller, "each[1].a");
    (void)decide(&fixture.teller);
    assert_string_equal(run_state(fixture.teller.run), "held");
    go_on(&fixture.teller);
    told(&fixture, "each loops [\"d1\",\"d2\"]\n"
                   "each[0].a calls test.isolate {\"device_id\":\"d1\"}\n"
                   "each[1].a calls test.isolate {\"device_id\":\"d2\"}\n"
                   "each[1].a held\n"
                   "each[1].a resolved false\n"
                   "run failed\n");
    close_fixture(&fixture);
}

/* ---- plans ----------------------------------------------------------------------------------- */

static void plan(struct fixture *fixture, const char *steps, const char *answers)
{
    open_fixture(fixture, steps, answers);
    fixture->teller.plan = true;
    start(&fixture->teller);
    go_on(&fixture->teller);
}

/* A live run supposes nothing, and an answer that was not asked for does not fit. */
static void only_plans_suppose(void **state)
{
    struct fixture fixture;
    struct run_question question = {.path = QUELL_STR("a"),
                                    .what = QUELL_STR("outcome"),
                                    .answers = (const char *const[]){"succeeds", NULL},
                                    .answer_count = 1};
    struct event event = {.kind = EVENT_SUPPOSED, .path = QUELL_STR("a")};
    struct quell_error err;
    int round;

    (void)state;
    for (round = 0; round < 2; round++) {
        open_fixture(&fixture, "  - id: a\n    uses: test.isolate\n    with: { device_id: d1 }\n",
                     "{}");
        fixture.teller.plan = round == 1;
        start(&fixture.teller);
        (void)decide(&fixture.teller);
        event.seq = run_seq(fixture.teller.run) + 1;
        event.data = run_suppose_data(fixture.teller.arena, &question, 0);
        assert_int_equal(run_apply(fixture.teller.run, &event, &err), QUELL_INVALID);
        close_fixture(&fixture);
    }
}

/* Time does not pass in a plan, so it waits for no second attempt. */
static void plans_do_not_wait(void **state)
{
    struct fixture fixture;

    (void)state;
    plan(&fixture,
         "  - id: a\n    uses: test.look\n    with: { device_id: d1 }\n"
         "    retry: { max: 3, first: 1m }\n",
         "{\"a\":[" THROTTLED "]}");
    told(&fixture, "a calls test.look {\"device_id\":\"d1\"}\n"
                   "a failed throttled\n"
                   "run failed\n");
    close_fixture(&fixture);
}

/* ---- runs that are bound to a plan ----------------------------------------------------------- */

static void bind(struct teller *teller, const char *calls)
{
    struct map_builder map = {.arena = teller->arena};
    struct quell_value found;
    struct quell_error err = {0};

    assert_int_equal(json_read(teller->arena, quell_str_of(calls), 0, &found, NULL, &err),
                     QUELL_OK);
    map_add(&map, "digest", quell_text("9f2c41aabb"));
    map_add(&map, "calls", found);
    outside(teller, EVENT_RUN_BOUND, QUELL_STR(""), map_made(&map));
}

/* What the plan has is called; other arguments and other calls are not. */
static void bound_runs_keep_to_their_plan(void **state)
{
    static const struct {
        const char *calls, *end;
    } cases[] = {
        {"[{\"path\":\"each[0].a\",\"action\":\"test.look\",\"with\":{\"device_id\":\"d1\"}}]",
         "succeeded"},
        {"[{\"path\":\"each[?].a\",\"action\":\"test.look\",\"with\":{\"device_id\":\"d1\"}}]",
         "succeeded"},
        {"[{\"path\":\"each[?].a\",\"action\":\"test.look\",\"with\":{\"device_id\":\"d1\","
         "\"note\":null}}]",
         "succeeded"},
        {"[{\"path\":\"each[0].a\",\"action\":\"test.look\",\"with\":{\"device_id\":\"d2\"}}]",
         "failed"},
        {"[{\"path\":\"each[0].a\",\"action\":\"test.look\",\"with\":{}}]", "failed"},
        {"[{\"path\":\"each[0].a\",\"action\":\"test.isolate\",\"with\":{\"device_id\":\"d1\"}}]",
         "failed"},
        {"[{\"path\":\"each[1].a\",\"action\":\"test.look\",\"with\":{\"device_id\":\"d1\"}}]",
         "failed"},
        {"[]", "failed"},
    };
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        struct fixture fixture;

        open_fixture(&fixture,
                     "  - id: each\n    for-each: \"['d1']\"\n    as: d\n    max: 1\n    steps:\n"
                     "      - id: a\n        uses: test.look\n"
                     "        with: { device_id: \"${{ d }}\" }\n",
                     "{\"each[0].a\":[" OK "]}");
        start(&fixture.teller);
        bind(&fixture.teller, cases[i].calls);
        go_on(&fixture.teller);
        if (strcmp(run_state(fixture.teller.run), cases[i].end) != 0)
            fail_msg("%s: %s", cases[i].calls, run_state(fixture.teller.run));
        close_fixture(&fixture);
    }
}

/* ---- stopping and failing -------------------------------------------------------------------- */

/* One item stops the run, another one fails: on-failure runs to its end. */
static void a_failure_beats_a_stop(void **state)
{
    struct fixture fixture;

    (void)state;
    open_fixture(&fixture,
                 "  - id: each\n    for-each: \"['d1', 'd2']\"\n    as: d\n    max: 2\n"
                 "    concurrency: 2\n    steps:\n"
                 "      - id: a\n        uses: test.look\n"
                 "        with: { device_id: \"${{ d }}\" }\n"
                 "      - if: d == 'd1'\n        stop: {}\n"
                 "on-failure:\n"
                 "  - id: one\n    uses: test.look\n    with: { device_id: x }\n"
                 "  - id: two\n    uses: test.look\n    with: { device_id: y }\n",
                 "{\"each[0].a\":[" OK "],\"each[1].a\":[" REFUSED "],\"on-failure.one\":[" OK
                 "],\"on-failure.two\":[" OK "]}");
    start(&fixture.teller);
    go_on(&fixture.teller);
    told(&fixture, "each loops [\"d1\",\"d2\"]\n"
                   "each[0].a calls test.look {\"device_id\":\"d1\"}\n"
                   "each[1].a calls test.look {\"device_id\":\"d2\"}\n"
                   "each[0].a succeeded\n"
                   "run stops done \n"
                   "- succeeded\n"
                   "each[1].a failed refused\n"
                   "each failed refused\n"
                   "run fails refused\n"
                   "on-failure.one calls test.look {\"device_id\":\"x\"}\n"
                   "on-failure.one succeeded\n"
                   "on-failure.two calls test.look {\"device_id\":\"y\"}\n"
                   "on-failure.two succeeded\n"
                   "run failed\n");
    close_fixture(&fixture);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_retry_asks_the_same),
        cmocka_unit_test(a_late_word_begins_nothing),
        cmocka_unit_test(once_is_not_tried_again),
        cmocka_unit_test(once_that_was_turned_away_is),
        cmocka_unit_test(live_runs_know),
        cmocka_unit_test(long_times_do_not_wrap),
        cmocka_unit_test(answers_that_say_when_do_not_wrap),
        cmocka_unit_test(a_full_run_says_that_it_ends),
        cmocka_unit_test(a_full_run_loses_no_outcome),
        cmocka_unit_test(only_plans_suppose),
        cmocka_unit_test(plans_do_not_wait),
        cmocka_unit_test(bound_runs_keep_to_their_plan),
        cmocka_unit_test(a_failure_beats_a_stop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
