/*
 * record.c - quell_test_record(): a stored run as a test, with its mocks, answers and expectations.
 */
#include <quell/author.h>

#include "base/str.h"
#include "test/record.h"

static struct quell_str title_of(const struct recording *recording, struct quell_str given)
{
    struct quell_str title = recording->row.title;

    if (given.len)
        return given;
    if (title.len == 0)
        title = recording->row.playbook;
    return arena_format(recording->arena, "%.*s: %.*s", QUELL_ARG(title),
                        QUELL_ARG(recording->row.state));
}

enum quell_code quell_test_record(struct quell *engine, const struct quell_record_options *options,
                                  struct quell_document *document, struct quell_error *err)
{
    struct quell_document made;
    struct arena *arena = document_begin(&made);
    struct recording recording = {.engine = engine, .arena = arena};
    struct record_names names = {.arena = arena};
    struct map_builder map = {.arena = arena};
    enum quell_code code = record_read(&recording, options->run, err);

    if (code == QUELL_OK) {
        if (!options->keep_names)
            record_find_names(&names, run_incident(recording.run),
                              generation_world(engine->generation).config);
        map_add(&map, "text",
                quell_string(record_text(&recording, &names, title_of(&recording, options->name))));
        map_add(&map, "playbook", value_copy_str(arena, recording.row.playbook));
        map_add(&map, "names", quell_int((int64_t)names.used));
        made.value = map_made(&map);
        *document = made;
    }
    record_free(&recording);
    if (code)
        arena_free(arena);
    return code;
}
