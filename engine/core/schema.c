/*
 * schema.c - JSON Schemas of the documents that authors write.
 */
#include <string.h>

#include <quell/author.h>

#include "base/error.h"
#include "connector/connection.h"
#include "core/core.h"
#include "value/fields.h"
#include "value/value.h"

static struct quell_value playbook(struct quell *engine, struct arena *arena)
{
    struct playbook_actions actions = {.connectors =
                                           registry_connectors(engine->generation->registry)};

    return playbook_schema(arena, &actions, incident_fields);
}

/* A connection has the common keys and those of its connector, which its name or `connector` says:
 * what the schema does not know is left to the check at the start. */
static struct quell_value connection(struct arena *arena)
{
    struct quell_value schema = fields_schema(arena, connection_fields);

    return value_with(arena, schema, QUELL_STR("additionalProperties"), quell_bool(true));
}

static struct quell_value config(struct quell *engine, struct arena *arena)
{
    struct quell_value schema = fields_schema(arena, config_fields);
    struct quell_value properties = quell_get(schema, "properties"), connections;

    (void)engine;
    connections = value_with(arena, quell_get(properties, "connections"),
                             QUELL_STR("additionalProperties"), connection(arena));
    properties = value_with(arena, properties, QUELL_STR("connections"), connections);
    schema = value_with(arena, schema, QUELL_STR("properties"), properties);
    schema = value_with(arena, schema, QUELL_STR("$schema"),
                        quell_text("http://json-schema.org/draft-07/schema#"));
    return value_with(arena, schema, QUELL_STR("title"), quell_text("quell.yaml"));
}

static const struct {
    const char *name;
    struct quell_value (*make)(struct quell *engine, struct arena *arena);
} documents[] = {{"playbook", playbook}, {"config", config}, {"quell.yaml", config}};

enum quell_code quell_schema(struct quell *engine, const char *which,
                             struct quell_document *document, struct quell_error *err)
{
    struct quell_document made;
    struct arena *arena;

    for (size_t i = 0; i < sizeof(documents) / sizeof(documents[0]); i++) {
        if (strcmp(which, documents[i].name) != 0)
            continue;
        arena = document_begin(&made);
        made.value = value_copy(arena, documents[i].make(engine, arena)); /* tables are borrowed */
        *document = made;
        return QUELL_OK;
    }
    return error_set(err, QUELL_NOT_FOUND, "there is no schema of `%s`: playbook, test or config",
                     which);
}
