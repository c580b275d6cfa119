/*
 * control_prune.c - forgetting what ended long ago, over the control socket and the API.
 */
#include "serve/service.h"

#include "base/arena.h"
#include "base/limits.h"
#include "value/fields.h"
#include "value/value.h"

static const struct quell_field prune_fields[] = {
    {.name = "older_than_s",
     .type = QUELL_FIELD_INT,
     .flags = QUELL_REQUIRED,
     .doc = "Seconds since it ended, or came in; a day at least."},
    {.name = "dry_run",
     .type = QUELL_FIELD_BOOL,
     .fallback = "false",
     .doc = "Only tell what would go."},
    {.name = "by",
     .type = QUELL_FIELD_STRING,
     .fallback = "\"\"",
     .size_max = 256,
     .doc = "Who asks; only the user at the socket is asked."},
    {.name = NULL},
};

enum { SECONDS_MAX = 2000000000 }; /* 63 years: its microseconds are a number still */

/* exchange->note is where the figures are: they grow until it is done. */
static void pruned(enum quell_code code, const struct quell_error *err, void *user)
{
    struct exchange *exchange = user;
    const struct quell_pruned *did = (const void *)exchange->note.data;
    struct map_builder map = {.arena = exchange->arena};

    if (code && exchange->service) {
        service_problem(exchange, code, err);
        return;
    }
    map_add(&map, "before", value_time_us(did->before_us));
    map_add(&map, "runs", quell_int((int64_t)did->runs));
    map_add(&map, "events", quell_int((int64_t)did->events));
    map_add(&map, "incidents", quell_int((int64_t)did->incidents));
    map_add(&map, "refusals", quell_int((int64_t)did->refusals));
    map_add(&map, "audit_rows", quell_int((int64_t)did->audits));
    map_add(&map, "kept", quell_int((int64_t)did->kept));
    service_value(exchange, map_made(&map));
}

void control_prune(struct exchange *exchange)
{
    struct service *service = exchange->service;
    struct quell_pruned *figures = arena_one(exchange->arena, struct quell_pruned);
    struct quell_prune_options options = {0};
    struct quell_error err = {.code = QUELL_OK};
    struct quell_value said;
    int64_t seconds;
    enum quell_code code;

    if (!service_body(exchange, prune_fields, &said))
        return;
    seconds = quell_get(said, "older_than_s").as.integer;
    if (seconds < 0 || seconds > SECONDS_MAX) {
        exchange_problem(exchange, 400, "older_than_s is a number of seconds, a day at least");
        return;
    }
    options.older_than_us = seconds * 1000000;
    options.dry_run = quell_get_bool(said, "dry_run", false);
    options.by = identity_speaker(exchange, quell_get_str(said, "by"));
    exchange->note = (struct quell_str){(const char *)figures, sizeof(*figures)};
    code = service->engine.prune(service->engine.engine, &options, figures, pruned, exchange, &err);
    if (code)
        service_problem(exchange, code, &err);
}
