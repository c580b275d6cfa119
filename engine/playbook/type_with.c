/*
 * type_with.c - what is given to the inputs of an action: may a value of the expression's type
 * stand there? Constants have been checked with the table itself; here is what is known of the rest
 * before it runs.
 */
#include "playbook/types.h"

#include "base/str.h"

/* The table turns these into each other: fields.h. */
static bool turns_into(const struct cel_type *given, const struct quell_field *field)
{
    switch (field->type) {
    case QUELL_FIELD_ANY:
        return given->kind != CEL_OPTIONAL && given->kind != CEL_TYPE;
    case QUELL_FIELD_INT:
        return given->kind == CEL_UINT;
    case QUELL_FIELD_DOUBLE:
        return given->kind == CEL_INT || given->kind == CEL_UINT;
    case QUELL_FIELD_TIMESTAMP:
    case QUELL_FIELD_DURATION:
        return given->kind == CEL_STRING;
    case QUELL_FIELD_BOOL:
    case QUELL_FIELD_STRING:
    case QUELL_FIELD_ENUM:
    case QUELL_FIELD_LIST:
    case QUELL_FIELD_MAP:
    case QUELL_FIELD_OBJECT:
        break;
    }
    return false;
}

static bool has_word(const char *const *words, const char *word)
{
    for (; words && *words; words++)
        if (str_is(quell_str_of(word), *words))
            return true;
    return false;
}

/* An enum given to another one: some word must be in both. */
static bool shares_word(const struct cel_type *given, const struct quell_field *field)
{
    size_t i;
    if (field->type != QUELL_FIELD_ENUM || given->kind != CEL_STRING || !given->words)
        return true;
    for (i = 0; given->words[i]; i++)
        if (has_word(field->words, given->words[i]))
            return true;
    return false;
}

static struct quell_str advice(const struct cel_type *given, const struct quell_field *field)
{
    if (given->kind == CEL_OPTIONAL)
        return QUELL_STR("say what it is when there is none: `.orValue(...)`");
    if (given->kind == CEL_LIST && given->of[0]->kind == CEL_OBJECT)
        return QUELL_STR("name the field that is meant, `[0].id` or `.map(x, x.id)`");
    if (field->type == QUELL_FIELD_STRING && given->kind == CEL_LIST)
        return QUELL_STR("make one text of it: `.join(', ')`");
    if (field->type == QUELL_FIELD_STRING && (given->kind == CEL_OBJECT || given->kind == CEL_MAP))
        return QUELL_STR("name the field that is meant");
    if (field->type == QUELL_FIELD_STRING)
        return QUELL_STR("make a text of it: `string(...)`");
    if (field->type == QUELL_FIELD_LIST)
        return QUELL_STR("a list of one is written `[...]`");
    if (field->type == QUELL_FIELD_INT && given->kind == CEL_STRING)
        return QUELL_STR("make a number of it: `int(...)`");
    return QUELL_STR("");
}

static void report_input(struct loader *loader, const struct yaml_node *node,
                         const struct cel_type *given, const struct quell_field *field)
{
    struct quell_str is = cel_type_text(loader->arena, given);
    struct quell_str wanted = fields_type_text(loader->arena, field);
    struct diag *diag =
        report(loader, INPUT_TYPE, head_place(loader, node), "`%s` takes `%.*s`, not `%.*s`",
               field->name, QUELL_ARG(wanted), QUELL_ARG(is));
    diag->help = advice(given, field);
}

void type_value(struct loader *loader, const struct yaml_node *node,
                const struct quell_field *field)
{
    const struct cel_type *given;
    size_t i;
    if (quell_is(node->value, QUELL_MAP) && field->type == QUELL_FIELD_OBJECT) {
        type_inputs(loader, node, field->fields);
        return;
    }
    if (quell_is(node->value, QUELL_LIST) && field->type == QUELL_FIELD_LIST) {
        struct quell_field item = *field;
        item.type = field->of;
        item.of = QUELL_FIELD_ANY;
        for (i = 0; i < node->count; i++)
            type_value(loader, &node->items[i], &item);
        return;
    }
    if (!quell_is(node->value, QUELL_STRING) ||
        str_find(quell_str(node->value), QUELL_STR("${{"), 0) == SIZE_MAX)
        return; /* said with the constants */
    given = type_of_node(loader, node);
    if (given->kind == CEL_DYN || given->kind == CEL_NULL || turns_into(given, field))
        return;
    if (!cel_type_fits(loader->arena, given, cel_type_field(loader->arena, field)) ||
        !shares_word(given, field))
        report_input(loader, node, given, field);
}

void type_inputs(struct loader *loader, const struct yaml_node *with,
                 const struct quell_field *inputs)
{
    size_t i;
    for (i = 0; with->pairs && i < with->count; i++) {
        const struct quell_field *field = fields_find(inputs, quell_str(with->pairs[i].key.value));
        if (field)
            type_value(loader, &with->pairs[i].node, field);
    }
}
