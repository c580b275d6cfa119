/*
 * auth.c - what a hook's `auth` says, its secrets, and the order of deciding. The kinds themselves
 * are auth_kinds.c.
 */
#include "serve/auth.h"

#include <ctype.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/str.h"
#include "serve/http_parse.h"
#include "value/fields.h"

#define DELIVERY_BYTES_MAX 256 /* of a sender's id; UUIDs have 36 */

/* ---- reading the configuration -----------------------------------------------------------------
 */

static enum quell_code kind_of(struct quell_str name, const struct auth_kind **kind,
                               struct quell_error *err)
{
    for (const struct auth_kind *at = auth_kinds; at->name; at++) {
        if (str_is(name, at->name)) {
            *kind = at;
            return QUELL_OK;
        }
    }
    return error_set(err, QUELL_INVALID,
                     "`auth`: `%.*s` is not one of standard, hmac, bearer, none", QUELL_ARG(name));
}

/* `{kind: name, ...}` without its first word. */
static struct quell_value without_kind(struct arena *arena, struct quell_value map)
{
    struct quell_pair *pairs = arena_array(arena, struct quell_pair, quell_count(map));
    size_t count = 0;

    for (size_t i = 0; i < quell_count(map); i++) {
        if (!quell_text_is(map.as.pairs[i].key, "kind"))
            pairs[count++] = map.as.pairs[i];
    }
    return quell_map(pairs, count);
}

static enum quell_code split(struct arena *arena, struct quell_value value,
                             const struct auth_kind **kind, struct quell_value *settings,
                             struct quell_error *err)
{
    struct quell_value named = quell_get(value, "kind");

    *settings = quell_map(NULL, 0);
    if (quell_is(value, QUELL_STRING))
        return kind_of(quell_str(value), kind, err);
    if (quell_is(named, QUELL_STRING)) {
        *settings = without_kind(arena, value);
        return kind_of(quell_str(named), kind, err);
    }
    if (quell_count(value) != 1 || !quell_is(value, QUELL_MAP)) {
        return error_set(err, QUELL_INVALID,
                         "`auth`: say how the sender proves itself, such as {standard: {secret: "
                         "{env: NAME}}}");
    }
    if (!quell_is_null(value.as.pairs[0].value))
        *settings = value.as.pairs[0].value;
    return kind_of(quell_str(value.as.pairs[0].key), kind, err);
}

/* A field name of the configuration, in lower case. */
static enum quell_code header_name(struct arena *arena, struct quell_value settings,
                                   const char *setting, struct quell_str *name,
                                   struct quell_error *err)
{
    struct quell_str given = quell_get_str(settings, setting);
    char *lower = arena_alloc(arena, given.len + 1);

    if (given.len > 0 && !http_is_token(given)) {
        return error_set(err, QUELL_INVALID, "`%s`: `%.*s` is no name of a header field", setting,
                         QUELL_ARG(given));
    }
    for (size_t i = 0; i < given.len; i++)
        lower[i] = (char)tolower((unsigned char)given.data[i]);
    *name = (struct quell_str){lower, given.len};
    return QUELL_OK;
}

static enum quell_code check_secrets(const struct auth *auth, struct quell_error *err)
{
    struct quell_value secret = auth->secret;

    if (!auth->kind->secret)
        return QUELL_OK;
    if (!quell_is(secret, QUELL_LIST))
        return secret_check(secret, err);
    if (secret.len == 0 || secret.len > AUTH_KEYS) {
        return error_set(err, QUELL_INVALID, "`%s`: a list of 1 to %d", auth->kind->secret,
                         AUTH_KEYS);
    }
    for (size_t i = 0; i < secret.len; i++) {
        enum quell_code code = secret_check(quell_at(secret, i), err);

        if (code)
            return code;
    }
    return QUELL_OK;
}

enum quell_code auth_check(struct arena *arena, struct quell_value value, struct auth *auth,
                           struct quell_error *err)
{
    struct auth made = {.kind = NULL};
    struct quell_value given, settings;
    enum quell_code code = split(arena, value, &made.kind, &given, err);

    if (!code)
        code = fields_check(arena, made.kind->fields, given, &settings, err);
    if (!code)
        code = header_name(arena, settings, "header", &made.header, err);
    if (!code)
        code = header_name(arena, settings, "timestamp", &made.timestamp, err);
    if (!code)
        code = header_name(arena, settings, "delivery", &made.delivery, err);
    if (code)
        return code;
    made.prefix = quell_get_str(settings, "prefix");
    made.base64 = quell_text_is(quell_get(settings, "encoding"), "base64");
    if (made.kind->secret)
        made.secret = quell_get(settings, made.kind->secret);
    if (made.kind->read)
        code = made.kind->read(settings, &made, err);
    if (!code)
        code = check_secrets(&made, err);
    if (!code)
        *auth = made;
    return code;
}

static enum quell_code load_key(struct auth *auth, struct quell_value reference,
                                struct quell_error *err)
{
    struct secret *key = &auth->keys[auth->key_count];
    enum quell_code code = secret_read(reference, key, err);

    if (code)
        return code;
    auth->key_count++;
    return auth->kind->key ? auth->kind->key(key, err) : QUELL_OK;
}

enum quell_code auth_load(struct auth *auth, struct quell_error *err)
{
    if (!auth->kind->secret)
        return QUELL_OK;
    if (!quell_is(auth->secret, QUELL_LIST))
        return load_key(auth, auth->secret, err);
    for (size_t i = 0; i < auth->secret.len && i < AUTH_KEYS; i++) {
        enum quell_code code = load_key(auth, quell_at(auth->secret, i), err);

        if (code)
            return code;
    }
    return QUELL_OK;
}

void auth_wipe(struct auth *auth)
{
    for (size_t i = 0; i < auth->key_count; i++)
        secret_wipe(&auth->keys[i]);
    auth->key_count = 0;
}

/* ---- deciding ----------------------------------------------------------------------------------
 */

enum quell_code auth_head(const struct auth *auth, const struct http_request *request,
                          int64_t now_s, struct quell_error *err)
{
    return auth->kind->head ? auth->kind->head(auth, request, now_s, err) : QUELL_OK;
}

enum quell_code auth_body(const struct auth *auth, const struct http_request *request,
                          struct quell_error *err)
{
    return auth->kind->body ? auth->kind->body(auth, request, err) : QUELL_OK;
}

enum quell_code auth_delivery(const struct auth *auth, const struct http_request *request,
                              struct quell_str *id, struct quell_error *err)
{
    struct quell_str name = auth->delivery, found = {"", 0};

    if (str_is(quell_str_of(auth->kind->name), "standard"))
        name = QUELL_STR("webhook-id");
    if (name.len == 0 || !http_request_has(request, name.data)) {
        *id = found;
        return QUELL_OK;
    }
    if (!http_request_field(request, name.data, &found) || found.len > DELIVERY_BYTES_MAX)
        return error_set(err, QUELL_INVALID, "the id of the delivery is repeated or too long");
    for (size_t i = 0; i < found.len; i++) {
        if (found.data[i] <= ' ' || found.data[i] > '~')
            return error_set(err, QUELL_INVALID, "the id of the delivery has bytes that are none");
    }
    *id = found;
    return QUELL_OK;
}
