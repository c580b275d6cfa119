/*
 * lockfile.h - one process at a time: a file that is locked while somebody writes the store.
 */
#ifndef STORE_LOCKFILE_H
#define STORE_LOCKFILE_H

#include <quell/error.h>

/* Makes `path` and locks it; *fd is the lock, given back by lockfile_give or by the process's end.
 * QUELL_CONFLICT while it is locked, by whatever process or handle, at once; the message names the
 * holder's process id. QUELL_NOT_FOUND, QUELL_DENIED, QUELL_IO as their words say. */
enum quell_code lockfile_take(const char *path, int *fd, struct quell_error *err) QUELL_MUST_CHECK;
/* Leaves the file where it is: removing it would race with the next taker. */
void lockfile_give(int fd);

#endif
