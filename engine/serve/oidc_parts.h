/*
 * oidc_parts.h - the inside of the sign-in: what oidc.c (routes and steps) and oidc_fetch.c (what
 * is asked of the provider) share.
 */
#ifndef SERVE_OIDC_PARTS_H
#define SERVE_OIDC_PARTS_H

#include "serve/flow.h"
#include "serve/oidc.h"

struct curl_pool;
struct curl_transfer;

/* A document of the provider's that is kept for a while. */
struct oidc_document {
    struct arena *arena; /* NULL = none yet */
    struct quell_value value;
    int64_t fetched_us; /* monotonic */
};

struct oidc {
    struct service *service;
    struct curl_pool *pool;
    struct flows *flows;
    struct oidc_document metadata, jwks;
    int64_t asked_again_us; /* for keys, because one was not known; 0 = never */
    struct sign_in *first;  /* waiting for the provider */
    size_t count;
};

/* One step of a browser at our door, while the provider is asked. */
struct sign_in {
    struct sign_in *next;
    struct oidc *oidc;
    struct exchange *exchange;
    struct arena *arena;
    bool returns;              /* from the provider, else on the way there */
    struct quell_str wanted;   /* on the way there: where to go on to afterwards */
    struct quell_str code;     /* returned */
    struct flow flow;          /* returned */
    struct quell_str id_token; /* once it is here */
    bool jwks_are_new;
    struct curl_transfer *transfer;
};

/* What is under way ends: with a page that says why, and a line of the log. */
void sign_in_fail(struct sign_in *sign_in, int status, const char *reason);
/* Goes on with what is there by now. */
void sign_in_step(struct sign_in *sign_in);

/* Each fetches, then steps on, or fails. */
void oidc_fetch_metadata(struct sign_in *sign_in);
void oidc_fetch_jwks(struct sign_in *sign_in);
void oidc_fetch_token(struct sign_in *sign_in);
void oidc_document_drop(struct oidc_document *document);
/* Appends `name=value` of a form or query. */
struct buf;
void oidc_add(struct buf *out, const char *name, struct quell_str value);

#endif
