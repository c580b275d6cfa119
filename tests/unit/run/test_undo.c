/*
 * test_undo.c - taking back: a block that fails, a run that fails, by the manifest or by own steps.
 */
#include "tell.h"

#define BLOCK(id, device)                                                                          \
    "      - id: " id "\n        uses: test.block\n        with: { device_id: " device " }\n"
#define BLOCKED "{\"outcome\":\"succeeded\",\"output\":{\"id\":\"b\",\"risk\":\"low\"}}"

static const struct story undos[] = {
    {"a block that fails is taken back, the newest first",
     "  - id: x\n    on-error: undo\n    steps:\n" BLOCK("a", "d1") BLOCK(
         "b", "d2") "      - id: c\n        uses: test.look\n        with: { device_id: d3 }\n"
                    "  - id: z\n    uses: test.look\n    with: { device_id: d4 }\n",
     "{\"x.a\":[" BLOCKED "],\"x.b\":[" BLOCKED "],\"x.c\":[" REFUSED "],"
     "\"x.b.undo.unblock\":[" OK "],\"x.a.undo.unblock\":[" OK "]}",
     "x.a calls test.block {\"device_id\":\"d1\"}\n"
     "x.a succeeded\n"
     "x.b calls test.block {\"device_id\":\"d2\"}\n"
     "x.b succeeded\n"
     "x.c calls test.look {\"device_id\":\"d3\"}\n"
     "x.c failed refused\n"
     "x takes back x.b x.a\n"
     "x.b.undo.unblock calls test.unblock {\"device_id\":\"d2\",\"note\":\"b\"}\n"
     "x.b.undo.unblock succeeded\n"
     "x.a.undo.unblock calls test.unblock {\"device_id\":\"d1\",\"note\":\"b\"}\n"
     "x.a.undo.unblock succeeded\n"
     "x failed refused\n"
     "run failed\n"},
    {"only what was done is taken back",
     "  - id: x\n    on-error: undo\n    steps:\n" BLOCK("a", "d1") "        if: \"false\"\n" BLOCK(
         "b", "d2") "        on-error: continue\n" BLOCK("c", "d3") "      - fail: no\n",
     "{\"x.b\":[" REFUSED "],\"x.c\":[" BLOCKED "],\"x.c.undo.unblock\":[" OK "]}",
     "x.a skipped\n"
     "x.b calls test.block {\"device_id\":\"d2\"}\n"
     "x.b failed refused\n"
     "x.c calls test.block {\"device_id\":\"d3\"}\n"
     "x.c succeeded\n"
     "- failed failed\n"
     "x takes back x.c\n"
     "x.c.undo.unblock calls test.unblock {\"device_id\":\"d3\",\"note\":\"b\"}\n"
     "x.c.undo.unblock succeeded\n"
     "x failed failed\n"
     "run failed\n"},
    {"who stops the run does not leave a step half taken back",
     "  - id: each\n    for-each: \"['d1', 'd2']\"\n    as: d\n    max: 2\n    concurrency: 2\n"
     "    steps:\n      - id: x\n        on-error: undo\n        steps:\n"
     "          - id: a\n            uses: test.block\n            with: { device_id: \"${{ d }}\" "
     "}\n"
     "            undo:\n"
     "              - id: u\n                uses: test.look\n                with: { device_id: u "
     "}\n"
     "              - id: v\n                uses: test.look\n                with: { device_id: v "
     "}\n"
     "          - id: c\n            if: \"d == 'd1'\"\n            uses: test.look\n"
     "            with: { device_id: c }\n"
     "          - if: \"d == 'd2'\"\n            stop: { as: done, reason: enough }\n",
     "{\"each[0].x.a\":[" BLOCKED "],\"each[1].x.a\":[" BLOCKED
     "],\"each[0].x.c\":[\"later\"," REFUSED "],"
     "\"each[0].x.a.undo.u\":[" OK "],\"each[0].x.a.undo.v\":[" OK "]}",
     "each loops [\"d1\",\"d2\"]\n"
     "each[0].x.a calls test.block {\"device_id\":\"d1\"}\n"
     "each[1].x.a calls test.block {\"device_id\":\"d2\"}\n"
     "each[0].x.a succeeded\n"
     "each[0].x.c calls test.look {\"device_id\":\"c\"}\n"
     "each[1].x.a succeeded\n"
     "each[1].x.c skipped\n"
     "run stops done enough\n"
     "- succeeded\n"
     "each[1].x succeeded\n"
     "each[0].x.c failed refused\n"
     "each[0].x takes back each[0].x.a\n"
     "each[0].x.a.undo.u calls test.look {\"device_id\":\"u\"}\n"
     "each[0].x.a.undo.u succeeded\n"
     "each[0].x.a.undo.v calls test.look {\"device_id\":\"v\"}\n"
     "each[0].x.a.undo.v succeeded\n"
     "each[0].x failed refused\n"
     "each failed refused\n"
     "run failed\n"},
    {"nothing was done: nothing is taken back",
     "  - id: x\n    on-error: undo\n    steps:\n      - fail: no\n", "{}",
     "- failed failed\n"
     "x failed failed\n"
     "run failed\n"},
    {"a step's own undo comes first, and sees what the step gave",
     "  - id: x\n    on-error: undo\n    steps:\n" BLOCK(
         "a", "d1") "        undo:\n          uses: test.look\n"
                    "          with: { device_id: \"${{ steps.a.output.id }}\" }\n" BLOCK(
                        "b", "d2") "        undo: none\n      - fail: no\n",
     "{\"x.a\":[" BLOCKED "],\"x.b\":[" BLOCKED "],\"x.a.undo._2\":[" OK "]}",
     "x.a calls test.block {\"device_id\":\"d1\"}\n"
     "x.a succeeded\n"
     "x.b calls test.block {\"device_id\":\"d2\"}\n"
     "x.b succeeded\n"
     "- failed failed\n"
     "x takes back x.a\n"
     "- calls test.look {\"device_id\":\"b\"}\n"
     "- succeeded\n"
     "x failed failed, not taken back: x.b\n"
     "run failed\n"},
    {"what the time was over for has not been taken back",
     "  - id: x\n    on-error: undo\n    steps:\n" BLOCK("a", "d1")
         BLOCK("b", "d2") "        undo: { wait: 2h }\n      - fail: no\n",
     "{\"x.a\":[" BLOCKED "],\"x.b\":[" BLOCKED "]}",
     "x.a calls test.block {\"device_id\":\"d1\"}\n"
     "x.a succeeded\n"
     "x.b calls test.block {\"device_id\":\"d2\"}\n"
     "x.b succeeded\n"
     "- failed failed\n"
     "x takes back x.b x.a\n"
     "- waits 3600s late\n"
     "- timed-out timed-out\n"
     "x failed failed, not taken back: x.b x.a\n"
     "run failed\n"},
    {"what cannot be taken back does not keep the rest from it",
     "  - id: x\n    on-error: undo\n    steps:\n" BLOCK("a", "d1")
         BLOCK("b", "d2") "      - fail: no\n",
     "{\"x.a\":[" BLOCKED "],\"x.b\":[" BLOCKED "],\"x.b.undo.unblock\":[" REFUSED "],"
     "\"x.a.undo.unblock\":[" OK "]}",
     "x.a calls test.block {\"device_id\":\"d1\"}\n"
     "x.a succeeded\n"
     "x.b calls test.block {\"device_id\":\"d2\"}\n"
     "x.b succeeded\n"
     "- failed failed\n"
     "x takes back x.b x.a\n"
     "x.b.undo.unblock calls test.unblock {\"device_id\":\"d2\",\"note\":\"b\"}\n"
     "x.b.undo.unblock failed refused\n"
     "x.a.undo.unblock calls test.unblock {\"device_id\":\"d1\",\"note\":\"b\"}\n"
     "x.a.undo.unblock succeeded\n"
     "x failed failed, not taken back: x.b\n"
     "run failed\n"},
    {"items of a loop are taken back, and nothing twice",
     "  - id: o\n    on-error: undo\n    steps:\n"
     "      - id: l\n        for-each: \"['d1', 'd2']\"\n        as: d\n        max: 2\n"
     "        steps:\n          - id: a\n            uses: test.block\n"
     "            with: { device_id: \"${{ d }}\" }\n"
     "      - id: i\n        on-error: undo\n        steps:\n"
     "          - id: b\n            uses: test.block\n            with: { device_id: d3 }\n"
     "          - fail: no\n",
     "{\"o.l[0].a\":[" BLOCKED "],\"o.l[1].a\":[" BLOCKED "],\"o.i.b\":[" BLOCKED "],"
     "\"o.i.b.undo.unblock\":[" OK "],\"o.l[1].a.undo.unblock\":[" OK
     "],\"o.l[0].a.undo.unblock\":[" OK "]}",
     "o.l loops [\"d1\",\"d2\"]\n"
     "o.l[0].a calls test.block {\"device_id\":\"d1\"}\n"
     "o.l[0].a succeeded\n"
     "o.l[1].a calls test.block {\"device_id\":\"d2\"}\n"
     "o.l[1].a succeeded\n"
     "o.l succeeded\n"
     "o.i.b calls test.block {\"device_id\":\"d3\"}\n"
     "o.i.b succeeded\n"
     "- failed failed\n"
     "o.i takes back o.i.b\n"
     "o.i.b.undo.unblock calls test.unblock {\"device_id\":\"d3\",\"note\":\"b\"}\n"
     "o.i.b.undo.unblock succeeded\n"
     "o.i failed failed\n"
     "o takes back o.l[1].a o.l[0].a\n"
     "o.l[1].a.undo.unblock calls test.unblock {\"device_id\":\"d2\",\"note\":\"b\"}\n"
     "o.l[1].a.undo.unblock succeeded\n"
     "o.l[0].a.undo.unblock calls test.unblock {\"device_id\":\"d1\",\"note\":\"b\"}\n"
     "o.l[0].a.undo.unblock succeeded\n"
     "o failed failed\n"
     "run failed\n"},
    {"a block whose time is up is taken back all the same",
     "  - id: x\n    on-error: undo\n    timeout: 1m\n    steps:\n" BLOCK(
         "a", "d1") "      - wait: 5m\n",
     "{\"x.a\":[" BLOCKED "],\"x.a.undo.unblock\":[" OK "]}",
     "x.a calls test.block {\"device_id\":\"d1\"}\n"
     "x.a succeeded\n"
     "- waits 60s late\n"
     "- timed-out timed-out\n"
     "x takes back x.a\n"
     "x.a.undo.unblock calls test.unblock {\"device_id\":\"d1\",\"note\":\"b\"}\n"
     "x.a.undo.unblock succeeded\n"
     "x timed-out timed-out\n"
     "run failed\n"},
    {"a block that changed only what nothing takes back says so",
     "  - id: x\n    on-error: undo\n    steps:\n"
     "      - id: a\n        uses: test.isolate\n        with: { device_id: d1 }\n"
     "      - fail: no\n",
     "{\"x.a\":[" OK "]}",
     "x.a calls test.isolate {\"device_id\":\"d1\"}\n"
     "x.a succeeded\n"
     "- failed failed\n"
     "x takes back anyone\n"
     "x failed failed, not taken back: x.a\n"
     "run failed\n"},
    {"a run is not undone when something it did stays",
     "  - id: a\n    uses: test.block\n    with: { device_id: d1 }\n"
     "  - id: i\n    uses: test.isolate\n    with: { device_id: d2 }\n"
     "  - fail: no\n"
     "undo: { on-failure: auto }\n",
     "{\"a\":[" BLOCKED "],\"i\":[" OK "],\"a.undo.unblock\":[" OK "]}",
     "a calls test.block {\"device_id\":\"d1\"}\n"
     "a succeeded\n"
     "i calls test.isolate {\"device_id\":\"d2\"}\n"
     "i succeeded\n"
     "- failed failed\n"
     "run is to be taken back\n"
     "undo takes back a\n"
     "a.undo.unblock calls test.unblock {\"device_id\":\"d1\",\"note\":\"b\"}\n"
     "a.undo.unblock succeeded\n"
     "undo failed failed, not taken back: i\n"
     "run failed\n"},
    {"a run is not undone when a step inside could not take something back before",
     "  - id: e\n    uses: test.block\n    with: { device_id: d0 }\n"
     "  - id: x\n    on-error: undo\n    steps:\n" BLOCK("a", "d1") "      - fail: no\n"
                                                                    "undo: { on-failure: auto }\n",
     "{\"e\":[" BLOCKED "],\"x.a\":[" BLOCKED "],\"x.a.undo.unblock\":[" REFUSED "],"
     "\"e.undo.unblock\":[" OK "]}",
     "e calls test.block {\"device_id\":\"d0\"}\n"
     "e succeeded\n"
     "x.a calls test.block {\"device_id\":\"d1\"}\n"
     "x.a succeeded\n"
     "- failed failed\n"
     "x takes back x.a\n"
     "x.a.undo.unblock calls test.unblock {\"device_id\":\"d1\",\"note\":\"b\"}\n"
     "x.a.undo.unblock failed refused\n"
     "x failed failed, not taken back: x.a\n"
     "run is to be taken back\n"
     "undo takes back e\n"
     "e.undo.unblock calls test.unblock {\"device_id\":\"d0\",\"note\":\"b\"}\n"
     "e.undo.unblock succeeded\n"
     "undo failed failed, not taken back: x.a\n"
     "run failed\n"},
    {"nor when the time was over for that",
     "  - id: e\n    uses: test.block\n    with: { device_id: d0 }\n"
     "  - id: x\n    on-error: undo\n    steps:\n" BLOCK("a", "d1")
         BLOCK("b", "d2") "        undo: { wait: 2h }\n      - fail: no\n"
                          "undo: { on-failure: auto }\n",
     "{\"e\":[" BLOCKED "],\"x.a\":[" BLOCKED "],\"x.b\":[" BLOCKED "],\"e.undo.unblock\":[" OK
     "]}",
     "e calls test.block {\"device_id\":\"d0\"}\n"
     "e succeeded\n"
     "x.a calls test.block {\"device_id\":\"d1\"}\n"
     "x.a succeeded\n"
     "x.b calls test.block {\"device_id\":\"d2\"}\n"
     "x.b succeeded\n"
     "- failed failed\n"
     "x takes back x.b x.a\n"
     "- waits 3600s late\n"
     "- timed-out timed-out\n"
     "x failed failed, not taken back: x.b x.a\n"
     "run is to be taken back\n"
     "undo takes back e\n"
     "e.undo.unblock calls test.unblock {\"device_id\":\"d0\",\"note\":\"b\"}\n"
     "e.undo.unblock succeeded\n"
     "undo failed failed, not taken back: x.a x.b\n"
     "run failed\n"},
    {"what is just being taken back with a step around is not when its time is over, too",
     "  - id: x\n    undo:\n      - id: w\n        wait: 30m\n      - id: u\n"
     "        uses: test.unblock\n        with: { device_id: d1 }\n    steps:\n" BLOCK(
         "a", "d1") "        for: 5m\n  - fail: no\nundo: { on-failure: auto }\n",
     "{\"x.a\":[" BLOCKED "],\"x.undo.u\":[" OK "],\"x.a.undo.unblock\":[" OK "]}",
     "x.a calls test.block {\"device_id\":\"d1\"}\n"
     "x.a succeeded\n"
     "x succeeded\n"
     "- failed failed\n"
     "run is to be taken back\n"
     "undo takes back x\n"
     "x.undo.w waits 1800s\n"
     "x.undo.w succeeded\n"
     "x.undo.u calls test.unblock {\"device_id\":\"d1\"}\n"
     "x.undo.u succeeded\n"
     "undo succeeded\n"
     "run undone\n"},
    {"a run that fails is taken back by itself",
     "  - id: a\n    uses: test.block\n    with: { device_id: d1 }\n"
     "  - fail: no\n"
     "undo: { on-failure: auto }\n"
     "on-failure:\n  - id: t\n    uses: test.look\n    with: { device_id: d9 }\n",
     "{\"a\":[" BLOCKED "],\"a.undo.unblock\":[" OK "],\"on-failure.t\":[" OK "]}",
     "a calls test.block {\"device_id\":\"d1\"}\n"
     "a succeeded\n"
     "- failed failed\n"
     "run is to be taken back\n"
     "undo takes back a\n"
     "a.undo.unblock calls test.unblock {\"device_id\":\"d1\",\"note\":\"b\"}\n"
     "a.undo.unblock succeeded\n"
     "undo succeeded\n"
     "run fails failed\n"
     "on-failure.t calls test.look {\"device_id\":\"d9\"}\n"
     "on-failure.t succeeded\n"
     "run undone\n"},
    {"... when people agree",
     "  - id: a\n    uses: test.block\n    with: { device_id: d1 }\n"
     "  - fail: no\n"
     "undo: { on-failure: ask, by: ana, window: 30m }\n",
     "{\"a\":[" BLOCKED "],\"undo?\":[{\"by\":\"ana\"}],\"a.undo.unblock\":[" OK "]}",
     "a calls test.block {\"device_id\":\"d1\"}\n"
     "a succeeded\n"
     "- failed failed\n"
     "run is to be taken back\n"
     "undo asks ana 1800s: \n"
     "undo has the yes of ana\n"
     "undo is approved\n"
     "undo takes back a\n"
     "a.undo.unblock calls test.unblock {\"device_id\":\"d1\",\"note\":\"b\"}\n"
     "a.undo.unblock succeeded\n"
     "undo succeeded\n"
     "run undone\n"},
    {"... and stays as it is when they do not",
     "  - id: a\n    uses: test.block\n    with: { device_id: d1 }\n"
     "  - fail: no\n"
     "undo: { on-failure: ask, by: ana, window: 30m }\n",
     "{\"a\":[" BLOCKED "],\"undo?\":[{\"by\":\"ana\",\"no\":\"\"}]}",
     "a calls test.block {\"device_id\":\"d1\"}\n"
     "a succeeded\n"
     "- failed failed\n"
     "run is to be taken back\n"
     "undo asks ana 1800s: \n"
     "undo has the no of ana\n"
     "undo denied denied\n"
     "run failed\n"},
    {"the time of the run is over, and what is taken back may still be tried again",
     "  - id: a\n    uses: test.block\n    with: { device_id: d1 }\n    retry: { max: 1, first: 1m "
     "}\n"
     "  - wait: 2h\n"
     "undo: { on-failure: auto }\n",
     "{\"a\":[" BLOCKED "],\"a.undo.unblock\":[" THROTTLED "," OK "]}",
     "a calls test.block {\"device_id\":\"d1\"}\n"
     "a succeeded\n"
     "- waits 3600s late\n"
     "- timed-out timed-out\n"
     "run is to be taken back\n"
     "undo takes back a\n"
     "a.undo.unblock calls test.unblock {\"device_id\":\"d1\",\"note\":\"b\"}\n"
     "a.undo.unblock waits 60s\n"
     "a.undo.unblock calls test.unblock {\"device_id\":\"d1\",\"note\":\"b\"}\n"
     "a.undo.unblock succeeded\n"
     "undo succeeded\n"
     "run undone\n"},
    {"a run that failed before it did anything has nothing to take back",
     "  - fail: no\nundo: { on-failure: auto }\n", "{}",
     "- failed failed\n"
     "run failed\n"},
};

static void stories_are_told(void **state)
{
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(undos) / sizeof(*undos); i++)
        tell(&undos[i], false);
}

/* A plan takes back along the paths that fail. */
static void plans_are_told(void **state)
{
    static const struct story plan = {
        "", "  - id: x\n    on-error: undo\n    steps:\n" BLOCK("a", "d1") BLOCK("b", "d2"),
        "{\"x.a\":[" MADE_UP "],\"x.b\":[" MADE_UP "],\"x.a outcome\":[\"succeeds\"],"
        "\"x.b outcome\":[\"fails\"],\"x.a.undo.unblock\":[" OK "]}",
        "x.a calls test.block {\"device_id\":\"d1\"}\n"
        "x.a supposed outcome succeeds\n"
        "x.a succeeded\n"
        "x.b calls test.block {\"device_id\":\"d2\"}\n"
        "x.b supposed outcome fails\n"
        "x.b failed known when it fails\n"
        "x takes back x.a\n"
        "x.a.undo.unblock calls test.unblock {\"device_id\":\"d1\",\"note\":\"d\"}\n"
        "x.a.undo.unblock succeeded\n"
        "x failed known when it fails\n"
        "run failed\n"};

    (void)state;
    tell(&plan, true);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(stories_are_told),
        cmocka_unit_test(plans_are_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
