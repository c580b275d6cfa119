/*
 * daemon.c - the life of `quell serve`: start, say where, signals, reload, drain, end.
 */
#include "serve/serve.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/limits.h"
#include "loop/log.h"
#include "loop/loop.h"
#include "serve/notify.h"
#include "serve/service.h"
#include "value/json.h"
#include "value/value.h"

#define EXIT_TROUBLE 2     /* a tool error, as UX.md has it */
#define LAST_WORDS_MS 1000 /* for telling those who wait that the store failed */

struct daemon_life {
    struct loop *loop;
    struct service *service;
    const struct serve_options *options;
    const struct serve_engine *engine;
    bool stopping;     /* a signal said so */
    unsigned draining; /* the server, the engine */
    bool ended;        /* and it is done, or done waiting for */
};

/* ---- saying where ------------------------------------------------------------------------------
 */

static void log_addresses(struct server *server)
{
    const char *url;

    for (size_t i = 0; (url = server_url(server, i, NULL)); i++)
        log_line(LOG_LEVEL_INFO, "listening on %s", url);
}

/* {"urls": [...], "port": N, "control": path or null} */
static struct quell_str describe(struct arena *arena, struct server *server)
{
    struct list_builder urls = {.arena = arena};
    struct map_builder map = {.arena = arena};
    struct quell_value control = quell_null();
    int first_port = 0, port;
    const char *url;

    for (size_t i = 0; (url = server_url(server, i, &port)); i++) {
        if (strncmp(url, "unix:", 5) == 0) {
            control = quell_text(url + 5);
            continue;
        }
        list_add(&urls, quell_text(url));
        if (first_port == 0)
            first_port = port;
    }
    map_add(&map, "urls", list_made(&urls));
    map_add(&map, "port", quell_int(first_port));
    map_add(&map, "control", control);
    return arena_format(arena, "%.*s\n", QUELL_ARG(json_text(arena, map_made(&map), JSON_COMPACT)));
}

static bool write_all(int fd, struct quell_str text)
{
    while (text.len > 0) {
        ssize_t wrote = write(fd, text.data, text.len);

        if (wrote < 0 && errno != EINTR)
            return false;
        if (wrote > 0)
            text = (struct quell_str){text.data + wrote, text.len - (size_t)wrote};
    }
    return true;
}

static enum quell_code io_error(struct quell_error *err, const char *path)
{
    return error_set(err, QUELL_IO, "%s: %s", path, strerror(errno));
}

/* Under another name first: whoever waits for the file never sees half of it. */
static enum quell_code write_file(struct arena *arena, const char *path, struct quell_str text,
                                  struct quell_error *err)
{
    const char *part = arena_format(arena, "%s.part", path).data;
    int fd = open(part, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    bool good;

    if (fd < 0)
        return io_error(err, part);
    good = write_all(fd, text);
    if (close(fd) || !good || rename(part, path))
        return io_error(err, path);
    return QUELL_OK;
}

static enum quell_code tell_addresses(const struct daemon_life *life, struct quell_error *err)
{
    const char *path = life->options->ports_file;
    struct arena *arena = arena_new(0);
    struct quell_str text = describe(arena, serve_server(life->service));
    enum quell_code code = QUELL_OK;

    log_addresses(serve_server(life->service));
    if (path && strcmp(path, "-") == 0)
        code = write_all(STDOUT_FILENO, text) ? QUELL_OK : io_error(err, "standard output");
    else if (path)
        code = write_file(arena, path, text, err);
    arena_free(arena);
    return code;
}

/* ---- signals -----------------------------------------------------------------------------------
 */

static void drained(void *user)
{
    struct daemon_life *life = user;

    life->ended = true;
    loop_stop(life->loop);
}

static void one_drained(void *user)
{
    struct daemon_life *life = user;

    if (--life->draining == 0)
        drained(life);
}

static void stop(int number, void *user)
{
    struct daemon_life *life = user;
    int64_t most_ms = life->options->drain_ms ? life->options->drain_ms : LIMIT_DRAIN_MS;

    if (life->stopping) { /* asked twice: at once */
        log_line(LOG_LEVEL_WARNING, "signal %d again: not waiting for what is in flight", number);
        drained(life);
        return;
    }
    life->stopping = true;
    notify_send("STOPPING=1");
    log_line(LOG_LEVEL_INFO, "signal %d: draining", number);
    /* Both at once: an incident that still comes in is kept, and acted on by the next start. */
    life->draining = life->engine->drain ? 2 : 1;
    server_drain(serve_server(life->service), most_ms, one_drained, life);
    if (life->engine->drain)
        life->engine->drain(life->engine->engine, most_ms, one_drained, life);
}

static void reload(int number, void *user)
{
    struct daemon_life *life = user;
    struct quell_error err = {.code = QUELL_OK};

    (void)number;
    if (life->stopping)
        return;
    notify_reloading();
    if (serve_reload(life->service, &err))
        log_line(LOG_LEVEL_ERROR, "reload refused, the old configuration stays: %s", err.message);
    else
        log_line(LOG_LEVEL_INFO, "reloaded");
    notify_send("READY=1");
}

/* As `kill -USR1` has it: everything. */
static void halt(int number, void *user)
{
    struct daemon_life *life = user;
    struct quell_halt everything = {
        .what = "everything", .by = QUELL_STR("a signal"), .reason = QUELL_STR("SIGUSR1")};
    struct quell_error err = {.code = QUELL_OK};

    (void)number;
    if (life->engine->halt == NULL)
        return;
    if (life->engine->halt(life->engine->engine, &everything, NULL, NULL, &err))
        log_line(LOG_LEVEL_ERROR, "not halted: %s", err.message);
}

/* ---- the whole ---------------------------------------------------------------------------------
 */

/* The usual soft limit of 1024 descriptors is below our limit of connections. */
static void raise_descriptors(void)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit))
        return;
    limit.rlim_cur = limit.rlim_max;
    (void)setrlimit(RLIMIT_NOFILE, &limit); /* else fewer connections: accept() says so */
}

/* Memory holds every secret in clear text: none of it goes to a disk when the process dies, and no
 * other process of the same user reads it. The limit alone does not hold where the kernel pipes
 * dumps to a program. */
static bool forbid_dumps(void)
{
    const struct rlimit none = {0, 0};

    return setrlimit(RLIMIT_CORE, &none) == 0 && prctl(PR_SET_DUMPABLE, 0L, 0L, 0L, 0L) == 0;
}

/* False when the engine ended it. */
static bool run(struct daemon_life *life)
{
    struct loop_watch *watches[] = {
        loop_signal(life->loop, SIGTERM, stop, life),
        loop_signal(life->loop, SIGINT, stop, life),
        loop_signal(life->loop, SIGHUP, reload, life),
        loop_signal(life->loop, SIGUSR1, halt, life),
    };
    bool asked;

    notify_send("READY=1");
    loop_run(life->loop);
    asked = life->ended;
    if (!asked) {
        /* The engine has stopped the loop: its store failed, nothing is acknowledged any more. */
        log_line(LOG_LEVEL_ERROR, "the engine has stopped: ending");
        notify_send("STOPPING=1");
        server_drain(serve_server(life->service), LAST_WORDS_MS, drained, life);
        loop_run(life->loop);
    }
    for (size_t i = 0; i < sizeof(watches) / sizeof(watches[0]); i++)
        loop_unwatch(watches[i]);
    log_line(LOG_LEVEL_INFO, "stopped");
    return asked;
}

int serve_daemon(const struct serve_engine *engine, struct loop *loop,
                 const struct serve_options *options)
{
    struct daemon_life life = {.loop = loop, .engine = engine, .options = options};
    struct quell_error err = {.code = QUELL_OK};
    bool good;

    raise_descriptors();
    if (!forbid_dumps()) {
        log_line(LOG_LEVEL_ERROR, "cannot serve: core dumps cannot be turned off: %s",
                 strerror(errno));
        return EXIT_TROUBLE;
    }
    if (serve_start(engine, loop, options, &life.service, &err)) {
        log_line(LOG_LEVEL_ERROR, "cannot serve: %s", err.message);
        return EXIT_TROUBLE;
    }
    if (tell_addresses(&life, &err)) {
        log_line(LOG_LEVEL_ERROR, "cannot serve: %s", err.message);
        serve_stop(life.service);
        return EXIT_TROUBLE;
    }
    good = run(&life);
    serve_stop(life.service);
    return good ? 0 : EXIT_TROUBLE;
}
