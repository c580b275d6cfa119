/*
 * memory_audits.c - audit rows in the memory store.
 */
#include "base/arena.h"
#include "base/error.h"
#include "loop/pool.h"
#include "store/memory_parts.h"

enum quell_code memory_put_audit(struct commit *commit, const struct store_audit *audit,
                                 struct quell_error *err)
{
    struct audit_row *row = arena_one(commit->memory->arena, struct audit_row);

    row->data = *audit;
    row->key.first = audit->id;
    if (shelf_find(&commit->memory->audits, &row->key))
        return error_set(err, QUELL_CONFLICT, "audit row %.*s is already there",
                         QUELL_ARG(audit->id));
    memory_keep(commit, &row->data.id);
    memory_keep(commit, &row->data.who);
    memory_keep(commit, &row->data.what);
    memory_keep(commit, &row->data.subject);
    memory_keep(commit, &row->data.detail);
    row->key.first = row->data.id;
    memory_put(commit, &commit->memory->audits, &row->key);
    return QUELL_OK;
}

static bool is_asked(struct quell_str asked, struct quell_str found)
{
    return asked.len == 0 || quell_str_equal(asked, found);
}

static bool wanted(const struct store_audit *audit, const struct store_audit_query *query)
{
    return is_asked(query->who, audit->who) && is_asked(query->what, audit->what) &&
           is_asked(query->subject, audit->subject) && audit->at_us >= query->since_us;
}

enum quell_code memory_audits(struct store *store, const struct store_audit_query *query,
                              store_audit_fn *each, void *user, struct quell_error *err)
{
    struct memory *memory = memory_of(store);
    struct shelf_key before = {.first = query->before};
    size_t limit = query->limit ? query->limit : STORE_QUERY_LIMIT;
    struct arena *scratch = arena_new(0);
    const struct audit_row **rows;
    size_t place, count = 0, i;

    (void)err; /* reading memory cannot fail */
    pool_lock_take(memory->lock);
    if (limit > memory->audits.count)
        limit = memory->audits.count;
    rows = arena_array(scratch, const struct audit_row *, limit);
    place = query->before.len > 0 ? shelf_place(&memory->audits, &before) : memory->audits.count;
    while (place > 0 && count < limit) {
        const struct audit_row *row = (const void *)memory->audits.rows[--place];

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
