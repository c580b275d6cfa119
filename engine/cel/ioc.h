/*
 * ioc.h - finding indicators of compromise in a text, and the ways people make them unclickable.
 */
#ifndef CEL_IOC_H
#define CEL_IOC_H

#include <stdbool.h>
#include <stddef.h>

#include <quell/value.h>

struct buf;

enum ioc_kind { IOC_IP, IOC_DOMAIN, IOC_URL, IOC_HASH, IOC_MAIL, IOC_CVE, IOC_KINDS };

struct ioc {
    enum ioc_kind kind;
    size_t from, to; /* bytes of the text */
};

/* The next indicator that begins at or behind `from`; false when there is none. A URL or mail
 * address is given whole; its host is what ioc_host() says. */
bool ioc_next(struct quell_str text, size_t from, struct ioc *found);

/* The host of a URL or mail address, without user, port and brackets. */
struct quell_str ioc_host(struct quell_str text, enum ioc_kind kind);
bool ioc_is_domain(struct quell_str text);

/* `[.]`, `(dot)`, `hxxp`, `[:]`, `[at]` and the like back to what they stand for. */
void ioc_refang(struct buf *out, struct quell_str text);

/* An indicator made unclickable. Hashes and CVE numbers need not be. */
void ioc_defang(struct buf *out, struct quell_str text, enum ioc_kind kind);

#endif
