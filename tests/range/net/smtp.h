/*
 * smtp.h - a mail server that keeps what it is given: RFC 5321 as far as libcurl needs it.
 */
#ifndef RANGE_SMTP_H
#define RANGE_SMTP_H

#include <quell/error.h>
#include <quell/value.h>

#include "../range.h"

struct smtp_server;

/* A mail that was accepted; lives in range->state. */
struct mail_record {
    struct mail_record *next;
    int64_t at_us;
    struct quell_str from;
    struct quell_value to; /* list: the envelope's recipients */
    struct quell_str raw;  /* dots taken out, CRLF line ends */
    struct quell_str user; /* who signed in; empty = nobody */
    bool tls;
    bool bare_line_end; /* a CR or LF alone was inside: a smuggler's tool */
};

/* Listens on 127.0.0.1; range->smtp_port is what was bound. */
struct smtp_server *smtp_server_new(struct range *range, struct quell_error *err);
void smtp_server_free(struct smtp_server *server);
/* The file with the certificate of --smtp-tls, for clients' `ca`; NULL without. */
const char *smtp_ca_path(const struct smtp_server *server);

#endif
