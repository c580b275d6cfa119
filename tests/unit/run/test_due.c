/*
 * Times that came while nobody asked, as after a downtime: each has its turn in the order in which
 * they came, not in that of the program, and nothing begins whose own time is over.
 */
#include "fixture.h"

#define PARALLEL "  - id: p\n    parallel:\n      left:\n"
#define RIGHT "      right:\n"
#define CALL(id)                                                                                   \
    "        - id: " id "\n          uses: test.look\n          with: { device_id: d1 }\n"
#define ASK(id, within)                                                                            \
    "        - id: " id "\n          ask: { of: soc, within: " within ", on-timeout: continue,\n"  \
    "                 message: q, form: { x: { type: bool, required: true } } }\n"
#define LATE_US (1800 * INT64_C(1000000))

static const struct late {
    const char *name, *steps, *answers, *told;
} lates[] = {
    {"waits", PARALLEL "        - wait: 5m\n" CALL("a") RIGHT "        - wait: 2m\n" CALL("b"),
     "{}",
     "- waits 300s\n- waits 120s\n- succeeded\np.right.b calls test.look {\"device_id\":\"d1\"}\n"
     "- succeeded\np.left.a calls test.look {\"device_id\":\"d1\"}\n"},
    {"a wait that fails the other branch, and comes later",
     PARALLEL "        - wait: { for: { incident: { match: { title: x } } }, timeout: 5m }\n" RIGHT
              "        - wait: 2m\n" CALL("b"),
     "{}",
     "- waits for incident 300s\n- waits 120s\n- succeeded\n"
     "p.right.b calls test.look {\"device_id\":\"d1\"}\n- timed-out timed-out\n"
     "p.right.b cancelled cancelled\np timed-out timed-out\nrun failed\n"},
    {"forms", PARALLEL ASK("a", "5m") RIGHT ASK("b", "2m"), "{}",
     "p.left.a asks soc 300s for 1 fields: q\np.right.b asks soc 120s for 1 fields: q\n"
     "p.right.b is not answered\np.right.b timed-out timed-out\n"
     "p.left.a is not answered\np.left.a timed-out timed-out\np succeeded\nrun succeeded\n"},
    {"approvals",
     PARALLEL "        - id: a\n          approve: { by: soc, within: 5m, message: q }\n"
              "          steps: [{ wait: 1m }]\n" RIGHT
              "        - id: b\n          approve: { by: soc, within: 2m, message: q }\n"
              "          steps: [{ wait: 1m }]\n",
     "{}",
     "p.left.a asks soc 300s: q\np.right.b asks soc 120s: q\n"
     "p.right.b is not answered\np.right.b denied denied\n"
     "p.left.a is not answered\np.left.a denied denied\np succeeded\nrun succeeded\n"},
    {"one that began late and is over",
     PARALLEL "        - wait: 5m\n" RIGHT "        - wait: 2m\n"
              "        - wait: { until: run.started_at + duration('180s') }\n",
     "{}",
     "- waits 300s\n- waits 120s\n- succeeded\n- waits -1620s\n- succeeded\n- succeeded\n"
     "p succeeded\nrun succeeded\n"},
    {"a time that is over before the next step",
     PARALLEL "        - wait: 5m\n" RIGHT "        - timeout: 3m\n          steps:\n"
              "          - wait: 2m\n          - wait: 1m\n",
     "{}",
     "- waits 300s\n- waits 120s\n- succeeded\n- timed-out timed-out\n- cancelled cancelled\n"
     "p timed-out timed-out\nrun failed\n"},
};

static void come_in_their_order(void **state)
{
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(lates) / sizeof(*lates); i++) {
        struct fixture fixture;

        open_fixture(&fixture, lates[i].steps, lates[i].answers);
        start(&fixture.teller);
        (void)decide(&fixture.teller);
        fixture.teller.now_us += LATE_US;
        (void)decide(&fixture.teller);
        told(&fixture, lates[i].told);
        assert_int_equal(decide(&fixture.teller), 0);
        close_fixture(&fixture);
    }
}

/* A halt is over, but so is the time of what it kept back. */
static bool keeps_all(void *user, const struct run *run, const struct step *step,
                      struct quell_str path)
{
    (void)run;
    (void)step;
    (void)path;
    return *(bool *)user;
}

static void what_is_kept_back_is_late_in_its_turn(void **state)
{
    bool kept = true;
    struct run_gate gate = {keeps_all, &kept};
    struct run_world world = {.gate = &gate, .config = quell_map(NULL, 0)};
    struct fixture fixture;

    (void)state;
    open_fixture(&fixture,
                 PARALLEL "        - id: a\n          uses: test.isolate\n"
                          "          with: { device_id: d1 }\n          timeout: 5m\n"
                          "          on-error: continue\n" RIGHT "        - wait: 2m\n",
                 "{}");
    run_set_world(fixture.teller.run, &world);
    start(&fixture.teller);
    (void)decide(&fixture.teller);
    kept = false;
    fixture.teller.now_us += LATE_US;
    (void)decide(&fixture.teller);
    told(&fixture, "- waits 120s\n- succeeded\np.left.a timed-out timed-out\np succeeded\n"
                   "run succeeded\n");
    close_fixture(&fixture);
}

static void attempts_come_in_their_order(void **state)
{
    struct fixture fixture;

    (void)state;
    open_fixture(&fixture,
                 PARALLEL CALL("a") "          retry: { max: 1, first: 50s }\n" RIGHT CALL(
                     "b") "          retry: { max: 1, first: 20s }\n",
                 "{\"p.left.a\":[" THROTTLED "],\"p.right.b\":[" THROTTLED "]}");
    start(&fixture.teller);
    (void)decide(&fixture.teller);
    outside(&fixture.teller, EVENT_CALL_ENDED, QUELL_STR("p.left.a"),
            next_answer(&fixture.teller, QUELL_STR("p.left.a")));
    outside(&fixture.teller, EVENT_CALL_ENDED, QUELL_STR("p.right.b"),
            next_answer(&fixture.teller, QUELL_STR("p.right.b")));
    (void)decide(&fixture.teller);
    fixture.teller.now_us += LATE_US / 5;
    (void)decide(&fixture.teller);
    told(&fixture, "p.left.a calls test.look {\"device_id\":\"d1\"}\n"
                   "p.right.b calls test.look {\"device_id\":\"d1\"}\n"
                   "p.left.a waits 50s\np.right.b waits 20s\n"
                   "p.right.b calls test.look {\"device_id\":\"d1\"}\n"
                   "p.left.a calls test.look {\"device_id\":\"d1\"}\n");
    close_fixture(&fixture);
}

static void a_called_run_is_ended_in_its_turn(void **state)
{
    struct fixture fixture;
    struct map_builder child = {0};

    (void)state;
    open_fixture(&fixture,
                 PARALLEL "        - id: c\n          call: other\n          timeout: 5m\n" RIGHT
                          "        - wait: 2m\n" CALL("b"),
                 "{}");
    start(&fixture.teller);
    (void)decide(&fixture.teller);
    child.arena = fixture.teller.arena;
    map_add(&child, "run", quell_text("r2"));
    outside(&fixture.teller, EVENT_CHILD_STARTED, QUELL_STR("p.left.c"), map_made(&child));
    fixture.teller.now_us += LATE_US;
    (void)decide(&fixture.teller);
    told(&fixture, "p.left.c calls run of other {}\n- waits 120s\n- succeeded\n"
                   "p.right.b calls test.look {\"device_id\":\"d1\"}\n"
                   "p.left.c ends its run: the time of its caller was up\n");
    close_fixture(&fixture);
}

static void answer(struct fixture *fixture, const char *path)
{
    outside(&fixture->teller, EVENT_CALL_ENDED, quell_str_of(path),
            next_answer(&fixture->teller, quell_str_of(path)));
    (void)decide(&fixture->teller);
}

/* What was meant for a time is taken back when that is over, and the run waits for it: the wait
 * that was over before has gone on by then, the other one has not, and is before the next. */
static void changes_for_a_time_are_taken_back_in_their_turn(void **state)
{
    struct fixture fixture;

    (void)state;
    open_fixture(
        &fixture,
        "  - id: i\n    uses: test.block\n    with: { device_id: d1 }\n    for: 5m\n"
        "  - id: j\n    uses: test.block\n    with: { device_id: d2 }\n    for: 9m\n" PARALLEL
        "        - wait: 7m\n" RIGHT "        - wait: 2m\n" CALL("b"),
        "{\"i\":[" OK "],\"j\":[" OK "],\"i.undo.unblock\":[" OK "]}");
    start(&fixture.teller);
    (void)decide(&fixture.teller);
    answer(&fixture, "i");
    answer(&fixture, "j");
    fixture.teller.now_us += LATE_US;
    (void)decide(&fixture.teller);
    answer(&fixture, "i.undo.unblock");
    told(&fixture, "i calls test.block {\"device_id\":\"d1\"}\ni succeeded\n"
                   "j calls test.block {\"device_id\":\"d2\"}\nj succeeded\n"
                   "- waits 420s\n- waits 120s\n- succeeded\n"
                   "p.right.b calls test.look {\"device_id\":\"d1\"}\n"
                   "i.undo.unblock calls test.unblock {\"device_id\":\"d1\",\"note\":\"d\"}\n"
                   "i.undo.unblock succeeded\n- succeeded\n"
                   "j.undo.unblock calls test.unblock {\"device_id\":\"d2\",\"note\":\"d\"}\n");
    close_fixture(&fixture);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(come_in_their_order),
        cmocka_unit_test(what_is_kept_back_is_late_in_its_turn),
        cmocka_unit_test(attempts_come_in_their_order),
        cmocka_unit_test(a_called_run_is_ended_in_its_turn),
        cmocka_unit_test(changes_for_a_time_are_taken_back_in_their_turn),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
