/*
 * client.h - clients of the served fake, on real sockets. Part of fixture.h.
 */
#ifndef TESTS_SERVE_CLIENT_H
#define TESTS_SERVE_CLIENT_H

#include "fixture.h"

/* ---- clients -----------------------------------------------------------------------------------
 */

struct client {
    struct fake *fake;
    int fd;
    struct buf got;
    bool closed; /* the server closed its side */
    bool reset;
};

static UNUSED void client_adopt(struct client *client, struct fake *fake, int fd)
{
    assert_true(fd >= 0);
    assert_int_equal(fcntl(fd, F_SETFL, O_NONBLOCK), 0);
    *client = (struct client){.fake = fake, .fd = fd};
}

static UNUSED void client_open(struct client *client, struct fake *fake)
{
    struct sockaddr_in address = {.sin_family = AF_INET};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    address.sin_port = htons((uint16_t)fake_port(fake));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof(address)), 0);
    client_adopt(client, fake, fd);
}

static UNUSED void client_close(struct client *client)
{
    if (client->fd >= 0)
        (void)close(client->fd);
    buf_free(&client->got);
    client->fd = -1;
}

static UNUSED void client_receive(struct client *client)
{
    char bytes[16384];
    ssize_t got;

    while (!client->closed && (got = recv(client->fd, bytes, sizeof(bytes), 0)) != 0) {
        if (got < 0 && (errno == EAGAIN || errno == EINTR))
            return;
        if (got < 0) {
            client->closed = client->reset = true;
            return;
        }
        buf_add(&client->got, bytes, (size_t)got);
    }
    client->closed = true;
}

/* One turn: the server does what it can, then this client hears what came. */
static UNUSED void client_turn(struct client *client)
{
    loop_once(client->fake->loop, TURN_MS);
    client_receive(client);
}

/* Sends all of it, as far as the server lets us. */
static UNUSED void client_send(struct client *client, struct quell_str bytes)
{
    int64_t until_us = clock_monotonic_us() + PATIENCE_US;

    while (bytes.len > 0 && !client->closed) {
        ssize_t sent = send(client->fd, bytes.data, bytes.len, MSG_NOSIGNAL);

        if (sent > 0)
            bytes = str_slice(bytes, (size_t)sent, bytes.len);
        if (sent < 0 && errno != EAGAIN)
            return; /* the server has closed: what it said is in `got` */
        if (bytes.len > 0)
            client_turn(client);
        assert_true(clock_monotonic_us() < until_us);
    }
}

/* ---- answers -----------------------------------------------------------------------------------
 */

/* Cuts the answer at *at; false when it is not whole yet. *status is 0 when it is no answer. */
static UNUSED bool next_answer(struct quell_str got, size_t *at, int *status,
                               struct quell_str *head, struct quell_str *body)
{
    size_t end = str_find(got, QUELL_STR("\r\n\r\n"), *at), length_at;
    int64_t length = 0, number = 0;
    struct quell_str value, rest;

    if (end == SIZE_MAX)
        return false;
    *head = str_slice(got, *at, end + 2);
    length_at = str_find(*head, QUELL_STR("\r\nContent-Length: "), 0);
    if (length_at != SIZE_MAX) {
        (void)str_cut(str_slice(*head, length_at + 18, head->len), '\r', &value, &rest);
        (void)str_to_int(value, &length);
    }
    if (got.len - (end + 4) < (size_t)length)
        return false;
    *body = str_slice(got, end + 4, end + 4 + (size_t)length);
    *status =
        str_starts(*head, QUELL_STR("HTTP/1.1 ")) && str_to_int(str_slice(*head, 9, 12), &number)
            ? (int)number
            : 0;
    *at = end + 4 + (size_t)length;
    return true;
}

static UNUSED size_t count_answers(const struct client *client)
{
    size_t at = 0, count = 0;
    struct quell_str head, body;
    int status;

    while (next_answer(buf_str(&client->got), &at, &status, &head, &body))
        count++;
    return count;
}

/* Waits for `count` answers in all, or for the close. */
static UNUSED void client_wait(struct client *client, size_t count)
{
    int64_t until_us = clock_monotonic_us() + PATIENCE_US;

    while (!client->closed && count_answers(client) < count) {
        client_turn(client);
        assert_true(clock_monotonic_us() < until_us);
    }
}

static UNUSED void client_wait_close(struct client *client)
{
    client_wait(client, SIZE_MAX);
}

/* The statuses in order, with " close" behind them when the server has closed. */
static UNUSED const char *client_story(const struct client *client, char *out, size_t size)
{
    size_t at = 0, used = 0;
    struct quell_str head, body;
    int status;

    out[0] = '\0';
    while (used + 8 < size && next_answer(buf_str(&client->got), &at, &status, &head, &body))
        used += (size_t)snprintf(out + used, size - used, "%s%d", used ? " " : "", status);
    if (at != client->got.len)
        used += (size_t)snprintf(out + used, size - used, " +%zu bytes", client->got.len - at);
    if (client->closed)
        (void)snprintf(out + used, size - used, "%s%s", used ? " " : "",
                       client->reset ? "reset" : "close");
    return out;
}

/* Sends one request and waits for one answer; returns its status. Slices are valid until the client
 * hears more. */
static UNUSED int client_ask(struct client *client, struct quell_str request,
                             struct quell_str *head, struct quell_str *body)
{
    size_t at = 0;
    int status = 0;

    buf_reset(&client->got);
    client_send(client, request);
    client_wait(client, 1);
    if (!next_answer(buf_str(&client->got), &at, &status, head, body))
        fail_msg("no answer, but %.*s", QUELL_ARG(buf_str(&client->got)));
    return status;
}

#endif
