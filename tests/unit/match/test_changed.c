/*
 * test_changed.c - `changed`: what counts as a change from one version of an incident to the next.
 */
#include "trigger_fixture.h"

#define BEFORE                                                                                     \
    "{\"severity\": \"low\", \"status\": \"new\", \"tags\": [\"a\", \"b\"], \"owner\": null,"      \
    " \"alerts\": [{\"id\": \"1\", \"severity\": \"low\"}], \"title\": \"One\"}"
#define NOW                                                                                        \
    "{\"severity\": \"high\", \"status\": \"new\", \"tags\": [\"b\", \"VIP\"],"                    \
    " \"owner\": {\"name\": \"ana\"}, \"title\": \"Two\","                                         \
    " \"alerts\": [{\"id\": \"1\", \"severity\": \"medium\"}, {\"id\": \"2\", \"severity\":"       \
    " \"high\"}]}"

static const struct {
    const char *changed;
    enum match_verdict verdict;
} cases[] = {
    {"severity: any", MATCH_YES},
    {"status: any", MATCH_NO},
    {"owner: any", MATCH_YES},
    {"owner.name: any", MATCH_YES},
    {"severity: { to: high }", MATCH_YES},
    {"severity: { to: HIGH }", MATCH_YES},
    {"severity: { to: low }", MATCH_NO},
    {"severity: { to: [medium, high] }", MATCH_YES},
    {"severity: { to: { at-least: medium } }", MATCH_YES},
    {"severity: { to: { at-least: low } }", MATCH_NO}, /* it was so before */
    {"severity: { from: low }", MATCH_YES},
    {"severity: { from: high }", MATCH_NO},
    {"severity: { from: low, to: high }", MATCH_YES},
    {"severity: { from: medium, to: high }", MATCH_NO},
    {"status: { from: new }", MATCH_NO},
    {"owner.name: { to: ana }", MATCH_YES}, /* nobody before */
    {"owner.name: { to: bob }", MATCH_NO},
    {"tags: { added: vip }", MATCH_YES},
    {"tags: { added: b }", MATCH_NO}, /* it was there */
    {"tags: { added: [x, vip] }", MATCH_YES},
    {"tags: { removed: a }", MATCH_YES},
    {"tags: { removed: b }", MATCH_NO},
    {"tags: { added: { exists: true } }", MATCH_YES},
    {"tags: { added: vip, removed: a }", MATCH_YES},
    {"tags: { added: vip, removed: b }", MATCH_NO},
    {"alerts.severity: { added: medium }", MATCH_YES},
    {"title: { to: { regex: '^Tw' } }", MATCH_YES},
    {"severity: any, status: any", MATCH_NO},
    {"severity: any, title: any", MATCH_YES},
    {"severity: { to: { not: high } }", MATCH_NO},
    {"severity: { from: { not: high } }", MATCH_YES},
};

static enum match_verdict judge(struct arena *arena, const char *changed, const char *before,
                                const char *event, struct quell_str *why)
{
    struct trigger *trigger = load_good(
        arena, arena_format(arena, "types: [created, updated]\nchanged: { %s }\n", changed));
    struct match_event happened = {.type = quell_str_of(event),
                                   .subject = json_of(arena, QUELL_STR(NOW)),
                                   .before = before ? json_of(arena, quell_str_of(before))
                                                    : quell_null()};
    struct match_report report;
    enum match_verdict verdict = trigger_judge(trigger, &happened, NULL, arena, &report);
    assert_int_equal(verdict, trigger_judge(trigger, &happened, NULL, arena, NULL));
    assert_true(trigger_needs_before(trigger));
    assert_true(str_starts(report.lines[1].where, QUELL_STR("changed.")));
    *why = report.lines[1].why;
    trigger_free(trigger);
    return verdict;
}

static void test_cases(void **state)
{
    size_t i;
    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct arena *arena = arena_new(0);
        struct quell_str why;
        enum match_verdict verdict = judge(arena, cases[i].changed, BEFORE, "updated", &why);
        if (verdict != cases[i].verdict)
            fail_msg("%s: %s", cases[i].changed, match_verdict_name(verdict));
        arena_free(arena);
    }
}

/* Nobody can say what changed when the version before is not known: it never acts. */
static void test_unknown_before(void **state)
{
    struct arena *arena = arena_new(0);
    struct quell_str why;
    assert_int_equal(judge(arena, "severity: any", NULL, "updated", &why), MATCH_UNDETERMINED);
    assert_true(str_is(why, "the version before is not known"));
    assert_int_equal(judge(arena, "severity: any", NULL, "created", &why), MATCH_YES);
    assert_true(str_is(why, "only an update changes something"));
    assert_int_equal(judge(arena, "severity: any", NULL, "", &why), MATCH_YES);
    arena_free(arena);
}

/* `types` is `updated` when it is not given. */
static void test_types(void **state)
{
    struct arena *arena = arena_new(0);
    struct trigger *trigger = load_good(arena, QUELL_STR("changed: { severity: any }\n"));
    struct match_event event = {.type = QUELL_STR("created"),
                                .subject = json_of(arena, QUELL_STR(NOW))};
    assert_int_equal(trigger_judge(trigger, &event, NULL, arena, NULL), MATCH_NO);
    event.type = QUELL_STR("updated");
    event.before = json_of(arena, QUELL_STR(BEFORE));
    assert_int_equal(trigger_judge(trigger, &event, NULL, arena, NULL), MATCH_YES);
    trigger_free(trigger);
    arena_free(arena);
}

/* A trigger on something whose fields are not known, under its own name. */
static void test_event(void **state)
{
    struct arena *arena = arena_new(0);
    struct diag_list diags;
    struct quell_str text = QUELL_STR("match: { a.b: [x], at: { newer-than: 1h } }\n"
                                      "where: event.a.n > 1\n");
    struct match_event event = {.subject =
                                    json_of(arena, QUELL_STR("{\"a\": {\"b\": \"X\", \"n\": 2},"
                                                             " \"at\": \"2026-01-01T00:00:00Z\"}")),
                                .now = quell_text("2026-01-01T00:59:00Z")};
    struct trigger *trigger;
    diag_init(&diags, arena, QUELL_STR("test.yaml"), text);
    trigger = trigger_load_for(arena, MATCH_EVENT, yaml_read(arena, &diags), NULL, &diags);
    assert_non_null(trigger);
    assert_int_equal(trigger_judge(trigger, &event, NULL, arena, NULL), MATCH_YES);
    event.now = quell_text("2026-01-01T02:00:00Z");
    assert_int_equal(trigger_judge(trigger, &event, NULL, arena, NULL), MATCH_NO);
    trigger_free(trigger);
    arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_cases),
                                       cmocka_unit_test(test_unknown_before),
                                       cmocka_unit_test(test_types), cmocka_unit_test(test_event)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
