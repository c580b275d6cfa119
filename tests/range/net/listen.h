/*
 * listen.h - a listening socket on 127.0.0.1 and nowhere else.
 */
#ifndef RANGE_LISTEN_H
#define RANGE_LISTEN_H

#include <stdint.h>

#include <event2/listener.h>

#include <quell/error.h>

struct loop;

/* `wanted` 0 takes any free port; `*port` is what was bound. NULL on failure. */
struct evconnlistener *listen_loopback(struct loop *loop, int64_t wanted, int64_t *port,
                                       evconnlistener_cb accepted, void *user,
                                       struct quell_error *err);

#endif
