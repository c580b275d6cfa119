/*
 * test_limits.c - `limits` where it counts: on resolved targets, over hours and days, over all runs
 * of a playbook; what is over one is held, released, refused, or fails.
 */
#include "virtual.h"

#define CONFIG "connectors: []\nlists: { jewels: [dc-01, ''] }\n"
#define HEAD "quell: 1\nplaybook: p\non: { incident: }\n"
#define ISOLATE                                                                                    \
    "steps:\n"                                                                                     \
    "  - id: all\n"                                                                                \
    "    for-each: incident.entities.devices\n"                                                    \
    "    as: device\n"                                                                             \
    "    max: 20\n"                                                                                \
    "    steps:\n"                                                                                 \
    "      - id: isolate\n"                                                                        \
    "        uses: defender.isolate-device\n"                                                      \
    "        with: { device_id: '${{ device.id }}', comment: x }\n"

static void open_one(struct virtual *v, const char *text)
{
    virtual_open(v, CONFIG, (const char *const[]){text, NULL});
}

/* An incident with these devices: `id/name id/name`. */
static void submit(struct virtual *v, const char *devices)
{
    struct quell_str rest = quell_str_of(devices), one, id, name;
    struct quell_str list = QUELL_STR("");

    while (rest.len) {
        (void)str_cut(rest, ' ', &one, &rest);
        (void)str_cut(one, '/', &id, &name);
        list = arena_format(v->arena, "%.*s%s{\"id\": \"%.*s\", \"name\": \"%.*s\"}",
                            QUELL_ARG(list), list.len ? "," : "", QUELL_ARG(id), QUELL_ARG(name));
    }
    virtual_submit(v,
                   arena_format(v->arena, "{\"title\": \"T\", \"entities\": {\"devices\": [%.*s]}}",
                                QUELL_ARG(list))
                       .data);
}

static size_t calls(const struct virtual *v)
{
    return virtual_count(v, "call_scheduled", NULL);
}

static void assert_held(struct virtual *v, size_t nth, const char *reason)
{
    size_t i;

    virtual_state(v, nth, "held");
    for (i = v->event_count; i-- > 0;)
        if (str_is(v->events[i].kind, "run_held"))
            break;
    assert_true(quell_text_is(quell_get(v->events[i].data, "reason"), reason));
}

static void told(enum quell_code code, const struct quell_error *err, void *user)
{
    (void)err;
    *(enum quell_code *)user = code;
}

#define REASON "it is ours"

static void release(struct virtual *v, size_t nth, bool allowed)
{
    enum quell_code done = QUELL_IO;
    struct quell_error err = {0};

    if (quell_release(v->engine, virtual_id(v, nth), QUELL_STR(""), allowed, QUELL_STR("ana"),
                      QUELL_STR(REASON), told, &done, &err))
        fail_msg("%s", err.message);
    loop_settle(v->loop);
    assert_int_equal(done, QUELL_OK);
}

static void a_run_is_held_and_released(void **state)
{
    struct virtual v;

    open_one(&v, HEAD "limits: { device: { run: 2 } }\n" ISOLATE);
    submit(&v, "d1/a d2/b d3/c d2/b");
    assert_int_equal(calls(&v), 2);
    assert_held(&v, 0, "limit.device.run");
    release(&v, 0, true);
    virtual_state(&v, 0, "succeeded");
    assert_int_equal(calls(&v), 4); /* the last one was touched before */
    virtual_close(&v);
}

static void what_is_held_is_listed(void **state)
{
    struct quell_document held = {.memory = NULL};
    struct quell_error err = {0};
    struct quell_value one;
    struct virtual v;

    (void)state;
    open_one(&v, HEAD "limits: { device: { run: 0 } }\n" ISOLATE);
    assert_int_equal(quell_held(v.engine, &held, &err), QUELL_OK);
    assert_int_equal(quell_count(held.value), 0);
    quell_document_free(&held);
    submit(&v, "d1/a");
    assert_int_equal(quell_held(v.engine, &held, &err), QUELL_OK);
    assert_int_equal(quell_count(held.value), 1);
    one = quell_at(held.value, 0);
    assert_true(quell_text_is(quell_get(one, "reason"), "limit.device.run"));
    assert_true(quell_text_is(quell_get(one, "step"), "all[0].isolate"));
    assert_true(quell_text_is(quell_get(one, "what"), "limit"));
    assert_true(quell_text_is(quell_get(one, "right"), "RELEASE"));
    assert_true(str_starts(quell_get_str(one, "command"), QUELL_STR("quell release ")));
    quell_document_free(&held);
    release(&v, 0, false);
    assert_int_equal(quell_held(v.engine, &held, &err), QUELL_OK);
    assert_int_equal(quell_count(held.value), 0);
    quell_document_free(&held);
    virtual_close(&v);
}

static void an_unknown_outcome_is_listed(void **state)
{
    struct quell_document held = {.memory = NULL};
    struct quell_error err = {0};
    struct virtual v;

    (void)state;
    open_one(&v, HEAD "limits: { device: { run: 5 } }\n" ISOLATE);
    virtual_fail(&v, "defender.isolate-device", QUELL_UNKNOWN_OUTCOME);
    submit(&v, "d1/a");
    assert_int_equal(quell_held(v.engine, &held, &err), QUELL_OK);
    assert_int_equal(quell_count(held.value), 1);
    assert_true(quell_text_is(quell_get(quell_at(held.value, 0), "what"), "outcome"));
    assert_true(str_find(quell_get_str(quell_at(held.value, 0), "command"),
                         QUELL_STR("all[0].isolate --happened"), 0) != SIZE_MAX);
    quell_document_free(&held);
    virtual_close(&v);
}

static void each_word_names_the_other(void **state)
{
    struct quell_error err = {0};
    enum quell_code done;
    struct virtual v;

    (void)state;
    open_one(&v, HEAD "limits: { device: { run: 5 } }\n" ISOLATE);
    virtual_fail(&v, "defender.isolate-device", QUELL_UNKNOWN_OUTCOME);
    submit(&v, "d1/a");
    assert_int_equal(quell_release(v.engine, virtual_id(&v, 0), QUELL_STR(""), true, QUELL_STR("x"),
                                   QUELL_STR(""), told, &done, &err),
                     QUELL_CONFLICT);
    assert_non_null(strstr(err.message, "quell resolve "));
    assert_non_null(strstr(err.message, " all[0].isolate --happened, or --did-not"));
    assert_int_equal(quell_release(v.engine, virtual_id(&v, 0), QUELL_STR("all[1].isolate"), true,
                                   QUELL_STR("x"), QUELL_STR(""), told, &done, &err),
                     QUELL_CONFLICT);
    assert_null(strstr(err.message, "resolve")); /* of that step nothing is in doubt */
    virtual_close(&v);
    open_one(&v, HEAD "limits: { runs: { hour: 0 } }\n" ISOLATE);
    submit(&v, "d1/a");
    assert_int_equal(quell_resolve(v.engine, virtual_id(&v, 0), QUELL_STR("all[0].isolate"), true,
                                   QUELL_STR("x"), told, &done, &err),
                     QUELL_CONFLICT);
    assert_non_null(strstr(err.message, "held before its first step by a limit: quell release"));
    virtual_close(&v);
}

/* Of the event, of the audit, and, before the first step, of why the run was cancelled. */
static void a_release_has_its_reason(void **state)
{
    struct quell_audits_options options = {.what = QUELL_STR("released")};
    struct quell_document rows = {.memory = NULL};
    struct quell_error err = {0};
    struct virtual v;
    size_t i;

    (void)state;
    open_one(&v, HEAD "limits: { device: { run: 0 } }\n" ISOLATE);
    submit(&v, "d1/a");
    release(&v, 0, true);
    for (i = 0; i < v.event_count && !str_is(v.events[i].kind, "run_released"); i++)
        ;
    assert_true(i < v.event_count);
    assert_true(quell_text_is(quell_get(v.events[i].data, "reason"), REASON));
    assert_int_equal(quell_audits(v.engine, &options, &rows, &err), QUELL_OK);
    assert_true(
        quell_text_is(quell_get(quell_get(quell_at(rows.value, 0), "detail"), "reason"), REASON));
    quell_document_free(&rows);
    virtual_close(&v);
    open_one(&v, HEAD "limits: { runs: { hour: 0 } }\n" ISOLATE);
    submit(&v, "d1/a");
    release(&v, 0, false);
    virtual_state(&v, 0, "cancelled");
    for (i = 0; i < v.event_count && !str_is(v.events[i].kind, "run_cancelling"); i++)
        ;
    assert_true(i < v.event_count);
    assert_true(
        quell_text_is(quell_get(v.events[i].data, "reason"), "it was not released: " REASON));
    virtual_close(&v);
}

static void what_is_refused_fails(void **state)
{
    struct virtual v;
    enum quell_code done = QUELL_OK;
    struct quell_error err = {0};

    open_one(&v, HEAD "limits: { device: { run: 0 } }\n" ISOLATE);
    submit(&v, "d1/a");
    assert_held(&v, 0, "limit.device.run");
    assert_int_equal(quell_resolve(v.engine, virtual_id(&v, 0), QUELL_STR("all[0].isolate"), true,
                                   QUELL_STR("x"), told, &done, &err),
                     QUELL_CONFLICT); /* nothing was sent: there is no outcome to tell */
    assert_non_null(strstr(err.message, "all[0].isolate, or with --refuse"));
    assert_non_null(strstr(err.message, "quell release "));
    release(&v, 0, false);
    virtual_state(&v, 0, "failed");
    assert_int_equal(calls(&v), 0);
    assert_int_equal(quell_release(v.engine, virtual_id(&v, 0), QUELL_STR(""), true, QUELL_STR("x"),
                                   QUELL_STR(""), told, &done, &err),
                     QUELL_CONFLICT);
    virtual_close(&v);
}

static void one_that_is_held_can_be_cancelled(void **state)
{
    struct virtual v;
    enum quell_code done = QUELL_IO;
    struct quell_error err = {0};

    open_one(&v, HEAD "limits: { device: { run: 0 } }\n" ISOLATE);
    submit(&v, "d1/a");
    assert_int_equal(quell_cancel(v.engine, virtual_id(&v, 0), QUELL_STR("ana"), QUELL_STR(""),
                                  told, &done, &err),
                     QUELL_OK);
    loop_settle(v.loop);
    virtual_state(&v, 0, "cancelled");
    virtual_close(&v);
}

static void hours_and_days_count_over_runs(void **state)
{
    struct virtual v;

    open_one(&v, HEAD "limits: { device: { hour: 2, day: 3 } }\n" ISOLATE);
    submit(&v, "d1/a");
    submit(&v, "d1/a"); /* in another run it counts again */
    submit(&v, "d2/b");
    assert_held(&v, 2, "limit.device.hour");
    virtual_pass(&v, "61m");
    submit(&v, "d3/c");
    virtual_state(&v, 3, "succeeded");
    submit(&v, "d4/d");
    assert_held(&v, 4, "limit.device.day");
    virtual_pass(&v, "24h");
    submit(&v, "d5/e");
    virtual_state(&v, 5, "succeeded");
    virtual_close(&v);
}

/* Those of one decision see each other. */
static void many_at_once_do_not_slip_through(void **state)
{
    struct virtual v;

    open_one(&v, HEAD "limits: { device: { hour: 3 } }\n"
                      "steps:\n"
                      "  - id: all\n"
                      "    for-each: incident.entities.devices\n"
                      "    as: device\n"
                      "    max: 20\n"
                      "    concurrency: 10\n"
                      "    steps:\n"
                      "      - uses: defender.isolate-device\n"
                      "        with: { device_id: '${{ device.id }}', comment: x }\n");
    submit(&v, "d1/a d2/b d3/c d4/d d5/e");
    assert_int_equal(calls(&v), 3);
    assert_held(&v, 0, "limit.device.hour");
    virtual_close(&v);
}

static void a_protected_one_is_never_touched(void **state)
{
    struct virtual v;

    open_one(&v, HEAD "limits: { device: { run: 9 }, never: lists.jewels }\n" ISOLATE);
    submit(&v, "dc-01/x");
    assert_held(&v, 0, "limit.never");
    submit(&v, "d-7/DC-01"); /* by its other name */
    assert_held(&v, 1, "limit.never");
    release(&v, 1, true); /* nobody can let it be */
    assert_held(&v, 1, "limit.never");
    assert_int_equal(calls(&v), 0);
    submit(&v, "d-8/ws-1");
    virtual_state(&v, 2, "succeeded");
    assert_int_equal(calls(&v), 1);
    virtual_close(&v);
}

static void an_unknown_list_protects_all(void **state)
{
    struct virtual v;

    open_one(&v, HEAD "limits: { never: lists.none_such, on-exceed: fail }\n" ISOLATE);
    submit(&v, "d1/a");
    virtual_state(&v, 0, "failed");
    assert_int_equal(calls(&v), 0);
    virtual_close(&v);
}

static void what_has_no_limit_has_the_old_cap(void **state)
{
    struct virtual v;

    open_one(&v, HEAD "limits: { user: { run: 1 } }\n" ISOLATE);
    submit(&v, "d1/a d2/b d3/c d4/d d5/e d6/f");
    assert_int_equal(calls(&v), 5);
    assert_held(&v, 0, "limit.disrupts.run");
    virtual_close(&v);
    open_one(&v, HEAD "limits: { device: { run: 6 } }\n" ISOLATE);
    submit(&v, "d1/a d2/b d3/c d4/d d5/e d6/f");
    virtual_state(&v, 0, "succeeded");
    virtual_close(&v);
}

static void a_shadow_run_only_says_it(void **state)
{
    struct virtual v;
    size_t i;

    open_one(&v, HEAD "state: shadow\nlimits: { device: { run: 0 } }\n" ISOLATE);
    submit(&v, "d1/a");
    virtual_state(&v, 0, "succeeded");
    for (i = 0; i < v.event_count; i++)
        if (str_is(v.events[i].kind, "call_scheduled"))
            break;
    assert_true(quell_text_is(quell_get(v.events[i].data, "would_hold"), "limit.device.run"));
    virtual_close(&v);
}

static void so_many_runs_and_no_more(void **state)
{
    struct virtual v;

    open_one(&v, HEAD "limits: { runs: { hour: 2 } }\nsteps:\n  - stop:\n");
    submit(&v, "");
    submit(&v, "");
    submit(&v, "");
    submit(&v, "");
    assert_int_equal(virtual_count(&v, "run_ended", NULL), 2);
    virtual_state(&v, 2, "held");
    release(&v, 2, true);
    virtual_state(&v, 2, "succeeded");
    release(&v, 3, false);
    virtual_state(&v, 3, "cancelled");
    virtual_pass(&v, "61m");
    submit(&v, "");
    virtual_state(&v, 4, "succeeded");
    virtual_close(&v);
}

/* A person lets it go on, and not before its turn in the group. */
static void a_released_run_waits_for_its_turn(void **state)
{
    struct virtual v;

    (void)state;
    open_one(&v, HEAD "limits: { runs: { hour: 1 } }\nconcurrency: { group: \"'all'\" }\n"
                      "steps:\n  - wait: 10m\n");
    submit(&v, "");
    submit(&v, "");
    virtual_state(&v, 1, "held");
    release(&v, 1, true);
    virtual_state(&v, 1, "waiting");
    assert_int_equal(virtual_count(&v, "wait_started", NULL), 1);
    virtual_pass(&v, "11m");
    virtual_state(&v, 0, "succeeded");
    assert_int_equal(virtual_count(&v, "wait_started", NULL), 2);
    virtual_pass(&v, "11m");
    virtual_state(&v, 1, "succeeded");
    virtual_close(&v);
}

/* One that is not started ends no other. */
static void a_refused_start_cancels_nothing(void **state)
{
    struct virtual v;

    (void)state;
    open_one(&v, HEAD "limits: { runs: { hour: 1 }, on-exceed: fail }\n"
                      "concurrency: { group: \"'all'\", on-conflict: cancel-running }\n"
                      "steps:\n  - wait: 10m\n");
    submit(&v, "");
    submit(&v, "");
    assert_int_equal(virtual_count(&v, "run_started", NULL), 1);
    virtual_state(&v, 0, "waiting");
    virtual_close(&v);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_run_is_held_and_released),
        cmocka_unit_test(what_is_held_is_listed),
        cmocka_unit_test(an_unknown_outcome_is_listed),
        cmocka_unit_test(each_word_names_the_other),
        cmocka_unit_test(a_release_has_its_reason),
        cmocka_unit_test(what_is_refused_fails),
        cmocka_unit_test(one_that_is_held_can_be_cancelled),
        cmocka_unit_test(hours_and_days_count_over_runs),
        cmocka_unit_test(many_at_once_do_not_slip_through),
        cmocka_unit_test(a_protected_one_is_never_touched),
        cmocka_unit_test(an_unknown_list_protects_all),
        cmocka_unit_test(what_has_no_limit_has_the_old_cap),
        cmocka_unit_test(a_shadow_run_only_says_it),
        cmocka_unit_test(so_many_runs_and_no_more),
        cmocka_unit_test(a_released_run_waits_for_its_turn),
        cmocka_unit_test(a_refused_start_cancels_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
