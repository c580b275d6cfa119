/*
 * telling.h - what is written down of a story: one line for each event that says something.
 */
#ifndef TEST_RUN_TELLING_H
#define TEST_RUN_TELLING_H

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
    struct quell_value groups;
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
    if (event->kind == EVENT_POLL_WAITING)
        buf_add_format(
            out, "%.*s looks in %llds\n", QUELL_ARG(path),
            quell_is_null(until) ? 0LL : (long long)(until.as.integer - event->at_us / 1000000));
    if (event->kind == EVENT_EVENT_CAME)
        buf_add_format(out, "%.*s sees %.*s\n", QUELL_ARG(path),
                       QUELL_ARG(quell_get_str(quell_get(data, "event"), "title")));
}

static inline struct quell_str joined(struct arena *arena, struct quell_value list)
{
    struct quell_str text = QUELL_STR("anyone");
    size_t i;

    for (i = 0; i < quell_count(list); i++)
        text = i == 0 ? quell_str(quell_at(list, i))
                      : arena_format(arena, "%.*s %.*s", QUELL_ARG(text),
                                     QUELL_ARG(quell_str(quell_at(list, i))));
    return text;
}

/* Questions to people, and what they say. */
static inline void tell_people(struct teller *teller, struct quell_str path,
                               const struct event *event)
{
    struct arena *arena = teller->arena;
    struct buf *out = &teller->told;
    struct quell_value data = event->data, until = quell_get(data, "until");
    long long left = (long long)(until.as.integer - event->at_us / 1000000);

    buf_add_format(out, "%.*s ", QUELL_ARG(path));
    if (event->kind == EVENT_APPROVAL_ASKED)
        buf_add_format(out, "asks %.*s %llds: %.*s\n",
                       QUELL_ARG(joined(arena, quell_get(data, "of"))), left,
                       QUELL_ARG(quell_get_str(data, "message")));
    if (event->kind == EVENT_APPROVAL_WAIVED)
        buf_add_format(out, "need not ask, %.*s\n", QUELL_ARG(quell_get_str(data, "because")));
    if (event->kind == EVENT_APPROVAL_GIVEN)
        buf_add_format(out, "has the yes of %.*s\n", QUELL_ARG(quell_get_str(data, "by")));
    if (event->kind == EVENT_APPROVAL_GRANTED)
        buf_add_format(out, "is approved\n");
    if (event->kind == EVENT_APPROVAL_DENIED)
        buf_add_format(out, "has the no of %.*s\n", QUELL_ARG(quell_get_str(data, "by")));
    if (event->kind == EVENT_APPROVAL_ESCALATED)
        buf_add_format(out, "asks %.*s %llds as well\n",
                       QUELL_ARG(joined(arena, quell_get(data, "to"))), left);
    if (event->kind == EVENT_APPROVAL_EXPIRED || event->kind == EVENT_FORM_EXPIRED)
        buf_add_format(out, "is not answered\n");
    if (event->kind == EVENT_FORM_ASKED)
        buf_add_format(out, "asks %.*s %llds for %zu fields: %.*s\n",
                       QUELL_ARG(joined(arena, quell_get(data, "of"))), left,
                       quell_count(quell_get(data, "form")),
                       QUELL_ARG(quell_get_str(data, "message")));
    if (event->kind == EVENT_FORM_ANSWERED)
        buf_add_format(out, "is told %.*s\n",
                       QUELL_ARG(json_text(arena, quell_get(data, "answers"), 0)));
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
    if (quell_count(quell_get(event->data, "not_undone")))
        buf_add_format(out, ", not taken back: %.*s",
                       QUELL_ARG(joined(teller->arena, quell_get(event->data, "not_undone"))));
    buf_add_char(out, '\n');
}

/* What is taken back. */
static inline void tell_undo(struct teller *teller, struct quell_str path,
                             const struct event *event)
{
    struct buf *out = &teller->told;

    if (event->kind == EVENT_RUN_UNDOING)
        buf_add_format(out, "run is to be taken back\n");
    if (event->kind == EVENT_UNDO_STARTED)
        buf_add_format(out, "%.*s takes back %.*s\n", QUELL_ARG(path),
                       QUELL_ARG(joined(teller->arena, quell_get(event->data, "steps"))));
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

/* A run that is called. */
static inline void tell_child(struct teller *teller, struct quell_str path,
                              const struct event *event)
{
    struct quell_value data = event->data;
    struct buf *out = &teller->told;

    if (event->kind == EVENT_CHILD_CALLED)
        buf_add_format(out, "%.*s calls run of %.*s %.*s\n", QUELL_ARG(path),
                       QUELL_ARG(quell_get_str(data, "playbook")),
                       QUELL_ARG(json_text(teller->arena, quell_get(data, "inputs"), 0)));
    if (event->kind == EVENT_CHILD_CANCELLING)
        buf_add_format(out, "%.*s ends its run: %.*s\n", QUELL_ARG(path),
                       QUELL_ARG(quell_get_str(data, "reason")));
    if (event->kind == EVENT_CHILD_ENDED || event->kind == EVENT_CHILD_UNDONE)
        buf_add_format(out, "%.*s run %.*s\n", QUELL_ARG(path),
                       QUELL_ARG(quell_get_str(data, "status")));
    if (event->kind == EVENT_CHILD_UNDOING)
        buf_add_format(out, "%.*s has its run %.*s taken back\n", QUELL_ARG(path),
                       QUELL_ARG(quell_get_str(data, "run")));
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
    [EVENT_POLL_WAITING] = tell_waiting,     [EVENT_EVENT_CAME] = tell_waiting,
    [EVENT_CHILD_CALLED] = tell_child,       [EVENT_CHILD_CANCELLING] = tell_child,
    [EVENT_CHILD_ENDED] = tell_child,        [EVENT_SUPPOSED] = tell_found,
    [EVENT_APPROVAL_ASKED] = tell_people,    [EVENT_APPROVAL_WAIVED] = tell_people,
    [EVENT_APPROVAL_GIVEN] = tell_people,    [EVENT_APPROVAL_GRANTED] = tell_people,
    [EVENT_APPROVAL_DENIED] = tell_people,   [EVENT_APPROVAL_ESCALATED] = tell_people,
    [EVENT_APPROVAL_EXPIRED] = tell_people,  [EVENT_FORM_ASKED] = tell_people,
    [EVENT_FORM_ANSWERED] = tell_people,     [EVENT_FORM_EXPIRED] = tell_people,
    [EVENT_RUN_UNDOING] = tell_undo,         [EVENT_UNDO_STARTED] = tell_undo,
    [EVENT_CHILD_UNDOING] = tell_child,      [EVENT_CHILD_UNDONE] = tell_child,
};

static inline void tell_event(struct teller *teller, const struct event *event)
{
    if (tells[event->kind])
        tells[event->kind](teller, shown(event->path), event);
}

#endif
