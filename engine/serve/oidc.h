/*
 * oidc.h - people sign in at an OpenID provider: authorization code with PKCE (S256), `oidc:` of
 * quell.yaml. There are no passwords here.
 */
#ifndef SERVE_OIDC_H
#define SERVE_OIDC_H

#include <stdbool.h>

#include <quell/connector.h>
#include <quell/error.h>
#include <quell/value.h>

#include "loop/secret.h"

struct arena;
struct exchange;
struct oidc;
struct service;
struct session_person;

/* ---- settings ----------------------------------------------------------------------------------
 */

extern const struct quell_field oidc_fields[];

struct oidc_settings {
    struct quell_str issuer, client_id, scope;
    struct quell_str subject;  /* the claim that tells people apart: sub, or Entra's oid */
    struct quell_str claim;    /* the claim with groups */
    struct quell_value roles;  /* by group: a list of roles */
    struct quell_value hosts;  /* beside the issuer's, where its endpoints may be */
    struct quell_value secret; /* the reference, or null: a public client */
    struct secret client_secret;
    struct quell_str ca_file;
    unsigned egress; /* enum curl_egress */
};

/* Reads a checked `oidc`; with `load` its secret as well. Texts live in `arena`. */
enum quell_code oidc_read(struct arena *arena, struct quell_value checked, bool load,
                          struct oidc_settings *settings, struct quell_error *err) QUELL_MUST_CHECK;
void oidc_wipe(struct oidc_settings *settings);
/* Whether a URL of the provider is at the issuer's host or one of `hosts`. */
bool oidc_may_reach(const struct oidc_settings *settings, struct quell_str url);

/* Who the claims of a verified token are about: a user whose `oidc` says so, or somebody whose
 * groups have roles. QUELL_DENIED: neither. Texts live in `arena`. */
enum quell_code oidc_person(const struct oidc_settings *settings, struct quell_value users,
                            struct quell_value claims, struct arena *arena,
                            struct session_person *person,
                            struct quell_error *err) QUELL_MUST_CHECK;

/* ---- signing in --------------------------------------------------------------------------------
 */

struct oidc *oidc_new(struct service *service);
/* Those who are about to sign in are answered that they have to begin anew. */
void oidc_reset(struct oidc *oidc);
void oidc_free(struct oidc *oidc); /* NULL is allowed */

/* Routes. */
void oidc_login(struct exchange *exchange);
void oidc_callback(struct exchange *exchange);
void oidc_logout(struct exchange *exchange);
void oidc_out(struct exchange *exchange);

#endif
