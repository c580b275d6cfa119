/*
 * marks.c - what starts remember. Committed marks are read from the store; those that are not on
 * disk yet are kept here, so that an event sees what the one before it left, a moment ago.
 */
#include "core/starts.h"

#include "base/digest.h"
#include "base/limits.h"
#include "base/memory.h"
#include "base/str.h"
#include "value/json.h"
#include "value/value.h"

struct kept_mark {
    struct kept_mark *next;
    struct arena *arena; /* of its texts */
    struct quell_str scope, key, body;
    size_t commits; /* that carry it and are not on disk */
};

static struct kept_mark **find(struct starts *starts, struct quell_str scope, struct quell_str key)
{
    struct kept_mark **at = &starts->marks[str_hash(key) % STARTS_BUCKETS];

    while (*at && !(quell_str_equal((*at)->key, key) && quell_str_equal((*at)->scope, scope)))
        at = &(*at)->next;
    return at;
}

static enum quell_code read_body(struct arena *arena, struct quell_str text,
                                 struct quell_value *body, struct quell_error *err)
{
    *body = quell_null();
    return text.len ? json_read(arena, text, 0, body, NULL, err) : QUELL_OK;
}

enum quell_code mark_read(struct quell *engine, struct arena *arena, const char *scope,
                          struct quell_str key, struct quell_value *body, struct quell_error *err)
{
    struct kept_mark *kept = *find(engine->starts, quell_str_of(scope), key);
    struct store_mark found;
    enum quell_code code;

    *body = quell_null();
    if (kept)
        return read_body(arena, arena_str(arena, kept->body), body, err);
    code = engine->reader->kind->mark(engine->reader, arena, quell_str_of(scope), key, &found, err);
    if (code == QUELL_NOT_FOUND)
        return QUELL_OK;
    return code ? code : read_body(arena, found.body, body, err);
}

void mark_write(struct quell *engine, const char *scope, struct quell_str key, int64_t until_us,
                struct quell_value body)
{
    struct commit *commit = turn_commit(engine);
    struct kept_mark **at = find(engine->starts, quell_str_of(scope), key), *kept = *at;
    struct quell_str text =
        quell_is_null(body) ? QUELL_STR("") : json_text(commit->arena, body, JSON_COMPACT);

    if (kept == NULL) {
        kept = memory_new(sizeof(*kept));
        kept->arena = arena_new(0);
        kept->scope = quell_str_of(scope);
        kept->key = arena_str(kept->arena, key);
        *at = kept;
    }
    kept->body = arena_str(kept->arena, text);
    kept->commits++;
    commit_mark(commit, &(struct store_mark){.scope = quell_str_of(scope),
                                             .key = arena_str(commit->arena, key),
                                             .until_us = until_us,
                                             .body = text});
}

static void drop(struct kept_mark **at)
{
    struct kept_mark *kept = *at;

    *at = kept->next;
    arena_free(kept->arena);
    memory_free(kept);
}

void marks_settled(struct quell *engine, const struct store_batch *batch)
{
    size_t i;

    for (i = 0; i < batch->mark_count; i++) {
        struct kept_mark **at = find(engine->starts, batch->marks[i].scope, batch->marks[i].key);
        if (*at && --(*at)->commits == 0)
            drop(at);
    }
}

struct quell_str mark_key(struct arena *arena, struct quell_str playbook, struct quell_str key)
{
    uint8_t digest[DIGEST_SHA256];

    if (key.len > LIMIT_KEY_BYTES) {
        digest_sha256(key, digest);
        key = digest_hex(arena, digest, sizeof(digest));
    }
    return arena_format(arena, "%.*s %.*s", QUELL_ARG(playbook), QUELL_ARG(key));
}

void marks_free(struct starts *starts)
{
    size_t i;

    for (i = 0; i < STARTS_BUCKETS; i++)
        while (starts->marks[i])
            drop(&starts->marks[i]);
}
