/*
 * health.c - /livez, /readyz, /metrics: what machines ask.
 */
#include "serve/service.h"

#include <ctype.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/str.h"
#include "loop/loop.h"
#include "serve/route.h"
#include "value/json.h"
#include "value/value.h"

#define METRICS_BYTES_MAX (4 * 1024 * 1024) /* 30,000 series */
#define PLAIN "text/plain; charset=utf-8"

static void answer_text(struct exchange *exchange, int status, const char *type,
                        struct quell_str text)
{
    struct answer answer = {.status = status, .type = type, .body = text};

    exchange_answer(exchange, &answer);
}

void health_live(struct exchange *exchange)
{
    answer_text(exchange, 200, PLAIN, QUELL_STR("ok\n"));
}

/* ---- ready -------------------------------------------------------------------------------------
 */

/* One check a line: `[+] store: writable`, `[-] sentinel: sign-in refused`. */
static void list_checks(struct buf *out, struct quell_value checks)
{
    for (size_t i = 0; i < quell_count(checks); i++) {
        struct quell_value check = quell_at(checks, i);

        buf_add_format(out, "[%c] %.*s: %.*s\n", quell_get_bool(check, "ok", false) ? '+' : '-',
                       QUELL_ARG(quell_get_str(check, "name")),
                       QUELL_ARG(quell_get_str(check, "text")));
    }
}

void health_ready(struct exchange *exchange)
{
    struct service *service = exchange->service;
    struct quell_document stats = {.memory = NULL};
    struct quell_error err = {.code = QUELL_OK};
    struct buf text = {.size_max = METRICS_BYTES_MAX};
    bool draining = server_draining(service->server);
    bool verbose = str_is(exchange->request->query, "verbose") && service_is_near(exchange);
    bool ready = !draining;

    if (service->engine.stats(service->engine.engine, &stats, &err)) {
        ready = false;
        if (verbose)
            buf_add_format(&text, "[-] engine: %s\n", err.message);
    } else {
        ready = ready && quell_get_bool(stats.value, "ready", false);
        if (verbose)
            list_checks(&text, quell_get(stats.value, "checks"));
        service->engine.free_document(&stats);
    }
    if (verbose && draining)
        buf_add_text(&text, "[-] server: draining\n");
    buf_add_text(&text, ready ? "ready\n" : "not ready\n");
    answer_text(exchange, ready ? 200 : 503, PLAIN, buf_str(&text));
    buf_free(&text);
}

/* ---- metrics -----------------------------------------------------------------------------------
 */

/* Prometheus's escapes: of a help text `\` and line feed, of a label value the quote too. */
static void add_escaped(struct buf *out, struct quell_str text, bool quotes)
{
    for (size_t i = 0; i < text.len; i++) {
        if (text.data[i] == '\n')
            buf_add_text(out, "\\n");
        else if (text.data[i] == '\\')
            buf_add_text(out, "\\\\");
        else if (text.data[i] == '"' && quotes)
            buf_add_text(out, "\\\"");
        else
            buf_add_char(out, text.data[i]);
    }
}

/* Letters, digits and `_` only; anything else becomes `_`. */
static void add_name(struct buf *out, struct quell_str name)
{
    for (size_t i = 0; i < name.len; i++) {
        bool good = isalpha((unsigned char)name.data[i]) || name.data[i] == '_' ||
                    (i > 0 && isdigit((unsigned char)name.data[i]));

        buf_add_char(out, good ? name.data[i] : '_');
    }
}

static void add_labels(struct buf *out, struct quell_value labels)
{
    if (quell_count(labels) == 0 || !quell_is(labels, QUELL_MAP))
        return;
    for (size_t i = 0; i < quell_count(labels); i++) {
        buf_add_char(out, i == 0 ? '{' : ',');
        add_name(out, quell_str(labels.as.pairs[i].key));
        buf_add_text(out, "=\"");
        add_escaped(out, quell_str(labels.as.pairs[i].value), true);
        buf_add_char(out, '"');
    }
    buf_add_char(out, '}');
}

static void add_counter(struct buf *out, struct quell_value counter, bool first)
{
    struct quell_str name = quell_get_str(counter, "name");
    bool total = quell_text_is(quell_get(counter, "type"), "counter");

    if (first) {
        buf_add_text(out, "# HELP ");
        add_name(out, name);
        buf_add_char(out, ' ');
        add_escaped(out, quell_get_str(counter, "help"), false);
        buf_add_text(out, "\n# TYPE ");
        add_name(out, name);
        buf_add_text(out, total ? " counter\n" : " gauge\n");
    }
    add_name(out, name);
    add_labels(out, quell_get(counter, "labels"));
    buf_add_char(out, ' ');
    json_write(out, quell_get(counter, "value"), JSON_COMPACT);
    buf_add_char(out, '\n');
}

/* The samples of one name must stand together, whatever the engine's order: groups x counters. */
static void add_counters(struct arena *arena, struct buf *out, struct quell_value counters)
{
    size_t count = quell_count(counters);
    struct quell_str *names = arena_array(arena, struct quell_str, count);
    bool *written = arena_array(arena, bool, count);

    for (size_t i = 0; i < count; i++)
        names[i] = quell_get_str(quell_at(counters, i), "name");
    for (size_t i = 0; i < count; i++) {
        for (size_t j = i; j < count && !written[i]; j++) {
            if (written[j] || !quell_str_equal(names[i], names[j]))
                continue;
            add_counter(out, quell_at(counters, j), j == i);
            written[j] = j > i; /* the first one ends the search: it is marked last */
        }
        written[i] = true;
    }
}

static void add_plain(struct buf *out, const char *name, const char *type, const char *help,
                      uint64_t value)
{
    buf_add_format(out, "# HELP %s %s\n# TYPE %s %s\n%s %llu\n", name, help, name, type, name,
                   (unsigned long long)value);
}

static void add_server(struct buf *out, const struct service *service)
{
    struct server_counters count = server_count(service->server);

    add_plain(out, "quell_http_connections", "gauge", "Connections open now.", count.open);
    add_plain(out, "quell_http_connections_accepted_total", "counter", "Connections accepted.",
              count.accepted);
    add_plain(out, "quell_http_connections_refused_total", "counter",
              "Connections turned away at the limit.", count.refused);
    add_plain(out, "quell_http_connections_evicted_total", "counter",
              "Idle connections closed to make room.", count.evicted);
    add_plain(out, "quell_http_deadlines_total", "counter",
              "Connections ended because the client was too slow.", count.deadlines);
    add_plain(out, "quell_http_malformed_total", "counter", "Requests that were no HTTP.",
              count.malformed);
    add_plain(out, "quell_http_handshakes_failed_total", "counter", "TLS handshakes that failed.",
              count.handshakes_failed);
    add_plain(out, "quell_reloads_total", "counter", "Configurations taken over by SIGHUP.",
              service->reloads);
    add_plain(out, "quell_reloads_failed_total", "counter", "Configurations refused at SIGHUP.",
              service->reloads_failed);
}

static void add_hooks(struct buf *out, const struct service *service)
{
    static const char *const outcomes[DELIVERY_OUTCOMES] = {
        [DELIVERY_ACCEPTED] = "accepted", [DELIVERY_REPEATED] = "repeated",
        [DELIVERY_DENIED] = "denied",     [DELIVERY_INVALID] = "invalid",
        [DELIVERY_LIMITED] = "limited",   [DELIVERY_OVER_RATE] = "over_rate",
        [DELIVERY_FAILED] = "failed",
    };

    buf_add_text(out,
                 "# HELP quell_hook_deliveries_total Webhook deliveries, by hook and outcome.\n"
                 "# TYPE quell_hook_deliveries_total counter\n");
    for (size_t i = 0; i < service->setup->hook_count; i++) {
        const struct hook *hook = &service->setup->hooks[i];

        for (size_t k = 0; k < DELIVERY_OUTCOMES; k++) {
            buf_add_format(out, "quell_hook_deliveries_total{hook=\"%.*s\",outcome=\"%s\"} %llu\n",
                           QUELL_ARG(hook->name), outcomes[k], (unsigned long long)hook->counts[k]);
        }
    }
}

void health_metrics(struct exchange *exchange)
{
    struct service *service = exchange->service;
    struct quell_document stats = {.memory = NULL};
    struct quell_error err = {.code = QUELL_OK};
    struct buf text = {.size_max = METRICS_BYTES_MAX};

    if (!service->engine.stats(service->engine.engine, &stats, &err)) {
        add_counters(exchange->arena, &text, quell_get(stats.value, "counters"));
        service->engine.free_document(&stats);
    }
    add_server(&text, service);
    add_hooks(&text, service);
    route_metrics(service, &text);
    answer_text(exchange, 200, "text/plain; version=0.0.4; charset=utf-8", buf_str(&text));
    buf_free(&text);
}
