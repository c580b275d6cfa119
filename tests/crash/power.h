/*
 * power.h - what a power loss leaves of the store.
 */
#ifndef CRASH_POWER_H
#define CRASH_POWER_H

#include <stdbool.h>

/* What became of the writes that nobody had synced. */
struct power_loss {
    unsigned pending, dropped, torn, reordered; /* reordered: kept though an earlier one was not */
};

/* Reads the shim's trace and puts into `folder` what a disk may hold that lost its power where the
 * trace ends, by `seed`. False when the trace cannot be read. */
bool power_lose(const char *trace, const char *folder, unsigned seed, struct power_loss *loss);

#endif
