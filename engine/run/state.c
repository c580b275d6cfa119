/*
 * state.c - making a run and looking at it. Nothing here changes a run that has begun.
 */
#include "run/state.h"
#include "run/undo.h"

#include <assert.h>

#include "base/memory.h"
#include "base/limits.h"
#include "base/str.h"
#include "value/value.h"

static size_t bucket(struct quell_str path)
{
    return (size_t)(str_hash(path) % RUN_PATHS);
}

struct run *run_new(const struct playbook *playbook, struct quell_str id)
{
    struct run *run = memory_new(sizeof(*run));

    run->arena = arena_new(LIMIT_RUN_ARENA_BYTES);
    run->scratch = arena_new(LIMIT_CEL_ARENA_BYTES * 2);
    run->playbook = playbook;
    run->id = arena_str(run->arena, id);
    run->vars = quell_map(NULL, 0);
    run->world.config = run->world.lists = quell_map(NULL, 0);
    run->due_us = INT64_MAX;
    return run;
}

void run_free(struct run *run)
{
    if (run == NULL)
        return;
    arena_free(run->scratch);
    arena_free(run->arena);
    memory_free(run->decided);
    memory_free(run);
}

void run_set_world(struct run *run, const struct run_world *world)
{
    run->world = *world;
}

void run_set_policy(struct run *run, const struct policy *policy)
{
    run->world.policy = policy;
}

struct instance *run_instance(const struct run *run, struct quell_str path)
{
    struct instance *found;

    for (found = run->paths[bucket(path)]; found; found = found->next_by_path)
        if (quell_str_equal(found->path, path))
            return found;
    return NULL;
}

void frame_open(struct run *run, struct frame *frame, const struct step_list *steps,
                struct frame *outer, struct instance *owner, struct quell_str prefix)
{
    size_t i;

    frame->outer = outer;
    frame->owner = owner;
    frame->steps = steps;
    frame->path = prefix;
    frame->instances = arena_array(run->arena, struct instance, steps->count);
    for (i = 0; i < steps->count; i++) {
        struct instance *instance = &frame->instances[i];
        const struct step *step = steps->items[i];
        size_t slot;

        instance->step = step;
        instance->frame = frame;
        instance->due_us = INT64_MAX;
        instance->path = prefix.len ? arena_format(run->arena, "%.*s.%.*s", QUELL_ARG(prefix),
                                                   QUELL_ARG(step->id))
                                    : step->id;
        slot = bucket(instance->path);
        instance->next_by_path = run->paths[slot];
        run->paths[slot] = instance;
    }
}

int64_t time_after(int64_t at_us, int64_t span_us)
{
    static const int64_t last_us = INT64_C(253402300799) * 1000000; /* the year 9999 */

    return at_us >= last_us || span_us >= last_us - at_us ? last_us : at_us + span_us;
}

int64_t frame_due(const struct run *run, const struct frame *frame)
{
    int64_t due = INT64_MAX;

    for (; frame; frame = frame->outer) {
        if (frame->due_us)
            return frame->due_us < due ? frame->due_us : due;
        if (frame->owner && frame->owner->due_us < due)
            due = frame->owner->due_us;
    }
    return run->due_us < due ? run->due_us : due;
}

/* ---- looking -----------------------------------------------------------------------------------
 */

const char *run_mode_name(enum run_mode mode)
{
    static const char *const names[] = {"live", "shadow", "plan"};
    return names[mode];
}

const char *step_status_name(enum step_status status)
{
    static const char *const names[STEP_STATUSES] = {
        "not-run",   "running", "succeeded", "failed",    "skipped",
        "timed-out", "unknown", "denied",    "cancelled", "simulated"};
    return names[status];
}

struct quell_str run_id(const struct run *run)
{
    return run->id;
}

const struct playbook *run_playbook(const struct run *run)
{
    return run->playbook;
}

enum run_mode run_mode(const struct run *run)
{
    return run->mode;
}

uint64_t run_seq(const struct run *run)
{
    return run->seq;
}

bool run_ended(const struct run *run)
{
    return run->ended;
}

bool run_full(const struct run *run)
{
    return run->seq >= LIMIT_RUN_EVENTS || arena_over(run->arena);
}

struct quell_value run_masked(const struct run *run, struct quell_str path,
                              struct quell_value output)
{
    const struct instance *instance = run_instance(run, path);

    return instance && instance->step->sensitive ? value_sensitive(output) : output;
}

struct quell_str run_by(const struct run *run)
{
    return run->by;
}

struct quell_str run_starter(const struct run *run)
{
    return run->parent.by.len ? run->parent.by : run->by;
}

struct quell_value run_incident(const struct run *run)
{
    return run->incident;
}

struct quell_value run_event(const struct run *run)
{
    return run->event;
}

int64_t run_started_us(const struct run *run)
{
    return run->started_us;
}

int64_t run_updated_us(const struct run *run)
{
    return run->updated_us;
}

int64_t run_ended_us(const struct run *run)
{
    return run->ended_us;
}

/* Walks every frame that was opened, in the order of the program. */
static void each_instance(const struct frame *frame,
                          void (*each)(const struct instance *instance, void *user), void *user)
{
    size_t i, b;

    if (frame->instances == NULL)
        return;
    for (i = 0; i < frame->steps->count; i++) {
        const struct instance *instance = &frame->instances[i];
        each(instance, user);
        for (b = 0; b < instance->body_count; b++)
            each_instance(&instance->bodies[b], each, user);
        if (instance->otherwise)
            each_instance(instance->otherwise, each, user);
        if (instance->catcher)
            each_instance(instance->catcher, each, user);
        if (instance->undo)
            each_instance(instance->undo, each, user);
    }
}

void run_each_instance(const struct run *run,
                       void (*each)(const struct instance *instance, void *user), void *user)
{
    each_instance(&run->root, each, user);
    each_instance(&run->rollback, each, user);
    each_instance(&run->on_failure, each, user);
    each_instance(&run->finally, each, user);
}

static void count_busy(const struct instance *instance, void *user)
{
    size_t *busy = user;

    if (instance->phase == PHASE_CALLING && instance->sleep_until_us == 0)
        (*busy)++;
}

static const char *ended_as(const struct run *run)
{
    struct quell_value status = quell_get(run->ending, "status");

    return quell_text_is(status, "succeeded")   ? "succeeded"
           : quell_text_is(status, "cancelled") ? "cancelled"
           : quell_text_is(status, "undone")    ? "undone"
                                                : "failed";
}

bool run_cancellable(const struct run *run)
{
    return run->started && !run->ended && !run->cancelling && !run->finishing &&
           !(run->taking_back && run->reopened);
}

struct quell_value run_outputs(const struct run *run)
{
    return run->ended ? quell_get(run->ending, "outputs") : quell_null();
}

struct quell_value run_error(const struct run *run)
{
    return run->ended ? quell_get(run->ending, "error") : quell_null();
}

const char *run_state(const struct run *run)
{
    size_t busy = 0;

    if (run->ended)
        return ended_as(run);
    if (run->held > 0 || run_waits_for(run, "release"))
        return "held";
    if (run_queued(run))
        return "waiting";
    run_each_instance(run, count_busy, &busy);
    return busy ? "running" : "waiting";
}

static void count_calls(const struct instance *instance, void *user)
{
    size_t *calls = user;

    *calls += instance->phase == PHASE_CALLING ||
              (instance->phase == PHASE_CHILD && instance->child.len == 0);
}

bool run_idle(const struct run *run)
{
    size_t calls = 0;

    if (run->ended)
        return undo_due_first(run) != INT64_MAX;
    run_each_instance(run, count_calls, &calls);
    return calls == 0;
}

bool run_is_cancelling(const struct run *run)
{
    return run->cancelling && !run->ended;
}

static void find_undoing(const struct instance *instance, void *user)
{
    bool *undoing = user;

    *undoing = *undoing || instance->phase == PHASE_UNDOING;
}

bool run_is_undoing(const struct run *run)
{
    bool undoing = run->undoing && run->rollback.instances[0].phase != PHASE_ENDED;

    run_each_instance(run, find_undoing, &undoing);
    return undoing && !run->ended;
}

struct quell_str run_queued_why(const struct run *run)
{
    return run->queued_why;
}

bool run_listens(const struct run *run)
{
    return run->listening > 0 && !run->ended;
}

struct due_search {
    const struct run *run;
    int64_t behind_us, due_us;
};

static void look_at_due(struct due_search *search, int64_t due_us)
{
    if (due_us > search->behind_us && due_us < search->due_us)
        search->due_us = due_us;
}

/* A call that is kept back is not made for ever. */
static void look_at_kept(struct due_search *search, const struct instance *instance)
{
    look_at_due(search, instance->due_us);
    look_at_due(search, frame_due(search->run, instance->frame));
}

static void find_due(const struct instance *instance, void *user)
{
    struct due_search *search = user;

    if (instance->phase == PHASE_STARTED && instance->step->kind == STEP_USES)
        look_at_kept(search, instance);
    if (instance->phase == PHASE_CHILD && !instance->child_cancelling)
        look_at_due(search, child_due(search->run, instance));
    if (instance->phase == PHASE_RETRYING || instance->phase == PHASE_WAITING ||
        instance->phase == PHASE_ASKING || (instance->phase == PHASE_HELD && instance->limited))
        look_at_due(search, instance->until_us);
}

int64_t due_behind(const struct run *run, int64_t behind_us)
{
    struct due_search search = {run, behind_us, INT64_MAX};

    look_at_due(&search, undo_due_first(run));
    if (run->ended)
        return search.due_us;
    look_at_due(&search, run->due_us);
    if (run_waits_for(run, "time"))
        look_at_due(&search, run->begins_us);
    run_each_instance(run, find_due, &search);
    return search.due_us;
}

/* What was due when run_decide was asked last changed nothing then, and does not hide what comes
 * later: a run may be taken back, or wait for a person, when its own time is over. No event tells
 * when it was asked last, but with the newest one it was. */
int64_t run_due(const struct run *run)
{
    return due_behind(run,
                      run->asked_us > run_updated_us(run) ? run->asked_us : run_updated_us(run));
}

static struct run_call call_of(const struct run *run, const struct instance *instance)
{
    int64_t due = frame_due(run, instance->frame);

    if (instance->call_due_us < due)
        due = instance->call_due_us;
    return (struct run_call){
        .path = instance->path,
        .key = instance->key,
        .connection = instance->connection,
        .step = instance->step,
        .action = instance->looking ? instance->step->poll->look : instance->step->action,
        .attempt = instance->attempt + instance->looks,
        .input = instance->looking ? instance->look_input : instance->input,
        .deadline_us = instance->due_us < due ? instance->due_us : due,
        .state = instance->call_state,
        .has_state = instance->has_state,
        .in_flight = instance->in_flight,
        .sleep_until_us = instance->sleep_until_us,
    };
}

bool run_find_call(const struct run *run, struct quell_str path, struct run_call *call)
{
    const struct instance *instance = run_instance(run, path);

    if (instance == NULL || instance->phase != PHASE_CALLING)
        return false;
    *call = call_of(run, instance);
    return true;
}

struct call_visit {
    const struct run *run;
    void (*each)(const struct run_call *call, void *user);
    void *user;
};

static void visit_call(const struct instance *instance, void *user)
{
    const struct call_visit *visit = user;
    struct run_call call;

    if (instance->phase != PHASE_CALLING)
        return;
    call = call_of(visit->run, instance);
    visit->each(&call, visit->user);
}

void run_each_call(const struct run *run, void (*each)(const struct run_call *call, void *user),
                   void *user)
{
    struct call_visit visit = {run, each, user};
    run_each_instance(run, visit_call, &visit);
}

static struct quell_str waits_for(const struct instance *instance)
{
    switch (instance->phase) { /* unreachable: there is no other phase */
    case PHASE_CALLING:
        return instance->sleep_until_us ? QUELL_STR("sleep") : QUELL_STR("answer");
    case PHASE_RETRYING:
        return instance->looking ? QUELL_STR("poll") : QUELL_STR("retry");
    case PHASE_WAITING:
        return instance->step->wait->event ? QUELL_STR("event") : QUELL_STR("time");
    case PHASE_ASKING:
        return instance->gate_passed || !instance->step->approve ? QUELL_STR("form")
                                                                 : QUELL_STR("approval");
    case PHASE_CHILD:
        return QUELL_STR("run");
    case PHASE_HELD:
        return QUELL_STR("person");
    case PHASE_IDLE:
    case PHASE_STARTED:
    case PHASE_ANSWERED:
    case PHASE_CATCHING:
    case PHASE_UNDOING:
    case PHASE_ENDED:
        break;
    }
    return QUELL_STR("");
}

static struct run_step step_of(const struct run *run, const struct instance *instance)
{
    bool for_a_time = run->ended && undo_due(run, instance) != INT64_MAX;

    return (struct run_step){
        .path = instance->path,
        .step = instance->step,
        .status = instance->status,
        .attempt = instance->attempt,
        .shadowed = instance->shadowed,
        .reason = instance->reason,
        .input = instance->input,
        .output = instance->output,
        .error = instance->error,
        .child = instance->child,
        .waits = for_a_time ? QUELL_STR("undo") : waits_for(instance),
        .asked = instance->asked,
        .given = instance->given,
        .escalated = instance->escalated,
        .caught = instance->caught,
        .key = instance->key,
        .looks = instance->looks,
        .look_until_us = instance->looking ? instance->poll_due_us : 0,
        .started_us = instance->started_us,
        .ended_us = instance->ended_us,
        .until_us = for_a_time ? undo_due(run, instance)
                    : instance->phase == PHASE_RETRYING || instance->phase == PHASE_WAITING ||
                            instance->phase == PHASE_ASKING ||
                            (instance->phase == PHASE_HELD && instance->limited)
                        ? instance->until_us
                        : instance->sleep_until_us,
    };
}

struct step_visit {
    const struct run *run;
    void (*each)(const struct run_step *step, void *user);
    void *user;
};

static void visit_step(const struct instance *instance, void *user)
{
    const struct step_visit *visit = user;
    struct run_step step = step_of(visit->run, instance);
    visit->each(&step, visit->user);
}

void run_each_step(const struct run *run, void (*each)(const struct run_step *step, void *user),
                   void *user)
{
    struct step_visit visit = {run, each, user};
    run_each_instance(run, visit_step, &visit);
}

bool run_find_step(const struct run *run, struct quell_str path, struct run_step *step)
{
    const struct instance *instance = run_instance(run, path);

    if (instance == NULL)
        return false;
    *step = step_of(run, instance);
    return true;
}

/* ---- runs that call runs ------------------------------------------------------------------------
 */

struct run_parent run_parent(const struct run *run)
{
    return run->parent;
}

static struct run_child child_of(const struct instance *instance)
{
    return (struct run_child){
        .path = instance->path,
        .run = instance->child,
        .playbook = instance->step->calls,
        .inputs = instance->input,
        .detach = instance->step->detach,
        .cancelling = instance->child_cancelling,
        .pins = instance->child_pins,
    };
}

bool run_find_child(const struct run *run, struct quell_str path, struct run_child *child)
{
    const struct instance *instance = run_instance(run, path);

    if (instance == NULL || instance->phase != PHASE_CHILD)
        return false;
    *child = child_of(instance);
    return true;
}

struct child_visit {
    void (*each)(const struct run_child *child, void *user);
    void *user;
};

static void visit_child(const struct instance *instance, void *user)
{
    const struct child_visit *visit = user;
    struct run_child child;

    if (instance->phase != PHASE_CHILD)
        return;
    child = child_of(instance);
    visit->each(&child, visit->user);
}

void run_each_child(const struct run *run, void (*each)(const struct run_child *child, void *user),
                    void *user)
{
    struct child_visit visit = {each, user};
    run_each_instance(run, visit_child, &visit);
}
