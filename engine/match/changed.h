/*
 * changed.h - `changed` of a trigger; internal to match/.
 */
#ifndef MATCH_CHANGED_H
#define MATCH_CHANGED_H

#include "match/condition.h"
#include "match/load.h"

struct arena;

enum change_part { CHANGE_FROM, CHANGE_TO, CHANGE_ADDED, CHANGE_REMOVED, CHANGE_PARTS };

/* One line. */
struct change {
    struct path path;
    bool any;                                    /* any change of the field */
    const struct condition *parts[CHANGE_PARTS]; /* else those that are written */
    struct place place;                          /* of the field's name */
    struct quell_str where, text;                /* "changed.severity"; as people read it */
};

/* Faults go to the loader's diagnostics. */
void changed_load(struct loader *loader, const struct yaml_node *map, struct trigger *trigger);
/* `judge` has the version now; what it makes lives in `arena`. */
enum match_verdict changed_judge(const struct change *change, struct quell_value before,
                                 const struct judge *judge, struct arena *arena);

#endif
