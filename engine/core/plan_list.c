/*
 * plan_list.c - the list of a plan's paths: each way of each question is on one of them. Paths that
 * differ only in which item of a loop they tell of are told once, with their number.
 */
#include <stdlib.h>

#include "base/buf.h"
#include "base/memory.h"
#include "base/str.h"
#include "core/plan.h"
#include "value/value.h"

struct listed {
    const struct plan *plan;
    struct plan_path path;
    struct quell_str shape;
    size_t like; /* paths of this shape; 0: told by an earlier one */
};

/* ---- which paths there are ---------------------------------------------------------------------
 */

/* From the beginning to an edge that ends, or joins what another one has led to. */
static struct plan_path path_to(struct plan *plan, size_t last)
{
    size_t count = 1, at, i;
    struct plan_path path;
    size_t *edges;

    for (at = plan->edges[last].from; at != PLAN_NONE; count++)
        at = plan->edges[plan->nodes[at].via].from;
    edges = arena_array(plan->arena, size_t, count);
    edges[count - 1] = last;
    for (i = count - 1, at = plan->edges[last].from; i > 0; i--) {
        edges[i - 1] = plan->nodes[at].via;
        at = plan->edges[plan->nodes[at].via].from;
    }
    path = plan_path_of(plan, edges, count);
    return path;
}

/* ---- shapes ------------------------------------------------------------------------------------
 */

/* `contain[3].isolate` as `contain[*].isolate`. */
static void add_without_items(struct buf *out, struct quell_str text)
{
    size_t i;

    for (i = 0; i < text.len; i++) {
        buf_add_char(out, text.data[i]);
        if (text.data[i] != '[')
            continue;
        while (i + 1 < text.len && text.data[i + 1] >= '0' && text.data[i + 1] <= '9')
            i++;
        buf_add_char(out, '*');
    }
}

static int compare_words(const void *left, const void *right)
{
    return str_compare(*(const struct quell_str *)left, *(const struct quell_str *)right);
}

struct words {
    struct arena *arena;
    struct quell_str *items;
    size_t count, cap;
};

static void add_word(struct words *words, struct buf *word)
{
    if (words->count == words->cap) {
        size_t cap = words->cap ? words->cap * 2 : 32;
        words->items = arena_grow(words->arena, words->items, words->cap * sizeof(*words->items),
                                  cap * sizeof(*words->items));
        words->cap = cap;
    }
    words->items[words->count++] = arena_str(words->arena, buf_str(word));
    buf_reset(word);
}

/* The set of what it supposes and calls, items not told apart, and how it ends. */
static struct quell_str shape_of(const struct plan *plan, struct arena *scratch,
                                 const struct plan_path *path)
{
    struct words words = {.arena = scratch};
    struct buf word = {0}, shape = {0};
    struct quell_str made;
    size_t i, c;

    for (i = 0; i < path->count; i++) {
        const struct plan_edge *edge = &plan->edges[path->edges[i]];
        if (edge->from != PLAN_NONE) {
            const struct run_question *question = &plan->nodes[edge->from].question;
            add_without_items(&word, question->path);
            buf_add_format(&word, "\t%.*s\t%.*s\t%zu", QUELL_ARG(question->what),
                           QUELL_ARG(question->text), edge->answer);
            add_word(&words, &word);
        }
        for (c = 0; c < edge->call_count; c++) {
            add_without_items(&word, plan->calls[edge->calls[c]].path);
            add_word(&words, &word);
        }
    }
    if (words.count)
        qsort(words.items, words.count, sizeof(*words.items), compare_words);
    for (i = 0; i < words.count; i++)
        if (i == 0 || !quell_str_equal(words.items[i], words.items[i - 1])) {
            buf_add_str(&shape, words.items[i]);
            buf_add_char(&shape, '\n');
        }
    buf_add_str(&shape, plan->edges[path->edges[path->count - 1]].status);
    made = arena_str(plan->arena, buf_str(&shape));
    buf_free(&word);
    buf_free(&shape);
    return made;
}

/* ---- order -------------------------------------------------------------------------------------
 */

/* The next edge that supposes more than that a call succeeds. */
static const struct plan_edge *next_turn(const struct listed *listed, size_t *at)
{
    while (*at < listed->path.count) {
        const struct plan_edge *edge = &listed->plan->edges[listed->path.edges[(*at)++]];
        if (edge->from != PLAN_NONE && !plan_is_usual(listed->plan, edge))
            return edge;
    }
    return NULL;
}

static int compare_numbers(size_t a, size_t b)
{
    return a < b ? -1 : a > b;
}

/* As the leaves of a tree, the usual way first. */
static int compare_listed(const void *left, const void *right)
{
    const struct listed *a = left, *b = right;
    size_t i = 0, k = 0;

    for (;;) {
        const struct plan_edge *first = next_turn(a, &i), *second = next_turn(b, &k);
        int order;
        if (!first || !second)
            return (first != NULL) - (second != NULL);
        order = compare_numbers(first->from, second->from);
        if (order == 0)
            order = compare_numbers(first->answer, second->answer);
        if (order)
            return order;
    }
}

static void count_alike(struct listed *items, size_t count)
{
    size_t *heads = memory_new(PLAN_BUCKETS * sizeof(*heads));
    size_t *chain = memory_new((count + 1) * sizeof(*chain));
    size_t i, at;

    for (i = 0; i < PLAN_BUCKETS; i++)
        heads[i] = PLAN_NONE;
    for (i = 0; i < count; i++) {
        size_t *slot = &heads[str_hash(items[i].shape) % PLAN_BUCKETS];
        for (at = *slot; at != PLAN_NONE; at = chain[at])
            if (quell_str_equal(items[at].shape, items[i].shape))
                break;
        if (at != PLAN_NONE) {
            items[at].like++;
            continue;
        }
        items[i].like = 1;
        chain[i] = *slot;
        *slot = i;
    }
    memory_free(heads);
    memory_free(chain);
}

struct quell_value plan_paths_value(struct plan *plan)
{
    struct list_builder list = {.arena = plan->arena};
    struct listed *items = memory_new((plan->paths + 1) * sizeof(*items));
    struct arena *scratch = arena_new(0);
    size_t i, count = 0;

    for (i = 0; i < plan->edge_count && count < plan->paths; i++) {
        if (plan->edges[i].to != PLAN_NONE && !plan->edges[i].joined)
            continue;
        items[count].plan = plan;
        items[count].path = path_to(plan, i);
        items[count].shape = shape_of(plan, scratch, &items[count].path);
        count++;
        arena_reset(scratch);
    }
    qsort(items, count, sizeof(*items), compare_listed);
    count_alike(items, count);
    for (i = 0; i < count; i++)
        if (items[i].like)
            list_add(&list, plan_path_value(plan, items[i].path.edges, items[i].path.count,
                                            items[i].like));
    arena_free(scratch);
    memory_free(items);
    return list_made(&list);
}
