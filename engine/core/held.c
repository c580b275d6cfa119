/*
 * held.c - the runs that wait for a person's word: what holds each, since when, and how it is let
 * go on. Told by their events alone, so that one whose playbook cannot be loaded is listed as well.
 */
#include "core/core.h"

#include "base/error.h"
#include "base/str.h"
#include "value/json.h"
#include "value/value.h"

struct hold {
    struct quell_str path;
    int64_t since_us;
    struct quell_value data; /* of the event */
    bool is_queued;          /* before its first step */
};

struct holds {
    struct arena *arena;
    struct hold *items;
    size_t count, cap;
};

/* ---- what holds a run --------------------------------------------------------------------------
 */

static void let_go(struct holds *holds, struct quell_str path)
{
    size_t i, kept = 0;

    for (i = 0; i < holds->count; i++)
        if (!quell_str_equal(holds->items[i].path, path))
            holds->items[kept++] = holds->items[i];
    holds->count = kept;
}

static void add(struct holds *holds, const struct event *event, bool is_queued)
{
    let_go(holds, event->path);
    if (holds->count == holds->cap) {
        size_t cap = holds->cap ? holds->cap * 2 : 4;
        holds->items = arena_grow(holds->arena, holds->items, holds->cap * sizeof(*holds->items),
                                  cap * sizeof(*holds->items));
        holds->cap = cap;
    }
    holds->items[holds->count++] = (struct hold){event->path, event->at_us, event->data, is_queued};
}

static void follow(struct holds *holds, const struct event *event)
{
    if (event->kind == EVENT_RUN_HELD)
        add(holds, event, false);
    else if (event->kind == EVENT_RUN_STARTED &&
             quell_text_is(quell_get(event->data, "queued"), "release"))
        add(holds, event, true);
    else if (event->kind == EVENT_RUN_RELEASED || event->kind == EVENT_OUTCOME_RESOLVED ||
             event->kind == EVENT_STEP_ENDED || event->kind == EVENT_RUN_BEGUN)
        let_go(holds, event->path);
}

static bool read_event(const struct store_event *row, void *user)
{
    struct holds *holds = user;
    struct quell_error ignored;
    struct event event;

    if (event_read(holds->arena, row->body, &event, &ignored) == QUELL_OK)
        follow(holds, &event);
    return true;
}

/* ---- telling -----------------------------------------------------------------------------------
 */

static struct quell_str command_of(struct arena *arena, const struct store_run *row,
                                   const struct hold *hold)
{
    const char *space = hold->path.len ? " " : "";
    bool limit = hold->is_queued || quell_get_bool(hold->data, "limit", false);

    if (!limit)
        return arena_format(arena, "quell resolve %.*s %.*s --happened, or --did-not",
                            QUELL_ARG(row->id), QUELL_ARG(hold->path));
    if (!quell_is_null(quell_get(hold->data, "hard")))
        return arena_format(arena,
                            "quell release %.*s%s%.*s --refuse; no release passes a hard cap",
                            QUELL_ARG(row->id), space, QUELL_ARG(hold->path));
    return arena_format(arena, "quell release %.*s%s%.*s, or with --refuse", QUELL_ARG(row->id),
                        space, QUELL_ARG(hold->path));
}

static struct quell_value tell(struct arena *arena, const struct store_run *row,
                               const struct hold *hold)
{
    struct map_builder map = {.arena = arena};
    struct quell_value message = quell_get(hold->data, "message");
    bool limit = hold->is_queued || quell_get_bool(hold->data, "limit", false);

    if (quell_is_null(message))
        message = quell_get(quell_get(hold->data, "error"), "message");
    map_add(&map, "run", value_copy_str(arena, row->id));
    map_add(&map, "step", quell_string(hold->path));
    map_add(&map, "what", quell_text(limit ? "limit" : "outcome"));
    map_add(&map, "reason", quell_get(hold->data, "reason"));
    map_add(&map, "message", message);
    map_add(&map, "hard", quell_bool(!quell_is_null(quell_get(hold->data, "hard"))));
    map_add(&map, "playbook", value_copy_str(arena, row->playbook));
    map_add(&map, "incident", value_copy_str(arena, row->incident));
    map_add(&map, "title", value_copy_str(arena, row->title));
    map_add(&map, "since", value_time_us(hold->since_us));
    map_add(&map, "right", quell_text(limit ? "RELEASE" : "RESOLVE"));
    map_add(&map, "command", quell_string(command_of(arena, row, hold)));
    return map_made(&map);
}

/* Held though nothing in its journal says so: it could not be taken up. */
static struct quell_value tell_unread(struct arena *arena, const struct store_run *row)
{
    struct map_builder map = {.arena = arena};

    map_add(&map, "run", value_copy_str(arena, row->id));
    map_add(&map, "step", quell_text(""));
    map_add(&map, "what", quell_text("unread"));
    map_add(&map, "reason", quell_text("unread"));
    map_add(&map, "message",
            quell_text("its playbook or connector could not be loaded at the last start"));
    map_add(&map, "hard", quell_bool(false));
    map_add(&map, "playbook", value_copy_str(arena, row->playbook));
    map_add(&map, "incident", value_copy_str(arena, row->incident));
    map_add(&map, "title", value_copy_str(arena, row->title));
    map_add(&map, "since", value_time_us(row->updated_us));
    map_add(&map, "right", quell_null());
    map_add(&map, "command",
            quell_string(arena_format(arena, "quell show %.*s tells why", QUELL_ARG(row->id))));
    return map_made(&map);
}

struct listing {
    struct quell *engine;
    struct arena *arena;
    struct list_builder list;
    enum quell_code code;
    struct quell_error *err;
};

static bool list_run(const struct store_run *row, void *user)
{
    struct listing *listing = user;
    struct holds holds = {.arena = listing->arena};
    size_t i;

    listing->code = listing->engine->reader->kind->events(listing->engine->reader, row->id, 0,
                                                          read_event, &holds, listing->err);
    if (listing->code)
        return false;
    for (i = 0; i < holds.count; i++)
        list_add(&listing->list, tell(listing->arena, row, &holds.items[i]));
    if (holds.count == 0)
        list_add(&listing->list, tell_unread(listing->arena, row));
    return true;
}

enum quell_code quell_held(struct quell *engine, struct quell_document *document,
                           struct quell_error *err)
{
    struct quell_document made;
    struct arena *arena = document_begin(&made);
    struct listing listing = {
        .engine = engine, .arena = arena, .list = {.arena = arena}, .err = err};
    struct store_query query = {.state = QUELL_STR("held"), .limit = SIZE_MAX};
    enum quell_code code =
        engine->reader->kind->runs(engine->reader, &query, list_run, &listing, err);

    if (code == QUELL_OK)
        code = listing.code;
    if (code) {
        arena_free(arena);
        return code;
    }
    made.value = list_made(&listing.list);
    *document = made;
    return QUELL_OK;
}
