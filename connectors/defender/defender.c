/*
 * defender.c - Microsoft Defender for Endpoint: the manifest, and reading a device. Isolation has a
 * file of its own.
 */
#include "defender.h"

/* ---- get-device ------------------------------------------------------------------------------*/

static struct quell_value text_or_empty(struct quell_value map, const char *key)
{
    return quell_string(quell_get_str(map, key));
}

static struct quell_value list_or_empty(struct quell_value map, const char *key)
{
    struct quell_value list = quell_get(map, key);

    return quell_is(list, QUELL_LIST) ? list : quell_list(NULL, 0);
}

static enum quell_turn device_turn(struct quell_call *call, const struct quell_reply *reply)
{
    const struct quell_host *host = call->host;
    struct quell_str id = host->escape(call, "path", quell_get_str(call->input, "device_id"));
    struct quell_value json;

    if (!reply)
        return defender_get(call, host->format(call, "/api/machines/%.*s", QUELL_ARG(id)),
                            host->map(call, "phase", quell_text("get"), NULL));
    if (reply->code || reply->status != 200)
        return host->refuse(call, reply);
    json = reply->json;
    return host->done(
        call,
        host->map(call, "device_id", text_or_empty(json, "id"), "name",
                  text_or_empty(json, "computerDnsName"), "os", text_or_empty(json, "osPlatform"),
                  "health", text_or_empty(json, "healthStatus"), "onboarding",
                  text_or_empty(json, "onboardingStatus"), "risk", text_or_empty(json, "riskScore"),
                  "exposure", text_or_empty(json, "exposureLevel"), "value",
                  text_or_empty(json, "deviceValue"), "ip", text_or_empty(json, "lastIpAddress"),
                  "external_ip", text_or_empty(json, "lastExternalIpAddress"), "entra_id",
                  text_or_empty(json, "aadDeviceId"), "group", text_or_empty(json, "rbacGroupName"),
                  "last_seen", text_or_empty(json, "lastSeen"), "tags",
                  list_or_empty(json, "machineTags"), NULL));
}

/* ---- the manifest ----------------------------------------------------------------------------*/

#define TEXT(key, text)                                                                            \
    {                                                                                              \
        .name = (key), .type = QUELL_FIELD_STRING, .doc = (text)                                   \
    }
#define FIELD_DEVICE(text)                                                                         \
    {                                                                                              \
        .name = "device_id", .type = QUELL_FIELD_STRING,                                           \
        .flags = QUELL_REQUIRED | QUELL_NOT_EMPTY, .sink = "path", .size_max = 255, .doc = (text)  \
    }
#define FIELD_COMMENT                                                                              \
    {                                                                                              \
        .name = "comment", .type = QUELL_FIELD_STRING, .flags = QUELL_REQUIRED | QUELL_NOT_EMPTY,  \
        .size_max = 2000,                                                                          \
        .doc = "Why, for those who read the machine action; a marker of run and step is added."    \
    }

static const struct quell_field device_inputs[] = {
    FIELD_DEVICE("Defender's device id, or the computer's name."),
    {0},
};

static const struct quell_field device_outputs[] = {
    TEXT("device_id", "Defender's device id."),
    TEXT("name", "DNS name of the computer."),
    TEXT("os", "Platform, such as Windows11."),
    TEXT("health", "Active, Inactive, ImpairedCommunication, NoSensorData or Unknown."),
    TEXT("onboarding", "Onboarding status."),
    TEXT("risk", "None, Informational, Low, Medium or High."),
    TEXT("exposure", "None, Low, Medium or High."),
    TEXT("value", "Normal, Low or High."),
    TEXT("ip", "Last internal address."),
    TEXT("external_ip", "Last external address."),
    TEXT("entra_id", "Entra device id."),
    TEXT("group", "Device group."),
    TEXT("last_seen", "When it last reported, as the service writes it."),
    {.name = "tags", .type = QUELL_FIELD_LIST, .of = QUELL_FIELD_STRING, .doc = "Machine tags."},
    {0},
};

static const struct quell_field isolation_inputs[] = {
    FIELD_DEVICE("Defender's device id."),
    {0},
};

static const struct quell_field isolate_inputs[] = {
    FIELD_DEVICE("Defender's device id."),
    {.name = "type",
     .type = QUELL_FIELD_ENUM,
     .words = (const char *const[]){"full", "selective", NULL},
     .fallback = "\"full\"",
     .doc = "Full, or selective: Outlook, Teams and Skype stay connected."},
    FIELD_COMMENT,
    {0},
};

static const struct quell_field release_inputs[] = {
    FIELD_DEVICE("Defender's device id."),
    FIELD_COMMENT,
    {0},
};

static const struct quell_field action_outputs[] = {
    TEXT("action_id", "The machine action; empty when none was needed."),
    TEXT("status", "Its last status; Succeeded."),
    {.name = "ours",
     .type = QUELL_FIELD_BOOL,
     .doc = "Whether this step caused it; undo takes back nothing else."},
    {.name = "already",
     .type = QUELL_FIELD_BOOL,
     .doc = "Whether the device was in this state before the step."},
    TEXT("device_id", "Defender's device id."),
    {0},
};

static const struct quell_target targets[] = {{"device", "device_id"}, {0}};
static const struct quell_attribute attributes[] = {
    {"id", "device_id"},   {"id", "entra_id"}, {"name", "name"}, {"ip", "ip"},
    {"ip", "external_ip"}, {"tag", "tags"},    {"tag", "group"}, {0}};
static const struct quell_rate rates[] = {{100, 60}, {1500, 3600}, {0}};

static const char action_example[] =
    "{\"action_id\": \"5382f7ea-7557-4ab7-9782-d50480024a4e\", \"status\": \"Succeeded\", "
    "\"ours\": true, \"already\": false, "
    "\"device_id\": \"1e5bc9d7e413ddd7902c2932e418702b84d0cc07\"}";

static const struct quell_action get_device = {
    .name = "get-device",
    .doc = "Reads a device.",
    .effect = QUELL_READS,
    .repeat = QUELL_PURE,
    .inputs = device_inputs,
    .outputs = device_outputs,
    .targets = targets,
    .rights = (const char *const[]){"Machine.Read.All", NULL},
    .rates = rates,
    .example =
        "{\"device_id\": \"1e5bc9d7e413ddd7902c2932e418702b84d0cc07\", "
        "\"name\": \"fin-ws-114.contoso.example\", \"os\": \"Windows11\", \"health\": \"Active\", "
        "\"onboarding\": \"Onboarded\", \"risk\": \"High\", \"exposure\": \"Medium\", "
        "\"value\": \"Normal\", \"ip\": \"10.20.30.40\", \"external_ip\": \"203.0.113.7\", "
        "\"entra_id\": \"80fe8ff8-2624-418e-9591-41f0491218f9\", \"group\": \"Workstations\", "
        "\"last_seen\": \"2026-01-02T03:04:05.1234567Z\", \"tags\": [\"finance\"]}",
    .turn = device_turn,
    .attributes = attributes,
};

static const struct quell_field isolation_outputs[] = {
    TEXT("device_id", "Defender's device id."),
    {.name = "isolated", .type = QUELL_FIELD_BOOL, .doc = "Whether it is, or is about to be."},
    TEXT("action_id", "The machine action that made it so; empty when there was none."),
    TEXT("status", "That one's last status."),
    {0},
};

static const struct quell_action get_isolation = {
    .name = "get-isolation",
    .doc = "Reads whether a device is isolated, and by which machine action.",
    .effect = QUELL_READS,
    .repeat = QUELL_PURE,
    .inputs = isolation_inputs,
    .outputs = isolation_outputs,
    .targets = targets,
    .rights = (const char *const[]){"Machine.Read.All", NULL},
    .rates = rates,
    .example = "{\"device_id\": \"1e5bc9d7e413ddd7902c2932e418702b84d0cc07\", \"isolated\": true, "
               "\"action_id\": \"5382f7ea-7557-4ab7-9782-d50480024a4e\", \"status\": "
               "\"Succeeded\"}",
    .turn = defender_isolation,
};

static const struct quell_action isolate_device = {
    .name = "isolate-device",
    .doc = "Isolates a device from the network and waits until it is.",
    .effect = QUELL_DISRUPTS,
    .repeat = QUELL_VERIFIABLE,
    .inputs = isolate_inputs,
    .outputs = action_outputs,
    .targets = targets,
    .undo = {.action = "defender.release-device",
             .with = (const char *const[]){"device_id", "output.device_id", "comment",
                                           "'Undo: ' + input.comment", NULL},
             .changed = "output.ours",
             .look = "defender.get-isolation",
             .look_with = (const char *const[]){"device_id", "input.device_id", NULL},
             .same = "now.action_id == output.action_id"},
    .rights = (const char *const[]){"Machine.Isolate", "Machine.Read.All", NULL},
    .rates = rates,
    .example = action_example,
    .turn = defender_isolate,
};

static const struct quell_action release_device = {
    .name = "release-device",
    .doc = "Releases a device from isolation and waits until it is.",
    .effect = QUELL_CHANGES,
    .repeat = QUELL_VERIFIABLE,
    .inputs = release_inputs,
    .outputs = action_outputs,
    .targets = targets,
    .rights = (const char *const[]){"Machine.Isolate", "Machine.Read.All", NULL},
    .rates = rates,
    .example = action_example,
    .turn = defender_release,
};

static const struct quell_action *const actions[] = {&get_device, &get_isolation, &isolate_device,
                                                     &release_device, NULL};

const struct quell_connector QUELL_CONNECTOR = {
    .abi = QUELL_ABI,
    .size = sizeof(struct quell_connector),
    .action_size = sizeof(struct quell_action),
    .field_size = sizeof(struct quell_field),
    .name = "defender",
    .version = "1.0.0",
    .title = "Microsoft Defender for Endpoint",
    .doc = "Devices of Microsoft Defender for Endpoint.",
    .url = "https://api.security.microsoft.com",
    .scope = "https://api.securitycenter.microsoft.com/.default",
    .auth = (const char *const[]){"client-secret", "bearer", NULL},
    .actions = actions,
};
