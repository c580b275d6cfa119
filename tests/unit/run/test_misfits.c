/*
 * test_misfits.c - journals by hand. An event that does not fit what came before is refused with an
 * error that names it, and the run is what it was: a journal that is damaged, of another revision
 * or put together by somebody else is found at its first wrong line.
 */
#include "by_hand.h"

#define LOOK "    uses: test.look\n    with: { device_id: d1 }\n"
#define A "  - id: a\n" LOOK

static const char a_look[] = A;
static const char a_set[] = "  - id: a\n    set: { x: y }\n";
static const char a_switch[] = "  - id: a\n    switch:\n"
                               "      - when: \"true\"\n        steps:\n          - fail: one\n"
                               "      - else:\n          - fail: two\n";
static const char a_while[] = "  - id: a\n    while: run.id == 'x'\n    max: 2\n    steps:\n"
                              "      - fail: no\n";
static const char an_each[] = "  - id: a\n    for-each: \"['d1']\"\n    as: d\n    max: 2\n"
                              "    steps:\n      - fail: no\n";
static const char a_call[] = "  - id: a\n    call: other\n";
static const char detached[] = "  - id: a\n    call: other\n    detach: true\n";
static const char a_time[] = "  - id: a\n    wait: 5m\n";
static const char an_event[] =
    "  - id: a\n    wait: { for: { incident: { match: { title: x } } }, timeout: 30m }\n";
static const char a_gate[] = "  - id: a\n    approve: { by: ana, within: 10m }\n" LOOK;
static const char a_gate_on_error[] =
    "  - id: a\n    approve: { by: ana, within: 10m }\n    on-error:\n      - fail: no\n" LOOK;
static const char a_form[] =
    "  - id: a\n    ask: { of: ana, within: 10m, form: { note: { type: text } } }\n";
static const char a_poll[] = "  - id: a\n    uses: test.block\n    with: { device_id: d1 }\n"
                             "    poll: { every: 10s, until: \"output.risk == 'low'\" }\n";
static const char a_block[] = "  - id: a\n    uses: test.block\n    with: { device_id: d1 }\n";
static const char undone[] = "  - id: x\n    on-error: undo\n    steps:\n"
                             "      - id: a\n        uses: test.block\n"
                             "        with: { device_id: d1 }\n"
                             "  - id: b\n" LOOK "undo: { on-failure: auto }\n";

#define STARTED "step_started a\n"
#define ENDED "step_ended a {\"status\":\"succeeded\"}\n"
#define CALLING STARTED "call_scheduled a\n"
#define ANSWERED CALLING "call_ended a {\"outcome\":\"succeeded\"}\n"
#define DOUBT CALLING "call_ended a {\"outcome\":\"unknown\"}\n"
#define FAILED CALLING "call_ended a {\"outcome\":\"failed\"}\n"
#define ASKED STARTED "approval_asked a {\"digest\":\"d1d1\"}\n"
#define DENIED ASKED "approval_denied a\n"
#define CHILD STARTED "child_called a\n"
#define BLOCK "step_started x\nstep_started x.a\n"
#define TAKEN "undo_started x {\"steps\":[\"x.a\"]}\n"
#define OVER "run_ended - {\"status\":\"succeeded\"}\n"
#define CALLED                                                                                     \
    CHILD "child_started a {\"run\":\"r2\"}\nchild_ended a {\"status\":\"failed\"}\n" ENDED OVER
#define ASKED_BACK "undo_asked - {\"steps\":[\"a\"]}\n"
#define TO_UNDO CALLED ASKED_BACK

/* The last line of each journal is the one that does not fit; `-` is the run itself. */
static const struct misfit {
    const char *steps, *journal, *why;
} misfits[] = {
    /* the run */
    {a_look, "run_started -", "the run has started before"},
    {a_look, "run_failing -\nrun_failing -", "the run fails already"},
    {a_look, "run_begun -", "the run does not wait for its begin"},
    {a_look, "run_merged -", "the run has begun"},
    {a_look, "run_bound - {\"calls\":{}}", "the run is bound already, or to nothing"},
    {a_look, "run_bound - {\"calls\":[]}\nrun_bound - {\"calls\":[]}",
     "the run is bound already, or to nothing"},
    {a_look, "vars_computed - {\"vars\":{}}\nvars_computed - {\"vars\":{}}",
     "the vars are computed already"},
    {a_look, "vars_computed - {\"vars\":[1]}", "its vars are no map"},
    {a_look, "run_cancelling -\nrun_cancelling -", "the run ends already"},
    {a_look, "run_finishing -\nrun_cancelling -", "the run ends already"},
    {a_look, "run_finishing -\nrun_finishing -", "finally has begun already"},
    {a_look, "run_held a", "the step has no answered call"},
    {a_look, "run_held a {\"limit\":true}", "the step is not about to call"},
    {a_look, DOUBT "retry_waiting a\nrun_held a {\"limit\":true}", "the step is not about to call"},
    {a_look, DOUBT "retry_waiting a\ntimer_fired a\ncall_scheduled a {\"attempt\":2}\nrun_held a",
     "the step has no answered call"},
    {a_look, FAILED "retry_waiting a\nrun_held a", "the step has no answered call"},
    {a_look, "outcome_resolved a", "no outcome of the step waits for a person"},
    {a_look, "run_released -", "the run does not wait for a release"},
    {a_look, "run_released b", "the step does not wait for a release"},
    {a_look, STARTED "run_released a", "the step does not wait for a release"},
    {a_look, STARTED "run_held a {\"limit\":true}\noutcome_resolved a",
     "no outcome of the step waits for a person"},
    /* steps */
    {a_look, "step_started b", "the playbook has no such step"},
    {a_look, STARTED "step_started a", "the step has begun before"},
    {a_look, STARTED "step_skipped a", "the step has begun before"},
    {a_look, "step_ended a {\"status\":\"well\"}", "its status is not known"},
    {a_look, "step_ended a {\"status\":\"running\"}", "its status is not known"},
    {a_look, ENDED "step_ended a {\"status\":\"failed\"}", "the step has ended before"},
    {a_look, ENDED "catch_started a", "the step has ended or is caught already"},
    {a_gate_on_error, "catch_started a\ncatch_started a",
     "the step has ended or is caught already"},
    {a_look, "vars_set a", "it is no set step that has begun"},
    {a_look, STARTED "vars_set a", "it is no set step that has begun"},
    {a_set, "vars_set a", "it is no set step that has begun"},
    {a_set, STARTED "vars_set a {\"vars\":[1]}", "its vars are no map"},
    {a_set, STARTED "vars_set a [1]", "its data is no map"},
    /* calls */
    {a_set, STARTED "call_scheduled a", "the step cannot call now"},
    {a_look, "call_scheduled a", "the step cannot call now"},
    {a_look, CALLING "call_scheduled a", "the step cannot call now"},
    {a_look, STARTED "call_sending a", "the step has no call"},
    {a_look, STARTED "call_sleeping a", "the step has no call"},
    {a_look, ANSWERED "call_ended a", "the step has no call"},
    {a_look, CALLING "retry_waiting a", "the step has no answered call"},
    {a_set, STARTED "vars_set a {\"vars\":{}}\nretry_waiting a", "the step has no answered call"},
    {a_set, STARTED "vars_set a {\"vars\":{}}\nrun_held a", "the step has no answered call"},
    {a_set, STARTED "run_held a {\"limit\":true}", "the step is not about to call"},
    {a_look,
     CALLING "call_ended a {\"outcome\":\"unknown\"}\nretry_waiting a\n"
             "run_held a {\"limit\":true}",
     "the step is not about to call"},
    {a_look, ANSWERED "timer_fired a", "the step does not wait"},
    {a_look, ANSWERED "poll_waiting a", "the step has no call to look after"},
    {a_poll, CALLING "poll_waiting a", "the step has no call to look after"},
    /* choosing and repeating */
    {a_look, STARTED "loop_started a", "it is no for-each that begins"},
    {an_each, "loop_started a", "it is no for-each that begins"},
    {an_each, STARTED "loop_started a {\"items\":[1]}\nloop_started a {\"items\":[1]}",
     "it is no for-each that begins"},
    {a_look, STARTED "case_chosen a {\"case\":0}", "it is no switch that begins"},
    {a_switch, "case_chosen a {\"case\":0}", "it is no switch that begins"},
    {a_switch, STARTED "case_chosen a {\"case\":0}\ncase_chosen a {\"case\":1}",
     "it is no switch that begins"},
    {a_switch, STARTED "case_chosen a", "there is no such case"},
    {a_switch, STARTED "case_chosen a {\"case\":2}", "there is no such case"},
    {a_look, STARTED "iteration_started a {\"index\":0}", "it is no while that has begun"},
    {a_while, "iteration_started a {\"index\":0}", "it is no while that has begun"},
    {a_while, STARTED "iteration_started a", "it is not the next iteration"},
    {a_while, STARTED "iteration_started a {\"index\":1}", "it is not the next iteration"},
    {a_while,
     STARTED "iteration_started a {\"index\":0}\niteration_started a {\"index\":1}\n"
             "iteration_started a {\"index\":2}",
     "it is not the next iteration"},
    /* runs that are called */
    {a_look, STARTED "child_called a", "it is no call that begins"},
    {a_call, "child_called a", "it is no call that begins"},
    {a_call, STARTED "child_started a {\"run\":\"r2\"}", "the step waits for no run to start"},
    {a_call, CHILD "child_started a {\"run\":\"r2\"}\nchild_started a {\"run\":\"r3\"}",
     "the step waits for no run to start"},
    {a_call, STARTED "child_cancelling a", "the step waits for no run, or it ends already"},
    {a_call, CHILD "child_cancelling a\nchild_cancelling a",
     "the step waits for no run, or it ends already"},
    {detached, CHILD "child_started a {\"run\":\"r2\"}\nchild_ended a",
     "the step waits for no run"},
    /* waiting */
    {a_look, STARTED "wait_started a", "it is no wait step that has begun"},
    {a_time, "wait_started a", "it is no wait step that has begun"},
    {an_event, STARTED "event_came a", "the step does not wait for an event"},
    {a_time, STARTED "wait_started a\nevent_came a", "the step does not wait for an event"},
    {a_time, STARTED "timer_fired a", "the step does not wait"},
    /* people */
    {a_look, STARTED "approval_asked a", "the step has no gate, or is past it"},
    {a_gate, "approval_asked a", "the step has no gate, or is past it"},
    {a_gate, STARTED "approval_waived a\napproval_asked a", "the step has no gate, or is past it"},
    {a_gate, DENIED "approval_asked a", "the step has no gate, or is past it"},
    {a_gate, "approval_waived a", "the step has no gate, or is past it"},
    {a_gate, DENIED "approval_granted a", "the step has no gate, or is past it"},
    {a_gate, STARTED "approval_given a", "the step does not wait for an approval"},
    {a_gate, ASKED "approval_given a {\"digest\":\"d2d2\"}",
     "it is about something else than what was asked"},
    {a_gate, STARTED "approval_denied a", "the step does not wait for an approval"},
    {a_gate, DENIED "approval_expired a", "the step does not wait for an approval"},
    {a_gate, STARTED "approval_escalated a", "the step does not wait for an approval"},
    {a_gate, ASKED "approval_escalated a\napproval_escalated a",
     "the step does not wait for an approval"},
    {a_look, STARTED "form_asked a", "it is no ask step that has begun"},
    {a_form, "form_asked a", "it is no ask step that has begun"},
    {a_form, STARTED "form_answered a", "the step does not wait for a form"},
    {a_gate, ASKED "form_answered a", "the step does not wait for a form"},
    /* taking back */
    {undone, BLOCK "undo_started x {\"steps\":[\"x.b\"]}", "a step in it cannot be taken back"},
    {undone, BLOCK "undo_started x {\"steps\":[\"x\"]}", "a step in it cannot be taken back"},
    {undone, BLOCK TAKEN TAKEN, "the step has ended, or is being taken back"},
    {undone, "step_ended x {\"status\":\"failed\"}\n" TAKEN,
     "the step has ended, or is being taken back"},
    {a_look, "run_undoing -", "the run cannot be taken back now"},
    {undone, "run_undoing -\nrun_undoing -", "the run cannot be taken back now"},
    {undone, "run_failing -\nrun_undoing -", "the run cannot be taken back now"},
    {undone, "run_finishing -\nrun_undoing -", "the run cannot be taken back now"},
    {a_block, "undo_asked - {\"steps\":[\"a\"]}", "the run has not ended, or is being taken back"},
    {a_block, OVER "undo_asked - {\"steps\":[\"a\"]}\nundo_asked - {\"due\":true}",
     "the run has not ended, or is being taken back"},
    {a_block, OVER "undo_asked - {\"steps\":[\"b\"]}", "a step in it cannot be taken back"},
    {a_look, OVER "undo_asked - {\"steps\":[\"a\"]}", "a step in it cannot be taken back"},
    {a_block,
     ANSWERED ENDED OVER ASKED_BACK
     "step_started a.undo.unblock\n"
     "step_ended a.undo.unblock {\"status\":\"succeeded\"}\n" OVER ASKED_BACK,
     "a step in it cannot be taken back"},
    {a_block, OVER "undo_asked - {\"steps\":[\"a\"]}\nrun_cancelling -", "the run ends already"},
    {a_block, "undo_ended -", "nothing is being taken back beside the run"},
    {a_block, OVER "undo_asked - {\"steps\":[\"a\"]}\nundo_ended -",
     "nothing is being taken back beside the run"},
    {a_call, CALLED "undo_asked - {}\nchild_undoing a", "its called run is not to be taken back"},
    {a_call, TO_UNDO "child_undone a", "its called run is not being taken back"},
    {a_call, TO_UNDO "child_undoing a\nchild_undoing a", "its called run is not to be taken back"},
};

/* ---- they are refused
 * ------------------------------------------------------------------------------ */

/* All lines but the last fit. */
static void read_to_the_last(struct teller *teller, const struct misfit *misfit)
{
    struct quell_str rest = quell_str_of(misfit->journal), line;
    struct quell_error err = {0};
    struct event event;

    while (rest.len) {
        (void)str_cut(rest, '\n', &line, &rest);
        event = event_of(teller, line);
        if (rest.len == 0)
            refused(teller, &event, misfit->why);
        else if (run_apply(teller->run, &event, &err))
            fail_msg("%s\n%s", misfit->journal, err.message);
    }
}

static void misfits_are_refused(void **state)
{
    size_t i;

    for (i = 0; i < sizeof(misfits) / sizeof(*misfits); i++) {
        const struct story story = {"", misfits[i].steps, "{}", ""};
        struct arena *arena = arena_new(0);
        struct playbook *playbook = load(arena, story.steps);
        struct teller teller;

        teller_open(&teller, playbook, &story);
        start(&teller);
        read_to_the_last(&teller, &misfits[i]);
        teller_close(&teller);
        playbook_free(playbook);
        arena_free(arena);
    }
}

/* Before its first event and after its last one a run takes no other. */
static void runs_have_a_begin_and_an_end(void **state)
{
    const struct story story = {"", a_look, "{\"a\":[" OK "]}", ""};
    struct arena *arena = arena_new(0);
    struct playbook *playbook = load(arena, story.steps);
    struct teller teller;
    enum event_kind kind;

    (void)state;
    teller_open(&teller, playbook, &story);
    for (kind = 0; kind < EVENT_KINDS; kind++)
        refused(&teller, &(struct event){.seq = 1, .kind = kind, .path = QUELL_STR("a")},
                kind == EVENT_RUN_STARTED ? "it belongs to another revision of the playbook"
                                          : "the run has not started");
    assert_int_equal(run_decide(teller.run, teller.now_us).count, 0);
    start(&teller);
    refused(&teller, &(struct event){.seq = 3, .kind = EVENT_RUN_FAILING},
            "an event before it is missing");
    go_on(&teller);
    for (kind = 0; kind < EVENT_KINDS; kind++)
        if (kind != EVENT_UNDO_ASKED)
            refused(&teller,
                    &(struct event){
                        .seq = run_seq(teller.run) + 1, .kind = kind, .path = QUELL_STR("a")},
                    "the run has ended");
    teller_close(&teller);
    playbook_free(playbook);
    arena_free(arena);
}

/* A loop has no more items than a playbook may ask for. */
static void loops_have_a_size(void **state)
{
    const struct story story = {"", an_each, "{}", ""};
    struct arena *arena = arena_new(0);
    struct playbook *playbook = load(arena, story.steps);
    struct list_builder items = {.arena = arena};
    struct map_builder data = {.arena = arena};
    struct teller teller;
    struct event event;
    struct quell_error err;

    (void)state;
    teller_open(&teller, playbook, &story);
    start(&teller);
    event = event_of(&teller, QUELL_STR("step_started a"));
    assert_int_equal(run_apply(teller.run, &event, &err), QUELL_OK);
    event = event_of(&teller, QUELL_STR("loop_started a"));
    while (items.count < LIMIT_FOR_EACH + 1)
        list_add(&items, quell_int(1));
    map_add(&data, "items", list_made(&items));
    event.data = map_made(&data);
    refused(&teller, &event, "too many items");
    teller_close(&teller);
    playbook_free(playbook);
    arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(misfits_are_refused),
        cmocka_unit_test(runs_have_a_begin_and_an_end),
        cmocka_unit_test(loops_have_a_size),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
