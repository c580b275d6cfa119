/*
 * schema.c - the JSON Schema of a playbook, for editors: made from the tables that the loader reads
 * and from the actions that are installed.
 *
 * Its shape was chosen by how yaml-language-server behaves: one object for a step, `uses` as an
 * `anyOf` of constants that say what they do, and for each action an `if` that gives `with` its
 * inputs. A `oneOf` of steps would give two errors for each misspelt action. What a schema cannot
 * know - types of expressions, names of steps - is for `quell lint`.
 */
#include "playbook/load.h"

#include "base/arena.h"

/* Tables that are spoken of by name. */
static const struct fields_named named[] = {
    {step_fields, "step"}, {match_incident_fields, "trigger"}, {NULL, NULL}};
static const struct fields_schema_options options = {
    .named = named, .templates = true, .without = PLAYBOOK_LATER};

static struct quell_value empty_map(void)
{
    return quell_map(NULL, 0);
}

static struct quell_value one(struct arena *arena, const char *key, struct quell_value value)
{
    return value_with(arena, empty_map(), quell_str_of(key), value);
}

static struct quell_value put(struct arena *arena, struct quell_value map, const char *key,
                              struct quell_value value)
{
    return value_with(arena, map, quell_str_of(key), value);
}

static struct quell_value reference(struct arena *arena, const char *name)
{
    return one(arena, "$ref", value_format(arena, "#/definitions/%s", name));
}

/* ---- match tables ------------------------------------------------------------------------------
 */

static struct quell_value condition(struct arena *arena)
{
    struct list_builder either = {.arena = arena};
    struct map_builder operators = {.arena = arena};
    struct quell_value object, list = one(arena, "type", quell_text("array"));
    size_t i, count;
    const struct match_operator_info *rows = match_operators(&count);

    for (i = 0; i < count; i++)
        map_add(&operators, rows[i].name,
                one(arena, "description",
                    value_format(arena, "%s Example: %s", rows[i].doc, rows[i].example)));
    object = one(arena, "type", quell_text("object"));
    object = put(arena, object, "properties", map_made(&operators));
    object = put(arena, object, "additionalProperties", quell_bool(false));
    list_add(&either, object); /* first: what is misspelt in it is told best so */
    list_add(&either, list);
    list_add(&either, one(arena, "type",
                          fields_words_value(
                              arena, (const char *const[]){"string", "number", "boolean", NULL})));
    return one(arena, "anyOf", list_made(&either));
}

enum { PATH_DEPTH = 3 }; /* `entities.devices.name`; what is deeper is still accepted */

static void add_paths(struct map_builder *paths, const struct quell_field *table,
                      struct quell_str before, unsigned depth)
{
    for (; table && table->name && depth < PATH_DEPTH; table++) {
        struct quell_str path = arena_format(paths->arena, "%.*s%s%s", QUELL_ARG(before),
                                             before.len ? "." : "", table->name);
        struct quell_value schema = reference(paths->arena, "condition");
        if (table->doc) { /* beside a $ref nothing is read, so it stands inside of an allOf */
            struct list_builder all = {.arena = paths->arena};
            list_add(&all, schema);
            schema = put(paths->arena, one(paths->arena, "allOf", list_made(&all)), "description",
                         quell_text(table->doc));
        }
        map_add_key(paths, quell_string(path), schema);
        if (table->fields)
            add_paths(paths, table->fields, path, depth + 1);
    }
}

static struct quell_value match_table(struct arena *arena, const struct quell_field *incident)
{
    struct map_builder paths = {.arena = arena};
    struct quell_value schema = one(arena, "type", quell_text("object"));

    add_paths(&paths, incident, QUELL_STR(""), 0);
    schema = put(arena, schema, "properties", map_made(&paths));
    return put(arena, schema, "additionalProperties", reference(arena, "condition"));
}

/* ---- steps -------------------------------------------------------------------------------------
 */

static struct quell_value with_schema(struct arena *arena, const struct quell_action *action)
{
    struct quell_value with = fields_schema_with(arena, action->inputs, &options);
    struct quell_value then = one(arena, "properties", one(arena, "with", with));
    const struct quell_field *field;

    for (field = action->inputs; field && field->name; field++)
        if (field->flags & QUELL_REQUIRED)
            return put(arena, then, "required",
                       fields_words_value(arena, (const char *const[]){"with", NULL}));
    return then;
}

static struct quell_value if_uses(struct arena *arena, struct quell_value name)
{
    struct quell_value condition_of =
        one(arena, "properties", one(arena, "uses", one(arena, "const", name)));

    return put(arena, condition_of, "required",
               fields_words_value(arena, (const char *const[]){"uses", NULL}));
}

static const char *const effects[] = {"reads", "notes", "changes", "disrupts"};

/* Fills the list for `uses`, and the conditions that give `with` its inputs. */
static void add_actions(struct arena *arena, const struct playbook_actions *actions,
                        struct list_builder *names, struct list_builder *conditions)
{
    const struct quell_connector *const *each = actions->connectors;

    for (; each && *each; each++) {
        for (size_t i = 0; (*each)->actions[i]; i++) {
            const struct quell_action *action = (*each)->actions[i];
            struct quell_value name = value_format(arena, "%s.%s", (*each)->name, action->name);
            struct quell_value choice = one(arena, "const", name);
            list_add(names, put(arena, choice, "description",
                                value_format(arena, "%s (%s)", action->doc ? action->doc : "",
                                             effects[action->effect])));
            list_add(conditions, put(arena, one(arena, "if", if_uses(arena, name)), "then",
                                     with_schema(arena, action)));
        }
    }
}

static struct quell_value step_schema(struct arena *arena, const struct playbook_actions *actions,
                                      struct quell_value step)
{
    struct list_builder names = {.arena = arena}, conditions = {.arena = arena};
    struct quell_value properties = quell_get(step, "properties"), lane, branches;

    add_actions(arena, actions, &names, &conditions);
    properties = put(arena, properties, "uses",
                     put(arena, one(arena, "anyOf", list_made(&names)), "description",
                         quell_get(quell_get(properties, "uses"), "description")));
    /* A branch of `parallel` is a list of steps. */
    lane = put(arena, one(arena, "type", quell_text("array")), "items", reference(arena, "step"));
    branches = put(arena, quell_get(properties, "parallel"), "additionalProperties", lane);
    properties = put(arena, properties, "parallel", branches);
    step = put(arena, step, "properties", properties);
    return put(arena, step, "allOf", list_made(&conditions));
}

struct quell_value playbook_schema(struct arena *arena, const struct playbook_actions *actions,
                                   const struct quell_field *incident_fields)
{
    struct quell_value schema = fields_schema_with(arena, playbook_fields, &options);
    struct quell_value definitions = fields_definitions(arena, &options);
    struct quell_value trigger = quell_get(definitions, "trigger"), keys;
    struct quell_value map = reference(arena, "match");

    keys = put(arena, quell_get(trigger, "properties"), "match", map);
    keys = put(arena, keys, "unless",
               put(arena, one(arena, "type", quell_text("array")), "items", map));
    definitions = put(arena, definitions, "trigger", put(arena, trigger, "properties", keys));
    definitions = put(arena, definitions, "match", match_table(arena, incident_fields));
    definitions = put(arena, definitions, "condition", condition(arena));
    definitions = put(arena, definitions, "step",
                      step_schema(arena, actions, quell_get(definitions, "step")));
    schema = put(arena, schema, "$schema", quell_text("http://json-schema.org/draft-07/schema#"));
    schema = put(arena, schema, "title", quell_text("quell playbook"));
    return put(arena, schema, "definitions", definitions);
}
