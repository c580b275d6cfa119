/*
 * fields_node.c - a document's node against a field table: every fault with its place.
 */
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/str.h"
#include "value/fields_parts.h"
#include "value/value.h"
#include "value/yaml.h"

struct checker {
    struct diag_list *diags;
    bool templates;
};

static void check_map(const struct checker *in, const struct quell_field *table,
                      const struct yaml_node *map, struct quell_str name);

static struct diag *wrong_type(const struct checker *in, const struct quell_field *field,
                               const struct yaml_node *node, struct quell_str what)
{
    struct diag *diag = diag_add(in->diags, "QL104", SEVERITY_ERROR, node->place, "`%s`: %.*s",
                                 field->name, QUELL_ARG(what));
    if (field->doc)
        diag->note = diag_format(in->diags, "`%s`: %s", field->name, field->doc);
    return diag;
}

/* Whether the node's value is only known when the playbook runs. */
static bool is_dynamic(const struct checker *in, const struct yaml_node *node)
{
    return in->templates && node->value.type == QUELL_STRING &&
           str_find(quell_str(node->value), QUELL_STR("${{"), 0) != SIZE_MAX;
}

/* `5 minutes` -> write `5m`; a bare number may be meant as seconds. */
static void advise_duration(const struct checker *in, struct quell_str source, struct diag *diag)
{
    static const char units[] = "smhd";
    size_t digits = 0;
    struct quell_str unit, better;
    while (digits < source.len && source.data[digits] >= '0' && source.data[digits] <= '9')
        digits++;
    unit = str_trim(str_slice(source, digits, source.len));
    diag->help = QUELL_STR("write a number and its unit: `90s`, `5m`, `4h` or `7d`");
    if (digits == 0 || (unit.len && !strchr(units, unit.data[0])))
        return;
    better =
        diag_format(in->diags, "%.*s%c", (int)digits, source.data, unit.len ? unit.data[0] : 's');
    diag->help = diag_format(in->diags, "write `%.*s`", QUELL_ARG(better));
    diag_set_fix(diag, diag->place, better, unit.len > 0); /* a bare number may have any unit */
}

/* What an author most likely meant by a text or number that does not fit. */
static void advise(const struct checker *in, const struct quell_field *field,
                   const struct yaml_node *node, struct diag *diag)
{
    struct quell_str source =
        str_slice(in->diags->text, node->place.offset, node->place.offset + node->place.len);
    bool is_scalar = node->value.type != QUELL_LIST && node->value.type != QUELL_MAP;
    if (field->type == QUELL_FIELD_STRING && is_scalar && node->value.type != QUELL_NULL) {
        struct quell_str quoted = diag_format(in->diags, "'%.*s'", QUELL_ARG(source));
        diag->help =
            diag_format(in->diags, "for a text, put it in quotes: `%.*s`", QUELL_ARG(quoted));
        diag_set_fix(diag, node->place, quoted, true);
    } else if (field->type == QUELL_FIELD_BOOL && node->value.type == QUELL_STRING) {
        diag->help = QUELL_STR("write true or false, without quotes");
    } else if (field->type == QUELL_FIELD_INT && node->value.type == QUELL_STRING) {
        diag->help = QUELL_STR("write a number without quotes");
    } else if (field->type == QUELL_FIELD_DURATION && is_scalar) {
        advise_duration(in, source, diag);
    } else if (field->type == QUELL_FIELD_MAP && is_scalar) {
        diag->help = QUELL_STR("write one `key: value` a line below it");
    } else if (field->type == QUELL_FIELD_LIST && is_scalar) {
        diag->help = QUELL_STR("write a list: `[a, b]`, or one item a line behind `- `");
    } else if (field->type == QUELL_FIELD_ENUM && node->value.type == QUELL_STRING) {
        struct quell_str nearest = fields_nearest_word(field->words, quell_str(node->value));
        size_t said = str_find(diag->message, QUELL_STR("; did you mean"), 0);
        if (said != SIZE_MAX)
            diag->message = /* the help says it */
                diag_format(in->diags, "%.*s", (int)said, diag->message.data);
        diag_suggest(in->diags, diag, nearest);
    }
}

static void check_leaf(const struct checker *in, const struct quell_field *field,
                       const struct yaml_node *node)
{
    struct quell_value checked;
    struct quell_str fault = fields_leaf(in->diags->arena, field, node->value, &checked);
    if (fault.len)
        advise(in, field, node, wrong_type(in, field, node, fault));
}

static void check(const struct checker *in, const struct quell_field *field,
                  const struct yaml_node *node);

static void check_list(const struct checker *in, const struct quell_field *field,
                       const struct yaml_node *node)
{
    struct quell_field row = fields_item(field);
    bool is_list = node->value.type == QUELL_LIST;
    if (!is_list && field->flags & QUELL_ONE_OR_MANY && node->value.type != QUELL_NULL) {
        check(in, &row, node);
        return;
    }
    struct quell_str fault = is_list ? fields_size(in->diags->arena, field, node->value)
                                     : fields_wrong_type(in->diags->arena, field, node->value);
    if (fault.len)
        advise(in, field, node, wrong_type(in, field, node, fault));
    for (size_t i = 0; is_list && i < node->count; i++)
        check(in, &row, &node->items[i]);
}

static void check_values(const struct checker *in, const struct quell_field *field,
                         const struct yaml_node *node)
{
    struct quell_field row = fields_item(field);
    if (node->value.type != QUELL_MAP) {
        struct quell_str fault = fields_wrong_type(in->diags->arena, field, node->value);
        advise(in, field, node, wrong_type(in, field, node, fault));
        return;
    }
    for (size_t i = 0; i < node->count; i++)
        check(in, &row, &node->pairs[i].node);
}

static void check(const struct checker *in, const struct quell_field *field,
                  const struct yaml_node *node)
{
    if (field->flags & QUELL_EXPRESSION)
        return; /* its text is CEL, whatever YAML took it for */
    if (is_dynamic(in, node)) {
        if (field->flags & QUELL_CONSTANT)
            (void)wrong_type(in, field, node, QUELL_STR("an expression is not allowed here"));
        return;
    }
    if (node->value.type == QUELL_NULL && field->flags & QUELL_NULLABLE)
        return;
    if (field->type == QUELL_FIELD_LIST)
        check_list(in, field, node);
    else if (field->type == QUELL_FIELD_MAP)
        check_values(in, field, node);
    else if (field->type == QUELL_FIELD_OBJECT)
        check_map(in, field->fields, node, quell_str_of(field->name));
    else
        check_leaf(in, field, node);
}

static void tell_unknown_key(const struct checker *in, const struct quell_field *table,
                             const struct yaml_node *key)
{
    struct quell_str name = quell_str(key->value);
    struct diag *diag = diag_add(in->diags, "QL102", SEVERITY_ERROR, key->place,
                                 "unknown key `%.*s`", QUELL_ARG(name));
    struct quell_str nearest = fields_nearest(table, name);
    diag_suggest(in->diags, diag, nearest);
    if (nearest.len)
        return;
    struct buf names = {.size_max = 400}; /* bytes; a longer help is not read */
    for (const struct quell_field *field = table; field && field->name; field++)
        buf_add_format(&names, "%s`%s`", field == table ? "" : ", ", field->name);
    if (names.len)
        diag->help = diag_format(in->diags, "known here: %.*s", QUELL_ARG(buf_str(&names)));
    buf_free(&names);
}

static void tell_missing(const struct checker *in, const struct quell_field *field,
                         const struct yaml_node *map)
{
    struct diag *diag =
        diag_add(in->diags, "QL103", SEVERITY_ERROR, map->place, "`%s` is missing", field->name);
    struct quell_str type = fields_type_text(in->diags->arena, field);
    diag->help = diag_format(in->diags, "add `%s:` (%.*s)", field->name, QUELL_ARG(type));
    if (field->doc)
        diag->note = diag_format(in->diags, "`%s`: %s", field->name, field->doc);
}

/* `retry: 3` -> `retry: { max: 3 }`, `on: incident` -> `on: { incident: ... }`. */
static void advise_map(const struct checker *in, const struct quell_field *table,
                       const struct yaml_node *node, struct quell_str name, struct diag *diag)
{
    struct quell_str text = quell_str(node->value), checked_text;
    struct quell_value checked;
    if (!table || !table->name || node->value.type == QUELL_LIST)
        return;
    checked_text =
        str_slice(in->diags->text, node->place.offset, node->place.offset + node->place.len);
    if (node->value.type == QUELL_STRING && fields_find(table, text))
        diag->help =
            diag_format(in->diags, "write `%.*s: { %.*s: ... }`", QUELL_ARG(name), QUELL_ARG(text));
    else if (fields_leaf(in->diags->arena, table, node->value, &checked).len == 0)
        diag->help = diag_format(in->diags, "write `%.*s: { %s: %.*s }`", QUELL_ARG(name),
                                 table->name, QUELL_ARG(checked_text));
    else
        diag->help =
            diag_format(in->diags, "write `%.*s: { %s: ... }`", QUELL_ARG(name), table->name);
}

static void check_map(const struct checker *in, const struct quell_field *table,
                      const struct yaml_node *map, struct quell_str name)
{
    if (map->value.type != QUELL_MAP && map->value.type != QUELL_NULL) {
        const char *is = value_type_name(map->value);
        struct diag *diag =
            diag_add(in->diags, "QL104", SEVERITY_ERROR, map->place,
                     "%s%.*s%sa map is expected, this is %s %s", name.len ? "`" : "",
                     QUELL_ARG(name), name.len ? "`: " : "", is[0] == 'i' ? "an" : "a", is);
        if (name.len)
            advise_map(in, table, map, name, diag);
        return;
    }
    for (size_t i = 0; i < map->count; i++) {
        const struct yaml_pair *pair = &map->pairs[i];
        const struct quell_field *field = fields_find(table, quell_str(pair->key.value));
        if (field)
            check(in, field, &pair->node);
        else
            tell_unknown_key(in, table, &pair->key);
    }
    for (const struct quell_field *field = table; field && field->name; field++)
        if (field->flags & QUELL_REQUIRED && !yaml_get(map, field->name))
            tell_missing(in, field, map);
}

bool fields_check_node(struct diag_list *diags, const struct quell_field *table,
                       const struct yaml_node *map, bool templates)
{
    struct checker in = {.diags = diags, .templates = templates};
    size_t errors = diags->errors;
    if (!is_dynamic(&in, map))
        check_map(&in, table, map, QUELL_STR(""));
    return diags->errors == errors;
}
