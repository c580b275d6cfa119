/*
 * load_on.c - triggers beside `incident` and `manual`: `alert`, `run`, `webhook`.
 */
#include "playbook/load.h"

#include "base/str.h"
#include "value/fields.h"
#include "value/value.h"

void load_where(struct loader *loader, enum where where, const struct yaml_node *trigger)
{
    struct here here = {where, NO_STEP};
    struct playbook_text text;
    struct diag_list unheard;
    struct loader deaf = *loader;
    const struct yaml_pair *pair = yaml_find(trigger, QUELL_STR("where"));
    if (!pair)
        return;
    diag_init(&unheard, loader->arena, loader->diags->file, loader->diags->text);
    deaf.diags = &unheard;
    load_expression(&deaf, here, pair, &text);
    if (text.expr)
        load_expression(loader, here, pair, &text);
}

/* ---- alert -------------------------------------------------------------------------------------
 */

const struct quell_field *alert_fields(const struct loader *loader)
{
    const struct quell_field *alerts =
        loader->incident_fields ? fields_find(loader->incident_fields, QUELL_STR("alerts")) : NULL;
    return alerts ? alerts->fields : NULL;
}

static void load_alert(struct loader *loader, const struct yaml_node *node)
{
    loader->alerts = true;
    loader->playbook->alert =
        trigger_load_for(loader->arena, MATCH_ALERT, node, alert_fields(loader), loader->diags);
    load_where(loader, WHERE_ALERT, node);
}

/* ---- manual ------------------------------------------------------------------------------------
 */

/* A list of the texts; a single one is a list of it. */
static struct quell_value words_of(struct loader *loader, const struct yaml_node *node)
{
    struct list_builder list = {.arena = loader->arena};
    size_t i, count = !node ? 0 : node->items ? node->count : 1;
    for (i = 0; i < count; i++) {
        const struct yaml_node *one = node->items ? &node->items[i] : node;
        if (quell_is(one->value, QUELL_STRING))
            list_add(&list, one->value);
    }
    return list_made(&list);
}

void load_manual_words(struct loader *loader, const struct yaml_node *manual)
{
    check_people(loader, manual, "by");
    loader->playbook->start.manual_by = words_of(loader, yaml_get(manual, "by"));
    loader->playbook->start.manual_for = words_of(loader, yaml_get(manual, "for"));
}

/* ---- all of it ---------------------------------------------------------------------------------
 */

void load_on(struct loader *loader, const struct yaml_node *on)
{
    const struct yaml_node *alert = yaml_get(on, "alert");
    const struct yaml_node *run = yaml_get(on, "run"), *schedule = yaml_get(on, "schedule"),
                           *hook = yaml_get(on, "webhook");
    if (alert)
        load_alert(loader, alert);
    if (run)
        load_run_trigger(loader, run);
    if (hook)
        load_hook(loader, hook);
    if (schedule) /* behind `run`: the fields of two kinds of events are not known */
        load_schedule(loader, schedule);
}
