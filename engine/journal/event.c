/*
 * event.c - one line of a run's journal: its kinds (from events.def) and its JSON, out and in.
 *
 * Does not store, order or apply events.
 */
#include "journal/event.h"

#include <assert.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/when.h"
#include "journal/tag.h"
#include "value/json.h"
#include "value/value.h"

const struct event_info event_infos[EVENT_KINDS] = {
#define EVENT(name, text, doc, keys) [EVENT_##name] = {text, doc, keys},
#include "journal/events.def"
#undef EVENT
};

/* Levels of JSON around an event's data when it is written: the event's own map. */
enum { DATA_DEPTH = 1 };

const char *event_name(enum event_kind kind)
{
    assert(kind < EVENT_KINDS);
    return event_infos[kind].name;
}

/* The keys before the data. */
static void add_head(struct map_builder *map, const struct event *event, struct quell_value at)
{
    assert(event->seq >= 1 && event->seq <= INT64_MAX);
    map_add(map, "seq", quell_int((int64_t)event->seq));
    map_add(map, "at", at);
    map_add(map, "kind", quell_text(event_name(event->kind)));
    if (event->path.len > 0)
        map_add(map, "path", quell_string(event->path));
}

struct quell_value event_to_value(struct arena *arena, const struct event *event)
{
    struct map_builder map = {.arena = arena};
    size_t i;

    add_head(&map, event, value_time_us(event->at_us));
    for (i = 0; i < quell_count(event->data); i++)
        map_add_key(&map, event->data.as.pairs[i].key, event->data.as.pairs[i].value);
    return map_made(&map);
}

struct quell_str event_write(struct arena *arena, const struct event *event)
{
    struct map_builder map = {.arena = arena};

    add_head(&map, event, quell_string(when_format_time(arena, when_from_us(event->at_us))));
    if (!quell_is_null(event->data))
        map_add(&map, "data", tag_encode(arena, event->data, DATA_DEPTH));
    return json_text(arena, map_made(&map), JSON_COMPACT);
}

static bool find_kind(struct quell_str name, enum event_kind *kind)
{
    unsigned i;

    for (i = 0; i < EVENT_KINDS; i++) {
        if (quell_str_equal(name, quell_str_of(event_infos[i].name))) {
            *kind = (enum event_kind)i;
            return true;
        }
    }
    return false;
}

static enum quell_code read_head(struct quell_value map, struct event *event,
                                 struct quell_error *err)
{
    struct quell_str kind = quell_get_str(map, "kind");
    int64_t seq = quell_get_int(map, "seq", 0);
    struct when at;

    if (seq < 1)
        return error_set(err, QUELL_INVALID, "an event of the journal has no `seq`");
    if (!when_parse_time(quell_get_str(map, "at"), &at))
        return error_set(err, QUELL_INVALID, "event %lld of the journal has no time",
                         (long long)seq);
    if (!find_kind(kind, &event->kind))
        return error_set(err, QUELL_INVALID,
                         "event %lld of the journal is of an unknown kind `%.*s`", (long long)seq,
                         QUELL_ARG(kind));
    event->seq = (uint64_t)seq;
    event->at_us = when_to_us(at);
    event->path = quell_get_str(map, "path");
    return QUELL_OK;
}

enum quell_code event_read(struct arena *arena, struct quell_str text, struct event *event,
                           struct quell_error *err)
{
    struct event read = {0};
    struct quell_value map;
    enum quell_code code;

    code = json_read_own(arena, text, &map, err);
    if (code)
        return code;
    code = read_head(map, &read, err);
    if (code)
        return code;
    code = tag_decode(arena, quell_get(map, "data"), &read.data, err);
    if (code)
        return code;
    *event = read;
    return QUELL_OK;
}

struct quell_value event_stored(struct arena *arena, struct quell_value data)
{
    return tag_mask(arena, data);
}
