/*
 * test_starts.c - which events start a run, and when it begins: dedupe, throttle, concurrency,
 * exclusive, expires, off; and that nothing is dropped without a word.
 */
#include "virtual.h"

#include "base/buf.h"

#define CONFIG "connectors: []\n"
#define HEAD(id) "quell: 1\nplaybook: " id "\non: { incident: { types: [created, updated] } }\n"
#define LOOK                                                                                       \
    "steps:\n  - id: look\n    uses: http.get\n    timeout: 1h\n    with: { url: "                 \
    "'https://a.example/${{ incident.number }}' }\n"
#define STOP "steps:\n  - stop:\n"
#define INCIDENT(number, title) "{\"number\": \"" number "\", \"title\": \"" title "\"}"
#define ANSWER "{\"status\": 200, \"body\": null, \"headers\": {}}"

static void open_one(struct virtual *v, const char *text)
{
    virtual_open(v, CONFIG, (const char *const[]){text, NULL});
    virtual_answer(v, "http.get", QUELL_STR(ANSWER));
    virtual_late(v, "10m");
}

static size_t started(const struct virtual *v)
{
    return virtual_count(v, "run_started", NULL);
}

static bool collect(const struct store_refusal *refusal, void *user)
{
    struct buf *out = user;

    buf_add_format(out, "%.*s:%.*s:%s ", QUELL_ARG(refusal->playbook), QUELL_ARG(refusal->reason),
                   refusal->run.len ? "run" : "-");
    return true;
}

/* "playbook:reason:run ", the newest first. */
static void assert_refusals(struct virtual *v, const char *expected)
{
    struct store_refusal_query query = {.limit = 100};
    struct buf out = {0};
    struct quell_error err;

    assert_int_equal(
        v->engine->reader->kind->refusals(v->engine->reader, &query, collect, &out, &err),
        QUELL_OK);
    buf_add_char(&out, '\0');
    assert_string_equal(out.data, expected);
    buf_free(&out);
}

static bool says(const struct virtual *v, const char *text)
{
    return str_find(v->answer, quell_str_of(text), 0) != SIZE_MAX;
}

/* ---- dedupe and throttle -----------------------------------------------------------------------
 */

static void the_same_key_starts_once(void **state)
{
    struct virtual v;

    open_one(&v, HEAD("p") "dedupe: { key: incident.title, within: 2h }\n" STOP);
    virtual_submit(&v, INCIDENT("1", "A"));
    virtual_submit(&v, INCIDENT("2", "B"));
    assert_int_equal(started(&v), 2);
    virtual_pass(&v, "119m");
    virtual_submit(&v, INCIDENT("3", "A"));
    assert_int_equal(started(&v), 2);
    assert_true(says(&v, "\"reason\":\"deduped\",\"detail\":\"the same key again within 2h, 1 so "
                         "far\",\"run\":\""));
    virtual_pass(&v, "1m");
    virtual_submit(&v, INCIDENT("4", "A"));
    assert_int_equal(started(&v), 3); /* counted from the first, not from the last one */
    assert_refusals(&v, "p:deduped:run ");
    assert_int_equal(v.engine->counters.deduped, 1);
    virtual_close(&v);
}

static void a_null_key_is_an_error(void **state)
{
    struct virtual v;

    open_one(&v, HEAD("p") "dedupe: { key: incident.description }\n" STOP);
    virtual_submit(&v, INCIDENT("1", "A"));
    assert_int_equal(started(&v), 0);
    assert_true(says(&v, "`dedupe.key`: incident.description is null"));
    assert_refusals(&v, "p:failed:- ");
    virtual_close(&v);
}

static void once_within(void **state)
{
    struct virtual v;

    open_one(&v, HEAD("p") "throttle: { by: incident.title, once-within: 10m }\n" STOP);
    virtual_submit(&v, INCIDENT("1", "A"));
    virtual_submit(&v, INCIDENT("2", "A"));
    virtual_submit(&v, INCIDENT("3", "B"));
    assert_int_equal(started(&v), 2);
    virtual_pass(&v, "10m");
    virtual_submit(&v, INCIDENT("4", "A"));
    assert_int_equal(started(&v), 3);
    assert_refusals(&v, "p:throttled:run ");
    virtual_close(&v);
}

/* The URL of the first call. */
static struct quell_value called(const struct virtual *v)
{
    for (size_t i = 0; i < v->event_count; i++)
        if (str_is(v->events[i].kind, "call_scheduled"))
            return quell_get(quell_get(v->events[i].data, "input"), "url");
    return quell_null();
}

/* It begins at the end of the window, about the last event of it. */
static void once_after(void **state)
{
    struct virtual v;
    struct quell_value shown;

    open_one(&v, HEAD("p") "throttle: { once-after: 10m }\n" LOOK);
    virtual_submit(&v, INCIDENT("1", "A"));
    assert_true(says(&v, "\"reason\":\"queued\""));
    virtual_state(&v, 0, "waiting");
    virtual_pass(&v, "9m");
    virtual_submit(&v, INCIDENT("2", "B"));
    assert_int_equal(virtual_count(&v, "step_started", NULL), 0);
    virtual_pass(&v, "61s");
    assert_int_equal(virtual_count(&v, "step_started", NULL), 1);
    virtual_pass(&v, "10m");
    virtual_state(&v, 0, "succeeded");
    shown = virtual_show(&v, 0);
    assert_true(quell_text_is(quell_get(shown, "title"), "B"));
    assert_true(quell_text_is(called(&v), "https://a.example/2"));
    assert_refusals(&v, "p:merged:run ");
    virtual_submit(&v, INCIDENT("3", "A"));
    assert_int_equal(started(&v), 2);
    virtual_close(&v);
}

static void at_least(void **state)
{
    struct virtual v;

    open_one(
        &v,
        HEAD("p") "throttle: { by: incident.title, at-least: { count: 3, within: 1h } }\n" STOP);
    virtual_submit(&v, INCIDENT("1", "A"));
    virtual_submit(&v, INCIDENT("2", "A"));
    virtual_submit(&v, INCIDENT("3", "B"));
    assert_true(says(&v, "at-least: 1 of 3 within 1h"));
    virtual_pass(&v, "61m");
    virtual_submit(&v, INCIDENT("4", "A"));
    assert_int_equal(started(&v), 0); /* the first two are too old by now */
    virtual_submit(&v, INCIDENT("5", "A"));
    virtual_submit(&v, INCIDENT("6", "A"));
    assert_int_equal(started(&v), 1);
    virtual_submit(&v, INCIDENT("7", "A"));
    assert_int_equal(started(&v), 1); /* counting begins anew */
    virtual_close(&v);
}

/* ---- concurrency -------------------------------------------------------------------------------
 */

static void one_waits_for_the_other(void **state)
{
    struct virtual v;

    open_one(&v, HEAD("p") "concurrency: { group: incident.title }\n" LOOK);
    virtual_submit(&v, INCIDENT("1", "A"));
    virtual_submit(&v, INCIDENT("2", "A"));
    virtual_submit(&v, INCIDENT("3", "A"));
    virtual_submit(&v, INCIDENT("4", "B"));
    assert_int_equal(started(&v), 4);
    virtual_state(&v, 0, "running");
    virtual_state(&v, 1, "waiting");
    virtual_state(&v, 2, "waiting");
    virtual_state(&v, 3, "running");
    virtual_pass(&v, "10m");
    virtual_state(&v, 0, "succeeded");
    virtual_state(&v, 1, "running");
    virtual_state(&v, 2, "waiting");
    virtual_pass(&v, "10m");
    virtual_state(&v, 2, "running");
    virtual_pass(&v, "10m");
    virtual_state(&v, 2, "succeeded");
    assert_refusals(&v, "");
    virtual_close(&v);
}

static void two_at_once(void **state)
{
    struct virtual v;

    open_one(&v, HEAD("p") "concurrency: { group: \"'all'\", max: 2 }\n" LOOK);
    virtual_submit(&v, INCIDENT("1", "A"));
    virtual_submit(&v, INCIDENT("2", "B"));
    virtual_submit(&v, INCIDENT("3", "C"));
    virtual_state(&v, 1, "running");
    virtual_state(&v, 2, "waiting");
    virtual_pass(&v, "10m");
    virtual_state(&v, 2, "running");
    virtual_close(&v);
}

static void a_second_one_is_skipped(void **state)
{
    struct virtual v;
    struct quell_run_options options = {.playbook = "p", .by = QUELL_STR("test")};
    struct quell_error err = {0};
    char run[37];

    open_one(&v, HEAD("p") "concurrency: { group: \"'all'\", on-conflict: skip }\n"
                           "steps:\n  - uses: http.get\n    with: { url: 'https://a.example/' }\n");
    virtual_submit(&v, INCIDENT("1", "A"));
    virtual_submit(&v, INCIDENT("2", "B"));
    assert_int_equal(started(&v), 1);
    assert_refusals(&v, "p:skipped:run ");
    assert_int_equal(quell_run(v.engine, &options, run, &err), QUELL_CONFLICT);
    assert_non_null(strstr(err.message, "skipped"));
    virtual_pass(&v, "10m");
    virtual_run(&v, "p", "", run);
    assert_int_equal(started(&v), 2);
    virtual_close(&v);
}

static void a_newer_one_cancels(void **state)
{
    struct virtual v;

    open_one(&v, HEAD("p") "concurrency: { group: incident.title, on-conflict: cancel-running }\n"
                           "steps:\n  - wait: 1h\n");
    virtual_submit(&v, INCIDENT("1", "A"));
    virtual_submit(&v, INCIDENT("2", "B"));
    virtual_submit(&v, INCIDENT("3", "A"));
    virtual_state(&v, 0, "cancelled");
    virtual_state(&v, 1, "waiting");
    assert_int_equal(virtual_count(&v, "run_begun", NULL), 1);
    virtual_pass(&v, "1h");
    virtual_state(&v, 2, "succeeded");
    virtual_close(&v);
}

/* At most one waits, and it is about the newest event. */
static void those_that_wait_merge(void **state)
{
    struct virtual v;
    struct quell_value shown;

    open_one(&v, HEAD("p") "concurrency: { group: \"'all'\", on-conflict: merge }\n" LOOK);
    virtual_submit(&v, INCIDENT("1", "A"));
    virtual_submit(&v, INCIDENT("2", "B"));
    virtual_submit(&v, INCIDENT("3", "C"));
    virtual_submit(&v, INCIDENT("4", "D"));
    assert_int_equal(started(&v), 2);
    virtual_pass(&v, "20m");
    shown = virtual_show(&v, 1);
    assert_true(quell_text_is(quell_get(shown, "title"), "D"));
    assert_true(quell_text_is(quell_get(shown, "state"), "succeeded"));
    assert_refusals(&v, "p:merged:run p:merged:run ");
    virtual_close(&v);
}

/* A run that ends at once does not hold up the line, however long it is. */
/* What a run took over is not started anew by the same event. */
static void a_merged_event_is_known(void **state)
{
    struct virtual v;

    (void)state;
    open_one(&v, HEAD("p") "dedupe: { key: incident.title }\n"
                           "concurrency: { group: \"'all'\", on-conflict: merge }\n" LOOK);
    virtual_submit(&v, INCIDENT("1", "A"));
    virtual_submit(&v, INCIDENT("2", "B"));
    virtual_submit(&v, INCIDENT("3", "C"));
    virtual_submit(&v, INCIDENT("4", "C"));
    assert_refusals(&v, "p:deduped:run p:merged:run ");
    virtual_close(&v);
}

static void a_long_line_is_worked_off(void **state)
{
    struct virtual v;
    size_t i;

    open_one(&v, HEAD("p") "concurrency: { group: \"'all'\" }\n"
                           "steps:\n  - if: incident.title == 'first'\n    wait: 1m\n");
    virtual_submit(&v, INCIDENT("0", "first"));
    for (i = 0; i < 200; i++)
        virtual_submit(&v, INCIDENT("1", "A"));
    assert_int_equal(virtual_count(&v, "run_ended", NULL), 0);
    virtual_pass(&v, "1m");
    assert_int_equal(virtual_count(&v, "run_ended", NULL), 201);
    assert_int_equal(quell_active(v.engine), 0);
    virtual_close(&v);
}

static void the_time_of_a_run_includes_its_turn(void **state)
{
    struct virtual v;

    open_one(&v, HEAD("p") "timeout: 5m\nconcurrency: { group: \"'all'\" }\n"
                           "steps:\n  - wait: 1h\n");
    virtual_submit(&v, INCIDENT("1", "A"));
    virtual_submit(&v, INCIDENT("2", "B"));
    virtual_pass(&v, "5m");
    virtual_state(&v, 0, "failed");
    virtual_state(&v, 1, "failed");
    assert_int_equal(quell_active(v.engine), 0);
    virtual_close(&v);
}

/* ---- order, exclusive, expires, off, alerts ----------------------------------------------------
 */

static void an_exclusive_one_ends_the_row(void **state)
{
    struct virtual v;

    virtual_open(&v, CONFIG,
                 (const char *const[]){HEAD("late") STOP, HEAD("early") "order: 1\n" STOP,
                                       HEAD("middle") "order: 10\nexclusive: true\n"
                                                      "dedupe: { key: incident.title }\n" STOP,
                                       NULL});
    virtual_submit(&v, INCIDENT("1", "A"));
    assert_int_equal(started(&v), 2);
    assert_true(quell_text_is(quell_get(virtual_show(&v, 0), "playbook"), "early"));
    assert_true(quell_text_is(quell_get(virtual_show(&v, 1), "playbook"), "middle"));
    assert_refusals(&v, "late:skipped:- ");
    virtual_submit(&v, INCIDENT("2", "A")); /* what it has seen before it keeps to itself, too */
    assert_int_equal(started(&v), 3);
    virtual_close(&v);
}

static void expired_and_off_are_told(void **state)
{
    struct virtual v;
    struct quell_run_options options = {.playbook = "old", .by = QUELL_STR("test")};
    struct quell_error err = {0};
    char run[37];

    virtual_open(&v, CONFIG,
                 (const char *const[]){HEAD("old") "expires: 2026-05-03\n" STOP,
                                       HEAD("still") "expires: 2026-05-04\n" STOP,
                                       HEAD("never") "state: off\n" STOP, NULL});
    virtual_submit(&v, INCIDENT("1", "A"));
    assert_int_equal(started(&v), 1);
    assert_int_equal(v.engine->counters.expired, 1);
    assert_int_equal(v.engine->counters.off, 1);
    assert_int_equal(quell_run(v.engine, &options, run, &err), QUELL_CONFLICT);
    virtual_pass(&v, "14h");
    virtual_submit(&v, INCIDENT("2", "A"));
    assert_int_equal(started(&v), 1);
    assert_int_equal(v.engine->counters.expired, 4);
    virtual_close(&v);
}

static void each_alert_is_an_event(void **state)
{
    struct virtual v;

    open_one(&v, "quell: 1\nplaybook: p\non: { alert: { types: [created, updated, closed],"
                 " match: { severity: high }, where: \"alert.title != incident.title\" } }\n"
                 "dedupe: { key: alert.id }\n"
                 "steps:\n  - stop: { reason: '${{ alert.title }} of ${{ incident.title }}' }\n");
    virtual_submit(&v, "{\"title\": \"T\", \"alerts\": ["
                       "{\"id\": \"a\", \"title\": \"A\", \"severity\": \"high\"},"
                       "{\"id\": \"b\", \"title\": \"B\", \"severity\": \"low\"},"
                       "{\"id\": \"c\", \"title\": \"T\", \"severity\": \"high\"},"
                       "{\"id\": \"d\", \"title\": \"D\", \"severity\": \"high\"}]}");
    assert_int_equal(started(&v), 2);
    assert_int_equal(virtual_count(&v, "run_ended", NULL), 2);
    virtual_close(&v);
}

static void only_some_may_start_it(void **state)
{
    struct virtual v;
    struct quell_run_options options = {.playbook = "p", .by = QUELL_STR("eve")};
    struct quell_error err = {0};
    char run[37];

    virtual_open(
        &v, "connectors: []\ngroups: { soc: [ana] }\n",
        (const char *const[]){"quell: 1\nplaybook: p\n"
                              "on: { manual: { by: [group:soc, bob], for: device } }\n" STOP,
                              NULL});
    assert_int_equal(quell_run(v.engine, &options, run, &err), QUELL_DENIED);
    assert_non_null(strstr(err.message, "`eve` may not start"));
    options.by = QUELL_STR("ana");
    assert_int_equal(quell_run(v.engine, &options, run, &err), QUELL_OK);
    options.by = QUELL_STR("bob");
    assert_int_equal(quell_run(v.engine, &options, run, &err), QUELL_OK);
    virtual_close(&v);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_same_key_starts_once),
        cmocka_unit_test(a_null_key_is_an_error),
        cmocka_unit_test(once_within),
        cmocka_unit_test(once_after),
        cmocka_unit_test(at_least),
        cmocka_unit_test(one_waits_for_the_other),
        cmocka_unit_test(two_at_once),
        cmocka_unit_test(a_second_one_is_skipped),
        cmocka_unit_test(a_newer_one_cancels),
        cmocka_unit_test(those_that_wait_merge),
        cmocka_unit_test(a_merged_event_is_known),
        cmocka_unit_test(a_long_line_is_worked_off),
        cmocka_unit_test(the_time_of_a_run_includes_its_turn),
        cmocka_unit_test(an_exclusive_one_ends_the_row),
        cmocka_unit_test(expired_and_off_are_told),
        cmocka_unit_test(each_alert_is_an_event),
        cmocka_unit_test(only_some_may_start_it),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
