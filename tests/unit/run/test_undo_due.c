/*
 * test_undo_due.c - changes that are meant for a time: which ones are taken back when it is over,
 * and what else goes on meanwhile.
 */
#include "fixture.h"
#include "full.h"

#define USES(indent, id, action, device)                                                           \
    indent "- id: " id "\n" indent "  uses: test." action "\n" indent                              \
           "  with: { device_id: " device " }\n"
#define FOR(id, device, time) USES("  ", id, "block", device) "    for: " time "\n"
#define BLOCKED "{\"outcome\":\"succeeded\",\"output\":{\"id\":\"b\",\"risk\":\"low\"}}"
#define BACK(path, device)                                                                         \
    path " calls test.unblock {\"device_id\":\"" device "\",\"note\":\"b\"}\n"

static const int64_t minute_us = 60 * INT64_C(1000000);

static void answer(struct teller *teller, const char *path)
{
    outside(teller, EVENT_CALL_ENDED, quell_str_of(path), next_answer(teller, quell_str_of(path)));
}

/* To its first end; what is told of it is forgotten. */
static int64_t end(struct fixture *fixture, const char *steps, const char *answers)
{
    open_fixture(fixture, steps, answers);
    start(&fixture->teller);
    go_on(&fixture->teller);
    fixture->teller.told.len = 0;
    return run_ended_us(fixture->teller.run);
}

static void pass(struct teller *teller, int64_t until_us)
{
    teller->now_us = until_us;
    (void)decide(teller);
}

/* The time of another one is over before the first one is taken back: it comes at once. */
static void what_came_due_meanwhile_follows_at_once(void **state)
{
    struct fixture fixture;
    struct teller *teller = &fixture.teller;
    int64_t ended_us;

    (void)state;
    ended_us = end(&fixture, FOR("a", "d1", "10m") FOR("b", "d2", "11m"),
                   "{\"a\":[" BLOCKED "],\"b\":[" BLOCKED "],\"a.undo.unblock\":[" OK
                   "],\"b.undo.unblock\":[" OK "]}");
    assert_int_equal(run_due(teller->run), ended_us + 10 * minute_us);
    pass(teller, ended_us + 10 * minute_us);
    answer(teller, "a.undo.unblock");
    pass(teller, ended_us + 12 * minute_us);
    told(&fixture, BACK("a.undo.unblock", "d1") "a.undo.unblock succeeded\n"
                                                "run succeeded\n" BACK("b.undo.unblock", "d2"));
    answer(teller, "b.undo.unblock");
    (void)decide(teller);
    assert_string_equal(run_state(teller->run), "succeeded");
    assert_int_equal(run_due(teller->run), INT64_MAX);
    close_fixture(&fixture);
}

/* A run that is still under way begins nothing else meanwhile, and cannot be undone by hand. */
static void a_run_under_way_waits_for_it(void **state)
{
    struct fixture fixture;
    struct teller *teller = &fixture.teller;
    struct quell_value data;
    struct quell_error err = {0};

    (void)state;
    open_fixture(&fixture, FOR("a", "d1", "10m") "  - wait: 15m\n" USES("  ", "z", "look", "d9"),
                 "{\"a\":[" BLOCKED "],\"a.undo.unblock\":[" OK "],\"z\":[" OK "]}");
    start(teller);
    (void)decide(teller);
    answer(teller, "a");
    (void)decide(teller);
    teller->told.len = 0;
    pass(teller, teller->now_us + 10 * minute_us);
    pass(teller, teller->now_us + 10 * minute_us);
    told(&fixture, BACK("a.undo.unblock", "d1"));
    assert_int_equal(run_undo_data(teller->run, teller->arena, QUELL_STR(""), QUELL_STR("ana"),
                                   QUELL_STR(""), &data, &err),
                     QUELL_CONFLICT);
    assert_string_equal(err.message, "run r1 has not ended: end it first, with `quell cancel r1`");
    go_on(teller);
    told(&fixture, BACK("a.undo.unblock", "d1") "a.undo.unblock succeeded\n"
                                                "- succeeded\n"
                                                "z calls test.look {\"device_id\":\"d9\"}\n"
                                                "z succeeded\n"
                                                "run succeeded\n");
    close_fixture(&fixture);
}

#define POLLED                                                                                     \
    FOR("a", "d1", "10m")                                                                          \
    "    poll: { every: 10s, until: \"output.risk == 'none'\", timeout: 5s }\n"                    \
    "    on-error: continue\n"
#define WITH_OWN                                                                                   \
    "  - id: g\n    steps:\n" USES("      ", "a", "block",                                         \
                                   "d1") "        for: 10m\n    undo:\n" USES("      ", "u",       \
                                                                              "unblock", "d1")

/* How many minutes after the end of the run something is due; -1 = nothing is. */
static const struct {
    const char *name, *steps, *answers;
    int after_min;
} dues[] = {
    {"it succeeded", FOR("a", "d1", "10m"), "{\"a\":[" BLOCKED "]}", 10},
    {"it failed", FOR("a", "d1", "10m") "    on-error: continue\n", "{\"a\":[" REFUSED "]}", -1},
    {"it was never begun",
     "  - stop: {}\n    if: incident.title == 'a title'\n" FOR("a", "d1", "10m"), "{}", -1},
    {"it was looked after in vain", POLLED, "{\"a\":[" BLOCKED "," OK "]}", 10},
    {"a step around it has an undo of its own", WITH_OWN, "{\"g.a\":[" BLOCKED "]}", 10},
};

static void what_happened_is_due_when_its_time_is_over(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(dues) / sizeof(*dues); i++) {
        struct fixture fixture;
        int64_t ended_us = end(&fixture, dues[i].steps, dues[i].answers);
        int64_t due_us = run_due(fixture.teller.run), min = dues[i].after_min;

        if (due_us != (min < 0 ? INT64_MAX : ended_us + min * minute_us))
            fail_msg("%s: due at %lld, ended at %lld", dues[i].name, (long long)due_us,
                     (long long)ended_us);
        assert_true(run_idle(fixture.teller.run) == (min >= 0));
        close_fixture(&fixture);
    }
}

/* By the undo of the step around it: not a second time by itself. */
static void what_was_undone_around_it_is_not_due(void **state)
{
    struct fixture fixture;
    struct teller *teller = &fixture.teller;
    struct quell_value data;
    struct quell_error err = {0};

    (void)state;
    (void)end(&fixture, WITH_OWN, "{\"g.a\":[" BLOCKED "],\"g.undo.u\":[" OK "]}");
    assert_int_equal(run_undo_data(teller->run, teller->arena, QUELL_STR(""), QUELL_STR("ana"),
                                   QUELL_STR(""), &data, &err),
                     QUELL_OK);
    outside(teller, EVENT_UNDO_ASKED, QUELL_STR(""), data);
    go_on(teller);
    assert_string_equal(run_state(teller->run), "undone");
    assert_int_equal(run_due(teller->run), INT64_MAX);
    close_fixture(&fixture);
}

/* Its time begins when the step has ended. */
static void what_is_looked_after_is_not_due(void **state)
{
    struct fixture fixture;
    struct teller *teller = &fixture.teller;

    (void)state;
    open_fixture(&fixture, POLLED, "{\"a\":[" BLOCKED "]}");
    start(teller);
    (void)decide(teller);
    answer(teller, "a");
    teller->told.len = 0;
    pass(teller, teller->now_us + 20 * minute_us);
    pass(teller, teller->now_us);
    told(&fixture, "a looks in 5s\n");
    close_fixture(&fixture);
}

static void nothing_is_due_in_a_run_that_is_full(void **state)
{
    struct fixture fixture;
    struct teller *teller = &fixture.teller;

    (void)state;
    (void)end(&fixture, FOR("a", "d1", "10m"), "{\"a\":[" BLOCKED "]}");
    teller->run->seq = LIMIT_RUN_EVENTS;
    assert_int_equal(run_due(teller->run), INT64_MAX);
    close_fixture(&fixture);
}

static void nothing_is_due_in_a_run_that_pretends(void **state)
{
    static const enum run_mode modes[] = {RUN_SHADOW, RUN_PLAN};

    (void)state;
    for (size_t i = 0; i < sizeof(modes) / sizeof(*modes); i++) {
        struct fixture fixture;
        struct teller *teller = &fixture.teller;

        open_fixture(&fixture, FOR("a", "d1", "10m"), "{\"a\":[" MADE_UP "]}");
        outside(teller, EVENT_RUN_STARTED, QUELL_STR(""),
                run_start_data(teller->arena, teller->playbook, quell_null(), quell_map(NULL, 0),
                               modes[i], QUELL_STR("test")));
        go_on(teller);
        assert_string_equal(run_state(teller->run), "succeeded");
        assert_int_equal(run_due(teller->run), INT64_MAX);
        close_fixture(&fixture);
    }
}

/* ---- what an undo waits for -------------------------------------------------------------------
 */

/* The deadline of its calls is their action's, not the one of the run that was over. */
static void a_call_may_take_as_long_as_its_action_says(void **state)
{
    static const char *const actions[] = {"block", "mark"}; /* unblock says nothing, unmark 1m */
    static const int64_t longest_us[] = {LIMIT_CALL_MS * INT64_C(1000), 60 * INT64_C(1000000)};

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        struct fixture fixture;
        struct teller *teller = &fixture.teller;
        struct run_call call = {.deadline_us = 0};
        char steps[256];

        (void)snprintf(steps, sizeof(steps),
                       "  - id: a\n    uses: test.%s\n    with: { device_id: d }\n    undo:\n"
                       "      id: u\n      uses: test.un%s\n      with: { device_id: d }\n",
                       actions[i], actions[i]);
        (void)end(&fixture, steps, "{\"a\":[" BLOCKED "]}");
        {
            struct quell_value data;
            struct quell_error err = {0};
            assert_int_equal(run_undo_data(teller->run, teller->arena, QUELL_STR(""),
                                           QUELL_STR("ana"), QUELL_STR(""), &data, &err),
                             QUELL_OK);
            outside(teller, EVENT_UNDO_ASKED, QUELL_STR(""), data);
        }
        (void)decide(teller);
        assert_true(run_find_call(teller->run, QUELL_STR("a.undo.u"), &call));
        assert_int_equal(call.deadline_us, teller->now_us + longest_us[i]);
        close_fixture(&fixture);
    }
}

/* A step around was to be taken back, and its turn did not come: what was meant for a time is. */
static void what_came_to_nothing_around_it_is_over_in_time(void **state)
{
    struct fixture fixture;

    (void)state;
    open_fixture(
        &fixture,
        "  - id: x\n    undo: { uses: test.unblock, with: { device_id: d1 } }\n    steps:\n"
        "      - id: a\n        uses: test.block\n        with: { device_id: d1 }\n"
        "        for: 5m\n"
        "  - id: y\n    undo: { wait: 2h }\n    steps:\n"
        "      - id: c\n        uses: test.block\n        with: { device_id: d3 }\n"
        "  - fail: no\nundo: { on-failure: auto }\n",
        "{\"x.a\":[" OK "],\"y.c\":[" OK "],\"x.a.undo.unblock\":[" OK "]}");
    start(&fixture.teller);
    go_on(&fixture.teller);
    told(&fixture, "x.a calls test.block {\"device_id\":\"d1\"}\n"
                   "x.a succeeded\n"
                   "x succeeded\n"
                   "y.c calls test.block {\"device_id\":\"d3\"}\n"
                   "y.c succeeded\n"
                   "y succeeded\n"
                   "- failed failed\n"
                   "run is to be taken back\n"
                   "undo takes back y x\n"
                   "- waits 3600s late\n"
                   "- timed-out timed-out\n"
                   "undo failed failed, not taken back: y x\n"
                   "run failed\n"
                   "x.a.undo.unblock calls test.unblock {\"device_id\":\"d1\",\"note\":\"d\"}\n"
                   "x.a.undo.unblock succeeded\n"
                   "run failed\n");
    close_fixture(&fixture);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_came_due_meanwhile_follows_at_once),
        cmocka_unit_test(a_run_under_way_waits_for_it),
        cmocka_unit_test(what_happened_is_due_when_its_time_is_over),
        cmocka_unit_test(what_was_undone_around_it_is_not_due),
        cmocka_unit_test(what_is_looked_after_is_not_due),
        cmocka_unit_test(nothing_is_due_in_a_run_that_is_full),
        cmocka_unit_test(nothing_is_due_in_a_run_that_pretends),
        cmocka_unit_test(what_came_to_nothing_around_it_is_over_in_time),
        cmocka_unit_test(a_call_may_take_as_long_as_its_action_says),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
