/*
 * own.h - whether an update of an incident is what we ourselves wrote at its sender.
 *
 * A sender tells of every change, of ours as well; a playbook that starts at updates and comments
 * would start itself for ever. An update is our own only when all that differs from the version
 * before lies in what was written: whatever is not known is somebody else's.
 */
#ifndef INCIDENT_OWN_H
#define INCIDENT_OWN_H

#include <stdbool.h>
#include <stddef.h>

#include <quell/value.h>

struct arena;

/* What an action wrote into an incident. */
struct incident_write {
    struct quell_str field;  /* of the incident: "comments", a list that something was added to */
    struct quell_str part;   /* of an item: "text"; empty = the item, or the field, itself */
    struct quell_str digest; /* incident_write_digest() of what stands there then */
    struct quell_value raw;  /* list of paths in what the sender sends that change with it */
    bool seen;               /* it has come back before: it explains no second change ... */
    bool used;               /* ... set when the difference has it */
};

/* Of a value, in `arena`: what was written is not kept itself. */
struct quell_str incident_write_digest(struct arena *arena, struct quell_value value);

/* Whether everything in which `now` differs from `before` is in `writes`, or is of the kind that
 * differs each time (versions, times, what the source's table calls restless). True as well when
 * nothing else differs: a sender may tell of one change twice. `before` null: false. */
bool incident_is_own_change(struct arena *arena, struct quell_value before, struct quell_value now,
                            struct incident_write *writes, size_t count);

#endif
