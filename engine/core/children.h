/*
 * children.h - runs that call runs: children.c begins, ends and tells of them; undo.c takes back
 * what they changed. All in the open turn.
 */
#ifndef CORE_CHILDREN_H
#define CORE_CHILDREN_H

#include "core/core.h"

/* ---- children.c --------------------------------------------------------------------------------
 */

void child_begin(struct active *active, struct quell_str path); /* child_called was said */
void child_cancelling(struct active *active, struct quell_str path, struct quell_value data);
void child_ended(struct active *child); /* tells its caller, if it has one */
/* Tells it of called runs that have ended and could not say so; whether there was one. */
bool children_settle(struct active *active);
void children_take_up(struct active *active); /* those that were called and not started */
/* When the called run has ended, `tell` is called with it, and true returned: as it is in memory,
 * or read again, and then only until `tell` returns. One that cannot be read is logged. */
bool child_tell_ended(struct active *active, struct quell_str path, struct quell_str child,
                      void (*tell)(struct active *active, struct quell_str path,
                                   struct run *child));

/* ---- undo.c ------------------------------------------------------------------------------------
 */

void child_undoing(struct active *active, struct quell_str path); /* it was said */
void child_undone(struct active *child); /* it has ended anew: tells its caller, if it waits */
/* Tells it of such runs that could not say so; whether there was one. */
bool children_undone_settle(struct active *active);

#endif
