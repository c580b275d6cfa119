/*
 * test_reads.c - what an expression reads: which step a plan has to ask about where several bear
 * the name or stand around, names that are set in a loop, and where a fault is said to be.
 */
#include "fixture.h"
#include "tell.h"

#define CHANGE(id, device)                                                                         \
    "  - id: " id "\n    uses: test.block\n    with: { device_id: " device " }\n"                  \
    "    on-error: continue\n"
#define LOOK(id, device)                                                                           \
    "  - id: " id "\n    uses: test.look\n    with: { device_id: " device " }\n"

/* How a call came out that goes on either way is asked where it is read first. */
static const struct story readings[] = {
    {"a step in a branch that is over",
     "  - id: p\n    parallel:\n      one:\n"
     "        - id: a\n          uses: test.block\n          with: { device_id: d1 }\n"
     "          on-error: continue\n"
     "      two:\n"
     "        - id: b\n          uses: test.look\n          with: { device_id: d2 }\n" LOOK(
         "c", "d3") "    if: steps.a.status == 'succeeded'\n",
     "{\"p.one.a\":[" MADE_UP "],\"p.two.b\":[" OK "],\"p.one.a outcome\":[\"fails\"]}",
     "p.one.a calls test.block {\"device_id\":\"d1\"}\n"
     "p.two.b calls test.look {\"device_id\":\"d2\"}\n"
     "p.one.a succeeded\n"
     "p.two.b succeeded\n"
     "p succeeded\n"
     "p.one.a supposed outcome fails\n"
     "c skipped\n"
     "run succeeded\n"},
    {"a step behind a loop",
     "  - id: l\n    for-each: \"['x']\"\n    as: d\n    max: 2\n    steps:\n"
     "      - id: k\n        uses: test.look\n        with: { device_id: \"${{ d }}\" }\n" CHANGE(
         "a", "d1") LOOK("c", "d3") "    if: steps.a.status == 'succeeded'\n",
     "{\"l[0].k\":[" OK "],\"a\":[" MADE_UP "],\"a outcome\":[\"fails\"]}",
     "l loops [\"x\"]\n"
     "l[0].k calls test.look {\"device_id\":\"x\"}\n"
     "l[0].k succeeded\n"
     "l succeeded\n"
     "a calls test.block {\"device_id\":\"d1\"}\n"
     "a succeeded\n"
     "a supposed outcome fails\n"
     "c skipped\n"
     "run succeeded\n"},
    {"in a further iteration: the step of this one, and one that stands outside",
     CHANGE("o", "d0") "  - id: w\n    while: vars.?n.orValue(0) < 2\n    max: 3\n    steps:\n"
                       "      - set: { n: \"${{ vars.?n.orValue(0) + 1 }}\" }\n"
                       "      - id: a\n        uses: test.block\n        with: { device_id: d1 }\n"
                       "        on-error: continue\n"
                       "      - id: c\n        if: run.id == steps.a.status\n"
                       "        uses: test.look\n        with: { device_id: c }\n"
                       "      - id: d\n        if: run.id == steps.o.status\n"
                       "        uses: test.look\n        with: { device_id: d }\n",
     "{\"o\":[" MADE_UP "],\"w[0].a\":[" MADE_UP "],\"w[1].a\":[" MADE_UP "],\"w[0].c\":[" OK
     "],\"w[0].d\":[" OK "],\"w[1].c\":[" OK "],\"w[1].d\":[" OK "],"
     "\"w[1].c if\":[\"false\"]}",
     "o calls test.block {\"device_id\":\"d0\"}\n"
     "o succeeded\n"
     "w goes on, 0\n"
     "- sets {\"n\":1}\n"
     "- succeeded\n"
     "w[0].a calls test.block {\"device_id\":\"d1\"}\n"
     "w[0].a succeeded\n"
     "w[0].a supposed outcome succeeds\n"
     "w[0].c supposed if true\n"
     "w[0].c calls test.look {\"device_id\":\"c\"}\n"
     "w[0].c succeeded\n"
     "o supposed outcome succeeds\n"
     "w[0].d supposed if true\n"
     "w[0].d calls test.look {\"device_id\":\"d\"}\n"
     "w[0].d succeeded\n"
     "w goes on, 1\n"
     "- sets {\"n\":2}\n"
     "- succeeded\n"
     "w[1].a calls test.block {\"device_id\":\"d1\"}\n"
     "w[1].a succeeded\n"
     "w[1].a supposed outcome succeeds\n"
     "w[1].c supposed if false\n"
     "w[1].c skipped\n"
     "w[1].d calls test.look {\"device_id\":\"d\"}\n"
     "w[1].d succeeded\n"
     "w succeeded\n"
     "run succeeded\n"},
    {"in a further iteration, before the step begins anew: that of the iteration before",
     "  - id: w\n    while: vars.?n.orValue(0) < 2\n    max: 3\n    steps:\n"
     "      - set: { n: \"${{ vars.?n.orValue(0) + 1 }}\" }\n"
     "      - id: c\n        if: run.id == steps.a.status\n"
     "        uses: test.look\n        with: { device_id: c }\n"
     "      - id: a\n        uses: test.block\n        with: { device_id: d1 }\n"
     "        on-error: continue\n",
     "{\"w[0].a\":[" MADE_UP "],\"w[1].a\":[" MADE_UP "],\"w[0].c\":[" OK "],\"w[1].c\":[" OK "]}",
     "w goes on, 0\n"
     "- sets {\"n\":1}\n"
     "- succeeded\n"
     "w[0].c supposed if true\n"
     "w[0].c calls test.look {\"device_id\":\"c\"}\n"
     "w[0].c succeeded\n"
     "w[0].a calls test.block {\"device_id\":\"d1\"}\n"
     "w[0].a succeeded\n"
     "w goes on, 1\n"
     "- sets {\"n\":2}\n"
     "- succeeded\n"
     "w[0].a supposed outcome succeeds\n"
     "w[1].c supposed if true\n"
     "w[1].c calls test.look {\"device_id\":\"c\"}\n"
     "w[1].c succeeded\n"
     "w[1].a calls test.block {\"device_id\":\"d1\"}\n"
     "w[1].a succeeded\n"
     "w succeeded\n"
     "run succeeded\n"},
    {"a var, before it is set anew: that of the iteration before",
     "  - id: w\n    while: vars.?n.orValue(0) < 2\n    max: 3\n    steps:\n"
     "      - id: c\n        if: run.id == string(vars.?n.orValue(0))\n"
     "        uses: test.look\n        with: { device_id: c }\n"
     "      - set: { n: \"${{ vars.?n.orValue(0) + 1 }}\" }\n",
     "{\"w[0].c\":[" OK "],\"w[1].c if\":[\"false\"]}",
     "w goes on, 0\n"
     "w[0].c supposed if true\n"
     "w[0].c calls test.look {\"device_id\":\"c\"}\n"
     "w[0].c succeeded\n"
     "- sets {\"n\":1}\n"
     "- succeeded\n"
     "w goes on, 1\n"
     "w[1].c supposed if false\n"
     "w[1].c skipped\n"
     "- sets {\"n\":2}\n"
     "- succeeded\n"
     "w succeeded\n"
     "run succeeded\n"},
    {"one that an iteration has set is the same in the next",
     "  - id: w\n    while: vars.?n.orValue(0) < 2\n    max: 3\n    steps:\n"
     "      - if: vars.?n.orValue(0) == 0\n        set: { x: 1 }\n"
     "      - set: { n: \"${{ vars.?n.orValue(0) + 1 }}\" }\n"
     "      - id: c\n        if: run.id == string(vars.?x.orValue(0))\n"
     "        uses: test.look\n        with: { device_id: c }\n"
     "      - id: d\n        if: run.id == string(vars.?x.orValue(0)) + steps.c.status\n"
     "        uses: test.look\n        with: { device_id: d }\n"
     "      - id: e\n        if: run.id == steps.c.status + string(vars.?x.orValue(0))\n"
     "        uses: test.look\n        with: { device_id: e }\n",
     "{\"w[0].c\":[" OK "],\"w[1].c\":[" OK "],\"w[0].d\":[" OK "],\"w[0].e\":[" OK
     "],\"w[1].d if\":[\"false\"],\"w[1].e if\":[\"false\"]}",
     "w goes on, 0\n"
     "- sets {\"x\":1}\n"
     "- succeeded\n"
     "- sets {\"n\":1}\n"
     "- succeeded\n"
     "w[0].c supposed if true\n"
     "w[0].c calls test.look {\"device_id\":\"c\"}\n"
     "w[0].c succeeded\n"
     "w[0].d supposed if true\n"
     "w[0].d calls test.look {\"device_id\":\"d\"}\n"
     "w[0].d succeeded\n"
     "w[0].e supposed if true\n"
     "w[0].e calls test.look {\"device_id\":\"e\"}\n"
     "w[0].e succeeded\n"
     "w goes on, 1\n"
     "- skipped\n"
     "- sets {\"n\":2}\n"
     "- succeeded\n"
     "w[1].c calls test.look {\"device_id\":\"c\"}\n"
     "w[1].c succeeded\n"
     "w[1].d supposed if false\n"
     "w[1].d skipped\n"
     "w[1].e supposed if false\n"
     "w[1].e skipped\n"
     "w succeeded\n"
     "run succeeded\n"},
    {"an item of a loop in a loop: with each of the inner ones",
     "  - id: o\n    for-each: \"['a', 'b']\"\n    as: d\n    max: 2\n    steps:\n"
     "      - id: i\n        for-each: \"['x']\"\n        as: k\n        max: 2\n"
     "        steps:\n          - id: c\n            if: run.id == k + d\n"
     "            uses: test.look\n            with: { device_id: c }\n",
     "{\"o[0].i[0].c\":[" OK "],\"o[1].i[0].c if\":[\"false\"]}",
     "o loops [\"a\",\"b\"]\n"
     "o[0].i loops [\"x\"]\n"
     "o[0].i[0].c supposed if true\n"
     "o[0].i[0].c calls test.look {\"device_id\":\"c\"}\n"
     "o[0].i[0].c succeeded\n"
     "o[0].i succeeded\n"
     "o[1].i loops [\"x\"]\n"
     "o[1].i[0].c supposed if false\n"
     "o[1].i[0].c skipped\n"
     "o[1].i succeeded\n"
     "o succeeded\n"
     "run succeeded\n"},
    {"one in a block that was not run needs no question",
     "  - id: b\n    if: \"false\"\n    steps:\n"
     "      - id: a\n        uses: test.block\n        with: { device_id: d1 }\n"
     "        on-error: continue\n" LOOK("c", "d3") "    if: run.id == steps.a.status\n",
     "{\"c\":[" OK "]}",
     "b skipped\n"
     "c supposed if true\n"
     "c calls test.look {\"device_id\":\"d3\"}\n"
     "c succeeded\n"
     "run succeeded\n"},
    {"from finally, one of the main steps",
     CHANGE("a", "d1") "finally:\n" LOOK("c", "d3") "    if: run.id == steps.a.status\n",
     "{\"a\":[" MADE_UP "],\"finally.c\":[" OK "]}",
     "a calls test.block {\"device_id\":\"d1\"}\n"
     "a succeeded\n"
     "run ends succeeded\n"
     "a supposed outcome succeeds\n"
     "finally.c supposed if true\n"
     "finally.c calls test.look {\"device_id\":\"d3\"}\n"
     "finally.c succeeded\n"
     "run succeeded\n"},
};

static void plans_are_told(void **state)
{
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(readings) / sizeof(*readings); i++)
        tell(&readings[i], true);
}

static void take_back(struct fixture *fixture)
{
    struct quell_value data;
    struct quell_error err = {0};

    if (run_undo_data(fixture->teller.run, fixture->arena, QUELL_STR(""), QUELL_STR("ana"),
                      QUELL_STR(""), &data, &err))
        fail_msg("%s", err.message);
    outside(&fixture->teller, EVENT_UNDO_ASKED, QUELL_STR(""), data);
    go_on(&fixture->teller);
}

#define UNDO(in, x)                                                                                \
    in "- id: a\n" in "  uses: test.block\n" in "  with: { device_id: d1 }\n" in "  undo:\n" in    \
       "    - set: { x: " x " }\n" in "    - id: u\n" in "      uses: test.look\n" in              \
       "      with: { device_id: \"${{ string(vars.x) }}\" }\n"

/* What is taken back once more gives its names again. */
static void a_name_is_given_again_by_a_further_try(void **state)
{
    struct fixture fixture;

    (void)state;
    open_fixture(&fixture, UNDO("  ", "1"),
                 "{\"a\":[" OK "],\"a.undo.u\":[" REFUSED "],\"a.undo[2].u\":[" OK "]}");
    start(&fixture.teller);
    go_on(&fixture.teller);
    take_back(&fixture);
    take_back(&fixture);
    told(&fixture, "a calls test.block {\"device_id\":\"d1\"}\n"
                   "a succeeded\n"
                   "run succeeded\n"
                   "- sets {\"x\":1}\n"
                   "- succeeded\n"
                   "a.undo.u calls test.look {\"device_id\":\"1\"}\n"
                   "a.undo.u failed refused\n"
                   "run succeeded\n"
                   "- sets {\"x\":1}\n"
                   "- succeeded\n"
                   "a.undo[2].u calls test.look {\"device_id\":\"1\"}\n"
                   "a.undo[2].u succeeded\n"
                   "run undone\n");
    close_fixture(&fixture);
}

/* In an item it is the item's, whatever the run gave the name to after the loop. */
static void a_name_of_an_item_is_its_own(void **state)
{
    struct fixture fixture;

    (void)state;
    open_fixture(&fixture,
                 "  - id: e\n    for-each: \"['d1']\"\n    as: d\n    max: 2\n    steps:\n" UNDO(
                     "      ", "1") "  - set: { x: 2, y: 3 }\n",
                 "{\"e[0].a\":[" OK "],\"e[0].a.undo.u\":[" OK "]}");
    start(&fixture.teller);
    go_on(&fixture.teller);
    take_back(&fixture);
    told(&fixture, "e loops [\"d1\"]\n"
                   "e[0].a calls test.block {\"device_id\":\"d1\"}\n"
                   "e[0].a succeeded\n"
                   "e succeeded\n"
                   "- sets {\"x\":2,\"y\":3}\n"
                   "- succeeded\n"
                   "run succeeded\n"
                   "- sets {\"x\":1}\n"
                   "- succeeded\n"
                   "e[0].a.undo.u calls test.look {\"device_id\":\"1\"}\n"
                   "e[0].a.undo.u succeeded\n"
                   "run undone\n");
    close_fixture(&fixture);
}

/* Of a value in a step's `with`: where its own text stands, or the whole, when the fault is about a
 * text whose path is too long to be told. */
static void a_fault_says_where_it_is(void **state)
{
    static const struct {
        size_t key;
        const char *place;
    } rows[] = {{1, "test.yaml:10:24: "}, {250, "test.yaml:9:7: "}};
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        struct fixture fixture;
        char key[256] = {0}, steps[512];
        struct quell_str message;
        memset(key, 'k', rows[i].key);
        (void)snprintf(steps, sizeof(steps),
                       "  - id: a\n    call: other\n    with:\n      b: 1\n"
                       "      %s: \"${{ incident.raw.x }}\"\n",
                       key);
        open_fixture(&fixture, steps, "{}");
        start(&fixture.teller);
        go_on(&fixture.teller);
        told(&fixture, "a failed invalid\nrun failed\n");
        message = quell_get_str(run_error(fixture.teller.run), "message");
        if (!str_starts(message, quell_str_of(rows[i].place)))
            fail_msg("%.*s", QUELL_ARG(message));
        close_fixture(&fixture);
    }
}

/* ---- inputs ------------------------------------------------------------------------------------
 */

/* What a start is given is checked beyond its type; what is absent and optional stays absent. */
static void inputs_are_checked_at_a_start(void **state)
{
    static const struct {
        const char *given, *made, *fault;
    } rows[] = {
        {"{\"url\":\"https://x.example/\"}", "{\"url\":\"https://x.example/\",\"days\":7}", NULL},
        {"{\"days\":3}", "{\"days\":3}", NULL},
        {"{}", "{\"days\":7}", NULL},
        {"{\"url\":\"x.example\"}", NULL,
         "`url` is no URL: it begins with `https://` or `http://`"},
        {"{\"days\":31}", NULL, "`days` "},
        {"{\"days\":\"x\"}", NULL, "days"},
        {"{\"other\":1}", NULL, "there is no such field"},
    };
    struct fixture fixture;
    struct run_world world = {.config = quell_map(NULL, 0)};
    size_t i;

    (void)state;
    open_fixture(&fixture,
                 "  - wait: 1s\ninputs:\n  url: { type: url }\n"
                 "  days: { type: int, default: 7, max: 30 }\n",
                 "{}");
    for (i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        struct quell_value given, made = quell_null();
        struct quell_error err = {0};
        enum quell_code code;
        assert_int_equal(
            json_read(fixture.arena, quell_str_of(rows[i].given), 0, &given, NULL, &err), 0);
        code = run_make_inputs(fixture.arena, fixture.playbook, given, quell_null(), &world, &made,
                               &err);
        if (code != (rows[i].made ? QUELL_OK : QUELL_INVALID) ||
            (rows[i].made && !str_is(json_text(fixture.arena, made, JSON_COMPACT), rows[i].made)) ||
            (rows[i].fault && !strstr(err.message, rows[i].fault)))
            fail_msg("%s: %s %.*s", rows[i].given, err.message,
                     QUELL_ARG(json_text(fixture.arena, made, JSON_COMPACT)));
    }
    close_fixture(&fixture);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(plans_are_told),
        cmocka_unit_test(a_name_is_given_again_by_a_further_try),
        cmocka_unit_test(a_name_of_an_item_is_its_own),
        cmocka_unit_test(a_fault_says_where_it_is),
        cmocka_unit_test(inputs_are_checked_at_a_start),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
