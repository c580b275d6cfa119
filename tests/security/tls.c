/*
 * tls.c - TLS out against servers that are not proven to be the host, or speak what is too old or
 * too weak: 14 set-ups and more x https, SMTP over TLS and SMTP with STARTTLS. None gets a byte of
 * a request or of a mail; a sound server gets both, so that nothing means something.
 *
 * Out of scope: revocation. quell asks neither OCSP nor lists (docs/connectors.md).
 */
#include <arpa/inet.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include "base/str.h"
#include "figures.h"
#include "loop/curl.h"
#include "loop/loop.h"

/* ---- certificates ----------------------------------------------------------------------------*/

enum key { EC, RSA_2048, RSA_512 };
enum chain {
    BY_CA,           /* the trusted one has signed it */
    BY_ITSELF,       /* and nobody trusts it */
    BY_OTHER_CA,     /* one that is not trusted */
    BY_INTERMEDIATE, /* which the server does not show */
    BY_LEAF,         /* a certificate that is no CA's has signed it */
    BY_NAMED_CA,     /* that may sign for other.example only */
};

static const struct setup {
    const char *name;
    const char *host; /* as quell asks for it; NULL = localhost */
    const char *names, *common_name;
    long from_s, to_s;
    enum key key;
    enum chain chain;
    bool sha1, server_not, sound; /* `server_not`: the certificate is a client's */
    int version_max;
    const char *ciphers;
} setups[] = {
#define GOOD .names = "DNS:localhost", .from_s = -60, .to_s = 3600
    {.name = "sound", GOOD, .sound = true},
    {.name = "sound, TLS 1.2", GOOD, .version_max = TLS1_2_VERSION, .sound = true},
    {.name = "expired", .names = "DNS:localhost", .from_s = -3600, .to_s = -60},
    {.name = "not yet valid", .names = "DNS:localhost", .from_s = 3600, .to_s = 7200},
    {.name = "self-signed", GOOD, .chain = BY_ITSELF},
    {.name = "another CA", GOOD, .chain = BY_OTHER_CA},
    {.name = "another host", .names = "DNS:other.example", .from_s = -60, .to_s = 3600},
    {.name = "another address",
     .host = "127.0.0.1",
     .names = "IP:127.0.0.2",
     .from_s = -60,
     .to_s = 3600},
    {.name = "an address as a name",
     .host = "127.0.0.1",
     .names = "DNS:127.0.0.1",
     .from_s = -60,
     .to_s = 3600},
    {.name = "a name beside the common name",
     .names = "DNS:other.example",
     .common_name = "localhost",
     .from_s = -60,
     .to_s = 3600},
    {.name = "an address in the common name only",
     .host = "127.0.0.1",
     .common_name = "127.0.0.1",
     .from_s = -60,
     .to_s = 3600},
    {.name = "a wildcard over everything", .names = "DNS:*", .from_s = -60, .to_s = 3600},
    {.name = "a wildcard over two labels",
     .host = "a.b.localhost",
     .names = "DNS:*.localhost",
     .from_s = -60,
     .to_s = 3600},
    {.name = "a missing intermediate", GOOD, .chain = BY_INTERMEDIATE},
    {.name = "signed by what is no CA", GOOD, .chain = BY_LEAF},
    {.name = "outside of the CA's names", GOOD, .chain = BY_NAMED_CA},
    {.name = "a client's certificate", GOOD, .server_not = true},
    {.name = "SHA-1", GOOD, .sha1 = true},
    {.name = "a key of 512 bits", GOOD, .key = RSA_512},
    {.name = "TLS 1.1", GOOD, .version_max = TLS1_1_VERSION},
    {.name = "TLS 1.0", GOOD, .version_max = TLS1_VERSION},
    {.name = "no encryption", GOOD, .version_max = TLS1_2_VERSION, .ciphers = "eNULL:@SECLEVEL=0"},
    {.name = "no authentication",
     GOOD,
     .version_max = TLS1_2_VERSION,
     .ciphers = "aNULL:@SECLEVEL=0"},
};

struct identity {
    EVP_PKEY *key;
    X509 *certificate;
};

static void must(bool good, const char *what)
{
    if (good)
        return;
    printf("failed: %s\n0 passed, 1 failed\n", what);
    exit(1);
}

static void extend(X509 *certificate, int kind, const char *text)
{
    X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, NULL, kind, text);

    must(extension && X509_add_ext(certificate, extension, -1) == 1, text);
    X509_EXTENSION_free(extension);
}

static EVP_PKEY *make_key(enum key kind)
{
    if (kind == EC)
        return EVP_EC_gen("P-256");
    return EVP_RSA_gen(kind == RSA_512 ? 512 : 2048);
}

/* `issuer` NULL: signed by itself. */
static struct identity make(const struct setup *setup, const char *name, const char *constraints,
                            const char *permitted, const struct identity *issuer)
{
    static long serial = 1;
    struct identity made = {make_key(setup->key), X509_new()};
    X509_NAME *subject = X509_get_subject_name(made.certificate);

    must(made.key != NULL, "a key");
    must(X509_set_version(made.certificate, 2) == 1, "a version");
    ASN1_INTEGER_set(X509_get_serialNumber(made.certificate), serial++);
    X509_gmtime_adj(X509_getm_notBefore(made.certificate), setup->from_s);
    X509_gmtime_adj(X509_getm_notAfter(made.certificate), setup->to_s);
    X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC, (const unsigned char *)name, -1, -1, 0);
    X509_set_issuer_name(made.certificate,
                         issuer ? X509_get_subject_name(issuer->certificate) : subject);
    X509_set_pubkey(made.certificate, made.key);
    extend(made.certificate, NID_basic_constraints, constraints);
    if (permitted)
        extend(made.certificate, NID_name_constraints, permitted);
    if (setup->names)
        extend(made.certificate, NID_subject_alt_name, setup->names);
    if (setup->server_not)
        extend(made.certificate, NID_ext_key_usage, "clientAuth");
    must(X509_sign(made.certificate, issuer ? issuer->key : made.key,
                   setup->sha1 ? EVP_sha1() : EVP_sha256()) > 0,
         "a signature");
    return made;
}

static void drop(struct identity *identity)
{
    EVP_PKEY_free(identity->key);
    X509_free(identity->certificate);
}

static const struct setup authority = {.name = "CA", .from_s = -3600 * 24, .to_s = 3600 * 24};

struct trust {
    struct identity ca, other, named;
    char file[64];
};

static void make_trust(struct trust *trust)
{
    int fd;
    FILE *file;

    trust->ca = make(&authority, "CA", "critical,CA:TRUE", NULL, NULL);
    trust->other = make(&authority, "CA", "critical,CA:TRUE", NULL, NULL); /* of the same name */
    trust->named =
        make(&authority, "Named", "critical,CA:TRUE", "critical,permitted;DNS:other.example", NULL);
    (void)snprintf(trust->file, sizeof(trust->file), "/tmp/quell-trust-XXXXXX");
    fd = mkstemp(trust->file);
    file = fd >= 0 ? fdopen(fd, "w") : NULL;
    must(file && PEM_write_X509(file, trust->ca.certificate) == 1 &&
             PEM_write_X509(file, trust->named.certificate) == 1 && fclose(file) == 0,
         "a file of CAs");
}

static struct identity identity_of(const struct setup *setup, struct trust *trust)
{
    const char *name = setup->common_name ? setup->common_name : "server";
    const struct identity *issuer = &trust->ca;
    struct identity between = {0}, made;

    if (setup->chain == BY_INTERMEDIATE || setup->chain == BY_LEAF)
        between = make(&authority, "Between",
                       setup->chain == BY_LEAF ? "critical,CA:FALSE" : "critical,CA:TRUE", NULL,
                       &trust->ca);
    if (between.key)
        issuer = &between;
    if (setup->chain == BY_OTHER_CA)
        issuer = &trust->other;
    if (setup->chain == BY_NAMED_CA)
        issuer = &trust->named;
    made = make(setup, name, "critical,CA:FALSE", NULL, setup->chain == BY_ITSELF ? NULL : issuer);
    drop(&between);
    return made;
}

/* ---- a server on a thread ----------------------------------------------------------------------
 */

enum wire { HTTPS, SMTPS, STARTTLS };

struct server {
    const struct setup *setup;
    struct identity identity;
    enum wire wire;
    int fd;
    unsigned port;
    size_t got;         /* bytes that came through TLS */
    size_t clear_mails; /* mails that came without */
    pthread_t thread;
};

static SSL_CTX *context_of(const struct server *server)
{
    SSL_CTX *context = SSL_CTX_new(TLS_server_method());
    const struct setup *setup = server->setup;

    SSL_CTX_set_security_level(context, 0);
    if (setup->version_max)
        SSL_CTX_set_max_proto_version(context, setup->version_max);
    SSL_CTX_set_min_proto_version(context, TLS1_VERSION);
    must(SSL_CTX_set_cipher_list(context, setup->ciphers ? setup->ciphers : "ALL:@SECLEVEL=0") == 1,
         "ciphers");
    must(SSL_CTX_use_certificate(context, server->identity.certificate) == 1 &&
             SSL_CTX_use_PrivateKey(context, server->identity.key) == 1,
         "an identity");
    return context;
}

static void say(int fd, const char *text)
{
    (void)!write(fd, text, strlen(text)); /* a client that left has its reasons */
}

/* Reads lines in clear text up to STARTTLS; false when the client leaves or goes on without. */
static bool ask_for_tls(struct server *server, int fd)
{
    char line[512];
    size_t len = 0;

    say(fd, "220 test ESMTP\r\n");
    while (len + 1 < sizeof(line) && read(fd, line + len, 1) == 1) {
        if (line[len++] != '\n')
            continue;
        line[len] = '\0';
        len = 0;
        if (strncmp(line, "EHLO", 4) == 0) {
            say(fd, "250-test\r\n250 STARTTLS\r\n");
        } else if (strncmp(line, "STARTTLS", 8) == 0) {
            say(fd, "220 go\r\n");
            return true;
        } else {
            server->clear_mails += strncmp(line, "MAIL", 4) == 0;
            say(fd, "530 first STARTTLS\r\n");
        }
    }
    return false;
}

/* Enough of each protocol for a sound client to be content. */
static void serve_sound(struct server *server, SSL *session)
{
    static const char http[] = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi";
    char bytes[16384];
    bool data = false;
    int got, kept = 0; /* of a mail's body, until its end has come */

    if (server->wire == SMTPS)
        SSL_write(session, "220 test\r\n", 10);
    while ((got = SSL_read(session, bytes + kept, (int)sizeof(bytes) - 1 - kept)) > 0) {
        server->got += (size_t)got;
        kept += got;
        bytes[kept] = '\0';
        if (server->wire == HTTPS) {
            SSL_write(session, http, sizeof(http) - 1);
        } else if (data && !strstr(bytes, "\r\n.\r\n")) {
            continue;
        } else if (strncmp(bytes, "DATA", 4) == 0) {
            data = true;
            SSL_write(session, "354 go\r\n", 8);
        } else {
            data = false;
            SSL_write(session, "250 ok\r\n", 8);
        }
        kept = 0;
    }
}

static void *serve(void *user)
{
    struct server *server = user;
    SSL_CTX *context = context_of(server);
    int fd;

    while ((fd = accept(server->fd, NULL, NULL)) >= 0) {
        SSL *session = SSL_new(context);
        SSL_set_fd(session, fd);
        if ((server->wire != STARTTLS || ask_for_tls(server, fd)) && SSL_accept(session) == 1)
            serve_sound(server, session);
        SSL_free(session);
        close(fd);
    }
    SSL_CTX_free(context);
    return NULL;
}

static void start(struct server *server)
{
    struct sockaddr_in address = {.sin_family = AF_INET};
    socklen_t len = sizeof(address);

    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    server->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    must(bind(server->fd, (struct sockaddr *)&address, len) == 0 && listen(server->fd, 4) == 0 &&
             getsockname(server->fd, (struct sockaddr *)&address, &len) == 0,
         "a listener");
    server->port = ntohs(address.sin_port);
    must(pthread_create(&server->thread, NULL, serve, server) == 0, "a thread");
}

static void stop(struct server *server)
{
    shutdown(server->fd, SHUT_RDWR);
    pthread_join(server->thread, NULL);
    close(server->fd);
}

/* ---- the client --------------------------------------------------------------------------------
 */

struct asked {
    bool done;
    enum quell_code code;
};

static void answered(const struct curl_answer *answer, void *user)
{
    *(struct asked *)user = (struct asked){true, answer->code};
}

static enum quell_code ask(const struct server *server, const char *ca_file)
{
    static const char *const schemes[] = {"https", "smtps", "smtp"};
    const struct quell_value to = quell_text("b@contoso.example");
    const struct quell_mail mail = {.from = QUELL_STR("a@contoso.example"),
                                    .to = quell_list(&to, 1),
                                    .message_id = QUELL_STR("1@contoso.example"),
                                    .subject = QUELL_STR("canary"),
                                    .text = QUELL_STR("canary")};
    struct curl_job job = {.egress = CURL_EGRESS_LOOPBACK, .timeout_ms = 10000};
    struct loop *loop = loop_new();
    struct curl_pool *pool = curl_pool_new(loop);
    struct asked asked = {.done = false};
    char url[96];

    (void)snprintf(url, sizeof(url), "%s://%s:%u/", schemes[server->wire],
                   server->setup->host ? server->setup->host : "localhost", server->port);
    job.url = quell_str_of(url);
    job.ca_file = quell_str_of(ca_file);
    if (server->wire == HTTPS) {
        job.method = "GET";
    } else {
        job.url.len--; /* without a path */
        job.mail = &mail;
        job.username = QUELL_STR("quell");
        job.password = QUELL_STR("canary");
        if (server->setup->sound)
            job.username = job.password = QUELL_STR("");
    }
    (void)curl_start(pool, &job, answered, &asked);
    while (!asked.done)
        loop_once(loop, -1);
    curl_pool_free(pool);
    loop_free(loop);
    return asked.code;
}

int main(void)
{
    static const char *const wires[] = {"https", "smtps", "starttls"};
    struct figures figures = {0, 0};
    struct trust trust;
    size_t count = sizeof(setups) / sizeof(setups[0]), bad = 0, taken = 0;

    make_trust(&trust);
    for (size_t i = 0; i < count; i++) {
        bad += !setups[i].sound;
        for (enum wire wire = HTTPS; wire <= STARTTLS; wire++) {
            struct server server = {.setup = &setups[i], .wire = wire};
            enum quell_code code;

            server.identity = identity_of(&setups[i], &trust);
            start(&server);
            code = ask(&server, trust.file);
            stop(&server);
            drop(&server.identity);
            if (setups[i].sound) {
                figures_add(&figures, code == QUELL_OK && server.got > 0, "%s, %s: code %d",
                            setups[i].name, wires[wire], (int)code);
                continue;
            }
            taken += server.got > 0;
            figures_add(&figures, code != QUELL_OK && server.got + server.clear_mails == 0,
                        "%s, %s: code %d, %zu bytes came", setups[i].name, wires[wire], (int)code,
                        server.got);
        }
    }
    printf("figures: tls: %zu bad set-ups x https, smtps, starttls: %zu accepted\n", bad, taken);
    drop(&trust.ca);
    drop(&trust.other);
    drop(&trust.named);
    (void)unlink(trust.file);
    return figures_end(&figures);
}
