/*
 * load_uses.c - the kind `uses`: finds the action and checks what is given to it against the
 * action's own field table. A value with ${{ }} is known only when it runs; the call checks it.
 */
#include "playbook/types.h"

#include <string.h>

#include "base/arena.h"
#include "base/str.h"

static const struct quell_field no_inputs[] = {{.name = NULL}};

static const struct quell_connector *find_connector(const struct loader *loader,
                                                    struct quell_str name)
{
    const struct quell_connector *const *each = loader->actions->connectors;
    for (; each && *each; each++)
        if (str_is(name, (*each)->name))
            return *each;
    return NULL;
}

static const struct quell_action *find_action(const struct quell_connector *connector,
                                              struct quell_str name)
{
    const struct quell_action *const *each = connector->actions;
    for (; each && *each; each++)
        if (str_is(name, (*each)->name))
            return *each;
    return NULL;
}

const struct quell_action *load_find_action(const struct loader *loader, struct quell_str uses,
                                            const struct quell_connector **connector)
{
    struct quell_str name, action;
    if (!str_cut(uses, '.', &name, &action))
        return NULL;
    *connector = find_connector(loader, name);
    return *connector ? find_action(*connector, action) : NULL;
}

/* All actions by both names, index for index. */
struct names {
    struct quell_str *full, *own; /* `defender.isolate-device`, `isolate-device` */
    size_t full_count, full_cap, own_count, own_cap;
};

static void add_names(const struct loader *loader, const struct quell_connector *connector,
                      struct names *names)
{
    const struct quell_action *const *action = connector->actions;
    for (; action && *action; action++) {
        grow(loader, names->full, names->full_count, names->full_cap);
        grow(loader, names->own, names->own_count, names->own_cap);
        names->full[names->full_count++] =
            arena_format(loader->arena, "%s.%s", connector->name, (*action)->name);
        names->own[names->own_count++] = quell_str_of((*action)->name);
    }
}

/* The nearest `connector.action` of one connector, or of all when it is NULL. A text without a dot
 * is taken for the action's own name. */
static struct quell_str nearest_action(const struct loader *loader,
                                       const struct quell_connector *only, struct quell_str wrong,
                                       bool dotted)
{
    const struct quell_connector *const *connector = loader->actions->connectors;
    struct names names = {0};
    struct quell_str best;
    size_t i;
    for (; connector && *connector; connector++)
        if (!only || only == *connector)
            add_names(loader, *connector, &names);
    if (dotted)
        return str_nearest(wrong, names.full, names.full_count);
    best = str_nearest(wrong, names.own, names.own_count);
    for (i = 0; best.len && i < names.own_count; i++)
        if (quell_str_equal(best, names.own[i]))
            return names.full[i];
    return best;
}

static void report_unknown(struct loader *loader, const struct yaml_node *node,
                           const struct quell_connector *connector, bool dotted)
{
    struct quell_str uses = quell_str(node->value), name, rest, nearest;
    struct diag *diag =
        report(loader, UNKNOWN_ACTION, node->place, "unknown action `%.*s`", QUELL_ARG(uses));
    (void)str_cut(uses, '.', &name, &rest);
    nearest = nearest_action(loader, connector, uses, dotted);
    if (!dotted)
        diag->label = QUELL_STR("an action is written `connector.verb-object`");
    else if (connector)
        diag->label = diag_format(loader->diags, "no such action in connector `%s` %s",
                                  connector->name, connector->version ? connector->version : "");
    else
        diag->label = diag_format(loader->diags, "there is no connector `%.*s`", QUELL_ARG(name));
    diag->label = str_trim(diag->label);
    diag->help = QUELL_STR("`quell actions` lists what there is");
    diag_suggest(loader->diags, diag, nearest);
}

static void load_action(struct loader *loader, const struct yaml_node *node, struct step *step)
{
    struct quell_str connector, action;
    bool dotted = str_cut(quell_str(node->value), '.', &connector, &action);
    step->uses = quell_str(node->value);
    step->uses_place = node->place;
    step->connector = find_connector(loader, connector);
    step->action = dotted && step->connector ? find_action(step->connector, action) : NULL;
    if (!step->action)
        report_unknown(loader, node, step->connector, dotted);
    if (!step->connection.len)
        step->connection = start_connection(loader->playbook, connector);
}

static struct quell_str list_inputs(struct loader *loader, const struct step *step)
{
    const struct quell_field *field = step->action->inputs;
    struct quell_str text = {"", 0};
    for (; field && field->name; field++)
        text = diag_format(loader->diags, "%.*s%s`%s`", QUELL_ARG(text), text.len ? ", " : "",
                           field->name);
    return text.len ? diag_format(loader->diags, "`%.*s` takes %.*s", QUELL_ARG(step->uses),
                                  QUELL_ARG(text))
                    : diag_format(loader->diags, "`%.*s` takes nothing", QUELL_ARG(step->uses));
}

static void check_inputs(struct loader *loader, const struct yaml_node *with,
                         const struct step *step)
{
    const struct quell_field *inputs = step->action->inputs ? step->action->inputs : no_inputs;
    const struct yaml_node empty = {.value = quell_map(NULL, 0), .place = step->uses_place};
    size_t i, before = loader->diags->count;
    (void)fields_check_node(loader->diags, inputs, with ? with : &empty, true); /* in diags */
    advise_with(loader, before);
    for (i = before; i < loader->diags->count; i++) {
        struct diag *diag = &loader->diags->items[i];
        if (strcmp(diag->code, lints[LINT_WRONG_TYPE].code) == 0)
            continue;
        if (!str_starts(diag->help, QUELL_STR("known here")))
            diag->note = list_inputs(loader, step);
        if (strcmp(diag->code, lints[LINT_MISSING_KEY].code) == 0)
            diag->place = step->uses_place;
    }
}

static void load(struct loader *loader, size_t index, const struct yaml_node *map,
                 struct step *step)
{
    struct here here = {WHERE_STEP, index};
    const struct yaml_node *uses = yaml_get(map, "uses"), *with = yaml_get(map, "with");
    if (with && !quell_is(with->value, QUELL_MAP))
        with = NULL; /* said by check_keys */
    if (text_at(map, "uses").len)
        load_action(loader, uses, step);
    if (with) {
        step->with_place = with->place;
        step->with = load_arguments(loader, here, with, step->action ? step->action->inputs : NULL);
    }
    if (!step->action)
        return;
    advise_step(loader, map, step->action->inputs);
    if (with || load_knows(step_fields, map))
        check_inputs(loader, with, step);
    if (with && step->action->inputs)
        type_inputs(loader, with, step->action->inputs);
    load_poll(loader, index, map, step);
    step->disrupts = step->action->effect == QUELL_DISRUPTS;
    if (step->disrupts)
        loader->playbook->disrupts++;
}

static const char *const keywords[] = {
    "with", "connection", "retry", "poll", "idempotency-key", "sensitive", "for", NULL};
const struct step_loader load_USES = {keywords, load};
