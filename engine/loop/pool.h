/*
 * pool.h - the lock that code outside of loop/pool.c and store/writer.c may use.
 *
 * Most of quell needs none: one thread owns the engine. A lock guards only what two threads really
 * share (posts to a loop, the memory store's rows) and is held for a few lines, never over a call
 * back.
 */
#ifndef LOOP_POOL_H
#define LOOP_POOL_H

struct pool_lock;

struct pool_lock *pool_lock_new(void);
void pool_lock_free(struct pool_lock *lock); /* NULL is allowed; must not be taken */
void pool_lock_take(struct pool_lock *lock); /* waits; not twice by one thread */
void pool_lock_give(struct pool_lock *lock);

#endif
