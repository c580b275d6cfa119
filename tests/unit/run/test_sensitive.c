/*
 * test_sensitive.c - an output that is masked wherever it is shown, and that the run can go on with
 * after any stop.
 */
#include "tell.h"

#define STEPS                                                                                      \
    "  - id: a\n    uses: test.look\n    with: { device_id: d1 }\n    sensitive: true\n"           \
    "  - set: { mine: \"${{ 'x' + steps.a.output.id }}\", plain: \"${{ steps.a.status }}\" }\n"    \
    "  - id: b\n    uses: test.look\n    with: { device_id: \"${{ vars.mine }} ${{ vars.plain "    \
    "}}\" }\n"

static const struct story story = {"it is masked where it is told", STEPS,
                                   "{\"a\":[" OK "],\"b\":[" OK "]}",
                                   "a calls test.look {\"device_id\":\"d1\"}\n"
                                   "a succeeded\n"
                                   "- sets {\"mine\":\"***\",\"plain\":\"succeeded\"}\n"
                                   "- succeeded\n"
                                   "b calls test.look {\"device_id\":\"***\"}\n"
                                   "b succeeded\n"
                                   "run succeeded\n"};

static void it_is_masked_where_it_is_told(void **state)
{
    (void)state;
    tell(&story, false);
}

static void play(struct teller *teller)
{
    while (run_decide(teller->run, teller->now_us).count)
        ;
}

/* Folded from what the journal has, the call is still made with the value. */
static void the_journal_keeps_it(void **state)
{
    struct arena *arena = arena_new(0);
    struct playbook *playbook = load(arena, STEPS);
    struct teller live, again;
    struct run_call call;

    (void)state;
    teller_open(&live, playbook, &story);
    start(&live);
    go_on(&live);
    teller_open(&again, playbook, &story);
    fold(&again, &live, 5); /* up to the answer of a */
    play(&again);
    assert_true(run_find_call(again.run, QUELL_STR("b"), &call));
    assert_true(str_is(quell_get_str(call.input, "device_id"), "xd succeeded"));
    assert_true(quell_get(call.input, "device_id").flags & QUELL_SENSITIVE);
    teller_close(&live);
    teller_close(&again);
    playbook_free(playbook);
    arena_free(arena);
}

/* In what people are asked, and in why a run failed, too. */
static void texts_made_of_it_are_masked(void **state)
{
    static const struct story asked = {
        "",
        "  - id: a\n    uses: test.look\n    with: { device_id: d1 }\n    sensitive: true\n"
        "  - id: b\n    approve: { within: 1h, message: \"is it ${{ steps.a.output.id }}?\" }\n"
        "    on-error: fail\n    steps:\n      - wait: 1s\n"
        "  - id: f\n    fail: \"${{ steps.a.output.id }}\"\n",
        "{\"a\":[" OK "],\"b?\":[{\"by\":\"ana\"}]}", ""};
    struct arena *arena = arena_new(0);
    struct playbook *playbook = load(arena, asked.steps);
    struct teller live;
    struct run_step step;
    bool seen = false;
    size_t i;

    (void)state;
    teller_open(&live, playbook, &asked);
    start(&live);
    go_on(&live);
    assert_true(run_find_step(live.run, QUELL_STR("f"), &step));
    assert_true(quell_get(step.error, "message").flags & QUELL_SENSITIVE);
    for (i = 0; i < live.written_count; i++) {
        struct event event;
        struct quell_error err;
        assert_int_equal(event_read(arena, live.written[i], &event, &err), QUELL_OK);
        if (event.kind != EVENT_APPROVAL_ASKED)
            continue;
        seen = true;
        assert_true(quell_get(event.data, "message").flags & QUELL_SENSITIVE);
    }
    assert_true(seen);
    teller_close(&live);
    playbook_free(playbook);
    arena_free(arena);
}

/* A secret among what is sensitive is a secret: the journal does not have it. */
static void a_secret_stays_one(void **state)
{
    struct arena *arena = arena_new(0);
    struct quell_value both = value_masked_as(
        quell_text("s3cret"), quell_list((struct quell_value[]){value_secret(quell_text("a")),
                                                                value_sensitive(quell_text("b"))},
                                         2));
    struct map_builder map = {.arena = arena};
    struct event event = {.seq = 1, .kind = EVENT_STEP_ENDED}, read;
    struct quell_error err;
    struct quell_str text;

    (void)state;
    map_add(&map, "both", both);
    map_add(&map, "own", value_sensitive(quell_text("kept")));
    event.data = map_made(&map);
    text = event_write(arena, &event);
    assert_true(str_find(text, QUELL_STR("s3cret"), 0) == SIZE_MAX);
    assert_int_equal(event_read(arena, text, &read, &err), QUELL_OK);
    assert_true(str_is(quell_get_str(read.data, "own"), "kept"));
    assert_true(quell_get(read.data, "own").flags & QUELL_SENSITIVE);
    assert_true(str_find(json_text(arena, read.data, 0), QUELL_STR("kept"), 0) == SIZE_MAX);
    arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_is_masked_where_it_is_told),
        cmocka_unit_test(the_journal_keeps_it),
        cmocka_unit_test(texts_made_of_it_are_masked),
        cmocka_unit_test(a_secret_stays_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
