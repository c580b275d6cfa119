/*
 * apply.c - what an event does to a run: one function per kind of event, found by a table.
 *
 * Each function first checks that the event fits (a journal may be damaged or of another revision)
 * and only then changes anything. Nothing is evaluated here: all that an expression gave stands in
 * the event.
 */
#include <assert.h>
#include <string.h>

#include <quell/value.h>

#include "base/error.h"
#include "base/limits.h"
#include "base/str.h"
#include "policy/limits.h"
#include "run/poll.h"
#include "run/state.h"
#include "value/value.h"

enum quell_code event_misfit(const struct event *event, const char *why, struct quell_error *err)
{
    return error_set(err, QUELL_INVALID, "event %llu (%s `%.*s`) does not fit: %s",
                     (unsigned long long)event->seq, event_name(event->kind),
                     QUELL_ARG(event->path), why);
}

int64_t event_time(struct quell_value value, int64_t otherwise)
{
    if (!quell_is(value, QUELL_TIME))
        return otherwise;
    return value.as.integer * 1000000 + value.len / 1000;
}

/* ---- the run -----------------------------------------------------------------------------------
 */

static enum quell_code run_started(struct run *run, struct instance *instance,
                                   const struct event *event, struct quell_error *err)
{
    struct quell_str mode = quell_get_str(event->data, "mode");
    struct quell_value parent = quell_get(event->data, "parent");

    (void)instance;
    if (run->started)
        return event_misfit(event, "the run has started before", err);
    if (!str_is(quell_get_str(event->data, "revision"), run->playbook->revision))
        return event_misfit(event, "it belongs to another revision of the playbook", err);
    run->started = true;
    run->mode = str_is(mode, "plan") ? RUN_PLAN : str_is(mode, "shadow") ? RUN_SHADOW : RUN_LIVE;
    apply_start(run, event->data);
    run->by = quell_get_str(event->data, "by");
    run->parent = (struct run_parent){
        quell_get_str(parent, "run"), quell_get_str(parent, "step"), quell_get_str(parent, "root"),
        quell_get_int(parent, "depth", 0), quell_get_str(parent, "by")};
    run->started_us = event->at_us;
    run->due_us = time_after(event->at_us, run->playbook->timeout_us);
    frame_open(run, &run->root, &run->playbook->steps, NULL, NULL, QUELL_STR(""));
    return QUELL_OK;
}

static enum quell_code run_failing(struct run *run, struct instance *instance,
                                   const struct event *event, struct quell_error *err)
{
    (void)instance;
    if (run->failing)
        return event_misfit(event, "the run fails already", err);
    run->failing = true;
    run->stopping = false; /* a failure beats the stop of another item */
    run->error = quell_get(event->data, "error");
    /* The run's own deadline is past or does not matter any more: on-failure has its own hour. */
    run->due_us = event->at_us + (int64_t)LIMIT_ON_FAILURE_S * 1000000;
    frame_open(run, &run->on_failure, &run->playbook->on_failure, NULL, NULL,
               QUELL_STR("on-failure"));
    run->on_failure.error = run->error;
    run->on_failure.has_error = true;
    return QUELL_OK;
}

static enum quell_code run_stopping(struct run *run, struct instance *instance,
                                    const struct event *event, struct quell_error *err)
{
    (void)instance;
    (void)err;
    run->stopping = true;
    run->stop_as = quell_get(event->data, "as");
    run->stop_reason = quell_get(event->data, "reason");
    return QUELL_OK;
}

static enum quell_code run_is_over(struct run *run, struct instance *instance,
                                   const struct event *event, struct quell_error *err)
{
    (void)instance;
    (void)err;
    run->ended = true;
    run->taking_back = false;
    run->ending = event->data;
    run->ended_us = event->at_us;
    if (run->closed_us == 0)
        run->closed_us = event->at_us;
    return QUELL_OK;
}

static enum quell_code run_held(struct run *run, struct instance *instance,
                                const struct event *event, struct quell_error *err)
{
    bool limited = quell_get_bool(event->data, "limit", false);
    bool uses = instance->step->kind == STEP_USES, calls = uses && instance->phase == PHASE_STARTED;
    bool answered = (uses && instance->phase == PHASE_ANSWERED) || is_in_doubt(instance);

    if (limited && !calls)
        return event_misfit(event, "the step is not about to call", err);
    if (!limited && !answered)
        return event_misfit(event, "the step has no answered call", err);
    instance->limited = limited;
    instance->phase = PHASE_HELD;
    instance->hard = quell_get_str(event->data, "hard");
    instance->until_us = event_time(quell_get(event->data, "until"), INT64_MAX);
    instance->reason = quell_get_str(event->data, "reason");
    run->held++;
    return QUELL_OK;
}

static enum quell_code outcome_resolved(struct run *run, struct instance *instance,
                                        const struct event *event, struct quell_error *err)
{
    if (instance->phase != PHASE_HELD || instance->limited)
        return event_misfit(event, "no outcome of the step waits for a person", err);
    run->held--;
    instance->reason = QUELL_STR("");
    instance->error = quell_null();
    instance->in_doubt = false;
    instance->phase = PHASE_STARTED;
    instance->status = STEP_RUNNING;
    instance->attempt++;
    if (quell_get_bool(event->data, "happened", false)) {
        instance->phase = PHASE_ANSWERED;
        instance->status = STEP_SUCCEEDED;
        instance->output = quell_map(NULL, 0);
        instance->resumes = false; /* what is looked at next is another call */
    }
    return QUELL_OK;
}

/* ---- steps -------------------------------------------------------------------------------------
 */

static void open_bodies(struct run *run, struct instance *instance)
{
    const struct step *step = instance->step;

    if (step->kind == STEP_PARALLEL)
        apply_branches(run, instance);
    if (step->kind == STEP_WHILE) /* each is opened when its turn comes */
        instance->bodies = arena_array(run->arena, struct frame, step->max);
    if (step->kind != STEP_BLOCK)
        return;
    if (!instance->otherwise_taken) {
        instance->bodies = arena_one(run->arena, struct frame);
        instance->body_count = 1;
        frame_open(run, instance->bodies, &step->steps, instance->frame, instance, instance->path);
    }
    if (instance->otherwise_taken) {
        instance->otherwise = arena_one(run->arena, struct frame);
        frame_open(run, instance->otherwise, &step->otherwise, instance->frame, instance,
                   arena_format(run->arena, "%.*s.else", QUELL_ARG(instance->path)));
    }
}

static enum quell_code step_started(struct run *run, struct instance *instance,
                                    const struct event *event, struct quell_error *err)
{
    int64_t due = frame_due(run, instance->frame);

    if (instance->phase != PHASE_IDLE)
        return event_misfit(event, "the step has begun before", err);
    instance->phase = PHASE_STARTED;
    instance->status = STEP_RUNNING;
    instance->attempt = 1;
    instance->started_us = event->at_us;
    instance->otherwise_taken = quell_text_is(quell_get(event->data, "branch"), "else");
    instance->due_us = due;
    if (instance->step->timeout_us > 0 &&
        time_after(event->at_us, instance->step->timeout_us) < due)
        instance->due_us = time_after(event->at_us, instance->step->timeout_us);
    open_bodies(run, instance);
    return QUELL_OK;
}

static enum quell_code step_skipped(struct run *run, struct instance *instance,
                                    const struct event *event, struct quell_error *err)
{
    (void)run;
    if (instance->phase != PHASE_IDLE)
        return event_misfit(event, "the step has begun before", err);
    instance->phase = PHASE_ENDED;
    instance->status = STEP_SKIPPED;
    instance->reason = quell_get_str(event->data, "reason");
    instance->started_us = instance->ended_us = event->at_us;
    return QUELL_OK;
}

static enum quell_code loop_started(struct run *run, struct instance *instance,
                                    const struct event *event, struct quell_error *err)
{
    const struct step *step = instance->step;
    struct quell_value items = quell_get(event->data, "items");
    bool unknown = quell_is(items, QUELL_UNKNOWN);
    size_t i, count = unknown ? 1 : quell_count(items);

    if (step->kind != STEP_FOR_EACH || instance->phase != PHASE_STARTED || instance->bodies)
        return event_misfit(event, "it is no for-each that begins", err);
    if (count > LIMIT_FOR_EACH)
        return event_misfit(event, "too many items", err);
    instance->items = items;
    instance->bodies = arena_array(run->arena, struct frame, count);
    instance->body_count = count;
    for (i = 0; i < count; i++) {
        struct frame *body = &instance->bodies[i];
        struct quell_str prefix =
            unknown ? arena_format(run->arena, "%.*s[?]", QUELL_ARG(instance->path))
                    : arena_format(run->arena, "%.*s[%zu]", QUELL_ARG(instance->path), i);
        body->as = step->as;
        body->loops = true;
        body->vars = quell_map(NULL, 0);
        body->item = unknown ? items : quell_at(items, i);
        body->index = i;
        frame_open(run, body, &step->steps, instance->frame, instance, prefix);
    }
    return QUELL_OK;
}

static enum quell_code vars_set(struct run *run, struct instance *instance,
                                const struct event *event, struct quell_error *err)
{
    struct quell_value vars = quell_get(event->data, "vars"), *known = &run->vars;
    struct map_builder map = {.arena = run->arena};
    struct frame *frame;
    size_t i;

    if (instance->phase != PHASE_STARTED || instance->step->kind != STEP_SET)
        return event_misfit(event, "it is no set step that has begun", err);
    if (!quell_is(vars, QUELL_MAP))
        return event_misfit(event, "its vars are no map", err);
    for (frame = instance->frame; frame && !frame->loops; frame = frame->outer)
        continue;
    if (frame)
        known = &frame->vars;
    for (i = 0; i < quell_count(*known); i++)
        map_add_key(&map, known->as.pairs[i].key, known->as.pairs[i].value);
    for (i = 0; i < quell_count(vars); i++)
        map_put(&map, quell_str(vars.as.pairs[i].key), vars.as.pairs[i].value);
    *known = map_made(&map);
    instance->phase = PHASE_ANSWERED;
    instance->status = STEP_SUCCEEDED;
    return QUELL_OK;
}

/* A step whose condition could not be evaluated fails without having begun. */
static void begin_late(struct instance *instance, const struct event *event)
{
    if (instance->phase != PHASE_IDLE)
        return;
    instance->started_us = event->at_us;
}

static enum quell_code step_is_over(struct run *run, struct instance *instance,
                                    const struct event *event, struct quell_error *err)
{
    struct quell_str status = quell_get_str(event->data, "status");
    enum step_status found = STEP_NOT_RUN;
    unsigned i;

    for (i = STEP_SUCCEEDED; i < STEP_STATUSES; i++)
        if (str_is(status, step_status_name((enum step_status)i)))
            found = (enum step_status)i;
    if (found == STEP_NOT_RUN)
        return event_misfit(event, "its status is not known", err);
    if (instance->phase == PHASE_ENDED)
        return event_misfit(event, "the step has ended before", err);
    run->listening -= instance->phase == PHASE_WAITING && instance->step->wait->event;
    run->held -= instance->phase == PHASE_HELD;
    begin_late(instance, event);
    instance->phase = PHASE_ENDED;
    instance->status = found;
    instance->caught = quell_get_bool(event->data, "caught", false);
    if (step_repeats(instance->step) && instance->bodies)
        instance->output = loop_output(run, instance);
    instance->error = quell_get(event->data, "error");
    instance->ended_seq = event->seq;
    if (instance->step->undoes_run) /* all of it, and not only left alone */
        run->undone = found == STEP_SUCCEEDED && quell_count(quell_get(event->data, "undone")) > 0;
    instance->ended_us = event->at_us;
    return QUELL_OK;
}

static enum quell_code catch_started(struct run *run, struct instance *instance,
                                     const struct event *event, struct quell_error *err)
{
    if (instance->phase == PHASE_ENDED || instance->catcher)
        return event_misfit(event, "the step has ended or is caught already", err);
    begin_late(instance, event);
    instance->error = quell_get(event->data, "error");
    instance->phase = PHASE_CATCHING;
    instance->catcher = arena_one(run->arena, struct frame);
    instance->catcher->error = instance->error;
    instance->catcher->has_error = true;
    /* The catcher stands beside the step, not inside: the step's own deadline does not bind it. */
    frame_open(run, instance->catcher, &instance->step->on_error_steps, instance->frame, NULL,
               arena_format(run->arena, "%.*s.on-error", QUELL_ARG(instance->path)));
    return QUELL_OK;
}

/* ---- calls -------------------------------------------------------------------------------------
 */

/* A step without a time-out takes its action's, or the engine's: no call waits for ever. */
static int64_t usual_deadline(const struct step *step, int64_t now_us)
{
    int64_t usual_ms = step->action->timeout_ms ? step->action->timeout_ms : LIMIT_CALL_MS;

    return step->timeout_us ? INT64_MAX : time_after(now_us, usual_ms * 1000);
}

static void note_targets(struct run *run, const struct step *step, struct quell_value targets)
{
    run->disrupts += policy_uncapped(&run->playbook->start.limits, step->action, targets);
    limits_note(run, step, targets);
}

static enum quell_code call_scheduled(struct run *run, struct instance *instance,
                                      const struct event *event, struct quell_error *err)
{
    int64_t attempt = quell_get_int(event->data, "attempt", 1);

    if (instance->step->kind != STEP_USES || instance->phase != PHASE_STARTED)
        return event_misfit(event, "the step cannot call now", err);
    instance->phase = PHASE_CALLING;
    instance->attempt = (unsigned)attempt;
    instance->key = quell_get_str(event->data, "key");
    instance->connection = quell_get_str(event->data, "connection");
    if (instance->looking)
        instance->look_input = quell_get(event->data, "input");
    else
        instance->input = quell_get(event->data, "input");
    if (!instance->resumes) {
        instance->call_state = quell_null();
        instance->has_state = false;
    }
    instance->in_flight = instance->resumes;
    instance->sent_change = instance->resumes = false;
    instance->sleep_until_us = 0;
    instance->call_due_us = usual_deadline(instance->step, event->at_us);
    if (attempt == 1 && !instance->looking) {
        instance->inverse = quell_get(event->data, "inverse");
        note_targets(run, instance->step, quell_get(event->data, "targets"));
    }
    return QUELL_OK;
}

static enum quell_code call_sending(struct run *run, struct instance *instance,
                                    const struct event *event, struct quell_error *err)
{
    (void)run;
    if (instance->phase != PHASE_CALLING)
        return event_misfit(event, "the step has no call", err);
    instance->call_state = quell_get(event->data, "state");
    instance->has_state = true;
    instance->in_flight = quell_get_bool(event->data, "changes", true);
    instance->sent_change |= instance->in_flight;
    instance->sleep_until_us = 0;
    return QUELL_OK;
}

static enum quell_code call_sleeping(struct run *run, struct instance *instance,
                                     const struct event *event, struct quell_error *err)
{
    (void)run;
    if (instance->phase != PHASE_CALLING)
        return event_misfit(event, "the step has no call", err);
    instance->call_state = quell_get(event->data, "state");
    instance->has_state = true;
    instance->in_flight = quell_get_bool(event->data, "changes", false);
    instance->sleep_until_us = event_time(quell_get(event->data, "until"), event->at_us);
    return QUELL_OK;
}

static enum step_status status_of(const struct event *event)
{
    struct quell_value outcome = quell_get(event->data, "outcome");

    return quell_text_is(outcome, "succeeded") ? STEP_SUCCEEDED
           : quell_text_is(outcome, "unknown") ? STEP_UNKNOWN
                                               : STEP_FAILED;
}

static enum quell_code call_ended(struct run *run, struct instance *instance,
                                  const struct event *event, struct quell_error *err)
{
    bool made_up = quell_get_bool(event->data, "simulated", false);

    if (instance->phase != PHASE_CALLING)
        return event_misfit(event, "the step has no call", err);
    instance->phase = PHASE_ANSWERED;
    instance->status = status_of(event);
    instance->in_doubt = instance->status == STEP_UNKNOWN;
    instance->resumes = instance->in_doubt && quell_looks_first(instance->step->action);
    instance->unsettled = made_up && run->mode == RUN_PLAN;
    instance->shadowed = made_up && run->mode != RUN_PLAN;
    instance->output = quell_get(event->data, "output");
    instance->error = quell_get(event->data, "error");
    if (instance->looking)
        poll_looked(run, instance);
    instance->output = run_masked(run, instance->path, instance->output);
    instance->sleep_until_us = 0;
    instance->in_flight = false;
    return QUELL_OK;
}

static enum quell_code retry_waiting(struct run *run, struct instance *instance,
                                     const struct event *event, struct quell_error *err)
{
    (void)run;
    if (instance->step->kind != STEP_USES || instance->phase != PHASE_ANSWERED)
        return event_misfit(event, "the step has no answered call", err);
    instance->phase = PHASE_RETRYING;
    instance->status = STEP_RUNNING;
    instance->until_us = event_time(quell_get(event->data, "until"), event->at_us);
    return QUELL_OK;
}

static enum quell_code timer_fired(struct run *run, struct instance *instance,
                                   const struct event *event, struct quell_error *err)
{
    if (instance->phase == PHASE_WAITING)
        return apply_wait_over(run, instance, event, err);
    if (instance->phase != PHASE_RETRYING)
        return event_misfit(event, "the step does not wait", err);
    instance->phase = PHASE_STARTED;
    instance->attempt += !instance->looking;
    return QUELL_OK;
}

/* ---- the table ---------------------------------------------------------------------------------
 */

struct applier {
    bool of_step; /* the path must name a step of the run */
    enum quell_code (*apply)(struct run *run, struct instance *instance, const struct event *event,
                             struct quell_error *err);
};

static const struct applier appliers[EVENT_KINDS] = {
    [EVENT_RUN_STARTED] = {false, run_started},
    [EVENT_RUN_BEGUN] = {false, apply_begun},
    [EVENT_RUN_MERGED] = {false, apply_merged},
    [EVENT_STEP_STARTED] = {true, step_started},
    [EVENT_STEP_SKIPPED] = {true, step_skipped},
    [EVENT_LOOP_STARTED] = {true, loop_started},
    [EVENT_CASE_CHOSEN] = {true, apply_case_chosen},
    [EVENT_ITERATION_STARTED] = {true, apply_iteration_started},
    [EVENT_VARS_SET] = {true, vars_set},
    [EVENT_VARS_COMPUTED] = {false, apply_vars_computed},
    [EVENT_CALL_SCHEDULED] = {true, call_scheduled},
    [EVENT_CALL_SENDING] = {true, call_sending},
    [EVENT_CALL_SLEEPING] = {true, call_sleeping},
    [EVENT_CALL_ENDED] = {true, call_ended},
    [EVENT_CHILD_CALLED] = {true, apply_child_called},
    [EVENT_CHILD_STARTED] = {true, apply_child_started},
    [EVENT_CHILD_CANCELLING] = {true, apply_child_cancelling},
    [EVENT_CHILD_ENDED] = {true, apply_child_ended},
    [EVENT_RETRY_WAITING] = {true, retry_waiting},
    [EVENT_TIMER_FIRED] = {true, timer_fired},
    [EVENT_POLL_WAITING] = {true, apply_poll_waiting},
    [EVENT_UNDO_STARTED] = {true, apply_undo_started},
    [EVENT_RUN_UNDOING] = {false, apply_run_undoing},
    [EVENT_UNDO_ASKED] = {false, apply_undo_asked},
    [EVENT_UNDO_ENDED] = {false, apply_undo_ended},
    [EVENT_CHILD_UNDOING] = {true, apply_child_undoing},
    [EVENT_CHILD_UNDONE] = {true, apply_child_undone},
    [EVENT_WAIT_STARTED] = {true, apply_wait_started},
    [EVENT_EVENT_CAME] = {true, apply_event_came},
    [EVENT_APPROVAL_ASKED] = {true, apply_approval_asked},
    [EVENT_APPROVAL_WAIVED] = {true, apply_approval_passed},
    [EVENT_APPROVAL_GIVEN] = {true, apply_approval_given},
    [EVENT_APPROVAL_GRANTED] = {true, apply_approval_passed},
    [EVENT_APPROVAL_DENIED] = {true, apply_approval_refused},
    [EVENT_APPROVAL_ESCALATED] = {true, apply_approval_escalated},
    [EVENT_APPROVAL_EXPIRED] = {true, apply_approval_refused},
    [EVENT_FORM_ASKED] = {true, apply_form_asked},
    [EVENT_FORM_ANSWERED] = {true, apply_form_answered},
    [EVENT_FORM_EXPIRED] = {true, apply_form_answered},
    [EVENT_STEP_ENDED] = {true, step_is_over},
    [EVENT_CATCH_STARTED] = {true, catch_started},
    [EVENT_RUN_FAILING] = {false, run_failing},
    [EVENT_RUN_STOPPING] = {false, run_stopping},
    [EVENT_RUN_CANCELLING] = {false, apply_run_cancelling},
    [EVENT_RUN_FINISHING] = {false, apply_run_finishing},
    [EVENT_RUN_HELD] = {true, run_held},
    [EVENT_RUN_RELEASED] = {false, apply_released},
    [EVENT_OUTCOME_RESOLVED] = {true, outcome_resolved},
    [EVENT_RUN_ENDED] = {false, run_is_over},
    [EVENT_SUPPOSED] = {true, supposed},
    [EVENT_RUN_BOUND] = {false, apply_run_bound},
};

static enum quell_code take(struct run *run, const struct event *event, bool copy,
                            struct quell_error *err)
{
    const struct applier *applier;
    struct instance *instance = NULL;
    struct event own = *event;
    enum quell_code code;

    assert(event->kind < EVENT_KINDS);
    applier = &appliers[event->kind];
    if (event->seq != run->seq + 1)
        return event_misfit(event, "an event before it is missing", err);
    if (run->ended && event->kind != EVENT_UNDO_ASKED)
        return event_misfit(event, "the run has ended", err);
    if (!run->started && event->kind != EVENT_RUN_STARTED)
        return event_misfit(event, "the run has not started", err);
    if (!quell_is_null(event->data) && !quell_is(event->data, QUELL_MAP))
        return event_misfit(event, "its data is no map", err);
    if (applier->of_step) {
        instance = run_instance(run, event->path);
        if (instance == NULL)
            return event_misfit(event, "the playbook has no such step", err);
        own.path = instance->path;
    }
    if (copy)
        own.data = value_copy(run->arena, event->data);
    code = applier->apply(run, instance, &own, err);
    if (code)
        return code;
    run->seq = event->seq;
    run->updated_us = event->at_us;
    return QUELL_OK;
}

enum quell_code run_apply(struct run *run, const struct event *event, struct quell_error *err)
{
    return take(run, event, true, err);
}

enum quell_code run_take(struct run *run, const struct event *event, struct quell_error *err)
{
    return take(run, event, false, err);
}
