/*
 * route.c - from a request to a handler: routes, faults, tokens, and the ways to say no.
 */
#include "services.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/limits.h"
#include "base/str.h"
#include "value/json.h"
#include "value/value.h"

static const struct route *const tables[] = {control_routes, entra_routes, defender_routes,
                                             sentinel_routes};

static struct quell_str next_segment(struct quell_str *path)
{
    struct quell_str segment;
    (void)str_cut(*path, '/', &segment, path); /* the last one has no slash */
    return segment;
}

/* Matches segment by segment and fills the captures. */
static bool path_matches(struct visit *visit, const char *pattern_text)
{
    struct quell_str pattern = str_slice(quell_str_of(pattern_text), 1, SIZE_MAX);
    struct quell_str path = str_slice(visit->request->path, 1, SIZE_MAX);
    size_t captured = 0;
    while (pattern.len > 0) {
        struct quell_str wanted = next_segment(&pattern);
        struct quell_str segment;
        if (str_is(wanted, "{*}")) {
            visit->captures[captured] = http_unescape(visit->arena, path, false);
            return path.len > 0;
        }
        segment = next_segment(&path);
        if (str_is(wanted, "{}")) {
            if (segment.len == 0)
                return false;
            visit->captures[captured++] = http_unescape(visit->arena, segment, false);
        } else if (!str_equal_fold(wanted, segment)) {
            return false;
        }
    }
    return path.len == 0;
}

/* The route, or NULL with *path_known telling whether another method would have fitted. */
static const struct route *find_route(struct visit *visit, bool *path_known)
{
    size_t i;
    for (i = 0; i < sizeof(tables) / sizeof(tables[0]); i++) {
        const struct route *route;
        for (route = tables[i]; route->method; route++) {
            if (!path_matches(visit, route->pattern))
                continue;
            *path_known = true;
            if (strcmp(route->method, "*") == 0 || str_is(visit->request->method, route->method))
                return route;
        }
    }
    return NULL;
}

void answer_json(struct visit *visit, int status, struct quell_value value)
{
    visit->answer->status = status;
    visit->answer->content_type = "application/json; charset=utf-8";
    visit->answer->body = json_text(visit->arena, value, JSON_COMPACT);
}

static void answer_error_text(struct visit *visit, enum service service, int status,
                              const char *code, const char *message)
{
    struct map_builder error = {.arena = visit->arena};
    struct map_builder body = {.arena = visit->arena};
    map_add(&error, "code", quell_text(code));
    map_add(&error, "message", quell_text(message));
    if (service == SERVICE_DEFENDER)
        map_add(&error, "target",
                quell_string(range_make_id(visit->range, visit->arena, "correlation")));
    map_add(&body, "error", map_made(&error));
    answer_json(visit, status, map_made(&body));
}

void answer_error(struct visit *visit, enum service service, int status, const char *code,
                  const char *format, ...)
{
    char message[400];
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(message, sizeof(message), format, arguments); /* a longer one is cut */
    va_end(arguments);
    answer_error_text(visit, service, status, code, message);
}

/* What a service says with a status that a fault asked for. */
static void answer_fault(struct visit *visit, const struct route *route, const struct fault *fault)
{
    static const struct {
        int status;
        int64_t oauth;
        const char *oauth_error, *defender, *arm, *message;
    } rows[] = {
        {429, 90055, "temporarily_unavailable", "TooManyRequests", "TooManyRequests",
         "Too many requests. Try again later."},
        {503, 90033, "temporarily_unavailable", "ServiceUnavailable", "ServiceUnavailable",
         "The service is unavailable."},
        {401, 7000215, "invalid_client", "Unauthorized", "AuthenticationFailed",
         "Authentication failed."},
        {403, 700016, "unauthorized_client", "Forbidden", "AuthorizationFailed", "Forbidden."},
        {500, 90033, "server_error", "InternalServerError", "InternalServerError",
         "Encountered internal server error."},
    };
    size_t i, last = sizeof(rows) / sizeof(rows[0]) - 1;
    for (i = 0; i < last && rows[i].status != fault->status; i++)
        continue;
    if (route->service == SERVICE_ENTRA)
        answer_oauth_error(visit, fault->status, rows[i].oauth_error, rows[i].oauth,
                           rows[i].message);
    else
        answer_error_text(visit, route->service, fault->status,
                          route->service == SERVICE_DEFENDER ? rows[i].defender : rows[i].arm,
                          rows[i].message);
    if (fault->status == 401)
        http_answer_header(visit->answer, "WWW-Authenticate", QUELL_STR("Bearer"));
    if (fault->retry_after_s > 0)
        http_answer_header(visit->answer, "Retry-After",
                           arena_format(visit->arena, "%lld", (long long)fault->retry_after_s));
}

/* The services that take bearer tokens refuse strangers. */
static bool let_in(struct visit *visit, const struct route *route)
{
    struct quell_str header = http_header(visit->request, "authorization");
    struct quell_str scheme, token;
    if (route->service != SERVICE_DEFENDER && route->service != SERVICE_ARM)
        return true;
    if (str_cut(header, ' ', &scheme, &token) && str_equal_fold(scheme, QUELL_STR("Bearer")) &&
        entra_token_good(visit->range, str_trim(token), route->service))
        return true;
    answer_error(visit, route->service, 401,
                 route->service == SERVICE_ARM ? "AuthenticationFailed" : "Unauthorized",
                 "Unauthorized (invalid or expired authorization header).");
    http_answer_header(visit->answer, "WWW-Authenticate",
                       QUELL_STR("Bearer error=\"invalid_token\""));
    return false;
}

static void read_json(struct visit *visit)
{
    struct quell_error ignored;
    visit->json = quell_null();
    if (visit->request->body.len > 0 &&
        json_read(visit->arena, visit->request->body, LIMIT_REQUEST_BYTES, &visit->json, NULL,
                  &ignored))
        visit->json = quell_null(); /* a form or a raw body: handlers ask for what they need */
}

/* Makes the answer of a request that took place come to grief. */
static void spoil(struct visit *visit, const struct fault *fault)
{
    struct http_answer *answer = visit->answer;
    switch (fault->kind) {
    case FAULT_LOST_BEFORE:
    case FAULT_LOST_AFTER:
        answer->trick = HTTP_DROP;
        break;
    case FAULT_SLOW:
        answer->delay_ms = fault->delay_ms;
        break;
    case FAULT_TRUNCATED:
        answer->trick = HTTP_TRUNCATE;
        break;
    case FAULT_GARBAGE:
        answer->trick = HTTP_GARBAGE;
        break;
    case FAULT_HTML:
        answer->status = 200;
        answer->content_type = "text/html";
        answer->body = QUELL_STR("<html><body>Please sign in to the network.</body></html>");
        break;
    case FAULT_NONE:
    case FAULT_STATUS:
    case FAULT_FAILED:
    case FAULT_TIMED_OUT:
    case FAULT_ADOPT:
        break;
    }
}

static void visit_route(struct visit *visit, const struct route *route)
{
    struct fault fault = {.kind = FAULT_NONE};
    if (route->door) {
        visit->range->requests++;
        fault = faults_take(visit->range->faults, route->door, false);
    }
    if (fault.kind == FAULT_STATUS) {
        answer_fault(visit, route, &fault);
        return;
    }
    if (fault.kind != FAULT_LOST_BEFORE && let_in(visit, route)) {
        read_json(visit);
        route->handle(visit);
    }
    spoil(visit, &fault);
}

void route_request(const struct http_request *request, struct http_answer *answer, void *range)
{
    struct visit visit = {
        .range = range, .request = request, .arena = request->arena, .answer = answer};
    bool path_known = false;
    const struct route *route = find_route(&visit, &path_known);
    if (route)
        visit_route(&visit, route);
    else
        answer_error(&visit, SERVICE_ARM, path_known ? 405 : 404,
                     path_known ? "MethodNotAllowed" : "NotFound",
                     "quell-range does not serve %.*s %.*s; GET /_range/ tells what it does",
                     QUELL_ARG(request->method), QUELL_ARG(request->path));
}

struct quell_str visit_query(const struct visit *visit, const char *key)
{
    struct quell_str value = {"", 0};
    (void)http_parameter(visit->arena, visit->request->query, key, &value); /* absent is empty */
    return value;
}

bool only_keys(struct quell_value map, const char *const *keys)
{
    size_t i, k;
    for (i = 0; i < quell_count(map); i++) {
        for (k = 0; keys[k] && !quell_text_is(map.as.pairs[i].key, keys[k]); k++)
            continue;
        if (!keys[k])
            return false;
    }
    return true;
}
