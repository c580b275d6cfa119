/*
 * pace.h - how fast requests of a connection may leave: the far side's published rates, a pause
 * when it says that we come too often, and how many retries of what failed may be made at all.
 *
 * The pause is for all calls of the connection, and they come back one by one. Retries of faults
 * are paid from what successes have saved: in an outage they do not multiply the load.
 */
#ifndef CONNECTOR_PACE_H
#define CONNECTOR_PACE_H

#include <stdbool.h>
#include <stdint.h>

#include <quell/connector.h>

struct arena;

struct pace_log;

struct pace {
    int64_t paused_until_us; /* monotonic, as all times here; 0 = never */
    int64_t slot_us;         /* of the next one that comes back behind a pause */
    int64_t refilled_us;
    unsigned spent;        /* tenths of a retry; LIMIT_RETRY_SAVED * 10 at the most */
    struct pace_log *logs; /* by action with rates; in the connections' arena */
};

/* When the request may leave, which is thereby counted: `now_us`, or later. */
int64_t pace_reserve(struct pace *pace, struct arena *arena, const struct quell_action *action,
                     int64_t now_us);
bool pace_is_paused(const struct pace *pace, int64_t now_us);
/* The far side asks for a pause. */
void pace_pause(struct pace *pace, int64_t until_us);
/* Whether one more retry of a fault may be made; it is paid then. */
bool pace_take_retry(struct pace *pace, int64_t now_us);
void pace_succeeded(struct pace *pace);

#endif
