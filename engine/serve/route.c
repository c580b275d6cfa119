/*
 * route.c - from a request to its handler: path, method, permission.
 *
 * Paths are compared as they were sent: nothing is decoded or normalised, so no two spellings reach
 * one route.
 */
#include "serve/route.h"

#include <assert.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/limits.h"
#include "base/memory.h"
#include "base/str.h"
#include "loop/loop.h"
#include "serve/browser.h"
#include "serve/service.h"
#include "value/value.h"

#define ROUTE(method, path, permission, body_max, handle, doc)                                     \
    {#method, path, PERMIT_##permission, body_max, handle, doc},
const struct route routes[] = {
#include "serve/routes.def"
    {NULL, NULL, PERMIT_PROBE, 0, NULL, NULL},
};
#undef ROUTE

enum { ROUTES = sizeof(routes) / sizeof(routes[0]) - 1 };

/* ---- finding -----------------------------------------------------------------------------------
 */

/* True when the pattern fits; *parameter is then its variable segment, or empty. */
static bool path_fits(const char *pattern, struct quell_str path, struct quell_str *parameter)
{
    struct quell_str rest = quell_str_of(pattern), segment = {"", 0};
    size_t open = str_find(rest, QUELL_STR("{"), 0);
    size_t close, end;

    if (open == SIZE_MAX) {
        *parameter = segment;
        return quell_str_equal(rest, path);
    }
    if (!str_starts(path, str_slice(rest, 0, open)))
        return false;
    close = str_find(rest, QUELL_STR("}"), open);
    end = str_find(path, QUELL_STR("/"), open);
    segment = str_slice(path, open, end == SIZE_MAX ? path.len : end);
    *parameter = segment;
    return segment.len > 0 && quell_str_equal(str_slice(rest, close + 1, rest.len),
                                              str_slice(path, open + segment.len, path.len));
}

static bool method_fits(const struct route *route, struct quell_str method)
{
    return str_is(method, route->method) ||
           (str_is(method, "HEAD") && strcmp(route->method, "GET") == 0);
}

/* The route of a request; NULL when there is none. `allow` becomes the methods of its path. */
static const struct route *find(struct exchange *exchange, struct buf *allow)
{
    for (const struct route *route = routes; route->method; route++) {
        if (!path_fits(route->path, exchange->request->path, &exchange->parameter))
            continue;
        if (method_fits(route, exchange->request->method))
            return route;
        buf_add_format(allow, "%s%s", allow->len ? ", " : "", route->method);
        if (strcmp(route->method, "GET") == 0)
            buf_add_text(allow, ", HEAD");
    }
    return NULL;
}

/* ---- permissions -------------------------------------------------------------------------------
 */

bool service_is_near(const struct exchange *exchange)
{
    /* What a proxy on this machine passes on comes from loopback too, but not from here. */
    return exchange->peer.loopback && !http_request_has(exchange->request, "forwarded") &&
           !http_request_has(exchange->request, "x-forwarded-for");
}

enum right route_right(enum route_permission permission)
{
    /* The rights stand behind PERMIT_KNOWN, in their order. */
    return permission > PERMIT_KNOWN ? (enum right)(permission - PERMIT_KNOWN - 1) : RIGHTS;
}

/* Who speaks; false: it has answered. */
static bool identify(struct exchange *exchange)
{
    if (exchange->peer.local) {
        exchange->identity = identity_of_socket(exchange->arena, exchange->peer.uid);
        return true;
    }
    if (!bearer_identify(exchange))
        return false;
    if (exchange->identity.how == IDENTITY_NONE)
        browser_identify(exchange);
    return browser_head(exchange);
}

/* Asked for what is not theirs: written down, but no flood of it. */
static void note_refusal(struct exchange *exchange, const struct route *route)
{
    struct service *service = exchange->service;
    struct map_builder detail = {.arena = exchange->arena};
    struct quell_audit_row row = {.who = exchange->identity.name, .what = "refused"};

    if (!failures_add(&service->failures, quell_str_of(exchange->peer.text), clock_now_us()))
        return;
    map_add(&detail, "method", quell_text(route->method));
    map_add(&detail, "peer", quell_text(exchange->peer.text));
    row.subject = quell_str_of(route->path);
    row.detail = map_made(&detail);
    service->engine.audit(service->engine.engine, &row);
}

static bool refuse(struct exchange *exchange, const struct route *route, enum right right)
{
    if (exchange->identity.how == IDENTITY_NONE) {
        if (!browser_sends_to_sign_in(exchange))
            exchange_problem_with(exchange, 401, "this needs a token, or the control socket",
                                  "WWW-Authenticate", QUELL_STR("Bearer realm=\"quell\""));
        return false;
    }
    note_refusal(exchange, route);
    exchange_problem(exchange, 403,
                     arena_format(exchange->arena, "%.*s has no role with the right %s",
                                  QUELL_ARG(exchange->identity.name), right_rows[right].name)
                         .data);
    return false;
}

/* `right` may be RIGHTS: then it is enough to be known. */
static bool permits_known(struct exchange *exchange, const struct route *route, enum right right)
{
    const struct identity *identity = &exchange->identity;

    if (!identify(exchange))
        return false;
    if (identity->how == IDENTITY_NONE || (right != RIGHTS && !identity_may(identity, right)))
        return refuse(exchange, route, right);
    return scope_permits(exchange, route);
}

static bool permits(const struct route *route, struct exchange *exchange)
{
    switch (route->permission) {
    case PERMIT_PROBE:
    case PERMIT_DOOR:
        return true;
    case PERMIT_NEAR:
        return service_is_near(exchange) || permits_known(exchange, route, RIGHT_READ_METRICS);
    case PERMIT_HOOK:
        return webhook_permits(exchange);
    case PERMIT_KNOWN:
#define RIGHT(name, sentence) case PERMIT_##name:
#include "serve/roles.def"
        return permits_known(exchange, route, route_right(route->permission));
    case PERMISSIONS:
        break;
    }
    return false;
}

/* ---- the application ---------------------------------------------------------------------------
 */

static void refuse_unknown(struct exchange *exchange, const struct buf *allow)
{
    if (allow->len == 0) {
        exchange_problem(exchange, 404, "there is nothing here");
        return;
    }
    exchange_problem_with(exchange, 405, "this method is not for this path", "Allow",
                          buf_str(allow));
}

static void begin(struct exchange *exchange, void *user)
{
    struct buf allow = {.size_max = 256};
    const struct route *route = find(exchange, &allow);

    exchange->service = user;
    if (!route) {
        refuse_unknown(exchange, &allow);
    } else {
        exchange->route = route;
        exchange->body_max = route->body_max;
        (void)permits(route, exchange); /* if not, it has answered */
    }
    buf_free(&allow);
}

static void handle(struct exchange *exchange, void *user)
{
    const struct route *route = exchange->route;

    (void)user;
    if (browser_body(exchange))
        route->handle(exchange);
}

/* ---- counts ------------------------------------------------------------------------------------
 */

/* One row for each route and one for what found none; by status from 100 to 599. */
enum { STATUS_FIRST = 100, STATUSES = 500 };

uint64_t *route_counts_new(void)
{
    return memory_new((ROUTES + 1) * STATUSES * sizeof(uint64_t));
}

static void answered(const void *found, int status, void *user)
{
    struct service *service = user;
    const struct route *route = found;
    size_t row = route ? (size_t)(route - routes) : ROUTES;

    assert(status >= STATUS_FIRST && status < STATUS_FIRST + STATUSES);
    service->answers[row * STATUSES + (size_t)(status - STATUS_FIRST)]++;
}

void route_metrics(const struct service *service, struct buf *out)
{
    buf_add_text(out, "# HELP quell_http_requests_total Requests answered, by route and status.\n"
                      "# TYPE quell_http_requests_total counter\n");
    for (size_t row = 0; row <= ROUTES; row++) {
        for (size_t i = 0; i < STATUSES; i++) {
            uint64_t count = service->answers[row * STATUSES + i];

            if (count == 0)
                continue;
            buf_add_format(out, "quell_http_requests_total{route=\"%s\",code=\"%zu\"} %llu\n",
                           row < ROUTES ? routes[row].path : "none", i + STATUS_FIRST,
                           (unsigned long long)count);
        }
    }
}

struct server_application route_application(struct service *service)
{
    return (struct server_application){
        .begin = begin, .handle = handle, .answered = answered, .user = service};
}
