/*
 * source_sentinel.c - the body of Microsoft Sentinel's incident trigger, as a Logic App forwards it
 * (`triggerBody()`): Create and Update.
 *
 * Names are looked up without regard to case, as Logic Apps does and as playbooks in the wild rely
 * on. Entities of kinds we have no list for stay in `raw`.
 */
#include "base/arena.h"
#include "base/error.h"
#include "base/str.h"
#include "incident/entity.h"
#include "incident/incident.h"
#include "incident/read.h"
#include "incident/words.h"
#include "value/json.h"
#include "value/path.h"

static struct quell_value product_word(struct arena *arena, struct quell_value sent)
{
    (void)arena; /* products are static texts or borrowed */
    return word_product(sent);
}

static const struct read_rule incident_rules[] = {
    {"source_id", "object.id", READ_TEXT, NULL},
    {"source_id", "object.name", READ_TEXT, NULL},
    {"number", "object.properties.incidentNumber", READ_TEXT, NULL},
    {"url", "object.properties.incidentUrl", READ_TEXT, NULL},
    {"title", "object.properties.title", READ_TEXT, NULL},
    {"description", "object.properties.description", READ_TEXT, NULL},
    {"provider", "object.properties.providerName", READ_TEXT, product_word},
    {"severity", "object.properties.severity", READ_TEXT, word_severity},
    {"status", "object.properties.status", READ_TEXT, word_status},
    {"classification", "object.properties.classification", READ_TEXT, word_classification},
    {"created_at", "object.properties.createdTimeUtc", READ_TIME, NULL},
    {"updated_at", "object.properties.lastModifiedTimeUtc", READ_TIME, NULL},
    {"first_activity_at", "object.properties.firstActivityTimeUtc", READ_TIME, NULL},
    {"last_activity_at", "object.properties.lastActivityTimeUtc", READ_TIME, NULL},
    {0},
};

/* ---- entities ---------------------------------------------------------------------------------
 */

/* `accountName` and `upnSuffix` make the user principal name. */
static void more_account(const struct reader *reader, struct quell_value sent,
                         struct entity *entity)
{
    struct quell_value name = read_text(reader, sent, "accountName");
    struct quell_value suffix = read_text(reader, sent, "upnSuffix");

    if (quell_is(name, QUELL_STRING) && quell_is(suffix, QUELL_STRING))
        entity_put(entity, "upn",
                   quell_string(arena_format(reader->arena, "%.*s@%.*s", QUELL_ARG(quell_str(name)),
                                             QUELL_ARG(quell_str(suffix)))));
}

static void more_hash(const struct reader *reader, struct quell_value sent, struct entity *entity)
{
    static const char *const algorithms[] = {"sha1", "sha256", "md5"};
    struct quell_str algorithm = quell_str(read_text(reader, sent, "algorithm"));
    size_t i;

    for (i = 0; i < 3; i++) {
        if (str_equal_fold(algorithm, quell_str_of(algorithms[i])))
            entity_put(entity, algorithms[i], read_text(reader, sent, "hashValue"));
    }
}

static void more_registry(const struct reader *reader, struct quell_value sent,
                          struct entity *entity)
{
    struct quell_value hive = read_text(reader, sent, "hive"), key = read_text(reader, sent, "key");

    if (quell_is(hive, QUELL_STRING) && quell_is(key, QUELL_STRING))
        entity_put(
            entity, "name",
            quell_string(arena_format(reader->arena, "%.*s\\%.*s", QUELL_ARG(quell_str(hive)),
                                      QUELL_ARG(quell_str(key)))));
}

/* clang-format off */
static const struct entity_rule entity_rules[] = {
    {"Host", ENTITY_DEVICE,
     {{"id", {"additionalData.MdatpDeviceId", "mdatpDeviceId"}},
      {"entra_id", {"additionalData.AadDeviceId", "aadDeviceId"}},
      {"name", {"hostName", "friendlyName"}},
      {"hostname", {"hostName", "netBiosName"}},
      {"domain", {"dnsDomain", "ntDomain"}},
      {"os", {"osFamily"}},
      {"ip", {"additionalData.LastIpAddress"}},
      {"risk", {"additionalData.RiskScore"}},
      {"resource_id", {"azureID"}}}, NULL, NULL},
    {"Account", ENTITY_USER,
     {{"id", {"aadUserId"}},
      {"upn", {"userPrincipalName"}},
      {"sid", {"sid"}},
      {"name", {"displayName", "accountName"}},
      {"email", {"email"}},
      {"domain", {"dnsDomain", "ntDomain"}}}, more_account, NULL},
    {"Ip", ENTITY_IP,
     {{"address", {"address"}},
      {"country", {"location.countryCode"}}}, NULL, NULL},
    {"FileHash", ENTITY_FILE, {{0}}, more_hash, NULL},
    {"File", ENTITY_FILE,
     {{"name", {"fileName", "friendlyName"}},
      {"path", {"directory"}}}, NULL, NULL},
    {"Url", ENTITY_URL, {{"url", {"url"}}}, NULL, NULL},
    {"DnsResolution", ENTITY_DOMAIN, {{"name", {"domainName"}}}, NULL, NULL},
    {"Domain", ENTITY_DOMAIN, {{"name", {"domainName", "friendlyName"}}}, NULL, NULL},
    {"Process", ENTITY_PROCESS,
     {{"id", {"processId"}},
      {"command_line", {"commandLine"}}}, NULL, NULL},
    {"RegistryKey", ENTITY_REGISTRY,
     {{"hive", {"hive"}},
      {"key", {"key"}}}, more_registry, NULL},
    {"RegistryValue", ENTITY_REGISTRY,
     {{"value_name", {"valueName"}},
      {"value", {"valueData"}},
      {"name", {"valueName"}}}, NULL, NULL},
    {"Mailbox", ENTITY_MAILBOX,
     {{"address", {"mailboxPrimaryAddress"}},
      {"upn", {"upn"}},
      {"user_id", {"externalDirectoryObjectId"}},
      {"name", {"displayName"}}}, NULL, NULL},
    {"MailMessage", ENTITY_MAIL,
     {{"network_message_id", {"networkMessageId"}},
      {"internet_message_id", {"internetMessageId"}},
      {"subject", {"subject"}},
      {"sender", {"sender", "p1Sender"}},
      {"sender_ip", {"senderIP"}},
      {"recipient", {"recipient"}},
      {"delivery_action", {"deliveryAction"}},
      {"delivery_location", {"deliveryLocation"}},
      {"urls", {"urls"}}}, NULL, NULL},
    {"MailCluster", ENTITY_MAIL,
     {{"network_message_id", {0}}}, NULL, "networkMessageIds"},
    {"SubmissionMail", ENTITY_MAIL,
     {{"network_message_id", {"networkMessageId"}},
      {"subject", {"subject"}},
      {"sender", {"sender"}},
      {"sender_ip", {"senderIp"}},
      {"recipient", {"recipient"}}}, NULL, NULL},
    {"AzureResource", ENTITY_CLOUD_RESOURCE,
     {{"id", {"resourceId"}},
      {"name", {"friendlyName"}}}, NULL, NULL},
    {"CloudApplication", ENTITY_APPLICATION,
     {{"id", {"appId"}},
      {"name", {"appName", "friendlyName"}}}, NULL, NULL},
};
/* clang-format on */

static const struct entity_rule *rule_of(struct quell_str kind)
{
    size_t i;
    for (i = 0; i < sizeof entity_rules / sizeof entity_rules[0]; i++) {
        if (str_equal_fold(kind, quell_str_of(entity_rules[i].sent)))
            return &entity_rules[i];
    }
    return NULL;
}

static enum quell_code make_entities(const struct reader *reader, struct quell_value root,
                                     struct quell_value *made, struct quell_error *err)
{
    struct entity_set set = {.arena = reader->arena};
    struct quell_value list;
    enum quell_code code;
    size_t i;

    code = read_objects(reader, root, "object.properties.relatedEntities", &list, err);
    for (i = 0; !code && i < list.len; i++) {
        struct quell_value item = list.as.items[i];
        const struct entity_rule *rule = rule_of(quell_str(read_at(reader, item, "kind")));
        if (rule)
            code = entity_add(&set, reader, rule, read_at(reader, item, "properties"), item, err);
    }
    if (!code)
        *made = entity_set_made(&set);
    return code;
}

/* ---- alerts -----------------------------------------------------------------------------------
 */

/* The last segment of an ARM id. */
static struct quell_value last_segment(struct quell_value id)
{
    struct quell_str text = quell_str(id), head, tail = text;
    while (str_cut(tail, '/', &head, &tail))
        text = tail;
    return text.len > 0 ? quell_string(text) : quell_null();
}

/* A member of `additionalData` that holds a JSON list of texts, as text: its first item. */
static struct quell_value first_inside(const struct reader *reader, struct quell_value data,
                                       const char *key)
{
    struct quell_value list, text = quell_null();
    size_t i;

    for (i = 0; quell_is(data, QUELL_MAP) && i < data.len; i++) {
        if (str_equal_fold(quell_str(data.as.pairs[i].key), quell_str_of(key)))
            text = data.as.pairs[i].value;
    }
    if (!quell_is(text, QUELL_STRING) || text.len == 0 || text.as.text[0] != '[')
        return quell_is(text, QUELL_STRING) && text.len > 0 ? text : quell_null();
    if (json_read(reader->arena, quell_str(text), text.len, &list, NULL, NULL) != QUELL_OK)
        return quell_null();
    return quell_is(quell_at(list, 0), QUELL_STRING) ? quell_at(list, 0) : quell_null();
}

static struct quell_value make_alert(const struct reader *reader, struct quell_value sent,
                                     struct quell_value only_rule)
{
    struct map_builder map = {.arena = reader->arena};
    struct quell_value data = read_at(reader, sent, "properties.additionalData");
    struct quell_value rule = first_inside(reader, data, "Analytic Rule Ids");

    map_add(&map, "id", read_text(reader, sent, "properties.systemAlertId"));
    if (quell_is_null(map.pairs[0].value))
        map.pairs[0].value = read_text(reader, sent, "name");
    map_add(&map, "title", read_text(reader, sent, "properties.alertDisplayName"));
    map_add(&map, "severity",
            word_severity(reader->arena, read_text(reader, sent, "properties.severity")));
    map_add(&map, "status",
            word_status(reader->arena, read_text(reader, sent, "properties.status")));
    map_add(&map, "rule_id", quell_is_null(rule) ? only_rule : rule);
    map_add(&map, "rule_name", first_inside(reader, data, "Analytic Rule Name"));
    map_add(&map, "provider", word_product(read_text(reader, sent, "properties.productName")));
    map_add(&map, "product",
            word_product(read_text(reader, sent, "properties.productComponentName")));
    if (quell_is_null(map.pairs[map.count - 1].value))
        map.pairs[map.count - 1].value =
            word_product(read_text(reader, sent, "properties.productName"));
    map_add(&map, "created_at", read_time(reader, sent, "properties.timeGenerated"));
    map_add(&map, "url", read_text(reader, sent, "properties.alertLink"));
    return map_made(&map);
}

static enum quell_code make_alerts(const struct reader *reader, struct quell_value root,
                                   struct quell_value *made, struct quell_error *err)
{
    struct list_builder alerts = {.arena = reader->arena};
    struct quell_value rules = read_texts(reader, root, "object.properties.relatedAnalyticRuleIds");
    struct quell_value only = rules.len == 1 ? last_segment(rules.as.items[0]) : quell_null();
    struct quell_value list;
    enum quell_code code;
    size_t i;

    code = read_objects(reader, root, "object.properties.alerts", &list, err);
    if (code)
        return code;
    for (i = 0; i < list.len; i++)
        list_add(&alerts, make_alert(reader, list.as.items[i], only));
    *made = list_made(&alerts);
    return QUELL_OK;
}

/* ---- the rest ---------------------------------------------------------------------------------
 */

static struct quell_value make_owner(const struct reader *reader, struct quell_value root)
{
    struct map_builder map = {.arena = reader->arena};
    struct quell_value name = read_text(reader, root, "object.properties.owner.assignedTo");
    struct quell_value email = read_text(reader, root, "object.properties.owner.email");
    struct quell_value upn = read_text(reader, root, "object.properties.owner.userPrincipalName");
    struct quell_value id = read_text(reader, root, "object.properties.owner.objectId");

    if (quell_is_null(email))
        email = upn;
    if (quell_is_null(name) && quell_is_null(email) && quell_is_null(id))
        return quell_null();
    map_add(&map, "name", quell_is_null(name) ? email : name);
    map_add(&map, "email", email);
    map_add(&map, "id", id);
    return map_made(&map);
}

static enum quell_code make_tags(const struct reader *reader, struct quell_value root,
                                 struct quell_value *made, struct quell_error *err)
{
    struct list_builder tags = {.arena = reader->arena};
    struct quell_value list;
    enum quell_code code;
    size_t i;

    code = read_objects(reader, root, "object.properties.labels", &list, err);
    if (code)
        return code;
    for (i = 0; i < list.len; i++)
        read_add_text(&tags, read_text(reader, list.as.items[i], "labelName"));
    *made = list_made(&tags);
    return QUELL_OK;
}

static struct quell_value make_comment(const struct reader *reader, struct quell_value sent)
{
    struct map_builder map = {.arena = reader->arena};
    struct quell_value author = read_text(reader, sent, "properties.author.name");

    if (quell_is_null(author))
        author = read_text(reader, sent, "properties.author.userPrincipalName");
    map_add(&map, "at", read_time(reader, sent, "properties.createdTimeUtc"));
    map_add(&map, "author", author);
    map_add(&map, "text", read_text(reader, sent, "properties.message"));
    return map_made(&map);
}

static enum quell_code make_comments(const struct reader *reader, struct quell_value root,
                                     struct quell_value *made, struct quell_error *err)
{
    struct list_builder comments = {.arena = reader->arena};
    struct quell_value list;
    enum quell_code code;
    size_t i;

    code = read_objects(reader, root, "object.properties.comments", &list, err);
    if (code)
        return code;
    for (i = 0; i < list.len; i++)
        list_add(&comments, make_comment(reader, list.as.items[i]));
    *made = list_made(&comments);
    return QUELL_OK;
}

/* The product whose alert came first; the incident's own list of names when it has no alerts. */
static struct quell_value product_of(const struct reader *reader, struct quell_value root,
                                     struct quell_value alerts)
{
    struct quell_value names =
        read_texts(reader, root, "object.properties.additionalData.alertProductNames");
    struct quell_value first = quell_get(quell_at(alerts, 0), "product");
    return quell_is_null(first) ? word_product(quell_at(names, 0)) : first;
}

static enum quell_code make_lists(const struct reader *reader, struct quell_value root,
                                  struct map_builder *map, struct quell_error *err)
{
    static const struct {
        const char *name;
        enum quell_code (*make)(const struct reader *, struct quell_value, struct quell_value *,
                                struct quell_error *);
    } lists[] = {{"tags", make_tags},
                 {"alerts", make_alerts},
                 {"entities", make_entities},
                 {"comments", make_comments}};
    struct quell_value made = quell_null();
    enum quell_code code;
    size_t i;

    for (i = 0; i < sizeof lists / sizeof lists[0]; i++) {
        code = lists[i].make(reader, root, &made, err);
        if (code)
            return code;
        map_add(map, lists[i].name, made);
    }
    return QUELL_OK;
}

/* Updates of the sample kind carry the eventUniqueId of the creation they follow: the event's type
 * keeps the two apart, and a repeated delivery still has the same id. */
static struct quell_str delivery_of(const struct reader *reader, struct quell_value root,
                                    bool update)
{
    struct quell_str id = quell_str(read_text(reader, root, "eventUniqueId"));
    return id.len > 0 && update ? arena_format(reader->arena, "%.*s/update", QUELL_ARG(id)) : id;
}

static enum quell_code check(const struct reader *reader, struct quell_value root,
                             struct quell_error *err)
{
    struct quell_value schema = read_at(reader, root, "objectSchemaType");
    struct quell_value properties = read_at(reader, root, "object.properties");

    if (!quell_is(root, QUELL_MAP))
        return error_set(err, QUELL_INVALID, "expected an object, found %s", value_type_name(root));
    if (!quell_is_null(schema) && !str_equal_fold(quell_str(schema), QUELL_STR("Incident")))
        return error_set(err, QUELL_INVALID,
                         "objectSchemaType: expected Incident; other Sentinel triggers are not "
                         "incidents");
    if (!quell_is(properties, QUELL_MAP))
        return error_set(err, QUELL_INVALID, "object.properties: expected an object, found %s",
                         value_type_name(properties));
    return QUELL_OK;
}

static enum quell_code make(struct arena *arena, struct quell_value received,
                            struct incident *incident, struct quell_error *err)
{
    struct reader reader = {.arena = arena, .fold = true};
    struct map_builder map = {.arena = arena};
    struct quell_str type = quell_str(read_at(&reader, received, "objectEventType"));
    bool update = str_equal_fold(type, QUELL_STR("Update"));
    struct quell_value made;
    enum quell_code code;

    code = check(&reader, received, err);
    if (code)
        return code;
    code = read_rules(&reader, received, incident_rules, &map, err);
    if (code)
        return code;
    code = make_lists(&reader, received, &map, err);
    if (code)
        return code;
    made = map_made(&map);
    if (quell_is_null(quell_get(made, "source_id")))
        return error_set(err, QUELL_INVALID, "object.id: missing");
    map_add(&map, "owner", make_owner(&reader, received));
    map_add(&map, "product", product_of(&reader, received, quell_get(made, "alerts")));
    map_add(&map, "tactics",
            read_texts(&reader, received, "object.properties.additionalData.tactics"));
    map_add(&map, "techniques",
            read_texts(&reader, received, "object.properties.additionalData.techniques"));
    incident->value = map_made(&map);
    incident->event = update ? INCIDENT_UPDATED : INCIDENT_CREATED;
    if (quell_text_is(quell_get(made, "status"), "closed"))
        incident->event = INCIDENT_CLOSED;
    incident->delivery = delivery_of(&reader, received, update);
    return QUELL_OK;
}

static bool recognises(struct quell_value received)
{
    struct quell_value type = path_get_fold(received, "objectSchemaType");
    return str_equal_fold(quell_str(type), QUELL_STR("Incident")) ||
           quell_is(path_get_fold(received, "object.properties"), QUELL_MAP);
}

static const char *const restless[] = {"eventUniqueId",
                                       "objectEventType",
                                       "incidentUpdates",
                                       "object.etag",
                                       "object.properties.lastModifiedTimeUtc",
                                       NULL};

const struct incident_source source_sentinel = {
    .name = "sentinel",
    .doc = "The body of Microsoft Sentinel's incident trigger, forwarded by a Logic App.",
    .recognises = recognises,
    .make = make,
    .restless = restless,
};
