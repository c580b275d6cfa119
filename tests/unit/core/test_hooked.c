/*
 * test_hooked.c - playbooks that start by webhooks of their own, on the virtual clock: who is
 * asked, what a run knows, what holds a start back, and what is refused whole.
 */
#include "virtual.h"

#include "base/limits.h"

#define HOOK(id, line, rest)                                                                       \
    "quell: 1\nplaybook: " id "\non:\n  webhook: { path: /hooks/in, auth: 'hmac:x', " line         \
    " }\n" rest "steps:\n  - stop:\n"
#define INCIDENT "{\"title\": \"x\", \"severity\": \"high\", \"source_id\": \"1\"}"

struct heard {
    enum quell_code code;
    bool repeated;
    char answer[8192], message[512];
};

static void on_heard(enum quell_code code, struct quell_str answer, bool repeated,
                     const struct quell_error *err, void *user)
{
    struct heard *heard = user;

    heard->code = code;
    heard->repeated = repeated;
    (void)snprintf(heard->answer, sizeof(heard->answer), "%.*s", QUELL_ARG(answer));
    (void)err;
}

static struct heard send_to(struct virtual *v, const char *hook, const char *body,
                            const char *delivery, bool lines)
{
    struct quell_submission submission = {.hook = quell_str_of(hook),
                                          .body = quell_str_of(body),
                                          .delivery = quell_str_of(delivery),
                                          .to_playbooks = true,
                                          .lines = lines};
    struct heard heard = {.code = QUELL_IO};
    struct quell_error err = {0};

    heard.code = quell_submit(v->engine, &submission, on_heard, &heard, &err);
    (void)snprintf(heard.message, sizeof(heard.message), "%s", err.message);
    loop_settle(v->loop);
    return heard;
}

static size_t runs_in(struct virtual *v)
{
    return virtual_count(v, "run_started", NULL);
}

static void an_event_starts_those_of_its_path(void **state)
{
    const char *texts[] = {HOOK("first", "match: { n: { at-least: 2 } }", ""),
                           HOOK("second", "where: event.n == 3", ""),
                           "quell: 1\nplaybook: third\non: { incident: { match: { severity: high } "
                           "} }\nsteps:\n  - stop:\n",
                           "quell: 1\nplaybook: fourth\non: { webhook: { path: /hooks/other, auth: "
                           "'hmac:x' } }\nsteps:\n"
                           "  - stop:\n",
                           NULL};
    struct virtual v;
    struct heard heard;

    (void)state;
    virtual_open(&v, "", texts);
    heard = send_to(&v, "in", "{\"n\": 2, \"title\": \"x\", \"severity\": \"high\"}", "", false);
    assert_int_equal(heard.code, QUELL_OK);
    assert_non_null(strstr(heard.answer, "\"playbook\":\"first\""));
    assert_null(strstr(heard.answer, "\"incident\""));
    assert_int_equal(runs_in(&v), 1);
    (void)send_to(&v, "in", "{\"n\": 3}", "", false);
    assert_int_equal(runs_in(&v), 3);
    (void)send_to(&v, "in", "{\"n\": 1}", "", false);
    assert_int_equal(runs_in(&v), 3);
    /* What cannot be judged starts nothing, and the sender hears of it. */
    heard = send_to(&v, "in", "{\"m\": 1}", "", false);
    assert_non_null(strstr(heard.answer, "\"undetermined\":[\"second\"]"));
    heard = send_to(&v, "nowhere", "{}", "", false);
    assert_int_equal(heard.code, QUELL_NOT_FOUND);
    heard = send_to(&v, "in", "[]", "", false);
    assert_int_equal(heard.code, QUELL_INVALID);
    assert_int_equal(runs_in(&v), 3);
    virtual_close(&v);
}

/* The webhook's own conditions first; what it starts is not asked as an incident again. */
static void an_incident_starts_each_playbook_once(void **state)
{
    const char *texts[] = {
        "quell: 1\nplaybook: both\non:\n  incident: { match: { severity: high } }\n"
        "  webhook: { path: /hooks/in, auth: 'hmac:x', as: incident, match: { title: x } }\n"
        "steps:\n  - stop:\n",
        "quell: 1\nplaybook: all\non: { incident: { match: { severity: high } } }\nsteps:\n  - "
        "stop:\n",
        NULL};
    struct virtual v;
    struct heard heard;

    (void)state;
    virtual_open(&v, "", texts);
    heard = send_to(&v, "in", INCIDENT, "", false);
    assert_int_equal(heard.code, QUELL_OK);
    assert_non_null(strstr(heard.answer, "\"incident\":"));
    assert_int_equal(runs_in(&v), 2);
    (void)send_to(&v, "in", "{\"title\": \"y\", \"severity\": \"high\", \"source_id\": \"2\"}", "",
                  false);
    assert_int_equal(runs_in(&v), 4); /* by its incident trigger */
    virtual_submit(&v, "{\"title\": \"x\", \"severity\": \"low\", \"source_id\": \"3\"}");
    assert_int_equal(runs_in(&v), 4); /* not by the webhook */
    virtual_close(&v);
}

static void exclusive_and_dedupe_hold_back(void **state)
{
    const char *texts[] = {HOOK("one", "match: { n: 1 }", "order: 1\nexclusive: true\n"),
                           HOOK("two", "as: event", "dedupe: { key: event.n, within: 1h }\n"),
                           NULL};
    struct virtual v;
    struct heard heard;

    (void)state;
    virtual_open(&v, "", texts);
    heard = send_to(&v, "in", "{\"n\": 1}", "", false);
    assert_non_null(strstr(heard.answer, "\"reason\":\"skipped\""));
    assert_int_equal(runs_in(&v), 1);
    heard = send_to(&v, "in", "{\"n\": 2}\n{\"n\": 2}\n{\"n\": 3}\n", "", true);
    assert_int_equal(runs_in(&v), 3);
    assert_non_null(
        strstr(heard.answer, "{\"line\":2,\"playbook\":\"two\",\"reason\":\"deduped\""));
    virtual_close(&v);
}

static void lines_are_taken_whole_or_not(void **state)
{
    const char *texts[] = {HOOK("one", "as: incident", ""), NULL};
    struct virtual v;
    struct heard heard;

    (void)state;
    virtual_open(&v, "", texts);
    heard = send_to(&v, "in", INCIDENT "\n{\"no\": \"shape\"}\n", "d-1", true);
    assert_int_equal(heard.code, QUELL_INVALID);
    assert_non_null(strstr(heard.message, "line 2"));
    assert_int_equal(runs_in(&v), 0);
    heard = send_to(&v, "in", "\n" INCIDENT "\r\n\n" INCIDENT, "d-1", true);
    assert_int_equal(heard.code, QUELL_OK);
    assert_false(heard.repeated);
    assert_int_equal(runs_in(&v), 2);
    assert_non_null(strstr(heard.answer, "{\"line\":4,"));
    heard = send_to(&v, "in", "\n" INCIDENT "\r\n\n" INCIDENT, "d-1", true);
    assert_true(heard.repeated);
    assert_int_equal(runs_in(&v), 2);
    virtual_close(&v);
}

/* A sender that hears that it should try later would do so for ever. */
static void a_body_over_a_limit_is_wrong_not_early(void **state)
{
    const char *texts[] = {HOOK("one", "as: incident", ""),
                           "quell: 1\nplaybook: two\non: { webhook: { path: /hooks/events, auth: "
                           "'hmac:x' } }\nsteps:\n  - stop:\n",
                           NULL};
    char deep[201], many[3 * (LIMIT_INCIDENT_ITEMS + 1) + 64];
    size_t len;
    struct virtual v;

    (void)state;
    memset(deep, '[', 200);
    deep[200] = '\0';
    len = (size_t)snprintf(many, sizeof(many), "{\"title\":\"x\",\"alerts\":[{}");
    for (size_t i = 0; i < LIMIT_INCIDENT_ITEMS; i++) {
        memcpy(many + len, ",{}", 3);
        len += 3;
    }
    memcpy(many + len, "]}", 3);
    virtual_open(&v, "", texts);
    assert_int_equal(send_to(&v, "in", deep, "d-1", false).code, QUELL_INVALID);
    assert_int_equal(send_to(&v, "events", deep, "d-2", false).code, QUELL_INVALID);
    assert_int_equal(send_to(&v, "in", many, "d-3", false).code, QUELL_INVALID);
    assert_int_equal(runs_in(&v), 0);
    virtual_close(&v);
}

static void each_alert_is_judged(void **state)
{
    const char *texts[] = {
        HOOK("one", "as: alert, where: alert.severity == 'high' && incident.title == 'x'", ""),
        NULL};
    struct virtual v;

    (void)state;
    virtual_open(&v, "", texts);
    (void)send_to(&v, "in",
                  "{\"title\": \"x\", \"severity\": \"high\", \"source_id\": \"1\", \"alerts\": ["
                  "{\"id\": \"a\", \"severity\": \"high\"}, {\"id\": \"b\", \"severity\": \"low\"},"
                  "{\"id\": \"c\", \"severity\": \"high\"}]}",
                  "", false);
    assert_int_equal(runs_in(&v), 2);
    virtual_close(&v);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_event_starts_those_of_its_path),
        cmocka_unit_test(an_incident_starts_each_playbook_once),
        cmocka_unit_test(exclusive_and_dedupe_hold_back),
        cmocka_unit_test(lines_are_taken_whole_or_not),
        cmocka_unit_test(a_body_over_a_limit_is_wrong_not_early),
        cmocka_unit_test(each_alert_is_judged),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
