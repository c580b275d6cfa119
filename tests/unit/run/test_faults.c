/*
 * test_faults.c - values that cannot be told or are of another kind, in each place where a step has
 * one; and what is tried again, and looked at again.
 */
#include "tell.h"

static const struct story faults[] = {
    {"stop and fail with a reason that cannot be told",
     "  - id: a\n"
     "    stop: { reason: \"${{ incident.raw.x }}\" }\n"
     "    on-error: continue\n"
     "  - id: b\n"
     "    fail: \"${{ incident.raw.x }}\"\n"
     "    on-error: continue\n"
     "  - id: c\n"
     "    fail: {}\n",
     "{}",
     "a failed invalid\n"
     "b failed invalid\n"
     "c failed failed\n"
     "run failed\n"},
    {"set with a value that cannot be told",
     "  - id: a\n"
     "    set: { x: \"${{ incident.raw.x }}\" }\n",
     "{}",
     "a failed invalid\n"
     "run failed\n"},
    {"a case that is neither true nor false",
     "  - id: a\n"
     "    switch:\n"
     "      - when: dyn(1)\n"
     "        steps:\n"
     "          - fail: one\n"
     "      - else:\n"
     "          - fail: two\n",
     "{}",
     "a failed invalid\n"
     "run failed\n"},
    {"a while with an error, and one that is neither true nor false",
     "  - id: a\n"
     "    while: incident.raw.x == 1\n"
     "    max: 2\n"
     "    on-error: continue\n"
     "    steps:\n"
     "      - fail: no\n"
     "  - id: b\n"
     "    while: dyn(1)\n"
     "    max: 2\n"
     "    steps:\n"
     "      - fail: no\n",
     "{}",
     "a failed invalid\n"
     "b failed invalid\n"
     "run failed\n"},
    {"unless that is neither true nor false",
     "  - id: a\n"
     "    approve: { by: ana, within: 10m, unless: dyn(1) }\n"
     "    uses: test.isolate\n"
     "    with: { device_id: d1 }\n",
     "{}",
     "a failed invalid\n"
     "run failed\n"},
    {"a question whose message cannot be told, and a form whose default cannot",
     "  - id: a\n"
     "    approve: { by: ana, within: 10m, message: \"${{ incident.raw.x }}\" }\n"
     "    on-error: continue\n"
     "    uses: test.isolate\n"
     "    with: { device_id: d1 }\n"
     "  - id: b\n"
     "    ask: { of: ana, within: 10m, form: { note: { default: \"${{ incident.raw.x }}\" } } }\n",
     "{}",
     "a failed invalid\n"
     "b failed invalid\n"
     "run failed\n"},
    {"a call of a playbook whose inputs cannot be told",
     "  - id: a\n"
     "    call: other\n"
     "    with: { who: \"${{ incident.raw.x }}\" }\n",
     "{}",
     "a failed invalid\n"
     "run failed\n"},
    {"a wait whose time cannot be told, and one for a text that is none",
     "  - id: a\n"
     "    wait: \"${{ incident.raw.x }}\"\n"
     "    on-error: continue\n"
     "  - id: b\n"
     "    wait: { until: incident.raw.x }\n"
     "    on-error: continue\n"
     "  - id: c\n"
     "    wait: \"${{ 'abc' }}\"\n",
     "{}",
     "a failed invalid\n"
     "b failed invalid\n"
     "c failed invalid\n"
     "run failed\n"},
    {"a wait for less than nothing is none",
     "  - id: a\n"
     "    wait: \"${{ '-5m' }}\"\n",
     "{}",
     "a waits 0s\n"
     "a succeeded\n"
     "run succeeded\n"},
    {"a loop over what is no list",
     "  - id: a\n"
     "    for-each: dyn(1)\n"
     "    as: d\n"
     "    max: 2\n"
     "    steps:\n"
     "      - fail: no\n",
     "{}",
     "a failed invalid\n"
     "run failed\n"},
    {"keys that cannot be told, and that are too long",
     "  - id: a\n"
     "    uses: test.block\n"
     "    with: { device_id: d1 }\n"
     "    idempotency-key: \"${{ incident.raw.x }}\"\n"
     "    on-error: continue\n"
     "  - id: b\n"
     "    uses: test.block\n"
     "    with: { device_id: d1 }\n"
     "    idempotency-key: \"${{ ['', '', '', '', '', "
     "''].join('kkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk') }}\"\n",
     "{}",
     "a failed invalid\n"
     "b failed invalid\n"
     "run failed\n"},
    {"two products do not share their keys",
     "  - id: a\n"
     "    uses: test.block\n"
     "    with: { device_id: d1 }\n"
     "    idempotency-key: k\n"
     "  - id: b\n"
     "    uses: other.block\n"
     "    with: { device_id: d1 }\n"
     "    idempotency-key: k\n"
     "  - id: c\n"
     "    uses: other.block\n"
     "    with: { device_id: d1 }\n"
     "    idempotency-key: l\n",
     "{\"a\":[" OK "],\"b\":[" OK "],\"c\":[" OK "]}",
     "a calls test.block {\"device_id\":\"d1\"}\n"
     "a succeeded\n"
     "b calls other.block {\"device_id\":\"d1\"}\n"
     "b succeeded\n"
     "c calls other.block {\"device_id\":\"d1\"}\n"
     "c succeeded\n"
     "run succeeded\n"},
};

static const struct story retries[] = {
    {"only a server's own faults are tried again",
     "  - id: a\n"
     "    uses: test.look\n"
     "    with: { device_id: d1 }\n"
     "    retry: { max: 3, first: 1s, on: [server] }\n"
     "    on-error: continue\n"
     "  - id: b\n"
     "    uses: test.look\n"
     "    with: { device_id: d1 }\n"
     "    retry: { max: 1, first: 1s, on: [server] }\n",
     "{\"a\":[{\"outcome\":\"failed\",\"error\":{\"code\":\"refused\",\"message\":\"no\","
     "\"status\":503}},{\"outcome\":\"failed\",\"error\":{\"code\":\"refused\",\"message\":\"no\","
     "\"status\":500}},{\"outcome\":\"failed\",\"error\":{\"code\":\"refused\",\"message\":\"no\","
     "\"status\":600}}],\"b\":[{\"outcome\":\"failed\",\"error\":{\"code\":\"refused\",\"message\":"
     "\"no\",\"status\":404}}]}",
     "a calls test.look {\"device_id\":\"d1\"}\n"
     "a waits 1s\n"
     "a calls test.look {\"device_id\":\"d1\"}\n"
     "a waits 2s\n"
     "a calls test.look {\"device_id\":\"d1\"}\n"
     "a failed refused\n"
     "b calls test.look {\"device_id\":\"d1\"}\n"
     "b failed refused\n"
     "run failed\n"},
    {"each attempt waits longer, up to the cap",
     "  - id: a\n"
     "    uses: test.look\n"
     "    with: { device_id: d1 }\n"
     "    retry: { max: 4, first: 20s, cap: 50s, backoff: exponential }\n",
     "{\"a\":[" THROTTLED "," THROTTLED "," THROTTLED "," THROTTLED "," OK "]}",
     "a calls test.look {\"device_id\":\"d1\"}\n"
     "a waits 20s\n"
     "a calls test.look {\"device_id\":\"d1\"}\n"
     "a waits 40s\n"
     "a calls test.look {\"device_id\":\"d1\"}\n"
     "a waits 50s\n"
     "a calls test.look {\"device_id\":\"d1\"}\n"
     "a waits 50s\n"
     "a calls test.look {\"device_id\":\"d1\"}\n"
     "a succeeded\n"
     "run succeeded\n"},
    {"a first wait is not longer than the cap",
     "  - id: a\n"
     "    uses: test.look\n"
     "    with: { device_id: d1 }\n"
     "    retry: { max: 1, first: 2m, cap: 30s }\n",
     "{\"a\":[" THROTTLED "," OK "]}",
     "a calls test.look {\"device_id\":\"d1\"}\n"
     "a waits 30s\n"
     "a calls test.look {\"device_id\":\"d1\"}\n"
     "a succeeded\n"
     "run succeeded\n"},
    {"a time-out is tried again, and what was turned away with a server's status",
     "  - id: a\n"
     "    uses: test.look\n"
     "    with: { device_id: d1 }\n"
     "    retry: { max: 1, first: 1s }\n"
     "  - id: b\n"
     "    uses: test.isolate\n"
     "    with: { device_id: d1 }\n"
     "    retry: { max: 1, first: 1s }\n",
     "{\"a\":[{\"outcome\":\"failed\",\"error\":{\"code\":\"timed-out\",\"message\":\"no\"}}," OK
     "],\"b\":[\"sends\",{\"outcome\":\"failed\",\"error\":{\"code\":\"throttled\",\"message\":"
     "\"no\",\"status\":503}}," OK "]}",
     "a calls test.look {\"device_id\":\"d1\"}\n"
     "a waits 1s\n"
     "a calls test.look {\"device_id\":\"d1\"}\n"
     "a succeeded\n"
     "b calls test.isolate {\"device_id\":\"d1\"}\n"
     "b waits 1s\n"
     "b calls test.isolate {\"device_id\":\"d1\"}\n"
     "b succeeded\n"
     "run succeeded\n"},
    {"two that wait go on at the same time",
     "  - id: each\n"
     "    for-each: \"['d1', 'd2']\"\n"
     "    as: d\n"
     "    max: 2\n"
     "    concurrency: 2\n"
     "    steps:\n"
     "      - id: a\n"
     "        uses: test.look\n"
     "        with: { device_id: \"${{ d }}\" }\n"
     "        retry: { max: 1, first: 1m }\n"
     "      - id: w\n"
     "        wait: 1m\n",
     "{\"each[0].a\":[" THROTTLED "," OK "],\"each[1].a\":[" THROTTLED "," OK "]}",
     "each loops [\"d1\",\"d2\"]\n"
     "each[0].a calls test.look {\"device_id\":\"d1\"}\n"
     "each[1].a calls test.look {\"device_id\":\"d2\"}\n"
     "each[0].a waits 60s\n"
     "each[1].a waits 60s\n"
     "each[0].a calls test.look {\"device_id\":\"d1\"}\n"
     "each[1].a calls test.look {\"device_id\":\"d2\"}\n"
     "each[0].a succeeded\n"
     "each[0].w waits 60s\n"
     "each[1].a succeeded\n"
     "each[1].w waits 60s\n"
     "each[0].w succeeded\n"
     "each[1].w succeeded\n"
     "each succeeded\n"
     "run succeeded\n"},
};

static const struct story looks[] = {
    {"a look that was not answered in time or could not be made is taken again",
     "  - id: a\n"
     "    uses: test.block\n"
     "    with: { device_id: d1 }\n"
     "    poll: { every: 10s, until: \"output.risk == 'low'\", timeout: 5m }\n",
     "{\"a\":[{\"outcome\":\"succeeded\",\"output\":{\"risk\":\"new\"}},{\"outcome\":\"failed\","
     "\"error\":{\"code\":\"timed-out\",\"message\":\"no\"}},{\"outcome\":\"failed\",\"error\":{"
     "\"code\":\"unavailable\",\"message\":\"no\"}},{\"outcome\":\"succeeded\",\"output\":{"
     "\"risk\":\"low\"}}]}",
     "a calls test.block {\"device_id\":\"d1\"}\n"
     "a looks in 10s\n"
     "a calls test.look {\"device_id\":\"d1\"}\n"
     "a looks in 10s\n"
     "a calls test.look {\"device_id\":\"d1\"}\n"
     "a looks in 10s\n"
     "a calls test.look {\"device_id\":\"d1\"}\n"
     "a succeeded\n"
     "run succeeded\n"},
    {"what gave nothing is no map to lay over, and none to be laid over",
     "  - id: a\n"
     "    uses: test.block\n"
     "    with: { device_id: d1 }\n"
     "    poll: { every: 10s, until: \"dyn(output) == null || output.risk == 'low'\", timeout: 5m "
     "}\n"
     "  - id: b\n"
     "    uses: test.block\n"
     "    with: { device_id: d1 }\n"
     "    poll: { every: 10s, until: \"output.risk == 'low'\", timeout: 5m }\n",
     "{\"a\":[{\"outcome\":\"succeeded\",\"output\":{\"risk\":\"new\"}},{\"outcome\":\"succeeded\"}"
     "],\"b\":[{\"outcome\":\"succeeded\"},{\"outcome\":\"succeeded\",\"output\":{\"risk\":\"low\"}"
     "}]}",
     "a calls test.block {\"device_id\":\"d1\"}\n"
     "a looks in 10s\n"
     "a calls test.look {\"device_id\":\"d1\"}\n"
     "a succeeded\n"
     "b calls test.block {\"device_id\":\"d1\"}\n"
     "b looks in 10s\n"
     "b calls test.look {\"device_id\":\"d1\"}\n"
     "b succeeded\n"
     "run succeeded\n"},
    {"a condition that is neither true nor false",
     "  - id: a\n"
     "    uses: test.look\n"
     "    with: { device_id: d1 }\n"
     "    poll: { every: 10s, until: \"dyn(1)\", timeout: 5m }\n",
     "{\"a\":[{\"outcome\":\"succeeded\",\"output\":{\"risk\":\"new\"}}]}",
     "a calls test.look {\"device_id\":\"d1\"}\n"
     "a failed invalid\n"
     "run failed\n"},
    {"the step's own time ends the looks, when they have none and when it is shorter",
     "  - id: a\n"
     "    uses: test.look\n"
     "    with: { device_id: d1 }\n"
     "    poll: { every: 10s, until: \"output.risk == 'low'\" }\n"
     "    timeout: 15s\n"
     "    on-error: continue\n"
     "  - id: b\n"
     "    uses: test.look\n"
     "    with: { device_id: d1 }\n"
     "    poll: { every: 10s, until: \"output.risk == 'low'\", timeout: 1m }\n"
     "    timeout: 15s\n",
     "{\"a\":[{\"outcome\":\"succeeded\",\"output\":{\"risk\":\"x\"}},{\"outcome\":\"succeeded\","
     "\"output\":{\"risk\":\"x\"}},{\"outcome\":\"succeeded\",\"output\":{\"risk\":\"x\"}}],\"b\":["
     "{\"outcome\":\"succeeded\",\"output\":{\"risk\":\"x\"}},{\"outcome\":\"succeeded\","
     "\"output\":{\"risk\":\"x\"}},{\"outcome\":\"succeeded\",\"output\":{\"risk\":\"x\"}}]}",
     "a calls test.look {\"device_id\":\"d1\"}\n"
     "a looks in 10s\n"
     "a calls test.look {\"device_id\":\"d1\"}\n"
     "a looks in 5s\n"
     "a calls test.look {\"device_id\":\"d1\"}\n"
     "a timed-out timed-out\n"
     "b calls test.look {\"device_id\":\"d1\"}\n"
     "b looks in 10s\n"
     "b calls test.look {\"device_id\":\"d1\"}\n"
     "b looks in 5s\n"
     "b calls test.look {\"device_id\":\"d1\"}\n"
     "b timed-out timed-out\n"
     "run failed\n"},
    {"a look is told what the call gave, and is not made with what it cannot take",
     "  - id: a\n"
     "    uses: test.block\n"
     "    with: { device_id: d1 }\n"
     "    poll: { every: 10s, until: \"output.risk == 'low'\", timeout: 5m }\n"
     "  - id: b\n"
     "    uses: test.block\n"
     "    with: { device_id: d1 }\n"
     "    poll: { every: 10s, until: \"output.risk == 'low'\", timeout: 5m }\n",
     "{\"a\":[{\"outcome\":\"succeeded\",\"output\":{\"risk\":\"new\",\"device_id\":\"d7\"}},{"
     "\"outcome\":\"succeeded\",\"output\":{\"risk\":\"low\"}}],\"b\":[{\"outcome\":\"succeeded\","
     "\"output\":{\"risk\":\"new\",\"device_id\":7}}]}",
     "a calls test.block {\"device_id\":\"d1\"}\n"
     "a looks in 10s\n"
     "a calls test.look {\"device_id\":\"d7\"}\n"
     "a succeeded\n"
     "b calls test.block {\"device_id\":\"d1\"}\n"
     "b looks in 10s\n"
     "b failed invalid\n"
     "run failed\n"},
    {"a companion that asks for nothing and tells nothing",
     "  - id: a\n"
     "    uses: test.nudge\n"
     "    poll: { until: \"true\", timeout: 5m }\n",
     "{\"a\":[" OK ",{\"outcome\":\"succeeded\"}]}",
     "a calls test.nudge {}\n"
     "a looks in 30s\n"
     "a calls test.glance {}\n"
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
TELL(faults, false)
TELL(retries, false)
TELL(looks, false)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(faults_are_told),
        cmocka_unit_test(retries_are_told),
        cmocka_unit_test(looks_are_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
