/*
 * sign.c - Standard Webhooks: what we send is signed with a secret that the receiver has, too.
 * serve/auth_kinds.c checks the same on the way in.
 */
#include "base/arena.h"
#include "base/digest.h"
#include "base/error.h"
#include "base/memory.h"
#include "base/str.h"
#include "connector/connection_parts.h"
#include "loop/secret.h"

enum { KEY_BYTES_MIN = 24, KEY_BYTES_MAX = 64 }; /* Standard Webhooks, "Signature scheme" */

/* `whsec_` may be missing, as the specification's libraries have it. */
static enum quell_code read_key(struct arena *arena, struct quell_value auth, struct quell_str *key,
                                struct quell_error *err)
{
    struct secret secret = {0};
    struct quell_str text;
    enum quell_code code = secret_read(quell_get(auth, "secret"), &secret, err);

    if (code)
        return code;
    text = str_trim(secret_text(&secret));
    if (str_starts(text, QUELL_STR("whsec_")))
        text = str_slice(text, sizeof("whsec_") - 1, text.len);
    if (!digest_from_base64(arena, text, key) || key->len < KEY_BYTES_MIN ||
        key->len > KEY_BYTES_MAX)
        code =
            error_set(err, QUELL_INVALID, "`auth.secret` is `whsec_` and base64 of %d to %d bytes",
                      KEY_BYTES_MIN, KEY_BYTES_MAX);
    secret_wipe(&secret);
    return code;
}

enum quell_code sign_standard(struct arena *arena, struct quell_value auth,
                              const struct signed_request *request, struct quell_header *headers,
                              struct quell_error *err)
{
    struct quell_str dot = QUELL_STR("."), key = {NULL, 0};
    struct quell_str at = arena_format(arena, "%lld", (long long)request->now_s);
    struct quell_str parts[] = {request->id, dot, at, dot, request->body}, text;
    uint8_t mac[DIGEST_SHA256];
    enum quell_code code = read_key(arena, auth, &key, err);

    if (!code) {
        digest_hmac_sha256(key, parts, sizeof(parts) / sizeof(*parts), mac);
        text = digest_base64(arena, (struct quell_str){(const char *)mac, sizeof(mac)});
        headers[0] = (struct quell_header){"webhook-id", arena_str(arena, request->id)};
        headers[1] = (struct quell_header){"webhook-timestamp", at};
        headers[2] = (struct quell_header){"webhook-signature",
                                           arena_format(arena, "v1,%.*s", QUELL_ARG(text))};
    }
    memory_wipe((void *)(uintptr_t)key.data, key.len);
    return code;
}
