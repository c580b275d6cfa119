/*
 * test_undo_results.c - what has become of a change that is taken back: nothing when a person says
 * no anywhere inside, it is left alone when it is not ours, and where that is not known it stays.
 */
#include "tell.h"

#define BLOCKED "{\"outcome\":\"succeeded\",\"output\":{\"id\":\"b\",\"risk\":\"low\"}}"
#define MARKED(ours) "{\"outcome\":\"succeeded\",\"output\":{\"id\":\"m\",\"ours\":" ours "}}"
#define NOW(id) "{\"outcome\":\"succeeded\",\"output\":{\"id\":\"" id "\"}}"
#define NO "{\"by\":\"ana\",\"no\":\"\"}"

/* A block of one change that fails behind it. */
#define FAILS(change) "  - id: x\n    on-error: undo\n    steps:\n" change "      - fail: no\n"
#define CHANGE(action)                                                                             \
    "      - id: a\n        uses: test." action "\n        with: { device_id: d1 }\n"
#define ASKED(indent)                                                                              \
    indent "- id: u\n" indent "  uses: test.unblock\n" indent "  with: { device_id: d1 }\n" indent \
           "  approve: { by: ana, within: 10m }\n"
#define BLOCKING                                                                                   \
    "x.a calls test.block {\"device_id\":\"d1\"}\n"                                                \
    "x.a succeeded\n"                                                                              \
    "- failed failed\n"                                                                            \
    "x takes back x.a\n"
#define MARKING                                                                                    \
    "x.a calls test.mark {\"device_id\":\"d1\"}\n"                                                 \
    "x.a succeeded\n"                                                                              \
    "- failed failed\n"                                                                            \
    "x takes back x.a\n"

static const struct story denied[] = {
    {"in a block among the undo steps",
     FAILS(CHANGE("block") "        undo:\n          - id: g\n            steps:\n" ASKED(
         "              ")),
     "{\"x.a\":[" BLOCKED "],\"x.a.undo.g.u?\":[" NO "]}",
     BLOCKING "x.a.undo.g.u asks ana 600s: \n"
              "x.a.undo.g.u has the no of ana\n"
              "x.a.undo.g.u denied denied\n"
              "x.a.undo.g succeeded\n"
              "x failed failed, not taken back: x.a\n"
              "run failed\n"},
    {"in the else of such a block",
     FAILS(
         CHANGE("block") "        undo:\n          - id: g\n            if: incident.title == 'x'\n"
                         "            steps:\n              - fail: no\n            else:\n" ASKED(
                             "              ")),
     "{\"x.a\":[" BLOCKED "],\"x.a.undo.g.else.u?\":[" NO "]}",
     BLOCKING "x.a.undo.g.else.u asks ana 600s: \n"
              "x.a.undo.g.else.u has the no of ana\n"
              "x.a.undo.g.else.u denied denied\n"
              "x.a.undo.g succeeded\n"
              "x failed failed, not taken back: x.a\n"
              "run failed\n"},
    {"in what follows when the first way fails",
     FAILS(CHANGE("block") "        undo:\n          - id: g\n            uses: test.unblock\n"
                           "            with: { device_id: d1 }\n            on-error:\n" ASKED(
                               "              ")),
     "{\"x.a\":[" BLOCKED "],\"x.a.undo.g\":[" REFUSED "],\"x.a.undo.g.on-error.u?\":[" NO "]}",
     BLOCKING "x.a.undo.g calls test.unblock {\"device_id\":\"d1\"}\n"
              "x.a.undo.g catches refused\n"
              "x.a.undo.g.on-error.u asks ana 600s: \n"
              "x.a.undo.g.on-error.u has the no of ana\n"
              "x.a.undo.g.on-error.u denied denied\n"
              "x.a.undo.g failed refused\n"
              "x failed failed, not taken back: x.a\n"
              "run failed\n"},
};

/* By the manifest: `changed` is asked of the answer, `same` of how it is now. */
static const struct story guarded[] = {
    {"it is ours and still so", FAILS(CHANGE("mark")),
     "{\"x.a\":[" MARKED("true") "],\"x.a.undo.look\":[" NOW("m") "],\"x.a.undo.unmark\":[" OK "]}",
     MARKING "x.a.undo.look calls test.look {\"device_id\":\"d1\"}\n"
             "x.a.undo.look succeeded\n"
             "x.a.undo.unmark calls test.unmark {\"device_id\":\"d1\"}\n"
             "x.a.undo.unmark succeeded\n"
             "x failed failed\n"
             "run failed\n"},
    {"it was so before", FAILS(CHANGE("mark")), "{\"x.a\":[" MARKED("false") "]}",
     MARKING "x.a.undo.look skipped\n"
             "x.a.undo.unmark skipped\n"
             "x failed failed\n"
             "run failed\n"},
    {"others changed it since", FAILS(CHANGE("mark")),
     "{\"x.a\":[" MARKED("true") "],\"x.a.undo.look\":[" NOW("theirs") "]}",
     MARKING "x.a.undo.look calls test.look {\"device_id\":\"d1\"}\n"
             "x.a.undo.look succeeded\n"
             "x.a.undo.unmark skipped\n"
             "x failed failed\n"
             "run failed\n"},
    {"the answer that would tell whether it is ours was lost", FAILS(CHANGE("mark")),
     "{\"x.a\":[" LOST ",\"happened\"]}",
     "x.a calls test.mark {\"device_id\":\"d1\"}\n"
     "x.a held\n"
     "x.a resolved true\n"
     "x.a succeeded\n"
     "- failed failed\n"
     "x takes back x.a\n"
     "x.a.undo.look failed invalid\n"
     "x failed failed, not taken back: x.a\n"
     "run failed\n"},
    {"the answer says neither", FAILS(CHANGE("mark")), "{\"x.a\":[" MARKED("\"yes\"") "]}",
     MARKING "x.a.undo.look failed invalid\n"
             "x failed failed, not taken back: x.a\n"
             "run failed\n"},
    {"nobody can tell how it is now", FAILS(CHANGE("mark")),
     "{\"x.a\":[" MARKED("true") "],\"x.a.undo.look\":[" REFUSED "]}",
     MARKING "x.a.undo.look calls test.look {\"device_id\":\"d1\"}\n"
             "x.a.undo.look failed refused\n"
             "x failed failed, not taken back: x.a\n"
             "run failed\n"},
};

/* A step of its own, with nothing around it, takes back what it did before it failed. */
#define CALLED(status) "{\"run\":\"child\",\"status\":\"" status "\",\"error\":{\"code\":\"x\"}}"
#define POLLED                                                                                     \
    "  - id: a\n    uses: test.block\n    with: { device_id: d1 }\n"                               \
    "    poll: { every: 10s, until: \"output.risk == 'none'\", timeout: 15s }\n"                   \
    "    on-error: undo\n"
#define LOOKED_AT                                                                                  \
    "a calls test.block {\"device_id\":\"d1\"}\n"                                                  \
    "a looks in 10s\n"                                                                             \
    "a calls test.look {\"device_id\":\"d1\"}\n"                                                   \
    "a looks in 5s\n"                                                                              \
    "a calls test.look {\"device_id\":\"d1\"}\n"
static const struct story alone[] = {
    {"a call that is looked after in vain", POLLED,
     "{\"a\":[" BLOCKED "," OK "," OK "],\"a.undo.unblock\":[" OK "]}",
     LOOKED_AT "a takes back a\n"
               "a.undo.unblock calls test.unblock {\"device_id\":\"d1\",\"note\":\"d\"}\n"
               "a.undo.unblock succeeded\n"
               "a timed-out timed-out\n"
               "run failed\n"},
    {"... unless it is never to be", POLLED "    undo: none\n",
     "{\"a\":[" BLOCKED "," OK "," OK "]}",
     LOOKED_AT "a timed-out timed-out\n"
               "run failed\n"},
    {"a call that was turned away did nothing",
     "  - id: a\n    uses: test.block\n    with: { device_id: d1 }\n    on-error: undo\n",
     "{\"a\":[" REFUSED "]}",
     "a calls test.block {\"device_id\":\"d1\"}\n"
     "a failed refused\n"
     "run failed\n"},
    {"a playbook that failed", "  - id: c\n    call: other\n    on-error: undo\n",
     "{\"c\":[" CALLED("failed") "],\"c undo\":[\"undone\"]}",
     "c calls run of other {}\n"
     "c run failed\n"
     "c takes back c\n"
     "c has its run child taken back\n"
     "c run undone\n"
     "c failed x\n"
     "run failed\n"},
    {"a playbook that was never started",
     "  - id: c\n    call: other\n"
     "    with: { who: \"${{ incident.raw.x }}\" }\n"
     "    on-error: undo\n",
     "{}",
     "c failed invalid\n"
     "run failed\n"},
    {"a playbook that is never to be",
     "  - id: c\n    call: other\n    on-error: undo\n"
     "    undo: none\n",
     "{\"c\":[" CALLED("failed") "]}",
     "c calls run of other {}\n"
     "c run failed\n"
     "c failed x\n"
     "run failed\n"},
};

/* Called runs among other changes, the newest first. */
#define CALLS                                                                                      \
    "  - id: a\n    uses: test.block\n    with: { device_id: d1 }\n"                               \
    "  - id: c\n    call: other\n  - fail: no\nundo: { on-failure: auto }\n"
#define CALLING                                                                                    \
    "a calls test.block {\"device_id\":\"d1\"}\n"                                                  \
    "a succeeded\n"                                                                                \
    "c calls run of other {}\n"                                                                    \
    "c run succeeded\n"                                                                            \
    "c succeeded\n"                                                                                \
    "- failed failed\n"                                                                            \
    "run is to be taken back\n"                                                                    \
    "undo takes back c a\n"                                                                        \
    "c has its run child taken back\n"
#define AND_A                                                                                      \
    "a.undo.unblock calls test.unblock {\"device_id\":\"d1\",\"note\":\"b\"}\n"                    \
    "a.undo.unblock succeeded\n"
#define SCRIPT(status)                                                                             \
    "{\"a\":[" BLOCKED "],\"c\":[" CALLED("succeeded") "],\"c undo\":[\"" status                   \
                                                       "\"],\"a.undo.unblock\":[" OK "]}"
static const struct story called[] = {
    {"one that was taken back", CALLS, SCRIPT("undone"),
     CALLING "c run undone\n" AND_A "undo succeeded\n"
             "run undone\n"},
    {"one that had changed nothing", CALLS, SCRIPT("unchanged"),
     CALLING "c run unchanged\n" AND_A "undo succeeded\n"
             "run undone\n"},
    {"one of which something is left", CALLS, SCRIPT("left"),
     CALLING "c run left\n" AND_A "undo failed failed, not taken back: c\n"
             "run failed\n"},
};

/* Whether the run is `undone`: it is not when nothing was taken back. */
#define RUN_OF(action)                                                                             \
    "  - id: a\n    uses: test." action "\n    with: { device_id: d1 }\n"                          \
    "  - fail: no\nundo: { on-failure: auto }\n"
static const struct story runs[] = {
    {"what was so before the run leaves it failed", RUN_OF("mark"), "{\"a\":[" MARKED("false") "]}",
     "a calls test.mark {\"device_id\":\"d1\"}\n"
     "a succeeded\n"
     "- failed failed\n"
     "run is to be taken back\n"
     "undo takes back a\n"
     "a.undo.look skipped\n"
     "a.undo.unmark skipped\n"
     "undo succeeded\n"
     "run failed\n"},
    {"what was looked after in vain and nothing takes back is named",
     "  - id: a\n    uses: test.block\n    with: { device_id: d1 }\n"
     "  - id: k\n    uses: test.nudge\n"
     "    poll: { every: 10s, until: \"output.risk == 'low'\", timeout: 15s }\n"
     "undo: { on-failure: auto }\n",
     "{\"a\":[" BLOCKED "],\"k\":[" OK "," OK "," OK "],\"a.undo.unblock\":[" OK "]}",
     "a calls test.block {\"device_id\":\"d1\"}\n"
     "a succeeded\n"
     "k calls test.nudge {}\n"
     "k looks in 10s\n"
     "k calls test.glance {}\n"
     "k looks in 5s\n"
     "k calls test.glance {}\n"
     "k timed-out timed-out\n"
     "run is to be taken back\n"
     "undo takes back a\n" AND_A "undo failed failed, not taken back: k\n"
     "run failed\n"},
    {"what ended last is taken back first, wherever it stands",
     "  - id: p\n    parallel:\n"
     "      one:\n        - id: a\n          uses: test.block\n          with: { device_id: d1 }\n"
     "      two:\n        - id: b\n          uses: test.block\n          with: { device_id: d2 }\n"
     "  - fail: no\nundo: { on-failure: auto }\n",
     "{\"p.one.a\":[\"later\"," BLOCKED "],\"p.two.b\":[" BLOCKED "],\"p.one.a.undo.unblock\":[" OK
     "],\"p.two.b.undo.unblock\":[" OK "]}",
     "p.one.a calls test.block {\"device_id\":\"d1\"}\n"
     "p.two.b calls test.block {\"device_id\":\"d2\"}\n"
     "p.two.b succeeded\n"
     "p.one.a succeeded\n"
     "p succeeded\n"
     "- failed failed\n"
     "run is to be taken back\n"
     "undo takes back p.one.a p.two.b\n"
     "p.one.a.undo.unblock calls test.unblock {\"device_id\":\"d1\",\"note\":\"b\"}\n"
     "p.one.a.undo.unblock succeeded\n"
     "p.two.b.undo.unblock calls test.unblock {\"device_id\":\"d2\",\"note\":\"b\"}\n"
     "p.two.b.undo.unblock succeeded\n"
     "undo succeeded\n"
     "run undone\n"},
};

static void a_no_anywhere_inside_leaves_it_as_it_was(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(denied) / sizeof(*denied); i++)
        tell(&denied[i], false);
}

static void only_what_is_ours_and_still_so_is_taken_back(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(guarded) / sizeof(*guarded); i++)
        tell(&guarded[i], false);
}

static void a_step_alone_takes_back_what_it_did(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(alone) / sizeof(*alone); i++)
        tell(&alone[i], false);
}

static void called_runs_are_taken_back_in_their_turn(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(called) / sizeof(*called); i++)
        tell(&called[i], false);
}

static void runs_end_as_what_they_left_says(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(runs) / sizeof(*runs); i++)
        tell(&runs[i], false);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_no_anywhere_inside_leaves_it_as_it_was),
        cmocka_unit_test(only_what_is_ours_and_still_so_is_taken_back),
        cmocka_unit_test(a_step_alone_takes_back_what_it_did),
        cmocka_unit_test(called_runs_are_taken_back_in_their_turn),
        cmocka_unit_test(runs_end_as_what_they_left_says),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
