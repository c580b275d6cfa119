/*
 * pool.c - locks on POSIX threads, so that no other file of this folder names them. Starts no
 * threads.
 */
#include "loop/pool.h"

#include <assert.h>
#include <pthread.h>

#include "base/memory.h"

struct pool_lock {
    pthread_mutex_t mutex;
};

struct pool_lock *pool_lock_new(void)
{
    struct pool_lock *lock = memory_new(sizeof *lock);
    int failed = pthread_mutex_init(&lock->mutex, NULL);

    assert(!failed); /* only for lack of memory, which ends the process anyway */
    (void)failed;
    return lock;
}

void pool_lock_free(struct pool_lock *lock)
{
    if (!lock)
        return;
    (void)pthread_mutex_destroy(&lock->mutex); /* fails only while taken: the caller's duty */
    memory_free(lock);
}

void pool_lock_take(struct pool_lock *lock)
{
    int failed = pthread_mutex_lock(&lock->mutex);

    assert(!failed);
    (void)failed;
}

void pool_lock_give(struct pool_lock *lock)
{
    int failed = pthread_mutex_unlock(&lock->mutex);

    assert(!failed);
    (void)failed;
}
