/*
 * server.c - listeners, the list of connections, their deadlines and the drain.
 *
 * One sweep looks at all connections instead of a timer for each: 4096 of them cost about 20 us,
 * and a keep-alive connection costs no timer work per request. It runs only while there are any.
 */
#include "serve/connection.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <event2/listener.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/limits.h"
#include "base/memory.h"
#include "loop/log.h"
#include "loop/loop.h"
#include "serve/tls.h"

#define SPARE_MAX 64         /* exchanges kept for reuse */
#define BACKLOG 1024         /* connections that the kernel holds for us */
#define SWEEP_LONGEST_MS 250 /* how late a deadline may be noticed */
#define SWEEP_SHORTEST_MS 5
#define PAUSE_MS 100 /* without accepting, when descriptors have run out */

/* ---- exchanges, recycled -----------------------------------------------------------------------
 */

struct pending *server_pending(struct server *server)
{
    struct pending *pending = server->spare;

    if (!pending) {
        pending = memory_new(sizeof(*pending));
        pending->exchange.arena = arena_new(0);
        return pending;
    }
    server->spare = pending->next;
    server->spare_count--;
    pending->next = NULL;
    return pending;
}

void server_release(struct server *server, struct pending *pending)
{
    struct arena *arena = pending->exchange.arena;

    http_request_free(&pending->request);
    if (!server || server->spare_count == SPARE_MAX) {
        arena_free(arena);
        memory_free(pending);
        return;
    }
    arena_reset(arena);
    *pending = (struct pending){.exchange.arena = arena, .next = server->spare};
    server->spare = pending;
    server->spare_count++;
}

void server_orphan(struct server *server, struct pending *pending)
{
    pending->connection = NULL;
    pending->orphan_of = server;
    pending->next = server->orphans;
    server->orphans = pending;
}

void server_bury(struct pending *pending)
{
    struct server *server = pending->orphan_of;

    if (server) {
        struct pending **at = &server->orphans;

        while (*at != pending)
            at = &(*at)->next;
        *at = pending->next;
    }
    server_release(server, pending);
}

/* The server ends first: whoever answers later must find nothing of it. */
static void abandon_orphans(struct server *server)
{
    while (server->orphans) {
        struct pending *pending = server->orphans;

        server->orphans = pending->next;
        pending->orphan_of = NULL;
        pending->next = NULL;
        pending->exchange.service = NULL;
    }
}

/* ---- connections -------------------------------------------------------------------------------
 */

static void report_drained(void *user)
{
    struct server *server = user;

    server->drain_timer = NULL;
    while (server->connections)
        connection_close(server->connections);
    loop_cancel(server->drain_timer); /* the last close has asked again */
    server->drain_timer = NULL;
    if (server->drained)
        server->drained(server->drained_user);
}

void server_forget(struct server *server, struct connection *connection)
{
    if (connection->previous)
        connection->previous->next = connection->next;
    else
        server->connections = connection->next;
    if (connection->next)
        connection->next->previous = connection->previous;
    server->counters.open--;
    if (server->draining && !server->connections) {
        loop_cancel(server->drain_timer);
        server->drain_timer = loop_after(server->loop, 0, report_drained, server);
    }
}

static int64_t sweep_ms(const struct server *server)
{
    const struct server_deadlines *ms = &server->deadlines;
    int64_t shortest = ms->head_ms < ms->body_ms ? ms->head_ms : ms->body_ms;
    int64_t period = shortest / 16;

    if (period > SWEEP_LONGEST_MS)
        return SWEEP_LONGEST_MS;
    return period < SWEEP_SHORTEST_MS ? SWEEP_SHORTEST_MS : period;
}

static void sweep(void *user)
{
    struct server *server = user;
    struct connection *connection = server->connections;
    int64_t now_us = clock_monotonic_us();

    server->sweep = NULL;
    while (connection) {
        struct connection *next = connection->next;

        connection_expire(connection, now_us);
        connection = next;
    }
    if (server->connections)
        server->sweep = loop_after(server->loop, sweep_ms(server), sweep, server);
}

/* At the limit the connection that has idled longest makes room. */
static bool make_room(struct server *server)
{
    struct connection *oldest = NULL;

    if (server->counters.open < server->connections_max)
        return true;
    for (struct connection *at = server->connections; at; at = at->next) {
        if (at->phase == PHASE_IDLE && at->count == 0 &&
            (!oldest || at->read_deadline_us < oldest->read_deadline_us))
            oldest = at;
    }
    if (!oldest)
        return false;
    server->counters.evicted++;
    connection_close(oldest);
    return true;
}

static void turn_away(struct server *server, const struct listener *listener, int fd)
{
    static const char busy[] = "HTTP/1.1 503 Service Unavailable\r\nRetry-After: 1\r\n"
                               "Content-Length: 0\r\nConnection: close\r\n\r\n";

    server->counters.refused++;
    /* A courtesy: whether it arrives does not matter. */
    if (!listener->secure)
        (void)send(fd, busy, sizeof(busy) - 1, MSG_DONTWAIT | MSG_NOSIGNAL);
    (void)close(fd);
}

static void take_connection(struct listener *listener, int fd, const struct peer *peer)
{
    struct server *server = listener->server;
    struct connection *connection;

    if (!make_room(server)) {
        turn_away(server, listener, fd);
        return;
    }
    connection = connection_new(server, listener, fd, peer);
    if (!connection) {
        turn_away(server, listener, fd);
        return;
    }
    server->counters.accepted++;
    server->counters.open++;
    connection->next = server->connections;
    if (server->connections)
        server->connections->previous = connection;
    server->connections = connection;
    if (!server->sweep)
        server->sweep = loop_after(server->loop, sweep_ms(server), sweep, server);
    if (server->draining)
        connection_finish(connection);
}

/* ---- peers -------------------------------------------------------------------------------------
 */

static void describe(const struct sockaddr *address, struct peer *peer)
{
    char text[INET6_ADDRSTRLEN] = "?";
    const struct sockaddr_in6 *v6 = (const void *)address;
    const struct sockaddr_in *v4 = (const void *)address;

    if (address->sa_family == AF_INET) {
        (void)inet_ntop(AF_INET, &v4->sin_addr, text, sizeof(text)); /* cannot be too short */
        peer->loopback = ntohl(v4->sin_addr.s_addr) >> 24 == 127;
        (void)snprintf(peer->text, sizeof(peer->text), "%s:%d", text, ntohs(v4->sin_port));
        return;
    }
    (void)inet_ntop(AF_INET6, &v6->sin6_addr, text, sizeof(text)); /* cannot be too short */
    peer->loopback = IN6_IS_ADDR_LOOPBACK(&v6->sin6_addr) ||
                     (IN6_IS_ADDR_V4MAPPED(&v6->sin6_addr) && v6->sin6_addr.s6_addr[12] == 127);
    (void)snprintf(peer->text, sizeof(peer->text), "[%s]:%d", text, ntohs(v6->sin6_port));
}

/* Over the Unix socket only our own user and root are heard. */
static bool identify(int fd, struct peer *peer)
{
    struct ucred cred;
    socklen_t len = sizeof(cred);

    if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &cred, &len) || len != sizeof(cred))
        return false;
    peer->local = true;
    peer->loopback = true;
    peer->uid = cred.uid;
    (void)snprintf(peer->text, sizeof(peer->text), "unix uid %u", (unsigned)cred.uid);
    return cred.uid == geteuid() || cred.uid == 0;
}

static void accepted(struct evconnlistener *socket, evutil_socket_t fd, struct sockaddr *address,
                     int len, void *user)
{
    struct listener *listener = user;
    struct peer peer = {.tls = listener->secure};
    int on = 1;

    (void)socket;
    (void)len;
    if (!listener->local) {
        describe(address, &peer);
        /* Else Nagle and delayed acknowledgements add 40 ms to each answer over TLS [M]. */
        (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    } else if (!identify(fd, &peer)) {
        turn_away(listener->server, listener, fd);
        return;
    }
    take_connection(listener, fd, &peer);
}

static void accept_again(void *user)
{
    struct listener *listener = user;

    listener->pause = NULL;
    (void)evconnlistener_enable(listener->socket); /* if not, the next connection tells */
}

static void accept_failed(struct evconnlistener *socket, void *user)
{
    struct listener *listener = user;

    log_line(LOG_LEVEL_ERROR, "accept %s: %s", listener->url, strerror(errno));
    if (listener->pause)
        return;
    (void)evconnlistener_disable(socket); /* else the loop would spin on a full table */
    listener->pause = loop_after(listener->server->loop, PAUSE_MS, accept_again, listener);
}

/* ---- listening ---------------------------------------------------------------------------------
 */

static enum quell_code socket_error(struct quell_error *err, const char *what)
{
    enum quell_code code = errno == EADDRINUSE                 ? QUELL_CONFLICT
                           : errno == EACCES || errno == EPERM ? QUELL_DENIED
                                                               : QUELL_IO;

    return error_set(err, code, "cannot listen on %s: %s", what, strerror(errno));
}

static int new_socket(int family)
{
    int on = 1;
    int fd = socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

    if (fd < 0)
        return -1;
    if (family != AF_UNIX)
        (void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)); /* bind() tells */
    if (family == AF_INET6)
        (void)setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on));
    return fd;
}

static enum quell_code add_listener(struct server *server, int fd, const struct listener *model,
                                    struct quell_error *err)
{
    struct listener *listener = memory_new(sizeof(*listener));

    *listener = *model;
    listener->server = server;
    listener->socket =
        evconnlistener_new(loop_base(server->loop), accepted, listener,
                           LEV_OPT_CLOSE_ON_FREE | LEV_OPT_CLOSE_ON_EXEC, BACKLOG, fd);
    if (!listener->socket) {
        enum quell_code code = socket_error(err, model->url);

        (void)close(fd);
        memory_free(listener->path);
        memory_free(listener);
        return code;
    }
    evconnlistener_set_error_cb(listener->socket, accept_failed);
    /* Listeners keep their order: the first one is what people are told. */
    struct listener **end = &server->listeners;
    while (*end)
        end = &(*end)->next;
    *end = listener;
    return QUELL_OK;
}

static void name_listener(struct listener *listener, const struct sockaddr *address)
{
    struct peer peer = {.tls = listener->secure};

    describe(address, &peer);
    (void)snprintf(listener->url, sizeof(listener->url), "%s://%s",
                   listener->secure ? "https" : "http", peer.text);
    listener->port = ntohs(address->sa_family == AF_INET
                               ? ((const struct sockaddr_in *)(const void *)address)->sin_port
                               : ((const struct sockaddr_in6 *)(const void *)address)->sin6_port);
}

enum quell_code server_listen_tcp(struct server *server, const struct sockaddr *address,
                                  bool secure, struct quell_error *err)
{
    struct listener model = {.secure = secure};
    struct sockaddr_storage bound;
    socklen_t len =
        address->sa_family == AF_INET ? sizeof(struct sockaddr_in) : sizeof(struct sockaddr_in6);
    int fd;

    name_listener(&model, address);
    fd = new_socket(address->sa_family);
    if (fd < 0)
        return socket_error(err, model.url);
    if (bind(fd, address, len)) {
        enum quell_code code = socket_error(err, model.url);

        (void)close(fd);
        return code;
    }
    len = sizeof(bound);
    if (getsockname(fd, (struct sockaddr *)&bound, &len) == 0)
        name_listener(&model, (const struct sockaddr *)&bound);
    return add_listener(server, fd, &model, err);
}

static int bind_unix(const struct sockaddr_un *address)
{
    int fd = new_socket(AF_UNIX);

    if (fd < 0)
        return -1;
    /* The mode of the unbound socket is that of the file that bind() makes: no moment is open. */
    if (fchmod(fd, S_IRUSR | S_IWUSR) ||
        bind(fd, (const struct sockaddr *)address, sizeof(*address))) {
        int saved = errno;

        (void)close(fd);
        errno = saved;
        return -1;
    }
    return fd;
}

enum quell_code server_listen_unix(struct server *server, const char *path, struct quell_error *err)
{
    struct listener model = {.local = true};
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    struct stat there;
    size_t len = strlen(path);
    int fd;

    if (len >= sizeof(address.sun_path)) {
        return error_set(err, QUELL_LIMIT, "a Unix socket's path has at most %zu bytes: %s",
                         sizeof(address.sun_path) - 1, path);
    }
    memcpy(address.sun_path, path, len + 1);
    (void)snprintf(model.url, sizeof(model.url), "unix:%s", path);
    if (lstat(path, &there) == 0) {
        if (!S_ISSOCK(there.st_mode))
            return error_set(err, QUELL_CONFLICT, "%s is there and is no socket", path);
        (void)unlink(path); /* bind() tells when it is still there */
    }
    fd = bind_unix(&address);
    if (fd < 0)
        return socket_error(err, model.url);
    model.path = memory_text(path, len);
    return add_listener(server, fd, &model, err);
}

void server_set_tls(struct server *server, struct tls *tls)
{
    server->tls = tls;
}

const char *server_url(const struct server *server, size_t n, int *port)
{
    const struct listener *listener = server->listeners;

    while (listener && n-- > 0)
        listener = listener->next;
    if (!listener)
        return NULL;
    if (port)
        *port = listener->port;
    return listener->url;
}

/* Those whom the kernel has already let in are served; then the door is shut. */
static void stop_listening(struct listener *listener)
{
    struct sockaddr_storage address;

    if (!listener->socket)
        return;
    for (int i = 0; i < BACKLOG; i++) {
        socklen_t len = sizeof(address);
        int fd = accept4(evconnlistener_get_fd(listener->socket), (struct sockaddr *)&address, &len,
                         SOCK_NONBLOCK | SOCK_CLOEXEC);

        if (fd < 0)
            break;
        accepted(listener->socket, fd, (struct sockaddr *)&address, (int)len, listener);
    }
    evconnlistener_free(listener->socket);
    listener->socket = NULL;
    loop_cancel(listener->pause);
    listener->pause = NULL;
    if (listener->path)
        (void)unlink(listener->path);
}

/* ---- life --------------------------------------------------------------------------------------
 */

static int64_t or_default(int64_t ms, int64_t otherwise)
{
    return ms > 0 ? ms : otherwise;
}

struct server *server_new(const struct server_options *options)
{
    struct server *server = memory_new(sizeof(*server));
    struct server_deadlines ms = options->deadlines;

    /* A client that goes away must not end the process. */
    (void)signal(SIGPIPE, SIG_IGN);
    server->loop = options->loop;
    server->application = options->application;
    server->limits = options->limits ? options->limits : &http_limits_default;
    server->connections_max =
        options->connections_max ? options->connections_max : LIMIT_HTTP_CONNECTIONS;
    server->deadlines = (struct server_deadlines){
        .head_ms = or_default(ms.head_ms, LIMIT_HTTP_HEAD_MS),
        .body_ms = or_default(ms.body_ms, LIMIT_HTTP_BODY_MS),
        .idle_ms = or_default(ms.idle_ms, LIMIT_HTTP_IDLE_MS),
        .write_ms = or_default(ms.write_ms, LIMIT_HTTP_WRITE_MS),
        .linger_ms = or_default(ms.linger_ms, LIMIT_HTTP_LINGER_MS),
    };
    return server;
}

static void free_listener(struct listener *listener)
{
    if (listener->socket) {
        evconnlistener_free(listener->socket);
        if (listener->path)
            (void)unlink(listener->path);
    }
    loop_cancel(listener->pause);
    memory_free(listener->path);
    memory_free(listener);
}

void server_free(struct server *server)
{
    if (!server)
        return;
    server->draining = false;
    while (server->connections)
        connection_close(server->connections);
    abandon_orphans(server);
    while (server->listeners) {
        struct listener *listener = server->listeners;

        server->listeners = listener->next;
        free_listener(listener);
    }
    while (server->spare) {
        struct pending *pending = server->spare;

        server->spare = pending->next;
        server_release(NULL, pending);
    }
    loop_cancel(server->sweep);
    loop_cancel(server->drain_timer);
    memory_free(server);
}

void server_drain(struct server *server, int64_t most_ms, void (*drained)(void *user), void *user)
{
    struct connection *connection;

    if (server->draining)
        return;
    server->draining = true;
    server->drained = drained;
    server->drained_user = user;
    for (struct listener *at = server->listeners; at; at = at->next)
        stop_listening(at);
    connection = server->connections;
    while (connection) {
        struct connection *next = connection->next;

        connection_finish(connection);
        connection = next;
    }
    if (!server->drain_timer)
        server->drain_timer =
            loop_after(server->loop, server->connections ? most_ms : 0, report_drained, server);
}

bool server_draining(const struct server *server)
{
    return server->draining;
}

struct server_counters server_count(const struct server *server)
{
    return server->counters;
}
