/*
 * sim.h - a story made of a seed: what the files of the simulation share.
 *
 *   sim.c        one story from its beginning to its end
 *   playbooks.c  playbooks made of dice, over all kinds of steps
 *   world.c      the engine under a virtual clock, and its far side
 *   moves.c      senders, people, halts, reloads, deaths
 *   check.c      what must hold of each run, after each death and at the end
 *   watch.c      what must hold of what happens: halts, schedules
 *
 * The interpreter, the policy, the guards and the journal are the real ones. One story in four is
 * told on SQLite, the others on a store in memory, which is faster; one that is told twice is told
 * on both, and must be the same. The far side answers in the place of connectors: what a
 * connector's turns do when they are cut is tried by tests/crash, with the real binary.
 */
#ifndef SIM_SIM_H
#define SIM_SIM_H

#include <stdbool.h>
#include <stdint.h>

#include "core/core.h"
#include "stories/stories.h"

enum sim_break { /* and their names in sim.c */
                 BREAK_NOTHING,
                 BREAK_JOURNAL, /* at a death the store forgets the last event of a run */
                 BREAK_POLICY, /* the workspace's policy is not there, and its caps are expected all
                                  the same */
                 BREAK_HALT,   /* the engine is not told of halts */
                 BREAK_TEXT,   /* a playbook's steps say that they are of different texts */
                 BREAK_TICKS, /* of the times that were missed others are expected than the playbook
                                 says */
                 BREAK_REPLAY, /* runs are replayed by the texts that there are at the end */
                 BREAK_DICE, /* the far side throws dice of its own: the same seed is another story
                              */
};

enum sim_count {
    SIM_INCIDENTS,
    SIM_DEATHS,
    SIM_RUNS,
    SIM_HALTS,
    SIM_RELOADS,
    SIM_TICKS,
    SIM_UNDONE,
    SIM_ON_DISK
}; /* and their names in sim.c */

enum { SIM_MOVES = 24, SIM_DEVICES = 12, SIM_RUN_CAP = 1, SIM_DAY_CAP = 2, SIM_PLAYBOOKS = 3 };
enum { SIM_DISK_EACH = 4 }; /* one story in so many is told on SQLite, the others in memory */

enum sim_missed { SIM_MISSED_SKIP, SIM_MISSED_ONCE, SIM_MISSED_ALL };
enum { SIM_TICK_H = 5, SIM_DOWNS = 24 };

#define SECOND_US ((int64_t)1000000)
#define MINUTE_US (60 * SECOND_US)
#define SIM_START_US ((int64_t)1777888800 * SECOND_US) /* some morning */

struct sim {
    struct story *story;
    struct arena *arena; /* the story's */
    char folder[64], config[96], store[96];
    char files[SIM_PLAYBOOKS][96];
    char tick[96]; /* a playbook that starts by the clock */
    const char *playbooks[SIM_PLAYBOOKS + 2];
    bool on_disk;
    struct loop *loop;
    struct quell *engine;
    struct stand_in stand_in;
    bool calm;            /* the story is told: the far side works, and people answer */
    struct acknowledged { /* what the sender was told */
        struct quell_str incident;
        struct quell_value runs, not_started;
    } * acknowledged;
    size_t acknowledged_count, acknowledged_cap;
    unsigned incidents, steps;
    unsigned texts;         /* written so far: each action of a text says which one it is of */
    struct quell_halt halt; /* what = NULL: nothing is halted */
    enum sim_missed missed; /* what becomes of the times of `tick` that were missed */
    struct {                /* when no engine was there */
        int64_t from_us, to_us;
    } downs[SIM_DOWNS];
    unsigned down_count;
};

#define sim_roll(sim, sides) story_roll((sim)->story, sides)
#define sim_fails(sim, ...) story_fails((sim)->story, __VA_ARGS__)
#define sim_tell(sim, ...) story_tell((sim)->story, __VA_ARGS__)

/* playbooks.c: the text of the nth; the last one is called by the others. */
void sim_playbook(struct sim *sim, unsigned nth, struct buf *text);

/* world.c */
void sim_begin(struct sim *sim);
void sim_write_playbook(struct sim *sim, unsigned nth);
void sim_pass(struct sim *sim, int64_t us);
/* The engine is gone, and comes back on its store after that time. */
void sim_die(struct sim *sim, int64_t us);
void sim_end(struct sim *sim);

/* moves.c */
void sim_move(struct sim *sim);
void sim_come_to_rest(struct sim *sim); /* everything that waits gets what it waits for */

/* watch.c */
void sim_see(struct quell_str run, struct quell_value event, void *user); /* each event */
void sim_check_ticks(struct sim *sim);                                    /* at the end */

/* check.c: false when something does not hold, see sim->violation. */
bool sim_check(struct sim *sim);
bool sim_check_end(struct sim *sim);
/* SHA-256 in hex over every byte of every journal and every row; lives in the sim's arena. */
struct quell_str sim_digest(struct sim *sim);

#endif
