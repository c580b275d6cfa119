/*
 * control.c - /_range/: how tests and people steer the range and look inside; and /act/, the door
 * for requests that just shall happen.
 */
#include "services.h"

#include "../net/mail.h"
#include "../net/smtp.h"
#include "base/arena.h"
#include "base/error.h"
#include "base/str.h"
#include "base/when.h"
#include "value/json.h"
#include "value/value.h"

static const char help_text[] =
    "quell-range: a practice range for quell\n"
    "\n"
    "GET  /_range/           this text\n"
    "GET  /_range/effects    what took place: {count, effects, duplicates}\n"
    "GET  /_range/mails      the mails: {count, mails: [{from, to, subject, text, html, raw "
    "...}]}\n"
    "GET  /_range/state      clock, machines, actions, comments, faults and counters\n"
    "POST /_range/clock      {\"advance_ms\": N} or {\"now\": \"2026-01-02T03:04:05Z\"}\n"
    "POST /_range/fault      {\"where\": DOOR, \"what\": FAULT, \"times\": 1, \"skip\": 0,\n"
    "                         \"retry_after\": SECONDS, \"delay_ms\": MS}; times -1 = for ever\n"
    "     DOOR   * token machines isolate release machineactions cancel incident comment act mail\n"
    "     FAULT  a status (429, 503, 500, 401; of mail 451, 554) or\n"
    "            lost-before lost-after slow truncated garbage html; at isolate and release also\n"
    "            failed timed-out (how the action will end) return-pending (for a duplicate)\n"
    "POST /_range/machine    {\"id\": ID, members...}: sets members of a machine\n"
    "POST /_range/incident   {\"name\": NAME, \"properties\": {...}}: sets those of an incident\n"
    "POST /_range/reset      forgets everything, the effects and the clock too;\n"
    "                        {\"keep_effects\": true} keeps the effects\n"
    "\n"
    "POST /{tenant}/oauth2/v2.0/token            Entra\n"
    "GET  /api/machines, /api/machineactions     Defender, with isolate, unisolate and cancel\n"
    "GET  /subscriptions/.../incidents/{id}      Sentinel, with comments\n"
    "ANY  /act/...                               an effect and an echo\n";

static void handle_help(struct visit *visit)
{
    visit->answer->status = 200;
    visit->answer->content_type = "text/plain; charset=utf-8";
    visit->answer->body = QUELL_STR(help_text);
}

static void handle_effects(struct visit *visit)
{
    visit->answer->status = 200;
    visit->answer->content_type = "application/json; charset=utf-8";
    visit->answer->body = effects_text(visit->range->effects, visit->arena);
}

static struct quell_value mail_value(struct arena *arena, const struct mail_record *record)
{
    struct mail mail = mail_parse(arena, record->raw);
    struct map_builder map = {.arena = arena};
    map_add(&map, "at", quell_string(range_time(arena, record->at_us)));
    map_add(&map, "from", quell_string(mail_clean(arena, record->from)));
    map_add(&map, "to", record->to);
    map_add(&map, "subject", quell_get(mail.headers, "subject"));
    map_add(&map, "headers", mail.headers);
    map_add(&map, "header_names", mail.names);
    map_add(&map, "text", quell_string(mail.text));
    map_add(&map, "html", quell_string(mail.html));
    map_add(&map, "raw", quell_string(mail_clean(arena, record->raw)));
    map_add(&map, "user", quell_string(mail_clean(arena, record->user)));
    map_add(&map, "tls", quell_bool(record->tls));
    map_add(&map, "bare_line_end", quell_bool(record->bare_line_end));
    return map_made(&map);
}

static void handle_mails(struct visit *visit)
{
    struct list_builder list = {.arena = visit->arena};
    struct map_builder map = {.arena = visit->arena};
    const struct mail_record *record;
    for (record = visit->range->mails; record; record = record->next)
        list_add(&list, mail_value(visit->arena, record));
    map_add(&map, "count", quell_int((int64_t)list.count));
    map_add(&map, "mails", list_made(&list));
    answer_json(visit, 200, map_made(&map));
}

static struct quell_value machines_value(const struct range *range, struct arena *arena)
{
    struct list_builder list = {.arena = arena};
    const struct machine *machine;
    for (machine = range->machines; machine; machine = machine->next) {
        struct quell_str id = quell_get_str(machine->record, "id");
        struct map_builder map = {.arena = arena};
        map_add(&map, "id", quell_string(id));
        map_add(&map, "computerDnsName", quell_get(machine->record, "computerDnsName"));
        map_add(&map, "isolated", quell_bool(machine_isolated(range, id)));
        list_add(&list, map_made(&map));
    }
    return list_made(&list);
}

static struct quell_value actions_value(const struct range *range, struct arena *arena)
{
    struct list_builder list = {.arena = arena};
    const struct machine_action *action;
    for (action = range->actions; action; action = action->next)
        list_add(&list, action_value(range, arena, action, true));
    return list_made(&list);
}

static struct quell_value comments_value(const struct range *range, struct arena *arena)
{
    struct list_builder list = {.arena = arena};
    const struct incident_record *incident;
    for (incident = range->incidents; incident; incident = incident->next) {
        const struct comment *comment;
        for (comment = incident->comments; comment; comment = comment->next) {
            struct map_builder map = {.arena = arena};
            map_add(&map, "incident", quell_string(incident->name));
            map_add(&map, "id", quell_string(comment->name));
            map_add(&map, "message", quell_string(comment->message));
            list_add(&list, map_made(&map));
        }
    }
    return list_made(&list);
}

static void handle_state(struct visit *visit)
{
    const struct range *range = visit->range;
    struct arena *arena = visit->arena;
    struct map_builder map = {.arena = arena};
    map_add(&map, "now", quell_string(range_now(range, arena)));
    map_add(&map, "requests", quell_int(range->requests));
    map_add(&map, "tokens_issued", quell_int(range->tokens_issued));
    map_add(&map, "refused_duplicates", quell_int(range->refused_duplicates));
    map_add(&map, "machines", machines_value(range, arena));
    map_add(&map, "actions", actions_value(range, arena));
    map_add(&map, "comments", comments_value(range, arena));
    map_add(&map, "faults", faults_value(range->faults, arena));
    answer_json(visit, 200, map_made(&map));
}

static void answer_done(struct visit *visit)
{
    struct map_builder map = {.arena = visit->arena};
    map_add(&map, "ok", quell_bool(true));
    map_add(&map, "now", quell_string(range_now(visit->range, visit->arena)));
    answer_json(visit, 200, map_made(&map));
}

static void handle_clock(struct visit *visit)
{
    struct quell_value ms = quell_get(visit->json, "advance_ms");
    struct quell_str now = quell_get_str(visit->json, "now");
    struct when when;
    if (quell_is(ms, QUELL_INT) && ms.as.integer >= 0 && ms.as.integer <= 315360000000) {
        range_clock_advance(visit->range, ms.as.integer * 1000); /* ten years are enough */
        answer_done(visit);
    } else if (when_parse_time(now, &when)) {
        range_clock_advance(visit->range, when_to_us(when) - range_now_us(visit->range));
        answer_done(visit);
    } else {
        answer_error(visit, SERVICE_NONE, 400, "BadRequest",
                     "send {\"advance_ms\": N} or {\"now\": \"2026-01-02T03:04:05Z\"}");
    }
}

static void handle_fault(struct visit *visit)
{
    struct quell_error err;
    if (faults_add(visit->range->faults, visit->json, &err))
        answer_error(visit, SERVICE_NONE, 400, "BadRequest", "%s", err.message);
    else
        answer_done(visit);
}

static void handle_machine(struct visit *visit)
{
    struct quell_str id = quell_get_str(visit->json, "id");
    if (id.len == 0) {
        answer_error(visit, SERVICE_NONE, 400, "BadRequest", "send {\"id\": ID, members...}");
        return;
    }
    machine_put(visit->range, id, visit->json);
    answer_done(visit);
}

static void handle_incident(struct visit *visit)
{
    struct quell_str name = quell_get_str(visit->json, "name");
    if (name.len == 0) {
        answer_error(visit, SERVICE_NONE, 400, "BadRequest",
                     "send {\"name\": NAME, \"properties\": {...}}");
        return;
    }
    incident_put(visit->range, name, quell_get(visit->json, "properties"));
    answer_done(visit);
}

static void handle_reset(struct visit *visit)
{
    range_reset(visit->range);
    faults_clear(visit->range->faults);
    range_clock_start(visit->range);
    if (!quell_get_bool(visit->json, "keep_effects", false))
        effects_clear(visit->range->effects);
    answer_done(visit);
}

static struct quell_value headers_value(const struct visit *visit)
{
    struct map_builder map = {.arena = visit->arena};
    size_t i;
    for (i = 0; i < visit->request->header_count; i++)
        map_put(&map, mail_clean(visit->arena, visit->request->headers[i].name),
                quell_string(mail_clean(visit->arena, visit->request->headers[i].value)));
    return map_made(&map);
}

/* Any request at all: it takes place, and comes back. A GET changes nothing, so it is no effect. */
static void handle_act(struct visit *visit)
{
    const struct http_request *request = visit->request;
    struct arena *arena = visit->arena;
    struct quell_str key = http_header(request, "idempotency-key");
    struct quell_str target =
        arena_format(arena, "%.*s %.*s", QUELL_ARG(request->method), QUELL_ARG(request->path));
    struct map_builder map = {.arena = arena};
    if (!str_is(request->method, "GET") && !str_is(request->method, "HEAD"))
        effects_add(visit->range, &(struct effect){.kind = "act",
                                                   .target = mail_clean(arena, target),
                                                   .key = mail_clean(arena, key),
                                                   .marker = mail_clean(arena, request->body)});
    map_add(&map, "method", quell_string(mail_clean(arena, request->method)));
    map_add(&map, "path", quell_string(mail_clean(arena, request->path)));
    map_add(&map, "query", quell_string(mail_clean(arena, request->query)));
    map_add(&map, "headers", headers_value(visit));
    map_add(&map, "json", visit->json);
    map_add(&map, "body", quell_string(mail_clean(arena, request->body)));
    answer_json(visit, 200, map_made(&map));
}

const struct route control_routes[] = {
    {"GET", "/_range/", SERVICE_NONE, NULL, handle_help},
    {"GET", "/_range/effects", SERVICE_NONE, NULL, handle_effects},
    {"GET", "/_range/mails", SERVICE_NONE, NULL, handle_mails},
    {"GET", "/_range/state", SERVICE_NONE, NULL, handle_state},
    {"POST", "/_range/clock", SERVICE_NONE, NULL, handle_clock},
    {"POST", "/_range/fault", SERVICE_NONE, NULL, handle_fault},
    {"POST", "/_range/machine", SERVICE_NONE, NULL, handle_machine},
    {"POST", "/_range/incident", SERVICE_NONE, NULL, handle_incident},
    {"POST", "/_range/reset", SERVICE_NONE, NULL, handle_reset},
    {"*", "/act/{*}", SERVICE_NONE, "act", handle_act},
    {0},
};
