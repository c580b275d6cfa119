/*
 * event.h - one line of a run's journal, and its JSON.
 */
#ifndef JOURNAL_EVENT_H
#define JOURNAL_EVENT_H

#include <stdint.h>

#include <quell/error.h>
#include <quell/value.h>

struct arena;

enum event_kind {
#define EVENT(name, text, doc, keys) EVENT_##name,
#include "journal/events.def"
#undef EVENT
    EVENT_KINDS
};

struct event {
    uint64_t seq; /* 1, 2, 3 ... within its run */
    int64_t at_us;
    enum event_kind kind;
    struct quell_str path;   /* the step instance; empty for the run itself */
    struct quell_value data; /* a map, keys as in events.def; absent keys are null */
};

struct event_info {
    const char *name, *doc, *keys;
};
extern const struct event_info event_infos[EVENT_KINDS];

const char *event_name(enum event_kind kind);
/* {"seq","at","kind","path"?,...data}; `at` in RFC 3339. */
struct quell_value event_to_value(struct arena *arena, const struct event *event);
/* The journal's bytes: compact JSON, secrets masked, times and durations tagged so that
 * event_read() gives back equal data ({"$time": ...}, {"$duration": ...}, {"$bytes": ...}; a map
 * that itself has such a key is wrapped in {"$map": ...}). */
struct quell_str event_write(struct arena *arena, const struct event *event);
enum quell_code event_read(struct arena *arena, struct quell_str text, struct event *event,
                           struct quell_error *err) QUELL_MUST_CHECK;
/* Event data as stored: what event_write would keep of a value (secrets masked). Applying the
 * stored form live makes live run and replay equal. */

#endif
