/*
 * load_set.c - the kind `set`: names for values. A name is given once and never changed; what is
 * set inside a loop belongs to that item or iteration, and is gone behind it.
 */
#include "playbook/load.h"

static void load(struct loader *loader, size_t index, const struct yaml_node *map,
                 struct step *step)
{
    struct here here = {WHERE_STEP, index};
    const struct yaml_node *set = yaml_get(map, "set");
    size_t i;
    if (!quell_is(set->value, QUELL_MAP))
        return; /* said by check_keys */
    step->set = load_tree(loader, here, set);
    step->with_place = set->place;
    for (i = 0; i < set->count; i++)
        if (check_spelling(loader, QUELL_STR("name of a var"), &set->pairs[i].key, SPELLING_SNAKE))
            bind_var(loader, index, &set->pairs[i].key);
    if (!set->count)
        report(loader, WRONG_TYPE, head_place(loader, set), "`set` gives no names");
}

const struct step_loader load_SET = {NULL, load};
