/*
 * fields.c - the field table of an incident: the one place that says what playbooks can read.
 *
 * Conforming (shape.c), the trigger loader, the checker, completion and the docs derive from it.
 * Every key is always there: a value that is not known is null, a list without items is empty.
 */
#include "incident/incident.h"
#include "incident/shape.h"

const char *const severity_words[] = {"informational", "low", "medium", "high", "critical", NULL};
const char *const status_words[] = {"new", "active", "resolved", "closed", NULL};
static const char *const classification_words[] = {"true-positive", "benign-positive",
                                                   "false-positive", "undetermined", NULL};
static const char *const determination_words[] = {"apt",
                                                  "malware",
                                                  "securityPersonnel",
                                                  "securityTesting",
                                                  "unwantedSoftware",
                                                  "other",
                                                  "multiStagedAttack",
                                                  "compromisedAccount",
                                                  "phishing",
                                                  "maliciousUserActivity",
                                                  "notMalicious",
                                                  "notEnoughDataToValidate",
                                                  "confirmedActivity",
                                                  "lineOfBusinessApplication",
                                                  NULL};
static const char *const verdict_words[] = {"malicious", "suspicious", "no-threats-found", NULL};

/* clang-format off */
#define TEXT(name_, doc_) \
    {.name = (name_), .type = QUELL_FIELD_STRING, .flags = QUELL_NULLABLE, .doc = (doc_)}
#define TIME(name_, doc_) \
    {.name = (name_), .type = QUELL_FIELD_TIMESTAMP, .flags = QUELL_NULLABLE, .doc = (doc_)}
#define WORD(name_, words_, flags_, doc_) \
    {.name = (name_), .type = QUELL_FIELD_ENUM, .words = (words_), \
     .flags = QUELL_NULLABLE | (flags_), .doc = (doc_)}
#define TEXTS(name_, doc_) \
    {.name = (name_), .type = QUELL_FIELD_LIST, .of = QUELL_FIELD_STRING, .doc = (doc_)}
#define ITEMS(name_, fields_, doc_) \
    {.name = (name_), .type = QUELL_FIELD_LIST, .of = QUELL_FIELD_OBJECT, .fields = (fields_), \
     .doc = (doc_)}
#define RAW \
    {.name = "raw", .type = QUELL_FIELD_ANY, .flags = QUELL_NULLABLE, \
     .doc = "What the sender said of it, unchanged."}
#define KIND(word_) \
    {.name = "kind", .type = QUELL_FIELD_STRING, .flags = QUELL_NULLABLE, \
     .fallback = "\"" word_ "\"", .doc = "Always `" word_ "`."}
#define VERDICT WORD("verdict", verdict_words, 0, "What the sender thinks of it.")
/* clang-format on */

static const struct quell_field device_fields[] = {
    KIND("device"),
    TEXT("name", "Its name as people know it."),
    TEXT("id", "The id Microsoft Defender for Endpoint gave it: what isolation needs."),
    TEXT("entra_id", "Its id in Microsoft Entra."),
    TEXT("hostname", "Its host name without a domain."),
    TEXT("domain", "Its DNS domain."),
    TEXT("os", "Its operating system, as the sender spells it."),
    TEXT("ip", "An address it had."),
    TEXT("role", "Its role, such as `workstation` or `server`, when the sender knows it."),
    TEXT("risk", "The risk the sender sees in it, such as `high`."),
    TEXTS("tags", "Tags it bears at the sender."),
    VERDICT,
    TEXT("resource_id", "Its resource id in the cloud it runs in."),
    RAW,
    {0},
};

static const struct quell_field user_fields[] = {
    KIND("user"),
    TEXT("name", "The account's name as people know it."),
    TEXT("id", "The account's id in Microsoft Entra."),
    TEXT("upn", "The user principal name."),
    TEXT("sid", "The security identifier."),
    TEXT("email", "An address of its own, when the sender knows it."),
    TEXT("domain", "The domain it belongs to."),
    VERDICT,
    RAW,
    {0},
};

static const struct quell_field mailbox_fields[] = {
    KIND("mailbox"),
    TEXT("name", "Its display name."),
    TEXT("address", "Its primary address."),
    TEXT("upn", "The user principal name of who owns it."),
    TEXT("user_id", "The owner's id in Microsoft Entra."),
    VERDICT,
    RAW,
    {0},
};

static const struct quell_field mail_fields[] = {
    KIND("mail"),
    TEXT("name", "Its subject."),
    TEXT("network_message_id", "The id Microsoft Defender for Office 365 knows it by."),
    TEXT("internet_message_id", "Its Message-ID header."),
    TEXT("subject", "Its subject."),
    TEXT("sender", "Whom it says it is from."),
    TEXT("sender_ip", "The address that delivered it."),
    TEXT("recipient", "Whose mailbox it went to."),
    TEXT("delivery_action", "What was done with it, as the sender spells it."),
    TEXT("delivery_location", "Where it lies, as the sender spells it."),
    TEXTS("urls", "Links in it."),
    VERDICT,
    RAW,
    {0},
};

static const struct quell_field ip_fields[] = {
    KIND("ip"),
    TEXT("name", "The address."),
    TEXT("address", "The address."),
    TEXT("country", "The country it is registered in, two letters."),
    VERDICT,
    RAW,
    {0},
};

static const struct quell_field domain_fields[] = {
    KIND("domain"), TEXT("name", "The domain name."), VERDICT, RAW, {0},
};

static const struct quell_field url_fields[] = {
    KIND("url"), TEXT("name", "The URL."), TEXT("url", "The URL."), VERDICT, RAW, {0},
};

static const struct quell_field file_fields[] = {
    KIND("file"),
    TEXT("name", "Its name, or its hash when it has none."),
    TEXT("path", "The folder it lies in."),
    TEXT("sha1", "Its SHA-1 in hexadecimal."),
    TEXT("sha256", "Its SHA-256 in hexadecimal."),
    TEXT("md5", "Its MD5 in hexadecimal."),
    TEXT("device_id", "The Defender id of the device it was seen on."),
    VERDICT,
    RAW,
    {0},
};

static const struct quell_field process_fields[] = {
    KIND("process"),
    TEXT("name", "The name of its image, or its command line."),
    TEXT("id", "Its process id, as text."),
    TEXT("command_line", "How it was started."),
    TEXT("path", "The folder of its image."),
    TEXT("sha1", "The SHA-1 of its image."),
    TEXT("sha256", "The SHA-256 of its image."),
    TEXT("user", "The account it runs as."),
    TEXT("device_id", "The Defender id of the device it ran on."),
    VERDICT,
    RAW,
    {0},
};

static const struct quell_field registry_fields[] = {
    KIND("registry"),
    TEXT("name", "The key with its hive."),
    TEXT("hive", "The hive, such as `HKEY_LOCAL_MACHINE`."),
    TEXT("key", "The key below the hive."),
    TEXT("value_name", "The name of the value."),
    TEXT("value", "The data of the value."),
    TEXT("device_id", "The Defender id of the device it was seen on."),
    VERDICT,
    RAW,
    {0},
};

static const struct quell_field cloud_resource_fields[] = {
    KIND("cloud_resource"),
    TEXT("name", "Its name."),
    TEXT("id", "Its full resource id."),
    TEXT("type", "Its type, as the sender spells it."),
    VERDICT,
    RAW,
    {0},
};

static const struct quell_field application_fields[] = {
    KIND("application"),
    TEXT("name", "Its display name."),
    TEXT("id", "Its application id."),
    VERDICT,
    RAW,
    {0},
};

/* In the order of enum entity_kind. */
const struct quell_field entity_fields[] = {
    ITEMS("devices", device_fields, "Computers and phones."),
    ITEMS("users", user_fields, "Accounts of people and services."),
    ITEMS("mailboxes", mailbox_fields, "Mailboxes."),
    ITEMS("mails", mail_fields, "Mail messages."),
    ITEMS("ips", ip_fields, "IP addresses."),
    ITEMS("domains", domain_fields, "Domain names."),
    ITEMS("urls", url_fields, "URLs."),
    ITEMS("files", file_fields, "Files and hashes of files."),
    ITEMS("processes", process_fields, "Processes."),
    ITEMS("registry", registry_fields, "Registry keys and values."),
    ITEMS("cloud_resources", cloud_resource_fields, "Resources of Azure, AWS and Google Cloud."),
    ITEMS("applications", application_fields, "Cloud and OAuth applications."),
    {0},
};

static const struct quell_field owner_fields[] = {
    TEXT("name", "Who works on it, as people know them."),
    TEXT("email", "Their address."),
    TEXT("id", "Their id in Microsoft Entra."),
    {0},
};

static const struct quell_field alert_fields[] = {
    TEXT("id", "The alert's id at the sender."),
    TEXT("title", "What it says."),
    WORD("severity", severity_words, QUELL_ORDERED, "How bad the sender thinks it is."),
    WORD("status", status_words, QUELL_ORDERED, "Where work on it stands."),
    TEXT("rule_id", "The id of the rule that raised it: more stable than its title."),
    TEXT("rule_name", "The name of the rule that raised it."),
    TEXT("provider", "Who raised it."),
    TEXT("product", "The product whose sensor saw it."),
    TIME("created_at", "When it was raised."),
    TEXT("url", "Where people can look at it."),
    {.name = "evidence",
     .type = QUELL_FIELD_LIST,
     .of = QUELL_FIELD_ANY,
     .doc = "The evidence of this alert as the sender sent it."},
    {0},
};

static const struct quell_field comment_fields[] = {
    TIME("at", "When it was written."),
    TEXT("author", "Who wrote it."),
    TEXT("text", "What it says."),
    {0},
};

const struct quell_field incident_fields[] = {
    TEXT("id", "quell's own id of the incident (UUIDv7)."),
    TEXT("source", "Which kind of sender it came from: `sentinel`, `graph`, `quell`."),
    TEXT("source_id", "The sender's id: for Sentinel the ARM id, for Defender XDR the number."),
    TEXT("number", "The number people call it by at the sender, as text."),
    TEXT("url", "Where people can look at it."),
    TEXT("queue", "The queue it lies in."),
    TEXT("title", "What it says."),
    TEXT("description", "What it says at length."),
    TEXT("provider", "Whose incident it is, such as `Microsoft Defender XDR`."),
    TEXT("product", "The product of its first alert, such as `Microsoft Defender for Endpoint`."),
    WORD("severity", severity_words, QUELL_ORDERED, "How bad the sender thinks it is."),
    {.name = "severity_rank",
     .type = QUELL_FIELD_INT,
     .flags = QUELL_NULLABLE,
     .doc = "The severity as a number, 0 informational to 4 critical, for CEL."},
    WORD("status", status_words, QUELL_ORDERED, "Where work on it stands."),
    WORD("classification", classification_words, 0, "What it turned out to be."),
    WORD("determination", determination_words, 0, "More exactly, in the words of Microsoft Graph."),
    TIME("created_at", "When the sender made it."),
    TIME("updated_at", "When the sender last changed it."),
    TIME("first_activity_at", "When what it tells of began."),
    TIME("last_activity_at", "When what it tells of was last seen."),
    TEXT("version", "Id of what was received; `id` is that of the incident, in all its versions."),
    TIME("received_at", "When quell received it: `older-than` and `newer-than` count from here."),
    {.name = "owner",
     .type = QUELL_FIELD_OBJECT,
     .fields = owner_fields,
     .flags = QUELL_NULLABLE,
     .doc = "Who works on it, or null."},
    TEXTS("tags", "Labels and tags it bears at the sender."),
    TEXTS("tactics", "ATT&CK tactics, as the sender spells them."),
    TEXTS("techniques", "ATT&CK techniques such as `T1566.001`."),
    ITEMS("alerts", alert_fields, "The alerts it is made of."),
    {.name = "entities",
     .type = QUELL_FIELD_OBJECT,
     .fields = entity_fields,
     .doc = "Who and what is involved, each once."},
    ITEMS("comments", comment_fields, "What people and playbooks wrote under it."),
    {.name = "raw",
     .type = QUELL_FIELD_ANY,
     .flags = QUELL_NULLABLE,
     .doc = "What was received, unchanged."},
    {0},
};
