/*
 * start.c - what a run begins with: its first event and its inputs.
 */
#include "base/arena.h"
#include "base/error.h"
#include "run/state.h"
#include "value/fields.h"
#include "value/value.h"

static void add_given(struct map_builder *map, const char *key, struct quell_value value)
{
    if (!quell_is_null(value))
        map_add(map, key, value);
}

static void add_subject(struct map_builder *map, const struct run_start *start)
{
    map_add(map, "incident", start->incident);
    add_given(map, "alert", start->alert);
    add_given(map, "event", start->event);
    map_add(map, "inputs", start->inputs);
}

struct quell_value run_start_value(struct arena *arena, const struct playbook *playbook,
                                   const struct run_start *start)
{
    struct map_builder map = {.arena = arena};

    map_add(&map, "playbook", quell_string(playbook->id));
    map_add(&map, "revision", quell_text(playbook->revision));
    map_add(&map, "mode", quell_text(run_mode_name(start->mode)));
    map_add(&map, "by", quell_string(start->by));
    add_subject(&map, start);
    add_given(&map, "last_success_at", start->last_success);
    if (start->group.len)
        map_add(&map, "group", quell_string(start->group));
    if (start->queued)
        map_add(&map, "queued", quell_text(start->queued));
    if (start->begins_us)
        map_add(&map, "begins", value_time_us(start->begins_us));
    if (start->reason.len)
        map_add(&map, "reason", quell_string(start->reason));
    add_given(&map, "pins", start->pins);
    return map_made(&map);
}

struct quell_value run_keyed_data(struct arena *arena, struct quell_value start_data,
                                  struct quell_str key)
{
    return value_with(arena, start_data, QUELL_STR("digest_key"),
                      value_sensitive(quell_string(key)));
}

struct quell_value run_child_data(struct arena *arena, struct quell_value start_data,
                                  const struct run_parent *parent)
{
    struct map_builder map = {.arena = arena};

    map_add(&map, "run", value_copy_str(arena, parent->run));
    map_add(&map, "step", value_copy_str(arena, parent->step));
    map_add(&map, "root", value_copy_str(arena, parent->root));
    map_add(&map, "depth", quell_int(parent->depth));
    map_add(&map, "by", value_copy_str(arena, parent->by));
    return value_with(arena, start_data, QUELL_STR("parent"), map_made(&map));
}

struct quell_value run_merge_data(struct arena *arena, const struct run_start *start)
{
    struct map_builder map = {.arena = arena};

    add_subject(&map, start);
    return map_made(&map);
}

struct quell_value run_start_data(struct arena *arena, const struct playbook *playbook,
                                  struct quell_value incident, struct quell_value inputs,
                                  enum run_mode mode, struct quell_str by)
{
    struct run_start start = {.incident = incident, .inputs = inputs, .mode = mode, .by = by};

    return run_start_value(arena, playbook, &start);
}

static struct map_builder scope_of(struct arena *arena, const struct run_start *start,
                                   const struct run_world *world)
{
    struct map_builder vars = {.arena = arena};

    map_add(&vars, "incident", start->incident);
    map_add(&vars, "alert", start->alert);
    map_add(&vars, "event", start->event);
    map_add(&vars, "config", world->config);
    map_add(&vars, "lists", world->lists);
    return vars;
}

struct quell_value run_start_scope(struct arena *arena, const struct playbook *playbook,
                                   const struct run_start *start, const struct run_world *world)
{
    struct map_builder vars = scope_of(arena, start, world);

    map_add(&vars, "inputs", start->inputs);
    map_add(&vars, "playbook", scope_playbook(arena, playbook));
    return map_made(&vars);
}

struct quell_value run_cancel_data(struct arena *arena, struct quell_str by,
                                   struct quell_str reason)
{
    struct map_builder map = {.arena = arena}, error = {.arena = arena};

    map_add(&error, "code", quell_text("cancelled"));
    map_add(&error, "message",
            value_format(arena, "cancelled by %.*s%s%.*s", QUELL_ARG(by), reason.len ? ": " : "",
                         QUELL_ARG(reason)));
    map_add(&map, "by", value_copy_str(arena, by));
    map_add(&map, "reason", value_copy_str(arena, reason));
    map_add(&map, "error", map_made(&error));
    return map_made(&map);
}

/* The default of one input; absent stays absent. */
static enum quell_code fallback(struct arena *arena, const struct playbook_input *input,
                                const struct cel_scope *scope, struct map_builder *map,
                                struct quell_error *err)
{
    struct cel_fault fault = {0};
    struct quell_value value;
    enum quell_code code;

    if (input->fallback == NULL)
        return QUELL_OK;
    code = cel_template_eval(input->fallback, scope, arena, &value, &fault);
    if (code)
        return error_set(err, code, "input `%.*s`: its default: %s", QUELL_ARG(input->name),
                         fault.message);
    map_add_key(map, quell_string(input->name), value);
    return QUELL_OK;
}

/* What the field table cannot say of each input; *inputs becomes a copy. */
static enum quell_code check_inputs(struct arena *arena, const struct playbook *playbook,
                                    struct quell_value *inputs, struct quell_error *err)
{
    struct map_builder made = {.arena = arena};
    size_t i;

    for (i = 0; i < playbook->input_count; i++) {
        const struct playbook_input *input = &playbook->inputs[i];
        struct quell_value value;
        struct quell_error cause;
        enum quell_code code;

        if (!quell_find(*inputs, input->name, &value))
            continue;
        code = playbook_input_check(arena, input, value, &value, &cause);
        if (code)
            return error_set(err, code, "`%.*s` %s", QUELL_ARG(input->name), cause.message);
        map_add_key(&made, quell_string(input->name), value);
    }
    *inputs = map_made(&made);
    return QUELL_OK;
}

enum quell_code run_make_inputs(struct arena *arena, const struct playbook *playbook,
                                struct quell_value given, struct quell_value incident,
                                const struct run_world *world, struct quell_value *inputs,
                                struct quell_error *err)
{
    struct run_start start = {.incident = incident};

    return run_start_inputs(arena, playbook, given, &start, world, inputs, err);
}

enum quell_code run_start_inputs(struct arena *arena, const struct playbook *playbook,
                                 struct quell_value given, const struct run_start *start,
                                 const struct run_world *world, struct quell_value *inputs,
                                 struct quell_error *err)
{
    struct quell_field *table = arena_array(arena, struct quell_field, playbook->input_count + 1);
    struct map_builder vars = scope_of(arena, start, world), all = {.arena = arena};
    struct cel_scope scope = {0};
    enum quell_code code;
    size_t i;

    scope.vars = map_made(&vars);
    for (i = 0; i < quell_count(given); i++)
        map_add_key(&all, given.as.pairs[i].key, given.as.pairs[i].value);
    for (i = 0; i < playbook->input_count; i++) {
        const struct playbook_input *input = &playbook->inputs[i];
        struct quell_value found;

        table[i] = input->field;
        if (quell_find(given, input->name, &found))
            continue;
        code = fallback(arena, input, &scope, &all, err);
        if (code)
            return code;
    }
    code = fields_check(arena, table, map_made(&all), inputs, err);
    return code ? code : check_inputs(arena, playbook, inputs, err);
}
