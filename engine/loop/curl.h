/*
 * curl.h - requests out: HTTP(S) and SMTP(S) through libcurl's multi interface on the loop.
 *
 * Egress policy is applied at socket open on the resolved address (SAFETY.md rule 7). Redirects are
 * off. TLS is always verified. Headers with CR, LF or NUL are refused (libcurl 7.88 lets them
 * through). CAPATH is unset so that the CA store is cached (45x, measured).
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
    const char *method; /* HTTP; NULL for SMTP */
    struct quell_str url;
    const struct quell_header *headers;
    size_t header_count;
    struct quell_str body;
    /* SMTP */
    struct quell_str mail_from;
    const struct quell_str *mail_to;
    size_t mail_to_count;
    const struct quell_mail *mail;       /* headers and parts; addresses are already checked */
    struct quell_str username, password; /* SMTP AUTH; empty = none */
    bool tls_none;                       /* smtp:// in clear text: loopback only */
    /* both */
    struct quell_str ca_file;     /* empty = the system's */
    struct quell_str unix_socket; /* connect to this path instead of the host; empty = no */
    unsigned egress;
    const struct curl_cidr *cidrs;
    size_t cidr_count;
    int64_t timeout_ms;
};

struct curl_answer {
    enum quell_code code; /* OK, UNAVAILABLE (nothing was sent), TIMED_OUT (nothing was sent),
                             UNKNOWN_OUTCOME (sent, answer lost), DENIED (egress, TLS), LIMIT,
                             INVALID (bad URL, CR/LF in a header) */
    int status;
    struct quell_str body;
    struct quell_value headers; /* lower-case names; a repeated header is joined by ", " */
    int64_t retry_after_ms; /* from retry-after-ms, x-ms-retry-after-ms, Retry-After; 0 = none */
    struct quell_str message;
};

typedef void curl_done_fn(const struct curl_answer *answer, void *user);

struct curl_pool *curl_pool_new(struct loop *loop);
void curl_pool_free(struct curl_pool *pool); /* ends transfers without calling back */
/* Copies what it needs; `done` is called once, later, on the loop. */
struct curl_transfer *curl_start(struct curl_pool *pool, const struct curl_job *job,
                                 curl_done_fn *done, void *user);
void curl_cancel(struct curl_transfer *transfer); /* without calling back */
size_t curl_active(const struct curl_pool *pool);

/* True when the address may be opened under this policy; for the table of spellings in tests. */
struct sockaddr;
bool curl_egress_allows(unsigned egress, const struct curl_cidr *cidrs, size_t count,
                        const struct sockaddr *address);

#endif
