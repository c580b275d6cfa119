/*
 * identity.c - roles and rights as tables, and who is at the other end of the control socket.
 */
#include "serve/identity.h"

#include <pwd.h>
#include <stddef.h>
#include <string.h>

#include "base/arena.h"
#include "base/str.h"
#include "serve/server.h"

#define NAME_BYTES 4096 /* of a line of the table of users */

const struct right_row right_rows[] = {
#define RIGHT(name, sentence) {#name, sentence},
#include "serve/roles.def"
    {NULL, NULL},
};

#define MAY(right) ((uint32_t)1 << RIGHT_##right)
#define MAY_ALL ((uint32_t)(((uint64_t)1 << RIGHTS) - 1))
const struct role roles[] = {
#define ROLE(name, sentence, rights) {#name, sentence, rights},
#include "serve/roles.def"
    {NULL, NULL, 0},
};

_Static_assert(RIGHTS <= 32, "rights are bits of 32");

const struct role *role_find(struct quell_str name)
{
    for (const struct role *role = roles; role->name; role++)
        if (str_is(name, role->name))
            return role;
    return NULL;
}

uint32_t roles_rights(struct quell_value names)
{
    uint32_t rights = 0;

    for (size_t i = 0; i < quell_count(names); i++) {
        const struct role *role = role_find(quell_str(quell_at(names, i)));

        rights |= role ? role->rights : 0;
    }
    return rights;
}

bool identity_may(const struct identity *identity, enum right right)
{
    return identity->how != IDENTITY_NONE && (identity->rights >> right & 1) != 0;
}

const char *identity_how_name(enum identity_how how)
{
    switch (how) {
    case IDENTITY_NONE:
        return "none";
    case IDENTITY_LOCAL:
        return "local";
    case IDENTITY_TOKEN:
        return "token";
    case IDENTITY_SESSION:
        return "session";
    }
    return "none";
}

struct identity identity_of_socket(struct arena *arena, uint32_t uid)
{
    struct identity identity = {
        .how = IDENTITY_LOCAL, .rights = MAY_ALL, .playbooks = quell_null()};
    char texts[NAME_BYTES];
    struct passwd user, *found = NULL;

    if (getpwuid_r((uid_t)uid, &user, texts, sizeof(texts), &found) == 0 && found)
        identity.name = arena_str(arena, quell_str_of(user.pw_name));
    else /* a container's user often has no name */
        identity.name = arena_format(arena, "uid-%u", (unsigned)uid);
    return identity;
}

struct quell_str identity_speaker(const struct exchange *exchange, struct quell_str claimed)
{
    const struct identity *identity = &exchange->identity;

    return identity->how == IDENTITY_LOCAL && claimed.len > 0 ? claimed : identity->name;
}
