/*
 * watch.c - what must hold of what happens: nothing is begun that is halted, and each time of a
 * schedule starts one run.
 */
#include "sim.h"

#include <string.h>

#include "base/error.h"
#include "base/str.h"
#include "value/value.h"

/* ---- halts -------------------------------------------------------------------------------------
 */

static bool is_of_playbook(struct sim *sim, struct quell_str run, struct quell_str playbook)
{
    struct store *store = sim->engine->reader;
    struct arena *arena = arena_new(0);
    struct store_run row;
    struct quell_error err = {0};
    bool same = store->kind->run(store, arena, run, &row, &err) == QUELL_OK &&
                quell_str_equal(row.playbook, playbook);

    arena_free(arena);
    return same;
}

static bool is_halted(struct sim *sim, struct quell_str run, struct quell_value event)
{
    struct quell_str action = quell_get_str(event, "action");

    if (sim->halt.what == NULL)
        return false;
    if (quell_text_is(quell_get(event, "effect"), "reads"))
        return false; /* it is kept back where it would be sent, behind its intent */
    if (strcmp(sim->halt.what, "connector") == 0)
        return str_starts(action, sim->halt.name) && action.data[sim->halt.name.len] == '.';
    if (strcmp(sim->halt.what, "playbook") == 0)
        return is_of_playbook(sim, run, sim->halt.name);
    return true;
}

void sim_see(struct quell_str run, struct quell_value event, void *user)
{
    struct sim *sim = user;

    if (quell_text_is(quell_get(event, "kind"), "call_scheduled") && is_halted(sim, run, event))
        (void)sim_fails(sim, "run %.*s begins %.*s, which is halted", QUELL_ARG(run),
                        QUELL_ARG(quell_get_str(event, "action")));
    if (quell_text_is(quell_get(event, "kind"), "undo_asked"))
        sim->story->counts[SIM_UNDONE]++;
}

/* ---- schedules ---------------------------------------------------------------------------------
 */

enum { TICKS = 1000 };

struct ticks {
    struct sim *sim;
    struct arena *arena;
    int64_t started[TICKS]; /* the planned time of each run */
    size_t count;
};

static bool take_planned(const struct store_event *row, void *user)
{
    struct ticks *ticks = user;
    struct quell_error err = {0};
    struct event event;

    if (event_read(ticks->arena, row->body, &event, &err))
        return sim_fails(ticks->sim, "%s", err.message);
    if (event.kind == EVENT_RUN_STARTED)
        ticks->started[ticks->count++] =
            quell_get(quell_get(event.data, "event"), "planned_at").as.integer * SECOND_US;
    return false; /* the first one says it */
}

static bool take_run(const struct store_run *row, void *user)
{
    struct ticks *ticks = user;
    struct store *store = ticks->sim->engine->reader;

    if (ticks->count == TICKS)
        return sim_fails(ticks->sim, "more runs by the clock than a story has hours");
    return store->kind->events(store, row->id, 0, take_planned, ticks, NULL) == QUELL_OK;
}

static unsigned count_of(const struct ticks *ticks, int64_t planned_us)
{
    unsigned count = 0;
    size_t i;

    for (i = 0; i < ticks->count; i++)
        count += ticks->started[i] == planned_us;
    return count;
}

/* Whether a time starts a run: one that passed while nobody was there may not. */
static bool is_expected(const struct sim *sim, int64_t planned_us)
{
    int64_t every_us = SIM_TICK_H * 60 * MINUTE_US;
    enum sim_missed missed = sim->missed;
    unsigned i;

    if (sim->story->broken == BREAK_TICKS)
        missed = (missed + 1) % 3;
    for (i = 0; i < sim->down_count; i++)
        if (sim->downs[i].from_us < planned_us && planned_us < sim->downs[i].to_us - MINUTE_US)
            return missed == SIM_MISSED_ALL ||
                   (missed == SIM_MISSED_ONCE && planned_us + every_us > sim->downs[i].to_us);
    return true;
}

void sim_check_ticks(struct sim *sim)
{
    struct ticks *ticks = arena_one(sim->arena, struct ticks);
    struct store_query query = {.playbook = QUELL_STR("tick"), .limit = SIZE_MAX};
    struct store *store = sim->engine->reader;
    int64_t every_us = SIM_TICK_H * 60 * MINUTE_US, now_us = loop_now_us(sim->loop), at_us;
    struct quell_error err = {0};

    ticks->sim = sim;
    ticks->arena = arena_new(0);
    if (store->kind->runs(store, &query, take_run, ticks, &err))
        (void)sim_fails(sim, "%s", err.message);
    sim->story->counts[SIM_TICKS] = (unsigned)ticks->count;
    for (at_us = (SIM_START_US / every_us + 1) * every_us; at_us <= now_us; at_us += every_us)
        if (count_of(ticks, at_us) != is_expected(sim, at_us))
            (void)sim_fails(sim, "the time %lld of a schedule has started %u runs",
                            (long long)(at_us / SECOND_US), count_of(ticks, at_us));
    arena_free(ticks->arena);
}
