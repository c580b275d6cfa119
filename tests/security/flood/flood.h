/*
 * flood.h - a flood of forged alerts: what its parts share. flood.c sends them and kills the
 * server, alerts.c makes them, send.c is a sender, judge.c looks at what came of them.
 */
#ifndef FLOOD_H
#define FLOOD_H

#include <stdatomic.h>
#include <stdbool.h>

#include <quell/value.h>

#include "../figures.h"

struct arena;
struct peer;

enum {
    FLOOD_RUN_CAP = 3,   /* of the policy, in flood.c: devices a run, */
    FLOOD_HOUR_CAP = 40, /* an hour, */
    FLOOD_DAY_CAP = 25,  /* and a day */
    FLOOD_CROWNS = 5,    /* devices that are protected by their id */
};

enum alert_kind {
    ALERT_PLAIN,     /* one device of the fleet */
    ALERT_MANY,      /* dozens of them, protected ones between */
    ALERT_PROTECTED, /* a protected name, spelled in some way */
    ALERT_CROWN,     /* a protected id under another name */
    ALERT_NAMELESS,  /* a device that nobody says anything of */
    ALERT_AGAIN,     /* the delivery before, once more */
    ALERT_MALFORMED, /* nothing that quell reads */
    ALERT_UNSIGNED,  /* the secret was not stolen for this one */
    ALERT_KINDS
};

struct alert {
    enum alert_kind kind;
    unsigned number; /* of the delivery: AGAIN has that of the one before */
    struct quell_str id, body;
};

/* The n-th of `count`; the same each time. In `arena`. */
struct alert alert_make(struct arena *arena, unsigned n, unsigned count);
enum alert_kind alert_kind(unsigned n);
/* The device that a path of the far side names, and whether it must never be isolated. */
bool alert_is_untouchable(struct quell_str device);

/* What a sender heard of an alert, in memory that all processes share. */
struct heard {
    int status; /* 0 = nothing yet */
    char incident[40], run[40];
    unsigned tries;
};

struct flood {
    unsigned count, senders, kills;
    atomic_int port;     /* of the server that listens now */
    atomic_uint touched; /* by the server's death: requests without an answer */
    struct heard heard[];
};

/* One of `flood->senders`: sends its share, and says a byte on `told` for each that was answered.
 */
void send_share(struct flood *flood, unsigned sender, int told);

/* What came of it, by the store and by the far side. */
struct judged {
    unsigned accepted, repeated, refused, turned_away;
    unsigned isolations, devices, repeats; /* repeats: of a request, under the same key */
    unsigned held, ended, none;            /* incidents by what their runs are */
};
void judge(const struct flood *flood, const char *database, struct quell_value effects,
           struct judged *judged, struct figures *figures);

#endif
