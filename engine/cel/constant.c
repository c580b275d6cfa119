/*
 * constant.c - conditions that are always or never true: what an author meant is then something
 * else. Looked for only in conditions that have no other problem.
 *
 * Only what is certain counts: parts without variables are evaluated; the same text compared with
 * itself, or with two different values at once; null where there is none.
 */
#include "base/arena.h"
#include "base/str.h"
#include "cel/checking.h"
#include "cel/overload.h"
#include "value/value.h"

enum truth { DEPENDS, ALWAYS, NEVER };

struct finding {
    enum truth truth;
    struct place place;   /* of what decides it */
    struct quell_str why; /* may be empty */
};

static const struct finding depends = {DEPENDS, {0, 0}, {"", 0}};

static struct finding look(struct checking *c, const struct node *node);

static struct quell_str source(const struct checking *c, const struct node *node)
{
    return str_slice(c->text, node->whole.offset, (size_t)node->whole.offset + node->whole.len);
}

/* As messages name it. */
static struct quell_str shown(const struct checking *c, const struct node *node)
{
    struct quell_str text = source(c, node);
    return text.len <= 60 ? text : QUELL_STR("what is compared");
}

static bool same_source(const struct checking *c, const struct node *a, const struct node *b)
{
    return quell_str_equal(source(c, a), source(c, b));
}

void check_never_null(struct checking *c, const struct node *node)
{
    if (c->never_null_count == c->never_null_cap) {
        size_t cap = c->never_null_cap ? c->never_null_cap * 2 : 4;
        c->never_null =
            arena_grow(c->arena, c->never_null, c->never_null_cap * sizeof(*c->never_null),
                       cap * sizeof(*c->never_null));
        c->never_null_cap = cap;
    }
    c->never_null[c->never_null_count++] = node;
}

/* ---- single parts ------------------------------------------------------------------------------
 */

/* Whether it reads no variable and asks nothing that only a run knows. */
static bool is_closed(const struct node *node)
{
    if (node->kind == NODE_NAME || node->kind == NODE_LOCAL ||
        (node->kind == NODE_CALL && !node->row_count))
        return false;
    for (size_t i = 0; i < node->count; i++) {
        if (!is_closed(node->kids[i]))
            return false;
    }
    return true;
}

static struct finding evaluated(struct checking *c, const struct node *node)
{
    struct cel alone = {.text = c->text, .root = node};
    struct cel_scope nothing = {.vars = quell_map(NULL, 0)};
    struct quell_value value;
    struct cel_fault fault;
    if (cel_eval(&alone, &nothing, c->arena, &value, &fault) || !quell_is(value, QUELL_BOOL))
        return depends;
    return (struct finding){value.as.boolean ? ALWAYS : NEVER, node->whole, {"", 0}};
}

static enum truth opposite(enum truth truth)
{
    return truth == DEPENDS ? DEPENDS : truth == ALWAYS ? NEVER : ALWAYS;
}

static bool is_never_null(const struct checking *c, const struct node *node)
{
    for (size_t i = 0; i < c->never_null_count; i++) {
        if (c->never_null[i] == node)
            return true;
    }
    return false;
}

static const struct node *other_than_null(const struct node *node)
{
    const struct node *left = node->kids[0];
    return left->kind == NODE_LITERAL && quell_is_null(left->value) ? node->kids[1] : left;
}

static struct finding look_equality(struct checking *c, const struct node *node)
{
    enum truth equal = node->operation == OPERATION_EQUAL ? ALWAYS : NEVER;
    if (is_never_null(c, node))
        return (struct finding){opposite(equal), node->whole,
                                arena_format(c->arena, "`%.*s` is never null",
                                             QUELL_ARG(shown(c, other_than_null(node))))};
    if (same_source(c, node->kids[0], node->kids[1]))
        return (struct finding){equal, node->whole, QUELL_STR("both sides are the same")};
    return depends;
}

/* `size(x) >= 0` */
static struct finding look_size(struct checking *c, const struct node *node)
{
    const struct node *size = node->kids[0], *number = node->kids[1];
    (void)c;
    if (size->kind != NODE_CALL || !str_is(size->name, "size") || number->kind != NODE_LITERAL ||
        !quell_is(number->value, QUELL_INT) || number->value.as.integer != 0)
        return depends;
    if (node->operation == OPERATION_GREATER_EQUAL)
        return (struct finding){ALWAYS, node->whole, QUELL_STR("a size is never below 0")};
    if (node->operation == OPERATION_LESS)
        return (struct finding){NEVER, node->whole, QUELL_STR("a size is never below 0")};
    return depends;
}

/* ---- parts together ----------------------------------------------------------------------------
 */

/* `subject == literal`, or `!=`: either side may be the literal. */
struct comparison {
    const struct node *subject;
    struct quell_value literal;
};

static bool is_plain(const struct node *node)
{
    return node->kind == NODE_LITERAL && !quell_is(node->value, QUELL_LIST) &&
           !quell_is(node->value, QUELL_TYPE);
}

static bool compares(const struct node *node, enum operation operation,
                     struct comparison *comparison)
{
    if (node->kind != NODE_BINARY || node->operation != (uint8_t)operation ||
        is_plain(node->kids[0]) == is_plain(node->kids[1]))
        return false;
    *comparison = is_plain(node->kids[1])
                      ? (struct comparison){node->kids[0], node->kids[1]->value}
                      : (struct comparison){node->kids[1], node->kids[0]->value};
    return true;
}

/* Two terms that cannot both hold (under `&&`), or of which one always does (under `||`). */
static bool exclude(struct checking *c, const struct node *a, const struct node *b,
                    enum operation operation, struct quell_str *why)
{
    struct comparison one, other;
    if (!compares(a, operation, &one) || !compares(b, operation, &other) ||
        !same_source(c, one.subject, other.subject) || one.literal.type != other.literal.type ||
        value_equal(one.literal, other.literal))
        return false;
    *why = operation == OPERATION_EQUAL
               ? arena_format(c->arena, "`%.*s` cannot be both at once; `||` was meant",
                              QUELL_ARG(shown(c, one.subject)))
               : arena_format(c->arena, "`%.*s` always differs from one of them; `&&` was meant",
                              QUELL_ARG(shown(c, one.subject)));
    return true;
}

enum { TERMS_MAX = 64 }; /* terms of one chain that are compared with each other */

static struct finding look_pairs(struct checking *c, const struct node *node)
{
    bool all = node->kind == NODE_AND;
    enum operation operation = all ? OPERATION_EQUAL : OPERATION_NOT_EQUAL;
    size_t count = node->count < TERMS_MAX ? node->count : TERMS_MAX;
    struct quell_str why;
    for (size_t i = 0; i < count; i++) {
        for (size_t k = 0; k < i; k++) {
            const struct node *first = node->kids[k], *second = node->kids[i];
            struct place place = {first->whole.offset,
                                  second->whole.offset + second->whole.len - first->whole.offset};
            if (exclude(c, first, second, operation, &why))
                return (struct finding){all ? NEVER : ALWAYS, place, why};
        }
    }
    return depends;
}

static struct finding look_logical(struct checking *c, const struct node *node)
{
    enum truth deciding = node->kind == NODE_AND ? NEVER : ALWAYS;
    struct finding last = depends;
    size_t decided = 0;
    for (size_t i = 0; i < node->count; i++) {
        struct finding finding = look(c, node->kids[i]);
        if (finding.truth == deciding)
            return finding;
        decided += finding.truth != DEPENDS;
        if (finding.truth != DEPENDS)
            last = finding;
    }
    if (decided == node->count)
        return (struct finding){last.truth, node->whole, last.why};
    return look_pairs(c, node);
}

static struct finding look_choice(struct checking *c, const struct node *node)
{
    struct finding condition = look(c, node->kids[0]), yes, no;
    if (condition.truth != DEPENDS)
        return look(c, node->kids[condition.truth == ALWAYS ? 1 : 2]);
    yes = look(c, node->kids[1]);
    no = look(c, node->kids[2]);
    return yes.truth == no.truth ? yes : depends;
}

static struct finding look(struct checking *c, const struct node *node)
{
    struct finding finding = depends;
    if (is_closed(node))
        return evaluated(c, node);
    if (node->kind == NODE_AND || node->kind == NODE_OR)
        return look_logical(c, node);
    if (node->kind == NODE_CONDITION)
        return look_choice(c, node);
    if (node->kind == NODE_NOT) {
        finding = look(c, node->kids[0]);
        finding.truth = opposite(finding.truth);
    } else if (node->kind == NODE_BINARY &&
               (node->operation == OPERATION_EQUAL || node->operation == OPERATION_NOT_EQUAL)) {
        finding = look_equality(c, node);
    } else if (node->kind == NODE_BINARY) {
        finding = look_size(c, node);
    }
    return finding;
}

static bool say(struct checking *c, const struct finding *finding)
{
    struct cel_problem *problem;
    if (finding->truth == DEPENDS)
        return false;
    problem = check_say(c, CEL_CONSTANT, finding->place,
                        finding->truth == ALWAYS ? "this is always true" : "this is never true");
    problem->note = finding->why;
    return true;
}

void check_constant(struct checking *c, const struct node *node)
{
    struct finding finding = look(c, node);
    if (say(c, &finding) || (node->kind != NODE_AND && node->kind != NODE_OR))
        return;
    for (size_t i = 0; i < node->count; i++) {
        finding = look(c, node->kids[i]);
        (void)say(c, &finding); /* a term that decides nothing is as much of a mistake */
    }
}
