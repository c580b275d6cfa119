/*
 * called.c - the texts of playbooks that a run calls: which they are now, and whether they are
 * those that were agreed to, that a saved plan shows, or that this run was called with. What a
 * called run may call in turn is handed down to it, so that all of it stays what it was.
 */
#include "base/str.h"
#include "run/state.h"
#include "value/value.h"

/* ---- what there is now -------------------------------------------------------------------------
 */

static bool is_listed(const struct list_builder *list, struct quell_str id)
{
    size_t i;

    for (i = 0; i < list->count; i++)
        if (quell_str_equal(quell_get_str(list->items[i], "playbook"), id))
            return true;
    return false;
}

static void add_text(struct list_builder *list, struct quell_str id,
                     const struct playbook *playbook)
{
    struct map_builder map = {.arena = list->arena};

    map_add(&map, "playbook", value_copy_str(list->arena, id));
    map_add(&map, "revision",
            playbook ? value_copy_str(list->arena, quell_str_of(playbook->revision))
                     : quell_null());
    list_add(list, map_made(&map));
}

/* The list grows while it is walked: each text adds those that it calls. */
struct quell_value run_revisions(struct arena *arena, const struct run_catalog *catalog,
                                 struct quell_str id)
{
    struct list_builder list = {.arena = arena};
    const struct playbook *playbook;
    size_t at, i;

    if (catalog->revisions)
        return catalog->revisions(catalog->user, arena, id);
    playbook = catalog->find(catalog->user, id);
    add_text(&list, id, playbook);
    for (at = 0; at < list.count; at++) {
        playbook = catalog->find(catalog->user, quell_get_str(list.items[at], "playbook"));
        for (i = 0; playbook && i < playbook->step_count; i++) {
            struct quell_str calls = playbook->all[i]->calls;
            if (calls.len && !is_listed(&list, calls))
                add_text(&list, calls, catalog->find(catalog->user, calls));
        }
    }
    return list_made(&list);
}

struct quell_value called_revisions(struct run *run, struct quell_str playbook)
{
    if (run->digest_key.len == 0 || run->world.catalog == NULL)
        return quell_null();
    return run_revisions(run->arena, run->world.catalog, playbook);
}

/* ---- what there may be -------------------------------------------------------------------------
 */

static bool has(struct quell_value pins, struct quell_value text)
{
    size_t i;

    for (i = 0; i < quell_count(pins); i++)
        if (value_equal(quell_at(pins, i), text))
            return true;
    return false;
}

/* This run was called as one of those: what it calls must be among them as well. */
static bool pins_allow(struct run *run, struct quell_value now, struct quell_value *error)
{
    size_t i;

    if (quell_is_null(run->pins))
        return true;
    for (i = 0; i < quell_count(now); i++) {
        if (has(run->pins, quell_at(now, i)))
            continue;
        *error = scope_error(run, "denied",
                             "the text of `%.*s` is not the one that was agreed to or planned",
                             QUELL_ARG(quell_get_str(quell_at(now, i), "playbook")));
        return false;
    }
    return true;
}

bool called_allowed(struct run *run, const struct instance *instance, struct quell_value given,
                    struct quell_value *pins, struct quell_value *error)
{
    struct quell_str calls = instance->step->calls;
    struct quell_value now = called_revisions(run, calls);
    bool pinned =
        !quell_is_null(run->pins) || !quell_is_null(run->bound) || agreed_around(run, instance);

    *pins = pinned ? now : quell_null();
    if (agreed_allows(run, instance, "call", calls, given, error) &&
        bound_allows_child(run, instance, given, error) && pins_allow(run, now, error))
        return true;
    if (!quell_is_null(now)) /* what may not be called is told, too */
        *error = value_with(run->arena, *error, QUELL_STR("revisions"), now);
    return false;
}
