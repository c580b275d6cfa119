/*
 * why_wait.c - what is said of runs and steps that wait for a time, an event, a turn or another
 * run.
 */
#include "core/why.h"

#include "base/limits.h"
#include "base/str.h"
#include "value/json.h"

/* Before all else: none of it happens before there is space. */
bool why_run_space(struct why *why, struct map_builder *entry)
{
    if (!space_is_full(why->engine))
        return false;
    why_text(why, entry, "the disk of the store is full: nothing of it can be written");
    why_then(why, entry, "it goes on by itself when there is space");
    return true;
}

bool why_step_time(struct why *why, const struct run_step *step, struct map_builder *entry)
{
    why_text(why, entry, "a time has to come");
    why_until(entry, step->until_us);
    why_then(why, entry, "the step after it begins");
    return true;
}

/* ---- an event ----------------------------------------------------------------------------------
 */

struct unheard {
    const struct why *why;
    struct list_builder list;
};

/* One whose condition was asked for all runs that wait there names none of them. */
static bool look_at_refusal(const struct store_refusal *row, void *user)
{
    struct unheard *unheard = user;
    struct arena *arena = unheard->why->arena;
    struct map_builder map = {.arena = arena};

    if (row->at_us < unheard->why->row->started_us)
        return false;
    if (row->run.len && !quell_str_equal(row->run, unheard->why->row->id))
        return true;
    map_add(&map, "at", value_time_us(row->at_us));
    map_add(&map, "incident", value_copy_str(arena, row->incident));
    map_add(&map, "detail", value_copy_str(arena, row->detail));
    list_add(&unheard->list, map_made(&map));
    return unheard->list.count < LIMIT_WAITS_SHOWN;
}

/* Events since it began that perhaps were the one. */
static void add_unheard(struct why *why, struct map_builder *entry)
{
    struct store *reader = why->engine->reader;
    struct store_refusal_query query = {
        .playbook = why->row->playbook, .reason = QUELL_STR("unheard"), .limit = LIMIT_WHY_ROWS};
    struct unheard unheard = {.why = why, .list = {.arena = why->arena}};
    struct quell_error ignored; /* what it waits for is told all the same */

    if (reader->kind->refusals(reader, &query, look_at_refusal, &unheard, &ignored) == QUELL_OK &&
        unheard.list.count)
        map_add(entry, "unheard", list_made(&unheard.list));
}

bool why_step_event(struct why *why, const struct run_step *step, struct map_builder *entry)
{
    const struct step_wait *wait = step->step->wait;
    bool where = wait && wait->where.expr;

    why_text(why, entry, "an %s that fits the condition under `for`%s%.*s%s has to come in",
             wait && wait->event ? wait->event : "event", where ? ", and `" : "",
             QUELL_ARG(where ? cel_source(wait->where.expr) : QUELL_STR("")), where ? "`" : "");
    map_add(entry, "event", quell_text(wait && wait->event ? wait->event : "event"));
    why_until(entry, step->until_us);
    why_then(why, entry, "the step has timed out");
    add_unheard(why, entry);
    return true;
}

void why_other(struct why *why, struct map_builder *entry, struct quell_str run, const char *before)
{
    struct quell_error err = {0};
    struct quell_value child;
    struct store_run row;

    map_add(entry, "run", quell_string(run));
    if (why->depth >= LIMIT_CALL_DEPTH ||
        why->engine->reader->kind->run(why->engine->reader, why->arena, run, &row, &err) ||
        why_of_run(why->engine, why->arena, &row, why->depth + 1, &child, &err)) {
        why_text(why, entry, "%srun %.*s%s%s", before, QUELL_ARG(run), err.code ? ": " : "",
                 err.message);
        return;
    }
    why_text(why, entry, "%srun %.*s of `%.*s`, which is %.*s", before, QUELL_ARG(run),
             QUELL_ARG(row.playbook), QUELL_ARG(row.state));
    map_add(entry, "child", child);
}

/* A run that waits for a run waits for what that one waits for. */
bool why_step_run(struct why *why, const struct run_step *step, struct map_builder *entry)
{
    if (step->child.len)
        why_other(why, entry, step->child, "");
    else
        why_text(why, entry, "a run of `%.*s` is about to be started",
                 QUELL_ARG(step->step->calls));
    return true;
}

bool why_run_begins(struct why *why, struct map_builder *entry)
{
    if (why->run == NULL || !run_waits_for(why->run, "time"))
        return false;
    why_text(why, entry, "it begins later");
    why_until(entry, run_begins_us(why->run));
    why_then(why, entry, "its first step begins");
    return true;
}

/* ---- a turn ------------------------------------------------------------------------------------
 */

struct line {
    struct why *why;
    struct quell_str group;
    struct list_builder running; /* runs of the group that have begun */
    int64_t ahead, mine;         /* waiting before it; its own place */
    bool counting;
};

static bool look_at_member(const struct store_mark *mark, void *user)
{
    struct line *line = user;
    struct arena *arena = line->why->arena;
    struct quell_value member;
    struct quell_error ignored;

    if (json_read(arena, mark->body, 0, &member, NULL, &ignored) ||
        !quell_str_equal(quell_get_str(member, "playbook"), line->why->row->playbook) ||
        !quell_str_equal(quell_get_str(member, "group"), line->group))
        return true;
    if (!line->counting) {
        if (quell_str_equal(mark->key, line->why->row->id))
            line->mine = quell_get_int(member, "place", 0);
        return true;
    }
    if (!quell_get_bool(member, "queued", false))
        list_add(&line->running, value_copy_str(arena, mark->key));
    else
        line->ahead += quell_get_int(member, "place", 0) < line->mine;
    return true;
}

/* As it is written in playbooks: a key that is a text stands in its quotes. */
static struct quell_str plain(struct quell_str key)
{
    bool quoted = key.len >= 2 && key.data[0] == '"' && key.data[key.len - 1] == '"';

    return quoted ? str_slice(key, 1, key.len - 1) : key;
}

bool why_run_turn(struct why *why, struct map_builder *entry)
{
    struct store *reader = why->engine->reader;
    struct line line = {.why = why, .running = {.arena = why->arena}};
    struct quell_error ignored;

    if (why->run == NULL || !run_waits_for(why->run, "turn"))
        return false;
    line.group = run_group(why->run);
    if (reader->kind->marks(reader, QUELL_STR("group"), look_at_member, &line, &ignored) ==
        QUELL_OK) {
        line.counting = true; /* the second time its own place is known */
        (void)reader->kind->marks(reader, QUELL_STR("group"), look_at_member, &line, &ignored);
    }
    why_text(why, entry, "its turn in group `%.*s`: %zu run, %lld wait before it",
             QUELL_ARG(plain(line.group)), line.running.count, (long long)line.ahead);
    map_add(entry, "group", quell_string(plain(line.group)));
    map_add(entry, "running", list_made(&line.running));
    map_add(entry, "ahead", quell_int(line.ahead));
    why_until(entry, run_begins_us(why->run));
    why_then(why, entry, "its first step begins");
    return true;
}
