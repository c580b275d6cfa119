/*
 * route.h - the routes as a table, and the application that the server calls.
 */
#ifndef SERVE_ROUTE_H
#define SERVE_ROUTE_H

#include <stddef.h>

#include "serve/server.h"

struct buf;
struct service;

/* Who may use a route: one of the first five, or whoever has a right of roles.def. */
enum route_permission {
    PERMIT_PROBE = 1, /* anybody: it tells only whether we live */
    PERMIT_NEAR,      /* this machine: loopback without a proxy before it, or the Unix socket; from
                         elsewhere whoever may READ_METRICS */
    PERMIT_HOOK,      /* whoever passes the hook's own authentication */
    PERMIT_DOOR,      /* anybody: it is where browsers prove who they are */
    PERMIT_KNOWN,     /* whoever has proved who they are */
#define RIGHT(name, sentence) PERMIT_##name,
#include "serve/roles.def"
    PERMISSIONS, /* one more than the last */
};

struct route {
    const char *method;
    const char *path; /* `{name}` stands for one segment */
    enum route_permission permission;
    size_t body_max;
    void (*handle)(struct exchange *exchange);
    const char *doc;
};

/* Ends with a row whose method is NULL. */
extern const struct route routes[];

/* The right that a permission asks for; RIGHTS when it is none of them. */
enum right route_right(enum route_permission permission);

/* The application of a service: finds the route, asks its permission, calls its handler. */
struct server_application route_application(struct service *service);
/* Adds quell_http_requests_total{route,code} in Prometheus's text format. */
void route_metrics(const struct service *service, struct buf *out);
/* The memory of the counts; freed with memory_free. */
uint64_t *route_counts_new(void);

#endif
