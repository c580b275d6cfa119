/*
 * halt.c - the kill switch. The file is the truth: it is looked at before each change is sent, so
 * that it works whoever wrote it, with the store down and nobody listening; inotify only makes
 * calls that wait see it sooner. What cannot be read halts everything.
 */
#include "core/gate.h"

#include <string.h>

#include "base/error.h"
#include "base/limits.h"
#include "base/memory.h"
#include "base/str.h"
#include "base/when.h"
#include "loop/file.h"
#include "loop/log.h"
#include "value/value.h"

struct halt {
    struct arena *paths;
    const char *path; /* NULL: there is no file, only what this process was told */
    struct loop_notice *notice;
    struct loop_timer *look; /* while something is halted */
    struct file_stamp stamp;
    bool stamped;
    struct arena *arena; /* of the rules in force */
    struct halt_rules rules;
    struct arena *told_arena; /* of what stands in no file, because it cannot be written */
    struct quell_str told;
    struct quell_str by; /* who resumes now, or empty */
    bool tells;          /* a change is about to be told */
};

/* One who halts, and waits until nothing of it is on the wire. */
struct halt_wait {
    struct quell *engine;
    struct halt_wait *next;
    struct loop_timer *timer;
    int64_t until_us;
    quell_done_fn *done;
    void *user;
};

enum { WIRE_LOOK_MS = 10 };

/* ---- the file ----------------------------------------------------------------------------------
 */

const char *quell_halt_file(struct quell *engine)
{
    struct quell_str named = quell_get_str(engine->generation->config, "halt_file"), scheme, path;

    if (named.len)
        return generation_path(engine->generation, engine->arena, named);
    if (!str_cut(quell_store_url(engine), ':', &scheme, &path) || !str_is(scheme, "sqlite") ||
        path.len == 0)
        return NULL;
    if (str_starts(path, QUELL_STR("///"))) /* sqlite:///var/lib/... */
        path = str_slice(path, 2, path.len);
    return arena_format(engine->arena, "%.*s.halt", QUELL_ARG(path)).data;
}

static struct quell_str unreadable(struct arena *arena, const char *path, const char *why)
{
    struct halt_rule rule = {.what = HALT_EVERYTHING,
                             .by = QUELL_STR("quell"),
                             .reason = arena_format(arena, "%s cannot be read: %s", path, why)};

    return halt_line(arena, &rule);
}

/* The text in force; false: there is none. */
static bool read_text(const struct halt *halt, struct arena *arena, struct quell_str *text)
{
    struct quell_error err;

    *text = halt->told;
    if (halt->path == NULL || halt->stamp.absent)
        return halt->told.len > 0;
    if (halt->stamp.error || !halt->stamp.regular) {
        *text = unreadable(arena, halt->path,
                           halt->stamp.error ? "it cannot be looked at" : "it is no file");
        return true;
    }
    switch (file_read(arena, halt->path, LIMIT_HALT_BYTES, text, &err)) {
    case QUELL_OK:
        *text = str_trim(*text).len == 0
                    ? unreadable(arena, halt->path, "it is empty, which halts everything")
                    : *text;
        break;
    case QUELL_NOT_FOUND: /* it went away just now */
        *text = halt->told;
        return halt->told.len > 0;
    default:
        *text = unreadable(arena, halt->path, err.message);
        break;
    }
    *text = arena_format(arena, "%.*s\n%.*s", QUELL_ARG(*text), QUELL_ARG(halt->told));
    return true;
}

/* ---- telling -----------------------------------------------------------------------------------
 */

static bool has(const struct halt_rules *rules, const struct halt_rule *wanted)
{
    size_t i;

    for (i = 0; i < rules->count; i++)
        if (halt_same(&rules->items[i], wanted))
            return true;
    return false;
}

static void audit(struct quell *engine, const struct halt_rule *rule, const char *what,
                  struct quell_str who)
{
    struct quell_str word = quell_str_of(halt_word(rule->what));
    struct map_builder map = {0};
    struct commit *commit;

    log_line(LOG_LEVEL_WARNING, "%s: %.*s%s%.*s%s by=%.*s%s%.*s", what, QUELL_ARG(word),
             rule->name.len ? " " : "", QUELL_ARG(rule->name), rule->reads ? ", reads too" : "",
             QUELL_ARG(who), rule->reason.len ? ": " : "", QUELL_ARG(rule->reason));
    if (engine->broken || engine->writer == NULL || engine->stand_in)
        return; /* it works all the same */
    turn_begin(engine);
    commit = turn_commit(engine);
    map.arena = commit->arena;
    if (rule->name.len)
        map_add(&map, halt_word(rule->what), value_copy_str(commit->arena, rule->name));
    map_add(&map, "reads", quell_bool(rule->reads));
    map_add(&map, "reason", value_copy_str(commit->arena, rule->reason));
    commit_audit(commit, who, what, rule->name.len ? rule->name : word, map_made(&map));
    turn_end(engine);
}

/* Whether something is different. */
static bool tell(struct quell *engine, const struct halt_rules *before,
                 const struct halt_rules *now)
{
    struct halt *halt = engine->halt;
    bool different = false;
    size_t i;

    for (i = 0; i < now->count; i++)
        different |= !has(before, &now->items[i]);
    for (i = 0; i < before->count; i++)
        different |= !has(now, &before->items[i]);
    for (i = 0; i < now->count; i++)
        if (!has(before, &now->items[i]))
            audit(engine, &now->items[i], "halted",
                  now->items[i].by.len ? now->items[i].by : QUELL_STR("a file"));
    for (i = 0; i < before->count; i++)
        if (!has(now, &before->items[i]))
            audit(engine, &before->items[i], "resumed",
                  halt->by.len ? halt->by : QUELL_STR("a file"));
    return different;
}

/* ---- looking -----------------------------------------------------------------------------------
 */

static void look_later(void *user);

static void apply_change(void *user)
{
    struct quell *engine = user;

    if (engine->halt == NULL)
        return;
    engine->halt->tells = false;
    gate_changed(engine);
}

/* Takes the file in when it is another than at the last look. */
static void look(struct quell *engine)
{
    struct halt *halt = engine->halt;
    struct halt_rules before = halt->rules;
    struct arena *old = halt->arena;
    struct file_stamp stamp;
    struct quell_str text;
    bool different;

    memset(&stamp, 0, sizeof(stamp));
    stamp.absent = true;
    if (halt->path)
        file_stamp(halt->path, &stamp);
    if (halt->stamped && file_stamp_same(&stamp, &halt->stamp) && !stamp.error)
        return;
    if (halt->stamped && stamp.absent && halt->stamp.absent)
        return;
    halt->stamp = stamp;
    halt->stamped = true;
    halt->arena = arena_new(0);
    halt->rules = (struct halt_rules){NULL, 0};
    if (read_text(halt, halt->arena, &text))
        halt->rules = halt_read(halt->arena, text);
    different = tell(engine, &before, &halt->rules);
    arena_free(old);
    if (halt->rules.count && halt->look == NULL && halt->path)
        halt->look = loop_after(engine->loop, LIMIT_HALT_LOOK_MS, look_later, engine);
    if (different && !halt->tells) { /* we may stand inside of a decision */
        halt->tells = true;
        loop_defer(engine->loop, apply_change, engine);
    }
}

static void look_later(void *user)
{
    struct quell *engine = user;
    struct halt *halt = engine->halt;

    halt->look = NULL;
    look(engine);
    if (halt->rules.count && halt->look == NULL)
        halt->look = loop_after(engine->loop, LIMIT_HALT_LOOK_MS, look_later, engine);
}

static void noticed(void *user)
{
    look(user);
}

const struct halt_rule *halt_asks(struct quell *engine, const struct halt_subject *subject)
{
    if (engine->halt == NULL)
        return NULL;
    look(engine);
    return halt_stops(&engine->halt->rules, subject);
}

struct halt_rules halt_in_force(struct quell *engine, struct arena *arena)
{
    struct halt file = {.path = NULL};
    struct quell_str text;

    if (engine->halt) {
        look(engine);
        return engine->halt->rules;
    }
    file.path = quell_halt_file(engine);
    file.stamp.absent = true;
    if (file.path)
        file_stamp(file.path, &file.stamp);
    return read_text(&file, arena, &text) ? halt_read(arena, text) : (struct halt_rules){NULL, 0};
}

struct quell_str halt_text(struct quell *engine, struct arena *arena)
{
    struct quell_str text = QUELL_STR("");
    size_t i;

    if (engine->halt == NULL)
        return text;
    look(engine);
    for (i = 0; i < engine->halt->rules.count; i++) {
        const struct halt_rule *rule = &engine->halt->rules.items[i];
        text = arena_format(arena, "%.*s%s%s%s%.*s%s", QUELL_ARG(text), i ? ", " : "",
                            halt_word(rule->what), rule->name.len ? " " : "", QUELL_ARG(rule->name),
                            rule->reads ? " with reads" : "");
    }
    return text;
}

/* ---- changing the file -------------------------------------------------------------------------
 */

static struct quell_str add_rule(struct arena *arena, struct quell_str text, bool existed,
                                 void *user)
{
    const struct halt_rule *rule = user;
    struct halt_rule all = {.what = HALT_EVERYTHING, .by = QUELL_STR("a file")};
    struct halt_rules rules;

    if (!existed)
        return halt_line(arena, rule);
    if (str_trim(text).len == 0) /* it halts everything, and goes on to do so; no text: no file */
        text = halt_line(arena, &all);
    rules = halt_read(arena, text);
    if (has(&rules, rule))
        return text;
    return arena_format(arena, "%.*s%s%.*s", QUELL_ARG(text),
                        text.data[text.len - 1] == '\n' ? "" : "\n",
                        QUELL_ARG(halt_line(arena, rule)));
}

static struct quell_str drop_rule(struct arena *arena, struct quell_str text, bool existed,
                                  void *user)
{
    const struct halt_rule *rule = user;

    (void)existed;
    if (str_trim(text).len == 0 && rule->what != HALT_EVERYTHING)
        return QUELL_STR(
            "everything is halted\n"); /* as an empty file does: this is a part of it */
    return halt_without(arena, text, rule->what, rule->name);
}

static enum quell_code rule_of(struct quell *engine, struct arena *arena,
                               const struct quell_halt *given, struct halt_rule *rule,
                               struct quell_error *err)
{
    struct when now = {loop_now_us(engine->loop) / 1000000, 0};

    *rule = (struct halt_rule){.name = given->name,
                               .reads = given->reads,
                               .by = given->by,
                               .at = when_format_time(arena, now),
                               .reason = given->reason};
    if (!halt_what_of(quell_str_of(given->what), &rule->what))
        return error_set(err, QUELL_INVALID,
                         "what is halted is everything, a connector or a playbook, not `%s`",
                         given->what);
    if (rule->what == HALT_EVERYTHING)
        rule->name = QUELL_STR("");
    else if (rule->name.len == 0)
        return error_set(err, QUELL_INVALID, "which %s?", given->what);
    return QUELL_OK;
}

/* What this process was told, beside the file. */
static void remember(struct halt *halt, struct quell_str text)
{
    struct arena *arena = arena_new(0);

    halt->told = arena_str(arena, text);
    arena_free(halt->told_arena);
    halt->told_arena = arena;
    halt->stamped = false; /* look again */
}

static void say_on_the_wire(struct halt_wait *wait, size_t rest)
{
    struct quell_error err = {0};
    enum quell_code code = QUELL_OK;

    if (rest)
        code =
            error_set(&err, QUELL_TIMED_OUT,
                      "halted; %zu requests were on the wire already and have no answer yet", rest);
    wait->done(code, &err, wait->user);
    memory_free(wait);
}

static void look_at_wire(void *user)
{
    struct halt_wait *wait = user;
    size_t rest = gate_on_the_wire(wait->engine);
    struct halt_wait **at = &wait->engine->halt_waits;

    wait->timer = NULL;
    if (rest && loop_monotonic_us(wait->engine->loop) < wait->until_us) {
        wait->timer = loop_after(wait->engine->loop, WIRE_LOOK_MS, look_at_wire, wait);
        return;
    }
    while (*at != wait)
        at = &(*at)->next;
    *at = wait->next;
    say_on_the_wire(wait, rest);
}

static void await_wire(struct quell *engine, quell_done_fn *done, void *user)
{
    struct halt_wait *wait = memory_new(sizeof(*wait));

    *wait = (struct halt_wait){.engine = engine,
                               .next = engine->halt_waits,
                               .until_us = loop_monotonic_us(engine->loop) +
                                           (int64_t)LIMIT_HALT_WIRE_MS * 1000,
                               .done = done,
                               .user = user};
    engine->halt_waits = wait;
    wait->timer = loop_after(engine->loop, 0, look_at_wire, wait);
}

enum quell_code quell_halt(struct quell *engine, const struct quell_halt *given,
                           quell_done_fn *done, void *user, struct quell_error *err)
{
    struct arena *arena = arena_new(0);
    const char *path = engine->halt ? engine->halt->path : quell_halt_file(engine);
    struct halt_rule rule;
    enum quell_code code = rule_of(engine, arena, given, &rule, err), kept = QUELL_NOT_FOUND;

    if (code == QUELL_OK && path)
        kept = file_change(path, true, LIMIT_HALT_BYTES, add_rule, &rule, err);
    else if (code == QUELL_OK)
        (void)error_set(err, kept, "the store is no file: `halt_file:` in quell.yaml names one");
    if (code == QUELL_OK && engine->halt && kept) {
        log_line(LOG_LEVEL_WARNING, "the halt is kept until this process ends only: %s",
                 err->message);
        remember(engine->halt, arena_format(arena, "%.*s%.*s", QUELL_ARG(engine->halt->told),
                                            QUELL_ARG(halt_line(arena, &rule))));
        kept = QUELL_OK;
    }
    if (code == QUELL_OK)
        code = kept;
    if (code == QUELL_OK && engine->halt) {
        look(engine);
        gate_changed(engine);
        if (done)
            await_wire(engine, done, user);
    }
    arena_free(arena);
    return code;
}

enum quell_code quell_resume(struct quell *engine, const struct quell_halt *given,
                             struct quell_error *err)
{
    struct arena *arena = arena_new(0);
    const char *path = engine->halt ? engine->halt->path : quell_halt_file(engine);
    struct halt_rule rule;
    enum quell_code code = rule_of(engine, arena, given, &rule, err);

    if (code == QUELL_OK && path) {
        code = file_change(path, false, LIMIT_HALT_BYTES, drop_rule, &rule, err);
        if (code == QUELL_NOT_FOUND)
            code = QUELL_OK; /* nothing is halted by it */
    }
    if (code == QUELL_OK && engine->halt) {
        breaker_close(engine, rule.what, rule.name, given->by);
        engine->halt->by = given->by;
        remember(engine->halt, halt_without(arena, engine->halt->told, rule.what, rule.name));
        look(engine);
        engine->halt->by = QUELL_STR("");
        gate_changed(engine);
    }
    arena_free(arena);
    return code;
}

/* ---- open and close ----------------------------------------------------------------------------
 */

void halt_watch(struct quell *engine)
{
    struct halt *halt = engine->halt;
    const char *path = quell_halt_file(engine);

    if (engine->purpose != QUELL_FOR_RUNNING)
        return;
    if (halt == NULL) {
        halt = engine->halt = memory_new(sizeof(*halt));
        halt->arena = arena_new(0);
        halt->told_arena = arena_new(0);
    }
    loop_notice_end(halt->notice);
    halt->path = path;
    halt->notice = path ? loop_notice(engine->loop, path, noticed, engine) : NULL;
    halt->stamped = false;
    look(engine);
}

void halt_free(struct quell *engine)
{
    struct halt *halt = engine->halt;

    while (engine->halt_waits) {
        struct halt_wait *wait = engine->halt_waits;
        engine->halt_waits = wait->next;
        loop_cancel(wait->timer);
        say_on_the_wire(wait, 0);
    }
    if (halt == NULL)
        return;
    loop_notice_end(halt->notice);
    loop_cancel(halt->look);
    arena_free(halt->arena);
    arena_free(halt->told_arena);
    memory_free(halt);
    engine->halt = NULL;
}
