/*
 * control_halt.c - the kill switch over the control socket and the API. The file that the engine
 * writes is the truth; an answer means that nothing more is sent.
 */
#include "serve/service.h"

#include "base/arena.h"
#include "base/error.h"
#include "base/str.h"
#include "loop/log.h"
#include "value/json.h"
#include "value/value.h"

#define WHAT                                                                                       \
    {                                                                                              \
        .name = "what", .type = QUELL_FIELD_STRING, .fallback = "\"everything\"", .size_max = 16,  \
        .doc = "everything, connector or playbook."                                                \
    }
#define NAME                                                                                       \
    {                                                                                              \
        .name = "name", .type = QUELL_FIELD_STRING, .fallback = "\"\"", .size_max = 256,           \
        .doc = "Of the connector or connection, or the playbook's id."                             \
    }
#define BY                                                                                         \
    {                                                                                              \
        .name = "by", .type = QUELL_FIELD_STRING, .fallback = "\"\"", .size_max = 256,             \
        .doc = "Who says so; believed over the control socket only: else it is who has proved it." \
    }

static const struct quell_field halt_fields[] = {
    WHAT,
    NAME,
    BY,
    {.name = "reads",
     .type = QUELL_FIELD_BOOL,
     .fallback = "false",
     .doc = "Whether reads are not sent, either."},
    {.name = "reason",
     .type = QUELL_FIELD_STRING,
     .fallback = "\"\"",
     .size_max = 1024,
     .doc = "Why, for people."},
    {.name = NULL},
};

static const struct quell_field resume_fields[] = {WHAT, NAME, BY, {.name = NULL}};

static struct quell_halt halt_of(struct exchange *exchange, struct quell_value said)
{
    return (struct quell_halt){
        .what = arena_str(exchange->arena, quell_get_str(said, "what")).data,
        .name = quell_get_str(said, "name"),
        .reads = quell_get_bool(said, "reads", false),
        .by = identity_speaker(exchange, quell_get_str(said, "by")),
        .reason = quell_get_str(said, "reason"),
    };
}

static void answer(struct exchange *exchange, struct quell_str body)
{
    struct answer done = {.status = 200, .type = "application/json", .body = body};

    exchange_answer(exchange, &done);
}

/* It is halted in any case; what was on the wire may still have no answer. */
static void halted(enum quell_code code, const struct quell_error *err, void *user)
{
    struct exchange *exchange = user;
    struct map_builder map = {.arena = exchange->arena};

    map_add(&map, "halted", quell_bool(true));
    if (code)
        map_add(&map, "note", value_copy_str(exchange->arena, quell_str_of(err->message)));
    answer(exchange, json_text(exchange->arena, map_made(&map), JSON_COMPACT));
}

void control_halt(struct exchange *exchange)
{
    struct service *service = exchange->service;
    struct quell_error err = {.code = QUELL_OK};
    struct quell_value said;
    struct quell_halt halt;
    enum quell_code code;

    if (!service_body(exchange, halt_fields, &said))
        return;
    halt = halt_of(exchange, said);
    code = service->engine.halt(service->engine.engine, &halt, halted, exchange, &err);
    if (code)
        service_problem(exchange, code, &err);
}

void control_resume(struct exchange *exchange)
{
    struct service *service = exchange->service;
    struct quell_error err = {.code = QUELL_OK};
    struct quell_value said;
    struct quell_halt halt;
    enum quell_code code;

    if (!service_body(exchange, resume_fields, &said))
        return;
    halt = halt_of(exchange, said);
    code = service->engine.resume(service->engine.engine, &halt, &err);
    if (code)
        service_problem(exchange, code, &err);
    else
        answer(exchange, QUELL_STR("{\"resumed\":true}"));
}
