/*
 * test_fingerprint.c - when two paths of a plan have come to the same place: told apart by what can
 * still be seen, and by nothing else.
 */
#include "fixture.h"

/* Two secrets, which look the same wherever they are written. */
static void set_secrets(struct teller *teller)
{
    struct map_builder map = {.arena = teller->arena};
    struct run_world world = {.lists = quell_map(NULL, 0)};

    map_add(&map, "first", value_secret(quell_text("s1")));
    map_add(&map, "second", value_secret(quell_text("s2")));
    world.config = map_made(&map);
    run_set_world(teller->run, &world);
}

/* Where a path stands when it asks about a step: after so many answers. */
static void print_at(const char *steps, const char *answers, const char *path,
                     uint8_t print[RUN_FINGERPRINT])
{
    struct fixture fixture;
    struct run_question question;
    struct run_sight *sight;
    int turns;

    open_fixture(&fixture, steps, answers);
    fixture.teller.plan = true;
    set_secrets(&fixture.teller);
    start(&fixture.teller);
    sight = run_sight_new(fixture.teller.arena, fixture.playbook);
    for (turns = 0; turns < 1000; turns++) {
        if (decide(&fixture.teller))
            continue;
        if (run_question(fixture.teller.run, &question) && str_is(question.path, path))
            break;
        assert_true(happen(&fixture.teller));
    }
    assert_true(turns < 1000);
    run_fingerprint(fixture.teller.run, sight, print);
    close_fixture(&fixture);
}

static void same(const char *steps, const char *one, const char *other, const char *path,
                 bool expected)
{
    uint8_t a[RUN_FINGERPRINT], b[RUN_FINGERPRINT];

    print_at(steps, one, path, a);
    print_at(steps, other, path, b);
    if ((memcmp(a, b, RUN_FINGERPRINT) == 0) != expected)
        fail_msg("%s at %s after %s and %s", expected ? "differs" : "is the same", path, one,
                 other);
}

#define ASKING "  - id: last\n    if: run.id == 'z'\n    stop: {}\n"

/* Paths are told apart by what can still be seen, and by nothing else. */
static void paths_meet_where_nothing_differs(void **state)
{
    static const char branch[] = "  - id: a\n    if: run.id == 'x'\n    uses: test.look\n"
                                 "    with: { device_id: d1 }\n" ASKING;
    static const char seen[] = "  - id: a\n    if: run.id == 'x'\n    uses: test.look\n"
                               "    with: { device_id: d1 }\n" ASKING
                               "  - id: b\n    if: steps.a.status == 'skipped'\n    stop: {}\n";
    static const char whole[] =
        "  - id: a\n    if: run.id == 'x'\n    uses: test.look\n"
        "    with: { device_id: d1 }\n" ASKING "  - id: b\n    if: size(steps) > 1\n    stop: {}\n";
    static const char repeated[] =
        "  - id: a\n    if: run.id == 'x'\n    uses: test.look\n"
        "    with: { device_id: d1 }\n" ASKING "  - id: b\n    if: run.id == 'x'\n    stop: {}\n";
    static const char named[] = "  - if: run.id == 'x'\n    steps:\n      - set: { who: one }\n"
                                "    else:\n      - set: { who: two }\n" ASKING;
    static const char used[] = "  - if: run.id == 'x'\n    steps:\n      - set: { who: one }\n"
                               "    else:\n      - set: { who: two }\n" ASKING
                               "  - id: b\n    if: vars.who == 'one'\n    stop: {}\n";
    static const char items[] = "  - id: each\n    for-each: \"['d1', 'd2']\"\n    as: d\n"
                                "    max: 2\n    steps:\n"
                                "      - id: a\n        if: run.id == d\n        uses: test.look\n"
                                "        with: { device_id: \"${{ d }}\" }\n"
                                "      - id: b\n        if: steps.a.status == 'skipped'\n"
                                "        uses: test.look\n        with: { device_id: d9 }\n";
    static const char *const yes = "{\"a\":[" OK "]}";
    static const char *const no = "{\"a if\":[\"false\"]}";

    (void)state;
    same(branch, yes, no, "last", true);
    same(seen, yes, no, "last", false);
    same(whole, yes, no, "last", false);
    same(repeated, yes, no, "last", false);
    same(named, "{}", "{\"_0 if\":[\"false\"]}", "last", true);
    same(used, "{}", "{\"_0 if\":[\"false\"]}", "last", false);
    same(items, "{\"each[0].a\":[" OK "]}", "{\"each[0].a if\":[\"false\"],\"each[0].b\":[" OK "]}",
         "each[1].a", true);
}

/* How much was disrupted is seen by the cap, where what is to come may reach it. */
static void the_cap_tells_paths_apart(void **state)
{
#define FIRST                                                                                      \
    "  - id: a\n    if: run.id == 'x'\n    uses: test.isolate\n    with: { device_id: d1 "         \
    "}\n" ASKING
    static const char few[] = FIRST "  - uses: test.isolate\n    with: { device_id: d2 }\n";
    static const char many[] = FIRST "  - for-each: \"['1', '2', '3', '4', '5']\"\n    as: d\n"
                                     "    max: 5\n    steps:\n      - uses: test.isolate\n"
                                     "        with: { device_id: \"${{ d }}\" }\n";
#define SHUT "  - uses: test.shut\n"
    static const char no_names[] = FIRST SHUT;
    static const char no_names_often[] = FIRST SHUT SHUT SHUT SHUT SHUT SHUT SHUT;
    static const char lists[] = FIRST "  - uses: test.wipe\n    with: { device_ids: [d1] }\n";
    static const char no_inputs[] = FIRST "  - uses: test.purge\n    with: { device_id: d1 }\n";
#undef FIRST
#define FAILS                                                                                      \
    "  - id: a\n    if: run.id == 'x'\n    uses: test.isolate\n    with: { device_id: d1 "         \
    "}\n  - fail: no\n"
    static const char on_failure[] = FAILS "on-failure:\n" ASKING;
    static const char on_failure_often[] =
        FAILS "on-failure:\n" ASKING SHUT SHUT SHUT SHUT SHUT SHUT SHUT SHUT;
    static const char at_last[] = FAILS "finally:\n" ASKING;
    static const char at_last_often[] = FAILS "finally:\n" ASKING SHUT SHUT SHUT SHUT SHUT;
#undef FAILS
#undef SHUT

    (void)state;
    same(few, "{\"a\":[" OK "]}", "{\"a if\":[\"false\"]}", "last", true);
    same(many, "{\"a\":[" OK "]}", "{\"a if\":[\"false\"]}", "last", false);
    same(no_names, "{\"a\":[" OK "]}", "{\"a if\":[\"false\"]}", "last", true);
    same(no_names_often, "{\"a\":[" OK "]}", "{\"a if\":[\"false\"]}", "last", false);
    same(lists, "{\"a\":[" OK "]}", "{\"a if\":[\"false\"]}", "last", false);
    same(no_inputs, "{\"a\":[" OK "]}", "{\"a if\":[\"false\"]}", "last", false);
    same(on_failure, "{\"a\":[" OK "]}", "{\"a if\":[\"false\"]}", "on-failure.last", true);
    same(on_failure_often, "{\"a\":[" OK "]}", "{\"a if\":[\"false\"]}", "on-failure.last", false);
    same(at_last, "{\"a\":[" OK "]}", "{\"a if\":[\"false\"]}", "finally.last", true);
    same(at_last_often, "{\"a\":[" OK "]}", "{\"a if\":[\"false\"]}", "finally.last", false);
}

/* ---- names and words ---------------------------------------------------------------------------
 */

#define WHO(more)                                                                                  \
    "  - if: run.id == 'x'\n    steps:\n      - set: { who: one" more " }\n"                       \
    "    else:\n      - set: { who: two" more " }\n"
#define READS(text) ASKING "  - id: b\n    if: \"" text "\"\n    stop: {}\n"
#define TWICE "vars.who, vars.who, vars.who, vars.who"

/* A variable that differs is seen where its name stands. */
static void names_are_found(void **state)
{
    static const struct {
        const char *steps;
        bool same;
    } cases[] = {
        {WHO("") READS("vars.who == 'one'"), false},
        {WHO("") READS("vars.who=='one'"), false},
        {WHO("") ASKING "# vars.who[0]", false},
        {WHO("") READS("vars.?who.orValue('') == 'one'"), false},
        {WHO("") READS("vars['who'] == 'one'"), false},
        {WHO("") READS("vars. who == 'one'"), false},
        {WHO("") READS("vars.\twho == 'one'"), false},
        {WHO("") READS("'one' == vars.who|| false"), false},
        {WHO("") READS("vars .\n      who == 'one'"), false},
        {WHO("") ASKING "  - id: b\n    if: \"'one' == vars.who\" # \n    stop: {}\n# .who", false},
        {WHO(", whom: x") READS("vars.whom == 'one'"), true},
        {WHO("") ASKING "# vars.whoX", true},
        {WHO(", who9: x") READS("vars.who9 == 'one'"), true},
        {WHO(", who_: x") READS("vars.who_ == 'one'"), true},
        {WHO("") READS("incident.title == 'who'") "# who is who", false}, /* 'who' may be a key */
        {WHO("") ASKING "# who is who", true},
        {WHO("") "  - set: { p: \"${{ [" TWICE ", " TWICE "] }}\" }\n" READS("vars.who == 'one'"),
         false},
        {WHO("") "  - set: { p: \"${{ [" TWICE ", " TWICE "] }}\" }\n" ASKING, true},
    };
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(cases) / sizeof(*cases); i++)
        same(cases[i].steps, "{}", "{\"_0 if\":[\"false\"]}", "last", cases[i].same);
}

#define MAYBE(id, condition)                                                                       \
    "  - id: " id "\n    if: " condition "\n    uses: test.look\n    with: { device_id: d1 }\n"

/* What was supposed of an expression is seen where the same words stand again. */
static void words_are_found(void **state)
{
    static const struct {
        const char *steps, *yes, *no, *path;
        bool same;
    } cases[] = {
#define A(steps) steps, "{\"a\":[" OK "]}", "{\"a if\":[\"false\"]}", "last"
        {A(MAYBE("a", "run.id == 'x'") ASKING), true},
        {A(MAYBE("a", "run.id == 'x'") ASKING "# run.id == 'x'"), false},
        {A(MAYBE("a", "run.id == 'x'") ASKING "# brun.id == 'x'"), true},
        {A(MAYBE("a", "\"'x' == run.id\"") ASKING "# 'x' == run.idea"), true},
        {A(MAYBE("a", "\"'x' == run.id\"") ASKING "# z'x' == run.id"), false},
        {A(MAYBE("a", "\"'x' == run.id\"") ASKING "# 'x' == run.id"), false},
        {A(MAYBE("a", "\"run.id\\\n      == 'x'\"") ASKING), false}, /* it stands nowhere */
#undef A
        {MAYBE("quell", "run.id == 'x'") ASKING, "{\"quell\":[" OK "]}",
         "{\"quell if\":[\"false\"]}", "last", true},
        {MAYBE("approve", "run.id == 'x'") "  - id: g\n    approve: { by: ana, within: 10m }\n"
                                           "    steps:\n      - if: run.id == 'z'\n"
                                           "        id: last\n        stop: {}\n",
         "{\"approve\":[" OK "]}", "{\"approve if\":[\"false\"]}", "g.last", true},
    };
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(cases) / sizeof(*cases); i++)
        same(cases[i].steps, cases[i].yes, cases[i].no, cases[i].path, cases[i].same);
}

/* ---- values ------------------------------------------------------------------------------------
 */

/* Each is another one, also where the journal has one word for all. */
static void values_are_told_apart(void **state)
{
    static const char *const pairs[][2] = {
        {"1", "2"},
        {"1", "1u"},
        {"[1]", "[2]"},
        {"[1]", "[1, 1]"},
        {"{'a': 1}", "{'a': 2}"},
        {"{'a': 1}", "{'b': 1}"},
        {"null", "''"},
        {"config.first", "config.second"},
        {"[config.first]", "[config.second]"},
        {"duration('1s')", "duration('2s')"},
    };
    struct arena *arena = arena_new(0);
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(pairs) / sizeof(*pairs); i++) {
        struct quell_str steps = arena_format(
            arena,
            "  - if: run.id == 'x'\n    steps:\n      - set: { who: \"${{ %s }}\" }\n"
            "    else:\n      - set: { who: \"${{ %s }}\" }\n" READS("vars.who == config.first"),
            pairs[i][0], pairs[i][1]);
        same(steps.data, "{}", "{\"_0 if\":[\"false\"]}", "last", false);
    }
    arena_free(arena);
}

/* ---- places ------------------------------------------------------------------------------------
 */

#define INSIDE(id, more)                                                                           \
    "      - id: " id "\n        if: run.id == 'x'\n        uses: test.block\n"                    \
    "        with: { device_id: d1 }\n" more
#define LAST "      - id: last\n        if: run.id == 'z'\n        stop: {}\n"
#define DONE_OR_NOT "{\"x.a\":[" OK "]}", "{\"x.a if\":[\"false\"]}"

/* What may still be taken back is seen, and what is being taken back. */
static void what_may_be_undone_is_seen(void **state)
{
    static const char later[] = "  - id: x\n    steps:\n" INSIDE("a", "") LAST;
    static const char undoes[] = "  - id: x\n    on-error: undo\n    steps:\n" INSIDE("a", "") LAST;
    static const char whole[] =
        "  - id: x\n    steps:\n" INSIDE("a", "") LAST "undo: { on-failure: auto }\n";
    static const char ended[] =
        "  - id: x\n    on-error: undo\n    steps:\n" INSIDE("a", "") ASKING;
    static const char steps[] =
        "  - id: x\n    on-error: undo\n    steps:\n"
        "      - id: a\n        uses: test.block\n        with: { device_id: d1 }\n"
        "        undo:\n"
        "          - id: u\n            if: run.id == 'u'\n            uses: test.look\n"
        "            with: { device_id: d1 }\n"
        "          - id: last\n            if: run.id == 'z'\n            uses: test.look\n"
        "            with: { device_id: d1, note: \"${{ steps.u.status }}\" }\n"
        "      - fail: no\n";

    static const char inside[] =
        WHO("") "  - id: x\n    on-error: undo\n    steps:\n"
                "      - id: e\n        for-each: \"['d1']\"\n        as: d\n        max: 1\n      "
                "  steps:\n"
                "          - id: s\n            switch:\n              - when: \"true\"\n          "
                "      steps:\n"
                "                  - id: a\n                    uses: test.block\n"
                "                    with: { device_id: d1 }\n"
                "                    undo:\n"
                "                      uses: test.look\n"
                "                      with: { device_id: \"${{ vars.who }}\" }\n" LAST;

    (void)state;
    same(inside, "{\"x.e[0].s.1.a\":[" OK "]}", "{\"x.e[0].s.1.a\":[" OK "],\"_0 if\":[\"false\"]}",
         "x.last", false);
    same(later, DONE_OR_NOT, "x.last", true);
    same(undoes, DONE_OR_NOT, "x.last", false);
    same(whole, DONE_OR_NOT, "x.last", false);
    same(ended, DONE_OR_NOT, "last", true);
    same(steps, "{\"x.a\":[" OK "],\"x.a.undo.u\":[" OK "]}",
         "{\"x.a\":[" OK "],\"x.a.undo.u if\":[\"false\"]}", "x.a.undo.last", false);
}

/* A catcher's first step sees which step it was. */
static void errors_are_told_apart(void **state)
{
    static const char steps[] =
        "  - id: y\n    steps:\n"
        "      - id: d\n        uses: test.isolate\n        with: { device_id: d1 }\n"
        "      - id: e\n        uses: test.isolate\n        with: { device_id: d1 }\n"
        "    on-error:\n" LAST;

    (void)state;
    same(steps, "{\"y.d\":[" MADE_UP "],\"y.d outcome\":[\"fails\"]}",
         "{\"y.d\":[" MADE_UP "],\"y.e\":[" MADE_UP "],\"y.e outcome\":[\"fails\"]}",
         "y.on-error.last", false);
}

/* Items: one that failed in its midst, and one whose time was up. */
static void items_that_are_over_count_by_how(void **state)
{
    static const char failed[] =
        "  - id: each\n    for-each: \"['d1', 'd2']\"\n    as: d\n    max: 2\n    concurrency: 2\n"
        "    steps:\n      - id: k\n        uses: test.look\n        with: { device_id: d1 }\n"
        "      - if: run.id == d\n        fail: no\n"
        "      - id: last\n        if: run.id == d + 'z'\n        stop: {}\n";
    static const char late[] =
        "  - id: each\n    for-each: \"['d1']\"\n    as: d\n    max: 2\n    timeout: 1m\n"
        "    on-error: continue\n    steps:\n"
        "      - id: a\n        if: run.id == d\n        uses: test.look\n"
        "        with: { device_id: d1 }\n"
        "      - wait: 2m\n        on-error: continue\n"
        "      - id: c\n        if: run.id == d\n        uses: test.look\n"
        "        with: { device_id: d1 }\n" ASKING;

    (void)state;
    same(failed, "{\"each[0].k\":[" OK "],\"each[1].k\":[" OK "],\"each[1]._2 if\":[\"false\"]}",
         "{\"each[0].k\":[" OK "],\"each[1].k\":[" OK "],\"each[0]._2 if\":[\"false\"],"
         "\"each[0].last if\":[\"false\"],\"each[1]._2 if\":[\"false\"]}",
         "each[1].last", false);
    same(late, "{\"each[0].a\":[" OK "]}", "{\"each[0].a if\":[\"false\"]}", "last", true);
}

/* Where people are asked about it, what would be taken back tells paths apart. */
static void what_people_are_asked_to_take_back_is_seen(void **state)
{
    static const char steps[] = "  - id: a\n    uses: test.block\n    with: { device_id: d1 }\n"
                                "  - id: b\n    if: run.id == 'x'\n    uses: test.block\n"
                                "    with: { device_id: d2 }\n"
                                "  - id: c\n    if: run.id == 'y'\n    uses: test.look\n"
                                "    with: { device_id: d3 }\n"
                                "  - fail: no\n"
                                "undo: { on-failure: ask, by: ana, window: 30m }\n";

    (void)state;
    same(steps, "{\"a\":[" OK "],\"c\":[" OK "],\"b if\":[\"false\"]}",
         "{\"a\":[" OK "],\"b if\":[\"false\"],\"c if\":[\"false\"]}", "undo", true);
    same(steps, "{\"a\":[" OK "],\"b\":[" OK "],\"c if\":[\"false\"]}",
         "{\"a\":[" OK "],\"b if\":[\"false\"],\"c if\":[\"false\"]}", "undo", false);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(paths_meet_where_nothing_differs),
        cmocka_unit_test(the_cap_tells_paths_apart),
        cmocka_unit_test(names_are_found),
        cmocka_unit_test(words_are_found),
        cmocka_unit_test(values_are_told_apart),
        cmocka_unit_test(what_may_be_undone_is_seen),
        cmocka_unit_test(what_people_are_asked_to_take_back_is_seen),
        cmocka_unit_test(errors_are_told_apart),
        cmocka_unit_test(items_that_are_over_count_by_how),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
