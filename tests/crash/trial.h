/*
 * trial.h - one point tried: a fresh store, a server that ends at it while an incident comes in, a
 * server that takes up, and the comparison.
 */
#ifndef CRASH_TRIAL_H
#define CRASH_TRIAL_H

#include "oracle.h"
#include "server.h"

struct peer;
struct point;

/* What all trials of a worker share. */
struct ground {
    struct peer *range;
    const char *program, *shim;
    const char *body; /* the incident */
    const char *folder;
    char config[160], database[160], store[160], log[160], calls[160];
    int speed;
    bool faults; /* the far side stumbles once at every door */
};

/* Writes configuration and secrets into `folder`, which must be there. */
void ground_prepare(struct ground *ground, const char *source_folder);

struct trial {
    const struct point *first; /* a server dies here before; NULL = there is none before */
    const struct point *point; /* NULL = nothing is injected */
    int signal;                /* what is raised there: SIGKILL, or one that it ends by itself of */
    bool reached;
    struct findings findings;
};

/* The calls of the server that has the point are in ground->calls afterwards. */
void trial_run(const struct ground *ground, struct trial *trial);

#endif
