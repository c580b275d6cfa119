/*
 * auth.h - how the sender of a webhook proves who it is: a table of kinds.
 *
 * Checking is split as the request arrives: `head` needs the fields only and refuses before a body
 * is read; `body` checks the signature over the raw body. Secrets are held only in struct hook and
 * wiped with it.
 */
#ifndef SERVE_AUTH_H
#define SERVE_AUTH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <quell/connector.h>
#include <quell/error.h>
#include <quell/value.h>

#include "loop/secret.h"

struct arena;
struct http_request;

enum { AUTH_KEYS = 4 }; /* secrets of one hook: the present one and those being rotated out */

/* What a hook's `auth` says, and its keys. Texts live in the arena given to auth_check. */
struct auth {
    const struct auth_kind *kind;
    struct quell_str header, prefix; /* hmac: where the signature is, and what precedes it */
    struct quell_str timestamp;      /* hmac: the field with the sender's clock, or empty */
    struct quell_str content;        /* hmac: what is signed, with {timestamp} {id} {body} */
    struct quell_str delivery;       /* the field with the sender's id of the delivery, or empty */
    bool base64;                     /* hmac: else lower-case hex */
    struct quell_value secret;       /* the reference, or the list of them; null = none needed */
    struct secret keys[AUTH_KEYS];
    size_t key_count;
};

struct auth_kind {
    const char *name;
    const char *doc;                  /* one sentence */
    const char *example;              /* as written under `auth:` */
    const struct quell_field *fields; /* of its settings */
    const char *secret;    /* the setting that names its secret, or NULL: proves nothing */
    const char *challenge; /* WWW-Authenticate of a refusal */
    /* Reads the checked settings further; NULL = nothing to do. */
    enum quell_code (*read)(struct quell_value settings, struct auth *auth,
                            struct quell_error *err);
    /* Makes the key of a secret's text; NULL = the text is the key. */
    enum quell_code (*key)(struct secret *secret, struct quell_error *err);
    enum quell_code (*head)(const struct auth *auth, const struct http_request *request,
                            int64_t now_s, struct quell_error *err);
    enum quell_code (*body)(const struct auth *auth, const struct http_request *request,
                            struct quell_error *err);
};

/* Ends with a row whose name is NULL. */
extern const struct auth_kind auth_kinds[];

/* Reads `auth:` of a hook without touching a secret: `none`, or `{ kind: { settings } }`, or
 * `{ kind: name, settings }`. */
enum quell_code auth_check(struct arena *arena, struct quell_value value, struct auth *auth,
                           struct quell_error *err) QUELL_MUST_CHECK;
/* Fetches the secrets. auth_wipe is due afterwards, also on failure. */
enum quell_code auth_load(struct auth *auth, struct quell_error *err) QUELL_MUST_CHECK;
void auth_wipe(struct auth *auth);

/* QUELL_OK, or QUELL_DENIED with a reason that gives nothing away; now_s is the wall clock. */
enum quell_code auth_head(const struct auth *auth, const struct http_request *request,
                          int64_t now_s, struct quell_error *err) QUELL_MUST_CHECK;
enum quell_code auth_body(const struct auth *auth, const struct http_request *request,
                          struct quell_error *err) QUELL_MUST_CHECK;
/* The sender's id of the delivery, or empty. QUELL_INVALID when it is repeated or malformed. */
enum quell_code auth_delivery(const struct auth *auth, const struct http_request *request,
                              struct quell_str *id, struct quell_error *err) QUELL_MUST_CHECK;

#endif
