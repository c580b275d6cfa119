/*
 * commit.c - a turn of the engine and the one commit it makes.
 *
 * Events of all runs that were said in a turn, the incident that was accepted in it, rows and
 * pinned revisions go into one transaction. When it is on disk the requests that it announced may
 * leave, submitters get their answer, and the watcher hears of the events.
 */
#include "core/gate.h"

#include <assert.h>

#include "base/error.h"
#include "base/limits.h"
#include "base/memory.h"
#include "base/str.h"
#include "journal/event.h"
#include "loop/log.h"
#include "value/json.h"
#include "value/value.h"

static struct commit *commit_new(struct quell *engine)
{
    struct commit *commit = engine->spare;

    if (commit) {
        struct arena *arena = commit->arena;
        engine->spare = commit->next;
        arena_reset(arena);
        *commit = (struct commit){.arena = arena, .engine = engine};
        return commit;
    }
    commit = memory_new(sizeof(*commit));
    commit->engine = engine;
    commit->arena = arena_new(0);
    return commit;
}

static void commit_done_with(struct commit *commit)
{
    commit->next = commit->engine->spare;
    commit->engine->spare = commit;
}

void commits_free(struct quell *engine)
{
    while (engine->spare) {
        struct commit *commit = engine->spare;
        engine->spare = commit->next;
        arena_free(commit->arena);
        memory_free(commit);
    }
}

struct commit *turn_commit(struct quell *engine)
{
    assert(engine->turn_depth > 0);
    if (engine->open == NULL)
        engine->open = commit_new(engine);
    return engine->open;
}

void turn_begin(struct quell *engine)
{
    engine->turn_depth++;
}

/* The next capacity of an array: what two arrays of one count grow by must be the same. */
#define WIDER(cap) ((cap) ? (cap)*2 : 8)

/* One more element at the end of an array in the commit's arena. */
#define PUSH(commit, array, count, cap)                                                            \
    ((count) == (cap) ? ((array) = arena_grow((commit)->arena, (array), (cap) * sizeof(*(array)),  \
                                              WIDER(cap) * sizeof(*(array))),                      \
                         (cap) = WIDER(cap))                                                       \
                      : (cap),                                                                     \
     &(array)[(count)++])

static struct store_run *add_row(struct commit *commit, struct active *owner)
{
    size_t count = commit->batch.run_count, cap = commit->run_cap;
    struct store_run *row;

    if (count == cap)
        commit->run_owners =
            arena_grow(commit->arena, commit->run_owners, cap * sizeof(*commit->run_owners),
                       WIDER(cap) * sizeof(*commit->run_owners));
    row = PUSH(commit, commit->runs, commit->batch.run_count, commit->run_cap);
    commit->run_owners[count] = owner;
    return row;
}

void commit_touch(struct active *active)
{
    struct store_run *row;

    if (active->row_in_commit)
        return;
    active->row_in_commit = true;
    active->commits++;
    row = add_row(turn_commit(active->engine), active);
    *row = (struct store_run){.id = run_id(active->run)}; /* the rest at the end of the turn */
}

void commit_row(struct commit *commit, const struct store_run *row)
{
    struct arena *arena = commit->arena;
    struct store_run *mine = add_row(commit, NULL);

    *mine = *row;
    mine->id = arena_str(arena, row->id);
    mine->playbook = arena_str(arena, row->playbook);
    mine->revision = arena_str(arena, row->revision);
    mine->incident = arena_str(arena, row->incident);
    mine->title = arena_str(arena, row->title);
    mine->state = arena_str(arena, row->state);
    mine->mode = arena_str(arena, row->mode);
    mine->waits = arena_str(arena, row->waits);
}

/* The row of a run as it stands at the end of the turn. */
static void fill_row(struct commit *commit, struct store_run *row, const struct active *active)
{
    const struct run *run = active->run;
    bool held = str_is(quell_str_of(run_state(run)), "held"); /* that is said first */
    bool kept = gate_keeps(active) && !run_ended(run);
    struct quell_value waits = !kept  ? active_waits(commit->arena, run)
                               : held ? quell_null() /* else the next open would fold it */
                                      : gate_waits(commit->arena, active);
    const struct playbook *playbook = run_playbook(run);

    row->playbook = playbook->id;
    row->revision = (struct quell_str){playbook->revision, 64};
    row->incident = active->incident_id;
    row->title = active->title;
    row->state = quell_str_of(kept && !held ? "halted" : run_state(run));
    row->mode = quell_str_of(run_mode_name(run_mode(run)));
    row->started_us = run_started_us(run);
    row->updated_us = run_updated_us(run);
    row->ended_us = run_ended_us(run);
    row->last_seq = run_seq(run);
    row->due_us = active->timer ? active->timer_due_us : 0;
    row->waits = quell_count(waits) ? json_text(commit->arena, waits, JSON_COMPACT) : QUELL_STR("");
}

void say_decided(struct active *active, const struct event *event)
{
    struct quell *engine = active->engine;
    struct commit *commit = turn_commit(engine);
    struct store_event *row;
    struct said *said;

    row = PUSH(commit, commit->events, commit->batch.event_count, commit->event_cap);
    *row = (struct store_event){
        .run = run_id(active->run),
        .seq = event->seq,
        .at_us = event->at_us,
        .kind = quell_str_of(event_name(event->kind)),
        .body = event_write(commit->arena, event),
    };
    said = PUSH(commit, commit->said, commit->said_count, commit->said_cap);
    *said = (struct said){active, *event};
    commit_touch(active);
    engine->counters.events++;
    if (event->kind == EVENT_RUN_HELD)
        engine->counters.runs_held++;
}

enum quell_code say(struct active *active, enum event_kind kind, struct quell_str path,
                    struct quell_value data, struct quell_error *err)
{
    struct commit *commit = turn_commit(active->engine);
    struct event event = {.seq = run_seq(active->run) + 1,
                          .at_us = active_now_us(active),
                          .kind = kind,
                          .path = arena_str(commit->arena, path),
                          .data = value_copy(commit->arena, data)};
    enum quell_code code = run_apply(active->run, &event, err);

    if (code)
        return code;
    say_decided(active, &event);
    return QUELL_OK;
}

void commit_revision(struct commit *commit, const struct loaded *loaded)
{
    const struct playbook *playbook = loaded->playbook;
    struct store_revision *row =
        PUSH(commit, commit->revisions, commit->batch.revision_count, commit->revision_cap);

    *row = (struct store_revision){.revision = {playbook->revision, 64},
                                   .playbook = playbook->id,
                                   .file = playbook->file,
                                   .text = playbook->text};
}

void commit_mark(struct commit *commit, const struct store_mark *mark)
{
    struct store_mark *row =
        PUSH(commit, commit->marks, commit->batch.mark_count, commit->mark_cap);

    *row = *mark;
}

void commit_refusal(struct commit *commit, const struct store_refusal *refusal)
{
    struct store_refusal *row =
        PUSH(commit, commit->refusals, commit->batch.refusal_count, commit->refusal_cap);

    *row = *refusal;
}

void commit_audit(struct commit *commit, struct quell_str who, const char *what,
                  struct quell_str subject, struct quell_value detail)
{
    struct arena *arena = commit->arena;
    struct store_audit *row =
        PUSH(commit, commit->audits, commit->batch.audit_count, commit->audit_cap);

    assert(audit_is_known(what));
    *row = (struct store_audit){
        .id = audit_new_id(commit->engine, arena),
        .at_us = loop_now_us(commit->engine->loop),
        .who = arena_str(arena, who),
        .what = quell_str_of(what),
        .subject = arena_str(arena, subject),
        .detail = quell_is_null(detail) ? QUELL_STR("") : json_text(arena, detail, JSON_COMPACT),
    };
}

/* The writer reads it when whoever gave it may be gone. */
void commit_incident(struct commit *commit, struct quell_value incident)
{
    struct arena *arena = commit->arena;
    struct store_incident *row =
        PUSH(commit, commit->incidents, commit->batch.incident_count, commit->incident_cap);

    *row = (struct store_incident){
        .id = arena_str(arena, incident_version(incident)),
        .received_us = loop_now_us(commit->engine->loop),
        .source = arena_str(arena, quell_get_str(incident, "source")),
        .source_id = arena_str(arena, quell_get_str(incident, "source_id")),
        .title = arena_str(arena, quell_get_str(incident, "title")),
        .severity = arena_str(arena, quell_get_str(incident, "severity")),
        .body = json_text(arena, incident, JSON_COMPACT),
    };
}

void commit_tell(struct commit *commit, quell_done_fn *tell, void *user)
{
    assert(commit->tell == NULL);
    commit->tell = tell;
    commit->tell_user = user;
}

void commit_then(struct commit *commit, void (*then)(struct quell *engine, void *user), void *user)
{
    struct after *after = PUSH(commit, commit->afters, commit->after_count, commit->after_cap);

    *after = (struct after){then, user};
}

void commit_proceed(struct active_call *call)
{
    struct commit *commit = turn_commit(call->active->engine);
    struct proceed *proceed =
        PUSH(commit, commit->proceeds, commit->proceed_count, commit->proceed_cap);

    call->announced = run_seq(call->active->run);
    *proceed = (struct proceed){call->active, call->path, call->announced};
}

/* ---- after the disk said yes --------------------------------------------------------------------
 */

static void answer(struct commit *commit, enum quell_code code, const struct quell_error *err)
{
    struct submission *submission = commit->submission, **at;
    struct waiter *waiter;

    if (submission == NULL)
        return;
    for (at = &commit->engine->pending; *at && *at != submission; at = &(*at)->next)
        ;
    if (*at)
        *at = submission->next;
    for (waiter = submission->waiters; waiter; waiter = waiter->next)
        waiter->done(code, code ? QUELL_STR("") : submission->answer, waiter->repeated, err,
                     waiter->user);
    arena_free(submission->arena);
}

static void tell_watcher(struct quell *engine, const struct said *said, struct arena *arena)
{
    if (engine->watch)
        engine->watch(run_id(said->active->run), event_to_value(arena, &said->event),
                      engine->watch_user);
}

static struct active_call *find_call(const struct active *active, struct quell_str path)
{
    struct active_call *call;

    for (call = active->calls; call; call = call->next)
        if (quell_str_equal(call->path, path))
            return call;
    return NULL;
}

static void on_committed(enum quell_code code, const struct quell_error *err, void *user);

/* Hands over what waits, in order; stops when the writer's queue is full. */
static void hand_over(struct quell *engine)
{
    while (engine->backlog) {
        struct commit *commit = engine->backlog;
        struct quell_error err = {0};
        enum quell_code code =
            writer_commit(engine->writer, &commit->batch, on_committed, commit, &err);

        if (code == QUELL_LIMIT)
            return;
        engine->backlog = commit->next;
        if (code)
            on_committed(code, &err, commit);
    }
}

static void add_to_backlog(struct quell *engine, struct commit *commit)
{
    struct commit **at = &engine->backlog;

    while (*at)
        at = &(*at)->next;
    commit->next = NULL;
    *at = commit;
}

/* The store failed: who waits is told, and the runs are left as their journals have them. */
static void commit_failed(struct commit *commit, enum quell_code code,
                          const struct quell_error *err)
{
    answer(commit, code, err);
    if (commit->tell)
        commit->tell(code, err, commit->tell_user);
    commit_done_with(commit);
}

/* Tells those who wait. Outside of any turn: they may submit anew, each in a commit of its own. */
static void tell(struct commit *commit)
{
    size_t i;

    answer(commit, QUELL_OK, NULL);
    if (commit->tell)
        commit->tell(QUELL_OK, NULL, commit->tell_user);
    for (i = 0; i < commit->said_count; i++)
        tell_watcher(commit->engine, &commit->said[i], commit->arena);
}

static void let_go(struct commit *commit)
{
    struct quell *engine = commit->engine;
    size_t i;

    for (i = 0; i < commit->proceed_count; i++) {
        const struct proceed *proceed = &commit->proceeds[i];
        struct active_call *call = find_call(proceed->active, proceed->path);
        if (call && call->announced == proceed->seq && !engine->broken && !engine->drain)
            call_proceed(call->call);
    }
    for (i = 0; i < commit->after_count && !engine->broken; i++)
        commit->afters[i].then(engine, commit->afters[i].user);
    for (i = 0; i < commit->batch.run_count; i++) {
        struct active *owner = commit->run_owners[i];
        if (owner == NULL)
            continue;
        owner->commits--;
        active_retire(owner);
    }
}

void engine_break(struct quell *engine, const struct quell_error *err)
{
    if (!engine->broken)
        log_line(LOG_LEVEL_ERROR, "the store failed, nothing more is accepted: %s", err->message);
    engine->broken = true;
    engine->broken_error = *err;
    loop_stop(engine->loop);
}

static void on_committed(enum quell_code code, const struct quell_error *err, void *user)
{
    struct commit *commit = user;
    struct quell *engine = commit->engine;

    engine->committing--;
    if (code) {
        engine->unwritten++;
        engine_break(engine, err);
        commit_failed(commit, code, err);
        return;
    }
    engine->counters.commits++;
    if (commit->batch.mark_count)
        marks_settled(engine, &commit->batch);
    tell(commit);
    turn_begin(engine);
    let_go(commit);
    commit_done_with(commit);
    hand_over(engine);
    turn_end(engine);
}

/* Closes the turn; the outermost one hands the commit to the writer. */
void turn_end(struct quell *engine)
{
    struct commit *commit = engine->open;
    size_t i;

    assert(engine->turn_depth > 0);
    if (--engine->turn_depth > 0 || commit == NULL)
        return;
    engine->open = NULL;
    for (i = 0; i < commit->batch.run_count; i++) {
        if (commit->run_owners[i] == NULL)
            continue;
        fill_row(commit, &commit->runs[i], commit->run_owners[i]);
        commit->run_owners[i]->row_in_commit = false;
    }
    commit->batch.incidents = commit->incidents;
    commit->batch.events = commit->events;
    commit->batch.runs = commit->runs;
    commit->batch.revisions = commit->revisions;
    commit->batch.marks = commit->marks;
    commit->batch.refusals = commit->refusals;
    commit->batch.audits = commit->audits;
    if (engine->broken) {
        commit_failed(commit, engine->broken_error.code, &engine->broken_error);
        return;
    }
    engine->committing++;
    add_to_backlog(engine, commit);
    hand_over(engine);
}
