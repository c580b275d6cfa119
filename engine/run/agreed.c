/*
 * agreed.c - what people agreed to and what is done: a call inside a step that was agreed to must
 * be one of those that they were shown, with the same arguments, secrets and texts of playbooks.
 */
#include "base/digest.h"
#include "base/str.h"
#include "run/state.h"
#include "run/undo.h"
#include "value/json.h"
#include "value/keyed.h"
#include "value/value.h"

/* Items of a loop whose items were not known, iterations: one stands for all. */
static bool is_any_of(struct quell_str shown, struct quell_str path)
{
    struct quell_str part;

    while (str_cut(path, '[', &part, &path)) {
        if (!str_starts(shown, part))
            return false;
        shown = str_slice(shown, part.len, shown.len);
        if (str_starts(shown, QUELL_STR("[")))
            shown = str_slice(shown, 1, shown.len); /* which item it is, is compared below */
        else
            (void)str_cut(path, ']', &part, &path); /* every item has one */
    }
    return quell_str_equal(shown, part);
}

enum { PRINT_DIGITS = 16 };

static struct quell_value without_nulls(struct arena *arena, struct quell_value value)
{
    struct map_builder map = {.arena = arena};
    struct list_builder list = {.arena = arena};
    size_t i;

    if (value.flags & QUELL_MASKED)
        return value; /* it is written as its mask, whatever is in it */
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

struct quell_str agreed_print(const struct run *run, const struct agreed_call *call,
                              struct arena *arena)
{
    uint8_t digest[DIGEST_SHA256];
    struct quell_value with = without_nulls(arena, value_keyed(arena, run->digest_key, call->with));
    struct quell_str json = json_text(arena, with, JSON_COMPACT), texts = QUELL_STR("");

    if (!quell_is_null(call->revisions))
        texts = arena_format(arena, " %.*s",
                             QUELL_ARG(json_text(arena, call->revisions, JSON_COMPACT)));
    digest_sha256(arena_format(arena, "%.*s %s %.*s %.*s%.*s", QUELL_ARG(call->path), call->key,
                               QUELL_ARG(call->what), QUELL_ARG(json), QUELL_ARG(texts)),
                  digest);
    return str_slice(digest_hex(arena, digest, sizeof(digest)), 0, PRINT_DIGITS);
}

/* Whether what people were shown is this call; `with` is null where the arguments could not be
 * known when they were asked. */
static bool is_call(const struct run *run, struct quell_value shown, const struct agreed_call *call)
{
    struct quell_value known = quell_get(shown, "with"), texts = quell_get(shown, "revisions");
    struct quell_str secrets = quell_get_str(shown, "secrets");

    if (!is_any_of(quell_get_str(shown, "step"), call->path) ||
        !quell_str_equal(quell_get_str(shown, call->key), call->what) ||
        (!quell_is_null(texts) && !quell_is_null(call->revisions) &&
         !value_equal(texts, call->revisions)))
        return false;
    if (quell_is_null(known))
        return true;
    return bound_fits(known, call->with) &&
           (secrets.len == 0 ||
            quell_str_equal(secrets, value_keyed_print(run->arena, run->digest_key, call->with)));
}

/* Of what was agreed to and not listed: a print of each call, or all of one that was not known. */
static bool is_among_rest(const struct run *run, struct quell_value rest,
                          const struct agreed_call *call)
{
    struct arena *arena = arena_new(0);
    struct quell_str print = agreed_print(run, call, arena);
    bool found = false;
    size_t i;

    for (i = 0; i < quell_count(rest) && !found; i++) {
        struct quell_value one = quell_at(rest, i);
        found = quell_is(one, QUELL_STRING) ? quell_str_equal(quell_str(one), print)
                                            : is_call(run, one, call);
    }
    arena_free(arena);
    return found;
}

static bool is_shown(const struct run *run, struct quell_value plan, const struct agreed_call *call)
{
    struct quell_value calls = quell_get(plan, "calls");
    size_t i;

    for (i = 0; i < quell_count(calls); i++)
        if (is_call(run, quell_at(calls, i), call))
            return true;
    return is_among_rest(run, quell_get(plan, "rest"), call);
}

/* The innermost step that was agreed to, of those whose path begins `path`; *around is what is left
 * of it then. NULL: there is none. */
static const struct instance *next_gate(const struct run *run, struct quell_str path,
                                        struct quell_str *around)
{
    const struct instance *gate;

    for (; around->len; around->len--) {
        if (around->len < path.len && path.data[around->len] != '.' &&
            path.data[around->len] != '[')
            continue;
        gate = run_instance(run, *around);
        if (gate && !quell_is_null(gate->agreed))
            return gate;
    }
    return NULL;
}

bool agreed_around(const struct run *run, const struct instance *instance)
{
    struct quell_str around = instance->path;

    return next_gate(run, instance->path, &around) != NULL;
}

bool agreed_allows(struct run *run, const struct instance *instance, const char *key,
                   struct quell_str what, struct quell_value with, struct quell_value *error)
{
    struct agreed_call call = {.path = instance->path, .key = key, .what = what, .with = with};
    struct quell_str around = instance->path;
    const struct instance *gate;

    if (undo_takes_back(instance->frame))
        return true;
    if (instance->step->kind == STEP_CALL)
        call.revisions = called_revisions(run, what);
    for (; (gate = next_gate(run, instance->path, &around)) != NULL; around.len--) {
        if (is_shown(run, gate->agreed, &call))
            continue;
        *error = scope_error(run, "denied", "what was agreed to at `%.*s` is not this call",
                             QUELL_ARG(around));
        return false;
    }
    return true;
}
