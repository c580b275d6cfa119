/*
 * step_ask.c - `ask`: a form for a person. The defaults are worked out when it is asked and
 * journaled with it; the answers are checked against the form before they are journaled.
 */
#include "base/error.h"
#include "policy/approval.h"
#include "run/question.h"
#include "value/fields.h"
#include "value/json.h"
#include "value/value.h"

/* The default of one field, or null. */
static enum quell_code default_of(struct run *run, const struct instance *instance,
                                  const struct playbook_input *input, struct quell_value *value,
                                  struct quell_value *error)
{
    struct playbook_text text = {.text = input->fallback, .place = instance->step->place};
    struct quell_error err;

    *value = quell_null();
    if (input->fallback)
        return scope_eval(run, instance->frame, &text, value, error);
    if (input->field.fallback == NULL)
        return QUELL_OK;
    return json_read(run->arena, quell_str_of(input->field.fallback), 0, value, NULL, &err);
}

static enum quell_code describe(struct run *run, const struct instance *instance,
                                const struct playbook_input *input, struct quell_value *row,
                                struct quell_value *error)
{
    struct map_builder map = {.arena = run->arena};
    struct list_builder words = {.arena = run->arena};
    struct quell_value fallback;
    enum quell_code code = default_of(run, instance, input, &fallback, error);
    size_t i;

    if (code)
        return code;
    map_add(&map, "name", quell_string(input->name));
    map_add(&map, "type", quell_text(input->type_name));
    for (i = 0; input->field.words && input->field.words[i]; i++)
        list_add(&words, quell_text(input->field.words[i]));
    if (words.count)
        map_add(&map, "of", list_made(&words));
    map_add(&map, "required", quell_bool(input->field.flags & QUELL_REQUIRED));
    map_add(&map, "default", fallback);
    map_add(&map, "description", input->field.doc ? quell_text(input->field.doc) : quell_null());
    *row = map_made(&map);
    return QUELL_OK;
}

static enum quell_code make_form(struct decision *decision, const struct instance *instance,
                                 struct map_builder *data, struct quell_value *error)
{
    const struct step_ask *ask = instance->step->ask;
    struct list_builder form = {.arena = decision->run->arena};
    size_t i;

    for (i = 0; i < ask->form_count; i++) {
        struct quell_value row;
        enum quell_code code = describe(decision->run, instance, &ask->form[i], &row, error);
        if (code)
            return code;
        list_add(&form, row);
    }
    map_add(data, "form", list_made(&form));
    return question_add(decision, instance, &ask->asking, data, error);
}

static enum flow begin(struct decision *decision, struct instance *instance)
{
    struct map_builder data = {.arena = decision->run->arena};
    struct quell_value error = quell_null();

    if (make_form(decision, instance, &data, &error))
        return step_failed(decision, instance, STEP_FAILED, error);
    emit(decision, EVENT_FORM_ASKED, instance->path, map_made(&data));
    return FLOW_WAITING;
}

/* In a plan: answers that nobody has given yet, or none in time. */
static void suppose(struct decision *decision, struct instance *instance)
{
    static const char *const choices[] = {"answered", "not answered", NULL};
    struct run *run = decision->run;
    const struct step_ask *ask = instance->step->ask;
    struct map_builder data = {.arena = run->arena}, answers = {.arena = run->arena};
    int choice = plan_choice(decision, instance, "ask", QUELL_STR(""), choices);
    size_t i;

    if (choice == 1 && instance->until_us > decision->now_us)
        decision->now_us = instance->until_us;
    if (choice != 0)
        return;
    for (i = 0; i < ask->form_count; i++)
        map_add_key(
            &answers, quell_string(ask->form[i].name),
            quell_unknown(arena_format(run->arena, "answered at %.*s", QUELL_ARG(instance->path))));
    map_add(&data, "answers", map_made(&answers));
    emit(decision, EVENT_FORM_ANSWERED, instance->path, map_made(&data));
}

static enum flow finish(struct decision *decision, struct instance *instance)
{
    struct run *run = decision->run;
    struct quell_value error;
    struct map_builder map = {.arena = run->arena};

    if (instance->status == STEP_SUCCEEDED)
        return step_succeeded(decision, instance);
    error = scope_error(run, "timed-out", "nobody filled in the form in time");
    if (!instance->step->ask->goes_on)
        return step_failed(decision, instance, STEP_TIMED_OUT, error);
    map_add(&map, "status", quell_text(step_status_name(STEP_TIMED_OUT)));
    map_add(&map, "error",
            value_with(run->arena, error, QUELL_STR("step"), quell_string(instance->path)));
    map_add(&map, "caught", quell_bool(true));
    emit(decision, EVENT_STEP_ENDED, instance->path, map_made(&map));
    return FLOW_DONE;
}

enum flow step_advance_ASK(struct decision *decision, struct instance *instance)
{
    struct map_builder data = {.arena = decision->run->arena};

    if (instance->phase == PHASE_STARTED) {
        enum flow flow = begin(decision, instance);
        if (instance->phase != PHASE_ASKING)
            return flow;
    }
    if (instance->phase == PHASE_ASKING && decision->run->mode == RUN_PLAN)
        suppose(decision, instance);
    if (instance->phase == PHASE_ASKING && !decision->run->asking &&
        has_come(decision, instance->until_us)) {
        map_add(&data, "due", value_time_us(instance->until_us));
        emit(decision, EVENT_FORM_EXPIRED, instance->path, map_made(&data));
    }
    if (instance->phase == PHASE_ANSWERED)
        return finish(decision, instance);
    return FLOW_WAITING;
}

/* ---- answers -----------------------------------------------------------------------------------
 */

/* The answers with the defaults of the form that was asked. */
static struct quell_value with_defaults(struct quell_value asked, struct quell_value given,
                                        struct arena *arena)
{
    struct quell_value form = quell_get(asked, "form"), found;
    struct map_builder all = {.arena = arena};
    size_t i;

    for (i = 0; i < quell_count(given); i++)
        map_add_key(&all, given.as.pairs[i].key, given.as.pairs[i].value);
    for (i = 0; i < quell_count(form); i++) {
        struct quell_value row = quell_at(form, i), fallback = quell_get(row, "default");
        if (!quell_is_null(fallback) && !quell_find(given, quell_get_str(row, "name"), &found))
            map_add_key(&all, quell_get(row, "name"), fallback);
    }
    return map_made(&all);
}

static enum quell_code check(const struct step_ask *ask, struct quell_value all,
                             struct arena *arena, struct quell_value *answers,
                             struct quell_error *err)
{
    struct quell_field *table = arena_array(arena, struct quell_field, ask->form_count + 1);
    struct quell_error fault;
    enum quell_code code;
    size_t i;

    for (i = 0; i < ask->form_count; i++)
        table[i] = ask->form[i].field;
    code = fields_check(arena, table, all, answers, err);
    for (i = 0; code == QUELL_OK && i < ask->form_count; i++) {
        struct quell_value made;
        code = playbook_input_check(arena, &ask->form[i],
                                    quell_get(*answers, ask->form[i].field.name), &made, &fault);
        if (code)
            return error_set(err, code, "`%s` %s", ask->form[i].field.name, fault.message);
        if (!quell_is_null(made))
            *answers = value_with(arena, *answers, ask->form[i].name, made);
    }
    return code;
}

enum quell_code run_check_answers(const struct run *run, struct quell_str path,
                                  struct quell_str who, struct quell_value groups,
                                  struct quell_value given, struct arena *arena,
                                  struct quell_value *answers, struct quell_error *err)
{
    const struct instance *instance = run_instance(run, path);
    enum quell_code code;

    if (instance == NULL || instance->phase != PHASE_ASKING || instance->step->kind != STEP_ASK ||
        (instance->step->approve && !instance->gate_passed))
        return error_set(err, QUELL_CONFLICT, "step `%.*s` does not wait for a form",
                         QUELL_ARG(path));
    code = policy_may_answer(quell_get(instance->asked, "of"), groups, who, err);
    if (code)
        return code;
    return check(instance->step->ask, with_defaults(instance->asked, given, arena), arena, answers,
                 err);
}
