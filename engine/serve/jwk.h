/*
 * jwk.h - public keys as JSON (RFC 7517), and signatures by them.
 */
#ifndef SERVE_JWK_H
#define SERVE_JWK_H

#include <stdbool.h>

#include <quell/value.h>

struct arena;

/* Whether `alg` is one of ours and this key, a JWK, may be used with it. */
bool jwk_fits(struct quell_value jwk, struct quell_str alg);
/* Whether `signature` is the key's under `signed_text`; jwk_fits must hold. */
bool jwk_verify(struct arena *arena, struct quell_value jwk, struct quell_str alg,
                struct quell_str signed_text, struct quell_str signature);

#endif
