/*
 * notify_told.c - what became of the notices of a run: read from their marks, for whoever looks at
 * the run or at one of its questions.
 */
#include "core/notify.h"

#include "base/str.h"
#include "journal/event.h"
#include "value/json.h"
#include "value/value.h"

struct quell_str notice_key(struct arena *arena, struct quell_str run, uint64_t seq)
{
    return arena_format(arena, "%.*s %llu", QUELL_ARG(run), (unsigned long long)seq);
}

/* With times for people. */
static struct quell_value as_told(struct arena *arena, struct quell_value tellings)
{
    struct list_builder list = {.arena = arena};

    for (size_t i = 0; i < quell_count(tellings); i++) {
        struct quell_value one = quell_at(tellings, i);
        struct map_builder map = {.arena = arena};

        map_add(&map, "via", quell_get(one, "via"));
        map_add(&map, "to", quell_get(one, "to"));
        map_add(&map, "state", quell_get(one, "state"));
        map_add(&map, "tries", quell_get(one, "tries"));
        map_add(&map, "at", value_time_us(quell_get_int(one, "at_us", 0)));
        map_add(&map, "error", quell_get(one, "error"));
        list_add(&list, map_made(&map));
    }
    return list_made(&list);
}

static struct quell_value told(struct quell *engine, struct arena *arena, struct quell_str run,
                               uint64_t seq)
{
    static const char *const scopes[] = {NOTICE_OPEN, NOTICE_TOLD};
    struct quell_str key = notice_key(arena, run, seq);
    struct quell_value body;

    for (size_t i = 0; i < sizeof(scopes) / sizeof(*scopes); i++) {
        struct store_mark mark;
        struct quell_error err;

        if (engine->reader->kind->mark(engine->reader, arena, quell_str_of(scopes[i]), key, &mark,
                                       &err) == QUELL_OK &&
            json_read_own(arena, mark.body, &body, &err) == QUELL_OK)
            return as_told(arena, quell_get(body, "tellings"));
    }
    return quell_null();
}

struct looking {
    struct quell *engine;
    struct list_builder list;
    struct quell_str run, step; /* the step may be empty: all of the run's */
};

static bool look_at(const struct store_event *row, void *user)
{
    struct looking *looking = user;
    struct arena *arena = looking->list.arena;
    struct map_builder map = {.arena = arena};
    struct quell_value tellings;
    struct quell_error err;
    struct event event;

    if (!str_is(row->kind, "approval_asked") && !str_is(row->kind, "form_asked") &&
        !str_is(row->kind, "approval_escalated"))
        return true;
    if (event_read(arena, row->body, &event, &err) ||
        (looking->step.len && !quell_str_equal(looking->step, event.path)))
        return true;
    tellings = told(looking->engine, arena, looking->run, row->seq);
    if (quell_is_null(tellings))
        return true;
    map_add(&map, "step", quell_string(event.path));
    map_add(&map, "seq", quell_int((int64_t)row->seq));
    map_add(&map, "what", value_copy_str(arena, row->kind));
    map_add(&map, "tellings", tellings);
    list_add(&looking->list, map_made(&map));
    return true;
}

struct quell_value notify_told(struct quell *engine, struct arena *arena, struct quell_str run,
                               struct quell_str step)
{
    struct looking looking = {.engine = engine, .list = {.arena = arena}, .run = run, .step = step};
    struct quell_error err;

    if (engine->reader->kind->events(engine->reader, run, 0, look_at, &looking, &err))
        return quell_list(NULL, 0); /* whoever looks at the run is told that it cannot be read */
    return list_made(&looking.list);
}
