/*
 * test_curl_tls.c - TLS out: who is not proven to be the host gets not one byte of a request.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <unistd.h>

#include <cmocka.h>
#include <event2/bufferevent_ssl.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include "../peer.h"
#include "base/arena.h"
#include "base/str.h"
#include "loop/curl.h"

/* ---- certificates ----------------------------------------------------------------------------*/

struct identity {
    EVP_PKEY *key;
    X509 *certificate;
};

static void add_extension(X509 *certificate, int kind, const char *text)
{
    X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, NULL, kind, text);

    assert_non_null(extension);
    assert_int_equal(X509_add_ext(certificate, extension, -1), 1);
    X509_EXTENSION_free(extension);
}

/* Signed by itself; valid from `from_s` to `to_s` seconds from now. */
static struct identity make_identity(const char *names, long from_s, long to_s)
{
    struct identity made = {EVP_EC_gen("P-256"), X509_new()};
    X509_NAME *name = X509_get_subject_name(made.certificate);

    assert_non_null(made.key);
    assert_int_equal(X509_set_version(made.certificate, 2), 1);
    assert_int_equal(ASN1_INTEGER_set(X509_get_serialNumber(made.certificate), 7), 1);
    assert_non_null(X509_gmtime_adj(X509_getm_notBefore(made.certificate), from_s));
    assert_non_null(X509_gmtime_adj(X509_getm_notAfter(made.certificate), to_s));
    assert_int_equal(X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC,
                                                (const unsigned char *)"test", -1, -1, 0),
                     1);
    assert_int_equal(X509_set_issuer_name(made.certificate, name), 1);
    assert_int_equal(X509_set_pubkey(made.certificate, made.key), 1);
    add_extension(made.certificate, NID_basic_constraints, "critical,CA:TRUE");
    add_extension(made.certificate, NID_subject_alt_name, names);
    assert_true(X509_sign(made.certificate, made.key, EVP_sha256()) > 0);
    return made;
}

static void free_identity(struct identity *identity)
{
    EVP_PKEY_free(identity->key);
    X509_free(identity->certificate);
}

/* ---- a server --------------------------------------------------------------------------------*/

struct world {
    struct loop *loop;
    struct curl_pool *pool;
    struct arena *arena;
    struct evconnlistener *listener;
    SSL_CTX *context;
    struct bufferevent *event;
    unsigned port;
    size_t requests;
    char ca[64];
    bool done;
    struct curl_answer answer;
};

static void readable(struct bufferevent *event, void *user)
{
    struct world *world = user;
    static const char answer[] = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi";

    if (peer_request_length(bufferevent_get_input(event)) == 0)
        return;
    world->requests++;
    bufferevent_write(event, answer, strlen(answer));
}

static void gone(struct bufferevent *event, short what, void *user)
{
    struct world *world = user;

    if (what & (BEV_EVENT_EOF | BEV_EVENT_ERROR)) {
        bufferevent_free(event);
        world->event = NULL;
    }
}

static void accepted(struct evconnlistener *listener, evutil_socket_t fd, struct sockaddr *address,
                     int len, void *user)
{
    struct world *world = user;

    (void)listener;
    (void)address;
    (void)len;
    if (world->event)
        bufferevent_free(world->event);
    world->event =
        bufferevent_openssl_socket_new(loop_base(world->loop), fd, SSL_new(world->context),
                                       BUFFEREVENT_SSL_ACCEPTING, BEV_OPT_CLOSE_ON_FREE);
    bufferevent_setcb(world->event, readable, NULL, gone, world);
    bufferevent_enable(world->event, EV_READ | EV_WRITE);
}

static int set_up(void **state)
{
    struct world *world = calloc(1, sizeof(*world));
    struct sockaddr_in address = {.sin_family = AF_INET};
    socklen_t len = sizeof(address);
    int fd;

    world->loop = loop_new();
    world->pool = curl_pool_new(world->loop);
    world->arena = arena_new(0);
    world->context = SSL_CTX_new(TLS_server_method());
    (void)snprintf(world->ca, sizeof(world->ca), "/tmp/quell-ca-XXXXXX");
    fd = mkstemp(world->ca);
    assert_true(fd >= 0);
    assert_int_equal(close(fd), 0);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    world->listener =
        evconnlistener_new_bind(loop_base(world->loop), accepted, world, LEV_OPT_CLOSE_ON_FREE, 4,
                                (struct sockaddr *)&address, sizeof(address));
    assert_non_null(world->listener);
    assert_int_equal(
        getsockname(evconnlistener_get_fd(world->listener), (struct sockaddr *)&address, &len), 0);
    world->port = ntohs(address.sin_port);
    *state = world;
    return 0;
}

static int tear_down(void **state)
{
    struct world *world = *state;

    curl_pool_free(world->pool);
    if (world->event)
        bufferevent_free(world->event);
    evconnlistener_free(world->listener);
    SSL_CTX_free(world->context);
    loop_free(world->loop);
    arena_free(world->arena);
    (void)unlink(world->ca);
    free(world);
    return 0;
}

/* The server shows this identity from now on, and the file holds it as a trusted one. */
static void show(struct world *world, const struct identity *identity)
{
    FILE *file = fopen(world->ca, "w");

    assert_non_null(file);
    assert_int_equal(PEM_write_X509(file, identity->certificate), 1);
    assert_int_equal(fclose(file), 0);
    assert_int_equal(SSL_CTX_use_certificate(world->context, identity->certificate), 1);
    assert_int_equal(SSL_CTX_use_PrivateKey(world->context, identity->key), 1);
}

static void taken(const struct curl_answer *answer, void *user)
{
    struct world *world = user;

    world->done = true;
    world->answer = *answer;
    world->answer.message = arena_str(world->arena, answer->message);
}

static void get(struct world *world, const char *host, bool trusted)
{
    char url[64];
    struct curl_job job = {.method = "GET", .egress = CURL_EGRESS_LOOPBACK, .timeout_ms = 5000};

    (void)snprintf(url, sizeof(url), "https://%s:%u/", host, world->port);
    job.url = quell_str_of(url);
    if (trusted)
        job.ca_file = quell_str_of(world->ca);
    world->done = false;
    (void)curl_start(world->pool, &job, taken, world);
    peer_wait(world->loop, &world->done);
}

/* ---- tests -----------------------------------------------------------------------------------*/

static void only_a_proven_host_gets_a_request(void **state)
{
    struct world *world = *state;
    struct identity identity = make_identity("IP:127.0.0.1,DNS:localhost", -60, 3600);

    show(world, &identity);
    get(world, "127.0.0.1", false);
    assert_int_equal(world->answer.code, QUELL_DENIED);
    assert_int_equal(world->requests, 0);
    get(world, "127.0.0.1", true);
    assert_int_equal(world->answer.code, QUELL_OK);
    assert_int_equal(world->answer.status, 200);
    /* A connection that one job trusted is not another's. */
    get(world, "127.0.0.1", false);
    assert_int_equal(world->answer.code, QUELL_DENIED);
    assert_int_equal(world->requests, 1);
    free_identity(&identity);
}

static void names_and_dates_are_checked(void **state)
{
    struct world *world = *state;
    static const struct {
        const char *names;
        long from_s, to_s;
    } rows[] = {
        {"DNS:other.example", -60, 3600}, {"IP:127.0.0.2", -60, 3600},  {"DNS:*", -60, 3600},
        {"IP:127.0.0.1", -3600, -60},     {"IP:127.0.0.1", 3600, 7200},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct identity identity = make_identity(rows[i].names, rows[i].from_s, rows[i].to_s);
        show(world, &identity);
        get(world, "127.0.0.1", true);
        assert_int_equal(world->answer.code, QUELL_DENIED);
        free_identity(&identity);
    }
    assert_int_equal(world->requests, 0);
}

static void old_protocols_are_not_spoken(void **state)
{
    struct world *world = *state;
    struct identity identity = make_identity("IP:127.0.0.1", -60, 3600);

    show(world, &identity);
    SSL_CTX_set_security_level(world->context, 0);
    assert_int_equal(SSL_CTX_set_min_proto_version(world->context, TLS1_VERSION), 1);
    assert_int_equal(SSL_CTX_set_max_proto_version(world->context, TLS1_1_VERSION), 1);
    get(world, "127.0.0.1", true);
    assert_int_not_equal(world->answer.code, QUELL_OK);
    assert_int_equal(world->requests, 0);
    free_identity(&identity);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(only_a_proven_host_gets_a_request),
        TEST(names_and_dates_are_checked),
        TEST(old_protocols_are_not_spoken),
    };

    return cmocka_run_group_tests_name("loop.curl_tls", tests, NULL, NULL);
}
