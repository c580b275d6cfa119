/*
 * plan_asked.c - whom a plan asks: each approval and form once, as it would be asked.
 */
#include "base/str.h"
#include "core/plan.h"
#include "value/value.h"

static bool is_question(const struct event *event)
{
    return event->kind == EVENT_APPROVAL_ASKED || event->kind == EVENT_FORM_ASKED;
}

static int64_t time_us(struct quell_value time)
{
    return quell_is(time, QUELL_TIME) ? time.as.integer * 1000000 + time.len / 1000 : 0;
}

const struct event *plan_next_asked(const struct plan *plan, struct plan_asked *at)
{
    for (; at->edge < plan->edge_count; at->edge++, at->event = 0) {
        const struct plan_edge *edge = &plan->edges[at->edge];
        while (at->event < edge->event_count) {
            const struct event *event = &edge->events[at->event++];
            if (is_question(event))
                return event;
        }
    }
    return NULL;
}

struct quell_value plan_asked_value(const struct plan *plan, const struct event *event)
{
    static const char *const keys[] = {"of", "count", "four_eyes", "via", "message", "form"};
    struct map_builder map = {.arena = plan->arena};
    int64_t within_us = time_us(quell_get(event->data, "until")) - event->at_us;
    const struct step *step = plan_step(plan, event->path);
    size_t i;

    map_add(&map, "path", quell_string(event->path));
    map_add(&map, "what", quell_text(event->kind == EVENT_FORM_ASKED ? "ask" : "approve"));
    map_add(&map, "within", value_duration(within_us / 1000000, 0));
    for (i = 0; i < sizeof(keys) / sizeof(*keys); i++)
        if (!quell_is_null(quell_get(event->data, keys[i])))
            map_add(&map, keys[i], quell_get(event->data, keys[i]));
    if (step && step->approve && step->approve->unless.expr)
        map_add(&map, "unless", quell_string(cel_source(step->approve->unless.expr)));
    return map_made(&map);
}
