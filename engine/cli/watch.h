/*
 * watch.h - `run` and `apply` stay with the run that they start.
 */
#ifndef CLI_WATCH_H
#define CLI_WATCH_H

#include <stdint.h>

#include "cli/command.h"

/* Starts the run; fills its id. */
typedef enum quell_code watch_start_fn(struct quell *engine, char run_id[37], void *user,
                                       struct quell_error *err);

/* Starts a run and stays with it; the exit code. `title` (or NULL) is printed first; timeout_us =
 * 0: as long as it takes. */
int watch_run(const struct args *args, struct quell *engine, const char *title, int64_t timeout_us,
              watch_start_fn *start, void *user);

#endif
