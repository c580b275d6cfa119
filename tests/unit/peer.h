/*
 * peer.h - a scripted peer on loopback for tests of what we send: it takes connections on the
 * test's own loop, collects each HTTP request whole, and answers as the script says.
 */
#ifndef UNIT_PEER_H
#define UNIT_PEER_H

#include <assert.h>
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <event2/listener.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "loop/loop.h"

enum { PEER_REQUESTS_MAX = 2200 };

struct peer;

/* Returns the bytes to answer the nth request (from 0) with; NULL: close without an answer; "": say
 * nothing and keep the connection. An answer that starts with "!" is sent without it and the
 * connection closed behind it. */
typedef const char *peer_script(struct peer *peer, size_t nth, const char *request);

struct peer {
    struct evconnlistener *listener;
    struct loop *loop;
    peer_script *script;
    void *user;
    unsigned port;
    size_t accepted;
    size_t count;
    char *requests[PEER_REQUESTS_MAX];
    struct bufferevent *open[PEER_REQUESTS_MAX];
};

static size_t peer_request_length(struct evbuffer *input)
{
    size_t len = evbuffer_get_length(input);
    char *text = (char *)evbuffer_pullup(input, -1);
    char *copy, *end, *length;
    size_t body = 0, head;

    if (len == 0)
        return 0;
    copy = malloc(len + 1);
    assert(copy);
    memcpy(copy, text, len);
    copy[len] = '\0';
    end = strstr(copy, "\r\n\r\n");
    head = end ? (size_t)(end - copy) + 4 : 0;
    length = strstr(copy, "Content-Length: ");
    if (length && length < end)
        body = (size_t)strtoul(length + 16, NULL, 10);
    free(copy);
    return head > 0 && len >= head + body ? head + body : 0;
}

static void peer_close(struct peer *peer, struct bufferevent *event)
{
    for (size_t i = 0; i < PEER_REQUESTS_MAX; i++) {
        if (peer->open[i] == event)
            peer->open[i] = NULL;
    }
    bufferevent_free(event);
}

static void peer_written(struct bufferevent *event, void *user)
{
    peer_close(user, event);
}

static void peer_gone(struct bufferevent *event, short what, void *user)
{
    if (what & (BEV_EVENT_EOF | BEV_EVENT_ERROR))
        peer_close(user, event);
}

static void peer_read(struct bufferevent *event, void *user)
{
    struct peer *peer = user;
    size_t len;

    while ((len = peer_request_length(bufferevent_get_input(event))) > 0) {
        char *text = malloc(len + 1);
        size_t nth = peer->count;
        const char *answer;

        assert(text && nth < PEER_REQUESTS_MAX);
        evbuffer_remove(bufferevent_get_input(event), text, len);
        text[len] = '\0';
        peer->requests[nth] = text;
        peer->count++;
        answer = peer->script(peer, nth, text);
        if (!answer) {
            peer_close(peer, event);
            return;
        }
        if (answer[0] == '!')
            bufferevent_setcb(event, NULL, peer_written, peer_gone, peer);
        answer += answer[0] == '!';
        bufferevent_write(event, answer, strlen(answer));
    }
}

static void peer_accepted(struct evconnlistener *listener, evutil_socket_t fd,
                          struct sockaddr *address, int len, void *user)
{
    struct peer *peer = user;
    struct bufferevent *event =
        bufferevent_socket_new(loop_base(peer->loop), fd, BEV_OPT_CLOSE_ON_FREE);

    (void)listener;
    (void)address;
    (void)len;
    assert(peer->accepted < PEER_REQUESTS_MAX);
    peer->open[peer->accepted++] = event;
    bufferevent_setcb(event, peer_read, NULL, peer_gone, peer);
    bufferevent_enable(event, EV_READ | EV_WRITE);
}

/* Listens on 127.0.0.1 at a free port. */
static inline struct peer *peer_new(struct loop *loop, peer_script *script, void *user)
{
    struct peer *peer = calloc(1, sizeof(*peer));
    struct sockaddr_in address = {.sin_family = AF_INET};
    socklen_t len = sizeof(address);

    assert(peer);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    peer->loop = loop;
    peer->script = script;
    peer->user = user;
    peer->listener = evconnlistener_new_bind(loop_base(loop), peer_accepted, peer,
                                             LEV_OPT_CLOSE_ON_FREE | LEV_OPT_REUSEABLE, 16,
                                             (struct sockaddr *)&address, sizeof(address));
    assert(peer->listener);
    if (getsockname(evconnlistener_get_fd(peer->listener), (struct sockaddr *)&address, &len))
        abort();
    peer->port = ntohs(address.sin_port);
    return peer;
}

static inline void peer_free(struct peer *peer)
{
    for (size_t i = 0; i < PEER_REQUESTS_MAX; i++) {
        if (peer->open[i])
            bufferevent_free(peer->open[i]);
        free(peer->requests[i]);
    }
    evconnlistener_free(peer->listener);
    free(peer);
}

/* "http://127.0.0.1:PORT" + path, in a buffer of its own; two may be in use at a time. */
static inline const char *peer_url(const struct peer *peer, const char *path)
{
    static char texts[2][256];
    static unsigned turn;
    char *text = texts[turn++ % 2];

    (void)snprintf(text, sizeof(texts[0]), "http://127.0.0.1:%u%s", peer->port, path);
    return text;
}

/* Turns the loop until the flag is set; a test that hangs is ended by ctest. */
static inline void peer_wait(struct loop *loop, const bool *flag)
{
    while (!*flag)
        loop_once(loop, -1);
}

#endif
