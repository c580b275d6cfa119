/*
 * trial.h - one point tried: a fresh store, a server to which something happens there while
 * incidents come in, a server that takes up, and the comparison.
 */
#ifndef CRASH_TRIAL_H
#define CRASH_TRIAL_H

#include "ground.h"
#include "oracle.h"
#include "point.h"
#include "power.h"
#include "server.h"

struct arena;
struct workload;

struct trial {
    enum mode mode;
    const struct workload *workload;
    const struct point *first; /* a server dies here before; NULL = there is none before */
    const struct point *point; /* NULL = nothing is done */
    int signal;                /* of MODE_KILL: SIGKILL, or one that it ends by itself of */
    bool reached;
    struct power_loss loss;
    struct findings findings;
};

/* The calls of the server that has the point are in ground->calls afterwards. */
void trial_run(const struct ground *ground, struct trial *trial);

/* ---- what the parts of a trial share -----------------------------------------------------------
 */

enum {
    REST_MS = 10000,     /* real time until every run has ended or is held: SAFETY.md */
    LOOK_MS = 5,         /* between two looks at how the runs stand */
    INJECTED_MS = 20000, /* the first server's life; beyond this it hangs */
    BROKEN_MS = 1500,    /* that of one whose calls go on failing: it need not come to an end */
    ROUNDS_MAX = 8       /* of asking people about unknown outcomes: more than a run has branches */
};

struct story {
    const struct ground *ground;
    struct trial *trial;
    struct arena *arena;
    struct server server;
    struct server_plan plan;
    struct quell_value *promised; /* runs of the first 202 for each incident; null before */
    struct quell_str resolved;    /* RUN/STEP of all that people spoke about, a line each */
    struct quell_str undone;      /* ids of the runs whose undo was accepted, a line each */
    struct quell_str unanswered;  /* those whose word the server did not answer in time */
    int64_t deadline_ms;
};

#define FINDING(story, kind, ...)                                                                  \
    found(&(story)->trial->findings, &(story)->trial->findings.kind, __VA_ARGS__)

/* Sends the workload's incidents until each is accepted; false when the server ended, or time is
 * up. */
bool story_deliver(struct story *story);
/* Looks, and does what people do, until every run has ended or is held; false when the server
 * ended, or time is up. */
bool story_rest(struct story *story, struct quell_value *runs);
/* attend.c: does what the runs wait for: agrees, answers, lets an incident come in. */
void story_attend(struct story *story, struct quell_value runs);
/* attend.c: a person looks at the mailbox and says what they see; how many steps were held. */
void story_resolve(struct story *story, struct quell_value runs);
bool story_any_held(struct quell_value runs);
/* It has ended, and people take such a run back. */
bool story_is_to_be_undone(const struct story *story, struct quell_value run);
/* fence.c: the server stands still at the point while another one is started on its store. */
void story_fence(struct story *story);

#endif
