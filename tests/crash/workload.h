/*
 * workload.h - what is going on while a server is disturbed: which playbooks, how many incidents,
 * what people do, and what must have come of it.
 */
#ifndef CRASH_WORKLOAD_H
#define CRASH_WORKLOAD_H

#include <stdbool.h>
#include <stddef.h>

enum { WORKLOAD_PLAYBOOKS = 4, WORKLOAD_PROMISES = 8 };

struct workload {
    const char *name;
    const char *what;                          /* for people */
    const char *playbooks[WORKLOAD_PLAYBOOKS]; /* from the top */
    unsigned deliveries;                       /* incidents that come in one after the other */
    bool faults;                               /* the far side stumbles once at every door */
    const char *called;                        /* a playbook that runs only when others call it */
    const char *undone;                        /* a playbook whose runs people take back */
    /* What a run of a playbook has caused once it has ended well, or was taken back. */
    struct promise {
        const char *playbook, *kind;
        unsigned count;
    } promises[WORKLOAD_PROMISES];
};

/* Ends with a row that has no name. */
extern const struct workload workloads[];
const struct workload *workload_find(const char *name);

#endif
