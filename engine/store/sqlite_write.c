/*
 * sqlite_write.c - committing batches: one transaction, one fsync. After the disk has failed once,
 * nothing is committed any more: what an fsync error left behind cannot be known.
 */
#include <assert.h>

#include "base/error.h"
#include "store/sqlite.h"

/* Remembers a failing disk, and whether there was no room. */
enum quell_code sqlite_fail(struct sqlite_store *store, struct quell_error *err)
{
    struct quell_error now;
    enum quell_code code = sqlite_refuse(store, &now);

    if (code == QUELL_IO)
        store->failure = now;
    store->store.full = code == QUELL_UNAVAILABLE && sqlite_is_full(store->db);
    if (err)
        *err = now;
    return code;
}

/* Steps a statement that gives no rows, and gives it back. */
enum quell_code sqlite_finish(struct sqlite_store *store, enum sql sql, sqlite3_stmt *statement,
                              struct quell_error *err)
{
    enum quell_code code = QUELL_OK;

    if (!statement || sqlite3_step(statement) != SQLITE_DONE)
        code = sqlite_fail(store, err);
    sqlite_give(store, sql, statement);
    return code;
}

enum quell_code sqlite_plain(struct sqlite_store *store, enum sql sql, struct quell_error *err)
{
    return sqlite_finish(store, sql, sqlite_take(store, sql), err);
}

/* ---- binding a field, and adding it to the row's hash ------------------------------------------
 */

static void bind_text(struct sqlite_store *store, sqlite3_stmt *statement, int index,
                      struct quell_str text)
{
    sqlite_bind_str(statement, index, text);
    chain_text(&store->chain.row, text);
}

static void bind_bytes(struct sqlite_store *store, sqlite3_stmt *statement, int index,
                       struct quell_str bytes)
{
    sqlite_bind_bytes(statement, index, bytes);
    chain_blob(&store->chain.row, bytes);
}

static void bind_int(struct sqlite_store *store, sqlite3_stmt *statement, int index, int64_t number)
{
    sqlite_bind_int(statement, index, number);
    chain_int(&store->chain.row, number);
}

/* Writes a row that never changes; `link` is the number of its column for the link. A row that was
 * there already, and may be, is in the chain already. */
static enum quell_code put_linked(struct sqlite_store *store, enum sql sql, sqlite3_stmt *statement,
                                  int link, enum chain_kind kind, struct quell_str place,
                                  struct quell_error *err)
{
    enum quell_code code;
    char number[8];

    sqlite_bind_int(statement, link, sqlite_chain_number(store));
    code = sqlite_finish(store, sql, statement, err);
    if (code || sqlite3_changes(store->db) == 0)
        return code;
    if (kind == CHAIN_EVENT)
        place = chain_place(sqlite3_last_insert_rowid(store->db), number);
    sqlite_chain_leaf(store, kind, place);
    return QUELL_OK;
}

/* Writes a row that changes, with its own hash. */
static enum quell_code put_hashed(struct sqlite_store *store, enum sql sql, sqlite3_stmt *statement,
                                  int column, struct quell_error *err)
{
    uint8_t hash[DIGEST_SHA256];

    chain_hash(&store->chain.row, hash);
    sqlite_bind_bytes(statement, column, (struct quell_str){(const char *)hash, sizeof hash});
    return sqlite_finish(store, sql, statement, err);
}

/* ---- rows --------------------------------------------------------------------------------------
 */

static enum quell_code put_incident(struct sqlite_store *store,
                                    const struct store_incident *incident, struct quell_error *err)
{
    sqlite3_stmt *statement = sqlite_take(store, SQL_PUT_INCIDENT);

    chain_row(&store->chain.row, CHAIN_INCIDENT);
    bind_text(store, statement, 1, incident->id);
    bind_int(store, statement, 2, incident->received_us);
    bind_text(store, statement, 3, incident->source);
    bind_text(store, statement, 4, incident->source_id);
    bind_text(store, statement, 5, incident->title);
    bind_text(store, statement, 6, incident->severity);
    bind_bytes(store, statement, 7, incident->body);
    return put_linked(store, SQL_PUT_INCIDENT, statement, 8, CHAIN_INCIDENT, incident->id, err);
}

static enum quell_code put_delivery(struct sqlite_store *store,
                                    const struct store_delivery *delivery, struct quell_error *err)
{
    sqlite3_stmt *statement = sqlite_take(store, SQL_PUT_DELIVERY);

    chain_row(&store->chain.row, CHAIN_DELIVERY);
    bind_text(store, statement, 1, delivery->hook);
    bind_text(store, statement, 2, delivery->id);
    bind_int(store, statement, 3, delivery->at_us);
    bind_bytes(store, statement, 4, delivery->answer);
    buf_reset(&store->chain.place);
    buf_add_str(&store->chain.place, delivery->hook);
    buf_add_char(&store->chain.place, '\0'); /* what stands between: no hook has it in its name */
    buf_add_str(&store->chain.place, delivery->id);
    return put_linked(store, SQL_PUT_DELIVERY, statement, 5, CHAIN_DELIVERY,
                      buf_str(&store->chain.place), err);
}

static enum quell_code put_revision(struct sqlite_store *store,
                                    const struct store_revision *revision, struct quell_error *err)
{
    sqlite3_stmt *statement = sqlite_take(store, SQL_PUT_REVISION);

    chain_row(&store->chain.row, CHAIN_REVISION);
    bind_text(store, statement, 1, revision->revision);
    bind_text(store, statement, 2, revision->playbook);
    bind_text(store, statement, 3, revision->file);
    bind_bytes(store, statement, 4, revision->text);
    return put_linked(store, SQL_PUT_REVISION, statement, 5, CHAIN_REVISION, revision->revision,
                      err);
}

static enum quell_code put_run(struct sqlite_store *store, const struct store_run *run,
                               struct quell_error *err)
{
    sqlite3_stmt *statement = sqlite_take(store, SQL_PUT_RUN);

    assert(run->last_seq <= INT64_MAX);
    chain_row(&store->chain.row, CHAIN_RUN);
    bind_text(store, statement, 1, run->id);
    bind_text(store, statement, 2, run->playbook);
    bind_text(store, statement, 3, run->revision);
    bind_text(store, statement, 4, run->incident);
    bind_text(store, statement, 5, run->title);
    bind_text(store, statement, 6, run->state);
    bind_text(store, statement, 7, run->mode);
    bind_int(store, statement, 8, run->started_us);
    bind_int(store, statement, 9, run->updated_us);
    bind_int(store, statement, 10, run->ended_us);
    bind_int(store, statement, 11, (int64_t)run->last_seq);
    bind_int(store, statement, 12, run->due_us);
    bind_text(store, statement, 13, run->waits);
    return put_hashed(store, SQL_PUT_RUN, statement, 14, err);
}

static enum quell_code put_event(struct sqlite_store *store, const struct store_event *event,
                                 struct quell_error *err)
{
    sqlite3_stmt *statement = sqlite_take(store, SQL_PUT_EVENT);

    chain_row(&store->chain.row, CHAIN_EVENT);
    bind_text(store, statement, 1, event->run);
    bind_int(store, statement, 2, (int64_t)event->seq);
    bind_int(store, statement, 3, event->at_us);
    bind_text(store, statement, 4, event->kind);
    bind_bytes(store, statement, 5, event->body);
    return put_linked(store, SQL_PUT_EVENT, statement, 6, CHAIN_EVENT, QUELL_STR(""), err);
}

static enum quell_code put_mark(struct sqlite_store *store, const struct store_mark *mark,
                                struct quell_error *err)
{
    enum sql sql = mark->body.len > 0 ? SQL_PUT_MARK : SQL_REMOVE_MARK;
    sqlite3_stmt *statement = sqlite_take(store, sql);

    chain_row(&store->chain.row, CHAIN_MARK);
    bind_text(store, statement, 1, mark->scope);
    bind_text(store, statement, 2, mark->key);
    if (sql == SQL_REMOVE_MARK)
        return sqlite_finish(store, sql, statement, err);
    bind_int(store, statement, 3, mark->until_us);
    bind_bytes(store, statement, 4, mark->body);
    return put_hashed(store, sql, statement, 5, err);
}

static enum quell_code put_refusal(struct sqlite_store *store, const struct store_refusal *refusal,
                                   struct quell_error *err)
{
    sqlite3_stmt *statement = sqlite_take(store, SQL_PUT_REFUSAL);

    chain_row(&store->chain.row, CHAIN_REFUSAL);
    bind_text(store, statement, 1, refusal->id);
    bind_int(store, statement, 2, refusal->at_us);
    bind_text(store, statement, 3, refusal->playbook);
    bind_text(store, statement, 4, refusal->incident);
    bind_text(store, statement, 5, refusal->reason);
    bind_text(store, statement, 6, refusal->detail);
    bind_text(store, statement, 7, refusal->run);
    return put_linked(store, SQL_PUT_REFUSAL, statement, 8, CHAIN_REFUSAL, refusal->id, err);
}

static enum quell_code put_audit(struct sqlite_store *store, const struct store_audit *audit,
                                 struct quell_error *err)
{
    sqlite3_stmt *statement = sqlite_take(store, SQL_PUT_AUDIT);

    chain_row(&store->chain.row, CHAIN_AUDIT);
    bind_text(store, statement, 1, audit->id);
    bind_int(store, statement, 2, audit->at_us);
    bind_text(store, statement, 3, audit->who);
    bind_text(store, statement, 4, audit->what);
    bind_text(store, statement, 5, audit->subject);
    bind_bytes(store, statement, 6, audit->detail);
    return put_linked(store, SQL_PUT_AUDIT, statement, 7, CHAIN_AUDIT, audit->id, err);
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
enum quell_code sqlite_check_writing(const struct sqlite_store *store, struct quell_error *err)
{
    if (store->mode != STORE_WRITE)
        return error_set(err, QUELL_INVALID, "the store was opened for reading");
    if (store->failure.code && err)
        *err = store->failure;
    return store->failure.code;
}

/* SQLite has gone back by itself after some errors; otherwise it is told to. The first error is the
 * one to tell; one of going back is remembered. */
void sqlite_go_back(struct sqlite_store *store)
{
    if (!sqlite3_get_autocommit(store->db))
        (void)sqlite_plain(store, SQL_ROLLBACK, NULL);
}

enum quell_code sqlite_commit(struct store *handle, const struct store_batch *const *batches,
                              size_t count, struct quell_error *err)
{
    struct sqlite_store *store = (struct sqlite_store *)handle;
    struct chain_head next;
    enum quell_code code;
    size_t i;

    code = sqlite_check_writing(store, err);
    if (!code && store->store.full) /* a log that is folded in is written anew from its beginning */
        code = sqlite_log_fold(store, true, err);
    if (code)
        return code;
    store->store.full = false;
    sqlite_chain_clear(store);
    code = sqlite_plain(store, SQL_BEGIN, err);
    for (i = 0; !code && i < count; i++)
        code = put_batch(store, batches[i], err);
    if (!code)
        code = sqlite_chain_link(store, &next, err);
    if (!code)
        code = sqlite_plain(store, SQL_COMMIT, err);
    if (code) {
        sqlite_go_back(store);
        return code;
    }
    store->chain.head = next;
    return sqlite_log_fold(store, false, err);
}
