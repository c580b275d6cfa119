/*
 * bound.c - a run that was started from a saved plan makes no call that the plan does not have.
 * What the plan could not know may be anything; all else must be as it was shown. It stands in the
 * journal, so a run that is taken up after a crash is bound as before.
 */
#include "base/digest.h"
#include "base/str.h"
#include "run/state.h"
#include "run/undo.h"
#include "value/json.h"
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
    size_t i = 0, k = 0;

    while (i < planned.len && k < path.len) {
        if (planned.data[i] == '?' && i > 0 && planned.data[i - 1] == '[') {
            while (k < path.len && path.data[k] != ']')
                k++;
            i++;
            continue;
        }
        if (planned.data[i++] != path.data[k++])
            return false;
    }
    return i == planned.len && k == path.len;
}

static bool fits(struct quell_value planned, struct quell_value value);

static bool fits_map(struct quell_value planned, struct quell_value value)
{
    struct quell_value other;
    size_t i;

    for (i = 0; i < quell_count(planned); i++) {
        other = quell_null();
        (void)quell_find(value, quell_str(planned.as.pairs[i].key), &other); /* null then */
        if (!fits(planned.as.pairs[i].value, other))
            return false;
    }
    for (i = 0; i < quell_count(value); i++)
        if (!quell_is_null(value.as.pairs[i].value) &&
            !quell_find(planned, quell_str(value.as.pairs[i].key), &other))
            return false;
    return true;
}

static bool fits(struct quell_value planned, struct quell_value value)
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
        if (!fits(quell_at(planned, i), quell_at(value, i)))
            return false;
    return true;
}

bool bound_allows(struct run *run, const struct instance *instance, struct quell_value input,
                  struct quell_value *error)
{
    struct quell_value calls = quell_get(run->bound, "calls");
    bool named = false;
    size_t i;

    for (i = 0; i < quell_count(calls); i++) {
        struct quell_value call = quell_at(calls, i);
        if (!fits_path(quell_get_str(call, "path"), instance->path) ||
            !quell_str_equal(quell_get_str(call, "action"), instance->step->uses))
            continue;
        if (fits(quell_get(call, "with"), input))
            return true;
        named = true;
    }
    if (quell_is_null(run->bound))
        return true;
    *error = scope_error(run, "denied", "the plan %.*s %s",
                         QUELL_ARG(str_slice(quell_get_str(run->bound, "digest"), 0, 6)),
                         named ? "has this call with other arguments" : "does not have this call");
    return false;
}

/* ---- what people agreed to ---------------------------------------------------------------------
 */

/* Items of a loop whose items were not known, iterations: one stands for all. */
static bool is_any_of(struct quell_str shown, struct quell_str path)
{
    size_t i = 0, k = 0;

    while (k < path.len) {
        if (path.data[k] == '[' && (i == shown.len || shown.data[i] != '[')) {
            while (k < path.len && path.data[k++] != ']')
                ;
            continue;
        }
        if (i == shown.len || shown.data[i++] != path.data[k++])
            return false;
    }
    return i == shown.len;
}

enum { PRINT_DIGITS = 16 };

static struct quell_value without_nulls(struct arena *arena, struct quell_value value)
{
    struct map_builder map = {.arena = arena};
    struct list_builder list = {.arena = arena};
    size_t i;

    if (quell_is(value, QUELL_MAP)) {
        for (i = 0; i < quell_count(value); i++)
            if (!quell_is_null(value.as.pairs[i].value))
                map_add_key(&map, value.as.pairs[i].key,
                            without_nulls(arena, value.as.pairs[i].value));
        return map_made(&map);
    }
    if (!quell_is(value, QUELL_LIST))
        return value;
    for (i = 0; i < quell_count(value); i++)
        list_add(&list, without_nulls(arena, quell_at(value, i)));
    return list_made(&list);
}

struct quell_str agreed_print(struct arena *arena, struct quell_str path, const char *key,
                              struct quell_str what, struct quell_value with)
{
    uint8_t digest[DIGEST_SHA256];
    struct quell_str json = json_text(arena, without_nulls(arena, with), JSON_COMPACT);

    digest_sha256(arena_format(arena, "%.*s %s %.*s %.*s", QUELL_ARG(path), key, QUELL_ARG(what),
                               QUELL_ARG(json)),
                  digest);
    return str_slice(digest_hex(arena, digest, sizeof(digest)), 0, PRINT_DIGITS);
}

/* Of what was agreed to and not listed: a print of each call, or all of one that was not known. */
static bool is_among_rest(struct quell_value rest, struct quell_str path, const char *key,
                          struct quell_str what, struct quell_value with)
{
    struct arena *arena = arena_new(0);
    struct quell_str print = agreed_print(arena, path, key, what, with);
    bool found = false;
    size_t i;

    for (i = 0; i < quell_count(rest) && !found; i++) {
        struct quell_value one = quell_at(rest, i), known = quell_get(one, "with");
        if (quell_is(one, QUELL_STRING))
            found = quell_str_equal(quell_str(one), print);
        else
            found = is_any_of(quell_get_str(one, "step"), path) &&
                    quell_str_equal(quell_get_str(one, key), what) &&
                    (quell_is_null(known) || fits(known, with));
    }
    arena_free(arena);
    return found;
}

/* `with` is null where the arguments could not be known when people were asked. */
static bool is_shown(struct quell_value plan, struct quell_str path, const char *key,
                     struct quell_str what, struct quell_value with)
{
    struct quell_value calls = quell_get(plan, "calls"), known;
    size_t i;

    for (i = 0; i < quell_count(calls); i++) {
        struct quell_value call = quell_at(calls, i);
        known = quell_get(call, "with");
        if (is_any_of(quell_get_str(call, "step"), path) &&
            quell_str_equal(quell_get_str(call, key), what) &&
            (quell_is_null(known) || fits(known, with)))
            return true;
    }
    return is_among_rest(quell_get(plan, "rest"), path, key, what, with);
}

bool agreed_allows(struct run *run, const struct instance *instance, const char *key,
                   struct quell_str what, struct quell_value with, struct quell_value *error)
{
    struct quell_str around = instance->path;

    if (undo_takes_back(instance->frame))
        return true;
    for (; around.len; around.len--) {
        const struct instance *gate;
        if (around.len < instance->path.len && instance->path.data[around.len] != '.' &&
            instance->path.data[around.len] != '[')
            continue;
        gate = run_instance(run, around);
        if (gate == NULL || quell_is_null(gate->agreed) ||
            is_shown(gate->agreed, instance->path, key, what, with))
            continue;
        *error = scope_error(run, "denied", "what was agreed to at `%.*s` is not this call",
                             QUELL_ARG(around));
        return false;
    }
    return true;
}
