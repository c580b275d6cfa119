/*
 * stories_people.h - cases of test_people.c: approvals and forms.
 */
#ifndef TEST_RUN_STORIES_PEOPLE_H
#define TEST_RUN_STORIES_PEOPLE_H

#include "stories.h"

#define ISOLATE "    uses: test.isolate\n    with: { device_id: d1 }\n"

static const struct story stories_people[] = {
    {"a person agrees, and the step goes on",
     "  - id: a\n    approve: { by: ana, within: 10m, message: \"isolate ${{ incident.title }}?\" "
     "}\n" ISOLATE,
     "{\"a?\":[{\"by\":\"ana\"}],\"a\":[" OK "]}",
     "a asks ana 600s: isolate a title?\n"
     "a has the yes of ana\n"
     "a is approved\n"
     "a calls test.isolate {\"device_id\":\"d1\"}\n"
     "a succeeded\n"
     "run succeeded\n"},
    {"a person does not agree: the list goes on",
     "  - id: a\n    approve: { by: ana, within: 10m }\n" ISOLATE
     "  - id: b\n    uses: test.look\n    with: { device_id: \"${{ steps.a.status }}\" }\n",
     "{\"a?\":[{\"by\":\"ana\",\"no\":\"a server\"}],\"b\":[" OK "]}",
     "a asks ana 600s: \n"
     "a has the no of ana\n"
     "a denied denied\n"
     "b calls test.look {\"device_id\":\"denied\"}\n"
     "b succeeded\n"
     "run succeeded\n"},
    {"on-error: fail makes a denial a failure",
     "  - id: a\n    approve: { by: ana, within: 10m }\n    on-error: fail\n" ISOLATE,
     "{\"a?\":[{\"by\":\"ana\",\"no\":\"\"}]}",
     "a asks ana 600s: \n"
     "a has the no of ana\n"
     "a denied denied\n"
     "run failed\n"},
    {"steps of on-error see a denial",
     "  - id: a\n    approve: { by: ana, within: 10m }\n" ISOLATE
     "    on-error:\n      - id: c\n        uses: test.look\n"
     "        with: { device_id: \"${{ error.code }}: ${{ error.message }}\" }\n"
     "  - id: b\n    uses: test.look\n    with: { device_id: \"${{ steps.a.status }}\" }\n",
     "{\"a?\":[{\"by\":\"ana\",\"no\":\"a server\"}],\"a.on-error.c\":[" OK "],\"b\":[" OK "]}",
     "a asks ana 600s: \n"
     "a has the no of ana\n"
     "a catches denied\n"
     "a.on-error.c calls test.look {\"device_id\":\"denied: ana did not agree: a server\"}\n"
     "a.on-error.c succeeded\n"
     "a denied denied\n"
     "b calls test.look {\"device_id\":\"denied\"}\n"
     "b succeeded\n"
     "run succeeded\n"},
    {"nobody answers in time",
     "  - id: a\n    approve: { by: ana, within: 10m }\n" ISOLATE
     "  - id: b\n    uses: test.look\n    with: { device_id: \"${{ steps.a.status }}\" }\n",
     "{\"b\":[" OK "]}",
     "a asks ana 600s: \n"
     "a is not answered\n"
     "a denied denied\n"
     "b calls test.look {\"device_id\":\"denied\"}\n"
     "b succeeded\n"
     "run succeeded\n"},
    {"others are asked, once",
     "  - id: a\n    approve: { by: ana, within: 10m, on-timeout: escalate, escalate-to: eve "
     "}\n" ISOLATE "  - id: b\n    approve: { by: ana, within: 10m, on-timeout: escalate, "
     "escalate-to: eve }\n" ISOLATE,
     "{\"b\":[" OK "]}",
     "a asks ana 600s: \n"
     "a asks eve 600s as well\n"
     "a is not answered\n"
     "a denied denied\n"
     "b asks ana 600s: \n"
     "b asks eve 600s as well\n"
     "b is not answered\n"
     "b denied denied\n"
     "run succeeded\n"},
    {"two must agree, and not the same one twice",
     "  - id: a\n    approve: { by: [ana, ben], count: 2, within: 10m }\n" ISOLATE,
     "{\"a?\":[{\"by\":\"ben\"},{\"by\":\"ana\"}],\"a\":[" OK "]}",
     "a asks ana ben 600s: \n"
     "a has the yes of ben\n"
     "a has the yes of ana\n"
     "a is approved\n"
     "a calls test.isolate {\"device_id\":\"d1\"}\n"
     "a succeeded\n"
     "run succeeded\n"},
    {"unless: nobody is asked",
     "  - id: a\n    approve: { by: ana, within: 10m, unless: incident.title == 'a title' "
     "}\n" ISOLATE "  - id: b\n    approve: { by: ana, within: 10m, unless: incident.title == "
     "'another' }\n" ISOLATE,
     "{\"a\":[" OK "],\"b?\":[{\"by\":\"ana\"}],\"b\":[" OK "]}",
     "a need not ask, unless: incident.title == 'a title'\n"
     "a calls test.isolate {\"device_id\":\"d1\"}\n"
     "a succeeded\n"
     "b asks ana 600s: \n"
     "b has the yes of ana\n"
     "b is approved\n"
     "b calls test.isolate {\"device_id\":\"d1\"}\n"
     "b succeeded\n"
     "run succeeded\n"},
    {"an error in unless is a failure, never a pass",
     "  - id: a\n    approve: { within: 10m, unless: incident.raw.x == 1 }\n" ISOLATE, "{}",
     "a failed invalid\n"
     "run failed\n"},
    {"nobody is asked about what cannot be done",
     "  - id: a\n    approve: { by: ana, within: 10m }\n    uses: test.isolate\n"
     "    with: { device_id: \"${{ dyn([1]) }}\" }\n",
     "{}",
     "a failed invalid\n"
     "run failed\n"},
    {"one question for a whole block, and its time begins with the answer",
     "  - id: x\n    timeout: 1m\n    approve: { by: ana, within: 10m }\n    steps:\n"
     "      - id: w\n        wait: 50s\n"
     "      - id: a\n        uses: test.isolate\n        with: { device_id: d1 }\n"
     "      - id: b\n        uses: test.look\n"
     "        with: { device_id: \"${{ steps.a.output.id }}\" }\n",
     "{\"x?\":[{\"by\":\"ana\"}],\"x.a\":[" OK "],\"x.b\":[" OK "]}",
     "x asks ana 600s: \n"
     "x has the yes of ana\n"
     "x is approved\n"
     "x.w waits 50s\n"
     "x.w succeeded\n"
     "x.a calls test.isolate {\"device_id\":\"d1\"}\n"
     "x.a succeeded\n"
     "x.b calls test.look {\"device_id\":\"d\"}\n"
     "x.b succeeded\n"
     "x succeeded\n"
     "run succeeded\n"},
    {"each item of a loop is asked about",
     "  - id: each\n    for-each: \"['d1', 'd2']\"\n    as: d\n    max: 2\n    steps:\n"
     "      - id: a\n        approve: { by: ana, within: 10m, message: \"${{ d }}?\" }\n"
     "        uses: test.isolate\n        with: { device_id: \"${{ d }}\" }\n",
     "{\"each[0].a?\":[{\"by\":\"ana\",\"no\":\"\"}],\"each[1].a?\":[{\"by\":\"ana\"}],"
     "\"each[1].a\":[" OK "]}",
     "each loops [\"d1\",\"d2\"]\n"
     "each[0].a asks ana 600s: d1?\n"
     "each[0].a has the no of ana\n"
     "each[0].a denied denied\n"
     "each[1].a asks ana 600s: d2?\n"
     "each[1].a has the yes of ana\n"
     "each[1].a is approved\n"
     "each[1].a calls test.isolate {\"device_id\":\"d2\"}\n"
     "each[1].a succeeded\n"
     "each succeeded\n"
     "run succeeded\n"},
    {"a form is filled in, with its defaults, and typed",
     "  - id: q\n    ask:\n      of: ana\n      within: 10m\n      message: \"${{ incident.title "
     "}}\"\n"
     "      form:\n        verdict: { type: enum, of: [phish, clean], required: true }\n"
     "        sure: { type: bool, default: true }\n"
     "        who: { default: \"${{ incident.title }}\" }\n        days: { type: int }\n"
     "  - id: a\n    uses: test.look\n"
     "    with: { device_id: \"${{ steps.q.output.verdict }} ${{ steps.q.output.sure }} ${{ "
     "steps.q.output.who }} ${{ steps.q.output.?days.orValue(0) }}\" }\n",
     "{\"q?\":[{\"by\":\"ana\",\"answers\":{\"verdict\":\"phish\"}}],\"a\":[" OK "]}",
     "q asks ana 600s for 4 fields: a title\n"
     "q is told {\"verdict\":\"phish\",\"sure\":true,\"who\":\"a title\"}\n"
     "q succeeded\n"
     "a calls test.look {\"device_id\":\"phish true a title 0\"}\n"
     "a succeeded\n"
     "run succeeded\n"},
    {"nobody fills it in: that is a failure ...",
     "  - id: q\n    ask: { of: ana, within: 10m, form: { note: { type: text } } }\n", "{}",
     "q asks ana 600s for 1 fields: \n"
     "q is not answered\n"
     "q timed-out timed-out\n"
     "run failed\n"},
    {"... or not",
     "  - id: q\n    ask: { of: ana, within: 10m, on-timeout: continue, form: { note: {} } }\n"
     "  - id: a\n    uses: test.look\n    with: { device_id: \"${{ steps.q.status }} ${{ "
     "steps.q.?output.note.orValue('none') }}\" }\n",
     "{\"a\":[" OK "]}",
     "q asks ana 600s for 1 fields: \n"
     "q is not answered\n"
     "q timed-out timed-out\n"
     "a calls test.look {\"device_id\":\"timed-out none\"}\n"
     "a succeeded\n"
     "run succeeded\n"},
};

static const struct story plans_people[] = {
    {"a plan supposes that people agree",
     "  - id: a\n    approve: { by: ana, within: 10m }\n" ISOLATE,
     "{\"a\":[" OK "],\"a approve\":[\"agreed\"]}",
     "a asks ana 600s: \n"
     "a supposed approve agreed\n"
     "a is approved\n"
     "a calls test.isolate {\"device_id\":\"d1\"}\n"
     "a succeeded\n"
     "run succeeded\n"},
    {"... that they do not",
     "  - id: a\n    approve: { by: ana, within: 10m }\n" ISOLATE
     "  - id: b\n    uses: test.look\n    with: { device_id: \"${{ steps.a.status }}\" }\n",
     "{\"b\":[" OK "],\"a approve\":[\"denied\"]}",
     "a asks ana 600s: \n"
     "a supposed approve denied\n"
     "a has the no of a person\n"
     "a denied denied\n"
     "b calls test.look {\"device_id\":\"denied\"}\n"
     "b succeeded\n"
     "run succeeded\n"},
    {"... and that nobody answers, which takes its time",
     "  - id: a\n"
     "    approve: { by: ana, within: 10m, on-timeout: escalate, escalate-to: eve }\n" ISOLATE
     "  - id: w\n    wait: { until: run.started_at + duration('30m') }\n",
     "{\"a approve\":[\"not answered\"]}",
     "a asks ana 600s: \n"
     "a supposed approve not answered\n"
     "a asks eve 600s as well\n"
     "a is not answered\n"
     "a denied denied\n"
     "w waits 600s\n"
     "w succeeded\n"
     "run succeeded\n"},
    {"answers that nobody has given are not known",
     "  - id: q\n    ask: { of: ana, within: 10m, form: { note: {} } }\n"
     "  - id: a\n    uses: test.look\n"
     "    with: { device_id: \"${{ steps.q.output.?note.orValue('') }}\" }\n",
     "{\"a\":[" OK "],\"q ask\":[\"answered\"]}",
     "q asks ana 600s for 1 fields: \n"
     "q supposed ask answered\n"
     "q is told {\"note\":{\"unknown\":\"answered at q\"}}\n"
     "q succeeded\n"
     "a calls test.look {\"device_id\":{\"unknown\":\"answered at q\"}}\n"
     "a succeeded\n"
     "run succeeded\n"},
    {"an event may come or not",
     "  - id: w\n    wait: { for: { incident: { match: { title: x } } }, timeout: 30m }\n"
     "    on-error: continue\n"
     "  - id: x\n    wait: { for: { incident: { match: { title: x } } }, timeout: 30m }\n",
     "{\"w wait\":[\"does not come\"],\"x wait\":[\"comes\"]}",
     "w waits for incident 1800s\n"
     "w supposed wait does not come\n"
     "w timed-out timed-out\n"
     "x waits for incident 1800s\n"
     "x supposed wait comes\n"
     "x sees \n"
     "x succeeded\n"
     "run succeeded\n"},
};

#endif
