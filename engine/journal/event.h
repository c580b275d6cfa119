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
/* For people and the API: {"seq","at","kind","path"?,...data}; `at` is a time. */
struct quell_value event_to_value(struct arena *arena, const struct event *event);

/* The journal's bytes: compact JSON {"seq","at","kind","path"?,"data"?}. Secrets are masked; all
 * else comes back from event_read() with equal value and type. What JSON has no form for is a map
 * of one pair whose key is a tag: {"$time": ...}, {"$duration": ...}, {"$bytes": ...} and so on; a
 * map that looks like one is wrapped in {"$map": ...}. */
struct quell_str event_write(struct arena *arena, const struct event *event);
/* Reads what event_write made into `arena`. QUELL_INVALID for anything else: unknown kinds and tags
 * are those of a newer quell. */
enum quell_code event_read(struct arena *arena, struct quell_str text, struct event *event,
                           struct quell_error *err) QUELL_MUST_CHECK;
/* Data as event_read() will give it back: every secret is the text `***`, still marked secret.
 * Applying this form live makes live run and replay equal. */
struct quell_value event_stored(struct arena *arena, struct quell_value data);

#endif
