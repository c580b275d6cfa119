/*
 * declared_load.c - a connector's YAML file as a connector. As strict as the playbook loader: all
 * faults are found, each with its place; the first one is told.
 */
#include "connector/declared.h"

#include <stdio.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/str.h"
#include "base/when.h"
#include "connector/declared_parts.h"
#include "connector/manifest.h"
#include "value/fields.h"
#include "value/json.h"

/* ---- parts of a manifest ---------------------------------------------------------------------*/

static size_t index_of(const struct yaml_node *map, const char *key, const char *(*word)(size_t),
                       size_t count)
{
    struct quell_str text = quell_get_str(map->value, key);

    for (size_t i = 0; i < count; i++) {
        if (str_is(text, word(i)))
            return i;
    }
    return 0; /* its table has found the fault */
}

static const char *effect_word(size_t i)
{
    return manifest_effect((enum quell_effect)i);
}

static const char *repeat_word(size_t i)
{
    return manifest_repeat((enum quell_repeat)i);
}

static const struct quell_target *read_targets(struct loading *in, const struct yaml_node *list)
{
    struct quell_target *targets;

    if (!list)
        return NULL;
    targets = arena_array(in->arena, struct quell_target, list->count + 1);
    for (size_t i = 0; i < list->count; i++) {
        targets[i].kind = declared_text(in, &list->items[i], "kind");
        targets[i].input = declared_text(in, &list->items[i], "input");
    }
    return targets;
}

static const struct quell_write *read_writes(struct loading *in, const struct yaml_node *list)
{
    struct quell_write *writes;

    if (!list)
        return NULL;
    writes = arena_array(in->arena, struct quell_write, list->count + 1);
    for (size_t i = 0; i < list->count; i++) {
        const struct yaml_node *map = &list->items[i];

        writes[i] = (struct quell_write){.source = declared_text(in, map, "source"),
                                         .incident = declared_text(in, map, "incident"),
                                         .field = declared_text(in, map, "field"),
                                         .part = declared_text(in, map, "part"),
                                         .input = declared_text(in, map, "input"),
                                         .raw = declared_texts(in, yaml_get(map, "raw"))};
    }
    return writes;
}

static const struct quell_rate *read_rates(struct loading *in, const struct yaml_node *list)
{
    struct quell_rate *rates;

    if (!list)
        return NULL;
    rates = arena_array(in->arena, struct quell_rate, list->count + 1);
    for (size_t i = 0; i < list->count; i++) {
        int64_t count = quell_get_int(list->items[i].value, "count", 0);
        int64_t seconds = quell_get_int(list->items[i].value, "seconds", 0);
        if (count < 1 || count > 1000000 || seconds < 1 || seconds > 86400 * 31)
            (void)diag_add(&in->diags, FAULT, SEVERITY_ERROR, list->items[i].place,
                           "a rate is at least one request in at least one second");
        rates[i] = (struct quell_rate){(unsigned)count, (unsigned)seconds};
    }
    return rates;
}

/* Inputs of another action, each a CEL text over what ours was given and gave. */
static const char *const *read_pairs(struct loading *in, const struct yaml_node *with,
                                     const struct declared_scope *scope)
{
    const char **pairs = arena_array(in->arena, const char *, with ? 2 * with->count + 1 : 1);

    for (size_t i = 0; with && i < with->count; i++) {
        const struct yaml_node *node = &with->pairs[i].node;
        const struct cel *unused;
        if (!quell_is(node->value, QUELL_STRING)) {
            (void)diag_add(&in->diags, FAULT, SEVERITY_ERROR, node->place,
                           "an input of the inverse is written as CEL in a text");
            continue;
        }
        declared_check_expression(in, node, scope, &unused);
        pairs[2 * i] = arena_str(in->arena, quell_str(with->pairs[i].key.value)).data;
        pairs[2 * i + 1] = arena_str(in->arena, quell_str(node->value)).data;
    }
    return pairs;
}

static struct quell_inverse read_undo(struct loading *in, const struct yaml_node *map,
                                      const struct quell_action *action)
{
    struct quell_inverse undo = {0};
    struct declared_scope scope = {.inputs = action->inputs, .outputs = action->outputs};
    const struct yaml_node *look = map ? yaml_get(map, "look") : NULL;
    const struct yaml_node *changed = map ? yaml_get(map, "changed") : NULL;
    const struct cel *unused;

    if (!map)
        return undo;
    undo.action = declared_text(in, map, "action");
    undo.with = read_pairs(in, yaml_get(map, "with"), &scope);
    if (changed && quell_is(changed->value, QUELL_STRING)) {
        declared_check_expression(in, changed, &scope, &unused);
        undo.changed = declared_text(in, map, "changed");
    }
    if (look) { /* `same` also sees what the look gives, whose table may not be read yet */
        undo.look = declared_text(in, look, "action");
        undo.look_with = read_pairs(in, yaml_get(look, "with"), &scope);
        undo.same = declared_text(in, look, "same");
    }
    return undo;
}

static int64_t read_timeout(struct loading *in, const struct yaml_node *node)
{
    struct when duration = {0};

    if (!node || !when_parse_duration(quell_str(node->value), &duration))
        return 0; /* its table has found the fault */
    if (when_to_us(duration) <= 0)
        (void)diag_add(&in->diags, FAULT, SEVERITY_ERROR, node->place, "a timeout is positive");
    return when_to_us(duration) / 1000;
}

/* ---- an action -------------------------------------------------------------------------------*/

static const struct declared_rule *read_rules(struct loading *in, const struct yaml_node *list,
                                              size_t *count)
{
    struct declared_rule *rules;

    if (!list)
        return NULL;
    rules = arena_array(in->arena, struct declared_rule, list->count);
    for (size_t i = 0; i < list->count; i++) {
        struct quell_value map = list->items[i].value;
        rules[i].status = (int)quell_get_int(map, "status", 0);
        rules[i].word = arena_str(in->arena, quell_get_str(map, "word"));
        rules[i].code = error_code_of(quell_get_str(map, "code"));
        rules[i].again = quell_get_bool(map, "again", false);
        if (rules[i].status == 0 && rules[i].word.len == 0)
            (void)diag_add(&in->diags, FAULT, SEVERITY_ERROR, list->items[i].place,
                           "`status` or `word` is missing");
    }
    *count = list->count;
    return rules;
}

static const struct declared_settle *read_settle(struct loading *in, const struct yaml_node *map,
                                                 const struct declared_scope *scope,
                                                 enum quell_repeat repeat)
{
    struct declared_scope with_reply = *scope;
    struct declared_settle *settle;
    const struct yaml_node *happened;

    if (!map)
        return NULL;
    if (repeat != QUELL_VERIFIABLE)
        (void)diag_add(&in->diags, FAULT, SEVERITY_ERROR, map->place,
                       "`settle` is for actions that are `repeat: verifiable`");
    with_reply.reply = true;
    settle = arena_one(in->arena, struct declared_settle);
    settle->request = declared_request(in, yaml_get(map, "request"), scope, false);
    settle->request.changes = false;
    settle->answer = declared_answer(in, yaml_get(map, "ok"), yaml_get(map, "output"), scope);
    happened = yaml_get(map, "happened");
    if (happened)
        declared_check_expression(in, happened, &with_reply, &settle->happened);
    return settle;
}

static const struct declared_action *read_work(struct loading *in, const struct yaml_node *map,
                                               const struct quell_action *action,
                                               const struct quell_field *settings)
{
    struct declared_action *work = arena_one(in->arena, struct declared_action);
    struct declared_scope scope = {.inputs = action->inputs, .settings = settings};

    work->request =
        declared_request(in, yaml_get(map, "request"), &scope, action->effect != QUELL_READS);
    work->answer = declared_answer(in, yaml_get(map, "ok"), yaml_get(map, "output"), &scope);
    work->rules = read_rules(in, yaml_get(map, "errors"), &work->rule_count);
    work->settle = read_settle(in, yaml_get(map, "settle"), &scope, action->repeat);
    if (action->effect == QUELL_READS && work->request.changes)
        (void)diag_add(&in->diags, FAULT, SEVERITY_ERROR, yaml_get(map, "request")->place,
                       "what reads changes nothing");
    if (action->repeat == QUELL_VERIFIABLE && !work->settle)
        (void)diag_add(&in->diags, FAULT, SEVERITY_ERROR, map->place,
                       "a verifiable action needs `settle`");
    return work;
}

static const struct quell_action *read_action(struct loading *in, const struct yaml_pair *pair,
                                              const struct quell_field *settings)
{
    struct quell_action *action = arena_one(in->arena, struct quell_action);
    const struct yaml_node *map = &pair->node;
    const struct declared_action *work;

    if (!quell_is(map->value, QUELL_MAP)) {
        (void)diag_add(&in->diags, FAULT, SEVERITY_ERROR, pair->key.place, "an action is a map");
        return action;
    }
    if (!fields_check_node(&in->diags, declared_action_fields, map, false))
        return action;
    action->name = arena_str(in->arena, quell_str(pair->key.value)).data;
    action->doc = declared_text(in, map, "doc");
    action->effect = (enum quell_effect)index_of(map, "effect", effect_word, QUELL_DISRUPTS + 1);
    action->repeat = (enum quell_repeat)index_of(map, "repeat", repeat_word, QUELL_ONCE + 1);
    action->inputs = declared_table(in, yaml_get(map, "inputs"));
    action->outputs = declared_table(in, yaml_get(map, "outputs"));
    action->targets = read_targets(in, yaml_get(map, "targets"));
    action->writes = read_writes(in, yaml_get(map, "writes"));
    action->undo = read_undo(in, yaml_get(map, "undo"), action);
    action->rights = declared_texts(in, yaml_get(map, "rights"));
    action->rates = read_rates(in, yaml_get(map, "rates"));
    action->companion = declared_text(in, map, "companion");
    action->timeout_ms = read_timeout(in, yaml_get(map, "timeout"));
    action->example = json_text(in->arena, yaml_get(map, "example")->value, JSON_COMPACT).data;
    action->turn = declared_turn;
    work = read_work(in, map, action, settings);
    action->settle = work->settle ? declared_settle_turn : NULL;
    action->data = work;
    return action;
}

/* ---- the file --------------------------------------------------------------------------------*/

static const struct quell_connector *read_connector(struct loading *in,
                                                    const struct yaml_node *root)
{
    struct quell_connector *made = arena_one(in->arena, struct quell_connector);
    const struct yaml_node *settings = yaml_get(root, "settings");
    const struct yaml_node *actions = yaml_get(root, "actions");
    const struct quell_action **list =
        arena_array(in->arena, const struct quell_action *, actions->count + 1);
    static const struct quell_field no_fields[] = {{0}};

    made->abi = QUELL_ABI;
    made->size = sizeof(struct quell_connector);
    made->action_size = sizeof(struct quell_action);
    made->field_size = sizeof(struct quell_field);
    made->name = declared_text(in, root, "connector");
    made->version = declared_text(in, root, "version");
    made->title = declared_text(in, root, "title");
    made->doc = declared_text(in, root, "doc");
    made->settings = settings ? declared_table(in, settings) : no_fields;
    made->url = declared_text(in, root, "url");
    made->scope = declared_text(in, root, "scope");
    made->auth = declared_texts(in, yaml_get(root, "auth"));
    for (size_t i = 0; i < actions->count; i++)
        list[i] = read_action(in, &actions->pairs[i], made->settings);
    made->actions = list;
    return made;
}

static enum quell_code tell(const struct loading *in, struct quell_error *err)
{
    const struct diag *first = in->diags.items;
    struct diag_position at = diag_position(in->diags.text, first->place.offset);
    char more[64] = "";

    if (in->diags.errors > 1)
        (void)snprintf(more, sizeof(more), " (and %zu more)", in->diags.errors - 1);
    return error_set(err, QUELL_INVALID, "%.*s:%zu:%zu: %.*s%s%.*s%s", QUELL_ARG(in->diags.file),
                     at.line, at.column, QUELL_ARG(first->message), first->help.len > 0 ? "; " : "",
                     QUELL_ARG(first->help), more);
}

enum quell_code declared_load(struct arena *arena, struct quell_str file, struct quell_str text,
                              const struct quell_connector **connector, struct quell_error *err)
{
    struct loading in = {.arena = arena};
    const struct quell_connector *made = NULL;
    const struct yaml_node *root;
    struct quell_error cause = {0};

    diag_init(&in.diags, arena, arena_str(arena, file), arena_str(arena, text));
    root = yaml_read(arena, &in.diags);
    if (root && !quell_is(root->value, QUELL_MAP))
        (void)diag_add(&in.diags, FAULT, SEVERITY_ERROR, root->place, "this is no connector");
    else if (root && fields_check_node(&in.diags, declared_head_fields, root, false))
        made = read_connector(&in, root);
    diag_sort(&in.diags);
    if (in.diags.errors > 0)
        return tell(&in, err);
    if (manifest_check(made, &cause))
        return error_set(err, cause.code, "%.*s: %s", QUELL_ARG(file), cause.message);
    *connector = made;
    return QUELL_OK;
}

bool declared_replaces(struct quell_str text)
{
    struct arena *arena = arena_new(0);
    const struct yaml_node *root;
    struct diag_list diags;
    bool replaces;

    diag_init(&diags, arena, QUELL_STR(""), text);
    root = yaml_read(arena, &diags);
    replaces = root && quell_get_bool(root->value, "replaces", false);
    arena_free(arena);
    return replaces;
}
