/*
 * fuzz_jwt.c - any bytes as an ID token and as the key set of an identity provider: denied with a
 * reason, or claims that say what was wanted.
 *
 * Lines of an input: header, claims, key set (all JSON), signature (any bytes); the first two and
 * the last are spelt as a token has them. The whole of the input is tried as a token, too.
 */
#include <stdint.h>
#include <stdlib.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/str.h"
#include "serve/jwt.h"
#include "value/json.h"
#include "value/value.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void add_part(struct buf *out, struct quell_str bytes)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

    for (size_t at = 0; at < bytes.len; at += 3) {
        size_t count = bytes.len - at < 3 ? bytes.len - at : 3;
        uint32_t word = 0;

        for (size_t i = 0; i < 3; i++)
            word = word << 8 | (i < count ? (uint8_t)bytes.data[at + i] : 0);
        for (size_t i = 0; i <= count; i++)
            buf_add_char(out, digits[word >> (18 - 6 * i) & 63]);
    }
}

static void verify(struct arena *arena, struct quell_str token, struct quell_value jwks)
{
    const struct jwt_wanted wanted = {.issuer = QUELL_STR("https://issuer.example"),
                                      .audience = QUELL_STR("quell"),
                                      .nonce = QUELL_STR("n"),
                                      .now_s = 1780228800};
    struct quell_value claims = quell_null();
    struct quell_error err = {0};
    enum quell_code code = jwt_verify(arena, token, jwks, &wanted, &claims, &err);

    if (code && ((code != QUELL_DENIED && code != QUELL_NOT_FOUND) || !err.message[0]))
        abort();
    if (!code && !quell_str_equal(quell_get_str(claims, "iss"), wanted.issuer))
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *arena = arena_new(0);
    struct quell_str rest = {(const char *)data, size}, head, body, keys;
    struct quell_value jwks = quell_null();
    struct buf token = {.size_max = 1 << 22};
    struct quell_error err;

    (void)str_cut(rest, '\n', &head, &rest);
    (void)str_cut(rest, '\n', &body, &rest);
    (void)str_cut(rest, '\n', &keys, &rest);
    if (json_read(arena, keys, 0, &jwks, NULL, &err))
        jwks = quell_null();
    add_part(&token, head);
    buf_add_char(&token, '.');
    add_part(&token, body);
    buf_add_char(&token, '.');
    add_part(&token, rest);
    verify(arena, buf_str(&token), jwks);
    verify(arena, (struct quell_str){(const char *)data, size}, jwks);
    buf_free(&token);
    arena_free(arena);
    return 0;
}
