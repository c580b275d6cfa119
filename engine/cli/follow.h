/*
 * follow.h - looking at a run of another process.
 */
#ifndef CLI_FOLLOW_H
#define CLI_FOLLOW_H

#include <stdint.h>

#include "cli/command.h"

/* Looks at the run in the store until it ends, a limit holds it, or the time (0 = none) is over;
 * prints it, and gives the exit code. */
int follow_run(const struct args *args, const char *id, int64_t timeout_us);

#endif
