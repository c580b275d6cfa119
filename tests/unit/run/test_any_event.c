/*
 * test_any_event.c - any event anywhere: behind each event of each story, every kind of event at
 * every step. A run refuses it and is what it was, or takes it and is gone on with; it never falls.
 */
#include "by_hand.h"

#include "stories_people.h"
#include "stories_waits.h"

struct places {
    struct arena *arena;
    struct list_builder paths;
};

static void add_place(const struct run_step *step, void *user)
{
    struct places *places = user;

    list_add(&places->paths, value_copy_str(places->arena, step->path));
}

/* The run as it was after `count` lines. */
static struct run *run_at(const struct teller *live, struct arena *arena, size_t count)
{
    struct run *run = run_new(live->playbook, QUELL_STR("r1"));
    size_t i;

    for (i = 0; i < count; i++) {
        struct quell_error err;
        struct event event;
        assert_int_equal(event_read(arena, live->written[i], &event, &err), QUELL_OK);
        assert_int_equal(run_apply(run, &event, &err), QUELL_OK);
    }
    return run;
}

/* What the journal says elsewhere in an event of the kind, else nothing. */
static struct quell_value data_of(const struct teller *live, struct arena *arena,
                                  enum event_kind kind)
{
    size_t i;

    for (i = 0; i < live->written_count; i++) {
        struct quell_error err;
        struct event event;
        assert_int_equal(event_read(arena, live->written[i], &event, &err), QUELL_OK);
        if (event.kind == kind)
            return event.data;
    }
    return quell_map(NULL, 0);
}

/* Refused, or it is gone on with for a while. */
static bool taken(struct run *run, const struct event *event)
{
    struct quell_str start = QUELL_STR("event ");
    struct buf before = {0}, after = {0};
    struct quell_error err = {0};
    int turns;

    (void)sight(run, &before);
    if (run_apply(run, event, &err) == QUELL_OK) {
        for (turns = 0; turns < 6 && !run_ended(run); turns++)
            (void)run_decide(run, event->at_us + turns * INT64_C(600000000));
        buf_free(&before);
        return true;
    }
    assert_true(str_starts(quell_str_of(err.message), start));
    if (!quell_str_equal(buf_str(&before), sight(run, &after)))
        fail_msg("%s, and the run is changed", err.message);
    buf_free(&before);
    buf_free(&after);
    return false;
}

enum { SPARSE = 5 }; /* each fifth place is tried with values of other types, too */

/* The data of the kind, and the same with each of its keys of another type. */
static struct list_builder datas_of(const struct teller *live, struct arena *arena,
                                    enum event_kind kind, bool others)
{
    struct list_builder list = {.arena = arena};
    struct map_builder map = {.arena = arena};
    struct quell_value data = data_of(live, arena, kind), word = quell_text("a");
    struct quell_str keys = quell_str_of(event_infos[kind].keys), key;
    size_t i;

    list_add(&list, data);
    map_add(&map, "a", quell_int(1));
    while (others && keys.len) {
        const struct quell_value values[] = {quell_list(&word, 1), map_made(&map), word,
                                             quell_int(-1), quell_null()};
        (void)str_cut(keys, ' ', &key, &keys);
        for (i = 0; i < sizeof(values) / sizeof(*values); i++)
            list_add(&list, value_copy(arena, value_with(arena, data, key, values[i])));
    }
    return list;
}

/* One kind at one place, where it belongs there with what it says elsewhere: in other ways. */
static struct run *try_kind(const struct teller *live, struct run *run, struct arena *arena,
                            struct event event, const struct list_builder *datas)
{
    size_t i;

    for (i = 0; i < datas->count; i++) {
        event.data = datas->items[i];
        if (!taken(run, &event) && i == 0)
            return run;
        run_free(run);
        run = run_at(live, arena, event.seq - 1);
    }
    return run;
}

static void try_all(const struct teller *live, size_t count)
{
    struct places places = {.arena = arena_new(0)};
    struct run *run = run_at(live, places.arena, count);
    enum event_kind kind;
    size_t i;

    places.paths.arena = places.arena;
    run_each_step(run, add_place, &places);
    list_add(&places.paths, quell_text(""));
    for (kind = 0; kind < EVENT_KINDS; kind++) {
        struct list_builder datas =
            datas_of(live, places.arena, kind, !live->plan && count % SPARSE == 0);
        for (i = 0; i < places.paths.count; i++)
            run = try_kind(live, run, places.arena,
                           (struct event){.seq = count + 1,
                                          .at_us = run_updated_us(run),
                                          .kind = kind,
                                          .path = quell_str(places.paths.items[i])},
                           &datas);
    }
    run_free(run);
    arena_free(places.arena);
}

static void try_story(const struct story *story, bool plan)
{
    struct arena *arena = arena_new(0);
    struct playbook *playbook = load(arena, story->steps);
    struct teller live;
    size_t cut;

    teller_open(&live, playbook, story);
    live.plan = plan;
    start(&live);
    go_on(&live);
    for (cut = 0; cut <= live.written_count; cut++)
        try_all(&live, cut);
    teller_close(&live);
    playbook_free(playbook);
    arena_free(arena);
}

/* Whatever stands in a journal, the run refuses it or goes on with it. */
static void any_event_is_refused_or_taken(void **state)
{
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(stories) / sizeof(*stories); i++)
        try_story(&stories[i], false);
    for (i = 0; i < sizeof(stories_waits) / sizeof(*stories_waits); i++)
        try_story(&stories_waits[i], false);
    for (i = 0; i < sizeof(stories_people) / sizeof(*stories_people); i++)
        try_story(&stories_people[i], false);
    for (i = 0; i < sizeof(plans) / sizeof(*plans); i++)
        try_story(&plans[i], true);
    for (i = 0; i < sizeof(plans_people) / sizeof(*plans_people); i++)
        try_story(&plans_people[i], true);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(any_event_is_refused_or_taken),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
