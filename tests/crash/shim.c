/*
 * shim.c - makes one chosen call of the program it is preloaded into (LD_PRELOAD) the last one, or
 * go wrong, or take place while the clock is set. For the real quell binary only; it knows nothing
 * of quell but its threads.
 *
 * A point is (thread, call, n-th, what happens): calls are counted for each thread and function
 * apart, so that the threads' pace against each other does not move the numbers. A call counts when
 * it is made; "after" dies when the kernel has done it. Calls on Unix sockets do not count.
 *
 *   QUELL_CRASH_THREAD  engine (the first one) | writer (named quell-writer) | other
 *   QUELL_CRASH_CALL    write pwrite writev pwritev send sendto sendmsg fsync fdatasync ftruncate
 *                       unlink
 *   QUELL_CRASH_NTH     from 1
 *   QUELL_CRASH_WHEN    before | after | +SECONDS | -SECONDS: the time of day jumps | EIO, ENOSPC,
 *                       ...: it fails so | short: half of it is done; `EIO-on`: it and all such
 *                       calls that follow it; `ENOSPC-20`: it and the next 20 of them
 *   QUELL_CRASH_SIGNAL  instead of SIGKILL; the call is made, and the program goes on
 *   QUELL_CRASH_KINDS   `1`: calls are counted for files, sockets and others apart, as pwrite.file,
 *                       send.socket; and those that read, open and accept count as well
 *   QUELL_CRASH_LOG     a file to which every call adds a line: THREAD CALL NTH WHAT
 *
 * It is a library for tests and has globals: the functions it stands in for have no other place.
 */
#include "shim.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

enum thread { THREAD_ENGINE, THREAD_WRITER, THREAD_OTHER, THREADS };
static const char *const thread_names[THREADS] = {"engine", "writer", "other"};

enum kind { KIND_FILE, KIND_SOCKET, KIND_OTHER, KINDS };
static const char *const kind_names[KINDS] = {"file", "socket", "other"};

static size_t half(size_t len);
static const struct iovec *half_of(const struct iovec *v, int count);
static const struct msghdr *half_of_message(const struct msghdr *message);

/* CALL(function, result, parameters, arguments, descriptor, path, arguments of half of it, trace):
 * those by which the program acts are counted always. */
#define ACTS(CALL)                                                                                 \
    CALL(write, ssize_t, (int fd, const void *data, size_t len), (fd, data, len), fd, NULL,        \
         (fd, data, half(len)), trace_write(fd, data, got, -1))                                    \
    CALL(writev, ssize_t, (int fd, const struct iovec *v, int count), (fd, v, count), fd, NULL,    \
         (fd, half_of(v, count), 1), (void)0)                                                      \
    CALL(pwritev, ssize_t, (int fd, const struct iovec *v, int count, off_t at),                   \
         (fd, v, count, at), fd, NULL, (fd, half_of(v, count), 1, at), (void)0)                    \
    CALL(send, ssize_t, (int fd, const void *data, size_t len, int flags), (fd, data, len, flags), \
         fd, NULL, (fd, data, half(len), flags), (void)0)                                          \
    CALL(sendto, ssize_t,                                                                          \
         (int fd, const void *data, size_t len, int flags, __CONST_SOCKADDR_ARG to,                \
          socklen_t to_len),                                                                       \
         (fd, data, len, flags, to, to_len), fd, NULL, (fd, data, half(len), flags, to, to_len),   \
         (void)0)                                                                                  \
    CALL(sendmsg, ssize_t, (int fd, const struct msghdr *message, int flags),                      \
         (fd, message, flags), fd, NULL, (fd, half_of_message(message), flags), (void)0)           \
    CALL(fsync, int, (int fd), (fd), fd, NULL, (fd), trace_sync(fd, got))                          \
    CALL(fdatasync, int, (int fd), (fd), fd, NULL, (fd), trace_sync(fd, got))                      \
    CALL(ftruncate, int, (int fd, off_t len), (fd, len), fd, NULL, (fd, len),                      \
         trace_cut(fd, len, got))                                                                  \
    CALL(pwrite, ssize_t, (int fd, const void *data, size_t len, off_t at), (fd, data, len, at),   \
         fd, NULL, (fd, data, half(len), at), trace_write(fd, data, got, at))                      \
    CALL(unlink, int, (const char *path), (path), -1, path, (path), trace_unlink(path, got))
#define TAKES(CALL)                                                                                \
    CALL(read, ssize_t, (int fd, void *data, size_t len), (fd, data, len), fd, NULL,               \
         (fd, data, half(len)), (void)0)                                                           \
    CALL(pread, ssize_t, (int fd, void *data, size_t len, off_t at), (fd, data, len, at), fd,      \
         NULL, (fd, data, half(len), at), (void)0)                                                 \
    CALL(readv, ssize_t, (int fd, const struct iovec *v, int count), (fd, v, count), fd, NULL,     \
         (fd, half_of(v, count), 1), (void)0)                                                      \
    CALL(recv, ssize_t, (int fd, void *data, size_t len, int flags), (fd, data, len, flags), fd,   \
         NULL, (fd, data, half(len), flags), (void)0)                                              \
    CALL(accept4, int, (int fd, __SOCKADDR_ARG from, socklen_t *len, int flags),                   \
         (fd, from, len, flags), fd, NULL, (fd, from, len, flags), (void)0)                        \
    CALL(socket, int, (int domain, int type, int protocol), (domain, type, protocol),              \
         domain == AF_UNIX ? FD_UNIX : FD_SOCKET, NULL, (domain, type, protocol), (void)0)
#define CALLS(CALL) ACTS(CALL) TAKES(CALL)
#define FD_SOCKET (-2) /* one that is not there yet */
#define FD_UNIX (-3)

#define NUMBER(name, ...) CALL_##name,
enum call { CALLS(NUMBER) CALL_COUNT };
#define NAME(name, ...) #name,
static const char *const call_names[CALL_COUNT] = {CALLS(NAME)};

enum verdict { GO_ON, DIE_AFTER, FAIL, SHORT };

/* What may happen at the point, beside dying. */
static const struct {
    const char *name;
    int number;
} errors[] = {
    {"EIO", EIO},       {"ENOSPC", ENOSPC}, {"EINTR", EINTR},
    {"EAGAIN", EAGAIN}, {"EMFILE", EMFILE}, {"ECONNRESET", ECONNRESET},
    {"EDQUOT", EDQUOT}, {"EPIPE", EPIPE},   {"ENOBUFS", ENOBUFS},
};

static struct {
    bool acts, kills_before, goes_on, by_kind;
    enum verdict verdict;
    int signal, error;
    int64_t jump_s;
    unsigned thread, call, kind;
    unsigned long nth, last; /* last: the call that fails for the last time, when it goes on */
    int log;                 /* -1 = none */
} order = {.log = -1};

static atomic_ulong counts[THREADS][CALL_COUNT][KINDS];

/* ---- orders -------------------------------------------------------------------------------------
 */

static bool find(const char *const *names, unsigned count, const char *text, size_t len,
                 unsigned *number)
{
    unsigned i;

    for (i = 0; text && i < count; i++) {
        if (strlen(names[i]) == len && memcmp(names[i], text, len) == 0) {
            *number = i;
            return true;
        }
    }
    return false;
}

int64_t shim_number(const char *variable, int64_t otherwise)
{
    const char *text = getenv(variable);

    return text ? strtoll(text, NULL, 10) : otherwise;
}

int shim_open(const char *variable)
{
    const char *path = getenv(variable);
    int fd = path ? open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600) : -1;
    int high;

    if (fd < 0)
        return -1;
    high = fcntl(fd, F_DUPFD_CLOEXEC, SHIM_FD_LEAST);
    (void)close(fd);
    return high;
}

static void take_error(const char *when)
{
    size_t i, len = strcspn(when, "-");

    order.goes_on = when[len] == '-';
    order.last = strtoul(when + len + order.goes_on, NULL, 10);
    if (len == 5 && memcmp(when, "short", 5) == 0)
        order.verdict = SHORT;
    for (i = 0; i < sizeof(errors) / sizeof(*errors); i++) {
        if (strlen(errors[i].name) == len && memcmp(errors[i].name, when, len) == 0) {
            order.error = errors[i].number;
            order.verdict = FAIL;
        }
    }
}

static void take_when(const char *when)
{
    order.kills_before = strcmp(when, "before") == 0;
    if (order.kills_before || strcmp(when, "after") == 0)
        order.verdict = DIE_AFTER;
    else if (*when == '+' || *when == '-')
        order.jump_s = strtoll(when, NULL, 10);
    else
        take_error(when);
}

/* "pwrite", or "pwrite.file" when they are counted apart. */
static bool take_call(const char *text)
{
    size_t len = text ? strcspn(text, ".") : 0;

    if (!text || !find(call_names, CALL_COUNT, text, len, &order.call))
        return false;
    return !order.by_kind || (text[len] && find(kind_names, KINDS, text + len + 1,
                                                strlen(text + len + 1), &order.kind));
}

__attribute__((constructor)) static void take_orders(void)
{
    const char *when = getenv("QUELL_CRASH_WHEN"), *thread = getenv("QUELL_CRASH_THREAD");

    time_take_orders();
    trace_take_orders();
    order.nth = (unsigned long)shim_number("QUELL_CRASH_NTH", 0);
    order.signal = (int)shim_number("QUELL_CRASH_SIGNAL", SIGKILL);
    order.by_kind = shim_number("QUELL_CRASH_KINDS", 0) != 0;
    order.acts = thread && find(thread_names, THREADS, thread, strlen(thread), &order.thread) &&
                 take_call(getenv("QUELL_CRASH_CALL")) && order.nth > 0 && when;
    if (order.acts)
        take_when(when);
    order.log = shim_open("QUELL_CRASH_LOG");
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

void shim_describe(int fd, const char *path, char *out, size_t size)
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

static void log_call(unsigned thread, unsigned call, unsigned kind, unsigned long nth, int fd,
                     const char *path)
{
    char what[128], line[256];
    int len;

    if (order.log < 0)
        return;
    shim_describe(fd, path, what, sizeof(what));
    len = snprintf(line, sizeof(line), "%s %s%s%s %lu %s\n", thread_names[thread], call_names[call],
                   order.by_kind ? "." : "", order.by_kind ? kind_names[kind] : "", nth, what);
    if (len > 0) /* a log that cannot be written shows as missing points */
        (void)syscall(SYS_write, order.log, line, (size_t)len);
}

/* On the control socket a test asks how things stand, as often as it likes. */
static bool is_control(int fd)
{
    int family = 0;
    socklen_t len = sizeof(family);

    return fd == FD_UNIX || (fd >= 0 && getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &family, &len) == 0 &&
                             family == AF_UNIX);
}

static unsigned kind_of(int fd)
{
    struct stat status;

    if (!order.by_kind)
        return 0;
    if (fd == FD_SOCKET)
        return KIND_SOCKET;
    if (fd < 0)
        return KIND_FILE; /* one that is named by its path */
    if (fstat(fd, &status) != 0)
        return KIND_OTHER;
    return S_ISREG(status.st_mode) || S_ISDIR(status.st_mode) ? KIND_FILE
           : S_ISSOCK(status.st_mode)                         ? KIND_SOCKET
                                                              : KIND_OTHER;
}

static bool is_counted(unsigned call, int fd)
{
    return (order.by_kind || call <= CALL_unlink) && !is_control(fd);
}

/* What becomes of this call. */
static enum verdict enter(unsigned call, int fd, const char *path)
{
    int kept = errno;
    unsigned thread, kind;
    unsigned long nth;
    bool here, follows;

    if (!is_counted(call, fd)) {
        errno = kept;
        return GO_ON;
    }
    thread = this_thread();
    kind = kind_of(fd);
    nth = atomic_fetch_add(&counts[thread][call][kind], 1) + 1;
    log_call(thread, call, kind, nth, fd, path);
    here = order.acts && thread == order.thread && call == order.call && kind == order.kind;
    follows = here && order.goes_on && nth > order.nth &&
              (order.last == 0 || nth <= order.nth + order.last);
    here = here && nth == order.nth;
    if (here && order.jump_s)
        time_jump(order.jump_s);
    if (here && order.kills_before)
        die();
    errno = kept;
    return (here && !order.kills_before) || follows ? order.verdict : GO_ON;
}

void *shim_next(const char *name)
{
    void *found = dlsym(RTLD_NEXT, name);

    if (!found)
        abort();
    return found;
}

/* ---- half of it ---------------------------------------------------------------------------------
 */

static size_t half(size_t len)
{
    return (len + 1) / 2;
}

static const struct iovec *half_of(const struct iovec *v, int count)
{
    static _Thread_local struct iovec part;

    while (count > 1 && v->iov_len == 0)
        v++, count--;
    part = (struct iovec){.iov_base = v->iov_base, .iov_len = half(v->iov_len)};
    return &part;
}

static const struct msghdr *half_of_message(const struct msghdr *message)
{
    static _Thread_local struct msghdr part;

    part = *message;
    /* It is only read from. */
    part.msg_iov = (struct iovec *)(uintptr_t)half_of(message->msg_iov, (int)message->msg_iovlen);
    part.msg_iovlen = 1;
    return &part;
}

#define STAND_IN(name, result, parameters, arguments, fd, path, halved, trace)                     \
    SHIM_EXPORT result name parameters;                                                            \
    SHIM_EXPORT result name parameters                                                             \
    {                                                                                              \
        static result(*real) parameters;                                                           \
        enum verdict verdict = enter(CALL_##name, fd, path);                                       \
        result got;                                                                                \
        if (verdict == FAIL) {                                                                     \
            errno = order.error;                                                                   \
            return -1;                                                                             \
        }                                                                                          \
        if (!real)                                                                                 \
            SHIM_REAL(real, #name);                                                                \
        got = verdict == SHORT ? real halved : real arguments;                                     \
        trace;                                                                                     \
        if (verdict == DIE_AFTER)                                                                  \
            die();                                                                                 \
        return got;                                                                                \
    }

CALLS(STAND_IN)

/* The names under which programs built for large files, or for checked buffers, call the same. */
SHIM_EXPORT ssize_t pwrite64(int fd, const void *data, size_t len, off_t at);
SHIM_EXPORT ssize_t pwrite64(int fd, const void *data, size_t len, off_t at)
{
    return pwrite(fd, data, len, at);
}

SHIM_EXPORT ssize_t pread64(int fd, void *data, size_t len, off_t at);
SHIM_EXPORT ssize_t pread64(int fd, void *data, size_t len, off_t at)
{
    return pread(fd, data, len, at);
}

SHIM_EXPORT int ftruncate64(int fd, off_t len);
SHIM_EXPORT int ftruncate64(int fd, off_t len)
{
    return ftruncate(fd, len);
}

SHIM_EXPORT ssize_t pwritev64(int fd, const struct iovec *v, int count, off_t at);
SHIM_EXPORT ssize_t pwritev64(int fd, const struct iovec *v, int count, off_t at)
{
    return pwritev(fd, v, count, at);
}

/* These give names to files; they are no points. */
SHIM_EXPORT int link(const char *from, const char *to);
SHIM_EXPORT int link(const char *from, const char *to)
{
    static int (*real)(const char *, const char *);
    int got;

    if (!real)
        SHIM_REAL(real, "link");
    got = real(from, to);
    trace_name('L', from, to, got);
    return got;
}

SHIM_EXPORT int rename(const char *from, const char *to);
SHIM_EXPORT int rename(const char *from, const char *to)
{
    static int (*real)(const char *, const char *);
    int got;

    if (!real)
        SHIM_REAL(real, "rename");
    got = real(from, to);
    trace_name('R', from, to, got);
    return got;
}
