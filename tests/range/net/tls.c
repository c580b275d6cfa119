/*
 * tls.c - a fresh self-signed certificate for localhost and 127.0.0.1, made at every start.
 */
#include "tls.h"

#include <stdbool.h>
#include <stdio.h>

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/x509v3.h>

#include "base/error.h"

enum { DAYS = 7 };

static bool add_extension(X509 *certificate, int kind, const char *text)
{
    X509V3_CTX context;
    X509_EXTENSION *extension;
    bool added;
    X509V3_set_ctx_nodb(&context);
    X509V3_set_ctx(&context, certificate, certificate, NULL, NULL, 0);
    extension = X509V3_EXT_conf_nid(NULL, &context, kind, text);
    added = extension && X509_add_ext(certificate, extension, -1) == 1;
    X509_EXTENSION_free(extension);
    return added;
}

static bool fill(X509 *certificate, EVP_PKEY *key)
{
    X509_NAME *name = X509_get_subject_name(certificate);
    return X509_set_version(certificate, 2) == 1 &&
           ASN1_INTEGER_set(X509_get_serialNumber(certificate), 1) == 1 &&
           X509_gmtime_adj(X509_getm_notBefore(certificate), -60) != NULL &&
           X509_gmtime_adj(X509_getm_notAfter(certificate), 86400L * DAYS) != NULL &&
           X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, (const unsigned char *)"localhost",
                                      -1, -1, 0) == 1 &&
           X509_set_issuer_name(certificate, name) == 1 && X509_set_pubkey(certificate, key) == 1 &&
           add_extension(certificate, NID_basic_constraints, "critical,CA:TRUE") &&
           add_extension(certificate, NID_subject_alt_name, "DNS:localhost,IP:127.0.0.1") &&
           X509_sign(certificate, key, EVP_sha256()) > 0;
}

static bool write_file(const char *path, X509 *certificate)
{
    FILE *file = fopen(path, "we");
    bool written;
    if (!file)
        return false;
    written = PEM_write_X509(file, certificate) == 1;
    return fclose(file) == 0 && written;
}

SSL_CTX *tls_new(const char *path, struct quell_error *err)
{
    EVP_PKEY *key = EVP_EC_gen("P-256");
    X509 *certificate = X509_new();
    SSL_CTX *context = SSL_CTX_new(TLS_server_method());
    bool made = key && certificate && context && fill(certificate, key) &&
                SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION) == 1 &&
                SSL_CTX_use_certificate(context, certificate) == 1 &&
                SSL_CTX_use_PrivateKey(context, key) == 1 && write_file(path, certificate);
    EVP_PKEY_free(key);
    X509_free(certificate);
    if (made)
        return context;
    SSL_CTX_free(context);
    (void)error_set(err, QUELL_IO, "%s: no certificate could be made: %s", path,
                    ERR_reason_error_string(ERR_peek_last_error()));
    return NULL;
}
