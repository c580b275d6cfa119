/*
 * why_incident.c - `quell why` of an incident: the runs that it started, and what kept others back.
 */
#include "core/why.h"

#include "base/error.h"
#include "base/limits.h"

static bool add_run(const struct store_run *row, void *user)
{
    struct list_builder *list = user;
    struct arena *arena = list->arena;
    struct map_builder map = {.arena = arena};

    map_add(&map, "run", value_copy_str(arena, row->id));
    map_add(&map, "playbook", value_copy_str(arena, row->playbook));
    map_add(&map, "state", value_copy_str(arena, row->state));
    map_add(&map, "started_at", value_time_us(row->started_us));
    list_add(list, map_made(&map));
    return true;
}

static bool add_refusal(const struct store_refusal *row, void *user)
{
    struct list_builder *list = user;
    struct arena *arena = list->arena;
    struct map_builder map = {.arena = arena};

    map_add(&map, "at", value_time_us(row->at_us));
    map_add(&map, "playbook", value_copy_str(arena, row->playbook));
    map_add(&map, "reason", value_copy_str(arena, row->reason));
    map_add(&map, "detail", value_copy_str(arena, row->detail));
    map_add(&map, "run", value_copy_str(arena, row->run));
    list_add(list, map_made(&map));
    return true;
}

enum quell_code why_of_incident(struct quell *engine, struct arena *arena, struct quell_str id,
                                struct quell_value *made, struct quell_error *err)
{
    struct store *reader = engine->reader;
    struct list_builder runs = {.arena = arena}, refusals = {.arena = arena},
                        explained = {.arena = arena};
    struct store_query query = {.incident = id, .limit = LIMIT_WHY_ROWS};
    struct store_refusal_query refused = {.incident = id, .limit = LIMIT_WHY_ROWS};
    struct map_builder map = {.arena = arena};
    struct store_incident incident = {.id = id};
    struct quell_error fault = {0};
    enum quell_code code = reader->kind->incident(reader, arena, id, &incident, err);

    if (code == QUELL_NOT_FOUND)
        return error_set(err, code, "no run and no incident `%.*s`", QUELL_ARG(id));
    if (code == QUELL_OK)
        code = reader->kind->runs(reader, &query, add_run, &runs, err);
    if (code == QUELL_OK)
        code = reader->kind->refusals(reader, &refused, add_refusal, &refusals, err);
    if (code)
        return code;
    if (explain_stored(engine, arena, incident.body, &explained, &fault)) /* no playbooks here */
        map_add(&map, "fault", value_copy_str(arena, quell_str_of(fault.message)));
    map_add(&map, "incident", quell_string(incident.id));
    map_add(&map, "title", quell_string(incident.title));
    map_add(&map, "received_at", value_time_us(incident.received_us));
    map_add(&map, "runs", list_made(&runs));
    map_add(&map, "refusals", list_made(&refusals));
    map_add(&map, "playbooks", list_made(&explained));
    *made = map_made(&map);
    return QUELL_OK;
}
