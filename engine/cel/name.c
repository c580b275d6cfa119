/*
 * name.c - names as CEL has them beyond playbooks: variables with dots in their names, and a
 * container in which names are looked for first (struct cel_options).
 *
 * A chain of fields is asked for as a whole before its parts are, so that the longest name counts.
 */
#include <string.h>

#include "base/str.h"
#include "cel/evaluation.h"
#include "value/value.h"

bool name_spell(const struct node *node, struct quell_str *name, char *out)
{
    struct quell_str outer = {out, 0};
    size_t dot = node->kind == NODE_SELECT;
    if (node->kind == NODE_SELECT && (node->optional || !name_spell(node->kids[0], &outer, out)))
        return false;
    if (node->kind != NODE_SELECT && node->kind != NODE_NAME)
        return false;
    if (node->name.len + dot > NAME_MAX_BYTES - outer.len)
        return false;
    if (dot)
        out[outer.len] = '.';
    memcpy(out + outer.len + dot, node->name.data, node->name.len);
    *name = (struct quell_str){out, outer.len + dot + node->name.len};
    return true;
}

bool name_is_rooted(const struct node *node)
{
    while (node->kind == NODE_SELECT)
        node = node->kids[0];
    return node->rooted;
}

static bool find(const struct evaluation *e, struct quell_str name, struct quell_value *value)
{
    for (const struct cel_scope *scope = e->scope; scope; scope = scope->outer) {
        if (value_find(scope->vars, name, value))
            return true;
    }
    return false;
}

/* In the container, and then in each that holds it. */
static bool find_inside(const struct evaluation *e, struct quell_str name,
                        struct quell_value *value)
{
    struct quell_str container = e->options->container;
    char out[2 * NAME_MAX_BYTES];
    while (container.len && container.len < NAME_MAX_BYTES) {
        memcpy(out, container.data, container.len);
        out[container.len] = '.';
        memcpy(out + container.len + 1, name.data, name.len);
        if (find(e, (struct quell_str){out, container.len + 1 + name.len}, value))
            return true;
        while (container.len && container.data[container.len - 1] != '.')
            container.len--;
        container.len -= container.len > 0;
    }
    return false;
}

bool name_find(const struct evaluation *e, const struct node *node, struct quell_value *value)
{
    char out[NAME_MAX_BYTES];
    struct quell_str name;
    if (!name_spell(node, &name, out))
        return false;
    if (!name_is_rooted(node) && find_inside(e, name, value))
        return true;
    return find(e, name, value);
}
