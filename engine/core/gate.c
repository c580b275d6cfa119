/*
 * gate.c - whether a change may be made now: asked before each intent and right before each request
 * leaves. Who may not waits where it stands; those who may again go on in the order in which they
 * began, a few at a time, and what guards them is judged anew.
 */
#include "core/gate.h"

#include <stdlib.h>

#include "base/error.h"
#include "base/limits.h"
#include "base/memory.h"
#include "base/str.h"
#include "loop/log.h"
#include "value/value.h"

struct gate {
    struct loop_timer *pace;
};

/* ---- asking ------------------------------------------------------------------------------------
 */

/* The word for what keeps it back, or NULL. */
static const char *ask(struct quell *engine, const struct active *active, const struct step *step,
                       bool changes)
{
    struct halt_subject subject = {.playbook = run_playbook(active->run)->id,
                                   .connector = quell_str_of(step->connector->name),
                                   .connection = step->connection,
                                   .changes = changes};

    return halt_asks(engine, &subject) ? "halted" : NULL;
}

static bool keeps(void *user, const struct run *run, const struct step *step, struct quell_str path)
{
    struct quell *engine = user;
    struct active *active = engine->asking;
    const char *why;

    (void)path;
    if (active == NULL || active->run != run)
        return false; /* a run that is only looked at */
    why = ask(engine, active, step, true);
    if (why == NULL && breaker_keeps(engine, run_playbook(run)->id, step, true))
        why = "breaker";
    if (why && active->kept == NULL) {
        active->kept = why;
        active->kept_step = step;
    }
    return why != NULL;
}

struct run_gate gate_of(struct quell *engine)
{
    return (struct run_gate){keeps, engine};
}

bool gate_lets(struct quell *engine, const struct active_call *call, bool changes)
{
    return ask(engine, call->active, call->step, changes) == NULL;
}

/* ---- who is kept back --------------------------------------------------------------------------
 */

static struct active_call *first_halted(const struct active *active)
{
    struct active_call *call;

    for (call = active->calls; call; call = call->next)
        if (call->call && call_is_halted(call->call))
            return call;
    return NULL;
}

const char *gate_keeps(const struct active *active)
{
    if (active->kept)
        return active->kept;
    return first_halted(active) ? "halted" : NULL;
}

struct quell_value gate_waits(struct arena *arena, const struct active *active)
{
    const struct active_call *call = first_halted(active);
    const char *why = gate_keeps(active);
    struct list_builder list = {.arena = arena};
    struct map_builder map = {.arena = arena};

    if (why == NULL)
        return quell_null();
    map_add(&map, "step", quell_string(active->kept ? active->kept_step->id : call->path));
    map_add(&map, "what", quell_text(why));
    list_add(&list, map_made(&map));
    return list_made(&list);
}

size_t gate_count(const struct quell *engine)
{
    const struct active *active;
    size_t count = 0;

    for (active = engine->active; active; active = active->next)
        count += gate_keeps(active) != NULL;
    return count;
}

size_t gate_on_the_wire(struct quell *engine)
{
    const struct active *active;
    const struct active_call *call;
    size_t count = 0;

    for (active = engine->active; active; active = active->next)
        for (call = active->calls; call; call = call->next)
            count += call->call && call_in_the_air(call->call) && !gate_lets(engine, call, true);
    return count;
}

/* ---- stopping and going on ---------------------------------------------------------------------
 */

/* Each of its calls; one that ends meanwhile does not decide before all were seen. */
static void each_call(struct active *active, void (*seen)(struct call *call))
{
    struct active_call *call, *next;
    bool deciding = active->deciding;

    active->deciding = true;
    for (call = active->calls; call; call = next) {
        next = call->next;
        if (call->call)
            seen(call->call);
    }
    active->deciding = deciding;
}

static bool may_go_on(struct quell *engine, const struct active *active)
{
    const struct active_call *call;

    if (active->kept && ask(engine, active, active->kept_step, true) == NULL &&
        !breaker_keeps(engine, run_playbook(active->run)->id, active->kept_step, false))
        return true;
    for (call = active->calls; call; call = call->next)
        if (call->call && call_is_halted(call->call) && gate_lets(engine, call, true))
            return true;
    return false;
}

struct aged {
    struct active *active;
    size_t place; /* in the list of all, the newest first */
};

static int by_age(const void *a, const void *b)
{
    const struct aged *left = a, *right = b;
    int64_t left_us = run_started_us(left->active->run);
    int64_t right_us = run_started_us(right->active->run);

    if (left_us != right_us)
        return left_us < right_us ? -1 : 1;
    return left->place > right->place ? -1 : left->place < right->place;
}

/* Those that may go on, the oldest first; freed by the caller. */
static struct aged *collect(struct quell *engine, size_t *count)
{
    struct aged *found = memory_new((engine->active_count + 1) * sizeof(*found));
    struct active *active;
    size_t place = 0;

    *count = 0;
    for (active = engine->active; active; active = active->next, place++)
        if (gate_keeps(active) && may_go_on(engine, active))
            found[(*count)++] = (struct aged){active, place};
    if (*count > 1)
        qsort(found, *count, sizeof(*found), by_age);
    return found;
}

static void on_pace(void *user)
{
    struct quell *engine = user;
    struct aged *found;
    size_t i, count;

    engine->gate->pace = NULL;
    if (engine->broken || engine->drain)
        return;
    found = collect(engine, &count);
    turn_begin(engine);
    for (i = 0; i < count && i < LIMIT_RESUME_RUNS; i++) {
        each_call(found[i].active, call_go_on);
        advance(found[i].active);
        commit_touch(found[i].active);
    }
    turn_end(engine);
    memory_free(found);
    if (count > LIMIT_RESUME_RUNS)
        engine->gate->pace = loop_after(engine->loop, LIMIT_RESUME_MS, on_pace, engine);
}

void gate_wake(struct quell *engine)
{
    if (engine->gate && engine->gate->pace == NULL)
        engine->gate->pace = loop_after(engine->loop, 0, on_pace, engine);
}

void gate_changed(struct quell *engine)
{
    struct active *active;

    if (engine->broken || engine->drain)
        return;
    turn_begin(engine);
    for (active = engine->active; active; active = active->next)
        each_call(active, call_look_again);
    notify_halt_changed(engine);
    turn_end(engine);
    gate_wake(engine);
}

void gate_open(struct quell *engine)
{
    engine->gate = memory_new(sizeof(*engine->gate));
}

void gate_free(struct quell *engine)
{
    if (engine->gate == NULL)
        return;
    breakers_free(engine);
    loop_cancel(engine->gate->pace);
    memory_free(engine->gate);
    engine->gate = NULL;
}
