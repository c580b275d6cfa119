/*
 * test_undo_ended.c - runs that have ended: what there is to take back, and by what; who may ask
 * for it, until when, and what the answer is; what an undo leaves behind for the next one.
 */
#include "fixture.h"
#include "full.h"

#define USES(indent, id, action, device)                                                           \
    indent "- id: " id "\n" indent "  uses: test." action "\n" indent                              \
           "  with: { device_id: " device " }\n"
#define A(action) USES("  ", "a", action, "d1")
#define BLOCKED "{\"outcome\":\"succeeded\",\"output\":{\"id\":\"b\",\"risk\":\"low\"}}"
#define MARKED(ours) "{\"outcome\":\"succeeded\",\"output\":{\"id\":\"m\",\"ours\":" ours "}}"
#define CALLED "{\"run\":\"child\",\"status\":\"succeeded\"}"

/* ---- what there is ----------------------------------------------------------------------------
 */

static void add_change(const struct run_change *change, void *user)
{
    static const char *const words[] = {[CHANGE_OPEN] = "open",
                                        [CHANGE_FAILED] = "failed",
                                        [CHANGE_LEFT_ALONE] = "left alone",
                                        [CHANGE_UNDONE] = "undone",
                                        [CHANGE_STAYS] = "stays"};
    struct teller *teller = user;

    buf_add_format(&teller->told, "%.*s %s", QUELL_ARG(change->path), words[change->is]);
    if (change->child.len)
        buf_add_format(&teller->told, " run %.*s", QUELL_ARG(change->child));
    if (change->undo)
        buf_add_format(&teller->told, " %.*s", QUELL_ARG(change->undo->uses));
    if (!quell_is_null(change->undo_with))
        buf_add_format(&teller->told, " %.*s",
                       QUELL_ARG(json_text(teller->arena, change->undo_with, 0)));
    buf_add_char(&teller->told, '\n');
}

static void changes(struct teller *teller)
{
    teller->told.len = 0;
    run_each_change(teller->run, add_change, teller);
}

static const struct story found[] = {
    {"by the call of the manifest, with its inputs", A("block"), "{\"a\":[" BLOCKED "]}",
     "a open test.unblock {\"device_id\":\"d1\",\"note\":\"b\"}\n"},
    {"... which cannot always be told", A("stamp"), "{\"a\":[" BLOCKED "]}",
     "a open test.unmark\n"},
    {"nothing is named where the undo steps only look",
     A("block") "    undo:\n" USES("      ", "u", "look", "d1"), "{\"a\":[" BLOCKED "]}",
     "a open\n"},
    {"of undo steps the call that changes most, however deep",
     A("block") "    undo:\n"
                "      - wait: 1s\n"
                "      - id: g\n        if: \"true\"\n        steps:\n" USES(
                    "          ", "u", "unblock",
                    "d1") "        else:\n"
                          "          - id: p\n            parallel:\n"
                          "              one:\n" USES("                ", "v", "isolate",
                                                      "d1") "              two:\n"
                                                            "                - wait: 1s\n",
     "{\"a\":[" BLOCKED "]}", "a open test.isolate\n"},
    {"... and where another one failed",
     A("block") "    undo:\n" USES("      ", "u", "look", "d1") "        on-error:\n" USES(
         "          ", "v", "unblock", "d1"),
     "{\"a\":[" BLOCKED "]}", "a open test.unblock\n"},
    {"a step with an undo of its own answers for what is inside",
     "  - id: g\n    steps:\n" USES("      ", "a", "block", "d1")
         USES("      ", "b", "isolate", "d2") "    undo:\n" USES("      ", "u", "unblock", "d1"),
     "{\"g.a\":[" BLOCKED "],\"g.b\":[" OK "]}", "g open test.unblock\n"},
    {"... unless it failed",
     "  - id: g\n    on-error: continue\n    steps:\n" USES("      ", "a", "block", "d1")
         USES("      ", "b", "isolate", "d2") "      - fail: no\n    undo:\n" USES("      ", "u",
                                                                                   "look", "d1"),
     "{\"g.a\":[" BLOCKED "],\"g.b\":[" OK "]}",
     "g.a open test.unblock {\"device_id\":\"d1\",\"note\":\"b\"}\n"
     "g.b stays\n"},
    {"where nothing may be taken back all of it stays",
     "  - id: g\n    undo: none\n    steps:\n"
     "      - id: h\n        steps:\n" USES("          ", "a", "block",
                                            "d1") "        undo:\n" USES("          ", "u",
                                                                         "unblock", "d1"),
     "{\"g.h.a\":[" BLOCKED "]}", "g.h.a stays\n"},
    {"a called run answers for itself", A("isolate") "  - id: c\n    call: other\n",
     "{\"a\":[" OK "],\"c\":[" CALLED "]}",
     "c open run child\n"
     "a stays\n"},
    {"what was tried before",
     "  - id: x\n    on-error: undo\n    steps:\n" USES("      ", "a", "block", "d1")
         USES("      ", "b", "block", "d2") USES("      ", "m", "mark", "d3") "      - fail: no\n",
     "{\"x.a\":[" BLOCKED "],\"x.b\":[" BLOCKED "],\"x.m\":[" MARKED(
         "false") "],"
                  "\"x.b.undo.unblock\":[" REFUSED "],\"x.a.undo.unblock\":[" OK "]}",
     "x.m left alone test.unmark {\"device_id\":\"d3\"}\n"
     "x.b failed test.unblock {\"device_id\":\"d2\",\"note\":\"b\"}\n"
     "x.a undone test.unblock {\"device_id\":\"d1\",\"note\":\"b\"}\n"},
    {"reads, and calls that were turned away, changed nothing",
     USES("  ", "l", "look", "d1") A("block") "    on-error: continue\n",
     "{\"l\":[" OK "],\"a\":[" REFUSED "]}", ""},
};

static void what_there_is_to_take_back_is_found(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(found) / sizeof(*found); i++) {
        struct fixture fixture;

        open_fixture(&fixture, found[i].steps, found[i].answers);
        start(&fixture.teller);
        go_on(&fixture.teller);
        changes(&fixture.teller);
        if (!str_is(buf_str(&fixture.teller.told), found[i].expected))
            fail_msg("%s: found\n%.*sexpected\n%s", found[i].name,
                     QUELL_ARG(buf_str(&fixture.teller.told)), found[i].expected);
        close_fixture(&fixture);
    }
}

static void answer(struct teller *teller, const char *path)
{
    outside(teller, EVENT_CALL_ENDED, quell_str_of(path), next_answer(teller, quell_str_of(path)));
    (void)decide(teller);
}

/* While it is under way it is open, and where the run had no room to end it, it has failed. */
static void an_undo_under_way_is_no_end(void **state)
{
    struct fixture fixture;
    struct teller *teller = &fixture.teller;

    (void)state;
    open_fixture(&fixture, A("block") "  - fail: no\nundo: { on-failure: auto }\n",
                 "{\"a\":[" BLOCKED "],\"a.undo.unblock\":[" OK "]}");
    start(teller);
    (void)decide(teller);
    answer(teller, "a");
    changes(teller);
    told(&fixture, "a open test.unblock {\"device_id\":\"d1\",\"note\":\"b\"}\n");
    teller->run->seq = LIMIT_RUN_EVENTS;
    answer(teller, "a.undo.unblock");
    assert_true(run_ended(teller->run));
    changes(teller);
    told(&fixture, "a failed test.unblock {\"device_id\":\"d1\",\"note\":\"b\"}\n");
    close_fixture(&fixture);
}

/* The same of a called run that is being taken back; a step that calls none has none. */
static void a_called_run_is_named_while_it_is_undone(void **state)
{
    struct fixture fixture;
    struct teller *teller = &fixture.teller;
    struct quell_str child = QUELL_STR("none");

    (void)state;
    open_fixture(&fixture, "  - id: c\n    call: other\n  - fail: no\nundo: { on-failure: auto }\n",
                 "{\"c\":[" CALLED "]}");
    start(teller);
    (void)decide(teller);
    answer_child(teller, QUELL_STR("c"));
    assert_false(run_undoes_child(teller->run, QUELL_STR("c"), &child));
    answer_child(teller, QUELL_STR("c"));
    (void)decide(teller);
    changes(teller);
    told(&fixture, "c open run child\n");
    assert_true(run_undoes_child(teller->run, QUELL_STR("c"), &child));
    assert_true(str_is(child, "child"));
    assert_false(run_undoes_child(teller->run, QUELL_STR("d"), &child));
    close_fixture(&fixture);
}

/* A call that succeeded is a change though its step had no room to end. */
static void a_full_run_names_its_last_change(void **state)
{
    struct fixture fixture;
    struct teller *teller = &fixture.teller;

    (void)state;
    open_fixture(&fixture, A("block"), "{\"a\":[" BLOCKED "]}");
    start(teller);
    (void)decide(teller);
    teller->run->seq = LIMIT_RUN_EVENTS;
    answer(teller, "a");
    assert_string_equal(run_state(teller->run), "failed");
    changes(teller);
    told(&fixture, "a open test.unblock {\"device_id\":\"d1\",\"note\":\"b\"}\n");
    close_fixture(&fixture);
}

/* ---- who may, and what is answered ------------------------------------------------------------
 */

static enum quell_code ask(struct teller *teller, const char *step, struct quell_error *err)
{
    struct quell_value data;
    enum quell_code code = run_undo_data(teller->run, teller->arena, quell_str_of(step),
                                         QUELL_STR("ana"), QUELL_STR("why not"), &data, err);

    if (code == QUELL_OK)
        outside(teller, EVENT_UNDO_ASKED, QUELL_STR(""), data);
    return code;
}

static void refuses(struct teller *teller, const char *step, enum quell_code code, const char *why)
{
    struct quell_error err = {0};

    assert_int_equal(ask(teller, step, &err), code);
    assert_string_equal(err.message, why);
}

static void the_window_is_open_from_the_end_on(void **state)
{
    struct fixture fixture;
    struct teller *teller = &fixture.teller;
    struct quell_error err = {0};
    int64_t hour_us = 3600 * INT64_C(1000000), ended_us;

    (void)state;
    open_fixture(&fixture, A("block") "undo: { on-failure: never, window: 1h, by: ana }\n",
                 "{\"a\":[" BLOCKED "]}");
    start(teller);
    (void)decide(teller);
    assert_int_equal(run_may_undo(teller->run, QUELL_STR("ana"), quell_null(), 100 * hour_us, &err),
                     QUELL_OK);
    go_on(teller);
    ended_us = run_ended_us(teller->run);
    assert_int_equal(
        run_may_undo(teller->run, QUELL_STR("ana"), quell_null(), ended_us + hour_us, &err),
        QUELL_OK);
    assert_int_equal(
        run_may_undo(teller->run, QUELL_STR("ana"), quell_null(), ended_us + hour_us + 1, &err),
        QUELL_CONFLICT);
    assert_int_equal(run_may_undo(teller->run, QUELL_STR("bob"), quell_null(), ended_us, &err),
                     QUELL_DENIED);
    close_fixture(&fixture);
}

/* By its path a loop means all its items; a step that never began is none of the run. */
static void steps_are_known_by_what_they_began(void **state)
{
    struct fixture fixture;
    struct teller *teller = &fixture.teller;
    struct quell_error err = {0};

    (void)state;
    open_fixture(
        &fixture,
        "  - id: l\n    for-each: \"['d1', 'd2']\"\n    as: d\n    max: 2\n    steps:\n" USES(
            "      ", "a", "block",
            "x") "  - if: incident.title == 'a title'\n    stop: {}\n" USES("  ", "z", "block",
                                                                            "x"),
        "{\"l[0].a\":[" BLOCKED "],\"l[1].a\":[" BLOCKED "],\"l[0].a.undo.unblock\":[" OK
        "],\"l[1].a.undo.unblock\":[" OK "]}");
    start(teller);
    go_on(teller);
    refuses(teller, "z", QUELL_NOT_FOUND, "run r1 has begun no step `z`");
    teller->told.len = 0;
    assert_int_equal(ask(teller, "l", &err), QUELL_OK);
    go_on(teller);
    told(&fixture, "l[1].a.undo.unblock calls test.unblock {\"device_id\":\"x\",\"note\":\"b\"}\n"
                   "l[1].a.undo.unblock succeeded\n"
                   "l[0].a.undo.unblock calls test.unblock {\"device_id\":\"x\",\"note\":\"b\"}\n"
                   "l[0].a.undo.unblock succeeded\n"
                   "run undone\n");
    close_fixture(&fixture);
}

static void a_shadow_run_is_told_so(void **state)
{
    struct fixture fixture;
    struct teller *teller = &fixture.teller;

    (void)state;
    open_fixture(&fixture, A("block"), "{\"a\":[" MADE_UP "]}");
    outside(teller, EVENT_RUN_STARTED, QUELL_STR(""),
            run_start_data(teller->arena, teller->playbook, quell_null(), quell_map(NULL, 0),
                           RUN_SHADOW, QUELL_STR("test")));
    go_on(teller);
    refuses(teller, "", QUELL_CONFLICT, "run r1 was a shadow run: it changed nothing");
    refuses(teller, "a", QUELL_CONFLICT, "step a of run r1 was a shadow run: it changed nothing");
    close_fixture(&fixture);
}

static void a_full_run_takes_no_undo(void **state)
{
    struct fixture fixture;
    struct teller *teller = &fixture.teller;

    (void)state;
    open_fixture(&fixture, A("block"), "{\"a\":[" BLOCKED "]}");
    start(teller);
    go_on(teller);
    teller->run->seq = LIMIT_RUN_EVENTS;
    refuses(teller, "", QUELL_CONFLICT, "run r1 has no room for more events");
    close_fixture(&fixture);
}

/* ---- what is left for the next one ------------------------------------------------------------
 */

static struct quell_value last_end(struct teller *teller)
{
    struct quell_error err = {0};
    struct event event;

    assert_int_equal(
        event_read(teller->arena, teller->written[teller->written_count - 1], &event, &err),
        QUELL_OK);
    assert_int_equal(event.kind, EVENT_RUN_ENDED);
    return event.data;
}

/* Each end says what became of what that undo was about, and what the run had ended with. */
static void each_undo_says_what_became_of_its_own(void **state)
{
    static const struct {
        const char *step, *end;
    } undos[] = {
        {"m", "{\"status\":\"succeeded\",\"outputs\":{\"x\":\"y\"},\"left_alone\":[\"m\"]}"},
        {"b", "{\"status\":\"succeeded\",\"outputs\":{\"x\":\"y\"},\"not_undone\":[\"b\"]}"},
        {"a", "{\"status\":\"succeeded\",\"outputs\":{\"x\":\"y\"},\"undone\":[\"a\"]}"},
        {"", "{\"outputs\":{\"x\":\"y\"},\"status\":\"undone\",\"undone\":[\"b\"],\"left_alone\":["
             "\"m\"]}"},
    };
    struct fixture fixture;
    struct teller *teller = &fixture.teller;
    struct quell_error err = {0};

    (void)state;
    open_fixture(&fixture,
                 A("block") USES("  ", "b", "block", "d2")
                     USES("  ", "m", "mark", "d3") "outputs: { x: y }\n",
                 "{\"a\":[" BLOCKED "],\"b\":[" BLOCKED
                 "],\"m\":[" MARKED("false") "],"
                                             "\"b.undo.unblock\":[" REFUSED
                                             "],\"a.undo.unblock\":[" OK
                                             "],\"b.undo[2].unblock\":[" OK "]}");
    start(teller);
    go_on(teller);
    for (size_t i = 0; i < sizeof(undos) / sizeof(*undos); i++) {
        struct quell_str end;
        assert_int_equal(ask(teller, undos[i].step, &err), QUELL_OK);
        go_on(teller);
        end = json_text(teller->arena, last_end(teller), 0);
        if (!str_is(end, undos[i].end))
            fail_msg("undo of `%s`: %.*s\nexpected %s", undos[i].step, QUELL_ARG(end),
                     undos[i].end);
    }
    close_fixture(&fixture);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_there_is_to_take_back_is_found),
        cmocka_unit_test(an_undo_under_way_is_no_end),
        cmocka_unit_test(a_called_run_is_named_while_it_is_undone),
        cmocka_unit_test(a_full_run_names_its_last_change),
        cmocka_unit_test(the_window_is_open_from_the_end_on),
        cmocka_unit_test(steps_are_known_by_what_they_began),
        cmocka_unit_test(a_shadow_run_is_told_so),
        cmocka_unit_test(a_full_run_takes_no_undo),
        cmocka_unit_test(each_undo_says_what_became_of_its_own),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
