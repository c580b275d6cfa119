/*
 * serve.c - the front end put together: setup, server, routes; start, reload, stop.
 */
#include "serve/serve.h"

#include <stdio.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/limits.h"
#include "base/memory.h"
#include "base/str.h"
#include "loop/log.h"
#include "loop/loop.h"
#include "serve/route.h"
#include "serve/service.h"
#include "serve/session.h"
#include "value/fields.h"
#include "value/json.h"
#include "value/value.h"

/* ---- answers that handlers share ---------------------------------------------------------------
 */

/* What an engine's code is in HTTP, and after how many seconds to try again (0: do not). */
static const struct {
    int status;
    int retry_s;
} code_answers[] = {
    [QUELL_OK] = {500, 0},
    [QUELL_INVALID] = {400, 0},
    [QUELL_NOT_FOUND] = {404, 0},
    [QUELL_CONFLICT] = {409, 0},
    [QUELL_LIMIT] = {429, 5},
    [QUELL_DENIED] = {403, 0},
    [QUELL_REFUSED] = {422, 0},
    [QUELL_THROTTLED] = {429, 5},
    [QUELL_TIMED_OUT] = {503, 5},
    [QUELL_UNAVAILABLE] = {503, 5},
    [QUELL_UNKNOWN_OUTCOME] = {503, 5},
    [QUELL_IO] = {503, 30},
};

void service_problem(struct exchange *exchange, enum quell_code code, const struct quell_error *err)
{
    int64_t retry_s = code_answers[code].retry_s;
    char text[24];

    if (retry_s == 0) {
        exchange_problem(exchange, code_answers[code].status, err->message);
        return;
    }
    if (err->retry_after_ms > 0)
        retry_s = (err->retry_after_ms + 999) / 1000;
    (void)snprintf(text, sizeof(text), "%lld", (long long)retry_s);
    exchange_problem_with(exchange, code_answers[code].status, err->message, "Retry-After",
                          quell_str_of(text));
}

void service_value(struct exchange *exchange, struct quell_value value)
{
    struct answer answer = {.status = 200, .type = "application/json"};

    answer.body = json_text(exchange->arena, value, JSON_COMPACT);
    exchange_answer(exchange, &answer);
}

bool service_body(struct exchange *exchange, const struct quell_field *fields,
                  struct quell_value *said)
{
    struct quell_error err = {.code = QUELL_OK};
    struct quell_value body;
    enum quell_code code =
        json_read(exchange->arena, exchange->request->body, LIMIT_CONTROL_BYTES, &body, NULL, &err);

    if (!code)
        code = fields_check(exchange->arena, fields, body, said, &err);
    if (code)
        service_problem(exchange, code, &err);
    return code == QUELL_OK;
}

static bool is_json(struct quell_str type)
{
    struct quell_str media, parameters, name, charset;

    (void)str_cut(type, ';', &media, &parameters); /* without parameters they are empty */
    media = str_trim(media);
    parameters = str_trim(parameters);
    if (!str_equal_fold(media, QUELL_STR("application/json")) &&
        !(media.len > 17 && str_equal_fold(str_slice(media, 0, 12), QUELL_STR("application/")) &&
          str_equal_fold(str_slice(media, media.len - 5, media.len), QUELL_STR("+json"))))
        return false;
    if (parameters.len == 0)
        return true;
    return str_cut(parameters, '=', &name, &charset) &&
           str_equal_fold(str_trim(name), QUELL_STR("charset")) &&
           (str_equal_fold(charset, QUELL_STR("utf-8")) ||
            str_equal_fold(charset, QUELL_STR("\"utf-8\"")));
}

bool service_is_lines(const struct exchange *exchange)
{
    struct quell_str type, media, parameters;

    if (!http_request_field(exchange->request, "content-type", &type))
        return false;
    (void)str_cut(type, ';', &media, &parameters);
    return str_equal_fold(str_trim(media), QUELL_STR("application/x-ndjson"));
}

static bool takes(struct exchange *exchange, bool good, const char *problem)
{
    if (!good) {
        exchange_problem(exchange, 415, problem);
        return false;
    }
    if (http_request_has(exchange->request, "content-encoding")) {
        exchange_problem(exchange, 415, "the body must not be compressed");
        return false;
    }
    return true;
}

bool service_takes_json(struct exchange *exchange)
{
    struct quell_str type;
    bool good = http_request_field(exchange->request, "content-type", &type) && is_json(type);

    return takes(exchange, good, "the body must be application/json in UTF-8");
}

bool service_takes_lines(struct exchange *exchange)
{
    struct quell_str type;
    bool good = http_request_field(exchange->request, "content-type", &type) && is_json(type);

    return takes(exchange, good || service_is_lines(exchange),
                 "the body must be application/json or application/x-ndjson, in UTF-8");
}

/* ---- the control socket ------------------------------------------------------------------------
 */

const char *serve_control_path(struct arena *arena, struct quell_str store)
{
    struct quell_str scheme, path;

    if (!str_cut(store, ':', &scheme, &path) || !str_is(scheme, "sqlite") || path.len == 0)
        return NULL;
    if (str_starts(path, QUELL_STR("///"))) /* sqlite:///var/lib/... */
        path = str_slice(path, 2, path.len);
    return arena_format(arena, "%.*s.sock", QUELL_ARG(path)).data;
}

/* Without it the daemon serves all the same; only `quell resolve` cannot reach it. */
static void listen_control(struct service *service)
{
    struct arena *arena = arena_new(0);
    const char *path = serve_control_path(arena, service->engine.store_url(service->engine.engine));
    struct quell_error err = {.code = QUELL_OK};

    if (path && server_listen_unix(service->server, path, &err))
        log_line(LOG_LEVEL_WARNING, "no control socket: %s", err.message);
    arena_free(arena);
}

/* ---- life --------------------------------------------------------------------------------------
 */

static enum quell_code listen_all(struct service *service, struct quell_error *err)
{
    const struct setup *setup = service->setup;

    for (size_t i = 0; i < setup->listen_count; i++) {
        enum quell_code code = server_listen_tcp(
            service->server, (const struct sockaddr *)&setup->listen[i], setup->tls != NULL, err);

        if (code)
            return code;
    }
    listen_control(service);
    return QUELL_OK;
}

enum quell_code serve_start(const struct serve_engine *engine, struct loop *loop,
                            const struct serve_options *options, struct service **service,
                            struct quell_error *err)
{
    struct service *made = memory_new(sizeof(*made));
    enum quell_code code;

    made->loop = loop;
    made->engine = *engine;
    made->listen = options->listen ? memory_text(options->listen, strlen(options->listen)) : NULL;
    made->answers = route_counts_new();
    made->sessions = sessions_new(loop);
    made->oidc = oidc_new(made);
    code = setup_new(engine->config(engine->engine), made->listen, true, &made->setup, err);
    if (!code) {
        struct server_options server = {.loop = loop,
                                        .application = route_application(made),
                                        .deadlines = options->deadlines,
                                        .connections_max = options->connections_max};

        made->server = server_new(&server);
        server_set_tls(made->server, made->setup->tls);
        code = listen_all(made, err);
    }
    if (code)
        serve_stop(made);
    else
        *service = made;
    return code;
}

/* The counts of a hook that is still there go on, and so does what it has used of its rate. */
static void keep_counts(struct setup *to, struct setup *from)
{
    for (size_t i = 0; i < to->hook_count; i++) {
        const struct hook *old = setup_hook(from, to->hooks[i].name);

        if (!old)
            continue;
        memcpy(to->hooks[i].counts, old->counts, sizeof(old->counts));
        to->hooks[i].rate_use = old->rate_use;
    }
}

struct reloading {
    struct service *service;
    struct setup *setup; /* made by `prepare` */
};

/* Everything that can fail happens here, before the engine takes the new configuration. */
static enum quell_code prepare(struct quell_value config, void *user, struct quell_error *err)
{
    struct reloading *reloading = user;
    const struct service *service = reloading->service;
    struct setup *setup;
    enum quell_code code = setup_new(config, service->listen, true, &setup, err);

    if (code)
        return code;
    if (!setup_same_place(setup, service->setup)) {
        setup_free(setup);
        return error_set(err, QUELL_CONFLICT,
                         "`listen` and the use of `tls` do not change while serving: restart");
    }
    setup_free(reloading->setup);
    reloading->setup = setup;
    return QUELL_OK;
}

enum quell_code serve_reload(struct service *service, struct quell_error *err)
{
    struct reloading reloading = {.service = service};
    enum quell_code code = service->engine.reload(service->engine.engine, prepare, &reloading, err);

    if (code || !reloading.setup) {
        setup_free(reloading.setup);
        service->reloads_failed++;
        return code;
    }
    keep_counts(reloading.setup, service->setup);
    server_set_tls(service->server, reloading.setup->tls);
    oidc_reset(service->oidc);
    setup_free(service->setup);
    service->setup = reloading.setup;
    service->reloads++;
    return QUELL_OK;
}

struct server *serve_server(struct service *service)
{
    return service->server;
}

void serve_stop(struct service *service)
{
    if (!service)
        return;
    oidc_free(service->oidc); /* it answers those who wait for it */
    server_free(service->server);
    setup_free(service->setup);
    sessions_free(service->sessions);
    memory_free(service->answers);
    memory_free(service->listen);
    memory_free(service);
}
