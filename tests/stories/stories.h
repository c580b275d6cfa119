/*
 * stories.h - stories made of seeds: what tests/sim and tests/wire have in common.
 *
 *   stories.c  seeds, dice, processes, the figures, the command line
 *   kept.c     what engines would make anew for each story, and what outlives one of them
 *
 * A kind of stories tells one from one seed. The driver tells many, on several processes, some of
 * them twice: the same seed must be the same story, to the byte.
 */
#ifndef STORIES_STORIES_H
#define STORIES_STORIES_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"

enum { STORY_COUNTS = 12 };

struct story {
    uint64_t seed, dice;
    unsigned broken;       /* a place in the kind's breaks; 0: nothing is broken */
    bool again;            /* told for the second time */
    struct arena *arena;   /* until the story ends */
    struct buf told;       /* a line a move, for whoever looks into a seed */
    const char *violation; /* the first; NULL: none */
    char digest[65];       /* SHA-256 in hex over all that must be the same when told again */
    unsigned counts[STORY_COUNTS];
};

struct story_break {
    const char *name, *finds; /* finds: stands in the violation that it must lead to */
};

struct story_kind {
    const char *program;
    const struct story_break *breaks; /* of the first nothing is broken; NULL-ended */
    const char *const *counted;       /* names of the counts, NULL-ended */
    void (*tell)(struct story *story);
};

/* The program: --seed N, --seeds N, --processes N, --break NAME, --finds TEXT. */
int stories_main(const struct story_kind *kind, int argc, char **argv);

/* 0 to sides - 1. */
unsigned story_roll(struct story *story, unsigned sides);
/* Keeps the first violation; always false. */
bool story_fails(struct story *story, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
void story_tell(struct story *story, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* kept.c: the story ends, its engine is closed. Until then a `memory:` store outlives each engine
 * that had it, and playbooks are not loaded again. */
void kept_forget(void);

#endif
