/*
 * load_group.c - the kinds that hold one list of steps: a block (`steps`, `else`) and the loops
 * `for-each` and `while`.
 */
#include "playbook/load.h"

#include "base/limits.h"
#include "base/str.h"

static struct step_list list_at(struct loader *loader, const struct yaml_node *map, const char *key)
{
    const struct yaml_node *list = yaml_get(map, key);
    return list ? load_steps(loader, list) : (struct step_list){NULL, 0};
}

static void load_block(struct loader *loader, size_t index, const struct yaml_node *map,
                       struct step *step)
{
    const struct yaml_pair *otherwise = yaml_find(map, QUELL_STR("else"));
    (void)index;
    step->steps = list_at(loader, map, "steps");
    step->otherwise = list_at(loader, map, "else");
    if (otherwise && !yaml_get(map, "if")) {
        struct diag *diag =
            report(loader, MISPLACED, otherwise->key.place, "`else` without `if` never runs");
        diag->help = QUELL_STR("give the block an `if`");
    }
}

static const char *const block_keywords[] = {"else", NULL};
const struct step_loader load_BLOCK = {block_keywords, load_block};

/* ---- for-each ----------------------------------------------------------------------------------
 */

static unsigned bounded(struct loader *loader, const struct yaml_node *map, const char *key)
{
    int64_t number = int_at(map, key, 1);
    if (number >= 1 && number <= LIMIT_FOR_EACH)
        return (unsigned)number;
    report(loader, TOO_LARGE, yaml_get(map, key)->place, "`%s` is between 1 and %d", key,
           LIMIT_FOR_EACH);
    return 1;
}

static void load_bounds(struct loader *loader, const struct yaml_node *map, struct step *step)
{
    bool each = step->kind == STEP_FOR_EACH;
    const char *keyword = each ? "for-each" : "while";
    struct diag *diag;
    step->max = bounded(loader, map, "max");
    step->concurrency = each ? bounded(loader, map, "concurrency") : 1;
    if (yaml_get(map, "max"))
        return;
    diag = report(loader, UNBOUNDED, yaml_find(map, quell_str_of(keyword))->key.place,
                  "`%s` needs `max`", keyword);
    diag->label = each ? QUELL_STR("how many items may there be at most?")
                       : QUELL_STR("how often may its steps run at most?");
    diag->help =
        each ? QUELL_STR("add `max: 20`; a longer list fails the step before its first item")
             : QUELL_STR("add `max: 20`; a condition that still holds then fails the step");
}

/* The engine stops a run at so many disrupting actions, whatever `max` says. */
static void check_cap(struct loader *loader, const struct yaml_node *map, const struct step *step)
{
    struct diag *diag;
    if (!load_disrupts(&step->steps) || step->max <= LIMIT_DISRUPTS_PER_RUN ||
        loader->playbook->start.limits.given)
        return;
    diag = report(loader, ABOVE_CAP, yaml_get(map, "max")->place,
                  "a run disrupts at most %d times, whatever `max` is", LIMIT_DISRUPTS_PER_RUN);
    diag->label =
        diag_format(loader->diags, "a list of more than %d items fails", LIMIT_DISRUPTS_PER_RUN);
    diag->help = diag_format(loader->diags, "write `max: %d` or less", LIMIT_DISRUPTS_PER_RUN);
}

static void load_for_each(struct loader *loader, size_t index, const struct yaml_node *map,
                          struct step *step)
{
    struct here here = {WHERE_STEP, index};
    const struct yaml_node *as = yaml_get(map, "as");
    const struct yaml_pair *items = yaml_find(map, QUELL_STR("for-each"));
    load_expression(loader, here, items, &step->items);
    step->as = loader->outline[index].as;
    if (as && quell_is(as->value, QUELL_STRING) &&
        check_spelling(loader, QUELL_STR("name of an item"), as, SPELLING_SNAKE))
        bind_loop(loader, index, as);
    load_bounds(loader, map, step);
    if (!yaml_get(map, "steps"))
        report(loader, MISSING_KEY, items->key.place, "`for-each` needs `steps`");
    step->steps = list_at(loader, map, "steps");
    check_cap(loader, map, step);
}

static const char *const for_each_keywords[] = {"as", "max", "concurrency", "steps", NULL};
const struct step_loader load_FOR_EACH = {for_each_keywords, load_for_each};

/* ---- while -------------------------------------------------------------------------------------
 */

static void load_while(struct loader *loader, size_t index, const struct yaml_node *map,
                       struct step *step)
{
    struct here here = {WHERE_AGAIN, index};
    const struct yaml_pair *condition = yaml_find(map, QUELL_STR("while"));
    load_bounds(loader, map, step);
    if (!yaml_get(map, "steps"))
        report(loader, MISSING_KEY, condition->key.place, "`while` needs `steps`");
    step->steps = list_at(loader, map, "steps");
    load_expression(loader, here, condition, &step->goes_on); /* it reads the steps */
    check_cap(loader, map, step);
}

static const char *const while_keywords[] = {"max", "steps", NULL};
const struct step_loader load_WHILE = {while_keywords, load_while};
