/*
 * test_looks.c - looking at a run: what may be asked of it, at each point of its life, and of steps
 * that are not what is asked for.
 */
#include "by_hand.h"
#include "fixture.h"

#include "value/value.h"

static void event(struct fixture *fixture, const char *line)
{
    struct event made = event_of(&fixture->teller, quell_str_of(line));
    struct quell_error err = {0};

    made.at_us = fixture->teller.now_us;
    if (run_apply(fixture->teller.run, &made, &err))
        fail_msg("%s", err.message);
}

static void settle(struct fixture *fixture)
{
    while (decide(&fixture->teller))
        continue;
}

static void started(struct fixture *fixture, const char *steps)
{
    open_fixture(fixture, steps, "{}");
    start(&fixture->teller);
    settle(fixture);
}

/* ---- the run -----------------------------------------------------------------------------------
 */

#define ANSWERED "call_ended a {\"outcome\":\"succeeded\"}\n"
#define OVER "run_ended - {\"status\":\"succeeded\"}\n"

/* Each line by hand, behind what the run says itself when it starts. */
static void runs_say_what_they_are(void **state)
{
    static const struct {
        const char *lines;
        bool cancellable, cancelling, undoing, listens, reopened;
        const char *state;
    } cases[] = {
        {"", true, false, false, false, false, "running"},
        {"run_cancelling -\n", false, true, false, false, false, "running"},
        {"run_finishing -\n", false, false, false, false, false, "running"},
        {ANSWERED OVER, false, false, false, false, false, "succeeded"},
        {"run_cancelling -\n" ANSWERED "run_ended - {\"status\":\"cancelled\"}\n", false, false,
         false, false, false, "cancelled"},
        {ANSWERED "step_ended a {\"status\":\"succeeded\"}\nrun_undoing -\n", true, false, true,
         false, false, "waiting"},
        {"run_undoing -\nstep_ended undo {\"status\":\"succeeded\"}\n", true, false, false, false,
         false, "running"},
        {"run_undoing -\nrun_ended - {\"status\":\"undone\"}\n", false, false, false, false, false,
         "undone"},
        {ANSWERED OVER "undo_asked - {\"steps\":[\"a\"]}\n", false, false, false, false, true,
         "waiting"},
        {ANSWERED "undo_asked - {\"steps\":[\"a\"],\"due\":true}\n", true, false, false, false,
         false, "waiting"},
        {ANSWERED "undo_asked - {\"steps\":[\"a\"],\"due\":true}\nrun_cancelling -\n", false, true,
         false, false, false, "waiting"},
        {"step_started w\nwait_started w\n", true, false, false, true, false, "running"},
        {"step_started w\nwait_started w\nrun_ended - {\"status\":\"failed\"}\n", false, false,
         false, false, false, "failed"},
    };
    struct fixture fixture;
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        struct quell_str rest = quell_str_of(cases[i].lines), line;
        const struct run *run;

        started(&fixture,
                "  - id: a\n    uses: test.block\n    with: { device_id: d1 }\n"
                "  - id: w\n    wait: { for: { incident: { match: { title: x } } }, timeout: 5m }\n"
                "undo: { on-failure: auto }\n");
        while (str_cut(rest, '\n', &line, &rest))
            event(&fixture, arena_format(fixture.arena, "%.*s", QUELL_ARG(line)).data);
        run = fixture.teller.run;
        if (run_cancellable(run) != cases[i].cancellable ||
            run_is_cancelling(run) != cases[i].cancelling ||
            run_is_undoing(run) != cases[i].undoing || run_listens(run) != cases[i].listens ||
            run_was_reopened(run) != cases[i].reopened ||
            strcmp(run_state(run), cases[i].state) != 0)
            fail_msg("after\n%s%d %d %d %d %d %s", cases[i].lines, run_cancellable(run),
                     run_is_cancelling(run), run_is_undoing(run), run_listens(run),
                     run_was_reopened(run), run_state(run));
        close_fixture(&fixture);
    }
}

static void a_run_that_has_not_started_is_nothing_yet(void **state)
{
    struct fixture fixture;
    const struct run *run;

    (void)state;
    open_fixture(&fixture, "  - stop: {}\n", "{}");
    run = fixture.teller.run;
    assert_false(run_cancellable(run));
    assert_false(run_ended(run));
    assert_true(quell_is_null(run_outputs(run)));
    assert_true(quell_is_null(run_error(run)));
    assert_int_equal(run_seq(run), 0);
    close_fixture(&fixture);
}

/* ---- steps -------------------------------------------------------------------------------------
 */

#define STEPS                                                                                      \
    "  - id: p\n    parallel:\n"                                                                   \
    "      one:\n        - id: c\n          call: other\n"                                         \
    "      two:\n        - id: g\n          approve: { by: ana, within: 10m }\n"                   \
    "          uses: test.isolate\n          with: { device_id: d1 }\n"                            \
    "      three:\n        - id: f\n          approve: { by: ana, within: 10m }\n"                 \
    "          ask: { of: ana, within: 10m, form: { note: { default: d } } }\n"                    \
    "      four:\n        - id: w\n          wait: 5m\n"                                           \
    "      five:\n        - id: e\n          wait:\n            for: { incident: { match: { "      \
    "title: x } } }\n            where: dyn(event.title)\n            timeout: 5m\n"               \
    "      six:\n        - id: n\n          wait: { for: { incident: { match: { title: x } } }, "  \
    "timeout: 5m }\n"                                                                              \
    "      seven:\n        - id: q\n          ask: { of: ana, within: 10m, form: { note: {} } }\n"

static void steps_say_what_they_wait_for(void **state)
{
    static const struct {
        const char *path, *waits;
    } cases[] = {
        {"p", ""},
        {"p.one.c", "run"},
        {"p.two.g", "approval"},
        {"p.three.f", "approval"},
        {"p.four.w", "time"},
        {"p.five.e", "event"},
        {"p.seven.q", "form"},
    };
    struct fixture fixture;
    struct run_step step;
    struct run_child child;
    struct run_call call;
    size_t i;

    (void)state;
    started(&fixture, STEPS);
    for (i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        assert_true(run_find_step(fixture.teller.run, quell_str_of(cases[i].path), &step));
        if (!str_is(step.waits, cases[i].waits))
            fail_msg("%s waits for %.*s", cases[i].path, QUELL_ARG(step.waits));
    }
    event(&fixture, "approval_waived p.three.f");
    settle(&fixture);
    assert_true(run_find_step(fixture.teller.run, QUELL_STR("p.three.f"), &step));
    assert_true(str_is(step.waits, "form"));
    assert_false(run_find_step(fixture.teller.run, QUELL_STR("x"), &step));
    assert_false(run_find_child(fixture.teller.run, QUELL_STR("x"), &child));
    assert_false(run_find_child(fixture.teller.run, QUELL_STR("p"), &child));
    assert_true(run_find_child(fixture.teller.run, QUELL_STR("p.one.c"), &child));
    assert_false(run_find_call(fixture.teller.run, QUELL_STR("x"), &call));
    assert_false(run_find_call(fixture.teller.run, QUELL_STR("p"), &call));
    assert_int_equal(run_masked(fixture.teller.run, QUELL_STR("x"), quell_int(7)).as.integer, 7);
    close_fixture(&fixture);
}

/* ---- who may say what --------------------------------------------------------------------------
 */

static enum quell_code decides(const struct fixture *fixture, const char *path)
{
    struct quell_error err;

    return run_may_decide(fixture->teller.run, quell_str_of(path), QUELL_STR("ana"), true,
                          QUELL_STR(""), quell_null(), &err);
}

static enum quell_code fills_in(const struct fixture *fixture, const char *path,
                                struct quell_value given, struct quell_value *answers)
{
    struct quell_error err;

    return run_check_answers(fixture->teller.run, quell_str_of(path), QUELL_STR("ana"),
                             quell_null(), given, fixture->arena, answers, &err);
}

/* An approval where one is asked for, a form where one is open, and each of them once. */
static void only_what_is_asked_is_answered(void **state)
{
    struct fixture fixture;
    struct map_builder given;
    struct quell_value answers = quell_null();

    (void)state;
    started(&fixture, STEPS);
    given = (struct map_builder){.arena = fixture.arena};
    map_add(&given, "note", quell_text("n"));
    assert_int_equal(decides(&fixture, "x"), QUELL_CONFLICT);
    assert_int_equal(decides(&fixture, "p"), QUELL_CONFLICT);
    assert_int_equal(decides(&fixture, "p.seven.q"), QUELL_CONFLICT);
    assert_int_equal(decides(&fixture, "p.two.g"), QUELL_OK);
    event(&fixture, "approval_denied p.two.g");
    assert_int_equal(decides(&fixture, "p.two.g"), QUELL_CONFLICT);
    assert_int_equal(fills_in(&fixture, "x", quell_null(), &answers), QUELL_CONFLICT);
    assert_int_equal(fills_in(&fixture, "p.four.w", quell_null(), &answers), QUELL_CONFLICT);
    assert_int_equal(fills_in(&fixture, "p.two.g", quell_null(), &answers), QUELL_CONFLICT);
    assert_int_equal(fills_in(&fixture, "p.three.f", quell_null(), &answers), QUELL_CONFLICT);
    assert_int_equal(decides(&fixture, "p.three.f"), QUELL_OK);
    event(&fixture, "approval_waived p.three.f");
    settle(&fixture);
    assert_int_equal(decides(&fixture, "p.three.f"), QUELL_CONFLICT);
    assert_int_equal(fills_in(&fixture, "p.three.f", quell_null(), &answers), QUELL_OK);
    assert_true(quell_text_is(quell_get(answers, "note"), "d"));
    assert_int_equal(fills_in(&fixture, "p.three.f", map_made(&given), &answers), QUELL_OK);
    assert_true(quell_text_is(quell_get(answers, "note"), "n"));
    close_fixture(&fixture);
}

static void events_fit_where_one_is_waited_for(void **state)
{
    static const struct {
        const char *path;
        enum quell_code code;
        bool fits;
    } cases[] = {
        {"x", QUELL_OK, false},
        {"p.two.g", QUELL_OK, false},
        {"p.four.w", QUELL_OK, false},
        {"p.six.n", QUELL_OK, true},
        {"p.five.e", QUELL_INVALID, false},
    };
    struct fixture fixture;
    struct map_builder map;
    size_t i;

    (void)state;
    started(&fixture, STEPS);
    map = (struct map_builder){.arena = fixture.arena};
    map_add(&map, "title", quell_text("a text"));
    for (i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        struct quell_error err = {0};
        bool fits = true;
        assert_int_equal(run_event_fits(fixture.teller.run, quell_str_of(cases[i].path),
                                        map_made(&map), &fits, &err),
                         cases[i].code);
        assert_int_equal(fits, cases[i].fits);
        if (cases[i].code)
            assert_non_null(strstr(err.message, "`where` gave a string"));
    }
    map = (struct map_builder){.arena = fixture.arena};
    map_add(&map, "title", quell_bool(false));
    {
        struct quell_error err = {0};
        bool fits = true;
        assert_int_equal(
            run_event_fits(fixture.teller.run, QUELL_STR("p.five.e"), map_made(&map), &fits, &err),
            QUELL_OK);
        assert_false(fits);
    }
    close_fixture(&fixture);
}

/* A person's release is for what a limit holds, and a policy's cap is no limit of that kind. */
static void releases_are_for_what_is_held(void **state)
{
    struct fixture fixture;
    struct quell_str path;

    (void)state;
    started(&fixture, "  - id: a\n    uses: test.isolate\n    with: { device_id: d1 }\n"
                      "  - id: b\n    uses: test.isolate\n    with: { device_id: d1 }\n");
    assert_false(run_is_limited(fixture.teller.run, QUELL_STR("")));
    assert_false(run_is_limited(fixture.teller.run, QUELL_STR("x")));
    assert_false(run_is_limited(fixture.teller.run, QUELL_STR("a")));
    assert_false(run_is_hard(fixture.teller.run, QUELL_STR("")));
    assert_false(run_is_hard(fixture.teller.run, QUELL_STR("a")));
    assert_false(run_first_limited(fixture.teller.run, &path));
    event(&fixture, "call_ended a {\"outcome\":\"unknown\"}");
    settle(&fixture);
    assert_string_equal(run_state(fixture.teller.run), "held");
    assert_false(run_is_limited(fixture.teller.run, QUELL_STR("a")));
    assert_false(run_is_hard(fixture.teller.run, QUELL_STR("a")));
    assert_false(run_first_limited(fixture.teller.run, &path));
    refused(&fixture.teller,
            &(struct event){.seq = run_seq(fixture.teller.run) + 1,
                            .kind = EVENT_RUN_RELEASED,
                            .path = QUELL_STR("a")},
            "the step does not wait for a release");
    event(&fixture, "outcome_resolved a {\"happened\":true}");
    settle(&fixture);
    event(&fixture, "call_ended b {\"outcome\":\"failed\",\"error\":{\"code\":\"refused\"}}");
    close_fixture(&fixture);
}

static void releases_let_pass(void **state)
{
    struct fixture fixture;
    struct quell_str path;

    (void)state;
    started(&fixture, "  - id: w\n    wait: 5m\n"
                      "  - id: a\n    uses: test.isolate\n    with: { device_id: d1 }\n"
                      "  - id: b\n    uses: test.isolate\n    with: { device_id: d1 }\n");
    event(&fixture, "step_started a");
    event(&fixture, "run_held a {\"limit\":true,\"reason\":\"limit.run\"}");
    event(&fixture, "step_started b");
    event(&fixture, "run_held b {\"limit\":true,\"reason\":\"limit.run\",\"hard\":\"p1\"}");
    assert_true(run_is_limited(fixture.teller.run, QUELL_STR("a")));
    assert_false(run_is_hard(fixture.teller.run, QUELL_STR("a")));
    assert_false(run_is_hard(fixture.teller.run, QUELL_STR("b"))); /* there is no policy */
    assert_true(run_first_limited(fixture.teller.run, &path));
    assert_true(str_is(path, "a"));
    event(&fixture, "run_released a {\"allowed\":true}");
    assert_true(run_first_limited(fixture.teller.run, &path));
    assert_true(str_is(path, "b"));
    close_fixture(&fixture);
}

/* ---- the world ---------------------------------------------------------------------------------
 */

static void a_run_knows_its_address(void **state)
{
    struct fixture fixture;
    struct run_world world = {.config = quell_map(NULL, 0), .url = QUELL_STR("https://q.example")};

    (void)state;
    open_fixture(&fixture, "  - set: { u: \"${{ run.url }}\" }\n", "{}");
    world.lists = quell_map(NULL, 0);
    run_set_world(fixture.teller.run, &world);
    start(&fixture.teller);
    go_on(&fixture.teller);
    told(&fixture, "- sets {\"u\":\"https://q.example/runs/r1\"}\n"
                   "- succeeded\n"
                   "run succeeded\n");
    close_fixture(&fixture);
}

/* The end of the calendar is the end of every time, also of what begins there. */
static void nothing_is_due_behind_the_calendar(void **state)
{
    struct fixture fixture;

    (void)state;
    open_fixture(&fixture, "  - id: w\n    wait: 5m\n", "{}");
    fixture.teller.now_us = INT64_C(253402300799) * 1000000;
    start(&fixture.teller);
    go_on(&fixture.teller);
    assert_string_equal(run_state(fixture.teller.run), "failed");
    close_fixture(&fixture);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(runs_say_what_they_are),
        cmocka_unit_test(a_run_that_has_not_started_is_nothing_yet),
        cmocka_unit_test(steps_say_what_they_wait_for),
        cmocka_unit_test(only_what_is_asked_is_answered),
        cmocka_unit_test(events_fit_where_one_is_waited_for),
        cmocka_unit_test(releases_are_for_what_is_held),
        cmocka_unit_test(releases_let_pass),
        cmocka_unit_test(a_run_knows_its_address),
        cmocka_unit_test(nothing_is_due_behind_the_calendar),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
