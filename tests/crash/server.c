/*
 * server.c - starting, asking and ending a `quell serve`. Judges nothing.
 */
#include "server.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <curl/curl.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/limits.h"
#include "point.h"
#include "value/json.h"
#include "value/value.h"

enum { WORDS_MAX = 8, TOLD_MAX = 4096, ANSWER_MAX = 16 * 1024 * 1024, ANSWER_MS = 10000 };

int64_t now_ms(void)
{
    struct timespec now = {0};

    (void)clock_gettime(CLOCK_MONOTONIC, &now); /* cannot fail */
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* ---- starting --------------------------------------------------------------------------------*/

static void set_number(const char *variable, int64_t number)
{
    char text[24];

    (void)snprintf(text, sizeof(text), "%lld", (long long)number);
    (void)setenv(variable, text, 1);
}

/* What the shim has to do there: a loss of power is a death, and one stands still by a signal. */
static const char *shim_word(const char *when)
{
    bool cut = strncmp(when, "cut-", 4) == 0, stop = strcmp(when, "stop") == 0;

    return cut || stop ? "after" : when;
}

/* In the child: the shim's orders. */
static void give_orders(const struct server_plan *plan, const struct point *point)
{
    if (!plan->shim)
        return;
    (void)setenv("LD_PRELOAD", plan->shim, 1);
    set_number("QUELL_CRASH_SPEED", plan->speed);
    set_number("QUELL_CRASH_EPOCH", plan->epoch_ns);
    if (plan->calls)
        (void)setenv("QUELL_CRASH_LOG", plan->calls, 1);
    if (plan->trace) {
        (void)setenv("QUELL_CRASH_TRACE", plan->trace, 1);
        (void)setenv("QUELL_CRASH_FOLDER", plan->folder, 1);
    }
    if (plan->kinds)
        (void)setenv("QUELL_CRASH_KINDS", "1", 1);
    if (!point)
        return;
    (void)setenv("QUELL_CRASH_THREAD", point->thread, 1);
    (void)setenv("QUELL_CRASH_CALL", point->call, 1);
    set_number("QUELL_CRASH_NTH", (int64_t)point->nth);
    (void)setenv("QUELL_CRASH_WHEN", shim_word(point->when), 1);
    set_number("QUELL_CRASH_SIGNAL", plan->signal);
}

/* `out` < 0: the log gets that, too. */
static void run_child(const struct server_plan *plan, const struct point *point,
                      const char *const *words, int out)
{
    int log = open(plan->log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    char *arguments[WORDS_MAX + 4];
    size_t count = 0;

    if (log < 0 || dup2(log, STDERR_FILENO) < 0 || dup2(out < 0 ? log : out, STDOUT_FILENO) < 0)
        _exit(126);
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL); /* nothing is left of a test that was ended */
    give_orders(plan, point);
    arguments[count++] = (char *)(uintptr_t)plan->program;
    while (*words && count <= WORDS_MAX)
        arguments[count++] = (char *)(uintptr_t)*words++;
    arguments[count++] = (char *)(uintptr_t) "-c";
    arguments[count++] = (char *)(uintptr_t)plan->config;
    arguments[count] = NULL;
    (void)execv(plan->program, arguments);
    _exit(127);
}

/* Waits until one of the two is readable; false at the deadline. */
static bool wait_for(int fd, int other, int64_t deadline_ms)
{
    struct pollfd fds[2] = {{.fd = fd, .events = POLLIN}, {.fd = other, .events = POLLIN}};
    int64_t left = deadline_ms - now_ms();

    return poll(fds, 2, left > 0 ? (int)left : 0) > 0;
}

/* The line about where it listens; false when the pipe ended without one. */
static bool read_ports(struct server *server, int from, int64_t deadline_ms)
{
    char line[TOLD_MAX];
    size_t len = 0;
    struct arena *arena;
    struct quell_value told;
    struct quell_error err;
    bool good = false;

    while (len < sizeof(line) && wait_for(from, -1, deadline_ms)) {
        ssize_t got = read(from, line + len, sizeof(line) - len);

        if (got <= 0)
            return false;
        len += (size_t)got;
        if (line[len - 1] == '\n')
            break;
    }
    arena = arena_new(0);
    if (!json_read(arena, (struct quell_str){line, len}, 0, &told, NULL, &err)) {
        (void)snprintf(server->url, sizeof(server->url), "http://127.0.0.1:%lld",
                       (long long)quell_get_int(told, "port", 0));
        (void)snprintf(server->control, sizeof(server->control), "%.*s",
                       QUELL_ARG(quell_get_str(told, "control")));
        good = true;
    }
    arena_free(arena);
    return good;
}

static void reap(struct server *server)
{
    if (waitpid(server->pid, &server->status, 0) == server->pid)
        server->ended = true;
    (void)close(server->pidfd); /* was only polled */
}

bool server_start(struct server *server, const struct server_plan *plan, const struct point *point,
                  int64_t deadline_ms)
{
    static const char *const words[] = {"serve", "--ports", "-", NULL};
    int out[2];
    bool listens;

    *server = (struct server){.pidfd = -1};
    if (pipe2(out, O_CLOEXEC)) {
        perror("crash: pipe");
        exit(2);
    }
    server->pid = fork();
    if (server->pid == 0)
        run_child(plan, point, words, out[1]);
    (void)close(out[1]); /* the child's */
    if (server->pid > 0)
        server->pidfd = (int)syscall(SYS_pidfd_open, server->pid, 0);
    if (server->pidfd < 0) {
        perror("crash: fork");
        exit(2);
    }
    listens = read_ports(server, out[0], deadline_ms);
    (void)close(out[0]); /* it has told all */
    if (listens)
        return true;
    if (!server_ended(server, 1000)) {
        (void)kill(server->pid, SIGKILL);
        reap(server);
        server->status = -1; /* hung: no point was reached */
    }
    return false;
}

/* ---- ending ----------------------------------------------------------------------------------*/

bool server_ended(struct server *server, int wait_ms)
{
    struct pollfd end = {.fd = server->pidfd, .events = POLLIN};

    if (!server->ended && poll(&end, 1, wait_ms) > 0)
        reap(server);
    return server->ended;
}

bool server_stop(struct server *server, int64_t deadline_ms)
{
    int64_t left = deadline_ms - now_ms();

    if (server->ended)
        return true;
    (void)kill(server->pid, SIGTERM);
    if (server_ended(server, left > 0 ? (int)left : 0))
        return true;
    (void)kill(server->pid, SIGKILL);
    reap(server);
    server->status = -1;
    return false;
}

bool server_was_killed(const struct server *server)
{
    return server->ended && server->status != -1 && WIFSIGNALED(server->status) &&
           WTERMSIG(server->status) == SIGKILL;
}

int server_command(const struct server_plan *plan, const char *const *words)
{
    int status = -1;
    pid_t child = fork();

    if (child == 0)
        run_child(plan, NULL, words, -1);
    if (child < 0 || waitpid(child, &status, 0) != child)
        return -1;
    return status;
}

/* ---- asking ----------------------------------------------------------------------------------*/

static size_t keep(char *data, size_t size, size_t count, void *user)
{
    buf_add(user, data, size * count);
    return size * count;
}

static void set_options(CURL *easy, const struct server *server, struct arena *arena,
                        const char *path, const char *body)
{
    bool control = strncmp(path, "/api/", 5) == 0;
    const char *base = control ? "http://localhost" : server->url;

    (void)curl_easy_setopt(easy, CURLOPT_URL, arena_format(arena, "%s%s", base, path).data);
    if (control)
        (void)curl_easy_setopt(easy, CURLOPT_UNIX_SOCKET_PATH, server->control);
    (void)curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    (void)curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS,
                           (long)(server->answer_ms ? server->answer_ms : ANSWER_MS));
    (void)curl_easy_setopt(easy, CURLOPT_NOPROXY, "*");
    (void)curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, keep);
    if (body)
        (void)curl_easy_setopt(easy, CURLOPT_POSTFIELDS, body);
}

struct answer server_ask(const struct server *server, struct arena *arena, const char *path,
                         const char *header, const char *body)
{
    struct buf text = {.size_max = ANSWER_MAX};
    struct curl_slist *headers = curl_slist_append(NULL, "Content-Type: application/json");
    struct answer answer = {.json = quell_null()};
    struct quell_error ignored;
    CURL *easy = curl_easy_init();
    long status = 0;

    headers = curl_slist_append(headers, "Expect:");
    if (header)
        headers = curl_slist_append(headers, header);
    set_options(easy, server, arena, path, body);
    (void)curl_easy_setopt(easy, CURLOPT_HTTPHEADER, headers);
    (void)curl_easy_setopt(easy, CURLOPT_WRITEDATA, &text);
    if (curl_easy_perform(easy) == CURLE_OK)
        (void)curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
    answer.status = (int)status;
    if (json_read(arena, buf_str(&text), ANSWER_MAX, &answer.json, NULL, &ignored))
        answer.json = quell_null(); /* half an answer, or a page: the status says enough */
    curl_slist_free_all(headers);
    curl_easy_cleanup(easy);
    buf_free(&text);
    return answer;
}
