/*
 * test_call.c - runs that call runs: what goes in and comes out, that a caller waits through its
 * own end of memory and of the process, and that the end of one is the end of the other.
 */
#include "base/limits.h"
#include "core/children.h"
#include "core/fold.h"
#include "virtual.h"

#define CONFIG "connectors: []\n"
#define CALLER(steps) "quell: 1\nplaybook: caller\non: { manual: }\nsteps:\n" steps
#define CALLED(more)                                                                               \
    "quell: 1\nplaybook: called\non: { call: }\n"                                                  \
    "inputs:\n  who: { type: string, required: true }\n  n: { type: int, default: 2 }\n" more
#define CALL "  - id: c\n    call: called\n    with: { who: ann }\n"

static void open_two(struct virtual *v, const char *caller, const char *called)
{
    char run[37];

    virtual_open(v, CONFIG, (const char *const[]){caller, called, NULL});
    virtual_run(v, "caller", NULL, run);
}

static void decided(enum quell_code code, const struct quell_error *err, void *user)
{
    (void)err;
    (void)user;
    assert_int_equal(code, QUELL_OK);
}

static struct quell_value step(const struct virtual *v, size_t nth, const char *path)
{
    struct quell_value steps = quell_get(virtual_show((struct virtual *)v, nth), "steps");
    size_t i;

    for (i = 0; i < quell_count(steps); i++)
        if (quell_text_is(quell_get(quell_at(steps, i), "path"), path))
            return quell_at(steps, i);
    fail_msg("no step %s", path);
    return quell_null();
}

static void step_is(const struct virtual *v, size_t nth, const char *path, const char *status)
{
    struct quell_str found = quell_get_str(step(v, nth, path), "status");

    if (!str_is(found, status))
        fail_msg("%s is %.*s, not %s", path, QUELL_ARG(found), status);
}

static void outputs_come_back(void **state)
{
    struct virtual v;

    (void)state;
    open_two(&v, CALLER(CALL "outputs: { said: \"${{ steps.c.output.text }}\" }\n"),
             CALLED("steps:\n  - wait: 2s\n"
                    "outputs: { text: \"${{ inputs.who + string(inputs.n) }}\" }\n"));
    virtual_state(&v, 0, "waiting");
    assert_true(quell_text_is(quell_get(virtual_show(&v, 0), "waits_for"), "run"));
    virtual_pass(&v, "3s");
    virtual_state(&v, 0, "succeeded");
    virtual_state(&v, 1, "succeeded");
    assert_true(
        quell_text_is(quell_get(quell_get(virtual_show(&v, 0), "outputs"), "said"), "ann2"));
    assert_true(quell_str_equal(quell_get_str(virtual_show(&v, 1), "parent"), virtual_id(&v, 0)));
    assert_true(quell_str_equal(quell_get_str(step(&v, 0, "c"), "run"), virtual_id(&v, 1)));
    virtual_close(&v);
}

static void a_listing_says_who_called(void **state)
{
    struct quell_runs_options options = {.limit = 10};
    struct quell_document runs = {.memory = NULL};
    struct quell_error err = {0};
    struct virtual v;

    (void)state;
    open_two(&v, CALLER(CALL), CALLED("steps:\n  - wait: 2s\n"));
    assert_int_equal(quell_runs(v.engine, &options, &runs, &err), QUELL_OK);
    assert_int_equal(quell_count(runs.value), 2);
    for (size_t i = 0; i < 2; i++) {
        struct quell_value row = quell_at(runs.value, i), parent = quell_get(row, "parent");
        if (quell_text_is(quell_get(row, "playbook"), "caller"))
            assert_true(quell_is_null(parent));
        else
            assert_true(quell_str_equal(quell_str(parent), virtual_id(&v, 0)));
    }
    quell_document_free(&runs);
    virtual_close(&v);
}

static void a_failure_is_the_steps(void **state)
{
    struct virtual v;
    struct quell_value error;

    (void)state;
    open_two(&v, CALLER(CALL "    on-error: continue\n"), CALLED("steps:\n  - fail: no way\n"));
    virtual_state(&v, 1, "failed");
    virtual_state(&v, 0, "succeeded");
    step_is(&v, 0, "c", "failed");
    error = quell_get(step(&v, 0, "c"), "error");
    assert_true(quell_text_is(quell_get(error, "code"), "failed"));
    assert_true(str_find(quell_get_str(error, "message"), QUELL_STR("no way"), 0) != SIZE_MAX);
    virtual_close(&v);
}

static void inputs_are_checked(void **state)
{
    struct virtual v;

    (void)state;
    open_two(
        &v, CALLER("  - id: c\n    call: called\n    with: { who: ann, n: \"${{ dyn('x') }}\" }\n"),
        CALLED("steps:\n  - stop:\n"));
    virtual_state(&v, 0, "failed");
    assert_true(quell_text_is(quell_get(quell_get(step(&v, 0, "c"), "error"), "code"), "invalid"));
    assert_int_equal(virtual_count(&v, "run_started", NULL), 1);
    virtual_close(&v);
}

/* What guards the starts of the called playbook guards this one, and the call hears of it. */
static void a_refused_start_is_the_calls_error(void **state)
{
    static const struct {
        const char *guard, *why;
    } rows[] = {
        {"dedupe: { key: \"inputs.who\", within: 1h }\n", "deduped"},
        {"limits: { runs: { hour: 1 }, on-exceed: fail }\n", "throttled"},
        {"concurrency: { group: \"'all'\", on-conflict: skip }\n", "skipped"},
    };
    struct quell_str message;
    struct virtual v;

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        struct arena *arena = arena_new(0);
        struct quell_str called =
            arena_format(arena, "%s%ssteps:\n  - wait: 1h\n", CALLED(""), rows[i].guard);
        open_two(&v,
                 CALLER("  - id: c\n    call: called\n    with: { who: ann }\n    detach: true\n"
                        "  - id: d\n    call: called\n    with: { who: ann }\n"
                        "    on-error: continue\n"),
                 called.data);
        assert_int_equal(virtual_count(&v, "run_started", NULL), 2);
        step_is(&v, 0, "d", "failed");
        message = quell_get_str(quell_get(step(&v, 0, "d"), "error"), "message");
        if (str_find(message, quell_str_of(rows[i].why), 0) == SIZE_MAX)
            fail_msg("%s: %.*s", rows[i].why, QUELL_ARG(message));
        virtual_close(&v);
        arena_free(arena);
    }
}

/* One that has to wait for its turn does, and the caller with it. */
static void a_called_run_waits_for_its_turn(void **state)
{
    struct virtual v;

    (void)state;
    open_two(&v,
             CALLER("  - id: c\n    call: called\n    with: { who: ann }\n    detach: true\n"
                    "  - id: d\n    call: called\n    with: { who: ben }\n"),
             CALLED("concurrency: { group: \"'all'\" }\nsteps:\n  - wait: 1h\n"));
    virtual_pass(&v, "61m");
    virtual_state(&v, 1, "succeeded");
    virtual_state(&v, 0, "waiting");
    virtual_pass(&v, "61m");
    virtual_state(&v, 2, "succeeded");
    virtual_state(&v, 0, "succeeded");
    virtual_close(&v);
}

static void time_out_ends_the_called(void **state)
{
    struct virtual v;

    (void)state;
    open_two(&v, CALLER(CALL "    timeout: 1h\n"), CALLED("steps:\n  - id: w\n    wait: 3h\n"));
    assert_int_equal(fold_count(v.engine), 2); /* both only wait */
    virtual_pass(&v, "59m");
    virtual_state(&v, 0, "waiting");
    virtual_pass(&v, "1m1s");
    virtual_state(&v, 1, "cancelled");
    virtual_state(&v, 0, "failed");
    step_is(&v, 0, "c", "timed-out");
    step_is(&v, 1, "w", "cancelled");
    virtual_close(&v);
}

static void told(enum quell_code code, const struct quell_error *err, void *user)
{
    (void)err;
    (void)user;
    assert_int_equal(code, QUELL_OK);
}

static void cancel(struct virtual *v, size_t nth)
{
    struct quell_error err = {0};

    if (quell_cancel(v->engine, virtual_id(v, nth), QUELL_STR("ann"), QUELL_STR(""), told, NULL,
                     &err))
        fail_msg("%s", err.message);
    loop_settle(v->loop);
}

static void a_cancel_goes_down(void **state)
{
    struct virtual v;

    (void)state;
    open_two(&v, CALLER(CALL), CALLED("steps:\n  - id: w\n    wait: 3h\n"));
    cancel(&v, 0);
    virtual_state(&v, 1, "cancelled");
    virtual_state(&v, 0, "cancelled");
    step_is(&v, 0, "c", "cancelled");
    virtual_close(&v);
}

static void a_cancelled_child_is_a_failure(void **state)
{
    struct virtual v;

    (void)state;
    open_two(&v, CALLER(CALL), CALLED("steps:\n  - id: w\n    wait: 3h\n"));
    cancel(&v, 1);
    virtual_state(&v, 1, "cancelled");
    virtual_state(&v, 0, "failed");
    step_is(&v, 0, "c", "cancelled");
    virtual_close(&v);
}

static void detached_runs_are_not_waited_for(void **state)
{
    struct virtual v;

    (void)state;
    open_two(&v, CALLER(CALL "    detach: true\noutputs: { run: \"${{ steps.c.output.run }}\" }\n"),
             CALLED("steps:\n  - wait: 3h\n"));
    virtual_state(&v, 0, "succeeded");
    virtual_state(&v, 1, "waiting");
    assert_true(quell_str_equal(quell_get_str(quell_get(virtual_show(&v, 0), "outputs"), "run"),
                                virtual_id(&v, 1)));
    virtual_pass(&v, "3h1s");
    virtual_state(&v, 1, "succeeded");
    virtual_close(&v);
}

static void depth_has_a_limit(void **state)
{
    static char texts[LIMIT_CALL_DEPTH + 2][256];
    const char *playbooks[LIMIT_CALL_DEPTH + 3];
    struct virtual v;
    char run[37];
    size_t i;

    (void)state;
    for (i = 0; i < LIMIT_CALL_DEPTH + 2; i++) {
        (void)snprintf(texts[i], sizeof(texts[i]),
                       "quell: 1\nplaybook: p%zu\non: { call: , manual: }\nsteps:\n  - %s%zu\n", i,
                       i == LIMIT_CALL_DEPTH + 1 ? "fail: at " : "call: p", i + 1);
        playbooks[i] = texts[i];
    }
    playbooks[i] = NULL;
    virtual_open(&v, CONFIG, playbooks);
    virtual_run(&v, "p0", NULL, run);
    virtual_state(&v, 0, "failed");
    assert_int_equal(virtual_count(&v, "run_started", NULL), LIMIT_CALL_DEPTH + 1);
    virtual_close(&v);
}

/* A time of its own that begins with the approval does not outlast the run's. */
static void an_approved_call_ends_with_the_run(void **state)
{
    struct virtual v;
    struct quell_decision decision = {.by = QUELL_STR("ana"), .agrees = true};
    struct quell_error err = {0};

    (void)state;
    open_two(&v,
             "quell: 1\nplaybook: caller\non: { manual: }\ntimeout: 2h\nsteps:\n  - id: c\n"
             "    call: called\n    with: { who: ann }\n    approve: { within: 1h }\n",
             CALLED("steps:\n  - wait: 20h\n"));
    decision.run = virtual_id(&v, 0);
    assert_int_equal(quell_decide(v.engine, &decision, decided, NULL, &err), QUELL_OK);
    virtual_pass(&v, "1h");
    virtual_state(&v, 1, "waiting");
    virtual_pass(&v, "1h");
    virtual_state(&v, 1, "cancelled");
    virtual_state(&v, 0, "failed");
    virtual_close(&v);
}

static void an_expired_one_is_not_called(void **state)
{
    struct virtual v;

    (void)state;
    open_two(&v, CALLER(CALL), CALLED("expires: 2026-01-01\nsteps:\n  - stop:\n"));
    assert_int_equal(virtual_count(&v, "run_started", NULL), 1);
    virtual_state(&v, 0, "failed");
    virtual_close(&v);
}

/* The caller cannot be read when the called run ends; it sees the end when it is looked at again.
 */
static void an_end_that_was_not_told_is_seen(void **state)
{
    struct virtual v;
    struct folded *folded;

    (void)state;
    open_two(&v, CALLER(CALL), CALLED("steps:\n  - wait: 1m\n"));
    folded = v.engine->folds->heap[0];
    if (!quell_str_equal(quell_str_of(folded->id), virtual_id(&v, 0)))
        folded = v.engine->folds->heap[1];
    folded->id[0] ^= 1; /* nobody finds it */
    virtual_pass(&v, "2m");
    virtual_state(&v, 1, "succeeded");
    virtual_state(&v, 0, "waiting");
    folded->id[0] ^= 1;
    folded->due_us = loop_now_us(v.loop);
    virtual_pass(&v, "24h");
    virtual_state(&v, 0, "succeeded");
    virtual_close(&v);
}

/* After a crash the called run may be taken up first, and end in the turn in which its caller is:
 * its row does not say so yet. */
static void an_end_in_the_turn_that_takes_up_the_caller_is_seen(void **state)
{
    struct store_run row;
    struct active *caller, *called;
    struct quell_error err = {0};
    struct virtual v;

    (void)state;
    open_two(&v, CALLER(CALL), CALLED("steps:\n  - wait: 2s\n"));
    assert_int_equal(
        v.engine->reader->kind->run(v.engine->reader, v.arena, virtual_id(&v, 0), &row, &err),
        QUELL_OK);
    called = active_find(v.engine, virtual_id(&v, 1));
    assert_non_null(called);
    folds_drop(v.engine->folds, folds_find(v.engine->folds, virtual_id(&v, 0)));
    turn_begin(v.engine);
    assert_int_equal(active_cancel(called, QUELL_STR("ann"), QUELL_STR(""), &err), QUELL_OK);
    assert_true(run_ended(called->run));
    assert_int_equal(active_from_journal(v.engine, &row, &caller, &err), QUELL_OK);
    assert_true(children_settle(caller));
    assert_false(children_settle(caller)); /* once */
    advance(caller);
    turn_end(v.engine);
    loop_settle(v.loop);
    virtual_state(&v, 1, "cancelled");
    virtual_state(&v, 0, "failed");
    virtual_close(&v);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(outputs_come_back),
        cmocka_unit_test(a_listing_says_who_called),
        cmocka_unit_test(a_failure_is_the_steps),
        cmocka_unit_test(inputs_are_checked),
        cmocka_unit_test(a_refused_start_is_the_calls_error),
        cmocka_unit_test(a_called_run_waits_for_its_turn),
        cmocka_unit_test(time_out_ends_the_called),
        cmocka_unit_test(a_cancel_goes_down),
        cmocka_unit_test(a_cancelled_child_is_a_failure),
        cmocka_unit_test(detached_runs_are_not_waited_for),
        cmocka_unit_test(depth_has_a_limit),
        cmocka_unit_test(an_approved_call_ends_with_the_run),
        cmocka_unit_test(an_expired_one_is_not_called),
        cmocka_unit_test(an_end_that_was_not_told_is_seen),
        cmocka_unit_test(an_end_in_the_turn_that_takes_up_the_caller_is_seen),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
