/*
 * virtual.c - a loop whose clock is its own: it stands still while there is work and jumps to the
 * next timer when there is none. A week of waiting takes no time, and because time, ids and
 * randomness come from the start and the seed alone, two runs are alike to the byte. For tests of
 * playbooks and of the engine; nothing else of the program knows which kind of loop it has.
 *
 * Work is what is ready: posts, deferred calls, timers that are due now. A hold (a transfer) is
 * waited for in real time, with the clock standing.
 */
#include <assert.h>

#include "loop/loop_parts.h"

struct loop *loop_new_virtual(int64_t now_us, uint64_t seed)
{
    struct loop *loop = loop_new();

    loop->is_virtual = true;
    loop->now_us = now_us;
    loop->random = seed;
    return loop;
}

bool loop_is_virtual(const struct loop *loop)
{
    return loop->is_virtual;
}

int64_t loop_now_us(const struct loop *loop)
{
    return loop->is_virtual ? loop->now_us + loop->jumped_us : clock_now_us();
}

void loop_jump(struct loop *loop, int64_t by_us)
{
    assert(loop->is_virtual);
    loop->jumped_us += by_us;
}

int64_t loop_monotonic_us(const struct loop *loop)
{
    return loop->is_virtual ? loop->now_us : clock_monotonic_us();
}

void loop_random(struct loop *loop, void *out, size_t len)
{
    if (loop->is_virtual)
        random_next(&loop->random, out, len);
    else
        random_fill(out, len);
}

/* The list is in no order: a test has few timers, and none of them is worth a heap. */
static struct loop_timer *first_timer(const struct loop *loop)
{
    struct loop_timer *first = loop->timers, *timer;

    for (timer = loop->timers; timer; timer = timer->next)
        if (timer->due_us < first->due_us ||
            (timer->due_us == first->due_us && timer->order < first->order))
            first = timer;
    return first;
}

int64_t loop_next_us(const struct loop *loop)
{
    const struct loop_timer *timer = first_timer(loop);

    assert(loop->is_virtual);
    return timer ? timer->due_us : INT64_MAX;
}

/* Handles what is ready without any time passing; false when there was nothing. */
static bool work(struct loop *loop)
{
    size_t called = loop->called, holds = loop->holds;
    struct loop_timer *timer;

    loop_pass(loop, false);
    if (loop->called != called || loop->holds != holds || loop_has_work(loop))
        return true;
    timer = first_timer(loop);
    if (timer && timer->due_us <= loop->now_us)
        loop_fire(timer);
    else if (loop->holds > 0)
        loop_pass(loop, true);
    else
        return false;
    return true;
}

void virtual_once(struct loop *loop, int64_t until_us)
{
    struct loop_timer *timer;

    if (work(loop))
        return;
    timer = first_timer(loop);
    if (timer && timer->due_us <= until_us) {
        loop->now_us = timer->due_us;
        loop_fire(timer);
    } else if (until_us < INT64_MAX) {
        loop->now_us = until_us;
    } else if (loop_can_wait(loop)) {
        loop_pass(loop, true);
    }
}

void loop_advance(struct loop *loop, int64_t to_us)
{
    assert(loop->is_virtual);
    while (work(loop) || loop_next_us(loop) <= to_us)
        virtual_once(loop, to_us);
    if (loop->now_us < to_us)
        loop->now_us = to_us;
}

void loop_settle(struct loop *loop)
{
    loop_advance(loop, loop->now_us);
}
