/*
 * sqlite_schema.c - the tables, whose file it is, and the settings without which quell does not
 * write: WAL, synchronous=FULL. Asks SQLite for each setting again after it was made.
 */
#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/limits.h"
#include "base/str.h"
#include "store/sqlite.h"

enum { CHAIN_VERSION = 5 }; /* from this schema on, rows are in the chain */

/* Texts that are looked for are TEXT; bodies, which may hold any byte, are BLOB. The rowid of an
 * event is its place among all events. Schemas are raised one step at a time: never change a step,
 * add one. */
const char *const sqlite_schema_steps[SQLITE_SCHEMA_VERSION] = {
    "CREATE TABLE incident ("
    " id TEXT NOT NULL PRIMARY KEY,"
    " received_us INTEGER NOT NULL,"
    " source TEXT NOT NULL,"
    " source_id TEXT NOT NULL,"
    " title TEXT NOT NULL,"
    " severity TEXT NOT NULL,"
    " body BLOB NOT NULL"
    ") STRICT;"
    "CREATE TABLE delivery ("
    " hook TEXT NOT NULL,"
    " id TEXT NOT NULL,"
    " at_us INTEGER NOT NULL,"
    " answer BLOB NOT NULL,"
    " UNIQUE (hook, id)"
    ") STRICT;"
    "CREATE INDEX delivery_age ON delivery (at_us);"
    "CREATE TABLE revision ("
    " revision TEXT NOT NULL PRIMARY KEY,"
    " playbook TEXT NOT NULL,"
    " file TEXT NOT NULL,"
    " text BLOB NOT NULL"
    ") STRICT;"
    "CREATE TABLE run ("
    " id TEXT NOT NULL PRIMARY KEY,"
    " playbook TEXT NOT NULL,"
    " revision TEXT NOT NULL,"
    " incident TEXT NOT NULL,"
    " title TEXT NOT NULL,"
    " state TEXT NOT NULL,"
    " mode TEXT NOT NULL,"
    " started_us INTEGER NOT NULL,"
    " updated_us INTEGER NOT NULL,"
    " ended_us INTEGER NOT NULL,"
    " last_seq INTEGER NOT NULL"
    ") STRICT;"
    "CREATE INDEX run_active ON run (id) WHERE ended_us = 0;"
    "CREATE TABLE event ("
    " place INTEGER NOT NULL PRIMARY KEY,"
    " run TEXT NOT NULL,"
    " seq INTEGER NOT NULL,"
    " at_us INTEGER NOT NULL,"
    " kind TEXT NOT NULL,"
    " body BLOB NOT NULL,"
    " UNIQUE (run, seq)"
    ") STRICT;",
    "ALTER TABLE run ADD COLUMN due_us INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE run ADD COLUMN waits TEXT NOT NULL DEFAULT '';",
    "CREATE INDEX incident_sent ON incident (source, source_id) WHERE source_id <> '';"
    "CREATE TABLE mark ("
    " scope TEXT NOT NULL,"
    " key TEXT NOT NULL,"
    " until_us INTEGER NOT NULL,"
    " body BLOB NOT NULL,"
    " PRIMARY KEY (scope, key)"
    ") STRICT, WITHOUT ROWID;"
    "CREATE INDEX mark_age ON mark (until_us) WHERE until_us > 0;"
    "CREATE TABLE refusal ("
    " id TEXT NOT NULL PRIMARY KEY,"
    " at_us INTEGER NOT NULL,"
    " playbook TEXT NOT NULL,"
    " incident TEXT NOT NULL,"
    " reason TEXT NOT NULL,"
    " detail TEXT NOT NULL,"
    " run TEXT NOT NULL"
    ") STRICT;"
    "CREATE INDEX refusal_age ON refusal (at_us);",
    "CREATE TABLE audit ("
    " id TEXT NOT NULL PRIMARY KEY,"
    " at_us INTEGER NOT NULL,"
    " who TEXT NOT NULL,"
    " what TEXT NOT NULL,"
    " subject TEXT NOT NULL,"
    " detail BLOB NOT NULL"
    ") STRICT;"
    "CREATE INDEX audit_age ON audit (at_us);",
    /* The chain: which link covers a row that never changes, and the hash of one that does. */
    "ALTER TABLE incident ADD COLUMN link INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE delivery ADD COLUMN link INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE revision ADD COLUMN link INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE event ADD COLUMN link INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE refusal ADD COLUMN link INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE audit ADD COLUMN link INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE run ADD COLUMN hash BLOB NOT NULL DEFAULT x'';"
    "ALTER TABLE mark ADD COLUMN hash BLOB NOT NULL DEFAULT x'';"
    "CREATE TABLE link ("
    " seq INTEGER NOT NULL PRIMARY KEY,"
    " first INTEGER NOT NULL," /* less than seq: a gap of links that are gone */
    " count INTEGER NOT NULL,"
    " gone INTEGER NOT NULL,"
    " digest BLOB NOT NULL,"
    " leaves BLOB NOT NULL,"
    " link BLOB NOT NULL"
    ") STRICT;"
    "CREATE INDEX link_gone ON link (seq) WHERE gone > 0;"
    "CREATE TABLE checkpoint ("
    " number INTEGER NOT NULL PRIMARY KEY,"
    " seq INTEGER NOT NULL,"
    " link BLOB NOT NULL,"
    " at_us INTEGER NOT NULL,"
    " key BLOB NOT NULL,"
    " signature BLOB NOT NULL"
    ") STRICT;"
    "CREATE INDEX run_ended ON run (ended_us) WHERE ended_us > 0;",
    /* A run that has ended may still have something due. */
    "DROP INDEX run_active;"
    "CREATE INDEX run_active ON run (id) WHERE (ended_us = 0 OR due_us > 0);",
};

/* ---- asking ----------------------------------------------------------------------------------*/

static enum quell_code execute(const struct sqlite_store *store, const char *sql,
                               struct quell_error *err)
{
    if (sqlite3_exec(store->db, sql, NULL, NULL, NULL) != SQLITE_OK)
        return sqlite_refuse(store, err);
    return QUELL_OK;
}

/* The first column of the first row. */
static enum quell_code ask(const struct sqlite_store *store, const char *sql, int64_t *number,
                           char *text, size_t text_size, struct quell_error *err)
{
    sqlite3_stmt *statement = NULL;
    enum quell_code code = QUELL_OK;

    if (sqlite3_prepare_v2(store->db, sql, -1, &statement, NULL) != SQLITE_OK)
        return sqlite_refuse(store, err);
    if (sqlite3_step(statement) == SQLITE_ROW) {
        if (number)
            *number = sqlite3_column_int64(statement, 0);
        if (text)
            (void)snprintf(text, text_size, "%s", sqlite_column(statement, 0).data);
    } else {
        code = sqlite_refuse(store, err);
    }
    (void)sqlite3_finalize(statement); /* repeats the error of the step */
    return code;
}

enum quell_code sqlite_ask_int(const struct sqlite_store *store, const char *sql, int64_t *number,
                               struct quell_error *err)
{
    return ask(store, sql, number, NULL, 0, err);
}

/* ---- durable ---------------------------------------------------------------------------------*/

#ifdef QUELL_TEST_NORMAL
/* The negative control of tests/crash: a store that does not wait for its log must be found out
 * there. No real build defines this. */
#define SYNCHRONOUS "NORMAL"
enum { LEAST_SYNCHRONOUS = 1 };
#else
#define SYNCHRONOUS "FULL"
enum { LEAST_SYNCHRONOUS = 2 };
#endif

enum quell_code sqlite_check_durable(const struct sqlite_store *store, struct quell_error *err)
{
    char journal[16] = "";
    int64_t synchronous = 0;
    enum quell_code code;

    if (sqlite3_threadsafe() == 0 || sqlite3_compileoption_used("NO_SYNC"))
        return error_set(err, QUELL_INVALID,
                         "this SQLite was built without threads or without fsync");
    code = ask(store, "PRAGMA journal_mode", NULL, journal, sizeof journal, err);
    if (code)
        return code;
    if (strcmp(journal, "wal") != 0)
        return error_set(err, QUELL_INVALID,
                         "%s: its journal mode is `%s` where quell needs `wal`: is it on a network "
                         "file system?",
                         store->path, journal);
    code = sqlite_ask_int(store, "PRAGMA synchronous", &synchronous, err);
    if (code)
        return code;
    if (synchronous < LEAST_SYNCHRONOUS)
        return error_set(err, QUELL_INVALID,
                         "%s: synchronous is %d, less than FULL: an accepted incident could be "
                         "lost",
                         store->path, (int)synchronous);
    return QUELL_OK;
}

static enum quell_code set_writing(const struct sqlite_store *store, struct quell_error *err)
{
    char settings[160];
    enum quell_code code;

    (void)snprintf(settings, sizeof settings,
                   "PRAGMA journal_mode = WAL; PRAGMA synchronous = " SYNCHRONOUS ";"
                   "PRAGMA secure_delete = ON; PRAGMA journal_size_limit = %d;"
                   "PRAGMA wal_autocheckpoint = 0", /* sqlite_log.c does it */
                   LIMIT_STORE_LOG_BYTES);
    code = execute(store, settings, err);
    if (code)
        return code;
    return sqlite_check_durable(store, err);
}

/* ---- whose it is -----------------------------------------------------------------------------*/

struct identity {
    int64_t application_id, version, tables;
};

static enum quell_code identify(const struct sqlite_store *store, struct identity *identity,
                                struct quell_error *err)
{
    struct identity found = {0};
    enum quell_code code;

    code = sqlite_ask_int(store, "SELECT count(*) FROM sqlite_schema", &found.tables, err);
    if (code)
        return code;
    code = sqlite_ask_int(store, "PRAGMA application_id", &found.application_id, err);
    if (code)
        return code;
    code = sqlite_ask_int(store, "PRAGMA user_version", &found.version, err);
    if (code)
        return code;
    *identity = found;
    return QUELL_OK;
}

static bool is_empty(const struct identity *identity)
{
    return identity->application_id == 0 && identity->version == 0 && identity->tables == 0;
}

static enum quell_code check_identity(const struct sqlite_store *store,
                                      const struct identity *identity, struct quell_error *err)
{
    if (is_empty(identity)) {
        if (store->mode == STORE_WRITE)
            return QUELL_OK;
        return error_set(err, QUELL_NOT_FOUND, "%s: nothing was stored here yet", store->path);
    }
    if (identity->application_id != SQLITE_APPLICATION_ID)
        return error_set(err, QUELL_INVALID, "%s: a database of another program", store->path);
    if (identity->version < 1)
        return error_set(err, QUELL_IO, "%s: the database is damaged: restore it from a backup",
                         store->path);
    if (identity->version > SQLITE_SCHEMA_VERSION)
        return error_set(err, QUELL_INVALID,
                         "%s: written by a newer quell (tables of version %lld, this one knows %d)",
                         store->path, (long long)identity->version, SQLITE_SCHEMA_VERSION);
    if (identity->version < SQLITE_SCHEMA_VERSION && store->mode == STORE_READ)
        return error_set(err, QUELL_INVALID,
                         "%s: written by an older quell: start `quell serve` once to raise it",
                         store->path);
    return QUELL_OK;
}

static enum quell_code run_steps(struct sqlite_store *store, int64_t version,
                                 struct quell_error *err)
{
    bool unsealed = version > 0 && version < CHAIN_VERSION;
    enum quell_code code = QUELL_OK;
    char mark[96];

    for (; !code && version < SQLITE_SCHEMA_VERSION; version++)
        code = execute(store, sqlite_schema_steps[version], err);
    if (!code && unsealed)
        code = sqlite_chain_seal_old(store, err);
    if (code)
        return code;
    (void)snprintf(mark, sizeof mark, "PRAGMA application_id = %d; PRAGMA user_version = %d",
                   SQLITE_APPLICATION_ID, SQLITE_SCHEMA_VERSION);
    return execute(store, mark, err);
}

/* From `version` to ours, in one transaction. */
static enum quell_code raise_schema(struct sqlite_store *store, int64_t version,
                                    struct quell_error *err)
{
    enum quell_code code;

    if (version == SQLITE_SCHEMA_VERSION)
        return QUELL_OK;
    code = execute(store, "BEGIN IMMEDIATE", err);
    if (code)
        return code;
    code = run_steps(store, version, err);
    if (!code)
        code = execute(store, "COMMIT", err);
    if (code)
        (void)execute(store, "ROLLBACK", NULL); /* nothing to take back if SQLite did already */
    return code;
}

enum quell_code sqlite_prepare(struct sqlite_store *store, struct quell_error *err)
{
    struct identity identity;
    enum quell_code code;

    /* A file that is somebody else's must not make this process do more than read it. */
    (void)sqlite3_db_config(store->db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
    (void)sqlite3_db_config(store->db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
    (void)sqlite3_db_config(store->db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
    code = execute(store, "PRAGMA cell_size_check = ON; PRAGMA mmap_size = 0", err);
    if (code)
        return code;
    code = identify(store, &identity, err);
    if (code)
        return code;
    code = check_identity(store, &identity, err);
    if (code || store->mode == STORE_READ)
        return code;
    /* Before there is a page: what is forgotten can be given back to the disk. */
    if (is_empty(&identity))
        code = execute(store, "PRAGMA auto_vacuum = INCREMENTAL", err);
    if (!code)
        code = set_writing(store, err);
    if (code)
        return code;
    code = raise_schema(store, identity.version, err);
    if (code)
        return code;
    code = sqlite_chain_open(store, err);
    if (!code)
        code = sqlite_log_open(store, err);
    if (code)
        return code;
    (void)sqlite3_db_config(store->db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 0, NULL);
    return QUELL_OK;
}

/* ---- whether the tables are ours ---------------------------------------------------------------
 */

#define SCHEMA                                                                                     \
    "SELECT name, coalesce(sql, ''), type, tbl_name FROM sqlite_schema WHERE name NOT LIKE "       \
    "'sqlite_stat%' ORDER "                                                                        \
    "BY name"

static bool is_same_row(sqlite3_stmt *ours, sqlite3_stmt *theirs)
{
    int i;

    for (i = 0; i < sqlite3_column_count(ours); i++)
        if (!quell_str_equal(sqlite_column(ours, i), sqlite_column(theirs, i)))
            return false;
    return true;
}

/* Both lists are in the order of names: what stands in one only is the lesser of the two. */
static enum quell_code compare(sqlite3_stmt *ours, sqlite3_stmt *theirs, struct arena *arena,
                               struct quell_str *differs)
{
    int one, two, order = 0;

    do {
        one = sqlite3_step(ours);
        two = sqlite3_step(theirs);
        if (one != two)
            order = one == SQLITE_ROW ? -1 : 1;
        else if (one == SQLITE_ROW)
            order = str_compare(sqlite_column(ours, 0), sqlite_column(theirs, 0));
        if (order == 0 && one == SQLITE_ROW && !is_same_row(ours, theirs))
            order = -1;
    } while (order == 0 && one == SQLITE_ROW);
    if (two != SQLITE_ROW && two != SQLITE_DONE)
        return QUELL_IO;
    if (order < 0)
        *differs = arena_format(arena, "table or index `%.*s` is not as quell makes it",
                                QUELL_ARG(sqlite_column(ours, 0)));
    else if (order > 0)
        *differs = arena_format(arena, "table or index `%.*s` is not of quell",
                                QUELL_ARG(sqlite_column(theirs, 0)));
    return QUELL_OK;
}

enum quell_code sqlite_schema_compare(const struct sqlite_store *store, struct arena *arena,
                                      struct quell_str *differs, struct quell_error *err)
{
    sqlite3_stmt *ours = NULL, *theirs = NULL;
    sqlite3 *fresh = NULL;
    enum quell_code code = QUELL_OK;
    int version;
    bool good = sqlite3_open(":memory:", &fresh) == SQLITE_OK;

    *differs = QUELL_STR("");
    for (version = 0; good && version < SQLITE_SCHEMA_VERSION; version++)
        good = sqlite3_exec(fresh, sqlite_schema_steps[version], NULL, NULL, NULL) == SQLITE_OK;
    good = good && sqlite3_prepare_v2(fresh, SCHEMA, -1, &ours, NULL) == SQLITE_OK;
    if (!good)
        code = error_set(err, QUELL_IO, "SQLite makes no tables in memory");
    else if (sqlite3_prepare_v2(store->db, SCHEMA, -1, &theirs, NULL) != SQLITE_OK ||
             compare(ours, theirs, arena, differs))
        code = sqlite_refuse(store, err);
    (void)sqlite3_finalize(ours);
    (void)sqlite3_finalize(theirs);
    (void)sqlite3_close(fresh); /* nothing of it is kept */
    return code;
}
