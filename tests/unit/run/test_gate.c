/*
 * test_gate.c - a gate in front of what may not be done: what people are asked about at all, and
 * what becomes of an agreement when something else would be done by then.
 */
#include "guard.h"

#define GATE(id, device)                                                                           \
    "  - id: " id "\n    approve: { by: ana, within: 10m }\n    uses: test.isolate\n"              \
    "    with: { device_id: \"" device "\" }\n"
#define BLOCK                                                                                      \
    "  - id: g\n    approve: { by: ana, within: 10m }\n    steps:\n"                               \
    "      - id: a\n        uses: test.isolate\n        with: { device_id: d1 }\n"                 \
    "      - id: b\n        uses: test.isolate\n        with: { device_id: d2 }\n"                 \
    "      - id: c\n        uses: test.isolate\n        with: { device_id: d3 }\n"
#define PROTECT(ids) "protect:\n  - { name: jewel, why: it is one, kind: device, ids: [" ids "] }\n"
#define NEVER "limits: { device: { run: 9 }, never: lists.jewels }\n"

static struct quell_value list_of(struct guarded *guarded, const char *one)
{
    struct list_builder list = {.arena = guarded->fixture.arena};

    list_add(&list, quell_text(one));
    return list_made(&list);
}

static void agree(struct guarded *guarded, const char *path)
{
    struct teller *teller = &guarded->fixture.teller;
    struct run_step step;

    assert_true(run_find_step(teller->run, quell_str_of(path), &step));
    happens(teller,
            arena_format(teller->arena, "approval_given %s {\"by\":\"ana\",\"digest\":\"%.*s\"}",
                         path, QUELL_ARG(quell_get_str(step.asked, "digest")))
                .data);
    (void)decide(teller); /* once: all that follows now */
}

/* ---- what the playbook's own list protects -----------------------------------------------------
 */

/* Nobody is asked in vain: where the call would be held, the step is. */
static void what_is_never_touched_is_not_asked_about(void **state)
{
    static const struct {
        const char *steps;
        enum run_mode mode;
        const char *told;
    } rows[] = {
        {GATE("a", "d1") NEVER, RUN_LIVE, "a held\n"},
        {GATE("a", "d2") NEVER, RUN_LIVE, "a asks ana 600s: \n"},
        {GATE("a", "d1") "limits: { never: lists.jewels, on-exceed: fail }\n", RUN_LIVE,
         "a failed limit\nrun failed\n"},
        {GATE("a", "d1") NEVER, RUN_PLAN, "a failed limit\nrun failed\n"},
        {"  - id: g\n    approve: { by: ana, within: 10m }\n    steps:\n"
         "      - id: a\n        uses: test.isolate\n        with: { device_id: d1 }\n" NEVER,
         RUN_LIVE, "g asks ana 600s: \n"}, /* the list may be another one by then */
    };
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        struct guarded guarded;
        open_guarded(&guarded, rows[i].steps, "{}", "caps: { device: { run: 9 } }\n");
        set_list(&guarded, "jewels", list_of(&guarded, "d1"));
        start_guarded(&guarded, rows[i].mode, NULL);
        decide_all(&guarded);
        told(&guarded.fixture, rows[i].told);
        close_guarded(&guarded);
    }
}

/* The list may be changed; a person's word alone lets nothing through. */
static void a_release_is_not_the_list(void **state)
{
    static const struct {
        const char *released, *told;
        bool changed;
    } rows[] = {
        {"run_released a {\"allowed\":true}", "a held\na held\n", false},
        {"run_released a {\"allowed\":true}", "a held\na asks ana 600s: \n", true},
        {"run_released a {\"allowed\":false}", "a held\na failed limit\nrun failed\n", false},
    };
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        struct guarded guarded;
        open_guarded(&guarded, GATE("a", "d1") NEVER, "{}", "caps: { device: { run: 9 } }\n");
        set_list(&guarded, "jewels", list_of(&guarded, "d1"));
        start_guarded(&guarded, RUN_LIVE, NULL);
        decide_all(&guarded);
        if (rows[i].changed)
            set_list(&guarded, "jewels", list_of(&guarded, "d2"));
        happens(&guarded.fixture.teller, rows[i].released);
        decide_all(&guarded);
        told(&guarded.fixture, rows[i].told);
        close_guarded(&guarded);
    }
}

/* ---- what the workspace protects ---------------------------------------------------------------
 */

/* Of a block, what may still be done is asked about; the rest says why not. */
static void a_block_is_refused_when_nothing_is_left_of_it(void **state)
{
    static const struct {
        const char *protect, *told, *message;
    } rows[] = {
        {PROTECT("d9"), "g asks ana 600s: \n", NULL},
        {PROTECT("d1"), "g asks ana 600s: \n", NULL},
        {PROTECT("d1, d2"), "g asks ana 600s: \n", NULL},
        {PROTECT("d1, d2, d3"), "g failed protected\nrun failed\n",
         "policy.protected.jewel: device `d1` is protected (jewel, by d1): it is one"},
    };
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        struct guarded guarded;
        open_guarded(&guarded, BLOCK, "{}", rows[i].protect);
        start_guarded(&guarded, RUN_LIVE, NULL);
        decide_all(&guarded);
        told(&guarded.fixture, rows[i].told);
        if (rows[i].message &&
            !quell_text_is(quell_get(run_error(guarded.fixture.teller.run), "message"),
                           rows[i].message))
            fail_msg("%.*s",
                     QUELL_ARG(quell_get_str(run_error(guarded.fixture.teller.run), "message")));
        close_guarded(&guarded);
    }
}

/* A shadow run asks nobody and is kept from nothing: it shows what would come then. */
static void a_shadow_run_passes(void **state)
{
    struct guarded guarded;

    (void)state;
    open_guarded(&guarded, GATE("a", "d1"), "{\"a\":[" MADE_UP "]}", PROTECT("d1"));
    start_guarded(&guarded, RUN_SHADOW, NULL);
    go_on(&guarded.fixture.teller);
    told(&guarded.fixture, "a need not ask, a shadow run changes nothing, so nobody is asked\n"
                           "a calls test.isolate {\"device_id\":\"d1\"}\n"
                           "a succeeded\n"
                           "run succeeded\n");
    assert_true(quell_text_is(quell_get(last_of(&guarded, EVENT_CALL_SCHEDULED), "would_hold"),
                              "policy.protected.jewel"));
    close_guarded(&guarded);
}

/* ---- what was agreed to is not what would be done ----------------------------------------------
 */

/* Asked anew where that may be done; else the step ends and says why. */
static void what_changed_meanwhile_is_judged_anew(void **state)
{
    static const struct {
        const char *steps, *now, *told;
    } rows[] = {
        {GATE("a", "${{ lists.target }}"), "d1",
         "a asks ana 600s: \na has the yes of ana\na is approved\n"
         "a calls test.isolate {\"device_id\":\"d1\"}\n"},
        {GATE("a", "${{ lists.target }}"), "d3",
         "a asks ana 600s: \na has the yes of ana\na asks ana 600s: \n"},
        {GATE("a", "${{ lists.target }}"), "d2",
         "a asks ana 600s: \na has the yes of ana\na failed protected\nrun failed\n"},
        {GATE("a", "${{ lists.target }}") "    on-error: continue\n", "d2",
         "a asks ana 600s: \na has the yes of ana\na failed protected\nrun succeeded\n"},
        {GATE("a", "${{ lists.target }}") NEVER, "d4",
         "a asks ana 600s: \na has the yes of ana\na failed limit\nrun failed\n"},
        {GATE("a", "${{ lists.target }}"), "",
         "a asks ana 600s: \na has the yes of ana\na failed invalid\nrun failed\n"},
    };
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        struct guarded guarded;
        open_guarded(&guarded, rows[i].steps, "{}", PROTECT("d2"));
        set_list(&guarded, "jewels", list_of(&guarded, "d4"));
        set_list(&guarded, "target", quell_text("d1"));
        start_guarded(&guarded, RUN_LIVE, NULL);
        decide_all(&guarded);
        /* a target that is no text any more cannot be asked about */
        set_list(&guarded, "target",
                 rows[i].now[0] ? quell_text(rows[i].now) : quell_list(NULL, 0));
        agree(&guarded, "a");
        told(&guarded.fixture, rows[i].told);
        close_guarded(&guarded);
    }
}

/* People agreed when the time of the run was over: nothing is called any more. */
static void an_agreement_may_come_too_late(void **state)
{
    unsigned late;

    (void)state;
    for (late = 0; late < 2; late++) {
        struct guarded guarded;
        open_guarded(&guarded, "  - id: a\n    approve: { by: ana, within: 2h }\n    call: other\n",
                     "{}", NULL);
        start_guarded(&guarded, RUN_LIVE, NULL);
        decide_all(&guarded);
        guarded.fixture.teller.now_us += (late ? 3600 : 3599) * INT64_C(1000000);
        agree(&guarded, "a");
        told(&guarded.fixture, late ? "a asks ana 3600s: \na has the yes of ana\na is approved\n"
                                      "a timed-out timed-out\nrun failed\n"
                                    : "a asks ana 3600s: \na has the yes of ana\na is approved\n"
                                      "a calls run of other {}\n");
        close_guarded(&guarded);
    }
}

/* What takes a change back is shown as far as it can be told. */
static void taking_back_is_asked_about_as_it_can_be_told(void **state)
{
    static const struct {
        const char *answer, *with;
    } rows[] = {
        {OK, "{\"device_id\":\"d1\",\"note\":\"d\"}"},
        {"{\"outcome\":\"succeeded\",\"output\":{}}", "null"},
    };
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        struct guarded guarded;
        struct quell_value call;
        char answers[128];
        (void)snprintf(answers, sizeof(answers), "{\"a\":[%s]}", rows[i].answer);
        open_guarded(&guarded,
                     "  - id: a\n    uses: test.block\n    with: { device_id: d1 }\n"
                     "  - fail: no\nundo: { on-failure: ask, by: ana, window: 30m }\n",
                     answers, NULL);
        start_guarded(&guarded, RUN_LIVE, NULL);
        decide_all(&guarded);
        assert_true(happen(&guarded.fixture.teller));
        decide_all(&guarded);
        told(&guarded.fixture, "a calls test.block {\"device_id\":\"d1\"}\n"
                               "a succeeded\n"
                               "- failed failed\n"
                               "run is to be taken back\n"
                               "undo asks ana 1800s: \n");
        call = quell_at(
            quell_get(quell_get(last_of(&guarded, EVENT_APPROVAL_ASKED), "plan"), "calls"), 0);
        assert_true(quell_text_is(quell_get(call, "step"), "a.undo.unblock"));
        if (!str_is(json_text(guarded.fixture.arena, quell_get(call, "with"), JSON_COMPACT),
                    rows[i].with))
            fail_msg("%.*s", QUELL_ARG(json_text(guarded.fixture.arena, call, JSON_COMPACT)));
        close_guarded(&guarded);
    }
}

static void taking_back_a_called_run_is_asked_about(void **state)
{
    struct guarded guarded;
    struct quell_value call;

    (void)state;
    open_guarded(&guarded,
                 "  - id: a\n    call: other\n"
                 "  - fail: no\nundo: { on-failure: ask, by: ana, window: 30m }\n",
                 "{\"a\":[{\"status\":\"succeeded\"}]}", NULL);
    start_guarded(&guarded, RUN_LIVE, NULL);
    decide_all(&guarded);
    while (happen(&guarded.fixture.teller) && run_seq(guarded.fixture.teller.run) < 7)
        decide_all(&guarded);
    decide_all(&guarded);
    call =
        quell_at(quell_get(quell_get(last_of(&guarded, EVENT_APPROVAL_ASKED), "plan"), "calls"), 0);
    if (!str_is(json_text(guarded.fixture.arena, call, JSON_COMPACT),
                "{\"step\":\"a.undo\",\"call\":\"other\",\"with\":{\"undoes\":\"child\"}}"))
        fail_msg("%.*s%.*s", QUELL_ARG(buf_str(&guarded.fixture.teller.told)),
                 QUELL_ARG(json_text(guarded.fixture.arena, call, JSON_COMPACT)));
    close_guarded(&guarded);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_never_touched_is_not_asked_about),
        cmocka_unit_test(a_release_is_not_the_list),
        cmocka_unit_test(a_block_is_refused_when_nothing_is_left_of_it),
        cmocka_unit_test(a_shadow_run_passes),
        cmocka_unit_test(what_changed_meanwhile_is_judged_anew),
        cmocka_unit_test(an_agreement_may_come_too_late),
        cmocka_unit_test(taking_back_is_asked_about_as_it_can_be_told),
        cmocka_unit_test(taking_back_a_called_run_is_asked_about),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
