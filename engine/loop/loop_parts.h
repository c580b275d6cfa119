/*
 * loop_parts.h - what loop.c and virtual.c share: the inside of a loop. Nobody else includes it.
 */
#ifndef LOOP_LOOP_PARTS_H
#define LOOP_LOOP_PARTS_H

#include "loop/loop.h"

struct event;
struct pool_lock;

/* A call to make: a node of the posts and of the deferred calls. */
struct task {
    void (*run)(void *user);
    void *user;
    struct task *next;
};

struct task_list {
    struct task *first;
    struct task **end; /* where the next one goes */
};

struct loop {
    struct event_base *base;
    struct event *wake; /* reads wake_fd; always there, not counted as something to wait for */
    int wake_fd;
    struct pool_lock *lock;
    struct task_list posts; /* guarded by lock; the rest belongs to the loop's thread */
    struct task_list taken; /* posts being called */
    struct task_list deferred;
    struct loop_timer *timers; /* all that wait, so that loop_free finds them */
    size_t watches;
    size_t holds;
    size_t called; /* timers, posts and deferred calls so far: whether a pass did anything */
    bool stopping;
    bool is_virtual;           /* the clock is ours: see virtual.c */
    int64_t now_us, jumped_us; /* its time, and what the clock says beyond it */
    uint64_t random;           /* state of its random numbers */
    uint64_t timers_made;
};

struct loop_timer {
    struct loop *loop;
    struct event *event; /* of libevent; NULL in a virtual loop, which has the two below */
    int64_t due_us;
    uint64_t order; /* of those that are due at one time, the first made is the first to fire */
    void (*fired)(void *user);
    void *user;
    struct loop_timer *next, **here;
};

struct loop_watch {
    struct loop *loop;
    struct event *event;
    void (*raised)(int number, void *user);
    void *user;
};

/* loop.c */
bool loop_has_work(struct loop *loop);        /* a post or a deferred call */
bool loop_can_wait(struct loop *loop);        /* there is something that a turn may wait for */
void loop_pass(struct loop *loop, bool wait); /* what libevent has ready, then what was deferred */
void loop_fire(struct loop_timer *timer);

/* virtual.c: a turn of a virtual loop, which goes to `until_us` at the most. */
void virtual_once(struct loop *loop, int64_t until_us);

/* random.c: the next bytes of a seeded sequence; *state is its only memory. */
void random_next(uint64_t *state, void *out, size_t len);

#endif
