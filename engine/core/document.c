/*
 * document.c - results for front ends: a value and the memory it lives in.
 */
#include "core/core.h"

#include <quell/author.h>

#include "base/limits.h"
#include "base/str.h"
#include "base/when.h"
#include "value/json.h"
#include "value/value.h"

struct arena *document_begin(struct quell_document *document)
{
    struct arena *arena = arena_new(0);

    document->value = quell_null();
    document->memory = arena;
    return arena;
}

/* ---- out of JSON -------------------------------------------------------------------------------
 */

static bool names_time(struct quell_str key)
{
    return str_is(key, "at") || str_is(key, "until") || str_ends(key, QUELL_STR("_at"));
}

static void restore_times(struct quell_value value)
{
    size_t i;

    for (i = 0; quell_is(value, QUELL_LIST) && i < quell_count(value); i++)
        restore_times(quell_at(value, i));
    for (i = 0; quell_is(value, QUELL_MAP) && i < quell_count(value); i++) {
        struct quell_pair *pair = (struct quell_pair *)&value.as.pairs[i]; /* of our own copy */
        struct when time;

        if (quell_is(pair->value, QUELL_STRING) && names_time(quell_str(pair->key)) &&
            when_parse_time(quell_str(pair->value), &time))
            pair->value = value_time(time.seconds, (uint32_t)time.nanos);
        else
            restore_times(pair->value);
    }
}

void quell_document_of(struct quell_value value, struct quell_document *document)
{
    struct arena *arena = document_begin(document);

    document->value = value_copy(arena, value);
    restore_times(document->value);
}

void quell_document_free(struct quell_document *document)
{
    if (document == NULL)
        return;
    arena_free(document->memory);
    document->memory = NULL;
    document->value = quell_null();
}

struct quell_str quell_json(struct quell_document *document, bool pretty)
{
    return json_text(document->memory, document->value, pretty ? JSON_PRETTY : JSON_COMPACT);
}
