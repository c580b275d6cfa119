/*
 * test_backtest.c - a playbook told over stored incidents: triggers and guards hold as they would
 * have, people are supposed to answer, and the live text stands beside it.
 */
#include "virtual.h"

#include "base/limits.h"

#define CONFIG "connections: { http: { url: 'http://127.0.0.1:1', egress: [loopback] } }\n"
#define HEAD                                                                                       \
    "quell: 1\nplaybook: p\non: { incident: { match: { severity: { at-least: high } } } }\n"
#define WIDER                                                                                      \
    "quell: 1\nplaybook: p\non: { incident: { match: { severity: { at-least: medium } } } }\n"
#define GET "steps:\n  - id: a\n    uses: http.request\n    with: { method: GET, url: /a }\n"

static void come_in(struct virtual *v, const char *id, const char *severity)
{
    char text[128];

    (void)snprintf(text, sizeof(text),
                   "{\"id\": \"%s\", \"title\": \"t %s\", \"severity\": \"%s\"}", id, id, severity);
    virtual_submit(v, text);
}

/* Over all incidents; `text` NULL: the live text itself. */
static struct quell_value backtest(struct virtual *v, const char *text, const char *people)
{
    struct quell_backtest_options options = {.playbook = "p", .people = people};
    struct quell_document document = {.memory = NULL};
    struct quell_error err = {0};
    size_t events = v->event_count;
    struct quell_value made;
    char path[64];

    (void)snprintf(path, sizeof(path), "%s/other.yaml", v->folder);
    if (text) {
        place_write(path, text);
        options.playbook = path;
    }
    virtual_pass(v, "1s"); /* "until now" is before now */
    if (quell_backtest(v->engine, &options, &document, &err))
        fail_msg("%s", err.message);
    if (text)
        (void)unlink(path); /* written above */
    made = value_copy(v->arena, document.value);
    quell_document_free(&document);
    loop_settle(v->loop);
    assert_int_equal(v->event_count, events); /* nothing happened to any run */
    return made;
}

static void figure_is(struct quell_value made, const char *side, const char *key, int64_t figure)
{
    assert_int_equal(quell_get_int(quell_get(made, side), key, -1), figure);
}

static void a_wider_trigger_beside_the_live_one(void **state)
{
    struct virtual v;
    struct quell_value made, changed, call;

    (void)state;
    virtual_open(&v, CONFIG, (const char *const[]){HEAD GET, NULL});
    come_in(&v, "1", "high");
    virtual_pass(&v, "1d");
    come_in(&v, "2", "medium");
    come_in(&v, "3", "low");
    virtual_pass(&v, "1d");
    come_in(&v, "4", "high");
    made = backtest(&v, WIDER GET, NULL);
    assert_int_equal(quell_get_int(made, "incidents", 0), 4);
    figure_is(made, "version", "matched", 3);
    figure_is(made, "live", "matched", 2);
    figure_is(made, "version", "started", 3);
    assert_int_equal(quell_get_int(quell_get(quell_get(made, "version"), "ended"), "succeeded", 0),
                     3);
    call = quell_at(quell_get(quell_get(made, "version"), "calls"), 0);
    assert_true(quell_text_is(quell_get(call, "action"), "http.request"));
    assert_int_equal(quell_get_int(call, "calls", 0), 3);
    changed = quell_get(made, "changed");
    assert_int_equal(quell_count(changed), 1);
    assert_true(quell_text_is(quell_get(quell_at(changed, 0), "title"), "t 2"));
    assert_true(quell_text_is(quell_get(quell_at(changed, 0), "live"), "no"));
    assert_true(quell_text_is(quell_get(quell_at(changed, 0), "version"), "started"));
    virtual_close(&v);
}

static void guards_hold_as_they_would_have(void **state)
{
    struct virtual v;
    struct quell_value made;

    (void)state;
    virtual_open(&v, CONFIG, (const char *const[]){HEAD GET, NULL});
    come_in(&v, "1", "high");
    virtual_pass(&v, "1h");
    come_in(&v, "2", "high");
    virtual_pass(&v, "2h");
    come_in(&v, "3", "high");
    made = backtest(&v, HEAD "dedupe: { key: incident.severity, within: 2h }\n" GET, NULL);
    figure_is(made, "version", "matched", 3);
    figure_is(made, "version", "started", 2);
    assert_int_equal(quell_get_int(quell_get(quell_get(made, "version"), "refused"), "deduped", 0),
                     1);
    figure_is(made, "live", "started", 3);
    made = backtest(&v, NULL, NULL); /* the live text has nothing beside it */
    assert_true(quell_is_null(quell_get(made, "live")));
    virtual_close(&v);
}

#define GATED                                                                                      \
    "steps:\n  - id: g\n    approve: { by: group:soc, within: 1h, count: 2, message: 'Do it?' }\n" \
    "    steps:\n    - id: a\n      uses: http.request\n      with: { method: POST, url: /a }\n"

static void people_say_what_is_supposed(void **state)
{
    static const struct {
        const char *people;
        int64_t calls;
    } cases[] = {{NULL, 1}, {"agree", 1}, {"deny", 0}, {"silent", 0}};
    struct virtual v;
    size_t i;

    (void)state;
    virtual_open(&v, CONFIG, (const char *const[]){HEAD GATED, NULL});
    come_in(&v, "1", "high");
    for (i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        struct quell_value made = backtest(&v, NULL, cases[i].people);
        struct quell_value calls = quell_get(quell_get(made, "version"), "calls");
        figure_is(made, "version", "asks", 1);
        assert_int_equal(quell_get_int(quell_at(calls, 0), "calls", 0), cases[i].calls);
    }
    virtual_close(&v);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_wider_trigger_beside_the_live_one),
        cmocka_unit_test(guards_hold_as_they_would_have),
        cmocka_unit_test(people_say_what_is_supposed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
