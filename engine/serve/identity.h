/*
 * identity.h - who speaks on an exchange, how that was proved, and what it may do.
 *
 * Roles and rights are the tables of roles.def. An identity is settled before the handler of a
 * route is called; the handler takes the name from here, never from the request.
 */
#ifndef SERVE_IDENTITY_H
#define SERVE_IDENTITY_H

#include <stdbool.h>
#include <stdint.h>

#include <quell/value.h>

struct arena;
struct exchange;

enum right {
#define RIGHT(name, sentence) RIGHT_##name,
#include "serve/roles.def"
    RIGHTS, /* how many */
};

struct right_row {
    const char *name, *doc;
};

/* In the order of the enum, then a row of NULLs. */
extern const struct right_row right_rows[];

struct role {
    const char *name, *doc;
    uint32_t rights; /* bits, 1 << enum right */
};

/* Ends with a row whose name is NULL. */
extern const struct role roles[];

/* NULL when there is no such role. */
const struct role *role_find(struct quell_str name);
/* The rights of a list of names of roles; a name that is none gives none. */
uint32_t roles_rights(struct quell_value names);

enum identity_how {
    IDENTITY_NONE,    /* nobody, so far as we know */
    IDENTITY_LOCAL,   /* the Unix socket: our own user, or root */
    IDENTITY_TOKEN,   /* a token that we made */
    IDENTITY_SESSION, /* a browser that signed in */
};

struct identity {
    enum identity_how how;
    struct quell_str name;        /* as approvals and the audit know it; lives with the exchange */
    uint32_t rights;              /* bits, 1 << enum right */
    struct quell_value playbooks; /* ids of those that it is good for, or null: all */
    struct quell_str csrf;        /* of a session: what its forms carry, see page_add_csrf */
};

bool identity_may(const struct identity *identity, enum right right);
/* "local", "token", "session", or "none". */
const char *identity_how_name(enum identity_how how);

/* Who is at the other end of the control socket: the operating system's name of its user. */
struct identity identity_of_socket(struct arena *arena, uint32_t uid);
/* Who speaks: the identity's name. Over the control socket it is believed who somebody says that he
 * is (`claimed`, may be empty): whoever reaches it could write the store as well. */
struct quell_str identity_speaker(const struct exchange *exchange, struct quell_str claimed);

#endif
