/*
 * plan_graph.c - explores the paths of a plan, depth first.
 *
 * A run that has a question is gone on with once for each answer. The first, usual, answer is told
 * to the same run; for each other one a new run is made by folding the events so far again: a run
 * is the fold of its events. Calls are answered by simulate.c.
 */
#include <string.h>

#include "base/error.h"
#include "base/limits.h"
#include "base/memory.h"
#include "base/str.h"
#include "core/plan.h"
#include "value/json.h"
#include "value/value.h"

#define grow(plan, array, count, cap)                                                              \
    do {                                                                                           \
        if ((count) == (cap)) {                                                                    \
            size_t grown = (cap) ? (cap)*2 : 16;                                                   \
            (array) = arena_grow((plan)->arena, (array), (cap) * sizeof(*(array)),                 \
                                 grown * sizeof(*(array)));                                        \
            (cap) = grown;                                                                         \
        }                                                                                          \
    } while (0)

/* ---- one edge ----------------------------------------------------------------------------------
 */

/* Keeps an event of the run; its texts and data then outlive it. */
static const struct event *keep(struct plan *plan, const struct event *event)
{
    struct plan_edge *log = &plan->log;
    struct event *kept;

    grow(plan, log->events, log->event_count, plan->event_cap);
    kept = &log->events[log->event_count++];
    *kept = *event;
    kept->path = arena_str(plan->arena, event->path);
    kept->data = value_copy(plan->arena, event->data);
    plan->events++;
    return kept;
}

static enum quell_code happen(struct plan *plan, enum event_kind kind, struct quell_str path,
                              struct quell_value data, struct quell_error *err)
{
    struct event event = {.seq = run_seq(plan->run) + 1,
                          .at_us = run_updated_us(plan->run),
                          .kind = kind,
                          .path = path,
                          .data = data};

    if (kind == EVENT_RUN_STARTED)
        event.at_us = plan->options.started_us;
    (void)keep(plan, &event);
    return run_apply(plan->run, &event, err);
}

static size_t find_call(const struct plan *plan, struct quell_str path, struct quell_str input)
{
    size_t at = plan->calls_by_path[str_hash(path) % PLAN_BUCKETS];

    for (; at != PLAN_NONE; at = plan->calls[at].next)
        if (quell_str_equal(plan->calls[at].path, path) &&
            quell_str_equal(plan->calls[at].input_text, input))
            return at;
    return PLAN_NONE;
}

static size_t add_call(struct plan *plan, const struct run_call *call, struct quell_str input,
                       struct quell_value data)
{
    size_t *slot = &plan->calls_by_path[str_hash(call->path) % PLAN_BUCKETS];
    struct plan_call *made;
    size_t at;

    grow(plan, plan->calls, plan->call_count, plan->call_cap);
    made = &plan->calls[plan->call_count];
    *made = (struct plan_call){.step = call->step,
                               .path = arena_str(plan->arena, call->path),
                               .connection = arena_str(plan->arena, call->connection),
                               .input = value_copy(plan->arena, call->input),
                               .targets = value_copy(plan->arena, quell_get(data, "targets")),
                               .verdicts = value_copy(plan->arena, quell_get(data, "verdicts")),
                               .input_text = input,
                               .next = *slot,
                               .first = plan->call_count};
    for (at = *slot; at != PLAN_NONE; at = plan->calls[at].next)
        if (quell_str_equal(plan->calls[at].path, made->path))
            made->first = plan->calls[at].first;
    *slot = plan->call_count;
    plan->undoes |= str_find(made->path, QUELL_STR(".undo."), 0) != SIZE_MAX;
    made->answer = value_copy(plan->arena, plan_answer(plan, call, made));
    return plan->call_count++;
}

/* The same call on another path gets the same answer, and a read is done once. */
static enum quell_code answer_call(struct plan *plan, const struct event *event,
                                   struct quell_error *err)
{
    struct run_call call;
    struct quell_str input;
    size_t at;

    if (!run_find_call(plan->run, event->path, &call))
        return QUELL_OK;
    input = json_text(plan->arena, call.input, JSON_SECRETS); /* it is only compared */
    at = find_call(plan, call.path, input);
    if (at == PLAN_NONE)
        at = add_call(plan, &call, input, event->data);
    grow(plan, plan->log.calls, plan->log.call_count, plan->edge_call_cap);
    plan->log.calls[plan->log.call_count++] = at;
    return happen(plan, EVENT_CALL_ENDED, call.path, plan->calls[at].answer, err);
}

/* A called playbook is planned by itself; here it has ended when it is called. */
static enum quell_code answer_child(struct plan *plan, const struct event *event,
                                    struct quell_error *err)
{
    struct map_builder map = {.arena = plan->arena};
    struct run_child child;
    const struct plan_child *planned;

    if (!run_find_child(plan->run, event->path, &child))
        return QUELL_OK;
    planned = plan_child(plan, &child);
    if (!child.detach)
        return happen(plan, EVENT_CHILD_ENDED, event->path, planned->end, err);
    map_add(&map, "run", quell_unknown(QUELL_STR("run id, known after start")));
    return happen(plan, EVENT_CHILD_STARTED, event->path, map_made(&map), err);
}

static void add_skip(struct plan *plan, const struct event *event)
{
    struct run_step step;
    size_t i;

    for (i = 0; i < plan->skip_count; i++)
        if (quell_str_equal(plan->skips[i].path, event->path))
            return;
    if (!run_find_step(plan->run, event->path, &step))
        return;
    grow(plan, plan->skips, plan->skip_count, plan->skip_cap);
    plan->skips[plan->skip_count++] = (struct plan_skip){
        step.step, arena_str(plan->arena, step.path), arena_str(plan->arena, step.reason)};
}

const struct step *plan_step(const struct plan *plan, struct quell_str path)
{
    size_t at = plan->begun_by_path[str_hash(path) % PLAN_BUCKETS];

    while (at != PLAN_NONE && !quell_str_equal(plan->begun[at].path, path))
        at = plan->begun[at].next;
    return at == PLAN_NONE ? NULL : plan->begun[at].step;
}

static void add_begun(struct plan *plan, const struct event *event)
{
    size_t *slot = &plan->begun_by_path[str_hash(event->path) % PLAN_BUCKETS];
    struct run_step step;

    if (plan_step(plan, event->path) || !run_find_step(plan->run, event->path, &step))
        return;
    grow(plan, plan->begun, plan->begun_count, plan->begun_cap);
    plan->begun[plan->begun_count] = (struct plan_begun){step.step, event->path, *slot};
    *slot = plan->begun_count++;
}

/* Walks until the path has a question, has ended, or can go no further. */
static enum quell_code walk(struct plan *plan, struct quell_error *err)
{
    struct run_events events;
    enum quell_code code = QUELL_OK;

    do {
        size_t i, first = plan->log.event_count, count;

        events = run_decide(plan->run, run_updated_us(plan->run));
        count = events.count;
        for (i = 0; i < count; i++)
            (void)keep(plan, &events.items[i]);
        for (i = first; i < first + count && code == QUELL_OK; i++) {
            struct event event = plan->log.events[i];
            if (event.kind == EVENT_STEP_SKIPPED)
                add_skip(plan, &event);
            if (event.kind == EVENT_STEP_STARTED)
                add_begun(plan, &event);
            if (event.kind == EVENT_CALL_SCHEDULED)
                code = answer_call(plan, &event, err);
            if (event.kind == EVENT_CHILD_CALLED)
                code = answer_child(plan, &event, err);
        }
    } while (code == QUELL_OK && events.count && !run_ended(plan->run));
    return code;
}

/* ---- runs --------------------------------------------------------------------------------------
 */

static void begin_log(struct plan *plan)
{
    plan->log = (struct plan_edge){.from = PLAN_NONE, .to = PLAN_NONE};
    plan->event_cap = plan->edge_call_cap = 0;
}

static void new_run(struct plan *plan)
{
    run_free(plan->run);
    plan->run = run_new(plan->options.loaded->playbook, QUELL_STR("plan"));
    run_set_world(plan->run, &plan->options.world);
}

static enum quell_code begin(struct plan *plan, struct quell_error *err)
{
    new_run(plan);
    begin_log(plan);
    plan->usual = true;
    return happen(plan, EVENT_RUN_STARTED, QUELL_STR(""),
                  run_start_data(plan->arena, plan->options.loaded->playbook,
                                 plan->options.incident, plan->options.inputs, RUN_PLAN,
                                 QUELL_STR("plan")),
                  err);
}

/* The run as it stood at the question, from its events. */
static enum quell_code fold(struct plan *plan, size_t node, struct quell_error *err)
{
    size_t depth = 0, at, i;
    size_t *chain;
    enum quell_code code = QUELL_OK;

    for (at = plan->nodes[node].via; at != PLAN_NONE; depth++)
        at = plan->edges[at].from == PLAN_NONE ? PLAN_NONE : plan->nodes[plan->edges[at].from].via;
    chain = memory_new(depth * sizeof(*chain));
    for (i = depth, at = plan->nodes[node].via; i > 0; i--) {
        chain[i - 1] = at;
        at = plan->edges[at].from == PLAN_NONE ? PLAN_NONE : plan->nodes[plan->edges[at].from].via;
    }
    new_run(plan);
    for (at = 0; at < depth && code == QUELL_OK; at++) {
        const struct plan_edge *edge = &plan->edges[chain[at]];
        for (i = 0; i < edge->event_count && code == QUELL_OK; i++)
            code = run_apply(plan->run, &edge->events[i], err);
        plan->events += edge->event_count;
    }
    memory_free(chain);
    return code;
}

static enum quell_code suppose(struct plan *plan, size_t node, size_t answer,
                               struct quell_error *err)
{
    const struct run_question *question = &plan->nodes[node].question;

    begin_log(plan);
    plan->log.from = node;
    plan->log.answer = answer;
    plan->usual = plan->usual && answer == 0 && str_is(question->what, "outcome");
    return happen(plan, EVENT_SUPPOSED, question->path,
                  run_suppose_data(plan->arena, question, answer), err);
}

/* ---- nodes -------------------------------------------------------------------------------------
 */

static size_t *bucket_of(const struct plan *plan, const uint8_t *print)
{
    return &plan->nodes_by_print[(print[0] | (size_t)print[1] << 8) % PLAN_BUCKETS];
}

static size_t find_node(const struct plan *plan, const uint8_t *print)
{
    size_t at = *bucket_of(plan, print);

    while (at != PLAN_NONE && memcmp(plan->nodes[at].fingerprint, print, RUN_FINGERPRINT) != 0)
        at = plan->nodes[at].next;
    return at;
}

static size_t add_node(struct plan *plan, const struct run_question *question, const uint8_t *print,
                       size_t via)
{
    size_t *slot = bucket_of(plan, print), i;
    struct plan_node *node;
    struct run_step step;

    grow(plan, plan->nodes, plan->node_count, plan->node_cap);
    node = &plan->nodes[plan->node_count];
    *node = (struct plan_node){.question = *question, .via = via, .next = *slot};
    if (run_find_step(plan->run, question->path, &step))
        node->step = step.step;
    node->question.path = arena_str(plan->arena, question->path);
    node->question.what = arena_str(plan->arena, question->what);
    node->question.text = arena_str(plan->arena, question->text);
    node->question.subject = arena_str(plan->arena, question->subject);
    node->question.about = arena_str(plan->arena, question->about);
    node->answers = arena_array(plan->arena, size_t, question->answer_count);
    for (i = 0; i < question->answer_count; i++)
        node->answers[i] = PLAN_NONE;
    memcpy(node->fingerprint, print, RUN_FINGERPRINT);
    *slot = plan->node_count;
    return plan->node_count++;
}

/* ---- failures ----------------------------------------------------------------------------------
 */

struct failures {
    struct plan *plan;
    struct list_builder list;
};

static void add_failure(const struct run_step *step, void *user)
{
    struct failures *failures = user;
    struct arena *arena = failures->plan->arena;
    struct quell_value message = quell_get(step->error, "message");
    struct map_builder map = {.arena = arena};
    size_t i;

    if (step->status != STEP_FAILED || step->step->undoes_run || step->step->kind == STEP_WHILE ||
        !quell_is(message, QUELL_STRING))
        return; /* that a call may fail, or nobody answer in time, is no news */
    for (i = 0; i < failures->list.count; i++)
        if (quell_str_equal(quell_get_str(failures->list.items[i], "path"), step->path) &&
            quell_str_equal(quell_get_str(failures->list.items[i], "message"), quell_str(message)))
            return;
    map_add(&map, "path", value_copy_str(arena, step->path));
    map_add(&map, "message", value_copy(arena, message));
    list_add(&failures->list, map_made(&map));
}

/* ---- exploring ---------------------------------------------------------------------------------
 */

struct way { /* an answer that is still to be supposed */
    size_t node, answer;
};

struct ways {
    struct way *items;
    size_t count, cap;
};

/* Ends the edge that was walked; true with the node when the path has a question of its own. */
static bool end_edge(struct plan *plan, struct failures *failures, size_t *node)
{
    uint8_t print[RUN_FINGERPRINT];
    struct run_question question;
    bool asked = !run_ended(plan->run) && run_question(plan->run, &question);
    size_t edge = plan->edge_count;

    run_each_step(plan->run, add_failure, failures);
    grow(plan, plan->edges, plan->edge_count, plan->edge_cap);
    plan->edges[plan->edge_count++] = plan->log;
    if (plan->log.from != PLAN_NONE)
        plan->nodes[plan->log.from].answers[plan->log.answer] = edge;
    if (!asked) {
        plan->edges[edge].status = quell_str_of(run_state(plan->run));
        plan->paths++;
        return false;
    }
    run_fingerprint(plan->run, plan->sight, print);
    *node = find_node(plan, print);
    plan->edges[edge].joined = *node != PLAN_NONE;
    if (*node != PLAN_NONE) {
        plan->edges[edge].to = *node;
        plan->paths++;
        return false;
    }
    *node = add_node(plan, &question, print, edge);
    plan->edges[edge].to = *node;
    return true;
}

static bool is_enough(struct plan *plan)
{
    size_t most = plan->options.paths_max ? plan->options.paths_max : LIMIT_PLAN_PATHS;

    return plan->paths >= most || plan->events >= LIMIT_PLAN_EVENTS ||
           arena_used(plan->arena) >= LIMIT_PLAN_BYTES;
}

static void push(struct plan *plan, struct ways *ways, size_t node)
{
    size_t i;

    for (i = plan->nodes[node].question.answer_count; i > 1; i--) {
        grow(plan, ways->items, ways->count, ways->cap);
        ways->items[ways->count++] = (struct way){node, i - 1};
    }
}

static enum quell_code explore(struct plan *plan, struct quell_error *err)
{
    struct failures failures = {plan, {.arena = plan->arena}};
    struct ways ways = {0};
    enum quell_code code = begin(plan, err);

    while (code == QUELL_OK) {
        size_t node;

        code = walk(plan, err);
        if (code)
            break;
        if (end_edge(plan, &failures, &node)) {
            push(plan, &ways, node);
            code = suppose(plan, node, 0, err);
            continue;
        }
        plan->cut = ways.count > 0 && is_enough(plan);
        if (ways.count == 0 || plan->cut)
            break;
        ways.count--;
        code = fold(plan, ways.items[ways.count].node, err);
        if (code == QUELL_OK)
            code = suppose(plan, ways.items[ways.count].node, ways.items[ways.count].answer, err);
    }
    plan->failures = list_made(&failures.list);
    return code;
}

enum quell_code plan_make(struct plan *plan, struct quell *engine, struct arena *arena,
                          const struct plan_options *options, struct quell_error *err)
{
    int64_t most_ms = options->timeout_ms ? options->timeout_ms : LIMIT_PLAN_MS;
    enum quell_code code;
    size_t i;

    *plan = (struct plan){.engine = engine, .arena = arena, .options = *options};
    plan->deadline_us = loop_monotonic_us(plan->engine->loop) + most_ms * 1000;
    plan->sight = run_sight_new(arena, options->loaded->playbook);
    plan->nodes_by_print = arena_array(arena, size_t, PLAN_BUCKETS);
    plan->calls_by_path = arena_array(arena, size_t, PLAN_BUCKETS);
    plan->begun_by_path = arena_array(arena, size_t, PLAN_BUCKETS);
    for (i = 0; i < PLAN_BUCKETS; i++)
        plan->nodes_by_print[i] = plan->calls_by_path[i] = plan->begun_by_path[i] = PLAN_NONE;
    code = explore(plan, err);
    run_free(plan->run);
    plan->run = NULL;
    if (plan->reads)
        call_host_free(plan->reads);
    plan->reads = NULL;
    if (code == QUELL_OK)
        plan_find_conditions(plan);
    return code;
}
