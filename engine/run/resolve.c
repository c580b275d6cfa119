/*
 * resolve.c - what a step is about to do, for those who are asked whether it may: its calls with
 * their arguments and targets, as far as they can be known before it begins, and the digest of
 * that. Nothing is said and nothing changed.
 *
 * A call inside the step whose arguments depend on what a step before it in there will give cannot
 * be resolved: its own text stands for it, which the playbook's revision fixes.
 */
#include "base/digest.h"
#include "base/error.h"
#include "base/limits.h"
#include "policy/cap.h"
#include "run/question.h"
#include "run/undo.h"
#include "value/fields.h"
#include "value/json.h"
#include "value/keyed.h"
#include "value/value.h"

static const char *const effects[] = {"reads", "notes", "changes", "disrupts"};

struct resolving {
    struct run *run;
    const struct instance *judged; /* what people are asked about, or NULL: nothing is judged */
    int64_t now_us;
    struct list_builder verdicts;
    struct quell_value refusal; /* the first */
    size_t refused, disrupting; /* calls */
    struct list_builder calls;
    struct quell_value error; /* of the call that was looked at last, when it cannot be resolved */
};

/* The checked arguments, or null. */
static struct quell_value with_of(struct resolving *resolving, const struct frame *frame,
                                  const struct step *step)
{
    struct run *run = resolving->run;
    struct quell_value given = quell_map(NULL, 0), input;
    struct quell_error err;

    if (step->inverse && undo_arguments(run, step, frame->undoes, &given, &resolving->error))
        return quell_null();
    if (step->with &&
        scope_eval_tree(run, frame, step->with, step->with_place, &given, &resolving->error))
        return quell_null();
    if (fields_check(run->arena, step->action->inputs, given, &input, &err)) {
        resolving->error = scope_error(run, quell_code_name(err.code), "%.*s: %s",
                                       QUELL_ARG(step->uses), err.message);
        return quell_null();
    }
    if (run->mode == RUN_PLAN || !value_has_unknown(input))
        return input;
    resolving->error = scope_error(run, "invalid", "an input is not known");
    return quell_null();
}

/* What tells the call apart and is not seen in it: which secrets it is given, which texts it runs.
 */
static void add_beyond(struct run *run, struct map_builder *map, struct quell_value with,
                       struct quell_value revisions)
{
    struct quell_str secrets = value_keyed_print(run->arena, run->digest_key, with);

    if (secrets.len)
        map_add(map, "secrets", quell_string(secrets));
    if (!quell_is_null(revisions))
        map_add(map, "revisions", revisions);
}

/* Another playbook that is called: what it is given. */
static void resolve_child(struct resolving *resolving, const struct frame *frame,
                          const struct step *step, struct quell_str path)
{
    struct run *run = resolving->run;
    struct map_builder map = {.arena = run->arena};
    struct quell_value given = quell_map(NULL, 0);

    if (step->with &&
        (scope_eval_tree(run, frame, step->with, step->with_place, &given, &resolving->error) ||
         (run->mode != RUN_PLAN && value_has_unknown(given))))
        given = quell_null();
    map_add(&map, "step", quell_string(path));
    map_add(&map, "call", quell_string(step->calls));
    if (step->condition.expr)
        map_add(&map, "if", quell_string(cel_source(step->condition.expr)));
    map_add(&map, "with", given);
    add_beyond(run, &map, given, called_revisions(run, step->calls));
    list_add(&resolving->calls, map_made(&map));
}

/* What stands against the call now. Those before it in a block may still look its targets up. */
static void judge_call(struct resolving *resolving, const struct step *step, struct quell_str path,
                       struct quell_value targets, bool known)
{
    struct run *run = resolving->run;
    struct ahead ahead = {.step = step,
                          .instance = resolving->judged,
                          .targets = targets,
                          .now_us = resolving->now_us,
                          .asking = true,
                          .early = resolving->judged->step->kind != STEP_USES};
    struct quell_value verdicts, refusal;
    size_t i;

    resolving->disrupting += step->action->effect == QUELL_DISRUPTS;
    if (!known || step->action->effect == QUELL_READS)
        return;
    verdicts = guarded_judge(run, &ahead);
    for (i = 0; i < quell_count(verdicts); i++)
        list_add(&resolving->verdicts, value_with(run->arena,
                                                  value_with(run->arena, quell_at(verdicts, i),
                                                             QUELL_STR("step"), quell_string(path)),
                                                  QUELL_STR("action"), quell_string(step->uses)));
    refusal = limits_refusal(run, &ahead);
    if (quell_is_null(refusal))
        return;
    resolving->refused++;
    if (quell_is_null(resolving->refusal))
        resolving->refusal = refusal;
}

static void resolve_call(struct resolving *resolving, const struct frame *frame,
                         const struct step *step, struct quell_str path)
{
    struct run *run = resolving->run;
    struct map_builder map = {.arena = run->arena};
    struct quell_value with = with_of(resolving, frame, step), targets = quell_list(NULL, 0);

    if (!quell_is_null(with))
        targets = policy_targets(run->arena, step->action, with);
    if (resolving->judged)
        judge_call(resolving, step, path, targets, !quell_is_null(with));
    map_add(&map, "step", quell_string(path));
    map_add(&map, "action", quell_string(step->uses));
    map_add(&map, "effect", quell_text(effects[step->action->effect]));
    map_add(&map, "connection", quell_string(step->connection));
    if (step->condition.expr)
        map_add(&map, "if", quell_string(cel_source(step->condition.expr)));
    map_add(&map, "with", with);
    map_add(&map, "targets", targets);
    add_beyond(run, &map, with, quell_null());
    list_add(&resolving->calls, map_made(&map));
}

static void resolve_list(struct resolving *resolving, const struct step_list *list,
                         const struct frame *outer, struct quell_str prefix);

static struct quell_str below(struct run *run, struct quell_str prefix, struct quell_str id)
{
    return arena_format(run->arena, "%.*s.%.*s", QUELL_ARG(prefix), QUELL_ARG(id));
}

/* The body of a loop, once for each item that is known. */
static void resolve_items(struct resolving *resolving, const struct step *step,
                          const struct frame *frame, struct quell_str path)
{
    struct run *run = resolving->run;
    struct quell_value items = quell_null(), error;
    /* It is only looked at: an outer frame is not written through it. */
    struct frame body = {.outer = (struct frame *)frame, .steps = &step->steps, .as = step->as};
    size_t i;

    if (scope_eval(run, frame, &step->items, &items, &error) || !quell_is(items, QUELL_LIST)) {
        resolve_list(resolving, &step->steps, frame, path);
        return;
    }
    for (i = 0; i < quell_count(items) && i < step->max; i++) {
        body.item = quell_at(items, i);
        body.index = i;
        resolve_list(resolving, &step->steps, &body,
                     arena_format(run->arena, "%.*s[%zu]", QUELL_ARG(path), i));
    }
}

static void resolve_one(struct resolving *resolving, const struct step *step,
                        const struct frame *frame, struct quell_str path)
{
    size_t i;

    if (step->kind == STEP_USES)
        resolve_call(resolving, frame, step, path);
    else if (step->kind == STEP_CALL)
        resolve_child(resolving, frame, step, path);
    else if (step->kind == STEP_FOR_EACH)
        resolve_items(resolving, step, frame, path);
    else
        resolve_list(resolving, &step->steps, frame, path);
    resolve_list(resolving, &step->otherwise, frame,
                 below(resolving->run, path, QUELL_STR("else")));
    for (i = 0; i < step->lane_count; i++)
        resolve_list(resolving, &step->lanes[i].steps, frame,
                     below(resolving->run, path, step->lanes[i].name));
    resolve_list(resolving, &step->on_error_steps, frame,
                 below(resolving->run, path, QUELL_STR("on-error")));
}

static void resolve_list(struct resolving *resolving, const struct step_list *list,
                         const struct frame *outer, struct quell_str prefix)
{
    struct frame frame = {.outer = (struct frame *)outer, .steps = list, .ahead = true};
    size_t i;

    for (i = 0; i < list->count; i++)
        resolve_one(resolving, list->items[i], &frame,
                    below(resolving->run, prefix, list->items[i]->id));
}

/* Of a run that was called only that it is taken back: what it changed stands in its own journal.
 */
static void resolve_called(struct resolving *resolving, const struct instance *target)
{
    struct arena *arena = resolving->run->arena;
    struct map_builder map = {.arena = arena}, with = {.arena = arena};

    map_add(&with, "undoes", quell_string(target->child));
    map_add(&map, "step", quell_string(arena_format(arena, "%.*s.undo", QUELL_ARG(target->path))));
    map_add(&map, "call", quell_string(target->step->calls));
    map_add(&map, "with", map_made(&with));
    list_add(&resolving->calls, map_made(&map));
}

/* What taking the run back would call. */
static void resolve_undo(struct resolving *resolving, const struct instance *instance)
{
    struct undo_list list = undo_find(resolving->run, instance);
    size_t i, k;

    for (i = 0; i < list.count; i++) {
        const struct instance *target = list.items[i];
        const struct step_list *steps = &target->step->undo_steps;
        struct frame frame = {
            .outer = target->frame, .steps = steps, .undoes = target, .ahead = true};
        if (steps->count == 0)
            resolve_called(resolving, target);
        for (k = 0; k < steps->count; k++)
            resolve_one(resolving, steps->items[k], &frame,
                        arena_format(resolving->run->arena, "%.*s.undo.%.*s",
                                     QUELL_ARG(target->path), QUELL_ARG(steps->items[k]->id)));
    }
}

static enum quell_code resolve(struct resolving *resolving, const struct instance *instance,
                               struct quell_value *plan, struct quell_value *error)
{
    struct run *run = resolving->run;
    struct map_builder map = {.arena = run->arena};

    resolving->calls = resolving->verdicts = (struct list_builder){.arena = run->arena};
    if (instance->step->undoes_run)
        resolve_undo(resolving, instance);
    else
        resolve_one(resolving, instance->step, instance->frame, instance->path);
    if (instance->step->kind == STEP_USES &&
        quell_is_null(quell_get(resolving->calls.items[0], "with"))) {
        *error = resolving->error; /* nobody is asked about what cannot be done */
        return QUELL_INVALID;
    }
    map_add(&map, "playbook", quell_string(run->playbook->id));
    map_add(&map, "revision", quell_text(run->playbook->revision));
    map_add(&map, "step", quell_string(instance->path));
    map_add(&map, "calls", list_made(&resolving->calls));
    *plan = map_made(&map);
    return QUELL_OK;
}

enum quell_code resolve_step(struct run *run, const struct instance *instance,
                             struct quell_value *plan, struct quell_value *error)
{
    struct resolving resolving = {.run = run};

    return resolve(&resolving, instance, plan, error);
}

enum quell_code resolve_judged(struct decision *decision, const struct instance *instance,
                               struct resolved *resolved, struct quell_value *error)
{
    struct resolving resolving = {.run = decision->run,
                                  .judged = instance,
                                  .now_us = decision->now_us,
                                  .refusal = quell_null()};
    enum quell_code code = resolve(&resolving, instance, &resolved->plan, error);

    /* Where something else is left to agree to, people are asked about that. */
    resolved->verdicts = list_made(&resolving.verdicts);
    resolved->refusal = resolving.refused && resolving.refused >= resolving.disrupting
                            ? resolving.refusal
                            : quell_null();
    return code;
}

struct quell_str resolve_digest(struct run *run, struct quell_value plan)
{
    uint8_t digest[DIGEST_SHA256];

    plan = value_keyed(run->arena, run->digest_key, plan);
    digest_sha256(json_text(run->arena, plan, JSON_COMPACT), digest);
    return digest_hex(run->arena, digest, sizeof(digest));
}

/* One that is not listed: by its print, when all of it is known. */
static struct quell_value print_of(struct run *run, struct quell_value call)
{
    struct quell_value with = quell_get(call, "with");
    const char *key = quell_is_null(quell_get(call, "action")) ? "call" : "action";

    if (quell_is_null(with) || value_has_unknown(with))
        return call;
    return quell_string(agreed_print(run,
                                     &(struct agreed_call){
                                         .path = quell_get_str(call, "step"),
                                         .key = key,
                                         .what = quell_get_str(call, key),
                                         .with = with,
                                         .revisions = quell_get(call, "revisions"),
                                     },
                                     run->arena));
}

struct quell_value resolve_shown(struct run *run, struct quell_value plan)
{
    struct quell_value calls = quell_get(plan, "calls");
    struct list_builder list = {.arena = run->arena}, rest = {.arena = run->arena};
    size_t i;

    if (quell_count(calls) <= LIMIT_CALLS_SHOWN)
        return plan;
    for (i = 0; i < LIMIT_CALLS_SHOWN; i++)
        list_add(&list, quell_at(calls, i));
    for (; i < quell_count(calls); i++)
        list_add(&rest, print_of(run, quell_at(calls, i)));
    plan = value_with(run->arena, plan, QUELL_STR("calls"), list_made(&list));
    plan = value_with(run->arena, plan, QUELL_STR("rest"), list_made(&rest));
    return value_with(run->arena, plan, QUELL_STR("more"),
                      quell_int((int64_t)(quell_count(calls) - LIMIT_CALLS_SHOWN)));
}
