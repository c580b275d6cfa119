/*
 * curl_tls.c - which host a certificate must prove: libcurl would take its common name where there
 * is no subject alternative name, for addresses, too. Called by libcurl before each handshake.
 */
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include "base/str.h"
#include "loop/transfer.h"

CURLcode transfer_prove_host(CURL *easy, void *context, void *user)
{
    const struct curl_transfer *transfer = user;
    X509_VERIFY_PARAM *wanted = SSL_CTX_get0_param(context);
    const char *host = transfer->host.data;

    (void)easy;
    X509_VERIFY_PARAM_set_hostflags(wanted, X509_CHECK_FLAG_NEVER_CHECK_SUBJECT |
                                                X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
    if (transfer->host.len > 0 &&
        (X509_VERIFY_PARAM_set1_ip_asc(wanted, host) == 1 ||
         X509_VERIFY_PARAM_set1_host(wanted, host, transfer->host.len) == 1))
        return CURLE_OK;
    return CURLE_PEER_FAILED_VERIFICATION; /* no name is no proof: OpenSSL would take any */
}
