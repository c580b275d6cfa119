/*
 * check.c - what must hold: nothing twice, no success without its effect, no event missing, no run
 * lost that was acknowledged, and none stuck at the end. Read back from the store.
 */
#include "wire.h"

#include <stdio.h>

#include "base/digest.h"
#include "base/error.h"
#include "base/str.h"
#include "value/value.h"

struct reading {
    struct wire *wire;
    struct list_builder changing; /* paths of the run's calls that change something */
    struct arena *arena;
    struct buf *bytes; /* or NULL */
    uint64_t seq;
};

static bool changes(const struct reading *reading, struct quell_str path)
{
    size_t i;

    for (i = 0; i < reading->changing.count; i++)
        if (quell_str_equal(quell_str(reading->changing.items[i]), path))
            return true;
    return false;
}

static void look_at_end(struct reading *reading, const struct store_event *row,
                        const struct event *event)
{
    struct wire *wire = reading->wire;
    struct quell_str outcome = quell_get_str(event->data, "outcome");
    const struct wire_effect *effect =
        wire_find(wire, arena_format(reading->arena, "%.*s/%.*s", QUELL_ARG(row->run),
                                     QUELL_ARG(event->path)));

    if (!str_is(outcome, "succeeded"))
        return;
    if (effect == NULL && changes(reading, event->path))
        (void)wire_fails(wire, "%.*s/%.*s succeeded, and no request has arrived",
                         QUELL_ARG(row->run), QUELL_ARG(event->path));
    if (effect && !str_is(effect->action, "pure") && effect->effects != 1)
        (void)wire_fails(wire, "%.*s of %.*s succeeded, and took effect %u times",
                         QUELL_ARG(effect->action), QUELL_ARG(effect->what), effect->effects);
}

static bool look_at_event(const struct store_event *row, void *user)
{
    struct reading *reading = user;
    struct quell_error err = {0};
    struct event event;

    if (row->seq != ++reading->seq)
        return wire_fails(reading->wire, "run %.*s: an event is missing", QUELL_ARG(row->run));
    if (reading->bytes)
        buf_add_str(reading->bytes, row->body);
    if (event_read(reading->arena, row->body, &event, &err))
        return wire_fails(reading->wire, "run %.*s: %s", QUELL_ARG(row->run), err.message);
    if (event.kind == EVENT_CALL_SCHEDULED &&
        !quell_text_is(quell_get(event.data, "effect"), "reads"))
        list_add(&reading->changing, value_copy_str(reading->arena, event.path));
    if (event.kind == EVENT_CALL_ENDED)
        look_at_end(reading, row, &event);
    return true;
}

static bool look_at_run(const struct store_run *row, void *user)
{
    struct reading *reading = user;
    struct store *store = reading->wire->engine->reader;
    struct quell_error err = {0};

    reading->seq = 0;
    reading->changing = (struct list_builder){.arena = reading->arena};
    if (store->kind->events(store, row->id, 0, look_at_event, reading, &err))
        return wire_fails(reading->wire, "%s", err.message);
    if (row->ended_us == 0 && reading->bytes)
        return wire_fails(reading->wire, "run %.*s is stuck: %.*s, waits %.*s", QUELL_ARG(row->id),
                          QUELL_ARG(row->state), QUELL_ARG(row->waits));
    return reading->wire->story->violation == NULL;
}

static void check(struct wire *wire, struct buf *bytes)
{
    struct reading reading = {.wire = wire, .arena = arena_new(0), .bytes = bytes};
    struct store *store = wire->engine->reader;
    struct store_query query = {.limit = SIZE_MAX};
    struct store_run run;
    struct quell_error err = {0};
    size_t i;

    for (i = 0; i < wire->effect_count; i++)
        if (wire->effects[i].effects > 1)
            (void)wire_fails(wire, "%.*s of %.*s took effect %u times",
                             QUELL_ARG(wire->effects[i].action), QUELL_ARG(wire->effects[i].what),
                             wire->effects[i].effects);
    if (store->kind->runs(store, &query, look_at_run, &reading, &err))
        (void)wire_fails(wire, "%s", err.message);
    for (i = 0; i < wire->acknowledged_count; i++)
        if (store->kind->run(store, reading.arena, wire->acknowledged[i], &run, &err))
            (void)wire_fails(wire, "an acknowledged run is lost: %s", err.message);
    arena_free(reading.arena);
}

void wire_check(struct wire *wire)
{
    check(wire, NULL);
}

void wire_check_end(struct wire *wire)
{
    struct buf bytes = {.size_max = 1 << 28};
    uint8_t digest[DIGEST_SHA256];

    check(wire, &bytes);
    digest_sha256(buf_str(&bytes), digest);
    buf_free(&bytes);
    (void)snprintf(wire->story->digest, sizeof(wire->story->digest), "%.*s",
                   QUELL_ARG(digest_hex(wire->arena, digest, sizeof(digest))));
}
