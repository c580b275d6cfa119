/*
 * odata.c - the part of OData's $filter and $orderby that Defender's lists understand.
 *
 * A recursive descent over the filter's text makes a small tree; a member that a record does not
 * have is null and equals only null.
 */
#include "odata.h"

#include <string.h>

#include "base/arena.h"
#include "base/limits.h"
#include "base/str.h"
#include "value/value.h"

enum operation {
    OP_OR,
    OP_AND,
    OP_EQ,
    OP_NE,
    OP_GT,
    OP_GE,
    OP_LT,
    OP_LE,
    OP_STARTS,
    OP_ENDS,
    OP_CONTAINS
};

struct odata {
    enum operation operation;
    const struct odata *left, *right; /* of OR and AND */
    struct quell_str member;
    struct quell_value literal;
};

struct reader {
    struct arena *arena;
    struct quell_str rest;
    int depth;
};

static const struct {
    const char *word;
    enum operation operation;
} comparisons[] = {{"eq", OP_EQ}, {"ne", OP_NE}, {"gt", OP_GT},
                   {"ge", OP_GE}, {"lt", OP_LT}, {"le", OP_LE}};

static const struct {
    const char *word;
    enum operation operation;
} functions[] = {{"startswith", OP_STARTS}, {"endswith", OP_ENDS}, {"contains", OP_CONTAINS}};

static const struct odata *read_or(struct reader *reader);

static void skip_blanks(struct reader *reader)
{
    while (reader->rest.len > 0 && reader->rest.data[0] == ' ')
        reader->rest = str_slice(reader->rest, 1, reader->rest.len);
}

static bool take_char(struct reader *reader, char c)
{
    skip_blanks(reader);
    if (reader->rest.len == 0 || reader->rest.data[0] != c)
        return false;
    reader->rest = str_slice(reader->rest, 1, reader->rest.len);
    return true;
}

static struct quell_str take_word(struct reader *reader)
{
    size_t len = 0;
    struct quell_str word;
    skip_blanks(reader);
    while (len < reader->rest.len && !strchr(" ()',", reader->rest.data[len]))
        len++;
    word = str_slice(reader->rest, 0, len);
    reader->rest = str_slice(reader->rest, len, reader->rest.len);
    return word;
}

static bool take_this_word(struct reader *reader, const char *wanted)
{
    struct reader ahead = *reader;
    if (!str_equal_fold(take_word(&ahead), quell_str_of(wanted)))
        return false;
    *reader = ahead;
    return true;
}

/* 'text' with '' for a quote. */
static bool take_text(struct reader *reader, struct quell_value *literal)
{
    char *out = arena_alloc(reader->arena, reader->rest.len + 1);
    size_t i, len = 0;
    if (!take_char(reader, '\''))
        return false;
    for (i = 0; i < reader->rest.len; i++) {
        if (reader->rest.data[i] == '\'') {
            if (i + 1 >= reader->rest.len || reader->rest.data[i + 1] != '\'')
                break;
            i++;
        }
        out[len++] = reader->rest.data[i];
    }
    if (i == reader->rest.len)
        return false;
    reader->rest = str_slice(reader->rest, i + 1, reader->rest.len);
    *literal = quell_string((struct quell_str){out, len});
    return true;
}

static bool take_literal(struct reader *reader, struct quell_value *literal)
{
    struct quell_str word;
    int64_t number;
    skip_blanks(reader);
    if (reader->rest.len > 0 && reader->rest.data[0] == '\'')
        return take_text(reader, literal);
    word = take_word(reader);
    if (word.len == 0)
        return false;
    if (str_is(word, "null"))
        *literal = quell_null();
    else if (str_is(word, "true") || str_is(word, "false"))
        *literal = quell_bool(str_is(word, "true"));
    else if (str_to_int(word, &number))
        *literal = quell_int(number);
    else
        *literal = quell_string(word); /* a timestamp: its text sorts as the time does */
    return true;
}

static const struct odata *read_function(struct reader *reader, enum operation operation)
{
    struct odata *node = arena_one(reader->arena, struct odata);
    node->operation = operation;
    if (!take_char(reader, '('))
        return NULL;
    node->member = take_word(reader);
    if (node->member.len == 0 || !take_char(reader, ',') || !take_literal(reader, &node->literal) ||
        !take_char(reader, ')'))
        return NULL;
    return node;
}

static const struct odata *read_comparison(struct reader *reader)
{
    struct odata *node = arena_one(reader->arena, struct odata);
    struct quell_str word = take_word(reader);
    size_t i;
    for (i = 0; i < sizeof(functions) / sizeof(functions[0]); i++) {
        if (str_is(word, functions[i].word))
            return read_function(reader, functions[i].operation);
    }
    node->member = word;
    word = take_word(reader);
    for (i = 0; i < sizeof(comparisons) / sizeof(comparisons[0]); i++) {
        if (!str_is(word, comparisons[i].word))
            continue;
        node->operation = comparisons[i].operation;
        return node->member.len > 0 && take_literal(reader, &node->literal) ? node : NULL;
    }
    return NULL;
}

static const struct odata *read_primary(struct reader *reader)
{
    const struct odata *node;
    if (!take_char(reader, '('))
        return read_comparison(reader);
    if (reader->depth == LIMIT_DEPTH)
        return NULL;
    reader->depth++;
    node = read_or(reader);
    reader->depth--;
    return node && take_char(reader, ')') ? node : NULL;
}

static const struct odata *join(struct reader *reader, enum operation operation,
                                const struct odata *left, const struct odata *right)
{
    struct odata *node = arena_one(reader->arena, struct odata);
    node->operation = operation;
    node->left = left;
    node->right = right;
    return right ? node : NULL;
}

static const struct odata *read_and(struct reader *reader)
{
    const struct odata *node = read_primary(reader);
    while (node && take_this_word(reader, "and"))
        node = join(reader, OP_AND, node, read_primary(reader));
    return node;
}

static const struct odata *read_or(struct reader *reader)
{
    const struct odata *node = read_and(reader);
    while (node && take_this_word(reader, "or"))
        node = join(reader, OP_OR, node, read_and(reader));
    return node;
}

struct odata *odata_parse(struct arena *arena, struct quell_str filter)
{
    struct reader reader = {.arena = arena, .rest = filter};
    const struct odata *node = read_or(&reader);
    struct odata *copy;
    skip_blanks(&reader);
    if (!node || reader.rest.len > 0)
        return NULL;
    copy = arena_one(arena, struct odata);
    *copy = *node;
    return copy;
}

static struct quell_value member_of(struct quell_value record, struct quell_str member)
{
    struct quell_value value = quell_null();
    (void)quell_find(record, member, &value); /* absent is null */
    return value;
}

static bool compares(const struct odata *node, struct quell_value value)
{
    int order;
    if (node->operation == OP_EQ || node->operation == OP_NE)
        return value_equal(value, node->literal) == (node->operation == OP_EQ);
    if (!value_compare(value, node->literal, &order))
        return false;
    if (node->operation == OP_GT || node->operation == OP_GE)
        return order > 0 || (order == 0 && node->operation == OP_GE);
    return order < 0 || (order == 0 && node->operation == OP_LE);
}

bool odata_holds(const struct odata *node, struct quell_value record)
{
    struct quell_value value = member_of(record, node->member);
    struct quell_str text = quell_str(value), wanted = quell_str(node->literal);
    switch (node->operation) {
    case OP_OR:
        return odata_holds(node->left, record) || odata_holds(node->right, record);
    case OP_AND:
        return odata_holds(node->left, record) && odata_holds(node->right, record);
    case OP_STARTS:
        return str_starts(text, wanted);
    case OP_ENDS:
        return str_ends(text, wanted);
    case OP_CONTAINS:
        return str_find(text, wanted, 0) != SIZE_MAX;
    case OP_EQ:
    case OP_NE:
    case OP_GT:
    case OP_GE:
    case OP_LT:
    case OP_LE:
        break;
    }
    return compares(node, value);
}

struct quell_str odata_demands(const struct odata *node, const char *member)
{
    if (node->operation == OP_AND) {
        struct quell_str left = odata_demands(node->left, member);
        return left.len > 0 ? left : odata_demands(node->right, member);
    }
    if (node->operation == OP_EQ && str_is(node->member, member))
        return quell_str(node->literal);
    return (struct quell_str){"", 0};
}

static bool goes_behind(struct quell_value a, struct quell_value b, struct quell_str member,
                        bool down)
{
    int order = 0;
    (void)value_compare(member_of(a, member), member_of(b, member), &order); /* else as they are */
    return down ? order < 0 : order > 0;
}

bool odata_sort(struct quell_str order, struct quell_value *items, size_t count)
{
    struct quell_str member, direction;
    bool down;
    size_t i, k;
    (void)str_cut(str_trim(order), ' ', &member, &direction); /* the direction may be missing */
    direction = str_trim(direction);
    down = str_is(direction, "desc");
    if (member.len == 0 || (!down && direction.len > 0 && !str_is(direction, "asc")))
        return false;
    for (i = 1; i < count; i++) { /* insertion: stable, and lists here are short */
        struct quell_value item = items[i];
        for (k = i; k > 0 && goes_behind(items[k - 1], item, member, down); k--)
            items[k] = items[k - 1];
        items[k] = item;
    }
    return true;
}
