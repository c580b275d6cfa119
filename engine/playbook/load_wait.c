/*
 * load_wait.c - the kind `wait`: a span, a time, or an event that must fit.
 */
#include "playbook/types.h"

#include "base/arena.h"
#include "base/str.h"
#include "base/when.h"

static const char *const events[] = {"incident", "alert"};

/* The run's own time-out ends a longer wait. */
static void check_length(struct loader *loader, struct place place, int64_t span_us)
{
    struct diag *diag;
    if (span_us <= loader->playbook->timeout_us)
        return;
    diag = report(loader, OUTLASTS, place, "the run ends before this wait does");
    diag->label =
        diag_format(loader->diags, "a run takes %.*s at most",
                    QUELL_ARG(when_format_human(loader->arena, loader->playbook->timeout_us)));
    diag->help = QUELL_STR("give the playbook a longer `timeout:`");
}

static void load_span(struct loader *loader, size_t index, const struct yaml_node *node,
                      struct step_wait *wait)
{
    struct here here = {WHERE_STEP, index};
    struct quell_str text = quell_str(node->value);
    struct when span;
    struct diag *diag;
    if (str_find(text, QUELL_STR("${{"), 0) != SIZE_MAX) {
        static const struct quell_field field = {.name = "wait", .type = QUELL_FIELD_DURATION};
        load_template(loader, here, node, &wait->span);
        type_value(loader, node, &field);
        return;
    }
    if (!when_parse_duration(text, &span)) {
        diag = report(loader, WRONG_TYPE, head_place(loader, node),
                      "`wait` takes a duration, or a map with `until` or `for`");
        diag->help = QUELL_STR("write `wait: 15m`");
        return;
    }
    wait->span_us = when_to_us(span);
    if (wait->span_us <= 0)
        report(loader, WRONG_TYPE, node->place, "`wait` must be longer than nothing");
    check_length(loader, node->place, wait->span_us);
}

/* ---- for an event ------------------------------------------------------------------------------
 */

static void load_event(struct loader *loader, const struct yaml_node *events_map,
                       struct place place, struct step_wait *wait)
{
    size_t i, count = 0;
    struct diag *diag;
    if (!quell_is(events_map->value, QUELL_MAP))
        return; /* said by check_keys */
    for (i = 0; i < sizeof(events) / sizeof(events[0]); i++) {
        const struct yaml_node *node = yaml_get(events_map, events[i]);
        count += node != NULL;
        if (!node || wait->event)
            continue;
        wait->event = events[i];
        wait->trigger =
            i == 0 ? trigger_load(loader->arena, node, loader->incident_fields, loader->diags)
                   : trigger_load_for(loader->arena, MATCH_ALERT, node, alert_fields(loader),
                                      loader->diags);
    }
    if (count == 1 || events_map->count > count)
        return;
    diag = report(loader, MISSING_KEY, place, "`for` names one kind of event");
    diag->help = QUELL_STR("write `for: { incident: { match: { severity: high } } }`");
}

const struct quell_field *awaited_fields(const struct loader *loader, size_t index)
{
    const struct yaml_node *wait =
        index == NO_STEP ? NULL : yaml_get(loader->outline[index].node, "wait");
    return yaml_get(yaml_get(wait, "for"), "alert") ? alert_fields(loader)
                                                    : loader->incident_fields;
}

static void load_until(struct loader *loader, size_t index, const struct yaml_pair *until,
                       const struct yaml_node *map, struct step_wait *wait)
{
    struct here here = {WHERE_STEP, index};
    size_t i;
    load_expression(loader, here, until, &wait->until);
    for (i = 0; i < map->count; i++) {
        struct quell_str key = quell_str(map->pairs[i].key.value);
        if (str_is(key, "where") || str_is(key, "timeout"))
            report(loader, MISPLACED, map->pairs[i].key.place, "`%.*s` is for a wait for an event",
                   QUELL_ARG(key));
    }
}

static void load_for(struct loader *loader, size_t index, const struct yaml_pair *pair,
                     const struct yaml_node *map, struct step_wait *wait)
{
    struct here here = {WHERE_EVENT, index};
    const struct yaml_pair *where = yaml_find(map, QUELL_STR("where"));
    const struct yaml_node *timeout = yaml_get(map, "timeout");
    struct diag *diag;
    load_event(loader, &pair->node, pair->key.place, wait);
    if (where)
        load_expression(loader, here, where, &wait->where);
    wait->timeout_us = duration_at(loader, map, "timeout", 0);
    if (timeout) {
        check_length(loader, timeout->place, wait->timeout_us);
        return;
    }
    if (yaml_get(loader->outline[index].node, "timeout"))
        return;
    diag = report(loader, NO_DEADLINE, pair->key.place, "nothing ends this wait but the run's end");
    diag->help = QUELL_STR("add `timeout: 1h`, and read the status of the step behind it");
}

static void load(struct loader *loader, size_t index, const struct yaml_node *map,
                 struct step *step)
{
    struct step_wait *wait = arena_one(loader->arena, struct step_wait);
    const struct yaml_pair *pair = yaml_find(map, QUELL_STR("wait")), *until, *event;
    struct diag *diag;
    size_t errors;
    step->wait = wait;
    if (!quell_is(pair->node.value, QUELL_MAP)) {
        load_span(loader, index, &pair->node, wait);
        return;
    }
    errors = loader->diags->errors;
    check_keys(loader, wait_fields, &pair->node);
    errors = loader->diags->errors - errors;
    until = yaml_find(&pair->node, QUELL_STR("until"));
    event = yaml_find(&pair->node, QUELL_STR("for"));
    if (until && !event)
        load_until(loader, index, until, &pair->node, wait);
    if (event)
        load_for(loader, index, event, &pair->node, wait);
    if ((until == NULL) == (event == NULL) && !errors) {
        diag = report(loader, MISSING_KEY, pair->key.place, "`wait` takes either `until` or `for`");
        diag->help = QUELL_STR("write `wait: 15m` to wait for a span of time");
    }
}

const struct step_loader load_WAIT = {NULL, load};
