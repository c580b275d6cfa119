/*
 * test_expects.c - every row of expects.def: its example holds of one and the same story, and a
 * wrong one is found, with the place where it is said and the place where it comes from.
 */
#include "fixture.h"

#include "test/tables.h"

/* A read that finds nothing, a comment that goes wrong for good, and what is made of it. */
#define PLAYBOOK                                                                                   \
    "quell: 1\n"                                                                                   \
    "playbook: p\n"                                                                                \
    "on:\n"                                                                                        \
    "  incident:\n"                                                                                \
    "    match: { title: { contains: malware } }\n"                                                \
    "    unless:\n"                                                                                \
    "      - tags: drill\n"                                                                        \
    "steps:\n"                                                                                     \
    "  - id: look\n"                                                                               \
    "    uses: http.get\n"                                                                         \
    "    with: { url: 'https://a.example/x' }\n"                                                   \
    "    on-error: continue\n"                                                                     \
    "  - set: { count: \"${{ steps.look.status == 'failed' ? 1 : 2 }}\" }\n"                       \
    "  - id: comment\n"                                                                            \
    "    uses: sentinel.add-comment\n"                                                             \
    "    with: { incident_id: i-1, message: 'count ${{ vars.count }}' }\n"                         \
    "  - id: tell\n"                                                                               \
    "    if: vars.count > 1\n"                                                                     \
    "    uses: email.send\n"                                                                       \
    "    with: { to: a@b.example, subject: s, body: b }\n"
#define TEST                                                                                       \
    "quell-test: 1\n"                                                                              \
    "playbook: p\n"                                                                                \
    "defaults:\n"                                                                                  \
    "  given: { incident: { title: Malware here, severity: high } }\n"                             \
    "  mock:\n"                                                                                    \
    "    http.get: { error: { code: not-found, status: 404, message: gone } }\n"                   \
    "cases:\n"

/* What does not hold, and what the finding must say. */
static const struct {
    const char *expect, *says, *origin;
} wrong[] = {
    {"status: failed", "expected the run to be \"failed\", but it is `succeeded`", "p.yaml:19"},
    {"status: { any-of: [failed, held] }", "but it is `succeeded`", "the last step"},
    {"reason: { exists: true }", "`reason` is not there", "p.yaml"},
    {"steps.look.status: succeeded", "expected step `look` to be \"succeeded\", but it is `failed`",
     "not-found 404: gone (your mock, line 6)"},
    {"steps: { look: { status: skipped } }", "`steps.look.status` is \"failed\"", "p.yaml:10"},
    {"steps.tell.status: succeeded",
     "expected step `tell` to be \"succeeded\", but it is `skipped`", "p.yaml:18:9"},
    {"steps.tell: succeeded", "`tell`", "false: vars.count is 1"},
    {"steps.comment.with.message: count 2", "is \"count 1\", not \"count 2\"", "p.yaml:15"},
    {"steps.comment.output: { comment_id: 7 }", "comment_id", "made up from the manifest"},
    {"steps.look.error.status: 500", "is 404, not 500", "p.yaml"},
    {"vars.count: 2", "`vars.count` is 1, not 2", NULL},
    {"vars: { count: { above: 1 } }", "which is not `", NULL},
    {"outputs.x: 1", "`outputs.x` is not there", NULL},
    {"error.code: denied", "`error.code` is not there", NULL},
    {"undo: [http.request]", "expected an undo to call [\"http.request\"], but it would call []",
     NULL},
    {"calls: [email.send]", "expected a call of `email.send`, but there was none",
     "false: vars.count is 1"},
    {"calls: [sentinel.add-comment, http.get]", "behind the one before",
     "before the one expected above it"},
    {"calls: [http.get: { url: { contains: b.example } }]", "but `url` is \"https://a.example/x\"",
     "called here"},
    {"calls: { list: [http.get], only: true }", "`sentinel.add-comment` was called too", "with {"},
    {"calls: { unordered: true, list: [sentinel.add-comment, http.get, http.get] }",
     "expected a call of `http.get`", NULL},
    {"calls: { none: [http.get] }", "expected no call of `http.get`", "p.yaml:10"},
    {"never: [http.get]", "expected no call of `http.get`", "with {"},
    {"never: [comment]", "expected step `comment` never to run, but it did", "p.yaml:15"},
    {"triggered: false", "expected the trigger to say `no match`, but it says `match`", NULL},
    {"triggered: undetermined", "`undetermined`", NULL},
    {"because: match.title", "`because` is not there", NULL},
    {"runs: 2", "`runs` is 1, not 2", NULL},
    {"deduped: 1", "`deduped` is 0, not 1", NULL},
    {"throttled: 1", "`throttled` is 0, not 1", NULL},
    {"skipped: 1", "`skipped` is 0, not 1", NULL},
    {"merged: { above: 0 }", "`merged` is 0, which is not", NULL},
};

/* What holds, beside the examples of the table. */
static const char *const right[] = {
    "status: [succeeded, failed]",
    "status: { any-of: [succeeded, failed] }",
    "steps: { look: { status: failed, error: { status: 404 } }, tell: skipped }",
    "steps.comment.with: { message: { regex: '^COUNT \\d$' } }",
    "steps.look.attempts: 1",
    "calls: [http.get, sentinel.add-comment: { message: { starts-with: count } }]",
    "calls: { list: [sentinel.add-comment, http.get], unordered: true, only: true }",
    "calls: { none: email.send }",
    "never: [email.send, tell]",
    "never: tell",
    "vars: { count: { at-least: 1, at-most: 1 } }",
    "error: null",
    "runs: { at-least: 1 }",
};

static const char *document(struct place_of_test *place, const char *expect)
{
    return arena_format(place->arena, "%s  - name: a case\n    expect:\n      %s\n", TEST, expect)
        .data;
}

static void what_holds_passes(void **state)
{
    struct place_of_test place;

    place_begin(&place);
    for (size_t i = 0; i < sizeof(right) / sizeof(*right); i++)
        case_is(place_run(&place, PLAYBOOK, document(&place, right[i])), 0, "passed");
    place_end(&place);
}

/* The examples speak of other stories as well: each must at least be read, and be found wrong or
 * right by its own row. */
static void every_example_is_read(void **state)
{
    struct place_of_test place;
    struct quell_value file;

    place_begin(&place);
    for (size_t i = 0; i < TEST_EXPECTS; i++) {
        file = place_run(&place, PLAYBOOK, document(&place, test_expects[i].example));
        if (quell_get_int(file, "faults", 0))
            fail_msg("%s: %.*s", test_expects[i].example,
                     QUELL_ARG(quell_get_str(file, "rendered")));
    }
    place_end(&place);
}

static void every_row_finds_what_does_not_hold(void **state)
{
    bool seen[TEST_EXPECTS] = {false};
    struct place_of_test place;
    struct quell_value file;

    place_begin(&place);
    for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++) {
        file = place_run(&place, PLAYBOOK, document(&place, wrong[i].expect));
        case_is(file, 0, "failed");
        has(failure_of(file, 0), wrong[i].says);
        has(failure_of(file, 0), "p.test.yaml:10:");
        if (wrong[i].origin)
            has(failure_of(file, 0), wrong[i].origin);
        for (size_t row = 0; row < TEST_EXPECTS; row++)
            seen[row] |=
                str_starts(quell_str_of(wrong[i].expect), quell_str_of(test_expects[row].name));
    }
    for (size_t row = 0; row < TEST_EXPECTS; row++)
        if (!seen[row])
            fail_msg("nothing wrong is tried of `%s`", test_expects[row].name);
    place_end(&place);
}

static void one_case_may_fail_of_several_reasons(void **state)
{
    struct place_of_test place;
    struct quell_value file, test;

    place_begin(&place);
    file =
        place_run(&place, PLAYBOOK, document(&place, "{ status: failed, runs: 3, vars.count: 9 }"));
    test = quell_at(quell_get(file, "cases"), 0);
    assert_int_equal(quell_count(quell_get(test, "failures")), 3);
    place_end(&place);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_holds_passes),
        cmocka_unit_test(every_example_is_read),
        cmocka_unit_test(every_row_finds_what_does_not_hold),
        cmocka_unit_test(one_case_may_fail_of_several_reasons),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
