/*
 * origin.h - scheme, host and port of a URL: what a secret is bound to.
 *
 * Strict on purpose: what this reader accepts, libcurl cannot read differently. Printable ASCII
 * only, no user names, no backslashes, no fragments.
 */
#ifndef CONNECTOR_ORIGIN_H
#define CONNECTOR_ORIGIN_H

#include <stdbool.h>

#include <quell/value.h>

struct arena;

struct origin {
    struct quell_str scheme; /* http https smtp smtps, lower case */
    struct quell_str host;   /* lower case; IPv6 with its brackets */
    unsigned port;           /* the scheme's default when the URL names none */
};

/* Reads the front of `url`; *rest is what follows it (empty, or from the `/` or `?` on). Texts live
 * in `arena` or are static. */
bool origin_read(struct arena *arena, struct quell_str url, struct origin *origin,
                 struct quell_str *rest);
bool origin_equal(const struct origin *a, const struct origin *b);
/* `localhost`, 127.x.y.z or [::1]: the names that may be spoken to without TLS. What they resolve
 * to is checked again when the socket is opened. */
bool origin_is_loopback(const struct origin *origin);
bool origin_is_plain(const struct origin *origin); /* no TLS from the first byte on */

#endif
