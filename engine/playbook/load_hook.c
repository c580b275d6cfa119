/*
 * load_hook.c - `on: webhook`: a path of its own, who may send to it, and what the body is.
 *
 * The sender's secret stands in quell.yaml; whether it is there is seen by whoever serves.
 */
#include "playbook/load.h"

#include "base/arena.h"
#include "base/cidr.h"
#include "base/limits.h"
#include "base/str.h"
#include "value/value.h"

/* ---- path and proof ----------------------------------------------------------------------------
 */

static bool is_name(struct quell_str name)
{
    size_t i;
    for (i = 0; i < name.len; i++) {
        char c = name.data[i];
        if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_'))
            return false;
    }
    return name.len > 0 && name.len <= LIMIT_HOOK_NAME_BYTES;
}

static void load_path(struct loader *loader, const struct yaml_node *node,
                      struct playbook_hook *hook)
{
    struct quell_str path = quell_str(node->value), start = QUELL_STR("/hooks/");
    struct diag *diag;
    hook->path_place = node->place;
    if (str_starts(path, start))
        hook->name = str_slice(path, start.len, path.len);
    if (is_name(hook->name))
        return;
    diag = report(loader, HOOK, node->place, "`%.*s` is no path of a webhook", QUELL_ARG(path));
    diag->label = diag_format(loader->diags, "a-z, 0-9, - and _ behind /hooks/, %d at the most",
                              LIMIT_HOOK_NAME_BYTES);
    diag->help = QUELL_STR("write `path: /hooks/NAME`");
}

static void load_auth(struct loader *loader, const struct yaml_node *node,
                      struct playbook_hook *hook)
{
    static const char *const kinds[] = {"hmac", "bearer", "standard"};
    struct quell_str text = quell_str(node->value);
    struct diag *diag;
    size_t i;
    if (str_cut(text, ':', &hook->kind, &hook->sender) && is_name(hook->sender)) {
        for (i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
            if (str_is(hook->kind, kinds[i]))
                return;
        if (str_is(hook->kind, "mtls")) {
            diag = report(loader, LATER, node->place, "`mtls` is not supported yet");
            diag->label = QUELL_STR("the server does not ask for the sender's certificate");
            diag->help = QUELL_STR("write `hmac:NAME` or `bearer:NAME`");
            return;
        }
    }
    diag = report(loader, HOOK, node->place, "`%.*s` is no proof of a sender", QUELL_ARG(text));
    diag->help =
        QUELL_STR("write `hmac:NAME`, `bearer:NAME` or `standard:NAME`, and put the secret "
                  "under `senders:` in quell.yaml");
}

/* ---- from --------------------------------------------------------------------------------------
 */

static void load_from(struct loader *loader, const struct yaml_node *node,
                      struct playbook_hook *hook)
{
    struct list_builder list = {.arena = loader->arena};
    bool many = quell_is(node->value, QUELL_LIST);
    size_t i, count = many ? node->count : 1;
    struct cidr range;
    struct diag *diag;
    for (i = 0; i < count; i++) {
        const struct yaml_node *one = many ? &node->items[i] : node;
        if (!quell_is(one->value, QUELL_STRING))
            continue; /* said by check_keys */
        list_add(&list, one->value);
        if (cidr_parse(quell_str(one->value), &range))
            continue;
        diag = report(loader, HOOK, one->place, "`%.*s` is no address and no range",
                      QUELL_ARG(quell_str(one->value)));
        diag->help = QUELL_STR("write `203.0.113.0/24`, `2001:db8::/32` or one address");
    }
    hook->from = list_made(&list);
}

/* ---- what must hold ----------------------------------------------------------------------------
 */

/* The part of the map that is a trigger's. */
static const struct yaml_node *conditions(struct loader *loader, const struct yaml_node *map)
{
    static const char *const keys[] = {"match", "unless", "where"};
    struct yaml_node *made = arena_one(loader->arena, struct yaml_node);
    struct yaml_pair *pairs = arena_array(loader->arena, struct yaml_pair, 3);
    struct map_builder value = {.arena = loader->arena};
    size_t i, count = 0;
    *made = *map;
    for (i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
        const struct yaml_pair *pair = yaml_find(map, quell_str_of(keys[i]));
        if (!pair)
            continue;
        map_add(&value, keys[i], pair->node.value);
        pairs[count++] = *pair;
    }
    made->value = map_made(&value);
    made->pairs = pairs;
    made->count = count;
    return made;
}

static void load_conditions(struct loader *loader, const struct yaml_node *map,
                            struct playbook_hook *hook)
{
    static const enum match_subject subjects[] = {
        [HOOK_EVENT] = MATCH_EVENT, [HOOK_ALERT] = MATCH_ALERT, [HOOK_INCIDENT] = MATCH_INCIDENT};
    const struct quell_field *fields = hook->as == HOOK_INCIDENT ? loader->incident_fields
                                       : hook->as == HOOK_ALERT  ? alert_fields(loader)
                                                                 : NULL;
    const struct yaml_node *node = conditions(loader, map);
    hook->trigger =
        trigger_load_for(loader->arena, subjects[hook->as], node, fields, loader->diags);
    load_where(loader, WHERE_HOOK, node);
}

/* ---- all of it ---------------------------------------------------------------------------------
 */

static enum hook_as as_of(struct quell_str word)
{
    if (str_is(word, "incident"))
        return HOOK_INCIDENT;
    return str_is(word, "alert") ? HOOK_ALERT : HOOK_EVENT;
}

static bool is_text(const struct yaml_node *node)
{
    return node && quell_is(node->value, QUELL_STRING);
}

void load_hook(struct loader *loader, const struct yaml_node *node)
{
    struct playbook_hook *hook = arena_one(loader->arena, struct playbook_hook);
    const struct yaml_node *from;
    size_t errors = loader->diags->errors;
    struct diag *diag;
    loader->events = true;
    loader->event_fields = NULL;
    if (!quell_is(node->value, QUELL_MAP)) {
        diag = report(loader, WRONG_TYPE, head_place(loader, node),
                      "`webhook` takes a map; this is of type %s", value_type_name(node->value));
        diag->help = QUELL_STR("write `webhook: { path: /hooks/NAME, auth: 'hmac:NAME' }`");
        return;
    }
    check_keys(loader, hook_trigger_fields, node);
    *hook = (struct playbook_hook){.as = as_of(text_at(node, "as")), .from = quell_list(NULL, 0)};
    loader->playbook->start.hook = hook;
    loader->alerts |= hook->as == HOOK_ALERT;
    if (is_text(yaml_get(node, "path")))
        load_path(loader, yaml_get(node, "path"), hook);
    if (is_text(yaml_get(node, "auth")))
        load_auth(loader, yaml_get(node, "auth"), hook);
    from = yaml_get(node, "from");
    if (from)
        load_from(loader, from, hook);
    if (loader->diags->errors == errors)
        load_conditions(loader, node, hook);
}
