/*
 * control.c - what people and programs ask a running daemon about its runs: the command line over
 * the Unix socket, others with a proof.
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

/* Rows that several bodies have. */
#define SPEAKER(who)                                                                               \
    {                                                                                              \
        .name = "by", .type = QUELL_FIELD_STRING, .fallback = "\"\"", .size_max = 256,             \
        .doc = who "; believed over the control socket only: else it is who has proved it."        \
    }
#define ASKING_STEP                                                                                \
    {                                                                                              \
        .name = "step", .type = QUELL_FIELD_STRING, .fallback = "\"\"",                            \
        .doc = "The step that asks; without it, the only one."                                     \
    }

/* ---- resolve -----------------------------------------------------------------------------------
 */

static const struct quell_field resolve_fields[] = {
    {.name = "step",
     .type = QUELL_FIELD_STRING,
     .flags = QUELL_REQUIRED | QUELL_NOT_EMPTY,
     .doc = "The step that is held."},
    {.name = "happened",
     .type = QUELL_FIELD_BOOL,
     .flags = QUELL_REQUIRED,
     .doc = "Whether its call took effect."},
    SPEAKER("Who says so"),
    {.name = NULL},
};

/* Who says it. */
static struct quell_str speaker(struct exchange *exchange, struct quell_value said)
{
    return identity_speaker(exchange, quell_get_str(said, "by"));
}

static void answer_done(struct exchange *exchange, enum quell_code code,
                        const struct quell_error *err, struct quell_str body)
{
    struct answer done = {.status = 200, .type = "application/json", .body = body};

    if (exchange->service && code)
        service_problem(exchange, code, err);
    else
        exchange_answer(exchange, &done);
}

static void resolved(enum quell_code code, const struct quell_error *err, void *user)
{
    answer_done(user, code, err, QUELL_STR("{\"resolved\":true}"));
}

void control_resolve(struct exchange *exchange)
{
    struct service *service = exchange->service;
    struct quell_error err = {.code = QUELL_OK};
    struct quell_value said;
    struct quell_str by, step;
    bool happened;
    enum quell_code code;

    if (!service_body(exchange, resolve_fields, &said))
        return;
    by = speaker(exchange, said);
    step = quell_get_str(said, "step");
    happened = quell_get_bool(said, "happened", false);
    log_line(LOG_LEVEL_INFO, "run=%.*s step=%.*s happened=%s by=%.*s",
             QUELL_ARG(exchange->parameter), QUELL_ARG(step), happened ? "yes" : "no",
             QUELL_ARG(by));
    code = service->engine.resolve(service->engine.engine, exchange->parameter, step, happened, by,
                                   resolved, exchange, &err);
    if (code) {
        log_line(LOG_LEVEL_WARNING, "run=%.*s step=%.*s not resolved: %s",
                 QUELL_ARG(exchange->parameter), QUELL_ARG(step), err.message);
        service_problem(exchange, code, &err);
    }
}

/* ---- cancel ------------------------------------------------------------------------------------
 */

static const struct quell_field cancel_fields[] = {
    SPEAKER("Who says so"),
    {.name = "reason",
     .type = QUELL_FIELD_STRING,
     .fallback = "\"\"",
     .size_max = 1024,
     .doc = "Why, for people."},
    {.name = NULL},
};

static void cancelled(enum quell_code code, const struct quell_error *err, void *user)
{
    answer_done(user, code, err, QUELL_STR("{\"cancelled\":true}"));
}

void control_cancel(struct exchange *exchange)
{
    struct service *service = exchange->service;
    struct quell_error err = {.code = QUELL_OK};
    struct quell_value said;
    struct quell_str by;
    enum quell_code code;

    if (!service_body(exchange, cancel_fields, &said))
        return;
    by = speaker(exchange, said);
    log_line(LOG_LEVEL_INFO, "run=%.*s cancelled by=%.*s", QUELL_ARG(exchange->parameter),
             QUELL_ARG(by));
    code = service->engine.cancel(service->engine.engine, exchange->parameter, by,
                                  quell_get_str(said, "reason"), cancelled, exchange, &err);
    if (code) {
        log_line(LOG_LEVEL_WARNING, "run=%.*s not cancelled: %s", QUELL_ARG(exchange->parameter),
                 err.message);
        service_problem(exchange, code, &err);
    }
}

/* ---- release -----------------------------------------------------------------------------------
 */

static const struct quell_field release_fields[] = {
    {.name = "step",
     .type = QUELL_FIELD_STRING,
     .fallback = "\"\"",
     .doc = "The step that is held; without it, the first one, or the run before its first step."},
    {.name = "allowed",
     .type = QUELL_FIELD_BOOL,
     .fallback = "true",
     .doc = "Whether it goes on; else it fails."},
    SPEAKER("Who says so"),
    {.name = "reason",
     .type = QUELL_FIELD_STRING,
     .fallback = "\"\"",
     .size_max = 1024,
     .doc = "Why, for people."},
    {.name = NULL},
};

static void released(enum quell_code code, const struct quell_error *err, void *user)
{
    answer_done(user, code, err, QUELL_STR("{\"released\":true}"));
}

void control_release(struct exchange *exchange)
{
    struct service *service = exchange->service;
    struct quell_error err = {.code = QUELL_OK};
    struct quell_value said;
    struct quell_str by;
    bool allowed;
    enum quell_code code;

    if (!service_body(exchange, release_fields, &said))
        return;
    by = speaker(exchange, said);
    allowed = quell_get_bool(said, "allowed", true);
    log_line(LOG_LEVEL_INFO, "run=%.*s released=%s by=%.*s", QUELL_ARG(exchange->parameter),
             allowed ? "yes" : "no", QUELL_ARG(by));
    code = service->engine.release(service->engine.engine, exchange->parameter,
                                   quell_get_str(said, "step"), allowed, by,
                                   quell_get_str(said, "reason"), released, exchange, &err);
    if (code)
        service_problem(exchange, code, &err);
}

/* ---- a start by hand ---------------------------------------------------------------------------
 */

static const struct quell_field start_fields[] = {
    {.name = "playbook",
     .type = QUELL_FIELD_STRING,
     .flags = QUELL_REQUIRED | QUELL_NOT_EMPTY,
     .doc = "Id of a playbook that is served."},
    {.name = "incident",
     .type = QUELL_FIELD_MAP,
     .flags = QUELL_NULLABLE,
     .doc = "An incident in any known sender's format."},
    {.name = "source",
     .type = QUELL_FIELD_STRING,
     .fallback = "\"\"",
     .doc = "The incident's format; without it, it is recognised by its shape."},
    {.name = "inputs", .type = QUELL_FIELD_MAP, .flags = QUELL_NULLABLE, .doc = "Inputs by name."},
    SPEAKER("Who asks"),
    {.name = NULL},
};

static void started(enum quell_code code, const struct quell_error *err, void *user)
{
    struct exchange *exchange = user;

    answer_done(exchange, code, err,
                exchange->service
                    ? arena_format(exchange->arena, "{\"run\":\"%.*s\"}", QUELL_ARG(exchange->note))
                    : QUELL_STR(""));
}

static struct quell_str as_json(struct arena *arena, struct quell_value map)
{
    return quell_is(map, QUELL_MAP) ? json_text(arena, map, JSON_COMPACT) : QUELL_STR("");
}

void control_start(struct exchange *exchange)
{
    struct service *service = exchange->service;
    struct quell_run_options options = {0};
    struct quell_error err = {.code = QUELL_OK};
    struct quell_value body, said;
    char *run = arena_alloc(exchange->arena, 37); /* an id and its NUL */
    enum quell_code code;

    code = json_read(exchange->arena, exchange->request->body, LIMIT_DOCUMENT_BYTES, &body, NULL,
                     &err);
    if (code == QUELL_OK)
        code = fields_check(exchange->arena, start_fields, body, &said, &err);
    if (code) {
        service_problem(exchange, code, &err);
        return;
    }
    if (!scope_has(&exchange->identity, quell_get_str(said, "playbook"))) {
        scope_refuse(exchange);
        return;
    }
    options.playbook = arena_str(exchange->arena, quell_get_str(said, "playbook")).data;
    options.served_only = true;
    options.incident = as_json(exchange->arena, quell_get(said, "incident"));
    options.source = quell_get_str(said, "source");
    options.inputs = as_json(exchange->arena, quell_get(said, "inputs"));
    options.by = speaker(exchange, said);
    log_line(LOG_LEVEL_INFO, "playbook=%s started by=%.*s", options.playbook,
             QUELL_ARG(options.by));
    exchange->note = (struct quell_str){run, 36};
    code = service->engine.start(service->engine.engine, &options, run, started, exchange, &err);
    if (code)
        service_problem(exchange, code, &err);
}

/* ---- questions to people -----------------------------------------------------------------------
 */

static const struct quell_field decide_fields[] = {
    ASKING_STEP,
    {.name = "agrees",
     .type = QUELL_FIELD_BOOL,
     .flags = QUELL_REQUIRED,
     .doc = "Whether the person agrees."},
    SPEAKER("Who says so"),
    {.name = "digest",
     .type = QUELL_FIELD_STRING,
     .fallback = "\"\"",
     .size_max = 64,
     .doc = "What was looked at; its beginning is enough."},
    {.name = "round",
     .type = QUELL_FIELD_INT,
     .fallback = "0",
     .doc = "Which asking was looked at; 0 = whatever is asked."},
    {.name = "reason",
     .type = QUELL_FIELD_STRING,
     .fallback = "\"\"",
     .size_max = 1024,
     .doc = "Why, for people."},
    {.name = NULL},
};

static const struct quell_field answer_fields[] = {
    ASKING_STEP,
    {.name = "answers",
     .type = QUELL_FIELD_MAP,
     .of = QUELL_FIELD_ANY,
     .flags = QUELL_REQUIRED,
     .doc = "The fields of the form."},
    SPEAKER("Who says so"),
    {.name = NULL},
};

static void decided(enum quell_code code, const struct quell_error *err, void *user)
{
    struct exchange *exchange = user;
    struct answer done = {.status = 200, .type = "application/json"};

    if (exchange->service && code) {
        service_problem(exchange, code, err);
        return;
    }
    done.body = QUELL_STR("{\"decided\":true}");
    exchange_answer(exchange, &done);
}

/* Reads the body by the table and hands the decision over. */
static void decide(struct exchange *exchange, const struct quell_field *fields, const char *what)
{
    struct service *service = exchange->service;
    struct quell_decision decision = {.run = exchange->parameter};
    struct quell_error err = {.code = QUELL_OK};
    struct quell_value body, said;
    enum quell_code code =
        json_read(exchange->arena, exchange->request->body, LIMIT_CONTROL_BYTES, &body, NULL, &err);

    if (!code)
        code = fields_check(exchange->arena, fields, body, &said, &err);
    if (code) {
        service_problem(exchange, code, &err);
        return;
    }
    decision.step = quell_get_str(said, "step");
    decision.by = speaker(exchange, said);
    decision.agrees = quell_get_bool(said, "agrees", false);
    decision.digest = quell_get_str(said, "digest");
    decision.round = quell_get_int(said, "round", 0);
    decision.reason = quell_get_str(said, "reason");
    if (!quell_is_null(quell_get(said, "answers")))
        decision.answers = json_text(exchange->arena, quell_get(said, "answers"), JSON_COMPACT);
    code = service->engine.decide(service->engine.engine, &decision, decided, exchange, &err);
    log_line(code ? LOG_LEVEL_WARNING : LOG_LEVEL_INFO, "run=%.*s step=%.*s %s by=%.*s%s%s",
             QUELL_ARG(decision.run), QUELL_ARG(decision.step),
             decision.answers.len ? what
             : decision.agrees    ? "agreed"
                                  : "denied",
             QUELL_ARG(decision.by), code ? " refused: " : "", code ? err.message : "");
    if (code)
        service_problem(exchange, code, &err);
}

void control_decide(struct exchange *exchange)
{
    decide(exchange, decide_fields, "decided");
}

void control_answer(struct exchange *exchange)
{
    decide(exchange, answer_fields, "answered");
}

/* ---- runs --------------------------------------------------------------------------------------
 */

/* The value of a name in `a=b&c=d`; nothing is decoded: names and states need no escapes. */
static struct quell_str query_get(struct quell_str query, const char *name)
{
    struct quell_str none = {"", 0};

    while (query.len > 0) {
        struct quell_str pair, rest, key, value;

        (void)str_cut(query, '&', &pair, &rest); /* the last one has no & */
        (void)str_cut(pair, '=', &key, &value);  /* no value: it is empty */
        if (str_is(key, name))
            return value;
        query = rest;
    }
    return none;
}

static void answer_document(struct exchange *exchange, enum quell_code code,
                            struct quell_document *document, const struct quell_error *err)
{
    struct service *service = exchange->service;

    if (code) {
        service_problem(exchange, code, err);
        return;
    }
    service_value(exchange, document->value);
    service->engine.free_document(document);
}

void control_runs(struct exchange *exchange)
{
    struct service *service = exchange->service;
    struct quell_str query = exchange->request->query, limit = query_get(query, "limit");
    struct quell_runs_options options = {.state = query_get(query, "state"),
                                         .playbook = query_get(query, "playbook"),
                                         .before = query_get(query, "before")};
    struct quell_document document = {.memory = NULL};
    struct quell_error err = {.code = QUELL_OK};
    int64_t number = 0;
    enum quell_code code;

    if (options.playbook.len == 0 && quell_count(exchange->identity.playbooks) == 1)
        options.playbook = quell_str(quell_at(exchange->identity.playbooks, 0));
    if (!scope_has(&exchange->identity, options.playbook)) {
        scope_refuse(exchange);
        return;
    }
    if (limit.len > 0 && (!str_to_int(limit, &number) || number < 1 || number > 1000)) {
        exchange_problem(exchange, 400, "limit is a number from 1 to 1000");
        return;
    }
    options.limit = (size_t)number;
    code = service->engine.runs(service->engine.engine, &options, &document, &err);
    answer_document(exchange, code, &document, &err);
}

void control_show(struct exchange *exchange)
{
    struct service *service = exchange->service;
    struct quell_document document = {.memory = NULL};
    struct quell_error err = {.code = QUELL_OK};
    enum quell_code code =
        service->engine.show(service->engine.engine, exchange->parameter, &document, &err);

    answer_document(exchange, code, &document, &err);
}

/* Without what the runs of other playbooks wait for that it called: a token may be for some only.
 */
static struct quell_value why_in_scope(struct exchange *exchange, struct quell_value why)
{
    struct quell_value because = quell_get(why, "because"), child;
    struct list_builder kept = {.arena = exchange->arena};

    if (quell_is_null(exchange->identity.playbooks))
        return why;
    for (size_t i = 0; i < quell_count(because); i++) {
        struct quell_value entry = quell_at(because, i);
        if (quell_find(entry, QUELL_STR("child"), &child))
            entry = value_with(exchange->arena, entry, QUELL_STR("child"),
                               scope_has(&exchange->identity, quell_get_str(child, "playbook"))
                                   ? why_in_scope(exchange, child)
                                   : quell_null());
        list_add(&kept, entry);
    }
    return value_with(exchange->arena, why, QUELL_STR("because"), list_made(&kept));
}

void control_why(struct exchange *exchange)
{
    struct service *service = exchange->service;
    struct quell_document document = {.memory = NULL};
    struct quell_error err = {.code = QUELL_OK};
    enum quell_code code =
        service->engine.why(service->engine.engine, exchange->parameter, &document, &err);

    if (code == QUELL_OK)
        document.value = why_in_scope(exchange, document.value);
    answer_document(exchange, code, &document, &err);
}

/* Those of playbooks that a token is good for. */
static struct quell_value in_scope(struct exchange *exchange, struct quell_value list)
{
    struct list_builder kept = {.arena = exchange->arena};

    for (size_t i = 0; i < quell_count(list); i++)
        if (scope_has(&exchange->identity, quell_get_str(quell_at(list, i), "playbook")))
            list_add(&kept, quell_at(list, i));
    return list_made(&kept);
}

void control_approvals(struct exchange *exchange)
{
    struct service *service = exchange->service;
    struct quell_document document = {.memory = NULL};
    struct quell_error err = {.code = QUELL_OK};
    enum quell_code code = service->engine.approvals(service->engine.engine, &document, &err);

    if (!code)
        document.value = in_scope(exchange, document.value);
    answer_document(exchange, code, &document, &err);
}

void control_held(struct exchange *exchange)
{
    struct service *service = exchange->service;
    struct quell_document document = {.memory = NULL};
    struct quell_error err = {.code = QUELL_OK};
    enum quell_code code = service->engine.held(service->engine.engine, &document, &err);

    if (!code)
        document.value = in_scope(exchange, document.value);
    answer_document(exchange, code, &document, &err);
}
