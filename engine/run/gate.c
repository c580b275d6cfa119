/*
 * gate.c - `approve`: a gate in front of a step or block. People are asked about exactly what is
 * going to be done; when they have agreed, that is worked out again, and they are asked anew if it
 * is not the same.
 *
 *   begun -> waived (`unless`, a shadow run) ---------------------------> the step goes on
 *        \-> asked -> given ... given -> granted -----------------------> the step goes on
 *                \-> (changed meanwhile) -> asked again
 *                \-> denied, or expired (after `escalate-to` was asked) -> the step is `denied`
 *
 * A denial is an answer and no failure: the list goes on, as behind a step that was skipped, unless
 * `on-error` says otherwise.
 */
#include "base/error.h"
#include "base/str.h"
#include "policy/approval.h"
#include "run/question.h"
#include "value/value.h"

enum { DIGEST_SHORTEST = 6 };

static void waive(struct decision *decision, struct instance *instance, struct quell_str because)
{
    struct map_builder data = {.arena = decision->run->arena};

    map_add(&data, "because", quell_string(because));
    emit(decision, EVENT_APPROVAL_WAIVED, instance->path, map_made(&data));
}

/* Whether nobody has to be asked, or PLAN_ASKED; an error in `unless` is one of the step. */
static enum quell_code may_pass(struct decision *decision, struct instance *instance, int *passes,
                                struct quell_value *error)
{
    struct run *run = decision->run;
    const struct step_approve *approve = instance->step->approve;
    struct quell_value held;
    enum quell_code code;

    *passes = false;
    if (!approve->unless.expr)
        return QUELL_OK;
    code = scope_eval(run, instance->frame, &approve->unless, &held, error);
    if (code)
        return code;
    if (may_be_unknown(run, held)) {
        *passes = plan_condition(decision, instance, "unless", &approve->unless);
        return QUELL_OK;
    }
    if (!quell_is(held, QUELL_BOOL)) {
        *error = scope_error(run, "invalid", "`unless` gave a %s, not true or false",
                             value_type_name(held));
        return QUELL_INVALID;
    }
    *passes = held.as.boolean;
    return QUELL_OK;
}

/* ---- asking ------------------------------------------------------------------------------------
 */

static enum quell_code make_question(struct decision *decision, const struct instance *instance,
                                     struct map_builder *data, struct quell_value *refusal,
                                     struct quell_value *error)
{
    struct run *run = decision->run;
    const struct step_approve *approve = instance->step->approve;
    struct resolved resolved;
    struct quell_value plan, show = quell_null();
    enum quell_code code = resolve_judged(decision, instance, &resolved, error);

    plan = resolved.plan;
    *refusal = resolved.refusal;

    if (code == QUELL_OK && approve->show)
        code =
            scope_eval_tree(run, instance->frame, approve->show, approve->show_place, &show, error);
    if (code)
        return code;
    map_add(data, "digest", quell_string(resolve_digest(run, plan)));
    map_add(data, "plan", resolve_shown(run, plan));
    map_add(data, "show", show);
    if (quell_count(resolved.verdicts))
        map_add(data, "verdicts", resolved.verdicts);
    map_add(data, "count", quell_int(approve->count));
    map_add(data, "four_eyes", quell_bool(approve->four_eyes));
    map_add(data, "round", quell_int(instance->rounds + 1));
    return question_add(decision, instance, &approve->asking, data, error);
}

/* True when the step may go on at once. */
static bool ask(struct decision *decision, struct instance *instance, enum flow *flow)
{
    struct run *run = decision->run;
    struct map_builder data = {.arena = run->arena};
    struct quell_value error = quell_null(), refusal;
    int passes = false;

    *flow = FLOW_WAITING;
    if (may_pass(decision, instance, &passes, &error) ||
        make_question(decision, instance, &data, &refusal, &error)) {
        *flow = step_failed(decision, instance, STEP_FAILED, error);
        return false;
    }
    if (passes == PLAN_ASKED)
        return false;
    if (!quell_is_null(refusal) && run->mode != RUN_SHADOW) { /* nobody is asked in vain */
        *flow = limits_refuse(decision, instance, refusal);
        return false;
    }
    if (passes)
        waive(decision, instance,
              arena_format(run->arena, "unless: %.*s",
                           QUELL_ARG(cel_source(instance->step->approve->unless.expr))));
    else if (run->mode == RUN_SHADOW)
        waive(decision, instance, QUELL_STR("a shadow run changes nothing, so nobody is asked"));
    else
        emit(decision, EVENT_APPROVAL_ASKED, instance->path, map_made(&data));
    return instance->gate_passed;
}

/* ---- answers -----------------------------------------------------------------------------------
 */

static enum flow deny(struct decision *decision, struct instance *instance)
{
    struct run *run = decision->run;
    const struct step *step = instance->step;
    struct map_builder map = {.arena = run->arena};
    struct quell_value error = scope_error(run, "denied", "%.*s", QUELL_ARG(instance->reason));

    if (step->denial_fails || step->on_error == ON_ERROR_STEPS)
        return step_failed(decision, instance, STEP_DENIED, error);
    map_add(&map, "status", quell_text(step_status_name(STEP_DENIED)));
    map_add(&map, "error",
            value_with(run->arena, error, QUELL_STR("step"), quell_string(instance->path)));
    map_add(&map, "caught", quell_bool(true));
    emit(decision, EVENT_STEP_ENDED, instance->path, map_made(&map));
    return FLOW_DONE;
}

/* Time is up: others are asked, once, or it is over. */
static void time_up(struct decision *decision, struct instance *instance)
{
    struct run *run = decision->run;
    const struct step_approve *approve = instance->step->approve;
    struct map_builder data = {.arena = run->arena};
    int64_t until = question_until(decision, instance, approve->asking.within_us);

    if (approve->escalates && !instance->escalated && until > decision->now_us) {
        map_add(&data, "to", question_words(run, &approve->escalate_to));
        map_add(&data, "until", value_time_us(until));
        emit(decision, EVENT_APPROVAL_ESCALATED, instance->path, map_made(&data));
        return;
    }
    map_add(&data, "due", value_time_us(instance->until_us));
    emit(decision, EVENT_APPROVAL_EXPIRED, instance->path, map_made(&data));
}

/* Enough have agreed: to what is going to be done now? */
static void grant(struct decision *decision, struct instance *instance)
{
    struct run *run = decision->run;
    struct map_builder data = {.arena = run->arena};
    struct map_builder again = {.arena = run->arena};
    struct quell_value plan, refusal = quell_null(), error;
    struct quell_str digest;

    if (resolve_step(run, instance, &plan, &error))
        plan = quell_null(); /* nobody agreed to that: asking anew fails and tells why */
    digest = resolve_digest(run, plan);
    map_add(&data, "digest", quell_string(digest));
    if (quell_str_equal(digest, quell_get_str(instance->asked, "digest")))
        emit(decision, EVENT_APPROVAL_GRANTED, instance->path, map_made(&data));
    else if (make_question(decision, instance, &again, &refusal, &error))
        (void)step_failed(decision, instance, STEP_FAILED, error);
    else if (!quell_is_null(refusal))
        (void)limits_refuse(decision, instance, refusal);
    else
        emit(decision, EVENT_APPROVAL_ASKED, instance->path, map_made(&again));
}

/* A plan supposes each answer that there may be. */
static void suppose(struct decision *decision, struct instance *instance)
{
    static const char *const answers[] = {"agreed", "denied", "not answered", NULL};
    struct map_builder data = {.arena = decision->run->arena};

    switch (plan_choice(decision, instance, "approve", QUELL_STR(""), answers)) {
    case 0:
        map_add(&data, "digest", quell_get(instance->asked, "digest"));
        emit(decision, EVENT_APPROVAL_GRANTED, instance->path, map_made(&data));
        break;
    case 1:
        map_add(&data, "by", quell_text("a person"));
        emit(decision, EVENT_APPROVAL_DENIED, instance->path, map_made(&data));
        break;
    case 2:
        while (!instance->refused && !decision->full) {
            if (instance->until_us > decision->now_us)
                decision->now_us = instance->until_us;
            time_up(decision, instance);
        }
        break;
    default: /* asked */
        break;
    }
}

bool gate_pass(struct decision *decision, struct instance *instance, enum flow *flow)
{
    if (instance->phase == PHASE_STARTED)
        return ask(decision, instance, flow);
    *flow = FLOW_WAITING;
    if (instance->phase != PHASE_ASKING)
        return false;
    if (instance->refused) {
        *flow = deny(decision, instance);
        return false;
    }
    if (decision->run->mode == RUN_PLAN)
        suppose(decision, instance);
    else if (quell_count(instance->given) >= instance->step->approve->count)
        grant(decision, instance);
    else if (has_come(decision, instance->until_us))
        time_up(decision, instance);
    if (instance->refused)
        *flow = deny(decision, instance);
    else if (instance->phase == PHASE_ENDED)
        *flow = flow_of_ended(instance);
    return instance->gate_passed;
}

/* ---- who may decide ----------------------------------------------------------------------------
 */

enum quell_code run_may_decide(const struct run *run, struct quell_str path, struct quell_str who,
                               bool agrees, struct quell_str digest, struct quell_value groups,
                               struct quell_error *err)
{
    const struct instance *instance = run_instance(run, path);
    struct approval_rule rule;
    struct quell_str asked;
    enum quell_code code;

    if (instance == NULL || instance->phase != PHASE_ASKING || instance->gate_passed ||
        !instance->step->approve || instance->refused)
        return error_set(err, QUELL_CONFLICT, "step `%.*s` does not wait for an approval",
                         QUELL_ARG(path));
    asked = quell_get_str(instance->asked, "digest");
    if (digest.len && (digest.len < DIGEST_SHORTEST || !str_starts(asked, digest)))
        return error_set(err, QUELL_CONFLICT,
                         "what is asked about is not %.*s but %.*s: look at it again",
                         QUELL_ARG(digest), QUELL_ARG(str_slice(asked, 0, 12)));
    code = policy_may_answer(quell_get(instance->asked, "of"), groups, who, err);
    if (code || !agrees)
        return code;
    rule = (struct approval_rule){.count = instance->step->approve->count,
                                  .four_eyes = instance->step->approve->four_eyes,
                                  .starter = run_starter(run)};
    return policy_may_agree(&rule, instance->given, who, err);
}
