/*
 * run.c - serve_run: the daemon on the real engine. The only file here that names quell_ functions
 * of the engine, so that everything else is tested on another one.
 */
#include "serve/serve.h"

#include "loop/log.h"

static struct quell_value config(void *engine)
{
    return quell_config(engine);
}

static struct quell_str store_url(void *engine)
{
    return quell_store_url(engine);
}

static enum quell_code submit(void *engine, const struct quell_submission *submission,
                              quell_submitted_fn *done, void *user, struct quell_error *err)
{
    return quell_submit(engine, submission, done, user, err);
}

static enum quell_code resolve(void *engine, struct quell_str run, struct quell_str step,
                               bool happened, struct quell_str by, quell_done_fn *done, void *user,
                               struct quell_error *err)
{
    return quell_resolve(engine, run, step, happened, by, done, user, err);
}

static enum quell_code cancel(void *engine, struct quell_str run, struct quell_str by,
                              struct quell_str reason, quell_done_fn *done, void *user,
                              struct quell_error *err)
{
    return quell_cancel(engine, run, by, reason, done, user, err);
}

static enum quell_code undo(void *engine, const struct quell_undo_options *options, char run[37],
                            quell_done_fn *done, void *user, struct quell_error *err)
{
    return quell_undo(engine, options, run, done, user, err);
}

static enum quell_code undo_plan(void *engine, struct quell_str run, struct quell_str step,
                                 struct quell_document *document, struct quell_error *err)
{
    return quell_undo_plan(engine, run, step, document, err);
}

static enum quell_code release(void *engine, struct quell_str run, struct quell_str step,
                               bool allowed, struct quell_str by, struct quell_str reason,
                               quell_done_fn *done, void *user, struct quell_error *err)
{
    return quell_release(engine, run, step, allowed, by, reason, done, user, err);
}

static enum quell_code start(void *engine, const struct quell_run_options *options, char run[37],
                             quell_done_fn *done, void *user, struct quell_error *err)
{
    return quell_start(engine, options, run, done, user, err);
}

static enum quell_code decide(void *engine, const struct quell_decision *decision,
                              quell_done_fn *done, void *user, struct quell_error *err)
{
    return quell_decide(engine, decision, done, user, err);
}

static enum quell_code approvals(void *engine, struct quell_document *document,
                                 struct quell_error *err)
{
    return quell_approvals(engine, document, err);
}

static enum quell_code question(void *engine, struct quell_str run, struct quell_str step,
                                struct quell_document *document, struct quell_error *err)
{
    return quell_question(engine, run, step, document, err);
}

static enum quell_code runs(void *engine, const struct quell_runs_options *options,
                            struct quell_document *document, struct quell_error *err)
{
    return quell_runs(engine, options, document, err);
}

static enum quell_code show(void *engine, struct quell_str run, struct quell_document *document,
                            struct quell_error *err)
{
    return quell_show(engine, run, document, err);
}

static enum quell_code held(void *engine, struct quell_document *document, struct quell_error *err)
{
    return quell_held(engine, document, err);
}

static enum quell_code halt(void *engine, const struct quell_halt *given, quell_done_fn *done,
                            void *user, struct quell_error *err)
{
    return quell_halt(engine, given, done, user, err);
}

static enum quell_code resume(void *engine, const struct quell_halt *given, struct quell_error *err)
{
    return quell_resume(engine, given, err);
}

static enum quell_code why(void *engine, struct quell_str id, struct quell_document *document,
                           struct quell_error *err)
{
    return quell_why(engine, id, document, err);
}

static enum quell_code stats(void *engine, struct quell_document *document, struct quell_error *err)
{
    return quell_stats(engine, document, err);
}

static enum quell_code token_create(void *engine, const struct quell_token_options *options,
                                    char token[QUELL_TOKEN_BYTES], quell_done_fn *done, void *user,
                                    struct quell_error *err)
{
    return quell_token_create(engine, options, token, done, user, err);
}

static enum quell_code token_revoke(void *engine, struct quell_str name, struct quell_str by,
                                    quell_done_fn *done, void *user, struct quell_error *err)
{
    return quell_token_revoke(engine, name, by, done, user, err);
}

static enum quell_code tokens(void *engine, struct quell_document *document,
                              struct quell_error *err)
{
    return quell_tokens(engine, document, err);
}

static enum quell_code token_find(void *engine, struct quell_str token,
                                  struct quell_document *document, struct quell_error *err)
{
    return quell_token_find(engine, token, document, err);
}

static enum quell_code prune(void *engine, const struct quell_prune_options *options,
                             struct quell_pruned *pruned, quell_done_fn *done, void *user,
                             struct quell_error *err)
{
    return quell_prune(engine, options, pruned, done, user, err);
}

static void audit(void *engine, const struct quell_audit_row *row)
{
    struct quell_error err = {.code = QUELL_OK};

    if (quell_audit(engine, row, NULL, NULL, &err))
        log_line(LOG_LEVEL_ERROR, "audit: %s", err.message);
}

static enum quell_code reload(void *engine, quell_check_fn *check, void *user,
                              struct quell_error *err)
{
    return quell_reload_checked(engine, check, user, err);
}

static void drain(void *engine, int64_t most_ms, void (*done)(void *user), void *user)
{
    quell_drain(engine, most_ms, done, user);
}

int serve_run(struct quell *engine, const struct serve_options *options)
{
    struct serve_engine seam = {
        .engine = engine,
        .config = config,
        .store_url = store_url,
        .submit = submit,
        .resolve = resolve,
        .cancel = cancel,
        .prune = prune,
        .undo = undo,
        .undo_plan = undo_plan,
        .release = release,
        .start = start,
        .decide = decide,
        .approvals = approvals,
        .question = question,
        .runs = runs,
        .show = show,
        .held = held,
        .halt = halt,
        .resume = resume,
        .why = why,
        .stats = stats,
        .token_create = token_create,
        .token_revoke = token_revoke,
        .tokens = tokens,
        .token_find = token_find,
        .audit = audit,
        .reload = reload,
        .free_document = quell_document_free,
        .drain = drain,
    };

    return serve_daemon(&seam, quell_loop(engine), options);
}
