/*
 * shared_file.c - a small file that several programs write to: changed under a lock, in its place,
 * and durable when the change returns; and its stamp, by which a reader sees that it was changed.
 */
#include "loop/file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/error.h"
#include "base/str.h"
#include "loop/loop.h"

enum { FRESH_US = 50000 };                        /* clocks of file systems tick every 4 to 10 ms */
enum { LOCK_TRIES = 20, LOCK_NAP_NS = 20000000 }; /* 0.4 s: whoever has it needs a millisecond */

void file_stamp(const char *path, struct file_stamp *stamp)
{
    struct stat info;

    memset(stamp, 0, sizeof(*stamp)); /* padding too: stamps are compared as a whole */
    if (stat(path, &info) != 0) {
        stamp->absent = errno == ENOENT;
        stamp->error = errno;
        return;
    }
    stamp->regular = S_ISREG(info.st_mode);
    stamp->device = info.st_dev;
    stamp->node = info.st_ino;
    stamp->size = info.st_size;
    stamp->written_s = info.st_mtim.tv_sec;
    stamp->written_ns = info.st_mtim.tv_nsec;
    stamp->changed_s = info.st_ctim.tv_sec;
    stamp->changed_ns = info.st_ctim.tv_nsec;
    stamp->fresh =
        clock_now_us() - (stamp->changed_s * 1000000 + stamp->changed_ns / 1000) < FRESH_US;
}

bool file_stamp_same(const struct file_stamp *a, const struct file_stamp *b)
{
    return !a->fresh && !b->fresh && memcmp(a, b, sizeof(*a)) == 0;
}

/* ---- changing ----------------------------------------------------------------------------------
 */

static enum quell_code fault(const char *path, int number, struct quell_error *err)
{
    return error_set(err,
                     number == ENOENT                      ? QUELL_NOT_FOUND
                     : number == EACCES || number == EPERM ? QUELL_DENIED
                     : number == EWOULDBLOCK               ? QUELL_CONFLICT
                                                           : QUELL_IO,
                     "%s: %s", path, strerror(number));
}

static bool lock(int fd)
{
    const struct timespec nap = {0, LOCK_NAP_NS};
    int tries;

    for (tries = 0; flock(fd, LOCK_EX | LOCK_NB) != 0; tries++) {
        if (errno != EWOULDBLOCK || tries == LOCK_TRIES)
            return false;
        (void)nanosleep(&nap, NULL); /* sooner is as good */
    }
    return true;
}

/* The file at `path`, locked; the one that is there then, not one that was removed meanwhile. -1:
 * errno says why. */
static int open_locked(const char *path, bool make, bool *made)
{
    for (;;) {
        struct stat mine, there;
        int fd = open(path, O_RDWR | O_CLOEXEC | O_NONBLOCK), number;

        *made = false;
        if (fd < 0 && errno == ENOENT && make) {
            fd = open(path, O_RDWR | O_CLOEXEC | O_CREAT | O_EXCL, 0644);
            *made = fd >= 0;
            if (fd < 0 && errno == EEXIST)
                continue;
        }
        if (fd < 0)
            return -1;
        if (!lock(fd) || fstat(fd, &mine) != 0) {
            number = errno;
            (void)close(fd);
            errno = number;
            return -1;
        }
        if (stat(path, &there) == 0 && there.st_ino == mine.st_ino && there.st_dev == mine.st_dev)
            return fd;
        (void)close(fd); /* somebody removed it: again */
    }
}

static bool read_whole(int fd, size_t size_max, struct buf *buf)
{
    char chunk[4096];
    ssize_t got = 1;

    while (got > 0 && buf->len <= size_max) {
        got = read(fd, chunk, sizeof(chunk));
        if (got < 0 && errno == EINTR)
            got = 1;
        else if (got > 0)
            buf_add(buf, chunk, (size_t)got);
    }
    return got == 0;
}

static bool write_whole(int fd, struct quell_str text)
{
    size_t put = 0;

    while (put < text.len) {
        ssize_t wrote = pwrite(fd, text.data + put, text.len - put, (off_t)put);

        if (wrote < 0 && errno != EINTR)
            return false;
        put += wrote > 0 ? (size_t)wrote : 0;
    }
    return ftruncate(fd, (off_t)text.len) == 0 && fsync(fd) == 0;
}

/* A new or removed name is durable when its folder is. */
static void sync_folder(const char *path)
{
    struct buf folder = {0};
    const char *slash = strrchr(path, '/');
    int fd;

    if (slash)
        buf_add(&folder, path, (size_t)(slash - path) + 1);
    else
        buf_add_text(&folder, ".");
    buf_add_char(&folder, '\0');
    fd = open(folder.data, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd >= 0) {
        (void)fsync(fd); /* the change itself is done, and a reader sees it */
        (void)close(fd);
    }
    buf_free(&folder);
}

enum quell_code file_change(const char *path, bool make, size_t size_max, file_change_fn *change,
                            void *user, struct quell_error *err)
{
    struct arena *arena = arena_new(0);
    struct buf buf = {.size_max = size_max + sizeof(char[4096])};
    struct quell_str text;
    bool made, good;
    int fd = open_locked(path, make, &made), number;

    good = fd >= 0 && read_whole(fd, size_max, &buf);
    if (good) {
        text = change(arena, buf_str(&buf), !made, user);
        good = text.len ? write_whole(fd, text) : unlink(path) == 0;
    }
    number = errno;
    if (fd >= 0)
        (void)close(fd); /* what counts was synced */
    if (good)
        sync_folder(path);
    buf_free(&buf);
    arena_free(arena);
    return good ? QUELL_OK : fault(path, number, err);
}
