/*
 * stories_waits.h - cases of test_run.c about waiting: for time and for events.
 */
#ifndef TEST_RUN_STORIES_WAITS_H
#define TEST_RUN_STORIES_WAITS_H

#include "stories.h"

static const struct story stories_waits[] = {
    {"a wait passes the time",
     "  - id: w\n    wait: 15m\n"
     "  - id: a\n    uses: test.look\n    with: { device_id: d1 }\n",
     "{\"a\":[" OK "]}",
     "w waits 900s\n"
     "w succeeded\n"
     "a calls test.look {\"device_id\":\"d1\"}\n"
     "a succeeded\n"
     "run succeeded\n"},
    {"a span may be computed",
     "  - set: { minutes: 2 }\n"
     "  - id: w\n    wait: \"${{ duration(string(vars.minutes) + 'm') }}\"\n"
     "  - id: x\n    wait: \"${{ string(vars.minutes) }}s\"\n",
     "{}",
     "- sets {\"minutes\":2}\n"
     "- succeeded\n"
     "w waits 120s\n"
     "w succeeded\n"
     "x waits 2s\n"
     "x succeeded\n"
     "run succeeded\n"},
    {"a wait until a time, and until one that has passed",
     "  - id: w\n    wait: { until: run.started_at + duration('20s') }\n"
     "  - id: x\n    wait: { until: run.started_at - duration('20s') }\n",
     "{}",
     "w waits 20s\n"
     "w succeeded\n"
     "x waits -40s\n"
     "x succeeded\n"
     "run succeeded\n"},
    {"what is no time is no wait",
     "  - id: w\n    wait: { until: dyn(incident.title) }\n    on-error: continue\n"
     "  - id: x\n    wait: \"${{ dyn(7) }}\"\n",
     "{}",
     "w failed invalid\n"
     "x failed invalid\n"
     "run failed\n"},
    {"the end of the run ends a wait",
     "  - id: w\n    wait: 2h\n    on-error: continue\n"
     "  - id: a\n    uses: test.look\n    with: { device_id: d1 }\n",
     "{}",
     "w waits 3600s late\n"
     "w timed-out timed-out\n"
     "run failed\n"},
    {"a wait has a time-out of its own, and that of a block around it",
     "  - id: w\n    wait: 10m\n    timeout: 1m\n    on-error: continue\n"
     "  - id: b\n    timeout: 2m\n    on-error: continue\n    steps:\n"
     "      - id: x\n        wait: 3m\n"
     "  - id: a\n    uses: test.look\n"
     "    with: { device_id: \"${{ steps.w.status }} ${{ steps.b.status }}\" }\n",
     "{\"a\":[" OK "]}",
     "w waits 60s late\n"
     "w timed-out timed-out\n"
     "b.x waits 120s late\n"
     "b.x timed-out timed-out\n"
     "b timed-out timed-out\n"
     "a calls test.look {\"device_id\":\"timed-out timed-out\"}\n"
     "a succeeded\n"
     "run succeeded\n"},
    {"an event that is waited for is the output",
     "  - id: w\n    wait:\n      for: { incident: { match: { title: closed } } }\n"
     "      where: event.title != incident.title\n      timeout: 30m\n"
     "  - id: a\n    uses: test.look\n    with: { device_id: \"${{ steps.w.output.title }}\" }\n",
     "{\"w\":[{\"title\":\"closed\"}],\"a\":[" OK "]}",
     "w waits for incident 1800s\n"
     "w sees closed\n"
     "w succeeded\n"
     "a calls test.look {\"device_id\":\"closed\"}\n"
     "a succeeded\n"
     "run succeeded\n"},
    {"no event comes in time",
     "  - id: w\n    wait: { for: { incident: { match: { title: x } } }, timeout: 30m }\n"
     "    on-error: continue\n"
     "  - id: a\n    uses: test.look\n    with: { device_id: \"${{ steps.w.status }}\" }\n",
     "{\"a\":[" OK "]}",
     "w waits for incident 1800s\n"
     "w timed-out timed-out\n"
     "a calls test.look {\"device_id\":\"timed-out\"}\n"
     "a succeeded\n"
     "run succeeded\n"},
};

#endif
