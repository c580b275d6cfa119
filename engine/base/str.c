/*
 * str.c - slices of text: comparing, cutting, numbers, and the nearest of some names.
 */
#include "base/str.h"

#include <openssl/crypto.h>
#include <string.h>

bool str_is(struct quell_str text, const char *literal)
{
    return quell_str_equal(text, quell_str_of(literal));
}

bool str_starts(struct quell_str text, struct quell_str prefix)
{
    return text.len >= prefix.len &&
           (prefix.len == 0 || memcmp(text.data, prefix.data, prefix.len) == 0);
}

bool str_ends(struct quell_str text, struct quell_str suffix)
{
    return text.len >= suffix.len && (suffix.len == 0 || memcmp(text.data + text.len - suffix.len,
                                                                suffix.data, suffix.len) == 0);
}

static char fold(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c + ('a' - 'A')) : c;
}

bool str_equal_fold(struct quell_str a, struct quell_str b)
{
    if (a.len != b.len)
        return false;
    for (size_t i = 0; i < a.len; i++)
        if (fold(a.data[i]) != fold(b.data[i]))
            return false;
    return true;
}

int str_compare(struct quell_str a, struct quell_str b)
{
    size_t common = a.len < b.len ? a.len : b.len;
    int order = common ? memcmp(a.data, b.data, common) : 0;
    if (order)
        return order;
    return (a.len > b.len) - (a.len < b.len);
}

size_t str_find(struct quell_str text, struct quell_str needle, size_t from)
{
    if (from > text.len)
        return SIZE_MAX;
    if (needle.len == 0)
        return from;
    if (from == text.len)
        return SIZE_MAX;
    const char *found = memmem(text.data + from, text.len - from, needle.data, needle.len);
    return found ? (size_t)(found - text.data) : SIZE_MAX;
}

struct quell_str str_slice(struct quell_str text, size_t from, size_t to)
{
    if (to > text.len)
        to = text.len;
    if (from >= to)
        return (struct quell_str){"", 0};
    return (struct quell_str){text.data + from, to - from};
}

static bool is_blank(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

struct quell_str str_trim(struct quell_str text)
{
    while (text.len && is_blank(text.data[0])) {
        text.data++;
        text.len--;
    }
    while (text.len && is_blank(text.data[text.len - 1]))
        text.len--;
    return text;
}

bool str_cut(struct quell_str text, char separator, struct quell_str *head, struct quell_str *tail)
{
    const char *found = text.len ? memchr(text.data, separator, text.len) : NULL;
    if (!found) {
        *head = text;
        *tail = (struct quell_str){"", 0};
        return false;
    }
    size_t at = (size_t)(found - text.data);
    *head = (struct quell_str){text.data, at};
    *tail = (struct quell_str){found + 1, text.len - at - 1};
    return true;
}

bool str_to_int(struct quell_str text, int64_t *number)
{
    bool minus = text.len && text.data[0] == '-';
    size_t at = minus ? 1 : 0;
    int64_t sum = 0; /* counted downwards: the negative range is the larger one */
    if (at == text.len)
        return false;
    for (; at < text.len; at++) {
        int digit = text.data[at] - '0';
        if (digit < 0 || digit > 9 || __builtin_mul_overflow(sum, 10, &sum) ||
            __builtin_sub_overflow(sum, digit, &sum))
            return false;
    }
    if (!minus && sum == INT64_MIN)
        return false;
    *number = minus ? sum : -sum;
    return true;
}

bool str_equal_secret(struct quell_str a, struct quell_str b)
{
    return a.len == b.len && (a.len == 0 || CRYPTO_memcmp(a.data, b.data, a.len) == 0);
}

uint64_t str_hash(struct quell_str text)
{
    uint64_t hash = 14695981039346656037u; /* FNV's offset basis and prime, 64 bit */
    for (size_t i = 0; i < text.len; i++) {
        hash ^= (unsigned char)text.data[i];
        hash *= 1099511628211u;
    }
    return hash;
}

enum {
    NEAREST_LEN_MAX = 64, /* bytes; longer names are not misspelt, they are something else */
    NEAREST_EDITS_MAX = 3,
};

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* Edits (insert, delete, replace, swap two neighbours) that make `a` of `b`; letter case and `-`
 * for `_` count as nothing. Both are at most NEAREST_LEN_MAX long. */
static size_t edits(struct quell_str a, struct quell_str b)
{
    size_t rows[3][NEAREST_LEN_MAX + 1];
    size_t *before = rows[0], *above = rows[1], *row = rows[2];

    memset(rows, 0, sizeof(rows));
    for (size_t j = 0; j <= b.len; j++)
        above[j] = j;
    for (size_t i = 1; i <= a.len; i++) {
        row[0] = i;
        for (size_t j = 1; j <= b.len; j++) {
            char x = fold(a.data[i - 1]), y = fold(b.data[j - 1]);
            bool same = x == y || ((x == '-' || x == '_') && (y == '-' || y == '_'));
            row[j] = least(least(above[j], row[j - 1]) + 1, above[j - 1] + (same ? 0 : 1));
            if (i > 1 && j > 1 && x == fold(b.data[j - 2]) && fold(a.data[i - 2]) == y)
                row[j] = least(row[j], before[j - 2] + 1);
        }
        size_t *oldest = before;
        before = above;
        above = row;
        row = oldest;
    }
    return above[b.len];
}

/* The shortest candidate that goes on where `wrong` ends: `ip` of `ips`; or the longest one that
 * `wrong` goes on from behind a joint: `send` of `send-mail`. */
static struct quell_str begun(struct quell_str wrong, const struct quell_str *candidates,
                              size_t count)
{
    struct quell_str longer = {"", 0}, shorter = {"", 0};
    for (size_t i = 0; wrong.len >= 2 && i < count; i++) {
        struct quell_str one = candidates[i];
        size_t common = least(one.len, wrong.len);
        if (!str_equal_fold(str_slice(one, 0, common), str_slice(wrong, 0, common)))
            continue;
        if (one.len > wrong.len && (!longer.len || one.len < longer.len))
            longer = one;
        if (one.len >= 3 && one.len > shorter.len && one.len < wrong.len &&
            (wrong.data[one.len] == '-' || wrong.data[one.len] == '_'))
            shorter = one;
    }
    return longer.len ? longer : shorter;
}

struct quell_str str_nearest(struct quell_str wrong, const struct quell_str *candidates,
                             size_t count)
{
    struct quell_str nearest = {"", 0};
    size_t fewest = least(wrong.len / 3, NEAREST_EDITS_MAX) + 1;

    if (wrong.len > NEAREST_LEN_MAX)
        return nearest;
    for (size_t i = 0; i < count; i++) {
        if (candidates[i].len > NEAREST_LEN_MAX)
            continue;
        size_t distance = edits(wrong, candidates[i]);
        if (distance < fewest) {
            fewest = distance;
            nearest = candidates[i];
        }
    }
    return nearest.len ? nearest : begun(wrong, candidates, count);
}
