/*
 * people.c - questions that runs ask people: which are open, and what is answered.
 *
 * Who may decide is policy/'s affair and is judged on the run as its journal has it; who somebody
 * is, is proved by whoever calls this.
 */
#include "core/people.h"

#include "base/error.h"
#include "base/limits.h"
#include "base/name.h"
#include "base/str.h"
#include "loop/log.h"
#include "value/json.h"
#include "value/value.h"

/* ---- which are open ----------------------------------------------------------------------------
 */

bool people_is_question(struct quell_str waits)
{
    return str_is(waits, "approval") || str_is(waits, "form");
}

struct asking_runs {
    struct arena *arena;
    struct store_run *rows;
    size_t count, cap;
};

static bool keep_asking(const struct store_run *row, void *user)
{
    struct asking_runs *found = user;
    struct store_run *mine;

    if (str_find(row->waits, QUELL_STR("\"what\":\"approval\""), 0) == SIZE_MAX &&
        str_find(row->waits, QUELL_STR("\"what\":\"form\""), 0) == SIZE_MAX && row->waits.len > 0)
        return true; /* of one that is at work, the journal tells */
    if (found->count == found->cap) {
        size_t cap = found->cap ? found->cap * 2 : 64;
        found->rows = arena_grow(found->arena, found->rows, found->cap * sizeof(*found->rows),
                                 cap * sizeof(*found->rows));
        found->cap = cap;
    }
    mine = &found->rows[found->count++];
    *mine = *row;
    mine->id = arena_str(found->arena, row->id);
    mine->playbook = arena_str(found->arena, row->playbook);
    mine->revision = arena_str(found->arena, row->revision);
    mine->incident = arena_str(found->arena, row->incident);
    mine->title = arena_str(found->arena, row->title);
    return true;
}

struct listing {
    struct list_builder *list;
    const struct store_run *row;
    const struct run *run;
};

struct quell_value people_question(struct arena *arena, const struct store_run *row,
                                   const struct run *run, const struct run_step *step)
{
    struct map_builder map = {.arena = arena};
    struct quell_value asked = question_with_undo(arena, run, value_copy(arena, step->asked));

    map_add(&map, "run", value_copy_str(arena, row->id));
    map_add(&map, "step", value_copy_str(arena, step->path));
    map_add(&map, "what",
            quell_string(people_is_question(step->waits) ? step->waits : QUELL_STR("")));
    map_add(&map, "playbook", value_copy_str(arena, row->playbook));
    map_add(&map, "incident", value_copy_str(arena, row->incident));
    map_add(&map, "title", value_copy_str(arena, row->title));
    map_add(&map, "name", value_copy_str(arena, step->step->name));
    map_add(&map, "started_by", value_copy_str(arena, run_by(run)));
    map_add(&map, "given", value_copy(arena, step->given));
    for (size_t i = 0; i < quell_count(asked); i++)
        map_add_key(&map, asked.as.pairs[i].key, asked.as.pairs[i].value);
    return map_made(&map);
}

static void add_question(const struct run_step *step, void *user)
{
    struct listing *listing = user;

    if (people_is_question(step->waits))
        list_add(listing->list,
                 people_question(listing->list->arena, listing->row, listing->run, step));
}

/* A run whose journal cannot be read now has no question that could be answered. */
static void add_questions(struct quell *engine, const struct store_run *row,
                          struct list_builder *list)
{
    struct listing listing = {.list = list, .row = row};
    struct loaded *loaded;
    struct quell_error err;
    struct run *run;

    if (journal_read_run(engine, row, &run, &loaded, &err)) {
        log_line(LOG_LEVEL_WARNING, "run=%.*s: %s", QUELL_ARG(row->id), err.message);
        return;
    }
    listing.run = run;
    run_each_step(run, add_question, &listing);
    run_free(run);
    loaded_release(loaded);
}

enum quell_code quell_approvals(struct quell *engine, struct quell_document *document,
                                struct quell_error *err)
{
    struct quell_document made;
    struct arena *arena = document_begin(&made);
    struct asking_runs found = {.arena = arena};
    struct list_builder list = {.arena = arena};
    struct store_query query = {.active = true, .limit = SIZE_MAX};
    enum quell_code code;
    size_t i;

    code = engine->reader->kind->runs(engine->reader, &query, keep_asking, &found, err);
    if (code) {
        arena_free(arena);
        return code;
    }
    for (i = found.count; i-- > 0;) /* the one that waits longest is first */
        add_questions(engine, &found.rows[i], &list);
    made.value = list_made(&list);
    *document = made;
    return QUELL_OK;
}

/* ---- answers -----------------------------------------------------------------------------------
 */

struct open_question {
    struct quell_str step; /* its path or id, or empty: any */
    struct quell_str path;
    size_t count;
};

static void find_question(const struct run_step *step, void *user)
{
    struct open_question *open = user;

    if (!people_is_question(step->waits) ||
        (open->step.len && !quell_str_equal(open->step, step->path) &&
         !quell_str_equal(open->step, step->step->id)))
        return;
    open->path = step->path;
    open->count++;
}

static enum quell_code find_step(const struct active *active, struct quell_str wanted,
                                 struct quell_str *path, struct quell_error *err)
{
    struct open_question open = {.step = wanted};
    struct run_step step;

    run_each_step(active->run, find_question, &open);
    *path = open.path;
    if (open.count == 1)
        return QUELL_OK;
    if (open.count > 1)
        return error_set(err, QUELL_INVALID, "%zu steps of the run ask: name one, as RUN:STEP",
                         open.count);
    if (wanted.len == 0)
        return error_set(err, QUELL_CONFLICT, "the run asks nobody now");
    if (!run_find_step(active->run, wanted, &step))
        return error_set(err, QUELL_NOT_FOUND, "no step `%.*s` of the run asks anybody",
                         QUELL_ARG(wanted));
    return error_set(err, QUELL_CONFLICT, "step `%.*s` asks nobody now", QUELL_ARG(wanted));
}

/* What is journaled of an approval: what was agreed to is in there. */
static enum quell_code make_decision(struct active *active, const struct quell_decision *decision,
                                     struct quell_str path, struct map_builder *map,
                                     struct quell_error *err)
{
    struct quell_value groups = quell_get(active->engine->generation->config, "groups");
    struct run_step step;
    enum quell_code code = run_may_decide(active->run, path, decision->by, decision->agrees,
                                          decision->digest, groups, err);

    if (code || !run_find_step(active->run, path, &step))
        return code;
    if (decision->round && decision->round != quell_get_int(step.asked, "round", 0))
        return error_set(err, QUELL_CONFLICT, "it was asked anew: look at it again");
    map_add(map, "by", quell_string(decision->by));
    map_add(map, "digest", quell_get(step.asked, "digest"));
    if (decision->reason.len)
        map_add(map, "reason", quell_string(decision->reason));
    return QUELL_OK;
}

static enum quell_code make_answers(struct active *active, const struct quell_decision *decision,
                                    struct quell_str path, struct map_builder *map,
                                    struct quell_error *err)
{
    struct quell_value groups = quell_get(active->engine->generation->config, "groups");
    struct quell_value given, answers;
    enum quell_code code;

    code = json_read(map->arena, decision->answers, LIMIT_FORM_BYTES, &given, NULL, err);
    if (code == QUELL_OK && !quell_is(given, QUELL_MAP))
        code = error_set(err, QUELL_INVALID, "answers are a JSON object");
    if (code == QUELL_OK)
        code = run_check_answers(active->run, path, decision->by, groups, given, map->arena,
                                 &answers, err);
    if (code)
        return code;
    map_add(map, "by", quell_string(decision->by));
    map_add(map, "answers", run_masked(active->run, path, answers));
    return QUELL_OK;
}

/* What was answered stands in the run's journal, masked where it is secret. */
static void audit_decision(struct active *active, const struct quell_decision *decision,
                           struct quell_str path)
{
    struct commit *commit = turn_commit(active->engine);
    struct map_builder map = {.arena = commit->arena};

    map_add(&map, "step", quell_string(path));
    map_add(&map, "answer",
            quell_text(decision->answers.len ? "filled in"
                       : decision->agrees    ? "agreed"
                                             : "denied"));
    if (decision->reason.len)
        map_add(&map, "reason", quell_string(decision->reason));
    commit_audit(commit, decision->by, "decided", run_id(active->run), map_made(&map));
}

/* Somebody tried what is not theirs to decide. */
static void audit_refused(struct active *active, const struct quell_decision *decision,
                          struct quell_str path, const struct quell_error *err)
{
    struct commit *commit = turn_commit(active->engine);
    struct map_builder map = {.arena = commit->arena};

    map_add(&map, "step", quell_string(path));
    map_add(&map, "why", quell_text(err->message));
    commit_audit(commit, decision->by, "refused", run_id(active->run), map_made(&map));
}

/* A question whose time is up is not answered any more, though its timer comes later: the machine
 * slept, or the clock was set forward. */
static enum quell_code say_decision(struct active *active, const struct quell_decision *decision,
                                    quell_done_fn *done, void *user, struct quell_error *err)
{
    struct quell *engine = active->engine;
    bool form = decision->answers.len > 0;
    struct map_builder map = {0};
    struct quell_str path;
    enum quell_code code;

    turn_begin(engine);
    map.arena = turn_commit(engine)->arena;
    advance(active);
    code = find_step(active, decision->step, &path, err);
    if (code == QUELL_OK)
        code = form ? make_answers(active, decision, path, &map, err)
                    : make_decision(active, decision, path, &map, err);
    if (code == QUELL_OK)
        code = say(active,
                   form               ? EVENT_FORM_ANSWERED
                   : decision->agrees ? EVENT_APPROVAL_GIVEN
                                      : EVENT_APPROVAL_DENIED,
                   path, map_made(&map), err);
    if (code == QUELL_OK) {
        audit_decision(active, decision, path);
        commit_tell(turn_commit(engine), done, user);
        advance(active);
    } else if (code == QUELL_DENIED) {
        audit_refused(active, decision, path, err);
    }
    turn_end(engine);
    return code;
}

enum quell_code quell_decide(struct quell *engine, const struct quell_decision *decision,
                             quell_done_fn *done, void *user, struct quell_error *err)
{
    struct arena *arena = arena_new(0);
    struct active *active = NULL;
    struct store_run row;
    enum quell_code code = name_may_speak(decision->by)
                               ? find_row(engine, arena, decision->run, &row, err)
                               : error_set(err, QUELL_INVALID,
                                           "whoever decides has a name of ASCII letters, digits "
                                           "and . _ - + @ : / only");

    if (code == QUELL_OK) {
        active = active_wake(engine, row.id, err);
        if (active == NULL)
            code = error_set(err, QUELL_CONFLICT, "run %.*s %s", QUELL_ARG(row.id),
                             row.ended_us ? "has ended" : "could not be taken up: show tells why");
    }
    if (code == QUELL_OK)
        code = say_decision(active, decision, done, user, err);
    if (code && active)
        active_fold(active); /* unless that was its end: it goes when that is on disk */
    arena_free(arena);
    return code;
}
