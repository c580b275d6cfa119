/*
 * children.c - runs that call runs. The child is started in the turn that said the call, and its
 * end is told to its caller in the turn in which it ends: each is one commit, so that a crash finds
 * both or neither.
 */
#include "core/children.h"
#include "core/fold.h"
#include "core/nothing.h"

#include "base/error.h"
#include "base/limits.h"
#include "base/str.h"
#include "loop/log.h"
#include "value/value.h"

static void complain(const struct active *active, const struct quell_error *err)
{
    log_line(LOG_LEVEL_ERROR, "run=%.*s %s", QUELL_ARG(run_id(active->run)), err->message);
}

/* ---- the start ---------------------------------------------------------------------------------
 */

/* The call came to nothing: no run was started. */
static void end_unstarted(struct active *active, const struct run_child *child,
                          const struct quell_error *cause)
{
    struct arena *arena = turn_commit(active->engine)->arena;
    struct map_builder map = {.arena = arena}, error = {.arena = arena};
    struct quell_error err = {0};

    map_add(&error, "code", quell_text(quell_code_name(cause->code)));
    map_add(&error, "message", value_copy_str(arena, quell_str_of(cause->message)));
    map_add(&map, "status", quell_text(child->cancelling ? "cancelled" : "failed"));
    map_add(&map, "error", map_made(&error));
    if (say(active, EVENT_CHILD_ENDED, child->path, map_made(&map), &err))
        complain(active, &err);
}

/* A reload may have come between the call and the start. */
static enum quell_code check_texts(const struct active *active, const struct run_child *child,
                                   struct quell_error *err)
{
    struct run_catalog catalog = catalog_of(active->engine);
    struct arena *arena = turn_commit(active->engine)->arena;

    if (quell_is_null(child->pins) ||
        value_equal(child->pins, run_revisions(arena, &catalog, child->playbook)))
        return QUELL_OK;
    return error_set(err, QUELL_REFUSED,
                     "the text of `%.*s`, or of what it calls, is not the one that was agreed to "
                     "or planned",
                     QUELL_ARG(child->playbook));
}

/* *reason: the word of the row that says why there is none. */
static enum quell_code find_callee(const struct active *active, const struct run_child *child,
                                   struct loaded **loaded, const char **reason,
                                   struct quell_error *err)
{
    const struct playbook *playbook;

    *reason = "failed";
    *loaded = generation_playbook(active->engine->generation, child->playbook);
    if (*loaded == NULL)
        return error_set(err, QUELL_NOT_FOUND, "there is no playbook `%.*s`",
                         QUELL_ARG(child->playbook));
    playbook = (*loaded)->playbook;
    if (!playbook->callable)
        return error_set(err, QUELL_REFUSED, "`%.*s` may not be called: it has no `on: call`",
                         QUELL_ARG(child->playbook));
    *reason = "off";
    if (playbook->state == PLAYBOOK_OFF)
        return error_set(err, QUELL_REFUSED, "`%.*s` is off", QUELL_ARG(child->playbook));
    *reason = "expired";
    if (loop_now_us(active->engine->loop) >= playbook->start.expires_us)
        return error_set(err, QUELL_REFUSED, "`%.*s` has expired", QUELL_ARG(child->playbook));
    *reason = "too-deep";
    if (run_parent(active->run).depth >= LIMIT_CALL_DEPTH)
        return error_set(err, QUELL_LIMIT, "calls are %d deep at most", LIMIT_CALL_DEPTH);
    *reason = "failed";
    return check_texts(active, child, err);
}

/* The call fails with it, and whoever looks for what did not start finds it, too. */
static void refuse(struct active *active, const struct run_child *child, const char *reason,
                   const struct quell_error *err)
{
    struct arena *arena = turn_commit(active->engine)->arena;

    refuse_event(
        active->engine,
        &(struct refusal){.reason = reason,
                          .playbook = child->playbook,
                          .incident = run_incident(active->run),
                          .detail = arena_format(arena, "run %.*s called it: %s",
                                                 QUELL_ARG(run_id(active->run)), err->message)});
}

/* Starts the run; nothing of it is decided yet. What guards a start guards this one, and the call
 * hears of it: it is never left out. */
static enum quell_code begin(struct active *active, const struct run_child *child,
                             struct active **begun, struct quell_error *err)
{
    struct arena *arena = turn_commit(active->engine)->arena;
    struct run_parent around = run_parent(active->run);
    struct run_parent parent = {run_id(active->run), child->path,
                                around.root.len ? around.root : run_id(active->run),
                                around.depth + 1, run_starter(active->run)};
    struct start start = {.incident = run_incident(active->run),
                          .given = child->inputs,
                          .by = QUELL_STR("call"),
                          .parent = &parent,
                          .pins = child->pins,
                          .bound = run_child_bound(active->run, child->path, arena),
                          .shadow = run_mode(active->run) == RUN_SHADOW};
    struct started made;
    const char *reason;
    enum quell_code code = find_callee(active, child, &start.loaded, &reason, err);

    if (code)
        refuse(active, child, reason, err);
    if (code)
        return code;
    start_run(active->engine, arena, &start, &made, err);
    *begun = made.active;
    if (made.active)
        return QUELL_OK;
    if (str_is(quell_str_of(made.reason), "failed"))
        return err->code;
    return error_set(err, QUELL_REFUSED, "`%.*s` was not started, %s: %.*s%s%.*s",
                     QUELL_ARG(child->playbook), made.reason, QUELL_ARG(made.detail),
                     made.run.len ? ": run " : "", QUELL_ARG(made.run));
}

void child_begin(struct active *active, struct quell_str path)
{
    struct map_builder map = {.arena = turn_commit(active->engine)->arena};
    struct quell_error err = {0};
    struct active *begun = NULL;
    struct run_child child;

    if (active->engine->drain || !run_find_child(active->run, path, &child) || child.run.len)
        return; /* what is called in a drain is started by the next open */
    if (child.cancelling) {
        (void)error_set(&err, QUELL_CONFLICT, "it was to end before it was begun");
        end_unstarted(active, &child, &err);
        return;
    }
    if (begin(active, &child, &begun, &err)) {
        end_unstarted(active, &child, &err);
        return;
    }
    map_add(&map, "run", value_copy_str(map.arena, run_id(begun->run)));
    if (say(active, EVENT_CHILD_STARTED, path, map_made(&map), &err))
        complain(active, &err);
    advance(begun);
}

/* ---- the end -----------------------------------------------------------------------------------
 */

/* The child's error, as the step's: `step` would be a path of the child. */
static struct quell_value error_of(struct arena *arena, const struct run *child)
{
    struct quell_value error = run_error(child), code = quell_get(error, "code");
    struct map_builder map = {.arena = arena};

    if (quell_is_null(error))
        return error;
    map_add(&map, "code", value_copy(arena, code));
    map_add(
        &map, "message",
        value_masked_as(value_format(arena, "run %.*s of `%.*s`: %.*s", QUELL_ARG(run_id(child)),
                                     QUELL_ARG(run_playbook(child)->id),
                                     QUELL_ARG(quell_get_str(error, "message"))),
                        quell_get(error, "message")));
    return map_made(&map);
}

static void tell_end(struct active *active, struct quell_str step, struct run *child)
{
    struct map_builder map = {.arena = turn_commit(active->engine)->arena};
    struct quell_error err = {0};

    map_add(&map, "status", quell_text(run_state(child)));
    map_add(&map, "outputs", value_copy(map.arena, run_outputs(child)));
    map_add(&map, "error", error_of(map.arena, child));
    if (say(active, EVENT_CHILD_ENDED, step, map_made(&map), &err))
        complain(active, &err);
}

void child_ended(struct active *child)
{
    struct quell *engine = child->engine;
    struct run_parent parent = run_parent(child->run);
    struct quell_error err = {0};
    struct active *active;
    struct run_child waits;

    if (parent.run.len == 0)
        return;
    active = active_wake(engine, parent.run, &err);
    if (active == NULL)
        fold_look_again(engine, parent.run); /* it cannot be read now, and sees it then */
    if (active == NULL || !run_find_child(active->run, parent.step, &waits) ||
        !quell_str_equal(waits.run, run_id(child->run)))
        return; /* it does not wait for it */
    tell_end(active, parent.step, child->run);
    if (!active->deciding)
        advance(active);
}

/* ---- the end before the end --------------------------------------------------------------------
 */

void child_cancelling(struct active *active, struct quell_str path, struct quell_value data)
{
    struct quell *engine = active->engine;
    struct quell_error err = {0};
    struct active *begun;
    struct run_child child;
    struct arena *arena = turn_commit(engine)->arena;

    if (!run_find_child(active->run, path, &child) || child.run.len == 0)
        return;
    begun = active_wake(engine, child.run, &err);
    if (begun && run_cancellable(begun->run) &&
        active_cancel(begun, arena_format(arena, "run %.*s", QUELL_ARG(run_id(active->run))),
                      quell_get_str(data, "reason"), &err))
        complain(active, &err);
}

/* ---- after a crash -----------------------------------------------------------------------------
 */

struct children {
    struct arena *arena;
    struct run_child *items;
    size_t count, cap;
};

static void collect(const struct run_child *child, void *user)
{
    struct children *children = user;

    if (children->count == children->cap) {
        size_t cap = children->cap ? children->cap * 2 : 8;
        children->items =
            arena_grow(children->arena, children->items, children->cap * sizeof(*children->items),
                       cap * sizeof(*children->items));
        children->cap = cap;
    }
    children->items[children->count++] = *child;
}

bool child_tell_ended(struct active *active, struct quell_str path, struct quell_str child,
                      void (*tell)(struct active *active, struct quell_str path, struct run *child))
{
    struct quell *engine = active->engine;
    struct active *there = active_find(engine, child);
    struct store_run row;
    struct quell_error err = {0};
    struct loaded *loaded;
    struct run *run;

    if (there) { /* one that came to its end in this turn has no row yet that says so */
        if (run_ended(there->run))
            tell(active, path, there->run);
        return run_ended(there->run);
    }
    if (engine->reader->kind->run(engine->reader, turn_commit(engine)->arena, child, &row, &err) ||
        row.ended_us == 0)
        return false;
    if (journal_read_run(engine, &row, &run, &loaded, &err)) {
        complain(active, &err);
        return false;
    }
    tell(active, path, run);
    run_free(run);
    loaded_release(loaded);
    return true;
}

bool children_settle(struct active *active)
{
    struct children children = {0};
    bool any = false;
    size_t i;

    turn_begin(active->engine);
    children.arena = turn_commit(active->engine)->arena;
    run_each_child(active->run, collect, &children);
    for (i = 0; i < children.count; i++)
        any = (children.items[i].run.len > 0 &&
               child_tell_ended(active, children.items[i].path, children.items[i].run, tell_end)) ||
              any;
    any = children_undone_settle(active) || any;
    turn_end(active->engine);
    return any;
}

void children_take_up(struct active *active)
{
    struct children children = {.arena = turn_commit(active->engine)->arena};
    size_t i;

    (void)children_settle(active);
    run_each_child(active->run, collect, &children);
    for (i = 0; i < children.count; i++)
        child_begin(active, children.items[i].path); /* those that were not started yet */
}
