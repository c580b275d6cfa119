/*
 * backup.c - a verified copy of the store, and putting one in the store's place.
 *
 * A copy is older than the world: whatever its runs sent after it was made, they would send again.
 * So a restored store is halted, and stays so until a person has looked and resumes.
 */
#include "core/core.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/when.h"
#include "loop/file.h"
#include "policy/halt.h"
#include "store/lockfile.h"
#include "store/signer.h"
#include "value/json.h"
#include "value/value.h"

/* ---- looking at a copy -------------------------------------------------------------------------
 */

struct looking {
    struct arena *arena;
    struct quell_str fault; /* the first one, or empty */
    struct store_checkpoint last;
    struct list_builder active; /* ids */
    int64_t newest_us;
};

static void on_break(const struct store_break *found, void *user)
{
    struct looking *looking = user;

    if (looking->fault.len == 0)
        looking->fault = arena_str(looking->arena, found->text);
}

static bool on_checkpoint(const struct store_checkpoint *checkpoint, void *user)
{
    struct looking *looking = user;

    looking->last = *checkpoint;
    if (looking->fault.len == 0 && !checkpoint_is_signed(checkpoint))
        looking->fault = arena_format(looking->arena, "checkpoint %llu is not signed by its key",
                                      (unsigned long long)checkpoint->number);
    return true;
}

static bool on_run(const struct store_run *run, void *user)
{
    struct looking *looking = user;

    if (run->updated_us > looking->newest_us)
        looking->newest_us = run->updated_us;
    if (run->ended_us == 0)
        list_add(&looking->active, value_copy_str(looking->arena, run->id));
    return true;
}

static bool on_audit(const struct store_audit *audit, void *user)
{
    struct looking *looking = user;

    if (audit->at_us > looking->newest_us)
        looking->newest_us = audit->at_us;
    return false;
}

/* Whether it is a store of ours and sound. */
static enum quell_code look(struct store *store, struct looking *looking,
                            struct store_verified *verified, struct quell_error *err)
{
    struct store_verify options = {.found = on_break, .user = looking};
    struct store_query runs = {.limit = SIZE_MAX};
    struct store_audit_query audits = {.limit = 1};
    enum quell_code code = store->kind->verify(store, &options, verified, err);

    if (!code)
        code = store->kind->checkpoints(store, on_checkpoint, looking, err);
    if (!code)
        code = store->kind->runs(store, &runs, on_run, looking, err);
    if (!code)
        code = store->kind->audits(store, &audits, on_audit, looking, err);
    if (!code && looking->fault.len)
        code = error_set(err, QUELL_IO, "it is not sound: %.*s", QUELL_ARG(looking->fault));
    return code;
}

static enum quell_code look_at(const char *path, struct looking *looking,
                               struct store_verified *verified, struct quell_error *err)
{
    struct quell_str url = arena_format(looking->arena, "sqlite:%s", path);
    struct quell_error why = {0};
    struct store *store = NULL;
    enum quell_code code = store_open(url, STORE_READ, &store, err);

    if (code)
        return code;
    code = look(store, looking, verified, &why);
    store_close(store);
    return code ? error_set(err, code, "%s: %s", path, why.message) : QUELL_OK;
}

/* ---- files -------------------------------------------------------------------------------------
 */

static enum quell_code refuse(const char *path, struct quell_error *err)
{
    return error_set(err, QUELL_DENIED, "%s: %s", path, strerror(errno));
}

/* What SQLite makes beside a database that it reads. */
static void remove_beside(struct arena *arena, const char *path)
{
    (void)unlink(arena_format(arena, "%s-wal", path).data); /* neither may be there */
    (void)unlink(arena_format(arena, "%s-shm", path).data);
}

/* The names of a folder are durable, too. */
static void sync_folder(struct arena *arena, const char *path)
{
    const char *slash = strrchr(path, '/');
    struct quell_str folder =
        slash ? arena_format(arena, "%.*s/", (int)(slash - path), path) : QUELL_STR(".");
    int fd = open(folder.data, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    if (fd < 0)
        return; /* a folder that cannot be read: the names come to disk by themselves */
    (void)fsync(fd);
    (void)close(fd);
}

static struct quell_str stamp(struct arena *arena, int64_t at_us)
{
    struct quell_str time = when_format_time(arena, (struct when){at_us / 1000000, 0});
    char *text = arena_copy(arena, time.data, time.len + 1);
    size_t i, len = 0;

    for (i = 0; i < time.len; i++)
        if (text[i] != ':' && text[i] != '-')
            text[len++] = text[i];
    return (struct quell_str){text, len};
}

static struct quell_value about(struct arena *arena, struct looking *looking,
                                const struct store_verified *verified, const char *path)
{
    struct map_builder map = {.arena = arena};

    map_add(&map, "file", value_copy_str(arena, quell_str_of(path)));
    map_add(&map, "end", quell_int((int64_t)verified->seq));
    map_add(&map, "runs", quell_int((int64_t)verified->runs));
    map_add(&map, "events", quell_int((int64_t)verified->events));
    map_add(&map, "newest", value_time_us(looking->newest_us));
    map_add(&map, "active", list_made(&looking->active));
    return map_made(&map);
}

/* ---- backup ------------------------------------------------------------------------------------
 */

static enum quell_code back_up(struct quell *engine, const char *path, bool force,
                               struct looking *looking, struct store_verified *verified,
                               struct quell_error *err)
{
    struct arena *arena = looking->arena;
    const char *part = arena_format(arena, "%s.part", path).data;
    enum quell_code code;

    if (!force && file_type(path) != FILE_ABSENT)
        return error_set(err, QUELL_REFUSED, "%s is there already: --force replaces it", path);
    (void)unlink(part); /* of one that was broken off */
    code = engine->reader->kind->copy(engine->reader, part, err);
    if (code)
        return code;
    code = look_at(part, looking, verified, err);
    remove_beside(arena, part);
    if (!code && rename(part, path) != 0)
        code = refuse(path, err);
    if (code)
        (void)unlink(part); /* it is no backup */
    else
        sync_folder(arena, path);
    return code;
}

enum quell_code quell_backup(struct quell *engine, const char *path, bool force,
                             struct quell_document *document, struct quell_error *err)
{
    struct looking looking = {0};
    struct store_verified verified;
    struct quell_document made;
    enum quell_code code;

    if (engine->reader == NULL || engine->reader->kind->copy == NULL)
        return error_set(err, QUELL_INVALID, "a `memory:` store cannot be copied");
    looking.arena = looking.active.arena = document_begin(&made);
    code = back_up(engine, path, force, &looking, &verified, err);
    if (code) {
        arena_free(looking.arena);
        return code;
    }
    made.value = about(looking.arena, &looking, &verified, path);
    *document = made;
    return QUELL_OK;
}

/* ---- restore -----------------------------------------------------------------------------------
 */

struct restoring {
    struct quell *engine;
    struct arena *arena;
    const char *file, *path, *part;
    struct quell_str by, halted, aside; /* halted: the file that halts, or empty */
    struct looking *looking;
    int64_t now_us;
};

/* Everything is halted before the copy stands in its place. */
static enum quell_code halt_all(struct restoring *r, struct quell_error *err)
{
    const char *path = quell_halt_file(r->engine);
    struct halt_rule rule = {.what = HALT_EVERYTHING,
                             .by = r->by,
                             .at =
                                 when_format_time(r->arena, (struct when){r->now_us / 1000000, 0}),
                             .reason = QUELL_STR("restored from a backup: look at `quell ps` "
                                                 "first")};
    enum quell_code code;

    if (path == NULL)
        return QUELL_OK;
    code = file_replace(path, halt_line(r->arena, &rule), err);
    r->halted = quell_str_of(path);
    return code;
}

/* The old database and what belongs to it get names of their own. */
static enum quell_code put_aside(struct restoring *r, struct quell_error *err)
{
    const char *files[] = {r->path, arena_format(r->arena, "%s-wal", r->path).data,
                           arena_format(r->arena, "%s-shm", r->path).data,
                           checkpoint_file_path(r->engine, r->arena).data};
    struct quell_str mark = stamp(r->arena, r->now_us);
    size_t i;

    for (i = 0; i < sizeof(files) / sizeof(*files); i++) {
        const char *to = arena_format(r->arena, "%s.before-%.*s%s", i < 3 ? r->path : files[i],
                                      QUELL_ARG(mark), i < 3 ? files[i] + strlen(r->path) : "")
                             .data;

        if (file_type(files[i]) == FILE_ABSENT)
            continue;
        if (rename(files[i], to) != 0)
            return refuse(files[i], err);
        if (i == 0)
            r->aside = quell_str_of(to);
    }
    return QUELL_OK;
}

/* The copy tells that it is one. */
static enum quell_code note(struct restoring *r, struct quell_error *err)
{
    struct map_builder map = {.arena = r->arena};
    char id[64];
    struct store_audit audit = {.at_us = r->now_us, .who = r->by, .what = QUELL_STR("restored")};
    struct store_batch batch = {.audits = &audit, .audit_count = 1};
    const struct store_batch *batches[] = {&batch};
    struct quell_str url = arena_format(r->arena, "sqlite:%s", r->part);
    struct store *store = NULL;
    enum quell_code code = store_open(url, STORE_WRITE, &store, err);

    if (code)
        return code;
    (void)snprintf(id, sizeof(id), "%.*s", QUELL_ARG(engine_new_id(r->engine, r->arena)));
    audit.id = quell_str_of(id);
    map_add(&map, "file", quell_text(r->file));
    map_add(&map, "newest", value_time_us(r->looking->newest_us));
    map_add(&map, "active", quell_int((int64_t)r->looking->active.count));
    map_add(&map, "replaced", quell_string(r->aside));
    audit.detail = json_text(r->arena, map_made(&map), JSON_COMPACT);
    code = store->kind->commit(store, batches, 1, err);
    store_close(store);
    (void)unlink(arena_format(r->arena, "%s.lock", r->part).data);
    return code;
}

static enum quell_code make_part(struct restoring *r, struct quell_error *err)
{
    struct store *store = NULL;
    struct quell_str url = arena_format(r->arena, "sqlite:%s", r->file);
    enum quell_code code = store_open(url, STORE_READ, &store, err);

    if (code)
        return code;
    (void)unlink(r->part); /* of one that was broken off */
    code = store->kind->copy(store, r->part, err);
    store_close(store);
    return code;
}

static enum quell_code restore(struct restoring *r, struct quell_error *err)
{
    enum quell_code code = make_part(r, err);

    if (!code)
        code = halt_all(r, err);
    if (!code)
        code = put_aside(r, err);
    if (!code)
        code = note(r, err);
    remove_beside(r->arena, r->part);
    if (!code && rename(r->part, r->path) != 0)
        code = refuse(r->path, err);
    if (code)
        (void)unlink(r->part); /* what was put aside is named in the message */
    else
        sync_folder(r->arena, r->path);
    if (code && r->aside.len)
        return error_set(err, code, "%s; the old store is %.*s", err->message, QUELL_ARG(r->aside));
    return code;
}

enum quell_code quell_restore(struct quell *engine, const char *file, struct quell_str by,
                              struct quell_document *document, struct quell_error *err)
{
    struct looking looking = {0};
    struct store_verified verified;
    struct quell_document made;
    struct arena *arena = document_begin(&made);
    struct quell_str path = store_path(quell_store_url(engine));
    struct restoring r = {.engine = engine,
                          .arena = arena,
                          .file = file,
                          .by = by,
                          .looking = &looking,
                          .now_us = loop_now_us(engine->loop)};
    struct quell_value value;
    enum quell_code code;
    int lock = -1;

    looking.arena = looking.active.arena = arena;
    if (path.len == 0)
        code = error_set(err, QUELL_INVALID, "a `memory:` store cannot be restored");
    else
        code = look_at(file, &looking, &verified, err);
    r.path = arena_str(arena, path).data;
    r.part = arena_format(arena, "%s.part", r.path).data;
    if (!code)
        code = lockfile_take(arena_format(arena, "%s.lock", r.path).data, &lock, err);
    if (!code)
        code = restore(&r, err);
    if (lock >= 0)
        lockfile_give(lock);
    if (code) {
        arena_free(arena);
        return code;
    }
    value = about(arena, &looking, &verified, r.path);
    value = value_with(arena, value, QUELL_STR("replaced"), quell_string(r.aside));
    made.value = value_with(arena, value, QUELL_STR("halted"), quell_string(r.halted));
    *document = made;
    return QUELL_OK;
}
