/*
 * test_undo_guarded.c - what guards calls guards those that take a run back: a halt, caps, what is
 * protected, a breaker, people. They wait, are held, or are refused and named, never dropped.
 */
#include "virtual.h"

#define HEAD "quell: 1\nplaybook: p\non: { manual: , incident: }\n"
#define MINE "1e5bc9d7e413ddd7902c2932e418702b84d0cc07"
#define OTHER "2e5bc9d7e413ddd7902c2932e418702b84d0cc08"
/* What disrupts is taken back by what does not ... */
#define ISOLATE                                                                                    \
    "steps:\n  - id: one\n    uses: defender.isolate-device\n"                                     \
    "    with: { device_id: " MINE ", comment: x }\n"
/* ... and the other way round, on another device. */
#define RELEASE(more)                                                                              \
    "steps:\n  - id: one\n    uses: defender.release-device\n"                                     \
    "    with: { device_id: " MINE ", comment: x }\n"                                              \
    "    undo:\n      id: back\n      uses: defender.isolate-device\n"                             \
    "      with: { device_id: " OTHER ", comment: x }\n" more
#define NOW                                                                                        \
    "{\"device_id\": \"" MINE "\", \"isolated\": true, \"action_id\": "                            \
    "\"5382f7ea-7557-4ab7-9782-d50480024a4e\", \"status\": \"Succeeded\"}"

static void told(enum quell_code code, const struct quell_error *err, void *user)
{
    (void)err;
    *(enum quell_code *)user = code;
}

static void undo(struct virtual *v, size_t nth)
{
    static enum quell_code done;
    struct quell_undo_options options = {.run = virtual_id(v, nth), .by = QUELL_STR("ana")};
    struct quell_error err = {0};
    char run[37];

    if (quell_undo(v->engine, &options, run, told, &done, &err))
        fail_msg("%s", err.message);
    loop_settle(v->loop);
}

static enum quell_code release(struct virtual *v, size_t nth, bool allowed)
{
    static enum quell_code done;
    struct quell_error err = {0};
    enum quell_code code = quell_release(v->engine, virtual_id(v, nth), QUELL_STR(""), allowed,
                                         QUELL_STR("ana"), QUELL_STR(""), told, &done, &err);

    loop_settle(v->loop);
    return code;
}

static size_t calls(const struct virtual *v, const char *action)
{
    size_t count = 0;

    for (size_t i = 0; i < v->event_count; i++)
        count += str_is(v->events[i].kind, "call_scheduled") &&
                 quell_text_is(quell_get(v->events[i].data, "action"), action);
    return count;
}

static struct quell_value last(const struct virtual *v, const char *kind)
{
    for (size_t i = v->event_count; i-- > 0;)
        if (str_is(v->events[i].kind, kind))
            return v->events[i].data;
    fail_msg("no %s", kind);
    return quell_null();
}

static void assert_held(struct virtual *v, size_t nth, const char *reason)
{
    virtual_state(v, nth, "held");
    if (!quell_text_is(quell_get(last(v, "run_held"), "reason"), reason))
        fail_msg("%.*s", QUELL_ARG(quell_get_str(last(v, "run_held"), "reason")));
}

/* The run is what it was, and its end names the step. */
static void assert_not_undone(struct virtual *v, size_t nth)
{
    struct quell_value left = quell_get(last(v, "run_ended"), "not_undone");

    virtual_state(v, nth, "succeeded");
    assert_int_equal(quell_count(left), 1);
    assert_true(quell_text_is(quell_at(left, 0), "one"));
}

static void open_one(struct virtual *v, const char *config, const char *text)
{
    char run[37];

    virtual_open(v, config, (const char *const[]){text, NULL});
    virtual_answer(v, "defender.get-isolation", QUELL_STR(NOW));
    virtual_run(v, "p", "", run);
    virtual_state(v, 0, "succeeded");
}

/* ---- a halt ------------------------------------------------------------------------------------
 */

#define HALTED "connectors: []\nhalt_file: stop\n" UNPROTECTED

static const char *stop_path(struct virtual *v)
{
    return arena_format(v->arena, "%s/stop", v->folder).data;
}

static void while_all_is_halted_it_waits(void **state)
{
    struct virtual v;

    (void)state;
    open_one(&v, HALTED, HEAD ISOLATE);
    place_write(stop_path(&v), "");
    undo(&v, 0);
    virtual_state(&v, 0, "halted");
    virtual_pass(&v, "20h"); /* longer than any call may take */
    virtual_state(&v, 0, "halted");
    assert_int_equal(calls(&v, "defender.release-device"), 0);
    assert_int_equal(unlink(stop_path(&v)), 0);
    virtual_pass(&v, "2s");
    virtual_state(&v, 0, "undone");
    assert_int_equal(calls(&v, "defender.release-device"), 1);
    virtual_close(&v);
}

static void its_time_may_come_while_all_is_halted(void **state)
{
    struct virtual v;

    (void)state;
    open_one(&v, HALTED, HEAD ISOLATE "    for: 1h\n");
    place_write(stop_path(&v), "");
    virtual_pass(&v, "20h");
    virtual_state(&v, 0, "halted");
    assert_int_equal(calls(&v, "defender.release-device"), 0);
    assert_int_equal(unlink(stop_path(&v)), 0);
    virtual_pass(&v, "2s");
    virtual_state(&v, 0, "succeeded");
    assert_int_equal(calls(&v, "defender.release-device"), 1);
    virtual_pass(&v, "100h");
    assert_int_equal(calls(&v, "defender.release-device"), 1);
    virtual_close(&v);
}

/* ---- caps --------------------------------------------------------------------------------------
 */

static void over_a_cap_it_is_held(void **state)
{
    struct virtual v;

    (void)state;
    open_one(&v, "connectors: []\n" UNPROTECTED_AND("caps: { disrupts: { hour: 0 } }, "),
             HEAD RELEASE(""));
    undo(&v, 0);
    assert_held(&v, 0, "policy.disrupts.hour");
    virtual_pass(&v, "20h"); /* over a night */
    assert_int_equal(calls(&v, "defender.isolate-device"), 0);
    assert_int_equal(release(&v, 0, true), QUELL_OK);
    virtual_state(&v, 0, "undone");
    assert_int_equal(calls(&v, "defender.isolate-device"), 1);
    virtual_close(&v);
}

static void a_hard_cap_lets_nobody_pass(void **state)
{
    struct virtual v;

    (void)state;
    open_one(&v,
             "connectors: []\n" UNPROTECTED_AND("caps: { disrupts: { hour: 0, hard: true } }, "),
             HEAD RELEASE(""));
    undo(&v, 0);
    assert_held(&v, 0, "policy.disrupts.hour");
    assert_int_equal(release(&v, 0, true), QUELL_DENIED);
    virtual_pass(&v, "1000h");
    virtual_state(&v, 0, "held");
    assert_int_equal(release(&v, 0, false), QUELL_OK); /* it is given up, and says so */
    assert_not_undone(&v, 0);
    assert_int_equal(calls(&v, "defender.isolate-device"), 0);
    virtual_close(&v);
}

static void a_limit_of_the_playbook_counts_it(void **state)
{
    struct virtual v;

    (void)state;
    open_one(&v, "connectors: []\n" UNPROTECTED,
             HEAD "limits: { device: { run: 1 } }\n" RELEASE(""));
    undo(&v, 0);
    assert_held(&v, 0, "limit.device.run");
    assert_int_equal(release(&v, 0, true), QUELL_OK);
    virtual_state(&v, 0, "undone");
    virtual_close(&v);
    /* One that was touched is touched again: that is no second one. */
    open_one(&v, "connectors: []\n" UNPROTECTED, HEAD "limits: { device: { run: 1 } }\n" ISOLATE);
    undo(&v, 0);
    virtual_state(&v, 0, "undone");
    virtual_close(&v);
}

/* ---- what is protected -------------------------------------------------------------------------
 */

static void what_is_protected_is_refused_and_named(void **state)
{
    struct virtual v;

    (void)state;
    /* It does not say what its second device is, and so it may be protected. */
    open_one(&v, "connectors: []\n", HEAD RELEASE(""));
    undo(&v, 0);
    assert_not_undone(&v, 0);
    assert_int_equal(calls(&v, "defender.isolate-device"), 0);
    assert_non_null(
        strstr(quell_get_str(quell_get(last(&v, "step_ended"), "error"), "message").data,
               "policy.unresolved"));
    virtual_close(&v);
}

/* ---- a breaker ---------------------------------------------------------------------------------
 */

static void behind_an_open_breaker_it_waits(void **state)
{
    struct virtual v;
    char run[37];

    (void)state;
    open_one(&v, "connectors: []\nbreaker: { failures: 3, probe: 1m }\n" UNPROTECTED, HEAD ISOLATE);
    virtual_fail(&v, "defender.isolate-device", QUELL_UNAVAILABLE);
    for (int i = 0; i < 3; i++)
        virtual_run(&v, "p", "", run);
    undo(&v, 0);
    virtual_state(&v, 0, "halted");
    assert_int_equal(calls(&v, "defender.release-device"), 0);
    virtual_pass(&v, "61s"); /* it is the probe */
    virtual_state(&v, 0, "undone");
    assert_int_equal(calls(&v, "defender.release-device"), 1);
    virtual_close(&v);
}

/* ---- people ------------------------------------------------------------------------------------
 */

#define REQUIRED                                                                                   \
    "connectors: []\nusers: { ana: { roles: [approver], groups: [leads] } }\n" UNPROTECTED_AND(    \
        "disrupts: { require: approve }, ")
#define ASKED "      approve: { by: 'group:leads', within: 8h }\n"

static enum quell_code decide(struct virtual *v, bool agrees)
{
    static enum quell_code done;
    struct quell_value asked = last(v, "approval_asked");
    struct quell_decision options = {.run = virtual_id(v, 0),
                                     .step = QUELL_STR("one.undo.back"),
                                     .digest = quell_get_str(asked, "digest"),
                                     .agrees = agrees,
                                     .by = QUELL_STR("ana")};
    struct quell_error err = {0};
    enum quell_code code = quell_decide(v->engine, &options, told, &done, &err);

    loop_settle(v->loop);
    return code;
}

static void what_nobody_agreed_to_is_held(void **state)
{
    struct virtual v;

    (void)state;
    open_one(&v, REQUIRED, HEAD RELEASE(""));
    undo(&v, 0);
    assert_held(&v, 0, "policy.approve");
    assert_int_equal(release(&v, 0, true), QUELL_OK);
    virtual_state(&v, 0, "undone");
    virtual_close(&v);
    open_one(&v, REQUIRED, HEAD RELEASE(ASKED));
    undo(&v, 0);
    virtual_state(&v, 0, "waiting");
    virtual_pass(&v, "7h");
    assert_int_equal(calls(&v, "defender.isolate-device"), 0);
    assert_int_equal(decide(&v, true), QUELL_OK);
    virtual_state(&v, 0, "undone");
    assert_int_equal(calls(&v, "defender.isolate-device"), 1);
    virtual_close(&v);
}

static void what_is_denied_is_not_undone(void **state)
{
    struct virtual v;

    (void)state;
    open_one(&v, REQUIRED, HEAD RELEASE(ASKED));
    undo(&v, 0);
    assert_int_equal(decide(&v, false), QUELL_OK);
    assert_not_undone(&v, 0);
    undo(&v, 0); /* it may be asked for again */
    virtual_state(&v, 0, "waiting");
    virtual_pass(&v, "9h"); /* nobody answers */
    assert_not_undone(&v, 0);
    assert_int_equal(calls(&v, "defender.isolate-device"), 0);
    virtual_close(&v);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(while_all_is_halted_it_waits),
        cmocka_unit_test(its_time_may_come_while_all_is_halted),
        cmocka_unit_test(over_a_cap_it_is_held),
        cmocka_unit_test(a_hard_cap_lets_nobody_pass),
        cmocka_unit_test(a_limit_of_the_playbook_counts_it),
        cmocka_unit_test(what_is_protected_is_refused_and_named),
        cmocka_unit_test(behind_an_open_breaker_it_waits),
        cmocka_unit_test(what_nobody_agreed_to_is_held),
        cmocka_unit_test(what_is_denied_is_not_undone),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
