/*
 * test_plans.c - what the paths of a plan ask, and what they suppose without asking.
 */
#include "tell.h"

static const struct story questions[] = {
    {"the same words are asked about anew where the answers are others",
     "  - id: a\n"
     "    if: dyn(run.id)\n"
     "    stop: {}\n"
     "  - id: each\n"
     "    for-each: dyn(run.id)\n"
     "    as: d\n"
     "    max: 2\n"
     "    steps:\n"
     "      - id: b\n"
     "        uses: test.look\n"
     "        with: { device_id: d1 }\n",
     "{\"a if\":[\"false\"],\"each items\":[\"is empty\"]}",
     "a supposed if false\n"
     "a skipped\n"
     "each supposed items is empty\n"
     "each loops []\n"
     "each succeeded\n"
     "run succeeded\n"},
    {"a condition reads steps inside blocks, their else, their cases and their on-error",
     "  - id: y\n"
     "    if: \"1 == 2\"\n"
     "    steps:\n"
     "      - fail: never\n"
     "    else:\n"
     "      - id: b\n"
     "        uses: test.isolate\n"
     "        with: { device_id: d1 }\n"
     "        on-error: continue\n"
     "  - id: s\n"
     "    switch:\n"
     "      - when: \"true\"\n"
     "        steps:\n"
     "          - id: c\n"
     "            uses: test.isolate\n"
     "            with: { device_id: d1 }\n"
     "            on-error: continue\n"
     "  - id: z\n"
     "    steps:\n"
     "      - fail: now\n"
     "    on-error:\n"
     "      - id: g\n"
     "        uses: test.isolate\n"
     "        with: { device_id: d1 }\n"
     "        on-error: continue\n"
     "  - id: t\n"
     "    if: steps.b.status == 'failed'\n"
     "    stop: {}\n"
     "  - id: u\n"
     "    if: steps.c.status == 'failed'\n"
     "    stop: {}\n"
     "  - id: v\n"
     "    if: steps.g.status == 'failed' || steps.b.status == 'failed'\n"
     "    stop: {}\n",
     "{\"y.else.b\":[" MADE_UP "],\"s.1.c\":[" MADE_UP "],\"z.on-error.g\":[" MADE_UP "]}",
     "y.else.b calls test.isolate {\"device_id\":\"d1\"}\n"
     "y.else.b succeeded\n"
     "y succeeded\n"
     "s takes case 0\n"
     "s.1.c calls test.isolate {\"device_id\":\"d1\"}\n"
     "s.1.c succeeded\n"
     "s succeeded\n"
     "- failed failed\n"
     "z catches failed\n"
     "z.on-error.g calls test.isolate {\"device_id\":\"d1\"}\n"
     "z.on-error.g succeeded\n"
     "z failed failed\n"
     "y.else.b supposed outcome succeeds\n"
     "t skipped\n"
     "s.1.c supposed outcome succeeds\n"
     "u skipped\n"
     "z.on-error.g supposed outcome succeeds\n"
     "v skipped\n"
     "run succeeded\n"},
    {"finally and on-failure ask about the main steps, and finally about on-failure",
     "  - id: a\n"
     "    uses: test.isolate\n"
     "    with: { device_id: d1 }\n"
     "    on-error: continue\n"
     "  - id: b\n"
     "    uses: test.isolate\n"
     "    with: { device_id: d1 }\n"
     "    on-error: continue\n"
     "  - fail: now\n"
     "on-failure:\n"
     "  - id: t\n"
     "    if: steps.a.status == 'failed'\n"
     "    uses: test.look\n"
     "    with: { device_id: x }\n"
     "  - id: c\n"
     "    uses: test.isolate\n"
     "    with: { device_id: d1 }\n"
     "    on-error: continue\n"
     "finally:\n"
     "  - id: u\n"
     "    if: steps.b.status == 'failed'\n"
     "    uses: test.look\n"
     "    with: { device_id: y }\n"
     "  - id: v\n"
     "    if: steps.c.status == 'failed'\n"
     "    uses: test.look\n"
     "    with: { device_id: z }\n",
     "{\"a\":[" MADE_UP "],\"b\":[" MADE_UP "],\"on-failure.c\":[" MADE_UP
     "],\"a outcome\":[\"fails\"],\"on-failure.c outcome\":[\"fails\"],\"on-failure.t\":[" OK
     "],\"finally.v\":[" OK "]}",
     "a calls test.isolate {\"device_id\":\"d1\"}\n"
     "a succeeded\n"
     "b calls test.isolate {\"device_id\":\"d1\"}\n"
     "b succeeded\n"
     "- failed failed\n"
     "run fails failed\n"
     "a supposed outcome fails\n"
     "on-failure.t calls test.look {\"device_id\":\"x\"}\n"
     "on-failure.t succeeded\n"
     "on-failure.c calls test.isolate {\"device_id\":\"d1\"}\n"
     "on-failure.c succeeded\n"
     "run ends failed\n"
     "b supposed outcome succeeds\n"
     "finally.u skipped\n"
     "on-failure.c supposed outcome fails\n"
     "finally.v calls test.look {\"device_id\":\"z\"}\n"
     "finally.v succeeded\n"
     "run failed\n"},
    {"finally of a run that went well asks about the main steps",
     "  - id: a\n"
     "    uses: test.isolate\n"
     "    with: { device_id: d1 }\n"
     "    on-error: continue\n"
     "finally:\n"
     "  - id: u\n"
     "    if: steps.a.status == 'failed'\n"
     "    uses: test.look\n"
     "    with: { device_id: y }\n",
     "{\"a\":[" MADE_UP "],\"a outcome\":[\"fails\"],\"finally.u\":[" OK "]}",
     "a calls test.isolate {\"device_id\":\"d1\"}\n"
     "a succeeded\n"
     "run ends succeeded\n"
     "a supposed outcome fails\n"
     "finally.u calls test.look {\"device_id\":\"y\"}\n"
     "finally.u succeeded\n"
     "run succeeded\n"},
    {"a condition over all steps asks about none, one over two asks about each",
     "  - id: a\n"
     "    uses: test.isolate\n"
     "    with: { device_id: d1 }\n"
     "    on-error: continue\n"
     "  - id: b\n"
     "    uses: test.isolate\n"
     "    with: { device_id: d1 }\n"
     "    on-error: continue\n"
     "  - id: t\n"
     "    if: size(steps) > 9 || run.id == 'x'\n"
     "    stop: {}\n"
     "  - id: u\n"
     "    if: steps.a.status == 'failed' && steps.b.status == 'failed'\n"
     "    stop: {}\n",
     "{\"a\":[" MADE_UP "],\"b\":[" MADE_UP
     "],\"t if\":[\"false\"],\"a outcome\":[\"fails\"],\"b outcome\":[\"succeeds\"]}",
     "a calls test.isolate {\"device_id\":\"d1\"}\n"
     "a succeeded\n"
     "b calls test.isolate {\"device_id\":\"d1\"}\n"
     "b succeeded\n"
     "t supposed if false\n"
     "t skipped\n"
     "a supposed outcome fails\n"
     "b supposed outcome succeeds\n"
     "u skipped\n"
     "run succeeded\n"},
    {"vars of an item are asked about item by item, those of the run once",
     "  - set: { x: \"${{ run.id }}\" }\n"
     "  - id: each\n"
     "    for-each: \"['d1', 'd2']\"\n"
     "    as: d\n"
     "    max: 2\n"
     "    steps:\n"
     "      - set: { y: \"${{ run.id + d }}\" }\n"
     "      - id: a\n"
     "        if: vars.y == 'z'\n"
     "        fail: no\n"
     "      - id: b\n"
     "        if: vars.x == 'z'\n"
     "        fail: no\n"
     "      - id: c\n"
     "        if: size(vars) > 9 || run.id == 'x'\n"
     "        fail: no\n",
     "{\"each[0].a if\":[\"false\"],\"each[1].a if\":[\"false\"],\"each[0].b "
     "if\":[\"false\"],\"each[0].c if\":[\"false\"],\"each[1].c if\":[\"false\"]}",
     "- sets {\"x\":{\"unknown\":\"run id, known after start\"}}\n"
     "- succeeded\n"
     "each loops [\"d1\",\"d2\"]\n"
     "- sets {\"y\":{\"unknown\":\"run id, known after start\"}}\n"
     "- succeeded\n"
     "each[0].a supposed if false\n"
     "each[0].a skipped\n"
     "each[0].b supposed if false\n"
     "each[0].b skipped\n"
     "each[0].c supposed if false\n"
     "each[0].c skipped\n"
     "- sets {\"y\":{\"unknown\":\"run id, known after start\"}}\n"
     "- succeeded\n"
     "each[1].a supposed if false\n"
     "each[1].a skipped\n"
     "each[1].b skipped\n"
     "each[1].c supposed if false\n"
     "each[1].c skipped\n"
     "each succeeded\n"
     "run succeeded\n"},
    {"an error that is not known is asked about where it is",
     "  - id: a\n"
     "    uses: test.isolate\n"
     "    with: { device_id: d1 }\n"
     "    on-error:\n"
     "      - id: b\n"
     "        if: error.code == 'refused'\n"
     "        uses: test.look\n"
     "        with: { device_id: x }\n"
     "      - id: c\n"
     "        if: run.id == 'x'\n"
     "        stop: {}\n",
     "{\"a\":[" MADE_UP
     "],\"a outcome\":[\"fails\"],\"a.on-error.b if\":[\"false\"],\"a.on-error.c if\":[\"false\"]}",
     "a calls test.isolate {\"device_id\":\"d1\"}\n"
     "a supposed outcome fails\n"
     "a catches known when it fails\n"
     "a.on-error.b supposed if false\n"
     "a.on-error.b skipped\n"
     "a.on-error.c supposed if false\n"
     "a.on-error.c skipped\n"
     "a failed known when it fails\n"
     "run succeeded\n"},
    {"the second iteration of a while asks about the steps of the first",
     "  - id: w\n"
     "    while: run.id == 'x'\n"
     "    max: 9\n"
     "    steps:\n"
     "      - id: t\n"
     "        if: steps.?a.status.orValue('') == 'failed'\n"
     "        stop: {}\n"
     "      - id: a\n"
     "        uses: test.isolate\n"
     "        with: { device_id: d1 }\n"
     "        on-error: continue\n"
     "      - id: u\n"
     "        if: steps.a.status == 'failed'\n"
     "        uses: test.look\n"
     "        with: { device_id: x }\n",
     "{\"w[0].a\":[" MADE_UP "],\"w[1].a\":[" MADE_UP
     "],\"w[0].a outcome\":[\"succeeds\"],\"w[1].a outcome\":[\"fails\"],\"w[1].u\":[" OK
     "],\"w while 2\":[\"false\"]}",
     "w supposed while 0 true\n"
     "w goes on, 0\n"
     "w[0].t skipped\n"
     "w[0].a calls test.isolate {\"device_id\":\"d1\"}\n"
     "w[0].a succeeded\n"
     "w[0].a supposed outcome succeeds\n"
     "w[0].u skipped\n"
     "w supposed while 1 true\n"
     "w goes on, 1\n"
     "w[1].t skipped\n"
     "w[1].a calls test.isolate {\"device_id\":\"d1\"}\n"
     "w[1].a succeeded\n"
     "w[1].a supposed outcome fails\n"
     "w[1].u calls test.look {\"device_id\":\"x\"}\n"
     "w[1].u succeeded\n"
     "w supposed while 2 false\n"
     "w succeeded\n"
     "run succeeded\n"},
};

static const struct story unknowns[] = {
    {"waits for times that are not known are over at once",
     "  - id: a\n"
     "    wait: \"${{ dyn(run.id) }}\"\n"
     "  - id: b\n"
     "    wait: { until: dyn(run.id) }\n",
     "{}",
     "a waits 0s\n"
     "a succeeded\n"
     "b waits 0s\n"
     "b succeeded\n"
     "run succeeded\n"},
    {"two waits and two forms at the same time: the longer one first",
     "  - id: p\n"
     "    parallel:\n"
     "      one:\n"
     "        - id: a\n"
     "          wait: { for: { incident: { match: { title: x } } }, timeout: 20m }\n"
     "          on-error: continue\n"
     "      two:\n"
     "        - id: b\n"
     "          wait: { for: { incident: { match: { title: x } } }, timeout: 10m }\n"
     "          on-error: continue\n"
     "      three:\n"
     "        - id: c\n"
     "          ask: { of: ana, within: 10m, on-timeout: continue, form: { note: {} } }\n"
     "      four:\n"
     "        - id: d\n"
     "          ask: { of: ana, within: 40m, on-timeout: continue, form: { note: {} } }\n",
     "{\"p.one.a wait\":[\"does not come\"],\"p.two.b wait\":[\"does not come\"],\"p.three.c "
     "ask\":[\"not answered\"],\"p.four.d ask\":[\"not answered\"]}",
     "p.one.a waits for incident 1200s\n"
     "p.two.b waits for incident 600s\n"
     "p.three.c asks ana 600s for 1 fields: \n"
     "p.four.d asks ana 2400s for 1 fields: \n"
     "p.one.a supposed wait does not come\n"
     "p.one.a timed-out timed-out\n"
     "p.two.b supposed wait does not come\n"
     "p.two.b timed-out timed-out\n"
     "p.three.c supposed ask not answered\n"
     "p.three.c is not answered\n"
     "p.three.c timed-out timed-out\n"
     "p.four.d supposed ask not answered\n"
     "p.four.d is not answered\n"
     "p.four.d timed-out timed-out\n"
     "p succeeded\n"
     "run succeeded\n"},
    {"a message that is not known",
     "  - id: a\n"
     "    approve: { by: ana, within: 10m, message: \"${{ run.id }}\" }\n"
     "    uses: test.look\n"
     "    with: { device_id: d1 }\n",
     "{\"a\":[" OK "]}",
     "a asks ana 600s: run id, known after start\n"
     "a supposed approve agreed\n"
     "a is approved\n"
     "a calls test.look {\"device_id\":\"d1\"}\n"
     "a succeeded\n"
     "run succeeded\n"},
    {"a while that is not known and has but one iteration",
     "  - id: w\n"
     "    while: run.id == 'x'\n"
     "    max: 1\n"
     "    steps:\n"
     "      - id: a\n"
     "        uses: test.look\n"
     "        with: { device_id: d1 }\n",
     "{\"w[0].a\":[" OK "]}",
     "w supposed while 0 true\n"
     "w goes on, 0\n"
     "w[0].a calls test.look {\"device_id\":\"d1\"}\n"
     "w[0].a succeeded\n"
     "w supposed while 1 true\n"
     "w failed limit\n"
     "run failed\n"},
    {"a key that is not known",
     "  - id: a\n"
     "    uses: test.block\n"
     "    with: { device_id: d1 }\n"
     "    idempotency-key: \"${{ run.id }}\"\n",
     "{\"a\":[" OK "]}",
     "a calls test.block {\"device_id\":\"d1\"}\n"
     "a succeeded\n"
     "run succeeded\n"},
    {"two calls are looked after at the same time",
     "  - id: each\n"
     "    for-each: \"['d1', 'd2']\"\n"
     "    as: d\n"
     "    max: 2\n"
     "    concurrency: 2\n"
     "    steps:\n"
     "      - id: a\n"
     "        uses: test.block\n"
     "        with: { device_id: \"${{ d }}\" }\n"
     "        poll: { until: \"output.risk == 'low'\", timeout: 1m }\n",
     "{\"each[0].a\":[" OK "],\"each[1].a\":[" OK "]}",
     "each loops [\"d1\",\"d2\"]\n"
     "each[0].a calls test.block {\"device_id\":\"d1\"}\n"
     "each[1].a calls test.block {\"device_id\":\"d2\"}\n"
     "each[0].a looks in 0s\n"
     "each[0].a succeeded\n"
     "each[1].a looks in 0s\n"
     "each[1].a succeeded\n"
     "each succeeded\n"
     "run succeeded\n"},
    {"a read is its own companion in a plan, too, and one that tells nothing",
     "  - id: a\n"
     "    uses: test.look\n"
     "    with: { device_id: d1 }\n"
     "    poll: { every: 10s, until: \"output.risk == 'low'\", timeout: 1m }\n"
     "  - id: b\n"
     "    uses: test.nudge\n"
     "    poll: { until: \"true\", timeout: 5m }\n",
     "{\"a\":[" OK "],\"b\":[" OK "]}",
     "a calls test.look {\"device_id\":\"d1\"}\n"
     "a looks in 0s\n"
     "a succeeded\n"
     "b calls test.nudge {}\n"
     "b looks in 0s\n"
     "b succeeded\n"
     "run succeeded\n"},
    {"a block that is agreed to holds calls of playbooks",
     "  - id: a\n"
     "    approve: { by: ana, within: 10m }\n"
     "    steps:\n"
     "      - id: c\n"
     "        if: run.id == 'x'\n"
     "        call: other\n"
     "        with: { who: \"${{ run.id }}\" }\n",
     "{\"a.c\":[{\"status\":\"succeeded\"}]}",
     "a asks ana 600s: \n"
     "a supposed approve agreed\n"
     "a is approved\n"
     "a.c supposed if true\n"
     "a.c calls run of other {\"who\":{\"unknown\":\"run id, known after start\"}}\n"
     "a.c run succeeded\n"
     "a.c succeeded\n"
     "a succeeded\n"
     "run succeeded\n"},
};

#define TELL(list, plan)                                                                           \
    static void list##_are_told(void **state)                                                      \
    {                                                                                              \
        size_t i;                                                                                  \
        (void)state;                                                                               \
        for (i = 0; i < sizeof(list) / sizeof(*(list)); i++)                                       \
            tell(&(list)[i], plan);                                                                \
    }
TELL(questions, true)
TELL(unknowns, true)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(questions_are_told),
        cmocka_unit_test(unknowns_are_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
