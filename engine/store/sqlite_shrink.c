/*
 * sqlite_shrink.c - a file that has more room than it needs gives it back.
 *
 * VACUUM would write all of it anew while commits wait, and may give rows other numbers, which the
 * chain knows them by. Pages that are moved to the front keep them.
 */
#include <stdio.h>

#include "base/limits.h"
#include "store/sqlite.h"

enum { KEPT_FREE = 4 }; /* one page in so many may be free: the next rows go there */

enum quell_code sqlite_shrink(struct sqlite_store *store, struct quell_error *err)
{
    int64_t pages = 0, spare = 0;
    char sql[64];
    enum quell_code code = sqlite_ask_int(store, "PRAGMA page_count", &pages, err);

    if (!code)
        code = sqlite_ask_int(store, "PRAGMA freelist_count", &spare, err);
    spare -= pages / KEPT_FREE;
    if (code || spare <= 0)
        return code;
    if (spare > LIMIT_SHRINK_PAGES)
        spare = LIMIT_SHRINK_PAGES;
    (void)snprintf(sql, sizeof sql, "PRAGMA incremental_vacuum(%d)", (int)spare);
    if (sqlite3_exec(store->db, sql, NULL, NULL, NULL) != SQLITE_OK)
        return sqlite_fail(store, err);
    return QUELL_OK;
}
