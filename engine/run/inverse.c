/*
 * inverse.c - the call that an action's manifest names to take it back: what the intent of the
 * action says about it before anything is sent, its inputs when it is to be made, and whether there
 * is still something of ours to take back.
 *
 * What the intent has is what is sent later, even when the manifest has changed since; only what
 * the answer alone could tell is evaluated then.
 */
#include <stdio.h>

#include "base/str.h"
#include "run/undo.h"
#include "value/value.h"

/* ---- before the action -------------------------------------------------------------------------
 */

struct told {
    struct map_builder with, from; /* values that are known, and the source of the others */
};

/* A secret is told by where it comes from, too. */
static void tell_input(struct run *run, const struct inverse_input *input,
                       const struct cel_scope *scope, struct told *told)
{
    struct quell_str name = quell_str_of(input->name);
    struct cel_fault fault = {0};
    struct quell_value value;

    if (cel_eval(input->expr, scope, run->scratch, &value, &fault) || value_has_unknown(value) ||
        value_has_secret(value))
        map_put(&told->from, name, quell_string(cel_source(input->expr)));
    else
        map_put(&told->with, name, value_copy(run->arena, value));
}

static struct told tell_inputs(struct run *run, const struct step *call, struct quell_value input)
{
    struct map_builder vars = {.arena = run->scratch};
    struct told told = {.with = {.arena = run->arena}, .from = {.arena = run->arena}};
    struct cel_scope scope = {0};
    const struct inverse_input *each;

    map_add(&vars, "input", input);
    map_add(&vars, "output", quell_unknown(QUELL_STR("it is not answered yet")));
    scope.vars = map_made(&vars);
    for (each = call->inverse; each->name; each++)
        tell_input(run, each, &scope, &told);
    arena_reset(run->scratch);
    return told;
}

/* The newest read of the run that looked at the same as the inverse will look at. */
struct prior_search {
    const struct step *look;
    struct quell_value with;
    const struct instance *found;
};

static void find_prior(const struct instance *instance, void *user)
{
    struct prior_search *search = user;
    size_t i;

    if (instance->step->kind != STEP_USES || instance->step->action != search->look->action ||
        !quell_str_equal(instance->step->connection, search->look->connection) ||
        instance->status != STEP_SUCCEEDED || value_has_secret(instance->output) ||
        (search->found && search->found->ended_seq > instance->ended_seq))
        return;
    for (i = 0; i < quell_count(search->with); i++) {
        const struct quell_pair *pair = &search->with.as.pairs[i];
        struct quell_value given = quell_null();
        (void)quell_find(instance->input, quell_str(pair->key), &given); /* absent reads as null */
        if (!value_equal(given, pair->value))
            return;
    }
    search->found = instance;
}

static struct quell_value prior_of(struct run *run, const struct step *look,
                                   struct quell_value input)
{
    struct told told = tell_inputs(run, look, input);
    struct prior_search search = {.look = look, .with = map_made(&told.with)};

    if (told.from.count == 0)
        run_each_instance(run, find_prior, &search);
    return search.found ? search.found->output : quell_text("unknown");
}

static void add_actions(struct list_builder *list, const struct step_list *steps)
{
    size_t i;

    for (i = 0; i < steps->count; i++) {
        if (steps->items[i]->uses.len)
            list_add(list, quell_string(steps->items[i]->uses));
        add_actions(list, &steps->items[i]->steps);
        add_actions(list, &steps->items[i]->otherwise);
    }
}

struct quell_value undo_record(struct run *run, const struct instance *instance,
                               struct quell_value input)
{
    const struct step_list *steps = &instance->step->undo_steps;
    const struct step *call = steps->count ? steps->items[steps->count - 1] : NULL;
    struct map_builder map = {.arena = run->arena};
    struct list_builder own = {.arena = run->arena};
    struct told told;

    if (call == NULL || run->mode != RUN_LIVE)
        return quell_null();
    if (call->inverse == NULL) {
        add_actions(&own, steps);
        map_add(&map, "steps", list_made(&own));
        return map_made(&map);
    }
    told = tell_inputs(run, call, input);
    map_add(&map, "action", quell_string(call->uses));
    map_add(&map, "connection", quell_string(call->connection));
    map_add(&map, "with", map_made(&told.with));
    if (told.from.count)
        map_add(&map, "from", map_made(&told.from));
    map_add(&map, "prior",
            steps->count > 1 ? prior_of(run, steps->items[0], input) : quell_text("unknown"));
    return map_made(&map);
}

/* ---- when it is to be made ---------------------------------------------------------------------
 */

static bool is_recorded(const struct step *step, const struct instance *undoes, const char *name,
                        struct quell_value *value)
{
    return quell_str_equal(quell_get_str(undoes->inverse, "action"), step->uses) &&
           quell_find(quell_get(undoes->inverse, "with"), quell_str_of(name), value);
}

enum quell_code undo_arguments(struct run *run, const struct step *step,
                               const struct instance *undoes, struct quell_value *given,
                               struct quell_value *error)
{
    struct map_builder vars = {.arena = run->scratch}, map = {.arena = run->arena};
    struct cel_scope scope = {0};
    const struct inverse_input *input;
    enum quell_code code = QUELL_OK;

    map_add(&vars, "input", undoes->input);
    map_add(&vars, "output", undoes->output);
    scope.vars = map_made(&vars);
    for (input = step->inverse; input->name && code == QUELL_OK; input++) {
        struct cel_fault fault = {0};
        struct quell_value value;
        if (is_recorded(step, undoes, input->name, &value)) {
            map_add(&map, input->name, value);
            continue;
        }
        code = cel_eval(input->expr, &scope, run->scratch, &value, &fault);
        if (code)
            *error = scope_error(run, quell_code_name(code), "%.*s: `%s`: %s",
                                 QUELL_ARG(step->uses), input->name, fault.message);
        else
            map_add(&map, input->name, value_copy(run->arena, value));
    }
    arena_reset(run->scratch);
    *given = map_made(&map);
    return code;
}

/* False only when the guard says so: in a plan it may not be known. */
static enum quell_code judge_guard(struct run *run, const struct step *step,
                                   const struct cel *guard, const struct cel_scope *scope,
                                   bool *holds, struct quell_value *error)
{
    struct cel_fault fault = {0};
    struct quell_value value = quell_bool(true);
    enum quell_code code = guard ? cel_eval(guard, scope, run->scratch, &value, &fault) : QUELL_OK;

    if (code == QUELL_OK && !quell_is(value, QUELL_BOOL) && !may_be_unknown(run, value)) {
        code = QUELL_INVALID;
        (void)snprintf(fault.message, sizeof(fault.message), "it gave neither true nor false");
    }
    if (code)
        *error = scope_error(run, quell_code_name(code), "whether %.*s is needed is not known: %s",
                             QUELL_ARG(step->uses), fault.message);
    *holds = !quell_is(value, QUELL_BOOL) || value.as.boolean;
    return code;
}

enum quell_code undo_is_ours(struct run *run, const struct instance *instance, bool *ours,
                             struct quell_str *reason, struct quell_value *error)
{
    const struct step *step = instance->step;
    const struct instance *undoes = instance->frame->undoes;
    struct map_builder vars = {.arena = run->scratch};
    struct cel_scope scope = {0};
    enum quell_code code;

    map_add(&vars, "input", undoes->input);
    map_add(&vars, "output", undoes->output);
    map_add(&vars, "now", instance->frame->instances[0].output);
    scope.vars = map_made(&vars);
    code = judge_guard(run, step, step->guard.changed, &scope, ours, error);
    *reason = QUELL_STR("left alone: it was so before the run");
    if (code == QUELL_OK && *ours) {
        code = judge_guard(run, step, step->guard.same, &scope, ours, error);
        *reason = QUELL_STR("left alone: it was changed by others since");
    }
    arena_reset(run->scratch);
    return code;
}
