/*
 * defender.h - what the files of this connector share.
 */
#ifndef DEFENDER_H
#define DEFENDER_H

#include <quell/connector.h>

/* A GET behind the connection's url. */
enum quell_turn defender_get(struct quell_call *call, struct quell_str path,
                             struct quell_value state);

quell_turn_fn defender_isolate, defender_release, defender_isolation; /* isolation.c */

#endif
