/*
 * test_poll.c - looking after a call until a condition holds, and keys by which the far side knows
 * a repeated call.
 */
#include "fixture.h"
#include "tell.h"

#define RISK(word) "{\"outcome\":\"succeeded\",\"output\":{\"risk\":\"" word "\"}}"
#define DONE "{\"outcome\":\"succeeded\",\"output\":{\"id\":\"b\",\"risk\":\"new\"}}"
#define POLLED                                                                                     \
    "  - id: a\n    uses: test.block\n    with: { device_id: d1 }\n"                               \
    "    poll: { every: 10s, until: \"output.risk == 'low'\", timeout: 1m }\n"
#define CALL "a calls test.block {\"device_id\":\"d1\"}\n"
#define LOOK "a calls test.look {\"device_id\":\"d1\"}\n"

static const struct story polls[] = {
    {"the companion looks until it holds, and the output is of both",
     POLLED "  - id: z\n    uses: test.look\n"
            "    with: { device_id: \"${{ steps.a.output.id }} ${{ steps.a.output.risk }}\" }\n",
     "{\"a\":[" DONE "," RISK("high") "," RISK("low") "],\"z\":[" OK "]}",
     CALL "a looks in 10s\n" LOOK "a looks in 10s\n" LOOK "a succeeded\n"
          "z calls test.look {\"device_id\":\"b low\"}\n"
          "z succeeded\n"
          "run succeeded\n"},
    {"it does not hold in time",
     POLLED "    on-error: continue\n"
            "  - id: z\n    uses: test.look\n    with: { device_id: \"${{ steps.a.status }}\" }\n",
     "{\"a\":[" DONE "," RISK("high") "," RISK("high") "," RISK("high") "," RISK("high") "," RISK(
         "high") "," RISK("high") "],\"z\":[" OK "]}",
     CALL "a looks in 10s\n" LOOK "a looks in 10s\n" LOOK "a looks in 10s\n" LOOK
          "a looks in 10s\n" LOOK "a looks in 10s\n" LOOK "a looks in 10s\n" LOOK
          "a timed-out timed-out\n"
          "z calls test.look {\"device_id\":\"timed-out\"}\n"
          "z succeeded\n"
          "run succeeded\n"},
    {"a look that meets a passing fault is taken again, another one is of the step", POLLED,
     "{\"a\":[" DONE "," THROTTLED "," RISK("high") "," REFUSED "]}",
     CALL "a looks in 10s\n" LOOK "a looks in 10s\n" LOOK "a looks in 10s\n" LOOK
          "a failed refused\n"
          "run failed\n"},
    {"a call that fails is not looked after", POLLED, "{\"a\":[" REFUSED "]}",
     CALL "a failed refused\nrun failed\n"},
    {"a read is its own companion, and may hold at once",
     "  - id: a\n    uses: test.look\n    with: { device_id: d1 }\n"
     "    poll: { until: \"output.risk == 'low'\", timeout: 10m }\n"
     "  - id: b\n    uses: test.look\n    with: { device_id: d2 }\n"
     "    poll: { until: \"output.risk == 'low'\", timeout: 10m }\n",
     "{\"a\":[" RISK("low") "],\"b\":[" RISK("high") "," RISK("low") "]}",
     LOOK "a succeeded\n"
          "b calls test.look {\"device_id\":\"d2\"}\n"
          "b looks in 30s\n"
          "b calls test.look {\"device_id\":\"d2\"}\n"
          "b succeeded\n"
          "run succeeded\n"},
    {"an error in the condition is one of the step",
     "  - id: a\n    uses: test.block\n    with: { device_id: d1 }\n"
     "    poll: { until: \"output.id == 'x'\", timeout: 1m }\n",
     "{\"a\":[" RISK("x") "," RISK("y") "]}",
     CALL "a looks in 30s\n" LOOK "a failed invalid\nrun failed\n"},
    {"a change whose look timed out is taken back as well",
     "  - id: x\n    on-error: undo\n    steps:\n"
     "      - id: a\n        uses: test.block\n        with: { device_id: d1 }\n"
     "        poll: { every: 1m, until: \"output.risk == 'low'\", timeout: 1m }\n",
     "{\"x.a\":[" DONE "," RISK("high") "],\"x.a.undo.unblock\":[" OK "]}",
     "x.a calls test.block {\"device_id\":\"d1\"}\n"
     "x.a looks in 60s\n"
     "x.a calls test.look {\"device_id\":\"d1\"}\n"
     "x.a timed-out timed-out\n"
     "x takes back x.a\n"
     "x.a.undo.unblock calls test.unblock {\"device_id\":\"d1\",\"note\":\"b\"}\n"
     "x.a.undo.unblock succeeded\n"
     "x timed-out timed-out\n"
     "run failed\n"},
};

static const struct story keys[] = {
    {"a key must not be empty",
     "  - id: a\n    uses: test.block\n    with: { device_id: d1 }\n"
     "    idempotency-key: \"${{ incident.title.substring(0, 0) }}\"\n",
     "{}", "a failed invalid\nrun failed\n"},
    {"nor that of another call",
     "  - id: a\n    uses: test.block\n    with: { device_id: d1 }\n    idempotency-key: k\n"
     "  - id: b\n    uses: test.block\n    with: { device_id: d2 }\n    idempotency-key: k\n",
     "{\"a\":[" DONE "]}", CALL "a succeeded\nb failed invalid\nrun failed\n"},
    {"a further attempt has the same",
     "  - id: a\n    uses: test.block\n    with: { device_id: d1 }\n"
     "    idempotency-key: \"t-${{ incident.title }}\"\n    retry: { max: 1, first: 1s }\n",
     "{\"a\":[" THROTTLED "," DONE "]}", CALL "a waits 1s\n" CALL "a succeeded\nrun succeeded\n"},
};

static void stories_are_told(void **state)
{
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(polls) / sizeof(*polls); i++)
        tell(&polls[i], false);
    for (i = 0; i < sizeof(keys) / sizeof(*keys); i++)
        tell(&keys[i], false);
}

static void a_key_is_in_the_journal(void **state)
{
    struct arena *arena = arena_new(0);
    struct playbook *playbook =
        load(arena, "  - id: a\n    uses: test.block\n    with: { device_id: d1 }\n"
                    "    idempotency-key: \"t-${{ incident.title }}\"\n");
    const struct story story = {"", "", "{}", ""};
    struct teller teller;
    struct run_call call;

    (void)state;
    teller_open(&teller, playbook, &story);
    start(&teller);
    while (run_decide(teller.run, teller.now_us).count)
        ;
    assert_true(run_find_call(teller.run, QUELL_STR("a"), &call));
    assert_true(str_is(call.key, "t-a title"));
    teller_close(&teller);
    playbook_free(playbook);
    arena_free(arena);
}

/* A plan supposes that it holds in the end, with values that nobody knows. */
static void plans_are_told(void **state)
{
    static const struct story plan = {
        "",
        POLLED "  - id: z\n    uses: test.look\n"
               "    with: { device_id: \"${{ steps.a.output.risk }}\" }\n",
        "{\"a\":[" MADE_UP "],\"a outcome\":[\"succeeds\"],\"z\":[" OK "]}",
        CALL "a supposed outcome succeeds\n"
             "a looks in 0s\n"
             "a succeeded\n"
             "z calls test.look {\"device_id\":{\"unknown\":\"known after a\"}}\n"
             "z succeeded\n"
             "run succeeded\n"};

    (void)state;
    tell(&plan, true);
}

/* A shadow run has nothing to look after: its calls are not sent. */
static void a_shadow_run_does_not_look(void **state)
{
    struct fixture fixture;

    (void)state;
    open_fixture(&fixture, POLLED, "{\"a\":[" MADE_UP "]}");
    outside(&fixture.teller, EVENT_RUN_STARTED, QUELL_STR(""),
            run_start_data(fixture.arena, fixture.playbook, quell_null(), quell_map(NULL, 0),
                           RUN_SHADOW, QUELL_STR("test")));
    go_on(&fixture.teller);
    told(&fixture, CALL "a succeeded\nrun succeeded\n");
    close_fixture(&fixture);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(stories_are_told),
        cmocka_unit_test(a_key_is_in_the_journal),
        cmocka_unit_test(plans_are_told),
        cmocka_unit_test(a_shadow_run_does_not_look),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
