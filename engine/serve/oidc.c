/*
 * oidc.c - signing in: to the provider and back, step by step.
 *
 *   GET /auth/login      a flow begins: state, nonce, PKCE; its cookie ties it to this browser
 *   ... the provider ...
 *   GET /auth/callback   the flow of that cookie ends; its state is compared, the code becomes an
 * ID token, the token is verified, its person is looked for; a session begins
 */
#include "serve/oidc_parts.h"

#include "base/arena.h"
#include "base/buf.h"
#include "base/digest.h"
#include "base/error.h"
#include "base/limits.h"
#include "base/memory.h"
#include "base/str.h"
#include "loop/curl.h"
#include "loop/log.h"
#include "loop/loop.h"
#include "serve/browser.h"
#include "serve/form.h"
#include "serve/jwt.h"
#include "serve/page.h"
#include "serve/service.h"
#include "value/value.h"

enum {
    METADATA_S = 3600, /* how long what the provider says of itself is believed */
    JWKS_S = 3600,     /* and its keys */
    JWKS_AGAIN_S = 30, /* an unknown key makes us ask again, but not for each token */
    CODE_BYTES = 4096, /* of an authorization code; Entra's have 1,500 */
};

/* ---- life --------------------------------------------------------------------------------------
 */

struct oidc *oidc_new(struct service *service)
{
    struct oidc *oidc = memory_new(sizeof(*oidc));

    oidc->service = service;
    oidc->pool = curl_pool_new(service->loop);
    oidc->flows = flows_new(service->loop);
    return oidc;
}

void oidc_reset(struct oidc *oidc)
{
    while (oidc->first)
        sign_in_fail(oidc->first, 503, "the configuration has changed: begin anew");
    flows_free(oidc->flows);
    oidc->flows = flows_new(oidc->service->loop);
    oidc_document_drop(&oidc->metadata);
    oidc_document_drop(&oidc->jwks);
}

void oidc_free(struct oidc *oidc)
{
    if (!oidc)
        return;
    oidc_reset(oidc);
    flows_free(oidc->flows);
    curl_pool_free(oidc->pool);
    memory_free(oidc);
}

static struct sign_in *sign_in_new(struct exchange *exchange)
{
    struct service *service = exchange->service;
    struct oidc *oidc = service->oidc;
    struct sign_in *made = memory_new(sizeof(*made));

    made->oidc = oidc;
    made->exchange = exchange;
    made->arena = arena_new(0);
    made->next = oidc->first;
    oidc->first = made;
    oidc->count++;
    return made;
}

static void sign_in_free(struct sign_in *sign_in)
{
    struct sign_in **at = &sign_in->oidc->first;

    while (*at != sign_in)
        at = &(*at)->next;
    *at = sign_in->next;
    sign_in->oidc->count--;
    if (sign_in->transfer)
        curl_cancel(sign_in->transfer);
    memory_wipe(&sign_in->flow, sizeof(sign_in->flow));
    arena_free(sign_in->arena);
    memory_free(sign_in);
}

void sign_in_fail(struct sign_in *sign_in, int status, const char *reason)
{
    struct exchange *exchange = sign_in->exchange;

    /* What the provider says is for the log: a page that shows it would show what anybody wrote
     * there. */
    log_line(LOG_LEVEL_WARNING, "sign-in peer=%s failed: %s", exchange->peer.text, reason);
    page_message(exchange, status, "Not signed in",
                 status == 403   ? quell_str_of(reason)
                 : status == 503 ? QUELL_STR("Please try again.")
                                 : QUELL_STR("The OpenID provider did not answer as it should. The "
                                             "log of quell tells more."));
    sign_in_free(sign_in);
}

static bool is_old(const struct sign_in *sign_in, const struct oidc_document *document, int64_t s)
{
    return !document->arena ||
           loop_monotonic_us(sign_in->oidc->service->loop) - document->fetched_us > s * 1000000;
}

/* ---- there -------------------------------------------------------------------------------------
 */

/* The verifier's SHA-256 as base64url (RFC 7636, 4.2). */
static struct quell_str challenge_of(struct arena *arena, const char *verifier)
{
    uint8_t digest[DIGEST_SHA256];
    struct quell_str text;
    char *made;

    digest_sha256(quell_str_of(verifier), digest);
    text = digest_base64(arena, (struct quell_str){(const char *)digest, sizeof(digest)});
    made = arena_alloc(arena, text.len + 1);
    for (size_t i = 0; i < text.len; i++)
        made[i] = text.data[i] == '+' ? '-' : text.data[i] == '/' ? '_' : text.data[i];
    return (struct quell_str){made, text.len - 1}; /* 32 bytes end with one `=` */
}

static void send_there(struct sign_in *sign_in)
{
    struct service *service = sign_in->oidc->service;
    const struct oidc_settings *settings = &service->setup->oidc;
    struct quell_str endpoint =
        quell_get_str(sign_in->oidc->metadata.value, "authorization_endpoint");
    struct answer answer = {.status = 303};
    struct buf query = {.size_max = 16384};
    char id[SESSION_ID_CHARS + 1];
    const struct flow *flow;

    if (!oidc_may_reach(settings, endpoint)) {
        sign_in_fail(sign_in, 502,
                     "its authorization endpoint is at a host that is not in `hosts`");
        return;
    }
    flow = flow_begin(sign_in->oidc->flows, sign_in->wanted, id);
    oidc_add(&query, "response_type", QUELL_STR("code"));
    oidc_add(&query, "client_id", settings->client_id);
    oidc_add(&query, "redirect_uri",
             arena_format(sign_in->arena, "%.*s/auth/callback", QUELL_ARG(service->setup->origin)));
    oidc_add(&query, "scope", settings->scope);
    oidc_add(&query, "state", quell_str_of(flow->state));
    oidc_add(&query, "nonce", quell_str_of(flow->nonce));
    oidc_add(&query, "code_challenge", challenge_of(sign_in->arena, flow->verifier));
    oidc_add(&query, "code_challenge_method", QUELL_STR("S256"));
    answer.fields[0] = (struct answer_field){
        "Location", arena_format(sign_in->arena, "%.*s%s%.*s", QUELL_ARG(endpoint),
                                 str_find(endpoint, QUELL_STR("?"), 0) == SIZE_MAX ? "?" : "&",
                                 QUELL_ARG(buf_str(&query)))};
    answer.fields[1] =
        (struct answer_field){"Set-Cookie", browser_flow_cookie(sign_in->exchange, id)};
    exchange_answer(sign_in->exchange, &answer);
    buf_free(&query);
    sign_in_free(sign_in);
}

/* ---- and back ----------------------------------------------------------------------------------
 */

static void note(struct exchange *exchange, struct quell_str who, const char *what,
                 struct quell_str subject)
{
    struct service *service = exchange->service;
    struct map_builder detail = {.arena = exchange->arena};
    struct quell_audit_row row = {.who = who, .what = what, .subject = subject};

    map_add(&detail, "peer", quell_text(exchange->peer.text));
    row.detail = map_made(&detail);
    service->engine.audit(service->engine.engine, &row);
}

/* The token is good: whoever it is about is let in. */
static void let_in(struct sign_in *sign_in, struct quell_value claims)
{
    struct exchange *exchange = sign_in->exchange;
    struct service *service = sign_in->oidc->service;
    struct quell_value users = quell_get(service->engine.config(service->engine.engine), "users");
    struct quell_str subject = quell_get_str(claims, service->setup->oidc.subject.data);
    struct quell_error err = {.code = QUELL_OK};
    struct session_person person;
    struct quell_str cookies[2];
    char id[SESSION_ID_CHARS + 1];

    if (oidc_person(&service->setup->oidc, users, claims, sign_in->arena, &person, &err)) {
        if (exchange->service)
            note(exchange, subject.len ? subject : QUELL_STR("?"), "refused",
                 QUELL_STR("/auth/callback"));
        sign_in_fail(sign_in, 403, err.message);
        return;
    }
    session_begin(service->sessions, &person, id);
    note(exchange, person.name, "signed_in", subject);
    log_line(LOG_LEVEL_INFO, "sign-in peer=%s name=%.*s", exchange->peer.text,
             QUELL_ARG(person.name));
    cookies[0] = browser_cookie(exchange, id);
    cookies[1] = browser_flow_cookie(exchange, "");
    page_go_on(exchange, sign_in->flow.next, cookies, 2);
    sign_in_free(sign_in);
}

/* An unknown key makes us ask for new ones; one after the other does not. */
static bool may_ask_again(struct oidc *oidc)
{
    int64_t now_us = loop_monotonic_us(oidc->service->loop);

    if (oidc->asked_again_us && now_us - oidc->asked_again_us < (int64_t)JWKS_AGAIN_S * 1000000)
        return false;
    oidc->asked_again_us = now_us;
    return true;
}

static void verify(struct sign_in *sign_in)
{
    struct oidc *oidc = sign_in->oidc;
    const struct oidc_settings *settings = &oidc->service->setup->oidc;
    struct jwt_wanted wanted = {.issuer = settings->issuer,
                                .audience = settings->client_id,
                                .nonce = quell_str_of(sign_in->flow.nonce),
                                .now_s = loop_now_us(oidc->service->loop) / 1000000,
                                .after_s = sign_in->flow.begun_s};
    struct quell_error err = {.code = QUELL_OK};
    struct quell_value claims;
    enum quell_code code =
        jwt_verify(sign_in->arena, sign_in->id_token, oidc->jwks.value, &wanted, &claims, &err);

    if (code == QUELL_NOT_FOUND && !sign_in->jwks_are_new && may_ask_again(oidc))
        oidc_fetch_jwks(sign_in); /* the provider may have a new key */
    else if (code)
        sign_in_fail(sign_in, 403, err.message);
    else
        let_in(sign_in, claims);
}

void sign_in_step(struct sign_in *sign_in)
{
    struct oidc *oidc = sign_in->oidc;

    if (is_old(sign_in, &oidc->metadata, METADATA_S))
        oidc_fetch_metadata(sign_in);
    else if (!sign_in->returns)
        send_there(sign_in);
    else if (sign_in->id_token.len == 0)
        oidc_fetch_token(sign_in);
    else if (is_old(sign_in, &oidc->jwks, JWKS_S))
        oidc_fetch_jwks(sign_in);
    else
        verify(sign_in);
}

/* ---- routes ------------------------------------------------------------------------------------
 */

/* Whether one more may wait for the provider; else it has answered. */
static bool may_begin(struct exchange *exchange)
{
    const struct service *service = exchange->service;

    if (!service->setup->signs_in) {
        exchange_problem(exchange, 404, "quell.yaml has no `oidc`: nobody signs in here");
        return false;
    }
    if (service->oidc->count >= LIMIT_SIGN_IN_FETCHES) {
        exchange_problem_with(exchange, 503, "too many are signing in", "Retry-After",
                              QUELL_STR("5"));
        return false;
    }
    return true;
}

void oidc_login(struct exchange *exchange)
{
    struct quell_str next = {"", 0};
    struct sign_in *sign_in;

    if (!may_begin(exchange))
        return;
    sign_in = sign_in_new(exchange);
    if (!form_get(sign_in->arena, exchange->request->query, "next", &next))
        next = QUELL_STR("");
    sign_in->wanted = page_next(next);
    sign_in_step(sign_in);
}

/* The flow of the browser, when what came back is its answer. */
static const char *take_flow(struct sign_in *sign_in)
{
    struct exchange *exchange = sign_in->exchange;
    const struct oidc *oidc = sign_in->oidc;
    struct quell_str query = exchange->request->query, id, text;

    if (!cookie_get(exchange, browser_cookie_name(oidc->service, true), &id) ||
        !flow_take(oidc->flows, sign_in->arena, id, &sign_in->flow))
        return "This sign-in was not begun by this browser, or took too long.";
    if (!form_get(sign_in->arena, query, "state", &text) ||
        !str_equal_secret(text, quell_str_of(sign_in->flow.state)))
        return "This is no answer to the sign-in that this browser began.";
    /* RFC 9207: the answer of another provider is none. */
    if (str_find(query, QUELL_STR("iss="), 0) != SIZE_MAX &&
        (!form_get(sign_in->arena, query, "iss", &text) ||
         !quell_str_equal(text, oidc->service->setup->oidc.issuer)))
        return "This is the answer of another provider.";
    if (oidc->metadata.arena &&
        quell_get_bool(oidc->metadata.value, "authorization_response_iss_parameter_supported",
                       false) &&
        !form_get(sign_in->arena, query, "iss", &text))
        return "This answer does not say which provider it is from.";
    if (form_get(sign_in->arena, query, "error", &text))
        return "The OpenID provider did not let you in.";
    if (!form_get(sign_in->arena, query, "code", &sign_in->code) || sign_in->code.len == 0 ||
        sign_in->code.len > CODE_BYTES)
        return "The OpenID provider sent no code.";
    return NULL;
}

void oidc_callback(struct exchange *exchange)
{
    struct sign_in *sign_in;
    const char *wrong;

    if (!may_begin(exchange))
        return;
    sign_in = sign_in_new(exchange);
    sign_in->returns = true;
    wrong = take_flow(sign_in);
    if (wrong)
        sign_in_fail(sign_in, 403, wrong);
    else
        sign_in_step(sign_in);
}

/* Where the provider's own session is ended; empty when it does not say. */
static struct quell_str end_at_provider(struct exchange *exchange)
{
    const struct service *service = exchange->service;
    const struct oidc_document *metadata = &service->oidc->metadata;
    struct quell_str url = {"", 0};
    struct buf query = {.size_max = 4096};

    if (metadata->arena)
        url = quell_get_str(metadata->value, "end_session_endpoint");
    if (url.len == 0 || !oidc_may_reach(&service->setup->oidc, url))
        return QUELL_STR("");
    oidc_add(&query, "client_id", service->setup->oidc.client_id);
    url = arena_format(exchange->arena, "%.*s?%.*s", QUELL_ARG(url), QUELL_ARG(buf_str(&query)));
    buf_free(&query);
    return url;
}

void oidc_logout(struct exchange *exchange)
{
    struct service *service = exchange->service;
    struct quell_str id, cookie = browser_cookie(exchange, ""), there = end_at_provider(exchange);

    if (cookie_get(exchange, browser_cookie_name(service, false), &id))
        session_end(service->sessions, id);
    note(exchange, exchange->identity.name, "signed_out", QUELL_STR(""));
    page_go_on(exchange, there.len ? there : QUELL_STR("/auth/out"), &cookie, 1);
}

void oidc_out(struct exchange *exchange)
{
    page_message(exchange, 200, "Signed out", QUELL_STR("You are signed out of quell."));
}
