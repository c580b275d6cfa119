/*
 * person.c - a person's word on a run: whether a call of unknown outcome happened, and that the run
 * is to end before its end.
 */
#include "core/starts.h"

#include "base/error.h"
#include "base/name.h"
#include "base/str.h"
#include "value/value.h"

/* The run in memory, by its id or the beginning of one. */
static enum quell_code find_active(struct quell *engine, struct quell_str run,
                                   struct active **active, struct quell_error *err)
{
    struct arena *arena = arena_new(0);
    struct store_run row;
    enum quell_code code = find_row(engine, arena, run, &row, err);

    if (code == QUELL_OK) {
        *active = active_wake(engine, row.id, err);
        if (*active == NULL)
            code = error_set(err, QUELL_CONFLICT, "run %.*s %s", QUELL_ARG(row.id),
                             row.ended_us ? "has ended" : "could not be taken up: show tells why");
    }
    arena_free(arena);
    return code;
}

/* ---- resolve -----------------------------------------------------------------------------------
 */

static enum quell_code say_resolved(struct active *active, struct quell_str step, bool happened,
                                    struct quell_str by, quell_done_fn *done, void *user,
                                    struct quell_error *err)
{
    struct quell *engine = active->engine;
    struct map_builder map = {0};
    enum quell_code code;

    turn_begin(engine);
    map.arena = turn_commit(engine)->arena;
    map_add(&map, "happened", quell_bool(happened));
    map_add(&map, "by", quell_string(by));
    code = say(active, EVENT_OUTCOME_RESOLVED, step, map_made(&map), err);
    if (code == QUELL_OK) {
        map_add(&map, "step", quell_string(step));
        commit_audit(turn_commit(engine), by, "resolved", run_id(active->run), map_made(&map));
        commit_tell(turn_commit(engine), done, user);
        advance(active);
    }
    turn_end(engine);
    return code;
}

enum quell_code quell_resolve(struct quell *engine, struct quell_str run, struct quell_str step,
                              bool happened, struct quell_str by, quell_done_fn *done, void *user,
                              struct quell_error *err)
{
    struct active *active = NULL;
    struct run_step found;
    enum quell_code code = find_active(engine, run, &active, err);

    if (code)
        return code;
    if (run_is_limited(active->run, QUELL_STR("")))
        code = error_set(err, QUELL_CONFLICT,
                         "run %.*s is held before its first step by a limit: quell release %.*s, "
                         "or with --refuse",
                         QUELL_ARG(run_id(active->run)), QUELL_ARG(run_id(active->run)));
    else if (!run_find_step(active->run, step, &found))
        code = error_set(err, QUELL_NOT_FOUND, "the run has no step `%.*s`", QUELL_ARG(step));
    else if (run_is_limited(active->run, found.path))
        code =
            error_set(err, QUELL_CONFLICT,
                      "step `%.*s` is held by `%.*s`, not by an outcome that nobody knows: quell "
                      "release %.*s %.*s, or with --refuse",
                      QUELL_ARG(found.path), QUELL_ARG(found.reason),
                      QUELL_ARG(run_id(active->run)), QUELL_ARG(found.path));
    else if (!str_is(found.waits, "person"))
        code = error_set(err, QUELL_CONFLICT, "step `%.*s` does not wait for a person",
                         QUELL_ARG(step));
    else
        code = say_resolved(active, found.path, happened, by, done, user, err);
    if (code)
        active_fold(active);
    return code;
}

/* ---- release -----------------------------------------------------------------------------------
 */

/* Why a run is cancelled that was refused before its first step. */
static struct quell_str refusal_of(struct arena *arena, struct quell_str reason)
{
    return arena_format(arena, "it was not released%s%.*s", reason.len ? ": " : "",
                        QUELL_ARG(reason));
}

static enum quell_code say_released(struct active *active, struct quell_str step, bool allowed,
                                    struct quell_str by, struct quell_str reason,
                                    quell_done_fn *done, void *user, struct quell_error *err)
{
    struct quell *engine = active->engine;
    struct map_builder map = {0};
    enum quell_code code;

    turn_begin(engine);
    map.arena = turn_commit(engine)->arena;
    map_add(&map, "allowed", quell_bool(allowed));
    map_add(&map, "by", quell_string(by));
    if (reason.len)
        map_add(&map, "reason", quell_string(reason));
    if (step.len == 0 && allowed && run_group(active->run).len &&
        group_release(engine, active->run))
        map_add(&map, "queued", quell_text("turn"));
    if (step.len == 0 && !allowed)
        code = active_cancel(active, by, refusal_of(map.arena, reason), err);
    else
        code = say(active, EVENT_RUN_RELEASED, step, map_made(&map), err);
    if (code == QUELL_OK) {
        map_add(&map, "step", quell_string(step));
        commit_audit(turn_commit(engine), by, "released", run_id(active->run), map_made(&map));
        commit_tell(turn_commit(engine), done, user);
        advance(active);
    }
    turn_end(engine);
    return code;
}

struct doubt {
    const struct run *run;
    struct quell_str wanted, path; /* wanted: only this step; empty = the first one */
};

static void find_in_doubt(const struct run_step *step, void *user)
{
    struct doubt *doubt = user;

    if (doubt->path.len == 0 && str_is(step->waits, "person") &&
        !run_is_limited(doubt->run, step->path) &&
        (doubt->wanted.len == 0 || quell_str_equal(doubt->wanted, step->path)))
        doubt->path = step->path;
}

/* No limit holds it; an outcome that nobody knows may. */
static enum quell_code not_limited(const struct active *active, struct quell_str step,
                                   struct quell_error *err)
{
    struct doubt doubt = {.run = active->run, .wanted = step};
    struct quell_str id = run_id(active->run);

    run_each_step(active->run, find_in_doubt, &doubt);
    if (doubt.path.len == 0)
        return error_set(err, QUELL_CONFLICT, "run %.*s is not held by a limit%s%.*s",
                         QUELL_ARG(id), step.len ? " at step " : "", QUELL_ARG(step));
    return error_set(err, QUELL_CONFLICT,
                     "step `%.*s` is held by no limit, but by an outcome that nobody knows: quell "
                     "resolve %.*s %.*s --happened, or --did-not",
                     QUELL_ARG(doubt.path), QUELL_ARG(id), QUELL_ARG(doubt.path));
}

/* By the policy that holds now; who tried what is not theirs is written down. */
static enum quell_code may_release(struct active *active, struct quell_str step,
                                   struct quell_str by, struct quell_error *err)
{
    struct quell *engine = active->engine;
    struct map_builder map = {0};
    enum quell_code code;

    run_set_policy(active->run, engine->generation->policy);
    if (run_lacks_approval(active->run, step) && !name_may_speak(by))
        return error_set(err, QUELL_INVALID,
                         "whoever decides has a name of ASCII letters, digits and . _ - + @ : / "
                         "only");
    code = run_may_release(active->run, step, by, quell_get(engine->generation->config, "groups"),
                           err);
    if (code != QUELL_DENIED)
        return code;
    turn_begin(engine);
    map.arena = turn_commit(engine)->arena;
    map_add(&map, "step", quell_string(step));
    map_add(&map, "why", value_copy_str(map.arena, quell_str_of(err->message)));
    commit_audit(turn_commit(engine), by, "refused", run_id(active->run), map_made(&map));
    turn_end(engine);
    return code;
}

enum quell_code quell_release(struct quell *engine, struct quell_str run, struct quell_str step,
                              bool allowed, struct quell_str by, struct quell_str reason,
                              quell_done_fn *done, void *user, struct quell_error *err)
{
    struct active *active = NULL;
    struct quell_str found = step;
    enum quell_code code = find_active(engine, run, &active, err);

    if (code)
        return code;
    if (step.len ? !run_is_limited(active->run, step) : !run_first_limited(active->run, &found))
        code = not_limited(active, step, err);
    else if (allowed && run_is_hard(active->run, found))
        code = error_set(err, QUELL_DENIED,
                         "step `%.*s` is over a hard cap, which no release passes: the figure "
                         "stands in `policy:`",
                         QUELL_ARG(found));
    else if (allowed)
        code = may_release(active, found, by, err);
    if (code == QUELL_OK)
        code = say_released(active, found, allowed, by, reason, done, user, err);
    if (code)
        active_fold(active);
    return code;
}

/* ---- cancel ------------------------------------------------------------------------------------
 */

enum quell_code active_cancel(struct active *active, struct quell_str by, struct quell_str reason,
                              struct quell_error *err)
{
    struct quell *engine = active->engine;
    struct arena *arena;
    enum quell_code code;

    if (!run_cancellable(active->run))
        return error_set(err, QUELL_CONFLICT, "run %.*s ends already",
                         QUELL_ARG(run_id(active->run)));
    turn_begin(engine);
    arena = turn_commit(engine)->arena;
    code =
        say(active, EVENT_RUN_CANCELLING, QUELL_STR(""), run_cancel_data(arena, by, reason), err);
    if (code == QUELL_OK)
        advance(active);
    turn_end(engine);
    return code;
}

enum quell_code quell_cancel(struct quell *engine, struct quell_str run, struct quell_str by,
                             struct quell_str reason, quell_done_fn *done, void *user,
                             struct quell_error *err)
{
    struct active *active = NULL;
    enum quell_code code = find_active(engine, run, &active, err);

    if (code)
        return code;
    turn_begin(engine);
    code = active_cancel(active, by, reason, err);
    if (code == QUELL_OK) {
        commit_audit(turn_commit(engine), by, "cancelled", run_id(active->run),
                     run_cancel_data(turn_commit(engine)->arena, by, reason));
        commit_tell(turn_commit(engine), done, user);
    }
    turn_end(engine);
    if (code)
        active_fold(active);
    return code;
}
