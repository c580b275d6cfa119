/*
 * curl.h - requests out: HTTP(S) and SMTP(S) through libcurl's multi interface on the loop.
 *
 * Egress policy is applied at socket open on the resolved address, and again before a request goes
 * out on a connection that was kept (SAFETY.md rule 7). Redirects, proxies, cookies and .netrc are
 * off. TLS is always verified. CR, LF and NUL in URLs, headers and addresses are refused (libcurl
 * 7.88 lets them through). Plain text goes to loopback addresses only.
 */
#ifndef LOOP_CURL_H
#define LOOP_CURL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <quell/connector.h>
#include <quell/error.h>
#include <quell/value.h>

struct loop;
struct curl_pool;
struct curl_transfer;

enum curl_egress {                           /* or-ed; public addresses are always allowed */
                   CURL_EGRESS_LOOPBACK = 1, /* 127/8, ::1 */
                   CURL_EGRESS_PRIVATE = 2,  /* 10/8, 172.16/12, 192.168/16, fc00::/7 */
};

struct curl_cidr {
    uint8_t address[16]; /* IPv4 as ::ffff:a.b.c.d */
    unsigned bits;       /* of 128 */
};

struct curl_job {
    struct quell_str url;
    /* HTTP */
    const char *method; /* NULL for SMTP */
    bool changes;       /* must leave at most once: a fresh connection, never resent by libcurl */
    const struct quell_header *headers;
    size_t header_count;
    struct quell_str body;
    struct quell_str unix_socket; /* connect to this path instead of the host; empty = no */
    /* SMTP: envelope and headers come from `mail`; Bcc is never shown */
    const struct quell_mail *mail;
    struct quell_str username, password; /* AUTH, over TLS or loopback only; empty = none */
    bool tls_none;                       /* smtp:// in clear text: loopback only */
    /* both */
    struct quell_str ca_file; /* empty = the system's */
    unsigned egress;          /* enum curl_egress */
    const struct curl_cidr *cidrs;
    size_t cidr_count;
    int64_t timeout_ms; /* 0 = LIMIT_REQUEST_MS */
    /* Asked just before it leaves, after any wait for a connection; a mail: before the line that
     * makes it delivered. False: it ends `stopped`. NULL: it may. */
    bool (*may_leave)(void *user);
    void *may_leave_user;
};

/* OK: an answer came, whatever its status. UNAVAILABLE, TIMED_OUT: nothing was sent.
 * UNKNOWN_OUTCOME: sent, and the answer is lost. DENIED: egress or TLS. LIMIT: the answer is too
 * large. INVALID: bad URL, CR/LF, no mail address ... */
struct curl_answer {
    enum quell_code code;
    int status; /* HTTP or SMTP; 0 when none came */
    struct quell_str body;
    struct quell_value headers; /* lower-case names; a repeated header is joined by ", " */
    int64_t retry_after_ms;     /* what the far side asked for; 0 = nothing */
    bool stopped;               /* may_leave said no, and nothing of it left; UNAVAILABLE */
    struct quell_str message;   /* what went wrong, or the SMTP server's last words */
};

/* The answer is borrowed until it returns. */
typedef void curl_done_fn(const struct curl_answer *answer, void *user);

struct curl_pool *curl_pool_new(struct loop *loop);
void curl_pool_free(struct curl_pool *pool); /* ends transfers without calling back */
/* Copies what it needs; `done` is called once, later, on the loop. Secrets in the copies are wiped
 * at the end. */
struct curl_transfer *curl_start(struct curl_pool *pool, const struct curl_job *job,
                                 curl_done_fn *done, void *user);
void curl_cancel(struct curl_transfer *transfer); /* without calling back */
/* Whether the request may have left the house: what a cancelled change must be judged by. */
bool curl_begun(const struct curl_transfer *transfer);
size_t curl_active(const struct curl_pool *pool);

/* True when the address may be opened under this policy. */
struct sockaddr;
bool curl_egress_allows(unsigned egress, const struct curl_cidr *cidrs, size_t count,
                        const struct sockaddr *address);
/* Reads `10.1.0.0/16`, `fd00::/8` or a bare address. */
bool curl_cidr_parse(struct quell_str text, struct curl_cidr *cidr);

/* How long an answer asks us to wait, in ms: retry-after-ms, x-ms-retry-after-ms, Retry-After as
 * seconds or date; 0 = it does not ask. `headers` is a map of lower-case names. */
int64_t curl_retry_after_ms(struct quell_value headers, int64_t now_us);

#endif
