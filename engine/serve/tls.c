/*
 * tls.c - the server's OpenSSL context.
 *
 * TLS 1.2 with forward-secret AEAD suites, or TLS 1.3; no renegotiation, no compression. ALPN
 * answers `http/1.1` and refuses a client that wants only something else.
 */
#include "serve/tls.h"

#include <openssl/err.h>
#include <openssl/ssl.h>

#include "base/error.h"
#include "base/memory.h"

struct tls {
    SSL_CTX *context;
};

static int choose_protocol(SSL *session, const unsigned char **out, unsigned char *out_len,
                           const unsigned char *in, unsigned in_len, void *user)
{
    static const unsigned char ours[] = "\x08http/1.1";
    unsigned char *chosen;

    (void)session;
    (void)user;
    if (SSL_select_next_proto(&chosen, out_len, ours, sizeof(ours) - 1, in, in_len) !=
        OPENSSL_NPN_NEGOTIATED)
        return SSL_TLSEXT_ERR_ALERT_FATAL;
    *out = chosen;
    return SSL_TLSEXT_ERR_OK;
}

static bool restrict_context(SSL_CTX *context)
{
    SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION |
                                     SSL_OP_CIPHER_SERVER_PREFERENCE);
    SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS); /* 34 KB less for each idle connection */
    SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF); /* tickets need no memory here */
    SSL_CTX_set_alpn_select_cb(context, choose_protocol, NULL);
    return SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION) == 1 &&
           SSL_CTX_set_cipher_list(context, "ECDHE+AESGCM:ECDHE+CHACHA20") == 1;
}

/* What OpenSSL complains about, for people. */
static const char *complaint(void)
{
    const char *reason = ERR_reason_error_string(ERR_peek_last_error());

    return reason ? reason : "unknown fault";
}

/* Without a callback OpenSSL would ask on the terminal for the passphrase of an encrypted key. */
static int no_passphrase(char *text, int size, int writing, void *user)
{
    (void)text;
    (void)size;
    (void)writing;
    (void)user;
    return -1;
}

static enum quell_code load_files(SSL_CTX *context, const char *certificate, const char *key,
                                  struct quell_error *err)
{
    SSL_CTX_set_default_passwd_cb(context, no_passphrase);
    if (SSL_CTX_use_certificate_chain_file(context, certificate) != 1)
        return error_set(err, QUELL_INVALID, "`tls.certificate`: %s: %s", certificate, complaint());
    if (SSL_CTX_use_PrivateKey_file(context, key, SSL_FILETYPE_PEM) != 1)
        return error_set(err, QUELL_INVALID, "`tls.key`: %s: %s", key, complaint());
    if (SSL_CTX_check_private_key(context) != 1)
        return error_set(err, QUELL_INVALID, "`tls.key`: %s does not belong to %s", key,
                         certificate);
    return QUELL_OK;
}

enum quell_code tls_load(const char *certificate, const char *key, struct tls **tls,
                         struct quell_error *err)
{
    SSL_CTX *context = SSL_CTX_new(TLS_server_method());
    enum quell_code code;

    ERR_clear_error();
    if (!context || !restrict_context(context)) {
        SSL_CTX_free(context);
        return error_set(err, QUELL_IO, "OpenSSL gives no TLS 1.2: %s", complaint());
    }
    code = load_files(context, certificate, key, err);
    ERR_clear_error();
    if (code) {
        SSL_CTX_free(context);
        return code;
    }
    *tls = memory_new(sizeof(**tls));
    (*tls)->context = context;
    return QUELL_OK;
}

void tls_free(struct tls *tls)
{
    if (!tls)
        return;
    SSL_CTX_free(tls->context);
    memory_free(tls);
}

struct ssl_st *tls_session(struct tls *tls)
{
    return SSL_new(tls->context);
}

void tls_goodbye(struct ssl_st *session)
{
    if (!SSL_is_init_finished(session))
        return;
    (void)SSL_shutdown(session); /* the peer's answer is not waited for */
    ERR_clear_error();
}
