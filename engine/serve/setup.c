/*
 * setup.c - the front end's part of quell.yaml: where to listen, TLS, hooks; and the webhooks that
 * playbooks listen to, with their senders.
 *
 * A setup is made whole, secrets and certificates included, before it replaces the one in force.
 */
#include "serve/service.h"

#include <arpa/inet.h>
#include <stdlib.h>

#include "base/arena.h"
#include "base/cidr.h"
#include "base/error.h"
#include "base/limits.h"
#include "base/memory.h"
#include "base/str.h"
#include "serve/tls.h"
#include "value/fields.h"
#include "value/value.h"

#define HOOKS_MAX 200 /* more are generated, not written */
#define HOOK_NAME_BYTES LIMIT_HOOK_NAME_BYTES
#define PORT_LARGEST 65535

static const struct quell_field tls_fields[] = {
    {.name = "certificate",
     .type = QUELL_FIELD_STRING,
     .flags = QUELL_REQUIRED | QUELL_NOT_EMPTY | QUELL_CONSTANT,
     .doc = "PEM file with the certificate and its chain, leaf first; read again on SIGHUP."},
    {.name = "key",
     .type = QUELL_FIELD_STRING,
     .flags = QUELL_REQUIRED | QUELL_NOT_EMPTY | QUELL_CONSTANT,
     .doc = "PEM file with the certificate's private key; read again on SIGHUP."},
    {.name = NULL},
};

static const struct quell_field hook_fields[] = {
    {.name = "source",
     .type = QUELL_FIELD_STRING,
     .flags = QUELL_CONSTANT,
     .fallback = "\"\"",
     .doc = "The sender's format; without it the payload is recognised by its shape."},
    {.name = "auth",
     .type = QUELL_FIELD_ANY,
     .flags = QUELL_REQUIRED | QUELL_CONSTANT,
     .doc = "How the sender proves itself: standard, hmac, bearer, or none on this machine."},
    {.name = "rate",
     .type = QUELL_FIELD_STRING,
     .flags = QUELL_CONSTANT,
     .fallback = "\"\"",
     .doc = "How many deliveries are taken in, such as 600/min; what is over it gets 429."},
    {.name = NULL},
};

const struct quell_field serve_config_fields[] = {
    {.name = "listen",
     .type = QUELL_FIELD_LIST,
     .of = QUELL_FIELD_STRING,
     .flags = QUELL_ONE_OR_MANY | QUELL_NOT_EMPTY | QUELL_CONSTANT,
     .fallback = "[\"127.0.0.1:7070\"]",
     .doc = "Addresses and ports to listen on; one that is not loopback needs `tls`."},
    {.name = "tls",
     .type = QUELL_FIELD_OBJECT,
     .fields = tls_fields,
     .flags = QUELL_CONSTANT,
     .doc = "Certificate and key: all TCP addresses then speak HTTPS only."},
    {.name = "hooks",
     .type = QUELL_FIELD_MAP,
     .of = QUELL_FIELD_OBJECT,
     .fields = hook_fields,
     .flags = QUELL_CONSTANT,
     .doc = "Webhooks: each is reached as POST /hooks/NAME."},
    {.name = "senders",
     .type = QUELL_FIELD_MAP,
     .of = QUELL_FIELD_ANY,
     .flags = QUELL_CONSTANT,
     .doc =
         "How who sends to playbooks proves itself: each as `auth` of a hook, and maybe `rate`."},
    {.name = "oidc",
     .type = QUELL_FIELD_OBJECT,
     .fields = oidc_fields,
     .flags = QUELL_CONSTANT | QUELL_NULLABLE,
     .doc = "The OpenID provider where people sign in; needs `url`."},
    {.name = NULL},
};

/* ---- addresses ---------------------------------------------------------------------------------
 */

/* `127.0.0.1:7070`, `[::1]:7070`, `localhost:7070`, `:7070` (loopback too). */
static bool read_address(struct quell_str text, struct sockaddr_storage *address)
{
    struct sockaddr_in6 *v6 = (void *)address;
    struct sockaddr_in *v4 = (void *)address;
    char host[INET6_ADDRSTRLEN];
    size_t colon = text.len;
    int64_t port;

    while (colon > 0 && text.data[colon - 1] != ':')
        colon--;
    if (colon == 0 || colon > sizeof(host) || colon == text.len ||
        !str_to_int(str_slice(text, colon, text.len), &port) || port < 0 || port > PORT_LARGEST)
        return false;
    memcpy(host, text.data, colon - 1);
    host[colon - 1] = '\0';
    memset(address, 0, sizeof(*address));
    if (host[0] == '[' && host[colon - 2] == ']') {
        host[colon - 2] = '\0';
        v6->sin6_family = AF_INET6;
        v6->sin6_port = htons((uint16_t)port);
        return inet_pton(AF_INET6, host + 1, &v6->sin6_addr) == 1;
    }
    v4->sin_family = AF_INET;
    v4->sin_port = htons((uint16_t)port);
    if (host[0] == '\0' || strcmp(host, "localhost") == 0)
        memcpy(host, "127.0.0.1", sizeof("127.0.0.1"));
    return inet_pton(AF_INET, host, &v4->sin_addr) == 1;
}

static bool is_loopback(const struct sockaddr_storage *address)
{
    const struct sockaddr_in6 *v6 = (const void *)address;
    const struct sockaddr_in *v4 = (const void *)address;

    if (address->ss_family == AF_INET)
        return ntohl(v4->sin_addr.s_addr) >> 24 == 127;
    return IN6_IS_ADDR_LOOPBACK(&v6->sin6_addr);
}

static enum quell_code read_listen(struct setup *setup, struct quell_value listen,
                                   struct quell_error *err)
{
    size_t count = quell_count(listen);

    if (count == 0 || count > SERVE_LISTENERS)
        return error_set(err, QUELL_INVALID, "`listen`: 1 to %d addresses", SERVE_LISTENERS);
    for (size_t i = 0; i < count; i++) {
        struct quell_str text = quell_str(quell_at(listen, i));

        if (!read_address(text, &setup->listen[i])) {
            return error_set(err, QUELL_INVALID,
                             "`listen`: `%.*s` is no address and port, such as 127.0.0.1:7070 or "
                             "[::1]:7070",
                             QUELL_ARG(text));
        }
    }
    setup->listen_count = count;
    return QUELL_OK;
}

/* ---- hooks -------------------------------------------------------------------------------------
 */

static bool hook_name_valid(struct quell_str name)
{
    for (size_t i = 0; i < name.len; i++) {
        char c = name.data[i];
        bool good = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_';

        if (!good)
            return false;
    }
    return name.len > 0 && name.len <= HOOK_NAME_BYTES;
}

/* Puts the hook's name before what is wrong with it. */
static enum quell_code in_hook(const struct hook *hook, enum quell_code code,
                               const struct quell_error *cause, struct quell_error *err)
{
    return error_set(err, code, "`hooks.%.*s`: %s", QUELL_ARG(hook->name), cause->message);
}

static enum quell_code read_hook(struct setup *setup, struct hook *hook, struct quell_value value,
                                 bool load, struct quell_error *err)
{
    struct quell_error cause = {.code = QUELL_OK};
    enum quell_code code;

    if (!hook_name_valid(hook->name)) {
        return error_set(err, QUELL_INVALID,
                         "`hooks`: the name `%.*s` may have a-z, 0-9, - and _ only, %d at the most",
                         QUELL_ARG(hook->name), HOOK_NAME_BYTES);
    }
    hook->source = arena_str(setup->arena, quell_get_str(value, "source"));
    hook->rate_text = arena_str(setup->arena, quell_get_str(value, "rate"));
    code = rate_read(hook->rate_text, &hook->rate, &cause);
    if (!code)
        code = auth_check(setup->arena, quell_get(value, "auth"), &hook->auth, &cause);
    if (!code && load)
        code = auth_load(&hook->auth, &cause);
    return code ? in_hook(hook, code, &cause, err) : QUELL_OK;
}

static enum quell_code read_hooks(struct setup *setup, struct quell_value hooks, bool load,
                                  struct quell_error *err)
{
    size_t count = quell_count(hooks);

    if (count > HOOKS_MAX)
        return error_set(err, QUELL_LIMIT, "`hooks`: %d at the most", HOOKS_MAX);
    for (size_t i = 0; i < count; i++) {
        struct hook *hook = &setup->hooks[setup->hook_count++];
        enum quell_code code;

        hook->name = arena_str(setup->arena, quell_str(hooks.as.pairs[i].key));
        code = read_hook(setup, hook, hooks.as.pairs[i].value, load, err);
        if (code)
            return code;
    }
    return QUELL_OK;
}

/* ---- what playbooks listen to ------------------------------------------------------------------
 */

/* A sender is written as `auth` is, and `rate` may stand beside it. */
static enum quell_code sender_parts(struct setup *setup, struct quell_value value,
                                    struct hook *hook, struct quell_error *err)
{
    struct quell_pair *pairs = arena_array(setup->arena, struct quell_pair, quell_count(value) + 1);
    struct quell_value rate;
    size_t count = 0;
    enum quell_code code;

    if (!quell_is(value, QUELL_MAP) || !quell_find(value, QUELL_STR("rate"), &rate))
        return auth_check(setup->arena, value, &hook->auth, err);
    if (!quell_is(rate, QUELL_STRING) || quell_str(rate).len == 0)
        return error_set(err, QUELL_INVALID, "`rate`: a text such as 600/min");
    for (size_t i = 0; i < quell_count(value); i++)
        if (!quell_text_is(value.as.pairs[i].key, "rate"))
            pairs[count++] = value.as.pairs[i];
    hook->rate_text = quell_str(rate);
    code = rate_read(hook->rate_text, &hook->rate, err);
    return code ? code : auth_check(setup->arena, quell_map(pairs, count), &hook->auth, err);
}

static enum quell_code check_sender(struct setup *setup, struct quell_str name,
                                    struct quell_value value, struct quell_error *err)
{
    struct quell_error cause = {.code = QUELL_OK};
    struct hook hook = {.playbook = {"", 0}};
    enum quell_code code;

    if (!hook_name_valid(name))
        return error_set(
            err, QUELL_INVALID,
            "`senders`: the name `%.*s` may have a-z, 0-9, - and _ only, %d at the most",
            QUELL_ARG(name), HOOK_NAME_BYTES);
    code = sender_parts(setup, value, &hook, &cause);
    if (!code && !hook.auth.kind->secret)
        code = error_set(&cause, QUELL_INVALID, "a sender needs a proof, not `none`");
    return code ? error_set(err, code, "`senders.%.*s`: %s", QUELL_ARG(name), cause.message)
                : QUELL_OK;
}

/* All of them, also those that nobody names: a slip in one is told before it is needed. */
static enum quell_code check_senders(struct setup *setup, struct quell_value senders,
                                     struct quell_error *err)
{
    enum quell_code code = QUELL_OK;

    for (size_t i = 0; !code && i < quell_count(senders); i++)
        code =
            check_sender(setup, quell_str(senders.as.pairs[i].key), senders.as.pairs[i].value, err);
    return code;
}

/* What is wrong with the sender of a route. */
static enum quell_code in_route(const struct hook *hook, struct quell_str sender,
                                enum quell_code code, const char *why, struct quell_error *err)
{
    return error_set(err, code, "`senders.%.*s`, for /hooks/%.*s of playbook `%.*s`: %s",
                     QUELL_ARG(sender), QUELL_ARG(hook->name), QUELL_ARG(hook->playbook), why);
}

static enum quell_code read_sender(struct setup *setup, struct hook *hook, struct quell_value route,
                                   struct quell_value senders, bool load, struct quell_error *err)
{
    struct quell_str kind = quell_get_str(route, "kind"), name = quell_get_str(route, "sender");
    struct quell_error cause = {.code = QUELL_OK};
    struct quell_value auth;
    enum quell_code code;

    if (!quell_find(senders, name, &auth))
        return in_route(hook, name, QUELL_INVALID, "there is no such sender", err);
    code = sender_parts(setup, auth, hook, &cause);
    if (!code && !str_is(kind, hook->auth.kind->name))
        code = error_set(&cause, QUELL_INVALID, "the playbook says `%.*s`, quell.yaml says `%s`",
                         QUELL_ARG(kind), hook->auth.kind->name);
    if (!code && load)
        code = auth_load(&hook->auth, &cause);
    return code ? in_route(hook, name, code, cause.message, err) : QUELL_OK;
}

static enum quell_code read_from(struct setup *setup, struct hook *hook, struct quell_value from,
                                 struct quell_error *err)
{
    struct cidr *ranges = arena_array(setup->arena, struct cidr, quell_count(from) + 1);

    hook->from = ranges;
    for (size_t i = 0; i < quell_count(from); i++)
        if (!cidr_parse(quell_str(quell_at(from, i)), &ranges[hook->from_count++]))
            return error_set(err, QUELL_INVALID, "`%.*s` is no range of addresses",
                             QUELL_ARG(quell_str(quell_at(from, i))));
    return QUELL_OK;
}

/* While they are not in order yet. */
static struct hook *find_made(struct setup *setup, struct quell_str name)
{
    for (size_t i = 0; i < setup->hook_count; i++)
        if (quell_str_equal(setup->hooks[i].name, name))
            return &setup->hooks[i];
    return NULL;
}

/* Playbooks that share a path say the same of it: the engine has seen to that. */
static enum quell_code read_route(struct setup *setup, struct quell_value route,
                                  struct quell_value senders, bool load, struct quell_error *err)
{
    struct quell_str name = quell_get_str(route, "name");
    struct quell_str playbook = quell_get_str(route, "playbook");
    struct hook *hook = find_made(setup, name);
    enum quell_code code;

    if (hook && hook->playbook.len == 0)
        return error_set(err, QUELL_INVALID,
                         "`hooks.%.*s`: playbook `%.*s` listens to /hooks/%.*s, too; give one of "
                         "them another name",
                         QUELL_ARG(name), QUELL_ARG(playbook), QUELL_ARG(name));
    if (hook)
        return QUELL_OK;
    hook = &setup->hooks[setup->hook_count++];
    hook->name = name;
    hook->playbook = playbook;
    code = read_from(setup, hook, quell_get(route, "from"), err);
    return code ? code : read_sender(setup, hook, route, senders, load, err);
}

static int by_name(const void *a, const void *b)
{
    const struct hook *first = a, *second = b;

    return str_compare(first->name, second->name);
}

/* The hooks of the file and those of playbooks, in the order in which they are looked up. */
static enum quell_code read_all_hooks(struct setup *setup, struct quell_value checked,
                                      struct quell_value routes, bool load, struct quell_error *err)
{
    struct quell_value hooks = quell_get(checked, "hooks"), own = value_copy(setup->arena, routes);
    struct quell_value senders = quell_get(checked, "senders");
    enum quell_code code;

    setup->hooks =
        arena_array(setup->arena, struct hook, quell_count(hooks) + quell_count(own) + 1);
    code = read_hooks(setup, hooks, load, err);
    if (!code)
        code = check_senders(setup, senders, err);
    for (size_t i = 0; !code && i < quell_count(own); i++)
        code = read_route(setup, quell_at(own, i), senders, load, err);
    qsort(setup->hooks, setup->hook_count, sizeof(*setup->hooks), by_name);
    return code;
}

/* ---- the whole ---------------------------------------------------------------------------------
 */

/* SAFETY.md: what can be reached from elsewhere is encrypted and asks for a proof. */
static enum quell_code check_exposure(const struct setup *setup, struct quell_error *err)
{
    for (size_t i = 0; i < setup->listen_count; i++) {
        if (is_loopback(&setup->listen[i]))
            continue;
        if (setup->certificate.len == 0)
            return error_set(err, QUELL_INVALID,
                             "`listen`: an address that is not loopback needs `tls`");
        for (size_t h = 0; h < setup->hook_count; h++) {
            const struct hook *hook = &setup->hooks[h];

            if (!hook->auth.kind->secret)
                return error_set(err, QUELL_INVALID,
                                 "`hooks.%.*s`: `auth: none` is for loopback only, and `listen` "
                                 "has another address",
                                 QUELL_ARG(hook->name));
        }
    }
    return QUELL_OK;
}

/* How browsers know us: scheme, host and port of `url`. */
static enum quell_code read_origin(struct setup *setup, struct quell_str url,
                                   struct quell_error *err)
{
    struct quell_str scheme, rest, host, path;

    setup->https = setup->certificate.len > 0;
    if (url.len == 0)
        return QUELL_OK;
    if (!str_cut(url, ':', &scheme, &rest) || !str_starts(rest, QUELL_STR("//")) ||
        (!str_is(scheme, "https") && !str_is(scheme, "http")))
        return error_set(err, QUELL_INVALID,
                         "`url`: `%.*s` is no URL such as https://quell.example", QUELL_ARG(url));
    (void)str_cut(str_slice(rest, 2, rest.len), '/', &host, &path); /* without a path it is empty */
    setup->https = str_is(scheme, "https");
    setup->origin = arena_format(setup->arena, "%.*s://%.*s", QUELL_ARG(scheme), QUELL_ARG(host));
    return QUELL_OK;
}

/* The provider sends people back to `url`, and their cookies are for its host. */
static enum quell_code read_provider(struct setup *setup, struct quell_value checked, bool load,
                                     struct quell_value config, struct quell_error *err)
{
    struct quell_value oidc = quell_get(checked, "oidc");
    struct quell_str url = quell_get_str(config, "url");
    size_t path = setup->origin.len;

    if (quell_is_null(oidc))
        return QUELL_OK;
    if (url.len == 0 || (url.len != path && !(url.len == path + 1 && url.data[path] == '/')))
        return error_set(
            err, QUELL_INVALID,
            "`oidc` needs `url`, with no path behind the host: people come back there");
    setup->signs_in = true;
    return oidc_read(setup->arena, oidc, load, &setup->oidc, err);
}

/* Roles are known here, names and groups by the engine. */
static enum quell_code check_users(struct quell_value users, struct quell_error *err)
{
    struct quell_error cause = {.code = QUELL_OK};

    for (size_t i = 0; i < quell_count(users); i++) {
        enum quell_code code = roles_check(quell_get(users.as.pairs[i].value, "roles"), &cause);

        if (code)
            return error_set(err, code, "`users.%.*s.roles`: %s",
                             QUELL_ARG(quell_str(users.as.pairs[i].key)), cause.message);
    }
    return QUELL_OK;
}

/* The front end's keys out of a whole configuration. */
static struct quell_value own_keys(struct arena *arena, struct quell_value config)
{
    struct quell_pair *pairs = arena_array(arena, struct quell_pair, quell_count(config) + 1);
    size_t count = 0;

    for (size_t i = 0; i < quell_count(config) && quell_is(config, QUELL_MAP); i++) {
        struct quell_pair pair = config.as.pairs[i];

        if (fields_find(serve_config_fields, quell_str(pair.key)) && !quell_is_null(pair.value))
            pairs[count++] = pair;
    }
    return quell_map(pairs, count);
}

static enum quell_code fill(struct setup *setup, struct quell_value config, const char *listen,
                            bool load, struct quell_error *err)
{
    /* A copy: the setup may outlive the configuration that it was made of. */
    struct quell_value own = value_copy(setup->arena, own_keys(setup->arena, config));
    struct quell_value checked, tls;
    enum quell_code code;

    if (listen)
        own = value_with(setup->arena, own, QUELL_STR("listen"), quell_text(listen));
    code = fields_check(setup->arena, serve_config_fields, own, &checked, err);
    if (code)
        return code;
    tls = quell_get(checked, "tls");
    setup->certificate = arena_str(setup->arena, quell_get_str(tls, "certificate"));
    setup->key = arena_str(setup->arena, quell_get_str(tls, "key"));
    code = read_listen(setup, quell_get(checked, "listen"), err);
    if (!code)
        code = read_all_hooks(setup, checked, quell_get(config, "routes"), load, err);
    if (!code)
        code = check_exposure(setup, err);
    if (!code)
        code = read_origin(setup, quell_get_str(config, "url"), err);
    if (!code)
        code = read_provider(setup, checked, load, config, err);
    if (!code)
        code = check_users(quell_get(config, "users"), err);
    if (!code && load && setup->certificate.len > 0)
        code = tls_load(setup->certificate.data, setup->key.data, &setup->tls, err);
    return code;
}

enum quell_code setup_new(struct quell_value config, const char *listen, bool load,
                          struct setup **setup, struct quell_error *err)
{
    struct setup *made = memory_new(sizeof(*made));
    enum quell_code code;

    made->arena = arena_new(0);
    code = fill(made, config, listen, load, err);
    if (code)
        setup_free(made);
    else
        *setup = made;
    return code;
}

void setup_free(struct setup *setup)
{
    if (!setup)
        return;
    for (size_t i = 0; i < setup->hook_count; i++)
        auth_wipe(&setup->hooks[i].auth);
    oidc_wipe(&setup->oidc);
    tls_free(setup->tls);
    arena_free(setup->arena);
    memory_free(setup);
}

struct hook *setup_hook(struct setup *setup, struct quell_str name)
{
    struct hook wanted = {.name = name};

    return bsearch(&wanted, setup->hooks, setup->hook_count, sizeof(*setup->hooks), by_name);
}

bool setup_same_place(const struct setup *a, const struct setup *b)
{
    return a->listen_count == b->listen_count && !a->tls == !b->tls &&
           memcmp(a->listen, b->listen, a->listen_count * sizeof(a->listen[0])) == 0;
}

enum quell_code serve_check(struct quell_value config, struct quell_error *err)
{
    struct setup *setup;
    enum quell_code code = setup_new(config, NULL, false, &setup, err);

    if (!code)
        setup_free(setup);
    return code;
}
