/*
 * teller.h - plays a small playbook against scripted answers and writes down what comes out. For
 * the tests of run/.
 */
#ifndef TEST_RUN_TELLER_H
#define TEST_RUN_TELLER_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/limits.h"
#include "base/str.h"
#include "incident/incident.h"
#include "journal/event.h"
#include "run/run.h"
#include "value/json.h"
#include "value/value.h"

#include "stories.h"

/* ---- a connector that does nothing
 * --------------------------------------------------------------- */

static inline enum quell_turn no_turn(struct quell_call *call, const struct quell_reply *reply)
{
    (void)call;
    (void)reply;
    return QUELL_FAILED;
}

static const struct quell_field device_inputs[] = {
    {.name = "device_id", .type = QUELL_FIELD_STRING, .flags = QUELL_REQUIRED, .doc = "Device."},
    {.name = "note", .type = QUELL_FIELD_STRING, .doc = "Note."},
    {.name = NULL},
};
static const struct quell_field look_outputs[] = {
    {.name = "id", .type = QUELL_FIELD_STRING, .doc = "Id."},
    {.name = "risk", .type = QUELL_FIELD_STRING, .doc = "Risk."},
    {.name = NULL},
};
static const struct quell_target device_targets[] = {{"device", "device_id"}, {NULL, NULL}};
static const struct quell_action look = {.name = "look",
                                         .doc = "Looks.",
                                         .effect = QUELL_READS,
                                         .repeat = QUELL_PURE,
                                         .inputs = device_inputs,
                                         .outputs = look_outputs,
                                         .example = "{\"id\":\"x\",\"risk\":\"low\"}",
                                         .turn = no_turn};
static const struct quell_action isolate = {.name = "isolate",
                                            .doc = "Isolates.",
                                            .effect = QUELL_DISRUPTS,
                                            .repeat = QUELL_ONCE,
                                            .inputs = device_inputs,
                                            .outputs = look_outputs,
                                            .targets = device_targets,
                                            .example = "{\"id\":\"x\",\"risk\":\"low\"}",
                                            .turn = no_turn};
static const struct quell_action *const test_actions[] = {&look, &isolate, NULL};
static const struct quell_connector test_connector = {.abi = QUELL_ABI,
                                                      .size = sizeof(struct quell_connector),
                                                      .action_size = sizeof(struct quell_action),
                                                      .field_size = sizeof(struct quell_field),
                                                      .name = "test",
                                                      .version = "1",
                                                      .title = "Test",
                                                      .doc = "For tests.",
                                                      .actions = test_actions};
static const struct quell_connector *const connectors[] = {&test_connector, NULL};

/* ---- telling a story
 * ------------------------------------------------------------------------------ */

struct teller {
    struct arena *arena;
    const struct playbook *playbook;
    struct quell_value answers;
    struct run *run;
    int64_t now_us;
    struct buf told;
    struct quell_str *written; /* the journal, as it is stored */
    size_t written_count, written_cap;
    unsigned asked[64]; /* answers given, by position of the path in `answers` */
    bool plan;
};

static inline struct quell_str shown(struct quell_str path)
{
    size_t i = path.len;

    while (i > 0 && path.data[i - 1] != '.')
        i--;
    return i < path.len && path.data[i] == '_' ? QUELL_STR("-") : path;
}

/* What is said of waiting, for times, events and people. */
static inline void tell_waiting(struct teller *teller, struct quell_str path,
                                const struct event *event)
{
    struct quell_value data = event->data, until = quell_get(data, "until");
    struct buf *out = &teller->told;

    if (event->kind == EVENT_WAIT_STARTED)
        buf_add_format(out, "%.*s waits%s%.*s %llds%s\n", QUELL_ARG(path),
                       quell_is_null(quell_get(data, "for")) ? "" : " for ",
                       QUELL_ARG(quell_get_str(data, "for")),
                       (long long)(until.as.integer - event->at_us / 1000000),
                       quell_get_bool(data, "late", false) ? " late" : "");
    if (event->kind == EVENT_EVENT_CAME)
        buf_add_format(out, "%.*s sees %.*s\n", QUELL_ARG(path),
                       QUELL_ARG(quell_get_str(quell_get(data, "event"), "title")));
}

/* Events of the run itself. */
static inline void tell_run_event(struct teller *teller, struct quell_str path,
                                  const struct event *event)
{
    struct quell_value data = event->data, error = quell_get(data, "error");
    struct buf *out = &teller->told;

    (void)path;
    if (event->kind == EVENT_RUN_FAILING)
        buf_add_format(out, "run fails %.*s\n", QUELL_ARG(quell_get_str(error, "code")));
    if (event->kind == EVENT_RUN_STOPPING)
        buf_add_format(out, "run stops %.*s %.*s\n", QUELL_ARG(quell_get_str(data, "as")),
                       QUELL_ARG(quell_get_str(data, "reason")));
    if (event->kind == EVENT_VARS_COMPUTED)
        buf_add_format(out, "run knows %.*s\n",
                       QUELL_ARG(json_text(teller->arena, quell_get(data, "vars"), 0)));
    if (event->kind == EVENT_RUN_CANCELLING)
        buf_add_format(out, "run is %.*s\n", QUELL_ARG(quell_get_str(error, "message")));
    if (event->kind == EVENT_RUN_FINISHING)
        buf_add_format(out, "run ends %.*s\n", QUELL_ARG(quell_get_str(data, "status")));
    if (event->kind != EVENT_RUN_ENDED)
        return;
    buf_add_format(out, "run %.*s", QUELL_ARG(quell_get_str(data, "status")));
    if (!quell_is_null(quell_get(data, "outputs")))
        buf_add_format(out, " %.*s",
                       QUELL_ARG(json_text(teller->arena, quell_get(data, "outputs"), 0)));
    buf_add_char(out, '\n');
}

static inline void tell_call(struct teller *teller, struct quell_str path,
                             const struct event *event)
{
    buf_add_format(&teller->told, "%.*s calls %.*s %.*s\n", QUELL_ARG(path),
                   QUELL_ARG(quell_get_str(event->data, "action")),
                   QUELL_ARG(json_text(teller->arena, quell_get(event->data, "input"), 0)));
}

/* How a step ended, or that it catches an error. */
static inline void tell_end(struct teller *teller, struct quell_str path, const struct event *event)
{
    struct quell_value error = quell_get(event->data, "error");
    struct buf *out = &teller->told;

    if (event->kind == EVENT_STEP_SKIPPED)
        buf_add_format(out, "%.*s skipped", QUELL_ARG(path));
    if (event->kind == EVENT_CATCH_STARTED)
        buf_add_format(out, "%.*s catches", QUELL_ARG(path));
    if (event->kind == EVENT_STEP_ENDED)
        buf_add_format(out, "%.*s %.*s", QUELL_ARG(path),
                       QUELL_ARG(quell_get_str(event->data, "status")));
    if (!quell_is_null(error))
        buf_add_format(out, " %.*s", QUELL_ARG(quell_get_str(error, "code")));
    buf_add_char(out, '\n');
}

/* What a loop, a set, a switch, a while or a plan found. */
static inline void tell_found(struct teller *teller, struct quell_str path,
                              const struct event *event)
{
    struct quell_value data = event->data;
    struct buf *out = &teller->told;

    if (event->kind == EVENT_LOOP_STARTED)
        buf_add_format(out, "%.*s loops %.*s\n", QUELL_ARG(path),
                       QUELL_ARG(json_text(teller->arena, quell_get(data, "items"), 0)));
    if (event->kind == EVENT_VARS_SET)
        buf_add_format(out, "%.*s sets %.*s\n", QUELL_ARG(path),
                       QUELL_ARG(json_text(teller->arena, quell_get(data, "vars"), 0)));
    if (event->kind == EVENT_CASE_CHOSEN)
        buf_add_format(out, "%.*s takes case %lld\n", QUELL_ARG(path),
                       (long long)quell_get_int(data, "case", -1));
    if (event->kind == EVENT_ITERATION_STARTED)
        buf_add_format(out, "%.*s goes on, %lld\n", QUELL_ARG(path),
                       (long long)quell_get_int(data, "index", -1));
    if (event->kind == EVENT_SUPPOSED)
        buf_add_format(out, "%.*s supposed %.*s %.*s\n", QUELL_ARG(path),
                       QUELL_ARG(quell_get_str(data, "what")),
                       QUELL_ARG(quell_get_str(data, "answer")));
}

static inline void tell_retry(struct teller *teller, struct quell_str path,
                              const struct event *event)
{
    int64_t until_us = quell_get(event->data, "until").as.integer * 1000000;

    buf_add_format(&teller->told, "%.*s waits %llds\n", QUELL_ARG(path),
                   (long long)((until_us - event->at_us) / 1000000));
}

static inline void tell_doubt(struct teller *teller, struct quell_str path,
                              const struct event *event)
{
    if (event->kind == EVENT_RUN_HELD)
        buf_add_format(&teller->told, "%.*s held\n", QUELL_ARG(path));
    else
        buf_add_format(&teller->told, "%.*s resolved %s\n", QUELL_ARG(path),
                       quell_get_bool(event->data, "happened", false) ? "true" : "false");
}

typedef void tell_fn(struct teller *teller, struct quell_str path, const struct event *event);

/* Events that stand in no row are not told. */
static tell_fn *const tells[EVENT_KINDS] = {
    [EVENT_CALL_SCHEDULED] = tell_call,      [EVENT_STEP_ENDED] = tell_end,
    [EVENT_STEP_SKIPPED] = tell_end,         [EVENT_CATCH_STARTED] = tell_end,
    [EVENT_LOOP_STARTED] = tell_found,       [EVENT_VARS_SET] = tell_found,
    [EVENT_CASE_CHOSEN] = tell_found,        [EVENT_ITERATION_STARTED] = tell_found,
    [EVENT_RETRY_WAITING] = tell_retry,      [EVENT_RUN_HELD] = tell_doubt,
    [EVENT_OUTCOME_RESOLVED] = tell_doubt,   [EVENT_VARS_COMPUTED] = tell_run_event,
    [EVENT_RUN_FAILING] = tell_run_event,    [EVENT_RUN_STOPPING] = tell_run_event,
    [EVENT_RUN_CANCELLING] = tell_run_event, [EVENT_RUN_FINISHING] = tell_run_event,
    [EVENT_RUN_ENDED] = tell_run_event,      [EVENT_WAIT_STARTED] = tell_waiting,
    [EVENT_EVENT_CAME] = tell_waiting,       [EVENT_SUPPOSED] = tell_found,
};

static inline void tell_event(struct teller *teller, const struct event *event)
{
    if (tells[event->kind])
        tells[event->kind](teller, shown(event->path), event);
}

static inline void record(struct teller *teller, const struct event *event)
{
    if (teller->written_count == teller->written_cap) {
        size_t cap = teller->written_cap ? teller->written_cap * 2 : 64;
        teller->written = arena_grow(teller->arena, teller->written,
                                     teller->written_cap * sizeof(*teller->written),
                                     cap * sizeof(*teller->written));
        teller->written_cap = cap;
    }
    teller->written[teller->written_count++] = event_write(teller->arena, event);
    tell_event(teller, event);
}

static inline void outside(struct teller *teller, enum event_kind kind, struct quell_str path,
                           struct quell_value data)
{
    struct event event = {run_seq(teller->run) + 1, teller->now_us, kind, path, data};
    struct quell_error err = {0};

    if (run_apply(teller->run, &event, &err))
        fail_msg("%s", err.message);
    record(teller, &event);
}

static inline void start(struct teller *teller)
{
    struct map_builder incident = {.arena = teller->arena};

    map_add(&incident, "title", quell_text("a title"));
    outside(teller, EVENT_RUN_STARTED, QUELL_STR(""),
            run_start_data(teller->arena, teller->playbook, map_made(&incident), quell_map(NULL, 0),
                           teller->plan ? RUN_PLAN : RUN_LIVE, QUELL_STR("test")));
}

/* The next scripted answer for a path. */
static inline struct quell_value next_answer(struct teller *teller, struct quell_str path)
{
    size_t i;

    for (i = 0; i < quell_count(teller->answers); i++)
        if (quell_str_equal(quell_str(teller->answers.as.pairs[i].key), path))
            return quell_at(teller->answers.as.pairs[i].value, teller->asked[i]++);
    fail_msg("%.*sno answer for %.*s", QUELL_ARG(buf_str(&teller->told)), QUELL_ARG(path));
    return quell_null();
}

struct open_call {
    struct quell_str path;
    bool found;
    struct teller *teller;
    unsigned pass; /* 0: calls that are answered "later" are passed over */
};

/* The scripted answer that is given next, without giving it. */
static inline struct quell_value look_ahead(struct teller *teller, struct quell_str path)
{
    size_t i;

    for (i = 0; i < quell_count(teller->answers); i++)
        if (quell_str_equal(quell_str(teller->answers.as.pairs[i].key), path))
            return quell_at(teller->answers.as.pairs[i].value, teller->asked[i]);
    return quell_null();
}

static inline void first_call(const struct run_call *call, void *user)
{
    struct open_call *open = user;

    if (open->found)
        return;
    if (open->pass == 0 && quell_text_is(look_ahead(open->teller, call->path), "later"))
        return;
    open->path = call->path;
    open->found = true;
}

/* A call is answered, or says that a change is on its way. */
static inline void answer_call(struct teller *teller, struct quell_str path)
{
    struct map_builder map = {.arena = teller->arena};
    struct quell_value answer = next_answer(teller, path);

    if (quell_text_is(answer, "later"))
        answer = next_answer(teller, path);
    if (quell_text_is(answer, "cancel")) {
        outside(teller, EVENT_RUN_CANCELLING, QUELL_STR(""),
                run_cancel_data(teller->arena, QUELL_STR("ann"), QUELL_STR("enough")));
        return;
    }
    if (!quell_text_is(answer, "sends")) {
        outside(teller, EVENT_CALL_ENDED, path, answer);
        return;
    }
    map_add(&map, "state", quell_map(NULL, 0));
    map_add(&map, "changes", quell_bool(true));
    outside(teller, EVENT_CALL_SENDING, path, map_made(&map));
}

/* A step that waits for an event or a person and has an answer left. */
struct asked_step {
    const struct teller *teller;
    struct quell_str path, waits;
    bool found;
};

static inline bool has_answer(const struct teller *teller, struct quell_str path)
{
    size_t i;

    for (i = 0; i < quell_count(teller->answers); i++)
        if (quell_str_equal(quell_str(teller->answers.as.pairs[i].key), path))
            return teller->asked[i] < quell_count(teller->answers.as.pairs[i].value);
    return false;
}

static inline void asked_step(const struct run_step *step, void *user)
{
    struct asked_step *asked = user;

    if (!asked->found && str_is(step->waits, "event") && has_answer(asked->teller, step->path)) {
        asked->path = step->path;
        asked->waits = step->waits;
        asked->found = true;
    }
}

/* An event comes in; one that does not fit is no event for the run. */
static inline void come(struct teller *teller, struct quell_str path)
{
    struct map_builder map = {.arena = teller->arena};
    struct quell_value event = next_answer(teller, path);
    struct quell_error err = {0};
    bool fits;

    if (run_event_fits(teller->run, path, event, &fits, &err) || !fits) {
        buf_add_format(&teller->told, "%.*s passes by\n", QUELL_ARG(path));
        return;
    }
    map_add(&map, "event", event);
    outside(teller, EVENT_EVENT_CAME, path, map_made(&map));
}

static inline void held_step(const struct run_step *step, void *user)
{
    struct open_call *open = user;

    if (open->found || !str_is(step->waits, "person"))
        return;
    open->path = step->path;
    open->found = true;
}

/* plan: the answer that the script gives to `path what`; the usual one when it says nothing. */
static inline void suppose(struct teller *teller, const struct run_question *question)
{
    struct quell_str name = arena_format(teller->arena, "%.*s %.*s", QUELL_ARG(question->path),
                                         QUELL_ARG(question->what));
    struct quell_value scripted;
    struct quell_str answer = {0};
    size_t i = 0;

    if (quell_find(teller->answers, name, &scripted))
        answer = quell_str(next_answer(teller, name));
    while (answer.len && i < question->answer_count && !str_is(answer, question->answers[i]))
        i++;
    if (i == question->answer_count)
        fail_msg("%.*s is no answer to %.*s", QUELL_ARG(answer), QUELL_ARG(name));
    outside(teller, EVENT_SUPPOSED, question->path, run_suppose_data(teller->arena, question, i));
}

/* Something happens outside: a call is answered, a person speaks, or time passes. */
static inline bool happen(struct teller *teller)
{
    struct open_call open = {.teller = teller};
    struct asked_step asked = {.teller = teller};
    struct run_question question;

    for (; open.pass < 2 && !open.found; open.pass++)
        run_each_call(teller->run, first_call, &open);
    if (open.found) {
        answer_call(teller, open.path);
        return true;
    }
    run_each_step(teller->run, held_step, &open);
    if (open.found) {
        struct map_builder map = {.arena = teller->arena};
        map_add(&map, "happened",
                quell_bool(quell_text_is(next_answer(teller, open.path), "happened")));
        outside(teller, EVENT_OUTCOME_RESOLVED, open.path, map_made(&map));
        return true;
    }
    if (run_question(teller->run, &question)) {
        suppose(teller, &question);
        return true;
    }
    run_each_step(teller->run, asked_step, &asked);
    if (asked.found) {
        come(teller, asked.path);
        return true;
    }
    if (run_due(teller->run) == INT64_MAX)
        return false;
    teller->now_us = run_due(teller->run);
    return true;
}

static inline void go_on(struct teller *teller)
{
    int turns;

    for (turns = 0; turns < 1000 && !run_ended(teller->run); turns++) {
        struct run_events events = run_decide(teller->run, teller->now_us);
        size_t i;

        for (i = 0; i < events.count; i++)
            record(teller, &events.items[i]);
        if (events.count == 0 && !happen(teller))
            fail_msg("the run is stuck");
    }
    assert_true(run_ended(teller->run));
}

/* The run was cancelled while a call was open: that was its answer. */
static inline void give_cancel(struct teller *teller)
{
    size_t i;

    for (i = 0; i < quell_count(teller->answers); i++)
        if (quell_text_is(quell_at(teller->answers.as.pairs[i].value, teller->asked[i]), "cancel"))
            teller->asked[i]++;
}

/* Folds the first `count` written events into a new run, telling them. */
static inline void fold(struct teller *teller, const struct teller *first, size_t count)
{
    size_t i;

    for (i = 0; i < count; i++) {
        struct quell_error err = {0};
        struct event event;

        assert_int_equal(event_read(teller->arena, first->written[i], &event, &err), QUELL_OK);
        if (run_apply(teller->run, &event, &err))
            fail_msg("%s", err.message);
        record(teller, &event);
        teller->now_us = event.at_us;
        if (event.kind == EVENT_RUN_CANCELLING)
            give_cancel(teller);
        if (event.kind == EVENT_CALL_ENDED || event.kind == EVENT_OUTCOME_RESOLVED ||
            event.kind == EVENT_EVENT_CAME ||
            event.kind == EVENT_CALL_SENDING) { /* it was given then */
            if (quell_text_is(next_answer(teller, event.path), "later"))
                (void)next_answer(teller, event.path);
        }
        if (event.kind == EVENT_SUPPOSED) {
            struct quell_str name = arena_format(teller->arena, "%.*s %.*s", QUELL_ARG(event.path),
                                                 QUELL_ARG(quell_get_str(event.data, "what")));
            struct quell_value scripted;
            if (quell_find(teller->answers, name, &scripted))
                (void)next_answer(teller, name);
        }
    }
}

static inline struct playbook *load(struct arena *arena, const char *steps)
{
    struct playbook_actions actions = {connectors};
    struct quell_str text = arena_format(
        arena, "quell: 1\nplaybook: test\non: { manual: }\ntimeout: 1h\nsteps:\n%s", steps);
    struct diag_list diags;
    struct playbook *playbook;
    size_t i;

    diag_init(&diags, arena, QUELL_STR("test.yaml"), text);
    playbook = playbook_load(arena, &actions, incident_fields, &diags);
    for (i = 0; i < diags.count && playbook == NULL; i++)
        print_error("%.*s\n", QUELL_ARG(diags.items[i].message));
    assert_non_null(playbook);
    return playbook;
}

static inline void teller_open(struct teller *teller, const struct playbook *playbook,
                               const struct story *story)
{
    struct quell_error err = {0};

    *teller = (struct teller){.arena = arena_new(0), .playbook = playbook, .now_us = 1000000};
    assert_int_equal(
        json_read(teller->arena, quell_str_of(story->answers), 0, &teller->answers, NULL, &err),
        QUELL_OK);
    teller->run = run_new(playbook, QUELL_STR("r1"));
}

static inline void teller_close(struct teller *teller)
{
    run_free(teller->run);
    buf_free(&teller->told);
    arena_free(teller->arena);
}

#endif
