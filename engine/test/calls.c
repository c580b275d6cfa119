/*
 * calls.c - expectations about what is called: `calls`, `never`, `undo`.
 */
#include <stdlib.h>

#include "base/str.h"
#include "test/test.h"
#include "value/fields.h"
#include "value/value.h"

/* ---- loading -----------------------------------------------------------------------------------
 */

/* One item: `action`, or `action: inputs`. */
static const struct yaml_pair *item_of(const struct yaml_node *node, struct yaml_pair *bare)
{
    if (quell_is(node->value, QUELL_MAP) && node->count == 1)
        return &node->pairs[0];
    bare->key = *node;
    bare->node = (struct yaml_node){.value = quell_map(NULL, 0), .place = node->place};
    return quell_is(node->value, QUELL_STRING) ? bare : NULL;
}

/* Inputs that the action does not have can never be there. */
static void check_inputs(struct test_file *file, const struct quell_action *action,
                         const struct yaml_node *inputs)
{
    struct quell_str name, rest, nearest;
    struct diag *diag;
    size_t i;

    for (i = 0; inputs->pairs && i < inputs->count && !match_is_check(inputs); i++) {
        (void)str_cut(quell_str(inputs->pairs[i].key.value), '.', &name, &rest);
        (void)str_cut(name, '[', &name, &rest);
        if (!action->inputs || fields_find(action->inputs, name))
            continue;
        diag = test_report(file, "QL102", inputs->pairs[i].key.place, "`%s` has no input `%.*s`",
                           action->name, QUELL_ARG(name));
        nearest = fields_nearest(action->inputs, name);
        if (nearest.len)
            diag->help = diag_format(&file->diags, "did you mean `%.*s`?", QUELL_ARG(nearest));
    }
}

static void load_list(struct test_file *file, const struct yaml_node *list)
{
    const struct quell_action *action;
    const struct yaml_pair *pair;
    struct yaml_pair bare;
    struct diag *diag;
    size_t i;

    for (i = 0; i < list->count; i++) {
        pair = item_of(&list->items[i], &bare);
        if (!pair) {
            diag = test_report(file, "QL104", list->items[i].place,
                               "a call is an action, or one action and its inputs");
            diag->help = QUELL_STR("write `- email.send`, or `- email.send: { to: a@b.example }`");
            continue;
        }
        action = test_action(file, pair);
        if (action)
            check_inputs(file, action, &pair->node);
    }
}

void test_load_calls(struct test_file *file, const struct yaml_node *node)
{
    const struct yaml_node *list = node, *none = NULL;
    struct yaml_pair bare;
    size_t i;

    if (quell_is(node->value, QUELL_MAP)) {
        if (!fields_check_node(&file->diags, test_calls_fields, node, false))
            return;
        list = yaml_get(node, "list");
        none = yaml_get(node, "none");
    } else if (!quell_is(node->value, QUELL_LIST)) {
        (void)test_report(file, "QL104", node->place, "`calls` takes a list, or a map with `list`");
        return;
    }
    if (list)
        load_list(file, list);
    for (i = 0; none && none->items && i < none->count; i++)
        if (item_of(&none->items[i], &bare))
            (void)test_action(file, &bare);
}

/* ---- calls -------------------------------------------------------------------------------------
 */

static bool fits(struct judging *in, const struct yaml_pair *item, const struct story_call *call,
                 struct difference *difference)
{
    return quell_str_equal(quell_str(item->key.value), call->action) &&
           test_compare(in->arena, in->story->file, &item->node, call->input, QUELL_STR(""),
                        difference);
}

/* `http.get, email.send (2x)`: what was called, in order. */
static struct quell_str all_calls(struct judging *in)
{
    const struct story *story = in->story;
    struct quell_str text = QUELL_STR("");
    size_t i, next;

    for (i = 0; i < story->call_count; i = next) {
        for (next = i + 1; next < story->call_count &&
                           quell_str_equal(story->calls[next].action, story->calls[i].action);)
            next++;
        text = arena_format(in->arena, "%.*s%s%.*s", QUELL_ARG(text), i ? ", " : "",
                            QUELL_ARG(story->calls[i].action));
        if (next - i > 1)
            text = arena_format(in->arena, "%.*s (%zu times)", QUELL_ARG(text), next - i);
    }
    return text.len ? text : QUELL_STR("nothing");
}

/* Where the call that comes nearest to it stands: of the same action, or the step that would make
 * it. */
static void point_at_nearest(struct judging *in, const struct yaml_pair *item, const bool *taken,
                             struct finding *finding)
{
    const struct story *story = in->story;
    struct quell_str action = quell_str(item->key.value);
    const struct story_run *run = story_last(story);
    struct difference difference;
    size_t i;

    for (i = 0; i < story->call_count; i++) {
        const struct story_call *call = &story->calls[i];
        if (!quell_str_equal(call->action, action) || taken[i])
            continue;
        if (fits(in, item, call, &difference)) {
            finding->origin_label = QUELL_STR("called here, but before the one expected above it");
        } else {
            finding->message = arena_format(in->arena, "expected a call of `%.*s`, but %.*s",
                                            QUELL_ARG(action), QUELL_ARG(difference.what));
            finding->place = difference.place;
            finding->origin_label = QUELL_STR("called here");
        }
        finding->playbook = call->playbook;
        finding->origin = call->step->uses_place;
        return;
    }
    for (i = 0; run && i < run->step_count; i++)
        if (quell_str_equal(run->steps[i].step->uses, action)) {
            test_because_step(in, run, &run->steps[i], finding);
            return;
        }
    if (run && !str_is(run->state, "succeeded"))
        test_because_run(in, run, finding);
}

static size_t find_call(struct judging *in, const struct yaml_pair *item, const bool *taken,
                        size_t from)
{
    struct difference ignored;
    size_t i;

    for (i = from; i < in->story->call_count; i++)
        if (!taken[i] && fits(in, item, &in->story->calls[i], &ignored))
            return i;
    return SIZE_MAX;
}

static void judge_list(struct judging *in, const struct yaml_node *list, bool unordered,
                       bool *taken)
{
    struct finding *finding;
    struct yaml_pair bare;
    size_t i, from = 0, found;

    for (i = 0; i < list->count; i++) {
        const struct yaml_pair *item = item_of(&list->items[i], &bare);
        found = find_call(in, item, taken, unordered ? 0 : from);
        if (found != SIZE_MAX) {
            taken[found] = true;
            from = found + 1;
            continue;
        }
        finding = test_find(in, item->key.place, "expected a call of `%.*s`%s, but there was none",
                            QUELL_ARG(quell_str(item->key.value)),
                            i && !unordered ? " behind the one before" : "");
        point_at_nearest(in, item, taken, finding);
        finding->note = arena_format(in->arena, "called were: %.*s", QUELL_ARG(all_calls(in)));
    }
}

static void judge_only(struct judging *in, const struct yaml_node *node, const bool *taken)
{
    struct finding *finding;
    size_t i;

    for (i = 0; i < in->story->call_count; i++) {
        const struct story_call *call = &in->story->calls[i];
        if (taken[i])
            continue;
        finding = test_find(in, node->place,
                            "expected only the calls of the list, but `%.*s` was "
                            "called too",
                            QUELL_ARG(call->action));
        finding->playbook = call->playbook;
        finding->origin = call->step->uses_place;
        finding->origin_label =
            arena_format(in->arena, "with %.*s", QUELL_ARG(test_show(in->arena, call->input)));
    }
}

static void judge_none(struct judging *in, struct quell_str name, struct place place)
{
    struct finding *finding;
    size_t i;

    for (i = 0; i < in->story->call_count; i++) {
        const struct story_call *call = &in->story->calls[i];
        if (!quell_str_equal(call->action, name))
            continue;
        finding =
            test_find(in, place, "expected no call of `%.*s`, but there was one", QUELL_ARG(name));
        finding->playbook = call->playbook;
        finding->origin = call->step->uses_place;
        finding->origin_label =
            arena_format(in->arena, "with %.*s", QUELL_ARG(test_show(in->arena, call->input)));
        return;
    }
}

void test_judge_calls(struct judging *in, const struct yaml_pair *pair)
{
    bool *taken = arena_array(in->arena, bool, in->story->call_count + 1);
    const struct yaml_node *map = &pair->node, *list, *none, *only;
    size_t i;

    if (quell_is(map->value, QUELL_LIST)) {
        judge_list(in, map, false, taken);
        return;
    }
    list = yaml_get(map, "list");
    none = yaml_get(map, "none");
    only = yaml_get(map, "only");
    if (list)
        judge_list(in, list, quell_get_bool(map->value, "unordered", false), taken);
    if (only && quell_get_bool(map->value, "only", false))
        judge_only(in, only, taken);
    for (i = 0; none && none->items && i < none->count; i++)
        judge_none(in, quell_str(none->items[i].value), none->items[i].place);
    if (none && !none->items)
        judge_none(in, quell_str(none->value), none->place);
}

/* ---- never -------------------------------------------------------------------------------------
 */

static void judge_never_step(struct judging *in, struct quell_str name, struct place place)
{
    struct finding *finding;
    size_t i, j;

    for (i = 0; i < in->story->run_count; i++)
        for (j = 0; j < in->story->runs[i].step_count; j++) {
            const struct run_step *step = &in->story->runs[i].steps[j];
            if ((!quell_str_equal(step->step->id, name) && !quell_str_equal(step->path, name)) ||
                step->status == STEP_NOT_RUN || step->status == STEP_SKIPPED)
                continue;
            finding = test_find(in, place, "expected step `%.*s` never to run, but it did",
                                QUELL_ARG(name));
            test_because_step(in, &in->story->runs[i], step, finding);
            return;
        }
}

static void judge_never_one(struct judging *in, const struct yaml_node *node)
{
    struct quell_str name = quell_str(node->value);

    struct finding *finding;

    if (str_is(name, "approve")) {
        if (in->story->approval.len == 0)
            return;
        finding = test_find(in, node->place, "expected nobody to be asked, but step `%.*s` did",
                            QUELL_ARG(in->story->approval));
        test_because_path(in, in->story->approval, finding);
        return;
    }
    if (str_find(name, QUELL_STR("."), 0) != SIZE_MAX &&
        registry_action(in->story->file->generation->registry, name, NULL))
        judge_none(in, name, node->place);
    else
        judge_never_step(in, name, node->place);
}

void test_judge_never(struct judging *in, const struct yaml_pair *pair)
{
    size_t i;

    if (!pair->node.items)
        judge_never_one(in, &pair->node);
    for (i = 0; pair->node.items && i < pair->node.count; i++)
        judge_never_one(in, &pair->node.items[i]);
}

/* ---- undo --------------------------------------------------------------------------------------
 */

static int newest_first(const void *a, const void *b)
{
    const struct run_step *const *one = a, *const *other = b;

    if ((*one)->ended_us != (*other)->ended_us)
        return (*one)->ended_us < (*other)->ended_us ? 1 : -1;
    return *one < *other ? 1 : -1; /* both stand in one array, in the order of the program */
}

/* The steps that changed something which can be taken back, newest first. */
static size_t undoable(struct judging *in, const struct story_run *run,
                       const struct run_step ***steps)
{
    size_t count = 0, i;

    *steps = arena_array(in->arena, const struct run_step *, run->step_count + 1);
    for (i = 0; i < run->step_count; i++) {
        const struct step *step = run->steps[i].step;
        bool has_one = step->undo_steps.count || (step->action && step->action->undo.action);
        if (has_one && !step->never_undone && run->steps[i].status == STEP_SUCCEEDED)
            (*steps)[count++] = &run->steps[i];
    }
    qsort(*steps, count, sizeof(**steps), newest_first);
    return count;
}

static struct quell_value undo_names(struct judging *in, const struct run_step *const *steps,
                                     size_t count)
{
    struct list_builder list = {.arena = in->arena};
    size_t i, j;

    for (i = 0; i < count; i++) {
        const struct step_list *own = &steps[i]->step->undo_steps;
        for (j = 0; j < own->count; j++)
            if (own->items[j]->uses.len && !(own->items[j]->inverse && /* only looks */
                                             own->items[j]->action->effect == QUELL_READS))
                list_add(&list, quell_string(own->items[j]->uses));
        if (own->count == 0)
            list_add(&list, quell_text(steps[i]->step->action->undo.action));
    }
    return list_made(&list);
}

void test_judge_undo(struct judging *in, const struct yaml_pair *pair)
{
    const struct story_run *run = story_last(in->story);
    struct quell_value expected = pair->node.value, actual;
    const struct run_step **steps;
    struct finding *finding;
    size_t count;

    if (quell_is(expected, QUELL_STRING))
        expected = quell_list(&pair->node.value, 1);
    count = run ? undoable(in, run, &steps) : 0;
    actual = run ? undo_names(in, steps, count) : quell_list(NULL, 0);
    if (value_equal(expected, actual))
        return;
    finding = test_find(
        in, pair->node.place, "expected an undo to call %.*s, but it would call %.*s",
        QUELL_ARG(test_show(in->arena, expected)), QUELL_ARG(test_show(in->arena, actual)));
    if (count == 0)
        return;
    finding->playbook = run->loaded->playbook;
    finding->origin = steps[0]->step->uses_place;
    finding->origin_label = QUELL_STR("the newest change that can be undone");
}
