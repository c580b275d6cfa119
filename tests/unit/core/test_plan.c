/*
 * Plans as graphs: how many paths a playbook has, under which conditions its calls stand, and what
 * is proved over all of them. Nothing is sent: everything is made up from the manifests.
 */
#include "fixture.h"

#include "core/properties.h"

#define LOOK(id, device)                                                                           \
    "  - id: " id "\n    uses: defender.get-device\n    with: { device_id: " device " }\n"
#define ISOLATE(id, device)                                                                        \
    "  - id: " id "\n    uses: defender.isolate-device\n"                                          \
    "    with: { device_id: " device ", comment: x }\n"
#define APPROVED(id, unless)                                                                       \
    ISOLATE(id, "d1") "    approve: { by: 'group:leads', within: 20m" unless " }\n"
#define MAIL(id)                                                                                   \
    "  - id: " id "\n    uses: email.send\n"                                                       \
    "    with: { to: a@b.example, subject: x, body: x }\n"
#define UNKNOWN "    if: run.id == 'x'\n"
#define GOES_ON "    on-error: continue\n"

#define APPROVALS(count, unless)                                                                   \
    "  - id: each\n    for-each: lists.numbers.map(i, string(i)).slice(0, " count ")\n"            \
    "    as: d\n    max: 20\n    steps:\n      - id: act\n        uses: defender.isolate-device\n" \
    "        with: { device_id: '${{ d }}', comment: x }\n        on-error: continue\n"            \
    "        approve: { by: 'group:leads', within: 20m" unless " }\n"

struct stage {
    struct engine_place place;
    struct quell *engine;
    struct arena *arena;
    struct loaded *loaded;
    struct plan plan;
};

static void stage_open(struct stage *stage, const char *steps, size_t paths_max)
{
    struct quell_error err = {0};
    struct plan_options options = {.incident = quell_null(),
                                   .inputs = quell_map(NULL, 0),
                                   .offline = true,
                                   .started_us = 1000000,
                                   .paths_max = paths_max};

    place_make(&stage->place, "connectors: []\n" UNPROTECTED,
               "quell: 1\nplaybook: p\non: { manual: }\nsteps:\n  - stop: {}\n");
    stage->engine = place_open(&stage->place, QUELL_FOR_AUTHORING);
    stage->arena = arena_new(0);
    if (loaded_new(
            stage->engine->generation->registry, QUELL_STR("t.yaml"),
            arena_format(stage->arena, "quell: 1\nplaybook: t\non: { manual: }\nsteps:\n%s", steps),
            &stage->loaded, &err))
        fail_msg("%s", err.message);
    options.loaded = stage->loaded;
    options.world = stage->engine->generation->world;
    if (plan_make(&stage->plan, stage->engine, stage->arena, &options, &err))
        fail_msg("%s", err.message);
}

static void stage_close(struct stage *stage)
{
    arena_free(stage->arena);
    loaded_release(stage->loaded);
    quell_close(stage->engine);
    place_remove(&stage->place);
}

/* ---- how many paths ---------------------------------------------------------------------------
 */

static const struct {
    const char *what, *steps;
    size_t paths;
    double ways;
} sizes[] = {
    {"a call may fail", ISOLATE("a", "d1"), 2, 2},
    {"each of three may", ISOLATE("a", "d1") ISOLATE("b", "d2") ISOLATE("c", "d3"), 4, 4},
    {"nobody looks", ISOLATE("a", "d1") GOES_ON ISOLATE("b", "d2") GOES_ON, 1, 1},
    {"one that somebody looks at",
     ISOLATE("a", "d1") GOES_ON LOOK("b", "d1") "    if: steps.a.status == 'failed'\n" GOES_ON, 3,
     3},
    {"an unknown condition", MAIL("a") GOES_ON UNKNOWN, 2, 2},
    {"the same twice", MAIL("a") GOES_ON UNKNOWN MAIL("b") GOES_ON UNKNOWN, 2, 2},
    {"two that are independent are followed once behind the first",
     MAIL("a") GOES_ON UNKNOWN MAIL("b") GOES_ON "    if: run.id == 'y'\n", 3, 4},
    {"five approvals, and nobody looks how they came out", APPROVALS("5", ""), 11, 243},
    {"twenty of them, where the cap counts", APPROVALS("20", ""), 191, 3486784401.0},
    {"twenty items of four ways",
     "  - id: each\n    for-each: lists.numbers.map(i, string(i))\n    as: d\n    max: 20\n    "
     "steps:\n"
     "      - id: a\n        uses: defender.release-device\n"
     "        with: { device_id: '${{ d }}', comment: x }\n        if: run.id == d\n"
     "        on-error: continue\n"
     "      - id: b\n        if: steps.a.status == 'failed'\n        uses: defender.get-device\n"
     "        with: { device_id: '${{ d }}' }\n        on-error: continue\n",
     61, 1099511627776.0},
};

static struct quell_value numbers(struct arena *arena)
{
    struct list_builder list = {.arena = arena};
    struct map_builder map = {.arena = arena};
    int i;

    for (i = 0; i < 20; i++)
        list_add(&list, quell_int(i));
    map_add(&map, "numbers", list_made(&list));
    return map_made(&map);
}

static void paths_are_counted(void **state)
{
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
        struct stage stage;
        struct quell_error err = {0};
        struct plan_options options;

        stage_open(&stage, sizes[i].steps, 0);
        options = stage.plan.options;
        options.world.lists = numbers(stage.arena);
        if (plan_make(&stage.plan, stage.engine, stage.arena, &options, &err))
            fail_msg("%s", err.message);
        if (stage.plan.paths != sizes[i].paths || stage.plan.ways != sizes[i].ways)
            fail_msg("%s: %zu paths, %.0f ways", sizes[i].what, stage.plan.paths, stage.plan.ways);
        assert_false(stage.plan.cut);
        stage_close(&stage);
    }
}

/* ---- conditions -------------------------------------------------------------------------------
 */

static const struct {
    const char *steps, *path, *condition;
} conditions[] = {
    {ISOLATE("a", "d1") MAIL("b"), "b", ""},
    {MAIL("a") UNKNOWN, "a", "run.id == 'x'"},
    {"  - id: x\n    if: run.id == 'x'\n    steps:\n      - id: a\n        uses: email.send\n"
     "        with: { to: a@b.example, subject: x, body: x }\n"
     "    else:\n      - id: b\n        uses: email.send\n"
     "        with: { to: a@b.example, subject: x, body: x }\n",
     "x.else.b", "not (run.id == 'x')"},
    {"  - if: run.id == 'x'\n    stop: {}\n" MAIL("a"), "a", "not (run.id == 'x')"},
    {"  - if: run.id == 'x'\n    stop: {}\n" MAIL("a") "    if: run.id == 'y'\n", "a",
     "not (run.id == 'x') and run.id == 'y'"},
    {ISOLATE("a", "d1") GOES_ON MAIL("b") "    if: steps.a.status == 'failed'\n", "b", "a fails"},
    {ISOLATE("a", "d1") ISOLATE("b", "d1") "on-failure:\n" MAIL("c"), "on-failure.c",
     "a step fails"},
    {ISOLATE("a", "d1") "on-failure:\n" MAIL("c"), "on-failure.c", "a fails"},
    {"  - id: x\n    steps:\n      - uses: defender.release-device\n"
     "        with: { device_id: d, comment: x }\n"
     "      - uses: defender.release-device\n        with: { device_id: e, comment: x }\n"
     "    on-error:\n      - id: c\n        uses: email.send\n"
     "        with: { to: a@b.example, subject: x, body: x }\n",
     "x.on-error.c", "x fails"},
};

static void calls_have_their_conditions(void **state)
{
    size_t i, c;

    (void)state;
    for (i = 0; i < sizeof(conditions) / sizeof(*conditions); i++) {
        struct stage stage;
        const struct plan_call *found = NULL;

        stage_open(&stage, conditions[i].steps, 0);
        for (c = 0; c < stage.plan.call_count; c++)
            if (str_is(stage.plan.calls[c].path, conditions[i].path))
                found = &stage.plan.calls[stage.plan.calls[c].first];
        if (!found)
            fail_msg("no call %s in\n%s", conditions[i].path, conditions[i].steps);
        if (!str_is(found->condition, conditions[i].condition))
            fail_msg("%s: `%.*s`, expected `%s`", conditions[i].path, QUELL_ARG(found->condition),
                     conditions[i].condition);
        stage_close(&stage);
    }
}

/* The cap counts what one path disrupts, not what all of them do. */
static void the_cap_is_of_a_path(void **state)
{
    static const char steps[] =
        "  - id: x\n    if: run.id == 'x'\n    for-each: \"['1', '2', '3']\"\n    as: d\n    max: "
        "3\n"
        "    steps:\n      - uses: defender.isolate-device\n"
        "        with: { device_id: '${{ d }}', comment: x }\n"
        "  - id: y\n    if: \"!(run.id == 'x')\"\n    for-each: \"['1', '2', '3']\"\n    as: d\n"
        "    max: 3\n    steps:\n      - uses: defender.isolate-device\n"
        "        with: { device_id: '${{ d }}', comment: x }\n";
    static const char branches[] =
        "  - id: x\n    if: run.id == 'x'\n    steps:\n      - for-each: \"['1', '2', '3']\"\n"
        "        as: d\n        max: 3\n        steps:\n          - uses: defender.isolate-device\n"
        "            with: { device_id: '${{ d }}', comment: x }\n"
        "    else:\n      - for-each: \"['1', '2', '3']\"\n"
        "        as: d\n        max: 3\n        steps:\n          - uses: defender.isolate-device\n"
        "            with: { device_id: '${{ d }}', comment: x }\n";
    struct stage stage;

    (void)state;
    stage_open(&stage, branches, 0);
    assert_int_equal(quell_count(stage.plan.failures), 0);
    stage_close(&stage);
    stage_open(&stage, steps, 0); /* not the same words: both may be, as far as a plan knows */
    assert_true(quell_count(stage.plan.failures) > 0);
    stage_close(&stage);
}

/* ---- time -------------------------------------------------------------------------------------
 */

#define SHORT(id, device, time) LOOK(id, device) "    timeout: " time "\n"
#define INNER(id)                                                                                  \
    "      - id: " id "\n        uses: defender.get-device\n        with: { device_id: d }\n"

static const struct {
    const char *steps;
    int64_t worst_s, waiting_s; /* of the path where all goes well */
} times[] = {
    {SHORT("a", "d1", "10s"), 10, 0},
    {SHORT("a", "d1", "10s") SHORT("b", "d1", "30s"), 40, 0},
    {SHORT("a", "d1", "10s") "    retry: { max: 3, first: 1m }\n", 10, 0}, /* bounds them all */
    {LOOK("a", "d1"), 1800, 0},
    {LOOK("a", "d1") "    retry: { max: 2, first: 1m, backoff: fixed }\n", 3 * 1800 + 120, 0},
    {"  - wait: 5m\n" SHORT("a", "d1", "10s"), 310, 300},
    {APPROVED("a", "") "    timeout: 10s\n", 1210, 1200},
    {"  - id: each\n    for-each: \"['1', '2', '3']\"\n    as: d\n    max: 3\n    concurrency: 2\n"
     "    steps:\n" INNER("a") "        timeout: 10s\n",
     20, 0},
    {"  - parallel:\n      one:\n        - wait: 30s\n        - wait: 5s\n"
     "      two:\n        - wait: 10s\n",
     35, 35},
    {"  - id: x\n    timeout: 15s\n    steps:\n" INNER("a") INNER("b"), 15, 0},
};

static void paths_take_their_time(void **state)
{
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(times) / sizeof(*times); i++) {
        struct stage stage;
        struct plan_path path;
        size_t first = 0;
        int64_t worst, waiting;

        stage_open(&stage, times[i].steps, 0);
        path = plan_path_of(&stage.plan, &first, 1);
        worst = plan_worst_us(&stage.plan, &path, &waiting);
        if (worst != times[i].worst_s * 1000000 || waiting != times[i].waiting_s * 1000000)
            fail_msg("%s%lld s, %lld s of it waiting", times[i].steps, (long long)worst / 1000000,
                     (long long)waiting / 1000000);
        stage_close(&stage);
    }
}

/* ---- properties -------------------------------------------------------------------------------
 */

#define PROVED "proved"
#define REFUTED "refuted"
#define LOOP                                                                                       \
    "  - id: each\n    for-each: \"['1', '2', '3']\"\n    as: d\n    max: 3\n    steps:\n"         \
    "      - id: a\n        if: run.id == d\n        uses: defender.isolate-device\n"              \
    "        with: { device_id: '${{ d }}', comment: x }\n"                                        \
    "        on-error: continue\n"

#define OPEN "not proved"
#define UNDOING                                                                                    \
    "  - id: x\n    on-error: undo\n    steps:\n      - id: each\n"                                \
    "        for-each: \"['1', '2', '3']\"\n        as: d\n        max: 3\n        steps:\n"       \
    "          - id: act\n            if: run.id == d\n            uses: "                         \
    "defender.isolate-device\n"                                                                    \
    "            with: { device_id: '${{ d }}', comment: x }\n"                                    \
    "      - id: mail\n        uses: email.send\n"                                                 \
    "        with: { to: soc@b.example, subject: x, body: x }\n"

static const struct {
    const char *steps, *sentence, *verdict, *supposes;
} claims[] = {
    {ISOLATE("a", "d1") MAIL("b"), "no path ends without email.send", REFUTED, "a fails"},
    {ISOLATE("a", "d1") GOES_ON MAIL("b"), "no path ends without email.send", PROVED, ""},
    {ISOLATE("a", "d1") GOES_ON MAIL("b"), "every path calls email.send", PROVED, ""},
    {ISOLATE("a", "d1") MAIL("b") "on-failure:\n" MAIL("c"), "no path ends without email.send",
     PROVED, ""},
    {MAIL("a") UNKNOWN, "no path calls email.send", REFUTED, "run.id == 'x'"},
    {LOOK("a", "d1"), "no path calls email.send", PROVED, ""},
    {LOOK("a", "d1"), "no path calls defender.*", REFUTED, ""},
    {LOOP, "every path calls defender.isolate-device at most 3 times", PROVED, ""},
    {LOOP, "every path calls defender.isolate-device at most 2 times", REFUTED,
     "run.id == d, run.id == d, run.id == d"},
    {LOOP, "every path disrupts at most 3 targets", PROVED, ""},
    {LOOP, "every path disrupts at most 2 targets", REFUTED,
     "run.id == d, run.id == d, run.id == d"},
    {LOOP MAIL("b"), "every path that calls defender.isolate-device calls email.send", PROVED, ""},
    {LOOP MAIL("b") UNKNOWN, "every path that calls defender.isolate-device calls email.send",
     REFUTED, "run.id == d, run.id == d, run.id == d, not (run.id == 'x')"},
    {LOOK("a", "d1") GOES_ON ISOLATE("b", "d1"),
     "every path that calls defender.isolate-device has called defender.get-device before", PROVED,
     ""},
    {LOOK("a", "d1") GOES_ON UNKNOWN ISOLATE("b", "d1"),
     "every path that calls defender.isolate-device has called defender.get-device before", REFUTED,
     "not (run.id == 'x')"},
    {ISOLATE("a", "d1") MAIL("b"),
     "every path that calls defender.isolate-device calls email.send afterwards", REFUTED,
     "a fails"},
    {MAIL("b") GOES_ON ISOLATE("a", "d1"),
     "every path that calls defender.isolate-device calls email.send", PROVED, ""},
    {MAIL("b") GOES_ON ISOLATE("a", "d1"),
     "every path that calls defender.isolate-device calls email.send afterwards", REFUTED,
     "a succeeds"},
    {MAIL("b") GOES_ON ISOLATE("a", "d1"),
     "email.send is never called before defender.isolate-device", REFUTED, ""},
    {ISOLATE("a", "d1") GOES_ON MAIL("b"),
     "email.send is never called before defender.isolate-device", PROVED, ""},
    {"  - id: x\n    if: run.id == 'x'\n    steps:\n      - uses: email.send\n"
     "        with: { to: a@b.example, subject: x, body: x }\n"
     "    else:\n      - uses: defender.get-device\n        with: { device_id: d }\n",
     "no path that calls email.send calls defender.get-device", PROVED, ""},
    {MAIL("b") GOES_ON LOOK("a", "d1"), "no path that calls email.send calls defender.get-device",
     REFUTED, ""},
    {MAIL("a") GOES_ON, "no path ends failed", PROVED, ""},
    {MAIL("a"), "no path ends failed", REFUTED, "a fails"},
    {LOOK("a", "d1") "on-failure:\n" MAIL("c"), "every path that ends failed calls email.send",
     PROVED, ""},
    {LOOK("a", "d1"), "every path that ends failed calls email.send", REFUTED, "a fails"},
    /* A time-out is no failure for those who read the status, of the step or of what is around. */
    {ISOLATE("a", "d1") GOES_ON MAIL("b") "    if: steps.a.status == 'timed-out'\n",
     "no path calls email.send", REFUTED, "a times out"},
    {ISOLATE("a", "d1") GOES_ON MAIL("b") "    if: steps.a.status in ['succeeded', 'failed']\n",
     "no path ends without email.send", REFUTED, "a times out"},
    {ISOLATE("a", "d1") GOES_ON MAIL("b") "    if: steps.a.status != 'succeeded'\n" GOES_ON MAIL(
         "c") "    if: steps.a.status == 'succeeded'\n" GOES_ON,
     "no path ends without email.send", PROVED, ""},
    {"  - id: x\n    on-error: continue\n    steps:\n      - uses: defender.isolate-device\n"
     "        with: { device_id: d, comment: x }\n      - set: { done: true }\n" MAIL(
         "b") "    if: steps.x.status == 'timed-out'\n",
     "no path calls email.send", REFUTED, "x._1 times out"},
    {ISOLATE("a", "d1") "finally:\n" MAIL("b") "    if: steps.a.status == 'timed-out'\n",
     "no path calls email.send", REFUTED, "a times out"},
    {ISOLATE("a", "d1"), "every path that calls defender.isolate-device has passed approve",
     REFUTED, ""},
    {APPROVED("a", "") GOES_ON, "every path that calls defender.isolate-device has passed approve",
     PROVED, ""},
    {APPROVED("a", ", unless: run.id == 'x'") GOES_ON,
     "every path that calls defender.isolate-device has passed approve", REFUTED, "run.id == 'x'"},
    {APPROVED("a", ", unless: run.id == 'x'") GOES_ON,
     "every path that calls defender.isolate-device has passed approve or matched its unless",
     PROVED, ""},
    {APPROVED("a", "") GOES_ON ISOLATE("b", "d2"),
     "every path that calls defender.isolate-device has passed approve or matched its unless",
     REFUTED, "a is approved"},
    {APPROVED("a", "") GOES_ON MAIL("b"), "every path calls defender.isolate-device", REFUTED,
     "a is denied"},
    {"  - id: x\n    approve: { by: 'group:leads', within: 20m }\n    steps:\n"
     "      - id: a\n        if: run.id == 'x'\n        uses: defender.isolate-device\n"
     "        with: { device_id: d1, comment: x }\n",
     "every path that calls defender.isolate-device has passed approve", PROVED, ""},
    /* Which items are taken back is not told apart: only what refutes it for certain does. */
    {UNDOING, "every path that calls defender.release-device calls email.send", REFUTED, ""},
    {UNDOING,
     "every path that calls defender.release-device has called defender.isolate-device before",
     OPEN, ""},
    {UNDOING, "no path calls defender.release-device", REFUTED, ""},
    {UNDOING, "every path calls email.send at most 1 times", PROVED, ""},
};

static struct quell_str words_of(struct arena *arena, struct quell_value path)
{
    struct quell_value supposes = quell_get(path, "supposes");
    struct quell_str text = QUELL_STR("");
    size_t i;

    for (i = 0; i < quell_count(supposes); i++)
        text = arena_format(arena, "%.*s%s%.*s", QUELL_ARG(text), i ? ", " : "",
                            QUELL_ARG(quell_get_str(quell_at(supposes, i), "words")));
    return text;
}

static void claims_are_proved(void **state)
{
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(claims) / sizeof(*claims); i++) {
        struct stage stage;
        struct property_result result;
        struct quell_error err = {0};
        struct quell_str words;

        stage_open(&stage, claims[i].steps, 0);
        if (property_prove(&stage.plan, quell_str_of(claims[i].sentence), &result, &err))
            fail_msg("%s: %s", claims[i].sentence, err.message);
        words = words_of(stage.arena, result.path);
        if (strcmp(property_verdict_name(result.verdict), claims[i].verdict) != 0)
            fail_msg("%zu: %s: %s (%.*s)", i, claims[i].sentence,
                     property_verdict_name(result.verdict), QUELL_ARG(words));
        if (!str_starts(words, quell_str_of(claims[i].supposes)))
            fail_msg("%zu: %s: supposes `%.*s`", i, claims[i].sentence, QUELL_ARG(words));
        stage_close(&stage);
    }
}

/* Each form's own example reads; and what does not is told what would. */
static void sentences_are_read(void **state)
{
    static const char *const wrong[][2] = {
        {"no path ends without email.sent", "did you mean `email.send`"},
        {"no path ends without anything at all", "the nearest form is `no path ends without A`"},
        {"every path calls email.send at most many times", "at most N times"},
        {"", "the nearest form is"},
    };
    const struct property_form *forms;
    struct property_result result;
    struct quell_error err = {0};
    struct stage stage;
    size_t i, count;

    (void)state;
    stage_open(&stage, LOOK("a", "d1"), 0);
    forms = property_forms(&count);
    for (i = 0; i < count; i++)
        if (property_prove(&stage.plan, quell_str_of(forms[i].example), &result, &err))
            fail_msg("%s: %s", forms[i].example, err.message);
    for (i = 0; i < sizeof(wrong) / sizeof(*wrong); i++) {
        assert_int_equal(property_prove(&stage.plan, quell_str_of(wrong[i][0]), &result, &err),
                         QUELL_INVALID);
        if (!strstr(err.message, wrong[i][1]))
            fail_msg("`%s`: %s", wrong[i][0], err.message);
    }
    stage_close(&stage);
}

/* What was not looked at is not proved; what is refuted already stays so. */
static void a_cut_plan_proves_nothing(void **state)
{
    struct property_result result;
    struct quell_error err = {0};
    struct stage stage;

    (void)state;
    stage_open(&stage, ISOLATE("a", "d1") ISOLATE("b", "d2") MAIL("c"), 2);
    assert_true(stage.plan.cut);
    assert_int_equal(
        property_prove(&stage.plan, QUELL_STR("no path calls defender.get-device"), &result, &err),
        QUELL_OK);
    assert_int_equal(result.verdict, PROPERTY_OPEN);
    assert_true(result.why.len > 0);
    assert_int_equal(
        property_prove(&stage.plan, QUELL_STR("no path calls email.send"), &result, &err),
        QUELL_OK);
    assert_int_equal(result.verdict, PROPERTY_REFUTED);
    stage_close(&stage);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(paths_are_counted),           cmocka_unit_test(paths_take_their_time),
        cmocka_unit_test(calls_have_their_conditions), cmocka_unit_test(the_cap_is_of_a_path),
        cmocka_unit_test(claims_are_proved),           cmocka_unit_test(sentences_are_read),
        cmocka_unit_test(a_cut_plan_proves_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
