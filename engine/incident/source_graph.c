/*
 * source_graph.c - an incident of Microsoft Graph security (`/security/incidents/{id}` with
 * `$expand=alerts`), alone or as the one item of `value`.
 *
 * Evidence is merged over all alerts: a device that ten alerts name is one device. Graph's pages
 * and its metadata disagree on the case of words and on some names of fields; both are read.
 */
#include "base/arena.h"
#include "base/error.h"
#include "base/str.h"
#include "incident/entity.h"
#include "incident/incident.h"
#include "incident/read.h"
#include "incident/words.h"
#include "value/path.h"

static const struct read_rule incident_rules[] = {
    {"source_id", "id", READ_TEXT, NULL},
    {"number", "id", READ_TEXT, NULL},
    {"url", "incidentWebUrl", READ_TEXT, NULL},
    {"title", "displayName", READ_TEXT, NULL},
    {"description", "description", READ_TEXT, NULL},
    {"severity", "severity", READ_TEXT, word_severity},
    {"status", "status", READ_TEXT, word_status},
    {"classification", "classification", READ_TEXT, word_classification},
    {"determination", "determination", READ_TEXT, word_determination},
    {"created_at", "createdDateTime", READ_TIME, NULL},
    {"updated_at", "lastUpdateDateTime", READ_TIME, NULL},
    {0},
};

/* ---- evidence ---------------------------------------------------------------------------------
 */

/* `host.contoso.com` is host `host` of domain `contoso.com`. */
static void more_device(const struct reader *reader, struct quell_value sent, struct entity *entity)
{
    struct quell_value dns = read_text(reader, sent, "deviceDnsName");
    struct quell_value addresses = read_texts(reader, sent, "ipInterfaces");
    struct quell_str host, domain;

    entity_put(entity, "ip", quell_at(addresses, 0));
    if (!quell_is(dns, QUELL_STRING))
        return;
    if (str_cut(quell_str(dns), '.', &host, &domain) && domain.len > 0)
        entity_put(entity, "domain", quell_string(domain));
    if (host.len > 0)
        entity_put(entity, "hostname", quell_string(host));
}

static void more_hash(const struct reader *reader, struct quell_value sent, struct entity *entity)
{
    static const char *const algorithms[] = {"sha1", "sha256", "md5"};
    struct quell_str algorithm = quell_str(read_text(reader, sent, "algorithm"));
    size_t i;

    for (i = 0; i < 3; i++) {
        if (str_equal_fold(algorithm, quell_str_of(algorithms[i])))
            entity_put(entity, algorithms[i], read_text(reader, sent, "value"));
    }
}

static void more_registry(const struct reader *reader, struct quell_value sent,
                          struct entity *entity)
{
    struct quell_value hive = read_text(reader, sent, "registryHive");
    struct quell_value key = read_text(reader, sent, "registryKey");

    if (quell_is(hive, QUELL_STRING) && quell_is(key, QUELL_STRING))
        entity_put(
            entity, "name",
            quell_string(arena_format(reader->arena, "%.*s\\%.*s", QUELL_ARG(quell_str(hive)),
                                      QUELL_ARG(quell_str(key)))));
}

/* clang-format off */
#define ACCOUNT \
    {"id", {"userAccount.azureAdUserId"}}, \
    {"upn", {"userAccount.userPrincipalName"}}, \
    {"sid", {"userAccount.userSid"}}, \
    {"domain", {"userAccount.domainName"}}, \
    {"name", {"userAccount.displayName", "userAccount.accountName"}}

static const struct entity_rule evidence_rules[] = {
    {"deviceEvidence", ENTITY_DEVICE,
     {{"id", {"mdeDeviceId"}},
      {"entra_id", {"azureAdDeviceId"}},
      {"name", {"deviceDnsName", "hostName"}},
      {"hostname", {"hostName"}},
      {"domain", {"dnsDomain", "ntDomain"}},
      {"os", {"osPlatform"}},
      {"ip", {"lastIpAddress"}},
      {"risk", {"riskScore"}},
      {"tags", {"tags"}},
      {"resource_id", {"vmMetadata.resourceId"}}}, more_device, NULL},
    {"userEvidence", ENTITY_USER, {ACCOUNT}, NULL, NULL},
    {"mailboxEvidence", ENTITY_MAILBOX,
     {{"address", {"primaryAddress"}},
      {"upn", {"upn", "userAccount.userPrincipalName"}},
      {"user_id", {"userAccount.azureAdUserId"}},
      {"name", {"displayName"}}}, NULL, NULL},
    {"analyzedMessageEvidence", ENTITY_MAIL,
     {{"network_message_id", {"networkMessageId"}},
      {"internet_message_id", {"internetMessageId"}},
      {"subject", {"subject"}},
      {"sender", {"p2Sender.emailAddress", "p1Sender.emailAddress"}},
      {"sender_ip", {"senderIp"}},
      {"recipient", {"recipientEmailAddress"}},
      {"delivery_action", {"deliveryAction"}},
      {"delivery_location", {"deliveryLocation"}},
      {"urls", {"urls"}}}, NULL, NULL},
    {"mailClusterEvidence", ENTITY_MAIL,
     {{"network_message_id", {0}}}, NULL, "networkMessageIds"},
    {"submissionMailEvidence", ENTITY_MAIL,
     {{"network_message_id", {"networkMessageId"}},
      {"subject", {"subject"}},
      {"sender", {"sender"}},
      {"sender_ip", {"senderIp"}},
      {"recipient", {"recipient"}}}, NULL, NULL},
    {"ipEvidence", ENTITY_IP,
     {{"address", {"ipAddress"}},
      {"country", {"countryLetterCode"}}}, NULL, NULL},
    {"dnsEvidence", ENTITY_DOMAIN, {{"name", {"domainName"}}}, NULL, NULL},
    {"urlEvidence", ENTITY_URL, {{"url", {"url"}}}, NULL, NULL},
    {"fileEvidence", ENTITY_FILE,
     {{"name", {"fileDetails.fileName"}},
      {"path", {"fileDetails.filePath"}},
      {"sha1", {"fileDetails.sha1"}},
      {"sha256", {"fileDetails.sha256"}},
      {"md5", {"fileDetails.md5"}},
      {"device_id", {"mdeDeviceId"}}}, NULL, NULL},
    {"fileHashEvidence", ENTITY_FILE, {{0}}, more_hash, NULL},
    {"processEvidence", ENTITY_PROCESS,
     {{"name", {"imageFile.fileName"}},
      {"id", {"processId"}},
      {"command_line", {"processCommandLine"}},
      {"path", {"imageFile.filePath"}},
      {"sha1", {"imageFile.sha1"}},
      {"sha256", {"imageFile.sha256"}},
      {"user", {"userAccount.userPrincipalName", "userAccount.accountName"}},
      {"device_id", {"mdeDeviceId"}}}, NULL, NULL},
    {"registryKeyEvidence", ENTITY_REGISTRY,
     {{"hive", {"registryHive"}},
      {"key", {"registryKey"}}}, more_registry, NULL},
    {"registryValueEvidence", ENTITY_REGISTRY,
     {{"hive", {"registryHive"}},
      {"key", {"registryKey"}},
      {"value_name", {"registryValueName"}},
      {"value", {"registryValue"}},
      {"device_id", {"mdeDeviceId"}}}, more_registry, NULL},
    {"azureResourceEvidence", ENTITY_CLOUD_RESOURCE,
     {{"id", {"resourceId"}}, {"name", {"resourceName"}}, {"type", {"resourceType"}}}, NULL, NULL},
    {"amazonResourceEvidence", ENTITY_CLOUD_RESOURCE,
     {{"id", {"amazonResourceId"}}, {"name", {"resourceName"}}, {"type", {"resourceType"}}}, NULL, NULL},
    {"googleCloudResourceEvidence", ENTITY_CLOUD_RESOURCE,
     {{"id", {"fullResourceName"}}, {"name", {"resourceName"}}, {"type", {"resourceType"}}}, NULL, NULL},
    {"oauthApplicationEvidence", ENTITY_APPLICATION,
     {{"id", {"appId"}}, {"name", {"displayName"}}}, NULL, NULL},
    {"cloudApplicationEvidence", ENTITY_APPLICATION,
     {{"id", {"appId", "saasAppId"}}, {"name", {"displayName"}}}, NULL, NULL},
};
/* clang-format on */

/* `#microsoft.graph.security.deviceEvidence`: the last word names the kind. */
static const struct entity_rule *rule_of(struct quell_str type)
{
    struct quell_str head, tail = type;
    size_t i;

    while (str_cut(tail, '.', &head, &tail))
        type = tail;
    for (i = 0; i < sizeof evidence_rules / sizeof evidence_rules[0]; i++) {
        if (str_equal_fold(type, quell_str_of(evidence_rules[i].sent)))
            return &evidence_rules[i];
    }
    return NULL;
}

static enum quell_code add_evidence(struct entity_set *set, const struct reader *reader,
                                    struct quell_value evidence, struct quell_error *err)
{
    enum quell_code code = QUELL_OK;
    size_t i;

    for (i = 0; !code && quell_is(evidence, QUELL_LIST) && i < evidence.len; i++) {
        struct quell_value item = evidence.as.items[i];
        const struct entity_rule *rule = rule_of(quell_get_str(item, "@odata.type"));
        if (rule)
            code = entity_add(set, reader, rule, item, item, err);
    }
    return code;
}

/* ---- alerts -----------------------------------------------------------------------------------
 */

static struct quell_value make_alert(const struct reader *reader, struct quell_value sent)
{
    struct map_builder map = {.arena = reader->arena};
    struct quell_value product = word_product(read_text(reader, sent, "serviceSource"));
    struct quell_value evidence = read_at(reader, sent, "evidence");

    map_add(&map, "id", read_text(reader, sent, "id"));
    map_add(&map, "title", read_text(reader, sent, "title"));
    map_add(&map, "severity", word_severity(reader->arena, read_text(reader, sent, "severity")));
    map_add(&map, "status", word_status(reader->arena, read_text(reader, sent, "status")));
    map_add(&map, "rule_id", read_text(reader, sent, "detectorId"));
    map_add(&map, "provider", quell_text("Microsoft Defender XDR"));
    map_add(&map, "product",
            quell_is_null(product) ? word_product(read_text(reader, sent, "productName"))
                                   : product);
    map_add(&map, "created_at", read_time(reader, sent, "createdDateTime"));
    map_add(&map, "url", read_text(reader, sent, "alertWebUrl"));
    if (quell_is(evidence, QUELL_LIST))
        map_add(&map, "evidence", evidence);
    return map_made(&map);
}

/* What is gathered over all alerts. */
struct gathered {
    struct list_builder alerts, tactics, techniques;
    struct entity_set entities;
    struct quell_value first_at, last_at;
};

static void widen(struct quell_value *border, struct quell_value time, int direction)
{
    int order = 0;
    if (quell_is_null(time))
        return;
    if (quell_is_null(*border) || (value_compare(time, *border, &order) && order * direction > 0))
        *border = time;
}

static enum quell_code gather(const struct reader *reader, struct quell_value sent,
                              struct gathered *all, struct quell_error *err)
{
    struct quell_value techniques = read_texts(reader, sent, "mitreTechniques");
    size_t i;

    list_add(&all->alerts, make_alert(reader, sent));
    read_add_text(&all->tactics, read_text(reader, sent, "category"));
    for (i = 0; i < techniques.len; i++)
        read_add_text(&all->techniques, techniques.as.items[i]);
    widen(&all->first_at, read_time(reader, sent, "firstActivityDateTime"), -1);
    widen(&all->last_at, read_time(reader, sent, "lastActivityDateTime"), 1);
    return add_evidence(&all->entities, reader, read_at(reader, sent, "evidence"), err);
}

static enum quell_code make_alerts(const struct reader *reader, struct quell_value root,
                                   struct map_builder *map, struct quell_error *err)
{
    struct arena *arena = reader->arena;
    struct gathered all = {.alerts = {.arena = arena},
                           .tactics = {.arena = arena},
                           .techniques = {.arena = arena},
                           .entities = {.arena = arena},
                           .first_at = quell_null(),
                           .last_at = quell_null()};
    struct quell_value list;
    enum quell_code code;
    size_t i;

    code = read_objects(reader, root, "alerts", &list, err);
    for (i = 0; !code && i < list.len; i++)
        code = gather(reader, list.as.items[i], &all, err);
    if (code)
        return code;
    map_add(map, "alerts", list_made(&all.alerts));
    map_add(map, "tactics", list_made(&all.tactics));
    map_add(map, "techniques", list_made(&all.techniques));
    map_add(map, "entities", entity_set_made(&all.entities));
    map_add(map, "first_activity_at", all.first_at);
    map_add(map, "last_activity_at", all.last_at);
    map_add(map, "product", quell_get(quell_at(quell_get(map_made(map), "alerts"), 0), "product"));
    return QUELL_OK;
}

/* ---- the rest ---------------------------------------------------------------------------------
 */

static struct quell_value make_owner(const struct reader *reader, struct quell_value root)
{
    struct map_builder map = {.arena = reader->arena};
    struct quell_value name = read_text(reader, root, "assignedTo");
    bool is_address = str_find(quell_str(name), QUELL_STR("@"), 0) != SIZE_MAX;

    if (quell_is_null(name))
        return quell_null();
    map_add(&map, "name", name);
    map_add(&map, "email", is_address ? name : quell_null());
    return map_made(&map);
}

static struct quell_value make_tags(const struct reader *reader, struct quell_value root)
{
    struct list_builder tags = {.arena = reader->arena};
    struct quell_value custom = read_texts(reader, root, "customTags");
    struct quell_value system = read_texts(reader, root, "systemTags");
    size_t i;

    for (i = 0; i < custom.len; i++)
        read_add_text(&tags, custom.as.items[i]);
    for (i = 0; i < system.len; i++)
        read_add_text(&tags, system.as.items[i]);
    return list_made(&tags);
}

static struct quell_value make_comment(const struct reader *reader, struct quell_value sent)
{
    struct map_builder map = {.arena = reader->arena};
    struct quell_value author = read_text(reader, sent, "createdByDisplayName");
    struct quell_value at = read_time(reader, sent, "createdDateTime");

    map_add(&map, "at", quell_is_null(at) ? read_time(reader, sent, "createdTime") : at);
    map_add(&map, "author", quell_is_null(author) ? read_text(reader, sent, "createdBy") : author);
    map_add(&map, "text", read_text(reader, sent, "comment"));
    return map_made(&map);
}

static enum quell_code make_comments(const struct reader *reader, struct quell_value root,
                                     struct map_builder *map, struct quell_error *err)
{
    struct list_builder comments = {.arena = reader->arena};
    struct quell_value list;
    enum quell_code code;
    size_t i;

    code = read_objects(reader, root, "comments", &list, err);
    if (code)
        return code;
    for (i = 0; i < list.len; i++)
        list_add(&comments, make_comment(reader, list.as.items[i]));
    map_add(map, "comments", list_made(&comments));
    return QUELL_OK;
}

/* The incident itself, or the one item of a list answer. */
static enum quell_code unwrap(struct quell_value received, struct quell_value *root,
                              struct quell_error *err)
{
    struct quell_value list;

    if (!quell_is(received, QUELL_MAP))
        return error_set(err, QUELL_INVALID, "expected an object, found %s",
                         value_type_name(received));
    *root = received;
    if (!quell_find(received, QUELL_STR("value"), &list))
        return QUELL_OK;
    if (!quell_is(list, QUELL_LIST))
        return error_set(err, QUELL_INVALID, "value: expected a list, found %s",
                         value_type_name(list));
    if (list.len != 1)
        return error_set(err, QUELL_INVALID,
                         "value: %u incidents in one document; send each by itself",
                         (unsigned)list.len);
    *root = list.as.items[0];
    if (!quell_is(*root, QUELL_MAP))
        return error_set(err, QUELL_INVALID, "value[0]: expected an object, found %s",
                         value_type_name(*root));
    return QUELL_OK;
}

/* The same state of the same incident is one delivery, however often it is polled. */
static struct quell_str delivery_of(const struct reader *reader, struct quell_value root)
{
    struct quell_str id = quell_str(read_text(reader, root, "id"));
    struct quell_str at = quell_str(read_text(reader, root, "lastUpdateDateTime"));
    if (at.len == 0)
        return (struct quell_str){"", 0};
    return arena_format(reader->arena, "%.*s@%.*s", QUELL_ARG(id), QUELL_ARG(at));
}

static enum quell_code make(struct arena *arena, struct quell_value received,
                            struct incident *incident, struct quell_error *err)
{
    struct reader reader = {.arena = arena};
    struct map_builder map = {.arena = arena};
    struct quell_value root, made;
    enum quell_code code;

    code = unwrap(received, &root, err);
    if (code)
        return code;
    code = read_rules(&reader, root, incident_rules, &map, err);
    if (code)
        return code;
    made = map_made(&map);
    if (quell_is_null(quell_get(made, "source_id")))
        return error_set(err, QUELL_INVALID, "id: missing");
    incident->event =
        quell_text_is(quell_get(made, "status"), "resolved") ? INCIDENT_CLOSED : INCIDENT_CREATED;
    code = make_alerts(&reader, root, &map, err);
    if (code)
        return code;
    code = make_comments(&reader, root, &map, err);
    if (code)
        return code;
    map_add(&map, "provider", quell_text("Microsoft Defender XDR"));
    map_add(&map, "owner", make_owner(&reader, root));
    map_add(&map, "tags", make_tags(&reader, root));
    incident->value = map_made(&map);
    incident->delivery = delivery_of(&reader, root);
    return QUELL_OK;
}

static bool is_incident(struct quell_value value)
{
    static const char type[] = ".security.incident";
    struct quell_value field;

    return str_ends(quell_get_str(value, "@odata.type"), QUELL_STR(type)) ||
           str_find(quell_get_str(value, "@odata.context"), QUELL_STR("security/incidents"), 0) !=
               SIZE_MAX ||
           quell_find(value, QUELL_STR("incidentWebUrl"), &field) ||
           (quell_find(value, QUELL_STR("displayName"), &field) &&
            quell_find(value, QUELL_STR("lastUpdateDateTime"), &field));
}

static bool recognises(struct quell_value received)
{
    return is_incident(received) || is_incident(quell_at(quell_get(received, "value"), 0));
}

const struct incident_source source_graph = {
    .name = "graph",
    .doc = "An incident of Microsoft Graph security with its alerts (`$expand=alerts`).",
    .recognises = recognises,
    .make = make,
};
