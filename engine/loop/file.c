/*
 * file.c - reading files and folders whole. Does not watch, write or parse.
 */
#include "loop/file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
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
