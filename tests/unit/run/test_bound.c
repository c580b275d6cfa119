/*
 * test_bound.c - a run that is bound to a saved plan: which calls and which called playbooks are
 * those of the plan, and what a run that it calls is bound to.
 */
#include "by_hand.h"
#include "fixture.h"

#include "value/value.h"

static void open_bound(struct fixture *fixture, const char *steps, const char *answers,
                       const char *bound)
{
    open_fixture(fixture, steps, answers);
    start(&fixture->teller);
    happens(&fixture->teller, arena_format(fixture->arena, "run_bound - %s", bound).data);
}

static struct quell_value json(struct arena *arena, const char *text)
{
    struct quell_value value;
    struct quell_error err = {0};

    if (json_read(arena, quell_str_of(text), 0, &value, NULL, &err))
        fail_msg("%s", err.message);
    return value;
}

/* ---- calls -------------------------------------------------------------------------------------
 */

#define LOOP                                                                                       \
    "  - id: o\n    for-each: \"['d1', 'd2']\"\n    as: d\n    max: 2\n    steps:\n"               \
    "      - id: i\n        for-each: \"['e1']\"\n        as: e\n        max: 2\n"                 \
    "        steps:\n          - id: a\n            uses: test.look\n"                             \
    "            with: { device_id: \"${{ d }}\" }\n"

/* An item that the plan did not know stands for all; one that it knew only for itself. */
static void a_call_is_known_by_its_path(void **state)
{
    static const struct {
        const char *path;
        size_t made;
    } rows[] = {
        {"o[0].i[0].a", 1},
        {"o[?].i[?].a", 2},
        {"o[0].i[?].a", 1},
        {"o[?].i[0].a", 2},
        {"o[1].i[0].a", 0},
        {"o[?].i[1].a", 0},
        {"o[?].i[?].b", 0},
        {"o[?].i[?].a.b", 0},
        {"o[?].i[?].", 0},
        {"o[?].i[?]", 0},
        {"o[?].i[?", 0},
        {"o[?].i", 0},
        {"o[?].i[?].ab", 0},
        {"o[?][?].i.a", 0},
        {"p[?].i[?].a", 0},
        {"", 0},
        {"?", 0},
        {"o[?].i[?].a?", 0},
    };
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        struct fixture fixture;
        const char *reason = "the plan abcdef does not have this call";
        char bound[256];
        (void)snprintf(bound, sizeof(bound),
                       "{\"digest\":\"abcdef01\",\"calls\":[{\"path\":\"%s\",\"action\":"
                       "\"test.look\",\"with\":{\"device_id\":{\"$unknown\":\"later\"}}}]}",
                       rows[i].path);
        open_bound(&fixture, LOOP, "{\"o[0].i[0].a\":[" OK "],\"o[1].i[0].a\":[" OK "]}", bound);
        go_on(&fixture.teller);
        assert_string_equal(run_state(fixture.teller.run),
                            rows[i].made == 2 ? "succeeded" : "failed");
        if (fixture.teller.asked[0] + fixture.teller.asked[1] != rows[i].made)
            fail_msg("`%s`", rows[i].path);
        if (rows[i].made < 2)
            assert_true(quell_text_is(quell_get(run_error(fixture.teller.run), "message"), reason));
        close_fixture(&fixture);
    }
}

/* Another action at the place of a planned one is not the planned call; other arguments are told.
 */
static void a_call_has_its_action_and_arguments(void **state)
{
    static const struct {
        const char *action, *with, *message;
    } rows[] = {
        {"test.look", "{\"device_id\":\"d1\"}", NULL},
        {"test.wipe", "{\"device_id\":\"d1\"}", "the plan abcdef does not have this call"},
        {"test.look", "{\"device_id\":\"d2\"}",
         "the plan abcdef has this call with other arguments"},
        {"test.look", "{}", "the plan abcdef has this call with other arguments"},
    };
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        struct fixture fixture;
        char bound[256];
        (void)snprintf(bound, sizeof(bound),
                       "{\"digest\":\"abcdef01\",\"calls\":[{\"path\":\"a\",\"action\":\"%s\","
                       "\"with\":%s}]}",
                       rows[i].action, rows[i].with);
        open_bound(&fixture, "  - id: a\n    uses: test.look\n    with: { device_id: d1 }\n",
                   "{\"a\":[" OK "]}", bound);
        go_on(&fixture.teller);
        told(&fixture, rows[i].message ? "a failed denied\nrun failed\n"
                                       : "a calls test.look {\"device_id\":\"d1\"}\n"
                                         "a succeeded\nrun succeeded\n");
        if (rows[i].message)
            assert_true(quell_text_is(quell_get(run_error(fixture.teller.run), "message"),
                                      rows[i].message));
        close_fixture(&fixture);
    }
}

/* What takes a change back after the end stood in no plan. */
static void taking_back_needs_no_plan(void **state)
{
    struct fixture fixture;
    struct quell_value data;
    struct quell_error err = {0};

    (void)state;
    open_bound(&fixture, "  - id: a\n    uses: test.block\n    with: { device_id: d1 }\n",
               "{\"a\":[" OK "],\"a.undo.unblock\":[" OK "]}",
               "{\"calls\":[{\"path\":\"a\",\"action\":\"test.block\","
               "\"with\":{\"device_id\":\"d1\"}}]}");
    go_on(&fixture.teller);
    if (run_undo_data(fixture.teller.run, fixture.arena, QUELL_STR(""), QUELL_STR("ana"),
                      QUELL_STR(""), &data, &err))
        fail_msg("%s", err.message);
    outside(&fixture.teller, EVENT_UNDO_ASKED, QUELL_STR(""), data);
    go_on(&fixture.teller);
    told(&fixture, "a calls test.block {\"device_id\":\"d1\"}\n"
                   "a succeeded\n"
                   "run succeeded\n"
                   "a.undo.unblock calls test.unblock {\"device_id\":\"d1\",\"note\":\"d\"}\n"
                   "a.undo.unblock succeeded\n"
                   "run undone\n");
    close_fixture(&fixture);
}

/* ---- called playbooks --------------------------------------------------------------------------
 */

#define CHILDREN(path, playbook, with)                                                             \
    "{\"digest\":\"abcdef01\",\"calls\":[],\"children\":[{\"path\":\"" path                        \
    "\",\"playbook\":\"" playbook "\",\"with\":" with "}]}"

/* In a world with a secret, which no journal has. */
static void open_call(struct fixture *fixture, const char *given, const char *bound)
{
    struct run_world world = {.config = quell_map(NULL, 0)};
    struct map_builder lists = {0};
    char steps[256];

    (void)snprintf(steps, sizeof(steps), "  - id: a\n    call: other\n    with: %s\n", given);
    open_bound(fixture, steps, "{}", bound);
    lists.arena = fixture->arena;
    map_add(&lists, "key", value_secret(quell_text("k")));
    world.lists = map_made(&lists);
    run_set_world(fixture->teller.run, &world);
    (void)decide(&fixture->teller);
}

static void check_call(struct fixture *fixture, const char *message, const char *what)
{
    struct run_step step;

    assert_true(run_find_step(fixture->teller.run, QUELL_STR("a"), &step));
    if (step.status != (message ? STEP_FAILED : STEP_RUNNING) ||
        (message && !quell_text_is(quell_get(step.error, "message"), message)))
        fail_msg("%s: %s, %.*s", what, step_status_name(step.status),
                 QUELL_ARG(quell_get_str(step.error, "message")));
}

static void what_was_planned_is_given(void **state)
{
    static const struct {
        const char *planned, *given;
        bool fits;
    } rows[] = {
        {"1", "1", true},
        {"1", "2", false},
        {"1", "'1'", false},
        {"{\"$unknown\":\"later\"}", "1", true},
        {"{\"$unknown\":\"later\"}", "[{ y: 1 }]", true},
        {"{\"$secret\":\"***\"}", "${{ lists.key }}", true},
        {"{\"$secret\":\"***\"}", "'***'", false},
        {"\"***\"", "${{ lists.key }}", false},
        {"\"k\"", "${{ lists.key }}", false},
        {"{\"y\":1}", "{ y: 1 }", true},
        {"{\"y\":1}", "{ y: 2 }", false},
        {"{\"y\":1}", "{ z: 1 }", false},
        {"{\"y\":1}", "{}", false},
        {"{\"y\":1}", "{ y: 1, z: 1 }", false},
        {"{\"y\":1}", "{ y: 1, z: \"${{ null }}\" }", true},
        {"{\"y\":1,\"z\":null}", "{ y: 1 }", true},
        {"{\"y\":{\"$unknown\":\"later\"}}", "{}", true},
        {"{\"y\":1}", "1", false},
        {"1", "{ y: 1 }", false},
        {"{}", "[]", false},
        {"[]", "{}", false},
        {"[]", "[]", true},
        {"[1]", "1", false},
        {"1", "[1]", false},
        {"[1,2]", "[1, 2]", true},
        {"[1,2]", "[1, 3]", false},
        {"[1,2]", "[1]", false},
        {"[1]", "[1, 2]", false},
        {"[1,{\"$unknown\":\"later\"}]", "[1, 9]", true},
        {"[{\"y\":[1]}]", "[{ y: [1] }]", true},
        {"[{\"y\":[1]}]", "[{ y: [2] }]", false},
    };
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        struct fixture fixture;
        char bound[256], given[256], what[256];
        (void)snprintf(bound, sizeof(bound), CHILDREN("a", "other", "{\"x\":%s}"), rows[i].planned);
        (void)snprintf(given, sizeof(given),
                       strstr(rows[i].given, "${{ l") ? "{ x: \"%s\" }" : "{ x: %s }",
                       rows[i].given);
        (void)snprintf(what, sizeof(what), "%s and %s", rows[i].planned, rows[i].given);
        open_call(&fixture, given, bound);
        check_call(&fixture,
                   rows[i].fits
                       ? NULL
                       : "the plan abcdef has this call of a playbook with other arguments",
                   what);
        close_fixture(&fixture);
    }
}

static void a_called_playbook_is_known_by_its_place_and_name(void **state)
{
    static const struct {
        const char *bound;
        bool called;
    } rows[] = {
        {CHILDREN("a", "other", "{}"), true},
        {CHILDREN("a", "another", "{}"), false},
        {CHILDREN("b", "other", "{}"), false},
        {"{\"digest\":\"abcdef01\",\"calls\":[],\"children\":[]}", false},
        /* a replay has no texts to compare with */
        {CHILDREN("a", "other", "{},\"revisions\":[1]"), true},
        {"{\"digest\":\"abcdef01\",\"calls\":[]}", true}, /* of before children were in plans */
    };
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        struct fixture fixture;
        open_call(&fixture, "{}", rows[i].bound);
        check_call(&fixture,
                   rows[i].called ? NULL : "the plan abcdef does not have this call of a playbook",
                   rows[i].bound);
        close_fixture(&fixture);
    }
}

/* Of each way that the plan had to get there, with what is given now. */
static void the_called_run_is_bound_to_what_fits(void **state)
{
    static const struct {
        const char *children, *bound;
    } rows[] = {
        {NULL, "null"},
        {"[{\"path\":\"a\",\"playbook\":\"other\",\"with\":{\"x\":1},\"calls\":[1,2],"
         "\"children\":[3]},"
         "{\"path\":\"a\",\"playbook\":\"other\",\"with\":{\"x\":2},\"calls\":[4],\"children\":[5]}"
         ","
         "{\"path\":\"a\",\"playbook\":\"other\",\"with\":{\"x\":{\"$unknown\":\"later\"}},"
         "\"calls\":[6],\"children\":[7]},"
         "{\"path\":\"b\",\"playbook\":\"other\",\"with\":{\"x\":1},\"calls\":[8],\"children\":[]},"
         "{\"path\":\"a\",\"playbook\":\"another\",\"with\":{\"x\":1},\"calls\":[9],"
         "\"children\":[]}]",
         "{\"digest\":\"abcdef01\",\"key\":null,\"calls\":[1,2,6],\"children\":[3,7]}"},
    };
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        struct fixture fixture;
        char bound[1024];
        (void)snprintf(bound, sizeof(bound), "{\"digest\":\"abcdef01\",\"calls\":[]%s%s}",
                       rows[i].children ? ",\"children\":" : "",
                       rows[i].children ? rows[i].children : "");
        open_call(&fixture, "{ x: 1 }", bound);
        check_call(&fixture, NULL, bound);
        assert_true(value_equal(run_child_bound(fixture.teller.run, QUELL_STR("a"), fixture.arena),
                                json(fixture.arena, rows[i].bound)));
        close_fixture(&fixture);
    }
}

/* ---- texts of called playbooks -----------------------------------------------------------------
 */

static const struct playbook *find_text(void *user, struct quell_str id)
{
    return str_is(id, "test") ? user : NULL;
}

/* Each once, however often it is called, by itself as well; one that is not there has none. */
static void texts_are_listed_once(void **state)
{
    struct fixture fixture;
    struct run_catalog catalog = {.find = find_text};
    struct quell_value texts;

    (void)state;
    open_fixture(&fixture,
                 "  - call: other\n"
                 "  - call: test\n"
                 "  - call: other\n"
                 "  - uses: test.look\n    with: { device_id: d1 }\n",
                 "{}");
    catalog.user = fixture.playbook;
    texts = run_revisions(fixture.arena, &catalog, QUELL_STR("test"));
    assert_int_equal(quell_count(texts), 2);
    assert_true(quell_text_is(quell_get(quell_at(texts, 0), "playbook"), "test"));
    assert_true(
        quell_text_is(quell_get(quell_at(texts, 0), "revision"), fixture.playbook->revision));
    assert_true(quell_text_is(quell_get(quell_at(texts, 1), "playbook"), "other"));
    assert_true(quell_is_null(quell_get(quell_at(texts, 1), "revision")));
    close_fixture(&fixture);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_call_is_known_by_its_path),
        cmocka_unit_test(a_call_has_its_action_and_arguments),
        cmocka_unit_test(taking_back_needs_no_plan),
        cmocka_unit_test(what_was_planned_is_given),
        cmocka_unit_test(a_called_playbook_is_known_by_its_place_and_name),
        cmocka_unit_test(the_called_run_is_bound_to_what_fits),
        cmocka_unit_test(texts_are_listed_once),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
