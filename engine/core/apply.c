/*
 * apply.c - `quell apply`: runs a plan that was saved, if it would still come out the same.
 *
 * The plan is made again, as of the time when it was saved, and compared. Then it is made as of
 * now: what differs between the two depends on the time alone, and may be anything when the run
 * makes the call. All other calls must be those of the plan (run/bound.c).
 */
#include "base/error.h"
#include "base/limits.h"
#include "base/str.h"
#include "base/when.h"
#include "core/plan.h"
#include "value/json.h"
#include "value/value.h"

enum { FILE_VERSION = 1 };

struct apply {
    struct quell *engine;
    struct arena *arena; /* of the document */
    struct quell_value file, plan;
    struct quell_plan_options options;
    struct quell_str key; /* of the file; empty in those of older quells */
    struct list_builder differences;
};

/* ---- the file ----------------------------------------------------------------------------------
 */

static enum quell_code read_file(struct apply *apply, struct quell_str text,
                                 struct quell_error *err)
{
    struct quell_value incident, inputs, time;
    struct when when;
    struct quell_error cause = {0};
    enum quell_code code =
        json_read(apply->arena, text, LIMIT_OWN_JSON_BYTES, &apply->file, NULL, &cause);

    if (code)
        return error_set(err, code, "the plan is damaged, or no plan at all: %s", cause.message);
    if (quell_get_int(apply->file, "quell_plan", 0) != FILE_VERSION)
        return error_set(err, QUELL_INVALID, "it is no plan that `quell plan --out` has written");
    apply->plan = quell_get(apply->file, "plan");
    incident = quell_get(apply->file, "incident");
    inputs = quell_get(apply->file, "inputs");
    time = quell_get(apply->plan, "planned_at");
    if (!quell_is(quell_get(apply->file, "playbook"), QUELL_STRING) ||
        quell_get_str(apply->plan, "digest").len == 0 ||
        !quell_is(quell_get(apply->plan, "resolved"), QUELL_LIST))
        return error_set(err, QUELL_INVALID, "the plan lacks its playbook, digest or calls");
    apply->options.playbook = arena_str(apply->arena, quell_get_str(apply->file, "playbook")).data;
    apply->options.source = quell_get_str(apply->file, "source");
    apply->key = quell_get_str(apply->file, "key");
    if (!quell_is_null(incident))
        apply->options.incident = json_text(apply->arena, incident, JSON_COMPACT);
    if (!quell_is_null(inputs))
        apply->options.inputs = json_text(apply->arena, inputs, JSON_COMPACT);
    if (!when_parse_time(quell_str(time), &when))
        return error_set(err, QUELL_INVALID, "the plan does not tell when it was made");
    apply->options.started_us = when_to_us(when);
    return QUELL_OK;
}

/* ---- what differs ------------------------------------------------------------------------------
 */

static void differ(struct apply *apply, const char *what, struct quell_str path,
                   struct quell_str key, struct quell_value was, struct quell_value is)
{
    struct map_builder map = {.arena = apply->arena};

    map_add(&map, "what", quell_text(what));
    if (path.len)
        map_add(&map, "path", quell_string(path));
    if (key.len)
        map_add(&map, "key", quell_string(key));
    map_add(&map, "was", value_copy(apply->arena, was));
    map_add(&map, "is", value_copy(apply->arena, is));
    list_add(&apply->differences, map_made(&map));
}

static bool same(struct apply *apply, struct quell_value a, struct quell_value b)
{
    return quell_str_equal(json_text(apply->arena, a, JSON_COMPACT),
                           json_text(apply->arena, b, JSON_COMPACT));
}

/* The n-th call of a path: those of one step in the order in which they were found. */
static struct quell_value call_at(struct quell_value calls, struct quell_str path, size_t n)
{
    size_t i;

    for (i = 0; i < quell_count(calls); i++)
        if (quell_str_equal(quell_get_str(quell_at(calls, i), "path"), path) && n-- == 0)
            return quell_at(calls, i);
    return quell_null();
}

static size_t place_among(struct quell_value calls, size_t index)
{
    struct quell_str path = quell_get_str(quell_at(calls, index), "path");
    size_t i, before = 0;

    for (i = 0; i < index; i++)
        before += quell_str_equal(quell_get_str(quell_at(calls, i), "path"), path);
    return before;
}

static void compare_arguments(struct apply *apply, struct quell_str path, struct quell_value was,
                              struct quell_value is)
{
    size_t i;

    if (!quell_is(was, QUELL_MAP)) { /* the file is anybody's */
        differ(apply, "arguments", path, QUELL_STR(""), was, is);
        return;
    }
    for (i = 0; i < quell_count(was); i++) {
        struct quell_str key = quell_str(was.as.pairs[i].key);
        struct quell_value other = quell_null();
        (void)quell_find(is, key, &other); /* null then */
        if (!same(apply, was.as.pairs[i].value, other))
            differ(apply, "argument", path, key, was.as.pairs[i].value, other);
    }
    for (i = 0; i < quell_count(is); i++) {
        struct quell_value other;
        if (!quell_find(was, quell_str(is.as.pairs[i].key), &other))
            differ(apply, "argument", path, quell_str(is.as.pairs[i].key), quell_null(),
                   is.as.pairs[i].value);
    }
}

static void compare_calls(struct apply *apply, struct quell_value was, struct quell_value is)
{
    size_t i;

    for (i = 0; i < quell_count(was); i++) {
        struct quell_value call = quell_at(was, i);
        struct quell_str path = quell_get_str(call, "path");
        struct quell_value now = call_at(is, path, place_among(was, i));
        if (quell_is_null(now)) {
            differ(apply, "call", path, QUELL_STR(""), quell_get(call, "action"), quell_null());
            continue;
        }
        if (!same(apply, quell_get(call, "action"), quell_get(now, "action")))
            differ(apply, "call", path, QUELL_STR(""), quell_get(call, "action"),
                   quell_get(now, "action"));
        if (!same(apply, quell_get(call, "connection"), quell_get(now, "connection")))
            differ(apply, "connection", path, QUELL_STR(""), quell_get(call, "connection"),
                   quell_get(now, "connection"));
        compare_arguments(apply, path, quell_get(call, "with"), quell_get(now, "with"));
    }
    for (i = 0; i < quell_count(is); i++) {
        struct quell_value call = quell_at(is, i);
        if (quell_is_null(call_at(was, quell_get_str(call, "path"), place_among(is, i))))
            differ(apply, "call", quell_get_str(call, "path"), QUELL_STR(""), quell_null(),
                   quell_get(call, "action"));
    }
}

/* The playbooks that are called: their texts, and what they would be called to do. */
static void compare_called(struct apply *apply, struct quell_value was, struct quell_value is)
{
    size_t i;

    for (i = 0; i < quell_count(was); i++) {
        struct quell_str path = quell_get_str(quell_at(was, i), "path");
        struct quell_value there = call_at(is, path, place_among(was, i));
        struct quell_value then = quell_get(quell_at(was, i), "plan");
        struct quell_value now = quell_get(there, "plan");
        if (quell_is_null(there)) {
            differ(apply, "call of a playbook", path, QUELL_STR(""), quell_get(then, "playbook"),
                   quell_null());
            continue;
        }
        if (!same(apply, quell_get(then, "revision"), quell_get(now, "revision")))
            differ(apply, "revision of the playbook", path, QUELL_STR(""),
                   quell_get(then, "revision"), quell_get(now, "revision"));
        compare_called(apply, quell_get(then, "called"), quell_get(now, "called"));
    }
    for (i = 0; i < quell_count(is); i++) {
        struct quell_value one = quell_at(is, i);
        if (quell_is_null(call_at(was, quell_get_str(one, "path"), place_among(is, i))))
            differ(apply, "call of a playbook", quell_get_str(one, "path"), QUELL_STR(""),
                   quell_null(), quell_get(quell_get(one, "plan"), "playbook"));
    }
}

static enum quell_code compare(struct apply *apply, const struct plan *again,
                               struct quell_error *err)
{
    const struct playbook *playbook = again->options.loaded->playbook;
    struct quell_str was = quell_get_str(apply->plan, "digest"), is = plan_digest(again);

    if (quell_str_equal(was, is) && !again->cut)
        return QUELL_OK;
    if (!quell_text_is(quell_get(apply->plan, "playbook"), playbook->id.data))
        differ(apply, "playbook", QUELL_STR(""), QUELL_STR(""), quell_get(apply->plan, "playbook"),
               quell_string(playbook->id));
    if (!quell_text_is(quell_get(apply->plan, "revision"), playbook->revision))
        differ(apply, "revision", QUELL_STR(""), QUELL_STR(""), quell_get(apply->plan, "revision"),
               quell_text(playbook->revision));
    compare_calls(apply, quell_get(apply->plan, "resolved"), plan_resolved(again));
    compare_called(apply, quell_get(apply->plan, "called"), plan_children_value(again));
    if (apply->differences.count == 0)
        differ(apply, "incident, inputs or paths", QUELL_STR(""), QUELL_STR(""),
               quell_string(str_slice(was, 0, 12)), quell_string(str_slice(is, 0, 12)));
    return error_set(err, QUELL_CONFLICT,
                     "the plan %.*s would come out otherwise now: nothing was begun",
                     QUELL_ARG(str_slice(was, 0, 6)));
}

/* ---- what the run is bound to ------------------------------------------------------------------
 */

static struct quell_value timeless(struct arena *arena, struct quell_value then,
                                   struct quell_value now)
{
    struct map_builder map = {.arena = arena};
    struct list_builder list = {.arena = arena};
    size_t i;

    if (value_equal(then, now) || quell_is(now, QUELL_UNKNOWN))
        return now;
    if (quell_is(then, QUELL_MAP) && quell_is(now, QUELL_MAP)) {
        for (i = 0; i < quell_count(now); i++) {
            struct quell_value before = quell_null();
            (void)quell_find(then, quell_str(now.as.pairs[i].key), &before); /* null then */
            map_add_key(&map, now.as.pairs[i].key, timeless(arena, before, now.as.pairs[i].value));
        }
        return map_made(&map);
    }
    if (quell_is(then, QUELL_LIST) && quell_is(now, QUELL_LIST) &&
        quell_count(then) == quell_count(now)) {
        for (i = 0; i < quell_count(now); i++)
            list_add(&list, timeless(arena, quell_at(then, i), quell_at(now, i)));
        return list_made(&list);
    }
    return quell_unknown(QUELL_STR("depends on when the run begins"));
}

/* Calls, or playbooks that are called. What the plan did not have then has been shown to nobody,
 * and is not what the run may do. */
static struct quell_value timeless_calls(struct arena *arena, struct quell_value then,
                                         struct quell_value now)
{
    struct list_builder calls = {.arena = arena};
    size_t i;

    for (i = 0; i < quell_count(now); i++) {
        struct quell_value call = quell_at(now, i);
        struct quell_value before = call_at(then, quell_get_str(call, "path"), place_among(now, i));
        if (quell_is_null(before))
            continue;
        call = value_with(arena, call, QUELL_STR("with"),
                          timeless(arena, quell_get(before, "with"), quell_get(call, "with")));
        if (!quell_is_null(quell_get(call, "playbook"))) {
            call = value_with(
                arena, call, QUELL_STR("calls"),
                timeless_calls(arena, quell_get(before, "calls"), quell_get(call, "calls")));
            call = value_with(
                arena, call, QUELL_STR("children"),
                timeless_calls(arena, quell_get(before, "children"), quell_get(call, "children")));
        }
        list_add(&calls, call);
    }
    return list_made(&calls);
}

static struct quell_value bound_to(struct apply *apply, const struct plan *then,
                                   const struct plan *now)
{
    struct arena *arena = apply->arena;
    struct map_builder map = {.arena = arena};

    map_add(&map, "digest", quell_get(apply->plan, "digest"));
    map_add(&map, "key", value_sensitive(quell_string(apply->key)));
    map_add(&map, "calls", timeless_calls(arena, plan_resolved(then), plan_resolved(now)));
    map_add(&map, "children",
            timeless_calls(arena, plan_children_bound(then), plan_children_bound(now)));
    return map_made(&map);
}

/* A run of which nobody knows what it would do is not begun. */
static enum quell_code check_bound(const struct plan *plan, struct quell_error *err)
{
    const struct plan_child *child = plan_loose_child(plan);

    if (child == NULL)
        return QUELL_OK;
    return error_set(err, QUELL_REFUSED, "the plan cannot be kept to: `%.*s`, which %.*s calls, %s",
                     QUELL_ARG(child->playbook), QUELL_ARG(child->path), child->loose);
}

static enum quell_code make(struct apply *apply, int64_t started_us, struct plan *plan,
                            struct loaded **loaded, struct quell_error *err)
{
    struct quell_plan_options asked = apply->options;
    struct plan_options options;
    struct quell_str event = QUELL_STR("");
    enum quell_code code;

    asked.started_us = started_us;
    code = plan_ask(apply->engine, apply->arena, &asked, &options, &event, err);
    *loaded = options.loaded;
    options.key = apply->key;
    if (code == QUELL_OK)
        code = plan_make(plan, apply->engine, apply->arena, &options, err);
    return code;
}

static enum quell_code start(struct apply *apply, struct quell_str by, char run_id[37],
                             struct quell_error *err)
{
    struct plan *then = arena_one(apply->arena, struct plan);
    struct plan *now = arena_one(apply->arena, struct plan);
    struct loaded *first = NULL, *second = NULL;
    struct quell_run_options options = {.playbook = apply->options.playbook,
                                        .incident = apply->options.incident,
                                        .source = apply->options.source,
                                        .inputs = apply->options.inputs,
                                        .by = by};
    struct quell_value bound;
    enum quell_code code = make(apply, apply->options.started_us, then, &first, err);

    if (code == QUELL_OK)
        code = compare(apply, then, err);
    if (code == QUELL_OK)
        code = check_bound(then, err);
    if (code == QUELL_OK)
        code = make(apply, 0, now, &second, err);
    if (code == QUELL_OK) {
        bound = bound_to(apply, then, now);
        apply->engine->bound = &bound;
        code = quell_run(apply->engine, &options, run_id, err);
        apply->engine->bound = NULL;
    }
    loaded_release(first);
    loaded_release(second);
    return code;
}

enum quell_code quell_apply(struct quell *engine, struct quell_str text, struct quell_str by,
                            char run_id[37], struct quell_document *document,
                            struct quell_error *err)
{
    struct quell_document made;
    struct apply apply = {.engine = engine};
    enum quell_code code;

    apply.arena = document_begin(&made);
    apply.differences.arena = apply.arena;
    code = read_file(&apply, text, err);
    if (code == QUELL_OK)
        code = start(&apply, by, run_id, err);
    made.value = list_made(&apply.differences);
    if (code == QUELL_CONFLICT && apply.differences.count)
        *document = made;
    else
        quell_document_free(&made);
    return code;
}
