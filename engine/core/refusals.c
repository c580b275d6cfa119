/*
 * refusals.c - events that came to nothing: writing down why, and looking at them. No such event is
 * told by a line of the log alone.
 */
#include "core/nothing.h"

#include <assert.h>
#include <stddef.h>

#include "base/str.h"
#include "loop/log.h"
#include "value/value.h"

static const struct {
    const char *word, *doc;
    size_t offset;
} kinds[] = {
#define REFUSAL(field, word, metric, doc) {word, doc, offsetof(struct counters, field)},
#include "core/refusals.def"
#undef REFUSAL
};

enum { KINDS = sizeof(kinds) / sizeof(*kinds) };

static uint64_t *counter_of(struct counters *counters, const char *reason)
{
    size_t i;

    for (i = 0; i < KINDS; i++)
        if (str_is(quell_str_of(reason), kinds[i].word))
            return (uint64_t *)(void *)((char *)counters + kinds[i].offset);
    return NULL;
}

void refuse_event(struct quell *engine, const struct refusal *refusal)
{
    struct commit *commit = turn_commit(engine);
    struct arena *arena = commit->arena;
    struct quell_str incident = incident_version(refusal->incident);
    uint64_t *counter = counter_of(&engine->counters, refusal->reason);

    assert(counter);
    ++*counter;
    log_line(LOG_LEVEL_INFO, "playbook=%.*s incident=%.*s %s: %.*s", QUELL_ARG(refusal->playbook),
             QUELL_ARG(incident), refusal->reason, QUELL_ARG(refusal->detail));
    commit_refusal(commit, &(struct store_refusal){.id = engine_new_id(engine, arena),
                                                   .at_us = loop_now_us(engine->loop),
                                                   .playbook = arena_str(arena, refusal->playbook),
                                                   .incident = arena_str(arena, incident),
                                                   .reason = quell_str_of(refusal->reason),
                                                   .detail = arena_str(arena, refusal->detail),
                                                   .run = arena_str(arena, refusal->run)});
}

struct quell_value quell_refusal_kinds(struct quell_document *document)
{
    struct map_builder map = {.arena = document_begin(document)};
    size_t i;

    for (i = 0; i < KINDS; i++)
        map_add(&map, kinds[i].word, quell_text(kinds[i].doc));
    document->value = map_made(&map);
    return document->value;
}

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
