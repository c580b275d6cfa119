/*
 * ground.h - what all trials of a worker share.
 */
#ifndef CRASH_GROUND_H
#define CRASH_GROUND_H

struct peer;
struct workload;

struct ground {
    struct peer *range;
    const char *program, *shim;
    const char *source; /* the top of the sources */
    const char *body;   /* the incident */
    const char *folder;
    char config[160], database[160], store[160], log[160], calls[160], trace[160];
    long long http, smtp; /* the range's ports */
    int speed;
};

/* Names the files and writes the secrets into `folder`, which must be there. */
void ground_prepare(struct ground *ground);
/* Nothing is left of the trial before; the configuration is that of the workload. */
void ground_refresh(const struct ground *ground, const struct workload *workload);

#endif
