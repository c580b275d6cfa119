/*
 * connection.c - the configured instances of connectors: checked once, immutable afterwards. It
 * reads no secret and opens nothing.
 */
#include "connector/connection.h"

#include "base/arena.h"
#include "base/error.h"
#include "base/memory.h"
#include "base/str.h"
#include "connector/connection_parts.h"
#include "connector/registry.h"
#include "loop/curl.h"
#include "value/fields.h"
#include "value/value.h"

struct connections {
    struct arena *arena;
    struct registry *registry;
    struct connection *items;
    size_t count;
    unsigned references;
};

const struct quell_field connection_fields[] = {
    {.name = "connector",
     .type = QUELL_FIELD_STRING,
     .doc = "The connector, when the connection is not named like it."},
    {.name = "url",
     .type = QUELL_FIELD_STRING,
     .flags = QUELL_NOT_EMPTY,
     .doc = "Base URL instead of the connector's own."},
    {.name = "token_url",
     .type = QUELL_FIELD_STRING,
     .flags = QUELL_NOT_EMPTY,
     .doc = "Token endpoint instead of Entra's."},
    {.name = "egress",
     .type = QUELL_FIELD_LIST,
     .of = QUELL_FIELD_STRING,
     .flags = QUELL_ONE_OR_MANY,
     .doc = "Addresses allowed beside public ones: loopback, private, or a CIDR."},
    {.name = "auth",
     .type = QUELL_FIELD_MAP,
     .of = QUELL_FIELD_ANY,
     .doc = "How to sign in; its keys depend on `kind`."},
    {.name = "ca",
     .type = QUELL_FIELD_STRING,
     .flags = QUELL_NOT_EMPTY,
     .doc = "File of CA certificates to trust instead of the system's."},
    {.name = "cloud",
     .type = QUELL_FIELD_ENUM,
     .words = (const char *const[]){"public", "gcc", "gcc-high", "dod", "china", NULL},
     .fallback = "\"public\"",
     .doc = "The Microsoft cloud; URLs and scopes follow from it."},
    {0},
};

/* ---- one connection --------------------------------------------------------------------------*/

static size_t table_length(const struct quell_field *table)
{
    size_t count = 0;

    while (table && table[count].name)
        count++;
    return count;
}

/* The common keys and the connector's own in one table. */
static const struct quell_field *joined_table(struct arena *arena, const struct quell_field *own)
{
    size_t common_count = table_length(connection_fields), own_count = table_length(own);
    struct quell_field *table =
        arena_array(arena, struct quell_field, common_count + own_count + 1);

    memcpy(table, connection_fields, sizeof(*table) * common_count);
    if (own_count > 0)
        memcpy(table + common_count, own, sizeof(*table) * own_count);
    return table;
}

static bool is_private_key(struct quell_str key)
{
    static const char *const keys[] = {"connector", "token_url", "egress", "auth", "ca", "url"};

    for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
        if (str_is(key, keys[i]))
            return true;
    }
    return false;
}

static struct quell_value visible_settings(struct arena *arena, const struct connection *connection,
                                           struct quell_value checked)
{
    struct map_builder map = {.arena = arena};

    for (size_t i = 0; i < quell_count(checked); i++) {
        const struct quell_pair *pair = &checked.as.pairs[i];
        if (!is_private_key(quell_str(pair->key)))
            map_add_key(&map, pair->key, pair->value);
    }
    if (connection->url.len > 0)
        map_add(&map, "url", quell_string(connection->url));
    return map_made(&map);
}

static enum quell_code set_egress(struct arena *arena, struct connection *connection,
                                  struct quell_value list, struct quell_error *err)
{
    connection->cidrs = arena_array(arena, struct curl_cidr, quell_count(list));
    for (size_t i = 0; i < quell_count(list); i++) {
        struct quell_str word = quell_str(quell_at(list, i));
        if (str_is(word, "loopback"))
            connection->egress |= CURL_EGRESS_LOOPBACK;
        else if (str_is(word, "private"))
            connection->egress |= CURL_EGRESS_PRIVATE;
        else if (curl_cidr_parse(word, &connection->cidrs[connection->cidr_count]))
            connection->cidr_count++;
        else
            return error_set(err, QUELL_INVALID,
                             "`egress`: %.*s is not loopback, private or a CIDR", QUELL_ARG(word));
    }
    return QUELL_OK;
}

enum quell_code connection_check_url(struct quell_str url, const struct origin *origin,
                                     bool tls_required, struct quell_error *err)
{
    bool is_mail = str_is(origin->scheme, "smtp");
    bool plain = is_mail ? !tls_required : origin_is_plain(origin);

    if (!plain || origin_is_loopback(origin))
        return QUELL_OK;
    return error_set(err, QUELL_INVALID, "%.*s: without TLS only loopback hosts may be reached",
                     QUELL_ARG(url));
}

static enum quell_code set_url(struct arena *arena, struct connection *connection,
                               struct quell_value checked, struct quell_str cloud,
                               struct quell_error *err)
{
    const struct quell_connector *connector = connection->connector;
    struct quell_str url = quell_get_str(checked, "url"), rest;

    if (url.len == 0 && !connector->url)
        return error_set(err, QUELL_INVALID, "`url` is missing");
    if (url.len == 0) {
        url = cloud_text(arena, cloud, quell_str_of(connector->url));
        if (!url.data)
            return error_set(err, QUELL_INVALID, "`cloud`: the service does not exist there");
    }
    if (url.len == 0)
        return QUELL_OK; /* the connector's actions name their own */
    if (!origin_read(arena, url, &connection->origin, &rest) ||
        str_find(rest, QUELL_STR("?"), 0) != SIZE_MAX)
        return error_set(err, QUELL_INVALID, "`url`: %.*s is no base URL", QUELL_ARG(url));
    while (rest.len > 0 && rest.data[rest.len - 1] == '/') {
        rest.len--;
        url.len--;
    }
    connection->url = url;
    return connection_check_url(url, &connection->origin, !connection->tls_none, err);
}

static enum quell_code set_token_url(struct arena *arena, struct connection *connection,
                                     struct quell_value checked, struct quell_error *err)
{
    struct quell_str url = quell_get_str(checked, "token_url"), rest;
    struct origin origin;

    if (url.len == 0)
        return QUELL_OK;
    if (!origin_read(arena, url, &origin, &rest) || str_starts(origin.scheme, QUELL_STR("smtp")))
        return error_set(err, QUELL_INVALID, "`token_url`: %.*s is no URL", QUELL_ARG(url));
    connection->token_url = url;
    return connection_check_url(url, &origin, true, err);
}

static enum quell_code set_up(struct arena *arena, struct connection *connection,
                              struct quell_value map, struct quell_error *err)
{
    const struct quell_field *table = joined_table(arena, connection->connector->settings);
    struct quell_value checked;
    struct quell_str cloud;
    enum quell_code code = fields_check(arena, table, map, &checked, err);

    if (code)
        return code;
    cloud = quell_get_str(checked, "cloud");
    connection->tls_none = quell_text_is(quell_get(checked, "tls"), "none");
    connection->ca_file = quell_get_str(checked, "ca");
    code = set_egress(arena, connection, quell_get(checked, "egress"), err);
    if (!code)
        code = set_url(arena, connection, checked, cloud, err);
    if (!code)
        code = set_token_url(arena, connection, checked, err);
    if (!code)
        code = auth_set_up(arena, connection, quell_get(checked, "auth"), cloud, err);
    if (!code)
        connection->settings = visible_settings(arena, connection, checked);
    return code;
}

/* ---- all of a configuration ------------------------------------------------------------------*/

static const struct quell_connector *find_connector(const struct registry *registry,
                                                    struct quell_str name)
{
    const struct quell_connector *const *list = registry_connectors(registry);

    while (*list && !str_is(name, (*list)->name))
        list++;
    return *list;
}

static enum quell_code no_connector(const struct registry *registry, struct quell_str name,
                                    struct quell_str connector, struct quell_error *err)
{
    enum { NAMES_MAX = 64 };
    const struct quell_connector *const *list = registry_connectors(registry);
    struct quell_str names[NAMES_MAX], nearest;
    size_t count = 0;

    for (; list[count] && count < NAMES_MAX; count++)
        names[count] = quell_str_of(list[count]->name);
    nearest = str_nearest(connector, names, count);
    return error_set(err, QUELL_INVALID, "connections.%.*s: there is no connector `%.*s`%s%.*s%s",
                     QUELL_ARG(name), QUELL_ARG(connector),
                     nearest.len > 0                    ? "; did you mean `"
                     : quell_str_equal(name, connector) ? "; say which it is with `connector:`"
                                                        : "",
                     QUELL_ARG(nearest), nearest.len > 0 ? "`?" : "");
}

static enum quell_code add_configured(struct connections *connections,
                                      const struct quell_pair *pair, struct quell_error *err)
{
    struct connection *made = &connections->items[connections->count];
    struct quell_str name = quell_str(pair->key);
    struct quell_value map = quell_is_null(pair->value) ? quell_map(NULL, 0) : pair->value;
    struct quell_str connector = quell_get_str(map, "connector");
    struct quell_error cause = {0};
    enum quell_code code;

    if (!quell_is(map, QUELL_MAP))
        return error_set(err, QUELL_INVALID, "connections.%.*s: a connection is a map",
                         QUELL_ARG(name));
    if (connector.len == 0)
        connector = name;
    *made = (struct connection){.owner = connections,
                                .arena = connections->arena,
                                .name = arena_str(connections->arena, name)};
    made->connector = find_connector(connections->registry, connector);
    if (!made->connector)
        return no_connector(connections->registry, name, connector, err);
    code = set_up(connections->arena, made, value_copy(connections->arena, map), &cause);
    if (code)
        return error_set(err, code, "connections.%.*s: %s", QUELL_ARG(name), cause.message);
    connections->count++;
    return QUELL_OK;
}

/* Connectors that work without a word of configuration get their default connection. */
static void add_implicit(struct connections *connections)
{
    const struct quell_connector *const *list = registry_connectors(connections->registry);

    for (; *list; list++) {
        struct connection *made = &connections->items[connections->count];
        struct quell_error unneeded;
        if (connections_find(connections, *list, (struct quell_str){"", 0}))
            continue;
        *made = (struct connection){
            .owner = connections, .arena = connections->arena, .connector = *list};
        made->name = quell_str_of((*list)->name);
        if (!set_up(connections->arena, made, quell_map(NULL, 0), &unneeded))
            connections->count++;
    }
}

enum quell_code connections_new(struct registry *registry, struct quell_value map,
                                struct connections **connections, struct quell_error *err)
{
    struct connections *made;
    size_t connector_count = 0;
    enum quell_code code = QUELL_OK;

    if (!quell_is_null(map) && !quell_is(map, QUELL_MAP))
        return error_set(err, QUELL_INVALID, "connections: is a map of names");
    while (registry_connectors(registry)[connector_count])
        connector_count++;
    made = memory_new(sizeof(*made));
    made->arena = arena_new(0);
    made->registry = registry_hold(registry);
    made->references = 1;
    made->items =
        arena_array(made->arena, struct connection, quell_count(map) + connector_count + 1);
    for (size_t i = 0; i < quell_count(map) && !code; i++)
        code = add_configured(made, &map.as.pairs[i], err);
    if (code) {
        connections_free(made);
        return code;
    }
    add_implicit(made);
    *connections = made;
    return QUELL_OK;
}

struct connections *connections_hold(struct connections *connections)
{
    connections->references++;
    return connections;
}

void connections_free(struct connections *connections)
{
    if (!connections || --connections->references > 0)
        return;
    registry_release(connections->registry);
    arena_free(connections->arena);
    memory_free(connections);
}

struct connection *connections_find(struct connections *connections,
                                    const struct quell_connector *connector, struct quell_str name)
{
    struct quell_str wanted = name.len > 0 ? name : quell_str_of(connector->name);

    for (size_t i = 0; i < connections->count; i++) {
        struct connection *item = &connections->items[i];
        if (quell_str_equal(item->name, wanted) &&
            strcmp(item->connector->name, connector->name) == 0)
            return item;
    }
    return NULL;
}

const struct quell_connector *connection_connector(const struct connection *connection)
{
    return connection->connector;
}

struct quell_str connection_name(const struct connection *connection)
{
    return connection->name;
}

struct quell_value connection_settings(const struct connection *connection)
{
    return connection->settings;
}

void connection_dress(const struct connection *connection, struct curl_job *job)
{
    job->ca_file = connection->ca_file;
    job->egress = connection->egress;
    job->cidrs = connection->cidrs;
    job->cidr_count = connection->cidr_count;
}
