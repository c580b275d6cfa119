/*
 * approvals.c - the pages on which people decide: the list, one question, and what is posted from
 * it. A GET changes nothing. A decision is bound to the digest and the round that the page showed;
 * who decides is the exchange's identity, and whether they may is the engine's affair.
 */
#include "serve/approvals.h"

#include "base/arena.h"
#include "base/buf.h"
#include "base/error.h"
#include "base/escape.h"
#include "base/limits.h"
#include "base/str.h"
#include "loop/log.h"
#include "serve/form.h"
#include "serve/page.h"
#include "value/value.h"

struct quell_str approval_path(struct exchange *exchange, struct quell_value question)
{
    struct buf buf = {.size_max = 65536};
    struct quell_str path;

    buf_add_format(&buf, "/approvals/%.*s?step=", QUELL_ARG(quell_get_str(question, "run")));
    escape_percent(&buf, quell_get_str(question, "step"));
    path = arena_str(exchange->arena, buf_str(&buf));
    buf_free(&buf);
    return path;
}

/* ---- the list ----------------------------------------------------------------------------------
 */

static void add_item(struct markup *html, struct exchange *exchange, struct quell_value question)
{
    bool form = quell_text_is(quell_get(question, "what"), "form");
    struct quell_value message = quell_get(question, "message");

    markup_add(html, "<li class=\"card\"><h2><a");
    markup_attribute(html, "href", approval_path(exchange, question));
    markup_add(html, ">");
    markup_value(html, quell_is_null(message) || quell_str(message).len == 0
                           ? quell_get(question, "step")
                           : message);
    markup_add(html, "</a></h2><p>");
    markup_text(html, form ? QUELL_STR("Form") : QUELL_STR("Approval"));
    markup_add(html, " of playbook ");
    markup_value(html, quell_get(question, "playbook"));
    markup_add(html, ", until ");
    markup_value(html, quell_get(question, "until"));
    markup_add(html, "</p><p>");
    markup_value(html, quell_get(question, "title"));
    markup_add(html, "</p></li>\n");
}

void approvals_list(struct exchange *exchange)
{
    struct service *service = exchange->service;
    struct quell_document document = {.memory = NULL};
    struct quell_error err = {.code = QUELL_OK};
    enum quell_code code = service->engine.approvals(service->engine.engine, &document, &err);
    struct markup html = {0};
    size_t shown = 0;

    if (code) {
        service_problem(exchange, code, &err);
        return;
    }
    markup_begin(&html, "What people are asked", exchange);
    markup_add(&html, "<h1>What people are asked</h1>\n<ul class=\"cards\">");
    for (size_t i = 0; i < quell_count(document.value); i++) {
        struct quell_value question = quell_at(document.value, i);

        if (!scope_has(&exchange->identity, quell_get_str(question, "playbook")))
            continue;
        if (shown++ < LIMIT_QUESTIONS_SHOWN)
            add_item(&html, exchange, question);
    }
    markup_add(&html, "</ul>\n");
    if (shown == 0)
        markup_add(&html, "<p>Nobody is asked anything now.</p>\n");
    if (shown > LIMIT_QUESTIONS_SHOWN)
        markup_add(&html, "<p class=\"warn\">There are more; the oldest are shown. <code>quell "
                          "approvals</code> lists all.</p>\n");
    markup_end(&html);
    markup_answer(exchange, 200, &html);
    service->engine.free_document(&document);
}

/* ---- one ---------------------------------------------------------------------------------------
 */

static const char *heading_of(struct quell_value question)
{
    if (quell_text_is(quell_get(question, "what"), "approval"))
        return "Approval needed";
    if (quell_text_is(quell_get(question, "what"), "form"))
        return "A form to fill in";
    return "Nothing is asked here any more";
}

/* `why`: what is wrong with what was posted, or NULL; `looked_at`: the digest that it was about. */
static void answer_question(struct exchange *exchange, int status, const char *why,
                            struct quell_value question, struct quell_str looked_at)
{
    struct markup html = {0};
    const char *heading = heading_of(question);
    struct quell_value reason = quell_get(question, "reason");

    markup_begin(&html, heading, exchange);
    markup_add(&html, "<h1>");
    markup_text(&html, quell_str_of(heading));
    markup_add(&html, "</h1>\n");
    if (why) {
        markup_add(&html, "<p class=\"bad\" role=\"alert\">Not done: ");
        markup_text(&html, quell_str_of(why));
        markup_add(&html, "</p>\n");
        approval_add_changes(&html, question, looked_at);
    }
    if (!quell_is_null(quell_get(question, "message"))) {
        markup_add(&html, "<p><strong>");
        markup_value(&html, quell_get(question, "message"));
        markup_add(&html, "</strong></p>\n");
    }
    if (quell_get_str(question, "what").len == 0) {
        markup_add(&html, "<p>The step is now: <strong>");
        markup_value(&html, quell_get(question, "status"));
        markup_add(&html, "</strong> ");
        markup_value(&html, quell_is_null(reason) ? quell_text("") : reason);
        markup_add(&html, "</p>\n");
    }
    approval_add_people(&html, question);
    approval_add_plan(&html, question);
    approval_add_evidence(&html, question);
    approval_add_form(&html, exchange, question);
    approval_add_history(&html, question);
    markup_end(&html);
    markup_answer(exchange, status, &html);
}

/* The question of the run in the path; false: it has answered. */
static bool find(struct exchange *exchange, struct quell_str step, struct quell_document *document)
{
    struct service *service = exchange->service;
    struct quell_error err = {.code = QUELL_OK};
    enum quell_code code =
        service->engine.question(service->engine.engine, exchange->parameter, step, document, &err);

    if (code == QUELL_NOT_FOUND)
        page_message(exchange, 404, "There is no such question", quell_str_of(err.message));
    else if (code)
        service_problem(exchange, code, &err);
    return code == QUELL_OK;
}

void approvals_show(struct exchange *exchange)
{
    struct service *service = exchange->service;
    struct quell_document document = {.memory = NULL};
    struct quell_str step = {"", 0};

    if (!form_get(exchange->arena, exchange->request->query, "step", &step))
        step = QUELL_STR(""); /* the first that asks */
    if (!find(exchange, step, &document))
        return;
    answer_question(exchange, 200, NULL, document.value, QUELL_STR(""));
    service->engine.free_document(&document);
}

void control_question(struct exchange *exchange)
{
    struct service *service = exchange->service;
    struct quell_document document = {.memory = NULL};
    struct quell_error err = {.code = QUELL_OK};
    struct quell_str step = {"", 0};
    enum quell_code code;

    if (!form_get(exchange->arena, exchange->request->query, "step", &step))
        step = QUELL_STR(""); /* the first that asks */
    code = service->engine.question(service->engine.engine, exchange->parameter, step, &document,
                                    &err);
    if (code) {
        service_problem(exchange, code, &err);
        return;
    }
    service_value(exchange, document.value);
    service->engine.free_document(&document);
}

/* ---- posted ------------------------------------------------------------------------------------
 */

static void decided(enum quell_code code, const struct quell_error *err, void *user)
{
    struct exchange *exchange = user;

    if (exchange->service && code)
        service_problem(exchange, code, err);
    else
        page_go(exchange, exchange->note);
}

static int status_of(enum quell_code code)
{
    return code == QUELL_DENIED ? 403 : code == QUELL_INVALID ? 400 : 409;
}

/* Says it to the engine; a refusal comes back as the page, as things are now. */
static void decide(struct exchange *exchange, const struct quell_decision *decision,
                   struct quell_value question)
{
    struct service *service = exchange->service;
    struct quell_error err = {.code = QUELL_OK};
    enum quell_code code;

    exchange->note = approval_path(exchange, question);
    code = service->engine.decide(service->engine.engine, decision, decided, exchange, &err);
    log_line(code ? LOG_LEVEL_WARNING : LOG_LEVEL_INFO, "run=%.*s step=%.*s %s by=%.*s%s%s",
             QUELL_ARG(decision->run), QUELL_ARG(decision->step),
             decision->answers.len ? "answered"
             : decision->agrees    ? "agreed"
                                   : "denied",
             QUELL_ARG(decision->by), code ? " refused: " : "", code ? err.message : "");
    if (code == QUELL_DENIED || code == QUELL_INVALID || code == QUELL_CONFLICT)
        answer_question(exchange, status_of(code), err.message, question, decision->digest);
    else if (code)
        service_problem(exchange, code, &err);
}

static bool field(struct exchange *exchange, const char *name, struct quell_str *text)
{
    return form_get(exchange->arena, exchange->request->body, name, text);
}

static void incomplete(struct exchange *exchange)
{
    page_message(exchange, 400, "This was not sent by a form of ours",
                 QUELL_STR("Open the question again and decide there."));
}

void approvals_decide(struct exchange *exchange)
{
    struct service *service = exchange->service;
    struct quell_decision decision = {.run = exchange->parameter, .by = exchange->identity.name};
    struct quell_document document = {.memory = NULL};
    struct quell_str said, round;

    if (!form_is(exchange) || !field(exchange, "step", &decision.step) ||
        !field(exchange, "digest", &decision.digest) || !field(exchange, "round", &round) ||
        !field(exchange, "decision", &said) || !str_to_int(round, &decision.round) ||
        decision.digest.len != 64 || decision.round < 1 ||
        (!str_is(said, "agree") && !str_is(said, "deny"))) {
        incomplete(exchange);
        return;
    }
    if (!field(exchange, "reason", &decision.reason))
        decision.reason = QUELL_STR("");
    decision.reason = str_slice(str_trim(decision.reason), 0, LIMIT_REASON_BYTES);
    decision.agrees = str_is(said, "agree");
    if (!find(exchange, decision.step, &document))
        return;
    decide(exchange, &decision, document.value);
    service->engine.free_document(&document);
}

void approvals_answer(struct exchange *exchange)
{
    struct service *service = exchange->service;
    struct quell_decision decision = {.run = exchange->parameter, .by = exchange->identity.name};
    struct quell_document document = {.memory = NULL};
    struct quell_error err = {.code = QUELL_OK};

    if (!form_is(exchange) || !field(exchange, "step", &decision.step)) {
        incomplete(exchange);
        return;
    }
    if (!find(exchange, decision.step, &document))
        return;
    if (approval_read_answers(exchange, document.value, &decision.answers, &err))
        answer_question(exchange, 400, err.message, document.value, QUELL_STR(""));
    else
        decide(exchange, &decision, document.value);
    service->engine.free_document(&document);
}
