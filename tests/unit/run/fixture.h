/*
 * fixture.h - one run of a small playbook, gone on with by hand.
 */
#ifndef TEST_RUN_FIXTURE_H
#define TEST_RUN_FIXTURE_H

#include "teller.h"

struct fixture {
    struct arena *arena;
    struct playbook *playbook;
    struct teller teller;
};

static inline void open_fixture(struct fixture *fixture, const char *steps, const char *answers)
{
    const struct story story = {"", steps, answers, ""};

    fixture->arena = arena_new(0);
    fixture->playbook = load(fixture->arena, steps);
    teller_open(&fixture->teller, fixture->playbook, &story);
}

static inline void close_fixture(struct fixture *fixture)
{
    teller_close(&fixture->teller);
    playbook_free(fixture->playbook);
    arena_free(fixture->arena);
}

/* Decides once; what it says is told. */
static inline size_t decide(struct teller *teller)
{
    struct run_events events = run_decide(teller->run, teller->now_us);
    size_t i;

    for (i = 0; i < events.count; i++)
        record(teller, &events.items[i]);
    return events.count;
}

static inline void told(const struct fixture *fixture, const char *expected)
{
    struct quell_str text = buf_str(&fixture->teller.told);

    if (!str_is(text, expected))
        fail_msg("told\n%.*sexpected\n%s", QUELL_ARG(text), expected);
}

#endif
