/*
 * decide.c - what should happen next: walks the tree of frames and says it as events.
 *
 * Each event is applied as soon as it is said, through the same table that a replay uses, so
 * the walk always stands on the state that the journal gives. What one kind of step does stands in
 * its own file; the table below follows steps.def.
 */
#include <assert.h>

#include "base/memory.h"
#include "base/str.h"
#include "run/state.h"
#include "value/value.h"

const struct step_runner step_runners[STEP_KINDS] = {
#define STEP(name, keyword, doc) [STEP_##name] = {step_advance_##name},
#include "playbook/steps.def"
#undef STEP
};

/* ---- saying events -----------------------------------------------------------------------------
 */

void emit(struct decision *decision, enum event_kind kind, struct quell_str path,
          struct quell_value data)
{
    struct run *run = decision->run;
    struct quell_error err;
    struct event *event;
    enum quell_code code;

    if (run->decided_count == run->decided_cap) {
        run->decided_cap = run->decided_cap ? run->decided_cap * 2 : 16;
        run->decided = memory_resize(run->decided, run->decided_cap * sizeof(*run->decided));
    }
    event = &run->decided[run->decided_count++];
    *event = (struct event){
        .seq = run->seq + 1, .at_us = decision->now_us, .kind = kind, .path = path, .data = data};
    code = run_take(run, event, &err);
    if (code == QUELL_LIMIT) { /* a run of its full size can only end */
        run->decided_count--;
        run->ended = true;
        run->ended_us = decision->now_us;
        return;
    }
    assert(code == QUELL_OK); /* what we decide must fit what we are */
}

void emit_ended(struct decision *decision, struct instance *instance, enum step_status status,
                struct quell_value error)
{
    struct map_builder map = {.arena = decision->run->arena};

    map_add(&map, "status", quell_text(step_status_name(status)));
    if (!quell_is_null(error))
        map_add(&map, "error", error);
    if (status != STEP_SUCCEEDED && instance->step->on_error != ON_ERROR_FAIL)
        map_add(&map, "caught", quell_bool(true));
    emit(decision, EVENT_STEP_ENDED, instance->path, map_made(&map));
}

/* ---- how an ended step lets the list go on -----------------------------------------------------
 */

static enum flow flow_of_ended(const struct instance *instance)
{
    if (instance->status == STEP_SUCCEEDED || instance->status == STEP_SKIPPED ||
        instance->caught || instance->maybe.len)
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
    enum step_status status = timed_out(first) ? STEP_TIMED_OUT : STEP_FAILED;

    if (flow == FLOW_WAITING)
        return flow;
    if (flow != FLOW_FAILED && instance->status == STEP_SUCCEEDED)
        status = STEP_SUCCEEDED; /* a plan looked into on-error though nothing failed */
    map_add(&map, "status", quell_text(step_status_name(status)));
    if (status != STEP_SUCCEEDED)
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

    error = with_step(run, instance, error);
    if (instance->step->on_error != ON_ERROR_STEPS) {
        emit_ended(decision, instance, status, error);
        return flow_of_ended(instance);
    }
    map_add(&map, "error", error);
    emit(decision, EVENT_CATCH_STARTED, instance->path, map_made(&map));
    return advance_catcher(decision, instance);
}

/* ---- one step ----------------------------------------------------------------------------------
 */

/* Why a step may not run at all, in a plan: its own unknown condition and those around it. */
static struct quell_str maybe_around(struct run *run, const struct instance *instance)
{
    const struct frame *frame = instance->frame;

    if (frame->maybe.len)
        return frame->maybe;
    if (frame->owner && frame->owner->maybe.len)
        return frame->owner->maybe;
    return run->maybe_stopped;
}

static struct quell_str both(struct run *run, struct quell_str a, struct quell_str b)
{
    if (a.len == 0 || b.len == 0)
        return a.len ? a : b;
    return arena_format(run->arena, "%.*s and %.*s", QUELL_ARG(a), QUELL_ARG(b));
}

static void start(struct decision *decision, struct instance *instance, const char *branch,
                  struct quell_str condition)
{
    struct map_builder map = {.arena = decision->run->arena};
    struct quell_str maybe = both(decision->run, maybe_around(decision->run, instance), condition);

    if (branch)
        map_add(&map, "branch", quell_text(branch));
    if (maybe.len)
        map_add(&map, "maybe", quell_string(maybe));
    emit(decision, EVENT_STEP_STARTED, instance->path, map_made(&map));
}

static void skip(struct decision *decision, struct instance *instance)
{
    struct run *run = decision->run;
    struct map_builder map = {.arena = run->arena};

    map_add(&map, "reason",
            value_format(run->arena, "if: %.*s is false",
                         QUELL_ARG(cel_source(instance->step->condition.expr))));
    emit(decision, EVENT_STEP_SKIPPED, instance->path, map_made(&map));
}

/* Evaluates `if` and begins, skips or fails the step. */
static enum flow begin(struct decision *decision, struct instance *instance)
{
    const struct step *step = instance->step;
    struct quell_value held = quell_bool(true), error = quell_null();
    bool has_else = step->kind == STEP_BLOCK && step->otherwise.count > 0;
    enum quell_code code = QUELL_OK;

    if (step->condition.expr)
        code = scope_eval(decision->run, instance->frame, &step->condition, &held, &error);
    if (code == QUELL_OK && !quell_is(held, QUELL_BOOL) && !quell_is(held, QUELL_UNKNOWN)) {
        error = scope_error(decision->run, "invalid", "`if` gave a %s, not true or false",
                            value_type_name(held));
        code = QUELL_INVALID;
    }
    if (code) /* not started: a step whose condition failed must never be gone on with */
        return step_failed(decision, instance, STEP_FAILED, error);
    if (quell_is(held, QUELL_UNKNOWN)) {
        start(decision, instance, has_else ? "both" : NULL, cel_source(step->condition.expr));
        return FLOW_WAITING;
    }
    if (!held.as.boolean && !has_else) {
        skip(decision, instance);
        return FLOW_DONE;
    }
    start(decision, instance, held.as.boolean ? NULL : "else", QUELL_STR(""));
    return FLOW_WAITING;
}

static enum flow advance(struct decision *decision, struct instance *instance)
{
    if (instance->phase == PHASE_IDLE) {
        enum flow flow = begin(decision, instance);
        if (instance->phase != PHASE_STARTED)
            return flow;
    }
    if (instance->phase == PHASE_ENDED)
        return flow_of_ended(instance);
    if (instance->phase == PHASE_CATCHING)
        return advance_catcher(decision, instance);
    return step_runners[instance->step->kind].advance(decision, instance);
}

/* ---- a list of steps, a run --------------------------------------------------------------------
 */

enum flow frame_advance(struct decision *decision, struct frame *frame, struct quell_value *error)
{
    struct run *run = decision->run;
    size_t i;

    for (i = 0; i < frame->steps->count && !run->ended; i++) {
        struct instance *instance = &frame->instances[i];
        enum flow flow;

        if (instance->phase == PHASE_IDLE && decision->now_us >= frame_due(run, frame)) {
            *error = scope_error(run, "timed-out", "the time was up before `%.*s` could begin",
                                 QUELL_ARG(instance->path));
            return FLOW_FAILED;
        }
        flow = advance(decision, instance);
        if (flow == FLOW_FAILED)
            *error = instance->error;
        if (flow != FLOW_DONE)
            return flow;
        if (run->stopping && instance->phase == PHASE_ENDED && i + 1 < frame->steps->count &&
            frame->instances[i + 1].phase == PHASE_IDLE)
            return FLOW_STOPPED;
    }
    return run->stopping ? FLOW_STOPPED : FLOW_DONE;
}

static void end_run(struct decision *decision, const char *status, struct quell_value error)
{
    struct run *run = decision->run;
    struct map_builder map = {.arena = run->arena};

    map_add(&map, "status", quell_text(status));
    if (!quell_is_null(error))
        map_add(&map, "error", error);
    if (run->stopping) {
        map_add(&map, "as", run->stop_as);
        map_add(&map, "reason", run->stop_reason);
    }
    emit(decision, EVENT_RUN_ENDED, QUELL_STR(""), map_made(&map));
}

static void begin_failing(struct decision *decision, struct quell_value error, const char *maybe)
{
    struct map_builder map = {.arena = decision->run->arena};

    map_add(&map, "error", error);
    if (maybe)
        map_add(&map, "maybe", quell_text(maybe));
    emit(decision, EVENT_RUN_FAILING, QUELL_STR(""), map_made(&map));
}

/* The main part; true when the run goes on to on-failure. */
static bool advance_main(struct decision *decision)
{
    struct run *run = decision->run;
    struct quell_value error = quell_null();
    enum flow flow = frame_advance(decision, &run->root, &error);

    if (flow == FLOW_WAITING || run->ended)
        return false;
    if (flow == FLOW_FAILED && run->playbook->on_failure.count > 0) {
        begin_failing(decision, error, NULL);
        return true;
    }
    if (run->mode == RUN_PLAN && flow != FLOW_FAILED && run->playbook->on_failure.count > 0) {
        begin_failing(decision, quell_unknown(QUELL_STR("known when a step fails")),
                      "a step fails");
        return true;
    }
    end_run(decision, flow == FLOW_FAILED ? "failed" : "succeeded", error);
    return false;
}

static void advance_on_failure(struct decision *decision)
{
    struct run *run = decision->run;
    struct quell_value ignored = quell_null();
    enum flow flow = frame_advance(decision, &run->on_failure, &ignored);

    if (flow == FLOW_WAITING || run->ended)
        return;
    if (run->on_failure.maybe.len)
        end_run(decision, "succeeded", quell_null());
    else
        end_run(decision, "failed", run->error);
}

struct run_events run_decide(struct run *run, int64_t now_us)
{
    struct decision decision = {run, now_us > run->updated_us ? now_us : run->updated_us};

    run->decided_count = 0;
    if (!run->started || run->ended)
        return (struct run_events){0};
    if (!run->failing)
        (void)advance_main(&decision); /* whether it fails stands in run->failing */
    if (run->failing && !run->ended)
        advance_on_failure(&decision);
    return (struct run_events){run->decided, run->decided_count};
}
