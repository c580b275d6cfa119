/*
 * auth_kinds.c - the kinds of webhook authentication, one table. It decides about proofs only; who
 * may use `none` is webhook.c's and setup.c's affair.
 */
#include "serve/auth.h"

#include <ctype.h>

#include "base/arena.h"
#include "base/digest.h"
#include "base/error.h"
#include "base/limits.h"
#include "base/memory.h"
#include "base/str.h"
#include "serve/http_parse.h"

#define KEY_BYTES_MIN 16    /* 128 bits: below that a key can be guessed */
#define SIGNATURES_MAX 16   /* in one webhook-signature field: rotation needs two */
#define TIMESTAMP_DIGITS 12 /* of seconds: until the year 33658 */
#define CONTENT_PARTS 16    /* of a signed content: literals and placeholders */

static enum quell_code deny(struct quell_error *err, const char *reason)
{
    return error_set(err, QUELL_DENIED, "%s", reason);
}

/* ---- what the kinds share ----------------------------------------------------------------------
 */

/* A header name of the configuration is compared in lower case. */
static enum quell_code field_of(const struct http_request *request, struct quell_str name,
                                struct quell_str *value, struct quell_error *err)
{
    if (http_request_field(request, name.data, value))
        return QUELL_OK;
    if (http_request_has(request, name.data))
        return error_set(err, QUELL_DENIED, "the field %s is there more than once", name.data);
    return error_set(err, QUELL_DENIED, "the field %s is missing", name.data);
}

/* Digits only: no sign, no blank, no fraction. */
static bool read_seconds(struct quell_str text, int64_t *seconds)
{
    if (text.len == 0 || text.len > TIMESTAMP_DIGITS)
        return false;
    for (size_t i = 0; i < text.len; i++) {
        if (!isdigit((unsigned char)text.data[i]))
            return false;
    }
    return str_to_int(text, seconds);
}

static enum quell_code check_skew(struct quell_str timestamp, int64_t now_s,
                                  struct quell_error *err)
{
    int64_t sent_s;

    if (!read_seconds(timestamp, &sent_s))
        return deny(err, "the timestamp is not a number of seconds");
    if (sent_s < now_s - LIMIT_HOOK_SKEW_S)
        return deny(err, "the timestamp is too old");
    if (sent_s > now_s + LIMIT_HOOK_SKEW_S)
        return deny(err, "the timestamp lies in the future");
    return QUELL_OK;
}

/* True when `given` is the text of the HMAC under one of the keys. All keys are tried, so that the
 * time says nothing about which. */
static bool signed_by_any(const struct auth *auth, const struct quell_str *parts, size_t count,
                          bool base64, struct quell_str given)
{
    struct arena *arena = arena_new(0);
    bool found = false;

    for (size_t i = 0; i < auth->key_count; i++) {
        uint8_t mac[DIGEST_SHA256];
        struct quell_str text;

        digest_hmac_sha256(secret_text(&auth->keys[i]), parts, count, mac);
        text = base64 ? digest_base64(arena, (struct quell_str){(const char *)mac, sizeof(mac)})
                      : digest_hex(arena, mac, sizeof(mac));
        found |= str_equal_secret(text, given);
    }
    arena_free(arena);
    return found;
}

/* ---- standard: Standard Webhooks, symmetric ----------------------------------------------------
 */

static const struct quell_field standard_fields[] = {
    {.name = "secret",
     .type = QUELL_FIELD_ANY,
     .flags = QUELL_REQUIRED | QUELL_CONSTANT,
     .doc = "The signing secret (`whsec_` and base64) as `{env: NAME}` or `{file: path}`; a list "
            "while it is rotated."},
    {.name = NULL},
};

/* `whsec_` may be missing, as the specification's libraries have it. */
static enum quell_code standard_key(struct secret *secret, struct quell_error *err)
{
    struct arena *arena = arena_new(0);
    struct quell_str text = str_trim(secret_text(secret));
    struct quell_str bytes = {NULL, 0};
    bool good;

    if (str_starts(text, QUELL_STR("whsec_")))
        text = str_slice(text, 6, text.len);
    good = digest_from_base64(arena, text, &bytes) && bytes.len >= KEY_BYTES_MIN;
    if (good) {
        struct secret key = {.text = memory_text(bytes.data, bytes.len), .len = bytes.len};

        memory_wipe((void *)(uintptr_t)bytes.data, bytes.len);
        secret_wipe(secret);
        *secret = key;
    }
    arena_free(arena);
    if (good)
        return QUELL_OK;
    return error_set(err, QUELL_INVALID,
                     "the secret of `standard` is `whsec_` and base64 of at least %d bytes",
                     KEY_BYTES_MIN);
}

static enum quell_code standard_head(const struct auth *auth, const struct http_request *request,
                                     int64_t now_s, struct quell_error *err)
{
    struct quell_str id, timestamp, signature;
    enum quell_code code = field_of(request, QUELL_STR("webhook-id"), &id, err);

    (void)auth;
    if (code)
        return code;
    if (id.len == 0)
        return deny(err, "the field webhook-id is empty");
    code = field_of(request, QUELL_STR("webhook-timestamp"), &timestamp, err);
    if (code)
        return code;
    code = field_of(request, QUELL_STR("webhook-signature"), &signature, err);
    if (code)
        return code;
    return check_skew(timestamp, now_s, err);
}

static enum quell_code standard_body(const struct auth *auth, const struct http_request *request,
                                     struct quell_error *err)
{
    struct quell_str id, timestamp, rest;
    bool found = false;
    enum quell_code code = field_of(request, QUELL_STR("webhook-id"), &id, err);

    if (!code)
        code = field_of(request, QUELL_STR("webhook-timestamp"), &timestamp, err);
    if (!code)
        code = field_of(request, QUELL_STR("webhook-signature"), &rest, err);
    if (code)
        return code;
    for (int i = 0; rest.len > 0 && i < SIGNATURES_MAX; i++) {
        struct quell_str dot = QUELL_STR("."), one;
        struct quell_str parts[] = {id, dot, timestamp, dot, request->body};

        (void)str_cut(rest, ' ', &one, &rest); /* the last one has no blank */
        if (str_starts(one, QUELL_STR("v1,")))
            found |= signed_by_any(auth, parts, 5, true, str_slice(one, 3, one.len));
    }
    return found ? QUELL_OK : deny(err, "no signature is right");
}

/* ---- hmac: a signature in a field, as GitHub, Grafana, Slack and many others send it -----------
 */

static const char *const encodings[] = {"hex", "base64", NULL};

static const struct quell_field hmac_fields[] = {
    {.name = "header",
     .type = QUELL_FIELD_STRING,
     .flags = QUELL_REQUIRED | QUELL_NOT_EMPTY | QUELL_CONSTANT,
     .doc = "The header field that carries the signature."},
    {.name = "prefix",
     .type = QUELL_FIELD_STRING,
     .flags = QUELL_CONSTANT,
     .fallback = "\"\"",
     .doc = "What precedes the signature in that field, such as `sha256=`."},
    {.name = "encoding",
     .type = QUELL_FIELD_ENUM,
     .words = encodings,
     .flags = QUELL_CONSTANT,
     .fallback = "\"hex\"",
     .doc = "How the signature is written: lower-case `hex` or `base64`."},
    {.name = "secret",
     .type = QUELL_FIELD_ANY,
     .flags = QUELL_REQUIRED | QUELL_CONSTANT,
     .doc = "The key as `{env: NAME}` or `{file: path}`; a list while it is rotated."},
    {.name = "timestamp",
     .type = QUELL_FIELD_STRING,
     .flags = QUELL_NOT_EMPTY | QUELL_CONSTANT,
     .doc = "The header field with the time of sending in seconds; it must be signed too."},
    {.name = "content",
     .type = QUELL_FIELD_STRING,
     .flags = QUELL_NOT_EMPTY | QUELL_CONSTANT,
     .doc = "What is signed, with `{timestamp}`, `{id}` and `{body}`; without it the body, or "
            "`{timestamp}:{body}` when there is a timestamp."},
    {.name = "delivery",
     .type = QUELL_FIELD_STRING,
     .flags = QUELL_NOT_EMPTY | QUELL_CONSTANT,
     .doc = "The header field with the sender's id of the delivery."},
    {.name = NULL},
};

static bool holds(struct quell_str text, const char *part)
{
    return str_find(text, quell_str_of(part), 0) != SIZE_MAX;
}

static bool placeholders_known(struct quell_str content)
{
    size_t at = str_find(content, QUELL_STR("{"), 0);

    for (int count = 0; at != SIZE_MAX; count++) {
        struct quell_str rest = str_slice(content, at, content.len);

        if (count == CONTENT_PARTS / 2 - 1 ||
            !(str_starts(rest, QUELL_STR("{timestamp}")) || str_starts(rest, QUELL_STR("{id}")) ||
              str_starts(rest, QUELL_STR("{body}"))))
            return false;
        at = str_find(content, QUELL_STR("{"), at + 1);
    }
    return true;
}

static enum quell_code hmac_read(struct quell_value settings, struct auth *auth,
                                 struct quell_error *err)
{
    struct quell_str content = quell_get_str(settings, "content");
    bool timed = auth->timestamp.len > 0;

    if (content.len == 0)
        content = timed ? QUELL_STR("{timestamp}:{body}") : QUELL_STR("{body}");
    auth->content = content;
    if (!placeholders_known(content)) {
        return error_set(err, QUELL_INVALID,
                         "`content`: the only words in braces are {timestamp}, {id} and {body}");
    }
    if (!holds(content, "{body}"))
        return error_set(err, QUELL_INVALID, "`content`: must have {body} in it");
    if (timed != holds(content, "{timestamp}")) {
        return error_set(err, QUELL_INVALID,
                         "`content`: must have {timestamp} in it when there is a `timestamp`, and "
                         "only then");
    }
    if (holds(content, "{id}") && auth->delivery.len == 0)
        return error_set(err, QUELL_INVALID, "`content`: {id} needs `delivery`");
    return QUELL_OK;
}

static enum quell_code hmac_head(const struct auth *auth, const struct http_request *request,
                                 int64_t now_s, struct quell_error *err)
{
    struct quell_str signature, timestamp;
    enum quell_code code = field_of(request, auth->header, &signature, err);

    if (code)
        return code;
    if (!str_starts(signature, auth->prefix))
        return deny(err, "the signature's prefix is not the one expected");
    if (auth->timestamp.len == 0)
        return QUELL_OK;
    code = field_of(request, auth->timestamp, &timestamp, err);
    return code ? code : check_skew(timestamp, now_s, err);
}

/* The value of the placeholder at the start of `text`; *len is the placeholder's length, or 0. */
static struct quell_str placeholder(struct quell_str text, const struct auth *auth,
                                    const struct http_request *request, size_t *len)
{
    struct quell_str value = {"", 0};

    *len = 0;
    if (str_starts(text, QUELL_STR("{body}"))) {
        *len = 6;
        value = request->body;
    } else if (str_starts(text, QUELL_STR("{timestamp}"))) {
        *len = 11;
        (void)http_request_field(request, auth->timestamp.data, &value); /* hmac_head saw it */
    } else if (str_starts(text, QUELL_STR("{id}"))) {
        *len = 4;
        (void)http_request_field(request, auth->delivery.data, &value); /* else signed as empty */
    }
    return value;
}

/* Cuts the content into literals and values; returns how many parts it has. */
static size_t content_parts(const struct auth *auth, const struct http_request *request,
                            struct quell_str parts[CONTENT_PARTS])
{
    struct quell_str content = auth->content;
    size_t count = 0, from = 0, at = 0, len;

    while (at < content.len && count + 2 < CONTENT_PARTS) {
        struct quell_str value =
            placeholder(str_slice(content, at, content.len), auth, request, &len);

        if (len == 0) {
            at++;
            continue;
        }
        if (at > from)
            parts[count++] = str_slice(content, from, at);
        parts[count++] = value;
        at += len;
        from = at;
    }
    if (from < content.len)
        parts[count++] = str_slice(content, from, content.len);
    return count;
}

static enum quell_code hmac_body(const struct auth *auth, const struct http_request *request,
                                 struct quell_error *err)
{
    struct quell_str parts[CONTENT_PARTS], signature;
    enum quell_code code = field_of(request, auth->header, &signature, err);

    if (code)
        return code;
    if (!str_starts(signature, auth->prefix))
        return deny(err, "the signature's prefix is not the one expected");
    signature = str_slice(signature, auth->prefix.len, signature.len);
    if (!signed_by_any(auth, parts, content_parts(auth, request, parts), auth->base64, signature))
        return deny(err, "the signature is wrong");
    return QUELL_OK;
}

/* ---- bearer: a token ---------------------------------------------------------------------------
 */

static const struct quell_field bearer_fields[] = {
    {.name = "token",
     .type = QUELL_FIELD_ANY,
     .flags = QUELL_REQUIRED | QUELL_CONSTANT,
     .doc = "The token as `{env: NAME}` or `{file: path}`; a list while it is rotated."},
    {.name = "delivery",
     .type = QUELL_FIELD_STRING,
     .flags = QUELL_NOT_EMPTY | QUELL_CONSTANT,
     .doc = "The header field with the sender's id of the delivery."},
    {.name = NULL},
};

static enum quell_code bearer_head(const struct auth *auth, const struct http_request *request,
                                   int64_t now_s, struct quell_error *err)
{
    struct quell_str given, scheme, token;
    bool found = false;
    enum quell_code code = field_of(request, QUELL_STR("authorization"), &given, err);

    (void)now_s;
    if (code)
        return code;
    if (!str_cut(given, ' ', &scheme, &token) || !str_equal_fold(scheme, QUELL_STR("bearer")))
        return deny(err, "the authorization is no bearer token");
    for (size_t i = 0; i < auth->key_count; i++)
        found |= str_equal_secret(secret_text(&auth->keys[i]), str_trim(token));
    return found ? QUELL_OK : deny(err, "the token is wrong");
}

/* ---- none --------------------------------------------------------------------------------------
 */

static const struct quell_field none_fields[] = {
    {.name = "delivery",
     .type = QUELL_FIELD_STRING,
     .flags = QUELL_NOT_EMPTY | QUELL_CONSTANT,
     .doc = "The header field with the sender's id of the delivery."},
    {.name = NULL},
};

const struct auth_kind auth_kinds[] = {
    {.name = "standard",
     .doc = "Standard Webhooks: id, timestamp and body are signed with a shared secret.",
     .example = "{standard: {secret: {env: SENTINEL_HOOK_SECRET}}}",
     .fields = standard_fields,
     .secret = "secret",
     .challenge = "Standard-Webhooks",
     .key = standard_key,
     .head = standard_head,
     .body = standard_body},
    {.name = "hmac",
     .doc = "HMAC-SHA256 of the body in a header field, as GitHub, Grafana and Slack send it.",
     .example = "{hmac: {header: X-Hub-Signature-256, prefix: sha256=, secret: {env: HUB_SECRET}, "
                "delivery: X-GitHub-Delivery}}",
     .fields = hmac_fields,
     .secret = "secret",
     .challenge = "HMAC-SHA256",
     .read = hmac_read,
     .head = hmac_head,
     .body = hmac_body},
    {.name = "bearer",
     .doc = "A token in the Authorization field; the body is not signed, so use TLS.",
     .example = "{bearer: {token: {file: /run/credentials/hook}}}",
     .fields = bearer_fields,
     .secret = "token",
     .challenge = "Bearer",
     .head = bearer_head},
    {.name = "none",
     .doc = "No proof: only for senders on this machine, while trying things out.",
     .example = "none",
     .fields = none_fields},
    {.name = NULL},
};
