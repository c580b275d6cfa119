/*
 * load.c - compiles the map under `on: incident:` into a trigger. Called by playbook/ and by tests.
 *
 * As many faults as possible are said in one go; a trigger with a fault is never returned.
 */
#include "base/arena.h"
#include "base/memory.h"
#include "base/str.h"
#include "cel/cel.h"
#include "match/changed.h"
#include "match/load.h"
#include "value/fields.h"
#include "value/value.h"

const char *const trigger_types[] = {"created", "updated", "closed", NULL};

const struct quell_field match_incident_fields[] = {
    {.name = "types",
     .type = QUELL_FIELD_LIST,
     .of = QUELL_FIELD_ENUM,
     .words = trigger_types,
     .flags = QUELL_ONE_OR_MANY | QUELL_NOT_EMPTY | QUELL_CONSTANT,
     .doc = "What must have happened to the incident; `created` when not given."},
    {.name = "match",
     .type = QUELL_FIELD_MAP,
     .of = QUELL_FIELD_ANY,
     .flags = QUELL_CONSTANT,
     .doc = "Field paths and the conditions on them; all must hold. Text is compared without "
            "regard to case."},
    {.name = "unless",
     .type = QUELL_FIELD_LIST,
     .of = QUELL_FIELD_MAP,
     .flags = QUELL_ONE_OR_MANY | QUELL_NOT_EMPTY | QUELL_CONSTANT,
     .doc = "Exceptions, each written like `match`; one that holds stops the trigger."},
    {.name = "changed",
     .type = QUELL_FIELD_MAP,
     .of = QUELL_FIELD_ANY,
     .flags = QUELL_CONSTANT,
     .doc = "What an update altered: field paths, each `any` or a map of `from`, `to`, `added` and "
            "`removed` with conditions as in `match`; all must hold. `to` holds when the condition "
            "holds now and did not before. With it, `types` is `updated` when not given."},
    {.name = "where",
     .type = QUELL_FIELD_ANY,
     .flags = QUELL_EXPRESSION,
     .doc = "A CEL expression for what the table cannot say; evaluated last."},
    {0},
};

/* ---- types ------------------------------------------------------------------------------------
 */

static unsigned type_bit(struct quell_value word)
{
    unsigned i;
    for (i = 0; trigger_types[i]; i++) {
        if (quell_text_is(word, trigger_types[i]))
            return 1U << i;
    }
    return 0;
}

static void load_types(struct loader *loader, const struct yaml_node *node, struct place place,
                       bool changed, struct trigger *trigger)
{
    size_t i;

    trigger->types_place = place;
    trigger->types = changed ? 2 : 1; /* updated, created */
    if (node) {
        trigger->types = type_bit(node->value);
        for (i = 0; i < node->count; i++)
            trigger->types |= type_bit(node->items[i].value);
    }
    trigger->types_text = QUELL_STR("event is");
    for (i = 0; trigger_types[i]; i++) {
        if (trigger->types & (1U << i))
            trigger->types_text = arena_format(
                loader->arena, "%.*s%s %s", QUELL_ARG(trigger->types_text),
                trigger->types_text.len > strlen("event is") ? " or" : "", trigger_types[i]);
    }
}

/* ---- match and unless -------------------------------------------------------------------------
 */

static void load_map(struct loader *loader, const struct yaml_node *node, struct quell_str prefix,
                     const struct condition **conditions, size_t *count)
{
    struct condition *made = arena_array(loader->arena, struct condition, node->count + 1);
    size_t i;

    if (node->count == 0) {
        struct diag *diag = diag_add(loader->diags, "QL207", SEVERITY_ERROR, node->place,
                                     "`%.*s` has no condition", QUELL_ARG(prefix));
        diag->label = QUELL_STR("this would hold for every incident");
        diag->help = QUELL_STR("write a condition, or leave the key out");
    }
    for (i = 0; i < node->count; i++)
        load_condition(loader, &node->pairs[i], prefix, &made[i]);
    *conditions = made;
    *count = node->count;
}

static void load_unless(struct loader *loader, const struct yaml_node *node,
                        struct trigger *trigger)
{
    bool single = quell_is(node->value, QUELL_MAP);
    size_t count = single ? 1 : node->count, i, j;
    struct unless_entry *made = arena_array(loader->arena, struct unless_entry, count + 1);

    for (i = 0; i < count; i++) {
        const struct yaml_node *item = single ? node : &node->items[i];
        struct unless_entry *entry = &made[i];
        entry->where = arena_format(loader->arena, "unless.%zu", i + 1);
        entry->place = item->place;
        load_map(loader, item, entry->where, &entry->conditions, &entry->count);
        for (j = 0; j < entry->count; j++)
            entry->text = arena_format(loader->arena, "%.*s%s%.*s", QUELL_ARG(entry->text),
                                       j > 0 ? " and " : "", QUELL_ARG(entry->conditions[j].text));
        entry->text = text_cut(loader->arena, entry->text, 400);
    }
    trigger->unless = made;
    trigger->unless_count = count;
}

/* ---- where ------------------------------------------------------------------------------------
 */

/* The expression itself: a whole `${{ }}` around it is allowed. */
static struct quell_str unwrap(struct quell_str text)
{
    struct quell_str bare = str_trim(text);
    if (str_starts(bare, QUELL_STR("${{")) && str_ends(bare, QUELL_STR("}}")) && bare.len >= 5)
        bare = str_slice(bare, 3, bare.len - 2);
    return bare;
}

static void load_where(struct loader *loader, const struct yaml_node *node, struct trigger *trigger)
{
    struct quell_str text = quell_str(node->value), bare;
    struct cel_fault fault = {0};
    struct diag *diag;

    if (quell_is(node->value, QUELL_BOOL))
        text = node->value.as.boolean ? QUELL_STR("true") : QUELL_STR("false");
    bare = unwrap(text);
    if (bare.len == 0) {
        diag = diag_add(loader->diags, "QL208", SEVERITY_ERROR, node->place,
                        "`where` takes a CEL expression");
        diag->label =
            quell_is(node->value, QUELL_STRING)
                ? QUELL_STR("this is empty")
                : diag_format(loader->diags, "this is of type %s", value_type_name(node->value));
        return;
    }
    trigger->where_place = node->place;
    trigger->where_text = text_cut(loader->arena, arena_str(loader->arena, str_trim(bare)), 400);
    if (cel_parse(loader->arena, bare, &trigger->where, &fault) == QUELL_OK)
        return;
    diag = diag_add(loader->diags, "QL208", SEVERITY_ERROR,
                    quell_is(node->value, QUELL_STRING)
                        ? yaml_place_inside(loader->diags->text, node,
                                            (size_t)(bare.data - text.data) + fault.place.offset,
                                            fault.place.len)
                        : node->place,
                    "`where` is not a CEL expression");
    diag->label = diag_format(loader->diags, "%s", fault.message);
    if (fault.help[0])
        diag->help = diag_format(loader->diags, "%s", fault.help);
}

/* ---- the whole --------------------------------------------------------------------------------
 */

static void load_keys(struct loader *loader, const struct yaml_node *node, struct trigger *trigger)
{
    const struct yaml_pair *types = yaml_find(node, QUELL_STR("types"));
    const struct yaml_node *match = yaml_get(node, "match");
    const struct yaml_node *unless = yaml_get(node, "unless");
    const struct yaml_node *changed = yaml_get(node, "changed");
    const struct yaml_node *where = yaml_get(node, "where");

    load_types(loader, types ? &types->node : NULL, types ? types->key.place : node->place,
               changed != NULL, trigger);
    if (changed)
        changed_load(loader, changed, trigger);
    if (match)
        load_map(loader, match, QUELL_STR("match"), &trigger->match, &trigger->match_count);
    if (unless)
        load_unless(loader, unless, trigger);
    if (where)
        load_where(loader, where, trigger);
}

/* A trigger that never sees an update never sees a change. */
static void check_changed(struct loader *loader, const struct yaml_node *node,
                          const struct trigger *trigger)
{
    const struct yaml_pair *changed = yaml_find(node, QUELL_STR("changed"));
    struct diag *diag;

    if (!changed || trigger->types & ~1U)
        return;
    diag = diag_add(loader->diags, "QL220", SEVERITY_ERROR, changed->key.place,
                    "`changed` says nothing about an incident that is new");
    diag->label = QUELL_STR("`types` has neither `updated` nor `closed`");
    diag->help = QUELL_STR("write `types: updated`");
}

struct trigger *trigger_load_for(struct arena *arena, enum match_subject subject,
                                 const struct yaml_node *node, const struct quell_field *fields,
                                 struct diag_list *diags)
{
    struct loader loader = {.arena = arena, .subject = subject, .fields = fields, .diags = diags};
    struct trigger *trigger = arena_one(arena, struct trigger);
    size_t errors = diags->errors;

    trigger->subject = subject;
    if (quell_is_null(node->value)) { /* a bare `incident:` means every new incident */
        load_types(&loader, NULL, node->place, false, trigger);
        return trigger;
    }
    if (!fields_check_node(diags, match_incident_fields, node, false))
        return NULL;
    load_keys(&loader, node, trigger);
    check_changed(&loader, node, trigger);
    trigger->regexes = loader.regexes;
    trigger->regex_count = loader.regex_count;
    if (diags->errors > errors) {
        trigger_free(trigger);
        return NULL;
    }
    return trigger;
}

struct trigger *trigger_load(struct arena *arena, const struct yaml_node *node,
                             const struct quell_field *fields, struct diag_list *diags)
{
    return trigger_load_for(arena, MATCH_INCIDENT, node, fields, diags);
}

bool trigger_needs_before(const struct trigger *trigger)
{
    return trigger->changed_count > 0;
}

/* Each line of `changed` must hold: one that asks for another field does not. An update of a
 * closed incident is told as closed. */
bool trigger_follows(const struct trigger *trigger, struct quell_str field)
{
    unsigned later = type_bit(quell_text("updated")) | type_bit(quell_text("closed"));
    size_t i;
    if (!(trigger->types & later))
        return false;
    for (i = 0; field.len && i < trigger->changed_count; i++) {
        const struct path *path = &trigger->changed[i].path;
        if (path->count && !quell_str_equal(path->parts[0].name, field))
            return false;
    }
    return true;
}

void trigger_free(struct trigger *trigger)
{
    size_t i;
    for (i = 0; trigger && i < trigger->regex_count; i++)
        regex_free(trigger->regexes[i]);
    if (trigger)
        trigger->regex_count = 0;
}

const struct cel *trigger_where(const struct trigger *trigger, struct place *place)
{
    if (trigger->where && place)
        *place = trigger->where_place;
    return trigger->where;
}
