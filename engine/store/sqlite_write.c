/*
 * sqlite_write.c - committing batches: one transaction, one fsync. After the disk has failed once,
 * nothing is committed any more: what an fsync error left behind cannot be known.
 */
#include <assert.h>

#include "base/error.h"
#include "store/sqlite.h"

/* Remembers a failing disk. */
static enum quell_code fail(struct sqlite_store *store, struct quell_error *err)
{
    struct quell_error now;
    enum quell_code code = sqlite_refuse(store, &now);

    if (code == QUELL_IO)
        store->failure = now;
    if (err)
        *err = now;
    return code;
}

/* Steps a statement that gives no rows, and gives it back. */
static enum quell_code finish(struct sqlite_store *store, enum sql sql, sqlite3_stmt *statement,
                              struct quell_error *err)
{
    enum quell_code code = QUELL_OK;

    if (!statement || sqlite3_step(statement) != SQLITE_DONE)
        code = fail(store, err);
    sqlite_give(store, sql, statement);
    return code;
}

static enum quell_code plain(struct sqlite_store *store, enum sql sql, struct quell_error *err)
{
    return finish(store, sql, sqlite_take(store, sql), err);
}

static enum quell_code put_incident(struct sqlite_store *store,
                                    const struct store_incident *incident, struct quell_error *err)
{
    sqlite3_stmt *statement = sqlite_take(store, SQL_PUT_INCIDENT);

    sqlite_bind_str(statement, 1, incident->id);
    sqlite_bind_int(statement, 2, incident->received_us);
    sqlite_bind_str(statement, 3, incident->source);
    sqlite_bind_str(statement, 4, incident->source_id);
    sqlite_bind_str(statement, 5, incident->title);
    sqlite_bind_str(statement, 6, incident->severity);
    sqlite_bind_bytes(statement, 7, incident->body);
    return finish(store, SQL_PUT_INCIDENT, statement, err);
}

static enum quell_code put_delivery(struct sqlite_store *store,
                                    const struct store_delivery *delivery, struct quell_error *err)
{
    sqlite3_stmt *statement = sqlite_take(store, SQL_PUT_DELIVERY);

    sqlite_bind_str(statement, 1, delivery->hook);
    sqlite_bind_str(statement, 2, delivery->id);
    sqlite_bind_int(statement, 3, delivery->at_us);
    sqlite_bind_bytes(statement, 4, delivery->answer);
    return finish(store, SQL_PUT_DELIVERY, statement, err);
}

static enum quell_code put_revision(struct sqlite_store *store,
                                    const struct store_revision *revision, struct quell_error *err)
{
    sqlite3_stmt *statement = sqlite_take(store, SQL_PUT_REVISION);

    sqlite_bind_str(statement, 1, revision->revision);
    sqlite_bind_str(statement, 2, revision->playbook);
    sqlite_bind_str(statement, 3, revision->file);
    sqlite_bind_bytes(statement, 4, revision->text);
    return finish(store, SQL_PUT_REVISION, statement, err);
}

static enum quell_code put_run(struct sqlite_store *store, const struct store_run *run,
                               struct quell_error *err)
{
    sqlite3_stmt *statement = sqlite_take(store, SQL_PUT_RUN);

    assert(run->last_seq <= INT64_MAX);
    sqlite_bind_str(statement, 1, run->id);
    sqlite_bind_str(statement, 2, run->playbook);
    sqlite_bind_str(statement, 3, run->revision);
    sqlite_bind_str(statement, 4, run->incident);
    sqlite_bind_str(statement, 5, run->title);
    sqlite_bind_str(statement, 6, run->state);
    sqlite_bind_str(statement, 7, run->mode);
    sqlite_bind_int(statement, 8, run->started_us);
    sqlite_bind_int(statement, 9, run->updated_us);
    sqlite_bind_int(statement, 10, run->ended_us);
    sqlite_bind_int(statement, 11, (int64_t)run->last_seq);
    sqlite_bind_int(statement, 12, run->due_us);
    sqlite_bind_str(statement, 13, run->waits);
    return finish(store, SQL_PUT_RUN, statement, err);
}

static enum quell_code put_event(struct sqlite_store *store, const struct store_event *event,
                                 struct quell_error *err)
{
    sqlite3_stmt *statement = sqlite_take(store, SQL_PUT_EVENT);

    sqlite_bind_str(statement, 1, event->run);
    sqlite_bind_int(statement, 2, (int64_t)event->seq);
    sqlite_bind_int(statement, 3, event->at_us);
    sqlite_bind_str(statement, 4, event->kind);
    sqlite_bind_bytes(statement, 5, event->body);
    return finish(store, SQL_PUT_EVENT, statement, err);
}

static enum quell_code put_mark(struct sqlite_store *store, const struct store_mark *mark,
                                struct quell_error *err)
{
    enum sql sql = mark->body.len > 0 ? SQL_PUT_MARK : SQL_REMOVE_MARK;
    sqlite3_stmt *statement = sqlite_take(store, sql);

    sqlite_bind_str(statement, 1, mark->scope);
    sqlite_bind_str(statement, 2, mark->key);
    if (sql == SQL_PUT_MARK) {
        sqlite_bind_int(statement, 3, mark->until_us);
        sqlite_bind_bytes(statement, 4, mark->body);
    }
    return finish(store, sql, statement, err);
}

static enum quell_code put_refusal(struct sqlite_store *store, const struct store_refusal *refusal,
                                   struct quell_error *err)
{
    sqlite3_stmt *statement = sqlite_take(store, SQL_PUT_REFUSAL);

    sqlite_bind_str(statement, 1, refusal->id);
    sqlite_bind_int(statement, 2, refusal->at_us);
    sqlite_bind_str(statement, 3, refusal->playbook);
    sqlite_bind_str(statement, 4, refusal->incident);
    sqlite_bind_str(statement, 5, refusal->reason);
    sqlite_bind_str(statement, 6, refusal->detail);
    sqlite_bind_str(statement, 7, refusal->run);
    return finish(store, SQL_PUT_REFUSAL, statement, err);
}

static enum quell_code put_audit(struct sqlite_store *store, const struct store_audit *audit,
                                 struct quell_error *err)
{
    sqlite3_stmt *statement = sqlite_take(store, SQL_PUT_AUDIT);

    sqlite_bind_str(statement, 1, audit->id);
    sqlite_bind_int(statement, 2, audit->at_us);
    sqlite_bind_str(statement, 3, audit->who);
    sqlite_bind_str(statement, 4, audit->what);
    sqlite_bind_str(statement, 5, audit->subject);
    sqlite_bind_bytes(statement, 6, audit->detail);
    return finish(store, SQL_PUT_AUDIT, statement, err);
}

static enum quell_code put_batch(struct sqlite_store *store, const struct store_batch *batch,
                                 struct quell_error *err)
{
    enum quell_code code = store_check(batch, err);
    size_t i;

    for (i = 0; !code && i < batch->incident_count; i++)
        code = put_incident(store, &batch->incidents[i], err);
    for (i = 0; !code && i < batch->delivery_count; i++)
        code = put_delivery(store, &batch->deliveries[i], err);
    for (i = 0; !code && i < batch->revision_count; i++)
        code = put_revision(store, &batch->revisions[i], err);
    for (i = 0; !code && i < batch->run_count; i++)
        code = put_run(store, &batch->runs[i], err);
    for (i = 0; !code && i < batch->event_count; i++)
        code = put_event(store, &batch->events[i], err);
    for (i = 0; !code && i < batch->mark_count; i++)
        code = put_mark(store, &batch->marks[i], err);
    for (i = 0; !code && i < batch->refusal_count; i++)
        code = put_refusal(store, &batch->refusals[i], err);
    for (i = 0; !code && i < batch->audit_count; i++)
        code = put_audit(store, &batch->audits[i], err);
    return code;
}

/* Whether this handle may write at all. */
static enum quell_code check_writing(const struct sqlite_store *store, struct quell_error *err)
{
    if (store->mode != STORE_WRITE)
        return error_set(err, QUELL_INVALID, "the store was opened for reading");
    if (store->failure.code && err)
        *err = store->failure;
    return store->failure.code;
}

enum quell_code sqlite_commit(struct store *handle, const struct store_batch *const *batches,
                              size_t count, struct quell_error *err)
{
    struct sqlite_store *store = (struct sqlite_store *)handle;
    enum quell_code code;
    size_t i;

    code = check_writing(store, err);
    if (code)
        return code;
    code = plain(store, SQL_BEGIN, err);
    for (i = 0; !code && i < count; i++)
        code = put_batch(store, batches[i], err);
    if (!code)
        code = plain(store, SQL_COMMIT, err);
    /* SQLite has gone back by itself after some errors; otherwise it is told to. */
    if (code && !sqlite3_get_autocommit(store->db))
        (void)plain(store, SQL_ROLLBACK, NULL); /* the first error is the one to tell */
    return code;
}

enum quell_code sqlite_prune(struct store *handle, int64_t before_us, struct quell_error *err)
{
    static const enum sql all[] = {SQL_PRUNE, SQL_PRUNE_REFUSALS, SQL_PRUNE_MARKS};
    struct sqlite_store *store = (struct sqlite_store *)handle;
    enum quell_code code = check_writing(store, err);
    size_t i;

    for (i = 0; !code && i < sizeof(all) / sizeof(*all); i++) {
        sqlite3_stmt *statement = sqlite_take(store, all[i]);
        sqlite_bind_int(statement, 1, before_us);
        code = finish(store, all[i], statement, err);
    }
    return code;
}
