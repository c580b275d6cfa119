/*
 * cap.c - the compiled cap on disrupting actions of one run. Pure: it counts what it is given.
 */
#include "policy/cap.h"

#include "base/arena.h"
#include "base/error.h"
#include "base/limits.h"
#include "value/value.h"

static void add_target(struct list_builder *list, const struct quell_target *target,
                       struct quell_value value)
{
    struct map_builder map = {.arena = list->arena};

    map_add(&map, "kind", quell_text(target->kind));
    map_add(&map, "value", value);
    list_add(list, map_made(&map));
}

struct quell_value policy_targets(struct arena *arena, const struct quell_action *action,
                                  struct quell_value input)
{
    struct list_builder list = {.arena = arena};
    const struct quell_target *target;
    size_t i;

    for (target = action->targets; target && target->kind; target++) {
        struct quell_value value = quell_get(input, target->input);
        if (quell_is(value, QUELL_LIST)) {
            for (i = 0; i < quell_count(value); i++)
                add_target(&list, target, quell_at(value, i));
        } else if (!quell_is_null(value)) {
            add_target(&list, target, value);
        }
    }
    return list_made(&list);
}

unsigned policy_weight(const struct quell_action *action, struct quell_value targets)
{
    size_t count = quell_count(targets);

    if (action->effect != QUELL_DISRUPTS)
        return 0;
    return count > 1 ? (unsigned)count : 1;
}

enum quell_code policy_allows(const struct quell_action *action, struct quell_value targets,
                              unsigned before, struct quell_error *err)
{
    return policy_allows_weight(policy_weight(action, targets), before, err);
}

enum quell_code policy_allows_weight(unsigned weight, unsigned before, struct quell_error *err)
{
    if (weight == 0 || before + weight <= LIMIT_DISRUPTS_PER_RUN)
        return QUELL_OK;
    return error_set(err, QUELL_LIMIT,
                     "a run may disrupt %d targets at most: %u before this action, %u by it",
                     LIMIT_DISRUPTS_PER_RUN, before, weight);
}
