/*
 * browser.c - sessions on exchanges.
 *
 * The session's cookie is SameSite=Strict, HttpOnly, and `__Host-` where there is TLS. Whatever
 * changes something needs three things beside it: the browser says that the request comes from a
 * page of ours, and that page knew the session's own token.
 */
#include "serve/browser.h"

#include "base/arena.h"
#include "base/buf.h"
#include "base/escape.h"
#include "base/str.h"
#include "serve/form.h"
#include "serve/page.h"
#include "serve/service.h"
#include "serve/session.h"

const char *browser_cookie_name(const struct service *service, bool flow)
{
    if (service->setup->https)
        return flow ? "__Host-quell-flow" : "__Host-quell";
    return flow ? "quell-flow" : "quell";
}

static struct quell_str cookie(struct exchange *exchange, bool flow, const char *id)
{
    const struct service *service = exchange->service;

    return arena_format(exchange->arena, "%s=%s; Path=/; HttpOnly; SameSite=%s%s%s",
                        browser_cookie_name(service, flow), id, flow ? "Lax" : "Strict",
                        service->setup->https ? "; Secure" : "", id[0] ? "" : "; Max-Age=0");
}

struct quell_str browser_cookie(struct exchange *exchange, const char *id)
{
    return cookie(exchange, false, id);
}

struct quell_str browser_flow_cookie(struct exchange *exchange, const char *id)
{
    return cookie(exchange, true, id);
}

/* ---- who it is ---------------------------------------------------------------------------------
 */

/* Roles that the provider's groups gave at the sign-in, blanks between. */
static uint32_t rights_of(struct quell_str words)
{
    uint32_t rights = 0;

    while (words.len > 0) {
        struct quell_str word;
        const struct role *role;

        (void)str_cut(words, ' ', &word, &words); /* the last one has no blank behind it */
        role = role_find(word);
        rights |= role ? role->rights : 0;
    }
    return rights;
}

void browser_identify(struct exchange *exchange)
{
    struct service *service = exchange->service;
    struct quell_value users = quell_get(service->engine.config(service->engine.engine), "users");
    struct identity *identity = &exchange->identity;
    struct session_person person;
    struct quell_value user = quell_null();
    struct quell_str id, csrf;

    if (!cookie_get(exchange, browser_cookie_name(service, false), &id) ||
        !session_find(service->sessions, exchange->arena, id, &person, &csrf))
        return;
    /* Whoever is not in quell.yaml any more is nobody, whatever they were when they came. */
    if (person.user && !quell_find(users, person.name, &user)) {
        session_end(service->sessions, id);
        return;
    }
    *identity = (struct identity){.how = IDENTITY_SESSION,
                                  .name = person.name,
                                  .rights = rights_of(person.roles) |
                                            roles_rights(quell_get(user, "roles")),
                                  .playbooks = quell_null(),
                                  .csrf = csrf};
}

/* ---- from where --------------------------------------------------------------------------------
 */

/* "https://quell.example" as browsers write it: of `url`, or else what the request says. */
static struct quell_str own_origin(struct exchange *exchange)
{
    const struct service *service = exchange->service;
    struct quell_str host;

    if (service->setup->origin.len)
        return service->setup->origin;
    if (!http_request_field(exchange->request, "host", &host))
        return QUELL_STR("");
    return arena_format(exchange->arena, "%s://%.*s", exchange->peer.tls ? "https" : "http",
                        QUELL_ARG(host));
}

static bool is_ours(struct exchange *exchange)
{
    bool site = http_request_has(exchange->request, "sec-fetch-site");
    bool origin = http_request_has(exchange->request, "origin");
    struct quell_str said;

    if (site && !(http_request_field(exchange->request, "sec-fetch-site", &said) &&
                  str_is(said, "same-origin")))
        return false;
    if (origin && !(http_request_field(exchange->request, "origin", &said) &&
                    quell_str_equal(said, own_origin(exchange))))
        return false;
    return site || origin;
}

static bool changes(const struct exchange *exchange)
{
    return !str_is(exchange->request->method, "GET") && !str_is(exchange->request->method, "HEAD");
}

bool browser_head(struct exchange *exchange)
{
    if (exchange->identity.how != IDENTITY_SESSION || !changes(exchange) || is_ours(exchange))
        return true;
    exchange_problem(exchange, 403, "this was not sent by a page of quell");
    return false;
}

bool browser_body(struct exchange *exchange)
{
    struct quell_str token;

    if (exchange->identity.how != IDENTITY_SESSION || !changes(exchange))
        return true;
    if (http_request_field(exchange->request, "x-csrf-token", &token) &&
        str_equal_secret(token, exchange->identity.csrf))
        return true;
    if (form_is(exchange) && form_get(exchange->arena, exchange->request->body, "csrf", &token) &&
        str_equal_secret(token, exchange->identity.csrf))
        return true;
    exchange_problem(exchange, 403, "the page is too old: load it again");
    return false;
}

/* ---- sent to sign in ---------------------------------------------------------------------------
 */

static bool comes_from_elsewhere(const struct exchange *exchange)
{
    struct quell_str site;

    return http_request_field(exchange->request, "sec-fetch-site", &site) &&
           (str_is(site, "cross-site") || str_is(site, "same-site"));
}

bool browser_sends_to_sign_in(struct exchange *exchange)
{
    const struct service *service = exchange->service;
    const struct http_request *request = exchange->request;
    struct quell_str here = request->path;
    struct buf path = {.size_max = 16384};

    if (!service->setup->signs_in || changes(exchange) ||
        str_starts(request->path, QUELL_STR("/api/")))
        return false;
    if (request->query.len)
        here = arena_format(exchange->arena, "%.*s?%.*s", QUELL_ARG(request->path),
                            QUELL_ARG(request->query));
    if (comes_from_elsewhere(exchange) && page_next(here).len == here.len) {
        /* A link in a mail: the session's cookie is not sent for it, but for our own next step. */
        page_go_on(exchange, here, NULL, 0);
        return true;
    }
    buf_add_text(&path, "/auth/login?next=");
    escape_percent(&path, page_next(here));
    page_go(exchange, buf_str(&path));
    buf_free(&path);
    return true;
}
