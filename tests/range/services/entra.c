/*
 * entra.c - Entra's token endpoint: client credentials with a secret.
 *
 * Tokens are for one audience and expire by the range's clock, so that a client with the wrong
 * scope, or one that never renews, is found out.
 */
#include "services.h"

#include "base/arena.h"
#include "base/str.h"
#include "value/value.h"

static const struct {
    const char *scope;
    enum service service;
} scopes[] = {
    {"https://api.securitycenter.microsoft.com/.default", SERVICE_DEFENDER},
    {"https://api.security.microsoft.com/.default", SERVICE_DEFENDER},
    {"https://management.azure.com/.default", SERVICE_ARM},
    {"https://management.azure.com//.default", SERVICE_ARM},
};

void answer_oauth_error(struct visit *visit, int status, const char *error, int64_t number,
                        const char *message)
{
    struct arena *arena = visit->arena;
    struct quell_str trace = range_make_id(visit->range, arena, "trace");
    struct quell_str now = range_now(visit->range, arena);
    struct quell_value code = quell_int(number);
    struct map_builder map = {.arena = arena};
    struct quell_str timestamp =
        arena_format(arena, "%.10s %.8sZ", now.data, now.data + 11); /* 2026-01-02 03:04:05Z */
    map_add(&map, "error", quell_text(error));
    map_add(&map, "error_description",
            value_format(arena,
                         "AADSTS%lld: %s Trace ID: %.*s Correlation ID: %.*s Timestamp: %.*s",
                         (long long)number, message, QUELL_ARG(trace), QUELL_ARG(trace),
                         QUELL_ARG(timestamp)));
    map_add(&map, "error_codes", quell_list(&code, 1));
    map_add(&map, "timestamp", quell_string(timestamp));
    map_add(&map, "trace_id", quell_string(trace));
    map_add(&map, "correlation_id", quell_string(trace));
    map_add(&map, "error_uri",
            value_format(arena, "https://login.microsoftonline.com/error?code=%lld",
                         (long long)number));
    answer_json(visit, status, map_made(&map));
}

static bool form(const struct visit *visit, const char *key, struct quell_str *value)
{
    return http_parameter(visit->arena, visit->request->body, key, value) && value->len > 0;
}

static bool refuse_missing(struct visit *visit, const char *key)
{
    struct quell_str value;
    if (form(visit, key, &value))
        return false;
    answer_oauth_error(visit, 400, "invalid_request", 900144,
                       arena_format(visit->arena,
                                    "The request body must contain the following parameter: '%s'.",
                                    key)
                           .data);
    return true;
}

static enum service service_of(struct quell_str scope)
{
    size_t i;
    for (i = 0; i < sizeof(scopes) / sizeof(scopes[0]); i++) {
        if (str_is(scope, scopes[i].scope))
            return scopes[i].service;
    }
    return SERVICE_NONE;
}

/* Everything but who it is; answers and tells when something is wrong. */
static bool refuse_request(struct visit *visit)
{
    struct quell_str content = http_header(visit->request, "content-type");
    struct quell_str kind;
    if (!str_starts(content, QUELL_STR("application/x-www-form-urlencoded"))) {
        answer_oauth_error(visit, 400, "invalid_request", 900144,
                           "The request body must be application/x-www-form-urlencoded.");
        return true;
    }
    if (refuse_missing(visit, "grant_type") || refuse_missing(visit, "client_id") ||
        refuse_missing(visit, "scope"))
        return true;
    (void)form(visit, "grant_type", &kind); /* was just seen to be there */
    if (!str_is(kind, "client_credentials")) {
        answer_oauth_error(visit, 400, "unsupported_grant_type", 70003,
                           "The app requested an unsupported grant type.");
        return true;
    }
    return false;
}

/* Tenant, client and secret; answers and tells when one is wrong. */
static bool refuse_client(struct visit *visit)
{
    const struct range_options *options = visit->range->options;
    struct quell_str client = {"", 0}, secret = {"", 0};
    (void)form(visit, "client_id", &client); /* was seen to be there */
    if (options->tenant && !str_is(visit->captures[0], options->tenant)) {
        answer_oauth_error(visit, 400, "invalid_request", 90002,
                           "Tenant not found. Check to make sure you have the correct tenant ID.");
        return true;
    }
    if (!str_is(client, options->client_id)) {
        answer_oauth_error(visit, 400, "unauthorized_client", 700016,
                           "Application with identifier was not found in the directory.");
        return true;
    }
    if (!form(visit, "client_secret", &secret)) {
        answer_oauth_error(visit, 401, "invalid_client", 7000216,
                           "'client_assertion', 'client_secret' or 'request' is required for the "
                           "'client_credentials' grant type.");
        return true;
    }
    if (!str_is(secret, options->client_secret)) {
        answer_oauth_error(visit, 401, "invalid_client", 7000215,
                           "Invalid client secret provided.");
        return true;
    }
    return false;
}

static struct token *issue(struct range *range, enum service service)
{
    struct token *token = arena_one(range->state, struct token);
    struct quell_str id = range_make_id(range, range->state, "token");
    range->tokens_issued++;
    token->text = arena_format(range->state, "practice.%.*s.token-%lld", QUELL_ARG(id),
                               (long long)range->tokens_issued);
    token->service = service;
    token->until_us = range_now_us(range) + range->options->token_seconds * 1000000;
    token->next = range->tokens;
    range->tokens = token;
    return token;
}

static void handle_token(struct visit *visit)
{
    struct quell_str scope = {"", 0};
    struct map_builder map = {.arena = visit->arena};
    int64_t seconds = visit->range->options->token_seconds;
    enum service service;
    if (refuse_request(visit) || refuse_client(visit))
        return;
    (void)form(visit, "scope", &scope); /* was seen to be there */
    service = service_of(scope);
    if (service == SERVICE_NONE) {
        answer_oauth_error(visit, 400, "invalid_scope", 70011,
                           "The provided value for the input parameter 'scope' is not valid.");
        return;
    }
    map_add(&map, "token_type", quell_text("Bearer"));
    map_add(&map, "expires_in", quell_int(seconds));
    map_add(&map, "ext_expires_in", quell_int(seconds));
    map_add(&map, "access_token", quell_string(issue(visit->range, service)->text));
    answer_json(visit, 200, map_made(&map));
    http_answer_header(visit->answer, "Cache-Control", QUELL_STR("no-store, no-cache"));
}

bool entra_token_good(const struct range *range, struct quell_str text, enum service service)
{
    const struct token *token;
    int64_t now_us = range_now_us(range);
    if (range->options->token[0] && str_is(text, range->options->token))
        return true;
    for (token = range->tokens; token; token = token->next) {
        if (quell_str_equal(token->text, text))
            return token->service == service && now_us < token->until_us;
    }
    return false;
}

const struct route entra_routes[] = {
    {"POST", "/{}/oauth2/v2.0/token", SERVICE_ENTRA, "token", handle_token},
    {0},
};
