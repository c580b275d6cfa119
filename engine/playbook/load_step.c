/*
 * load_step.c - a step: which kind it is, and what every kind may have (`if`, `retry` ...). What
 * only one kind has is loaded by that kind's file, found by steps.def.
 */
#include "playbook/load.h"

#include "base/arena.h"
#include "base/error.h"
#include "base/limits.h"
#include "base/str.h"

static const struct {
    const char *keyword;
    const struct step_loader *loader;
} kinds[STEP_KINDS] = {
#define STEP(name, text, doc) [STEP_##name] = {(text), &load_##name},
#include "playbook/steps.def"
#undef STEP
};

static bool takes(enum step_kind kind, struct quell_str keyword)
{
    const char *const *own = kinds[kind].loader->keywords;
    for (; own && *own; own++)
        if (str_is(keyword, *own))
            return true;
    return false;
}

bool load_knows(const struct quell_field *table, const struct yaml_node *map)
{
    size_t i;
    for (i = 0; i < map->count; i++)
        if (!fields_find(table, quell_str(map->pairs[i].key.value)))
            return false;
    return true;
}

bool step_calls(const struct yaml_node *map)
{
    return yaml_find(map, QUELL_STR("uses")) || yaml_find(map, QUELL_STR("call"));
}

/* ---- the kind ----------------------------------------------------------------------------------
 */

static enum step_kind kind_named(struct quell_str keyword)
{
    size_t kind;
    for (kind = 0; kind < STEP_KINDS; kind++)
        if (str_is(keyword, kinds[kind].keyword))
            break;
    return (enum step_kind)kind;
}

/* Keys of the step that name a kind; `steps` does not where another kind owns it. */
struct kinds_seen {
    const struct yaml_pair *pairs[2]; /* the first two */
    size_t count;
    bool later;
};

static void see_kinds(const struct yaml_node *map, struct kinds_seen *seen)
{
    size_t i, k;
    for (i = 0; i < map->count; i++) {
        const struct yaml_pair *pair = &map->pairs[i];
        struct quell_str key = quell_str(pair->key.value);
        const struct quell_field *field = fields_find(step_fields, key);
        bool owned = false;
        if (!field || !(field->flags & PLAYBOOK_KIND))
            continue;
        for (k = 0; k < map->count; k++) {
            enum step_kind owner = kind_named(quell_str(map->pairs[k].key.value));
            owned = owned || (owner != STEP_KINDS && takes(owner, key));
        }
        if (owned)
            continue;
        seen->later = seen->later || (field->flags & PLAYBOOK_LATER);
        if (seen->count < 2)
            seen->pairs[seen->count] = pair;
        seen->count++;
    }
}

static struct quell_str all_kinds(struct loader *loader)
{
    struct quell_str text = {"", 0};
    size_t i;
    for (i = 0; i < STEP_KINDS; i++)
        text = diag_format(loader->diags, "%.*s%s`%s`", QUELL_ARG(text),
                           i == 0               ? ""
                           : i + 1 < STEP_KINDS ? ", "
                                                : " or ",
                           kinds[i].keyword);
    return text;
}

static void report_two(struct loader *loader, const struct kinds_seen *seen)
{
    struct quell_str first = quell_str(seen->pairs[0]->key.value),
                     second = quell_str(seen->pairs[1]->key.value);
    struct diag *diag =
        report(loader, STEP_KIND, seen->pairs[1]->key.place,
               "this step is of two kinds: `%.*s` and `%.*s`", QUELL_ARG(first), QUELL_ARG(second));
    diag->label = QUELL_STR("a step has exactly one kind");
    if (str_is(first, "for-each") || str_is(second, "for-each"))
        diag->help = QUELL_STR("put what is repeated under `steps:` of the `for-each`");
    else if (str_is(first, "while") || str_is(second, "while"))
        diag->help = QUELL_STR("put what is repeated under `steps:` of the `while`");
    else
        diag->help = QUELL_STR("make two steps of it");
}

/* STEP_KINDS when there is no single one; said unless `known` is false, when a misspelt key may
 * have been meant. */
static enum step_kind find_kind(struct loader *loader, const struct yaml_node *map, bool known)
{
    struct kinds_seen seen = {0};
    see_kinds(map, &seen);
    if (seen.later)
        return STEP_KINDS;
    if (seen.count > 1)
        report_two(loader, &seen);
    if (seen.count == 0 && known) {
        struct diag *diag =
            report(loader, STEP_KIND, head_place(loader, map), "this step does nothing");
        diag->label = QUELL_STR("it has no kind");
        diag->help =
            diag_format(loader->diags, "give it one of %.*s", QUELL_ARG(all_kinds(loader)));
    }
    return seen.count == 1 ? kind_named(quell_str(seen.pairs[0]->key.value)) : STEP_KINDS;
}

static void check_owned(struct loader *loader, const struct yaml_node *map, enum step_kind kind)
{
    size_t i, k;
    for (i = 0; i < map->count; i++) {
        struct quell_str key = quell_str(map->pairs[i].key.value);
        const struct quell_field *field = fields_find(step_fields, key);
        struct diag *diag;
        if (!field || !(field->flags & PLAYBOOK_OWNED) || takes(kind, key) ||
            str_is(key, kinds[kind].keyword))
            continue;
        diag = report(loader, MISPLACED, map->pairs[i].key.place,
                      "`%.*s` does nothing in a `%s` step", QUELL_ARG(key), kinds[kind].keyword);
        for (k = 0; k < STEP_KINDS && !diag->help.len; k++)
            if (takes((enum step_kind)k, key))
                diag->help =
                    diag_format(loader->diags, "it belongs to a step with `%s`", kinds[k].keyword);
    }
}

/* ---- what every kind may have ------------------------------------------------------------------
 */

static void load_retry_words(struct loader *loader, const struct yaml_node *on, struct retry *retry)
{
    static const char *const words[] = {"throttled", "timeout", "network", "server"};
    bool many = quell_is(on->value, QUELL_LIST);
    size_t i, k, count = many ? on->count : 1;
    struct quell_str *made = arena_array(loader->arena, struct quell_str, count);
    for (i = 0; i < count; i++) {
        const struct yaml_node *node = many ? &on->items[i] : on;
        struct quell_str word = quell_str(node->value), candidates[4];
        struct diag *diag;
        bool known = error_code_of(word) != QUELL_OK;
        for (k = 0; k < 4; k++) {
            candidates[k] = quell_str_of(words[k]);
            known = known || quell_str_equal(word, candidates[k]);
        }
        made[i] = word;
        if (known || !quell_is(node->value, QUELL_STRING))
            continue;
        diag = report(loader, WRONG_TYPE, node->place, "`%.*s` is nothing to retry on",
                      QUELL_ARG(word));
        diag->label = QUELL_STR("throttled, timeout, network, server, or the name of an error");
        if (str_nearest(word, candidates, 4).len)
            diag_suggest(loader->diags, diag, str_nearest(word, candidates, 4));
    }
    retry->on = made;
    retry->on_count = count;
}

bool load_retry(struct loader *loader, const struct yaml_node *map, struct retry *retry)
{
    const struct yaml_node *on; /* `retry:` alone is all defaults */
    int64_t max;
    if (!map || !(quell_is(map->value, QUELL_MAP) || quell_is_null(map->value)))
        return false;
    *retry = (struct retry){0};
    on = yaml_get(map, "on");
    max = int_at(map, "max", 3);
    if (max < 0 || max > LIMIT_RETRY)
        report(loader, TOO_LARGE, yaml_get(map, "max")->place, "`max` is between 0 and %d here",
               LIMIT_RETRY);
    else
        retry->max = (unsigned)max;
    retry->backoff = str_is(text_at(map, "backoff"), "fixed") ? BACKOFF_FIXED : BACKOFF_EXPONENTIAL;
    retry->first_us = duration_at(loader, map, "first", 2000000);
    retry->cap_us = duration_at(loader, map, "cap", 60000000);
    if (on)
        load_retry_words(loader, on, retry);
    return true;
}

static void load_on_error(struct loader *loader, const struct yaml_node *node, struct step *step)
{
    struct diag *diag;
    if (!node)
        return;
    step->on_error = ON_ERROR_FAIL;
    step->denial_fails = quell_text_is(node->value, "fail");
    if (step->denial_fails)
        return;
    if (quell_text_is(node->value, "continue")) {
        step->on_error = ON_ERROR_CONTINUE;
        return;
    }
    if (quell_is(node->value, QUELL_LIST)) {
        step->on_error = ON_ERROR_STEPS;
        step->on_error_steps = load_steps(loader, node);
        return;
    }
    if (quell_text_is(node->value, "undo")) {
        step->on_error = ON_ERROR_UNDO;
        return;
    }
    diag = report(loader, WRONG_TYPE, head_place(loader, node),
                  "`on-error` is `fail`, `continue`, `undo` or a list of steps");
    diag->help = QUELL_STR("write `continue` to go on with the next step");
}

static bool bool_at(const struct yaml_node *map, const char *key)
{
    const struct yaml_node *node = yaml_get(map, key);
    return node && quell_is(node->value, QUELL_BOOL) && node->value.as.boolean;
}

static void load_common(struct loader *loader, size_t index, struct step *step)
{
    const struct outline *outline = &loader->outline[index];
    const struct yaml_node *map = outline->node;
    const struct yaml_pair *condition = yaml_find(map, QUELL_STR("if"));
    struct here here = {WHERE_STEP, index};
    step->number = (unsigned)index;
    step->place = map->place;
    step->id_given = outline->id.len > 0;
    step->id = step->id_given ? outline->id : arena_format(loader->arena, "_%zu", index);
    step->name = text_at(map, "name");
    step->connection = text_at(map, "connection");
    if (step_calls(map)) { /* what it says itself wins */
        step->retry = loader->defaults.retry;
        step->timeout_us = loader->defaults.timeout_us;
        step->on_error = loader->defaults.on_error;
    }
    step->timeout_us = duration_at(loader, map, "timeout", step->timeout_us);
    if (condition)
        load_expression(loader, here, condition, &step->condition);
    (void)load_retry(loader, yaml_get(map, "retry"), &step->retry);
    load_approve(loader, index, map, step);
    step->sensitive = bool_at(map, "sensitive");
}

/* The lists of a step whose kind is not known are loaded for their faults. */
static void load_lists(struct loader *loader, const struct yaml_node *map)
{
    static const char *const lists[] = {"steps", "else"};
    size_t i;
    for (i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
        const struct yaml_node *list = yaml_get(map, lists[i]);
        if (list)
            (void)load_steps(loader, list);
    }
}

static struct step *load_step(struct loader *loader, size_t index)
{
    const struct yaml_node *map = loader->outline[index].node;
    struct step *step = arena_one(loader->arena, struct step);
    enum step_kind kind;
    size_t i;
    loader->outline[index].step = step;
    check_keys(loader, step_fields, map);
    load_common(loader, index, step);
    kind = find_kind(loader, map, load_knows(step_fields, map));
    if (kind == STEP_KINDS) {
        load_lists(loader, map);
    } else {
        step->kind = kind;
        check_owned(loader, map, kind);
        kinds[kind].loader->load(loader, index, map, step);
    }
    load_on_error(loader, yaml_get(map, "on-error"), step);
    load_undo(loader, map, step);
    load_lasting(loader, map, step);
    step->disrupts = step->disrupts || load_disrupts(&step->steps) ||
                     load_disrupts(&step->otherwise) || load_disrupts(&step->on_error_steps);
    for (i = 0; i < step->lane_count; i++)
        step->disrupts = step->disrupts || load_disrupts(&step->lanes[i].steps);
    return step;
}

static bool ends_run(const struct step *step, const struct yaml_node *map)
{
    return (step->kind == STEP_STOP || step->kind == STEP_FAIL) && !yaml_get(map, "if") &&
           !step->approve;
}

static void report_unreached(struct loader *loader, const struct yaml_node *node)
{
    struct diag *diag =
        report(loader, UNREACHED, head_place(loader, node), "this step is never reached");
    diag->label = QUELL_STR("the step above always ends the run");
    diag->help = QUELL_STR("give that one an `if`, or put it last");
}

struct step_list load_steps(struct loader *loader, const struct yaml_node *list)
{
    const struct step **made;
    size_t i, count = 0;
    bool ended = false;
    if (!quell_is(list->value, QUELL_LIST))
        return (struct step_list){NULL, 0};
    made = arena_array(loader->arena, const struct step *, list->count + 1);
    if (!list->count)
        report(loader, WRONG_TYPE, head_place(loader, list), "there are no steps in this list");
    for (i = 0; i < list->count; i++) {
        const struct yaml_node *node = &list->items[i];
        size_t index = outline_find(loader, node);
        if (index != NO_STEP) {
            if (!ended && count && ends_run(made[count - 1], &list->items[i - 1])) {
                report_unreached(loader, node);
                ended = true; /* once is enough */
            }
            made[count++] = load_step(loader, index);
        } else if (!quell_is(node->value, QUELL_MAP)) {
            struct diag *diag =
                report(loader, WRONG_TYPE, head_place(loader, node),
                       "a step is a map; this is of type %s", value_type_name(node->value));
            diag->help = QUELL_STR("write `- uses: connector.action`");
        }
    }
    return (struct step_list){made, count};
}

bool load_disrupts(const struct step_list *list)
{
    size_t i;
    for (i = 0; i < list->count; i++)
        if (list->items[i]->disrupts)
            return true;
    return false;
}

struct step_list load_single(struct loader *loader, const struct yaml_node *node)
{
    const struct step **made = arena_array(loader->arena, const struct step *, 1);
    size_t index = outline_find(loader, node);
    if (index == NO_STEP)
        return (struct step_list){NULL, 0};
    made[0] = load_step(loader, index);
    return (struct step_list){made, 1};
}
