/*
 * load_set.c - the kind `set`: names for values. A name is given once and never changed.
 */
#include "playbook/load.h"

/* Vars belong to the run: the second item would set them again. */
static void refuse_in_loop(struct loader *loader, size_t index, const struct yaml_node *key)
{
    size_t up = loader->outline[index].parent;
    while (up != NO_STEP && !loader->outline[up].loop)
        up = loader->outline[up].parent;
    if (up != NO_STEP) {
        struct diag *diag =
            report(loader, LATER, key->place, "`set` inside a `for-each` is not supported yet");
        diag->note = QUELL_STR("a var is set once in a run, and each item would set it again");
        diag->help =
            QUELL_STR("write the expression where it is used, or read the loop's list behind "
                      "it: `steps.<loop>.output`");
    }
}

static void load(struct loader *loader, size_t index, const struct yaml_node *map,
                 struct step *step)
{
    struct here here = {WHERE_STEP, index};
    const struct yaml_node *set = yaml_get(map, "set");
    size_t i;
    if (!quell_is(set->value, QUELL_MAP))
        return; /* said by check_keys */
    refuse_in_loop(loader, index, &yaml_find(map, QUELL_STR("set"))->key);
    step->set = load_tree(loader, here, set);
    step->with_place = set->place;
    for (i = 0; i < set->count; i++)
        if (check_spelling(loader, QUELL_STR("name of a var"), &set->pairs[i].key, SPELLING_SNAKE))
            bind_var(loader, index, &set->pairs[i].key);
    if (!set->count)
        report(loader, WRONG_TYPE, head_place(loader, set), "`set` gives no names");
}

const struct step_loader load_SET = {NULL, load};
