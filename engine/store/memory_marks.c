/*
 * memory_marks.c - marks, refusals, incidents in their order and the last of a sender's id in the
 * memory store.
 */
#include "base/arena.h"
#include "base/error.h"
#include "loop/pool.h"
#include "store/memory_parts.h"

/* ---- writing ---------------------------------------------------------------------------------*/

void memory_put_mark(struct commit *commit, const struct store_mark *mark)
{
    struct mark_row *row = arena_one(commit->memory->arena, struct mark_row);

    row->data = *mark;
    row->key.first = mark->scope;
    row->key.second = mark->key;
    if (mark->body.len == 0) {
        memory_remove(commit, &commit->memory->marks, &row->key);
        return;
    }
    memory_keep(commit, &row->data.scope);
    memory_keep(commit, &row->data.key);
    memory_keep(commit, &row->data.body);
    row->key.first = row->data.scope;
    row->key.second = row->data.key;
    memory_put(commit, &commit->memory->marks, &row->key);
}

enum quell_code memory_put_refusal(struct commit *commit, const struct store_refusal *refusal,
                                   struct quell_error *err)
{
    struct refusal_row *row = arena_one(commit->memory->arena, struct refusal_row);

    row->data = *refusal;
    row->key.first = refusal->id;
    if (shelf_find(&commit->memory->refusals, &row->key))
        return error_set(err, QUELL_CONFLICT, "refusal %.*s is already there",
                         QUELL_ARG(refusal->id));
    memory_keep(commit, &row->data.id);
    memory_keep(commit, &row->data.playbook);
    memory_keep(commit, &row->data.incident);
    memory_keep(commit, &row->data.reason);
    memory_keep(commit, &row->data.detail);
    memory_keep(commit, &row->data.run);
    row->key.first = row->data.id;
    memory_put(commit, &commit->memory->refusals, &row->key);
    return QUELL_OK;
}

void memory_put_sent(struct commit *commit, const struct incident_row *incident)
{
    struct sent_row *row;

    if (incident->data.source_id.len == 0)
        return;
    row = arena_one(commit->memory->arena, struct sent_row);
    row->key.first = incident->data.source;
    row->key.second = incident->data.source_id;
    row->incident = incident;
    memory_put(commit, &commit->memory->sent, &row->key);
}

void memory_prune_marks(struct memory *memory, int64_t before_us)
{
    size_t i, kept = 0;

    for (i = 0; i < memory->marks.count; i++) {
        const struct mark_row *row = (const void *)memory->marks.rows[i];

        if (row->data.until_us == 0 || row->data.until_us >= before_us)
            memory->marks.rows[kept++] = memory->marks.rows[i];
    }
    memory->marks.count = kept;
    for (i = 0, kept = 0; i < memory->refusals.count; i++) {
        const struct refusal_row *row = (const void *)memory->refusals.rows[i];

        if (row->data.at_us >= before_us)
            memory->refusals.rows[kept++] = memory->refusals.rows[i];
    }
    memory->refusals.count = kept;
}

/* ---- reading ---------------------------------------------------------------------------------*/

enum quell_code memory_incident_last(struct store *store, struct arena *arena,
                                     struct quell_str source, struct quell_str source_id,
                                     struct store_incident *incident, struct quell_error *err)
{
    struct memory *memory = memory_of(store);
    const struct sent_row *row = memory_find(
        memory, &memory->sent, (struct shelf_key){.first = source, .second = source_id});

    if (!row)
        return error_set(err, QUELL_NOT_FOUND, "no incident %.*s", QUELL_ARG(source_id));
    *incident = row->incident->data;
    memory_copy_incident(arena, incident);
    return QUELL_OK;
}

enum quell_code memory_incidents(struct store *store, struct quell_str from,
                                 store_incident_fn *each, void *user, struct quell_error *err)
{
    struct memory *memory = memory_of(store);
    struct shelf_key first = {.first = from};
    struct arena *scratch = arena_new(0);
    const struct incident_row **rows;
    size_t place, count = 0, i;

    (void)err; /* reading memory cannot fail */
    pool_lock_take(memory->lock);
    place = shelf_place(&memory->incidents, &first);
    rows = arena_array(scratch, const struct incident_row *, memory->incidents.count - place);
    for (; place < memory->incidents.count; place++)
        rows[count++] = (const void *)memory->incidents.rows[place];
    pool_lock_give(memory->lock);
    for (i = 0; i < count; i++) {
        if (!each(&rows[i]->data, user))
            break;
    }
    arena_free(scratch);
    return QUELL_OK;
}

enum quell_code memory_mark(struct store *store, struct arena *arena, struct quell_str scope,
                            struct quell_str key, struct store_mark *mark, struct quell_error *err)
{
    struct memory *memory = memory_of(store);
    const struct mark_row *row =
        memory_find(memory, &memory->marks, (struct shelf_key){.first = scope, .second = key});

    if (!row)
        return error_set(err, QUELL_NOT_FOUND, "no mark %.*s", QUELL_ARG(key));
    *mark = row->data;
    mark->scope = arena_str(arena, mark->scope);
    mark->key = arena_str(arena, mark->key);
    mark->body = arena_str(arena, mark->body);
    return QUELL_OK;
}

enum quell_code memory_marks(struct store *store, struct quell_str scope, store_mark_fn *each,
                             void *user, struct quell_error *err)
{
    struct memory *memory = memory_of(store);
    struct shelf_key from = {.first = scope};
    struct arena *scratch = arena_new(0);
    const struct mark_row **rows;
    size_t place, count = 0, i;

    (void)err; /* reading memory cannot fail */
    pool_lock_take(memory->lock);
    place = shelf_place(&memory->marks, &from);
    rows = arena_array(scratch, const struct mark_row *, memory->marks.count - place);
    for (; place < memory->marks.count; place++) {
        const struct mark_row *row = (const void *)memory->marks.rows[place];

        if (!quell_str_equal(row->data.scope, scope))
            break;
        rows[count++] = row;
    }
    pool_lock_give(memory->lock);
    for (i = 0; i < count; i++) {
        if (!each(&rows[i]->data, user))
            break;
    }
    arena_free(scratch);
    return QUELL_OK;
}

static bool is_asked(struct quell_str asked, struct quell_str found)
{
    return asked.len == 0 || quell_str_equal(asked, found);
}

static bool wanted(const struct store_refusal *refusal, const struct store_refusal_query *query)
{
    return is_asked(query->playbook, refusal->playbook) &&
           is_asked(query->incident, refusal->incident) && is_asked(query->reason, refusal->reason);
}

enum quell_code memory_refusals(struct store *store, const struct store_refusal_query *query,
                                store_refusal_fn *each, void *user, struct quell_error *err)
{
    struct memory *memory = memory_of(store);
    struct shelf_key before = {.first = query->before};
    size_t limit = query->limit ? query->limit : STORE_QUERY_LIMIT;
    struct arena *scratch = arena_new(0);
    const struct refusal_row **rows;
    size_t place, count = 0, i;

    (void)err; /* reading memory cannot fail */
    pool_lock_take(memory->lock);
    if (limit > memory->refusals.count)
        limit = memory->refusals.count;
    rows = arena_array(scratch, const struct refusal_row *, limit);
    place =
        query->before.len > 0 ? shelf_place(&memory->refusals, &before) : memory->refusals.count;
    while (place > 0 && count < limit) {
        const struct refusal_row *row = (const void *)memory->refusals.rows[--place];

        if (wanted(&row->data, query))
            rows[count++] = row;
    }
    pool_lock_give(memory->lock);
    for (i = 0; i < count; i++) {
        if (!each(&rows[i]->data, user))
            break;
    }
    arena_free(scratch);
    return QUELL_OK;
}
