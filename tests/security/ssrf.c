/*
 * ssrf.c - every way to spell an address that nobody allowed: 0 connects. A listener on all
 * addresses of the machine counts what arrives; the same listener is reached when it is allowed,
 * so that a count of 0 means something.
 */
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include <event2/listener.h>

#include "base/str.h"
#include "figures.h"
#include "loop/curl.h"
#include "loop/loop.h"

struct world {
    struct figures figures;
    struct loop *loop;
    struct curl_pool *pool;
    unsigned port, connects;
    bool done;
    enum quell_code code;
};

/* What may stand for this machine, its network or its cloud between `//` and the port. */
static const char *const spellings[] = {
    "127.0.0.1",
    "127.1",
    "127.0.1",
    "127.255.255.254",
    "2130706433",
    "4294967297",
    "0x7f000001",
    "0x7f.0.0.1",
    "0x7f.1",
    "0x7F.0x0.0x0.0x1",
    "017700000001",
    "0177.0.0.1",
    "0177.0x0.0.1",
    "00000177.0.0.1",
    "0",
    "0.0.0.0",
    "0x0",
    "00",
    "localhost",
    "LOCALHOST",
    "localhost.",
    "127.0.0.1.",
    "x.localhost",
    "ip6-localhost",
    "[::1]",
    "[0:0:0:0:0:0:0:1]",
    "[0000::0001]",
    "[::]",
    "[::ffff:127.0.0.1]",
    "[::ffff:7f00:1]",
    "[::127.0.0.1]",
    "[64:ff9b::7f00:1]",
    "[::1%25lo]",
    "user@127.0.0.1",
    "public.example:80@127.0.0.1",
    "public.example#@127.0.0.1",
    "127.0.0.1%2f.public.example",
    "127%2e0%2e0%2e1",
    "%31%32%37.0.0.1",
    "\xE2\x91\xA0\xE2\x91\xA1\xE2\x91\xA6.0.0.1", /* circled digits */
    "\xEF\xBC\x91\xEF\xBC\x92\xEF\xBC\x97.0.0.1", /* full-width digits */
    "127\xE3\x80\x82"
    "0\xE3\x80\x82"
    "0\xE3\x80\x82"
    "1",                                                     /* ideographic full stops */
    "\xE2\x93\x9B\xE2\x93\x9E\xE2\x93\x92\xE2\x93\x90lhost", /* circled letters */
    "169.254.169.254",
    "2852039166",
    "0xa9fea9fe",
    "[::ffff:a9fe:a9fe]",
    "[fd00:ec2::254]",
};

static void accepted(struct evconnlistener *listener, evutil_socket_t fd, struct sockaddr *address,
                     int len, void *user)
{
    struct world *world = user;

    (void)listener;
    (void)address;
    (void)len;
    world->connects++;
    evutil_closesocket(fd);
}

static void answered(const struct curl_answer *answer, void *user)
{
    struct world *world = user;

    world->code = answer->code;
    world->done = true;
}

static void get(struct world *world, const char *scheme, const char *host, unsigned egress)
{
    char url[256];
    struct curl_job job = {.method = "GET", .egress = egress, .timeout_ms = 5000};

    (void)snprintf(url, sizeof(url), "%s://%s:%u/", scheme, host, world->port);
    job.url = quell_str_of(url);
    world->done = false;
    (void)curl_start(world->pool, &job, answered, world);
    while (!world->done)
        loop_once(world->loop, -1);
    for (int turn = 0; turn < 3; turn++) /* what has arrived is counted before the next */
        loop_once(world->loop, 0);
}

/* Both families, at one port; false where the machine has no IPv6. */
static struct evconnlistener *listen_on_all(struct world *world)
{
    struct sockaddr_in6 address = {.sin6_family = AF_INET6, .sin6_addr = in6addr_any};
    struct sockaddr_in old = {.sin_family = AF_INET};
    struct sockaddr_storage bound;
    socklen_t len = sizeof(bound);
    struct evconnlistener *listener =
        evconnlistener_new_bind(loop_base(world->loop), accepted, world, LEV_OPT_CLOSE_ON_FREE, 16,
                                (struct sockaddr *)&address, sizeof(address));

    if (!listener)
        listener =
            evconnlistener_new_bind(loop_base(world->loop), accepted, world, LEV_OPT_CLOSE_ON_FREE,
                                    16, (struct sockaddr *)&old, sizeof(old));
    if (!listener || getsockname(evconnlistener_get_fd(listener), (struct sockaddr *)&bound, &len))
        exit(2);
    world->port = ntohs(bound.ss_family == AF_INET6 ? ((struct sockaddr_in6 *)&bound)->sin6_port
                                                    : ((struct sockaddr_in *)&bound)->sin_port);
    return listener;
}

int main(void)
{
    struct world world = {.loop = loop_new()};
    struct evconnlistener *listener = listen_on_all(&world);
    static const char *const schemes[] = {"http", "https"};
    size_t count = sizeof(spellings) / sizeof(spellings[0]);

    world.pool = curl_pool_new(world.loop);
    for (size_t s = 0; s < 2; s++) {
        for (size_t i = 0; i < count; i++) {
            unsigned before = world.connects;
            get(&world, schemes[s], spellings[i], 0);
            figures_add(&world.figures, world.connects == before && world.code != QUELL_OK,
                        "%s://%s: %u connects, code %d", schemes[s], spellings[i],
                        world.connects - before, (int)world.code);
        }
    }
    /* The right to one network is none to the other. */
    for (size_t i = 0; i < count; i++) {
        unsigned before = world.connects;
        get(&world, "http", spellings[i], CURL_EGRESS_PRIVATE);
        figures_add(&world.figures, world.connects == before, "private, http://%s: %u connects",
                    spellings[i], world.connects - before);
    }
    printf("figures: ssrf: %zu spellings, 3 policies, %u connects\n", count, world.connects);
    get(&world, "http", "127.0.0.1", CURL_EGRESS_LOOPBACK);
    figures_add(&world.figures, world.connects > 0, "the listener is not reached when it may be");
    curl_pool_free(world.pool);
    evconnlistener_free(listener);
    loop_free(world.loop);
    return figures_end(&world.figures);
}
