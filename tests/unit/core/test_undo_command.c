/*
 * test_undo_command.c - `quell undo`: a run that has ended takes back what it changed, with the
 * runs that it called; once, by whom it may, within its time.
 */
#include "virtual.h"

#define CONFIG "connectors: []\n" UNPROTECTED "users: { ana: { groups: [leads] }, bob: {} }\n"
#define DEVICE "1e5bc9d7e413ddd7902c2932e418702b84d0cc07"
#define ISOLATE(id)                                                                                \
    "  - id: " id "\n    uses: defender.isolate-device\n"                                          \
    "    with: { device_id: " DEVICE ", comment: x }\n"
#define HEAD "quell: 1\nplaybook: p\non: { manual: }\n"
#define NOW(action)                                                                                \
    "{\"device_id\": \"" DEVICE "\", \"isolated\": true, \"action_id\": \"" action                 \
    "\", \"status\": \"Succeeded\"}"
#define OURS "5382f7ea-7557-4ab7-9782-d50480024a4e" /* of the manifest's example */

static void told(enum quell_code code, const struct quell_error *err, void *user)
{
    (void)err;
    *(enum quell_code *)user = code;
}

static enum quell_code undo_as(struct virtual *v, size_t nth, const char *step, const char *who,
                               struct quell_error *err)
{
    static enum quell_code done;
    struct quell_undo_options options = {.run = virtual_id(v, nth),
                                         .step = quell_str_of(step),
                                         .by = quell_str_of(who),
                                         .reason = QUELL_STR("false alarm")};
    enum quell_code code;
    char run[37];

    done = QUELL_IO;
    code = quell_undo(v->engine, &options, run, told, &done, err);
    loop_settle(v->loop);
    if (code == QUELL_OK)
        assert_int_equal(done, QUELL_OK);
    return code;
}

static void undo(struct virtual *v, size_t nth, const char *step)
{
    struct quell_error err = {0};

    if (undo_as(v, nth, step, "ana", &err))
        fail_msg("%s", err.message);
}

static void refused(struct virtual *v, size_t nth, const char *who, enum quell_code code,
                    const char *why)
{
    struct quell_error err = {0};

    assert_int_equal(undo_as(v, nth, "", who, &err), code);
    if (!strstr(err.message, why))
        fail_msg("`%s` does not say `%s`", err.message, why);
}

static size_t releases(const struct virtual *v)
{
    size_t count = 0;

    for (size_t i = 0; i < v->event_count; i++)
        count += str_is(v->events[i].kind, "call_scheduled") &&
                 quell_text_is(quell_get(v->events[i].data, "action"), "defender.release-device");
    return count;
}

static void open_one(struct virtual *v, const char *text)
{
    char run[37];

    virtual_open(v, CONFIG, (const char *const[]){text, NULL});
    virtual_run(v, "p", "", run);
}

/* The last end of a run. */
static struct quell_value last_end(const struct virtual *v)
{
    for (size_t i = v->event_count; i-- > 0;)
        if (str_is(v->events[i].kind, "run_ended"))
            return v->events[i].data;
    return quell_null();
}

static void what_a_run_changed_is_taken_back_once(void **state)
{
    struct virtual v;
    struct quell_value end;

    (void)state;
    open_one(&v, HEAD "steps:\n" ISOLATE("one"));
    virtual_answer(&v, "defender.get-isolation", QUELL_STR(NOW(OURS)));
    virtual_state(&v, 0, "succeeded");
    undo(&v, 0, "");
    virtual_state(&v, 0, "undone");
    assert_int_equal(releases(&v), 1);
    end = last_end(&v);
    assert_true(quell_text_is(quell_at(quell_get(end, "undone"), 0), "one"));
    assert_int_equal(virtual_count(&v, "undo_asked", NULL), 1);
    refused(&v, 0, "ana", QUELL_CONFLICT, "is undone already");
    assert_int_equal(releases(&v), 1);
    virtual_close(&v);
}

static void what_others_changed_since_is_left_alone(void **state)
{
    struct virtual v;

    (void)state;
    open_one(&v, HEAD "steps:\n" ISOLATE("one"));
    virtual_answer(&v, "defender.get-isolation", QUELL_STR(NOW("another")));
    undo(&v, 0, "");
    virtual_state(&v, 0, "succeeded");
    assert_int_equal(releases(&v), 0);
    assert_int_equal(quell_count(quell_get(last_end(&v), "left_alone")), 1);
    assert_int_equal(virtual_count(&v, "step_skipped", "one.undo.release_device"), 1);
    virtual_close(&v);
}

static void what_was_so_before_is_left_alone(void **state)
{
    struct virtual v;
    char run[37];

    (void)state;
    virtual_open(&v, CONFIG, (const char *const[]){HEAD "steps:\n" ISOLATE("one"), NULL});
    virtual_answer(
        &v, "defender.isolate-device",
        QUELL_STR("{\"action_id\": \"theirs\", \"status\": \"Succeeded\", \"ours\": false,"
                  "\"already\": true, \"device_id\": \"" DEVICE "\"}"));
    virtual_run(&v, "p", "", run);
    undo(&v, 0, "");
    assert_int_equal(virtual_count(&v, "step_skipped", "one.undo.get_isolation"), 1);
    assert_int_equal(virtual_count(&v, "call_scheduled", NULL), 1);
    virtual_close(&v);
}

static void one_step_of_two_leaves_the_run_what_it_was(void **state)
{
    struct virtual v;

    (void)state;
    open_one(&v, HEAD "steps:\n" ISOLATE("one") ISOLATE("two"));
    virtual_answer(&v, "defender.get-isolation", QUELL_STR(NOW(OURS)));
    undo(&v, 0, "one");
    virtual_state(&v, 0, "succeeded");
    assert_int_equal(releases(&v), 1);
    undo(&v, 0, "");
    virtual_state(&v, 0, "undone");
    assert_int_equal(releases(&v), 2);
    virtual_close(&v);
}

static void what_failed_may_be_tried_again(void **state)
{
    struct virtual v;

    (void)state;
    open_one(&v, HEAD "steps:\n" ISOLATE("one"));
    virtual_answer(&v, "defender.get-isolation", QUELL_STR(NOW(OURS)));
    virtual_fail(&v, "defender.release-device", QUELL_REFUSED);
    undo(&v, 0, "");
    virtual_state(&v, 0, "succeeded");
    assert_int_equal(quell_count(quell_get(last_end(&v), "not_undone")), 1);
    virtual_answer(&v, "defender.release-device",
                   QUELL_STR("{\"action_id\": \"r\", \"status\": \"Succeeded\", \"ours\": true,"
                             "\"already\": false, \"device_id\": \"" DEVICE "\"}"));
    undo(&v, 0, "");
    virtual_state(&v, 0, "undone");
    assert_int_equal(virtual_count(&v, "step_ended", "one.undo[2].release_device"), 1);
    virtual_close(&v);
}

static void called_runs_are_taken_back_with_it(void **state)
{
    struct virtual v;
    char run[37];

    (void)state;
    virtual_open(&v, CONFIG,
                 (const char *const[]){
                     HEAD
                     "steps:\n" ISOLATE("before") "  - id: c\n    call: child\n" ISOLATE("after"),
                     "quell: 1\nplaybook: child\non: { call: }\nsteps:\n" ISOLATE("inside"), NULL});
    virtual_answer(&v, "defender.get-isolation", QUELL_STR(NOW(OURS)));
    virtual_run(&v, "p", "", run);
    virtual_state(&v, 0, "succeeded");
    undo(&v, 0, "");
    virtual_state(&v, 0, "undone");
    virtual_state(&v, 1, "undone");
    assert_int_equal(releases(&v), 3);
    { /* the newest first, over both runs */
        const char *const order[] = {"after.undo.release_device", "inside.undo.release_device",
                                     "before.undo.release_device"};
        size_t at = 0;
        for (size_t i = 0; i < v.event_count && at < 3; i++)
            at += str_is(v.events[i].kind, "call_scheduled") && str_is(v.events[i].path, order[at]);
        assert_int_equal(at, 3);
    }
    refused(&v, 0, "ana", QUELL_CONFLICT, "is undone already");
    virtual_close(&v);
}

static void a_run_that_is_under_way_is_not_undone(void **state)
{
    struct virtual v;

    (void)state;
    open_one(&v, HEAD "steps:\n" ISOLATE("one") "  - wait: 1h\n");
    refused(&v, 0, "ana", QUELL_CONFLICT, "quell cancel");
    virtual_close(&v);
}

static void nothing_changed_nothing_is_undone(void **state)
{
    struct virtual v;

    (void)state;
    open_one(&v, HEAD "steps:\n  - id: one\n    uses: defender.get-device\n"
                      "    with: { device_id: " DEVICE " }\n");
    refused(&v, 0, "ana", QUELL_CONFLICT, "changed nothing that can be undone");
    virtual_close(&v);
}

static void only_those_who_may_and_in_time(void **state)
{
    struct virtual v;

    (void)state;
    open_one(&v, HEAD
             "undo: { on-failure: ask, window: 14d, by: group:leads }\nsteps:\n" ISOLATE("one"));
    virtual_answer(&v, "defender.get-isolation", QUELL_STR(NOW(OURS)));
    refused(&v, 0, "bob", QUELL_DENIED, "may not undo");
    virtual_pass(&v, "336h");
    virtual_pass(&v, "1s");
    refused(&v, 0, "ana", QUELL_CONFLICT, "the time in which");
    virtual_close(&v);
    open_one(&v, HEAD "undo: { on-failure: never, by: group:leads }\nsteps:\n" ISOLATE("one"));
    virtual_answer(&v, "defender.get-isolation", QUELL_STR(NOW(OURS)));
    virtual_pass(&v, "400h");
    undo(&v, 0, "");
    virtual_state(&v, 0, "undone");
    virtual_close(&v);
}

static void the_plan_says_what_and_what_not(void **state)
{
    struct quell_document plan = {0};
    struct quell_error err = {0};
    struct quell_value changes;
    struct virtual v;

    (void)state;
    open_one(&v, HEAD "steps:\n" ISOLATE("one") "    undo: none\n" ISOLATE("two"));
    assert_int_equal(quell_undo_plan(v.engine, virtual_id(&v, 0), QUELL_STR(""), &plan, &err),
                     QUELL_OK);
    changes = quell_get(plan.value, "changes");
    assert_int_equal(quell_count(changes), 2);
    assert_true(quell_text_is(quell_get(quell_at(changes, 0), "is"), "open"));
    assert_true(quell_text_is(quell_get(quell_at(changes, 0), "undo"), "defender.release-device"));
    assert_true(quell_text_is(quell_get(quell_at(changes, 0), "effect"), "changes"));
    assert_true(quell_text_is(quell_get(quell_at(changes, 1), "is"), "stays"));
    assert_int_equal(releases(&v), 0);
    quell_document_free(&plan);
    virtual_close(&v);
}

static size_t planned(struct virtual *v, const char *step)
{
    struct quell_document plan = {0};
    struct quell_error err = {0};
    size_t count;

    if (quell_undo_plan(v->engine, virtual_id(v, 0), quell_str_of(step), &plan, &err)) {
        assert_int_equal(err.code, QUELL_NOT_FOUND);
        return SIZE_MAX;
    }
    count = quell_count(quell_get(plan.value, "changes"));
    quell_document_free(&plan);
    return count;
}

/* By its id, by its path, by that of a step around it; a name that only begins like another's is
 * no other. */
static void a_step_is_meant_by_id_or_path(void **state)
{
    struct quell_error err = {0};
    struct virtual v;

    (void)state;
    open_one(&v, HEAD "steps:\n" ISOLATE("one")
                     ISOLATE("one_more") "  - id: group\n    steps:\n      - id: inside\n"
                                         "        uses: defender.isolate-device\n"
                                         "        with: { device_id: " DEVICE ", comment: x }\n");
    virtual_answer(&v, "defender.get-isolation", QUELL_STR(NOW(OURS)));
    assert_int_equal(planned(&v, ""), 3);
    assert_int_equal(planned(&v, "one"), 1);
    assert_int_equal(planned(&v, "inside"), 1);
    assert_int_equal(planned(&v, "group.inside"), 1);
    assert_int_equal(planned(&v, "group"), 1);
    assert_int_equal(planned(&v, "on"), SIZE_MAX);
    assert_int_equal(undo_as(&v, 0, "on", "ana", &err), QUELL_NOT_FOUND);
    undo(&v, 0, "inside");
    assert_int_equal(releases(&v), 1);
    assert_int_equal(undo_as(&v, 0, "group", "ana", &err), QUELL_CONFLICT);
    assert_non_null(strstr(err.message, "is undone already"));
    undo(&v, 0, "one");
    assert_int_equal(releases(&v), 2);
    virtual_state(&v, 0, "succeeded");
    virtual_close(&v);
}

/* ---- the intent -------------------------------------------------------------------------------
 */

static struct quell_value inverse_of(const struct virtual *v, const char *path)
{
    for (size_t i = 0; i < v->event_count; i++)
        if (str_is(v->events[i].kind, "call_scheduled") && str_is(v->events[i].path, path))
            return quell_get(v->events[i].data, "inverse");
    return quell_null();
}

/* Before anything is sent: what is known stands there, and where the rest will come from. */
static void an_intent_says_how_it_is_taken_back(void **state)
{
    struct quell_value inverse;
    struct virtual v;
    char run[37];

    (void)state;
    virtual_open(&v, CONFIG,
                 (const char *const[]){
                     HEAD "steps:\n" ISOLATE(
                         "one") "  - id: look\n    uses: defender.get-isolation\n"
                                "    with: { device_id: " DEVICE " }\n" ISOLATE("two") ISOLATE(
                                    "three") "    undo:\n      uses: defender."
                                             "release-device\n      with: { device_id: " DEVICE
                                             ", comment: y }\n",
                     NULL});
    virtual_answer(&v, "defender.get-isolation", QUELL_STR(NOW("before")));
    virtual_run(&v, "p", "", run);
    inverse = inverse_of(&v, "one");
    assert_true(quell_text_is(quell_get(inverse, "action"), "defender.release-device"));
    assert_true(quell_text_is(quell_get(quell_get(inverse, "with"), "comment"), "Undo: x"));
    assert_true(
        quell_text_is(quell_get(quell_get(inverse, "from"), "device_id"), "output.device_id"));
    assert_true(quell_text_is(quell_get(inverse, "prior"), "unknown"));
    inverse = inverse_of(&v, "two");
    assert_true(quell_text_is(quell_get(quell_get(inverse, "prior"), "action_id"), "before"));
    inverse = inverse_of(&v, "three");
    assert_true(quell_text_is(quell_at(quell_get(inverse, "steps"), 0), "defender.release-device"));
    assert_true(quell_is_null(inverse_of(&v, "look")));
    virtual_close(&v);
}

/* ---- `for` -------------------------------------------------------------------------------------
 */

#define FOR(id, time) ISOLATE(id) "    for: " time "\n"

static void what_is_meant_for_a_time_is_undone_after_it(void **state)
{
    struct virtual v;
    struct quell_value waits;

    (void)state;
    open_one(&v, HEAD "steps:\n" FOR("one", "7d"));
    virtual_answer(&v, "defender.get-isolation", QUELL_STR(NOW(OURS)));
    virtual_state(&v, 0, "succeeded");
    waits = quell_get(virtual_show(&v, 0), "waits");
    assert_true(quell_text_is(quell_get(quell_at(waits, 0), "what"), "undo"));
    assert_true(quell_text_is(quell_get(quell_at(waits, 0), "step"), "one"));
    assert_int_equal(fold_count(v.engine), 1); /* nothing else of it is in memory */
    assert_int_equal(v.engine->active_count, 0);
    virtual_pass(&v, "167h");
    assert_int_equal(releases(&v), 0);
    virtual_pass(&v, "2h");
    assert_int_equal(releases(&v), 1);
    virtual_state(&v, 0, "succeeded"); /* as it was meant */
    assert_int_equal(quell_count(quell_get(virtual_show(&v, 0), "waits")), 0);
    refused(&v, 0, "ana", QUELL_CONFLICT, "is undone already");
    virtual_pass(&v, "1000h");
    assert_int_equal(releases(&v), 1);
    assert_int_equal(v.engine->active_count + fold_count(v.engine), 0);
    virtual_close(&v);
}

static void undo_by_hand_comes_before_its_time(void **state)
{
    struct virtual v;

    (void)state;
    open_one(&v, HEAD "steps:\n" FOR("one", "4h"));
    virtual_answer(&v, "defender.get-isolation", QUELL_STR(NOW(OURS)));
    undo(&v, 0, "");
    virtual_state(&v, 0, "undone");
    virtual_pass(&v, "10h");
    assert_int_equal(releases(&v), 1);
    assert_int_equal(virtual_count(&v, "undo_asked", NULL), 1);
    virtual_close(&v);
}

static void its_time_may_be_over_before_the_run(void **state)
{
    struct virtual v;

    (void)state;
    open_one(&v, HEAD "steps:\n" FOR("one", "1h") "  - wait: 4h\n" FOR("two", "30m"));
    virtual_answer(&v, "defender.get-isolation", QUELL_STR(NOW(OURS)));
    virtual_state(&v, 0, "waiting");
    virtual_pass(&v, "61m");
    assert_int_equal(releases(&v), 1);
    assert_int_equal(virtual_count(&v, "undo_ended", NULL), 1);
    virtual_state(&v, 0, "waiting");
    virtual_pass(&v, "3h");
    virtual_state(&v, 0, "succeeded");
    assert_int_equal(releases(&v), 1);
    virtual_pass(&v, "31m");
    assert_int_equal(releases(&v), 2);
    virtual_state(&v, 0, "succeeded");
    virtual_close(&v);
}

static void what_others_changed_in_time_is_left_alone(void **state)
{
    struct virtual v;

    (void)state;
    open_one(&v, HEAD "steps:\n" FOR("one", "1h"));
    virtual_answer(&v, "defender.get-isolation", QUELL_STR(NOW("another")));
    virtual_pass(&v, "2h");
    assert_int_equal(releases(&v), 0);
    assert_int_equal(quell_count(quell_get(last_end(&v), "left_alone")), 1);
    virtual_pass(&v, "200h");
    assert_int_equal(virtual_count(&v, "undo_asked", NULL), 1);
    virtual_close(&v);
}

/* Its own time was over long before: that must not hide what the undo waits for, when somebody has
 * looked at the run in between. */
static void what_an_undo_waits_for_comes_after_the_run_was_read_again(void **state)
{
    struct virtual v;

    (void)state;
    open_one(&v, HEAD "timeout: 1h\nsteps:\n" ISOLATE(
                     "one") "    undo:\n      uses: defender.release-device\n"
                            "      with: { device_id: " DEVICE ", comment: y }\n"
                            "      approve: { within: 3h }\n");
    virtual_pass(&v, "2h");
    undo(&v, 0, "");
    virtual_pass(&v, "10m");
    refused(&v, 0, "ana", QUELL_CONFLICT, "is being undone already");
    virtual_pass(&v, "4h");
    assert_int_equal(virtual_count(&v, "approval_expired", NULL), 1);
    virtual_state(&v, 0, "succeeded");
    assert_int_equal(releases(&v), 0);
    virtual_close(&v);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_a_run_changed_is_taken_back_once),
        cmocka_unit_test(what_others_changed_since_is_left_alone),
        cmocka_unit_test(what_was_so_before_is_left_alone),
        cmocka_unit_test(one_step_of_two_leaves_the_run_what_it_was),
        cmocka_unit_test(what_failed_may_be_tried_again),
        cmocka_unit_test(called_runs_are_taken_back_with_it),
        cmocka_unit_test(a_run_that_is_under_way_is_not_undone),
        cmocka_unit_test(nothing_changed_nothing_is_undone),
        cmocka_unit_test(only_those_who_may_and_in_time),
        cmocka_unit_test(the_plan_says_what_and_what_not),
        cmocka_unit_test(a_step_is_meant_by_id_or_path),
        cmocka_unit_test(an_intent_says_how_it_is_taken_back),
        cmocka_unit_test(what_is_meant_for_a_time_is_undone_after_it),
        cmocka_unit_test(undo_by_hand_comes_before_its_time),
        cmocka_unit_test(its_time_may_be_over_before_the_run),
        cmocka_unit_test(what_others_changed_in_time_is_left_alone),
        cmocka_unit_test(what_an_undo_waits_for_comes_after_the_run_was_read_again),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
