/*
 * oidc_settings.c - `oidc:` of quell.yaml, and who its people are.
 */
#include "serve/oidc.h"

#include "base/arena.h"
#include "base/digest.h"
#include "base/error.h"
#include "base/name.h"
#include "base/str.h"
#include "loop/curl.h"
#include "serve/service.h"
#include "serve/session.h"
#include "value/value.h"

static const char *const egress_words[] = {"loopback", "private", NULL};

const struct quell_field oidc_fields[] = {
    {.name = "issuer",
     .type = QUELL_FIELD_STRING,
     .flags = QUELL_REQUIRED | QUELL_NOT_EMPTY | QUELL_CONSTANT,
     .doc = "The provider's issuer URL, as its ID tokens have it."},
    {.name = "client_id",
     .type = QUELL_FIELD_STRING,
     .flags = QUELL_REQUIRED | QUELL_NOT_EMPTY | QUELL_CONSTANT,
     .doc = "What the provider calls this server."},
    {.name = "client_secret",
     .type = QUELL_FIELD_OBJECT,
     .fields = secret_fields,
     .flags = QUELL_NULLABLE | QUELL_CONSTANT,
     .doc = "Its secret, as {env: NAME} or {file: PATH}; without it this is a public client."},
    {.name = "scope",
     .type = QUELL_FIELD_STRING,
     .flags = QUELL_CONSTANT,
     .fallback = "\"openid profile email\"",
     .doc = "What is asked for; `openid` is among it."},
    {.name = "subject",
     .type = QUELL_FIELD_STRING,
     .flags = QUELL_CONSTANT | QUELL_NOT_EMPTY,
     .fallback = "\"sub\"",
     .doc = "The claim that `users.NAME.oidc` names: one that nobody can change, `oid` for Entra."},
    {.name = "claim",
     .type = QUELL_FIELD_STRING,
     .flags = QUELL_CONSTANT | QUELL_NOT_EMPTY,
     .fallback = "\"groups\"",
     .doc = "The claim that holds the groups of a person."},
    {.name = "roles",
     .type = QUELL_FIELD_MAP,
     .of = QUELL_FIELD_LIST,
     .flags = QUELL_CONSTANT,
     .fallback = "{}",
     .doc = "Roles by group of the provider: `soc-analysts: [analyst]`."},
    {.name = "hosts",
     .type = QUELL_FIELD_LIST,
     .of = QUELL_FIELD_STRING,
     .flags = QUELL_ONE_OR_MANY | QUELL_CONSTANT,
     .fallback = "[]",
     .doc = "Hosts of the provider's endpoints beside the issuer's."},
    {.name = "egress",
     .type = QUELL_FIELD_LIST,
     .of = QUELL_FIELD_ENUM,
     .words = egress_words,
     .flags = QUELL_ONE_OR_MANY | QUELL_CONSTANT,
     .fallback = "[]",
     .doc = "Addresses beside public ones where the provider may be: loopback, private."},
    {.name = "ca",
     .type = QUELL_FIELD_STRING,
     .flags = QUELL_CONSTANT,
     .fallback = "\"\"",
     .doc = "PEM file of the authority of the provider's certificate; without it the system's."},
    {.name = NULL},
};

static bool is_url(struct quell_str url)
{
    return str_starts(url, QUELL_STR("https://")) || str_starts(url, QUELL_STR("http://"));
}

static enum quell_code check_roles(struct quell_value map, struct quell_error *err)
{
    struct quell_error cause = {.code = QUELL_OK};

    for (size_t i = 0; i < quell_count(map); i++)
        if (roles_check(map.as.pairs[i].value, &cause))
            return error_set(err, QUELL_INVALID, "`oidc.roles.%.*s`: %s",
                             QUELL_ARG(quell_str(map.as.pairs[i].key)), cause.message);
    return QUELL_OK;
}

static bool has_word(struct quell_str words, const char *wanted)
{
    while (words.len > 0) {
        struct quell_str word;

        (void)str_cut(words, ' ', &word, &words); /* the last one has no blank behind it */
        if (str_is(word, wanted))
            return true;
    }
    return false;
}

enum quell_code oidc_read(struct arena *arena, struct quell_value checked, bool load,
                          struct oidc_settings *settings, struct quell_error *err)
{
    struct quell_value egress = quell_get(checked, "egress");
    struct oidc_settings made = {.issuer = quell_get_str(checked, "issuer"),
                                 .client_id = quell_get_str(checked, "client_id"),
                                 .scope = quell_get_str(checked, "scope"),
                                 .subject = arena_str(arena, quell_get_str(checked, "subject")),
                                 .claim = arena_str(arena, quell_get_str(checked, "claim")),
                                 .roles = quell_get(checked, "roles"),
                                 .hosts = quell_get(checked, "hosts"),
                                 .secret = quell_get(checked, "client_secret"),
                                 .ca_file = quell_get_str(checked, "ca")};
    enum quell_code code;

    if (!is_url(made.issuer))
        return error_set(err, QUELL_INVALID, "`oidc.issuer`: `%.*s` is no URL",
                         QUELL_ARG(made.issuer));
    if (!has_word(made.scope, "openid"))
        return error_set(err, QUELL_INVALID, "`oidc.scope`: `openid` must be among it");
    for (size_t i = 0; i < quell_count(egress); i++)
        made.egress |= quell_text_is(quell_at(egress, i), "loopback") ? CURL_EGRESS_LOOPBACK
                                                                      : CURL_EGRESS_PRIVATE;
    code = check_roles(made.roles, err);
    if (!code && !quell_is_null(made.secret))
        code = load ? secret_read(made.secret, &made.client_secret, err)
                    : secret_check(made.secret, err);
    if (!code)
        *settings = made;
    return code;
}

void oidc_wipe(struct oidc_settings *settings)
{
    secret_wipe(&settings->client_secret);
}

/* ---- hosts -------------------------------------------------------------------------------------
 */

/* `host:port` of a URL, as it is written; empty when there is anything odd in it. */
static struct quell_str host_of(struct quell_str url)
{
    size_t from = str_find(url, QUELL_STR("://"), 0), to;

    if (from == SIZE_MAX || !is_url(url))
        return QUELL_STR("");
    from += 3;
    for (to = from; to < url.len && !memchr("/?#", url.data[to], 3); to++)
        if (memchr("@\\% \t\r\n", url.data[to], 7))
            return QUELL_STR("");
    return str_slice(url, from, to);
}

bool oidc_may_reach(const struct oidc_settings *settings, struct quell_str url)
{
    struct quell_str host = host_of(url);
    bool secure = str_starts(settings->issuer, QUELL_STR("https://"));

    if (host.len == 0 || (secure && !str_starts(url, QUELL_STR("https://"))))
        return false;
    if (str_equal_fold(host, host_of(settings->issuer)))
        return true;
    for (size_t i = 0; i < quell_count(settings->hosts); i++)
        if (str_equal_fold(host, quell_str(quell_at(settings->hosts, i))))
            return true;
    return false;
}

/* ---- people ------------------------------------------------------------------------------------
 */

/* A mail address counts only when the provider says that it has been verified: else anybody could
 * write somebody else's into their profile. */
static bool is_user(const struct oidc_settings *settings, struct quell_value user,
                    struct quell_value claims)
{
    struct quell_value known = quell_get(user, "oidc");
    struct quell_str subject = quell_get_str(claims, settings->subject.data);
    struct quell_str mail = quell_get_bool(claims, "email_verified", false)
                                ? quell_get_str(claims, "email")
                                : QUELL_STR("");

    for (size_t i = 0; i < quell_count(known); i++) {
        struct quell_str one = quell_str(quell_at(known, i));
        bool by_mail = str_find(one, QUELL_STR("@"), 0) != SIZE_MAX;

        if (one.len && (by_mail ? str_equal_fold(one, mail) : quell_str_equal(one, subject)))
            return true;
    }
    return false;
}

static void add_roles(struct arena *arena, struct quell_str *words, struct quell_value list)
{
    for (size_t i = 0; i < quell_count(list); i++)
        *words = arena_format(arena, "%.*s%s%.*s", QUELL_ARG(*words), words->len ? " " : "",
                              QUELL_ARG(quell_str(quell_at(list, i))));
}

static struct quell_str roles_of_groups(const struct oidc_settings *settings,
                                        struct quell_value claims, struct arena *arena)
{
    struct quell_value groups = quell_get(claims, settings->claim.data);
    struct quell_str words = {"", 0};

    for (size_t i = 0; i < quell_count(settings->roles); i++) {
        struct quell_pair row = settings->roles.as.pairs[i];
        bool member = quell_is(groups, QUELL_STRING) && value_equal(groups, row.key);

        for (size_t n = 0; quell_is(groups, QUELL_LIST) && n < quell_count(groups); n++)
            member |= value_equal(quell_at(groups, n), row.key);
        if (member)
            add_roles(arena, &words, row.value);
    }
    return words;
}

/* Of somebody whom quell.yaml does not name: never a name that it could name. */
static struct quell_str guest_name(struct arena *arena, struct quell_str subject)
{
    struct quell_str name = arena_format(arena, "oidc:%.*s", QUELL_ARG(subject));
    uint8_t digest[DIGEST_SHA256];

    if (name_may_speak(name))
        return name;
    digest_sha256(subject, digest);
    return arena_format(arena, "oidc:%.*s", QUELL_ARG(digest_hex(arena, digest, 16)));
}

enum quell_code oidc_person(const struct oidc_settings *settings, struct quell_value users,
                            struct quell_value claims, struct arena *arena,
                            struct session_person *person, struct quell_error *err)
{
    struct quell_str subject = quell_get_str(claims, settings->subject.data);
    struct session_person made = {.roles = roles_of_groups(settings, claims, arena)};

    for (size_t i = 0; !made.user && i < quell_count(users); i++) {
        made.user = is_user(settings, users.as.pairs[i].value, claims);
        if (made.user)
            made.name = arena_str(arena, quell_str(users.as.pairs[i].key));
    }
    if (!made.user) {
        if (made.roles.len == 0 || subject.len == 0)
            return error_set(err, QUELL_DENIED,
                             "the provider knows you, but quell.yaml names neither you nor a group "
                             "of yours");
        made.name = guest_name(arena, subject);
    }
    *person = made;
    return QUELL_OK;
}
