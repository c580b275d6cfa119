/*
 * sqlite_log.c - the write-ahead log is folded into the database: by us, after commits, because
 * SQLite's own way of doing it looks at no error. A sync that fails there is as much the end as one
 * of a commit; no room there harms nobody, as all that was committed stands in the log.
 */
#include "base/error.h"
#include "base/limits.h"
#include "loop/log.h"
#include "store/sqlite.h"

static int note_length(void *user, sqlite3 *db, const char *name, int pages)
{
    struct sqlite_store *store = user;

    (void)db;
    (void)name; /* there is one */
    store->log_pages = pages;
    return SQLITE_OK;
}

/* A reader of an older state keeps a part of it from being folded in, which is no error. */
static bool is_good(int result)
{
    int plain = result & 0xff; /* SQLITE_BUSY_SNAPSHOT and the like are of the same kind */

    return plain == SQLITE_OK || plain == SQLITE_BUSY || plain == SQLITE_LOCKED;
}

static enum quell_code fold(struct sqlite_store *store, int mode, struct quell_error *err)
{
    int result = sqlite3_wal_checkpoint_v2(store->db, "main", mode, NULL, NULL);

    store->log_due = LIMIT_STORE_LOG_PAGES;
    if (is_good(result))
        return QUELL_OK;
    if (!sqlite_is_full(store->db))
        return sqlite_fail(store, err);
    store->log_due = store->log_pages + LIMIT_STORE_LOG_PAGES;
    return QUELL_OK;
}

/* What a process left behind whose disk failed may stand in the log and not on the disk: nothing is
 * written behind it, or a loss of power would take both. */
enum quell_code sqlite_log_open(struct sqlite_store *store, struct quell_error *err)
{
    (void)sqlite3_wal_hook(store->db, note_length, store);
    return fold(store, SQLITE_CHECKPOINT_TRUNCATE, err);
}

enum quell_code sqlite_log_fold(struct sqlite_store *store, bool now, struct quell_error *err)
{
    if (!now && store->log_pages < store->log_due)
        return QUELL_OK;
    return fold(store, SQLITE_CHECKPOINT_PASSIVE, err);
}

/* Everything is durable in the log already. After the disk has failed it is left for the next start
 * to look at: a second sync would say that all is well. */
void sqlite_log_close(struct sqlite_store *store)
{
    bool good = store->ready && !store->failure.code;

    if (good && !is_good(sqlite3_wal_checkpoint_v2(store->db, "main", SQLITE_CHECKPOINT_TRUNCATE,
                                                   NULL, NULL))) {
        log_line(LOG_LEVEL_ERROR, "%s: the log is left for the next start: %s", store->path,
                 sqlite3_errmsg(store->db));
        good = false;
    }
    if (!good)
        (void)sqlite3_db_config(store->db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
}
