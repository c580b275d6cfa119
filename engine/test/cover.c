/*
 * cover.c - which steps and branches of a playbook its tests took, over all cases.
 *
 * A branch is a way that a step can go: an `if` that is true or false, an `else`, a case of a
 * switch, the body of a loop, the steps under `on-error`. What never was taken is told by its line.
 */
#include <string.h>

#include "base/memory.h"
#include "base/str.h"
#include "test/test.h"
#include "value/value.h"

struct way {
    struct quell_str what; /* "`if` never false" */
    struct place place;
    bool taken;
};

struct covered {
    struct covered *next;
    struct loaded *loaded;
    bool *steps; /* by number: it ran */
    struct way *ways;
    size_t way_count;
    size_t *first; /* by number of the step: its first way */
};

struct cover {
    struct arena *arena;
    struct covered *first, **end;
};

struct cover *cover_new(void)
{
    struct cover *cover = memory_new(sizeof(*cover));

    cover->arena = arena_new(0);
    cover->end = &cover->first;
    return cover;
}

void cover_free(struct cover *cover)
{
    struct covered *at;

    for (at = cover->first; at; at = at->next)
        loaded_release(at->loaded);
    arena_free(cover->arena);
    memory_free(cover);
}

/* ---- the ways of a step ------------------------------------------------------------------------
 * In this order, each only when the step has it; both functions below go through them alike.
 */

static void add_way(struct covered *to, struct arena *arena, struct place place,
                    struct quell_str what)
{
    (void)arena;
    to->ways[to->way_count++] = (struct way){.what = what, .place = place};
}

static bool is_loop(const struct step *step)
{
    return step->kind == STEP_FOR_EACH || step->kind == STEP_WHILE;
}

static void add_ways(struct covered *to, struct arena *arena, const struct step *step)
{
    struct place place = step->condition.expr ? step->condition.place : step->place;
    size_t i;

    if (step->condition.expr) {
        add_way(to, arena, place, QUELL_STR("`if` never true"));
        add_way(to, arena, place,
                step->otherwise.count ? QUELL_STR("`else` never taken")
                                      : QUELL_STR("`if` never false"));
    }
    if (is_loop(step))
        add_way(to, arena, step->place, QUELL_STR("the loop never had an item"));
    for (i = 0; i < step->lane_count && step->kind == STEP_SWITCH; i++)
        add_way(to, arena, step->lanes[i].when.expr ? step->lanes[i].when.place : step->place,
                arena_format(arena, "case %.*s never taken", QUELL_ARG(step->lanes[i].name)));
    if (step->on_error_steps.count)
        add_way(to, arena, step->on_error_steps.items[0]->place,
                QUELL_STR("`on-error` never taken"));
}

/* Whether a step of the list ran, in this instance of its parent. */
static bool entered(const struct story_run *run, const struct step_list *list,
                    const struct run_step *parent)
{
    size_t i;

    for (i = 0; list->count && i < run->step_count; i++) {
        const struct run_step *step = &run->steps[i];
        if (step->step == list->items[0] && str_starts(step->path, parent->path) &&
            (step->started_us || step->status != STEP_NOT_RUN))
            return true;
    }
    return false;
}

static void take_ways(struct covered *to, const struct story_run *run, const struct run_step *seen)
{
    const struct step *step = seen->step;
    struct way *way = &to->ways[to->first[step->number]];
    bool skipped = seen->status == STEP_SKIPPED, ran = seen->started_us != 0;
    size_t i;

    if (step->condition.expr) {
        bool other = skipped || (ran && entered(run, &step->otherwise, seen));
        way[0].taken |= ran && !other;
        way[1].taken |= other;
        way += 2;
    }
    if (is_loop(step)) {
        way->taken |= ran && entered(run, &step->steps, seen);
        way++;
    }
    for (i = 0; i < step->lane_count && step->kind == STEP_SWITCH; i++) {
        way->taken |= ran && entered(run, &step->lanes[i].steps, seen);
        way++;
    }
    if (step->on_error_steps.count)
        way->taken |= entered(run, &step->on_error_steps, seen);
}

/* ---- playbooks ---------------------------------------------------------------------------------
 */

static size_t most_ways(const struct playbook *playbook)
{
    size_t count = 0, i;

    for (i = 0; i < playbook->step_count; i++)
        count += 4 + playbook->all[i]->lane_count;
    return count;
}

static struct covered *find(const struct cover *cover, const struct playbook *playbook)
{
    struct covered *at;

    for (at = cover->first; at; at = at->next)
        if (strcmp(at->loaded->playbook->revision, playbook->revision) == 0)
            return at;
    return NULL;
}

void cover_add(struct cover *cover, const struct loaded *loaded)
{
    const struct playbook *playbook = loaded->playbook;
    struct arena *arena = cover->arena;
    struct covered *made;
    size_t i;

    if (find(cover, playbook))
        return;
    made = arena_one(arena, struct covered);
    made->loaded = loaded_hold((struct loaded *)(uintptr_t)loaded);
    made->steps = arena_array(arena, bool, playbook->step_count + 1);
    made->ways = arena_array(arena, struct way, most_ways(playbook) + 1);
    made->first = arena_array(arena, size_t, playbook->step_count + 1);
    for (i = 0; i < playbook->step_count; i++) {
        made->first[i] = made->way_count;
        add_ways(made, arena, playbook->all[i]);
    }
    *cover->end = made;
    cover->end = &made->next;
}

void cover_run(struct cover *cover, const struct story_run *run)
{
    struct covered *to;
    size_t i;

    if (!run->loaded)
        return;
    to = find(cover, run->loaded->playbook);
    for (i = 0; to && i < run->step_count; i++) {
        const struct run_step *step = &run->steps[i];
        to->steps[step->step->number] |= step->started_us != 0;
        take_ways(to, run, step);
    }
}

/* ---- telling -----------------------------------------------------------------------------------
 */

static void add_missed(struct list_builder *list, const struct playbook *playbook,
                       struct place place, struct quell_str what)
{
    struct map_builder map = {.arena = list->arena};
    struct diag_position at = diag_position(playbook->text, place.offset);

    map_add(&map, "line", quell_int((int64_t)at.line));
    map_add(&map, "what", value_copy_str(list->arena, what));
    list_add(list, map_made(&map));
}

static struct quell_value share(struct arena *arena, size_t seen, size_t all)
{
    struct map_builder map = {.arena = arena};

    map_add(&map, "seen", quell_int((int64_t)seen));
    map_add(&map, "all", quell_int((int64_t)all));
    return map_made(&map);
}

static struct quell_value one_value(struct arena *arena, const struct covered *at)
{
    const struct playbook *playbook = at->loaded->playbook;
    struct map_builder map = {.arena = arena};
    struct list_builder missed = {.arena = arena};
    size_t i, steps = 0, ways = 0;

    for (i = 0; i < playbook->step_count; i++) {
        const struct step *step = playbook->all[i];
        steps += at->steps[i];
        if (!at->steps[i])
            add_missed(&missed, playbook, step->place,
                       arena_format(arena, "step `%.*s` never ran",
                                    QUELL_ARG(step->id_given   ? step->id
                                              : step->uses.len ? step->uses
                                                               : step->id)));
    }
    for (i = 0; i < at->way_count; i++) {
        ways += at->ways[i].taken;
        if (!at->ways[i].taken)
            add_missed(&missed, playbook, at->ways[i].place, at->ways[i].what);
    }
    map_add(&map, "playbook", value_copy_str(arena, playbook->id));
    map_add(&map, "file", value_copy_str(arena, playbook->file));
    map_add(&map, "steps", share(arena, steps, playbook->step_count));
    map_add(&map, "branches", share(arena, ways, at->way_count));
    map_add(&map, "missed", list_made(&missed));
    return map_made(&map);
}

struct quell_value cover_value(struct arena *arena, const struct cover *cover)
{
    struct list_builder list = {.arena = arena};
    const struct covered *at;

    for (at = cover->first; at; at = at->next)
        list_add(&list, one_value(arena, at));
    return list_made(&list);
}
