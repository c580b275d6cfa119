/*
 * entity.c - collects the entities of an incident, merging what names the same thing.
 *
 * Two entities are the same when they agree in the identity of their kind: the provider's id if
 * there is one, else what identifies it best. An entity with an id and one with only a name are
 * kept apart: two devices may bear one name, and isolating the wrong one is worse than seeing one
 * twice.
 */
#include "incident/entity.h"

#include "base/arena.h"
#include "base/error.h"
#include "base/limits.h"
#include "base/str.h"
#include "incident/incident.h"
#include "incident/shape.h"
#include "incident/words.h"
#include "value/value.h"

/* The identities of a kind, best first; the first one whose first field has a value counts, and all
 * its fields together are the identity. */
struct identity {
    const char *fields[4];
};

static const struct {
    const char *kind;
    struct identity identities[4];
    const char *names[4]; /* what the display name is taken from when there is none */
} kinds[ENTITY_KINDS] = {
    [ENTITY_DEVICE] = {"device",
                       {{{"id"}}, {{"entra_id"}}, {{"resource_id"}}, {{"name"}}},
                       {"hostname", "id", "entra_id"}},
    [ENTITY_USER] = {"user",
                     {{{"id"}}, {{"sid"}}, {{"upn"}}, {{"name", "domain"}}},
                     {"upn", "email", "sid", "id"}},
    [ENTITY_MAILBOX] = {"mailbox", {{{"address"}}, {{"upn"}}, {{"name"}}}, {"address", "upn"}},
    [ENTITY_MAIL] = {"mail",
                     {{{"network_message_id", "recipient"}},
                      {{"internet_message_id", "recipient"}},
                      {{"subject", "sender", "recipient"}}},
                     {"subject", "internet_message_id", "network_message_id"}},
    [ENTITY_IP] = {"ip", {{{"address"}}}, {"address"}},
    [ENTITY_DOMAIN] = {"domain", {{{"name"}}}, {0}},
    [ENTITY_URL] = {"url", {{{"url"}}}, {"url"}},
    [ENTITY_FILE] = {"file",
                     {{{"sha256"}}, {{"sha1"}}, {{"md5"}}, {{"name", "path", "device_id"}}},
                     {"sha256", "sha1", "md5"}},
    [ENTITY_PROCESS] = {"process",
                        {{{"id", "device_id", "command_line"}},
                         {{"command_line", "device_id"}},
                         {{"name", "device_id"}}},
                        {"command_line", "id"}},
    [ENTITY_REGISTRY] = {"registry",
                         {{{"name", "value_name", "value", "device_id"}}},
                         {"key", "value_name"}},
    [ENTITY_CLOUD_RESOURCE] = {"cloud_resource", {{{"id"}}, {{"name"}}}, {"id"}},
    [ENTITY_APPLICATION] = {"application", {{{"id"}}, {{"name"}}}, {"id"}},
};

/* Verdicts and risks, each from good to bad: merging keeps the worst. */
static const char *const from_good_to_bad[] = {
    "no-threats-found", "suspicious", "malicious", "none", "informational", "low",
    "medium",           "high",       "critical"};

static size_t slot(const struct entity *entity, const char *field)
{
    size_t i;
    for (i = 0; entity->fields[i].name; i++) {
        if (str_is(quell_str_of(field), entity->fields[i].name))
            return i;
    }
    return SIZE_MAX;
}

struct quell_value entity_get(const struct entity *entity, const char *field)
{
    size_t at = slot(entity, field);
    return at < ENTITY_FIELDS_MAX ? entity->values[at] : quell_null();
}

void entity_put(struct entity *entity, const char *field, struct quell_value value)
{
    size_t at = slot(entity, field);
    if (at < ENTITY_FIELDS_MAX && quell_is_null(entity->values[at]))
        entity->values[at] = value;
}

/* ---- identity ---------------------------------------------------------------------------------
 */

static const struct identity *identity_of(const struct entity *entity)
{
    const struct identity *all = kinds[entity->kind].identities;
    size_t i;
    for (i = 0; i < 4 && all[i].fields[0]; i++) {
        if (!quell_is_null(entity_get(entity, all[i].fields[0])))
            return &all[i];
    }
    return NULL;
}

static uint64_t key_of(const struct entity *entity, const struct identity *identity)
{
    uint64_t key = (uint64_t)(identity - kinds[entity->kind].identities);
    size_t i, j;

    for (i = 0; i < 4 && identity->fields[i]; i++) {
        struct quell_str text = quell_str(entity_get(entity, identity->fields[i]));
        for (j = 0; j < text.len; j++) {
            unsigned char c = (unsigned char)text.data[j];
            c = (unsigned char)(c >= 'A' && c <= 'Z' ? c + 32 : c);
            key = (key ^ c) * 1099511628211U;
        }
        key = (key ^ 0xFFU) * 1099511628211U; /* a byte that no text has */
    }
    return key;
}

static bool same(const struct entity *a, const struct entity *b, const struct identity *identity)
{
    size_t i;
    if (identity_of(b) != identity)
        return false;
    for (i = 0; i < 4 && identity->fields[i]; i++) {
        if (!str_equal_fold(quell_str(entity_get(a, identity->fields[i])),
                            quell_str(entity_get(b, identity->fields[i]))))
            return false;
    }
    return true;
}

/* ---- merging ----------------------------------------------------------------------------------
 */

static struct quell_value worse(struct quell_value a, struct quell_value b)
{
    size_t i, rank_a = 0, rank_b = 0;
    for (i = 0; i < sizeof from_good_to_bad / sizeof from_good_to_bad[0]; i++) {
        rank_a = quell_text_is(a, from_good_to_bad[i]) ? i + 1 : rank_a;
        rank_b = quell_text_is(b, from_good_to_bad[i]) ? i + 1 : rank_b;
    }
    return rank_b > rank_a ? b : a;
}

static struct quell_value united(struct arena *arena, struct quell_value a, struct quell_value b)
{
    struct list_builder made = {.arena = arena};
    size_t i;
    for (i = 0; i < quell_count(a); i++)
        read_add_text(&made, a.as.items[i]);
    for (i = 0; i < quell_count(b); i++)
        read_add_text(&made, b.as.items[i]);
    return list_made(&made);
}

static void merge(struct arena *arena, struct entity *old, const struct entity *more)
{
    size_t i;
    for (i = 0; old->fields[i].name; i++) {
        if (quell_is_null(old->values[i]))
            old->values[i] = more->values[i];
        else if (str_is(QUELL_STR("verdict"), old->fields[i].name) ||
                 str_is(QUELL_STR("risk"), old->fields[i].name))
            old->values[i] = worse(old->values[i], more->values[i]);
        else if (old->fields[i].type == QUELL_FIELD_LIST)
            old->values[i] = united(arena, old->values[i], more->values[i]);
    }
}

static enum quell_code add(struct entity_set *set, const struct entity *entity,
                           struct quell_error *err)
{
    const struct identity *identity = identity_of(entity);
    size_t i, cap, count = set->kinds[entity->kind].count;
    struct entity *items = set->kinds[entity->kind].items;
    uint64_t *keys = set->kinds[entity->kind].keys, key;

    if (!identity)
        return QUELL_OK; /* nothing is known of it */
    key = key_of(entity, identity);
    for (i = 0; i < count; i++) {
        if (keys[i] == key && same(entity, &items[i], identity)) {
            merge(set->arena, &items[i], entity);
            return QUELL_OK;
        }
    }
    if (count >= LIMIT_INCIDENT_ITEMS)
        return error_set(err, QUELL_LIMIT, "entities.%s: more than %d of them",
                         entity_fields[entity->kind].name, LIMIT_INCIDENT_ITEMS);
    if (count == set->kinds[entity->kind].cap) {
        cap = count ? count * 2 : 4;
        items = arena_grow(set->arena, items, count * sizeof *items, cap * sizeof *items);
        keys = arena_grow(set->arena, keys, count * sizeof *keys, cap * sizeof *keys);
        set->kinds[entity->kind].items = items;
        set->kinds[entity->kind].keys = keys;
        set->kinds[entity->kind].cap = cap;
    }
    items[count] = *entity;
    keys[count] = key;
    set->kinds[entity->kind].count = count + 1;
    return QUELL_OK;
}

/* ---- making -----------------------------------------------------------------------------------
 */

static void fill(const struct reader *reader, const struct entity_rule *rule,
                 struct quell_value sent, struct entity *entity)
{
    const struct entity_from *from;
    size_t i;

    for (from = rule->from; from->field; from++) {
        size_t at = slot(entity, from->field);
        for (i = 0; i < 2 && from->paths[i]; i++) {
            if (at < ENTITY_FIELDS_MAX && entity->fields[at].type == QUELL_FIELD_LIST)
                entity_put(entity, from->field, read_texts(reader, sent, from->paths[i]));
            else
                entity_put(entity, from->field, read_text(reader, sent, from->paths[i]));
        }
    }
    entity_put(entity, "verdict", word_verdict(reader->arena, read_text(reader, sent, "verdict")));
    if (rule->more)
        rule->more(reader, sent, entity);
    if (slot(entity, "risk") != SIZE_MAX)
        entity->values[slot(entity, "risk")] =
            word_severity(reader->arena, entity_get(entity, "risk"));
}

static void give_name(struct entity *entity)
{
    size_t i;
    for (i = 0; i < 4 && kinds[entity->kind].names[i]; i++)
        entity_put(entity, "name", entity_get(entity, kinds[entity->kind].names[i]));
}

/* `given`: the value of the first field, or null. */
static enum quell_code add_one(struct entity_set *set, const struct reader *reader,
                               const struct entity_rule *rule, struct quell_value sent,
                               struct quell_value raw, struct quell_value given,
                               struct quell_error *err)
{
    struct entity entity = {.kind = rule->kind, .fields = entity_fields[rule->kind].fields};

    entity_put(&entity, rule->from[0].field ? rule->from[0].field : "name", given);
    fill(reader, rule, sent, &entity);
    give_name(&entity);
    entity_put(&entity, "kind", quell_text(kinds[rule->kind].kind));
    entity_put(&entity, "raw", raw);
    return add(set, &entity, err);
}

enum quell_code entity_add(struct entity_set *set, const struct reader *reader,
                           const struct entity_rule *rule, struct quell_value sent,
                           struct quell_value raw, struct quell_error *err)
{
    struct quell_value list;
    enum quell_code code = QUELL_OK;
    size_t i;

    if (!rule->each)
        return add_one(set, reader, rule, sent, raw, quell_null(), err);
    list = read_texts(reader, sent, rule->each);
    for (i = 0; !code && i < list.len; i++)
        code = add_one(set, reader, rule, sent, raw, list.as.items[i], err);
    return code;
}

static struct quell_value made_one(struct arena *arena, const struct entity *entity)
{
    struct map_builder map = {.arena = arena};
    size_t i;
    for (i = 0; entity->fields[i].name; i++)
        map_add(&map, entity->fields[i].name, entity->values[i]);
    return map_made(&map);
}

struct quell_value entity_set_made(struct entity_set *set)
{
    struct map_builder map = {.arena = set->arena};
    size_t kind, i;

    for (kind = 0; kind < ENTITY_KINDS; kind++) {
        struct list_builder list = {.arena = set->arena};
        for (i = 0; i < set->kinds[kind].count; i++)
            list_add(&list, made_one(set->arena, &set->kinds[kind].items[i]));
        map_add(&map, entity_fields[kind].name, list_made(&list));
    }
    return map_made(&map);
}
