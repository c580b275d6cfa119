/*
 * notify_people.c - who is told of a question, and by which way: names of users and groups become
 * addresses, names of webhooks become connections.
 */
#include "core/notify.h"

#include "base/error.h"
#include "base/limits.h"
#include "base/str.h"
#include "loop/secret.h"
#include "value/value.h"

#define WEBHOOK "webhook:"
#define CONNECTION "notify.webhooks."

static const struct quell_field webhook_fields[] = {
    {.name = "url",
     .type = QUELL_FIELD_STRING,
     .flags = QUELL_REQUIRED | QUELL_NOT_EMPTY,
     .doc = "Where it is posted."},
    {.name = "secret",
     .type = QUELL_FIELD_OBJECT,
     .fields = secret_fields,
     .flags = QUELL_REQUIRED | QUELL_SECRET_FIELD,
     .doc = "What signs it, as Standard Webhooks: `whsec_` and base64 of 24 to 64 bytes."},
    {.name = "egress",
     .type = QUELL_FIELD_LIST,
     .of = QUELL_FIELD_STRING,
     .flags = QUELL_ONE_OR_MANY,
     .doc = "Addresses allowed beside public ones: loopback, private, or a CIDR."},
    {.name = "ca",
     .type = QUELL_FIELD_STRING,
     .flags = QUELL_NOT_EMPTY,
     .doc = "File of CA certificates to trust instead of the system's."},
    {.name = NULL},
};

const struct quell_field notify_fields[] = {
    {.name = "via",
     .type = QUELL_FIELD_LIST,
     .of = QUELL_FIELD_STRING,
     .flags = QUELL_ONE_OR_MANY,
     .fallback = "[]",
     .doc = "How people are told when a step has no `via`: `email`, names of webhooks."},
    {.name = "connection",
     .type = QUELL_FIELD_STRING,
     .fallback = "\"email\"",
     .doc = "The connection of connector `email` that mails go out by."},
    {.name = "webhooks",
     .type = QUELL_FIELD_MAP,
     .of = QUELL_FIELD_OBJECT,
     .fields = webhook_fields,
     .fallback = "{}",
     .doc = "Programs that are told, by name."},
    {.name = NULL},
};

/* ---- who ---------------------------------------------------------------------------------------
 */

static void add(struct notice *notice, struct quell_str via, struct quell_str to, const char *error)
{
    struct telling *telling = &notice->tellings[notice->count];

    for (size_t i = 0; i < notice->count; i++)
        if (quell_str_equal(notice->tellings[i].via, via) &&
            str_equal_fold(notice->tellings[i].to, to))
            return;
    if (notice->count == LIMIT_NOTICE_TELLINGS)
        return;
    if (notice->count == LIMIT_NOTICE_TELLINGS - 1) {
        to = QUELL_STR("");
        error = "there are more people to tell than one question may have";
    }
    *telling = (struct telling){.notice = notice,
                                .via = arena_str(notice->arena, via),
                                .to = arena_str(notice->arena, to),
                                .state = quell_str_of(error ? "failed" : "due"),
                                .error = arena_str(notice->arena, quell_str_of(error)),
                                .at_us = loop_now_us(notice->engine->loop)};
    notice->count++;
}

/* A user of quell.yaml, or an address. */
static void add_person(struct notice *notice, struct quell_str name)
{
    struct quell_value users = quell_get(notice->engine->generation->config, "users"), user;
    struct quell_str mail = {"", 0};

    for (size_t i = 0; i < quell_count(users) && mail.len == 0; i++) {
        user = users.as.pairs[i].value;
        if (str_equal_fold(quell_str(users.as.pairs[i].key), name))
            mail = quell_get_str(user, "mail");
    }
    if (mail.len == 0 && str_find(name, QUELL_STR("@"), 0) != SIZE_MAX)
        mail = name;
    if (mail.len)
        add(notice, QUELL_STR("email"), mail, NULL);
    else
        add(notice, QUELL_STR("email"), name, "no address is known: `users` has no `mail` of it");
}

static void add_group(struct notice *notice, struct quell_str group)
{
    struct quell_value groups = quell_get(notice->engine->generation->config, "groups"), people;

    if (!quell_find(groups, group, &people) || quell_count(people) == 0) {
        add(notice, QUELL_STR("email"), group, "nobody is in the group");
        return;
    }
    for (size_t i = 0; i < quell_count(people); i++)
        if (!str_starts(quell_str(quell_at(people, i)), QUELL_STR("token:")))
            add_person(notice, quell_str(quell_at(people, i)));
}

static void add_people(struct notice *notice, struct quell_value of)
{
    static const char prefix[] = "group:";

    if (quell_count(of) == 0)
        add(notice, QUELL_STR("email"), QUELL_STR(""),
            "the step names nobody: whoever may decide finds it among the approvals");
    for (size_t i = 0; i < quell_count(of); i++) {
        struct quell_str name = quell_str(quell_at(of, i));

        if (str_starts(name, quell_str_of(prefix)))
            add_group(notice, str_slice(name, sizeof(prefix) - 1, name.len));
        else
            add_person(notice, name);
    }
}

/* `soc-chat`, or `webhook:soc-chat`. */
static struct quell_str webhook_name(struct quell_str way)
{
    bool prefixed = str_starts(way, QUELL_STR(WEBHOOK));

    return prefixed ? str_slice(way, sizeof(WEBHOOK) - 1, way.len) : way;
}

bool notify_knows(const struct generation *generation, struct quell_str way)
{
    struct quell_value webhooks = quell_get(quell_get(generation->config, "notify"), "webhooks");
    struct quell_value found;

    return str_is(way, "email") || str_is(way, "console") ||
           quell_find(webhooks, webhook_name(way), &found);
}

static void add_webhook(struct notice *notice, struct quell_str way)
{
    struct quell_str name = webhook_name(way);

    add(notice, arena_format(notice->arena, WEBHOOK "%.*s", QUELL_ARG(name)), name,
        notify_knows(notice->engine->generation, way) ? NULL
                                                      : "`notify: webhooks` has no such name");
}

void notice_address(struct notice *notice, struct quell_value of, struct quell_value via)
{
    struct quell_value notify = quell_get(notice->engine->generation->config, "notify");
    struct quell_value ways = quell_count(via) ? via : quell_get(notify, "via");

    notice->tellings = arena_array(notice->arena, struct telling, LIMIT_NOTICE_TELLINGS);
    for (size_t i = 0; i < quell_count(ways); i++) {
        struct quell_str way = quell_str(quell_at(ways, i));

        if (str_is(way, "email"))
            add_people(notice, of);
        else if (!str_is(way, "console")) /* there nobody has to be told: it shows what is open */
            add_webhook(notice, way);
    }
}

/* ---- by which way ------------------------------------------------------------------------------
 */

static struct quell_value connection_of(struct arena *arena, struct quell_value webhook)
{
    static const char *const kept[] = {"url", "egress", "ca"};
    struct map_builder map = {.arena = arena}, auth = {.arena = arena};

    map_add(&auth, "kind", quell_text("standard"));
    map_add(&auth, "secret", quell_get(webhook, "secret"));
    map_add(&map, "connector", quell_text("webhook"));
    map_add(&map, "auth", map_made(&auth));
    for (size_t i = 0; i < sizeof(kept) / sizeof(*kept); i++)
        if (!quell_is_null(quell_get(webhook, kept[i])))
            map_add(&map, kept[i], quell_get(webhook, kept[i]));
    return map_made(&map);
}

struct quell_value notify_connections(struct arena *arena, struct quell_value config)
{
    struct quell_value made = quell_get(config, "connections");
    struct quell_value webhooks = quell_get(quell_get(config, "notify"), "webhooks");

    for (size_t i = 0; i < quell_count(webhooks); i++)
        made = value_with(
            arena, made,
            arena_format(arena, CONNECTION "%.*s", QUELL_ARG(quell_str(webhooks.as.pairs[i].key))),
            connection_of(arena, webhooks.as.pairs[i].value));
    return made;
}

static const struct quell_connector *connector_named(const struct quell *engine, const char *name)
{
    const struct quell_connector *const *list = registry_connectors(engine->generation->registry);

    while (*list && strcmp((*list)->name, name) != 0)
        list++;
    return *list;
}

struct connection *telling_connection(const struct telling *telling,
                                      const struct quell_connector **connector,
                                      struct quell_error *err)
{
    const struct quell *engine = telling->notice->engine;
    bool mail = str_is(telling->via, "email");
    struct quell_value notify = quell_get(engine->generation->config, "notify");
    struct quell_str name = quell_get_str(notify, "connection");
    struct connection *found = NULL;

    *connector = connector_named(engine, mail ? "email" : "webhook");
    if (!mail)
        name = arena_format(telling->notice->arena, CONNECTION "%.*s", QUELL_ARG(telling->to));
    if (*connector)
        found = connections_find(engine->generation->connections, *connector, name);
    if (!found && mail)
        (void)connection_missing(*connector, name, err);
    else if (!found)
        (void)error_set(err, QUELL_INVALID, "`notify: webhooks` has no `%.*s` any more",
                        QUELL_ARG(telling->to));
    return found;
}
