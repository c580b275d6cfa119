/*
 * cmd_schema.c - `quell schema [playbook|test|config]`: what an editor needs to help with a file.
 */
#include <string.h>

#include <quell/author.h>

#include "base/arena.h"
#include "cli/command.h"
#include "serve/serve.h"
#include "value/fields.h"
#include "value/value.h"

/* `listen`, `tls`, `hooks` and `senders` belong to the server, which the engine does not know. */
static void add_serving(struct quell_document *document, struct arena *arena)
{
    struct quell_value own = quell_get(fields_schema(arena, serve_config_fields), "properties");
    struct quell_value properties = quell_get(document->value, "properties");

    for (size_t i = 0; i < quell_count(own); i++)
        properties =
            value_with(arena, properties, quell_str(own.as.pairs[i].key), own.as.pairs[i].value);
    document->value = value_with(arena, document->value, QUELL_STR("properties"), properties);
}

static int run(const struct args *args)
{
    const char *which = args->word_count ? args->words[0] : "playbook";
    struct quell *engine;
    struct quell_document document = {0};
    struct quell_error err = {0};
    struct arena *arena;
    int status = EXIT_DONE;

    if (open_engine(args, QUELL_FOR_AUTHORING, &engine, &err))
        return fail(&err);
    arena = arena_new(0);
    if (strcmp(which, "test") == 0 ? quell_test_schema(engine, &document, &err)
                                   : quell_schema(engine, which, &document, &err)) {
        status = fail(&err);
    } else {
        if (strcmp(which, "config") == 0 || strcmp(which, "quell.yaml") == 0)
            add_serving(&document, arena);
        print_json(&document, OUTPUT_JSON);
    }
    quell_document_free(&document);
    arena_free(arena);
    quell_close(engine);
    return status;
}

const struct command command_schema = {
    .name = "schema",
    .words = "[playbook|test|config]",
    .doc =
        "Writes the JSON Schema of playbooks or their tests, with the installed connectors, or of "
        "quell.yaml.",
    .more = "An editor with yaml-language-server reads it when a playbook begins with\n"
            "  # yaml-language-server: $schema=playbook.json\n",
    .words_max = 1,
    .run = run,
};
