/*
 * test_plan_call.c - what a plan says of the playbooks that are called: each is planned with what
 * it is given, and how it may end is how the step may.
 */
#include "fixture.h"

#define CALLER "quell: 1\nplaybook: caller\non: { manual: }\nsteps:\n"
#define CALLED                                                                                     \
    "quell: 1\nplaybook: called\non: { call: }\ninputs:\n  who: { type: string, required: true "   \
    "}\n"

struct stage {
    struct engine_place place;
    char called[64];
    struct quell *engine;
    struct quell_document plan;
};

static void stage_open(struct stage *stage, const char *caller, const char *called)
{
    struct quell_plan_options options = {.offline = true};
    struct quell_error err = {0};

    *stage = (struct stage){0};
    place_make(&stage->place, "connectors: []\n" UNPROTECTED, caller);
    (void)snprintf(stage->called, sizeof(stage->called), "%s/called.yaml", stage->place.folder);
    if (called)
        place_write(stage->called, called);
    stage->engine = place_open(&stage->place, QUELL_FOR_AUTHORING);
    options.playbook = stage->place.playbook;
    if (quell_plan(stage->engine, &options, &stage->plan, &err))
        fail_msg("%s", err.message);
}

static void stage_close(struct stage *stage)
{
    quell_document_free(&stage->plan);
    quell_close(stage->engine);
    (void)unlink(stage->called);
    place_remove(&stage->place);
}

static struct quell_value called_of(const struct stage *stage)
{
    struct quell_value list = quell_get(stage->plan.value, "called");

    assert_int_equal(quell_count(list), 1);
    return quell_at(list, 0);
}

static void paths_are(const struct stage *stage, int64_t paths)
{
    assert_int_equal(quell_get_int(quell_get(stage->plan.value, "totals"), "paths", 0), paths);
}

static void its_calls_are_told(void **state)
{
    struct stage stage;
    struct quell_value plan, calls;

    (void)state;
    stage_open(&stage, CALLER "  - id: c\n    call: called\n    with: { who: d1 }\n",
               CALLED "steps:\n  - id: a\n    uses: defender.isolate-device\n"
                      "    with: { device_id: '${{ inputs.who }}', comment: x }\n");
    plan = quell_get(called_of(&stage), "plan");
    calls = quell_get(plan, "calls");
    assert_int_equal(quell_count(calls), 1);
    assert_true(quell_text_is(quell_get(quell_get(quell_at(calls, 0), "with"), "device_id"), "d1"));
    paths_are(&stage, 2); /* it may fail */
    stage_close(&stage);
}

static void outputs_are_known_where_they_are(void **state)
{
    struct stage stage;

    (void)state;
    stage_open(&stage,
               CALLER "  - id: c\n    call: called\n    with: { who: d1 }\n"
                      "  - if: steps.c.output.x == 'd1!'\n    fail: known\n",
               CALLED "steps:\n  - set: { x: \"${{ inputs.who + '!' }}\" }\n"
                      "outputs: { x: '${{ vars.x }}' }\n");
    paths_are(&stage, 1);
    assert_int_equal(quell_count(quell_get(stage.plan.value, "failures")), 1);
    stage_close(&stage);
}

static void what_cannot_be_called_fails(void **state)
{
    struct stage stage;

    (void)state;
    stage_open(&stage, CALLER "  - id: c\n    call: called\n", CALLED "steps:\n  - stop:\n");
    assert_true(quell_get_str(called_of(&stage), "error").len > 0); /* an input is missing */
    paths_are(&stage, 1);
    stage_close(&stage);
}

static void one_that_is_not_here_is_unknown(void **state)
{
    struct stage stage;

    (void)state;
    stage_open(&stage,
               CALLER "  - id: c\n    call: called\n"
                      "  - if: steps.c.output.x == 1\n    stop:\n",
               NULL);
    assert_true(quell_is_null(quell_get(called_of(&stage), "plan")));
    paths_are(&stage, 3); /* it fails, or x is 1, or not */
    stage_close(&stage);
}

static void verdict_is(const struct stage *stage, const char *sentence, const char *verdict)
{
    const char *const sentences[] = {sentence, NULL};
    struct quell_plan_options options = {
        .playbook = stage->place.playbook, .offline = true, .properties = sentences};
    struct quell_document plan = {0};
    struct quell_error err = {0};
    struct quell_value result;

    if (quell_plan(stage->engine, &options, &plan, &err))
        fail_msg("%s", err.message);
    result = quell_at(quell_get(plan.value, "properties"), 0);
    if (!quell_text_is(quell_get(result, "verdict"), verdict))
        fail_msg("%s: %.*s", sentence, QUELL_ARG(quell_get_str(result, "verdict")));
    quell_document_free(&plan);
}

static void what_it_calls_is_no_proof(void **state)
{
    struct stage stage;

    (void)state;
    stage_open(&stage, CALLER "  - id: c\n    call: called\n    with: { who: d1 }\n",
               CALLED "steps:\n  - id: a\n    uses: defender.isolate-device\n"
                      "    with: { device_id: '${{ inputs.who }}', comment: x }\n");
    verdict_is(&stage, "no path calls defender.isolate-device", "not proved");
    verdict_is(&stage, "no path calls defender.*", "not proved");
    verdict_is(&stage, "every path disrupts at most 0 targets", "not proved");
    verdict_is(&stage, "every path that calls defender.isolate-device has passed approve",
               "not proved");
    verdict_is(&stage, "no path calls email.send", "proved");
    stage_close(&stage);
}

static void iterations_that_are_not_followed_are_no_proof(void **state)
{
    struct stage stage;

    (void)state;
    stage_open(&stage,
               CALLER "  - id: w\n    while: steps.a.?output.json.orValue(1) != 2\n    max: 5\n"
                      "    steps:\n      - id: a\n        uses: http.get\n"
                      "        with: { url: 'https://a.example/' }\n",
               NULL);
    verdict_is(&stage, "every path calls http.get at most 2 times", "not proved");
    verdict_is(&stage, "every path calls http.get at most 1 times", "refuted");
    verdict_is(&stage, "every path calls email.send at most 0 times", "proved");
    stage_close(&stage);
}

static void a_cycle_has_an_end(void **state)
{
    struct stage stage;
    struct quell_value plan;
    size_t depth = 0;

    (void)state;
    stage_open(&stage, CALLER "  - id: c\n    call: called\n    with: { who: d1 }\n",
               CALLED "steps:\n  - id: c\n    call: called\n    with: { who: d1 }\n");
    for (plan = stage.plan.value; quell_count(quell_get(plan, "called")); depth++)
        plan = quell_get(quell_at(quell_get(plan, "called"), 0), "plan");
    assert_true(depth > 2 && depth < 20);
    stage_close(&stage);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(its_calls_are_told),
        cmocka_unit_test(outputs_are_known_where_they_are),
        cmocka_unit_test(what_cannot_be_called_fails),
        cmocka_unit_test(one_that_is_not_here_is_unknown),
        cmocka_unit_test(what_it_calls_is_no_proof),
        cmocka_unit_test(iterations_that_are_not_followed_are_no_proof),
        cmocka_unit_test(a_cycle_has_an_end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
