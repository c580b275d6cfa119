/*
 * engine.c - a struct quell's life: open, reload, close.
 *
 * The order of opening matters: configuration and playbooks must check before the store's lock is
 * taken, and recovery ends before anything new may be submitted.
 */
#include "core/gate.h"

#include "base/error.h"
#include "base/memory.h"
#include "base/str.h"
#include "loop/log.h"
#include "value/value.h"

struct loop *quell_loop(struct quell *engine)
{
    return engine->loop;
}

struct quell_value quell_config(struct quell *engine)
{
    return engine->generation->config;
}

size_t quell_active(struct quell *engine)
{
    return engine->active_count + fold_count(engine);
}

void quell_watch(struct quell *engine, quell_watch_fn *seen, void *user)
{
    engine->watch = seen;
    engine->watch_user = user;
}

static struct quell *engine_new(const struct quell_options *options)
{
    struct quell *engine = memory_new(sizeof(*engine));
    const char *const *path;
    const char **copy;
    size_t count = 0;

    engine->arena = arena_new(0);
    engine->purpose = options->purpose;
    engine->own_loop = options->loop == NULL;
    engine->loop = options->loop ? options->loop : loop_new();
    if (options->config)
        engine->config_path = arena_str(engine->arena, quell_str_of(options->config)).data;
    if (options->store)
        engine->store_url = arena_str(engine->arena, quell_str_of(options->store)).data;
    if (options->playbooks == NULL)
        return engine;
    for (path = options->playbooks; *path; path++)
        count++;
    copy = arena_array(engine->arena, const char *, count + 1);
    for (count = 0; options->playbooks[count]; count++)
        copy[count] = arena_str(engine->arena, quell_str_of(options->playbooks[count])).data;
    engine->playbook_paths = copy;
    return engine;
}

/* The store's URL: the option, else the configuration's; a relative path stands beside quell.yaml.
 */
struct quell_str quell_store_url(struct quell *engine)
{
    struct quell_str url = quell_get_str(engine->generation->config, "store"), scheme, path;
    const char *config = engine->generation->config_path;
    size_t slash = 0, i;

    if (engine->store_url)
        return quell_str_of(engine->store_url);
    if (config == NULL || !str_cut(url, ':', &scheme, &path) || !str_is(scheme, "sqlite") ||
        path.len == 0 || path.data[0] == '/')
        return url;
    for (i = 0; config[i]; i++)
        if (config[i] == '/')
            slash = i + 1;
    return arena_format(engine->arena, "sqlite:%.*s%.*s", (int)slash, config, QUELL_ARG(path));
}

static enum quell_code open_reader(struct quell *engine, struct quell_error *err)
{
    struct quell_str url = quell_store_url(engine);
    enum quell_code code = store_open(url, STORE_READ, &engine->reader, err);

    if (code != QUELL_NOT_FOUND)
        return code;
    return error_set(err, code,
                     "no store at %.*s yet: `quell serve` and `quell run` make it; another one is "
                     "named by --store, or by `store:` in the quell.yaml of -c",
                     QUELL_ARG(url));
}

static enum quell_code open_store(struct quell *engine, struct quell_error *err)
{
    struct store *store;
    enum quell_code code;

    if (engine->purpose == QUELL_FOR_READING)
        return open_reader(engine, err);
    code = store_open(quell_store_url(engine), STORE_WRITE, &store, err);
    if (code)
        return code;
    code = store->kind->reader(store, &engine->reader, err);
    if (code) {
        store_close(store);
        return code;
    }
    engine->writer = writer_start(engine->loop, store);
    space_open(engine);
    engine->calls = call_host_new(engine->loop);
    forget_deliveries(engine);
    gate_open(engine);
    halt_watch(engine);
    code = checkpoints_open(engine, err);
    if (code == QUELL_OK)
        code = starts_open(engine, err);
    if (code == QUELL_OK)
        code = recover(engine, err);
    if (code == QUELL_OK)
        code = notify_open(engine, err);
    if (code == QUELL_OK)
        code = schedules_load(engine, err);
    if (code == QUELL_OK)
        groups_look(engine);
    if (code == QUELL_OK)
        audit_opened(engine);
    if (code == QUELL_OK)
        retention_open(engine);
    engine->opened = code == QUELL_OK;
    return code;
}

enum quell_code engine_open_as(const struct quell_options *options, const struct stand_in *stand_in,
                               struct quell **made, struct quell_error *err)
{
    struct quell *engine = engine_new(options);
    bool with_playbooks = options->purpose == QUELL_FOR_RUNNING || options->playbooks;
    enum quell_code code;

    engine->stand_in = stand_in;
    code = generation_new(engine, with_playbooks, &engine->generation, err);
    if (code == QUELL_OK && engine->purpose != QUELL_FOR_AUTHORING)
        code = open_store(engine, err);
    if (code) {
        quell_close(engine);
        return code;
    }
    *made = engine;
    return QUELL_OK;
}

enum quell_code quell_open(const struct quell_options *options, struct quell **made,
                           struct quell_error *err)
{
    return engine_open_as(options, NULL, made, err);
}

enum quell_code engine_open_with(struct generation *generation, struct loop *loop,
                                 const struct stand_in *stand_in, struct quell **made,
                                 struct quell_error *err)
{
    struct quell_options options = {.purpose = QUELL_FOR_RUNNING, .store = "memory:", .loop = loop};
    struct quell *engine = engine_new(&options);
    enum quell_code code;

    engine->generation = generation;
    engine->stand_in = stand_in;
    code = open_store(engine, err);
    if (code) {
        quell_close(engine);
        return code;
    }
    *made = engine;
    return QUELL_OK;
}

/* Answers those who still wait: their incident may be on disk, but nobody can tell them any more.
 */
static void answer_pending(struct quell *engine)
{
    struct quell_error err = {0};

    (void)error_set(&err, QUELL_UNAVAILABLE, "the engine is closing");
    while (engine->pending) {
        struct submission *submission = engine->pending;
        struct waiter *waiter;

        engine->pending = submission->next;
        for (waiter = submission->waiters; waiter; waiter = waiter->next)
            waiter->done(QUELL_UNAVAILABLE, QUELL_STR(""), waiter->repeated, &err, waiter->user);
        arena_free(submission->arena);
    }
}

/* What was told to nobody, and is looked for or done again by the next open. */
static enum quell_code count_unwritten(const struct quell *engine)
{
    if (engine->unwritten == 0)
        return QUELL_OK;
    log_line(LOG_LEVEL_ERROR,
             "%zu commits could not be written, the next start goes on without: %s",
             engine->unwritten, engine->broken_error.message);
    return engine->broken_error.code;
}

enum quell_code quell_close(struct quell *engine)
{
    enum quell_code code;

    if (engine == NULL)
        return QUELL_OK;
    engine->watch = NULL;
    drain_free(engine->drain);
    if (engine->opened && !engine->broken) {
        audit_closed(engine);
        checkpoint_now(engine);
    }
    if (!engine->broken)
        (void)error_set(&engine->broken_error, QUELL_UNAVAILABLE, "the engine is closing");
    engine->broken = true; /* what ends from here on is not journaled: the next open takes it up */
    if (engine->writer)
        writer_stop(engine->writer);
    space_close(engine);
    code = count_unwritten(engine);
    retention_free(engine);
    checkpoints_free(engine);
    answer_pending(engine);
    answer_repeats(engine);
    while (engine->active)
        active_free(engine->active);
    memory_free(engine->active_buckets);
    notify_close(engine);
    halt_free(engine);
    gate_free(engine);
    starts_free(engine);
    folds_free(engine->folds);
    revisions_free(engine);
    if (engine->calls)
        call_host_free(engine->calls);
    commits_free(engine);
    store_close(engine->reader);
    generation_release(engine->generation);
    if (engine->own_loop)
        loop_free(engine->loop);
    arena_free(engine->arena);
    memory_free(engine);
    return code;
}

enum quell_code quell_reload(struct quell *engine, struct quell_error *err)
{
    return quell_reload_checked(engine, NULL, NULL, err);
}

enum quell_code quell_reload_checked(struct quell *engine, quell_check_fn *check, void *user,
                                     struct quell_error *err)
{
    struct generation *next;
    enum quell_code code;

    code = generation_new(engine, engine->purpose == QUELL_FOR_RUNNING || engine->playbook_paths,
                          &next, err);
    if (code)
        return code;
    if (check)
        code = check(next->config, user, err);
    if (code) {
        generation_release(next);
        return code;
    }
    generation_release(engine->generation);
    engine->generation = next;
    halt_watch(engine);
    audit_reloaded(engine, QUELL_STR("quell"));
    quell_tell(engine);
    return schedules_load(engine, err);
}
