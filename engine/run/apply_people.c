/*
 * apply_people.c - what the events of approvals and forms do to a run.
 */
#include "run/state.h"

#include "base/str.h"
#include "value/value.h"

/* ---- approvals ---------------------------------------------------------------------------------
 */

static bool is_gate(const struct instance *instance, enum phase phase)
{
    return instance->step->approve && !instance->gate_passed && instance->phase == phase &&
           !instance->refused;
}

enum quell_code apply_approval_asked(struct run *run, struct instance *instance,
                                     const struct event *event, struct quell_error *err)
{
    (void)run;
    if (!is_gate(instance, PHASE_STARTED) && !is_gate(instance, PHASE_ASKING))
        return event_misfit(event, "the step has no gate, or is past it", err);
    instance->phase = PHASE_ASKING;
    instance->asked = event->data;
    instance->given = quell_list(NULL, 0);
    instance->escalated = false;
    instance->rounds++;
    instance->until_us = event_time(quell_get(event->data, "until"), INT64_MAX);
    return QUELL_OK;
}

/* Granted or waived. The step's own time begins here: waiting for people is not its work. */
enum quell_code apply_approval_passed(struct run *run, struct instance *instance,
                                      const struct event *event, struct quell_error *err)
{
    if (!is_gate(instance, PHASE_STARTED) && !is_gate(instance, PHASE_ASKING))
        return event_misfit(event, "the step has no gate, or is past it", err);
    instance->phase = PHASE_STARTED;
    instance->gate_passed = true;
    instance->granted = event->kind == EVENT_APPROVAL_GRANTED;
    if (instance->granted && run->mode == RUN_LIVE)
        instance->agreed = quell_get(instance->asked, "plan");
    instance->asked = quell_null();
    instance->due_us = INT64_MAX;
    if (instance->step->timeout_us > 0)
        instance->due_us = time_after(event->at_us, instance->step->timeout_us);
    return QUELL_OK;
}

enum quell_code apply_approval_given(struct run *run, struct instance *instance,
                                     const struct event *event, struct quell_error *err)
{
    struct list_builder given = {.arena = run->arena};
    struct map_builder one = {.arena = run->arena};
    size_t i;

    if (!is_gate(instance, PHASE_ASKING))
        return event_misfit(event, "the step does not wait for an approval", err);
    if (!quell_str_equal(quell_get_str(event->data, "digest"),
                         quell_get_str(instance->asked, "digest")))
        return event_misfit(event, "it is about something else than what was asked", err);
    for (i = 0; i < quell_count(instance->given); i++)
        list_add(&given, quell_at(instance->given, i));
    map_add(&one, "by", quell_get(event->data, "by"));
    map_add(&one, "at", value_time_us(event->at_us));
    list_add(&given, map_made(&one));
    instance->given = list_made(&given);
    return QUELL_OK;
}

/* Denied or expired. */
enum quell_code apply_approval_refused(struct run *run, struct instance *instance,
                                       const struct event *event, struct quell_error *err)
{
    struct quell_str by = quell_get_str(event->data, "by"),
                     reason = quell_get_str(event->data, "reason");

    if (!is_gate(instance, PHASE_ASKING))
        return event_misfit(event, "the step does not wait for an approval", err);
    instance->refused = true;
    instance->asked = quell_null();
    instance->until_us = INT64_MAX;
    instance->reason = by.len == 0
                           ? QUELL_STR("nobody answered in time")
                           : arena_format(run->arena, "%.*s did not agree%s%.*s", QUELL_ARG(by),
                                          reason.len ? ": " : "", QUELL_ARG(reason));
    return QUELL_OK;
}

enum quell_code apply_approval_escalated(struct run *run, struct instance *instance,
                                         const struct event *event, struct quell_error *err)
{
    struct quell_value until = quell_get(event->data, "until");

    if (!is_gate(instance, PHASE_ASKING) || instance->escalated)
        return event_misfit(event, "the step does not wait for an approval", err);
    instance->escalated = true;
    instance->until_us = event_time(until, INT64_MAX);
    instance->asked =
        value_with(run->arena, instance->asked, QUELL_STR("of"), quell_get(event->data, "to"));
    instance->asked = value_with(run->arena, instance->asked, QUELL_STR("until"), until);
    return QUELL_OK;
}

/* ---- forms -------------------------------------------------------------------------------------
 */

enum quell_code apply_form_asked(struct run *run, struct instance *instance,
                                 const struct event *event, struct quell_error *err)
{
    (void)run;
    if (instance->step->kind != STEP_ASK || instance->phase != PHASE_STARTED)
        return event_misfit(event, "it is no ask step that has begun", err);
    instance->phase = PHASE_ASKING;
    instance->asked = event->data;
    instance->until_us = event_time(quell_get(event->data, "until"), INT64_MAX);
    return QUELL_OK;
}

/* Answered or expired. */
enum quell_code apply_form_answered(struct run *run, struct instance *instance,
                                    const struct event *event, struct quell_error *err)
{
    bool answered = event->kind == EVENT_FORM_ANSWERED;

    (void)run;
    if (instance->step->kind != STEP_ASK || instance->phase != PHASE_ASKING)
        return event_misfit(event, "the step does not wait for a form", err);
    instance->phase = PHASE_ANSWERED;
    instance->status = answered ? STEP_SUCCEEDED : STEP_TIMED_OUT;
    instance->output = answered ? quell_get(event->data, "answers") : quell_null();
    instance->asked = quell_null();
    instance->until_us = INT64_MAX;
    return QUELL_OK;
}
