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
struct dialogue;
struct event;
struct loop;
struct loop_timer;
struct mail_parcel;
struct sockaddr_storage;

/* A multi handle and its timer. HTTP transfers share the pool's; each mail has its own, because its
 * connection is ours for a while and nobody else may tidy it away. */
struct curl_lane {
    struct curl_pool *pool;
    CURLM *multi;
    struct event *timer;
};

struct curl_transfer {
    struct curl_pool *pool;
    struct curl_lane *lane; /* NULL: refused, never added to one */
    struct curl_transfer *previous, *next;
    struct arena *arena; /* copies of the job, and the answer */
    CURL *easy;
    struct curl_slist *headers;
    curl_done_fn *done;
    void *user;
    struct loop_timer *refusal; /* armed when the job was refused before it began ... */
    struct quell_str refused;   /* ... and why */

    bool mail, changes, plain, unix_socket;
    unsigned egress;
    struct curl_cidr *cidrs;
    size_t cidr_count;
    struct quell_str body; /* wiped at the end */
    struct quell_str host; /* whom a certificate must prove: no brackets, no dot at its end */
    int64_t timeout_ms, started_us;
    struct mail_parcel *parcel; /* of a mail */
    struct dialogue *dialogue;  /* of a mail, once the server has let us in */

    bool begun;   /* the request may be on its way; a mail: its last line may be */
    bool stopped; /* may_leave said no */
    bool (*may_leave)(void *user);
    void *may_leave_user;
    bool denied; /* an address was refused; `denial` says which */
    char denial[160];
    bool over;       /* the answer passed its size limit */
    struct buf head; /* HTTP: header lines of the last answer; SMTP: the last line */
    struct buf content;
    char error_text[CURL_ERROR_SIZE];
};

/* curl.c: tells the answer and frees the transfer. */
void transfer_end(struct curl_transfer *transfer, const struct curl_answer *answer);
struct loop *transfer_loop(const struct curl_transfer *transfer);

/* curl_job.c: everything that is set on the easy handle. QUELL_INVALID or QUELL_LIMIT. */
enum quell_code transfer_set_up(struct curl_transfer *transfer, const struct curl_job *job,
                                struct quell_error *err) QUELL_MUST_CHECK;
/* curl_tls.c: for libcurl, before a handshake. `context` is the SSL_CTX, `user` the transfer. */
CURLcode transfer_prove_host(CURL *easy, void *context, void *user);
/* Asks the job's may_leave; false: it is stopped. */
bool transfer_may_leave(struct curl_transfer *transfer);
/* curl_mail.c: talks to the server that libcurl has connected to and signed in at; ends in
 * transfer_end. */
void dialogue_start(struct curl_transfer *transfer);
void dialogue_free(struct dialogue *dialogue); /* says goodbye; NULL is allowed */
/* curl_answer.c: what came of it. Texts live in the transfer. */
struct curl_answer transfer_answer(struct curl_transfer *transfer, CURLcode result);

/* egress.c */
bool egress_is_loopback(const struct sockaddr *address);
const char *egress_word(const struct sockaddr *address);
bool egress_sockaddr(const char *text, struct sockaddr_storage *address); /* of a numeric host */

#endif
