/*
 * sqlite.h - what the files of the sqlite back end share; nobody else includes it but its tests.
 */
#ifndef STORE_SQLITE_H
#define STORE_SQLITE_H

#include <sqlite3.h>

#include "store/chain.h"
#include "store/store.h"

enum sql {
#define SQL(name, text) SQL_##name,
#include "store/sqlite.def"
#undef SQL
    SQL_COUNT
};

/* The chain of a handle that writes: its last link on disk, and what the open transaction adds. */
struct sqlite_chain {
    struct chain_head head;
    struct buf row, leaves, hashes, place;
    int64_t sealed; /* link of the last seal; 0 = not looked for yet, or there is none */
    uint64_t count;
};

struct sqlite_store {
    struct store store;
    enum store_mode mode;
    sqlite3 *db;
    char *path; /* as the caller wrote it, for messages; owned */
    int lock;   /* of lockfile_take, or -1 */
    bool ready; /* opened for writing and found to be ours */
    sqlite3_stmt *statements[SQL_COUNT];
    struct sqlite_chain chain;
    int log_pages, log_due;     /* of the write-ahead log: how long it is, and is folded in */
    struct quell_error failure; /* QUELL_IO once the disk has failed: nothing is committed then */
};

/* sqlite.c: the last error of the handle's connection, for people and as a code. */
enum quell_code sqlite_refuse(const struct sqlite_store *store, struct quell_error *err);
bool sqlite_is_full(sqlite3 *db); /* whether it is that there was no room */

/* sqlite_log.c: the write-ahead log of a handle that writes is folded into the database by us, so
 * that errors of it are seen. Opening folds in what there is. */
enum quell_code sqlite_log_open(struct sqlite_store *store, struct quell_error *err);
/* After a commit, when the log is long; `now`: also when it is short. No room is no error: the log
 * goes on to grow, and it is tried again. */
enum quell_code sqlite_log_fold(struct sqlite_store *store, bool now, struct quell_error *err);
void sqlite_log_close(struct sqlite_store *store); /* before the connection is closed */

/* sqlite_schema.c */
enum { SQLITE_APPLICATION_ID = 0x7175656C, SQLITE_SCHEMA_VERSION = 6 }; /* "quel" */
extern const char *const sqlite_schema_steps[]; /* the tables, one version after the other */
/* Settings, whose file it is, its version; makes or raises the tables when writing. */
enum quell_code sqlite_prepare(struct sqlite_store *store, struct quell_error *err);
/* Refuses a connection on which a commit would not survive a power failure. */
enum quell_code sqlite_check_durable(const struct sqlite_store *store, struct quell_error *err);

/* sqlite_statement.c: one kept statement, ready for binding; NULL when it cannot be prepared. A
 * busy one (asked for again inside its own callback) is doubled. */
sqlite3_stmt *sqlite_take(struct sqlite_store *store, enum sql sql);
void sqlite_give(struct sqlite_store *store, enum sql sql, sqlite3_stmt *statement);
/* A binding that fails leaves NULL, which every column refuses when the statement is stepped. */
void sqlite_bind_str(sqlite3_stmt *statement, int index, struct quell_str text);
void sqlite_bind_bytes(sqlite3_stmt *statement, int index, struct quell_str bytes);
void sqlite_bind_int(sqlite3_stmt *statement, int index, int64_t number);
/* Borrowed until the next step. */
struct quell_str sqlite_column(sqlite3_stmt *statement, int index);

/* sqlite_write.c: the last error, remembered when the disk failed. */
enum quell_code sqlite_fail(struct sqlite_store *store, struct quell_error *err);
/* Steps a statement that gives no rows, and gives it back. */
enum quell_code sqlite_finish(struct sqlite_store *store, enum sql sql, sqlite3_stmt *statement,
                              struct quell_error *err);
enum quell_code sqlite_plain(struct sqlite_store *store, enum sql sql, struct quell_error *err);
void sqlite_go_back(struct sqlite_store *store); /* after an error inside of a transaction */
enum quell_code sqlite_check_writing(const struct sqlite_store *store, struct quell_error *err);

/* What the hash of a row that changes covers, in this order. */
#define SQLITE_RUN_COLUMNS                                                                         \
    "id, playbook, revision, incident, title, state, mode, started_us, updated_us, ended_us,"      \
    " last_seq, due_us, waits"
#define SQLITE_MARK_COLUMNS "scope, key, until_us, body"

/* sqlite_chain.c: a row whose fields stand in store->chain.row was written. */
void sqlite_chain_leaf(struct sqlite_store *store, enum chain_kind kind, struct quell_str place);
/* The seal: a hash over all marks of what is gone. */
void sqlite_chain_seal(struct sqlite_store *store, const uint8_t seal[DIGEST_SHA256]);
/* Its number, for the column `link`. */
int64_t sqlite_chain_number(const struct sqlite_store *store);
/* Writes the link of the open transaction, if it needs one; then _done or _undo. */
enum quell_code sqlite_chain_link(struct sqlite_store *store, struct chain_head *next,
                                  struct quell_error *err);
void sqlite_chain_clear(struct sqlite_store *store);
enum quell_code sqlite_chain_open(struct sqlite_store *store, struct quell_error *err);
/* Links for all rows that were written before there was a chain, in the open transaction. */
enum quell_code sqlite_chain_seal_old(struct sqlite_store *store, struct quell_error *err);
void sqlite_chain_free(struct sqlite_store *store);
/* The tables whose rows are in the chain, and how one is found by its place. */
struct sqlite_kind {
    enum chain_kind kind;
    const char *table, *what; /* what: for people */
    const char *columns;      /* what is hashed, in this order */
    const char *where;        /* with ?1 (and ?2) */
};
extern const struct sqlite_kind sqlite_kinds[]; /* ends with table NULL */
/* sqlite_seal.c: the hash of all marks of what is gone, as they stand now. */
enum quell_code sqlite_seal_state(struct sqlite_store *store, uint8_t seal[DIGEST_SHA256],
                                  struct quell_error *err);
/* sqlite_schema.c: the tables of `db` as ours; text for people about the first that is not. */
enum quell_code sqlite_schema_compare(const struct sqlite_store *store, struct arena *arena,
                                      struct quell_str *differs, struct quell_error *err);
/* Hashes `count` columns of a row from `first` on into `row`. */
void sqlite_chain_columns(struct buf *row, enum chain_kind kind, sqlite3_stmt *statement, int first,
                          int count);
/* Binds the place of a row to ?1 (and ?2); false: it is none of this kind. */
bool sqlite_bind_place(sqlite3_stmt *statement, enum chain_kind kind, struct quell_str place);

/* sqlite_write.c, sqlite_read.c: functions of the table. */
enum quell_code sqlite_commit(struct store *store, const struct store_batch *const *batches,
                              size_t count, struct quell_error *err);
enum quell_code sqlite_prune(struct store *store, int64_t before_us, struct quell_error *err);
enum quell_code sqlite_forget(struct store *store, const struct store_forget *what,
                              struct store_forgotten *forgotten, struct quell_error *err);
enum quell_code sqlite_old(struct store *store, int64_t ended_us, int64_t received_us,
                           store_old_fn *each, void *user, struct quell_error *err);
enum quell_code sqlite_events(struct store *store, struct quell_str run, uint64_t after,
                              store_event_fn *each, void *user, struct quell_error *err);
enum quell_code sqlite_runs(struct store *store, const struct store_query *query,
                            store_run_fn *each, void *user, struct quell_error *err);
enum quell_code sqlite_run(struct store *store, struct arena *arena, struct quell_str id,
                           struct store_run *run, struct quell_error *err);
enum quell_code sqlite_incident(struct store *store, struct arena *arena, struct quell_str id,
                                struct store_incident *incident, struct quell_error *err);
enum quell_code sqlite_incidents(struct store *store, struct quell_str from,
                                 store_incident_fn *each, void *user, struct quell_error *err);
enum quell_code sqlite_incident_last(struct store *store, struct arena *arena,
                                     struct quell_str source, struct quell_str source_id,
                                     struct store_incident *incident, struct quell_error *err);
enum quell_code sqlite_mark(struct store *store, struct arena *arena, struct quell_str scope,
                            struct quell_str key, struct store_mark *mark, struct quell_error *err);
enum quell_code sqlite_marks(struct store *store, struct quell_str scope, store_mark_fn *each,
                             void *user, struct quell_error *err);
enum quell_code sqlite_refusals(struct store *store, const struct store_refusal_query *query,
                                store_refusal_fn *each, void *user, struct quell_error *err);
enum quell_code sqlite_audits(struct store *store, const struct store_audit_query *query,
                              store_audit_fn *each, void *user, struct quell_error *err);
/* The first column of the first row of a statement. */
enum quell_code sqlite_ask_int(const struct sqlite_store *store, const char *sql, int64_t *number,
                               struct quell_error *err);
/* Gives pages that nothing is on back to the disk, some of them at once, when more than a quarter
 * of the file is free: in the transaction that is open. A file of before there was this keeps them,
 * and uses them again. */
enum quell_code sqlite_shrink(struct sqlite_store *store, struct quell_error *err);
enum quell_code sqlite_copy(struct store *store, const char *path, struct quell_error *err);
enum quell_code sqlite_verify(struct store *store, const struct store_verify *options,
                              struct store_verified *verified, struct quell_error *err);
enum quell_code sqlite_chain_end(struct store *store, struct store_checkpoint *end,
                                 struct quell_error *err);
enum quell_code sqlite_put_checkpoint(struct store *store,
                                      const struct store_checkpoint *checkpoint,
                                      struct quell_error *err);
enum quell_code sqlite_checkpoints(struct store *store, store_checkpoint_fn *each, void *user,
                                   struct quell_error *err);
enum quell_code sqlite_revision(struct store *store, struct arena *arena, struct quell_str revision,
                                struct store_revision *found, struct quell_error *err);
enum quell_code sqlite_delivery(struct store *store, struct arena *arena, struct quell_str hook,
                                struct quell_str id, struct store_delivery *found,
                                struct quell_error *err);

#endif
