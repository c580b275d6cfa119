/*
 * tables.c - the playbook language as field tables: every keyword of LANGUAGE.md section 6 is a
 * row. Loader, checks, docs and schema read these; nothing here runs.
 *
 * A keyword that a later version brings has the flag PLAYBOOK_LATER: the loader refuses it by name,
 * so that a playbook never runs with a part of it left out.
 */
#include "playbook/load.h"

#define LATER(word, text)                                                                          \
    {                                                                                              \
        .name = (word), .type = QUELL_FIELD_ANY, .flags = PLAYBOOK_LATER, .doc = (text)            \
    }
#define LATER_KIND(word, text)                                                                     \
    {                                                                                              \
        .name = (word), .type = QUELL_FIELD_ANY, .flags = PLAYBOOK_LATER | PLAYBOOK_KIND,          \
        .doc = (text)                                                                              \
    }

static const char *const states[] = {"live", "shadow", "off", NULL};
static const char *const backoffs[] = {"exponential", "fixed", NULL};
static const char *const endings[] = {"done", "benign", "duplicate", "escalated", NULL};
static const char *const reactions[] = {"failed", "held", "denied", NULL};

const struct quell_field run_trigger_fields[] = {
    {.name = "playbook",
     .type = QUELL_FIELD_LIST,
     .of = QUELL_FIELD_STRING,
     .flags = QUELL_REQUIRED | QUELL_CONSTANT | QUELL_ONE_OR_MANY,
     .doc = "whose runs: an id, or a list of them"},
    {.name = "types",
     .type = QUELL_FIELD_LIST,
     .of = QUELL_FIELD_ENUM,
     .words = reactions,
     .flags = QUELL_CONSTANT | QUELL_ONE_OR_MANY,
     .doc =
         "what happened to the run: `failed`, `held` (it waits for a person), `denied` (a person "
         "did not agree); all of them when not given"},
    {.name = NULL}};

const struct quell_field on_fields[] = {
    {.name = "incident",
     .type = QUELL_FIELD_ANY,
     .fields = match_incident_fields,
     .doc = "starts on an incident: `types`, `match`, `unless`, `where`"},
    {.name = "manual",
     .type = QUELL_FIELD_ANY,
     .fields = manual_fields,
     .doc = "may be started by a person"},
    {.name = "alert",
     .type = QUELL_FIELD_ANY,
     .fields = match_incident_fields,
     .doc =
         "starts on each alert of an incident: the keys of `incident`, about the alert's fields; "
         "expressions know it as `alert`, and its incident as `incident`"},
    {.name = "webhook",
     .type = QUELL_FIELD_ANY,
     .fields = hook_trigger_fields,
     .doc = "starts on a request to a path of its own, from a sender that proves itself; "
            "expressions know its JSON as `event`"},
    {.name = "schedule",
     .type = QUELL_FIELD_LIST,
     .of = QUELL_FIELD_OBJECT,
     .fields = schedule_fields,
     .flags = QUELL_ONE_OR_MANY | QUELL_NOT_EMPTY,
     .doc = "starts by the clock: `cron` or `every`; `event.planned_at` is the time that was due"},
    {.name = "call", .type = QUELL_FIELD_ANY, .doc = "may be called by another playbook"},
    {.name = "run",
     .type = QUELL_FIELD_ANY,
     .fields = run_trigger_fields,
     .doc = "starts when a run of another playbook failed, is held or was denied, about the same "
            "incident; expressions know it as `event`"},
    {.name = NULL}};

static const char *const manual_kinds[] = {"incident", "device", "user", "mailbox", "mail",
                                           "ip",       "domain", "url",  "file",    NULL};

const struct quell_field manual_fields[] = {
    {.name = "by",
     .type = QUELL_FIELD_LIST,
     .of = QUELL_FIELD_STRING,
     .flags = QUELL_CONSTANT | QUELL_ONE_OR_MANY,
     .doc = "who may start it: names of users and `group:NAME`; without it anyone who may start "
            "runs"},
    {.name = "for",
     .type = QUELL_FIELD_LIST,
     .of = QUELL_FIELD_ENUM,
     .words = manual_kinds,
     .flags = QUELL_CONSTANT | QUELL_ONE_OR_MANY,
     .doc = "what it is offered on; it changes nothing of how it runs"},
    {.name = NULL}};

static const char *const error_words[] = {"fail", "continue", NULL};
static const char *const default_errors[] = {"fail", "continue", NULL};

const struct quell_field default_fields[] = {
    {.name = "retry",
     .type = QUELL_FIELD_OBJECT,
     .fields = retry_fields,
     .flags = QUELL_CONSTANT,
     .doc = "further attempts when a call fails"},
    {.name = "timeout",
     .type = QUELL_FIELD_DURATION,
     .flags = QUELL_CONSTANT,
     .doc = "longest time of a call, all attempts included"},
    {.name = "on-error",
     .type = QUELL_FIELD_ENUM,
     .words = default_errors,
     .flags = QUELL_CONSTANT,
     .fallback = "\"fail\"",
     .doc = "what a call that failed means for the run"},
    {.name = NULL}};

const struct quell_field playbook_fields[] = {
    {.name = "quell",
     .type = QUELL_FIELD_INT,
     .flags = QUELL_REQUIRED | QUELL_CONSTANT,
     .doc = "version of the language: 1"},
    {.name = "playbook",
     .type = QUELL_FIELD_STRING,
     .flags = QUELL_REQUIRED | QUELL_CONSTANT,
     .doc = "id of the playbook, unique in the workspace, in kebab-case"},
    {.name = "name",
     .type = QUELL_FIELD_STRING,
     .flags = QUELL_CONSTANT,
     .doc = "what people call it"},
    {.name = "description",
     .type = QUELL_FIELD_STRING,
     .flags = QUELL_CONSTANT,
     .doc = "what it does and why"},
    {.name = "owner",
     .type = QUELL_FIELD_STRING,
     .flags = QUELL_CONSTANT,
     .doc = "who is told when a run is held or fails"},
    {.name = "tags",
     .type = QUELL_FIELD_LIST,
     .of = QUELL_FIELD_STRING,
     .flags = QUELL_CONSTANT,
     .doc = "words to find it by, ATT&CK ids among them"},
    {.name = "references",
     .type = QUELL_FIELD_LIST,
     .of = QUELL_FIELD_STRING,
     .flags = QUELL_CONSTANT | QUELL_ONE_OR_MANY,
     .doc = "links for people"},
    {.name = "state",
     .type = QUELL_FIELD_ENUM,
     .words = states,
     .flags = QUELL_CONSTANT,
     .fallback = "\"live\"",
     .doc = "`live`, `shadow` (plans and records, changes nothing) or `off`"},
    {.name = "expires",
     .type = QUELL_FIELD_STRING,
     .flags = QUELL_CONSTANT,
     .doc = "the last day (UTC) on which it starts, as `2027-03-31`, or the moment from which on "
            "it does not"},
    {.name = "order",
     .type = QUELL_FIELD_INT,
     .flags = QUELL_CONSTANT,
     .fallback = "1000",
     .doc = "position among the playbooks that match the same event: smaller ones are judged and "
            "begin first, equal ones in the order of their ids"},
    {.name = "exclusive",
     .type = QUELL_FIELD_BOOL,
     .flags = QUELL_CONSTANT,
     .fallback = "false",
     .doc = "once it takes an event, no later playbook starts for it"},
    {.name = "on",
     .type = QUELL_FIELD_OBJECT,
     .fields = on_fields,
     .flags = QUELL_REQUIRED,
     .doc = "what starts it; several keys mean any of them"},
    {.name = "inputs",
     .type = QUELL_FIELD_MAP,
     .of = QUELL_FIELD_ANY,
     .fields = input_fields,
     .doc = "typed inputs, read as `inputs.<name>`"},
    {.name = "vars",
     .type = QUELL_FIELD_MAP,
     .of = QUELL_FIELD_ANY,
     .flags = QUELL_TEMPLATE,
     .doc = "constants, computed once at the start; each may use those above it"},
    {.name = "connections",
     .type = QUELL_FIELD_MAP,
     .of = QUELL_FIELD_STRING,
     .flags = QUELL_CONSTANT,
     .doc = "map of connector to named connection, for steps that name none themselves"},
    {.name = "dedupe",
     .type = QUELL_FIELD_OBJECT,
     .fields = dedupe_fields,
     .doc = "a second event with the same key starts nothing; it is counted and linked"},
    {.name = "throttle",
     .type = QUELL_FIELD_OBJECT,
     .fields = throttle_fields,
     .doc = "few starts for many events: `by` and one of `once-within`, `once-after`, `at-least`"},
    {.name = "concurrency",
     .type = QUELL_FIELD_OBJECT,
     .fields = concurrency_fields,
     .doc = "at most so many runs of a group at once"},
    {.name = "limits",
     .type = QUELL_FIELD_OBJECT,
     .fields = limits_fields,
     .doc = "how many targets of a kind it may touch; without it a run disrupts five at the most"},
    {.name = "timeout",
     .type = QUELL_FIELD_DURATION,
     .flags = QUELL_CONSTANT,
     .fallback = "\"24h\"",
     .doc = "longest time of a run, waits included"},
    {.name = "defaults",
     .type = QUELL_FIELD_OBJECT,
     .fields = default_fields,
     .doc =
         "`retry`, `timeout` and `on-error` of all steps that call an action or a playbook; what "
         "a step says itself wins"},
    {.name = "steps",
     .type = QUELL_FIELD_LIST,
     .of = QUELL_FIELD_ANY,
     .fields = step_fields,
     .flags = QUELL_REQUIRED,
     .doc = "the program"},
    {.name = "on-failure",
     .type = QUELL_FIELD_LIST,
     .of = QUELL_FIELD_ANY,
     .fields = step_fields,
     .doc = "steps that run when the run fails; `error` says why"},
    {.name = "finally",
     .type = QUELL_FIELD_LIST,
     .of = QUELL_FIELD_ANY,
     .fields = step_fields,
     .doc =
         "steps that run at the end in every case, behind `on-failure`; `run.status` says how it "
         "ends"},
    {.name = "undo",
     .type = QUELL_FIELD_OBJECT,
     .fields = undo_fields,
     .doc = "whether a run that fails is taken back"},
    {.name = "quality",
     .type = QUELL_FIELD_OBJECT,
     .fields = quality_fields,
     .doc = "what analysts must call its incidents when they close them"},
    {.name = "outputs",
     .type = QUELL_FIELD_MAP,
     .of = QUELL_FIELD_ANY,
     .flags = QUELL_TEMPLATE,
     .doc = "the result of a run that succeeded, for people and for callers"},
    {.name = NULL}};

const struct quell_field retry_fields[] = {
    {.name = "max",
     .type = QUELL_FIELD_INT,
     .flags = QUELL_CONSTANT,
     .fallback = "3",
     .doc = "further attempts after the first"},
    {.name = "backoff",
     .type = QUELL_FIELD_ENUM,
     .words = backoffs,
     .flags = QUELL_CONSTANT,
     .fallback = "\"exponential\"",
     .doc = "how the wait grows"},
    {.name = "first",
     .type = QUELL_FIELD_DURATION,
     .flags = QUELL_CONSTANT,
     .fallback = "\"2s\"",
     .doc = "wait before the second attempt"},
    {.name = "cap",
     .type = QUELL_FIELD_DURATION,
     .flags = QUELL_CONSTANT,
     .fallback = "\"60s\"",
     .doc = "longest wait"},
    {.name = "on",
     .type = QUELL_FIELD_LIST,
     .of = QUELL_FIELD_STRING,
     .flags = QUELL_CONSTANT | QUELL_ONE_OR_MANY,
     .doc = "what is worth another attempt: throttled, timeout, network, server or an error code"},
    {.name = NULL}};

const struct quell_field stop_fields[] = {{.name = "as",
                                           .type = QUELL_FIELD_ENUM,
                                           .words = endings,
                                           .flags = QUELL_CONSTANT,
                                           .fallback = "\"done\"",
                                           .doc = "how the run ended"},
                                          {.name = "reason",
                                           .type = QUELL_FIELD_STRING,
                                           .flags = QUELL_TEMPLATE,
                                           .doc = "why, for people"},
                                          {.name = NULL}};

const struct quell_field fail_fields[] = {{.name = "reason",
                                           .type = QUELL_FIELD_STRING,
                                           .flags = QUELL_TEMPLATE,
                                           .doc = "why, for people"},
                                          {.name = NULL}};

const struct quell_field wait_for_fields[] = {
    {.name = "incident",
     .type = QUELL_FIELD_ANY,
     .fields = match_incident_fields,
     .doc = "an incident comes in: `types`, `match`, `unless`, `where`, as under `on`"},
    {.name = "alert",
     .type = QUELL_FIELD_ANY,
     .fields = match_incident_fields,
     .doc = "an incident comes in with an alert that is new or changed: the same keys, about the "
            "alert"},
    LATER("webhook", "a request comes to a path of its own, as under `on`"),
    {.name = NULL}};

const struct quell_field wait_fields[] = {
    {.name = "until",
     .type = QUELL_FIELD_ANY,
     .flags = QUELL_EXPRESSION,
     .doc = "the time to wait for; one that has passed does not wait"},
    {.name = "for",
     .type = QUELL_FIELD_OBJECT,
     .fields = wait_for_fields,
     .doc = "the event to wait for; it is the step's output"},
    {.name = "where",
     .type = QUELL_FIELD_ANY,
     .flags = QUELL_EXPRESSION,
     .doc = "only an event that this holds for; it is read as `event`"},
    {.name = "timeout",
     .type = QUELL_FIELD_DURATION,
     .flags = QUELL_CONSTANT,
     .doc = "longest wait for an event; then the step is `timed-out`"},
    {.name = NULL}};

const struct quell_field case_fields[] = {
    {.name = "when",
     .type = QUELL_FIELD_ANY,
     .flags = QUELL_EXPRESSION,
     .doc = "the case is taken when this holds, and none above it did"},
    {.name = "steps",
     .type = QUELL_FIELD_LIST,
     .of = QUELL_FIELD_ANY,
     .fields = step_fields,
     .doc = "the steps of the case"},
    {.name = "else",
     .type = QUELL_FIELD_LIST,
     .of = QUELL_FIELD_ANY,
     .fields = step_fields,
     .doc = "alone and last: the steps when no case holds"},
    {.name = NULL}};

const struct quell_field step_fields[] = {
    {.name = "id",
     .type = QUELL_FIELD_STRING,
     .flags = QUELL_CONSTANT,
     .doc = "gives `steps.<id>`; snake_case"},
    {.name = "name",
     .type = QUELL_FIELD_STRING,
     .flags = QUELL_CONSTANT,
     .doc = "what people call it"},
    {.name = "if",
     .type = QUELL_FIELD_ANY,
     .flags = QUELL_EXPRESSION,
     .doc = "the step is skipped when this is false; an error in it fails the step"},
    {.name = "uses",
     .type = QUELL_FIELD_STRING,
     .flags = QUELL_CONSTANT | PLAYBOOK_KIND,
     .doc = "calls an action: `connector.verb-object`"},
    {.name = "with",
     .type = QUELL_FIELD_MAP,
     .of = QUELL_FIELD_ANY,
     .flags = QUELL_TEMPLATE | PLAYBOOK_OWNED,
     .doc = "the inputs of the action, or of the called playbook"},
    {.name = "for-each",
     .type = QUELL_FIELD_ANY,
     .flags = QUELL_EXPRESSION | PLAYBOOK_KIND,
     .doc = "runs its `steps` once for each item of this list"},
    {.name = "as",
     .type = QUELL_FIELD_STRING,
     .flags = QUELL_CONSTANT | PLAYBOOK_OWNED,
     .fallback = "\"item\"",
     .doc = "name of the item inside the loop"},
    {.name = "max",
     .type = QUELL_FIELD_INT,
     .flags = QUELL_CONSTANT | PLAYBOOK_OWNED,
     .doc = "most items a loop takes: a longer list fails the step before the first item; most "
            "iterations of a `while`, which fails when its condition still holds then"},
    {.name = "concurrency",
     .type = QUELL_FIELD_INT,
     .flags = QUELL_CONSTANT | PLAYBOOK_OWNED,
     .fallback = "1",
     .doc = "items in work at the same time"},
    {.name = "set",
     .type = QUELL_FIELD_MAP,
     .of = QUELL_FIELD_ANY,
     .flags = QUELL_TEMPLATE | PLAYBOOK_KIND,
     .doc = "gives names to values, read as `vars.<name>`; a name is never changed"},
    {.name = "steps",
     .type = QUELL_FIELD_LIST,
     .of = QUELL_FIELD_ANY,
     .fields = step_fields,
     .flags = PLAYBOOK_KIND | PLAYBOOK_OWNED,
     .doc = "the steps of a block or a loop"},
    {.name = "else",
     .type = QUELL_FIELD_LIST,
     .of = QUELL_FIELD_ANY,
     .fields = step_fields,
     .flags = PLAYBOOK_OWNED,
     .doc = "the steps of a block when its `if` is false"},
    {.name = "stop",
     .type = QUELL_FIELD_ANY,
     .fields = stop_fields,
     .flags = PLAYBOOK_KIND,
     .doc = "ends the run well: `as`, `reason`"},
    {.name = "fail",
     .type = QUELL_FIELD_ANY,
     .fields = fail_fields,
     .flags = PLAYBOOK_KIND,
     .doc = "ends the run badly: `reason`"},
    {.name = "call",
     .type = QUELL_FIELD_STRING,
     .flags = QUELL_CONSTANT | PLAYBOOK_KIND,
     .doc = "runs the playbook of this id as a run of its own and waits for it; its `outputs` are "
            "the step's output. It must have `on: call`"},
    {.name = "ask",
     .type = QUELL_FIELD_OBJECT,
     .fields = ask_fields,
     .flags = PLAYBOOK_KIND,
     .doc = "asks a person to fill in a form; the answers are its output"},
    {.name = "wait",
     .type = QUELL_FIELD_ANY,
     .fields = wait_fields,
     .flags = PLAYBOOK_KIND,
     .doc = "waits for a time or an event: `15m`, `{ until: ... }` or `{ for: ... }`"},
    {.name = "parallel",
     .type = QUELL_FIELD_MAP,
     .of = QUELL_FIELD_ANY,
     .flags = PLAYBOOK_KIND,
     .doc = "named branches, each a list of steps; they run at the same time, and the step ends "
            "when all have ended"},
    {.name = "fail-fast",
     .type = QUELL_FIELD_BOOL,
     .flags = QUELL_CONSTANT | PLAYBOOK_OWNED,
     .fallback = "true",
     .doc = "a branch that fails lets no new step begin in the others"},
    {.name = "while",
     .type = QUELL_FIELD_ANY,
     .flags = QUELL_EXPRESSION | PLAYBOOK_KIND,
     .doc = "runs its `steps` again and again as long as this holds; `max` times at the most"},
    {.name = "switch",
     .type = QUELL_FIELD_LIST,
     .of = QUELL_FIELD_ANY,
     .fields = case_fields,
     .flags = PLAYBOOK_KIND,
     .doc = "cases, each `when` and `steps`; the steps of the first one that holds run"},
    {.name = "connection",
     .type = QUELL_FIELD_STRING,
     .flags = QUELL_CONSTANT | PLAYBOOK_OWNED,
     .doc = "the named connection, when not the default one"},
    {.name = "timeout",
     .type = QUELL_FIELD_DURATION,
     .flags = QUELL_CONSTANT,
     .doc = "longest time of the step, all attempts included"},
    {.name = "retry",
     .type = QUELL_FIELD_OBJECT,
     .fields = retry_fields,
     .flags = QUELL_CONSTANT | PLAYBOOK_OWNED,
     .doc = "further attempts when it fails"},
    {.name = "on-error",
     .type = QUELL_FIELD_ANY,
     .fields = step_fields,
     .words = error_words,
     .fallback = "\"fail\"",
     .doc = "`fail`, `continue`, `undo` (takes back what it did, and fails), or a list of steps in "
            "which `error` says why"},
    {.name = "poll",
     .type = QUELL_FIELD_OBJECT,
     .fields = poll_fields,
     .flags = PLAYBOOK_OWNED,
     .doc = "after the call, reads what became of it until a condition holds"},
    {.name = "approve",
     .type = QUELL_FIELD_OBJECT,
     .fields = approve_fields,
     .doc = "a person must agree first; else the step is `denied` and the list goes on"},
    {.name = "undo",
     .type = QUELL_FIELD_ANY,
     .doc = "what takes the step back: a step, a list of steps, or `none`; without it what the "
            "action's manifest names"},
    {.name = "for",
     .type = QUELL_FIELD_DURATION,
     .flags = QUELL_CONSTANT | PLAYBOOK_OWNED,
     .doc = "how long the change is meant for: so long after the step it is undone by itself, "
            "though the run has ended, unless it was undone or others changed it before"},
    {.name = "idempotency-key",
     .type = QUELL_FIELD_STRING,
     .flags = QUELL_TEMPLATE | PLAYBOOK_OWNED,
     .doc = "text by which the far side knows a repeated call; without it the run's id and the "
            "step's path"},
    {.name = "sensitive",
     .type = QUELL_FIELD_BOOL,
     .flags = QUELL_CONSTANT | PLAYBOOK_OWNED,
     .fallback = "false",
     .doc = "the output, and all that is made of it, is masked wherever it is shown; the journal "
            "keeps it, for the run to go on with"},
    {.name = "detach",
     .type = QUELL_FIELD_BOOL,
     .flags = QUELL_CONSTANT | PLAYBOOK_OWNED,
     .fallback = "false",
     .doc = "does not wait for the called playbook: the output is `{run}`, its id"},
    {.name = NULL}};

/* ---- what the roots of expressions have --------------------------------------------------------
 */

static const char *const run_words[] = {"running", "succeeded", "failed", "cancelled", NULL};

const struct quell_field playbook_run_fields[] = {
    {.name = "id", .type = QUELL_FIELD_STRING, .doc = "id of this run"},
    {.name = "url", .type = QUELL_FIELD_STRING, .doc = "where people see it"},
    {.name = "started_at", .type = QUELL_FIELD_TIMESTAMP, .doc = "when it started"},
    {.name = "mode", .type = QUELL_FIELD_STRING, .doc = "live, shadow or plan"},
    {.name = "by", .type = QUELL_FIELD_STRING, .doc = "who or what started it"},
    {.name = "status",
     .type = QUELL_FIELD_ENUM,
     .words = run_words,
     .doc = "`running`; in `finally` how the run ends"},
    {.name = "last_success_at",
     .type = QUELL_FIELD_ANY,
     .doc = "when the last run of the playbook that succeeded started; an optional: "
            "`run.last_success_at.orValue(...)`"},
    {.name = NULL}};

const struct quell_field playbook_self_fields[] = {
    {.name = "id", .type = QUELL_FIELD_STRING, .doc = "id of the playbook"},
    {.name = "name", .type = QUELL_FIELD_STRING, .doc = "its name, or its id"},
    {.name = "description", .type = QUELL_FIELD_STRING, .doc = "its description"},
    {.name = "owner", .type = QUELL_FIELD_STRING, .doc = "its owner"},
    {.name = "tags", .type = QUELL_FIELD_LIST, .of = QUELL_FIELD_STRING, .doc = "its tags"},
    {.name = "revision", .type = QUELL_FIELD_STRING, .doc = "hex SHA-256 of its text"},
    {.name = NULL}};

const struct quell_field playbook_error_fields[] = {
    {.name = "step", .type = QUELL_FIELD_STRING, .doc = "path of the step that failed"},
    {.name = "code", .type = QUELL_FIELD_STRING, .doc = "the error's word: `throttled` ..."},
    {.name = "message", .type = QUELL_FIELD_STRING, .doc = "one line for people"},
    {.name = "status", .type = QUELL_FIELD_INT, .doc = "the far side's number, or 0"},
    {.name = NULL}};

const struct quell_field playbook_event_fields[] = {
    {.name = "type",
     .type = QUELL_FIELD_ENUM,
     .words = reactions,
     .doc = "what happened to the run"},
    {.name = "run", .type = QUELL_FIELD_STRING, .doc = "its id"},
    {.name = "playbook", .type = QUELL_FIELD_STRING, .doc = "its playbook"},
    {.name = "error",
     .type = QUELL_FIELD_OBJECT,
     .fields = playbook_error_fields,
     .doc = "why it failed or is held"},
    {.name = "depth", .type = QUELL_FIELD_INT, .doc = "how many runs led to this one"},
    {.name = NULL}};

static const char *const status_words[] = {"succeeded", "failed",    "skipped",   "denied",
                                           "timed-out", "cancelled", "simulated", "unknown",
                                           "not-run",   "running",   NULL};

const struct quell_field playbook_step_fields[] = {
    {.name = "status",
     .type = QUELL_FIELD_ENUM,
     .words = status_words,
     .doc = "how it ended; `running` while it has not"},
    {.name = "output", .type = QUELL_FIELD_ANY, .doc = "what it gave"},
    {.name = "error",
     .type = QUELL_FIELD_OBJECT,
     .fields = playbook_error_fields,
     .doc = "why it failed"},
    {.name = "attempts", .type = QUELL_FIELD_INT, .doc = "how often it was tried"},
    {.name = NULL}};

/* ---- the checks --------------------------------------------------------------------------------
 */

const struct playbook_lint lints[] = {
#define LINT(NAME, text, level, sentence, wrong, right)                                            \
    [LINT_##NAME] = {.code = (text),                                                               \
                     .severity = SEVERITY_##level,                                                 \
                     .doc = (sentence),                                                            \
                     .bad = (wrong),                                                               \
                     .good = (right)},
#include "playbook/lints.def"
#undef LINT
};

const struct playbook_lint *playbook_lints(size_t *count)
{
    *count = LINTS;
    return lints;
}
