/*
 * http.c - any HTTP API: get reads, request changes. The URL is absolute, or a path behind the
 * connection's `url`; only then does the connection's sign-in go with it.
 */
#include <quell/connector.h>

/* ---- building the request --------------------------------------------------------------------*/

static struct quell_str text_of(struct quell_call *call, struct quell_value value)
{
    if (quell_is(value, QUELL_STRING))
        return quell_str(value);
    return call->host->json_text(call, value); /* numbers and booleans are their own text */
}

/* The URL with `query` behind it; values that are null are left out. */
static struct quell_str with_query(struct quell_call *call, struct quell_str url)
{
    const struct quell_host *host = call->host;
    struct quell_value query = quell_get(call->input, "query");
    char joint = url.len > 0 && memchr(url.data, '?', url.len) ? '&' : '?';

    for (size_t i = 0; i < quell_count(query); i++) {
        const struct quell_pair *pair = &query.as.pairs[i];
        struct quell_str name, value;
        if (quell_is_null(pair->value))
            continue;
        name = host->escape(call, "query", quell_str(pair->key));
        value = host->escape(call, "query", text_of(call, pair->value));
        url = host->format(call, "%.*s%c%.*s=%.*s", QUELL_ARG(url), joint, QUELL_ARG(name),
                           QUELL_ARG(value));
        joint = '&';
    }
    return url;
}

static void add_headers(struct quell_call *call, struct quell_request *request)
{
    struct quell_value given = quell_get(call->input, "headers");
    size_t count = quell_count(given);
    struct quell_header *headers = call->host->alloc(call, sizeof(*headers) * (count + 1));

    for (size_t i = 0; i < count; i++) {
        const struct quell_pair *pair = &given.as.pairs[i];
        headers[i].name = call->host->format(call, "%.*s", QUELL_ARG(quell_str(pair->key))).data;
        headers[i].value = call->host->escape(call, "header", text_of(call, pair->value));
    }
    request->headers = headers;
    request->header_count = count;
}

static enum quell_turn send(struct quell_call *call, const char *method, bool changes)
{
    struct quell_str url = quell_get_str(call->input, "url");
    struct quell_str type = quell_get_str(call->input, "content_type");
    struct quell_request request = {.protocol = QUELL_HTTP, .method = method, .changes = changes};

    if (url.len > 0 && url.data[0] == '/')
        request.path = with_query(call, url);
    else
        request.url = with_query(call, url);
    add_headers(call, &request);
    request.json = quell_get(call->input, "json");
    request.body = quell_get_str(call->input, "body");
    if (type.len > 0)
        request.content_type = call->host->escape(call, "header", type).data;
    return call->host->send(call, &request,
                            call->host->map(call, "sent", quell_text(method), NULL));
}

/* ---- reading the answer ----------------------------------------------------------------------*/

static bool is_accepted(struct quell_call *call, int status)
{
    struct quell_value accepted = quell_get(call->input, "ok");

    if (quell_count(accepted) == 0)
        return status >= 200 && status < 300;
    for (size_t i = 0; i < quell_count(accepted); i++) {
        struct quell_value item = quell_at(accepted, i);
        if (quell_is(item, QUELL_INT) && item.as.integer == status)
            return true;
    }
    return false;
}

/* Cookies are a proof of the far side's, not an output. */
static struct quell_value shown_headers(struct quell_call *call, struct quell_value headers)
{
    size_t count = 0;
    struct quell_pair *pairs = call->host->alloc(call, sizeof(*pairs) * (quell_count(headers) + 1));

    for (size_t i = 0; i < quell_count(headers); i++) {
        if (!quell_text_is(headers.as.pairs[i].key, "set-cookie"))
            pairs[count++] = headers.as.pairs[i];
    }
    return quell_map(pairs, count);
}

static enum quell_turn answer(struct quell_call *call, const struct quell_reply *reply)
{
    bool is_json = !quell_is_null(reply->json);

    if (reply->code || !is_accepted(call, reply->status))
        return call->host->refuse(call, reply);
    return call->host->done(
        call, call->host->map(call, "status", quell_int(reply->status), "headers",
                              shown_headers(call, reply->headers), "json", reply->json, "body",
                              is_json ? quell_text("") : quell_string(reply->body), NULL));
}

static enum quell_turn get_turn(struct quell_call *call, const struct quell_reply *reply)
{
    return reply ? answer(call, reply) : send(call, "GET", false);
}

static enum quell_turn request_turn(struct quell_call *call, const struct quell_reply *reply)
{
    struct quell_str method = quell_get_str(call->input, "method");
    bool reads = quell_str_equal(method, QUELL_STR("GET"));

    if (reply)
        return answer(call, reply);
    return send(call, call->host->format(call, "%.*s", QUELL_ARG(method)).data, !reads);
}

/* ---- the manifest ----------------------------------------------------------------------------*/

#define FIELD_URL                                                                                  \
    {                                                                                              \
        .name = "url", .type = QUELL_FIELD_STRING, .flags = QUELL_REQUIRED | QUELL_NOT_EMPTY,      \
        .doc = "Absolute URL, or a path that begins with / behind the connection's url."           \
    }
#define FIELD_QUERY                                                                                \
    {                                                                                              \
        .name = "query", .type = QUELL_FIELD_MAP, .of = QUELL_FIELD_ANY, .sink = "query",          \
        .doc = "Query parameters; they are escaped, and null leaves one out."                      \
    }
#define FIELD_HEADERS                                                                              \
    {                                                                                              \
        .name = "headers", .type = QUELL_FIELD_MAP, .of = QUELL_FIELD_ANY, .sink = "header",       \
        .doc = "Headers to send; Authorization comes from the connection."                         \
    }
#define FIELD_OK                                                                                   \
    {                                                                                              \
        .name = "ok", .type = QUELL_FIELD_LIST, .of = QUELL_FIELD_INT, .flags = QUELL_ONE_OR_MANY, \
        .doc = "Statuses that count as success; 200 to 299 when none is named."                    \
    }

static const struct quell_field get_inputs[] = {
    FIELD_URL, FIELD_QUERY, FIELD_HEADERS, FIELD_OK, {0}};

static const struct quell_field request_inputs[] = {
    FIELD_URL,
    {.name = "method",
     .type = QUELL_FIELD_ENUM,
     .words = (const char *const[]){"GET", "POST", "PUT", "PATCH", "DELETE", NULL},
     .fallback = "\"POST\"",
     .doc = "The request's method."},
    FIELD_QUERY,
    FIELD_HEADERS,
    {.name = "json", .type = QUELL_FIELD_ANY, .doc = "Body as a value, sent as JSON."},
    {.name = "body", .type = QUELL_FIELD_STRING, .doc = "Body as text, when json is absent."},
    {.name = "content_type",
     .type = QUELL_FIELD_STRING,
     .sink = "header",
     .doc = "Type of the body, when it is not JSON."},
    FIELD_OK,
    {0},
};

static const struct quell_field outputs[] = {
    {.name = "status",
     .type = QUELL_FIELD_INT,
     .flags = QUELL_REQUIRED,
     .doc = "Status of the answer."},
    {.name = "headers",
     .type = QUELL_FIELD_MAP,
     .of = QUELL_FIELD_STRING,
     .doc = "Headers of the answer, names in lower case."},
    {.name = "json",
     .type = QUELL_FIELD_ANY,
     .flags = QUELL_NULLABLE,
     .doc = "Body as a value when it is JSON, else null."},
    {.name = "body", .type = QUELL_FIELD_STRING, .doc = "Body as text when it is not JSON."},
    {0},
};

static const struct quell_target targets[] = {{"url", "url"}, {0}};

static const char example[] =
    "{\"status\": 200, \"headers\": {\"content-type\": \"application/json\"}, "
    "\"json\": {\"ok\": true}, \"body\": \"\"}";

static const struct quell_action get = {
    .name = "get",
    .doc = "Reads a URL.",
    .effect = QUELL_READS,
    .repeat = QUELL_PURE,
    .inputs = get_inputs,
    .outputs = outputs,
    .targets = targets,
    .example = example,
    .turn = get_turn,
};

static const struct quell_action request = {
    .name = "request",
    .doc = "Sends a request that may change something; it is never sent twice.",
    .effect = QUELL_CHANGES,
    .repeat = QUELL_ONCE,
    .inputs = request_inputs,
    .outputs = outputs,
    .targets = targets,
    .example = example,
    .turn = request_turn,
};

static const struct quell_action *const actions[] = {&get, &request, NULL};

const struct quell_connector QUELL_CONNECTOR = {
    .abi = QUELL_ABI,
    .size = sizeof(struct quell_connector),
    .action_size = sizeof(struct quell_action),
    .field_size = sizeof(struct quell_field),
    .name = "http",
    .version = "1.0.0",
    .title = "HTTP",
    .doc = "Any HTTP API.",
    .url = "",
    .auth = (const char *const[]){"none", "bearer", "basic", "header", "client-secret", NULL},
    .actions = actions,
};
