/*
 * chain.h - how stored rows are tied together: the hash of a row, the list of a transaction's
 * hashes, and the link that follows from the one before. Bytes only; the back ends keep them.
 *
 * A row's hash is SHA-256 over its kind and its fields, each with its type and length. Each
 * transaction that writes rows that never change makes one link:
 *
 *     digest = SHA-256(hash of row 1, hash of row 2, ...)
 *     link   = SHA-256("quell link 1", link before, number, count, digest)
 *
 * so no row can be changed, added, moved or left out without every later link being another one.
 * When rows are forgotten their hashes stay, marked as gone, and a *seal* in the next link is the
 * hash of all such marks. Links whose rows are all gone are joined into gaps, which the seal
 * covers.
 */
#ifndef STORE_CHAIN_H
#define STORE_CHAIN_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/digest.h"

enum chain_kind { /* written into hashes: never change a number */
                  CHAIN_INCIDENT = 1,
                  CHAIN_DELIVERY = 2,
                  CHAIN_REVISION = 3,
                  CHAIN_EVENT = 4,
                  CHAIN_REFUSAL = 5,
                  CHAIN_AUDIT = 6,
                  CHAIN_SEAL = 7, /* no row: the hash is that of all marks of what is gone */
                  CHAIN_RUN = 8,  /* rows that change: they carry their hash themselves */
                  CHAIN_MARK = 9,
                  CHAIN_KINDS
};

/* ---- one row -----------------------------------------------------------------------------------
 */

void chain_row(struct buf *row, enum chain_kind kind); /* begins */
void chain_int(struct buf *row, int64_t number);
void chain_text(struct buf *row, struct quell_str text);
void chain_blob(struct buf *row, struct quell_str bytes);
void chain_hash(const struct buf *row, uint8_t hash[DIGEST_SHA256]);

/* ---- the rows of a link ------------------------------------------------------------------------
 */

struct chain_leaf {
    enum chain_kind kind;
    bool gone;
    struct quell_str place; /* how its row is found; empty when gone; borrowed */
    const uint8_t *hash;    /* DIGEST_SHA256 bytes, borrowed */
};

void chain_leaf_add(struct buf *leaves, const struct chain_leaf *leaf);
/* Takes the next leaf off `*leaves`; false: none is left, or, with *leaves not empty, what is left
 * is none. */
bool chain_leaf_next(struct quell_str *leaves, struct chain_leaf *leaf);
/* The place of an event, whose rows are numbered. */
struct quell_str chain_place(int64_t number, char bytes[8]);
bool chain_place_number(struct quell_str place, int64_t *number);

/* ---- links -------------------------------------------------------------------------------------
 */

struct chain_head {
    uint64_t seq; /* 0: there is no link yet */
    uint8_t link[DIGEST_SHA256];
};

struct chain_head chain_begin(void); /* before the first link */
/* The link behind `head`. */
struct chain_head chain_next(const struct chain_head *head, uint64_t count,
                             const uint8_t digest[DIGEST_SHA256]);

#endif
