/*
 * poll.h - looking at what became of a call. For the files of run/.
 */
#ifndef RUN_POLL_H
#define RUN_POLL_H

#include "run/state.h"

enum flow poll_begin(struct decision *decision, struct instance *instance); /* the call succeeded */
enum flow poll_look(struct decision *decision, struct instance *instance);  /* the time has come */
enum flow poll_answered(struct decision *decision, struct instance *instance);
/* A look has ended: what it gave is laid over what the call gave. */
void poll_looked(struct run *run, struct instance *instance);

#endif
