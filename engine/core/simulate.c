/*
 * simulate.c - how the calls of a plan are answered: reads are really done where nothing stands in
 * front of them that is only supposed; the answers of all else are made up from the manifests.
 */
#include "base/error.h"
#include "base/str.h"
#include "core/plan.h"
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

static const struct call_events read_events = {
    .sending = read_sending, .sleeping = read_sleeping, .ended = read_ended};

/* True when the answer is there before the plan's time is up. */
static bool read_really(struct plan *plan, struct connection *connection,
                        const struct run_call *call, struct call_outcome *outcome)
{
    struct loop *loop = plan->engine->loop;
    struct reading reading = {.arena = plan->arena};

    if (plan->reads == NULL)
        plan->reads = call_host_new(loop);
    reading.call = call_start(plan->reads,
                              &(struct call_request){
                                  .connector = call->step->connector,
                                  .action = call->action,
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

/* ---- answers -----------------------------------------------------------------------------------
 */

static struct quell_value answer_data(struct arena *arena, struct quell_value output,
                                      const struct quell_error *error, bool simulated)
{
    struct map_builder map = {.arena = arena}, fault = {.arena = arena};

    map_add(&map, "outcome", quell_text(error ? "failed" : "succeeded"));
    map_add(&map, "output", output);
    if (error) {
        map_add(&fault, "code", quell_text(quell_code_name(error->code)));
        if (error->status)
            map_add(&fault, "status", quell_int(error->status));
        map_add(&fault, "message", value_copy_str(arena, quell_str_of(error->message)));
        map_add(&map, "error", map_made(&fault));
    }
    if (simulated)
        map_add(&map, "simulated", quell_bool(true));
    return map_made(&map);
}

/* A service that has no time now says nothing about the run to come. */
static bool may_pass(enum quell_code code)
{
    return code == QUELL_THROTTLED || code == QUELL_UNAVAILABLE || code == QUELL_TIMED_OUT;
}

/* Reads that stand behind an approval, or a branch that may not be taken, are not anticipated. */
static struct connection *connection_to_read(const struct plan *plan, const struct run_call *call,
                                             struct connection *configured)
{
    bool reads = call->action->effect == QUELL_READS;

    return reads && plan->usual && !plan->options.offline && !value_has_unknown(call->input)
               ? configured
               : NULL;
}

struct quell_value plan_answer(struct plan *plan, const struct run_call *call,
                               struct plan_call *shown)
{
    const struct quell_action *action = call->action;
    const struct generation *generation = plan->engine->generation;
    struct connection *configured =
        connections_find(generation->connections, call->step->connector, call->connection);
    struct connection *connection = connection_to_read(plan, call, configured);
    struct quell_value data;
    struct quell_error lacks = {0};
    struct call_outcome outcome = {0};
    struct quell_str why;
    bool late = false;

    shown->verdict = PLAN_DONE;
    if (plan->options.answer && plan->options.answer(call, plan->arena, &data, plan->options.user))
        return data;
    if (!configured && !plan->options.offline && generation->config_path &&
        connection_missing(call->step->connector, call->connection, &lacks))
        shown->error = arena_str(plan->arena, quell_str_of(lacks.message));
    if (connection) {
        late = !read_really(plan, connection, call, &outcome);
        if (!late && outcome.code)
            shown->error = arena_str(plan->arena, quell_str_of(outcome.error.message));
        if (!late && !may_pass(outcome.code))
            return answer_data(plan->arena, outcome.output, outcome.code ? &outcome.error : NULL,
                               false);
    }
    shown->verdict = action->effect == QUELL_READS ? PLAN_UNKNOWN : PLAN_WOULD;
    why = arena_format(plan->arena, "%s %.*s", late ? "not answered in time:" : "known after",
                       QUELL_ARG(call->path));
    return answer_data(plan->arena, simulate_output(plan->arena, action, call->input, why, false),
                       NULL, true);
}
