/*
 * test_undo_ways.c - what comes in the way of taking back: a run that is cancelled meanwhile, many
 * changes at once, a shadow run that made none. And a catcher whose error is that time was up.
 */
#include "fixture.h"
#include "tell.h"

#define BLOCK(id, device)                                                                          \
    "      - id: " id "\n        uses: test.block\n        with: { device_id: " device " }\n"
#define BLOCKED "{\"outcome\":\"succeeded\",\"output\":{\"id\":\"b\",\"risk\":\"low\"}}"
#define CHANGED(path, device)                                                                      \
    path " calls test.block {\"device_id\":\"" device "\"}\n" path " succeeded\n"
#define BACK(path, device)                                                                         \
    path ".undo.unblock calls test.unblock {\"device_id\":\"" device "\",\"note\":\"b\"}\n"
#define DONE(path) path ".undo.unblock succeeded\n"
#define CANCELLED "run is cancelled by ann: enough\n"

static const struct story cancelled[] = {
    {"what a block takes back is taken back, all of it",
     "  - id: x\n    on-error: undo\n    steps:\n" BLOCK("a", "d1")
         BLOCK("b", "d2") "      - fail: no\n  - id: z\n    uses: test.look\n"
                          "    with: { device_id: d3 }\n",
     "{\"x.a\":[" BLOCKED "],\"x.b\":[" BLOCKED "],\"x.b.undo.unblock\":[\"sends\",\"cancel\"," OK
     "],\"x.a.undo.unblock\":[" OK "]}",
     CHANGED("x.a", "d1") CHANGED("x.b", "d2") "- failed failed\n"
                                               "x takes back x.b x.a\n" BACK("x.b", "d2")
                                                   CANCELLED DONE("x.b") BACK("x.a", "d1")
                                                       DONE("x.a") "x failed failed\n"
                                                                   "run cancelled\n"},
    {"... even when nothing of it was sent yet",
     "  - id: x\n    on-error: undo\n    steps:\n" BLOCK("a", "d1") "      - fail: no\n",
     "{\"x.a\":[" BLOCKED "],\"x.a.undo.unblock\":[\"cancel\"," OK "]}",
     CHANGED("x.a", "d1") "- failed failed\n"
                          "x takes back x.a\n" BACK("x.a", "d1")
                              CANCELLED DONE("x.a") "x failed failed\n"
                                                    "run cancelled\n"},
    {"so is what a whole run takes back",
     "  - id: x\n    steps:\n" BLOCK("a", "d1") "  - fail: no\nundo: { on-failure: auto }\n",
     "{\"x.a\":[" BLOCKED "],\"x.a.undo.unblock\":[\"cancel\"," OK "]}",
     CHANGED("x.a", "d1") "x succeeded\n"
                          "- failed failed\n"
                          "run is to be taken back\n"
                          "undo takes back x.a\n" BACK("x.a", "d1")
                              CANCELLED DONE("x.a") "undo succeeded\n"
                                                    "run cancelled\n"},
    {"a change of on-failure that is on its way comes to its end",
     "  - fail: no\non-failure:\n  - id: t\n    uses: test.block\n    with: { device_id: d1 }\n"
     "  - id: u\n    uses: test.look\n    with: { device_id: d1 }\n",
     "{\"on-failure.t\":[\"sends\",\"cancel\"," BLOCKED "]}",
     "- failed failed\n"
     "run fails failed\n"
     "on-failure.t calls test.block {\"device_id\":\"d1\"}\n" CANCELLED "on-failure.t succeeded\n"
     "run failed\n"},
};

static void who_cancels_a_run_leaves_no_half_of_an_undo(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(cancelled) / sizeof(*cancelled); i++)
        tell(&cancelled[i], false);
}

/* A step whose time was up, and that took care of it, still says so. */
static void what_was_too_late_is_told_so_when_it_is_caught(void **state)
{
    static const struct story late = {
        "",
        "  - id: x\n    timeout: 1m\n    steps:\n      - wait: 5m\n    on-error:\n"
        "      - id: c\n        uses: test.look\n        with: { device_id: d1 }\n"
        "  - id: z\n    uses: test.look\n    with: { device_id: \"${{ steps.x.status }}\" }\n",
        "{\"x.on-error.c\":[" OK "],\"z\":[" OK "]}",
        "- waits 60s late\n"
        "- timed-out timed-out\n"
        "x catches timed-out\n"
        "x.on-error.c calls test.look {\"device_id\":\"d1\"}\n"
        "x.on-error.c succeeded\n"
        "x timed-out timed-out\n"
        "z calls test.look {\"device_id\":\"timed-out\"}\n"
        "z succeeded\n"
        "run succeeded\n"};

    (void)state;
    tell(&late, false);
}

/* More than a list has room for at first. */
static void many_changes_are_taken_back_the_newest_first(void **state)
{
    static const char steps[] =
        "  - id: l\n    for-each: \"lists.x\"\n    as: d\n    max: 50\n    steps:\n"
        "      - id: a\n        uses: test.block\n        with: { device_id: \"${{ d }}\" }\n"
        "  - fail: no\nundo: { on-failure: auto }\n";
    enum { MANY = 20 };
    struct fixture fixture;
    struct teller *teller = &fixture.teller;
    struct list_builder list = {.arena = NULL};
    struct map_builder lists = {.arena = NULL};
    struct run_world world = {.config = quell_map(NULL, 0)};
    struct buf answers = {0}, order = {0};
    size_t i;

    (void)state;
    buf_add_char(&answers, '{');
    buf_add_format(&order, "undo takes back");
    for (i = 0; i < MANY; i++) {
        buf_add_format(&answers, "%s\"l[%zu].a\":[" BLOCKED "],\"l[%zu].a.undo.unblock\":[" OK "]",
                       i ? "," : "", i, i);
        buf_add_format(&order, " l[%zu].a", MANY - 1 - i);
    }
    buf_add_format(&answers, "}%c", 0);
    buf_add_format(&order, "\n%c", 0);
    open_fixture(&fixture, steps, answers.data);
    list.arena = lists.arena = teller->arena;
    for (i = 0; i < MANY; i++)
        list_add(&list, quell_text("d"));
    map_add(&lists, "x", list_made(&list));
    world.lists = map_made(&lists);
    run_set_world(teller->run, &world);
    start(teller);
    go_on(teller);
    assert_string_equal(run_state(teller->run), "undone");
    assert_true(str_find(buf_str(&teller->told), quell_str_of(order.data), 0) != SIZE_MAX);
    close_fixture(&fixture);
    buf_free(&answers);
    buf_free(&order);
}

/* A shadow run changed nothing, and what it called did not, either. */
static void a_shadow_run_has_nothing_to_take_back(void **state)
{
    static const char steps[] = "  - id: x\n    on-error: undo\n    steps:\n" BLOCK(
        "a", "d1") "      - id: i\n        uses: test.isolate\n        with: { device_id: d2 }\n"
                   "      - id: c\n        call: other\n      - fail: no\n"
                   "undo: { on-failure: auto }\n";
    struct fixture fixture;
    struct teller *teller = &fixture.teller;

    (void)state;
    open_fixture(&fixture, steps,
                 "{\"x.a\":[" MADE_UP "],\"x.i\":[" MADE_UP
                 "],\"x.c\":[{\"run\":\"child\",\"status\":\"succeeded\"}]}");
    outside(teller, EVENT_RUN_STARTED, QUELL_STR(""),
            run_start_data(teller->arena, teller->playbook, quell_null(), quell_map(NULL, 0),
                           RUN_SHADOW, QUELL_STR("test")));
    go_on(teller);
    told(&fixture, "x.a calls test.block {\"device_id\":\"d1\"}\n"
                   "x.a succeeded\n"
                   "x.i calls test.isolate {\"device_id\":\"d2\"}\n"
                   "x.i succeeded\n"
                   "x.c calls run of other {}\n"
                   "x.c run succeeded\n"
                   "x.c succeeded\n"
                   "- failed failed\n"
                   "x failed failed\n"
                   "run failed\n");
    close_fixture(&fixture);
}

static void answer(struct teller *teller, const char *path)
{
    outside(teller, EVENT_CALL_ENDED, quell_str_of(path), next_answer(teller, quell_str_of(path)));
    (void)decide(teller);
}

/* Whether it came to a good end or not, it is over: what follows is no undo any more. */
static void an_undo_that_failed_is_over(void **state)
{
    struct fixture fixture;
    struct teller *teller = &fixture.teller;

    (void)state;
    open_fixture(&fixture,
                 "  - id: x\n    steps:\n" BLOCK(
                     "a", "d1") "  - fail: no\n"
                                "undo: { on-failure: auto }\non-failure:\n  - wait: 10m\n",
                 "{\"x.a\":[" BLOCKED "],\"x.a.undo.unblock\":[" REFUSED "]}");
    start(teller);
    (void)decide(teller);
    answer(teller, "x.a");
    assert_true(run_is_undoing(teller->run));
    answer(teller, "x.a.undo.unblock");
    assert_string_equal(run_state(teller->run), "waiting");
    assert_false(run_is_undoing(teller->run));
    close_fixture(&fixture);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(who_cancels_a_run_leaves_no_half_of_an_undo),
        cmocka_unit_test(what_was_too_late_is_told_so_when_it_is_caught),
        cmocka_unit_test(many_changes_are_taken_back_the_newest_first),
        cmocka_unit_test(a_shadow_run_has_nothing_to_take_back),
        cmocka_unit_test(an_undo_that_failed_is_over),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
