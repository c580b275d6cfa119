/*
 * stories.h - the cases of test_run.c: steps, scripted answers, and what must come out.
 */
#ifndef TEST_RUN_STORIES_H
#define TEST_RUN_STORIES_H

struct story {
    const char *name;
    const char *steps;   /* YAML behind `steps:`, and maybe on-failure */
    const char *answers; /* JSON: path -> list of outcomes, one for each attempt */
    const char *expected;
};

#define OK "{\"outcome\":\"succeeded\",\"output\":{\"id\":\"d\",\"risk\":\"high\"}}"
#define REFUSED "{\"outcome\":\"failed\",\"error\":{\"code\":\"refused\",\"message\":\"no\"}}"
#define THROTTLED "{\"outcome\":\"failed\",\"error\":{\"code\":\"throttled\",\"message\":\"busy\"}}"
#define LOST                                                                                       \
    "{\"outcome\":\"unknown\",\"error\":{\"code\":\"unknown-outcome\",\"message\":\"lost\"}}"

static const struct story stories[] = {
    {"one call", "  - id: a\n    uses: test.look\n    with: { device_id: d1 }\n",
     "{\"a\":[" OK "]}",
     "a calls test.look {\"device_id\":\"d1\"}\n"
     "a succeeded\n"
     "run succeeded\n"},
    {"a condition over an answer",
     "  - id: a\n    uses: test.look\n    with: { device_id: d1 }\n"
     "  - id: b\n    if: steps.a.output.risk == 'high'\n    uses: test.isolate\n"
     "    with: { device_id: \"${{ steps.a.output.id }}\" }\n"
     "  - id: c\n    if: steps.a.output.risk == 'low'\n    uses: test.isolate\n"
     "    with: { device_id: d2 }\n",
     "{\"a\":[" OK "],\"b\":[" OK "]}",
     "a calls test.look {\"device_id\":\"d1\"}\n"
     "a succeeded\n"
     "b calls test.isolate {\"device_id\":\"d\"}\n"
     "b succeeded\n"
     "c skipped\n"
     "run succeeded\n"},
    {"a failed step ends the run, and on-failure knows it",
     "  - id: a\n    uses: test.look\n    with: { device_id: d1 }\n"
     "  - id: b\n    uses: test.look\n    with: { device_id: d2 }\n"
     "on-failure:\n"
     "  - id: tell\n    uses: test.look\n"
     "    with: { device_id: x, note: \"${{ error.step }} ${{ error.code }}\" }\n",
     "{\"a\":[" REFUSED "],\"on-failure.tell\":[" OK "]}",
     "a calls test.look {\"device_id\":\"d1\"}\n"
     "a failed refused\n"
     "run fails refused\n"
     "on-failure.tell calls test.look {\"device_id\":\"x\",\"note\":\"a refused\"}\n"
     "on-failure.tell succeeded\n"
     "run failed\n"},
    {"on-error: continue goes on",
     "  - id: a\n    uses: test.look\n    with: { device_id: d1 }\n    on-error: continue\n"
     "  - id: b\n    uses: test.look\n"
     "    with: { device_id: \"${{ steps.a.status }}\" }\n",
     "{\"a\":[" REFUSED "],\"b\":[" OK "]}",
     "a calls test.look {\"device_id\":\"d1\"}\n"
     "a failed refused\n"
     "b calls test.look {\"device_id\":\"failed\"}\n"
     "b succeeded\n"
     "run succeeded\n"},
    {"on-error: steps catches",
     "  - id: a\n    uses: test.look\n    with: { device_id: d1 }\n    on-error:\n"
     "      - id: c\n        uses: test.look\n"
     "        with: { device_id: \"${{ error.code }}\" }\n"
     "  - id: b\n    uses: test.look\n    with: { device_id: d2 }\n",
     "{\"a\":[" REFUSED "],\"a.on-error.c\":[" OK "],\"b\":[" OK "]}",
     "a calls test.look {\"device_id\":\"d1\"}\n"
     "a catches refused\n"
     "a.on-error.c calls test.look {\"device_id\":\"refused\"}\n"
     "a.on-error.c succeeded\n"
     "a failed refused\n"
     "b calls test.look {\"device_id\":\"d2\"}\n"
     "b succeeded\n"
     "run succeeded\n"},
    {"steps of on-error that nothing called for have a status too",
     "  - id: a\n    uses: test.look\n    with: { device_id: d1 }\n    on-error:\n"
     "      - id: c\n        uses: test.look\n        with: { device_id: d2 }\n"
     "  - id: b\n    uses: test.look\n"
     "    with: { device_id: \"${{ steps.c.status }}\" }\n",
     "{\"a\":[" OK "],\"b\":[" OK "]}",
     "a calls test.look {\"device_id\":\"d1\"}\n"
     "a succeeded\n"
     "b calls test.look {\"device_id\":\"not-run\"}\n"
     "b succeeded\n"
     "run succeeded\n"},
    {"on-failure reads how far the main steps came",
     "  - id: a\n    uses: test.look\n    with: { device_id: d1 }\n"
     "  - id: b\n    uses: test.look\n    with: { device_id: d2 }\n"
     "  - id: c\n    uses: test.look\n    with: { device_id: d3 }\n"
     "on-failure:\n"
     "  - id: tell\n    uses: test.look\n"
     "    with: { device_id: \"${{ [steps.a, steps.b, steps.c].map(s, s.status).join(' ') }}\" }\n",
     "{\"a\":[" OK "],\"b\":[" REFUSED "],\"on-failure.tell\":[" OK "]}",
     "a calls test.look {\"device_id\":\"d1\"}\n"
     "a succeeded\n"
     "b calls test.look {\"device_id\":\"d2\"}\n"
     "b failed refused\n"
     "run fails refused\n"
     "on-failure.tell calls test.look {\"device_id\":\"succeeded failed not-run\"}\n"
     "on-failure.tell succeeded\n"
     "run failed\n"},
    {"a failing catcher fails the run",
     "  - id: a\n    uses: test.look\n    with: { device_id: d1 }\n    on-error:\n"
     "      - fail: { reason: \"gave up\" }\n",
     "{\"a\":[" REFUSED "]}",
     "a calls test.look {\"device_id\":\"d1\"}\n"
     "a catches refused\n"
     "- failed failed\n"
     "a failed failed\n"
     "run failed\n"},
    {"retry until it works",
     "  - id: a\n    uses: test.look\n    with: { device_id: d1 }\n"
     "    retry: { max: 2, first: 1s, backoff: exponential }\n",
     "{\"a\":[" THROTTLED "," THROTTLED "," OK "]}",
     "a calls test.look {\"device_id\":\"d1\"}\n"
     "a waits 1s\n"
     "a calls test.look {\"device_id\":\"d1\"}\n"
     "a waits 2s\n"
     "a calls test.look {\"device_id\":\"d1\"}\n"
     "a succeeded\n"
     "run succeeded\n"},
    {"retry is for what may pass: a refusal is final",
     "  - id: a\n    uses: test.look\n    with: { device_id: d1 }\n    retry: { max: 2 }\n",
     "{\"a\":[" REFUSED "]}",
     "a calls test.look {\"device_id\":\"d1\"}\n"
     "a failed refused\n"
     "run failed\n"},
    {"an unknown outcome holds the run until a person says it happened",
     "  - id: a\n    uses: test.isolate\n    with: { device_id: d1 }\n"
     "  - id: b\n    uses: test.look\n    with: { device_id: d2 }\n",
     "{\"a\":[" LOST ",\"happened\"],\"b\":[" OK "]}",
     "a calls test.isolate {\"device_id\":\"d1\"}\n"
     "a held\n"
     "a resolved true\n"
     "a succeeded\n"
     "b calls test.look {\"device_id\":\"d2\"}\n"
     "b succeeded\n"
     "run succeeded\n"},
    {"... or that it did not: it is called again",
     "  - id: a\n    uses: test.isolate\n    with: { device_id: d1 }\n",
     "{\"a\":[" LOST ",\"did-not\"," OK "]}",
     "a calls test.isolate {\"device_id\":\"d1\"}\n"
     "a held\n"
     "a resolved false\n"
     "a calls test.isolate {\"device_id\":\"d1\"}\n"
     "a succeeded\n"
     "run succeeded\n"},
    {"for-each, one after the other",
     "  - id: each\n    for-each: \"['d1', 'd2']\"\n    as: d\n    max: 2\n    steps:\n"
     "      - id: a\n        uses: test.look\n        with: { device_id: \"${{ d }}\" }\n"
     "  - id: after\n    uses: test.look\n    with: { device_id: \"${{ steps.each.output"
     ".map(i, i.item + '=' + i.steps.a.status).join(' ') }}\" }\n",
     "{\"each[0].a\":[" OK "],\"each[1].a\":[" OK "],\"after\":[" OK "]}",
     "each loops [\"d1\",\"d2\"]\n"
     "each[0].a calls test.look {\"device_id\":\"d1\"}\n"
     "each[0].a succeeded\n"
     "each[1].a calls test.look {\"device_id\":\"d2\"}\n"
     "each[1].a succeeded\n"
     "each succeeded\n"
     "after calls test.look {\"device_id\":\"d1=succeeded d2=succeeded\"}\n"
     "after succeeded\n"
     "run succeeded\n"},
    {"for-each over more than max begins nothing",
     "  - id: each\n    for-each: \"['d1', 'd2', 'd3']\"\n    as: d\n    max: 2\n    steps:\n"
     "      - id: a\n        uses: test.isolate\n        with: { device_id: \"${{ d }}\" }\n",
     "{}",
     "each failed limit\n"
     "run failed\n"},
    {"a failed item ends the loop, the ones under way come to their end",
     "  - id: each\n    for-each: \"['d1', 'd2', 'd3']\"\n    as: d\n    max: 3\n"
     "    concurrency: 2\n    on-error: continue\n    steps:\n"
     "      - id: a\n        uses: test.look\n        with: { device_id: \"${{ d }}\" }\n"
     "  - id: after\n    uses: test.look\n    with: { device_id: \"${{ "
     "steps.each.?output.orValue([])"
     ".map(i, i.status).join(' ') }}\" }\n",
     "{\"each[0].a\":[" REFUSED "],\"each[1].a\":[" OK "],\"after\":[" OK "]}",
     "each loops [\"d1\",\"d2\",\"d3\"]\n"
     "each[0].a calls test.look {\"device_id\":\"d1\"}\n"
     "each[1].a calls test.look {\"device_id\":\"d2\"}\n"
     "each[0].a failed refused\n"
     "each[1].a succeeded\n"
     "each failed refused\n"
     "after calls test.look {\"device_id\":\"failed succeeded not-run\"}\n"
     "after succeeded\n"
     "run succeeded\n"},
    {"a run disrupts five targets at the most",
     "  - id: each\n    for-each: \"['1', '2', '3', '4', '5', '6']\"\n    as: d\n    max: 6\n"
     "    steps:\n"
     "      - id: a\n        uses: test.isolate\n        with: { device_id: \"${{ d }}\" }\n",
     "{\"each[0].a\":[" OK "],\"each[1].a\":[" OK "],\"each[2].a\":[" OK "],\"each[3].a\":[" OK
     "],\"each[4].a\":[" OK "]}",
     "each loops [\"1\",\"2\",\"3\",\"4\",\"5\",\"6\"]\n"
     "each[0].a calls test.isolate {\"device_id\":\"1\"}\n"
     "each[0].a succeeded\n"
     "each[1].a calls test.isolate {\"device_id\":\"2\"}\n"
     "each[1].a succeeded\n"
     "each[2].a calls test.isolate {\"device_id\":\"3\"}\n"
     "each[2].a succeeded\n"
     "each[3].a calls test.isolate {\"device_id\":\"4\"}\n"
     "each[3].a succeeded\n"
     "each[4].a calls test.isolate {\"device_id\":\"5\"}\n"
     "each[4].a succeeded\n"
     "each[5].a failed limit\n"
     "each failed limit\n"
     "run failed\n"},
    {"set, blocks and else",
     "  - set: { who: d9 }\n"
     "  - id: block\n    if: vars.who == 'nobody'\n    steps:\n"
     "      - id: a\n        uses: test.isolate\n        with: { device_id: x }\n"
     "    else:\n"
     "      - id: b\n        uses: test.look\n        with: { device_id: \"${{ vars.who }}\" }\n"
     "  - id: c\n    uses: test.look\n"
     "    with: { device_id: \"${{ steps.a.status }} ${{ steps.b.status }}\" }\n",
     "{\"block.else.b\":[" OK "],\"c\":[" OK "]}",
     "- sets {\"who\":\"d9\"}\n"
     "- succeeded\n"
     "block.else.b calls test.look {\"device_id\":\"d9\"}\n"
     "block.else.b succeeded\n"
     "block succeeded\n"
     "c calls test.look {\"device_id\":\"not-run succeeded\"}\n"
     "c succeeded\n"
     "run succeeded\n"},
    {"stop ends the run well and nothing follows",
     "  - id: gate\n    if: \"true\"\n    steps:\n"
     "      - stop: { as: benign, reason: \"known ${{ 1 + 1 }}\" }\n"
     "  - id: a\n    uses: test.isolate\n    with: { device_id: d1 }\n",
     "{}",
     "run stops benign known 2\n"
     "- succeeded\n"
     "gate succeeded\n"
     "run succeeded\n"},
    {"an error in a condition fails the step, it is never just false",
     "  - id: a\n    if: dyn(incident.title).nothing == 1\n    uses: test.isolate\n"
     "    with: { device_id: d1 }\n",
     "{}",
     "a failed invalid\n"
     "run failed\n"},
    {"arguments of the wrong type never leave the house",
     "  - id: a\n    uses: test.isolate\n    with: { device_id: \"${{ dyn([1]) }}\" }\n", "{}",
     "a failed invalid\n"
     "run failed\n"},
    {"a text that looks like an expression stays text",
     "  - id: a\n    uses: test.look\n    with: { device_id: \"${{ '$' + '{{ 1 + 1 }}' }}\" }\n",
     "{\"a\":[" OK "]}",
     "a calls test.look {\"device_id\":\"${{ 1 + 1 }}\"}\n"
     "a succeeded\n"
     "run succeeded\n"},
    {"stop in on-error ends the run well",
     "  - id: a\n    uses: test.look\n    with: { device_id: d1 }\n    on-error:\n"
     "      - stop: { reason: enough }\n"
     "      - uses: test.look\n        with: { device_id: d2 }\n"
     "  - id: b\n    uses: test.look\n    with: { device_id: d3 }\n",
     "{\"a\":[" REFUSED "]}",
     "a calls test.look {\"device_id\":\"d1\"}\n"
     "a catches refused\n"
     "run stops done enough\n"
     "- succeeded\n"
     "a failed refused\n"
     "run succeeded\n"},
    {"stop and fail in on-failure change nothing of the run's end",
     "  - id: a\n    uses: test.look\n    with: { device_id: d1 }\n"
     "on-failure:\n"
     "  - if: error.code == 'refused'\n    stop: { reason: enough }\n"
     "  - fail: { reason: no }\n",
     "{\"a\":[" REFUSED "]}",
     "a calls test.look {\"device_id\":\"d1\"}\n"
     "a failed refused\n"
     "run fails refused\n"
     "run stops done enough\n"
     "- succeeded\n"
     "run failed\n"},
    {"the deadline of a block bounds the retries in it",
     "  - id: x\n    timeout: 30s\n    on-error: continue\n    steps:\n"
     "      - id: a\n        uses: test.look\n        with: { device_id: d1 }\n"
     "        retry: { max: 5, first: 20s, backoff: fixed }\n"
     "  - id: b\n    uses: test.look\n    with: { device_id: \"${{ steps.x.status }}\" }\n",
     "{\"x.a\":[" THROTTLED "," THROTTLED "],\"b\":[" OK "]}",
     "x.a calls test.look {\"device_id\":\"d1\"}\n"
     "x.a waits 20s\n"
     "x.a calls test.look {\"device_id\":\"d1\"}\n"
     "x.a failed throttled\n"
     "x failed throttled\n"
     "b calls test.look {\"device_id\":\"failed\"}\n"
     "b succeeded\n"
     "run succeeded\n"},
    {"on-error in on-error, and error is the innermost",
     "  - id: a\n    uses: test.look\n    with: { device_id: d1 }\n    on-error:\n"
     "      - id: b\n        uses: test.look\n        with: { device_id: d2 }\n"
     "        on-error:\n"
     "          - id: c\n            uses: test.look\n"
     "            with: { device_id: \"${{ error.step }}\" }\n"
     "      - id: d\n        uses: test.look\n"
     "        with: { device_id: \"${{ error.step }}\" }\n",
     "{\"a\":[" REFUSED "],\"a.on-error.b\":[" THROTTLED "],\"a.on-error.b.on-error.c\":[" OK
     "],\"a.on-error.d\":[" OK "]}",
     "a calls test.look {\"device_id\":\"d1\"}\n"
     "a catches refused\n"
     "a.on-error.b calls test.look {\"device_id\":\"d2\"}\n"
     "a.on-error.b catches throttled\n"
     "a.on-error.b.on-error.c calls test.look {\"device_id\":\"a.on-error.b\"}\n"
     "a.on-error.b.on-error.c succeeded\n"
     "a.on-error.b failed throttled\n"
     "a.on-error.d calls test.look {\"device_id\":\"a\"}\n"
     "a.on-error.d succeeded\n"
     "a failed refused\n"
     "run succeeded\n"},
    {"a loop in a loop: each item has steps of its own",
     "  - id: o\n    for-each: \"['1', '2']\"\n    as: x\n    max: 2\n    steps:\n"
     "      - id: i\n        for-each: \"[x + 'a', x + 'b']\"\n        as: y\n        max: 2\n"
     "        steps:\n"
     "          - id: a\n            uses: test.look\n"
     "            with: { device_id: \"${{ y }}\" }\n"
     "      - id: b\n        uses: test.look\n"
     "        with: { device_id: \"${{ steps.i.output.map(k, k.item).join(' ') }}\" }\n",
     "{\"o[0].i[0].a\":[" OK "],\"o[0].i[1].a\":[" OK "],\"o[1].i[0].a\":[" OK
     "],\"o[1].i[1].a\":[" OK "],\"o[0].b\":[" OK "],\"o[1].b\":[" OK "]}",
     "o loops [\"1\",\"2\"]\n"
     "o[0].i loops [\"1a\",\"1b\"]\n"
     "o[0].i[0].a calls test.look {\"device_id\":\"1a\"}\n"
     "o[0].i[0].a succeeded\n"
     "o[0].i[1].a calls test.look {\"device_id\":\"1b\"}\n"
     "o[0].i[1].a succeeded\n"
     "o[0].i succeeded\n"
     "o[0].b calls test.look {\"device_id\":\"1a 1b\"}\n"
     "o[0].b succeeded\n"
     "o[1].i loops [\"2a\",\"2b\"]\n"
     "o[1].i[0].a calls test.look {\"device_id\":\"2a\"}\n"
     "o[1].i[0].a succeeded\n"
     "o[1].i[1].a calls test.look {\"device_id\":\"2b\"}\n"
     "o[1].i[1].a succeeded\n"
     "o[1].i succeeded\n"
     "o[1].b calls test.look {\"device_id\":\"2a 2b\"}\n"
     "o[1].b succeeded\n"
     "o succeeded\n"
     "run succeeded\n"},
};

#define MADE_UP                                                                                    \
    "{\"outcome\":\"succeeded\",\"simulated\":true,\"output\":{\"id\":\"d\",\"risk\":\"high\"}}"

/* The same, told of one path of a plan: `path what` is scripted what it supposes, else the usual.
 * run.id is not known there. */
static const struct story plans[] = {
    {"an unknown condition is supposed to hold",
     "  - if: run.id == 'x'\n    steps:\n      - set: { who: one }\n"
     "    else:\n      - set: { who: two }\n"
     "  - id: a\n    uses: test.look\n    with: { device_id: \"${{ vars.who }}\" }\n",
     "{\"a\":[" OK "]}",
     "- supposed if true\n"
     "- sets {\"who\":\"one\"}\n"
     "- succeeded\n"
     "- succeeded\n"
     "a calls test.look {\"device_id\":\"one\"}\n"
     "a succeeded\n"
     "run succeeded\n"},
    {"... or not to hold; each branch may set the same name",
     "  - if: run.id == 'x'\n    steps:\n      - set: { who: one }\n"
     "    else:\n      - set: { who: two }\n"
     "  - id: a\n    uses: test.look\n    with: { device_id: \"${{ vars.who }}\" }\n",
     "{\"a\":[" OK "],\"_0 if\":[\"false\"]}",
     "- supposed if false\n"
     "- sets {\"who\":\"two\"}\n"
     "- succeeded\n"
     "- succeeded\n"
     "a calls test.look {\"device_id\":\"two\"}\n"
     "a succeeded\n"
     "run succeeded\n"},
    {"a path keeps to what it has supposed",
     "  - id: a\n    if: run.id == 'x'\n    uses: test.look\n    with: { device_id: d1 }\n"
     "  - id: each\n    for-each: \"['d2', 'd3']\"\n    as: d\n    max: 2\n    steps:\n"
     "      - id: b\n        if: run.id == 'x'\n        uses: test.look\n"
     "        with: { device_id: \"${{ d }}\" }\n"
     "  - id: c\n    if: run.id != 'x'\n    uses: test.look\n    with: { device_id: d4 }\n",
     "{\"a if\":[\"false\"],\"c if\":[\"false\"]}",
     "a supposed if false\n"
     "a skipped\n"
     "each loops [\"d2\",\"d3\"]\n"
     "each[0].b skipped\n"
     "each[1].b skipped\n"
     "each succeeded\n"
     "c supposed if false\n"
     "c skipped\n"
     "run succeeded\n"},
    {"items of a loop are asked about one by one where they differ",
     "  - id: each\n    for-each: \"['d2', 'd3']\"\n    as: d\n    max: 2\n    steps:\n"
     "      - id: b\n        if: run.id == d\n        fail: { reason: no }\n",
     "{\"each[0].b if\":[\"false\"]}",
     "each loops [\"d2\",\"d3\"]\n"
     "each[0].b supposed if false\n"
     "each[0].b skipped\n"
     "each[1].b supposed if true\n"
     "each[1].b failed failed\n"
     "each failed failed\n"
     "run failed\n"},
    {"how a call comes out is asked where it ends the run",
     "  - id: a\n    uses: test.isolate\n    with: { device_id: d1 }\n"
     "  - id: b\n    uses: test.isolate\n    with: { device_id: d2 }\n"
     "on-failure:\n  - id: tell\n    uses: test.look\n"
     "    with: { device_id: \"${{ error.step }}\", note: \"${{ error.code }}\" }\n",
     "{\"a\":[" MADE_UP "],\"b\":[" MADE_UP "],\"b outcome\":[\"fails\"],\"on-failure.tell\":[" OK
     "]}",
     "a calls test.isolate {\"device_id\":\"d1\"}\n"
     "a supposed outcome succeeds\n"
     "a succeeded\n"
     "b calls test.isolate {\"device_id\":\"d2\"}\n"
     "b supposed outcome fails\n"
     "b failed known when it fails\n"
     "run fails known when it fails\n"
     "on-failure.tell calls test.look {\"device_id\":\"b\",\"note\":{\"unknown\":"
     "\"known when it fails\"}}\n"
     "on-failure.tell succeeded\n"
     "run failed\n"},
    {"... and where on-error goes on, not before somebody looks",
     "  - id: a\n    uses: test.isolate\n    with: { device_id: d1 }\n    on-error: continue\n"
     "  - id: b\n    uses: test.look\n    with: { device_id: d2, note: \"${{ steps.a.status }}\" "
     "}\n"
     "  - id: c\n    if: steps.a.status == 'failed'\n    uses: test.look\n"
     "    with: { device_id: \"${{ steps.a.status }}\" }\n"
     "  - id: d\n    if: steps.a.status == 'succeeded'\n    uses: test.look\n"
     "    with: { device_id: d4 }\n",
     "{\"a\":[" MADE_UP "],\"b\":[" OK "],\"a outcome\":[\"fails\"],\"c\":[" OK "]}",
     "a calls test.isolate {\"device_id\":\"d1\"}\n"
     "a succeeded\n"
     "b calls test.look {\"device_id\":\"d2\",\"note\":{\"unknown\":\"known after a\"}}\n"
     "b succeeded\n"
     "a supposed outcome fails\n"
     "c calls test.look {\"device_id\":\"failed\"}\n"
     "c succeeded\n"
     "d skipped\n"
     "run succeeded\n"},
    {"nobody looks",
     "  - id: a\n    uses: test.isolate\n    with: { device_id: d1 }\n    on-error: continue\n",
     "{\"a\":[" MADE_UP "]}",
     "a calls test.isolate {\"device_id\":\"d1\"}\n"
     "a succeeded\n"
     "run succeeded\n"},
    {"a catcher runs where the step is supposed to fail",
     "  - id: y\n    steps:\n"
     "      - id: d\n        uses: test.isolate\n        with: { device_id: d1 }\n"
     "    on-error:\n      - id: e\n        uses: test.look\n        with: { device_id: d1 }\n",
     "{\"y.d\":[" MADE_UP "],\"y.d outcome\":[\"fails\"],\"y.on-error.e\":[" OK "]}",
     "y.d calls test.isolate {\"device_id\":\"d1\"}\n"
     "y.d supposed outcome fails\n"
     "y.d failed known when it fails\n"
     "y catches known when it fails\n"
     "y.on-error.e calls test.look {\"device_id\":\"d1\"}\n"
     "y.on-error.e succeeded\n"
     "y failed known when it fails\n"
     "run succeeded\n"},
    {"a list that is not known has items",
     "  - id: each\n    for-each: dyn(run.id)\n    as: d\n    max: 2\n    steps:\n"
     "      - id: b\n        uses: test.look\n        with: { device_id: \"${{ d }}\" }\n",
     "{\"each[?].b\":[" OK "]}",
     "each supposed items has items\n"
     "each loops {\"unknown\":\"run id, known after start\"}\n"
     "each[?].b calls test.look {\"device_id\":{\"unknown\":\"run id, known after start\"}}\n"
     "each[?].b succeeded\n"
     "each succeeded\n"
     "run succeeded\n"},
    {"... or none",
     "  - id: each\n    for-each: dyn(run.id)\n    as: d\n    max: 2\n    steps:\n"
     "      - id: b\n        uses: test.look\n        with: { device_id: \"${{ d }}\" }\n",
     "{\"each items\":[\"is empty\"]}",
     "each supposed items is empty\n"
     "each loops []\n"
     "each succeeded\n"
     "run succeeded\n"},
    {"what went on inside an item is not known behind the loop",
     "  - id: each\n    for-each: \"['d1', 'd2']\"\n    as: d\n    max: 2\n    steps:\n"
     "      - id: a\n        if: run.id == d\n        uses: test.look\n"
     "        with: { device_id: \"${{ d }}\" }\n"
     "  - id: b\n    uses: test.look\n"
     "    with: { device_id: \"${{ steps.each.output.map(i, i.item + i.status).join(' ') }}\" }\n",
     "{\"each[0].a\":[" OK "],\"each[1].a if\":[\"false\"],\"b\":[" OK "]}",
     "each loops [\"d1\",\"d2\"]\n"
     "each[0].a supposed if true\n"
     "each[0].a calls test.look {\"device_id\":\"d1\"}\n"
     "each[0].a succeeded\n"
     "each[1].a supposed if false\n"
     "each[1].a skipped\n"
     "each succeeded\n"
     "b calls test.look {\"device_id\":{\"unknown\":\"known after each\"}}\n"
     "b succeeded\n"
     "run succeeded\n"},
    {"... but that its calls have succeeded is, where it would have failed else",
     "  - id: each\n    for-each: \"['d1']\"\n    as: d\n    max: 2\n    steps:\n"
     "      - id: a\n        uses: test.isolate\n        with: { device_id: \"${{ d }}\" }\n"
     "  - id: b\n    uses: test.look\n"
     "    with: { device_id: \"${{ steps.each.output.map(i, i.steps.a.status).join(' ') }}\" }\n",
     "{\"each[0].a\":[" MADE_UP "],\"b\":[" OK "]}",
     "each loops [\"d1\"]\n"
     "each[0].a calls test.isolate {\"device_id\":\"d1\"}\n"
     "each[0].a supposed outcome succeeds\n"
     "each[0].a succeeded\n"
     "each succeeded\n"
     "b calls test.look {\"device_id\":\"succeeded\"}\n"
     "b succeeded\n"
     "run succeeded\n"},
};

#endif
