/*
 * test_replay.c - stored runs told again: by the same text nothing differs, whatever happened; by
 * another text exactly what it changes differs, and nothing is sent.
 */
#include "virtual.h"

#define CONFIG                                                                                     \
    "connections: { http: { url: 'http://127.0.0.1:1', egress: [loopback] } }\n"                   \
    "groups: { soc: [ana, ben] }\n"
#define HEAD "quell: 1\nplaybook: p\non: { incident: { match: { title: malware } }, manual: }\n"
#define MALWARE "{\"id\": \"m1\", \"title\": \"Malware\", \"severity\": \"high\"}"
#define GET(id, path)                                                                              \
    "  - id: " id "\n    uses: http.request\n    with: { method: GET, url: '" path "' }\n"

static void open_one(struct virtual *v, const char *steps)
{
    char text[4096];

    (void)snprintf(text, sizeof(text), HEAD "steps:\n%s", steps);
    virtual_open(v, CONFIG, (const char *const[]){text, NULL});
}

static void on_decided(enum quell_code code, const struct quell_error *err, void *user)
{
    (void)err;
    (void)user;
    assert_int_equal(code, QUELL_OK);
}

/* The replay of the nth run; `steps` NULL: by its own text. */
static struct quell_value replay(struct virtual *v, size_t nth, const char *steps)
{
    struct quell_replay_options options = {.run = virtual_id(v, nth)};
    struct quell_document document = {.memory = NULL};
    struct quell_error err = {0};
    char path[64], text[4096];
    size_t events = v->event_count;
    struct quell_value made;

    if (steps) {
        (void)snprintf(path, sizeof(path), "%s/other.yaml", v->folder);
        (void)snprintf(text, sizeof(text), HEAD "steps:\n%s", steps);
        place_write(path, text);
        options.playbook = path;
    }
    if (quell_replay(v->engine, &options, &document, &err))
        fail_msg("%s", err.message);
    if (steps)
        (void)unlink(path); /* written above */
    made = value_copy(v->arena, document.value);
    quell_document_free(&document);
    loop_settle(v->loop);
    assert_int_equal(v->event_count, events); /* nothing happened to any run */
    return made;
}

static struct quell_value step_of(struct quell_value made, const char *path)
{
    struct quell_value steps = quell_get(made, "steps");

    for (size_t i = 0; i < quell_count(steps); i++)
        if (quell_text_is(quell_get(quell_at(steps, i), "path"), path))
            return quell_at(steps, i);
    return quell_null();
}

static void verdict_is(struct quell_value made, const char *path, const char *verdict)
{
    struct quell_str found = quell_get_str(step_of(made, path), "verdict");

    if (!str_is(found, verdict))
        fail_msg("%s is `%.*s`, not `%s`", path, QUELL_ARG(found), verdict);
}

static void is_same(struct virtual *v, struct quell_value made)
{
    if (!quell_get_bool(made, "same", false))
        fail_msg("%.*s", QUELL_ARG(json_text(v->arena, made, 0)));
    assert_int_equal(quell_count(quell_get(made, "made_up")), 0);
    assert_int_equal(quell_count(quell_get(made, "assumed")), 0);
    assert_int_equal(quell_count(quell_get(made, "unfit")), 0);
}

static void calls_retries_and_waits_come_out_the_same(void **state)
{
    struct virtual v;

    (void)state;
    open_one(&v, GET("a", "/a") "    retry: { max: 3, backoff: exponential, first: 2s }\n"
                                "    on-error: continue\n"
                                "  - id: w\n    wait: 3h\n"
                                "  - id: each\n    for-each: '${{ [1, 2, 3] }}'\n    as: n\n"
                                "    max: 3\n    on-error: continue\n    steps:\n"
                                "    - id: b\n      uses: http.request\n"
                                "      with: { method: GET, url: '/${{ n }}' }\n"
                                "  - set: { said: '${{ incident.title }}' }\n");
    virtual_fail(&v, "http.request", QUELL_UNAVAILABLE);
    virtual_late(&v, "7s");
    virtual_submit(&v, MALWARE);
    virtual_pass(&v, "1d");
    assert_true(virtual_count(&v, "call_scheduled", "a") > 1);
    assert_int_equal(virtual_count(&v, "call_scheduled", "each[0].b"), 1);
    is_same(&v, replay(&v, 0, NULL));
    virtual_close(&v);
}

static void a_run_that_waits_is_told_to_where_it_stands(void **state)
{
    struct virtual v;
    struct quell_value made;

    (void)state;
    open_one(&v, "  - id: w\n    wait: 3h\n" GET("a", "/a"));
    virtual_submit(&v, MALWARE);
    made = replay(&v, 0, NULL);
    is_same(&v, made);
    assert_true(quell_text_is(quell_get(quell_get(made, "now"), "state"), "waiting"));
    virtual_close(&v);
}

static void another_text_differs_where_it_is_another(void **state)
{
    struct virtual v;
    struct quell_value made, difference;

    (void)state;
    open_one(&v, GET("a", "/a") GET("b", "/b") GET("c", "/c"));
    virtual_answer(&v, "http.request", QUELL_STR("{\"status\": 201, \"body\": \"x\"}"));
    virtual_submit(&v, MALWARE);
    virtual_state(&v, 0, "succeeded");
    made = replay(&v, 0, GET("a", "/a") GET("b", "/other") GET("d", "/d"));
    assert_false(quell_get_bool(made, "same", true));
    verdict_is(made, "a", "same");
    verdict_is(made, "b", "differs");
    verdict_is(made, "c", "only then");
    verdict_is(made, "d", "only now");
    difference = quell_at(quell_get(step_of(made, "b"), "differences"), 0);
    assert_true(quell_text_is(quell_get(difference, "what"), "with.url"));
    assert_true(quell_text_is(quell_get(difference, "then"), "/b"));
    assert_true(quell_text_is(quell_get(difference, "now"), "/other"));
    assert_int_equal(quell_count(quell_get(made, "made_up")), 1);
    virtual_close(&v);
}

static void people_agree_as_they_did_and_it_is_told_when_to_something_else(void **state)
{
    static const char *const steps =
        "  - id: g\n    approve: { by: group:soc, within: 1h, message: 'Do it?' }\n"
        "    steps:\n    - id: a\n      uses: http.request\n"
        "      with: { method: POST, url: '/a' }\n";
    struct virtual v;
    struct quell_decision decision = {.by = QUELL_STR("ana"), .agrees = true};
    struct quell_error err = {0};
    struct quell_value made;

    (void)state;
    open_one(&v, steps);
    virtual_answer(&v, "http.request", QUELL_STR("{\"status\": 200}"));
    virtual_submit(&v, MALWARE);
    virtual_pass(&v, "20m");
    decision.run = virtual_id(&v, 0);
    if (quell_decide(v.engine, &decision, on_decided, NULL, &err))
        fail_msg("%s", err.message);
    loop_settle(v.loop);
    virtual_state(&v, 0, "succeeded");
    is_same(&v, replay(&v, 0, NULL));
    made = replay(&v, 0,
                  "  - id: g\n    approve: { by: group:soc, within: 1h, message: 'Do it?' }\n"
                  "    steps:\n    - id: a\n      uses: http.request\n"
                  "      with: { method: POST, url: '/b' }\n");
    verdict_is(made, "g.a", "differs");
    assert_int_equal(quell_count(quell_get(made, "assumed")), 1);
    made = replay(&v, 0,
                  "  - id: g\n    approve: { by: group:soc, within: 10m, message: 'Do it?' }\n"
                  "    steps:\n    - id: a\n      uses: http.request\n"
                  "      with: { method: POST, url: '/a' }\n");
    verdict_is(made, "g.a", "only then"); /* they would have come too late */
    virtual_close(&v);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(calls_retries_and_waits_come_out_the_same),
        cmocka_unit_test(a_run_that_waits_is_told_to_where_it_stands),
        cmocka_unit_test(another_text_differs_where_it_is_another),
        cmocka_unit_test(people_agree_as_they_did_and_it_is_told_when_to_something_else),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
