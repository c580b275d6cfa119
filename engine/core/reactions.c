/*
 * reactions.c - `on: run`: playbooks that start because a run failed, is held, or was denied by a
 * person. They start in the turn in which that happened, about the same incident; `event` tells of
 * the run. A chain of reactions has an end: it is as deep as calls may be.
 */
#include "core/nothing.h"

#include "base/limits.h"
#include "base/str.h"
#include "value/value.h"

static const char *const type_names[] = {
    [REACTS_TO_FAILED] = "failed", [REACTS_TO_HELD] = "held", [REACTS_TO_DENIED] = "denied"};

/* What the event is for those who react; 0 = nothing. */
static unsigned type_of(const struct event *event)
{
    struct quell_value error = quell_get(event->data, "error");

    if (event->kind == EVENT_RUN_HELD)
        return REACTS_TO_HELD;
    if (event->kind != EVENT_RUN_ENDED ||
        !quell_text_is(quell_get(event->data, "status"), "failed"))
        return 0;
    return quell_text_is(quell_get(error, "code"), "denied") ? REACTS_TO_DENIED : REACTS_TO_FAILED;
}

static bool reacts(const struct playbook *playbook, struct quell_str id, unsigned type)
{
    size_t i;

    if (!(playbook->reacts_to & type))
        return false;
    for (i = 0; i < playbook->source_count; i++)
        if (quell_str_equal(playbook->sources[i].playbook, id))
            return true;
    return false;
}

static int64_t depth_of(const struct run *run)
{
    int64_t caused = quell_get_int(run_event(run), "depth", 0);
    int64_t called = run_parent(run).depth;

    return caused > called ? caused : called;
}

/* As playbook_event_fields has it. */
static struct quell_value event_of(struct arena *arena, const struct run *run, unsigned type,
                                   struct quell_value error)
{
    struct map_builder map = {.arena = arena};

    map_add(&map, "type", quell_text(type_names[type]));
    map_add(&map, "run", value_copy_str(arena, run_id(run)));
    map_add(&map, "playbook", quell_string(run_playbook(run)->id));
    map_add(&map, "error", error);
    map_add(&map, "depth", quell_int(depth_of(run) + 1));
    return map_made(&map);
}

static void start_one(struct active *active, struct loaded *loaded, struct quell_value event)
{
    struct quell *engine = active->engine;
    struct start start = {.loaded = loaded,
                          .incident = run_incident(active->run),
                          .alert = quell_null(),
                          .event = event,
                          .given = quell_map(NULL, 0),
                          .by = QUELL_STR("run")};
    struct started made;
    struct quell_error err = {0};

    start_run(engine, turn_commit(engine)->arena, &start, &made, &err);
    if (made.active)
        advance(made.active);
}

static void refuse(struct active *active, const struct playbook *playbook)
{
    struct arena *arena = turn_commit(active->engine)->arena;

    refuse_event(active->engine,
                 &(struct refusal){.reason = "too-deep",
                                   .playbook = playbook->id,
                                   .incident = run_incident(active->run),
                                   .detail = arena_format(arena,
                                                          "it reacts to a run of `%.*s`: runs "
                                                          "react to runs %d deep at most",
                                                          QUELL_ARG(run_playbook(active->run)->id),
                                                          LIMIT_CALL_DEPTH),
                                   .run = run_id(active->run)});
}

void react(struct active *active, const struct event *event)
{
    struct quell *engine = active->engine;
    const struct generation *generation = engine->generation;
    struct quell_str id = run_playbook(active->run)->id;
    unsigned type = type_of(event);
    struct quell_value told;
    size_t i;

    if (type == 0 || run_mode(active->run) != RUN_LIVE)
        return;
    told = event_of(turn_commit(engine)->arena, active->run, type, quell_get(event->data, "error"));
    for (i = 0; i < generation->playbook_count; i++) {
        struct loaded *loaded = generation->playbooks[i];
        if (!reacts(loaded->playbook, id, type))
            continue;
        if (depth_of(active->run) >= LIMIT_CALL_DEPTH)
            refuse(active, loaded->playbook);
        else
            start_one(active, loaded, told);
    }
}
