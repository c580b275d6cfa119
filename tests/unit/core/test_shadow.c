/*
 * test_shadow.c - the report over shadow runs: what would have been done, what people did on the
 * same incident, and what it turned out to be.
 */
#include "virtual.h"

#define CONFIG "connections: { http: { url: 'http://127.0.0.1:1', egress: [loopback] } }\n"
#define STEPS                                                                                      \
    "steps:\n  - id: block\n    uses: http.request\n"                                              \
    "    with: { method: POST, url: '/block/${{ incident.source_id }}' }\n"
#define SHADOW                                                                                     \
    "quell: 1\nplaybook: watch\nstate: shadow\non: { incident: { types: [created], match: { "      \
    "title: malware } } }\n" STEPS
#define LIVE "quell: 1\nplaybook: act\non: { manual: }\n" STEPS

static struct quell_value report_of(struct virtual *v, const char *playbook, int64_t since_us)
{
    struct quell_shadow_options options = {.playbook = quell_str_of(playbook),
                                           .since_us = since_us};
    struct quell_document document = {.memory = NULL};
    struct quell_error err = {0};
    struct quell_value made;

    if (quell_shadow(v->engine, &options, &document, &err))
        fail_msg("%s", err.message);
    made = value_copy(v->arena, document.value);
    quell_document_free(&document);
    return made;
}

static void figure_is(struct quell_value report, const char *key, int64_t figure)
{
    struct quell_value total = quell_get(quell_get(report, "actions"), "http.request");

    assert_int_equal(quell_get_int(total, key, -1), figure);
}

static void by_hand(struct virtual *v, const char *incident)
{
    struct quell_run_options options = {
        .playbook = "act", .incident = quell_str_of(incident), .by = QUELL_STR("ana")};
    struct quell_error err = {0};
    char run[37];

    if (quell_run(v->engine, &options, run, &err))
        fail_msg("%s", err.message);
    loop_settle(v->loop);
}

#define ONE(id, more)                                                                              \
    "{\"source\": \"siem\", \"source_id\": \"" id                                                  \
    "\", \"title\": \"Malware\", \"severity\": \"high\"" more "}"

static void what_would_have_been_done_and_what_people_did(void **state)
{
    struct virtual v;
    struct quell_value report, rows, row;

    (void)state;
    virtual_open(&v, CONFIG, (const char *const[]){SHADOW, LIVE, NULL});
    assert_int_equal(quell_count(quell_get(report_of(&v, "", 0), "runs")), 0);
    virtual_submit(&v, ONE("1", ""));
    virtual_pass(&v, "1s"); /* ids are in the order of time */
    virtual_submit(&v, ONE("2", ""));
    virtual_pass(&v, "1s");
    virtual_submit(&v, ONE("3", ""));
    virtual_pass(&v, "10m");
    by_hand(&v, ONE("1", ""));
    virtual_submit(&v, ONE("1", ", \"status\": \"closed\", \"classification\": \"true-positive\""));
    virtual_submit(&v,
                   ONE("2", ", \"status\": \"closed\", \"classification\": \"false-positive\""));
    report = report_of(&v, "watch", 0);
    figure_is(report, "calls", 3);
    figure_is(report, "people_did", 1);
    figure_is(report, "true positive", 1);
    figure_is(report, "false positive", 1);
    figure_is(report, "open", 1);
    rows = quell_get(report, "runs");
    assert_int_equal(quell_count(rows), 3);
    row = quell_at(rows, 2); /* the newest come first */
    assert_true(quell_text_is(quell_get(quell_get(row, "became"), "verdict"), "true positive"));
    assert_true(quell_text_is(quell_get(quell_at(quell_get(row, "people"), 0), "by"), "ana"));
    assert_true(quell_get_bool(quell_at(quell_get(row, "would"), 0), "people_did", false));
    assert_int_equal(quell_count(quell_get(quell_at(rows, 0), "people")), 0);
    assert_int_equal(quell_count(quell_get(report_of(&v, "act", 0), "runs")), 0);
    assert_int_equal(quell_count(quell_get(report_of(&v, "", loop_now_us(v.loop) + 1), "runs")), 0);
    virtual_close(&v);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_would_have_been_done_and_what_people_did),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
