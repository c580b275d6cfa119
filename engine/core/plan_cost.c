/*
 * plan_cost.c - how long a path may take at the worst: every call needs all its attempts and all
 * the time they may have, every wait lasts to its end. Branches of a `parallel` and items of a loop
 * count side by side, as many as run at once; a time-out bounds all that stands under it.
 */
#include "base/limits.h"
#include "base/memory.h"
#include "base/str.h"
#include "core/plan.h"
#include "value/value.h"

/* What belongs together below a step and runs one after the other: a branch, an item, a body. */
struct lane {
    struct lane *next;
    struct quell_str name; /* of the path: ".spread", "[3]", "" */
    int64_t us;
};

struct taken { /* one step of the path */
    struct quell_str path;
    const struct step *step;
    size_t parent;       /* PLAN_NONE: stands in the run itself */
    struct lane *lanes;  /* of the steps inside */
    int64_t own_us;      /* of itself: calls, waiting */
    int64_t gate_us;     /* until people have agreed to it: no work of its own */
    int64_t catching_us; /* of its on-error */
    size_t next;         /* chain of the path index */
};

struct cost {
    struct plan *plan;
    struct arena *arena;
    bool waits_only; /* count only what people and timers take */
    struct taken *taken;
    size_t count, cap;
    size_t index[PLAN_BUCKETS];
    int64_t run_us, failing_us, tidying_us;
};

static int64_t add(int64_t a, int64_t b)
{
    return a > INT64_MAX - b ? INT64_MAX : a + b;
}

static size_t find(const struct cost *cost, struct quell_str path)
{
    size_t at = cost->index[str_hash(path) % PLAN_BUCKETS];

    while (at != PLAN_NONE && !quell_str_equal(cost->taken[at].path, path))
        at = cost->taken[at].next;
    return at;
}

/* ---- single steps ------------------------------------------------------------------------------
 */

/* All attempts of a call, and the waits between them. */
static int64_t call_us(const struct step *step)
{
    int64_t one_ms = step->action->timeout_ms ? step->action->timeout_ms : LIMIT_CALL_MS;
    int64_t all = one_ms * 1000, delay = step->retry.first_us;
    unsigned i;

    if (step->timeout_us)
        return step->timeout_us;
    for (i = 0; i < step->retry.max; i++) {
        if (delay > step->retry.cap_us)
            delay = step->retry.cap_us;
        all = add(all, add(one_ms * 1000, delay));
        if (step->retry.backoff == BACKOFF_EXPONENTIAL && delay <= INT64_MAX / 2)
            delay *= 2;
    }
    return all;
}

static int64_t time_us(struct quell_value time)
{
    return quell_is(time, QUELL_TIME) ? time.as.integer * 1000000 + time.len / 1000 : INT64_MAX;
}

/* Looking after a call, until its condition holds or its time is up. */
static int64_t looking_us(const struct cost *cost, const struct step *step)
{
    if (step->poll == NULL || step->timeout_us)
        return 0; /* the step's own time-out bounds it all */
    return step->poll->timeout_us ? step->poll->timeout_us
                                  : cost->plan->options.loaded->playbook->timeout_us;
}

/* A called playbook takes as long as its own plan says; one that is not here has no time. */
static int64_t called_us(const struct cost *cost, struct quell_str path)
{
    const char *key = cost->waits_only ? "waiting" : "worst_case";
    size_t i;

    for (i = 0; i < cost->plan->child_count; i++)
        if (quell_str_equal(cost->plan->children[i].path, path))
            return quell_get(cost->plan->children[i].document, key).as.integer * 1000000;
    return 0;
}

/* As long as its question may be open; one without an end, as long as the run may take. */
static int64_t wait_us(const struct cost *cost, const struct event *event)
{
    int64_t most = cost->plan->options.loaded->playbook->timeout_us;
    int64_t until = time_us(quell_get(event->data, "until"));

    if (until <= event->at_us)
        return 0;
    return until - event->at_us < most ? until - event->at_us : most;
}

static void count_event(struct cost *cost, const struct event *event)
{
    size_t at = find(cost, event->path);
    struct taken *taken = at == PLAN_NONE ? NULL : &cost->taken[at];

    if (taken == NULL)
        return;
    if (event->kind == EVENT_CALL_SCHEDULED && !cost->waits_only)
        taken->own_us =
            add(taken->own_us, add(call_us(taken->step), looking_us(cost, taken->step)));
    if (event->kind == EVENT_CHILD_ENDED)
        taken->own_us = add(taken->own_us, called_us(cost, event->path));
    if (event->kind == EVENT_WAIT_STARTED || event->kind == EVENT_FORM_ASKED)
        taken->own_us = add(taken->own_us, wait_us(cost, event));
    if (event->kind == EVENT_APPROVAL_ASKED || event->kind == EVENT_APPROVAL_ESCALATED)
        taken->gate_us = add(taken->gate_us, wait_us(cost, event));
}

/* ---- the tree ----------------------------------------------------------------------------------
 */

/* The innermost step around a path that was begun on it. */
static size_t parent_of(const struct cost *cost, struct quell_str path)
{
    size_t end;

    for (end = path.len; end > 0; end--) {
        size_t found;
        if (path.data[end - 1] != '.' && path.data[end - 1] != '[')
            continue;
        found = find(cost, str_slice(path, 0, end - 1));
        if (found != PLAN_NONE)
            return found;
    }
    return PLAN_NONE;
}

static void add_step(struct cost *cost, struct quell_str path)
{
    const struct step *step = plan_step(cost->plan, path);
    size_t slot = str_hash(path) % PLAN_BUCKETS, parent = parent_of(cost, path);

    if (step == NULL || find(cost, path) != PLAN_NONE)
        return;
    if (cost->count == cost->cap) {
        cost->cap = cost->cap ? cost->cap * 2 : 64;
        cost->taken = memory_resize(cost->taken, cost->cap * sizeof(*cost->taken));
    }
    cost->taken[cost->count] =
        (struct taken){.path = path, .step = step, .parent = parent, .next = cost->index[slot]};
    cost->index[slot] = cost->count++;
}

/* Items begin as soon as one of those that run at once has ended. */
static int64_t items_us(struct cost *cost, const struct taken *loop)
{
    size_t slots = loop->step->concurrency ? loop->step->concurrency : 1, i;
    int64_t *busy = arena_array(cost->arena, int64_t, slots), most = 0;
    const struct lane *lane;

    for (lane = loop->lanes; lane; lane = lane->next) {
        size_t first = 0;
        for (i = 1; i < slots; i++)
            if (busy[i] < busy[first])
                first = i;
        busy[first] = add(busy[first], lane->us);
        if (busy[first] > most)
            most = busy[first];
    }
    return most;
}

static int64_t lanes_us(struct cost *cost, const struct taken *taken)
{
    const struct lane *lane;
    int64_t all = 0, most = 0;

    if (taken->step->kind == STEP_FOR_EACH)
        return items_us(cost, taken);
    for (lane = taken->lanes; lane; lane = lane->next) {
        all = add(all, lane->us);
        if (lane->us > most)
            most = lane->us;
    }
    return taken->step->kind == STEP_PARALLEL ? most : all;
}

static int64_t total_us(struct cost *cost, const struct taken *taken)
{
    int64_t us = add(taken->own_us, lanes_us(cost, taken));

    if (taken->step->timeout_us && us > taken->step->timeout_us)
        us = taken->step->timeout_us;
    return add(us, add(taken->gate_us, taken->catching_us));
}

static void add_to_lane(struct cost *cost, struct taken *parent, struct quell_str path, int64_t us)
{
    struct quell_str name = str_slice(path, parent->path.len, path.len);
    size_t end = name.len;
    struct lane *lane;

    while (end > 0 && name.data[end - 1] != '.')
        end--;
    name.len = end;
    for (lane = parent->lanes; lane; lane = lane->next)
        if (quell_str_equal(lane->name, name))
            break;
    if (lane == NULL) {
        lane = arena_one(cost->arena, struct lane);
        lane->name = name;
        lane->next = parent->lanes;
        parent->lanes = lane;
    }
    lane->us = add(lane->us, us);
}

/* Steps inside stand behind the one around them: the last first. */
static void add_up(struct cost *cost)
{
    size_t i;

    for (i = cost->count; i > 0; i--) {
        const struct taken *taken = &cost->taken[i - 1];
        int64_t us = total_us(cost, taken);
        struct taken *parent = taken->parent == PLAN_NONE ? NULL : &cost->taken[taken->parent];
        struct quell_str inside =
            parent ? str_slice(taken->path, parent->path.len, taken->path.len) : taken->path;

        if (parent && str_starts(inside, QUELL_STR(".on-error.")))
            parent->catching_us = add(parent->catching_us, us);
        else if (parent)
            add_to_lane(cost, parent, taken->path, us);
        else if (str_starts(taken->path, QUELL_STR("on-failure.")))
            cost->failing_us = add(cost->failing_us, us);
        else if (str_starts(taken->path, QUELL_STR("finally.")))
            cost->tidying_us = add(cost->tidying_us, us);
        else
            cost->run_us = add(cost->run_us, us);
    }
}

static int64_t measure(struct plan *plan, const struct plan_path *path, bool waits_only)
{
    struct cost *cost = memory_new(sizeof(*cost));
    int64_t longest = plan->options.loaded->playbook->timeout_us;
    int64_t failing_most = (int64_t)LIMIT_ON_FAILURE_S * 1000000;
    int64_t tidying_most = (int64_t)LIMIT_FINALLY_S * 1000000, us;
    size_t i, e;

    cost->plan = plan;
    cost->arena = arena_new(0);
    cost->waits_only = waits_only;
    for (i = 0; i < PLAN_BUCKETS; i++)
        cost->index[i] = PLAN_NONE;
    for (i = 0; i < path->count; i++) {
        const struct plan_edge *edge = &plan->edges[path->edges[i]];
        for (e = 0; e < edge->event_count; e++) {
            if (edge->events[e].kind == EVENT_STEP_STARTED)
                add_step(cost, edge->events[e].path);
            count_event(cost, &edge->events[e]);
        }
    }
    add_up(cost);
    us = add(cost->run_us < longest ? cost->run_us : longest,
             cost->failing_us < failing_most ? cost->failing_us : failing_most);
    us = add(us, cost->tidying_us < tidying_most ? cost->tidying_us : tidying_most);
    memory_free(cost->taken);
    arena_free(cost->arena);
    memory_free(cost);
    return us;
}

int64_t plan_worst_us(struct plan *plan, const struct plan_path *path, int64_t *waiting_us)
{
    int64_t worst = measure(plan, path, false), waiting = measure(plan, path, true);

    *waiting_us = waiting < worst ? waiting : worst;
    return worst;
}
