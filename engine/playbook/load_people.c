/*
 * load_people.c - where people are asked: the gate `approve` in front of a step, and the kind
 * `ask`.
 */
#include "playbook/load.h"

#include "base/arena.h"
#include "base/limits.h"
#include "base/str.h"
#include "base/when.h"

/* ---- what both have ----------------------------------------------------------------------------
 */

static struct step_words words_at(struct loader *loader, const struct yaml_node *map,
                                  const char *key)
{
    const struct yaml_node *node = yaml_get(map, key);
    struct step_words words = {NULL, 0};
    struct quell_str *items;
    size_t i;
    if (!node)
        return words;
    words.count = quell_is(node->value, QUELL_LIST) ? node->count : 1;
    items = arena_array(loader->arena, struct quell_str, words.count + 1);
    for (i = 0; i < words.count; i++)
        items[i] = quell_str(node->items ? node->items[i].value : node->value);
    words.items = items;
    return words;
}

/* `group:` with a name, or a user's name: no blanks in either. */
void check_people(struct loader *loader, const struct yaml_node *map, const char *key)
{
    const struct yaml_node *node = yaml_get(map, key);
    size_t i, count = !node ? 0 : node->items ? node->count : 1;
    for (i = 0; i < count; i++) {
        const struct yaml_node *one = node->items ? &node->items[i] : node;
        struct quell_str name = quell_str(one->value), group = QUELL_STR("group:");
        struct diag *diag;
        if (!quell_is(one->value, QUELL_STRING))
            continue; /* said by check_keys */
        if (name.len && !str_is(name, "group:") && str_find(name, QUELL_STR(" "), 0) == SIZE_MAX)
            continue;
        diag = report(loader, WRONG_TYPE, one->place, "`%.*s` names nobody", QUELL_ARG(name));
        diag->help =
            diag_format(loader->diags, "write the name of a user, or `%.*ssoc`", QUELL_ARG(group));
    }
}

static void check_deadline(struct loader *loader, const struct yaml_node *map, struct place place,
                           const struct step_asking *asking)
{
    const struct yaml_node *within = yaml_get(map, "within");
    struct diag *diag;
    if (!within) {
        diag = report(loader, NO_DEADLINE, place, "nothing ends this question but the run's end");
        diag->help = QUELL_STR("add `within: 1h`");
        return;
    }
    if (asking->within_us <= loader->playbook->timeout_us)
        return;
    diag = report(loader, OUTLASTS, within->place, "the run ends before this time is up");
    diag->label =
        diag_format(loader->diags, "a run takes %.*s at most",
                    QUELL_ARG(when_format_human(loader->arena, loader->playbook->timeout_us)));
    diag->help = QUELL_STR("give the playbook a longer `timeout:`");
}

static void load_asking(struct loader *loader, size_t index, const struct yaml_node *map,
                        const char *who, struct place place, struct step_asking *asking)
{
    struct here here = {WHERE_STEP, index};
    const struct yaml_node *message = yaml_get(map, "message");
    asking->of = words_at(loader, map, who);
    asking->via = words_at(loader, map, "via");
    asking->within_us = duration_at(loader, map, "within", 0);
    if (message)
        load_template(loader, here, message, &asking->message);
    check_people(loader, map, who);
    check_deadline(loader, map, place, asking);
}

/* ---- approve -----------------------------------------------------------------------------------
 */

/* Names count one each; a group may have any number of people. */
static void check_count(struct loader *loader, const struct yaml_node *map,
                        const struct step_approve *approve)
{
    const struct yaml_node *node = yaml_get(map, "count");
    struct diag *diag;
    size_t i;
    if (!node || !quell_is(node->value, QUELL_INT))
        return;
    if (node->value.as.integer < 1 || node->value.as.integer > LIMIT_APPROVERS) {
        report(loader, TOO_LARGE, node->place, "`count` is between 1 and %d", LIMIT_APPROVERS);
        return;
    }
    for (i = 0; i < approve->asking.of.count; i++)
        if (str_starts(approve->asking.of.items[i], QUELL_STR("group:")))
            return;
    if (!approve->asking.of.count || approve->count <= approve->asking.of.count)
        return;
    diag = report(loader, COUNT, node->place, "%u people must agree and %zu are named",
                  approve->count, approve->asking.of.count);
    diag->help = QUELL_STR("nobody agrees twice: name more people under `by`, or a group");
}

static void load_escalation(struct loader *loader, const struct yaml_node *map,
                            struct step_approve *approve)
{
    const struct yaml_pair *to = yaml_find(map, QUELL_STR("escalate-to"));
    struct diag *diag;
    approve->escalates = str_is(text_at(map, "on-timeout"), "escalate");
    approve->escalate_to = words_at(loader, map, "escalate-to");
    check_people(loader, map, "escalate-to");
    if (approve->escalates && !to) {
        diag = report(loader, MISSING_KEY, head_place(loader, yaml_get(map, "on-timeout")),
                      "`on-timeout: escalate` needs `escalate-to`");
        diag->help = QUELL_STR("say who is asked then: `escalate-to: group:soc-leads`");
    }
    if (to && !approve->escalates) {
        diag = report(loader, MISPLACED, to->key.place, "nobody is asked that is named here");
        diag->help = QUELL_STR("add `on-timeout: escalate`");
    }
}

void load_approve(struct loader *loader, size_t index, const struct yaml_node *step_map,
                  struct step *step)
{
    struct here here = {WHERE_STEP, index};
    const struct yaml_pair *pair = yaml_find(step_map, QUELL_STR("approve")), *unless;
    struct step_approve *approve;
    const struct yaml_node *map, *show;
    if (!pair || !(quell_is(pair->node.value, QUELL_MAP) || quell_is_null(pair->node.value)))
        return; /* said by check_keys */
    map = &pair->node;
    unless = yaml_find(map, QUELL_STR("unless"));
    approve = arena_one(loader->arena, struct step_approve);
    load_asking(loader, index, map, "by", pair->key.place, &approve->asking);
    approve->count = (unsigned)int_at(map, "count", 1);
    approve->four_eyes = yaml_get(map, "four-eyes") &&
                         quell_is(yaml_get(map, "four-eyes")->value, QUELL_BOOL) &&
                         yaml_get(map, "four-eyes")->value.as.boolean;
    check_count(loader, map, approve);
    load_escalation(loader, map, approve);
    if (unless)
        load_expression(loader, here, unless, &approve->unless);
    show = yaml_get(map, "show");
    if (show && quell_is(show->value, QUELL_MAP)) {
        approve->show = load_tree(loader, here, show);
        approve->show_place = show->place;
    }
    step->approve = approve;
}

/* ---- ask ---------------------------------------------------------------------------------------
 */

static void load_ask(struct loader *loader, size_t index, const struct yaml_node *step_map,
                     struct step *step)
{
    struct here here = {WHERE_STEP, index};
    const struct yaml_pair *pair = yaml_find(step_map, QUELL_STR("ask"));
    struct step_ask *ask = arena_one(loader->arena, struct step_ask);
    const struct yaml_node *form;
    step->ask = ask;
    if (!quell_is(pair->node.value, QUELL_MAP))
        return; /* said by check_keys */
    load_asking(loader, index, &pair->node, "of", pair->key.place, &ask->asking);
    ask->goes_on = str_is(text_at(&pair->node, "on-timeout"), "continue");
    form = yaml_get(&pair->node, "form");
    if (!form || !quell_is(form->value, QUELL_MAP))
        return;
    ask->form =
        load_typed(loader, here, form, input_fields, "a field of the form", &ask->form_count);
    if (!form->count)
        report(loader, WRONG_TYPE, head_place(loader, form), "the form asks for nothing");
}

static const char *const ask_keywords[] = {"sensitive", NULL};
const struct step_loader load_ASK = {ask_keywords, load_ask};
