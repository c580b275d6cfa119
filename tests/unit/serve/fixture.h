/*
 * fixture.h - for the tests of serve/: an engine that only remembers, and clients on real sockets
 * (client.h), all on one thread: whoever waits for something turns the loop.
 */
#ifndef TESTS_SERVE_FIXTURE_H
#define TESTS_SERVE_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/error.h"
#include "base/str.h"
#include "loop/log.h"
#include "loop/loop.h"
#include "serve/serve.h"
#include "value/json.h"
#include "value/value.h"

#define UNUSED __attribute__((unused))
#define PATIENCE_US 20000000 /* a test that waits longer has failed */
#define TURN_MS 2            /* of the loop, while a client waits */

/* ---- an engine that only remembers -------------------------------------------------------------
 */

enum fake_mode { FAKE_ACCEPTS, FAKE_INVALID, FAKE_FULL, FAKE_BROKEN_DISK, FAKE_HOLDS };

#define FAKE_HELD 64
#define FAKE_DELIVERIES 64

struct fake_job {
    struct fake *fake;
    quell_submitted_fn *done;
    void *user;
    bool repeated;
};

struct fake {
    struct loop *loop;
    struct arena *arena;
    struct quell_value config, next_config, stats;
    enum fake_mode mode;
    bool reload_fails;
    const char *store;                             /* URL; NULL = memory */
    size_t submissions;                            /* taken in: not refused, not repeated */
    struct quell_str body, source, hook, delivery; /* of the last one */
    struct fake_job held[FAKE_HELD];
    size_t held_count;
    struct quell_str deliveries[FAKE_DELIVERIES];
    size_t delivery_count;
    struct quell_str started, released,
        halted;                     /* "playbook by incident inputs", "run step 0|1 by" */
    struct quell_str undone;        /* "run step by reason" of the last undo */
    struct quell_str cancelled;     /* "run by reason" of the last cancel */
    struct quell_str decided;       /* the last decision, its parts with blanks between */
    struct quell_str resolved;      /* "run step happened by" of the last resolve */
    struct quell_value asked;       /* the question of any run; null = none */
    struct quell_value shown;       /* runs by id */
    struct quell_value tokens;      /* by text: what each is good for */
    struct quell_str made, revoked; /* "name user by", "name by" of the last token */
    struct quell_str audited;       /* "who what subject" of the last row */
    enum quell_code resolve_code;
    struct service *service;
};

static UNUSED struct quell_value fake_config(void *engine)
{
    return ((struct fake *)engine)->config;
}

static UNUSED struct quell_str fake_store_url(void *engine)
{
    const char *url = ((struct fake *)engine)->store;

    return quell_str_of(url ? url : "memory:");
}

static UNUSED void fake_finish(void *user)
{
    struct fake_job *job = user;
    struct fake_job copy = *job;
    struct quell_error err = {.code = QUELL_OK};

    free(job);
    if (copy.fake->mode == FAKE_BROKEN_DISK) {
        (void)error_set(&err, QUELL_IO, "the disk is full");
        copy.done(QUELL_IO, QUELL_STR(""), false, &err, copy.user);
        return;
    }
    copy.done(QUELL_OK, QUELL_STR("{\"incident\":\"i-1\",\"runs\":[]}"), copy.repeated, NULL,
              copy.user);
}

/* Lets go what FAKE_HOLDS has kept. */
static UNUSED void fake_release(struct fake *fake)
{
    for (size_t i = 0; i < fake->held_count; i++) {
        fake->held[i].done(QUELL_OK, QUELL_STR("{\"incident\":\"i-1\",\"runs\":[]}"), false, NULL,
                           fake->held[i].user);
    }
    fake->held_count = 0;
}

static UNUSED bool fake_remembers(struct fake *fake, struct quell_str delivery)
{
    if (delivery.len == 0)
        return false;
    for (size_t i = 0; i < fake->delivery_count; i++) {
        if (quell_str_equal(fake->deliveries[i], delivery))
            return true;
    }
    assert_true(fake->delivery_count < FAKE_DELIVERIES);
    fake->deliveries[fake->delivery_count++] = arena_str(fake->arena, delivery);
    return false;
}

static UNUSED enum quell_code fake_submit(void *engine, const struct quell_submission *submission,
                                          quell_submitted_fn *done, void *user,
                                          struct quell_error *err)
{
    struct fake *fake = engine;
    struct fake_job job = {.fake = fake, .done = done, .user = user};
    struct fake_job *later;

    if (fake->mode == FAKE_INVALID)
        return error_set(err, QUELL_INVALID, "line 1, column 2: no JSON");
    if (fake->mode == FAKE_FULL) {
        (void)error_set(err, QUELL_LIMIT, "the queue is full");
        err->retry_after_ms = 7000;
        return QUELL_LIMIT;
    }
    job.repeated = fake_remembers(fake, submission->delivery);
    fake->submissions += !job.repeated;
    fake->body = arena_str(fake->arena, submission->body);
    fake->source = arena_str(fake->arena, submission->source);
    fake->hook = arena_str(fake->arena, submission->hook);
    fake->delivery = arena_str(fake->arena, submission->delivery);
    if (fake->mode == FAKE_HOLDS) {
        assert_true(fake->held_count < FAKE_HELD);
        fake->held[fake->held_count++] = job;
        return QUELL_OK;
    }
    later = malloc(sizeof(*later));
    *later = job;
    loop_defer(fake->loop, fake_finish, later);
    return QUELL_OK;
}

static UNUSED enum quell_code fake_resolve(void *engine, struct quell_str run,
                                           struct quell_str step, bool happened,
                                           struct quell_str by, quell_done_fn *done, void *user,
                                           struct quell_error *err)
{
    struct fake *fake = engine;

    if (fake->resolve_code)
        return error_set(err, fake->resolve_code, "the step is not held");
    fake->resolved = arena_format(fake->arena, "%.*s %.*s %d %.*s", QUELL_ARG(run), QUELL_ARG(step),
                                  happened, QUELL_ARG(by));
    done(QUELL_OK, NULL, user);
    return QUELL_OK;
}

static UNUSED enum quell_code fake_let_go(void *engine, struct quell_str run, struct quell_str step,
                                          bool allowed, struct quell_str by,
                                          struct quell_str reason, quell_done_fn *done, void *user,
                                          struct quell_error *err)
{
    struct fake *fake = engine;

    if (fake->resolve_code)
        return error_set(err, fake->resolve_code, "no limit holds it");
    fake->released =
        arena_format(fake->arena, "%.*s %.*s %d %.*s%s%.*s", QUELL_ARG(run), QUELL_ARG(step),
                     allowed, QUELL_ARG(by), reason.len ? " " : "", QUELL_ARG(reason));
    done(QUELL_OK, NULL, user);
    return QUELL_OK;
}

static UNUSED enum quell_code fake_halt(void *engine, const struct quell_halt *halt,
                                        quell_done_fn *done, void *user, struct quell_error *err)
{
    struct fake *fake = engine;

    if (fake->resolve_code)
        return error_set(err, fake->resolve_code, "it cannot be written");
    fake->halted =
        arena_format(fake->arena, "%s %.*s %d %.*s %.*s", halt->what, QUELL_ARG(halt->name),
                     halt->reads, QUELL_ARG(halt->by), QUELL_ARG(halt->reason));
    done(QUELL_OK, NULL, user);
    return QUELL_OK;
}

static UNUSED enum quell_code fake_resume(void *engine, const struct quell_halt *halt,
                                          struct quell_error *err)
{
    struct fake *fake = engine;

    if (fake->resolve_code)
        return error_set(err, fake->resolve_code, "it cannot be removed");
    fake->halted = arena_format(fake->arena, "not %s %.*s %.*s", halt->what, QUELL_ARG(halt->name),
                                QUELL_ARG(halt->by));
    return QUELL_OK;
}

static UNUSED enum quell_code fake_begin(void *engine, const struct quell_run_options *options,
                                         char run[37], quell_done_fn *done, void *user,
                                         struct quell_error *err)
{
    struct fake *fake = engine;

    if (fake->resolve_code)
        return error_set(err, fake->resolve_code, "the playbook is off");
    fake->started =
        arena_format(fake->arena, "%s %.*s %.*s %.*s", options->playbook, QUELL_ARG(options->by),
                     QUELL_ARG(options->incident), QUELL_ARG(options->inputs));
    (void)snprintf(run, 37, "%s", "01890a5d-ac96-774b-bcce-b302099a8057");
    done(QUELL_OK, NULL, user);
    return QUELL_OK;
}

static UNUSED enum quell_code fake_undo(void *engine, const struct quell_undo_options *options,
                                        char run[37], quell_done_fn *done, void *user,
                                        struct quell_error *err)
{
    struct fake *fake = engine;

    if (fake->resolve_code)
        return error_set(err, fake->resolve_code, "the run is undone already");
    fake->undone =
        arena_format(fake->arena, "%.*s %.*s %.*s %.*s", QUELL_ARG(options->run),
                     QUELL_ARG(options->step), QUELL_ARG(options->by), QUELL_ARG(options->reason));
    (void)snprintf(run, 37, "%s", "0198c7d2-0000-7000-8000-000000000001");
    done(QUELL_OK, NULL, user);
    return QUELL_OK;
}

static UNUSED enum quell_code fake_cancel(void *engine, struct quell_str run, struct quell_str by,
                                          struct quell_str reason, quell_done_fn *done, void *user,
                                          struct quell_error *err)
{
    struct fake *fake = engine;

    if (fake->resolve_code)
        return error_set(err, fake->resolve_code, "the run has ended");
    fake->cancelled = arena_format(fake->arena, "%.*s %.*s %.*s", QUELL_ARG(run), QUELL_ARG(by),
                                   QUELL_ARG(reason));
    done(QUELL_OK, NULL, user);
    return QUELL_OK;
}

static UNUSED enum quell_code fake_prune(void *engine, const struct quell_prune_options *options,
                                         struct quell_pruned *pruned, quell_done_fn *done,
                                         void *user, struct quell_error *err)
{
    (void)engine;
    if (options->older_than_us < INT64_C(86400) * 1000000)
        return error_set(err, QUELL_INVALID, "what is younger than a day is not forgotten");
    *pruned = (struct quell_pruned){.runs = 7};
    done(QUELL_OK, NULL, user);
    return QUELL_OK;
}

static UNUSED enum quell_code fake_decide(void *engine, const struct quell_decision *decision,
                                          quell_done_fn *done, void *user, struct quell_error *err)
{
    struct fake *fake = engine;

    if (fake->resolve_code)
        return error_set(err, fake->resolve_code, "not by this person");
    fake->decided = arena_format(
        fake->arena, "%.*s %.*s %d %.*s %.*s %.*s %.*s", QUELL_ARG(decision->run),
        QUELL_ARG(decision->step), decision->agrees, QUELL_ARG(decision->by),
        QUELL_ARG(decision->digest), QUELL_ARG(decision->reason), QUELL_ARG(decision->answers));
    done(QUELL_OK, NULL, user);
    return QUELL_OK;
}

static UNUSED enum quell_code fake_approvals(void *engine, struct quell_document *document,
                                             struct quell_error *err)
{
    struct fake *fake = engine;

    (void)err;
    if (quell_is_null(fake->asked)) {
        *document = (struct quell_document){.value = quell_list(NULL, 0)};
        return QUELL_OK;
    }
    document->value = quell_list(&fake->asked, 1);
    return QUELL_OK;
}

/* A question as an engine tells it: with `form` in its step's name a form, else an approval. */
static UNUSED enum quell_code fake_question(void *engine, struct quell_str run,
                                            struct quell_str step, struct quell_document *document,
                                            struct quell_error *err)
{
    struct fake *fake = engine;

    (void)run;
    (void)step;
    if (quell_is_null(fake->asked))
        return error_set(err, QUELL_NOT_FOUND, "no step of the run has asked anybody");
    *document = (struct quell_document){.value = fake->asked};
    return QUELL_OK;
}

static UNUSED enum quell_code fake_runs(void *engine, const struct quell_runs_options *options,
                                        struct quell_document *document, struct quell_error *err)
{
    struct fake *fake = engine;
    struct map_builder map = {.arena = fake->arena};

    (void)err;
    map_add(&map, "state", quell_string(arena_str(fake->arena, options->state)));
    map_add(&map, "limit", quell_int((int64_t)options->limit));
    document->value = map_made(&map);
    return QUELL_OK;
}

static UNUSED enum quell_code fake_show(void *engine, struct quell_str run,
                                        struct quell_document *document, struct quell_error *err)
{
    struct fake *fake = engine;

    if (quell_find(fake->shown, run, &document->value))
        return QUELL_OK;
    return error_set(err, QUELL_NOT_FOUND, "no run %.*s", QUELL_ARG(run));
}

static UNUSED enum quell_code fake_undo_plan(void *engine, struct quell_str run,
                                             struct quell_str step, struct quell_document *document,
                                             struct quell_error *err)
{
    (void)run;
    (void)step;
    return fake_show(engine, QUELL_STR("of-p"), document, err);
}

static UNUSED enum quell_code fake_token_create(void *engine,
                                                const struct quell_token_options *options,
                                                char token[QUELL_TOKEN_BYTES], quell_done_fn *done,
                                                void *user, struct quell_error *err)
{
    struct fake *fake = engine;

    if (fake->resolve_code)
        return error_set(err, fake->resolve_code, "there is one already");
    memset(token, 't', QUELL_TOKEN_BYTES - 1);
    token[QUELL_TOKEN_BYTES - 1] = '\0';
    fake->made = arena_format(fake->arena, "%.*s %.*s %.*s", QUELL_ARG(options->name),
                              QUELL_ARG(options->user), QUELL_ARG(options->by));
    done(QUELL_OK, NULL, user);
    return QUELL_OK;
}

static UNUSED enum quell_code fake_token_revoke(void *engine, struct quell_str name,
                                                struct quell_str by, quell_done_fn *done,
                                                void *user, struct quell_error *err)
{
    struct fake *fake = engine;

    if (fake->resolve_code)
        return error_set(err, fake->resolve_code, "there is no such token");
    fake->revoked = arena_format(fake->arena, "%.*s %.*s", QUELL_ARG(name), QUELL_ARG(by));
    done(QUELL_OK, NULL, user);
    return QUELL_OK;
}

static UNUSED enum quell_code fake_tokens(void *engine, struct quell_document *document,
                                          struct quell_error *err)
{
    (void)engine;
    (void)err;
    *document = (struct quell_document){.value = quell_list(NULL, 0)};
    return QUELL_OK;
}

/* `tokens` of the fake: what each is good for. */
static UNUSED enum quell_code fake_token_find(void *engine, struct quell_str token,
                                              struct quell_document *document,
                                              struct quell_error *err)
{
    struct fake *fake = engine;

    if (!quell_find(fake->tokens, token, &document->value))
        return error_set(err, QUELL_DENIED, "this token is not known");
    return QUELL_OK;
}

static UNUSED void fake_audit(void *engine, const struct quell_audit_row *row)
{
    struct fake *fake = engine;

    fake->audited = arena_format(fake->arena, "%.*s %s %.*s", QUELL_ARG(row->who), row->what,
                                 QUELL_ARG(row->subject));
}

static UNUSED enum quell_code fake_stats(void *engine, struct quell_document *document,
                                         struct quell_error *err)
{
    (void)err;
    document->value = ((struct fake *)engine)->stats;
    return QUELL_OK;
}

static UNUSED enum quell_code fake_reload(void *engine, quell_check_fn *check, void *user,
                                          struct quell_error *err)
{
    struct fake *fake = engine;
    enum quell_code code;

    if (fake->reload_fails)
        return error_set(err, QUELL_INVALID, "a playbook does not check");
    code = check(fake->next_config, user, err);
    if (!code)
        fake->config = fake->next_config;
    return code;
}

static UNUSED void fake_free_document(struct quell_document *document)
{
    (void)document; /* it lives in the fake's arena */
}

static UNUSED struct quell_value fake_json(struct fake *fake, const char *text)
{
    struct quell_value value;
    struct quell_error err;

    if (json_read(fake->arena, quell_str_of(text), 1 << 20, &value, NULL, &err))
        fail_msg("%s: %s", err.message, text);
    return value;
}

static UNUSED void fake_init(struct fake *fake, const char *config)
{
    *fake = (struct fake){.loop = loop_new(), .arena = arena_new(0)};
    log_set(LOG_LEVEL_ERROR, 0);
    fake->config = fake_json(fake, config);
    fake->next_config = fake->config;
    fake->tokens = fake->shown = quell_map(NULL, 0);
    fake->stats = fake_json(fake, "{\"ready\":true,\"checks\":[{\"name\":\"store\",\"ok\":true,"
                                  "\"text\":\"writable\"}],\"counters\":[]}");
}

static UNUSED struct serve_engine fake_engine(struct fake *fake)
{
    return (struct serve_engine){.engine = fake,
                                 .config = fake_config,
                                 .store_url = fake_store_url,
                                 .submit = fake_submit,
                                 .resolve = fake_resolve,
                                 .decide = fake_decide,
                                 .approvals = fake_approvals,
                                 .question = fake_question,
                                 .cancel = fake_cancel,
                                 .prune = fake_prune,
                                 .undo = fake_undo,
                                 .undo_plan = fake_undo_plan,
                                 .release = fake_let_go,
                                 .held = fake_approvals,
                                 .halt = fake_halt,
                                 .resume = fake_resume,
                                 .start = fake_begin,
                                 .runs = fake_runs,
                                 .show = fake_show,
                                 .why = fake_show,
                                 .stats = fake_stats,
                                 .token_create = fake_token_create,
                                 .token_revoke = fake_token_revoke,
                                 .tokens = fake_tokens,
                                 .token_find = fake_token_find,
                                 .audit = fake_audit,
                                 .reload = fake_reload,
                                 .free_document = fake_free_document};
}

/* Starts to serve; config has `"listen": "127.0.0.1:0"`. */
static UNUSED void fake_start(struct fake *fake, const char *config,
                              const struct serve_options *options)
{
    struct serve_options none = {.listen = NULL};
    struct serve_engine engine;
    struct quell_error err = {.code = QUELL_OK};

    fake_init(fake, config);
    engine = fake_engine(fake);
    if (serve_start(&engine, fake->loop, options ? options : &none, &fake->service, &err))
        fail_msg("%s", err.message);
}

static UNUSED void fake_stop(struct fake *fake)
{
    serve_stop(fake->service);
    fake_release(fake);
    for (int i = 0; i < 3; i++)
        loop_once(fake->loop, 0);
    loop_free(fake->loop);
    arena_free(fake->arena);
}

static UNUSED int fake_port(const struct fake *fake)
{
    int port = 0;

    assert_non_null(server_url(serve_server(fake->service), 0, &port));
    return port;
}

#include "client.h"

#endif
