/*
 * egress.c - which addresses may be opened: public ones always, loopback and private ones when the
 * connection says so, everything else (link-local with the cloud's metadata service, multicast,
 * tunnels, documentation, reserved) only when a CIDR of the connection names it.
 *
 * It judges resolved addresses, so no spelling of a host can talk it round. Who calls it: the
 * socket-open callback of curl.c.
 */
#include "loop/curl.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

#include "base/str.h"
#include "loop/transfer.h"

enum address_class { CLASS_PUBLIC, CLASS_LOOPBACK, CLASS_PRIVATE, CLASS_REFUSED };

struct block {
    uint8_t address[16];
    unsigned bits;
    enum address_class class;
    const char *word;
};

/* IANA special-purpose registries for IPv4 and IPv6, as of 2025. The first row that holds decides.
 */
static const struct block ipv4_blocks[] = {
    {{0}, 8, CLASS_REFUSED, "unspecified"},
    {{10}, 8, CLASS_PRIVATE, "private"},
    {{100, 64}, 10, CLASS_REFUSED, "carrier-grade NAT"},
    {{127}, 8, CLASS_LOOPBACK, "loopback"},
    {{169, 254}, 16, CLASS_REFUSED, "link-local"},
    {{172, 16}, 12, CLASS_PRIVATE, "private"},
    {{192, 0, 0}, 24, CLASS_REFUSED, "reserved"},
    {{192, 0, 2}, 24, CLASS_REFUSED, "documentation"},
    {{192, 88, 99}, 24, CLASS_REFUSED, "6to4 relay"},
    {{192, 168}, 16, CLASS_PRIVATE, "private"},
    {{198, 18}, 15, CLASS_REFUSED, "benchmarking"},
    {{198, 51, 100}, 24, CLASS_REFUSED, "documentation"},
    {{203, 0, 113}, 24, CLASS_REFUSED, "documentation"},
    {{224}, 4, CLASS_REFUSED, "multicast"},
    {{240}, 4, CLASS_REFUSED, "reserved"},
    {{0}, 0, CLASS_PUBLIC, "public"},
};

static const struct block ipv6_blocks[] = {
    {{[15] = 1}, 128, CLASS_LOOPBACK, "loopback"},
    {{0xfc}, 7, CLASS_PRIVATE, "private"},
    {{0xfe, 0x80}, 10, CLASS_REFUSED, "link-local"},
    {{0xff}, 8, CLASS_REFUSED, "multicast"},
    {{0x20, 0x01}, 23, CLASS_REFUSED, "tunnel or reserved"}, /* Teredo, ORCHID ... */
    {{0x20, 0x01, 0x0d, 0xb8}, 32, CLASS_REFUSED, "documentation"},
    {{0x20, 0x02}, 16, CLASS_REFUSED, "6to4"},
    {{0x3f, 0xff}, 20, CLASS_REFUSED, "documentation"},
    {{0x20}, 3, CLASS_PUBLIC, "public"}, /* 2000::/3 is all that is given out */
    {{0}, 0, CLASS_REFUSED, "reserved"},
};

static const uint8_t mapped_prefix[12] = {[10] = 0xff, [11] = 0xff}; /* ::ffff:0:0/96 */
static const uint8_t nat64_prefix[12] = {0x00, 0x64, 0xff, 0x9b};    /* 64:ff9b::/96 */

static bool bits_equal(const uint8_t *a, const uint8_t *b, unsigned bits)
{
    unsigned whole = bits / 8;
    unsigned mask = 0xffU << (8 - bits % 8) & 0xffU;

    if (memcmp(a, b, whole) != 0)
        return false;
    return bits % 8 == 0 || ((a[whole] ^ b[whole]) & mask) == 0;
}

static const struct block *find_block(const struct block *blocks, const uint8_t *address)
{
    while (!bits_equal(blocks->address, address, blocks->bits))
        blocks++; /* the last row holds for all */
    return blocks;
}

/* A NAT64 address reaches the IPv4 address inside it, so that one is judged; it is never ours. */
static const struct block *classify(const uint8_t address[16])
{
    static const struct block nat64_inward = {{0}, 0, CLASS_REFUSED, "NAT64 of a local address"};
    const struct block *inner;

    if (memcmp(address, mapped_prefix, sizeof(mapped_prefix)) == 0)
        return find_block(ipv4_blocks, address + 12);
    if (memcmp(address, nat64_prefix, sizeof(nat64_prefix)) == 0) {
        inner = find_block(ipv4_blocks, address + 12);
        return inner->class == CLASS_PUBLIC ? inner : &nat64_inward;
    }
    return find_block(ipv6_blocks, address);
}

/* The 16 bytes of an address, IPv4 mapped; false for other families. */
static bool address_bytes(const struct sockaddr *address, uint8_t out[16])
{
    if (address->sa_family == AF_INET) {
        struct sockaddr_in ipv4;
        memcpy(&ipv4, address, sizeof(ipv4));
        memcpy(out, mapped_prefix, sizeof(mapped_prefix));
        memcpy(out + 12, &ipv4.sin_addr, 4);
        return true;
    }
    if (address->sa_family == AF_INET6) {
        struct sockaddr_in6 ipv6;
        memcpy(&ipv6, address, sizeof(ipv6));
        memcpy(out, &ipv6.sin6_addr, 16);
        return true;
    }
    return false;
}

bool curl_egress_allows(unsigned egress, const struct curl_cidr *cidrs, size_t count,
                        const struct sockaddr *address)
{
    uint8_t bytes[16];

    if (!address_bytes(address, bytes))
        return false;
    for (size_t i = 0; i < count; i++) {
        if (bits_equal(cidrs[i].address, bytes, cidrs[i].bits))
            return true;
    }
    switch (classify(bytes)->class) {
    case CLASS_PUBLIC:
        return true;
    case CLASS_LOOPBACK:
        return (egress & CURL_EGRESS_LOOPBACK) != 0;
    case CLASS_PRIVATE:
        return (egress & CURL_EGRESS_PRIVATE) != 0;
    case CLASS_REFUSED:
        return false;
    }
    return false;
}

bool egress_is_loopback(const struct sockaddr *address)
{
    uint8_t bytes[16];

    return address_bytes(address, bytes) && classify(bytes)->class == CLASS_LOOPBACK;
}

const char *egress_word(const struct sockaddr *address)
{
    uint8_t bytes[16];

    return address_bytes(address, bytes) ? classify(bytes)->word : "no internet address";
}

bool egress_sockaddr(const char *text, struct sockaddr_storage *address)
{
    struct sockaddr_in ipv4 = {.sin_family = AF_INET};
    struct sockaddr_in6 ipv6 = {.sin6_family = AF_INET6};

    memset(address, 0, sizeof(*address));
    if (inet_pton(AF_INET, text, &ipv4.sin_addr) == 1) {
        memcpy(address, &ipv4, sizeof(ipv4));
        return true;
    }
    if (inet_pton(AF_INET6, text, &ipv6.sin6_addr) == 1) {
        memcpy(address, &ipv6, sizeof(ipv6));
        return true;
    }
    return false;
}

bool curl_cidr_parse(struct quell_str text, struct curl_cidr *cidr)
{
    struct sockaddr_storage address;
    struct quell_str host, bits_text;
    char host_text[INET6_ADDRSTRLEN];
    int64_t bits = 128, bits_max;
    bool has_bits = str_cut(text, '/', &host, &bits_text);

    if (host.len >= sizeof(host_text) || memchr(host.data, '\0', host.len))
        return false;
    memcpy(host_text, host.data, host.len);
    host_text[host.len] = '\0';
    if (!egress_sockaddr(host_text, &address))
        return false;
    bits_max = address.ss_family == AF_INET ? 32 : 128;
    if (has_bits) {
        if (!str_to_int(bits_text, &bits) || bits < 0 || bits > bits_max)
            return false;
        bits += 128 - bits_max;
    }
    (void)address_bytes((const struct sockaddr *)&address, cidr->address); /* is one of the two */
    cidr->bits = (unsigned)bits;
    return true;
}
