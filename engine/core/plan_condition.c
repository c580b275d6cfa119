/*
 * plan_condition.c - under which conditions a call of a plan is made: what all the paths suppose
 * that lead to it, found along the graph from question to question.
 *
 * That a call may fail and end its run goes without saying. Conditions are therefore looked for in
 * the graph without such failures; only what is reached by nothing else is said to follow one.
 */
#include <string.h>

#include "base/buf.h"
#include "base/memory.h"
#include "base/str.h"
#include "core/plan.h"

/* A set of suppositions: one bit for each answer of each different question. */
typedef uint64_t word;

enum { CONDITIONS_MAX = 8 }; /* in words: more are not read */

struct finder {
    struct plan *plan;
    size_t *order; /* nodes, each behind all that lead to it */
    size_t order_count;
    size_t *bases;  /* by node: the bit of its question's first answer */
    size_t *askers; /* by bit: a node that has the question */
    size_t bits, words;
    word *at;      /* by node: what all paths to it suppose; [node * words] */
    bool *reached; /* by node */
    word *of_call; /* by the first call of a path: [call * words] */
    bool *made;    /* by the first call of a path: it is made on some path */
    bool usual;    /* without failures */
};

/* ---- order -------------------------------------------------------------------------------------
 */

/* Depth first; a node is put down when all that it leads to have been. */
static void sort_nodes(struct finder *finder)
{
    const struct plan *plan = finder->plan;
    size_t *stack = memory_new((plan->node_count + 1) * sizeof(*stack));
    size_t *next = memory_new((plan->node_count + 1) * sizeof(*next));
    bool *seen = memory_new(plan->node_count + 1);
    size_t depth = 0, at = plan->node_count;

    if (plan->node_count) {
        stack[depth++] = 0;
        seen[0] = true;
    }
    while (depth) {
        size_t node = stack[depth - 1], edge, to;
        if (next[node] == plan->nodes[node].question.answer_count) {
            finder->order[--at] = node;
            depth--;
            continue;
        }
        edge = plan->nodes[node].answers[next[node]++];
        to = edge == PLAN_NONE ? PLAN_NONE : plan->edges[edge].to;
        if (to == PLAN_NONE || seen[to])
            continue;
        seen[to] = true;
        stack[depth++] = to;
    }
    finder->order_count = plan->node_count - at;
    memmove(finder->order, finder->order + at, finder->order_count * sizeof(*finder->order));
    memory_free(stack);
    memory_free(next);
    memory_free(seen);
}

static void count_bits(struct finder *finder)
{
    const struct plan *plan = finder->plan;
    size_t heads[256], i, at;
    size_t *chain = memory_new((plan->node_count + 1) * sizeof(*chain));

    for (i = 0; i < 256; i++)
        heads[i] = PLAN_NONE;
    for (i = 0; i < plan->node_count; i++) {
        const struct run_question *question = &plan->nodes[i].question;
        size_t slot = (str_hash(question->about) ^ str_hash(question->subject)) % 256;
        for (at = heads[slot]; at != PLAN_NONE; at = chain[at])
            if (quell_str_equal(plan->nodes[at].question.about, question->about) &&
                quell_str_equal(plan->nodes[at].question.subject, question->subject))
                break;
        finder->bases[i] = at == PLAN_NONE ? finder->bits : finder->bases[at];
        if (at != PLAN_NONE)
            continue;
        chain[i] = heads[slot];
        heads[slot] = i;
        finder->bits += question->answer_count;
    }
    finder->words = (finder->bits + 63) / 64;
    finder->askers = arena_array(plan->arena, size_t, finder->bits);
    for (i = plan->node_count; i > 0; i--)
        for (at = 0; at < plan->nodes[i - 1].question.answer_count; at++)
            finder->askers[finder->bases[i - 1] + at] = i - 1;
    memory_free(chain);
}

/* ---- what leads there --------------------------------------------------------------------------
 */

/* Leaves in `set` what is in `other` as well; the first one counts whole. */
static void meet(word *set, bool *reached, const word *other, size_t words)
{
    size_t i;

    for (i = 0; i < words; i++)
        set[i] = *reached ? set[i] & other[i] : other[i];
    *reached = true;
}

/* Where the limit was reached before all answers were followed, none of them is a condition. */
static bool is_explored(const struct plan_node *node)
{
    size_t i;

    for (i = 0; i < node->question.answer_count; i++)
        if (node->answers[i] == PLAN_NONE)
            return false;
    return true;
}

static void follow(struct finder *finder, size_t index, word *path)
{
    const struct plan *plan = finder->plan;
    const struct plan_edge *edge = &plan->edges[index];
    size_t i, bit;

    if (finder->usual && plan_is_failure(plan, edge))
        return;
    memset(path, 0, finder->words * sizeof(*path));
    if (edge->from != PLAN_NONE) {
        memcpy(path, finder->at + edge->from * finder->words, finder->words * sizeof(*path));
        bit = finder->bases[edge->from] + edge->answer;
        if (is_explored(&plan->nodes[edge->from]))
            path[bit / 64] |= (word)1 << bit % 64;
    }
    for (i = 0; i < edge->call_count; i++) {
        size_t call = plan->calls[edge->calls[i]].first;
        meet(finder->of_call + call * finder->words, &finder->made[call], path, finder->words);
    }
    if (edge->to != PLAN_NONE)
        meet(finder->at + edge->to * finder->words, &finder->reached[edge->to], path,
             finder->words);
}

static void find(struct finder *finder, bool usual)
{
    const struct plan *plan = finder->plan;
    word *path = memory_new((finder->words + 1) * sizeof(*path));
    size_t i, a;

    finder->usual = usual;
    memset(finder->reached, 0, plan->node_count * sizeof(*finder->reached));
    follow(finder, 0, path);
    for (i = 0; i < finder->order_count; i++) {
        const struct plan_node *node = &plan->nodes[finder->order[i]];
        if (!finder->reached[finder->order[i]])
            continue;
        for (a = 0; a < node->question.answer_count; a++)
            if (node->answers[a] != PLAN_NONE)
                follow(finder, node->answers[a], path);
    }
    memory_free(path);
}

/* Whether some path without failures comes to its end without the call. */
static bool is_avoidable(const struct finder *finder, size_t call)
{
    const struct plan *plan = finder->plan;
    bool *open = memory_new(plan->node_count + 1), found = false;
    size_t i, a, c;

    for (i = 0; i <= finder->order_count && !found; i++) {
        const struct plan_node *node = i ? &plan->nodes[finder->order[i - 1]] : NULL;
        size_t answers = node ? node->question.answer_count : 1;
        if (node && !open[finder->order[i - 1]])
            continue;
        for (a = 0; a < answers; a++) {
            size_t index = node ? node->answers[a] : 0;
            const struct plan_edge *edge = &plan->edges[index == PLAN_NONE ? 0 : index];
            if (index == PLAN_NONE || plan_is_failure(plan, edge))
                continue;
            for (c = 0; c < edge->call_count && plan->calls[edge->calls[c]].first != call; c++)
                ;
            if (c < edge->call_count)
                continue;
            if (edge->to == PLAN_NONE)
                found = true;
            else
                open[edge->to] = true;
        }
    }
    memory_free(open);
    return found;
}

/* ---- in words ----------------------------------------------------------------------------------
 */

static struct quell_str words_of(const struct finder *finder, const word *set)
{
    const struct plan *plan = finder->plan;
    struct buf text = {0};
    struct quell_str made;
    size_t bit, count = 0;

    for (bit = 0; bit < finder->bits; bit++) {
        const struct plan_node *node = &plan->nodes[finder->askers[bit]];
        size_t answer = bit - finder->bases[finder->askers[bit]];
        if (!(set[bit / 64] >> bit % 64 & 1))
            continue;
        if (answer == 0 && str_is(node->question.what, "outcome") && node->step &&
            node->step->on_error != ON_ERROR_CONTINUE)
            continue; /* else this place would not be reached: said by nobody */
        if (count++ == CONDITIONS_MAX) {
            buf_add_text(&text, " and more");
            break;
        }
        if (text.len)
            buf_add_text(&text, " and ");
        buf_add_str(&text, plan_words(plan->arena, node, answer));
    }
    made = arena_str(plan->arena, buf_str(&text));
    buf_free(&text);
    return made;
}

/* Reached after one of several failures only. */
static struct quell_str after_failures(struct arena *arena, struct quell_str path)
{
    static const struct quell_str catcher = {".on-error.", 10}, undo = {".undo.", 6};
    size_t at = SIZE_MAX, next = str_find(path, catcher, 0), taken = str_find(path, undo, 0);

    if (taken != SIZE_MAX)
        return arena_format(arena, "%.*s is taken back", (int)taken, path.data);

    if (str_starts(path, QUELL_STR("on-failure")))
        return QUELL_STR("a step fails");
    while (next != SIZE_MAX) {
        at = next;
        next = str_find(path, catcher, at + 1);
    }
    if (at == SIZE_MAX)
        return QUELL_STR("something before it fails");
    return arena_format(arena, "%.*s fails", (int)at, path.data);
}

static void describe(struct finder *finder, bool usual)
{
    struct plan *plan = finder->plan;
    size_t i;

    for (i = 0; i < plan->call_count; i++) {
        struct plan_call *call = &plan->calls[i];
        if (!finder->made[i] || call->described)
            continue;
        call->described = true;
        call->condition = words_of(finder, finder->of_call + i * finder->words);
        if (call->condition.len)
            continue;
        if (usual && is_avoidable(finder, i))
            call->condition = QUELL_STR("some paths only");
        if (!usual)
            call->condition = after_failures(plan->arena, call->path);
    }
}

static void count_ways(struct finder *finder)
{
    struct plan *plan = finder->plan;
    double *ways = memory_new((plan->node_count + 1) * sizeof(*ways));
    size_t i, a;

    for (i = finder->order_count; i > 0; i--) {
        const struct plan_node *node = &plan->nodes[finder->order[i - 1]];
        for (a = 0; a < node->question.answer_count; a++) {
            size_t edge = node->answers[a];
            if (edge != PLAN_NONE)
                ways[finder->order[i - 1]] +=
                    plan->edges[edge].to == PLAN_NONE ? 1 : ways[plan->edges[edge].to];
        }
    }
    plan->ways = plan->node_count ? ways[0] : 1;
    memory_free(ways);
}

void plan_find_conditions(struct plan *plan)
{
    struct finder finder = {.plan = plan};

    finder.order = arena_array(plan->arena, size_t, plan->node_count);
    finder.bases = arena_array(plan->arena, size_t, plan->node_count);
    sort_nodes(&finder);
    count_bits(&finder);
    finder.at = arena_array(plan->arena, word, plan->node_count * finder.words);
    finder.reached = arena_array(plan->arena, bool, plan->node_count);
    finder.of_call = arena_array(plan->arena, word, plan->call_count * finder.words);
    finder.made = arena_array(plan->arena, bool, plan->call_count);
    find(&finder, true);
    describe(&finder, true);
    memset(finder.made, 0, plan->call_count * sizeof(*finder.made));
    find(&finder, false);
    describe(&finder, false);
    count_ways(&finder);
}
