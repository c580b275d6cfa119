/*
 * fn_hash.c - digests as hexadecimal text. Their rows are in fn_hash.def.
 */
#include "base/digest.h"
#include "cel/evaluation.h"

/* A digest takes about as long for so many bytes as a step of the evaluation. */
enum { DIGEST_BYTES_A_STEP = 128 };

/* One function for each digest: DIGEST(function, base function, size). */
#define DIGEST(name, run, size)                                                                    \
    enum quell_code name(struct evaluation *e, const struct node *node,                            \
                         const struct quell_value *arguments, struct quell_value *made)            \
    {                                                                                              \
        uint8_t digest[size];                                                                      \
        enum quell_code code = evaluation_charge(e, node, arguments[0].len / DIGEST_BYTES_A_STEP); \
        if (code)                                                                                  \
            return code;                                                                           \
        run(quell_str(arguments[0]), digest);                                                      \
        return evaluation_text(e, node, digest_hex(e->arena, digest, size), made);                 \
    }
DIGEST(cel_hash_sha256, digest_sha256, DIGEST_SHA256)
DIGEST(cel_hash_sha512, digest_sha512, DIGEST_SHA512)
DIGEST(cel_hash_sha1, digest_sha1, DIGEST_SHA1)
DIGEST(cel_hash_md5, digest_md5, DIGEST_MD5)
#undef DIGEST

enum quell_code cel_hash_hmac_sha256(struct evaluation *e, const struct node *node,
                                     const struct quell_value *arguments, struct quell_value *made)
{
    uint8_t digest[DIGEST_SHA256];
    struct quell_str text = quell_str(arguments[0]);
    size_t bytes = (size_t)arguments[0].len + arguments[1].len;
    enum quell_code code = evaluation_charge(e, node, bytes / DIGEST_BYTES_A_STEP);
    if (code)
        return code;
    digest_hmac_sha256(quell_str(arguments[1]), &text, 1, digest);
    return evaluation_text(e, node, digest_hex(e->arena, digest, sizeof(digest)), made);
}
