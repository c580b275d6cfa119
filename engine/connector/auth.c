/*
 * auth.c - the ways to prove who we are, one row each, and the clouds' names for the same services.
 * It keeps no secret: each use reads it anew, signin.c caches only tokens.
 */
#include <quell/connector.h>

#include "base/arena.h"
#include "base/digest.h"
#include "base/error.h"
#include "base/memory.h"
#include "base/str.h"
#include "connector/connection_parts.h"
#include "loop/secret.h"
#include "value/fields.h"

/* ---- field tables ----------------------------------------------------------------------------*/

#define FIELD_KIND                                                                                 \
    {                                                                                              \
        .name = "kind", .type = QUELL_FIELD_STRING, .flags = QUELL_REQUIRED,                       \
        .doc = "How to sign in."                                                                   \
    }
#define FIELD_SECRET(key, text)                                                                    \
    {                                                                                              \
        .name = (key), .type = QUELL_FIELD_OBJECT, .fields = secret_fields,                        \
        .flags = QUELL_REQUIRED | QUELL_SECRET_FIELD, .doc = (text)                                \
    }
#define FIELD_TEXT(key, needed, text)                                                              \
    {                                                                                              \
        .name = (key), .type = QUELL_FIELD_STRING, .flags = QUELL_NOT_EMPTY | (needed),            \
        .doc = (text)                                                                              \
    }

static const struct quell_field client_secret_fields[] = {
    FIELD_KIND,
    FIELD_TEXT("tenant_id", 0, "Entra tenant; needed unless the connection has a token_url."),
    FIELD_TEXT("client_id", QUELL_REQUIRED, "Application (client) id."),
    FIELD_SECRET("client_secret", "The application's secret."),
    FIELD_TEXT("scope", 0, "OAuth2 scope, when the connector's own does not fit."),
    {0},
};

static const struct quell_field bearer_fields[] = {
    FIELD_KIND,
    FIELD_SECRET("token", "Sent as `Authorization: Bearer ...`."),
    {0},
};

static const struct quell_field basic_fields[] = {
    FIELD_KIND,
    FIELD_TEXT("username", QUELL_REQUIRED, "User name."),
    FIELD_SECRET("password", "Password."),
    {0},
};

static const struct quell_field header_fields[] = {
    FIELD_KIND,
    FIELD_TEXT("name", QUELL_REQUIRED, "Name of the header."),
    FIELD_SECRET("value", "Value of the header."),
    {0},
};

static const struct quell_field standard_fields[] = {
    FIELD_KIND,
    FIELD_SECRET("secret", "The signing secret: `whsec_` and base64 of 24 to 64 bytes."),
    {0},
};

static const struct quell_field none_fields[] = {FIELD_KIND, {0}};

/* ---- headers ---------------------------------------------------------------------------------*/

static enum quell_code bearer_header(struct arena *arena, struct quell_value auth,
                                     struct quell_header *header, struct quell_error *err)
{
    struct secret token = {0};
    enum quell_code code = secret_read(quell_get(auth, "token"), &token, err);

    if (code)
        return code;
    header->name = "Authorization";
    header->value = arena_format(arena, "Bearer %s", token.text);
    secret_wipe(&token);
    return QUELL_OK;
}

static enum quell_code basic_header(struct arena *arena, struct quell_value auth,
                                    struct quell_header *header, struct quell_error *err)
{
    struct secret password = {0};
    struct quell_str username = quell_get_str(auth, "username"), pair, encoded;
    enum quell_code code = secret_read(quell_get(auth, "password"), &password, err);

    if (code)
        return code;
    pair = arena_format(arena, "%.*s:%s", QUELL_ARG(username), password.text);
    secret_wipe(&password);
    encoded = digest_base64(arena, pair);
    header->name = "Authorization";
    header->value = arena_format(arena, "Basic %.*s", QUELL_ARG(encoded));
    memory_wipe((void *)(uintptr_t)pair.data, pair.len);
    memory_wipe((void *)(uintptr_t)encoded.data, encoded.len);
    return QUELL_OK;
}

static enum quell_code own_header(struct arena *arena, struct quell_value auth,
                                  struct quell_header *header, struct quell_error *err)
{
    struct secret value = {0};
    enum quell_code code = secret_read(quell_get(auth, "value"), &value, err);

    if (code)
        return code;
    header->name = arena_str(arena, quell_get_str(auth, "name")).data;
    header->value = arena_str(arena, secret_text(&value));
    secret_wipe(&value);
    return QUELL_OK;
}

static const struct auth_kind kinds[] = {
    {"client-secret", client_secret_fields, true, NULL, NULL},
    {"bearer", bearer_fields, false, bearer_header, NULL},
    {"basic", basic_fields, false, basic_header, NULL},
    {"header", header_fields, false, own_header, NULL},
    {"standard", standard_fields, false, NULL, sign_standard},
    {"none", none_fields, false, NULL, NULL},
};

const struct auth_kind *auth_find(struct quell_str name)
{
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        if (str_is(name, kinds[i].name))
            return &kinds[i];
    }
    return NULL;
}

const struct quell_field *connection_auth_fields(struct quell_str kind)
{
    const struct auth_kind *found = auth_find(kind);

    return found ? found->fields : NULL;
}

/* ---- clouds ----------------------------------------------------------------------------------*/

enum { CLOUDS = 4 };
static const char *const cloud_names[CLOUDS] = {"gcc", "gcc-high", "dod", "china"};

/* Hosts of public services and what the other clouds call them; NULL = the service is not there.
 * Sources: docs of Defender for Endpoint (gov), @azure/identity, @azure/arm-*; China's Graph and
 * Log Analytics hosts are from general knowledge. */
static const struct {
    const char *host;
    const char *others[CLOUDS];
} clouds[] = {
    {"login.microsoftonline.com",
     {"login.microsoftonline.com", "login.microsoftonline.us", "login.microsoftonline.us",
      "login.partner.microsoftonline.cn"}},
    {"api.security.microsoft.com",
     {"api-gcc.securitycenter.microsoft.us", "api-gov.securitycenter.microsoft.us",
      "api-gov.securitycenter.microsoft.us", NULL}},
    {"api.securitycenter.microsoft.com",
     {"api-gcc.securitycenter.microsoft.us", "api-gov.securitycenter.microsoft.us",
      "api-gov.securitycenter.microsoft.us", NULL}},
    {"management.azure.com",
     {"management.azure.com", "management.usgovcloudapi.net", "management.usgovcloudapi.net",
      "management.chinacloudapi.cn"}},
    {"graph.microsoft.com",
     {"graph.microsoft.com", "graph.microsoft.us", "dod-graph.microsoft.us",
      "microsoftgraph.chinacloudapi.cn"}},
};

struct quell_str cloud_text(struct arena *arena, struct quell_str cloud, struct quell_str text)
{
    size_t column = 0;

    while (column < CLOUDS && !str_is(cloud, cloud_names[column]))
        column++;
    if (column == CLOUDS)
        return text; /* public */
    for (size_t i = 0; i < sizeof(clouds) / sizeof(clouds[0]); i++) {
        struct quell_str host = quell_str_of(clouds[i].host);
        size_t at = str_find(text, host, 0);
        if (at == SIZE_MAX)
            continue;
        if (!clouds[i].others[column])
            return (struct quell_str){NULL, 0};
        return arena_format(arena, "%.*s%s%.*s", QUELL_ARG(str_slice(text, 0, at)),
                            clouds[i].others[column],
                            QUELL_ARG(str_slice(text, at + host.len, text.len)));
    }
    return text;
}

/* ---- setting up ------------------------------------------------------------------------------*/

static bool accepts(const struct quell_connector *connector, const char *kind)
{
    if (!connector->auth)
        return true;
    for (size_t i = 0; connector->auth[i]; i++) {
        if (strcmp(connector->auth[i], kind) == 0)
            return true;
    }
    return false;
}

static struct quell_str kinds_text(struct arena *arena, const struct quell_connector *connector)
{
    struct quell_str text = {"", 0};

    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        if (accepts(connector, kinds[i].name))
            text = arena_format(arena, "%.*s%s%s", QUELL_ARG(text), text.len > 0 ? ", " : "",
                                kinds[i].name);
    }
    return text;
}

/* Said before the field table says it, because here the reason matters. */
static enum quell_code check_secrets(const struct auth_kind *kind, struct quell_value auth,
                                     struct quell_error *err)
{
    struct quell_error cause = {0};

    for (const struct quell_field *field = kind->fields; field->name; field++) {
        struct quell_value reference = quell_get(auth, field->name);
        if (!(field->flags & QUELL_SECRET_FIELD) || quell_is_null(reference))
            continue;
        if (secret_check(reference, &cause))
            return error_set(err, cause.code, "`auth.%s`: %s", field->name, cause.message);
    }
    return QUELL_OK;
}

static bool is_tenant(struct quell_str text)
{
    for (size_t i = 0; i < text.len; i++) {
        char c = text.data[i];
        bool fine = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                    c == '-' || (c == '.' && i > 0 && text.data[i - 1] != '.');
        if (!fine)
            return false;
    }
    return text.len > 0;
}

static enum quell_code set_token_url(struct arena *arena, struct connection *connection,
                                     struct quell_str cloud, struct quell_error *err)
{
    struct quell_str tenant = quell_get_str(connection->auth_settings, "tenant_id");
    struct quell_str scope = quell_get_str(connection->auth_settings, "scope");

    if (scope.len == 0 && connection->connector->scope)
        scope = cloud_text(arena, cloud, quell_str_of(connection->connector->scope));
    if (scope.len == 0)
        return error_set(err, QUELL_INVALID, "`auth.scope` is missing");
    connection->scope = scope;
    if (connection->token_url.len > 0)
        return QUELL_OK;
    if (!is_tenant(tenant))
        return error_set(err, QUELL_INVALID, "`auth.tenant_id` is missing or no tenant");
    connection->token_url =
        cloud_text(arena, cloud,
                   arena_format(arena, "https://login.microsoftonline.com/%.*s/oauth2/v2.0/token",
                                QUELL_ARG(tenant)));
    return QUELL_OK;
}

enum quell_code auth_set_up(struct arena *arena, struct connection *connection,
                            struct quell_value auth, struct quell_str cloud,
                            struct quell_error *err)
{
    const struct quell_connector *connector = connection->connector;
    struct quell_str name = quell_get_str(auth, "kind");
    struct quell_error cause = {0};
    enum quell_code code;

    if (quell_is_null(auth) && accepts(connector, "none")) {
        connection->auth = auth_find(QUELL_STR("none"));
        return QUELL_OK;
    }
    connection->auth = auth_find(name);
    if (!connection->auth || !accepts(connector, connection->auth->name))
        return error_set(err, QUELL_INVALID, "`auth.kind` is one of: %.*s",
                         QUELL_ARG(kinds_text(arena, connector)));
    code = check_secrets(connection->auth, auth, err);
    if (code)
        return code;
    code = fields_check(arena, connection->auth->fields, auth, &connection->auth_settings, &cause);
    if (code)
        return error_set(err, code, "auth: %s", cause.message);
    return connection->auth->signs_in ? set_token_url(arena, connection, cloud, err) : QUELL_OK;
}
