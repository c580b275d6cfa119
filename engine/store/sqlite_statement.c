/*
 * sqlite_statement.c - prepared statements that are kept, binding and columns.
 */
#include "store/sqlite.h"

static const char *const texts[SQL_COUNT] = {
#define SQL(name, text) [SQL_##name] = (text),
#include "store/sqlite.def"
#undef SQL
};

static sqlite3_stmt *prepare(struct sqlite_store *store, enum sql sql, unsigned flags)
{
    sqlite3_stmt *statement = NULL;

    if (sqlite3_prepare_v3(store->db, texts[sql], -1, flags, &statement, NULL) != SQLITE_OK)
        return NULL;
    return statement;
}

sqlite3_stmt *sqlite_take(struct sqlite_store *store, enum sql sql)
{
    if (!store->statements[sql])
        store->statements[sql] = prepare(store, sql, SQLITE_PREPARE_PERSISTENT);
    else if (sqlite3_stmt_busy(store->statements[sql]))
        return prepare(store, sql, 0);
    return store->statements[sql];
}

void sqlite_give(struct sqlite_store *store, enum sql sql, sqlite3_stmt *statement)
{
    if (!statement)
        return;
    /* Both repeat the error of the last step, which was looked at then. */
    if (statement == store->statements[sql]) {
        (void)sqlite3_reset(statement);
        (void)sqlite3_clear_bindings(statement);
    } else {
        (void)sqlite3_finalize(statement);
    }
}

void sqlite_bind_str(sqlite3_stmt *statement, int index, struct quell_str text)
{
    (void)sqlite3_bind_text64(statement, index, text.data ? text.data : "", text.len, SQLITE_STATIC,
                              SQLITE_UTF8);
}

void sqlite_bind_bytes(sqlite3_stmt *statement, int index, struct quell_str bytes)
{
    (void)sqlite3_bind_blob64(statement, index, bytes.data ? bytes.data : "", bytes.len,
                              SQLITE_STATIC);
}

void sqlite_bind_int(sqlite3_stmt *statement, int index, int64_t number)
{
    (void)sqlite3_bind_int64(statement, index, number);
}

struct quell_str sqlite_column(sqlite3_stmt *statement, int index)
{
    const char *data = sqlite3_column_blob(statement, index);
    struct quell_str text = {data ? data : "", (size_t)sqlite3_column_bytes(statement, index)};

    return text;
}
