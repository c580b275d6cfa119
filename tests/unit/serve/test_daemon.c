/*
 * test_daemon.c - the life of the daemon in a child process: it says where it listens, tells the
 * service manager, reloads, drains and ends with the right status.
 */
#include "fixture.h"

#include <poll.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "loop/file.h"

#define PATIENCE_MS 20000
#define HOUR_MS 3600000
#define POST                                                                                       \
    "POST /hooks/open HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n"                   \
    "Content-Length: 2\r\n\r\n"

struct child {
    char folder[64], ports[96], manager[96];
    int notify; /* what the service manager hears */
    pid_t pid;
    int port;
    int64_t drain_ms;
};

/* The service manager's next message. */
static void hear(struct child *child, char *text, size_t size)
{
    struct pollfd ready = {.fd = child->notify, .events = POLLIN};
    ssize_t got;

    assert_int_equal(poll(&ready, 1, PATIENCE_MS), 1);
    got = recv(child->notify, text, size - 1, 0);
    assert_true(got > 0);
    text[got] = '\0';
}

static void expect(struct child *child, const char *start)
{
    char text[256];

    hear(child, text, sizeof(text));
    if (strncmp(text, start, strlen(start)) != 0)
        fail_msg("the service manager heard %s instead of %s", text, start);
}

enum behaviour { ANSWERS, STOPS_ITS_LOOP, DRAINS };

static enum quell_code stop_loop(void *engine, const struct quell_submission *submission,
                                 quell_submitted_fn *done, void *user, struct quell_error *err)
{
    (void)submission;
    (void)done;
    (void)user;
    loop_stop(((struct fake *)engine)->loop);
    return error_set(err, QUELL_IO, "the disk is gone");
}

/* An engine that has something on its way: it comes home a little later. */
struct homecoming {
    struct fake *fake;
    bool home;
    void (*done)(void *user);
    void *user;
};

static struct homecoming homecoming; /* of the child */

static void come_home(void *user)
{
    struct homecoming *coming = user;

    coming->home = true;
    coming->done(coming->user);
}

static void drain(void *engine, int64_t most_ms, void (*done)(void *user), void *user)
{
    struct fake *fake = engine;

    assert_true(most_ms > 0);
    homecoming = (struct homecoming){fake, false, done, user};
    (void)loop_after(fake->loop, 50, come_home, &homecoming);
}

static int serve(struct child *child, enum behaviour behaviour, const char *config)
{
    struct serve_options options = {.deadlines = {.head_ms = HOUR_MS, .body_ms = HOUR_MS},
                                    .ports_file = child->ports,
                                    .drain_ms = child->drain_ms};
    struct fake fake;
    struct serve_engine engine;
    int status;

    fake_init(&fake, config);
    engine = fake_engine(&fake);
    if (behaviour == STOPS_ITS_LOOP)
        engine.submit = stop_loop;
    if (behaviour == DRAINS)
        engine.drain = drain;
    status = serve_daemon(&engine, fake.loop, &options);
    if (behaviour == DRAINS && !homecoming.home)
        status = 99;
    for (int i = 0; i < 3; i++)
        loop_once(fake.loop, 0);
    loop_free(fake.loop);
    arena_free(fake.arena);
    return status;
}

static void open_manager(struct child *child)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};

    child->notify = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    memcpy(address.sun_path, child->manager, strlen(child->manager) + 1);
    assert_int_equal(bind(child->notify, (struct sockaddr *)&address, sizeof(address)), 0);
    setenv("NOTIFY_SOCKET", child->manager, 1);
}

static void start(struct child *child, enum behaviour behaviour, const char *config)
{
    (void)alarm(PATIENCE_MS / 1000); /* whoever hangs has failed */
    (void)snprintf(child->folder, sizeof(child->folder), "/tmp/quell-daemon-XXXXXX");
    assert_non_null(mkdtemp(child->folder));
    (void)snprintf(child->ports, sizeof(child->ports), "%s/ports.json", child->folder);
    (void)snprintf(child->manager, sizeof(child->manager), "%s/manager", child->folder);
    open_manager(child);
    child->pid = fork();
    assert_true(child->pid >= 0);
    if (child->pid == 0)
        _exit(serve(child, behaviour, config));
}

static void wait_ready(struct child *child)
{
    struct arena *arena = arena_new(0);
    struct quell_str text;
    struct quell_value ports;
    struct quell_error err;

    expect(child, "READY=1"); /* by then the file is whole */
    assert_int_equal(file_read(arena, child->ports, 4096, &text, &err), QUELL_OK);
    assert_int_equal(json_read(arena, text, 4096, &ports, NULL, &err), QUELL_OK);
    child->port = (int)quell_get_int(ports, "port", 0);
    assert_true(child->port > 0);
    assert_true(str_starts(quell_str(quell_at(quell_get(ports, "urls"), 0)),
                           QUELL_STR("http://127.0.0.1:")));
    arena_free(arena);
}

static int connect_to(const struct child *child)
{
    struct sockaddr_in address = {.sin_family = AF_INET};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    address.sin_port = htons((uint16_t)child->port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof(address)), 0);
    return fd;
}

/* All that comes until the server closes. */
static void read_all(int fd, char *text, size_t size)
{
    size_t used = 0;
    ssize_t got;

    while (used < size - 1 && (got = recv(fd, text + used, size - 1 - used, 0)) > 0)
        used += (size_t)got;
    text[used] = '\0';
    (void)close(fd);
}

static int end(struct child *child)
{
    int status;

    assert_int_equal(waitpid(child->pid, &status, 0), child->pid);
    (void)close(child->notify);
    (void)unlink(child->ports);
    (void)unlink(child->manager);
    (void)rmdir(child->folder);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

static const char config[] =
    "{\"listen\": \"127.0.0.1:0\", \"hooks\": {\"open\": {\"auth\": \"none\"}}}";

static void a_signal_drains_and_ends_with_0(int number)
{
    struct child child = {.drain_ms = 5000};
    char answer[1024];
    int fd;

    start(&child, ANSWERS, config);
    wait_ready(&child);
    fd = connect_to(&child);
    assert_int_equal(send(fd, POST "{", sizeof(POST "{") - 1, 0), sizeof(POST "{") - 1);
    /* A whole exchange on another connection: the first one's bytes are certainly read by then. */
    int other = connect_to(&child);
    assert_true(send(other, "GET /livez HTTP/1.0\r\n\r\n", 23, 0) == 23);
    read_all(other, answer, sizeof(answer));
    assert_true(strncmp(answer, "HTTP/1.1 200", 12) == 0);
    kill(child.pid, number);
    expect(&child, "STOPPING=1");
    assert_int_equal(send(fd, "}", 1, 0), 1);
    read_all(fd, answer, sizeof(answer));
    assert_true(strncmp(answer, "HTTP/1.1 202", 12) == 0);
    assert_non_null(strstr(answer, "Connection: close"));
    assert_int_equal(end(&child), 0);
}

static void sigterm_drains_and_ends(void **state)
{
    (void)state;
    a_signal_drains_and_ends_with_0(SIGTERM);
}

static void sigint_drains_and_ends(void **state)
{
    (void)state;
    a_signal_drains_and_ends_with_0(SIGINT);
}

static void sighup_reloads_and_the_manager_knows(void **state)
{
    struct child child = {.drain_ms = 5000};

    (void)state;
    start(&child, ANSWERS, config);
    wait_ready(&child);
    kill(child.pid, SIGHUP);
    expect(&child, "RELOADING=1\nMONOTONIC_USEC=");
    expect(&child, "READY=1");
    kill(child.pid, SIGTERM);
    expect(&child, "STOPPING=1");
    assert_int_equal(end(&child), 0);
}

static void the_end_waits_for_what_the_engine_has_on_its_way(void **state)
{
    struct child child = {.drain_ms = 5000};

    (void)state;
    start(&child, DRAINS, config);
    wait_ready(&child);
    kill(child.pid, SIGTERM);
    expect(&child, "STOPPING=1");
    assert_int_equal(end(&child), 0);
}

static void a_second_signal_does_not_wait(void **state)
{
    struct child child = {.drain_ms = HOUR_MS};
    int fd;

    (void)state;
    start(&child, ANSWERS, config);
    wait_ready(&child);
    fd = connect_to(&child);
    assert_true(send(fd, POST "{", sizeof(POST "{") - 1, 0) > 0); /* and never the rest */
    kill(child.pid, SIGTERM);
    expect(&child, "STOPPING=1");
    kill(child.pid, SIGTERM);
    assert_int_equal(end(&child), 0);
    (void)close(fd);
}

static void an_engine_that_stops_ends_the_daemon_with_2(void **state)
{
    struct child child = {.drain_ms = 5000};
    char answer[1024];
    int fd;

    (void)state;
    start(&child, STOPS_ITS_LOOP, config);
    wait_ready(&child);
    fd = connect_to(&child);
    assert_true(send(fd, POST "{}", sizeof(POST "{}") - 1, 0) > 0);
    read_all(fd, answer, sizeof(answer));
    assert_true(strncmp(answer, "HTTP/1.1 503", 12) == 0); /* it is told before the end */
    expect(&child, "STOPPING=1");
    assert_int_equal(end(&child), 2);
}

static void what_cannot_start_ends_with_2(void **state)
{
    struct child child = {.drain_ms = 5000};

    (void)state;
    start(&child, ANSWERS, "{\"listen\": \"0.0.0.0:0\"}");
    assert_int_equal(end(&child), 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sigterm_drains_and_ends),
        cmocka_unit_test(sigint_drains_and_ends),
        cmocka_unit_test(sighup_reloads_and_the_manager_knows),
        cmocka_unit_test(the_end_waits_for_what_the_engine_has_on_its_way),
        cmocka_unit_test(a_second_signal_does_not_wait),
        cmocka_unit_test(an_engine_that_stops_ends_the_daemon_with_2),
        cmocka_unit_test(what_cannot_start_ends_with_2),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
