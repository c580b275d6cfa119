/*
 * file.c - reading files and folders whole, replacing a file. Does not watch or parse.
 */
#include "loop/file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/error.h"
#include "base/limits.h"
#include "base/str.h"

/* The error of a system call on a path. */
static enum quell_code refuse(const char *path, int number, struct quell_error *err)
{
    enum quell_code code = QUELL_IO;

    if (number == ENOENT || number == ENOTDIR)
        code = QUELL_NOT_FOUND;
    else if (number == EACCES || number == EPERM)
        code = QUELL_DENIED;
    return error_set(err, code, "%s: %s", path, strerror(number));
}

static enum quell_code read_all(int fd, const char *path, struct buf *buf, struct quell_error *err)
{
    char chunk[16384];

    for (;;) {
        ssize_t got = read(fd, chunk, sizeof chunk);

        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return refuse(path, errno, err);
        if (got == 0)
            return QUELL_OK;
        buf_add(buf, chunk, (size_t)got);
        if (buf_over(buf))
            return error_set(err, QUELL_LIMIT, "%s: larger than %zu bytes", path, buf->size_max);
    }
}

enum quell_code file_read(struct arena *arena, const char *path, size_t size_max,
                          struct quell_str *text, struct quell_error *err)
{
    bool from_stdin = strcmp(path, "-") == 0;
    int fd = from_stdin ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
    struct buf buf = {.size_max = size_max};
    enum quell_code code;

    if (fd < 0)
        return refuse(path, errno, err);
    code = read_all(fd, from_stdin ? "standard input" : path, &buf, err);
    if (!code)
        *text = arena_str(arena, buf_str(&buf));
    buf_free(&buf);
    if (!from_stdin)
        (void)close(fd); /* only read from: nothing to lose */
    return code;
}

/* ---- replacing -------------------------------------------------------------------------------*/

static bool write_all(int fd, struct quell_str text)
{
    while (text.len) {
        ssize_t put = write(fd, text.data, text.len);

        if (put < 0 && errno == EINTR)
            continue;
        if (put < 0)
            return false;
        text = str_slice(text, (size_t)put, text.len);
    }
    return true;
}

/* A new file beside `path`, open for writing, with the permissions that the old one has. */
static int open_beside(const char *path, struct buf *name)
{
    struct stat info;
    mode_t mode = stat(path, &info) == 0 ? info.st_mode & 07777 : 0666;
    int fd;

    buf_add_format(name, "%s.XXXXXX", path);
    fd = mkostemp(name->data, O_CLOEXEC);
    if (fd < 0)
        return fd;
    if (mode == 0666) { /* what the umask leaves; it can only be asked by setting it */
        mode_t mask = umask(0);
        (void)umask(mask);
        mode &= ~mask;
    }
    (void)fchmod(fd, mode); /* the text matters more */
    return fd;
}

static enum quell_code replace(const char *path, struct quell_str text, struct quell_error *err)
{
    struct buf name = {0};
    int fd = open_beside(path, &name), number;
    bool good;

    if (fd < 0) {
        buf_free(&name);
        return refuse(path, errno, err);
    }
    good = write_all(fd, text) && fsync(fd) == 0;
    number = errno;
    if (close(fd) != 0 && good) {
        good = false;
        number = errno;
    }
    if (good && rename(name.data, path) != 0) {
        good = false;
        number = errno;
    }
    if (!good)
        (void)unlink(name.data); /* a rest beside the file is all that is left */
    buf_free(&name);
    return good ? QUELL_OK : refuse(path, number, err);
}

enum quell_code file_replace(const char *path, struct quell_str text, struct quell_error *err)
{
    char target[PATH_MAX];

    /* What has no real path yet is a new file. */
    return replace(realpath(path, target) ? target : path, text, err);
}

/* ---- folders ---------------------------------------------------------------------------------*/

static bool wanted(const char *name, const char *const *endings)
{
    if (name[0] == '.')
        return false; /* editors leave `.#name.yaml` and the like */
    for (; *endings; endings++) {
        if (str_ends(quell_str_of(name), quell_str_of(*endings)))
            return true;
    }
    return false;
}

static int by_name(const void *a, const void *b)
{
    const struct quell_str *left = a, *right = b;

    return str_compare(*left, *right);
}

struct name_list {
    struct quell_str *names;
    size_t count, cap;
};

static void name_add(struct arena *arena, struct name_list *list, struct quell_str name)
{
    if (list->count == list->cap) {
        size_t cap = list->cap ? list->cap * 2 : 16;

        list->names = arena_grow(arena, list->names, list->cap * sizeof *list->names,
                                 cap * sizeof *list->names);
        list->cap = cap;
    }
    list->names[list->count++] = name;
}

static enum quell_code read_names(struct arena *arena, DIR *handle, const char *folder,
                                  const char *const *endings, struct name_list *list,
                                  struct quell_error *err)
{
    const char *slash = str_ends(quell_str_of(folder), QUELL_STR("/")) ? "" : "/";

    for (;;) {
        const struct dirent *entry;

        errno = 0; /* readdir says the end and a failure the same way */
        entry = readdir(handle);
        if (!entry && errno)
            return refuse(folder, errno, err);
        if (!entry)
            return QUELL_OK;
        if (!wanted(entry->d_name, endings))
            continue;
        if (list->count == LIMIT_FOLDER_FILES)
            return error_set(err, QUELL_LIMIT, "%s: more than %d files", folder,
                             LIMIT_FOLDER_FILES);
        name_add(arena, list, arena_format(arena, "%s%s%s", folder, slash, entry->d_name));
    }
}

enum quell_code file_list(struct arena *arena, const char *folder, const char *const *endings,
                          struct quell_str **paths, size_t *count, struct quell_error *err)
{
    struct name_list list = {0};
    DIR *handle = opendir(folder);
    enum quell_code code;

    if (!handle)
        return refuse(folder, errno, err);
    code = read_names(arena, handle, folder, endings, &list, err);
    (void)closedir(handle); /* only read from: nothing to lose */
    if (code)
        return code;
    if (list.count > 1)
        qsort(list.names, list.count, sizeof *list.names, by_name);
    *paths = list.names;
    *count = list.count;
    return QUELL_OK;
}

/* ---- small questions -------------------------------------------------------------------------*/

enum file_type file_type(const char *path)
{
    struct stat info;

    if (stat(path, &info) != 0)
        return FILE_ABSENT;
    if (S_ISREG(info.st_mode))
        return FILE_REGULAR;
    return S_ISDIR(info.st_mode) ? FILE_FOLDER : FILE_OTHER;
}

const char *file_environment(const char *name)
{
    return getenv(name);
}

bool file_space(const char *path, uint64_t *left, uint64_t *all)
{
    struct statvfs found;

    if (statvfs(path, &found) != 0)
        return false;
    *left = (uint64_t)found.f_bavail * found.f_frsize;
    *all = (uint64_t)found.f_blocks * found.f_frsize;
    return true;
}
