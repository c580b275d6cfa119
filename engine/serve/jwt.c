/*
 * jwt.c - one ID token: its three parts, the key that its header names, and each claim that must
 * hold. What is not said, or said in another type, does not hold.
 */
#include "serve/jwt.h"

#include "base/arena.h"
#include "base/digest.h"
#include "base/error.h"
#include "base/limits.h"
#include "base/str.h"
#include "serve/jwk.h"
#include "value/json.h"
#include "value/value.h"

enum {
    SKEW_S = 60,
    BACKDATED_S = 600, /* Entra writes `iat` five minutes before the time, for slow clocks */
    SUBJECT_BYTES = 255,
    KEYS_MOST = 100,
};

static enum quell_code denied(struct quell_error *err, const char *why)
{
    return error_set(err, QUELL_DENIED, "the ID token %s", why);
}

/* base64url without padding, as JWS has it: no other spelling of the same bytes. */
static bool part(struct arena *arena, struct quell_str text, struct quell_str *bytes)
{
    for (size_t i = 0; i < text.len; i++)
        if (text.data[i] == '+' || text.data[i] == '/' || text.data[i] == '=')
            return false;
    return text.len > 0 && digest_from_base64(arena, text, bytes);
}

static enum quell_code read_part(struct arena *arena, struct quell_str text,
                                 struct quell_value *value, struct quell_error *err)
{
    struct quell_error ignored;
    struct quell_str bytes;

    if (!part(arena, text, &bytes) || json_read(arena, bytes, 0, value, NULL, &ignored) ||
        !quell_is(*value, QUELL_MAP))
        return denied(err, "is not well-formed");
    return QUELL_OK;
}

/* The one key that fits. Without a `kid` there must be no choice. */
static enum quell_code find_key(struct quell_value jwks, struct quell_value header,
                                struct quell_value *key, struct quell_error *err)
{
    struct quell_value keys = quell_get(jwks, "keys"), kid = quell_get(header, "kid");
    struct quell_str alg = quell_get_str(header, "alg");
    size_t found = 0;

    for (size_t i = 0; i < quell_count(keys) && i < KEYS_MOST; i++) {
        struct quell_value jwk = quell_at(keys, i);

        if (!jwk_fits(jwk, alg))
            continue;
        if (!quell_is_null(kid) && !value_equal(kid, quell_get(jwk, "kid")))
            continue;
        *key = jwk;
        found++;
    }
    if (found == 1)
        return QUELL_OK;
    if (found > 1)
        return denied(err, "does not say which key it is signed by");
    return error_set(err, QUELL_NOT_FOUND, "the ID token is signed by a key that is not known");
}

static enum quell_code check_header(struct quell_value header, struct quell_error *err)
{
    struct quell_str alg = quell_get_str(header, "alg");

    if (!str_is(alg, "RS256") && !str_is(alg, "PS256") && !str_is(alg, "ES256"))
        return denied(err, "has an algorithm that is not RS256, PS256 or ES256");
    /* An extension that must be understood, and none is. */
    if (!quell_is_null(quell_get(header, "crit")))
        return denied(err, "has critical extensions");
    return QUELL_OK;
}

/* ---- claims ------------------------------------------------------------------------------------
 */

static bool is_for(struct quell_value claims, struct quell_str client)
{
    struct quell_value aud = quell_get(claims, "aud"), azp = quell_get(claims, "azp");
    bool among = quell_is(aud, QUELL_STRING) && quell_str_equal(quell_str(aud), client);

    for (size_t i = 0; quell_is(aud, QUELL_LIST) && i < quell_count(aud); i++)
        among |= quell_str_equal(quell_str(quell_at(aud, i)), client);
    if (!among)
        return false;
    /* Made for others, too: then it says that it was we who asked. */
    if (quell_is_null(azp))
        return !quell_is(aud, QUELL_LIST) || quell_count(aud) == 1;
    return quell_str_equal(quell_str(azp), client);
}

/* A NumericDate; some write it with a fraction. */
static bool time_of(struct quell_value claims, const char *name, int64_t *seconds)
{
    struct quell_value value = quell_get(claims, name);
    double real;

    real = quell_is(value, QUELL_INT) || quell_is(value, QUELL_DOUBLE) ? value_real(value) : -1;
    if (!(real >= 0 && real < 1e15))
        return false;
    *seconds = (int64_t)real;
    return true;
}

static enum quell_code check_times(struct quell_value claims, const struct jwt_wanted *wanted,
                                   struct quell_error *err)
{
    int64_t at;

    if (!time_of(claims, "exp", &at) || at + SKEW_S <= wanted->now_s)
        return denied(err, "has expired");
    if (!time_of(claims, "iat", &at) || at - SKEW_S > wanted->now_s)
        return denied(err, "is from the future");
    if (at + BACKDATED_S < wanted->after_s)
        return denied(err, "is older than the question");
    if (!quell_is_null(quell_get(claims, "nbf")) &&
        (!time_of(claims, "nbf", &at) || at - SKEW_S > wanted->now_s))
        return denied(err, "is not valid yet");
    return QUELL_OK;
}

static enum quell_code check_claims(struct quell_value claims, const struct jwt_wanted *wanted,
                                    struct quell_error *err)
{
    struct quell_str subject = quell_get_str(claims, "sub");

    if (!quell_str_equal(quell_get_str(claims, "iss"), wanted->issuer))
        return denied(err, "is from another issuer");
    if (!is_for(claims, wanted->audience))
        return denied(err, "is for another client");
    if (wanted->nonce.len == 0 || !str_equal_secret(quell_get_str(claims, "nonce"), wanted->nonce))
        return denied(err, "answers another question");
    if (subject.len == 0 || subject.len > SUBJECT_BYTES)
        return denied(err, "does not say whom it is about");
    return check_times(claims, wanted, err);
}

enum quell_code jwt_verify(struct arena *arena, struct quell_str token, struct quell_value jwks,
                           const struct jwt_wanted *wanted, struct quell_value *claims,
                           struct quell_error *err)
{
    struct quell_str head, rest, body, tail, signature;
    struct quell_value header, key, made;
    enum quell_code code;

    if (token.len > LIMIT_ID_TOKEN_BYTES || !str_cut(token, '.', &head, &rest) ||
        !str_cut(rest, '.', &body, &tail) || !part(arena, tail, &signature))
        return denied(err, "is not well-formed");
    code = read_part(arena, head, &header, err);
    if (!code)
        code = check_header(header, err);
    if (!code)
        code = find_key(jwks, header, &key, err);
    if (code)
        return code;
    if (!jwk_verify(arena, key, quell_get_str(header, "alg"),
                    (struct quell_str){token.data, head.len + 1 + body.len}, signature))
        return denied(err, "has a wrong signature");
    code = read_part(arena, body, &made, err);
    if (!code)
        code = check_claims(made, wanted, err);
    if (!code)
        *claims = made;
    return code;
}
