/*
 * walk.c - follows a field path through an incident and tells apart what value/path.h does not need
 * to: a field that is absent or null, an empty list (which is known: it has no elements), and a
 * path that leads through a value without fields. The three give different verdicts.
 */
#include "base/limits.h"
#include "match/condition.h"
#include "value/value.h"

/* Each returns false when the walk is over. */
static bool walk_from(struct walk *walk, const struct path *path, size_t part,
                      struct quell_value value);

static bool give(struct walk *walk, struct quell_value value)
{
    if (walk->reached >= LIMIT_MATCH_ELEMENTS) {
        walk->over = true;
        return false;
    }
    walk->reached++;
    return walk->each(value, walk->user);
}

static bool give_end(struct walk *walk, struct quell_value value)
{
    size_t i;

    if (quell_is_null(value)) {
        walk->absent = true;
        return true;
    }
    if (!walk->flatten || !quell_is(value, QUELL_LIST))
        return give(walk, value);
    for (i = 0; i < value.len; i++) {
        if (quell_is_null(value.as.items[i]))
            walk->absent = true;
        else if (!give(walk, value.as.items[i]))
            return false;
    }
    return true;
}

static bool walk_items(struct walk *walk, const struct path *path, size_t part,
                       struct quell_value list)
{
    size_t i;
    for (i = 0; i < list.len; i++) {
        if (!walk_from(walk, path, part, list.as.items[i]))
            return false;
    }
    return true;
}

static bool walk_index(struct walk *walk, const struct path *path, size_t part,
                       struct quell_value list)
{
    size_t index = path->parts[part].index;
    if (index < list.len)
        return walk_from(walk, path, part + 1, list.as.items[index]);
    walk->absent = true;
    return true;
}

static bool walk_from(struct walk *walk, const struct path *path, size_t part,
                      struct quell_value value)
{
    const struct path_part *here = &path->parts[part];
    struct quell_value found;

    if (part == path->count)
        return give_end(walk, value);
    if (quell_is_null(value)) {
        walk->absent = true;
        return true;
    }
    if (quell_is(value, QUELL_LIST)) {
        if (here->is_index)
            return walk_index(walk, path, part, value);
        return walk_items(walk, path, here->any ? part + 1 : part, value);
    }
    if (!quell_is(value, QUELL_MAP) || here->is_index || here->any) {
        walk->mismatch = true;
        return true;
    }
    if (value_find(value, here->name, &found))
        return walk_from(walk, path, part + 1, found);
    walk->absent = true;
    return true;
}

void walk_path(struct walk *walk, const struct path *path, struct quell_value root)
{
    walk->reached = 0;
    walk->absent = walk->mismatch = walk->over = false;
    (void)walk_from(walk, path, 0, root); /* how it ended is in *walk */
}
