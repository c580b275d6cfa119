/*
 * tables.c - the test document as field tables. load.c reads by them, docs and schema show them.
 */
#include "test/tables.h"

const char *const test_answer_words[] = {"approve",  "deny",           "timeout",
                                         "happened", "did-not-happen", NULL};

static const char *const codes[] = {"invalid",     "not-found",       "conflict",  "limit",
                                    "denied",      "refused",         "throttled", "timed-out",
                                    "unavailable", "unknown-outcome", NULL};
static const char *const events[] = {"created", "updated", "closed", NULL};
static const char *const starts[] = {"trigger", "manual", "schedule", NULL};

const struct quell_field test_error_fields[] = {
    {.name = "code",
     .type = QUELL_FIELD_ENUM,
     .words = codes,
     .flags = QUELL_REQUIRED,
     .doc =
         "what went wrong, as `error.code` has it; `unknown-outcome`: it was sent, and no answer "
         "came"},
    {.name = "status", .type = QUELL_FIELD_INT, .doc = "the service's own number, such as 404"},
    {.name = "message", .type = QUELL_FIELD_STRING, .doc = "what the service said"},
    {.name = "retry_after", .type = QUELL_FIELD_DURATION, .doc = "what it asked for"},
    {.name = NULL}};

const struct quell_field test_mock_fields[] = {
    {.name = "output",
     .type = QUELL_FIELD_ANY,
     .doc = "what the action gives; fields that are left out come from its manifest's example"},
    {.name = "error",
     .type = QUELL_FIELD_ANY,
     .doc = "it fails: a word such as throttled, or a map of code, status, message, retry_after"},
    {.name = "when",
     .type = QUELL_FIELD_MAP,
     .of = QUELL_FIELD_ANY,
     .doc = "only for calls with these inputs (partial, operators allowed)"},
    {.name = "after",
     .type = QUELL_FIELD_DURATION,
     .doc = "how long the answer takes on the test's clock"},
    {.name = NULL}};

const struct quell_field test_given_fields[] = {
    {.name = "file",
     .type = QUELL_FIELD_STRING,
     .flags = QUELL_NOT_EMPTY,
     .doc = "an incident as its sender sends it (JSON), beside the test"},
    {.name = "incident",
     .type = QUELL_FIELD_MAP,
     .of = QUELL_FIELD_ANY,
     .doc = "the incident itself, in place of a file"},
    {.name = "source",
     .type = QUELL_FIELD_STRING,
     .doc = "the sender's format; recognised by its shape when not given"},
    {.name = "event",
     .type = QUELL_FIELD_ENUM,
     .words = events,
     .doc = "what happened to it; `created` when not given, also when it came before"},
    {.name = "patch",
     .type = QUELL_FIELD_MAP,
     .of = QUELL_FIELD_ANY,
     .doc = "field paths of the incident, as playbooks see it, and their values"},
    {.name = "at",
     .type = QUELL_FIELD_DURATION,
     .doc = "when it comes: this long after the test's clock began"},
    {.name = NULL}};

const struct quell_field test_calls_fields[] = {
    {.name = "list",
     .type = QUELL_FIELD_LIST,
     .of = QUELL_FIELD_ANY,
     .doc = "actions, or action: partial inputs"},
    {.name = "unordered", .type = QUELL_FIELD_BOOL, .doc = "in any order"},
    {.name = "only", .type = QUELL_FIELD_BOOL, .doc = "no other calls are made"},
    {.name = "none",
     .type = QUELL_FIELD_LIST,
     .of = QUELL_FIELD_STRING,
     .flags = QUELL_ONE_OR_MANY,
     .doc = "actions that are not called"},
    {.name = NULL}};

/* What a case may say, and `defaults` for all of them. */
#define SHARED                                                                                     \
    {.name = "given",                                                                              \
     .type = QUELL_FIELD_ANY,                                                                      \
     .doc = "the incident: a file, a map of file, incident, patch, event, at, or a list of them"}, \
        {.name = "start",                                                                          \
         .type = QUELL_FIELD_ENUM,                                                                 \
         .words = starts,                                                                          \
         .doc =                                                                                    \
             "`manual`: by hand, whatever the trigger says; so it is with `inputs`, and without "  \
             "an incident. `schedule`: the clock runs until the playbook's schedule starts it; "   \
             "so it is when it has one, and nothing else is given"},                               \
        {.name = "inputs",                                                                         \
         .type = QUELL_FIELD_MAP,                                                                  \
         .of = QUELL_FIELD_ANY,                                                                    \
         .doc = "inputs of a start by hand"},                                                      \
        {.name = "lists",                                                                          \
         .type = QUELL_FIELD_MAP,                                                                  \
         .of = QUELL_FIELD_ANY,                                                                    \
         .doc = "reference lists, over those of quell.yaml"},                                      \
        {.name = "config",                                                                         \
         .type = QUELL_FIELD_MAP,                                                                  \
         .of = QUELL_FIELD_ANY,                                                                    \
         .doc = "settings, over those of quell.yaml"},                                             \
        {.name = "mock",                                                                           \
         .type = QUELL_FIELD_MAP,                                                                  \
         .of = QUELL_FIELD_ANY,                                                                    \
         .doc = "answers of actions: one, or a list that is gone through call by call"},           \
        {.name = "answer",                                                                         \
         .type = QUELL_FIELD_MAP,                                                                  \
         .of = QUELL_FIELD_ANY,                                                                    \
         .doc =                                                                                    \
             "what people say to steps that ask: approve, deny, timeout, the values of a form; "   \
             "happened or did-not-happen where an outcome is unknown"},                            \
        {.name = "clock",                                                                          \
         .type = QUELL_FIELD_TIMESTAMP,                                                            \
         .doc = "when the test begins; 2026-01-01T00:00:00Z when not given"},                      \
        {.name = "advance",                                                                        \
         .type = QUELL_FIELD_DURATION,                                                             \
         .doc =                                                                                    \
             "lets this much time pass and looks then; without it the clock runs until all runs "  \
             "have ended or wait for a person"},                                                   \
    {                                                                                              \
        .name = "expect", .type = QUELL_FIELD_MAP, .of = QUELL_FIELD_ANY,                          \
        .doc = "what must come of it"                                                              \
    }

const struct quell_field test_defaults_fields[] = {SHARED, {.name = NULL}};

const struct quell_field test_case_fields[] = {{.name = "name",
                                                .type = QUELL_FIELD_STRING,
                                                .flags = QUELL_REQUIRED | QUELL_NOT_EMPTY,
                                                .doc = "what is tested, in words"},
                                               {.name = "skip",
                                                .type = QUELL_FIELD_STRING,
                                                .flags = QUELL_NOT_EMPTY,
                                                .doc = "leaves it out; says why"},
                                               SHARED,
                                               {.name = NULL}};

const struct quell_field test_document_fields[] = {
    {.name = "quell-test",
     .type = QUELL_FIELD_INT,
     .flags = QUELL_REQUIRED,
     .doc = "version of the test document: 1"},
    {.name = "playbook",
     .type = QUELL_FIELD_STRING,
     .flags = QUELL_REQUIRED | QUELL_NOT_EMPTY,
     .doc = "id of the playbook, or its file"},
    {.name = "description", .type = QUELL_FIELD_STRING, .doc = "for people"},
    {.name = "defaults",
     .type = QUELL_FIELD_OBJECT,
     .fields = test_defaults_fields,
     .doc = "what all cases have, unless they say it themselves"},
    {.name = "cases",
     .type = QUELL_FIELD_LIST,
     .of = QUELL_FIELD_OBJECT,
     .fields = test_case_fields,
     .flags = QUELL_REQUIRED,
     .doc = "the tests"},
    {.name = "properties",
     .type = QUELL_FIELD_LIST,
     .of = QUELL_FIELD_STRING,
     .doc = "sentences about all paths of the playbook, which are proved"},
    {.name = NULL}};

const struct test_expect_row test_expects[TEST_EXPECTS] = {
#define EXPECT(NAME, word, doc, example) [TEST_EXPECT_##NAME] = {word, doc, example},
#include "test/expects.def"
#undef EXPECT
};

const struct test_fault_row test_faults[TEST_FAULTS] = {
#define FAULT(NAME, code, doc, bad, good) [TEST_FAULT_KIND_##NAME] = {code, doc, bad, good},
#include "test/faults.def"
#undef FAULT
};

const struct test_part test_parts[] = {
    {"document", "at the top level", test_document_fields},
    {"case", "in a case; all but `name` and `skip` also under `defaults`", test_case_fields},
    {"given", "under `given`", test_given_fields},
    {"mock", "in an answer of an action under `mock`", test_mock_fields},
    {"error", "under `error` of a mock", test_error_fields},
    {"calls", "under `calls` of `expect`", test_calls_fields},
    {NULL, NULL, NULL}};

const struct test_example test_examples[] = {
#define EXAMPLE(part, key, text) {part, key, text},
#include "test/examples.def"
#undef EXAMPLE
    {NULL, NULL, NULL}};
