/*
 * sqlite.c - the `sqlite:PATH` store: opening, locking, closing, and what SQLite's errors mean.
 *
 * The database is the file, its `-wal` and `-shm` beside it, and a `.lock` that says who writes.
 * Readers need no lock. Durability is SAFETY.md rule 2: WAL with synchronous=FULL or no start.
 */
#include "store/sqlite.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/limits.h"
#include "base/memory.h"
#include "store/lockfile.h"

extern const struct store_kind store_sqlite;

/* ---- errors ----------------------------------------------------------------------------------*/

static enum quell_code code_of_cantopen(int number)
{
    if (number == ENOENT || number == ENOTDIR)
        return QUELL_NOT_FOUND;
    return number == EACCES || number == EPERM || number == EROFS ? QUELL_DENIED : QUELL_IO;
}

/* No room. A quota says so by another number, and so does the index of the log, which SQLite makes
 * longer by hand; both wrote nothing that anybody reads. A sync that says so is a failed sync. */
bool sqlite_is_full(sqlite3 *db)
{
    int code = sqlite3_extended_errcode(db), number = sqlite3_system_errno(db);

    if ((code & 0xFF) == SQLITE_FULL)
        return true;
    return (code == SQLITE_IOERR_WRITE || code == SQLITE_IOERR_SHMSIZE) &&
           (number == ENOSPC || number == EDQUOT);
}

/* Primary result codes; what is not named here is a failing disk or a bug of ours, and both must
 * stop the writing. */
static enum quell_code code_of(sqlite3 *db)
{
    switch (sqlite3_errcode(db) & 0xFF) {
    case SQLITE_CONSTRAINT:
        return sqlite3_extended_errcode(db) == SQLITE_CONSTRAINT_UNIQUE ||
                       sqlite3_extended_errcode(db) == SQLITE_CONSTRAINT_PRIMARYKEY
                   ? QUELL_CONFLICT
                   : QUELL_INVALID;
    case SQLITE_TOOBIG:
        return QUELL_LIMIT;
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
    case SQLITE_FULL:
        return QUELL_UNAVAILABLE;
    case SQLITE_NOTADB:
        return QUELL_INVALID;
    case SQLITE_READONLY:
    case SQLITE_PERM:
    case SQLITE_AUTH:
        return QUELL_DENIED;
    case SQLITE_CANTOPEN:
        return code_of_cantopen(sqlite3_system_errno(db));
    }
    return sqlite_is_full(db) ? QUELL_UNAVAILABLE : QUELL_IO;
}

/* What the error means for a person, in front of SQLite's own words. */
static const char *meaning(sqlite3 *db)
{
    switch (sqlite3_errcode(db) & 0xFF) {
    case SQLITE_CONSTRAINT:
        return "already there";
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        return "another program keeps the database busy";
    case SQLITE_NOTADB:
        return "not a quell database";
    case SQLITE_CORRUPT:
        return "the database is damaged: restore it from a backup";
    case SQLITE_READONLY:
        return "no permission to write";
    case SQLITE_CANTOPEN:
        return sqlite3_system_errno(db) ? strerror(sqlite3_system_errno(db)) : "cannot be opened";
    }
    return sqlite_is_full(db) ? "the disk is full" : "the store failed";
}

enum quell_code sqlite_refuse(const struct sqlite_store *store, struct quell_error *err)
{
    return error_set(err, code_of(store->db), "%s: %s (%s)", store->path, meaning(store->db),
                     sqlite3_errmsg(store->db));
}

/* ---- closing ---------------------------------------------------------------------------------*/

static void sqlite_close_store(struct store *handle)
{
    struct sqlite_store *store = (struct sqlite_store *)handle;
    size_t i;

    for (i = 0; i < SQL_COUNT; i++)
        (void)sqlite3_finalize(store->statements[i]); /* repeats errors that were told */
    if (store->db)
        sqlite_log_close(store);
    (void)sqlite3_close(store->db); /* fails only with statements left, and there are none */
    if (store->lock >= 0)
        lockfile_give(store->lock);
    sqlite_chain_free(store);
    memory_free(store->path);
    memory_free(store);
}

/* ---- opening ---------------------------------------------------------------------------------*/

/* Incidents are nobody else's business: a new database can be read by its owner only. SQLite gives
 * the files beside it the same mode. */
static enum quell_code make_private(const struct sqlite_store *store, const char *path,
                                    struct quell_error *err)
{
    int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

    if (fd < 0 && errno != EEXIST)
        return error_set(err, code_of_cantopen(errno), "%s: %s", store->path, strerror(errno));
    if (fd >= 0)
        (void)close(fd); /* nothing was written */
    return QUELL_OK;
}

static enum quell_code open_database(struct sqlite_store *store, const char *path,
                                     struct quell_error *err)
{
    int flags = SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE |
                (store->mode == STORE_WRITE ? SQLITE_OPEN_READWRITE : SQLITE_OPEN_READONLY);
    enum quell_code code = QUELL_OK;

    if (store->mode == STORE_WRITE)
        code = make_private(store, path, err);
    if (code)
        return code;
    if (sqlite3_open_v2(path, &store->db, flags, NULL) != SQLITE_OK)
        return sqlite_refuse(store, err);
    (void)sqlite3_busy_timeout(store->db, LIMIT_STORE_BUSY_MS);
    /* SQLite falls back to reading silently. */
    if (store->mode == STORE_WRITE && sqlite3_db_readonly(store->db, "main") == 1)
        return error_set(err, QUELL_DENIED, "%s: no permission to write", store->path);
    return QUELL_OK;
}

/* The lock stands beside the real file, whichever links lead to it. */
static enum quell_code take_lock(struct sqlite_store *store, struct arena *scratch,
                                 struct quell_error *err)
{
    struct quell_str path =
        arena_format(scratch, "%s.lock", sqlite3_db_filename(store->db, "main"));

    return lockfile_take(path.data, &store->lock, err);
}

static enum quell_code open_into(struct sqlite_store *store, struct quell_str path,
                                 struct quell_error *err)
{
    struct arena *scratch = arena_new(0);
    /* `file:` and `:memory:` mean something to SQLite; behind a `./` they are names of files. */
    bool plain = path.data[0] == '/' || path.data[0] == '.';
    struct quell_str name = arena_format(scratch, "%s%.*s", plain ? "" : "./", QUELL_ARG(path));
    enum quell_code code;

    code = open_database(store, name.data, err);
    if (!code && store->mode == STORE_WRITE)
        code = take_lock(store, scratch, err);
    if (!code)
        code = sqlite_prepare(store, err);
    arena_free(scratch);
    return code;
}

static enum quell_code sqlite_open_store(struct quell_str rest, enum store_mode mode,
                                         struct store **store, struct quell_error *err)
{
    struct sqlite_store *made;
    enum quell_code code;

    if (rest.len == 0 || memchr(rest.data, '\0', rest.len))
        return error_set(err, QUELL_INVALID, "`sqlite:` needs the path of a file behind it");
    made = memory_new(sizeof *made);
    made->store.kind = &store_sqlite;
    made->mode = mode;
    made->lock = -1;
    made->path = memory_text(rest.data, rest.len);
    code = open_into(made, rest, err);
    if (code) {
        sqlite_close_store(&made->store);
        return code;
    }
    made->ready = mode == STORE_WRITE;
    *store = &made->store;
    return QUELL_OK;
}

static enum quell_code sqlite_reader(struct store *writer, struct store **reader,
                                     struct quell_error *err)
{
    struct sqlite_store *store = (struct sqlite_store *)writer;

    return sqlite_open_store(quell_str_of(sqlite3_db_filename(store->db, "main")), STORE_READ,
                             reader, err);
}

const struct store_kind store_sqlite = {
    .scheme = "sqlite",
    .doc = "one file on this machine's disk: `sqlite:PATH`, or just PATH",
    .persists = true,
    .open = sqlite_open_store,
    .close = sqlite_close_store,
    .commit = sqlite_commit,
    .events = sqlite_events,
    .runs = sqlite_runs,
    .run = sqlite_run,
    .incident = sqlite_incident,
    .incidents = sqlite_incidents,
    .incident_last = sqlite_incident_last,
    .mark = sqlite_mark,
    .marks = sqlite_marks,
    .refusals = sqlite_refusals,
    .audits = sqlite_audits,
    .revision = sqlite_revision,
    .delivery = sqlite_delivery,
    .prune = sqlite_prune,
    .forget = sqlite_forget,
    .old = sqlite_old,
    .copy = sqlite_copy,
    .verify = sqlite_verify,
    .chain_end = sqlite_chain_end,
    .put_checkpoint = sqlite_put_checkpoint,
    .checkpoints = sqlite_checkpoints,
    .reader = sqlite_reader,
};
