/*
 * clock.c - what time it is: the only file that asks the system's clocks.
 */
#include <assert.h>
#include <time.h>

#include "loop/loop.h"

static int64_t ask(clockid_t clock)
{
    struct timespec now;
    int failed = clock_gettime(clock, &now);

    assert(!failed); /* both clocks exist on every Linux */
    (void)failed;
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

int64_t clock_now_us(void)
{
    return ask(CLOCK_REALTIME);
}

int64_t clock_monotonic_us(void)
{
    return ask(CLOCK_MONOTONIC);
}
