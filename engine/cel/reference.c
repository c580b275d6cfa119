/*
 * reference.c - which variables an expression reads, and which of their fields: for the checker.
 */
#include "base/str.h"
#include "cel/cel.h"
#include "cel/function.h"

enum { PATH_MAX_NAMES = 32 }; /* deeper names are not reported */

struct search {
    void (*each)(const struct cel_reference *reference, void *user);
    void *user;
};

static void walk(const struct search *search, const struct node *node, bool optional);

/* Whether the node is one step of a path: `.name`, or an index (its key may be anything). */
static bool is_step(const struct node *node)
{
    return node->kind == NODE_SELECT || node->kind == NODE_INDEX;
}

/* The name of a step, if it is known here. */
static bool step_name(const struct node *node, struct quell_str *name, struct place *place)
{
    const struct node *key = node->kind == NODE_INDEX ? node->kids[1] : NULL;
    if (!key) {
        *name = node->name;
        *place = node->place;
        return true;
    }
    if (key->kind != NODE_LITERAL || key->value.type != QUELL_STRING)
        return false;
    *name = quell_str(key->value);
    *place = key->whole;
    return true;
}

struct path {
    struct quell_str names[PATH_MAX_NAMES];
    struct place places[PATH_MAX_NAMES];
    size_t count;
    bool ended;    /* by a key that is not known */
    bool optional; /* a `.?` among the names */
    size_t end;    /* offset behind the last name */
    const struct node *root;
};

/* Fills the path from the root outwards. Keys that are expressions are walked themselves. */
static void follow(const struct search *search, const struct node *node, struct path *path)
{
    struct quell_str name;
    struct place place;
    if (!is_step(node)) {
        path->root = node;
        path->end = (size_t)node->whole.offset + node->whole.len;
        return;
    }
    follow(search, node->kids[0], path);
    if (node->kind == NODE_INDEX)
        walk(search, node->kids[1], false);
    if (path->ended || path->count == PATH_MAX_NAMES || !step_name(node, &name, &place)) {
        path->ended = true;
        return;
    }
    path->names[path->count] = name;
    path->places[path->count++] = place;
    path->optional = path->optional || node->optional;
    path->end = (size_t)node->whole.offset + node->whole.len;
}

static void report(const struct search *search, const struct path *path, bool optional)
{
    const struct node *root = path->root;
    struct cel_reference reference = {.root = root->name,
                                      .path = path->names,
                                      .count = path->count,
                                      .optional = optional || path->optional,
                                      .places = path->places};
    reference.place.offset = root->whole.offset;
    reference.place.len = (uint32_t)(path->end - root->whole.offset);
    search->each(&reference, search->user);
}

static void walk(const struct search *search, const struct node *node, bool optional)
{
    struct path path = {.count = 0};
    if (node->kind == NODE_NAME || is_step(node)) {
        follow(search, node, &path);
        if (path.root->kind == NODE_NAME && !quell_is(path.root->value, QUELL_TYPE))
            report(search, &path, optional);
        else if (path.root->kind != NODE_NAME)
            walk(search, path.root, false);
        return;
    }
    for (size_t i = 0; i < node->count; i++)
        walk(search, node->kids[i],
             node->kind == NODE_MACRO && node->rows[0]->shape == MACRO_SELECTION);
}

void cel_references(const struct cel *expr, void (*each)(const struct cel_reference *, void *user),
                    void *user)
{
    struct search search = {.each = each, .user = user};
    walk(&search, expr->root, false);
}
