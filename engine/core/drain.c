/*
 * drain.c - before a close that leaves nothing in doubt: nothing new leaves the house, and changes
 * that are on their way are waited for. What rests is taken up by the next open; a close without a
 * drain is safe as well, but may leave calls whose outcome only a person knows.
 */
#include "core/core.h"

#include "base/memory.h"

enum { LOOK_MS = 20 }; /* between two looks at what is under way */

struct drain {
    struct quell *engine;
    struct loop_timer *timer;
    int64_t until_us;
    void (*done)(void *user);
    void *user;
};

/* Frees every call but those whose answer is waited for; whether there are such. */
static bool lay_to_rest(struct quell *engine)
{
    struct active *active;
    struct active_call *call, *next;
    bool any = false;

    turn_begin(engine);
    for (active = engine->active; active; active = active->next) {
        for (call = active->calls; call; call = next) {
            next = call->next;
            if (call->call == NULL || call_in_the_air(call->call))
                any = true;
            else
                active_call_rest(call);
        }
    }
    any |= notify_rest(engine);
    turn_end(engine);
    return any;
}

static void look(void *user)
{
    struct drain *drain = user;
    struct quell *engine = drain->engine;
    bool late = loop_monotonic_us(engine->loop) >= drain->until_us;
    bool waits = !engine->broken && (lay_to_rest(engine) || engine->committing > 0);

    drain->timer = NULL;
    if (waits && !late)
        drain->timer = loop_after(engine->loop, LOOK_MS, look, drain);
    else
        drain->done(drain->user);
}

void quell_drain(struct quell *engine, int64_t most_ms, void (*done)(void *user), void *user)
{
    struct drain *drain = memory_new(sizeof(*drain));

    *drain = (struct drain){.engine = engine,
                            .until_us = loop_monotonic_us(engine->loop) + most_ms * 1000,
                            .done = done,
                            .user = user};
    engine->drain = drain;
    drain->timer = loop_after(engine->loop, 0, look, drain);
}

void drain_free(struct drain *drain)
{
    if (drain == NULL)
        return;
    loop_cancel(drain->timer);
    memory_free(drain);
}
