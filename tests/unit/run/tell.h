/*
 * tell.h - tells a story live, folded from its journal, cut after each event and gone on with, and
 * in a run that is full behind each event.
 */
#ifndef TEST_RUN_TELL_H
#define TEST_RUN_TELL_H

#include "full.h"
#include "teller.h"

static inline void check(const struct teller *teller, const struct story *story, const char *how,
                         size_t cut)
{
    struct quell_str told = buf_str(&teller->told);

    if (!str_is(told, story->expected))
        fail_msg("%s (%s %zu): told\n%.*sexpected\n%s", story->name, how, cut, QUELL_ARG(told),
                 story->expected);
}

static inline void tell(const struct story *story, bool plan)
{
    struct arena *arena = arena_new(0);
    struct playbook *playbook = load(arena, story->steps);
    struct teller live, again;
    size_t cut;

    teller_open(&live, playbook, story);
    live.plan = plan;
    start(&live);
    go_on(&live);
    check(&live, story, "live", 0);
    for (cut = 1; cut <= live.written_count; cut++) {
        teller_open(&again, playbook, story);
        fold(&again, &live, cut);
        if (!run_ended(again.run))
            go_on(&again);
        check(&again, story, "cut after event", cut);
        assert_string_equal(run_state(again.run), run_state(live.run));
        assert_int_equal(run_seq(again.run), run_seq(live.run));
        teller_close(&again);
    }
    fill_at_each_event(story, playbook, plan, run_seq(live.run));
    teller_close(&live);
    playbook_free(playbook);
    arena_free(arena);
}

#endif
