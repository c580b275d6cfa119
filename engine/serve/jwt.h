/*
 * jwt.h - ID tokens: signature (RS256, PS256, ES256) and claims (OpenID Connect Core 3.1.3.7).
 * Pure: keys and the time are given.
 *
 * The algorithm is that of the key, not what the token would like: `none` and HMAC are no
 * algorithms here, so a public key is never taken for a shared secret.
 */
#ifndef SERVE_JWT_H
#define SERVE_JWT_H

#include <quell/error.h>
#include <quell/value.h>

struct arena;

/* What a token must say. */
struct jwt_wanted {
    struct quell_str issuer, audience, nonce;
    int64_t now_s;
    int64_t after_s; /* it was not issued long before; 0 = does not matter */
};

/* Verifies a token by the key of a JWK set ({keys: [...]}) that its header names. *claims live in
 * `arena`. QUELL_NOT_FOUND: there is no such key (the set may be old); QUELL_DENIED: it is not what
 * it should be, and `err` says what for the log. */
enum quell_code jwt_verify(struct arena *arena, struct quell_str token, struct quell_value jwks,
                           const struct jwt_wanted *wanted, struct quell_value *claims,
                           struct quell_error *err) QUELL_MUST_CHECK;

#endif
