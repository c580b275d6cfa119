/*
 * request.c - a connector's request as a job for libcurl: where it goes, whether the connection's
 * proof may go with it, and copies of everything. What must not be sent stops here.
 */
#include "base/arena.h"
#include "base/error.h"
#include "base/limits.h"
#include "base/str.h"
#include "connector/call_parts.h"
#include "value/json.h"
#include "value/value.h"

/* ---- where to --------------------------------------------------------------------------------*/

static int hex_value(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* `.` and `..`, also percent-encoded: servers take them for the parent folder. */
static bool is_dot_segment(struct quell_str segment)
{
    size_t dots = 0, at = 0;

    while (at < segment.len) {
        if (segment.data[at] == '.') {
            at++;
        } else if (at + 2 < segment.len && segment.data[at] == '%' &&
                   hex_value(segment.data[at + 1]) == 2 && hex_value(segment.data[at + 2]) == 14) {
            at += 3;
        } else {
            return false;
        }
        dots++;
    }
    return dots == 1 || dots == 2;
}

static bool has_dot_segment(struct quell_str path)
{
    struct quell_str segment, rest, query;

    (void)str_cut(path, '?', &rest, &query); /* without a query all of it is path */
    do {
        (void)str_cut(rest, '/', &segment, &rest);
        if (is_dot_segment(segment))
            return true;
    } while (rest.len > 0);
    return false;
}

static enum quell_code own_url(struct call *call, struct quell_str path, struct quell_str *url,
                               struct quell_error *err)
{
    struct connection *connection = call->connection;
    struct arena *arena = call->sending.arena;
    struct origin origin;
    struct quell_str rest;

    if (connection->url.len == 0)
        return error_set(err, QUELL_INVALID, "connection %.*s has no `url`",
                         QUELL_ARG(connection->name));
    call->sending.credentials = true;
    *url = path.len > 0 && path.data[0] != '/'
               ? arena_str(arena, path)
               : arena_format(arena, "%.*s%.*s", QUELL_ARG(connection->url), QUELL_ARG(path));
    if (!origin_read(arena, *url, &origin, &rest))
        return error_set(err, QUELL_INVALID, "the path of the request is not escaped");
    if (!origin_equal(&origin, &connection->origin))
        return error_set(err, QUELL_INVALID,
                         "the request leads to another origin than the connection's");
    if (has_dot_segment(rest))
        return error_set(err, QUELL_INVALID, "the path of the request holds a dot segment");
    return QUELL_OK;
}

static enum quell_code foreign_url(struct call *call, struct quell_str text, struct quell_str *url,
                                   struct quell_error *err)
{
    struct connection *connection = call->connection;
    struct origin origin;
    struct quell_str rest;

    *url = arena_str(call->sending.arena, text);
    if (!origin_read(call->sending.arena, *url, &origin, &rest) ||
        !str_starts(origin.scheme, QUELL_STR("http")))
        return error_set(err, QUELL_INVALID, "the URL is no http or https URL, or not escaped");
    call->sending.credentials =
        connection->url.len > 0 && origin_equal(&origin, &connection->origin);
    return connection_check_url(*url, &origin, true, err);
}

/* ---- headers and body ------------------------------------------------------------------------*/

/* Framing, routing and proof are the engine's. */
static bool is_engine_header(const char *name)
{
    static const char *const own[] = {
        "host",    "content-length", "transfer-encoding",   "connection",      "upgrade", "te",
        "trailer", "expect",         "proxy-authorization", "proxy-connection"};

    for (size_t i = 0; i < sizeof(own) / sizeof(own[0]); i++) {
        if (str_equal_fold(quell_str_of(name), quell_str_of(own[i])))
            return true;
    }
    return false;
}

static bool carries_proof(const struct call *call, const char *name)
{
    const struct connection *connection = call->connection;
    struct quell_str own = quell_get_str(connection->auth_settings, "name");

    if (!call->sending.credentials || strcmp(connection->auth->name, "none") == 0)
        return false;
    if (connection->auth->sign)
        return str_equal_fold(str_slice(quell_str_of(name), 0, sizeof("webhook-") - 1),
                              QUELL_STR("webhook-"));
    if (strcmp(connection->auth->name, "header") == 0)
        return str_equal_fold(quell_str_of(name), own);
    return str_equal_fold(quell_str_of(name), QUELL_STR("authorization"));
}

static void add_header(struct call *call, const char *name, struct quell_str value)
{
    struct sending *sending = &call->sending;

    sending->headers[sending->header_count++] = (struct quell_header){
        arena_str(sending->arena, quell_str_of(name)).data, arena_str(sending->arena, value)};
}

static enum quell_code add_headers(struct call *call, const struct quell_request *request,
                                   const char *content_type, struct quell_error *err)
{
    enum { OWN_HEADERS = 2 + AUTH_HEADERS }; /* content type, user agent, proof */
    bool has_type = false, has_agent = false;

    call->sending.headers =
        arena_array(call->sending.arena, struct quell_header, request->header_count + OWN_HEADERS);
    for (size_t i = 0; i < request->header_count; i++) {
        const char *name = request->headers[i].name;
        if (is_engine_header(name) || carries_proof(call, name))
            return error_set(err, QUELL_INVALID, "header `%s` belongs to the engine", name);
        has_type = has_type || str_equal_fold(quell_str_of(name), QUELL_STR("content-type"));
        has_agent = has_agent || str_equal_fold(quell_str_of(name), QUELL_STR("user-agent"));
        add_header(call, name, request->headers[i].value);
    }
    if (content_type && !has_type)
        add_header(call, "Content-Type", quell_str_of(content_type));
    if (!has_agent)
        add_header(call, "User-Agent", QUELL_STR("quell/" QUELL_VERSION));
    call->sending.job.headers = call->sending.headers;
    call->sending.job.header_count = call->sending.header_count;
    return QUELL_OK;
}

static enum quell_code prepare_http(struct call *call, const struct quell_request *request,
                                    struct quell_error *err)
{
    struct sending *sending = &call->sending;
    const char *content_type = request->content_type;
    enum quell_code code;

    if (!request->method)
        return error_set(err, QUELL_INVALID, "the request has no method");
    sending->job.method = arena_str(sending->arena, quell_str_of(request->method)).data;
    code = request->url.len > 0 ? foreign_url(call, request->url, &sending->job.url, err)
                                : own_url(call, request->path, &sending->job.url, err);
    if (code)
        return code;
    if (!quell_is_null(request->json)) {
        sending->job.body = json_text(sending->arena, request->json, JSON_COMPACT | JSON_SECRETS);
        content_type = content_type ? content_type : "application/json";
    } else {
        sending->job.body = arena_str(sending->arena, request->body);
    }
    return add_headers(call, request, content_type, err);
}

/* ---- mail ------------------------------------------------------------------------------------*/

static enum quell_code prepare_mail(struct call *call, const struct quell_request *request,
                                    struct quell_error *err)
{
    struct connection *connection = call->connection;
    struct sending *sending = &call->sending;
    struct arena *arena = sending->arena;
    const struct quell_mail *given = request->mail;
    struct quell_mail *mail = arena_one(arena, struct quell_mail);
    struct quell_header *headers;

    if (!given || !str_starts(connection->origin.scheme, QUELL_STR("smtp")))
        return error_set(err, QUELL_INVALID, "connection %.*s leads to no mail server",
                         QUELL_ARG(connection->name));
    headers = arena_array(arena, struct quell_header, given->header_count);
    for (size_t i = 0; i < given->header_count; i++) {
        headers[i].name = arena_str(arena, quell_str_of(given->headers[i].name)).data;
        headers[i].value = arena_str(arena, given->headers[i].value);
    }
    mail->from = arena_str(
        arena, given->from.len > 0 ? given->from : quell_get_str(connection->settings, "from"));
    mail->to = value_copy(arena, given->to);
    mail->cc = value_copy(arena, given->cc);
    mail->bcc = value_copy(arena, given->bcc);
    mail->subject = arena_str(arena, given->subject);
    mail->text = arena_str(arena, given->text);
    mail->html = arena_str(arena, given->html);
    mail->message_id = arena_str(arena, given->message_id);
    mail->headers = headers;
    mail->header_count = given->header_count;
    sending->job.mail = mail;
    sending->job.url = connection->url;
    sending->job.tls_none = connection->tls_none;
    return QUELL_OK;
}

enum quell_code sending_prepare(struct call *call, const struct quell_request *request,
                                struct quell_error *err)
{
    sending_drop(call);
    call->sending.arena = arena_new(0);
    connection_dress(call->connection, &call->sending.job);
    call->sending.job.timeout_ms = request->timeout_ms;
    return request->protocol == QUELL_MAIL ? prepare_mail(call, request, err)
                                           : prepare_http(call, request, err);
}
