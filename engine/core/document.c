/*
 * document.c - results for front ends: a value and the memory it lives in.
 */
#include "core/core.h"

#include <quell/author.h>

#include "base/limits.h"
#include "value/json.h"

struct arena *document_begin(struct quell_document *document)
{
    struct arena *arena = arena_new(0);

    document->value = quell_null();
    document->memory = arena;
    return arena;
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
