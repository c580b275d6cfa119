/*
 * chain.c - the bytes that are hashed. See chain.h.
 */
#include "store/chain.h"

#include <assert.h>
#include <string.h>

static void add_number(struct buf *to, uint64_t number)
{
    char bytes[8];
    size_t i;

    for (i = 0; i < sizeof bytes; i++)
        bytes[i] = (char)(number >> (56 - 8 * i) & 0xFF);
    buf_add(to, bytes, sizeof bytes);
}

void chain_row(struct buf *row, enum chain_kind kind)
{
    buf_reset(row);
    buf_add_char(row, (char)kind);
}

void chain_int(struct buf *row, int64_t number)
{
    buf_add_char(row, 'i');
    add_number(row, (uint64_t)number);
}

static void add_bytes(struct buf *row, char type, struct quell_str bytes)
{
    buf_add_char(row, type);
    add_number(row, bytes.len);
    buf_add(row, bytes.data, bytes.len);
}

void chain_text(struct buf *row, struct quell_str text)
{
    add_bytes(row, 't', text);
}

void chain_blob(struct buf *row, struct quell_str bytes)
{
    add_bytes(row, 'b', bytes);
}

void chain_hash(const struct buf *row, uint8_t hash[DIGEST_SHA256])
{
    assert(!buf_over(row)); /* a row that SQLite takes is smaller than a buffer's limit */
    digest_sha256(buf_str(row), hash);
}

/* ---- leaves: kind (its highest bit: gone), length of the place in four bytes, place, hash
 * -------*/

enum { GONE = 0x80, LEAF_HEAD = 5 };

void chain_leaf_add(struct buf *leaves, const struct chain_leaf *leaf)
{
    size_t len = leaf->gone ? 0 : leaf->place.len;
    unsigned char head[LEAF_HEAD];

    assert(len <= UINT32_MAX);
    head[0] = (unsigned char)((unsigned)leaf->kind | (leaf->gone ? GONE : 0U));
    head[1] = (unsigned char)(len >> 24 & 0xFF);
    head[2] = (unsigned char)(len >> 16 & 0xFF);
    head[3] = (unsigned char)(len >> 8 & 0xFF);
    head[4] = (unsigned char)(len & 0xFF);
    buf_add(leaves, head, sizeof head);
    buf_add(leaves, leaf->place.data, len);
    buf_add(leaves, leaf->hash, DIGEST_SHA256);
}

bool chain_leaf_next(struct quell_str *leaves, struct chain_leaf *leaf)
{
    const uint8_t *data = (const uint8_t *)leaves->data;
    unsigned kind;
    size_t len;

    if (leaves->len < LEAF_HEAD)
        return false;
    kind = data[0] & (unsigned)~GONE;
    len = (size_t)data[1] << 24 | (size_t)data[2] << 16 | (size_t)data[3] << 8 | data[4];
    if (leaves->len < LEAF_HEAD + len + DIGEST_SHA256 || kind < CHAIN_INCIDENT || kind > CHAIN_SEAL)
        return false;
    leaf->kind = (enum chain_kind)kind;
    leaf->gone = (data[0] & GONE) != 0;
    leaf->place = (struct quell_str){leaves->data + LEAF_HEAD, len};
    leaf->hash = data + LEAF_HEAD + len;
    leaves->data += LEAF_HEAD + len + DIGEST_SHA256;
    leaves->len -= LEAF_HEAD + len + DIGEST_SHA256;
    return true;
}

struct quell_str chain_place(int64_t number, char bytes[8])
{
    size_t i;

    for (i = 0; i < 8; i++)
        bytes[i] = (char)((uint64_t)number >> (56 - 8 * i) & 0xFF);
    return (struct quell_str){bytes, 8};
}

bool chain_place_number(struct quell_str place, int64_t *number)
{
    uint64_t found = 0;
    size_t i;

    if (place.len != 8)
        return false;
    for (i = 0; i < 8; i++)
        found = found << 8 | (unsigned char)place.data[i];
    *number = (int64_t)found;
    return true;
}

/* ---- links -----------------------------------------------------------------------------------*/

struct chain_head chain_begin(void)
{
    struct chain_head head = {.seq = 0};

    digest_sha256(QUELL_STR("quell chain 1"), head.link);
    return head;
}

struct chain_head chain_next(const struct chain_head *head, uint64_t count,
                             const uint8_t digest[DIGEST_SHA256])
{
    struct chain_head next = {.seq = head->seq + 1};
    struct buf text = {.size_max = 256};

    buf_add_text(&text, "quell link 1");
    buf_add(&text, head->link, DIGEST_SHA256);
    add_number(&text, next.seq);
    add_number(&text, count);
    buf_add(&text, digest, DIGEST_SHA256);
    assert(!buf_over(&text));
    digest_sha256(buf_str(&text), next.link);
    buf_free(&text);
    return next;
}
