/*
 * victim.c - what test_shim.c preloads the shim into: two threads that write known bytes to the
 * file named by the first argument, and clocks read through the library and past it.
 */
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

static int file = -1;

static int64_t ns(struct timespec now)
{
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static int64_t seen(void)
{
    struct timespec now = {0};

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return ns(now);
}

static int64_t real(void)
{
    struct timespec now = {0};

    (void)syscall(SYS_clock_gettime, CLOCK_MONOTONIC, &now);
    return ns(now);
}

static void *work(void *user)
{
    (void)user;
    (void)pthread_setname_np(pthread_self(), "quell-writer");
    if (pwrite(file, "w", 1, 10) != 1 || fdatasync(file) != 0 || pwrite(file, "w", 1, 11) != 1)
        return &file;
    return NULL;
}

/* Waits by poll() for two fifths of the time and by a timer for three. */
static void wait_200_ms(void)
{
    const struct itimerspec soon = {.it_value = {.tv_nsec = 120000000}};
    int timer = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC);
    struct pollfd due = {.fd = timer, .events = POLLIN};

    (void)poll(&due, 1, 80);
    (void)timerfd_settime(timer, 0, &soon, NULL);
    (void)poll(&due, 1, -1);
    (void)close(timer);
}

/* Waits for nothing, until 20 seconds have passed on the clock that is seen; how many did. */
static int64_t wait_20_s(void)
{
    pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
    pthread_cond_t never = PTHREAD_COND_INITIALIZER;
    struct timespec until = {0};
    int64_t from = seen();

    (void)clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += 20;
    (void)pthread_mutex_lock(&mutex);
    while (pthread_cond_clockwait(&never, &mutex, CLOCK_MONOTONIC, &until) == 0)
        ;
    (void)pthread_mutex_unlock(&mutex);
    return (seen() - from) / 1000000000;
}

int main(int argc, char **argv)
{
    int64_t inner, outer, fast;
    pthread_t thread;
    void *failed = NULL;

    if (argc != 2)
        return 2;
    file = open(argv[1], O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (file < 0 || write(file, "a", 1) != 1 || write(file, "b", 1) != 1)
        return 3;
    if (pthread_create(&thread, NULL, work, NULL) || pthread_join(thread, &failed) || failed)
        return 4;
    /* real seen real ... real seen real: what is between the inner ones is at most what the clock
     * saw, what is between the outer ones at least. */
    outer = real();
    fast = seen();
    inner = real();
    wait_200_ms();
    inner = real() - inner;
    fast = seen() - fast;
    outer = real() - outer;
    printf("%lld %lld %lld", (long long)inner, (long long)fast, (long long)outer);
    if (getenv("QUELL_CRASH_SPEED"))
        printf(" %lld", (long long)wait_20_s());
    printf("\n");
    return unlink(argv[1]) == 0 && write(STDOUT_FILENO, "", 0) == 0 ? 0 : 5;
}
