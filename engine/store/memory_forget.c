/*
 * memory_forget.c - taking old rows out of the memory store. Their memory is given back with the
 * store.
 */
#include "base/arena.h"
#include "base/error.h"
#include "loop/pool.h"
#include "store/memory_parts.h"

/* Rows of a transaction that may still go. */
static bool take_room(size_t *room)
{
    if (*room == 0)
        return false;
    --*room;
    return true;
}

/* ---- by id -------------------------------------------------------------------------------------
 */

static bool remove_id(struct shelf *shelf, struct quell_str id)
{
    struct shelf_key key = {.first = id};
    size_t place = shelf_place(shelf, &key);

    if (!shelf_at(shelf, place, &key))
        return false;
    shelf_remove(shelf, place);
    return true;
}

static void forget_run(struct memory *memory, struct quell_str id, size_t *room,
                       struct store_forgotten *did)
{
    struct shelf_key key = {.first = id};
    struct journal_row *journal = shelf_find(&memory->journals, &key);

    while (journal && journal->events.count > 0) {
        if (!take_room(room))
            return;
        shelf_remove(&journal->events, journal->events.count - 1);
        did->events++;
    }
    if (*room > 0)
        did->runs += remove_id(&memory->runs, id);
}

/* A sender's last incident is not found any more, either. */
static void forget_incident(struct memory *memory, struct quell_str id, size_t *room,
                            struct store_forgotten *did)
{
    struct shelf_key key = {.first = id};
    const struct incident_row *row = shelf_find(&memory->incidents, &key);
    struct shelf_key sent;
    size_t place;

    if (!row || !take_room(room))
        return;
    sent = (struct shelf_key){.first = row->data.source, .second = row->data.source_id};
    place = shelf_place(&memory->sent, &sent);
    if (shelf_at(&memory->sent, place, &sent) &&
        ((const struct sent_row *)(const void *)memory->sent.rows[place])->incident == row)
        shelf_remove(&memory->sent, place);
    (void)remove_id(&memory->incidents, id);
    did->incidents++;
}

/* ---- by age ------------------------------------------------------------------------------------
 */

static int64_t delivery_at(const struct shelf_key *row)
{
    return ((const struct delivery_row *)(const void *)row)->data.at_us;
}

static int64_t refusal_at(const struct shelf_key *row)
{
    return ((const struct refusal_row *)(const void *)row)->data.at_us;
}

static int64_t audit_at(const struct shelf_key *row)
{
    return ((const struct audit_row *)(const void *)row)->data.at_us;
}

static uint64_t forget_aged(struct shelf *shelf, int64_t (*at)(const struct shelf_key *row),
                            int64_t before_us, size_t *room)
{
    size_t i, kept = 0, all = shelf->count;

    if (before_us == 0)
        return 0;
    for (i = 0; i < all; i++)
        if (at(shelf->rows[i]) >= before_us || !take_room(room))
            shelf->rows[kept++] = shelf->rows[i];
    shelf->count = kept;
    return all - kept;
}

static uint64_t forget_marks(struct shelf *marks, int64_t before_us)
{
    size_t i, kept = 0, all = marks->count;

    for (i = 0; i < all; i++) {
        int64_t until = ((const struct mark_row *)(const void *)marks->rows[i])->data.until_us;

        if (until == 0 || until >= before_us)
            marks->rows[kept++] = marks->rows[i];
    }
    marks->count = kept;
    return all - kept;
}

enum quell_code memory_forget(struct store *store, const struct store_forget *what,
                              struct store_forgotten *forgotten, struct quell_error *err)
{
    struct memory *memory = memory_of(store);
    size_t i, room = what->limit ? what->limit : SIZE_MAX;
    struct store_forgotten did = {0};

    if (((struct memory_store *)store)->mode != STORE_WRITE)
        return error_set(err, QUELL_INVALID, "the store was opened for reading");
    pool_lock_take(memory->lock);
    for (i = 0; i < what->run_count; i++)
        forget_run(memory, what->runs[i], &room, &did);
    for (i = 0; i < what->incident_count; i++)
        forget_incident(memory, what->incidents[i], &room, &did);
    did.deliveries = forget_aged(&memory->deliveries, delivery_at, what->deliveries_us, &room);
    did.refusals = forget_aged(&memory->refusals, refusal_at, what->refusals_us, &room);
    did.audits = forget_aged(&memory->audits, audit_at, what->audits_us, &room);
    did.more = room == 0;
    if (what->marks_us != 0)
        did.marks = forget_marks(&memory->marks, what->marks_us);
    pool_lock_give(memory->lock);
    *forgotten = did;
    return QUELL_OK;
}

/* ---- what is old -------------------------------------------------------------------------------
 */

struct old_ids {
    struct arena *arena;
    struct quell_str *ids;
    size_t runs, count;
};

static bool is_of_a_run(const struct memory *memory, struct quell_str incident)
{
    size_t i;

    for (i = 0; i < memory->runs.count; i++)
        if (quell_str_equal(
                ((const struct run_row *)(const void *)memory->runs.rows[i])->data.incident,
                incident))
            return true;
    return false;
}

static void collect(struct memory *memory, int64_t ended_us, int64_t received_us,
                    struct old_ids *found)
{
    size_t i;

    found->ids =
        arena_array(found->arena, struct quell_str, memory->runs.count + memory->incidents.count);
    for (i = 0; i < memory->runs.count; i++) {
        const struct run_row *row = (const void *)memory->runs.rows[i];

        if (row->data.ended_us > 0 && row->data.ended_us < ended_us && row->data.due_us == 0)
            found->ids[found->count++] = row->data.id;
    }
    found->runs = found->count;
    for (i = 0; i < memory->incidents.count; i++) {
        const struct incident_row *row = (const void *)memory->incidents.rows[i];

        if (row->data.received_us < received_us && !is_of_a_run(memory, row->data.id))
            found->ids[found->count++] = row->data.id;
    }
}

enum quell_code memory_old(struct store *store, int64_t ended_us, int64_t received_us,
                           store_old_fn *each, void *user, struct quell_error *err)
{
    struct memory *memory = memory_of(store);
    struct old_ids found = {.arena = arena_new(0)};
    size_t i;

    (void)err; /* reading memory cannot fail */
    pool_lock_take(memory->lock);
    collect(memory, ended_us, received_us, &found);
    pool_lock_give(memory->lock);
    for (i = 0; i < found.count; i++)
        if (!each(found.ids[i], i < found.runs, user))
            break;
    arena_free(found.arena);
    return QUELL_OK;
}
