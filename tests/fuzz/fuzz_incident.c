/*
 * fuzz_incident.c - any JSON given to incident_make, by every source and by shape: an incident with
 * every key or an error with a message, never a crash; and an incident comes back from its own
 * JSON.
 */
#include <stdint.h>
#include <stdlib.h>

#include "base/arena.h"
#include "base/limits.h"
#include "incident/incident.h"
#include "value/json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(struct arena *arena, struct quell_value value)
{
    size_t keys = 0;
    while (incident_fields[keys].name)
        keys++;
    if (value.type != QUELL_MAP || value.len != keys)
        abort();
    for (size_t i = 0; i < keys; i++) {
        if (!quell_text_is(value.as.pairs[i].key, incident_fields[i].name))
            abort();
    }
    (void)json_text(arena, value, JSON_COMPACT);
}

static void try_source(struct quell_value received, struct quell_str source)
{
    struct arena *arena = arena_new(0);
    struct incident incident, again;
    struct quell_error err = {0};

    if (incident_make(arena, source, received, QUELL_STR("id"), 1, &incident, &err)) {
        if (!err.message[0])
            abort();
    } else {
        check(arena, incident.value);
        if (incident_make(arena, QUELL_STR("quell"), incident.value, QUELL_STR(""), 2, &again,
                          &err))
            abort();
        check(arena, again.value);
    }
    arena_free(arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *arena = arena_new(0);
    struct quell_str text = {(const char *)data, size};
    struct quell_value received;

    if (json_read(arena, text, LIMIT_DOCUMENT_BYTES, &received, NULL, NULL) == QUELL_OK) {
        try_source(received, QUELL_STR(""));
        for (size_t i = 0; incident_sources[i]; i++)
            try_source(received, quell_str_of(incident_sources[i]->name));
    }
    arena_free(arena);
    return 0;
}
