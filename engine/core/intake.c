/*
 * intake.c - incidents in: JSON -> one shape -> triggers -> runs, all in one commit. The submitter
 * hears "accepted" only when that commit is on disk.
 */
#include "core/judge.h"
#include "core/nothing.h"

#include <assert.h>
#include <string.h>

#include "base/buf.h"
#include "base/digest.h"
#include "base/error.h"
#include "base/id.h"
#include "base/limits.h"
#include "base/memory.h"
#include "base/str.h"
#include "incident/incident.h"
#include "loop/log.h"
#include "match/match.h"
#include "value/json.h"
#include "value/keyed.h"
#include "value/value.h"

static struct quell_str new_id(struct loop *loop, struct arena *arena)
{
    uint8_t random[10];
    struct id id;

    loop_random(loop, random, sizeof(random));
    id = id_v7(loop_now_us(loop), random);
    return arena_str(arena, id_str(&id));
}

enum quell_code incident_from_text(struct loop *loop, struct arena *arena, struct quell_str source,
                                   struct quell_str text, struct quell_value *incident,
                                   struct quell_str *event, struct quell_str *delivery,
                                   struct quell_error *err)
{
    struct quell_value received;
    struct incident made;
    enum quell_code code;

    code = json_read(arena, text, LIMIT_DOCUMENT_BYTES, &received, NULL, err);
    if (code)
        return code;
    code =
        incident_make(arena, source, received, new_id(loop, arena), loop_now_us(loop), &made, err);
    if (code)
        return code;
    *incident = made.value;
    *event = quell_str_of(incident_event_name(made.event));
    *delivery = made.delivery;
    return QUELL_OK;
}

enum quell_code body_fault(enum quell_code code)
{
    return code == QUELL_LIMIT ? QUELL_INVALID : code;
}

/* What a live engine takes in: a test may change it. */
enum quell_code engine_receive(struct quell *engine, struct arena *arena, struct quell_str source,
                               struct quell_str text, struct quell_value *incident,
                               struct quell_str *event, struct quell_str *delivery,
                               struct quell_error *err)
{
    enum quell_code code =
        incident_from_text(engine->loop, arena, source, text, incident, event, delivery, err);

    code = body_fault(code);
    if (code == QUELL_OK && engine->stand_in && engine->stand_in->received)
        engine->stand_in->received(arena, incident, event, engine->stand_in->user);
    return code;
}

/* ---- starting runs -----------------------------------------------------------------------------
 */

struct quell_str engine_new_key(struct quell *engine, struct arena *arena)
{
    uint8_t random[KEYED_KEY];

    loop_random(engine->loop, random, sizeof(random));
    return digest_hex(arena, random, sizeof(random));
}

struct quell_str engine_new_id(struct quell *engine, struct arena *arena)
{
    return new_id(engine->loop, arena);
}

void active_describe(struct active *active)
{
    active->incident_id = incident_version(run_incident(active->run));
    active->title = quell_get_str(run_incident(active->run), "title");
}

struct active *run_begin_data(struct quell *engine, struct loaded *loaded,
                              struct quell_value start_data, struct quell_error *err)
{
    struct commit *commit = turn_commit(engine);
    struct run *run = run_new(loaded->playbook, new_id(engine->loop, commit->arena));
    struct active *active = active_new(engine, engine->generation, loaded, run);
    struct run_world world = generation_world(engine->generation);

    starts_set_world(engine, &world);
    run_set_world(run, &world);
    start_data = run_keyed_data(commit->arena, start_data, engine_new_key(engine, commit->arena));
    if (say(active, EVENT_RUN_STARTED, QUELL_STR(""), start_data, err)) {
        active_free(active);
        return NULL;
    }
    active_describe(active);
    commit_revision(commit, loaded);
    engine->counters.runs_started++;
    return active;
}

struct active *run_begin_with(struct quell *engine, struct loaded *loaded,
                              const struct run_start *start, struct quell_error *err)
{
    return run_begin_data(
        engine, loaded, run_start_value(turn_commit(engine)->arena, loaded->playbook, start), err);
}

/* ---- deliveries --------------------------------------------------------------------------------
 */

static struct submission *find_pending(struct quell *engine, struct quell_str hook,
                                       struct quell_str delivery)
{
    struct submission *pending;

    for (pending = engine->pending; pending; pending = pending->next)
        if (quell_str_equal(pending->hook, hook) && (quell_str_equal(pending->ids[0], delivery) ||
                                                     quell_str_equal(pending->ids[1], delivery)))
            return pending;
    return NULL;
}

static void add_waiter(struct submission *submission, quell_submitted_fn *done, void *user,
                       bool repeated)
{
    struct waiter *waiter = arena_one(submission->arena, struct waiter);
    struct waiter **at = &submission->waiters;

    *waiter = (struct waiter){NULL, done, user, repeated};
    while (*at)
        at = &(*at)->next;
    *at = waiter;
}

static void answer_repeat(struct repeat *repeat)
{
    struct repeat **at = &repeat->engine->repeats;

    while (*at != repeat)
        at = &(*at)->next;
    *at = repeat->next;
    repeat->done(QUELL_OK, repeat->answer, true, NULL, repeat->user);
    arena_free(repeat->arena);
}

static void on_repeat(void *user)
{
    answer_repeat(user);
}

void answer_repeats(struct quell *engine)
{
    while (engine->repeats) {
        loop_cancel(engine->repeats->timer);
        answer_repeat(engine->repeats);
    }
}

/* The answer stands in the store; it is given on the next turn of the loop. */
static void repeat_later(struct quell *engine, struct arena *arena, struct quell_str answer,
                         quell_submitted_fn *done, void *user)
{
    struct repeat *repeat = arena_one(arena, struct repeat);

    *repeat = (struct repeat){.next = engine->repeats,
                              .engine = engine,
                              .arena = arena,
                              .answer = answer,
                              .done = done,
                              .user = user};
    engine->repeats = repeat;
    repeat->timer = loop_after(engine->loop, 0, on_repeat, repeat);
}

/* *known: this delivery was answered or is being so, `done` will be called. A store that cannot be
 * asked is an error: taking the delivery in would be taking it in twice. */
static enum quell_code repeated(struct quell *engine, struct quell_str hook,
                                struct quell_str delivery, quell_submitted_fn *done, void *user,
                                bool *known, struct quell_error *err)
{
    struct submission *pending = NULL;
    struct store_delivery found;
    struct arena *arena;
    enum quell_code code;

    *known = false;
    if (hook.len == 0 || delivery.len == 0) /* ids are the hook's */
        return QUELL_OK;
    pending = find_pending(engine, hook, delivery);
    if (pending) {
        add_waiter(pending, done, user, true);
    } else {
        arena = arena_new(0);
        code = engine->reader->kind->delivery(engine->reader, arena, hook, delivery, &found, err);
        if (code) {
            arena_free(arena);
            return code == QUELL_NOT_FOUND ? QUELL_OK : code;
        }
        repeat_later(engine, arena, found.answer, done, user);
    }
    engine->counters.deliveries_repeated++;
    *known = true;
    return QUELL_OK;
}

static void on_forgotten(enum quell_code code, const struct quell_error *err, void *user)
{
    (void)user;
    if (code) /* the next hour tries again; a store that failed says so at its next commit */
        log_line(LOG_LEVEL_WARNING, "old deliveries are kept: %s", err->message);
}

/* Without a timer: deliveries only grow in number when there are new ones. */
void forget_deliveries(struct quell *engine)
{
    int64_t now = loop_now_us(engine->loop);
    struct quell_error err = {0};

    if (engine->pruned_us && now - engine->pruned_us < INT64_C(3600) * 1000000)
        return;
    engine->pruned_us = now;
    if (writer_prune(engine->writer, now - INT64_C(1000000) * LIMIT_DELIVERY_KEEP_S, on_forgotten,
                     NULL, &err))
        on_forgotten(err.code, &err, NULL);
}

/* ---- submit ------------------------------------------------------------------------------------
 */

static void journal_deliveries(struct commit *commit, const struct submission *submission)
{
    size_t i;

    commit->batch.deliveries = commit->deliveries;
    for (i = 0; i < 2 && submission->hook.len; i++)
        if (submission->ids[i].len)
            commit->deliveries[commit->batch.delivery_count++] =
                (struct store_delivery){.hook = submission->hook,
                                        .id = submission->ids[i],
                                        .at_us = loop_now_us(commit->engine->loop),
                                        .answer = submission->answer};
}

/* One of what a submission brought, in the open turn. */
static void take_in(struct matched *matched, struct submission *submission,
                    struct incoming *arrival)
{
    struct quell *engine = matched->engine;
    struct arena *arena = submission->arena;
    bool is_incident = !quell_is_null(arrival->incident);

    if (is_incident && engine->generation->asks_before && !str_is(arrival->type, "created"))
        arrival->before = incident_before(engine, arena, arrival->incident);
    if (is_incident && !str_is(arrival->type, "created") &&
        !own_change(engine, arena, arrival->incident, arrival->before, &arrival->wrote))
        arrival->wrote = QUELL_STR("");
    if (is_incident)
        quality_closed(engine, arena, arrival->incident);
    judge_arrival(matched, arrival);
    if (is_incident) /* while it is not its own version before */
        fold_event(engine, arena, arrival->incident, arrival->type, &matched->woken);
    submission->judged++;
    if (!is_incident)
        return;
    commit_incident(turn_commit(engine), arrival->incident);
    engine->counters.incidents++;
}

static void accept(struct quell *engine, struct submission *submission)
{
    struct arena *arena = submission->arena;
    struct matched matched = {.engine = engine,
                              .arena = arena,
                              .runs = {.arena = arena},
                              .undetermined = {.arena = arena},
                              .not_started = {.arena = arena},
                              .woken = {.arena = arena}};
    struct commit *commit;
    size_t i;

    forget_deliveries(engine);
    turn_begin(engine);
    commit = turn_commit(engine);
    assert(commit->submission == NULL); /* one body a commit */
    commit->submission = submission;
    submission->next = engine->pending;
    engine->pending = submission;
    for (i = 0; i < submission->arrival_count; i++) {
        matched.line = submission->arrivals[i].line;
        take_in(&matched, submission, &submission->arrivals[i]);
    }
    submission->answer = json_text(arena, judge_answer(&matched, submission), JSON_COMPACT);
    journal_deliveries(commit, submission);
    for (i = 0; i < matched.begun_count; i++)
        advance(matched.begun[i]);
    turn_end(engine);
}

enum quell_code engine_room(struct quell *engine, struct quell_error *err)
{
    if (engine->broken)
        return error_set(err, QUELL_IO, "the store failed: %s", engine->broken_error.message);
    /* Half of the queue is kept for runs that are under way. */
    if (engine->backlog || writer_waiting(engine->writer) > LIMIT_WRITER_QUEUE / 2)
        return error_set(err, QUELL_LIMIT, "the store has %zu commits waiting",
                         writer_waiting(engine->writer));
    if (engine->active_count >= LIMIT_RUNS_ACTIVE)
        return error_set(err, QUELL_LIMIT, "%zu runs are under way", engine->active_count);
    return space_left(engine, err);
}

/* Reads the body. */
static enum quell_code receive(struct quell *engine, const struct quell_submission *given,
                               struct submission *submission, struct quell_str *own,
                               struct quell_error *err)
{
    struct incoming *arrival;

    if (given->to_playbooks)
        return hook_receive(engine, given, submission, own, err);
    arrival = arena_one(submission->arena, struct incoming);
    submission->arrivals = arrival;
    submission->arrival_count = 1;
    return engine_receive(engine, submission->arena, given->source, given->body, &arrival->incident,
                          &arrival->type, own, err);
}

enum quell_code quell_submit(struct quell *engine, const struct quell_submission *given,
                             quell_submitted_fn *done, void *user, struct quell_error *err)
{
    struct arena *arena;
    struct submission *submission;
    struct quell_str own = QUELL_STR("");
    enum quell_code code = engine_room(engine, err);
    bool known = false;

    if (code == QUELL_OK)
        code = repeated(engine, given->hook, given->delivery, done, user, &known, err);
    if (known)
        return QUELL_OK;
    arena = arena_new(0);
    submission = arena_one(arena, struct submission);
    submission->arena = arena;
    if (code == QUELL_OK)
        code = receive(engine, given, submission, &own, err);
    /* The same event sent anew under another delivery id is still the same event. */
    if (code == QUELL_OK && own.len)
        own = arena_format(arena, "event:%.*s", QUELL_ARG(own));
    if (code == QUELL_OK)
        code = repeated(engine, given->hook, own, done, user, &known, err);
    if (code || known) {
        engine->counters.incidents_refused += code != QUELL_OK;
        arena_free(arena);
        return code;
    }
    submission->hook = arena_str(arena, given->hook);
    submission->ids[0] = arena_str(arena, given->delivery);
    if (!quell_str_equal(own, given->delivery)) /* a sender may have said the very same */
        submission->ids[1] = own;
    add_waiter(submission, done, user, false);
    accept(engine, submission);
    return QUELL_OK;
}
