/*
 * sqlite_copy.c - a copy of the whole database as it is at one moment, beside whoever writes to it.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "store/sqlite.h"

static enum quell_code copy_into(struct sqlite_store *store, sqlite3 *to, const char *path,
                                 struct quell_error *err)
{
    sqlite3_backup *backup = sqlite3_backup_init(to, "main", store->db, "main");
    int result = backup ? sqlite3_backup_step(backup, -1) : SQLITE_ERROR;

    (void)sqlite3_backup_finish(backup); /* repeats the error of the step */
    if (result == SQLITE_DONE)
        return QUELL_OK;
    return error_set(err, QUELL_IO, "%s: it could not be copied: %s", path, sqlite3_errmsg(to));
}

/* In one step: the pages are those of one snapshot, and a write-ahead log lets writers go on. */
enum quell_code sqlite_copy(struct store *handle, const char *path, struct quell_error *err)
{
    struct sqlite_store *store = (struct sqlite_store *)handle;
    int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    sqlite3 *to = NULL;
    enum quell_code code;

    if (fd < 0)
        return error_set(err, errno == EEXIST ? QUELL_CONFLICT : QUELL_DENIED, "%s: %s", path,
                         strerror(errno));
    (void)close(fd); /* nothing was written */
    if (sqlite3_open_v2(path, &to, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL) != SQLITE_OK)
        code = error_set(err, QUELL_IO, "%s: %s", path, sqlite3_errmsg(to));
    else
        code = copy_into(store, to, path, err);
    if (sqlite3_close(to) != SQLITE_OK && !code)
        code = error_set(err, QUELL_IO, "%s: it could not be closed", path);
    if (code)
        (void)unlink(path); /* half a copy is none */
    return code;
}
