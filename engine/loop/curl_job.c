/*
 * curl_job.c - what is set on an easy handle: where to, how safely, which callbacks.
 *
 * The one place where a request's texts meet libcurl: whatever could break out of a URL or a header
 * stops here. It also holds the two gates of egress, at socket open and before each request.
 */
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/limits.h"
#include "base/memory.h"
#include "base/str.h"
#include "loop/loop.h"
#include "loop/mail.h"
#include "loop/transfer.h"

/* Of all header lines of one answer; the largest seen from Azure is 4 KB. */
enum { HEAD_BYTES_MAX = 128 * 1024 };

/* ---- egress ----------------------------------------------------------------------------------*/

static int refuse_peer(struct curl_transfer *transfer, const char *why)
{
    (void)snprintf(transfer->denial, sizeof(transfer->denial), "%s", why);
    transfer->denied = true;
    return CURL_PREREQFUNC_ABORT;
}

static bool may_open(struct curl_transfer *transfer, const struct sockaddr *address)
{
    char why[sizeof(transfer->denial)];

    if (address->sa_family == AF_UNIX && transfer->unix_socket)
        return true;
    if (!curl_egress_allows(transfer->egress, transfer->cidrs, transfer->cidr_count, address)) {
        (void)snprintf(why, sizeof(why),
                       "the host has a %s address, which the connection's `egress` does not "
                       "allow",
                       egress_word(address));
        (void)refuse_peer(transfer, why);
        return false;
    }
    if (transfer->plain && !egress_is_loopback(address)) {
        (void)refuse_peer(transfer, "without TLS only loopback addresses may be reached");
        return false;
    }
    return true;
}

static curl_socket_t open_socket(void *user, curlsocktype purpose, struct curl_sockaddr *address)
{
    struct curl_transfer *transfer = user;

    (void)purpose;
    if (!may_open(transfer, &address->addr))
        return CURL_SOCKET_BAD;
    return socket(address->family, address->socktype | SOCK_CLOEXEC | SOCK_NONBLOCK,
                  address->protocol);
}

bool transfer_may_leave(struct curl_transfer *transfer)
{
    transfer->stopped = transfer->may_leave && !transfer->may_leave(transfer->may_leave_user);
    return !transfer->stopped;
}

/* Called on every connection just before the request: kept ones passed another job's policy, and
 * libcurl sends a request again by itself when a kept connection turns out dead. */
static int before_request(void *user, char *peer, char *self, int peer_port, int self_port)
{
    struct curl_transfer *transfer = user;
    struct sockaddr_storage address;

    (void)self;
    (void)peer_port;
    (void)self_port;
    if (transfer->begun && transfer->changes)
        return CURL_PREREQFUNC_ABORT;
    if (egress_sockaddr(peer, &address)) {
        if (!may_open(transfer, (const struct sockaddr *)&address))
            return CURL_PREREQFUNC_ABORT;
    } else if (!transfer->unix_socket) {
        return refuse_peer(transfer, "the peer's address cannot be read");
    }
    if (!transfer_may_leave(transfer))
        return CURL_PREREQFUNC_ABORT;
    transfer->begun = !transfer->mail; /* a mail is begun when its last line may leave */
    return CURL_PREREQFUNC_OK;
}

/* ---- answers coming in -----------------------------------------------------------------------*/

static size_t take_content(char *data, size_t size, size_t count, void *user)
{
    struct curl_transfer *transfer = user;

    buf_add(&transfer->content, data, size * count);
    if (!buf_over(&transfer->content))
        return size * count;
    transfer->over = true;
    return 0; /* ends the transfer */
}

static size_t take_http_line(char *data, size_t size, size_t count, void *user)
{
    struct curl_transfer *transfer = user;
    struct quell_str line = {data, size * count};

    if (str_starts(line, QUELL_STR("HTTP/")))
        buf_reset(&transfer->head); /* an interim answer (1xx) came before */
    buf_add_str(&transfer->head, line);
    if (!buf_over(&transfer->head))
        return line.len;
    transfer->over = true;
    return 0;
}

/* The server's lines until we are let in; the last one is what it had to say. */
static size_t take_mail_line(char *data, size_t size, size_t count, void *user)
{
    struct curl_transfer *transfer = user;

    buf_reset(&transfer->head);
    buf_add(&transfer->head, data, size * count);
    return size * count;
}

/* ---- what is set -----------------------------------------------------------------------------*/

static enum quell_code check_text(struct quell_str text, const char *what, struct quell_error *err)
{
    for (size_t i = 0; i < text.len; i++) {
        if (text.data[i] == '\r' || text.data[i] == '\n' || text.data[i] == '\0')
            return error_set(err, QUELL_INVALID, "%s holds a line break or a NUL", what);
    }
    return QUELL_OK;
}

/* RFC 9110 token. */
static bool is_token(const char *name)
{
    static const char marks[] = "!#$%&'*+-.^_`|~";

    if (!name[0])
        return false;
    for (; *name; name++) {
        bool alnum = (*name >= '0' && *name <= '9') || (*name >= 'a' && *name <= 'z') ||
                     (*name >= 'A' && *name <= 'Z');
        if (!alnum && !strchr(marks, *name))
            return false;
    }
    return true;
}

static enum quell_code add_header(struct curl_transfer *transfer, const struct quell_header *header,
                                  struct quell_error *err)
{
    struct quell_str line;
    enum quell_code code;

    if (!is_token(header->name))
        return error_set(err, QUELL_INVALID, "a header's name is not a token");
    code = check_text(header->value, "a header", err);
    if (code)
        return code;
    /* "Name;" is libcurl's spelling of a header without a value. */
    line = header->value.len > 0
               ? arena_format(transfer->arena, "%s: %.*s", header->name, QUELL_ARG(header->value))
               : arena_format(transfer->arena, "%s;", header->name);
    transfer->headers = curl_slist_append(transfer->headers, line.data);
    memory_wipe((void *)(uintptr_t)line.data, line.len);
    return QUELL_OK;
}

/* As libcurl will ask for it, and a certificate names it. */
static struct quell_str host_of(struct arena *arena, CURLU *url)
{
    struct quell_str host = QUELL_STR("");
    char *text = NULL;

    if (curl_url_get(url, CURLUPART_HOST, &text, CURLU_PUNYCODE) == CURLUE_OK)
        host = quell_str_of(text);
    if (str_starts(host, QUELL_STR("[")))
        host = str_slice(host, 1, host.len - 1);
    if (host.len > 1 && host.data[host.len - 1] == '.')
        host.len--;
    host = arena_str(arena, host);
    curl_free(text);
    return host;
}

/* Refuses what the parts must not hold and finds out whether TLS protects the transfer. */
static enum quell_code set_url(struct curl_transfer *transfer, const struct curl_job *job,
                               struct quell_error *err)
{
    static const unsigned flags = CURLU_PATH_AS_IS | CURLU_DISALLOW_USER | CURLU_NO_DEFAULT_PORT;
    struct quell_str text;
    CURLU *url;
    CURLUcode parsed;
    char *scheme = NULL;
    enum quell_code code = check_text(job->url, "the URL", err);

    if (code)
        return code;
    text = arena_str(transfer->arena, job->url);
    url = curl_url();
    parsed = curl_url_set(url, CURLUPART_URL, text.data, flags);
    if (!parsed)
        parsed = curl_url_get(url, CURLUPART_SCHEME, &scheme, 0);
    if (parsed) {
        code = error_set(err, QUELL_INVALID, "the URL is not valid: %s", curl_url_strerror(parsed));
    } else {
        transfer->plain = transfer->mail ? job->tls_none : strcmp(scheme, "http") == 0;
        transfer->host = host_of(transfer->arena, url);
        (void)curl_easy_setopt(transfer->easy, CURLOPT_URL, text.data);
    }
    curl_free(scheme);
    curl_url_cleanup(url);
    return code;
}

static void set_safety(CURL *easy, const struct curl_job *job, struct curl_transfer *transfer)
{
    (void)curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    (void)curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR,
                           transfer->mail ? "smtp,smtps" : "http,https");
    (void)curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
    (void)curl_easy_setopt(easy, CURLOPT_PROXY, ""); /* nor one from the environment */
    (void)curl_easy_setopt(easy, CURLOPT_NOPROXY, "*");
    (void)curl_easy_setopt(easy, CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
    (void)curl_easy_setopt(easy, CURLOPT_PATH_AS_IS, 1L); /* what was journaled is what is sent */
    (void)curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 1L);
    (void)curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 2L);
    (void)curl_easy_setopt(easy, CURLOPT_SSL_CTX_FUNCTION, transfer_prove_host);
    (void)curl_easy_setopt(easy, CURLOPT_SSL_CTX_DATA, transfer);
    (void)curl_easy_setopt(easy, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
    /* Debian's default CApath keeps libcurl from caching the CA store: 23 ms a connection. */
    (void)curl_easy_setopt(easy, CURLOPT_CAPATH, NULL);
    if (job->ca_file.len > 0)
        (void)curl_easy_setopt(easy, CURLOPT_CAINFO, arena_str(transfer->arena, job->ca_file).data);
    (void)curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, open_socket);
    (void)curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, transfer);
    (void)curl_easy_setopt(easy, CURLOPT_PREREQFUNCTION, before_request);
    (void)curl_easy_setopt(easy, CURLOPT_PREREQDATA, transfer);
    if (transfer->changes)
        (void)curl_easy_setopt(easy, CURLOPT_FRESH_CONNECT, 1L);
}

static void set_callbacks(CURL *easy, struct curl_transfer *transfer)
{
    (void)curl_easy_setopt(easy, CURLOPT_PRIVATE, transfer);
    (void)curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, transfer->error_text);
    (void)curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, take_content);
    (void)curl_easy_setopt(easy, CURLOPT_WRITEDATA, transfer);
    (void)curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION,
                           transfer->mail ? take_mail_line : take_http_line);
    (void)curl_easy_setopt(easy, CURLOPT_HEADERDATA, transfer);
    (void)curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, (long)LIMIT_CONNECT_MS);
    (void)curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, (long)transfer->timeout_ms);
}

static enum quell_code set_http(struct curl_transfer *transfer, const struct curl_job *job,
                                struct quell_error *err)
{
    CURL *easy = transfer->easy;
    enum quell_code code = QUELL_OK;

    if (!is_token(job->method))
        return error_set(err, QUELL_INVALID, "the method is not a token");
    if (job->body.len > LIMIT_REQUEST_BYTES)
        return error_set(err, QUELL_INVALID, "the request is larger than %d bytes",
                         LIMIT_REQUEST_BYTES);
    for (size_t i = 0; i < job->header_count && !code; i++)
        code = add_header(transfer, &job->headers[i], err);
    if (code)
        return code;
    /* "Expect:" takes away libcurl's own; the answer to it costs a second where it is not known. */
    transfer->headers = curl_slist_append(transfer->headers, "Expect:");
    (void)curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    transfer->body = arena_str(transfer->arena, job->body);
    if (job->body.len > 0 || strcmp(job->method, "POST") == 0 || strcmp(job->method, "PUT") == 0 ||
        strcmp(job->method, "PATCH") == 0) {
        (void)curl_easy_setopt(easy, CURLOPT_POSTFIELDS, transfer->body.data);
        (void)curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)transfer->body.len);
    }
    if (strcmp(job->method, "HEAD") == 0)
        (void)curl_easy_setopt(easy, CURLOPT_NOBODY, 1L);
    (void)curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, job->method);
    (void)curl_easy_setopt(easy, CURLOPT_HTTPHEADER, transfer->headers);
    if (job->unix_socket.len > 0)
        (void)curl_easy_setopt(easy, CURLOPT_UNIX_SOCKET_PATH,
                               arena_str(transfer->arena, job->unix_socket).data);
    return QUELL_OK;
}

/* libcurl connects, secures and signs in; the rest is said by curl_mail.c. */
static enum quell_code set_mail(struct curl_transfer *transfer, const struct curl_job *job,
                                struct quell_error *err)
{
    CURL *easy = transfer->easy;
    struct quell_str password;
    enum quell_code code;

    transfer->parcel = arena_one(transfer->arena, struct mail_parcel);
    code = mail_pack(transfer->arena, job->mail, clock_now_us(), transfer->parcel, err);
    if (code)
        return code;
    (void)curl_easy_setopt(easy, CURLOPT_CONNECT_ONLY, 1L);
    (void)curl_easy_setopt(easy, CURLOPT_USE_SSL,
                           (long)(job->tls_none ? CURLUSESSL_NONE : CURLUSESSL_ALL));
    if (job->username.len == 0)
        return QUELL_OK;
    password = arena_str(transfer->arena, job->password);
    (void)curl_easy_setopt(easy, CURLOPT_USERNAME, arena_str(transfer->arena, job->username).data);
    (void)curl_easy_setopt(easy, CURLOPT_PASSWORD, password.data);
    memory_wipe((void *)(uintptr_t)password.data, password.len);
    return QUELL_OK;
}

enum quell_code transfer_set_up(struct curl_transfer *transfer, const struct curl_job *job,
                                struct quell_error *err)
{
    enum quell_code code;

    transfer->mail = job->method == NULL;
    transfer->changes = job->changes || transfer->mail;
    transfer->unix_socket = job->unix_socket.len > 0;
    transfer->egress = job->egress;
    transfer->cidr_count = job->cidr_count;
    transfer->cidrs = arena_array(transfer->arena, struct curl_cidr, job->cidr_count);
    if (job->cidr_count)
        memcpy(transfer->cidrs, job->cidrs, sizeof(*job->cidrs) * job->cidr_count);
    transfer->may_leave = job->may_leave;
    transfer->may_leave_user = job->may_leave_user;
    transfer->timeout_ms = job->timeout_ms > 0 ? job->timeout_ms : LIMIT_REQUEST_MS;
    transfer->started_us = clock_monotonic_us();
    transfer->head.size_max = HEAD_BYTES_MAX;
    transfer->content.size_max = LIMIT_REPLY_BYTES;
    code = set_url(transfer, job, err);
    if (code)
        return code;
    set_safety(transfer->easy, job, transfer);
    set_callbacks(transfer->easy, transfer);
    return transfer->mail ? set_mail(transfer, job, err) : set_http(transfer, job, err);
}
