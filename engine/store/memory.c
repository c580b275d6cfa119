/*
 * memory.c - the `memory:` store: rows in sorted arrays, gone with the last handle.
 *
 * For tests, dry runs and trying things; it gives no memory back before the end. A write handle and
 * its readers share one `struct memory` under a lock. Rows are never changed once they are there (a
 * replaced run is a new row), so a reader takes the pointers under the lock and looks at the rows
 * without it.
 */
#include <string.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/memory.h"
#include "base/str.h"
#include "loop/pool.h"
#include "store/memory_parts.h"

extern const struct store_kind store_memory;

/* ---- writing ---------------------------------------------------------------------------------*/

void memory_put(struct commit *commit, struct shelf *shelf, struct shelf_key *row)
{
    struct change *change = arena_one(commit->scratch, struct change);
    size_t place = shelf_place(shelf, row);

    change->shelf = shelf;
    change->row = row;
    change->before = commit->last;
    commit->last = change;
    if (shelf_at(shelf, place, row)) {
        change->old = shelf->rows[place];
        shelf->rows[place] = row;
    } else {
        shelf_insert(shelf, place, row);
    }
}

void memory_remove(struct commit *commit, struct shelf *shelf, struct shelf_key *key)
{
    struct change *change;
    size_t place = shelf_place(shelf, key);

    if (!shelf_at(shelf, place, key))
        return;
    change = arena_one(commit->scratch, struct change);
    *change = (struct change){
        .shelf = shelf, .row = shelf->rows[place], .before = commit->last, .removed = true};
    commit->last = change;
    shelf_remove(shelf, place);
}

static void take_back(struct commit *commit)
{
    struct change *change;

    for (change = commit->last; change; change = change->before) {
        size_t place = shelf_place(change->shelf, change->row);

        if (change->removed)
            shelf_insert(change->shelf, place, change->row);
        else if (change->old)
            change->shelf->rows[place] = change->old;
        else
            shelf_remove(change->shelf, place);
    }
}

void memory_keep(struct commit *commit, struct quell_str *text)
{
    *text = arena_str(commit->memory->arena, *text);
}

static enum quell_code put_incident(struct commit *commit, const struct store_incident *incident,
                                    struct quell_error *err)
{
    struct incident_row *row = arena_one(commit->memory->arena, struct incident_row);

    row->data = *incident;
    row->key.first = incident->id;
    if (shelf_find(&commit->memory->incidents, &row->key))
        return error_set(err, QUELL_CONFLICT, "incident %.*s is already there",
                         QUELL_ARG(incident->id));
    memory_keep(commit, &row->data.id);
    memory_keep(commit, &row->data.source);
    memory_keep(commit, &row->data.source_id);
    memory_keep(commit, &row->data.title);
    memory_keep(commit, &row->data.severity);
    memory_keep(commit, &row->data.body);
    row->key.first = row->data.id;
    memory_put(commit, &commit->memory->incidents, &row->key);
    memory_put_sent(commit, row);
    return QUELL_OK;
}

static enum quell_code put_delivery(struct commit *commit, const struct store_delivery *delivery,
                                    struct quell_error *err)
{
    struct delivery_row *row = arena_one(commit->memory->arena, struct delivery_row);

    row->data = *delivery;
    row->key.first = delivery->hook;
    row->key.second = delivery->id;
    if (shelf_find(&commit->memory->deliveries, &row->key))
        return error_set(err, QUELL_CONFLICT, "delivery %.*s was already answered",
                         QUELL_ARG(delivery->id));
    memory_keep(commit, &row->data.hook);
    memory_keep(commit, &row->data.id);
    memory_keep(commit, &row->data.answer);
    row->key.first = row->data.hook;
    row->key.second = row->data.id;
    memory_put(commit, &commit->memory->deliveries, &row->key);
    return QUELL_OK;
}

static void put_revision(struct commit *commit, const struct store_revision *revision)
{
    struct revision_row *row = arena_one(commit->memory->arena, struct revision_row);

    row->data = *revision;
    row->key.first = revision->revision;
    if (shelf_find(&commit->memory->revisions, &row->key))
        return;
    memory_keep(commit, &row->data.revision);
    memory_keep(commit, &row->data.playbook);
    memory_keep(commit, &row->data.file);
    memory_keep(commit, &row->data.text);
    row->key.first = row->data.revision;
    memory_put(commit, &commit->memory->revisions, &row->key);
}

/* The texts of a run live in `arena`. */
static void copy_run(struct arena *arena, struct store_run *run)
{
    run->id = arena_str(arena, run->id);
    run->playbook = arena_str(arena, run->playbook);
    run->revision = arena_str(arena, run->revision);
    run->incident = arena_str(arena, run->incident);
    run->title = arena_str(arena, run->title);
    run->state = arena_str(arena, run->state);
    run->mode = arena_str(arena, run->mode);
    run->waits = arena_str(arena, run->waits);
}

static void put_run(struct commit *commit, const struct store_run *run)
{
    struct run_row *row = arena_one(commit->memory->arena, struct run_row);

    row->data = *run;
    copy_run(commit->memory->arena, &row->data);
    row->key.first = row->data.id;
    memory_put(commit, &commit->memory->runs, &row->key);
}

/* The journal of a run; an empty one left by a refused commit does no harm. */
static struct journal_row *journal_of(struct memory *memory, struct quell_str run)
{
    struct shelf_key key = {.first = run};
    struct journal_row *row = shelf_find(&memory->journals, &key);

    if (row)
        return row;
    row = arena_one(memory->arena, struct journal_row);
    row->key.first = arena_str(memory->arena, run);
    shelf_insert(&memory->journals, shelf_place(&memory->journals, &row->key), &row->key);
    return row;
}

static enum quell_code put_event(struct commit *commit, const struct store_event *event,
                                 struct quell_error *err)
{
    struct journal_row *journal = journal_of(commit->memory, event->run);
    struct event_row *row = arena_one(commit->memory->arena, struct event_row);

    row->data = *event;
    row->key.number = event->seq;
    if (shelf_find(&journal->events, &row->key))
        return error_set(err, QUELL_CONFLICT, "event %llu of run %.*s is already there",
                         (unsigned long long)event->seq, QUELL_ARG(event->run));
    row->data.run = journal->key.first;
    memory_keep(commit, &row->data.kind);
    memory_keep(commit, &row->data.body);
    memory_put(commit, &journal->events, &row->key);
    return QUELL_OK;
}

static enum quell_code put_batch(struct commit *commit, const struct store_batch *batch,
                                 struct quell_error *err)
{
    enum quell_code code = store_check(batch, err);
    size_t i;

    for (i = 0; !code && i < batch->incident_count; i++)
        code = put_incident(commit, &batch->incidents[i], err);
    for (i = 0; !code && i < batch->delivery_count; i++)
        code = put_delivery(commit, &batch->deliveries[i], err);
    for (i = 0; !code && i < batch->revision_count; i++)
        put_revision(commit, &batch->revisions[i]);
    for (i = 0; !code && i < batch->run_count; i++)
        put_run(commit, &batch->runs[i]);
    for (i = 0; !code && i < batch->event_count; i++)
        code = put_event(commit, &batch->events[i], err);
    for (i = 0; !code && i < batch->mark_count; i++)
        memory_put_mark(commit, &batch->marks[i]);
    for (i = 0; !code && i < batch->refusal_count; i++)
        code = memory_put_refusal(commit, &batch->refusals[i], err);
    for (i = 0; !code && i < batch->audit_count; i++)
        code = memory_put_audit(commit, &batch->audits[i], err);
    return code;
}

static enum quell_code refuse_writing(const struct store *store, struct quell_error *err)
{
    if (((const struct memory_store *)store)->mode == STORE_WRITE)
        return QUELL_OK;
    return error_set(err, QUELL_INVALID, "the store was opened for reading");
}

static enum quell_code memory_commit(struct store *store, const struct store_batch *const *batches,
                                     size_t count, struct quell_error *err)
{
    struct commit commit = {.memory = memory_of(store)};
    enum quell_code code = refuse_writing(store, err);
    size_t i;

    if (code)
        return code;
    commit.scratch = arena_new(0);
    pool_lock_take(commit.memory->lock);
    for (i = 0; !code && i < count; i++)
        code = put_batch(&commit, batches[i], err);
    if (code)
        take_back(&commit);
    pool_lock_give(commit.memory->lock);
    arena_free(commit.scratch);
    return code;
}

static enum quell_code memory_prune(struct store *store, int64_t before_us, struct quell_error *err)
{
    struct memory *memory = memory_of(store);
    struct shelf *shelf = &memory->deliveries;
    enum quell_code code = refuse_writing(store, err);
    size_t i, kept = 0;

    if (code)
        return code;
    pool_lock_take(memory->lock);
    for (i = 0; i < shelf->count; i++) {
        if (((struct delivery_row *)(void *)shelf->rows[i])->data.at_us >= before_us)
            shelf->rows[kept++] = shelf->rows[i];
    }
    shelf->count = kept;
    memory_prune_marks(memory, before_us);
    pool_lock_give(memory->lock);
    return QUELL_OK;
}

/* ---- reading ---------------------------------------------------------------------------------*/

void *memory_find(struct memory *memory, const struct shelf *shelf, struct shelf_key key)
{
    void *row;

    pool_lock_take(memory->lock);
    row = shelf_find(shelf, &key);
    pool_lock_give(memory->lock);
    return row;
}

static enum quell_code memory_events(struct store *store, struct quell_str run, uint64_t after,
                                     store_event_fn *each, void *user, struct quell_error *err)
{
    struct memory *memory = memory_of(store);
    struct journal_row *journal =
        memory_find(memory, &memory->journals, (struct shelf_key){.first = run});
    struct shelf_key from = {.number = after + 1};
    struct arena *scratch;
    struct shelf_key **rows;
    size_t place, count, i;

    (void)err; /* reading memory cannot fail */
    if (!journal || after == UINT64_MAX)
        return QUELL_OK;
    scratch = arena_new(0);
    pool_lock_take(memory->lock);
    place = shelf_place(&journal->events, &from);
    count = journal->events.count - place;
    rows = arena_array(scratch, struct shelf_key *, count);
    if (count > 0)
        memcpy(rows, &journal->events.rows[place], count * sizeof *rows);
    pool_lock_give(memory->lock);
    for (i = 0; i < count; i++) {
        if (!each(&((struct event_row *)(void *)rows[i])->data, user))
            break;
    }
    arena_free(scratch);
    return QUELL_OK;
}

static bool wanted(const struct store_run *run, const struct store_query *query)
{
    if (query->active && run->ended_us != 0 && run->due_us == 0)
        return false;
    if (query->state.len > 0 && !quell_str_equal(run->state, query->state))
        return false;
    if (query->incident.len > 0 && !quell_str_equal(run->incident, query->incident))
        return false;
    if (query->playbook.len > 0 && !quell_str_equal(run->playbook, query->playbook))
        return false;
    return str_starts(run->id, query->prefix);
}

/* The newest rows that the query asks for, `limit` at most. */
static size_t collect(const struct shelf *runs, const struct store_query *query,
                      const struct run_row **rows, size_t limit)
{
    struct shelf_key before = {.first = query->before};
    size_t place = query->before.len > 0 ? shelf_place(runs, &before) : runs->count;
    size_t count = 0;

    while (place > 0 && count < limit) {
        const struct run_row *row = (const void *)runs->rows[--place];

        if (str_compare(row->data.id, query->prefix) < 0)
            break; /* all further ones are smaller still */
        if (wanted(&row->data, query))
            rows[count++] = row;
    }
    return count;
}

static enum quell_code memory_runs(struct store *store, const struct store_query *query,
                                   store_run_fn *each, void *user, struct quell_error *err)
{
    struct memory *memory = memory_of(store);
    struct arena *scratch = arena_new(0);
    size_t limit = query->limit ? query->limit : STORE_QUERY_LIMIT;
    const struct run_row **rows;
    size_t count, i;

    (void)err; /* reading memory cannot fail */
    pool_lock_take(memory->lock);
    if (limit > memory->runs.count)
        limit = memory->runs.count;
    rows = arena_array(scratch, const struct run_row *, limit);
    count = collect(&memory->runs, query, rows, limit);
    pool_lock_give(memory->lock);
    for (i = 0; i < count; i++) {
        if (!each(&rows[i]->data, user))
            break;
    }
    arena_free(scratch);
    return QUELL_OK;
}

static enum quell_code memory_run(struct store *store, struct arena *arena, struct quell_str id,
                                  struct store_run *run, struct quell_error *err)
{
    struct memory *memory = memory_of(store);
    const struct run_row *row = memory_find(memory, &memory->runs, (struct shelf_key){.first = id});

    if (!row)
        return error_set(err, QUELL_NOT_FOUND, "no run %.*s", QUELL_ARG(id));
    *run = row->data;
    copy_run(arena, run);
    return QUELL_OK;
}

void memory_copy_incident(struct arena *arena, struct store_incident *incident)
{
    incident->id = arena_str(arena, incident->id);
    incident->source = arena_str(arena, incident->source);
    incident->source_id = arena_str(arena, incident->source_id);
    incident->title = arena_str(arena, incident->title);
    incident->severity = arena_str(arena, incident->severity);
    incident->body = arena_str(arena, incident->body);
}

static enum quell_code memory_incident(struct store *store, struct arena *arena,
                                       struct quell_str id, struct store_incident *incident,
                                       struct quell_error *err)
{
    struct memory *memory = memory_of(store);
    const struct incident_row *row =
        memory_find(memory, &memory->incidents, (struct shelf_key){.first = id});

    if (!row)
        return error_set(err, QUELL_NOT_FOUND, "no incident %.*s", QUELL_ARG(id));
    *incident = row->data;
    memory_copy_incident(arena, incident);
    return QUELL_OK;
}

static enum quell_code memory_revision(struct store *store, struct arena *arena,
                                       struct quell_str revision, struct store_revision *found,
                                       struct quell_error *err)
{
    struct memory *memory = memory_of(store);
    const struct revision_row *row =
        memory_find(memory, &memory->revisions, (struct shelf_key){.first = revision});

    if (!row)
        return error_set(err, QUELL_NOT_FOUND, "no playbook revision %.*s", QUELL_ARG(revision));
    found->revision = arena_str(arena, row->data.revision);
    found->playbook = arena_str(arena, row->data.playbook);
    found->file = arena_str(arena, row->data.file);
    found->text = arena_str(arena, row->data.text);
    return QUELL_OK;
}

static enum quell_code memory_delivery(struct store *store, struct arena *arena,
                                       struct quell_str hook, struct quell_str id,
                                       struct store_delivery *found, struct quell_error *err)
{
    struct memory *memory = memory_of(store);
    const struct delivery_row *row =
        memory_find(memory, &memory->deliveries, (struct shelf_key){.first = hook, .second = id});

    if (!row)
        return error_set(err, QUELL_NOT_FOUND, "no delivery %.*s", QUELL_ARG(id));
    found->hook = arena_str(arena, row->data.hook);
    found->id = arena_str(arena, row->data.id);
    found->at_us = row->data.at_us;
    found->answer = arena_str(arena, row->data.answer);
    return QUELL_OK;
}

/* ---- handles ---------------------------------------------------------------------------------*/

static struct store *handle_new(struct memory *memory, enum store_mode mode)
{
    struct memory_store *handle = memory_new(sizeof *handle);

    handle->store.kind = &store_memory;
    handle->mode = mode;
    handle->memory = memory;
    pool_lock_take(memory->lock);
    memory->handles++;
    pool_lock_give(memory->lock);
    return &handle->store;
}

static void shared_free(struct memory *memory)
{
    size_t i;

    for (i = 0; i < memory->journals.count; i++)
        shelf_free(&((struct journal_row *)(void *)memory->journals.rows[i])->events);
    shelf_free(&memory->incidents);
    shelf_free(&memory->deliveries);
    shelf_free(&memory->revisions);
    shelf_free(&memory->runs);
    shelf_free(&memory->journals);
    shelf_free(&memory->marks);
    shelf_free(&memory->refusals);
    shelf_free(&memory->audits);
    shelf_free(&memory->sent);
    arena_free(memory->arena);
    pool_lock_free(memory->lock);
    memory_free(memory);
}

static enum quell_code memory_open(struct quell_str rest, enum store_mode mode,
                                   struct store **store, struct quell_error *err)
{
    struct memory *memory;

    if (rest.len > 0)
        return error_set(err, QUELL_INVALID, "`memory:` has no name, yet `%.*s` follows it",
                         QUELL_ARG(rest));
    if (mode == STORE_READ)
        return error_set(err, QUELL_NOT_FOUND,
                         "a `memory:` store can be read only by the process that writes it");
    memory = memory_new(sizeof *memory);
    memory->lock = pool_lock_new();
    memory->arena = arena_new(0);
    *store = handle_new(memory, STORE_WRITE);
    return QUELL_OK;
}

static void memory_close(struct store *store)
{
    struct memory *memory = memory_of(store);
    bool last;

    pool_lock_take(memory->lock);
    last = --memory->handles == 0;
    pool_lock_give(memory->lock);
    if (last)
        shared_free(memory);
    memory_free(store);
}

static enum quell_code memory_reader(struct store *writer, struct store **reader,
                                     struct quell_error *err)
{
    (void)err; /* sharing cannot fail */
    *reader = handle_new(memory_of(writer), STORE_READ);
    return QUELL_OK;
}

const struct store_kind store_memory = {
    .scheme = "memory",
    .doc = "in this process only, gone at its end: for tests and for trying things",
    .open = memory_open,
    .close = memory_close,
    .commit = memory_commit,
    .events = memory_events,
    .runs = memory_runs,
    .run = memory_run,
    .incident = memory_incident,
    .incidents = memory_incidents,
    .incident_last = memory_incident_last,
    .mark = memory_mark,
    .marks = memory_marks,
    .refusals = memory_refusals,
    .audits = memory_audits,
    .revision = memory_revision,
    .delivery = memory_delivery,
    .prune = memory_prune,
    .forget = memory_forget,
    .old = memory_old,
    .reader = memory_reader,
};
