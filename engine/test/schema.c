/*
 * schema.c - what tools ask of the tables: the JSON Schema of a test document, with the installed
 * actions where they are mocked, and what a code of a fault means.
 */
#include <string.h>

#include <quell/author.h>

#include "base/error.h"
#include "connector/registry.h"
#include "test/test.h"
#include "value/fields.h"
#include "value/value.h"

static struct quell_value one(struct arena *arena, const char *key, struct quell_value value)
{
    struct map_builder map = {.arena = arena};

    map_add(&map, key, value);
    return map_made(&map);
}

static struct quell_value described(struct arena *arena, const char *doc)
{
    return one(arena, "description", quell_text(doc));
}

/* Each action with its answer, or a list of them. */
static struct quell_value mocks(struct arena *arena, const struct registry *registry)
{
    const struct quell_connector *const *connectors = registry_connectors(registry);
    struct map_builder actions = {.arena = arena};
    struct quell_value answer = fields_schema(arena, test_mock_fields);
    struct quell_value forms[] = {answer, one(arena, "items", answer)}, schema;
    size_t i, j;

    for (i = 0; connectors[i]; i++)
        for (j = 0; connectors[i]->actions[j]; j++) {
            schema = described(arena, connectors[i]->actions[j]->doc);
            schema = value_with(arena, schema, QUELL_STR("anyOf"),
                                value_copy(arena, quell_list(forms, 2)));
            map_put(
                &actions,
                arena_format(arena, "%s.%s", connectors[i]->name, connectors[i]->actions[j]->name),
                schema);
        }
    schema = one(arena, "properties", map_made(&actions));
    schema = value_with(arena, schema, QUELL_STR("type"), quell_text("object"));
    return value_with(arena, schema, QUELL_STR("additionalProperties"), quell_bool(false));
}

/* `steps.x.status` and its like may be written beside the words. */
static struct quell_value expects(struct arena *arena)
{
    struct map_builder words = {.arena = arena};
    struct quell_value dotted, schema;
    size_t i;

    for (i = 0; i < TEST_EXPECTS; i++)
        map_add(&words, test_expects[i].name, described(arena, test_expects[i].doc));
    dotted = one(arena, "^(steps|vars|outputs|error)\\.", quell_map(NULL, 0));
    schema = one(arena, "properties", map_made(&words));
    schema = value_with(arena, schema, QUELL_STR("type"), quell_text("object"));
    schema = value_with(arena, schema, QUELL_STR("patternProperties"), dotted);
    return value_with(arena, schema, QUELL_STR("additionalProperties"), quell_bool(false));
}

static struct quell_value case_schema(struct arena *arena, const struct quell_field *table,
                                      struct quell_value mock, struct quell_value expect)
{
    struct quell_value schema = fields_schema(arena, table);
    struct quell_value properties = quell_get(schema, "properties");

    properties = value_with(arena, properties, QUELL_STR("mock"), mock);
    properties = value_with(arena, properties, QUELL_STR("expect"), expect);
    return value_with(arena, schema, QUELL_STR("properties"), properties);
}

enum quell_code quell_test_schema(struct quell *engine, struct quell_document *document,
                                  struct quell_error *err)
{
    struct quell_document made;
    struct arena *arena = document_begin(&made);
    struct quell_value mock = mocks(arena, engine->generation->registry), expect = expects(arena);
    struct quell_value schema = fields_schema(arena, test_document_fields);
    struct quell_value properties = quell_get(schema, "properties"), cases;

    (void)err; /* nothing can go wrong with tables */
    cases = value_with(arena, quell_get(properties, "cases"), QUELL_STR("items"),
                       case_schema(arena, test_case_fields, mock, expect));
    properties = value_with(arena, properties, QUELL_STR("cases"), cases);
    properties = value_with(arena, properties, QUELL_STR("defaults"),
                            case_schema(arena, test_defaults_fields, mock, expect));
    schema = value_with(arena, schema, QUELL_STR("properties"), properties);
    schema = value_with(arena, schema, QUELL_STR("$schema"),
                        quell_text("http://json-schema.org/draft-07/schema#"));
    schema = value_with(arena, schema, QUELL_STR("title"), quell_text("tests of a quell playbook"));
    made.value = value_copy(arena, schema); /* tables are borrowed */
    *document = made;
    return QUELL_OK;
}

enum quell_code quell_test_rule(const char *code, struct quell_document *document,
                                struct quell_error *err)
{
    struct quell_document made;
    struct map_builder map;
    size_t i;

    for (i = 0; i < TEST_FAULTS; i++)
        if (strcmp(test_faults[i].code, code) == 0)
            break;
    if (i == TEST_FAULTS)
        return error_set(err, QUELL_NOT_FOUND, "there is no check `%s`", code);
    map = (struct map_builder){.arena = document_begin(&made)};
    map_add(&map, "code", quell_text(test_faults[i].code));
    map_add(&map, "severity", quell_text("error"));
    map_add(&map, "sentence", quell_text(test_faults[i].doc));
    map_add(&map, "bad", quell_text(test_faults[i].bad));
    map_add(&map, "good", quell_text(test_faults[i].good));
    made.value = map_made(&map);
    *document = made;
    return QUELL_OK;
}
