/*
 * place.c - where a fault inside a map of templates (`with`, `set`) stands in the file, found by
 * the path that the fault names.
 */
#include "base/arena.h"
#include "base/str.h"
#include "playbook/playbook.h"
#include "value/path.h"
#include "value/yaml.h"

/* The node that begins at an offset and holds others: the map itself, not its first key. */
static const struct yaml_node *map_at(const struct yaml_node *node, struct place place)
{
    const struct yaml_node *found = NULL;
    size_t i;

    if (node->pairs && node->place.offset == place.offset && node->place.len == place.len)
        return node;
    for (i = 0; node->items && i < node->count && !found; i++)
        found = map_at(&node->items[i], place);
    for (i = 0; node->pairs && i < node->count && !found; i++)
        found = map_at(&node->pairs[i].node, place);
    return found;
}

static const struct yaml_node *follow(const struct yaml_node *node, const struct path *path)
{
    size_t i;

    for (i = 0; i < path->count && node; i++) {
        const struct path_part *part = &path->parts[i];
        const struct yaml_pair *pair;

        if (part->is_index) {
            node = node->items && part->index < node->count ? &node->items[part->index] : NULL;
            continue;
        }
        pair = node->pairs ? yaml_find(node, part->name) : NULL;
        node = pair ? &pair->node : NULL;
    }
    return node;
}

struct place playbook_tree_place(const struct playbook *playbook, struct place tree,
                                 struct quell_str path, struct place inside)
{
    const struct yaml_node *node = map_at(playbook->document, tree);
    struct arena *arena = arena_new(0);
    struct place found = tree;
    struct path parsed;
    struct quell_error ignored;

    if (node && path_parse(arena, path, &parsed, &ignored) == QUELL_OK) {
        node = follow(node, &parsed);
        if (node && node->items == NULL && node->pairs == NULL)
            found = yaml_place_inside(playbook->text, node, inside.offset, inside.len);
    }
    arena_free(arena);
    return found;
}
