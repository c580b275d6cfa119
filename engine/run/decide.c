/*
 * decide.c - what should happen next: walks the tree of frames and says it as events.
 *
 * Each event is applied as soon as it is said, through the same table that a replay uses, so
 * the walk always stands on the state that the journal gives. What one kind of step does stands in
 * its own file; the table below follows steps.def.
 */
#include <assert.h>

#include "base/limits.h"
#include "base/memory.h"
#include "base/str.h"
#include "run/state.h"
#include "run/undo.h"
#include "value/value.h"

const struct step_runner step_runners[STEP_KINDS] = {
#define STEP(name, keyword, doc) [STEP_##name] = {step_advance_##name},
#include "playbook/steps.def"
#undef STEP
};

/* ---- saying events -----------------------------------------------------------------------------
 */

static bool leads_to_the_end(enum event_kind kind)
{
    return kind == EVENT_RUN_HELD || kind == EVENT_CHILD_CANCELLING || kind == EVENT_RUN_ENDED;
}

void emit(struct decision *decision, enum event_kind kind, struct quell_str path,
          struct quell_value data)
{
    struct run *run = decision->run;
    struct quell_error err;
    struct event *event;
    enum quell_code code;

    decision->full |= run_full(run);
    if (decision->full && !leads_to_the_end(kind))
        return;
    if (run->decided_count == run->decided_cap) {
        run->decided_cap = run->decided_cap ? run->decided_cap * 2 : 16;
        run->decided = memory_resize(run->decided, run->decided_cap * sizeof(*run->decided));
    }
    event = &run->decided[run->decided_count++];
    *event = (struct event){
        .seq = run->seq + 1, .at_us = decision->now_us, .kind = kind, .path = path, .data = data};
    code = run_take(run, event, &err);
    assert(code == QUELL_OK); /* what we decide must fit what we are */
    (void)code;
}

void emit_ended(struct decision *decision, struct instance *instance, enum step_status status,
                struct quell_value error)
{
    struct map_builder map = {.arena = decision->run->arena};

    map_add(&map, "status", quell_text(step_status_name(status)));
    if (!quell_is_null(error))
        map_add(&map, "error", error);
    if (status != STEP_SUCCEEDED && instance->step->on_error != ON_ERROR_FAIL &&
        instance->step->on_error != ON_ERROR_UNDO)
        map_add(&map, "caught", quell_bool(true));
    emit(decision, EVENT_STEP_ENDED, instance->path, map_made(&map));
}

void emit_held(struct decision *decision, const struct instance *instance)
{
    struct map_builder data = {.arena = decision->run->arena};

    map_add(&data, "reason",
            quell_text("unknown outcome: it was sent, and whether it took effect is not known"));
    map_add(&data, "error", instance->error);
    emit(decision, EVENT_RUN_HELD, instance->path, map_made(&data));
}

bool is_in_doubt(const struct instance *instance)
{
    return instance->in_doubt &&
           (instance->phase == PHASE_ANSWERED || instance->phase == PHASE_STARTED ||
            instance->phase == PHASE_RETRYING);
}

bool may_be_unknown(const struct run *run, struct quell_value value)
{
    return run->mode == RUN_PLAN && quell_is(value, QUELL_UNKNOWN);
}

/* ---- how an ended step lets the list go on -----------------------------------------------------
 */

enum flow flow_of_ended(const struct instance *instance)
{
    if (instance->status == STEP_SUCCEEDED || instance->status == STEP_SKIPPED || instance->caught)
        return FLOW_DONE;
    return FLOW_FAILED;
}

static bool timed_out(struct quell_value error)
{
    return quell_text_is(quell_get(error, "code"), "timed-out");
}

/* Ends a step whose catcher itself came to an end with `flow`. */
static enum flow after_catch(struct decision *decision, struct instance *instance, enum flow flow,
                             struct quell_value error)
{
    struct quell_value first = instance->error;
    struct map_builder map = {.arena = decision->run->arena};
    enum step_status status = timed_out(first)    ? STEP_TIMED_OUT
                              : instance->refused ? STEP_DENIED
                                                  : STEP_FAILED;

    if (flow == FLOW_WAITING)
        return flow;
    map_add(&map, "status", quell_text(step_status_name(status)));
    map_add(&map, "error", flow == FLOW_FAILED ? error : first);
    map_add(&map, "caught", quell_bool(flow != FLOW_FAILED));
    emit(decision, EVENT_STEP_ENDED, instance->path, map_made(&map));
    return flow;
}

static enum flow advance_catcher(struct decision *decision, struct instance *instance)
{
    struct quell_value error = quell_null();
    enum flow flow = frame_advance(decision, instance->catcher, &error);

    return after_catch(decision, instance, flow, error);
}

static struct quell_value with_step(struct run *run, const struct instance *instance,
                                    struct quell_value error)
{
    if (!quell_is_null(quell_get(error, "step")))
        return error;
    return value_with(run->arena, error, QUELL_STR("step"), quell_string(instance->path));
}

enum flow step_failed(struct decision *decision, struct instance *instance, enum step_status status,
                      struct quell_value error)
{
    struct run *run = decision->run;
    struct map_builder map = {.arena = run->arena};

    if (is_in_doubt(instance)) { /* it may have taken effect, whatever hinders another attempt */
        emit_held(decision, instance);
        return FLOW_WAITING;
    }
    error = with_step(run, instance, error);
    if (instance->step->on_error == ON_ERROR_UNDO && undo_concerns(run, instance))
        return undo_begin(decision, instance, error);
    if (instance->step->on_error != ON_ERROR_STEPS) {
        emit_ended(decision, instance, status, error);
        return flow_of_ended(instance);
    }
    map_add(&map, "error", error);
    emit(decision, EVENT_CATCH_STARTED, instance->path, map_made(&map));
    return decision->full ? FLOW_WAITING : advance_catcher(decision, instance);
}

enum flow step_succeeded(struct decision *decision, struct instance *instance)
{
    emit_ended(decision, instance, STEP_SUCCEEDED, quell_null());
    return FLOW_DONE;
}

enum flow group_ended(struct decision *decision, struct instance *instance, enum flow flow,
                      struct quell_value error)
{
    if (flow == FLOW_WAITING)
        return flow;
    if (flow == FLOW_FAILED)
        return step_failed(decision, instance, timed_out(error) ? STEP_TIMED_OUT : STEP_FAILED,
                           error);
    if (flow == FLOW_DONE)
        return step_succeeded(decision, instance);
    emit_ended(decision, instance, STEP_SUCCEEDED, quell_null());
    return flow;
}

/* ---- one step ----------------------------------------------------------------------------------
 */

static void start(struct decision *decision, struct instance *instance, bool otherwise)
{
    struct map_builder map = {.arena = decision->run->arena};

    if (otherwise)
        map_add(&map, "branch", quell_text("else"));
    emit(decision, EVENT_STEP_STARTED, instance->path, map_made(&map));
}

static void skip(struct decision *decision, struct instance *instance, struct quell_str reason)
{
    struct map_builder map = {.arena = decision->run->arena};

    map_add(&map, "reason", quell_string(reason));
    emit(decision, EVENT_STEP_SKIPPED, instance->path, map_made(&map));
}

/* A call that a manifest names to take another back. */
static enum flow begin_inverse(struct decision *decision, struct instance *instance)
{
    struct quell_value error = quell_null();
    struct quell_str reason;
    bool ours;

    if (undo_is_ours(decision->run, instance, &ours, &reason, &error))
        return step_failed(decision, instance, STEP_FAILED, error);
    if (!ours) {
        skip(decision, instance, reason);
        return FLOW_DONE;
    }
    start(decision, instance, false);
    return FLOW_WAITING;
}

/* Evaluates `if` and begins, skips or fails the step. */
static enum flow begin(struct decision *decision, struct instance *instance)
{
    const struct step *step = instance->step;
    struct quell_value held = quell_bool(true), error = quell_null();
    bool has_else = step->kind == STEP_BLOCK && step->otherwise.count > 0;
    enum quell_code code = QUELL_OK;

    if (step->inverse)
        return begin_inverse(decision, instance);
    if (step->condition.expr)
        code = scope_eval(decision->run, instance->frame, &step->condition, &held, &error);
    if (code == QUELL_OK && !quell_is(held, QUELL_BOOL) && !may_be_unknown(decision->run, held)) {
        error = scope_error(decision->run, "invalid", "`if` gave a %s, not true or false",
                            value_type_name(held));
        code = QUELL_INVALID;
    }
    if (code) /* not started: a step whose condition failed must never be gone on with */
        return step_failed(decision, instance, STEP_FAILED, error);
    if (quell_is(held, QUELL_UNKNOWN)) {
        int answer = plan_condition(decision, instance, "if", &step->condition);
        if (answer == PLAN_ASKED)
            return FLOW_WAITING;
        held = quell_bool(answer);
    }
    if (!held.as.boolean && !has_else) {
        skip(decision, instance,
             arena_format(decision->run->arena, "if: %.*s is false",
                          QUELL_ARG(cel_source(instance->step->condition.expr))));
        return FLOW_DONE;
    }
    start(decision, instance, !held.as.boolean);
    return FLOW_WAITING;
}

static enum flow advance(struct decision *decision, struct instance *instance)
{
    enum flow flow;

    if (instance->phase == PHASE_IDLE) {
        flow = begin(decision, instance);
        if (instance->phase != PHASE_STARTED)
            return flow;
    }
    if (instance->phase == PHASE_ENDED)
        return flow_of_ended(instance);
    if (instance->phase == PHASE_CATCHING)
        return advance_catcher(decision, instance);
    if (instance->phase == PHASE_UNDOING)
        return undo_advance(decision, instance);
    if (instance->step->approve && !instance->gate_passed && !gate_pass(decision, instance, &flow))
        return flow;
    return step_runners[instance->step->kind].advance(decision, instance);
}

bool frame_begun(const struct frame *frame)
{
    /* What undoes a run is a block without steps. */
    return frame->steps->count == 0 || frame->instances[0].phase != PHASE_IDLE;
}

/* ---- a list of steps, a run --------------------------------------------------------------------
 */

enum flow frame_advance(struct decision *decision, struct frame *frame, struct quell_value *error)
{
    struct run *run = decision->run;
    bool whole = undo_takes_back(frame); /* whoever stops the run: it is not left half undone */
    size_t i;

    for (i = 0; i < frame->steps->count; i++) {
        struct instance *instance = &frame->instances[i];
        enum flow flow;

        if (instance->phase == PHASE_IDLE && decision->now_us >= frame_due(run, frame)) {
            *error = scope_error(run, "timed-out", "the time was up before `%.*s` could begin",
                                 QUELL_ARG(instance->path));
            return FLOW_FAILED;
        }
        flow = advance(decision, instance);
        if (decision->full)
            return FLOW_WAITING;
        if (flow == FLOW_FAILED)
            *error = instance->error;
        if (flow != FLOW_DONE)
            return flow;
        if (run->stopping && !whole && i + 1 < frame->steps->count &&
            frame->instances[i + 1].phase == PHASE_IDLE)
            return FLOW_STOPPED;
    }
    return run->stopping && !whole ? FLOW_STOPPED : FLOW_DONE;
}

bool has_come(const struct decision *decision, int64_t due_us)
{
    return due_us <= decision->now_us && due_us <= decision->reached_us;
}

/* Nobody may have asked for a while: the engine was down. What came due meanwhile has its turn in
 * the order in which it came due, wherever it stands. In a plan time passes as steps are met. */
static int64_t next_turn(const struct decision *decision)
{
    const struct run *run = decision->run;
    int64_t now = decision->now_us, first;

    if (run->mode == RUN_PLAN)
        return INT64_MAX;
    first = due_behind(run, decision->reached_us);
    return first < now && due_behind(run, first) <= now ? first : now;
}

struct run_events run_decide(struct run *run, int64_t now_us)
{
    struct decision decision = {.run = run,
                                .now_us = now_us > run->updated_us ? now_us : run->updated_us,
                                .reached_us = INT64_MIN,
                                .full = run_full(run)};

    run->decided_count = 0;
    run->asking = false;
    if (!run->started)
        return (struct run_events){0};
    do { /* what was meant for a time may be due at once, and when the run has ended */
        decision.reached_us = next_turn(&decision);
        undo_when_due(&decision);
        run_advance(&decision);
    } while (undo_is_due(&decision) || decision.reached_us < decision.now_us);
    run->asked_us = decision.now_us;
    return (struct run_events){run->decided, run->decided_count};
}
