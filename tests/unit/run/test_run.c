/*
 * The interpreter against small playbooks: each case is a list of steps, scripted answers to its
 * calls, and the story that must come out. Every case is run three ways - live, folded again from
 * its written journal, and cut off after each event and gone on with - and must tell the same
 * story.
 */
#include "teller.h"

#include "stories_waits.h"
#include "tell.h"

static void stories_are_told(void **state)
{
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(stories) / sizeof(*stories); i++)
        tell(&stories[i], false);
    for (i = 0; i < sizeof(stories_waits) / sizeof(*stories_waits); i++)
        tell(&stories_waits[i], false);
    for (i = 0; i < sizeof(plans) / sizeof(*plans); i++)
        tell(&plans[i], true);
}

/* ---- what does not fit is refused
 * ------------------------------------------------------------------ */

static void misfits_are_refused(void **state)
{
    static const struct story story = {"",
                                       "  - id: a\n    uses: test.look\n"
                                       "    with: { device_id: d1 }\n",
                                       "{\"a\":[" OK "]}", ""};
    struct arena *arena = arena_new(0);
    struct playbook *playbook = load(arena, story.steps);
    struct teller teller;
    struct event event = {.kind = EVENT_CALL_ENDED, .path = QUELL_STR("a")};
    struct quell_error err;

    (void)state;
    teller_open(&teller, playbook, &story);
    event.seq = 1;
    assert_int_equal(run_apply(teller.run, &event, &err), QUELL_INVALID); /* not started */
    start(&teller);
    event.seq = 2;
    assert_int_equal(run_apply(teller.run, &event, &err), QUELL_INVALID); /* no call */
    event.path = QUELL_STR("b");
    assert_int_equal(run_apply(teller.run, &event, &err), QUELL_INVALID); /* no such step */
    event.kind = EVENT_STEP_STARTED;
    event.path = QUELL_STR("a");
    event.seq = 3;
    assert_int_equal(run_apply(teller.run, &event, &err), QUELL_INVALID); /* a gap */
    assert_int_equal(run_seq(teller.run), 1);
    go_on(&teller);
    event.seq = run_seq(teller.run) + 1;
    assert_int_equal(run_apply(teller.run, &event, &err), QUELL_INVALID); /* it has ended */
    teller_close(&teller);
    playbook_free(playbook);
    arena_free(arena);
}

static void deadlines_end_runs(void **state)
{
    static const struct story story = {
        "",
        "  - id: a\n    uses: test.look\n    with: { device_id: d1 }\n"
        "  - id: b\n    uses: test.look\n    with: { device_id: d2 }\n",
        "{\"a\":[" OK "]}",
        "a calls test.look {\"device_id\":\"d1\"}\n"
        "a succeeded\n"
        "run failed\n"};
    struct arena *arena = arena_new(0);
    struct playbook *playbook = load(arena, story.steps);
    struct teller teller;
    struct run_call call;

    (void)state;
    teller_open(&teller, playbook, &story);
    start(&teller);
    (void)run_decide(teller.run, teller.now_us);
    assert_true(run_find_call(teller.run, QUELL_STR("a"), &call));
    assert_int_equal(call.deadline_us, 1000000 + LIMIT_CALL_MS * INT64_C(1000));
    assert_int_equal(run_due(teller.run), 1000000 + 3600 * INT64_C(1000000));
    teller.now_us = run_due(teller.run);
    outside(&teller, EVENT_CALL_ENDED, QUELL_STR("a"), next_answer(&teller, QUELL_STR("a")));
    go_on(&teller);
    assert_string_equal(run_state(teller.run), "failed");
    teller_close(&teller);
    playbook_free(playbook);
    arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(stories_are_told),
        cmocka_unit_test(misfits_are_refused),
        cmocka_unit_test(deadlines_end_runs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
