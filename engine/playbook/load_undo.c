/*
 * load_undo.c - what takes a step back: the steps that it names, or one made from its action's
 * manifest; and `undo` of the playbook.
 */
#include "playbook/load.h"

#include <string.h>

#include "base/arena.h"
#include "base/limits.h"
#include "base/str.h"

/* ---- a step ------------------------------------------------------------------------------------
 */

/* The inputs of the inverse; NULL when one of their texts is no CEL (a faulty manifest). */
static const struct inverse_input *inverse_inputs(struct loader *loader, const char *const *with)
{
    struct inverse_input *inputs;
    struct cel_fault fault;
    size_t i, count = 0;
    while (with && with[2 * count])
        count++;
    inputs = arena_array(loader->arena, struct inverse_input, count + 1);
    for (i = 0; i < count; i++) {
        inputs[i].name = with[2 * i];
        if (cel_parse(loader->arena, quell_str_of(with[2 * i + 1]), &inputs[i].expr, &fault))
            return NULL;
    }
    return inputs;
}

/* `release-device` is the step `release_device`. */
static struct quell_str inverse_id(struct loader *loader, const char *action)
{
    char *text = arena_alloc(loader->arena, strlen(action) + 1);
    size_t i;
    for (i = 0; action[i]; i++)
        text[i] = action[i] == '-' ? '_' : action[i];
    return (struct quell_str){text, i};
}

/* A call that the manifest names, as a step of its own; NULL when there is none. */
static struct step *make_call(struct loader *loader, const struct step *step, const char *action,
                              const char *const *with)
{
    struct step *made = arena_one(loader->arena, struct step);
    *made = (struct step){.kind = STEP_USES,
                          .place = step->place,
                          .number = step->number,
                          .uses = quell_str_of(action),
                          .connection = step->connection,
                          .uses_place = step->uses_place,
                          .retry = step->retry};
    made->action = load_find_action(loader, made->uses, &made->connector);
    made->inverse = inverse_inputs(loader, with);
    if (!made->action || !made->inverse)
        return NULL;
    made->id = inverse_id(loader, made->action->name);
    return made;
}

static bool read_guard(struct loader *loader, const char *text, const struct cel **expr)
{
    struct cel_fault fault;
    return !text || cel_parse(loader->arena, quell_str_of(text), expr, &fault) == QUELL_OK;
}

/* The inverse, behind the look that tells whether others changed it since. */
static void make_inverse(struct loader *loader, struct step *step)
{
    const struct quell_inverse *undo = step->action ? &step->action->undo : NULL;
    const struct step **list;
    struct step *look = NULL, *made;
    struct inverse_guard guard = {NULL, NULL};
    size_t count = 0;
    if (!undo || !undo->action)
        return;
    if (!read_guard(loader, undo->changed, &guard.changed) ||
        !read_guard(loader, undo->same, &guard.same))
        return;
    made = make_call(loader, step, undo->action, undo->with);
    if (undo->look)
        look = make_call(loader, step, undo->look, undo->look_with);
    if (!made || (undo->look && !look))
        return;
    made->guard = guard;
    list = arena_array(loader->arena, const struct step *, 2);
    if (look) {
        look->guard.changed = guard.changed;
        list[count++] = look;
    }
    list[count++] = made;
    step->undo_steps = (struct step_list){list, count};
}

void load_undo(struct loader *loader, const struct yaml_node *map, struct step *step)
{
    const struct yaml_node *undo = yaml_get(map, "undo");
    struct diag *diag;
    if (!undo) {
        make_inverse(loader, step);
        return;
    }
    if (quell_text_is(undo->value, "none")) {
        step->never_undone = true;
        return;
    }
    if (quell_is(undo->value, QUELL_MAP)) {
        step->undo_steps = load_single(loader, undo);
        return;
    }
    if (quell_is(undo->value, QUELL_LIST)) {
        step->undo_steps = load_steps(loader, undo);
        return;
    }
    diag = report(loader, WRONG_TYPE, head_place(loader, undo),
                  "`undo` is a step, a list of steps, or `none`");
    diag->help = QUELL_STR("write `undo: { uses: connector.action, with: { ... } }`");
}

/* How long the change is meant for. */
void load_lasting(struct loader *loader, const struct yaml_node *map, struct step *step)
{
    const struct yaml_node *node = yaml_get(map, "for");
    struct diag *diag;
    if (!node)
        return;
    step->for_us = duration_at(loader, map, "for", 0);
    if (!step->action || (step->action->effect >= QUELL_NOTES && step->undo_steps.count))
        return;
    diag = report(loader, NOT_FOR_A_TIME, head_place(loader, node),
                  step->action->effect < QUELL_NOTES ? "`%.*s` changes nothing that could be undone"
                                                     : "nothing takes `%.*s` back",
                  QUELL_ARG(step->uses));
    diag->help = QUELL_STR("say what takes it back: `undo: { uses: ..., with: { ... } }`");
}

/* ---- what cannot be taken back -----------------------------------------------------------------
 */

/* Changes inside steps that are to be taken back when they fail. */
static void check_changes(struct loader *loader, size_t index)
{
    const struct outline *outline = &loader->outline[index];
    const struct step *step = outline->step;
    const struct yaml_node *undo = yaml_get(outline->node, "undo");
    struct diag *diag;
    if (!step || !step->action || step->action->effect < QUELL_CHANGES || step->undo_steps.count)
        return;
    diag = report(loader, NOT_UNDONE, undo ? head_place(loader, undo) : step->uses_place,
                  "`%.*s` stays as it is when the rest is taken back", QUELL_ARG(step->uses));
    diag->help = QUELL_STR("say what takes it back: `undo: { uses: ..., with: { ... } }`");
}

/* Steps that take something back are not taken back themselves. */
static bool is_taken_back(const struct loader *loader, size_t index)
{
    size_t at = loader->outline[index].parent;
    enum branch branch = loader->outline[index].branch;
    for (; at != NO_STEP; at = loader->outline[at].parent) {
        const struct step *step = loader->outline[at].step;
        if (branch == BRANCH_UNDO)
            return false;
        if (step && step->on_error == ON_ERROR_UNDO)
            return true;
        branch = loader->outline[at].branch;
    }
    return loader->playbook->undo != UNDO_NEVER;
}

/* ---- the playbook ------------------------------------------------------------------------------
 */

static struct step_words people(struct loader *loader, const struct yaml_node *by)
{
    struct step_words words = {NULL, 0};
    struct quell_str *items;
    size_t i;
    if (!by)
        return words;
    words.count = by->items ? by->count : 1;
    items = arena_array(loader->arena, struct quell_str, words.count + 1);
    for (i = 0; i < words.count; i++)
        items[i] = quell_str(by->items ? by->items[i].value : by->value);
    words.items = items;
    return words;
}

static struct quell_value people_value(struct loader *loader, const struct yaml_node *by)
{
    struct step_words words = people(loader, by);
    struct list_builder list = {.arena = loader->arena};
    size_t i;
    for (i = 0; i < words.count; i++)
        list_add(&list, quell_string(words.items[i]));
    return list_made(&list);
}

void load_run_undo(struct loader *loader, const struct yaml_node *root)
{
    struct playbook *playbook = loader->playbook;
    const struct yaml_node *map = yaml_get(root, "undo");
    const struct step **list = arena_array(loader->arena, const struct step *, 1);
    struct step *step = arena_one(loader->arena, struct step);
    struct step_approve *approve = arena_one(loader->arena, struct step_approve);
    struct quell_str mode;
    size_t i;
    if (map && quell_is(map->value, QUELL_MAP)) {
        mode = text_at(map, "on-failure");
        playbook->undo = str_is(mode, "auto")  ? UNDO_AUTO
                         : str_is(mode, "ask") ? UNDO_ASK
                                               : UNDO_NEVER;
        playbook->undo_window_us =
            duration_at(loader, map, "window", (int64_t)LIMIT_TIMEOUT_DEFAULT_S * 1000000);
        playbook->undo_window_given = yaml_get(map, "window") != NULL;
        playbook->undo_by = people_value(loader, yaml_get(map, "by"));
        *step = (struct step){
            .kind = STEP_BLOCK, .id = QUELL_STR("undo"), .place = map->place, .undoes_run = true};
        approve->count = 1;
        approve->asking.of = people(loader, yaml_get(map, "by"));
        approve->asking.within_us = playbook->undo_window_us;
        step->approve = playbook->undo == UNDO_ASK ? approve : NULL;
        list[0] = step;
        playbook->undo_steps = (struct step_list){list, 1};
    }
    for (i = 0; i < loader->outline_count; i++)
        if (is_taken_back(loader, i))
            check_changes(loader, i);
}
