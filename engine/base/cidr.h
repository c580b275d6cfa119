/*
 * cidr.h - IP addresses and ranges as text. `::ffff:192.0.2.1` is the IPv4 address it maps.
 */
#ifndef BASE_CIDR_H
#define BASE_CIDR_H

#include <stdbool.h>
#include <stdint.h>

#include <quell/value.h>

struct cidr {
    uint8_t bytes[16]; /* network order; 4 of them when size is 4 */
    uint8_t size;      /* 4 or 16 */
    uint8_t bits;      /* leading bits that count */
};

bool ip_parse(struct quell_str text, struct cidr *address); /* no zone, no leading zeros */
bool cidr_parse(struct quell_str text, struct cidr *range); /* `a/n`, or an address alone */
bool cidr_contains(const struct cidr *range, const struct cidr *address);

#endif
