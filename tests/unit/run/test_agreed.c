/*
 * test_agreed.c - what is done inside of a step that people agreed to is what they were shown: the
 * call at its path, its arguments, its secrets; and so is what was not listed one by one.
 */
#include "by_hand.h"
#include "fixture.h"

#include "value/value.h"

/* ---- listed ------------------------------------------------------------------------------------
 */

#define GATE "  - id: g\n    approve: { by: ana, within: 10m }\n    steps:\n"
#define CALL "      - id: a\n        uses: test.look\n        with: { device_id: d1 }\n"
#define LOOP                                                                                       \
    "      - id: o\n        for-each: \"['d1', 'd2']\"\n        as: d\n        max: 2\n"           \
    "        steps:\n          - id: i\n            for-each: \"['e1']\"\n            as: e\n"     \
    "            max: 2\n            steps:\n              - id: a\n"                              \
    "                uses: test.look\n                with: { device_id: \"${{ d }}\" }\n"
#define CHILD "      - id: a\n        call: other\n        with: { x: 1 }\n"

/* A run with a key in which `plan` was agreed to. */
static void open_agreed(struct fixture *fixture, const char *steps, const char *plan)
{
    struct teller *teller = &fixture->teller;

    open_fixture(fixture, steps,
                 "{\"g.a\":[" OK "],\"g.o[0].i[0].a\":[" OK "],\"g.o[1].i[0].a\":[" OK "]}");
    outside(teller, EVENT_RUN_STARTED, QUELL_STR(""),
            run_keyed_data(fixture->arena,
                           run_start_data(fixture->arena, fixture->playbook, quell_null(),
                                          quell_map(NULL, 0), RUN_LIVE, QUELL_STR("test")),
                           QUELL_STR("0011")));
    happens(teller, "step_started g");
    happens(teller,
            arena_format(fixture->arena, "approval_asked g {\"digest\":\"d1d1\",\"plan\":%s}", plan)
                .data);
    happens(teller, "approval_granted g");
    teller->told.len = 0;
}

static size_t count_calls(const struct teller *teller)
{
    struct quell_str told = buf_str(&teller->told);
    size_t at, count = 0;

    for (at = str_find(told, QUELL_STR(" calls "), 0); at != SIZE_MAX;
         at = str_find(told, QUELL_STR(" calls "), at + 1))
        count++;
    return count;
}

/* Goes on until nothing is left but a called run. */
static void go_on_a_while(struct teller *teller)
{
    struct open_call child = {.teller = teller};

    while (decide(teller) > 0 || (!run_ended(teller->run) && !child.found)) {
        run_each_child(teller->run, first_child, &child);
        if (!child.found && !run_ended(teller->run))
            (void)happen(teller);
    }
}

static void what_was_shown_is_done(void **state)
{
    static const struct {
        const char *steps, *plan;
        size_t made;
    } rows[] = {
        {GATE CALL, "{\"calls\":[]}", 0},
        {GATE CALL, "{}", 0},
        /* the call at its path */
        {GATE CALL, "{\"calls\":[{\"step\":\"g.a\",\"action\":\"test.look\"}]}", 1},
        {GATE CALL, "{\"calls\":[{\"step\":\"g.b\",\"action\":\"test.look\"}]}", 0},
        {GATE CALL, "{\"calls\":[{\"step\":\"g\",\"action\":\"test.look\"}]}", 0},
        {GATE CALL, "{\"calls\":[{\"step\":\"g.a.b\",\"action\":\"test.look\"}]}", 0},
        {GATE CALL, "{\"calls\":[{\"step\":\"\",\"action\":\"test.look\"}]}", 0},
        {GATE CALL, "{\"calls\":[{\"step\":\"g.a\",\"action\":\"test.wipe\"}]}", 0},
        {GATE CALL, "{\"calls\":[{\"step\":\"g.a\",\"call\":\"test.look\"}]}", 0},
        {GATE CALL,
         "{\"calls\":[{\"step\":\"g.b\",\"action\":\"test.look\"},"
         "{\"step\":\"g.a\",\"action\":\"test.look\"}]}",
         1},
        /* a loop whose items were not known stands for each of them, one that was known for one */
        {GATE LOOP, "{\"calls\":[{\"step\":\"g.o.i.a\",\"action\":\"test.look\"}]}", 2},
        {GATE LOOP, "{\"calls\":[{\"step\":\"g.o.i[0].a\",\"action\":\"test.look\"}]}", 2},
        {GATE LOOP, "{\"calls\":[{\"step\":\"g.o[0].i.a\",\"action\":\"test.look\"}]}", 1},
        {GATE LOOP, "{\"calls\":[{\"step\":\"g.o[0].i[0].a\",\"action\":\"test.look\"}]}", 1},
        {GATE LOOP, "{\"calls\":[{\"step\":\"g.o[1].i.a\",\"action\":\"test.look\"}]}", 0},
        {GATE LOOP, "{\"calls\":[{\"step\":\"g.o.i[1].a\",\"action\":\"test.look\"}]}", 0},
        {GATE LOOP, "{\"calls\":[{\"step\":\"g.o.j.a\",\"action\":\"test.look\"}]}", 0},
        {GATE LOOP, "{\"calls\":[{\"step\":\"g.o.i\",\"action\":\"test.look\"}]}", 0},
        {GATE LOOP, "{\"calls\":[{\"step\":\"g.p\",\"action\":\"test.look\"}]}", 0},
        /* its arguments, where they were known */
        {GATE CALL,
         "{\"calls\":[{\"step\":\"g.a\",\"action\":\"test.look\",\"with\":{\"device_id\":\"d1\"}}]"
         "}",
         1},
        {GATE CALL,
         "{\"calls\":[{\"step\":\"g.a\",\"action\":\"test.look\",\"with\":{\"device_id\":\"d2\"}}]"
         "}",
         0},
        /* another secret stood behind a mask */
        {GATE CALL,
         "{\"calls\":[{\"step\":\"g.a\",\"action\":\"test.look\",\"with\":{\"device_id\":\"d1\"},"
         "\"secrets\":\"00ff\"}]}",
         0},
        /* a called playbook; a replay has no texts to compare with */
        {GATE CHILD, "{\"calls\":[{\"step\":\"g.a\",\"call\":\"other\"}]}", 1},
        {GATE CHILD, "{\"calls\":[{\"step\":\"g.a\",\"call\":\"another\"}]}", 0},
        {GATE CHILD, "{\"calls\":[{\"step\":\"g.a\",\"call\":\"other\",\"revisions\":[1]}]}", 1},
        /* one that was not listed and whose arguments were not known */
        {GATE CALL, "{\"calls\":[],\"rest\":[{\"step\":\"g.a\",\"action\":\"test.look\"}]}", 1},
        {GATE CALL, "{\"calls\":[],\"rest\":[{\"step\":\"g.b\",\"action\":\"test.look\"}]}", 0},
        {GATE CALL, "{\"calls\":[],\"rest\":[\"0123456789abcdef\"]}", 0},
    };
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        struct fixture fixture;
        open_agreed(&fixture, rows[i].steps, rows[i].plan);
        go_on_a_while(&fixture.teller);
        if (count_calls(&fixture.teller) != rows[i].made)
            fail_msg("%s: told\n%.*s", rows[i].plan, QUELL_ARG(buf_str(&fixture.teller.told)));
        if (run_ended(fixture.teller.run) && rows[i].made < 2 &&
            str_is(str_slice(quell_str_of(run_state(fixture.teller.run)), 0, 6), "failed"))
            assert_true(quell_text_is(quell_get(run_error(fixture.teller.run), "code"), "denied"));
        close_fixture(&fixture);
    }
}

/* ---- not listed --------------------------------------------------------------------------------
 */

enum { MANY = LIMIT_CALLS_SHOWN };

/* So many calls that those in `last` are not listed any more; they come after a second. */
static struct quell_str with_many(struct arena *arena, const char *last)
{
    struct quell_str items = QUELL_STR("1");
    int i;

    for (i = 2; i <= MANY; i++)
        items = arena_format(arena, "%.*s, %d", QUELL_ARG(items), i);
    return arena_format(arena,
                        GATE "      - id: p\n        parallel:\n          many:\n"
                             "            - id: each\n              for-each: \"[%.*s]\"\n"
                             "              as: n\n              max: 200\n"
                             "              steps:\n                - uses: test.look\n"
                             "                  with: { device_id: \"${{ string(n) }}\" }\n"
                             "          last:\n            - wait: 1s\n%s",
                        QUELL_ARG(items), last);
}

static void set_lists(struct fixture *fixture, struct quell_value x)
{
    struct run_world world = {.config = quell_map(NULL, 0)};
    struct map_builder lists = {.arena = fixture->arena};

    map_add(&lists, "x", x);
    world.lists = map_made(&lists);
    run_set_world(fixture->teller.run, &world);
}

/* One plan was agreed to while lists.x was `then`; it is `now` when the last calls are made. */
static void open_many(struct fixture *fixture, const char *last, struct quell_value then,
                      struct quell_value now)
{
    struct arena *arena = arena_new(0);
    struct teller *teller = &fixture->teller;
    struct run_step step;

    open_fixture(fixture, with_many(arena, last).data, "{}");
    set_lists(fixture, then);
    start(teller);
    (void)decide(teller);
    assert_true(run_find_step(teller->run, QUELL_STR("g"), &step));
    assert_int_equal(quell_count(quell_get(quell_get(step.asked, "plan"), "calls")), MANY);
    happens(teller, arena_format(arena, "approval_given g {\"by\":\"ana\",\"digest\":\"%.*s\"}",
                                 QUELL_ARG(quell_get_str(step.asked, "digest")))
                        .data);
    while (decide(teller) > 0)
        continue;
    set_lists(fixture, now);
    teller->now_us += 2000000;
    while (decide(teller) > 0)
        continue;
    arena_free(arena);
}

static void check_step(struct fixture *fixture, const char *path, bool done)
{
    struct run_step step;

    assert_true(run_find_step(fixture->teller.run, quell_str_of(path), &step));
    if (step.status != (done ? STEP_RUNNING : STEP_FAILED) ||
        (!done && !quell_text_is(quell_get(step.error, "code"), "denied")))
        fail_msg("%s: %s", path, step_status_name(step.status));
}

#define LAST_CALLS                                                                                 \
    "            - id: c\n              parallel:\n"                                               \
    "                one:\n                  - id: first\n                    call: other\n"       \
    "                    with: { x: \"${{ lists.x }}\" }\n"                                        \
    "                two:\n                  - id: second\n                    call: other\n"      \
    "                    with: { x: 2 }\n"

/* Known again by its print: what is null may as well be absent, as where it is listed. */
static void what_was_not_listed_is_known_by_its_print(void **state)
{
    static const struct {
        const char *then, *now;
        bool done;
    } rows[] = {
        {"1", "1", true},
        {"1", "2", false},
        {"{\"y\":1,\"z\":null}", "{\"y\":1}", true},
        {"{\"y\":1}", "{\"y\":1,\"z\":null}", true},
        {"{\"y\":1,\"z\":0}", "{\"y\":1}", false},
        {"[{\"y\":1,\"z\":null},2]", "[{\"y\":1},2]", true},
        {"[1,2]", "[2,1]", false},
        {"[1,2]", "[1]", false},
    };
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        struct arena *arena = arena_new(0);
        struct quell_value then, now;
        struct quell_error err = {0};
        struct fixture fixture;
        assert_int_equal(json_read(arena, quell_str_of(rows[i].then), 0, &then, NULL, &err), 0);
        assert_int_equal(json_read(arena, quell_str_of(rows[i].now), 0, &now, NULL, &err), 0);
        open_many(&fixture, LAST_CALLS, then, now);
        check_step(&fixture, "g.p.last.c.one.first", rows[i].done);
        if (rows[i].done)
            check_step(&fixture, "g.p.last.c.two.second", true);
        close_fixture(&fixture);
        arena_free(arena);
    }
}

/* A run of before there were keys: what is masked is not told apart, and never told. */
static void without_a_key_masks_are_alike(void **state)
{
    struct arena *arena = arena_new(0);
    struct map_builder one = {.arena = arena}, other = {.arena = arena};
    struct fixture fixture;

    (void)state;
    map_add(&one, "y", quell_text("s3cret"));
    map_add(&other, "y", quell_text("0ther"));
    open_many(&fixture, LAST_CALLS, value_sensitive(map_made(&one)),
              value_sensitive(map_made(&other)));
    check_step(&fixture, "g.p.last.c.one.first", true);
    close_fixture(&fixture);
    open_many(&fixture, LAST_CALLS, value_sensitive(map_made(&one)), map_made(&one));
    check_step(&fixture, "g.p.last.c.one.first", false);
    close_fixture(&fixture);
    arena_free(arena);
}

/* What is to be made of an answer that is still to come is shown as it stands. */
static void what_is_not_known_yet_is_shown_as_it_is(void **state)
{
    static const char last[] =
        "            - id: f\n              uses: test.look\n              with: { device_id: f }\n"
        "            - id: c\n              call: other\n"
        "              with: { x: \"${{ steps.f.output.id }}\" }\n";
    struct fixture fixture;

    (void)state;
    open_many(&fixture, last, quell_null(), quell_null());
    check_step(&fixture, "g.p.last.f", true);
    happens(&fixture.teller, "call_ended g.p.last.f " OK);
    (void)decide(&fixture.teller);
    check_step(&fixture, "g.p.last.c", true);
    close_fixture(&fixture);
}

static struct quell_value asked_in_plan(struct fixture *fixture)
{
    struct run_events events = run_decide(fixture->teller.run, fixture->teller.now_us);
    size_t i;

    for (i = 0; i < events.count; i++)
        if (events.items[i].kind == EVENT_APPROVAL_ASKED)
            return quell_get(quell_get(events.items[i].data, "plan"), "rest");
    fail_msg("nobody was asked");
    return quell_null();
}

/* In a plan as well: what it does not know has no print. */
static void a_plan_shows_what_it_does_not_know(void **state)
{
    static const char last[] = "            - id: c\n              call: other\n"
                               "              with: { x: \"${{ lists.x }}\" }\n";
    struct arena *arena = arena_new(0);
    struct quell_value rest;
    unsigned known;

    (void)state;
    for (known = 0; known < 2; known++) {
        struct fixture fixture;
        open_fixture(&fixture, with_many(arena, last).data, "{}");
        fixture.teller.plan = true;
        set_lists(&fixture, known ? quell_int(1) : quell_unknown(QUELL_STR("later")));
        start(&fixture.teller);
        rest = asked_in_plan(&fixture);
        assert_int_equal(quell_count(rest), 1);
        assert_int_equal(quell_at(rest, 0).type, known ? QUELL_STRING : QUELL_MAP);
        if (!known)
            assert_true(quell_text_is(quell_get(quell_at(rest, 0), "call"), "other"));
        close_fixture(&fixture);
    }
    arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_shown_is_done),
        cmocka_unit_test(what_was_not_listed_is_known_by_its_print),
        cmocka_unit_test(without_a_key_masks_are_alike),
        cmocka_unit_test(what_is_not_known_yet_is_shown_as_it_is),
        cmocka_unit_test(a_plan_shows_what_it_does_not_know),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
