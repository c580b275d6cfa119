/*
 * breaker.c - the breakers of connections and playbooks: what ended badly is counted, and while one
 * is open the gate keeps changes back. Their states are marks, written in the commit of the outcome
 * that changed them, so that a restart opens nothing and closes nothing.
 */
#include "core/gate.h"

#include "base/error.h"
#include "base/limits.h"
#include "base/memory.h"
#include "base/str.h"
#include "base/when.h"
#include "core/starts.h"
#include "loop/log.h"
#include "policy/breaker.h"
#include "value/fields.h"
#include "value/json.h"
#include "value/value.h"

#define SCOPE "breaker"

struct breaker {
    struct breaker *next;
    struct arena *arena;
    struct quell_str key; /* "connector defender", "playbook p" */
    enum halt_what what;
    struct quell_str name;
    struct breaker_state state;
    struct loop_timer *timer;
    struct quell *engine;
};

const struct quell_field breaker_fields[] = {
    {.name = "failures",
     .type = QUELL_FIELD_INT,
     .doc = "Changes that fail in a row before it opens (5); 0: never."},
    {.name = "probe",
     .type = QUELL_FIELD_DURATION,
     .doc =
         "It is open for so long before one change is tried (1m); doubled each time, up to 15m."},
    {.name = NULL},
};

static struct breaker_rule rule_of(const struct quell *engine)
{
    struct quell_value given = quell_get(engine->generation->config, "breaker");
    struct quell_value probe = quell_get(given, "probe");
    int64_t failures = quell_get_int(given, "failures", LIMIT_BREAKER_FAILURES);
    int64_t us = (int64_t)LIMIT_BREAKER_PROBE_S * 1000000;

    if (quell_is(probe, QUELL_DURATION) && probe.as.integer > 0)
        us = probe.as.integer * 1000000;
    if (failures < 0 || failures > LIMIT_BREAKER_FAILURES_MOST)
        failures = LIMIT_BREAKER_FAILURES;
    return (struct breaker_rule){(unsigned)failures, us};
}

/* ---- finding -----------------------------------------------------------------------------------
 */

static void load(struct breaker *breaker)
{
    struct arena *arena = arena_new(0);
    struct quell_value body;
    struct quell_error err = {0};

    if (mark_read(breaker->engine, arena, SCOPE, breaker->key, &body, &err))
        log_line(LOG_LEVEL_ERROR, "the breaker of %.*s cannot be read: %s", QUELL_ARG(breaker->key),
                 err.message);
    else if (quell_is(body, QUELL_MAP))
        breaker->state = breaker_read(body);
    arena_free(arena);
}

static struct breaker *find(struct quell *engine, enum halt_what what, struct quell_str name)
{
    struct breaker *breaker;
    struct arena *arena;

    for (breaker = engine->breakers; breaker; breaker = breaker->next)
        if (breaker->what == what && quell_str_equal(breaker->name, name))
            return breaker;
    arena = arena_new(0);
    breaker = arena_one(arena, struct breaker);
    *breaker =
        (struct breaker){.next = engine->breakers,
                         .arena = arena,
                         .key = arena_format(arena, "%s %.*s", halt_word(what), QUELL_ARG(name)),
                         .what = what,
                         .name = arena_str(arena, name),
                         .engine = engine};
    engine->breakers = breaker;
    load(breaker);
    return breaker;
}

static struct quell_str connection_of(const struct step *step)
{
    return step->connection.len ? step->connection : quell_str_of(step->connector->name);
}

/* A test of a playbook has its failures on purpose. */
static bool is_watched(const struct quell *engine)
{
    return engine->starts && engine->generation->base == NULL;
}

/* ---- asking ------------------------------------------------------------------------------------
 */

static void on_due(void *user)
{
    struct breaker *breaker = user;

    breaker->timer = NULL;
    gate_wake(breaker->engine);
}

static void arm(struct breaker *breaker)
{
    struct quell *engine = breaker->engine;
    int64_t left_us = breaker_due_us(&breaker->state) - loop_now_us(engine->loop);

    loop_cancel(breaker->timer);
    breaker->timer =
        loop_after(engine->loop, left_us > 0 ? left_us / 1000 + 1 : 0, on_due, breaker);
}

bool breaker_keeps(struct quell *engine, struct quell_str playbook, const struct step *step,
                   bool take)
{
    struct breaker_rule rule;
    struct breaker *both[2];
    int64_t now;
    size_t i;

    if (!is_watched(engine))
        return false;
    rule = rule_of(engine);
    now = loop_now_us(engine->loop);
    both[0] = find(engine, HALT_CONNECTOR, connection_of(step));
    both[1] = find(engine, HALT_PLAYBOOK, playbook);
    for (i = 0; i < 2; i++)
        if (rule.failures && !breaker_lets(&both[i]->state, now)) {
            if (both[i]->timer == NULL)
                arm(both[i]);
            return true;
        }
    for (i = 0; i < 2 && take; i++) {
        breaker_take(&both[i]->state, &rule, now);
        if (breaker_is_open(&both[i]->state))
            arm(both[i]);
    }
    return false;
}

/* ---- counting ----------------------------------------------------------------------------------
 */

static void audit(struct breaker *breaker, const char *what, struct quell_str who)
{
    struct quell *engine = breaker->engine;
    struct commit *commit = turn_commit(engine);
    struct map_builder map = {.arena = commit->arena};

    log_line(LOG_LEVEL_WARNING, "%s: %.*s, %u failures in a row", what, QUELL_ARG(breaker->key),
             breaker->state.failures);
    map_add(&map, halt_word(breaker->what), value_copy_str(commit->arena, breaker->name));
    map_add(&map, "failures", quell_int(breaker->state.failures));
    if (breaker->state.open_until_us)
        map_add(&map, "until", value_time_us(breaker->state.open_until_us));
    commit_audit(commit, who, what, breaker->name, map_made(&map));
}

static void keep(struct breaker *breaker)
{
    mark_write(breaker->engine, SCOPE, breaker->key, 0,
               breaker_value(turn_commit(breaker->engine)->arena, &breaker->state));
}

static void count(struct breaker *breaker, const struct breaker_rule *rule, bool failed)
{
    struct quell *engine = breaker->engine;
    enum breaker_change change =
        breaker_ended(&breaker->state, rule, failed, loop_now_us(engine->loop));

    if (change == BREAKER_SAME)
        return;
    keep(breaker);
    if (change == BREAKER_OPENED) {
        audit(breaker, "breaker_opened", QUELL_STR("quell"));
        arm(breaker);
    } else if (change == BREAKER_CLOSED) {
        audit(breaker, "breaker_closed", QUELL_STR("quell"));
        gate_wake(engine);
    }
}

void breaker_note(struct active *active, const struct run_call *call,
                  const struct call_outcome *result)
{
    struct quell *engine = active->engine;
    struct breaker_rule rule;

    if (!is_watched(engine) || call->action->effect == QUELL_READS ||
        run_mode(active->run) != RUN_LIVE || engine->broken)
        return;
    rule = rule_of(engine);
    count(find(engine, HALT_CONNECTOR, connection_of(call->step)), &rule,
          breaker_blames_connection(result->code, result->error.status));
    count(find(engine, HALT_PLAYBOOK, run_playbook(active->run)->id), &rule,
          result->code != QUELL_OK);
}

/* ---- people ------------------------------------------------------------------------------------
 */

void breaker_close(struct quell *engine, enum halt_what what, struct quell_str name,
                   struct quell_str by)
{
    struct breaker *breaker;

    if (!is_watched(engine) || engine->broken)
        return;
    turn_begin(engine);
    if (what != HALT_EVERYTHING)
        (void)find(engine, what, name); /* it may not have been asked since the start */
    for (breaker = engine->breakers; breaker; breaker = breaker->next) {
        if (what != HALT_EVERYTHING &&
            (breaker->what != what || !quell_str_equal(breaker->name, name)))
            continue;
        if (!breaker_is_open(&breaker->state))
            continue;
        breaker->state.open_until_us = 0;
        audit(breaker, "breaker_closed", by);
        breaker->state = (struct breaker_state){0};
        keep(breaker);
    }
    turn_end(engine);
}

struct breaker_state breaker_look(struct quell *engine, enum halt_what what, struct quell_str name)
{
    struct breaker_state state = {0};
    const struct breaker *breaker;
    struct store_mark mark;
    struct quell_value body;
    struct quell_error ignored;
    struct arena *arena;

    for (breaker = engine->breakers; breaker; breaker = breaker->next)
        if (breaker->what == what && quell_str_equal(breaker->name, name))
            return breaker->state;
    arena = arena_new(0);
    if (engine->reader->kind->mark(engine->reader, arena, QUELL_STR(SCOPE),
                                   arena_format(arena, "%s %.*s", halt_word(what), QUELL_ARG(name)),
                                   &mark, &ignored) == QUELL_OK &&
        json_read_own(arena, mark.body, &body, &ignored) == QUELL_OK)
        state = breaker_read(body);
    arena_free(arena);
    return state;
}

struct quell_str breaker_text(struct quell *engine, struct arena *arena, size_t *count_open)
{
    struct quell_str text = QUELL_STR("");
    const struct breaker *breaker;

    *count_open = 0;
    for (breaker = engine->breakers; breaker; breaker = breaker->next) {
        struct when until = {breaker_due_us(&breaker->state) / 1000000, 0};
        if (!breaker_is_open(&breaker->state))
            continue;
        text = arena_format(arena, "%.*s%s%.*s until %.*s", QUELL_ARG(text), text.len ? ", " : "",
                            QUELL_ARG(breaker->key), QUELL_ARG(when_format_time(arena, until)));
        ++*count_open;
    }
    return text;
}

void breakers_free(struct quell *engine)
{
    while (engine->breakers) {
        struct breaker *breaker = engine->breakers;
        engine->breakers = breaker->next;
        loop_cancel(breaker->timer);
        arena_free(breaker->arena);
    }
}
