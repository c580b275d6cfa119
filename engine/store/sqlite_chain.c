/*
 * sqlite_chain.c - the chain of a handle that writes: one link in each transaction, and the links
 * for rows that are older than the chain.
 */
#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "store/sqlite.h"

enum { OLD_ROWS = 4096 }; /* rows that one link for old rows covers: 200 KB of hashes */

const struct sqlite_kind sqlite_kinds[] = {
    {CHAIN_INCIDENT, "incident", "incident",
     "id, received_us, source, source_id, title, severity, body", "id = ?1"},
    {CHAIN_DELIVERY, "delivery", "answer to delivery", "hook, id, at_us, answer",
     "hook = ?1 AND id = ?2"},
    {CHAIN_REVISION, "revision", "playbook revision", "revision, playbook, file, text",
     "revision = ?1"},
    {CHAIN_EVENT, "event", "event", "run, seq, at_us, kind, body", "place = ?1"},
    {CHAIN_REFUSAL, "refusal", "refusal", "id, at_us, playbook, incident, reason, detail, run",
     "id = ?1"},
    {CHAIN_AUDIT, "audit", "audit row", "id, at_us, who, what, subject, detail", "id = ?1"},
    {CHAIN_SEAL, NULL, NULL, NULL, NULL},
};

/* ---- one transaction ---------------------------------------------------------------------------
 */

void sqlite_chain_clear(struct sqlite_store *store)
{
    buf_reset(&store->chain.leaves);
    buf_reset(&store->chain.hashes);
    store->chain.count = 0;
}

void sqlite_chain_free(struct sqlite_store *store)
{
    buf_free(&store->chain.row);
    buf_free(&store->chain.leaves);
    buf_free(&store->chain.hashes);
    buf_free(&store->chain.place);
}

int64_t sqlite_chain_number(const struct sqlite_store *store)
{
    return (int64_t)(store->chain.head.seq + 1);
}

static void add_leaf(struct sqlite_store *store, enum chain_kind kind, struct quell_str place,
                     const uint8_t hash[DIGEST_SHA256])
{
    struct chain_leaf leaf = {.kind = kind, .place = place, .hash = hash};

    chain_leaf_add(&store->chain.leaves, &leaf);
    buf_add(&store->chain.hashes, hash, DIGEST_SHA256);
    store->chain.count++;
}

void sqlite_chain_leaf(struct sqlite_store *store, enum chain_kind kind, struct quell_str place)
{
    uint8_t hash[DIGEST_SHA256];

    chain_hash(&store->chain.row, hash);
    add_leaf(store, kind, place, hash);
}

void sqlite_chain_seal(struct sqlite_store *store, const uint8_t seal[DIGEST_SHA256])
{
    add_leaf(store, CHAIN_SEAL, QUELL_STR(""), seal);
}

enum quell_code sqlite_chain_link(struct sqlite_store *store, struct chain_head *next,
                                  struct quell_error *err)
{
    struct sqlite_chain *chain = &store->chain;
    uint8_t digest[DIGEST_SHA256];
    sqlite3_stmt *statement;
    enum quell_code code = QUELL_OK;

    *next = chain->head;
    if (chain->count == 0)
        return QUELL_OK;
    assert(!buf_over(&chain->leaves) && !buf_over(&chain->hashes));
    digest_sha256(buf_str(&chain->hashes), digest);
    *next = chain_next(&chain->head, chain->count, digest);
    statement = sqlite_take(store, SQL_PUT_LINK);
    sqlite_bind_int(statement, 1, (int64_t)next->seq);
    sqlite_bind_int(statement, 2, (int64_t)chain->count);
    sqlite_bind_bytes(statement, 3, (struct quell_str){(const char *)digest, sizeof digest});
    sqlite_bind_bytes(statement, 4, buf_str(&chain->leaves));
    sqlite_bind_bytes(statement, 5,
                      (struct quell_str){(const char *)next->link, sizeof next->link});
    if (!statement || sqlite3_step(statement) != SQLITE_DONE)
        code = sqlite_fail(store, err);
    sqlite_give(store, SQL_PUT_LINK, statement);
    return code;
}

enum quell_code sqlite_chain_open(struct sqlite_store *store, struct quell_error *err)
{
    sqlite3_stmt *statement = sqlite_take(store, SQL_HEAD);
    int result = statement ? sqlite3_step(statement) : SQLITE_ERROR;
    enum quell_code code = QUELL_OK;

    store->chain.head = chain_begin();
    if (result == SQLITE_ROW) {
        struct quell_str link = sqlite_column(statement, 1);

        store->chain.head.seq = (uint64_t)sqlite3_column_int64(statement, 0);
        if (link.len == DIGEST_SHA256)
            memcpy(store->chain.head.link, link.data, DIGEST_SHA256);
        else
            code = error_set(err, QUELL_IO,
                             "%s: the last link of its chain is damaged: restore it "
                             "from a backup",
                             store->path);
    } else if (result != SQLITE_DONE) {
        code = sqlite_refuse(store, err);
    }
    sqlite_give(store, SQL_HEAD, statement);
    return code;
}

/* ---- rows by their places ----------------------------------------------------------------------
 */

void sqlite_chain_columns(struct buf *row, enum chain_kind kind, sqlite3_stmt *statement, int first,
                          int count)
{
    int i;

    chain_row(row, kind);
    for (i = first; i < first + count; i++) {
        switch (sqlite3_column_type(statement, i)) {
        case SQLITE_INTEGER:
            chain_int(row, sqlite3_column_int64(statement, i));
            break;
        case SQLITE_TEXT:
            chain_text(row, sqlite_column(statement, i));
            break;
        case SQLITE_BLOB:
            chain_blob(row, sqlite_column(statement, i));
            break;
        default: /* no column of ours: any other hash will do */
            buf_add_char(row, '?');
        }
    }
}

bool sqlite_bind_place(sqlite3_stmt *statement, enum chain_kind kind, struct quell_str place)
{
    const char *between;
    int64_t number;

    if (kind == CHAIN_EVENT) {
        if (!chain_place_number(place, &number))
            return false;
        sqlite_bind_int(statement, 1, number);
        return true;
    }
    if (kind != CHAIN_DELIVERY) {
        sqlite_bind_str(statement, 1, place);
        return true;
    }
    between = place.len ? memchr(place.data, '\0', place.len) : NULL;
    if (!between)
        return false;
    sqlite_bind_str(statement, 1, (struct quell_str){place.data, (size_t)(between - place.data)});
    sqlite_bind_str(
        statement, 2,
        (struct quell_str){between + 1, place.len - (size_t)(between - place.data) - 1});
    return true;
}

/* ---- rows that are older than the chain --------------------------------------------------------
 */

/* The place of a row, from its columns that start at 1; behind column 0, its rowid. */
static struct quell_str place_of(struct sqlite_store *store, enum chain_kind kind,
                                 sqlite3_stmt *statement, char number[8])
{
    struct buf *place = &store->chain.place;

    if (kind == CHAIN_EVENT)
        return chain_place(sqlite3_column_int64(statement, 0), number);
    if (kind != CHAIN_DELIVERY)
        return sqlite_column(statement, 1);
    buf_reset(place);
    buf_add_str(place, sqlite_column(statement, 1));
    buf_add_char(place, '\0');
    buf_add_str(place, sqlite_column(statement, 2));
    return buf_str(place);
}

static enum quell_code flush(struct sqlite_store *store, struct quell_error *err)
{
    struct chain_head next;
    enum quell_code code = sqlite_chain_link(store, &next, err);

    if (!code)
        store->chain.head = next;
    sqlite_chain_clear(store);
    return code;
}

static enum quell_code prepare(struct sqlite_store *store, const char *sql, sqlite3_stmt **made,
                               struct quell_error *err)
{
    if (sqlite3_prepare_v2(store->db, sql, -1, made, NULL) != SQLITE_OK)
        return sqlite_refuse(store, err);
    return QUELL_OK;
}

/* The next row behind `after` goes into the chain; *after = -1 when there is none. */
static enum quell_code seal_one(struct sqlite_store *store, const struct sqlite_kind *kind,
                                sqlite3_stmt *find, sqlite3_stmt *set, int64_t *after,
                                struct quell_error *err)
{
    char number[8];
    int result;

    (void)sqlite3_reset(find); /* repeats an error that was told */
    sqlite_bind_int(find, 1, *after);
    result = sqlite3_step(find);
    *after = -1;
    if (result == SQLITE_DONE)
        return QUELL_OK;
    if (result != SQLITE_ROW)
        return sqlite_refuse(store, err);
    *after = sqlite3_column_int64(find, 0);
    sqlite_chain_columns(&store->chain.row, kind->kind, find, 1, sqlite3_column_count(find) - 1);
    sqlite_chain_leaf(store, kind->kind, place_of(store, kind->kind, find, number));
    (void)sqlite3_reset(set);
    sqlite_bind_int(set, 1, sqlite_chain_number(store));
    sqlite_bind_int(set, 2, *after);
    if (sqlite3_step(set) != SQLITE_DONE)
        return sqlite_refuse(store, err);
    return store->chain.count < OLD_ROWS ? QUELL_OK : flush(store, err);
}

static enum quell_code seal_table(struct sqlite_store *store, const struct sqlite_kind *kind,
                                  struct quell_error *err)
{
    sqlite3_stmt *find = NULL, *set = NULL;
    char sql[256];
    int64_t after = 0;
    enum quell_code code;

    (void)snprintf(sql, sizeof sql,
                   "SELECT rowid, %s FROM %s WHERE rowid > ?1 ORDER BY rowid LIMIT 1",
                   kind->columns, kind->table);
    code = prepare(store, sql, &find, err);
    (void)snprintf(sql, sizeof sql, "UPDATE %s SET link = ?1 WHERE rowid = ?2", kind->table);
    if (!code)
        code = prepare(store, sql, &set, err);
    while (!code && after >= 0)
        code = seal_one(store, kind, find, set, &after, err);
    (void)sqlite3_finalize(find);
    (void)sqlite3_finalize(set);
    return code;
}

/* SQL function: the hash of a row that changes; arguments: its kind and its fields. */
static void hash_fields(sqlite3_context *context, int count, sqlite3_value **values)
{
    struct buf row = {.size_max = 0};
    uint8_t hash[DIGEST_SHA256];
    int i;

    chain_row(&row, (enum chain_kind)sqlite3_value_int(values[0]));
    for (i = 1; i < count; i++) {
        struct quell_str bytes = {sqlite3_value_blob(values[i]), 0};

        bytes.len = (size_t)sqlite3_value_bytes(values[i]);
        if (sqlite3_value_type(values[i]) == SQLITE_INTEGER)
            chain_int(&row, sqlite3_value_int64(values[i]));
        else if (sqlite3_value_type(values[i]) == SQLITE_TEXT)
            chain_text(&row, bytes);
        else
            chain_blob(&row, bytes);
    }
    chain_hash(&row, hash);
    buf_free(&row);
    sqlite3_result_blob(context, hash, sizeof hash, SQLITE_TRANSIENT);
}

enum quell_code sqlite_chain_seal_old(struct sqlite_store *store, struct quell_error *err)
{
    const struct sqlite_kind *kind;
    enum quell_code code = QUELL_OK;

    store->chain.head = chain_begin();
    sqlite_chain_clear(store);
    for (kind = sqlite_kinds; !code && kind->table; kind++)
        code = seal_table(store, kind, err);
    if (!code)
        code = flush(store, err);
    if (!code && sqlite3_create_function(store->db, "quell_hash", -1, SQLITE_UTF8, NULL,
                                         hash_fields, NULL, NULL) != SQLITE_OK)
        code = sqlite_refuse(store, err);
    if (!code && sqlite3_exec(store->db,
                              "UPDATE run SET hash = quell_hash(8, " SQLITE_RUN_COLUMNS ");"
                              "UPDATE mark SET hash = quell_hash(9, " SQLITE_MARK_COLUMNS ")",
                              NULL, NULL, NULL) != SQLITE_OK)
        code = sqlite_refuse(store, err);
    return code;
}
