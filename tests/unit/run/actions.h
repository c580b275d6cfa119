/*
 * actions.h - a connector that does nothing, with an action of each kind.
 */
#ifndef TEST_RUN_ACTIONS_H
#define TEST_RUN_ACTIONS_H

#include <quell/connector.h>

static inline enum quell_turn no_turn(struct quell_call *call, const struct quell_reply *reply)
{
    (void)call;
    (void)reply;
    return QUELL_FAILED;
}

static const struct quell_field device_inputs[] = {
    {.name = "device_id", .type = QUELL_FIELD_STRING, .flags = QUELL_REQUIRED, .doc = "Device."},
    {.name = "note", .type = QUELL_FIELD_STRING, .doc = "Note."},
    {.name = NULL},
};
static const struct quell_field look_outputs[] = {
    {.name = "id", .type = QUELL_FIELD_STRING, .doc = "Id."},
    {.name = "risk", .type = QUELL_FIELD_STRING, .doc = "Risk."},
    {.name = NULL},
};
static const struct quell_target device_targets[] = {{"device", "device_id"}, {NULL, NULL}};
static const struct quell_action look = {.name = "look",
                                         .doc = "Looks.",
                                         .effect = QUELL_READS,
                                         .repeat = QUELL_PURE,
                                         .inputs = device_inputs,
                                         .outputs = look_outputs,
                                         .example = "{\"id\":\"x\",\"risk\":\"low\"}",
                                         .turn = no_turn};
static const struct quell_action isolate = {.name = "isolate",
                                            .doc = "Isolates.",
                                            .effect = QUELL_DISRUPTS,
                                            .repeat = QUELL_ONCE,
                                            .inputs = device_inputs,
                                            .outputs = look_outputs,
                                            .targets = device_targets,
                                            .example = "{\"id\":\"x\",\"risk\":\"low\"}",
                                            .turn = no_turn};
static const char *const unblock_with[] = {"device_id", "input.device_id", "note", "output.id",
                                           NULL};
static const struct quell_action block = {.name = "block",
                                          .doc = "Blocks.",
                                          .effect = QUELL_CHANGES,
                                          .repeat = QUELL_KEYED,
                                          .inputs = device_inputs,
                                          .outputs = look_outputs,
                                          .undo = {.action = "test.unblock", .with = unblock_with},
                                          .companion = "look",
                                          .targets = device_targets,
                                          .example = "{\"id\":\"x\",\"risk\":\"low\"}",
                                          .turn = no_turn};
static const struct quell_action unblock = {.name = "unblock",
                                            .doc = "Unblocks.",
                                            .effect = QUELL_CHANGES,
                                            .repeat = QUELL_KEYED,
                                            .inputs = device_inputs,
                                            .outputs = look_outputs,
                                            .targets = device_targets,
                                            .example = "{\"id\":\"x\",\"risk\":\"low\"}",
                                            .turn = no_turn};
static const struct quell_field wipe_inputs[] = {
    {.name = "device_ids", .type = QUELL_FIELD_LIST, .flags = QUELL_REQUIRED, .doc = "Devices."},
    {.name = NULL},
};
static const struct quell_target wipe_targets[] = {{"device", "device_ids"}, {NULL, NULL}};
static const struct quell_action wipe = {.name = "wipe",
                                         .doc = "Wipes many.",
                                         .effect = QUELL_DISRUPTS,
                                         .repeat = QUELL_ONCE,
                                         .inputs = wipe_inputs,
                                         .outputs = look_outputs,
                                         .targets = wipe_targets,
                                         .example = "{\"id\":\"x\",\"risk\":\"low\"}",
                                         .turn = no_turn};
static const struct quell_target purge_targets[] = {
    {"device", "device_id"}, {"account", "no_input"}, {NULL, NULL}};
static const struct quell_action purge = {.name = "purge",
                                          .doc = "Purges what no input names.",
                                          .effect = QUELL_DISRUPTS,
                                          .repeat = QUELL_ONCE,
                                          .inputs = device_inputs,
                                          .outputs = look_outputs,
                                          .targets = purge_targets,
                                          .example = "{\"id\":\"x\",\"risk\":\"low\"}",
                                          .turn = no_turn};
static const struct quell_action shut = {.name = "shut",
                                         .doc = "Shuts what needs no name.",
                                         .effect = QUELL_DISRUPTS,
                                         .repeat = QUELL_ONCE,
                                         .outputs = look_outputs,
                                         .example = "{\"id\":\"x\",\"risk\":\"low\"}",
                                         .turn = no_turn};
/* Looked after by one that has no inputs and no outputs, or more inputs than it has itself. */
static const struct quell_action glance = {.name = "glance",
                                           .doc = "Glances.",
                                           .effect = QUELL_READS,
                                           .repeat = QUELL_PURE,
                                           .example = "{}",
                                           .turn = no_turn};
static const struct quell_action nudge = {.name = "nudge",
                                          .doc = "Nudges.",
                                          .effect = QUELL_CHANGES,
                                          .repeat = QUELL_KEYED,
                                          .outputs = look_outputs,
                                          .companion = "glance",
                                          .example = "{\"id\":\"x\",\"risk\":\"low\"}",
                                          .turn = no_turn};
static const struct quell_action knock = {.name = "knock",
                                          .doc = "Knocks.",
                                          .effect = QUELL_CHANGES,
                                          .repeat = QUELL_KEYED,
                                          .outputs = look_outputs,
                                          .companion = "look",
                                          .example = "{\"id\":\"x\",\"risk\":\"low\"}",
                                          .turn = no_turn};
/* Looks what became of it before it sends, by itself. */
static const struct quell_action sever = {.name = "sever",
                                          .doc = "Severs, and looks first.",
                                          .effect = QUELL_DISRUPTS,
                                          .repeat = QUELL_VERIFIABLE,
                                          .inputs = device_inputs,
                                          .outputs = look_outputs,
                                          .companion = "look",
                                          .targets = device_targets,
                                          .example = "{\"id\":\"x\",\"risk\":\"low\"}",
                                          .turn = no_turn};
/* Taken back only where it is ours and is still so: a look comes before that. */
static const struct quell_field mark_outputs[] = {
    {.name = "id", .type = QUELL_FIELD_STRING, .doc = "Id."},
    {.name = "ours", .type = QUELL_FIELD_BOOL, .doc = "Whether it marked it."},
    {.name = NULL},
};
static const char *const unmark_with[] = {"device_id", "input.device_id", NULL};
static const struct quell_action mark = {.name = "mark",
                                         .doc = "Marks.",
                                         .effect = QUELL_CHANGES,
                                         .repeat = QUELL_ONCE,
                                         .inputs = device_inputs,
                                         .outputs = mark_outputs,
                                         .undo = {.action = "test.unmark",
                                                  .with = unmark_with,
                                                  .changed = "output.ours",
                                                  .look = "test.look",
                                                  .look_with = unmark_with,
                                                  .same = "now.id == output.id"},
                                         .targets = device_targets,
                                         .example = "{\"id\":\"x\",\"ours\":true}",
                                         .turn = no_turn};
static const struct quell_action unmark = {.name = "unmark",
                                           .doc = "Removes a mark.",
                                           .effect = QUELL_CHANGES,
                                           .repeat = QUELL_KEYED,
                                           .inputs = device_inputs,
                                           .outputs = look_outputs,
                                           .targets = device_targets,
                                           .example = "{\"id\":\"x\",\"risk\":\"low\"}",
                                           .timeout_ms = 60000,
                                           .turn = no_turn};
/* Taken back by what only its answer and an optional input tell. */
static const char *const unstamp_with[] = {"note", "'no ' + input.note", "device_id", "output.id",
                                           NULL};
static const char *const stamped_with[] = {"device_id", "output.id", NULL};
static const struct quell_action stamp = {.name = "stamp",
                                          .doc = "Stamps.",
                                          .effect = QUELL_CHANGES,
                                          .repeat = QUELL_KEYED,
                                          .inputs = device_inputs,
                                          .outputs = look_outputs,
                                          .undo = {.action = "test.unmark",
                                                   .with = unstamp_with,
                                                   .look = "test.look",
                                                   .look_with = stamped_with},
                                          .targets = device_targets,
                                          .example = "{\"id\":\"x\",\"risk\":\"low\"}",
                                          .turn = no_turn};
/* Looks what became of it when it is asked to. */
static const struct quell_action seal = {.name = "seal",
                                         .doc = "Seals.",
                                         .effect = QUELL_CHANGES,
                                         .repeat = QUELL_VERIFIABLE,
                                         .inputs = device_inputs,
                                         .outputs = look_outputs,
                                         .targets = device_targets,
                                         .example = "{\"id\":\"x\",\"risk\":\"low\"}",
                                         .turn = no_turn,
                                         .settle = no_turn};
static const struct quell_action *const test_actions[] = {
    &look,  &isolate, &block, &unblock, &wipe,   &purge, &shut, &glance,
    &nudge, &knock,   &sever, &mark,    &unmark, &stamp, &seal, NULL};
static const struct quell_connector test_connector = {.abi = QUELL_ABI,
                                                      .size = sizeof(struct quell_connector),
                                                      .action_size = sizeof(struct quell_action),
                                                      .field_size = sizeof(struct quell_field),
                                                      .name = "test",
                                                      .version = "1",
                                                      .title = "Test",
                                                      .doc = "For tests.",
                                                      .actions = test_actions};
static const struct quell_connector other_connector = {.abi = QUELL_ABI,
                                                       .size = sizeof(struct quell_connector),
                                                       .action_size = sizeof(struct quell_action),
                                                       .field_size = sizeof(struct quell_field),
                                                       .name = "other",
                                                       .version = "1",
                                                       .title = "Other",
                                                       .doc = "Another product.",
                                                       .actions = test_actions};
static const struct quell_connector *const connectors[] = {&test_connector, &other_connector, NULL};

#endif
