/*
 * access.c - who may what, over the interface: tokens are made, listed and revoked, and whoever
 * asks is told who they are.
 */
#include "serve/service.h"

#include "base/arena.h"
#include "base/error.h"
#include "base/limits.h"
#include "base/str.h"
#include "loop/log.h"
#include "value/fields.h"
#include "value/json.h"
#include "value/value.h"

/* ---- who am I ----------------------------------------------------------------------------------
 */

void access_me(struct exchange *exchange)
{
    const struct identity *identity = &exchange->identity;
    struct map_builder map = {.arena = exchange->arena};
    struct list_builder rights = {.arena = exchange->arena};

    for (int right = 0; right < RIGHTS; right++)
        if (identity_may(identity, (enum right)right))
            list_add(&rights, quell_text(right_rows[right].name));
    map_add(&map, "name", quell_string(identity->name));
    map_add(&map, "how", quell_text(identity_how_name(identity->how)));
    map_add(&map, "rights", list_made(&rights));
    map_add(&map, "playbooks", identity->playbooks);
    if (identity->csrf.len)
        map_add(&map, "csrf", quell_string(identity->csrf));
    service_value(exchange, map_made(&map));
}

/* ---- tokens ------------------------------------------------------------------------------------
 */

static const struct quell_field token_fields[] = {
    {.name = "name",
     .type = QUELL_FIELD_STRING,
     .flags = QUELL_REQUIRED | QUELL_NOT_EMPTY,
     .doc = "Of the token; it speaks as token:NAME."},
    {.name = "roles",
     .type = QUELL_FIELD_LIST,
     .of = QUELL_FIELD_STRING,
     .flags = QUELL_REQUIRED | QUELL_ONE_OR_MANY,
     .doc = "What it may do: names of roles."},
    {.name = "playbooks",
     .type = QUELL_FIELD_LIST,
     .of = QUELL_FIELD_STRING,
     .flags = QUELL_NULLABLE,
     .doc = "Ids of the playbooks that it is good for; without it, all."},
    {.name = "user",
     .type = QUELL_FIELD_STRING,
     .fallback = "\"\"",
     .doc = "The user that it speaks for; without it, it speaks for itself."},
    {.name = "lifetime_s",
     .type = QUELL_FIELD_INT,
     .fallback = "0",
     .doc = "Seconds until it expires; 0 = until it is revoked."},
    {.name = "by",
     .type = QUELL_FIELD_STRING,
     .fallback = "\"\"",
     .doc = "Who asks; believed over the control socket only."},
    {.name = NULL},
};

enum quell_code roles_check(struct quell_value names, struct quell_error *err)
{
    for (size_t i = 0; i < quell_count(names); i++) {
        struct quell_str name = quell_str(quell_at(names, i));

        if (!role_find(name))
            return error_set(err, QUELL_INVALID,
                             "`%.*s` is no role: viewer, analyst, approver, author, admin, auditor",
                             QUELL_ARG(name));
    }
    return QUELL_OK;
}

static void created(enum quell_code code, const struct quell_error *err, void *user)
{
    struct exchange *exchange = user;
    struct answer answer = {.status = 200, .type = "application/json"};

    if (exchange->service && code) {
        service_problem(exchange, code, err);
        return;
    }
    if (exchange->service)
        answer.body =
            arena_format(exchange->arena, "{\"token\":\"%.*s\"}", QUELL_ARG(exchange->note));
    exchange_answer(exchange, &answer);
}

void access_token_create(struct exchange *exchange)
{
    struct service *service = exchange->service;
    struct quell_token_options options = {.lifetime_us = 0};
    struct quell_error err = {.code = QUELL_OK};
    struct quell_value said;
    int64_t lifetime_s;
    char *token = arena_alloc(exchange->arena, QUELL_TOKEN_BYTES);
    enum quell_code code;

    if (!service_body(exchange, token_fields, &said))
        return;
    lifetime_s = quell_get_int(said, "lifetime_s", 0);
    options.name = quell_get_str(said, "name");
    options.roles = quell_get(said, "roles");
    options.playbooks = quell_get(said, "playbooks");
    options.user = quell_get_str(said, "user");
    options.by = identity_speaker(exchange, quell_get_str(said, "by"));
    code = roles_check(options.roles, &err);
    if (!code && (lifetime_s < 0 || lifetime_s > LIMIT_TOKEN_LIFETIME_S))
        code = error_set(&err, QUELL_INVALID, "a token lives for ten years at the most");
    options.lifetime_us = lifetime_s * 1000000;
    exchange->note = (struct quell_str){token, QUELL_TOKEN_BYTES - 1};
    if (!code)
        log_line(LOG_LEVEL_INFO, "token=%.*s to be made by=%.*s", QUELL_ARG(options.name),
                 QUELL_ARG(options.by));
    if (!code)
        code = service->engine.token_create(service->engine.engine, &options, token, created,
                                            exchange, &err);
    if (code)
        service_problem(exchange, code, &err);
}

static const struct quell_field revoke_fields[] = {
    {.name = "by",
     .type = QUELL_FIELD_STRING,
     .fallback = "\"\"",
     .doc = "Who asks; believed over the control socket only."},
    {.name = NULL},
};

static void revoked(enum quell_code code, const struct quell_error *err, void *user)
{
    struct exchange *exchange = user;
    struct answer answer = {
        .status = 200, .type = "application/json", .body = QUELL_STR("{\"revoked\":true}")};

    if (exchange->service && code)
        service_problem(exchange, code, err);
    else
        exchange_answer(exchange, &answer);
}

void access_token_revoke(struct exchange *exchange)
{
    struct service *service = exchange->service;
    struct quell_error err = {.code = QUELL_OK};
    struct quell_value said;
    struct quell_str name = exchange->parameter, by;
    enum quell_code code;

    if (!service_body(exchange, revoke_fields, &said))
        return;
    by = identity_speaker(exchange, quell_get_str(said, "by"));
    log_line(LOG_LEVEL_INFO, "token=%.*s to be revoked by=%.*s", QUELL_ARG(name), QUELL_ARG(by));
    code = service->engine.token_revoke(service->engine.engine, name, by, revoked, exchange, &err);
    if (code)
        service_problem(exchange, code, &err);
}

void access_tokens(struct exchange *exchange)
{
    struct service *service = exchange->service;
    struct quell_document document = {.memory = NULL};
    struct quell_error err = {.code = QUELL_OK};
    enum quell_code code = service->engine.tokens(service->engine.engine, &document, &err);

    if (code) {
        service_problem(exchange, code, &err);
        return;
    }
    service_value(exchange, document.value);
    service->engine.free_document(&document);
}
