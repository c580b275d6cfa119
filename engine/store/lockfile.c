/*
 * lockfile.c - an advisory lock with the holder's process id in the file, for people to read.
 *
 * The lock is one of an open file description: it holds against other handles of the same process
 * too, and closing some other descriptor of the file does not drop it.
 */
#include "store/lockfile.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"

enum { PID_TEXT = 24 }; /* bytes: any 64-bit number */

#ifdef QUELL_TEST_NO_FENCE
/* The negative control of tests/crash: two engines on one store must be found out there. No real
 * build defines this. */
#define LOCKING F_OFD_GETLK
#else
#define LOCKING F_OFD_SETLK
#endif

/* Who holds it, as far as the file says. */
static enum quell_code refuse_held(const char *path, int fd, struct quell_error *err)
{
    char text[PID_TEXT] = "";
    ssize_t len = pread(fd, text, sizeof text - 1, 0);

    if (len <= 0) /* locked a moment ago: the number is not written yet */
        return error_set(err, QUELL_CONFLICT, "the store is in use by another process (%s)", path);
    text[strcspn(text, "\n")] = '\0';
    return error_set(err, QUELL_CONFLICT, "the store is in use by process %s (%s)", text, path);
}

static enum quell_code refuse(const char *path, struct quell_error *err)
{
    int number = errno;
    enum quell_code code = QUELL_IO;

    if (number == ENOENT || number == ENOTDIR)
        code = QUELL_NOT_FOUND;
    else if (number == EACCES || number == EPERM || number == EROFS)
        code = QUELL_DENIED;
    return error_set(err, code, "%s: %s", path, strerror(number));
}

enum quell_code lockfile_take(const char *path, int *fd, struct quell_error *err)
{
    struct flock whole = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    int file = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    char text[PID_TEXT];
    int len = snprintf(text, sizeof text, "%ld\n", (long)getpid());
    enum quell_code code;

    if (file < 0)
        return refuse(path, err);
    if (fcntl(file, LOCKING, &whole) != 0) {
        code =
            errno == EAGAIN || errno == EACCES ? refuse_held(path, file, err) : refuse(path, err);
        (void)close(file); /* nothing was written */
        return code;
    }
    /* The number only serves the message: a disk that is full does not void the lock. */
    if (ftruncate(file, 0) == 0 && pwrite(file, text, (size_t)len, 0) != len)
        (void)!ftruncate(file, 0);
    *fd = file;
    return QUELL_OK;
}

void lockfile_give(int fd)
{
    (void)close(fd); /* with the last descriptor the lock goes */
}
