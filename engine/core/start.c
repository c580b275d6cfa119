/*
 * start.c - an event matched a playbook: does it start a run, and does the run begin now. All that
 * is decided here - keys that were seen, counts, who waits for whom - is part of the commit of the
 * event, and each event that starts nothing leaves a refusal that says why.
 */
#include "core/starts.h"
#include "core/nothing.h"

#include "core/gate.h"

#include <assert.h>

#include "base/error.h"
#include "base/memory.h"
#include "base/str.h"
#include "loop/log.h"
#include "policy/start.h"
#include "value/json.h"
#include "value/value.h"

/* One start while it is decided. */
struct decision {
    struct quell *engine;
    struct arena *arena;
    const struct start *start;
    const struct playbook *playbook;
    struct run_start run;
    struct quell_str dedupe_key, throttle_key; /* of their marks; empty = none */
    struct policy_verdict dedupe, throttle;
    struct started *made;
    bool crowded; /* its group has no room now */
    struct quell_error *err;
};

/* ---- refusals ----------------------------------------------------------------------------------
 */

/* Who asked hears of it as well; what a person gave is not stored, so the row does not name it. */
static void refuse(struct decision *decision, const char *reason, struct quell_str detail,
                   struct quell_str run)
{
    const struct start *start = decision->start;
    struct refusal refusal = {.reason = reason,
                              .playbook = decision->playbook->id,
                              .incident = decision->run.incident,
                              .detail = detail,
                              .run = run};

    decision->made->reason = reason;
    decision->made->detail = detail;
    decision->made->run = run;
    if (start->by_hand && !str_is(quell_str_of(reason), "merged"))
        refusal.incident = quell_null();
    if (start->by_hand)
        refusal.detail = arena_format(decision->arena, "%.*s asked: %.*s", QUELL_ARG(start->by),
                                      QUELL_ARG(detail));
    if (start->parent)
        refusal.detail = arena_format(decision->arena, "run %.*s called it: %.*s",
                                      QUELL_ARG(start->parent->run), QUELL_ARG(detail));
    refuse_event(decision->engine, &refusal);
}

static void fail(struct decision *decision)
{
    struct quell_str message = quell_str_of(decision->err->message);

    log_line(LOG_LEVEL_ERROR, "playbook=%.*s not started: %.*s", QUELL_ARG(decision->playbook->id),
             QUELL_ARG(message));
    refuse(decision, "failed", arena_str(decision->arena, message), QUELL_STR(""));
}

/* ---- keys --------------------------------------------------------------------------------------
 */

/* The value as a text that is equal exactly when the values are; null is an error: it would make
 * one key of all events that lack something. */
static enum quell_code evaluate(struct decision *decision, const struct playbook_text *text,
                                const char *what, struct quell_str *key)
{
    struct run_world world = generation_world(decision->engine->generation);
    struct cel_scope scope = {
        .vars = run_start_scope(decision->arena, decision->playbook, &decision->run, &world)};
    struct quell_value value;
    struct cel_fault fault = {0};
    enum quell_code code = cel_eval(text->expr, &scope, decision->arena, &value, &fault);

    if (code)
        return error_set(decision->err, code, "`%s`: %s", what, fault.message);
    if (quell_is_null(value) || value_has_unknown(value))
        return error_set(decision->err, QUELL_INVALID, "`%s`: %.*s is null", what,
                         QUELL_ARG(cel_source(text->expr)));
    *key = json_text(decision->arena, value, JSON_COMPACT);
    return QUELL_OK;
}

/* ---- dedupe and throttle -----------------------------------------------------------------------
 */

static enum quell_code ask_dedupe(struct decision *decision)
{
    const struct playbook_dedupe *rule = &decision->playbook->start.dedupe;
    struct quell_str key;
    struct quell_value mark;
    enum quell_code code;

    decision->dedupe = (struct policy_verdict){.start = POLICY_STARTS, .mark = quell_null()};
    if (rule->key.expr == NULL || decision->start->by_hand)
        return QUELL_OK;
    code = evaluate(decision, &rule->key, "dedupe.key", &key);
    if (code)
        return code;
    decision->dedupe_key = mark_key(decision->arena, decision->playbook->id, key);
    code = mark_read(decision->engine, decision->arena, "dedupe", decision->dedupe_key, &mark,
                     decision->err);
    if (code == QUELL_OK)
        decision->dedupe =
            policy_dedupe(decision->arena, rule, mark, loop_now_us(decision->engine->loop));
    return code;
}

static enum quell_code ask_throttle(struct decision *decision)
{
    const struct playbook_throttle *rule = &decision->playbook->start.throttle;
    struct quell_str key = QUELL_STR("");
    struct quell_value mark;
    enum quell_code code = QUELL_OK;

    decision->throttle = (struct policy_verdict){.start = POLICY_STARTS, .mark = quell_null()};
    if (rule->kind == THROTTLE_NONE || decision->start->by_hand)
        return QUELL_OK;
    if (rule->by.expr)
        code = evaluate(decision, &rule->by, "throttle.by", &key);
    if (code)
        return code;
    decision->throttle_key = mark_key(decision->arena, decision->playbook->id, key);
    code = mark_read(decision->engine, decision->arena, "throttle", decision->throttle_key, &mark,
                     decision->err);
    if (code == QUELL_OK)
        decision->throttle =
            policy_throttle(decision->arena, rule, mark, loop_now_us(decision->engine->loop));
    return code;
}

/* `run`: the one that started, or empty. */
static void remember(struct decision *decision, const char *scope, struct quell_str key,
                     const struct policy_verdict *verdict, struct quell_str run)
{
    struct quell_value mark = verdict->mark;

    if (key.len == 0)
        return;
    if (run.len && quell_is(mark, QUELL_MAP))
        mark = value_with(decision->arena, mark, QUELL_STR("run"), quell_string(run));
    mark_write(decision->engine, scope, key, verdict->until_us, mark);
}

/* The event has its run: the same one again has it, too. */
static void remember_merged(struct decision *decision, struct quell_str run)
{
    remember(decision, "dedupe", decision->dedupe_key, &decision->dedupe, run);
    if (decision->throttle.start == POLICY_STARTS)
        remember(decision, "throttle", decision->throttle_key, &decision->throttle, run);
}

/* ---- merging -----------------------------------------------------------------------------------
 */

/* A run that waits for its begin is about the newer event from here on. */
static bool merge(struct decision *decision, struct quell_str id)
{
    struct quell_error err = {0};
    struct active *active;

    if (decision->start->parent)
        return false; /* a caller waits for a run of its own */
    active = active_wake(decision->engine, id, &err);
    if (active == NULL || !run_queued(active->run))
        return false;
    if (say(active, EVENT_RUN_MERGED, QUELL_STR(""),
            run_merge_data(decision->arena, &decision->run), &err)) {
        log_line(LOG_LEVEL_ERROR, "run=%.*s %s", QUELL_ARG(id), err.message);
        return false;
    }
    active_describe(active);
    return true;
}

/* ---- concurrency -------------------------------------------------------------------------------
 */

/* False: it does not start. */
static bool ask_group(struct decision *decision)
{
    const struct playbook_concurrency *rule = &decision->playbook->start.concurrency;
    struct quell_str id = decision->playbook->id, group = decision->run.group;
    struct group_count count;

    if (rule->group.expr == NULL)
        return true;
    count = group_count(decision->engine, id, group);
    if (count.running + count.queued < rule->max && count.queued == 0)
        return true;
    switch (rule->on_conflict) {
    case CONFLICT_SKIP:
        refuse(decision, "skipped", QUELL_STR("concurrency: a run of its group is under way"),
               arena_str(decision->arena, count.first.len ? count.first : count.waiting));
        return false;
    case CONFLICT_MERGE:
        if (count.queued == 0 || !merge(decision, arena_str(decision->arena, count.waiting)))
            break;
        remember_merged(decision, count.waiting);
        refuse(decision, "merged", QUELL_STR("concurrency: the run that waits is about it now"),
               arena_str(decision->arena, count.waiting));
        return false;
    case CONFLICT_CANCEL_RUNNING:
        group_cancel(decision->engine, id, group);
        break;
    case CONFLICT_QUEUE:
        break;
    }
    decision->crowded = true;
    if (decision->run.queued == NULL)
        decision->run.queued = "turn";
    return true;
}

/* ---- the decision ------------------------------------------------------------------------------
 */

static bool is_refused(struct decision *decision)
{
    const struct playbook *playbook = decision->playbook;
    enum on_breach breach =
        decision->start->by_hand ? BREACH_NOTIFY : quality_state(decision->engine, playbook);
    bool expired = loop_now_us(decision->engine->loop) >= playbook->start.expires_us;

    if (playbook->state == PLAYBOOK_OFF)
        refuse(decision, "off", QUELL_STR("the playbook is off"), QUELL_STR(""));
    else if (expired)
        refuse(decision, "expired", QUELL_STR("the playbook has expired"), QUELL_STR(""));
    else if (breach == BREACH_OFF)
        refuse(decision, "off", QUELL_STR("quality: too few of its incidents were true positives"),
               QUELL_STR(""));
    else if (decision->start->wrote.len)
        refuse(decision, "own-change", QUELL_STR("all that changed is what quell itself wrote"),
               decision->start->wrote);
    else if (decision->start->exclusive.len)
        refuse(decision, "skipped",
               arena_format(decision->arena, "exclusive: `%.*s` took the event",
                            QUELL_ARG(decision->start->exclusive)),
               QUELL_STR(""));
    if (breach == BREACH_SHADOW)
        decision->run.mode = RUN_SHADOW;
    return decision->made->reason != NULL;
}

static bool is_held_back(struct decision *decision)
{
    if (decision->dedupe.start == POLICY_LINKED) {
        remember(decision, "dedupe", decision->dedupe_key, &decision->dedupe, QUELL_STR(""));
        refuse(decision, "deduped", decision->dedupe.detail, decision->dedupe.run);
        return true;
    }
    if (decision->throttle.start == POLICY_STARTS || decision->throttle.start == POLICY_WAITS)
        return false;
    remember(decision, "throttle", decision->throttle_key, &decision->throttle, QUELL_STR(""));
    if (decision->playbook->start.throttle.kind == THROTTLE_ONCE_AFTER &&
        merge(decision, decision->throttle.run)) {
        remember_merged(decision, decision->throttle.run);
        refuse(decision, "merged", decision->throttle.detail, decision->throttle.run);
    } else
        refuse(decision, "throttled", decision->throttle.detail, decision->throttle.run);
    return true;
}

/* Over `limits: runs` the run waits for a person, or does not start; false: that. Asked before
 * anything is done for it, such as to end another run. */
static bool ask_runs(struct decision *decision, struct quell_str *why)
{
    const struct playbook *playbook = decision->playbook;

    *why = QUELL_STR("");
    if (usage_allows_run(decision->engine, playbook, why) || !playbook->start.limits.fails)
        return true;
    refuse(decision, "throttled", *why, QUELL_STR(""));
    return false;
}

static void take_run(struct decision *decision, struct quell_str why)
{
    if (why.len == 0) {
        usage_take_run(decision->engine, decision->playbook);
        return;
    }
    decision->run.queued = "release";
    decision->run.reason = why;
    decision->run.begins_us = 0;
    decision->engine->counters.runs_held++;
}

/* The run that quell_apply() asked for keeps to its plan, and so do those that it calls. */
static void bind(struct active *active, const struct start *start)
{
    struct quell_value bound = start->bound;
    struct quell_error err;
    enum quell_code code;

    if (start->by_hand && active->engine->bound) {
        bound = *active->engine->bound;
        active->engine->bound = NULL;
    }
    if (quell_is_null(bound))
        return;
    code = say(active, EVENT_RUN_BOUND, QUELL_STR(""), bound, &err);
    assert(code == QUELL_OK); /* it has just begun */
    (void)code;
}

static struct active *begin_run(struct decision *decision)
{
    const struct start *start = decision->start;
    struct arena *arena = turn_commit(decision->engine)->arena;

    if (start->parent == NULL)
        return run_begin_with(decision->engine, start->loaded, &decision->run, decision->err);
    return run_begin_data(decision->engine, start->loaded,
                          run_child_data(arena,
                                         run_start_value(arena, decision->playbook, &decision->run),
                                         start->parent),
                          decision->err);
}

static enum quell_code begin(struct decision *decision)
{
    struct quell *engine = decision->engine;
    bool held = decision->run.reason.len > 0;
    struct active *active = begin_run(decision);

    if (active == NULL)
        return decision->err->code;
    bind(active, decision->start);
    quality_started(engine, decision->playbook, decision->run.incident);
    remember(decision, "dedupe", decision->dedupe_key, &decision->dedupe, run_id(active->run));
    remember(decision, "throttle", decision->throttle_key, &decision->throttle,
             run_id(active->run));
    if (decision->run.group.len) /* one that a limit holds has its place in the group, if any */
        group_join(engine, active->run, decision->crowded || (decision->run.queued && !held),
                   held ? INT64_MAX : decision->run.begins_us);
    if (decision->run.queued)
        groups_look(engine); /* those in its way may have ended while it was decided */
    decision->made->active = active;
    decision->made->run = run_id(active->run);
    decision->made->reason = decision->run.queued ? "queued" : NULL;
    return QUELL_OK;
}

static enum quell_code decide(struct decision *decision)
{
    struct quell *engine = decision->engine;
    const struct playbook *playbook = decision->playbook;
    struct run_world world = generation_world(engine->generation);
    struct quell_str why;
    enum quell_code code;

    if (playbook->start.asks_last_success)
        decision->run.last_success = last_success(engine, playbook);
    code = run_start_inputs(decision->arena, playbook, decision->start->given, &decision->run,
                            &world, &decision->run.inputs, decision->err);
    if (code == QUELL_OK)
        code = ask_dedupe(decision);
    if (code == QUELL_OK)
        code = ask_throttle(decision);
    if (code == QUELL_OK && playbook->start.concurrency.group.expr)
        code = evaluate(decision, &playbook->start.concurrency.group, "concurrency.group",
                        &decision->run.group);
    if (code)
        return code;
    if (is_held_back(decision))
        return QUELL_OK;
    if (decision->throttle.start == POLICY_WAITS) {
        decision->run.queued = "time";
        decision->run.begins_us = decision->throttle.until_us;
    }
    if (!ask_runs(decision, &why) || !ask_group(decision))
        return QUELL_OK;
    take_run(decision, why);
    return begin(decision);
}

void start_run(struct quell *engine, struct arena *arena, const struct start *start,
               struct started *made, struct quell_error *err)
{
    const struct playbook *playbook = start->loaded->playbook;
    struct decision decision = {
        .engine = engine,
        .arena = arena,
        .start = start,
        .playbook = playbook,
        .run = {.incident = start->incident,
                .alert = start->alert,
                .event = start->event,
                .mode = playbook->state == PLAYBOOK_SHADOW || start->shadow ? RUN_SHADOW : RUN_LIVE,
                .by = start->by,
                .pins = start->pins},
        .made = made,
        .err = err};

    *made = (struct started){.run = QUELL_STR("")};
    if (is_refused(&decision))
        return;
    if (decide(&decision))
        fail(&decision);
}

/* ---- runs that did not begin at once -----------------------------------------------------------
 */

void run_start_now(struct active *active)
{
    struct quell_error err = {0};
    struct map_builder map = {.arena = turn_commit(active->engine)->arena};

    if (say(active, EVENT_RUN_BEGUN, QUELL_STR(""), map_made(&map), &err))
        log_line(LOG_LEVEL_ERROR, "run=%.*s %s", QUELL_ARG(run_id(active->run)), err.message);
    else
        advance(active);
}

void start_advanced(struct active *active)
{
    struct quell *engine = active->engine;
    const struct run *run = active->run;

    if (run_ended(run) && run_playbook(run)->start.asks_last_success &&
        str_is(quell_str_of(run_state(run)), "succeeded") && !engine->broken)
        note_success(engine, run);
    if (run_ended(run) && run_group(run).len)
        group_leave(engine, run);
    if (!run_waits_for(run, "time") || active_now_us(active) < run_begins_us(run))
        return;
    if (run_group(run).len)
        groups_look(engine); /* it may have to wait for its turn */
    else
        run_start_now(active);
}

void run_end_early(struct quell *engine, struct quell_str id, struct quell_str by,
                   struct quell_str reason)
{
    struct quell_error err = {0};
    struct active *active = active_wake(engine, id, &err);

    if (active == NULL || !run_cancellable(active->run))
        return;
    if (say(active, EVENT_RUN_CANCELLING, QUELL_STR(""),
            run_cancel_data(turn_commit(engine)->arena, by, reason), &err))
        log_line(LOG_LEVEL_ERROR, "run=%.*s %s", QUELL_ARG(id), err.message);
    else if (!active->deciding) /* else it is decided in there */
        advance(active);
}

/* ---- open and close ----------------------------------------------------------------------------
 */

enum quell_code starts_open(struct quell *engine, struct quell_error *err)
{
    engine->starts = memory_new(sizeof(*engine->starts));
    engine->starts->usage = usage_of(engine);
    engine->starts->memory = memory_of(engine);
    engine->starts->gate = gate_of(engine);
    engine->starts->catalog = catalog_of(engine);
    return groups_load(engine, err);
}

void starts_set_world(const struct quell *engine, struct run_world *world)
{
    world->usage = engine->starts ? &engine->starts->usage : NULL;
    world->memory = engine->starts ? &engine->starts->memory : NULL;
    world->policy = engine->generation->policy;
    world->gate = engine->starts ? &engine->starts->gate : NULL;
    if (engine->starts)
        world->catalog = &engine->starts->catalog;
}

void starts_free(struct quell *engine)
{
    if (engine->starts == NULL)
        return;
    schedules_free(engine->starts);
    groups_free(engine->starts);
    marks_free(engine->starts);
    memory_free(engine->starts);
    engine->starts = NULL;
}
