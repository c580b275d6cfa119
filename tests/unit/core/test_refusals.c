/*
 * test_refusals.c - nothing comes to nothing without a row that says why: calls and starts by hand
 * that were refused, reactions that are too deep, planned times that were left out, and events that
 * a waiting run was not told of. Guards of triggers are in test_starts.c.
 */
#include "base/limits.h"
#include "virtual.h"

#define CONFIG "connectors: []\n"
#define MANUAL(id, rest) "quell: 1\nplaybook: " id "\non: { manual: }\n" rest
#define CALLED(id, rest) "quell: 1\nplaybook: " id "\non: { call: }\n" rest

/* "playbook reason run|-: detail", one a line, the newest first. */
static struct quell_str rows(struct virtual *v, const char *reason)
{
    struct quell_refusals_options options = {.reason = quell_str_of(reason)};
    struct quell_document document = {.memory = NULL};
    struct quell_error err = {0};
    struct quell_str text = {"", 0};

    if (quell_refusals(v->engine, &options, &document, &err))
        fail_msg("%s", err.message);
    for (size_t i = 0; i < quell_count(document.value); i++) {
        struct quell_value row = quell_at(document.value, i);

        text = arena_format(
            v->arena, "%.*s%.*s %.*s %s: %.*s\n", QUELL_ARG(text),
            QUELL_ARG(quell_get_str(row, "playbook")), QUELL_ARG(quell_get_str(row, "reason")),
            quell_get_str(row, "run").len ? "run" : "-", QUELL_ARG(quell_get_str(row, "detail")));
    }
    quell_document_free(&document);
    return text;
}

static void assert_rows(struct virtual *v, const char *expected)
{
    struct quell_str text = rows(v, "");

    if (!str_is(text, expected))
        fail_msg("`%.*s`, not `%s`", QUELL_ARG(text), expected);
}

static enum quell_code start(struct virtual *v, const char *by)
{
    struct quell_run_options options = {.playbook = "p", .by = quell_str_of(by)};
    struct quell_error err = {0};
    enum quell_code code;
    char run[37];

    code = quell_run(v->engine, &options, run, &err);
    loop_settle(v->loop);
    return code;
}

static struct quell_value newest_audit(struct virtual *v)
{
    struct quell_audits_options options = {.limit = 1};
    struct quell_document document = {.memory = NULL};
    struct quell_error err = {0};
    struct quell_value row;

    if (quell_audits(v->engine, &options, &document, &err))
        fail_msg("%s", err.message);
    row = value_copy(v->arena, quell_at(document.value, 0));
    quell_document_free(&document);
    return row;
}

/* ---- starts ------------------------------------------------------------------------------------
 */

static void a_start_by_hand(void **state)
{
    struct quell_value row;
    struct virtual v;

    (void)state;
    virtual_open(
        &v, CONFIG "groups: { soc: [ann] }\n",
        (const char *const[]){"quell: 1\nplaybook: p\non: { manual: { by: [group:soc] } }\n"
                              "concurrency: { group: \"'all'\", on-conflict: skip }\n"
                              "steps:\n  - wait: 1h\n",
                              NULL});
    assert_int_equal(start(&v, "ann"), QUELL_OK);
    assert_rows(&v, "");
    assert_int_equal(start(&v, "ann"), QUELL_CONFLICT);
    assert_rows(&v, "p skipped run: ann asked: concurrency: a run of its group is under way\n");
    row = newest_audit(&v);
    assert_true(quell_text_is(quell_get(row, "what"), "not_started"));
    assert_true(quell_text_is(quell_get(row, "who"), "ann"));
    assert_true(quell_text_is(quell_get(row, "subject"), "p"));
    assert_true(quell_text_is(quell_get(quell_get(row, "detail"), "reason"), "skipped"));
    assert_true(quell_str_equal(quell_get_str(quell_get(row, "detail"), "run"), virtual_id(&v, 0)));
    assert_int_equal(start(&v, "eve"), QUELL_DENIED);
    row = newest_audit(&v);
    assert_true(quell_text_is(quell_get(row, "what"), "refused"));
    assert_true(quell_text_is(quell_get(row, "who"), "eve"));
    virtual_close(&v);
}

static void a_call(void **state)
{
    static const struct {
        const char *called, *rows; /* %s: the run that called */
    } cases[] = {
        {CALLED("c", "state: off\nsteps:\n  - stop:\n"), "c off -: run %s called it: `c` is off\n"},
        {CALLED("c", "expires: 2026-01-01T00:00:00Z\nsteps:\n  - stop:\n"),
         "c expired -: run %s called it: `c` has expired\n"},
        {CALLED("c", "dedupe: { key: \"'k'\" }\nsteps:\n  - stop:\n"),
         "c deduped run: run %s called it: the same key again within 1d, 1 so far\n"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        struct virtual v;
        char run[37];

        virtual_open(&v, CONFIG,
                     (const char *const[]){MANUAL("p", "steps:\n  - call: c\n"
                                                       "    on-error: continue\n"),
                                           cases[i].called, NULL});
        virtual_run(&v, "p", "{}", run);
        if (i == 2)
            virtual_run(&v, "p", "{}", run); /* the first one had its run */
        {
            char expected[256];
            (void)snprintf(expected, sizeof(expected), cases[i].rows, run);
            assert_rows(&v, expected);
        }
        virtual_close(&v);
    }
}

/* It calls itself: the set is refused by lint, and a reload brings it about all the same. */
static void a_call_too_deep(void **state)
{
    static char texts[LIMIT_CALL_DEPTH + 2][160];
    const char *playbooks[LIMIT_CALL_DEPTH + 3] = {NULL};
    struct virtual v;
    struct quell_str text;
    char run[37];

    (void)state;
    for (size_t i = 0; i < LIMIT_CALL_DEPTH + 2; i++) {
        (void)snprintf(
            texts[i], sizeof(texts[i]),
            "quell: 1\nplaybook: p%zu\non: { manual: , call: }\nsteps:\n  - call: p%zu\n", i,
            i + 1);
        playbooks[i] = texts[i];
    }
    (void)snprintf(texts[LIMIT_CALL_DEPTH + 1], sizeof(texts[0]),
                   "quell: 1\nplaybook: p%d\non: { call: }\nsteps:\n  - stop:\n",
                   LIMIT_CALL_DEPTH + 1);
    virtual_open(&v, CONFIG, playbooks);
    virtual_run(&v, "p0", "{}", run);
    text = rows(&v, "too-deep");
    assert_true(str_find(text, QUELL_STR("p9 too-deep -: run "), 0) == 0);
    assert_int_equal(v.engine->counters.too_deep, 1);
    virtual_close(&v);
}

static void a_reaction_too_deep(void **state)
{
    static char texts[LIMIT_CALL_DEPTH + 3][256];
    const char *playbooks[LIMIT_CALL_DEPTH + 4];
    struct virtual v;
    char run[37];
    size_t i;

    (void)state;
    (void)snprintf(texts[0], sizeof(texts[0]), "%s", MANUAL("p0", "steps:\n  - fail: no\n"));
    for (i = 1; i < LIMIT_CALL_DEPTH + 3; i++)
        (void)snprintf(texts[i], sizeof(texts[i]),
                       "quell: 1\nplaybook: p%zu\non: { run: { playbook: p%zu } }\nsteps:\n"
                       "  - fail: no\n",
                       i, i - 1);
    for (i = 0; i < LIMIT_CALL_DEPTH + 3; i++)
        playbooks[i] = texts[i];
    playbooks[i] = NULL;
    virtual_open(&v, CONFIG, playbooks);
    virtual_run(&v, "p0", "{}", run);
    assert_rows(&v, "p9 too-deep run: it reacts to a run of `p8`: runs react to runs 8 deep at "
                    "most\n");
    virtual_close(&v);
}

/* ---- schedules ---------------------------------------------------------------------------------
 */

/* Asleep for 3 h 30 min of an hourly schedule. */
static void planned_times(void **state)
{
    static const struct {
        const char *policy, *rows;
    } cases[] = {
        {"run-once", "p missed -: schedule 1: 2 planned times from 2026-05-04T11:00:00Z on were "
                     "left out (`on-missed: run-once`)\n"},
        {"run-all", ""},
        {"skip", "p missed -: schedule 1: 3 planned times from 2026-05-04T11:00:00Z on were left "
                 "out (`on-missed: skip`)\n"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        struct quell_error err = {0};
        struct virtual v;
        char text[256];

        (void)snprintf(text, sizeof(text),
                       "quell: 1\nplaybook: p\non: { schedule: { cron: '0 * * * *', on-missed: %s "
                       "} }\nsteps:\n  - stop:\n",
                       cases[i].policy);
        virtual_open(&v, CONFIG, (const char *const[]){text, NULL});
        v.stand_in.only = QUELL_STR("another"); /* nothing is planned meanwhile */
        assert_int_equal(schedules_load(v.engine, &err), QUELL_OK);
        virtual_pass(&v, "210m");
        v.stand_in = (struct stand_in){.answer = virtual_call, .schedules = true, .user = &v};
        assert_int_equal(schedules_load(v.engine, &err), QUELL_OK);
        virtual_pass(&v, "1s");
        assert_rows(&v, cases[i].rows);
        virtual_close(&v);
    }
}

/* ---- waits -------------------------------------------------------------------------------------
 */

#define WAITS(where)                                                                               \
    MANUAL("p", "steps:\n  - id: w\n    wait:\n"                                                   \
                "      for: { incident: { match: { title: { starts-with: closed } } } }\n" where   \
                "      timeout: 2h\n")
#define CLOSED "{\"id\":\"1\",\"title\":\"closed now\"}"

static void a_where_that_cannot_be_judged(void **state)
{
    struct quell_document document = {.memory = NULL};
    struct quell_value unheard;
    struct quell_error err = {0};
    struct virtual v;
    char run[37];

    (void)state;
    virtual_open(&v, CONFIG,
                 (const char *const[]){WAITS("      where: event.tags[0] == 'x'\n"), NULL});
    virtual_run(&v, "p", "{}", run);
    virtual_submit(&v, "{\"id\":\"0\",\"title\":\"open\"}");
    assert_rows(&v, "");
    virtual_submit(&v, CLOSED);
    assert_true(str_find(rows(&v, "unheard"),
                         QUELL_STR("p unheard run: step `w`: its `where` was not judged: "),
                         0) == 0);
    assert_int_equal(v.engine->counters.unheard, 1);
    assert_int_equal(quell_why(v.engine, quell_str_of(run), &document, &err), QUELL_OK);
    unheard = quell_get(quell_at(quell_get(document.value, "because"), 0), "unheard");
    assert_int_equal(quell_count(unheard), 1);
    assert_int_equal(quell_get_str(quell_at(unheard, 0), "incident").len, 36);
    quell_document_free(&document);
    virtual_close(&v);
}

/* Asked once for all runs that wait there. */
static void a_condition_that_is_undetermined(void **state)
{
    struct virtual v;
    char run[37];

    (void)state;
    virtual_open(&v, CONFIG,
                 (const char *const[]){
                     MANUAL("p", "steps:\n  - id: w\n    wait:\n"
                                 "      for: { incident: { where: \"incident.tags[0] == 'x'\" } }\n"
                                 "      timeout: 2h\n"),
                     NULL});
    virtual_run(&v, "p", "{}", run);
    virtual_run(&v, "p", "{}", run);
    assert_int_equal(fold_count(v.engine), 2);
    virtual_submit(&v, CLOSED);
    assert_rows(&v, "p unheard -: step `w`: the condition under `for` is undetermined; 2 runs wait "
                    "there\n");
    virtual_close(&v);
}

static void many_that_cannot_hear(void **state)
{
    struct virtual v;
    char run[37];

    (void)state;
    virtual_open(&v, CONFIG,
                 (const char *const[]){WAITS("      where: event.tags[0] == 'x'\n"), NULL});
    for (size_t i = 0; i < LIMIT_UNHEARD_ROWS + 4; i++)
        virtual_run(&v, "p", "{}", run);
    virtual_submit(&v, CLOSED);
    assert_int_equal(v.engine->counters.unheard, LIMIT_UNHEARD_ROWS);
    assert_true(str_find(rows(&v, ""), QUELL_STR("; there may be more that did not hear it\n"),
                         0) != SIZE_MAX);
    virtual_close(&v);
}

static enum quell_code no_events(struct store *store, struct quell_str run, uint64_t after,
                                 store_event_fn *each, void *user, struct quell_error *err)
{
    (void)store;
    (void)run;
    (void)after;
    (void)each;
    (void)user;
    err->code = QUELL_INVALID;
    (void)snprintf(err->message, sizeof(err->message), "there is no action `x.y`");
    return err->code;
}

static void a_playbook_that_cannot_be_loaded(void **state)
{
    const struct store_kind *kind;
    struct store_kind without;
    struct virtual v;
    char run[37];

    (void)state;
    virtual_open(&v, CONFIG, (const char *const[]){WAITS(""), NULL});
    virtual_run(&v, "p", "{}", run);
    assert_int_equal(fold_count(v.engine), 1);
    kind = v.engine->reader->kind;
    without = *kind;
    without.events = no_events;
    v.engine->reader->kind = &without;
    virtual_submit(&v, CLOSED);
    v.engine->reader->kind = kind;
    assert_true(
        str_find(rows(&v, "unheard"), QUELL_STR("p unheard run: it cannot be woken: "), 0) == 0);
    virtual_close(&v);
}

/* ---- the table ---------------------------------------------------------------------------------
 */

static void each_reason_has_a_sentence(void **state)
{
    struct quell_document document = {.memory = NULL};
    struct quell_value kinds = quell_refusal_kinds(&document);

    (void)state;
    assert_true(quell_count(kinds) >= 10);
    for (size_t i = 0; i < quell_count(kinds); i++)
        assert_true(quell_str(kinds.as.pairs[i].value).len > 20);
    quell_document_free(&document);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_start_by_hand),
        cmocka_unit_test(a_call),
        cmocka_unit_test(a_call_too_deep),
        cmocka_unit_test(a_reaction_too_deep),
        cmocka_unit_test(planned_times),
        cmocka_unit_test(a_where_that_cannot_be_judged),
        cmocka_unit_test(a_condition_that_is_undetermined),
        cmocka_unit_test(many_that_cannot_hear),
        cmocka_unit_test(a_playbook_that_cannot_be_loaded),
        cmocka_unit_test(each_reason_has_a_sentence),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
