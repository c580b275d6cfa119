/*
 * step_wait.c - `wait`: until a time has come, or an event that fits. The time is journaled before
 * the wait begins, so that it is the same after any stop; one that has passed does not wait.
 *
 * In a plan the time passes at once: what stands behind is planned for when it would be done.
 */
#include "base/error.h"
#include "base/when.h"
#include "run/state.h"
#include "value/value.h"

/* The span of `wait: ${{ ... }}`: a duration, or its text. */
static enum quell_code span_of(struct run *run, const struct instance *instance,
                               struct quell_value *span, struct quell_value *error)
{
    const struct step_wait *wait = instance->step->wait;
    struct when when;
    enum quell_code code;

    if (wait->span_us) {
        when = when_from_us(wait->span_us);
        *span = value_duration(when.seconds, when.nanos);
        return QUELL_OK;
    }
    code = scope_eval(run, instance->frame, &wait->span, span, error);
    if (code || may_be_unknown(run, *span) || quell_is(*span, QUELL_DURATION))
        return code;
    if (quell_is(*span, QUELL_STRING) && when_parse_duration(quell_str(*span), &when)) {
        *span = value_duration(when.seconds, when.nanos);
        return QUELL_OK;
    }
    *error =
        scope_error(run, "invalid", "`wait` gave a %s, not a duration", value_type_name(*span));
    return QUELL_INVALID;
}

static enum quell_code until_of(struct run *run, const struct instance *instance,
                                struct quell_value *until, struct quell_value *error)
{
    enum quell_code code =
        scope_eval(run, instance->frame, &instance->step->wait->until, until, error);

    if (code || may_be_unknown(run, *until) || quell_is(*until, QUELL_TIME))
        return code;
    *error =
        scope_error(run, "invalid", "`until` gave a %s, not a timestamp", value_type_name(*until));
    return QUELL_INVALID;
}

/* When the wait is over, whatever happens: INT64_MAX = only an event ends it. A plan that does not
 * know the time supposes that it has come. */
static enum quell_code end_of(const struct decision *decision, const struct instance *instance,
                              int64_t *until_us, struct quell_value *error)
{
    const struct step_wait *wait = instance->step->wait;
    struct quell_value found = quell_null();
    struct when when;
    enum quell_code code;

    *until_us = INT64_MAX;
    if (wait->event) {
        if (wait->timeout_us)
            *until_us = time_after(decision->now_us, wait->timeout_us);
        return QUELL_OK;
    }
    code = wait->until.expr ? until_of(decision->run, instance, &found, error)
                            : span_of(decision->run, instance, &found, error);
    if (quell_is(found, QUELL_UNKNOWN))
        *until_us = decision->now_us;
    if (code || quell_is(found, QUELL_UNKNOWN))
        return code;
    when = (struct when){found.as.integer, found.len};
    *until_us = when_to_us(when);
    if (!wait->until.expr)
        *until_us = *until_us > 0 ? time_after(decision->now_us, *until_us) : decision->now_us;
    return QUELL_OK;
}

static enum flow begin(struct decision *decision, struct instance *instance)
{
    struct run *run = decision->run;
    const struct step_wait *wait = instance->step->wait;
    struct map_builder data = {.arena = run->arena};
    struct quell_value error = quell_null();
    int64_t around = frame_due(run, instance->frame), until;
    int64_t due = instance->due_us < around ? instance->due_us : around;

    if (end_of(decision, instance, &until, &error))
        return step_failed(decision, instance, STEP_FAILED, error);
    if (wait->event)
        map_add(&data, "for", quell_text(wait->event));
    if (due < until)
        map_add(&data, "late", quell_bool(true));
    map_add(&data, "until", value_time_us(due < until ? due : until));
    emit(decision, EVENT_WAIT_STARTED, instance->path, map_made(&data));
    return FLOW_WAITING;
}

static enum flow after_time(struct decision *decision, struct instance *instance)
{
    struct map_builder data = {.arena = decision->run->arena};

    if (!has_come(decision, instance->until_us))
        return FLOW_WAITING;
    map_add(&data, "due", value_time_us(instance->until_us));
    emit(decision, EVENT_TIMER_FIRED, instance->path, map_made(&data));
    return FLOW_WAITING;
}

static enum flow finish(struct decision *decision, struct instance *instance)
{
    const char *event = instance->step->wait->event;

    if (instance->status == STEP_SUCCEEDED)
        return step_succeeded(decision, instance);
    return step_failed(
        decision, instance, STEP_TIMED_OUT,
        event
            ? scope_error(decision->run, "timed-out", "no %s came that it waits for", event)
            : scope_error(decision->run, "timed-out", "the time was up before the wait was over"));
}

/* In a plan time passes at once, and an event comes, or does not. */
static void suppose(struct decision *decision, struct instance *instance)
{
    static const char *const choices[] = {"comes", "does not come", NULL};
    struct run *run = decision->run;
    struct map_builder data = {.arena = run->arena};
    int choice = 1;

    if (instance->step->wait->event)
        choice = plan_choice(decision, instance, "wait", QUELL_STR(""), choices);
    if (choice == 1 && instance->until_us > decision->now_us)
        decision->now_us = instance->until_us;
    if (choice != 0)
        return;
    map_add(&data, "event",
            quell_unknown(arena_format(run->arena, "the %s that %.*s waits for",
                                       instance->step->wait->event, QUELL_ARG(instance->path))));
    emit(decision, EVENT_EVENT_CAME, instance->path, map_made(&data));
}

enum flow step_advance_WAIT(struct decision *decision, struct instance *instance)
{
    if (instance->phase == PHASE_STARTED) {
        enum flow flow = begin(decision, instance);
        if (instance->phase != PHASE_WAITING)
            return flow;
    }
    if (instance->phase == PHASE_WAITING && decision->run->mode == RUN_PLAN)
        suppose(decision, instance);
    if (instance->phase == PHASE_WAITING && !decision->run->asking)
        (void)after_time(decision, instance);
    if (instance->phase == PHASE_ANSWERED)
        return finish(decision, instance);
    return FLOW_WAITING;
}

enum quell_code run_event_fits(struct run *run, struct quell_str path, struct quell_value event,
                               bool *fits, struct quell_error *err)
{
    const struct instance *instance = run_instance(run, path);
    struct quell_value found, error = quell_null();
    enum quell_code code;

    *fits = false;
    if (instance == NULL || instance->phase != PHASE_WAITING || !instance->step->wait->event)
        return QUELL_OK;
    *fits = true;
    if (!instance->step->wait->where.expr)
        return QUELL_OK;
    code = scope_eval_with(run, instance->frame, &instance->step->wait->where, "event", event,
                           &found, &error);
    *fits = code == QUELL_OK && quell_is(found, QUELL_BOOL) && found.as.boolean;
    if (code)
        return error_set(err, code, "%.*s", QUELL_ARG(quell_get_str(error, "message")));
    if (!quell_is(found, QUELL_BOOL))
        return error_set(err, QUELL_INVALID, "`where` gave a %s, not true or false",
                         value_type_name(found));
    return QUELL_OK;
}
