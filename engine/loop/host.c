/*
 * host.c - see host.h. A machine must not isolate itself: policy/ protects what is found here.
 */
#define _DEFAULT_SOURCE
#include "loop/host.h"

#include <arpa/inet.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/str.h"
#include "value/value.h"

enum { NAME_BYTES = 256 };

static void add_address(struct list_builder *list, const struct ifaddrs *one)
{
    char text[INET6_ADDRSTRLEN];
    const void *bytes;

    if (one->ifa_addr == NULL || (one->ifa_flags & IFF_LOOPBACK))
        return;
    if (one->ifa_addr->sa_family == AF_INET)
        bytes = &((const struct sockaddr_in *)(const void *)one->ifa_addr)->sin_addr;
    else if (one->ifa_addr->sa_family == AF_INET6)
        bytes = &((const struct sockaddr_in6 *)(const void *)one->ifa_addr)->sin6_addr;
    else
        return;
    if (inet_ntop(one->ifa_addr->sa_family, bytes, text, sizeof(text)) &&
        !str_starts(quell_str_of(text), QUELL_STR("fe80:")))
        list_add(list, value_copy_str(list->arena, quell_str_of(text)));
}

struct quell_value host_names(struct arena *arena, bool addresses)
{
    struct list_builder list = {.arena = arena};
    struct ifaddrs *all = NULL, *one;
    char name[NAME_BYTES] = "";

    if (gethostname(name, sizeof(name) - 1) == 0 && name[0] &&
        !str_is(quell_str_of(name), "localhost"))
        list_add(&list, value_copy_str(arena, quell_str_of(name)));
    if (addresses && getifaddrs(&all) == 0) {
        for (one = all; one; one = one->ifa_next)
            add_address(&list, one);
        freeifaddrs(all);
    }
    return list_made(&list);
}
