/*
 * cidr.c - reading addresses strictly (RFC 4291, dotted quads without leading zeros, which some
 * readers take as octal) and asking whether a range holds one.
 */
#include "base/cidr.h"

#include <stdio.h>

#include "base/str.h"

static bool digit(char c)
{
    return c >= '0' && c <= '9';
}

/* A decimal number of at most three digits without leading zeros, at most `max`. */
static bool read_small(struct quell_str text, unsigned max, unsigned *number)
{
    unsigned sum = 0;
    size_t i;

    if (text.len == 0 || text.len > 3 || (text.len > 1 && text.data[0] == '0'))
        return false;
    for (i = 0; i < text.len; i++) {
        if (!digit(text.data[i]))
            return false;
        sum = sum * 10 + (unsigned)(text.data[i] - '0');
    }
    *number = sum;
    return sum <= max;
}

static bool read_quad(struct quell_str text, uint8_t out[4])
{
    struct quell_str head, tail = text;
    unsigned number;
    int i;

    for (i = 0; i < 4; i++) {
        bool more = str_cut(tail, '.', &head, &tail);
        if (more != (i < 3) || !read_small(head, 255, &number))
            return false;
        out[i] = (uint8_t)number;
    }
    return true;
}

static bool read_group(struct quell_str text, uint8_t out[2])
{
    unsigned sum = 0;
    size_t i;

    if (text.len == 0 || text.len > 4)
        return false;
    for (i = 0; i < text.len; i++) {
        char c = text.data[i];
        unsigned low = (unsigned char)c | 32U;
        if (!digit(c) && (low < 'a' || low > 'f'))
            return false;
        sum = sum * 16 + (digit(c) ? (unsigned)(c - '0') : low - 'a' + 10);
    }
    out[0] = (uint8_t)(sum >> 8);
    out[1] = (uint8_t)sum;
    return true;
}

/* Groups with colons between them (a dotted quad may be the last), appended to `out`. */
static bool read_groups(struct quell_str text, uint8_t *out, size_t *used, size_t max)
{
    struct quell_str head, tail = text;
    bool more = text.len > 0;

    while (more) {
        more = str_cut(tail, ':', &head, &tail);
        if (!more && str_find(head, QUELL_STR("."), 0) != SIZE_MAX) {
            if (*used + 4 > max || !read_quad(head, out + *used))
                return false;
            *used += 4;
            return true;
        }
        if (*used + 2 > max || !read_group(head, out + *used))
            return false;
        *used += 2;
    }
    return true;
}

static bool read_six(struct quell_str text, uint8_t out[16])
{
    uint8_t head[16] = {0}, tail[16] = {0};
    size_t head_len = 0, tail_len = 0, i;
    size_t gap = str_find(text, QUELL_STR("::"), 0);

    if (gap == SIZE_MAX) {
        if (!read_groups(text, out, &head_len, 16))
            return false;
        return head_len == 16;
    }
    if (str_find(text, QUELL_STR("::"), gap + 1) != SIZE_MAX ||
        !read_groups(str_slice(text, 0, gap), head, &head_len, 14) ||
        !read_groups(str_slice(text, gap + 2, text.len), tail, &tail_len, 14 - head_len))
        return false;
    /* A dotted quad may only end the whole. */
    if (str_find(str_slice(text, 0, gap), QUELL_STR("."), 0) != SIZE_MAX)
        return false;
    for (i = 0; i < 16; i++)
        out[i] = i < head_len ? head[i] : i >= 16 - tail_len ? tail[i - (16 - tail_len)] : 0;
    return true;
}

static bool is_mapped(const uint8_t bytes[16])
{
    static const uint8_t prefix[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF};
    return memcmp(bytes, prefix, sizeof prefix) == 0;
}

bool ip_parse(struct quell_str text, struct cidr *address)
{
    struct cidr made = {{0}, 4, 32};

    if (text.len > 45) /* the longest spelling of an IPv6 address */
        return false;
    if (str_find(text, QUELL_STR(":"), 0) == SIZE_MAX) {
        if (!read_quad(text, made.bytes))
            return false;
        *address = made;
        return true;
    }
    if (!read_six(text, made.bytes))
        return false;
    made.size = 16;
    made.bits = 128;
    if (is_mapped(made.bytes)) {
        memmove(made.bytes, made.bytes + 12, 4);
        memset(made.bytes + 4, 0, 12);
        made.size = 4;
        made.bits = 32;
    }
    *address = made;
    return true;
}

bool cidr_parse(struct quell_str text, struct cidr *range)
{
    struct quell_str head, tail;
    struct cidr made;
    unsigned bits;

    if (!str_cut(text, '/', &head, &tail))
        return ip_parse(text, range);
    if (!ip_parse(head, &made))
        return false;
    /* The length of a mapped range counts the 96 leading bits, which are gone here. */
    if (made.size == 4 && str_find(head, QUELL_STR(":"), 0) != SIZE_MAX) {
        if (!read_small(tail, 128, &bits) || bits < 96)
            return false;
        bits -= 96;
    } else if (!read_small(tail, made.size * 8U, &bits)) {
        return false;
    }
    made.bits = (uint8_t)bits;
    *range = made;
    return true;
}

bool cidr_contains(const struct cidr *range, const struct cidr *address)
{
    size_t whole = range->bits / 8;
    unsigned rest = range->bits % 8;
    uint8_t mask = (uint8_t)(0xFF00U >> rest);

    if (range->size != address->size || memcmp(range->bytes, address->bytes, whole) != 0)
        return false;
    return rest == 0 || ((range->bytes[whole] ^ address->bytes[whole]) & mask) == 0;
}

/* ---- writing ------------------------------------------------------------------------------- */

static unsigned group(const struct cidr *address, size_t index)
{
    return (unsigned)address->bytes[2 * index] << 8 | address->bytes[2 * index + 1];
}

/* The longest run of zero groups, of two or more; the first of equal ones. */
static void longest_zeros(const struct cidr *address, size_t *from, size_t *count)
{
    size_t i = 0;
    *from = 8;
    *count = 1;
    while (i < 8) {
        size_t end = i;
        while (end < 8 && group(address, end) == 0)
            end++;
        if (end - i > *count) {
            *from = i;
            *count = end - i;
        }
        i = end + 1;
    }
}

size_t ip_write(const struct cidr *address, char out[IP_TEXT])
{
    size_t len = 0, from, count, i;
    if (address->size == 4)
        return (size_t)snprintf(out, IP_TEXT, "%u.%u.%u.%u", address->bytes[0], address->bytes[1],
                                address->bytes[2], address->bytes[3]);
    longest_zeros(address, &from, &count);
    for (i = 0; i < 8; i++) {
        if (i == from) {
            len += (size_t)snprintf(out + len, IP_TEXT - len, "::");
            i += count - 1;
            continue;
        }
        len += (size_t)snprintf(out + len, IP_TEXT - len, "%s%x",
                                i > 0 && i != from + count ? ":" : "", group(address, i));
    }
    return len;
}

void cidr_mask(struct cidr *range)
{
    for (unsigned bit = range->bits; bit < range->size * 8U; bit++)
        range->bytes[bit / 8] &= (uint8_t) ~(0x80U >> bit % 8);
}
