/*
 * load_lanes.c - the kinds that hold several lists of steps: `parallel` with its named branches,
 * and `switch` with its cases.
 */
#include "playbook/types.h"

#include "base/arena.h"
#include "base/str.h"

/* ---- parallel ----------------------------------------------------------------------------------
 */

static void load_branch(struct loader *loader, const struct yaml_pair *pair, struct step_lane *lane)
{
    struct diag *diag;
    lane->name = quell_str(pair->key.value);
    (void)check_spelling(loader, QUELL_STR("name of a branch"), &pair->key, SPELLING_SNAKE);
    lane->steps = load_steps(loader, &pair->node);
    if (quell_is(pair->node.value, QUELL_LIST))
        return;
    diag = report(loader, WRONG_TYPE, head_place(loader, &pair->node),
                  "a branch is a list of steps; this is of type %s",
                  value_type_name(pair->node.value));
    diag->help = QUELL_STR("write its steps below it, each with `- `");
}

static void load_parallel(struct loader *loader, size_t index, const struct yaml_node *map,
                          struct step *step)
{
    const struct yaml_node *branches = yaml_get(map, "parallel"),
                           *fail_fast = yaml_get(map, "fail-fast");
    struct step_lane *lanes;
    size_t i;
    (void)index;
    step->fail_fast =
        !fail_fast || !quell_is(fail_fast->value, QUELL_BOOL) || fail_fast->value.as.boolean;
    if (!quell_is(branches->value, QUELL_MAP))
        return; /* said by check_keys */
    if (!branches->count)
        report(loader, WRONG_TYPE, head_place(loader, branches), "`parallel` has no branches");
    lanes = arena_array(loader->arena, struct step_lane, branches->count + 1);
    for (i = 0; i < branches->count; i++)
        load_branch(loader, &branches->pairs[i], &lanes[i]);
    step->lanes = lanes;
    step->lane_count = branches->count;
}

static const char *const parallel_keywords[] = {"fail-fast", NULL};
const struct step_loader load_PARALLEL = {parallel_keywords, load_parallel};

/* ---- switch ------------------------------------------------------------------------------------
 */

static void load_else(struct loader *loader, const struct yaml_node *map, bool last,
                      struct step_lane *lane)
{
    const struct yaml_pair *otherwise = yaml_find(map, QUELL_STR("else"));
    struct diag *diag = NULL;
    lane->name = QUELL_STR("else");
    lane->steps = load_steps(loader, &otherwise->node);
    if (map->count > 1)
        diag = report(loader, MISPLACED, otherwise->key.place,
                      "`else` stands alone in its entry of a `switch`");
    else if (!last)
        diag = report(loader, MISPLACED, otherwise->key.place,
                      "`else` is the last entry of a `switch`");
    if (diag)
        diag->help = QUELL_STR("end the list with `- else: [...]`");
}

static void load_case(struct loader *loader, size_t index, const struct yaml_node *map,
                      struct step_lane *lane)
{
    struct here here = {WHERE_STEP, index};
    const struct yaml_pair *when = yaml_find(map, QUELL_STR("when"));
    const struct yaml_node *steps = yaml_get(map, "steps");
    if (when)
        load_expression(loader, here, when, &lane->when);
    else if (load_knows(case_fields, map))
        report(loader, MISSING_KEY, head_place(loader, map), "a case needs `when`");
    if (steps)
        lane->steps = load_steps(loader, steps);
    else if (load_knows(case_fields, map))
        report(loader, MISSING_KEY, head_place(loader, map), "a case needs `steps`");
}

static void load_switch(struct loader *loader, size_t index, const struct yaml_node *map,
                        struct step *step)
{
    const struct yaml_node *cases = yaml_get(map, "switch");
    struct step_lane *lanes;
    size_t i;
    if (!quell_is(cases->value, QUELL_LIST))
        return; /* said by check_keys */
    if (!cases->count)
        report(loader, WRONG_TYPE, head_place(loader, cases), "`switch` has no cases");
    lanes = arena_array(loader->arena, struct step_lane, cases->count + 1);
    step->lanes = lanes; /* what stands in a case is proved by its `when` */
    step->lane_count = cases->count;
    for (i = 0; i < cases->count; i++) {
        const struct yaml_node *each = &cases->items[i];
        lanes[i].name = arena_format(loader->arena, "%zu", i + 1);
        if (!quell_is(each->value, QUELL_MAP)) {
            struct diag *diag =
                report(loader, WRONG_TYPE, head_place(loader, each),
                       "a case is a map; this is of type %s", value_type_name(each->value));
            diag->help = QUELL_STR("write `- when: ...` with `steps:` below it");
            continue;
        }
        check_keys(loader, case_fields, each);
        if (yaml_find(each, QUELL_STR("else")))
            load_else(loader, each, i + 1 == cases->count, &lanes[i]);
        else
            load_case(loader, index, each, &lanes[i]);
    }
    type_switch(loader, index, yaml_find(map, QUELL_STR("switch")), step);
}

const struct step_loader load_SWITCH = {NULL, load_switch};
