/*
 * gate.h - a store whose commits wait at a gate, and a writer on it: what a group is made of is
 * decided by the test and not by the scheduler.
 */
#ifndef TESTS_STORE_GATE_H
#define TESTS_STORE_GATE_H

#include "fixture.h"

#include <pthread.h>

#include "base/limits.h"
#include "loop/loop.h"
#include "store/writer.h"

enum { BATCHES = 6000, CALLS = 6000 };

/* What a batch does is said by its revision_count, which the gate store does not read otherwise. */
enum { GOOD, CONFLICTING, FAILING, BUSY, LARGE };

struct gate {
    struct store store;
    pthread_mutex_t mutex;
    pthread_cond_t moved;
    bool open;
    size_t entered;      /* commits that have begun */
    size_t sizes[CALLS]; /* batches of each commit; 0 = prune */
    size_t calls;        /* commits that have ended */
    size_t order[BATCHES];
    size_t committed;
    bool closed;
    bool crammed; /* no room for a LARGE one, and for pruning */
};

struct play;

/* One batch and what became of it. */
struct item {
    struct play *play;
    struct store_batch batch; /* event_count: its number; revision_count: what it does */
    enum quell_code code;
    char message[sizeof(((struct quell_error *)0)->message)];
    size_t reports;
};

struct play {
    struct gate gate;
    struct loop *loop;
    struct writer *writer;
    struct item items[BATCHES];
    size_t handed;
    size_t reported;
    bool again; /* each report hands over one more */
};
/* The gate is open, or closed until gate_open(). */
struct play *play_new(bool open);
struct play *play_on(struct loop *loop, bool open); /* takes the loop */
/* Stops the writer: all is reported, and the store closed. */
void play_free(struct play *play);
/* One more batch that does one of the above; its report is checked to come in order. */
enum quell_code hand_over(struct play *play, size_t does);
/* Hands over a first batch and waits until the thread is at the gate with it: all that follows will
 * gather behind. */
void block(struct play *play);
void open_gate(struct play *play);
void check_sizes(const struct play *play, const size_t *sizes, size_t count);
/* For writer_prune(): puts the code where `user` points to. */
void pruned(enum quell_code code, const struct quell_error *err, void *user);

#endif
