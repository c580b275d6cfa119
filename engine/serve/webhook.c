/*
 * webhook.c - POST /hooks/{hook}: from a sender's delivery to a durable incident.
 *
 * 202 is sent only when the engine says that the incident is on disk; a delivery that was answered
 * before gets the same answer again. The engine, not this file, remembers deliveries.
 */
#include "serve/service.h"

#include "base/arena.h"
#include "base/cidr.h"
#include "base/error.h"
#include "base/limits.h"
#include "base/str.h"
#include "loop/log.h"
#include "loop/loop.h"
#include "value/value.h"

#define LOG_LINES_PER_SECOND 10 /* about refused deliveries: a flood must not fill the disk */

static int64_t now_s(void)
{
    return clock_now_us() / 1000000;
}

static void count(struct exchange *exchange, enum delivery_outcome outcome)
{
    struct service *service = exchange->service;
    struct hook *hook = setup_hook(service->setup, exchange->parameter);

    if (hook) /* a reload may have taken it away meanwhile */
        hook->counts[outcome]++;
}

static void log_refusal(struct exchange *exchange, const char *reason)
{
    struct service *service = exchange->service;
    int64_t second = now_s();

    if (service->refusals_s != second) {
        if (service->refusals > LOG_LINES_PER_SECOND) {
            log_line(LOG_LEVEL_WARNING, "hooks: %u more refusals were not logged",
                     service->refusals - LOG_LINES_PER_SECOND);
        }
        service->refusals_s = second;
        service->refusals = 0;
    }
    if (++service->refusals <= LOG_LINES_PER_SECOND) {
        log_line(LOG_LEVEL_WARNING, "hook=%.*s peer=%s refused: %s", QUELL_ARG(exchange->parameter),
                 exchange->peer.text, reason);
    }
}

/* ---- who may ------------------------------------------------------------------------------------
 */

static void refuse_unproven(struct exchange *exchange, const struct auth_kind *kind,
                            const char *reason)
{
    count(exchange, DELIVERY_DENIED);
    log_refusal(exchange, reason);
    exchange_problem_with(exchange, 401, reason, "WWW-Authenticate", quell_str_of(kind->challenge));
}

/* Its address out of "192.0.2.1:4711" or "[2001:db8::1]:4711". */
static bool address_of(const struct peer *peer, struct cidr *address)
{
    struct quell_str text = quell_str_of(peer->text);
    size_t end = text.len;

    while (end > 0 && text.data[end - 1] != ':')
        end--;
    text = str_slice(text, 0, end ? end - 1 : 0);
    if (text.len > 1 && text.data[0] == '[')
        text = str_slice(text, 1, text.len - 1);
    return ip_parse(text, address);
}

/* Whether the peer is where the hook's playbooks say that its sender is. Behind a proxy that is the
 * proxy: what it says of others could be said by anyone. */
static bool is_from(const struct hook *hook, const struct peer *peer)
{
    struct cidr address;

    if (hook->from_count == 0)
        return true;
    if (!address_of(peer, &address))
        return false;
    for (size_t i = 0; i < hook->from_count; i++)
        if (cidr_contains(&hook->from[i], &address))
            return true;
    return false;
}

static bool permits_address(struct exchange *exchange, const struct hook *hook)
{
    if (is_from(hook, &exchange->peer))
        return true;
    count(exchange, DELIVERY_DENIED);
    log_refusal(exchange, "the address is none of those in `from`");
    exchange_problem(exchange, 403, "this address may not send here");
    return false;
}

/* A hook without proof takes only what a program on this machine sends: nothing that a proxy passed
 * on, nothing that a page in a browser made it send. */
static bool permits_unproven(struct exchange *exchange)
{
    if (service_is_near(exchange) && !http_request_has(exchange->request, "origin"))
        return true;
    count(exchange, DELIVERY_DENIED);
    log_refusal(exchange, "a hook with `auth: none` is for programs on this machine");
    exchange_problem(exchange, 403, "this hook is for programs on this machine only");
    return false;
}

bool webhook_permits(struct exchange *exchange)
{
    struct service *service = exchange->service;
    struct hook *hook = setup_hook(service->setup, exchange->parameter);
    struct quell_error err = {.code = QUELL_OK};

    if (!hook) {
        exchange_problem(exchange, 404, "there is no hook of this name");
        return false;
    }
    if (!permits_address(exchange, hook))
        return false;
    if (!hook->auth.kind->secret && !permits_unproven(exchange))
        return false;
    if (auth_head(&hook->auth, exchange->request, now_s(), &err)) {
        refuse_unproven(exchange, hook->auth.kind, err.message);
        return false;
    }
    return hook->playbook.len ? service_takes_lines(exchange) : service_takes_json(exchange);
}

/* ---- taking it ----------------------------------------------------------------------------------
 */

static enum delivery_outcome outcome_of(enum quell_code code)
{
    if (code == QUELL_LIMIT || code == QUELL_THROTTLED)
        return DELIVERY_LIMITED;
    return code == QUELL_INVALID ? DELIVERY_INVALID : DELIVERY_FAILED;
}

static void refuse(struct exchange *exchange, enum quell_code code, const struct quell_error *err)
{
    count(exchange, outcome_of(code));
    log_refusal(exchange, err->message);
    service_problem(exchange, code, err);
}

static void submitted(enum quell_code code, struct quell_str text, bool repeated,
                      const struct quell_error *err, void *user)
{
    struct exchange *exchange = user;
    struct answer answer = {.status = 202, .type = "application/json", .body = text};

    if (!exchange->service) { /* the front end has ended meanwhile */
        exchange_answer(exchange, &answer);
        return;
    }
    if (code) {
        refuse(exchange, code, err);
        return;
    }
    count(exchange, repeated ? DELIVERY_REPEATED : DELIVERY_ACCEPTED);
    if (repeated)
        answer.fields[0] = (struct answer_field){"Idempotent-Replayed", QUELL_STR("true")};
    exchange_answer(exchange, &answer);
}

/* One row and one line a minute, whatever is sent. */
static void tell_over_rate(struct exchange *exchange, const struct hook *hook, uint64_t refused)
{
    struct service *service = exchange->service;
    struct map_builder detail = {.arena = exchange->arena};
    struct quell_audit_row row = {.who = QUELL_STR("quell"), .what = "limited"};

    log_line(LOG_LEVEL_WARNING, "hook=%.*s peer=%s over its rate of %.*s: %llu refused",
             QUELL_ARG(hook->name), exchange->peer.text, QUELL_ARG(hook->rate_text),
             (unsigned long long)refused);
    map_add(&detail, "peer", quell_text(exchange->peer.text));
    map_add(&detail, "rate", quell_string(hook->rate_text));
    map_add(&detail, "refused", quell_int((int64_t)refused));
    row.subject = arena_format(exchange->arena, "hooks.%.*s", QUELL_ARG(hook->name));
    row.detail = map_made(&detail);
    service->engine.audit(service->engine.engine, &row);
}

/* Whether the hook's rate has room for it; if not, it has answered and nothing was taken in. */
static bool is_within_rate(struct exchange *exchange, struct hook *hook)
{
    struct service *service = exchange->service;
    struct quell_error err = {.code = QUELL_OK};
    int64_t now_us = loop_monotonic_us(service->loop), wait_us = 0;
    uint64_t refused;

    if (rate_take(&hook->rate, &hook->rate_use, now_us, &wait_us))
        return true;
    count(exchange, DELIVERY_OVER_RATE);
    if (rate_refused(&hook->rate_use, now_us, &refused))
        tell_over_rate(exchange, hook, refused);
    (void)error_set(&err, QUELL_THROTTLED, "this hook takes %.*s and no more",
                    QUELL_ARG(hook->rate_text));
    err.retry_after_ms = (wait_us + 999) / 1000;
    service_problem(exchange, QUELL_THROTTLED, &err);
    return false;
}

void webhook_take(struct exchange *exchange)
{
    struct service *service = exchange->service;
    struct hook *hook = setup_hook(service->setup, exchange->parameter);
    struct quell_error err = {.code = QUELL_OK};
    struct quell_submission submission = {.body = exchange->request->body};
    enum quell_code code;

    if (!hook) { /* a reload took it away while the body came */
        exchange_problem(exchange, 404, "there is no hook of this name");
        return;
    }
    if (auth_body(&hook->auth, exchange->request, &err)) {
        refuse_unproven(exchange, hook->auth.kind, err.message);
        return;
    }
    if (!is_within_rate(exchange, hook))
        return;
    submission.hook = hook->name;
    submission.source = hook->source;
    submission.to_playbooks = hook->playbook.len > 0;
    submission.lines = submission.to_playbooks && service_is_lines(exchange);
    code = auth_delivery(&hook->auth, exchange->request, &submission.delivery, &err);
    if (!code)
        code =
            service->engine.submit(service->engine.engine, &submission, submitted, exchange, &err);
    if (code)
        refuse(exchange, code, &err);
}
