/*
 * shadow.c - quell_shadow(): what shadow runs would have done, beside what became of their
 * incidents and what people did about them: changes that live runs made on the same incident, and
 * what the sender's analysts called it in the end.
 */
#include "core/core.h"

#include "base/error.h"
#include "base/limits.h"
#include "base/str.h"
#include "policy/quality.h"
#include "value/json.h"
#include "value/value.h"

struct seen_run {
    struct store_run row;
    struct quell_str source, source_id; /* of its incident; empty: none */
};

struct report {
    struct arena *arena;
    struct quell *engine;
    struct quell_str playbook; /* only runs of it; empty = all */
    int64_t since_us;
    struct seen_run *runs;
    size_t count, cap;
    bool cut;
    struct list_builder rows;
    struct map_builder totals; /* by action */
    enum quell_code code;
    struct quell_error *err;
};

/* ---- the runs ----------------------------------------------------------------------------------
 */

static bool add_run(const struct store_run *row, void *user)
{
    struct report *report = user;
    struct arena *arena = report->arena;
    struct seen_run *made;

    if (row->started_us < report->since_us)
        return false; /* the newest come first */
    if (report->count == LIMIT_SHADOW_RUNS) {
        report->cut = true;
        return false;
    }
    if (report->count == report->cap) {
        size_t cap = report->cap ? report->cap * 2 : 64;
        report->runs = arena_grow(arena, report->runs, report->cap * sizeof(*report->runs),
                                  cap * sizeof(*report->runs));
        report->cap = cap;
    }
    made = &report->runs[report->count++];
    *made = (struct seen_run){.row = *row};
    made->row.id = arena_str(arena, row->id);
    made->row.playbook = arena_str(arena, row->playbook);
    made->row.revision = arena_str(arena, row->revision);
    made->row.incident = arena_str(arena, row->incident);
    made->row.title = arena_str(arena, row->title);
    made->row.state = arena_str(arena, row->state);
    made->row.mode = arena_str(arena, row->mode);
    made->row.waits = QUELL_STR("");
    return true;
}

/* Which incident of which sender each of them was about: its versions are one. */
static void find_incidents(struct report *report)
{
    struct store *store = report->engine->reader;
    size_t i;

    for (i = 0; i < report->count; i++) {
        struct seen_run *run = &report->runs[i];
        struct store_incident incident;
        struct quell_error ignored; /* it was forgotten: nobody can be compared with */
        if (run->row.incident.len == 0 ||
            store->kind->incident(store, report->arena, run->row.incident, &incident, &ignored))
            continue;
        run->source = incident.source;
        run->source_id = incident.source_id;
    }
}

/* ---- what a run did ----------------------------------------------------------------------------
 */

struct deeds {
    struct report *report;
    struct list_builder
        calls; /* [{path, action, effect, targets, at}]: what would change anything */
    struct quell_str by;
    size_t asks;
};

static bool add_deed(const struct store_event *row, void *user)
{
    struct deeds *deeds = user;
    struct arena *arena = deeds->report->arena;
    struct map_builder map = {.arena = arena};
    struct quell_error ignored; /* an event of a newer quell tells nothing that is counted here */
    struct quell_str effect;
    struct event event;

    if (event_read(arena, row->body, &event, &ignored))
        return true;
    if (event.kind == EVENT_RUN_STARTED)
        deeds->by = quell_get_str(event.data, "by");
    deeds->asks += event.kind == EVENT_APPROVAL_WAIVED;
    effect = quell_get_str(event.data, "effect");
    if (event.kind != EVENT_CALL_SCHEDULED || quell_get_int(event.data, "attempt", 1) != 1 ||
        (!str_is(effect, "changes") && !str_is(effect, "disrupts")))
        return true;
    map_add(&map, "path", quell_string(event.path));
    map_add(&map, "action", quell_get(event.data, "action"));
    map_add(&map, "effect", quell_string(effect));
    map_add(&map, "targets", quell_get(event.data, "targets"));
    map_add(&map, "at", value_time_us(event.at_us));
    list_add(&deeds->calls, map_made(&map));
    return true;
}

static enum quell_code deeds_of(struct report *report, const struct seen_run *run,
                                struct deeds *deeds)
{
    struct store *store = report->engine->reader;

    *deeds = (struct deeds){.report = report, .calls = {.arena = report->arena}};
    return store->kind->events(store, run->row.id, 0, add_deed, deeds, report->err);
}

/* Live runs about the same incident: what they changed, by the side of the shadow's start. */
static enum quell_code people_of(struct report *report, const struct seen_run *shadow,
                                 struct list_builder *done)
{
    size_t i, k;

    for (i = 0; i < report->count; i++) {
        const struct seen_run *other = &report->runs[i];
        struct deeds deeds;
        if (!str_is(other->row.mode, "live") || shadow->source_id.len == 0 ||
            !quell_str_equal(other->source, shadow->source) ||
            !quell_str_equal(other->source_id, shadow->source_id))
            continue;
        if (deeds_of(report, other, &deeds))
            return report->err->code;
        for (k = 0; k < deeds.calls.count; k++) {
            struct quell_value one = deeds.calls.items[k];
            one = value_with(report->arena, one, QUELL_STR("run"), quell_string(other->row.id));
            one = value_with(report->arena, one, QUELL_STR("by"), quell_string(deeds.by));
            list_add(done, one);
        }
    }
    return QUELL_OK;
}

/* ---- what became of the incident ---------------------------------------------------------------
 */

static const char *verdict_of(struct quell_str classification)
{
    switch (policy_verdict_of(classification)) {
    case 'T':
        return "true positive";
    case 'B':
        return "benign";
    case 'F':
        return "false positive";
    default:
        return "open";
    }
}

static struct quell_value became(struct report *report, const struct seen_run *run)
{
    struct store *store = report->engine->reader;
    struct map_builder map = {.arena = report->arena};
    struct quell_value incident = quell_null();
    struct store_incident last;
    struct quell_error ignored; /* it was forgotten: nothing is known of it */

    if (run->source_id.len == 0 ||
        store->kind->incident_last(store, report->arena, run->source, run->source_id, &last,
                                   &ignored) ||
        json_read(report->arena, last.body, 0, &incident, NULL, &ignored))
        incident = quell_null();
    map_add(&map, "status", quell_get(incident, "status"));
    map_add(&map, "classification", quell_get(incident, "classification"));
    map_add(&map, "verdict", quell_text(verdict_of(quell_get_str(incident, "classification"))));
    map_add(&map, "owner", quell_get(incident, "owner"));
    return map_made(&map);
}

/* ---- rows and totals ---------------------------------------------------------------------------
 */

static bool same_deed(struct quell_value a, struct quell_value b)
{
    return value_equal(quell_get(a, "action"), quell_get(b, "action")) &&
           value_equal(quell_get(a, "targets"), quell_get(b, "targets"));
}

static bool was_done(const struct list_builder *done, struct quell_value call)
{
    size_t i;

    for (i = 0; i < done->count; i++)
        if (same_deed(done->items[i], call))
            return true;
    return false;
}

/* {action: {effect, calls, people_did, true positive, benign, false positive, open}} */
static void add_total(struct report *report, struct quell_value call, struct quell_str verdict,
                      bool done)
{
    static const char *const keys[] = {"calls",  "people_did",     "true positive",
                                       "benign", "false positive", "open"};
    struct map_builder map = {.arena = report->arena};
    struct quell_value before = quell_null();
    struct quell_str action = quell_get_str(call, "action");
    size_t i;

    (void)quell_find(map_made(&report->totals), action, &before); /* null: the first */
    map_add(&map, "effect", quell_get(call, "effect"));
    for (i = 0; i < sizeof(keys) / sizeof(*keys); i++) {
        bool more = i == 0 || (i == 1 && done) || str_is(verdict, keys[i]);
        map_add(&map, keys[i], quell_int(quell_get_int(before, keys[i], 0) + more));
    }
    map_put(&report->totals, action, map_made(&map));
}

static enum quell_code add_row(struct report *report, const struct seen_run *run)
{
    struct arena *arena = report->arena;
    struct map_builder map = {.arena = arena};
    struct list_builder would = {.arena = arena}, done = {.arena = arena};
    struct quell_value end = became(report, run);
    struct deeds deeds;
    enum quell_code code = deeds_of(report, run, &deeds);
    size_t i;

    if (code == QUELL_OK)
        code = people_of(report, run, &done);
    if (code)
        return code;
    for (i = 0; i < deeds.calls.count; i++) {
        bool also = was_done(&done, deeds.calls.items[i]);
        add_total(report, deeds.calls.items[i], quell_get_str(end, "verdict"), also);
        list_add(&would, value_with(arena, deeds.calls.items[i], QUELL_STR("people_did"),
                                    quell_bool(also)));
    }
    map_add(&map, "run", quell_string(run->row.id));
    map_add(&map, "playbook", quell_string(run->row.playbook));
    map_add(&map, "title", quell_string(run->row.title));
    map_add(&map, "state", quell_string(run->row.state));
    map_add(&map, "started_at", value_time_us(run->row.started_us));
    map_add(&map, "would", list_made(&would));
    map_add(&map, "approvals", quell_int((int64_t)deeds.asks));
    map_add(&map, "people", list_made(&done));
    map_add(&map, "became", end);
    list_add(&report->rows, map_made(&map));
    return QUELL_OK;
}

/* ---- all of it ---------------------------------------------------------------------------------
 */

static enum quell_code make(struct report *report, struct quell_error *err)
{
    struct store *store = report->engine->reader;
    struct store_query query = {.limit = SIZE_MAX};
    enum quell_code code = store->kind->runs(store, &query, add_run, report, err);
    size_t i;

    if (code)
        return code;
    find_incidents(report);
    for (i = 0; i < report->count && code == QUELL_OK; i++) {
        const struct seen_run *run = &report->runs[i];
        if (str_is(run->row.mode, "shadow") &&
            (report->playbook.len == 0 || quell_str_equal(report->playbook, run->row.playbook)))
            code = add_row(report, run);
    }
    return code;
}

enum quell_code quell_shadow(struct quell *engine, const struct quell_shadow_options *options,
                             struct quell_document *document, struct quell_error *err)
{
    struct quell_document made;
    struct arena *arena = document_begin(&made);
    struct report report = {.arena = arena,
                            .engine = engine,
                            .playbook = options->playbook,
                            .since_us = options->since_us,
                            .rows = {.arena = arena},
                            .totals = {.arena = arena},
                            .err = err};
    struct map_builder map = {.arena = arena};
    enum quell_code code = make(&report, err);

    if (code) {
        arena_free(arena);
        return code;
    }
    map_add(&map, "since", value_time_us(options->since_us));
    map_add(&map, "cut", quell_bool(report.cut));
    map_add(&map, "actions", map_made(&report.totals));
    map_add(&map, "runs", list_made(&report.rows));
    made.value = map_made(&map);
    *document = made;
    return QUELL_OK;
}
