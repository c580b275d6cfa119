/*
 * apply_start.c - how a run starts: what it is about, and whether it waits before it begins.
 */
#include "base/str.h"
#include "run/state.h"

static void set_subject(struct run *run, struct quell_value data)
{
    run->incident = quell_get(data, "incident");
    run->alert = quell_get(data, "alert");
    run->event = quell_get(data, "event");
    run->inputs = quell_get(data, "inputs");
}

void apply_start(struct run *run, struct quell_value data)
{
    set_subject(run, data);
    run->group = quell_get_str(data, "group");
    run->queued = quell_get_str(data, "queued");
    run->queued_why = quell_get_str(data, "reason");
    run->begins_us = event_time(quell_get(data, "begins"), 0);
    run->last_success = quell_get(data, "last_success_at");
    run->pins = quell_get(data, "pins");
    run->digest_key = quell_get_str(data, "digest_key");
}

enum quell_code apply_begun(struct run *run, struct instance *instance, const struct event *event,
                            struct quell_error *err)
{
    (void)instance;
    if (run->queued.len == 0)
        return event_misfit(event, "the run does not wait for its begin", err);
    run->queued = run->queued_why = QUELL_STR("");
    return QUELL_OK;
}

enum quell_code apply_merged(struct run *run, struct instance *instance, const struct event *event,
                             struct quell_error *err)
{
    (void)instance;
    if (run->queued.len == 0)
        return event_misfit(event, "the run has begun", err);
    set_subject(run, event->data);
    return QUELL_OK;
}

bool run_queued(const struct run *run)
{
    return run->queued.len > 0 && !run->ended;
}

int64_t run_begins_us(const struct run *run)
{
    return run->begins_us;
}

struct quell_str run_queued_for(const struct run *run)
{
    return run_queued(run) ? run->queued : QUELL_STR("");
}

bool run_waits_for(const struct run *run, const char *queued)
{
    return run_queued(run) && str_is(run->queued, queued);
}

struct quell_str run_group(const struct run *run)
{
    return run->group;
}
