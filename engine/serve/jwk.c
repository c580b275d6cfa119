/*
 * jwk.c - a table of the algorithms that are accepted, and how a key of each is made for OpenSSL.
 */
#include "serve/jwk.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <openssl/rsa.h>

#include "base/arena.h"
#include "base/digest.h"
#include "base/str.h"

enum {
    RSA_BITS_LEAST = 2048, /* NIST SP 800-131A */
    RSA_BYTES_MOST = 1024, /* 8,192 bits: a larger one only costs time */
    EC_BYTES = 32,         /* of a coordinate of P-256 */
};

static const struct algorithm {
    const char *name, *kty, *curve; /* curve NULL = none */
    bool pss;
} algorithms[] = {
    {"RS256", "RSA", NULL, false},
    {"PS256", "RSA", NULL, true},
    {"ES256", "EC", "P-256", false},
    {NULL, NULL, NULL, false},
};

static const struct algorithm *find(struct quell_str name)
{
    for (const struct algorithm *row = algorithms; row->name; row++)
        if (str_is(name, row->name))
            return row;
    return NULL;
}

bool jwk_fits(struct quell_value jwk, struct quell_str alg)
{
    const struct algorithm *row = find(alg);
    struct quell_value use = quell_get(jwk, "use"), own = quell_get(jwk, "alg");

    if (!row || !quell_text_is(quell_get(jwk, "kty"), row->kty))
        return false;
    if (row->curve && !quell_text_is(quell_get(jwk, "crv"), row->curve))
        return false;
    return (quell_is_null(use) || quell_text_is(use, "sig")) &&
           (quell_is_null(own) || quell_text_is(own, row->name));
}

/* ---- keys --------------------------------------------------------------------------------------
 */

static bool bytes_of(struct arena *arena, struct quell_value jwk, const char *name,
                     struct quell_str *bytes)
{
    return digest_from_base64(arena, quell_get_str(jwk, name), bytes) && bytes->len > 0;
}

static EVP_PKEY *make(const char *type, OSSL_PARAM_BLD *build)
{
    OSSL_PARAM *params = OSSL_PARAM_BLD_to_param(build);
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(NULL, type, NULL);
    EVP_PKEY *key = NULL;

    if (!params || !context || EVP_PKEY_fromdata_init(context) <= 0 ||
        EVP_PKEY_fromdata(context, &key, EVP_PKEY_PUBLIC_KEY, params) <= 0)
        key = NULL;
    EVP_PKEY_CTX_free(context);
    OSSL_PARAM_free(params);
    return key;
}

static EVP_PKEY *rsa_key(struct arena *arena, struct quell_value jwk)
{
    struct quell_str n, e;
    OSSL_PARAM_BLD *build;
    BIGNUM *modulus, *exponent;
    EVP_PKEY *key = NULL;

    if (!bytes_of(arena, jwk, "n", &n) || !bytes_of(arena, jwk, "e", &e) ||
        n.len > RSA_BYTES_MOST || e.len > 8)
        return NULL;
    build = OSSL_PARAM_BLD_new();
    modulus = BN_bin2bn((const unsigned char *)n.data, (int)n.len, NULL);
    exponent = BN_bin2bn((const unsigned char *)e.data, (int)e.len, NULL);
    if (build && modulus && exponent && BN_num_bits(modulus) >= RSA_BITS_LEAST &&
        OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_RSA_N, modulus) &&
        OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_RSA_E, exponent))
        key = make("RSA", build);
    OSSL_PARAM_BLD_free(build);
    BN_free(modulus);
    BN_free(exponent);
    return key;
}

static EVP_PKEY *ec_key(struct arena *arena, struct quell_value jwk)
{
    unsigned char point[1 + 2 * EC_BYTES] = {4}; /* uncompressed */
    struct quell_str x, y;
    OSSL_PARAM_BLD *build;
    EVP_PKEY *key = NULL;

    if (!bytes_of(arena, jwk, "x", &x) || !bytes_of(arena, jwk, "y", &y) || x.len != EC_BYTES ||
        y.len != EC_BYTES)
        return NULL;
    memcpy(point + 1, x.data, EC_BYTES);
    memcpy(point + 1 + EC_BYTES, y.data, EC_BYTES);
    build = OSSL_PARAM_BLD_new();
    if (build &&
        OSSL_PARAM_BLD_push_utf8_string(build, OSSL_PKEY_PARAM_GROUP_NAME, "prime256v1", 0) &&
        OSSL_PARAM_BLD_push_octet_string(build, OSSL_PKEY_PARAM_PUB_KEY, point, sizeof(point)))
        key = make("EC", build); /* a point that is not on the curve is refused here */
    OSSL_PARAM_BLD_free(build);
    return key;
}

/* ---- signatures --------------------------------------------------------------------------------
 */

/* JWS has r and s side by side (RFC 7518, 3.4); OpenSSL wants them in DER. */
static bool to_der(struct arena *arena, struct quell_str raw, struct quell_str *der)
{
    ECDSA_SIG *pair = ECDSA_SIG_new();
    BIGNUM *r, *s;
    unsigned char *at;
    int len;

    if (!pair || raw.len != 2 * EC_BYTES) {
        ECDSA_SIG_free(pair);
        return false;
    }
    r = BN_bin2bn((const unsigned char *)raw.data, EC_BYTES, NULL);
    s = BN_bin2bn((const unsigned char *)raw.data + EC_BYTES, EC_BYTES, NULL);
    if (!r || !s || !ECDSA_SIG_set0(pair, r, s)) {
        BN_free(r);
        BN_free(s);
        ECDSA_SIG_free(pair);
        return false;
    }
    len = i2d_ECDSA_SIG(pair, NULL);
    at = arena_alloc(arena, len > 0 ? (size_t)len : 1);
    *der = (struct quell_str){(const char *)at, len > 0 ? (size_t)len : 0};
    len = i2d_ECDSA_SIG(pair, &at);
    ECDSA_SIG_free(pair);
    return len > 0;
}

static bool check(EVP_PKEY *key, bool pss, struct quell_str text, struct quell_str signature)
{
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    EVP_PKEY_CTX *settings = NULL;
    bool good = context && EVP_DigestVerifyInit(context, &settings, EVP_sha256(), NULL, key) == 1;

    if (good && pss)
        good = EVP_PKEY_CTX_set_rsa_padding(settings, RSA_PKCS1_PSS_PADDING) == 1 &&
               EVP_PKEY_CTX_set_rsa_pss_saltlen(settings, RSA_PSS_SALTLEN_DIGEST) == 1;
    if (good)
        good = EVP_DigestVerify(context, (const unsigned char *)signature.data, signature.len,
                                (const unsigned char *)text.data, text.len) == 1;
    EVP_MD_CTX_free(context);
    return good;
}

bool jwk_verify(struct arena *arena, struct quell_value jwk, struct quell_str alg,
                struct quell_str signed_text, struct quell_str signature)
{
    const struct algorithm *row = find(alg);
    EVP_PKEY *key;
    bool good = false;

    if (!row || !jwk_fits(jwk, alg))
        return false;
    key = row->curve ? ec_key(arena, jwk) : rsa_key(arena, jwk);
    if (key && (!row->curve || to_der(arena, signature, &signature)))
        good = check(key, row->pss, signed_text, signature);
    EVP_PKEY_free(key);
    return good;
}
