/*
 * choice.c - which words of an enum a condition asks for, so that somebody can say whether the
 * cases of a switch are all there are.
 */
#include "base/arena.h"
#include "base/str.h"
#include "cel/checking.h"

enum { WORDS_MAX = 64 };

struct asking {
    struct checking *c;
    const struct node *subject;
    struct quell_str words[WORDS_MAX];
    size_t count;
};

static struct quell_str source(const struct asking *asking, const struct node *node)
{
    return str_slice(asking->c->text, node->whole.offset,
                     (size_t)node->whole.offset + node->whole.len);
}

/* All terms ask about the same. */
static bool is_subject(struct asking *asking, const struct node *node)
{
    if (!asking->subject)
        asking->subject = node;
    return quell_str_equal(source(asking, asking->subject), source(asking, node));
}

static bool add_word(struct asking *asking, struct quell_value word)
{
    if (!quell_is(word, QUELL_STRING) || asking->count == WORDS_MAX)
        return false;
    asking->words[asking->count++] = quell_str(word);
    return true;
}

static bool ask_list(struct asking *asking, const struct node *list)
{
    if (list->kind != NODE_LITERAL || !quell_is(list->value, QUELL_LIST))
        return false;
    for (size_t i = 0; i < list->value.len; i++) {
        if (!add_word(asking, list->value.as.items[i]))
            return false;
    }
    return true;
}

static bool ask(struct asking *asking, const struct node *node)
{
    const struct node *left, *right;
    if (node->kind == NODE_OR) {
        for (size_t i = 0; i < node->count; i++) {
            if (!ask(asking, node->kids[i]))
                return false;
        }
        return true;
    }
    if (node->kind != NODE_BINARY)
        return false;
    left = node->kids[0];
    right = node->kids[1];
    if (node->operation == OPERATION_IN)
        return is_subject(asking, left) && ask_list(asking, right);
    if (node->operation != OPERATION_EQUAL)
        return false;
    if (right->kind == NODE_LITERAL)
        return is_subject(asking, left) && add_word(asking, right->value);
    return left->kind == NODE_LITERAL && is_subject(asking, right) && add_word(asking, left->value);
}

bool cel_choice_of(const struct cel *expr, const struct cel_environment *environment,
                   struct arena *arena, struct cel_choice *choice)
{
    struct checking *c = arena_one(arena, struct checking);
    struct asking asking = {.c = c};
    const struct cel_type *type;
    c->environment = environment;
    c->arena = arena;
    c->text = expr->text;
    c->options = &expr->options;
    c->unifier.arena = arena;
    if (!ask(&asking, expr->root) || !asking.subject)
        return false;
    type = unify_head(&c->unifier, check_node(c, asking.subject));
    if (type->kind != CEL_STRING || !type->words || c->problem_count)
        return false;
    *choice = (struct cel_choice){
        source(&asking, asking.subject), type,
        arena_copy(arena, asking.words, asking.count * sizeof(asking.words[0])), asking.count};
    return true;
}
