/*
 * tls.h - TLS for the server: a certificate, its key, and what is spoken (1.2 and 1.3).
 */
#ifndef SERVE_TLS_H
#define SERVE_TLS_H

#include <quell/error.h>
#include <quell/value.h>

struct tls;
struct ssl_st; /* OpenSSL's SSL */

/* Reads PEM files; the certificate's file holds the chain, leaf first. Errors: QUELL_INVALID. */
enum quell_code tls_load(const char *certificate, const char *key, struct tls **tls,
                         struct quell_error *err) QUELL_MUST_CHECK;
void tls_free(struct tls *tls); /* NULL is allowed; sessions go on */
/* A new server session, owned by the caller; NULL when there is no memory. */
struct ssl_st *tls_session(struct tls *tls);
/* Says goodbye on a session whose output has been written. */
void tls_goodbye(struct ssl_st *session);

#endif
