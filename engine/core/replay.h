/*
 * replay.h - a stored run told again, by this or by another text of its playbook: what its files
 * share. Nothing is sent: whoever answered then (the far side, people, the clock) answers now from
 * the journal.
 */
#ifndef CORE_REPLAY_H
#define CORE_REPLAY_H

#include "core/core.h"
#include "value/value.h"

/* A live run is a little late here and there: what has gathered of that must not move an answer
 * before its question. */
#define REPLAY_LATE_US INT64_C(1000000)

struct replay {
    struct arena *arena;
    struct quell *engine;
    /* what is recorded */
    const struct event *events;
    bool *used; /* of each event: it has answered already */
    size_t count;
    bool over;    /* the recorded run has ended */
    struct late { /* what was due then came later: the engine was down, or its timer a little late
                   */
        int64_t due_us, reached_us;
    } * lates;
    size_t late_count, late_cap;
    /* what happens now */
    struct loaded *loaded;
    struct run *run;
    bool follows; /* so far it is the recorded one, event by event */
    int64_t now_us;
    struct run_gate gate;
    struct run_catalog catalog;
    int64_t
        kept_until_us; /* the first of what is kept back now was let go then; INT64_MAX = none */
    struct coming {    /* answers that are on their way */
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

/* replay_record.c: reads what is recorded. *then is the run that it makes, by *recorded; both are
 * the caller's, and may be set when it fails. */
enum quell_code replay_read(struct replay *replay, const struct store_run *row, struct run **then,
                            struct loaded **recorded, struct quell_error *err) QUELL_MUST_CHECK;
/* When it comes to what is due at `due_us`: when the live run would have. */
int64_t replay_reaches(const struct replay *replay, int64_t due_us);
/* Keeps back what was kept back, until the journal says more of it. */
struct run_gate replay_gate(struct replay *replay);
/* The texts of playbooks that could be called, where the journal names them; else those of now. */
struct run_catalog replay_catalog(struct replay *replay);

/* replay_answer.c: what is recorded as the answer to an event that was just decided. */
void replay_answer(struct replay *replay, const struct event *event);
/* What comes without having been asked for: a release, a cancellation, the turn in a queue. */
void replay_unasked(struct replay *replay);

/* replay_compare.c: [{path, action, verdict, then, now, differences}] of both runs' steps. */
struct quell_value replay_compare(struct arena *arena, const struct run *then,
                                  const struct run *now);

#endif
