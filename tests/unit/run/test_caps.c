/*
 * test_caps.c - what stands against a call that is about to be made: caps of the workspace over a
 * run and those that it calls, the playbook's own limits, what is protected; in a live run, in the
 * shadow, and in a plan.
 */
#include "guard.h"

#define ISOLATE(id, device)                                                                        \
    "  - id: " id "\n    uses: test.isolate\n    with: { device_id: " device " }\n"
#define CAP "caps: { disrupts: { run: 5 } }\n"
#define PROTECT "protect:\n  - { name: jewel, why: it is one, kind: device, ids: [d2] }\n"

/* ---- the runs of a call ------------------------------------------------------------------------
 */

/* What a run and those that it calls touch is remembered for all of them, wherever it calls. */
static void a_run_that_calls_is_counted_with_those_it_calls(void **state)
{
    static const struct {
        const char *steps, *parent, *key;
    } rows[] = {
        {ISOLATE("a", "d1"), NULL, NULL},
        {ISOLATE("a", "d1"), "{\"run\":\"r0\",\"root\":\"r9\"}", "tree r9"},
        {ISOLATE("a", "d1"), "{\"run\":\"r0\"}", "tree r0"}, /* of before a root was told */
        {ISOLATE("a", "d1") "  - call: other\n", NULL, "tree r1"},
        {ISOLATE("a", "d1") "  - steps:\n      - call: other\n", NULL, "tree r1"},
        {ISOLATE("a", "d1") "  - if: run.id == 'x'\n    steps:\n      - wait: 1s\n"
                            "    else:\n      - call: other\n",
         NULL, "tree r1"},
        {ISOLATE("a", "d1") "  - parallel:\n      one:\n        - wait: 1s\n"
                            "      two:\n        - call: other\n",
         NULL, "tree r1"},
        {ISOLATE("a", "d1") "  - steps:\n      - wait: 1s\n    on-error:\n      - call: other\n",
         NULL, "tree r1"},
        {ISOLATE("a", "d1") "on-failure:\n  - call: other\n", NULL, "tree r1"},
        {ISOLATE("a", "d1") "finally:\n  - call: other\n", NULL, "tree r1"},
        {ISOLATE("a", "d1") "    undo:\n      - call: other\n", NULL, "tree r1"},
    };
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        struct guarded guarded;
        struct quell_value found = quell_null(), all;
        open_guarded(&guarded, rows[i].steps, "{}", CAP);
        start_guarded(&guarded, RUN_LIVE, rows[i].parent);
        decide_all(&guarded);
        told(&guarded.fixture, "a calls test.isolate {\"device_id\":\"d1\"}\n");
        all = map_made(&guarded.remembered);
        if (rows[i].key && (!quell_find(all, quell_str_of(rows[i].key), &found) ||
                            quell_count(quell_get(found, "device")) != 1 ||
                            quell_count(quell_get(found, "disrupts")) != 1))
            fail_msg("%s: %.*s", rows[i].steps,
                     QUELL_ARG(json_text(guarded.fixture.arena, all, JSON_COMPACT)));
        if (!rows[i].key)
            assert_false(quell_find(all, QUELL_STR("tree r1"), &found));
        close_guarded(&guarded);
    }
}

/* What nobody can read may be used up, of the cap that is compiled in as well. */
static void what_cannot_be_read_is_used_up(void **state)
{
    static const struct {
        const char *limits, *told;
        bool unreadable;
    } rows[] = {
        {"limits: { device: { run: 9 } }\n", "a calls test.isolate {\"device_id\":\"d1\"}\n",
         false},
        {"limits: { device: { run: 9 } }\n", "a held\n", true},
        {"", "a failed limit\nrun failed\n", true},
    };
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        struct guarded guarded;
        char steps[256];
        (void)snprintf(steps, sizeof(steps), ISOLATE("a", "d1") "  - call: other\n%s",
                       rows[i].limits);
        open_guarded(&guarded, steps, "{}", CAP);
        guarded.unreadable = rows[i].unreadable;
        start_guarded(&guarded, RUN_LIVE, NULL);
        decide_all(&guarded);
        told(&guarded.fixture, rows[i].told);
        close_guarded(&guarded);
    }
}

/* ---- a call ------------------------------------------------------------------------------------
 */

/* A shadow run says what a live one would be held by, and goes on. */
static void a_shadow_run_is_not_held(void **state)
{
    static const struct {
        const char *steps, *policy, *would_hold;
    } rows[] = {
        {ISOLATE("a", "d1"), CAP PROTECT, NULL},
        {ISOLATE("a", "d1") "limits: { device: { run: 0 } }\n", CAP, "limit.device.run"},
        {ISOLATE("a", "d1"), "caps: { device: { run: 0 } }\n", "policy.device.run"},
        {ISOLATE("a", "d2"), CAP PROTECT, "policy.protected.jewel"},
    };
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        struct guarded guarded;
        struct quell_value data;
        open_guarded(&guarded, rows[i].steps, "{\"a\":[" MADE_UP "]}", rows[i].policy);
        start_guarded(&guarded, RUN_SHADOW, NULL);
        go_on(&guarded.fixture.teller);
        assert_string_equal(run_state(guarded.fixture.teller.run), "succeeded");
        data = last_of(&guarded, EVENT_CALL_SCHEDULED);
        assert_true(quell_text_is(quell_get(data, "action"), "test.isolate"));
        if (!value_equal(quell_get(data, "would_hold"), quell_text(rows[i].would_hold)))
            fail_msg("row %zu: %.*s", i, QUELL_ARG(quell_get_str(data, "would_hold")));
        close_guarded(&guarded);
    }
}

/* Of the cap that is compiled in it shows that a live one would fail. */
static void a_shadow_run_fails_at_the_compiled_cap(void **state)
{
    struct guarded guarded;

    (void)state;
    open_guarded(&guarded,
                 "  - id: each\n    for-each: \"['d1', 'd2', 'd3', 'd4', 'd5', 'd6']\"\n"
                 "    as: d\n    max: 9\n    concurrency: 9\n    steps:\n"
                 "      - id: a\n        uses: test.isolate\n"
                 "        with: { device_id: \"${{ d }}\" }\n        on-error: continue\n",
                 "{}", "caps: { disrupts: { run: 9 } }\n");
    start_guarded(&guarded, RUN_SHADOW, NULL);
    decide_all(&guarded);
    told(&guarded.fixture, "each loops [\"d1\",\"d2\",\"d3\",\"d4\",\"d5\",\"d6\"]\n"
                           "each[0].a calls test.isolate {\"device_id\":\"d1\"}\n"
                           "each[1].a calls test.isolate {\"device_id\":\"d2\"}\n"
                           "each[2].a calls test.isolate {\"device_id\":\"d3\"}\n"
                           "each[3].a calls test.isolate {\"device_id\":\"d4\"}\n"
                           "each[4].a calls test.isolate {\"device_id\":\"d5\"}\n"
                           "each[5].a failed limit\n");
    close_guarded(&guarded);
}

/* A plan goes on as well: the window may be over by then, or a person releases it. It tells. */
static void a_plan_is_not_held_by_the_workspace(void **state)
{
    struct guarded guarded;
    struct quell_value verdict;

    (void)state;
    open_guarded(&guarded, ISOLATE("a", "d1"), "{\"a\":[" OK "]}",
                 "disrupts: { require: approve }\n");
    start_guarded(&guarded, RUN_PLAN, NULL);
    go_on(&guarded.fixture.teller);
    told(&guarded.fixture, "a calls test.isolate {\"device_id\":\"d1\"}\n"
                           "a succeeded\nrun succeeded\n");
    verdict = quell_at(quell_get(last_of(&guarded, EVENT_CALL_SCHEDULED), "verdicts"), 0);
    assert_true(quell_text_is(quell_get(verdict, "verdict"), "held"));
    assert_true(quell_text_is(quell_get(verdict, "reason"), "policy.approve"));
    close_guarded(&guarded);
}

/* What was touched once is touched again without a word, but not what is protected meanwhile. */
static void a_further_attempt_heeds_what_is_protected(void **state)
{
    static const struct {
        const char *then, *told;
    } rows[] = {
        {"disrupts: { require: approve }\n", "a calls test.isolate {\"device_id\":\"d2\"}\n"
                                             "a waits 1s\n"
                                             "a calls test.isolate {\"device_id\":\"d2\"}\n"
                                             "a succeeded\n"
                                             "run succeeded\n"},
        {PROTECT, "a calls test.isolate {\"device_id\":\"d2\"}\n"
                  "a waits 1s\n"
                  "a failed protected\n"
                  "run failed\n"},
    };
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        struct guarded guarded;
        struct teller *teller = &guarded.fixture.teller;
        open_guarded(&guarded, ISOLATE("a", "d2") "    retry: { max: 1, first: 1s }\n",
                     "{\"a\":[" THROTTLED "," OK "]}", CAP);
        start_guarded(&guarded, RUN_LIVE, NULL);
        decide_all(&guarded);
        assert_true(happen(teller));
        set_policy(&guarded, rows[i].then);
        go_on(teller);
        told(&guarded.fixture, rows[i].told);
        close_guarded(&guarded);
    }
}

/* ... and what became of the attempt before may still have to be said. */
static void a_further_attempt_that_is_refused_leaves_its_doubt(void **state)
{
    struct guarded guarded;
    struct teller *teller = &guarded.fixture.teller;

    (void)state;
    open_guarded(&guarded,
                 "  - id: a\n    uses: test.sever\n    with: { device_id: d2 }\n"
                 "    retry: { max: 1, first: 1s }\n",
                 "{\"a\":[" LOST ",\"happened\"]}", CAP);
    start_guarded(&guarded, RUN_LIVE, NULL);
    decide_all(&guarded);
    assert_true(happen(teller));
    set_policy(&guarded, PROTECT);
    go_on(teller);
    told(&guarded.fixture, "a calls test.sever {\"device_id\":\"d2\"}\n"
                           "a waits 1s\n"
                           "a held\n"
                           "a resolved true\n"
                           "a succeeded\n"
                           "run succeeded\n");
    close_guarded(&guarded);
}

/* ---- release -----------------------------------------------------------------------------------
 */

/* Only what is held for want of an approval is released as if by one. */
static void a_release_may_be_the_approval(void **state)
{
    static const struct {
        const char *policy;
        bool lacks;
    } rows[] = {
        {"disrupts: { require: approve, by: [ana] }\n", true},
        {"caps: { device: { run: 0 } }\n", false},
    };
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        struct guarded guarded;
        struct quell_error err = {0};
        open_guarded(&guarded, "  - wait: 1s\n" ISOLATE("a", "d1"), "{}", rows[i].policy);
        start_guarded(&guarded, RUN_LIVE, NULL);
        decide_all(&guarded);
        assert_false(run_lacks_approval(guarded.fixture.teller.run, QUELL_STR("a")));
        guarded.fixture.teller.now_us += 1000000;
        decide_all(&guarded);
        assert_true(run_is_limited(guarded.fixture.teller.run, QUELL_STR("a")));
        assert_int_equal(run_lacks_approval(guarded.fixture.teller.run, QUELL_STR("a")),
                         rows[i].lacks);
        assert_false(run_lacks_approval(guarded.fixture.teller.run, QUELL_STR("")));
        assert_int_equal(run_may_release(guarded.fixture.teller.run, QUELL_STR("a"),
                                         QUELL_STR("ben"), quell_null(), &err),
                         rows[i].lacks ? QUELL_DENIED : QUELL_OK);
        assert_int_equal(run_may_release(guarded.fixture.teller.run, QUELL_STR("a"),
                                         QUELL_STR("ana"), quell_null(), &err),
                         QUELL_OK);
        outside(&guarded.fixture.teller, EVENT_RUN_CANCELLING, QUELL_STR(""),
                run_cancel_data(guarded.fixture.arena, QUELL_STR("ana"), QUELL_STR("")));
        decide_all(&guarded);
        assert_false(run_lacks_approval(guarded.fixture.teller.run, QUELL_STR("a")));
        close_guarded(&guarded);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_run_that_calls_is_counted_with_those_it_calls),
        cmocka_unit_test(what_cannot_be_read_is_used_up),
        cmocka_unit_test(a_shadow_run_is_not_held),
        cmocka_unit_test(a_shadow_run_fails_at_the_compiled_cap),
        cmocka_unit_test(a_plan_is_not_held_by_the_workspace),
        cmocka_unit_test(a_further_attempt_heeds_what_is_protected),
        cmocka_unit_test(a_further_attempt_that_is_refused_leaves_its_doubt),
        cmocka_unit_test(a_release_may_be_the_approval),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
