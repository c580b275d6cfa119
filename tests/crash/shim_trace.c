/*
 * shim_trace.c - writes down what a disk is told, in order: the files of one folder and what is
 * written to them, cut off them, synced and removed. power.c makes out of it what a power loss may
 * leave.
 *
 *   QUELL_CRASH_TRACE   a file to which every record is added
 *   QUELL_CRASH_FOLDER  the folder whose files count (those directly in it)
 *
 * A record is a line, and behind it the bytes it is about:
 *   W NAME OFFSET LEN | T NAME LEN | S NAME | U NAME | L NAME OTHER | R NAME OTHER |
 *   D (the folder itself was synced)
 * It is written when the kernel has done the call: what is not in the trace was not promised.
 */
#include "shim.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

enum { SMALL_MAX = 65536 }; /* bytes of a key or of a list of checkpoints */

static int trace = -1;
static char folder[512];

void trace_take_orders(void)
{
    const char *named = getenv("QUELL_CRASH_FOLDER");

    if (!named || strlen(named) >= sizeof(folder))
        return;
    memcpy(folder, named, strlen(named) + 1);
    trace = shim_open("QUELL_CRASH_TRACE");
}

/* The name in the folder of what a descriptor stands for, "." for the folder itself; false when it
 * is elsewhere. */
static bool name_of(int fd, const char *path, char *name, size_t size)
{
    char link[64], found[768];
    size_t len = strlen(folder);
    ssize_t got;

    if (!path) {
        (void)snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
        got = readlink(link, found, sizeof(found) - 1);
        found[got > 0 ? got : 0] = '\0';
        path = found;
    }
    if (strncmp(path, folder, len) != 0 || (path[len] && path[len] != '/'))
        return false;
    path += path[len] == '/' ? len + 1 : len;
    if (strchr(path, '/'))
        return false;
    (void)snprintf(name, size, "%s", *path ? path : ".");
    return true;
}

static void add(const char *line, int len, const void *data, size_t size)
{
    /* writev is only read from. */
    struct iovec parts[2] = {{.iov_base = (void *)(uintptr_t)line, .iov_len = (size_t)len},
                             {.iov_base = (void *)(uintptr_t)data, .iov_len = size}};

    /* The trace has no short writes: one that is torn would be taken for a disk's. */
    if (syscall(SYS_writev, trace, parts, data ? 2 : 1) != (long)((size_t)len + size))
        abort();
}

void trace_write(int fd, const void *data, ssize_t got, off_t at)
{
    char line[320], name[256];
    int kept = errno;

    if (trace >= 0 && got > 0 && name_of(fd, NULL, name, sizeof(name))) {
        if (at < 0)
            at = lseek(fd, 0, SEEK_CUR) - got;
        add(line,
            snprintf(line, sizeof(line), "W %s %lld %lld\n", name, (long long)at, (long long)got),
            data, (size_t)got);
    }
    errno = kept;
}

void trace_cut(int fd, off_t len, int got)
{
    char line[320], name[256];
    int kept = errno;

    if (trace >= 0 && got == 0 && name_of(fd, NULL, name, sizeof(name)))
        add(line, snprintf(line, sizeof(line), "T %s %lld\n", name, (long long)len), NULL, 0);
    errno = kept;
}

/* Small files are written by the C library, past the shim: what is synced is what is in them. */
static void add_content(int fd, const char *name)
{
    static const char *const sqlite[] = {".db", "-wal", "-journal"};
    char line[320], link[64], content[SMALL_MAX];
    size_t len = strlen(name);
    ssize_t got;
    int copy;

    for (size_t i = 0; i < sizeof(sqlite) / sizeof(*sqlite); i++) {
        size_t end = strlen(sqlite[i]);

        if (len > end && strcmp(name + len - end, sqlite[i]) == 0)
            return;
    }
    (void)snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
    copy = open(link, O_RDONLY | O_CLOEXEC);
    got = copy < 0 ? 0 : syscall(SYS_pread64, copy, content, sizeof(content), 0);
    if (copy >= 0)
        (void)close(copy);
    if (got > 0)
        add(line, snprintf(line, sizeof(line), "W %s 0 %lld\n", name, (long long)got), content,
            (size_t)got);
}

void trace_sync(int fd, int got)
{
    char line[320], name[256];
    int kept = errno;

    if (trace >= 0 && got == 0 && name_of(fd, NULL, name, sizeof(name))) {
        bool is_folder = strcmp(name, ".") == 0;

        if (!is_folder)
            add_content(fd, name);
        add(line,
            is_folder ? snprintf(line, sizeof(line), "D\n")
                      : snprintf(line, sizeof(line), "S %s\n", name),
            NULL, 0);
    }
    errno = kept;
}

void trace_unlink(const char *path, int got)
{
    char line[320], name[256];
    int kept = errno;

    if (trace >= 0 && got == 0 && name_of(-1, path, name, sizeof(name)))
        add(line, snprintf(line, sizeof(line), "U %s\n", name), NULL, 0);
    errno = kept;
}

void trace_name(char kind, const char *from, const char *to, int got)
{
    char line[640], name[256], other[256];
    int kept = errno;

    if (trace >= 0 && got == 0 && name_of(-1, from, name, sizeof(name)) &&
        name_of(-1, to, other, sizeof(other)))
        add(line, snprintf(line, sizeof(line), "%c %s %s\n", kind, name, other), NULL, 0);
    errno = kept;
}
