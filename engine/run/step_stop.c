/*
 * step_stop.c - `stop` ends the run well, `fail` ends it badly.
 */
#include "run/state.h"
#include "value/value.h"

static enum quell_code reason_of(struct decision *decision, struct instance *instance,
                                 struct quell_value *reason, struct quell_value *error)
{
    const struct playbook_text *text = &instance->step->reason;

    *reason = quell_null();
    if (text->text == NULL)
        return QUELL_OK;
    return scope_eval(decision->run, instance->frame, text, reason, error);
}

enum flow step_advance_STOP(struct decision *decision, struct instance *instance)
{
    struct map_builder data = {.arena = decision->run->arena};
    struct quell_value reason, error = quell_null();

    if (decision->run->stopping) { /* said already: a journal that was cut between the two events */
        emit_ended(decision, instance, STEP_SUCCEEDED, quell_null());
        return FLOW_STOPPED;
    }
    if (reason_of(decision, instance, &reason, &error))
        return step_failed(decision, instance, STEP_FAILED, error);
    map_add(&data, "as", quell_string(instance->step->stop_as));
    map_add(&data, "reason", reason);
    emit(decision, EVENT_RUN_STOPPING, instance->path, map_made(&data));
    emit_ended(decision, instance, STEP_SUCCEEDED, quell_null());
    return FLOW_STOPPED;
}

enum flow step_advance_FAIL(struct decision *decision, struct instance *instance)
{
    struct run *run = decision->run;
    struct quell_value reason, error = quell_null();

    if (reason_of(decision, instance, &reason, &error))
        return step_failed(decision, instance, STEP_FAILED, error);
    error = scope_error(run, "failed", "%.*s",
                        QUELL_ARG(quell_is_null(reason) ? QUELL_STR("the playbook says fail")
                                                        : cel_to_text(run->arena, reason)));
    error = value_with(run->arena, error, QUELL_STR("message"),
                       value_masked_as(quell_get(error, "message"), reason));
    return step_failed(decision, instance, STEP_FAILED, error);
}
