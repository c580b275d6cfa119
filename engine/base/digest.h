/*
 * digest.h - SHA-256, HMAC and text encodings, on OpenSSL's EVP.
 */
#ifndef BASE_DIGEST_H
#define BASE_DIGEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <quell/value.h>

struct arena;

enum { DIGEST_SHA256 = 32, DIGEST_SHA512 = 64, DIGEST_SHA1 = 20, DIGEST_MD5 = 16 };

void digest_sha256(struct quell_str data, uint8_t out[DIGEST_SHA256]);
void digest_sha512(struct quell_str data, uint8_t out[DIGEST_SHA512]);
void digest_sha1(struct quell_str data, uint8_t out[DIGEST_SHA1]);
/* Broken, and still what old systems name files by. */
void digest_md5(struct quell_str data, uint8_t out[DIGEST_MD5]);
/* HMAC-SHA256 over several slices, one after the other. */
void digest_hmac_sha256(struct quell_str key, const struct quell_str *parts, size_t count,
                        uint8_t out[DIGEST_SHA256]);
struct quell_str digest_hex(struct arena *arena, const uint8_t *data, size_t len); /* lower case */
bool digest_from_hex(struct arena *arena, struct quell_str text, struct quell_str *bytes);
struct quell_str digest_base64(struct arena *arena, struct quell_str data); /* with padding */
/* Accepts the standard and the url alphabet, padding optional; false on anything else. */
bool digest_from_base64(struct arena *arena, struct quell_str text, struct quell_str *bytes);

#endif
