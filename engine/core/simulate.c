/*
 * simulate.c - the plan: the same interpreter as a live run, with a dispatch that really reads,
 * makes up the answers of changes from their manifests, and journals nothing.
 */
#include "core/core.h"

#include <assert.h>

#include "base/error.h"
#include "base/limits.h"
#include "base/memory.h"
#include "base/str.h"
#include "match/match.h"
#include "value/fields.h"
#include "value/json.h"
#include "value/value.h"

/* ---- answers from the manifest -----------------------------------------------------------------
 */

/* The input that names the same thing as an output of this name: `device_id`, or plain `id`. */
static bool target_value(const struct quell_action *action, struct quell_value input,
                         const char *output, struct quell_value *found)
{
    const struct quell_target *target;

    for (target = action->targets; target && target->kind; target++) {
        bool named =
            str_is(quell_str_of(output), target->input) || str_is(quell_str_of(output), "id");
        *found = quell_get(input, target->input);
        if (named && quell_is(*found, QUELL_STRING))
            return true;
    }
    return false;
}

struct quell_value simulate_output(struct arena *arena, const struct quell_action *action,
                                   struct quell_value input, struct quell_str why, bool example)
{
    struct map_builder map = {.arena = arena};
    const struct quell_field *field;
    struct quell_value shown = quell_null(), found;
    struct quell_error ignored;

    if (action->example &&
        json_read(arena, quell_str_of(action->example), 0, &shown, NULL, &ignored))
        shown = quell_null();
    for (field = action->outputs; field && field->name; field++) {
        if (target_value(action, input, field->name, &found))
            map_add(&map, field->name, found);
        else if (example)
            map_add(&map, field->name, quell_get(shown, field->name));
        else
            map_add(&map, field->name, quell_unknown(why));
    }
    return map_made(&map);
}

/* ---- one read, really done ---------------------------------------------------------------------
 */

struct reading {
    struct arena *arena;
    bool done;
    struct call_outcome outcome;
    struct call *call;
    bool proceed;
};

static void read_sending(struct call *call, struct quell_value state, bool changes, void *user)
{
    struct reading *reading = user;

    (void)call;
    (void)state;
    if (changes) { /* a read that wants to change something is a faulty connector */
        reading->done = true;
        reading->outcome.code = QUELL_DENIED;
        (void)error_set(&reading->outcome.error, QUELL_DENIED,
                        "the action says it reads, and wants to send a change");
        return;
    }
    reading->proceed = true;
}

static void read_sleeping(struct call *call, struct quell_value state, int64_t until_us, void *user)
{
    (void)until_us;
    read_sending(call, state, false, user);
}

static void read_ended(struct call *call, const struct call_outcome *outcome, void *user)
{
    struct reading *reading = user;

    (void)call;
    reading->done = true;
    reading->outcome = *outcome;
    reading->outcome.output = value_copy(reading->arena, outcome->output);
}

static const struct call_events read_events = {read_sending, read_sleeping, read_ended, NULL};

struct plan {
    struct quell *engine;
    struct arena *arena;
    struct run *run;
    struct call_host *calls;
    bool offline;
    int64_t deadline_us; /* monotonic */
    uint64_t seq;
    struct list_builder rows;
    size_t totals[4], skipped, unknown;
};

/* True when the answer is there before the plan's time is up. */
static bool read_really(struct plan *plan, struct connection *connection,
                        const struct run_call *call, struct call_outcome *outcome)
{
    struct loop *loop = plan->engine->loop;
    struct reading reading = {.arena = plan->arena};

    if (plan->calls == NULL)
        plan->calls = call_host_new(loop);
    reading.call = call_start(plan->calls,
                              &(struct call_request){
                                  .connector = call->step->connector,
                                  .action = call->step->action,
                                  .connection = connection,
                                  .run = run_id(plan->run),
                                  .step = call->path,
                                  .key = call->key,
                                  .attempt = call->attempt,
                                  .input = call->input,
                              },
                              &read_events, &reading);
    while (!reading.done) {
        int64_t left_ms = (plan->deadline_us - loop_monotonic_us(loop)) / 1000;
        if (left_ms <= 0)
            break;
        if (reading.proceed) {
            reading.proceed = false;
            call_proceed(reading.call);
            continue;
        }
        loop_once(loop, left_ms);
    }
    call_free(reading.call);
    *outcome = reading.outcome;
    return reading.done;
}

/* ---- dispatch of a plan ------------------------------------------------------------------------
 */

static void answered(struct plan *plan, struct quell_str path, struct quell_value output,
                     const struct quell_error *error, bool simulated)
{
    struct map_builder map = {.arena = plan->arena}, fault = {.arena = plan->arena};
    struct event event = {.seq = run_seq(plan->run) + 1,
                          .at_us = run_updated_us(plan->run),
                          .kind = EVENT_CALL_ENDED,
                          .path = path};
    struct quell_error err;
    enum quell_code code;

    map_add(&map, "outcome", quell_text(error ? "failed" : "succeeded"));
    map_add(&map, "output", output);
    if (error) {
        map_add(&fault, "code", quell_text(quell_code_name(error->code)));
        if (error->status)
            map_add(&fault, "status", quell_int(error->status));
        map_add(&fault, "message", value_copy_str(plan->arena, quell_str_of(error->message)));
        map_add(&map, "error", map_made(&fault));
    }
    if (simulated)
        map_add(&map, "simulated", quell_bool(true));
    event.data = map_made(&map);
    code = run_apply(plan->run, &event, &err);
    assert(code == QUELL_OK); /* it answers a call that was just scheduled */
}

static const char *const effect_names[] = {"reads", "notes", "changes", "disrupts"};

static struct quell_value plan_row(struct arena *arena, const struct step *step,
                                   struct quell_str path, const char *verdict)
{
    struct map_builder map = {.arena = arena};

    map_add(&map, "step", step->id_given ? quell_string(step->id) : quell_null());
    map_add(&map, "path", quell_string(path));
    map_add(&map, "action", quell_string(step->uses));
    map_add(&map, "effect", quell_text(effect_names[step->action->effect]));
    map_add(&map, "verdict", quell_text(verdict));
    return map_made(&map);
}

static void add_row(struct plan *plan, const struct run_call *call, const char *verdict,
                    struct quell_str maybe, struct quell_value targets,
                    const struct quell_error *error)
{
    struct arena *arena = plan->arena;
    const struct quell_action *action = call->step->action;
    struct quell_value row = plan_row(arena, call->step, call->path, verdict);

    row = value_with(arena, row, QUELL_STR("with"), call->input);
    row = value_with(arena, row, QUELL_STR("targets"), targets);
    row = value_with(arena, row, QUELL_STR("undo"),
                     action->undo.action ? quell_text(action->undo.action) : quell_null());
    if (maybe.len)
        row = value_with(arena, row, QUELL_STR("if"), value_copy_str(arena, maybe));
    if (error)
        row = value_with(arena, row, QUELL_STR("error"),
                         value_copy_str(arena, quell_str_of(error->message)));
    list_add(&plan->rows, row);
    plan->totals[action->effect]++;
    plan->unknown += str_is(quell_str_of(verdict), "unknown");
}

static struct quell_str why_unknown(struct plan *plan, const struct run_call *call, bool late)
{
    return arena_format(plan->arena, "%s %.*s", late ? "not answered in time:" : "known after",
                        QUELL_ARG(call->path));
}

/* A service that has no time now says nothing about the run to come. */
static bool may_pass(enum quell_code code)
{
    return code == QUELL_THROTTLED || code == QUELL_UNAVAILABLE || code == QUELL_TIMED_OUT;
}

static void simulate(struct plan *plan, const struct run_call *call, struct quell_str maybe,
                     struct quell_value targets)
{
    const struct quell_action *action = call->step->action;
    bool reads = action->effect == QUELL_READS, late = false;
    struct connection *configured = connections_find(plan->engine->generation->connections,
                                                     call->step->connector, call->connection);
    struct connection *connection = reads && !plan->offline && maybe.len == 0 ? configured : NULL;
    bool missing = !configured && !plan->offline && plan->engine->generation->config_path;
    const struct quell_error *error = NULL;
    struct quell_error lacks = {0};
    struct call_outcome outcome = {0};

    if (missing && connection_missing(call->step->connector, call->connection, &lacks))
        error = &lacks;

    if (connection && !value_has_unknown(call->input)) {
        late = !read_really(plan, connection, call, &outcome);
        if (!late && outcome.code)
            error = &outcome.error;
        if (!late && !may_pass(outcome.code)) {
            add_row(plan, call, "done", maybe, targets, error);
            answered(plan, call->path, outcome.output, error, false);
            return;
        }
    }
    add_row(plan, call, reads || maybe.len ? "unknown" : "would", maybe, targets, error);
    answered(
        plan, call->path,
        simulate_output(plan->arena, action, call->input, why_unknown(plan, call, late), false),
        NULL, true);
}

static void dispatch(struct plan *plan, const struct event *event)
{
    struct run_call call;
    struct run_step step;

    if (event->kind != EVENT_CALL_SCHEDULED || !run_find_call(plan->run, event->path, &call) ||
        !run_find_step(plan->run, event->path, &step))
        return;
    simulate(plan, &call, step.maybe, quell_get(event->data, "targets"));
}

/* ---- what was skipped --------------------------------------------------------------------------
 */

static void add_skipped_steps(struct plan *plan, const struct step_list *steps,
                              struct quell_str prefix, struct quell_str reason);

static void add_skipped(struct plan *plan, const struct step *step, struct quell_str path,
                        struct quell_str reason)
{
    struct quell_value row;

    if (step->kind == STEP_USES) {
        row = plan_row(plan->arena, step, path, "skipped");
        row = value_with(plan->arena, row, QUELL_STR("with"), quell_null());
        row = value_with(plan->arena, row, QUELL_STR("targets"), quell_list(NULL, 0));
        row = value_with(plan->arena, row, QUELL_STR("undo"), quell_null());
        row =
            value_with(plan->arena, row, QUELL_STR("because"), value_copy_str(plan->arena, reason));
        list_add(&plan->rows, row);
        plan->skipped++;
    }
    add_skipped_steps(plan, &step->steps, path, reason);
}

static void add_skipped_steps(struct plan *plan, const struct step_list *steps,
                              struct quell_str prefix, struct quell_str reason)
{
    size_t i;

    for (i = 0; i < steps->count; i++)
        add_skipped(plan, steps->items[i],
                    arena_format(plan->arena, "%.*s.%.*s", QUELL_ARG(prefix),
                                 QUELL_ARG(steps->items[i]->id)),
                    reason);
}

/* ---- the walk ----------------------------------------------------------------------------------
 */

static void walk(struct plan *plan)
{
    struct run_events events;

    do {
        struct event *copy;
        size_t i;

        events = run_decide(plan->run, run_updated_us(plan->run));
        /* Answering a call does not decide, so the array stays; but a read turns the loop. */
        copy = arena_array(plan->arena, struct event, events.count);
        for (i = 0; i < events.count; i++)
            copy[i] = events.items[i];
        for (i = 0; i < events.count; i++) {
            struct run_step step;
            if (copy[i].kind == EVENT_STEP_SKIPPED && run_find_step(plan->run, copy[i].path, &step))
                add_skipped(plan, step.step, step.path, step.reason);
            dispatch(plan, &copy[i]);
        }
    } while (events.count && !run_ended(plan->run));
}

struct failure {
    struct plan *plan;
    struct list_builder list;
};

static void add_failure(const struct run_step *step, void *user)
{
    struct failure *failure = user;
    struct arena *arena = failure->plan->arena;
    struct map_builder map = {.arena = arena};

    if (step->status != STEP_FAILED && step->status != STEP_TIMED_OUT)
        return;
    map_add(&map, "path", quell_string(step->path));
    map_add(&map, "message", value_copy(arena, quell_get(step->error, "message")));
    list_add(&failure->list, map_made(&map));
}

static struct quell_value totals(struct plan *plan)
{
    struct map_builder map = {.arena = plan->arena};
    size_t i, all = 0;

    for (i = 0; i < 4; i++) {
        map_add(&map, effect_names[i], quell_int((int64_t)plan->totals[i]));
        all += plan->totals[i];
    }
    map_add(&map, "calls", quell_int((int64_t)all));
    map_add(&map, "unknown", quell_int((int64_t)plan->unknown));
    map_add(&map, "skipped", quell_int((int64_t)plan->skipped));
    return map_made(&map);
}

/* What the trigger says, in one line: a plan of a playbook always plans. */
static struct quell_value trigger_of(struct plan *plan, const struct playbook *playbook,
                                     struct quell_value incident, struct quell_str event)
{
    struct map_builder map = {.arena = plan->arena}, vars = {.arena = plan->arena};
    struct match_report report = {0};
    struct cel_scope scope = {0};
    enum match_verdict verdict;

    map_add(&vars, "config", plan->engine->generation->world.config);
    map_add(&vars, "lists", plan->engine->generation->world.lists);
    scope.vars = map_made(&vars);
    if (playbook->incident == NULL || quell_is_null(incident)) {
        map_add(&map, "verdict", quell_null());
        map_add(&map, "line", quell_null());
        return map_made(&map);
    }
    verdict = trigger_test(playbook->incident, incident, event, &scope, plan->arena, &report);
    map_add(&map, "verdict", quell_text(match_verdict_name(verdict)));
    map_add(&map, "line",
            report.decided_by < report.count
                ? quell_string(report.lines[report.decided_by].condition)
                : quell_null());
    map_add(&map, "conditions", quell_int((int64_t)report.count));
    return map_made(&map);
}

static struct quell_value about_incident(struct arena *arena, struct quell_value incident)
{
    static const char *const keys[] = {"id", "source", "source_id", "number", "title", "severity"};
    struct map_builder map = {.arena = arena};
    size_t i;

    if (quell_is_null(incident))
        return incident;
    for (i = 0; i < sizeof(keys) / sizeof(*keys); i++)
        map_add(&map, keys[i], quell_get(incident, keys[i]));
    return map_made(&map);
}

static enum quell_code start(struct plan *plan, const struct loaded *loaded,
                             struct quell_value incident, struct quell_str given_inputs,
                             struct quell_error *err)
{
    struct generation *generation = plan->engine->generation;
    struct quell_value inputs, given = quell_map(NULL, 0);
    struct event event = {
        .seq = 1, .at_us = loop_now_us(plan->engine->loop), .kind = EVENT_RUN_STARTED};
    enum quell_code code = QUELL_OK;

    if (given_inputs.len)
        code = json_read(plan->arena, given_inputs, LIMIT_DOCUMENT_BYTES, &given, NULL, err);
    if (code == QUELL_OK && !quell_is(given, QUELL_MAP))
        code = error_set(err, QUELL_INVALID, "inputs are a JSON object");
    if (code == QUELL_OK)
        code = run_make_inputs(plan->arena, loaded->playbook, given, incident, &generation->world,
                               &inputs, err);
    if (code)
        return code;
    plan->run = run_new(loaded->playbook, QUELL_STR("plan"));
    run_set_world(plan->run, &generation->world);
    event.data = run_start_data(plan->arena, loaded->playbook, incident, inputs, RUN_PLAN,
                                QUELL_STR("plan"));
    return run_apply(plan->run, &event, err);
}

static struct quell_value describe(struct plan *plan, const struct loaded *loaded,
                                   struct quell_value incident, struct quell_str event)
{
    const struct playbook *playbook = loaded->playbook;
    struct map_builder map = {.arena = plan->arena};
    struct failure failure = {plan, {.arena = plan->arena}};

    run_each_step(plan->run, add_failure, &failure);
    map_add(&map, "playbook", value_copy_str(plan->arena, playbook->id));
    map_add(&map, "revision", value_copy_str(plan->arena, quell_str_of(playbook->revision)));
    map_add(&map, "incident", about_incident(plan->arena, incident));
    map_add(&map, "trigger", trigger_of(plan, playbook, incident, event));
    map_add(&map, "calls", list_made(&plan->rows));
    map_add(&map, "totals", totals(plan));
    map_add(&map, "failures", list_made(&failure.list));
    map_add(&map, "ends", quell_text(run_state(plan->run)));
    return map_made(&map);
}

enum quell_code quell_plan(struct quell *engine, const struct quell_plan_options *options,
                           struct quell_document *document, struct quell_error *err)
{
    struct quell_document made;
    struct arena *arena = document_begin(&made);
    struct plan plan = {.engine = engine, .arena = arena, .rows = {.arena = arena}};
    struct quell_value incident = quell_null();
    struct quell_str event = QUELL_STR(""), delivery;
    struct loaded *loaded = NULL;
    enum quell_code code;

    plan.offline = options->offline;
    plan.deadline_us = loop_monotonic_us(engine->loop) +
                       (options->timeout_ms ? options->timeout_ms : LIMIT_PLAN_MS) * 1000;
    code = playbook_by_name(engine, options->playbook, &loaded, err);
    if (code == QUELL_OK && options->incident.len)
        code = incident_from_text(engine->loop, arena, options->source, options->incident,
                                  &incident, &event, &delivery, err);
    if (code == QUELL_OK)
        code = start(&plan, loaded, incident, options->inputs, err);
    if (code == QUELL_OK) {
        walk(&plan);
        /* What the document holds must outlive the run, whose arena the rows borrow from. */
        made.value = value_copy(arena, describe(&plan, loaded, incident, event));
        *document = made;
    } else {
        arena_free(arena);
    }
    run_free(plan.run);
    if (plan.calls)
        call_host_free(plan.calls);
    loaded_release(loaded);
    return code;
}
