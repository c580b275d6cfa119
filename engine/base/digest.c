/*
 * digest.c - SHA-2, SHA-1, MD5 and HMAC on OpenSSL's EVP. Text encodings are in encoding.c.
 *
 * These calls fail only for want of memory or when OpenSSL is broken: both end the process.
 */
#include "base/digest.h"

#include <assert.h>
#include <openssl/evp.h>
#include <string.h>

#include "base/memory.h"

static void digest(const EVP_MD *kind, struct quell_str data, uint8_t *out, size_t size)
{
    unsigned len = 0;
    int good = EVP_Digest(data.data, data.len, out, &len, kind, NULL);
    assert(good == 1 && len == size);
    (void)good;
    (void)size;
}

void digest_sha256(struct quell_str data, uint8_t out[DIGEST_SHA256])
{
    digest(EVP_sha256(), data, out, DIGEST_SHA256);
}

void digest_sha1(struct quell_str data, uint8_t out[DIGEST_SHA1])
{
    digest(EVP_sha1(), data, out, DIGEST_SHA1);
}

void digest_sha512(struct quell_str data, uint8_t out[DIGEST_SHA512])
{
    digest(EVP_sha512(), data, out, DIGEST_SHA512);
}

void digest_md5(struct quell_str data, uint8_t out[DIGEST_MD5])
{
    digest(EVP_md5(), data, out, DIGEST_MD5);
}

enum { HMAC_BLOCK = 64 }; /* bytes: SHA-256's block, RFC 2104 */

/* SHA-256 of a key block and what follows it. */
static void keyed(const uint8_t block[HMAC_BLOCK], const struct quell_str *parts, size_t count,
                  uint8_t out[DIGEST_SHA256])
{
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    bool good = context && EVP_DigestInit_ex(context, EVP_sha256(), NULL) == 1 &&
                EVP_DigestUpdate(context, block, HMAC_BLOCK) == 1;
    for (size_t i = 0; good && i < count; i++)
        good = EVP_DigestUpdate(context, parts[i].data, parts[i].len) == 1;
    good = good && EVP_DigestFinal_ex(context, out, NULL) == 1;
    assert(good);
    (void)good;
    EVP_MD_CTX_free(context);
}

void digest_hmac_sha256(struct quell_str key, const struct quell_str *parts, size_t count,
                        uint8_t out[DIGEST_SHA256])
{
    uint8_t block[HMAC_BLOCK] = {0};
    uint8_t inner[DIGEST_SHA256];

    if (key.len > HMAC_BLOCK)
        digest_sha256(key, block);
    else if (key.len)
        memcpy(block, key.data, key.len);
    for (size_t i = 0; i < HMAC_BLOCK; i++)
        block[i] ^= 0x36;
    keyed(block, parts, count, inner);
    for (size_t i = 0; i < HMAC_BLOCK; i++)
        block[i] ^= 0x36 ^ 0x5C;
    struct quell_str part = {(const char *)inner, sizeof(inner)};
    keyed(block, &part, 1, out);
    memory_wipe(block, sizeof(block));
    memory_wipe(inner, sizeof(inner));
}
