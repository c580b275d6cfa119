/*
 * sqlite.h - what the files of the sqlite back end share; nobody else includes it but its tests.
 */
#ifndef STORE_SQLITE_H
#define STORE_SQLITE_H

#include <sqlite3.h>

#include "store/store.h"

enum sql {
#define SQL(name, text) SQL_##name,
#include "store/sqlite.def"
#undef SQL
    SQL_COUNT
};

struct sqlite_store {
    struct store store;
    enum store_mode mode;
    sqlite3 *db;
    char *path; /* as the caller wrote it, for messages; owned */
    int lock;   /* of lockfile_take, or -1 */
    bool ready; /* opened for writing and found to be ours */
    sqlite3_stmt *statements[SQL_COUNT];
    struct quell_error failure; /* QUELL_IO once the disk has failed: nothing is committed then */
};

/* sqlite.c: the last error of the handle's connection, for people and as a code. */
enum quell_code sqlite_refuse(const struct sqlite_store *store, struct quell_error *err);

/* sqlite_schema.c */
enum { SQLITE_APPLICATION_ID = 0x7175656C, SQLITE_SCHEMA_VERSION = 4 }; /* "quel" */
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

/* sqlite_write.c, sqlite_read.c: functions of the table. */
enum quell_code sqlite_commit(struct store *store, const struct store_batch *const *batches,
                              size_t count, struct quell_error *err);
enum quell_code sqlite_prune(struct store *store, int64_t before_us, struct quell_error *err);
enum quell_code sqlite_events(struct store *store, struct quell_str run, uint64_t after,
                              store_event_fn *each, void *user, struct quell_error *err);
enum quell_code sqlite_runs(struct store *store, const struct store_query *query,
                            store_run_fn *each, void *user, struct quell_error *err);
enum quell_code sqlite_run(struct store *store, struct arena *arena, struct quell_str id,
                           struct store_run *run, struct quell_error *err);
enum quell_code sqlite_incident(struct store *store, struct arena *arena, struct quell_str id,
                                struct store_incident *incident, struct quell_error *err);
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
enum quell_code sqlite_revision(struct store *store, struct arena *arena, struct quell_str revision,
                                struct store_revision *found, struct quell_error *err);
enum quell_code sqlite_delivery(struct store *store, struct arena *arena, struct quell_str hook,
                                struct quell_str id, struct store_delivery *found,
                                struct quell_error *err);

#endif
