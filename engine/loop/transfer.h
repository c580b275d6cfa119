/*
 * transfer.h - what curl.c, curl_job.c, curl_mail.c and egress.c share. Private to them.
 */
#ifndef LOOP_TRANSFER_H
#define LOOP_TRANSFER_H

#include <curl/curl.h>

#include "base/buf.h"
#include "loop/curl.h"

struct arena;
struct curl_pool;
struct loop_timer;
struct sockaddr_storage;

struct curl_transfer {
    struct curl_pool *pool;
    struct curl_transfer *previous, *next;
    struct arena *arena; /* copies of the job, and the answer */
    CURL *easy;
    struct curl_slist *headers, *recipients;
    curl_mime *mime;
    curl_done_fn *done;
    void *user;
    struct loop_timer *refusal; /* armed when the job was refused before it began ... */
    struct quell_str refused;   /* ... and why */

    bool queued; /* the easy handle is in the multi handle */
    bool mail, changes, plain, unix_socket;
    unsigned egress;
    struct curl_cidr *cidrs;
    size_t cidr_count;
    struct quell_str body; /* wiped at the end */
    int64_t timeout_ms;

    bool begun;  /* the request may be on its way */
    bool denied; /* an address was refused; `denial` says which */
    char denial[160];
    bool over;            /* the answer passed its size limit */
    bool content_asked;   /* SMTP: the server said 354, so the mail may be delivered */
    curl_socket_t socket; /* SMTP: to close our side before curl waits for a QUIT */
    struct buf head;      /* HTTP: header lines of the last answer; SMTP: the last line */
    struct buf content;
    char error_text[CURL_ERROR_SIZE];
};

/* curl_job.c: everything that is set on the easy handle. QUELL_INVALID or QUELL_LIMIT. */
enum quell_code transfer_set_up(struct curl_transfer *transfer, const struct curl_job *job,
                                struct quell_error *err) QUELL_MUST_CHECK;
/* curl_mail.c: envelope, headers and MIME parts. */
enum quell_code transfer_set_mail(struct curl_transfer *transfer, const struct curl_job *job,
                                  struct quell_error *err) QUELL_MUST_CHECK;
/* curl_answer.c: what came of it. Texts live in the transfer. */
struct curl_answer transfer_answer(struct curl_transfer *transfer, CURLcode result);

/* egress.c */
bool egress_is_loopback(const struct sockaddr *address);
const char *egress_word(const struct sockaddr *address);
bool egress_sockaddr(const char *text, struct sockaddr_storage *address); /* of a numeric host */

#endif
