/*
 * listen.c - a listening socket on 127.0.0.1 and nowhere else.
 */
#include "listen.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>

#include "base/error.h"
#include "loop/loop.h"

struct evconnlistener *listen_loopback(struct loop *loop, int64_t wanted, int64_t *port,
                                       evconnlistener_cb accepted, void *user,
                                       struct quell_error *err)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)wanted)};
    socklen_t len = sizeof(address);
    struct evconnlistener *listener;
    int on = 1;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    listener =
        evconnlistener_new_bind(loop_base(loop), accepted, user,
                                LEV_OPT_CLOSE_ON_FREE | LEV_OPT_CLOSE_ON_EXEC | LEV_OPT_REUSEABLE,
                                -1, (const struct sockaddr *)&address, sizeof(address));
    if (!listener) {
        (void)error_set(err, QUELL_IO, "127.0.0.1:%lld: %s", (long long)wanted, strerror(errno));
        return NULL;
    }
    /* Accepted sockets inherit it; without it an answer in two writes waits 40 ms for an ACK. */
    (void)setsockopt(evconnlistener_get_fd(listener), IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    if (getsockname(evconnlistener_get_fd(listener), (struct sockaddr *)&address, &len) != 0) {
        (void)error_set(err, QUELL_IO, "getsockname: %s", strerror(errno));
        evconnlistener_free(listener);
        return NULL;
    }
    *port = ntohs(address.sin_port);
    return listener;
}
