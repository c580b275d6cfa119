/*
 * wire.h - stories of calls, made of seeds: what the files share.
 *
 *   wire.c   the program; tests/stories tells many
 *   far.c    what is on the other side of the wire, in the place of libcurl
 *   story.c  the engine on a virtual clock: runs, deaths, halts, people
 *   check.c  what must hold
 *
 * Everything between a playbook and the wire is the real thing: intents, the turns of a connector,
 * transport retries, pauses, deadlines, looking for what was lost, recovery. The engine dies before
 * a request takes effect, behind that, before its answer, or at any moment.
 */
#ifndef WIRE_WIRE_H
#define WIRE_WIRE_H

#include <stdbool.h>
#include <stdint.h>

#include "core/core.h"
#include "stories/stories.h"

enum wire_count { WIRE_REQUESTS, WIRE_DEATHS, WIRE_ON_DISK }; /* and their names in wire.c */

enum wire_break { /* and their names in wire.c */
                  BREAK_NOTHING,
                  BREAK_KEYS,  /* the far side does not know a key again */
                  BREAK_LOOKS, /* whoever looks is told that it did not happen */
};

enum { WIRE_RUNS = 4, WIRE_EFFECTS = 512 };

struct wire_effect {
    struct quell_str action, what; /* run and path of the step */
    struct quell_str key;          /* of the first that changed something */
    unsigned requests, effects;    /* that arrived; that changed something */
};

struct wire {
    struct story *story;
    struct arena *arena; /* the story's */
    char folder[64], config[96], store[96], connectors[96], far[112], playbook[96];
    const char *playbooks[2];
    struct loop *loop;
    struct quell *engine;
    struct wire_effect effects[WIRE_EFFECTS];
    size_t effect_count;
    bool calm;   /* the far side works from here on, and nobody dies */
    bool dying;  /* nothing comes back and nothing leaves any more */
    bool halted; /* changes must not leave */
    struct quell_str acknowledged[WIRE_RUNS];
    size_t acknowledged_count;
    unsigned starts;
};

extern struct wire *wire_now; /* the story that is told: the far side has no other way to it */

#define wire_roll(wire, sides) story_roll((wire)->story, sides)
#define wire_fails(wire, ...) story_fails((wire)->story, __VA_ARGS__)
#define wire_tell(wire, ...) story_tell((wire)->story, __VA_ARGS__)

/* far.c: NULL when nothing of it arrived. */
struct wire_effect *wire_find(struct wire *wire, struct quell_str what);
void wire_die(struct wire *wire); /* at once: the engine does no more */

/* story.c: tells it all, see the story's violation. */
void wire_story(struct wire *wire);

/* check.c: after a death; at the end, which makes the digest, too. */
void wire_check(struct wire *wire);
void wire_check_end(struct wire *wire);

#endif
