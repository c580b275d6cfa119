/*
 * plan_path.c - the paths of a plan one by one: what each supposes, calls, touches, needs, takes at
 * the worst, how it is undone and how it ends.
 */
#include <string.h>

#include "base/limits.h"
#include "base/str.h"
#include "core/plan.h"
#include "policy/cap.h"
#include "value/value.h"

/* ---- a path from its beginning to its end ------------------------------------------------------
 */

static void add_edge(struct plan *plan, struct plan_path *path, size_t *cap, size_t edge)
{
    if (path->count == *cap) {
        size_t grown = *cap ? *cap * 2 : 16;
        path->edges = arena_grow(plan->arena, path->edges, *cap * sizeof(*path->edges),
                                 grown * sizeof(*path->edges));
        *cap = grown;
    }
    path->edges[path->count++] = edge;
}

struct plan_path plan_path_of(struct plan *plan, const size_t *edges, size_t count)
{
    struct plan_path path = {0};
    size_t cap = 0, i, to = PLAN_NONE;

    for (i = 0; i < count; i++)
        add_edge(plan, &path, &cap, edges[i]);
    while (path.count) {
        to = plan->edges[path.edges[path.count - 1]].to;
        if (to == PLAN_NONE || plan->nodes[to].answers[0] == PLAN_NONE)
            break;
        add_edge(plan, &path, &cap, plan->nodes[to].answers[0]);
    }
    path.complete = to == PLAN_NONE;
    return path;
}

static const struct plan_edge *last_edge(const struct plan *plan, const struct plan_path *path)
{
    return &plan->edges[path->edges[path->count - 1]];
}

/* Visits the calls of a path in order. */
struct call_at {
    size_t edge, call;
};

static const struct plan_call *next_call(const struct plan *plan, const struct plan_path *path,
                                         struct call_at *at)
{
    while (at->edge < path->count) {
        const struct plan_edge *edge = &plan->edges[path->edges[at->edge]];
        if (at->call < edge->call_count)
            return &plan->calls[edge->calls[at->call++]];
        at->edge++;
        at->call = 0;
    }
    return NULL;
}

/* ---- what it supposes --------------------------------------------------------------------------
 */

static struct quell_value supposition(const struct plan *plan, const struct plan_edge *edge)
{
    const struct plan_node *node = &plan->nodes[edge->from];
    struct arena *arena = plan->arena;
    struct map_builder map = {.arena = arena};

    map_add(&map, "path", quell_string(node->question.path));
    map_add(&map, "what", quell_string(node->question.what));
    map_add(&map, "text", quell_string(node->question.text));
    map_add(&map, "answer", quell_text(node->question.answers[edge->answer]));
    map_add(&map, "words", quell_string(plan_words(arena, node, edge->answer)));
    map_add(&map, "usual", quell_bool(edge->answer == 0));
    return map_made(&map);
}

static struct quell_value suppositions(struct plan *plan, const struct plan_path *path)
{
    struct list_builder list = {.arena = plan->arena};
    size_t i;

    for (i = 0; i < path->count; i++) {
        const struct plan_edge *edge = &plan->edges[path->edges[i]];
        if (edge->from != PLAN_NONE)
            list_add(&list, supposition(plan, edge));
    }
    return list_made(&list);
}

/* Whether the path supposes that the call fails. */
static bool fails(const struct plan *plan, const struct plan_path *path,
                  const struct plan_call *call)
{
    size_t i;

    if (quell_text_is(quell_get(call->answer, "outcome"), "failed"))
        return true;
    for (i = 0; i < path->count; i++) {
        const struct plan_edge *edge = &plan->edges[path->edges[i]];
        const struct plan_node *node =
            edge->from == PLAN_NONE || edge->answer == 0 ? NULL : &plan->nodes[edge->from];
        if (node && str_is(node->question.what, "outcome") &&
            quell_str_equal(node->question.path, call->path))
            return true;
    }
    return false;
}

/* ---- what it calls -----------------------------------------------------------------------------
 */

static struct quell_value call_value(struct arena *arena, const struct plan_call *call)
{
    static const char *const effects[] = {"reads", "notes", "changes", "disrupts"};
    struct map_builder map = {.arena = arena};

    map_add(&map, "path", quell_string(call->path));
    map_add(&map, "action", quell_string(call->step->uses));
    map_add(&map, "effect", quell_text(effects[call->step->action->effect]));
    map_add(&map, "with", call->input);
    map_add(&map, "targets", call->targets);
    return map_made(&map);
}

static bool holds(const struct list_builder *list, struct quell_value value)
{
    size_t i;

    for (i = 0; i < list->count; i++)
        if (value_equal(list->items[i], value))
            return true;
    return false;
}

static struct quell_value target_counts(struct arena *arena, const struct list_builder *targets)
{
    struct map_builder map = {.arena = arena};
    size_t i;

    for (i = 0; i < targets->count; i++) {
        struct quell_str kind = quell_get_str(targets->items[i], "kind");
        struct quell_value count = quell_int(0);
        (void)quell_find(map_made(&map), kind, &count); /* absent: the first of its kind */
        map_put(&map, kind, quell_int(count.as.integer + 1));
    }
    return map_made(&map);
}

/* The tightest published rate of what it calls, by connector: {connector, calls, count, seconds}.
 */
static struct quell_value rates(struct plan *plan, const struct plan_path *path)
{
    struct map_builder found = {.arena = plan->arena};
    struct list_builder list = {.arena = plan->arena};
    const struct plan_call *call;
    struct call_at at = {0};
    size_t i;

    while ((call = next_call(plan, path, &at))) {
        struct quell_str name = quell_str_of(call->step->connector->name);
        struct quell_value one = quell_map(NULL, 0);
        const struct quell_rate *rate = call->step->action->rates;
        (void)quell_find(map_made(&found), name, &one); /* absent: its first call */
        one = value_with(plan->arena, one, QUELL_STR("connector"), quell_string(name));
        one = value_with(plan->arena, one, QUELL_STR("calls"),
                         quell_int(quell_get_int(one, "calls", 0) + 1));
        for (; rate && rate->count; rate++) {
            int64_t count = quell_get_int(one, "count", 0);
            if (count &&
                count * rate->seconds <= (int64_t)rate->count * quell_get_int(one, "seconds", 1))
                continue;
            one = value_with(plan->arena, one, QUELL_STR("count"), quell_int(rate->count));
            one = value_with(plan->arena, one, QUELL_STR("seconds"), quell_int(rate->seconds));
        }
        map_put(&found, name, one);
    }
    for (i = 0; i < found.count; i++)
        if (quell_get_int(found.pairs[i].value, "count", 0))
            list_add(&list, found.pairs[i].value);
    return list_made(&list);
}

/* Distinct targets of what changes anything, and how much of the run's cap is used. */
static struct quell_value limits(struct plan *plan, const struct plan_path *path)
{
    struct map_builder map = {.arena = plan->arena}, disrupts = {.arena = plan->arena};
    struct list_builder targets = {.arena = plan->arena};
    const struct plan_call *call;
    struct call_at at = {0};
    unsigned used = 0;
    size_t i;

    while ((call = next_call(plan, path, &at))) {
        used += policy_weight(call->step->action, call->targets);
        for (i = 0; i < quell_count(call->targets) && call->step->action->effect != QUELL_READS;
             i++)
            if (!holds(&targets, quell_at(call->targets, i)))
                list_add(&targets, quell_at(call->targets, i));
    }
    map_add(&disrupts, "used", quell_int(used));
    map_add(&disrupts, "of", quell_int(LIMIT_DISRUPTS_PER_RUN));
    map_add(&map, "rates", rates(plan, path));
    map_add(&map, "targets", target_counts(plan->arena, &targets));
    map_add(&map, "disrupts", map_made(&disrupts));
    return map_made(&map);
}

/* {connector: [right]} */
static struct quell_value rights(struct plan *plan, const struct plan_path *path)
{
    struct map_builder map = {.arena = plan->arena};
    const struct plan_call *call;
    struct call_at at = {0};

    while ((call = next_call(plan, path, &at))) {
        struct list_builder list = {.arena = plan->arena};
        struct quell_value known = quell_null();
        const char *const *right = call->step->action->rights;
        size_t i;

        (void)quell_find(map_made(&map), quell_str_of(call->step->connector->name), &known);
        for (i = 0; i < quell_count(known); i++)
            list_add(&list, quell_at(known, i));
        for (; right && *right; right++)
            if (!holds(&list, quell_text(*right)))
                list_add(&list, quell_text(*right));
        map_put(&map, quell_str_of(call->step->connector->name), list_made(&list));
    }
    return map_made(&map);
}

/* ---- taking it back ----------------------------------------------------------------------------
 */

/* A look at how it is now is not what takes it back. */
static struct quell_str first_action(const struct step_list *steps)
{
    size_t i;

    for (i = 0; i < steps->count; i++)
        if (steps->items[i]->kind == STEP_USES &&
            (!steps->items[i]->inverse || steps->items[i]->action->effect > QUELL_READS))
            return steps->items[i]->uses;
    return steps->count ? QUELL_STR("steps of its own") : QUELL_STR("");
}

static bool is_undo(struct quell_str path)
{
    return str_find(path, QUELL_STR(".undo."), 0) != SIZE_MAX;
}

/* The innermost step around a call, or its own, that says how it is taken back. */
struct quell_str plan_undo(const struct plan *plan, const struct plan_call *call)
{
    const struct step *step = call->step;
    size_t end = call->path.len;

    if (is_undo(call->path))
        return QUELL_STR("");
    while (step == NULL || (!step->never_undone && step->undo_steps.count == 0)) {
        while (end > 0 && call->path.data[end - 1] != '.' && call->path.data[end - 1] != '[')
            end--;
        if (end == 0)
            return QUELL_STR("");
        step = plan_step(plan, str_slice(call->path, 0, --end));
    }
    return step->never_undone ? QUELL_STR("") : first_action(&step->undo_steps);
}

/* Whether the path takes the call back itself. */
static bool is_taken_back(const struct plan *plan, const struct plan_path *path,
                          const struct plan_call *call)
{
    struct quell_str prefix = arena_format(plan->arena, "%.*s.undo.", QUELL_ARG(call->path));
    const struct plan_call *other;
    struct call_at at = {0};

    while ((other = next_call(plan, path, &at)))
        if (str_starts(other->path, prefix))
            return true;
    return false;
}

static void add_undo(struct plan *plan, const struct plan_path *path, struct map_builder *map)
{
    struct list_builder undone = {.arena = plan->arena}, left = {.arena = plan->arena};
    struct list_builder newest = {.arena = plan->arena};
    const struct plan_call *call;
    struct call_at at = {0};
    size_t i;

    while ((call = next_call(plan, path, &at))) {
        struct map_builder one = {.arena = plan->arena};
        struct quell_str undo;
        if (call->step->action->effect == QUELL_READS || is_undo(call->path) ||
            fails(plan, path, call) || (plan->undoes && is_taken_back(plan, path, call)))
            continue;
        undo = plan_undo(plan, call);
        map_add(&one, "path", quell_string(call->path));
        map_add(&one, "action", quell_string(undo.len ? undo : call->step->uses));
        map_add(&one, "targets", call->targets);
        list_add(undo.len ? &undone : &left, map_made(&one));
    }
    for (i = undone.count; i > 0; i--)
        list_add(&newest, undone.items[i - 1]);
    map_add(map, "undo", list_made(&newest));
    map_add(map, "not_undone", list_made(&left));
}

/* ---- its end -----------------------------------------------------------------------------------
 */

static struct quell_value ending(struct plan *plan, const struct plan_path *path)
{
    static const char *const keys[] = {"as", "reason", "error"};
    const struct plan_edge *edge = last_edge(plan, path);
    struct map_builder map = {.arena = plan->arena};
    struct quell_value data = quell_null();
    size_t i;

    if (edge->event_count && edge->events[edge->event_count - 1].kind == EVENT_RUN_ENDED)
        data = edge->events[edge->event_count - 1].data;
    map_add(&map, "status", path->complete ? quell_string(edge->status) : quell_text("cut"));
    for (i = 0; i < sizeof(keys) / sizeof(*keys); i++)
        if (!quell_is_null(quell_get(data, keys[i])))
            map_add(&map, keys[i], quell_get(data, keys[i]));
    return map_made(&map);
}

/* People who are asked on it, in order. */
static struct quell_value asked(struct plan *plan, const struct plan_path *path)
{
    struct list_builder list = {.arena = plan->arena};
    size_t i;

    for (i = 0; i < path->count; i++) {
        const struct plan_edge *edge = &plan->edges[path->edges[i]];
        struct quell_str what =
            edge->from == PLAN_NONE ? QUELL_STR("") : plan->nodes[edge->from].question.what;
        if (str_is(what, "approve") || str_is(what, "ask"))
            list_add(&list, supposition(plan, edge));
    }
    return list_made(&list);
}

static struct quell_value duration(int64_t us)
{
    return value_duration(us / 1000000, 0);
}

struct quell_value plan_path_value(struct plan *plan, const size_t *edges, size_t count,
                                   size_t like)
{
    struct map_builder map = {.arena = plan->arena};
    struct list_builder calls = {.arena = plan->arena};
    struct plan_path path = plan_path_of(plan, edges, count);
    const struct plan_call *call;
    struct call_at at = {0};
    int64_t waiting_us, worst_us = plan_worst_us(plan, &path, &waiting_us);

    while ((call = next_call(plan, &path, &at)))
        list_add(&calls, call_value(plan->arena, call));
    map_add(&map, "count", quell_int((int64_t)like));
    map_add(&map, "supposes", suppositions(plan, &path));
    map_add(&map, "calls", list_made(&calls));
    map_add(&map, "limits", limits(plan, &path));
    map_add(&map, "approvals", asked(plan, &path));
    map_add(&map, "rights", rights(plan, &path));
    map_add(&map, "worst_case", duration(worst_us));
    map_add(&map, "waiting", duration(waiting_us));
    add_undo(plan, &path, &map);
    map_add(&map, "ends", ending(plan, &path));
    return map_made(&map);
}
