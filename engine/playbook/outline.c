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

/* What the keys of a step say about whether it runs and how it may end. */
static void note_keys(struct loader *loader, struct outline *step)
{
    size_t i;
    for (i = 0; i < step->node->count; i++) {
        const struct yaml_pair *pair = &step->node->pairs[i];
        struct quell_str key = quell_str(pair->key.value);
        const struct quell_field *field = fields_find(step_fields, key);
        if (str_is(key, "if"))
            step->conditional = true;
        if (str_is(key, "on-error"))
            step->soft = !quell_text_is(pair->node.value, "fail");
        if (str_is(key, "for-each"))
            step->loop = true;
        if (field && (field->flags & PLAYBOOK_KIND) && (field->flags & PLAYBOOK_LATER)) {
            step->later = true;
            collect_foreign(loader, &pair->node);
        }
    }
    step->as = text_at(step->node, "as");
    if (step->loop && !step->as.len)
        step->as = QUELL_STR("item");
}

static size_t walk_list(struct loader *loader, const struct yaml_node *list, size_t parent,
                        enum branch branch);

static void walk_step(struct loader *loader, size_t index)
{
    size_t i, k;
    const struct yaml_node *node = loader->outline[index].node;
    for (i = 0; i < node->count; i++)
        for (k = 0; k < sizeof(branches) / sizeof(branches[0]); k++)
            if (str_is(quell_str(node->pairs[i].key.value), branches[k].keyword)) {
                size_t first = walk_list(loader, &node->pairs[i].node, index, branches[k].branch);
                loader->outline[index].first[branches[k].branch] = first;
            }
}

static size_t add_step(struct loader *loader, const struct yaml_node *node, size_t parent,
                       enum branch branch)
{
    size_t index = loader->outline_count;
    struct outline *step;
    grow(loader, loader->outline, loader->outline_count, loader->outline_cap);
    step = &loader->outline[index];
    *step = (struct outline){.node = node,
                             .parent = parent,
                             .branch = branch,
                             .next = NO_STEP,
                             .first = {NO_STEP, NO_STEP, NO_STEP}};
    if (yaml_get(node, "id"))
        note_id(loader, step, yaml_get(node, "id"));
    note_keys(loader, step);
    loader->outline_count++;
    walk_step(loader, index); /* moves the array */
    return index;
}

/* Adds the steps of a list and gives the first one's index. */
static size_t walk_list(struct loader *loader, const struct yaml_node *list, size_t parent,
                        enum branch branch)
{
    size_t i, first = NO_STEP, last = NO_STEP;
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
        index = add_step(loader, &list->items[i], parent, branch);
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
            loader->first = walk_list(loader, &root->pairs[i].node, NO_STEP, BRANCH_STEPS);
        if (str_is(key, "on-failure"))
            loader->first_on_failure =
                walk_list(loader, &root->pairs[i].node, NO_STEP, BRANCH_ON_FAILURE);
        if (str_is(key, "finally"))
            collect_foreign(loader, &root->pairs[i].node);
    }
}
