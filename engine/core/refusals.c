/*
 * refusals.c - looking at events that matched a playbook and started nothing.
 */
#include "core/core.h"

#include "value/value.h"

static bool add(const struct store_refusal *refusal, void *user)
{
    struct list_builder *list = user;
    struct arena *arena = list->arena;
    struct map_builder map = {.arena = arena};

    map_add(&map, "id", value_copy_str(arena, refusal->id));
    map_add(&map, "at", value_time_us(refusal->at_us));
    map_add(&map, "playbook", value_copy_str(arena, refusal->playbook));
    map_add(&map, "incident", value_copy_str(arena, refusal->incident));
    map_add(&map, "reason", value_copy_str(arena, refusal->reason));
    map_add(&map, "detail", value_copy_str(arena, refusal->detail));
    map_add(&map, "run", value_copy_str(arena, refusal->run));
    list_add(list, map_made(&map));
    return true;
}

enum quell_code quell_refusals(struct quell *engine, const struct quell_refusals_options *options,
                               struct quell_document *document, struct quell_error *err)
{
    struct store_refusal_query query = {.playbook = options->playbook,
                                        .incident = options->incident,
                                        .reason = options->reason,
                                        .before = options->before,
                                        .limit = options->limit};
    struct quell_document made;
    struct arena *arena = document_begin(&made);
    struct list_builder list = {.arena = arena};
    enum quell_code code = engine->reader->kind->refusals(engine->reader, &query, add, &list, err);

    if (code) {
        arena_free(arena);
        return code;
    }
    made.value = list_made(&list);
    *document = made;
    return QUELL_OK;
}
