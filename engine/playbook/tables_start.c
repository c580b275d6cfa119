/*
 * tables_start.c - the field tables of inputs and of the top-level keywords about starts.
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

const struct quell_field throttle_count_fields[] = {
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
     .fields = throttle_count_fields,
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

const struct quell_field limit_fields[] = {
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

const struct quell_field run_limit_fields[] = {{.name = "hour",
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

static const char *const on_breaches[] = {"notify", "shadow", "off", NULL};

const struct quell_field quality_fields[] = {
    {.name = "min-precision",
     .type = QUELL_FIELD_DOUBLE,
     .flags = QUELL_CONSTANT | QUELL_REQUIRED,
     .doc = "of the incidents that started a run and were closed since, the share that was called "
            "a true positive: 0.0 to 1.0; undetermined ones do not count"},
    {.name = "over",
     .type = QUELL_FIELD_INT,
     .flags = QUELL_CONSTANT,
     .fallback = "30",
     .doc = "the last so many of them; nothing is judged before there are as many"},
    {.name = "on-breach",
     .type = QUELL_FIELD_ENUM,
     .words = on_breaches,
     .flags = QUELL_CONSTANT,
     .fallback = "\"notify\"",
     .doc =
         "as long as it is below: it is only said in the log and in the metrics, or events start "
         "`shadow` runs, or none (`off`)"},
    {.name = NULL}};

static const char *const hook_ases[] = {"event", "alert", "incident", NULL};

const struct quell_field hook_trigger_fields[] = {
    {.name = "path",
     .type = QUELL_FIELD_STRING,
     .flags = QUELL_CONSTANT | QUELL_REQUIRED,
     .doc = "`/hooks/NAME`; playbooks may share one that says the same of `auth`, `from` and `as`"},
    {.name = "auth",
     .type = QUELL_FIELD_STRING,
     .flags = QUELL_CONSTANT | QUELL_REQUIRED,
     .doc = "how the sender proves itself, and the name of its secret under `senders` in "
            "quell.yaml: `hmac:NAME`, `bearer:NAME`, or `standard:NAME` for Standard Webhooks"},
    {.name = "from",
     .type = QUELL_FIELD_LIST,
     .of = QUELL_FIELD_STRING,
     .flags = QUELL_CONSTANT | QUELL_ONE_OR_MANY | QUELL_NOT_EMPTY,
     .doc = "addresses and ranges that may send; without it any may"},
    {.name = "as",
     .type = QUELL_FIELD_ENUM,
     .words = hook_ases,
     .flags = QUELL_CONSTANT,
     .fallback = "\"event\"",
     .doc = "what the body is: an `event` that only the playbooks of the path hear of; an "
            "`incident`, which all playbooks see; or an incident whose every `alert` is judged and "
            "may start a run"},
    {.name = "match",
     .type = QUELL_FIELD_MAP,
     .of = QUELL_FIELD_ANY,
     .flags = QUELL_CONSTANT,
     .doc = "field paths and the conditions on them, as under `incident`: of the event's JSON, or "
            "of the incident or alert"},
    {.name = "unless",
     .type = QUELL_FIELD_LIST,
     .of = QUELL_FIELD_MAP,
     .flags = QUELL_ONE_OR_MANY | QUELL_NOT_EMPTY | QUELL_CONSTANT,
     .doc = "exceptions, each written like `match`"},
    {.name = "where",
     .type = QUELL_FIELD_ANY,
     .flags = QUELL_EXPRESSION,
     .doc = "a condition on `event`, and on the `incident` or `alert` that `as` makes of it"},
    {.name = NULL}};

static const char *const on_misseds[] = {"run-once", "run-all", "skip", NULL};

const struct quell_field schedule_fields[] = {
    {.name = "cron",
     .type = QUELL_FIELD_STRING,
     .flags = QUELL_CONSTANT | QUELL_NOT_EMPTY,
     .doc = "five fields: minute, hour, day of month, month, day of week; names, lists, ranges and "
            "steps as in Vixie's cron; or `@hourly @daily @weekly @monthly @yearly`"},
    {.name = "every",
     .type = QUELL_FIELD_DURATION,
     .flags = QUELL_CONSTANT,
     .doc = "instead of `cron`: a span, counted from 1970 on, so that a restart changes nothing"},
    {.name = "timezone",
     .type = QUELL_FIELD_STRING,
     .flags = QUELL_CONSTANT,
     .fallback = "\"UTC\"",
     .doc = "whose clocks `cron` goes by, as `Europe/Helsinki`; a time that clocks skip is due at "
            "the change, one that they show twice the first time; with `*` as its hour the "
            "expression goes by the hours that pass"},
    {.name = "jitter",
     .type = QUELL_FIELD_DURATION,
     .flags = QUELL_CONSTANT,
     .doc = "it begins up to so much later, always by the same of the same time"},
    {.name = "on-missed",
     .type = QUELL_FIELD_ENUM,
     .words = on_misseds,
     .flags = QUELL_CONSTANT,
     .fallback = "\"run-once\"",
     .doc = "what becomes of times that passed while quell was not running: one run for the last "
            "of them, a run for each, or none"},
    {.name = "with",
     .type = QUELL_FIELD_MAP,
     .of = QUELL_FIELD_ANY,
     .flags = QUELL_TEMPLATE,
     .doc = "inputs of the run; `config` and `lists` are known here"},
    {.name = NULL}};

static const char *const input_types[] = {
#define INPUT_TYPE(name, type, form) name,
    INPUT_TYPES
#undef INPUT_TYPE
        NULL};

const struct quell_field input_fields[] = {{.name = "type",
                                            .type = QUELL_FIELD_ENUM,
                                            .words = input_types,
                                            .flags = QUELL_CONSTANT,
                                            .fallback = "\"string\"",
                                            .doc = "type of the input"},
                                           {.name = "default",
                                            .type = QUELL_FIELD_ANY,
                                            .flags = QUELL_TEMPLATE | QUELL_NULLABLE,
                                            .doc = "value when none is given"},
                                           {.name = "required",
                                            .type = QUELL_FIELD_BOOL,
                                            .flags = QUELL_CONSTANT,
                                            .fallback = "false",
                                            .doc = "whether a start without it is refused"},
                                           {.name = "of",
                                            .type = QUELL_FIELD_LIST,
                                            .of = QUELL_FIELD_STRING,
                                            .flags = QUELL_CONSTANT,
                                            .doc = "the words of an enum"},
                                           {.name = "description",
                                            .type = QUELL_FIELD_STRING,
                                            .flags = QUELL_CONSTANT,
                                            .doc = "what it is, for whoever fills it in"},
                                           {.name = "min",
                                            .type = QUELL_FIELD_ANY,
                                            .flags = QUELL_CONSTANT,
                                            .doc = "smallest number, duration or time; of a text "
                                                   "its fewest characters, of a list its items"},
                                           {.name = "max",
                                            .type = QUELL_FIELD_ANY,
                                            .flags = QUELL_CONSTANT,
                                            .doc = "the largest, as `min`"},
                                           {.name = "regex",
                                            .type = QUELL_FIELD_STRING,
                                            .flags = QUELL_CONSTANT | QUELL_NOT_EMPTY,
                                            .doc = "what a text must match, anywhere in it unless "
                                                   "`^` and `$` say otherwise"},
                                           {.name = NULL}};
