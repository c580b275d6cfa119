/*
 * scope.c - tokens that are good for some playbooks only. What a route is about is known by its run
 * or by its own body; a route that is about everything is not for them.
 */
#include "serve/service.h"

#include <string.h>

#include "base/error.h"
#include "base/str.h"
#include "serve/route.h"
#include "value/value.h"

bool scope_has(const struct identity *identity, struct quell_str playbook)
{
    if (quell_is_null(identity->playbooks))
        return true;
    for (size_t i = 0; i < quell_count(identity->playbooks); i++)
        if (quell_str_equal(quell_str(quell_at(identity->playbooks, i)), playbook))
            return true;
    return false;
}

void scope_refuse(struct exchange *exchange)
{
    exchange_problem(exchange, 403, "this token is for other playbooks");
}

/* Routes whose handlers look at the playbook themselves. */
static bool looks_itself(const struct route *route)
{
    return route->handle == control_runs || route->handle == control_start ||
           route->handle == control_approvals || route->handle == approvals_list ||
           route->handle == access_me;
}

/* The playbook of the run that the path names. */
static bool permits_run(struct exchange *exchange)
{
    struct service *service = exchange->service;
    struct quell_document document = {.memory = NULL};
    struct quell_error err = {.code = QUELL_OK};
    enum quell_code code =
        service->engine.show(service->engine.engine, exchange->parameter, &document, &err);
    bool good;

    if (code) {
        service_problem(exchange, code, &err);
        return false;
    }
    good = scope_has(&exchange->identity, quell_get_str(document.value, "playbook"));
    service->engine.free_document(&document);
    if (!good)
        scope_refuse(exchange);
    return good;
}

bool scope_permits(struct exchange *exchange, const struct route *route)
{
    if (quell_is_null(exchange->identity.playbooks) || looks_itself(route))
        return true;
    if (strstr(route->path, "{run}"))
        return permits_run(exchange);
    scope_refuse(exchange);
    return false;
}
