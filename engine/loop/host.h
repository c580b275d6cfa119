/*
 * host.h - what this machine is called, and its addresses.
 */
#ifndef LOOP_HOST_H
#define LOOP_HOST_H

#include <stdbool.h>

#include <quell/value.h>

struct arena;

/* List of texts: its host name and, where asked for (it opens a socket), the addresses of its
 * interfaces but loopback and link-local ones; what cannot be found out is left out. */
struct quell_value host_names(struct arena *arena, bool addresses);

#endif
