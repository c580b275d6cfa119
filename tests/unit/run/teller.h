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

#include "actions.h"
#include "stories.h"
#include "telling.h"

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

/* A call is answered, says that a change is on its way, or that it sleeps. */
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
    map_add(&map, "state", quell_map(NULL, 0));
    map_add(&map, "changes", quell_bool(quell_text_is(answer, "sends")));
    if (quell_text_is(answer, "sends"))
        outside(teller, EVENT_CALL_SENDING, path, map_made(&map));
    else if (quell_text_is(answer, "sleeps"))
        outside(teller, EVENT_CALL_SLEEPING, path, map_made(&map));
    else
        outside(teller, EVENT_CALL_ENDED, path, answer);
}

/* A step that waits for an event or a person and has an answer left. */
struct asked_step {
    const struct teller *teller;
    struct quell_str path, waits;
    struct quell_value asked;
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

/* What people answer stands under the path with a `?`: the step may make a call as well. */
static inline struct quell_str asked_path(struct arena *arena, struct quell_str path)
{
    return arena_format(arena, "%.*s?", QUELL_ARG(path));
}

static inline void asked_step(const struct run_step *step, void *user)
{
    struct asked_step *asked = user;
    bool event = str_is(step->waits, "event");

    if (asked->found ||
        !(event || str_is(step->waits, "approval") || str_is(step->waits, "form")) ||
        !has_answer(asked->teller,
                    event ? step->path : asked_path(asked->teller->arena, step->path)))
        return;
    asked->path = step->path;
    asked->waits = step->waits;
    asked->asked = step->asked;
    asked->found = true;
}

/* A person decides: {"by"} agrees, {"by", "no"} does not, {"by", "answers"} fills in the form. */
static inline void decide_person(struct teller *teller, const struct asked_step *asked)
{
    struct map_builder map = {.arena = teller->arena};
    struct quell_value said = next_answer(teller, asked_path(teller->arena, asked->path));
    struct quell_str by = quell_get_str(said, "by");
    struct quell_value answers = quell_get(said, "answers");
    bool form = str_is(asked->waits, "form"), no = !quell_is_null(quell_get(said, "no"));
    struct quell_error err = {0};
    enum quell_code code;

    code = form ? run_check_answers(teller->run, asked->path, by, teller->groups, answers,
                                    teller->arena, &answers, &err)
                : run_may_decide(teller->run, asked->path, by, !no, QUELL_STR(""), teller->groups,
                                 &err);
    if (code)
        fail_msg("%.*s%s", QUELL_ARG(buf_str(&teller->told)), err.message);
    map_add(&map, "by", quell_string(by));
    map_add(&map, "digest", quell_get(asked->asked, "digest"));
    map_add(&map, "answers", answers);
    if (no)
        map_add(&map, "reason", quell_get(said, "no"));
    outside(teller,
            form ? EVENT_FORM_ANSWERED
            : no ? EVENT_APPROVAL_DENIED
                 : EVENT_APPROVAL_GIVEN,
            asked->path, map_made(&map));
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

static inline void first_child(const struct run_child *child, void *user)
{
    struct open_call *open = user;
    bool never = quell_text_is(look_ahead(open->teller, child->path), "never");

    if (open->found || (child->run.len && never && !child->cancelling))
        return;
    open->path = child->path;
    open->found = true;
}

/* A called run starts, or ends as the script says; "never" is until it is to end. */
static inline void answer_child(struct teller *teller, struct quell_str path)
{
    struct map_builder map = {.arena = teller->arena};
    struct run_child child;
    struct quell_value answer;

    assert_true(run_find_child(teller->run, path, &child));
    map_add(&map, "run", quell_text("child"));
    if (child.run.len == 0) {
        outside(teller, EVENT_CHILD_STARTED, path, map_made(&map));
        return;
    }
    answer = next_answer(teller, path);
    if (quell_text_is(answer, "never"))
        answer = next_answer(teller, path);
    outside(teller, EVENT_CHILD_ENDED, path, answer);
}

/* How taking a called run back ends stands under the path of its step with ` undo`. */
static inline struct quell_str undo_path(struct arena *arena, struct quell_str path)
{
    return arena_format(arena, "%.*s undo", QUELL_ARG(path));
}

static inline void first_undone(struct quell_str path, struct quell_str child, void *user)
{
    struct open_call *open = user;

    (void)child;
    if (open->found)
        return;
    open->path = path;
    open->found = true;
}

static inline void answer_undone(struct teller *teller, struct quell_str path)
{
    struct map_builder map = {.arena = teller->arena};

    map_add(&map, "status", next_answer(teller, undo_path(teller->arena, path)));
    outside(teller, EVENT_CHILD_UNDONE, path, map_made(&map));
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
    run_each_child(teller->run, first_child, &open);
    if (open.found) {
        answer_child(teller, open.path);
        return true;
    }
    run_each_undone_child(teller->run, first_undone, &open);
    if (open.found) {
        answer_undone(teller, open.path);
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
        if (str_is(asked.waits, "event"))
            come(teller, asked.path);
        else
            decide_person(teller, &asked);
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
            (event.kind == EVENT_EVENT_CAME && has_answer(teller, event.path)) ||
            event.kind == EVENT_CALL_SENDING || event.kind == EVENT_CALL_SLEEPING ||
            event.kind == EVENT_CHILD_ENDED) {
            struct quell_value given = next_answer(teller, event.path); /* it was given then */
            if (quell_text_is(given, "later") || quell_text_is(given, "never"))
                (void)next_answer(teller, event.path);
        }
        if (event.kind == EVENT_CHILD_UNDONE)
            (void)next_answer(teller, undo_path(teller->arena, event.path));
        if (event.kind == EVENT_SUPPOSED) {
            struct quell_str name = arena_format(teller->arena, "%.*s %.*s", QUELL_ARG(event.path),
                                                 QUELL_ARG(quell_get_str(event.data, "what")));
            struct quell_value scripted;
            if (quell_find(teller->answers, name, &scripted))
                (void)next_answer(teller, name);
        }
        if ((event.kind == EVENT_APPROVAL_GIVEN || event.kind == EVENT_APPROVAL_DENIED ||
             event.kind == EVENT_FORM_ANSWERED) &&
            has_answer(teller, asked_path(teller->arena, event.path))) /* a plan supposes them */
            (void)next_answer(teller, asked_path(teller->arena, event.path));
    }
}

static inline struct playbook *load(struct arena *arena, const char *steps)
{
    struct playbook_actions actions = {.connectors = connectors};
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
