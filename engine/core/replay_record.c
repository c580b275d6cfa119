/*
 * replay_record.c - what is recorded of a run that is told again: its events, the run that they
 * make, and what they tell of the engine: when it came late to what was due, what it kept back, and
 * which texts the called playbooks had. A replay is as late, keeps back as long, and has the same.
 */
#include "core/replay.h"

#include "base/error.h"
#include "base/str.h"
#include "value/value.h"

/* ---- the events --------------------------------------------------------------------------------
 */

struct reading {
    struct replay *replay;
    struct event *events;
    size_t cap;
    enum quell_code code;
    struct quell_error *err;
};

static bool read_event(const struct store_event *row, void *user)
{
    struct reading *reading = user;
    struct replay *replay = reading->replay;

    if (replay->count == reading->cap) {
        size_t cap = reading->cap ? reading->cap * 2 : 64;
        reading->events =
            arena_grow(replay->arena, reading->events, reading->cap * sizeof(*reading->events),
                       cap * sizeof(*reading->events));
        reading->cap = cap;
    }
    reading->code =
        event_read(replay->arena, row->body, &reading->events[replay->count++], reading->err);
    return reading->code == QUELL_OK;
}

static enum quell_code read_journal(struct replay *replay, const struct store_run *row,
                                    struct quell_error *err)
{
    struct store *store = replay->engine->reader;
    struct reading reading = {.replay = replay, .err = err};
    enum quell_code code = store->kind->events(store, row->id, 0, read_event, &reading, err);

    if (code == QUELL_OK)
        code = reading.code;
    if (code)
        return code;
    if (replay->count == 0 || reading.events[0].kind != EVENT_RUN_STARTED)
        return error_set(err, QUELL_IO, "the journal of %.*s does not begin with its start",
                         QUELL_ARG(row->id));
    replay->events = reading.events;
    replay->used = arena_array(replay->arena, bool, replay->count);
    replay->over = row->ended_us != 0;
    return QUELL_OK;
}

/* ---- when it was late --------------------------------------------------------------------------
 */

static void note_late(struct replay *replay, int64_t due_us, int64_t reached_us)
{
    if (replay->late_count == replay->late_cap) {
        size_t cap = replay->late_cap ? replay->late_cap * 2 : 16;
        replay->lates =
            arena_grow(replay->arena, replay->lates, replay->late_cap * sizeof(*replay->lates),
                       cap * sizeof(*replay->lates));
        replay->late_cap = cap;
    }
    replay->lates[replay->late_count++] = (struct late){due_us, reached_us};
}

/* Folds the run. What was due before an event and led to none was not gone on with before it. */
static enum quell_code fold(struct replay *replay, struct run *then, struct quell_error *err)
{
    enum quell_code code = QUELL_OK;
    size_t i;

    for (i = 0; i < replay->count && code == QUELL_OK; i++) {
        const struct event *event = &replay->events[i];
        int64_t due = INT64_MAX;

        if (i > 0 && event->at_us > replay->events[i - 1].at_us)
            due = run_due(then);
        if (due < event->at_us)
            note_late(replay, due, event->at_us);
        code = run_apply(then, event, err);
    }
    return code;
}

enum quell_code replay_read(struct replay *replay, const struct store_run *row, struct run **then,
                            struct loaded **recorded, struct quell_error *err)
{
    enum quell_code code = read_journal(replay, row, err);

    if (code == QUELL_OK)
        code = journal_playbook(replay->engine, row, recorded, err);
    if (code)
        return code;
    *then = run_new((*recorded)->playbook, row->id);
    return fold(replay, *then, err);
}

int64_t replay_reaches(const struct replay *replay, int64_t due_us)
{
    size_t i;

    for (i = 0; i < replay->late_count; i++)
        if (replay->lates[i].due_us <= due_us && due_us < replay->lates[i].reached_us)
            return replay->lates[i].reached_us;
    return due_us;
}

/* ---- what was kept back ------------------------------------------------------------------------
 */

/* Behind these a call that may be made is scheduled at once. */
static bool leads_to_a_call(enum event_kind kind)
{
    return kind == EVENT_STEP_STARTED || kind == EVENT_APPROVAL_GRANTED ||
           kind == EVENT_APPROVAL_WAIVED || kind == EVENT_TIMER_FIRED || kind == EVENT_RUN_RELEASED;
}

/* A step of which nothing followed for a while, though it might have called, was kept back: until
 * then, or INT64_MAX. */
static bool was_kept(const struct replay *replay, struct quell_str path, int64_t *until_us)
{
    size_t i, last = replay->count;

    for (i = 0; i < replay->count; i++) {
        const struct event *event = &replay->events[i];
        if (!quell_str_equal(event->path, path))
            continue;
        *until_us = event->at_us;
        if (event->at_us > replay->now_us)
            return last < i;
        last = leads_to_a_call(event->kind) ? i : replay->count;
    }
    *until_us = INT64_MAX;
    return last < i && !replay->over;
}

/* Of the recorded run the next event tells. */
static bool is_next(const struct replay *replay, const struct run *run, struct quell_str path)
{
    uint64_t next = run_seq(run);

    return next < replay->count && quell_str_equal(replay->events[next].path, path) &&
           replay->events[next].at_us <= replay->now_us;
}

static bool keeps(void *user, const struct run *run, const struct step *step, struct quell_str path)
{
    struct replay *replay = user;
    int64_t until;

    (void)step;
    if (replay->follows)
        return !is_next(replay, run, path);
    if (!was_kept(replay, path, &until))
        return false;
    if (until > replay->now_us && until < replay->kept_until_us)
        replay->kept_until_us = until;
    return true;
}

struct run_gate replay_gate(struct replay *replay)
{
    return (struct run_gate){keeps, replay};
}

/* ---- which texts there were --------------------------------------------------------------------
 */

static bool tells_text(struct quell_value texts, struct quell_str id)
{
    return quell_str_equal(quell_get_str(quell_at(texts, 0), "playbook"), id);
}

/* What an event tells of a playbook and of those that it calls: a question about a call of it, the
 * call, or that it was not to be called like that. */
static bool told_texts(const struct event *event, struct quell_str id, struct quell_value *texts)
{
    struct quell_value calls = quell_get(quell_get(event->data, "plan"), "calls");
    size_t i;

    *texts = quell_get(quell_get(event->data, "error"), "revisions");
    if (tells_text(*texts, id))
        return true;
    *texts = quell_get(event->data, "pins");
    if (event->kind == EVENT_CHILD_CALLED && tells_text(*texts, id))
        return true;
    for (i = 0; i < quell_count(calls); i++) {
        *texts = quell_get(quell_at(calls, i), "revisions");
        if (tells_text(*texts, id))
            return true;
    }
    return false;
}

/* By now, the event that is about to be decided among it. */
static bool is_told(const struct replay *replay, size_t at)
{
    return replay->follows ? at <= run_seq(replay->run)
                           : replay->events[at].at_us <= replay->now_us;
}

/* The last word on it by now, else as it is. */
static struct quell_value revisions(void *user, struct arena *arena, struct quell_str id)
{
    const struct replay *replay = user;
    struct quell_value texts, last = quell_null();
    size_t i;

    for (i = 0; i < replay->count && is_told(replay, i); i++)
        if (told_texts(&replay->events[i], id, &texts))
            last = texts;
    return quell_is_null(last) ? run_revisions(arena, &replay->engine->generation->catalog, id)
                               : value_copy(arena, last);
}

struct run_catalog replay_catalog(struct replay *replay)
{
    return (struct run_catalog){.user = replay, .revisions = revisions};
}
