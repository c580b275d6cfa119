/*
 * memory_parts.h - what the files of the memory store share; nobody else includes it.
 */
#ifndef STORE_MEMORY_PARTS_H
#define STORE_MEMORY_PARTS_H

#include "store/shelf.h"
#include "store/store.h"

struct arena;
struct pool_lock;

/* Every row begins with its key. */
struct incident_row {
    struct shelf_key key; /* id */
    struct store_incident data;
};

struct delivery_row {
    struct shelf_key key; /* hook, id */
    struct store_delivery data;
};

struct revision_row {
    struct shelf_key key; /* revision */
    struct store_revision data;
};

struct run_row {
    struct shelf_key key; /* id */
    struct store_run data;
};

struct journal_row {
    struct shelf_key key; /* run */
    struct shelf events;
};

struct event_row {
    struct shelf_key key; /* seq */
    struct store_event data;
};

struct mark_row {
    struct shelf_key key; /* scope, key */
    struct store_mark data;
};

struct refusal_row {
    struct shelf_key key; /* id */
    struct store_refusal data;
};

struct audit_row {
    struct shelf_key key; /* id */
    struct store_audit data;
};

struct sent_row {
    struct shelf_key key; /* source, source_id */
    const struct incident_row *incident;
};

/* What all handles of one store share. */
struct memory {
    struct pool_lock *lock; /* guards all below */
    size_t handles;
    struct arena *arena; /* rows and their texts; only the writer allocates */
    struct shelf incidents, deliveries, revisions, runs, journals;
    struct shelf marks, refusals, audits, sent; /* sent: the last incident of each id of a sender */
};

struct memory_store {
    struct store store;
    enum store_mode mode;
    struct memory *memory;
};

static inline struct memory *memory_of(struct store *store)
{
    return ((struct memory_store *)store)->memory;
}

/* ---- writing ---------------------------------------------------------------------------------*/

/* What a commit did so far, to be taken back when a later row of it is refused. */
struct change {
    struct shelf *shelf;
    struct shelf_key *row, *old; /* old: the row it replaced, or NULL */
    bool removed;                /* `row` was taken off */
    struct change *before;
};

struct commit {
    struct memory *memory;
    struct arena *scratch;
    struct change *last;
};

/* memory.c: puts a row on a shelf, in the place of an equal one if there is one. */
void memory_put(struct commit *commit, struct shelf *shelf, struct shelf_key *row);
/* Takes the row of the key off the shelf, if there is one. */
void memory_remove(struct commit *commit, struct shelf *shelf, struct shelf_key *key);
void memory_keep(struct commit *commit, struct quell_str *text); /* copies it */
/* The row of a key, found under the lock; NULL when absent. */
void *memory_find(struct memory *memory, const struct shelf *shelf, struct shelf_key key);
/* Copies the texts of an incident. */
void memory_copy_incident(struct arena *arena, struct store_incident *incident);

/* memory_audits.c */
enum quell_code memory_put_audit(struct commit *commit, const struct store_audit *audit,
                                 struct quell_error *err) QUELL_MUST_CHECK;
enum quell_code memory_audits(struct store *store, const struct store_audit_query *query,
                              store_audit_fn *each, void *user, struct quell_error *err);

/* memory_forget.c */
enum quell_code memory_forget(struct store *store, const struct store_forget *what,
                              struct store_forgotten *forgotten, struct quell_error *err);
enum quell_code memory_old(struct store *store, int64_t ended_us, int64_t received_us,
                           store_old_fn *each, void *user, struct quell_error *err);

/* memory_marks.c */
void memory_put_mark(struct commit *commit, const struct store_mark *mark);
enum quell_code memory_put_refusal(struct commit *commit, const struct store_refusal *refusal,
                                   struct quell_error *err) QUELL_MUST_CHECK;
void memory_put_sent(struct commit *commit, const struct incident_row *incident);
void memory_prune_marks(struct memory *memory,
                        int64_t before_us); /* and refusals; under the lock */
enum quell_code memory_incidents(struct store *store, struct quell_str from,
                                 store_incident_fn *each, void *user, struct quell_error *err);
enum quell_code memory_incident_last(struct store *store, struct arena *arena,
                                     struct quell_str source, struct quell_str source_id,
                                     struct store_incident *incident, struct quell_error *err);
enum quell_code memory_mark(struct store *store, struct arena *arena, struct quell_str scope,
                            struct quell_str key, struct store_mark *mark, struct quell_error *err);
enum quell_code memory_marks(struct store *store, struct quell_str scope, store_mark_fn *each,
                             void *user, struct quell_error *err);
enum quell_code memory_refusals(struct store *store, const struct store_refusal_query *query,
                                store_refusal_fn *each, void *user, struct quell_error *err);

#endif
