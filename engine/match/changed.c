/*
 * changed.c - `changed`: what an update altered, judged on the version before and the one now.
 *
 * A line is `field: any`, or a map of `from`, `to`, `added` and `removed`, whose conditions are
 * those of `match`. `to` holds when its condition holds now and did not before, `from` when it held
 * before and does not now; `added` and `removed` when it holds for one of the items that came or
 * went. All of them must hold. Without a version before, a line is undetermined: it never acts.
 */
#include "match/changed.h"

#include "base/arena.h"
#include "base/str.h"
#include "value/value.h"

/* ---- loading ----------------------------------------------------------------------------------
 */

static const struct {
    const char *key, *told;
} parts[CHANGE_PARTS] = {
    [CHANGE_FROM] = {"from", "before"},
    [CHANGE_TO] = {"to", "now"},
    [CHANGE_ADDED] = {"added", "added"},
    [CHANGE_REMOVED] = {"removed", "removed"},
};

static void report_part(struct loader *loader, const struct yaml_node *node,
                        struct quell_str message)
{
    struct diag *diag =
        diag_add(loader->diags, "QL221", SEVERITY_ERROR, node->place, "%.*s", QUELL_ARG(message));
    diag->help = QUELL_STR("write `any`, or a map of `from`, `to`, `added` and `removed`, such as "
                           "`{ to: high }`");
}

static enum change_part find_part(struct quell_str key)
{
    unsigned i;
    for (i = 0; i < CHANGE_PARTS; i++)
        if (str_is(key, parts[i].key))
            return (enum change_part)i;
    return CHANGE_PARTS;
}

static void load_part(struct loader *loader, const struct yaml_pair *field,
                      const struct yaml_pair *pair, struct change *change)
{
    enum change_part part = find_part(quell_str(pair->key.value));
    struct yaml_pair line = {.key = field->key, .node = pair->node};
    struct condition *condition;
    if (part == CHANGE_PARTS) {
        report_part(loader, &pair->key,
                    diag_format(loader->diags, "`changed` has no `%.*s`",
                                QUELL_ARG(quell_str(pair->key.value))));
        return;
    }
    condition = arena_one(loader->arena, struct condition);
    load_condition(loader, &line, QUELL_STR("changed"), condition);
    change->parts[part] = condition;
    change->text =
        arena_format(loader->arena, "%.*s%s%s: %.*s", QUELL_ARG(change->text),
                     change->text.len ? ", " : "", parts[part].told, QUELL_ARG(condition->text));
}

static void load_change(struct loader *loader, const struct yaml_pair *pair, struct change *change)
{
    const struct yaml_node *node = &pair->node;
    struct quell_str field = arena_str(loader->arena, quell_str(pair->key.value));
    struct field_view view;
    struct quell_error err;
    size_t i;
    change->place = pair->key.place;
    change->where = arena_format(loader->arena, "changed.%.*s", QUELL_ARG(field));
    if (path_parse(loader->arena, field, &change->path, &err)) {
        struct diag *diag = diag_add(loader->diags, "QL202", SEVERITY_ERROR, pair->key.place,
                                     "`%.*s` is not a field path", QUELL_ARG(field));
        diag->label = diag_format(loader->diags, "%s", err.message);
        return;
    }
    change->any = quell_text_is(node->value, "any");
    if (change->any) {
        change->text = arena_format(loader->arena, "%.*s changed", QUELL_ARG(field));
        (void)load_view(loader, &pair->key, &change->path, &view); /* it says what is wrong */
        return;
    }
    if (!quell_is(node->value, QUELL_MAP) || !node->count) {
        report_part(loader, node, QUELL_STR("this says nothing about a change"));
        return;
    }
    for (i = 0; i < node->count; i++)
        load_part(loader, pair, &node->pairs[i], change);
}

void changed_load(struct loader *loader, const struct yaml_node *map, struct trigger *trigger)
{
    struct change *made = arena_array(loader->arena, struct change, map->count + 1);
    size_t i;
    if (!map->count) {
        struct diag *diag = diag_add(loader->diags, "QL207", SEVERITY_ERROR, map->place,
                                     "`changed` has no condition");
        diag->help = QUELL_STR("name a field, such as `severity: { to: high }`, or leave it out");
    }
    for (i = 0; i < map->count; i++)
        load_change(loader, &map->pairs[i], &made[i]);
    trigger->changed = made;
    trigger->changed_count = map->count;
}

/* ---- the elements of two versions --------------------------------------------------------------
 */

struct elements {
    struct list_builder list;
    bool over;
};

static bool keep(struct quell_value found, void *user)
{
    struct elements *elements = user;
    list_add(&elements->list, found);
    return true;
}

static void gather(struct arena *arena, const struct path *path, struct quell_value root,
                   struct elements *elements)
{
    struct walk walk = {.each = keep, .user = elements, .flatten = true};
    *elements = (struct elements){.list = {.arena = arena}};
    walk_path(&walk, path, root);
    elements->over = walk.over;
}

/* Items that have an id are the same when it is, whatever else changed in them. */
static bool same(struct quell_value a, struct quell_value b)
{
    struct quell_value id = quell_get(a, "id");
    if (quell_is(id, QUELL_STRING))
        return value_equal(id, quell_get(b, "id"));
    return value_equal(a, b);
}

static bool holds(const struct elements *elements, struct quell_value item)
{
    size_t i;
    for (i = 0; i < elements->list.count; i++)
        if (same(item, elements->list.items[i]))
            return true;
    return false;
}

/* What stands in `of` and not in `without`, as the only value of a map that has the path. */
static struct quell_value difference(struct arena *arena, const struct path *path,
                                     const struct elements *of, const struct elements *without)
{
    struct list_builder list = {.arena = arena};
    struct quell_value made;
    size_t i;
    for (i = 0; i < of->list.count; i++)
        if (!holds(without, of->list.items[i]))
            list_add(&list, of->list.items[i]);
    made = list_made(&list);
    for (i = path->count; i > 0; i--) {
        struct map_builder map = {.arena = arena};
        if (path->parts[i - 1].is_index || path->parts[i - 1].any)
            continue; /* what stands there is a list already, or one item of it */
        map_add_key(&map, quell_string(path->parts[i - 1].name), made);
        made = map_made(&map);
    }
    return made;
}

/* ---- judging ----------------------------------------------------------------------------------
 */

static enum match_verdict both(enum match_verdict a, enum match_verdict b)
{
    if (a == MATCH_NO || b == MATCH_NO)
        return MATCH_NO;
    return a == MATCH_YES && b == MATCH_YES ? MATCH_YES : MATCH_UNDETERMINED;
}

static enum match_verdict opposite(enum match_verdict a)
{
    return a == MATCH_YES ? MATCH_NO : a == MATCH_NO ? MATCH_YES : MATCH_UNDETERMINED;
}

static enum match_verdict ask(const struct change *change, enum change_part part,
                              struct quell_value subject, const struct judge *judge)
{
    struct judge other = *judge;
    other.incident = subject;
    return condition_judge(change->parts[part], &other).verdict;
}

/* The condition began to hold (or ceased to, when the versions are given the other way round). */
static enum match_verdict began(const struct change *change, enum change_part part,
                                struct quell_value before, struct quell_value now,
                                const struct judge *judge)
{
    enum match_verdict then = opposite(ask(change, part, before, judge));
    return both(ask(change, part, now, judge), then);
}

static enum match_verdict differ(const struct elements *before, const struct elements *now)
{
    size_t i;
    if (before->list.count != now->list.count)
        return MATCH_YES;
    for (i = 0; i < now->list.count; i++)
        if (!value_equal(before->list.items[i], now->list.items[i]))
            return MATCH_YES;
    return before->over || now->over ? MATCH_UNDETERMINED : MATCH_NO;
}

enum match_verdict changed_judge(const struct change *change, struct quell_value before,
                                 const struct judge *judge, struct arena *arena)
{
    struct quell_value now = judge->incident;
    enum match_verdict sum = MATCH_YES;
    struct elements old, new;
    gather(arena, &change->path, before, &old);
    gather(arena, &change->path, now, &new);
    if (change->any)
        return differ(&old, &new);
    if (change->parts[CHANGE_FROM])
        sum = both(sum, began(change, CHANGE_FROM, now, before, judge));
    if (change->parts[CHANGE_TO])
        sum = both(sum, began(change, CHANGE_TO, before, now, judge));
    if (change->parts[CHANGE_ADDED])
        sum = both(sum,
                   ask(change, CHANGE_ADDED, difference(arena, &change->path, &new, &old), judge));
    if (change->parts[CHANGE_REMOVED])
        sum = both(
            sum, ask(change, CHANGE_REMOVED, difference(arena, &change->path, &old, &new), judge));
    return sum;
}
