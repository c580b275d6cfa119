/*
 * nothing.h - events that come to nothing: why, and what of it is our own doing.
 */
#ifndef CORE_NOTHING_H
#define CORE_NOTHING_H

#include "core/core.h"

/* refusals.c: an event came to nothing; in the open turn. All is copied. */
struct refusal {
    const char *reason;           /* a word of core/refusals.def */
    struct quell_str playbook;    /* which would have started, or whose run waits */
    struct quell_value incident;  /* null = none, or one that is not stored */
    struct quell_str detail, run; /* for people; the run that it is about, or empty */
};
void refuse_event(struct quell *engine, const struct refusal *refusal);

/* own.c: what a live run's call is about to write into an incident, and that it did not; in the
 * open turn. */
void own_intended(struct active *active, const struct run_call *call);
void own_ended(struct active *active, const struct run_call *call, enum quell_code code);
/* Whether all in which the incident differs from `before` (null: read when it is needed) is what we
 * wrote ourselves; *run is one that did. Once for each update; lives in `arena`. */
bool own_change(struct quell *engine, struct arena *arena, struct quell_value incident,
                struct quell_value before, struct quell_str *run);

#endif
