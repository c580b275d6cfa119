/*
 * load_start.c - what stands at the top level about starts: order and connections.
 */
#include "playbook/load.h"

#include "base/arena.h"
#include "base/str.h"

/* ---- connections -------------------------------------------------------------------------------
 */

struct quell_str start_connection(const struct playbook *playbook, struct quell_str connector)
{
    const struct playbook_start *start = &playbook->start;
    size_t i;
    for (i = 0; i < start->connection_count; i++)
        if (quell_str_equal(start->connections[i].connector, connector))
            return start->connections[i].connection;
    return (struct quell_str){"", 0};
}

/* Whether the connector exists; if not, it is said. */
static bool check_connector(struct loader *loader, const struct yaml_node *key)
{
    const struct quell_connector *const *each = loader->actions->connectors;
    struct quell_str names[256], name = quell_str(key->value), nearest;
    size_t count = 0;
    struct diag *diag;
    for (; each && *each && count < sizeof(names) / sizeof(names[0]); each++) {
        names[count++] = quell_str_of((*each)->name);
        if (quell_str_equal(names[count - 1], name))
            return true;
    }
    diag = report(loader, UNKNOWN_CONNECTOR, key->place, "there is no connector `%.*s`",
                  QUELL_ARG(name));
    nearest = str_nearest(name, names, count);
    diag->help = QUELL_STR("`quell actions` lists what there is");
    diag_suggest(loader->diags, diag, nearest);
    return false;
}

static void load_connections(struct loader *loader, const struct yaml_node *map)
{
    struct playbook_start *start = &loader->playbook->start;
    struct playbook_connection *made;
    size_t i;
    if (!map || !quell_is(map->value, QUELL_MAP))
        return; /* said by check_keys */
    made = arena_array(loader->arena, struct playbook_connection, map->count + 1);
    for (i = 0; i < map->count; i++) {
        const struct yaml_pair *pair = &map->pairs[i];
        if (check_connector(loader, &pair->key))
            made[start->connection_count++] = (struct playbook_connection){
                quell_str(pair->key.value), quell_str(pair->node.value)};
    }
    start->connections = made;
}

/* ---- all of it ---------------------------------------------------------------------------------
 */

void load_start(struct loader *loader, const struct yaml_node *root)
{
    struct playbook_start *start = &loader->playbook->start;
    start->order = int_at(root, "order", PLAYBOOK_ORDER_DEFAULT);
    load_connections(loader, yaml_get(root, "connections"));
    load_guards(loader, root);
    load_schedule_with(loader, yaml_get(root, "on"));
}

bool playbook_asks_before(const struct playbook *playbook)
{
    return (playbook->incident && trigger_needs_before(playbook->incident)) || playbook->alert;
}
