/*
 * inputs.c - `inputs`: each becomes a row of a field table, so that a start is checked the way an
 * action's inputs are.
 */
#include "playbook/load.h"

#include "base/arena.h"
#include "base/str.h"
#include "value/json.h"

static const struct input_type {
    const char *name;
    enum quell_field_type type;
    bool later;
} types[] = {
#define INPUT_TYPE(name, type, later) {(name), QUELL_FIELD_##type, (later)},
    INPUT_TYPES
#undef INPUT_TYPE
};

static const struct input_type *find_type(struct quell_str name)
{
    size_t i;
    for (i = 0; i < sizeof(types) / sizeof(types[0]); i++)
        if (str_is(name, types[i].name))
            return &types[i];
    return &types[0];
}

static void load_words(struct loader *loader, const struct yaml_pair *pair,
                       struct quell_field *field)
{
    const struct yaml_node *of = yaml_get(&pair->node, "of");
    const char **words;
    size_t i;
    if (field->type != QUELL_FIELD_ENUM) {
        if (of)
            report(loader, MISPLACED, yaml_find(&pair->node, QUELL_STR("of"))->key.place,
                   "`of` is for inputs with `type: enum`");
        return;
    }
    if (!of || !of->count) {
        struct diag *diag = report(loader, MISSING_KEY, pair->key.place,
                                   "an enum needs `of`, the list of its words");
        diag->help = QUELL_STR("add `of: [low, high]`");
        return;
    }
    words = arena_array(loader->arena, const char *, of->count + 1);
    for (i = 0; of->items && i < of->count; i++)
        words[i] = arena_str(loader->arena, quell_str(of->items[i].value)).data;
    field->words = words;
}

/* A default inside a list or map is a constant: `${{ }}` there would be taken as text. */
static void refuse_inner(struct loader *loader, const struct yaml_node *node)
{
    size_t i;
    size_t at = str_find(quell_str(node->value), QUELL_STR("${{"), 0);
    if (quell_is(node->value, QUELL_STRING) && at != SIZE_MAX)
        report(loader, WRAPPING, yaml_place_inside(loader->diags->text, node, at, 3),
               "a default inside a list or map is not evaluated");
    for (i = 0; node->items && i < node->count; i++)
        refuse_inner(loader, &node->items[i]);
    for (i = 0; node->pairs && i < node->count; i++)
        refuse_inner(loader, &node->pairs[i].node);
}

static void load_default(struct loader *loader, const struct yaml_node *map,
                         struct playbook_input *input)
{
    const struct yaml_pair *pair = yaml_find(map, QUELL_STR("default"));
    struct here here = {WHERE_INPUT, NO_STEP};
    struct quell_field table[2] = {input->field, {.name = NULL}};
    struct yaml_node alone;
    struct playbook_text text;
    if (!pair || quell_is_null(pair->node.value))
        return;
    table[0].name = "default";
    table[0].flags &= ~(unsigned)QUELL_REQUIRED;
    alone = (struct yaml_node){.value = map->value, .place = map->place, .style = map->style};
    alone.value.len = 1;
    alone.value.as.pairs = &(const struct quell_pair){pair->key.value, pair->node.value};
    alone.count = 1;
    alone.pairs = pair;
    if (!fields_check_node(loader->diags, table, &alone, true))
        return;
    if (quell_is(pair->node.value, QUELL_STRING)) {
        load_template(loader, here, &pair->node, &text);
        if (!text.text || !cel_template_is_constant(text.text)) {
            input->fallback = text.text;
            return;
        }
    } else {
        refuse_inner(loader, &pair->node);
    }
    input->field.fallback =
        arena_str(loader->arena, json_text(loader->arena, pair->node.value, JSON_COMPACT)).data;
}

static void load_input(struct loader *loader, const struct yaml_pair *pair,
                       struct playbook_input *input)
{
    const struct yaml_node *map = &pair->node, *required;
    const struct input_type *type;
    input->name = quell_str(pair->key.value);
    (void)check_spelling(loader, QUELL_STR("name of an input"), &pair->key, SPELLING_SNAKE);
    input->field.name = arena_str(loader->arena, input->name).data;
    if (!quell_is(map->value, QUELL_MAP)) {
        struct diag *diag =
            report(loader, WRONG_TYPE, head_place(loader, map),
                   "an input is a map; this is of type %s", value_type_name(map->value));
        diag->help = QUELL_STR("write `{ type: string }`");
        return;
    }
    check_keys(loader, input_fields, map);
    type = find_type(text_at(map, "type"));
    if (type->later)
        report(loader, LATER, yaml_get(map, "type")->place,
               "inputs of type `%s` are not supported yet", type->name);
    input->field.type = type->type;
    if (text_at(map, "description").len)
        input->field.doc = arena_str(loader->arena, text_at(map, "description")).data;
    required = yaml_get(map, "required");
    if (required && quell_is(required->value, QUELL_BOOL) && required->value.as.boolean)
        input->field.flags = QUELL_REQUIRED;
    load_words(loader, pair, &input->field);
    load_default(loader, map, input);
}

void load_inputs(struct loader *loader, const struct yaml_node *map)
{
    struct playbook_input *inputs;
    size_t i;
    if (!map)
        return;
    loader->inputs_known = quell_is(map->value, QUELL_MAP);
    if (!loader->inputs_known)
        return; /* said by check_keys */
    inputs = arena_array(loader->arena, struct playbook_input, map->count + 1);
    for (i = 0; i < map->count; i++)
        load_input(loader, &map->pairs[i], &inputs[i]);
    loader->playbook->inputs = inputs;
    loader->playbook->input_count = map->count;
}
