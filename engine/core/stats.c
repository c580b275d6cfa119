/*
 * stats.c - what there is (actions) and how it goes (counters, readiness).
 */
#include "core/gate.h"

#include "base/error.h"
#include "base/str.h"
#include "match/regex.h"
#include "value/value.h"

/* ---- actions -----------------------------------------------------------------------------------
 */

static bool wanted(struct quell_str filter, const struct quell_connector *connector,
                   const struct quell_action *action)
{
    struct quell_str head, tail;

    if (filter.len == 0 || str_is(filter, connector->name))
        return true;
    return str_cut(filter, '.', &head, &tail) && str_is(head, connector->name) &&
           str_is(tail, action->name);
}

static enum quell_code unknown_action(const struct quell *engine, struct quell_str filter,
                                      struct quell_error *err)
{
    const struct quell_connector *const *connector =
        registry_connectors(engine->generation->registry);
    struct arena *arena = arena_new(0);
    struct quell_str names[256], nearest;
    size_t count = 0, i;
    enum quell_code code;

    for (; *connector && count < 256; connector++) {
        names[count++] = quell_str_of((*connector)->name);
        for (i = 0; (*connector)->actions[i] && count < 256; i++)
            names[count++] =
                arena_format(arena, "%s.%s", (*connector)->name, (*connector)->actions[i]->name);
    }
    nearest = str_nearest(filter, names, count);
    code = error_set(err, QUELL_NOT_FOUND, "no connector or action `%.*s`%s%.*s%s",
                     QUELL_ARG(filter), nearest.len ? "; did you mean `" : "", QUELL_ARG(nearest),
                     nearest.len ? "`?" : "; `quell actions` lists what there is");
    arena_free(arena);
    return code;
}

enum quell_code quell_actions(struct quell *engine, struct quell_str filter,
                              struct quell_document *document, struct quell_error *err)
{
    struct quell_document made;
    struct arena *arena = document_begin(&made);
    struct list_builder list = {.arena = arena};
    const struct quell_connector *const *connector =
        registry_connectors(engine->generation->registry);
    const struct quell_action *const *action;

    for (; *connector; connector++)
        for (action = (*connector)->actions; *action; action++)
            if (wanted(filter, *connector, *action))
                list_add(&list, value_copy(arena, registry_describe(arena, *connector, *action)));
    if (filter.len && list.count == 0) {
        arena_free(arena);
        return unknown_action(engine, filter, err);
    }
    made.value = list_made(&list);
    *document = made;
    return QUELL_OK;
}

/* ---- counters ----------------------------------------------------------------------------------
 */

struct counter_row {
    const char *name, *help;
    size_t offset;
};

#define COUNTER(name, field, help)                                                                 \
    {                                                                                              \
        name, help, offsetof(struct counters, field)                                               \
    }

static const struct counter_row counter_rows[] = {
    COUNTER("quell_incidents_total", incidents, "Incidents accepted."),
    COUNTER("quell_incidents_refused_total", incidents_refused,
            "Incidents refused: not valid, or no room."),
    COUNTER("quell_deliveries_repeated_total", deliveries_repeated,
            "Deliveries that were answered before."),
    COUNTER("quell_trigger_matches_total", matches, "Triggers that matched."),
    COUNTER("quell_trigger_no_matches_total", no_matches, "Triggers that did not match."),
    COUNTER("quell_trigger_undetermined_total", undetermined,
            "Triggers that could not be decided; these never act."),
    COUNTER("quell_runs_started_total", runs_started, "Runs started."),
#define REFUSAL(field, word, metric, doc) COUNTER(metric, field, doc),
#include "core/refusals.def"
#undef REFUSAL
    COUNTER("quell_quality_breaches_total", quality_breaches,
            "Times a playbook's incidents turned out to be worth less than its `quality` asks."),
    COUNTER("quell_runs_succeeded_total", runs_succeeded, "Runs that ended well."),
    COUNTER("quell_runs_failed_total", runs_failed, "Runs that ended badly."),
    COUNTER("quell_runs_cancelled_total", runs_cancelled, "Runs that were cancelled."),
    COUNTER("quell_runs_held_total", runs_held, "Times a run began to wait for a person."),
    COUNTER("quell_notifications_sent_total", notices_sent,
            "People and programs that were told of a question of a run."),
    COUNTER("quell_notifications_failed_total", notices_failed,
            "People and programs that could not be told, or perhaps were not."),
    COUNTER("quell_runs_recovered_total", recovered, "Runs taken up after a restart."),
    COUNTER("quell_runs_unrecovered_total", unrecovered,
            "Runs that could not be taken up after a restart."),
    COUNTER("quell_calls_total", calls, "Calls of actions that came to an end."),
    COUNTER("quell_calls_failed_total", calls_failed, "Calls that failed."),
    COUNTER("quell_calls_unknown_total", calls_unknown, "Calls whose outcome is not known."),
    COUNTER("quell_connector_requests_total", requests, "Requests that connectors got answered."),
    COUNTER("quell_events_total", events, "Events written to the journal."),
    COUNTER("quell_commits_total", commits, "Commits of the store."),
    COUNTER("quell_store_full_total", store_full,
            "Times that commits began to wait because the disk was full."),
};

static struct quell_value number(struct arena *arena, const char *name, const char *help,
                                 const char *type, uint64_t value)
{
    struct map_builder map = {.arena = arena};

    map_add(&map, "name", quell_text(name));
    map_add(&map, "help", quell_text(help));
    map_add(&map, "type", quell_text(type));
    map_add(&map, "labels", quell_map(NULL, 0));
    map_add(&map, "value", quell_int((int64_t)value));
    return map_made(&map);
}

static struct quell_value numbers(struct quell *engine, struct arena *arena)
{
    struct list_builder list = {.arena = arena};
    size_t i, open;

    for (i = 0; i < sizeof(counter_rows) / sizeof(*counter_rows); i++) {
        const struct counter_row *row = &counter_rows[i];
        const char *base = (const char *)&engine->counters;
        list_add(&list, number(arena, row->name, row->help, "counter",
                               *(const uint64_t *)(const void *)(base + row->offset)));
    }
    list_add(&list, number(arena, "quell_runs_active", "Runs in memory, at work.", "gauge",
                           engine->active_count));
    list_add(&list, number(arena, "quell_runs_waiting", "Runs that only wait, out of memory.",
                           "gauge", fold_count(engine)));
    list_add(&list, number(arena, "quell_store_commits_waiting",
                           "Commits handed to the store and not yet on disk.", "gauge",
                           engine->committing));
    list_add(&list, number(arena, "quell_store_full",
                           "Whether commits wait because the disk of the store is full.", "gauge",
                           space_is_full(engine) ? 1 : 0));
    list_add(&list, number(arena, "quell_halted", "Whether something is halted by the kill switch.",
                           "gauge", halt_text(engine, arena).len ? 1 : 0));
    list_add(&list,
             number(arena, "quell_runs_kept_back", "Runs whose next change is kept back now.",
                    "gauge", gate_count(engine)));
    (void)breaker_text(engine, arena, &open);
    list_add(&list, number(arena, "quell_breakers_open",
                           "Connections and playbooks that are stopped for a while because they "
                           "failed again and again.",
                           "gauge", open));
    list_add(&list, number(arena, "quell_playbooks_loaded", "Playbooks loaded.", "gauge",
                           engine->generation->playbook_count));
    list_add(&list, number(arena, "quell_pcre2_jit_enabled",
                           "Whether regular expressions are compiled to machine code.", "gauge",
                           regex_jit() ? 1 : 0));
    return list_made(&list);
}

static void check(struct list_builder *list, const char *name, bool ok, struct quell_str text)
{
    struct map_builder map = {.arena = list->arena};

    map_add(&map, "name", quell_text(name));
    map_add(&map, "ok", quell_bool(ok));
    map_add(&map, "text", quell_string(text));
    list_add(list, map_made(&map));
}

/* Events are taken in all the same: it is ready. */
static void check_halt(struct quell *engine, struct list_builder *checks)
{
    struct quell_str text = halt_text(engine, checks->arena);
    size_t open;

    check(checks, "halt", text.len == 0,
          text.len ? arena_format(checks->arena, "halted: %.*s; %zu runs wait", QUELL_ARG(text),
                                  gate_count(engine))
                   : QUELL_STR("nothing is halted"));
    text = breaker_text(engine, checks->arena, &open);
    check(checks, "breakers", open == 0,
          open ? arena_format(checks->arena, "open: %.*s", QUELL_ARG(text))
               : QUELL_STR("all are closed"));
}

/* Nearly full it is still ready for what is under way, and says so with each 503. */
static void check_space(struct quell *engine, struct list_builder *checks)
{
    struct quell_str text = space_text(engine, checks->arena);

    check(checks, "space", text.len == 0,
          text.len ? text : QUELL_STR("there is space on the disk"));
}

enum quell_code quell_stats(struct quell *engine, struct quell_document *document,
                            struct quell_error *err)
{
    struct quell_document made;
    struct arena *arena = document_begin(&made);
    struct list_builder checks = {.arena = arena};
    struct map_builder map = {.arena = arena};

    (void)err;
    check(&checks, "store", !engine->broken,
          engine->broken ? arena_format(arena, "%s", engine->broken_error.message)
                         : QUELL_STR("commits are durable"));
    check_space(engine, &checks);
    check(&checks, "playbooks", true,
          arena_format(arena, "%zu loaded", engine->generation->playbook_count));
    check(&checks, "recovery", engine->counters.unrecovered == 0,
          arena_format(arena, "%llu runs taken up, %llu could not be",
                       (unsigned long long)engine->counters.recovered,
                       (unsigned long long)engine->counters.unrecovered));
    check_halt(engine, &checks);
    check(&checks, "regex", regex_jit(),
          regex_jit() ? QUELL_STR("PCRE2 with JIT") : QUELL_STR("PCRE2 without JIT: slow"));
    map_add(&map, "ready", quell_bool(!engine->broken && !engine->drain && !space_is_full(engine)));
    map_add(&map, "checks", list_made(&checks));
    map_add(&map, "counters", numbers(engine, arena));
    made.value = map_made(&map);
    *document = made;
    return QUELL_OK;
}
