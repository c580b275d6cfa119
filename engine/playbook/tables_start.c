/*
 * tables_start.c - the field tables of the top-level keywords about starts.
 */
#include "playbook/load.h"

static const char *const on_conflicts[] = {"queue", "skip", "cancel-running", "merge", NULL};

const struct quell_field dedupe_fields[] = {
    {.name = "key",
     .type = QUELL_FIELD_ANY,
     .flags = QUELL_EXPRESSION | QUELL_REQUIRED,
     .doc = "what makes two events the same; null is an error of the start"},
    {.name = "within",
     .type = QUELL_FIELD_DURATION,
     .flags = QUELL_CONSTANT,
     .fallback = "\"24h\"",
     .doc = "how long a key is remembered after the start it belongs to"},
    {.name = NULL}};

static const struct quell_field at_least_fields[] = {
    {.name = "count",
     .type = QUELL_FIELD_INT,
     .flags = QUELL_CONSTANT | QUELL_REQUIRED,
     .doc = "so many events start one run, and counting begins anew"},
    {.name = "within",
     .type = QUELL_FIELD_DURATION,
     .flags = QUELL_CONSTANT | QUELL_REQUIRED,
     .doc = "when they come within this time"},
    {.name = NULL}};

const struct quell_field throttle_fields[] = {
    {.name = "by",
     .type = QUELL_FIELD_ANY,
     .flags = QUELL_EXPRESSION,
     .doc = "what events must have in common to be counted together; without it all of them are"},
    {.name = "once-within",
     .type = QUELL_FIELD_DURATION,
     .flags = QUELL_CONSTANT,
     .doc = "the first event starts a run, more of them within this time do not"},
    {.name = "once-after",
     .type = QUELL_FIELD_DURATION,
     .flags = QUELL_CONSTANT,
     .doc = "the run begins this time after the first event and stands for all that came until "
            "then; it sees the last one"},
    {.name = "at-least",
     .type = QUELL_FIELD_OBJECT,
     .fields = at_least_fields,
     .flags = QUELL_CONSTANT,
     .doc = "only so many events within a time start a run; it sees the last one: `count`, "
            "`within`"},
    {.name = NULL}};

const struct quell_field concurrency_fields[] = {
    {.name = "group",
     .type = QUELL_FIELD_ANY,
     .flags = QUELL_EXPRESSION | QUELL_REQUIRED,
     .doc = "runs for which this is equal are one group; null is an error of the start"},
    {.name = "max",
     .type = QUELL_FIELD_INT,
     .flags = QUELL_CONSTANT,
     .fallback = "1",
     .doc = "runs of a group at the same time"},
    {.name = "on-conflict",
     .type = QUELL_FIELD_ENUM,
     .words = on_conflicts,
     .flags = QUELL_CONSTANT,
     .fallback = "\"queue\"",
     .doc = "what becomes of a start that finds no room: it waits for its turn (`queue`), does not "
            "happen (`skip`), ends the runs that are there and begins when they have ended "
            "(`cancel-running`), or becomes the newest event of the one run that waits (`merge`)"},
    {.name = NULL}};

static const char *const on_exceeds[] = {"hold", "fail", NULL};

static const struct quell_field limit_fields[] = {
    {.name = "run",
     .type = QUELL_FIELD_INT,
     .flags = QUELL_CONSTANT,
     .doc = "different ones that a run may touch"},
    {.name = "hour",
     .type = QUELL_FIELD_INT,
     .flags = QUELL_CONSTANT,
     .doc = "that all runs of the playbook may touch within an hour"},
    {.name = "day",
     .type = QUELL_FIELD_INT,
     .flags = QUELL_CONSTANT,
     .doc = "that all runs of the playbook may touch within 24 hours"},
    {.name = NULL}};

static const struct quell_field run_limit_fields[] = {
    {.name = "hour",
     .type = QUELL_FIELD_INT,
     .flags = QUELL_CONSTANT,
     .doc = "runs that may start within an hour"},
    {.name = "day",
     .type = QUELL_FIELD_INT,
     .flags = QUELL_CONSTANT,
     .doc = "runs that may start within 24 hours"},
    {.name = NULL}};

#define KIND(word)                                                                                 \
    {                                                                                              \
        .name = (word), .type = QUELL_FIELD_OBJECT, .fields = limit_fields,                        \
        .flags = QUELL_CONSTANT, .doc = "targets of the kind `" word "`"                           \
    }

const struct quell_field limits_fields[] = {
    KIND("device"),
    KIND("user"),
    KIND("mailbox"),
    KIND("mail"),
    KIND("ip"),
    KIND("domain"),
    KIND("url"),
    KIND("file"),
    KIND("process"),
    KIND("cloud_resource"),
    KIND("incident"),
    {.name = "never",
     .type = QUELL_FIELD_ANY,
     .flags = QUELL_EXPRESSION,
     .doc = "list of what no action that changes something may touch, by any id or name of it that "
            "the incident knows"},
    {.name = "runs",
     .type = QUELL_FIELD_OBJECT,
     .fields = run_limit_fields,
     .flags = QUELL_CONSTANT,
     .doc = "how many runs may start"},
    {.name = "on-exceed",
     .type = QUELL_FIELD_ENUM,
     .words = on_exceeds,
     .flags = QUELL_CONSTANT,
     .fallback = "\"hold\"",
     .doc = "the run waits for a person (`hold`, see `quell release`) or the step fails (`fail`)"},
    {.name = NULL}};
