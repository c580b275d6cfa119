/*
 * judge_safety.c - what a playbook may do to the world without anybody in its way: disrupting
 * actions that nobody approves and nothing limits, targets and queries made of texts that an
 * attacker writes, messages by the hundred.
 */
#include <string.h>

#include "playbook/load.h"

#include "base/arena.h"
#include "base/str.h"

/* ---- looking at a step's inputs
 * ------------------------------------------------------------------
 */

static const struct yaml_pair *input_of(const struct outline *outline, const char *name)
{
    return yaml_find(yaml_get(outline->node, "with"), quell_str_of(name));
}

struct search {
    bool (*wanted)(const struct cel_reference *reference);
    bool found;
};

static void look(const struct cel_reference *reference, void *user)
{
    struct search *search = user;
    search->found |= search->wanted(reference);
}

static void look_into(const struct cel *expr, size_t offset, void *user)
{
    (void)offset;
    cel_references(expr, look, user);
}

/* Whether some expression of a text names what is wanted. Its faults are said elsewhere. */
static bool names(const struct loader *loader, const struct yaml_node *node,
                  bool (*wanted)(const struct cel_reference *reference))
{
    struct search search = {.wanted = wanted};
    const struct cel_template *template;
    struct cel_fault fault;
    size_t i;
    if (quell_is(node->value, QUELL_STRING) &&
        !cel_template_parse(loader->arena, quell_str(node->value), &template, &fault))
        cel_template_each(template, look_into, &search);
    for (i = 0; quell_is(node->value, QUELL_LIST) && i < node->count; i++)
        search.found |= names(loader, &node->items[i], wanted);
    return search.found;
}

static bool any_reference(const struct cel_reference *reference)
{
    static const char *const ours[] = {"config", "run", "playbook", "lists"};
    size_t i;
    for (i = 0; i < sizeof(ours) / sizeof(ours[0]); i++)
        if (str_is(reference->root, ours[i]))
            return false;
    return true;
}

/* Texts that whoever makes an alert can write. */
static bool free_text(const struct cel_reference *reference)
{
    static const char *const fields[] = {"title", "description", "raw", "comments", "tags"};
    size_t i;
    if (str_is(reference->root, "event"))
        return true;
    if (!str_is(reference->root, "incident") && !str_is(reference->root, "alert"))
        return false;
    for (i = 0; reference->count && i < sizeof(fields) / sizeof(fields[0]); i++)
        if (str_is(reference->path[0], fields[i]))
            return true;
    return false;
}

/* ---- disrupting actions ------------------------------------------------------------------------
 */

static bool is_approved(const struct loader *loader, size_t index)
{
    for (; index != NO_STEP; index = loader->outline[index].parent)
        if (loader->outline[index].step && loader->outline[index].step->approve)
            return true;
    return false;
}

static bool is_limited(const struct playbook *playbook, const struct quell_target *target)
{
    const struct playbook_limits *limits = &playbook->start.limits;
    size_t i;
    for (i = 0; i < limits->count; i++)
        if (str_is(limits->items[i].kind, target->kind))
            return true;
    return false;
}

static void judge_disrupting(struct loader *loader, size_t index)
{
    const struct step *step = loader->outline[index].step;
    const struct quell_target *target = step->action->targets;
    struct diag *diag;
    for (; target && target->kind; target++) {
        if (is_approved(loader, index) || is_limited(loader->playbook, target))
            continue;
        diag = report(loader, UNGUARDED, step->uses_place,
                      "nobody approves `%.*s`, and nothing limits how many", QUELL_ARG(step->uses));
        diag->label = diag_format(loader->diags, "it disrupts a %s", target->kind);
        diag->help = diag_format(loader->diags,
                                 "write `limits: { %s: { run: 3, day: 20 } }` for the playbook, "
                                 "`approve:` on the step, or why not: `# quell: accept %s: ...`",
                                 target->kind, lints[LINT_UNGUARDED].code);
        return;
    }
}

static void judge_targets(struct loader *loader, const struct outline *outline)
{
    const struct quell_target *target = outline->step->action->targets;
    for (; target && target->kind; target++) {
        const struct yaml_pair *input = input_of(outline, target->input);
        struct diag *diag;
        if (!input || !names(loader, &input->node, free_text))
            continue;
        diag = report(loader, UNTRUSTED_TARGET, head_place(loader, &input->node),
                      "whoever writes this text chooses the %s", target->kind);
        diag->label = QUELL_STR("it comes from the alert's own words");
        diag->help = QUELL_STR("take it from `incident.entities`, or look it up first and use the "
                               "answer");
    }
}

/* ---- queries -----------------------------------------------------------------------------------
 */

static void judge_query(struct loader *loader, const struct outline *outline)
{
    const struct quell_field *inputs = outline->step->action->inputs;
    const struct yaml_pair *query = input_of(outline, "query");
    struct diag *diag;
    if (!query || !fields_find(inputs, QUELL_STR("params")) ||
        !names(loader, &query->node, any_reference))
        return;
    diag = report(loader, PASTED_QUERY, head_place(loader, &query->node),
                  "a value is pasted into the query");
    diag->label = QUELL_STR("a quote in it ends the text there, and what follows is run");
    diag->help = QUELL_STR("give it a name under `params:` and write that name in the query");
}

/* ---- messages ----------------------------------------------------------------------------------
 */

/* A comment or a mail: what people have to read. */
static bool is_message(const struct quell_action *action)
{
    return action->effect == QUELL_NOTES && (fields_find(action->inputs, QUELL_STR("message")) ||
                                             fields_find(action->inputs, QUELL_STR("subject")));
}

enum { MESSAGES = 25 }; /* of one loop; more is nothing that people read */

static void judge_messages(struct loader *loader, const struct outline *outline)
{
    size_t up = outline->parent;
    struct diag *diag;
    for (; up != NO_STEP; up = loader->outline[up].parent) {
        const struct step *around = loader->outline[up].step;
        if (!around || !loader->outline[up].loop || around->max <= MESSAGES)
            continue;
        diag =
            report(loader, MESSAGE_LOOP, outline->step->uses_place,
                   "up to %u times `%.*s` in one run", around->max, QUELL_ARG(outline->step->uses));
        diag->label = QUELL_STR("once for each turn of the loop");
        diag->help = diag_format(
            loader->diags, "tell of all behind the loop, or write `max: %d` or less", MESSAGES);
        return;
    }
}

/* ---- limits ------------------------------------------------------------------------------------
 */

static bool is_target(const struct loader *loader, struct quell_str kind)
{
    const struct quell_target *target;
    size_t i;
    for (i = 0; i < loader->outline_count; i++) {
        const struct step *step = loader->outline[i].step;
        if (!step)
            continue;
        if (step->kind == STEP_CALL || (step->kind == STEP_USES && !step->action))
            return true; /* what it touches is not known here */
        if (!step->action || step->action->effect == QUELL_READS)
            continue;
        if (!step->action->targets)
            return true;
        for (target = step->action->targets; target && target->kind; target++)
            if (str_is(kind, target->kind))
                return true;
    }
    return false;
}

static void judge_limits(struct loader *loader)
{
    const struct playbook_limits *limits = &loader->playbook->start.limits;
    const struct yaml_node *map = yaml_get(loader->playbook->document, "limits");
    size_t i;
    for (i = 0; map && i < limits->count; i++) {
        struct quell_str kind = limits->items[i].kind;
        struct diag *diag;
        if (is_target(loader, kind))
            continue;
        diag = report(loader, UNBOUND_LIMIT, yaml_find(map, kind)->key.place,
                      "this limit binds nothing");
        diag->label = diag_format(loader->diags, "no action here touches a %.*s", QUELL_ARG(kind));
        diag->help = QUELL_STR("take it out, or limit the kind that the actions name: `quell "
                               "actions NAME` tells it");
    }
}

void judge_safety(struct loader *loader)
{
    size_t i;
    judge_limits(loader);
    for (i = 0; i < loader->outline_count; i++) {
        const struct outline *outline = &loader->outline[i];
        if (!outline->step || !outline->step->action)
            continue;
        if (outline->step->action->effect == QUELL_DISRUPTS)
            judge_disrupting(loader, i);
        if (outline->step->action->effect >= QUELL_CHANGES)
            judge_targets(loader, outline);
        if (is_message(outline->step->action))
            judge_messages(loader, outline);
        judge_query(loader, outline);
    }
}
