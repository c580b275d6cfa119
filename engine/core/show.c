/*
 * show.c - looking at runs.
 */
#include "core/core.h"

#include "base/error.h"
#include "base/limits.h"
#include "base/str.h"
#include "journal/event.h"
#include "value/json.h"
#include "value/value.h"

static struct quell_value time_or_null(int64_t us)
{
    return us ? value_time_us(us) : quell_null();
}

static void add_wait(const struct run_step *step, void *user)
{
    struct list_builder *list = user;
    struct map_builder map = {.arena = list->arena};

    if (step->waits.len == 0 || list->count == LIMIT_WAITS_SHOWN)
        return;
    map_add(&map, "step", value_copy_str(list->arena, step->path));
    map_add(&map, "what", quell_string(step->waits));
    if (step->until_us && step->until_us != INT64_MAX)
        map_add(&map, "until", value_time_us(step->until_us));
    list_add(list, map_made(&map));
}

struct quell_value active_waits(struct arena *arena, const struct run *run)
{
    struct list_builder list = {.arena = arena};
    struct quell_str queued = run_queued_for(run);

    if (queued.len) {
        struct map_builder map = {.arena = arena};
        map_add(&map, "step", quell_text(""));
        map_add(&map, "what",
                str_is(queued, "release") ? quell_text("person") : value_copy_str(arena, queued));
        if (run_waits_for(run, "time"))
            map_add(&map, "until", value_time_us(run_begins_us(run)));
        list_add(&list, map_made(&map));
        return list_made(&list);
    }
    if (run_idle(run))
        run_each_step(run, add_wait, &list);
    return list_made(&list);
}

static struct quell_value row_value(struct arena *arena, const struct store_run *row)
{
    struct map_builder map = {.arena = arena};
    struct quell_value waits = quell_list(NULL, 0);
    struct quell_error ignored;

    if (row->waits.len && json_read(arena, row->waits, 0, &waits, NULL, &ignored))
        waits = quell_list(NULL, 0);

    map_add(&map, "run", value_copy_str(arena, row->id));
    map_add(&map, "playbook", value_copy_str(arena, row->playbook));
    map_add(&map, "revision", value_copy_str(arena, row->revision));
    map_add(&map, "incident", value_copy_str(arena, row->incident));
    map_add(&map, "title", value_copy_str(arena, row->title));
    map_add(&map, "state", value_copy_str(arena, row->state));
    map_add(&map, "mode", value_copy_str(arena, row->mode));
    map_add(&map, "started_at", time_or_null(row->started_us));
    map_add(&map, "updated_at", time_or_null(row->updated_us));
    map_add(&map, "ended_at", time_or_null(row->ended_us));
    map_add(&map, "waits", waits);
    map_add(&map, "due_at", time_or_null(row->due_us));
    return map_made(&map);
}

/* ---- ps ----------------------------------------------------------------------------------------
 */

struct listing {
    struct quell *engine;
    struct list_builder list;
    struct quell_value parent; /* of the run that is looked at */
};

/* A run says in its first event who called it. */
static bool find_parent(const struct store_event *row, void *user)
{
    struct listing *listing = user;
    struct arena *scratch = arena_new(0);
    struct quell_error ignored;
    struct event event;

    if (event_read(scratch, row->body, &event, &ignored) == QUELL_OK)
        listing->parent =
            value_copy(listing->list.arena, quell_get(quell_get(event.data, "parent"), "run"));
    arena_free(scratch);
    return false;
}

static bool add_run(const struct store_run *row, void *user)
{
    struct listing *listing = user;
    struct store *reader = listing->engine->reader;
    struct quell_error ignored; /* a run that cannot be read is listed all the same */

    listing->parent = quell_null();
    (void)reader->kind->events(reader, row->id, 0, find_parent, listing, &ignored);
    list_add(&listing->list, value_with(listing->list.arena, row_value(listing->list.arena, row),
                                        QUELL_STR("parent"), listing->parent));
    return true;
}

enum quell_code quell_runs(struct quell *engine, const struct quell_runs_options *options,
                           struct quell_document *document, struct quell_error *err)
{
    struct quell_document made;
    struct arena *arena = document_begin(&made);
    struct listing listing = {.engine = engine, .list = {.arena = arena}};
    struct store_query query = {.state = options->state,
                                .playbook = options->playbook,
                                .before = options->before,
                                .limit = options->limit};
    enum quell_code code =
        engine->reader->kind->runs(engine->reader, &query, add_run, &listing, err);

    if (code) {
        arena_free(arena);
        return code;
    }
    made.value = list_made(&listing.list);
    *document = made;
    return QUELL_OK;
}

/* ---- show --------------------------------------------------------------------------------------
 */

struct search {
    struct arena *arena;
    struct store_run row;
    size_t hits;
};

static bool find_prefix(const struct store_run *row, void *user)
{
    struct search *search = user;

    search->hits++;
    search->row.id = arena_str(search->arena, row->id);
    return search->hits < 2;
}

enum quell_code find_row(struct quell *engine, struct arena *arena, struct quell_str run,
                         struct store_run *row, struct quell_error *err)
{
    struct search search = {.arena = arena};
    struct store_query query = {.prefix = run, .limit = 2};
    enum quell_code code;

    if (run.len == 36)
        return engine->reader->kind->run(engine->reader, arena, run, row, err);
    if (run.len == 0)
        return error_set(err, QUELL_INVALID, "a run's id, or the beginning of one, is needed");
    code = engine->reader->kind->runs(engine->reader, &query, find_prefix, &search, err);
    if (code)
        return code;
    if (search.hits == 0)
        return error_set(err, QUELL_NOT_FOUND, "no run begins with `%.*s`", QUELL_ARG(run));
    if (search.hits > 1)
        return error_set(err, QUELL_INVALID, "several runs begin with `%.*s`; give more of it",
                         QUELL_ARG(run));
    return engine->reader->kind->run(engine->reader, arena, search.row.id, row, err);
}

static void add_step(const struct run_step *step, void *user)
{
    struct list_builder *list = user;
    struct map_builder map = {.arena = list->arena};

    if (step->status == STEP_NOT_RUN && step->started_us == 0)
        return;
    map_add(&map, "path", quell_string(step->path));
    map_add(&map, "step", step->step->id_given ? quell_string(step->step->id) : quell_null());
    map_add(&map, "name", quell_string(step->step->name));
    map_add(&map, "action", step->step->uses.len ? quell_string(step->step->uses) : quell_null());
    map_add(&map, "status",
            quell_text(step->shadowed ? "simulated" : step_status_name(step->status)));
    map_add(&map, "attempts", quell_int(step->attempt));
    map_add(&map, "reason", step->reason.len ? quell_string(step->reason) : quell_null());
    map_add(&map, "with", step->input);
    map_add(&map, "output", step->output);
    map_add(&map, "error", step->error);
    map_add(&map, "calls", step->step->calls.len ? quell_string(step->step->calls) : quell_null());
    map_add(&map, "run", step->child.len ? quell_string(step->child) : quell_null());
    map_add(&map, "waits_for", step->waits.len ? quell_string(step->waits) : quell_null());
    map_add(&map, "until", time_or_null(step->until_us == INT64_MAX ? 0 : step->until_us));
    map_add(&map, "asked", step->asked);
    map_add(&map, "given", step->given);
    map_add(&map, "started_at", time_or_null(step->started_us));
    map_add(&map, "ended_at", time_or_null(step->ended_us));
    list_add(list, map_made(&map));
}

static bool add_event(const struct store_event *row, void *user)
{
    struct list_builder *list = user;
    struct quell_error ignored;
    struct event event;

    if (event_read(list->arena, row->body, &event, &ignored) == QUELL_OK)
        list_add(list, event_to_value(list->arena, &event));
    return true;
}

static struct quell_value waits_for(struct quell_value steps)
{
    size_t i;

    for (i = 0; i < quell_count(steps); i++) {
        struct quell_value what = quell_get(quell_at(steps, i), "waits_for");
        if (!quell_is_null(what))
            return what;
    }
    return quell_null();
}

/* What its events say, when they can be read as a run. */
static enum quell_code describe_steps(struct quell *engine, struct arena *arena,
                                      const struct store_run *row, struct quell_value *made,
                                      struct quell_value *list, struct quell_error *err)
{
    struct list_builder steps = {.arena = arena};
    struct quell_value parent;
    struct loaded *loaded;
    struct run *run;
    enum quell_code code = journal_read_run(engine, row, &run, &loaded, err);

    if (code)
        return code;
    run_each_step(run, add_step, &steps);
    *list = value_copy(arena, list_made(&steps));
    parent = run_parent(run).run.len ? value_copy_str(arena, run_parent(run).run) : quell_null();
    *made = value_with(arena, *made, QUELL_STR("parent"), parent);
    *made = value_with(arena, *made, QUELL_STR("outputs"), value_copy(arena, run_outputs(run)));
    run_free(run);
    loaded_release(loaded);
    return QUELL_OK;
}

/* A run whose playbook cannot be loaded any more still shows its events, and why. */
static enum quell_code describe(struct quell *engine, struct arena *arena,
                                const struct store_run *row, struct quell_value *value,
                                struct quell_error *err)
{
    struct list_builder events = {.arena = arena};
    struct quell_value made = row_value(arena, row), list = quell_list(NULL, 0);
    struct quell_error fault = {0};

    if (describe_steps(engine, arena, row, &made, &list, &fault))
        made = value_with(arena, made, QUELL_STR("fault"),
                          value_copy_str(arena, quell_str_of(fault.message)));
    made = value_with(arena, made, QUELL_STR("waits_for"), waits_for(list));
    made = value_with(arena, made, QUELL_STR("steps"), list);
    *value = made;
    if (engine->reader->kind->events(engine->reader, row->id, 0, add_event, &events, err))
        return err->code;
    made = value_with(arena, made, QUELL_STR("notified"),
                      notify_told(engine, arena, row->id, QUELL_STR("")));
    *value = value_with(arena, made, QUELL_STR("events"), list_made(&events));
    return QUELL_OK;
}

enum quell_code quell_show(struct quell *engine, struct quell_str run,
                           struct quell_document *document, struct quell_error *err)
{
    struct quell_document made;
    struct arena *arena = document_begin(&made);
    struct store_run row;
    enum quell_code code = find_row(engine, arena, run, &row, err);

    if (code == QUELL_OK)
        code = describe(engine, arena, &row, &made.value, err);
    if (code) {
        arena_free(arena);
        return code;
    }
    *document = made;
    return QUELL_OK;
}
