/*
 * step_uses.c - `uses`: calls an action, tries again what may be tried again, holds the run where
 * only a person can say what happened.
 */
#include "base/error.h"
#include "base/limits.h"
#include "base/str.h"
#include "policy/cap.h"
#include "run/poll.h"
#include "run/state.h"
#include "run/undo.h"
#include "value/fields.h"
#include "value/value.h"

static const char *const effects[] = {"reads", "notes", "changes", "disrupts"};

/* The arguments, checked against the manifest; or what is wrong with them. They are computed once:
 * every further attempt asks for the same, whatever changed meanwhile. */
static enum quell_code arguments(struct run *run, const struct instance *instance,
                                 struct quell_value *input, struct quell_value *error)
{
    const struct step *step = instance->step;
    struct quell_value given = quell_map(NULL, 0);
    struct quell_error err = {0};
    enum quell_code code = QUELL_OK;

    if (instance->attempt > 1) {
        *input = instance->input;
        return QUELL_OK;
    }
    if (step->inverse)
        code = undo_arguments(run, step, instance->frame->undoes, &given, error);
    else if (step->with)
        code = scope_eval_tree(run, instance->frame, step->with, step->with_place, &given, error);
    if (code)
        return code;
    code = fields_check(run->arena, step->action->inputs, given, input, &err);
    if (code == QUELL_OK && run->mode != RUN_PLAN && value_has_unknown(*input))
        code = error_set(&err, QUELL_INVALID, "an input is not known");
    if (code)
        *error =
            scope_error(run, quell_code_name(code), "%.*s: %s", QUELL_ARG(step->uses), err.message);
    return code;
}

/* ---- the key -----------------------------------------------------------------------------------
 */

struct key_search {
    const struct instance *own;
    struct quell_str key;
    bool taken;
};

static void find_key(const struct instance *instance, void *user)
{
    struct key_search *search = user;

    search->taken |= instance != search->own && instance->key.len > 0 &&
                     instance->step->connector == search->own->step->connector &&
                     quell_str_equal(instance->key, search->key);
}

/* By which the far side knows a repeated call. It is worked out once, is not empty, and no other
 * call of the run to the same product has it: one of the two would be taken for the other. */
static enum quell_code key_of(struct run *run, const struct instance *instance,
                              struct quell_str *key, struct quell_value *error)
{
    struct key_search search = {.own = instance};
    struct quell_value made;
    enum quell_code code;

    *key = instance->key;
    if (instance->attempt > 1)
        return QUELL_OK;
    *key = arena_format(run->arena, "%.*s/%.*s", QUELL_ARG(run->id), QUELL_ARG(instance->path));
    if (!instance->step->key.text)
        return QUELL_OK;
    code = scope_eval(run, instance->frame, &instance->step->key, &made, error);
    if (code || may_be_unknown(run, made))
        return code;
    *key = search.key = cel_to_text(run->arena, made);
    run_each_instance(run, find_key, &search);
    if (key->len > 0 && key->len <= LIMIT_IDEMPOTENCY_BYTES && !search.taken)
        return QUELL_OK;
    *error =
        key->len == 0 ? scope_error(run, "invalid", "`idempotency-key` gave an empty text")
        : search.taken
            ? scope_error(run, "invalid", "another call of the run has the `idempotency-key` %.*s",
                          QUELL_ARG(*key))
            : scope_error(run, "invalid", "`idempotency-key` is longer than %d bytes",
                          LIMIT_IDEMPOTENCY_BYTES);
    return QUELL_INVALID;
}

/* A shadow run sends nothing anyway, and a plan asks nobody. */
static bool is_kept_back(const struct run *run, const struct instance *instance)
{
    const struct run_gate *gate = run->world.gate;
    const struct step *step = instance->step;

    return gate && run->mode == RUN_LIVE && step->action->effect != QUELL_READS &&
           gate->keeps(gate->user, run, step, instance->path);
}

static enum flow schedule(struct decision *decision, struct instance *instance)
{
    struct run *run = decision->run;
    const struct step *step = instance->step;
    int64_t around = frame_due(run, instance->frame);
    int64_t due = instance->due_us < around ? instance->due_us : around;
    struct quell_value input, targets, inverse, error = quell_null();
    struct quell_str key;
    struct map_builder data = {.arena = run->arena};
    enum flow flow;

    if (has_come(decision, due))
        return step_failed(decision, instance, STEP_TIMED_OUT,
                           scope_error(run, "timed-out",
                                       "the time was up before attempt %u could begin",
                                       instance->attempt));
    if (decision->now_us >= due || is_kept_back(run, instance))
        return FLOW_WAITING;
    if (arguments(run, instance, &input, &error))
        return step_failed(decision, instance, STEP_FAILED, error);
    if (instance->attempt == 1 && !bound_allows(run, instance, input, &error))
        return step_failed(decision, instance, STEP_FAILED, error);
    if (instance->attempt == 1 &&
        !agreed_allows(run, instance, "action", step->uses, input, &error))
        return step_failed(decision, instance, STEP_FAILED, error);
    if (key_of(run, instance, &key, &error))
        return step_failed(decision, instance, STEP_FAILED, error);
    targets = policy_targets(run->arena, step->action, input);
    flow = limits_allow(decision, instance, targets, &data);
    if (flow != FLOW_DONE || instance->phase != PHASE_STARTED)
        return flow;
    map_add(&data, "action", quell_string(step->uses));
    map_add(&data, "connection", quell_string(step->connection));
    map_add(&data, "effect", quell_text(effects[step->action->effect]));
    map_add(&data, "attempt", quell_int(instance->attempt));
    map_add(&data, "key", quell_string(key));
    map_add(&data, "input", input);
    map_add(&data, "targets", targets);
    inverse = instance->attempt == 1 ? undo_record(run, instance, input) : quell_null();
    if (!quell_is_null(inverse))
        map_add(&data, "inverse", inverse);
    if (step->action->effect != QUELL_READS && !run_full(run)) /* of each attempt: what is touched
                                                                  again counts from then on */
        limits_take(decision, instance, targets);
    emit(decision, EVENT_CALL_SCHEDULED, instance->path, map_made(&data));
    return FLOW_WAITING;
}

/* ---- after the answer --------------------------------------------------------------------------
 */

static bool word_fits(struct quell_str word, struct quell_str code, int64_t status)
{
    if (str_is(word, "timeout"))
        return str_is(code, "timed-out");
    if (str_is(word, "network"))
        return str_is(code, "unavailable") || str_is(code, "unknown-outcome");
    if (str_is(word, "server"))
        return status >= 500 && status <= 599;
    return quell_str_equal(word, code);
}

static bool may_retry(const struct instance *instance, struct quell_value error)
{
    static const struct quell_str usual[] = {
        {"throttled", 9}, {"timeout", 7}, {"network", 7}, {"server", 6}};
    const struct retry *retry = &instance->step->retry;
    const struct quell_str *words = retry->on_count ? retry->on : usual;
    size_t i, count = retry->on_count ? retry->on_count : sizeof(usual) / sizeof(*usual);
    struct quell_str code = quell_get_str(error, "code");
    int64_t status = quell_get_int(error, "status", 0);

    if (instance->attempt > retry->max)
        return false;
    /* A server that broke down may have done it all the same. */
    if (instance->step->action->repeat == QUELL_ONCE && instance->sent_change && status >= 500 &&
        !str_is(code, "throttled"))
        return false;
    for (i = 0; i < count; i++)
        if (word_fits(words[i], code, status))
            return true;
    return false;
}

static int64_t delay_us(const struct instance *instance, struct quell_value error)
{
    const struct retry *retry = &instance->step->retry;
    int64_t asked_ms = quell_get_int(error, "retry_after_ms", 0);
    int64_t asked = asked_ms < INT64_MAX / 1000 ? asked_ms * 1000 : INT64_MAX;
    int64_t delay = retry->first_us;
    unsigned i;

    if (retry->backoff == BACKOFF_EXPONENTIAL)
        for (i = 1; i < instance->attempt && delay < retry->cap_us; i++)
            delay = delay < retry->cap_us / 2 ? delay * 2 : retry->cap_us;
    if (delay > retry->cap_us)
        delay = retry->cap_us;
    return delay > asked ? delay : asked;
}

static enum flow after_failure(struct decision *decision, struct instance *instance)
{
    struct run *run = decision->run;
    struct quell_value error = instance->error;
    struct map_builder data = {.arena = run->arena};
    int64_t until = time_after(decision->now_us, delay_us(instance, error));
    bool late = quell_text_is(quell_get(error, "code"), "timed-out");

    /* In a plan no time passes. */
    if (run->mode == RUN_PLAN || !may_retry(instance, error) || until >= instance->due_us)
        return step_failed(decision, instance, late ? STEP_TIMED_OUT : STEP_FAILED, error);
    map_add(&data, "attempt", quell_int(instance->attempt));
    map_add(&data, "until", value_time_us(until));
    map_add(&data, "error", error);
    emit(decision, EVENT_RETRY_WAITING, instance->path, map_made(&data));
    return FLOW_WAITING;
}

static enum flow after_answer(struct decision *decision, struct instance *instance)
{
    if (plan_outcome(decision, instance) == PLAN_ASKED)
        return FLOW_WAITING;
    if (instance->looking)
        return poll_answered(decision, instance);
    if (instance->status == STEP_SUCCEEDED)
        return instance->step->poll ? poll_begin(decision, instance)
                                    : step_succeeded(decision, instance);
    if (instance->in_doubt && !quell_looks_first(instance->step->action)) {
        emit_held(decision, instance);
        return FLOW_WAITING;
    }
    return after_failure(decision, instance);
}

static enum flow begin(struct decision *decision, struct instance *instance)
{
    return instance->looking ? poll_look(decision, instance) : schedule(decision, instance);
}

static enum flow after_wait(struct decision *decision, struct instance *instance)
{
    struct map_builder data = {.arena = decision->run->arena};

    if (!has_come(decision, instance->until_us))
        return FLOW_WAITING;
    map_add(&data, "due", value_time_us(instance->until_us));
    emit(decision, EVENT_TIMER_FIRED, instance->path, map_made(&data));
    if (decision->full)
        return FLOW_WAITING;
    return begin(decision, instance);
}

static enum flow after_window(struct decision *decision, struct instance *instance)
{
    if (!instance->limited || !has_come(decision, instance->until_us))
        return FLOW_WAITING;
    limits_window_over(decision, instance);
    return decision->full ? FLOW_WAITING : begin(decision, instance);
}

enum flow step_advance_USES(struct decision *decision, struct instance *instance)
{
    switch (instance->phase) { /* unreachable: there is no other phase */
    case PHASE_STARTED:
        return begin(decision, instance);
    case PHASE_ANSWERED:
        return after_answer(decision, instance);
    case PHASE_RETRYING:
        return after_wait(decision, instance);
    case PHASE_HELD:
        return after_window(decision, instance);
    case PHASE_IDLE:
    case PHASE_CALLING:
    case PHASE_CHILD:
    case PHASE_WAITING:
    case PHASE_ASKING:
    case PHASE_CATCHING:
    case PHASE_UNDOING:
    case PHASE_ENDED:
        break;
    }
    return FLOW_WAITING;
}
