/*
 * replay_compare.c - the steps of a run as it was and as it is told now, path by path.
 */
#include "core/replay.h"

#include "base/limits.h"
#include "base/str.h"
#include "value/value.h"

struct steps {
    struct arena *arena;
    struct quell_value *items; /* {path, action, status, with, output, error, reason} */
    size_t count, cap;
};

static void add_step(const struct run_step *step, void *user)
{
    struct steps *steps = user;
    struct map_builder map = {.arena = steps->arena};

    if (step->status == STEP_NOT_RUN && step->started_us == 0)
        return;
    if (steps->count == steps->cap) {
        size_t cap = steps->cap ? steps->cap * 2 : 32;
        steps->items = arena_grow(steps->arena, steps->items, steps->cap * sizeof(*steps->items),
                                  cap * sizeof(*steps->items));
        steps->cap = cap;
    }
    map_add(&map, "path", value_copy_str(steps->arena, step->path));
    map_add(&map, "action",
            step->step->uses.len ? value_copy_str(steps->arena, step->step->uses) : quell_null());
    map_add(&map, "status",
            quell_text(step->shadowed ? "simulated" : step_status_name(step->status)));
    map_add(&map, "waits_for", value_copy_str(steps->arena, step->waits));
    map_add(&map, "with", value_copy(steps->arena, step->input));
    map_add(&map, "output", value_copy(steps->arena, step->output));
    map_add(&map, "error", value_copy(steps->arena, quell_get(step->error, "message")));
    steps->items[steps->count++] = map_made(&map);
}

static struct steps steps_of(struct arena *arena, const struct run *run)
{
    struct steps steps = {.arena = arena};

    run_each_step(run, add_step, &steps);
    return steps;
}

static struct quell_value find(const struct steps *steps, struct quell_str path, size_t hint)
{
    size_t i;

    if (hint < steps->count && quell_str_equal(quell_get_str(steps->items[hint], "path"), path))
        return steps->items[hint];
    for (i = 0; i < steps->count; i++)
        if (quell_str_equal(quell_get_str(steps->items[i], "path"), path))
            return steps->items[i];
    return quell_null();
}

/* ---- where two values differ -------------------------------------------------------------------
 */

static void differ(struct list_builder *list, struct quell_str what, struct quell_value then,
                   struct quell_value now)
{
    struct map_builder map = {.arena = list->arena};

    if (list->count == LIMIT_REPLAY_DIFFERENCES)
        return;
    map_add(&map, "what", quell_string(what));
    map_add(&map, "then", then);
    map_add(&map, "now", now);
    list_add(list, map_made(&map));
}

static void compare(struct list_builder *list, struct quell_str what, struct quell_value then,
                    struct quell_value now);

static void compare_maps(struct list_builder *list, struct quell_str what, struct quell_value then,
                         struct quell_value now)
{
    struct quell_value other;
    size_t i;

    for (i = 0; i < quell_count(then); i++) {
        const struct quell_pair *pair = &then.as.pairs[i];
        if (!value_find_key(now, pair->key, &other))
            other = quell_null();
        compare(list,
                quell_is(pair->key, QUELL_STRING)
                    ? arena_format(list->arena, "%.*s.%.*s", QUELL_ARG(what),
                                   QUELL_ARG(quell_str(pair->key)))
                    : what,
                pair->value, other);
    }
    for (i = 0; i < quell_count(now); i++) {
        const struct quell_pair *pair = &now.as.pairs[i];
        if (!value_find_key(then, pair->key, &other) && quell_is(pair->key, QUELL_STRING))
            differ(list,
                   arena_format(list->arena, "%.*s.%.*s", QUELL_ARG(what),
                                QUELL_ARG(quell_str(pair->key))),
                   quell_null(), pair->value);
    }
}

static void compare(struct list_builder *list, struct quell_str what, struct quell_value then,
                    struct quell_value now)
{
    size_t i;

    if (value_equal(then, now))
        return;
    if (quell_is(then, QUELL_MAP) && quell_is(now, QUELL_MAP)) {
        compare_maps(list, what, then, now);
    } else if (quell_is(then, QUELL_LIST) && quell_is(now, QUELL_LIST) &&
               quell_count(then) == quell_count(now)) {
        for (i = 0; i < quell_count(then); i++)
            compare(list, arena_format(list->arena, "%.*s[%zu]", QUELL_ARG(what), i),
                    quell_at(then, i), quell_at(now, i));
    } else {
        differ(list, what, then, now);
    }
}

/* ---- steps -------------------------------------------------------------------------------------
 */

static void add(struct list_builder *list, struct quell_value then, struct quell_value now)
{
    static const char *const whats[] = {"action", "status", "waits_for", "with", "output", "error"};
    struct list_builder differences = {.arena = list->arena};
    struct map_builder map = {.arena = list->arena};
    struct quell_value one = quell_is_null(now) ? then : now;
    const char *verdict = quell_is_null(then)  ? "only now"
                          : quell_is_null(now) ? "only then"
                                               : NULL;
    size_t i;

    for (i = 0; verdict == NULL && i < sizeof(whats) / sizeof(*whats); i++)
        compare(&differences, quell_str_of(whats[i]), quell_get(then, whats[i]),
                quell_get(now, whats[i]));
    if (verdict == NULL)
        verdict = differences.count ? "differs" : "same";
    map_add(&map, "path", quell_get(one, "path"));
    map_add(&map, "action", quell_get(one, "action"));
    map_add(&map, "verdict", quell_text(verdict));
    map_add(&map, "then", quell_is_null(then) ? then : quell_get(then, "status"));
    map_add(&map, "now", quell_is_null(now) ? now : quell_get(now, "status"));
    map_add(&map, "with", quell_get(one, "with"));
    map_add(&map, "differences", list_made(&differences));
    list_add(list, map_made(&map));
}

struct quell_value replay_compare(struct arena *arena, const struct run *then,
                                  const struct run *now)
{
    struct steps old = steps_of(arena, then), new = steps_of(arena, now);
    struct list_builder list = {.arena = arena};
    size_t i;

    for (i = 0; i < new.count; i++)
        add(&list, find(&old, quell_get_str(new.items[i], "path"), i), new.items[i]);
    for (i = 0; i < old.count; i++)
        if (quell_is_null(find(&new, quell_get_str(old.items[i], "path"), i)))
            add(&list, old.items[i], quell_null());
    return list_made(&list);
}
