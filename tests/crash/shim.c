/*
 * shim.c - kills the program it is preloaded into (LD_PRELOAD) at one chosen call, and lets its
 * clock run faster. For the real quell binary only; it knows nothing of quell but its threads.
 *
 * A crash point is (thread, call, n-th, before or after): calls are counted for each thread and
 * function apart, so that the threads' pace against each other does not move the numbers. A call
 * counts when it is made; "after" dies when the kernel has done it. Calls on Unix sockets do not
 * count.
 *
 *   QUELL_CRASH_THREAD  engine (the first one) | writer (named quell-writer) | other
 *   QUELL_CRASH_CALL    write pwrite writev pwritev send sendto sendmsg fsync fdatasync ftruncate
 *                       unlink
 *   QUELL_CRASH_NTH     from 1
 *   QUELL_CRASH_WHEN    before | after
 *   QUELL_CRASH_SIGNAL  instead of SIGKILL; the call is made, and the program goes on
 *   QUELL_CRASH_LOG     a file to which every call adds a line: THREAD CALL NTH WHAT
 *   QUELL_CRASH_SPEED   clocks run that many times faster, waiting times are that many times
 *                       shorter: what sleeps five seconds for the far side's sake takes 5 s / SPEED
 *   QUELL_CRASH_EPOCH   CLOCK_REALTIME in ns at which the faster wall clock left the real one
 *                       (default: the start of the process); the same for a process and the one
 *                       that follows it, or the wall clock would jump back in between
 *
 * It is a library for tests and has globals: the functions it stands in for have no other place.
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/timerfd.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#define EXPORT __attribute__((visibility("default")))
#define LOG_FD_LEAST 512 /* above what the program opens, so that its own numbers stay */

enum thread { THREAD_ENGINE, THREAD_WRITER, THREAD_OTHER, THREADS };
static const char *const thread_names[THREADS] = {"engine", "writer", "other"};

/* CALL(function, result, parameters, arguments, descriptor): what is counted. */
#define CALLS(CALL)                                                                                \
    CALL(write, ssize_t, (int fd, const void *data, size_t len), (fd, data, len), fd)              \
    CALL(writev, ssize_t, (int fd, const struct iovec *v, int count), (fd, v, count), fd)          \
    CALL(pwritev, ssize_t, (int fd, const struct iovec *v, int count, off_t at),                   \
         (fd, v, count, at), fd)                                                                   \
    CALL(send, ssize_t, (int fd, const void *data, size_t len, int flags), (fd, data, len, flags), \
         fd)                                                                                       \
    CALL(sendto, ssize_t,                                                                          \
         (int fd, const void *data, size_t len, int flags, __CONST_SOCKADDR_ARG to,                \
          socklen_t to_len),                                                                       \
         (fd, data, len, flags, to, to_len), fd)                                                   \
    CALL(sendmsg, ssize_t, (int fd, const struct msghdr *message, int flags),                      \
         (fd, message, flags), fd)                                                                 \
    CALL(fsync, int, (int fd), (fd), fd)                                                           \
    CALL(fdatasync, int, (int fd), (fd), fd)                                                       \
    CALL(ftruncate, int, (int fd, off_t len), (fd, len), fd)                                       \
    CALL(pwrite, ssize_t, (int fd, const void *data, size_t len, off_t at), (fd, data, len, at),   \
         fd)                                                                                       \
    CALL(unlink, int, (const char *path), (path), -1)

#define NUMBER(name, result, parameters, arguments, fd) CALL_##name,
enum call { CALLS(NUMBER) CALL_COUNT };
#define NAME(name, result, parameters, arguments, fd) #name,
static const char *const call_names[CALL_COUNT] = {CALLS(NAME)};

static struct {
    bool kills, kills_before;
    int signal;
    unsigned thread, call;
    unsigned long nth;
    int log; /* -1 = none */
    int64_t speed;
    int64_t base_ns[CLOCK_BOOTTIME + 1]; /* where each clock left the real one */
} order = {.log = -1, .speed = 1};

static atomic_ulong counts[THREADS][CALL_COUNT];

/* ---- orders -------------------------------------------------------------------------------------
 */

static bool find(const char *const *names, unsigned count, const char *variable, unsigned *number)
{
    const char *text = getenv(variable);
    unsigned i;

    for (i = 0; text && i < count; i++) {
        if (strcmp(names[i], text) == 0) {
            *number = i;
            return true;
        }
    }
    return false;
}

static int64_t number_of(const char *variable, int64_t otherwise)
{
    const char *text = getenv(variable);

    return text ? strtoll(text, NULL, 10) : otherwise;
}

static int64_t real_clock(clockid_t clock)
{
    struct timespec now = {0};

    (void)syscall(SYS_clock_gettime, clock, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static void take_speed(void)
{
    int64_t speed = number_of("QUELL_CRASH_SPEED", 1);
    clockid_t clock;

    for (clock = 0; clock <= CLOCK_BOOTTIME; clock++)
        order.base_ns[clock] = real_clock(clock);
    order.base_ns[CLOCK_REALTIME] = number_of("QUELL_CRASH_EPOCH", order.base_ns[CLOCK_REALTIME]);
    order.base_ns[CLOCK_REALTIME_COARSE] = order.base_ns[CLOCK_REALTIME];
    order.speed = speed > 1 ? speed : 1;
}

__attribute__((constructor)) static void take_orders(void)
{
    const char *when = getenv("QUELL_CRASH_WHEN"), *log = getenv("QUELL_CRASH_LOG");
    int fd;

    take_speed();
    order.nth = (unsigned long)number_of("QUELL_CRASH_NTH", 0);
    order.signal = (int)number_of("QUELL_CRASH_SIGNAL", SIGKILL);
    order.kills_before = when && strcmp(when, "before") == 0;
    order.kills = find(thread_names, THREADS, "QUELL_CRASH_THREAD", &order.thread) &&
                  find(call_names, CALL_COUNT, "QUELL_CRASH_CALL", &order.call) && order.nth > 0 &&
                  when;
    if (!log)
        return;
    fd = open(log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (fd < 0)
        return;
    order.log = fcntl(fd, F_DUPFD_CLOEXEC, LOG_FD_LEAST);
    (void)close(fd);
}

/* ---- counting and dying -------------------------------------------------------------------------
 */

static unsigned this_thread(void)
{
    char name[16] = "";

    if (syscall(SYS_gettid) == getpid())
        return THREAD_ENGINE;
    (void)prctl(PR_GET_NAME, name);
    return strcmp(name, "quell-writer") == 0 ? THREAD_WRITER : THREAD_OTHER;
}

static void die(void)
{
    (void)syscall(SYS_kill, getpid(), order.signal);
    while (order.signal == SIGKILL) /* until it comes: not one more call is made */
        (void)syscall(SYS_pause);
}

/* The last part of the name of what a descriptor stands for: quell.db-wal, socket:[1234]. */
static void describe(int fd, const char *path, char *out, size_t size)
{
    char link[64], name[512];
    const char *last;
    ssize_t len;

    if (!path) {
        (void)snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
        len = readlink(link, name, sizeof(name) - 1);
        name[len > 0 ? len : 0] = '\0';
        path = name;
    }
    last = strrchr(path, '/');
    (void)snprintf(out, size, "%s", last ? last + 1 : path);
}

static void log_call(unsigned thread, unsigned call, unsigned long nth, int fd, const char *path)
{
    char what[128], line[256];
    int len;

    if (order.log < 0)
        return;
    describe(fd, path, what, sizeof(what));
    len = snprintf(line, sizeof(line), "%s %s %lu %s\n", thread_names[thread], call_names[call],
                   nth, what);
    if (len > 0) /* a log that cannot be written shows as missing points */
        (void)syscall(SYS_write, order.log, line, (size_t)len);
}

/* On the control socket a test asks how things stand, as often as it likes. */
static bool is_control(int fd)
{
    int family = 0;
    socklen_t len = sizeof(family);

    return fd >= 0 && getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &family, &len) == 0 &&
           family == AF_UNIX;
}

/* Whether this call is the one after which the program dies. */
static bool enter(unsigned call, int fd, const char *path)
{
    int kept = errno;
    unsigned thread = this_thread();
    unsigned long nth;
    bool here;

    if (is_control(fd)) {
        errno = kept;
        return false;
    }
    nth = atomic_fetch_add(&counts[thread][call], 1) + 1;
    here = order.kills && thread == order.thread && call == order.call && nth == order.nth;
    log_call(thread, call, nth, fd, path);
    if (here && order.kills_before)
        die();
    errno = kept;
    return here && !order.kills_before;
}

static void *next(const char *name)
{
    void *found = dlsym(RTLD_NEXT, name);

    if (!found)
        abort();
    return found;
}

/* ISO C has no way from an object to a function but through its bytes. */
#define REAL(pointer, name)                                                                        \
    do {                                                                                           \
        void *found = next(name);                                                                  \
        memcpy(&(pointer), &found, sizeof(found));                                                 \
    } while (0)

#define STAND_IN(name, result, parameters, arguments, fd)                                          \
    EXPORT result name parameters;                                                                 \
    EXPORT result name parameters                                                                  \
    {                                                                                              \
        static result(*real) parameters;                                                           \
        bool last = enter(CALL_##name, fd, PATH_OF_##name);                                        \
        result got;                                                                                \
        if (!real)                                                                                 \
            REAL(real, #name);                                                                     \
        got = real arguments;                                                                      \
        if (last)                                                                                  \
            die();                                                                                 \
        return got;                                                                                \
    }

#define PATH_OF_write NULL
#define PATH_OF_writev NULL
#define PATH_OF_pwritev NULL
#define PATH_OF_send NULL
#define PATH_OF_sendto NULL
#define PATH_OF_sendmsg NULL
#define PATH_OF_fsync NULL
#define PATH_OF_fdatasync NULL
#define PATH_OF_ftruncate NULL
#define PATH_OF_pwrite NULL
#define PATH_OF_unlink path

CALLS(STAND_IN)

/* The names under which programs built for large files call the same. */
EXPORT ssize_t pwrite64(int fd, const void *data, size_t len, off_t at);
EXPORT ssize_t pwrite64(int fd, const void *data, size_t len, off_t at)
{
    return pwrite(fd, data, len, at);
}

EXPORT int ftruncate64(int fd, off_t len);
EXPORT int ftruncate64(int fd, off_t len)
{
    return ftruncate(fd, len);
}

EXPORT ssize_t pwritev64(int fd, const struct iovec *v, int count, off_t at);
EXPORT ssize_t pwritev64(int fd, const struct iovec *v, int count, off_t at)
{
    return pwritev(fd, v, count, at);
}

/* ---- time ---------------------------------------------------------------------------------------
 */

static int64_t faster(clockid_t clock)
{
    int64_t now = real_clock(clock), base = order.base_ns[clock];

    return base + (now - base) * order.speed;
}

static bool is_time_of_day(clockid_t clock)
{
    return clock >= 0 && clock <= CLOCK_BOOTTIME && clock != CLOCK_PROCESS_CPUTIME_ID &&
           clock != CLOCK_THREAD_CPUTIME_ID;
}

EXPORT int clock_gettime(clockid_t clock, struct timespec *now)
{
    int64_t ns;

    if (order.speed == 1 || !is_time_of_day(clock))
        return (int)syscall(SYS_clock_gettime, clock, now);
    ns = faster(clock);
    now->tv_sec = ns / 1000000000;
    now->tv_nsec = ns % 1000000000;
    return 0;
}

EXPORT int gettimeofday(struct timeval *restrict now, void *restrict zone)
{
    struct timespec precise;

    (void)zone;
    (void)clock_gettime(CLOCK_REALTIME, &precise);
    now->tv_sec = precise.tv_sec;
    now->tv_usec = precise.tv_nsec / 1000;
    return 0;
}

EXPORT time_t time(time_t *out)
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
    return timeout_ms <= 0 ? timeout_ms : (int)((timeout_ms + order.speed - 1) / order.speed);
}

EXPORT int epoll_wait(int epoll, struct epoll_event *events, int most, int timeout_ms)
{
    static int (*real)(int, struct epoll_event *, int, int);

    if (!real)
        REAL(real, "epoll_wait");
    return real(epoll, events, most, shorter(timeout_ms));
}

EXPORT int epoll_pwait(int epoll, struct epoll_event *events, int most, int timeout_ms,
                       const sigset_t *mask)
{
    static int (*real)(int, struct epoll_event *, int, int, const sigset_t *);

    if (!real)
        REAL(real, "epoll_pwait");
    return real(epoll, events, most, shorter(timeout_ms), mask);
}

EXPORT int poll(struct pollfd *fds, nfds_t count, int timeout_ms)
{
    static int (*real)(struct pollfd *, nfds_t, int);

    if (!real)
        REAL(real, "poll");
    return real(fds, count, shorter(timeout_ms));
}

/* Of a relative time; it stays more than none, which would mean no timer at all. */
static struct timespec sooner(struct timespec wait)
{
    int64_t ns = (int64_t)wait.tv_sec * 1000000000 + wait.tv_nsec;

    ns = (ns + order.speed - 1) / order.speed;
    return (struct timespec){.tv_sec = ns / 1000000000, .tv_nsec = ns % 1000000000};
}

/* Absolute times are left alone: libevent's timers are relative ones. */
EXPORT int timerfd_settime(int fd, int flags, const struct itimerspec *wanted,
                           struct itimerspec *before)
{
    static int (*real)(int, int, const struct itimerspec *, struct itimerspec *);
    struct itimerspec quick = *wanted;

    if (!(flags & TFD_TIMER_ABSTIME)) {
        quick.it_value = sooner(wanted->it_value);
        quick.it_interval = sooner(wanted->it_interval);
    }
    if (!real)
        REAL(real, "timerfd_settime");
    return real(fd, flags, &quick, before);
}
