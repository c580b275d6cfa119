/*
 * when.h - what is done to a server at a point, by mode.
 */
#ifndef CRASH_WHEN_H
#define CRASH_WHEN_H

#include <stdbool.h>

enum mode {
    MODE_KILL,   /* it dies: before | after */
    MODE_POWER,  /* the machine dies after the call: cut-SEED says what its disk kept */
    MODE_ERRORS, /* the call fails, or does half of it: once, or from then on */
    MODE_CLOCK,  /* the time of day jumps */
    MODE_SPACE,  /* the disk is full for a while */
    MODE_FENCE,  /* it stands still while another one is started on its store */
    MODES
};

/* The `number`-th thing (from 0) that may happen at a call, named as the shim does; false when
 * there are no more. */
bool when_name(enum mode mode, const char *thread, const char *call, unsigned number,
               char when[16]);
/* The number of the first call of a thread that may be disturbed. */
unsigned long when_first(enum mode mode, const char *thread);
/* Whether a run may fail, and say so: nothing works any more, a secret cannot be read, or more time
 * has passed than it has (a clock that was set back comes forward again with the next server). */
bool when_may_fail(enum mode mode, const char *call, const char *when);
/* The seed of a power loss. */
unsigned when_seed(const char *when);
/* Whether calls go wrong in it, of each kind of descriptor: a server may end of that, in order. */
bool mode_fails(enum mode mode);
const char *mode_name(enum mode mode);
bool mode_read(const char *name, enum mode *mode);

#endif
