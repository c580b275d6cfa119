/*
 * utf8.c - reading, writing, checking and counting UTF-8. Widths are in utf8_width.c.
 */
#include "base/utf8.h"

#include <string.h>

/* The length a lead byte announces; 0 when it can begin nothing (C0, C1 and F5.. never do). */
static size_t announced(unsigned char lead)
{
    if (lead < 0x80)
        return 1;
    if (lead >= 0xC2 && lead <= 0xDF)
        return 2;
    if (lead >= 0xE0 && lead <= 0xEF)
        return 3;
    if (lead >= 0xF0 && lead <= 0xF4)
        return 4;
    return 0;
}

size_t utf8_read(struct quell_str text, size_t at, uint32_t *code_point)
{
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    static const unsigned char lead_bits[] = {0, 0x7F, 0x1F, 0x0F, 0x07};

    if (at >= text.len)
        return 0;
    const unsigned char *bytes = (const unsigned char *)text.data + at;
    size_t len = announced(bytes[0]);
    if (len == 0 || len > text.len - at)
        return 0;
    uint32_t sum = bytes[0] & lead_bits[len];
    for (size_t i = 1; i < len; i++) {
        if ((bytes[i] & 0xC0) != 0x80)
            return 0;
        sum = sum << 6 | (bytes[i] & 0x3Fu);
    }
    if (sum < least[len] || sum > 0x10FFFF || (sum >= 0xD800 && sum <= 0xDFFF))
        return 0;
    *code_point = sum;
    return len;
}

size_t utf8_write(uint32_t code_point, char out[4])
{
    if (code_point < 0x80) {
        out[0] = (char)code_point;
        return 1;
    }
    if (code_point < 0x800) {
        out[0] = (char)(0xC0 | code_point >> 6);
        out[1] = (char)(0x80 | (code_point & 0x3F));
        return 2;
    }
    if (code_point >= 0xD800 && code_point <= 0xDFFF)
        return 0;
    if (code_point < 0x10000) {
        out[0] = (char)(0xE0 | code_point >> 12);
        out[1] = (char)(0x80 | (code_point >> 6 & 0x3F));
        out[2] = (char)(0x80 | (code_point & 0x3F));
        return 3;
    }
    if (code_point > 0x10FFFF)
        return 0;
    out[0] = (char)(0xF0 | code_point >> 18);
    out[1] = (char)(0x80 | (code_point >> 12 & 0x3F));
    out[2] = (char)(0x80 | (code_point >> 6 & 0x3F));
    out[3] = (char)(0x80 | (code_point & 0x3F));
    return 4;
}

/* How many bytes from `at` are ASCII, counted in steps of eight. */
static size_t ascii_words(struct quell_str text, size_t at)
{
    size_t start = at;
    while (text.len - at >= 8) {
        uint64_t word;
        memcpy(&word, text.data + at, 8);
        if (word & 0x8080808080808080u)
            break;
        at += 8;
    }
    return at - start;
}

size_t utf8_valid(struct quell_str text)
{
    size_t at = 0;
    while (at < text.len) {
        at += ascii_words(text, at);
        if (at == text.len)
            break;
        uint32_t code_point;
        size_t len = utf8_read(text, at, &code_point);
        if (len == 0)
            return at;
        at += len;
    }
    return at;
}

static bool begins(char byte)
{
    return ((unsigned char)byte & 0xC0) != 0x80;
}

size_t utf8_count(struct quell_str text)
{
    size_t count = 0;
    for (size_t i = 0; i < text.len; i++)
        count += begins(text.data[i]);
    return count;
}

size_t utf8_offset(struct quell_str text, size_t n)
{
    size_t seen = 0;
    for (size_t i = 0; i < text.len; i++) {
        if (!begins(text.data[i]))
            continue;
        if (seen == n)
            return i;
        seen++;
    }
    return seen == n ? text.len : SIZE_MAX;
}
