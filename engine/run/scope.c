/*
 * scope.c - what expressions see, and evaluating them where a step stands.
 *
 * The variables are built anew for each evaluation, in the scratch arena, from slices of the run's
 * state: nothing is copied but the map's own pairs.
 */
#include <stdarg.h>
#include <stdio.h>

#include "base/str.h"
#include "base/when.h"
#include "run/state.h"
#include "value/value.h"

struct quell_value scope_error(struct run *run, const char *code, const char *format, ...)
{
    struct map_builder map = {.arena = run->arena};
    char text[512];
    va_list args;

    va_start(args, format);
    (void)vsnprintf(text, sizeof(text), format, args); /* a cut message is still a message */
    va_end(args);
    map_add(&map, "code", quell_text(code));
    map_add(&map, "message", value_copy_str(run->arena, quell_str_of(text)));
    return map_made(&map);
}

/* ---- steps -------------------------------------------------------------------------------------
 */

/* A plan does not know how an ended call came out before its path supposes that (suppose.c). */
static struct quell_value unsettled(struct arena *arena, const struct instance *instance)
{
    struct map_builder map = {.arena = arena};
    struct quell_value why =
        quell_unknown(arena_format(arena, "known after %.*s", QUELL_ARG(instance->path)));

    map_add(&map, "status", why);
    map_add(&map, "output", why);
    map_add(&map, "error", why);
    map_add(&map, "attempts", why);
    return map_made(&map);
}

struct quell_value scope_step(struct arena *arena, const struct instance *instance)
{
    struct map_builder map = {.arena = arena};

    if (instance->unsettled && instance->phase == PHASE_ENDED)
        return unsettled(arena, instance);
    map_add(&map, "status", quell_text(step_status_name(instance->status)));
    if (instance->status == STEP_SUCCEEDED || !quell_is_null(instance->output))
        map_add(&map, "output", instance->output);
    if (!quell_is_null(instance->error))
        map_add(&map, "error", instance->error);
    if (instance->attempt)
        map_add(&map, "attempts", quell_int(instance->attempt));
    return map_made(&map);
}

static void add_steps(struct map_builder *map, const struct step_list *steps,
                      const struct frame *frame);

/* The body of a branch or a case, when it was begun. */
static const struct frame *lane_of(const struct instance *instance, size_t lane)
{
    if (instance == NULL || instance->bodies == NULL)
        return NULL;
    if (instance->step->kind == STEP_PARALLEL)
        return &instance->bodies[lane];
    return instance->chosen == lane ? instance->bodies : NULL;
}

static void add_step(struct map_builder *map, const struct step *step,
                     const struct instance *instance)
{
    static const struct instance not_run;
    size_t i;

    if (step->id_given) {
        if (instance) {
            map_put(map, step->id, scope_step(map->arena, instance));
        } else {
            struct instance absent = not_run;
            absent.step = step;
            map_put(map, step->id, scope_step(map->arena, &absent));
        }
    }
    if (step->kind == STEP_BLOCK) {
        add_steps(map, &step->steps, instance && instance->body_count ? instance->bodies : NULL);
        add_steps(map, &step->otherwise, instance ? instance->otherwise : NULL);
    }
    for (i = 0; i < step->lane_count; i++)
        add_steps(map, &step->lanes[i].steps, lane_of(instance, i));
    /* Without a catcher they have not run, and say so. */
    add_steps(map, &step->on_error_steps, instance ? instance->catcher : NULL);
}

/* A step that has only begun gave nothing yet: what it reads of itself in a `while` is of the
 * iteration before. */
static bool gave_something(const struct instance *instance)
{
    return instance->phase != PHASE_IDLE &&
           !(instance->phase == PHASE_STARTED && instance->bodies == NULL &&
             instance->otherwise == NULL);
}

/* What steps give that have not begun and will have when it is asked for. */
static void add_ahead(struct map_builder *map, const struct step_list *steps)
{
    size_t i, k;

    for (i = 0; i < steps->count; i++) {
        const struct step *step = steps->items[i];
        if (step->id_given)
            map_put(
                map, step->id,
                quell_unknown(arena_format(map->arena, "known after %.*s", QUELL_ARG(step->id))));
        if (step->kind == STEP_BLOCK) {
            add_ahead(map, &step->steps);
            add_ahead(map, &step->otherwise);
        }
        for (k = 0; k < step->lane_count; k++)
            add_ahead(map, &step->lanes[k].steps);
        add_ahead(map, &step->on_error_steps);
    }
}

/* Steps inside blocks are reached from outside by their own ids; those inside loops are not: they
 * have no single instance. */
static void add_steps(struct map_builder *map, const struct step_list *steps,
                      const struct frame *frame)
{
    size_t i;

    for (i = 0; i < steps->count; i++) {
        const struct instance *instance = frame && frame->instances ? &frame->instances[i] : NULL;
        if (frame && frame->before && !gave_something(instance))
            instance = &frame->before->instances[i];
        add_step(map, steps->items[i], instance);
    }
}

struct quell_value scope_steps(struct arena *arena, const struct frame *frame)
{
    struct map_builder map = {.arena = arena};

    add_steps(&map, frame->steps, frame);
    return map_made(&map);
}

/* Outer frames first, so that the inner ones win. */
static void add_frames(struct map_builder *map, const struct frame *frame)
{
    if (frame == NULL)
        return;
    add_frames(map, frame->outer);
    if (frame->ahead)
        add_ahead(map, frame->steps);
    else
        add_steps(map, frame->steps, frame);
}

/* ---- the other roots ---------------------------------------------------------------------------
 */

/* An optional. */
static struct quell_value last_success(struct run *run)
{
    struct quell_value made = {.type = QUELL_OPTIONAL};

    if (run->mode == RUN_PLAN)
        return quell_unknown(QUELL_STR("run.last_success_at, known after start"));
    if (!quell_is(run->last_success, QUELL_TIME))
        return made;
    made.len = 1;
    made.as.items = &run->last_success;
    return made;
}

static struct quell_value about_run(struct run *run)
{
    struct map_builder map = {.arena = run->scratch};
    bool plan = run->mode == RUN_PLAN;

    map_add(&map, "id",
            plan ? quell_unknown(QUELL_STR("run id, known after start")) : quell_string(run->id));
    map_add(&map, "started_at", value_time_us(run->started_us));
    map_add(&map, "mode", quell_text(run_mode_name(run->mode)));
    map_add(&map, "by", quell_string(run->by));
    map_add(&map, "last_success_at", last_success(run));
    map_add(&map, "status",
            run->finishing ? quell_get(run->ending, "status") : quell_text("running"));
    if (plan)
        map_add(&map, "url", quell_unknown(QUELL_STR("run url, known after start")));
    else if (run->world.url.len)
        map_add(&map, "url",
                value_format(run->scratch, "%.*s/runs/%.*s", QUELL_ARG(run->world.url),
                             QUELL_ARG(run->id)));
    else
        map_add(&map, "url", quell_string(run->id));
    return map_made(&map);
}

struct quell_value scope_playbook(struct arena *arena, const struct playbook *playbook)
{
    struct map_builder map = {.arena = arena};

    map_add(&map, "id", quell_string(playbook->id));
    map_add(&map, "name", quell_string(playbook->name.len ? playbook->name : playbook->id));
    map_add(&map, "description", quell_string(playbook->description));
    map_add(&map, "owner", quell_string(playbook->owner));
    map_add(&map, "tags", playbook->tags);
    map_add(&map, "revision", quell_text(playbook->revision));
    return map_made(&map);
}

/* Unless something further in has set the name. */
static void add_var(struct map_builder *map, const struct quell_pair *var)
{
    struct quell_value there;

    if (!value_find(map_made(map), quell_str(var->key), &there))
        map_put(map, quell_str(var->key), var->value);
}

/* Those of an item or iteration; of what it has not set, what the latest iteration before it set.
 */
static void add_vars(struct map_builder *map, const struct frame *frame)
{
    size_t i;

    for (; frame; frame = frame->before)
        for (i = 0; i < quell_count(frame->vars); i++)
            add_var(map, &frame->vars.as.pairs[i]);
}

/* The run's, and those of the items and iterations around. */
static struct quell_value vars_at(struct run *run, const struct frame *frame)
{
    struct map_builder map = {.arena = run->scratch};
    struct quell_value of_run = run->vars;
    bool own = false;
    size_t i;

    for (; frame; frame = frame->outer)
        if (frame->loops) {
            add_vars(&map, frame);
            own = own || map.count;
        }
    for (i = 0; own && i < quell_count(of_run); i++)
        add_var(&map, &of_run.as.pairs[i]);
    return own ? map_made(&map) : of_run;
}

static struct quell_value variables(struct run *run, const struct frame *frame)
{
    struct map_builder map = {.arena = run->scratch};
    struct map_builder steps = {.arena = run->scratch};
    const struct frame *at;

    if (run->failing || run->finishing)
        add_frames(&steps, &run->root); /* they stand behind the main steps */
    if (run->finishing)
        add_steps(&steps, &run->playbook->on_failure, &run->on_failure);
    add_frames(&steps, frame);
    map_add(&map, "incident", run->incident);
    map_add(&map, "alert", run->alert);
    map_add(&map, "event", run->event);
    map_add(&map, "inputs", run->inputs);
    map_add(&map, "vars", vars_at(run, frame));
    map_add(&map, "steps", map_made(&steps));
    map_add(&map, "run", about_run(run));
    map_add(&map, "playbook", scope_playbook(run->scratch, run->playbook));
    map_add(&map, "config", run->world.config);
    map_add(&map, "lists", run->world.lists);
    for (at = frame; at; at = at->outer)
        if (at->has_error) {
            map_add(&map, "error", at->error);
            break;
        }
    for (at = frame; at; at = at->outer)
        if (at->as.len) /* no two of them are alike */
            map_put(&map, at->as, at->item);
    return map_made(&map);
}

/* ---- evaluating --------------------------------------------------------------------------------
 */

static enum quell_code failed(struct run *run, enum quell_code code, const struct cel_fault *fault,
                              struct place place, struct quell_value *error)
{
    struct diag_position at = diag_position(run->playbook->text, place.offset);

    *error = scope_error(run, quell_code_name(code), "%.*s:%zu:%zu: %s%s%s",
                         QUELL_ARG(run->playbook->file), at.line, at.column, fault->message,
                         fault->help[0] ? "; " : "", fault->help);
    return code;
}

static enum quell_code eval(struct run *run, const struct playbook_text *text,
                            const struct cel_scope *scope, struct quell_value *value,
                            struct quell_value *error)
{
    struct cel_fault fault = {0};
    struct quell_value found;
    enum quell_code code;

    code = text->expr ? cel_eval(text->expr, scope, run->scratch, &found, &fault)
                      : cel_template_eval(text->text, scope, run->scratch, &found, &fault);
    if (code)
        code = failed(run, code, &fault, playbook_place(run->playbook, text->place, fault.place),
                      error);
    else
        *value = value_copy(run->arena, found);
    arena_reset(run->scratch);
    return code;
}

enum quell_code scope_eval(struct run *run, const struct frame *frame,
                           const struct playbook_text *text, struct quell_value *value,
                           struct quell_value *error)
{
    struct cel_scope scope = {.vars = variables(run, frame)};

    return eval(run, text, &scope, value, error);
}

enum quell_code scope_eval_with(struct run *run, const struct frame *frame,
                                const struct playbook_text *text, const char *name,
                                struct quell_value extra, struct quell_value *value,
                                struct quell_value *error)
{
    struct cel_scope around = {.vars = variables(run, frame)};
    struct map_builder map = {.arena = run->scratch};
    struct cel_scope scope = {.outer = &around};

    map_add(&map, name, extra);
    scope.vars = map_made(&map);
    return eval(run, text, &scope, value, error);
}

/* A tree's fault names the text that it is about: "`targets[0].name`: ...". */
static struct place tree_place(const struct run *run, struct place tree,
                               const struct cel_fault *fault)
{
    struct quell_str message = quell_str_of(fault->message), path, rest;

    if (!str_starts(message, QUELL_STR("`")))
        return tree;
    (void)str_cut(str_slice(message, 1, message.len), '`', &path, &rest); /* cut off: no path */
    return playbook_tree_place(run->playbook, tree, path, fault->place);
}

enum quell_code scope_eval_tree(struct run *run, const struct frame *frame,
                                const struct cel_tree *tree, struct place place,
                                struct quell_value *value, struct quell_value *error)
{
    struct cel_scope scope = {.vars = variables(run, frame)};
    struct cel_fault fault = {0};
    struct quell_value found;
    enum quell_code code;

    code = cel_tree_eval(tree, &scope, run->scratch, &found, &fault);
    if (code)
        code = failed(run, code, &fault, tree_place(run, place, &fault), error);
    else
        *value = value_copy(run->arena, found);
    arena_reset(run->scratch);
    return code;
}

enum quell_code scope_eval_again(struct run *run, const struct instance *loop,
                                 struct quell_value *value, struct quell_value *error)
{
    const struct frame none = {.outer = loop->frame, .steps = &loop->step->steps};
    const struct frame *frame = loop->body_count ? &loop->bodies[loop->body_count - 1] : &none;

    return scope_eval(run, frame, &loop->step->goes_on, value, error);
}
