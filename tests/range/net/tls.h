/*
 * tls.h - a fresh self-signed certificate for localhost and 127.0.0.1.
 */
#ifndef RANGE_TLS_H
#define RANGE_TLS_H

#include <openssl/ssl.h>

#include <quell/error.h>

/* A server context whose certificate is also written to `path` (PEM), for clients to trust. NULL on
 * failure. */
SSL_CTX *tls_new(const char *path, struct quell_error *err);

#endif
