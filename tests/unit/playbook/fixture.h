/*
 * fixture.h - connectors for the tests of the loader: tables only, nothing runs.
 */
#ifndef TESTS_PLAYBOOK_FIXTURE_H
#define TESTS_PLAYBOOK_FIXTURE_H

#include <quell/connector.h>

#include "base/arena.h"
#include "incident/incident.h"
#include "playbook/playbook.h"

#define TEXT(n, f)                                                                                 \
    {                                                                                              \
        .name = (n), .type = QUELL_FIELD_STRING, .flags = (f)                                      \
    }
#define ANY(n)                                                                                     \
    {                                                                                              \
        .name = (n), .type = QUELL_FIELD_ANY                                                       \
    }
#define TEXTS(n, f)                                                                                \
    {                                                                                              \
        .name = (n), .type = QUELL_FIELD_LIST, .of = QUELL_FIELD_STRING, .flags = (f)              \
    }
#define END                                                                                        \
    {                                                                                              \
        .name = NULL                                                                               \
    }

static const char *const isolation_words[] = {"full", "selective", NULL};
static const char *const scan_words[] = {"quick", "full", NULL};

static const struct quell_field device_inputs[] = {TEXT("device_id", QUELL_REQUIRED), END};
static const struct quell_field device_output_fields[] = {TEXT("id", 0),
                                                          TEXT("name", 0),
                                                          {.name = "risk", .type = QUELL_FIELD_INT},
                                                          TEXTS("tags", 0),
                                                          END};
static const struct quell_field isolate_inputs[] = {
    TEXT("device_id", QUELL_REQUIRED),
    {.name = "type", .type = QUELL_FIELD_ENUM, .words = isolation_words},
    TEXT("comment", 0),
    END};
static const struct quell_field scan_inputs[] = {
    TEXT("device_id", QUELL_REQUIRED),
    {.name = "type", .type = QUELL_FIELD_ENUM, .words = scan_words},
    END};
static const struct quell_field action_outputs[] = {TEXT("action_id", 0), TEXT("status", 0), END};
static const struct quell_field hunt_inputs[] = {
    TEXT("query", QUELL_REQUIRED),
    {.name = "params", .type = QUELL_FIELD_MAP, .of = QUELL_FIELD_ANY},
    END};
static const struct quell_field hunt_outputs[] = {
    {.name = "rows", .type = QUELL_FIELD_LIST, .of = QUELL_FIELD_ANY},
    {.name = "stats", .type = QUELL_FIELD_OBJECT, .fields = device_output_fields},
    END};
static const struct quell_field indicator_inputs[] = {
    TEXT("kind", QUELL_REQUIRED),
    TEXT("value", QUELL_REQUIRED),
    TEXT("action", QUELL_REQUIRED),
    {.name = "expires_in", .type = QUELL_FIELD_DURATION},
    END};
static const struct quell_field comment_inputs[] = {TEXT("incident_id", QUELL_REQUIRED),
                                                    TEXT("message", QUELL_REQUIRED), END};
static const struct quell_field update_inputs[] = {TEXT("incident_id", QUELL_REQUIRED),
                                                   TEXT("status", 0),
                                                   TEXT("as", 0),
                                                   TEXT("severity", 0),
                                                   TEXT("owner", 0),
                                                   END};
static const struct quell_field mail_inputs[] = {TEXTS("to", QUELL_REQUIRED | QUELL_ONE_OR_MANY),
                                                 TEXT("subject", 0), TEXT("body", 0),
                                                 TEXT("template", 0), END};
static const struct quell_field purge_inputs[] = {TEXT("message_id", QUELL_REQUIRED),
                                                  TEXTS("mailboxes", QUELL_REQUIRED), END};
static const struct quell_field lookup_inputs[] = {TEXT("command_line", QUELL_REQUIRED), END};
static const struct quell_field lookup_outputs[] = {TEXT("verdict", 0), END};
static const struct quell_field raise_inputs[] = {TEXT("title", QUELL_REQUIRED),
                                                  TEXT("severity", 0),
                                                  TEXT("dedupe_key", 0),
                                                  ANY("entities"),
                                                  ANY("evidence"),
                                                  END};
static const struct quell_field close_inputs[] = {TEXT("as", QUELL_REQUIRED), TEXT("comment", 0),
                                                  END};
static const struct quell_field no_outputs[] = {END};

static const struct quell_action get_device = {.name = "get-device",
                                               .doc = "reads a device",
                                               .effect = QUELL_READS,
                                               .inputs = device_inputs,
                                               .outputs = device_output_fields};
static const struct quell_action isolate_device = {.name = "isolate-device",
                                                   .doc = "cuts a device off",
                                                   .effect = QUELL_DISRUPTS,
                                                   .inputs = isolate_inputs,
                                                   .outputs = action_outputs};
static const struct quell_target device_targets[] = {{"device", "device_id"}, {NULL, NULL}};
static const struct quell_action stop_process = {.name = "stop-process",
                                                 .doc = "ends a process of a device",
                                                 .effect = QUELL_DISRUPTS,
                                                 .inputs = device_inputs,
                                                 .targets = device_targets,
                                                 .outputs = action_outputs};
static const struct quell_action release_device = {.name = "release-device",
                                                   .doc = "lets a device back",
                                                   .effect = QUELL_CHANGES,
                                                   .inputs = device_inputs,
                                                   .outputs = action_outputs};
static const struct quell_action run_av_scan = {.name = "run-av-scan",
                                                .doc = "scans a device",
                                                .effect = QUELL_NOTES,
                                                .inputs = scan_inputs,
                                                .outputs = action_outputs};
static const struct quell_action hunt = {.name = "hunt",
                                         .doc = "runs a query",
                                         .effect = QUELL_READS,
                                         .inputs = hunt_inputs,
                                         .outputs = hunt_outputs};
static const struct quell_action add_indicator = {.name = "add-indicator",
                                                  .doc = "blocks something",
                                                  .effect = QUELL_CHANGES,
                                                  .inputs = indicator_inputs,
                                                  .outputs = no_outputs};
static const struct quell_target comment_targets[] = {{"incident", "incident_id"}, {0}};
static const struct quell_write comment_writes[] = {
    {"sentinel", "incident_id", "comments", "text", "message", NULL}, {0}};
static const struct quell_action add_comment = {.name = "add-comment",
                                                .doc = "adds a comment",
                                                .effect = QUELL_NOTES,
                                                .inputs = comment_inputs,
                                                .outputs = no_outputs,
                                                .targets = comment_targets,
                                                .writes = comment_writes};
static const struct quell_action update_incident = {.name = "update-incident",
                                                    .doc = "changes an incident",
                                                    .effect = QUELL_CHANGES,
                                                    .inputs = update_inputs,
                                                    .outputs = no_outputs};
static const struct quell_action send_mail = {.name = "send",
                                              .doc = "sends a mail",
                                              .effect = QUELL_NOTES,
                                              .inputs = mail_inputs,
                                              .outputs = no_outputs};
static const struct quell_action soft_delete_mail = {.name = "soft-delete-mail",
                                                     .doc = "takes a mail out",
                                                     .effect = QUELL_DISRUPTS,
                                                     .inputs = purge_inputs,
                                                     .outputs = no_outputs};
static const struct quell_action lookup_file = {.name = "lookup-file",
                                                .doc = "asks what is known",
                                                .effect = QUELL_READS,
                                                .inputs = lookup_inputs,
                                                .outputs = lookup_outputs};
static const struct quell_action raise_incident = {.name = "raise",
                                                   .doc = "raises an incident",
                                                   .effect = QUELL_NOTES,
                                                   .inputs = raise_inputs,
                                                   .outputs = no_outputs};
static const struct quell_action close_incident = {.name = "close",
                                                   .doc = "closes an incident",
                                                   .effect = QUELL_CHANGES,
                                                   .inputs = close_inputs,
                                                   .outputs = no_outputs};

static const struct quell_action *const defender_actions[] = {
    &get_device,  &isolate_device, &stop_process,  &release_device,
    &run_av_scan, &hunt,           &add_indicator, NULL};
static const struct quell_action *const sentinel_actions[] = {&add_comment, &update_incident, NULL};
static const struct quell_action *const email_actions[] = {&send_mail, NULL};
static const struct quell_action *const exchange_actions[] = {&soft_delete_mail, NULL};
static const struct quell_action *const intel_actions[] = {&lookup_file, NULL};
static const struct quell_action *const incident_actions[] = {&raise_incident, &close_incident,
                                                              NULL};

static const struct quell_connector defender = {
    .name = "defender", .version = "1.4.0", .actions = defender_actions};
static const struct quell_connector sentinel = {
    .name = "sentinel", .version = "1.0.0", .actions = sentinel_actions};
static const struct quell_connector email = {
    .name = "email", .version = "1.0.0", .actions = email_actions};
static const struct quell_connector exchange = {
    .name = "exchange", .version = "1.0.0", .actions = exchange_actions};
static const struct quell_connector intel = {
    .name = "intel", .version = "1.0.0", .actions = intel_actions};
static const struct quell_connector incidents = {
    .name = "incident", .version = "1.0.0", .actions = incident_actions};
static const struct quell_connector *const fixture_connectors[] = {
    &defender, &sentinel, &email, &exchange, &intel, &incidents, NULL};
static const struct playbook_actions fixture_actions = {
    .connectors = fixture_connectors, .now_us = INT64_C(1780272000000000)}; /* 2026-06-01 */

/* Loads a text; the diagnostics are in *diags. */
static inline struct playbook *fixture_load(struct arena *arena, struct quell_str text,
                                            struct diag_list *diags)
{
    diag_init(diags, arena, QUELL_STR("test.yaml"), text);
    return playbook_load(arena, &fixture_actions, incident_fields, diags);
}

#endif
