/*
 * encoding.c - bytes as hexadecimal and base64 text. The reading side is strict by hand: OpenSSL's
 * accepts line breaks and a wrong number of padding signs.
 */
#include "base/arena.h"
#include "base/digest.h"

#include <openssl/evp.h>

struct quell_str digest_hex(struct arena *arena, const uint8_t *data, size_t len)
{
    static const char digits[] = "0123456789abcdef";
    char *text = arena_alloc(arena, 2 * len + 1);
    for (size_t i = 0; i < len; i++) {
        text[2 * i] = digits[data[i] >> 4];
        text[2 * i + 1] = digits[data[i] & 15];
    }
    return (struct quell_str){text, 2 * len};
}

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

bool digest_from_hex(struct arena *arena, struct quell_str text, struct quell_str *bytes)
{
    if (text.len % 2)
        return false;
    char *made = arena_alloc(arena, text.len / 2 + 1);
    for (size_t i = 0; i < text.len / 2; i++) {
        int high = hex_digit(text.data[2 * i]), low = hex_digit(text.data[2 * i + 1]);
        if (high < 0 || low < 0)
            return false;
        made[i] = (char)(high << 4 | low);
    }
    *bytes = (struct quell_str){made, text.len / 2};
    return true;
}

struct quell_str digest_base64(struct arena *arena, struct quell_str data)
{
    enum {
        PIECE = 3 * 1024 * 1024
    }; /* OpenSSL counts in int; a multiple of three needs no padding */
    size_t at = 0, written = 0;
    char *text = arena_alloc(arena, (data.len + 2) / 3 * 4 + 1);
    while (at < data.len) {
        size_t len = data.len - at < PIECE ? data.len - at : PIECE;
        written += (size_t)EVP_EncodeBlock((unsigned char *)text + written,
                                           (const unsigned char *)data.data + at, (int)len);
        at += len;
    }
    return (struct quell_str){text, written};
}

static int base64_digit(char c)
{
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26;
    if (c >= '0' && c <= '9')
        return c - '0' + 52;
    if (c == '+' || c == '-')
        return 62;
    if (c == '/' || c == '_')
        return 63;
    return -1;
}

bool digest_from_base64(struct arena *arena, struct quell_str text, struct quell_str *bytes)
{
    size_t len = text.len;
    while (len && text.len - len < 2 && text.data[len - 1] == '=')
        len--;
    /* Padding is optional, but when it is there it is the right one. */
    if ((len != text.len && text.len % 4) || len % 4 == 1)
        return false;

    char *made = arena_alloc(arena, len / 4 * 3 + 3);
    size_t count = 0;
    uint32_t held = 0;
    int bits = 0;
    for (size_t i = 0; i < len; i++) {
        int digit = base64_digit(text.data[i]);
        if (digit < 0)
            return false;
        held = held << 6 | (uint32_t)digit;
        bits += 6;
        if (bits >= 8) {
            bits -= 8;
            made[count++] = (char)(held >> bits & 0xFF);
        }
    }
    if (held & ((1u << bits) - 1))
        return false; /* bits that mean nothing: two texts for the same bytes */
    *bytes = (struct quell_str){made, count};
    return true;
}
