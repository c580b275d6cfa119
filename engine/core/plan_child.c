/*
 * plan_child.c - called playbooks in a plan: each is planned by itself, with what it is given, and
 * its plan is part of the caller's. For the caller only its end counts: how it may end, and what it
 * gives.
 */
#include <string.h>

#include "base/error.h"
#include "base/limits.h"
#include "base/str.h"
#include "core/plan.h"
#include "loop/file.h"
#include "value/json.h"
#include "value/keyed.h"
#include "value/value.h"

/* Beside the caller's file, when the configuration does not have it: `calls: x` is x.yaml there. */
static struct loaded *find_beside(struct plan *plan, struct quell_str id)
{
    struct quell_str file = plan->options.loaded->playbook->file;
    struct quell_error ignored = {0};
    struct loaded *loaded;
    size_t folder = file.len;
    const char *path;

    while (folder > 0 && file.data[folder - 1] != '/')
        folder--;
    path = arena_format(plan->arena, "%.*s%.*s.yaml", (int)folder, file.data, QUELL_ARG(id)).data;
    if (file_type(path) != FILE_REGULAR ||
        loaded_from_file(plan->engine->generation->registry, path, &loaded, &ignored))
        return NULL;
    if (quell_str_equal(loaded->playbook->id, id))
        return loaded;
    loaded_release(loaded);
    return NULL;
}

static struct loaded *find(struct plan *plan, struct quell_str id)
{
    struct loaded *loaded = generation_playbook(plan->engine->generation, id);

    return loaded ? loaded_hold(loaded) : find_beside(plan, id);
}

/* ---- how it ends -------------------------------------------------------------------------------
 */

struct ends {
    bool succeeds, fails;
    bool differ;                /* its outputs are not the same on all paths */
    struct quell_value outputs; /* null before the first end */
};

static void add_end(struct ends *ends, const struct plan_edge *edge)
{
    struct quell_value outputs = quell_map(NULL, 0);
    size_t last = edge->event_count;

    if (edge->to != PLAN_NONE)
        return;
    if (!str_is(edge->status, "succeeded")) {
        ends->fails = true;
        return;
    }
    if (last && !quell_is_null(quell_get(edge->events[last - 1].data, "outputs")))
        outputs = quell_get(edge->events[last - 1].data, "outputs");
    ends->differ |= ends->succeeds && !value_equal(ends->outputs, outputs);
    ends->succeeds = true;
    ends->outputs = outputs;
}

static struct quell_value unknown_outputs(struct arena *arena, const struct playbook *playbook,
                                          struct quell_str path)
{
    struct map_builder map = {.arena = arena};
    struct quell_str why = arena_format(arena, "known after %.*s", QUELL_ARG(path));
    size_t i;

    for (i = 0; i < playbook->output_count; i++)
        map_add_key(&map, quell_string(playbook->outputs[i].name), quell_unknown(why));
    return map_made(&map);
}

static struct quell_value error_data(struct arena *arena, const char *code,
                                     struct quell_value message)
{
    struct map_builder map = {.arena = arena}, error = {.arena = arena};

    map_add(&error, "code", quell_text(code));
    map_add(&error, "message", message);
    map_add(&map, "status", quell_text("failed"));
    map_add(&map, "error", map_made(&error));
    return map_made(&map);
}

/* Data of EVENT_CHILD_ENDED; where it may end in two ways, the plan asks. */
static struct quell_value end_data(struct arena *arena, const struct plan *nested,
                                   struct quell_str path)
{
    const struct playbook *playbook = nested->options.loaded->playbook;
    struct map_builder map = {.arena = arena};
    struct ends ends = {.outputs = quell_null()};
    size_t i;

    for (i = 0; i < nested->edge_count; i++)
        add_end(&ends, &nested->edges[i]);
    ends.fails |= nested->cut;
    if (!ends.succeeds)
        return error_data(
            arena, "failed",
            value_format(arena, "the run of `%.*s` fails on every path", QUELL_ARG(playbook->id)));
    map_add(&map, "status", quell_text("succeeded"));
    map_add(&map, "outputs",
            ends.differ ? unknown_outputs(arena, playbook, path) : value_copy(arena, ends.outputs));
    if (ends.fails)
        map_add(&map, "simulated", quell_bool(true));
    return map_made(&map);
}

/* A playbook that is not here: nothing is known of it. */
static struct quell_value unseen_data(struct arena *arena, struct quell_str path)
{
    struct map_builder map = {.arena = arena};

    map_add(&map, "status", quell_text("succeeded"));
    map_add(&map, "outputs",
            quell_unknown(arena_format(arena, "known after %.*s", QUELL_ARG(path))));
    map_add(&map, "simulated", quell_bool(true));
    return map_made(&map);
}

/* ---- what a run of it is bound to --------------------------------------------------------------
 */

static void bind(const struct plan *plan, const struct run_child *child, struct plan_child *made,
                 struct quell_value calls, struct quell_value children)
{
    const struct run_catalog *catalog = &plan->engine->generation->catalog;
    struct map_builder map = {.arena = plan->arena};

    map_add(&map, "path", value_copy_str(plan->arena, child->path));
    map_add(&map, "playbook", value_copy_str(plan->arena, child->playbook));
    map_add(&map, "with",
            value_copy(plan->arena, value_keyed(plan->arena, plan->options.key, child->inputs)));
    map_add(&map, "revisions", run_revisions(plan->arena, catalog, child->playbook));
    map_add(&map, "calls", calls);
    map_add(&map, "children", children);
    made->bound = map_made(&map);
}

const struct plan_child *plan_loose_child(const struct plan *plan)
{
    size_t i;

    for (i = 0; i < plan->child_count; i++)
        if (plan->children[i].loose)
            return &plan->children[i];
    return NULL;
}

static const char *loose_of(const struct plan *nested)
{
    if (nested->cut)
        return "has more paths than a plan can have";
    return plan_loose_child(nested) ? "calls a playbook that cannot be bound" : NULL;
}

struct quell_value plan_children_bound(const struct plan *plan)
{
    struct list_builder list = {.arena = plan->arena};
    size_t i;

    for (i = 0; i < plan->child_count; i++)
        list_add(&list, plan->children[i].bound);
    return list_made(&list);
}

/* ---- planning it -------------------------------------------------------------------------------
 */

static enum quell_code may_be_called(const struct plan *plan, const struct playbook *playbook,
                                     struct quell_error *err)
{
    if (!playbook->callable)
        return error_set(err, QUELL_REFUSED, "`%.*s` may not be called: it has no `on: call`",
                         QUELL_ARG(playbook->id));
    if (playbook->state == PLAYBOOK_OFF)
        return error_set(err, QUELL_REFUSED, "`%.*s` is off", QUELL_ARG(playbook->id));
    if (plan->options.depth >= LIMIT_CALL_DEPTH)
        return error_set(err, QUELL_LIMIT, "calls are %d deep at most", LIMIT_CALL_DEPTH);
    return QUELL_OK;
}

static enum quell_code plan_it(struct plan *plan, const struct run_child *child,
                               struct loaded *loaded, struct plan_child *made,
                               struct quell_error *err)
{
    struct plan_options wanted = plan->options;
    struct plan nested;
    enum quell_code code = may_be_called(plan, loaded->playbook, err);

    wanted.loaded = loaded;
    wanted.depth++;
    if (code == QUELL_OK)
        code = run_make_inputs(plan->arena, loaded->playbook, child->inputs, wanted.incident,
                               &wanted.world, &wanted.inputs, err);
    if (code == QUELL_OK)
        code = plan_make(&nested, plan->engine, plan->arena, &wanted, err);
    if (code)
        return code;
    made->end = end_data(plan->arena, &nested, child->path);
    /* What it holds must outlive the playbook, which its rows borrow from. */
    made->document = value_copy(plan->arena, plan_describe(&nested, QUELL_STR("")));
    made->loose = loose_of(&nested);
    bind(plan, child, made, value_copy(plan->arena, plan_resolved(&nested)),
         value_copy(plan->arena, plan_children_bound(&nested)));
    return QUELL_OK;
}

static void make_child(struct plan *plan, const struct run_child *child, struct plan_child *made)
{
    struct quell_error err = {0};
    struct loaded *loaded = find(plan, child->playbook);

    made->document = quell_null();
    bind(plan, child, made, quell_list(NULL, 0), quell_list(NULL, 0)); /* it makes no call */
    if (loaded == NULL) {
        made->loose = "is not here";
        made->end = unseen_data(plan->arena, child->path);
        return;
    }
    if (plan_it(plan, child, loaded, made, &err))
        made->end = error_data(plan->arena, quell_code_name(err.code),
                               value_copy_str(plan->arena, quell_str_of(err.message)));
    loaded_release(loaded);
}

const struct plan_child *plan_child(struct plan *plan, const struct run_child *child)
{
    struct quell_str inputs = json_text(plan->arena, child->inputs, JSON_SECRETS);
    struct plan_child made = {0};
    size_t i;

    for (i = 0; i < plan->child_count; i++)
        if (quell_str_equal(plan->children[i].path, child->path) &&
            quell_str_equal(plan->children[i].inputs, inputs))
            return &plan->children[i];
    made.path = arena_str(plan->arena, child->path);
    made.playbook = arena_str(plan->arena, child->playbook);
    made.inputs = inputs;
    make_child(plan, child, &made);
    if (plan->child_count == plan->child_cap) {
        size_t cap = plan->child_cap ? plan->child_cap * 2 : 8;
        plan->children =
            arena_grow(plan->arena, plan->children, plan->child_cap * sizeof(*plan->children),
                       cap * sizeof(*plan->children));
        plan->child_cap = cap;
    }
    plan->children[plan->child_count] = made;
    return &plan->children[plan->child_count++];
}

struct quell_value plan_children_value(const struct plan *plan)
{
    struct list_builder list = {.arena = plan->arena};
    size_t i;

    for (i = 0; i < plan->child_count; i++) {
        struct map_builder map = {.arena = plan->arena};
        map_add(&map, "path", quell_string(plan->children[i].path));
        map_add(&map, "playbook", quell_string(plan->children[i].playbook));
        map_add(&map, "error", quell_get(quell_get(plan->children[i].end, "error"), "message"));
        map_add(&map, "plan", plan->children[i].document);
        if (plan->children[i].loose)
            map_add(&map, "unbound", quell_text(plan->children[i].loose));
        list_add(&list, map_made(&map));
    }
    return list_made(&list);
}
