/*
 * connection_parts.h - what a connection is made of; shared by connection.c, auth.c, signin.c and
 * the sending half of a call. Private to this folder.
 */
#ifndef CONNECTOR_CONNECTION_PARTS_H
#define CONNECTOR_CONNECTION_PARTS_H

#include "connector/pace.h"
#include <stdbool.h>

#include "connector/connection.h"
#include "connector/origin.h"
#include "loop/curl.h"

struct connection;
struct curl_job;

enum { AUTH_HEADERS = 3 }; /* that a proof has at most */

/* What is signed. */
struct signed_request {
    struct quell_str id; /* the same whenever it is sent again */
    struct quell_str body;
    int64_t now_s;
};

/* A way to prove who we are. */
struct auth_kind {
    const char *name;
    const struct quell_field *fields; /* of `auth`, with `kind` */
    bool signs_in;                    /* the secret buys a token; see signin.h */
    /* The header that carries the proof, made from the connection's secrets in `arena` (which the
     * caller wipes); NULL when there is none. `name` may come from the settings. */
    enum quell_code (*header)(struct arena *arena, struct quell_value auth,
                              struct quell_header *header, struct quell_error *err);
    /* Or the headers that sign this very request, the same way; else NULL. */
    enum quell_code (*sign)(struct arena *arena, struct quell_value auth,
                            const struct signed_request *request, struct quell_header *headers,
                            struct quell_error *err);
};

struct connection {
    struct connections *owner;
    struct quell_str name;
    const struct quell_connector *connector;
    struct quell_value settings; /* what actions see: url, cloud and the connector's own */
    struct quell_str url;        /* without a slash at its end; empty = the action names its own */
    struct origin origin;        /* of url */
    const struct auth_kind *auth;
    struct quell_value auth_settings; /* checked; secrets are still references */
    struct quell_str token_url, scope;
    struct quell_str ca_file;
    unsigned egress; /* enum curl_egress */
    struct curl_cidr *cidrs;
    size_t cidr_count;
    bool tls_none; /* mail in clear text, loopback only */
    struct pace pace;
    struct arena *arena; /* of the connections: what pace remembers */
};

/* auth.c */
const struct auth_kind *auth_find(struct quell_str name);
/* sign.c: Standard Webhooks. */
enum quell_code sign_standard(struct arena *arena, struct quell_value auth,
                              const struct signed_request *request, struct quell_header *headers,
                              struct quell_error *err) QUELL_MUST_CHECK;
/* Checks the map `auth` (null = nothing said) and fills auth, auth_settings, token_url and scope.
 */
enum quell_code auth_set_up(struct arena *arena, struct connection *connection,
                            struct quell_value auth, struct quell_str cloud,
                            struct quell_error *err) QUELL_MUST_CHECK;
/* A public service's URL or scope as this cloud spells it; NULL text when the cloud has none. */
struct quell_str cloud_text(struct arena *arena, struct quell_str cloud, struct quell_str text);

struct connections *connections_hold(struct connections *connections);
/* What every request of this connection carries: egress, CA. */
void connection_dress(const struct connection *connection, struct curl_job *job);
/* A plain URL must name a loopback host. */
enum quell_code connection_check_url(struct quell_str url, const struct origin *origin,
                                     bool tls_required, struct quell_error *err) QUELL_MUST_CHECK;

#endif
