/*
 * full.h - a story once more for each of its events, in a run that has no room for more behind it.
 * Whatever the run was about to do: nothing new begins, what is on its way comes home, and it says
 * why it ends.
 */
#ifndef TEST_RUN_FULL_H
#define TEST_RUN_FULL_H

#include "teller.h"

/* The inside of a run, for one thing: a hundred thousand events take too long for each place. */
#include "run/state.h"

static inline void count_call(const struct run_call *call, void *user)
{
    (void)call;
    (*(size_t *)user)++;
}

static inline void count_child(const struct run_child *child, void *user)
{
    (void)child;
    (*(size_t *)user)++;
}

/* A doubt that nobody was asked about. */
static inline void count_doubt(const struct instance *instance, void *user)
{
    *(size_t *)user += instance->in_doubt;
}

/* Each line but the last, which is how the run ended, stands in the story or belongs to its end. */
static inline bool says_no_more(const struct teller *teller, const struct story *story)
{
    static const char *const ends[] = {" held", " resolved true", " resolved false",
                                       " ends its run: its caller may have no more events"};
    struct quell_str told = buf_str(&teller->told), line;
    size_t i;

    while (str_cut(told, '\n', &line, &told) && told.len) {
        bool known = strstr(story->expected,
                            arena_format(teller->arena, "%.*s\n", QUELL_ARG(line)).data) != NULL;
        for (i = 0; i < sizeof(ends) / sizeof(*ends); i++)
            known |= str_ends(line, quell_str_of(ends[i]));
        if (!known)
            return false;
    }
    return str_is(line, "run failed");
}

/* True when the story had room enough. */
static inline bool fits_in(const struct playbook *playbook, const struct story *story, bool plan,
                           uint64_t room)
{
    struct teller teller;
    size_t open = 0;
    bool fits;

    teller_open(&teller, playbook, story);
    teller.plan = plan;
    start(&teller);
    teller.run->seq = LIMIT_RUN_EVENTS - room;
    go_on(&teller);
    fits = str_is(buf_str(&teller.told), story->expected);
    if (!fits) {
        assert_string_equal(run_state(teller.run), "failed");
        if (!quell_text_is(quell_get(run_error(teller.run), "code"), "limit") ||
            !says_no_more(&teller, story))
            fail_msg("%s: room for %u: told\n%.*s", story->name, (unsigned)room,
                     QUELL_ARG(buf_str(&teller.told)));
    }
    run_each_call(teller.run, count_call, &open);
    run_each_child(teller.run, count_child, &open);
    run_each_instance(teller.run, count_doubt, &open);
    assert_int_equal(open, 0);
    assert_int_equal(run_decide(teller.run, teller.now_us).count, 0);
    teller_close(&teller);
    return fits;
}

/* `count`: the events that the story has. */
static inline void fill_at_each_event(const struct story *story, const struct playbook *playbook,
                                      bool plan, uint64_t count)
{
    uint64_t room, needs = count - 1; /* behind its start */

    for (room = 0; room + 1 < needs; room++)
        if (fits_in(playbook, story, plan, room))
            fail_msg("%s: has room for %u of %u", story->name, (unsigned)room, (unsigned)needs);
    assert_true(fits_in(playbook, story, plan, needs));
}

#endif
