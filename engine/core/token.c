/*
 * token.c - tokens: made once, kept as a hash, found by it, revoked.
 *
 * A token is `quell_`, 256 random bits and a check of 32 bits, in hex: a slip of the pen or a cut
 * copy is told without looking anything up, and scanners for leaked secrets know the shape. The
 * store has its SHA-256 only; for so many random bits a slow hash would add nothing.
 */
#include "core/core.h"

#include <string.h>

#include "base/digest.h"
#include "base/error.h"
#include "base/memory.h"
#include "base/name.h"
#include "base/str.h"
#include "core/starts.h"
#include "value/json.h"
#include "value/value.h"

#define TOKENS "token"     /* by hash: what it is */
#define NAMES "token-name" /* by name: its hash */
#define USED "token-used"  /* by hash: when, to the hour */
#define PREFIX "quell_"

enum {
    RANDOM_BYTES = 32,
    CHECK_BYTES = 4,
    PREFIX_CHARS = sizeof(PREFIX) - 1,
    CHECKED_CHARS = PREFIX_CHARS + 2 * RANDOM_BYTES,
    USED_STEP_S = 3600,          /* coarser than each request: it is a write */
    EXPIRED_KEEP_S = 30 * 86400, /* an expired one is still listed so long */
};

_Static_assert(CHECKED_CHARS + 2 * CHECK_BYTES + 1 == QUELL_TOKEN_BYTES, "the size of a token");

static struct quell_str hash_of(struct arena *arena, struct quell_str text)
{
    uint8_t digest[DIGEST_SHA256];

    digest_sha256(text, digest);
    return digest_hex(arena, digest, sizeof(digest));
}

/* The check of its first characters. */
static struct quell_str check_of(struct arena *arena, struct quell_str token)
{
    return str_slice(hash_of(arena, str_slice(token, 0, CHECKED_CHARS)), 0, 2 * CHECK_BYTES);
}

static bool is_token(struct arena *arena, struct quell_str text)
{
    return text.len == QUELL_TOKEN_BYTES - 1 && str_starts(text, QUELL_STR(PREFIX)) &&
           str_equal_secret(str_slice(text, CHECKED_CHARS, text.len), check_of(arena, text));
}

/* ---- making ------------------------------------------------------------------------------------
 */

static void make(struct quell *engine, struct arena *arena, char token[QUELL_TOKEN_BYTES])
{
    static const char digits[] = "0123456789abcdef";
    uint8_t bytes[RANDOM_BYTES];
    struct quell_str check;

    loop_random(engine->loop, bytes, sizeof(bytes));
    memcpy(token, PREFIX, PREFIX_CHARS);
    for (size_t i = 0; i < RANDOM_BYTES; i++) { /* no copy of it stays in an arena */
        token[PREFIX_CHARS + 2 * i] = digits[bytes[i] >> 4];
        token[PREFIX_CHARS + 2 * i + 1] = digits[bytes[i] & 15];
    }
    memory_wipe(bytes, sizeof(bytes));
    check = check_of(arena, (struct quell_str){token, CHECKED_CHARS});
    memcpy(token + CHECKED_CHARS, check.data, check.len);
    token[QUELL_TOKEN_BYTES - 1] = '\0';
}

static enum quell_code check_options(struct quell *engine, struct arena *arena,
                                     const struct quell_token_options *options,
                                     struct quell_error *err)
{
    struct quell_value taken, users = quell_get(engine->generation->config, "users"), user;
    enum quell_code code;

    if (!name_is_plain(options->name))
        return error_set(err, QUELL_INVALID, "the name of a token may have " NAME_RULE);
    if (quell_count(options->roles) == 0)
        return error_set(err, QUELL_INVALID, "a token needs a role: without one it may nothing");
    if (options->user.len && !quell_find(users, options->user, &user))
        return error_set(err, QUELL_NOT_FOUND, "`users` of quell.yaml has no `%.*s`",
                         QUELL_ARG(options->user));
    code = mark_read(engine, arena, NAMES, options->name, &taken, err);
    if (!code && !quell_is_null(taken))
        code = error_set(err, QUELL_REFUSED, "there is a token `%.*s` already: revoke it first",
                         QUELL_ARG(options->name));
    return code;
}

static struct quell_value describe(struct arena *arena, const struct quell_token_options *options,
                                   int64_t now_us)
{
    struct map_builder map = {.arena = arena};

    map_add(&map, "name", quell_string(options->name));
    map_add(&map, "roles", options->roles);
    map_add(&map, "playbooks", options->playbooks);
    map_add(&map, "user", options->user.len ? quell_string(options->user) : quell_null());
    map_add(&map, "made_by", quell_string(options->by));
    map_add(&map, "made_us", quell_int(now_us));
    map_add(&map, "expires_us",
            quell_int(options->lifetime_us ? now_us + options->lifetime_us : 0));
    return map_made(&map);
}

enum quell_code quell_token_create(struct quell *engine, const struct quell_token_options *options,
                                   char token[QUELL_TOKEN_BYTES], quell_done_fn *done, void *user,
                                   struct quell_error *err)
{
    struct arena *arena = arena_new(0);
    int64_t now_us = loop_now_us(engine->loop), until_us = 0;
    enum quell_code code = check_options(engine, arena, options, err);

    if (!code) {
        struct map_builder name = {.arena = arena};
        struct quell_str hash;

        if (options->lifetime_us)
            until_us = now_us + options->lifetime_us + (int64_t)EXPIRED_KEEP_S * 1000000;
        make(engine, arena, token);
        hash = hash_of(arena, quell_str_of(token));
        map_add(&name, "hash", quell_string(hash));
        turn_begin(engine);
        mark_write(engine, TOKENS, hash, until_us, describe(arena, options, now_us));
        mark_write(engine, NAMES, options->name, until_us, map_made(&name));
        commit_audit(turn_commit(engine), options->by, "token_created", options->name,
                     describe(arena, options, now_us));
        commit_tell(turn_commit(engine), done, user);
        turn_end(engine);
    }
    arena_free(arena);
    return code;
}

/* ---- revoking ----------------------------------------------------------------------------------
 */

enum quell_code quell_token_revoke(struct quell *engine, struct quell_str name, struct quell_str by,
                                   quell_done_fn *done, void *user, struct quell_error *err)
{
    struct arena *arena = arena_new(0);
    struct quell_value found;
    enum quell_code code = mark_read(engine, arena, NAMES, name, &found, err);

    if (!code && quell_is_null(found))
        code = error_set(err, QUELL_NOT_FOUND, "there is no token `%.*s`", QUELL_ARG(name));
    if (!code) {
        struct quell_str hash = quell_get_str(found, "hash");

        turn_begin(engine);
        mark_write(engine, TOKENS, hash, 0, quell_null());
        mark_write(engine, USED, hash, 0, quell_null());
        mark_write(engine, NAMES, name, 0, quell_null());
        commit_audit(turn_commit(engine), by, "token_revoked", name, quell_null());
        commit_tell(turn_commit(engine), done, user);
        turn_end(engine);
    }
    arena_free(arena);
    return code;
}

/* ---- listing -----------------------------------------------------------------------------------
 */

struct listing {
    struct quell *engine;
    struct list_builder list;
    enum quell_code code;
    struct quell_error *err;
};

static struct quell_value time_or_null(int64_t us)
{
    return us ? value_time_us(us) : quell_null();
}

static bool add(const struct store_mark *mark, void *user)
{
    struct listing *listing = user;
    struct arena *arena = listing->list.arena;
    struct map_builder map = {.arena = arena};
    struct quell_value body, used = quell_null();
    struct store_mark found;
    struct store *reader = listing->engine->reader;
    static const char *const kept[] = {"name", "roles", "playbooks", "user", "made_by"};

    listing->code = json_read(arena, arena_str(arena, mark->body), 0, &body, NULL, listing->err);
    if (listing->code)
        return false;
    /* When it was used last is a courtesy: what cannot be read is not shown. */
    if (reader->kind->mark(reader, arena, QUELL_STR(USED), mark->key, &found, listing->err) ||
        json_read(arena, found.body, 0, &used, NULL, listing->err))
        used = quell_null();
    for (size_t i = 0; i < sizeof(kept) / sizeof(*kept); i++)
        map_add(&map, kept[i], quell_get(body, kept[i]));
    map_add(&map, "made_at", time_or_null(quell_get_int(body, "made_us", 0)));
    map_add(&map, "expires_at", time_or_null(quell_get_int(body, "expires_us", 0)));
    map_add(&map, "used_at", time_or_null(quell_get_int(used, "at_us", 0)));
    list_add(&listing->list, map_made(&map));
    return true;
}

enum quell_code quell_tokens(struct quell *engine, struct quell_document *document,
                             struct quell_error *err)
{
    struct quell_document made;
    struct arena *arena = document_begin(&made);
    struct listing listing = {engine, {.arena = arena}, QUELL_OK, err};
    enum quell_code code =
        engine->reader->kind->marks(engine->reader, QUELL_STR(TOKENS), add, &listing, err);

    code = code ? code : listing.code;
    if (code) {
        arena_free(arena);
        return code;
    }
    made.value = list_made(&listing.list);
    *document = made;
    return QUELL_OK;
}

/* ---- finding -----------------------------------------------------------------------------------
 */

/* That it was used, once an hour: a write for each request would be one for each look. */
static void note_use(struct quell *engine, struct arena *arena, struct quell_str hash,
                     int64_t until_us)
{
    int64_t now_us = loop_now_us(engine->loop);
    struct map_builder map = {.arena = arena};
    struct quell_value used;
    struct quell_error ignored;

    if (mark_read(engine, arena, USED, hash, &used, &ignored) ||
        now_us - quell_get_int(used, "at_us", 0) < (int64_t)USED_STEP_S * 1000000)
        return;
    map_add(&map, "at_us", quell_int(now_us));
    turn_begin(engine);
    mark_write(engine, USED, hash, until_us, map_made(&map));
    turn_end(engine);
}

static enum quell_code look_up(struct quell *engine, struct arena *arena, struct quell_str token,
                               struct quell_value *found, struct quell_error *err)
{
    struct quell_str hash = hash_of(arena, token);
    int64_t expires_us;
    enum quell_code code = mark_read(engine, arena, TOKENS, hash, found, err);

    if (code)
        return code;
    expires_us = quell_get_int(*found, "expires_us", 0);
    if (quell_is_null(*found))
        return error_set(err, QUELL_DENIED, "this token is not known");
    if (expires_us && expires_us <= loop_now_us(engine->loop))
        return error_set(err, QUELL_DENIED, "this token has expired");
    note_use(engine, arena, hash, expires_us ? expires_us + (int64_t)EXPIRED_KEEP_S * 1000000 : 0);
    return QUELL_OK;
}

enum quell_code quell_token_find(struct quell *engine, struct quell_str token,
                                 struct quell_document *document, struct quell_error *err)
{
    struct quell_document made;
    struct arena *arena = document_begin(&made);
    enum quell_code code = is_token(arena, token)
                               ? look_up(engine, arena, token, &made.value, err)
                               : error_set(err, QUELL_DENIED, "this is no token of quell");

    if (code)
        arena_free(arena);
    else
        *document = made;
    return code;
}
