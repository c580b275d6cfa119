/*
 * bearer.c - tokens as proofs: `Authorization: Bearer quell_...`, nowhere else. A token that speaks
 * for a user has the roles that both have, so that a person who leaves takes the tokens along.
 */
#include "serve/service.h"

#include "base/arena.h"
#include "base/error.h"
#include "base/str.h"
#include "loop/log.h"
#include "loop/loop.h"
#include "value/value.h"

/* The token of the request; false when there is none. The scheme's name has no case. */
static bool token_of(const struct exchange *exchange, struct quell_str *token)
{
    struct quell_str field, scheme;

    return http_request_field(exchange->request, "authorization", &field) &&
           str_cut(field, ' ', &scheme, token) && str_equal_fold(scheme, QUELL_STR("Bearer"));
}

/* A user's name, or one that no user has. */
static enum quell_code fill(struct exchange *exchange, struct quell_value found,
                            struct quell_error *err)
{
    struct service *service = exchange->service;
    struct quell_value users = quell_get(service->engine.config(service->engine.engine), "users");
    struct quell_str user = quell_get_str(found, "user");
    struct identity *identity = &exchange->identity;
    struct quell_value entry;

    identity->rights = roles_rights(quell_get(found, "roles"));
    if (user.len == 0) {
        identity->name =
            arena_format(exchange->arena, "token:%.*s", QUELL_ARG(quell_get_str(found, "name")));
    } else if (quell_find(users, user, &entry)) {
        identity->name = arena_str(exchange->arena, user);
        identity->rights &= roles_rights(quell_get(entry, "roles"));
    } else {
        return error_set(err, QUELL_DENIED, "the user of this token is not there any more");
    }
    identity->how = IDENTITY_TOKEN;
    identity->playbooks = value_copy(exchange->arena, quell_get(found, "playbooks"));
    return QUELL_OK;
}

static void refuse(struct exchange *exchange, const char *reason)
{
    struct service *service = exchange->service;

    exchange->identity = (struct identity){.how = IDENTITY_NONE};
    if (!failures_add(&service->failures, quell_str_of(exchange->peer.text), clock_now_us())) {
        exchange_problem_with(exchange, 429, "too many wrong proofs from this address",
                              "Retry-After", QUELL_STR("60"));
        return;
    }
    log_line(LOG_LEVEL_WARNING, "peer=%s refused: %s", exchange->peer.text, reason);
    exchange_problem_with(exchange, 401, reason, "WWW-Authenticate",
                          QUELL_STR("Bearer realm=\"quell\", error=\"invalid_token\""));
}

bool bearer_identify(struct exchange *exchange)
{
    struct service *service = exchange->service;
    struct quell_document document = {.memory = NULL};
    struct quell_error err = {.code = QUELL_OK};
    struct quell_str token;
    enum quell_code code;

    if (!http_request_has(exchange->request, "authorization"))
        return true;
    if (!token_of(exchange, &token)) {
        refuse(exchange, "a token is sent as one `Authorization: Bearer` field");
        return false;
    }
    code = service->engine.token_find(service->engine.engine, str_trim(token), &document, &err);
    if (!code) {
        code = fill(exchange, document.value, &err);
        service->engine.free_document(&document);
    }
    if (code == QUELL_DENIED)
        refuse(exchange, err.message);
    else if (code)
        service_problem(exchange, code, &err);
    return code == QUELL_OK;
}
