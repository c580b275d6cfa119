/*
 * record_events.c - what a recording needs of a run's journal: how it began, the calls with their
 * outcomes in the order they were made, what people said. Runs that it called are part of it.
 */
#include "base/error.h"
#include "base/limits.h"
#include "base/str.h"
#include "connector/registry.h"
#include "journal/event.h"
#include "test/record.h"

struct reading {
    struct recording *recording;
    unsigned depth;
};

static void add_call(struct recording *recording, struct quell_value event)
{
    struct recorded_call *call;

    if (recording->call_count == recording->call_cap) {
        size_t cap = recording->call_cap ? recording->call_cap * 2 : 16;
        recording->calls = arena_grow(recording->arena, recording->calls,
                                      recording->call_cap * sizeof(*recording->calls),
                                      cap * sizeof(*recording->calls));
        recording->call_cap = cap;
    }
    call = &recording->calls[recording->call_count++];
    *call = (struct recorded_call){.action = quell_get_str(event, "action"),
                                   .path = quell_get_str(event, "path"),
                                   .input = quell_get(event, "input"),
                                   .ended = quell_null()};
    call->manifest = registry_action(recording->engine->generation->registry, call->action, NULL);
}

static void end_call(struct recording *recording, struct quell_value event)
{
    size_t i;

    for (i = recording->call_count; i-- > 0;)
        if (quell_str_equal(recording->calls[i].path, quell_get_str(event, "path")) &&
            quell_is_null(recording->calls[i].ended)) {
            recording->calls[i].ended = event;
            return;
        }
}

static void add_answer(struct recording *recording, struct quell_value event,
                       struct quell_value answer)
{
    struct map_builder map = {.arena = recording->arena};
    size_t i;

    for (i = 0; i < recording->answers.count; i++) /* one person more, or the same asked again */
        if (value_equal(quell_get(recording->answers.items[i], "step"), quell_get(event, "path")))
            return;
    map_add(&map, "step", quell_get(event, "path"));
    map_add(&map, "answer", answer);
    list_add(&recording->answers, map_made(&map));
}

static enum quell_code read_events(struct recording *recording, struct quell_str run,
                                   unsigned depth, struct quell_error *err);

static void take(struct recording *recording, const struct event *event, unsigned depth)
{
    struct quell_value value = event_to_value(recording->arena, event);
    struct quell_error ignored; /* a called run that is gone: its calls are not recorded */

    switch ((int)event->kind) {
    case EVENT_RUN_STARTED:
        if (depth == 0)
            recording->started = value;
        break;
    case EVENT_CALL_SCHEDULED:
        add_call(recording, value);
        break;
    case EVENT_CALL_ENDED:
        end_call(recording, value);
        break;
    case EVENT_CHILD_STARTED:
        if (depth < LIMIT_DEPTH)
            (void)!read_events(recording, quell_get_str(value, "run"), depth + 1, &ignored);
        break;
    case EVENT_APPROVAL_GIVEN:
        add_answer(recording, value, quell_text("approve"));
        break;
    case EVENT_APPROVAL_DENIED:
        add_answer(recording, value, quell_text("deny"));
        break;
    case EVENT_APPROVAL_EXPIRED:
    case EVENT_FORM_EXPIRED:
        add_answer(recording, value, quell_text("timeout"));
        break;
    case EVENT_FORM_ANSWERED:
        add_answer(recording, value, quell_get(value, "answers"));
        break;
    case EVENT_OUTCOME_RESOLVED:
        add_answer(
            recording, value,
            quell_text(quell_get_bool(value, "happened", false) ? "happened" : "did-not-happen"));
        break;
    case EVENT_EVENT_CAME:
        recording->waited = true;
        break;
    case EVENT_RUN_HELD:
        if (depth == 0)
            recording->reason = quell_get_str(value, "reason");
        break;
    default: /* the rest follows from these */
        break;
    }
}

static bool read_event(const struct store_event *row, void *user)
{
    struct reading *reading = user;
    struct quell_error ignored; /* record_read rebuilds the run, and so has read each of them */
    struct event event;

    if (event_read(reading->recording->arena, row->body, &event, &ignored) == QUELL_OK)
        take(reading->recording, &event, reading->depth);
    return true;
}

static enum quell_code read_events(struct recording *recording, struct quell_str run,
                                   unsigned depth, struct quell_error *err)
{
    struct reading reading = {recording, depth};
    struct store *store = recording->engine->reader;

    return store->kind->events(store, run, 0, read_event, &reading, err);
}

enum quell_code record_read(struct recording *recording, struct quell_str run,
                            struct quell_error *err)
{
    struct quell *engine = recording->engine;
    enum quell_code code = find_row(engine, recording->arena, run, &recording->row, err);

    recording->answers.arena = recording->arena;
    if (code == QUELL_OK)
        code = journal_read_run(engine, &recording->row, &recording->run, &recording->loaded, err);
    if (code == QUELL_OK)
        code = read_events(recording, recording->row.id, 0, err);
    if (code == QUELL_OK && recording->waited)
        code = error_set(err, QUELL_INVALID,
                         "the run waited for an event: such a run cannot be recorded");
    return code;
}

void record_free(struct recording *recording)
{
    run_free(recording->run);
    loaded_release(recording->loaded);
}
