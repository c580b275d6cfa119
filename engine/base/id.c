/*
 * id.c - UUIDs of versions 7 and 5 (RFC 9562) from what the caller gives.
 */
#include "base/id.h"

#include <string.h>

#include "base/digest.h"
#include "base/memory.h"

/* The namespace of names in quell: made once as a version 5 UUID of "quell:id" in RFC 9562's URL
 * namespace. It never changes, since chosen ids of far sides depend on it. */
static const uint8_t namespace_bytes[16] = {0x59, 0xed, 0x94, 0x9e, 0x6a, 0x97, 0x58, 0x6c,
                                            0xa0, 0x4f, 0x0a, 0xb9, 0xc3, 0x9e, 0x14, 0x1f};

static struct id text_of(uint8_t bytes[16], int version)
{
    static const char digits[] = "0123456789abcdef";
    struct id id;
    size_t at = 0;

    bytes[6] = (uint8_t)((bytes[6] & 0x0F) | version << 4);
    bytes[8] = (uint8_t)((bytes[8] & 0x3F) | 0x80);
    for (size_t i = 0; i < 16; i++) {
        if (i == 4 || i == 6 || i == 8 || i == 10)
            id.text[at++] = '-';
        id.text[at++] = digits[bytes[i] >> 4];
        id.text[at++] = digits[bytes[i] & 15];
    }
    id.text[at] = '\0';
    return id;
}

struct id id_v7(int64_t now_us, const uint8_t random[10])
{
    uint8_t bytes[16];
    uint64_t ms = now_us < 0 ? 0 : (uint64_t)now_us / 1000;
    for (size_t i = 0; i < 6; i++)
        bytes[i] = (uint8_t)(ms >> (40 - 8 * i));
    memcpy(bytes + 6, random, 10);
    return text_of(bytes, 7);
}

struct id id_v5(struct quell_str name)
{
    uint8_t sum[DIGEST_SHA1];
    char *text = memory_resize(NULL, sizeof(namespace_bytes) + name.len);
    memcpy(text, namespace_bytes, sizeof(namespace_bytes));
    if (name.len)
        memcpy(text + sizeof(namespace_bytes), name.data, name.len);
    digest_sha1((struct quell_str){text, sizeof(namespace_bytes) + name.len}, sum);
    memory_free(text);
    return text_of(sum, 5);
}

bool id_valid(struct quell_str text)
{
    if (text.len != ID_LEN)
        return false;
    for (size_t i = 0; i < ID_LEN; i++) {
        char c = text.data[i];
        bool is_dash = i == 8 || i == 13 || i == 18 || i == 23;
        bool is_hex = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
        if (is_dash ? c != '-' : !is_hex)
            return false;
    }
    return true;
}

struct quell_str id_str(const struct id *id)
{
    return (struct quell_str){id->text, ID_LEN};
}
