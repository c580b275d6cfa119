/*
 * users.c - the people of quell.yaml: their names are checked, and the groups that they say they
 * are in are added to `groups`, so that there is one list of who is in a group.
 */
#include "core/core.h"

#include "base/error.h"
#include "base/name.h"
#include "base/str.h"
#include "value/value.h"

const struct quell_field user_fields[] = {
    {.name = "roles",
     .type = QUELL_FIELD_LIST,
     .of = QUELL_FIELD_STRING,
     .flags = QUELL_ONE_OR_MANY,
     .fallback = "[]",
     .doc = "What the person may do: viewer, analyst, approver, author, admin, auditor."},
    {.name = "groups",
     .type = QUELL_FIELD_LIST,
     .of = QUELL_FIELD_STRING,
     .flags = QUELL_ONE_OR_MANY,
     .fallback = "[]",
     .doc = "Groups that the person is in, beside those of `groups`."},
    {.name = "mail", .type = QUELL_FIELD_STRING, .doc = "Where the person is written to."},
    {.name = "oidc",
     .type = QUELL_FIELD_LIST,
     .of = QUELL_FIELD_STRING,
     .flags = QUELL_ONE_OR_MANY,
     .fallback = "[]",
     .doc = "Who that is for the OpenID provider: its subject, object id, or verified mail."},
    {.name = NULL},
};

static enum quell_code check_name(struct quell_str name, const char *where, struct quell_error *err)
{
    if (name_is_plain(name))
        return QUELL_OK;
    return error_set(err, QUELL_INVALID, "`%s`: the name `%.*s` may have " NAME_RULE, where,
                     QUELL_ARG(name));
}

/* The list of a group with one more member. */
static struct quell_value with_member(struct arena *arena, struct quell_value groups,
                                      struct quell_str group, struct quell_str name)
{
    struct list_builder list = {.arena = arena};
    struct quell_value members = quell_null();

    (void)quell_find(groups, group, &members); /* a new one begins empty */
    for (size_t i = 0; i < quell_count(members); i++) {
        if (quell_str_equal(quell_str(quell_at(members, i)), name))
            return groups;
        list_add(&list, quell_at(members, i));
    }
    list_add(&list, quell_string(name));
    return value_with(arena, groups, group, list_made(&list));
}

static enum quell_code check_groups(struct quell_value groups, struct quell_error *err)
{
    enum quell_code code = QUELL_OK;

    for (size_t i = 0; !code && i < quell_count(groups); i++) {
        struct quell_pair group = groups.as.pairs[i];

        if (!quell_is(group.value, QUELL_LIST))
            return error_set(err, QUELL_INVALID, "`groups.%.*s` is a list of names",
                             QUELL_ARG(quell_str(group.key)));
        for (size_t n = 0; !code && n < quell_count(group.value); n++) {
            struct quell_str name = quell_str(quell_at(group.value, n));

            /* A token may be in a group, too: `token:ci`. */
            if (str_starts(name, QUELL_STR("token:")))
                name = str_slice(name, sizeof("token:") - 1, name.len);
            code = check_name(name, "groups", err);
        }
    }
    return code;
}

/* Two people with one proof would be one person with two votes, or none. */
static enum quell_code check_proofs(struct quell_value users, struct quell_error *err)
{
    for (size_t i = 0; i < quell_count(users); i++) {
        struct quell_value mine = quell_get(users.as.pairs[i].value, "oidc");

        for (size_t n = 0; n < quell_count(mine); n++) {
            for (size_t other = 0; other < i; other++) {
                struct quell_value theirs = quell_get(users.as.pairs[other].value, "oidc");

                for (size_t t = 0; t < quell_count(theirs); t++) {
                    if (str_equal_fold(quell_str(quell_at(mine, n)),
                                       quell_str(quell_at(theirs, t))))
                        return error_set(err, QUELL_INVALID,
                                         "`users`: `%.*s` and `%.*s` have the same `oidc`",
                                         QUELL_ARG(quell_str(users.as.pairs[other].key)),
                                         QUELL_ARG(quell_str(users.as.pairs[i].key)));
                }
            }
        }
    }
    return QUELL_OK;
}

enum quell_code users_settle(struct arena *arena, struct quell_value *config,
                             struct quell_error *err)
{
    struct quell_value users = quell_get(*config, "users"), groups = quell_get(*config, "groups");
    enum quell_code code = check_groups(groups, err);

    if (!code)
        code = check_proofs(users, err);
    for (size_t i = 0; !code && i < quell_count(users); i++) {
        struct quell_str name = quell_str(users.as.pairs[i].key);
        struct quell_value own = quell_get(users.as.pairs[i].value, "groups");

        code = check_name(name, "users", err);
        for (size_t g = 0; !code && g < quell_count(own); g++)
            groups = with_member(arena, quell_is_null(groups) ? quell_map(NULL, 0) : groups,
                                 quell_str(quell_at(own, g)), name);
    }
    /* Where people are known, whoever is in no group is in none. */
    if (quell_count(users) && quell_is_null(groups))
        groups = quell_map(NULL, 0);
    if (!code && !quell_is_null(groups))
        *config = value_with(arena, *config, QUELL_STR("groups"), groups);
    return code;
}
