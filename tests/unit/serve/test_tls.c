/*
 * test_tls.c - HTTPS: what is spoken, what is refused, slow and broken handshakes, new certificates
 * on reload. Certificates are made here.
 */
#include "fixture.h"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include "serve/tls.h"

#define GET QUELL_STR("GET /livez HTTP/1.1\r\nHost: a\r\n\r\n")

/* ---- certificates ------------------------------------------------------------------------------
 */

struct files {
    char folder[64], certificate[96], key[96];
};

static void write_pem(const char *path, X509 *certificate, EVP_PKEY *key, const char *passphrase)
{
    FILE *file = fopen(path, "w");

    assert_non_null(file);
    if (certificate)
        assert_int_equal(PEM_write_X509(file, certificate), 1);
    else
        assert_int_equal(PEM_write_PrivateKey(file, key, passphrase ? EVP_aes_128_cbc() : NULL,
                                              (const unsigned char *)passphrase,
                                              passphrase ? (int)strlen(passphrase) : 0, NULL, NULL),
                         1);
    (void)fclose(file);
}

/* A self-signed certificate for `name`, and its key. */
static void make_certificate(const struct files *files, const char *name, const char *passphrase)
{
    EVP_PKEY *key = EVP_EC_gen("P-256");
    X509 *certificate = X509_new();
    X509_NAME *subject = X509_get_subject_name(certificate);

    assert_int_equal(X509_set_version(certificate, X509_VERSION_3), 1);
    ASN1_INTEGER_set(X509_get_serialNumber(certificate), 1);
    X509_gmtime_adj(X509_getm_notBefore(certificate), -60);
    X509_gmtime_adj(X509_getm_notAfter(certificate), 3600);
    X509_set_pubkey(certificate, key);
    X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC, (const unsigned char *)name, -1, -1, 0);
    X509_set_issuer_name(certificate, subject);
    assert_true(X509_sign(certificate, key, EVP_sha256()) > 0);
    write_pem(files->certificate, certificate, NULL, NULL);
    write_pem(files->key, NULL, key, passphrase);
    X509_free(certificate);
    EVP_PKEY_free(key);
}

static void make_files(struct files *files)
{
    (void)snprintf(files->folder, sizeof(files->folder), "/tmp/quell-tls-XXXXXX");
    assert_non_null(mkdtemp(files->folder));
    (void)snprintf(files->certificate, sizeof(files->certificate), "%s/cert.pem", files->folder);
    (void)snprintf(files->key, sizeof(files->key), "%s/key.pem", files->folder);
}

static void remove_files(const struct files *files)
{
    (void)unlink(files->certificate);
    (void)unlink(files->key);
    (void)rmdir(files->folder);
}

/* ---- a client that speaks TLS ------------------------------------------------------------------
 */

enum { TRY_AGAIN, TRY_DONE, TRY_FAILED };

static int outcome(SSL *session, int result)
{
    int error = SSL_get_error(session, result);

    if (result > 0)
        return TRY_DONE;
    ERR_clear_error();
    return error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE ? TRY_AGAIN : TRY_FAILED;
}

static bool shake_hands(struct client *client, SSL *session)
{
    int64_t until_us = clock_monotonic_us() + PATIENCE_US;

    assert_int_equal(SSL_set_fd(session, client->fd), 1);
    for (;;) {
        int result = outcome(session, SSL_connect(session));

        if (result != TRY_AGAIN)
            return result == TRY_DONE;
        loop_once(client->fake->loop, TURN_MS);
        assert_true(clock_monotonic_us() < until_us);
    }
}

/* Sends the request and reads until an answer is whole or the server says goodbye; its status, or
 * 0.
 */
static int ask_tls(struct client *client, SSL *session, struct quell_str request)
{
    int64_t until_us = clock_monotonic_us() + PATIENCE_US;
    char bytes[4096];
    struct quell_str head, body;
    int status = 0, result = TRY_AGAIN;
    size_t at = 0;

    buf_reset(&client->got);
    while (result == TRY_AGAIN) {
        result = outcome(session, SSL_write(session, request.data, (int)request.len));
        loop_once(client->fake->loop, TURN_MS);
    }
    while (!next_answer(buf_str(&client->got), &at, &status, &head, &body)) {
        int got = SSL_read(session, bytes, sizeof(bytes));

        if (got > 0)
            buf_add(&client->got, bytes, (size_t)got);
        else if (outcome(session, got) == TRY_FAILED)
            return 0;
        else
            loop_once(client->fake->loop, TURN_MS);
        assert_true(clock_monotonic_us() < until_us);
    }
    return status;
}

/* What a client insists on. */
struct insistence {
    const char *name;
    int version_min, version_max;
    const char *ciphers;       /* of TLS 1.2 and below */
    const unsigned char *alpn; /* length-prefixed */
    int status;                /* of its request, or 0: it is refused */
};

static const struct insistence insistences[] = {
    {"nothing", 0, 0, NULL, NULL, 200},
    {"tls 1.3", TLS1_3_VERSION, TLS1_3_VERSION, NULL, NULL, 200},
    {"tls 1.2", TLS1_2_VERSION, TLS1_2_VERSION, NULL, NULL, 200},
    {"tls 1.1", TLS1_1_VERSION, TLS1_1_VERSION, "ALL:@SECLEVEL=0", NULL, 0},
    {"tls 1.0", TLS1_VERSION, TLS1_VERSION, "ALL:@SECLEVEL=0", NULL, 0},
    {"cbc", TLS1_2_VERSION, TLS1_2_VERSION, "ECDHE-ECDSA-AES128-SHA:@SECLEVEL=0", NULL, 0},
    {"cbc with sha-256", TLS1_2_VERSION, TLS1_2_VERSION, "ECDHE-ECDSA-AES128-SHA256:@SECLEVEL=0",
     NULL, 0},
    {"no encryption", TLS1_2_VERSION, TLS1_2_VERSION, "eNULL:@SECLEVEL=0", NULL, 0},
    {"no authentication", TLS1_2_VERSION, TLS1_2_VERSION, "aNULL:@SECLEVEL=0", NULL, 0},
    {"no forward secrecy", TLS1_2_VERSION, TLS1_2_VERSION, "kRSA:@SECLEVEL=0", NULL, 0},
    {"chacha20", TLS1_2_VERSION, TLS1_2_VERSION, "ECDHE-ECDSA-CHACHA20-POLY1305", NULL, 200},
    {"http/1.1", 0, 0, NULL, (const unsigned char *)"\x08http/1.1", 200},
    {"h2 or http/1.1", 0, 0, NULL, (const unsigned char *)"\x02h2\x08http/1.1", 200},
    {"h2", 0, 0, NULL, (const unsigned char *)"\x02h2", 0},
};

static SSL_CTX *client_context(const struct insistence *on)
{
    SSL_CTX *context = SSL_CTX_new(TLS_client_method());

    assert_non_null(context);
    if (on->ciphers)
        assert_int_equal(SSL_CTX_set_cipher_list(context, on->ciphers), 1);
    assert_int_equal(SSL_CTX_set_min_proto_version(context, on->version_min), 1);
    assert_int_equal(SSL_CTX_set_max_proto_version(context, on->version_max), 1);
    if (on->alpn)
        assert_int_equal(
            SSL_CTX_set_alpn_protos(context, on->alpn, (unsigned)strlen((const char *)on->alpn)),
            0);
    return context;
}

/* The status of one request, or 0; *name becomes the certificate's. */
static int visit(struct fake *fake, const struct insistence *on, char *name, size_t size)
{
    SSL_CTX *context = client_context(on);
    SSL *session = SSL_new(context);
    struct client client;
    int status = 0;

    client_open(&client, fake);
    if (shake_hands(&client, session)) {
        X509 *certificate = SSL_get1_peer_certificate(session);

        X509_NAME_get_text_by_NID(X509_get_subject_name(certificate), NID_commonName, name,
                                  (int)size);
        X509_free(certificate);
        status = ask_tls(&client, session, GET);
    }
    SSL_free(session);
    SSL_CTX_free(context);
    client_close(&client);
    return status;
}

/* ---- tests -------------------------------------------------------------------------------------
 */

static void start(struct fake *fake, const struct files *files, const struct serve_options *options)
{
    char config[512];

    (void)snprintf(config, sizeof(config),
                   "{\"listen\": \"127.0.0.1:0\", \"tls\": {\"certificate\": \"%s\", \"key\": "
                   "\"%s\"}}",
                   files->certificate, files->key);
    fake_start(fake, config, options);
}

static void only_sound_tls_is_spoken(void **state)
{
    struct files files;
    struct fake fake;
    char name[64];

    (void)state;
    make_files(&files);
    make_certificate(&files, "one.test", NULL);
    start(&fake, &files, NULL);
    assert_true(str_starts(quell_str_of(server_url(serve_server(fake.service), 0, NULL)),
                           QUELL_STR("https://127.0.0.1:")));
    for (size_t i = 0; i < sizeof(insistences) / sizeof(insistences[0]); i++) {
        int status = visit(&fake, &insistences[i], name, sizeof(name));

        if (status != insistences[i].status)
            fail_msg("%s: %d", insistences[i].name, status);
    }
    printf("cases: %zu\n", sizeof(insistences) / sizeof(insistences[0]));
    fake_stop(&fake);
    remove_files(&files);
}

static void what_is_no_handshake_is_closed(void **state)
{
    static const struct quell_str garbage[] = {
        {"GET / HTTP/1.1\r\nHost: a\r\n\r\n", 27},
        {"\x16\x03\x01\xff\xff\x01\x00\x00\xa1\x03\x03zzzzzzzzzzzzzzzzzzzzzzzzzzz", 38},
        {"\x80\x2e\x01\x00\x02\x00\x15\x00\x00\x00\x10\x01\x00\x80", 14},
        {"\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 16},
    };
    struct files files;
    struct fake fake;
    char name[64];

    (void)state;
    make_files(&files);
    make_certificate(&files, "one.test", NULL);
    start(&fake, &files, &(struct serve_options){.deadlines = {.head_ms = 100}});
    for (size_t i = 0; i < sizeof(garbage) / sizeof(garbage[0]); i++) {
        struct client client;

        client_open(&client, &fake);
        client_send(&client, garbage[i]);
        client_wait_close(&client);
        assert_true(str_find(buf_str(&client.got), QUELL_STR("HTTP/"), 0) == SIZE_MAX);
        client_close(&client);
    }
    assert_true(server_count(serve_server(fake.service)).handshakes_failed >= 1);
    assert_int_equal(visit(&fake, &insistences[0], name, sizeof(name)), 200);
    fake_stop(&fake);
    remove_files(&files);
}

static void a_handshake_that_stops_has_a_deadline(void **state)
{
    struct files files;
    struct fake fake;
    struct client client;

    (void)state;
    make_files(&files);
    make_certificate(&files, "one.test", NULL);
    start(&fake, &files, &(struct serve_options){.deadlines = {.head_ms = 100}});
    client_open(&client, &fake);
    client_send(&client, QUELL_STR("\x16\x03\x01\x02"));
    client_wait_close(&client);
    client_close(&client);
    fake_stop(&fake);
    remove_files(&files);
}

static void an_early_answer_is_readable_while_the_client_still_sends(void **state)
{
    struct files files;
    struct fake fake;
    struct client client;
    SSL_CTX *context = client_context(&insistences[0]);
    SSL *session = SSL_new(context);

    (void)state;
    make_files(&files);
    make_certificate(&files, "one.test", NULL);
    start(&fake, &files, NULL);
    client_open(&client, &fake);
    assert_true(shake_hands(&client, session));
    assert_int_equal(ask_tls(&client, session,
                             QUELL_STR("POST /livez HTTP/1.1\r\nHost: a\r\nContent-Length: "
                                       "500000\r\n\r\n          ")),
                     405);
    SSL_free(session);
    SSL_CTX_free(context);
    client_close(&client);
    fake_stop(&fake);
    remove_files(&files);
}

static void a_reload_brings_the_new_certificate_or_keeps_the_old(void **state)
{
    struct files files;
    struct fake fake;
    struct quell_error err = {.code = QUELL_OK};
    char name[64];

    (void)state;
    make_files(&files);
    make_certificate(&files, "one.test", NULL);
    start(&fake, &files, NULL);
    assert_int_equal(visit(&fake, &insistences[0], name, sizeof(name)), 200);
    assert_string_equal(name, "one.test");
    make_certificate(&files, "two.test", NULL);
    assert_int_equal(serve_reload(fake.service, &err), QUELL_OK);
    assert_int_equal(visit(&fake, &insistences[0], name, sizeof(name)), 200);
    assert_string_equal(name, "two.test");
    (void)unlink(files.key);
    assert_int_equal(serve_reload(fake.service, &err), QUELL_INVALID);
    assert_non_null(strstr(err.message, "`tls.key`"));
    assert_int_equal(visit(&fake, &insistences[0], name, sizeof(name)), 200);
    assert_string_equal(name, "two.test");
    fake_stop(&fake);
    remove_files(&files);
}

static void files_that_do_not_fit_are_refused(void **state)
{
    struct files one, two;
    struct tls *tls = NULL;
    struct quell_error err = {.code = QUELL_OK};

    (void)state;
    make_files(&one);
    make_files(&two);
    make_certificate(&one, "one.test", NULL);
    make_certificate(&two, "two.test", "passphrase");
    assert_int_equal(tls_load("/nowhere/cert.pem", one.key, &tls, &err), QUELL_INVALID);
    assert_non_null(strstr(err.message, "`tls.certificate`: /nowhere/cert.pem"));
    assert_int_equal(tls_load(one.certificate, two.key, &tls, &err), QUELL_INVALID);
    make_certificate(&two, "two.test", NULL);
    assert_int_equal(tls_load(one.certificate, two.key, &tls, &err), QUELL_INVALID);
    assert_int_equal(tls_load(one.key, one.key, &tls, &err), QUELL_INVALID);
    assert_null(tls);
    assert_int_equal(tls_load(one.certificate, one.key, &tls, &err), QUELL_OK);
    tls_free(tls);
    remove_files(&one);
    remove_files(&two);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_sound_tls_is_spoken),
        cmocka_unit_test(what_is_no_handshake_is_closed),
        cmocka_unit_test(a_handshake_that_stops_has_a_deadline),
        cmocka_unit_test(an_early_answer_is_readable_while_the_client_still_sends),
        cmocka_unit_test(a_reload_brings_the_new_certificate_or_keeps_the_old),
        cmocka_unit_test(files_that_do_not_fit_are_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
