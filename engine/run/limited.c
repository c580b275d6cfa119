/*
 * limited.c - the playbook's `limits` where a call is about to be made: over one, the run is held
 * for a person, or the step fails. Judged on the resolved targets, in the transaction of the
 * intent.
 */
#include "base/str.h"
#include "policy/cap.h"
#include "policy/limits.h"
#include "policy/workspace.h"
#include "run/state.h"
#include "value/value.h"

/* ---- what was touched --------------------------------------------------------------------------
 */

static struct touched *find_touched(const struct run *run, struct quell_value target)
{
    struct touched *each;

    for (each = run->touched; each; each = each->next)
        if (value_equal(each->target, target))
            return each;
    return NULL;
}

static bool was_touched(const void *user, struct quell_value target)
{
    return find_touched(user, target) != NULL;
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

    if (step->action->effect == QUELL_READS)
        return;
    for (i = 0; i < quell_count(targets); i++) {
        struct touched *touched = find_touched(run, quell_at(targets, i));
        if (touched == NULL) {
            touched = arena_one(run->arena, struct touched);
            *touched = (struct touched){run->touched, quell_at(targets, i), false};
            run->touched = touched;
        }
        touched->disrupted |= step->action->effect == QUELL_DISRUPTS;
    }
}

/* Of a live run: those that it touches first, by kind. */
static void take_limits(struct run *run, struct quell_value targets)
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

void limits_take(struct decision *decision, const struct instance *instance,
                 struct quell_value targets)
{
    struct ahead ahead = {.step = instance->step,
                          .instance = instance,
                          .targets = targets,
                          .now_us = decision->now_us};

    take_limits(decision->run, targets);
    guarded_take(decision->run, &ahead);
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

/* With what the other runs of its call did. */
static unsigned disrupted_before(struct run *run)
{
    unsigned others = guarded_in_tree(run, QUELL_STR("disrupts"));

    return others > run->disrupts ? others : run->disrupts;
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

    if (!found.over && policy_allows_weight(policy_uncapped(limits, step->action, targets),
                                            disrupted_before(run), &err))
        found = (struct policy_limit){true, QUELL_STR("limit.disrupts.run"),
                                      arena_format(run->arena, "%s", err.message)};
    return found;
}

/* ---- what the workspace says -------------------------------------------------------------------
 */

static bool was_released(const struct instance *instance, struct quell_str reason)
{
    size_t i;

    for (i = 0; i < quell_count(instance->released); i++)
        if (quell_str_equal(quell_str(quell_at(instance->released, i)), reason))
            return true;
    return false;
}

static bool is_verdict(struct quell_value verdict, const char *name)
{
    return quell_text_is(quell_get(verdict, "verdict"), name);
}

/* The first that still stands against the call; null: none. */
static struct quell_value standing(const struct instance *instance, struct quell_value verdicts)
{
    size_t i;

    for (i = 0; i < quell_count(verdicts); i++) {
        struct quell_value one = quell_at(verdicts, i);
        if (is_verdict(one, "refused") ||
            (is_verdict(one, "held") && (quell_get_bool(one, "hard", false) ||
                                         !was_released(instance, quell_get_str(one, "reason")))))
            return one;
    }
    return quell_null();
}

/* The playbook's own limit, in the same form. */
static struct quell_value of_limit(struct run *run, const struct instance *instance,
                                   struct quell_value targets)
{
    struct policy_limit found = judge(run, instance->step, targets);
    struct map_builder map = {.arena = run->arena};

    /* What must never be touched is not: nobody's word lets it through, only the list. */
    if (!found.over ||
        (was_released(instance, found.reason) && !str_is(found.reason, "limit.never")))
        return quell_null();
    map_add(&map, "verdict", quell_text("held"));
    map_add(&map, "reason", quell_string(found.reason));
    map_add(&map, "message", quell_string(found.message));
    return map_made(&map);
}

/* ---- acting on it ------------------------------------------------------------------------------
 */

static void hold(struct decision *decision, const struct instance *instance,
                 struct quell_value found)
{
    struct run *run = decision->run;
    struct map_builder data = {.arena = run->arena};

    map_add(&data, "reason", quell_get(found, "reason"));
    map_add(&data, "message", quell_get(found, "message"));
    map_add(&data, "limit", quell_bool(true));
    if (quell_get_bool(found, "hard", false))
        map_add(&data, "hard",
                value_copy_str(run->arena, quell_str_of(policy_revision(run->world.policy))));
    if (!quell_is_null(quell_get(found, "until")))
        map_add(&data, "until", quell_get(found, "until"));
    emit(decision, EVENT_RUN_HELD, instance->path, map_made(&data));
}

static enum flow refuse(struct decision *decision, struct instance *instance, const char *code,
                        struct quell_value found, const char *more)
{
    return step_failed(decision, instance, STEP_FAILED,
                       scope_error(decision->run, code, "%.*s: %.*s%s",
                                   QUELL_ARG(quell_get_str(found, "reason")),
                                   QUELL_ARG(quell_get_str(found, "message")), more));
}

/* A limit of the playbook's own, where it is not to hold the run. */
static bool limit_fails(const struct run *run)
{
    const struct playbook_limits *limits = &run->playbook->start.limits;

    return run->mode == RUN_PLAN || (run->mode == RUN_LIVE && (!limits->given || limits->fails)) ||
           (run->mode == RUN_SHADOW && !limits->given);
}

enum flow limits_allow(struct decision *decision, struct instance *instance,
                       struct quell_value targets, struct map_builder *data)
{
    struct run *run = decision->run;
    struct ahead ahead = {.step = instance->step,
                          .instance = instance,
                          .targets = targets,
                          .now_us = decision->now_us};
    struct quell_value verdicts = guarded_judge(run, &ahead), found, limit = quell_null();
    bool first = instance->attempt == 1, refused;

    if (first)
        limit = of_limit(run, instance, targets);
    found = quell_is_null(limit) ? standing(instance, verdicts) : limit;
    refused = is_verdict(found, "refused");
    if (run->mode == RUN_PLAN && quell_count(verdicts))
        map_add(data, "verdicts", verdicts);
    if (quell_is_null(found) || (!first && !refused))
        return FLOW_DONE; /* of a further attempt, only what is protected meanwhile counts */
    if (refused && run->mode != RUN_SHADOW)
        return refuse(decision, instance, "protected", found, "");
    if (instance->unreleased)
        return refuse(decision, instance, "limit", found, ", and a person did not release it");
    if (!quell_is_null(limit) && limit_fails(run))
        return refuse(decision, instance, "limit", found, "");
    if (run->mode == RUN_PLAN)
        return FLOW_DONE; /* it goes on when the window is over, or when a person released it */
    if (run->mode == RUN_SHADOW) {
        map_add(data, "would_hold", quell_get(found, "reason"));
        return FLOW_DONE;
    }
    hold(decision, instance, found);
    return FLOW_WAITING;
}

struct quell_value limits_refusal(struct run *run, const struct ahead *ahead)
{
    struct policy_limit never =
        policy_never(run->arena, &run->playbook->start.limits, ahead->step->action, ahead->targets,
                     never_of(run), run->incident);
    struct map_builder map = {.arena = run->arena};
    struct quell_value verdicts;
    size_t i;

    if (never.over && !ahead->early) {
        map_add(&map, "reason", quell_string(never.reason));
        map_add(&map, "message", quell_string(never.message));
        return map_made(&map);
    }
    verdicts = guarded_judge(run, ahead);
    for (i = 0; i < quell_count(verdicts); i++)
        if (is_verdict(quell_at(verdicts, i), "refused"))
            return quell_at(verdicts, i);
    return quell_null();
}

/* A list of the playbook's own holds the run where a call would: the list may be changed. */
enum flow limits_refuse(struct decision *decision, struct instance *instance,
                        struct quell_value refusal)
{
    bool never = quell_text_is(quell_get(refusal, "reason"), "limit.never");

    if (never && instance->phase == PHASE_STARTED && !limit_fails(decision->run) &&
        !instance->unreleased) {
        hold(decision, instance, refusal);
        return FLOW_WAITING;
    }
    return refuse(decision, instance, never ? "limit" : "protected", refusal, "");
}

void limits_window_over(struct decision *decision, struct instance *instance)
{
    struct map_builder data = {.arena = decision->run->arena};

    map_add(&data, "allowed", quell_bool(true));
    map_add(&data, "window", quell_bool(true));
    emit(decision, EVENT_RUN_RELEASED, instance->path, map_made(&data));
}

/* ---- release -----------------------------------------------------------------------------------
 */

/* A person let this reason pass, and no other. */
static void add_released(struct run *run, struct instance *instance)
{
    struct list_builder list = {.arena = run->arena};
    size_t i;

    for (i = 0; i < quell_count(instance->released); i++)
        list_add(&list, quell_at(instance->released, i));
    list_add(&list, quell_string(instance->reason));
    instance->released = list_made(&list);
}

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
    instance->limited = false;
    instance->unreleased = !allowed;
    instance->until_us = INT64_MAX;
    if (allowed && !quell_get_bool(event->data, "window", false))
        add_released(run, instance);
    instance->reason = instance->hard = QUELL_STR("");
    return QUELL_OK;
}

bool run_is_hard(const struct run *run, struct quell_str path)
{
    const struct instance *instance = path.len ? run_instance(run, path) : NULL;

    return instance && instance->phase == PHASE_HELD && instance->limited && instance->hard.len &&
           run->world.policy && str_is(instance->hard, policy_revision(run->world.policy));
}

bool run_is_limited(const struct run *run, struct quell_str path)
{
    const struct instance *instance = path.len ? run_instance(run, path) : NULL;

    if (path.len == 0)
        return run_waits_for(run, "release");
    return instance && instance->phase == PHASE_HELD && instance->limited;
}

bool run_lacks_approval(const struct run *run, struct quell_str path)
{
    const struct instance *instance = path.len ? run_instance(run, path) : NULL;

    return instance && run_is_limited(run, path) && str_is(instance->reason, "policy.approve");
}

enum quell_code run_may_release(const struct run *run, struct quell_str path, struct quell_str who,
                                struct quell_value groups, struct quell_error *err)
{
    if (!run_lacks_approval(run, path))
        return QUELL_OK;
    return policy_may_release(run->world.policy, run_starter(run), groups, who, err);
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
