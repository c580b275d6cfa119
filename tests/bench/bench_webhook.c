/*
 * bench_webhook.c - how many incidents per second a serving quell accepts durably.
 *
 *     bench_webhook PORT PATH BODY CONNECTIONS SECONDS
 *
 * Keep-alive connections to 127.0.0.1, each with one request under way; every request is a delivery
 * of its own (webhook-id) of an event of its own (eventUniqueId is replaced). Counts 202s. Ends by
 * itself.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/str.h"
#include "loop/file.h"
#include "loop/loop.h"

enum { CONNECTIONS_MAX = 512, SECONDS_MAX = 60, LATENCIES_MAX = 4000000, ANSWER_MAX = 8192 };

struct connection {
    int fd;
    struct buf request;
    size_t sent;
    char answer[ANSWER_MAX];
    size_t got;
    int64_t begin_us;
};

struct bench {
    int port;
    const char *path;
    struct quell_str head, tail; /* the body around its event id */
    struct connection connections[CONNECTIONS_MAX];
    int count;
    unsigned long long next, accepted, refused;
    uint32_t *latencies_us;
};

static void die(const char *what)
{
    fprintf(stderr, "bench_webhook: %s: %s\n", what, strerror(errno));
    exit(2);
}

static void make_request(struct bench *bench, struct connection *connection)
{
    char id[64];
    int len = snprintf(id, sizeof(id), "bench-%d-%llu", (int)getpid(), bench->next++);
    size_t body = bench->head.len + (size_t)len + bench->tail.len;
    struct buf *out = &connection->request;

    buf_reset(out);
    buf_add_format(out,
                   "POST %s HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
                   "webhook-id: %s\r\nContent-Length: %zu\r\n\r\n",
                   bench->path, id, body);
    buf_add_str(out, bench->head);
    buf_add(out, id, (size_t)len);
    buf_add_str(out, bench->tail);
    connection->sent = connection->got = 0;
    connection->begin_us = clock_monotonic_us();
}

static void open_connection(struct bench *bench, struct connection *connection)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)bench->port)};
    int one = 1;

    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    connection->fd = socket(AF_INET, SOCK_STREAM, 0);
    if (connection->fd < 0 ||
        connect(connection->fd, (struct sockaddr *)&address, sizeof(address)) != 0)
        die("connect");
    (void)setsockopt(connection->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
    connection->request.size_max = 2 * 1024 * 1024;
    make_request(bench, connection);
}

static void send_some(struct connection *connection)
{
    struct quell_str request = buf_str(&connection->request);
    ssize_t sent = send(connection->fd, request.data + connection->sent,
                        request.len - connection->sent, MSG_DONTWAIT | MSG_NOSIGNAL);

    if (sent < 0 && errno != EAGAIN)
        die("send");
    connection->sent += sent > 0 ? (size_t)sent : 0;
}

/* True when a whole answer is there: head, and a body of its Content-Length. */
static bool whole(const struct connection *connection)
{
    struct quell_str text = {connection->answer, connection->got},
                     name = QUELL_STR("Content-Length: ");
    size_t end = str_find(text, QUELL_STR("\r\n\r\n"), 0), at = str_find(text, name, 0);
    int64_t len = 0;

    if (end == SIZE_MAX)
        return false;
    if (at == SIZE_MAX)
        return true;
    at += name.len;
    if (!str_to_int(str_slice(text, at, str_find(text, QUELL_STR("\r\n"), at)), &len))
        return true;
    return connection->got >= end + 4 + (size_t)len;
}

static void take_answer(struct bench *bench, struct connection *connection)
{
    ssize_t got = recv(connection->fd, connection->answer + connection->got,
                       sizeof(connection->answer) - connection->got, MSG_DONTWAIT);

    if (got == 0 || (got < 0 && errno != EAGAIN))
        die("the server closed");
    connection->got += got > 0 ? (size_t)got : 0;
    if (!whole(connection))
        return;
    if (memcmp(connection->answer, "HTTP/1.1 202", 12) == 0) {
        if (bench->accepted < LATENCIES_MAX)
            bench->latencies_us[bench->accepted] =
                (uint32_t)(clock_monotonic_us() - connection->begin_us);
        bench->accepted++;
    } else {
        bench->refused++;
    }
    make_request(bench, connection);
}

static void turn(struct bench *bench)
{
    struct pollfd fds[CONNECTIONS_MAX];
    int i;

    for (i = 0; i < bench->count; i++) {
        const struct connection *connection = &bench->connections[i];
        bool sending = connection->sent < connection->request.len;
        fds[i] = (struct pollfd){.fd = connection->fd, .events = sending ? POLLOUT : POLLIN};
    }
    if (poll(fds, (nfds_t)bench->count, 100) < 0)
        die("poll");
    for (i = 0; i < bench->count; i++) {
        if (fds[i].revents & POLLOUT)
            send_some(&bench->connections[i]);
        else if (fds[i].revents)
            take_answer(bench, &bench->connections[i]);
    }
}

static int compare(const void *a, const void *b)
{
    uint32_t left = *(const uint32_t *)a, right = *(const uint32_t *)b;
    return left < right ? -1 : left > right;
}

static void report(struct bench *bench, double seconds)
{
    size_t count = bench->accepted < LATENCIES_MAX ? bench->accepted : LATENCIES_MAX;

    qsort(bench->latencies_us, count, sizeof(uint32_t), compare);
    printf("%.0f incidents/s accepted durably (%llu in %.1f s, %d connections), ",
           (double)bench->accepted / seconds, bench->accepted, seconds, bench->count);
    printf("p50 %.1f ms, p99 %.1f ms, %llu refused\n",
           count ? bench->latencies_us[count / 2] / 1000.0 : 0.0,
           count ? bench->latencies_us[count * 99 / 100] / 1000.0 : 0.0, bench->refused);
}

int main(int argc, char **argv)
{
    static struct bench bench;
    struct arena *arena = arena_new(0);
    struct quell_str body, name = QUELL_STR("\"eventUniqueId\": \"");
    struct quell_error err;
    int64_t begin, seconds;
    size_t at;
    int i;

    if (argc != 6) {
        fprintf(stderr, "usage: bench_webhook PORT PATH BODY CONNECTIONS SECONDS\n");
        return 2;
    }
    bench.port = (int)strtol(argv[1], NULL, 10);
    bench.path = argv[2];
    bench.count = (int)strtol(argv[4], NULL, 10);
    seconds = strtol(argv[5], NULL, 10);
    if (file_read(arena, argv[3], 1 << 20, &body, &err) || bench.count < 1 ||
        bench.count > CONNECTIONS_MAX || seconds < 1 || seconds > SECONDS_MAX) {
        fprintf(stderr, "bench_webhook: bad arguments\n");
        return 2;
    }
    at = str_find(body, name, 0);
    bench.head = str_slice(body, 0, at == SIZE_MAX ? 0 : at + name.len);
    bench.tail = str_slice(
        body, at == SIZE_MAX ? 0 : str_find(body, QUELL_STR("\""), at + name.len), body.len);
    bench.latencies_us = arena_array(arena, uint32_t, LATENCIES_MAX);
    for (i = 0; i < bench.count; i++)
        open_connection(&bench, &bench.connections[i]);
    begin = clock_monotonic_us();
    while (clock_monotonic_us() - begin < seconds * 1000000)
        turn(&bench);
    report(&bench, (double)(clock_monotonic_us() - begin) / 1000000.0);
    for (i = 0; i < bench.count; i++) {
        (void)close(bench.connections[i].fd);
        buf_free(&bench.connections[i].request);
    }
    arena_free(arena);
    return 0;
}
