/*
 * check_operator.c - the types that operators take and give, and what is compared with what.
 *
 * An enum is a string, but its words are known: one that it never has is a mistake, and so is `<`,
 * which would compare the letters.
 */
#include "cel/checking.h"

#include "base/arena.h"
#include "base/str.h"
#include "cel/overload.h"
#include "value/fields.h"

/* ---- signatures --------------------------------------------------------------------------------
 */

#define ORDERED                                                                                    \
    {                                                                                              \
        "_(bool, bool) -> bool", "_(int, int) -> bool", "_(uint, uint) -> bool",                   \
            "_(double, double) -> bool", "_(string, string) -> bool", "_(bytes, bytes) -> bool",   \
            "_(timestamp, timestamp) -> bool", "_(duration, duration) -> bool"                     \
    }

enum { SIGNATURES_MAX = 9 };

static const struct {
    const char *name;
    const char *signatures[SIGNATURES_MAX];
} operators[OPERATIONS] = {
    [OPERATION_ADD] = {"+",
                       {"_(int, int) -> int", "_(uint, uint) -> uint",
                        "_(double, double) -> double", "_(string, string) -> string",
                        "_(bytes, bytes) -> bytes", "_(list(A), list(A)) -> list(A)",
                        "_(timestamp, duration) -> timestamp",
                        "_(duration, timestamp) -> timestamp",
                        "_(duration, duration) -> duration"}},
    [OPERATION_SUBTRACT] = {"-",
                            {"_(int, int) -> int", "_(uint, uint) -> uint",
                             "_(double, double) -> double", "_(timestamp, timestamp) -> duration",
                             "_(timestamp, duration) -> timestamp",
                             "_(duration, duration) -> duration"}},
    [OPERATION_MULTIPLY] = {"*",
                            {"_(int, int) -> int", "_(uint, uint) -> uint",
                             "_(double, double) -> double"}},
    [OPERATION_DIVIDE] = {"/",
                          {"_(int, int) -> int", "_(uint, uint) -> uint",
                           "_(double, double) -> double"}},
    [OPERATION_MODULO] = {"%", {"_(int, int) -> int", "_(uint, uint) -> uint"}},
    [OPERATION_LESS] = {"<", ORDERED},
    [OPERATION_LESS_EQUAL] = {"<=", ORDERED},
    [OPERATION_GREATER] = {">", ORDERED},
    [OPERATION_GREATER_EQUAL] = {">=", ORDERED},
    [OPERATION_EQUAL] = {"==", {"_(A, A) -> bool"}},
    [OPERATION_NOT_EQUAL] = {"!=", {"_(A, A) -> bool"}},
    [OPERATION_IN] = {"in", {"_(A, list(A)) -> bool", "_(A, map(A, B)) -> bool"}},
};

struct operator_signatures check_operator(struct checking *c, enum operation operation)
{
    struct cel_library *library = c->environment->library;
    struct operator_signatures *known = &library->operators[operation];
    struct cel_signature *items;
    if (known->items)
        return *known;
    items = arena_array(library->arena, struct cel_signature, SIGNATURES_MAX);
    while (known->count < SIGNATURES_MAX && operators[operation].signatures[known->count]) {
        if (!cel_signature_read(library->arena, QUELL_STR("_"),
                                quell_str_of(operators[operation].signatures[known->count]),
                                &items[known->count]))
            break; /* cannot be: the tests check every operator */
        known->count++;
    }
    known->items = items;
    return *known;
}

/* ---- words of enums ----------------------------------------------------------------------------
 */

static bool has_word(const char *const *words, struct quell_str word)
{
    for (; *words; words++) {
        if (str_is(word, *words))
            return true;
    }
    return false;
}

static struct quell_str nearest_word(const char *const *words, struct quell_str wrong)
{
    struct quell_str names[32];
    size_t count = 0;
    for (; *words && count < sizeof(names) / sizeof(names[0]); words++)
        names[count++] = quell_str_of(*words);
    return str_nearest(wrong, names, count);
}

static struct quell_str all_words(struct checking *c, const char *const *words)
{
    struct quell_str all = {"", 0};
    for (; *words; words++)
        all = arena_format(c->arena, "%.*s%s%s", QUELL_ARG(all), all.len ? ", " : "", *words);
    return all;
}

/* The name of what is compared: of the field, if it is one. */
static struct quell_str name_of(struct checking *c, const struct node *node)
{
    if (node->kind == NODE_SELECT || node->kind == NODE_NAME || node->kind == NODE_LOCAL)
        return node->name;
    return str_slice(c->text, node->whole.offset, (size_t)node->whole.offset + node->whole.len);
}

static void foreign_word(struct checking *c, const struct node *node, const char *const *words,
                         struct quell_str word, struct place place)
{
    struct quell_str nearest = nearest_word(words, word);
    struct cel_problem *problem = check_say(c, CEL_FOREIGN_WORD, place, "`%.*s` is never `%.*s`",
                                            QUELL_ARG(name_of(c, node)), QUELL_ARG(word));
    problem->note = arena_format(c->arena, "its words are %.*s", QUELL_ARG(all_words(c, words)));
    if (nearest.len)
        check_help(c, "did you mean `%.*s`?", QUELL_ARG(nearest));
}

/* Where the word stands in a literal list; the whole list when it is written another way. */
static struct place place_of(const struct checking *c, struct place list, struct quell_str word)
{
    struct quell_str text = str_slice(c->text, list.offset, (size_t)list.offset + list.len);
    size_t at = str_find(text, word, 0);
    while (at != SIZE_MAX && word.len) {
        char before = at ? text.data[at - 1] : 0;
        if ((before == '\'' || before == '"') && at + word.len < text.len &&
            text.data[at + word.len] == before)
            return (struct place){(uint32_t)(list.offset + at - 1), (uint32_t)word.len + 2};
        at = str_find(text, word, at + 1);
    }
    return list;
}

/* Says of each text in `given`, a literal or a list of them, that the enum never is it. */
static void check_words(struct checking *c, const struct node *node, const struct cel_type *type,
                        const struct node *given)
{
    struct quell_value value = given->value;
    type = unify_head(&c->unifier, type);
    if (type->kind != CEL_STRING || !type->words)
        return;
    if (given->kind == NODE_LIST) {
        for (size_t i = 0; i < given->count; i++)
            check_words(c, node, type, given->kids[i]);
        return;
    }
    if (given->kind != NODE_LITERAL)
        return;
    if (quell_is(value, QUELL_STRING) && !has_word(type->words, quell_str(value)))
        foreign_word(c, node, type->words, quell_str(value), given->whole);
    for (size_t i = 0; quell_is(value, QUELL_LIST) && i < value.len; i++) {
        struct quell_value item = value.as.items[i];
        if (quell_is(item, QUELL_STRING) && !has_word(type->words, quell_str(item)))
            foreign_word(c, node, type->words, quell_str(item),
                         place_of(c, given->whole, quell_str(item)));
    }
}

/* Two enums of which neither has a word of the other. */
static bool have_common_word(const struct cel_type *a, const struct cel_type *b)
{
    if (a->kind != CEL_STRING || b->kind != CEL_STRING || !a->words || !b->words)
        return true;
    for (size_t i = 0; a->words[i]; i++) {
        if (has_word(b->words, quell_str_of(a->words[i])))
            return true;
    }
    return false;
}

/* ---- the operators -----------------------------------------------------------------------------
 */

static bool is_number(const struct cel_type *type)
{
    return type->kind == CEL_INT || type->kind == CEL_UINT || type->kind == CEL_DOUBLE;
}

static const char *number_help(const struct cel_type *left, const struct cel_type *right)
{
    if (left->kind == CEL_DOUBLE || right->kind == CEL_DOUBLE)
        return "make both doubles: `double(...)`, or `1.0` for `1`";
    return "make both ints: `int(...)`";
}

/* What may have been meant where no signature of the operator fits. */
static void advise_operands(struct checking *c, const struct node *node,
                            const struct cel_type *left, const struct cel_type *right)
{
    const struct cel_type *odd =
        left->kind == CEL_OPTIONAL || left->kind == CEL_NULL ? left : right;
    if (odd->kind == CEL_OPTIONAL)
        check_help(c, "say what holds when there is none: `.orValue(...)`");
    else if (is_number(left) && is_number(right))
        check_help(c, "%s", number_help(left, right));
    else if (node->operation == OPERATION_ADD &&
             (left->kind == CEL_STRING || right->kind == CEL_STRING))
        check_help(c, "make a text of it: `string(...)`, of a list `.join(', ')`");
    else if (left->kind == CEL_TIMESTAMP && is_number(right))
        check_help(c, "a span of time is written `duration('1h')`");
    else if (left->kind == CEL_TIMESTAMP && right->kind == CEL_STRING)
        check_help(c, "a moment is written `timestamp('2026-01-31T00:00:00Z')`");
    else if (left->kind == CEL_DURATION && (right->kind == CEL_STRING || is_number(right)))
        check_help(c, "a span of time is written `duration('1h')`");
}

static const struct cel_type *misfit(struct checking *c, const struct node *node,
                                     const struct cel_type *left, const struct cel_type *right)
{
    const char *name = operators[node->operation].name;
    struct quell_str one = check_show(c, left), other = check_show(c, right);
    bool equality = node->operation == OPERATION_EQUAL || node->operation == OPERATION_NOT_EQUAL;
    if (equality)
        (void)check_say(c, CEL_MISMATCH, node->place, "`%.*s` and `%.*s` are never equal",
                        QUELL_ARG(one), QUELL_ARG(other));
    else if (node->operation == OPERATION_IN)
        (void)check_say(c, CEL_MISMATCH, node->place, "`%.*s` cannot be in `%.*s`", QUELL_ARG(one),
                        QUELL_ARG(other));
    else
        (void)check_say(c, CEL_MISMATCH, node->place, "`%s` does not take `%.*s` and `%.*s`", name,
                        QUELL_ARG(one), QUELL_ARG(other));
    if (node->operation == OPERATION_IN && right->kind == CEL_STRING)
        check_help(c, "whether one text is in another: `text.contains('part')`");
    else
        advise_operands(c, node, left, right);
    return &cel_dyn;
}

static const struct cel_type *unordered(struct checking *c, const struct node *node,
                                        const struct node *word, const struct cel_type *type)
{
    struct cel_problem *problem = check_say(
        c, CEL_UNORDERED, node->place, "`%s` compares the letters of `%.*s`, not its rank",
        operators[node->operation].name, QUELL_ARG(name_of(c, word)));
    problem->note =
        arena_format(c->arena, "its words are %.*s", QUELL_ARG(all_words(c, type->words)));
    check_help(c, "name the words that are meant: `%.*s in ['%s']`", QUELL_ARG(name_of(c, word)),
               type->words[0]);
    return &cel_bool;
}

/* What is surely there: a list or map of ours, or what an operator made. */
static bool is_never_null(const struct cel_type *type)
{
    return !type->nullable && type->kind != CEL_DYN && type->kind != CEL_NULL &&
           type->kind != CEL_VARIABLE && type->kind != CEL_PARAMETER && type->kind != CEL_OPAQUE;
}

static const struct cel_type *check_equality(struct checking *c, const struct node *node,
                                             const struct cel_type *left,
                                             const struct cel_type *right)
{
    const struct cel_type *known;
    check_words(c, node->kids[0], left, node->kids[1]);
    check_words(c, node->kids[1], right, node->kids[0]);
    if ((left->kind == CEL_NULL && is_never_null(right)) ||
        (right->kind == CEL_NULL && is_never_null(left)))
        check_never_null(c, node);
    known = unify_join(&c->unifier, left, right);
    if (!known)
        (void)misfit(c, node, left, right);
    else if (!have_common_word(left, right))
        (void)check_say(c, CEL_MISMATCH, node->place, "`%.*s` and `%.*s` have no word in common",
                        QUELL_ARG(name_of(c, node->kids[0])), QUELL_ARG(name_of(c, node->kids[1])));
    return &cel_bool;
}

const struct cel_type *check_binary(struct checking *c, const struct node *node)
{
    const struct cel_type *types[2], *left, *right, *result;
    struct operator_signatures signatures = check_operator(c, node->operation);
    bool ordering = node->operation >= OPERATION_LESS && node->operation <= OPERATION_GREATER_EQUAL;
    bool equality = node->operation == OPERATION_EQUAL || node->operation == OPERATION_NOT_EQUAL;
    types[0] = check_node(c, node->kids[0]);
    types[1] = check_node(c, node->kids[1]);
    left = unify_head(&c->unifier, types[0]);
    right = unify_head(&c->unifier, types[1]);
    if ((ordering || equality) && c->environment->mixed_numbers && is_number(left) &&
        is_number(right))
        return &cel_bool;
    if (equality)
        return check_equality(c, node, left, right);
    if (ordering && left->kind == CEL_STRING && left->words)
        return unordered(c, node, node->kids[0], left);
    if (ordering && right->kind == CEL_STRING && right->words)
        return unordered(c, node, node->kids[1], right);
    if (node->operation == OPERATION_IN)
        check_words(c, node->kids[0], left, node->kids[1]);
    result = check_overloads(c, signatures.items, signatures.count, types, 2);
    if (result)
        return result;
    (void)misfit(c, node, left, right);
    return ordering || node->operation == OPERATION_IN ? &cel_bool : &cel_dyn;
}

const struct cel_type *check_negate(struct checking *c, const struct node *node)
{
    const struct cel_type *type = unify_head(&c->unifier, check_node(c, node->kids[0]));
    if (type->kind == CEL_INT || type->kind == CEL_DOUBLE || type->kind == CEL_DYN)
        return type;
    if (type->kind == CEL_VARIABLE || type->kind == CEL_PARAMETER)
        return &cel_dyn;
    (void)check_say(c, CEL_MISMATCH, node->place, "`-` does not take `%.*s`",
                    QUELL_ARG(check_show(c, type)));
    return &cel_dyn;
}
