/*
 * arrive.c - an event comes in: each run that waits for one like it is told. Those that are folded
 * are woken only when the condition under their `for` holds.
 */
#include "core/fold.h"
#include "core/nothing.h"

#include <string.h>

#include "base/arena.h"
#include "base/str.h"
#include "loop/log.h"
#include "match/match.h"
#include "value/value.h"

struct arrival {
    struct quell *engine;
    struct arena *arena;
    struct quell_value incident;
    struct quell_value before; /* its version before, once somebody has asked; else null */
    bool asked;
    struct quell_str event;
    struct cel_scope scope;
    struct list_builder *woken;
    size_t unheard; /* rows of this arrival that say so */
};

/* Once an arrival has left so many rows, the last of them says that there may be more. */
static void note_unheard(struct arrival *arrival, struct quell_str playbook, struct quell_str run,
                         struct quell_str detail)
{
    struct refusal refusal = {.reason = "unheard",
                              .playbook = playbook,
                              .incident = arrival->incident,
                              .detail = detail,
                              .run = run};

    if (arrival->unheard == LIMIT_UNHEARD_ROWS)
        return;
    if (++arrival->unheard == LIMIT_UNHEARD_ROWS)
        refusal.detail = arena_format(
            arrival->arena, "%.*s; there may be more that did not hear it", QUELL_ARG(detail));
    refuse_event(arrival->engine, &refusal);
}

static struct quell_value before_of(struct arrival *arrival)
{
    if (!arrival->asked)
        arrival->before = incident_before(arrival->engine, arrival->arena, arrival->incident);
    arrival->asked = true;
    return arrival->before;
}

/* How many events the step may hear in what arrived: the incident, or each of its alerts. */
static size_t chances(const struct arrival *arrival, const struct step *step)
{
    if (!step->wait || !step->wait->trigger)
        return 0;
    return strcmp(step->wait->event, "alert") == 0
               ? quell_count(quell_get(arrival->incident, "alerts"))
               : 1;
}

/* One of them, with what it was before. */
static struct match_event chance(struct arrival *arrival, const struct step *step, size_t index)
{
    struct match_event event = {.type = arrival->event, .subject = arrival->incident};

    if (strcmp(step->wait->event, "alert") != 0) {
        if (trigger_needs_before(step->wait->trigger))
            event.before = before_of(arrival);
        return event;
    }
    event.subject = quell_at(quell_get(arrival->incident, "alerts"), index);
    event.type = alert_happened(event.subject, before_of(arrival), &event.before);
    event.now = quell_get(arrival->incident, "received_at");
    return event;
}

/* The condition under `for` is judged before anything is unfolded; `where` sees the run. *subject
 * is what holds. */
static enum match_verdict judge_condition(struct arrival *arrival, const struct step *step,
                                          size_t index, struct quell_value *subject)
{
    struct match_event event = chance(arrival, step, index);

    *subject = event.subject;
    if (event.type.len == 0)
        return MATCH_NO;
    return trigger_judge(step->wait->trigger, &event, &arrival->scope, arrival->arena, NULL);
}

/* Who may listen by the step. */
struct listener {
    struct quell_str playbook, run; /* run empty: `waiting` of them, folded away */
    size_t waiting;
};

/* One that cannot be judged fits nobody, and is not lost without a word. */
static bool fits_any(struct arrival *arrival, const struct step *step,
                     const struct listener *listener)
{
    struct quell_value subject;
    size_t i, count = chances(arrival, step);
    bool unknown = false;

    for (i = 0; i < count; i++)
        switch (judge_condition(arrival, step, i, &subject)) {
        case MATCH_YES:
            return true;
        case MATCH_UNDETERMINED:
            unknown = true;
            break;
        case MATCH_NO:
            break;
        }
    if (unknown) {
        arrival->engine->counters.undetermined++;
        note_unheard(
            arrival, listener->playbook, listener->run,
            arena_format(arrival->arena,
                         "step `%.*s`: the condition under `for` is undetermined; %zu run%s "
                         "wait%s there",
                         QUELL_ARG(step->id), listener->waiting, listener->waiting == 1 ? "" : "s",
                         listener->waiting == 1 ? "s" : ""));
    }
    return false;
}

/* Tells the step, when its `where` holds, too; true when it no longer listens. */
static bool deliver(struct arrival *arrival, struct active *active, struct quell_str path,
                    struct quell_value subject)
{
    struct map_builder map = {.arena = arrival->arena};
    struct quell_error err = {0};
    bool fits;

    if (run_event_fits(active->run, path, subject, &fits, &err))
        note_unheard(arrival, run_playbook(active->run)->id, run_id(active->run),
                     arena_format(arrival->arena, "step `%.*s`: its `where` was not judged: %s",
                                  QUELL_ARG(path), err.message));
    if (!fits)
        return false;
    map_add(&map, "event", subject);
    if (say(active, EVENT_EVENT_CAME, path, map_made(&map), &err)) {
        log_line(LOG_LEVEL_ERROR, "run=%.*s %s", QUELL_ARG(run_id(active->run)), err.message);
        return true;
    }
    list_add(arrival->woken, value_copy_str(arrival->arena, run_id(active->run)));
    advance(active);
    return true;
}

/* The first of the events that holds is the one that came. */
static void deliver_first(struct arrival *arrival, struct active *active, struct quell_str path)
{
    struct run_step step;
    struct quell_value subject;
    size_t i;

    if (!run_find_step(active->run, path, &step) || !str_is(step.waits, "event"))
        return;
    for (i = 0; i < chances(arrival, step.step); i++)
        if (judge_condition(arrival, step.step, i, &subject) == MATCH_YES &&
            deliver(arrival, active, path, subject))
            return;
}

struct heard {
    struct arrival *arrival;
    struct listener listener;
    struct quell_str *paths;
    size_t count, cap;
};

static void hear(const struct run_step *step, void *user)
{
    struct heard *heard = user;
    struct arena *arena = heard->arrival->arena;

    if (!str_is(step->waits, "event") || !fits_any(heard->arrival, step->step, &heard->listener))
        return;
    if (heard->count == heard->cap) {
        size_t cap = heard->cap ? heard->cap * 2 : 4;
        heard->paths = arena_grow(arena, heard->paths, heard->cap * sizeof(*heard->paths),
                                  cap * sizeof(*heard->paths));
        heard->cap = cap;
    }
    heard->paths[heard->count++] = arena_str(arena, step->path);
}

/* Delivers to each step of a run in memory that listens for it. */
static void deliver_all(struct arrival *arrival, struct active *active)
{
    struct heard heard = {.arrival = arrival,
                          .listener = {run_playbook(active->run)->id, run_id(active->run), 1}};
    size_t i;

    run_each_step(active->run, hear, &heard);
    for (i = 0; i < heard.count && !run_ended(active->run); i++)
        deliver_first(arrival, active, heard.paths[i]);
}

/* Judges each condition once for all runs that listen by it; whether one holds. */
static bool judge_listenings(struct arrival *arrival, const struct folds *folds)
{
    struct listening *listening;
    bool any = false;
    size_t i;

    for (listening = folds->listenings; listening; listening = listening->next) {
        struct listener listener = {listening->loaded->playbook->id, QUELL_STR(""),
                                    listening->refs};

        listening->fits = false;
        for (i = 0; i < listening->count && !listening->fits; i++)
            listening->fits = fits_any(arrival, listening->steps[i], &listener);
        any = any || listening->fits;
    }
    return any;
}

static struct quell_str playbook_of(const struct arrival *arrival, struct quell_str run)
{
    struct store *reader = arrival->engine->reader;
    struct store_run row;
    struct quell_error ignored; /* then the row has only the run */

    return reader->kind->run(reader, arrival->arena, run, &row, &ignored) == QUELL_OK
               ? row.playbook
               : QUELL_STR("");
}

static void wake_and_deliver(struct arrival *arrival, struct quell_str id)
{
    struct quell_error err = {0};
    struct active *active = active_wake(arrival->engine, id, &err);

    if (active) {
        deliver_all(arrival, active);
        active_fold(active); /* unless something came of it */
    } else {
        log_line(LOG_LEVEL_ERROR, "run=%.*s cannot be woken: %s", QUELL_ARG(id), err.message);
        note_unheard(arrival, playbook_of(arrival, id), id,
                     arena_format(arrival->arena, "it cannot be woken: %s", err.message));
        /* Taken in all the same, the event would be lost for this run: its sender must try again.
         */
        if (err.code == QUELL_IO || err.code == QUELL_UNAVAILABLE)
            engine_break(arrival->engine, &err);
    }
}

/* Ids first: waking moves the heap. */
static void deliver_folded(struct arrival *arrival)
{
    const struct folds *folds = arrival->engine->folds;
    struct list_builder ids = {.arena = arrival->arena};
    size_t i;

    if (folds == NULL || !judge_listenings(arrival, folds))
        return;
    for (i = 0; i < folds->count; i++) {
        const struct folded *folded = folds->heap[i];
        if (folded->listening && folded->listening->fits)
            list_add(&ids, value_copy_str(arrival->arena, folded_id(folded)));
    }
    for (i = 0; i < ids.count; i++)
        wake_and_deliver(arrival, quell_str(ids.items[i]));
}

void fold_event(struct quell *engine, struct arena *arena, struct quell_value incident,
                struct quell_str event, struct list_builder *woken)
{
    struct map_builder vars = {.arena = arena};
    struct arrival arrival = {
        .engine = engine, .arena = arena, .incident = incident, .event = event, .woken = woken};
    struct active *active, *next;

    map_add(&vars, "config", engine->generation->world.config);
    map_add(&vars, "lists", engine->generation->world.lists);
    arrival.scope.vars = map_made(&vars);
    for (active = engine->active; active; active = next) {
        next = active->next;
        if (run_listens(active->run))
            deliver_all(&arrival, active);
    }
    deliver_folded(&arrival);
}
