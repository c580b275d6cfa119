/*
 * course.c - the course of a run: vars, the main steps, on-failure, finally, the end.
 *
 * A run that is cancelled begins no further step, ends what is under way (cancel.c) and goes on
 * with `finally`. What the run ends with - its status, error, outputs - is known before `finally`
 * begins and changes only when that fails a run that had succeeded.
 */
#include "base/limits.h"
#include "run/state.h"
#include "run/undo.h"
#include "value/value.h"

/* ---- the end -----------------------------------------------------------------------------------
 */

static struct map_builder ending_of(struct run *run, const char *status, struct quell_value error)
{
    struct map_builder map = {.arena = run->arena};

    map_add(&map, "status", quell_text(status));
    if (!quell_is_null(error))
        map_add(&map, "error", error);
    if (run->stopping) {
        map_add(&map, "as", run->stop_as);
        map_add(&map, "reason", run->stop_reason);
    }
    return map;
}

/* The run is decided: `finally` begins, or it ends. */
static void finish(struct decision *decision, struct quell_value ending)
{
    bool tidies = decision->run->playbook->finally.count > 0;

    emit(decision, tidies ? EVENT_RUN_FINISHING : EVENT_RUN_ENDED, QUELL_STR(""), ending);
}

static void finish_badly(struct decision *decision, const char *status, struct quell_value error)
{
    struct map_builder map = ending_of(decision->run, status, error);

    finish(decision, map_made(&map));
}

static void advance_finally(struct decision *decision)
{
    struct run *run = decision->run;
    struct quell_value error = quell_null(), ending = run->ending;
    enum flow flow = frame_advance(decision, &run->finally, &error);

    if (flow == FLOW_WAITING)
        return;
    if (flow == FLOW_FAILED && quell_text_is(quell_get(ending, "status"), "succeeded")) {
        struct map_builder map = ending_of(run, "failed", error);
        ending = map_made(&map);
    }
    emit(decision, EVENT_RUN_ENDED, QUELL_STR(""), ending);
}

/* ---- the main steps ----------------------------------------------------------------------------
 */

/* A run that failed and was taken back whole is `undone`. */
static const char *failure_of(const struct run *run)
{
    return run->undone ? "undone" : "failed";
}

static void fail(struct decision *decision, struct quell_value error)
{
    struct map_builder map = {.arena = decision->run->arena};

    if (!undo_run(decision, error))
        return;
    if (decision->run->playbook->on_failure.count == 0) {
        finish_badly(decision, failure_of(decision->run), error);
        return;
    }
    map_add(&map, "error", error);
    emit(decision, EVENT_RUN_FAILING, QUELL_STR(""), map_made(&map));
}

/* Values in text order; the vars that were computed are seen by those below them. */
static enum quell_code compute(struct run *run, const struct playbook_value *values, size_t count,
                               bool are_vars, struct quell_value *made, struct quell_value *error)
{
    struct map_builder map = {.arena = run->arena};
    struct quell_value before = run->vars, value;
    enum quell_code code = QUELL_OK;
    size_t i;

    for (i = 0; i < count && code == QUELL_OK; i++) {
        if (are_vars)
            run->vars = map_made(&map);
        code = scope_eval_tree(run, &run->root, values[i].value, values[i].place, &value, error);
        if (code == QUELL_OK)
            map_add_key(&map, quell_string(values[i].name), value);
    }
    run->vars = before; /* an event sets them */
    if (code == QUELL_OK)
        *made = map_made(&map);
    return code;
}

static void compute_vars(struct decision *decision)
{
    struct run *run = decision->run;
    const struct playbook *playbook = run->playbook;
    struct map_builder map = {.arena = run->arena};
    struct quell_value vars, error = quell_null();

    if (compute(run, playbook->vars, playbook->var_count, true, &vars, &error)) {
        fail(decision, error);
        return;
    }
    map_add(&map, "vars", vars);
    emit(decision, EVENT_VARS_COMPUTED, QUELL_STR(""), map_made(&map));
}

static void succeed(struct decision *decision)
{
    struct run *run = decision->run;
    const struct playbook *playbook = run->playbook;
    struct map_builder map = ending_of(run, "succeeded", quell_null());
    struct quell_value outputs, error = quell_null();

    if (playbook->output_count) {
        if (compute(run, playbook->outputs, playbook->output_count, false, &outputs, &error)) {
            fail(decision, error);
            return;
        }
        map_add(&map, "outputs", outputs);
    }
    finish(decision, map_made(&map));
}

static void advance_main(struct decision *decision)
{
    struct quell_value error = quell_null();
    enum flow flow = frame_advance(decision, &decision->run->root, &error);

    if (flow == FLOW_FAILED)
        fail(decision, error);
    else if (flow != FLOW_WAITING)
        succeed(decision);
}

static void advance_undoing(struct decision *decision)
{
    fail(decision, decision->run->error);
}

static void advance_on_failure(struct decision *decision)
{
    struct run *run = decision->run;
    struct quell_value ignored = quell_null();

    if (frame_advance(decision, &run->on_failure, &ignored) != FLOW_WAITING)
        finish_badly(decision, failure_of(run), run->error);
}

/* ---- a run that is cancelled -------------------------------------------------------------------
 */

static void advance_cancelled(struct decision *decision)
{
    struct run *run = decision->run;
    bool all = frame_cancel(decision, &run->root, run->cancel) &&
               frame_cancel(decision, &run->rollback, run->cancel);

    if (!frame_cancel(decision, &run->on_failure, run->cancel) || !all)
        return;
    if (run->failing)
        finish_badly(decision, "failed", run->error);
    else
        finish_badly(decision, "cancelled", run->cancel);
}

/* ---- a run of its full size --------------------------------------------------------------------
 */

struct closing {
    struct decision *decision;
    size_t open; /* calls under way, and steps that wait for a person */
};

static void close_one(const struct instance *instance, void *user)
{
    struct closing *closing = user;

    if (is_in_doubt(instance))
        emit_held(closing->decision, instance);
    if (instance->phase == PHASE_CHILD && instance->child.len)
        child_cancel(closing->decision, instance, "its caller may have no more events");
    /* Nothing was sent of a call that a limit holds: nobody has to say what became of it. */
    closing->open += instance->phase == PHASE_CALLING || instance->phase == PHASE_CHILD ||
                     (instance->phase == PHASE_HELD && !instance->limited);
}

/* Nothing new begins; what is on its way comes home, a called run is to end, and no unknown outcome
 * is passed over. */
static void end_full(struct decision *decision)
{
    struct run *run = decision->run;
    struct closing closing = {decision, 0};
    struct map_builder map;

    run_each_instance(run, close_one, &closing);
    if (closing.open)
        return;
    map = ending_of(run, "failed",
                    scope_error(run, "limit",
                                "the run has %d events or %d MiB of data, and may have no more",
                                LIMIT_RUN_EVENTS, LIMIT_RUN_ARENA_BYTES / (1024 * 1024)));
    emit(decision, EVENT_RUN_ENDED, QUELL_STR(""), map_made(&map));
}

/* ---- the course --------------------------------------------------------------------------------
 */

/* Before its first step; only the run's time may be up. */
static void wait_for_begin(struct decision *decision)
{
    struct run *run = decision->run;

    if (decision->now_us < run->due_us)
        return;
    finish_badly(decision, "failed",
                 scope_error(run, "timed-out", "the time was up before the run could begin"));
}

enum part {
    PART_TAKING_BACK,
    PART_QUEUED,
    PART_VARS,
    PART_MAIN,
    PART_UNDOING,
    PART_FAILING,
    PART_CANCELLED,
    PART_FINALLY,
    PART_OVER
};

static enum part part_of(const struct run *run)
{
    if (run->ended)
        return PART_OVER;
    if (run->taking_back)
        return PART_TAKING_BACK;
    if (run->finishing)
        return PART_FINALLY;
    if (run->cancelling)
        return PART_CANCELLED;
    if (run->failing)
        return PART_FAILING;
    if (run->undoing)
        return PART_UNDOING;
    if (run->queued.len)
        return PART_QUEUED;
    return run->playbook->var_count && !run->vars_known ? PART_VARS : PART_MAIN;
}

static void (*const parts[])(struct decision *decision) = {
    [PART_QUEUED] = wait_for_begin,       [PART_VARS] = compute_vars,
    [PART_MAIN] = advance_main,           [PART_FAILING] = advance_on_failure,
    [PART_CANCELLED] = advance_cancelled, [PART_FINALLY] = advance_finally,
    [PART_UNDOING] = advance_undoing,     [PART_TAKING_BACK] = undo_ended_advance,
};

void run_advance(struct decision *decision)
{
    const struct run *run = decision->run;
    enum part part = PART_OVER, next = part_of(run);

    for (; next != part && next != PART_OVER && !decision->full; next = part_of(run)) {
        part = next;
        parts[part](decision);
    }
    if (decision->full && !run->ended)
        end_full(decision);
}
