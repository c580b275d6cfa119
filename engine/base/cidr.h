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
/* The shortest form of an address (RFC 5952), as text with its NUL; returns its length. */
enum { IP_TEXT = 40 };
size_t ip_write(const struct cidr *address, char out[IP_TEXT]);
void cidr_mask(struct cidr *range); /* sets the bits that do not count to 0 */
bool cidr_contains(const struct cidr *range, const struct cidr *address);

#endif
