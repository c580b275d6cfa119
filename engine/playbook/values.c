/*
 * values.c - `vars`, `outputs` and `defaults`: what stands once at the top of a playbook and counts
 * for all of it.
 */
#include "playbook/load.h"

#include "base/arena.h"
#include "base/str.h"

static bool known(const struct playbook_value *values, size_t count, struct quell_str name)
{
    size_t i;
    for (i = 0; i < count; i++)
        if (quell_str_equal(values[i].name, name))
            return true;
    return false;
}

/* Loads each value of a map; `each` hears of a name once it is loaded. */
static const struct playbook_value *
load_values(struct loader *loader, struct here here, const struct yaml_node *map, const char *what,
            void (*each)(struct loader *loader, struct quell_str name))
{
    struct playbook_value *values = arena_array(loader->arena, struct playbook_value, map->count);
    size_t i;
    for (i = 0; i < map->count; i++) {
        const struct yaml_pair *pair = &map->pairs[i];
        struct quell_str name = quell_str(pair->key.value);
        if (known(values, i, name))
            continue; /* said by the reader */
        (void)check_spelling(loader, quell_str_of(what), &pair->key, SPELLING_SNAKE);
        values[i] =
            (struct playbook_value){name, load_tree(loader, here, &pair->node), pair->node.place};
        if (each)
            each(loader, name);
    }
    return values;
}

static void add_var(struct loader *loader, struct quell_str name)
{
    grow(loader, loader->vars, loader->var_count, loader->var_cap);
    loader->vars[loader->var_count++] = (struct loaded_var){name, NO_STEP};
}

void load_vars(struct loader *loader, const struct yaml_node *map)
{
    if (!map || !quell_is(map->value, QUELL_MAP))
        return; /* said by check_keys */
    loader->playbook->vars =
        load_values(loader, (struct here){WHERE_VARS, NO_STEP}, map, "name of a var", add_var);
    loader->playbook->var_count = map->count;
}

void load_outputs(struct loader *loader, const struct yaml_node *map)
{
    if (!map || !quell_is(map->value, QUELL_MAP))
        return;
    loader->playbook->outputs =
        load_values(loader, (struct here){WHERE_END, NO_STEP}, map, "name of an output", NULL);
    loader->playbook->output_count = map->count;
}

void load_defaults(struct loader *loader, const struct yaml_node *map)
{
    struct step_defaults *defaults = &loader->defaults;
    if (!map || !quell_is(map->value, QUELL_MAP))
        return;
    (void)load_retry(loader, yaml_get(map, "retry"), &defaults->retry);
    defaults->timeout_us = duration_at(loader, map, "timeout", 0);
    if (str_is(text_at(map, "on-error"), "continue"))
        defaults->on_error = ON_ERROR_CONTINUE;
}
