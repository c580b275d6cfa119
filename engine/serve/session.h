/*
 * session.h - browsers that have signed in. The cookie is a random number; here is its SHA-256 with
 * what is known of the person. In memory only: a restart signs everybody out.
 */
#ifndef SERVE_SESSION_H
#define SERVE_SESSION_H

#include <stdbool.h>
#include <stdint.h>

#include <quell/value.h>

struct arena;
struct exchange;
struct loop;
struct sessions;

enum { SESSION_ID_CHARS = 43 }; /* 256 bits as base64url */

/* Whom a session is for. */
struct session_person {
    struct quell_str name;  /* as identities have it */
    bool user;              /* a name of `users`: its roles there count, as they are now */
    struct quell_str roles; /* those that the provider's groups give, blanks between */
};

struct sessions *sessions_new(struct loop *loop);
void sessions_free(struct sessions *sessions); /* NULL is allowed */
/* Begins one; its id is written as a NUL-terminated text. The longest unused one makes room. */
void session_begin(struct sessions *sessions, const struct session_person *person,
                   char id[SESSION_ID_CHARS + 1]);
/* True when the id is that of a session that has not expired; its use is noted. Texts are copied
 * into `arena`; *csrf is what its forms carry. */
bool session_find(struct sessions *sessions, struct arena *arena, struct quell_str id,
                  struct session_person *person, struct quell_str *csrf);
void session_end(struct sessions *sessions, struct quell_str id);
size_t sessions_count(const struct sessions *sessions);

/* 256 random bits as base64url, NUL-terminated; for ids, states, nonces. */
void session_random(struct loop *loop, char out[SESSION_ID_CHARS + 1]);

#endif
