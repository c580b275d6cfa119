/*
 * power.c - a disk model. What was synced is there. Of what was written since, each sector may be
 * old, new, or anything it was in between: writes are dropped, kept out of order, or torn into
 * sectors of 512 or 4096 bytes. A new file is there for certain once its folder was synced, and an
 * unlinked one is gone for certain then.
 */
#include "power.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/memory.h"

enum { FILES_MAX = 16, NAME_MAX_BYTES = 128, TEAR_MODES = 5 };

struct change {
    int64_t at;
    size_t len;
    const char *data; /* NULL: the file is cut off at `at` */
};

/* One name in the folder. */
struct disk_file {
    char name[NAME_MAX_BYTES];
    char *bytes; /* as synced */
    size_t len, size;
    struct change *changes; /* since */
    size_t count, count_size;
    bool there;             /* on disk for certain */
    bool named;             /* for the program; the folder may not know it yet */
    struct disk_file *gone; /* what the folder may still hold under this name */
};

struct disk {
    struct disk_file files[FILES_MAX];
    size_t count;
    uint64_t random;
    struct power_loss *loss;
};

/* ---- chance ----------------------------------------------------------------------------------*/

static uint64_t draw(struct disk *disk)
{
    disk->random ^= disk->random << 13;
    disk->random ^= disk->random >> 7;
    disk->random ^= disk->random << 17;
    return disk->random;
}

static bool toss(struct disk *disk)
{
    return draw(disk) >> 33 & 1;
}

/* ---- files -----------------------------------------------------------------------------------*/

static struct disk_file *file_of(struct disk *disk, const char *name)
{
    struct disk_file *file;

    for (size_t i = 0; i < disk->count; i++) {
        if (strcmp(disk->files[i].name, name) == 0)
            return &disk->files[i];
    }
    if (disk->count == FILES_MAX) {
        fprintf(stderr, "crash: a store of more than %d files\n", FILES_MAX);
        exit(2);
    }
    file = &disk->files[disk->count++];
    *file = (struct disk_file){.there = false};
    (void)snprintf(file->name, sizeof(file->name), "%s", name);
    return file;
}

static void grow(struct disk_file *file, size_t len)
{
    if (len > file->size) {
        file->size = len * 2;
        file->bytes = memory_resize(file->bytes, file->size);
    }
    if (len > file->len) {
        memset(file->bytes + file->len, 0, len - file->len);
        file->len = len;
    }
}

static void put(struct disk_file *file, int64_t at, const char *data, size_t len)
{
    grow(file, (size_t)at + len);
    memcpy(file->bytes + at, data, len);
}

static void cut(struct disk_file *file, size_t len)
{
    grow(file, len);
    file->len = len;
}

static void apply(struct disk_file *file, const struct change *change)
{
    if (change->data)
        put(file, change->at, change->data, change->len);
    else
        cut(file, (size_t)change->at);
}

static void add_change(struct disk_file *file, int64_t at, const char *data, size_t len)
{
    if (file->count == file->count_size) {
        file->count_size = file->count_size ? 2 * file->count_size : 64;
        file->changes = memory_resize(file->changes, file->count_size * sizeof(*file->changes));
    }
    file->changes[file->count++] = (struct change){at, len, data};
    file->named = true;
}

static void sync_file(struct disk_file *file)
{
    for (size_t i = 0; i < file->count; i++)
        apply(file, &file->changes[i]);
    file->count = 0;
}

static void forget(struct disk_file *file)
{
    if (!file)
        return;
    memory_free(file->bytes);
    memory_free(file->changes);
    memory_free(file);
}

/* What was there under the name stays possible until the folder is synced. */
static void unlink_file(struct disk_file *file)
{
    if (file->there) {
        struct disk_file *gone = memory_new(sizeof(*gone));

        *gone = *file;
        gone->changes = NULL; /* nobody will sync them any more */
        gone->gone = NULL;
        forget(file->gone);
        file->gone = gone;
    } else {
        memory_free(file->bytes);
    }
    memory_free(file->changes);
    file->bytes = NULL;
    file->changes = NULL;
    file->len = file->size = file->count = file->count_size = 0;
    file->there = file->named = false;
}

static void sync_folder(struct disk *disk)
{
    for (size_t i = 0; i < disk->count; i++) {
        disk->files[i].there = disk->files[i].named;
        forget(disk->files[i].gone);
        disk->files[i].gone = NULL;
    }
}

/* ---- the trace -------------------------------------------------------------------------------*/

static char *read_all(const char *path, size_t *len)
{
    FILE *file = fopen(path, "re");
    char *text;
    long size;

    if (!file)
        return NULL;
    (void)fseek(file, 0, SEEK_END);
    size = ftell(file);
    rewind(file);
    text = memory_new((size_t)(size > 0 ? size : 0) + 1);
    *len = fread(text, 1, (size_t)(size > 0 ? size : 0), file);
    text[*len] = '\0';
    (void)fclose(file); /* was only read */
    return text;
}

/* The same bytes under another name, which the folder may not know yet. What was there under it
 * before stays possible until then. */
static void name_file(struct disk *disk, const char *name, const char *other, bool moves)
{
    struct disk_file *from = file_of(disk, name), *to = file_of(disk, other);

    if (to->named)
        unlink_file(to);
    put(to, 0, from->bytes ? from->bytes : "", from->len);
    for (size_t i = 0; i < from->count; i++)
        add_change(to, from->changes[i].at, from->changes[i].data, from->changes[i].len);
    to->named = true;
    if (moves)
        unlink_file(from);
}

/* The lock goes with its holder, and the log's index is made again from the log. */
static bool is_forgotten(const char *name)
{
    size_t len = strlen(name);

    return (len > 4 && strcmp(name + len - 4, "-shm") == 0) ||
           (len > 5 && strcmp(name + len - 5, ".lock") == 0);
}

/* A word of a line, ended by a NUL where the blank behind it was. */
static char *word_of(char **line)
{
    char *word = *line, *end = word + strcspn(word, " ");

    *line = *end ? end + 1 : end;
    *end = '\0';
    return word;
}

/* One record; how many bytes behind the line belong to it. */
static long long take_record(struct disk *disk, char *line, const char *data)
{
    char kind = *word_of(&line), *name = word_of(&line);
    const char *third = word_of(&line);
    long long at = strtoll(third, NULL, 10);
    long long len = kind == 'W' ? strtoll(word_of(&line), NULL, 10) : 0;

    if (kind == 'D')
        sync_folder(disk);
    else if (is_forgotten(name))
        return len;
    else if (kind == 'S')
        sync_file(file_of(disk, name));
    else if (kind == 'U')
        unlink_file(file_of(disk, name));
    else if (kind == 'L' || kind == 'R')
        name_file(disk, name, third, kind == 'R');
    else if (kind == 'W' || kind == 'T')
        add_change(file_of(disk, name), at, kind == 'W' ? data : NULL, (size_t)len);
    else
        return -1;
    return len;
}

static bool take_trace(struct disk *disk, const char *text, size_t len)
{
    const char *end = text + len;

    while (text < end) {
        const char *next = memchr(text, '\n', (size_t)(end - text));
        char line[320];
        long long data;

        if (!next || (size_t)(next - text) >= sizeof(line))
            return false;
        memcpy(line, text, (size_t)(next - text));
        line[next - text] = '\0';
        data = take_record(disk, line, next + 1);
        if (data < 0 || data > end - next - 1)
            return false;
        text = next + 1 + data;
    }
    return true;
}

/* ---- losing ----------------------------------------------------------------------------------*/

/* Only some sectors of it arrive. */
static void tear(struct disk *disk, struct disk_file *file, const struct change *change,
                 int64_t sector)
{
    int64_t from = change->at, end = change->at + (int64_t)change->len;

    while (from < end) {
        int64_t next = (from / sector + 1) * sector;

        if (next > end)
            next = end;
        if (toss(disk))
            put(file, from, change->data + (from - change->at), (size_t)(next - from));
        from = next;
    }
    disk->loss->torn++;
}

/* The seed says how a whole disk behaves, chance what each write gets of it. */
static void lose_changes(struct disk *disk, struct disk_file *file, unsigned mode)
{
    size_t kept = file->count ? draw(disk) % (file->count + 1) : 0;
    bool gap = false;

    disk->loss->pending += (unsigned)file->count;
    for (size_t i = 0; i < file->count; i++) {
        const struct change *change = &file->changes[i];
        /* 0: none of them; 1: the first ones; 2: any; 3, 4: any, and torn. */
        bool keeps = mode == 1 ? i < kept : mode > 1 && toss(disk);

        if (mode >= 3 && change->data && toss(disk)) {
            tear(disk, file, change, mode == 3 ? 512 : 4096);
        } else if (keeps) {
            apply(file, change);
            disk->loss->reordered += gap;
        } else {
            disk->loss->dropped++;
            gap = true;
        }
    }
}

static bool write_file(const char *folder, const struct disk_file *file)
{
    char path[512];
    FILE *out;
    bool good;

    (void)snprintf(path, sizeof(path), "%s/%s", folder, file->name);
    out = fopen(path, "we");
    good = out && fchmod(fileno(out), 0600) == 0 &&
           fwrite(file->bytes ? file->bytes : "", 1, file->len, out) == file->len;
    return out && fclose(out) == 0 && good;
}

static void empty(const char *folder)
{
    DIR *open = opendir(folder);
    struct dirent *entry = open ? readdir(open) : NULL;
    char path[512];

    for (; entry; entry = readdir(open)) {
        (void)snprintf(path, sizeof(path), "%s/%s", folder, entry->d_name);
        if (entry->d_name[0] != '.')
            (void)unlink(path); /* what stays is written over */
    }
    if (open)
        (void)closedir(open);
}

bool power_lose(const char *trace, const char *folder, unsigned seed, struct power_loss *loss)
{
    struct disk *disk = memory_new(sizeof(*disk));
    size_t len = 0;
    char *text = read_all(trace, &len);
    bool good = text != NULL;

    *disk = (struct disk){.random = seed * UINT64_C(0x9E3779B97F4A7C15) + 1, .loss = loss};
    good = good && take_trace(disk, text, len);
    if (good)
        empty(folder); /* -shm and the lock with it: no power, no memory */
    for (size_t i = 0; good && i < disk->count; i++) {
        struct disk_file *file = &disk->files[i];

        if (file->named && (file->there || toss(disk)))
            lose_changes(disk, file, seed % TEAR_MODES);
        else if (file->gone && toss(disk))
            file = file->gone;
        else
            continue;
        good = write_file(folder, file);
    }
    for (size_t i = 0; i < disk->count; i++) {
        forget(disk->files[i].gone);
        memory_free(disk->files[i].bytes);
        memory_free(disk->files[i].changes);
    }
    memory_free(text);
    memory_free(disk);
    return good;
}
