/*
 * incident.h - the one shape of an incident that playbooks see.
 *
 * An incident is a value (a map with every key of the table, null or empty when absent); sources
 * make it from what senders post. The sender's own JSON stays under `raw`.
 */
#ifndef INCIDENT_INCIDENT_H
#define INCIDENT_INCIDENT_H

#include <stdbool.h>
#include <stdint.h>

#include <quell/connector.h>
#include <quell/error.h>
#include <quell/value.h>

struct arena;

/* Every key an incident has, for playbooks, checks and docs; ends with a row without a name. Enum
 * fields may hold a word beyond their list: senders add words, and those pass. */
extern const struct quell_field incident_fields[];

enum incident_event { INCIDENT_CREATED, INCIDENT_UPDATED, INCIDENT_CLOSED };
const char *incident_event_name(enum incident_event event); /* "created" ... */

struct incident {
    struct quell_value value;  /* all fields; `id` is set by the caller's id */
    enum incident_event event; /* what this delivery says happened */
    struct quell_str delivery; /* the sender's id of this delivery, or empty; in `arena` */
};

/* The id of what was received: that of its row in the store. An incident has a version for each
 * time it came in. */
struct quell_str incident_version(struct quell_value incident);

/* Makes an incident of received JSON. `source`: a source's name, or empty = recognised by shape.
 * `id` becomes incident.id (empty: a document in our shape keeps its own); `now_us` becomes
 * received_at, and created_at and updated_at where the sender gives none. Lives in `arena`; borrows
 * `received`, which stays under `raw` (a document in our shape keeps its own `raw`). Errors:
 * QUELL_INVALID with the path of what is wrong; an unknown shape lists the known sources;
 * QUELL_LIMIT above LIMIT_INCIDENT_ITEMS alerts, comments, tags or entities of a kind. */
enum quell_code incident_make(struct arena *arena, struct quell_str source,
                              struct quell_value received, struct quell_str id, int64_t now_us,
                              struct incident *incident, struct quell_error *err) QUELL_MUST_CHECK;

/* 0 informational .. 4 critical, -1 unknown; statuses new active resolved closed 0..3. */
int incident_severity_rank(struct quell_str severity);
int incident_status_rank(struct quell_str status);

/* A source is a table row: sources.def names them, each in its own file. */
struct incident_source {
    const char *name; /* "sentinel", "graph", "quell" */
    const char *doc;
    bool (*recognises)(struct quell_value received);
    enum quell_code (*make)(struct arena *arena, struct quell_value received,
                            struct incident *incident, struct quell_error *err);
    /* Paths in what it sends that differ each time, whatever was changed; NULL-ended, or NULL. */
    const char *const *restless;
};
extern const struct incident_source *const incident_sources[]; /* NULL-ended */

#endif
