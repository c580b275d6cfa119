/*
 * shim_time.c - the program's clocks: faster than the real ones by a factor, and a time of day that
 * jumps when it is told to.
 *
 *   QUELL_CRASH_SPEED   clocks run that many times faster, waiting times are that many times
 *                       shorter: what sleeps five seconds for the far side's sake takes 5 s / SPEED
 *   QUELL_CRASH_EPOCH   CLOCK_REALTIME in ns at which the faster wall clock left the real one
 *                       (default: the start of the process); the same for a process and the one
 *                       that follows it, or the wall clock would jump back in between
 */
#include "shim.h"

#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/epoll.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/timerfd.h>
#include <unistd.h>

static struct {
    int64_t speed;
    int64_t base_ns[CLOCK_BOOTTIME + 1]; /* where each clock left the real one */
    atomic_int_least64_t jumped_ns;      /* the time of day's */
} clocks = {.speed = 1};

static int64_t real_clock(clockid_t clock)
{
    struct timespec now = {0};

    (void)syscall(SYS_clock_gettime, clock, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

void time_take_orders(void)
{
    int64_t speed = shim_number("QUELL_CRASH_SPEED", 1);
    clockid_t clock;

    for (clock = 0; clock <= CLOCK_BOOTTIME; clock++)
        clocks.base_ns[clock] = real_clock(clock);
    clocks.base_ns[CLOCK_REALTIME] =
        shim_number("QUELL_CRASH_EPOCH", clocks.base_ns[CLOCK_REALTIME]);
    clocks.base_ns[CLOCK_REALTIME_COARSE] = clocks.base_ns[CLOCK_REALTIME];
    clocks.speed = speed > 1 ? speed : 1;
}

void time_jump(int64_t seconds)
{
    atomic_fetch_add(&clocks.jumped_ns, seconds * 1000000000);
}

static int64_t faster(clockid_t clock)
{
    int64_t now = real_clock(clock), base = clocks.base_ns[clock];
    int64_t ns = base + (now - base) * clocks.speed;

    if (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE)
        ns += atomic_load(&clocks.jumped_ns);
    return ns;
}

static bool is_time_of_day(clockid_t clock)
{
    return clock >= 0 && clock <= CLOCK_BOOTTIME && clock != CLOCK_PROCESS_CPUTIME_ID &&
           clock != CLOCK_THREAD_CPUTIME_ID;
}

SHIM_EXPORT int clock_gettime(clockid_t clock, struct timespec *now)
{
    int64_t ns;

    if (!is_time_of_day(clock))
        return (int)syscall(SYS_clock_gettime, clock, now);
    ns = faster(clock);
    now->tv_sec = ns / 1000000000;
    now->tv_nsec = ns % 1000000000;
    return 0;
}

SHIM_EXPORT int gettimeofday(struct timeval *restrict now, void *restrict zone)
{
    struct timespec precise;

    (void)zone;
    (void)clock_gettime(CLOCK_REALTIME, &precise);
    now->tv_sec = precise.tv_sec;
    now->tv_usec = precise.tv_nsec / 1000;
    return 0;
}

SHIM_EXPORT time_t time(time_t *out)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_REALTIME, &now);
    if (out)
        *out = now.tv_sec;
    return now.tv_sec;
}

/* Shorter, but never none at all where some was asked for. */
static int shorter(int timeout_ms)
{
    return timeout_ms <= 0 ? timeout_ms : (int)((timeout_ms + clocks.speed - 1) / clocks.speed);
}

SHIM_EXPORT int epoll_wait(int epoll, struct epoll_event *events, int most, int timeout_ms)
{
    static int (*real)(int, struct epoll_event *, int, int);

    if (!real)
        SHIM_REAL(real, "epoll_wait");
    return real(epoll, events, most, shorter(timeout_ms));
}

SHIM_EXPORT int epoll_pwait(int epoll, struct epoll_event *events, int most, int timeout_ms,
                            const sigset_t *mask)
{
    static int (*real)(int, struct epoll_event *, int, int, const sigset_t *);

    if (!real)
        SHIM_REAL(real, "epoll_pwait");
    return real(epoll, events, most, shorter(timeout_ms), mask);
}

SHIM_EXPORT int poll(struct pollfd *fds, nfds_t count, int timeout_ms)
{
    static int (*real)(struct pollfd *, nfds_t, int);

    if (!real)
        SHIM_REAL(real, "poll");
    return real(fds, count, shorter(timeout_ms));
}

/* Of a relative time; it stays more than none, which would mean no timer at all. */
static struct timespec sooner(struct timespec wait)
{
    int64_t ns = (int64_t)wait.tv_sec * 1000000000 + wait.tv_nsec;

    ns = (ns + clocks.speed - 1) / clocks.speed;
    return (struct timespec){.tv_sec = ns / 1000000000, .tv_nsec = ns % 1000000000};
}

/* Absolute times are left alone: libevent's timers are relative ones. */
SHIM_EXPORT int timerfd_settime(int fd, int flags, const struct itimerspec *wanted,
                                struct itimerspec *before)
{
    static int (*real)(int, int, const struct itimerspec *, struct itimerspec *);
    struct itimerspec quick = *wanted;

    if (!(flags & TFD_TIMER_ABSTIME)) {
        quick.it_value = sooner(wanted->it_value);
        quick.it_interval = sooner(wanted->it_interval);
    }
    if (!real)
        SHIM_REAL(real, "timerfd_settime");
    return real(fd, flags, &quick, before);
}

/* The time of the real clock at which the faster one shows this. */
static struct timespec really(clockid_t clock, const struct timespec *at)
{
    int64_t ns = (int64_t)at->tv_sec * 1000000000 + at->tv_nsec, base = clocks.base_ns[clock];

    if (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE)
        ns -= atomic_load(&clocks.jumped_ns);
    ns = base + (ns - base) / clocks.speed;
    return (struct timespec){.tv_sec = ns / 1000000000, .tv_nsec = ns % 1000000000};
}

SHIM_EXPORT int pthread_cond_clockwait(pthread_cond_t *condition, pthread_mutex_t *mutex,
                                       clockid_t clock, const struct timespec *until)
{
    static int (*real)(pthread_cond_t *, pthread_mutex_t *, clockid_t, const struct timespec *);
    struct timespec at = is_time_of_day(clock) ? really(clock, until) : *until;

    if (!real)
        SHIM_REAL(real, "pthread_cond_clockwait");
    return real(condition, mutex, clock, &at);
}
