/*
 * plan.c - `quell plan`: what the playbook would do with an incident, as a document.
 */
#include "core/properties.h"

#include <stdlib.h>

#include "base/error.h"
#include "base/limits.h"
#include "base/memory.h"
#include "base/str.h"
#include "match/match.h"
#include "value/json.h"
#include "value/value.h"

static const char *const effect_names[] = {"reads", "notes", "changes", "disrupts"};

/* ---- rows: every call once, in the order of the program ----------------------------------------
 */

struct row {
    const struct step *step;
    struct quell_str path;
    const struct plan_call *call; /* NULL: skipped */
    const struct event *question; /* or NULL: no call, people are asked */
    struct quell_str because;
    size_t index; /* in which order they were found */
};

struct rows {
    struct plan *plan;
    struct row *items;
    size_t count, cap;
};

static void add_row(struct rows *rows, struct row row)
{
    if (rows->count == rows->cap) {
        size_t cap = rows->cap ? rows->cap * 2 : 32;
        rows->items = arena_grow(rows->plan->arena, rows->items, rows->cap * sizeof(*rows->items),
                                 cap * sizeof(*rows->items));
        rows->cap = cap;
    }
    row.index = rows->count;
    rows->items[rows->count++] = row;
}

static bool is_called(const struct plan *plan, struct quell_str path)
{
    size_t at = plan->calls_by_path[str_hash(path) % PLAN_BUCKETS];

    while (at != PLAN_NONE && !quell_str_equal(plan->calls[at].path, path))
        at = plan->calls[at].next;
    return at != PLAN_NONE;
}

static void add_skipped(struct rows *rows, const struct step *step, struct quell_str path,
                        struct quell_str reason);

static void add_skipped_list(struct rows *rows, const struct step_list *steps,
                             struct quell_str prefix, struct quell_str reason)
{
    size_t i;

    for (i = 0; i < steps->count; i++)
        add_skipped(rows, steps->items[i],
                    arena_format(rows->plan->arena, "%.*s.%.*s", QUELL_ARG(prefix),
                                 QUELL_ARG(steps->items[i]->id)),
                    reason);
}

static void add_skipped(struct rows *rows, const struct step *step, struct quell_str path,
                        struct quell_str reason)
{
    size_t i;

    if (step->kind == STEP_USES && !is_called(rows->plan, path))
        add_row(rows, (struct row){.step = step, .path = path, .because = reason});
    add_skipped_list(rows, &step->steps, path, reason);
    for (i = 0; i < step->lane_count; i++)
        add_skipped_list(rows, &step->lanes[i].steps,
                         arena_format(rows->plan->arena, "%.*s.%.*s", QUELL_ARG(path),
                                      QUELL_ARG(step->lanes[i].name)),
                         reason);
}

/* on-failure and finally come last, wherever they stand in the text. */
static int part_of(struct quell_str path)
{
    if (str_starts(path, QUELL_STR("finally.")))
        return 2;
    return str_starts(path, QUELL_STR("on-failure."));
}

/* Where two paths part at items of one loop, their order is that of the items. */
static int compare_items(struct quell_str a, struct quell_str b)
{
    size_t i = 0, start;
    int64_t first, second;
    size_t a_end, b_end;

    while (i < a.len && i < b.len && a.data[i] == b.data[i])
        i++;
    for (start = i; start > 0 && a.data[start - 1] >= '0' && a.data[start - 1] <= '9'; start--)
        ;
    if (start == 0 || a.data[start - 1] != '[')
        return 0;
    a_end = str_find(a, QUELL_STR("]"), start);
    b_end = str_find(b, QUELL_STR("]"), start);
    if (a_end == SIZE_MAX || b_end == SIZE_MAX || !str_to_int(str_slice(a, start, a_end), &first) ||
        !str_to_int(str_slice(b, start, b_end), &second))
        return 0;
    return first < second ? -1 : first > second;
}

static int compare_rows(const void *left, const void *right)
{
    const struct row *a = left, *b = right;
    int order;

    if (part_of(a->path) != part_of(b->path))
        return part_of(a->path) - part_of(b->path);
    order = compare_items(a->path, b->path);
    if (order)
        return order;
    if (a->step->number != b->step->number)
        return a->step->number < b->step->number ? -1 : 1;
    return a->index < b->index ? -1 : a->index > b->index;
}

/* Each step once, however many paths come to it. */
static void add_questions(struct rows *rows)
{
    struct plan_asked at = {0};
    const struct event *event;
    size_t i;

    while ((event = plan_next_asked(rows->plan, &at))) {
        const struct step *step = plan_step(rows->plan, event->path);
        for (i = 0; i < rows->count; i++)
            if (rows->items[i].question && quell_str_equal(rows->items[i].path, event->path))
                break;
        if (step && i == rows->count)
            add_row(rows, (struct row){.step = step, .path = event->path, .question = event});
    }
}

static struct rows rows_of(struct plan *plan)
{
    struct rows rows = {.plan = plan};
    size_t i;

    add_questions(&rows);
    for (i = 0; i < plan->call_count; i++)
        if (plan->calls[i].first == i)
            add_row(&rows, (struct row){.step = plan->calls[i].step,
                                        .path = plan->calls[i].path,
                                        .call = &plan->calls[i]});
    for (i = 0; i < plan->skip_count; i++)
        add_skipped(&rows, plan->skips[i].step, plan->skips[i].path, plan->skips[i].reason);
    if (rows.count)
        qsort(rows.items, rows.count, sizeof(*rows.items), compare_rows);
    return rows;
}

/* A change that is made on some paths only is no more certain than what they suppose. */
static const char *verdict_of(const struct row *row)
{
    if (row->call == NULL)
        return "skipped";
    if (row->call->verdict == PLAN_DONE)
        return "done";
    return row->call->verdict == PLAN_UNKNOWN || row->call->condition.len ? "unknown" : "would";
}

/* Whether all calls of a path have the same value at a key. */
static bool is_same(const struct plan *plan, const struct plan_call *call, struct quell_pair pair)
{
    struct quell_str text = json_text(plan->arena, pair.value, 0);
    size_t at = plan->calls_by_path[str_hash(call->path) % PLAN_BUCKETS];

    for (; at != PLAN_NONE; at = plan->calls[at].next) {
        struct quell_value other = quell_null();
        (void)quell_find(plan->calls[at].input, quell_str(pair.key), &other); /* null then */
        if (plan->calls[at].first == call->first &&
            !quell_str_equal(text, json_text(plan->arena, other, 0)))
            return false;
    }
    return true;
}

static struct quell_value differing(struct arena *arena, struct quell_value example)
{
    struct quell_str text = quell_is(example, QUELL_UNKNOWN)
                                ? (struct quell_str){example.as.text, example.len}
                                : cel_to_text(arena, example);

    if (value_has_secret(example))
        return quell_unknown(QUELL_STR("differs by path"));
    return quell_unknown(arena_format(arena, "differs by path: %.*s", QUELL_ARG(text)));
}

/* What it is called with; where that is not the same on all paths, an example of it. */
static struct quell_value merged_input(const struct plan *plan, const struct plan_call *call)
{
    struct map_builder map = {.arena = plan->arena};
    size_t i;

    for (i = 0; i < quell_count(call->input); i++) {
        struct quell_pair pair = call->input.as.pairs[i];
        if (!is_same(plan, call, pair))
            pair.value = differing(plan->arena, pair.value);
        map_add_key(&map, pair.key, pair.value);
    }
    return map_made(&map);
}

static struct quell_value row_value(const struct plan *plan, const struct row *row)
{
    struct arena *arena = plan->arena;
    struct map_builder map = {.arena = arena};
    const struct quell_action *action = row->step->action;
    const struct plan_call *call = row->call;
    struct quell_str undo = call ? plan_undo(plan, call) : QUELL_STR("");

    map_add(&map, "step", row->step->id_given ? quell_string(row->step->id) : quell_null());
    map_add(&map, "path", quell_string(row->path));
    map_add(&map, "action", quell_string(row->step->uses));
    map_add(&map, "effect", quell_text(effect_names[action->effect]));
    map_add(&map, "verdict", quell_text(verdict_of(row)));
    map_add(&map, "with", call ? merged_input(plan, call) : quell_null());
    map_add(&map, "targets", call ? call->targets : quell_list(NULL, 0));
    map_add(&map, "undo", undo.len ? quell_string(undo) : quell_null());
    if (row->step->for_us)
        map_add(&map, "undo_after_s", quell_int(row->step->for_us / 1000000));
    if (call && quell_count(call->verdicts))
        map_add(&map, "policy", call->verdicts);
    if (call == NULL)
        map_add(&map, "because", quell_string(row->because));
    if (call && call->condition.len)
        map_add(&map, "if", quell_string(call->condition));
    if (call && call->error.len)
        map_add(&map, "error", quell_string(call->error));
    return map_made(&map);
}

static void add_calls(const struct rows *rows, struct map_builder *map)
{
    struct list_builder list = {.arena = map->arena}, asked = {.arena = map->arena};
    struct map_builder totals = {.arena = map->arena};
    size_t counts[4] = {0}, skipped = 0, unknown = 0, approvals = 0, i;

    for (i = 0; i < rows->count; i++) {
        const struct row *row = &rows->items[i];
        if (row->question) {
            approvals += row->question->kind == EVENT_APPROVAL_ASKED;
            list_add(&asked, value_with(map->arena, plan_asked_value(rows->plan, row->question),
                                        QUELL_STR("before"), quell_int((int64_t)list.count)));
            continue;
        }
        list_add(&list, row_value(rows->plan, row));
        skipped += row->call == NULL;
        unknown += str_is(quell_str_of(verdict_of(row)), "unknown");
        if (row->call)
            counts[row->step->action->effect]++;
    }
    for (i = 0; i < 4; i++)
        map_add(&totals, effect_names[i], quell_int((int64_t)counts[i]));
    map_add(&totals, "calls", quell_int((int64_t)(list.count - skipped)));
    map_add(&totals, "unknown", quell_int((int64_t)unknown));
    map_add(&totals, "skipped", quell_int((int64_t)skipped));
    map_add(&totals, "approvals", quell_int((int64_t)approvals));
    map_add(&totals, "paths", quell_int((int64_t)rows->plan->paths));
    map_add(map, "asks", list_made(&asked));
    map_add(map, "calls", list_made(&list));
    map_add(map, "totals", map_made(&totals));
}

/* ---- the document ------------------------------------------------------------------------------
 */

/* What the trigger says, in one line: a plan of a playbook always plans. */
static struct quell_value trigger_of(const struct plan *plan, const struct playbook *playbook,
                                     struct quell_value incident, struct quell_str event)
{
    struct map_builder map = {.arena = plan->arena}, vars = {.arena = plan->arena};
    struct match_report report = {0};
    struct cel_scope scope = {0};
    enum match_verdict verdict;

    map_add(&vars, "config", plan->engine->generation->world.config);
    map_add(&vars, "lists", plan->engine->generation->world.lists);
    scope.vars = map_made(&vars);
    if (playbook->incident == NULL || quell_is_null(incident)) {
        map_add(&map, "verdict", quell_null());
        map_add(&map, "line", quell_null());
        return map_made(&map);
    }
    verdict = trigger_test(playbook->incident, incident, event, &scope, plan->arena, &report);
    map_add(&map, "verdict", quell_text(match_verdict_name(verdict)));
    map_add(&map, "line",
            report.decided_by < report.count
                ? quell_string(report.lines[report.decided_by].condition)
                : quell_null());
    map_add(&map, "conditions", quell_int((int64_t)report.count));
    return map_made(&map);
}

static struct quell_value about_incident(struct arena *arena, struct quell_value incident)
{
    static const char *const keys[] = {"id", "source", "source_id", "number", "title", "severity"};
    struct map_builder map = {.arena = arena};
    size_t i;

    if (quell_is_null(incident))
        return incident;
    for (i = 0; i < sizeof(keys) / sizeof(*keys); i++)
        map_add(&map, keys[i], quell_get(incident, keys[i]));
    return map_made(&map);
}

static enum quell_code read_inputs(struct quell *engine, struct arena *arena,
                                   struct plan_options *options, struct quell_str text,
                                   struct quell_error *err)
{
    struct quell_value given = quell_map(NULL, 0);
    enum quell_code code = QUELL_OK;

    if (text.len)
        code = json_read(arena, text, LIMIT_DOCUMENT_BYTES, &given, NULL, err);
    if (code == QUELL_OK && !quell_is(given, QUELL_MAP))
        code = error_set(err, QUELL_INVALID, "inputs are a JSON object");
    if (code)
        return code;
    return run_make_inputs(arena, options->loaded->playbook, given, options->incident,
                           &engine->generation->world, &options->inputs, err);
}

static struct quell_value longer(struct quell_value a, struct quell_value b)
{
    return b.as.integer > a.as.integer ? b : a;
}

/* Every action of the list once. */
static void add_actions(struct list_builder *actions, struct quell_value list)
{
    size_t i, k;

    for (i = 0; i < quell_count(list); i++) {
        struct quell_value action = quell_get(quell_at(list, i), "action");
        for (k = 0; k < actions->count && !value_equal(actions->items[k], action); k++)
            ;
        if (k == actions->count)
            list_add(actions, action);
    }
}

/* The most calls of each connector on any path. */
static void add_rates(struct map_builder *most, struct quell_value rates)
{
    size_t i;

    for (i = 0; i < quell_count(rates); i++) {
        struct quell_value rate = quell_at(rates, i), known = quell_null();
        struct quell_str name = quell_get_str(rate, "connector");
        (void)quell_find(map_made(most), name, &known); /* null: the first of its kind */
        if (quell_get_int(rate, "calls", 0) > quell_get_int(known, "calls", 0))
            map_put(most, name, rate);
    }
}

/* What any path may need at the most. */
static void add_largest(struct plan *plan, struct quell_value paths, struct map_builder *map)
{
    struct list_builder left = {.arena = plan->arena}, rates = {.arena = plan->arena};
    struct map_builder most = {.arena = plan->arena};
    struct quell_value worst = value_duration(0, 0), waiting = worst;
    size_t i;

    for (i = 0; i < quell_count(paths); i++) {
        struct quell_value path = quell_at(paths, i);
        worst = longer(worst, quell_get(path, "worst_case"));
        waiting = longer(waiting, quell_get(path, "waiting"));
        add_actions(&left, quell_get(path, "not_undone"));
        add_rates(&most, quell_get(quell_get(path, "limits"), "rates"));
    }
    for (i = 0; i < most.count; i++)
        list_add(&rates, most.pairs[i].value);
    map_add(map, "worst_case", worst);
    map_add(map, "waiting", waiting);
    map_add(map, "not_undone", list_made(&left));
    map_add(map, "rates", list_made(&rates));
}

static struct quell_value unknown_of(struct arena *arena, struct quell_value incident,
                                     const char *key)
{
    return value_with(arena, incident, quell_str_of(key),
                      quell_unknown(arena_format(arena, "incident.%s, known after start", key)));
}

/* A run gets a version of its own of the incident, and another time of arrival; another id only
 * when the sender gives none. */
static struct quell_value known_before(struct arena *arena, struct quell_value incident)
{
    static const char *const keys[] = {"version", "received_at", "created_at", "updated_at"};
    struct quell_value arrival = quell_get(incident, "received_at");
    size_t i;

    for (i = 0; i < sizeof(keys) / sizeof(*keys) && !quell_is_null(incident); i++)
        if (i < 2 || value_equal(quell_get(incident, keys[i]), arrival))
            incident = unknown_of(arena, incident, keys[i]);
    if (!quell_is_null(incident) && quell_get_str(incident, "source_id").len == 0)
        incident = unknown_of(arena, incident, "id");
    return incident;
}

static enum quell_code prove(struct plan *plan, const char *const *sentences,
                             struct quell_value *proved, struct quell_error *err)
{
    struct list_builder list = {.arena = plan->arena};
    enum quell_code code = QUELL_OK;

    for (; sentences && *sentences && code == QUELL_OK; sentences++) {
        struct map_builder map = {.arena = plan->arena};
        struct property_result result = {0};
        code = property_prove(plan, quell_str_of(*sentences), &result, err);
        map_add(&map, "sentence", quell_text(*sentences));
        map_add(&map, "verdict", quell_text(property_verdict_name(result.verdict)));
        map_add(&map, "why", quell_string(result.why));
        map_add(&map, "needs", quell_int((int64_t)result.needs));
        map_add(&map, "path", result.path);
        list_add(&list, map_made(&map));
    }
    *proved = list_made(&list);
    return code;
}

struct quell_value plan_describe(struct plan *plan, struct quell_str event)
{
    const struct playbook *playbook = plan->options.loaded->playbook;
    struct map_builder map = {.arena = plan->arena};
    struct rows rows = rows_of(plan);
    struct quell_value paths = plan_paths_value(plan);

    map_add(&map, "playbook", quell_string(playbook->id));
    map_add(&map, "revision", quell_text(playbook->revision));
    map_add(&map, "incident", about_incident(plan->arena, plan->options.incident));
    map_add(&map, "trigger", trigger_of(plan, playbook, plan->options.incident, event));
    add_calls(&rows, &map);
    map_add(&map, "planned_at", value_time_us(plan->options.started_us));
    map_add(&map, "called", plan_children_value(plan));
    map_add(&map, "failures", plan->failures);
    map_add(&map, "digest", quell_string(plan_digest(plan)));
    add_largest(plan, paths, &map);
    map_add(&map, "paths", paths);
    map_add(&map, "ways",
            plan->ways < 1e15 ? quell_int((int64_t)plan->ways) : value_double(plan->ways));
    map_add(&map, "complete", quell_bool(!plan->cut));
    map_add(&map, "resolved", plan_resolved(plan));
    return map_made(&map);
}

enum quell_code plan_ask(struct quell *engine, struct arena *arena,
                         const struct quell_plan_options *asked, struct plan_options *options,
                         struct quell_str *event, struct quell_error *err)
{
    struct quell_str delivery;
    enum quell_code code;

    *options = (struct plan_options){.incident = quell_null(),
                                     .world = engine->generation->world,
                                     .started_us = asked->started_us ? asked->started_us
                                                                     : loop_now_us(engine->loop),
                                     .offline = asked->offline,
                                     .timeout_ms = asked->timeout_ms,
                                     .key = engine_new_key(engine, arena)};
    code = playbook_by_name(engine, asked->playbook, &options->loaded, err);
    if (code == QUELL_OK && asked->incident.len)
        code = incident_from_text(engine->loop, arena, asked->source, asked->incident,
                                  &options->incident, event, &delivery, err);
    options->incident = known_before(arena, options->incident);
    options->world.memory = policy_figures_of(engine);
    if (code == QUELL_OK)
        code = read_inputs(engine, arena, options, asked->inputs, err);
    return code;
}

enum quell_code quell_plan(struct quell *engine, const struct quell_plan_options *options,
                           struct quell_document *document, struct quell_error *err)
{
    struct quell_document made;
    struct arena *arena = document_begin(&made);
    struct plan plan = {0};
    struct plan_options wanted;
    struct quell_str event = QUELL_STR("");
    struct quell_value properties = quell_null();
    enum quell_code code = plan_ask(engine, arena, options, &wanted, &event, err);

    if (code == QUELL_OK)
        code = plan_make(&plan, engine, arena, &wanted, err);
    if (code == QUELL_OK)
        code = prove(&plan, options->properties, &properties, err);
    if (code == QUELL_OK) {
        /* What the document holds must outlive the playbook, which the rows borrow from. */
        made.value =
            value_with(arena, plan_describe(&plan, event), QUELL_STR("properties"), properties);
        made.value = value_with(arena, made.value, QUELL_STR("key"),
                                value_sensitive(quell_string(wanted.key)));
        made.value = value_copy(arena, made.value);
        *document = made;
    } else {
        arena_free(arena);
    }
    loaded_release(wanted.loaded);
    return code;
}
