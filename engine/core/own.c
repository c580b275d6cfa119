/*
 * own.c - our own changes of incidents: what a call is about to write is remembered in the
 * transaction of its intent, so that the sender's next update is known as ours however soon it
 * comes. Who reads it: intake.c, before an update starts a playbook.
 */
#include "core/starts.h"
#include "core/nothing.h"

#include "base/limits.h"
#include "base/str.h"
#include "incident/own.h"
#include "loop/log.h"
#include "value/value.h"

#define SCOPE "own"

/* Senders name an incident by a path or by its last part: one key for both. */
static struct quell_str key_of(struct arena *arena, struct quell_str source, struct quell_str id)
{
    struct quell_str head, tail = id;
    struct quell_str key;
    char *lower;
    size_t i;

    while (str_cut(tail, '/', &head, &tail))
        id = tail;
    key = mark_key(arena, source, id);
    lower = arena_alloc(arena, key.len + 1);
    for (i = 0; i < key.len; i++)
        lower[i] =
            (char)(key.data[i] >= 'A' && key.data[i] <= 'Z' ? key.data[i] | 0x20 : key.data[i]);
    return (struct quell_str){lower, key.len};
}

static struct quell_value read_writes(struct quell *engine, struct arena *arena,
                                      struct quell_str key)
{
    struct quell_value mark = quell_null();
    struct quell_error err;

    if (mark_read(engine, arena, SCOPE, key, &mark, &err))
        log_line(LOG_LEVEL_WARNING, "what was written to `%.*s` cannot be read: %s", QUELL_ARG(key),
                 err.message);
    return mark;
}

static void write_writes(struct quell *engine, struct quell_str key, struct quell_value writes)
{
    int64_t until_us = loop_now_us(engine->loop) + INT64_C(1000000) * LIMIT_OWN_WRITE_S;

    mark_write(engine, SCOPE, key, until_us, quell_count(writes) ? writes : quell_null());
}

/* ---- writing -----------------------------------------------------------------------------------
 */

static bool is_by(struct quell_value entry, struct quell_str run, struct quell_str step)
{
    return quell_str_equal(quell_get_str(entry, "run"), run) &&
           quell_str_equal(quell_get_str(entry, "step"), step);
}

/* Those that are young enough, the last so many, without that of the step to the field. */
static void keep_others(struct quell *engine, struct list_builder *list, struct quell_value writes,
                        struct quell_str run, struct quell_str step, const char *field)
{
    int64_t from_us = loop_now_us(engine->loop) - INT64_C(1000000) * LIMIT_OWN_WRITE_S;
    size_t i = quell_count(writes) < LIMIT_OWN_WRITES ? 0 : quell_count(writes) - LIMIT_OWN_WRITES;

    for (; i < quell_count(writes); i++) {
        struct quell_value entry = quell_at(writes, i);
        if (quell_get_int(entry, "at", 0) > from_us &&
            !(is_by(entry, run, step) && quell_text_is(quell_get(entry, "field"), field)))
            list_add(list, entry);
    }
}

static struct quell_value entry_of(struct arena *arena, const struct active *active,
                                   const struct run_call *call, const struct quell_write *write)
{
    struct map_builder map = {.arena = arena};
    struct list_builder raw = {.arena = arena};
    const char *const *path;

    for (path = write->raw; path && *path; path++)
        list_add(&raw, quell_text(*path));
    map_add(&map, "field", quell_text(write->field));
    map_add(&map, "part", quell_text(write->part ? write->part : ""));
    map_add(&map, "digest",
            quell_string(incident_write_digest(arena, quell_get(call->input, write->input))));
    map_add(&map, "raw", list_made(&raw));
    map_add(&map, "run", value_copy_str(arena, run_id(active->run)));
    map_add(&map, "step", value_copy_str(arena, call->path));
    map_add(&map, "at", quell_int(loop_now_us(active->engine->loop)));
    return map_made(&map);
}

/* `intended`: it is about to be sent; else it is certain that it was not. */
static void note(struct active *active, const struct run_call *call, bool intended)
{
    struct quell *engine = active->engine;
    struct arena *arena = turn_commit(engine)->arena;
    const struct quell_write *write;

    for (write = call->action->writes; write && write->source; write++) {
        struct quell_str id = quell_get_str(call->input, write->incident);
        struct quell_str key = key_of(arena, quell_str_of(write->source), id);
        struct list_builder list = {.arena = arena};

        if (id.len == 0)
            continue;
        keep_others(engine, &list, read_writes(engine, arena, key), run_id(active->run), call->path,
                    write->field);
        if (intended)
            list_add(&list, entry_of(arena, active, call, write));
        write_writes(engine, key, list_made(&list));
    }
}

void own_intended(struct active *active, const struct run_call *call)
{
    if (run_mode(active->run) == RUN_LIVE && active->engine->starts)
        note(active, call, true);
}

void own_ended(struct active *active, const struct run_call *call, enum quell_code code)
{
    if (code && code != QUELL_UNKNOWN_OUTCOME && run_mode(active->run) == RUN_LIVE &&
        active->engine->starts)
        note(active, call, false);
}

/* ---- reading -----------------------------------------------------------------------------------
 */

static struct incident_write *writes_of(struct arena *arena, struct quell_value list)
{
    struct incident_write *writes =
        arena_array(arena, struct incident_write, quell_count(list) + 1);
    size_t i;

    for (i = 0; i < quell_count(list); i++) {
        struct quell_value entry = quell_at(list, i);
        writes[i] = (struct incident_write){.field = quell_get_str(entry, "field"),
                                            .part = quell_get_str(entry, "part"),
                                            .digest = quell_get_str(entry, "digest"),
                                            .raw = quell_get(entry, "raw"),
                                            .seen = quell_get_bool(entry, "seen", false)};
    }
    return writes;
}

/* What has come back explains no second change: the same again is somebody else's doing. */
static void mark_seen(struct quell *engine, struct arena *arena, struct quell_str key,
                      struct quell_value list, const struct incident_write *writes)
{
    struct list_builder marked = {.arena = arena};
    size_t i;

    for (i = 0; i < quell_count(list); i++) {
        struct quell_value entry = quell_at(list, i);
        list_add(&marked, writes[i].used
                              ? value_with(arena, entry, QUELL_STR("seen"), quell_bool(true))
                              : entry);
    }
    write_writes(engine, key, list_made(&marked));
}

bool own_change(struct quell *engine, struct arena *arena, struct quell_value incident,
                struct quell_value before, struct quell_str *run)
{
    struct quell_str id = quell_get_str(incident, "source_id");
    struct list_builder young = {.arena = arena};
    struct incident_write *writes;
    struct quell_value list;
    struct quell_str key;
    bool own, any = false;
    size_t i;

    *run = QUELL_STR("");
    if (id.len == 0 || engine->starts == NULL)
        return false;
    key = key_of(arena, quell_get_str(incident, "source"), id);
    keep_others(engine, &young, read_writes(engine, arena, key), QUELL_STR(""), QUELL_STR(""), "");
    list = list_made(&young);
    if (quell_count(list) == 0)
        return false;
    if (quell_is_null(before))
        before = incident_before(engine, arena, incident);
    writes = writes_of(arena, list);
    own = incident_is_own_change(arena, before, incident, writes, quell_count(list));
    for (i = 0; i < quell_count(list); i++) {
        any = any || writes[i].used;
        if (writes[i].used || run->len == 0)
            *run = quell_get_str(quell_at(list, i), "run");
    }
    if (any)
        mark_seen(engine, arena, key, list, writes);
    return own;
}
