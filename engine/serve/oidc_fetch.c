/*
 * oidc_fetch.c - what is asked of the provider: its metadata (OpenID Connect Discovery), its keys,
 * and an ID token for a code. Redirects are off; only its own hosts are asked.
 */
#include "serve/oidc_parts.h"

#include <stdio.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/digest.h"
#include "base/error.h"
#include "base/escape.h"
#include "base/limits.h"
#include "base/memory.h"
#include "base/str.h"
#include "loop/curl.h"
#include "loop/loop.h"
#include "serve/service.h"
#include "value/json.h"
#include "value/value.h"

void oidc_add(struct buf *out, const char *name, struct quell_str value)
{
    buf_add_format(out, "%s%s=", out->len ? "&" : "", name);
    escape_percent(out, value);
}

void oidc_document_drop(struct oidc_document *document)
{
    arena_free(document->arena);
    *document = (struct oidc_document){.arena = NULL};
}

static const struct oidc_settings *settings_of(const struct sign_in *sign_in)
{
    return &sign_in->oidc->service->setup->oidc;
}

/* Asks; `method` POST with a body must leave once. */
static void ask(struct sign_in *sign_in, struct curl_job *job, curl_done_fn *done)
{
    const struct oidc_settings *settings = settings_of(sign_in);

    if (!oidc_may_reach(settings, job->url)) {
        sign_in_fail(sign_in, 502,
                     "an endpoint of the provider is at a host that is not in `hosts`");
        return;
    }
    job->ca_file = settings->ca_file;
    job->egress = settings->egress;
    sign_in->transfer = curl_start(sign_in->oidc->pool, job, done, sign_in);
}

/* The answer as a document in `arena`; false: the sign-in has failed. */
static bool take(struct sign_in *sign_in, const struct curl_answer *answer, const char *what,
                 struct arena *arena, struct quell_value *value)
{
    struct quell_error err = {.code = QUELL_OK};
    char reason[256];

    sign_in->transfer = NULL;
    if (answer->code)
        (void)snprintf(reason, sizeof(reason), "%s: %.*s", what, QUELL_ARG(answer->message));
    else if (answer->status != 200)
        (void)snprintf(reason, sizeof(reason), "%s: the provider answered %d", what,
                       answer->status);
    else if (json_read(arena, arena_str(arena, answer->body), 0, value, NULL, &err) ||
             !quell_is(*value, QUELL_MAP))
        (void)snprintf(reason, sizeof(reason), "%s: no JSON object", what);
    else
        return true;
    sign_in_fail(sign_in, 502, reason);
    return false;
}

static void keep(struct sign_in *sign_in, struct oidc_document *document, struct arena *arena,
                 struct quell_value value)
{
    oidc_document_drop(document);
    document->arena = arena;
    document->value = value;
    document->fetched_us = loop_monotonic_us(sign_in->oidc->service->loop);
}

/* ---- metadata ----------------------------------------------------------------------------------
 */

static void on_metadata(const struct curl_answer *answer, void *user)
{
    struct sign_in *sign_in = user;
    struct arena *arena = arena_new(0);
    struct quell_value value;

    if (!take(sign_in, answer, "metadata", arena, &value)) {
        arena_free(arena);
        return;
    }
    /* Else one provider could speak for another. */
    if (!quell_str_equal(quell_get_str(value, "issuer"), settings_of(sign_in)->issuer)) {
        arena_free(arena);
        sign_in_fail(sign_in, 502, "metadata: the provider's `issuer` is not that of quell.yaml");
        return;
    }
    keep(sign_in, &sign_in->oidc->metadata, arena, value);
    sign_in_step(sign_in);
}

void oidc_fetch_metadata(struct sign_in *sign_in)
{
    struct quell_str issuer = settings_of(sign_in)->issuer;
    struct curl_job job = {.method = "GET"};

    if (str_ends(issuer, QUELL_STR("/")))
        issuer = str_slice(issuer, 0, issuer.len - 1);
    job.url =
        arena_format(sign_in->arena, "%.*s/.well-known/openid-configuration", QUELL_ARG(issuer));
    ask(sign_in, &job, on_metadata);
}

/* ---- keys --------------------------------------------------------------------------------------
 */

static void on_jwks(const struct curl_answer *answer, void *user)
{
    struct sign_in *sign_in = user;
    struct arena *arena = arena_new(0);
    struct quell_value value;

    if (!take(sign_in, answer, "keys", arena, &value)) {
        arena_free(arena);
        return;
    }
    keep(sign_in, &sign_in->oidc->jwks, arena, value);
    sign_in->jwks_are_new = true;
    sign_in_step(sign_in);
}

void oidc_fetch_jwks(struct sign_in *sign_in)
{
    struct curl_job job = {
        .method = "GET",
        .url = quell_get_str(sign_in->oidc->metadata.value, "jwks_uri"),
    };

    ask(sign_in, &job, on_jwks);
}

/* ---- the token of a code -----------------------------------------------------------------------
 */

static void on_token(const struct curl_answer *answer, void *user)
{
    struct sign_in *sign_in = user;
    struct quell_value value;

    if (!take(sign_in, answer, "token", sign_in->arena, &value))
        return;
    sign_in->id_token = quell_get_str(value, "id_token");
    if (sign_in->id_token.len == 0)
        sign_in_fail(sign_in, 502, "token: there is no ID token in it");
    else
        sign_in_step(sign_in);
}

/* Whether the secret goes into a field (the default of the standard) or the body. */
static bool secret_in_body(struct quell_value metadata)
{
    struct quell_value methods = quell_get(metadata, "token_endpoint_auth_methods_supported");
    bool basic = quell_is_null(methods), body = false;

    for (size_t i = 0; i < quell_count(methods); i++) {
        basic |= quell_text_is(quell_at(methods, i), "client_secret_basic");
        body |= quell_text_is(quell_at(methods, i), "client_secret_post");
    }
    return body && !basic;
}

static struct quell_str basic(struct arena *arena, const struct oidc_settings *settings)
{
    struct buf pair = {.size_max = 4096};
    struct quell_str text;

    escape_percent(&pair, settings->client_id); /* RFC 6749, 2.3.1 */
    buf_add_char(&pair, ':');
    escape_percent(&pair, secret_text(&settings->client_secret));
    text = arena_format(arena, "Basic %.*s", QUELL_ARG(digest_base64(arena, buf_str(&pair))));
    memory_wipe(pair.data, pair.cap);
    buf_free(&pair);
    return text;
}

void oidc_fetch_token(struct sign_in *sign_in)
{
    const struct oidc_settings *settings = settings_of(sign_in);
    struct quell_value metadata = sign_in->oidc->metadata.value;
    struct quell_header headers[2] = {
        {"Content-Type", QUELL_STR("application/x-www-form-urlencoded")}};
    struct curl_job job = {
        .method = "POST", .changes = true, .headers = headers, .header_count = 1};
    struct buf form = {.size_max = 65536};
    bool secret = settings->client_secret.len > 0;

    oidc_add(&form, "grant_type", QUELL_STR("authorization_code"));
    oidc_add(&form, "code", sign_in->code);
    oidc_add(&form, "redirect_uri",
             arena_format(sign_in->arena, "%.*s/auth/callback",
                          QUELL_ARG(sign_in->oidc->service->setup->origin)));
    oidc_add(&form, "code_verifier", quell_str_of(sign_in->flow.verifier));
    if (!secret || secret_in_body(metadata))
        oidc_add(&form, "client_id", settings->client_id);
    if (secret && secret_in_body(metadata)) {
        oidc_add(&form, "client_secret", secret_text(&settings->client_secret));
    } else if (secret) {
        headers[1] = (struct quell_header){"Authorization", basic(sign_in->arena, settings)};
        job.header_count = 2;
    }
    job.url = quell_get_str(metadata, "token_endpoint");
    job.body = buf_str(&form);
    ask(sign_in, &job, on_token);
    memory_wipe(form.data, form.cap);
    buf_free(&form);
}
