/*
 * bound.c - a run that was started from a saved plan makes no call that the plan does not have.
 * What the plan could not know may be anything; all else must be as it was shown. It stands in the
 * journal, so a run that is taken up after a crash is bound as before.
 */
#include <assert.h>

#include "base/str.h"
#include "run/state.h"
#include "value/keyed.h"
#include "value/value.h"

enum quell_code apply_run_bound(struct run *run, struct instance *instance,
                                const struct event *event, struct quell_error *err)
{
    (void)instance;
    if (!quell_is_null(run->bound) || !quell_is(quell_get(event->data, "calls"), QUELL_LIST))
        return event_misfit(event, "the run is bound already, or to nothing", err);
    run->bound = event->data;
    return QUELL_OK;
}

/* `each[?].a` of a plan is any item. */
static bool fits_path(struct quell_str planned, struct quell_str path)
{
    const struct quell_str any = QUELL_STR("[?]");
    size_t at;

    for (at = str_find(planned, any, 0); at < planned.len; at = str_find(planned, any, 0)) {
        if (!str_starts(path, str_slice(planned, 0, at + 1)))
            return false;
        path = str_slice(path, str_find(path, QUELL_STR("]"), at), path.len);
        planned = str_slice(planned, at + 2, planned.len);
    }
    return quell_str_equal(planned, path);
}

static bool fits_map(struct quell_value planned, struct quell_value value)
{
    struct quell_value other;
    size_t i;

    for (i = 0; i < quell_count(planned); i++) {
        other = quell_null();
        (void)quell_find(value, quell_str(planned.as.pairs[i].key), &other); /* null then */
        if (!bound_fits(planned.as.pairs[i].value, other))
            return false;
    }
    for (i = 0; i < quell_count(value); i++)
        if (!quell_is_null(value.as.pairs[i].value) &&
            !quell_find(planned, quell_str(value.as.pairs[i].key), &other))
            return false;
    return true;
}

bool bound_fits(struct quell_value planned, struct quell_value value)
{
    size_t i;

    if (quell_is(planned, QUELL_UNKNOWN))
        return true;
    if ((planned.flags & QUELL_SECRET) || (value.flags & QUELL_SECRET))
        return (planned.flags & value.flags & QUELL_SECRET) != 0; /* no journal has it */
    if (quell_is(planned, QUELL_MAP) && quell_is(value, QUELL_MAP))
        return fits_map(planned, value);
    if (!quell_is(planned, QUELL_LIST) || !quell_is(value, QUELL_LIST))
        return value_equal(planned, value);
    if (quell_count(planned) != quell_count(value))
        return false;
    for (i = 0; i < quell_count(planned); i++)
        if (!bound_fits(quell_at(planned, i), quell_at(value, i)))
            return false;
    return true;
}

/* What is masked in a plan stands there as its keyed text (value/keyed.h). */
static struct quell_value as_planned(struct run *run, struct quell_value with)
{
    return value_keyed(run->arena, quell_get_str(run->bound, "key"), with);
}

static bool refuse(struct run *run, bool named, const char *what, struct quell_value *error)
{
    *error =
        scope_error(run, "denied", "the plan %.*s %s this %s%s",
                    QUELL_ARG(str_slice(quell_get_str(run->bound, "digest"), 0, 6)),
                    named ? "has" : "does not have", what, named ? " with other arguments" : "");
    return false;
}

bool bound_allows(struct run *run, const struct instance *instance, struct quell_value input,
                  struct quell_value *error)
{
    struct quell_value calls = quell_get(run->bound, "calls");
    bool named = false;
    size_t i;

    if (quell_is_null(run->bound) || run->taking_back) /* that has a plan of its own */
        return true;
    input = as_planned(run, input);
    for (i = 0; i < quell_count(calls); i++) {
        struct quell_value call = quell_at(calls, i);
        if (!fits_path(quell_get_str(call, "path"), instance->path) ||
            !quell_str_equal(quell_get_str(call, "action"), instance->step->uses))
            continue;
        if (bound_fits(quell_get(call, "with"), input))
            return true;
        named = true;
    }
    return refuse(run, named, "call", error);
}

/* ---- the runs that it calls --------------------------------------------------------------------
 */

static bool is_child(struct quell_value child, const struct instance *instance)
{
    return fits_path(quell_get_str(child, "path"), instance->path) &&
           quell_str_equal(quell_get_str(child, "playbook"), instance->step->calls);
}

bool bound_allows_child(struct run *run, const struct instance *instance, struct quell_value given,
                        struct quell_value *error)
{
    struct quell_value children = quell_get(run->bound, "children"), now;
    bool named = false;
    size_t i;

    if (!quell_is(children, QUELL_LIST)) /* bound to nothing, or by an older quell */
        return true;
    given = as_planned(run, given);
    now = called_revisions(run, instance->step->calls);
    for (i = 0; i < quell_count(children); i++) {
        struct quell_value child = quell_at(children, i);
        if (!is_child(child, instance))
            continue;
        named = true;
        if (!quell_is_null(now) && !value_equal(quell_get(child, "revisions"), now)) {
            *error = scope_error(run, "denied",
                                 "the text of `%.*s`, or of what it calls, is not that of the plan",
                                 QUELL_ARG(instance->step->calls));
            return false;
        }
        if (bound_fits(quell_get(child, "with"), given))
            return true;
    }
    return refuse(run, named, "call of a playbook", error);
}

static void add_all(struct list_builder *list, struct quell_value more)
{
    size_t i;

    for (i = 0; i < quell_count(more); i++)
        list_add(list, value_copy(list->arena, quell_at(more, i)));
}

/* A plan may have several of a step, with what it is given on each path: those that fit. */
struct quell_value run_child_bound(const struct run *run, struct quell_str path,
                                   struct arena *arena)
{
    const struct instance *instance = run_instance(run, path);
    struct quell_value children = quell_get(run->bound, "children"), given;
    struct list_builder calls = {.arena = arena}, inner = {.arena = arena};
    struct map_builder map = {.arena = arena};
    size_t i;

    assert(instance != NULL); /* a step that has called another run, or is about to */
    if (!quell_is(children, QUELL_LIST))
        return quell_null();
    given = value_keyed(arena, quell_get_str(run->bound, "key"), instance->input);
    for (i = 0; i < quell_count(children); i++) {
        struct quell_value child = quell_at(children, i);
        if (!is_child(child, instance) || !bound_fits(quell_get(child, "with"), given))
            continue;
        add_all(&calls, quell_get(child, "calls"));
        add_all(&inner, quell_get(child, "children"));
    }
    map_add(&map, "digest", value_copy(arena, quell_get(run->bound, "digest")));
    map_add(&map, "key", value_copy(arena, quell_get(run->bound, "key")));
    map_add(&map, "calls", list_made(&calls));
    map_add(&map, "children", list_made(&inner));
    return map_made(&map);
}
