/*
 * fold.c - simple case folding from a table of ranges, applied while comparing: nothing is copied.
 *
 * Invalid bytes fold to numbers above Unicode, so they equal only themselves.
 */
#include "match/fold.h"

#include <stddef.h>

#include "base/utf8.h"

enum fold_kind {
    SHIFT, /* every code point by `delta` */
    EVEN,  /* pairs that begin with an even upper-case letter */
    ODD,   /* pairs that begin with an odd upper-case letter */
};

struct fold_range {
    uint32_t first, last;
    enum fold_kind kind;
    int32_t delta;
};

/* Ascending; searched by halves. From Unicode's CaseFolding.txt, statuses C and S. */
static const struct fold_range ranges[] = {
    {0x0041, 0x005A, SHIFT, 32},    /* A - Z */
    {0x00B5, 0x00B5, SHIFT, 775},   /* micro sign: Greek mu */
    {0x00C0, 0x00D6, SHIFT, 32},    /* Latin-1 */
    {0x00D8, 0x00DE, SHIFT, 32},    /* Latin-1 */
    {0x0100, 0x012F, EVEN, 1},      /* Latin Extended-A; U+0130 has no simple folding */
    {0x0132, 0x0137, EVEN, 1},      /* */
    {0x0139, 0x0148, ODD, 1},       /* */
    {0x014A, 0x0177, EVEN, 1},      /* */
    {0x0178, 0x0178, SHIFT, -121},  /* Y with diaeresis: Latin-1 */
    {0x0179, 0x017E, ODD, 1},       /* */
    {0x017F, 0x017F, SHIFT, -268},  /* long s: s */
    {0x01CD, 0x01DC, ODD, 1},       /* Latin Extended-B: pinyin */
    {0x01DE, 0x01EF, EVEN, 1},      /* */
    {0x01F8, 0x021F, EVEN, 1},      /* */
    {0x0222, 0x0233, EVEN, 1},      /* */
    {0x0386, 0x0386, SHIFT, 38},    /* Greek with tonos */
    {0x0388, 0x038A, SHIFT, 37},    /* */
    {0x038C, 0x038C, SHIFT, 64},    /* */
    {0x038E, 0x038F, SHIFT, 63},    /* */
    {0x0391, 0x03A1, SHIFT, 32},    /* Greek */
    {0x03A3, 0x03AB, SHIFT, 32},    /* */
    {0x03C2, 0x03C2, SHIFT, 1},     /* final sigma: sigma */
    {0x0400, 0x040F, SHIFT, 80},    /* Cyrillic */
    {0x0410, 0x042F, SHIFT, 32},    /* */
    {0x0460, 0x0481, EVEN, 1},      /* */
    {0x048A, 0x04BF, EVEN, 1},      /* */
    {0x04C0, 0x04C0, SHIFT, 15},    /* palochka */
    {0x04C1, 0x04CE, ODD, 1},       /* */
    {0x04D0, 0x052F, EVEN, 1},      /* */
    {0x0531, 0x0556, SHIFT, 48},    /* Armenian */
    {0x1E00, 0x1E95, EVEN, 1},      /* Latin Extended Additional */
    {0x1E9E, 0x1E9E, SHIFT, -7615}, /* capital sharp s */
    {0x1EA0, 0x1EFF, EVEN, 1},      /* Vietnamese */
    {0x212A, 0x212A, SHIFT, -8383}, /* kelvin sign: k */
    {0x212B, 0x212B, SHIFT, -8262}, /* angstrom sign */
    {0xFF21, 0xFF3A, SHIFT, 32},    /* fullwidth letters */
};

static uint32_t fold_in(const struct fold_range *range, uint32_t code_point)
{
    switch (range->kind) {
    case SHIFT:
        return (uint32_t)((int32_t)code_point + range->delta);
    case EVEN:
        return code_point | 1U;
    case ODD:
        return code_point + (code_point & 1U);
    }
    return code_point;
}

uint32_t fold_code_point(uint32_t code_point)
{
    size_t low = 0, high = sizeof ranges / sizeof ranges[0];
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (code_point > ranges[middle].last)
            low = middle + 1;
        else if (code_point < ranges[middle].first)
            high = middle;
        else
            return fold_in(&ranges[middle], code_point);
    }
    return code_point;
}

/* The folded code point at *at, which moves behind it. */
static uint32_t next(struct quell_str text, size_t *at)
{
    unsigned char byte = (unsigned char)text.data[*at];
    uint32_t code_point;
    size_t len;

    if (byte < 0x80) {
        (*at)++;
        return byte >= 'A' && byte <= 'Z' ? byte + 32U : byte;
    }
    len = utf8_read(text, *at, &code_point);
    if (len == 0) {
        (*at)++;
        return 0x110000U + byte;
    }
    *at += len;
    return fold_code_point(code_point);
}

/* Whether `part` stands in `text` at `from`; *end is then behind it. */
static bool stands_at(struct quell_str text, size_t from, struct quell_str part, size_t *end)
{
    size_t i = 0;
    while (i < part.len) {
        if (from >= text.len || next(part, &i) != next(text, &from))
            return false;
    }
    *end = from;
    return true;
}

bool fold_equal(struct quell_str a, struct quell_str b)
{
    size_t end;
    return stands_at(a, 0, b, &end) && end == a.len;
}

bool fold_starts(struct quell_str text, struct quell_str prefix)
{
    size_t end;
    return stands_at(text, 0, prefix, &end);
}

static bool continues(char byte)
{
    return ((unsigned char)byte & 0xC0U) == 0x80U;
}

bool fold_ends(struct quell_str text, struct quell_str suffix)
{
    size_t i, end, from = text.len, wanted = 0;

    for (i = 0; i < suffix.len; i++)
        wanted += !continues(suffix.data[i]);
    while (wanted > 0 && from > 0) {
        from--;
        wanted -= !continues(text.data[from]);
    }
    return wanted == 0 && stands_at(text, from, suffix, &end) && end == text.len;
}

bool fold_contains(struct quell_str text, struct quell_str part)
{
    size_t at = 0, behind_first = 0, end;
    uint32_t first;

    if (part.len == 0)
        return true;
    first = next(part, &behind_first);
    while (at < text.len) {
        size_t here = at;
        if (next(text, &at) == first && stands_at(text, here, part, &end))
            return true;
    }
    return false;
}
