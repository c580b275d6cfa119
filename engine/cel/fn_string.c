/*
 * fn_string.c - functions on texts. Their rows are in fn_string.def.
 *
 * Positions count code points, as CEL has it. A part of a text borrows it; what is new is made in
 * the arena and never longer than LIMIT_CEL_TEXT_BYTES.
 */
#include "base/limits.h"
#include "base/str.h"
#include "base/utf8.h"
#include "cel/function.h"

#include <string.h>

/* Looking through a text costs one step for so many bytes. */
enum { BYTES_A_STEP = 64 };

static enum quell_code charge(struct evaluation *e, const struct node *node,
                              struct quell_value text)
{
    return evaluation_charge(e, node, text.len / BYTES_A_STEP);
}

enum quell_code cel_string_size(struct evaluation *e, const struct node *node,
                                const struct quell_value *arguments, struct quell_value *made)
{
    *made = quell_int((int64_t)utf8_count(quell_str(arguments[0])));
    return charge(e, node, arguments[0]);
}

enum quell_code cel_string_size_bytes(struct evaluation *e, const struct node *node,
                                      const struct quell_value *arguments, struct quell_value *made)
{
    (void)e;
    (void)node;
    *made = quell_int(arguments[0].len);
    return QUELL_OK;
}

enum quell_code cel_string_contains(struct evaluation *e, const struct node *node,
                                    const struct quell_value *arguments, struct quell_value *made)
{
    *made = quell_bool(str_find(quell_str(arguments[0]), quell_str(arguments[1]), 0) != SIZE_MAX);
    return charge(e, node, arguments[0]);
}

enum quell_code cel_string_starts_with(struct evaluation *e, const struct node *node,
                                       const struct quell_value *arguments,
                                       struct quell_value *made)
{
    *made = quell_bool(str_starts(quell_str(arguments[0]), quell_str(arguments[1])));
    return charge(e, node, arguments[1]);
}

enum quell_code cel_string_ends_with(struct evaluation *e, const struct node *node,
                                     const struct quell_value *arguments, struct quell_value *made)
{
    *made = quell_bool(str_ends(quell_str(arguments[0]), quell_str(arguments[1])));
    return charge(e, node, arguments[1]);
}

/* ---- positions ----------------------------------------------------------------------------- */

/* The byte offset of a position, which may be the end. */
static enum quell_code offset_of(struct evaluation *e, const struct node *node,
                                 struct quell_value text, struct quell_value position,
                                 size_t *offset)
{
    size_t found = SIZE_MAX;
    if (position.as.integer >= 0)
        found = utf8_offset(quell_str(text), (size_t)position.as.integer);
    if (found == SIZE_MAX)
        return evaluation_fail(e, node, "there is no position %lld: the text has %zu characters",
                               (long long)position.as.integer, utf8_count(quell_str(text)));
    *offset = found;
    return charge(e, node, text);
}

static struct quell_value part(struct quell_value text, size_t from, size_t to)
{
    return quell_string(str_slice(quell_str(text), from, to));
}

enum quell_code cel_string_char_at(struct evaluation *e, const struct node *node,
                                   const struct quell_value *arguments, struct quell_value *made)
{
    size_t from;
    uint32_t code_point;
    enum quell_code code = offset_of(e, node, arguments[0], arguments[1], &from);
    if (!code)
        *made =
            part(arguments[0], from, from + utf8_read(quell_str(arguments[0]), from, &code_point));
    return code;
}

enum quell_code cel_string_substring(struct evaluation *e, const struct node *node,
                                     const struct quell_value *arguments, struct quell_value *made)
{
    size_t from, to = arguments[0].len;
    enum quell_code code = offset_of(e, node, arguments[0], arguments[1], &from);
    if (!code && node->count == 3)
        code = offset_of(e, node, arguments[0], arguments[2], &to);
    if (code)
        return code;
    if (to < from)
        return evaluation_fail(e, node, "the end (%lld) is before the beginning (%lld)",
                               (long long)arguments[2].as.integer,
                               (long long)arguments[1].as.integer);
    *made = part(arguments[0], from, to);
    return QUELL_OK;
}

/* A byte offset as a position. */
static struct quell_value position_of(struct quell_value text, size_t offset)
{
    if (offset == SIZE_MAX)
        return quell_int(-1);
    return quell_int((int64_t)utf8_count(str_slice(quell_str(text), 0, offset)));
}

enum quell_code cel_string_index_of(struct evaluation *e, const struct node *node,
                                    const struct quell_value *arguments, struct quell_value *made)
{
    size_t from = 0;
    enum quell_code code = charge(e, node, arguments[0]);
    if (!code && node->count == 3)
        code = offset_of(e, node, arguments[0], arguments[2], &from);
    if (!code)
        *made = position_of(arguments[0],
                            str_find(quell_str(arguments[0]), quell_str(arguments[1]), from));
    return code;
}

enum quell_code cel_string_last_index_of(struct evaluation *e, const struct node *node,
                                         const struct quell_value *arguments,
                                         struct quell_value *made)
{
    struct quell_str text = quell_str(arguments[0]), wanted = quell_str(arguments[1]);
    size_t last = text.len, found = SIZE_MAX;
    enum quell_code code = charge(e, node, arguments[0]);
    if (!code && node->count == 3)
        code = offset_of(e, node, arguments[0], arguments[2], &last);
    if (code)
        return code;
    if (wanted.len <= text.len) {
        size_t from = last < text.len - wanted.len ? last : text.len - wanted.len;
        for (found = from + 1; found > 0; found--) {
            if (!wanted.len || (text.data[found - 1] == wanted.data[0] &&
                                memcmp(text.data + found - 1, wanted.data, wanted.len) == 0))
                break;
        }
        found--; /* SIZE_MAX when nothing was found */
    }
    *made = position_of(arguments[0], found);
    return QUELL_OK;
}

/* ---- letters ------------------------------------------------------------------------------- */

static enum quell_code fold(struct evaluation *e, const struct node *node, struct quell_value text,
                            char from, char to, struct quell_value *made)
{
    char *folded = evaluation_take(e, node, text.len);
    if (!folded)
        return QUELL_LIMIT;
    for (size_t i = 0; i < text.len; i++) {
        char c = text.as.text[i];
        folded[i] = c >= from && c <= from + 25 ? (char)(c - from + to) : c;
    }
    *made = quell_string((struct quell_str){folded, text.len});
    return evaluation_charge(e, node, text.len / 64);
}

enum quell_code cel_string_lower_ascii(struct evaluation *e, const struct node *node,
                                       const struct quell_value *arguments,
                                       struct quell_value *made)
{
    return fold(e, node, arguments[0], 'A', 'a', made);
}

enum quell_code cel_string_upper_ascii(struct evaluation *e, const struct node *node,
                                       const struct quell_value *arguments,
                                       struct quell_value *made)
{
    return fold(e, node, arguments[0], 'a', 'A', made);
}

/* White_Space of Unicode 15. */
static bool is_blank(uint32_t c)
{
    return (c >= 0x09 && c <= 0x0d) || c == 0x20 || c == 0x85 || c == 0xa0 || c == 0x1680 ||
           (c >= 0x2000 && c <= 0x200a) || c == 0x2028 || c == 0x2029 || c == 0x202f ||
           c == 0x205f || c == 0x3000;
}

enum quell_code cel_string_trim(struct evaluation *e, const struct node *node,
                                const struct quell_value *arguments, struct quell_value *made)
{
    struct quell_str text = quell_str(arguments[0]);
    size_t from = 0, to = 0;
    for (size_t at = 0; at < text.len;) {
        uint32_t code_point = 0;
        size_t len = utf8_read(text, at, &code_point);
        if (!len)
            len = 1; /* not UTF-8: kept */
        if (!is_blank(code_point))
            to = at + len;
        else if (to == 0)
            from = at + len;
        at += len;
    }
    *made = part(arguments[0], to ? from : 0, to);
    return evaluation_charge(e, node, text.len / 64);
}

enum quell_code cel_string_reverse(struct evaluation *e, const struct node *node,
                                   const struct quell_value *arguments, struct quell_value *made)
{
    struct quell_str text = quell_str(arguments[0]);
    char *reversed = evaluation_take(e, node, text.len);
    if (!reversed)
        return QUELL_LIMIT;
    for (size_t at = 0; at < text.len;) {
        uint32_t code_point;
        size_t len = utf8_read(text, at, &code_point);
        if (!len)
            len = 1;
        memcpy(reversed + text.len - at - len, text.data + at, len);
        at += len;
    }
    *made = quell_string((struct quell_str){reversed, text.len});
    return evaluation_charge(e, node, text.len / 64);
}

/* ---- replacing, splitting, joining --------------------------------------------------------- */

/* The next occurrence of `wanted` at or behind `from`; an empty one stands before each character
 * and at the end. *next is where to look on. */
static size_t occurrence(struct quell_str text, struct quell_str wanted, size_t from, size_t *next)
{
    size_t found = from <= text.len ? str_find(text, wanted, from) : SIZE_MAX;
    uint32_t code_point;
    if (found == SIZE_MAX)
        return found;
    *next = found + wanted.len;
    if (!wanted.len)
        *next += found < text.len ? utf8_read(text, found, &code_point) : 1;
    return found;
}

static size_t count_occurrences(struct quell_str text, struct quell_str wanted, int64_t most)
{
    size_t count = 0, next = 0;
    while ((most < 0 || (int64_t)count < most) && occurrence(text, wanted, next, &next) != SIZE_MAX)
        count++;
    return count;
}

static void append(char *out, size_t *len, struct quell_str text)
{
    memcpy(out + *len, text.data, text.len);
    *len += text.len;
}

enum quell_code cel_string_replace(struct evaluation *e, const struct node *node,
                                   const struct quell_value *arguments, struct quell_value *made)
{
    struct quell_str text = quell_str(arguments[0]), old = quell_str(arguments[1]);
    struct quell_str new = quell_str(arguments[2]);
    size_t count = count_occurrences(text, old, node->count == 4 ? arguments[3].as.integer : -1);
    size_t size = text.len - count * old.len + count * new.len;
    size_t len = 0, done = 0, next = 0;
    char *out;
    enum quell_code code = evaluation_charge(e, node, text.len / 64 + count / 4);
    if (code)
        return code;
    if (size > LIMIT_CEL_TEXT_BYTES)
        return evaluation_limit(e, node, "this text would be longer than %d KiB",
                                LIMIT_CEL_TEXT_BYTES / 1024);
    out = evaluation_take(e, node, size);
    if (!out)
        return QUELL_LIMIT;
    for (size_t i = 0; i < count; i++) {
        size_t found = occurrence(text, old, next, &next);
        append(out, &len, str_slice(text, done, found));
        append(out, &len, new);
        done = found + old.len;
    }
    append(out, &len, str_slice(text, done, text.len));
    *made = quell_string((struct quell_str){out, len});
    return QUELL_OK;
}

/* How many parts splitting gives, `most` at most. */
static size_t count_parts(struct quell_str text, struct quell_str separator, int64_t most)
{
    size_t parts;
    if (most == 0)
        return 0;
    parts = separator.len ? count_occurrences(text, separator, most < 0 ? -1 : most - 1) + 1
                          : utf8_count(text);
    return most > 0 && (int64_t)parts > most ? (size_t)most : parts;
}

enum quell_code cel_string_split(struct evaluation *e, const struct node *node,
                                 const struct quell_value *arguments, struct quell_value *made)
{
    struct quell_str text = quell_str(arguments[0]), separator = quell_str(arguments[1]);
    size_t count = count_parts(text, separator, node->count == 3 ? arguments[2].as.integer : -1);
    struct quell_value *items = evaluation_take(e, node, count * sizeof(*items));
    size_t from = 0;
    if (!items)
        return QUELL_LIMIT;
    for (size_t i = 0; i < count; i++) {
        uint32_t code_point;
        size_t to = text.len;
        if (i + 1 < count && separator.len)
            to = str_find(text, separator, from);
        else if (i + 1 < count)
            to = from + utf8_read(text, from, &code_point);
        items[i] = part(arguments[0], from, to);
        from = to + separator.len;
    }
    *made = quell_list(items, count);
    return evaluation_charge(e, node, text.len / 64 + count / 4);
}

/* The bytes that the texts of a list need; its first unknown text instead. */
static enum quell_code measure(struct evaluation *e, const struct node *node,
                               struct quell_value list, size_t separator, size_t *size,
                               struct quell_value *unknown)
{
    *size = list.len ? (list.len - 1) * separator : 0;
    for (size_t i = 0; i < list.len; i++) {
        struct quell_value item = list.as.items[i];
        if (item.type == QUELL_UNKNOWN && unknown->type != QUELL_UNKNOWN)
            *unknown = item;
        if (item.type != QUELL_STRING && item.type != QUELL_UNKNOWN) {
            (void)evaluation_fail(e, node, "item %zu of the list is %s, not a string", i,
                                  type_with_article(item));
            return evaluation_help(e, "make texts of the items first: .map(x, string(x))");
        }
        *size += item.len;
    }
    if (*size > LIMIT_CEL_TEXT_BYTES)
        return evaluation_limit(e, node, "this text would be longer than %d KiB",
                                LIMIT_CEL_TEXT_BYTES / 1024);
    return evaluation_charge(e, node, list.len / 4);
}

enum quell_code cel_string_join(struct evaluation *e, const struct node *node,
                                const struct quell_value *arguments, struct quell_value *made)
{
    struct quell_value list = arguments[0], unknown = quell_null();
    struct quell_str separator = node->count == 2 ? quell_str(arguments[1]) : QUELL_STR("");
    uint8_t secret = 0;
    size_t size, len = 0;
    char *out;
    enum quell_code code = measure(e, node, list, separator.len, &size, &unknown);
    if (code)
        return code;
    if (unknown.type == QUELL_UNKNOWN) {
        *made = unknown;
        return QUELL_OK;
    }
    out = evaluation_take(e, node, size);
    if (!out)
        return QUELL_LIMIT;
    for (size_t i = 0; i < list.len; i++) {
        if (i)
            append(out, &len, separator);
        append(out, &len, quell_str(list.as.items[i]));
        secret |= list.as.items[i].flags & QUELL_MASKED;
    }
    *made = quell_string((struct quell_str){out, len});
    made->flags |= secret;
    return QUELL_OK;
}
