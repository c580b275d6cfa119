/*
 * undo.c - a run that has ended is taken back because a person asks for it, and the runs that it
 * called with it. What there is to take back, and how, is the run's affair (run/undo_ended.c); it
 * is brought back into memory here and goes on like any other.
 */
#include "core/children.h"

#include <string.h>

#include "base/error.h"
#include "base/str.h"
#include "loop/log.h"
#include "policy/cap.h"
#include "value/value.h"

/* ---- the run -----------------------------------------------------------------------------------
 */

/* In memory, though it has ended: it may have done so only now. *made: it was brought back. */
static enum quell_code bring_back(struct quell *engine, const struct store_run *row,
                                  struct active **active, bool *made, struct quell_error *err)
{
    struct quell_error ignored = {0};

    *active = active_wake(engine, row->id, &ignored);
    *made = *active == NULL;
    if (*active)
        return QUELL_OK;
    if (row->ended_us == 0)
        return error_set(err, QUELL_CONFLICT, "run %.*s could not be taken up: show tells why",
                         QUELL_ARG(row->id));
    return active_from_journal(engine, row, active, err);
}

static enum quell_code ask(struct active *active, struct quell_str step, struct quell_str by,
                           struct quell_str reason, struct quell_error *err)
{
    struct quell_value data;
    enum quell_code code = run_undo_data(active->run, turn_commit(active->engine)->arena, step, by,
                                         reason, &data, err);

    return code ? code : say(active, EVENT_UNDO_ASKED, QUELL_STR(""), data, err);
}

static enum quell_code begin(struct active *active, const struct quell_undo_options *options,
                             quell_done_fn *done, void *user, struct quell_error *err)
{
    struct quell *engine = active->engine;
    struct commit *commit;
    enum quell_code code;

    turn_begin(engine);
    commit = turn_commit(engine);
    code = ask(active, options->step, options->by, options->reason, err);
    if (code == QUELL_OK) {
        struct map_builder map = {.arena = commit->arena};
        map_add(&map, "step", quell_string(options->step));
        map_add(&map, "reason", quell_string(options->reason));
        commit_audit(commit, options->by, "undone", run_id(active->run), map_made(&map));
        commit_tell(commit, done, user);
        advance(active);
    }
    turn_end(engine);
    return code;
}

enum quell_code quell_undo(struct quell *engine, const struct quell_undo_options *options,
                           char run[37], quell_done_fn *done, void *user, struct quell_error *err)
{
    struct arena *arena = arena_new(0);
    struct active *active = NULL;
    struct store_run row;
    bool made = false;
    enum quell_code code = engine_room(engine, err);

    if (code == QUELL_OK)
        code = find_row(engine, arena, options->run, &row, err);
    if (code == QUELL_OK)
        code = bring_back(engine, &row, &active, &made, err);
    if (code == QUELL_OK)
        code =
            run_may_undo(active->run, options->by, quell_get(engine->generation->config, "groups"),
                         loop_now_us(engine->loop), err);
    if (code == QUELL_OK)
        code = begin(active, options, done, user, err);
    if (code == QUELL_OK) {
        memcpy(run, row.id.data, 36);
        run[36] = '\0';
    } else if (active && made) {
        active_free(active);
    } else if (active) {
        active_fold(active);
    }
    arena_free(arena);
    return code;
}

/* ---- runs that it called -----------------------------------------------------------------------
 */

static void complain(const struct active *active, const struct quell_error *err)
{
    log_line(LOG_LEVEL_ERROR, "run=%.*s %s", QUELL_ARG(run_id(active->run)), err->message);
}

static void tell_caller(struct active *active, struct quell_str path, const char *status,
                        const char *message)
{
    struct map_builder map = {.arena = turn_commit(active->engine)->arena};
    struct quell_error err = {0};

    map_add(&map, "status", quell_text(status));
    if (message)
        map_add(&map, "message", value_copy_str(map.arena, quell_str_of(message)));
    if (say(active, EVENT_CHILD_UNDONE, path, map_made(&map), &err))
        complain(active, &err);
}

struct left {
    size_t open, undone;
};

static void count_left(const struct run_change *change, void *user)
{
    struct left *left = user;

    left->open += change->is == CHANGE_OPEN || change->is == CHANGE_FAILED;
    left->undone += change->is == CHANGE_UNDONE;
}

/* How taking back a run came out that has ended. */
static const char *result_of(struct run *run)
{
    struct left left = {0};

    run_each_change(run, count_left, &left);
    return left.open ? "left" : left.undone ? "undone" : "unchanged";
}

/* The called run, which has a row only when what it began with is durable. */
static enum quell_code find_child(struct quell *engine, struct quell_str id, struct active **child,
                                  bool *made, struct quell_error *err)
{
    struct arena *arena = turn_commit(engine)->arena;
    struct quell_error ignored = {0};
    struct store_run row;
    enum quell_code code;

    *child = active_wake(engine, id, &ignored);
    if (*child)
        return QUELL_OK;
    code = engine->reader->kind->run(engine->reader, arena, id, &row, err);
    return code ? code : bring_back(engine, &row, child, made, err);
}

/* Its child is to be taken back, in the turn that said so. */
void child_undoing(struct active *active, struct quell_str path)
{
    struct quell *engine = active->engine;
    struct arena *arena = turn_commit(engine)->arena;
    struct quell_error err = {0};
    struct active *begun = NULL;
    struct quell_str child;
    bool made = false;
    enum quell_code code;

    if (!run_undoes_child(active->run, path, &child))
        return;
    code = find_child(engine, child, &begun, &made, &err);
    if (code == QUELL_OK)
        code = ask(begun, QUELL_STR(""),
                   arena_format(arena, "run %.*s", QUELL_ARG(run_id(active->run))), QUELL_STR(""),
                   &err);
    if (code == QUELL_OK) {
        advance(begun);
        return;
    }
    tell_caller(active, path, begun && run_ended(begun->run) ? result_of(begun->run) : "left",
                err.message);
    if (made && begun)
        active_free(begun);
}

void child_undone(struct active *child)
{
    struct quell *engine = child->engine;
    struct run_parent parent = run_parent(child->run);
    struct quell_error err = {0};
    struct active *active;
    struct quell_str waits_for;

    if (parent.run.len == 0 || !run_ended(child->run)) /* its end may have begun its undo */
        return;
    active = active_wake(engine, parent.run, &err);
    if (active == NULL || !run_undoes_child(active->run, parent.step, &waits_for) ||
        !quell_str_equal(waits_for, run_id(child->run)))
        return;
    tell_caller(active, parent.step, result_of(child->run), NULL);
    if (!active->deciding)
        advance(active);
}

/* ---- after a crash -----------------------------------------------------------------------------
 */

struct waits {
    struct active *active;
    struct map_builder map; /* path: id of the child */
};

static void note_wait(struct quell_str path, struct quell_str child, void *user)
{
    struct waits *waits = user;

    map_add_key(&waits->map, quell_string(path), quell_string(child));
}

static void tell_result(struct active *active, struct quell_str path, struct run *child)
{
    tell_caller(active, path, result_of(child), NULL);
}

/* Of called runs that were taken back when their caller could not be read. */
bool children_undone_settle(struct active *active)
{
    struct waits waits = {active, {.arena = turn_commit(active->engine)->arena}};
    struct quell_value list;
    bool any = false;
    size_t i;

    run_each_undone_child(active->run, note_wait, &waits);
    list = map_made(&waits.map);
    for (i = 0; i < quell_count(list); i++)
        any = child_tell_ended(active, quell_str(list.as.pairs[i].key),
                               quell_str(list.as.pairs[i].value), tell_result) ||
              any;
    return any;
}

/* ---- what an undo would do ---------------------------------------------------------------------
 */

static const char *const effects[] = {"reads", "notes", "changes", "disrupts"};
static const char *const words[] = {
    [CHANGE_OPEN] = "open",     [CHANGE_FAILED] = "failed", [CHANGE_LEFT_ALONE] = "left-alone",
    [CHANGE_UNDONE] = "undone", [CHANGE_STAYS] = "stays",
};

struct telling {
    struct quell *engine;
    struct run *run;
    struct list_builder *list;
    struct quell_str step; /* only what it means; empty = all */
    unsigned depth;
};

static void tell_run(struct quell *engine, struct quell_str id, struct list_builder *list,
                     unsigned depth);

static void tell_change(const struct run_change *change, void *user)
{
    struct telling *telling = user;
    struct arena *arena = telling->list->arena;
    struct map_builder map = {.arena = arena};
    const struct step *undo = change->undo;

    if (!run_change_meant(change, telling->step))
        return;
    if (change->child.len) {
        tell_run(telling->engine, change->child, telling->list, telling->depth + 1);
        return;
    }
    map_add(&map, "run", value_copy_str(arena, run_id(telling->run)));
    map_add(&map, "step", value_copy_str(arena, change->path));
    map_add(&map, "action", value_copy_str(arena, change->step->uses));
    map_add(&map, "is", quell_text(words[change->is]));
    map_add(&map, "undo", undo ? value_copy_str(arena, undo->uses) : quell_null());
    map_add(&map, "effect",
            undo && undo->action ? quell_text(effects[undo->action->effect]) : quell_null());
    map_add(&map, "with", value_copy(arena, change->undo_with));
    map_add(&map, "targets",
            change->step->action
                ? value_copy(arena, policy_targets(arena, change->step->action, change->input))
                : quell_list(NULL, 0));
    list_add(telling->list, map_made(&map));
}

/* A run that cannot be read is named all the same. */
static void tell_unread(struct list_builder *list, struct quell_str id, const char *why)
{
    struct map_builder map = {.arena = list->arena};

    map_add(&map, "run", value_copy_str(list->arena, id));
    map_add(&map, "is", quell_text("unknown"));
    map_add(&map, "message", value_copy_str(list->arena, quell_str_of(why)));
    list_add(list, map_made(&map));
}

static void tell_run(struct quell *engine, struct quell_str id, struct list_builder *list,
                     unsigned depth)
{
    struct telling telling = {.engine = engine, .list = list, .depth = depth};
    struct quell_error err = {0};
    struct loaded *loaded;
    struct store_run row;
    enum quell_code code = engine->reader->kind->run(engine->reader, list->arena, id, &row, &err);

    if (code == QUELL_OK && depth <= LIMIT_CALL_DEPTH)
        code = journal_read_run(engine, &row, &telling.run, &loaded, &err);
    if (code || depth > LIMIT_CALL_DEPTH) {
        tell_unread(list, id, err.message);
        return;
    }
    run_each_change(telling.run, tell_change, &telling);
    run_free(telling.run);
    loaded_release(loaded);
}

/* The run that was asked about, of which a step may be meant. */
static enum quell_code tell_asked(struct quell *engine, const struct store_run *row,
                                  struct quell_str step, struct list_builder *list,
                                  struct quell_error *err)
{
    struct telling telling = {.engine = engine, .list = list, .step = step};
    struct quell_error unread = {0};
    struct loaded *loaded;
    enum quell_code code = journal_read_run(engine, row, &telling.run, &loaded, &unread);

    if (code) {
        tell_unread(list, row->id, unread.message);
        return QUELL_OK;
    }
    code = run_undo_knows(telling.run, step, err);
    if (code == QUELL_OK)
        run_each_change(telling.run, tell_change, &telling);
    run_free(telling.run);
    loaded_release(loaded);
    return code;
}

enum quell_code quell_undo_plan(struct quell *engine, struct quell_str run, struct quell_str step,
                                struct quell_document *document, struct quell_error *err)
{
    struct quell_document made;
    struct arena *arena = document_begin(&made);
    struct map_builder map = {.arena = arena};
    struct list_builder list = {.arena = arena};
    struct store_run row;
    enum quell_code code = find_row(engine, arena, run, &row, err);

    if (code == QUELL_OK)
        code = tell_asked(engine, &row, step, &list, err);
    if (code) {
        arena_free(arena);
        return code;
    }
    map_add(&map, "run", quell_string(row.id));
    map_add(&map, "playbook", quell_string(row.playbook));
    map_add(&map, "state", quell_string(row.state));
    map_add(&map, "ended", quell_bool(row.ended_us != 0));
    map_add(&map, "changes", list_made(&list));
    made.value = map_made(&map);
    *document = made;
    return QUELL_OK;
}
