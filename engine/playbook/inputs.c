/*
 * inputs.c - `inputs`: each becomes a row of a field table, so that a start is checked the way an
 * action's inputs are.
 */
#include "playbook/types.h"

#include "base/arena.h"
#include "base/str.h"
#include "base/error.h"
#include "match/regex.h"
#include "value/json.h"

static const struct input_type {
    const char *name;
    enum quell_field_type type;
    enum input_form form;
} types[] = {
#define INPUT_TYPE(name, type, form) {(name), QUELL_FIELD_##type, INPUT_##form},
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

/* One pair of a map against a field; true when it fits. */
static bool check_alone(struct loader *loader, const struct yaml_node *map,
                        const struct yaml_pair *pair, struct quell_field field)
{
    struct quell_field table[2] = {field, {.name = NULL}};
    struct yaml_node alone = {.value = map->value, .place = map->place, .style = map->style};
    struct quell_pair value = {pair->key.value, pair->node.value};
    table[0].flags &= ~(unsigned)QUELL_REQUIRED;
    alone.value.len = 1;
    alone.value.as.pairs = &value;
    alone.count = 1;
    alone.pairs = pair;
    return fields_check_node(loader->diags, table, &alone, true);
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

/* What a start would check, for a default that is known already. */
static void check_constant(struct loader *loader, const struct playbook_input *input,
                           const struct yaml_pair *pair, struct quell_field field)
{
    struct quell_field table[2] = {field, {.name = NULL}};
    struct quell_pair alone = {pair->key.value, pair->node.value};
    struct quell_value checked, made;
    struct quell_error err;
    struct diag *diag;
    table[0].flags &= ~(unsigned)QUELL_REQUIRED;
    if (fields_check(loader->arena, table, quell_map(&alone, 1), &checked, &err) ||
        !playbook_input_check(loader->arena, input, quell_get(checked, "default"), &made, &err))
        return; /* the first has been said by check_alone */
    diag = report(loader, INPUT_DEFAULT, head_place(loader, &pair->node), "the default %s",
                  err.message);
    diag->help = QUELL_STR("a start without the input would be refused: give it a value that fits");
}

static void load_default(struct loader *loader, struct here here, const struct yaml_node *map,
                         struct playbook_input *input)
{
    const struct yaml_pair *pair = yaml_find(map, QUELL_STR("default"));
    struct quell_field field = input->field;
    struct playbook_text text;
    if (!pair || quell_is_null(pair->node.value))
        return;
    field.name = "default";
    if (!check_alone(loader, map, pair, field))
        return;
    if (quell_is(pair->node.value, QUELL_STRING)) {
        load_template(loader, here, &pair->node, &text);
        if (!text.text || !cel_template_is_constant(text.text)) {
            input->fallback = text.text;
            type_value(loader, &pair->node, &field);
            return;
        }
    } else {
        refuse_inner(loader, &pair->node);
    }
    input->field.fallback =
        arena_str(loader->arena, json_text(loader->arena, pair->node.value, JSON_COMPACT)).data;
    check_constant(loader, input, pair, field);
}

/* ---- bounds ------------------------------------------------------------------------------------
 */

static bool has_bounds(const struct quell_field *field)
{
    switch (field->type) {
    case QUELL_FIELD_INT:
    case QUELL_FIELD_DOUBLE:
    case QUELL_FIELD_DURATION:
    case QUELL_FIELD_TIMESTAMP:
    case QUELL_FIELD_STRING:
    case QUELL_FIELD_LIST:
        return true;
    case QUELL_FIELD_ANY:
    case QUELL_FIELD_BOOL:
    case QUELL_FIELD_ENUM:
    case QUELL_FIELD_MAP:
    case QUELL_FIELD_OBJECT:
        break;
    }
    return false;
}

/* The bound as a value of what it measures; null when there is none, or a wrong one. */
static struct quell_value load_bound(struct loader *loader, const struct yaml_node *map,
                                     const struct playbook_input *input, const char *key,
                                     struct quell_str *text)
{
    const struct yaml_pair *pair = yaml_find(map, quell_str_of(key));
    bool counted = input->field.type == QUELL_FIELD_STRING || input->field.type == QUELL_FIELD_LIST;
    struct quell_field field = {.name = key,
                                .type = counted ? QUELL_FIELD_INT : input->field.type,
                                .doc = counted ? "of a text its characters, of a list its items"
                                               : NULL};
    struct quell_field table[2] = {field, {.name = NULL}};
    struct quell_pair alone;
    struct quell_value checked;
    struct quell_error err;
    if (!pair)
        return quell_null();
    if (!has_bounds(&input->field)) {
        report(loader, INPUT_BOUND, pair->key.place,
               "`%s` says nothing about an input of this type", key);
        return quell_null();
    }
    *text = str_slice(loader->diags->text, pair->node.place.offset,
                      (size_t)pair->node.place.offset + pair->node.place.len);
    alone = (struct quell_pair){pair->key.value, pair->node.value};
    if (!check_alone(loader, map, pair, field) ||
        fields_check(loader->arena, table, quell_map(&alone, 1), &checked, &err))
        return quell_null();
    return quell_get(checked, key);
}

static void load_bounds(struct loader *loader, const struct yaml_node *map,
                        struct playbook_input *input)
{
    int order;
    input->min = load_bound(loader, map, input, "min", &input->min_text);
    input->max = load_bound(loader, map, input, "max", &input->max_text);
    if (!quell_is_null(input->min) && !quell_is_null(input->max) &&
        value_compare(input->min, input->max, &order) && order > 0)
        report(loader, INPUT_BOUND, yaml_get(map, "max")->place,
               "no value is at least %.*s and at most %.*s", QUELL_ARG(input->min_text),
               QUELL_ARG(input->max_text));
}

static void load_regex(struct loader *loader, const struct yaml_node *map,
                       struct playbook_input *input)
{
    const struct yaml_pair *pair = yaml_find(map, QUELL_STR("regex"));
    struct quell_error err;
    size_t offset;
    if (!pair || !quell_is(pair->node.value, QUELL_STRING) || !pair->node.value.len)
        return;
    if (input->field.type != QUELL_FIELD_STRING) {
        report(loader, INPUT_BOUND, pair->key.place,
               "`regex` says nothing about an input of this type");
        return;
    }
    input->regex_text = quell_str(pair->node.value);
    if (regex_new(input->regex_text, 0, &input->regex, &offset, &err))
        report(loader, INPUT_BOUND, yaml_place_inside(loader->diags->text, &pair->node, offset, 1),
               "the regex does not compile: %s", err.message);
}

static void load_input(struct loader *loader, struct here here, const struct yaml_pair *pair,
                       const struct quell_field *table, const char *what,
                       struct playbook_input *input)
{
    const struct yaml_node *map = &pair->node, *required;
    const struct input_type *type;
    input->name = quell_str(pair->key.value);
    (void)check_spelling(loader, diag_format(loader->diags, "name of %s", what), &pair->key,
                         SPELLING_SNAKE);
    input->field.name = arena_str(loader->arena, input->name).data;
    if (!quell_is(map->value, QUELL_MAP)) {
        struct diag *diag =
            report(loader, WRONG_TYPE, head_place(loader, map), "%s is a map; this is of type %s",
                   what, value_type_name(map->value));
        diag->help = QUELL_STR("write `{ type: string }`");
        return;
    }
    check_keys(loader, table, map);
    type = find_type(text_at(map, "type"));
    input->field.type = type->type;
    input->form = type->form;
    input->type_name = type->name;
    if (text_at(map, "description").len)
        input->field.doc = arena_str(loader->arena, text_at(map, "description")).data;
    required = yaml_get(map, "required");
    if (required && quell_is(required->value, QUELL_BOOL) && required->value.as.boolean)
        input->field.flags = QUELL_REQUIRED;
    load_words(loader, pair, &input->field);
    load_bounds(loader, map, input);
    load_regex(loader, map, input);
    load_default(loader, here, map, input);
}

struct playbook_input *load_typed(struct loader *loader, struct here here,
                                  const struct yaml_node *map, const struct quell_field *table,
                                  const char *what, size_t *count)
{
    struct playbook_input *made = arena_array(loader->arena, struct playbook_input, map->count + 1);
    size_t i;
    for (i = 0; i < map->count; i++)
        load_input(loader, here, &map->pairs[i], table, what, &made[i]);
    *count = map->count;
    return made;
}

void load_inputs(struct loader *loader, const struct yaml_node *map)
{
    struct here here = {WHERE_INPUT, NO_STEP};
    if (!map)
        return;
    loader->inputs_known = quell_is(map->value, QUELL_MAP);
    if (loader->inputs_known) /* else said by check_keys */
        loader->playbook->inputs =
            load_typed(loader, here, map, input_fields, "an input", &loader->playbook->input_count);
}
