/*
 * undo.c - a person asks that what a run changed be taken back, and what that would do.
 */
#include "serve/service.h"

#include "base/arena.h"
#include "base/error.h"
#include "base/str.h"
#include "loop/log.h"
#include "value/fields.h"
#include "value/value.h"

static const struct quell_field undo_fields[] = {
    {.name = "step",
     .type = QUELL_FIELD_STRING,
     .fallback = "\"\"",
     .doc = "A step, by path or id; without it, all that the run changed."},
    {.name = "by",
     .type = QUELL_FIELD_STRING,
     .fallback = "\"\"",
     .size_max = 256,
     .doc = "Who says so; believed over the control socket only: else it is who has proved it."},
    {.name = "reason",
     .type = QUELL_FIELD_STRING,
     .fallback = "\"\"",
     .size_max = 1024,
     .doc = "Why, for people."},
    {.name = NULL},
};

static void asked(enum quell_code code, const struct quell_error *err, void *user)
{
    struct exchange *exchange = user;
    struct answer done = {.status = 200, .type = "application/json"};

    if (exchange->service && code) {
        service_problem(exchange, code, err);
        return;
    }
    if (exchange->service)
        done.body = arena_format(exchange->arena, "{\"run\":\"%.*s\"}", QUELL_ARG(exchange->note));
    exchange_answer(exchange, &done);
}

void control_undo(struct exchange *exchange)
{
    struct service *service = exchange->service;
    struct quell_undo_options options = {.run = exchange->parameter};
    struct quell_error err = {.code = QUELL_OK};
    struct quell_value said;
    char *run = arena_alloc(exchange->arena, 37); /* an id and its NUL */
    enum quell_code code;

    if (!service_body(exchange, undo_fields, &said))
        return;
    options.step = quell_get_str(said, "step");
    options.reason = quell_get_str(said, "reason");
    options.by = identity_speaker(exchange, quell_get_str(said, "by"));
    exchange->note = (struct quell_str){run, 36};
    code = service->engine.undo(service->engine.engine, &options, run, asked, exchange, &err);
    log_line(code ? LOG_LEVEL_WARNING : LOG_LEVEL_INFO, "run=%.*s undo asked by=%.*s%s%s",
             QUELL_ARG(options.run), QUELL_ARG(options.by), code ? " refused: " : "",
             code ? err.message : "");
    if (code)
        service_problem(exchange, code, &err);
}

void control_undo_plan(struct exchange *exchange)
{
    struct service *service = exchange->service;
    struct quell_document document = {.memory = NULL};
    struct quell_error err = {.code = QUELL_OK};
    enum quell_code code = service->engine.undo_plan(service->engine.engine, exchange->parameter,
                                                     QUELL_STR(""), &document, &err);

    if (code) {
        service_problem(exchange, code, &err);
        return;
    }
    service_value(exchange, document.value);
    service->engine.free_document(&document);
}
