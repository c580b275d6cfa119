/*
 * cap.h - how much a run may disrupt. Until playbooks and workspaces set caps of their own, one cap
 * is compiled in: LIMIT_DISRUPTS_PER_RUN targets of disrupting actions in one run.
 */
#ifndef POLICY_CAP_H
#define POLICY_CAP_H

#include <quell/connector.h>
#include <quell/error.h>
#include <quell/value.h>

struct arena;

/* The targets that an action's inputs name: list of {kind, value}. Lives in `arena`. */
struct quell_value policy_targets(struct arena *arena, const struct quell_action *action,
                                  struct quell_value input);

/* May an action with so many targets go ahead when `before` disrupting targets were already
 * scheduled in this run? QUELL_LIMIT with the figures. */
enum quell_code policy_allows(const struct quell_action *action, struct quell_value targets,
                              unsigned before, struct quell_error *err) QUELL_MUST_CHECK;

/* The same by the number. */
enum quell_code policy_allows_weight(unsigned weight, unsigned before,
                                     struct quell_error *err) QUELL_MUST_CHECK;

/* How many targets it counts for: at least one for a disrupting action, else 0. */
unsigned policy_weight(const struct quell_action *action, struct quell_value targets);

#endif
