/*
 * by_hand.c - a run that a person asks for.
 */
#include "core/core.h"

#include <string.h>

#include "base/error.h"
#include "base/limits.h"
#include "base/memory.h"
#include "base/str.h"
#include "policy/approval.h"
#include "value/json.h"
#include "value/value.h"

static enum quell_code arguments(struct quell *engine, struct arena *arena,
                                 const struct quell_run_options *options, struct start *start,
                                 struct quell_error *err)
{
    struct quell_str event, delivery;
    enum quell_code code = QUELL_OK;

    start->incident = quell_null();
    start->given = quell_map(NULL, 0);
    start->by = options->by;
    start->by_hand = true;
    if (options->incident.len)
        code = engine_receive(engine, arena, options->source, options->incident, &start->incident,
                              &event, &delivery, err);
    if (code == QUELL_OK && options->inputs.len)
        code = json_read(arena, options->inputs, LIMIT_DOCUMENT_BYTES, &start->given, NULL, err);
    if (code == QUELL_OK && !quell_is(start->given, QUELL_MAP))
        code = error_set(err, QUELL_INVALID, "inputs are a JSON object");
    return code;
}

/* Why the person has no run of this start. */
static enum quell_code not_started(const struct playbook *playbook, const struct started *made,
                                   struct quell_error *err)
{
    if (str_is(quell_str_of(made->reason), "failed"))
        return err->code;
    if (str_is(quell_str_of(made->reason), "off"))
        return error_set(err, QUELL_CONFLICT, "playbook `%.*s` is off", QUELL_ARG(playbook->id));
    return error_set(err, QUELL_CONFLICT, "playbook `%.*s` was not started, %s: %.*s%s%.*s",
                     QUELL_ARG(playbook->id), made->reason, QUELL_ARG(made->detail),
                     made->run.len ? ": run " : "", QUELL_ARG(made->run));
}

/* What the person is told stays as well: who asked, and why there is no run. */
static void audit_not_started(struct commit *commit, const struct start *start,
                              const struct started *made)
{
    struct map_builder map = {.arena = commit->arena};

    map_add(&map, "reason", quell_text(made->reason));
    map_add(&map, "detail", quell_string(made->detail));
    if (made->run.len)
        map_add(&map, "run", quell_string(made->run));
    commit_audit(commit, start->by, "not_started", start->loaded->playbook->id, map_made(&map));
}

static void audit_start(struct commit *commit, const struct start *start, struct quell_str run)
{
    struct map_builder map = {.arena = commit->arena};
    const struct playbook *playbook = start->loaded->playbook;

    map_add(&map, "playbook", quell_string(playbook->id));
    map_add(&map, "revision",
            value_copy_str(commit->arena, (struct quell_str){playbook->revision, 64}));
    commit_audit(commit, start->by, "started", run, map_made(&map));
}

static enum quell_code begin(struct quell *engine, struct arena *arena, const struct start *start,
                             char run[37], quell_done_fn *done, void *user, struct quell_error *err)
{
    struct started made;
    struct commit *commit;
    enum quell_code code = QUELL_OK;

    turn_begin(engine);
    start_run(engine, arena, start, &made, err);
    if (made.active || (made.reason && str_is(quell_str_of(made.reason), "merged"))) {
        commit = turn_commit(engine);
        if (!quell_is_null(start->incident))
            commit_incident(commit, start->incident);
        audit_start(commit, start, made.run);
        commit_tell(commit, done, user);
        memcpy(run, made.run.data, 36);
        run[36] = '\0';
        if (made.active)
            advance(made.active);
    } else {
        audit_not_started(turn_commit(engine), start, &made);
        code = not_started(start->loaded->playbook, &made, err);
    }
    turn_end(engine);
    return code;
}

static enum quell_code not_theirs(struct quell *engine, const struct quell_run_options *options,
                                  const struct playbook *playbook, enum quell_code code,
                                  struct quell_error *err)
{
    struct map_builder map = {0};

    code = error_set(err, code, "`%.*s` may not start playbook `%.*s`", QUELL_ARG(options->by),
                     QUELL_ARG(playbook->id));
    turn_begin(engine);
    map.arena = turn_commit(engine)->arena;
    map_add(&map, "why", quell_text(err->message));
    commit_audit(turn_commit(engine), options->by, "refused", playbook->id, map_made(&map));
    turn_end(engine);
    return code;
}

enum quell_code quell_start(struct quell *engine, const struct quell_run_options *options,
                            char run[37], quell_done_fn *done, void *user, struct quell_error *err)
{
    struct start start = {0};
    struct arena *arena;
    enum quell_code code = engine_room(engine, err);

    if (code == QUELL_OK)
        code = options->served_only
                   ? served_playbook(engine->generation, options->playbook, &start.loaded, err)
                   : playbook_by_name(engine, options->playbook, &start.loaded, err);
    if (code)
        return code;
    arena = arena_new(0);
    code = policy_may_answer(start.loaded->playbook->start.manual_by,
                             quell_get(engine->generation->config, "groups"), options->by, err);
    if (code)
        code = not_theirs(engine, options, start.loaded->playbook, code, err);
    else
        code = arguments(engine, arena, options, &start, err);
    if (code == QUELL_OK)
        code = begin(engine, arena, &start, run, done, user, err);
    arena_free(arena);
    loaded_release(start.loaded);
    return code;
}

/* Who turns the loop until the start is durable. */
struct waiting {
    bool done;
    bool left; /* the store broke for another commit: nobody waits any more */
};

static void on_started(enum quell_code code, const struct quell_error *err, void *user)
{
    struct waiting *waiting = user;

    (void)code; /* a failure stands in engine->broken_error */
    (void)err;
    waiting->done = true;
    if (waiting->left)
        memory_free(waiting);
}

enum quell_code quell_run(struct quell *engine, const struct quell_run_options *options,
                          char run[37], struct quell_error *err)
{
    struct waiting *waiting = memory_new(sizeof(*waiting));
    enum quell_code code = quell_start(engine, options, run, on_started, waiting, err);

    if (code) {
        memory_free(waiting);
        return code;
    }
    while (!waiting->done && !engine->broken)
        loop_once(engine->loop, -1);
    waiting->left = true;
    if (waiting->done)
        memory_free(waiting);
    if (engine->broken) {
        *err = engine->broken_error;
        return err->code;
    }
    return QUELL_OK;
}
