/*
 * serve.h - the daemon: webhooks in, health and metrics out, a control socket beside the store.
 *
 * Configuration keys: `listen` (text or list, default 127.0.0.1:7070), `tls: {certificate, key}`,
 * `hooks.<name>: {source, auth}`, `senders.<name>: auth` of who sends to webhooks of playbooks. An
 * address that is not loopback needs TLS and every hook a proof.
 */
#ifndef SERVE_SERVE_H
#define SERVE_SERVE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <quell/connector.h>
#include <quell/error.h>
#include <quell/quell.h>
#include <quell/value.h>

#include "serve/server.h"

struct arena;
struct loop;

/* The keys of the configuration that are the front end's. */
extern const struct quell_field serve_config_fields[];

/* Checks `listen`, `tls`, `hooks` and `senders` of a configuration (other keys are not looked at).
 * Reads no secret and no file. QUELL_INVALID with "`key`: what is wrong". */
enum quell_code serve_check(struct quell_value config, struct quell_error *err) QUELL_MUST_CHECK;

struct serve_options {
    const char *listen;     /* address instead of the configuration's; NULL = none */
    const char *ports_file; /* where the addresses are written as JSON once all listen: {"urls":
                               [..], "port": N, "control": path or null}; "-" = stdout; or NULL */
    int64_t drain_ms;       /* 0 = LIMIT_DRAIN_MS */
    struct server_deadlines deadlines; /* 0 = base/limits.h */
    size_t connections_max;            /* 0 = LIMIT_HTTP_CONNECTIONS */
};

/* Serves until SIGTERM or SIGINT, then drains the server and the engine and returns 0; SIGHUP
 * reloads. 2 when it cannot start or when the engine stops its loop because the store failed (the
 * reason is logged). `engine` is open for running. */
int serve_run(struct quell *engine, const struct serve_options *options);

/* ---- the seam to the engine: tests serve another one -------------------------------------------
 */

struct serve_engine {
    void *engine;
    struct quell_value (*config)(void *engine);
    struct quell_str (*store_url)(void *engine);
    enum quell_code (*submit)(void *engine, const struct quell_submission *submission,
                              quell_submitted_fn *done, void *user, struct quell_error *err);
    enum quell_code (*resolve)(void *engine, struct quell_str run, struct quell_str step,
                               bool happened, struct quell_str by, quell_done_fn *done, void *user,
                               struct quell_error *err);
    enum quell_code (*cancel)(void *engine, struct quell_str run, struct quell_str by,
                              struct quell_str reason, quell_done_fn *done, void *user,
                              struct quell_error *err);
    enum quell_code (*undo)(void *engine, const struct quell_undo_options *options, char run[37],
                            quell_done_fn *done, void *user, struct quell_error *err);
    enum quell_code (*undo_plan)(void *engine, struct quell_str run, struct quell_str step,
                                 struct quell_document *document, struct quell_error *err);
    enum quell_code (*release)(void *engine, struct quell_str run, struct quell_str step,
                               bool allowed, struct quell_str by, struct quell_str reason,
                               quell_done_fn *done, void *user, struct quell_error *err);
    enum quell_code (*start)(void *engine, const struct quell_run_options *options, char run[37],
                             quell_done_fn *done, void *user, struct quell_error *err);
    enum quell_code (*decide)(void *engine, const struct quell_decision *decision,
                              quell_done_fn *done, void *user, struct quell_error *err);
    enum quell_code (*approvals)(void *engine, struct quell_document *document,
                                 struct quell_error *err);
    enum quell_code (*question)(void *engine, struct quell_str run, struct quell_str step,
                                struct quell_document *document, struct quell_error *err);
    enum quell_code (*runs)(void *engine, const struct quell_runs_options *options,
                            struct quell_document *document, struct quell_error *err);
    enum quell_code (*show)(void *engine, struct quell_str run, struct quell_document *document,
                            struct quell_error *err);
    enum quell_code (*held)(void *engine, struct quell_document *document, struct quell_error *err);
    enum quell_code (*halt)(void *engine, const struct quell_halt *halt, quell_done_fn *done,
                            void *user, struct quell_error *err);
    enum quell_code (*resume)(void *engine, const struct quell_halt *halt, struct quell_error *err);
    enum quell_code (*why)(void *engine, struct quell_str id, struct quell_document *document,
                           struct quell_error *err);
    enum quell_code (*stats)(void *engine, struct quell_document *document,
                             struct quell_error *err);
    /* Asks `check` about the new configuration before it replaces the old one. */
    enum quell_code (*reload)(void *engine, quell_check_fn *check, void *user,
                              struct quell_error *err);
    enum quell_code (*token_create)(void *engine, const struct quell_token_options *options,
                                    char token[QUELL_TOKEN_BYTES], quell_done_fn *done, void *user,
                                    struct quell_error *err);
    enum quell_code (*token_revoke)(void *engine, struct quell_str name, struct quell_str by,
                                    quell_done_fn *done, void *user, struct quell_error *err);
    enum quell_code (*tokens)(void *engine, struct quell_document *document,
                              struct quell_error *err);
    enum quell_code (*token_find)(void *engine, struct quell_str token,
                                  struct quell_document *document, struct quell_error *err);
    enum quell_code (*prune)(void *engine, const struct quell_prune_options *options,
                             struct quell_pruned *pruned, quell_done_fn *done, void *user,
                             struct quell_error *err);
    /* Nobody waits for it; a row that cannot be written shows as the store's failure. */
    void (*audit)(void *engine, const struct quell_audit_row *row);
    void (*free_document)(struct quell_document *document);
    /* Lets what is on its way come home before the end; NULL = nothing ever is. */
    void (*drain)(void *engine, int64_t most_ms, void (*done)(void *user), void *user);
};

/* The same as serve_run for any engine, on its loop. */
int serve_daemon(const struct serve_engine *engine, struct loop *loop,
                 const struct serve_options *options);

struct service;
/* Starts to serve on the loop; no signals, no files, no output. */
enum quell_code serve_start(const struct serve_engine *engine, struct loop *loop,
                            const struct serve_options *options, struct service **service,
                            struct quell_error *err) QUELL_MUST_CHECK;
/* Reads the configuration anew, all or nothing: on failure the old one stays in force. */
enum quell_code serve_reload(struct service *service, struct quell_error *err) QUELL_MUST_CHECK;
struct server *serve_server(struct service *service);
void serve_stop(struct service *service); /* at once; NULL is allowed */

/* The path of the control socket beside a store (`sqlite:PATH` -> PATH.sock), or NULL when the
 * store is no file. */
const char *serve_control_path(struct arena *arena, struct quell_str store);

#endif
