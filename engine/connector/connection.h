/*
 * connection.h - a configured, signed-in instance of a connector: where it is, how it proves who it
 * is, what it may reach. Secrets are read when they are needed and bound to their origin.
 */
#ifndef CONNECTOR_CONNECTION_H
#define CONNECTOR_CONNECTION_H

#include <quell/connector.h>
#include <quell/error.h>
#include <quell/value.h>

struct arena;
struct connection;
struct connections; /* all of one configuration, by name */

/* From the map `connections:` of quell.yaml (null = none configured). Each key is a connector's
 * name (its default connection) or any name with `connector:` inside. Secrets are not read here:
 * `{env: X}`, `{file: path}`; a plain text in a secret's place is an error. A connector that needs
 * no settings and no sign-in has a default connection without being configured. Holds the registry.
 * Reference-counted: starts with one; a running call holds it, so that a reload may free it. */
struct registry;
enum quell_code connections_new(struct registry *registry, struct quell_value map,
                                struct connections **connections,
                                struct quell_error *err) QUELL_MUST_CHECK;
void connections_free(struct connections *connections); /* gives its reference back; NULL is fine */
/* The named one, or with an empty name the connector's default; NULL when it is not configured. */
struct connection *connections_find(struct connections *connections,
                                    const struct quell_connector *connector, struct quell_str name);
const struct quell_connector *connection_connector(const struct connection *connection);
struct quell_str connection_name(const struct connection *connection);
struct quell_value connection_settings(const struct connection *connection); /* without secrets */

/* The keys that every connection has, beside the connector's own settings; and those under `auth`
 * for one kind (NULL: no such kind). For docs and schemas. */
extern const struct quell_field connection_fields[];
const struct quell_field *connection_auth_fields(struct quell_str kind);

#endif
