/*
 * plan_options.h - `plan` and `run --dry-run` are the same thing: their shared options and body.
 */
#ifndef CLI_PLAN_OPTIONS_H
#define CLI_PLAN_OPTIONS_H

#include "cli/command.h"

#define INCIDENT_OPTIONS                                                                           \
    {"incident", 'i', OPTION_TEXT, "FILE",                                                         \
     "The incident, in any known sender's format (- = stdin)."},                                   \
        {"source", 0, OPTION_TEXT, "NAME",                                                         \
         "The sender's format, when it is not recognised by itself."},                             \
        {"input", 0, OPTION_MANY, "NAME=VALUE", "An input of the playbook; repeatable."},          \
        {"inputs", 0, OPTION_TEXT, "FILE", "All inputs as a JSON object (- = stdin)."},            \
        {"offline", 0, OPTION_FLAG, NULL,                                                          \
         "Plan without any connection: what reads would say counts as unknown."},                  \
        {"paths", 0, OPTION_FLAG, NULL, "Show every path that the plan has."},                     \
        {"expect-match", 0, OPTION_FLAG, NULL, "Exit 1 when the trigger does not match."},         \
        {"detailed-exitcode", 0, OPTION_FLAG, NULL, "Exit 2 when the plan contains changes."},     \
    {                                                                                              \
        "playbooks", 'p', OPTION_MANY, "PATH",                                                     \
            "Playbooks to look for ids in, instead of the configuration's; repeatable."            \
    }

int plan_command(const struct args *args);

#endif
