/*
 * test_undo_called.c - a step calls a playbook, fails with it, and has what that one changed taken
 * back.
 */
#include "virtual.h"

#define CONFIG "connectors: []\n" UNPROTECTED
#define DEVICE "1e5bc9d7e413ddd7902c2932e418702b84d0cc07"
#define ISOLATE(id)                                                                                \
    "  - id: " id "\n    uses: defender.isolate-device\n"                                          \
    "    with: { device_id: " DEVICE ", comment: x }\n"
#define CALLS(more)                                                                                \
    "quell: 1\nplaybook: p\non: { manual: }\nsteps:\n  - id: c\n    call: child\n" more
#define CHILD "quell: 1\nplaybook: child\non: { call: }\nsteps:\n"
#define NOW                                                                                        \
    "{\"device_id\": \"" DEVICE "\", \"isolated\": true, \"action_id\": "                          \
    "\"5382f7ea-7557-4ab7-9782-d50480024a4e\", \"status\": \"Succeeded\"}"
#define DONE(id)                                                                                   \
    "{\"action_id\": \"" id "\", \"status\": \"Succeeded\", \"ours\": true, \"already\": false, "  \
    "\"device_id\": \"" DEVICE "\"}"

static size_t releases(const struct virtual *v)
{
    size_t count = 0;

    for (size_t i = 0; i < v->event_count; i++)
        count += str_is(v->events[i].kind, "call_scheduled") &&
                 quell_text_is(quell_get(v->events[i].data, "action"), "defender.release-device");
    return count;
}

static void run_both(struct virtual *v, const char *caller, const char *child)
{
    char run[37];

    virtual_open(v, CONFIG, (const char *const[]){caller, child, NULL});
    virtual_answer(v, "defender.get-isolation", QUELL_STR(NOW));
    virtual_run(v, "p", "", run);
}

static struct quell_value end_of(const struct virtual *v, const char *path)
{
    for (size_t i = v->event_count; i-- > 0;)
        if (str_is(v->events[i].kind, "step_ended") && str_is(v->events[i].path, path))
            return v->events[i].data;
    return quell_null();
}

static void a_call_that_fails_takes_back_what_it_did(void **state)
{
    struct virtual v;

    (void)state;
    run_both(&v, CALLS("    on-error: undo\n"), CHILD ISOLATE("one") "  - fail: no\n");
    virtual_state(&v, 0, "failed");
    virtual_state(&v, 1, "undone");
    assert_int_equal(releases(&v), 1);
    assert_true(quell_text_is(quell_at(quell_get(end_of(&v, "c"), "undone"), 0), "c"));
    virtual_close(&v);
}

static void one_that_changed_nothing_is_left_alone(void **state)
{
    struct virtual v;

    (void)state;
    run_both(&v, CALLS("    on-error: undo\n"), CHILD "  - fail: no\n");
    virtual_state(&v, 0, "failed");
    virtual_state(&v, 1, "failed");
    assert_true(quell_text_is(quell_at(quell_get(end_of(&v, "c"), "left_alone"), 0), "c"));
    virtual_close(&v);
}

/* Its time is over: it is ended first, and then taken back. */
static void one_whose_time_is_over_is_ended_and_taken_back(void **state)
{
    struct virtual v;

    (void)state;
    run_both(&v, CALLS("    timeout: 10m\n    on-error: undo\n"),
             CHILD ISOLATE("one") "  - wait: 1h\n");
    virtual_state(&v, 0, "waiting");
    virtual_pass(&v, "11m");
    virtual_state(&v, 0, "failed");
    virtual_state(&v, 1, "undone");
    assert_int_equal(releases(&v), 1);
    assert_true(quell_text_is(quell_get(end_of(&v, "c"), "status"), "timed-out"));
    virtual_close(&v);
}

/* The caller fails right behind it, while the end of the called run is still being told: it waits
 * until that is taken back, and says no sooner how it came out. */
static void one_that_takes_its_time_is_waited_for(void **state)
{
    static const char caller[] = "quell: 1\nplaybook: p\non: { manual: }\nsteps:\n"
                                 "  - id: x\n    on-error: undo\n    steps:\n"
                                 "      - id: c\n        call: child\n      - fail: no\n";
    struct quell_document document = {.memory = NULL};
    struct quell_error err = {0};
    struct quell_value why;
    struct virtual v;
    char run[37];

    (void)state;
    virtual_open(&v, CONFIG, (const char *const[]){caller, CHILD ISOLATE("one"), NULL});
    virtual_answer(&v, "defender.get-isolation", QUELL_STR(NOW));
    virtual_answer(&v, "defender.isolate-device",
                   QUELL_STR(DONE("5382f7ea-7557-4ab7-9782-d50480024a4e")));
    virtual_late(&v, "1m");
    virtual_answer(&v, "defender.release-device", QUELL_STR(DONE("r")));
    virtual_late(&v, "5m");
    virtual_run(&v, "p", "", run);
    assert_int_equal(releases(&v), 0);
    virtual_pass(&v, "2m");
    assert_int_equal(releases(&v), 1);
    assert_int_equal(virtual_count(&v, "child_undone", NULL), 0);
    assert_int_equal(quell_why(v.engine, quell_str_of(run), &document, &err), QUELL_OK);
    why = quell_at(quell_get(document.value, "because"), 0);
    assert_true(quell_text_is(quell_get(why, "what"), "undoing"));
    assert_true(str_starts(quell_get_str(why, "text"),
                           QUELL_STR("what it did is taken back: it waits for run ")));
    assert_false(quell_is_null(quell_get(why, "child")));
    quell_document_free(&document);
    virtual_pass(&v, "6m");
    virtual_state(&v, 0, "failed");
    virtual_state(&v, 1, "undone");
    assert_int_equal(virtual_count(&v, "child_undone", NULL), 1);
    assert_true(quell_text_is(quell_at(quell_get(end_of(&v, "x"), "undone"), 0), "x.c"));
    virtual_close(&v);
}

static void without_it_the_changes_stay(void **state)
{
    struct virtual v;

    (void)state;
    run_both(&v, CALLS(""), CHILD ISOLATE("one") "  - fail: no\n");
    virtual_state(&v, 0, "failed");
    virtual_state(&v, 1, "failed");
    assert_int_equal(releases(&v), 0);
    virtual_close(&v);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_call_that_fails_takes_back_what_it_did),
        cmocka_unit_test(one_that_changed_nothing_is_left_alone),
        cmocka_unit_test(one_whose_time_is_over_is_ended_and_taken_back),
        cmocka_unit_test(one_that_takes_its_time_is_waited_for),
        cmocka_unit_test(without_it_the_changes_stay),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
