/*
 * test_people.c - approvals and forms: who may decide, about what, and what a run makes of it.
 */
#include "tell.h"

#include "stories_people.h"

#include "policy/approval.h"
#include "run/question.h"

static void stories_are_told(void **state)
{
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(stories_people) / sizeof(*stories_people); i++)
        tell(&stories_people[i], false);
    for (i = 0; i < sizeof(plans_people) / sizeof(*plans_people); i++)
        tell(&plans_people[i], true);
}

/* ---- who may -----------------------------------------------------------------------------------
 */

static struct quell_value json(struct arena *arena, const char *text)
{
    struct quell_value value;
    struct quell_error err;

    assert_int_equal(json_read(arena, quell_str_of(text), 0, &value, NULL, &err), QUELL_OK);
    return value;
}

static void names_and_groups_are_compared(void **state)
{
    static const struct {
        const char *of, *groups, *who;
        enum quell_code code;
    } cases[] = {
        {"[\"ana\"]", "null", "ana", QUELL_OK},
        {"[\"ana\"]", "null", "ben", QUELL_DENIED},
        {"[\"ana\"]", "null", "Ana", QUELL_OK}, /* one person, however it is written */
        {"[\"ana\"]", "null", "", QUELL_DENIED},
        {"[]", "null", "ben", QUELL_OK},
        {"[]", "null", "", QUELL_DENIED},
        {"[\"group:soc\"]", "null", "ben", QUELL_OK}, /* nobody says who is in it */
        {"[\"group:soc\"]", "{}", "ben", QUELL_DENIED},
        {"[\"group:soc\"]", "{\"soc\":[\"ana\",\"ben\"]}", "ben", QUELL_OK},
        {"[\"group:soc\"]", "{\"soc\":[\"ana\"],\"it\":[\"ben\"]}", "ben", QUELL_DENIED},
        {"[\"eve\",\"group:soc\"]", "{\"soc\":[\"ana\"]}", "eve", QUELL_OK},
    };
    struct arena *arena = arena_new(0);
    struct quell_error err;
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        enum quell_code code =
            policy_may_answer(json(arena, cases[i].of), json(arena, cases[i].groups),
                              quell_str_of(cases[i].who), &err);
        if (code != cases[i].code)
            fail_msg("case %zu", i);
    }
    arena_free(arena);
}

struct asked {
    struct arena *arena;
    struct playbook *playbook;
    struct teller teller;
};

static void open_asked(struct asked *asked, const char *steps)
{
    const struct story story = {"", steps, "{}", ""};

    asked->arena = arena_new(0);
    asked->playbook = load(asked->arena, steps);
    teller_open(&asked->teller, asked->playbook, &story);
    start(&asked->teller);
    while (run_decide(asked->teller.run, asked->teller.now_us).count)
        ;
}

static void close_asked(struct asked *asked)
{
    teller_close(&asked->teller);
    playbook_free(asked->playbook);
    arena_free(asked->arena);
}

static struct run_step step_a(const struct asked *asked)
{
    struct run_step step;

    assert_true(run_find_step(asked->teller.run, QUELL_STR("a"), &step));
    return step;
}

static enum quell_code may(const struct asked *asked, const char *who, const char *digest)
{
    struct quell_error err;

    return run_may_decide(asked->teller.run, QUELL_STR("a"), quell_str_of(who), true,
                          quell_str_of(digest), quell_null(), &err);
}

static void say(struct asked *asked, enum event_kind kind, const char *by)
{
    struct map_builder map = {.arena = asked->arena};

    map_add(&map, "by", quell_text(by));
    map_add(&map, "digest", quell_get(step_a(asked).asked, "digest"));
    outside(&asked->teller, kind, QUELL_STR("a"), map_made(&map));
}

static void nobody_agrees_twice_or_to_his_own(void **state)
{
    struct asked asked;
    char digest[65];

    (void)state;
    open_asked(&asked, "  - id: a\n    approve: { count: 2, four-eyes: true, within: 10m }\n"
                       "    uses: test.isolate\n    with: { device_id: d1 }\n");
    assert_true(str_is(step_a(&asked).waits, "approval"));
    (void)snprintf(digest, sizeof(digest), "%.*s",
                   QUELL_ARG(quell_get_str(step_a(&asked).asked, "digest")));
    assert_int_equal(strlen(digest), 64);
    assert_int_equal(may(&asked, "test", ""), QUELL_DENIED); /* who started it */
    assert_int_equal(may(&asked, "ana", ""), QUELL_OK);
    assert_int_equal(may(&asked, "ana", digest), QUELL_OK);
    digest[10] = '\0';
    assert_int_equal(may(&asked, "ana", digest), QUELL_OK);
    digest[9] = digest[9] == 'a' ? 'b' : 'a';
    assert_int_equal(may(&asked, "ana", digest), QUELL_CONFLICT);
    assert_int_equal(may(&asked, "ana", "12"), QUELL_CONFLICT);
    say(&asked, EVENT_APPROVAL_GIVEN, "ana");
    assert_int_equal(may(&asked, "ana", ""), QUELL_DENIED);
    assert_int_equal(may(&asked, "ben", ""), QUELL_OK);
    close_asked(&asked);
}

/* ---- about what --------------------------------------------------------------------------------
 */

static struct quell_value lists_of(struct arena *arena, const char *id)
{
    struct map_builder map = {.arena = arena};

    map_add(&map, "target", quell_text(id));
    return map_made(&map);
}

#define BY_LIST                                                                                    \
    "  - id: a\n    approve: { by: [ana, ben], within: 10m }\n    uses: test.isolate\n"            \
    "    with: { device_id: \"${{ lists.target }}\" }\n"

/* What is asked about changes between the answer and the call: people are asked again. */
static void a_changed_target_is_asked_about_again(void **state)
{
    struct asked asked;
    struct run_world world = {.config = quell_map(NULL, 0)};
    struct quell_value first, second;
    struct run_call call;

    (void)state;
    open_asked(&asked, "  - id: w\n    wait: 1s\n" BY_LIST);
    world.lists = lists_of(asked.arena, "d1");
    run_set_world(asked.teller.run, &world);
    asked.teller.now_us += 2000000;
    while (run_decide(asked.teller.run, asked.teller.now_us).count)
        ;
    first = step_a(&asked).asked;
    world.lists = lists_of(asked.arena, "d2");
    run_set_world(asked.teller.run, &world);
    say(&asked, EVENT_APPROVAL_GIVEN, "ana");
    while (run_decide(asked.teller.run, asked.teller.now_us).count)
        ;
    second = step_a(&asked).asked;
    assert_true(str_is(step_a(&asked).waits, "approval"));
    assert_int_equal(quell_get_int(second, "round", 0), 2);
    assert_false(value_equal(quell_get(first, "digest"), quell_get(second, "digest")));
    assert_int_equal(quell_count(step_a(&asked).given), 0);
    say(&asked, EVENT_APPROVAL_GIVEN, "ana");
    (void)run_decide(asked.teller.run, asked.teller.now_us);
    assert_true(run_find_call(asked.teller.run, QUELL_STR("a"), &call));
    assert_true(str_is(quell_get_str(call.input, "device_id"), "d2"));
    close_asked(&asked);
}

/* A block tells all its calls, those in loops for each item; what is not known yet is said so. */
static void a_block_tells_what_it_will_do(void **state)
{
    struct asked asked;
    struct quell_value calls;

    (void)state;
    open_asked(
        &asked,
        "  - id: a\n    approve: { within: 10m, show: { title: \"${{ incident.title }}\" } }\n"
        "    steps:\n"
        "      - id: look\n        uses: test.look\n        with: { device_id: d0 }\n"
        "      - id: each\n        for-each: \"['d1', 'd2']\"\n        as: d\n        max: 2\n"
        "        steps:\n          - id: i\n            uses: test.isolate\n"
        "            with: { device_id: \"${{ d }}\" }\n"
        "      - id: late\n        uses: test.isolate\n"
        "        with: { device_id: \"${{ steps.look.output.id }}\" }\n"
        "      - id: later\n        uses: test.isolate\n" /* what it gives then is not d9 */
        "        with: { device_id: \"${{ steps.look.?output.id.orValue('d9') }}\" }\n"
        "      - id: other\n        call: other\n        with: { device: d3 }\n");
    calls = quell_get(quell_get(step_a(&asked).asked, "plan"), "calls");
    assert_int_equal(quell_count(calls), 6);
    assert_true(quell_text_is(quell_get(quell_at(calls, 1), "step"), "a.each[0].i"));
    assert_true(quell_text_is(quell_get(quell_get(quell_at(calls, 2), "with"), "device_id"), "d2"));
    assert_int_equal(quell_count(quell_get(quell_at(calls, 2), "targets")), 1);
    assert_true(quell_text_is(quell_get(quell_at(calls, 3), "step"), "a.late"));
    assert_true(quell_is_null(quell_get(quell_at(calls, 3), "with")));
    assert_true(quell_is_null(quell_get(quell_at(calls, 4), "with")));
    assert_true(quell_text_is(quell_get(quell_at(calls, 5), "call"), "other"));
    assert_true(quell_text_is(quell_get(quell_get(quell_at(calls, 5), "with"), "device"), "d3"));
    assert_true(
        quell_text_is(quell_get(quell_get(step_a(&asked).asked, "show"), "title"), "a title"));
    close_asked(&asked);
}

/* What changes behind the answer is not done: nobody agreed to it. */
static void what_nobody_agreed_to_is_not_done(void **state)
{
    struct asked asked;
    struct run_world world = {.config = quell_map(NULL, 0)};
    struct run_step step;
    unsigned changed;

    (void)state;
    for (changed = 0; changed < 2; changed++) {
        open_asked(&asked, "  - id: w\n    wait: 1s\n"
                           "  - id: a\n    approve: { by: [ana], within: 10m }\n    steps:\n"
                           "      - id: w2\n        wait: 1s\n"
                           "      - id: i\n        uses: test.isolate\n"
                           "        with: { device_id: \"${{ lists.target }}\" }\n");
        world.lists = lists_of(asked.arena, "d1");
        run_set_world(asked.teller.run, &world);
        asked.teller.now_us += 2000000;
        while (run_decide(asked.teller.run, asked.teller.now_us).count)
            ;
        say(&asked, EVENT_APPROVAL_GIVEN, "ana");
        while (run_decide(asked.teller.run, asked.teller.now_us).count)
            ;
        world.lists = lists_of(asked.arena, changed ? "d2" : "d1");
        run_set_world(asked.teller.run, &world);
        asked.teller.now_us += 2000000;
        while (run_decide(asked.teller.run, asked.teller.now_us).count)
            ;
        assert_true(run_find_step(asked.teller.run, QUELL_STR("a.i"), &step));
        assert_int_equal(step.status, changed ? STEP_FAILED : STEP_RUNNING);
        if (changed)
            assert_true(quell_text_is(quell_get(step.error, "code"), "denied"));
        close_asked(&asked);
    }
}

/* Behind the calls that are listed: nor is what changes there. */
static void what_was_not_listed_is_kept_to(void **state)
{
    struct asked asked;
    struct run_world world = {.config = quell_map(NULL, 0)};
    struct run_step step;
    unsigned changed;

    (void)state;
    for (changed = 0; changed < 2; changed++) {
        struct arena *arena = arena_new(0);
        struct quell_str items = QUELL_STR("0"), steps;
        struct quell_value plan;
        for (int i = 1; i < LIMIT_CALLS_SHOWN + 20; i++)
            items = arena_format(arena, "%.*s, %d", QUELL_ARG(items), i);
        steps = arena_format(arena,
                             "  - id: w\n    wait: 1s\n"
                             "  - id: a\n    approve: { by: [ana], within: 10m }\n    steps:\n"
                             "      - id: p\n        parallel:\n          many:\n"
                             "            - id: each\n              for-each: \"[%.*s]\"\n"
                             "              as: n\n              max: 200\n"
                             "              steps:\n                - uses: test.look\n"
                             "                  with: { device_id: \"${{ string(n) }}\" }\n"
                             "          one:\n            - id: w2\n              wait: 1s\n"
                             "            - id: i\n              uses: test.isolate\n"
                             "              with: { device_id: \"${{ lists.target }}\" }\n",
                             QUELL_ARG(items));
        open_asked(&asked, steps.data);
        world.lists = lists_of(asked.arena, "d1");
        run_set_world(asked.teller.run, &world);
        asked.teller.now_us += 2000000;
        while (run_decide(asked.teller.run, asked.teller.now_us).count)
            ;
        plan = quell_get(step_a(&asked).asked, "plan");
        assert_int_equal(quell_count(quell_get(plan, "calls")), LIMIT_CALLS_SHOWN);
        assert_int_equal(quell_count(quell_get(plan, "rest")), 21);
        assert_int_equal(quell_get_int(plan, "more", 0), 21);
        say(&asked, EVENT_APPROVAL_GIVEN, "ana");
        while (run_decide(asked.teller.run, asked.teller.now_us).count)
            ;
        world.lists = lists_of(asked.arena, changed ? "d2" : "d1");
        run_set_world(asked.teller.run, &world);
        asked.teller.now_us += 2000000;
        while (run_decide(asked.teller.run, asked.teller.now_us).count)
            ;
        assert_true(run_find_step(asked.teller.run, QUELL_STR("a.p.one.i"), &step));
        assert_int_equal(step.status, changed ? STEP_FAILED : STEP_RUNNING);
        if (changed)
            assert_true(quell_text_is(quell_get(step.error, "code"), "denied"));
        close_asked(&asked);
        arena_free(arena);
    }
}

/* ---- forms -------------------------------------------------------------------------------------
 */

static void answers_are_checked(void **state)
{
    static const struct {
        const char *answers, *fault;
    } cases[] = {
        {"{}", "verdict"},
        {"{\"verdict\":\"bad\"}", "verdict"},
        {"{\"verdict\":\"phish\",\"days\":\"many\"}", "days"},
        {"{\"verdict\":\"phish\",\"days\":99}", "days"},
        {"{\"verdict\":\"phish\",\"other\":1}", "other"},
        {"{\"verdict\":\"phish\",\"day\":\"2026-02-30\"}", "day"},
        {"{\"verdict\":\"phish\",\"day\":\"2026-02-28\",\"days\":3}", NULL},
    };
    struct asked asked;
    struct quell_value answers;
    struct quell_error err;
    size_t i;

    (void)state;
    open_asked(&asked, "  - id: a\n    ask:\n      of: ana\n      within: 10m\n      form:\n"
                       "        verdict: { type: enum, of: [phish, clean], required: true }\n"
                       "        days: { type: int, max: 30 }\n        day: { type: date }\n");
    for (i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        enum quell_code code =
            run_check_answers(asked.teller.run, QUELL_STR("a"), QUELL_STR("ana"), quell_null(),
                              json(asked.arena, cases[i].answers), asked.arena, &answers, &err);
        assert_int_equal(code, cases[i].fault ? QUELL_INVALID : QUELL_OK);
        if (cases[i].fault && !strstr(err.message, cases[i].fault))
            fail_msg("%s", err.message);
    }
    assert_int_equal(run_check_answers(asked.teller.run, QUELL_STR("a"), QUELL_STR("ben"),
                                       quell_null(), answers, asked.arena, &answers, &err),
                     QUELL_DENIED);
    close_asked(&asked);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(stories_are_told),
        cmocka_unit_test(names_and_groups_are_compared),
        cmocka_unit_test(nobody_agrees_twice_or_to_his_own),
        cmocka_unit_test(a_changed_target_is_asked_about_again),
        cmocka_unit_test(a_block_tells_what_it_will_do),
        cmocka_unit_test(what_nobody_agreed_to_is_not_done),
        cmocka_unit_test(what_was_not_listed_is_kept_to),
        cmocka_unit_test(answers_are_checked),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
