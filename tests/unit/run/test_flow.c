/*
 * test_flow.c - the kinds of steps that choose, repeat and run at the same time, told as stories:
 * each live, folded from its journal, and cut after every event and gone on with.
 */
#include "teller.h"

#include "tell.h"

static const struct story switches[] = {
    {"the first case that holds",
     "  - id: s\n    switch:\n"
     "      - when: incident.title == 'b'\n        steps:\n"
     "          - id: a\n            uses: test.look\n            with: { device_id: d1 }\n"
     "      - when: incident.title == 'a title'\n        steps:\n"
     "          - id: b\n            uses: test.look\n            with: { device_id: d2 }\n"
     "      - else:\n"
     "          - id: c\n            uses: test.look\n            with: { device_id: d3 }\n"
     "  - id: after\n    uses: test.look\n    with: { device_id: \"${{ [steps.a, steps.b, "
     "steps.c].map(s, s.status).join(' ') }}\" }\n",
     "{\"s.2.b\":[" OK "],\"after\":[" OK "]}",
     "s takes case 1\n"
     "s.2.b calls test.look {\"device_id\":\"d2\"}\n"
     "s.2.b succeeded\n"
     "s succeeded\n"
     "after calls test.look {\"device_id\":\"not-run succeeded not-run\"}\n"
     "after succeeded\n"
     "run succeeded\n"},
    {"else, and what every case sets is set",
     "  - switch:\n"
     "      - when: incident.title == 'b'\n        steps:\n          - set: { who: one }\n"
     "      - else:\n          - set: { who: two }\n"
     "  - id: after\n    uses: test.look\n    with: { device_id: \"${{ vars.who }}\" }\n",
     "{\"after\":[" OK "]}",
     "- takes case 1\n"
     "- sets {\"who\":\"two\"}\n"
     "- succeeded\n"
     "- succeeded\n"
     "after calls test.look {\"device_id\":\"two\"}\n"
     "after succeeded\n"
     "run succeeded\n"},
    {"no case holds: it is skipped",
     "  - id: s\n    switch:\n"
     "      - when: incident.title == 'b'\n        steps:\n          - fail: never\n"
     "  - id: after\n    uses: test.look\n    with: { device_id: \"${{ steps.s.status }}\" }\n",
     "{\"after\":[" OK "]}",
     "s skipped\n"
     "after calls test.look {\"device_id\":\"skipped\"}\n"
     "after succeeded\n"
     "run succeeded\n"},
    {"an error in a case fails the step, no later case is taken",
     "  - id: s\n    switch:\n"
     "      - when: incident.raw.nothing == 1\n        steps:\n          - fail: one\n"
     "      - else:\n          - fail: two\n",
     "{}",
     "s failed invalid\n"
     "run failed\n"},
    {"a case that fails fails the switch, and its on-error takes care",
     "  - id: s\n    on-error: continue\n    switch:\n"
     "      - when: \"true\"\n        steps:\n          - fail: one\n"
     "  - id: after\n    uses: test.look\n    with: { device_id: \"${{ steps.s.status }}\" }\n",
     "{\"after\":[" OK "]}",
     "s takes case 0\n"
     "- failed failed\n"
     "s failed failed\n"
     "after calls test.look {\"device_id\":\"failed\"}\n"
     "after succeeded\n"
     "run succeeded\n"},
};

static const struct story whiles[] = {
    {"as long as it holds, with the steps of the last iteration",
     "  - id: w\n    while: steps.page.?output.risk.orValue('high') == 'high'\n    max: 5\n"
     "    steps:\n"
     "      - id: page\n        uses: test.look\n"
     "        with: { device_id: \"${{ steps.page.?output.id.orValue('first') }}\" }\n"
     "  - id: after\n    uses: test.look\n    with: { device_id: \"${{ "
     "steps.w.output.map(i, i.status + ' ' + i.steps.page.output.id).join(', ') }}\" }\n",
     "{\"w[0].page\":[" OK "],\"w[1].page\":[{\"outcome\":\"succeeded\",\"output\":{\"id\":\"z\","
     "\"risk\":\"low\"}}],\"after\":[" OK "]}",
     "w goes on, 0\n"
     "w[0].page calls test.look {\"device_id\":\"first\"}\n"
     "w[0].page succeeded\n"
     "w goes on, 1\n"
     "w[1].page calls test.look {\"device_id\":\"d\"}\n"
     "w[1].page succeeded\n"
     "w succeeded\n"
     "after calls test.look {\"device_id\":\"succeeded d, succeeded z\"}\n"
     "after succeeded\n"
     "run succeeded\n"},
    {"never",
     "  - id: w\n    while: incident.title == 'x'\n    max: 5\n    steps:\n      - fail: never\n"
     "  - id: after\n    uses: test.look\n    with: { device_id: \"${{ "
     "string(size(steps.w.output)) }}\" }\n",
     "{\"after\":[" OK "]}",
     "w succeeded\n"
     "after calls test.look {\"device_id\":\"0\"}\n"
     "after succeeded\n"
     "run succeeded\n"},
    {"a condition that still holds at max fails",
     "  - id: w\n    while: incident.title == 'a title'\n    max: 2\n    steps:\n"
     "      - id: a\n        uses: test.look\n        with: { device_id: d1 }\n",
     "{\"w[0].a\":[" OK "],\"w[1].a\":[" OK "]}",
     "w goes on, 0\n"
     "w[0].a calls test.look {\"device_id\":\"d1\"}\n"
     "w[0].a succeeded\n"
     "w goes on, 1\n"
     "w[1].a calls test.look {\"device_id\":\"d1\"}\n"
     "w[1].a succeeded\n"
     "w failed limit\n"
     "run failed\n"},
    {"stop ends it and the run",
     "  - id: w\n    while: incident.title == 'a title'\n    max: 2\n    steps:\n"
     "      - stop: { reason: enough }\n",
     "{}",
     "w goes on, 0\n"
     "run stops done enough\n"
     "- succeeded\n"
     "w succeeded\n"
     "run succeeded\n"},
    {"what an iteration set is there in those behind it, until it is set anew",
     "  - id: w\n    while: vars.?n.orValue(0) < 3\n    max: 5\n    steps:\n"
     "      - set: { n: \"${{ vars.?n.orValue(0) + 1 }}\" }\n"
     "      - if: vars.n == 1\n        set: { first: x }\n"
     "      - id: a\n        uses: test.look\n        with: { device_id: \"${{ "
     "vars.?first.orValue('-') + string(vars.n) }}\" }\n",
     "{\"w[0].a\":[" OK "],\"w[1].a\":[" OK "],\"w[2].a\":[" OK "]}",
     "w goes on, 0\n"
     "- sets {\"n\":1}\n"
     "- succeeded\n"
     "- sets {\"first\":\"x\"}\n"
     "- succeeded\n"
     "w[0].a calls test.look {\"device_id\":\"x1\"}\n"
     "w[0].a succeeded\n"
     "w goes on, 1\n"
     "- sets {\"n\":2}\n"
     "- succeeded\n"
     "- skipped\n"
     "w[1].a calls test.look {\"device_id\":\"x2\"}\n"
     "w[1].a succeeded\n"
     "w goes on, 2\n"
     "- sets {\"n\":3}\n"
     "- succeeded\n"
     "- skipped\n"
     "w[2].a calls test.look {\"device_id\":\"x3\"}\n"
     "w[2].a succeeded\n"
     "w succeeded\n"
     "run succeeded\n"},
    {"set in a loop is of the item",
     "  - set: { base: x }\n"
     "  - id: each\n    for-each: \"['d1', 'd2']\"\n    as: d\n    max: 2\n    steps:\n"
     "      - set: { who: \"${{ vars.base + d }}\" }\n"
     "      - id: a\n        uses: test.look\n        with: { device_id: \"${{ vars.who }}\" }\n"
     "  - id: after\n    uses: test.look\n    with: { device_id: \"${{ "
     "steps.each.output.map(i, i.vars.who).join(' ') }}\" }\n",
     "{\"each[0].a\":[" OK "],\"each[1].a\":[" OK "],\"after\":[" OK "]}",
     "- sets {\"base\":\"x\"}\n"
     "- succeeded\n"
     "each loops [\"d1\",\"d2\"]\n"
     "- sets {\"who\":\"xd1\"}\n"
     "- succeeded\n"
     "each[0].a calls test.look {\"device_id\":\"xd1\"}\n"
     "each[0].a succeeded\n"
     "- sets {\"who\":\"xd2\"}\n"
     "- succeeded\n"
     "each[1].a calls test.look {\"device_id\":\"xd2\"}\n"
     "each[1].a succeeded\n"
     "each succeeded\n"
     "after calls test.look {\"device_id\":\"xd1 xd2\"}\n"
     "after succeeded\n"
     "run succeeded\n"},
};

#define TWO_BRANCHES(more)                                                                         \
    "  - id: p\n" more "    parallel:\n"                                                           \
    "      one:\n"                                                                                 \
    "        - id: a\n          uses: test.isolate\n          with: { device_id: d1 }\n"           \
    "        - id: b\n          uses: test.look\n          with: { device_id: d2 }\n"              \
    "      two:\n"                                                                                 \
    "        - id: c\n          uses: test.look\n          with: { device_id: d3 }\n"

static const struct story parallels[] = {
    {"branches are under way at the same time",
     TWO_BRANCHES("") "  - id: after\n    uses: test.look\n"
                      "    with: { device_id: \"${{ steps.b.output.id + steps.c.output.id }}\" }\n",
     "{\"p.one.a\":[\"later\"," OK "],\"p.one.b\":[" OK "],\"p.two.c\":[" OK "],\"after\":[" OK
     "]}",
     "p.one.a calls test.isolate {\"device_id\":\"d1\"}\n"
     "p.two.c calls test.look {\"device_id\":\"d3\"}\n"
     "p.two.c succeeded\n"
     "p.one.a succeeded\n"
     "p.one.b calls test.look {\"device_id\":\"d2\"}\n"
     "p.one.b succeeded\n"
     "p succeeded\n"
     "after calls test.look {\"device_id\":\"dd\"}\n"
     "after succeeded\n"
     "run succeeded\n"},
    {"a branch that fails breaks off what changed nothing", TWO_BRANCHES(""),
     "{\"p.one.a\":[\"later\"," OK "],\"p.two.c\":[" REFUSED "]}",
     "p.one.a calls test.isolate {\"device_id\":\"d1\"}\n"
     "p.two.c calls test.look {\"device_id\":\"d3\"}\n"
     "p.two.c failed refused\n"
     "p.one.a cancelled cancelled\n"
     "p failed refused\n"
     "run failed\n"},
    {"a change on its way comes to its end, and nothing follows it",
     TWO_BRANCHES("    on-error: continue\n") "  - id: after\n    uses: test.look\n"
                                              "    with: { device_id: \"${{ steps.a.status + ' ' + "
                                              "steps.b.status }}\" }\n",
     "{\"p.one.a\":[\"sends\",\"later\"," OK "],\"p.two.c\":[" REFUSED "],\"after\":[" OK "]}",
     "p.one.a calls test.isolate {\"device_id\":\"d1\"}\n"
     "p.two.c calls test.look {\"device_id\":\"d3\"}\n"
     "p.two.c failed refused\n"
     "p.one.a succeeded\n"
     "p failed refused\n"
     "after calls test.look {\"device_id\":\"succeeded not-run\"}\n"
     "after succeeded\n"
     "run succeeded\n"},
    {"an outcome that nobody knows still waits for a person", TWO_BRANCHES(""),
     "{\"p.one.a\":[\"sends\",\"later\"," LOST ",\"did-not\"],\"p.two.c\":[" REFUSED "]}",
     "p.one.a calls test.isolate {\"device_id\":\"d1\"}\n"
     "p.two.c calls test.look {\"device_id\":\"d3\"}\n"
     "p.two.c failed refused\n"
     "p.one.a held\n"
     "p.one.a resolved false\n"
     "p.one.a cancelled cancelled\n"
     "p failed refused\n"
     "run failed\n"},
    {"fail-fast: false lets the others go on", TWO_BRANCHES("    fail-fast: false\n"),
     "{\"p.one.a\":[\"later\"," OK "],\"p.one.b\":[" OK "],\"p.two.c\":[" REFUSED "]}",
     "p.one.a calls test.isolate {\"device_id\":\"d1\"}\n"
     "p.two.c calls test.look {\"device_id\":\"d3\"}\n"
     "p.two.c failed refused\n"
     "p.one.a succeeded\n"
     "p.one.b calls test.look {\"device_id\":\"d2\"}\n"
     "p.one.b succeeded\n"
     "p failed refused\n"
     "run failed\n"},
    {"a stop in one branch ends the others at their next step",
     "  - id: p\n    parallel:\n"
     "      one:\n"
     "        - id: a\n          uses: test.look\n          with: { device_id: d1 }\n"
     "        - id: b\n          uses: test.look\n          with: { device_id: d2 }\n"
     "      two:\n        - stop:\n"
     "      three:\n        - fail: never\n",
     "{\"p.one.a\":[" OK "]}",
     "p.one.a calls test.look {\"device_id\":\"d1\"}\n"
     "run stops done \n"
     "- succeeded\n"
     "p.one.a succeeded\n"
     "p succeeded\n"
     "run succeeded\n"},
};

#define TELL_END                                                                                   \
    "finally:\n  - id: tidy\n    uses: test.look\n"                                                \
    "    with: { device_id: \"${{ run.status + ' ' + steps.a.status }}\" }\n"

static const struct story ends[] = {
    {"vars, in order, and outputs",
     "  - id: a\n    uses: test.look\n    with: { device_id: \"${{ vars.both }}\" }\n"
     "vars: { one: x, both: \"${{ vars.one + incident.title }}\", list: [1, \"${{ 1 + 1 }}\"] }\n"
     "outputs: { id: \"${{ steps.a.output.id }}\", n: \"${{ vars.list }}\" }\n",
     "{\"a\":[" OK "]}",
     "run knows {\"one\":\"x\",\"both\":\"xa title\",\"list\":[1,2]}\n"
     "a calls test.look {\"device_id\":\"xa title\"}\n"
     "a succeeded\n"
     "run succeeded {\"id\":\"d\",\"n\":[1,2]}\n"},
    {"a var that cannot be computed fails the run before its first step",
     "  - id: a\n    uses: test.look\n    with: { device_id: d1 }\n"
     "vars: { one: \"${{ incident.raw.nothing }}\" }\n"
     "on-failure:\n  - id: b\n    uses: test.look\n    with: { device_id: \"${{ error.code }}\" "
     "}\n",
     "{\"on-failure.b\":[" OK "]}",
     "run fails invalid\n"
     "on-failure.b calls test.look {\"device_id\":\"invalid\"}\n"
     "on-failure.b succeeded\n"
     "run failed\n"},
    {"an output that cannot be computed fails the run",
     "  - id: a\n    uses: test.look\n    with: { device_id: d1 }\n"
     "outputs: { id: \"${{ incident.raw.nothing }}\" }\n",
     "{\"a\":[" OK "]}",
     "a calls test.look {\"device_id\":\"d1\"}\n"
     "a succeeded\n"
     "run failed\n"},
    {"finally behind success",
     "  - id: a\n    uses: test.look\n    with: { device_id: d1 }\n" TELL_END
     "outputs: { id: \"${{ steps.a.output.id }}\" }\n",
     "{\"a\":[" OK "],\"finally.tidy\":[" OK "]}",
     "a calls test.look {\"device_id\":\"d1\"}\n"
     "a succeeded\n"
     "run ends succeeded\n"
     "finally.tidy calls test.look {\"device_id\":\"succeeded succeeded\"}\n"
     "finally.tidy succeeded\n"
     "run succeeded {\"id\":\"d\"}\n"},
    {"finally behind on-failure, and sees it",
     "  - id: a\n    uses: test.look\n    with: { device_id: d1 }\n"
     "on-failure:\n  - id: b\n    uses: test.look\n    with: { device_id: d2 }\n"
     "finally:\n  - id: tidy\n    uses: test.look\n"
     "    with: { device_id: \"${{ run.status + ' ' + steps.b.status }}\" }\n",
     "{\"a\":[" REFUSED "],\"on-failure.b\":[" OK "],\"finally.tidy\":[" REFUSED "]}",
     "a calls test.look {\"device_id\":\"d1\"}\n"
     "a failed refused\n"
     "run fails refused\n"
     "on-failure.b calls test.look {\"device_id\":\"d2\"}\n"
     "on-failure.b succeeded\n"
     "run ends failed\n"
     "finally.tidy calls test.look {\"device_id\":\"failed succeeded\"}\n"
     "finally.tidy failed refused\n"
     "run failed\n"},
    {"finally behind a stop; what fails in it fails the run",
     "  - id: a\n    if: incident.title == 'x'\n    uses: test.look\n"
     "    with: { device_id: d1 }\n"
     "  - stop: { as: benign }\n" TELL_END,
     "{\"finally.tidy\":[" REFUSED "]}",
     "a skipped\n"
     "run stops benign \n"
     "- succeeded\n"
     "run ends succeeded\n"
     "finally.tidy calls test.look {\"device_id\":\"succeeded skipped\"}\n"
     "finally.tidy failed refused\n"
     "run failed\n"},
    {"a cancelled run breaks off, and finally follows",
     "  - id: block\n    on-error: continue\n    steps:\n"
     "      - id: a\n        uses: test.isolate\n        with: { device_id: d1 }\n"
     "      - id: b\n        uses: test.look\n        with: { device_id: d2 }\n"
     "on-failure:\n  - fail: never\n" TELL_END,
     "{\"block.a\":[\"cancel\"],\"finally.tidy\":[" OK "]}",
     "block.a calls test.isolate {\"device_id\":\"d1\"}\n"
     "run is cancelled by ann: enough\n"
     "block.a cancelled cancelled\n"
     "block cancelled cancelled\n"
     "run ends cancelled\n"
     "finally.tidy calls test.look {\"device_id\":\"cancelled cancelled\"}\n"
     "finally.tidy succeeded\n"
     "run cancelled\n"},
    {"a change on its way is waited for",
     "  - id: a\n    uses: test.isolate\n    with: { device_id: d1 }\n"
     "  - id: b\n    uses: test.look\n    with: { device_id: d2 }\n",
     "{\"a\":[\"sends\",\"cancel\"," OK "]}",
     "a calls test.isolate {\"device_id\":\"d1\"}\n"
     "run is cancelled by ann: enough\n"
     "a succeeded\n"
     "run cancelled\n"},
    {"cancelled in on-failure, it has failed",
     "  - id: a\n    uses: test.look\n    with: { device_id: d1 }\n"
     "on-failure:\n  - id: b\n    uses: test.look\n    with: { device_id: d2 }\n",
     "{\"a\":[" REFUSED "],\"on-failure.b\":[\"cancel\"]}",
     "a calls test.look {\"device_id\":\"d1\"}\n"
     "a failed refused\n"
     "run fails refused\n"
     "on-failure.b calls test.look {\"device_id\":\"d2\"}\n"
     "run is cancelled by ann: enough\n"
     "on-failure.b cancelled cancelled\n"
     "run failed\n"},
    {"defaults: a step's own wins",
     "  - id: a\n    uses: test.look\n    with: { device_id: d1 }\n"
     "  - id: b\n    uses: test.look\n    with: { device_id: d2 }\n    retry: { max: 0 }\n"
     "    on-error: fail\n"
     "defaults: { retry: { max: 1, first: 1s }, on-error: continue }\n",
     "{\"a\":[" THROTTLED "," REFUSED "],\"b\":[" THROTTLED "]}",
     "a calls test.look {\"device_id\":\"d1\"}\n"
     "a waits 1s\n"
     "a calls test.look {\"device_id\":\"d1\"}\n"
     "a failed refused\n"
     "b calls test.look {\"device_id\":\"d2\"}\n"
     "b failed throttled\n"
     "run failed\n"},
};

#define CALLS(more)                                                                                \
    "  - id: c\n    call: other\n    with: { who: \"${{ incident.title }}\" }\n" more

static const struct story calls[] = {
    {"a called run gives its outputs",
     CALLS("") "  - id: after\n    uses: test.look\n"
               "    with: { device_id: \"${{ steps.c.output.id }}\" }\n",
     "{\"c\":[{\"status\":\"succeeded\",\"outputs\":{\"id\":\"z\"}}],\"after\":[" OK "]}",
     "c calls run of other {\"who\":\"a title\"}\n"
     "c run succeeded\n"
     "c succeeded\n"
     "after calls test.look {\"device_id\":\"z\"}\n"
     "after succeeded\n"
     "run succeeded\n"},
    {"its failure is the step's",
     CALLS("    on-error: continue\n") "  - id: after\n    uses: test.look\n    with: { device_id: "
                                       "\"${{ steps.c.error.code }}\" }\n",
     "{\"c\":[{\"status\":\"failed\",\"error\":{\"code\":\"refused\",\"message\":\"no\"}}],"
     "\"after\":[" OK "]}",
     "c calls run of other {\"who\":\"a title\"}\n"
     "c run failed\n"
     "c failed refused\n"
     "after calls test.look {\"device_id\":\"refused\"}\n"
     "after succeeded\n"
     "run succeeded\n"},
    {"its time is up", CALLS("    timeout: 5m\n"), "{\"c\":[\"never\",{\"status\":\"cancelled\"}]}",
     "c calls run of other {\"who\":\"a title\"}\n"
     "c ends its run: the time of its caller was up\n"
     "c run cancelled\n"
     "c timed-out timed-out\n"
     "run failed\n"},
    {"... but it succeeded at the last moment", CALLS("    timeout: 5m\n"),
     "{\"c\":[\"never\",{\"status\":\"succeeded\"}]}",
     "c calls run of other {\"who\":\"a title\"}\n"
     "c ends its run: the time of its caller was up\n"
     "c run succeeded\n"
     "c succeeded\n"
     "run succeeded\n"},
    {"detached, nothing waits",
     CALLS("    detach: true\n") "  - id: after\n    uses: test.look\n"
                                 "    with: { device_id: \"${{ steps.c.output.run }}\" }\n",
     "{\"after\":[" OK "]}",
     "c calls run of other {\"who\":\"a title\"}\n"
     "c succeeded\n"
     "after calls test.look {\"device_id\":\"child\"}\n"
     "after succeeded\n"
     "run succeeded\n"},
    {"a branch that fails ends the run that another one called",
     "  - id: p\n    parallel:\n      one:\n        - id: c\n          call: other\n"
     "      two:\n        - id: a\n          uses: test.look\n          with: { device_id: d1 }\n",
     "{\"p.one.c\":[\"never\",{\"status\":\"cancelled\"}],\"p.two.a\":[" REFUSED "]}",
     "p.one.c calls run of other {}\n"
     "p.two.a calls test.look {\"device_id\":\"d1\"}\n"
     "p.two.a failed refused\n"
     "p.one.c ends its run: its caller was cancelled\n"
     "p.one.c run cancelled\n"
     "p.one.c cancelled\n"
     "p failed refused\n"
     "run failed\n"},
};

/* Told of plans: run.id is not known there. */
static const struct story plans_of_flow[] = {
    {"an unknown case is supposed not to hold, the next one to",
     "  - id: s\n    switch:\n"
     "      - when: run.id == 'x'\n        steps:\n          - fail: one\n"
     "      - when: run.id == 'y'\n        steps:\n          - set: { who: two }\n"
     "      - else:\n          - fail: three\n"
     "  - if: run.id == 'y'\n    fail: found again\n",
     "{\"s when 1\":[\"false\"]}",
     "s supposed when 1 false\n"
     "s supposed when 2 true\n"
     "s takes case 1\n"
     "- sets {\"who\":\"two\"}\n"
     "- succeeded\n"
     "s succeeded\n"
     "- failed failed\n"
     "run failed\n"},
    {"an unknown while is supposed to end after one iteration",
     "  - id: w\n    while: run.id == 'x'\n    max: 9\n    steps:\n"
     "      - id: a\n        uses: test.look\n        with: { device_id: d1 }\n",
     "{\"w[0].a\":[" OK "],\"w while 1\":[\"false\"]}",
     "w supposed while 0 true\n"
     "w goes on, 0\n"
     "w[0].a calls test.look {\"device_id\":\"d1\"}\n"
     "w[0].a succeeded\n"
     "w supposed while 1 false\n"
     "w succeeded\n"
     "run succeeded\n"},
    {"... or to come to its max",
     "  - id: w\n    while: run.id == 'x'\n    max: 9\n    steps:\n"
     "      - id: a\n        uses: test.look\n        with: { device_id: d1 }\n",
     "{\"w[0].a\":[" OK "],\"w[1].a\":[" OK "]}",
     "w supposed while 0 true\n"
     "w goes on, 0\n"
     "w[0].a calls test.look {\"device_id\":\"d1\"}\n"
     "w[0].a succeeded\n"
     "w supposed while 1 true\n"
     "w goes on, 1\n"
     "w[1].a calls test.look {\"device_id\":\"d1\"}\n"
     "w[1].a succeeded\n"
     "w supposed while 2 true\n"
     "w failed limit\n"
     "run failed\n"},
    {"the outcome of a step in the last iteration is asked by the condition",
     "  - id: w\n    while: steps.a.status != 'succeeded'\n    max: 9\n    steps:\n"
     "      - id: a\n        uses: test.isolate\n        with: { device_id: d1 }\n"
     "        on-error: continue\n",
     "{\"w[0].a\":[" MADE_UP "],\"w[1].a\":[" MADE_UP "],\"w[0].a outcome\":[\"fails\"]}",
     "w goes on, 0\n"
     "w[0].a calls test.isolate {\"device_id\":\"d1\"}\n"
     "w[0].a succeeded\n"
     "w[0].a supposed outcome fails\n"
     "w goes on, 1\n"
     "w[1].a calls test.isolate {\"device_id\":\"d1\"}\n"
     "w[1].a succeeded\n"
     "w[1].a supposed outcome succeeds\n"
     "w succeeded\n"
     "run succeeded\n"},
    {"a branch that is supposed to fail fails the step, and finally follows",
     "  - id: p\n    parallel:\n"
     "      one:\n"
     "        - id: a\n          uses: test.isolate\n          with: { device_id: d1 }\n"
     "        - id: b\n          uses: test.look\n          with: { device_id: d2 }\n"
     "      two:\n"
     "        - if: run.id == 'x'\n          fail: no\n"
     "finally:\n  - id: tidy\n    if: run.status == 'failed'\n    uses: test.look\n"
     "    with: { device_id: d3 }\n",
     "{\"p.one.a\":[" MADE_UP "],\"p.one.b\":[" OK "],\"finally.tidy\":[" OK "]}",
     "p.one.a calls test.isolate {\"device_id\":\"d1\"}\n"
     "p.one.a supposed outcome succeeds\n"
     "p.one.a succeeded\n"
     "p.one.b calls test.look {\"device_id\":\"d2\"}\n"
     "p.one.b succeeded\n"
     "- supposed if true\n"
     "- failed failed\n"
     "p failed failed\n"
     "run ends failed\n"
     "finally.tidy calls test.look {\"device_id\":\"d3\"}\n"
     "finally.tidy succeeded\n"
     "run failed\n"},
};

static void plans_are_told(void **state)
{
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(plans_of_flow) / sizeof(*plans_of_flow); i++)
        tell(&plans_of_flow[i], true);
}

#define TELL(stories)                                                                              \
    static void stories##_are_told(void **state)                                                   \
    {                                                                                              \
        size_t i;                                                                                  \
        (void)state;                                                                               \
        for (i = 0; i < sizeof(stories) / sizeof(*stories); i++)                                   \
            tell(&stories[i], false);                                                              \
    }
TELL(switches)
TELL(whiles)
TELL(parallels)
TELL(ends)
TELL(calls)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(switches_are_told),  cmocka_unit_test(whiles_are_told),
        cmocka_unit_test(parallels_are_told), cmocka_unit_test(ends_are_told),
        cmocka_unit_test(calls_are_told),     cmocka_unit_test(plans_are_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
