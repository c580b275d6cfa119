/*
 * test_sight.c - what steps see of each other, what people are asked about, and what becomes of
 * steps that others end.
 */
#include "tell.h"

static const struct story scopes[] = {
    {"finally reads steps of on-failure that never began",
     "  - id: a\n"
     "    uses: test.look\n"
     "    with: { device_id: d1 }\n"
     "on-failure:\n"
     "  - id: s\n"
     "    switch:\n"
     "      - when: \"true\"\n"
     "        steps:\n"
     "          - id: t\n"
     "            uses: test.look\n"
     "            with: { device_id: d1 }\n"
     "  - id: u\n"
     "    if: error.code == 'x'\n"
     "    steps:\n"
     "      - id: v\n"
     "        uses: test.look\n"
     "        with: { device_id: d1 }\n"
     "    else:\n"
     "      - id: y\n"
     "        uses: test.look\n"
     "        with: { device_id: d1 }\n"
     "finally:\n"
     "  - id: z\n"
     "    uses: test.look\n"
     "    with: { device_id: \"${{ [steps.t, steps.v, steps.y].map(s, s.status).join(' ') }}\" }\n",
     "{\"a\":[" OK "],\"finally.z\":[" OK "]}",
     "a calls test.look {\"device_id\":\"d1\"}\n"
     "a succeeded\n"
     "run ends succeeded\n"
     "finally.z calls test.look {\"device_id\":\"not-run not-run not-run\"}\n"
     "finally.z succeeded\n"
     "run succeeded\n"},
    {"a block in a while shows what its steps gave in this iteration, one that has not begun those "
     "of the last",
     "  - id: w\n"
     "    while: vars.?n.orValue(0) < 2\n"
     "    max: 3\n"
     "    steps:\n"
     "      - set: { n: \"${{ vars.?n.orValue(0) + 1 }}\" }\n"
     "      - id: b\n"
     "        if: vars.n == 9\n"
     "        steps:\n"
     "          - fail: no\n"
     "        else:\n"
     "          - id: c\n"
     "            uses: test.look\n"
     "            with: { device_id: \"${{ string(vars.n) }}\" }\n"
     "          - id: d\n"
     "            uses: test.look\n"
     "            with: { device_id: \"${{ steps.c.output.id }}\" }\n"
     "      - id: e\n"
     "        steps:\n"
     "          - id: f\n"
     "            uses: test.look\n"
     "            with: { device_id: f }\n"
     "          - id: g\n"
     "            uses: test.look\n"
     "            with: { device_id: \"${{ steps.f.status }}\" }\n",
     "{\"w[0].b.else.c\":[" OK "],\"w[0].b.else.d\":[" OK "],\"w[1].b.else.c\":[" OK
     "],\"w[1].b.else.d\":[" OK "],\"w[0].e.f\":[" OK "],\"w[0].e.g\":[" OK "],\"w[1].e.f\":[" OK
     "],\"w[1].e.g\":[" OK "]}",
     "w goes on, 0\n"
     "- sets {\"n\":1}\n"
     "- succeeded\n"
     "w[0].b.else.c calls test.look {\"device_id\":\"1\"}\n"
     "w[0].b.else.c succeeded\n"
     "w[0].b.else.d calls test.look {\"device_id\":\"d\"}\n"
     "w[0].b.else.d succeeded\n"
     "w[0].b succeeded\n"
     "w[0].e.f calls test.look {\"device_id\":\"f\"}\n"
     "w[0].e.f succeeded\n"
     "w[0].e.g calls test.look {\"device_id\":\"succeeded\"}\n"
     "w[0].e.g succeeded\n"
     "w[0].e succeeded\n"
     "w goes on, 1\n"
     "- sets {\"n\":2}\n"
     "- succeeded\n"
     "w[1].b.else.c calls test.look {\"device_id\":\"2\"}\n"
     "w[1].b.else.c succeeded\n"
     "w[1].b.else.d calls test.look {\"device_id\":\"d\"}\n"
     "w[1].b.else.d succeeded\n"
     "w[1].b succeeded\n"
     "w[1].e.f calls test.look {\"device_id\":\"f\"}\n"
     "w[1].e.f succeeded\n"
     "w[1].e.g calls test.look {\"device_id\":\"succeeded\"}\n"
     "w[1].e.g succeeded\n"
     "w[1].e succeeded\n"
     "w succeeded\n"
     "run succeeded\n"},
    {"an item of a loop in a loop sees the names of both",
     "  - id: e\n"
     "    for-each: \"['d1']\"\n"
     "    as: d\n"
     "    max: 1\n"
     "    steps:\n"
     "      - set: { x: 1 }\n"
     "      - id: s\n"
     "        for-each: \"['a', 'b']\"\n"
     "        as: k\n"
     "        max: 2\n"
     "        steps:\n"
     "          - set: { y: \"${{ k + d + string(vars.x) }}\" }\n"
     "          - id: l\n"
     "            uses: test.look\n"
     "            with: { device_id: \"${{ vars.y + string(vars.x) }}\" }\n",
     "{\"e[0].s[0].l\":[" OK "],\"e[0].s[1].l\":[" OK "]}",
     "e loops [\"d1\"]\n"
     "- sets {\"x\":1}\n"
     "- succeeded\n"
     "e[0].s loops [\"a\",\"b\"]\n"
     "- sets {\"y\":\"ad11\"}\n"
     "- succeeded\n"
     "e[0].s[0].l calls test.look {\"device_id\":\"ad111\"}\n"
     "e[0].s[0].l succeeded\n"
     "- sets {\"y\":\"bd11\"}\n"
     "- succeeded\n"
     "e[0].s[1].l calls test.look {\"device_id\":\"bd111\"}\n"
     "e[0].s[1].l succeeded\n"
     "e[0].s succeeded\n"
     "e succeeded\n"
     "run succeeded\n"},
    {"a wait for an event without a time of its own lasts as long as the run",
     "  - id: w\n"
     "    wait: { for: { incident: { match: { title: x } } } }\n"
     "    on-error: continue\n",
     "{}",
     "w waits for incident 3600s late\n"
     "w timed-out timed-out\n"
     "run succeeded\n"},
};

static const struct story blocks[] = {
    {"what a block will do is asked about as far as it is known",
     "  - id: a\n"
     "    approve: { by: ana, within: 10m }\n"
     "    steps:\n"
     "      - id: l\n"
     "        uses: test.look\n"
     "        with: { device_id: d0 }\n"
     "      - id: b\n"
     "        steps:\n"
     "          - id: m\n"
     "            uses: test.look\n"
     "            with: { device_id: d0 }\n"
     "      - id: c\n"
     "        if: steps.m.status == 'succeeded'\n"
     "        call: other\n"
     "        with: { who: \"${{ steps.l.output.id }}\" }\n"
     "      - id: e\n"
     "        for-each: \"[steps.l.output.id]\"\n"
     "        as: d\n"
     "        max: 1\n"
     "        steps:\n"
     "          - id: n\n"
     "            uses: test.look\n"
     "            with: { device_id: \"${{ d }}\" }\n"
     "      - id: f\n"
     "        for-each: dyn(steps.l.output.id)\n"
     "        as: d\n"
     "        max: 1\n"
     "        on-error: continue\n"
     "        steps:\n"
     "          - id: o\n"
     "            uses: test.look\n"
     "            with: { device_id: \"${{ d }}\" }\n"
     "      - id: g\n"
     "        for-each: \"['1', '2', '3']\"\n"
     "        as: d\n"
     "        max: 2\n"
     "        on-error: continue\n"
     "        steps:\n"
     "          - id: p\n"
     "            uses: test.look\n"
     "            with: { device_id: \"${{ d }}\" }\n"
     "      - id: h\n"
     "        for-each: incident.raw.x\n"
     "        as: d\n"
     "        max: 2\n"
     "        on-error: continue\n"
     "        steps:\n"
     "          - id: q\n"
     "            uses: test.look\n"
     "            with: { device_id: \"${{ d }}\" }\n"
     "      - id: i\n"
     "        call: other\n"
     "        with: { who: \"${{ incident.raw.x }}\" }\n"
     "        on-error: continue\n",
     "{\"a?\":[{\"by\":\"ana\"}],\"a.l\":[" OK "],\"a.b.m\":[" OK
     "],\"a.c\":[{\"status\":\"succeeded\"}],\"a.e[0].n\":[" OK "]}",
     "a asks ana 600s: \n"
     "a has the yes of ana\n"
     "a is approved\n"
     "a.l calls test.look {\"device_id\":\"d0\"}\n"
     "a.l succeeded\n"
     "a.b.m calls test.look {\"device_id\":\"d0\"}\n"
     "a.b.m succeeded\n"
     "a.b succeeded\n"
     "a.c calls run of other {\"who\":\"d\"}\n"
     "a.c run succeeded\n"
     "a.c succeeded\n"
     "a.e loops [\"d\"]\n"
     "a.e[0].n calls test.look {\"device_id\":\"d\"}\n"
     "a.e[0].n succeeded\n"
     "a.e succeeded\n"
     "a.f failed invalid\n"
     "a.g failed limit\n"
     "a.h failed invalid\n"
     "a.i failed invalid\n"
     "a succeeded\n"
     "run succeeded\n"},
};

static const struct story questions[] = {
    {"a denial that is caught",
     "  - id: a\n"
     "    approve: { by: ana, within: 10m }\n"
     "    uses: test.isolate\n"
     "    with: { device_id: d1 }\n"
     "    on-error:\n"
     "      - id: c\n"
     "        uses: test.look\n"
     "        with: { device_id: \"${{ error.code }}\" }\n"
     "  - id: z\n"
     "    uses: test.look\n"
     "    with: { device_id: \"${{ steps.a.status }}\" }\n",
     "{\"a?\":[{\"by\":\"ana\",\"no\":\"never\"}],\"a.on-error.c\":[" OK "],\"z\":[" OK "]}",
     "a asks ana 600s: \n"
     "a has the no of ana\n"
     "a catches denied\n"
     "a.on-error.c calls test.look {\"device_id\":\"denied\"}\n"
     "a.on-error.c succeeded\n"
     "a denied denied\n"
     "z calls test.look {\"device_id\":\"denied\"}\n"
     "z succeeded\n"
     "run succeeded\n"},
    {"nobody else is asked when the time around is over",
     "  - id: x\n"
     "    timeout: 10m\n"
     "    on-error: continue\n"
     "    steps:\n"
     "      - id: a\n"
     "        approve: { by: ana, within: 10m, on-timeout: escalate, escalate-to: eve }\n"
     "        uses: test.isolate\n"
     "        with: { device_id: d1 }\n",
     "{}",
     "x.a asks ana 600s: \n"
     "x.a is not answered\n"
     "x.a denied denied\n"
     "x succeeded\n"
     "run succeeded\n"},
    {"a question without a time of its own has the run's",
     "  - id: a\n"
     "    approve: { by: ana }\n"
     "    uses: test.isolate\n"
     "    with: { device_id: d1 }\n"
     "  - id: w\n"
     "    wait: { for: { incident: { match: { title: x } } } }\n",
     "{}",
     "a asks ana 3600s: \n"
     "a is not answered\n"
     "a denied denied\n"
     "run failed\n"},
};

static const struct story ends[] = {
    {"a first branch that fails waits for the change of the second",
     "  - id: p\n"
     "    parallel:\n"
     "      one:\n"
     "        - id: a\n"
     "          uses: test.look\n"
     "          with: { device_id: d1 }\n"
     "      two:\n"
     "        - id: b\n"
     "          uses: test.isolate\n"
     "          with: { device_id: d2 }\n",
     "{\"p.one.a\":[\"later\"," REFUSED "],\"p.two.b\":[\"sends\",\"later\"," OK "]}",
     "p.one.a calls test.look {\"device_id\":\"d1\"}\n"
     "p.two.b calls test.isolate {\"device_id\":\"d2\"}\n"
     "p.one.a failed refused\n"
     "p.two.b succeeded\n"
     "p failed refused\n"
     "run failed\n"},
    {"all branches fail, and the first one's error counts",
     "  - id: p\n"
     "    fail-fast: false\n"
     "    parallel:\n"
     "      one:\n"
     "        - fail: first\n"
     "      two:\n"
     "        - fail: second\n",
     "{}",
     "- failed failed\n"
     "- failed failed\n"
     "p failed failed\n"
     "run failed\n"},
    {"what a branch is under way with is ended with it, whatever it is",
     "  - id: p\n"
     "    parallel:\n"
     "      one:\n"
     "        - id: a\n"
     "          uses: test.look\n"
     "          with: { device_id: d1 }\n"
     "      two:\n"
     "        - id: b\n"
     "          if: \"false\"\n"
     "          steps:\n"
     "            - fail: no\n"
     "          else:\n"
     "            - id: c\n"
     "              uses: test.look\n"
     "              with: { device_id: d1 }\n"
     "              retry: { max: 1, first: 10m }\n"
     "      three:\n"
     "        - id: d\n"
     "          wait: 10m\n"
     "      four:\n"
     "        - id: e\n"
     "          approve: { by: ana, within: 10m }\n"
     "          uses: test.isolate\n"
     "          with: { device_id: d1 }\n"
     "      five:\n"
     "        - id: f\n"
     "          for-each: \"['1']\"\n"
     "          as: n\n"
     "          max: 1\n"
     "          steps:\n"
     "            - id: g\n"
     "              wait: { for: { incident: { match: { title: x } } }, timeout: 30m }\n"
     "      six:\n"
     "        - id: h\n"
     "          uses: test.look\n"
     "          with: { device_id: d1 }\n"
     "          on-error:\n"
     "            - id: i\n"
     "              wait: 10m\n",
     "{\"p.one.a\":[\"later\"," REFUSED "],\"p.two.b.else.c\":[" THROTTLED "],\"p.six.h\":[" REFUSED
     "]}",
     "p.one.a calls test.look {\"device_id\":\"d1\"}\n"
     "p.two.b.else.c calls test.look {\"device_id\":\"d1\"}\n"
     "p.three.d waits 600s\n"
     "p.four.e asks ana 600s: \n"
     "p.five.f loops [\"1\"]\n"
     "p.five.f[0].g waits for incident 1800s\n"
     "p.six.h calls test.look {\"device_id\":\"d1\"}\n"
     "p.two.b.else.c waits 60s\n"
     "p.six.h catches refused\n"
     "p.six.h.on-error.i waits 600s\n"
     "p.one.a failed refused\n"
     "p.two.b.else.c cancelled cancelled\n"
     "p.two.b cancelled cancelled\n"
     "p.three.d cancelled cancelled\n"
     "p.four.e cancelled cancelled\n"
     "p.five.f[0].g cancelled cancelled\n"
     "p.five.f cancelled cancelled\n"
     "p.six.h.on-error.i cancelled cancelled\n"
     "p.six.h cancelled cancelled\n"
     "p failed refused\n"
     "run failed\n"},
    {"a change in an else is waited for",
     "  - id: p\n"
     "    parallel:\n"
     "      one:\n"
     "        - id: a\n"
     "          uses: test.look\n"
     "          with: { device_id: d1 }\n"
     "      two:\n"
     "        - id: b\n"
     "          if: \"false\"\n"
     "          steps:\n"
     "            - fail: no\n"
     "          else:\n"
     "            - id: c\n"
     "              uses: test.isolate\n"
     "              with: { device_id: d1 }\n",
     "{\"p.one.a\":[\"later\"," REFUSED "],\"p.two.b.else.c\":[\"sends\",\"later\"," OK "]}",
     "p.one.a calls test.look {\"device_id\":\"d1\"}\n"
     "p.two.b.else.c calls test.isolate {\"device_id\":\"d1\"}\n"
     "p.one.a failed refused\n"
     "p.two.b.else.c succeeded\n"
     "p.two.b cancelled cancelled\n"
     "p failed refused\n"
     "run failed\n"},
    {"a change that may have happened before it slept is waited for; what only slept is broken off",
     "  - id: p\n"
     "    parallel:\n"
     "      one:\n"
     "        - id: a\n"
     "          uses: test.look\n"
     "          with: { device_id: d1 }\n"
     "      two:\n"
     "        - id: c\n"
     "          uses: test.isolate\n"
     "          with: { device_id: d1 }\n"
     "      three:\n"
     "        - id: d\n"
     "          uses: test.isolate\n"
     "          with: { device_id: d1 }\n",
     "{\"p.one.a\":[\"later\"," REFUSED "],\"p.two.c\":[\"sends\",\"sleeps\",\"later\"," OK
     "],\"p.three.d\":[\"sleeps\",\"later\"," OK "]}",
     "p.one.a calls test.look {\"device_id\":\"d1\"}\n"
     "p.two.c calls test.isolate {\"device_id\":\"d1\"}\n"
     "p.three.d calls test.isolate {\"device_id\":\"d1\"}\n"
     "p.one.a failed refused\n"
     "p.three.d cancelled cancelled\n"
     "p.two.c succeeded\n"
     "p failed refused\n"
     "run failed\n"},
    {"the first of the vars that fails ends it",
     "  - set: { y: \"${{ vars.b }}\" }\n"
     "vars:\n"
     "  a: \"${{ incident.raw.x }}\"\n"
     "  b: x\n",
     "{}", "run failed\n"},
};

#define TELL(list, plan)                                                                           \
    static void list##_are_told(void **state)                                                      \
    {                                                                                              \
        size_t i;                                                                                  \
        (void)state;                                                                               \
        for (i = 0; i < sizeof(list) / sizeof(*(list)); i++)                                       \
            tell(&(list)[i], plan);                                                                \
    }
TELL(scopes, false)
TELL(blocks, false)
TELL(questions, false)
TELL(ends, false)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(scopes_are_told),
        cmocka_unit_test(blocks_are_told),
        cmocka_unit_test(questions_are_told),
        cmocka_unit_test(ends_are_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
