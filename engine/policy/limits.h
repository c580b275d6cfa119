/*
 * limits.h - how much a playbook may touch: `limits`, judged on the resolved targets of an action.
 * Pure: what was touched before is asked of the caller.
 */
#ifndef POLICY_LIMITS_H
#define POLICY_LIMITS_H

#include <stdbool.h>
#include <stdint.h>

#include <quell/connector.h>
#include <quell/value.h>

#include "playbook/playbook.h"

struct arena;

/* What was touched before. */
struct policy_use {
    bool (*touched)(const void *user, struct quell_value target); /* {kind, value}, in this run */
    unsigned (*in_run)(const void *user, struct quell_str kind);  /* different ones, in this run */
    /* By all runs of the playbook; both NULL where that is not known, and then not judged. */
    void (*in_time)(const void *user, struct quell_str kind, unsigned *hour, unsigned *day);
    const void *user, *time_user;
};

struct policy_limit {
    bool over;
    struct quell_str reason;  /* "limit.device.hour" "limit.never" */
    struct quell_str message; /* for people, with the figures */
};

/* `never`: the evaluated list, null when the playbook has none, unknown when it could not be
 * evaluated: then whatever changes something is over it. `incident` tells the other names of a
 * target: what `never` calls by its name is often acted on by its id. Lives in `arena`. */
struct policy_limit policy_limits(struct arena *arena, const struct playbook_limits *limits,
                                  const struct quell_action *action, struct quell_value targets,
                                  struct quell_value never, struct quell_value incident,
                                  const struct policy_use *use);
/* `never` alone. */
struct policy_limit policy_never(struct arena *arena, const struct playbook_limits *limits,
                                 const struct quell_action *action, struct quell_value targets,
                                 struct quell_value never, struct quell_value incident);
/* The limit of a kind of target, or NULL. */
const struct playbook_limit *policy_limit_of(const struct playbook_limits *limits,
                                             struct quell_str kind);
/* What the compiled cap counts: disrupted targets of kinds that have no limit of their own. */
unsigned policy_uncapped(const struct playbook_limits *limits, const struct quell_action *action,
                         struct quell_value targets);

/* Counts by the minute, for an hour and a day: {"minutes": [[minute, count] ...]}, oldest first. */
void policy_count(struct quell_value counts, int64_t now_us, unsigned *hour, unsigned *day);
struct quell_value policy_count_more(struct arena *arena, struct quell_value counts, int64_t now_us,
                                     unsigned more);

#endif
