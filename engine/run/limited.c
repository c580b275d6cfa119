/*
 * limited.c - the playbook's `limits` where a call is about to be made: over one, the run is held
 * for a person, or the step fails. Judged on the resolved targets, in the transaction of the
 * intent.
 */
#include "base/str.h"
#include "policy/cap.h"
#include "policy/limits.h"
#include "run/state.h"
#include "value/value.h"

/* ---- what was touched --------------------------------------------------------------------------
 */

static bool was_touched(const void *user, struct quell_value target)
{
    const struct run *run = user;
    const struct touched *each;

    for (each = run->touched; each; each = each->next)
        if (value_equal(each->target, target))
            return true;
    return false;
}

static unsigned touched_in_run(const void *user, struct quell_str kind)
{
    const struct run *run = user;
    const struct touched *each;
    unsigned count = 0;

    for (each = run->touched; each; each = each->next)
        count += quell_str_equal(quell_get_str(each->target, "kind"), kind);
    return count;
}

static void touched_in_time(const void *user, struct quell_str kind, unsigned *hour, unsigned *day)
{
    const struct run *run = user;

    run->world.usage->count(run->world.usage->user, run->playbook, kind, hour, day);
}

void limits_note(struct run *run, const struct step *step, struct quell_value targets)
{
    size_t i;

    if (step->action->effect == QUELL_READS || !run->playbook->start.limits.given)
        return;
    for (i = 0; i < quell_count(targets); i++) {
        struct touched *touched;
        if (was_touched(run, quell_at(targets, i)))
            continue;
        touched = arena_one(run->arena, struct touched);
        *touched = (struct touched){run->touched, quell_at(targets, i)};
        run->touched = touched;
    }
}

/* Of a live run: those that it touches first, by kind. */
void limits_take(struct run *run, struct quell_value targets)
{
    const struct playbook_limits *limits = &run->playbook->start.limits;
    size_t i, k;

    if (run->world.usage == NULL || run->mode != RUN_LIVE)
        return;
    for (i = 0; i < limits->count; i++) {
        unsigned more = 0;
        for (k = 0; k < quell_count(targets); k++) {
            struct quell_value target = quell_at(targets, k);
            more += quell_str_equal(quell_get_str(target, "kind"), limits->items[i].kind) &&
                    !was_touched(run, target);
        }
        if (more)
            run->world.usage->take(run->world.usage->user, run->playbook, limits->items[i].kind,
                                   more);
    }
}

/* ---- judging -----------------------------------------------------------------------------------
 */

static struct quell_value never_of(struct run *run)
{
    struct quell_value never = quell_null(), error;
    const struct playbook_text *text = &run->playbook->start.limits.never;

    if (text->expr && scope_eval(run, &run->root, text, &never, &error))
        return quell_unknown(QUELL_STR("it could not be evaluated"));
    return never;
}

static struct policy_limit judge(struct run *run, const struct step *step,
                                 struct quell_value targets)
{
    const struct playbook_limits *limits = &run->playbook->start.limits;
    struct policy_use use = {.touched = was_touched,
                             .in_run = touched_in_run,
                             .in_time = run->world.usage ? touched_in_time : NULL,
                             .user = run,
                             .time_user = run};
    struct policy_limit found = policy_limits(run->arena, limits, step->action, targets,
                                              never_of(run), run->incident, &use);
    struct quell_error err = {0};

    if (!found.over &&
        policy_allows_weight(policy_uncapped(limits, step->action, targets), run->disrupts, &err))
        found = (struct policy_limit){true, QUELL_STR("limit.disrupts.run"),
                                      arena_format(run->arena, "%s", err.message)};
    return found;
}

static void hold(struct decision *decision, const struct instance *instance,
                 const struct policy_limit *found)
{
    struct map_builder data = {.arena = decision->run->arena};

    map_add(&data, "reason", quell_string(found->reason));
    map_add(&data, "message", quell_string(found->message));
    map_add(&data, "limit", quell_bool(true));
    emit(decision, EVENT_RUN_HELD, instance->path, map_made(&data));
}

enum flow limits_allow(struct decision *decision, struct instance *instance,
                       struct quell_value targets, struct quell_str *would_hold)
{
    struct run *run = decision->run;
    const struct playbook_limits *limits = &run->playbook->start.limits;
    struct policy_limit found;

    if (instance->attempt > 1)
        return FLOW_DONE;
    found = judge(run, instance->step, targets);
    /* What must never be touched is not: nobody's word lets it through, only the list. */
    if (!found.over || (instance->released && !str_is(found.reason, "limit.never")))
        return FLOW_DONE;
    if (instance->unreleased)
        found.message = arena_format(run->arena, "%.*s, and a person did not release it",
                                     QUELL_ARG(found.message));
    else if (run->mode == RUN_SHADOW && limits->given) {
        *would_hold = found.reason;
        return FLOW_DONE;
    } else if (limits->given && !limits->fails && run->mode == RUN_LIVE) {
        hold(decision, instance, &found);
        return FLOW_WAITING;
    }
    return step_failed(
        decision, instance, STEP_FAILED,
        scope_error(run, "limit", "%.*s: %.*s", QUELL_ARG(found.reason), QUELL_ARG(found.message)));
}

/* ---- release -----------------------------------------------------------------------------------
 */

enum quell_code apply_released(struct run *run, struct instance *instance,
                               const struct event *event, struct quell_error *err)
{
    bool allowed = quell_get_bool(event->data, "allowed", false);

    if (event->path.len == 0) {
        if (!run_waits_for(run, "release"))
            return event_misfit(event, "the run does not wait for a release", err);
        run->queued = quell_get_str(event->data, "queued");
        return QUELL_OK;
    }
    instance = run_instance(run, event->path);
    if (instance == NULL || instance->phase != PHASE_HELD || !instance->limited)
        return event_misfit(event, "the step does not wait for a release", err);
    run->held--;
    instance->phase = PHASE_STARTED;
    instance->reason = QUELL_STR("");
    instance->limited = false;
    instance->released = allowed;
    instance->unreleased = !allowed;
    return QUELL_OK;
}

bool run_is_limited(const struct run *run, struct quell_str path)
{
    const struct instance *instance = path.len ? run_instance(run, path) : NULL;

    if (path.len == 0)
        return run_waits_for(run, "release");
    return instance && instance->phase == PHASE_HELD && instance->limited;
}

static void find_limited(const struct instance *instance, void *user)
{
    struct quell_str *path = user;

    if (path->len == 0 && instance->phase == PHASE_HELD && instance->limited)
        *path = instance->path;
}

bool run_first_limited(const struct run *run, struct quell_str *path)
{
    *path = QUELL_STR("");
    if (run_waits_for(run, "release"))
        return true;
    run_each_instance(run, find_limited, path);
    return path->len > 0;
}
