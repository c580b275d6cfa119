/*
 * test_why.c - a run always says what it waits for and until when: a run brought to each thing that
 * why.def can say, and that no row of it was left out.
 */
#include "core/notify.h"
#include "core/starts.h"
#include "core/why.h"
#include "virtual.h"

#define CONFIG "connectors: []\ngroups: { leads: [ana, bo] }\n"
#define HEAD "quell: 1\nplaybook: p\non: { incident: }\n"
#define MALWARE                                                                                    \
    "{\"title\": \"Malware\", \"number\": \"7\", \"entities\": {\"devices\": "                     \
    "[{\"id\": \"d1\", \"name\": \"ws-1\"}]}}"
#define ISOLATE                                                                                    \
    "  - id: a\n    uses: defender.isolate-device\n"                                               \
    "    with: { device_id: d1, comment: x }\n"
#define GET "  - id: a\n    uses: http.get\n    with: { url: 'https://a.example/' }\n"
#define LATE "1h"

enum answers { NOW, NEVER, FAILS, UNKNOWN, BREAKS };

struct story {
    const char *what;                /* of the entry that must be there */
    const char *text, *until, *then; /* what it must hold; until: the time; NULL = none */
    const char *command;             /* the first one, behind `quell `; before the run when it ends
                                        with a blank; or NULL */
    const char *head, *steps;        /* head: beside quell, playbook and on; or "" */
    enum answers answers;            /* of all calls */
    size_t incidents;                /* that come in; the entry is the last run's */
    void (*more)(struct virtual *v); /* or NULL */
    const char *config;              /* beside CONFIG; or NULL */
};

static const char *const seen_later[] = {
    "full",  /* needs 100,000 events: tests/unit/run/ has it */
    "space", /* needs a disk that is full: test_space.c */
    NULL,
};

static struct active *only_run(struct virtual *v)
{
    assert_non_null(v->engine->active);
    return v->engine->active;
}

/* What a connector would say of the call at step `a`. */
static void say_of_call(struct virtual *v, enum event_kind kind, bool changes,
                        struct quell_value until)
{
    struct map_builder data = {.arena = v->arena};
    struct quell_error err = {0};

    turn_begin(v->engine);
    map_add(&data, "state", quell_map(NULL, 0));
    map_add(&data, "changes", quell_bool(changes));
    if (!quell_is_null(until))
        map_add(&data, "until", until);
    if (say(only_run(v), kind, QUELL_STR("a"), map_made(&data), &err))
        fail_msg("%s", err.message);
    turn_end(v->engine);
    loop_settle(v->loop);
}

static void sleep_now(struct virtual *v)
{
    say_of_call(v, EVENT_CALL_SLEEPING, false,
                value_time_us(loop_now_us(v->loop) + INT64_C(30000000)));
}

static void nothing(enum quell_code code, const struct quell_error *err, void *user)
{
    (void)code;
    (void)err;
    (void)user;
}

static void cancel(struct virtual *v)
{
    struct quell_error err = {0};

    if (quell_cancel(v->engine, virtual_id(v, 0), QUELL_STR("ana"), QUELL_STR("enough"), nothing,
                     NULL, &err))
        fail_msg("%s", err.message);
    loop_settle(v->loop);
}

static void send_and_cancel(struct virtual *v)
{
    say_of_call(v, EVENT_CALL_SENDING, true, quell_null());
    cancel(v);
}

/* Its text is not in the store, and nobody else has it. */
static void lose_its_playbook(struct virtual *v)
{
    struct arena *arena = v->arena;
    struct store_run row;
    struct quell_error err = {0};

    assert_int_equal(
        v->engine->reader->kind->run(v->engine->reader, arena, virtual_id(v, 0), &row, &err),
        QUELL_OK);
    row.revision = QUELL_STR("0000000000000000000000000000000000000000000000000000000000000000");
    turn_begin(v->engine);
    commit_row(turn_commit(v->engine), &row);
    turn_end(v->engine);
    loop_settle(v->loop);
}

static void agree(struct virtual *v)
{
    struct quell_decision decision = {
        .run = virtual_id(v, 0), .agrees = true, .by = QUELL_STR("ana")};
    struct quell_error err = {0};

    if (quell_decide(v->engine, &decision, nothing, NULL, &err))
        fail_msg("%s", err.message);
    loop_settle(v->loop);
}

static void hour(struct virtual *v)
{
    virtual_pass(v, "61m");
}

static void halt(struct virtual *v, const char *what, const char *name)
{
    struct quell_halt halt = {.what = what,
                              .name = quell_str_of(name),
                              .by = QUELL_STR("ana"),
                              .reason = QUELL_STR("is it us?")};
    struct quell_error err = {0};

    if (quell_halt(v->engine, &halt, NULL, NULL, &err))
        fail_msg("%s", err.message);
    virtual_pass(v, "2m");
}

static void halt_all(struct virtual *v)
{
    halt(v, "everything", "");
}

static void halt_another_and_defender(struct virtual *v)
{
    halt(v, "connector", "http");
    halt(v, "connector", "defender");
}

static const struct story stories[] = {
    {"ended", "failed at step a: the test says so", NULL, NULL, NULL, "", GET, FAILS, 1, NULL,
     NULL},
    {"ended", "it succeeded", NULL, NULL, NULL, "", GET, NOW, 1, NULL, NULL},
    {"ended", "it was cancelled by ana: enough", NULL, NULL, NULL, "", "  - wait: 1h\n", NOW, 1,
     cancel, NULL},
    {"ended", "it succeeded", "2026-05-04T14:00:00Z", "what it did for a time is undone", "undo ",
     "", ISOLATE "    for: 4h\n", NOW, 1, NULL, NULL},
    {"unreadable", "no playbook revision 0000", NULL, "next start", "show ", "", "  - wait: 1h\n",
     NOW, 1, lose_its_playbook, NULL},
    {"turn", "its turn in group `g`: 1 run, 1 wait before it", NULL, "its first step begins", NULL,
     "concurrency: { group: \"'g'\" }\n", "  - wait: 1h\n", NOW, 3, NULL, NULL},
    {"begins", "it begins later", "2026-05-04T10:15:00Z", "its first step begins", NULL,
     "throttle: { once-after: 15m }\n", "  - wait: 1h\n", NOW, 1, NULL, NULL},
    {"release", "held before its first step by `limit.runs.hour`", NULL, "let go, it begins",
     "release ", "limits: { runs: { hour: 1 } }\n", "  - wait: 1h\n", NOW, 2, NULL, NULL},
    {"halted", "step `a` is kept back, for everything is halted by ana at 2026-05-04T10:00", NULL,
     "its limits are judged anew", "resume", "", "  - wait: 1m\n" ISOLATE, NOW, 1, halt_all, NULL},
    {"halted", "for connector defender is halted by ana at 2026-05-04T10:02:00Z: is it us?", NULL,
     "once that is resumed", "resume --connector defender", "", "  - wait: 3m\n" ISOLATE, NOW, 1,
     halt_another_and_defender, NULL},
    {"breaker",
     "step `a` is kept back, for the breaker of connector defender is open: 5 changes in a row",
     "2026-05-04T10:01:00Z", "one change is tried", "resume --connector defender", "", ISOLATE,
     BREAKS, 6, NULL, NULL},
    {"cancelling", "it is cancelled", NULL, NULL, NULL, "", ISOLATE, NEVER, 1, send_and_cancel,
     NULL},
    {"undoing", "is taken back", NULL, NULL, NULL, "",
     "  - id: x\n    on-error: undo\n    steps:\n      - id: b\n        set: { n: 1 }\n"
     "        undo:\n          wait: 1h\n      - fail: no\n",
     NOW, 1, NULL, NULL},
    {"answer", "`http.get` over connection `http` is about to be sent, attempt 1 of 1",
     "2026-05-04T10:30:00Z", "the call has timed out", NULL, "", GET, NEVER, 1, NULL, NULL},
    {"sleep", "`http.get` over connection `http` was asked to wait", "2026-05-04T10:00:30Z",
     "it goes on", NULL, "", GET, NEVER, 1, sleep_now, NULL},
    {"retry", "`http.get` failed, attempt 1 of 4: the test says so", "2026-05-04T10:01:00Z",
     "it is tried again", NULL, "",
     GET "    retry: { max: 3, first: 1m, backoff: fixed, on: [unavailable] }\n", FAILS, 1, NULL,
     NULL},
    {"poll", "looked at until this holds: output.status == 7", "2026-05-04T10:01:00Z",
     "the next look", NULL, "",
     GET "    poll: { every: 1m, until: output.status == 7, timeout: 10m }\n", NOW, 1, NULL, NULL},
    {"time", "a time has to come", "2026-05-04T13:00:00Z", "the step after it begins", NULL, "",
     "  - wait: 3h\n", NOW, 1, NULL, NULL},
    {"event", "an incident that fits the condition under `for`, and `event.title == 'x'` has to",
     "2026-05-04T12:00:00Z", "timed out", NULL, "",
     "  - wait:\n      for: { incident: { match: { title: closed } } }\n"
     "      where: event.title == 'x'\n      timeout: 2h\n",
     NOW, 1, NULL, NULL},
    {"approval", "go on?: 0 of 2 agreed, by ana or group:leads", "2026-05-04T11:00:00Z",
     "it is denied, and the run goes on without the step", "approve ", "",
     ISOLATE "    approve: { by: [ana, group:leads], count: 2, within: 1h, message: go on? }\n",
     NOW, 1, NULL, NULL},
    {"approval", "go on?: 1 of 2 agreed: ana, by anybody", "2026-05-04T11:00:00Z", "bo is asked",
     "approve ", "",
     ISOLATE "    approve: { count: 2, within: 1h, message: go on?, on-timeout: escalate, "
             "escalate-to: bo }\n",
     NOW, 1, agree, NULL},
    {"approval", "go on?", "2026-05-04T12:00:00Z", "the step fails", "approve ", "",
     ISOLATE "    approve: { within: 1h, message: go on?, on-timeout: escalate, escalate-to: bo "
             "}\n    on-error: fail\n",
     NOW, 1, hour, NULL},
    {"form", "is it?: a form, to be filled in by ana", "2026-05-04T18:00:00Z", "fails as timed out",
     "answer ", "",
     "  - ask:\n      of: ana\n      within: 8h\n      message: is it?\n"
     "      form: { note: { type: text } }\n",
     NOW, 1, NULL, NULL},
    {"run", "of `child`, which is waiting", NULL, NULL, NULL, "",
     "  - id: c\n    call: child\n    with: { n: 1 }\n", NOW, 1, NULL, NULL},
    {"limit", "held by `limit.device.run`", NULL, "let go, the step is judged again", "release ",
     "limits: { device: { run: 0 } }\n", ISOLATE, NOW, 1, NULL, NULL},
    {"limit", "held by `policy.device.day`", NULL, "no release passes a hard cap", "release ", "",
     ISOLATE, NOW, 1, NULL, "policy: { caps: { device: { day: 0, hard: true } } }\n"},
    {"window", "held by `policy.window.office`", "2026-05-04T12:00:00Z", "judged again", "release ",
     "", ISOLATE, NOW, 1, NULL,
     "policy: { windows: [{ name: office, weekly: 'Mon-Fri 08:00-12:00' }] }\n"},
    {"unknown", "`defender.isolate-device` was sent, and whether it took effect is not known", NULL,
     "look at the far side", "resolve ", "", ISOLATE, UNKNOWN, 1, NULL, NULL},
};

#define CHILD                                                                                      \
    "quell: 1\nplaybook: child\non: { call: }\ninputs: { n: { type: int } }\nsteps:\n"             \
    "  - wait: 3h\n"

static void open_story(struct virtual *v, const struct story *story)
{
    char text[2048], config[512];
    size_t i;

    (void)snprintf(config, sizeof(config), CONFIG "%s", story->config ? story->config : "");
    (void)snprintf(text, sizeof(text), HEAD "%ssteps:\n%s", story->head, story->steps);
    virtual_open(v, config, (const char *const[]){text, CHILD, NULL});
    if (story->answers == NEVER) {
        virtual_answer(v, "http.get", QUELL_STR("{\"status\": 200}"));
        virtual_late(v, LATE);
        virtual_answer(v, "defender.isolate-device", QUELL_STR("{}"));
        virtual_late(v, LATE);
    } else if (story->answers == FAILS) {
        virtual_fail(v, "http.get", QUELL_UNAVAILABLE);
    } else if (story->answers == UNKNOWN) {
        virtual_fail(v, "defender.isolate-device", QUELL_UNKNOWN_OUTCOME);
    } else if (story->answers == BREAKS) {
        virtual_fail(v, "defender.isolate-device", QUELL_UNAVAILABLE);
    }
    for (i = 0; i < story->incidents; i++) {
        virtual_submit(v, MALWARE);
        loop_settle(v->loop);
    }
    if (story->more)
        story->more(v);
}

static struct quell_value why_of(struct virtual *v, struct quell_str id)
{
    struct quell_document document = {.memory = NULL};
    struct quell_error err = {0};
    struct quell_value why;

    if (quell_why(v->engine, id, &document, &err))
        fail_msg("%s", err.message);
    why = value_copy(v->arena, document.value);
    quell_document_free(&document);
    return why;
}

static struct quell_value entry_of(struct quell_value why, const char *what)
{
    struct quell_value because = quell_get(why, "because");
    size_t i;

    for (i = 0; i < quell_count(because); i++)
        if (quell_text_is(quell_get(quell_at(because, i), "what"), what))
            return quell_at(because, i);
    return quell_null();
}

static void holds(const struct story *story, struct quell_value entry, const char *key,
                  const char *expected)
{
    struct quell_str text = quell_get_str(entry, key);

    if (expected == NULL ? text.len > 0 : str_find(text, quell_str_of(expected), 0) == SIZE_MAX)
        fail_msg("%s: %s is `%.*s`, not `%s`", story->what, key, QUELL_ARG(text),
                 expected ? expected : "");
}

static void until_is(struct virtual *v, const struct story *story, struct quell_value entry)
{
    struct quell_value until = quell_get(entry, "until");
    struct quell_str text = QUELL_STR("none");

    if (quell_is(until, QUELL_TIME))
        text = json_text(v->arena, until, JSON_COMPACT);
    if (story->until == NULL ? !quell_is_null(until)
                             : str_find(text, quell_str_of(story->until), 0) == SIZE_MAX)
        fail_msg("%s: until %.*s, not %s", story->what, QUELL_ARG(text),
                 story->until ? story->until : "nothing");
}

static void command_is(struct virtual *v, const struct story *story, struct quell_value entry,
                       struct quell_str run)
{
    struct quell_str command = quell_str(quell_at(quell_get(entry, "commands"), 0));
    struct quell_str word = quell_str_of(story->command ? story->command : " "), expected;
    bool of_run = word.data[word.len - 1] == ' ';

    expected = arena_format(v->arena, "quell %.*s%.*s", QUELL_ARG(word),
                            QUELL_ARG(of_run ? run : QUELL_STR("")));

    if (story->command ? !str_starts(command, expected) : command.len > 0)
        fail_msg("%s: `%.*s`, not `%.*s`", story->what, QUELL_ARG(command), QUELL_ARG(expected));
}

static void each_state_says_why(void **state)
{
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(stories) / sizeof(*stories); i++) {
        struct virtual v;
        struct quell_str run;
        struct quell_value why, entry;

        open_story(&v, &stories[i]);
        run = virtual_id(&v, stories[i].incidents - 1);
        why = why_of(&v, run);
        entry = entry_of(why, stories[i].what);
        if (quell_is_null(entry))
            fail_msg("%s: not in %.*s", stories[i].what,
                     QUELL_ARG(json_text(v.arena, why, JSON_COMPACT)));
        holds(&stories[i], entry, "text", stories[i].text);
        holds(&stories[i], entry, "then", stories[i].then);
        until_is(&v, &stories[i], entry);
        command_is(&v, &stories[i], entry, run);
        virtual_close(&v);
    }
}

static bool has_story(const char *what)
{
    size_t i;

    for (i = 0; seen_later[i]; i++)
        if (strcmp(seen_later[i], what) == 0)
            return true;
    for (i = 0; i < sizeof(stories) / sizeof(*stories); i++)
        if (strcmp(stories[i].what, what) == 0)
            return true;
    return strcmp("work", what) == 0; /* below */
}

static void no_row_is_left_out(void **state)
{
    static const char *const names[] = {
#define WHY_RUN(name, doc) #name,
#define WHY_STEP(name, word, doc) #name,
#include "core/why.def"
#undef WHY_RUN
#undef WHY_STEP
    };
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(names) / sizeof(*names); i++)
        if (!has_story(names[i]))
            fail_msg("no story of `%s`", names[i]);
}

/* A run waits for a run, and says what that one waits for. */
static void a_child_says_why(void **state)
{
    struct virtual v;
    struct quell_value why, child;

    (void)state;
    open_story(&v, &(struct story){.head = "",
                                   .steps = "  - id: c\n    call: child\n    with: { n: 1 }\n",
                                   .incidents = 1});
    why = why_of(&v, virtual_id(&v, 0));
    child = quell_get(entry_of(why, "run"), "child");
    assert_true(quell_text_is(quell_get(child, "playbook"), "child"));
    assert_false(quell_is_null(entry_of(child, "time")));
    virtual_close(&v);
}

/* What a person needs to find the call at the far side. */
static void an_unknown_outcome_tells_what_to_look_for(void **state)
{
    struct virtual v;
    struct quell_value entry;

    (void)state;
    open_story(&v,
               &(struct story){.head = "", .steps = ISOLATE, .answers = UNKNOWN, .incidents = 1});
    entry = entry_of(why_of(&v, virtual_id(&v, 0)), "unknown");
    assert_true(quell_get_str(entry, "key").len > 0);
    assert_true(quell_text_is(quell_get(quell_get(entry, "with"), "device_id"), "d1"));
    assert_int_equal(quell_count(quell_get(entry, "commands")), 2);
    virtual_close(&v);
}

/* Nobody is sent to a command that is refused. */
static void a_hard_cap_names_no_release(void **state)
{
    struct virtual v;
    struct quell_value commands;

    (void)state;
    open_story(&v,
               &(struct story){.head = "",
                               .steps = ISOLATE,
                               .incidents = 1,
                               .config = "policy: { caps: { device: { day: 0, hard: true } } }\n"});
    commands = quell_get(entry_of(why_of(&v, virtual_id(&v, 0)), "limit"), "commands");
    assert_int_equal(quell_count(commands), 1);
    assert_true(str_find(quell_str(quell_at(commands, 0)), QUELL_STR(" --refuse"), 0) != SIZE_MAX);
    virtual_close(&v);
}

/* Who was to be asked, and does not know of it: of the newest notice, not of one before. */
static void a_question_says_whom_it_did_not_reach(void **state)
{
    static const char body[] =
        "{\"tellings\": [{\"via\": \"email\", \"to\": \"ana@x\", \"state\": \"sent\"},"
        " {\"via\": \"email\", \"to\": \"bo@x\", \"state\": \"failed\", \"error\": \"550 no\"}]}";
    struct virtual v;
    struct quell_value told, entry, unreached;
    struct quell_error err = {0};
    uint64_t seq;

    (void)state;
    open_story(&v,
               &(struct story){.head = "",
                               .steps = ISOLATE "    approve: { by: group:leads, within: 1h }\n",
                               .incidents = 1});
    assert_true(
        quell_is_null(quell_get(entry_of(why_of(&v, virtual_id(&v, 0)), "approval"), "unreached")));
    assert_int_equal(json_read(v.arena, QUELL_STR(body), 0, &told, NULL, &err), QUELL_OK);
    turn_begin(v.engine);
    for (seq = 1; seq < 16; seq++) /* the question's is one of them */
        mark_write(v.engine, NOTICE_TOLD, notice_key(v.arena, virtual_id(&v, 0), seq), 0, told);
    turn_end(v.engine);
    loop_settle(v.loop);
    entry = entry_of(why_of(&v, virtual_id(&v, 0)), "approval");
    unreached = quell_get(entry, "unreached");
    assert_int_equal(quell_count(unreached), 1);
    assert_true(quell_text_is(quell_get(quell_at(unreached, 0), "to"), "bo@x"));
    assert_true(quell_text_is(quell_get(quell_at(unreached, 0), "error"), "550 no"));
    virtual_close(&v);
}

/* The journal of a run that has only been started. */
static void store_started(struct engine_place *place)
{
    struct quell *engine = place_open(place, QUELL_FOR_AUTHORING);
    const struct playbook *playbook = engine->generation->playbooks[0]->playbook;
    struct half half = {.arena = arena_new(0)};
    struct event started = {.seq = 1, .at_us = clock_now_us(), .kind = EVENT_RUN_STARTED};

    started.data = run_start_data(half.arena, playbook, quell_null(), quell_map(NULL, 0), RUN_LIVE,
                                  QUELL_STR("test"));
    half_add(&half, &started);
    half_store(place, &half, playbook);
    arena_free(half.arena);
    quell_close(engine);
}

/* Nobody runs it: it is read beside no engine at all. */
static void a_run_at_work_waits_for_nothing(void **state)
{
    struct engine_place place;
    struct quell_document document = {.memory = NULL};
    struct quell_error err = {0};
    struct quell *engine;

    (void)state;
    place_make(&place, CONFIG, HEAD "steps:\n  - wait: 3h\n");
    store_started(&place);
    engine = place_open(&place, QUELL_FOR_READING);
    assert_int_equal(quell_why(engine, QUELL_STR("0189"), &document, &err), QUELL_OK);
    assert_false(quell_is_null(entry_of(document.value, "work")));
    quell_document_free(&document);
    assert_int_equal(quell_why(engine, QUELL_STR("0200"), &document, &err), QUELL_NOT_FOUND);
    quell_close(engine);
    place_remove(&place);
}

static struct quell_str incident_of(struct virtual *v, size_t nth)
{
    return quell_get_str(virtual_show(v, nth), "incident");
}

static void an_incident_says_what_it_started(void **state)
{
    struct virtual v;
    struct quell_value why;
    struct quell_str answer, id;

    (void)state;
    virtual_open(
        &v, CONFIG,
        (const char *const[]){HEAD "dedupe: { key: incident.title }\nsteps:\n  - wait: 3h\n",
                              "quell: 1\nplaybook: other\n"
                              "on: { incident: { match: { title: phish } } }\nsteps:\n  - stop:\n",
                              NULL});
    virtual_submit(&v, MALWARE);
    why = why_of(&v, incident_of(&v, 0));
    assert_int_equal(quell_count(quell_get(why, "runs")), 1);
    assert_int_equal(quell_count(quell_get(why, "refusals")), 0);
    assert_int_equal(quell_count(quell_get(why, "playbooks")), 2);
    if (!quell_text_is(quell_get(quell_at(quell_get(why, "playbooks"), 0), "verdict"), "no match"))
        fail_msg("%.*s", QUELL_ARG(json_text(v.arena, why, JSON_COMPACT)));
    virtual_submit(&v, MALWARE);
    answer = v.answer;
    id = str_find(answer, QUELL_STR("\"incident\":\""), 0) == SIZE_MAX
             ? QUELL_STR("")
             : str_slice(answer, str_find(answer, QUELL_STR("\"incident\":\""), 0) + 12,
                         str_find(answer, QUELL_STR("\"incident\":\""), 0) + 48);
    why = why_of(&v, id);
    assert_int_equal(quell_count(quell_get(why, "runs")), 0);
    assert_true(
        quell_text_is(quell_get(quell_at(quell_get(why, "refusals"), 0), "reason"), "deduped"));
    virtual_close(&v);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_state_says_why),
        cmocka_unit_test(no_row_is_left_out),
        cmocka_unit_test(a_child_says_why),
        cmocka_unit_test(an_unknown_outcome_tells_what_to_look_for),
        cmocka_unit_test(a_hard_cap_names_no_release),
        cmocka_unit_test(a_question_says_whom_it_did_not_reach),
        cmocka_unit_test(a_run_at_work_waits_for_nothing),
        cmocka_unit_test(an_incident_says_what_it_started),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
