/*
 * sqlite_forget.c - taking old rows out so that the chain still proves what is left: their hashes
 * stay, marked as gone, until all of a link are; such links are joined into gaps; and a seal in the
 * link of the same transaction covers all marks.
 */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/limits.h"
#include "store/sqlite.h"

struct leaving { /* a row that goes */
    int64_t rowid, link;
    enum chain_kind kind;
    struct quell_str place;
};

struct forgetting {
    struct sqlite_store *store;
    struct arena *arena;
    struct leaving *rows;
    size_t count, cap;
    size_t room; /* rows that this transaction may still take */
};

static enum quell_code prepare(struct forgetting *f, const char *sql, sqlite3_stmt **made,
                               struct quell_error *err)
{
    if (sqlite3_prepare_v2(f->store->db, sql, -1, made, NULL) != SQLITE_OK)
        return sqlite_fail(f->store, err);
    return QUELL_OK;
}

/* ---- which rows --------------------------------------------------------------------------------
 */

static void add_row(struct forgetting *f, enum chain_kind kind, sqlite3_stmt *statement)
{
    struct leaving *row;
    struct quell_str place = sqlite_column(statement, 2);
    char number[8];

    if (f->count == f->cap) {
        size_t cap = f->cap ? f->cap * 2 : 64;
        f->rows = arena_grow(f->arena, f->rows, f->cap * sizeof *f->rows, cap * sizeof *f->rows);
        f->cap = cap;
    }
    row = &f->rows[f->count++];
    row->rowid = sqlite3_column_int64(statement, 0);
    row->link = sqlite3_column_int64(statement, 1);
    row->kind = kind;
    if (kind == CHAIN_EVENT)
        row->place = arena_str(f->arena, chain_place(row->rowid, number));
    else if (kind == CHAIN_DELIVERY)
        row->place = arena_format(f->arena, "%.*s%c%.*s", QUELL_ARG(place), '\0',
                                  QUELL_ARG(sqlite_column(statement, 3)));
    else
        row->place = arena_str(f->arena, place);
}

/* Adds the rows of a table that fit `where` (with ?1), as many as there is room for. */
static enum quell_code find_rows(struct forgetting *f, const struct sqlite_kind *kind,
                                 const char *where, struct quell_str text, int64_t number,
                                 struct quell_error *err)
{
    sqlite3_stmt *statement = NULL;
    enum quell_code code;
    char sql[256];
    int result = SQLITE_DONE;

    (void)snprintf(sql, sizeof sql, "SELECT rowid, link, %s FROM %s WHERE %s", kind->columns,
                   kind->table, where);
    code = prepare(f, sql, &statement, err);
    if (code)
        return code;
    if (text.len)
        sqlite_bind_str(statement, 1, text);
    else
        sqlite_bind_int(statement, 1, number);
    while (f->room > 0 && (result = sqlite3_step(statement)) == SQLITE_ROW) {
        add_row(f, kind->kind, statement);
        f->room--;
    }
    (void)sqlite3_finalize(statement); /* repeats the error of the step */
    return result == SQLITE_DONE || result == SQLITE_ROW ? QUELL_OK : sqlite_fail(f->store, err);
}

static const struct sqlite_kind *kind_of(enum chain_kind kind)
{
    const struct sqlite_kind *found;

    for (found = sqlite_kinds; found->table && found->kind != kind; found++)
        ;
    return found;
}

static enum quell_code remove_rows(struct forgetting *f, struct quell_error *err)
{
    enum quell_code code = QUELL_OK;
    char sql[64];
    size_t i;

    for (i = 0; !code && i < f->count; i++) {
        sqlite3_stmt *statement = NULL;

        (void)snprintf(sql, sizeof sql, "DELETE FROM %s WHERE rowid = ?1",
                       kind_of(f->rows[i].kind)->table);
        code = prepare(f, sql, &statement, err);
        if (code)
            break;
        sqlite_bind_int(statement, 1, f->rows[i].rowid);
        if (sqlite3_step(statement) != SQLITE_DONE)
            code = sqlite_fail(f->store, err);
        (void)sqlite3_finalize(statement); /* repeats the error of the step */
    }
    return code;
}

/* ---- links -------------------------------------------------------------------------------------
 */

static bool leaves_now(const struct leaving *rows, size_t count, const struct chain_leaf *leaf)
{
    size_t i;

    for (i = 0; i < count; i++)
        if (rows[i].kind == leaf->kind &&
            (leaf->kind == CHAIN_SEAL || quell_str_equal(rows[i].place, leaf->place)))
            return true;
    return false;
}

static enum quell_code update_link(struct forgetting *f, int64_t link, uint64_t gone,
                                   struct quell_str leaves, struct quell_error *err)
{
    sqlite3_stmt *statement = sqlite_take(f->store, SQL_MARK_LINK);

    sqlite_bind_int(statement, 1, link);
    sqlite_bind_int(statement, 2, (int64_t)gone);
    sqlite_bind_bytes(statement, 3, leaves);
    return sqlite_finish(f->store, SQL_MARK_LINK, statement, err);
}

/* Marks these rows of one link as gone. */
static enum quell_code mark_link(struct forgetting *f, const struct leaving *rows, size_t count,
                                 struct quell_error *err)
{
    sqlite3_stmt *statement = sqlite_take(f->store, SQL_LINK_LEAVES);
    struct quell_str leaves = QUELL_STR("");
    struct buf marked = {.size_max = 0};
    uint64_t all = 0, gone = 0, now = 0;
    struct chain_leaf leaf;
    enum quell_code code = QUELL_OK;

    sqlite_bind_int(statement, 1, rows->link);
    if (statement && sqlite3_step(statement) == SQLITE_ROW)
        leaves = sqlite_column(statement, 0);
    for (; chain_leaf_next(&leaves, &leaf); all++) {
        if (!leaf.gone && leaves_now(rows, count, &leaf)) {
            leaf.gone = true;
            now++;
        }
        gone += leaf.gone;
        chain_leaf_add(&marked, &leaf);
    }
    sqlite_give(f->store, SQL_LINK_LEAVES, statement);
    if (now != count || leaves.len)
        code = error_set(err, QUELL_IO,
                         "%s: link %lld does not list a row that says so: `quell audit verify` "
                         "tells more; nothing was forgotten",
                         f->store->path, (long long)rows->link);
    else
        code =
            update_link(f, rows->link, gone, gone == all ? QUELL_STR("") : buf_str(&marked), err);
    buf_free(&marked);
    return code;
}

static int by_link(const void *a, const void *b)
{
    const struct leaving *left = a, *right = b;

    return (left->link > right->link) - (left->link < right->link);
}

static enum quell_code mark_links(struct forgetting *f, struct quell_error *err)
{
    enum quell_code code = QUELL_OK;
    size_t i, end;

    if (f->count > 1)
        qsort(f->rows, f->count, sizeof *f->rows, by_link);
    for (i = 0; !code && i < f->count; i = end) {
        for (end = i + 1; end < f->count && f->rows[end].link == f->rows[i].link; end++)
            ;
        code = mark_link(f, &f->rows[i], end - i, err);
    }
    return code;
}

/* The seal of before is void once there is another: its link, or 0. */
static enum quell_code find_seal(struct forgetting *f, int64_t *found, struct quell_error *err)
{
    sqlite3_stmt *statement = sqlite_take(f->store, SQL_SEALS);
    int result = statement ? sqlite3_step(statement) : SQLITE_ERROR;
    enum quell_code code = QUELL_OK;

    *found = f->store->chain.sealed;
    for (; *found == 0 && result == SQLITE_ROW; result = sqlite3_step(statement)) {
        struct quell_str leaves = sqlite_column(statement, 1);
        struct chain_leaf leaf;

        while (chain_leaf_next(&leaves, &leaf))
            if (leaf.kind == CHAIN_SEAL && !leaf.gone)
                *found = sqlite3_column_int64(statement, 0);
    }
    if (result != SQLITE_DONE && result != SQLITE_ROW)
        code = sqlite_fail(f->store, err);
    sqlite_give(f->store, SQL_SEALS, statement);
    return code;
}

struct gap {
    int64_t first, last, count;
    size_t links;
};

static enum quell_code put_gap(struct forgetting *f, const struct gap *gap, struct quell_error *err)
{
    sqlite3_stmt *statement;
    enum quell_code code;

    if (gap->links < 2)
        return QUELL_OK;
    statement = sqlite_take(f->store, SQL_JOIN_LINKS);
    sqlite_bind_int(statement, 1, gap->first);
    sqlite_bind_int(statement, 2, gap->last);
    code = sqlite_finish(f->store, SQL_JOIN_LINKS, statement, err);
    if (code)
        return code;
    statement = sqlite_take(f->store, SQL_PUT_GAP);
    sqlite_bind_int(statement, 1, gap->first);
    sqlite_bind_int(statement, 2, gap->last);
    sqlite_bind_int(statement, 3, gap->count);
    return sqlite_finish(f->store, SQL_PUT_GAP, statement, err);
}

/* Links that stand side by side and whose rows are all gone become one. */
static enum quell_code join_links(struct forgetting *f, struct quell_error *err)
{
    sqlite3_stmt *statement = sqlite_take(f->store, SQL_LINKS_EMPTY);
    struct gap *gaps = NULL, *last = NULL;
    size_t count = 0, cap = 0, i;
    int result = statement ? sqlite3_step(statement) : SQLITE_ERROR;
    enum quell_code code = QUELL_OK;

    for (; result == SQLITE_ROW; result = sqlite3_step(statement)) {
        struct gap row = {.last = sqlite3_column_int64(statement, 0),
                          .first = sqlite3_column_int64(statement, 1),
                          .count = sqlite3_column_int64(statement, 2),
                          .links = 1};

        if (last && last->last + 1 == row.first) {
            last->last = row.last;
            last->count += row.count;
            last->links++;
            continue;
        }
        if (count == cap) {
            gaps =
                arena_grow(f->arena, gaps, cap * sizeof *gaps, (cap ? cap * 2 : 64) * sizeof *gaps);
            cap = cap ? cap * 2 : 64;
        }
        last = &gaps[count++];
        *last = row;
    }
    if (result != SQLITE_DONE)
        code = sqlite_fail(f->store, err);
    sqlite_give(f->store, SQL_LINKS_EMPTY, statement);
    for (i = 0; !code && i < count; i++)
        code = put_gap(f, &gaps[i], err);
    return code;
}

/* ---- one transaction ---------------------------------------------------------------------------
 */

static enum quell_code find_runs(struct forgetting *f, const struct store_forget *what,
                                 struct store_forgotten *did, struct quell_error *err)
{
    enum quell_code code = QUELL_OK;
    size_t i;

    for (i = 0; !code && i < what->run_count && f->room > 0; i++) {
        size_t before = f->count;
        sqlite3_stmt *statement;

        code = find_rows(f, kind_of(CHAIN_EVENT), "run = ?1", what->runs[i], 0, err);
        did->events += f->count - before;
        if (code || f->room == 0) /* its events first, however many transactions that takes */
            break;
        statement = sqlite_take(f->store, SQL_REMOVE_RUN);
        sqlite_bind_str(statement, 1, what->runs[i]);
        code = sqlite_finish(f->store, SQL_REMOVE_RUN, statement, err);
        did->runs += code == QUELL_OK;
    }
    did->more = f->room == 0;
    return code;
}

static enum quell_code find_aged(struct forgetting *f, enum chain_kind kind, int64_t before_us,
                                 uint64_t *did, struct quell_error *err)
{
    size_t before = f->count;
    enum quell_code code = QUELL_OK;

    if (before_us != 0)
        code = find_rows(f, kind_of(kind), "at_us < ?1", QUELL_STR(""), before_us, err);
    *did += f->count - before;
    return code;
}

static enum quell_code find_all(struct forgetting *f, const struct store_forget *what,
                                struct store_forgotten *did, struct quell_error *err)
{
    enum quell_code code = find_runs(f, what, did, err);
    size_t i, before = f->count;

    for (i = 0; !code && i < what->incident_count; i++)
        code = find_rows(f, kind_of(CHAIN_INCIDENT), "id = ?1", what->incidents[i], 0, err);
    did->incidents += f->count - before;
    if (!code)
        code = find_aged(f, CHAIN_DELIVERY, what->deliveries_us, &did->deliveries, err);
    if (!code)
        code = find_aged(f, CHAIN_REFUSAL, what->refusals_us, &did->refusals, err);
    if (!code)
        code = find_aged(f, CHAIN_AUDIT, what->audits_us, &did->audits, err);
    did->more = f->room == 0;
    return code;
}

static enum quell_code forget_marks(struct sqlite_store *store, int64_t before_us,
                                    struct store_forgotten *did, struct quell_error *err)
{
    sqlite3_stmt *statement = sqlite_take(store, SQL_PRUNE_MARKS);
    enum quell_code code;

    sqlite_bind_int(statement, 1, before_us);
    code = sqlite_finish(store, SQL_PRUNE_MARKS, statement, err);
    if (!code)
        did->marks += (uint64_t)sqlite3_changes64(store->db);
    return code;
}

/* Takes the rows out and seals. */
static enum quell_code take_out(struct forgetting *f, struct chain_head *next,
                                struct quell_error *err)
{
    struct leaving seal = {.kind = CHAIN_SEAL};
    uint8_t hash[DIGEST_SHA256];
    enum quell_code code = QUELL_OK;

    *next = f->store->chain.head;
    if (f->count == 0)
        return QUELL_OK;
    code = remove_rows(f, err);
    if (!code)
        code = mark_links(f, err);
    if (!code)
        code = find_seal(f, &seal.link, err);
    if (!code && seal.link)
        code = mark_link(f, &seal, 1, err);
    if (!code)
        code = join_links(f, err);
    if (!code)
        code = sqlite_seal_state(f->store, hash, err);
    if (code)
        return code;
    sqlite_chain_seal(f->store, hash);
    return sqlite_chain_link(f->store, next, err);
}

enum quell_code sqlite_forget(struct store *handle, const struct store_forget *what,
                              struct store_forgotten *forgotten, struct quell_error *err)
{
    struct sqlite_store *store = (struct sqlite_store *)handle;
    struct forgetting f = {.store = store, .room = what->limit ? what->limit : SIZE_MAX};
    struct store_forgotten did = {0};
    struct chain_head next;
    enum quell_code code = sqlite_check_writing(store, err);

    if (code)
        return code;
    f.arena = arena_new(0);
    sqlite_chain_clear(store);
    code = sqlite_plain(store, SQL_BEGIN, err);
    if (!code)
        code = find_all(&f, what, &did, err);
    if (!code)
        code = take_out(&f, &next, err);
    if (!code && what->marks_us != 0)
        code = forget_marks(store, what->marks_us, &did, err);
    if (!code)
        code = sqlite_shrink(store, err);
    if (!code)
        code = sqlite_plain(store, SQL_COMMIT, err);
    arena_free(f.arena);
    if (code) {
        sqlite_go_back(store);
        return code;
    }
    if (f.count)
        store->chain.sealed = (int64_t)next.seq;
    store->chain.head = next;
    *forgotten = did;
    return sqlite_log_fold(store, false, err);
}

enum quell_code sqlite_prune(struct store *handle, int64_t before_us, struct quell_error *err)
{
    struct store_forget what = {.deliveries_us = before_us,
                                .refusals_us = before_us,
                                .marks_us = before_us,
                                .limit = LIMIT_FORGET_ROWS};
    struct store_forgotten did = {.more = true};
    enum quell_code code = QUELL_OK;

    while (!code && did.more)
        code = sqlite_forget(handle, &what, &did, err);
    return code;
}
