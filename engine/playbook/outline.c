/*
 * outline.c - the steps of a playbook in text order, before anything is checked: their numbers, ids
 * and who contains whom. With it the loader knows at every place what comes earlier and what later.
 *
 * It judges ids (spelling, given twice) and the number of steps, nothing else.
 */
#include "playbook/load.h"

#include "base/arena.h"
#include "base/limits.h"
#include "base/str.h"

static const struct {
    const char *keyword;
    enum branch branch;
} branches[] = {
    {"steps", BRANCH_STEPS},
    {"else", BRANCH_ELSE},
    {"on-error", BRANCH_ON_ERROR},
    {"undo", BRANCH_UNDO},
};

size_t outline_find(const struct loader *loader, const struct yaml_node *step)
{
    size_t low = 0, high = loader->outline_count;
    while (low < high) { /* text order is the order of places */
        size_t middle = low + (high - low) / 2;
        const struct yaml_node *node = loader->outline[middle].node;
        if (node == step)
            return middle;
        if (node->place.offset < step->place.offset)
            low = middle + 1;
        else
            high = middle;
    }
    return NO_STEP;
}

size_t outline_named(const struct loader *loader, struct quell_str id)
{
    size_t i;
    for (i = 0; id.len && i < loader->outline_count; i++)
        if (quell_str_equal(loader->outline[i].id, id))
            return i;
    return NO_STEP;
}

bool outline_inside(const struct loader *loader, size_t inner, size_t outer, enum branch *branch)
{
    while (inner != NO_STEP) {
        size_t parent = loader->outline[inner].parent;
        *branch = loader->outline[inner].branch;
        if (parent == outer)
            return true;
        inner = parent;
    }
    return false;
}

/* An id of which nothing else is known. */
static void note_foreign(struct loader *loader, struct quell_str id)
{
    grow(loader, loader->foreign, loader->foreign_count, loader->foreign_cap);
    loader->foreign[loader->foreign_count++] = id;
}

/* Ids anywhere below a keyword of a later version: references to them are not judged. */
static void collect_foreign(struct loader *loader, const struct yaml_node *node)
{
    size_t i;
    if (quell_is(node->value, QUELL_LIST))
        for (i = 0; i < node->count; i++)
            collect_foreign(loader, &node->items[i]);
    if (!quell_is(node->value, QUELL_MAP))
        return;
    for (i = 0; i < node->count; i++) {
        const struct yaml_pair *pair = &node->pairs[i];
        if (str_is(quell_str(pair->key.value), "id") && quell_is(pair->node.value, QUELL_STRING)) {
            note_foreign(loader, quell_str(pair->node.value));
        }
        collect_foreign(loader, &pair->node);
    }
}

static void note_id(struct loader *loader, struct outline *step, const struct yaml_node *node)
{
    size_t earlier;
    struct quell_str id = text_at(step->node, "id");
    if (!id.len)
        return;
    if (!check_spelling(loader, QUELL_STR("id of a step"), node, SPELLING_SNAKE)) {
        note_foreign(loader, id); /* one fault, not one for each reader as well */
        note_foreign(loader, better_spelling(loader, id, SPELLING_SNAKE));
        return;
    }
    earlier = outline_named(loader, id);
    if (earlier != NO_STEP) {
        struct diag_position first = diag_position(
            loader->diags->text, yaml_get(loader->outline[earlier].node, "id")->place.offset);
        struct diag *diag =
            report(loader, REUSED, node->place, "the id `%.*s` is given twice", QUELL_ARG(id));
        diag->label = diag_format(loader->diags, "line %zu has it already", first.line);
        diag->help =
            QUELL_STR("ids are unique in the whole playbook, so that `steps.<id>` says one thing");
        return;
    }
    step->id = id;
}

size_t outline_fork(const struct loader *loader, size_t a, size_t b, size_t *of_a, size_t *of_b)
{
    for (; a != NO_STEP; a = loader->outline[a].parent) {
        size_t parent = loader->outline[a].parent, below = b;
        while (below != NO_STEP && loader->outline[below].parent != parent)
            below = loader->outline[below].parent;
        if (parent == NO_STEP || below == NO_STEP)
            continue;
        *of_a = a;
        *of_b = below;
        return loader->outline[a].branch != loader->outline[below].branch ||
                       loader->outline[a].lane != loader->outline[below].lane
                   ? parent
                   : NO_STEP;
    }
    return NO_STEP;
}

/* What the keys of a step say about whether it runs and how it may end. */
static void note_keys(struct loader *loader, struct outline *step)
{
    size_t i;
    bool gated = false, strict = false, lenient = false;
    for (i = 0; i < step->node->count; i++) {
        const struct yaml_pair *pair = &step->node->pairs[i];
        struct quell_str key = quell_str(pair->key.value);
        const struct quell_field *field = fields_find(step_fields, key);
        if (str_is(key, "if"))
            step->conditional = true;
        if (str_is(key, "approve"))
            gated = true;
        if (str_is(key, "ask") && str_is(text_at(&pair->node, "on-timeout"), "continue"))
            lenient = true;
        if (str_is(key, "on-error")) {
            strict = quell_text_is(pair->node.value, "fail");
            step->soft = !strict && !quell_text_is(pair->node.value, "undo");
        }
        if (str_is(key, "for-each") || str_is(key, "while"))
            step->loop = true;
        if (str_is(key, "while"))
            step->repeats = true;
        if (str_is(key, "parallel"))
            step->parallel = true;
        if (str_is(key, "switch"))
            step->chooses = true;
        if (field && (field->flags & PLAYBOOK_KIND) && (field->flags & PLAYBOOK_LATER)) {
            step->later = true;
            collect_foreign(loader, &pair->node);
        }
    }
    if (step_calls(step->node) && !yaml_find(step->node, QUELL_STR("on-error")))
        step->soft = loader->defaults.on_error != ON_ERROR_FAIL;
    step->gated = (gated && !strict) || lenient;
    step->as = text_at(step->node, "as");
    if (step->loop && !step->repeats && !step->as.len)
        step->as = QUELL_STR("item");
}

struct list_place {
    size_t parent;
    enum branch branch;
    size_t lane;
};

static size_t walk_list(struct loader *loader, const struct yaml_node *list,
                        struct list_place place);

/* The branches of a `parallel` or the cases of a `switch`. */
static void walk_lanes(struct loader *loader, size_t index, const struct yaml_node *lanes)
{
    size_t i, *first = arena_array(loader->arena, size_t, lanes->count + 1);
    bool parallel = loader->outline[index].parallel;
    for (i = 0; i < lanes->count; i++) {
        const struct yaml_node *list = parallel && lanes->pairs ? &lanes->pairs[i].node : NULL;
        if (!parallel && lanes->items && quell_is(lanes->items[i].value, QUELL_MAP)) {
            const struct yaml_node *otherwise = yaml_get(&lanes->items[i], "else");
            list = otherwise ? otherwise : yaml_get(&lanes->items[i], "steps");
            if (otherwise)
                loader->outline[index].complete = true;
        }
        first[i] = walk_list(loader, list, (struct list_place){index, BRANCH_LANE, i});
    }
    loader->outline[index].lanes = first;
    loader->outline[index].lane_count = lanes->count;
}

static void walk_step(struct loader *loader, size_t index)
{
    size_t i, k;
    const struct yaml_node *node = loader->outline[index].node;
    for (i = 0; i < node->count; i++) {
        const struct yaml_pair *pair = &node->pairs[i];
        struct quell_str key = quell_str(pair->key.value);
        for (k = 0; k < sizeof(branches) / sizeof(branches[0]); k++)
            if (str_is(key, branches[k].keyword)) {
                size_t first = walk_list(loader, &pair->node,
                                         (struct list_place){index, branches[k].branch, 0});
                loader->outline[index].first[branches[k].branch] = first;
            }
        if (str_is(key, "parallel") || str_is(key, "switch"))
            walk_lanes(loader, index, &pair->node);
    }
}

static size_t add_step(struct loader *loader, const struct yaml_node *node, struct list_place place)
{
    size_t index = loader->outline_count;
    struct outline *step;
    grow(loader, loader->outline, loader->outline_count, loader->outline_cap);
    step = &loader->outline[index];
    *step = (struct outline){.node = node,
                             .parent = place.parent,
                             .branch = place.branch,
                             .lane = place.lane,
                             .next = NO_STEP,
                             .first = {NO_STEP, NO_STEP, NO_STEP, NO_STEP}};
    if (yaml_get(node, "id"))
        note_id(loader, step, yaml_get(node, "id"));
    note_keys(loader, step);
    loader->outline_count++;
    walk_step(loader, index); /* moves the array */
    return index;
}

/* Adds the steps of a list and gives the first one's index. */
static size_t walk_list(struct loader *loader, const struct yaml_node *list,
                        struct list_place place)
{
    size_t i, first = NO_STEP, last = NO_STEP;
    if (list && place.branch == BRANCH_UNDO && quell_is(list->value, QUELL_MAP) &&
        loader->outline_count < LIMIT_STEPS)
        return add_step(loader, list, place); /* one step alone */
    if (!list || !quell_is(list->value, QUELL_LIST))
        return NO_STEP;
    for (i = 0; i < list->count; i++) {
        size_t index;
        if (!quell_is(list->items[i].value, QUELL_MAP))
            continue;
        if (loader->outline_count == LIMIT_STEPS) {
            report(loader, TOO_LARGE, head_place(loader, &list->items[i]),
                   "a playbook has at most %d steps", LIMIT_STEPS);
            return first;
        }
        index = add_step(loader, &list->items[i], place);
        if (last == NO_STEP)
            first = index;
        else
            loader->outline[last].next = index;
        last = index;
    }
    return first;
}

void outline_make(struct loader *loader, const struct yaml_node *root)
{
    size_t i;
    for (i = 0; i < root->count; i++) {
        struct quell_str key = quell_str(root->pairs[i].key.value);
        if (str_is(key, "steps"))
            loader->first = walk_list(loader, &root->pairs[i].node,
                                      (struct list_place){NO_STEP, BRANCH_STEPS, 0});
        if (str_is(key, "on-failure"))
            loader->first_on_failure = walk_list(
                loader, &root->pairs[i].node, (struct list_place){NO_STEP, BRANCH_ON_FAILURE, 0});
        if (str_is(key, "finally"))
            loader->first_finally = walk_list(loader, &root->pairs[i].node,
                                              (struct list_place){NO_STEP, BRANCH_FINALLY, 0});
    }
}
