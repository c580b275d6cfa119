/*
 * sim.h - a story made of a seed: what the files of the simulation share.
 *
 *   sim.c        seeds, processes, the figures
 *   playbooks.c  playbooks made of dice, over all kinds of steps
 *   world.c      the engine under a virtual clock, its far side and its people
 *   check.c      what must hold, after each death and at the end
 *
 * The interpreter, the policy, the guards and the journal are the real ones, on a real store. The
 * far side answers in the place of connectors: what a connector's turns do when they are cut is
 * tried by tests/crash, with the real binary.
 */
#ifndef SIM_SIM_H
#define SIM_SIM_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "core/core.h"

enum sim_break {
    BREAK_NOTHING,
    BREAK_JOURNAL, /* at a death the store forgets the last event of a run */
    BREAK_POLICY,  /* the workspace's policy is not there, and its caps are expected all the same */
    BREAK_DICE,    /* the far side throws dice of its own: the same seed is another story */
};

enum { SIM_MOVES = 24, SIM_DEVICES = 12, SIM_RUN_CAP = 3, SIM_DAY_CAP = 6, SIM_PLAYBOOKS = 3 };

struct sim {
    uint64_t seed, dice;
    enum sim_break broken;
    struct arena *arena;
    char folder[64], config[96], store[96];
    char files[SIM_PLAYBOOKS][96];
    const char *playbooks[SIM_PLAYBOOKS + 1];
    struct loop *loop;
    struct quell *engine;
    struct stand_in stand_in;
    bool calm;            /* the story is told: the far side works, and people answer */
    struct acknowledged { /* what the sender was told */
        struct quell_str incident;
        struct quell_value runs, not_started;
    } * acknowledged;
    size_t acknowledged_count, acknowledged_cap;
    unsigned incidents, deaths, steps;
    struct buf story;      /* a line a move, for whoever looks into a seed */
    const char *violation; /* the first; NULL: none */
};

unsigned sim_roll(struct sim *sim, unsigned sides);
bool sim_fails(struct sim *sim, const char *format, ...) __attribute__((format(printf, 2, 3)));
void sim_tell(struct sim *sim, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* playbooks.c: the text of the nth; the last one is called by the others. */
void sim_playbook(struct sim *sim, unsigned nth, struct buf *text);

/* world.c */
void sim_begin(struct sim *sim);
void sim_move(struct sim *sim);
void sim_die(struct sim *sim);          /* the engine is gone, and comes back on its store */
void sim_come_to_rest(struct sim *sim); /* everything that waits gets what it waits for */
void sim_end(struct sim *sim);

/* check.c: false when something does not hold, see sim->violation. */
bool sim_check(struct sim *sim);
bool sim_check_end(struct sim *sim);
/* SHA-256 in hex over every byte of every journal and every row; lives in the sim's arena. */
struct quell_str sim_digest(struct sim *sim);

#endif
