/*
 * replay.h - a stored run told again, by this or by another text of its playbook: what its files
 * share. Nothing is sent: whoever answered then (the far side, people, the clock) answers now from
 * the journal.
 */
#ifndef CORE_REPLAY_H
#define CORE_REPLAY_H

#include "core/core.h"
#include "value/value.h"

/* Timers of a live run fire a little late, those here never: what has gathered of that must not
 * move anything past a deadline, or before an answer. */
#define REPLAY_LATE_US INT64_C(1000000)

struct replay {
    struct arena *arena;
    struct quell *engine;
    /* what is recorded */
    const struct event *events;
    bool *used; /* of each event: it has answered already */
    size_t count;
    bool over; /* the recorded run has ended */
    /* what happens now */
    struct loaded *loaded;
    struct run *run;
    int64_t now_us;
    struct coming { /* answers that are on their way */
        struct event event;
        size_t order;
    } * coming;
    size_t coming_count, coming_cap;
    struct list_builder made_up; /* paths of calls that were not recorded */
    struct list_builder assumed; /* paths of approvals that were about something else */
    struct list_builder unfit;   /* {path, kind} of what was recorded and fits nowhere now */
};

/* Tells it to its end, or to where the record ends; `inputs` as they were. */
enum quell_code replay_tell(struct replay *replay, struct quell_error *err) QUELL_MUST_CHECK;

/* replay_answer.c: what is recorded as the answer to an event that was just decided. */
void replay_answer(struct replay *replay, const struct event *event);
/* What comes without having been asked for: a release, a cancellation, the turn in a queue. */
void replay_unasked(struct replay *replay);

/* replay_compare.c: [{path, action, verdict, then, now, differences}] of both runs' steps. */
struct quell_value replay_compare(struct arena *arena, const struct run *then,
                                  const struct run *now);

#endif
