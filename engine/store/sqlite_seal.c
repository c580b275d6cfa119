/*
 * sqlite_seal.c - the seal over what is gone, and checkpoints as rows.
 */
#include <string.h>

#include "base/error.h"
#include "store/sqlite.h"

/* Seal so far, and what one link says of its rows that are gone. */
static void add_link(struct buf *text, uint8_t seal[DIGEST_SHA256], sqlite3_stmt *statement)
{
    struct quell_str leaves = sqlite_column(statement, 5);
    struct chain_leaf leaf;
    int i;

    buf_reset(text);
    buf_add(text, seal, DIGEST_SHA256);
    for (i = 0; i < 4; i++)
        chain_int(text, sqlite3_column_int64(statement, i));
    chain_blob(text, sqlite_column(statement, 4));
    chain_blob(text, sqlite_column(statement, 6));
    while (chain_leaf_next(&leaves, &leaf))
        buf_add_char(text, leaf.gone ? 'x' : '.');
    digest_sha256(buf_str(text), seal);
}

enum quell_code sqlite_seal_state(struct sqlite_store *store, uint8_t seal[DIGEST_SHA256],
                                  struct quell_error *err)
{
    sqlite3_stmt *statement = sqlite_take(store, SQL_LINKS_GONE);
    struct buf text = {.size_max = 0};
    enum quell_code code = QUELL_OK;
    int result;

    digest_sha256(QUELL_STR("quell seal 1"), seal);
    result = statement ? sqlite3_step(statement) : SQLITE_ERROR;
    for (; result == SQLITE_ROW; result = sqlite3_step(statement))
        add_link(&text, seal, statement);
    if (result != SQLITE_DONE)
        code = sqlite_refuse(store, err);
    sqlite_give(store, SQL_LINKS_GONE, statement);
    buf_free(&text);
    return code;
}

/* ---- checkpoints -------------------------------------------------------------------------------
 */

enum quell_code sqlite_chain_end(struct store *handle, struct store_checkpoint *end,
                                 struct quell_error *err)
{
    struct sqlite_store *store = (struct sqlite_store *)handle;
    struct chain_head mine = store->chain.head;
    sqlite3_stmt *statement;
    enum quell_code code = QUELL_OK;

    if (store->mode == STORE_READ) /* where a writer may be further by now */
        code = sqlite_chain_open(store, err);
    if (code)
        return code;
    statement = sqlite_take(store, SQL_LAST_CHECKPOINT);
    if (statement && sqlite3_step(statement) == SQLITE_ROW) {
        end->number = (uint64_t)sqlite3_column_int64(statement, 0);
        end->seq = store->chain.head.seq;
        memcpy(end->link, store->chain.head.link, STORE_LINK);
    } else {
        code = sqlite_refuse(store, err);
    }
    sqlite_give(store, SQL_LAST_CHECKPOINT, statement);
    if (store->mode == STORE_READ)
        store->chain.head = mine;
    return code;
}

static struct quell_str bytes(const uint8_t *data, size_t len)
{
    return (struct quell_str){(const char *)data, len};
}

enum quell_code sqlite_put_checkpoint(struct store *handle,
                                      const struct store_checkpoint *checkpoint,
                                      struct quell_error *err)
{
    struct sqlite_store *store = (struct sqlite_store *)handle;
    enum quell_code code = sqlite_check_writing(store, err);
    sqlite3_stmt *statement;

    if (code)
        return code;
    statement = sqlite_take(store, SQL_PUT_CHECKPOINT);
    sqlite_bind_int(statement, 1, (int64_t)checkpoint->number);
    sqlite_bind_int(statement, 2, (int64_t)checkpoint->seq);
    sqlite_bind_bytes(statement, 3, bytes(checkpoint->link, STORE_LINK));
    sqlite_bind_int(statement, 4, checkpoint->at_us);
    sqlite_bind_bytes(statement, 5, bytes(checkpoint->key, STORE_KEY));
    sqlite_bind_bytes(statement, 6, bytes(checkpoint->signature, STORE_SIGNATURE));
    return sqlite_finish(store, SQL_PUT_CHECKPOINT, statement, err);
}

/* A column of another length leaves zeroes, which no signature fits. */
static void take_bytes(uint8_t *to, size_t len, sqlite3_stmt *statement, int column)
{
    struct quell_str found = sqlite_column(statement, column);

    memset(to, 0, len);
    if (found.len == len)
        memcpy(to, found.data, len);
}

enum quell_code sqlite_checkpoints(struct store *handle, store_checkpoint_fn *each, void *user,
                                   struct quell_error *err)
{
    struct sqlite_store *store = (struct sqlite_store *)handle;
    sqlite3_stmt *statement = sqlite_take(store, SQL_CHECKPOINTS);
    enum quell_code code = QUELL_OK;
    int result;

    result = statement ? sqlite3_step(statement) : SQLITE_ERROR;
    for (; result == SQLITE_ROW; result = sqlite3_step(statement)) {
        struct store_checkpoint checkpoint = {
            .number = (uint64_t)sqlite3_column_int64(statement, 0),
            .seq = (uint64_t)sqlite3_column_int64(statement, 1),
            .at_us = sqlite3_column_int64(statement, 3),
        };

        take_bytes(checkpoint.link, STORE_LINK, statement, 2);
        take_bytes(checkpoint.key, STORE_KEY, statement, 4);
        take_bytes(checkpoint.signature, STORE_SIGNATURE, statement, 5);
        if (!each(&checkpoint, user))
            break;
    }
    if (result != SQLITE_DONE && result != SQLITE_ROW)
        code = sqlite_refuse(store, err);
    sqlite_give(store, SQL_CHECKPOINTS, statement);
    return code;
}
