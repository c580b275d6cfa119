/*
 * sqlite_verify.c - whether the database is what was written: SQLite's own check, the tables, every
 * link, every row that a link covers, rows that no link covers, what is gone, and the hashes of the
 * rows that change.
 */
#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/limits.h"
#include "store/sqlite.h"

struct verifying {
    struct sqlite_store *store;
    const struct store_verify *options;
    struct store_verified *verified;
    struct arena *arena; /* emptied after each link */
    struct buf row;
    sqlite3_stmt *rows[CHAIN_KINDS]; /* of sqlite_kinds */
    uint64_t living[CHAIN_KINDS];
    size_t found;
    struct chain_head head;
    uint64_t last_gone, sealed; /* numbers of links */
    uint8_t seal[DIGEST_SHA256];
};

static void tell(struct verifying *v, struct store_break found)
{
    if (v->found++ < LIMIT_AUDIT_FINDINGS)
        v->options->found(&found, v->options->user);
}

static bool is_full(const struct verifying *v)
{
    return v->found >= LIMIT_AUDIT_FINDINGS;
}

/* SQLite says that the file is damaged: a finding, no failure. */
static bool is_damage(const struct verifying *v)
{
    int code = sqlite3_errcode(v->store->db) & 0xFF;

    return code == SQLITE_CORRUPT || code == SQLITE_NOTADB;
}

static enum quell_code damage(struct verifying *v, struct quell_error *err)
{
    if (!is_damage(v))
        return sqlite_refuse(v->store, err);
    tell(v, (struct store_break){.what = "database",
                                 .text = arena_format(v->arena, "the database is damaged (%s)",
                                                      sqlite3_errmsg(v->store->db))});
    return QUELL_OK;
}

/* ---- the file ----------------------------------------------------------------------------------
 */

static enum quell_code check_file(struct verifying *v, struct quell_error *err)
{
    sqlite3_stmt *statement = NULL;
    char sql[64];
    int result;

    (void)snprintf(sql, sizeof sql, "PRAGMA integrity_check(%d)", LIMIT_AUDIT_FINDINGS);
    if (sqlite3_prepare_v2(v->store->db, sql, -1, &statement, NULL) != SQLITE_OK)
        return damage(v, err);
    while ((result = sqlite3_step(statement)) == SQLITE_ROW) {
        struct quell_str said = sqlite_column(statement, 0);

        if (!quell_str_equal(said, QUELL_STR("ok")))
            tell(v, (struct store_break){
                        .what = "database",
                        .text = arena_format(v->arena, "SQLite: %.*s", QUELL_ARG(said))});
    }
    (void)sqlite3_finalize(statement); /* repeats the error of the step */
    return result == SQLITE_DONE ? QUELL_OK : damage(v, err);
}

static enum quell_code check_schema(struct verifying *v, struct quell_error *err)
{
    struct quell_str differs;

    if (sqlite_schema_compare(v->store, v->arena, &differs, err))
        return is_damage(v) ? damage(v, err) : err->code;
    if (differs.len)
        tell(v, (struct store_break){.what = "schema", .text = differs});
    return QUELL_OK;
}

/* ---- rows of links -----------------------------------------------------------------------------
 */

static const struct sqlite_kind *kind_of(enum chain_kind kind)
{
    const struct sqlite_kind *found;

    for (found = sqlite_kinds; found->table && found->kind != kind; found++)
        ;
    return found;
}

static sqlite3_stmt *row_statement(struct verifying *v, const struct sqlite_kind *kind)
{
    char sql[256];

    if (v->rows[kind->kind])
        return v->rows[kind->kind];
    (void)snprintf(sql, sizeof sql, "SELECT %s, link FROM %s WHERE %s", kind->columns, kind->table,
                   kind->where);
    if (sqlite3_prepare_v2(v->store->db, sql, -1, &v->rows[kind->kind], NULL) != SQLITE_OK)
        return NULL;
    return v->rows[kind->kind];
}

/* An event that is not there: behind which one it stood. */
static struct quell_str event_before(struct verifying *v, struct quell_str place)
{
    sqlite3_stmt *statement = sqlite_take(v->store, SQL_EVENT_BEFORE);
    struct quell_str text = QUELL_STR("");

    if (sqlite_bind_place(statement, CHAIN_EVENT, place) && sqlite3_step(statement) == SQLITE_ROW)
        text = arena_format(v->arena, ", behind event %lld of run %s",
                            (long long)sqlite3_column_int64(statement, 1),
                            (const char *)sqlite3_column_text(statement, 0));
    sqlite_give(v->store, SQL_EVENT_BEFORE, statement);
    return text;
}

static void tell_missing(struct verifying *v, const struct sqlite_kind *kind, uint64_t link,
                         const struct chain_leaf *leaf)
{
    struct store_break found = {.what = "row", .link = link};

    if (kind->kind == CHAIN_EVENT) {
        found.text =
            arena_format(v->arena, "an event is missing that link %llu covers%.*s",
                         (unsigned long long)link, QUELL_ARG(event_before(v, leaf->place)));
    } else {
        found.id = arena_str(v->arena, leaf->place);
        found.text = arena_format(v->arena, "%s %.*s is missing that link %llu covers", kind->what,
                                  QUELL_ARG(found.id), (unsigned long long)link);
    }
    tell(v, found);
}

static void tell_changed(struct verifying *v, const struct sqlite_kind *kind, uint64_t link,
                         sqlite3_stmt *row)
{
    struct store_break found = {.what = "row", .link = link};
    struct quell_str name = arena_str(v->arena, sqlite_column(row, 0));

    if (kind->kind == CHAIN_EVENT) {
        found.run = name;
        found.seq = (uint64_t)sqlite3_column_int64(row, 1);
        found.text =
            arena_format(v->arena,
                         "event %llu of run %.*s is not as it was written "
                         "(link %llu)",
                         (unsigned long long)found.seq, QUELL_ARG(name), (unsigned long long)link);
    } else {
        found.id = name;
        found.text = arena_format(v->arena, "%s %.*s is not as it was written (link %llu)",
                                  kind->what, QUELL_ARG(name), (unsigned long long)link);
    }
    tell(v, found);
}

static enum quell_code check_row(struct verifying *v, uint64_t link, const struct chain_leaf *leaf,
                                 struct quell_error *err)
{
    const struct sqlite_kind *kind = kind_of(leaf->kind);
    sqlite3_stmt *row = row_statement(v, kind);
    uint8_t hash[DIGEST_SHA256];
    enum quell_code code = QUELL_OK;
    int result, columns;

    if (!row)
        return damage(v, err);
    if (!sqlite_bind_place(row, leaf->kind, leaf->place)) {
        tell_missing(v, kind, link, leaf);
        return QUELL_OK;
    }
    result = sqlite3_step(row);
    columns = sqlite3_column_count(row) - 1;
    if (result == SQLITE_ROW) {
        sqlite_chain_columns(&v->row, leaf->kind, row, 0, columns);
        chain_hash(&v->row, hash);
        if (memcmp(hash, leaf->hash, sizeof hash) != 0 ||
            sqlite3_column_int64(row, columns) != (int64_t)link)
            tell_changed(v, kind, link, row);
        v->living[leaf->kind]++;
    } else if (result == SQLITE_DONE) {
        tell_missing(v, kind, link, leaf);
    } else {
        code = damage(v, err);
    }
    (void)sqlite3_reset(row); /* repeats the error of the step */
    (void)sqlite3_clear_bindings(row);
    return code;
}

/* ---- links -------------------------------------------------------------------------------------
 */

struct link_row {
    uint64_t seq, first, count, gone;
    struct quell_str digest, leaves, link; /* borrowed from the statement */
};

static void tell_link(struct verifying *v, const struct link_row *link, const char *text)
{
    tell(v, (struct store_break){.what = "link",
                                 .link = link->seq,
                                 .text = arena_format(v->arena, "link %llu %s",
                                                      (unsigned long long)link->seq, text)});
}

/* The rows of a link, and whether they make its digest. */
static enum quell_code check_leaves(struct verifying *v, const struct link_row *link,
                                    struct quell_error *err)
{
    struct quell_str rest = link->leaves;
    struct buf hashes = {.size_max = 0};
    uint64_t count = 0, gone = 0;
    uint8_t digest[DIGEST_SHA256];
    struct chain_leaf leaf;
    enum quell_code code = QUELL_OK;

    while (!code && chain_leaf_next(&rest, &leaf)) {
        count++;
        gone += leaf.gone;
        buf_add(&hashes, leaf.hash, DIGEST_SHA256);
        if (leaf.gone)
            continue;
        if (leaf.kind == CHAIN_SEAL) {
            v->sealed = link->seq;
            memcpy(v->seal, leaf.hash, DIGEST_SHA256);
        } else if (!is_full(v)) {
            code = check_row(v, link->seq, &leaf, err);
        }
    }
    digest_sha256(buf_str(&hashes), digest);
    buf_free(&hashes);
    if (rest.len || count != link->count || gone != link->gone ||
        link->digest.len != sizeof digest || memcmp(digest, link->digest.data, sizeof digest) != 0)
        tell_link(v, link, "does not list the rows that it was made of");
    v->verified->forgotten += gone;
    return code;
}

static enum quell_code check_link(struct verifying *v, const struct link_row *link,
                                  struct quell_error *err)
{
    bool gap = link->first < link->seq;
    struct chain_head next = {.seq = link->seq};
    enum quell_code code = QUELL_OK;

    if (link->first != v->head.seq + 1 || link->seq < link->first)
        tell_link(v, link, "does not follow the one before: links are missing");
    if (link->link.len != DIGEST_SHA256) {
        tell_link(v, link, "is none");
        return QUELL_OK;
    }
    if (link->gone > 0)
        v->last_gone = link->seq;
    if (link->leaves.len > 0)
        code = check_leaves(v, link, err);
    else if (link->gone != link->count || (!gap && link->digest.len != DIGEST_SHA256))
        tell_link(v, link, "lists no rows");
    else
        v->verified->forgotten += link->gone;
    memcpy(next.link, link->link.data, DIGEST_SHA256);
    if (!gap && link->digest.len == DIGEST_SHA256) {
        v->head.seq = link->seq - 1;
        next = chain_next(&v->head, link->count, (const uint8_t *)link->digest.data);
        if (memcmp(next.link, link->link.data, DIGEST_SHA256) != 0)
            tell_link(v, link, "does not follow from the one before");
        memcpy(next.link, link->link.data, DIGEST_SHA256); /* what follows is judged by itself */
    }
    v->head = next;
    v->verified->links++;
    v->verified->gaps += gap;
    if (v->options->link)
        v->options->link(link->first, link->seq, v->head.link, v->options->user);
    return code;
}

static enum quell_code check_links(struct verifying *v, struct quell_error *err)
{
    sqlite3_stmt *statement = sqlite_take(v->store, SQL_LINKS);
    int result = statement ? sqlite3_step(statement) : SQLITE_ERROR;
    enum quell_code code = QUELL_OK;

    v->head = chain_begin();
    for (; !code && result == SQLITE_ROW; result = sqlite3_step(statement)) {
        struct link_row link = {
            .seq = (uint64_t)sqlite3_column_int64(statement, 0),
            .first = (uint64_t)sqlite3_column_int64(statement, 1),
            .count = (uint64_t)sqlite3_column_int64(statement, 2),
            .gone = (uint64_t)sqlite3_column_int64(statement, 3),
            .digest = sqlite_column(statement, 4),
            .leaves = sqlite_column(statement, 5),
            .link = sqlite_column(statement, 6),
        };

        code = check_link(v, &link, err);
        arena_reset(v->arena);
    }
    if (!code && result != SQLITE_DONE && result != SQLITE_ROW)
        code = damage(v, err);
    sqlite_give(v->store, SQL_LINKS, statement);
    return code;
}

static enum quell_code check_seal(struct verifying *v, struct quell_error *err)
{
    uint8_t seal[DIGEST_SHA256];

    if (v->last_gone == 0)
        return QUELL_OK;
    if (sqlite_seal_state(v->store, seal, err))
        return is_damage(v) ? damage(v, err) : err->code;
    if (v->sealed <= v->last_gone || memcmp(seal, v->seal, sizeof seal) != 0)
        tell(v, (struct store_break){
                    .what = "seal",
                    .link = v->last_gone,
                    .text = arena_format(v->arena,
                                         "rows were taken out that no prune has sealed (the last "
                                         "link with such is %llu)",
                                         (unsigned long long)v->last_gone)});
    return QUELL_OK;
}

/* ---- rows that no link covers ------------------------------------------------------------------
 */

static bool is_listed(struct verifying *v, enum chain_kind kind, int64_t link,
                      struct quell_str place)
{
    sqlite3_stmt *statement = sqlite_take(v->store, SQL_LINK_LEAVES);
    struct quell_str leaves = QUELL_STR("");
    struct chain_leaf leaf;
    bool found = false;

    sqlite_bind_int(statement, 1, link);
    if (statement && sqlite3_step(statement) == SQLITE_ROW)
        leaves = sqlite_column(statement, 0);
    while (!found && chain_leaf_next(&leaves, &leaf))
        found = !leaf.gone && leaf.kind == kind && quell_str_equal(leaf.place, place);
    sqlite_give(v->store, SQL_LINK_LEAVES, statement);
    return found;
}

static void tell_extra(struct verifying *v, const struct sqlite_kind *kind, sqlite3_stmt *row)
{
    struct store_break found = {.what = "extra"};
    struct quell_str name = arena_str(v->arena, sqlite_column(row, 2));

    if (kind->kind == CHAIN_EVENT) {
        found.run = name;
        found.seq = (uint64_t)sqlite3_column_int64(row, 3);
        found.text = arena_format(v->arena, "event %llu of run %.*s was not written by quell",
                                  (unsigned long long)found.seq, QUELL_ARG(name));
    } else {
        found.id = name;
        found.text =
            arena_format(v->arena, "%s %.*s was not written by quell", kind->what, QUELL_ARG(name));
    }
    tell(v, found);
}

/* Which rows of a table no link covers. */
static enum quell_code find_extra(struct verifying *v, const struct sqlite_kind *kind,
                                  struct quell_error *err)
{
    sqlite3_stmt *row = NULL;
    enum quell_code code = QUELL_OK;
    char sql[256], number[8];
    int result;

    (void)snprintf(sql, sizeof sql, "SELECT rowid, link, %s FROM %s", kind->columns, kind->table);
    if (sqlite3_prepare_v2(v->store->db, sql, -1, &row, NULL) != SQLITE_OK)
        return damage(v, err);
    while ((result = sqlite3_step(row)) == SQLITE_ROW && !is_full(v)) {
        struct quell_str place = sqlite_column(row, 2);

        if (kind->kind == CHAIN_EVENT)
            place = chain_place(sqlite3_column_int64(row, 0), number);
        else if (kind->kind == CHAIN_DELIVERY)
            place = arena_format(v->arena, "%.*s%c%.*s", QUELL_ARG(place), '\0',
                                 QUELL_ARG(sqlite_column(row, 3)));
        if (!is_listed(v, kind->kind, sqlite3_column_int64(row, 1), place))
            tell_extra(v, kind, row);
        arena_reset(v->arena);
    }
    if (result != SQLITE_DONE && result != SQLITE_ROW)
        code = damage(v, err);
    (void)sqlite3_finalize(row);
    return code;
}

static enum quell_code count_rows(struct verifying *v, struct quell_error *err)
{
    const struct sqlite_kind *kind;
    enum quell_code code = QUELL_OK;

    for (kind = sqlite_kinds; !code && kind->table && !is_full(v); kind++) {
        sqlite3_stmt *count = NULL;
        int64_t rows = -1;
        char sql[64];

        /* The table itself, not an index of it: an index may be the one that is wrong. */
        (void)snprintf(sql, sizeof sql, "SELECT count(link) FROM %s", kind->table);
        if (sqlite3_prepare_v2(v->store->db, sql, -1, &count, NULL) == SQLITE_OK &&
            sqlite3_step(count) == SQLITE_ROW)
            rows = sqlite3_column_int64(count, 0);
        (void)sqlite3_finalize(count); /* repeats the error of the step */
        if (rows < 0)
            code = damage(v, err);
        else if ((uint64_t)rows != v->living[kind->kind])
            code = find_extra(v, kind, err);
    }
    return code;
}

/* ---- rows that change --------------------------------------------------------------------------
 */

static enum quell_code check_hashes(struct verifying *v, enum sql sql, enum chain_kind kind,
                                    uint64_t *count, struct quell_error *err)
{
    sqlite3_stmt *row = sqlite_take(v->store, sql);
    int result = row ? sqlite3_step(row) : SQLITE_ERROR, columns;
    enum quell_code code = QUELL_OK;
    uint8_t hash[DIGEST_SHA256];

    for (; result == SQLITE_ROW && !is_full(v); result = sqlite3_step(row)) {
        struct quell_str found, name = sqlite_column(row, 0);

        columns = sqlite3_column_count(row) - 1;
        found = sqlite_column(row, columns);
        sqlite_chain_columns(&v->row, kind, row, 0, columns);
        chain_hash(&v->row, hash);
        (*count)++;
        if (found.len == sizeof hash && memcmp(hash, found.data, sizeof hash) == 0)
            continue;
        if (kind == CHAIN_RUN)
            tell(v,
                 (struct store_break){.what = "run",
                                      .run = arena_str(v->arena, name),
                                      .text = arena_format(v->arena,
                                                           "the row of run %.*s is not as it was "
                                                           "written",
                                                           QUELL_ARG(name))});
        else
            tell(v, (struct store_break){
                        .what = "mark",
                        .id = arena_str(v->arena, name),
                        .text = arena_format(v->arena, "mark %.*s %.*s is not as it was written",
                                             QUELL_ARG(name), QUELL_ARG(sqlite_column(row, 1)))});
        arena_reset(v->arena);
    }
    if (result != SQLITE_DONE && result != SQLITE_ROW)
        code = damage(v, err);
    sqlite_give(v->store, sql, row);
    return code;
}

/* Events of runs that have no row: the row was taken out. */
static enum quell_code check_orphans(struct verifying *v, struct quell_error *err)
{
    sqlite3_stmt *row = sqlite_take(v->store, SQL_ORPHANS);
    int result = row ? sqlite3_step(row) : SQLITE_ERROR;
    enum quell_code code = QUELL_OK;

    for (; result == SQLITE_ROW && !is_full(v); result = sqlite3_step(row)) {
        struct quell_str run = sqlite_column(row, 0);

        tell(v,
             (struct store_break){
                 .what = "run",
                 .run = arena_str(v->arena, run),
                 .text = arena_format(v->arena, "the row of run %.*s is missing", QUELL_ARG(run))});
    }
    if (result != SQLITE_DONE && result != SQLITE_ROW)
        code = damage(v, err);
    sqlite_give(v->store, SQL_ORPHANS, row);
    return code;
}

/* ---- all of it ---------------------------------------------------------------------------------
 */

static void count(struct verifying *v)
{
    struct store_verified *to = v->verified;

    to->incidents = v->living[CHAIN_INCIDENT];
    to->deliveries = v->living[CHAIN_DELIVERY];
    to->revisions = v->living[CHAIN_REVISION];
    to->events = v->living[CHAIN_EVENT];
    to->refusals = v->living[CHAIN_REFUSAL];
    to->audits = v->living[CHAIN_AUDIT];
    to->seq = v->head.seq;
    memcpy(to->link, v->head.link, STORE_LINK);
}

static enum quell_code check_all(struct verifying *v, struct quell_error *err)
{
    enum quell_code code = check_file(v, err);

    if (!code)
        code = check_schema(v, err);
    if (!code)
        code = check_links(v, err);
    if (!code && !is_full(v))
        code = check_seal(v, err);
    if (!code)
        code = count_rows(v, err);
    if (!code)
        code = check_hashes(v, SQL_RUN_HASHES, CHAIN_RUN, &v->verified->runs, err);
    if (!code)
        code = check_hashes(v, SQL_MARK_HASHES, CHAIN_MARK, &v->verified->marks, err);
    if (!code)
        code = check_orphans(v, err);
    count(v);
    return code;
}

enum quell_code sqlite_verify(struct store *handle, const struct store_verify *options,
                              struct store_verified *verified, struct quell_error *err)
{
    struct sqlite_store *store = (struct sqlite_store *)handle;
    struct verifying v = {.store = store, .options = options, .verified = verified};
    enum quell_code code;
    size_t i;

    *verified = (struct store_verified){0};
    if (sqlite3_exec(store->db, "BEGIN", NULL, NULL, NULL) != SQLITE_OK)
        return sqlite_refuse(store, err);
    v.arena = arena_new(0);
    code = check_all(&v, err);
    for (i = 0; i < CHAIN_KINDS; i++)
        (void)sqlite3_finalize(v.rows[i]);
    (void)sqlite3_exec(store->db, "COMMIT", NULL, NULL, NULL); /* nothing was written */
    buf_free(&v.row);
    arena_free(v.arena);
    return code;
}
