/*
 * step_poll.c - `poll`: after the call, its action's companion reads what became of it, again and
 * again, until the condition holds over what the two gave. A look that meets a passing fault is
 * taken again; any other fault of it is one of the step.
 *
 * In a plan the condition is supposed to hold in the end, with values that nobody knows yet.
 */
#include "base/error.h"
#include "run/poll.h"
#include "value/fields.h"
#include "value/value.h"

/* What the call gave, and over it what the look gave. */
static struct quell_value laid_over(struct run *run, struct quell_value called,
                                    struct quell_value looked)
{
    size_t i;

    if (!quell_is(called, QUELL_MAP) || !quell_is(looked, QUELL_MAP))
        return looked;
    for (i = 0; i < quell_count(looked); i++)
        called = value_with(run->arena, called, quell_str(looked.as.pairs[i].key),
                            looked.as.pairs[i].value);
    return called;
}

/* ---- events ------------------------------------------------------------------------------------
 */

enum quell_code apply_poll_waiting(struct run *run, struct instance *instance,
                                   const struct event *event, struct quell_error *err)
{
    const struct step_poll *poll = instance->step->poll;
    struct quell_value output = quell_get(event->data, "output");

    if (poll == NULL || instance->phase != PHASE_ANSWERED)
        return event_misfit(event, "the step has no call to look after", err);
    if (!quell_is_null(output)) { /* a plan: it holds */
        instance->output = output;
        instance->looking = true;
        return QUELL_OK;
    }
    if (!instance->looking) {
        instance->called = instance->output;
        instance->poll_due_us =
            poll->timeout_us ? time_after(event->at_us, poll->timeout_us) : INT64_MAX;
    }
    instance->looking = true;
    instance->looks++;
    instance->phase = PHASE_RETRYING;
    instance->status = STEP_RUNNING;
    instance->until_us = event_time(quell_get(event->data, "until"), event->at_us);
    (void)run;
    return QUELL_OK;
}

void poll_looked(struct run *run, struct instance *instance)
{
    if (instance->status == STEP_SUCCEEDED)
        instance->output = laid_over(run, instance->called, instance->output);
}

/* ---- looking -----------------------------------------------------------------------------------
 */

static int64_t due_of(const struct decision *decision, const struct instance *instance)
{
    const struct step_poll *poll = instance->step->poll;
    int64_t due = frame_due(decision->run, instance->frame);
    int64_t own = instance->looking  ? instance->poll_due_us
                  : poll->timeout_us ? time_after(decision->now_us, poll->timeout_us)
                                     : INT64_MAX;

    if (instance->due_us < due)
        due = instance->due_us;
    return own < due ? own : due;
}

static enum flow look_later(struct decision *decision, struct instance *instance)
{
    struct run *run = decision->run;
    struct map_builder data = {.arena = run->arena};
    int64_t due = due_of(decision, instance);
    int64_t until = time_after(decision->now_us, instance->step->poll->every_us);

    if (decision->now_us >= due)
        return step_failed(decision, instance, STEP_TIMED_OUT,
                           scope_error(run, "timed-out", "the time was up before `%.*s` held",
                                       QUELL_ARG(cel_source(instance->step->poll->until.expr))));
    map_add(&data, "look", quell_int(instance->looks + 1));
    map_add(&data, "until", value_time_us(until < due ? until : due));
    emit(decision, EVENT_POLL_WAITING, instance->path, map_made(&data));
    return FLOW_WAITING;
}

/* Whether the condition holds; an error of it is one of the step. */
static enum quell_code holds(struct run *run, const struct instance *instance, bool *held,
                             struct quell_value *error)
{
    struct quell_value found;
    enum quell_code code = scope_eval_with(run, instance->frame, &instance->step->poll->until,
                                           "output", instance->output, &found, error);

    if (code)
        return code;
    *held = quell_is(found, QUELL_BOOL) && found.as.boolean;
    if (quell_is(found, QUELL_BOOL))
        return QUELL_OK;
    *error =
        scope_error(run, "invalid", "`until` gave a %s, not true or false", value_type_name(found));
    return QUELL_INVALID;
}

static enum flow judge(struct decision *decision, struct instance *instance)
{
    struct quell_value error = quell_null();
    bool held = false;

    if (holds(decision->run, instance, &held, &error))
        return step_failed(decision, instance, STEP_FAILED, error);
    return held ? step_succeeded(decision, instance) : look_later(decision, instance);
}

/* A plan does not know what a look would show. */
static enum flow suppose(struct decision *decision, struct instance *instance)
{
    struct run *run = decision->run;
    struct map_builder data = {.arena = run->arena}, output = {.arena = run->arena};
    const struct quell_field *field = instance->step->poll->look->outputs;

    for (; field && field->name; field++)
        map_add(
            &output, field->name,
            quell_unknown(arena_format(run->arena, "known after %.*s", QUELL_ARG(instance->path))));
    map_add(&data, "output", laid_over(run, instance->output, map_made(&output)));
    emit(decision, EVENT_POLL_WAITING, instance->path, map_made(&data));
    return step_succeeded(decision, instance);
}

enum flow poll_begin(struct decision *decision, struct instance *instance)
{
    const struct step *step = instance->step;

    if (instance->shadowed)
        return step_succeeded(decision, instance);
    if (decision->run->mode == RUN_PLAN)
        return instance->looking ? step_succeeded(decision, instance) : suppose(decision, instance);
    return step->poll->look == step->action ? judge(decision, instance)
                                            : look_later(decision, instance);
}

static bool may_pass(struct quell_value error)
{
    struct quell_value code = quell_get(error, "code");

    return quell_text_is(code, "throttled") || quell_text_is(code, "unavailable") ||
           quell_text_is(code, "timed-out");
}

enum flow poll_answered(struct decision *decision, struct instance *instance)
{
    if (decision->run->mode == RUN_PLAN)
        return poll_begin(decision, instance);
    if (instance->status == STEP_SUCCEEDED)
        return judge(decision, instance);
    if (may_pass(instance->error))
        return look_later(decision, instance);
    return step_failed(decision, instance, STEP_FAILED, instance->error);
}

enum flow poll_look(struct decision *decision, struct instance *instance)
{
    struct run *run = decision->run;
    const struct quell_action *look = instance->step->poll->look;
    struct map_builder data = {.arena = run->arena}, given = {.arena = run->arena};
    const struct quell_field *field;
    struct quell_value input = instance->input, found;
    struct quell_error err = {0};
    enum quell_code code = QUELL_OK;

    for (field = look->inputs; look != instance->step->action && field && field->name; field++)
        if (quell_find(instance->called, quell_str_of(field->name), &found) ||
            quell_find(instance->input, quell_str_of(field->name), &found))
            map_add(&given, field->name, found);
    if (look != instance->step->action)
        code = fields_check(run->arena, look->inputs, map_made(&given), &input, &err);
    if (code)
        return step_failed(
            decision, instance, STEP_FAILED,
            scope_error(run, quell_code_name(code), "%s: %s", look->name, err.message));
    map_add(&data, "action",
            value_format(run->arena, "%s.%s", instance->step->connector->name, look->name));
    map_add(&data, "connection", quell_string(instance->step->connection));
    map_add(&data, "effect", quell_text("reads"));
    map_add(&data, "attempt", quell_int(instance->attempt));
    map_add(&data, "look", quell_int(instance->looks));
    map_add(&data, "key", quell_string(instance->key));
    map_add(&data, "input", input);
    emit(decision, EVENT_CALL_SCHEDULED, instance->path, map_made(&data));
    return FLOW_WAITING;
}
