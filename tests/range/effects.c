/*
 * effects.c - the oracle: what really took place, one JSON line each, on disk before the answer.
 *
 * Tests compare this file with what the engine believes. A file that is there already is continued,
 * so that a restarted range still knows what happened before.
 */
#include "range.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/error.h"
#include "base/limits.h"
#include "base/memory.h"
#include "base/str.h"
#include "value/json.h"
#include "value/value.h"

struct effects {
    int fd;
    bool temporary;
    char *path;
    struct arena *arena;       /* of the values */
    struct list_builder items; /* what is in the file */
};

static void give_up(const struct effects *effects, const char *what)
{
    fprintf(stderr, "quell-range: %s: %s: %s\n", effects->path, what, strerror(errno));
    exit(1);
}

static enum quell_code take_line(struct effects *effects, struct quell_str line,
                                 struct quell_error *err)
{
    struct quell_value value;
    enum quell_code code = json_read(effects->arena, line, LIMIT_DOCUMENT_BYTES, &value, NULL, err);
    if (code)
        return code;
    list_add(&effects->items, value);
    return QUELL_OK;
}

static enum quell_code load(struct effects *effects, struct quell_error *err)
{
    struct buf buf = {.size_max = 0};
    char block[4096];
    struct quell_str rest, line;
    enum quell_code code = QUELL_OK;
    ssize_t got;
    for (;;) {
        got = read(effects->fd, block, sizeof(block));
        if (got <= 0)
            break;
        buf_add(&buf, block, (size_t)got);
    }
    rest = buf_str(&buf);
    while (!code && rest.len > 0) {
        (void)str_cut(rest, '\n', &line, &rest); /* a last line without its end is a line, too */
        if (line.len > 0)
            code = take_line(effects, line, err);
    }
    buf_free(&buf);
    return code;
}

struct effects *effects_open(const char *path, struct quell_error *err)
{
    struct effects *effects = memory_new(sizeof(*effects));
    char made[] = "/tmp/quell-range-XXXXXX.jsonl";
    effects->temporary = path == NULL;
    effects->arena = arena_new(0);
    effects->items.arena = effects->arena;
    if (path)
        effects->fd = open(path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    else
        effects->fd = mkostemps(made, 6, O_APPEND | O_CLOEXEC);
    effects->path = memory_text(path ? path : made, strlen(path ? path : made));
    if (effects->fd < 0) {
        (void)error_set(err, QUELL_IO, "%s: %s", effects->path, strerror(errno));
    } else if (!load(effects, err)) {
        return effects;
    }
    effects_close(effects);
    return NULL;
}

void effects_close(struct effects *effects)
{
    if (!effects)
        return;
    if (effects->fd >= 0)
        (void)close(effects->fd); /* every line was synced */
    if (effects->temporary)
        (void)unlink(effects->path); /* nothing can be done about it at the end */
    arena_free(effects->arena);
    memory_free(effects->path);
    memory_free(effects);
}

const char *effects_path(const struct effects *effects)
{
    return effects->path;
}

/* Steps inside a for-each have brackets of their own: contain[0].isolate. */
struct quell_str effects_marker(struct quell_str text)
{
    size_t start = str_find(text, QUELL_STR("[quell:"), 0);
    size_t end, open = 1;
    if (start == SIZE_MAX)
        return str_slice(text, 0, 0);
    start += 7;
    for (end = start; end < text.len; end++) {
        if (text.data[end] == '[')
            open++;
        else if (text.data[end] == ']' && --open == 0)
            return str_slice(text, start, end);
    }
    return str_slice(text, 0, 0);
}

/* write(2) until all is out: a file of the local disk takes it whole, a full one says so. */
static void write_line(struct effects *effects, struct quell_str line)
{
    size_t done = 0;
    while (done < line.len) {
        ssize_t wrote = write(effects->fd, line.data + done, line.len - done);
        if (wrote < 0 && errno == EINTR)
            continue;
        if (wrote < 0)
            give_up(effects, "write");
        done += (size_t)wrote;
    }
    if (fsync(effects->fd) != 0)
        give_up(effects, "fsync");
}

void effects_add(struct range *range, const struct effect *effect)
{
    struct effects *effects = range->effects;
    struct arena *arena = effects->arena;
    struct map_builder map = {.arena = arena};
    struct buf line = {.size_max = LIMIT_DOCUMENT_BYTES};
    struct quell_str run, step;
    struct quell_value value;
    (void)str_cut(effects_marker(effect->marker), '/', &run, &step); /* none gives empty ones */
    map_add(&map, "n", quell_int((int64_t)effects->items.count + 1));
    map_add(&map, "kind", quell_text(effect->kind));
    map_add(&map, "target", value_copy_str(arena, effect->target));
    map_add(&map, "key", value_copy_str(arena, effect->key));
    map_add(&map, "run", value_copy_str(arena, run));
    map_add(&map, "step", value_copy_str(arena, step));
    map_add(&map, "at", quell_string(range_now(range, arena)));
    value = map_made(&map);
    list_add(&effects->items, value);
    json_write(&line, value, JSON_COMPACT);
    buf_add_char(&line, '\n');
    write_line(effects, buf_str(&line));
    buf_free(&line);
}

void effects_clear(struct effects *effects)
{
    if (ftruncate(effects->fd, 0) != 0)
        give_up(effects, "ftruncate");
    if (fsync(effects->fd) != 0)
        give_up(effects, "fsync");
    arena_reset(effects->arena);
    effects->items = (struct list_builder){.arena = effects->arena};
}

static bool same(struct quell_value a, struct quell_value b)
{
    return quell_str_equal(quell_get_str(a, "kind"), quell_get_str(b, "kind")) &&
           quell_str_equal(quell_get_str(a, "target"), quell_get_str(b, "target")) &&
           quell_str_equal(quell_get_str(a, "key"), quell_get_str(b, "key"));
}

/* Putting a comment again at its id changes nothing, so updates are not among them. Quadratic, for
 * the few thousand effects of a test. */
static struct quell_value duplicates(const struct effects *effects, struct arena *arena)
{
    struct list_builder list = {.arena = arena};
    size_t i, k;
    for (i = 0; i < effects->items.count; i++) {
        struct quell_value effect = effects->items.items[i];
        struct map_builder map = {.arena = arena};
        int64_t count = 1;
        bool seen = str_is(quell_get_str(effect, "kind"), "comment-update");
        for (k = 0; k < effects->items.count; k++) {
            if (k == i || !same(effect, effects->items.items[k]))
                continue;
            count++;
            seen = seen || k < i;
        }
        if (count == 1 || seen)
            continue;
        map_add(&map, "kind", quell_get(effect, "kind"));
        map_add(&map, "target", quell_get(effect, "target"));
        map_add(&map, "key", quell_get(effect, "key"));
        map_add(&map, "count", quell_int(count));
        list_add(&list, map_made(&map));
    }
    return list_made(&list);
}

struct quell_str effects_text(const struct effects *effects, struct arena *arena)
{
    struct map_builder map = {.arena = arena};
    map_add(&map, "count", quell_int((int64_t)effects->items.count));
    map_add(&map, "effects", quell_list(effects->items.items, effects->items.count));
    map_add(&map, "duplicates", duplicates(effects, arena));
    return json_text(arena, map_made(&map), JSON_COMPACT);
}
