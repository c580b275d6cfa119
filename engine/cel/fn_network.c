/*
 * fn_network.c - IP addresses and ranges of them, as values. Their rows are in fn_network.def.
 *
 * A value holds its text in the shortest form, so that equality is that of texts; base/cidr.c reads
 * it again for each question. `::ffff:c0a8:1` is the IPv4 address that it maps; written with dots
 * it is refused, as CEL has it.
 */
#include <stdio.h>
#include <string.h>

#include "base/cidr.h"
#include "base/str.h"
#include "cel/function.h"

/* ---- texts and values ---------------------------------------------------------------------- */

static bool mapped_with_dots(struct quell_str text)
{
    return str_find(text, QUELL_STR(":"), 0) != SIZE_MAX &&
           str_find(text, QUELL_STR("."), 0) != SIZE_MAX;
}

static bool read_ip(struct quell_str text, struct cidr *address)
{
    return ip_parse(text, address) && !(address->size == 4 && mapped_with_dots(text));
}

static bool read_cidr(struct quell_str text, struct cidr *range)
{
    return str_find(text, QUELL_STR("/"), 0) != SIZE_MAX && cidr_parse(text, range) &&
           !(range->size == 4 && mapped_with_dots(text));
}

/* The address of an argument, an address or a text; of our own values it is always right. */
static enum quell_code ip_of(struct evaluation *e, const struct node *node,
                             struct quell_value value, struct cidr *address)
{
    if (read_ip(quell_str(value), address))
        return QUELL_OK;
    return evaluation_fail(e, node, "`%.*s` is not an IP address",
                           QUELL_ARG(evaluation_show(e, value)));
}

static enum quell_code cidr_of(struct evaluation *e, const struct node *node,
                               struct quell_value value, struct cidr *range)
{
    if (read_cidr(quell_str(value), range))
        return QUELL_OK;
    (void)evaluation_fail(e, node, "`%.*s` is not a range of addresses",
                          QUELL_ARG(evaluation_show(e, value)));
    return evaluation_help(e, "write it like 10.0.0.0/8 or 2001:db8::/32");
}

static enum quell_code make(struct evaluation *e, const struct node *node,
                            const struct cidr *address, bool range, struct quell_value *made)
{
    char text[IP_TEXT + 4];
    size_t len = ip_write(address, text);
    enum quell_code code;
    if (range)
        len += (size_t)snprintf(text + len, sizeof(text) - len, "/%u", address->bits);
    code = evaluation_text(e, node, (struct quell_str){text, len}, made);
    if (!code)
        made->type = range ? QUELL_CIDR : QUELL_IP;
    return code;
}

enum quell_code cel_network_ip(struct evaluation *e, const struct node *node,
                               const struct quell_value *arguments, struct quell_value *made)
{
    struct cidr address;
    enum quell_code code = ip_of(e, node, arguments[0], &address);
    return code ? code : make(e, node, &address, false, made);
}

enum quell_code cel_network_cidr(struct evaluation *e, const struct node *node,
                                 const struct quell_value *arguments, struct quell_value *made)
{
    struct cidr range;
    enum quell_code code = cidr_of(e, node, arguments[0], &range);
    return code ? code : make(e, node, &range, true, made);
}

enum quell_code cel_network_is_ip(struct evaluation *e, const struct node *node,
                                  const struct quell_value *arguments, struct quell_value *made)
{
    struct cidr address;
    (void)e;
    (void)node;
    *made = quell_bool(read_ip(quell_str(arguments[0]), &address));
    return QUELL_OK;
}

enum quell_code cel_network_is_cidr(struct evaluation *e, const struct node *node,
                                    const struct quell_value *arguments, struct quell_value *made)
{
    struct cidr range;
    (void)e;
    (void)node;
    *made = quell_bool(read_cidr(quell_str(arguments[0]), &range));
    return QUELL_OK;
}

enum quell_code cel_network_is_canonical(struct evaluation *e, const struct node *node,
                                         const struct quell_value *arguments,
                                         struct quell_value *made)
{
    struct cidr address;
    char text[IP_TEXT];
    enum quell_code code = ip_of(e, node, arguments[0], &address);
    if (code)
        return code;
    *made = quell_bool(quell_str_equal(quell_str(arguments[0]),
                                       (struct quell_str){text, ip_write(&address, text)}));
    return QUELL_OK;
}

/* ---- kinds of addresses -------------------------------------------------------------------- */

static bool is_in(const struct cidr *address, const char *four, const char *six)
{
    struct cidr range;
    return cidr_parse(quell_str_of(address->size == 4 ? four : six), &range) &&
           cidr_contains(&range, address);
}

static bool is_unspecified(const struct cidr *address)
{
    return is_in(address, "0.0.0.0/32", "::/128");
}

static bool is_loopback(const struct cidr *address)
{
    return is_in(address, "127.0.0.0/8", "::1/128");
}

static bool is_private(const struct cidr *address)
{
    return is_in(address, "10.0.0.0/8", "fc00::/7") ||
           (address->size == 4 &&
            (is_in(address, "172.16.0.0/12", "") || is_in(address, "192.168.0.0/16", "")));
}

static bool is_link_local_unicast(const struct cidr *address)
{
    return is_in(address, "169.254.0.0/16", "fe80::/10");
}

static bool is_link_local_multicast(const struct cidr *address)
{
    return is_in(address, "224.0.0.0/24", "ff02::/16");
}

static bool is_global_unicast(const struct cidr *address)
{
    bool broadcast = address->size == 4 && is_in(address, "255.255.255.255/32", "");
    return !broadcast && !is_unspecified(address) && !is_loopback(address) &&
           !is_in(address, "224.0.0.0/4", "ff00::/8") && !is_link_local_unicast(address);
}

#define KIND(name, is)                                                                             \
    enum quell_code name(struct evaluation *e, const struct node *node,                            \
                         const struct quell_value *arguments, struct quell_value *made)            \
    {                                                                                              \
        struct cidr address;                                                                       \
        enum quell_code code = ip_of(e, node, arguments[0], &address);                             \
        if (!code)                                                                                 \
            *made = quell_bool(is(&address));                                                      \
        return code;                                                                               \
    }
KIND(cel_network_is_unspecified, is_unspecified)
KIND(cel_network_is_loopback, is_loopback)
KIND(cel_network_is_private, is_private)
KIND(cel_network_is_link_local_unicast, is_link_local_unicast)
KIND(cel_network_is_link_local_multicast, is_link_local_multicast)
KIND(cel_network_is_global_unicast, is_global_unicast)
#undef KIND

enum quell_code cel_network_family(struct evaluation *e, const struct node *node,
                                   const struct quell_value *arguments, struct quell_value *made)
{
    struct cidr address;
    enum quell_code code = ip_of(e, node, arguments[0], &address);
    if (!code)
        *made = quell_int(address.size == 4 ? 4 : 6);
    return code;
}

/* ---- ranges -------------------------------------------------------------------------------- */

enum quell_code cel_network_contains_ip(struct evaluation *e, const struct node *node,
                                        const struct quell_value *arguments,
                                        struct quell_value *made)
{
    struct cidr range, address;
    enum quell_code code = cidr_of(e, node, arguments[0], &range);
    if (!code)
        code = ip_of(e, node, arguments[1], &address);
    if (!code)
        *made = quell_bool(cidr_contains(&range, &address));
    return code;
}

enum quell_code cel_network_contains_cidr(struct evaluation *e, const struct node *node,
                                          const struct quell_value *arguments,
                                          struct quell_value *made)
{
    struct cidr range, other;
    enum quell_code code = cidr_of(e, node, arguments[0], &range);
    if (!code)
        code = cidr_of(e, node, arguments[1], &other);
    if (!code)
        *made = quell_bool(range.bits <= other.bits && cidr_contains(&range, &other));
    return code;
}

enum quell_code cel_network_ip_of(struct evaluation *e, const struct node *node,
                                  const struct quell_value *arguments, struct quell_value *made)
{
    struct cidr range;
    enum quell_code code = cidr_of(e, node, arguments[0], &range);
    return code ? code : make(e, node, &range, false, made);
}

enum quell_code cel_network_masked(struct evaluation *e, const struct node *node,
                                   const struct quell_value *arguments, struct quell_value *made)
{
    struct cidr range;
    enum quell_code code = cidr_of(e, node, arguments[0], &range);
    if (code)
        return code;
    cidr_mask(&range);
    return make(e, node, &range, true, made);
}

enum quell_code cel_network_prefix_length(struct evaluation *e, const struct node *node,
                                          const struct quell_value *arguments,
                                          struct quell_value *made)
{
    struct cidr range;
    enum quell_code code = cidr_of(e, node, arguments[0], &range);
    if (!code)
        *made = quell_int(range.bits);
    return code;
}
