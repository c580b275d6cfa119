/*
 * fields_schema.c - a field table as a value: for people's tools, and as JSON Schema.
 */
#include "base/arena.h"
#include "value/fields_parts.h"
#include "value/value.h"

struct quell_value fields_words_value(struct arena *arena, const char *const *words)
{
    struct list_builder list = {.arena = arena};
    for (size_t i = 0; words && words[i]; i++)
        list_add(&list, quell_text(words[i]));
    return list_made(&list);
}

/* ---- as it is listed ------------------------------------------------------------------------- */

static struct quell_value describe(struct arena *arena, const struct quell_field *field)
{
    struct map_builder map = {.arena = arena};
    map_add(&map, "name", quell_text(field->name));
    map_add(&map, "type", quell_string(fields_type_text(arena, field)));
    map_add(&map, "required", quell_bool(field->flags & QUELL_REQUIRED));
    if (field->fallback)
        map_add(&map, "default", fields_fallback(arena, field));
    if (field->words)
        map_add(&map, "words", fields_words_value(arena, field->words));
    if (field->flags & QUELL_SECRET_FIELD)
        map_add(&map, "secret", quell_bool(true));
    if (field->flags & QUELL_NULLABLE)
        map_add(&map, "nullable", quell_bool(true));
    if (field->size_max)
        map_add(&map, "size_max", quell_int(field->size_max));
    if (field->fields)
        map_add(&map, "fields", fields_describe(arena, field->fields));
    if (field->doc)
        map_add(&map, "doc", quell_text(field->doc));
    if (field->sink)
        map_add(&map, "sink", quell_text(field->sink));
    return map_made(&map);
}

struct quell_value fields_describe(struct arena *arena, const struct quell_field *table)
{
    struct list_builder list = {.arena = arena};
    for (; table && table->name; table++)
        list_add(&list, describe(arena, table));
    return list_made(&list);
}

/* ---- JSON Schema ----------------------------------------------------------------------------- */

struct maker {
    struct arena *arena;
    const struct fields_schema_options *options; /* never NULL */
};

static void add_type(struct map_builder *schema, const struct quell_field *field, const char *type)
{
    if (field->flags & QUELL_NULLABLE) {
        struct list_builder types = {.arena = schema->arena};
        list_add(&types, quell_text(type));
        list_add(&types, quell_text("null"));
        map_add(schema, "type", list_made(&types));
        return;
    }
    map_add(schema, "type", quell_text(type));
}

static void add_enum(struct map_builder *schema, const struct quell_field *field)
{
    struct list_builder words = {.arena = schema->arena};
    for (size_t i = 0; field->words && field->words[i]; i++)
        list_add(&words, quell_text(field->words[i]));
    if (field->flags & QUELL_NULLABLE)
        list_add(&words, quell_null());
    map_add(schema, "enum", list_made(&words));
}

static struct quell_value schema_of(const struct maker *maker, const struct quell_field *field);
static struct quell_value object_schema(const struct maker *maker, const struct quell_field *table,
                                        bool nullable);

static struct quell_value any_of(struct arena *arena, struct quell_value one,
                                 struct quell_value other)
{
    struct list_builder either = {.arena = arena};
    list_add(&either, one);
    list_add(&either, other);
    return value_with(arena, quell_map(NULL, 0), QUELL_STR("anyOf"), list_made(&either));
}

/* A map of the table's keys: by its name when it has one, so that tables may hold themselves. */
static struct quell_value table_schema(const struct maker *maker, const struct quell_field *table)
{
    const struct fields_named *named = maker->options->named;
    for (; named && named->table; named++) {
        if (named->table == table)
            return value_with(maker->arena, quell_map(NULL, 0), QUELL_STR("$ref"),
                              value_format(maker->arena, "#/definitions/%s", named->name));
    }
    return object_schema(maker, table, false);
}

/* What an item of a list, or a value of a map, is. */
static struct quell_value item_schema(const struct maker *maker, const struct quell_field *field)
{
    struct quell_field item = fields_item(field);
    item.doc = NULL; /* said about the field as a whole */
    if (field->fields && item.type == QUELL_FIELD_ANY)
        return table_schema(maker, field->fields);
    if (field->fields && item.type == QUELL_FIELD_LIST) {
        struct quell_field inner = {.type = QUELL_FIELD_LIST, .fields = field->fields};
        return schema_of(maker, &inner);
    }
    return schema_of(maker, &item);
}

/* "fail", or a list of steps: words, a map of keys or a list of such maps, whatever there is. */
static struct quell_value open_schema(const struct maker *maker, const struct quell_field *field)
{
    struct arena *arena = maker->arena;
    struct list_builder either = {.arena = arena};
    struct map_builder words = {.arena = arena}, scalar = {.arena = arena};
    struct quell_field list = {.type = QUELL_FIELD_LIST, .fields = field->fields};
    if (field->words) {
        add_enum(&words, field);
        list_add(&either, map_made(&words));
        list_add(&either, schema_of(maker, &list));
        return value_with(arena, quell_map(NULL, 0), QUELL_STR("anyOf"), list_made(&either));
    }
    map_add(&scalar, "type",
            fields_words_value(arena,
                               (const char *const[]){"string", "number", "boolean", "null", NULL}));
    list_add(&either, table_schema(maker, field->fields));
    list_add(&either, map_made(&scalar));
    return value_with(arena, quell_map(NULL, 0), QUELL_STR("anyOf"), list_made(&either));
}

static void add_shape(const struct maker *maker, struct map_builder *schema,
                      const struct quell_field *field)
{
    switch (field->type) {
    case QUELL_FIELD_ANY:
        break;
    case QUELL_FIELD_BOOL:
        add_type(schema, field, "boolean");
        break;
    case QUELL_FIELD_INT:
        add_type(schema, field, "integer");
        break;
    case QUELL_FIELD_DOUBLE:
        add_type(schema, field, "number");
        break;
    case QUELL_FIELD_STRING:
        add_type(schema, field, "string");
        break;
    case QUELL_FIELD_TIMESTAMP:
        add_type(schema, field, "string");
        map_add(schema, "format", quell_text("date-time"));
        break;
    case QUELL_FIELD_DURATION:
        add_type(schema, field, "string");
        map_add(schema, "pattern", quell_text("^[-+]?([0-9]*\\.?[0-9]+(d|h|m|s|ms|us|ns))+$"));
        break;
    case QUELL_FIELD_ENUM:
        add_enum(schema, field);
        break;
    case QUELL_FIELD_LIST:
        add_type(schema, field, "array");
        map_add(schema, "items", item_schema(maker, field));
        break;
    case QUELL_FIELD_MAP:
        add_type(schema, field, "object");
        map_add(schema, "additionalProperties", item_schema(maker, field));
        break;
    case QUELL_FIELD_OBJECT:
        break; /* made whole by schema_of */
    }
}

static void add_sizes(struct map_builder *schema, const struct quell_field *field)
{
    bool is_list = field->type == QUELL_FIELD_LIST;
    if (!is_list && field->type != QUELL_FIELD_STRING)
        return;
    if (field->flags & QUELL_NOT_EMPTY)
        map_add(schema, is_list ? "minItems" : "minLength", quell_int(1));
    if (field->size_max) /* ours counts bytes, the schema's characters: never too strict */
        map_add(schema, is_list ? "maxItems" : "maxLength", quell_int(field->size_max));
}

static struct quell_value object_schema(const struct maker *maker, const struct quell_field *table,
                                        bool nullable)
{
    struct arena *arena = maker->arena;
    struct map_builder schema = {.arena = arena}, properties = {.arena = arena};
    struct list_builder required = {.arena = arena};
    const struct quell_field self = {.flags = nullable ? QUELL_NULLABLE : 0};
    for (; table && table->name; table++) {
        if (table->flags & maker->options->without)
            continue;
        map_add(&properties, table->name, schema_of(maker, table));
        if (table->flags & QUELL_REQUIRED)
            list_add(&required, quell_text(table->name));
    }
    add_type(&schema, &self, "object");
    map_add(&schema, "properties", map_made(&properties));
    if (required.count)
        map_add(&schema, "required", list_made(&required));
    map_add(&schema, "additionalProperties", quell_bool(false));
    return map_made(&schema);
}

/* The schema without what is said about the field as a whole. */
static struct quell_value bare_schema(const struct maker *maker, const struct quell_field *field)
{
    struct map_builder schema = {.arena = maker->arena};
    if (field->type == QUELL_FIELD_OBJECT)
        return field->flags & QUELL_NULLABLE ? object_schema(maker, field->fields, true)
                                             : table_schema(maker, field->fields);
    if (field->type == QUELL_FIELD_ANY && field->fields)
        return open_schema(maker, field);
    add_shape(maker, &schema, field);
    add_sizes(&schema, field);
    return map_made(&schema);
}

/* Where expressions may stand, each value may be a text with one. */
static bool takes_template(const struct maker *maker, const struct quell_field *field)
{
    return maker->options->templates && !(field->flags & QUELL_CONSTANT) &&
           field->type != QUELL_FIELD_ANY && field->type != QUELL_FIELD_OBJECT &&
           field->type != QUELL_FIELD_STRING;
}

static struct quell_value schema_of(const struct maker *maker, const struct quell_field *field)
{
    struct arena *arena = maker->arena;
    struct quell_value schema = bare_schema(maker, field);
    if (field->type == QUELL_FIELD_LIST && field->flags & QUELL_ONE_OR_MANY)
        schema = any_of(arena, item_schema(maker, field), schema);
    if (takes_template(maker, field)) {
        struct map_builder text = {.arena = arena};
        map_add(&text, "type", quell_text("string"));
        map_add(&text, "pattern", quell_text("\\$\\{\\{"));
        schema = any_of(arena, schema, map_made(&text));
    }
    if (field->doc)
        schema = value_with(arena, schema, QUELL_STR("description"), quell_text(field->doc));
    if (field->fallback)
        schema = value_with(arena, schema, QUELL_STR("default"), fields_fallback(arena, field));
    if (field->flags & QUELL_SECRET_FIELD)
        schema = value_with(arena, schema, QUELL_STR("writeOnly"), quell_bool(true));
    return schema;
}

struct quell_value fields_schema(struct arena *arena, const struct quell_field *table)
{
    static const struct fields_schema_options plain = {0};
    return object_schema(&(struct maker){arena, &plain}, table, false);
}

struct quell_value fields_schema_with(struct arena *arena, const struct quell_field *table,
                                      const struct fields_schema_options *options)
{
    return object_schema(&(struct maker){arena, options}, table, false);
}

struct quell_value fields_definitions(struct arena *arena,
                                      const struct fields_schema_options *options)
{
    struct map_builder map = {.arena = arena};
    const struct fields_named *named = options->named;
    for (; named && named->table; named++)
        map_add(&map, named->name, fields_schema_with(arena, named->table, options));
    return map_made(&map);
}
