/*
 * replay.c - quell_replay(): the interpreter tells a stored run again. The first event is the
 * recorded one; whatever the run then asks for is answered as it was answered, and as late. While
 * it is the recorded run it goes by the journal, event by event; behind the first difference, by
 * what the journal tells of the far side, of people and of the engine.
 */
#include "core/replay.h"

#include "base/str.h"
#include "value/value.h"

/* ---- the start ---------------------------------------------------------------------------------
 */

/* The inputs as the other text of the playbook wants them: those that it does not know are left
 * out, those that it has beside get their defaults. */
static enum quell_code inputs_for(struct replay *replay, const struct playbook *playbook,
                                  struct quell_value data, struct quell_value *inputs,
                                  struct quell_error *err)
{
    struct run_world world = generation_world(replay->engine->generation);
    struct quell_value recorded = quell_get(data, "inputs"), value;
    struct map_builder given = {.arena = replay->arena};
    size_t i;

    for (i = 0; i < playbook->input_count; i++)
        if (quell_find(recorded, playbook->inputs[i].name, &value))
            map_put(&given, playbook->inputs[i].name, value);
    return run_make_inputs(replay->arena, playbook, map_made(&given), quell_get(data, "incident"),
                           &world, inputs, err);
}

static enum quell_code begin(struct replay *replay, struct quell_error *err)
{
    const struct playbook *playbook = replay->loaded->playbook;
    struct run_world world = generation_world(replay->engine->generation);
    struct event first = replay->events[0];
    struct quell_value inputs;
    enum quell_code code;

    /* What all runs had done by then is not known any more: what a limit of hours held then was
     * released or not, and comes again as that. */
    world.usage = NULL;
    world.memory = NULL;
    replay->gate = replay_gate(replay);
    replay->catalog = replay_catalog(replay);
    world.gate = &replay->gate;
    world.catalog = &replay->catalog;
    run_set_world(replay->run, &world);
    if (!str_is(quell_get_str(first.data, "revision"), playbook->revision)) {
        code = inputs_for(replay, playbook, first.data, &inputs, err);
        if (code)
            return code;
        first.data = value_with(replay->arena, first.data, QUELL_STR("revision"),
                                quell_text(playbook->revision));
        first.data = value_with(replay->arena, first.data, QUELL_STR("playbook"),
                                quell_string(playbook->id));
        first.data = value_with(replay->arena, first.data, QUELL_STR("inputs"), inputs);
    }
    first.seq = 1;
    replay->now_us = first.at_us;
    return run_apply(replay->run, &first, err);
}

/* ---- the story ---------------------------------------------------------------------------------
 */

static size_t next_coming(const struct replay *replay)
{
    size_t i, first = replay->coming_count;

    for (i = 0; i < replay->coming_count; i++)
        if (first == replay->coming_count ||
            replay->coming[i].event.at_us < replay->coming[first].event.at_us ||
            (replay->coming[i].event.at_us == replay->coming[first].event.at_us &&
             replay->coming[i].order < replay->coming[first].order))
            first = i;
    return first;
}

static void take(struct replay *replay, size_t at)
{
    struct event event = replay->coming[at].event;
    struct map_builder unfit = {.arena = replay->arena};
    struct quell_error ignored;

    replay->coming[at] = replay->coming[--replay->coming_count];
    if (event.at_us < run_updated_us(replay->run))
        event.at_us = run_updated_us(replay->run);
    event.seq = run_seq(replay->run) + 1;
    if (run_apply(replay->run, &event, &ignored) == QUELL_OK)
        return;
    map_add(&unfit, "path", value_copy_str(replay->arena, event.path));
    map_add(&unfit, "kind", quell_text(event_name(event.kind)));
    list_add(&replay->unfit, map_made(&unfit));
}

static bool is_recorded(const struct replay *replay, const struct event *event)
{
    uint64_t at = event->seq - 1;

    return at < replay->count && replay->events[at].kind == event->kind &&
           quell_str_equal(replay->events[at].path, event->path);
}

/* Decides until nothing follows; what was asked is answered. Whether anything was decided. */
static bool decide(struct replay *replay)
{
    struct run_events events;
    bool any = false;
    size_t i;

    do {
        struct event *kept;

        replay->kept_until_us = INT64_MAX;
        events = run_decide(replay->run, replay->now_us);
        kept = arena_copy(replay->arena, events.items, events.count * sizeof(*events.items));
        for (i = 0; i < events.count; i++) {
            replay->follows = replay->follows && is_recorded(replay, &kept[i]);
            replay_answer(replay, &kept[i]);
        }
        any |= events.count > 0;
    } while (events.count && !run_ended(replay->run));
    return any;
}

/* While all that happened is what is recorded, what comes next is what is recorded next: an answer,
 * or what was decided then. */
static void follow(struct replay *replay)
{
    size_t at = (size_t)run_seq(replay->run), next = next_coming(replay);
    int64_t then, coming = INT64_MAX;

    replay->follows = at < replay->count;
    if (!replay->follows)
        return;
    then = replay->events[at].at_us;
    if (next < replay->coming_count)
        coming = replay->coming[next].event.at_us;
    replay->follows = coming >= then && replay_reaches(replay, run_due(replay->run)) >= then;
    if (!replay->follows)
        return;
    replay->now_us = then;
    if (coming == then && replay->coming[next].order == at)
        take(replay, next);
    else
        replay->follows = decide(replay) && replay->follows;
}

/* Whether something was decided at the very time of an answer, before it came. */
static bool decided_before(const struct replay *replay, const struct coming *coming)
{
    return coming->order > 0 && coming->order < replay->count &&
           replay->events[coming->order - 1].at_us == coming->event.at_us;
}

/* Takes what comes, and with it what came in the same breath: nothing was decided between them. */
static void take_with_next(struct replay *replay, size_t at)
{
    int64_t now = replay->coming[at].event.at_us;
    size_t order = replay->coming[at].order;

    take(replay, at);
    for (at = next_coming(replay);
         at < replay->coming_count && order < replay->count &&
         replay->coming[at].order == order + 1 && replay->coming[at].event.at_us == now;
         at = next_coming(replay)) {
        order++;
        take(replay, at);
    }
}

/* The time of what happens next; false when nothing does, or nothing that the record knows of. */
static bool pass_time(struct replay *replay)
{
    size_t at = next_coming(replay);
    int64_t due = run_due(replay->run), coming = INT64_MAX;
    int64_t last = replay->events[replay->count - 1].at_us;

    if (at < replay->coming_count)
        coming = replay->coming[at].event.at_us;
    if (due <= replay->now_us)
        due = INT64_MAX; /* asked about already, and nothing came of it */
    else if (due != INT64_MAX)
        due = replay_reaches(replay, due);
    if (replay->kept_until_us < due)
        due = replay->kept_until_us;
    if (coming == INT64_MAX && (due == INT64_MAX || (!replay->over && due > last)))
        return false;
    if (coming < due || (coming == due && !decided_before(replay, &replay->coming[at]))) {
        take_with_next(replay, at);
        due = coming;
    }
    if (due > replay->now_us)
        replay->now_us = due;
    return true;
}

/* One that has ended goes on when it was taken back then. */
static bool goes_on(const struct replay *replay)
{
    size_t i;

    for (i = 0; i < replay->coming_count; i++)
        if (replay->coming[i].event.kind == EVENT_UNDO_ASKED)
            return true;
    return !run_ended(replay->run) ||
           run_due(replay->run) <= replay->events[replay->count - 1].at_us;
}

enum quell_code replay_tell(struct replay *replay, struct quell_error *err)
{
    enum quell_code code = begin(replay, err);

    if (code)
        return code;
    replay_unasked(replay);
    for (replay->follows = true; replay->follows;)
        follow(replay);
    do
        (void)decide(replay);
    while (goes_on(replay) && pass_time(replay));
    return QUELL_OK;
}

/* ---- the document ------------------------------------------------------------------------------
 */

static struct quell_value side(struct arena *arena, const struct run *run)
{
    const struct playbook *playbook = run_playbook(run);
    struct map_builder map = {.arena = arena};
    struct quell_value error = run_error(run);

    map_add(&map, "revision", value_copy_str(arena, quell_str_of(playbook->revision)));
    map_add(&map, "file", value_copy_str(arena, playbook->file));
    map_add(&map, "state", quell_text(run_state(run)));
    map_add(&map, "outputs", value_copy(arena, run_outputs(run)));
    map_add(&map, "error", value_copy(arena, error));
    return map_made(&map);
}

static bool all_same(struct quell_value steps)
{
    size_t i;

    for (i = 0; i < quell_count(steps); i++)
        if (!quell_text_is(quell_get(quell_at(steps, i), "verdict"), "same"))
            return false;
    return true;
}

static struct quell_value describe(struct replay *replay, const struct store_run *row,
                                   const struct run *then)
{
    struct arena *arena = replay->arena;
    struct map_builder map = {.arena = arena};
    struct quell_value steps = replay_compare(arena, then, replay->run);
    struct quell_value was = side(arena, then), is = side(arena, replay->run);

    map_add(&map, "run", quell_string(row->id));
    map_add(&map, "playbook", quell_string(row->playbook));
    map_add(&map, "started_at", value_time_us(row->started_us));
    map_add(&map, "then", was);
    map_add(&map, "now", is);
    map_add(&map, "same",
            quell_bool(all_same(steps) &&
                       value_equal(quell_get(was, "state"), quell_get(is, "state")) &&
                       value_equal(quell_get(was, "outputs"), quell_get(is, "outputs"))));
    map_add(&map, "steps", steps);
    map_add(&map, "made_up", list_made(&replay->made_up));
    map_add(&map, "assumed", list_made(&replay->assumed));
    map_add(&map, "unfit", list_made(&replay->unfit));
    map_add(&map, "sent", quell_int(0));
    return map_made(&map);
}

static enum quell_code choose_playbook(struct replay *replay, const char *file,
                                       struct loaded *recorded, struct quell_error *err)
{
    if (file)
        return playbook_by_name(replay->engine, file, &replay->loaded, err);
    replay->loaded = loaded_hold(recorded);
    return QUELL_OK;
}

static enum quell_code tell_both(struct replay *replay, const struct quell_replay_options *options,
                                 struct quell_value *made, struct quell_error *err)
{
    struct loaded *recorded = NULL;
    struct run *then = NULL;
    struct store_run row;
    enum quell_code code = find_row(replay->engine, replay->arena, options->run, &row, err);

    if (code == QUELL_OK)
        code = replay_read(replay, &row, &then, &recorded, err);
    if (code == QUELL_OK)
        code = choose_playbook(replay, options->playbook, recorded, err);
    if (code == QUELL_OK) {
        replay->run = run_new(replay->loaded->playbook, row.id);
        code = replay_tell(replay, err);
    }
    if (code == QUELL_OK)
        *made = describe(replay, &row, then);
    run_free(replay->run);
    run_free(then);
    if (replay->loaded)
        loaded_release(replay->loaded);
    loaded_release(recorded);
    return code;
}

enum quell_code quell_replay(struct quell *engine, const struct quell_replay_options *options,
                             struct quell_document *document, struct quell_error *err)
{
    struct quell_document made;
    struct arena *arena = document_begin(&made);
    struct replay replay = {.arena = arena,
                            .engine = engine,
                            .made_up = {.arena = arena},
                            .assumed = {.arena = arena},
                            .unfit = {.arena = arena}};
    enum quell_code code = tell_both(&replay, options, &made.value, err);

    if (code) {
        arena_free(arena);
        return code;
    }
    *document = made;
    return QUELL_OK;
}
